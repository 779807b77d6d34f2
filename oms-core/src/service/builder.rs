//! Building the handle.

use std::sync::Arc;

use crate::port::{Clock, IdSource, Store};
use crate::service::cached::CachedView;
use crate::service::coalesce::{Gate, Numbers};
use crate::service::engine::Engine;
use crate::service::stats::Counts;
use crate::service::sweep::SweepPlaces;
use crate::service::{Caching, Coalescing, Stats, Tenant};
use crate::value::TenantId;

/// The handle a host keeps: cheap to clone, shared by all tasks. Every call goes through
/// [`tenant`](Self::tenant), so a call without a tenant does not compile:
///
/// ```compile_fail
/// fn list(oms: &oms_core::service::Oms) {
///     let _ = oms.orders(&Default::default(), None, 10);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Oms {
    engine: Arc<Engine>,
}

impl Oms {
    /// Begins to build a handle on a store.
    #[must_use]
    pub fn builder(store: Arc<dyn Store>) -> OmsBuilder {
        OmsBuilder {
            store,
            coalescing: Some(Coalescing::default()),
            caching: Some(Caching::default()),
            clock: None,
        }
    }

    /// The calls of one tenant.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> Tenant {
        Tenant::new(self.engine.clone(), id)
    }

    /// The store, for reads the handle does not offer.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.engine.store
    }

    /// What the handle did since it was built, and what waits in it at this moment. Clones tell the
    /// same.
    ///
    /// ```
    /// # fn tell(oms: &oms_core::service::Oms) {
    /// use oms_core::service::prometheus_stats;
    ///
    /// let stats = oms.stats();
    /// println!("{} of {} plans needed no question", stats.recalled, stats.recalled + stats.asked);
    /// println!("{}", prometheus_stats(&stats)); // for a host's `/metrics`
    /// # }
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}

/// What a handle is built from.
#[derive(Debug)]
pub struct OmsBuilder {
    store: Arc<dyn Store>,
    coalescing: Option<Coalescing>,
    caching: Option<Caching>,
    clock: Option<Arc<dyn Clock>>,
}

impl OmsBuilder {
    /// How calls of many tasks are made into few calls of the store; `None` sends each alone.
    ///
    /// On by default. Switch it off where every call has to reach the store by itself, or for a
    /// store in the same process that never waits, which has nothing to gain.
    #[must_use]
    pub const fn coalescing(mut self, coalescing: Option<Coalescing>) -> Self {
        self.coalescing = coalescing;
        self
    }

    /// What plans may remember of what the store said; `None` asks it before every plan.
    ///
    /// On by default where there is a [`clock`](Self::clock).
    #[must_use]
    pub const fn caching(mut self, caching: Option<Caching>) -> Self {
        self.caching = caching;
        self
    }

    /// The clock that tells how long ago something was read, and how long a commit waited. It need
    /// not agree with the store's: only differences of its times count. Without one, nothing is
    /// remembered, commits wait for as long as it takes, and each tick of [`Oms::sweep`] looks for
    /// old keys.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The handle, with ids of the operating system's random source, and its clock unless another
    /// one was given. Exists with feature `system`; without it,
    /// [`build_with_ids`](Self::build_with_ids) takes ids of the host's.
    #[cfg(feature = "system")]
    #[must_use]
    pub fn build(mut self) -> Oms {
        let system = || -> Arc<dyn Clock> { Arc::new(crate::system::SystemClock) };
        self.clock = self.clock.or_else(|| Some(system()));
        self.build_with_ids(Arc::new(crate::system::SystemIds))
    }

    /// The handle, with ids from `ids`, and no clock unless one was given. Feature `system` has ids
    /// and clock of the operating system, and `build`, which takes both.
    #[must_use]
    pub fn build_with_ids(self, ids: Arc<dyn IdSource>) -> Oms {
        let Self {
            store,
            coalescing,
            caching,
            clock,
        } = self;
        let view = clock.clone().zip(caching);
        Oms {
            engine: Arc::new(Engine {
                gate: Gate::new(store.clone(), coalescing, clock.clone()),
                view: view.map(|(clock, options)| CachedView::new(clock, options)),
                numbers: Numbers::new(store.clone(), coalescing),
                store,
                ids,
                counts: Counts::default(),
                swept: SweepPlaces::new(clock),
            }),
        }
    }
}
