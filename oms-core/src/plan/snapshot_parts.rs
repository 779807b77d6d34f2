//! The parts of a snapshot that was read for several plans at once.

use std::collections::BTreeMap;

use crate::plan::{DocumentKey, Keys, Snapshot, StoredDocument};
use crate::reservation::{Owner, Reservation, ReservationKey};
use crate::stock::StockKey;
use crate::value::{FulfillmentId, OrderId, Sku};

/// A snapshot of more than one plan asked for, which knows what each of them would have been
/// answered alone.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    all: &'a Snapshot,
    hubs: Vec<&'a StoredDocument>,
    rows: BTreeMap<&'a Sku, Vec<&'a StockKey>>,
    claims: BTreeMap<&'a Owner, Vec<(&'a ReservationKey, &'a Reservation)>>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(all: &'a Snapshot) -> Self {
        let documents = all.documents.iter();
        let hubs = documents.filter(|(key, _)| matches!(key, DocumentKey::Hub(_)));
        let mut rows: BTreeMap<&Sku, Vec<&StockKey>> = BTreeMap::new();
        for key in all.stock.keys() {
            rows.entry(&key.sku).or_default().push(key);
        }
        let mut claims: BTreeMap<&Owner, Vec<(&ReservationKey, &Reservation)>> = BTreeMap::new();
        for (key, claim) in &all.reservations {
            claims.entry(&key.owner).or_default().push((key, claim));
        }
        Self {
            all,
            hubs: hubs.map(|(_, hub)| hub).collect(),
            rows,
            claims,
        }
    }

    /// What these keys name, if the snapshot was read for them, too.
    pub(crate) fn part(&self, keys: &Keys) -> Snapshot {
        let mut part = Snapshot::empty(self.all.now);
        part.catalogue = self.all.catalogue;
        self.add_document(&DocumentKey::Settings, &mut part);
        for key in &keys.documents {
            self.add_document(key, &mut part);
        }
        for order in &keys.orders {
            self.add_order(*order, &mut part);
        }
        if keys.hubs {
            let hubs = self.hubs.iter();
            let hubs = hubs.map(|hub| (hub.key.clone(), (*hub).clone()));
            part.documents.extend(hubs);
        }
        for key in &keys.stock {
            self.add_row(key, &mut part);
        }
        for key in keys.sku_stock.iter().filter_map(|sku| self.rows.get(sku)) {
            for key in key {
                self.add_row(key, &mut part);
            }
        }
        for key in &keys.counters {
            if let Some(taken) = self.all.counters.get(key) {
                part.counters.insert(key.clone(), *taken);
            }
        }
        for name in &keys.unique {
            if let Some(holder) = self.all.unique.get(name) {
                part.unique.insert(name.clone(), holder.clone());
                if let DocumentKey::Order(id) = holder {
                    self.add_order(*id, &mut part);
                } else {
                    self.add_document(holder, &mut part);
                }
            }
        }
        for owner in &keys.owners {
            self.add_claims(owner, &mut part);
        }
        for key in &keys.commands {
            if let Some(record) = self.all.commands.get(key) {
                part.commands.insert(key.clone(), record.clone());
            }
        }
        part
    }

    fn add_document(&self, key: &DocumentKey, part: &mut Snapshot) {
        if let Some(document) = self.all.documents.get(key) {
            part.documents.insert(key.clone(), document.clone());
        }
    }

    fn add_order(&self, id: OrderId, part: &mut Snapshot) {
        self.add_document(&DocumentKey::Order(id), part);
        let first = DocumentKey::Fulfillment(id, FulfillmentId::FIRST);
        let works = self.all.documents.range(first..);
        let works = works
            .take_while(|(key, _)| matches!(key, DocumentKey::Fulfillment(of, _) if *of == id));
        part.documents
            .extend(works.map(|(key, work)| (key.clone(), work.clone())));
        self.add_claims(&Owner::Order(id), part);
    }

    fn add_claims(&self, owner: &Owner, part: &mut Snapshot) {
        let claims = self.claims.get(owner).into_iter().flatten();
        part.reservations
            .extend(claims.map(|(key, claim)| ((*key).clone(), **claim)));
    }

    fn add_row(&self, key: &StockKey, part: &mut Snapshot) {
        if let Some(level) = self.all.stock.get(key) {
            part.stock.insert(key.clone(), *level);
        }
        if let Some(units) = self.all.reclaimable.get(key) {
            part.reclaimable.insert(key.clone(), *units);
        }
    }
}

#[cfg(test)]
mod tests;
