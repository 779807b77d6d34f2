//! Anything that may be asked, also what no naive model follows: two hubs, orders that wait, hold
//! or claim for a time, edits, returns, a registry that changes, keys and versions.

use oms_core::order::{
    Assignment, CancelLine, EditLine, HoldReason, LineQuantity, LineSku, OrderCommand,
    PaymentEntry, ShipParcel, Tracking,
};
use oms_core::plan::{Command, OnProblem, ReserveMode, ReserveStock, Switchable};
use oms_core::stock::StockCommand;
use oms_core::testing::build;
use oms_core::value::{Currency, FulfillmentId, LineId, Money, ShipmentId, UnitPrice};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::step::{self, CARTS, Step};
use crate::world::{HUBS, SKUS};

/// How firmly something is claimed; a time within a minute, so that waiting ends it.
pub(crate) fn mode() -> impl Strategy<Value = ReserveMode> {
    prop_oneof![
        Just(ReserveMode::Confirmed),
        Just(ReserveMode::Tentative { ttl_secs: Some(30) }),
        Just(ReserveMode::Tentative { ttl_secs: Some(60) }),
    ]
}

/// What may be asked. Orders are named by their place among those stored, modulo how many there
/// are; hubs and SKUs by place, and a SKU behind the last is one that nobody knows.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are few, and they print well"
)]
pub(crate) enum Deed {
    Step(Step),
    Ask(Command),
    Place {
        lines: Vec<(usize, u32)>,
        on_problem: OnProblem,
        mode: ReserveMode,
        /// What its channel calls it.
        reference: Option<u8>,
    },
    Order(usize, OrderCommand),
    Assign(usize, Option<usize>),
    /// Ship and bill to somewhere else.
    Contacts(usize),
    ExpireOrder(usize),
}

/// A deed, the caller's key and the version the caller saw.
pub(crate) type Asked = (Deed, Option<u8>, Option<u64>);

/// Up to `most` deeds.
pub(crate) fn deeds(most: usize) -> impl Strategy<Value = Vec<Asked>> {
    let asked = (
        deed(),
        option::weighted(0.1, 0..4_u8),
        option::weighted(0.05, 1..6_u64),
    );
    prop::collection::vec(asked, 1..=most)
}

/// Steps of the naive model, each asked once and without a version.
pub(crate) fn of_steps(most: usize) -> impl Strategy<Value = Vec<Asked>> {
    step::steps(most).prop_map(plainly)
}

pub(crate) fn plainly(steps: Vec<Step>) -> Vec<Asked> {
    steps
        .into_iter()
        .map(|step| (Deed::Step(step), None, None))
        .collect()
}

fn deed() -> impl Strategy<Value = Deed> {
    let order = || 0..6_usize;
    let problem = select(vec![
        OnProblem::Refuse,
        OnProblem::Backorder,
        OnProblem::Hold,
    ]);
    let lines = prop::collection::vec(
        (prop_oneof![9 => 0..2_usize, 1 => Just(2)], 1..=3_u32),
        1..=3,
    );
    let place = (lines, problem, mode(), option::weighted(0.1, 0..3_u8));
    let place = place.prop_map(|(lines, on_problem, mode, reference)| Deed::Place {
        lines,
        on_problem,
        mode,
        reference,
    });
    prop_oneof![
        10 => goods().prop_map(Deed::Ask),
        10 => place,
        16 => (order(), order_command()).prop_map(|(order, command)| Deed::Order(order, command)),
        3 => (order(), option::of(0..HUBS.len())).prop_map(|(order, hub)| Deed::Assign(order, hub)),
        1 => order().prop_map(Deed::Contacts),
        1 => order().prop_map(Deed::ExpireOrder),
        10 => cart().prop_map(Deed::Ask),
        1 => registry().prop_map(Deed::Ask),
        4 => step::time().prop_map(Deed::Step),
    ]
}

fn goods() -> impl Strategy<Value = Command> {
    let quantity = || (1..=3_u32).prop_map(build::quantity);
    let command = prop_oneof![
        4 => quantity().prop_map(|quantity| StockCommand::Receive { quantity }),
        1 => quantity().prop_map(|quantity| StockCommand::Issue { quantity }),
        1 => quantity().prop_map(|quantity| StockCommand::Damage { quantity }),
        1 => (-2..=2_i64).prop_map(|delta| StockCommand::Adjust { delta }),
        1 => (0..=5_u32).prop_map(|found| StockCommand::Count {
            found: build::units(found),
            seen: None,
        }),
        1 => (0..=2_u32).prop_map(|units| StockCommand::SetSafety { safety: build::units(units) }),
        1 => (0..=2_u32)
            .prop_map(|units| StockCommand::SetIncoming { incoming: build::units(units) }),
    ];
    (hub(), select(SKUS.to_vec()), command).prop_map(|(hub, sku, command)| Command::Stock {
        key: build::stock(hub, sku),
        command,
        reason: build::reason("test"),
    })
}

fn hub() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just(HUBS[0]), 1 => Just(HUBS[1])]
}

fn cart() -> impl Strategy<Value = Command> {
    let owner = || (0..CARTS).prop_map(build::owner_cart);
    let units = prop_oneof![
        (1..=3_u32).prop_map(|units| vec![units]),
        (0..=2_u32, 1..=2_u32).prop_map(|(first, second)| vec![first, second]),
    ];
    let reserve = (owner(), units, option::weighted(0.3, hub()), mode());
    let reserve = reserve.prop_map(|(owner, units, hub, mode)| {
        Command::Reserve(ReserveStock {
            owner,
            lines: crate::world::reserve_lines(&units),
            hub: hub.map(build::hub),
            mode,
        })
    });
    prop_oneof![
        5 => reserve,
        2 => owner().prop_map(|owner| Command::ConfirmReservation { owner }),
        2 => owner().prop_map(|owner| Command::ReleaseReservation { owner }),
        2 => owner().prop_map(|owner| Command::ConsumeReservation {
            owner,
            reason: build::reason("sold"),
        }),
        1 => owner().prop_map(|owner| Command::ExpireReservation { owner }),
    ]
}

/// Something is switched on or off; mostly on.
fn registry() -> impl Strategy<Value = Command> {
    let document = prop_oneof![
        hub().prop_map(|hub| Switchable::Hub(build::hub(hub))),
        select(SKUS.to_vec()).prop_map(|sku| Switchable::Product(build::sku(sku))),
        Just(Switchable::Channel(build::channel("desk"))),
    ];
    (document, prop::bool::weighted(0.6))
        .prop_map(|(document, active)| Command::SetActive { document, active })
}

fn order_command() -> impl Strategy<Value = OrderCommand> {
    let reason = || build::reason("changed their mind");
    let at = || (1..=2_u32).prop_map(build::fulfillment);
    let some = || {
        let part = (1..=3_u32, 1..=2_u32).prop_map(|(line, units)| LineQuantity {
            line: build::line(line),
            quantity: build::quantity(units),
        });
        prop_oneof![3 => Just(Vec::new()), 1 => part.prop_map(|part| vec![part])]
    };
    let ship = |(fulfillment, lines): (FulfillmentId, Vec<LineQuantity>)| OrderCommand::Ship {
        fulfillment,
        parcel: ShipParcel {
            lines,
            tracking: Tracking::default(),
        },
    };
    let work = prop_oneof![
        (at(), some()).prop_map(|(fulfillment, lines)| OrderCommand::Pick { fulfillment, lines }),
        (at(), some()).prop_map(|(fulfillment, lines)| OrderCommand::Pack { fulfillment, lines }),
        (at(), some(), proptest::bool::ANY).prop_map(|(fulfillment, lines, keep)| {
            OrderCommand::Unpick {
                fulfillment,
                lines,
                keep,
            }
        }),
        (at(), some()).prop_map(ship),
        (at(), some()).prop_map(|(fulfillment, lines)| OrderCommand::Return { fulfillment, lines }),
        Just(OrderCommand::Deliver {
            shipment: ShipmentId::FIRST
        }),
        Just(OrderCommand::FailDelivery {
            shipment: ShipmentId::FIRST
        }),
    ];
    let flow = prop_oneof![
        Just(OrderCommand::Approve),
        Just(OrderCommand::Confirm),
        Just(OrderCommand::release_all()),
        Just(OrderCommand::Hold {
            reason: HoldReason::Review,
            note: None,
        }),
        Just(OrderCommand::Cancel { reason: reason() }),
        Just(OrderCommand::CancelRest { reason: reason() }),
        (at(), some())
            .prop_map(|(fulfillment, lines)| OrderCommand::Withdraw { fulfillment, lines }),
        at().prop_map(|id| OrderCommand::Expire {
            fulfillments: vec![id]
        }),
    ];
    let line = || (1..=3_u32).prop_map(build::line);
    let units = || (1..=3_u32).prop_map(build::quantity);
    let cancel = (line(), units(), option::of(at()));
    let cancel = cancel.prop_map(
        move |(line, quantity, fulfillment)| OrderCommand::CancelLines {
            reason: build::reason("one too many"),
            lines: vec![CancelLine {
                line,
                quantity,
                fulfillment,
            }],
        },
    );
    let claims = (hub(), line(), units()).prop_map(|(hub, line, quantity)| {
        let hub = build::hub(hub);
        OrderCommand::Allocate {
            assignments: vec![Assignment {
                hub,
                line,
                quantity,
            }],
            expires_at: None,
        }
    });
    let waits = (line(), units()).prop_map(|(line, quantity)| OrderCommand::Backorder {
        lines: vec![LineQuantity { line, quantity }],
    });
    let edits = prop::collection::vec(edit(), 1..=2);
    let edits = edits.prop_map(|changes| OrderCommand::EditLines { changes });
    let paid = (0..=9_i64).prop_map(|units| OrderCommand::RecordPayment {
        entry: PaymentEntry::Captured {
            amount: money(units),
        },
        method: None,
        reference: Some(build::external("pay-1")),
    });
    prop_oneof![8 => work, 4 => flow, 1 => cancel, 2 => claims, 1 => waits, 3 => edits, 1 => paid]
}

fn edit() -> impl Strategy<Value = EditLine> {
    let sku = select(SKUS.to_vec()).prop_map(|sku| LineSku::Known(build::sku(sku)));
    let change = (1..=3_u32, option::of(sku), 1..=4_u32);
    prop_oneof![
        4 => change.prop_map(|(line, sku, units)| EditLine::Change {
            line: build::line(line),
            sku,
            quantity: Some(build::quantity(units)),
            unit_price: None,
            discount: None,
            tax: None,
            tax_rate: None,
            title: None,
            channel_item: None,
        }),
        1 => (1..=3_u32).prop_map(|line| EditLine::Remove { line: build::line(line) }),
        1 => (3..=5_u32, 1..=2_u32).prop_map(|(line, units)| added(build::line(line), units)),
    ]
}

fn added(line: LineId, units: u32) -> EditLine {
    EditLine::Add {
        line,
        sku: LineSku::Known(build::sku(SKUS[0])),
        quantity: build::quantity(units),
        unit_price: UnitPrice::from_money(money(4)).unwrap(),
        discount: money(0),
        tax: money(0),
        tax_rate: None,
        title: None,
        channel_item: None,
    }
}

fn money(units: i64) -> Money {
    Money::from_minor(units * 100, Currency::parse("EUR").unwrap()).unwrap()
}
