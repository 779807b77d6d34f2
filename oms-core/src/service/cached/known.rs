//! What is remembered of one tenant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::plan::{DocumentKey, DocumentKind, Keys, Snapshot, StoredDocument};
use crate::stock::{StockDelta, StockKey, StockLevel};
use crate::value::{HubId, Sku, Timestamp, Version};

/// What is remembered of one tenant: its catalogue at one version, and stock by SKU.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// When it was asked for last, as a count of all uses.
    pub(super) used: u64,
    catalogue: Version,
    /// Documents of the catalogue, and that there are none.
    documents: HashMap<DocumentKey, Option<StoredDocument>>,
    /// All hubs, once somebody asked for them.
    hubs: Option<Vec<StoredDocument>>,
    stock: HashMap<Sku, Rows>,
    rows: usize,
}

/// The rows of a SKU at every hub that has one.
#[derive(Debug)]
struct Rows {
    /// When they were read, by the own clock.
    read_at: Timestamp,
    levels: Vec<(HubId, StockLevel)>,
}

impl Known {
    /// Documents and rows remembered; a SKU without rows counts, too.
    pub(super) fn entries(&self) -> usize {
        self.documents.len() + self.hubs.as_ref().map_or(0, Vec::len) + self.stock.len() + self.rows
    }

    /// Answers the keys, or false where something is not known or too old.
    pub(super) fn recall(
        &mut self,
        keys: &Keys,
        now: Timestamp,
        age_max: i64,
        found: &mut Snapshot,
    ) -> bool {
        found.catalogue = self.catalogue;
        let settings = Some(&DocumentKey::Settings).into_iter();
        for key in keys.documents.iter().chain(settings) {
            match self.documents.get(key) {
                Some(Some(document)) => {
                    found.documents.insert(key.clone(), document.clone());
                }
                Some(None) => {}
                // Whether a customer may order is for the commit to say.
                None if key.kind() == DocumentKind::Customer => {}
                None => return false,
            }
        }
        if keys.hubs {
            let Some(hubs) = &self.hubs else {
                return false;
            };
            let hubs = hubs.iter().map(|hub| (hub.key.clone(), hub.clone()));
            found.documents.extend(hubs);
        }
        for sku in &keys.sku_stock {
            let Some(rows) = self.stock.get_mut(sku) else {
                return false;
            };
            if !(0..=age_max).contains(&now.micros_since(rows.read_at)) {
                // Whoever notices it first reads again; the others need not wait for that.
                rows.read_at = now;
                return false;
            }
            let rows = rows.levels.iter();
            let rows = rows.map(|(hub, level)| (StockKey::new(hub.clone(), sku.clone()), *level));
            found.stock.extend(rows);
        }
        true
    }

    /// Remembers what the store said to the keys; false if there is no such tenant.
    pub(super) fn learn(&mut self, keys: &Keys, snapshot: &Snapshot, now: Timestamp) -> bool {
        if !snapshot.documents.contains_key(&DocumentKey::Settings) {
            return false;
        }
        self.learn_catalogue(keys, snapshot);
        let mut levels: HashMap<&Sku, Vec<(HubId, StockLevel)>> = HashMap::new();
        for (key, level) in &snapshot.stock {
            let levels = levels.entry(&key.sku).or_default();
            levels.push((key.hub.clone(), *level));
        }
        for sku in &keys.sku_stock {
            self.forget_stock(sku);
            let levels = levels.remove(sku).unwrap_or_default();
            self.rows += levels.len();
            let read_at = now;
            self.stock.insert(sku.clone(), Rows { read_at, levels });
        }
        true
    }

    fn learn_catalogue(&mut self, keys: &Keys, snapshot: &Snapshot) {
        if snapshot.catalogue < self.catalogue {
            return;
        }
        if snapshot.catalogue > self.catalogue {
            self.forget_catalogue();
            self.catalogue = snapshot.catalogue;
        }
        let settings = Some(&DocumentKey::Settings).into_iter();
        let keys_of_it = keys.documents.iter().chain(settings);
        for key in keys_of_it.filter(|key| key.kind().is_catalogue()) {
            let document = snapshot.documents.get(key).cloned();
            self.documents.insert(key.clone(), document);
        }
        if keys.hubs {
            let documents = snapshot.documents.values();
            let hubs = documents.filter(|document| document.key.kind() == DocumentKind::Hub);
            self.hubs = Some(hubs.cloned().collect());
        }
    }

    pub(super) fn forget_catalogue(&mut self) {
        self.catalogue = Version::ZERO;
        self.documents.clear();
        self.hubs = None;
    }

    pub(super) fn forget_stock(&mut self, sku: &Sku) {
        if let Some(rows) = self.stock.remove(sku) {
            self.rows -= rows.levels.len();
        }
    }

    /// Counts a change of a row as done; what cannot be is forgotten.
    pub(super) fn count(&mut self, key: &StockKey, delta: &StockDelta) {
        let Entry::Occupied(mut entry) = self.stock.entry(key.sku.clone()) else {
            return;
        };
        let levels = &mut entry.get_mut().levels;
        let level = levels.iter_mut().find(|(hub, _)| *hub == key.hub);
        let after = level.and_then(|(_, level)| {
            *level = delta.apply(level).ok()?;
            Some(())
        });
        if after.is_none() {
            self.rows -= entry.remove().levels.len();
        }
    }
}
