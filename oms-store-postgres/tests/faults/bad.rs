//! A wrong password, a server without TLS and a full disk: one clear error each, and nothing
//! half-written.

use std::process::Command;
use std::sync::OnceLock;

use oms_core::plan::Keys;
use oms_core::port::{Store, StoreError};
use oms_core::service::{Call, Error};
use oms_core::testing::build::idempotency_key;
use oms_store_postgres::sqlx::postgres::PgSslMode;
use oms_store_postgres::sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use oms_store_postgres::{PgOptions, PgStore};

use crate::common::{Database, Server, block_on, start, tell};
use crate::load::{Step, ask, furnish, name, shop, tenant};

#[test]
fn a_wrong_password_is_one_clear_error_that_does_not_tell_it() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    block_on(async {
        let server = SERVER.get_or_init(|| start(&[]));
        let database = Database::on(server).await;
        let mut admin = server.admin().await;
        let make = "SET password_encryption = 'scram-sha-256'; \
            CREATE ROLE guard LOGIN PASSWORD 'right-horse'";
        admin.execute(AssertSqlSafe(make)).await.unwrap();
        let hba = "local all guard scram-sha-256\nlocal all all trust\n";
        std::fs::write(server.folder().join("data/pg_hba.conf"), hba).unwrap();
        admin.execute("SELECT pg_reload_conf()").await.unwrap();
        let open = |password: &str| {
            let options = database.options().username("guard").password(password);
            let url = options.to_url_lossy().to_string();
            async move { PgStore::connect(&url, PgOptions::default()).await }
        };
        // The server reads its rules anew with a delay.
        let mut error = None;
        for _ in 0..200 {
            match open("wrong-horse").await {
                Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                Err(found) => {
                    error = Some(found);
                    break;
                }
            }
        }
        let error = error.expect("the wrong password is refused");
        assert!(matches!(error, StoreError::InvalidCall { .. }), "{error:?}");
        assert!(!error.is_retryable());
        let told = format!("{error} {error:?}");
        assert!(told.contains("password authentication failed"), "{told}");
        assert!(told.contains("guard"), "{told}");
        assert!(!told.contains("horse"), "{told}");
        open("right-horse").await.unwrap();
        database.drop().await;
    });
}

#[test]
fn a_server_without_tls_is_one_clear_error_where_tls_is_required() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    block_on(async {
        let server = SERVER.get_or_init(|| start(&[]));
        let database = Database::on(server).await;
        let open = |mode| {
            let url = database.options().ssl_mode(mode).to_url_lossy();
            async move { PgStore::connect(url.as_str(), PgOptions::default()).await }
        };
        let error = open(PgSslMode::Require).await.unwrap_err();
        assert!(matches!(error, StoreError::InvalidCall { .. }), "{error:?}");
        let told = error.to_string();
        let hint = if cfg!(feature = "tls") {
            "sslrootcert"
        } else {
            "the feature `tls`"
        };
        assert!(told.contains("TLS") && told.contains(hint), "{told}");
        open(PgSslMode::Prefer).await.unwrap();
        database.drop().await;
    });
}

/// Makes a small disk at `place`, seen by the whole machine; false where that is not allowed.
fn small_disk(place: &std::path::Path) -> bool {
    std::fs::create_dir(place).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).arg(place).status();
        status.is_ok_and(|status| status.success())
    };
    let data = place.parent().unwrap().join("data");
    let reference = format!("--reference={}", data.display());
    run("mount", &["-t", "tmpfs", "-o", "size=24m", "none"]) && run("chown", &[&reference])
}

#[test]
fn a_full_disk_refuses_writes_and_leaves_nothing_half_written() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    block_on(async {
        let server = SERVER.get_or_init(|| start(&[]));
        let database = Database::on(server).await;
        let place = server.folder().join("small");
        if !small_disk(&place) {
            tell("skipped: only root may mount a small disk");
            return;
        }
        let mut admin = server.admin().await;
        let make = format!("CREATE TABLESPACE small LOCATION '{}'", place.display());
        admin.execute(AssertSqlSafe(make)).await.unwrap();
        let moved = format!("ALTER DATABASE {} SET TABLESPACE small", database.name);
        admin.execute(AssertSqlSafe(moved)).await.unwrap();

        let store = database.store(1).await;
        let shop = shop(&store);
        furnish(&shop).await;
        // Ballast fills what is left, down to the last page.
        let pool = store.pool();
        pool.execute("CREATE TABLE ballast (filler text)")
            .await
            .unwrap();
        let fill = "INSERT INTO ballast SELECT repeat('x', 1000) FROM generate_series(1, 500)";
        while pool.execute(fill).await.is_ok() {}
        let fill = "INSERT INTO ballast SELECT repeat('x', 7000)";
        while pool.execute(fill).await.is_ok() {}

        let mut refused = None;
        let mut placed = 0_usize;
        for n in 0..2_000 {
            let key = format!("full.{n}.{:?}", Step::Place);
            let call = Call::default().with_key(idempotency_key(&key));
            match shop.execute(Step::Place.command(&key, None), call).await {
                Ok(_) => placed += 1,
                Err(error) => {
                    refused = Some((key, error));
                    break;
                }
            }
        }
        let (key, error) = refused.expect("the disk is full at last");
        assert!(error.is_retryable(), "{error:?}");
        let Error::Store(why) = &error else {
            panic!("{error:?}")
        };
        assert!(matches!(**why, StoreError::Unavailable { .. }), "{why:?}");
        assert!(why.to_string().contains("No space left"), "{why}");
        let mut keys = Keys::default();
        keys.commands.insert(idempotency_key(&key));
        keys.unique.insert(name(&key));
        let found = store.prefetch(&tenant(), &keys).await.unwrap();
        assert!(found.commands.is_empty() && found.unique.is_empty());
        let found = store.audit(&tenant()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");

        // With room again, the same key gives one order.
        pool.execute("DROP TABLE ballast").await.unwrap();
        assert!(!ask(&shop, &key, None).await.unwrap().repeated);
        assert!(ask(&shop, &key, None).await.unwrap().repeated);
        let found = store.audit(&tenant()).await.unwrap();
        assert!(found.is_empty(), "{found:#?}");
        tell(&format!("{placed} orders before the disk was full"));
        pool.close().await;
        database.drop().await;
    });
}
