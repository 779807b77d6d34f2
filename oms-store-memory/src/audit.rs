//! Names every row that breaks an invariant, from the rows alone, and every index that disagrees.

use std::collections::{BTreeMap, BTreeSet};

use oms_core::event::StreamId;
use oms_core::plan::DocumentKey;
use oms_core::port::Violation;
use oms_core::reservation::{Owner, Reservation};
use oms_core::stock::StockKey;
use oms_core::value::{HubId, Timestamp, Version};

use crate::claims::is_untold;
use crate::index::Indexes;
use crate::rows::Row;
use crate::sound::json_problem;
use crate::tenant::Tenant;

mod counters;

/// What the audit found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, invariant: &str, subject: impl ToString, detail: impl Into<String>) {
        self.0.push(Violation {
            invariant: invariant.to_owned(),
            subject: subject.to_string(),
            detail: detail.into(),
        });
    }

    fn check(&mut self, holds: bool, invariant: &str, subject: &str, detail: &str) {
        if !holds {
            self.add(invariant, subject, detail);
        }
    }
}

impl Tenant {
    /// Every row that breaks an invariant the store can see by itself.
    pub(crate) fn audit(&self, now: Timestamp) -> Vec<Violation> {
        let mut found = Findings::default();
        self.audit_stock(&mut found);
        self.audit_counters(&mut found, now);
        self.audit_streams(&mut found);
        self.audit_documents(&mut found);
        self.audit_document_indexes(&mut found);
        self.audit_claim_indexes(&mut found);
        self.audit_other_indexes(&mut found);
        found.0
    }

    /// I1, and I2 as sums over the ledgers.
    fn audit_stock(&self, found: &mut Findings) {
        let mut reserved: BTreeMap<StockKey, i64> = BTreeMap::new();
        for (key, row) in self.claims.after(None) {
            let live = i64::from(row.live().get());
            add(&mut reserved, key.stock(), live);
        }
        let mut moved: BTreeMap<StockKey, i64> = BTreeMap::new();
        for (draft, _) in self.movements.values() {
            add(&mut moved, draft.stock.clone(), draft.delta);
        }
        for (key, row) in self.rows.iter() {
            let level = &row.level;
            if !level.is_sound() {
                let (reserved, on_hand) = (level.reserved, level.on_hand);
                let shortfall = level.shortfall;
                let detail =
                    format!("{reserved} reserved of {on_hand} on hand, shortfall {shortfall}");
                found.add("I1", &key, detail);
            }
            let live = reserved.remove(&key).unwrap_or_default();
            if live != i64::from(level.reserved.get()) {
                let detail = format!("{} reserved, its claims add up to {live}", level.reserved);
                found.add("I2", &key, detail);
            }
            let sum = moved.remove(&key).unwrap_or_default();
            if sum != i64::from(level.on_hand.get()) {
                let detail = format!("{} on hand, its movements add up to {sum}", level.on_hand);
                found.add("I2", &key, detail);
            }
        }
        for key in reserved.keys() {
            found.add("I2", key, "claimed without a stock row");
        }
        for key in moved.keys() {
            found.add("I2", key, "moved without a stock row");
        }
    }

    /// I6: no gaps and no twins, versions as long as the streams, no order without one.
    fn audit_streams(&self, found: &mut Findings) {
        for (stream, events) in self.streams.iter() {
            let mut due = Version::ZERO;
            for event in events {
                due = due.next();
                if event.seq != due {
                    found.add(
                        "I6",
                        stream,
                        format!("place {} where {due} is due", event.seq),
                    );
                }
                if let Some(why) = json_problem(&event.body) {
                    found.add("I13", format!("{stream}#{due}"), why);
                }
            }
        }
        for (key, document) in self.documents.iter() {
            let Some(stream) = stream_of(&key) else {
                continue;
            };
            let (version, last) = (document.version, self.streams.last(&stream));
            if last == Version::ZERO {
                // An order is never written without an event.
                if matches!(key, DocumentKey::Order(_)) {
                    found.add("I6", &key, format!("version {version}, it has no events"));
                }
            } else if last != version {
                let detail = format!("version {version}, its stream ends at {last}");
                found.add("I6", &key, detail);
            }
        }
    }

    /// Bodies that cannot be read, and documents and names that point at nothing.
    fn audit_documents(&self, found: &mut Findings) {
        for (key, document) in self.documents.iter() {
            if let Some(why) = json_problem(&document.json) {
                found.add("I13", &key, why);
            }
            if document.version == Version::ZERO {
                found.add("I6", &key, "version 0");
            }
            if let DocumentKey::Fulfillment(order, _) = &key
                && self.documents.get(&DocumentKey::Order(*order)).is_none()
            {
                found.add("reference", &key, "its order does not exist");
            }
            if let Some(order) = document.columns.order() {
                let channel = DocumentKey::Channel(order.channel.clone());
                if self.documents.get(&channel).is_none() {
                    found.add("reference", &key, "its channel does not exist");
                }
                let customer = order.customer.map(DocumentKey::Customer);
                if customer.is_some_and(|customer| self.documents.get(&customer).is_none()) {
                    found.add("reference", &key, "its customer does not exist");
                }
            }
        }
        for (name, holder) in self.unique.iter() {
            if self.documents.get(holder).is_none() {
                let detail = format!("held by {holder}, which does not exist");
                found.add("reference", format!("{name:?}"), detail);
            }
        }
    }

    fn audit_document_indexes(&self, found: &mut Findings) {
        let mut made = Indexes::default();
        for (key, document) in self.documents.iter() {
            made.changed(&key, None, &document.columns);
        }
        let kept = &self.indexes;
        for (agrees, index) in [
            (self.documents.names_agree(), "documents by kind"),
            (made.placed == kept.placed, "orders by time"),
            (made.unfinished == kept.unfinished, "orders by status"),
            (made.customers == kept.customers, "orders by customer"),
            (
                made.personal == kept.personal,
                "personal documents by customer",
            ),
            (
                made.given_for == kept.given_for,
                "personal documents by order",
            ),
        ] {
            found.check(agrees, "index", index, "it disagrees with the documents");
        }
    }

    fn audit_claim_indexes(&self, found: &mut Findings) {
        let mut due = BTreeSet::new();
        let mut lapsed = BTreeSet::new();
        let mut live: BTreeMap<HubId, BTreeSet<Owner>> = BTreeMap::new();
        let mut rows: BTreeMap<StockKey, Row> = BTreeMap::new();
        for (key, claim) in self.claims.after(None) {
            let row = rows.entry(key.stock()).or_default();
            row.claims.insert((key.owner.clone(), key.line));
            if let Some(at) = ends_at(&claim) {
                row.tentative.insert((at, key.owner.clone(), key.line));
                due.insert((at, key.clone()));
            }
            if !claim.live().is_zero() {
                let there = live.entry(key.hub.clone()).or_default();
                there.insert(key.owner.clone());
            }
            if is_untold(&key, &claim) {
                lapsed.insert(key);
            }
        }
        for (place, (draft, _)) in &self.movements {
            rows.entry(draft.stock.clone())
                .or_default()
                .movements
                .insert(*place);
        }
        let disagrees = "it disagrees with the reservations";
        found.check(
            due == self.claims.due,
            "index",
            "reservations by end",
            disagrees,
        );
        found.check(
            lapsed == self.claims.lapsed,
            "index",
            "lapsed reservations",
            disagrees,
        );
        found.check(
            live == self.claims.live,
            "index",
            "live reservations",
            disagrees,
        );
        for (key, row) in self.rows.iter() {
            let made = rows.remove(&key).unwrap_or_default();
            let subject = key.to_string();
            found.check(made.claims == row.claims, "index", &subject, disagrees);
            found.check(
                made.tentative == row.tentative,
                "index",
                &subject,
                disagrees,
            );
            let detail = "it disagrees with the movements";
            found.check(made.movements == row.movements, "index", &subject, detail);
        }
    }

    fn audit_other_indexes(&self, found: &mut Findings) {
        let rows = self.rows.lists_agree();
        found.check(
            rows,
            "index",
            "stock by hub and SKU",
            "it disagrees with the stock rows",
        );
        let ids: BTreeSet<_> = self.movements.values().map(|(draft, _)| draft.id).collect();
        let movements = ids == self.movement_ids && ids.len() == self.movements.len();
        found.check(
            movements,
            "index",
            "movements by id",
            "it disagrees with the movements",
        );
        let commands = self
            .commands
            .iter()
            .map(|(key, record)| (record.at, key.clone()));
        let commands: BTreeSet<_> = commands.collect();
        let agrees = commands == self.commands_by_time;
        found.check(
            agrees,
            "index",
            "commands by time",
            "it disagrees with the commands",
        );
    }
}

/// When the tentative units of a reservation end.
fn ends_at(claim: &Reservation) -> Option<Timestamp> {
    claim.expires_at.filter(|_| !claim.tentative.is_zero())
}

fn add(sums: &mut BTreeMap<StockKey, i64>, key: StockKey, units: i64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(units);
}

/// The stream whose places are the versions of a document.
fn stream_of(key: &DocumentKey) -> Option<StreamId> {
    match key {
        DocumentKey::Settings => Some(StreamId::tenant()),
        DocumentKey::Zones => Some(StreamId::zones()),
        DocumentKey::Transfer(id) => Some(StreamId::transfer(id)),
        DocumentKey::Slots(hub, date) => Some(StreamId::slots(hub, *date)),
        DocumentKey::Channel(id) => Some(StreamId::channel(id)),
        DocumentKey::Hub(id) => Some(StreamId::hub(id)),
        DocumentKey::Product(sku) => Some(StreamId::sku(sku)),
        DocumentKey::Customer(id) => Some(StreamId::customer(*id)),
        DocumentKey::Order(id) => Some(StreamId::order(*id)),
        DocumentKey::SkuMapping(channel, external) => {
            Some(StreamId::sku_mapping(channel, external))
        }
        DocumentKey::Contact(_)
        | DocumentKey::Fulfillment(..)
        | DocumentKey::Payload(_)
        | DocumentKey::Explanation(..)
        | DocumentKey::Host(..) => None,
    }
}

#[cfg(test)]
mod tests;
