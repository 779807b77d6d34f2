//! What is written to disk: one of each event, word for word. What an earlier release stored, this
//! one reads.

use super::fixtures::*;
use crate::order::{
    Charge, ChargeKind, Claim, HoldReason, OrderCommand, OrderDraft, OrderEvent, PaymentMethod,
    ShipParcel, Stage, Tracking, claim_changes,
};
use crate::value::{
    AttributeKey, AttributeValue, Link, LocalDate, Name, Note, StageId, Tag, Title,
};

const GOLDEN: &str = include_str!("golden/events.jsonl");

fn draft_with_everything() -> OrderDraft {
    let mut draft = draft(&[(3, "10.00"), (1, "2.50")]);
    draft.lines[0].title = Title::parse("Tea, loose").ok();
    draft.lines[0].channel_item = Some(external("item-1"));
    draft.lines[0].discount = eur("1.00");
    draft.lines[0].tax = eur("4.64");
    draft.external = vec![crate::order::ExternalReference {
        kind: external("order"),
        id: external("727"),
    }];
    draft.customer = Some(customer(3));
    draft.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: Title::parse("Parcel").ok(),
        amount: eur("4.00"),
        tax: eur("0.64"),
    }];
    draft.discount = eur("0.50");
    draft.order_tax = Some(eur("5.28"));
    draft.stated_total = Some(eur("40.28"));
    draft.payment.captured = eur("40.28");
    draft.payment.references = vec![external("tx-1")];
    draft.ordered_at = Some(at(-60));
    draft.promised_by = Some(at(86_400));
    draft.tags = [Tag::parse("gift").unwrap()].into();
    draft.notes = vec![Note::parse("ring twice").unwrap()];
    draft.attributes = [(
        AttributeKey::parse("erp.id").unwrap(),
        AttributeValue::parse("A-7").unwrap(),
    )]
    .into();
    draft
}

fn tracking() -> Tracking {
    Tracking {
        carrier: Name::parse("Post").ok(),
        service: Name::parse("Express").ok(),
        number: Some(external("1Z")),
        url: Link::parse("https://example.org/1Z").ok(),
    }
}

/// A life in which everything happens that can happen.
fn eventful() -> Vec<OrderEvent> {
    let mut desk = Desk::of(&draft_with_everything());
    desk.workflow.stages = vec![Stage {
        id: StageId::parse("call").unwrap(),
        status: crate::order::OrderStatus::Pending,
    }];
    let stage = StageId::parse("call").unwrap();
    desk.run(&OrderCommand::SetStage { stage: Some(stage) });
    desk.run(&OrderCommand::ChangeCustomer {
        customer: Some(customer(4)),
    });
    desk.run(&OrderCommand::ChangeContacts {
        ship_to: Some(contact(5)),
        bill_to: Some(contact(6)),
    });
    desk.run(&OrderCommand::Tag {
        add: vec![Tag::parse("vip").unwrap()],
        remove: vec![Tag::parse("gift").unwrap()],
    });
    desk.run(&OrderCommand::AddNote {
        text: Note::parse("called").unwrap(),
    });
    desk.run(&OrderCommand::SetAttribute {
        key: AttributeKey::parse("erp.id").unwrap(),
        value: None,
    });
    desk.run(&OrderCommand::RecordPayment {
        entry: authorised("1.00"),
        method: Some(PaymentMethod(Name::parse("card").unwrap())),
        reference: Some(external("pi-1")),
    });
    desk.run(&backorder(&[(1, 1)]));
    desk.run(&allocate_until(&[("A", 1, 3)], 60));
    desk.run(&edit(vec![
        change_quantity(1, 4),
        add(3, 1, "0.0125"),
        remove(2),
    ]));
    desk.run(&allocate_until(&[("A", 1, 1), ("B", 1, 2)], 60));
    desk.run(&expire(&[2]));
    desk.run(&OrderCommand::Hold {
        reason: HoldReason::Other,
        note: Some(reason("look")),
    });
    desk.run(&OrderCommand::release_all());
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(3, &[]));
    desk.run(&pack(3, &[]));
    let parcel = ShipParcel {
        lines: some(&[(1, 1)]),
        tracking: tracking(),
    };
    desk.run(&OrderCommand::Ship {
        fulfillment: work(3),
        parcel,
    });
    desk.run(&track(1, "2Z"));
    desk.run(&deliver(1));
    desk.run(&send_back(3, &[]));
    desk.run(&cancel_rest());
    let mut other = Desk::new(&[(1, "1.00")]);
    other.run(&allocate(&[("A", 1, 1)]));
    other.run(&cancel());
    let mut moved = Desk::new(&[(1, "1.00")]);
    moved.run(&allocate(&[("A", 1, 1)]));
    moved.run(&withdraw(1, &[]));
    let dated = OrderEvent::Allocated {
        fulfillment: work(2),
        hub: hub("B"),
        claim: Claim::Confirmed,
        lines: some(&[(1, 1)]),
        day: LocalDate::parse("2026-11-21").ok(),
    };
    let moved = moved.events.into_iter().skip(2).chain([dated]);
    let mut booked = Desk::new(&[(1, "1.00")]);
    booked.run(&book_slot(Some("noon")));
    booked.run(&book_slot(None));
    let moved = moved.chain(booked.events.into_iter().skip(1));
    let mut promised = Desk::new(&[(1, "1.00")]);
    promised.run(&pay(authorised("1.00"), None));
    promised.run(&pay(voided("1.00"), Some("pi-1")));
    let moved = moved.chain(promised.events.into_iter().skip(2));
    let mut broken = Desk::approved();
    let picked = broken.events.len() + 1;
    broken.run(&pick(1, &[]));
    broken.run(&unpick(1, &[(2, 1)]));
    broken.run(&put_back(1, &[(1, 1)]));
    let moved = moved.chain(broken.events.into_iter().skip(picked));
    let mut lost = Desk::shipped();
    let sent = lost.events.len();
    lost.run(&fail(1));
    let moved = moved.chain(lost.events.into_iter().skip(sent));
    let mut late = Desk::new(&[(1, "1.00")]);
    late.run(&OrderCommand::Promise {
        by: Some(at(86_400)),
    });
    late.run(&OrderCommand::Promise { by: None });
    let moved = moved.chain(late.events.into_iter().skip(1));
    let all = desk.events.into_iter().chain(other.events);
    all.chain(moved).chain(kept()).collect()
}

/// A seller keeps a part of what was paid too much, and gives it up.
fn kept() -> impl Iterator<Item = OrderEvent> {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&pay(captured("2.00"), None));
    desk.run(&pay(retained("1.00"), Some("fee-1")));
    desk.run(&pay(retained("-1.00"), None));
    desk.events.into_iter().skip(2)
}

#[test]
fn every_kind_of_event_is_stored_as_it_always_was() {
    let events = eventful();
    let lines: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap())
        .collect();
    let golden: Vec<&str> = GOLDEN.lines().collect();
    for (line, expected) in lines.iter().zip(&golden) {
        assert_eq!(line, expected);
    }
    assert_eq!(lines.len(), golden.len());
    let read: Vec<OrderEvent> = golden
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, events);
}

#[test]
fn the_golden_events_are_of_every_kind() {
    let mut kinds: Vec<String> = GOLDEN
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|event| event["event"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 31, "{kinds:?}");
    for event in eventful() {
        let stored = serde_json::to_value(&event).unwrap();
        let name = format!("order.{}", stored["event"].as_str().unwrap());
        assert_eq!(event.name(), name);
    }
}

#[test]
fn events_that_do_not_say_which_units_are_read_as_they_always_were() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[(1, 1)]));
    let withdrawn = withdraw(1, &[]);
    let events = desk.ask(&withdrawn).unwrap();
    let old: OrderEvent = serde_json::from_str(r#"{"event":"withdrawn","fulfillment":1}"#).unwrap();
    let mut before = desk.order.clone();
    assert_eq!(
        claim_changes(&before, &old),
        claim_changes(&before, &events[0])
    );
    crate::order::evolve(&mut before, &old);
    desk.run(&withdrawn);
    assert_eq!(before, desk.order, "{events:?}");
    for old in [
        r#"{"event":"confirmed","fulfillment":3}"#,
        r#"{"event":"expired","fulfillment":2,"at":"2027-01-15T08:00:01.000000Z"}"#,
    ] {
        let event: OrderEvent = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), old);
    }
}

#[test]
fn what_was_written_at_more_length_is_read() {
    let placed = GOLDEN.lines().next().unwrap();
    let long = placed
        .replace(r#""sku":"SKU-1""#, r#""sku":{"known":"SKU-1"}"#)
        .replace(r#""placed_at""#, r#""fulfillments_made":0,"placed_at""#);
    assert_eq!(long.len(), placed.len() + 32);
    let read = |json: &str| serde_json::from_str::<OrderEvent>(json).unwrap();
    assert_eq!(read(&long), read(placed));
    let sku = |json: &str| serde_json::from_str::<crate::order::LineSku>(json);
    for unknown in [r#"{"unknown":"T?"}"#, r#"{"unknown":null}"#] {
        let read = sku(unknown).unwrap();
        assert_eq!(read.known(), None);
        assert_eq!(serde_json::to_string(&read).unwrap(), unknown);
    }
    for (bad, why) in [
        (r#"" T""#, "must have no whitespace but single inner spaces"),
        (r#""""#, "must not be empty"),
        (r#"{"known":""}"#, "must not be empty"),
        (r#"{"other":"T"}"#, "unknown variant `other`"),
        (r#"{"unknown":"T","known":"T"}"#, ""),
        ("{}", "invalid type: map"),
        ("null", r#"expected a SKU or {"unknown": "what was sent"}"#),
    ] {
        let told = sku(bad).unwrap_err().to_string();
        assert!(told.contains(why), "{bad}: {told}");
    }
}

#[test]
fn absent_fields_have_their_defaults() {
    let cut = r#"{"line":1,"fulfillment":{"id":2,"picked":3}}"#;
    let cut: crate::order::Cut = serde_json::from_str(cut).unwrap();
    let part = cut.fulfillment.unwrap();
    assert_eq!(
        (cut.open, part.reserved, part.picked),
        (units(0), units(0), units(3))
    );
    assert_eq!(cut.units(), units(3));
    let asked = r#"{"command":"withdraw","fulfillment":1}"#;
    let command: OrderCommand = serde_json::from_str(asked).unwrap();
    assert_eq!(command, withdraw(1, &[]));
    assert_eq!(serde_json::to_string(&command).unwrap(), asked);
    let claim = serde_json::to_string(&Claim::Confirmed).unwrap();
    assert_eq!(claim, r#"{"kind":"confirmed"}"#);
}
