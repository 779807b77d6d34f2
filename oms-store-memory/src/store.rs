//! The handle: finds the tenant, takes its lock, and asks.

use std::sync::{Arc, Mutex, RwLock};

use async_trait::async_trait;
use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{ChangeSet, DocumentKey, Keys, Outcome, Snapshot, StoredDocument};
use oms_core::port::{
    Clock, DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::stock::{Movement, StockKey, StockLevel};
use oms_core::system::SystemClock;
use oms_core::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use oms_core::value::{CustomerId, JobId, LocalDate, OrderNumber, TenantId, Timestamp, Version};

use crate::hashed::HashMap;
use crate::list::page;
use crate::stats::Stats;
use crate::tenant::Tenant;

/// The reference store, in memory; a clone is another handle of the same store.
///
/// ```
/// use std::sync::Arc;
///
/// use oms_core::port::Store;
/// use oms_core::system::SystemClock;
/// use oms_store_memory::MemoryStore;
///
/// let store: Arc<dyn Store> = Arc::new(MemoryStore::with_clock(Arc::new(SystemClock)));
/// # drop(store);
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    tenants: Arc<RwLock<Tenants>>,
}

type Tenants = HashMap<TenantId, Arc<Mutex<Tenant>>>;

impl MemoryStore {
    /// An empty store with the clock of the operating system.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store with a clock of the caller's, such as one that tests set.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            tenants: Arc::default(),
        }
    }

    /// How much the store holds of one tenant; all zero for a tenant nobody wrote.
    ///
    /// Walks over everything: for benchmarks and diagnosis.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] after a thread panicked while it was writing.
    pub fn stats(&self, tenant: &TenantId) -> Result<Stats, StoreError> {
        self.read(tenant, |found, _| found.stats())
            .map(Option::unwrap_or_default)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Reads a tenant under its lock; `None` when nobody ever wrote it.
    pub(crate) fn read<R>(
        &self,
        tenant: &TenantId,
        read: impl FnOnce(&Tenant, Timestamp) -> R,
    ) -> Result<Option<R>, StoreError> {
        let Some(found) = self.find(tenant)? else {
            return Ok(None);
        };
        let found = found.lock().map_err(|_| poisoned(tenant))?;
        Ok(Some(read(&found, self.clock.now())))
    }

    /// Writes to a tenant under its lock. A tenant nobody ever wrote is made, and kept when `write`
    /// says so.
    pub(crate) fn write<R>(
        &self,
        tenant: &TenantId,
        write: impl FnOnce(&mut Tenant, Timestamp) -> R,
        kept: impl FnOnce(&R) -> bool,
    ) -> Result<R, StoreError> {
        if let Some(found) = self.find(tenant)? {
            let mut found = found.lock().map_err(|_| poisoned(tenant))?;
            return Ok(write(&mut found, self.clock.now()));
        }
        // The first write of a tenant keeps others from making it a second time.
        let mut tenants = self.tenants.write().map_err(|_| poisoned(tenant))?;
        if let Some(found) = tenants.get(tenant) {
            let mut found = found.lock().map_err(|_| poisoned(tenant))?;
            return Ok(write(&mut found, self.clock.now()));
        }
        let mut made = Tenant::new(tenant.clone());
        let answer = write(&mut made, self.clock.now());
        if kept(&answer) {
            tenants.insert(tenant.clone(), Arc::new(Mutex::new(made)));
        }
        Ok(answer)
    }

    fn find(&self, tenant: &TenantId) -> Result<Option<Arc<Mutex<Tenant>>>, StoreError> {
        let tenants = self.tenants.read().map_err(|_| poisoned(tenant))?;
        Ok(tenants.get(tenant).cloned())
    }

    /// Spoils a tenant's state, to see what notices.
    #[cfg(test)]
    pub(crate) fn spoil(&self, tenant: &TenantId, spoil: impl FnOnce(&mut Tenant)) {
        let spoilt = self.write(tenant, |found, _| spoil(found), |()| true);
        assert!(spoilt.is_ok(), "{spoilt:?}");
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// A thread panicked while it held the lock, so what it wrote may be half done.
fn poisoned(tenant: &TenantId) -> StoreError {
    StoreError::Corrupt {
        what: format!("tenant {tenant}"),
        detail: "a thread panicked while it held the tenant's lock".to_owned(),
    }
}

pub(crate) fn within_page(limit: usize) -> Result<(), StoreError> {
    if (1..=PAGE_ITEMS_MAX).contains(&limit) {
        return Ok(());
    }
    let detail = format!("a limit of {limit} is not within 1 to {PAGE_ITEMS_MAX}");
    Err(StoreError::InvalidCall { detail })
}

/// A page of nothing, for tenants that nobody wrote.
pub(crate) fn or_empty<T, C>(found: Option<Page<T, C>>) -> Page<T, C> {
    found.unwrap_or_else(|| Page::new(Vec::new(), None))
}

#[async_trait]
impl Store for MemoryStore {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Result<Snapshot, StoreError> {
        let found = self.read(tenant, |found, now| found.prefetch(keys, now))?;
        Ok(found.unwrap_or_else(|| Snapshot::empty(self.clock.now())))
    }

    async fn commit(
        &self,
        tenant: &TenantId,
        items: &[ChangeSet],
    ) -> Result<Vec<Outcome>, StoreError> {
        if items.len() > BATCH_ITEMS_MAX {
            let detail = format!(
                "{} items in one commit, at most {BATCH_ITEMS_MAX}",
                items.len()
            );
            return Err(StoreError::InvalidCall { detail });
        }
        if items.is_empty() {
            return Ok(Vec::new());
        }
        self.write(
            tenant,
            |found, now| items.iter().map(|set| found.commit(set, now)).collect(),
            |outcomes: &Vec<Outcome>| outcomes.iter().any(Outcome::is_done),
        )
    }

    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Result<OrderNumber, StoreError> {
        self.write(tenant, |found, _| found.take_numbers(count), Result::is_ok)?
    }

    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Page<StoredDocument, OrderCursor>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, _| found.orders(filter, after, limit))
            .map(or_empty)
    }

    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Page<StoredDocument, DocumentKey>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, _| found.documents(filter, after, limit))
            .map(or_empty)
    }

    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        within_page(limit)?;
        let found = self.read(tenant, |found, _| found.personal(customer, after, limit))?;
        Ok(found.unwrap_or_default())
    }

    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Result<Vec<EventRecord>, StoreError> {
        within_page(limit)?;
        let found = self.read(tenant, |found, _| {
            found.streams.after(&found.id, stream, after, limit)
        })?;
        Ok(found.unwrap_or_default())
    }

    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Result<Page<(StockKey, StockLevel), StockKey>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, _| found.stock(filter, after, limit))
            .map(or_empty)
    }

    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Result<Page<Movement, MovementCursor>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, _| found.movements(filter, after, limit))
            .map(or_empty)
    }

    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Result<Page<(ReservationKey, Reservation), ReservationKey>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, now| {
            found.reservations(filter, after, limit, now)
        })
        .map(or_empty)
    }

    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<JobDraft, JobId>, StoreError> {
        within_page(limit)?;
        self.read(tenant, |found, _| found.jobs(after, limit))
            .map(or_empty)
    }

    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Page<TenantId, TenantId>, StoreError> {
        within_page(limit)?;
        let mut ids: Vec<TenantId> = {
            let unreadable = |_| StoreError::Corrupt {
                what: "the list of tenants".to_owned(),
                detail: "a thread panicked while it held its lock".to_owned(),
            };
            let tenants = self.tenants.read().map_err(unreadable)?;
            let ids = tenants
                .keys()
                .filter(|id| after.is_none_or(|after| *id > after));
            ids.cloned().collect()
        };
        ids.sort_unstable();
        let mut settled = Vec::new();
        for id in ids {
            let has_settings =
                |found: &Tenant, _| found.documents.get(&DocumentKey::Settings).is_some();
            if self.read(&id, has_settings)? == Some(true) {
                settled.push(id);
            }
            if settled.len() > limit {
                break;
            }
        }
        Ok(page(settled.into_iter(), limit, TenantId::clone))
    }

    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        within_page(limit)?;
        self.write(
            tenant,
            |found, _| found.forget_commands(before, limit),
            |_| false,
        )
    }

    async fn forget_counters(
        &self,
        tenant: &TenantId,
        before: LocalDate,
        limit: usize,
    ) -> Result<usize, StoreError> {
        within_page(limit)?;
        self.write(
            tenant,
            |found, _| found.forget_counters(before, limit),
            |_| false,
        )
    }

    async fn audit(&self, tenant: &TenantId) -> Result<Vec<Violation>, StoreError> {
        let found = self.read(tenant, |found, now| found.audit(now))?;
        Ok(found.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
