//! The sweeper: ends claims whose time is over, and forgets old keys and counters.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::event::{Actor, ActorKind};
use crate::plan::{Command, DocumentKey, Keys, Snapshot, counters_kept_from};
use crate::port::{Clock, ReservationFilter};
use crate::reservation::{Owner, ReservationKey};
use crate::service::{Call, Error, Oms, Tenant};
use crate::tenant::Settings;
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{TenantId, Timestamp};

/// When to tick again if nothing more is to be done now, in seconds.
const REST_SECS: u32 = 5;

const DAY_SECS: i64 = 86_400;

/// How long nothing more is forgotten of a tenant of which all that is old was, in
/// [`Oms::sweep`]: what is kept for days need not be looked for every few seconds.
const FORGET_EVERY_MICROS: i64 = 3_600_000_000;

/// Tenants of a tick that are dealt with at the same time. One that waits holds up no others, and
/// together they leave most connections of a pool to the host's own calls.
const TENANTS_AT_ONCE: usize = 4;

/// Most pages of due claims that one tick looks at: it passes owners that cannot be dealt with, to
/// reach those behind them.
pub const SWEEP_PAGES_MAX: usize = 20;

/// Most failures of owners, and as many of tenants, that one tick tells with their errors: when the
/// store is away everything fails alike.
pub const SWEEP_FAILURES_MAX: usize = 20;

/// What a tick did.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Sweep {
    /// Owners whose due claims this tick ended.
    pub expired: usize,
    /// Owners that could not be dealt with; they are tried again when a tick comes by again.
    pub failed: usize,
    /// Keys of old commands that were forgotten.
    pub forgotten: usize,
    /// Counters of days long over that were forgotten.
    pub counters: usize,
    /// Tenants whose tick failed, in [`Oms::sweep`]; they are tried again at the next tick.
    pub tenants_failed: usize,
    /// Which owners and tenants failed and why: the first [`SWEEP_FAILURES_MAX`] of each.
    pub failures: Vec<SweepFailure>,
    /// When to tick again.
    pub next: Wake,
}

/// What a tick could not deal with, and why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SweepFailure {
    /// The tenant.
    pub tenant: TenantId,
    /// The owner whose claims could not be ended; `None` where the tenant's whole tick failed.
    pub owner: Option<Owner>,
    /// What failed.
    pub error: Error,
}

/// When to tick again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wake {
    /// There is more to do.
    #[default]
    Now,
    /// There may be something to do by then.
    AfterSecs(u32),
}

impl Wake {
    /// How long to wait.
    #[must_use]
    pub fn pause(self) -> Duration {
        match self {
            Self::Now => Duration::ZERO,
            Self::AfterSecs(secs) => Duration::from_secs(secs.into()),
        }
    }
}

impl Sweep {
    /// Counts what a tenant's tick did.
    fn add(&mut self, (tenant, swept): (TenantId, Result<Self, Error>)) {
        let swept = match swept {
            Ok(swept) => swept,
            Err(error) => {
                self.tenant_failed(tenant, error);
                return;
            }
        };
        self.expired += swept.expired;
        self.failed += swept.failed;
        self.forgotten += swept.forgotten;
        self.counters += swept.counters;
        for failure in swept.failures {
            keep(&mut self.failures, failure);
        }
        if swept.next == Wake::Now {
            self.next = Wake::Now;
        }
    }

    fn tenant_failed(&mut self, tenant: TenantId, error: Error) {
        self.tenants_failed += 1;
        let owner = None;
        let failure = SweepFailure {
            tenant,
            owner,
            error,
        };
        keep(&mut self.failures, failure);
    }
}

/// Adds a failure unless there are enough of its kind: many owners of one tenant hide no other
/// tenant.
fn keep(failures: &mut Vec<SweepFailure>, failure: SweepFailure) {
    let alike = |told: &&SweepFailure| told.owner.is_some() == failure.owner.is_some();
    if failures.iter().filter(alike).count() < SWEEP_FAILURES_MAX {
        failures.push(failure);
    }
}

/// What a tick did with claims whose time is over.
#[derive(Default)]
struct Expiry {
    expired: usize,
    failed: usize,
    failures: Vec<SweepFailure>,
    more: bool,
}

impl Expiry {
    fn owner_failed(&mut self, tenant: &TenantId, owner: Owner, error: Error) {
        self.failed += 1;
        let failure = SweepFailure {
            tenant: tenant.clone(),
            owner: Some(owner),
            error,
        };
        keep(&mut self.failures, failure);
    }
}

/// Where the sweeper is with each tenant.
#[derive(Debug)]
pub(crate) struct SweepPlaces {
    /// Tells how long ago a tenant was done with; without one, none ever is.
    clock: Option<Arc<dyn Clock>>,
    tenants: Mutex<Swept>,
}

#[derive(Debug, Default)]
struct Swept {
    /// Behind which claim the next tick of a tenant goes on, where the last one did not see all.
    places: HashMap<TenantId, ReservationKey>,
    /// When nothing old was left of a tenant.
    forgot: HashMap<TenantId, Timestamp>,
}

impl SweepPlaces {
    pub(crate) fn new(clock: Option<Arc<dyn Clock>>) -> Self {
        let tenants = Mutex::default();
        Self { clock, tenants }
    }

    fn tenants(&self) -> MutexGuard<'_, Swept> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, tenant: &TenantId) -> Option<ReservationKey> {
        self.tenants().places.get(tenant).cloned()
    }

    fn set(&self, tenant: &TenantId, place: Option<ReservationKey>) {
        let places = &mut self.tenants().places;
        match place {
            Some(place) => places.insert(tenant.clone(), place),
            None => places.remove(tenant),
        };
    }

    /// Whether it is time to look for what is old of a tenant.
    fn has_to_forget(&self, tenant: &TenantId) -> bool {
        let Some(now) = self.clock.as_ref().map(|clock| clock.now()) else {
            return true;
        };
        let since = |at: &Timestamp| now.micros_since(*at);
        let elapsed = self.tenants().forgot.get(tenant).map(since);
        elapsed.is_none_or(|elapsed| !(0..FORGET_EVERY_MICROS).contains(&elapsed))
    }

    /// Notes whether there may be more that is old of a tenant.
    fn note_forgotten(&self, tenant: &TenantId, more: bool) {
        let now = self.clock.as_ref().map(|clock| clock.now());
        let forgot = &mut self.tenants().forgot;
        match now.filter(|_| !more) {
            Some(now) => forgot.insert(tenant.clone(), now),
            None => forgot.remove(tenant),
        };
    }
}

impl Tenant {
    /// Ends claims of this tenant whose time is over, forgets the keys of commands older than
    /// [`Settings::key_retention_days`], and the counters of hub days and delivery slots that have
    /// been over for [`COUNTER_RETENTION_DAYS`](crate::value::limits::COUNTER_RETENTION_DAYS). The
    /// host calls it again as [`Sweep::next`] says; several hosts may.
    ///
    /// A tick ends when it dealt with a batch of owners
    /// ([`BATCH_ITEMS_MAX`](crate::value::limits::BATCH_ITEMS_MAX)), or saw all that is due, or
    /// [`SWEEP_PAGES_MAX`] pages of it; the next tick of the same [`Oms`] goes on there. Owners
    /// that cannot be dealt with, such as an order that this release cannot read, are counted and
    /// passed, so that they keep no others from their turn, however many they are.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked; what was done before stays done.
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        let mut sweep = self.expire_claims().await?;
        self.forget_old(&mut sweep).await?;
        Ok(sweep)
    }

    /// The same, but for what is old while there was nothing left of it a short time ago.
    async fn sweep_due(self) -> Result<Sweep, Error> {
        let mut sweep = self.expire_claims().await?;
        if self.engine.swept.has_to_forget(&self.id) {
            self.forget_old(&mut sweep).await?;
        }
        Ok(sweep)
    }

    /// Forgets old keys and counters.
    async fn forget_old(&self, sweep: &mut Sweep) -> Result<(), Error> {
        let known = self.settings_and_time().await?;
        sweep.forgotten = self.forget_keys_by(&known).await?;
        sweep.counters = self.forget_counters_by(&known).await?;
        let more = sweep.forgotten == PAGE_ITEMS_MAX || sweep.counters == PAGE_ITEMS_MAX;
        if more {
            sweep.next = Wake::Now;
        }
        self.engine.swept.note_forgotten(&self.id, more);
        Ok(())
    }

    /// The part of [`sweep`](Self::sweep) that ends claims whose time is over.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked; what was done before stays done.
    pub async fn expire_claims(&self) -> Result<Sweep, Error> {
        let expiry = self.expire_due().await?;
        let next = if expiry.more && expiry.expired > 0 {
            Wake::Now
        } else {
            Wake::AfterSecs(REST_SECS)
        };
        Ok(Sweep {
            expired: expiry.expired,
            failed: expiry.failed,
            forgotten: 0,
            counters: 0,
            tenants_failed: 0,
            failures: expiry.failures,
            next,
        })
    }

    /// The part of [`sweep`](Self::sweep) that forgets the keys of old commands; answers how many,
    /// at most [`PAGE_ITEMS_MAX`].
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn forget_old_keys(&self) -> Result<usize, Error> {
        self.forget_keys_by(&self.settings_and_time().await?).await
    }

    /// The part of [`sweep`](Self::sweep) that forgets the counters of days long over; answers how
    /// many, at most [`PAGE_ITEMS_MAX`].
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn forget_old_counters(&self) -> Result<usize, Error> {
        self.forget_counters_by(&self.settings_and_time().await?)
            .await
    }

    /// The settings and the store's time.
    async fn settings_and_time(&self) -> Result<Snapshot, Error> {
        let store = &self.engine.store;
        Ok(store.prefetch(&self.id, &Keys::default()).await?)
    }

    async fn forget_counters_by(&self, known: &Snapshot) -> Result<usize, Error> {
        let Some(first) = counters_kept_from(known.now) else {
            return Ok(0);
        };
        let store = &self.engine.store;
        let forgotten = store.forget_counters(&self.id, first, PAGE_ITEMS_MAX);
        Ok(forgotten.await?)
    }

    async fn forget_keys_by(&self, known: &Snapshot) -> Result<usize, Error> {
        let store = &self.engine.store;
        let settings: Option<Settings> = known.read(&DocumentKey::Settings)?;
        let days = settings.unwrap_or_default().key_retention_days;
        let age = days.saturating_mul(DAY_SECS);
        let Some(before) = known.now.checked_add_secs(age.saturating_neg()) else {
            return Ok(0);
        };
        let forgotten = store.forget_commands(&self.id, before, PAGE_ITEMS_MAX);
        Ok(forgotten.await?)
    }

    async fn expire_due(&self) -> Result<Expiry, Error> {
        let filter = ReservationFilter {
            due: true,
            ..ReservationFilter::default()
        };
        let call = Call::by(Actor::new(ActorKind::Job));
        let mut expiry = Expiry::default();
        // The claims of one owner may lie on several pages; one try of each owner is enough.
        let mut tried: BTreeSet<Owner> = BTreeSet::new();
        let places = &self.engine.swept;
        let mut after = places.of(&self.id);
        for _ in 0..SWEEP_PAGES_MAX {
            let store = &self.engine.store;
            let page = store
                .reservations(&self.id, &filter, after.as_ref(), PAGE_ITEMS_MAX)
                .await?;
            // A claim that cannot be read keeps its owner from being dealt with, and no others.
            for unreadable in page.unreadable {
                let owner = unreadable.at.owner;
                if tried.insert(owner.clone()) {
                    expiry.owner_failed(&self.id, owner, unreadable.error.into());
                }
            }
            let mut owners: Vec<Owner> = page.items.into_iter().map(|(key, _)| key.owner).collect();
            owners.retain(|owner| tried.insert(owner.clone()));
            for owners in owners.chunks(BATCH_ITEMS_MAX) {
                if expiry.expired >= BATCH_ITEMS_MAX {
                    expiry.more = true;
                    places.set(&self.id, after);
                    return Ok(expiry);
                }
                let command = |owner: &Owner| {
                    let owner = owner.clone();
                    (Command::ExpireReservation { owner }, call.clone())
                };
                let commands: Vec<(Command, Call)> = owners.iter().map(command).collect();
                let results = self.bulk(&commands).await;
                for (owner, result) in owners.iter().zip(results) {
                    match result {
                        Ok(done) => expiry.expired += usize::from(!done.receipt.events.is_empty()),
                        Err(error) => expiry.owner_failed(&self.id, owner.clone(), error),
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        expiry.more = after.is_some();
        places.set(&self.id, after);
        Ok(expiry)
    }
}

impl Oms {
    /// One tick of the sweeper over all tenants, a few at a time.
    ///
    /// Each has its claims ended. Old keys and counters are looked for once an hour, and until none
    /// is left: a tenant with nothing to do costs one call of the store. Without a
    /// [`clock`](crate::service::OmsBuilder::clock) they are looked for each time, as in
    /// [`Tenant::sweep`].
    ///
    /// A tenant whose tick fails is counted in [`Sweep::tenants_failed`] and named in
    /// [`Sweep::failures`], and the others have their turn.
    ///
    /// # Errors
    /// [`Error`] when the store cannot name its tenants.
    pub async fn sweep(&self) -> Result<Sweep, Error> {
        let mut total = Sweep {
            next: Wake::AfterSecs(REST_SECS),
            ..Sweep::default()
        };
        let mut tenants = Vec::new();
        let mut after = None;
        loop {
            let page = self.store().tenants(after.as_ref(), PAGE_ITEMS_MAX).await?;
            for unreadable in page.unreadable {
                total.tenant_failed(unreadable.at, unreadable.error.into());
            }
            tenants.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let mut sweeping = FuturesUnordered::new();
        for tenant in tenants {
            if sweeping.len() >= TENANTS_AT_ONCE
                && let Some(swept) = sweeping.next().await
            {
                total.add(swept);
            }
            let swept = self.tenant(tenant.clone()).sweep_due();
            sweeping.push(async move { (tenant, swept.await) });
        }
        while let Some(swept) = sweeping.next().await {
            total.add(swept);
        }
        Ok(total)
    }
}
