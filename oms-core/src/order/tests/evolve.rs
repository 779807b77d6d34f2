//! Folding: damaged and foreign events do no harm, and events change only the parts they name.

use super::fixtures::*;
use crate::order::{
    Claim, Cut, FulfillmentCut, HoldReason, LineChange, Order, OrderCommand, OrderEvent,
    OrderState, Part, Placed, Shipment, Tracking, evolve, evolve_at, fold, fold_at,
};
use crate::value::Units;

fn placed() -> OrderEvent {
    let draft = draft(&[(2, "10.00"), (2, "10.00")]);
    place_event(&draft, &known(&draft)).unwrap()
}

#[test]
fn a_stream_begins_with_placed() {
    let approved = OrderEvent::Approved { at: at(1) };
    assert_eq!(fold([]), None);
    assert_eq!(fold([&approved]), None);
    assert_eq!(fold([&approved, &placed()]), None);
    let order = fold([&placed(), &approved]).unwrap();
    assert_eq!(
        (order.version.get(), order.head.state),
        (2, OrderState::Open)
    );
}

#[test]
fn work_tells_since_when_it_is_so_far() {
    let mut desk = Desk::new(&[(2, "10.00")]);
    let mut dated: Vec<(OrderEvent, i64)> = vec![(desk.events[0].clone(), 0)];
    for (secs, command, since) in [
        (10, allocate(&[("A", 1, 2)]), 10),
        (20, OrderCommand::Approve, 10),
        (30, pick(1, &[(1, 1)]), 30),
        (40, hold(HoldReason::Review), 30),
        (50, OrderCommand::release_all(), 30),
        (60, pick(1, &[]), 60),
        (70, pack(1, &[(1, 1)]), 70),
        (80, pack(1, &[]), 80),
        (90, ship(1, &[]), 90),
        (95, deliver(1), 95),
        (99, send_back(1, &[]), 95),
    ] {
        let events = desk.ask(&command).unwrap();
        for event in events {
            evolve_at(&mut desk.order, &event, at(secs));
            dated.push((event, secs));
        }
        let work = desk.fulfillment(1);
        assert_eq!(work.status_since, Some(at(since)), "{command:?}");
    }
    let events = dated.iter().map(|(event, secs)| (event, at(*secs)));
    assert_eq!(fold_at(events), Some(desk.order));
    // Without the times of the events nobody knows.
    let order = fold(dated.iter().map(|(event, _)| event)).unwrap();
    assert_eq!(order.fulfillments[&work(1)].status_since, None);
    assert_eq!(fold_at([]), None);
}

#[test]
fn a_second_placed_changes_nothing_but_the_version() {
    let mut desk = Desk::approved();
    let before = desk.order.clone();
    evolve(&mut desk.order, &placed());
    assert_eq!(desk.order.version, before.version.next());
    assert_eq!(
        (&desk.order.head, &desk.order.fulfillments),
        (&before.head, &before.fulfillments)
    );
}

fn tentative() -> Claim {
    Claim::Tentative { expires_at: at(60) }
}

/// Events that do not fit, whatever the order is.
fn foreign() -> Vec<OrderEvent> {
    let nine = work(9);
    let lines = || some(&[(1, 9), (7, 9)]);
    let part = FulfillmentCut {
        id: work(1),
        reserved: units(9),
        picked: units(9),
        packed: units(9),
    };
    let cut = |fulfillment: Option<FulfillmentCut>, number: u32| Cut {
        line: line(number),
        open: units(9),
        backordered: units(9),
        fulfillment,
    };
    let cuts = vec![
        cut(Some(part), 1),
        cut(Some(FulfillmentCut { id: nine, ..part }), 2),
        cut(Some(part), 7),
    ];
    let parcel_of = |number: u32| Shipment {
        id: parcel(number),
        tracking: Tracking::default(),
        lines: vec![(line(1), quantity(9)), (line(7), quantity(9))],
        shipped_at: at(9),
        delivered_at: None,
        failed_at: None,
    };
    let mut all = vec![
        placed(),
        OrderEvent::Allocated {
            fulfillment: nine,
            hub: hub("A"),
            claim: tentative(),
            lines: lines(),
            day: None,
        },
        OrderEvent::Allocated {
            fulfillment: work(1),
            hub: hub("B"),
            claim: tentative(),
            lines: lines(),
            day: None,
        },
        OrderEvent::Backordered { lines: lines() },
        OrderEvent::LinesCancelled {
            reason: reason("x"),
            cuts,
            at: at(9),
        },
        OrderEvent::Approved { at: at(9) },
        OrderEvent::Held {
            reason: HoldReason::Other,
            note: None,
            at: at(9),
        },
        OrderEvent::Released {
            reasons: [].into(),
            at: at(9),
        },
        OrderEvent::Cancelled {
            reason: reason("x"),
            at: at(9),
        },
        OrderEvent::Closed { at: at(9) },
    ];
    for fulfillment in [nine, work(1)] {
        all.extend([
            OrderEvent::Confirmed {
                fulfillment,
                lines: lines(),
            },
            OrderEvent::Expired {
                fulfillment,
                lines: lines(),
                at: at(9),
            },
            OrderEvent::Withdrawn {
                fulfillment,
                lines: lines(),
            },
            OrderEvent::Picked {
                fulfillment,
                lines: lines(),
            },
            OrderEvent::Packed {
                fulfillment,
                lines: lines(),
            },
            OrderEvent::Unpicked {
                fulfillment,
                lines: lines(),
                kept: false,
            },
            OrderEvent::Unpicked {
                fulfillment,
                lines: lines(),
                kept: true,
            },
            OrderEvent::Returned {
                fulfillment,
                lines: lines(),
                at: at(9),
            },
        ]);
        for number in [1, 8] {
            let shipment = parcel(number);
            let tracked = Tracking {
                number: Some(external("9")),
                ..Tracking::default()
            };
            all.extend([
                OrderEvent::Shipped {
                    fulfillment,
                    shipment: parcel_of(number),
                },
                OrderEvent::Delivered {
                    fulfillment,
                    shipment,
                    at: at(9),
                },
                OrderEvent::DeliveryFailed {
                    fulfillment,
                    shipment,
                    at: at(9),
                },
                OrderEvent::TrackingChanged {
                    fulfillment,
                    shipment,
                    old: Tracking::default(),
                    new: tracked,
                },
            ]);
        }
    }
    all
}

/// Orders in every state, with work in every stage.
fn orders() -> Vec<Order> {
    let mut half = Desk::approved();
    half.run(&pick(1, &[]));
    half.run(&pack(1, &[(1, 1)]));
    half.run(&ship(1, &[]));
    let mut held = half.clone();
    held.run(&hold(HoldReason::Review));
    let mut cancelled = Desk::approved();
    cancelled.run(&cancel());
    let mut waiting = Desk::new(&[(2, "10.00"), (2, "10.00")]);
    waiting.run(&backorder(&[(1, 1)]));
    waiting.run(&allocate_until(&[("A", 2, 1)], 60));
    [
        half,
        held,
        cancelled,
        waiting,
        Desk::delivered(),
        Desk::shipped(),
    ]
    .map(|desk| desk.order)
    .into()
}

fn assert_sound(order: &Order, event: &OrderEvent) {
    for (line, quantities) in order.quantities() {
        assert!(
            quantities.is_conserved(),
            "{event:?} breaks line {line}: {quantities:?}"
        );
    }
    assert_eq!(
        order.head.hold.is_some(),
        order.head.state == OrderState::OnHold,
        "{event:?}"
    );
    let cancelled = order.head.state == OrderState::Cancelled;
    assert_eq!(order.head.cancellation.is_some(), cancelled, "{event:?}");
    for work in order.fulfillments.values() {
        assert_eq!(work.status, work.derived_status(), "{event:?}");
    }
}

#[test]
fn events_that_do_not_fit_break_nothing() {
    for before in orders() {
        for first in foreign() {
            let mut once = before.clone();
            evolve(&mut once, &first);
            assert_eq!(once.version, before.version.next());
            assert_sound(&once, &first);
            if before.head.state.is_terminal() {
                assert_eq!(
                    once.head.state, before.head.state,
                    "{first:?} leaves a terminal state"
                );
            }
            for second in foreign() {
                let mut twice = once.clone();
                evolve(&mut twice, &second);
                assert_sound(&twice, &second);
            }
        }
    }
}

#[test]
fn a_damaged_edit_breaks_no_other_line() {
    let mut desk = Desk::approved();
    let old = desk.order.line(line(1)).cloned();
    let event = OrderEvent::LinesEdited {
        changes: vec![
            LineChange { old, new: None },
            LineChange {
                old: None,
                new: None,
            },
        ],
        charges: None,
        withdrawn: vec![work(1), work(9)],
        lost: vec![],
        old_totals: desk.order.head.totals,
        new_totals: desk.order.head.totals,
    };
    evolve(&mut desk.order, &event);
    assert_sound(&desk.order, &event);
    assert_eq!(desk.waiting(2), [2, 0, 0, 0]);
    assert_eq!(desk.order.line(line(1)), None);
    evolve(
        &mut desk.order,
        &OrderEvent::Expired {
            fulfillment: work(1),
            lines: vec![],
            at: at(9),
        },
    );
    assert_sound(&desk.order, &event);
}

#[test]
fn a_release_that_lost_its_memory_goes_back_to_the_start() {
    for nonsense in [None, Some(OrderState::OnHold), Some(OrderState::Cancelled)] {
        let mut desk = Desk::approved();
        desk.run(&hold(HoldReason::Review));
        match nonsense {
            None => desk.order.head.hold = None,
            Some(state) => desk.order.head.hold.as_mut().unwrap().resume = state,
        }
        desk.run(&OrderCommand::release_all());
        assert_eq!(desk.state(), OrderState::Pending);
    }
}

#[test]
fn a_release_of_an_order_that_is_not_held_changes_nothing() {
    let mut desk = Desk::approved();
    evolve(
        &mut desk.order,
        &OrderEvent::Released {
            reasons: [].into(),
            at: at(9),
        },
    );
    assert_eq!(desk.state(), OrderState::Open);
}

#[test]
fn a_parcel_told_to_have_arrived_twice_takes_no_units_of_another() {
    let mut desk = Desk::approved();
    desk.run(&pick(1, &[]));
    desk.run(&pack(1, &[]));
    desk.run(&ship(1, &[(1, 1)]));
    desk.run(&ship(1, &[(1, 1)]));
    let arrived = desk.run(&deliver(1));
    evolve(&mut desk.order, &arrived[0]);
    assert_eq!(desk.share(1, 1), [0, 0, 0, 1, 1, 0]);
}

#[test]
fn money_out_of_range_leaves_the_sum_alone() {
    let mut desk = Desk::new(&[(1, "1.00")]);
    let entry = captured("10000000000000");
    let event = OrderEvent::PaymentRecorded {
        entry,
        method: None,
        reference: None,
        at: at(1),
    };
    evolve(&mut desk.order, &event);
    evolve(&mut desk.order, &event);
    assert_eq!(desk.order.head.payment.captured, eur("10000000000000"));
    let event = OrderEvent::PaymentRecorded {
        entry: voided("0.01"),
        method: None,
        reference: None,
        at: at(1),
    };
    evolve(&mut desk.order, &event);
    assert_eq!(desk.order.head.payment.authorised, eur("0"), "never below");
}

#[test]
fn documents_in_any_order_make_the_same_order() {
    let desk = Desk::shipped();
    let mut head = desk.order.head.clone();
    head.lines.reverse();
    let mut works: Vec<_> = desk.order.fulfillments.values().cloned().collect();
    works.iter_mut().for_each(|work| work.lines.reverse());
    works.reverse();
    assert_eq!(
        Order::from_parts(desk.order.version, head, works),
        desk.order
    );
}

#[test]
fn placed_keeps_the_head_as_it_is() {
    let OrderEvent::Placed { head } = placed() else {
        panic!("not placed")
    };
    let order = Order::from_placed(&head);
    assert_eq!((&order.head, order.version.get()), (&*head.0, 1));
    assert_eq!(Placed(Box::new(order.head)), head);
}

/// What an event changed, apart from the version.
pub(super) fn changed(before: &Order, after: &Order) -> Vec<Part> {
    let mut parts = Vec::new();
    if before.head != after.head {
        parts.push(Part::Head);
    }
    for (id, work) in &after.fulfillments {
        if before.fulfillments.get(id) != Some(work) {
            parts.push(Part::Fulfillment(*id));
        }
    }
    parts
}

#[test]
fn picking_one_line_writes_one_document() {
    let mut desk = Desk::approved();
    let before = desk.order.clone();
    let events = desk.run(&pick(1, &[(1, 1)]));
    assert_eq!(events[0].parts(), [Part::Fulfillment(work(1))]);
    assert_eq!(changed(&before, &desk.order), [Part::Fulfillment(work(1))]);
    assert_eq!(Units::try_sum([units(1), units(1)]), Some(units(2)));
}
