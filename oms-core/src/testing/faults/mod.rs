//! A store that fails on demand.

mod plan;
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::port::Store;
use crate::value::TenantId;

use plan::Plan;
pub use plan::{Chances, Fault, Method};

/// A call that a [`FaultStore`] got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Which call of this method it was, from 1.
    pub number: u64,
    /// For which tenant; `None` for the list of tenants.
    pub tenant: Option<TenantId>,
    /// How many change sets it carried; 0 for everything but `commit`.
    pub items: usize,
    /// The fault it met.
    pub fault: Option<Fault>,
}

/// A store in front of another one that fails where a test wants it to. Test your own code against
/// it: what does it do when the database is away, when the answer to a commit is lost, when
/// somebody else was faster?
///
/// Faults come from a plan: [`fail_next`](Self::fail_next) and [`fail_nth`](Self::fail_nth) name
/// the call, [`fail_randomly`](Self::fail_randomly) leaves it to a seed and
/// [`fail_when`](Self::fail_when) to a closure. Asked in this order, the first answer counts.
/// Without a plan every call goes through. Every call is written down, see
/// [`calls`](Self::calls). Clones share plan and log.
///
/// What several tenants commit by one call ([`Store::commit_each`]) is a call of
/// [`Method::Commit`] for each of them, with a fault of its own; those that reach the store reach
/// it together, after the longest [`Fault::Delay`] among them.
///
/// ```
/// use std::sync::Arc;
/// use oms_core::port::Store;
/// use oms_core::testing::{Fault, FaultStore, Method};
///
/// /// The code under test asks again while the store says that this may help.
/// async fn ask(store: &dyn Store) -> bool {
///     for _ in 0..3 {
///         match store.tenants(None, 10).await {
///             Ok(_) => return true,
///             Err(error) if error.is_retryable() => {}
///             Err(_) => return false,
///         }
///     }
///     false
/// }
///
/// # fn example(inner: Arc<dyn Store>) {
/// let store = FaultStore::new(inner);
/// store.fail_nth(Method::Tenants, 1, Fault::Unavailable);
/// store.fail_nth(Method::Tenants, 2, Fault::Busy);
/// assert!(futures_executor::block_on(ask(&store)));
/// assert_eq!(store.calls().len(), 3);
/// # }
/// ```
#[derive(Clone)]
pub struct FaultStore {
    inner: Arc<dyn Store>,
    plan: Arc<Mutex<Plan>>,
}

impl FaultStore {
    /// A store that hands every call on to `inner` until it is told otherwise.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            plan: Arc::new(Mutex::new(Plan::default())),
        }
    }

    /// The next call of `method` meets `fault`; called again, the one after it, and so on.
    pub fn fail_next(&self, method: Method, fault: Fault) {
        self.plan().fail_next(method, fault);
    }

    /// Call number `nth` of `method`, counted from 1 since the store was made, meets `fault`.
    pub fn fail_nth(&self, method: Method, nth: u64, fault: Fault) {
        self.plan().fail_nth(method, nth, fault);
    }

    /// Calls meet faults by chance; the same seed and the same calls give the same faults.
    pub fn fail_randomly(&self, seed: u64, chances: Chances) {
        self.plan().fail_randomly(seed, chances);
    }

    /// `rule` decides for each call that the rest of the plan says nothing about.
    ///
    /// It runs while the plan is locked: it must not call methods of this store.
    pub fn fail_when(&self, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        self.plan().fail_when(Box::new(rule));
    }

    /// Forgets every planned fault; counters and log stay.
    pub fn heal(&self) {
        self.plan().heal();
    }

    /// What was called, in the order in which it arrived.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.plan().calls().to_vec()
    }

    /// Empties the log and answers what was in it; counters stay.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        self.plan().take_calls()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        // A rule that panics leaves the plan as it was.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultStore")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests;
