//! A clock that can be set ahead, so that the job need not wait for time to pass.

use std::sync::atomic::{AtomicI64, Ordering};

use oms_core::port::Clock;
use oms_core::system::SystemClock;
use oms_core::value::Timestamp;

const MICROS_PER_SEC: i64 = 1_000_000;

/// The clock of the operating system, plus as much as it was set ahead.
#[derive(Debug, Default)]
pub(crate) struct JobClock {
    ahead_micros: AtomicI64,
}

impl JobClock {
    /// Sets the clock ahead; what was passed over is gone.
    pub(crate) fn advance_secs(&self, secs: i64) {
        let micros = secs.saturating_mul(MICROS_PER_SEC);
        self.ahead_micros.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for JobClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_micros.load(Ordering::Relaxed);
        let now = SystemClock.now();
        now.checked_add_micros(ahead).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::JobClock;
    use oms_core::port::Clock;

    #[test]
    fn setting_it_ahead_adds_up() {
        let clock = JobClock::default();
        let before = clock.now();
        clock.advance_secs(60);
        clock.advance_secs(30);
        let passed = clock.now().micros_since(before);
        assert!((90_000_000..150_000_000).contains(&passed), "{passed}");
    }
}
