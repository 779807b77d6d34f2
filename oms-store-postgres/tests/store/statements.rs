//! Round trips and inner statements, counted by the server.

use oms_core::plan::{ChangeSet, Keys, Outcome};
use oms_core::port::Store;
use oms_core::testing::build::{
    Change, job, order_document, order_id, order_index, owner_cart, owner_order, reservation,
    stock, stream, update, version,
};
use oms_core::value::{TenantId, Timestamp, Version};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{self, Executor};

use crate::common::counted::counted;
use crate::common::{Database, block_on, skip, tell};
use crate::world::{furnish, level, now, sound};

/// An order of three lines at one hub.
fn order(n: u64, at: Timestamp) -> ChangeSet {
    let rows = ["A", "B", "C"].map(|sku| stock("north", sku));
    let change = Change::new(&format!("place-{n}"))
        .document(order_document(n, order_index(n, at)))
        .event(&stream(&format!("order-{n}")), "order.placed")
        .reclaim();
    let claims = rows.iter().zip(1..).fold(change, |change, (row, line)| {
        change.reserve(&reservation(&owner_order(n), line, row), 1)
    });
    let mut set = claims.at(at);
    set.events[0].seq = Some(version(1));
    set
}

/// Commits change sets against which nothing speaks.
async fn commit(store: &PgStore, tenant: &TenantId, sets: &[ChangeSet]) {
    let outcomes = store.commit(tenant, sets).await.unwrap();
    assert!(outcomes.iter().all(Outcome::is_done), "{outcomes:?}");
}

async fn shelve(store: &PgStore, tenant: &TenantId) {
    let at = now(store, tenant).await;
    let shelve = ["A", "B", "C"]
        .iter()
        .fold(Change::new("shelve"), |change, sku| {
            change.receive(&stock("north", sku), 10_000)
        });
    assert!(store.commit(tenant, &[shelve.at(at)]).await.unwrap()[0].is_done());
}

#[test]
fn a_commit_and_a_prefetch_are_one_statement_each_whatever_their_size() {
    block_on(async {
        // Counts are of the whole database, so this server has no other tests on it.
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        shelve(&store, &tenant).await;
        let at = now(&store, &tenant).await;
        let place = |range: std::ops::Range<u64>| {
            let sets: Vec<ChangeSet> = range.map(|n| order(n, at)).collect();
            let (store, tenant) = (&store, &tenant);
            async move { commit(store, tenant, &sets).await }
        };
        place(1..2).await;
        let Some(one) = counted(&store, place(2..3)).await else {
            skip("the server has no pg_stat_statements");
            return;
        };
        let many = counted(&store, place(3..53)).await.unwrap();
        assert_eq!(one.sent, 1, "{one:?}");
        assert_eq!(many.sent, 1, "{many:?}");
        assert_eq!(
            many.inner, one.inner,
            "inner statements do not grow with the batch"
        );
        assert!(one.inner <= 5, "{one:?}");
        tell(&format!("a placement: {} inner statements", one.inner));

        let change = counted(&store, async {
            let write = update(order_document(2, order_index(2, at)), 1);
            let told = stream("order-2");
            let set = Change::new("change")
                .document(write)
                .event(&told, "changed")
                .at(at);
            assert!(store.commit(&tenant, &[set]).await.unwrap()[0].is_done());
        });
        let change = change.await.unwrap();
        assert_eq!(change.sent, 1, "{change:?}");
        tell(&format!(
            "a status change: {} inner statements",
            change.inner
        ));

        let keys = Keys {
            orders: [order_id(2), order_id(3)].into(),
            hubs: true,
            stock: [stock("north", "A")].into(),
            ..Keys::default()
        };
        let prefetch = counted(&store, async {
            let found = store.prefetch(&tenant, &keys).await.unwrap();
            assert_eq!(found.reservations.len(), 6);
        });
        let prefetch = prefetch.await.unwrap();
        assert_eq!(prefetch.sent, 1, "{prefetch:?}");
        database.drop().await;
    });
}

#[test]
fn jobs_of_an_order_a_cart_and_goods_that_come_in_are_committed_as_a_whole() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        shelve(&store, &tenant).await;
        let at = now(&store, &tenant).await;
        let with_job = |n: u64| {
            let mut set = order(n, at);
            set.jobs.push(job(n, at));
            set
        };
        let claim = |n: u32| {
            let row = reservation(&owner_cart(u64::from(n)), 1, &stock("north", "A"));
            let change = Change::new(&format!("cart-{n}")).reserve(&row, 1);
            change
                .event(&owner_cart(u64::from(n)).stream(), "reserved")
                .at(at)
        };
        let receive = |n: u32| {
            let change = Change::new(&format!("goods-{n}")).receive(&stock("north", "B"), 1);
            change.event(&stream("goods"), "received").at(at)
        };
        let batch = |n: u32| {
            [
                with_job(n.into()),
                claim(n),
                claim(n + 1_000),
                receive(n),
                receive(n + 1_000),
            ]
        };
        commit(&store, &tenant, &batch(1)).await;
        let work = async { commit(&store, &tenant, &batch(2)).await };
        let Some(taken) = counted(&store, work).await else {
            skip("the server has no pg_stat_statements");
            return;
        };
        assert_eq!(taken.sent, 1, "{taken:?}");
        assert!(taken.inner <= 9, "item by item: {taken:?}");
        tell(&format!("a mixed batch: {} inner statements", taken.inner));
        let told = store
            .history(&tenant, &stream("goods"), Version::ZERO, 10)
            .await
            .unwrap();
        let places: Vec<u64> = told.iter().map(|event| event.id.seq.get()).collect();
        assert_eq!(places, [1, 2, 3, 4]);
        assert_eq!(store.jobs(&tenant, None, 10).await.unwrap().items.len(), 2);
        database.drop().await;
    });
}

/// Gives a row so many units, all of them claimed by carts whose time is over.
async fn lapse(store: &PgStore, tenant: &TenantId, sku: &str, carts: u32) {
    let shelve = Change::new(&format!("shelve-{sku}")).receive(&stock("north", sku), carts);
    let at = now(store, tenant).await;
    assert!(store.commit(tenant, &[shelve.at(at)]).await.unwrap()[0].is_done());
    let claims = format!(
        "INSERT INTO oms.reservation SELECT 'acme', 2, md5('{sku}' || n)::uuid, '', 1, 'north', \
         '{sku}', 1, 0, 0, 0, 0, 0, now() - n * interval '1 s', 1 \
         FROM generate_series(1, {carts}) n; \
         UPDATE oms.stock_level SET reserved = {carts} WHERE sku = '{sku}'"
    );
    let claims = sqlx::raw_sql(sqlx::AssertSqlSafe(claims));
    store.pool().execute(claims).await.unwrap();
}

#[test]
fn a_placement_that_ends_thousands_of_claims_runs_as_many_statements_as_one_that_ends_few() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        let mut seen = Vec::new();
        for (n, sku, carts) in [(1, "FEW", 3), (2, "MANY", 5_000)] {
            lapse(&store, &tenant, sku, carts).await;
            let at = now(&store, &tenant).await;
            let claim = reservation(&owner_order(n), 1, &stock("north", sku));
            let set = Change::new(sku).reserve(&claim, 2).reclaim().at(at);
            let placed = counted(&store, async {
                let outcome = store.commit(&tenant, &[set]).await.unwrap().remove(0);
                assert!(outcome.is_done(), "{outcome:?}");
            });
            seen.push(placed.await);
            let level = level(&store, &tenant, &stock("north", sku)).await;
            assert_eq!((level.on_hand.get(), level.reserved.get()), (carts, 2));
            let told = "SELECT count(*) FROM oms.reservation r JOIN oms.event e \
                ON e.stream_id = 'cart:' || r.owner_id AND e.stream_kind = 'reservation' \
                AND e.seq = 1 WHERE r.sku = $1 AND r.tentative = 0 AND r.expired = 1";
            let told = sqlx::query_scalar(told).bind(sku);
            let told: i64 = told.fetch_one(store.pool()).await.unwrap();
            assert_eq!(told, i64::from(carts));
        }
        sound(&store, &tenant).await;
        match seen[..] {
            [Some(few), Some(many)] => assert_eq!(few.inner, many.inner, "{few:?} {many:?}"),
            _ => skip("the server has no pg_stat_statements"),
        }
        database.drop().await;
    });
}
