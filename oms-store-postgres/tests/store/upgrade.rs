//! A schema of an earlier migration, with rows in it, is brought up to date while others work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use oms_core::port::{JobQueue, MovementFilter, ReservationFilter, Store};
use oms_core::testing::build::{Change, hub, stock, tenant};
use oms_store_postgres::sqlx::postgres::{PgPool, PgPoolOptions};
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, query_scalar, raw_sql};
use oms_store_postgres::{MIGRATIONS, schema_sql};

use crate::common::{Database, block_on};
use crate::world::{furnish, one};

/// Rows of each table before the migration.
const ROWS: u32 = 30_000;

/// Rows as a host of the first migration left them.
const OLD: &str = "INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at) \
        SELECT 'acme', gen_random_uuid(), 'work', 'call', '{}', now() \
        FROM generate_series(1, 30000); \
    INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, command_key, \
            at, body) \
        SELECT 'acme', 'host', 'old-' || n, 1, 1, 'system', 'k', now(), '[[\"x\",1,{}]]' \
        FROM generate_series(1, 30000) n; \
    INSERT INTO oms.reservation (tenant, owner_kind, owner_id, owner_name, line, hub, sku, \
            tentative, confirmed, consumed, released, expired, lapsed, version) \
        SELECT 'acme', 1, gen_random_uuid(), '', 1, 'old', 'OLD', 0, n % 2, 1 - n % 2, 0, 0, 0, 1 \
        FROM generate_series(1, 30000) n; \
    INSERT INTO oms.movement (tenant, id, at, hub, sku, kind, delta, actor_kind, command_key) \
        VALUES ('acme', gen_random_uuid(), now(), 'old', 'OLD', 'received', 1, 'system', 'k'); \
    INSERT INTO oms.stock_level VALUES ('acme', 'old', 'OLD', 0, 0, 0, 0, 0, 1)";

/// What such a host commits: all of it or nothing.
const WORK: &str = "INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at) \
        VALUES ('acme', gen_random_uuid(), 'work', 'call', '{}', now()); \
    INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, command_key, \
            at, body) \
        VALUES ('acme', 'host', 'new-' || gen_random_uuid(), 1, 1, 'system', 'k', now(), \
            '[[\"x\",1,{}]]'); \
    INSERT INTO oms.movement SELECT 'acme', gen_random_uuid(), now(), 'old', 'OLD', 'received', 1, \
        NULL, NULL, 'system', NULL, NULL, NULL, 'k'; \
    UPDATE oms.stock_level SET on_hand = on_hand + 1, version = version + 1 \
        WHERE tenant = 'acme' AND hub = 'old' AND sku = 'OLD'";

/// A database with the first so many migrations, and rows.
async fn old(migrations: usize) -> Database {
    let database = Database::bare().await;
    let pool = database.pool(1).await;
    // What every schema begins with.
    let whole = schema_sql();
    let (beginning, _) = whole.split_once(MIGRATIONS[0].sql).unwrap();
    let beginning = AssertSqlSafe(format!("{beginning}COMMIT;"));
    pool.execute(raw_sql(beginning)).await.unwrap();
    for migration in &MIGRATIONS[..migrations] {
        pool.execute(raw_sql(migration.sql)).await.unwrap();
        let note = format!(
            "INSERT INTO oms.migration (number, name, serves) VALUES ({}, '{}', {})",
            migration.number, migration.name, migration.serves
        );
        pool.execute(AssertSqlSafe(note)).await.unwrap();
    }
    pool.execute(raw_sql(OLD)).await.unwrap();
    pool.close().await;
    database
}

/// Commits until it is told to stop; answers how often.
async fn work(pool: PgPool, stop: Arc<AtomicBool>) -> u32 {
    let mut done = 0;
    while !stop.load(Ordering::SeqCst) {
        pool.execute(raw_sql(WORK)).await.unwrap();
        done += 1;
    }
    done
}

async fn count(pool: &PgPool, sql: &'static str) -> u32 {
    let found: i64 = query_scalar(sql).fetch_one(pool).await.unwrap();
    u32::try_from(found).unwrap()
}

/// Migrates while two work, none of whom waits for a lock for long, and answers how often they
/// committed.
async fn migrate_under_load(database: &Database) -> u32 {
    let patient = database.options().options([("lock_timeout", "3s")]);
    let pool = PgPoolOptions::new().max_connections(2);
    let pool = pool.connect_with(patient).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let working = [(); 2].map(|()| tokio::spawn(work(pool.clone(), stop.clone())));
    let pause = Duration::from_millis(200);
    tokio::time::sleep(pause).await;
    let migrated = database.store(2).await.migrate().await;
    tokio::time::sleep(pause).await;
    stop.store(true, Ordering::SeqCst);
    let mut done = 0;
    for working in working {
        done += working.await.unwrap();
    }
    migrated.unwrap();
    assert!(done > 0);
    done
}

#[test]
fn a_migration_under_load_loses_nothing() {
    block_on(async {
        for migrations in 1..MIGRATIONS.len() {
            let database = old(migrations).await;
            let done = migrate_under_load(&database).await;
            let store = database.store(1).await;
            store.check().await.unwrap();

            let rows = ROWS + done;
            let pool = store.pool();
            let jobs = "SELECT count(*) FROM oms.job WHERE state = 1 AND attempts = 0 \
                AND priority = 2 AND planned_for IS NULL AND errors = '[]'";
            assert_eq!(count(pool, jobs).await, rows);
            assert_eq!(count(pool, "SELECT count(*) FROM oms.events").await, rows);
            let units = "SELECT on_hand::bigint FROM oms.stock_level WHERE hub = 'old'";
            assert_eq!(count(pool, units).await, done);

            // The library reads what is there, and goes on from it.
            let acme = tenant("acme");
            let moved = "SELECT count(*) FROM oms.movements WHERE transfer IS NULL";
            assert_eq!(count(pool, moved).await, 1 + done);
            let moved = MovementFilter::default();
            let moved = store.movements(&acme, &moved, None, 1).await.unwrap();
            assert_eq!(moved.items[0].draft.transfer, None);
            let report = store.queue_stats(&acme).await.unwrap();
            assert_eq!(report.queues[0].ready, u64::from(rows));
            let listed = store.jobs(&acme, None, 10).await.unwrap();
            assert_eq!(listed.items.len(), 10);
            let filter = ReservationFilter {
                hub: Some(hub("old")),
                live: true,
                ..ReservationFilter::default()
            };
            let live = store.reservations(&acme, &filter, None, 10).await.unwrap();
            assert_eq!(live.items.len(), 10);
            let acme = furnish(&store, "acme").await;
            let more = Change::new("more").receive(&stock("north", "TEA"), 5);
            assert!(one(&store, &acme, more).await.is_done());
            database.drop().await;
        }
    });
}

/// A vacuum that the server began by itself gives way to who has waited for `deadlock_timeout`.
#[test]
fn a_migration_waits_for_longer_than_it_takes_a_vacuum_to_give_way() {
    const WAITING: &str = "SELECT count(*) FROM pg_locks l \
        JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() \
        WHERE l.relation = 'oms.movement'::regclass AND NOT l.granted";
    block_on(async {
        let database = old(4).await;
        let pool = database.pool(2).await;
        let mut vacuum = pool.begin().await.unwrap();
        let lock = "LOCK TABLE oms.movement IN SHARE UPDATE EXCLUSIVE MODE";
        vacuum.execute(lock).await.unwrap();
        let store = database.store(2).await;
        let migrating = {
            let store = store.clone();
            tokio::spawn(async move { store.migrate().await })
        };
        while count(&pool, WAITING).await == 0 {
            assert!(!migrating.is_finished());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        vacuum.rollback().await.unwrap();
        migrating.await.unwrap().unwrap();
        store.check().await.unwrap();
        database.drop().await;
    });
}

/// They would write a transfer back without what deliveries brought.
#[test]
fn hosts_that_know_no_deliveries_in_parts_are_served_no_more() {
    // What such a host asks; it knows four migrations.
    const SERVES: &str = "SELECT max(coalesce(serves, number))::bigint FROM oms.migration";
    block_on(async {
        let database = old(4).await;
        let store = database.store(1).await;
        assert!(count(store.pool(), SERVES).await <= 4);
        store.migrate().await.unwrap();
        assert!(count(store.pool(), SERVES).await > 4);
        store.check().await.unwrap();
        database.drop().await;
    });
}

#[test]
fn a_function_that_takes_more_is_not_made_beside_the_one_that_took_less() {
    const CALLED_SO: &str = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'oms'::regnamespace \
        AND proname IN ('commit_v1', 'commit_whole_v1')";
    block_on(async {
        let database = old(4).await;
        let store = database.store(1).await;
        for name in ["commit_v1", "commit_whole_v1"] {
            let less = format!(
                "CREATE FUNCTION oms.{name}(p_tenant text) RETURNS text \
                 LANGUAGE sql STABLE AS 'SELECT p_tenant'"
            );
            store.pool().execute(AssertSqlSafe(less)).await.unwrap();
        }
        store.migrate().await.unwrap();
        assert_eq!(count(store.pool(), CALLED_SO).await, 2);
        store.check().await.unwrap();
        furnish(&store, "acme").await;
        database.drop().await;
    });
}
