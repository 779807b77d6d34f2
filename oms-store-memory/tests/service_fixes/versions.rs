//! Two people change one thing: the second sees that, and overwrites nothing.

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel, SkuMapping};
use oms_core::customer::Customer;
use oms_core::hub::{Hub, SlotDay, ZoneBook};
use oms_core::plan::Rejection;
use oms_core::service::{Call, Error, Registered, Versioned};
use oms_core::stock::Transfer;
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::value::{LocalDate, Name, TransferId, Version};

use crate::world::{World, call};

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
    let mapping = SkuMapping {
        channel: name.0.clone(),
        external: name.1.clone(),
        sku: build::sku("TEA"),
    };
    block_on(world.tenant.put_sku_mapping(mapping.clone(), call())).unwrap();
    assert_eq!(world.seen::<SkuMapping>(&name).unwrap().value, mapping);
    let transfer = TransferId::parse("t-1").unwrap();
    assert_eq!(world.seen::<Transfer>(&transfer), None);
}
