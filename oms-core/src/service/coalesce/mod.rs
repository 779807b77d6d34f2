//! Calls of many tasks made into few calls of the store.

mod commits;
mod lane;
mod lanes;
mod numbers;
mod pushes;
mod reads;
mod seat;
#[cfg(test)]
mod tests;
mod work;

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub(crate) use self::numbers::Numbers;
pub(crate) use self::pushes::PushGate;
pub(crate) use self::reads::{Read, ReadCall};

use self::commits::Commits;
use self::lane::{Lane, Patience};
use self::lanes::Lanes;
use self::reads::Reads;
use self::work::Weight;
use crate::plan::{ChangeSet, Keys, Outcome};
use crate::port::{Clock, Store, StoreError};
use crate::value::TenantId;
use crate::value::limits::{BATCH_ITEMS_MAX, BATCH_LINES_MAX, CLOCK_SKEW_MAX_SECS};

/// How long a commit waits for others at most. The store refuses what was planned too long ago: two
/// seconds are left for the commit itself.
const COMMIT_WAIT_MAX_MICROS: i64 = (CLOCK_SKEW_MAX_SECS - 2) * 1_000_000;

/// How calls of many tasks are made into few calls of the store.
///
/// While one call is on its way, those that arrive wait and go together as the next one. There is
/// no timer: a call that is alone goes at once. Each caller gets its own answer, and dropping one
/// takes nothing from the others. If all callers of a batch are dropped, what became of it is
/// unknown, as with a single call. Tenants take turns. Reads of different tenants never go
/// together, and commits of different tenants only where the store gains from it
/// ([`Store::tenants_max`]); what becomes of one tenant's is up to no other.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::service::{Coalescing, Oms};
/// # fn build(store: Arc<dyn oms_core::port::Store>) {
/// let coalescing = Coalescing::default().writers(16);
/// // `None` sends every call to the store by itself.
/// let oms = Oms::builder(store).coalescing(Some(coalescing)).build();
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coalescing {
    writers: Option<usize>,
    writers_per_tenant: usize,
    readers: usize,
    items_max: usize,
    lines_max: usize,
    bytes_max: usize,
    waiting_max: usize,
}

impl Default for Coalescing {
    fn default() -> Self {
        Self {
            writers: None,
            writers_per_tenant: 2,
            readers: 8,
            items_max: 100,
            lines_max: BATCH_LINES_MAX,
            bytes_max: 1024 * 1024,
            waiting_max: 2_000,
        }
    }
}

impl Coalescing {
    /// How many commits may be on their way at once, of all tenants together; at least 1, and 8
    /// unless told otherwise, but 4 where a commit may be of several tenants
    /// ([`Store::tenants_max`]): with fewer of them more tenants go together.
    #[must_use]
    pub const fn writers(mut self, writers: usize) -> Self {
        self.writers = Some(writers);
        self
    }

    /// How many of these one tenant may use; 2 unless told otherwise, and at least 1. Its hubs are
    /// dealt among them, so that what claims the same stock goes together.
    #[must_use]
    pub const fn writers_per_tenant(mut self, writers: usize) -> Self {
        self.writers_per_tenant = writers;
        self
    }

    /// How many reads may be on their way at once, of all tenants together; 8 unless told
    /// otherwise, and at least 1.
    #[must_use]
    pub const fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Change sets that go together; 100 unless told otherwise, and [`BATCH_ITEMS_MAX`] at most.
    #[must_use]
    pub const fn items_max(mut self, items: usize) -> Self {
        self.items_max = items;
        self
    }

    /// Documents, reservations and movements that go together; 5,000 ([`BATCH_LINES_MAX`]) unless
    /// told otherwise.
    #[must_use]
    pub const fn lines_max(mut self, lines: usize) -> Self {
        self.lines_max = lines;
        self
    }

    /// Bytes of bodies that go together; 1 MiB unless told otherwise.
    #[must_use]
    pub const fn bytes_max(mut self, bytes: usize) -> Self {
        self.bytes_max = bytes;
        self
    }

    /// Calls of one tenant that may wait for one writer or reader, 2,000 unless told otherwise;
    /// more are answered with [`StoreError::Busy`]. One may always wait. There is no bound for all
    /// tenants together, so that none can be shut out by another: memory is bounded by this for
    /// each tenant with calls on their way.
    ///
    /// Few enough that they are done before the store refuses them for their age
    /// ([`CLOCK_SKEW_MAX_SECS`]), which the default is for a writer of 400 commits a second. With a
    /// [`clock`](crate::service::OmsBuilder::clock), commits that waited 3 seconds are answered
    /// with [`StoreError::Busy`], too. There is no timer: a caller is told so when its task is
    /// polled, at the latest when the call before it ends. A timeout of the host's own polls it.
    #[must_use]
    pub const fn waiting_max(mut self, calls: usize) -> Self {
        self.waiting_max = calls;
        self
    }

    /// How many writers there are where so many tenants go together.
    fn writers_for(&self, tenants_max: usize) -> usize {
        let usual = if tenants_max > 1 { 4 } else { 8 };
        self.writers.unwrap_or(usual)
    }

    /// What goes together at most, where a call carries up to `items_max` items.
    fn limit(&self, items_max: usize) -> Weight {
        Weight {
            items: self.items_max.min(items_max),
            lines: self.lines_max,
            bytes: self.bytes_max,
        }
    }
}

/// The way of plans to the store: together with others, or alone.
pub(crate) struct Gate {
    store: Arc<dyn Store>,
    lanes: Option<Ways>,
}

struct Ways {
    writers: Lanes<Commits>,
    readers: Lanes<Reads>,
}

impl Gate {
    /// With a clock, commits do not wait until the store would refuse them for their age.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        coalescing: Option<Coalescing>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Self {
        let patience = clock.map(|clock| Patience {
            clock,
            micros: COMMIT_WAIT_MAX_MICROS,
        });
        let lanes = coalescing.map(|options| {
            let (limit, waiting) = (options.limit(BATCH_ITEMS_MAX), options.waiting_max);
            let commits = || Commits(store.clone());
            let writer = |_| Lane::new(commits(), limit, waiting, patience.clone());
            let writers = options.writers_for(store.tenants_max());
            let reader = |_| Lane::new(Reads(store.clone()), limit, waiting, None);
            Ways {
                writers: Lanes::new(writers, options.writers_per_tenant, writer),
                readers: Lanes::new(options.readers, 1, reader),
            }
        });
        Self { store, lanes }
    }

    /// How many commits and reads wait for those before them.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let ways = self.lanes.as_ref();
        ways.map_or((0, 0), |ways| {
            let (commits, reads) = (ways.writers.waiting(), ways.readers.waiting());
            let count = |calls: usize| u64::try_from(calls).unwrap_or(u64::MAX);
            (count(commits), count(reads))
        })
    }

    /// Reads what the keys name.
    pub(crate) async fn prefetch(
        &self,
        tenant: &TenantId,
        keys: &Arc<Keys>,
    ) -> Result<Read, Arc<StoreError>> {
        let lanes = self.lanes.as_ref();
        let lane = lanes.and_then(|lanes| lanes.readers.of(tenant, &()));
        match lane {
            Some(lane) => lane.call(tenant, keys.clone(), reads::weight(keys)).await,
            None => {
                let asked = self.store.prefetch(tenant, keys).await;
                asked.map(Read::alone).map_err(Arc::new)
            }
        }
    }

    /// Commits change sets one after another.
    pub(crate) async fn commit(
        &self,
        tenant: &TenantId,
        items: Vec<ChangeSet>,
    ) -> Result<Vec<Outcome>, Arc<StoreError>> {
        let lanes = self.lanes.as_ref();
        let lane = lanes.and_then(|lanes| lanes.writers.of(tenant, &commits::hub(&items)));
        match lane {
            Some(lane) => {
                let weight = commits::weight(&items);
                lane.call(tenant, items, weight).await
            }
            None => self.store.commit(tenant, &items).await.map_err(Arc::new),
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("store", &self.store)
            .field("coalescing", &self.lanes.is_some())
            .finish()
    }
}

/// How much keys name.
pub(crate) fn lines(keys: &Keys) -> usize {
    reads::weight(keys).lines
}

/// One of `places` places, always the same for the same thing.
pub(super) fn dealt(of: &impl Hash, places: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    let places = u64::try_from(places).unwrap_or(u64::MAX).max(1);
    usize::try_from(hasher.finish() % places).unwrap_or(0)
}
