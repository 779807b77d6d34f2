//! Customer, contacts, tags, notes, attributes, stages.

use super::fixtures::*;
use crate::order::{
    CommandKind, HoldReason, OrderCommand, OrderEvent, OrderRejection, OrderStatus, Stage,
};
use crate::value::{AttributeKey, AttributeValue, Note, StageId, Tag, limits};

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn tags(add: &[&str], remove: &[&str]) -> OrderCommand {
    let parse = |names: &[&str]| names.iter().map(|name| tag(name)).collect();
    OrderCommand::Tag {
        add: parse(add),
        remove: parse(remove),
    }
}

fn attribute(name: &str, value: Option<&str>) -> OrderCommand {
    OrderCommand::SetAttribute {
        key: AttributeKey::parse(name).unwrap(),
        value: value.map(|text| AttributeValue::parse(text).unwrap()),
    }
}

fn stage(name: Option<&str>) -> OrderCommand {
    OrderCommand::SetStage {
        stage: name.map(|name| StageId::parse(name).unwrap()),
    }
}

fn contacts(ship_to: Option<u128>, bill_to: Option<u128>) -> OrderCommand {
    OrderCommand::ChangeContacts {
        ship_to: ship_to.map(contact),
        bill_to: bill_to.map(contact),
    }
}

fn buyer(number: Option<u128>) -> OrderCommand {
    OrderCommand::ChangeCustomer {
        customer: number.map(customer),
    }
}

#[test]
fn the_customer_changes_while_no_work_has_begun() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let changed = |old: Option<u128>, new: Option<u128>| OrderEvent::CustomerChanged {
        old: old.map(customer),
        new: new.map(customer),
    };
    assert_eq!(desk.run(&buyer(Some(7))), [changed(None, Some(7))]);
    assert_eq!(desk.run(&buyer(Some(7))), []);
    assert_eq!(desk.run(&buyer(None)), [changed(Some(7), None)]);
    assert_eq!(desk.order.head.customer, None);
}

#[test]
fn an_absent_address_is_left_alone() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let both = desk.names(&contacts(Some(1), Some(2)));
    assert_eq!(both, ["order.ship_to_changed", "order.bill_to_changed"]);
    let one = OrderEvent::ShipToChanged {
        old: Some(contact(1)),
        new: contact(3),
    };
    assert_eq!(desk.run(&contacts(Some(3), None)), [one]);
    let head = &desk.order.head;
    assert_eq!(
        (head.ship_to, head.bill_to),
        (Some(contact(3)), Some(contact(2)))
    );
    assert_eq!(desk.run(&contacts(Some(3), Some(2))), [], "the same rows");
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::ChangeContacts,
    };
    assert_eq!(desk.refusal(&contacts(None, None)), nothing);
}

#[test]
fn people_are_not_changed_once_work_has_begun() {
    let mut desk = Desk::approved();
    desk.run(&buyer(Some(7)));
    desk.run(&contacts(Some(1), None));
    desk.run(&pick(1, &[(1, 1)]));
    let expected = OrderRejection::UpdateNotAllowed {
        status: OrderStatus::Picking,
    };
    assert_eq!(desk.refusal(&buyer(None)), expected);
    assert_eq!(desk.refusal(&contacts(Some(2), None)), expected);
    let closed = Desk::delivered();
    closed.illegal(&buyer(None));
    closed.illegal(&contacts(Some(2), None));
}

#[test]
fn tags_are_added_and_removed() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&tags(&["gift", "fragile", "gift"], &[]));
    let event = OrderEvent::Tagged {
        added: [tag("vip")].into(),
        removed: [tag("gift")].into(),
    };
    assert_eq!(
        desk.run(&tags(&["vip", "fragile"], &["gift", "absent"])),
        [event]
    );
    assert_eq!(desk.order.head.tags, [tag("fragile"), tag("vip")].into());
    assert_eq!(desk.run(&tags(&["vip"], &["absent"])), []);
    assert_eq!(
        desk.run(&tags(&["vip"], &["vip"])),
        [],
        "named in both, there afterwards"
    );
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::Tag,
    };
    assert_eq!(desk.refusal(&tags(&[], &[])), nothing);
}

#[test]
fn tags_are_limited() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let names: Vec<String> = (0..limits::TAGS_MAX)
        .map(|number| format!("t-{number}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    desk.run(&tags(&names, &[]));
    let expected = OrderRejection::TooMany {
        field: "tags".to_owned(),
        found: limits::TAGS_MAX + 1,
        max: limits::TAGS_MAX,
    };
    assert_eq!(desk.refusal(&tags(&["more"], &[])), expected);
    desk.run(&tags(&["more"], &["t-0"]));
}

#[test]
fn notes_are_kept_oldest_first_and_limited() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let note = |text: &str| OrderCommand::AddNote {
        text: Note::parse(text).unwrap(),
    };
    desk.now = at(3);
    desk.run(&note("first"));
    desk.now = at(4);
    desk.run(&note("second"));
    let notes: Vec<_> = desk
        .order
        .head
        .notes
        .iter()
        .map(|note| (note.at, note.text.to_string()))
        .collect();
    assert_eq!(
        notes,
        [(at(3), "first".to_owned()), (at(4), "second".to_owned())]
    );
    for _ in 2..limits::NOTES_MAX {
        desk.run(&note("again"));
    }
    let expected = OrderRejection::TooMany {
        field: "notes".to_owned(),
        found: limits::NOTES_MAX + 1,
        max: limits::NOTES_MAX,
    };
    assert_eq!(desk.refusal(&note("one more")), expected);
}

#[test]
fn attributes_are_set_and_cleared() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    assert_eq!(desk.run(&attribute("erp.id", None)), [], "nothing to clear");
    desk.run(&attribute("erp.id", Some("7")));
    assert_eq!(desk.run(&attribute("erp.id", Some("7"))), []);
    let event = OrderEvent::AttributeSet {
        key: AttributeKey::parse("erp.id").unwrap(),
        old: Some(AttributeValue::parse("7").unwrap()),
        new: Some(AttributeValue::parse("8").unwrap()),
    };
    assert_eq!(desk.run(&attribute("erp.id", Some("8"))), [event]);
    assert_eq!(
        desk.names(&attribute("erp.id", None)),
        ["order.attribute_set"]
    );
    assert!(desk.order.head.attributes.is_empty());
}

#[test]
fn attributes_are_limited() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    for number in 0..limits::ATTRIBUTES_MAX {
        desk.run(&attribute(&format!("erp.key-{number}"), Some("x")));
    }
    let expected = OrderRejection::TooMany {
        field: "attributes".to_owned(),
        found: limits::ATTRIBUTES_MAX + 1,
        max: limits::ATTRIBUTES_MAX,
    };
    assert_eq!(desk.refusal(&attribute("erp.more", Some("x"))), expected);
    desk.run(&attribute("erp.key-0", Some("y")));
    desk.run(&attribute("erp.key-0", None));
    desk.run(&attribute("erp.more", Some("x")));
}

fn staged() -> Desk {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let of = |name: &str, status| Stage {
        id: StageId::parse(name).unwrap(),
        status,
    };
    desk.workflow.stages = vec![
        of("call-buyer", OrderStatus::Pending),
        of("check-vat", OrderStatus::Pending),
        of("gift-wrap", OrderStatus::Picked),
        of("call-buyer", OrderStatus::OnHold),
    ];
    desk
}

#[test]
fn a_stage_belongs_to_the_present_status() {
    let mut desk = staged();
    let unknown = |name: &str, status| OrderRejection::UnknownStage {
        stage: StageId::parse(name).unwrap(),
        status,
    };
    let pending = OrderStatus::Pending;
    assert_eq!(
        desk.refusal(&stage(Some("gift-wrap"))),
        unknown("gift-wrap", pending)
    );
    assert_eq!(
        desk.refusal(&stage(Some("nowhere"))),
        unknown("nowhere", pending)
    );
    assert_eq!(desk.run(&stage(None)), []);
    desk.run(&stage(Some("check-vat")));
    assert_eq!(desk.run(&stage(Some("check-vat"))), []);
    let event = OrderEvent::StageSet {
        old: Some(StageId::parse("check-vat").unwrap()),
        new: Some(StageId::parse("call-buyer").unwrap()),
    };
    assert_eq!(desk.run(&stage(Some("call-buyer"))), [event]);
    assert_eq!(desk.names(&stage(None)), ["order.stage_set"]);
    assert_eq!(desk.order.head.stage, None);
}

#[test]
fn a_stage_is_left_with_its_status() {
    let mut desk = staged();
    desk.run(&stage(Some("check-vat")));
    assert_eq!(
        desk.names(&OrderCommand::Approve),
        ["order.approved", "order.stage_set"]
    );
    assert_eq!(desk.order.head.stage, None);

    let mut worked = staged();
    worked.run(&allocate(&[("A", 1, 1)]));
    worked.run(&OrderCommand::Approve);
    worked.run(&pick(1, &[]));
    worked.run(&stage(Some("gift-wrap")));
    assert_eq!(
        worked.names(&tags(&["x"], &[])),
        ["order.tagged"],
        "the status is the same"
    );
    assert_eq!(
        worked.names(&pack(1, &[])),
        ["order.packed", "order.stage_set"]
    );
    assert_eq!(worked.order.head.stage, None);
}

#[test]
fn a_stage_known_to_the_next_status_too_is_kept() {
    let mut desk = staged();
    desk.run(&stage(Some("call-buyer")));
    assert_eq!(desk.names(&hold(HoldReason::Review)), ["order.held"]);
    assert_eq!(
        desk.order.head.stage,
        Some(StageId::parse("call-buyer").unwrap())
    );
}

#[test]
fn words_are_added_to_orders_that_are_over_but_stages_are_not_set() {
    let mut cancelled = staged();
    cancelled.run(&cancel());
    for mut desk in [cancelled, Desk::delivered()] {
        desk.run(&tags(&["x"], &[]));
        desk.run(&OrderCommand::AddNote {
            text: Note::parse("asked again").unwrap(),
        });
        desk.run(&attribute("erp.id", Some("7")));
        desk.illegal(&stage(None));
    }
}

#[test]
fn a_slot_is_booked_changed_and_given_back_until_a_parcel_has_left() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    assert_eq!(desk.names(&book_slot(Some("noon"))), ["order.slot_changed"]);
    desk.run(&book_slot(Some("noon")));
    assert_eq!(desk.run(&book_slot(Some("noon"))), []);
    let booked = desk.order.takes_slot().unwrap().clone();
    assert_eq!(booked.key.slot.as_str(), "noon");
    desk.run(&book_slot(Some("night")));
    desk.run(&book_slot(None));
    assert_eq!(desk.order.head.slot, None);
    assert_eq!(desk.run(&book_slot(None)), []);
    desk.run(&book_slot(Some("noon")));
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&book_slot(Some("night")));
    desk.run(&pack(1, &[(1, 1)]));
    desk.run(&ship(1, &[]));
    let late = desk.refusal(&book_slot(None));
    assert_eq!(late.code(), "update_not_allowed");
    assert_eq!(desk.order.takes_slot().unwrap().key.slot.as_str(), "night");
}

#[test]
fn what_was_promised_changes_until_the_order_is_over() {
    let promise = |by: Option<i64>| OrderCommand::Promise { by: by.map(at) };
    let mut desk = Desk::new(&[(2, "1.00")]);
    assert_eq!(desk.run(&promise(None)), []);
    assert_eq!(desk.names(&promise(Some(60))), ["order.promise_changed"]);
    assert_eq!(desk.run(&promise(Some(60))), []);
    desk.run(&book_slot(Some("noon")));
    desk.order.head.slot.as_mut().unwrap().ends = Some(at(90));
    assert_eq!(desk.order.head.due_by(), Some(at(60)));
    desk.run(&promise(None));
    assert_eq!(desk.order.head.due_by(), Some(at(90)));
    for mut over in [desk, Desk::delivered()] {
        if !over.order.head.state.is_terminal() {
            over.run(&cancel());
        }
        over.illegal(&promise(Some(60)));
    }
}

#[test]
fn a_cancelled_order_takes_up_no_slot() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&book_slot(Some("noon")));
    desk.run(&cancel());
    assert_eq!(desk.order.takes_slot(), None);
    assert!(
        desk.order.head.slot.is_some(),
        "what was booked stays known"
    );
    desk.illegal(&book_slot(None));
}
