//! What a case works with: a store, its clock, one tenant.

use std::future::Future;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::{EventRecord, StreamId};
use crate::plan::{ChangeSet, DocumentKey, Keys, Outcome, Refusal, Snapshot, StoredDocument};
use crate::port::{
    Clock, EventFeed, JobQueue, MovementFilter, ReservationFilter, StockFilter, Store,
};
use crate::reservation::{Reservation, ReservationKey};
use crate::stock::{Movement, StockKey, StockLevel};
use crate::testing::build::{Change, base_documents, tenant};
use crate::testing::conformance::{Failure, Task, Together};
use crate::testing::{FakeClock, ManualClock};
use crate::value::{TenantId, Timestamp, Version};

/// More than any case stores of one thing.
pub(super) const PLENTY: usize = 100;

/// A store with the base documents of one tenant in it, and how to look at it.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    store: Arc<dyn Store>,
    clock: Option<Arc<dyn ManualClock>>,
    together: Arc<dyn Together>,
    pub(super) jobs: Option<Arc<dyn JobQueue>>,
    pub(super) events: Option<Arc<dyn EventFeed>>,
    tenant: TenantId,
    /// What the settable clock was set to last.
    set_to: Arc<Mutex<Timestamp>>,
}

impl Scene {
    /// Sets the clock to a Monday morning and stores what other documents refer to.
    pub(super) async fn open(
        store: Arc<dyn Store>,
        clock: Option<Arc<dyn ManualClock>>,
        together: Arc<dyn Together>,
        jobs: Option<Arc<dyn JobQueue>>,
        events: Option<Arc<dyn EventFeed>>,
    ) -> Result<Self, Failure> {
        let scene = Self {
            store,
            clock,
            together,
            jobs,
            events,
            tenant: tenant("acme"),
            set_to: Arc::new(Mutex::new(Timestamp::EPOCH)),
        };
        if scene.clock.is_some() {
            scene.set_clock(FakeClock::default().now()).await?;
        }
        scene.furnish().await?;
        Ok(scene)
    }

    /// The same store, seen as another tenant that has the base documents too.
    pub(super) async fn as_tenant(&self, name: &str) -> Result<Self, Failure> {
        let other = Self {
            tenant: tenant(name),
            ..self.clone()
        };
        other.furnish().await?;
        Ok(other)
    }

    async fn furnish(&self) -> Result<(), Failure> {
        let key = format!("furnish-{}", self.tenant);
        let base = Change::new(&key).documents(base_documents());
        self.accept(base).await?;
        Ok(())
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(super) const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Runs tasks that race with each other; each gets its number.
    pub(super) async fn race<F>(
        &self,
        count: usize,
        task: impl Fn(Self, usize) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let tasks: Vec<Task> = (0..count)
            .map(|n| Box::pin(task(self.clone(), n)) as Task)
            .collect();
        self.together.run(tasks).await
    }
}

/// Time.
impl Scene {
    /// The store's clock.
    pub(super) async fn now(&self) -> Result<Timestamp, Failure> {
        if self.clock.is_some() {
            return Ok(*self.set_to.lock().unwrap_or_else(PoisonError::into_inner));
        }
        let nothing = Keys::default();
        Ok(self.store.prefetch(&self.tenant, &nothing).await?.now)
    }

    /// Sets the store's clock. Only for cases that say that they need it.
    pub(super) async fn set_clock(&self, at: Timestamp) -> Result<(), Failure> {
        let Some(clock) = &self.clock else {
            return Err(Failure::new("the case moves the clock and does not say so"));
        };
        clock.set(at).await?;
        *self.set_to.lock().unwrap_or_else(PoisonError::into_inner) = at;
        Ok(())
    }

    /// Moves the store's clock on and answers what it shows then.
    pub(super) async fn advance_secs(&self, secs: i64) -> Result<Timestamp, Failure> {
        let at = later(self.now().await?, secs);
        self.set_clock(at).await?;
        Ok(at)
    }
}

/// `secs` seconds later; earlier if negative.
pub(super) fn later(at: Timestamp, secs: i64) -> Timestamp {
    at.checked_add_secs(secs).unwrap_or(Timestamp::MAX)
}

/// `micros` microseconds later; earlier if negative.
pub(super) fn later_micros(at: Timestamp, micros: i64) -> Timestamp {
    at.checked_add_micros(micros).unwrap_or(Timestamp::MAX)
}

/// Writing.
impl Scene {
    /// Commits a batch, planned now.
    pub(super) async fn batch(
        &self,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Vec<Outcome>, Failure> {
        let now = self.now().await?;
        let items: Vec<ChangeSet> = changes.into_iter().map(|change| change.at(now)).collect();
        let outcomes = self.store.commit(&self.tenant, &items).await?;
        if outcomes.len() == items.len() {
            return Ok(outcomes);
        }
        let (asked, answered) = (items.len(), outcomes.len());
        Err(Failure::new(format!(
            "{asked} change sets got {answered} outcomes"
        )))
    }

    /// Commits one change set.
    pub(super) async fn commit(&self, change: Change) -> Result<Outcome, Failure> {
        let outcome = self.batch([change]).await?.pop();
        outcome.ok_or_else(|| Failure::new("a change set got no outcome"))
    }

    /// Commits a change set that must be committed, and answers when.
    #[track_caller]
    pub(super) fn accept(
        &self,
        change: Change,
    ) -> impl Future<Output = Result<Timestamp, Failure>> + Send {
        let caller = Location::caller();
        async move {
            match self.commit(change.clone()).await? {
                Outcome::Committed { at } => Ok(at),
                outcome @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                    let message = format!("wanted: committed\n   found: {outcome:?}");
                    Err(Failure::new(format!("{message}\n  for: {change:?}")).noticed_at(caller))
                }
            }
        }
    }

    /// Commits a change set that must be refused, and answers why it was.
    #[track_caller]
    pub(super) fn refuse(
        &self,
        change: Change,
    ) -> impl Future<Output = Result<Refusal, Failure>> + Send {
        let caller = Location::caller();
        async move {
            match self.commit(change.clone()).await? {
                Outcome::Refused(refusal) => Ok(refusal),
                outcome @ (Outcome::Committed { .. } | Outcome::Repeated { .. }) => {
                    let message = format!("wanted: refused\n   found: {outcome:?}");
                    Err(Failure::new(format!("{message}\n  for: {change:?}")).noticed_at(caller))
                }
            }
        }
    }
}

/// Looking, one thing at a time and on one page, so that a case depends on little else.
impl Scene {
    pub(super) async fn prefetch(&self, keys: Keys) -> Result<Snapshot, Failure> {
        Ok(self.store.prefetch(&self.tenant, &keys).await?)
    }

    pub(super) async fn document(
        &self,
        key: &DocumentKey,
    ) -> Result<Option<StoredDocument>, Failure> {
        let keys = Keys {
            documents: [key.clone()].into(),
            ..Keys::default()
        };
        Ok(self.prefetch(keys).await?.documents.remove(key))
    }

    /// A stock row; all zero when nobody wrote it.
    pub(super) async fn level(&self, key: &StockKey) -> Result<StockLevel, Failure> {
        let keys = Keys {
            stock: [key.clone()].into(),
            ..Keys::default()
        };
        let found = self.prefetch(keys).await?.stock.remove(key);
        Ok(found.unwrap_or_default())
    }

    /// A reservation; all zero when nobody made it.
    pub(super) async fn claim(&self, key: &ReservationKey) -> Result<Reservation, Failure> {
        let keys = Keys {
            owners: [key.owner.clone()].into(),
            ..Keys::default()
        };
        let found = self.prefetch(keys).await?.reservations.remove(key);
        Ok(found.unwrap_or_default())
    }

    pub(super) async fn history(&self, stream: &StreamId) -> Result<Vec<EventRecord>, Failure> {
        let from = Version::ZERO;
        let found = self.store.history(&self.tenant, stream, from, PLENTY);
        Ok(found.await?)
    }

    pub(super) async fn stock(
        &self,
        filter: &StockFilter,
    ) -> Result<Vec<(StockKey, StockLevel)>, Failure> {
        let page = self.store.stock(&self.tenant, filter, None, PLENTY).await?;
        Ok(page.items)
    }

    pub(super) async fn movements(
        &self,
        filter: &MovementFilter,
    ) -> Result<Vec<Movement>, Failure> {
        let page = self.store.movements(&self.tenant, filter, None, PLENTY);
        Ok(page.await?.items)
    }

    pub(super) async fn reservations(
        &self,
        filter: &ReservationFilter,
    ) -> Result<Vec<ReservationKey>, Failure> {
        let page = self.store.reservations(&self.tenant, filter, None, PLENTY);
        Ok(page.await?.items.into_iter().map(|(key, _)| key).collect())
    }
}
