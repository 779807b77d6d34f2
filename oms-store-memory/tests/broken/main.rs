//! The conformance suite is tested by stores that break one promise each: each must fail exactly
//! the case that names this promise, and pass all others.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a defect may take what it does not mean to break as it is"
)]

mod defect;
mod defects;
mod simulated;
mod sound;
mod store;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use oms_core::testing::conformance::{
    CASES, Harness, Opened, Threads, Together, Unopened, Verdict, run,
};

use defect::Defect;
use sound::Sound;
use store::Broken;

/// Opens stores with one defect.
struct Workshop(fn() -> Defect);

impl Harness for Workshop {
    type Guard = ();

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }

    async fn open(&self) -> Result<Opened<()>, Unopened> {
        let sound = Sound::new();
        let clock = Arc::new(sound.clock.clone());
        let defect = (self.0)();
        Ok(Opened {
            guard: (),
            store: Arc::new(Broken { sound, defect }),
            jobs: None,
            events: None,
            clock: Some(clock),
        })
    }

    fn together(&self) -> Arc<dyn Together> {
        Arc::new(Threads)
    }
}

/// The cases that a store with this defect fails, each with what was noticed.
fn failed_cases(defect: fn() -> Defect) -> Vec<(&'static str, String)> {
    let workshop = Workshop(defect);
    let verdict = |case| match run(&workshop, case) {
        Verdict::Kept => None,
        Verdict::Broken(failure) => Some((case.name, failure.to_string())),
        Verdict::Skipped(reason) => panic!("{} was skipped: {reason}", case.name),
    };
    CASES.iter().filter_map(verdict).collect()
}

fn assert_caught_by(case: &str, defect: fn() -> Defect) {
    assert!(
        CASES.iter().any(|known| known.name == case),
        "there is no case {case}"
    );
    let failed = failed_cases(defect);
    let names: Vec<&str> = failed.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, [case], "{failed:#?}");
}

/// One test per defect, and the table of what they break: `room { defect => case; }`.
macro_rules! defects {
    ($($room:ident { $($name:ident => $case:ident;)* })*) => {
        /// Every case that a defect breaks.
        pub(crate) const CAUGHT: &[&str] = &[$($(stringify!($case),)*)*];

        /// Every defect.
        pub(crate) const ALL: &[(&str, fn() -> crate::Defect)] =
            &[$($((stringify!($name), crate::defects::$room::$name),)*)*];

        $(mod $room {$(
            #[test]
            fn $name() {
                crate::assert_caught_by(stringify!($case), crate::defects::$room::$name);
            }
        )*})*
    };
}

mod list;

/// Cases that no defect breaks, and why.
const UNCAUGHT: &[(&str, &str)] = &[];

#[test]
fn a_store_without_a_defect_fails_no_case() {
    assert_eq!(failed_cases(Defect::none), []);
}

#[test]
fn every_case_is_broken_by_a_defect() {
    let caught: BTreeSet<&str> = list::CAUGHT.iter().copied().collect();
    let excused: BTreeSet<&str> = UNCAUGHT.iter().map(|(case, _)| *case).collect();
    let missing = |name: &&&str| !caught.contains(**name) && !excused.contains(**name);
    let names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(
        names.iter().filter(missing).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
    assert!(caught.is_disjoint(&excused), "an excuse is out of date");
}
