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
fn a_local_time_that_comes_twice_is_the_first_and_one_that_never_comes_the_jump() {
    let berlin = |date, minute| instant("Europe/Berlin", date, minute);
    assert_eq!(berlin("2026-07-01", "10:00"), "2026-07-01T08:00");
    assert_eq!(berlin("2026-12-24", "10:00"), "2026-12-24T09:00");
    assert_eq!(berlin("2026-03-29", "01:59"), "2026-03-29T00:59");
    assert_eq!(berlin("2026-03-29", "02:00"), "2026-03-29T01:00");
    assert_eq!(berlin("2026-03-29", "02:30"), "2026-03-29T01:00");
    assert_eq!(berlin("2026-03-29", "03:00"), "2026-03-29T01:00");
    assert_eq!(berlin("2026-10-25", "01:59"), "2026-10-24T23:59");
    assert_eq!(berlin("2026-10-25", "02:30"), "2026-10-25T00:30");
    assert_eq!(berlin("2026-10-25", "03:00"), "2026-10-25T02:00");
    // A day that a place left out is over as it begins.
    let apia = |date, minute| instant("Pacific/Apia", date, minute);
    assert_eq!(apia("2011-12-29", "23:59"), "2011-12-30T09:59");
    assert_eq!(apia("2011-12-30", "08:00"), "2011-12-30T10:00");
    assert_eq!(apia("2011-12-31", "00:00"), "2011-12-30T10:00");
}

#[cfg(feature = "calendar")]
#[test]
fn clocks_that_are_set_back_stand_still_until_they_come_to_what_is_new() {
    let reached = |zone: &str, at: &str| {
        let at = Timestamp::parse_rfc3339(at).unwrap();
        let local = TimeZoneName::parse(zone).unwrap().reached(at).unwrap();
        local.to_string()
    };
    let berlin = |at| reached("Europe/Berlin", at);
    assert_eq!(berlin("2026-10-25T00:30:00Z"), "2026-10-25 02:30");
    assert_eq!(berlin("2026-10-25T00:59:59Z"), "2026-10-25 02:59");
    assert_eq!(berlin("2026-10-25T01:00:00Z"), "2026-10-25 02:59");
    assert_eq!(berlin("2026-10-25T01:59:59Z"), "2026-10-25 02:59");
    assert_eq!(berlin("2026-10-25T02:00:00Z"), "2026-10-25 03:00");
    assert_eq!(berlin("2026-10-25T22:59:59Z"), "2026-10-25 23:59");
    assert_eq!(berlin("2026-03-29T01:00:00Z"), "2026-03-29 03:00");
    assert_eq!(reached("UTC", "1970-01-01T00:00:00Z"), "1970-01-01 00:00");
    // There clocks were set back a minute after midnight, so a day came back for an hour.
    let there = "America/St_Johns";
    assert_eq!(local(there, "2010-11-07T02:40:00Z"), "2010-11-06 23:10");
    assert_eq!(reached(there, "2010-11-07T02:40:00Z"), "2010-11-07 00:00");
}

#[cfg(feature = "calendar")]
#[test]
fn local_times_and_points_in_time_rise_together() {
    let days = [
        ("Europe/Berlin", "2026-03-29", "2026-03-28T20:00:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T20:00:00Z"),
        // By half an hour, and at midnight.
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T12:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T12:00:00Z"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T20:00:00Z"),
        ("Africa/Cairo", "2026-10-29", "2026-10-29T18:00:00Z"),
    ];
    for (zone, date, from) in days {
        let zone = TimeZoneName::parse(zone).unwrap();
        let date = LocalDate::parse(date).unwrap();
        let from = Timestamp::parse_rfc3339(from).unwrap();
        let now = |minutes| from.checked_add_secs(minutes * SECS_PER_MINUTE).unwrap();
        let mut last = Timestamp::EPOCH;
        for minute in 0..=MINUTES_PER_DAY {
            let minute = MinuteOfDay(minute);
            let wanted = LocalTime { date, minute };
            let at = zone.instant(wanted).unwrap();
            assert!(last <= at, "{zone} {wanted}");
            last = at;
        }
        for minutes in 0..36 * 60 {
            let reached = zone.reached(now(minutes)).unwrap();
            assert!(
                zone.local(now(minutes)).unwrap() <= reached,
                "{zone} {reached}"
            );
            assert!(
                zone.reached(now(minutes + 1)).unwrap() >= reached,
                "{zone} {reached}"
            );
            // What the clock came to is in the past, and what it did not is not.
            assert!(
                zone.instant(reached).unwrap() <= now(minutes),
                "{zone} {reached}"
            );
            let wanted = LocalTime {
                date,
                minute: MinuteOfDay::parse("02:30").unwrap(),
            };
            let over = zone.instant(wanted).unwrap() <= now(minutes);
            assert_eq!(over, reached >= wanted, "{zone} {reached}");
        }
    }
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
    for text in [
        "0000-01-01",
        "1970-01-01",
        "2028-02-29",
        "2026-12-31",
        "9999-12-31",
    ] {
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
        "-2026-1-01",
        "-123-01-01",
        "-0000-1-01",
        "2026-1--01",
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
