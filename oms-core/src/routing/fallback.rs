//! What is given up, one step after another, before the goods are called short.

use serde::{Deserialize, Serialize};

use crate::routing::{OpeningCheck, RoutePolicy, Split};

/// A rule that is given up when no hubs cover the order under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// Closed hubs may be chosen.
    IgnoreOpening,
    /// Full hubs may be chosen.
    IgnoreCapacity,
    /// Hubs of third parties may be chosen.
    UseExternal,
    /// The order may be split freely.
    SplitFreely,
}

/// The rules of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) opening: OpeningCheck,
    pub(super) capacity: bool,
    pub(super) external: bool,
    pub(super) parcels_max: usize,
}

impl Rules {
    /// The rules of a policy without those that were given up.
    pub(super) fn after<'a>(
        policy: &RoutePolicy,
        given_up: impl IntoIterator<Item = &'a Fallback>,
    ) -> Self {
        let mut rules = Self {
            opening: policy.check_opening,
            capacity: policy.check_capacity,
            external: policy.use_external,
            parcels_max: policy.split.parcels_max(),
        };
        for step in given_up {
            match step {
                Fallback::IgnoreOpening => rules.opening = OpeningCheck::Off,
                Fallback::IgnoreCapacity => rules.capacity = false,
                Fallback::UseExternal => rules.external = true,
                Fallback::SplitFreely => rules.parcels_max = Split::Free.parcels_max(),
            }
        }
        rules
    }
}
