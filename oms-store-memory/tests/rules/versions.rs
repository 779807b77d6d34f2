//! Two people change one thing: the second sees that, and overwrites nothing.

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel, SkuMapping};
use oms_core::customer::Customer;
use oms_core::hub::{DeliverySlot, Hub, SlotDay, Zone, ZoneBook};
use oms_core::order::OrderCommand;
use oms_core::plan::{Command, PlaceOrder, Rejection, Switchable};
use oms_core::service::{Call, Error, Registered, Tenant, Versioned};
use oms_core::stock::{StockCommand, Transfer};
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{
    FulfillmentId, LocalDate, MinuteOfDay, Name, Note, PostalCode, SlotId, SlotKey, TransferId,
    Version, ZoneId,
};

use crate::world::{World, call, contact, meanwhile, shelf};

impl World {
    fn seen<T: Registered>(&self, id: &T::Id) -> Option<Versioned<T>> {
        block_on(self.tenant.versioned(id)).unwrap()
    }

    fn put_hub(&self, hub: Hub, call: Call) -> Result<(), Error> {
        block_on(self.tenant.put_hub(hub, call)).map(drop)
    }
}

#[test]
fn a_form_that_is_out_of_date_does_not_switch_a_hub_on_again() {
    let world = World::new();
    let id = build::hub("north");
    let form = world.seen::<Hub>(&id).unwrap();
    let mut off = form.value.clone();
    off.active = false;
    world.put_hub(off, call().expecting(form.version)).unwrap();
    let mut renamed = form.value;
    renamed.name = Name::parse("Harbour").unwrap();
    let late = world.put_hub(renamed, call().expecting(form.version));
    let late = late.unwrap_err();
    let Error::Rejected(Rejection::Changed {
        expected, current, ..
    }) = late
    else {
        panic!("{late:?}");
    };
    assert_eq!((expected, current), (form.version, form.version.next()));
    let now = world.seen::<Hub>(&id).unwrap();
    assert_eq!(
        (now.version, now.value.active),
        (form.version.next(), false)
    );
    let again = Hub::new(id, Name::parse("North").unwrap());
    let create = world.put_hub(again, call().expecting(Version::ZERO));
    assert_eq!(create.unwrap_err().code(), "changed");
}

#[test]
fn each_kind_is_found_by_what_names_it() {
    let world = World::new();
    world.put_customer(1);
    assert!(world.seen::<Settings>(&()).is_some());
    assert!(world.seen::<Product>(&build::sku("TEA")).is_some());
    assert!(
        world
            .seen::<SalesChannel>(&build::channel("desk"))
            .is_some()
    );
    assert!(world.seen::<Customer>(&build::customer_id(1)).is_some());
    assert_eq!(world.seen::<Customer>(&build::customer_id(2)), None);
    assert_eq!(world.seen::<ZoneBook>(&()), None);
    block_on(world.tenant.put_zones(ZoneBook::default(), call())).unwrap();
    assert!(world.seen::<ZoneBook>(&()).is_some());
    let day = (build::hub("north"), LocalDate::parse("2026-12-24").unwrap());
    let slots = SlotDay::new(day.0.clone(), day.1);
    block_on(world.tenant.put_slots(slots.clone(), call())).unwrap();
    assert_eq!(world.seen::<SlotDay>(&day).unwrap().value, slots);
    let name = (build::channel("desk"), build::external("their-tea"));
    let mapping = SkuMapping::new(name.0.clone(), name.1.clone(), build::sku("TEA"));
    block_on(world.tenant.put_sku_mapping(mapping.clone(), call())).unwrap();
    assert_eq!(world.seen::<SkuMapping>(&name).unwrap().value, mapping);
    let transfer = TransferId::parse("t-1").unwrap();
    assert_eq!(world.seen::<Transfer>(&transfer), None);
}

/// A tenant with one zone, and its hub in that zone.
fn zoned() -> (World, Hub) {
    let world = World::new();
    let berlin = ZoneId::parse("berlin").unwrap();
    let zone = Zone {
        postal_prefixes: [PostalCode::parse("10").unwrap()].into(),
        ..Zone::default()
    };
    let mut zones = ZoneBook::default();
    zones.put(berlin.clone(), zone).unwrap();
    block_on(world.tenant.put_zones(zones, call())).unwrap();
    let mut hub = world.seen::<Hub>(&build::hub("north")).unwrap().value;
    hub.area.zones = [berlin].into();
    (world, hub)
}

#[test]
fn a_zone_that_goes_meanwhile_is_not_named_by_a_hub() {
    let (world, hub) = zoned();
    meanwhile(&world, |other| {
        block_on(other.put_zones(ZoneBook::default(), call())).unwrap();
    });
    let refused = world.put_hub(hub, call()).unwrap_err();
    assert_eq!(refused.code(), "hub_unknown_zone");
    let stored = world.seen::<Hub>(&build::hub("north")).unwrap().value;
    assert!(stored.area.zones.is_empty());
}

#[test]
fn a_zone_that_a_hub_names_meanwhile_does_not_go() {
    let (world, hub) = zoned();
    meanwhile(&world, move |other| {
        block_on(other.put_hub(hub.clone(), call())).unwrap();
    });
    let refused = block_on(world.tenant.put_zones(ZoneBook::default(), call())).unwrap_err();
    assert_eq!(refused.code(), "hub_unknown_zone");
    let zones = world.seen::<ZoneBook>(&()).unwrap().value;
    assert!(zones != ZoneBook::default());
}

#[test]
fn one_zone_goes_and_the_others_stay() {
    let (world, mut hub) = zoned();
    let [berlin, munich] = ["berlin", "munich"].map(|id| ZoneId::parse(id).unwrap());
    let mut zones = world.seen::<ZoneBook>(&()).unwrap().value;
    zones.put(munich.clone(), Zone::default()).unwrap();
    world.put_hub(hub.clone(), call()).unwrap();
    assert!(zones.ids().eq([&berlin, &munich]));
    assert!(zones.remove(&berlin));
    assert!(!zones.remove(&berlin));
    assert!(zones.ids().eq([&munich]));
    let put = |zones: &ZoneBook| block_on(world.tenant.put_zones(zones.clone(), call()));
    let named = put(&zones).unwrap_err();
    assert_eq!(named.code(), "hub_unknown_zone");
    hub.area.zones.clear();
    world.put_hub(hub, call()).unwrap();
    put(&zones).unwrap();
    assert_eq!(world.seen::<ZoneBook>(&()).unwrap().value, zones);
    world.check();
}

/// A slot of the hub.
pub(crate) fn slot(world: &World) -> SlotKey {
    let [start, end] = ["08:00", "10:00"].map(|text| MinuteOfDay::parse(text).unwrap());
    let slot = DeliverySlot::new(start, end, build::units(5));
    let mut day = SlotDay::new(build::hub("north"), LocalDate::parse("2026-01-06").unwrap());
    let id = SlotId::parse("morning").unwrap();
    let key = day.key(&id);
    day.slots.insert(id, slot);
    block_on(world.tenant.put_slots(day, call())).unwrap();
    key
}

fn switch_off(other: &Tenant) {
    let hub = Switchable::Hub(build::hub("north"));
    block_on(other.deactivate(hub, call())).unwrap();
}

#[test]
fn a_slot_of_a_hub_that_is_switched_off_meanwhile_is_not_booked() {
    // Without routing an order has no work at the hub, so only its slot names it.
    let unrouted = || {
        let world = World::new();
        world.settle(Settings {
            routing: None,
            ..Settings::default()
        });
        world
    };
    let world = unrouted();
    let key = slot(&world);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    meanwhile(&world, switch_off);
    let booked = world.tenant.book_slot(order, Some(key.clone()), call());
    assert_eq!(block_on(booked).unwrap_err().code(), "inactive");
    let world = unrouted();
    let key = slot(&world);
    let mut place = PlaceOrder::new(World::draft(1));
    place.draft.slot = Some(key.clone());
    meanwhile(&world, switch_off);
    let placed = block_on(world.tenant.place(place, call()));
    assert_eq!(placed.unwrap_err().code(), "inactive");
    let view = block_on(world.tenant.slot(&key)).unwrap().unwrap();
    assert_eq!((view.booked.get(), view.open), (0, false));
    world.check();
}

#[test]
fn a_slot_that_goes_meanwhile_is_not_booked() {
    let world = World::new();
    world.receive(1);
    let key = slot(&world);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    let none = SlotDay::new(key.hub.clone(), key.date);
    meanwhile(&world, move |other| {
        block_on(other.put_slots(none.clone(), call())).unwrap();
    });
    let booked = world.tenant.book_slot(order, Some(key), call());
    assert_eq!(block_on(booked).unwrap_err().code(), "slot_unknown");
    let order = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(order.takes_slot(), None);
    world.check();
}

#[test]
fn no_command_on_an_order_is_done_on_a_version_that_is_over() {
    let world = World::new();
    world.receive(1);
    let order = world.place(PlaceOrder::new(World::draft(1)));
    let version = || block_on(world.tenant.order(order)).unwrap().version;
    let seen = version();
    let run = |command| block_on(world.tenant.execute(command, call().expecting(seen)));
    let text = Note::parse("The bell is broken.").unwrap();
    let command = OrderCommand::AddNote { text };
    run(Command::Order { order, command }).unwrap();
    let reason = build::reason("changed my mind");
    let command = OrderCommand::Cancel { reason };
    let (hub, fulfillment) = (None, FulfillmentId::FIRST);
    let late = [
        Command::Order { order, command },
        Command::Assign { order, hub: None },
        Command::Reassign {
            order,
            fulfillment,
            hub,
        },
        Command::BookSlot { order, slot: None },
        Command::ChangeContacts {
            order,
            ship_to: None,
            bill_to: Some(contact("Ada")),
        },
        Command::FollowContacts {
            order,
            said: Box::default(),
        },
    ];
    for command in late {
        let name = command.name();
        assert_eq!(run(command).unwrap_err().code(), "changed", "{name}");
    }
    assert_eq!(version(), seen.next());
}

#[test]
fn a_version_is_not_expected_of_what_has_none() {
    let world = World::new();
    let quantity = build::quantity(1);
    let receive = StockCommand::Receive { quantity };
    let (reason, seen) = (build::reason("delivery"), call().expecting(Version::ZERO));
    let moved = world.tenant.stock_command(shelf(), receive, reason, seen);
    assert_eq!(block_on(moved).unwrap_err().code(), "not_versioned");
    assert_eq!(world.level().on_hand.get(), 0);
}
