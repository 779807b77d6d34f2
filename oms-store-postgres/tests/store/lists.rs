//! Lists of large tables: what is rare is found by an index of its own, or page by page however far
//! it is, and no page reads everything.

use oms_core::order::OrderStatus;
use oms_core::plan::DocumentKey;
use oms_core::port::{MovementFilter, OrderFilter, ReservationFilter, Store};
use oms_core::reservation::ReservationKey;
use oms_core::stock::MovementKind;
use oms_core::testing::build::{channel, hub, sku};
use oms_core::value::{OrderId, TenantId};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::types::Uuid;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, query_scalar};

use crate::common::{Database, block_on};
use crate::world::furnish;

/// 25,000 claims of orders at two hubs, of which the last ten still hold something.
const CLAIMS: &str = "INSERT INTO oms.reservation (tenant, owner_kind, owner_id, owner_name, \
    line, hub, sku, tentative, confirmed, consumed, released, expired, lapsed, version) \
    SELECT 'acme', 1, lpad(to_hex(n), 32, '0')::uuid, '', 1, 'hub-' || n % 2, 'TEA', 0, \
    (n > 24990)::int, (n <= 24990)::int, 0, 0, 0, 1 FROM generate_series(1, 25000) n";

/// All that matches, by pages of four, and how many they were.
async fn claims(
    store: &PgStore,
    tenant: &TenantId,
    filter: &ReservationFilter,
) -> (Vec<ReservationKey>, usize) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = store.reservations(tenant, filter, after.as_ref(), 4).await;
        let page = page.unwrap();
        found.extend(page.items.into_iter().map(|(key, _)| key));
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (found, pages);
        }
    }
}

#[test]
fn what_is_live_at_a_hub_is_found_by_its_index() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        store.pool().execute(CLAIMS).await.unwrap();
        // The first page, and one from a place on, in the words of the list.
        for after in [
            "",
            "AND (owner_kind, owner_id, owner_name, line, hub, sku) > (1, \
             lpad(to_hex(24995), 32, '0')::uuid, '', 1, 'hub-0', 'TEA')",
        ] {
            let plan = format!(
                "EXPLAIN SELECT owner_kind, owner_id, owner_name, line::bigint, hub, sku, \
                 tentative::bigint, confirmed::bigint FROM oms.reservation \
                 WHERE tenant = 'acme' AND hub = 'hub-0' AND tentative + confirmed > 0 {after} \
                 ORDER BY owner_kind, owner_id, owner_name, oms.reservation.line, hub, sku \
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
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        store.pool().execute(CLAIMS).await.unwrap();
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
    let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = store.orders(tenant, filter, after, 4).await.unwrap();
        assert!(page.unread.is_empty(), "{:?}", page.unread);
        found.extend(page.items.into_iter().map(|document| document.key));
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (found, pages);
        }
    }
}

#[test]
fn rare_orders_are_found_behind_many_others_page_by_page() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        store.pool().execute(ORDERS).await.unwrap();
        let order = |n: u128| DocumentKey::Order(OrderId::from_uuid(Uuid::from_u128(n)));
        let of_channel = OrderFilter {
            channel: Some(channel("stall")),
            ..OrderFilter::default()
        };
        let of_status = OrderFilter {
            status: Some(OrderStatus::Returned),
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
            status: Some(OrderStatus::OnHold),
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
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        store.pool().execute(MOVEMENTS).await.unwrap();
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
            let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
            loop {
                let page = store.movements(&tenant, &filter, after, 4).await.unwrap();
                assert!(page.unread.is_empty(), "{:?}", page.unread);
                let ids = page
                    .items
                    .iter()
                    .map(|movement| movement.draft.id.as_uuid());
                found.extend(ids);
                pages += 1;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, [24_999, 25_000].map(Uuid::from_u128), "{filter:?}");
            assert_eq!(pages, 3, "{filter:?}");
        }
        database.drop().await;
    });
}
