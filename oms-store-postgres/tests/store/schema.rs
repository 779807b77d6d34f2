//! The schema: made, checked, printed, granted.

use std::time::Duration;

use oms_core::plan::{Keys, Outcome};
use oms_core::port::{Store, StoreError};
use oms_core::testing::build::{Change, stock, tenant};
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, query_scalar};
use oms_store_postgres::{PgOptions, PgStore, grants_sql, schema_sql};

use crate::common::{Database, block_on};
use crate::world::{furnish, now};

#[test]
fn a_schema_that_is_missing_old_or_new_is_told_apart() {
    block_on(async {
        let database = Database::bare().await;
        let store = database.store(2).await;
        let error = store.check().await.unwrap_err();
        assert!(error.to_string().contains("is missing"), "{error}");
        let error = store
            .prefetch(&tenant("acme"), &Keys::default())
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(!error.is_retryable());

        store.migrate().await.unwrap();
        store.check().await.unwrap();
        store.migrate().await.unwrap();
        store.check().await.unwrap();

        store
            .pool()
            .execute("DROP FUNCTION oms.audit_v1")
            .await
            .unwrap();
        let error = store.check().await.unwrap_err();
        assert!(error.to_string().contains("lacks audit_v1"), "{error}");

        store
            .pool()
            .execute("DELETE FROM oms.migration")
            .await
            .unwrap();
        let error = store.check().await.unwrap_err();
        assert!(error.to_string().contains("at migration 0"), "{error}");

        let newer = "INSERT INTO oms.migration (number, name) VALUES (999, 'later')";
        store.pool().execute(newer).await.unwrap();
        for error in [
            store.check().await.unwrap_err(),
            store.migrate().await.unwrap_err(),
        ] {
            assert!(
                matches!(error, StoreError::NewerSchema { found: 999, .. }),
                "{error:?}"
            );
        }
        database.drop().await;
    });
}

#[test]
fn several_hosts_migrate_at_once() {
    block_on(async {
        let database = Database::bare().await;
        let store = database.store(6).await;
        let running: Vec<_> = (0..6)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.migrate().await })
            })
            .collect();
        for migration in running {
            migration.await.unwrap().unwrap();
        }
        store.check().await.unwrap();
        database.drop().await;
    });
}

#[test]
fn an_index_takes_as_long_as_it_takes() {
    block_on(async {
        let database = Database::new().await;
        let options = PgOptions::default().statement_timeout(Duration::from_millis(100));
        let hasty = PgStore::connect(&database.url(), options).await.unwrap();
        let store = database.store(1).await;
        for sql in [
            "DROP INDEX oms.event_feed",
            "INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, \
             command_key, at, body) \
             SELECT 'acme', 'host', 's' || n, 1, 1, 'system', 'k', now(), '[[\"x\",1,{}]]' \
             FROM generate_series(1, 400000) n",
        ] {
            store.pool().execute(sql).await.unwrap();
        }
        let slow = hasty.pool().execute("SELECT pg_sleep(1)").await;
        assert!(slow.unwrap_err().to_string().contains("timeout"));
        hasty.migrate().await.unwrap();
        hasty.check().await.unwrap();
        // No session was left patient.
        let slow = hasty.pool().execute("SELECT pg_sleep(1)").await;
        assert!(slow.unwrap_err().to_string().contains("timeout"));
        hasty.pool().close().await;
        database.drop().await;
    });
}

#[test]
fn the_printed_schema_is_the_schema() {
    block_on(async {
        let database = Database::bare().await;
        let store = database.store(1).await;
        store
            .pool()
            .execute(AssertSqlSafe(schema_sql()))
            .await
            .unwrap();
        store.check().await.unwrap();
        furnish(&store, "acme").await;
        database.drop().await;
    });
}

#[test]
fn the_running_role_writes_through_the_functions_alone() {
    block_on(async {
        let database = Database::new().await;
        let owner = database.store(1).await;
        let role = format!("{}_runs", database.name);
        let make = format!("CREATE ROLE {role} LOGIN");
        owner.pool().execute(AssertSqlSafe(make)).await.unwrap();
        owner
            .pool()
            .execute(AssertSqlSafe(grants_sql(&role)))
            .await
            .unwrap();
        let options = database.options().username(&role);
        let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
        let store = PgStore::from_pool(pool.clone(), false);
        store.check().await.unwrap();
        let tenant = furnish(&store, "acme").await;
        store.take_numbers(&tenant, 3).await.unwrap();
        let error = pool
            .execute("UPDATE oms.stock_level SET reserved = 0")
            .await
            .unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");
        let error = store.migrate().await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidCall { .. }), "{error:?}");
        pool.close().await;
        let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        owner.pool().execute(AssertSqlSafe(gone)).await.unwrap();
        database.drop().await;
    });
}

#[test]
fn a_migration_under_load_loses_nothing() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let work = {
            let (store, tenant, tea) = (store.clone(), tenant.clone(), tea.clone());
            tokio::spawn(async move {
                for n in 0..150 {
                    let at = now(&store, &tenant).await;
                    let set = Change::new(&format!("more-{n}")).receive(&tea, 1).at(at);
                    let outcome = store.commit(&tenant, &[set]).await.unwrap().remove(0);
                    assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
                }
            })
        };
        for _ in 0..5 {
            store.migrate().await.unwrap();
        }
        work.await.unwrap();
        let level = crate::world::level(&store, &tenant, &tea).await;
        assert_eq!(level.on_hand.get(), 150);
        database.drop().await;
    });
}

#[test]
fn a_store_behind_a_pooler_keeps_nothing_prepared() {
    block_on(async {
        let database = Database::new().await;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(database.options());
        let store = PgStore::from_pool(pool.await.unwrap(), true);
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let at = now(&store, &tenant).await;
        let sets = [
            Change::new("1").receive(&tea, 5).at(at),
            Change::new("1").receive(&tea, 5).at(at),
        ];
        let outcomes = store.commit(&tenant, &sets).await.unwrap();
        assert!(
            matches!(outcomes[1], Outcome::Repeated { .. }),
            "{outcomes:?}"
        );
        assert_eq!(
            crate::world::level(&store, &tenant, &tea)
                .await
                .on_hand
                .get(),
            5
        );
        let count = "SELECT count(*) FROM pg_prepared_statements";
        let query = query_scalar(count).persistent(false);
        let prepared: i64 = query.fetch_one(store.pool()).await.unwrap();
        assert_eq!(prepared, 0);
        database.drop().await;
    });
}
