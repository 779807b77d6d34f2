//! First figures, for people who ask: `cargo test --release -p oms-store-postgres --test figures --
//! --ignored --nocapture`. One placement per call from 1 and 16 callers, beside one statement that
//! writes the same rows, and the log written per placement.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use oms_core::order::OrderStatus;
use oms_core::plan::{ChangeSet, DocumentKey, Outcome, Requirement, UniqueKey};
use oms_core::port::Store;
use oms_core::stock::StockKey;
use oms_core::testing::build::{
    Change, base_documents, create, external, fulfillment, hub, number, order_document, order_id,
    order_index, owner_order, product_document, reservation, sku, stock, stream, tenant,
};
use oms_core::value::{TenantId, Timestamp};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{self, PgPool};

use common::{Database, Server, block_on, start};

const SKUS: u64 = 5_000;
/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(2);

/// The head of a small order, about as large as the core writes it.
fn body(n: u64) -> String {
    let line =
        |sku: &str| format!(r#"{{"sku":"{sku}","title":"A thing","ordered":1,"price":"9.95"}}"#);
    let lines = ["A", "B", "C"].map(line).join(",");
    format!(r#"{{"number":{n},"state":"open","lines":[{lines}],"total":"29.85","currency":"EUR"}}"#)
}

fn rows(n: u64) -> [StockKey; 3] {
    // Spread over the catalogue without a pattern that keeps callers apart.
    [1, 2, 3].map(|line| {
        let place = (n.wrapping_mul(2_654_435_761).wrapping_add(line * 7_919)) % SKUS;
        stock("north", &format!("SKU-{place}"))
    })
}

/// A placement: head, fulfillment, two names, three claims, an event, four requirements.
fn placement(n: u64, at: Timestamp) -> ChangeSet {
    let mut index = order_index(n, at);
    index.status = OrderStatus::Approved;
    let mut head = order_document(n, index);
    head.body = oms_core::plan::Body::Write {
        schema: 1,
        json: body(n).into(),
    };
    let key = DocumentKey::Order(order_id(n));
    let work = DocumentKey::Fulfillment(order_id(n), fulfillment(1));
    let reference = format!("ref-{n}");
    let change = Change::new(&format!("place-{n}"))
        .documents([head, create(work, oms_core::plan::Index::None, body(n))])
        .name(UniqueKey::OrderNumber(number(n)), key.clone())
        .name(UniqueKey::Host(external("shop"), external(&reference)), key)
        .requires(Requirement::Active(DocumentKey::Hub(hub("north"))))
        .event(&stream(&format!("order-{n}")), "order.placed")
        .reclaim();
    let change = rows(n).iter().zip(1..).fold(change, |change, (row, line)| {
        change.reserve(&reservation(&owner_order(n), line, row), 1)
    });
    let mut set = change.at(at);
    set.events[0].seq = Some(oms_core::testing::build::version(1));
    set.requires
        .extend(rows(n).map(|row| Requirement::Active(DocumentKey::Product(row.sku))));
    set
}

async fn furnish(store: &PgStore) -> TenantId {
    let tenant = tenant("acme");
    let at = store
        .prefetch(&tenant, &Default::default())
        .await
        .unwrap()
        .now;
    let base = Change::new("furnish").documents(base_documents()).at(at);
    assert!(store.commit(&tenant, &[base]).await.unwrap()[0].is_done());
    for chunk in (0..SKUS).collect::<Vec<_>>().chunks(250) {
        let at = store
            .prefetch(&tenant, &Default::default())
            .await
            .unwrap()
            .now;
        let change = Change::new(&format!("shelve-{}", chunk[0]));
        let change = chunk.iter().fold(change, |change, n| {
            let name = format!("SKU-{n}");
            change
                .document(product_document(&name, true))
                .receive(&stock("north", sku(&name).as_str()), 1_000_000)
        });
        assert!(store.commit(&tenant, &[change.at(at)]).await.unwrap()[0].is_done());
    }
    tenant
}

const RAW: &str = "WITH k AS (INSERT INTO raw.key VALUES ($1) RETURNING 1), \
    o AS (INSERT INTO raw.head SELECT $1, $2::json FROM k), \
    f AS (INSERT INTO raw.work SELECT $1, $2::json FROM k), \
    n AS (INSERT INTO raw.name SELECT x FROM k, unnest($3::text[]) x), \
    r AS (INSERT INTO raw.claim SELECT $1, x, 1 FROM k, unnest($4::text[]) x), \
    e AS (INSERT INTO raw.event SELECT $1, 1, $2::json FROM k), \
    s AS (UPDATE raw.stock t SET reserved = reserved + 1 FROM unnest($4::text[]) x \
        WHERE t.sku = x AND t.on_hand - t.reserved >= 1 AND EXISTS (SELECT FROM k) RETURNING 1) \
    SELECT 1 / (CASE WHEN (SELECT count(*) FROM s) >= 1 THEN 1 ELSE 0 END)";

async fn raw_tables(pool: &PgPool) {
    let sql = format!(
        "CREATE SCHEMA raw;
        CREATE TABLE raw.key (id bigint PRIMARY KEY);
        CREATE TABLE raw.head (id bigint PRIMARY KEY, body json);
        CREATE TABLE raw.work (id bigint PRIMARY KEY, body json);
        CREATE TABLE raw.name (name text PRIMARY KEY);
        CREATE TABLE raw.claim (id bigint, sku text, units int, PRIMARY KEY (id, sku));
        CREATE TABLE raw.event (id bigint, seq int, body json, PRIMARY KEY (id, seq));
        CREATE TABLE raw.stock (sku text PRIMARY KEY, on_hand int, reserved int)
            WITH (fillfactor = 50);
        INSERT INTO raw.stock SELECT 'SKU-' || n, 1000000, 0 FROM generate_series(0, {SKUS}) n;
        ANALYZE raw.stock;"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(pool)
        .await
        .unwrap();
}

/// Callers call until the time is over; answers calls per second.
async fn rate<F, T>(callers: usize, task: T) -> f64
where
    F: Future<Output = ()> + Send + 'static,
    T: Fn() -> F + Send + Sync + 'static,
{
    let task = Arc::new(task);
    let calls = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let running: Vec<_> = (0..callers)
        .map(|_| {
            let (task, calls) = (task.clone(), calls.clone());
            tokio::spawn(async move {
                while began.elapsed() < SPAN {
                    task().await;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
    let calls = u32::try_from(calls.load(Ordering::Relaxed)).unwrap();
    f64::from(calls) / began.elapsed().as_secs_f64()
}

static NEXT: AtomicU64 = AtomicU64::new(1);

async fn store_rate(store: &PgStore, tenant: &TenantId, callers: usize, batch: u64) -> f64 {
    let (store, tenant) = (store.clone(), tenant.clone());
    let of_batch = u32::try_from(batch).unwrap();
    let calls = rate(callers, move || {
        let (store, tenant) = (store.clone(), tenant.clone());
        async move {
            let first = NEXT.fetch_add(batch, Ordering::Relaxed);
            let at = Timestamp::try_from(chrono::Utc::now()).unwrap();
            let sets: Vec<_> = (first..first + batch).map(|n| placement(n, at)).collect();
            for outcome in store.commit(&tenant, &sets).await.unwrap() {
                assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
            }
        }
    });
    calls.await * f64::from(of_batch)
}

async fn raw_rate(pool: &PgPool, callers: usize) -> f64 {
    let pool = pool.clone();
    rate(callers, move || {
        let pool = pool.clone();
        async move {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            let names = vec![format!("number-{n}"), format!("ref-{n}")];
            let mut skus: Vec<String> = rows(n).iter().map(|row| row.sku.to_string()).collect();
            skus.sort();
            skus.dedup();
            let statement = sqlx::query(RAW);
            let statement = statement.bind(i64::try_from(n).unwrap()).bind(body(n));
            statement
                .bind(names)
                .bind(skus)
                .execute(&pool)
                .await
                .unwrap();
        }
    })
    .await
}

/// A placement of a thousand lines, each of another SKU, as one change set.
fn large(n: u64, at: Timestamp) -> ChangeSet {
    let lines = 1..=1_000_u32;
    let mut index = order_index(n, at);
    index.status = OrderStatus::Approved;
    let mut head = order_document(n, index);
    head.body = oms_core::plan::Body::Write {
        schema: 1,
        json: large_body(n).into(),
    };
    let work = DocumentKey::Fulfillment(order_id(n), fulfillment(1));
    let work = create(work, oms_core::plan::Index::None, large_body(n));
    let key = DocumentKey::Order(order_id(n));
    let change = Change::new(&format!("place-{n}"))
        .documents([head, work])
        .name(UniqueKey::OrderNumber(number(n)), key.clone())
        .name(
            UniqueKey::Host(external("shop"), external(&format!("ref-{n}"))),
            key,
        )
        .requires(Requirement::Active(DocumentKey::Hub(hub("north"))))
        .event(&stream(&format!("order-{n}")), "order.placed")
        .reclaim();
    let change = lines.fold(change, |change, line| {
        let row = stock("north", &format!("SKU-{line}"));
        change.reserve(&reservation(&owner_order(n), line, &row), 1)
    });
    let mut set = change.at(at);
    set.events[0].seq = Some(oms_core::testing::build::version(1));
    let product = |line| DocumentKey::Product(sku(&format!("SKU-{line}")));
    let active = (1..=1_000_u32).map(|line| Requirement::Active(product(line)));
    set.requires.extend(active);
    set
}

fn large_body(n: u64) -> String {
    let line = |line: u32| {
        format!(r#"{{"sku":"SKU-{line}","title":"A thing","ordered":1,"price":"9.95"}}"#)
    };
    let lines: Vec<String> = (1..=1_000).map(line).collect();
    let lines = lines.join(",");
    format!(r#"{{"number":{n},"state":"open","lines":[{lines}],"total":"9950","currency":"EUR"}}"#)
}

/// Orders of a thousand lines, one after another, beside the one statement; the median of each.
#[test]
#[ignore = "a measurement, not a test"]
#[allow(clippy::print_stdout)]
fn a_thousand_lines() {
    static SERVER: std::sync::OnceLock<Server> = std::sync::OnceLock::new();
    block_on(async {
        let own = || start(&["fsync=on", "synchronous_commit=on", "max_wal_size=4GB"]);
        let database = Database::on(SERVER.get_or_init(own)).await;
        let store = database.store(1).await;
        let tenant = furnish(&store).await;
        raw_tables(store.pool()).await;
        let skus: Vec<String> = (1..=1_000).map(|line| format!("SKU-{line}")).collect();
        let (mut raw, mut ours) = (Vec::new(), Vec::new());
        for n in 0..40 {
            let n = 900_000 + n;
            let names = vec![format!("number-{n}"), format!("ref-{n}")];
            let (body, skus) = (large_body(n), skus.clone());
            let began = Instant::now();
            let statement = sqlx::query(RAW);
            let statement = statement.bind(i64::try_from(n).unwrap()).bind(body);
            let statement = statement.bind(names).bind(skus);
            statement.execute(store.pool()).await.unwrap();
            raw.push(began.elapsed());
            let at = Timestamp::try_from(chrono::Utc::now()).unwrap();
            let set = large(n, at);
            let began = Instant::now();
            let outcomes = store.commit(&tenant, &[set]).await.unwrap();
            ours.push(began.elapsed());
            assert!(
                matches!(outcomes[0], Outcome::Committed { .. }),
                "{outcomes:?}"
            );
        }
        raw.sort();
        ours.sort();
        let (raw, ours) = (raw[20], ours[20]);
        println!(
            "1,000 lines: raw {raw:?}, store {ours:?}: {:.2} x",
            ours.as_secs_f64() / raw.as_secs_f64()
        );
        database.drop().await;
    });
}

/// The server's own time per call, without the flush at the end and without the client.
#[allow(clippy::print_stdout)]
async fn told_by_server(pool: &PgPool) {
    let make = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
    if sqlx::query(make).execute(pool).await.is_err() {
        return;
    }
    let times = "SELECT left(query, 30), calls, mean_exec_time, min_exec_time \
        FROM pg_stat_statements \
        WHERE toplevel AND (query LIKE 'SELECT%oms.commit_%' OR query LIKE 'WITH k%')";
    let times: Vec<(String, i64, f64, f64)> = sqlx::query_as(times).fetch_all(pool).await.unwrap();
    for (query, calls, mean, least) in times {
        println!("  in the server: {mean:.3} ms, at least {least:.3} ms, x {calls}: {query}");
    }
    let reset = "SELECT pg_stat_statements_reset()";
    sqlx::query(reset).execute(pool).await.unwrap();
}

#[test]
#[ignore = "a measurement, not a test"]
#[allow(clippy::print_stdout)]
fn figures() {
    static SERVER: std::sync::OnceLock<Server> = std::sync::OnceLock::new();
    block_on(async {
        let own = || {
            start(&[
                "fsync=on",
                "synchronous_commit=on",
                "full_page_writes=on",
                "shared_buffers=256MB",
                "max_wal_size=4GB",
            ])
        };
        let server = match common::given() {
            Some(_) => common::server(),
            None => SERVER.get_or_init(own),
        };
        let database = Database::on(server).await;
        let store = database.store(16).await;
        let tenant = furnish(&store).await;
        raw_tables(store.pool()).await;
        for callers in [1, 16] {
            let mut best = 0.0_f64;
            for _ in 0..2 {
                let raw = raw_rate(store.pool(), callers).await;
                let ours = store_rate(&store, &tenant, callers, 1).await;
                println!(
                    "{callers} callers: raw {raw:.0}/s, store {ours:.0}/s: {:.2}",
                    ours / raw
                );
                best = best.max(ours / raw);
            }
            println!("{callers} callers: best ratio {best:.2}");
            told_by_server(store.pool()).await;
        }
        let batched = store_rate(&store, &tenant, 2, 50).await;
        println!("2 callers, batches of 50: {batched:.0}/s");
        let lsn = "SELECT pg_current_wal_insert_lsn()::text";
        sqlx::query("CHECKPOINT")
            .execute(store.pool())
            .await
            .unwrap();
        let single = |n: u64| {
            let at = Timestamp::try_from(chrono::Utc::now()).unwrap();
            placement(n, at)
        };
        for _ in 0..2_000 {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            store.commit(&tenant, &[single(n)]).await.unwrap();
        }
        let before: String = sqlx::query_scalar(lsn)
            .fetch_one(store.pool())
            .await
            .unwrap();
        for _ in 0..500 {
            let n = NEXT.fetch_add(1, Ordering::Relaxed);
            store.commit(&tenant, &[single(n)]).await.unwrap();
        }
        let bytes: i64 = sqlx::query_scalar(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::bigint / 500",
        )
        .bind(before)
        .fetch_one(store.pool())
        .await
        .unwrap();
        println!("log per placement of 3 lines: {bytes} bytes");
        let hot: f64 = sqlx::query_scalar(
            "SELECT n_tup_hot_upd::float8 / greatest(n_tup_upd, 1) FROM pg_stat_user_tables \
             WHERE relname = 'stock_level'",
        )
        .fetch_one(store.pool())
        .await
        .unwrap();
        println!("HOT updates of stock rows: {:.1} %", hot * 100.0);
        database.drop().await;
    });
}
