//! The store itself: each call asks the plan first.

use std::future::{Future, poll_fn};
use std::task::Poll;

use async_trait::async_trait;

use crate::event::{EventRecord, StreamId};
use crate::job::JobDraft;
use crate::plan::{
    ChangeSet, DocumentKey, Expected, Keys, Outcome, Refusal, Requirement, Snapshot, StoredDocument,
};
use crate::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, TenantBatch, Violation,
};
use crate::reservation::{Reservation, ReservationKey};
use crate::stock::{Movement, StockKey, StockLevel};
use crate::testing::faults::{Fault, FaultStore, Method};
use crate::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};

const UNAVAILABLE: &str = "a test made the store unavailable";
const LOST_REPLY: &str = "a test lost the answer";
const LOST_REQUEST: &str = "a test lost the question";

fn unavailable(detail: &str) -> StoreError {
    StoreError::Unavailable {
        detail: detail.to_owned(),
        source: None,
    }
}

fn busy() -> StoreError {
    StoreError::Busy {
        detail: "a test made the store busy".to_owned(),
    }
}

fn outcome_unknown(detail: &str) -> StoreError {
    StoreError::OutcomeUnknown {
        detail: detail.to_owned(),
        source: None,
    }
}

/// Waits to be polled `polls` more times, asking for each poll itself.
async fn delay(mut polls: u32) {
    poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(());
        }
        polls = polls.saturating_sub(1);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Makes any call but `commit`, or lets it fail.
async fn meet<T>(
    fault: Option<Fault>,
    call: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, StoreError> {
    match fault {
        // The plan gives a conflict to `commit` only.
        None | Some(Fault::Conflict) => call.await,
        Some(Fault::Unavailable) => Err(unavailable(UNAVAILABLE)),
        Some(Fault::Busy) => Err(busy()),
        Some(Fault::LostReply) => {
            call.await?;
            Err(unavailable(LOST_REPLY))
        }
        Some(Fault::LostRequest) => Err(unavailable(LOST_REQUEST)),
        Some(Fault::Delay(polls)) => {
            delay(polls).await;
            call.await
        }
    }
}

/// What an item would hear if somebody else had just written its first document.
fn conflict(item: &ChangeSet) -> Outcome {
    let written = item.documents.first().map(|write| {
        let current = match write.expected {
            Expected::Absent => Version::ZERO.next(),
            Expected::Version(version) => version.next(),
        };
        (write.key.clone(), Some(current))
    });
    let required = item.requires.first().map(|requirement| match requirement {
        Requirement::Active(document) => (document.clone(), None),
        Requirement::Unchanged(document, version) => (document.clone(), Some(version.next())),
        Requirement::Catalogue(version) => (DocumentKey::Settings, Some(version.next())),
    });
    let (document, current) = written
        .or(required)
        .unwrap_or((DocumentKey::Settings, None));
    Outcome::Refused(Refusal::Conflict { document, current })
}

/// Whether a commit that meets this reaches the store.
const fn arrives(fault: Option<Fault>) -> bool {
    match fault {
        None | Some(Fault::LostReply | Fault::Delay(_)) => true,
        Some(Fault::Unavailable | Fault::Busy | Fault::LostRequest | Fault::Conflict) => false,
    }
}

impl FaultStore {
    fn arrive(&self, method: Method, tenant: &TenantId) -> Option<Fault> {
        self.plan().arrive(method, Some(tenant), 0)
    }
}

#[async_trait]
impl Store for FaultStore {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Result<Snapshot, StoreError> {
        let fault = self.arrive(Method::Prefetch, tenant);
        meet(fault, self.inner.prefetch(tenant, keys)).await
    }

    async fn commit(
        &self,
        tenant: &TenantId,
        items: &[ChangeSet],
    ) -> Result<Vec<Outcome>, StoreError> {
        let fault = self
            .plan()
            .arrive(Method::Commit, Some(tenant), items.len());
        match fault {
            None => self.inner.commit(tenant, items).await,
            Some(Fault::Unavailable) => Err(unavailable(UNAVAILABLE)),
            Some(Fault::Busy) => Err(busy()),
            Some(Fault::LostReply) => {
                self.inner.commit(tenant, items).await?;
                Err(outcome_unknown(LOST_REPLY))
            }
            Some(Fault::LostRequest) => Err(outcome_unknown(LOST_REQUEST)),
            Some(Fault::Conflict) => Ok(items.iter().map(conflict).collect()),
            Some(Fault::Delay(polls)) => {
                delay(polls).await;
                self.inner.commit(tenant, items).await
            }
        }
    }

    async fn commit_each(&self, batches: &[TenantBatch]) -> Vec<Result<Vec<Outcome>, StoreError>> {
        let faults: Vec<Option<Fault>> = {
            let mut plan = self.plan();
            let arrive = |batch: &TenantBatch| {
                plan.arrive(Method::Commit, Some(&batch.tenant), batch.items.len())
            };
            batches.iter().map(arrive).collect()
        };
        if faults.iter().all(Option::is_none) {
            return self.inner.commit_each(batches).await;
        }
        let met = batches.iter().zip(faults.iter().copied());
        let arrived = met.clone().filter(|(_, fault)| arrives(*fault));
        let arrived: Vec<TenantBatch> = arrived.map(|(batch, _)| batch.clone()).collect();
        let polls = faults.iter().map(|fault| match fault {
            Some(Fault::Delay(polls)) => *polls,
            Some(
                Fault::Unavailable
                | Fault::Busy
                | Fault::LostReply
                | Fault::LostRequest
                | Fault::Conflict,
            )
            | None => 0,
        });
        delay(polls.max().unwrap_or_default()).await;
        let mut answers = Vec::new();
        if !arrived.is_empty() {
            answers = self.inner.commit_each(&arrived).await;
        }
        let mut answers = answers.into_iter();
        let heard = met.filter_map(|(batch, fault)| match fault {
            None | Some(Fault::Delay(_)) => answers.next(),
            Some(Fault::Unavailable) => Some(Err(unavailable(UNAVAILABLE))),
            Some(Fault::Busy) => Some(Err(busy())),
            Some(Fault::LostReply) => {
                let lost = |_| Err(outcome_unknown(LOST_REPLY));
                answers.next().map(|answer| answer.and_then(lost))
            }
            Some(Fault::LostRequest) => Some(Err(outcome_unknown(LOST_REQUEST))),
            Some(Fault::Conflict) => Some(Ok(batch.items.iter().map(conflict).collect())),
        });
        heard.collect()
    }

    fn tenants_max(&self) -> usize {
        self.inner.tenants_max()
    }

    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Result<OrderNumber, StoreError> {
        let fault = self.arrive(Method::TakeNumbers, tenant);
        meet(fault, self.inner.take_numbers(tenant, count)).await
    }

    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
        let fault = self.arrive(Method::Orders, tenant);
        meet(fault, self.inner.orders(tenant, filter, after, limit)).await
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
        let fault = self.arrive(Method::Documents, tenant);
        meet(fault, self.inner.documents(tenant, filter, after, limit)).await
    }

    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        let fault = self.arrive(Method::Personal, tenant);
        meet(fault, self.inner.personal(tenant, customer, after, limit)).await
    }

    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let fault = self.arrive(Method::History, tenant);
        meet(fault, self.inner.history(tenant, stream, after, limit)).await
    }

    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError> {
        let fault = self.arrive(Method::Stock, tenant);
        meet(fault, self.inner.stock(tenant, filter, after, limit)).await
    }

    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Result<Page<Movement, MovementCursor>, StoreError> {
        let fault = self.arrive(Method::Movements, tenant);
        meet(fault, self.inner.movements(tenant, filter, after, limit)).await
    }

    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
        let fault = self.arrive(Method::Reservations, tenant);
        meet(fault, self.inner.reservations(tenant, filter, after, limit)).await
    }

    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<JobDraft, JobId>, StoreError> {
        let fault = self.arrive(Method::Jobs, tenant);
        meet(fault, self.inner.jobs(tenant, after, limit)).await
    }

    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Page<TenantId, TenantId>, StoreError> {
        let fault = self.plan().arrive(Method::Tenants, None, 0);
        meet(fault, self.inner.tenants(after, limit)).await
    }

    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let fault = self.arrive(Method::ForgetCommands, tenant);
        meet(fault, self.inner.forget_commands(tenant, before, limit)).await
    }

    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let fault = self.arrive(Method::ForgetCounters, tenant);
        meet(fault, self.inner.forget_counters(tenant, before, limit)).await
    }

    async fn audit(&self, tenant: &TenantId) -> Result<Vec<Violation>, StoreError> {
        let fault = self.arrive(Method::Audit, tenant);
        meet(fault, self.inner.audit(tenant)).await
    }
}
