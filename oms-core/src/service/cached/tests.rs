#![allow(clippy::unwrap_used)]
//! What is asked where the catalogue is remembered, and what becomes of the answer.

use std::sync::Arc;

use super::{CachedView, Caching, Known};
use crate::hub::Hub;
use crate::plan::{CounterKey, DocumentKey, Index, Keys, Outcome, Snapshot, StoredDocument};
use crate::service::coalesce::ReadCall;
use crate::stock::StockLevel;
use crate::testing::{FakeClock, build};
use crate::value::{ExternalId, PostalCode, TenantId, Timestamp};

fn product(sku: &str) -> DocumentKey {
    DocumentKey::Product(build::sku(sku))
}

/// What a placement of these SKUs asks.
fn keys(skus: &[&str]) -> Keys {
    let mut keys = Keys::default();
    keys.ask_hubs();
    for sku in skus {
        keys.documents.insert(product(sku));
        keys.sku_stock.insert(build::sku(sku));
    }
    keys
}

/// What the store says at a version of the catalogue: the settings, and these SKUs.
fn said(catalogue: u64, skus: &[&str]) -> Snapshot {
    let mut said = Snapshot::empty(Timestamp::EPOCH);
    said.catalogue = build::version(catalogue);
    let skus = skus.iter().map(|sku| product(sku));
    for key in skus.chain([DocumentKey::Settings]) {
        let document = StoredDocument {
            key: key.clone(),
            version: build::version(1),
            schema: 1,
            json: Arc::from("{}"),
            index: Index::None,
        };
        said.documents.insert(key, document);
    }
    said
}

/// A view of a tenant whose placements of `TEA` were read at version 3 of the catalogue.
fn view() -> (CachedView, TenantId) {
    let view = CachedView::new(Arc::new(FakeClock::default()), Caching::default());
    let tenant = build::tenant("acme");
    assert_eq!(view.rest(&tenant, &keys(&["TEA"])), None);
    view.learn(&tenant, &keys(&["TEA"]), &said(3, &["TEA"]));
    (view, tenant)
}

#[test]
fn what_is_remembered_of_the_catalogue_is_not_asked_again() {
    let (view, tenant) = view();
    let all = keys(&["TEA", "MUG"]);
    let rest = view.rest(&tenant, &all).unwrap();
    assert!(!rest.hubs);
    assert_eq!(rest.documents, [product("MUG")].into());
    assert_eq!(rest.sku_stock, all.sku_stock, "stock is another matter");
    let mut found = said(3, &["MUG"]);
    view.learn(&tenant, &rest, &found);
    let decoded = view.complete(&tenant, &all, &rest, &mut found).unwrap();
    assert!(decoded.book.is_some());
    assert_eq!(found, said(3, &["TEA", "MUG"]));
    // Both are remembered now.
    assert!(view.recall(&tenant, &all).is_some());
}

#[test]
fn what_is_of_another_catalogue_is_asked_again() {
    let (view, tenant) = view();
    let all = keys(&["TEA", "MUG"]);
    let rest = view.rest(&tenant, &all).unwrap();
    let mut found = said(4, &["MUG"]);
    view.learn(&tenant, &rest, &found);
    assert!(view.complete(&tenant, &all, &rest, &mut found).is_none());
    assert_eq!(view.rest(&tenant, &all), None, "it is forgotten");

    // Also where another caller read the new one in the meantime, but not all of it.
    view.learn(&tenant, &keys(&["CUP"]), &said(4, &["CUP"]));
    assert!(view.complete(&tenant, &all, &rest, &mut found).is_none());
}

#[test]
fn where_hubs_are_not_asked_all_is_asked() {
    let (view, tenant) = view();
    let mut all = keys(&["TEA"]);
    all.hubs = false;
    assert_eq!(view.rest(&tenant, &all), None);
    assert_eq!(view.rest(&build::tenant("other"), &keys(&["TEA"])), None);
}

/// A commit that waited for others says when it began, not what time it is.
#[test]
fn a_slow_commit_does_not_set_the_stores_clock_back() {
    let clock = FakeClock::default();
    let view = CachedView::new(Arc::new(clock.clone()), Caching::default());
    let (tenant, all) = (build::tenant("acme"), keys(&["TEA"]));
    // The store's clock is not the own one.
    let after = |secs: i64| Timestamp::from_unix_secs(1_000_000 + secs).unwrap();
    let recalled = || view.recall(&tenant, &all).unwrap().0.now;
    let mut said = said(1, &["TEA"]);
    said.now = after(0);
    view.learn(&tenant, &all, &said);
    clock.advance_secs(10);
    assert_eq!(recalled(), after(10));
    let committed = |at| view.settle(&tenant, &[], Some(&[Outcome::Committed { at }]));
    committed(after(4));
    assert_eq!(recalled(), after(10), "it waited for six seconds");
    committed(after(11));
    assert_eq!(recalled(), after(11), "the clock is at least there");
    // What the store says when it is asked counts, also where its clock was set back.
    said.now = after(2);
    view.learn(&tenant, &all, &said);
    assert_eq!(recalled(), after(2));
}

/// Callers whose reads went together all remember the answer, each before its own commit.
#[test]
fn what_was_counted_is_not_undone_by_who_shared_the_read() {
    let view = CachedView::new(Arc::new(FakeClock::default()), Caching::default());
    let (tenant, row) = (build::tenant("acme"), build::stock("north", "TEA"));
    let name = |text| ExternalId::parse(text).unwrap();
    let vans = CounterKey::Host(name("vans"), name("monday"));
    let mut all = keys(&["TEA"]);
    all.counters.insert(vans.clone());
    let mut said = said(1, &["TEA"]);
    let level = StockLevel {
        on_hand: build::units(5),
        ..StockLevel::default()
    };
    said.stock.insert(row.clone(), level);
    let takes = |cart: u32| {
        let claim = build::reservation(&build::owner_cart(1), cart, &row);
        let change = build::Change::new(&format!("cart-{cart}")).reserve(&claim, 1);
        [change.counter(&vans, 1, None).at(Timestamp::EPOCH)]
    };
    let taken = || {
        let found = view.recall(&tenant, &all).unwrap().0;
        (found.stock[&row].reserved, found.counters[&vans])
    };
    let call = ReadCall::default();
    for cart in 1..=3 {
        view.learn_of(&tenant, &all, &said, &call);
        view.count(&tenant, &takes(cart));
        assert_eq!(taken(), (build::units(cart), build::units(cart)));
    }
    // What the store says when it is asked again counts.
    view.learn(&tenant, &all, &said);
    assert_eq!(taken(), (build::units(0), build::units(0)));
    assert!(entries(&view) > 0);
}

/// Remembers what the store says to a placement of a SKU that one hub has.
fn learn(view: &CachedView, tenant: &TenantId, sku: &str) {
    let mut said = said(1, &[sku]);
    let row = build::stock("north", sku);
    said.stock.insert(row, StockLevel::default());
    view.learn(tenant, &keys(&[sku]), &said);
}

/// How much is remembered of all tenants; it is what is remembered of each.
fn entries(view: &CachedView) -> usize {
    let memory = view.memory();
    let sum: usize = memory.tenants.values().map(Known::entries).sum();
    assert_eq!(memory.entries, sum);
    sum
}

#[test]
fn a_large_catalogue_drives_out_neither_other_tenants_nor_itself() {
    let options = Caching {
        entries_max: 1_000,
        ..Caching::default()
    };
    let view = CachedView::new(Arc::new(FakeClock::default()), options);
    let (small, large) = (build::tenant("small"), build::tenant("large"));
    let few: Vec<String> = (0..20).map(|n| format!("FEW-{n}")).collect();
    for sku in &few {
        learn(&view, &small, sku);
    }
    for (n, few) in (0..10_000).zip(few.iter().cycle()) {
        let many = format!("MANY-{n}");
        learn(&view, &large, &many);
        assert!(view.recall(&small, &keys(&[few.as_str()])).is_some(), "{n}");
        assert!(
            view.recall(&large, &keys(&[many.as_str()])).is_some(),
            "{n}"
        );
        // One that is asked for again and again stays.
        assert!(view.recall(&large, &keys(&["MANY-0"])).is_some(), "{n}");
        assert!((1..=1_000).contains(&entries(&view)), "{n}");
    }
    // Alone it may have all of the room.
    let alone = CachedView::new(Arc::new(FakeClock::default()), options);
    for n in 0..10_000 {
        learn(&alone, &large, &format!("MANY-{n}"));
    }
    assert!((500..=1_000).contains(&entries(&alone)));
}

/// What the store says to a placement of `TEA` with one hub that delivers to so many postal codes.
fn said_with_hub(codes: usize) -> (Hub, Snapshot) {
    let mut hub = Hub::new(build::hub("north"), "North".parse().unwrap());
    let codes = (0..codes).map(|n| format!("{n:05}").parse::<PostalCode>().unwrap());
    hub.area.postal_codes = codes.collect();
    let mut said = said(1, &["TEA"]);
    let key = DocumentKey::Hub(hub.id.clone());
    let document = StoredDocument {
        key: key.clone(),
        version: build::version(1),
        schema: 1,
        json: serde_json::to_string(&hub).unwrap().into(),
        index: Index::Active(true),
    };
    said.documents.insert(key, document);
    (hub, said)
}

#[test]
fn hubs_that_would_leave_no_room_drive_out_nobody() {
    let options = Caching {
        entries_max: 1_000,
        ..Caching::default()
    };
    let view = CachedView::new(Arc::new(FakeClock::default()), options);
    let tenants = (0..40).map(|n| build::tenant(&format!("tenant-{n}")));
    let small: Vec<TenantId> = tenants.collect();
    for tenant in &small {
        learn(&view, tenant, "TEA");
    }
    // Less than there is room for, and more than is left when a quarter is forgotten.
    let (_, said) = said_with_hub(3_400);
    let (large, all) = (build::tenant("large"), keys(&["TEA"]));
    for tenant in &small {
        let decoded = view.learn(&large, &all, &said);
        assert!(decoded.book.is_some());
        assert!(view.recall(tenant, &all).is_some(), "{tenant}");
        assert!((1..=1_000).contains(&entries(&view)), "{tenant}");
    }
}

#[test]
fn what_takes_much_room_counts_much() {
    let options = Caching {
        entries_max: 1_000,
        ..Caching::default()
    };
    // Remembers a hub that delivers to so many postal codes, and tells whether it stayed.
    let stays = |codes: usize| {
        let view = CachedView::new(Arc::new(FakeClock::default()), options);
        let tenant = build::tenant("acme");
        let (hub, said) = said_with_hub(codes);
        let all = keys(&["TEA"]);
        let decoded = view.learn(&tenant, &all, &said);
        assert_eq!(decoded.book.unwrap().hubs(), [hub]);
        (view.recall(&tenant, &all).is_some(), entries(&view))
    };
    // The settings, that there are no zones, the SKU and its rows, and the hub.
    assert_eq!(stays(3), (true, 5));
    assert_eq!(stays(1_000), (true, 255));
    assert_eq!(stays(10_000), (false, 0));

    // A document counts by its length, also once another one is in its place.
    let view = CachedView::new(Arc::new(FakeClock::default()), options);
    let tenant = build::tenant("acme");
    for (length, count) in [(2, 4), (2_560, 14), (2, 4)] {
        let mut said = said(1, &["TEA"]);
        if let Some(document) = said.documents.get_mut(&product("TEA")) {
            document.json = " ".repeat(length).into();
        }
        view.learn(&tenant, &keys(&["TEA"]), &said);
        assert_eq!(entries(&view), count);
    }
}

#[test]
fn many_small_tenants_make_room_for_one_another() {
    let options = Caching {
        entries_max: 100,
        ..Caching::default()
    };
    let view = CachedView::new(Arc::new(FakeClock::default()), options);
    for n in 0..1_000 {
        let tenant = build::tenant(&format!("tenant-{n}"));
        learn(&view, &tenant, "TEA");
        assert!(view.recall(&tenant, &keys(&["TEA"])).is_some(), "{n}");
        assert!((1..=100).contains(&entries(&view)), "{n}");
    }
}
