use super::*;
use crate::hub::{CalendarDraft, HubDraft, Zone};

fn minute(text: &str) -> MinuteOfDay {
    MinuteOfDay::parse(text).unwrap()
}

fn date(text: &str) -> LocalDate {
    LocalDate::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn slot(start: &str, end: &str) -> DeliverySlot {
    DeliverySlot::new(minute(start), minute(end), Units::new(5).unwrap())
}

fn day(slots: &[(&str, DeliverySlot)]) -> SlotDay {
    let mut day = SlotDay::new(HubId::parse("north").unwrap(), date("2026-12-24"));
    for (id, slot) in slots {
        day.slots.insert(SlotId::parse(id).unwrap(), slot.clone());
    }
    day
}

fn hub(time_zone: Option<&str>) -> Hub {
    let calendar = time_zone.map(|time_zone| CalendarDraft {
        time_zone: time_zone.to_owned(),
        ..CalendarDraft::default()
    });
    let draft = HubDraft {
        id: "north".to_owned(),
        calendar,
        ..HubDraft::default()
    };
    draft.parse(&ZoneBook::default()).unwrap()
}

/// Field and code of what is wrong with a day.
fn wrong(slots: &[(&str, DeliverySlot)]) -> Option<(String, &'static str)> {
    let error = day(slots).check(&ZoneBook::default()).err()?;
    Some((error.field.clone(), error.code()))
}

#[test]
fn each_field_of_a_slot_is_checked_and_named() {
    let good = slot("08:00", "10:00");
    let with = |change: fn(&mut DeliverySlot)| {
        let mut slot = good.clone();
        change(&mut slot);
        wrong(&[("m", slot)])
    };
    let is = |field: &str, code| Some((format!("slots.m.{field}"), code));
    assert_eq!(with(|_| {}), None);
    assert_eq!(with(|slot| slot.end = slot.start), is("end", "hub_hours"));
    assert_eq!(
        with(|slot| slot.start = minute("11:00")),
        is("end", "hub_hours")
    );
    let none = with(|slot| slot.capacity = Units::ZERO);
    assert_eq!(none, is("capacity", "hub_no_capacity"));
    let zone = with(|slot| slot.zone = ZoneId::parse("moon").ok());
    assert_eq!(zone, is("zone", "hub_unknown_zone"));
    // At the end is not after it, and a day before every minute is early enough.
    assert_eq!(with(|slot| slot.cut_off.at = minute("10:00")), None);
    let late = with(|slot| slot.cut_off.at = minute("10:01"));
    assert_eq!(late, is("cut_off.at", "hub_late_cut_off"));
    let (days_before, at) = (1, minute("23:00"));
    let mut early = good.clone();
    early.cut_off = CutOff { days_before, at };
    assert_eq!(wrong(&[("m", early)]), None);
    let far = with(|slot| slot.cut_off.days_before = 367);
    assert_eq!(far, is("cut_off.days_before", "hub_too_many"));
}

#[test]
fn slots_may_overlap_but_not_be_the_same_twice() {
    let overlapping = [("a", slot("08:00", "10:00")), ("b", slot("09:00", "11:00"))];
    assert_eq!(wrong(&overlapping), None);
    let twice = [("a", slot("08:00", "10:00")), ("b", slot("08:00", "10:00"))];
    let found = wrong(&twice);
    assert_eq!(found, Some(("slots.b".to_owned(), "hub_slot_twice")));
    let mut express = slot("08:00", "10:00");
    express.kind = SlotKind::Express;
    assert_eq!(
        wrong(&[("a", slot("08:00", "10:00")), ("b", express)]),
        None
    );
    let ids: Vec<String> = (0..=limits::SLOTS_PER_DAY_MAX)
        .map(|n| n.to_string())
        .collect();
    let many: Vec<_> = ids
        .iter()
        .map(|id| (id.as_str(), slot("08:00", "10:00")))
        .collect();
    let found = wrong(&many);
    assert_eq!(found, Some(("slots".to_owned(), "hub_too_many")));
}

#[test]
fn the_cut_off_is_by_the_clock_of_the_hub() {
    let mut slot = slot("08:00", "10:00");
    slot.cut_off = CutOff {
        days_before: 1,
        at: minute("18:00"),
    };
    let ask = |hub: &Hub, now| slot.check_bookable(date("2026-12-24"), hub, None, at(now));
    let utc = hub(None);
    assert_eq!(ask(&utc, "2026-12-23T17:59:59Z"), Ok(()));
    let until = LocalTime {
        date: date("2026-12-23"),
        minute: minute("18:00"),
    };
    let late = Err(SlotProblem::PastCutOff { until });
    assert_eq!(ask(&utc, "2026-12-23T18:00:00Z"), late);
    assert_eq!(ask(&utc, "2026-12-25T00:00:00Z"), late);
    // An hour ahead of UTC in winter, two in summer.
    let berlin = hub(Some("+01:00"));
    assert_eq!(ask(&berlin, "2026-12-23T16:59:59Z"), Ok(()));
    assert_eq!(ask(&berlin, "2026-12-23T17:00:00Z"), late);
    let mut unknown = hub(Some("UTC"));
    if let Some(calendar) = &mut unknown.calendar {
        calendar.time_zone = "Mars/Olympus".parse().unwrap();
    }
    let nobody_knows = Err(SlotProblem::TimeZoneUnknown);
    assert_eq!(ask(&unknown, "2026-12-01T00:00:00Z"), nobody_knows);
}

#[cfg(feature = "calendar")]
#[test]
fn the_cut_off_follows_summer_time() {
    let hub = hub(Some("Europe/Berlin"));
    let slot = slot("08:00", "10:00");
    let ask = |day, now| slot.check_bookable(date(day), &hub, None, at(now)).is_ok();
    assert!(ask("2026-12-24", "2026-12-24T06:59:00Z"));
    assert!(!ask("2026-12-24", "2026-12-24T07:00:00Z"));
    assert!(ask("2026-07-24", "2026-07-24T05:59:00Z"));
    assert!(!ask("2026-07-24", "2026-07-24T06:00:00Z"));
    // On the morning clocks go forward it is summer already.
    assert!(!ask("2026-03-29", "2026-03-29T06:00:00Z"));
    // A minute that comes twice is the cut-off the first time, and stays over.
    let mut night = self::slot("03:00", "05:00");
    night.cut_off.at = minute("02:30");
    let now = ["00:29", "00:30", "01:29", "01:30"].map(|now| format!("2026-10-25T{now}:00Z"));
    let asked = now.map(|now| night.check_bookable(date("2026-10-25"), &hub, None, at(&now)));
    assert_eq!(
        asked.map(|asked| asked.is_ok()),
        [true, false, false, false]
    );
    // One that never comes is over with the jump.
    let now = ["00:59", "01:00", "01:29"].map(|now| format!("2026-03-29T{now}:00Z"));
    let asked = now.map(|now| night.check_bookable(date("2026-03-29"), &hub, None, at(&now)));
    assert_eq!(asked.map(|asked| asked.is_ok()), [true, false, false]);
}

#[cfg(feature = "calendar")]
#[test]
fn a_slot_never_lasts_less_than_nothing() {
    let hub = hub(Some("Europe/Berlin"));
    let lasts = |day, start, end| {
        let at = |of| {
            let (date, minute) = (date(day), minute(of));
            hub.instant(LocalTime { date, minute }).unwrap().unix_secs()
        };
        (at(end) - at(start)) / 60
    };
    // Into the hour that is skipped, within it, out of it, over it.
    assert_eq!(lasts("2026-03-29", "01:30", "02:30"), 30);
    assert_eq!(lasts("2026-03-29", "02:15", "02:45"), 0);
    assert_eq!(lasts("2026-03-29", "02:30", "03:15"), 15);
    assert_eq!(lasts("2026-03-29", "01:30", "03:30"), 60);
    // The same of the hour that comes twice.
    assert_eq!(lasts("2026-10-25", "01:30", "02:30"), 60);
    assert_eq!(lasts("2026-10-25", "02:15", "02:45"), 30);
    assert_eq!(lasts("2026-10-25", "02:30", "03:15"), 105);
    assert_eq!(lasts("2026-10-25", "00:00", "24:00"), 25 * 60);
}

#[test]
fn a_slot_for_a_zone_is_for_places_in_it() {
    let berlin = ZoneId::parse("berlin").unwrap();
    let mut zones = ZoneBook::default();
    zones.put(berlin.clone(), Zone::default()).unwrap();
    let mut slot = slot("08:00", "10:00");
    slot.zone = Some(berlin.clone());
    assert_eq!(day(&[("m", slot.clone())]).check(&zones), Ok(()));
    let ask = |place: Option<&Destination>| {
        let now = at("2026-12-20T00:00:00Z");
        slot.check_bookable(date("2026-12-24"), &hub(None), place, now)
    };
    let inside = Destination {
        zones: [berlin.clone()].into(),
        ..Destination::default()
    };
    assert_eq!(ask(Some(&inside)), Ok(()));
    let outside = Err(SlotProblem::OutsideZone { zone: berlin });
    assert_eq!(ask(Some(&Destination::default())), outside);
    assert_eq!(ask(None), outside);
}
