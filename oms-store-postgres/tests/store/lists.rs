//! Lists of large tables: what is rare is found by an index of its own, or page by page however far
//! it is, and no page reads everything.

use std::fmt::Debug;
use std::time::Duration;

use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, DocumentKind};
use oms_core::port::{DocumentFilter, MovementFilter, OrderFilter, Page, ReservationFilter, Store};
use oms_core::reservation::ReservationKey;
use oms_core::stock::MovementKind;
use oms_core::testing::build::{channel, hub, sku, transfer};
use oms_core::value::{OrderId, TenantId};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::types::Uuid;
use oms_store_postgres::sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, query_as, query_scalar,
};

use crate::common::{Database, block_on};
use crate::world::furnish;

/// 25,000 claims of orders at two hubs, of which the last ten still hold something.
const CLAIMS: &str = "INSERT INTO oms.reservation (tenant, owner_kind, owner_id, owner_name, \
    line, hub, sku, tentative, confirmed, consumed, released, expired, lapsed, version) \
    SELECT 'acme', 1, lpad(to_hex(n), 32, '0')::uuid, '', 1, 'hub-' || n % 2, 'TEA', 0, \
    (n > 24990)::int, (n <= 24990)::int, 0, 0, 0, 1 FROM generate_series(1, 25000) n";

/// A database with these rows, its store and its tenant.
async fn filled(rows: &'static str) -> (Database, PgStore, TenantId) {
    let database = Database::new().await;
    let store = database.store(1).await;
    let tenant = furnish(&store, "acme").await;
    store.pool().execute(rows).await.unwrap();
    (database, store, tenant)
}

/// All that matches, page by page, and how many pages they were.
async fn all<T, C: Debug>(ask: impl AsyncFn(Option<C>) -> Page<T, C>) -> (Vec<T>, usize) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = ask(after).await;
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        found.extend(page.items);
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (found, pages);
        }
    }
}

/// All that matches, by pages of four, and how many they were.
async fn claims(
    store: &PgStore,
    tenant: &TenantId,
    filter: &ReservationFilter,
) -> (Vec<ReservationKey>, usize) {
    let ask = async |after: Option<ReservationKey>| {
        let page = store.reservations(tenant, filter, after.as_ref(), 4).await;
        page.unwrap()
    };
    let (found, pages) = all(ask).await;
    (found.into_iter().map(|(key, _)| key).collect(), pages)
}

#[test]
fn what_is_live_at_a_hub_is_found_by_its_index() {
    block_on(async {
        let (database, store, tenant) = filled(CLAIMS).await;
        // The first page, and one from a place on, in the words of the list.
        for after in [
            "",
            "AND (owner_kind, owner_id, owner_name, looked.line, hub, sku) > (1, \
             lpad(to_hex(24995), 32, '0')::uuid, '', 1, 'hub-0', 'TEA')",
        ] {
            let plan = format!(
                "EXPLAIN SELECT owner_kind, owner_id, owner_name, line::bigint, hub, sku, \
                 tentative::bigint, confirmed::bigint FROM oms.reservation looked \
                 WHERE tenant = 'acme' AND hub = 'hub-0' AND tentative + confirmed > 0 {after} \
                 ORDER BY owner_kind, owner_id, owner_name, looked.line, hub, sku \
                 LIMIT 501"
            );
            let plan = query_scalar(AssertSqlSafe(plan)).fetch_all(store.pool());
            let plan: Vec<String> = plan.await.unwrap();
            assert!(
                plan.iter().any(|row| row.contains("reservation_live")),
                "{plan:#?}"
            );
        }
        // So no page is short of what is far behind.
        let filter = ReservationFilter {
            hub: Some(hub("hub-0")),
            live: true,
            ..ReservationFilter::default()
        };
        let (found, pages) = claims(&store, &tenant, &filter).await;
        assert_eq!((found.len(), pages), (5, 2));
        assert!(found.is_sorted());
        assert!(found.iter().all(|key| key.hub == hub("hub-0")));
        database.drop().await;
    });
}

/// Where no index knows the filter, pages may be short, and nothing is left out.
#[test]
fn live_claims_of_all_hubs_are_found_behind_many_that_are_over() {
    block_on(async {
        let (database, store, tenant) = filled(CLAIMS).await;
        let filter = ReservationFilter {
            live: true,
            ..ReservationFilter::default()
        };
        let (found, pages) = claims(&store, &tenant, &filter).await;
        assert_eq!((found.len(), pages), (10, 5));
        assert!(found.is_sorted());
        database.drop().await;
    });
}

/// 25,000 transfers from one hub to another, of which every thousandth is still open, and a few
/// from and to a third.
const TRANSFERS: &str = "INSERT INTO oms.document \
    SELECT 'acme', 15, 'T-' || to_char(n, 'FM00000'), '', 1, 1, n % 1000 = 0, \
    '{\"from\":\"north\",\"to\":\"south\"}' FROM generate_series(1, 25000) n; \
    INSERT INTO oms.document \
    SELECT 'acme', 15, 'U-' || n, '', 1, 1, n % 2 = 0, \
    CASE n % 3 WHEN 0 THEN '{\"to\":\"north\",\"from\":\"west\"}' \
        ELSE '{\"to\":\"west\",\"from\":\"north\"}' END::json FROM generate_series(1, 9) n";

/// All that matches, by pages of four.
async fn transfers(store: &PgStore, tenant: &TenantId, filter: &DocumentFilter) -> Vec<String> {
    let ask = async |after: Option<DocumentKey>| {
        let page = store.documents(tenant, filter, after.as_ref(), 4).await;
        page.unwrap()
    };
    let (found, _) = all(ask).await;
    let ids = found.into_iter().map(|found| found.key.to_string());
    ids.map(|key| key.replace("transfer ", "")).collect()
}

#[test]
fn transfers_of_a_hub_are_found_by_their_indexes() {
    const LIST: &str = include_str!("../../sql/transfers.sql");
    block_on(async {
        let (database, store, tenant) = filled(TRANSFERS).await;
        for (from, to, open, index) in [
            ("'north'", "NULL", "true", "transfer_from"),
            ("'north'", "'west'", "NULL", "transfer_"),
            ("NULL", "'south'", "true", "transfer_to"),
            ("NULL", "'west'", "false", "transfer_to"),
        ] {
            let values = ["'acme'", from, to, open, "'T-1'", "5"];
            let list = values
                .iter()
                .zip(1..)
                .fold(LIST.to_owned(), |list, (value, n)| {
                    list.replace(&format!("${n}"), value)
                });
            let plan = query_scalar(AssertSqlSafe(format!("EXPLAIN {list}")));
            let plan: Vec<String> = plan.fetch_all(store.pool()).await.unwrap();
            let says = |text: &str| plan.iter().any(|row| row.contains(text));
            let by_key = says("document_pkey") || says("Seq Scan");
            assert!(says(index) && !by_key, "{plan:#?}");
        }
        let filter = |from: Option<&str>, to: Option<&str>, active| DocumentFilter {
            active,
            from: from.map(hub),
            to: to.map(hub),
            ..DocumentFilter::of(DocumentKind::Transfer)
        };
        let open = transfers(&store, &tenant, &filter(None, Some("south"), Some(true))).await;
        assert_eq!(
            (open.len(), &*open[0], &*open[24]),
            (25, "T-01000", "T-25000")
        );
        let west = transfers(&store, &tenant, &filter(Some("west"), None, None)).await;
        assert_eq!(west, ["U-3", "U-6", "U-9"]);
        let over = transfers(&store, &tenant, &filter(None, Some("west"), Some(false))).await;
        assert_eq!(over, ["U-1", "U-5", "U-7"]);
        let both = transfers(&store, &tenant, &filter(Some("north"), Some("west"), None)).await;
        assert_eq!(both, ["U-1", "U-2", "U-4", "U-5", "U-7", "U-8"]);
        database.drop().await;
    });
}

/// 25,000 orders, seven a second, of which the first two came from elsewhere and went back.
const ORDERS: &str = "INSERT INTO oms.order_head (tenant, id, version, number, schema, status, \
    placed_at, state_since, channel, body) \
    SELECT 'acme', lpad(to_hex(n), 32, '0')::uuid, 1, n, 1, \
    CASE WHEN n > 2 THEN 'delivered' ELSE 'returned' END, \
    '2026-01-01T00:00:00Z'::timestamptz + n / 7 * interval '1 second', \
    '2026-01-01T00:00:00Z', CASE WHEN n > 2 THEN 'desk' ELSE 'stall' END, '{}' \
    FROM generate_series(1, 25000) n";

/// All that matches, by pages of four, and how many they were.
async fn orders(
    store: &PgStore,
    tenant: &TenantId,
    filter: &OrderFilter,
) -> (Vec<DocumentKey>, usize) {
    let ask = async |after| store.orders(tenant, filter, after, 4).await.unwrap();
    let (found, pages) = all(ask).await;
    let keys = found.into_iter().map(|document| document.key);
    (keys.collect(), pages)
}

#[test]
fn rare_orders_are_found_behind_many_others_page_by_page() {
    block_on(async {
        let (database, store, tenant) = filled(ORDERS).await;
        let order = |n: u128| DocumentKey::Order(OrderId::from_uuid(Uuid::from_u128(n)));
        let of_channel = OrderFilter {
            channel: Some(channel("stall")),
            ..OrderFilter::default()
        };
        let of_status = OrderFilter {
            statuses: [OrderStatus::Returned].into(),
            ..OrderFilter::default()
        };
        let of_several = OrderFilter {
            statuses: [OrderStatus::OnHold, OrderStatus::Returned].into(),
            ..OrderFilter::default()
        };
        for filter in [of_channel.clone(), of_status, of_several] {
            let (found, pages) = orders(&store, &tenant, &filter).await;
            assert_eq!(found, [order(2), order(1)], "{filter:?}");
            assert_eq!(pages, 3, "{filter:?}");
        }
        // Times bound what is looked at, too, and what is not finished has an index.
        let all = OrderFilter::default();
        let newest = store.orders(&tenant, &all, None, 1).await.unwrap();
        let since = newest.next.unwrap().placed_at;
        let recent = OrderFilter {
            placed_from: Some(since),
            ..of_channel.clone()
        };
        assert_eq!(orders(&store, &tenant, &recent).await, (Vec::new(), 1));
        let on_hold = OrderFilter {
            statuses: [OrderStatus::OnHold].into(),
            ..of_channel.clone()
        };
        let open = OrderFilter {
            unfinished: true,
            ..of_channel
        };
        for filter in [on_hold, open] {
            assert_eq!(orders(&store, &tenant, &filter).await, (Vec::new(), 1));
        }
        database.drop().await;
    });
}

/// 25,000 movements of one SKU, seven a second, of which the last two are of another kind and hub.
const MOVEMENTS: &str = "INSERT INTO oms.movement (tenant, id, at, hub, sku, kind, delta, \
    actor_kind, command_key) \
    SELECT 'acme', lpad(to_hex(n), 32, '0')::uuid, \
    '2026-01-01T00:00:00Z'::timestamptz + n / 7 * interval '1 second', \
    CASE WHEN n > 24998 THEN 'south' ELSE 'north' END, 'TEA', \
    CASE WHEN n > 24998 THEN 'damaged' ELSE 'received' END, 1, 'system', 'k' \
    FROM generate_series(1, 25000) n";

#[test]
fn rare_movements_are_found_behind_many_others_page_by_page() {
    block_on(async {
        let (database, store, tenant) = filled(MOVEMENTS).await;
        let of_kind = MovementFilter {
            kind: Some(MovementKind::Damaged),
            ..MovementFilter::default()
        };
        let of_hub = MovementFilter {
            hub: Some(hub("south")),
            ..MovementFilter::default()
        };
        let of_row = MovementFilter {
            sku: Some(sku("TEA")),
            ..of_kind.clone()
        };
        for filter in [of_kind, of_hub, of_row] {
            let ask = async |after| store.movements(&tenant, &filter, after, 4).await.unwrap();
            let (found, pages) = all(ask).await;
            let ids = found.iter().map(|movement| movement.draft.id.as_uuid());
            let found: Vec<Uuid> = ids.collect();
            assert_eq!(found, [24_999, 25_000].map(Uuid::from_u128), "{filter:?}");
            assert_eq!(pages, 3, "{filter:?}");
        }
        database.drop().await;
    });
}

/// Those of one moment were of a transfer.
const SENT: &str = "UPDATE oms.movement SET transfer = 'T-1' \
    WHERE tenant = 'acme' AND at = '2026-01-01T00:40:00Z'";

#[test]
fn what_moved_for_a_transfer_is_found_by_its_index() {
    block_on(async {
        let (database, store, tenant) = filled(MOVEMENTS).await;
        store.pool().execute(SENT).await.unwrap();
        let of_transfer = MovementFilter {
            transfer: Some(transfer("T-1")),
            ..MovementFilter::default()
        };
        let of_kind = MovementFilter {
            kind: Some(MovementKind::Received),
            ..of_transfer.clone()
        };
        // Never analysed, and analysed.
        for analysed in [false, true] {
            if analysed {
                let analyse = database.pool(1).await;
                analyse.execute("ANALYZE oms.movement").await.unwrap();
            }
            for filter in [&of_transfer, &of_kind] {
                let ask = async |after| store.movements(&tenant, filter, after, 4).await.unwrap();
                let (found, pages) = all(ask).await;
                let ids = found.iter().map(|movement| movement.draft.id.as_uuid());
                let wanted: Vec<Uuid> = (16_800..16_807).map(Uuid::from_u128).collect();
                assert_eq!(ids.collect::<Vec<_>>(), wanted, "{filter:?}");
                assert_eq!(pages, 2, "{filter:?}");
            }
            let plan = "EXPLAIN SELECT id FROM oms.movement \
                WHERE tenant COLLATE \"POSIX\" = 'acme' AND tenant = 'acme' AND transfer = 'T-1' \
                ORDER BY at, id LIMIT 5";
            let plan: Vec<String> = query_scalar(plan).fetch_all(store.pool()).await.unwrap();
            assert!(
                plan.iter().any(|row| row.contains("movement_transfer")),
                "{plan:#?}"
            );
        }
        database.drop().await;
    });
}

/// Orders, movements and claims of thirty tenants, 2,500 each, all of them alike.
const CROWD: &str = "INSERT INTO oms.order_head (tenant, id, version, number, schema, status, \
    placed_at, state_since, channel, body) \
    SELECT CASE n % 30 WHEN 0 THEN 'acme' ELSE 'other-' || n % 30 END, \
    lpad(to_hex(n), 32, '0')::uuid, 1, n, 1, 'delivered', \
    '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second', '2026-01-01T00:00:00Z', \
    'desk', '{}' FROM generate_series(1, 75000) n; \
    INSERT INTO oms.movement (tenant, id, at, hub, sku, kind, delta, actor_kind, command_key) \
    SELECT CASE n % 30 WHEN 0 THEN 'acme' ELSE 'other-' || n % 30 END, \
    lpad(to_hex(n), 32, '0')::uuid, \
    '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second', 'north', 'TEA', 'received', 1, \
    'system', 'k' FROM generate_series(1, 75000) n; \
    INSERT INTO oms.reservation (tenant, owner_kind, owner_id, owner_name, line, hub, sku, \
    tentative, confirmed, consumed, released, expired, lapsed, version) \
    SELECT CASE n % 30 WHEN 0 THEN 'acme' ELSE 'other-' || n % 30 END, 1, \
    lpad(to_hex(n), 32, '0')::uuid, '', 1, 'north', 'TEA', 0, 0, 1, 0, 0, 0, 1 \
    FROM generate_series(1, 75000) n; \
    ANALYZE oms.order_head; ANALYZE oms.movement; ANALYZE oms.reservation";

/// How many rows of the tables of lists were read since the database was made, by table.
async fn rows_read(database: &Database) -> Vec<(String, i64)> {
    // Counts of a session are shared when it ends, and it takes a moment to.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut other = PgConnection::connect_with(&database.options())
        .await
        .unwrap();
    let sql = "SELECT relname::text, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) \
        FROM pg_stat_user_tables WHERE schemaname = 'oms' \
        AND relname IN ('order_head', 'movement', 'reservation') ORDER BY relname";
    query_as(sql).fetch_all(&mut other).await.unwrap()
}

#[test]
fn a_page_of_what_is_common_reads_little_more_than_it_shows() {
    block_on(async {
        let (database, store, tenant) = filled(CROWD).await;
        store.pool().close().await;
        let delivered = OrderFilter {
            statuses: [OrderStatus::Delivered].into(),
            ..OrderFilter::default()
        };
        let of_channel = OrderFilter {
            channel: Some(channel("desk")),
            ..OrderFilter::default()
        };
        let of_hub = MovementFilter {
            hub: Some(hub("north")),
            ..MovementFilter::default()
        };
        let claimed = ReservationFilter {
            sku: Some(sku("TEA")),
            ..ReservationFilter::default()
        };
        // By what no index knows, and by nothing at all.
        let cases = [
            (delivered, of_hub, claimed.clone()),
            (of_channel, MovementFilter::default(), claimed),
            (
                OrderFilter::default(),
                MovementFilter::default(),
                ReservationFilter::default(),
            ),
        ];
        for (orders, movements, claims) in cases {
            let before = rows_read(&database).await;
            let store = database.store(1).await;
            let page = store.orders(&tenant, &orders, None, 100).await.unwrap();
            let next = page.next;
            let more = store.orders(&tenant, &orders, next, 100).await.unwrap();
            assert_eq!((page.items.len(), more.items.len()), (100, 100));
            let page = store.movements(&tenant, &movements, None, 100).await;
            assert_eq!(page.unwrap().items.len(), 100);
            let page = store.reservations(&tenant, &claims, None, 100).await;
            assert_eq!(page.unwrap().items.len(), 100);
            store.pool().close().await;
            let after = rows_read(&database).await;
            for ((table, before), (_, after)) in before.iter().zip(&after) {
                let read = after - before;
                assert!(
                    (100..1_000).contains(&read),
                    "{read} of {table}: {orders:?}"
                );
            }
        }
        database.drop().await;
    });
}

/// 25,000 orders, of which every tenth is open, and as many of a thousand other tenants together.
const LARGE_AMONG_SMALL: &str = "INSERT INTO oms.order_head (tenant, id, version, number, schema, \
    status, placed_at, state_since, channel, body) \
    SELECT CASE WHEN n > 25000 THEN 'acme' ELSE 'other-' || n % 1000 END, \
    lpad(to_hex(n), 32, '0')::uuid, 1, n, 1, \
    CASE WHEN n % 10 = 0 THEN 'on_hold' ELSE 'delivered' END, \
    '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second', '2026-01-01T00:00:00Z', \
    'desk', '{}' FROM generate_series(1, 50000) n; \
    ANALYZE oms.order_head";

/// A statement that is sent again and again gets a plan for any tenant, of which most have little.
#[test]
fn a_page_of_a_large_tenant_among_small_ones_reads_little_however_often() {
    block_on(async {
        let (database, store, tenant) = filled(LARGE_AMONG_SMALL).await;
        store.pool().close().await;
        let before = rows_read(&database).await;
        let store = database.store(1).await;
        let open = OrderFilter {
            unfinished: true,
            ..OrderFilter::default()
        };
        for _ in 0..10 {
            let page = store.orders(&tenant, &open, None, 50).await.unwrap();
            assert_eq!(page.items.len(), 50);
        }
        store.pool().close().await;
        let after = rows_read(&database).await;
        for ((table, before), (_, after)) in before.iter().zip(&after) {
            let read = after - before;
            assert!(read < 10_000, "{read} of {table}");
        }
        database.drop().await;
    });
}

/// The last row that is looked at may be one of those that are asked for, and is shown once.
#[test]
fn a_page_that_ends_with_the_last_row_it_may_look_at_is_gone_on_from() {
    block_on(async {
        let (database, store, tenant) = filled(ORDERS).await;
        let order = |n: u128| DocumentKey::Order(OrderId::from_uuid(Uuid::from_u128(n)));
        let filter = OrderFilter {
            channel: Some(channel("stall")),
            ..OrderFilter::default()
        };
        // Newest first, the 10,000th order of 25,000 is that with the number 15,001.
        for (at, pages) in [(15_001, 3), (15_000, 3), (15_002, 3)] {
            let moved = format!(
                "UPDATE oms.order_head SET channel = CASE WHEN number IN ({at}, 1) \
                 THEN 'stall' ELSE 'desk' END"
            );
            let moved = AssertSqlSafe(moved);
            store.pool().execute(moved).await.unwrap();
            let found = orders(&store, &tenant, &filter).await;
            assert_eq!(found, (vec![order(at), order(1)], pages), "{at}");
            // One a page: the page that is full ends where it is full.
            let page = store.orders(&tenant, &filter, None, 1).await.unwrap();
            let rest = store.orders(&tenant, &filter, page.next, 1).await.unwrap();
            assert!(page.items.len() <= 1 && page.next.is_some() && rest.next.is_some());
        }
        database.drop().await;
    });
}
