#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::order::BookedSlot;
use crate::value::{FulfillmentId, MinuteOfDay, OrderId, SlotKind};

fn order() -> DocumentKey {
    DocumentKey::Order(OrderId::from_uuid(uuid::Uuid::nil()))
}

fn work() -> DocumentKey {
    DocumentKey::Fulfillment(OrderId::from_uuid(uuid::Uuid::nil()), FulfillmentId::FIRST)
}

fn slot() -> SlotKey {
    SlotKey {
        hub: "north".parse().unwrap(),
        date: LocalDate::parse("2026-12-24").unwrap(),
        slot: "noon".parse().unwrap(),
    }
}

fn taken(document: &DocumentKey, body: &serde_json::Value) -> Option<CounterKey> {
    counter_taken(document, &body.to_string()).unwrap()
}

#[test]
fn work_that_is_not_cancelled_takes_up_the_day_it_is_counted_for() {
    let day = CounterKey::HubDay(slot().hub, slot().date);
    for status in FulfillmentStatus::ALL {
        let body = json!({ "id": 1, "hub": "north", "status": status, "day": "2026-12-24" });
        let expected = (status != FulfillmentStatus::Cancelled).then(|| day.clone());
        assert_eq!(taken(&work(), &body), expected, "{status}");
    }
    for body in [
        json!({ "hub": "north", "status": "approved" }),
        json!({ "hub": "north", "status": "approved", "day": null }),
    ] {
        assert_eq!(taken(&work(), &body), None, "{body}");
    }
}

#[test]
fn an_order_that_is_not_cancelled_takes_up_its_slot() {
    let booked = BookedSlot {
        key: slot(),
        start: MinuteOfDay::parse("08:00").unwrap(),
        end: MinuteOfDay::parse("10:00").unwrap(),
        kind: SlotKind::Express,
        zone: None,
        ends: None,
    };
    for state in OrderState::ALL {
        let body = json!({ "state": state, "slot": booked });
        let expected = (state != OrderState::Cancelled).then(|| CounterKey::Slot(slot()));
        assert_eq!(taken(&order(), &body), expected, "{state:?}");
        assert_eq!(taken(&order(), &json!({ "state": state })), None);
    }
    // A body is looked at for what it is, and other documents not at all.
    let body = json!({ "state": "open", "slot": booked, "hub": "north", "day": "2026-12-24" });
    assert_eq!(taken(&DocumentKey::Settings, &body), None);
    assert_eq!(taken(&DocumentKey::Hub(slot().hub), &body), None);
}

#[test]
fn what_cannot_be_read_is_told_with_its_document() {
    for (document, body) in [
        (work(), r#"{"hub":"north","day":"24.12.2026"}"#),
        (work(), "["),
        (order(), r#"{"slot":{"hub":"north"}}"#),
    ] {
        let error = counter_taken(&document, body).unwrap_err();
        let DecodeError::Corrupt { what, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(what, document.to_string());
    }
}

#[test]
fn counters_are_kept_for_their_time() {
    let kept = |at: &str| counters_kept_from(Timestamp::parse_rfc3339(at).unwrap());
    let first = LocalDate::parse("2026-11-19").ok();
    assert_eq!(kept("2026-12-24T00:00:00Z"), first);
    assert_eq!(kept("2026-12-24T23:59:59.999999Z"), first);
}
