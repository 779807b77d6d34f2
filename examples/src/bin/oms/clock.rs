//! A clock that can be set ahead, so that the job need not wait for time to pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use oms_core::port::Clock;
use oms_core::system::SystemClock;
use oms_core::value::Timestamp;

/// How long unpaid orders claim stock where somebody waits for the end of it.
const UNPAID_TTL_SECS: i64 = 5;

const MICROS_PER_SEC: i64 = 1_000_000;

/// How the job lets time pass.
#[derive(Clone, Debug)]
pub(crate) enum Pace {
    /// By setting this clock ahead, which the store goes by.
    SetAhead(Arc<JobClock>),
    /// By waiting: the store goes by a clock of its own.
    Wait,
}

impl Pace {
    /// How long unpaid orders claim stock; `None` for as long as the tenant's settings say.
    pub(crate) const fn unpaid_ttl_secs(&self) -> Option<i64> {
        match self {
            Self::SetAhead(_) => None,
            Self::Wait => Some(UNPAID_TTL_SECS),
        }
    }
}

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
