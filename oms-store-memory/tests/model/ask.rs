//! Asking a world for a deed, and what can be seen of the answer and afterwards.

use futures_executor::block_on;
use oms_core::order::ExternalReference;
use oms_core::plan::{Command, OrderReceipt, PlaceOrder, Receipt};
use oms_core::reservation::{Owner, Reservation, ReservationKey};
use oms_core::service::{Call, Done, Error};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::testing::build;
use oms_core::value::{OrderId, Version};

use crate::deed::{Asked, Deed};
use crate::step::CARTS;
use crate::world::{HUBS, SKUS, World, call, draft};

/// The deed as a command; `None` for what is none, or names an order where there are none.
pub(crate) fn command(world: &World, deed: &Deed) -> Option<Command> {
    let order = |order: &usize| -> Option<OrderId> {
        let place = order.checked_rem(world.orders.len())?;
        world.orders.get(place).copied()
    };
    Some(match deed {
        Deed::Step(step) => return world.command(step),
        Deed::Ask(command) => command.clone(),
        Deed::Place {
            lines,
            on_problem,
            mode,
            reference,
        } => {
            let mut place = PlaceOrder::new(draft(lines));
            (place.on_problem, place.reserve) = (*on_problem, *mode);
            let reference = reference.map(|reference| ExternalReference {
                kind: build::external("order"),
                id: build::external(&format!("D-{reference}")),
            });
            place.draft.external.extend(reference);
            Command::Place(Box::new(place))
        }
        Deed::Order(of, command) => Command::Order {
            order: order(of)?,
            command: command.clone(),
        },
        Deed::Assign(of, hub) => Command::Assign {
            order: order(of)?,
            hub: hub.map(|hub| build::hub(HUBS[hub])),
        },
        Deed::Contacts(of) => Command::ChangeContacts {
            order: order(of)?,
            ship_to: Some(Default::default()),
            bill_to: None,
        },
        Deed::ExpireOrder(of) => Command::ExpireReservation {
            owner: Owner::Order(order(of)?),
        },
    })
}

/// The call with its key and the version its author saw.
pub(crate) fn with((_, key, version): &Asked) -> Call {
    let mut asked = call();
    if let Some(key) = key {
        asked = asked.with_key(build::idempotency_key(&format!("key-{key}")));
    }
    if let Some(version) = version {
        asked = asked.expecting(Version::new(*version).unwrap());
    }
    asked
}

/// Lets the time pass, or asks; `None` when there is nothing to ask.
pub(crate) fn take(world: &mut World, asked: &Asked) -> Option<Result<Done, Error>> {
    if let Deed::Step(step) = &asked.0 {
        world.pass(step);
    }
    let command = command(world, &asked.0)?;
    let done = block_on(world.tenant.execute(command, with(asked)));
    note(world, &done);
    Some(done)
}

/// Remembers an order that is new.
pub(crate) fn note(world: &mut World, done: &Result<Done, Error>) {
    let receipt = done.as_ref().ok().map(|done| &done.receipt);
    let order = receipt.and_then(|receipt| receipt.order.as_ref());
    let id = order.map(|order| order.id);
    world
        .orders
        .extend(id.filter(|id| !world.orders.contains(id)));
}

/// What callers see of an answer, without ids.
pub(crate) type Told = Result<(Vec<String>, Version, bool, Option<OrderReceipt>), String>;

pub(crate) fn told(answer: Result<&Receipt, &Error>) -> Told {
    let receipt = answer.map_err(|error| format!("{error:?}"))?;
    let order = receipt.order.clone().map(|mut order| {
        order.id = build::order_id(1);
        order.number = build::number(1);
        order
    });
    Ok((
        receipt.events.clone(),
        receipt.version,
        receipt.known,
        order,
    ))
}

/// Everything about stock, claims and orders, but for ids.
#[derive(Debug, PartialEq)]
pub(crate) struct Picture {
    levels: Vec<StockLevel>,
    claims: Vec<Vec<(u32, StockKey, Reservation)>>,
    orders: Vec<String>,
}

pub(crate) fn picture(world: &World) -> Picture {
    assert_eq!(block_on(world.tenant.audit()).unwrap(), []);
    let rows = HUBS
        .iter()
        .flat_map(|hub| SKUS.map(|sku| build::stock(hub, sku)));
    let orders = world.orders.iter();
    let carts = (0..CARTS).map(build::owner_cart);
    let owners = carts.chain(orders.clone().map(|id| Owner::Order(*id)));
    let claim = |(key, row): (ReservationKey, Reservation)| {
        (key.line.get(), StockKey::new(key.hub, key.sku), row)
    };
    let claims = |owner: Owner| {
        let rows = block_on(world.tenant.reservations_of(&owner)).unwrap();
        rows.into_iter().map(claim).collect()
    };
    let order = |id: &OrderId| {
        let order = block_on(world.tenant.order(*id)).unwrap();
        let (head, work) = (&order.head, &order.fulfillments);
        let now = (order.status(), order.version, &head.hold);
        format!("{now:?} {:?} {:?} {work:?}", head.lines, head.payment)
    };
    Picture {
        levels: rows
            .map(|row| block_on(world.tenant.stock_level(&row)).unwrap())
            .collect(),
        claims: owners.map(claims).collect(),
        orders: orders.map(order).collect(),
    }
}
