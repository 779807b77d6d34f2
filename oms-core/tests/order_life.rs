//! The life of an order as a host sees it: through the public interface alone.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use oms_core::order::{
    AllowedCommand, Assignment, CommandKind, LineSku, Order, OrderCommand, OrderDraft, OrderEvent,
    OrderRejection, OrderState, OrderStatus, PaymentEntry, Place, ShipParcel, Source, SourceKind,
    Tracking, Workflow, allowed_commands, claim_changes, decide, decide_place, evolve, fold,
    fulfillment_edge, order_edge,
};
use oms_core::reservation::ReservationDelta;
use oms_core::value::{
    ChannelId, Currency, FulfillmentId, HubId, LineId, Money, OrderId, OrderNumber, Quantity,
    Reason, ShipmentId, Sku, Timestamp,
};

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap()
}

/// Three units of tea and one pot.
fn placed() -> OrderEvent {
    let source = Source {
        kind: SourceKind::PointOfSale,
        channel: ChannelId::parse("shop").unwrap(),
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    draft.push_line("TEA", 3, "4.50").unwrap();
    draft.push_line("POT", 1, "20").unwrap();
    let skus = ["TEA", "POT"].map(|sku| LineSku::Known(Sku::parse(sku).unwrap()));
    let place = Place {
        id: OrderId::parse("0197f3a0-0000-7000-8000-000000000001").unwrap(),
        number: OrderNumber::new(1001).unwrap(),
        draft: &draft,
        skus: &skus,
        ship_to: None,
        bill_to: None,
        payload: None,
        slot: None,
        tentative: false,
    };
    decide_place(&place, now()).unwrap()
}

fn run(order: &mut Order, command: &OrderCommand) -> Vec<OrderEvent> {
    let events = decide(order, command, &Workflow::default(), now()).unwrap();
    events.iter().for_each(|event| evolve(order, event));
    events
}

fn allocate(hubs: &[(&str, u32, u32)]) -> OrderCommand {
    let assignments = hubs
        .iter()
        .map(|(hub, line, units)| Assignment {
            hub: HubId::parse(hub).unwrap(),
            line: LineId::new(*line).unwrap(),
            quantity: Quantity::new(*units).unwrap(),
        })
        .collect();
    OrderCommand::Allocate {
        assignments,
        expires_at: None,
    }
}

fn offered(order: &Order) -> Vec<AllowedCommand> {
    allowed_commands(order, &Workflow::default(), now())
}

/// Picks, packs, ships and delivers all of a fulfillment, in the parcel of its number.
fn carry_out(order: &mut Order, number: u32) {
    let fulfillment = FulfillmentId::new(number).unwrap();
    let shipment = ShipmentId::new(number).unwrap();
    let (lines, tracking) = (vec![], Tracking::default());
    let parcel = ShipParcel { lines, tracking };
    let commands = [
        OrderCommand::Pick {
            fulfillment,
            lines: vec![],
        },
        OrderCommand::Pack {
            fulfillment,
            lines: vec![],
        },
        OrderCommand::Ship {
            fulfillment,
            parcel,
        },
        OrderCommand::Deliver { shipment },
    ];
    for command in commands {
        run(order, &command);
    }
}

#[test]
fn an_order_split_over_two_hubs_is_delivered() {
    let mut order = fold([&placed()]).unwrap();
    assert_eq!(order.head.totals.total.to_string(), "33.50 EUR");
    run(&mut order, &allocate(&[("north", 1, 3), ("south", 2, 1)]));
    run(&mut order, &OrderCommand::Approve);
    for number in [1, 2] {
        carry_out(&mut order, number);
    }
    assert_eq!(
        (order.head.state, order.status()),
        (OrderState::Closed, OrderStatus::Delivered)
    );
    let cancel = OrderCommand::Cancel {
        reason: Reason::parse("too late").unwrap(),
    };
    let refusal = decide(&order, &cancel, &Workflow::default(), now()).unwrap_err();
    assert_eq!(refusal.code(), "illegal_command");
    let OrderRejection::IllegalCommand { legal, .. } = refusal else {
        panic!("{refusal}")
    };
    assert!(
        legal.contains(&CommandKind::Return),
        "what is left to do is named: {legal:?}"
    );
}

#[test]
fn what_is_to_be_collected_and_what_is_to_be_given_back_are_told() {
    let eur = |text: &str| Money::parse(text, Currency::parse("EUR").unwrap()).unwrap();
    let pay = |entry: PaymentEntry| OrderCommand::RecordPayment {
        entry,
        method: None,
        reference: None,
    };
    let sums = |order: &Order| (order.to_collect(), order.to_give_back().money);
    let mut order = fold([&placed()]).unwrap();
    run(&mut order, &allocate(&[("north", 1, 3), ("south", 2, 1)]));
    run(&mut order, &OrderCommand::Approve);
    for number in [1, 2] {
        carry_out(&mut order, number);
    }
    assert_eq!(sums(&order), (eur("33.50"), eur("0")));
    let pot_back = OrderCommand::Return {
        fulfillment: FulfillmentId::new(2).unwrap(),
        lines: vec![],
    };
    run(&mut order, &pot_back);
    assert_eq!(sums(&order), (eur("13.50"), eur("0")), "for the tea");
    let amount = eur("33.50");
    run(&mut order, &pay(PaymentEntry::Captured { amount }));
    assert_eq!(sums(&order), (eur("0"), eur("20.00")));
    let amount = eur("20.00");
    run(&mut order, &pay(PaymentEntry::Refunded { amount }));
    assert_eq!(sums(&order), (eur("0"), eur("0")));
    let amount = eur("1.00");
    run(&mut order, &pay(PaymentEntry::Refunded { amount }));
    assert_eq!(sums(&order), (eur("1.00"), eur("0")), "more than it cost");
}

#[test]
fn a_cancelled_order_gives_its_stock_back_and_is_never_fulfilled() {
    let mut order = fold([&placed()]).unwrap();
    run(&mut order, &allocate(&[("north", 1, 2), ("south", 1, 1)]));
    let before = order.clone();
    let cancel = OrderCommand::Cancel {
        reason: Reason::parse("buyer asked").unwrap(),
    };
    let events = run(&mut order, &cancel);
    let released: u32 = events
        .iter()
        .flat_map(|event| claim_changes(&before, event))
        .map(|change| match change.delta {
            ReservationDelta::Release {
                quantity,
                tentative: false,
            } => quantity.get(),
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(released, 3);
    let fulfilling = [CommandKind::Approve, CommandKind::Pick, CommandKind::Ship];
    for command in fulfilling {
        assert_eq!(order_edge(order.head.state, command).count(), 0);
        assert!(
            offered(&order)
                .iter()
                .all(|allowed| allowed.command != command)
        );
    }
    for fulfillment in order.fulfillments.values() {
        assert!(fulfillment.status.is_terminal());
        assert_eq!(
            fulfillment_edge(fulfillment.status, CommandKind::Pick).count(),
            0
        );
    }
    assert_eq!(run(&mut order, &cancel), [], "asking again changes nothing");
}

#[test]
fn every_order_offers_something_until_it_is_over() {
    let mut order = fold([&placed()]).unwrap();
    let mut states = vec![order.head.state];
    for command in [
        OrderCommand::Approve,
        OrderCommand::Hold {
            reason: oms_core::order::HoldReason::Review,
            note: None,
        },
        OrderCommand::release_all(),
    ] {
        run(&mut order, &command);
        states.push(order.head.state);
        let leaves = offered(&order).into_iter().any(|allowed| {
            order_edge(order.head.state, allowed.command).any(|to| to != order.head.state)
        });
        assert!(leaves, "{} has a way out", order.head.state);
    }
    use OrderState::{OnHold, Open, Pending};
    assert_eq!(states, [Pending, Open, OnHold, Open]);
}
