//! What a prefetch answers to each of its keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{DocumentKey, Index, Keys, Snapshot, UniqueKey};
use crate::reservation::{ReservationDelta, ReservationKey};
use crate::testing::build::{
    Change, create, external, fulfillment, host, host_document, hub, hub_document, idempotency_key,
    number, order_document, order_id, order_index, owner_cart, owner_order, quantity, reservation,
    sku, stock, units,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{same, same_json, some};
use crate::testing::conformance::scene::Scene;

fn keys_of(found: &Snapshot) -> BTreeSet<DocumentKey> {
    found.documents.keys().cloned().collect()
}

/// The documents of the answer, without the tenant's settings, which are always there.
fn documents(found: &Snapshot) -> BTreeSet<DocumentKey> {
    let mut keys = keys_of(found);
    keys.remove(&DocumentKey::Settings);
    keys
}

/// Orders 1 and 2 with two fulfillments each, and a claim of each on the shelf.
async fn orders(scene: &Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let tea = stock("north", "TEA");
    for n in [1, 2] {
        let work = |id| {
            let key = DocumentKey::Fulfillment(order_id(n), fulfillment(id));
            create(key, Index::None, r#"{"work":true}"#)
        };
        let name = UniqueKey::OrderNumber(number(n));
        let change = Change::new(&format!("order-{n}"))
            .documents([order_document(n, order_index(n, now)), work(1), work(2)])
            .name(name, DocumentKey::Order(order_id(n)))
            .receive(&tea, 5);
        scene
            .accept(change.reserve(&reservation(&owner_order(n), 1, &tea), 1))
            .await?;
    }
    Ok(())
}

/// The head and the fulfillments of order `n`.
fn parts(n: u64) -> BTreeSet<DocumentKey> {
    let work = |id| DocumentKey::Fulfillment(order_id(n), fulfillment(id));
    [DocumentKey::Order(order_id(n)), work(1), work(2)].into()
}

pub(crate) async fn settings_are_always_prefetched(scene: Scene) -> Result<(), Failure> {
    let found = scene.prefetch(Keys::default()).await?;
    same(
        "the documents",
        &keys_of(&found),
        &[DocumentKey::Settings].into(),
    )
}

pub(crate) async fn a_prefetch_tells_the_stores_time(scene: Scene) -> Result<(), Failure> {
    let now = scene.advance_secs(60).await?;
    same("now", &scene.prefetch(Keys::default()).await?.now, &now)
}

pub(crate) async fn documents_are_prefetched(scene: Scene) -> Result<(), Failure> {
    let ids = ["a", "b", "c", "d"];
    scene
        .accept(Change::new("1").documents(ids.map(host_document)))
        .await?;
    let keys = Keys {
        documents: [host("a"), host("b"), host("d"), host("e")].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?;
    same(
        "the documents",
        &documents(&found),
        &[host("a"), host("b"), host("d")].into(),
    )
}

pub(crate) async fn orders_are_prefetched_with_their_fulfillments(
    scene: Scene,
) -> Result<(), Failure> {
    orders(&scene).await?;
    let keys = Keys {
        orders: [order_id(2), order_id(3)].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?;
    same("the documents", &documents(&found), &parts(2))
}

pub(crate) async fn orders_are_prefetched_with_their_reservations(
    scene: Scene,
) -> Result<(), Failure> {
    orders(&scene).await?;
    let keys = Keys {
        orders: [order_id(2)].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?.reservations;
    let found: Vec<ReservationKey> = found.into_keys().collect();
    let wanted = reservation(&owner_order(2), 1, &stock("north", "TEA"));
    same("the reservations", &found, &vec![wanted])
}

pub(crate) async fn hubs_are_prefetched(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(hub_document("west", false)))
        .await?;
    let found = scene
        .prefetch(Keys {
            hubs: true,
            ..Keys::default()
        })
        .await?;
    let hubs = ["north", "south", "west"].map(|id| DocumentKey::Hub(hub(id)));
    same("the documents", &documents(&found), &hubs.into())
}

/// Goods on four rows; the number of units tells them apart.
async fn shelve(scene: &Scene) -> Result<(), Failure> {
    let rows = [
        ("north", "MUG", 1),
        ("north", "TEA", 2),
        ("south", "MUG", 3),
        ("south", "TEA", 4),
    ];
    let change = rows
        .into_iter()
        .fold(Change::new("shelve"), |change, (hub, sku, count)| {
            change.receive(&stock(hub, sku), count)
        });
    scene.accept(change).await?;
    Ok(())
}

fn counts(found: &Snapshot) -> BTreeMap<String, u32> {
    let count =
        |(key, level): (&_, &crate::stock::StockLevel)| (format!("{key}"), level.on_hand.get());
    found
        .stock
        .iter()
        .map(|(key, level)| count((key, level)))
        .collect()
}

pub(crate) async fn stock_rows_are_prefetched(scene: Scene) -> Result<(), Failure> {
    shelve(&scene).await?;
    let rows = [
        stock("north", "MUG"),
        stock("south", "TEA"),
        stock("south", "PEN"),
    ];
    let found = scene
        .prefetch(Keys {
            stock: rows.into(),
            ..Keys::default()
        })
        .await?;
    let wanted = [
        ("MUG at north".to_owned(), 1),
        ("TEA at south".to_owned(), 4),
    ];
    same("the rows", &counts(&found), &wanted.into())
}

pub(crate) async fn stock_of_a_sku_is_prefetched_at_every_hub(scene: Scene) -> Result<(), Failure> {
    shelve(&scene).await?;
    let found = scene
        .prefetch(Keys {
            sku_stock: [sku("TEA")].into(),
            ..Keys::default()
        })
        .await?;
    let wanted = [
        ("TEA at north".to_owned(), 2),
        ("TEA at south".to_owned(), 4),
    ];
    same("the rows", &counts(&found), &wanted.into())
}

/// Gives document `a` a badge, and asks for it and for one that nobody has.
async fn badge(scene: &Scene) -> Result<(UniqueKey, Snapshot), Failure> {
    let badge = |n: &str| UniqueKey::Host(external("badge"), external(n));
    let change = Change::new("1")
        .document(host_document("a"))
        .name(badge("7"), host("a"));
    scene.accept(change).await?;
    let keys = Keys {
        unique: [badge("7"), badge("8")].into(),
        ..Keys::default()
    };
    Ok((badge("7"), scene.prefetch(keys).await?))
}

pub(crate) async fn holders_of_names_are_prefetched(scene: Scene) -> Result<(), Failure> {
    let (badge, found) = badge(&scene).await?;
    same("the holders", &found.unique, &[(badge, host("a"))].into())
}

pub(crate) async fn documents_of_holders_are_prefetched(scene: Scene) -> Result<(), Failure> {
    let (_, found) = badge(&scene).await?;
    same("the documents", &documents(&found), &[host("a")].into())
}

pub(crate) async fn orders_that_hold_a_name_are_prefetched_with_their_fulfillments(
    scene: Scene,
) -> Result<(), Failure> {
    orders(&scene).await?;
    let name = UniqueKey::OrderNumber(number(1));
    let found = scene
        .prefetch(Keys {
            unique: [name].into(),
            ..Keys::default()
        })
        .await?;
    same("the documents", &documents(&found), &parts(1))
}

pub(crate) async fn orders_that_hold_a_name_are_prefetched_with_their_reservations(
    scene: Scene,
) -> Result<(), Failure> {
    orders(&scene).await?;
    let keys = Keys {
        unique: [UniqueKey::OrderNumber(number(2))].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?.reservations;
    let found: Vec<ReservationKey> = found.into_keys().collect();
    let wanted = reservation(&owner_order(2), 1, &stock("north", "TEA"));
    same("the reservations", &found, &vec![wanted])
}

pub(crate) async fn reservations_that_are_over_are_prefetched(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    let claim = reservation(&owner_cart(1), 1, &tea);
    let change = Change::new("1").receive(&tea, 9);
    scene.accept(change.reserve(&claim, 2)).await?;
    let release = ReservationDelta::Release {
        quantity: quantity(2),
        tentative: false,
    };
    scene
        .accept(Change::new("2").reservation(&claim, release))
        .await?;
    let keys = Keys {
        owners: [owner_cart(1)].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?.reservations;
    let found: Vec<ReservationKey> = found.into_keys().collect();
    same("the reservations", &found, &vec![claim])
}

pub(crate) async fn reservations_of_owners_are_prefetched(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    let claims = [(1, 1), (1, 2), (2, 1), (3, 1)];
    let claims = claims.map(|(cart, line)| reservation(&owner_cart(cart), line, &tea));
    let change = claims
        .iter()
        .fold(Change::new("1").receive(&tea, 9), |change, claim| {
            change.reserve(claim, 2)
        });
    scene.accept(change).await?;
    let owners = [owner_cart(1), owner_cart(3), owner_cart(4)];
    let found = scene
        .prefetch(Keys {
            owners: owners.into(),
            ..Keys::default()
        })
        .await?;
    let found: Vec<_> = found
        .reservations
        .into_iter()
        .map(|(key, row)| (key, row.confirmed))
        .collect();
    let [first, second, _, last] = claims;
    let wanted = [first, second, last].map(|claim| (claim, units(2)));
    same("the reservations", &found, &wanted.to_vec())
}

pub(crate) async fn outcomes_of_commands_are_prefetched(scene: Scene) -> Result<(), Failure> {
    let change = Change::new("1")
        .document(host_document("x"))
        .receipt(r#"{"answer":1}"#);
    let fingerprint = change.clone().at(scene.now().await?).fingerprint;
    let at = scene.accept(change).await?;
    let commands = [idempotency_key("1"), idempotency_key("never")];
    let found = scene
        .prefetch(Keys {
            commands: commands.into(),
            ..Keys::default()
        })
        .await?;
    same("how many commands", &found.commands.len(), &1)?;
    let record = some("the command", found.commands.get("1"))?;
    same("its fingerprint", &record.fingerprint, &fingerprint)?;
    same("when", &record.at, &at)?;
    same_json("its receipt", &record.receipt, r#"{"answer":1}"#)
}
