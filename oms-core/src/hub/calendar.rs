//! When a hub works: hours of the week, exceptions, and until when an order still counts for today.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hub::{HubError, HubProblem};
use crate::value::{
    LocalDate, LocalTime, LocalTimeError, MinuteOfDay, TimeZoneName, Timestamp, limits,
};

/// When a hub works, in its own local time. In an hour that comes twice, as clocks are set back,
/// everything goes by the first time ([`TimeZoneName::reached`]): a cut-off or hours that are over
/// stay over.
///
/// ```
/// use oms_core::hub::{DayHours, Opening, OpeningCalendar};
/// use oms_core::value::{MinuteOfDay, TimeZoneName, Timestamp};
///
/// let mut calendar = OpeningCalendar::new(TimeZoneName::parse("+01:00")?);
/// calendar.week.mon = DayHours::parse("08:00-12:00 13:00-17:00")?;
/// calendar.cut_off = Some(MinuteOfDay::parse("15:00")?);
/// let at = |text| Timestamp::parse_rfc3339(text);
/// assert_eq!(calendar.opening(at("2026-11-16T10:59:00Z")?), Opening::Open);
/// assert_eq!(calendar.opening(at("2026-11-16T11:00:00Z")?), Opening::OpensLater);
/// assert_eq!(calendar.opening(at("2026-11-16T14:00:00Z")?), Opening::AfterCutOff);
/// assert_eq!(calendar.opening(at("2026-11-17T10:00:00Z")?), Opening::ClosedToday);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningCalendar {
    /// The zone of every time below.
    pub time_zone: TimeZoneName,
    /// Hours of an ordinary week.
    #[serde(default)]
    pub week: Week,
    /// Days with other hours; no hours for a holiday.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exceptions: BTreeMap<LocalDate, DayHours>,
    /// From this minute on the hub is closed to orders for the rest of the day. Its capacity is
    /// counted by the day of the placement all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<MinuteOfDay>,
}

/// Hours of an ordinary week; a day without hours is closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Week {
    /// Monday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub mon: DayHours,
    /// Tuesday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub tue: DayHours,
    /// Wednesday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub wed: DayHours,
    /// Thursday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub thu: DayHours,
    /// Friday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub fri: DayHours,
    /// Saturday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub sat: DayHours,
    /// Sunday.
    #[serde(skip_serializing_if = "DayHours::is_closed")]
    pub sun: DayHours,
}

/// The hours of one day: rising, without overlap; none when closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Hours>", into = "Vec<Hours>")]
pub struct DayHours(Vec<Hours>);

/// From one minute of a day until before another; written `08:00-12:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    from: MinuteOfDay,
    until: MinuteOfDay,
}

/// What a calendar says of a point in time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// The hub has no calendar: it always works.
    #[default]
    Always,
    /// It works now, and the order counts for today.
    Open,
    /// It does not work now but will before the day ends, and the order counts for today.
    OpensLater,
    /// It is too late for today.
    AfterCutOff,
    /// The last hours of the day have ended.
    ClosedForToday,
    /// It does not work on this day at all.
    ClosedToday,
    /// This build does not know the hub's time zone, so nobody can tell.
    ZoneUnknown,
}

impl Opening {
    /// Whether the hub has no calendar.
    #[must_use]
    pub const fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }
}

impl OpeningCalendar {
    /// A calendar that is closed on every day, until hours are set.
    #[must_use]
    pub const fn new(time_zone: TimeZoneName) -> Self {
        const CLOSED: DayHours = DayHours(Vec::new());
        Self {
            time_zone,
            week: Week {
                mon: CLOSED,
                tue: CLOSED,
                wed: CLOSED,
                thu: CLOSED,
                fri: CLOSED,
                sat: CLOSED,
                sun: CLOSED,
            },
            exceptions: BTreeMap::new(),
            cut_off: None,
        }
    }

    /// What the calendar says of a point in time.
    #[must_use]
    pub fn opening(&self, at: Timestamp) -> Opening {
        match self.time_zone.reached(at) {
            Some(local) => self.opening_at(local),
            None => Opening::ZoneUnknown,
        }
    }

    /// What the calendar says of a local time that its clock has come to.
    #[must_use]
    pub fn opening_at(&self, local: LocalTime) -> Opening {
        let day = self.exceptions.get(&local.date);
        let day = day.unwrap_or_else(|| self.week.day(local.date));
        let Some(last) = day.0.last() else {
            return Opening::ClosedToday;
        };
        if self.cut_off.is_some_and(|cut_off| local.minute >= cut_off) {
            return Opening::AfterCutOff;
        }
        if local.minute >= last.until {
            return Opening::ClosedForToday;
        }
        let open = day.0.iter().any(|hours| hours.contains(local.minute));
        if open {
            Opening::Open
        } else {
            Opening::OpensLater
        }
    }

    /// What is wrong with it, with the field.
    pub(crate) fn check(&self) -> Result<(), HubError> {
        if !self.time_zone.is_known() {
            let unknown = TimeZoneName::parse(self.time_zone.as_str());
            unknown.map_err(|error| HubError::new("calendar.time_zone", error))?;
        }
        let (max, found) = (limits::CALENDAR_EXCEPTIONS_MAX, self.exceptions.len());
        if found > max {
            let problem = HubProblem::TooMany { max, found };
            return Err(HubError::new("calendar.exceptions", problem));
        }
        Ok(())
    }
}

impl Week {
    /// The hours of the day of the week a date falls on.
    #[must_use]
    pub fn day(&self, date: LocalDate) -> &DayHours {
        match date.weekday() {
            0 => &self.mon,
            1 => &self.tue,
            2 => &self.wed,
            3 => &self.thu,
            4 => &self.fri,
            5 => &self.sat,
            _ => &self.sun,
        }
    }
}

impl DayHours {
    /// Accepts hours in any order.
    ///
    /// # Errors
    /// [`HubProblem::HoursOverlap`]; hours may end in the minute in which the next begin.
    pub fn new(mut hours: Vec<Hours>) -> Result<Self, HubProblem> {
        hours.sort_unstable();
        let overlap = hours
            .iter()
            .zip(hours.iter().skip(1))
            .find(|(a, b)| b.from < a.until);
        match overlap {
            Some((first, second)) => Err(HubProblem::HoursOverlap {
                first: first.to_string(),
                second: second.to_string(),
            }),
            None => Ok(Self(hours)),
        }
    }

    /// Reads hours with spaces between, `08:00-12:00 13:00-17:00`; nothing is closed.
    ///
    /// # Errors
    /// As [`new`](Self::new) and [`Hours::parse`].
    pub fn parse(text: &str) -> Result<Self, HubProblem> {
        let hours: Result<Vec<Hours>, _> = text.split_whitespace().map(Hours::parse).collect();
        Self::new(hours?)
    }

    /// Whether there are no hours.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.0.is_empty()
    }

    /// The hours, rising.
    #[must_use]
    pub fn hours(&self) -> &[Hours] {
        &self.0
    }
}

impl Hours {
    /// Reads `08:00-12:30`.
    ///
    /// # Errors
    /// [`HubProblem::LocalTime`] for what is no time of day, [`HubProblem::Hours`] for hours that
    /// do not end after they begin.
    pub fn parse(text: &str) -> Result<Self, HubProblem> {
        let malformed = || LocalTimeError::Minute {
            value: text.chars().take(40).collect(),
        };
        let (from, until) = text.split_once('-').ok_or_else(malformed)?;
        let (from, until) = (MinuteOfDay::parse(from)?, MinuteOfDay::parse(until)?);
        if from < until {
            return Ok(Self { from, until });
        }
        let hours = format!("{from}-{until}");
        Err(HubProblem::Hours { hours })
    }

    /// Whether a minute lies in the hours; the last one does not.
    #[must_use]
    pub fn contains(self, minute: MinuteOfDay) -> bool {
        (self.from..self.until).contains(&minute)
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hours({self})")
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

impl FromStr for Hours {
    type Err = HubProblem;

    fn from_str(text: &str) -> Result<Self, HubProblem> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Hours {
    type Error = HubProblem;

    fn try_from(text: String) -> Result<Self, HubProblem> {
        Self::parse(&text)
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl TryFrom<Vec<Hours>> for DayHours {
    type Error = HubProblem;

    fn try_from(hours: Vec<Hours>) -> Result<Self, HubProblem> {
        Self::new(hours)
    }
}

impl From<DayHours> for Vec<Hours> {
    fn from(day: DayHours) -> Self {
        day.0
    }
}
