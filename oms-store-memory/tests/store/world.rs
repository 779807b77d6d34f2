//! A store with a clock that stands still, and short ways to write change sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures_executor::block_on;
use oms_core::event::{Actor, ActorKind, EventDraft, EventRecord, Origin, StreamId};
use oms_core::job::JobDraft;
use oms_core::order::OrderStatus;
use oms_core::plan::{
    Body, ChangeSet, DocumentKey, DocumentWrite, Expected, Fingerprint, Index, Keys, OrderIndex,
    Outcome, Refusal, ReservationChange, Snapshot, StockSetting, UniqueClaim, UniqueKey,
};
use oms_core::port::{Clock, Store};
use oms_core::reservation::{Owner, Reservation, ReservationDelta, ReservationKey};
use oms_core::stock::{MovementDraft, MovementKind, StockKey, StockLevel};
use oms_core::value::{
    CartId, ChannelId, ContactId, CustomerId, ExternalId, HubId, IdempotencyKey, JobId, LineId,
    MovementId, OrderId, OrderNumber, PayloadId, Quantity, Sku, TenantId, Timestamp, Units,
    Version,
};
use oms_store_memory::MemoryStore;

/// When every world begins.
pub(crate) const START_SECS: i64 = 1_700_000_000;

/// So many seconds after that.
pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_secs(START_SECS + secs).unwrap()
}

/// A clock that is set.
#[derive(Debug)]
pub(crate) struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl SetClock {
    pub(crate) fn advance_micros(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

/// A store, its clock, and the tenant that tests write to.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) clock: Arc<SetClock>,
    pub(crate) store: MemoryStore,
    pub(crate) tenant: TenantId,
}

impl World {
    /// A store that holds nothing.
    pub(crate) fn empty() -> Self {
        let clock = Arc::new(SetClock(AtomicI64::new(START_SECS * 1_000_000)));
        let store = MemoryStore::with_clock(Arc::<SetClock>::clone(&clock));
        Self {
            clock,
            store,
            tenant: tenant("acme"),
        }
    }

    /// A store with one tenant.
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        world.done(world.set("settings").writes(DocumentKey::Settings, 0, 1));
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time so many seconds from now.
    pub(crate) fn in_secs(&self, secs: i64) -> Timestamp {
        self.now().checked_add_secs(secs).unwrap()
    }

    pub(crate) fn advance(&self, secs: i64) {
        self.clock.advance_micros(secs * 1_000_000);
    }

    /// A change set under a key, planned now.
    pub(crate) fn set(&self, key: &str) -> ChangeSet {
        let origin = Origin {
            actor: Actor::new(ActorKind::Person),
            reason: None,
            request_id: None,
            key: command(key),
        };
        ChangeSet::new(
            origin,
            Fingerprint([7; 33]),
            format!("{{\"receipt\":\"{key}\"}}"),
            self.now(),
        )
    }

    pub(crate) fn commit_all(&self, sets: &[ChangeSet]) -> Vec<Outcome> {
        block_on(self.store.commit(&self.tenant, sets)).unwrap()
    }

    pub(crate) fn commit(&self, set: ChangeSet) -> Outcome {
        let mut outcomes = self.commit_all(&[set]);
        assert_eq!(outcomes.len(), 1);
        outcomes.pop().unwrap()
    }

    /// Commits a change set that must be accepted.
    pub(crate) fn done(&self, set: ChangeSet) {
        let outcome = self.commit(set);
        assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
    }

    /// Commits a change set that must be refused, and checks that it left no trace.
    pub(crate) fn refused(&self, set: ChangeSet) -> Refusal {
        let keys = Keys {
            commands: [set.origin.key.clone()].into(),
            ..Keys::default()
        };
        let (before, known) = (self.dump(), self.prefetch(&keys).commands);
        let outcome = self.commit(set);
        assert_eq!(self.dump(), before, "a refusal left a trace");
        assert_eq!(self.prefetch(&keys).commands, known);
        let Outcome::Refused(refusal) = outcome else {
            panic!("{outcome:?}")
        };
        refusal
    }

    pub(crate) fn prefetch(&self, keys: &Keys) -> Snapshot {
        block_on(self.store.prefetch(&self.tenant, keys)).unwrap()
    }

    /// The version of a document, if it exists.
    pub(crate) fn version(&self, key: &DocumentKey) -> Option<u64> {
        let keys = Keys {
            documents: [key.clone()].into(),
            ..Keys::default()
        };
        self.prefetch(&keys)
            .documents
            .get(key)
            .map(|document| document.version.get())
    }

    pub(crate) fn level(&self, key: &StockKey) -> StockLevel {
        let keys = Keys {
            stock: [key.clone()].into(),
            ..Keys::default()
        };
        self.prefetch(&keys)
            .stock
            .get(key)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn reservation(&self, key: &ReservationKey) -> Reservation {
        let keys = Keys {
            owners: [key.owner.clone()].into(),
            ..Keys::default()
        };
        self.prefetch(&keys)
            .reservations
            .get(key)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn history(&self, stream: &StreamId) -> Vec<EventRecord> {
        block_on(self.store.history(&self.tenant, stream, Version::ZERO, 500)).unwrap()
    }

    /// Puts units on a row.
    pub(crate) fn receive(&self, row: &StockKey, units: i64) {
        let set = self.set(&format!("receive {row} {units} {}", self.stats_movements()));
        let id = u32::try_from(self.stats_movements()).unwrap();
        self.done(set.moves(1_000_000 + id, row, MovementKind::Received, units));
    }

    fn stats_movements(&self) -> usize {
        self.store.stats(&self.tenant).unwrap().movements
    }

    /// Claims units that must be there.
    pub(crate) fn claim(&self, key: &ReservationKey, units: u32, expires_at: Option<Timestamp>) {
        let set = self.set(&format!("claim {key} {}", self.reservation(key).version));
        self.done(set.reserves(key, units, expires_at));
    }

    /// What the audit finds; orders here may point to channels and customers that nobody stored,
    /// and have no events.
    pub(crate) fn audit(&self) -> Vec<String> {
        let mut found = block_on(self.store.audit(&self.tenant)).unwrap();
        found
            .retain(|found| found.invariant != "reference" || !found.subject.starts_with("order "));
        found.retain(|found| !found.detail.ends_with("it has no events"));
        found.iter().map(ToString::to_string).collect()
    }

    /// Everything the lists show, as text, to see whether anything changed.
    pub(crate) fn dump(&self) -> String {
        use oms_core::plan::DocumentKind as Kind;
        use oms_core::port::DocumentFilter;
        let (store, tenant) = (&self.store, &self.tenant);
        let mut parts = Vec::new();
        for kind in [
            Kind::Settings,
            Kind::Channel,
            Kind::Hub,
            Kind::Product,
            Kind::SkuMapping,
            Kind::Customer,
            Kind::Contact,
            Kind::Order,
            Kind::Fulfillment,
            Kind::Payload,
            Kind::Explanation,
            Kind::Host,
        ] {
            let filter = DocumentFilter::of(kind);
            let page = block_on(store.documents(tenant, &filter, None, 500)).unwrap();
            for document in &page.items {
                parts.push(format!("{document:?}"));
            }
        }
        let stock = block_on(store.stock(tenant, &Default::default(), None, 500)).unwrap();
        let claims = block_on(store.reservations(tenant, &Default::default(), None, 500)).unwrap();
        let moves = block_on(store.movements(tenant, &Default::default(), None, 500)).unwrap();
        let jobs = block_on(store.jobs(tenant, None, 500)).unwrap();
        // Counts every event of every stream, too.
        let stats = store.stats(tenant).unwrap();
        parts.push(format!("{stock:?} {claims:?} {moves:?} {jobs:?} {stats:?}"));
        parts.join("\n")
    }
}

/// Short ways to add to a change set.
pub(crate) trait Adds: Sized {
    fn this(&mut self) -> &mut ChangeSet;

    /// Writes a document with a body that names its version; `before` zero means absent.
    fn writes(self, key: DocumentKey, before: u64, after: u64) -> Self {
        self.writes_as(key, before, after, Index::None)
    }

    fn writes_as(mut self, key: DocumentKey, before: u64, after: u64, index: Index) -> Self {
        let expected = match before {
            0 => Expected::Absent,
            other => Expected::Version(version(other)),
        };
        let json = Arc::from(format!("{{\"version\":{after}}}"));
        self.this().documents.push(DocumentWrite {
            key,
            expected,
            version: version(after),
            body: Body::Write { schema: 1, json },
            index,
        });
        self
    }

    fn takes(mut self, name: &UniqueKey, holder: &DocumentKey) -> Self {
        self.this().unique.push(UniqueClaim {
            key: name.clone(),
            holder: holder.clone(),
        });
        self
    }

    fn changes(mut self, key: &ReservationKey, delta: ReservationDelta) -> Self {
        self.this().reservations.push(ReservationChange {
            key: key.clone(),
            delta,
        });
        self
    }

    fn reserves(self, key: &ReservationKey, units: u32, expires_at: Option<Timestamp>) -> Self {
        self.changes(
            key,
            ReservationDelta::Reserve {
                quantity: quantity(units),
                expires_at,
            },
        )
    }

    fn reclaims(mut self) -> Self {
        self.this().reclaim = true;
        self
    }

    fn moves(mut self, id: u32, row: &StockKey, kind: MovementKind, delta: i64) -> Self {
        let id = MovementId::parse(&uuid(id)).unwrap();
        let (stock, order, reason) = (row.clone(), None, None);
        self.this().movements.push(MovementDraft {
            id,
            stock,
            kind,
            delta,
            order,
            transfer: None,
            reason,
        });
        self
    }

    fn sets(mut self, row: &StockKey, safety: u32) -> Self {
        self.this().stock.push(StockSetting {
            key: row.clone(),
            safety: Some(units(safety)),
            incoming: None,
            expected_on_hand: None,
        });
        self
    }

    fn tells(mut self, stream: &StreamId, seq: Option<u64>) -> Self {
        self.this().events.push(EventDraft {
            stream: stream.clone(),
            seq: seq.map(version),
            name: Arc::from("test.happened"),
            schema: 1,
            body: Arc::from("{}"),
            actor: None,
        });
        self
    }

    fn keeps_job(mut self, id: u32, run_at: Timestamp) -> Self {
        let id = JobId::parse(&uuid(id)).unwrap();
        let (queue, kind) = ("queue".parse().unwrap(), "kind".parse().unwrap());
        let draft = JobDraft::new(id, queue, kind, "{}").at(run_at);
        self.this().jobs.push(draft);
        self
    }
}

impl Adds for ChangeSet {
    fn this(&mut self) -> &mut ChangeSet {
        self
    }
}

pub(crate) fn uuid(n: u32) -> String {
    format!("00000000-0000-0000-0000-{n:012x}")
}

pub(crate) fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).unwrap()
}

pub(crate) fn command(key: &str) -> IdempotencyKey {
    IdempotencyKey::parse(key).unwrap()
}

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

pub(crate) fn units(units: u32) -> Units {
    Units::new(units).unwrap()
}

pub(crate) fn quantity(units: u32) -> Quantity {
    Quantity::new(units).unwrap()
}

pub(crate) fn external(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

pub(crate) fn order_id(n: u32) -> OrderId {
    OrderId::parse(&uuid(n)).unwrap()
}

pub(crate) fn customer_id(n: u32) -> CustomerId {
    CustomerId::parse(&uuid(n)).unwrap()
}

pub(crate) fn order(n: u32) -> DocumentKey {
    DocumentKey::Order(order_id(n))
}

pub(crate) fn contact(n: u32) -> DocumentKey {
    DocumentKey::Contact(ContactId::parse(&uuid(n)).unwrap())
}

pub(crate) fn payload(n: u32) -> DocumentKey {
    DocumentKey::Payload(PayloadId::parse(&uuid(n)).unwrap())
}

pub(crate) fn hub_id(id: &str) -> HubId {
    HubId::parse(id).unwrap()
}

pub(crate) fn hub(id: &str) -> DocumentKey {
    DocumentKey::Hub(hub_id(id))
}

pub(crate) fn sku(id: &str) -> Sku {
    Sku::parse(id).unwrap()
}

pub(crate) fn product(id: &str) -> DocumentKey {
    DocumentKey::Product(sku(id))
}

pub(crate) fn row(hub: &str, of: &str) -> StockKey {
    StockKey {
        hub: hub_id(hub),
        sku: sku(of),
    }
}

pub(crate) fn order_owner(n: u32) -> Owner {
    Owner::Order(order_id(n))
}

pub(crate) fn cart(n: u32) -> Owner {
    Owner::Cart(CartId::parse(&uuid(n)).unwrap())
}

/// The reservation of one line of an owner on a row.
pub(crate) fn on(row: &StockKey, owner: Owner, line: u32) -> ReservationKey {
    let line = LineId::new(line).unwrap();
    ReservationKey {
        owner,
        line,
        hub: row.hub.clone(),
        sku: row.sku.clone(),
    }
}

pub(crate) fn host_name(value: &str) -> UniqueKey {
    UniqueKey::Host(external("test"), external(value))
}

/// The index columns of an order.
pub(crate) fn order_index(number: u64, status: OrderStatus, placed_at: Timestamp) -> OrderIndex {
    OrderIndex {
        number: OrderNumber::new(number).unwrap(),
        status,
        placed_at,
        state_since: placed_at,
        channel: ChannelId::parse("shop").unwrap(),
        customer: None,
        promised_by: None,
    }
}
