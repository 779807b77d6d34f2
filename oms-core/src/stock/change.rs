//! What one change set does to one stock row, and the rule that decides whether it may.

use serde::{Deserialize, Serialize};

use crate::stock::StockLevel;
use crate::value::{Units, Version};

/// The whole effect of one change set on one stock row, with what must hold for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StockDelta {
    /// Change of on hand.
    pub on_hand: i64,
    /// Change of reserved.
    pub reserved: i64,
    /// A new claim is among the changes: afterwards `reserved + safety <= on_hand` must hold.
    pub claims: bool,
    /// Goods are issued: afterwards `reserved <= on_hand` must hold.
    pub spares_reserved: bool,
    /// On hand must be this before, for effects computed from what was seen (a count).
    pub expected_on_hand: Option<Units>,
    /// New safety stock.
    pub safety: Option<Units>,
    /// New incoming stock.
    pub incoming: Option<Units>,
}

/// Why a stock row refuses a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[non_exhaustive]
pub enum StockRefusal {
    /// Too little to claim, issue or take away.
    #[error("{asked} units asked, {available} available")]
    Short {
        /// Units asked for.
        asked: Units,
        /// Units available before; negative when over-claimed.
        available: i64,
    },
    /// On hand is not what the plan saw.
    #[error("{expected} units expected, {found} found")]
    Moved {
        /// What the plan saw.
        expected: Units,
        /// What it is.
        found: Units,
    },
    /// A counter would leave its range.
    #[error("too many units")]
    OutOfRange,
}

impl StockDelta {
    /// The row after the change.
    ///
    /// This is the one place where it is decided whether stock may be claimed; every store applies
    /// exactly this rule to the row as it is at commit.
    ///
    /// # Errors
    /// [`StockRefusal`]: the change is not made.
    pub fn apply(&self, before: &StockLevel) -> Result<StockLevel, StockRefusal> {
        if let Some(expected) = self.expected_on_hand
            && expected != before.on_hand
        {
            return Err(StockRefusal::Moved {
                expected,
                found: before.on_hand,
            });
        }
        let shift = |units: Units, delta: i64| i64::from(units.get()).checked_add(delta);
        let (Some(on_hand), Some(reserved)) = (
            shift(before.on_hand, self.on_hand),
            shift(before.reserved, self.reserved),
        ) else {
            return Err(StockRefusal::OutOfRange);
        };
        let safety = self.safety.unwrap_or(before.safety);
        let short = on_hand < 0
            || (self.claims && reserved + i64::from(safety.get()) > on_hand)
            || (self.spares_reserved && reserved > on_hand);
        if short {
            let taken = self.reserved.max(0).max(-self.on_hand);
            let asked = u32::try_from(taken)
                .ok()
                .and_then(|units| Units::new(units).ok());
            let asked = asked.unwrap_or(Units::MAX);
            return Err(StockRefusal::Short {
                asked,
                available: before.available(),
            });
        }
        let units = |value: i64| {
            u32::try_from(value)
                .ok()
                .and_then(|units| Units::new(units).ok())
        };
        let (Some(on_hand), Some(reserved)) = (units(on_hand), units(reserved)) else {
            return Err(StockRefusal::OutOfRange);
        };
        Ok(StockLevel {
            on_hand,
            reserved,
            incoming: self.incoming.unwrap_or(before.incoming),
            safety,
            shortfall: reserved.saturating_sub(on_hand),
            version: Version::next(before.version),
        })
    }
}
