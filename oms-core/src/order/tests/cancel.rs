//! Cancelling.

use super::fixtures::*;
use crate::order::{
    CancelLine, Cancellation, CommandKind, Cut, FulfillmentCut, FulfillmentStatus as F, HoldReason,
    OrderCommand, OrderEvent, OrderRejection, OrderState, OrderStatus,
};
use crate::value::Units;

fn cuts(events: &[OrderEvent]) -> &[Cut] {
    match &events[0] {
        OrderEvent::LinesCancelled { cuts, .. } => cuts,
        other => panic!("{other:?}"),
    }
}

fn waiting(number: u32, open: u32, backordered: u32) -> Cut {
    Cut {
        line: line(number),
        open: units(open),
        backordered: units(backordered),
        fulfillment: None,
    }
}

fn at_hub(number: u32, fulfillment: u32, [reserved, picked, packed]: [u32; 3]) -> Cut {
    let part = FulfillmentCut {
        id: work(fulfillment),
        reserved: units(reserved),
        picked: units(picked),
        packed: units(packed),
    };
    Cut {
        line: line(number),
        open: Units::ZERO,
        backordered: Units::ZERO,
        fulfillment: Some(part),
    }
}

/// 9 units: 1 open, 1 backordered; hub A: 1 packed, 1 picked, 2 reserved; hub B: 3 reserved.
fn spread() -> Desk {
    let mut desk = Desk::new(&[(9, "1.00")]);
    desk.run(&backorder(&[(1, 8)]));
    desk.run(&allocate(&[("A", 1, 4), ("B", 1, 3)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[(1, 1)]));
    desk.run(&pack(1, &[]));
    desk.run(&pick(1, &[(1, 1)]));
    assert_eq!(desk.waiting(1), [1, 1, 7, 0]);
    assert_eq!(desk.share(1, 1), [2, 1, 1, 0, 0, 0]);
    desk
}

#[test]
fn cancelling_takes_every_unit_from_where_it_is() {
    let mut desk = spread();
    desk.now = at(40);
    let events = desk.run(&cancel());
    let expected = [
        waiting(1, 1, 1),
        at_hub(1, 1, [2, 1, 1]),
        at_hub(1, 2, [3, 0, 0]),
    ];
    assert_eq!(cuts(&events), expected);
    let end = OrderEvent::Cancelled {
        reason: reason("buyer asked"),
        at: at(40),
    };
    assert_eq!(events[1..], [end]);
    assert_eq!(desk.waiting(1), [0, 0, 0, 9]);
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Cancelled, OrderStatus::Cancelled)
    );
    assert!(
        desk.order
            .fulfillments
            .values()
            .all(|work| work.status == F::Cancelled)
    );
    let cancellation = Cancellation {
        reason: reason("buyer asked"),
        at: at(40),
    };
    assert_eq!(desk.order.head.cancellation, Some(cancellation));
    assert_eq!(desk.order.head.state_since, at(40));
}

#[test]
fn units_of_a_named_hub_are_cancelled_and_no_others() {
    let mut desk = spread();
    let too_few = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(5),
        found: units(4),
        bucket: "not shipped".to_owned(),
    };
    assert_eq!(desk.refusal(&cancel_at(1, 1, 5)), too_few);
    let unknown = OrderRejection::UnknownFulfillment {
        fulfillment: work(9),
    };
    assert_eq!(desk.refusal(&cancel_at(9, 1, 1)), unknown);
    let events = desk.run(&cancel_at(1, 1, 3));
    assert_eq!(cuts(&events), [at_hub(1, 1, [2, 1, 0])]);
    assert_eq!(desk.waiting(1), [1, 1, 4, 3], "what waits goes on waiting");
    assert_eq!(desk.share(2, 1), [3, 0, 0, 0, 0, 0]);
    let json = r#"{"line":1,"quantity":1}"#;
    let stored: CancelLine = serde_json::from_str(json).unwrap();
    assert_eq!(stored.fulfillment, None);
    assert_eq!(serde_json::to_string(&stored).unwrap(), json);
}

#[test]
fn a_picked_unit_that_broke_is_cancelled_and_the_good_ones_of_another_hub_ship() {
    let mut desk = Desk::new(&[(4, "1.00")]);
    desk.run(&allocate(&[("A", 1, 2), ("B", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&cancel_at(1, 1, 1));
    assert_eq!(desk.share(1, 1), [0, 1, 0, 0, 0, 0]);
    desk.run(&pick(2, &[]));
    for number in [1, 2] {
        desk.run(&pack(number, &[]));
        desk.run(&ship(number, &[]));
        desk.run(&deliver(number));
    }
    let sent = desk.order.quantities()[&line(1)];
    assert_eq!((sent.delivered, sent.cancelled), (units(3), units(1)));
    assert_eq!(desk.state(), OrderState::Closed);
}

#[test]
fn cancelling_again_changes_nothing() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&cancel());
    let other = OrderCommand::Cancel {
        reason: reason("another reason"),
    };
    assert_eq!(desk.run(&other), []);
    assert_eq!(
        desk.order.head.cancellation.clone().unwrap().reason,
        reason("buyer asked")
    );
}

#[test]
fn a_held_order_can_be_cancelled_and_is_not_held_any_more() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&hold(HoldReason::Review));
    desk.run(&cancel());
    assert_eq!(
        (desk.state(), desk.order.head.hold.clone()),
        (OrderState::Cancelled, None)
    );
}

#[test]
fn what_has_left_is_not_cancelled() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[(1, 1), (2, 2)]));
    let shipped = OrderRejection::AlreadyShipped { shipped: units(3) };
    assert_eq!(desk.refusal(&cancel()), shipped);
    desk.run(&deliver(1));
    assert_eq!(desk.refusal(&cancel()), shipped);
    desk.run(&send_back(1, &[(2, 2)]));
    assert_eq!(
        desk.refusal(&cancel()),
        shipped,
        "units that came back did leave"
    );
}

#[test]
fn a_delivered_order_is_not_cancelled() {
    let desk = Desk::delivered();
    desk.illegal(&cancel());
    desk.illegal(&cancel_rest());
    desk.illegal(&cancel_lines(&[(1, 1)]));
}

#[test]
fn the_cheapest_units_are_cancelled_first() {
    let expected = |count: u32| -> Vec<Cut> {
        let full = [
            waiting(1, 1, 1),
            at_hub(1, 1, [2, 1, 1]),
            at_hub(1, 2, [3, 0, 0]),
        ];
        match count {
            1 => vec![waiting(1, 1, 0)],
            2 => vec![waiting(1, 1, 1)],
            3 => vec![waiting(1, 1, 1), at_hub(1, 1, [1, 0, 0])],
            4 => vec![waiting(1, 1, 1), at_hub(1, 1, [2, 0, 0])],
            7 => vec![
                waiting(1, 1, 1),
                at_hub(1, 1, [2, 0, 0]),
                at_hub(1, 2, [3, 0, 0]),
            ],
            8 => vec![
                waiting(1, 1, 1),
                at_hub(1, 1, [2, 1, 0]),
                at_hub(1, 2, [3, 0, 0]),
            ],
            _ => full.to_vec(),
        }
    };
    for count in [1, 2, 3, 4, 7, 8, 9] {
        let mut desk = spread();
        let events = desk.run(&cancel_lines(&[(1, count)]));
        assert_eq!(cuts(&events), expected(count), "{count} units");
        assert_eq!(desk.waiting(1)[3], count);
    }
}

#[test]
fn cancelling_the_last_unit_cancels_the_order() {
    let mut desk = Desk::new(&[(1, "1.00"), (2, "1.00")]);
    assert_eq!(
        desk.names(&cancel_lines(&[(2, 2)])),
        ["order.lines_cancelled"]
    );
    assert_eq!(desk.state(), OrderState::Pending);
    let names = desk.names(&cancel_lines(&[(1, 1)]));
    assert_eq!(names, ["order.lines_cancelled", "order.cancelled"]);
    assert_eq!(desk.state(), OrderState::Cancelled);
    assert_eq!(
        desk.order.head.cancellation.clone().unwrap().reason,
        reason("out of stock")
    );
}

/// 2 units: one delivered, one still reserved.
fn half_delivered() -> Desk {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[(1, 1)]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[]));
    desk.run(&deliver(1));
    desk
}

#[test]
fn cancelling_what_is_left_closes_an_order_of_which_a_part_arrived() {
    for command in [cancel_lines(&[(1, 1)]), cancel_rest()] {
        let mut desk = half_delivered();
        assert_eq!(
            desk.names(&command),
            ["order.lines_cancelled", "order.closed"]
        );
        assert_eq!(
            (desk.state(), desk.status()),
            (OrderState::Closed, OrderStatus::Delivered)
        );
        assert_eq!(
            desk.order.head.cancellation, None,
            "the order was not cancelled"
        );
    }
}

#[test]
fn cancelling_what_is_left_keeps_an_order_open_while_a_parcel_is_under_way() {
    for command in [cancel_lines(&[(1, 1)]), cancel_rest()] {
        let mut desk = Desk::new(&[(2, "1.00")]);
        desk.run(&allocate(&[("A", 1, 2)]));
        desk.run(&OrderCommand::Approve);
        desk.run(&pick(1, &[(1, 1)]));
        desk.run(&pack(1, &[]));
        desk.run(&ship(1, &[]));
        assert_eq!(desk.names(&command), ["order.lines_cancelled"]);
        assert_eq!(
            (desk.state(), desk.status()),
            (OrderState::Open, OrderStatus::Shipped)
        );
        assert_eq!(desk.run(&cancel_rest()), [], "nothing is left to cancel");
        assert_eq!(desk.names(&deliver(1)), ["order.delivered", "order.closed"]);
    }
}

#[test]
fn the_rest_is_cancelled_only_after_a_part_was_shipped() {
    let mut desk = Desk::approved();
    let legal = desk.illegal(&cancel_rest());
    assert!(
        legal.contains(&CommandKind::Cancel),
        "cancel is the command: {legal:?}"
    );
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.illegal(&cancel_rest());
    desk.run(&ship(1, &[(1, 1)]));
    let legal = desk.refusal(&cancel());
    assert_eq!(legal, OrderRejection::AlreadyShipped { shipped: units(1) });
    let events = desk.run(&cancel_rest());
    assert_eq!(
        cuts(&events),
        [at_hub(1, 1, [0, 0, 1]), at_hub(2, 1, [0, 0, 2])]
    );
}

#[test]
fn returned_units_do_not_make_a_closed_order_cancelled() {
    let mut desk = half_delivered();
    desk.run(&send_back(1, &[]));
    assert_eq!(
        desk.names(&cancel_rest()),
        ["order.lines_cancelled", "order.closed"]
    );
    assert_eq!(desk.status(), OrderStatus::Returned);
}

#[test]
fn shipped_units_are_not_taken_by_a_line_cancellation() {
    let mut desk = half_delivered();
    let expected = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(2),
        found: units(1),
        bucket: "not shipped".to_owned(),
    };
    assert_eq!(desk.refusal(&cancel_lines(&[(1, 2)])), expected);
    desk.run(&cancel_lines(&[(1, 1)]));
    desk.illegal(&cancel_lines(&[(1, 1)]));
}

#[test]
fn a_line_cancellation_refuses_what_it_cannot_read() {
    let desk = Desk::new(&[(2, "1.00")]);
    let refusal = |lines: &[(u32, u32)]| desk.refusal(&cancel_lines(lines));
    assert_eq!(
        refusal(&[]),
        OrderRejection::NothingToDo {
            command: CommandKind::CancelLines
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
}

#[test]
fn cancelled_units_are_not_allocated_again() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.waiting(1), [0, 0, 1, 1]);
    assert_eq!(
        desk.refusal(&allocate(&[("A", 1, 1)])).code(),
        "too_few_units"
    );
}

#[test]
fn an_emptied_fulfillment_is_cancelled_and_says_nothing_about_the_status() {
    let mut desk = Desk::new(&[(1, "1.00"), (1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("B", 2, 1)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(2, &[]));
    assert_eq!(desk.status(), OrderStatus::Approved);
    desk.run(&cancel_lines(&[(1, 1)]));
    assert_eq!(desk.fulfillment(1).status, F::Cancelled);
    assert_eq!(desk.status(), OrderStatus::Picked);
}
