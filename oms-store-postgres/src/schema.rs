//! The schema `oms`: made, checked, printed.

use oms_core::port::StoreError;
use sqlx::postgres::PgPool;
use sqlx::{Acquire, Executor, Row};

use crate::error::{read_failed, unavailable, unreadable};

mod online;

/// A change of the tables, applied once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub number: i32,
    /// What it is about.
    pub name: &'static str,
    /// The migration that the oldest release knows as its newest which still works afterwards: the
    /// functions and columns that it calls by name are there. One release back, at least.
    pub serves: i32,
    /// Plain SQL.
    pub sql: &'static str,
    /// Indexes of tables that are large and in use, built after everything else, one by one, each
    /// outside a transaction and without keeping anybody waiting.
    pub online: &'static [OnlineIndex],
}

/// An index that is built while its table is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnlineIndex {
    /// Its name, in the schema `oms`.
    pub name: &'static str,
    /// What it is on: table and columns.
    pub on: &'static str,
}

/// Every migration of this release, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "tables",
        serves: 1,
        sql: include_str!("../migrations/0001_tables.sql"),
        online: &[],
    },
    Migration {
        number: 2,
        name: "queue",
        serves: 1,
        sql: include_str!("../migrations/0002_queue.sql"),
        // What a poll of events reads: the newest transactions of a tenant.
        online: &[OnlineIndex {
            name: "event_feed",
            on: "oms.event (tenant COLLATE \"POSIX\", xid)",
        }],
    },
    Migration {
        number: 3,
        name: "routing",
        serves: 2,
        sql: include_str!("../migrations/0003_routing.sql"),
        // What is forgotten: the counters of the oldest days. No update of one changes it.
        online: &[OnlineIndex {
            name: "counter_day",
            on: "oms.counter (tenant COLLATE \"POSIX\", b) WHERE kind IN (1, 3)",
        }],
    },
];

/// Every function and view of this release by name, in the order in which they are made. A name is
/// never given to another text in a later release: old and new hosts run side by side.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("document_v1", include_str!("../sql/document_v1.sql")),
    (
        "lock_documents_v1",
        include_str!("../sql/lock_documents_v1.sql"),
    ),
    (
        "write_documents_v1",
        include_str!("../sql/write_documents_v1.sql"),
    ),
    ("commit_v1", include_str!("../sql/commit_v1.sql")),
    (
        "commit_whole_v1",
        include_str!("../sql/commit_whole_v1.sql"),
    ),
    ("prefetch_v1", include_str!("../sql/prefetch_v1.sql")),
    (
        "take_numbers_v1",
        include_str!("../sql/take_numbers_v1.sql"),
    ),
    (
        "forget_commands_v1",
        include_str!("../sql/forget_commands_v1.sql"),
    ),
    (
        "forget_counters_v1",
        include_str!("../sql/forget_counters_v1.sql"),
    ),
    ("audit_v1", include_str!("../sql/audit_v1.sql")),
    (
        "audit_counters_v1",
        include_str!("../sql/audit_counters_v1.sql"),
    ),
    ("count_jobs_v1", include_str!("../sql/count_jobs_v1.sql")),
    ("push_jobs_v1", include_str!("../sql/push_jobs_v1.sql")),
    ("claim_jobs_v1", include_str!("../sql/claim_jobs_v1.sql")),
    ("extend_jobs_v1", include_str!("../sql/extend_jobs_v1.sql")),
    (
        "complete_jobs_v1",
        include_str!("../sql/complete_jobs_v1.sql"),
    ),
    ("fail_jobs_v1", include_str!("../sql/fail_jobs_v1.sql")),
    (
        "hand_back_jobs_v1",
        include_str!("../sql/hand_back_jobs_v1.sql"),
    ),
    (
        "redrive_jobs_v1",
        include_str!("../sql/redrive_jobs_v1.sql"),
    ),
    ("delete_jobs_v1", include_str!("../sql/delete_jobs_v1.sql")),
    (
        "fire_schedule_v1",
        include_str!("../sql/fire_schedule_v1.sql"),
    ),
    ("queue_stats_v1", include_str!("../sql/queue_stats_v1.sql")),
    ("feed_place_v1", include_str!("../sql/feed_place_v1.sql")),
    ("feed_start_v1", include_str!("../sql/feed_start_v1.sql")),
    ("subscribe_v1", include_str!("../sql/subscribe_v1.sql")),
    ("rewind_v1", include_str!("../sql/rewind_v1.sql")),
    ("unsubscribe_v1", include_str!("../sql/unsubscribe_v1.sql")),
    ("acknowledge_v1", include_str!("../sql/acknowledge_v1.sql")),
    ("poll_events_v1", include_str!("../sql/poll_events_v1.sql")),
    ("poll_stock_v1", include_str!("../sql/poll_stock_v1.sql")),
    (
        "subscriptions_v1",
        include_str!("../sql/subscriptions_v1.sql"),
    ),
    ("views", include_str!("../sql/views.sql")),
];

/// The oldest server that works.
const SERVER_MIN: i32 = 140_000;

/// What makes room for the migrations.
const PROLOGUE: &str = "CREATE SCHEMA IF NOT EXISTS oms;
CREATE TABLE IF NOT EXISTS oms.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    -- The oldest release that still works, by its newest migration; null: only one that knows this.
    serves integer CHECK (serves <= number),
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);";

/// Keeps two migrations apart, and gives up rather than queue behind a long transaction: everybody
/// else would queue behind the migration. How long a statement may work is for everyday calls.
const GUARD: &str = "SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(1869443439);";

/// The whole schema of this release as plain SQL, for a DBA who applies it by hand to an empty
/// database, in one transaction.
#[must_use]
pub fn schema_sql() -> String {
    let mut sql = format!("BEGIN;\n{PROLOGUE}\n");
    for migration in MIGRATIONS {
        let Migration {
            number,
            name,
            serves,
            sql: text,
            online,
        } = migration;
        sql.push_str(&format!(
            "\n{text}\nINSERT INTO oms.migration (number, name, serves) \
             VALUES ({number}, '{name}', {serves});\n"
        ));
        for OnlineIndex { name, on } in *online {
            sql.push_str(&format!("CREATE INDEX {name} ON {on};\n"));
        }
    }
    for (_, text) in FUNCTIONS {
        sql.push_str(&format!("\n{text};\n"));
    }
    sql.push_str("\nCOMMIT;\n");
    sql
}

/// The grants of a role that runs the library, as plain SQL: it reads everything and writes
/// through the functions alone. `role` is quoted.
///
/// ```
/// let sql = oms_store_postgres::grants_sql("shop");
/// assert!(sql.contains(r#"GRANT USAGE ON SCHEMA oms TO "shop";"#));
/// ```
#[must_use]
pub fn grants_sql(role: &str) -> String {
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA oms FROM {role};\n\
         REVOKE ALL ON ALL FUNCTIONS IN SCHEMA oms FROM PUBLIC;\n\
         GRANT USAGE ON SCHEMA oms TO {role};\n\
         GRANT SELECT ON ALL TABLES IN SCHEMA oms TO {role};\n\
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA oms TO {role};\n"
    )
}

/// Applies what is missing, in one transaction.
pub(crate) async fn migrate(pool: &PgPool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    let mut transaction = connection.begin().await.map_err(unavailable)?;
    check_server(&mut transaction).await?;
    for sql in [GUARD, PROLOGUE] {
        transaction
            .execute(sqlx::raw_sql(sql))
            .await
            .map_err(read_failed)?;
    }
    let found = applied(&mut transaction).await?;
    found.serve_us()?;
    if found.newest > wanted() {
        // A later release made this schema; its views and functions are not ours to put back.
        return transaction.commit().await.map_err(unavailable);
    }
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| migration.number > found.newest)
    {
        let sql = sqlx::raw_sql(migration.sql);
        transaction.execute(sql).await.map_err(read_failed)?;
        let note = "INSERT INTO oms.migration (number, name, serves) VALUES ($1, $2, $3)";
        let note = sqlx::query(note).bind(migration.number);
        let note = note.bind(migration.name).bind(migration.serves);
        transaction.execute(note).await.map_err(read_failed)?;
    }
    for (_, sql) in FUNCTIONS {
        transaction
            .execute(sqlx::raw_sql(*sql))
            .await
            .map_err(read_failed)?;
    }
    transaction.commit().await.map_err(unavailable)?;
    drop(connection);
    online::build(pool).await
}

/// Compares the schema with what this release needs.
pub(crate) async fn check(pool: &PgPool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    check_server(&mut connection).await?;
    let made = sqlx::query("SELECT to_regclass('oms.migration') IS NOT NULL AS made");
    let made = connection.fetch_one(made).await.map_err(read_failed)?;
    if !made.try_get::<bool, _>("made").map_err(unreadable)? {
        let wanted = wanted();
        return Err(outdated(&format!(
            "is missing, this release needs migration {wanted}"
        )));
    }
    let found = applied(&mut connection).await?;
    found.serve_us()?;
    let wanted = wanted();
    if found.newest < wanted {
        return Err(outdated(&format!(
            "is at migration {}, this release needs {wanted}",
            found.newest
        )));
    }
    let names: Vec<&str> = FUNCTIONS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| name.ends_with("_v1") && *name != "document_v1")
        .collect();
    let missing = sqlx::query(
        "SELECT string_agg(name, ', ') AS missing FROM unnest($1) name WHERE NOT EXISTS ( \
         SELECT FROM pg_proc p WHERE p.pronamespace = 'oms'::regnamespace AND p.proname = name)",
    );
    let missing = connection
        .fetch_one(missing.bind(names))
        .await
        .map_err(read_failed)?;
    let missing: Option<String> = missing.try_get("missing").map_err(unreadable)?;
    if let Some(names) = missing {
        return Err(outdated(&format!("lacks {names}")));
    }
    let unbuilt = online::missing(&mut connection).await?;
    unbuilt.first().map_or(Ok(()), |index| {
        Err(outdated(&format!("lacks the index {}", index.name)))
    })
}

fn wanted() -> i32 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

fn outdated(problem: &str) -> StoreError {
    StoreError::Corrupt {
        what: "the schema oms".to_owned(),
        detail: format!("it {problem}; run `oms-migrate --apply` or `PgStore::migrate`"),
    }
}

/// What the database says of itself.
struct Applied {
    /// The newest migration.
    newest: i32,
    /// The oldest release that works, by its newest migration.
    serves: i32,
}

impl Applied {
    /// Refuses a schema of a later release that says it no longer serves this one.
    fn serve_us(&self) -> Result<(), StoreError> {
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

async fn check_server(connection: &mut sqlx::PgConnection) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT current_setting('server_version_num')::integer AS number");
    let row = connection.fetch_one(query).await.map_err(read_failed)?;
    refuse_old(row.try_get("number").map_err(unreadable)?)
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

async fn applied(connection: &mut sqlx::PgConnection) -> Result<Applied, StoreError> {
    let query = sqlx::query(
        "SELECT coalesce(max(number), 0) AS newest, \
         coalesce(max(coalesce(serves, number)), 0) AS serves FROM oms.migration",
    );
    let row = connection.fetch_one(query).await.map_err(read_failed)?;
    Ok(Applied {
        newest: row.try_get("newest").map_err(unreadable)?,
        serves: row.try_get("serves").map_err(unreadable)?,
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
