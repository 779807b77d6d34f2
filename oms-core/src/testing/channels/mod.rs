//! The channel conformance suite: what a sales channel must do, as tests that any channel can run.
//!
//! [`Channel`](crate::channel::Channel) promises much in few words. Each [`ChannelCase`] tests one
//! promise, so that a channel that breaks one fails the case that names it. The suite is itself
//! tested so: `oms-core/tests/channel_conformance` runs it against a channel per defect.
//!
//! Say in a test how your channel writes an order, and let the macro write one test per case:
//!
//! ```ignore
//! struct Stall;
//! impl oms_core::testing::channels::ChannelHarness for Stall { /* … */ }
//! oms_core::channel_suite!(Stall);
//! ```

#[macro_use]
mod list;

mod cases;
mod harness;

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

pub use harness::{ChannelHarness, SampleLine, SampleOrder};

/// A promise that a channel did not keep: what was wrong, and which line of the suite noticed.
#[derive(Clone, Debug)]
pub struct Broken {
    message: String,
    at: Option<&'static Location<'static>>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.at {
            Some(at) => write!(f, "\n  noticed at {at}"),
            None => Ok(()),
        }
    }
}

type Kept = Result<(), Broken>;

/// Fails with a message unless the condition holds.
#[track_caller]
fn check(holds: bool, message: impl FnOnce() -> String) -> Kept {
    if holds {
        return Ok(());
    }
    Err(Broken {
        message: message(),
        at: Some(Location::caller()),
    })
}

/// A test of one promise.
#[derive(Clone, Copy)]
pub struct ChannelCase {
    /// Its name, unique in the suite: a sentence with underscores.
    pub name: &'static str,
    /// What it is about: the name of a group of cases.
    pub group: &'static str,
    /// The promise.
    pub promise: &'static str,
    run: fn(&dyn ChannelHarness) -> Kept,
}

impl fmt::Debug for ChannelCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelCase")
            .field("name", &self.name)
            .field("promise", &self.promise)
            .finish_non_exhaustive()
    }
}

macro_rules! table {
    ([] $($group:ident { $($name:ident: $promise:literal;)* })*) => {
        /// Every case.
        pub const CHANNEL_CASES: &[ChannelCase] = &[$($(
            ChannelCase {
                name: stringify!($name),
                group: stringify!($group),
                promise: $promise,
                run: cases::$group::$name,
            },
        )*)*];
    };
}

__channel_cases!(table,);

/// Writes one test per case of the channel suite; the argument is a
/// [`ChannelHarness`](crate::testing::channels::ChannelHarness).
#[macro_export]
macro_rules! channel_suite {
    ($harness:expr) => {
        $crate::__channel_cases!($crate::__channel_tests, $harness);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __channel_tests {
    ([$harness:expr] $($group:ident { $($name:ident: $promise:literal;)* })*) => {$($(
        #[test]
        fn $name() {
            $crate::testing::channels::test(&$harness, stringify!($name));
        }
    )*)*};
}

/// Runs a case. A panic of the channel breaks the promise of whatever case it happens in.
///
/// # Errors
/// [`Broken`] says what was wrong.
pub fn run(harness: &dyn ChannelHarness, case: &ChannelCase) -> Result<(), Broken> {
    catch_unwind(AssertUnwindSafe(|| (case.run)(harness))).unwrap_or_else(|_| {
        Err(Broken {
            message: "the channel panicked".to_owned(),
            at: None,
        })
    })
}

/// Runs the case with this name as a test: what [`channel_suite!`](crate::channel_suite) calls.
///
/// # Panics
/// If the promise is broken, or if there is no such case.
#[expect(clippy::panic, reason = "this is the body of a test")]
pub fn test(harness: &dyn ChannelHarness, name: &str) {
    let Some(case) = CHANNEL_CASES.iter().find(|case| case.name == name) else {
        panic!("the suite has no case {name}");
    };
    if let Err(broken) = run(harness, case) {
        panic!("{}\n  {broken}", case.promise);
    }
}
