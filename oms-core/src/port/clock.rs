//! The clock a store reads.

use crate::value::Timestamp;

/// A source of the present time. Only stores read it; tests set it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present time.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[cfg(feature = "system")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "system")]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        // A machine set to a year outside 1970..=9999 gets the epoch, and with it `ClockSkew`.
        Timestamp::try_from(chrono::Utc::now()).unwrap_or(Timestamp::EPOCH)
    }
}
