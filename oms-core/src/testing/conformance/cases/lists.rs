//! Lists of documents, stock and reservations.

use std::sync::Arc;

use crate::plan::{Body, DocumentKey, DocumentKind, DocumentWrite, Index, StoredDocument};
use crate::port::{DocumentFilter, OrderFilter, ReservationFilter, StockFilter};
use crate::reservation::{ReservationDelta, ReservationKey};
use crate::stock::StockKey;
use crate::testing::build::{
    Change, create, host, host_document, hub, hub_document, order_document, order_id, order_index,
    owner_cart, product_document, quantity, reservation, sku, stock, transfer, units, update,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::{PLENTY, Scene, later};
use crate::testing::conformance::walk::walk;
use crate::value::LocalDate;

async fn documents(
    scene: &Scene,
    kind: DocumentKind,
    active: Option<bool>,
) -> Result<Vec<DocumentKey>, Failure> {
    let filter = DocumentFilter {
        active,
        ..DocumentFilter::of(kind)
    };
    let page = scene
        .store()
        .documents(scene.tenant(), &filter, None, PLENTY)
        .await?;
    Ok(page
        .items
        .into_iter()
        .map(|document| document.key)
        .collect())
}

pub(crate) async fn documents_are_listed_by_kind(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").documents([host_document("b"), host_document("a")]))
        .await?;
    let found = documents(&scene, DocumentKind::Host, None).await?;
    same("the host's documents", &found, &vec![host("a"), host("b")])?;
    let found = documents(&scene, DocumentKind::Hub, None).await?;
    let hubs = ["north", "south"].map(|id| DocumentKey::Hub(hub(id)));
    same("the hubs", &found, &hubs.to_vec())?;
    // Keys of a text and a date.
    let mut days = Vec::new();
    for (at, date) in [
        ("north", "2026-09-30"),
        ("north", "2026-10-01"),
        ("south", "2026-01-01"),
    ] {
        let date = LocalDate::parse(date).map_err(|why| Failure::new(why.to_string()))?;
        days.push(DocumentKey::Slots(hub(at), date));
    }
    let writes = days.iter().rev().cloned();
    let writes = writes.map(|key| create(key, Index::None, "{}"));
    scene.accept(Change::new("2").documents(writes)).await?;
    let found = documents(&scene, DocumentKind::Slots, None).await?;
    same("the delivery slots", &found, &days)
}

pub(crate) async fn documents_are_found_by_whether_they_are_active(
    scene: Scene,
) -> Result<(), Failure> {
    let change = Change::new("1");
    scene
        .accept(change.documents([product_document("OLD", false)]))
        .await?;
    let product = |id: &str| DocumentKey::Product(sku(id));
    let found = documents(&scene, DocumentKind::Product, Some(false)).await?;
    same("those that may not be used", &found, &vec![product("OLD")])?;
    let found = documents(&scene, DocumentKind::Product, Some(true)).await?;
    same(
        "those that may be used",
        &found,
        &vec![product("MUG"), product("TEA")],
    )
}

pub(crate) async fn documents_are_listed_page_by_page(scene: Scene) -> Result<(), Failure> {
    let hubs = ["east", "far", "west"].map(|id| hub_document(id, true));
    scene.accept(Change::new("1").documents(hubs)).await?;
    let filter = DocumentFilter::of(DocumentKind::Hub);
    let found = walk!(2, |after, limit| {
        scene
            .store()
            .documents(scene.tenant(), &filter, after.as_ref(), limit)
    });
    let found: Vec<_> = found.into_iter().map(|document| document.key).collect();
    let wanted = ["east", "far", "north", "south", "west"];
    same(
        "the hubs",
        &found,
        &wanted.map(|id| DocumentKey::Hub(hub(id))).to_vec(),
    )
}

/// A transfer between two hubs, with no more in its body than a store looks at.
fn between(id: &str, from: &str, to: &str, open: bool) -> DocumentWrite {
    let body = format!(r#"{{"id":"{id}","to":"{to}","from":"{from}"}}"#);
    create(transfer_key(id), Index::Active(open), body)
}

fn transfer_key(id: &str) -> DocumentKey {
    DocumentKey::Transfer(transfer(id))
}

pub(crate) async fn transfers_are_found_by_hub(scene: Scene) -> Result<(), Failure> {
    let writes = [
        between("T-1", "north", "south", true),
        between("T-2", "south", "north", true),
        between("T-3", "north", "west", true),
        between("T-4", "north", "south", false),
        between("T-5", "west", "south", true),
        // It names no hub, and is a transfer all the same.
        create(transfer_key("T-6"), Index::Active(true), "[null]"),
    ];
    scene.accept(Change::new("1").documents(writes)).await?;
    let all = documents(&scene, DocumentKind::Transfer, None).await?;
    same("how many there are", &all.len(), &6)?;
    let asked: [Asked; 7] = [
        (Some("north"), None, None, &["T-1", "T-3", "T-4"]),
        (Some("north"), None, Some(true), &["T-1", "T-3"]),
        (Some("north"), None, Some(false), &["T-4"]),
        (None, Some("south"), None, &["T-1", "T-4", "T-5"]),
        (None, Some("south"), Some(true), &["T-1", "T-5"]),
        (Some("north"), Some("south"), Some(true), &["T-1"]),
        (Some("east"), None, None, &[]),
    ];
    transfers_found(&scene, &asked).await?;
    // What is over is listed so from then on.
    let over = update(between("T-1", "north", "south", false), 1);
    scene.accept(Change::new("2").document(over)).await?;
    let asked: [Asked; 5] = [
        (Some("north"), None, Some(true), &["T-3"]),
        (Some("north"), None, Some(false), &["T-1", "T-4"]),
        (None, Some("south"), Some(true), &["T-5"]),
        (None, Some("south"), Some(false), &["T-1", "T-4"]),
        (Some("north"), Some("south"), None, &["T-1", "T-4"]),
    ];
    transfers_found(&scene, &asked).await
}

/// From where, to where, whether open, and the transfers that are found so.
type Asked = (
    Option<&'static str>,
    Option<&'static str>,
    Option<bool>,
    &'static [&'static str],
);

async fn transfers_found(scene: &Scene, asked: &[Asked]) -> Result<(), Failure> {
    for &(from, to, active, wanted) in asked {
        let filter = DocumentFilter {
            active,
            from: from.map(hub),
            to: to.map(hub),
            ..DocumentFilter::of(DocumentKind::Transfer)
        };
        let (store, tenant) = (scene.store(), scene.tenant());
        let page = store.documents(tenant, &filter, None, PLENTY).await?;
        let found: Vec<_> = page.items.into_iter().map(|found| found.key).collect();
        let wanted: Vec<_> = wanted.iter().map(|id| transfer_key(id)).collect();
        same(&format!("{filter:?}"), &found, &wanted)?;
    }
    Ok(())
}

pub(crate) async fn transfers_of_a_hub_are_listed_page_by_page(
    scene: Scene,
) -> Result<(), Failure> {
    let ids = ["T-1", "T-2", "T-3", "T-4", "T-5"];
    // Those that are open and those that are over in turn.
    let writes = ids.iter().zip([true, false].into_iter().cycle());
    let writes = writes.map(|(id, open)| between(id, "north", "south", open));
    scene.accept(Change::new("1").documents(writes)).await?;
    let filter = DocumentFilter {
        to: Some(hub("south")),
        ..DocumentFilter::of(DocumentKind::Transfer)
    };
    let found = walk!(2, |after, limit| {
        scene
            .store()
            .documents(scene.tenant(), &filter, after.as_ref(), limit)
    });
    let found: Vec<_> = found.into_iter().map(|document| document.key).collect();
    same("the transfers", &found, &ids.map(transfer_key).to_vec())
}

/// The document as a later release might write it, with a body that says nothing to this one.
fn of_a_later_release(write: DocumentWrite) -> DocumentWrite {
    let (schema, json) = (9_999, Arc::from("[null]"));
    DocumentWrite {
        body: Body::Write { schema, json },
        ..write
    }
}

pub(crate) async fn documents_of_any_schema_are_listed(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let order = |n| order_document(n, order_index(n, now));
    let change = Change::new("1").documents([
        of_a_later_release(product_document("NEW", true)),
        of_a_later_release(order(2)),
        order(1),
        order(3),
    ]);
    scene.accept(change).await?;
    let filter = DocumentFilter::of(DocumentKind::Product);
    let (store, tenant) = (scene.store(), scene.tenant());
    let found = store.documents(tenant, &filter, None, PLENTY).await?.items;
    let schemas = |found: Vec<StoredDocument>| -> Vec<(DocumentKey, u16)> {
        let found = found.into_iter().map(|found| (found.key, found.schema));
        let mut found: Vec<_> = found.collect();
        found.sort();
        found
    };
    let product = |id: &str, schema| (DocumentKey::Product(sku(id)), schema);
    let wanted = vec![product("MUG", 1), product("NEW", 9_999), product("TEA", 1)];
    same("the SKUs", &schemas(found), &wanted)?;
    let filter = OrderFilter::default();
    let found = store.orders(tenant, &filter, None, PLENTY).await?.items;
    let order = |n, schema| (DocumentKey::Order(order_id(n)), schema);
    let wanted = vec![order(1, 1), order(2, 9_999), order(3, 1)];
    same("the orders", &schemas(found), &wanted)
}

const ROWS: [(&str, &str, u32); 4] = [
    ("north", "MUG", 1),
    ("north", "TEA", 5),
    ("south", "MUG", 9),
    ("south", "TEA", 5),
];

/// Goods on four stock rows.
async fn shelve(scene: &Scene) -> Result<(), Failure> {
    let change = ROWS
        .into_iter()
        .fold(Change::new("shelve"), |change, (hub, sku, count)| {
            change.receive(&stock(hub, sku), count)
        });
    scene.accept(change).await?;
    Ok(())
}

async fn rows(scene: &Scene, filter: StockFilter) -> Result<Vec<StockKey>, Failure> {
    shelve(scene).await?;
    Ok(scene
        .stock(&filter)
        .await?
        .into_iter()
        .map(|(key, _)| key)
        .collect())
}

pub(crate) async fn stock_is_found_by_sku(scene: Scene) -> Result<(), Failure> {
    let filter = StockFilter {
        sku: Some(sku("TEA")),
        ..StockFilter::default()
    };
    let found = rows(&scene, filter).await?;
    same(
        "the rows",
        &found,
        &vec![stock("north", "TEA"), stock("south", "TEA")],
    )
}

pub(crate) async fn stock_is_found_by_hub(scene: Scene) -> Result<(), Failure> {
    let filter = StockFilter {
        hub: Some(hub("south")),
        ..StockFilter::default()
    };
    let found = rows(&scene, filter).await?;
    same(
        "the rows",
        &found,
        &vec![stock("south", "MUG"), stock("south", "TEA")],
    )
}

pub(crate) async fn stock_is_found_by_how_little_is_available(scene: Scene) -> Result<(), Failure> {
    shelve(&scene).await?;
    let claim = reservation(&owner_cart(1), 1, &stock("south", "TEA"));
    scene.accept(Change::new("1").reserve(&claim, 3)).await?;
    scene
        .accept(Change::new("2").safety(&stock("north", "TEA"), 9))
        .await?;
    let filter = StockFilter {
        available_at_most: Some(units(2)),
        ..StockFilter::default()
    };
    let found: Vec<_> = scene
        .stock(&filter)
        .await?
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    let wanted = [("north", "MUG"), ("north", "TEA"), ("south", "TEA")];
    same(
        "the rows",
        &found,
        &wanted.map(|(hub, sku)| stock(hub, sku)).to_vec(),
    )
}

pub(crate) async fn stock_is_listed_page_by_page(scene: Scene) -> Result<(), Failure> {
    shelve(&scene).await?;
    let filter = StockFilter::default();
    let found = walk!(1, |after, limit| {
        scene
            .store()
            .stock(scene.tenant(), &filter, after.as_ref(), limit)
    });
    let found: Vec<_> = found
        .into_iter()
        .map(|(key, level)| (key, level.on_hand.get()))
        .collect();
    let wanted = ROWS.map(|(hub, sku, count)| (stock(hub, sku), count));
    same("the rows", &found, &wanted.to_vec())
}

/// Claims of carts 1 and 2 on every row.
async fn claim(scene: &Scene) -> Result<Vec<ReservationKey>, Failure> {
    let change = ROWS
        .into_iter()
        .fold(Change::new("claim"), |change, (hub, sku, _)| {
            change.receive(&stock(hub, sku), 9)
        });
    let all: Vec<_> = [owner_cart(1), owner_cart(2)]
        .iter()
        .flat_map(|cart| {
            ROWS.into_iter()
                .map(|(hub, sku, _)| reservation(cart, 1, &stock(hub, sku)))
        })
        .collect();
    let change = all
        .iter()
        .fold(change, |change, key| change.reserve(key, 1));
    scene.accept(change).await?;
    Ok(all)
}

/// Fails unless the filter finds the claims that `wanted` says.
async fn finds(
    scene: &Scene,
    filter: ReservationFilter,
    wanted: impl Fn(&ReservationKey) -> bool,
) -> Result<(), Failure> {
    let mut all = claim(scene).await?;
    all.retain(wanted);
    same(
        "the reservations",
        &scene.reservations(&filter).await?,
        &all,
    )
}

pub(crate) async fn reservations_are_found_by_owner(scene: Scene) -> Result<(), Failure> {
    let filter = ReservationFilter {
        owner: Some(owner_cart(2)),
        ..ReservationFilter::default()
    };
    finds(&scene, filter, |key| key.owner == owner_cart(2)).await
}

pub(crate) async fn reservations_are_found_by_sku(scene: Scene) -> Result<(), Failure> {
    let filter = ReservationFilter {
        sku: Some(sku("TEA")),
        ..ReservationFilter::default()
    };
    finds(&scene, filter, |key| key.sku == sku("TEA")).await
}

pub(crate) async fn reservations_are_found_by_hub(scene: Scene) -> Result<(), Failure> {
    let filter = ReservationFilter {
        hub: Some(hub("south")),
        ..ReservationFilter::default()
    };
    finds(&scene, filter, |key| key.hub == hub("south")).await
}

pub(crate) async fn reservations_are_found_that_hold_units(scene: Scene) -> Result<(), Failure> {
    let mut all = claim(&scene).await?;
    // One is taken, one given back: both rows stay.
    let over = all.split_off(all.len().saturating_sub(2));
    let quantity = quantity(1);
    let deltas = [
        ReservationDelta::Consume { quantity },
        ReservationDelta::Release {
            quantity,
            tentative: false,
        },
    ];
    let change = over.iter().zip(deltas);
    let change = change.fold(Change::new("over"), |change, (key, delta)| {
        change.reservation(key, delta)
    });
    // Of what is left, one is tentative.
    let brief = reservation(&owner_cart(3), 1, &stock("south", "TEA"));
    let end = later(scene.now().await?, 600);
    scene.accept(change.reserve_until(&brief, 1, end)).await?;
    all.push(brief);
    let filter = ReservationFilter {
        live: true,
        ..ReservationFilter::default()
    };
    let found = scene.reservations(&filter).await?;
    same("the reservations", &found, &all)
}

pub(crate) async fn reservations_are_listed_page_by_page(scene: Scene) -> Result<(), Failure> {
    let all = claim(&scene).await?;
    let filter = ReservationFilter::default();
    let found = walk!(3, |after, limit| {
        scene
            .store()
            .reservations(scene.tenant(), &filter, after.as_ref(), limit)
    });
    let found: Vec<_> = found.into_iter().map(|(key, _)| key).collect();
    same("the reservations", &found, &all)
}

pub(crate) async fn what_holds_units_of_a_hub_is_listed_page_by_page(
    scene: Scene,
) -> Result<(), Failure> {
    let mut all = claim(&scene).await?;
    // One in the midst of those of the hub is taken: its row stays.
    let over = reservation(&owner_cart(1), 1, &stock("south", "TEA"));
    let consume = ReservationDelta::Consume {
        quantity: quantity(1),
    };
    let change = Change::new("over").reservation(&over, consume);
    scene.accept(change).await?;
    all.retain(|key| key.hub == hub("south") && *key != over);
    let filter = ReservationFilter {
        hub: Some(hub("south")),
        live: true,
        ..ReservationFilter::default()
    };
    let found = walk!(1, |after, limit| {
        scene
            .store()
            .reservations(scene.tenant(), &filter, after.as_ref(), limit)
    });
    let found: Vec<_> = found.into_iter().map(|(key, _)| key).collect();
    same("the reservations", &found, &all)
}
