#![allow(clippy::unwrap_used)]
//! What is asked where the catalogue is remembered, and what becomes of the answer.

use std::sync::Arc;

use super::{CachedView, Caching};
use crate::plan::{DocumentKey, Index, Keys, Snapshot, StoredDocument};
use crate::testing::{FakeClock, build};
use crate::value::{TenantId, Timestamp};

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
    let decoded = view.complete(&tenant, (&all, &rest), &mut found).unwrap();
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
    assert!(view.complete(&tenant, (&all, &rest), &mut found).is_none());
    assert_eq!(view.rest(&tenant, &all), None, "it is forgotten");

    // Also where another caller read the new one in the meantime, but not all of it.
    view.learn(&tenant, &keys(&["CUP"]), &said(4, &["CUP"]));
    assert!(view.complete(&tenant, (&all, &rest), &mut found).is_none());
}

#[test]
fn where_hubs_are_not_asked_all_is_asked() {
    let (view, tenant) = view();
    let mut all = keys(&["TEA"]);
    all.hubs = false;
    assert_eq!(view.rest(&tenant, &all), None);
    assert_eq!(view.rest(&build::tenant("other"), &keys(&["TEA"])), None);
}
