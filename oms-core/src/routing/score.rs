//! How good a hub is, as parts that anybody can add up.

use serde::{Deserialize, Serialize};

use crate::routing::{Capacity, RoutePolicy};
use crate::value::Units;

/// The best a part or a score can be, in millionths.
pub(super) const ONE: u32 = 1_000_000;

const METRES_PER_KM: u64 = 1_000;

/// How good a hub is, in millionths, part by part. Serialised as a list of its fields in their
/// order, because an explanation has one for every hub, and as the total alone for a hub that tells
/// nothing of itself: at no known distance, of middling performance, with all room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Score {
    /// Near: all at no distance, half at the policy's half distance, nothing if it is unknown.
    pub proximity: u32,
    /// Well run: the mean of its figures.
    pub performance: u32,
    /// Free: the share of the day's capacity that is left; all if it is unbounded.
    pub workload: u32,
    /// The parts weighed against the sum of the weights, rounded down.
    pub total: u32,
}

/// The parts of a hub that tells nothing of itself. What they are is left out when explanations are
/// stored, so it stays what it is.
const UNTOLD: (u32, u32, u32) = (0, 500_000, 1_000_000);

/// How a score is serialised.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Total(u32),
    Parts([u32; 4]),
}

impl From<Written> for Score {
    fn from(written: Written) -> Self {
        let (proximity, performance, workload, total) = match written {
            Written::Total(total) => (UNTOLD.0, UNTOLD.1, UNTOLD.2, total),
            Written::Parts([proximity, performance, workload, total]) => {
                (proximity, performance, workload, total)
            }
        };
        Self {
            proximity,
            performance,
            workload,
            total,
        }
    }
}

impl From<Score> for Written {
    fn from(score: Score) -> Self {
        let Score {
            proximity,
            performance,
            workload,
            total,
        } = score;
        if (proximity, performance, workload) == UNTOLD {
            return Self::Total(total);
        }
        Self::Parts([proximity, performance, workload, total])
    }
}

impl Score {
    /// The score of a hub at a (rounded) distance.
    pub(super) fn new(
        policy: &RoutePolicy,
        distance_m: Option<u32>,
        performance: Option<u32>,
        capacity: Capacity,
    ) -> Self {
        let performance = performance.unwrap_or_else(|| policy.unknown_performance.millionths());
        let mut score = Self {
            proximity: distance_m.map_or(0, |metres| proximity(policy, metres)),
            performance,
            workload: free(capacity),
            total: 0,
        };
        score.total = score.weighed(policy);
        score
    }

    /// What the total of the parts should be.
    pub(super) fn weighed(&self, policy: &RoutePolicy) -> u32 {
        let weights = policy.weights.millionths().map(u64::from);
        let parts = [self.proximity, self.performance, self.workload].map(u64::from);
        let sum: u64 = weights.iter().sum();
        // At most three times 10^12; divided by the sum of the weights at most a million.
        let weighed: u64 = weights
            .iter()
            .zip(parts)
            .map(|(weight, part)| weight * part)
            .sum();
        weighed
            .checked_div(sum)
            .and_then(|total| u32::try_from(total).ok())
            .unwrap_or(0)
    }
}

/// `half / (half + distance)`: never quite nothing, so that the nearer of two far hubs is better.
fn proximity(policy: &RoutePolicy, metres: u32) -> u32 {
    let half = u64::from(policy.half_distance_km).max(1) * METRES_PER_KM;
    let share = half * u64::from(ONE) / (half + u64::from(metres));
    u32::try_from(share).unwrap_or(ONE)
}

fn free(capacity: Capacity) -> u32 {
    match capacity {
        Capacity::Unbounded => ONE,
        Capacity::Bounded { left, of } => {
            let units = |units: Units| u64::from(units.get());
            let share = (units(left) * u64::from(ONE)).checked_div(units(of));
            share
                .and_then(|share| u32::try_from(share).ok())
                .unwrap_or(0)
        }
    }
}

/// A distance rounded to the policy's step.
pub(super) fn rounded(policy: &RoutePolicy, metres: u32) -> u32 {
    let step = policy.distance_step_m.max(1);
    let steps = metres.saturating_add(step / 2) / step;
    steps.saturating_mul(step)
}
