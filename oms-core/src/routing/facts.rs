//! What the choice knows of each hub, and all it knows.

use serde::{Deserialize, Serialize};

use crate::hub::{AreaVerdict, HubKind, Opening, OpeningCalendar, ServedBy, distance_m};
use crate::routing::score::rounded;
use crate::routing::{Capacity, Demand, Goal, HubCandidate, RoutePolicy, RouteRequest, Score};
use crate::routing::{StockVerdict, hash::Facts};
use crate::value::{HubId, LocalTime, Money, TimeZoneName, Timestamp, Units};

/// Worse than the farthest hub and than the dearest one: what counts for a hub of which the goal's
/// figure is not known.
const UNKNOWN_DISTANCE: u64 = 20_100_000;
const UNKNOWN_COST: u64 = crate::value::limits::MONEY_MINOR_MAX.unsigned_abs();

/// What the choice knows of a hub: the verdict of each filter, and the parts of its score. Nothing
/// else has a say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFacts {
    /// The hub.
    pub hub: HubId,
    /// Its priority. Stored unless it is 100, that of a new hub.
    #[serde(default = "usual_priority", skip_serializing_if = "is_usual_priority")]
    pub priority: u32,
    /// Whether it is switched on.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub active: bool,
    /// Who runs it.
    #[serde(default, skip_serializing_if = "HubKind::is_internal")]
    pub kind: HubKind,
    /// Whether it delivers there. Stored is what speaks against it or for it, in one word; nothing
    /// where nobody said where the goods go.
    #[serde(
        default = "anywhere",
        skip_serializing_if = "is_anywhere",
        with = "area_word"
    )]
    pub area: AreaVerdict,
    /// Whether it works.
    #[serde(default, skip_serializing_if = "Opening::is_always")]
    pub opening: Opening,
    /// Whether it takes on more.
    #[serde(default, skip_serializing_if = "Capacity::is_unbounded")]
    pub capacity: Capacity,
    /// Whether it has the goods.
    #[serde(default = "all", skip_serializing_if = "is_all")]
    pub stock: StockVerdict,
    /// The SKUs it has too little of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<Short>,
    /// How far it is, rounded to the policy's step, in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<u32>,
    /// What a parcel costs there, if it is in the policy's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// How good it is.
    pub score: Score,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_yes(flag: &bool) -> bool {
    *flag
}

/// What is left out when explanations are stored, so it stays what it is.
const USUAL_PRIORITY: u32 = 100;

const fn usual_priority() -> u32 {
    USUAL_PRIORITY
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_usual_priority(priority: &u32) -> bool {
    *priority == USUAL_PRIORITY
}

const fn anywhere() -> AreaVerdict {
    AreaVerdict::Served(ServedBy::NoDestination)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_anywhere(area: &AreaVerdict) -> bool {
    matches!(area, AreaVerdict::Served(ServedBy::NoDestination))
}

const fn all() -> StockVerdict {
    StockVerdict::All
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_all(stock: &StockVerdict) -> bool {
    matches!(stock, StockVerdict::All)
}

/// A SKU a hub has too little of. Stored as a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u32, Units)", into = "(u32, Units)")]
pub struct Short {
    /// Its place in the demand, from 0.
    pub demand: u32,
    /// Units the hub could sell; fewer than are asked for.
    pub sellable: Units,
}

impl From<(u32, Units)> for Short {
    fn from((demand, sellable): (u32, Units)) -> Self {
        Self { demand, sellable }
    }
}

impl From<Short> for (u32, Units) {
    fn from(short: Short) -> Self {
        (short.demand, short.sellable)
    }
}

/// A verdict in one word: who does not serve the place, or by what it is served.
mod area_word {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::hub::{AreaVerdict, ServedBy};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Not {
        OtherCountry,
        Outside,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Word {
        Not(Not),
        By(ServedBy),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(area: &AreaVerdict, to: S) -> Result<S::Ok, S::Error> {
        let word = match *area {
            AreaVerdict::Served(by) => Word::By(by),
            AreaVerdict::OtherCountry => Word::Not(Not::OtherCountry),
            AreaVerdict::Outside => Word::Not(Not::Outside),
        };
        word.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AreaVerdict, D::Error> {
        Ok(match Word::deserialize(from)? {
            Word::By(by) => AreaVerdict::Served(by),
            Word::Not(Not::OtherCountry) => AreaVerdict::OtherCountry,
            Word::Not(Not::Outside) => AreaVerdict::Outside,
        })
    }
}

impl HubFacts {
    /// What the goal wants little of.
    pub(super) fn measure(&self, goal: Goal) -> u64 {
        match goal {
            Goal::FewestParcels => 1,
            Goal::Nearest => self.distance_m.map_or(UNKNOWN_DISTANCE, u64::from),
            Goal::Cheapest => self.cost.map_or(UNKNOWN_COST, |cost| {
                u64::try_from(cost.minor()).unwrap_or(0)
            }),
            Goal::Priority => u64::from(self.priority),
        }
    }

    /// The hub's units of each SKU, none above what is asked for.
    pub(super) fn row(&self, demand: &[Demand]) -> Vec<u32> {
        if matches!(self.stock, StockVerdict::Nothing | StockVerdict::NotAsked) {
            return vec![0; demand.len()];
        }
        let mut row: Vec<u32> = demand.iter().map(|demand| demand.units.get()).collect();
        for short in &self.short {
            let at = usize::try_from(short.demand).unwrap_or(usize::MAX);
            if let Some(units) = row.get_mut(at) {
                *units = short.sellable.get().min(*units);
            }
        }
        row
    }
}

/// Looks at every candidate; the facts are sorted by hub, whatever the order of the candidates.
pub(super) fn facts(
    request: &RouteRequest,
    candidates: &[HubCandidate<'_>],
    policy: &RoutePolicy,
    now: Timestamp,
) -> Facts {
    let mut clock = Clock {
        now,
        known: Vec::new(),
    };
    let look = |candidate| look(request, candidate, policy, &mut clock);
    let mut facts: Vec<HubFacts> = candidates.iter().map(look).collect();
    // Two candidates of one hub would be a mistake of the caller; the fuller order keeps even that
    // independent of their places.
    facts.sort_by(|a, b| {
        a.hub
            .cmp(&b.hub)
            .then_with(|| b.score.total.cmp(&a.score.total))
            .then_with(|| a.short.len().cmp(&b.short.len()))
    });
    facts.dedup_by(|a, b| a.hub == b.hub);
    Facts {
        at: now,
        demand: request.demand().to_vec(),
        policy: policy.clone(),
        considered: request.considered().clone(),
        hubs: facts,
    }
}

/// Local times that were asked for already: many hubs, few zones.
struct Clock<'h> {
    now: Timestamp,
    known: Vec<(&'h TimeZoneName, Option<LocalTime>)>,
}

impl<'h> Clock<'h> {
    fn opening(&mut self, calendar: &'h OpeningCalendar) -> Opening {
        let zone = &calendar.time_zone;
        let known = self.known.iter().find(|(known, _)| *known == zone);
        let local = match known {
            Some((_, local)) => *local,
            None => {
                let local = zone.reached(self.now);
                self.known.push((zone, local));
                local
            }
        };
        local.map_or(Opening::ZoneUnknown, |local| calendar.opening_at(local))
    }
}

fn look<'h>(
    request: &RouteRequest,
    candidate: &HubCandidate<'h>,
    policy: &RoutePolicy,
    clock: &mut Clock<'h>,
) -> HubFacts {
    let hub = candidate.hub;
    let place = request.destination();
    let there = place.and_then(|place| place.location);
    let apart = hub
        .location
        .zip(there)
        .map(|(hub, there)| distance_m(hub, there));
    let area = hub.area.verdict_at(place, apart);
    let capacity = match hub.daily_capacity {
        None => Capacity::Unbounded,
        Some(of) => Capacity::Bounded {
            left: of.saturating_sub(candidate.taken_today),
            of,
        },
    };
    let distance_m = apart.map(|metres| rounded(policy, metres));
    let asked = hub.active && matches!(area, AreaVerdict::Served(_));
    let (stock, short) = if asked {
        stock(request.demand(), &candidate.sellable)
    } else {
        (StockVerdict::NotAsked, Vec::new())
    };
    let opening = hub.calendar.as_ref();
    HubFacts {
        hub: hub.id.clone(),
        priority: hub.priority,
        active: hub.active,
        kind: hub.kind,
        area,
        opening: opening.map_or(Opening::Always, |calendar| clock.opening(calendar)),
        capacity,
        stock,
        short,
        distance_m,
        cost: hub
            .handling_cost
            .filter(|cost| Some(cost.currency()) == policy.currency),
        score: Score::new(policy, distance_m, hub.performance.millionths(), capacity),
    }
}

/// How much of the demand there is. Of a hub that has nothing the SKUs are not listed: all of them.
fn stock(demand: &[Demand], sellable: &[Units]) -> (StockVerdict, Vec<Short>) {
    let mut short = Vec::new();
    let mut any = demand.is_empty();
    let sellable = sellable
        .iter()
        .copied()
        .chain(std::iter::repeat(Units::ZERO));
    for (at, (demand, sellable)) in demand.iter().zip(sellable).enumerate() {
        any |= !sellable.is_zero();
        if sellable < demand.units {
            // An order has far fewer lines.
            let demand = u32::try_from(at).unwrap_or(u32::MAX);
            short.push(Short { demand, sellable });
        }
    }
    if !any {
        return (StockVerdict::Nothing, Vec::new());
    }
    let verdict = if short.is_empty() {
        StockVerdict::All
    } else {
        StockVerdict::Part
    };
    (verdict, short)
}
