//! A batch as arrays: distinct keys sorted, change sets referring to them by place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use oms_core::event::StreamId;
use oms_core::plan::{
    Body, ChangeSet, CounterChange, CounterKey, DocumentKey, DocumentWrite, Expected, Index,
    Requirement, UniqueKey,
};
use oms_core::reservation::{ReservationDelta, ReservationKey};
use oms_core::stock::{StockDelta, StockKey};
use oms_core::value::{TransferId, Units, Version};
use uuid::Uuid;

use super::rows::{Claims, Counters, Items, Jobs, Keys, Movements, Names, Time, Writes};
use super::told::tell;
use crate::key::{counter_columns, document_columns, name_columns, number, owner_columns};
use crate::time::column;

/// The bit of the kinds used that says that the version of the catalogue is asked for.
const CATALOGUE: i32 = 1;

/// Larger changes of a counter leave its range just the same.
const DELTA_MAX: i64 = 1_000_000_000_000;

/// A batch as the SQL function takes it, with what its answers refer to.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    pub(crate) sets: Vec<&'a ChangeSet>,
    pub(crate) items: Items<'a>,
    pub(crate) names: Names<'a>,
    pub(crate) name_claims: Vec<i32>,
    pub(crate) holders: Keys<'a>,
    pub(crate) used: i32,
    pub(crate) written: i32,
    pub(crate) documents: Keys<'a>,
    pub(crate) writes: Writes<'a>,
    pub(crate) requires: Vec<i64>,
    pub(crate) claims: Claims<'a>,
    pub(crate) changes: Vec<i32>,
    pub(crate) change_ends: Vec<Time>,
    pub(crate) deltas: Vec<i64>,
    pub(crate) counters: Counters<'a>,
    pub(crate) counter_changes: Vec<i64>,
    pub(crate) movements: Movements<'a>,
    pub(crate) stream_kind: Vec<&'a str>,
    pub(crate) stream_id: Vec<&'a str>,
    pub(crate) unplaced: Vec<String>,
    pub(crate) events: Vec<i64>,
    pub(crate) event_body: Vec<String>,
    pub(crate) jobs: Jobs<'a>,
    /// What answers point at.
    pub(crate) asked_names: Vec<&'a UniqueKey>,
    pub(crate) asked_writes: Vec<&'a DocumentKey>,
    pub(crate) asked_requires: Vec<&'a Requirement>,
    pub(crate) asked_changes: Vec<&'a ReservationKey>,
    pub(crate) asked_counters: Vec<&'a CounterKey>,
    pub(crate) asked_stock: Vec<StockKey>,
    pub(crate) asked_streams: Vec<&'a StreamId>,
}

/// Distinct keys in order, with their places from 1.
type Places<K> = BTreeMap<K, i32>;

/// A count as the server counts; batches are far smaller than its range.
pub(crate) fn place(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn numbered<K: Ord>(keys: impl Iterator<Item = K>) -> Places<K> {
    let mut places: Places<K> = keys.map(|key| (key, 0)).collect();
    for (next, at) in (1..).zip(places.values_mut()) {
        *at = next;
    }
    places
}

fn at<K: Ord>(places: &Places<K>, key: &K) -> i32 {
    places.get(key).copied().unwrap_or_default()
}

/// Every distinct key of a batch.
struct Distinct<'a> {
    names: Places<&'a UniqueKey>,
    documents: Places<&'a DocumentKey>,
    claims: Places<&'a ReservationKey>,
    counters: Places<&'a CounterKey>,
    stock: Places<StockKey>,
    streams: Places<&'a StreamId>,
}

impl<'a> Batch<'a> {
    /// Encodes change sets that are sound. With `trust`, documents that are only created are taken
    /// to be absent: a twin shows as a unique violation.
    pub(crate) fn new(sets: Vec<&'a ChangeSet>, trust: bool) -> Self {
        let deltas: Vec<_> = sets.iter().map(|set| set.stock_deltas()).collect();
        let distinct = Distinct {
            names: numbered(sets.iter().flat_map(|set| &set.unique).map(|c| &c.key)),
            documents: numbered(sets.iter().flat_map(|set| {
                let written = set.documents.iter().map(|write| &write.key);
                written.chain(set.requires.iter().filter_map(required))
            })),
            claims: numbered(
                sets.iter()
                    .flat_map(|set| &set.reservations)
                    .map(|c| &c.key),
            ),
            counters: numbered(sets.iter().flat_map(|set| &set.counters).map(|c| &c.key)),
            stock: numbered(deltas.iter().flat_map(|rows| rows.keys().cloned())),
            streams: numbered(sets.iter().flat_map(|set| &set.events).map(|e| &e.stream)),
        };
        let mut batch = Self::default();
        batch.add_distinct(&distinct);
        let mut first_keys = HashMap::new();
        let mut first_movements = HashMap::new();
        let mut first_jobs = HashMap::new();
        for (item, (set, deltas)) in (1..).zip(sets.iter().zip(&deltas)) {
            batch.add_item(set);
            batch.add_names(set, &distinct);
            for write in &set.documents {
                batch.add_write(write, &distinct);
            }
            batch.add_requires(set, &distinct);
            batch.add_changes(set, &distinct);
            batch.add_counters(item, set, &distinct);
            batch.add_deltas(deltas, &distinct);
            batch.add_events(item, set, &distinct);
            batch.add_movements(item, set, &mut first_movements);
            batch.add_jobs(item, set, &mut first_jobs);
            let first = *first_keys.entry(&set.origin.key).or_insert(item);
            batch.end_item(first, set.reclaim);
        }
        batch.add_documents(&distinct, &sets, trust);
        batch.asked_counters = distinct.counters.into_keys().collect();
        batch.asked_stock = distinct.stock.into_keys().collect();
        batch.asked_streams = distinct.streams.into_keys().collect();
        batch.sets = sets;
        batch
    }

    fn add_distinct(&mut self, distinct: &Distinct<'a>) {
        for key in distinct.names.keys() {
            let (kind, a, b, c) = name_columns(key);
            self.names.kind.push(kind);
            self.names.a.push(a);
            self.names.b.push(b);
            self.names.c.push(c);
        }
        for key in distinct.counters.keys() {
            let (kind, a, b) = counter_columns(key);
            self.counters.kind.push(kind);
            self.counters.a.push(a);
            self.counters.b.push(b);
        }
        for key in distinct.claims.keys() {
            let (kind, owner, name) = owner_columns(&key.owner);
            self.claims.kind.push(kind);
            self.claims.owner.push(owner);
            self.claims.name.push(name);
            self.claims
                .line
                .push(i32::try_from(key.line.get()).unwrap_or(i32::MAX));
            self.claims.hub.push(key.hub.as_str());
            self.claims.sku.push(key.sku.as_str());
            self.claims.stock.push(at(&distinct.stock, &key.stock()));
        }
        for stream in distinct.streams.keys() {
            self.stream_kind.push(stream.kind.as_str());
            self.stream_id.push(&stream.id);
        }
    }

    fn add_documents(&mut self, distinct: &Distinct<'a>, sets: &[&'a ChangeSet], trust: bool) {
        let mut fresh: HashMap<&DocumentKey, bool> = HashMap::new();
        for write in sets.iter().flat_map(|set| &set.documents) {
            let absent = write.expected == Expected::Absent;
            // Later writes in the batch may well expect the version the first one makes.
            fresh.entry(&write.key).or_insert(absent);
        }
        let required: BTreeSet<&DocumentKey> = sets
            .iter()
            .flat_map(|set| &set.requires)
            .filter_map(required)
            .collect();
        for key in distinct.documents.keys() {
            let mut columns = document_columns(key);
            let bit = 1_i32 << columns.kind;
            let written = fresh.get(key).copied();
            if trust && written == Some(true) && !required.contains(key) {
                columns.kind = 0;
                // Not looked for, but its tenant's catalogue becomes another one.
                self.written |= if key.kind().is_catalogue() { bit } else { 0 };
            } else {
                self.used |= bit;
                self.written |= if written.is_some() { bit } else { 0 };
            }
            self.documents.push(columns);
        }
    }

    fn add_item(&mut self, set: &'a ChangeSet) {
        let origin = &set.origin;
        self.items.key.push(origin.key.as_str());
        self.items.fingerprint.push(&set.fingerprint.0);
        self.items.receipt.push(&set.receipt);
        self.items.planned.push(column(set.planned_at));
        self.items.actor.push(origin.actor.kind.as_str());
        let actor = origin.actor.id.as_ref().map(|id| id.as_str());
        self.items.actor_id.push(actor);
        self.items
            .reason
            .push(origin.reason.as_ref().map(|text| text.as_str()));
        let request = origin.request_id.as_ref().map(|id| id.as_str());
        self.items.request.push(request);
    }

    fn end_item(&mut self, first: i32, reclaim: bool) {
        self.items.ends.extend([
            place(self.name_claims.len()),
            place(self.writes.doc.len()),
            place(self.requires.len() / 2),
            place(self.change_ends.len()),
            place(self.deltas.len() / 7),
            place(self.event_body.len()),
            place(self.movements.id.len()),
            place(self.jobs.id.len()),
            first,
            i32::from(reclaim),
        ]);
    }

    fn add_names(&mut self, set: &'a ChangeSet, distinct: &Distinct<'a>) {
        for claim in &set.unique {
            self.name_claims.push(at(&distinct.names, &&claim.key));
            self.holders.push(document_columns(&claim.holder));
            self.asked_names.push(&claim.key);
        }
    }

    fn add_write(&mut self, write: &'a DocumentWrite, distinct: &Distinct<'a>) {
        let writes = &mut self.writes;
        writes.doc.push(at(&distinct.documents, &&write.key));
        writes.expected.push(match write.expected {
            Expected::Absent => -1,
            Expected::Version(version) => number(version),
        });
        writes.key.push(document_columns(&write.key));
        writes.version.push(number(write.version));
        let (schema, body) = match &write.body {
            Body::Write { schema, json } => (schema.cast_signed(), Some(&**json)),
            Body::Keep => (0, None),
        };
        writes.schema.push(schema);
        writes.body.push(body);
        let order = match &write.index {
            Index::Order(order) => Some(order),
            Index::None | Index::Active(_) | Index::Personal { .. } => None,
        };
        let (personal, of, given_for) = match &write.index {
            Index::Personal { customer, order } => (true, *customer, *order),
            Index::Order(order) => (false, order.customer, None),
            Index::None | Index::Active(_) => (false, None, None),
        };
        writes.active.push(match write.index {
            Index::Active(active) => i16::from(active),
            Index::None | Index::Personal { .. } | Index::Order(_) => -1,
        });
        writes.personal.push(personal);
        writes.customer.push(of.map(|id| id.as_uuid()));
        writes.order.push(given_for.map(|id| id.as_uuid()));
        let digits = order.map(|order| i64::try_from(order.number.get()).unwrap_or(i64::MAX));
        writes.number.push(digits);
        writes.status.push(order.map(|order| order.status.as_str()));
        writes
            .placed
            .push(order.map(|order| column(order.placed_at)));
        writes
            .since
            .push(order.map(|order| column(order.state_since)));
        writes
            .promised
            .push(order.and_then(|order| order.promised_by.map(column)));
        writes
            .channel
            .push(order.map(|order| order.channel.as_str()));
        self.asked_writes.push(&write.key);
    }

    fn add_requires(&mut self, set: &'a ChangeSet, distinct: &Distinct<'a>) {
        for requirement in &set.requires {
            let version = match requirement {
                Requirement::Active(_) => -1,
                Requirement::Unchanged(_, version) => number(*version),
                Requirement::Catalogue(version) => {
                    self.used |= CATALOGUE;
                    number(*version)
                }
            };
            let document = required(requirement).map(|key| at(&distinct.documents, &key));
            self.requires
                .extend([document.map_or(0, i64::from), version]);
            self.asked_requires.push(requirement);
        }
    }

    fn add_changes(&mut self, set: &'a ChangeSet, distinct: &Distinct<'a>) {
        let mut before: HashMap<&ReservationKey, i32> = HashMap::new();
        for change in &set.reservations {
            let (kind, until) = match change.delta {
                ReservationDelta::Reserve { expires_at, .. } => {
                    (if expires_at.is_some() { 1 } else { 2 }, expires_at)
                }
                ReservationDelta::Confirm { .. } => (3, None),
                ReservationDelta::Release { tentative, .. } => {
                    (if tentative { 4 } else { 5 }, None)
                }
                ReservationDelta::Expire { .. } => (6, None),
                ReservationDelta::Consume { .. } => (7, None),
                ReservationDelta::Acknowledge { .. } => (8, None),
                ReservationDelta::Settle { .. } => (9, None),
            };
            let units = i32::try_from(change.delta.quantity().get()).unwrap_or(i32::MAX);
            // Times that do not count are sent as the epoch.
            self.change_ends
                .push(until.map_or(Time::UNIX_EPOCH, column));
            let this = place(self.change_ends.len());
            let last = before.insert(&change.key, this).unwrap_or_default();
            let claim = at(&distinct.claims, &&change.key);
            self.changes.extend([claim, kind, units, last]);
            self.asked_changes.push(&change.key);
        }
    }

    /// The first counter that refuses, by key, is the answer, so they come by key.
    fn add_counters(&mut self, item: i32, set: &'a ChangeSet, distinct: &Distinct<'a>) {
        let mut changes: Vec<&CounterChange> = set.counters.iter().collect();
        changes.sort_unstable_by_key(|change| &change.key);
        for change in changes {
            self.counter_changes.extend([
                i64::from(item),
                i64::from(at(&distinct.counters, &&change.key)),
                i64::from(change.delta),
                change.limit.map_or(-1, |limit| i64::from(limit.get())),
            ]);
        }
    }

    fn add_deltas(&mut self, rows: &BTreeMap<StockKey, StockDelta>, distinct: &Distinct<'a>) {
        let units = |units: Option<Units>| units.map_or(-1, |units| i64::from(units.get()));
        for (key, delta) in rows {
            self.deltas.extend([
                i64::from(at(&distinct.stock, key)),
                delta.on_hand.clamp(-DELTA_MAX, DELTA_MAX),
                delta.reserved.clamp(-DELTA_MAX, DELTA_MAX),
                i64::from(delta.claims) + 2 * i64::from(delta.spares_reserved),
                units(delta.expected_on_hand),
                units(delta.safety),
                units(delta.incoming),
            ]);
        }
    }

    fn add_events(&mut self, item: i32, set: &'a ChangeSet, distinct: &Distinct<'a>) {
        let mut before: HashMap<&StreamId, i32> = HashMap::new();
        for event in &set.events {
            let mut told = String::new();
            tell(event, &mut told);
            self.event_body.push(told);
            let this = place(self.event_body.len());
            let last = before.insert(&event.stream, this).unwrap_or_default();
            if event.seq.is_none() && last == 0 {
                self.unplaced.push(event.stream.to_string());
            }
            self.events.extend([
                i64::from(item),
                i64::from(at(&distinct.streams, &&event.stream)),
                event.seq.map_or(-1, number),
                i64::from(last),
            ]);
        }
    }

    fn add_movements(&mut self, item: i32, set: &'a ChangeSet, first: &mut HashMap<Uuid, i32>) {
        for draft in &set.movements {
            let rows = &mut self.movements;
            let id = draft.id.as_uuid();
            rows.id.push(id);
            rows.item.push(item);
            let this = place(rows.id.len());
            rows.first.push(*first.entry(id).or_insert(this));
            rows.hub.push(draft.stock.hub.as_str());
            rows.sku.push(draft.stock.sku.as_str());
            rows.kind.push(draft.kind.as_str());
            rows.delta.push(draft.delta);
            rows.order.push(draft.order.map(|id| id.as_uuid()));
            rows.reason
                .push(draft.reason.as_ref().map(|text| text.as_str()));
            rows.transfer
                .push(draft.transfer.as_ref().map(TransferId::as_str));
        }
    }

    fn add_jobs(&mut self, item: i32, set: &'a ChangeSet, first: &mut HashMap<Uuid, i32>) {
        for draft in &set.jobs {
            let rows = &mut self.jobs;
            let id = draft.id.as_uuid();
            rows.id.push(id);
            rows.item.push(item);
            let this = place(rows.id.len());
            rows.first.push(*first.entry(id).or_insert(this));
            rows.queue.push(draft.queue.as_str());
            rows.kind.push(draft.kind.as_str());
            rows.payload.push(&draft.payload);
            rows.run.push(column(draft.run_at.resolve(set.planned_at)));
            rows.priority.push(i16::from(draft.priority.rank()));
            rows.unique
                .push(draft.unique.as_ref().map(|key| key.as_str()));
            // The check of the change set keeps it far below.
            let attempts = i16::try_from(draft.max_attempts).unwrap_or(i16::MAX);
            rows.attempts.push(attempts);
            rows.trace.push(draft.trace.as_ref().map(|id| id.as_str()));
        }
    }

    /// The place an event of the batch named, and its stream; `event` counts from 1.
    pub(crate) fn named_event(&self, event: usize) -> Option<(&'a StreamId, Version)> {
        let row = self.events.chunks_exact(4).nth(event.checked_sub(1)?)?;
        let [_, stream, named, ..] = *row else {
            return None;
        };
        let stream = usize::try_from(stream).ok()?.checked_sub(1)?;
        let named = Version::new(u64::try_from(named).ok()?).ok()?;
        Some((*self.asked_streams.get(stream)?, named))
    }
}

/// The document a requirement is about, if it is about one.
const fn required(requirement: &Requirement) -> Option<&DocumentKey> {
    match requirement {
        Requirement::Active(key) | Requirement::Unchanged(key, _) => Some(key),
        Requirement::Catalogue(_) => None,
    }
}

impl<'a> Keys<'a> {
    fn push(&mut self, columns: crate::key::KeyColumns<'a>) {
        self.kind.push(columns.kind);
        self.t1.push(columns.t1);
        self.t2.push(columns.t2);
        self.u.push(columns.u);
        self.n.push(columns.n);
    }
}
