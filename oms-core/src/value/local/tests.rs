use super::*;

fn local(zone: &str, at: &str) -> String {
    let at = Timestamp::parse_rfc3339(at).unwrap();
    let local = TimeZoneName::parse(zone).unwrap().local(at).unwrap();
    format!("{} {}", local.date, local.minute)
}

#[test]
fn zones_follow_their_rules_through_the_year() {
    assert_eq!(local("UTC", "2026-07-01T22:30:59Z"), "2026-07-01 22:30");
    assert_eq!(local("-03:30", "2026-07-01T02:30:00Z"), "2026-06-30 23:00");
}

fn instant(zone: &str, date: &str, minute: &str) -> String {
    let local = LocalTime {
        date: LocalDate::parse(date).unwrap(),
        minute: MinuteOfDay::parse(minute).unwrap(),
    };
    let instant = TimeZoneName::parse(zone).unwrap().instant(local).unwrap();
    instant.to_string().replace(":00.000000Z", "")
}

#[test]
fn a_local_time_is_a_point_in_time() {
    assert_eq!(instant("UTC", "1970-01-01", "00:00"), "1970-01-01T00:00");
    assert_eq!(instant("UTC", "2026-12-31", "24:00"), "2027-01-01T00:00");
    assert_eq!(instant("-03:30", "2026-06-30", "23:00"), "2026-07-01T02:30");
    let before = LocalTime::utc(Timestamp::EPOCH);
    let zone = TimeZoneName::parse("+01:00").unwrap();
    assert_eq!(zone.instant(before), None, "before 1970");
    let unknown: TimeZoneName = serde_json::from_str("\"Europe/Atlantis\"").unwrap();
    assert_eq!(unknown.instant(before), None);
}

#[cfg(feature = "calendar")]
#[test]
fn a_local_time_that_comes_twice_or_never_is_the_later_one() {
    let berlin = |date, minute| instant("Europe/Berlin", date, minute);
    assert_eq!(berlin("2026-07-01", "10:00"), "2026-07-01T08:00");
    assert_eq!(berlin("2026-12-24", "10:00"), "2026-12-24T09:00");
    assert_eq!(berlin("2026-03-29", "01:59"), "2026-03-29T00:59");
    assert_eq!(berlin("2026-03-29", "02:30"), "2026-03-29T01:30");
    assert_eq!(berlin("2026-03-29", "03:00"), "2026-03-29T01:00");
    assert_eq!(berlin("2026-10-25", "01:59"), "2026-10-24T23:59");
    assert_eq!(berlin("2026-10-25", "02:30"), "2026-10-25T01:30");
    assert_eq!(berlin("2026-10-25", "03:00"), "2026-10-25T02:00");
}

#[cfg(feature = "calendar")]
#[test]
fn zones_of_the_database_change_their_clocks() {
    let berlin = "Europe/Berlin";
    assert_eq!(local(berlin, "2026-07-01T22:30:00Z"), "2026-07-02 00:30");
    assert_eq!(local(berlin, "2026-01-01T22:30:00Z"), "2026-01-01 23:30");
    // The hour that is skipped, and the one that comes twice.
    assert_eq!(local(berlin, "2026-03-29T00:59:00Z"), "2026-03-29 01:59");
    assert_eq!(local(berlin, "2026-03-29T01:00:00Z"), "2026-03-29 03:00");
    assert_eq!(local(berlin, "2026-10-25T00:30:00Z"), "2026-10-25 02:30");
    assert_eq!(local(berlin, "2026-10-25T01:30:00Z"), "2026-10-25 02:30");
    assert_eq!(
        local("Asia/Kolkata", "2026-01-01T00:00:00Z"),
        "2026-01-01 05:30"
    );
    assert_eq!(
        local("America/New_York", "2026-07-01T00:00:00Z"),
        "2026-06-30 20:00"
    );
    assert!(zone_database().starts_with("20"), "{}", zone_database());
}

#[test]
fn a_zone_nobody_knows_is_refused_when_set_and_read_when_stored() {
    let unknown = TimeZoneName::parse("Europe/Atlantis").unwrap_err();
    assert_eq!(unknown.code(), "time_zone_unknown");
    assert!(unknown.to_string().contains(zone_database()), "{unknown}");
    for bad in ["", "Europe Berlin", "Zürich", &"x".repeat(65)] {
        assert_eq!(
            TimeZoneName::parse(bad).unwrap_err().code(),
            "time_zone_malformed"
        );
    }
    for offset in ["+1:00", "+19:00", "+18:01", "+", "+aa:bb"] {
        assert_eq!(
            TimeZoneName::parse(offset).unwrap_err().code(),
            "time_zone_unknown"
        );
    }
    let stored: TimeZoneName = serde_json::from_str("\"Europe/Atlantis\"").unwrap();
    assert!(!stored.is_known());
    assert_eq!(stored.local(Timestamp::EPOCH), None);
    assert!(serde_json::from_str::<TimeZoneName>("\"a b\"").is_err());
}

#[test]
fn dates_and_minutes_print_as_they_are_read() {
    for text in ["1970-01-01", "2028-02-29", "2026-12-31"] {
        let date = LocalDate::parse(text).unwrap();
        assert_eq!(date.to_string(), text);
        assert_eq!(serde_json::to_string(&date).unwrap(), format!("\"{text}\""));
    }
    assert_eq!(LocalDate::parse("2026-11-16").unwrap().weekday(), 0);
    assert_eq!(LocalDate::parse("2026-11-22").unwrap().weekday(), 6);
    for bad in [
        "2026-02-29",
        "2026-13-01",
        "26-01-01",
        "2026-1-1",
        "+2026-1-01",
        "",
    ] {
        assert_eq!(
            LocalDate::parse(bad).unwrap_err().code(),
            "local_date_malformed",
            "{bad}"
        );
    }
    for text in ["00:00", "08:05", "23:59", "24:00"] {
        assert_eq!(MinuteOfDay::parse(text).unwrap().to_string(), text);
    }
    for bad in ["24:01", "8:00", "08:60", "0800", "-1:00", ""] {
        assert_eq!(
            MinuteOfDay::parse(bad).unwrap_err().code(),
            "local_minute_malformed",
            "{bad}"
        );
    }
}
