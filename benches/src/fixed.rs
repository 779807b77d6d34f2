//! A clock and ids that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use oms_core::port::{Clock, IdSource};
use oms_core::value::Timestamp;
use uuid::Uuid;

/// A clock that stands still.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Ids that count from one.
#[derive(Debug, Default)]
pub struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next_id(&self) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0001 + count)
    }
}
