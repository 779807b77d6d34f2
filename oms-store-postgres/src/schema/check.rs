//! What server and schema say of themselves, compared with what this release needs.

use oms_core::port::StoreError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Executor, Postgres, Row};

use super::{FUNCTIONS, OnlineIndex, online, restored, wanted};
use crate::error::{corrupt, invalid, read_failed, unreadable};
use crate::session::Session;

/// The oldest server that works.
const SERVER_MIN: i32 = 140_000;

/// The encoding that holds every text. What another one lacks, the server refuses each time it is
/// sent, and it cannot look into JSON that names it by an escape.
const ENCODING: &str = "UTF8";

const SERVER: &str = "SELECT current_setting('server_version_num')::integer AS number, \
    current_setting('server_encoding') AS encoding";

const ISOLATION: &str = "SELECT current_setting('default_transaction_isolation') AS name";

const MADE: &str = "SELECT to_regclass('oms.migration') IS NOT NULL AS made";

const APPLIED: &str = "SELECT coalesce(max(number), 0) AS newest, \
    coalesce(max(coalesce(serves, number)), 0) AS serves FROM oms.migration";

const MISSING: &str = "SELECT current_user::text AS role, \
    string_agg(name, ', ') FILTER (WHERE p.oid IS NULL) AS missing, \
    string_agg(name, ', ') FILTER (WHERE NOT has_function_privilege(p.oid, 'EXECUTE')) AS barred \
    FROM unnest($1) name LEFT JOIN pg_proc p \
    ON p.pronamespace = 'oms'::regnamespace AND p.proname = name";

/// Compares the schema with what this release needs. Each question goes the way of every other
/// call, so a pooler may stand before the server.
pub(crate) async fn check(session: &Session) -> Result<(), StoreError> {
    refuse_server(&one(session, sqlx::query(SERVER)).await?)?;
    if !session.is_pooled() {
        let isolation = one(session, sqlx::query(ISOLATION)).await?;
        refuse_isolation(isolation.try_get("name").map_err(unreadable)?)?;
    }
    let made = one(session, sqlx::query(MADE)).await?;
    if !made.try_get::<bool, _>("made").map_err(unreadable)? {
        let wanted = wanted();
        return Err(outdated(&format!(
            "is missing, this release needs migration {wanted}"
        )));
    }
    let found = Applied::read(&one(session, sqlx::query(APPLIED)).await?)?;
    found.serve_us()?;
    let wanted = wanted();
    if found.newest < wanted {
        return Err(outdated(&format!(
            "is at migration {}, this release needs {wanted}",
            found.newest
        )));
    }
    functions(session).await?;
    let unbuilt = unbuilt(session).await?;
    if let Some(index) = unbuilt.iter().find(|index| index.awaited) {
        return Err(outdated(&format!("lacks the index {}", index.name)));
    }
    restored::refuse_ahead(&session.read_schema(sqlx::query(restored::AHEAD)).await?)
}

/// The indexes that are not there, or not finished.
pub(crate) async fn unbuilt(session: &Session) -> Result<Vec<&'static OnlineIndex>, StoreError> {
    online::missing_of(&session.read_schema(online::built()).await?)
}

/// Refuses sessions in which a statement that waited for a lock would not see what it waited for.
fn refuse_isolation(found: &str) -> Result<(), StoreError> {
    if found == "read committed" {
        return Ok(());
    }
    Err(invalid(format!(
        "the sessions of the pool begin transactions as {found}; this store needs read committed: \
         set default_transaction_isolation on the role or in the options of the connection"
    )))
}

/// Every function is there, and may be called.
async fn functions(session: &Session) -> Result<(), StoreError> {
    let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    let row = one(session, sqlx::query(MISSING).bind(names)).await?;
    let missing: Option<String> = row.try_get("missing").map_err(unreadable)?;
    if let Some(names) = missing {
        return Err(outdated(&format!("lacks {names}")));
    }
    let barred: Option<String> = row.try_get("barred").map_err(unreadable)?;
    let role: &str = row.try_get("role").map_err(unreadable)?;
    barred.map_or(Ok(()), |names| {
        Err(invalid(format!(
            "the role {role} may not call {names} of the schema oms; apply what \
             `oms-migrate --grants` or `grants_sql` prints for it"
        )))
    })
}

async fn one(
    session: &Session,
    query: Query<'_, Postgres, PgArguments>,
) -> Result<PgRow, StoreError> {
    let mut rows = session.read_schema(query).await?;
    rows.pop().ok_or_else(|| corrupt("an answer", &"no row"))
}

fn outdated(problem: &str) -> StoreError {
    StoreError::Corrupt {
        what: "the schema oms".to_owned(),
        detail: format!("it {problem}; run `oms-migrate --apply` or `PgStore::migrate`"),
    }
}

/// What the database says of itself.
pub(super) struct Applied {
    /// The newest migration.
    pub(super) newest: i32,
    /// The oldest release that works, by its newest migration.
    serves: i32,
}

impl Applied {
    /// Asks on a connection; the table is there.
    pub(super) async fn ask(connection: &mut sqlx::PgConnection) -> Result<Self, StoreError> {
        let row = connection.fetch_one(sqlx::query(APPLIED)).await;
        Self::read(&row.map_err(read_failed)?)
    }

    fn read(row: &PgRow) -> Result<Self, StoreError> {
        Ok(Self {
            newest: row.try_get("newest").map_err(unreadable)?,
            serves: row.try_get("serves").map_err(unreadable)?,
        })
    }

    /// Refuses a schema of a later release that says it no longer serves this one.
    pub(super) fn serve_us(&self) -> Result<(), StoreError> {
        let wanted = wanted();
        if self.newest <= wanted || self.serves <= wanted {
            return Ok(());
        }
        let number = |number: i32| u16::try_from(number).unwrap_or(u16::MAX);
        Err(StoreError::NewerSchema {
            what: "the schema oms".to_owned(),
            found: number(self.newest),
            known: number(wanted),
        })
    }
}

/// Refuses a server that is too old, and a database that cannot hold every text.
pub(super) async fn check_server(connection: &mut sqlx::PgConnection) -> Result<(), StoreError> {
    let row = connection.fetch_one(sqlx::query(SERVER)).await;
    refuse_server(&row.map_err(read_failed)?)
}

fn refuse_server(row: &PgRow) -> Result<(), StoreError> {
    refuse_old(row.try_get("number").map_err(unreadable)?)?;
    let encoding: &str = row.try_get("encoding").map_err(unreadable)?;
    if encoding == ENCODING {
        return Ok(());
    }
    let detail = format!(
        "its encoding is {encoding}, this release needs {ENCODING}: make another one, \
         with `CREATE DATABASE ... ENCODING '{ENCODING}' TEMPLATE template0`"
    );
    Err(corrupt("the database", &detail))
}

/// Refuses a server by its `server_version_num`.
fn refuse_old(found: i32) -> Result<(), StoreError> {
    if found >= SERVER_MIN {
        return Ok(());
    }
    Err(StoreError::Corrupt {
        what: "the server".to_owned(),
        detail: format!(
            "it is PostgreSQL {}, this release needs {} or newer",
            found / 10_000,
            SERVER_MIN / 10_000
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use oms_core::port::StoreError;

    use super::refuse_old;

    #[test]
    fn a_server_that_is_too_old_is_named_with_what_is_wanted() {
        for found in [140_000, 150_018, 180_001] {
            refuse_old(found).unwrap();
        }
        for found in [130_023, 139_999] {
            let error = refuse_old(found).unwrap_err();
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
            assert!(!error.is_retryable());
            let text = error.to_string();
            assert!(
                text.contains("PostgreSQL 13, this release needs 14"),
                "{text}"
            );
        }
    }
}
