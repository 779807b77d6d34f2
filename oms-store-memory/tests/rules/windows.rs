//! What an order claims of a line at a hub ends at one time, and takes one place of the hub's day.

use futures_executor::block_on;
use oms_core::catalog::Product;
use oms_core::hub::Hub;
use oms_core::order::{Assignment, Order, OrderCommand};
use oms_core::plan::{CounterKey, OnProblem, PlaceOrder, ReserveMode};
use oms_core::port::Clock;
use oms_core::service::Error;
use oms_core::stock::StockCommand;
use oms_core::testing::build;
use oms_core::value::{HubId, Name, OrderId, Timestamp, Title};

use crate::world::{World, call};

impl World {
    fn hub_too(&self, id: &str) -> Hub {
        let hub = Hub::new(build::hub(id), Name::parse(id).unwrap());
        block_on(self.tenant.put_hub(hub.clone(), call())).unwrap();
        hub
    }

    fn receive_at(&self, hub: &str, sku: &str, units: u32) {
        let quantity = build::quantity(units);
        let receive = StockCommand::Receive { quantity };
        let (row, reason) = (build::stock(hub, sku), build::reason("delivery"));
        block_on(self.tenant.stock_command(row, receive, reason, call())).unwrap();
    }

    fn by_hand(&self, order: OrderId, (hub, line, units): (&str, u32, u32), until: Timestamp) {
        let assignments = vec![Assignment {
            hub: build::hub(hub),
            line: build::line(line),
            quantity: build::quantity(units),
        }];
        let expires_at = Some(until);
        let claim = OrderCommand::Allocate {
            assignments,
            expires_at,
        };
        block_on(self.tenant.order_command(order, claim, call())).unwrap();
    }

    fn assign(&self, order: OrderId, hub: Option<HubId>) -> Result<(), Error> {
        block_on(self.tenant.assign(order, hub, call())).map(drop)
    }

    fn stored(&self, order: OrderId) -> Order {
        block_on(self.tenant.order(order)).unwrap()
    }
}

#[test]
fn what_is_assigned_does_not_move_the_end_of_a_claim() {
    let world = World::new();
    world.hub_too("south");
    let mug = Product::new(build::sku("MUG"), Title::parse("Mug").unwrap());
    block_on(world.tenant.put_product(mug, call())).unwrap();
    world.receive(1);
    let mut draft = World::draft(0);
    draft.push_line("TEA", 3, "4.50").unwrap();
    draft.push_line("MUG", 1, "9.00").unwrap();
    let mut place = PlaceOrder::new(draft);
    place.reserve = ReserveMode::Tentative { ttl_secs: Some(60) };
    place.on_problem = OnProblem::Backorder;
    let order = world.place(place);
    let ends = || {
        let order = world.stored(order);
        let works = order.fulfillments.values();
        let ends = works.filter_map(|work| Some((work.hub.to_string(), work.tentative_until()?)));
        ends.collect::<Vec<_>>()
    };
    let at = |secs| world.clock.now().checked_add_secs(secs).unwrap();
    let (first, second) = (at(60), at(600));
    world.receive_at("south", "MUG", 1);
    world.by_hand(order, ("south", 2, 1), second);
    let expected = [("north".to_owned(), first), ("south".to_owned(), second)];
    assert_eq!(ends(), expected);

    // Where there is a claim of the line, what is added ends with it.
    world.receive(1);
    world.assign(order, Some(build::hub("north"))).unwrap();
    assert_eq!(world.level().reserved.get(), 2);
    // At a hub that has none it is a claim of its own.
    world.receive_at("south", "TEA", 1);
    world.assign(order, Some(build::hub("south"))).unwrap();
    let ends = ends().into_iter().map(|(_, until)| until);
    assert_eq!(ends.collect::<Vec<_>>(), [first, second, first, second]);
    world.check();
}

#[test]
fn an_edit_takes_one_place_of_a_hub_for_claims_that_end_at_different_times() {
    let world = World::new();
    world.hub_too("south");
    world.receive(2);
    let mut draft = World::draft(0);
    draft.push_line("TEA", 3, "4.50").unwrap();
    let mut place = PlaceOrder::new(draft);
    place.on_problem = OnProblem::Backorder;
    let order = world.place(place);
    world.receive_at("south", "TEA", 1);
    let until = world.clock.now().checked_add_secs(600).unwrap();
    world.by_hand(order, ("south", 1, 1), until);

    // The only hub that has all of it takes on one more order today.
    let mut west = world.hub_too("west");
    west.daily_capacity = Some(build::units(1));
    block_on(world.tenant.put_hub(west.clone(), call())).unwrap();
    world.receive_at("west", "TEA", 5);
    let changes = vec![build::change_quantity(1, 5)];
    let edit = OrderCommand::EditLines { changes };
    block_on(world.tenant.order_command(order, edit, call())).unwrap();
    let order = world.stored(order);
    let works = order.fulfillments.values().filter(|work| work.is_live());
    let works: Vec<_> = works
        .map(|work| (&work.hub, work.tentative_until()))
        .collect();
    assert_eq!(works, [(&west.id, None), (&west.id, Some(until))]);
    // Each is work of its own and is given back on its own.
    let day = CounterKey::HubDay(west.id.clone(), west.day(world.clock.now()));
    assert_eq!(block_on(world.tenant.counter(&day)).unwrap().get(), 2);
    world.check();
}
