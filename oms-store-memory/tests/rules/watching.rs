//! A memory store that tells what it is asked, and lets a rule have a say in the answer.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{ChangeSet, DocumentKey, Keys, Outcome, Snapshot, StoredDocument};
use oms_core::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, StockKey, StockLevel};
use oms_core::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};
use oms_store_memory::MemoryStore;

type Rule = Box<dyn FnMut(&Keys) -> Result<(), StoreError> + Send>;

type Answer<T> = Result<T, StoreError>;

/// Clones share what was asked and the rule.
#[derive(Clone)]
pub(crate) struct Watching {
    inner: MemoryStore,
    asked: Arc<Mutex<Vec<Keys>>>,
    rule: Arc<Mutex<Option<Rule>>>,
}

impl Watching {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self {
            inner,
            asked: Arc::default(),
            rule: Arc::default(),
        }
    }

    /// What every prefetch named since this was asked last.
    pub(crate) fn take_asked(&self) -> Vec<Keys> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Runs when a prefetch has its answer, which is lost if the rule fails.
    pub(crate) fn when_asked(
        &self,
        rule: impl FnMut(&Keys) -> Result<(), StoreError> + Send + 'static,
    ) {
        *self.rule.lock().unwrap() = Some(Box::new(rule));
    }

    fn note(&self, keys: &Keys) -> Result<(), StoreError> {
        self.asked.lock().unwrap().push(keys.clone());
        let mut rule = self.rule.lock().unwrap();
        rule.as_mut().map_or(Ok(()), |rule| rule(keys))
    }
}

/// What a store says that cannot read a row.
pub(crate) fn corrupt() -> StoreError {
    StoreError::Corrupt {
        what: "a row".to_owned(),
        detail: "a test".to_owned(),
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Watching {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Answer<Snapshot> {
        let found = self.inner.prefetch(tenant, keys).await?;
        self.note(keys)?;
        Ok(found)
    }

    async fn commit(&self, tenant: &TenantId, items: &[ChangeSet]) -> Answer<Vec<Outcome>> {
        self.inner.commit(tenant, items).await
    }

    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Answer<OrderNumber> {
        self.inner.take_numbers(tenant, count).await
    }

    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, OrderCursor>> {
        self.inner.orders(tenant, filter, after, limit).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, DocumentKey>> {
        self.inner.documents(tenant, filter, after, limit).await
    }

    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Vec<DocumentKey>> {
        self.inner.personal(tenant, customer, after, limit).await
    }

    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Answer<Vec<EventRecord>> {
        self.inner.history(tenant, stream, after, limit).await
    }

    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Answer<Page<(StockKey, StockLevel), StockKey>> {
        self.inner.stock(tenant, filter, after, limit).await
    }

    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Answer<Page<Movement, MovementCursor>> {
        self.inner.movements(tenant, filter, after, limit).await
    }

    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Answer<Page<(ReservationKey, Reservation), ReservationKey>> {
        self.inner.reservations(tenant, filter, after, limit).await
    }

    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Answer<Page<JobDraft, JobId>> {
        self.inner.jobs(tenant, after, limit).await
    }

    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Answer<Page<TenantId, TenantId>> {
        self.inner.tenants(after, limit).await
    }

    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Answer<usize> {
        self.inner.forget_commands(tenant, before, limit).await
    }

    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Answer<usize> {
        self.inner.forget_counters(tenant, before, limit).await
    }

    async fn audit(&self, tenant: &TenantId) -> Answer<Vec<Violation>> {
        self.inner.audit(tenant).await
    }
}
