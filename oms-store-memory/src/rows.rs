//! The stock rows of a tenant, each with what points at it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use oms_core::port::MovementCursor;
use oms_core::reservation::{Owner, Reservation, ReservationKey};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::value::{HubId, LineId, Sku, Timestamp};

/// Stock rows: hashed for commits, and by hub and by SKU for lists.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: HashMap<StockKey, Row>,
    by_hub: BTreeMap<HubId, BTreeSet<Sku>>,
    by_sku: BTreeMap<Sku, BTreeSet<HubId>>,
}

/// A stock row with what points at it.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) level: StockLevel,
    /// Every reservation of the row, live or not.
    pub(crate) claims: BTreeSet<(Owner, LineId)>,
    /// Its tentative units, by the time they end.
    pub(crate) tentative: BTreeSet<(Timestamp, Owner, LineId)>,
    /// Its movements.
    pub(crate) movements: BTreeSet<MovementCursor>,
}

impl Rows {
    pub(crate) fn get(&self, key: &StockKey) -> Option<&Row> {
        self.rows.get(key)
    }

    /// The counters of a row; a row nobody wrote yet is all zero.
    pub(crate) fn level(&self, key: &StockKey) -> StockLevel {
        self.rows.get(key).map(|row| row.level).unwrap_or_default()
    }

    /// The row to write to; it exists afterwards.
    pub(crate) fn row_mut(&mut self, key: &StockKey) -> &mut Row {
        match self.rows.entry(key.clone()) {
            Entry::Occupied(found) => found.into_mut(),
            Entry::Vacant(free) => {
                let (hub, sku) = (key.hub.clone(), key.sku.clone());
                self.by_hub.entry(hub).or_default().insert(sku);
                let (hub, sku) = (key.hub.clone(), key.sku.clone());
                self.by_sku.entry(sku).or_default().insert(hub);
                free.insert(Row::default())
            }
        }
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
        let row = self.row_mut(&StockKey {
            hub: key.hub.clone(),
            sku: key.sku.clone(),
        });
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
        let hubs = self.by_sku.get(sku).into_iter().flatten();
        hubs.filter_map(move |hub| {
            self.found(StockKey {
                hub: hub.clone(),
                sku: sku.clone(),
            })
        })
    }

    /// The rows of a hub, by SKU.
    pub(crate) fn of_hub<'a>(
        &'a self,
        hub: &'a HubId,
    ) -> impl Iterator<Item = (StockKey, &'a Row)> {
        let skus = self.by_hub.get(hub).into_iter().flatten();
        skus.filter_map(move |sku| {
            self.found(StockKey {
                hub: hub.clone(),
                sku: sku.clone(),
            })
        })
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
            skus.filter_map(move |sku| {
                self.found(StockKey {
                    hub: hub.clone(),
                    sku: sku.clone(),
                })
            })
        })
    }

    fn found(&self, key: StockKey) -> Option<(StockKey, &Row)> {
        let row = self.rows.get(&key)?;
        Some((key, row))
    }

    /// Every row, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&StockKey, &Row)> {
        self.rows.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Spoils the lists by hub or by SKU.
    #[cfg(test)]
    pub(crate) fn forget_lists(&mut self, by_hub: bool) {
        if by_hub {
            self.by_hub.clear();
        } else {
            self.by_sku.clear();
        }
    }

    /// True when the lists by hub and by SKU name exactly the rows.
    pub(crate) fn lists_agree(&self) -> bool {
        let listed = |of: usize| of == self.rows.len();
        let known = |hub: &HubId, sku: &Sku| {
            self.rows.contains_key(&StockKey {
                hub: hub.clone(),
                sku: sku.clone(),
            })
        };
        listed(self.by_hub.values().map(BTreeSet::len).sum())
            && listed(self.by_sku.values().map(BTreeSet::len).sum())
            && self
                .by_hub
                .iter()
                .all(|(hub, skus)| skus.iter().all(|sku| known(hub, sku)))
            && self
                .by_sku
                .iter()
                .all(|(sku, hubs)| hubs.iter().all(|hub| known(hub, sku)))
    }
}
