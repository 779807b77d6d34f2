//! How well a hub works.

use serde::{Deserialize, Serialize};

use crate::value::Rate;

/// How well a hub works, as far as it is known; each figure is a share of its orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HubPerformance {
    /// Handed over by the promised time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_time: Option<Rate>,
    /// With the right goods, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accurate: Option<Rate>,
    /// Shipped rather than cancelled or sent back to another hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilled: Option<Rate>,
}

impl HubPerformance {
    /// The mean of the known figures in millionths, rounded down; `None` if none is known.
    #[must_use]
    pub fn millionths(&self) -> Option<u32> {
        let known = || {
            [self.on_time, self.accurate, self.fulfilled]
                .into_iter()
                .flatten()
        };
        let sum: u32 = known().map(Rate::millionths).sum();
        // At most three, and at most three million.
        sum.checked_div(u32::try_from(known().count()).unwrap_or(u32::MAX))
    }
}
