//! The memory store keeps every promise of the port.

use std::future::Future;
use std::sync::Arc;

use oms_core::testing::FakeClock;
use oms_core::testing::conformance::{Harness, Opened, Threads, Together, Unopened};
use oms_store_memory::MemoryStore;

struct Memory;

impl Harness for Memory {
    type Guard = ();

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }

    async fn open(&self) -> Result<Opened<()>, Unopened> {
        let clock = Arc::new(FakeClock::default());
        Ok(Opened {
            guard: (),
            store: Arc::new(MemoryStore::with_clock(clock.clone())),
            clock: Some(clock),
        })
    }

    fn together(&self) -> Arc<dyn Together> {
        Arc::new(Threads)
    }
}

oms_core::conformance_suite!(Memory);
