//! A host of this release and one of the next side by side, on the schema of the next.
//!
//! The next release is fictive: one more migration, which adds `commit_whole_v2` beside
//! `commit_whole_v1`. Its host is this store behind a relay that calls the one where the other is
//! written.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use oms_core::port::StoreError;
use oms_core::service::Tenant;
use oms_core::testing::build;
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, PgPool, query_scalar};
use oms_store_postgres::{FUNCTIONS, MIGRATIONS, PgOptions, PgStore};

use crate::common::{Database, block_on, server, shared, skip};
use crate::shop;

const OLD: &[u8] = b"oms.commit_whole_v1(";
const NEW: &[u8] = b"oms.commit_whole_v2(";

/// Relays sessions to the server, whose clients call `commit_whole_v2`; answers the port.
fn relay(folder: &Path) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket: PathBuf = folder.join(".s.PGSQL.5432");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            client.set_nodelay(true).unwrap();
            let server = UnixStream::connect(&socket).unwrap();
            let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || rewrite(client, server));
            thread::spawn(move || std::io::copy(&mut { back.0 }, &mut { back.1 }));
        }
    });
    port
}

/// Both names are equally long, so no message changes its length.
fn rewrite(mut client: TcpStream, mut server: UnixStream) {
    let (mut held, mut chunk) = (Vec::new(), [0; 16_384]);
    while let Ok(count @ 1..) = client.read(&mut chunk) {
        held.extend_from_slice(&chunk[..count]);
        let places: Vec<usize> = (0..held.len())
            .filter(|place| held[*place..].starts_with(OLD))
            .collect();
        for place in places {
            held[place..place + NEW.len()].copy_from_slice(NEW);
        }
        // The beginning of the name at the end of a piece: the rest is on its way.
        let kept = (1..OLD.len()).rev().find(|n| held.ends_with(&OLD[..*n]));
        let sent = held.len() - kept.unwrap_or(0);
        if server.write_all(&held[..sent]).is_err() {
            return;
        }
        held.drain(..sent);
    }
    let _closed = server.shutdown(std::net::Shutdown::Both);
}

/// The migration of the next release: it adds, and says that it serves this one.
async fn migrate_to_next(pool: &PgPool) {
    let commit = FUNCTIONS
        .iter()
        .find(|(name, _)| *name == "commit_whole_v1")
        .unwrap()
        .1;
    let next = commit
        .replace("oms.commit_whole_v1", "oms.commit_whole_v2")
        .replacen(
            "BEGIN\n",
            "BEGIN\n    PERFORM nextval('oms.next_calls');\n",
            1,
        );
    assert!(next.contains("next_calls"));
    let sql = format!(
        "BEGIN;
        CREATE SEQUENCE oms.next_calls;
        ALTER TABLE oms.order_head ADD COLUMN noted text;
        {next};
        CREATE OR REPLACE VIEW oms.stock AS SELECT tenant, hub, sku, on_hand, reserved, incoming, \
            safety, on_hand::bigint - reserved - safety AS available, shortfall, version, \
            on_hand AS more FROM oms.stock_level;
        INSERT INTO oms.migration (number, name, serves) \
            SELECT max(number) + 1, 'next', max(number) FROM oms.migration;
        COMMIT"
    );
    pool.execute(AssertSqlSafe(sql)).await.unwrap();
}

async fn calls_of_next(pool: &PgPool) -> i64 {
    let sql = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM oms.next_calls";
    query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// Both sell out of one shelf; answers how many each sold.
async fn sell(hosts: [&Tenant; 2], tries: u32) -> [u32; 2] {
    let mut selling = Vec::new();
    for (name, tenant) in ["old", "new"].into_iter().zip(hosts) {
        let tenant = tenant.clone();
        selling.push(tokio::spawn(async move {
            let mut sold = 0;
            for n in 0..tries {
                let place = shop::order(&format!("{name}-{n}"), &["TEA"]);
                sold += u32::from(tenant.place(place, Default::default()).await.is_ok());
            }
            sold
        }));
    }
    let mut sold = [0; 2];
    for (sold, task) in sold.iter_mut().zip(selling) {
        *sold = task.await.unwrap();
    }
    sold
}

#[test]
fn an_old_and_a_new_host_run_side_by_side() {
    let Some(folder) = server().socket_folder() else {
        return skip("the relay needs a server of our own");
    };
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let old = shop::open(shared(&store));
        shop::furnish(&old, &["TEA"], 100).await;
        migrate_to_next(store.pool()).await;

        // The old binary starts, and starting it with `--migrate` puts nothing back.
        store.check().await.unwrap();
        store.migrate().await.unwrap();
        let more = "SELECT more FROM oms.stock";
        let more: i32 = query_scalar(more).fetch_one(store.pool()).await.unwrap();
        assert_eq!(more, 100);

        let port = relay(folder);
        let url = format!(
            "postgres://oms@127.0.0.1:{port}/{}?sslmode=disable",
            database.name
        );
        let pool = PgPoolOptions::new().max_connections(4).connect(&url);
        let next = PgStore::from_pool(pool.await.unwrap(), &PgOptions::default());
        let new = shop::open(shared(&next));
        let first = shop::place(&old, "by-the-old", &["TEA"]).await;
        assert_eq!(calls_of_next(store.pool()).await, 0);
        let second = shop::place(&new, "by-the-new", &["TEA"]).await;
        assert_eq!(calls_of_next(store.pool()).await, 1);
        // Each goes on with what the other began.
        for (host, order) in [(&old, second), (&new, first)] {
            for (_, command) in shop::steps().into_iter().skip(1) {
                shop::command(host, order, command).await;
            }
        }
        let sold = sell([&old, &new], 80).await;
        assert_eq!(sold.iter().sum::<u32>(), 98, "{sold:?}");
        assert!(calls_of_next(store.pool()).await > i64::from(sold[1]));
        let level = old
            .stock_level(&build::stock("north", "TEA"))
            .await
            .unwrap();
        assert_eq!((level.on_hand.get(), level.reserved.get()), (98, 98));
        shop::sound(&old).await;

        // A later release that no longer serves this one is refused, by name.
        let own = MIGRATIONS.last().unwrap().number;
        let later = format!(
            "INSERT INTO oms.migration (number, name, serves) VALUES (7, 'later', {})",
            own + 1
        );
        store.pool().execute(AssertSqlSafe(later)).await.unwrap();
        for error in [store.check().await, store.migrate().await] {
            let error = error.unwrap_err();
            let known = matches!(
                error,
                StoreError::NewerSchema { found: 7, known, .. }
                    if i64::from(known) == i64::from(own)
            );
            assert!(known, "{error:?}");
        }
        database.drop().await;
    });
}
