//! The stock rows of a tenant, each with what points at it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use oms_core::port::MovementCursor;
use oms_core::reservation::{Owner, Reservation, ReservationKey};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::value::{HubId, LineId, Sku, Timestamp};

use crate::hashed::HashMap;
use crate::sorted::Sorted;

/// Stock rows: hashed by SKU for commits, and by hub for lists.
///
/// Whoever looks for a SKU looks at every hub that keeps it, so its rows lie side by side and one
/// look-up finds them all.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// The rows of each SKU by hub.
    by_sku: HashMap<Sku, Vec<(HubId, Row)>>,
    by_hub: BTreeMap<HubId, BTreeSet<Sku>>,
    /// How often the counters of any row changed.
    changes: u64,
}

/// A stock row with what points at it.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) level: StockLevel,
    /// Which change of any row was the last of this one.
    pub(crate) changed: u64,
    /// Every reservation of the row, live or not.
    pub(crate) claims: Sorted<(Owner, LineId)>,
    /// Its tentative units, by the time they end.
    pub(crate) tentative: BTreeSet<(Timestamp, Owner, LineId)>,
    /// Its movements.
    pub(crate) movements: Sorted<MovementCursor>,
}

impl Rows {
    pub(crate) fn get(&self, hub: &HubId, sku: &Sku) -> Option<&Row> {
        let rows = self.by_sku.get(sku)?;
        let at = place(rows, hub).ok()?;
        rows.get(at).map(|(_, row)| row)
    }

    /// The counters of a row; a row nobody wrote yet is all zero.
    pub(crate) fn level(&self, key: &StockKey) -> StockLevel {
        let row = self.get(&key.hub, &key.sku);
        row.map(|row| row.level).unwrap_or_default()
    }

    /// Sets the counters of a row.
    pub(crate) fn set_level(&mut self, key: &StockKey, level: StockLevel) {
        self.changes = self.changes.saturating_add(1);
        let changed = self.changes;
        let row = self.row_mut(&key.hub, &key.sku);
        (row.level, row.changed) = (level, changed);
    }

    /// How often the counters of any row changed.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// The row to write to; it exists afterwards.
    pub(crate) fn row_mut(&mut self, hub: &HubId, sku: &Sku) -> &mut Row {
        // All rows of a SKU, and all of a hub, share one text.
        let (sku, rows, at) = match self.by_sku.entry(sku.clone()) {
            Entry::Occupied(rows) => match place(rows.get(), hub) {
                // It was found just now.
                Ok(at) => return &mut rows.into_mut()[at].1,
                Err(at) => (rows.key().clone(), rows.into_mut(), at),
            },
            Entry::Vacant(rows) => (rows.key().clone(), rows.insert(Vec::new()), 0),
        };
        let listed = self.by_hub.get_key_value(hub);
        let hub = listed.map_or_else(|| hub.clone(), |(known, _)| known.clone());
        self.by_hub.entry(hub.clone()).or_default().insert(sku);
        rows.insert(at, (hub, Row::default()));
        // It was put there just now.
        &mut rows[at].1
    }

    /// Writes down how a reservation changed.
    pub(crate) fn claimed(
        &mut self,
        key: &ReservationKey,
        before: Option<&Reservation>,
        after: &Reservation,
    ) {
        let was = before.and_then(|row| row.expires_at);
        if before.is_some() && was == after.expires_at {
            return;
        }
        let row = self.row_mut(&key.hub, &key.sku);
        if before.is_none() {
            row.claims.insert((key.owner.clone(), key.line));
        }
        if let Some(at) = was {
            row.tentative.remove(&(at, key.owner.clone(), key.line));
        }
        if let Some(at) = after.expires_at {
            row.tentative.insert((at, key.owner.clone(), key.line));
        }
    }

    /// The rows of a SKU, by hub.
    pub(crate) fn of_sku<'a>(&'a self, sku: &'a Sku) -> impl Iterator<Item = (StockKey, &'a Row)> {
        let rows = self.by_sku.get(sku).into_iter().flatten();
        rows.map(move |(hub, row)| (key(hub, sku), row))
    }

    /// The rows of a hub, by SKU.
    pub(crate) fn of_hub<'a>(
        &'a self,
        hub: &'a HubId,
    ) -> impl Iterator<Item = (StockKey, &'a Row)> {
        let skus = self.by_hub.get(hub).into_iter().flatten();
        skus.filter_map(move |sku| Some((key(hub, sku), self.get(hub, sku)?)))
    }

    /// Every row after a key, by key.
    pub(crate) fn after<'a>(
        &'a self,
        after: Option<&'a StockKey>,
    ) -> impl Iterator<Item = (StockKey, &'a Row)> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let from = after.map_or(Unbounded, |key| Included(&key.hub));
        let hubs = self.by_hub.range::<HubId, _>((from, Unbounded));
        hubs.flat_map(move |(hub, skus)| {
            let from = after.filter(|key| key.hub == *hub);
            let from = from.map_or(Unbounded, |key| Excluded(&key.sku));
            let skus = skus.range::<Sku, _>((from, Unbounded));
            skus.filter_map(move |sku| Some((key(hub, sku), self.get(hub, sku)?)))
        })
    }

    /// Every row, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (StockKey, &Row)> {
        let rows = self.by_sku.iter();
        rows.flat_map(|(sku, rows)| rows.iter().map(|(hub, row)| (key(hub, sku), row)))
    }

    pub(crate) fn len(&self) -> usize {
        self.by_sku.values().map(Vec::len).sum()
    }

    /// Spoils the list by hub.
    #[cfg(test)]
    pub(crate) fn forget_list(&mut self) {
        self.by_hub.clear();
    }

    /// Spoils the order of the rows of a SKU.
    #[cfg(test)]
    pub(crate) fn reverse_hubs(&mut self, sku: &Sku) {
        if let Some(rows) = self.by_sku.get_mut(sku) {
            rows.reverse();
        }
    }

    /// True when the list by hub names exactly the rows, and those of each SKU are in order.
    pub(crate) fn lists_agree(&self) -> bool {
        let listed: usize = self.by_hub.values().map(BTreeSet::len).sum();
        let known = |hub: &HubId, skus: &BTreeSet<Sku>| {
            let mut skus = skus.iter();
            skus.all(|sku| self.get(hub, sku).is_some())
        };
        let sorted = |rows: &Vec<(HubId, Row)>| rows.is_sorted_by(|(a, _), (b, _)| a < b);
        listed == self.len()
            && self.by_hub.iter().all(|(hub, skus)| known(hub, skus))
            && self.by_sku.values().all(sorted)
    }
}

fn key(hub: &HubId, sku: &Sku) -> StockKey {
    StockKey::new(hub.clone(), sku.clone())
}

/// Where the row of a hub is, or would be.
fn place(rows: &[(HubId, Row)], hub: &HubId) -> Result<usize, usize> {
    rows.binary_search_by(|(known, _)| known.cmp(hub))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oms_core::testing::build;

    #[test]
    fn a_row_is_made_once_in_its_place_and_shares_its_texts() {
        let mut rows = Rows::default();
        let mut made = BTreeSet::new();
        // Twice, and no hub in the order of the others.
        for (hub, sku) in [("b", "1"), ("c", "1"), ("a", "1"), ("a", "2"), ("ab", "2")].repeat(2) {
            let key = build::stock(hub, sku);
            made.insert(key.clone());
            rows.row_mut(&key.hub, &key.sku).level.on_hand = build::units(7);
            assert_eq!(rows.level(&key).on_hand, build::units(7));
            assert_eq!(rows.len(), made.len(), "{key}");
            assert!(rows.lists_agree());
        }
        let listed: Vec<StockKey> = rows.after(None).map(|(key, _)| key).collect();
        assert_eq!(listed, made.into_iter().collect::<Vec<_>>());
        let text = |wanted: &str| {
            let keys = listed.iter();
            let texts = keys.flat_map(|key| [key.hub.as_str(), key.sku.as_str()]);
            let texts = texts.filter(|text| *text == wanted).map(str::as_ptr);
            texts.collect::<BTreeSet<*const u8>>().len()
        };
        assert_eq!((text("a"), text("1"), text("2")), (1, 1, 1));
    }
}
