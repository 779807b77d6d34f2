//! The schema: made, checked, printed, granted.

use std::time::Duration;

use oms_core::plan::{Keys, Outcome};
use oms_core::port::{MovementFilter, Store, StoreError};
use oms_core::service::{Error, ErrorClass};
use oms_core::testing::build::{Change, job, stock, tenant, transfer};
use oms_store_postgres::sqlx::postgres::{PgPool, PgPoolOptions};
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, query_scalar, raw_sql};
use oms_store_postgres::{PgOptions, PgStore, VIEWS, grants_sql, schema_sql};

use crate::common::{Database, block_on, server};
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
fn every_question_of_the_page_about_postgresql_can_be_asked() {
    const PAGE: &str = include_str!("../../../oms-core/docs/postgres.md");
    let blocks = PAGE.split("```").skip(1).step_by(2);
    let asked: Vec<&str> = blocks
        .filter_map(|block| block.strip_prefix("sql\n"))
        .collect();
    assert!(asked.len() >= 2, "{asked:?}");
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        for sql in asked {
            let answer = store.pool().execute(raw_sql(sql)).await;
            assert!(answer.is_ok(), "{sql}: {answer:?}");
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
fn a_schema_that_is_as_it_should_be_is_not_touched() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let pool = database.pool(1).await;
        // Somebody reads every view for long.
        let mut reader = pool.begin().await.unwrap();
        for (view, _) in VIEWS {
            let read = format!("SELECT count(*) FROM oms.{view}");
            reader.execute(AssertSqlSafe(read)).await.unwrap();
        }
        let written = "SELECT xmin::text FROM pg_proc WHERE oid = 'oms.commit_v1'::regproc";
        let before: String = query_scalar(written).fetch_one(store.pool()).await.unwrap();
        let done = tokio::time::timeout(Duration::from_secs(4), store.migrate());
        done.await.expect("it waits for nobody").unwrap();
        let after: String = query_scalar(written).fetch_one(store.pool()).await.unwrap();
        assert_eq!(before, after);

        // What has another text is put right, and what is gone comes back.
        for sql in [
            "CREATE OR REPLACE FUNCTION oms.feed_place_v1(p_end numeric, p_open xid8[]) \
             RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL::text'",
            "COMMENT ON FUNCTION oms.feed_place_v1 IS 'of another release'",
            "DROP FUNCTION oms.audit_v1",
        ] {
            store.pool().execute(sql).await.unwrap();
        }
        store.migrate().await.unwrap();
        store.check().await.unwrap();
        let place = "SELECT oms.feed_place_v1(5, '{}')";
        let place: String = query_scalar(place).fetch_one(store.pool()).await.unwrap();
        assert_eq!(place, "5:5:");

        // A view that has to change waits for its readers, and nobody waits for long behind it.
        let changed = "COMMENT ON VIEW oms.stock IS 'of another release'";
        store.pool().execute(changed).await.unwrap();
        let migrating = {
            let store = store.clone();
            tokio::spawn(async move { store.migrate().await })
        };
        let other = database.pool(1).await;
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let read = other.execute("SELECT count(*) FROM oms.stock");
            let read = tokio::time::timeout(Duration::from_secs(2), read);
            read.await.expect("a reader waits for a moment").unwrap();
        }
        assert!(!migrating.is_finished());
        reader.rollback().await.unwrap();
        migrating.await.unwrap().unwrap();
        let sql = "SELECT obj_description('oms.stock'::regclass)";
        let mark: String = query_scalar(sql).fetch_one(store.pool()).await.unwrap();
        assert_ne!(mark, "of another release");
        database.drop().await;
    });
}

#[test]
fn a_column_that_a_later_release_adds_disturbs_no_list() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        let at = now(&store, &tenant).await;
        let set = Change::new("1").receive(&stock("north", "TEA"), 5);
        let set = set.job(job(1, at)).at(at);
        assert!(store.commit(&tenant, &[set]).await.unwrap()[0].is_done());
        let other = database.pool(1).await;
        for column in ["", "one", "two"] {
            if !column.is_empty() {
                for table in ["movement", "job"] {
                    let add = format!("ALTER TABLE oms.{table} ADD COLUMN {column} text");
                    other.execute(AssertSqlSafe(add)).await.unwrap();
                }
            }
            let filter = MovementFilter::default();
            let movements = store.movements(&tenant, &filter, None, 10).await.unwrap();
            assert_eq!(movements.items.len(), 1);
            assert_eq!(store.jobs(&tenant, None, 10).await.unwrap().items.len(), 1);
        }
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
fn nobody_waits_for_an_index_of_one_list() {
    const BEGUN: &str = "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
        WHERE c.relname = 'movement_transfer' AND NOT i.indisvalid";
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let names = async || {
            let unbuilt = store.unbuilt().await.unwrap();
            unbuilt.iter().map(|index| index.name).collect::<Vec<_>>()
        };
        assert_eq!(names().await, [""; 0]);
        let gone = "DROP INDEX oms.movement_transfer";
        store.pool().execute(gone).await.unwrap();
        // Its build waits for whoever writes, and so goes on for long.
        let other = database.pool(1).await;
        let mut writer = other.begin().await.unwrap();
        let lock = "LOCK TABLE oms.movement IN ROW EXCLUSIVE MODE";
        writer.execute(lock).await.unwrap();
        // Whoever migrates may be of a role that waits for no lock for long.
        let hasty = format!(
            "ALTER DATABASE {} SET lock_timeout = '100ms'",
            database.name
        );
        store.pool().execute(AssertSqlSafe(hasty)).await.unwrap();
        let migrating = {
            let store = database.store(1).await;
            tokio::spawn(async move { store.migrate().await })
        };
        loop {
            let begun: i64 = query_scalar(BEGUN).fetch_one(store.pool()).await.unwrap();
            if begun > 0 {
                break;
            }
            assert!(!migrating.is_finished());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        store.check().await.unwrap();
        assert_eq!(names().await, ["movement_transfer"]);
        let tenant = furnish(&store, "acme").await;
        let of_transfer = MovementFilter {
            transfer: Some(transfer("T-1")),
            ..MovementFilter::default()
        };
        let found = store.movements(&tenant, &of_transfer, None, 10).await;
        assert_eq!(found.unwrap().items, []);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!migrating.is_finished());
        writer.rollback().await.unwrap();
        migrating.await.unwrap().unwrap();
        assert_eq!(names().await, [""; 0]);

        let awaited = "DROP INDEX oms.transfer_from";
        store.pool().execute(awaited).await.unwrap();
        let error = store.check().await.unwrap_err();
        let told = error.to_string();
        assert!(told.contains("lacks the index transfer_from"), "{told}");
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
        let store = PgStore::from_pool(pool.clone(), &PgOptions::default());
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

/// Nobody may call a function of the schema unless it was granted.
async fn nobody_calls(database: &Database, pool: &PgPool) {
    let role = format!("{}_looks", database.name);
    let make = format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA oms TO {role}");
    pool.execute(AssertSqlSafe(make)).await.unwrap();
    let options = database.options().username(&role);
    let looking = PgPoolOptions::new().connect_with(options).await.unwrap();
    let error = looking
        .execute("SELECT oms.take_numbers_v1('acme', 1)")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    let sql = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'oms'::regnamespace \
        AND has_function_privilege(oid, 'EXECUTE')";
    let callable: i64 = query_scalar(sql).fetch_one(&looking).await.unwrap();
    assert_eq!(callable, 0);
    let error = PgStore::from_pool(looking.clone(), &PgOptions::default())
        .check()
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::InvalidCall { .. }), "{error:?}");
    looking.close().await;
    let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    pool.execute(AssertSqlSafe(gone)).await.unwrap();
}

#[test]
fn functions_are_nobodys_until_they_are_granted() {
    block_on(async {
        let database = Database::new().await;
        let pool = database.pool(1).await;
        nobody_calls(&database, &pool).await;
        // A grant is one step of its own: a role that has none of a function is told.
        let role = format!("{}_runs", database.name);
        let make = format!("CREATE ROLE {role} LOGIN; {}", grants_sql(&role));
        pool.execute(AssertSqlSafe(make)).await.unwrap();
        let take = format!("REVOKE ALL ON FUNCTION oms.audit_v1 FROM {role}");
        pool.execute(AssertSqlSafe(take)).await.unwrap();
        let options = database.options().username(&role);
        let running = PgPoolOptions::new().connect_with(options).await.unwrap();
        let store = PgStore::from_pool(running.clone(), &PgOptions::default());
        let error = store.check().await.unwrap_err();
        let told = error.to_string();
        assert!(
            told.contains("may not call audit_v1") && told.contains("--grants"),
            "{told}"
        );
        pool.execute(AssertSqlSafe(grants_sql(&role)))
            .await
            .unwrap();
        store.check().await.unwrap();
        running.close().await;
        let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        pool.execute(AssertSqlSafe(gone)).await.unwrap();
        database.drop().await;

        let printed = Database::bare().await;
        let pool = printed.pool(1).await;
        pool.execute(AssertSqlSafe(schema_sql())).await.unwrap();
        nobody_calls(&printed, &pool).await;
        printed.drop().await;
    });
}

#[test]
fn a_right_that_is_taken_away_is_no_fault_of_the_call() {
    block_on(async {
        let database = Database::new().await;
        let pool = database.pool(1).await;
        let role = format!("{}_runs", database.name);
        let make = format!("CREATE ROLE {role} LOGIN; {}", grants_sql(&role));
        pool.execute(AssertSqlSafe(make)).await.unwrap();
        let options = database.options().username(&role);
        let running = PgPoolOptions::new().connect_with(options).await.unwrap();
        let store = PgStore::from_pool(running.clone(), &PgOptions::default());
        let tenant = furnish(&store, "acme").await;
        let at = now(&store, &tenant).await;
        let sets = ["one", "two"].map(|key| Change::new(key).receive(&stock("north", "TEA"), 1));
        let sets = sets.map(|change| change.at(at));

        let take = format!("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA oms FROM {role}");
        pool.execute(AssertSqlSafe(take)).await.unwrap();
        for error in [
            store.commit(&tenant, &sets[..1]).await.unwrap_err(),
            store.commit(&tenant, &sets).await.unwrap_err(),
            store.take_numbers(&tenant, 1).await.unwrap_err(),
        ] {
            let told = error.to_string();
            assert!(told.contains("--grants"), "{told}");
            let class = Error::from(error).class();
            assert_eq!(class, ErrorClass::Unavailable, "{told}");
        }
        pool.execute(AssertSqlSafe(grants_sql(&role)))
            .await
            .unwrap();
        let outcomes = store.commit(&tenant, &sets).await.unwrap();
        assert!(outcomes.iter().all(Outcome::is_done), "{outcomes:?}");
        running.close().await;
        let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        pool.execute(AssertSqlSafe(gone)).await.unwrap();
        database.drop().await;
    });
}

#[test]
fn the_owner_keeps_its_rights() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let user = "SELECT current_user::text";
        let owner: String = query_scalar(user).fetch_one(store.pool()).await.unwrap();
        let mut session = store.pool().acquire().await.unwrap();
        let granted = session.execute(AssertSqlSafe(grants_sql(&owner))).await;
        let told = granted.unwrap_err().to_string();
        assert!(told.contains("owns the schema oms"), "{told}");
        session.execute("ROLLBACK").await.unwrap();
        drop(session);
        furnish(&store, "acme").await;

        // A name is a name, whatever it is made of.
        let odd = format!("{} it's \"$owner$", database.name);
        let quoted = odd.replace('"', "\"\"");
        let make = format!("CREATE ROLE \"{quoted}\"; {}", grants_sql(&odd));
        store.pool().execute(AssertSqlSafe(make)).await.unwrap();
        let gone = format!("DROP OWNED BY \"{quoted}\"; DROP ROLE \"{quoted}\"");
        store.pool().execute(AssertSqlSafe(gone)).await.unwrap();
        database.drop().await;
    });
}

#[test]
fn a_database_that_cannot_hold_every_text_is_refused() {
    block_on(async {
        let database = Database::bare().await;
        let name = &database.name;
        let mut admin = server().admin().await;
        for sql in [
            format!("DROP DATABASE {name}"),
            format!(
                "CREATE DATABASE {name} ENCODING 'LATIN1' TEMPLATE template0 \
                 LC_COLLATE 'C' LC_CTYPE 'C'"
            ),
        ] {
            admin.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        let store = database.store(1).await;
        for refused in [store.migrate().await, store.check().await] {
            let error = refused.unwrap_err();
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
            let told = error.to_string();
            assert!(told.contains("LATIN1, this release needs UTF8"), "{told}");
        }
        database.drop().await;
    });
}

#[test]
fn another_isolation_than_read_committed_is_set_right_or_told() {
    block_on(async {
        let database = Database::new().await;
        let strict = format!(
            "ALTER DATABASE {} SET default_transaction_isolation = 'serializable'",
            database.name
        );
        let pool = database.pool(1).await;
        pool.execute(AssertSqlSafe(strict)).await.unwrap();
        let error = database.store(1).await.check().await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidCall { .. }), "{error:?}");
        let told = error.to_string();
        assert!(
            told.contains("serializable; this store needs read committed"),
            "{told}"
        );

        let own = PgStore::connect(&database.url(), PgOptions::default()).await;
        let own = own.unwrap();
        own.check().await.unwrap();
        let pooled = PgStore::from_pool(database.pool(1).await, &PgOptions::default().pooler(true));
        pooled.check().await.unwrap();
        // The isolation that a commit has, as a trigger sees it.
        let watch = "CREATE TABLE public.seen (isolation text); \
            CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ \
            BEGIN INSERT INTO public.seen VALUES (current_setting('transaction_isolation')); \
            RETURN NULL; END $$; \
            CREATE TRIGGER see AFTER INSERT ON oms.command \
            FOR EACH STATEMENT EXECUTE FUNCTION public.see()";
        pool.execute(watch).await.unwrap();
        for (n, store) in [own, pooled].iter().enumerate() {
            furnish(store, &format!("tenant-{n}")).await;
        }
        let seen = "SELECT DISTINCT isolation FROM public.seen";
        let seen: Vec<String> = query_scalar(seen).fetch_all(&pool).await.unwrap();
        assert_eq!(seen, ["read committed"]);
        database.drop().await;
    });
}

#[test]
fn a_statement_behind_a_pooler_ends_before_its_client_gives_it_up() {
    block_on(async {
        let database = Database::new().await;
        let tenant = furnish(&database.store(1).await, "acme").await;
        let options = PgOptions::default().pooler(true);
        let options = options.answer_timeout(Duration::from_secs(4));
        let store = PgStore::from_pool(database.pool(1).await, &options);
        let other = database.pool(1).await;
        let mut lock = other.begin().await.unwrap();
        let sql = "LOCK TABLE oms.settings IN ACCESS EXCLUSIVE MODE";
        lock.execute(sql).await.unwrap();
        let error = store.prefetch(&tenant, &Keys::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
        lock.rollback().await.unwrap();
        store.prefetch(&tenant, &Keys::default()).await.unwrap();
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
        let store = PgStore::from_pool(pool.await.unwrap(), &PgOptions::default().pooler(true));
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
