//! What the keys of a plan bring.

use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, Fingerprint, Index, Keys, Snapshot};
use oms_core::value::FulfillmentId;

use crate::world::*;

fn work(order: u32, part: u32) -> DocumentKey {
    DocumentKey::Fulfillment(order_id(order), FulfillmentId::new(part).unwrap())
}

fn keys_of(snapshot: &Snapshot) -> Vec<DocumentKey> {
    snapshot.documents.keys().cloned().collect()
}

/// Two orders with fulfillments and reservations, two hubs, one cart.
fn filled() -> World {
    let world = World::new();
    let shelf = row("north", "A");
    world.receive(&shelf, 50);
    world.receive(&row("south", "A"), 5);
    world.receive(&row("south", "B"), 5);
    world.done(
        world
            .set("hubs")
            .writes(hub("north"), 0, 1)
            .writes(hub("south"), 0, 1),
    );
    for n in [1, 2] {
        let index = order_index(u64::from(n), OrderStatus::Approved, world.now());
        let mut set = world.set(&format!("order {n}"));
        set = set.writes_as(order(n), 0, 1, Index::Order(index));
        set = set.writes(work(n, 1), 0, 1).writes(work(n, 2), 0, 1);
        set = set.takes(&host_name(&n.to_string()), &order(n));
        world.done(set.reserves(&on(&shelf, order_owner(n), 1), n, None));
    }
    world.claim(&on(&shelf, cart(3), 1), 3, Some(world.in_secs(60)));
    world
}

#[test]
fn nothing_is_known_of_a_tenant_nobody_wrote() {
    let world = World::empty();
    let keys = Keys {
        hubs: true,
        orders: [order_id(1)].into(),
        ..Keys::default()
    };
    assert_eq!(world.prefetch(&keys), Snapshot::empty(world.now()));
}

#[test]
fn the_settings_always_come_along() {
    let world = filled();
    let found = world.prefetch(&Keys::default());
    assert_eq!(keys_of(&found), [DocumentKey::Settings]);
    assert_eq!(found.now, world.now());
    assert!(found.stock.is_empty() && found.reservations.is_empty() && found.unique.is_empty());
}

#[test]
fn orders_bring_their_fulfillments_and_reservations() {
    let world = filled();
    let keys = Keys {
        orders: [order_id(2), order_id(9)].into(),
        ..Keys::default()
    };
    let found = world.prefetch(&keys);
    assert_eq!(
        keys_of(&found),
        [DocumentKey::Settings, order(2), work(2, 1), work(2, 2)]
    );
    let claims: Vec<_> = found.reservations.keys().collect();
    assert_eq!(claims, [&on(&row("north", "A"), order_owner(2), 1)]);
}

#[test]
fn documents_bring_only_themselves() {
    let world = filled();
    let keys = Keys {
        documents: [order(1), hub("nowhere")].into(),
        ..Keys::default()
    };
    let found = world.prefetch(&keys);
    assert_eq!(keys_of(&found), [DocumentKey::Settings, order(1)]);
    assert!(found.reservations.is_empty());
}

#[test]
fn names_bring_their_holders() {
    let world = filled();
    let keys = Keys {
        unique: [host_name("1"), host_name("?")].into(),
        ..Keys::default()
    };
    let found = world.prefetch(&keys);
    assert_eq!(found.unique, [(host_name("1"), order(1))].into());
    assert_eq!(
        keys_of(&found),
        [DocumentKey::Settings, order(1), work(1, 1), work(1, 2)]
    );
    assert_eq!(found.reservations.len(), 1);
    world.done(world.set("name").takes(&host_name("hub"), &hub("north")));
    let keys = Keys {
        unique: [host_name("hub")].into(),
        ..Keys::default()
    };
    assert_eq!(
        keys_of(&world.prefetch(&keys)),
        [DocumentKey::Settings, hub("north")]
    );
}

#[test]
fn hubs_owners_and_commands_come_when_asked_for() {
    let world = filled();
    let keys = Keys {
        hubs: true,
        owners: [cart(3)].into(),
        commands: [command("order 1"), command("?")].into(),
        ..Keys::default()
    };
    let found = world.prefetch(&keys);
    assert_eq!(
        keys_of(&found),
        [DocumentKey::Settings, hub("north"), hub("south")]
    );
    let claims: Vec<_> = found.reservations.into_iter().collect();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].0, on(&row("north", "A"), cart(3), 1));
    assert_eq!(
        (claims[0].1.tentative, claims[0].1.expires_at),
        (units(3), Some(world.in_secs(60)))
    );
    assert_eq!(found.commands.len(), 1);
    let record = &found.commands[&command("order 1")];
    assert_eq!(record.fingerprint, Fingerprint([7; 33]));
    assert_eq!(
        (&*record.receipt, record.at),
        ("{\"receipt\":\"order 1\"}", world.now())
    );
}

#[test]
fn stock_comes_by_row_and_by_sku() {
    let world = filled();
    let keys = Keys {
        stock: [row("south", "B"), row("x", "B")].into(),
        ..Keys::default()
    };
    let found: Vec<_> = world.prefetch(&keys).stock.into_keys().collect();
    assert_eq!(found, [row("south", "B")]);
    let keys = Keys {
        sku_stock: [sku("A"), sku("Z")].into(),
        ..Keys::default()
    };
    let found = world.prefetch(&keys).stock;
    assert_eq!(
        found.keys().cloned().collect::<Vec<_>>(),
        [row("north", "A"), row("south", "A")]
    );
    assert_eq!(found[&row("north", "A")].reserved, units(6));
}

#[test]
fn rows_tell_how_much_of_them_is_due() {
    let shelf = row("north", "A");
    for keys in [
        Keys {
            stock: [shelf.clone(), row("south", "A")].into(),
            ..Keys::default()
        },
        Keys {
            sku_stock: [sku("A")].into(),
            ..Keys::default()
        },
    ] {
        let world = filled();
        world.claim(&on(&shelf, cart(4), 1), 5, Some(world.in_secs(30)));
        world.claim(&on(&shelf, cart(5), 1), 7, Some(world.in_secs(61)));
        world.advance(29);
        assert!(world.prefetch(&keys).reclaimable.is_empty());
        world.advance(1);
        assert_eq!(
            world.prefetch(&keys).reclaimable,
            [(shelf.clone(), units(5))].into()
        );
        world.advance(30);
        assert_eq!(
            world.prefetch(&keys).reclaimable,
            [(shelf.clone(), units(8))].into()
        );
    }
}
