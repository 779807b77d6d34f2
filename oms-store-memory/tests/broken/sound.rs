//! The store behind the broken one: sound, and looked into without waiting.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::ThreadId;

use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{
    ChangeSet, CommandRecord, DocumentKey, Keys, Outcome, Snapshot, StoredDocument, UniqueKey,
};
use oms_core::port::{
    Clock, DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, TenantBatch, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, MovementKind, StockKey, StockLevel};
use oms_core::testing::FakeClock;
use oms_core::testing::build::{Change, idempotency_key};
use oms_core::value::{
    CustomerId, IdempotencyKey, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version,
};
use oms_store_memory::MemoryStore;

pub(crate) type Answer<T> = Result<T, StoreError>;

/// A sound store, its clock, and the thread that opened it.
#[derive(Debug)]
pub(crate) struct Sound {
    pub(crate) store: MemoryStore,
    pub(crate) clock: FakeClock,
    home: ThreadId,
    fresh: AtomicU64,
}

/// The answer of a future of the memory store: they are ready at the first poll.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the memory store waits for something"),
    }
}

impl Sound {
    pub(crate) fn new() -> Self {
        let clock = FakeClock::default();
        Self {
            store: MemoryStore::with_clock(std::sync::Arc::new(clock.clone())),
            clock,
            home: std::thread::current().id(),
            fresh: AtomicU64::new(0),
        }
    }

    /// True for callers that race with others.
    pub(crate) fn is_race(&self) -> bool {
        std::thread::current().id() != self.home
    }

    /// The same change set under a key that nobody used.
    pub(crate) fn fresh(&self, item: &ChangeSet) -> ChangeSet {
        let n = self.fresh.fetch_add(1, Ordering::SeqCst);
        let key = idempotency_key(&format!("{}~{n}", item.origin.key));
        let mut fresh = item.clone();
        fresh.origin.key = key;
        fresh
    }

    /// A change set of the same origin, under a key that nobody used, that changes nothing.
    pub(crate) fn bare(&self, item: &ChangeSet) -> ChangeSet {
        let fresh = self.fresh(item);
        let receipt = fresh.receipt.clone();
        ChangeSet::new(fresh.origin, fresh.fingerprint, receipt, fresh.planned_at)
    }

    /// Commits one change set.
    pub(crate) fn commit_one(&self, tenant: &TenantId, item: ChangeSet) -> Answer<Outcome> {
        let mut outcomes = self.commit(tenant, &[item])?;
        Ok(outcomes.remove(0))
    }

    /// Commits a change set whatever is available, as if nobody guarded the rows: for a moment
    /// there is more on the shelf, by what it claims, what it takes away and what is safety stock.
    pub(crate) fn grant(&self, tenant: &TenantId, item: &ChangeSet) -> Answer<Outcome> {
        let moved = |kind, sign: i64| {
            let fresh = self.fresh(item);
            let key = fresh.origin.key.as_str().to_owned();
            let change =
                item.stock_deltas()
                    .into_iter()
                    .fold(Change::new(&key), |change, (row, delta)| {
                        let taken = delta.reserved.max(0) - delta.on_hand.min(0);
                        change.moved(&row, kind, sign * taken)
                    });
            let safe = item.stock_deltas().into_keys().fold(change, |change, row| {
                let safety = self.level(tenant, &row).safety.get();
                change.moved(&row, kind, sign * i64::from(safety))
            });
            safe.at(item.planned_at)
        };
        self.commit_one(tenant, moved(MovementKind::Adjusted, 1))?;
        let outcome = self.commit_one(tenant, item.clone())?;
        self.commit_one(tenant, moved(MovementKind::Adjusted, -1))?;
        Ok(outcome)
    }

    /// Does something while the clock shows another time.
    pub(crate) fn shifted<T>(&self, micros: i64, act: impl FnOnce() -> T) -> T {
        self.clock.advance_micros(micros);
        let answer = act();
        self.clock.advance_micros(-micros);
        answer
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Looking at one thing.
impl Sound {
    pub(crate) fn document(&self, tenant: &TenantId, key: &DocumentKey) -> Option<StoredDocument> {
        let keys = Keys {
            documents: [key.clone()].into(),
            ..Keys::default()
        };
        self.prefetch(tenant, &keys).ok()?.documents.remove(key)
    }

    pub(crate) fn version(&self, tenant: &TenantId, key: &DocumentKey) -> Option<Version> {
        Some(self.document(tenant, key)?.version)
    }

    pub(crate) fn holder(&self, tenant: &TenantId, key: &UniqueKey) -> Option<DocumentKey> {
        let keys = Keys {
            unique: [key.clone()].into(),
            ..Keys::default()
        };
        self.prefetch(tenant, &keys).ok()?.unique.remove(key)
    }

    pub(crate) fn record(&self, tenant: &TenantId, key: &IdempotencyKey) -> Option<CommandRecord> {
        let keys = Keys {
            commands: [key.clone()].into(),
            ..Keys::default()
        };
        self.prefetch(tenant, &keys).ok()?.commands.remove(key)
    }

    pub(crate) fn level(&self, tenant: &TenantId, key: &StockKey) -> StockLevel {
        let keys = Keys {
            stock: [key.clone()].into(),
            ..Keys::default()
        };
        let found = self.prefetch(tenant, &keys).ok();
        found
            .and_then(|mut found| found.stock.remove(key))
            .unwrap_or_default()
    }

    /// Every reservation, up to 500.
    pub(crate) fn claims(&self, tenant: &TenantId) -> Vec<(ReservationKey, Reservation)> {
        let all = ReservationFilter::default();
        let page = self.reservations(tenant, &all, None, 500);
        page.map(|page| page.items).unwrap_or_default()
    }
}

/// The methods of the port, without waiting.
impl Sound {
    pub(crate) fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Answer<Snapshot> {
        ready(self.store.prefetch(tenant, keys))
    }

    pub(crate) fn commit(&self, tenant: &TenantId, items: &[ChangeSet]) -> Answer<Vec<Outcome>> {
        ready(self.store.commit(tenant, items))
    }

    pub(crate) fn commit_each(&self, batches: &[TenantBatch]) -> Answer<Vec<Answer<Vec<Outcome>>>> {
        Ok(ready(self.store.commit_each(batches)))
    }

    pub(crate) fn take_numbers(&self, tenant: &TenantId, count: u32) -> Answer<OrderNumber> {
        ready(self.store.take_numbers(tenant, count))
    }

    pub(crate) fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, OrderCursor>> {
        ready(self.store.orders(tenant, filter, after, limit))
    }

    pub(crate) fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, DocumentKey>> {
        ready(self.store.documents(tenant, filter, after, limit))
    }

    pub(crate) fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Vec<DocumentKey>> {
        ready(self.store.personal(tenant, customer, after, limit))
    }

    pub(crate) fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Answer<Vec<EventRecord>> {
        ready(self.store.history(tenant, stream, after, limit))
    }

    pub(crate) fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Answer<Page<(StockKey, StockLevel), StockKey>> {
        ready(self.store.stock(tenant, filter, after, limit))
    }

    pub(crate) fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Answer<Page<Movement, MovementCursor>> {
        ready(self.store.movements(tenant, filter, after, limit))
    }

    pub(crate) fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Answer<Page<(ReservationKey, Reservation), ReservationKey>> {
        ready(self.store.reservations(tenant, filter, after, limit))
    }

    pub(crate) fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Answer<Page<JobDraft, JobId>> {
        ready(self.store.jobs(tenant, after, limit))
    }

    pub(crate) fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Answer<Page<TenantId, TenantId>> {
        ready(self.store.tenants(after, limit))
    }

    pub(crate) fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Answer<usize> {
        ready(self.store.forget_commands(tenant, before, limit))
    }

    pub(crate) fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Answer<usize> {
        ready(self.store.forget_counters(tenant, before, limit))
    }

    pub(crate) fn audit(&self, tenant: &TenantId) -> Answer<Vec<Violation>> {
        ready(self.store.audit(tenant))
    }
}
