//! The counters of one SKU at one hub.

use serde::{Deserialize, Serialize};

use crate::value::{HubId, Sku, Units, Version, words};

/// A SKU at a hub. The order of keys is the order in which stores lock rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StockKey {
    /// The hub.
    pub hub: HubId,
    /// The SKU.
    pub sku: Sku,
}

impl StockKey {
    /// A SKU at a hub.
    #[must_use]
    pub const fn new(hub: HubId, sku: Sku) -> Self {
        Self { hub, sku }
    }
}

impl std::fmt::Display for StockKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.sku, self.hub)
    }
}

/// The counters of one SKU at one hub, in units.
///
/// `0 <= reserved <= on_hand + shortfall` always (invariant I1). A row nobody wrote yet is all
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StockLevel {
    /// Physically there: the sum of the movements (invariant I2).
    pub on_hand: Units,
    /// Claimed by live reservations, tentative and confirmed (invariant I2).
    pub reserved: Units,
    /// Expected to arrive, by what the host last said; nobody's available stock. No transfer
    /// changes it: what transfers bring is told by
    /// [`Tenant::under_way_to`](crate::service::Tenant::under_way_to).
    pub incoming: Units,
    /// Kept back from sale.
    pub safety: Units,
    /// Reserved but not there, after a count, damage or adjustment: `max(0, reserved - on_hand)`.
    pub shortfall: Units,
    /// Counts the changes of this row, from 1.
    pub version: Version,
}

impl StockLevel {
    /// What a new reservation can claim: `on_hand - reserved - safety`; negative when over-claimed.
    #[must_use]
    pub fn available(&self) -> i64 {
        i64::from(self.on_hand.get())
            - i64::from(self.reserved.get())
            - i64::from(self.safety.get())
    }

    /// What a new reservation can claim, never below zero.
    #[must_use]
    pub fn sellable(&self) -> Units {
        self.on_hand
            .saturating_sub(self.reserved)
            .saturating_sub(self.safety)
    }

    /// What an owner can claim now: of what counts as reserved, `due` units of others can be ended,
    /// and `own` are given back by the same change set, or claimed by it already if negative.
    pub(crate) fn claimable(&self, due: Units, own: i64) -> Units {
        let reserved = i64::from(self.reserved.get()) - i64::from(due.get()) - own;
        let free = i64::from(self.on_hand.get()) - reserved.max(0) - i64::from(self.safety.get());
        // What is given back may be taken again, whatever is kept back from sale and where a count
        // left less than is promised.
        let units = u32::try_from(free.max(own).max(0)).ok();
        units
            .and_then(|units| Units::new(units).ok())
            .unwrap_or(Units::MAX)
    }

    /// True when the counters obey invariant I1.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.shortfall == self.reserved.saturating_sub(self.on_hand)
    }

    /// Whether there is too little left to be calm about.
    #[must_use]
    pub fn low_stock(&self, threshold: Units) -> LowStock {
        LowStock::of(self.available(), threshold)
    }
}

/// Whether there is too little of a SKU at a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowStock {
    /// Nothing can be sold.
    Out,
    /// At or below the threshold.
    Low,
    /// Above it.
    Fine,
}

impl LowStock {
    /// Every status, from nothing to enough.
    pub const ALL: [Self; 3] = [Self::Out, Self::Low, Self::Fine];

    /// The status of `available` units, which may be negative.
    #[must_use]
    pub fn of(available: i64, threshold: Units) -> Self {
        if available <= 0 {
            Self::Out
        } else if available <= i64::from(threshold.get()) {
            Self::Low
        } else {
            Self::Fine
        }
    }

    /// The status as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Low => "low",
            Self::Fine => "fine",
        }
    }
}

words! { LowStock, "low-stock status"; }

impl std::fmt::Display for LowStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::StockLevel;
    use crate::value::Units;

    #[test]
    fn what_can_be_claimed_counts_what_is_over_and_what_is_given_back() {
        let units = |units| Units::new(units).unwrap();
        // On hand, reserved, safety; due of others, own; what can be claimed.
        for (on_hand, reserved, safety, due, own, expected) in [
            (10, 0, 0, 0, 0, 10),
            (10, 4, 0, 0, 0, 6),
            (10, 4, 3, 0, 0, 3),
            (10, 4, 7, 0, 0, 0),
            // Due claims of others end for it, but what is kept back stays so.
            (10, 10, 0, 4, 0, 4),
            (10, 10, 3, 4, 0, 1),
            // So are its own ended, and those it may have again in any case.
            (10, 10, 0, 0, 4, 4),
            (10, 10, 9, 0, 4, 4),
            (10, 8, 1, 2, 3, 6),
            // A count left less than is promised.
            (1, 5, 0, 0, 0, 0),
            (1, 5, 0, 0, 5, 5),
            (1, 5, 0, 2, 1, 1),
            // It claims some already.
            (10, 4, 0, 0, -2, 4),
            (10, 4, 0, 0, -6, 0),
            (10, 4, 0, 0, -9, 0),
            // More is not there than is there.
            (10, 4, 0, 4, 2, 10),
            (10, 0, 3, 9, 0, 7),
        ] {
            let level = StockLevel {
                on_hand: units(on_hand),
                reserved: units(reserved),
                safety: units(safety),
                ..StockLevel::default()
            };
            let found = level.claimable(units(due), own);
            assert_eq!(found, units(expected), "{level:?} {due} {own}");
        }
        let most = StockLevel {
            on_hand: Units::MAX,
            ..StockLevel::default()
        };
        assert_eq!(most.claimable(Units::MAX, i64::MAX / 2), Units::MAX);
    }
}
