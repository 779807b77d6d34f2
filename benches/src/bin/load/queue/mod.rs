//! Jobs: claimed and completed by batches, pushed one by one and in bulk, and many in a row.

mod ceiling;
mod library;
mod peers;
mod steady;

use std::sync::Arc;

use oms_core::value::TenantId;
use oms_store_postgres::sqlx::postgres::PgPool;
use oms_store_postgres::sqlx::{self, AssertSqlSafe, Executor};
use oms_store_postgres::{PgOptions, PgStore};

use crate::Failure;
use crate::args::Args;
use crate::compare::{Contender, Row, fastest, in_turns, rows};
use crate::measure::drain;
use crate::raw::Raw;
use crate::report::say;
use crate::scenario::{Figures, probe, span};
use crate::stage::Stage;

/// Jobs of one claim and of one completion.
const BATCH: usize = 100;

/// Those who claim and complete at once: where the ceiling was highest on two cores.
const TAKERS: usize = 4;

/// Callers that push one job at a time.
const PUSHERS: usize = 16;

/// Jobs of one push in bulk, and callers that do so.
const BULK: usize = 1_000;
const BULK_PUSHERS: usize = 2;

/// Jobs that wait at the beginning of each measurement of claims.
const WAITING: i64 = 50_000;

/// The payload of every job.
const PAYLOAD: &str = r#"{"order":"0198c0de-0000-7000-8000-000000000000"}"#;

/// The queue and the kind of every job.
const QUEUE: &str = "bench";
const KIND: &str = "nothing";

/// Where jobs are.
#[derive(Clone, Debug)]
struct Place {
    store: PgStore,
    pool: PgPool,
    tenant: TenantId,
}

/// Measures jobs.
pub(crate) async fn play(
    args: &Args,
    stage: &Stage,
    raw: Option<&Raw>,
) -> Result<Figures, Failure> {
    let pool = stage.pool.clone();
    let pool = pool.ok_or("jobs are measured on PostgreSQL: --store postgres")?;
    let tenant = stage.tenants.first().ok_or("no tenant")?.id().clone();
    let place = Place {
        store: PgStore::from_pool(pool.clone(), &PgOptions::default()),
        pool,
        tenant,
    };
    if raw.is_some() {
        place.pool.execute(include_str!("../raw/jobs.sql")).await?;
    }
    let mut figures = Figures::default();
    for rows in [
        taken(args, &place, raw).await?,
        pushed(args, &place, raw).await?,
        pushed_in_bulk(args, &place, raw).await?,
    ] {
        figures.notes.extend(peers::beside(&rows));
        figures.rows.extend(rows);
    }
    if args.jobs > 0 {
        figures.notes.extend(steady::run(args, &place).await?);
    }
    Ok(figures)
}

/// Claims and completions, until nothing waits any more; in turns.
async fn taken(args: &Args, place: &Place, raw: Option<&Raw>) -> Result<Vec<Row>, Failure> {
    say("queue: claimed and completed");
    let mut contenders = vec![
        Contender {
            side: "library",
            how: format!("claim and complete {BATCH}"),
            callers: TAKERS,
            work: Arc::new(library::Take::new(place)),
        },
        Contender {
            side: "worker",
            how: format!("Worker, {BATCH} at once"),
            callers: TAKERS,
            work: Arc::new(library::Works::new(place, TAKERS)?),
        },
    ];
    if let Some(raw) = raw {
        contenders.push(Contender {
            side: "one",
            how: format!("UPDATE and DELETE of {BATCH}"),
            callers: TAKERS,
            work: Arc::new(ceiling::Take::new(place, raw.connect(TAKERS).await?)),
        });
    }
    let mut samples = vec![Vec::new(); contenders.len()];
    // The first time is for statements to be prepared.
    for turn in 0..=args.repeats {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let table = if contender.side == "one" {
                "raw"
            } else {
                "oms"
            };
            fill(place, table).await?;
            let sample = drain(&contender.work, contender.callers).await?;
            if turn > 0 {
                samples.push(sample);
            }
        }
    }
    empty(place, raw.is_some()).await?;
    Ok(rows("queue, done", TAKERS, &contenders, &samples))
}

/// Pushes of one job each, by many callers.
async fn pushed(args: &Args, place: &Place, raw: Option<&Raw>) -> Result<Vec<Row>, Failure> {
    say("queue: pushed one by one");
    let mut contenders = vec![
        Contender {
            side: "library",
            how: "one each".to_owned(),
            callers: PUSHERS,
            work: Arc::new(library::Push::new(place, 1, true)?),
        },
        Contender {
            side: "alone",
            how: "one each, not coalesced".to_owned(),
            callers: PUSHERS,
            work: Arc::new(library::Push::new(place, 1, false)?),
        },
    ];
    if let Some(raw) = raw {
        contenders.push(Contender {
            side: "one",
            how: format!("INSERT, {PUSHERS} connections"),
            callers: PUSHERS,
            work: Arc::new(ceiling::Push::new(place, raw.connect(PUSHERS).await?, 1)),
        });
    }
    let samples = in_turns(&contenders, args.repeats, span(args)).await?;
    empty(place, raw.is_some()).await?;
    Ok(rows("queue, pushed", PUSHERS, &contenders, &samples))
}

/// Pushes of many jobs each.
async fn pushed_in_bulk(
    args: &Args,
    place: &Place,
    raw: Option<&Raw>,
) -> Result<Vec<Row>, Failure> {
    say("queue: pushed in bulk");
    let mut contenders = vec![Contender {
        side: "library",
        how: format!("{BULK} each"),
        callers: BULK_PUSHERS,
        work: Arc::new(library::Push::new(place, BULK, true)?),
    }];
    if let Some(raw) = raw {
        let mut candidates = Vec::new();
        for connections in [1, BULK_PUSHERS] {
            let own = raw.connect(connections).await?;
            candidates.push(Contender {
                side: "one",
                how: format!("INSERT of {BULK}, {connections} connections"),
                callers: connections,
                work: Arc::new(ceiling::Push::new(place, own, BULK)),
            });
        }
        contenders.push(fastest(candidates, probe(args)).await?);
    }
    empty(place, raw.is_some()).await?;
    let samples = in_turns(&contenders, args.repeats, span(args)).await?;
    empty(place, raw.is_some()).await?;
    Ok(rows("queue, bulk", BULK_PUSHERS, &contenders, &samples))
}

/// Forgets every job.
async fn empty(place: &Place, raw: bool) -> Result<(), Failure> {
    place.pool.execute("TRUNCATE oms.job").await?;
    if raw {
        place.pool.execute("TRUNCATE raw.job").await?;
    }
    Ok(())
}

/// Lets so many jobs wait in a table that was empty, as if they had been pushed one after another.
async fn fill(place: &Place, schema: &str) -> Result<(), Failure> {
    let table = format!("TRUNCATE {schema}.job");
    place.pool.execute(AssertSqlSafe(table)).await?;
    let sql = format!(
        "INSERT INTO {schema}.job (tenant, id, queue, kind, payload, run_at) \
         SELECT $1, ('0198c0de-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2, $3, $4, \
         clock_timestamp() FROM generate_series(1, $5::bigint) n"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(place.tenant.as_str())
        .bind(QUEUE)
        .bind(KIND)
        .bind(PAYLOAD)
        .bind(WAITING)
        .execute(&place.pool)
        .await?;
    // What the plans of plain SQL need to know, and what either side would otherwise do meanwhile.
    let sql = format!("VACUUM ANALYZE {schema}.job");
    place.pool.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}
