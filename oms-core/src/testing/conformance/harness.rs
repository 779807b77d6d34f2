//! What an adapter gives the suite.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::port::{EventFeed, JobQueue, Store};
use crate::testing::ManualClock;
use crate::testing::conformance::{Together, TurnByTurn};

/// What an adapter gives the suite: a fresh store for each case, and a way to run futures.
pub trait Harness {
    /// Keeps the store alive during a case, such as the hold on a database that is dropped
    /// afterwards.
    type Guard;

    /// Runs a future to its end on this thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Opens a store with nothing in it that no other case sees.
    ///
    /// # Errors
    /// [`Unopened`]: the case is skipped or fails.
    fn open(&self) -> impl Future<Output = Result<Opened<Self::Guard>, Unopened>>;

    /// Tidies up after a case. Dropping the guard is all there is to do unless the adapter says
    /// otherwise.
    fn close(&self, guard: Self::Guard) -> impl Future<Output = ()> {
        drop(guard);
        std::future::ready(())
    }

    /// How tasks that race with each other are run. Unless the adapter says otherwise they take
    /// turns on one thread, which is a race only if the store's futures wait for something.
    fn together(&self) -> Arc<dyn Together> {
        Arc::new(TurnByTurn)
    }
}

/// A store that is open for one case.
pub struct Opened<G> {
    /// Handed to [`Harness::close`] at the end of the case.
    pub guard: G,
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its queue, for the cases of [`queue_suite!`](crate::queue_suite); without one they are
    /// skipped.
    pub jobs: Option<Arc<dyn JobQueue>>,
    /// Its feed, likewise.
    pub events: Option<Arc<dyn EventFeed>>,
    /// A hold on its clock; without one, cases that have to move the clock are skipped.
    pub clock: Option<Arc<dyn ManualClock>>,
}

impl<G> fmt::Debug for Opened<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("store", &self.store)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// Why there is no store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// What it needs is not here, such as a database; cases are skipped, and say so.
    Missing {
        /// What is missing.
        reason: String,
    },
    /// It should have opened and did not; cases fail.
    Failed {
        /// What happened.
        reason: String,
    },
}

impl Unopened {
    /// It should have opened and did not, because of `error`.
    #[must_use]
    pub fn failed(error: &dyn fmt::Display) -> Self {
        Self::Failed {
            reason: error.to_string(),
        }
    }
}
