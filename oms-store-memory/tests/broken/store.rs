//! The broken store: asks its defect what to do.

use std::fmt;

use async_trait::async_trait;
use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{ChangeSet, DocumentKey, Keys, Outcome, Snapshot, StoredDocument};
use oms_core::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, TenantBatch, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, StockKey, StockLevel};
use oms_core::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};

use crate::defect::Defect;
use crate::sound::{Answer, Sound};

pub(crate) struct Broken {
    pub(crate) sound: Sound,
    pub(crate) defect: Defect,
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broken").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Broken {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Answer<Snapshot> {
        (self.defect.prefetch)(&self.sound, tenant, keys)
    }

    async fn commit(&self, tenant: &TenantId, items: &[ChangeSet]) -> Answer<Vec<Outcome>> {
        (self.defect.commit)(&self.sound, tenant, items)
    }

    async fn commit_each(&self, batches: &[TenantBatch]) -> Vec<Answer<Vec<Outcome>>> {
        match (self.defect.commit_each)(&self.sound, batches) {
            Ok(answers) => answers,
            Err(error) => vec![Err(error)],
        }
    }

    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Answer<OrderNumber> {
        (self.defect.take_numbers)(&self.sound, tenant, count)
    }

    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, OrderCursor>> {
        (self.defect.orders)(&self.sound, tenant, filter, after, limit)
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, DocumentKey>> {
        (self.defect.documents)(&self.sound, tenant, filter, after, limit)
    }

    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Vec<DocumentKey>> {
        (self.defect.personal)(&self.sound, tenant, customer, after, limit)
    }

    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Answer<Vec<EventRecord>> {
        (self.defect.history)(&self.sound, tenant, stream, after, limit)
    }

    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Answer<Page<(StockKey, StockLevel), StockKey>> {
        (self.defect.stock)(&self.sound, tenant, filter, after, limit)
    }

    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Answer<Page<Movement, MovementCursor>> {
        (self.defect.movements)(&self.sound, tenant, filter, after, limit)
    }

    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Answer<Page<(ReservationKey, Reservation), ReservationKey>> {
        (self.defect.reservations)(&self.sound, tenant, filter, after, limit)
    }

    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Answer<Page<JobDraft, JobId>> {
        (self.defect.jobs)(&self.sound, tenant, after, limit)
    }

    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Answer<Page<TenantId, TenantId>> {
        (self.defect.tenants)(&self.sound, after, limit)
    }

    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Answer<usize> {
        (self.defect.forget_commands)(&self.sound, tenant, before, limit)
    }

    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Answer<usize> {
        (self.defect.forget_counters)(&self.sound, tenant, before, limit)
    }

    async fn audit(&self, tenant: &TenantId) -> Answer<Vec<Violation>> {
        (self.defect.audit)(&self.sound, tenant)
    }
}
