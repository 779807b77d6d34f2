//! Where an order goes decides which hubs may have its work, also after its address changed.

use futures_executor::block_on;
use oms_core::customer::Contact;
use oms_core::hub::Hub;
use oms_core::order::{OrderCommand, OrderState, OrderStatus, Stage};
use oms_core::plan::PlaceOrder;
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{CountryCode, Name, OrderId, Phone, PostalCode, StageId};

use crate::world::{World, at, call, contact};

impl World {
    fn order_to(&self, ship_to: Option<Contact>, bill_to: Option<Contact>) -> OrderId {
        let mut place = PlaceOrder::new(Self::draft(1));
        place.draft.customer = Some(build::customer_id(1));
        place.draft.contacts.ship_to = ship_to;
        place.draft.contacts.bill_to = bill_to;
        self.place(place)
    }

    /// Its hub delivers where postal codes begin like that.
    fn delivers_to(&self, prefix: &str) {
        let mut hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
        let prefix = PostalCode::parse(prefix).unwrap();
        hub.area.postal_prefixes.insert(prefix);
        block_on(self.tenant.put_hub(hub, call())).unwrap();
    }

    fn change(&self, order: OrderId, ship_to: Option<Contact>, bill_to: Option<Contact>) {
        let change = self.tenant.change_contacts(order, ship_to, bill_to, call());
        block_on(change).unwrap();
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

/// A shop whose hub delivers to 10..., with goods.
fn shop() -> World {
    let world = World::new();
    world.put_customer(1);
    world.delivers_to("10");
    world.receive(5);
    world
}

#[test]
fn an_order_to_a_name_alone_goes_where_the_bill_goes() {
    let world = shop();
    let order = world.order_to(Some(contact("Ada")), Some(at("10115")));
    world.change(order, None, Some(at("10117")));
    assert_eq!(world.state(order), OrderState::Open);
    world.change(order, None, Some(at("80331")));
    assert_eq!(world.state(order), OrderState::OnHold);
    world.check();
}

#[test]
fn an_order_that_is_shipped_to_a_name_alone_from_now_on_goes_where_the_bill_goes() {
    let world = shop();
    let order = world.order_to(Some(at("10115")), Some(at("80331")));
    world.change(order, Some(at("10117")), None);
    assert_eq!(world.state(order), OrderState::Open);
    world.change(order, Some(contact("Ada")), None);
    assert_eq!(world.state(order), OrderState::OnHold);
    world.check();
}

#[test]
fn an_order_that_goes_where_it_went_is_not_held() {
    let world = shop();
    let order = world.order_to(Some(at("10115")), None);
    // The hub does not deliver there any more, but that is nothing new.
    world.delivers_to("20");
    let mut corrected = at("10115");
    corrected.phone = Phone::parse("+49 30 1234567").ok();
    corrected.address.name = Name::parse("Ada L.").ok();
    world.change(order, Some(corrected), None);
    assert_eq!(world.state(order), OrderState::Open);
    world.change(order, None, Some(at("80331")));
    assert_eq!(world.state(order), OrderState::Open, "no goods move");
    world.change(order, Some(at("10117")), None);
    assert_eq!(world.state(order), OrderState::OnHold);
    world.check();
}

#[test]
fn an_order_that_is_stopped_for_its_new_address_stays_in_a_stage_that_it_may_be_in() {
    let world = shop();
    let order = world.order_to(Some(at("10115")), None);
    let id = StageId::parse("calling").unwrap();
    let stage = |status| Stage {
        id: id.clone(),
        status,
    };
    let mut settings = Settings::default();
    settings.workflow.stages = vec![stage(OrderStatus::Approved), stage(OrderStatus::OnHold)];
    world.settle(settings);
    let enter = OrderCommand::SetStage {
        stage: Some(id.clone()),
    };
    block_on(world.tenant.order_command(order, enter, call())).unwrap();
    world.change(order, Some(at("80331")), None);
    assert_eq!(world.state(order), OrderState::OnHold);
    let head = block_on(world.tenant.order(order)).unwrap().head;
    assert_eq!(head.stage, Some(id));
    world.check();
}
