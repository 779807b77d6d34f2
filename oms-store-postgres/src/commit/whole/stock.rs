//! What a batch asks of each stock row, as one guarded change.

use std::collections::BTreeMap;

use oms_core::plan::ChangeSet;
use oms_core::stock::{StockDelta, StockKey};

/// Larger changes are decided item by item.
const DELTA_MAX: i64 = 1_000_000_000;

/// Stands for no limit: no row or counter is that full.
pub(super) const NONE: i64 = -1_000_000_000_000;

/// The changes of one row, item after item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// How many items change it.
    pub(super) items: i64,
    pub(super) on_hand: i64,
    pub(super) reserved: i64,
    /// The least that the changes come to on the way.
    pub(super) least_on_hand: i64,
    pub(super) least_reserved: i64,
    /// The most that either comes to on the way.
    pub(super) most: i64,
    /// The most that is reserved beyond what is on hand after an item that claims.
    pub(super) claim: i64,
    /// The same after an item that spares what is reserved.
    pub(super) spare: i64,
}

impl Row {
    const UNCHANGED: Self = Self {
        items: 0,
        on_hand: 0,
        reserved: 0,
        least_on_hand: 0,
        least_reserved: 0,
        most: 0,
        claim: NONE,
        spare: NONE,
    };

    /// Adds the change of one item; `None` where it has to be decided alone.
    fn add(&mut self, delta: &StockDelta) -> Option<()> {
        let plain =
            delta.expected_on_hand.is_none() && delta.safety.is_none() && delta.incoming.is_none();
        if !plain {
            return None;
        }
        self.items = self.items.checked_add(1)?;
        self.on_hand = within(self.on_hand.checked_add(delta.on_hand)?)?;
        self.reserved = within(self.reserved.checked_add(delta.reserved)?)?;
        self.least_on_hand = self.least_on_hand.min(self.on_hand);
        self.least_reserved = self.least_reserved.min(self.reserved);
        self.most = self.most.max(self.on_hand).max(self.reserved);
        let beyond = self.reserved.checked_sub(self.on_hand)?;
        if delta.claims {
            self.claim = self.claim.max(beyond);
        }
        if delta.spares_reserved {
            self.spare = self.spare.max(beyond);
        }
        Some(())
    }
}

pub(super) fn within(change: i64) -> Option<i64> {
    (-DELTA_MAX..=DELTA_MAX).contains(&change).then_some(change)
}

/// The stock rows of a batch, or `None` where one has to be decided item by item.
pub(super) fn rows(sets: &[&ChangeSet]) -> Option<BTreeMap<StockKey, Row>> {
    let mut rows: BTreeMap<StockKey, Row> = BTreeMap::new();
    for set in sets {
        for (key, delta) in set.stock_deltas() {
            rows.entry(key).or_insert(Row::UNCHANGED).add(&delta)?;
        }
    }
    Some(rows)
}
