//! The schema `oms`: made, checked, printed.

use oms_core::port::StoreError;
use sqlx::{Acquire, Executor};

use self::check::{Applied, check_server};
use crate::error::{invalid, read_failed, unavailable};
use crate::session::Session;

mod check;
mod online;
mod rebuild;
mod restored;
mod texts;

pub(crate) use check::{check, unbuilt};
pub(crate) use rebuild::rebuild_stock;
pub use rebuild::{Counted, Difference};
pub(crate) use restored::after_restore;
pub use texts::{FUNCTIONS, VIEWS};

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
    /// Whether [`PgStore::check`](crate::PgStore::check) refuses a schema without it. Hosts work
    /// without one that only makes a single list fast, so they need not wait until it is built.
    pub awaited: bool,
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
            awaited: true,
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
            awaited: true,
        }],
    },
    Migration {
        number: 4,
        name: "live",
        serves: 2,
        sql: include_str!("../migrations/0004_live.sql"),
        // What waits at a hub, in the order of lists: a few rows among all that was ever claimed.
        online: &[OnlineIndex {
            name: "reservation_live",
            on: "oms.reservation (tenant, hub, owner_kind, owner_id, owner_name) \
                WHERE tentative + confirmed > 0",
            awaited: true,
        }],
    },
    Migration {
        number: 5,
        name: "transfers",
        // A host that knows no deliveries in parts would write a transfer back without what they
        // brought, and receive it a second time.
        serves: 5,
        sql: include_str!("../migrations/0005_transfers.sql"),
        // The transfers of a hub, those that are open by themselves, in the order of lists; and
        // what moved for a transfer, last: its table may be the largest of all.
        online: &[
            OnlineIndex {
                name: "transfer_from",
                on: "oms.document (tenant COLLATE \"POSIX\", (body ->> 'from') COLLATE \"C\", \
                    active, t1) WHERE kind = 15",
                awaited: true,
            },
            OnlineIndex {
                name: "transfer_to",
                on: "oms.document (tenant COLLATE \"POSIX\", (body ->> 'to') COLLATE \"C\", \
                    active, t1) WHERE kind = 15",
                awaited: true,
            },
            OnlineIndex {
                name: "movement_transfer",
                on: "oms.movement (tenant, transfer) WHERE transfer IS NOT NULL",
                awaited: false,
            },
        ],
    },
];

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
/// else would queue behind the migration. How long a statement may work is for everyday calls. A
/// client that stands still between two statements keeps nobody out for longer than that, either.
const GUARD: &str = "SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = '5s';
SELECT pg_advisory_xact_lock(1869443439);";

/// Functions run with the rights of their owner, and whoever may use the schema may call a new one
/// unless it is taken back. Nothing is written where nothing is to be taken back.
const REVOKE: &str = "DO $$ BEGIN
    IF EXISTS (
        SELECT FROM pg_proc p WHERE p.pronamespace = 'oms'::regnamespace
        AND has_function_privilege('public', p.oid, 'EXECUTE')
    ) THEN
        REVOKE ALL ON ALL FUNCTIONS IN SCHEMA oms FROM PUBLIC;
    END IF;
END $$";

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
        for OnlineIndex { name, on, .. } in *online {
            sql.push_str(&format!("CREATE INDEX {name} ON {on};\n"));
        }
    }
    for (name, text) in VIEWS {
        sql.push_str(&format!("\n{}", texts::making("VIEW", name, text)));
    }
    for (name, text) in FUNCTIONS {
        sql.push_str(&format!("\n{}", texts::making("FUNCTION", name, text)));
    }
    sql.push_str(&format!("\n{REVOKE};\n\nCOMMIT;\n"));
    sql
}

/// The grants of a role that runs the library, as plain SQL in one transaction: it reads everything
/// and writes through the functions alone. To be applied after each migration: only who was granted
/// a function may call it. `role` is quoted. The SQL refuses the role that owns the schema: the
/// functions run with its rights, which these grants would take away.
///
/// ```
/// let sql = oms_store_postgres::grants_sql("shop");
/// assert!(sql.contains(r#"GRANT USAGE ON SCHEMA oms TO "shop";"#));
/// ```
#[must_use]
pub fn grants_sql(role: &str) -> String {
    let named = format!("'{}'", role.replace('\'', "''"));
    // What quotes the block is no part of it, whatever the role is called.
    let mut tag = "owner".to_owned();
    while role.contains(&tag) {
        tag.push('_');
    }
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    format!(
        "BEGIN;\n\
         DO ${tag}$ BEGIN\n\
         \x20   IF {named} IN (\n\
         \x20       SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'oms'\n\
         \x20       UNION ALL SELECT pg_get_userbyid(relowner) FROM pg_class\n\
         \x20       WHERE relnamespace = 'oms'::regnamespace\n\
         \x20       UNION ALL SELECT pg_get_userbyid(proowner) FROM pg_proc\n\
         \x20       WHERE pronamespace = 'oms'::regnamespace\n\
         \x20   ) THEN\n\
         \x20       RAISE EXCEPTION USING ERRCODE = 'invalid_grant_operation',\n\
         \x20           MESSAGE = {named} ||\n\
         \x20           ' owns the schema oms: these grants would take away its right to write,'\n\
         \x20           ' with which the functions run. The library runs as a role of its own.';\n\
         \x20   END IF;\n\
         END ${tag}$;\n\
         REVOKE ALL ON ALL TABLES IN SCHEMA oms FROM {role};\n\
         REVOKE ALL ON ALL FUNCTIONS IN SCHEMA oms FROM PUBLIC;\n\
         GRANT USAGE ON SCHEMA oms TO {role};\n\
         GRANT SELECT ON ALL TABLES IN SCHEMA oms TO {role};\n\
         GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA oms TO {role};\n\
         COMMIT;\n"
    )
}

/// Applies what is missing, in one transaction, then changes views and builds indexes. What keeps
/// two of them apart belongs to a session, and so do the settings of a build, so there has to be
/// one.
pub(crate) async fn migrate(session: &Session) -> Result<(), StoreError> {
    if session.is_pooled() {
        return Err(invalid(
            "a migration needs a session of its own: connect to the server, not to its pooler",
        ));
    }
    let pool = session.pool();
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    let mut transaction = connection.begin().await.map_err(unavailable)?;
    check_server(&mut transaction).await?;
    for sql in [GUARD, PROLOGUE] {
        transaction
            .execute(sqlx::raw_sql(sql))
            .await
            .map_err(read_failed)?;
    }
    let found = Applied::ask(&mut transaction).await?;
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
    texts::make(&mut transaction).await?;
    let revoked = transaction.execute(sqlx::raw_sql(REVOKE)).await;
    revoked.map_err(read_failed)?;
    transaction.commit().await.map_err(unavailable)?;
    texts::renew_views(&mut connection).await?;
    drop(connection);
    online::build(pool).await
}

fn wanted() -> i32 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}
