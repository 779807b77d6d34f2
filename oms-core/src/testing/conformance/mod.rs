//! The conformance suite: what a store must do, as tests that any adapter can run.
//!
//! [`Store`] promises much in few words. Each [`Case`] tests one of these promises and depends
//! on as few others as possible, so that a store that breaks one promise fails the case that
//! names it, and nothing else. The suite itself is tested this way:
//! `oms-store-memory/tests/broken` runs it
//! against a store per defect.
//!
//! # Running it for an adapter
//!
//! Say how to open a fresh store and how to run a future, in a test of the adapter:
//!
//! ```
//! use std::future::Future;
//! use oms_core::testing::conformance::{Harness, Opened, Unopened};
//!
//! # mod adapter { pub struct TestDatabase; }
//! struct OurHarness { runtime: Runtime }
//!
//! impl Harness for OurHarness {
//!     type Guard = adapter::TestDatabase;
//!
//!     fn block_on<F: Future>(&self, future: F) -> F::Output {
//!         self.runtime.block_on(future)
//!     }
//!
//!     async fn open(&self) -> Result<Opened<Self::Guard>, Unopened> {
//!         let Ok(server) = std::env::var("OUR_DATABASE_URL") else {
//!             // Visible, and no failure; a gate that must not skip answers `Unopened::Failed`.
//!             let reason = "OUR_DATABASE_URL is not set".to_owned();
//!             return Err(Unopened::Missing { reason });
//!         };
//!         // Create a database of its own for this case; `close` may drop it.
//!         # unimplemented!("{server}")
//!     }
//! }
//! # struct Runtime;
//! # impl Runtime { fn block_on<F: Future>(&self, _: F) -> F::Output { unimplemented!() } }
//! ```
//!
//! and let the macro write one test per case:
//!
//! ```ignore
//! oms_core::conformance_suite!(OurHarness::new());
//! ```
//!
//! - *Fresh store*: each case opens its own and expects it to be empty. Cases run in parallel.
//! - *Clock*: cases that move the store's clock need [`Opened::clock`]. A database adapter can read
//!   its time through a function that tests replace. Without a clock those cases are skipped, and
//!   say so on the standard error output, past the capture of the test runner.
//! - *Races*: [`Harness::together`] decides how racing tasks run. The default lets them take turns,
//!   which suits stores that wait for a server; [`Threads`] suits stores that never wait. Under a
//!   runtime with several workers, spawning the tasks there races best.
//! - *What is stored*: each tenant first gets [`base_documents`](super::build::base_documents), so
//!   that what orders, stock and claims point to exists: settings, channels, customers, hubs and
//!   SKUs.
//!
//! To run cases by other means, or to list what the suite asks for, use [`CASES`],
//! [`QUEUE_CASES`] and [`run`]. The cases of [`JobQueue`](crate::port::JobQueue) and
//! [`EventFeed`](crate::port::EventFeed) are a suite of their own:
//! [`queue_suite!`](crate::queue_suite).
//!
//! [`Store`]: crate::port::Store

#[macro_use]
mod list;

mod cases;
mod failure;
mod harness;
mod queue;
#[macro_use]
mod queue_list;
mod scene;
mod together;
mod walk;

use std::fmt;
use std::io::Write;

use scene::Scene;

pub use failure::Failure;
pub use harness::{Harness, Opened, Unopened};
pub use together::{Task, Threads, Together, TurnByTurn};

/// A test of one promise.
#[derive(Clone, Copy)]
pub struct Case {
    /// Its name, unique in the suite: a sentence with underscores.
    pub name: &'static str,
    /// What it is about: the name of a group of cases.
    pub group: &'static str,
    /// The promise.
    pub promise: &'static str,
    /// Whether it moves the store's clock.
    pub moves_clock: bool,
    /// Which port it is about.
    pub needs: Needs,
    run: fn(Scene) -> Task,
}

/// The port that a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// [`Store`](crate::port::Store).
    Store,
    /// [`JobQueue`](crate::port::JobQueue).
    Jobs,
    /// [`EventFeed`](crate::port::EventFeed).
    Events,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("name", &self.name)
            .field("promise", &self.promise)
            .finish_non_exhaustive()
    }
}

macro_rules! table {
    (@moves_clock) => { false };
    (@moves_clock clock) => { true };
    ([] $($group:ident { $($name:ident $(($need:ident))? : $promise:literal;)* })*) => {
        /// Every case.
        pub const CASES: &[Case] = &[$($(
            Case {
                name: stringify!($name),
                group: stringify!($group),
                promise: $promise,
                moves_clock: table!(@moves_clock $($need)?),
                needs: Needs::Store,
                run: |scene| Box::pin(cases::$group::$name(scene)),
            },
        )*)*];
    };
}

__conformance_cases!(table,);

macro_rules! queue_table {
    ([] $($group:ident($port:ident) {
        $($name:ident $(($need:ident))? : $promise:literal;)*
    })*) => {
        /// Every case of the queue and the feed.
        pub const QUEUE_CASES: &[Case] = &[$($(
            Case {
                name: stringify!($name),
                group: stringify!($group),
                promise: $promise,
                moves_clock: table!(@moves_clock $($need)?),
                needs: Needs::$port,
                run: |scene| Box::pin(queue::$group::$name(scene)),
            },
        )*)*];
    };
}

__queue_cases!(queue_table,);

/// Writes one test per case of the queue and the feed; the argument makes a [`Harness`] whose
/// [`Opened`] has them.
#[macro_export]
macro_rules! queue_suite {
    ($harness:expr) => {
        $crate::__queue_cases!($crate::__queue_tests, $harness);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __queue_tests {
    (
        [$harness:expr]
        $($group:ident($port:ident) {
            $($name:ident $(($need:ident))? : $promise:literal;)*
        })*
    ) => {$($(
        #[test]
        fn $name() {
            $crate::testing::conformance::test(&$harness, stringify!($name));
        }
    )*)*};
}

/// Writes one test per case of the suite; the argument makes a [`Harness`].
///
/// See the [module](crate::testing::conformance) for an example.
#[macro_export]
macro_rules! conformance_suite {
    ($harness:expr) => {
        $crate::__conformance_cases!($crate::__conformance_tests, $harness);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    (
        [$harness:expr]
        $($group:ident { $($name:ident $(($need:ident))? : $promise:literal;)* })*
    ) => {$($(
        #[test]
        fn $name() {
            $crate::testing::conformance::test(&$harness, stringify!($name));
        }
    )*)*};
}

/// What became of a case.
#[derive(Debug)]
pub enum Verdict {
    /// The promise was kept.
    Kept,
    /// The promise was broken.
    Broken(Failure),
    /// The case could not be run, and why.
    Skipped(String),
}

/// Runs a case against a fresh store.
pub fn run<H: Harness>(harness: &H, case: &Case) -> Verdict {
    harness.block_on(async {
        let opened = match harness.open().await {
            Ok(opened) => opened,
            Err(Unopened::Missing { reason }) => return Verdict::Skipped(reason),
            Err(Unopened::Failed { reason }) => {
                return Verdict::Broken(Failure::new(format!("no store: {reason}")));
            }
        };
        let Opened {
            guard,
            store,
            jobs,
            events,
            clock,
        } = opened;
        let lacks = match case.needs {
            Needs::Store => None,
            Needs::Jobs if jobs.is_none() => Some("the store has no queue"),
            Needs::Events if events.is_none() => Some("the store has no feed"),
            Needs::Jobs | Needs::Events => None,
        };
        let verdict = if case.moves_clock && clock.is_none() {
            Verdict::Skipped("the store's clock cannot be set".to_owned())
        } else if let Some(lacks) = lacks {
            Verdict::Skipped(lacks.to_owned())
        } else {
            let scene = Scene::open(store, clock, harness.together(), jobs, events).await;
            let answer = match scene {
                Ok(scene) => (case.run)(scene).await,
                Err(failure) => Err(failure),
            };
            answer.map_or_else(Verdict::Broken, |()| Verdict::Kept)
        };
        harness.close(guard).await;
        verdict
    })
}

/// Runs the case with this name as a test: what [`conformance_suite!`](crate::conformance_suite)
/// calls. A skipped case says so on the standard error output, past the capture of the test runner.
///
/// # Panics
/// If the promise is broken, or if there is no such case.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn test<H: Harness>(harness: &H, name: &str) {
    let mut all = CASES.iter().chain(QUEUE_CASES);
    let Some(case) = all.find(|case| case.name == name) else {
        panic!("the suite has no case {name}");
    };
    match run(harness, case) {
        Verdict::Kept => {}
        Verdict::Broken(failure) => panic!("{}\n  {}", case.promise, failure),
        Verdict::Skipped(reason) => {
            // Nobody to tell if this fails.
            let _told = writeln!(std::io::stderr(), "skipped: {name}: {reason}");
        }
    }
}

#[cfg(test)]
mod tests;
