//! Long random lives of orders keep every invariant.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::evolve::changed;
use super::fixtures::*;
use super::{allowed, model};
use crate::order::{
    AllowedCommand, Charge, ChargeKind, EditLine, Head, HoldReason, Order, OrderCommand,
    OrderEvent, OrderStatus, Part, Stage, allowed_commands, claim_changes, evolve, fold,
};
use crate::reservation::ReservationDelta;
use crate::value::{HubId, LineId, Money, Note, Sku, StageId, Tag};

/// A step of a random life: a command in small numbers, or something that is offered.
#[derive(Clone, Debug)]
enum Step {
    Ask(OrderCommand),
    Offered(prop::sample::Index),
    Wait(i64),
}

fn line_units() -> impl Strategy<Value = Vec<(u32, u32)>> {
    vec((1_u32..5, 1_u32..4), 0..3)
}

fn work_command() -> impl Strategy<Value = OrderCommand> {
    prop_oneof![
        (1_u32..5, line_units()).prop_map(|(work, lines)| pick(work, &lines)),
        (1_u32..5, line_units()).prop_map(|(work, lines)| pack(work, &lines)),
        (1_u32..5, line_units()).prop_map(|(work, lines)| unpick(work, &lines)),
        (1_u32..5, line_units()).prop_map(|(work, lines)| ship(work, &lines)),
        (1_u32..5, line_units()).prop_map(|(work, lines)| send_back(work, &lines)),
        (1_u32..5).prop_map(deliver),
        (1_u32..5).prop_map(fail),
        (1_u32..5, 0_u32..3).prop_map(|(shipment, number)| track(shipment, &number.to_string())),
    ]
}

fn stock_command() -> impl Strategy<Value = OrderCommand> {
    let parts = || vec((0_usize..3, 1_u32..5, 1_u32..4), 0..4);
    let named = |parts: Vec<(usize, u32, u32)>| -> Vec<(&'static str, u32, u32)> {
        parts
            .into_iter()
            .map(|(hub, line, units)| (["A", "B", "C"][hub], line, units))
            .collect()
    };
    prop_oneof![
        parts().prop_map(move |parts| allocate(&named(parts))),
        (parts(), 0_i64..400).prop_map(move |(parts, until)| allocate_until(&named(parts), until)),
        line_units().prop_map(|lines| backorder(&lines)),
        line_units().prop_map(|lines| cancel_lines(&lines)),
        (1_u32..5, 1_u32..5, 1_u32..4).prop_map(|(work, line, units)| cancel_at(work, line, units)),
        vec(1_u32..5, 0..3).prop_map(|works| expire(&works)),
        (1_u32..5, line_units()).prop_map(|(work, lines)| withdraw(work, &lines)),
        Just(OrderCommand::Confirm),
        Just(cancel_rest()),
    ]
}

/// Shipping often states no tax.
fn shipping_tax() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0_i64), 0_i64..200]
}

fn head_command() -> impl Strategy<Value = OrderCommand> {
    let change = prop_oneof![
        (1_u32..5, 1_u32..5).prop_map(|(line, units)| change_quantity(line, units)),
        (1_u32..5, 1_u32..900).prop_map(|(line, cents)| change_price(line, &format!("{cents}e-2"))),
        (1_u32..7, 1_u32..4).prop_map(|(line, units)| add(line, units, "3.33")),
        (1_u32..7).prop_map(remove),
        (1_u32..5).prop_map(|line| name(line, "SKU-9")),
        (0_i64..900).prop_map(|discount| EditLine::Discount {
            discount: cents(discount),
        }),
        (1_u32..5, 0_u32..300).prop_map(|(line, cents)| change_tax(line, &format!("{cents}e-2"))),
        (0_i64..900, 0_i64..900, shipping_tax(), 0_i64..200).prop_map(
            |(shipping, card, tax, rebate)| {
                EditLine::Charges {
                    charges: vec![
                        charge(ChargeKind::Shipping, shipping, tax),
                        charge(ChargeKind::Fee, -rebate, -rebate / 5),
                        charge(ChargeKind::GiftCard, -card, 0),
                    ],
                }
            }
        ),
    ];
    let money = |cents: u32| format!("{cents}e-2");
    prop_oneof![
        Just(OrderCommand::Approve),
        Just(hold(HoldReason::Review)),
        Just(hold(HoldReason::Payment)),
        Just(OrderCommand::release_all()),
        Just(release(&[HoldReason::Payment])),
        Just(cancel()),
        Just(book_slot(Some("noon"))),
        Just(book_slot(None)),
        (0_i64..3).prop_map(|secs| OrderCommand::Promise {
            by: (secs > 0).then(|| at(secs))
        }),
        vec(change, 0..3).prop_map(edit),
        (0_u32..900, 0_u8..3).prop_map(move |(cents, reference)| {
            pay(
                captured(&money(cents)),
                [None, Some("r-1"), Some("r-2")][usize::from(reference)],
            )
        }),
        (0_u32..900).prop_map(move |cents| pay(refunded(&money(cents)), None)),
        (0_u32..900).prop_map(move |cents| pay(authorised(&money(cents)), Some("r-1"))),
        (0_u32..900).prop_map(move |cents| pay(voided(&money(cents)), None)),
        (-300_i32..900).prop_map(move |cents| pay(waived(&format!("{cents}e-2")), None)),
        (0_u32..900).prop_map(move |cents| pay(credited(&money(cents)), None)),
        (-300_i32..900).prop_map(move |cents| pay(retained(&format!("{cents}e-2")), None)),
        (0_u8..3).prop_map(|tag| OrderCommand::Tag {
            add: vec![Tag::parse(&format!("t-{tag}")).unwrap()],
            remove: vec![Tag::parse("t-0").unwrap()],
        }),
        Just(OrderCommand::AddNote {
            text: Note::parse("x").unwrap()
        }),
        (0_u8..3).prop_map(|stage| OrderCommand::SetStage {
            stage: (stage > 0).then(|| StageId::parse(&format!("s-{stage}")).unwrap()),
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<prop::sample::Index>().prop_map(Step::Offered),
        3 => work_command().prop_map(Step::Ask),
        3 => stock_command().prop_map(Step::Ask),
        2 => head_command().prop_map(Step::Ask),
        1 => (0_i64..50).prop_map(Step::Wait),
    ]
}

fn cents(cents: i64) -> Money {
    Money::from_minor(cents, currency()).unwrap()
}

fn charge(kind: ChargeKind, amount: i64, tax: i64) -> Charge {
    Charge {
        kind,
        title: None,
        amount: cents(amount),
        tax: cents(tax),
    }
}

/// Cents of tax that each line states and the source for the whole order, and of its discount.
type Sums = (i64, Option<i64>, i64);

fn sums() -> impl Strategy<Value = Sums> {
    let of_line = prop_oneof![Just(0_i64), 0_i64..200];
    let of_order = prop_oneof![
        Just(None::<i64>),
        Just(Some(0_i64)),
        (0_i64..600).prop_map(Some),
    ];
    (of_line, of_order, 0_i64..70)
}

fn start() -> impl Strategy<Value = Desk> {
    let order = (vec(1_u32..4, 1..4), 0_i64..700, any::<bool>(), sums());
    order.prop_map(|(lines, card, named, sums)| desk(&lines, card, named, sums))
}

/// An order of such lines; a gift card pays so many cents of it, less than a unit costs after the
/// discount. If it is not named, nobody knows what its last line is.
fn desk(lines: &[u32], card: i64, named: bool, (tax, order_tax, discount): Sums) -> Desk {
    let lines: Vec<(u32, &str)> = lines.iter().map(|units| (*units, "7.77")).collect();
    let mut draft = draft(&lines);
    for line in &mut draft.lines {
        line.tax = cents(tax);
    }
    draft.order_tax = order_tax.map(cents);
    draft.discount = cents(discount);
    draft.charges = vec![charge(ChargeKind::GiftCard, -card, 0)];
    let mut desk = if named {
        Desk::of(&draft)
    } else {
        Desk::unnamed(&draft)
    };
    desk.workflow.stages = OrderStatus::ALL
        .into_iter()
        .zip([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1])
        .map(|(status, number)| Stage {
            id: StageId::parse(&format!("s-{number}")).unwrap(),
            status,
        })
        .collect();
    desk
}

/// Units claimed by line, hub and SKU: (tentative, confirmed).
type Claims = BTreeMap<(LineId, HubId, Sku), (i64, i64)>;

fn claim(claims: &mut Claims, before: &Order, event: &OrderEvent) {
    for change in claim_changes(before, event) {
        let units = i64::from(change.delta.quantity().get());
        let key = (change.line, change.hub, change.sku);
        let (tentative, confirmed) = claims.entry(key).or_default();
        match change.delta {
            ReservationDelta::Reserve {
                expires_at: Some(_),
                ..
            } => *tentative += units,
            ReservationDelta::Reserve {
                expires_at: None, ..
            } => *confirmed += units,
            ReservationDelta::Confirm { .. } => {
                *tentative -= units;
                *confirmed += units;
            }
            ReservationDelta::Release {
                tentative: true, ..
            }
            | ReservationDelta::Expire { .. } => {
                *tentative -= units;
            }
            ReservationDelta::Release {
                tentative: false, ..
            }
            | ReservationDelta::Consume { .. } => *confirmed -= units,
            ReservationDelta::Acknowledge { .. } | ReservationDelta::Settle { .. } => {
                panic!("not for an order to say")
            }
        }
        assert!(*tentative >= 0 && *confirmed >= 0, "{event:?}");
    }
}

/// What the fulfillments hold, in the same form.
fn held(order: &Order) -> Claims {
    let mut held = Claims::new();
    for work in order.fulfillments.values() {
        for share in &work.lines {
            let units = i64::from(share.here().get());
            let key = (share.line, work.hub.clone(), share.sku.clone());
            let (tentative, confirmed) = held.entry(key).or_default();
            match work.tentative_until() {
                Some(_) => *tentative += units,
                None => *confirmed += units,
            }
        }
    }
    held
}

fn live(mut claims: Claims) -> Claims {
    claims.retain(|_, units| *units != (0, 0));
    claims
}

/// Applies one decision and checks what each of its events changes.
fn apply(desk: &mut Desk, claims: &mut Claims, events: Vec<OrderEvent>) {
    for event in events {
        let before = desk.order.clone();
        claim(claims, &before, &event);
        evolve(&mut desk.order, &event);
        assert_eq!(desk.order.version, before.version.next());
        let parts = event.parts();
        for part in changed(&before, &desk.order) {
            assert!(
                parts.contains(&part),
                "{event:?} changes {part:?} and names {parts:?}"
            );
        }
        desk.events.push(event);
    }
    model::assert_sound(&desk.order);
    assert_eq!(
        live(claims.clone()),
        live(held(&desk.order)),
        "stock claims and fulfillments"
    );
}

fn next(desk: &mut Desk, step: Step) -> Option<OrderCommand> {
    match step {
        Step::Ask(command) => Some(command),
        Step::Offered(index) => {
            let offered: Vec<AllowedCommand> =
                allowed_commands(&desk.order, &desk.workflow, desk.now);
            Some(allowed::witness(desk, *index.get(&offered)))
        }
        Step::Wait(secs) => {
            desk.now = desk.now.checked_add_secs(secs).unwrap();
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_life_keeps_the_invariants(
        mut desk in start(),
        steps in vec(step(), 1..60),
    ) {
        let mut claims = Claims::new();
        for step in steps {
            let Some(command) = next(&mut desk, step) else { continue };
            allowed::check(&desk, std::slice::from_ref(&command));
            let json = serde_json::to_string(&command).unwrap();
            prop_assert_eq!(&serde_json::from_str::<OrderCommand>(&json).unwrap(), &command);
            let Ok(events) = desk.ask(&command) else { continue };
            let before = desk.order.clone();
            apply(&mut desk, &mut claims, events);
            model::assert_previewed(&before, &command, &desk.order);
            if let OrderCommand::Cancel { .. }
            | OrderCommand::Deliver { .. }
            | OrderCommand::FailDelivery { .. } = command
            {
                prop_assert_eq!(desk.ask(&command), Ok(vec![]), "asked twice");
            }
        }
        let order = fold(&desk.events).unwrap();
        prop_assert_eq!(&order, &desk.order);
        prop_assert_eq!(order.version.get(), u64::try_from(desk.events.len()).unwrap());
        prop_assert!(order.head.payment.refunded.amount() <= order.head.payment.captured.amount());

        let replayed: Vec<OrderEvent> = desk
            .events
            .iter()
            .map(|event| serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap())
            .collect();
        prop_assert_eq!(&replayed, &desk.events);
        let json = serde_json::to_string(&order.head).unwrap();
        let head: Head = serde_json::from_str(&json).unwrap();
        let works: Vec<_> = order
            .fulfillments
            .values()
            .map(|work| serde_json::from_str(&serde_json::to_string(work).unwrap()).unwrap())
            .collect();
        prop_assert_eq!(Order::from_parts(order.version, head, works), order);
    }

    #[test]
    fn every_order_can_be_brought_to_an_end(
        mut desk in start(),
        steps in vec(step(), 1..40),
    ) {
        for step in steps {
            let Some(command) = next(&mut desk, step) else { continue };
            let Ok(events) = desk.ask(&command) else { continue };
            events.iter().for_each(|event| evolve(&mut desk.order, event));
        }
        if !desk.state().is_terminal() {
            if desk.ask(&cancel()).is_ok() {
                desk.run(&cancel());
            } else {
                desk.run(&cancel_rest());
                let under_way: Vec<u32> = desk
                    .order
                    .fulfillments
                    .values()
                    .flat_map(|work| &work.shipments)
                    .filter(|shipment| shipment.is_under_way())
                    .map(|shipment| shipment.id.get())
                    .collect();
                under_way.into_iter().for_each(|number| { desk.run(&deliver(number)); });
            }
        }
        prop_assert!(desk.state().is_terminal(), "{:?}", desk.order);
    }
}

/// An edit of what an order has that states some tax of every line and of the charges.
fn taxed_change() -> impl Strategy<Value = EditLine> {
    prop_oneof![
        (1_u32..4, 1_u32..5).prop_map(|(line, units)| change_quantity(line, units)),
        (1_u32..4, 1_u32..900).prop_map(|(line, cents)| change_price(line, &format!("{cents}e-2"))),
        (1_u32..4, 1_u32..300).prop_map(|(line, cents)| change_tax(line, &format!("{cents}e-2"))),
        (1_u32..4).prop_map(remove),
        (0_i64..900).prop_map(|discount| EditLine::Discount {
            discount: cents(discount),
        }),
        (0_i64..900, 1_i64..200).prop_map(|(shipping, tax)| EditLine::Charges {
            charges: vec![charge(ChargeKind::Shipping, shipping, tax)],
        }),
    ]
}

proptest! {
    #[test]
    fn an_order_that_is_exempt_of_tax_stays_so_whatever_is_edited(
        taxes in vec(1_i64..300, 1..4),
        steps in vec(vec(taxed_change(), 1..3), 1..20),
    ) {
        let lines: Vec<(u32, &str)> = taxes.iter().map(|_| (2, "7.77")).collect();
        let mut draft = draft(&lines);
        for (line, tax) in draft.lines.iter_mut().zip(&taxes) {
            line.tax = cents(*tax);
        }
        draft.charges = vec![charge(ChargeKind::Shipping, 500, 95)];
        draft.order_tax = Some(eur("0"));
        let mut desk = Desk::of(&draft);
        for changes in steps {
            let command = edit(changes);
            let Ok(events) = desk.ask(&command) else { continue };
            let before = desk.order.clone();
            events.iter().for_each(|event| evolve(&mut desk.order, event));
            model::assert_sound(&desk.order);
            model::assert_previewed(&before, &command, &desk.order);
            prop_assert_eq!(desk.order.head.order_tax, Some(eur("0")), "{:?}", command);
        }
    }
}

#[test]
fn parts_name_the_head_once() {
    let desk = Desk::delivered();
    for event in &desk.events {
        let parts = event.parts();
        assert!(!parts.is_empty() && parts.iter().filter(|part| **part == Part::Head).count() < 2);
    }
}
