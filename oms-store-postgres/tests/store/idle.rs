//! A session that the server ended while nobody used it, found out by the next call.

use std::path::{Path, PathBuf};
use std::time::Duration;

use oms_core::port::{Store, StoreError};
use oms_core::testing::build::{Change, stock};
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor};
use oms_store_postgres::{PgOptions, PgStore};
use tokio::net::{UnixListener, UnixStream};

use crate::common::{Database, block_on, server, skip};
use crate::world::{furnish, level, now, sound};

/// What socket clients look for in a folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// A way to the server on which the client learns what the server said last only after it wrote, as
/// over a network.
fn distant(server: &Path) -> PathBuf {
    let folder = server.join("far");
    std::fs::create_dir(&folder).unwrap();
    let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
    let behind = server.join(SOCKET);
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = UnixStream::connect(&behind).await.unwrap();
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                // Either ends by itself; both sockets stay open until both have ended.
                let _ends = tokio::join!(
                    tokio::io::copy(&mut from_client, &mut to_server),
                    tokio::io::copy(&mut from_server, &mut to_client),
                );
            });
        }
    });
    folder
}

#[test]
fn a_session_that_ended_while_idle_refuses_no_sound_item_for_good() {
    let Some(folder) = server().socket_folder() else {
        return skip("the detour needs a server of our own");
    };
    block_on(async {
        let database = Database::new().await;
        let sql = format!(
            "ALTER DATABASE {} SET idle_session_timeout = '500ms'",
            database.name
        );
        let other = database.pool(1).await;
        other.execute(AssertSqlSafe(sql)).await.unwrap();
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(database.options().socket(distant(folder)));
        let store = PgStore::from_pool(pool.await.unwrap(), &PgOptions::default());
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        for n in 1..=3_u32 {
            let at = now(&store, &tenant).await;
            let sets = [Change::new(&format!("more-{n}")).receive(&tea, 1).at(at)];
            tokio::time::sleep(Duration::from_millis(900)).await;
            let error = store.commit(&tenant, &sets).await.unwrap_err();
            assert!(error.is_outcome_unknown(), "{error:?}");
            let told = error.to_string();
            assert!(told.contains("idle-session timeout"), "{told}");
            // The session is not used again, and the key tells what became of it.
            let outcome = store.commit(&tenant, &sets).await.unwrap().remove(0);
            assert!(outcome.is_done(), "{outcome:?}");
            assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), n);
        }
        tokio::time::sleep(Duration::from_millis(900)).await;
        let error = store.audit(&tenant).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        sound(&store, &tenant).await;
        database.drop().await;
    });
}
