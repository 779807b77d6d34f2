//! Another host is faster: what it switched off, took the last of or did between the plan of a
//! command and its commit is not used, or done twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_executor::block_on;
use oms_core::order::{Assignment, EditLine, LineSku, OrderCommand, OrderStatus};
use oms_core::plan::{
    Command, CounterKey, OnProblem, PlaceOrder, ReserveLine, ReserveStock, Switchable,
};
use oms_core::port::{Clock, IdSource};
use oms_core::service::{Error, Oms, Tenant};
use oms_core::stock::StockCommand;
use oms_core::testing::{Method, build};
use oms_core::value::limits::RETRY_ATTEMPTS_MAX;
use oms_core::value::{Currency, FulfillmentId, HubId, Money, OrderId, UnitPrice};
use uuid::Uuid;

use crate::world::{World, call, cart, meanwhile, shelf};

fn north() -> HubId {
    build::hub("north")
}

fn tea() -> Switchable {
    Switchable::Product(build::sku("TEA"))
}

/// An order that waits for a unit.
fn patient(world: &World) -> OrderId {
    let mut place = PlaceOrder::new(World::draft(1));
    place.on_problem = OnProblem::Backorder;
    world.place(place)
}

/// An order that waits for a unit that came.
fn waiting(world: &World) -> OrderId {
    let order = patient(world);
    world.receive(1);
    order
}

/// An order of one of two units.
fn placed(world: &World) -> OrderId {
    world.receive(2);
    world.place(PlaceOrder::new(World::draft(1)))
}

fn reserve(world: &World) -> Command {
    world.receive(1);
    let line = ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity: build::quantity(1),
    };
    Command::Reserve(ReserveStock {
        hub: Some(north()),
        ..ReserveStock::new(cart(1), vec![line])
    })
}

fn assign(world: &World) -> Command {
    let (order, hub) = (waiting(world), Some(north()));
    Command::Assign { order, hub }
}

fn assign_anywhere(world: &World) -> Command {
    let (order, hub) = (waiting(world), None);
    Command::Assign { order, hub }
}

fn allocate(world: &World) -> Command {
    let share = Assignment {
        hub: north(),
        line: build::line(1),
        quantity: build::quantity(1),
    };
    let command = OrderCommand::Allocate {
        assignments: vec![share],
        expires_at: None,
    };
    let order = waiting(world);
    Command::Order { order, command }
}

fn reassign(world: &World) -> Command {
    let order = placed(world);
    world.open_south();
    world.receive_tea_at("south", 1);
    Command::Reassign {
        order,
        fulfillment: FulfillmentId::FIRST,
        hub: Some(build::hub("south")),
    }
}

fn edit(world: &World, change: EditLine) -> Command {
    let changes = vec![change];
    let (order, command) = (placed(world), OrderCommand::EditLines { changes });
    Command::Order { order, command }
}

fn grow(world: &World) -> Command {
    edit(world, build::change_quantity(1, 2))
}

fn add(world: &World) -> Command {
    let euro = Currency::parse("EUR").unwrap();
    let line = EditLine::Add {
        line: build::line(2),
        sku: LineSku::Known(build::sku("TEA")),
        quantity: build::quantity(1),
        unit_price: UnitPrice::parse("4.50", euro).unwrap(),
        discount: Money::zero(euro),
        tax: Money::zero(euro),
        tax_rate: None,
        title: None,
        channel_item: None,
    };
    edit(world, line)
}

fn hand_over(world: &World) -> Command {
    world.put_customer(2);
    let customer = Some(build::customer_id(2));
    let (order, command) = (placed(world), OrderCommand::ChangeCustomer { customer });
    Command::Order { order, command }
}

fn place(world: &World) -> Command {
    world.receive(1);
    Command::Place(Box::new(PlaceOrder::new(World::draft(1))))
}

fn place_for_customer(world: &World) -> Command {
    world.put_customer(2);
    world.receive(1);
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.customer = Some(build::customer_id(2));
    Command::Place(Box::new(place))
}

/// What is switched off, who plans with it, and the code of the refusal.
type Rivalry = (Switchable, fn(&World) -> Command, &'static str);

#[test]
fn what_is_switched_off_meanwhile_is_not_used() {
    let hub = |id| Switchable::Hub(build::hub(id));
    let customer = || Switchable::Customer(build::customer_id(2));
    let desk = Switchable::Channel(build::channel("desk"));
    let table: [Rivalry; 13] = [
        (hub("north"), reserve, "inactive"),
        (hub("north"), assign, "inactive"),
        (hub("north"), assign_anywhere, "unserviceable"),
        (hub("north"), allocate, "inactive"),
        (hub("north"), grow, "unserviceable"),
        (hub("south"), reassign, "inactive"),
        (tea(), reserve, "inactive"),
        (tea(), grow, "inactive"),
        (tea(), add, "inactive"),
        (tea(), place, "inactive"),
        (customer(), hand_over, "inactive"),
        (customer(), place_for_customer, "inactive"),
        (desk, place, "inactive"),
    ];
    for (document, prepare, code) in table {
        let world = World::new();
        let command = prepare(&world);
        let what = format!("{document:?} and {}", command.name());
        meanwhile(&world, move |other| {
            block_on(other.deactivate(document.clone(), call())).unwrap();
        });
        let done = block_on(world.tenant.execute(command, call()));
        assert_eq!(done.unwrap_err().code(), code, "{what}");
        world.check();
    }
}

/// Lets a hub take on one order a day.
fn bound(world: &World, id: &str) {
    let hub = block_on(world.tenant.hub(&build::hub(id))).unwrap();
    let mut hub = hub.unwrap();
    hub.daily_capacity = Some(build::units(1));
    block_on(world.tenant.put_hub(hub, call())).unwrap();
}

/// What a hub took on today.
fn taken(world: &World, id: &str) -> u32 {
    let hub = block_on(world.tenant.hub(&build::hub(id))).unwrap();
    let day = hub.unwrap().day(world.clock.now());
    let key = CounterKey::HubDay(build::hub(id), day);
    block_on(world.tenant.counter(&key)).unwrap().get()
}

fn place_one(other: &Tenant) {
    let place = PlaceOrder::new(World::draft(1));
    block_on(other.place(place, call())).unwrap();
}

#[test]
fn the_last_place_of_a_hub_that_another_order_takes_meanwhile_is_not_taken_twice() {
    let world = World::new();
    bound(&world, "north");
    let order = waiting(&world);
    world.receive(1);
    meanwhile(&world, place_one);
    let refused = block_on(world.tenant.assign(order, None, call())).unwrap_err();
    assert_eq!(refused.code(), "unserviceable");
    assert_eq!(taken(&world, "north"), 1);
    world.check();
}

/// An order that has the only unit of the first hub, and a second hub that takes on one more.
fn beside_a_full_hub() -> (World, OrderId) {
    let world = World::new();
    world.receive(1);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    world.open_south();
    bound(&world, "south");
    world.receive_tea_at("south", 3);
    meanwhile(&world, place_one);
    (world, order)
}

#[test]
fn nor_by_work_that_moves_there() {
    let (world, order) = beside_a_full_hub();
    let work = FulfillmentId::FIRST;
    let moved = block_on(world.tenant.reassign(order, work, None, call()));
    assert_eq!(moved.unwrap_err().code(), "unserviceable");
    assert_eq!(taken(&world, "south"), 1);
    world.check();
}

#[test]
fn nor_by_an_edit_that_needs_more_than_its_own_hub_has() {
    let (world, order) = beside_a_full_hub();
    let changes = vec![build::change_quantity(1, 2)];
    let edit = OrderCommand::EditLines { changes };
    let edited = block_on(world.tenant.order_command(order, edit, call()));
    assert_eq!(edited.unwrap_err().code(), "short");
    assert_eq!(taken(&world, "south"), 1);
    world.check();
}

/// A unit comes to the shelf.
fn bring_one(other: &Tenant) {
    let quantity = build::quantity(1);
    let receive = StockCommand::Receive { quantity };
    let reason = build::reason("delivery");
    block_on(other.stock_command(shelf(), receive, reason, call())).unwrap();
}

/// A cart takes a unit from the shelf.
fn take_one(other: &Tenant, owner: u64) {
    let line = ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity: build::quantity(1),
    };
    let claim = ReserveStock {
        hub: Some(north()),
        ..ReserveStock::new(cart(owner), vec![line])
    };
    block_on(other.reserve(claim, call())).unwrap();
}

/// One executor does not run within another of the same thread.
fn apart(act: impl FnOnce() + Send) {
    std::thread::scope(|scope| scope.spawn(act).join().unwrap());
}

/// Whoever looks finds one unit on the shelf; so many times a rival has it before it is claimed.
fn snatch(world: &World, times: u64) {
    let other = world.other.clone();
    let (mut there, mut taken) = (false, 0);
    world.store.fail_when(move |asked| {
        if asked.method == Method::Prefetch && !there {
            there = true;
            apart(|| bring_one(&other));
        } else if asked.method == Method::Commit && taken < times {
            there = false;
            taken += 1;
            apart(|| take_one(&other, taken));
        }
        None
    });
}

/// An order that may wait for a person, but not for goods.
fn place_or_hold(world: &World) -> Result<OrderId, Error> {
    let mut place = PlaceOrder::new(World::draft(1));
    place.on_problem = OnProblem::Hold;
    let done = block_on(world.tenant.place(place, call()))?;
    Ok(done.receipt.order.unwrap().id)
}

#[test]
fn who_loses_the_last_unit_again_and_again_is_not_refused_for_good() {
    for elsewhere in [0, 100] {
        let world = World::new();
        if elsewhere > 0 {
            world.open_south();
            world.receive_tea_at("south", elsewhere);
        }
        snatch(&world, 3);
        let order = place_or_hold(&world).unwrap();
        let order = block_on(world.tenant.order(order)).unwrap();
        assert_eq!(order.head.hold, None);
        world.check();
    }
    let world = World::new();
    snatch(&world, u64::MAX);
    let error = place_or_hold(&world).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(
        matches!(error, Error::Contended { attempts, .. } if attempts == RETRY_ATTEMPTS_MAX),
        "{error}"
    );
    world.check();
}

#[test]
fn who_loses_the_last_unit_once_and_finds_none_left_is_told_what_is_short() {
    let world = World::new();
    world.receive(1);
    meanwhile(&world, |other| take_one(other, 1));
    let _ = world.store.take_calls();
    let place = PlaceOrder::new(World::draft(1));
    let refused = block_on(world.tenant.place(place, call())).unwrap_err();
    assert_eq!(refused.code(), "short");
    let calls = world.store.take_calls();
    let commits = calls.iter().filter(|call| call.method == Method::Commit);
    assert_eq!(commits.count(), 1);
    world.check();
}

fn cancel() -> OrderCommand {
    let reason = build::reason("changed their mind");
    OrderCommand::Cancel { reason }
}

#[test]
fn an_order_that_two_cancel_at_once_gives_its_stock_back_once() {
    let world = World::new();
    world.receive(3);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    world.place(PlaceOrder::new(World::draft(2)));
    meanwhile(&world, move |other| {
        block_on(other.order_command(order, cancel(), call())).unwrap();
    });
    for _ in 0..2 {
        let done = block_on(world.tenant.order_command(order, cancel(), call())).unwrap();
        let told = done.receipt.order.unwrap().status;
        assert_eq!(
            (told, done.receipt.events.len()),
            (OrderStatus::Cancelled, 0)
        );
        let level = world.level();
        assert_eq!((level.on_hand.get(), level.reserved.get()), (3, 2));
    }
    world.check();
}

/// An order is picked while another host cancels it: what was cancelled is not fulfilled.
#[test]
fn an_order_that_is_cancelled_meanwhile_is_not_worked_on() {
    let world = World::new();
    world.receive(2);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    meanwhile(&world, move |other| {
        block_on(other.order_command(order, cancel(), call())).unwrap();
    });
    let pick = OrderCommand::pick_all(FulfillmentId::FIRST);
    let refused = block_on(world.tenant.order_command(order, pick, call())).unwrap_err();
    assert_eq!(refused.code(), "illegal_command");
    assert_eq!(world.level().reserved.get(), 0);
    world.check();
}

/// Ids that come twice, as those of two hosts may that make them of one clock.
#[derive(Debug, Default)]
struct Twice(AtomicU64);

impl IdSource for Twice {
    fn next_id(&self) -> Uuid {
        build::uuid(1_000_000 + self.0.fetch_add(1, Ordering::SeqCst) / 2)
    }
}

#[test]
fn an_order_whose_id_is_taken_gets_another_one_and_the_first_stays() {
    let world = World::new();
    world.receive(4);
    let oms = Oms::builder(Arc::new(world.store.clone()));
    let oms = oms.build_with_ids(Arc::new(Twice::default()));
    let tenant = oms.tenant(world.tenant.id().clone());
    let placed = ["a", "b", "c"].map(|key| {
        let call = call().with_key(build::idempotency_key(key));
        let done = block_on(tenant.place(PlaceOrder::new(World::draft(1)), call)).unwrap();
        done.receipt.order.unwrap()
    });
    let ids: BTreeSet<OrderId> = placed.iter().map(|order| order.id).collect();
    assert_eq!(ids.len(), placed.len());
    for order in placed {
        let stored = block_on(tenant.order(order.id)).unwrap();
        assert_eq!(stored.head.number, order.number);
    }
    assert_eq!(world.level().reserved.get(), 3);
    world.check();
}
