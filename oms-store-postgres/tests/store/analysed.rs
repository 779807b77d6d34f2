//! A session goes on with the plans that it made: rows are changed by key also where their table
//! had a single row when it was last analysed.

use std::time::Duration;

use oms_core::plan::{CounterKey, DocumentKey, DocumentWrite, Index};
use oms_core::reservation::ReservationDelta;
use oms_core::stock::StockKey;
use oms_core::testing::build::{
    Change, create, external, fulfillment, order_document, order_id, order_index, owner_order,
    quantity, reservation, stock, update,
};
use oms_core::value::TenantId;
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{Connection, Executor, PgConnection, query_as, raw_sql};

use crate::common::{Database, block_on};
use crate::world::{furnish, now, one, shelve};

/// The tables with rows that commits change.
const ANALYSE: &str = "VACUUM ANALYZE oms.order_head, oms.fulfillment, oms.reservation, \
    oms.counter, oms.stock_level";

/// 20,000 rows of somebody else in each of them.
const FILL: &str = "INSERT INTO oms.order_head SELECT 'elsewhere', md5(n::text)::uuid, 1, n, 1, \
    'delivered', now(), now(), NULL, 'web', NULL, '{}' FROM generate_series(1, 20000) n; \
    INSERT INTO oms.fulfillment SELECT 'elsewhere', md5(n::text)::uuid, 1, 1, 1, '{}' \
    FROM generate_series(1, 20000) n; \
    INSERT INTO oms.reservation SELECT 'elsewhere', 1, md5(n::text)::uuid, '', 1, 'north', \
    'SKU-' || n, 0, 1, 0, 0, 0, 0, NULL, 1 FROM generate_series(1, 20000) n; \
    INSERT INTO oms.counter SELECT 'elsewhere', 2, 'slot', 'b-' || n, 1 \
    FROM generate_series(1, 20000) n; \
    INSERT INTO oms.stock_level SELECT 'elsewhere', 'north', 'SKU-' || n, 9, 1, 0, 0, 0, 1 \
    FROM generate_series(1, 20000) n";

/// How many entries of indexes of each of them were read since the database was made.
const READ: &str = "SELECT relname::text, sum(idx_tup_read)::bigint FROM pg_stat_user_indexes \
    WHERE schemaname = 'oms' AND relname IN \
        ('order_head', 'fulfillment', 'reservation', 'counter', 'stock_level') \
    GROUP BY relname ORDER BY relname";

fn tea() -> StockKey {
    stock("north", "TEA")
}

fn slot() -> CounterKey {
    CounterKey::Host(external("slot"), external("a"))
}

fn work(n: u64) -> DocumentWrite {
    let key = DocumentKey::Fulfillment(order_id(n), fulfillment(1));
    create(key, Index::None, format!(r#"{{"order":{n}}}"#))
}

/// An order of two units with a fulfillment.
async fn place(store: &PgStore, tenant: &TenantId, n: u64) {
    let at = now(store, tenant).await;
    let change = Change::new(&format!("place-{n}"))
        .document(order_document(n, order_index(n, at)))
        .document(work(n))
        .reserve(&reservation(&owner_order(n), 1, &tea()), 2)
        .counter(&slot(), 1, None);
    assert!(one(store, tenant, change).await.is_done());
}

/// Both of its units go out one after the other. First the change is committed as a whole; then it
/// sets something of a stock row, too, and is decided item by item.
async fn ship(store: &PgStore, tenant: &TenantId, n: u64) {
    for seen in [1, 2] {
        let at = now(store, tenant).await;
        let quantity = quantity(1);
        let mut change = Change::new(&format!("ship-{n}-{seen}"))
            .document(update(order_document(n, order_index(n, at)), seen))
            .document(update(work(n), seen))
            .reservation(
                &reservation(&owner_order(n), 1, &tea()),
                ReservationDelta::Consume { quantity },
            )
            .counter(&slot(), 1, None);
        if seen == 2 {
            change = change.safety(&tea(), 1);
        }
        assert!(one(store, tenant, change).await.is_done());
    }
}

#[test]
fn rows_are_changed_by_key_by_a_session_that_knew_their_tables_with_a_single_row() {
    block_on(async {
        let database = Database::new().await;
        let first = database.store(1).await;
        let tenant = furnish(&first, "small-at-first").await;
        shelve(&first, &tenant, &[tea()], 1_000).await;
        place(&first, &tenant, 1).await;
        first.pool().close().await;
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        other.execute(ANALYSE).await.unwrap();

        let store = database.store(1).await;
        ship(&store, &tenant, 1).await;
        other.execute(raw_sql(FILL)).await.unwrap();
        for n in 2..=6 {
            place(&store, &tenant, n).await;
            ship(&store, &tenant, n).await;
        }
        store.pool().close().await;
        // Counts of a session are shared when it ends, and it takes a moment to.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let read: Vec<(String, i64)> = query_as(READ).fetch_all(&mut other).await.unwrap();
        assert_eq!(read.len(), 5, "{read:?}");
        for (table, entries) in &read {
            assert!(*entries >= 10, "{table}: nothing was counted: {read:?}");
            assert!(*entries < 5_000, "{table}: {read:?}");
        }
        database.drop().await;
    });
}
