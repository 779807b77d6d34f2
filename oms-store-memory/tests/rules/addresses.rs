//! An order that is pointed to an address that is stored already.

use futures_executor::block_on;
use oms_core::hub::Hub;
use oms_core::order::{ExternalReference, HoldReason, OrderCommand, OrderState};
use oms_core::plan::PlaceOrder;
use oms_core::testing::build;
use oms_core::value::{ChannelPlace, ContactId, Name, OrderId, PostalCode};

use crate::world::{World, at, call};

impl World {
    /// A customer with an address.
    fn customer_at(&self, n: u64, postal_code: &str) -> ContactId {
        self.put_customer_at(n, Some(at(postal_code)));
        let stored = block_on(self.tenant.customer(build::customer_id(n))).unwrap();
        stored.unwrap().contact.unwrap()
    }

    fn order_of(&self, n: u64) -> OrderId {
        let mut place = PlaceOrder::new(Self::draft(1));
        place.draft.customer = Some(build::customer_id(n));
        self.place(place)
    }

    fn ship_to(&self, order: OrderId, row: ContactId) -> Result<(), String> {
        let command = OrderCommand::ChangeContacts {
            ship_to: Some(row),
            bill_to: None,
        };
        let done = block_on(self.tenant.order_command(order, command, call()));
        done.map(drop).map_err(|error| error.code().to_owned())
    }
}

#[test]
fn it_must_not_be_somebody_elses_nor_erased() {
    let world = World::new();
    world.receive(5);
    let (own, other) = (world.customer_at(1, "10115"), world.customer_at(2, "10117"));
    let order = world.order_of(1);
    assert_eq!(
        world.ship_to(order, other),
        Err("other_customer".to_owned())
    );
    world.ship_to(order, own).unwrap();
    let erased = world.customer_at(3, "10119");
    let of_three = world.order_of(3);
    let erase = world.tenant.erase_customer(build::customer_id(3), call());
    block_on(erase).unwrap();
    assert_eq!(world.ship_to(of_three, erased), Err("inactive".to_owned()));
    world.check();
}

#[test]
fn it_must_not_have_been_given_for_another_order() {
    let world = World::new();
    world.receive(5);
    let own = world.customer_at(1, "10115");
    world.put_customer(2);
    let (first, second) = (world.order_of(1), world.order_of(1));
    let given = Some(at("10117"));
    block_on(world.tenant.change_contacts(first, given, None, call())).unwrap();
    let head = |order| block_on(world.tenant.order(order)).unwrap().head;
    let row = head(first).ship_to.unwrap();
    // It goes over with the first order, and would be missing here.
    assert_eq!(world.ship_to(second, row), Err("other_customer".to_owned()));
    world.ship_to(first, row).unwrap();
    world.ship_to(second, own).unwrap();
    let customer = Some(build::customer_id(2));
    let hand_over = OrderCommand::ChangeCustomer { customer };
    block_on(world.tenant.order_command(first, hand_over, call())).unwrap();
    let erase = world.tenant.erase_customer(build::customer_id(2), call());
    block_on(erase).unwrap();
    let stays = block_on(world.tenant.contact(head(second).ship_to.unwrap()));
    assert!(stays.unwrap().is_some());
    world.check();
}

#[test]
fn an_order_is_held_where_its_hub_does_not_deliver() {
    let world = World::new();
    let mut hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
    hub.area
        .postal_prefixes
        .insert(PostalCode::parse("10").unwrap());
    block_on(world.tenant.put_hub(hub, call())).unwrap();
    world.receive(5);
    let (near, far) = (world.customer_at(1, "10115"), world.customer_at(2, "80331"));
    let state = |order| block_on(world.tenant.order(order)).unwrap().head;
    let order = world.order_of(1);
    world.ship_to(order, near).unwrap();
    assert_eq!(state(order).state, OrderState::Open);
    let order = world.order_of(2);
    world.ship_to(order, far).unwrap();
    let head = state(order);
    assert_eq!(head.state, OrderState::OnHold);
    let reasons = head.hold.unwrap().reasons;
    assert!(reasons.contains(&HoldReason::Unserviceable), "{reasons:?}");
    // Without an address to ship to, the one that is billed counts.
    let order = world.order_of(2);
    let bill = world
        .tenant
        .change_contacts(order, None, Some(at("80331")), call());
    block_on(bill).unwrap();
    assert_eq!(state(order).state, OrderState::OnHold);
    world.check();
}

#[test]
fn what_the_channel_called_the_place_stays_beside_a_new_address() {
    let world = World::new();
    world.receive(5);
    world.put_customer(1);
    world.put_customer(2);
    let place = ChannelPlace {
        country: Some(Name::parse("Deutschland").unwrap()),
        ..ChannelPlace::default()
    };
    let mut order = PlaceOrder::new(World::draft(1));
    order.draft.customer = Some(build::customer_id(1));
    order.draft.contacts.ship_to = Some(at("10115"));
    order.draft.contacts.place = Some(place.clone());
    let id = world.place(order);
    let change = |ship_to, bill_to| {
        let changed = world.tenant.change_contacts(id, ship_to, bill_to, call());
        block_on(changed).unwrap();
    };
    let kept = || {
        let head = block_on(world.tenant.order(id)).unwrap().head;
        let place = |row| block_on(world.tenant.channel_place(row)).unwrap();
        let [ship_to, bill_to] = [head.ship_to, head.bill_to];
        (ship_to.and_then(place), bill_to.and_then(place))
    };
    assert_eq!(kept(), (Some(place.clone()), None));
    change(Some(at("10117")), None);
    assert_eq!(kept(), (Some(place.clone()), None));
    change(None, Some(at("10119")));
    assert_eq!(kept(), (Some(place.clone()), Some(place.clone())));
    // The addresses given for an order go with it to the next customer, and the words with them.
    let customer = Some(build::customer_id(2));
    let hand_over = OrderCommand::ChangeCustomer { customer };
    block_on(world.tenant.order_command(id, hand_over, call())).unwrap();
    change(Some(at("10121")), Some(at("10121")));
    assert_eq!(kept(), (Some(place.clone()), Some(place)));
    world.check();
}

/// The customer's own address has no words of the channel's, and takes them away from none that is
/// typed in later.
#[test]
fn what_the_channel_called_the_place_outlives_an_address_of_the_customers_own() {
    let world = World::new();
    world.receive(5);
    let own = world.customer_at(1, "10115");
    let place = ChannelPlace {
        city: Some(Name::parse("BERLIN (Mitte)").unwrap()),
        ..ChannelPlace::default()
    };
    let mut order = PlaceOrder::new(World::draft(1));
    order.draft.customer = Some(build::customer_id(1));
    order.draft.contacts.ship_to = Some(at("10117"));
    order.draft.contacts.place = Some(place.clone());
    order.draft.external.push(ExternalReference {
        kind: build::external("order"),
        id: build::external("4"),
    });
    let id = world.place(order);
    let kept = || {
        let head = block_on(world.tenant.order(id)).unwrap().head;
        block_on(world.tenant.channel_place(head.ship_to.unwrap())).unwrap()
    };
    world.ship_to(id, own).unwrap();
    assert_eq!(kept(), None, "it is an address of many orders");
    let type_in = |ship_to| {
        let changed = world.tenant.change_contacts(id, ship_to, None, call());
        block_on(changed).unwrap();
    };
    type_in(Some(at("10119")));
    assert_eq!(kept(), Some(place));
    // What was erased does not come back.
    world.ship_to(id, own).unwrap();
    let erase = world.tenant.erase_customer(build::customer_id(1), call());
    block_on(erase).unwrap();
    type_in(Some(at("10121")));
    assert_eq!(kept(), None);
    world.check();
}

#[test]
fn an_address_that_an_order_has_is_no_change() {
    let world = World::new();
    world.receive(5);
    world.put_customer(1);
    let order = world.order_of(1);
    let change = |ship_to: &str, bill_to: Option<&str>| {
        let (ship_to, bill_to) = (Some(at(ship_to)), bill_to.map(at));
        let changed = world
            .tenant
            .change_contacts(order, ship_to, bill_to, call());
        block_on(changed).unwrap().receipt.events.len()
    };
    assert_eq!(change("10115", None), 1);
    let before = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(change("10115", None), 0);
    let again = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(
        (again.version, again.head.ship_to),
        (before.version, before.head.ship_to)
    );
    // The other one alone.
    assert_eq!(change("10115", Some("10119")), 1);
    let after = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(after.head.ship_to, before.head.ship_to);
    assert_eq!(change("10117", Some("10119")), 1);
    world.check();
}
