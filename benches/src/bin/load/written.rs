//! What one order makes the server write, and how often it is asked.

use std::sync::Arc;
use std::time::Duration;

use oms_core::service::Oms;
use oms_store_postgres::sqlx::postgres::PgPool;
use oms_store_postgres::sqlx::{self, Row};
use oms_store_postgres::{PgOptions, PgStore};
use serde::Serialize;

use crate::Failure;
use crate::compare::Contender;
use crate::library::{Lifecycle, Place};
use crate::measure::{Record, Side, float, per};
use crate::raw::{Batch, Lives, Narrow, NarrowOrders, One, Raw, Shape};
use crate::server::pool;
use crate::stage::Stage;

/// Orders that are handled to see what is written.
const ORDERS: u64 = 400;
/// So many orders are enough to have read most SKUs once.
const KNOWN_AFTER: u64 = 10_000;
/// Of many tenants, those whose orders are counted: few enough that one caller has been to all.
const COUNTED: usize = 20;
/// A connection that does nothing tells the server what it did at most ten seconds later.
const TOLD: Duration = Duration::from_secs(11);
/// After so long without work the counted connection ends, and has told all it did until then.
const IDLE: Duration = Duration::from_secs(2);

/// What one order costs the server.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Written {
    /// Of the scenario.
    pub(crate) scenario: String,
    /// Library, one, batch.
    pub(crate) side: &'static str,
    /// Rows inserted, updated and deleted.
    pub(crate) rows: f64,
    /// Bytes of the log.
    pub(crate) wal_bytes: f64,
    /// Statements sent, where the server counts them.
    pub(crate) round_trips: Option<f64>,
}

/// How many rows, bytes and statements there were until now.
#[derive(Clone, Copy, Debug)]
struct Counted {
    rows: i64,
    wal: i64,
    statements: Option<i64>,
}

impl Counted {
    async fn now(pool: &PgPool, schema: &str) -> Result<Self, Failure> {
        let sql = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint AS rows, \
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal \
            FROM pg_stat_user_tables WHERE schemaname = $1";
        let row = sqlx::query(sql).bind(schema).fetch_one(pool).await?;
        // Of this database alone: a server that is given has others, which are counted as well.
        let sql = "SELECT sum(s.calls)::bigint FROM pg_stat_statements s \
            JOIN pg_database d ON d.oid = s.dbid \
            WHERE s.toplevel AND d.datname = current_database()";
        let statements = sqlx::query_scalar::<_, Option<i64>>(sql);
        Ok(Self {
            rows: row.try_get("rows")?,
            wal: row.try_get("wal")?,
            // Servers without the extension do not count.
            statements: statements
                .fetch_one(pool)
                .await
                .ok()
                .map(|sum| sum.unwrap_or(0)),
        })
    }
}

/// Sees what each side writes, one caller at a time. Every side gets a connection of its own: the
/// server adds up what a connection did when it ends.
pub(crate) async fn see(
    scenario: &str,
    stage: &Stage,
    raw: Option<&Raw>,
    chosen: &[Contender],
) -> Result<Vec<Written>, Failure> {
    let Some(admin) = &stage.pool else {
        return Ok(Vec::new());
    };
    let make = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
    let counting = sqlx::query(make).execute(admin).await.is_ok();
    let mut options = (*admin.connect_options()).clone();
    if counting {
        options = options.options([("pg_stat_statements.track", "top")]);
    }
    let mut all = Vec::new();
    let own = pool(options.clone(), 1, Some(IDLE)).await?;
    let side = library(stage, &own)?;
    // The library remembers what it read: that is how it works after a while.
    let skus = stage.shop.skus * u64::try_from(stage.tenants.len().min(COUNTED))?;
    let known = if stage.shop.tentative { 0 } else { KNOWN_AFTER };
    handle(&side, known.min(skus)).await?;
    tokio::time::sleep(TOLD + 2 * IDLE).await;
    let before = Counted::now(admin, "oms").await?;
    let orders = handle(&side, ORDERS).await?;
    own.close().await;
    all.push(differ(scenario, "library", admin, ("oms", before), orders).await?);
    let Some(raw) = raw else {
        return Ok(all);
    };
    let raw = Raw {
        options: options.options([("random_page_cost", "1.1"), ("jit", "off")]),
        ..raw.clone()
    };
    // What `bounded` writes is what `batch` does.
    let counted = |contender: &&Contender| !["library", "bounded"].contains(&contender.side);
    for contender in chosen.iter().filter(counted) {
        let side = ceiling(&raw, contender.side).await?;
        let narrow = Narrow::named(contender.side);
        let schema = narrow.map_or("raw", |_| "narrow");
        let before = Counted::now(admin, schema).await?;
        let orders = handle(&side, ORDERS).await?;
        drop(side);
        all.push(differ(scenario, contender.side, admin, (schema, before), orders).await?);
    }
    Ok(all)
}

fn library(stage: &Stage, own: &PgPool) -> Result<Arc<dyn Side>, Failure> {
    let store = PgStore::from_pool(own.clone(), &PgOptions::default());
    let oms = Oms::builder(Arc::new(store)).build();
    let tenants = stage.tenants.iter().take(COUNTED);
    let tenants = tenants.map(|t| oms.tenant(t.id().clone()));
    let tenants: Vec<_> = tenants.collect();
    let shop = stage.shop;
    if shop.tentative {
        let tenant = tenants.first().ok_or("no tenant")?.clone();
        return Ok(Arc::new(Lifecycle { shop, tenant }));
    }
    Ok(Arc::new(Place { shop, tenants }))
}

async fn ceiling(raw: &Raw, side: &str) -> Result<Arc<dyn Side>, Failure> {
    let (raw, connections) = (raw.clone(), raw.connect(1).await?);
    let shape = Shape::With;
    if let Some(what) = Narrow::named(side) {
        let shop = raw.shop;
        return Ok(Arc::new(NarrowOrders {
            shop,
            what,
            connections,
        }));
    }
    Ok(match side {
        _ if raw.shop.tentative => Arc::new(Lives::new(raw, shape, connections)),
        "batch" => Arc::new(Batch {
            raw,
            size: 50,
            connections,
        }),
        _ => Arc::new(One {
            raw,
            shape,
            connections,
        }),
    })
}

/// Lets one caller handle so many orders and answers how many it were.
async fn handle(side: &Arc<dyn Side>, orders: u64) -> Result<u64, Failure> {
    let mut record = Record::new()?;
    while record.orders < orders {
        side.work(0, &mut record).await;
        if let Some((why, _)) = record.errors.first_key_value() {
            return Err(why.clone().into());
        }
    }
    Ok(record.orders)
}

async fn differ(
    scenario: &str,
    side: &'static str,
    admin: &PgPool,
    (schema, before): (&str, Counted),
    orders: u64,
) -> Result<Written, Failure> {
    // The server process of the connection ends a little after the connection.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let after = Counted::now(admin, schema).await?;
    let each = |before: i64, after: i64| {
        let difference = u64::try_from(after - before).unwrap_or(0);
        per(float(difference), float(orders))
    };
    Ok(Written {
        scenario: scenario.to_owned(),
        side,
        rows: each(before.rows, after.rows),
        wal_bytes: each(before.wal, after.wal),
        round_trips: before
            .statements
            .zip(after.statements)
            .map(|(before, after)| each(before, after)),
    })
}
