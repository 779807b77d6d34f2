//! A tenant with base documents, and short ways to commit.

use oms_core::plan::{ChangeSet, Keys, Outcome};
use oms_core::port::{StockFilter, Store};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::testing::build::{Change, base_documents, tenant};
use oms_core::value::{TenantId, Timestamp};

/// Stores the base documents of a tenant.
pub(crate) async fn furnish(store: &dyn Store, name: &str) -> TenantId {
    let tenant = tenant(name);
    let base = Change::new("furnish").documents(base_documents());
    assert!(one(store, &tenant, base).await.is_done());
    tenant
}

/// The store's time.
pub(crate) async fn now(store: &dyn Store, tenant: &TenantId) -> Timestamp {
    store.prefetch(tenant, &Keys::default()).await.unwrap().now
}

/// Commits one change, planned now.
pub(crate) async fn one(store: &dyn Store, tenant: &TenantId, change: Change) -> Outcome {
    let set = change.at(now(store, tenant).await);
    all(store, tenant, &[set]).await.remove(0)
}

/// Commits a batch.
pub(crate) async fn all(store: &dyn Store, tenant: &TenantId, sets: &[ChangeSet]) -> Vec<Outcome> {
    store.commit(tenant, sets).await.unwrap()
}

/// The counters of a row.
pub(crate) async fn level(store: &dyn Store, tenant: &TenantId, row: &StockKey) -> StockLevel {
    let filter = StockFilter {
        sku: Some(row.sku.clone()),
        hub: Some(row.hub.clone()),
        available_at_most: None,
    };
    let page = store.stock(tenant, &filter, None, 1).await.unwrap();
    page.items
        .first()
        .map(|(_, level)| *level)
        .unwrap_or_default()
}

/// The audit finds nothing.
pub(crate) async fn sound(store: &dyn Store, tenant: &TenantId) {
    let found = store.audit(tenant).await.unwrap();
    assert!(found.is_empty(), "{found:#?}");
}
