//! Approval, holds, allocation, confirmation, expiry.

use super::fixtures::*;
use crate::order::{
    Assignment, Claim, CommandKind, FulfillmentStatus, Hold, HoldReason, LineSku, OrderCommand,
    OrderEvent, OrderRejection, OrderState, OrderStatus, Workflow, claim_changes, fold,
};
use crate::reservation::ReservationDelta;
use crate::value::limits;

#[test]
fn approval_opens_the_order() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.now = at(7);
    assert_eq!(desk.names(&OrderCommand::Approve), ["order.approved"]);
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Open, OrderStatus::Approved)
    );
    assert_eq!(desk.order.head.state_since, at(7));
    desk.illegal(&OrderCommand::Approve);
}

#[test]
fn approval_confirms_what_is_tentative() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate_until(&[("A", 1, 1), ("B", 1, 1)], 60));
    desk.now = at(59);
    let events = desk.run(&OrderCommand::Approve);
    let names: Vec<_> = events.iter().map(OrderEvent::name).collect();
    assert_eq!(
        names,
        ["order.confirmed", "order.confirmed", "order.approved"]
    );
    let told = OrderEvent::Confirmed {
        fulfillment: work(1),
        lines: some(&[(1, 1)]),
    };
    assert_eq!(events[0], told);
    assert!(
        desk.order
            .fulfillments
            .values()
            .all(|work| work.claim == Claim::Confirmed)
    );
}

#[test]
fn a_claim_that_is_over_is_neither_approved_nor_confirmed_nor_picked() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&allocate_until(&[("B", 1, 1)], 60));
    desk.now = at(60);
    let expired = OrderRejection::ReservationExpired {
        fulfillment: work(2),
        expired_at: at(60),
    };
    assert_eq!(desk.refusal(&OrderCommand::Approve), expired);
    assert_eq!(desk.refusal(&OrderCommand::Confirm), expired);

    let mut open = Desk::new(&[(2, "1.00")]);
    open.run(&OrderCommand::Approve);
    open.run(&allocate_until(&[("A", 1, 2)], 60));
    open.now = at(59);
    let legal = open.illegal(&pick(1, &[]));
    assert!(
        legal.contains(&CommandKind::Confirm),
        "confirm is what helps: {legal:?}"
    );
    open.now = at(60);
    let expired = OrderRejection::ReservationExpired {
        fulfillment: work(1),
        expired_at: at(60),
    };
    assert_eq!(open.refusal(&pick(1, &[])), expired);
}

#[test]
fn confirming_twice_changes_nothing() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    assert_eq!(desk.run(&OrderCommand::Confirm), [], "nothing claimed");
    desk.run(&allocate_until(&[("A", 1, 1)], 60));
    assert_eq!(desk.names(&OrderCommand::Confirm), ["order.confirmed"]);
    desk.now = at(3600);
    assert_eq!(
        desk.run(&OrderCommand::Confirm),
        [],
        "firm claims do not end"
    );
}

#[test]
fn a_hold_remembers_where_it_began_and_why() {
    for approve in [false, true] {
        let mut desk = Desk::new(&[(1, "1.00")]);
        if approve {
            desk.run(&OrderCommand::Approve);
        }
        let before = desk.state();
        desk.now = at(5);
        desk.run(&hold(HoldReason::Review));
        desk.now = at(6);
        desk.run(&hold(HoldReason::Payment));
        let expected = Hold {
            reasons: [HoldReason::Payment, HoldReason::Review].into(),
            note: None,
            notes: [].into(),
            since: at(5),
            resume: before,
        };
        assert_eq!(desk.order.head.hold, Some(expected));
        assert_eq!(
            (desk.state(), desk.status()),
            (OrderState::OnHold, OrderStatus::OnHold)
        );
        assert_eq!(
            desk.order.head.state_since,
            at(5),
            "one more reason is no new state"
        );
        desk.now = at(9);
        let released = OrderEvent::Released {
            reasons: [HoldReason::Payment, HoldReason::Review].into(),
            at: at(9),
        };
        assert_eq!(desk.run(&OrderCommand::release_all()), [released]);
        assert_eq!((desk.state(), desk.order.head.state_since), (before, at(9)));
        assert_eq!(desk.order.head.hold, None);
        desk.illegal(&OrderCommand::release_all());
    }
}

#[test]
fn holding_again_for_the_same_reason_changes_nothing_unless_there_is_more_to_say() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let noted = |text: &str| OrderCommand::Hold {
        reason: HoldReason::Other,
        note: Some(reason(text)),
    };
    desk.run(&noted("address looks odd"));
    assert_eq!(desk.run(&noted("address looks odd")), []);
    assert_eq!(desk.run(&hold(HoldReason::Other)), []);
    assert_eq!(desk.names(&noted("buyer called")), ["order.held"]);
    let hold = desk.order.head.hold.clone().unwrap();
    assert_eq!(
        (hold.note, hold.reasons.len()),
        (Some(reason("buyer called")), 1)
    );
}

#[test]
fn a_hold_tells_the_details_of_each_of_its_reasons() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let noted = |why, text: &str| OrderCommand::Hold {
        reason: why,
        note: Some(reason(text)),
    };
    desk.run(&allocate_until(&[("A", 1, 1)], 60));
    desk.run(&noted(HoldReason::UnknownSku, "line 2: T-1"));
    desk.run(&noted(HoldReason::Shortage, "3 of 5 are there"));
    desk.run(&expire(&[1]));
    let hold = desk.order.head.hold.clone().unwrap();
    assert_eq!(hold.reasons.len(), 3);
    let notes = [
        (HoldReason::UnknownSku, reason("line 2: T-1")),
        (HoldReason::Shortage, reason("3 of 5 are there")),
    ];
    assert_eq!(hold.notes, notes.into());
    let again = noted(HoldReason::UnknownSku, "line 2: T-1");
    assert_eq!(desk.run(&again), [], "said already");
    desk.run(&noted(HoldReason::UnknownSku, "T-1 is tea"));
    let hold = desk.order.head.hold.clone().unwrap();
    assert_eq!(hold.notes[&HoldReason::UnknownSku], reason("T-1 is tea"));
    assert_eq!(hold.notes.len(), 2);
}

#[test]
fn a_hold_that_kept_its_last_note_alone_knows_it() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let noted = OrderCommand::Hold {
        reason: HoldReason::Other,
        note: Some(reason("look")),
    };
    desk.run(&noted);
    desk.order.head.hold.as_mut().unwrap().notes.clear();
    assert_eq!(desk.run(&noted), []);
}

#[test]
fn a_reason_that_is_lifted_leaves_the_others() {
    let mut desk = Desk::approved();
    let noted = |why, text: &str| OrderCommand::Hold {
        reason: why,
        note: Some(reason(text)),
    };
    desk.run(&noted(HoldReason::Review, "looks like fraud"));
    desk.run(&noted(HoldReason::Payment, "the card was refused"));
    desk.now = at(5);
    let lifted = |why| OrderEvent::Released {
        reasons: [why].into(),
        at: at(5),
    };
    let paid = release(&[HoldReason::Payment]);
    assert_eq!(desk.run(&paid), [lifted(HoldReason::Payment)]);
    let expected = Hold {
        reasons: [HoldReason::Review].into(),
        note: Some(reason("looks like fraud")),
        notes: [(HoldReason::Review, reason("looks like fraud"))].into(),
        since: at(1),
        resume: OrderState::Open,
    };
    assert_eq!(desk.order.head.hold, Some(expected));
    assert_eq!(
        (desk.state(), desk.order.head.state_since),
        (OrderState::OnHold, at(1))
    );
    assert_eq!(desk.run(&paid), [], "lifted already");
    let both = release(&[HoldReason::Payment, HoldReason::Review]);
    assert_eq!(
        desk.run(&both),
        [lifted(HoldReason::Review)],
        "the last one"
    );
    assert_eq!(
        (desk.state(), desk.order.head.state_since),
        (OrderState::Open, at(5))
    );
    desk.illegal(&both);
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn a_release_without_reasons_is_read_and_written_as_it_always_was() {
    let written = r#"{"command":"release"}"#;
    let read: OrderCommand = serde_json::from_str(written).unwrap();
    assert_eq!(read, OrderCommand::release_all());
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
    let one = r#"{"command":"release","reasons":["payment"]}"#;
    let read: OrderCommand = serde_json::from_str(one).unwrap();
    assert_eq!(read, release(&[HoldReason::Payment]));
    assert_eq!(serde_json::to_string(&read).unwrap(), one);
}

#[test]
fn a_held_order_is_not_worked_on() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[(1, 1)]));
    desk.run(&pack(1, &[(1, 1)]));
    desk.run(&hold(HoldReason::Payment));
    for command in [
        OrderCommand::Approve,
        pick(1, &[]),
        pack(1, &[]),
        ship(1, &[]),
    ] {
        let legal = desk.illegal(&command);
        assert!(legal.contains(&CommandKind::Release));
    }
    desk.run(&OrderCommand::release_all());
    desk.run(&ship(1, &[]));
}

#[test]
fn allocation_makes_one_fulfillment_per_hub_in_hub_order() {
    let mut desk = Desk::new(&[(3, "1.00"), (2, "1.00")]);
    let command = allocate(&[("C", 1, 1), ("A", 2, 2), ("A", 1, 1)]);
    let events = desk.run(&command);
    let summary: Vec<_> = events
        .iter()
        .map(|event| match event {
            OrderEvent::Allocated {
                fulfillment,
                hub,
                claim,
                lines,
                day: None,
            } => {
                assert_eq!(*claim, Claim::Confirmed);
                (fulfillment.get(), hub.to_string(), lines.clone())
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (1, "A".to_owned(), some(&[(1, 1), (2, 2)])),
        (2, "C".to_owned(), some(&[(1, 1)])),
    ];
    assert_eq!(summary, expected);
    assert_eq!(desk.waiting(1), [1, 0, 2, 0]);
    assert_eq!(desk.waiting(2), [0, 0, 2, 0]);
    desk.run(&allocate(&[("A", 1, 1)]));
    assert_eq!(
        desk.fulfillment(3).hub,
        hub("A"),
        "a later allocation is a fulfillment of its own"
    );
    assert_eq!(desk.fulfillment(3).status, FulfillmentStatus::Approved);
    assert_eq!(desk.order.head.fulfillments_made, 3);
}

#[test]
fn the_same_assignments_in_any_order_are_the_same_decision() {
    let desk = Desk::new(&[(3, "1.00"), (2, "1.00")]);
    let one = desk.ask(&allocate(&[("B", 1, 1), ("A", 2, 2), ("A", 1, 1)]));
    let other = desk.ask(&allocate(&[("A", 1, 1), ("B", 1, 1), ("A", 2, 2)]));
    assert_eq!(one, other);
}

#[test]
fn allocation_takes_backordered_units_first() {
    let mut desk = Desk::new(&[(5, "1.00")]);
    desk.run(&backorder(&[(1, 2)]));
    assert_eq!(desk.waiting(1), [3, 2, 0, 0]);
    desk.run(&allocate(&[("A", 1, 3)]));
    assert_eq!(desk.waiting(1), [2, 0, 3, 0]);
}

#[test]
fn two_hubs_together_get_at_most_what_waits() {
    let desk = Desk::new(&[(5, "1.00")]);
    let refusal = desk.refusal(&allocate(&[("A", 1, 3), ("B", 1, 3)]));
    let expected = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(6),
        found: units(5),
        bucket: "open or backordered".to_owned(),
    };
    assert_eq!(refusal, expected);
}

#[test]
fn allocation_refuses_what_it_cannot_read() {
    let placed = {
        let draft = draft(&[(1, "1.00"), (1, "1.00")]);
        let skus = [LineSku::Known(sku("SKU-1")), LineSku::Unknown(None)];
        place_event(&draft, &skus).unwrap()
    };
    let order = fold([&placed]).unwrap();
    let workflow = Workflow::default();
    let desk = Desk {
        order,
        events: vec![placed],
        workflow,
        now: at(1),
    };
    let refusal = |parts: &[(&str, u32, u32)]| desk.refusal(&allocate(parts));
    assert_eq!(
        refusal(&[]),
        OrderRejection::NothingToDo {
            command: CommandKind::Allocate
        }
    );
    assert_eq!(
        refusal(&[("A", 9, 1)]),
        OrderRejection::UnknownLine { line: line(9) }
    );
    assert_eq!(
        refusal(&[("A", 2, 1)]),
        OrderRejection::UnknownSku { line: line(2) }
    );
    let twice = [("A", 1, 1), ("A", 1, 1)];
    assert_eq!(
        refusal(&twice),
        OrderRejection::DuplicateLine { line: line(1) }
    );
    let over = desk.refusal(&allocate_until(&[("A", 1, 1)], 1));
    let expected = OrderRejection::ReservationExpired {
        fulfillment: work(1),
        expired_at: at(1),
    };
    assert_eq!(over, expected, "a claim that would be over at once");
    assert!(desk.ask(&allocate_until(&[("A", 1, 1)], 2)).is_ok());
}

#[test]
fn an_order_has_a_limited_number_of_fulfillments() {
    let count = u32::try_from(limits::FULFILLMENTS_PER_ORDER_MAX).unwrap();
    let mut desk = Desk::new(&[(count + 1, "1.00")]);
    let assignments = |hubs: std::ops::Range<u32>| OrderCommand::Allocate {
        assignments: hubs
            .map(|name| Assignment {
                hub: hub(&format!("hub-{name}")),
                line: line(1),
                quantity: quantity(1),
            })
            .collect(),
        expires_at: None,
    };
    let expected = OrderRejection::TooMany {
        field: "fulfillments".to_owned(),
        found: limits::FULFILLMENTS_PER_ORDER_MAX + 1,
        max: limits::FULFILLMENTS_PER_ORDER_MAX,
    };
    assert_eq!(desk.refusal(&assignments(0..count + 1)), expected);
    desk.run(&assignments(0..count));
    assert_eq!(desk.refusal(&assignments(0..1)), expected);
}

#[test]
fn what_a_hub_has_not_picked_is_taken_back_and_the_rest_stays() {
    let mut desk = Desk::new(&[(4, "1.00"), (1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 4), ("A", 2, 1)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[(1, 2)]));
    desk.run(&pack(1, &[(1, 1)]));
    let everything = withdraw(1, &[]);
    let before = desk.order.clone();
    let events = desk.run(&everything);
    let told = OrderEvent::Withdrawn {
        fulfillment: work(1),
        lines: some(&[(1, 2), (2, 1)]),
    };
    assert_eq!(events, [told]);
    let released: Vec<_> = events
        .iter()
        .flat_map(|event| claim_changes(&before, event))
        .map(|change| (change.line, change.delta))
        .collect();
    let release = |units| ReservationDelta::Release {
        quantity: quantity(units),
        tentative: false,
    };
    assert_eq!(released, [(line(1), release(2)), (line(2), release(1))]);
    let left = &desk.order.fulfillments[&work(1)];
    assert_eq!(left.status, FulfillmentStatus::Packing);
    let lines = &desk.order.head.lines;
    let open: Vec<_> = lines.iter().map(|line| line.open.get()).collect();
    assert_eq!(open, [2, 1]);
    assert_eq!(desk.refusal(&everything).code(), "illegal_command");
    desk.run(&allocate(&[("B", 1, 2), ("B", 2, 1)]));
    desk.run(&pick(2, &[]));
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn a_line_that_is_missing_is_taken_back_and_the_others_stay() {
    let mut desk = Desk::new(&[(4, "1.00"), (1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 4), ("A", 2, 1)]));
    let before = desk.order.clone();
    let events = desk.run(&withdraw(1, &[(1, 3)]));
    let taken = OrderEvent::Withdrawn {
        fulfillment: work(1),
        lines: some(&[(1, 3)]),
    };
    assert_eq!(events, [taken]);
    let released: Vec<_> = claim_changes(&before, &events[0])
        .into_iter()
        .map(|change| (change.line, change.delta.quantity()))
        .collect();
    assert_eq!(released, [(line(1), quantity(3))]);
    assert_eq!(desk.share(1, 1), [1, 0, 0, 0, 0, 0]);
    assert_eq!(desk.share(1, 2), [1, 0, 0, 0, 0, 0]);
    assert_eq!(
        [desk.waiting(1), desk.waiting(2)],
        [[3, 0, 1, 0], [0, 0, 1, 0]]
    );
    assert_eq!(desk.fulfillment(1).status, FulfillmentStatus::Approved);
    let too_few = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(2),
        found: units(1),
        bucket: "reserved".to_owned(),
    };
    assert_eq!(desk.refusal(&withdraw(1, &[(1, 2)])), too_few);
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[(2, 1)]));
    desk.run(&withdraw(1, &[(1, 1)]));
    assert_eq!(desk.fulfillment(1).status, FulfillmentStatus::Picked);
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn work_that_was_taken_back_does_not_count_against_the_limit() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let count = u32::try_from(limits::FULFILLMENTS_PER_ORDER_MAX).unwrap();
    for number in 1..=count + 1 {
        desk.run(&allocate(&[("A", 1, 1)]));
        let events = desk.run(&withdraw(number, &[]));
        assert_eq!(events.len(), 1);
    }
    desk.order.head.fulfillments_made = u32::try_from(limits::FULFILLMENTS_MADE_MAX).unwrap();
    let expected = OrderRejection::TooMany {
        field: "fulfillments_made".to_owned(),
        found: limits::FULFILLMENTS_MADE_MAX + 1,
        max: limits::FULFILLMENTS_MADE_MAX,
    };
    assert_eq!(desk.refusal(&allocate(&[("A", 1, 1)])), expected);
}

#[test]
fn backordering_refuses_what_it_cannot_read() {
    let desk = Desk::new(&[(2, "1.00")]);
    let refusal = |lines: &[(u32, u32)]| desk.refusal(&backorder(lines));
    assert_eq!(
        refusal(&[]),
        OrderRejection::NothingToDo {
            command: CommandKind::Backorder
        }
    );
    assert_eq!(
        refusal(&[(9, 1)]),
        OrderRejection::UnknownLine { line: line(9) }
    );
    assert_eq!(
        refusal(&[(1, 1), (1, 1)]),
        OrderRejection::DuplicateLine { line: line(1) }
    );
    let expected = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(3),
        found: units(2),
        bucket: "open".to_owned(),
    };
    assert_eq!(refusal(&[(1, 3)]), expected);
}

#[test]
fn an_expired_claim_gives_its_units_back_and_stops_the_order() {
    let mut desk = Desk::new(&[(3, "1.00")]);
    desk.run(&allocate_until(&[("A", 1, 1), ("B", 1, 1)], 60));
    desk.now = at(60);
    let events = desk.run(&expire(&[2, 1, 2]));
    let names: Vec<_> = events.iter().map(OrderEvent::name).collect();
    assert_eq!(names, ["order.expired", "order.expired", "order.held"]);
    let told = OrderEvent::Expired {
        fulfillment: work(1),
        lines: some(&[(1, 1)]),
        at: at(60),
    };
    assert_eq!(events[0], told);
    assert_eq!(desk.waiting(1), [3, 0, 0, 0]);
    for number in [1, 2] {
        let fulfillment = desk.fulfillment(number);
        assert_eq!(fulfillment.status, FulfillmentStatus::Cancelled);
        assert_eq!(fulfillment.claim, Claim::Expired);
    }
    let hold = desk.order.head.hold.clone().unwrap();
    assert_eq!(hold.reasons, [HoldReason::ReservationExpired].into());
    assert_eq!(hold.resume, OrderState::Pending);
    assert_eq!(desk.run(&expire(&[1, 2])), [], "somebody was faster");
}

#[test]
fn expiry_skips_what_is_confirmed_or_empty() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate_until(&[("A", 1, 1), ("B", 1, 1)], 60));
    desk.run(&cancel_lines(&[(1, 1)]));
    desk.run(&OrderCommand::Confirm);
    desk.now = at(61);
    assert_eq!(desk.run(&expire(&[1, 2])), []);
    assert_eq!(desk.state(), OrderState::Pending);
}

#[test]
fn expiry_on_hold_adds_its_reason_once() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate_until(&[("A", 1, 1), ("B", 1, 1)], 60));
    desk.run(&hold(HoldReason::Payment));
    assert_eq!(desk.names(&expire(&[1])), ["order.expired", "order.held"]);
    assert_eq!(desk.names(&expire(&[2])), ["order.expired"]);
    let hold = desk.order.head.hold.clone().unwrap();
    assert_eq!(
        hold.reasons,
        [HoldReason::Payment, HoldReason::ReservationExpired].into()
    );
}

#[test]
fn expiry_names_fulfillments_of_the_order() {
    let desk = Desk::new(&[(2, "1.00")]);
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::Expire,
    };
    assert_eq!(desk.refusal(&expire(&[])), nothing);
    let unknown = OrderRejection::UnknownFulfillment {
        fulfillment: work(4),
    };
    assert_eq!(desk.refusal(&expire(&[4])), unknown);
}

#[test]
fn nothing_is_claimed_for_an_order_that_is_over() {
    let mut cancelled = Desk::new(&[(2, "1.00")]);
    cancelled.run(&cancel());
    for desk in [cancelled, Desk::delivered()] {
        desk.illegal(&allocate(&[("A", 1, 1)]));
        desk.illegal(&backorder(&[(1, 1)]));
        desk.illegal(&OrderCommand::Confirm);
        desk.illegal(&expire(&[1]));
        desk.illegal(&OrderCommand::Approve);
        desk.illegal(&hold(HoldReason::Review));
        desk.illegal(&OrderCommand::release_all());
    }
}
