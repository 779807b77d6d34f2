//! No hot use case reads a large table from end to end, on a database that was never analysed.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use oms_core::plan::UniqueKey;
use oms_core::port::{OrderFilter, StockFilter, Store};
use oms_core::reservation::Owner;
use oms_core::service::{Call, Tenant};
use oms_core::testing::build;
use oms_core::value::{ExternalId, OrderId, Timestamp};
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::{self, Executor, PgPool};
use oms_store_postgres::{PgOptions, PgStore};

use crate::common::{Database, Server, block_on, given, shared, skip, start, tell};
use crate::load::{ORDERS, load};
use crate::log::{Plan, explained, plans};
use crate::shop;

/// A server whose log we can read and which analyses nothing by itself.
fn silent() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start(&["autovacuum=off", "max_wal_size=4GB"]))
}

const SKUS: [&str; 3] = ["A", "B", "C"];

/// What the server logged while something ran.
struct Watch(usize);

impl Watch {
    fn begin() -> Self {
        Self(silent().log().len())
    }

    fn end(self) -> Vec<Plan> {
        plans(&silent().log()[self.0..])
    }
}

fn known(n: u32) -> UniqueKey {
    let text = |text: &str| ExternalId::parse(text).unwrap();
    let reference = format!("order-{n}");
    UniqueKey::ExternalReference(build::channel("desk"), text("order"), text(&reference))
}

async fn life(tenant: &Tenant) -> OrderId {
    let order = shop::place_pending(tenant, "whole-life", &SKUS).await;
    for (_, command) in shop::steps() {
        shop::command(tenant, order, command).await;
    }
    shop::place(tenant, "approved-at-once", &SKUS).await
}

async fn stock_and_carts(tenant: &Tenant) {
    shop::reserve(tenant, &shop::cart(1), "A", 60).await;
    let confirm = tenant.confirm_reservation(shop::cart(1), Call::default());
    confirm.await.unwrap();
    shop::reserve(tenant, &shop::cart(2), "B", 60).await;
    let release = tenant.release_reservation(shop::cart(2), Call::default());
    release.await.unwrap();
    shop::all(tenant, vec![shop::receive("north", "SKU-17", 3)]).await;
    let row = build::stock("north", "SKU-18");
    assert_eq!(tenant.stock_level(&row).await.unwrap().reserved.get(), 100);
    tenant.overview(&build::sku("SKU-19")).await.unwrap();
    let filter = StockFilter::default();
    assert_eq!(
        tenant.stock(&filter, None, 50).await.unwrap().items.len(),
        50
    );
}

async fn reads(tenant: &Tenant, order: OrderId) {
    tenant.order(order).await.unwrap();
    let found = tenant.find_order(known(77_777)).await.unwrap();
    let found = found.expect("a loaded order is found");
    assert!(!tenant.history(found.head.id).await.unwrap().is_empty());
    let owner = Owner::Order(found.head.id);
    let claims = tenant.reservations_of(&owner);
    assert_eq!(claims.await.unwrap().len(), 3);
    let filter = OrderFilter::default();
    assert_eq!(
        tenant.orders(&filter, None, 50).await.unwrap().items.len(),
        50
    );
}

async fn sweep(tenant: &Tenant, store: &PgStore) {
    shop::reserve(tenant, &shop::cart(3), "C", 60).await;
    let snapshot = tenant.stock_level(&build::stock("north", "C")).await;
    snapshot.unwrap();
    let later = "UPDATE oms.reservation SET expires_at = now() - interval '1 second' \
        WHERE tenant = 'acme' AND owner_kind = 2 AND owner_id = $1 AND tentative > 0";
    let id = build::cart_id(3).to_string();
    let later = sqlx::query(later).bind(sqlx::types::Uuid::parse_str(&id).unwrap());
    later.execute(store.pool()).await.unwrap();
    let swept = tenant.sweep().await.unwrap();
    assert_eq!((swept.expired, swept.failed), (1, 0));
}

fn check(name: &str, plans: &[Plan]) -> Vec<String> {
    assert!(!plans.is_empty(), "{name}: nothing was logged");
    let faults = plans.iter().flat_map(Plan::faults);
    faults.map(|fault| format!("{name}: {fault}")).collect()
}

/// Whether plans can be read.
fn readable() -> bool {
    let own = given().is_none();
    if !own {
        skip("plans are read from the log of a server of our own");
    }
    own
}

/// A store on one session whose plans are logged.
async fn watched(database: &Database) -> PgStore {
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect_with(explained(database.options()));
    PgStore::from_pool(pool.await.unwrap(), &PgOptions::default())
}

/// A tenth of the keys and counters is old enough to be forgotten, and the planner knows it.
const OLD: &str = "INSERT INTO oms.command SELECT 'acme', md5('old-' || n)::uuid::text, '\\x00', \
    'x', now() - n * interval '1 minute' FROM generate_series(1, 100000) n; \
    INSERT INTO oms.counter SELECT 'acme', 1, 'hub-' || n % 200, \
    to_char(current_date - n / 200, 'YYYY-MM-DD'), 3 FROM generate_series(1, 100000) n; \
    ANALYZE oms.command; ANALYZE oms.counter";

#[test]
fn what_is_old_is_forgotten_by_index_on_tables_that_were_analysed() {
    if !readable() {
        return;
    }
    block_on(async {
        let database = Database::on(silent()).await;
        let plain = database.pool(1).await;
        plain.execute(sqlx::raw_sql(OLD)).await.unwrap();
        let store = watched(&database).await;
        let tenant = build::tenant(shop::TENANT);
        let sql = "SELECT (extract(epoch FROM now() - interval '60 days') * 1000000)::bigint, \
            to_char(current_date - 450, 'YYYY-MM-DD')";
        let (micros, day): (i64, String) = sqlx::query_as(sql).fetch_one(&plain).await.unwrap();
        let watch = Watch::begin();
        let before = Timestamp::from_micros(micros).unwrap();
        let forgotten = store.forget_commands(&tenant, before, 400).await;
        assert_eq!(forgotten.unwrap(), 400);
        let forgotten = store.forget_counters(&tenant, day.parse().unwrap(), 400);
        assert_eq!(forgotten.await.unwrap(), 400);
        let logged = watch.end();
        let faults = check("the sweeper", &logged);
        let tables: BTreeSet<String> = logged.iter().flat_map(Plan::reads).collect();
        assert!(tables.contains("command") && tables.contains("counter"));
        assert!(faults.is_empty(), "{faults:#?}");
        database.drop().await;
    });
}

#[test]
fn no_hot_statement_reads_a_large_table_as_a_whole() {
    if !readable() {
        return;
    }
    block_on(async {
        let database = Database::on(silent()).await;
        let plain = database.store(1).await;
        let tenant = shop::open(shared(&plain));
        shop::furnish(&tenant, &SKUS, 1_000).await;
        shop::place(&tenant, "template", &SKUS).await;
        load(plain.pool()).await;
        never_analysed(plain.pool()).await;

        let store = watched(&database).await;
        let tenant = shop::open(shared(&store));
        let mut faults = Vec::new();
        let mut seen = Vec::new();
        let watch = Watch::begin();
        let order = life(&tenant).await;
        let logged = watch.end();
        faults.extend(check("the life of an order", &logged));
        seen.extend(logged);
        let watch = Watch::begin();
        stock_and_carts(&tenant).await;
        let logged = watch.end();
        faults.extend(check("stock and carts", &logged));
        seen.extend(logged);
        let watch = Watch::begin();
        reads(&tenant, order).await;
        let logged = watch.end();
        faults.extend(check("reads", &logged));
        seen.extend(logged);
        let watch = Watch::begin();
        sweep(&tenant, &store).await;
        let logged = watch.end();
        faults.extend(check("the sweeper", &logged));
        seen.extend(logged);

        // The statements inside the functions were seen, and each table that matters.
        let tables: BTreeSet<String> = seen.iter().flat_map(Plan::reads).collect();
        for table in [
            "order_head",
            "fulfillment",
            "event",
            "stock_level",
            "reservation",
        ] {
            assert!(tables.contains(table), "{table} was not seen in {tables:?}");
        }
        tell(&format!("{} plans read", seen.len()));
        never_analysed(store.pool()).await;
        assert!(faults.is_empty(), "{faults:#?}");

        guards(&tenant, store.pool(), order).await;
        database.drop().await;
    });
}

/// The same checker catches a statement that reads everything, and a missing index.
async fn guards(tenant: &Tenant, pool: &PgPool, order: OrderId) {
    let watch = Watch::begin();
    pool.execute("SELECT count(*) FROM oms.event WHERE body->>'x' = 'y'")
        .await
        .unwrap();
    let faults = check("a bad statement", &watch.end());
    assert!(
        faults.iter().any(|f| f.contains("Seq Scan on event")),
        "{faults:?}"
    );
    let drop = "ALTER TABLE oms.reservation DROP CONSTRAINT reservation_pkey";
    pool.execute(drop).await.unwrap();
    let watch = Watch::begin();
    tenant.order(order).await.unwrap();
    let faults = check("a missing key", &watch.end());
    assert!(
        faults
            .iter()
            .any(|f| f.contains("of reservation") || f.contains("on reservation")),
        "{faults:?}"
    );
}

async fn never_analysed(pool: &PgPool) {
    let sql = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = 'oms' AND c.relkind = 'r' AND c.reltuples >= 0 \
        UNION ALL SELECT count(*) FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid \
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'oms' \
        UNION ALL SELECT count(*) FROM oms.order_head";
    let counts: Vec<i64> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
    assert_eq!(counts[..2], [0, 0], "something analysed a table");
    assert!(counts[2] > i64::from(ORDERS));
}
