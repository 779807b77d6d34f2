//! The memory store keeps every promise of the port.

use std::future::Future;
use std::sync::Arc;

use oms_core::testing::FakeClock;
use oms_core::testing::conformance::{
    CASES, Harness, Opened, QUEUE_CASES, Threads, Together, Unopened, Verdict, run,
};
use oms_store_memory::MemoryStore;

struct Memory;

impl Harness for Memory {
    type Guard = ();

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }

    async fn open(&self) -> Result<Opened<()>, Unopened> {
        let clock = Arc::new(FakeClock::default());
        let store = MemoryStore::with_clock(clock.clone());
        Ok(Opened {
            guard: (),
            store: Arc::new(store.clone()),
            jobs: Some(Arc::new(store.clone())),
            events: Some(Arc::new(store)),
            clock: Some(clock),
        })
    }

    fn together(&self) -> Arc<dyn Together> {
        Arc::new(Threads)
    }
}

oms_core::conformance_suite!(Memory);
oms_core::queue_suite!(Memory);

/// The same store with a clock that runs and that nobody can set, and without threads.
struct Running;

impl Harness for Running {
    type Guard = ();

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }

    async fn open(&self) -> Result<Opened<()>, Unopened> {
        let store = MemoryStore::new();
        Ok(Opened {
            guard: (),
            store: Arc::new(store.clone()),
            jobs: Some(Arc::new(store.clone())),
            events: Some(Arc::new(store)),
            clock: None,
        })
    }
}

#[test]
fn without_a_hold_on_the_clock_only_cases_that_move_it_are_skipped() {
    for case in CASES.iter().chain(QUEUE_CASES) {
        match run(&Running, case) {
            Verdict::Kept => assert!(!case.moves_clock, "{case:?} was run"),
            Verdict::Skipped(_) => assert!(case.moves_clock, "{case:?} was skipped"),
            Verdict::Broken(failure) => panic!("{case:?}: {failure}"),
        }
    }
}
