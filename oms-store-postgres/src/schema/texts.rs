//! Functions and views: their texts, and which of them a database has.

use std::collections::HashMap;
use std::time::Duration;

use oms_core::port::StoreError;
use sqlx::{Acquire, AssertSqlSafe, Executor, PgConnection, Row};

use super::GUARD;
use crate::error::{Failure, classify, read_failed, unavailable, unreadable};

/// Every view of this release by name: what functions read first, then what people read. They are
/// made before the functions.
pub const VIEWS: &[(&str, &str)] = &[
    ("document_v1", include_str!("../../sql/document_v1.sql")),
    ("orders", include_str!("../../sql/orders.sql")),
    ("order_lines", include_str!("../../sql/order_lines.sql")),
    ("fulfillments", include_str!("../../sql/fulfillments.sql")),
    ("stock", include_str!("../../sql/stock.sql")),
    ("reservations", include_str!("../../sql/reservations.sql")),
    ("events", include_str!("../../sql/events.sql")),
    ("movements", include_str!("../../sql/movements.sql")),
];

/// Every function of this release by name, in the order in which they are made. A name is never
/// given to another text in a later release, unless a migration serves nothing before itself: old
/// and new hosts run side by side.
pub const FUNCTIONS: &[(&str, &str)] = &[
    (
        "lock_documents_v1",
        include_str!("../../sql/lock_documents_v1.sql"),
    ),
    (
        "write_documents_v1",
        include_str!("../../sql/write_documents_v1.sql"),
    ),
    ("commit_v1", include_str!("../../sql/commit_v1.sql")),
    (
        "commit_whole_v1",
        include_str!("../../sql/commit_whole_v1.sql"),
    ),
    ("prefetch_v1", include_str!("../../sql/prefetch_v1.sql")),
    (
        "take_numbers_v1",
        include_str!("../../sql/take_numbers_v1.sql"),
    ),
    (
        "forget_commands_v1",
        include_str!("../../sql/forget_commands_v1.sql"),
    ),
    (
        "forget_counters_v1",
        include_str!("../../sql/forget_counters_v1.sql"),
    ),
    ("audit_v1", include_str!("../../sql/audit_v1.sql")),
    (
        "audit_counters_v1",
        include_str!("../../sql/audit_counters_v1.sql"),
    ),
    ("count_jobs_v1", include_str!("../../sql/count_jobs_v1.sql")),
    ("push_jobs_v1", include_str!("../../sql/push_jobs_v1.sql")),
    ("claim_jobs_v1", include_str!("../../sql/claim_jobs_v1.sql")),
    (
        "extend_jobs_v1",
        include_str!("../../sql/extend_jobs_v1.sql"),
    ),
    (
        "complete_jobs_v1",
        include_str!("../../sql/complete_jobs_v1.sql"),
    ),
    ("fail_jobs_v1", include_str!("../../sql/fail_jobs_v1.sql")),
    (
        "hand_back_jobs_v1",
        include_str!("../../sql/hand_back_jobs_v1.sql"),
    ),
    (
        "redrive_jobs_v1",
        include_str!("../../sql/redrive_jobs_v1.sql"),
    ),
    (
        "delete_jobs_v1",
        include_str!("../../sql/delete_jobs_v1.sql"),
    ),
    (
        "fire_schedule_v1",
        include_str!("../../sql/fire_schedule_v1.sql"),
    ),
    (
        "queue_stats_v1",
        include_str!("../../sql/queue_stats_v1.sql"),
    ),
    ("feed_place_v1", include_str!("../../sql/feed_place_v1.sql")),
    ("feed_start_v1", include_str!("../../sql/feed_start_v1.sql")),
    ("subscribe_v1", include_str!("../../sql/subscribe_v1.sql")),
    ("rewind_v1", include_str!("../../sql/rewind_v1.sql")),
    (
        "unsubscribe_v1",
        include_str!("../../sql/unsubscribe_v1.sql"),
    ),
    (
        "acknowledge_v1",
        include_str!("../../sql/acknowledge_v1.sql"),
    ),
    (
        "poll_events_v1",
        include_str!("../../sql/poll_events_v1.sql"),
    ),
    ("poll_stock_v1", include_str!("../../sql/poll_stock_v1.sql")),
    (
        "subscriptions_v1",
        include_str!("../../sql/subscriptions_v1.sql"),
    ),
];

/// What each function and view of the schema says that it was made of.
const MADE: &str = "SELECT p.proname::text AS name, obj_description(p.oid, 'pg_proc') AS mark \
    FROM pg_proc p WHERE p.pronamespace = 'oms'::regnamespace \
    UNION ALL SELECT c.relname::text, obj_description(c.oid, 'pg_class') \
    FROM pg_class c WHERE c.relnamespace = 'oms'::regnamespace AND c.relkind = 'v'";

/// How long a view is waited for at a time: who reads it meanwhile queues behind the waiting.
const VIEW_LOCK: &str = "SET LOCAL lock_timeout = '100ms'";

/// Between two attempts at a view, others read it.
const PAUSE: Duration = Duration::from_millis(200);

/// How often a view that others are reading is tried: several seconds in all.
const ATTEMPTS: u32 = 20;

/// The statements that make something and note what it was made of.
pub(super) fn making(kind: &str, name: &str, text: &str) -> String {
    format!("{text};\n{}", noting(kind, name, text))
}

/// The statement that notes what something was made of.
fn noting(kind: &str, name: &str, text: &str) -> String {
    let mark = mark(text);
    format!("COMMENT ON {kind} oms.{name} IS '{mark}';\n")
}

/// The statements that make a function where there may be one of its name already. Where that one
/// takes something else, the two would stand side by side, so it goes.
fn making_anew(name: &str, text: &str) -> String {
    let noting = noting("FUNCTION", name, text);
    format!(
        "{text};\n\
         DO $$ DECLARE v_old regprocedure; BEGIN\n\
         \x20   FOR v_old IN\n\
         \x20       SELECT p.oid::regprocedure FROM pg_proc p\n\
         \x20       WHERE p.pronamespace = 'oms'::regnamespace AND p.proname = '{name}'\n\
         \x20       AND p.xmin <> pg_current_xact_id()::xid\n\
         \x20   LOOP\n\
         \x20       EXECUTE 'DROP FUNCTION ' || v_old;\n\
         \x20   END LOOP;\n\
         END $$;\n\
         {noting}"
    )
}

/// Stands for a text: FNV-1a, 64 bits (draft-eastlake-fnv), which is the same in every release.
fn mark(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("made of {hash:016x}")
}

/// The functions and views that a database has, with their marks.
struct Made(HashMap<String, Option<String>>);

impl Made {
    async fn ask(connection: &mut PgConnection) -> Result<Self, StoreError> {
        let rows = connection.fetch_all(sqlx::query(MADE)).await;
        let mut made = HashMap::new();
        for row in rows.map_err(read_failed)? {
            let name = row.try_get("name").map_err(unreadable)?;
            made.insert(name, row.try_get("mark").map_err(unreadable)?);
        }
        Ok(Self(made))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn is_as(&self, name: &str, text: &str) -> bool {
        let found = self.0.get(name).and_then(Option::as_deref);
        found == Some(mark(text).as_str())
    }
}

/// Makes the views that are missing and the functions that are missing or have another text.
/// Nobody waits for either.
pub(super) async fn make(transaction: &mut PgConnection) -> Result<(), StoreError> {
    let made = Made::ask(transaction).await?;
    let views = VIEWS.iter().filter(|(name, _)| !made.has(name));
    let views = views.map(|(name, text)| making("VIEW", name, text));
    let functions = FUNCTIONS
        .iter()
        .filter(|(name, text)| !made.is_as(name, text));
    let functions = functions.map(|(name, text)| making_anew(name, text));
    for sql in views.chain(functions) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        transaction.execute(sql).await.map_err(read_failed)?;
    }
    Ok(())
}

/// Makes the views anew that have another text, each in a short transaction of its own: who reads
/// one waits for whoever wants to change it, and that one for all who read already.
pub(super) async fn renew_views(connection: &mut PgConnection) -> Result<(), StoreError> {
    let made = Made::ask(connection).await?;
    for (name, text) in VIEWS.iter().filter(|(name, text)| !made.is_as(name, text)) {
        let mut attempts = 1;
        loop {
            match renew(connection, &making("VIEW", name, text)).await {
                Ok(()) => break,
                Err(Failure::Again { .. }) if attempts < ATTEMPTS => attempts += 1,
                Err(Failure::Again { detail, .. }) => {
                    let detail = format!("the view oms.{name} is being read: {detail}");
                    return Err(StoreError::Busy { detail });
                }
                Err(failure) => return Err(failure.of_schema()),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

async fn renew(connection: &mut PgConnection, making: &str) -> Result<(), Failure> {
    let told = |why| classify(why, false);
    let begun = connection.begin().await;
    let mut transaction = begun.map_err(|why| Failure::Store(unavailable(why)))?;
    for sql in [GUARD, VIEW_LOCK, making] {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        transaction.execute(sql).await.map_err(told)?;
    }
    transaction.commit().await.map_err(told)
}

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn a_text_has_the_same_mark_in_every_release() {
        // Test vectors of the draft: the empty text, `a`, `foobar`.
        for (text, hash) in [
            ("", "cbf29ce484222325"),
            ("a", "af63dc4c8601ec8c"),
            ("foobar", "85944171f73967e8"),
        ] {
            assert_eq!(mark(text), format!("made of {hash}"));
        }
    }
}
