//! A dump of another server: its numbers of transactions mean nothing here.

use oms_core::port::StoreError;
use sqlx::postgres::PgRow;
use sqlx::{Acquire, Executor, Row};

use super::GUARD;
use crate::error::{corrupt, invalid, read_failed, unavailable, unreadable};
use crate::session::Session;

/// The highest transaction that an event names or a place has passed, where this server is not as
/// far; no row otherwise.
pub(super) const AHEAD: &str = include_str!("../../sql/ahead.sql");

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
