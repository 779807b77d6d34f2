//! Statements that a database was sent, counted by the server.

use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{self, Executor, Row};

/// What some work made the server run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Statements that were sent.
    pub sent: i64,
    /// Statements inside functions.
    pub inner: i64,
}

/// Counts the statements in the store's database during some work; nobody else may use it.
/// `None` where the server has no pg_stat_statements.
pub async fn counted(store: &PgStore, work: impl Future<Output = ()>) -> Option<Counted> {
    let pool = store.pool();
    pool.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        .await
        .ok()?;
    // Of this database alone: tests beside this one count, too.
    pool.execute(
        "SELECT pg_stat_statements_reset(0, d.oid, 0) FROM pg_database d \
         WHERE d.datname = current_database()",
    )
    .await
    .ok()?;
    work.await;
    let row = sqlx::query(
        "SELECT coalesce(sum(calls) FILTER (WHERE toplevel), 0)::bigint AS sent, \
         coalesce(sum(calls) FILTER (WHERE NOT toplevel), 0)::bigint AS inner \
         FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
         WHERE d.datname = current_database() AND s.query NOT LIKE '%pg_stat_statements%'",
    );
    let row = row.fetch_one(pool).await.ok()?;
    Some(Counted {
        sent: row.get("sent"),
        inner: row.get("inner"),
    })
}
