#![allow(clippy::unwrap_used)]

use super::*;
use crate::hub::{AreaVerdict, Destination, Opening, ServedBy, Zone};
use crate::value::{Address, Timestamp};

fn book() -> ZoneBook {
    let mut book = ZoneBook::default();
    let north = Zone {
        postal_prefixes: [PostalCode::parse("2").unwrap()].into(),
        ..Zone::default()
    };
    book.put(ZoneId::parse("north").unwrap(), north).unwrap();
    book
}

fn full() -> HubDraft {
    HubDraft {
        id: "berlin".to_owned(),
        name: Some("Berlin".to_owned()),
        priority: Some(3),
        external: true,
        latitude: Some("52.52".to_owned()),
        longitude: Some("13.405".to_owned()),
        countries: vec!["DE".to_owned()],
        postal_codes: ["14195", "10*", "12043-12059"].map(str::to_owned).into(),
        zones: vec!["north".to_owned()],
        radius_m: Some(30_000),
        daily_capacity: Some(400),
        calendar: Some(CalendarDraft {
            time_zone: "+01:00".to_owned(),
            week: [("mon", "13:00-17:00 08:00-12:00"), ("tue", "00:00-24:00")]
                .map(|(day, hours)| (day.to_owned(), hours.to_owned()))
                .into(),
            exceptions: vec![("2026-11-23".to_owned(), String::new())],
            cut_off: Some("15:30".to_owned()),
        }),
        handling_cost: Some("1.20 EUR".to_owned()),
        on_time: Some("0.97".to_owned()),
        accurate: Some("1".to_owned()),
        ..HubDraft::default()
    }
}

#[test]
fn a_whole_draft_becomes_a_hub_that_is_stored_and_read_back() {
    let hub = full().parse(&book()).unwrap();
    assert_eq!((hub.priority, hub.kind), (3, HubKind::External));
    assert_eq!(hub.daily_capacity, Some(Units::new(400).unwrap()));
    assert_eq!(hub.performance.millionths(), Some(985_000));
    assert_eq!(hub.area.radius.map(Radius::metres), Some(30_000));
    let json = serde_json::to_string(&hub).unwrap();
    assert_eq!(serde_json::from_str::<Hub>(&json).unwrap(), hub);
    let plain = HubDraft {
        id: "x".to_owned(),
        ..HubDraft::default()
    };
    let plain = plain.parse(&book()).unwrap();
    assert_eq!(plain, Hub::new(plain.id.clone(), Name::parse("x").unwrap()));
    assert_eq!(HubPerformance::default().millionths(), None);
}

/// One change of the full draft, and the field and code it must be refused with.
type Wrong = (fn(&mut HubDraft), &'static str, &'static str);

fn week(draft: &mut HubDraft, day: &str, hours: &str) {
    let calendar = draft.calendar.as_mut().unwrap();
    calendar.week.insert(day.to_owned(), hours.to_owned());
}

#[test]
fn bad_input_is_refused_with_its_field() {
    let wrong: &[Wrong] = &[
        (|d| d.id.clear(), "id", "id_empty"),
        (|d| d.name = Some(" ".into()), "name", "text_empty"),
        (
            |d| d.latitude = Some("90.1".into()),
            "latitude",
            "geo_latitude",
        ),
        (
            |d| d.longitude = Some("-180.1".into()),
            "longitude",
            "geo_longitude",
        ),
        (
            |d| d.longitude = Some("NaN".into()),
            "longitude",
            "geo_longitude",
        ),
        (|d| d.longitude = None, "latitude", "hub_field_alone"),
        (|d| d.latitude = None, "longitude", "hub_field_alone"),
        (
            |d| d.countries.push("Germany".into()),
            "area.countries",
            "country_code_malformed",
        ),
        (
            |d| d.postal_codes.push("*".into()),
            "area.postal_codes",
            "text_empty",
        ),
        (
            |d| d.postal_codes.push("20-10".into()),
            "area.postal_codes",
            "hub_postal_range",
        ),
        (
            |d| d.postal_codes.push("10-19".into()),
            "area.postal_codes",
            "hub_postal_range_of_beginnings",
        ),
        (
            |d| d.postal_codes.push("1-0-1-9".into()),
            "area.postal_codes",
            "hub_postal_range_of_beginnings",
        ),
        (
            |d| d.zones.push("south".into()),
            "area.zones",
            "hub_unknown_zone",
        ),
        (|d| d.radius_m = Some(0), "area.radius", "hub_radius"),
        (|d| d.radius_m = Some(-5), "area.radius", "hub_radius"),
        (
            |d| (d.latitude, d.longitude) = (None, None),
            "area.radius",
            "hub_radius_without_location",
        ),
        (
            |d| d.daily_capacity = Some(-1),
            "daily_capacity",
            "quantity_negative",
        ),
        (
            |d| d.daily_capacity = Some(i64::MAX),
            "daily_capacity",
            "quantity_too_large",
        ),
        (
            |d| d.handling_cost = Some("-1.00 EUR".into()),
            "handling_cost",
            "hub_negative",
        ),
        (
            |d| d.handling_cost = Some("1.00".into()),
            "handling_cost",
            "currency_malformed",
        ),
        (
            |d| d.on_time = Some("1.1".into()),
            "performance.on_time",
            "rate_out_of_range",
        ),
        (
            |d| d.accurate = Some("NaN".into()),
            "performance.accurate",
            "rate_not_a_number",
        ),
        (
            |d| d.fulfilled = Some("-0.1".into()),
            "performance.fulfilled",
            "rate_out_of_range",
        ),
        (
            |d| d.calendar.as_mut().unwrap().time_zone = "Mars/Base".into(),
            "calendar.time_zone",
            "time_zone_unknown",
        ),
        (
            |d| week(d, "mon", "08:00-12:00 11:59-17:00"),
            "calendar.week.mon",
            "hub_hours_overlap",
        ),
        (
            |d| week(d, "mon", "12:00-08:00"),
            "calendar.week.mon",
            "hub_hours",
        ),
        (
            |d| week(d, "mon", "12:00-12:00"),
            "calendar.week.mon",
            "hub_hours",
        ),
        (
            |d| week(d, "mon", "noon"),
            "calendar.week.mon",
            "local_minute_malformed",
        ),
        (
            |d| week(d, "monday", "08:00-12:00"),
            "calendar.week.monday",
            "local_date_malformed",
        ),
        (
            |d| {
                d.calendar
                    .as_mut()
                    .unwrap()
                    .exceptions
                    .push(("2026-11-23".into(), String::new()))
            },
            "calendar.exceptions",
            "hub_date_twice",
        ),
        (
            |d| {
                d.calendar
                    .as_mut()
                    .unwrap()
                    .exceptions
                    .push(("24.12.".into(), String::new()))
            },
            "calendar.exceptions",
            "local_date_malformed",
        ),
        (
            |d| d.calendar.as_mut().unwrap().cut_off = Some("25:00".into()),
            "calendar.cut_off",
            "local_minute_malformed",
        ),
        (
            |d| d.postal_codes = (0..10_001).map(|n| format!("{n:05}")).collect(),
            "area",
            "hub_too_many",
        ),
    ];
    for (at, (spoil, field, code)) in wrong.iter().enumerate() {
        let mut draft = full();
        spoil(&mut draft);
        let error = draft.parse(&book()).unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.code()),
            (*field, *code),
            "case {at}: {error}"
        );
        assert!(error.to_string().starts_with(field), "{error}");
    }
}

#[test]
fn what_a_draft_cannot_say_is_checked_when_a_hub_is_set() {
    let mut hub = full().parse(&book()).unwrap();
    hub.calendar.as_mut().unwrap().time_zone = "Mars/Base".parse().unwrap();
    assert_eq!(hub.check(&book()).unwrap_err().field, "calendar.time_zone");
    let mut hub = full().parse(&book()).unwrap();
    let day = |n: u32| LocalDate::parse(&format!("{:04}-01-01", 2_000 + n)).unwrap();
    let closed = (0..1_001).map(|n| (day(n), DayHours::default()));
    hub.calendar.as_mut().unwrap().exceptions = closed.collect();
    assert_eq!(hub.check(&book()).unwrap_err().field, "calendar.exceptions");
    let hub = full().parse(&book()).unwrap();
    assert_eq!(
        hub.check(&ZoneBook::default()).unwrap_err().field,
        "area.zones"
    );
    let mut book = ZoneBook::default();
    let codes = (0..10_001).map(|n| PostalCode::parse(&format!("{n:05}")).unwrap());
    let huge = Zone {
        postal_codes: codes.collect(),
        ..Zone::default()
    };
    let error = book.put(ZoneId::parse("all").unwrap(), huge).unwrap_err();
    assert_eq!(
        (error.field.as_str(), error.code()),
        ("zones.all", "hub_too_many")
    );
}

#[test]
fn the_rules_of_an_area_are_alternatives_inside_its_countries() {
    let hub = full().parse(&book()).unwrap();
    let verdict = |country: &str, code: &str, at: Option<&str>| {
        let address = Address {
            country: CountryCode::parse(country).ok(),
            postal_code: PostalCode::parse(code).ok(),
            ..Address::default()
        };
        let mut place = Destination::from(&address);
        place.zones = book().zones_of(&address);
        place.location = at.map(|at| at.parse().unwrap());
        hub.area.verdict(Some(&place), hub.location)
    };
    let served = AreaVerdict::Served;
    assert_eq!(verdict("DE", "14195", None), served(ServedBy::PostalCode));
    assert_eq!(verdict("DE", "10437", None), served(ServedBy::PostalPrefix));
    assert_eq!(verdict("DE", "12050", None), served(ServedBy::PostalRange));
    assert_eq!(verdict("DE", "22041", None), served(ServedBy::Zone));
    assert_eq!(
        verdict("DE", "15732", Some("52.4,13.5")),
        served(ServedBy::Radius)
    );
    assert_eq!(
        verdict("DE", "15732", Some("52.0,13.5")),
        AreaVerdict::Outside
    );
    assert_eq!(verdict("DE", "15732", None), AreaVerdict::Outside);
    assert_eq!(verdict("DE", "", None), AreaVerdict::Outside);
    assert_eq!(verdict("AT", "10437", None), AreaVerdict::OtherCountry);
    assert_eq!(verdict("", "10437", None), AreaVerdict::OtherCountry);
    assert_eq!(
        hub.area.verdict(None, None),
        served(ServedBy::NoDestination)
    );
    let everywhere = ServiceArea::default();
    let nowhere = Destination::default();
    assert_eq!(
        everywhere.verdict(Some(&nowhere), None),
        served(ServedBy::Everywhere)
    );
}

#[test]
fn a_calendar_knows_holidays_breaks_and_the_cut_off() {
    let calendar = full().parse(&book()).unwrap().calendar.unwrap();
    let opening =
        |at: &str| calendar.opening(Timestamp::parse_rfc3339(&format!("{at}:00+01:00")).unwrap());
    assert_eq!(opening("2026-11-16T07:59"), Opening::OpensLater);
    assert_eq!(opening("2026-11-16T08:00"), Opening::Open);
    assert_eq!(opening("2026-11-16T12:00"), Opening::OpensLater);
    assert_eq!(opening("2026-11-16T15:29"), Opening::Open);
    assert_eq!(opening("2026-11-16T15:30"), Opening::AfterCutOff);
    assert_eq!(opening("2026-11-17T00:00"), Opening::Open);
    assert_eq!(opening("2026-11-18T10:00"), Opening::ClosedToday);
    assert_eq!(opening("2026-11-23T10:00"), Opening::ClosedToday);
    assert_eq!(opening("2026-11-30T10:00"), Opening::Open);
    let mut no_cut_off = calendar.clone();
    no_cut_off.cut_off = None;
    let late = Timestamp::parse_rfc3339("2026-11-16T17:00:00+01:00").unwrap();
    assert_eq!(no_cut_off.opening(late), Opening::ClosedForToday);
    no_cut_off.time_zone = "Mars/Base".parse().unwrap();
    assert_eq!(no_cut_off.opening(late), Opening::ZoneUnknown);
}

#[cfg(feature = "calendar")]
#[test]
fn hours_that_are_over_stay_over_when_clocks_are_set_back() {
    let zone = TimeZoneName::parse("Europe/Berlin").unwrap();
    let mut calendar = OpeningCalendar::new(zone);
    calendar.week.sun = DayHours::parse("00:00-02:30 02:45-05:00").unwrap();
    let times = ["00:29", "00:30", "00:45", "01:00", "01:40", "02:00"];
    let asked = |calendar: &OpeningCalendar| {
        times.map(|at| {
            let at = format!("2026-10-25T{at}:00Z");
            calendar.opening(Timestamp::parse_rfc3339(&at).unwrap())
        })
    };
    let (open, later, over) = (Opening::Open, Opening::OpensLater, Opening::AfterCutOff);
    assert_eq!(asked(&calendar), [open, later, open, open, open, open]);
    calendar.cut_off = MinuteOfDay::parse("02:15").ok();
    assert_eq!(asked(&calendar), [over; 6]);
    calendar.cut_off = MinuteOfDay::parse("02:50").ok();
    assert_eq!(asked(&calendar), [open, later, open, over, over, over]);
}
