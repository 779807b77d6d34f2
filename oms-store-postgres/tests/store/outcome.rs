//! Answers that are lost, and servers that are gone.

use std::time::Duration;

use oms_core::plan::{ChangeSet, Outcome};
use oms_core::port::{Store, StoreError};
use oms_core::stock::StockKey;
use oms_core::testing::build::{Change, stock};
use oms_core::value::TenantId;
use oms_store_postgres::sqlx::pool::PoolConnection;
use oms_store_postgres::sqlx::postgres::{PgPool, PgPoolOptions};
use oms_store_postgres::sqlx::{self, Executor, Postgres};
use oms_store_postgres::{PgOptions, PgStore};

use crate::common::{Database, block_on};
use crate::world::{furnish, level, now, sound};

/// A shop with 5 units of tea, whose row somebody holds: a commit of `set` hangs.
struct Blocked {
    database: Database,
    store: PgStore,
    tenant: TenantId,
    tea: StockKey,
    /// Receives 7 units.
    set: ChangeSet,
    other: PgPool,
    holder: PoolConnection<Postgres>,
}

impl Blocked {
    async fn new(database: Database, store: PgStore) -> Self {
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let at = now(&store, &tenant).await;
        let shelve = Change::new("shelve").receive(&tea, 5).at(at);
        assert!(store.commit(&tenant, &[shelve]).await.unwrap()[0].is_done());
        let other = database.pool(2).await;
        let mut holder = other.acquire().await.unwrap();
        holder.execute("BEGIN").await.unwrap();
        holder
            .execute("SELECT 1 FROM oms.stock_level FOR UPDATE")
            .await
            .unwrap();
        let set = Change::new("more").receive(&tea, 7).at(at);
        Self {
            database,
            store,
            tenant,
            tea,
            set,
            other,
            holder,
        }
    }
}

#[test]
fn a_session_that_ends_during_a_commit_leaves_the_outcome_unknown() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let Blocked {
            database,
            store,
            tenant,
            tea,
            set,
            other,
            mut holder,
        } = Blocked::new(database, store).await;
        let commit = {
            let (store, tenant, set) = (store.clone(), tenant.clone(), set.clone());
            tokio::spawn(async move { store.commit(&tenant, &[set]).await })
        };
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut count = 0_i64;
        while count == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            count = sqlx::query_scalar(ended).fetch_one(&other).await.unwrap();
        }
        let error = commit.await.unwrap().unwrap_err();
        assert!(error.is_outcome_unknown(), "{error:?}");
        holder.execute("ROLLBACK").await.unwrap();

        // The same call with the same key settles it: one receipt of 7, whatever happened.
        let outcome = store.commit(&tenant, &[set]).await.unwrap().remove(0);
        assert!(outcome.is_done());
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), 12);
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

#[test]
fn a_commit_that_is_dropped_closes_its_connection() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let Blocked {
            database,
            store,
            tenant,
            tea,
            set,
            other: _other,
            mut holder,
        } = Blocked::new(database, store).await;
        let sets = [set.clone()];
        let dropped =
            tokio::time::timeout(Duration::from_millis(200), store.commit(&tenant, &sets));
        assert!(dropped.await.is_err());
        holder.execute("ROLLBACK").await.unwrap();
        // The pool has one place; it is free again, and the key tells what became of the commit.
        let outcome = store.commit(&tenant, &[set]).await.unwrap().remove(0);
        assert!(matches!(
            outcome,
            Outcome::Committed { .. } | Outcome::Repeated { .. }
        ));
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), 12);
        database.drop().await;
    });
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    block_on(async {
        let url = "postgres://shop@127.0.0.1:1/shop";
        let error = PgStore::connect(url, PgOptions::default())
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(error.is_retryable());
    });
}

#[test]
fn a_url_that_is_none_or_names_no_user_is_an_invalid_call() {
    block_on(async {
        for url in ["shop", "postgres://localhost/shop"] {
            let error = PgStore::connect(url, PgOptions::default())
                .await
                .unwrap_err();
            assert!(
                matches!(error, StoreError::InvalidCall { .. }),
                "{url}: {error:?}"
            );
        }
    });
}

#[test]
fn a_read_only_server_refuses_writes_and_keeps_reading() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store, "acme").await;
        let at = now(&store, &tenant).await;
        let sql = format!(
            "ALTER DATABASE {} SET default_transaction_read_only = on",
            database.name
        );
        store
            .pool()
            .execute(sqlx::AssertSqlSafe(sql))
            .await
            .unwrap();
        let fresh = database.store(2).await;
        let tea = stock("north", "TEA");
        let set = Change::new("shelve").receive(&tea, 5).at(at);
        let error = fresh.commit(&tenant, &[set]).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert_eq!(level(&fresh, &tenant, &tea).await.on_hand.get(), 0);
        database.drop().await;
    });
}

#[test]
fn a_pool_that_is_used_up_is_busy() {
    block_on(async {
        let database = Database::new().await;
        let options = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_millis(200))
            .test_before_acquire(false)
            .connect_with(database.options());
        let store = PgStore::from_pool(options.await.unwrap(), &PgOptions::default());
        let Blocked {
            database,
            store,
            tenant,
            set,
            other,
            mut holder,
            ..
        } = Blocked::new(database, store).await;
        let hanging = {
            let (store, tenant) = (store.clone(), tenant.clone());
            tokio::spawn(async move { store.commit(&tenant, &[set]).await })
        };
        let waiting = "SELECT count(*) FROM pg_stat_activity \
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(waiting)
            .fetch_one(&other)
            .await
            .unwrap()
            == 0
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let error = store.audit(&tenant).await.unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
        holder.execute("ROLLBACK").await.unwrap();
        assert!(hanging.await.unwrap().unwrap()[0].is_done());
        sound(&store, &tenant).await;
        database.drop().await;
    });
}
