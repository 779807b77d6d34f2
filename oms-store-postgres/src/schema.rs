//! The schema `oms`: made, checked, printed.

use oms_core::port::StoreError;
use sqlx::postgres::PgPool;
use sqlx::{Acquire, Executor, Row};

use crate::error::{read_failed, unavailable, unconnected, unreadable};

/// A change of the tables, applied once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub number: i32,
    /// What it is about.
    pub name: &'static str,
    /// Plain SQL.
    pub sql: &'static str,
}

/// Every migration of this release, in order.
pub const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "tables",
    sql: include_str!("../migrations/0001_tables.sql"),
}];

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
    ("prefetch_v1", include_str!("../sql/prefetch_v1.sql")),
    (
        "take_numbers_v1",
        include_str!("../sql/take_numbers_v1.sql"),
    ),
    (
        "forget_commands_v1",
        include_str!("../sql/forget_commands_v1.sql"),
    ),
    ("audit_v1", include_str!("../sql/audit_v1.sql")),
    ("views", include_str!("../sql/views.sql")),
];

/// The oldest server that works.
const SERVER_MIN: i32 = 140_000;

/// What makes room for the migrations.
const PROLOGUE: &str = "CREATE SCHEMA IF NOT EXISTS oms;
CREATE TABLE IF NOT EXISTS oms.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);";

/// Keeps two migrations apart, and gives up rather than queue behind a long transaction: everybody
/// else would queue behind the migration.
const GUARD: &str = "SET LOCAL lock_timeout = '5s';
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
            sql: text,
        } = migration;
        sql.push_str(&format!(
            "\n{text}\nINSERT INTO oms.migration (number, name) VALUES ({number}, '{name}');\n"
        ));
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
    let mut connection = pool.acquire().await.map_err(unconnected)?;
    let mut transaction = connection.begin().await.map_err(unavailable)?;
    check_server(&mut transaction).await?;
    for sql in [GUARD, PROLOGUE] {
        transaction
            .execute(sqlx::raw_sql(sql))
            .await
            .map_err(read_failed)?;
    }
    let found = newest(&mut transaction).await?.unwrap_or_default();
    refuse_newer(found)?;
    for migration in MIGRATIONS
        .iter()
        .filter(|migration| migration.number > found)
    {
        let sql = sqlx::raw_sql(migration.sql);
        transaction.execute(sql).await.map_err(read_failed)?;
        let applied = sqlx::query("INSERT INTO oms.migration (number, name) VALUES ($1, $2)");
        let applied = applied.bind(migration.number).bind(migration.name);
        transaction.execute(applied).await.map_err(read_failed)?;
    }
    for (_, sql) in FUNCTIONS {
        transaction
            .execute(sqlx::raw_sql(*sql))
            .await
            .map_err(read_failed)?;
    }
    transaction.commit().await.map_err(unavailable)
}

/// Compares the schema with what this release needs.
pub(crate) async fn check(pool: &PgPool) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await.map_err(unconnected)?;
    check_server(&mut connection).await?;
    let made = sqlx::query("SELECT to_regclass('oms.migration') IS NOT NULL AS made");
    let made = connection.fetch_one(made).await.map_err(read_failed)?;
    if !made.try_get::<bool, _>("made").map_err(unreadable)? {
        let wanted = wanted();
        return Err(outdated(&format!(
            "is missing, this release needs migration {wanted}"
        )));
    }
    let found = newest(&mut connection).await?.unwrap_or_default();
    refuse_newer(found)?;
    let wanted = wanted();
    if found < wanted {
        return Err(outdated(&format!(
            "is at migration {found}, this release needs {wanted}"
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
    missing.map_or(Ok(()), |names| Err(outdated(&format!("lacks {names}"))))
}

fn wanted() -> i32 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

fn outdated(problem: &str) -> StoreError {
    StoreError::Corrupt {
        what: "the schema oms".to_owned(),
        detail: format!("it {problem}; run the migration"),
    }
}

fn refuse_newer(found: i32) -> Result<(), StoreError> {
    let wanted = wanted();
    if found <= wanted {
        return Ok(());
    }
    let number = |number: i32| u16::try_from(number).unwrap_or(u16::MAX);
    Err(StoreError::NewerSchema {
        what: "the schema oms".to_owned(),
        found: number(found),
        known: number(wanted),
    })
}

async fn check_server(connection: &mut sqlx::PgConnection) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT current_setting('server_version_num')::integer AS number");
    let row = connection.fetch_one(query).await.map_err(read_failed)?;
    let found: i32 = row.try_get("number").map_err(unreadable)?;
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

async fn newest(connection: &mut sqlx::PgConnection) -> Result<Option<i32>, StoreError> {
    let query = sqlx::query("SELECT max(number) AS number FROM oms.migration");
    let row = connection.fetch_one(query).await.map_err(read_failed)?;
    row.try_get("number").map_err(unreadable)
}
