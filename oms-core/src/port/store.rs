//! The store: everything durable, behind one object-safe trait.

use async_trait::async_trait;

use crate::event::{EventRecord, StreamId};
use crate::job::JobDraft;
use crate::plan::{ChangeSet, DocumentKey, Keys, Outcome, Snapshot, StoredDocument};
use crate::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, StoreError, Violation,
};
use crate::reservation::{Reservation, ReservationKey};
use crate::stock::{Movement, StockKey, StockLevel};
use crate::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};

/// Change sets of one tenant, as [`Store::commit_each`] takes those of several.
#[derive(Clone, Debug)]
pub struct TenantBatch {
    /// Whose they are.
    pub tenant: TenantId,
    /// What is committed, in this order.
    pub items: Vec<ChangeSet>,
}

/// Everything durable. Adapters implement it; the conformance suite
/// (`oms_core::testing::conformance`) decides whether they do.
///
/// Rules that hold for every method:
/// - Nothing of one tenant is visible or changeable through another (I11).
/// - The store's clock is the only one: expiry, leases and `at` are compared with and taken from
///   it.
/// - Reads see a commit as a whole or not at all, and see it once `commit` has answered.
/// - Texts of keys are compared and sorted byte by byte, as Rust does; times are kept to the
///   microsecond.
/// - Limits above [`PAGE_ITEMS_MAX`](crate::value::limits::PAGE_ITEMS_MAX), and zero, are
///   [`StoreError::InvalidCall`].
/// - A row of a page that cannot be read is in [`Page::unreadable`] and keeps no others from their
///   page; the next page goes on after it. [`StoreError::Corrupt`] is for a row whose place in the
///   list cannot be read. A store reads no bodies: a document of any schema, with any JSON, is an
///   item. It looks into those of transfers only, for the two hubs that they name, and takes one
///   that names none for one of no hub.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Reads everything the keys name, as of one moment, in one round trip.
    ///
    /// What is not in the answer does not exist. The answer also holds the tenant's settings, and
    /// the version of its catalogue.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::Corrupt`].
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Result<Snapshot, StoreError>;

    /// Commits change sets, one after another in slice order, and answers item by item.
    ///
    /// - *Atomicity*: an item is stored as a whole or not at all; a refused item leaves no trace,
    ///   and items after it see the store as if it had not been there.
    /// - *Order*: item k sees what accepted items before it wrote, also of the same batch.
    /// - *Idempotency*: a key that was committed with the same fingerprint gives
    ///   [`Outcome::Repeated`] with the first receipt and changes nothing; with another one
    ///   [`Refusal::KeyReused`](crate::plan::Refusal::KeyReused). Only committed keys are
    ///   remembered, until [`forget_commands`](Self::forget_commands) is told to drop them.
    /// - *Checks*, in this order, the first that fails is the answer: the change set is sound, the
    ///   clocks agree, key, unique names, document versions, requirements, reservations, counters,
    ///   stock; then places of events, ids of movements and jobs, whether bodies are JSON, and
    ///   whether SKU mappings are of a channel that exists. A store may look at bodies first. What
    ///   was checked stays so until the item is stored, whoever else commits meanwhile: also a
    ///   document that is required and not written.
    /// - *Stock*: [`ChangeSet::stock_deltas`] are applied with
    ///   [`StockDelta::apply`](crate::stock::StockDelta::apply) to the rows as they are. When
    ///   `reclaim` is set and a row that must be claimed from is short, that row's due tentative
    ///   reservations (not those of this change set's owners) end first
    ///   ([`Reservation::lapse`](crate::reservation::Reservation::lapse)). That is one
    ///   `reservation.expired` event per owner on its reservation stream, whatever the number of
    ///   its rows: done by itself, for no reason, with the key, the request id and the `planned_at`
    ///   of the change set. If the row stays short, nothing ends either.
    /// - *Events* get the change set's origin (with the event's own actor, if it names one) and
    ///   `planned_at`; those without a place in their stream get the next one.
    /// - *Movements* get the change set's origin and `planned_at`, too.
    ///
    /// # Errors
    /// `Err` says that no item's fate is known ([`StoreError::OutcomeUnknown`]) or that nothing
    /// was done (the other variants). More than
    /// [`BATCH_ITEMS_MAX`](crate::value::limits::BATCH_ITEMS_MAX) items are
    /// [`StoreError::InvalidCall`].
    async fn commit(
        &self,
        tenant: &TenantId,
        items: &[ChangeSet],
    ) -> Result<Vec<Outcome>, StoreError>;

    /// Commits what several tenants have, and answers batch by batch what
    /// [`commit`](Self::commit) would have answered to each alone, in slice order.
    ///
    /// No tenant's answer depends on what another one asks for. All are answered together, so a
    /// store that is given several tenants at once ([`tenants_max`](Self::tenants_max)) waits for
    /// none of them for long: whom something keeps it answers with [`StoreError::Busy`]. Batches
    /// may become durable together or one by one, in any order, but those of the same tenant in
    /// slice order. Unless a store knows better they are committed one after another.
    ///
    /// # Errors
    /// There is an answer to each batch, each with the errors of [`commit`](Self::commit). What a
    /// store does not send any more, as the batches before it found the server gone, is
    /// [`StoreError::Unavailable`] or [`StoreError::Busy`].
    async fn commit_each(&self, batches: &[TenantBatch]) -> Vec<Result<Vec<Outcome>, StoreError>> {
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            answers.push(self.commit(&batch.tenant, &batch.items).await);
        }
        answers
    }

    /// How many tenants one call of [`commit_each`](Self::commit_each) is given at most, by who
    /// makes few calls of many; 1, unless the store gains from more.
    fn tenants_max(&self) -> usize {
        1
    }

    /// Takes a block of `count` human order numbers and answers the first. Numbers never repeat;
    /// blocks that are not used up leave gaps.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`] for zero.
    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Result<OrderNumber, StoreError>;

    /// Order heads, newest first by (placed at, id), at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<StoredDocument, OrderCursor>, StoreError>;

    /// Documents of one kind, by key. After a key of another kind come all of them, or none, as the
    /// keys are ordered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<StoredDocument, DocumentKey>, StoreError>;

    /// The keys of the erasable documents of a customer, in their order, at most `limit` of them
    /// `after` one: those indexed [`Personal`](crate::plan::Index::Personal) with this customer,
    /// and those indexed with no customer that were given for an order whose head is indexed with
    /// this customer now. Fewer than `limit` are the last ones.
    ///
    /// A document that names another customer is that customer's, whoever has its order now. What
    /// is to be erased is answered as a whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`],
    /// [`StoreError::Corrupt`].
    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<DocumentKey>, StoreError>;

    /// The events of a stream after a place in it, in order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError>;

    /// Stock rows, by key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError>;

    /// Movements, oldest first by (at, id).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Result<Page<Movement, MovementCursor>, StoreError>;

    /// Reservations, by key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError>;

    /// Jobs that are not done, by id, as they were asked for; a queue tells more
    /// ([`JobQueue::list`](crate::port::JobQueue::list)).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<JobDraft, JobId>, StoreError>;

    /// Tenants that have settings, by id; for operators' tools only.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Page<TenantId, TenantId>, StoreError>;

    /// Forgets the keys of commands committed before `before`, at most `limit`, and answers how
    /// many. Later repeats of those commands are taken for new ones.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError>;

    /// Forgets the counters of hub days and delivery slots of days before `before`, at most
    /// `limit`, and answers how many. What is given back of them later is given back of nothing.
    /// Those of the host's own stay.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Result<usize, StoreError>;

    /// Names every row that breaks an invariant the store can see by itself: I1, I2, gaps and
    /// twins in streams, documents whose version is not the last place of their stream, orders
    /// without events (I6; the subject of both is the document as it is displayed), documents that
    /// cannot be read, and counters of hub days and delivery slots of which another number is taken
    /// than the stored orders take up
    /// ([`counter_taken`](crate::plan::counter_taken); `capacity`, the subject is the counter as
    /// it is displayed), from [`counters_kept_from`](crate::plan::counters_kept_from) on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`].
    async fn audit(&self, tenant: &TenantId) -> Result<Vec<Violation>, StoreError>;
}
