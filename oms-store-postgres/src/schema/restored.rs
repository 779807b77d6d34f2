//! A dump of another server: its numbers of transactions mean nothing here.

use oms_core::port::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{Acquire, Executor, Row};

use super::GUARD;
use crate::error::{corrupt, invalid, read_failed, unavailable, unreadable};
use crate::session::Session;

/// The highest transaction that an event names or a place has passed, where this server is not as
/// far; no row otherwise. One look into an index per tenant, whatever the planner knows.
pub(super) const AHEAD: &str = "WITH RECURSIVE known (tenant) AS ( \
    (SELECT e.tenant FROM oms.event e ORDER BY e.tenant LIMIT 1) UNION ALL \
    SELECT (SELECT e.tenant FROM oms.event e WHERE e.tenant > k.tenant ORDER BY e.tenant LIMIT 1) \
    FROM known k WHERE k.tenant IS NOT NULL), \
    named (number) AS ( \
    SELECT x.xid::text::numeric FROM known k CROSS JOIN LATERAL ( \
    SELECT e.xid FROM oms.event e WHERE e.tenant COLLATE \"POSIX\" = k.tenant \
    ORDER BY e.xid DESC LIMIT 1) x UNION ALL \
    SELECT pg_snapshot_xmax((CASE left(s.place, 1) WHEN '[' THEN s.place::json->>0 \
    ELSE s.place END)::pg_snapshot)::text::numeric - 1 FROM oms.subscription s) \
    SELECT max(n.number)::text AS ahead, h.here::text AS here FROM named n CROSS JOIN ( \
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS here) h \
    GROUP BY h.here HAVING max(n.number) >= h.here";

const AFTER_RESTORE: &str = include_str!("../../sql/after_restore.sql");

/// Refuses a database of which [`AHEAD`] says something.
pub(super) fn refuse_ahead(rows: &[PgRow]) -> Result<(), StoreError> {
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let ahead: &str = row.try_get("ahead").map_err(unreadable)?;
    let here: &str = row.try_get("here").map_err(unreadable)?;
    let detail = format!(
        "transaction {ahead} is named by an event or a subscriber, and this server is only at \
         {here}: this is a dump of another server; run `oms-migrate --after-restore` or \
         `PgStore::after_restore` before anything else"
    );
    Err(corrupt("the event feed", &detail))
}

/// Numbers events and places anew where they are ahead of this server; says whether they were.
pub(crate) async fn after_restore(session: &Session) -> Result<bool, StoreError> {
    if session.is_pooled() {
        return Err(invalid(
            "this needs a session of its own: connect to the server, not to its pooler",
        ));
    }
    let mut connection = session.pool().acquire().await.map_err(unavailable)?;
    let mut transaction = connection.begin().await.map_err(unavailable)?;
    let guarded = transaction.execute(sqlx::raw_sql(GUARD)).await;
    guarded.map_err(read_failed)?;
    let ahead = transaction.fetch_all(sqlx::query(AHEAD)).await;
    let ahead = refuse_ahead(&ahead.map_err(read_failed)?).is_err();
    if ahead {
        let numbered = transaction.execute(sqlx::raw_sql(AFTER_RESTORE)).await;
        numbered.map_err(read_failed)?;
    }
    transaction.commit().await.map_err(unavailable)?;
    Ok(ahead)
}
