//! Tenants apart from each other, order numbers, forgotten commands, and limits.

use futures_executor::block_on;
use oms_core::event::StreamId;
use oms_core::plan::{DocumentKey, DocumentKind, Index, Keys, Snapshot};
use oms_core::port::{DocumentFilter, Store, StoreError};
use oms_core::stock::MovementKind;
use oms_core::value::{OrderNumber, TenantId, Version};

use crate::world::*;

fn page_of_tenants(
    world: &World,
    after: Option<&str>,
    limit: usize,
) -> (Vec<String>, Option<String>) {
    let after = after.map(tenant);
    let page = block_on(world.store.tenants(after.as_ref(), limit)).unwrap();
    let items = page.items.iter().map(TenantId::to_string).collect();
    (items, page.next.map(|id| id.to_string()))
}

#[test]
fn nothing_of_one_tenant_shows_through_another() {
    let one = World::new();
    let two = World {
        tenant: tenant("other"),
        ..one.clone()
    };
    let shelf = row("hub", "A");
    let personal = Index::Personal {
        customer: Some(customer_id(1)),
        order: None,
    };
    let set = one
        .set("x")
        .writes(hub("hub"), 0, 1)
        .writes_as(contact(1), 0, 1, personal);
    let set = set
        .moves(1, &shelf, MovementKind::Received, 3)
        .takes(&host_name("a"), &hub("hub"));
    let set = set
        .reserves(&on(&shelf, cart(1), 1), 1, None)
        .keeps_job(1, one.now());
    one.done(set.tells(&StreamId::hub(&hub_id("hub")), Some(1)));
    let keys = Keys {
        documents: [hub("hub")].into(),
        hubs: true,
        stock: [shelf.clone()].into(),
        unique: [host_name("a")].into(),
        owners: [cart(1)].into(),
        commands: [command("x")].into(),
        ..Keys::default()
    };
    assert_eq!(two.prefetch(&keys), Snapshot::empty(two.now()));
    assert_eq!(two.history(&StreamId::hub(&hub_id("hub"))), []);
    assert_eq!(
        block_on(two.store.personal(&two.tenant, customer_id(1), None, 9)).unwrap(),
        []
    );
    assert_eq!(two.audit(), Vec::<String>::new());
    let before = one.dump();
    // The same key, name, document and ids are all free here.
    let set = two
        .set("x")
        .writes(hub("hub"), 0, 1)
        .takes(&host_name("a"), &hub("hub"));
    let set = set
        .moves(1, &shelf, MovementKind::Received, 5)
        .keeps_job(1, two.now());
    two.done(set);
    assert_eq!(one.dump(), before);
    assert_eq!(two.level(&shelf).on_hand, units(5));
}

#[test]
fn tenants_with_settings_are_listed_by_id() {
    let world = World::empty();
    for id in ["c", "a", "d", "b"] {
        let world = World {
            tenant: tenant(id),
            ..world.clone()
        };
        world.done(world.set("settings").writes(DocumentKey::Settings, 0, 1));
    }
    let bare = World {
        tenant: tenant("bare"),
        ..world.clone()
    };
    bare.done(bare.set("x").writes(hub("hub"), 0, 1));
    let refused = World {
        tenant: tenant("bad"),
        ..world.clone()
    };
    refused.refused(refused.set("x").writes(DocumentKey::Settings, 1, 2));
    let text = |items: &[&str]| items.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        page_of_tenants(&world, None, 3),
        (text(&["a", "b", "c"]), Some("c".to_owned()))
    );
    assert_eq!(page_of_tenants(&world, Some("c"), 3), (text(&["d"]), None));
    assert_eq!(
        page_of_tenants(&world, None, 4),
        (text(&["a", "b", "c", "d"]), None)
    );
}

#[test]
fn blocks_of_numbers_never_overlap() {
    let world = World::new();
    let take = |count| block_on(world.store.take_numbers(&world.tenant, count));
    let number = |number| OrderNumber::new(number).unwrap();
    assert_eq!(take(1).unwrap(), number(1));
    assert_eq!(take(10).unwrap(), number(2));
    assert_eq!(take(u32::MAX).unwrap(), number(12));
    assert_eq!(take(1).unwrap(), number(12 + u64::from(u32::MAX)));
    let zero = take(0);
    assert!(
        matches!(zero, Err(StoreError::InvalidCall { .. })),
        "{zero:?}"
    );
    // A tenant counts for itself, and from the first number it took.
    let other = tenant("other");
    assert_eq!(
        block_on(world.store.take_numbers(&other, 5)).unwrap(),
        number(1)
    );
    assert_eq!(
        block_on(world.store.take_numbers(&other, 5)).unwrap(),
        number(6)
    );
}

#[test]
fn old_commands_are_forgotten_oldest_first() {
    let world = World::new();
    world.advance(10);
    let start = world.now();
    for n in 0..5 {
        world.done(world.set(&format!("command {n}")));
        world.advance(1);
    }
    let known = || -> Vec<u32> {
        let known = (0..5).filter(|n| {
            let key = command(&format!("command {n}"));
            let keys = Keys {
                commands: [key].into(),
                ..Keys::default()
            };
            !world.prefetch(&keys).commands.is_empty()
        });
        known.collect()
    };
    let forget = |secs, limit| {
        let before = start.checked_add_secs(secs).unwrap();
        block_on(world.store.forget_commands(&world.tenant, before, limit)).unwrap()
    };
    // The settings of the tenant were stored before the start.
    assert_eq!(forget(0, 100), 1);
    assert_eq!(forget(0, 100), 0);
    assert_eq!(forget(3, 2), 2);
    assert_eq!(known(), [2, 3, 4]);
    assert_eq!(forget(3, 2), 1);
    assert_eq!(known(), [3, 4]);
    assert_eq!(world.audit(), Vec::<String>::new());
    // What is forgotten is taken for new.
    world.done(world.set("command 0"));
    let nobody = block_on(
        world
            .store
            .forget_commands(&tenant("nobody"), world.now(), 5),
    );
    assert_eq!(nobody.unwrap(), 0);
}

#[test]
fn limits_are_from_one_to_a_page() {
    let world = World::new();
    let (store, id) = (&world.store, &world.tenant);
    let hubs = DocumentFilter::of(DocumentKind::Hub);
    let stream = StreamId::tenant();
    for limit in [0, 501] {
        let refusals = [
            block_on(store.orders(id, &Default::default(), None, limit)).map(drop),
            block_on(store.documents(id, &hubs, None, limit)).map(drop),
            block_on(store.history(id, &stream, Version::ZERO, limit)).map(drop),
            block_on(store.stock(id, &Default::default(), None, limit)).map(drop),
            block_on(store.movements(id, &Default::default(), None, limit)).map(drop),
            block_on(store.reservations(id, &Default::default(), None, limit)).map(drop),
            block_on(store.jobs(id, None, limit)).map(drop),
            block_on(store.tenants(None, limit)).map(drop),
            block_on(store.forget_commands(id, world.now(), limit)).map(drop),
        ];
        for refusal in refusals {
            assert!(
                matches!(refusal, Err(StoreError::InvalidCall { .. })),
                "{refusal:?}"
            );
        }
    }
    assert!(block_on(store.orders(id, &Default::default(), None, 500)).is_ok());
}

#[test]
fn a_clone_is_the_same_store() {
    let world = World::new();
    let clone = world.store.clone();
    world.done(world.set("x").writes(hub("hub"), 0, 1));
    assert_eq!(clone.stats(&world.tenant).unwrap().documents, 2);
    assert!(format!("{clone:?}").starts_with("MemoryStore"));
}

#[test]
fn the_system_clock_runs() {
    let store = oms_store_memory::MemoryStore::default();
    let now = block_on(store.prefetch(&tenant("acme"), &Keys::default()))
        .unwrap()
        .now;
    assert!(now.unix_secs() > START_SECS);
}
