//! Points in time.

use crate::value::ascii::Ascii;
use crate::value::wire::{serde_as_text, shortened};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const MICROS_PER_SEC: i64 = 1_000_000;
const SECS_PER_DAY: i64 = 86_400;
/// How far a channel's clock may be ahead. One that always is, as by its time zone, still tells its
/// messages apart by itself, which a bounded time would not.
const AHEAD_MAX_SECS: i64 = SECS_PER_DAY;
/// The last microsecond of the year 9999.
const MICROS_MAX: i64 = 253_402_300_800 * MICROS_PER_SEC - 1;

/// A point in time in UTC: whole microseconds since 1970, until the end of the year 9999.
///
/// Microseconds are what PostgreSQL keeps, so a time is the same before and after storing it.
///
/// ```
/// use oms_core::value::Timestamp;
///
/// let at = Timestamp::parse_rfc3339("2026-11-20T11:00:00.1234567+01:00")?;
/// assert_eq!(at.to_string(), "2026-11-20T10:00:00.123456Z");
/// # Ok::<(), oms_core::value::TimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a time was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum TimestampError {
    /// Before 1970 or after 9999.
    #[error("time {value} is not within the years 1970 to 9999")]
    #[serde(rename = "timestamp_out_of_range")]
    OutOfRange {
        /// What was given, shortened.
        value: String,
    },
    /// Not a time by RFC 3339.
    #[error("time {value:?} is not a valid RFC 3339 time")]
    #[serde(rename = "timestamp_malformed")]
    Malformed {
        /// What was given, shortened.
        value: String,
    },
}

impl TimestampError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "timestamp_out_of_range",
            Self::Malformed { .. } => "timestamp_malformed",
        }
    }
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The last microsecond of the year 9999.
    pub const MAX: Self = Self(MICROS_MAX);

    /// The time this many microseconds after [`EPOCH`](Self::EPOCH).
    ///
    /// # Errors
    /// [`TimestampError::OutOfRange`].
    pub fn from_micros(micros: i64) -> Result<Self, TimestampError> {
        within(micros).ok_or_else(|| TimestampError::OutOfRange {
            value: format!("{micros} us"),
        })
    }

    /// The time this many seconds after [`EPOCH`](Self::EPOCH).
    ///
    /// # Errors
    /// [`TimestampError::OutOfRange`].
    pub fn from_unix_secs(secs: i64) -> Result<Self, TimestampError> {
        secs.checked_mul(MICROS_PER_SEC)
            .and_then(within)
            .ok_or_else(|| TimestampError::OutOfRange {
                value: format!("{secs} s"),
            })
    }

    /// Reads a time with any offset; digits below a microsecond are cut off.
    ///
    /// # Errors
    /// [`TimestampError::Malformed`] and [`TimestampError::OutOfRange`].
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimestampError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError::Malformed {
            value: shortened(text),
        })?;
        within(time.timestamp_micros()).ok_or_else(|| TimestampError::OutOfRange {
            value: shortened(text),
        })
    }

    /// Microseconds since [`EPOCH`](Self::EPOCH).
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since [`EPOCH`](Self::EPOCH).
    #[must_use]
    pub const fn unix_secs(self) -> i64 {
        self.0 / MICROS_PER_SEC
    }

    /// The time `secs` seconds later (earlier if negative); `None` outside the years allowed.
    #[must_use]
    pub fn checked_add_secs(self, secs: i64) -> Option<Self> {
        secs.checked_mul(MICROS_PER_SEC)
            .and_then(|micros| self.checked_add_micros(micros))
    }

    /// The time `micros` microseconds later (earlier if negative); `None` outside the years
    /// allowed.
    #[must_use]
    pub fn checked_add_micros(self, micros: i64) -> Option<Self> {
        self.0.checked_add(micros).and_then(within)
    }

    /// Microseconds from `earlier` to this time; negative if `earlier` is later.
    #[must_use]
    pub const fn micros_since(self, earlier: Self) -> i64 {
        // Both are between zero and MICROS_MAX, so the difference always fits.
        self.0.saturating_sub(earlier.0)
    }

    /// The time that a channel tells, or `here`, when it was heard, where that is more than a day
    /// earlier.
    pub(crate) fn unless_ahead(self, here: Self) -> Self {
        match here.checked_add_secs(AHEAD_MAX_SECS) {
            Some(last) if self > last => here,
            Some(_) | None => self,
        }
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let secs = self.0 / MICROS_PER_SEC;
        let second_of_day = secs % SECS_PER_DAY;
        let (year, month, day) = civil(secs / SECS_PER_DAY);
        let mut text = Ascii::<27>::new();
        // From the back, each part with what stands behind it.
        for (part, width, behind) in [
            (self.0 % MICROS_PER_SEC, 6, b'Z'),
            (second_of_day % 60, 2, b'.'),
            (second_of_day / 60 % 60, 2, b':'),
            (second_of_day / 3_600, 2, b':'),
            (day, 2, b'T'),
            (month, 2, b'-'),
            (year, 4, b'-'),
        ] {
            text.push(behind);
            text.push_digits(part.unsigned_abs(), width);
        }
        read(text.as_str())
    }
}

/// The only way to a timestamp: refuses what lies outside the years 1970 to 9999.
fn within(micros: i64) -> Option<Timestamp> {
    (0..=MICROS_MAX)
        .contains(&micros)
        .then_some(Timestamp(micros))
}

/// Year, month and day of a day counted from 1970-01-01, for days from then on.
///
/// Counts in years that begin in March, so that the leap day is a year's last day.
const fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_TO_1970_FROM_YEAR_0_MARCH: i64 = 719_468;
    const DAYS_PER_400_YEARS: i64 = 146_097;
    let days = days + DAYS_TO_1970_FROM_YEAR_0_MARCH;
    let era = days / DAYS_PER_400_YEARS;
    let day_of_era = days % DAYS_PER_400_YEARS;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(at: Timestamp) -> Self {
        // Every timestamp lies within chrono's much wider range.
        Self::from_timestamp_micros(at.0).unwrap_or_default()
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = TimestampError;

    /// Cuts off what is below a microsecond.
    fn try_from(time: DateTime<Utc>) -> Result<Self, TimestampError> {
        within(time.timestamp_micros()).ok_or_else(|| TimestampError::OutOfRange {
            value: time.to_rfc3339(),
        })
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse_rfc3339(text)
    }
}

serde_as_text!(Timestamp, "a time by RFC 3339");

#[cfg(test)]
mod tests;
