//! Recurring jobs: a cron expression in a time zone.

use std::str::FromStr;

use croner::Cron;
use jiff::Zoned;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::job::JobRejection;
use crate::value::Timestamp;

/// When something recurs: a cron expression, read on the clocks of a time zone.
///
/// Five fields (minute, hour, day of the month, month, day of the week), or six with seconds in
/// front. The zones are those of the IANA database that is compiled in, so two hosts agree
/// whatever their machines say. An expression that names one time of day (`30 2 * * *`) fires once
/// on each of its days: a time that a change to summer time skips when the clock has jumped, one
/// that the change back repeats the first time. Any other (`*/30 * * * *`, `30 2,14 * * *`) fires
/// whenever the clock shows one of its times: not at those that are skipped, and twice at those
/// that are repeated.
///
/// ```
/// use oms_core::job::Schedule;
/// use oms_core::value::Timestamp;
///
/// let schedule = Schedule::parse("30 9 * * MON-FRI", "Europe/Berlin")?;
/// let friday = Timestamp::parse_rfc3339("2026-11-20T12:00:00Z").map_err(|_| "time").unwrap();
/// let next = schedule.next_after(friday).map(|at| at.to_string());
/// assert_eq!(next.as_deref(), Some("2026-11-23T08:30:00.000000Z"));
/// let never = Schedule::parse("0 0 30 2 *", "UTC");
/// assert_eq!(never.map_err(|why| why.code()), Err("never_fires"));
/// # Ok::<(), oms_core::job::JobRejection>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads an expression and the name of a zone, such as `Europe/Berlin` or `UTC`.
    ///
    /// # Errors
    /// [`JobRejection::UnknownZone`], [`JobRejection::ExpressionMalformed`],
    /// [`JobRejection::NeverFires`] for one that no time matches.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, JobRejection> {
        let unknown = |_| JobRejection::UnknownZone {
            zone: zone.chars().take(64).collect(),
        };
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(unknown)?;
        let shown = || expression.chars().take(128).collect();
        let malformed = |why: croner::errors::CronError| JobRejection::ExpressionMalformed {
            expression: shown(),
            detail: why.to_string(),
        };
        let cron = Cron::from_str(expression).map_err(malformed)?;
        let schedule = Self { cron, zone };
        // Whatever recurs at all does so within the years of a timestamp, from the first one on.
        if schedule.next_after(Timestamp::EPOCH).is_none() {
            return Err(JobRejection::NeverFires {
                expression: shown(),
            });
        }
        Ok(schedule)
    }

    /// The first time after `at`; `None` when there is none.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let from = self.local(at)?;
        let found = self.cron.find_next_occurrence(&from, false).ok()?;
        read(&found)
    }

    /// The last time at or before `at`; `None` when there was none since 1970.
    #[must_use]
    pub fn last_until(&self, at: Timestamp) -> Option<Timestamp> {
        let from = self.local(at)?;
        let found = self.cron.find_previous_occurrence(&from, true).ok()?;
        read(&found)
    }

    fn local(&self, at: Timestamp) -> Option<Zoned> {
        let at = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

fn read(found: &Zoned) -> Option<Timestamp> {
    Timestamp::from_micros(found.timestamp().as_microsecond()).ok()
}
