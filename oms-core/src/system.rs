//! The clock and the ids of the operating system (feature `system`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        after_epoch(since.unwrap_or_default())
    }
}

/// The time so long after 1970, cut to whole microseconds; no calendar is asked, for the clock is
/// read several times for each command. A machine set to a year outside 1970..=9999 gets the epoch,
/// and with it `ClockSkew`.
fn after_epoch(since: Duration) -> Timestamp {
    let micros = i64::try_from(since.as_micros()).ok();
    let at = micros.and_then(|micros| Timestamp::from_micros(micros).ok());
    at.unwrap_or(Timestamp::EPOCH)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_time_is_that_of_the_machine_in_whole_microseconds() {
        let last = u64::try_from(Timestamp::MAX.micros()).unwrap_or_default();
        for (since, at) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(999), 0),
            (Duration::from_nanos(1_999), 1),
            (
                Duration::new(1_795_000_000, 123_456_789),
                1_795_000_000_123_456,
            ),
            (Duration::from_micros(last), Timestamp::MAX.micros()),
            (Duration::from_micros(last + 1), 0),
            (Duration::MAX, 0),
        ] {
            assert_eq!(after_epoch(since).micros(), at, "{since:?}");
        }
        assert!(SystemClock.now() > Timestamp::EPOCH);
    }

    /// Many are made within one tick of any clock, and hosts know nothing of each other.
    #[test]
    fn ids_made_at_one_time_all_differ() {
        const IDS: usize = 2_000;
        let make = || (0..IDS).map(|_| SystemIds.next_id()).collect::<Vec<Uuid>>();
        let made: Vec<Vec<Uuid>> = std::thread::scope(|threads| {
            let hosts: Vec<_> = (0..4).map(|_| threads.spawn(make)).collect();
            let made = hosts.into_iter().map(|host| host.join().unwrap());
            made.collect()
        });
        let all: BTreeSet<&Uuid> = made.iter().flatten().collect();
        assert_eq!(all.len(), made.len() * IDS);
    }
}
