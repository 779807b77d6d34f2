//! A tenant with base documents, and short ways to commit.

use std::time::Duration;

use oms_core::plan::{ChangeSet, Keys, Outcome};
use oms_core::port::{StockFilter, Store};
use oms_core::stock::{StockKey, StockLevel};
use oms_core::testing::build::{Change, base_documents, tenant};
use oms_core::value::{TenantId, Timestamp};
use oms_store_postgres::sqlx;

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

/// The audit finds nothing but orders without events, as some tests make them.
pub(crate) async fn sound(store: &dyn Store, tenant: &TenantId) {
    let mut found = store.audit(tenant).await.unwrap();
    found.retain(|found| !found.detail.ends_with("it has no events"));
    assert!(found.is_empty(), "{found:#?}");
}

/// Puts units on shelves.
pub(crate) async fn shelve(store: &dyn Store, tenant: &TenantId, rows: &[StockKey], units: u32) {
    let shelve = rows.iter().fold(Change::new("shelve"), |change, row| {
        change.receive(row, units)
    });
    assert!(one(store, tenant, shelve).await.is_done());
}

/// Waits until so many sessions of the database wait for locks.
pub(crate) async fn waiting(pool: &sqlx::PgPool, sessions: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(sql)
        .fetch_one(pool)
        .await
        .unwrap()
        < sessions
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
