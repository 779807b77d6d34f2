//! Answering the keys of a plan.

use oms_core::plan::{DocumentKey, DocumentKind, Keys, Snapshot};
use oms_core::reservation::Owner;
use oms_core::stock::StockKey;
use oms_core::value::{OrderId, Timestamp, Units};

use crate::rows::Row;
use crate::tenant::Tenant;

impl Tenant {
    /// Everything the keys name.
    pub(crate) fn prefetch(&self, keys: &Keys, now: Timestamp) -> Snapshot {
        let mut found = Snapshot::empty(now);
        found.catalogue = self.catalogue;
        self.add_document(&DocumentKey::Settings, &mut found);
        for key in &keys.documents {
            self.add_document(key, &mut found);
        }
        for order in &keys.orders {
            self.add_order(*order, &mut found);
        }
        if keys.hubs {
            let hubs = self.documents.of_kind(DocumentKind::Hub, None);
            found
                .documents
                .extend(hubs.map(|(key, hub)| (key.clone(), hub.stored(key))));
        }
        for key in &keys.stock {
            if let Some(row) = self.rows.get(&key.hub, &key.sku) {
                self.add_row(key.clone(), row, &mut found);
            }
        }
        for sku in &keys.sku_stock {
            for (key, row) in self.rows.of_sku(sku) {
                self.add_row(key, row, &mut found);
            }
        }
        for key in &keys.counters {
            if let Some(taken) = self.counters.get(key) {
                found.counters.insert(key.clone(), *taken);
            }
        }
        for name in &keys.unique {
            if let Some(holder) = self.unique.get(name) {
                found.unique.insert(name.clone(), holder.clone());
                if let DocumentKey::Order(id) = holder {
                    self.add_order(*id, &mut found);
                } else {
                    self.add_document(holder, &mut found);
                }
            }
        }
        for owner in &keys.owners {
            found.reservations.extend(self.claims.of_owner(owner));
        }
        for key in &keys.commands {
            if let Some(record) = self.commands.get(key) {
                found.commands.insert(key.clone(), record.clone());
            }
        }
        found
    }

    fn add_document(&self, key: &DocumentKey, found: &mut Snapshot) {
        if let Some(document) = self.documents.get(key) {
            found
                .documents
                .insert(key.clone(), document.stored(key.clone()));
        }
    }

    /// A stock row, with what could be reclaimed on it.
    fn add_row(&self, key: StockKey, row: &Row, found: &mut Snapshot) {
        let due = row.tentative.iter().take_while(|(at, ..)| *at <= found.now);
        let due = due.filter_map(|(_, owner, line)| {
            let (_, claim) = self.claims.at_line(owner, *line, &key.hub, &key.sku)?;
            Some(claim.tentative)
        });
        // All of them are part of one counter, so the sum is in range.
        let due = Units::try_sum(due).unwrap_or(Units::MAX);
        if !due.is_zero() {
            found.reclaimable.insert(key.clone(), due);
        }
        found.stock.insert(key, row.level);
    }

    /// An order with its fulfillments and reservations.
    fn add_order(&self, id: OrderId, found: &mut Snapshot) {
        self.add_document(&DocumentKey::Order(id), found);
        let fulfillments = self.documents.fulfillments(id);
        found
            .documents
            .extend(fulfillments.map(|(key, work)| (key.clone(), work.stored(key))));
        found
            .reservations
            .extend(self.claims.of_owner(&Owner::Order(id)));
    }
}
