//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;

use crate::port::{Clock, StoreError};
use crate::value::Timestamp;

const MICROS_PER_SEC: i64 = 1_000_000;

/// A hold on a store's clock that a test can set; between two calls it stands still.
///
/// It is asynchronous because the clock of a database is set by a statement.
#[async_trait]
pub trait ManualClock: Send + Sync + std::fmt::Debug {
    /// Makes `at` the present time of the store, for every connection to it.
    ///
    /// # Errors
    /// Any [`StoreError`]: the clock may or may not be set.
    async fn set(&self, at: Timestamp) -> Result<(), StoreError>;
}

/// A clock that stands still until it is moved. Clones are the same clock.
///
/// ```
/// use oms_core::port::Clock;
/// use oms_core::testing::FakeClock;
/// use oms_core::value::Timestamp;
///
/// let clock = FakeClock::new(Timestamp::parse_rfc3339("2026-01-05T09:00:00Z")?);
/// clock.advance_secs(90);
/// assert_eq!(clock.now().to_string(), "2026-01-05T09:01:30.000000Z");
/// # Ok::<(), oms_core::value::TimestampError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FakeClock {
    micros: Arc<AtomicI64>,
}

impl FakeClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(at.micros())),
        }
    }

    /// Shows `at` from now on, which may be earlier than before.
    pub fn set(&self, at: Timestamp) {
        self.micros.store(at.micros(), Ordering::SeqCst);
    }

    /// Moves on by `secs` seconds, back if negative. Stops at the first and last timestamp.
    pub fn advance_secs(&self, secs: i64) {
        self.advance_micros(secs.saturating_mul(MICROS_PER_SEC));
    }

    /// Moves on by `micros` microseconds, back if negative. Stops at the first and last timestamp.
    pub fn advance_micros(&self, micros: i64) {
        let moved = |now: i64| {
            let last = Timestamp::MAX.micros();
            Some(now.saturating_add(micros).clamp(0, last))
        };
        // The closure never answers `None`, so there is no error to see.
        let _moved = self
            .micros
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved);
    }
}

impl Default for FakeClock {
    /// Shows 2026-01-05T09:00:00Z, a Monday.
    fn default() -> Self {
        const MONDAY_MORNING_SECS: i64 = 1_767_603_600;
        Self::new(Timestamp::from_unix_secs(MONDAY_MORNING_SECS).unwrap_or(Timestamp::EPOCH))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let micros = self.micros.load(Ordering::SeqCst);
        // Only the numbers of timestamps are ever stored.
        Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH)
    }
}

#[async_trait]
impl ManualClock for FakeClock {
    async fn set(&self, at: Timestamp) -> Result<(), StoreError> {
        Self::set(self, at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time_and_defaults_to_a_monday() {
        let clock = FakeClock::default();
        let other = clock.clone();
        assert_eq!(clock.now().to_string(), "2026-01-05T09:00:00.000000Z");
        clock.advance_micros(1);
        assert_eq!(other.now().to_string(), "2026-01-05T09:00:00.000001Z");
        other.set(Timestamp::EPOCH);
        assert_eq!(clock.now(), Timestamp::EPOCH);
    }

    #[test]
    fn it_stops_at_both_ends_of_time() {
        let clock = FakeClock::new(Timestamp::EPOCH);
        clock.advance_secs(-1);
        assert_eq!(clock.now(), Timestamp::EPOCH);
        clock.advance_secs(i64::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
