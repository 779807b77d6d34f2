//! Dates and times as people write them in spreadsheets, in the order the file is said to have.

use crate::channel::csv::options::{CsvOptions, DateFormat};
use crate::value::{Timestamp, TimestampError};

/// A moment, or a day, which begins at midnight of the file's zone.
pub(super) fn moment(text: &str, options: &CsvOptions) -> Result<Timestamp, TimestampError> {
    let text = text.trim();
    let written = match options.dates {
        DateFormat::Iso => return iso(text, options),
        // A time with its zone is ISO whatever the file's dates are like.
        _ if text.contains('T') => return iso(text, options),
        DateFormat::DayMonthYear => [2, 1, 0],
        DateFormat::MonthDayYear => [2, 0, 1],
        DateFormat::YearMonthDay => [0, 1, 2],
    };
    let malformed = || TimestampError::Malformed {
        value: crate::channel::error::shortened(text),
    };
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, time.trim()),
        None => (text, ""),
    };
    let parts: Vec<&str> = date.split(['.', '/', '-']).collect();
    let [year, month, day] = written.map(|at| parts.get(at).copied().unwrap_or_default());
    let whole = |digits: &str, long: usize| {
        let plain = (1..=long).contains(&digits.len());
        plain && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = parts.len() == 3 && year.len() == 4 && whole(year, 4);
    if !fits || !whole(month, 2) || !whole(day, 2) {
        return Err(malformed());
    }
    let clock = clock(time).ok_or_else(malformed)?;
    let zone = zone(options.utc_offset_mins);
    Timestamp::parse_rfc3339(&format!("{year}-{month:0>2}-{day:0>2}T{clock}{zone}"))
        .map_err(|_| malformed())
}

/// A moment, or the end of a day.
pub(super) fn end(text: &str, options: &CsvOptions) -> Result<Timestamp, TimestampError> {
    let at = moment(text, options)?;
    // What has a time has a colon, in whichever way it is written.
    let day = if text.contains(':') { 0 } else { 24 * 60 * 60 };
    Ok(at.checked_add_secs(day).unwrap_or(at))
}

fn iso(text: &str, options: &CsvOptions) -> Result<Timestamp, TimestampError> {
    let problem = match Timestamp::parse_rfc3339(text) {
        Ok(at) => return Ok(at),
        Err(problem) => problem,
    };
    // Spreadsheets leave the zone out, the seconds, or the time.
    let zone = zone(options.utc_offset_mins);
    let local = match text.split_once(['T', 't', ' ']) {
        None => format!("{text}T00:00:00{zone}"),
        Some((_, "")) => return Err(problem),
        Some((date, time)) => match clock(time.trim()) {
            Some(clock) => format!("{date}T{clock}{zone}"),
            // Parts of a second.
            None => format!("{text}{zone}"),
        },
    };
    Timestamp::parse_rfc3339(&local).map_err(|_| problem)
}

/// `14:30`, `14:30:05` or `2:30 PM` as `HH:MM:SS`; nothing is midnight.
fn clock(time: &str) -> Option<String> {
    if time.is_empty() {
        return Some("00:00:00".to_owned());
    }
    let upper = time.to_ascii_uppercase();
    let (digits, half) = match upper.split_once(' ') {
        Some((digits, half @ ("AM" | "PM"))) => (digits, Some(half)),
        Some(_) => return None,
        None => (upper.as_str(), None),
    };
    let mut parts = digits.split(':');
    let hour = number(parts.next()?)?;
    let minute = number(parts.next()?)?;
    let second = parts.next().map_or(Some(0), number)?;
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some("PM") => hour % 12 + 12,
        Some(_) => hour % 12,
    };
    let valid = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    valid.then(|| format!("{hour:02}:{minute:02}:{second:02}"))
}

fn number(digits: &str) -> Option<u32> {
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The zone at the end of a text of RFC 3339.
fn zone(mins: i32) -> String {
    let sign = if mins < 0 { '-' } else { '+' };
    let mins = mins.unsigned_abs();
    format!("{sign}{:02}:{:02}", mins / 60, mins % 60)
}

#[cfg(test)]
mod tests {
    use super::moment;
    use crate::channel::csv::options::{CsvOptions, DateFormat};

    fn read(dates: DateFormat, utc_offset_mins: i32, text: &str) -> Option<String> {
        let options = CsvOptions {
            dates,
            utc_offset_mins,
            ..CsvOptions::default()
        };
        moment(text, &options).ok().map(|at| at.to_string())
    }

    #[test]
    fn dates_are_read_in_the_order_the_file_has() {
        for (dates, text, expected) in [
            (DateFormat::Iso, "2026-12-31", "2026-12-31T00:00:00.000000Z"),
            (
                DateFormat::Iso,
                "2026-12-31T10:00:00+01:00",
                "2026-12-31T09:00:00.000000Z",
            ),
            (
                DateFormat::DayMonthYear,
                "1.2.2026",
                "2026-02-01T00:00:00.000000Z",
            ),
            (
                DateFormat::DayMonthYear,
                "31/12/2026 14:30",
                "2026-12-31T14:30:00.000000Z",
            ),
            (
                DateFormat::DayMonthYear,
                "2026-12-31T10:00:00Z",
                "2026-12-31T10:00:00.000000Z",
            ),
            (
                DateFormat::MonthDayYear,
                "1/2/2026",
                "2026-01-02T00:00:00.000000Z",
            ),
            (
                DateFormat::MonthDayYear,
                "12/31/2026 2:30 pm",
                "2026-12-31T14:30:00.000000Z",
            ),
            (
                DateFormat::MonthDayYear,
                "12/31/2026 12:05:09 AM",
                "2026-12-31T00:05:09.000000Z",
            ),
            (
                DateFormat::YearMonthDay,
                "2026/2/1",
                "2026-02-01T00:00:00.000000Z",
            ),
        ] {
            assert_eq!(read(dates, 0, text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_the_files() {
        let expected = Some("2026-12-30T23:00:00.000000Z".to_owned());
        assert_eq!(read(DateFormat::DayMonthYear, 60, "31.12.2026"), expected);
        assert_eq!(read(DateFormat::Iso, 60, "2026-12-31"), expected);
        assert_eq!(read(DateFormat::Iso, 60, "2026-12-31T00:00:00"), expected);
        let west = Some("2026-12-31T05:30:00.000000Z".to_owned());
        assert_eq!(read(DateFormat::MonthDayYear, -330, "12/31/2026"), west);
    }

    #[test]
    fn an_iso_time_without_a_zone_or_seconds_is_the_files() {
        for text in [
            "2026-11-20 10:00:00",
            "2026-11-20 10:00",
            "2026-11-20T10:00",
            "2026-11-20T10:00:00.000",
        ] {
            let utc = Some("2026-11-20T10:00:00.000000Z".to_owned());
            assert_eq!(read(DateFormat::Iso, 0, text), utc, "{text}");
            let east = Some("2026-11-20T09:00:00.000000Z".to_owned());
            assert_eq!(read(DateFormat::Iso, 60, text), east, "{text}");
        }
        let told = Some("2026-11-20T08:00:00.000000Z".to_owned());
        assert_eq!(read(DateFormat::Iso, 60, "2026-11-20 10:00:00+02:00"), told);
        for text in [
            "2026-11-20 25:00",
            "2026-11-20 10",
            "2026-11-20T",
            "2026-13-20 10:00",
            "20.11.2026 10:00",
            "2026-11-20 10:00 MEZ",
        ] {
            assert_eq!(read(DateFormat::Iso, 0, text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "31.12.26",
            "31.13.2026",
            "30.2.2026",
            "31.12",
            "1.2.2026.3",
            "a.b.2026",
            "31.12.2026 25:00",
            "31.12.2026 10",
            "31.12.2026 0:10 PM",
            "31.12.2026 10:00 MEZ",
            "31.12.2026 10:00:00:00",
            "+1.2.2026",
            "١.٢.2026",
        ] {
            assert_eq!(read(DateFormat::DayMonthYear, 0, text), None, "{text}");
        }
    }
}
