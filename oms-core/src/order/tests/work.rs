//! Picking, packing, shipping, delivering, returning, tracking.

use super::fixtures::*;
use crate::order::{
    Charge, ChargeKind, CommandKind, FulfillmentStatus as F, HoldReason, OrderCommand, OrderEvent,
    OrderRejection, OrderState, OrderStatus, ShipParcel, Tracking, claim_changes, fold,
};
use crate::reservation::ReservationDelta;
use crate::value::{Link, limits};

#[test]
fn units_move_from_shelf_to_buyer_one_bucket_at_a_time() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[(1, 1)]));
    assert_eq!(desk.share(1, 1), [1, 1, 0, 0, 0, 0]);
    assert_eq!(
        (desk.fulfillment(1).status, desk.status()),
        (F::Picking, OrderStatus::Picking)
    );
    desk.run(&pick(1, &[]));
    assert_eq!(
        (desk.fulfillment(1).status, desk.status()),
        (F::Picked, OrderStatus::Picked)
    );
    desk.run(&pack(1, &[(2, 2)]));
    assert_eq!(desk.share(1, 2), [0, 0, 2, 0, 0, 0]);
    assert_eq!(
        (desk.fulfillment(1).status, desk.status()),
        (F::Packing, OrderStatus::Packing)
    );
    desk.run(&pack(1, &[]));
    assert_eq!(
        (desk.fulfillment(1).status, desk.status()),
        (F::Packed, OrderStatus::Packed)
    );
    desk.run(&ship(1, &[(1, 1)]));
    assert_eq!(desk.share(1, 1), [0, 0, 1, 1, 0, 0]);
    assert_eq!(
        desk.fulfillment(1).status,
        F::Packed,
        "something is still here"
    );
    desk.run(&ship(1, &[]));
    assert_eq!(
        (desk.fulfillment(1).status, desk.status()),
        (F::Shipped, OrderStatus::Shipped)
    );
    assert_eq!(desk.names(&deliver(1)), ["order.delivered"]);
    assert_eq!(desk.share(1, 1), [0, 0, 0, 1, 1, 0]);
    assert_eq!(desk.state(), OrderState::Open);
    desk.now = at(50);
    assert_eq!(desk.names(&deliver(2)), ["order.delivered", "order.closed"]);
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Closed, OrderStatus::Delivered)
    );
    assert_eq!(
        (desk.fulfillment(1).status, desk.order.head.state_since),
        (F::Delivered, at(50))
    );
    assert_eq!(desk.waiting(1), [0, 0, 2, 0]);
}

#[test]
fn the_parcels_of_an_order_are_numbered_across_its_hubs() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("B", 1, 1)]));
    desk.run(&OrderCommand::Approve);
    for number in [2, 1] {
        desk.run(&pick(number, &[]));
        desk.run(&pack(number, &[]));
        desk.run(&ship(number, &[]));
    }
    assert_eq!(desk.fulfillment(2).shipments[0].id, parcel(1));
    assert_eq!(desk.fulfillment(1).shipments[0].id, parcel(2));
    assert_eq!(
        desk.fulfillment(1).shipments[0].lines,
        [(line(1), quantity(1))]
    );
}

#[test]
fn what_is_named_is_moved_by_line_whatever_order_it_is_named_in() {
    let desk = Desk::approved();
    let expected = OrderEvent::Picked {
        fulfillment: work(1),
        lines: some(&[(1, 1), (2, 2)]),
    };
    assert_eq!(desk.ask(&pick(1, &[(2, 2), (1, 1)])), Ok(vec![expected]));
}

#[test]
fn a_bucket_gives_no_more_than_it_has() {
    let too_few = |asked: u32, found: u32, bucket: &str| OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(asked),
        found: units(found),
        bucket: bucket.to_owned(),
    };
    let mut desk = Desk::approved();
    assert_eq!(desk.refusal(&pick(1, &[(1, 3)])), too_few(3, 2, "reserved"));
    desk.run(&pick(1, &[(1, 1)]));
    assert_eq!(desk.refusal(&pick(1, &[(1, 2)])), too_few(2, 1, "reserved"));
    assert_eq!(desk.refusal(&pack(1, &[(1, 2)])), too_few(2, 1, "picked"));
    desk.run(&pack(1, &[]));
    assert_eq!(desk.refusal(&ship(1, &[(1, 2)])), too_few(2, 1, "packed"));
    desk.run(&ship(1, &[]));
    assert_eq!(
        desk.refusal(&send_back(1, &[(1, 1)])),
        too_few(1, 0, "delivered")
    );
    desk.run(&deliver(1));
    assert_eq!(
        desk.refusal(&send_back(1, &[(1, 2)])),
        too_few(2, 1, "delivered")
    );
}

#[test]
fn a_line_of_another_hub_has_no_units_here() {
    let mut desk = Desk::new(&[(1, "1.00"), (1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("B", 2, 1)]));
    desk.run(&OrderCommand::Approve);
    let expected = OrderRejection::TooFewUnits {
        line: line(2),
        asked: units(1),
        found: units(0),
        bucket: "reserved".to_owned(),
    };
    assert_eq!(desk.refusal(&pick(1, &[(2, 1)])), expected);
}

#[test]
fn work_refuses_what_it_cannot_read() {
    let mut desk = Desk::approved();
    let unknown = OrderRejection::UnknownFulfillment {
        fulfillment: work(7),
    };
    for command in [
        pick(7, &[]),
        pack(7, &[]),
        unpick(7, &[]),
        ship(7, &[]),
        send_back(7, &[]),
    ] {
        assert_eq!(desk.refusal(&command), unknown);
    }
    desk.run(&pick(1, &[(1, 1)]));
    let twice = [(1, 1), (1, 1)];
    for command in [pick(1, &twice), pack(1, &twice), ship(1, &twice)] {
        let expected = OrderRejection::DuplicateLine { line: line(1) };
        assert_eq!(desk.refusal(&command), expected);
    }
    for command in [pick(1, &[(9, 1)]), pack(1, &[(9, 1)]), ship(1, &[(9, 1)])] {
        assert_eq!(
            desk.refusal(&command),
            OrderRejection::UnknownLine { line: line(9) }
        );
    }
    let unknown = OrderRejection::UnknownShipment {
        shipment: parcel(3),
    };
    assert_eq!(desk.refusal(&deliver(3)), unknown);
    assert_eq!(desk.refusal(&track(3, "1Z")), unknown);
}

#[test]
fn everything_of_an_empty_bucket_is_nothing_to_do() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[(1, 1)]));
    desk.run(&pack(1, &[]));
    let nothing = |command| OrderRejection::NothingToDo { command };
    assert_eq!(desk.refusal(&pack(1, &[])), nothing(CommandKind::Pack));
    desk.run(&ship(1, &[]));
    assert_eq!(desk.refusal(&ship(1, &[])), nothing(CommandKind::Ship));
    assert_eq!(
        desk.refusal(&send_back(1, &[])),
        nothing(CommandKind::Return)
    );
}

/// A unit that breaks at the packing table is had from another hub, and no good one is lost for it.
#[test]
fn units_that_were_picked_are_given_up_and_had_from_another_hub() {
    let mut desk = Desk::new(&[(4, "1.00")]);
    desk.run(&allocate(&[("A", 1, 2), ("B", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    let before = desk.order.clone();
    let events = desk.run(&unpick(1, &[(1, 1)]));
    let given_up = OrderEvent::Unpicked {
        fulfillment: work(1),
        lines: some(&[(1, 1)]),
        kept: false,
    };
    assert_eq!(events, [given_up]);
    let changes = claim_changes(&before, &events[0]);
    let [change] = &changes[..] else {
        panic!("{changes:?}")
    };
    let release = ReservationDelta::Release {
        quantity: quantity(1),
        tentative: false,
    };
    assert_eq!((&change.hub, change.delta), (&hub("A"), release));
    assert_eq!(desk.waiting(1), [1, 0, 3, 0]);
    assert_eq!(desk.share(1, 1), [0, 1, 0, 0, 0, 0]);
    assert_eq!(desk.share(2, 1), [2, 0, 0, 0, 0, 0], "nothing of hub B's");
    desk.run(&allocate(&[("C", 1, 1)]));
    for number in [1, 2, 3] {
        if number > 1 {
            desk.run(&pick(number, &[]));
        }
        desk.run(&pack(number, &[]));
        desk.run(&ship(number, &[]));
        desk.run(&deliver(number));
    }
    assert_eq!(desk.state(), OrderState::Closed);
    assert_eq!(desk.order.quantities()[&line(1)].delivered, units(4));
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn giving_up_takes_what_is_picked_before_what_is_packed_and_turns_the_status_back() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[(1, 1), (2, 2)]));
    assert_eq!(desk.fulfillment(1).status, F::Packing);
    let over = OrderRejection::TooFewUnits {
        line: line(1),
        asked: units(3),
        found: units(2),
        bucket: "picked or packed".to_owned(),
    };
    assert_eq!(desk.refusal(&unpick(1, &[(1, 3)])), over);
    desk.run(&unpick(1, &[(1, 1)]));
    assert_eq!(desk.share(1, 1), [0, 0, 1, 0, 0, 0]);
    assert_eq!(desk.fulfillment(1).status, F::Packed);
    desk.run(&hold(HoldReason::Review));
    desk.run(&unpick(1, &[]));
    assert_eq!(desk.fulfillment(1).status, F::Cancelled);
    assert_eq!([desk.waiting(1), desk.waiting(2)], [[2, 0, 0, 0]; 2]);
    assert!(!desk.order.work_begun(), "it can be edited again");
    desk.illegal(&unpick(1, &[]));
}

/// The label has the wrong street, or the wrong order was scanned.
#[test]
fn units_that_are_put_back_stay_claimed_and_are_picked_again() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[(1, 1)]));
    let before = desk.order.clone();
    let events = desk.run(&put_back(1, &[(1, 2)]));
    let back = OrderEvent::Unpicked {
        fulfillment: work(1),
        lines: some(&[(1, 2)]),
        kept: true,
    };
    assert_eq!(events, [back]);
    assert!(claim_changes(&before, &events[0]).is_empty());
    assert_eq!(desk.share(1, 1), [2, 0, 0, 0, 0, 0]);
    assert_eq!(desk.fulfillment(1).status, F::Picking);
    desk.run(&hold(HoldReason::Review));
    desk.run(&put_back(1, &[]));
    assert_eq!(desk.fulfillment(1).status, F::Approved);
    assert_eq!([desk.waiting(1), desk.waiting(2)], [[0, 0, 2, 0]; 2]);
    assert!(!desk.order.work_begun(), "its address can be changed");
    desk.run(&OrderCommand::release_all());
    desk.run(&pick(1, &[]));
    assert_eq!(desk.fulfillment(1).status, F::Picked);
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
}

#[test]
fn what_was_not_picked_or_has_left_is_not_given_up() {
    let mut desk = Desk::approved();
    desk.illegal(&unpick(1, &[]));
    desk.run(&pick(1, &[(1, 1)]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[]));
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::Unpick,
    };
    assert_eq!(desk.refusal(&unpick(1, &[])), nothing);
    desk.run(&pick(1, &[]));
    desk.run(&unpick(1, &[]));
    assert_eq!(
        desk.share(1, 1),
        [0, 0, 0, 1, 0, 0],
        "the parcel is under way"
    );
    assert_eq!(desk.fulfillment(1).status, F::Shipped);
}

#[test]
fn a_status_without_an_edge_refuses_the_command() {
    let mut desk = Desk::approved();
    desk.illegal(&pack(1, &[]));
    let legal = desk.illegal(&ship(1, &[]));
    assert!(legal.contains(&CommandKind::Pick), "{legal:?}");
    desk.illegal(&send_back(1, &[]));
    desk.run(&pick(1, &[]));
    desk.illegal(&pick(1, &[]));
    desk.illegal(&ship(1, &[]));
    desk.run(&pack(1, &[]));
    desk.illegal(&pack(1, &[]));
    desk.run(&ship(1, &[]));
    desk.illegal(&ship(1, &[]));
}

#[test]
fn work_needs_an_approved_order() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1)]));
    for command in [
        pick(1, &[]),
        pack(1, &[]),
        ship(1, &[]),
        deliver(1),
        send_back(1, &[]),
    ] {
        let legal = desk.illegal(&command);
        assert!(legal.contains(&CommandKind::Approve));
    }
}

#[test]
fn a_cancelled_order_is_not_worked_on() {
    let mut desk = Desk::approved();
    desk.run(&cancel());
    for command in [
        pick(1, &[]),
        pack(1, &[]),
        ship(1, &[]),
        deliver(1),
        send_back(1, &[]),
    ] {
        desk.illegal(&command);
    }
}

#[test]
fn a_parcel_arrives_once() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[(1, 1)]));
    desk.now = at(10);
    desk.run(&deliver(1));
    desk.now = at(20);
    assert_eq!(desk.run(&deliver(1)), [], "the carrier told it twice");
    assert_eq!(desk.fulfillment(1).shipments[0].delivered_at, Some(at(10)));
    assert_eq!(
        Desk::delivered().run(&deliver(1)),
        [],
        "also when the order is closed"
    );
}

#[test]
fn a_parcel_under_way_arrives_although_the_order_is_held() {
    let mut desk = Desk::shipped();
    desk.run(&hold(HoldReason::Payment));
    assert_eq!(desk.names(&deliver(1)), ["order.delivered", "order.closed"]);
    assert_eq!(
        (desk.state(), desk.order.head.hold.clone()),
        (OrderState::Closed, None)
    );
}

/// Lost, or refused at the door: nobody is told that it was delivered, and all money goes back.
#[test]
fn a_parcel_that_never_arrives_ends_the_order_and_gives_the_money_back() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: None,
        amount: eur("4.00"),
        tax: eur("0"),
    }];
    let mut desk = Desk::of(&draft);
    desk.run(&pay(captured("24.00"), None));
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[(1, 1)]));
    desk.run(&ship(1, &[]));
    desk.now = at(30);
    let failed = OrderEvent::DeliveryFailed {
        fulfillment: work(1),
        shipment: parcel(1),
        at: at(30),
    };
    assert_eq!(desk.run(&fail(1)), [failed]);
    assert_eq!(desk.share(1, 1), [0, 0, 0, 1, 0, 1]);
    assert_eq!(desk.status(), OrderStatus::Shipped, "one is under way");
    assert_eq!(desk.order.to_give_back().money, eur("10.00"));
    let mut arrived = desk.clone();
    let names = ["order.delivery_failed", "order.closed"];
    assert_eq!(desk.names(&fail(2)), names);
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Closed, OrderStatus::Returned)
    );
    let parcel = &desk.fulfillment(1).shipments[0];
    assert_eq!(
        (parcel.delivered_at, parcel.failed_at),
        (None, Some(at(30)))
    );
    assert_eq!(
        desk.order.to_give_back().money,
        eur("24.00"),
        "charges, too"
    );
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
    arrived.run(&deliver(2));
    assert_eq!(arrived.status(), OrderStatus::Delivered);
    assert_eq!(arrived.order.to_give_back().money, eur("10.00"));
}

#[test]
fn units_that_arrived_count_although_no_parcel_tells_of_them() {
    let mut desk = Desk::delivered();
    desk.run(&pay(captured("40.00"), None));
    let work = desk.order.fulfillments.get_mut(&work(1)).unwrap();
    work.shipments.clear();
    assert_eq!(desk.order.to_give_back().money, eur("0"));
}

#[test]
fn nothing_is_owed_for_a_parcel_that_was_refused_at_the_door() {
    let mut desk = Desk::shipped();
    assert_eq!(desk.order.to_collect(), eur("40.00"));
    desk.run(&fail(1));
    assert_eq!(desk.order.owed(), eur("0"));
    assert_eq!(desk.order.to_collect(), eur("0"));
}

#[test]
fn a_journey_ends_once() {
    let mut desk = Desk::shipped();
    desk.now = at(10);
    desk.run(&fail(1));
    desk.now = at(20);
    assert_eq!(desk.run(&fail(1)), [], "told twice");
    assert_eq!(desk.fulfillment(1).shipments[0].failed_at, Some(at(10)));
    assert_eq!(desk.refusal(&deliver(1)).code(), "illegal_command");
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::Return,
    };
    assert_eq!(desk.refusal(&send_back(1, &[])), nothing);
    let unknown = OrderRejection::UnknownShipment {
        shipment: parcel(3),
    };
    assert_eq!(Desk::shipped().refusal(&fail(3)), unknown);
}

/// On day 14 a job took it for delivered; on day 20 the carrier says that it is lost.
#[test]
fn what_was_taken_for_delivered_may_turn_out_to_be_lost() {
    let mut draft = draft(&[(2, "10.00")]);
    draft.charges = vec![Charge {
        kind: ChargeKind::Shipping,
        title: None,
        amount: eur("4.00"),
        tax: eur("0"),
    }];
    let mut desk = Desk::of(&draft);
    desk.run(&pay(captured("24.00"), None));
    desk.run(&allocate(&[("A", 1, 2)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[(1, 1)]));
    desk.run(&ship(1, &[]));
    desk.run(&deliver(1));
    desk.run(&deliver(2));
    assert_eq!(desk.state(), OrderState::Closed);
    let mut came_back = desk.clone();
    desk.now = at(20);
    assert_eq!(desk.names(&fail(1)), ["order.delivery_failed"]);
    assert_eq!(desk.share(1, 1), [0, 0, 0, 0, 1, 1]);
    assert_eq!(desk.status(), OrderStatus::Delivered, "the other arrived");
    assert_eq!(desk.order.to_give_back().money, eur("10.00"));
    let lost = &desk.fulfillment(1).shipments[0];
    assert_eq!((lost.delivered_at, lost.failed_at), (None, Some(at(20))));
    assert_eq!(desk.run(&fail(1)), [], "told twice");
    assert_eq!(desk.refusal(&deliver(1)).code(), "illegal_command");
    assert_eq!(desk.names(&fail(2)), ["order.delivery_failed"]);
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Closed, OrderStatus::Returned)
    );
    assert_eq!(
        desk.order.to_give_back().money,
        eur("24.00"),
        "charges, too"
    );
    assert_eq!(fold(&desk.events).unwrap(), desk.order);
    // What came back had arrived: of two parcels one may still be lost, and not both.
    came_back.run(&send_back(1, &[(1, 1)]));
    came_back.run(&fail(2));
    assert_eq!(came_back.share(1, 1), [0, 0, 0, 0, 0, 2]);
    assert_eq!(came_back.refusal(&fail(1)).code(), "illegal_command");
}

#[test]
fn a_delivered_parcel_that_is_lost_leaves_other_work_as_it_is() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1), ("B", 1, 1)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[]));
    desk.run(&deliver(1));
    assert_eq!(desk.names(&fail(1)), ["order.delivery_failed"]);
    assert_eq!(desk.state(), OrderState::Open);
    assert_eq!(desk.fulfillment(1).status, F::Delivered);
    assert_eq!(desk.fulfillment(2).status, F::Approved);
    desk.run(&pick(2, &[]));
    desk.run(&pack(2, &[]));
    desk.run(&ship(2, &[]));
    assert_eq!(desk.names(&deliver(2)), ["order.delivered", "order.closed"]);
}

#[test]
fn open_units_keep_an_order_from_closing() {
    let mut desk = Desk::new(&[(2, "1.00")]);
    desk.run(&allocate(&[("A", 1, 1)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[]));
    assert_eq!(desk.names(&deliver(1)), ["order.delivered"]);
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Open, OrderStatus::Shipped),
        "it is not over, so its status is not either"
    );
    desk.run(&backorder(&[(1, 1)]));
    assert_eq!(desk.status(), OrderStatus::Shipped);
    desk.run(&allocate(&[("A", 1, 1)]));
    assert_eq!(
        desk.status(),
        OrderStatus::Approved,
        "a later fulfillment sets the status back"
    );
}

#[test]
fn delivered_units_come_back_also_after_the_order_is_closed() {
    let mut desk = Desk::delivered();
    desk.now = at(99);
    let returned = OrderEvent::Returned {
        fulfillment: work(1),
        lines: some(&[(1, 1)]),
        at: at(99),
    };
    assert_eq!(desk.run(&send_back(1, &[(1, 1)])), [returned]);
    assert_eq!(desk.share(1, 1), [0, 0, 0, 0, 1, 1]);
    assert_eq!(desk.status(), OrderStatus::Delivered);
    desk.run(&send_back(1, &[]));
    assert_eq!(
        (desk.state(), desk.status()),
        (OrderState::Closed, OrderStatus::Returned)
    );
    assert_eq!(desk.fulfillment(1).status, F::Delivered);
    let nothing = OrderRejection::NothingToDo {
        command: CommandKind::Return,
    };
    assert_eq!(desk.refusal(&send_back(1, &[])), nothing);
}

#[test]
fn tracking_changes_tell_old_and_new() {
    let mut desk = Desk::shipped();
    let new = Tracking {
        number: Some(external("1Z")),
        ..Tracking::default()
    };
    let changed = OrderEvent::TrackingChanged {
        fulfillment: work(1),
        shipment: parcel(1),
        old: Tracking::default(),
        new: new.clone(),
    };
    assert_eq!(desk.run(&track(1, "1Z")), [changed]);
    assert_eq!(desk.fulfillment(1).shipments[0].tracking, new);
    assert_eq!(desk.run(&track(1, "1Z")), [], "the same values");
    desk.run(&deliver(1));
    assert_eq!(
        desk.names(&track(1, "2Z")),
        ["order.tracking_changed"],
        "also when closed"
    );
}

#[test]
fn an_order_has_a_limited_number_of_parcels() {
    let max = limits::SHIPMENTS_PER_ORDER_MAX;
    let count = u32::try_from(max).unwrap() + 1;
    let mut desk = Desk::new(&[(count, "0.01")]);
    desk.run(&allocate(&[("A", 1, count)]));
    desk.run(&OrderCommand::Approve);
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    for _ in 0..max {
        desk.run(&ship(1, &[(1, 1)]));
    }
    let expected = OrderRejection::TooMany {
        field: "shipments".to_owned(),
        found: max + 1,
        max,
    };
    assert_eq!(desk.refusal(&ship(1, &[])), expected);
}

#[test]
fn a_parcel_keeps_what_it_was_given() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.now = at(33);
    // Links that carriers sign are long.
    let page = format!("https://parcel.example/1Z?signature={}", "0f".repeat(900));
    let tracking = Tracking {
        number: Some(external("1Z")),
        url: Some(Link::parse(page).unwrap()),
        ..Tracking::default()
    };
    let parcel = ShipParcel {
        lines: some(&[(2, 1)]),
        tracking: tracking.clone(),
    };
    desk.run(&OrderCommand::Ship {
        fulfillment: work(1),
        parcel,
    });
    let shipment = &desk.fulfillment(1).shipments[0];
    assert_eq!(
        (&shipment.tracking, shipment.shipped_at),
        (&tracking, at(33))
    );
    assert_eq!(shipment.lines, [(line(2), quantity(1))]);
}
