//! Lists of large tables: what is rare is found by an index of its own, or page by page however far
//! it is, and no page reads everything.

use oms_core::port::{ReservationFilter, Store};
use oms_core::reservation::ReservationKey;
use oms_core::testing::build::hub;
use oms_core::value::TenantId;
use oms_store_postgres::PgStore;
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
