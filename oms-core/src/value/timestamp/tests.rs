#![allow(clippy::unwrap_used)]

use super::{MICROS_MAX, Timestamp, TimestampError};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

#[test]
fn times_print_with_six_digits_in_utc() {
    for text in [
        "1970-01-01T00:00:00.000000Z",
        "1970-02-28T23:59:59.999999Z",
        "2000-02-29T12:34:56.000001Z",
        "2026-11-20T10:00:00.123456Z",
        "2100-03-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.999999Z",
    ] {
        assert_eq!(at(text).to_string(), text);
    }
    assert_eq!(Timestamp::EPOCH, at("1970-01-01T00:00:00Z"));
    assert_eq!(Timestamp::MAX, at("9999-12-31T23:59:59.999999Z"));
    assert_eq!(
        format!("{:?}", Timestamp::EPOCH),
        "Timestamp(1970-01-01T00:00:00.000000Z)"
    );
}

#[test]
fn every_day_prints_as_chrono_prints_it() {
    let mut time = DateTime::<Utc>::UNIX_EPOCH;
    while let Ok(day) = Timestamp::try_from(time) {
        assert_eq!(
            day.to_string(),
            time.to_rfc3339_opts(SecondsFormat::Micros, true)
        );
        time += TimeDelta::days(13);
    }
    assert!(time.to_rfc3339().starts_with("+10000-01"), "{time}");
}

#[test]
fn offsets_are_converted_and_finer_digits_cut() {
    assert_eq!(at("2026-11-20T11:00:00+01:00"), at("2026-11-20T10:00:00Z"));
    assert_eq!(at("2026-11-19T23:30:00-10:30"), at("2026-11-20T10:00:00Z"));
    assert_eq!(
        at("2026-11-20T10:00:00.1234569Z").micros() % 1_000_000,
        123_456
    );
    assert_eq!(
        at("2026-11-20T10:00:00.999999999Z").micros() % 1_000_000,
        999_999
    );
    assert_eq!(at("1970-01-01T01:00:00.5+01:00").micros(), 500_000);
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "x",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-02-30T00:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-13-01T00:00:00Z",
        "1763632800",
        "\0",
    ] {
        let error = Timestamp::parse_rfc3339(text).unwrap_err();
        assert_eq!(error.code(), "timestamp_malformed", "{text:?}");
    }
}

#[test]
fn times_outside_the_years_allowed_are_refused() {
    let code = |text| Timestamp::parse_rfc3339(text).unwrap_err().code();
    assert_eq!(
        code("1969-12-31T23:59:59.999999999Z"),
        "timestamp_out_of_range"
    );
    assert_eq!(code("1970-01-01T00:00:00+00:01"), "timestamp_out_of_range");
    assert_eq!(code("9999-12-31T23:59:59-00:01"), "timestamp_out_of_range");
    for micros in [-1, MICROS_MAX + 1, i64::MIN, i64::MAX] {
        let error = Timestamp::from_micros(micros).unwrap_err();
        assert_eq!(
            error,
            TimestampError::OutOfRange {
                value: format!("{micros} us")
            }
        );
    }
    for secs in [-1, 253_402_300_800, i64::MIN, i64::MAX] {
        assert!(Timestamp::from_unix_secs(secs).is_err());
    }
    for time in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        assert!(Timestamp::try_from(time).is_err());
    }
    assert_eq!(
        Timestamp::from_unix_secs(253_402_300_799)
            .unwrap()
            .unix_secs(),
        253_402_300_799
    );
}

#[test]
fn times_move_within_the_years_allowed() {
    let noon = at("2026-11-20T12:00:00Z");
    assert_eq!(
        noon.checked_add_secs(-7_200),
        Some(at("2026-11-20T10:00:00Z"))
    );
    assert_eq!(
        noon.checked_add_micros(1),
        Some(at("2026-11-20T12:00:00.000001Z"))
    );
    assert_eq!(Timestamp::EPOCH.checked_add_micros(-1), None);
    assert_eq!(Timestamp::MAX.checked_add_micros(1), None);
    assert_eq!(noon.checked_add_secs(i64::MAX), None);
    assert_eq!(noon.checked_add_micros(i64::MAX), None);
    assert_eq!(noon.micros_since(at("2026-11-20T11:59:59Z")), 1_000_000);
    assert_eq!(Timestamp::EPOCH.micros_since(Timestamp::MAX), -MICROS_MAX);
    assert!(Timestamp::EPOCH < noon);
}

#[test]
fn errors_have_stable_codes_and_json_is_checked() {
    let errors = [
        Timestamp::from_micros(-1).unwrap_err(),
        Timestamp::parse_rfc3339("x").unwrap_err(),
    ];
    for error in errors {
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], error.code());
        assert_eq!(
            serde_json::from_value::<TimestampError>(json).unwrap(),
            error
        );
    }
    for json in ["0", "\"x\"", "\"1969-12-31T00:00:00Z\"", "null"] {
        assert!(serde_json::from_str::<Timestamp>(json).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn times_read_back(micros in 0..=MICROS_MAX) {
        let time = Timestamp::from_micros(micros).unwrap();
        prop_assert_eq!(time.micros(), micros);
        prop_assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        let json = serde_json::to_string(&time).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
        let chrono_time = DateTime::<Utc>::from(time);
        prop_assert_eq!(Timestamp::try_from(chrono_time).unwrap(), time);
        let printed = chrono_time.to_rfc3339_opts(SecondsFormat::Micros, true);
        prop_assert_eq!(time.to_string(), printed);
    }

    #[test]
    fn any_text_is_refused_or_read(text in any::<String>(), number in any::<i64>()) {
        let _ = Timestamp::parse_rfc3339(&text);
        let _ = (Timestamp::from_micros(number), Timestamp::from_unix_secs(number));
        let _ = Timestamp::EPOCH.checked_add_secs(number);
    }
}

#[test]
fn a_time_more_than_a_day_ahead_is_the_one_it_was_heard_at() {
    let at = |secs| Timestamp::from_unix_secs(secs).unwrap();
    let here = at(1_000);
    for near in [at(0), here, at(1_000 + 86_400)] {
        assert_eq!(near.unless_ahead(here), near);
    }
    assert_eq!(at(1_001 + 86_400).unless_ahead(here), here);
    assert_eq!(Timestamp::MAX.unless_ahead(Timestamp::MAX), Timestamp::MAX);
}
