//! The clock and the ids of the operating system (feature `system`).

use uuid::Uuid;

use crate::port::{Clock, IdSource};
use crate::value::Timestamp;

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        // A machine set to a year outside 1970..=9999 gets the epoch, and with it `ClockSkew`.
        Timestamp::try_from(chrono::Utc::now()).unwrap_or(Timestamp::EPOCH)
    }
}

/// Time-ordered random ids (UUID version 7, RFC 9562).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn next_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
