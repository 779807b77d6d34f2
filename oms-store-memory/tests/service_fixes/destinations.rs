//! Where an order goes decides which hubs may have its work, also after its address changed.

use futures_executor::block_on;
use oms_core::customer::Contact;
use oms_core::hub::Hub;
use oms_core::order::OrderState;
use oms_core::plan::PlaceOrder;
use oms_core::stock::StockCommand;
use oms_core::testing::build;
use oms_core::value::{CountryCode, Name, OrderId, PostalCode};

use crate::world::{World, call, contact};

/// An address of somebody in a place with that postal code.
fn at(postal_code: &str) -> Contact {
    let mut contact = contact("Ada");
    contact.address.postal_code = Some(PostalCode::parse(postal_code).unwrap());
    contact.address.country = CountryCode::parse("DE").ok();
    contact
}

impl World {
    fn order_to(&self, ship_to: Option<Contact>, bill_to: Option<Contact>) -> OrderId {
        let mut place = PlaceOrder::new(Self::draft(1));
        place.draft.customer = Some(build::customer_id(1));
        place.draft.contacts.ship_to = ship_to;
        place.draft.contacts.bill_to = bill_to;
        self.place(place)
    }

    fn state(&self, order: OrderId) -> OrderState {
        block_on(self.tenant.order(order)).unwrap().head.state
    }
}

/// A hub that delivers in one country only.
fn hub_in(id: &str, country: &str) -> Hub {
    let mut hub = Hub::new(build::hub(id), Name::parse(id).unwrap());
    let country = CountryCode::parse(country).unwrap();
    hub.area.countries.insert(country);
    hub
}

#[test]
fn work_of_an_order_whose_address_was_erased_moves_to_no_hub_that_may_not_go_there() {
    let world = World::new();
    world.put_customer(1);
    for hub in [hub_in("north", "DE"), hub_in("south", "FR")] {
        block_on(world.tenant.put_hub(hub, call())).unwrap();
    }
    world.receive(5);
    let quantity = build::quantity(5);
    let receive = StockCommand::Receive { quantity };
    let (row, reason) = (build::stock("south", "TEA"), build::reason("delivery"));
    block_on(world.tenant.stock_command(row, receive, reason, call())).unwrap();
    let order = world.order_to(Some(at("10115")), None);
    block_on(world.tenant.erase_customer(build::customer_id(1), call())).unwrap();

    let north = build::hub("north");
    let reroute = || block_on(world.tenant.reroute(&north, call())).unwrap();
    let rerouted = reroute();
    assert_eq!((rerouted.moved.len(), rerouted.left.len()), (0, 1));
    let (left, _, why) = &rerouted.left[0];
    assert_eq!((*left, why.code()), (order, "unserviceable"));

    // A hub that delivers everywhere delivers there, wherever it is.
    let everywhere = Hub::new(build::hub("south"), Name::parse("South").unwrap());
    block_on(world.tenant.put_hub(everywhere, call())).unwrap();
    let rerouted = reroute();
    assert_eq!((rerouted.moved.len(), rerouted.left.len()), (1, 0));
    assert_eq!(world.state(order), OrderState::Open);
    world.check();
}
