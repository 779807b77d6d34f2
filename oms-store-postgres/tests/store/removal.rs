//! A tenant is removed as the page about operations says, whole, and nobody else with it.

use oms_core::event::StreamId;
use oms_core::plan::CounterKey;
use oms_core::port::{EventFeed, FeedStart, JobQueue, Store};
use oms_core::testing::build::{
    Change, hub, job, order_document, order_id, order_index, owner_order, reservation, stock,
    subscriber,
};
use oms_core::value::{LocalDate, TenantId, Timestamp};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, query_scalar, raw_sql};

use crate::common::{Database, block_on};
use crate::world::{furnish, one};

/// The SQL of the page, for this tenant.
fn removing(tenant: &TenantId) -> String {
    const PAGE: &str = include_str!("../../../oms-core/docs/operations.md");
    let mut blocks = PAGE
        .split("```")
        .filter_map(|block| block.strip_prefix("sql\n"));
    let block = blocks.find(|block| block.starts_with("-- everything of one tenant"));
    let block = block.expect("the page says how");
    assert_eq!(block.matches("'old-shop'").count(), 1);
    block.replace("'old-shop'", &format!("'{tenant}'"))
}

/// How many rows of a tenant each table has that has any.
async fn rows(store: &PgStore, tenant: &TenantId) -> Vec<(String, i64)> {
    let tables = "SELECT table_name::text FROM information_schema.columns \
        JOIN information_schema.tables USING (table_schema, table_name) \
        WHERE table_schema = 'oms' AND table_type = 'BASE TABLE' AND column_name = 'tenant' \
        ORDER BY 1";
    let tables: Vec<String> = query_scalar(tables).fetch_all(store.pool()).await.unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    let mut found = Vec::new();
    for table in tables {
        let count = format!("SELECT count(*) FROM oms.{table} WHERE tenant = '{tenant}'");
        let count = query_scalar(AssertSqlSafe(count)).fetch_one(store.pool());
        let count: i64 = count.await.unwrap();
        if count > 0 {
            found.push((table, count));
        }
    }
    found
}

/// A tenant with something of most kinds.
async fn fill(store: &PgStore, name: &str) -> TenantId {
    let tenant = furnish(store, name).await;
    let tea = stock("north", "TEA");
    let day = LocalDate::parse("2020-01-01").unwrap();
    let order = order_document(1, order_index(1, Timestamp::EPOCH));
    let change = Change::new("order")
        .document(order)
        .event(&StreamId::order(order_id(1)), "order.placed")
        .receive(&tea, 5)
        .reserve(&reservation(&owner_order(1), 1, &tea), 2)
        // A day long over, so that no order has to account for it.
        .counter(&CounterKey::HubDay(hub("north"), day), 1, None);
    assert!(one(store, &tenant, change).await.is_done());
    store
        .push(&tenant, &[job(1, Timestamp::EPOCH)])
        .await
        .unwrap();
    store.take_numbers(&tenant, 5).await.unwrap();
    let follower = subscriber("follower");
    let followed = store.subscribe(&tenant, &follower, FeedStart::Beginning);
    assert!(followed.await.unwrap());
    let mapping = format!(
        "INSERT INTO oms.sku_mapping VALUES ('{tenant}', 'web', 'tea-1', 1, 1, true, '{{}}')"
    );
    store.pool().execute(AssertSqlSafe(mapping)).await.unwrap();
    tenant
}

#[test]
fn a_tenant_is_removed_whole_and_alone() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let (stays, goes) = (fill(&store, "acme").await, fill(&store, "globex").await);
        let before = rows(&store, &stays).await;
        let tables = rows(&store, &goes).await.len();
        assert!(tables > 12, "of {tables} tables");
        let removed = raw_sql(AssertSqlSafe(removing(&goes)));
        store.pool().execute(removed).await.unwrap();
        assert!(rows(&store, &goes).await.is_empty());
        assert_eq!(rows(&store, &stays).await, before);
        assert_eq!(store.audit(&stays).await.unwrap(), []);
        let left = store.tenants(None, 10).await.unwrap();
        assert_eq!(left.items, [stays]);
        database.drop().await;
    });
}
