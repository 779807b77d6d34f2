//! Counters that are not what stands behind them, brought back to it by the owner of the schema.

use oms_core::port::StoreError;
use oms_core::value::{TenantId, Units};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Executor, PgConnection, Postgres, Row};

use crate::commit::Time;
use crate::error::{classify, invalid, read_failed, unavailable, unreadable};
use crate::session::Session;

const KNOWN: &str = "SELECT EXISTS (SELECT FROM oms.settings WHERE tenant = $1) AS known";

const STOCK: &str = include_str!("../../sql/rebuild_stock.sql");
const STOCK_ROW: &str = include_str!("../../sql/rebuild_stock_row.sql");
const COUNTERS: &str = include_str!("../../sql/rebuild_counters.sql");
const COUNTER: &str = include_str!("../../sql/rebuild_counter.sql");

/// Two rebuilds would both add what differs. It is asked for, never waited for: nobody begins
/// another one by plan.
const LOCK: &str = "SELECT pg_try_advisory_lock(1869443441) AS had";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1869443441)";

/// The look reads everything a tenant has; a row that is busy for longer than this is left alone.
const PATIENCE: &str = "SET statement_timeout = 0; SET lock_timeout = '5s'";

/// What a rebuilt counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Units on hand: the sum of the movements.
    OnHand,
    /// Units reserved: the sum of the live claims.
    Reserved,
    /// What is taken of a hub's day or a delivery slot: the orders that take it up.
    Taken,
}

/// A counter that is not what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The stock row, the hub's day or the delivery slot, in the words of the audit.
    pub subject: String,
    /// Which of its counters.
    pub counted: Counted,
    /// What is stored; 0 where there is no row.
    pub stored: i64,
    /// What it should be.
    pub wanted: i64,
    /// Whether it was written. A count that no row can have, such as one below zero, never is, nor
    /// is the other counter of its stock row: there a part of what stands behind it is gone.
    pub written: bool,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            subject,
            counted,
            stored,
            wanted,
            ..
        } = self;
        let (is, wants) = match counted {
            Counted::OnHand => ("on hand", "its movements add up to"),
            Counted::Reserved => ("reserved", "its claims add up to"),
            Counted::Taken => ("are taken", "its orders take up"),
        };
        write!(f, "{subject}: {stored} {is}, {wants} {wanted}")
    }
}

/// Names the counters of a tenant that differ, and writes them where it is told to.
pub(crate) async fn rebuild_stock(
    session: &Session,
    tenant: &TenantId,
    apply: bool,
) -> Result<Vec<Difference>, StoreError> {
    if session.is_pooled() {
        return Err(invalid(
            "this needs a session of its own: connect to the server, not to its pooler",
        ));
    }
    let mut connection = session.pool().acquire().await.map_err(unavailable)?;
    // The session ends here, and with it its settings and, should something fail, the lock.
    connection.close_on_drop();
    let patient = connection.execute(sqlx::raw_sql(PATIENCE)).await;
    patient.map_err(read_failed)?;
    let known = connection.fetch_one(sqlx::query(KNOWN).bind(tenant.as_str()));
    let known = known.await.map_err(read_failed)?;
    if !known.try_get::<bool, _>("known").map_err(unreadable)? {
        return Err(invalid(format!("there is no tenant {tenant}")));
    }
    let had = connection.fetch_one(LOCK).await.map_err(read_failed)?;
    if !had.try_get::<bool, _>("had").map_err(unreadable)? {
        let detail = "another process is rebuilding counters".to_owned();
        return Err(StoreError::Busy { detail });
    }
    let rebuilt = rebuild(&mut connection, tenant, session.fixed_time(), apply).await;
    let _ = connection.execute(UNLOCK).await;
    rebuilt
}

/// Counters first, then stock, each by key, as commits go; no two of them in one transaction.
async fn rebuild(
    connection: &mut PgConnection,
    tenant: &TenantId,
    now: Option<Time>,
    apply: bool,
) -> Result<Vec<Difference>, StoreError> {
    let mut found = Vec::new();
    let counters = sqlx::query(COUNTERS).bind(tenant.as_str()).bind(now);
    let counters = connection.fetch_all(counters).await.map_err(read_failed)?;
    for row in &counters {
        let mut difference = difference(row, Counted::Taken, "taken", "orders")?;
        difference.subject = row.try_get("subject").map_err(unreadable)?;
        if apply && fits(difference.wanted) {
            let counter = sqlx::query(COUNTER).bind(tenant.as_str());
            let counter = counter.bind(row.try_get::<i16, _>("kind").map_err(unreadable)?);
            let counter = counter.bind(text(row, "a")?).bind(text(row, "b")?);
            write(connection, counter.bind(missing(&difference))).await?;
            difference.written = true;
        }
        found.push(difference);
    }
    let rows = connection.fetch_all(sqlx::query(STOCK).bind(tenant.as_str()));
    let rows = rows.await.map_err(read_failed)?;
    for row in &rows {
        let (hub, sku) = (text(row, "hub")?, text(row, "sku")?);
        let mut both = [
            difference(row, Counted::OnHand, "on_hand", "moved")?,
            difference(row, Counted::Reserved, "reserved", "claimed")?,
        ];
        let [on_hand, reserved] = &both;
        let written = apply && fits(on_hand.wanted) && fits(reserved.wanted);
        if written {
            let level = sqlx::query(STOCK_ROW).bind(tenant.as_str());
            let level = level.bind(hub.as_str()).bind(sku.as_str());
            let level = level.bind(missing(on_hand)).bind(missing(reserved));
            write(connection, level).await?;
        }
        for difference in &mut both {
            difference.subject = format!("{sku} at {hub}");
            difference.written = written;
        }
        found.extend(both.into_iter().filter(|one| missing(one) != 0));
    }
    Ok(found)
}

/// A difference of two columns, of nothing yet.
fn difference(
    row: &PgRow,
    counted: Counted,
    stored: &str,
    wanted: &str,
) -> Result<Difference, StoreError> {
    Ok(Difference {
        subject: String::new(),
        counted,
        stored: row.try_get(stored).map_err(unreadable)?,
        wanted: row.try_get(wanted).map_err(unreadable)?,
        written: false,
    })
}

/// What is to be added.
const fn missing(difference: &Difference) -> i64 {
    difference.wanted.saturating_sub(difference.stored)
}

/// Whether a counter can hold that.
fn fits(wanted: i64) -> bool {
    u32::try_from(wanted).is_ok_and(|units| Units::new(units).is_ok())
}

fn text(row: &PgRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(unreadable)
}

async fn write(
    connection: &mut PgConnection,
    query: Query<'_, Postgres, PgArguments>,
) -> Result<(), StoreError> {
    let written = connection.execute(query).await;
    written.map_err(|why| classify(why, true).of_schema())?;
    Ok(())
}
