//! Indexes of tables that are in use, built without keeping anybody waiting.

use std::time::Duration;

use oms_core::port::StoreError;
use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Postgres, Row};

use super::{MIGRATIONS, OnlineIndex};
use crate::error::{read_failed, unavailable, unreadable};

/// Keeps two builders apart. It is asked for, never waited for: a session that waits inside a
/// statement has a snapshot, and the build waits for every snapshot.
const LOCK: &str = "SELECT pg_try_advisory_lock(1869443440) AS had";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1869443440)";

const PATIENCE: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

/// How long between two looks whether another builder is done.
const PAUSE: Duration = Duration::from_millis(50);

/// How often another builder is looked at: a quarter of an hour.
const LOOKS: u32 = 18_000;

/// Builds what is missing, and anew what an earlier build left unfinished.
pub(super) async fn build(pool: &PgPool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    if missing(&mut connection).await?.is_empty() {
        return Ok(());
    }
    let mut looks = 0;
    while !had(&mut connection).await? {
        looks += 1;
        if looks == LOOKS {
            let detail = "another process is building indexes".to_owned();
            return Err(StoreError::Busy { detail });
        }
        tokio::time::sleep(PAUSE).await;
    }
    // A large table takes longer than an everyday call may, and who writes it, or reads anything at
    // all, is waited for: a limit of the role would end the build each time, and nobody who reads
    // or writes queues behind it. The session ends here, and with it these settings and, should
    // something fail, the lock.
    connection.close_on_drop();
    let patient = connection.execute(PATIENCE).await;
    patient.map_err(read_failed)?;
    let built = build_missing(&mut connection).await;
    let _ = connection.execute(UNLOCK).await;
    built
}

async fn had(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let row = connection.fetch_one(LOCK).await.map_err(read_failed)?;
    row.try_get("had").map_err(unreadable)
}

async fn build_missing(connection: &mut PgConnection) -> Result<(), StoreError> {
    for OnlineIndex { name, on, .. } in missing(connection).await? {
        for sql in [
            // What an interrupted build leaves is of no use and in the way.
            format!("DROP INDEX CONCURRENTLY IF EXISTS oms.{name}"),
            format!("CREATE INDEX CONCURRENTLY {name} ON {on}"),
        ] {
            connection
                .execute(AssertSqlSafe(sql))
                .await
                .map_err(read_failed)?;
        }
    }
    Ok(())
}

/// Asks which of the indexes are there and finished.
pub(super) fn built() -> Query<'static, Postgres, PgArguments> {
    let names: Vec<&str> = wanted().map(|index| index.name).collect();
    let query = sqlx::query(
        "SELECT c.relname::text AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE c.relnamespace = 'oms'::regnamespace AND i.indisvalid AND c.relname = ANY ($1)",
    );
    query.bind(names)
}

/// The indexes that are not among those that are there.
pub(super) fn missing_of(rows: &[PgRow]) -> Result<Vec<&'static OnlineIndex>, StoreError> {
    let mut found: Vec<&str> = Vec::new();
    for row in rows {
        found.push(row.try_get("name").map_err(unreadable)?);
    }
    Ok(wanted()
        .filter(|index| !found.contains(&index.name))
        .collect())
}

fn wanted() -> impl Iterator<Item = &'static OnlineIndex> {
    MIGRATIONS.iter().flat_map(|migration| migration.online)
}

async fn missing(connection: &mut PgConnection) -> Result<Vec<&'static OnlineIndex>, StoreError> {
    missing_of(&connection.fetch_all(built()).await.map_err(read_failed)?)
}
