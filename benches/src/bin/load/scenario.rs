//! What each scenario measures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oms_core::service::Tenant;
use oms_store_postgres::sqlx::{Executor, PgPool};

use crate::Failure;
use crate::args::{Args, Scenario};
use crate::compare::{Contender, Row, fastest, in_turns, ratio, rows, warm};
use crate::library::{Lifecycle, Place, Reader};
use crate::measure::{Side, run};
use crate::raw::{Batch, Lives, Narrow, NarrowOrders, One, Raw, Shape};
use crate::report::say;
use crate::shop::{Routing, Shop};
use crate::stage::{Stage, Stages, preload, routed};
use crate::written::{Written, see};
use crate::{bloat, limited, processes, queue};

/// What came of a scenario.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// The table.
    pub(crate) rows: Vec<Row>,
    /// What is written per order.
    pub(crate) written: Vec<Written>,
    /// Everything else worth telling, a line each.
    pub(crate) notes: Vec<String>,
}

/// Plays a scenario.
pub(crate) async fn play(
    args: &Args,
    scenario: Scenario,
    stages: &mut Stages,
) -> Result<Figures, Failure> {
    say(&format!("\n{}: setting up", scenario.name()));
    let stage = stages.set(args, scenario).await?;
    let raw = match &stage.pool {
        Some(pool)
            if !args.no_ceilings && !matches!(scenario, Scenario::Reads | Scenario::Routing) =>
        {
            Some(Raw::new(pool, stage.shop, &stage.tenants).await?)
        }
        Some(_) | None => None,
    };
    let mut figures = match scenario {
        Scenario::Uniform | Scenario::Hot | Scenario::Lifecycle | Scenario::Tenants => {
            beside(args, scenario, scenario.name(), &stage, raw.as_ref()).await?
        }
        Scenario::Reads => reads(args, &stage).await?,
        Scenario::Growth => growth(args, &stage, stages, raw.as_ref()).await?,
        Scenario::Processes => processes::play(args, &stage, raw.as_ref()).await?,
        Scenario::Routing => routing(args, &stage).await?,
        Scenario::Queue => queue::play(args, &stage, raw.as_ref()).await?,
    };
    if scenario == Scenario::Tenants {
        let (tenants, skus) = (stage.tenants.len(), stage.shop.skus);
        let note = format!("tenants: {tenants} of them, each with {skus} SKUs at one hub");
        figures.notes.push(note);
    }
    if scenario == Scenario::Hot {
        figures.notes.extend(limited::sell_out(&stage).await?);
    }
    if let Some(pool) = stage.pool {
        pool.close().await;
    }
    Ok(figures)
}

/// How long each measurement takes.
pub(crate) fn span(args: &Args) -> Duration {
    Duration::from_secs_f64(args.seconds)
}

/// How long a candidate is tried.
pub(crate) fn probe(args: &Args) -> Duration {
    (span(args) / 4).clamp(Duration::from_millis(100), Duration::from_secs(1))
}

/// The library beside its ceilings, for each number of callers.
async fn beside(
    args: &Args,
    scenario: Scenario,
    title: &str,
    stage: &Stage,
    raw: Option<&Raw>,
) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    // A batch is of one tenant and places orders only.
    let batches = matches!(
        scenario,
        Scenario::Uniform | Scenario::Hot | Scenario::Growth
    );
    let mut always = Vec::new();
    if let Some(raw) = raw.filter(|_| batches) {
        always.push(best_batch(raw, probe(args)).await?);
        always.push(best_narrow(raw, Narrow::Batch50, &[1, 2, 4, 8], probe(args)).await?);
        always.push(best_narrow(raw, Narrow::Lean, &[8, 32], probe(args)).await?);
    }
    if scenario == Scenario::Tenants {
        acquaint(&library(stage, ACQUAINTING)?, stage.tenants.len()).await?;
    }
    let mut contenders = Vec::new();
    for callers in &args.callers {
        say(&format!("{title}: {callers} callers"));
        contenders = vec![library(stage, *callers)?];
        if let Some(raw) = raw {
            contenders.push(best_one(raw, *callers, probe(args)).await?);
        }
        if let Some(raw) = raw.filter(|_| batches) {
            contenders.push(best_bounded(raw, *callers, probe(args)).await?);
        }
        contenders.extend(always.iter().cloned());
        let samples = in_turns(&contenders, args.repeats, span(args)).await?;
        figures
            .rows
            .extend(rows(title, *callers, &contenders, &samples));
    }
    figures.written = see(title, stage, raw, &contenders).await?;
    Ok(figures)
}

/// Callers that place the first orders of many tenants.
const ACQUAINTING: usize = 64;

/// Most of what the orders of a small shop name was asked for once by then.
const ORDERS_OF_AN_ACQUAINTANCE: u64 = 20;

/// Places the first orders of every tenant, which ask for what is not remembered yet: a turn is too
/// short for a thousand tenants to get there.
async fn acquaint(library: &Contender, tenants: usize) -> Result<(), Failure> {
    let enough = ORDERS_OF_AN_ACQUAINTANCE * u64::try_from(tenants)?;
    let mut orders = 0;
    while orders < enough {
        let sample = run(&library.work, library.callers, Duration::from_secs(1)).await?;
        if sample.record.orders == 0 {
            return Err("no order was placed".into());
        }
        orders += sample.record.orders;
    }
    Ok(())
}

pub(crate) fn library(stage: &Stage, callers: usize) -> Result<Contender, Failure> {
    let shop = stage.shop;
    let work: Arc<dyn Side> = if shop.tentative {
        let tenant = stage.tenants.first().ok_or("no tenant")?.clone();
        Arc::new(Lifecycle { shop, tenant })
    } else {
        let tenants = stage.tenants.clone();
        Arc::new(Place { shop, tenants })
    };
    Ok(Contender {
        side: "library",
        how: String::new(),
        callers,
        work,
    })
}

/// The better of two shapes, over as many connections as callers and over 16.
pub(crate) async fn best_one(
    raw: &Raw,
    callers: usize,
    span: Duration,
) -> Result<Contender, Failure> {
    let mut counts = vec![callers.min(64)];
    if callers > 16 {
        counts.push(16);
    }
    let mut candidates = Vec::new();
    for connections in counts {
        for shape in [Shape::With, Shape::Function] {
            let (raw, own) = (raw.clone(), raw.connect(connections).await?);
            let work: Arc<dyn Side> = if raw.shop.tentative {
                Arc::new(Lives::new(raw, shape, own))
            } else {
                Arc::new(One {
                    raw,
                    shape,
                    connections: own,
                })
            };
            candidates.push(Contender {
                side: "one",
                how: format!("{}, {connections} connections", shape.name()),
                callers,
                work,
            });
        }
    }
    fastest(candidates, span).await
}

/// The best number of connections and size of batches.
async fn best_batch(raw: &Raw, span: Duration) -> Result<Contender, Failure> {
    let mut candidates = Vec::new();
    for connections in [1, 2, 4, 8] {
        for size in [10, 50, 100, 200] {
            candidates.push(batch("batch", raw, connections, size).await?);
        }
    }
    fastest(candidates, span).await
}

/// The best number of connections for batches that hold, all together, one order of each caller:
/// who waits for an answer asks for no second order, so this is all that callers have under way.
async fn best_bounded(raw: &Raw, callers: usize, span: Duration) -> Result<Contender, Failure> {
    let mut candidates = Vec::new();
    for connections in [1, 2, 4, 8] {
        let size = callers / connections;
        if size > 0 {
            candidates.push(batch("bounded", raw, connections, size).await?);
        }
    }
    fastest(candidates, span).await
}

async fn batch(
    side: &'static str,
    raw: &Raw,
    connections: usize,
    size: usize,
) -> Result<Contender, Failure> {
    Ok(Contender {
        side,
        how: format!("{size} orders, {connections} connections"),
        callers: connections,
        work: Arc::new(Batch {
            raw: raw.clone(),
            size,
            connections: raw.connect(connections).await?,
        }),
    })
}

/// The best number of connections, each used by one caller.
async fn best_narrow(
    raw: &Raw,
    what: Narrow,
    connections: &[usize],
    span: Duration,
) -> Result<Contender, Failure> {
    let mut candidates = Vec::new();
    for &connections in connections {
        candidates.push(Contender {
            side: what.name(),
            how: format!("narrow tables, {connections} connections"),
            callers: connections,
            work: Arc::new(NarrowOrders {
                shop: raw.shop,
                what,
                connections: raw.connect(connections).await?,
            }),
        });
    }
    fastest(candidates, span).await
}

/// Placements alone, and placements while one reader reads, in turns.
async fn reads(args: &Args, stage: &Stage) -> Result<Figures, Failure> {
    let tenant = stage.tenants.first().ok_or("no tenant")?.clone();
    let reader: Arc<dyn Side> = Arc::new(Reader { tenant });
    let mut figures = Figures::default();
    for callers in &args.callers {
        say(&format!("reads: {callers} callers"));
        let alone = library(stage, *callers)?;
        in_turns(std::slice::from_ref(&alone), 0, span(args)).await?;
        let mut samples = vec![Vec::new(); 3];
        for _ in 0..args.repeats {
            let quiet = warm(&alone.work, *callers, span(args)).await?;
            let (reader, span) = (reader.clone(), span(args));
            let reading = tokio::spawn(async move { run(&reader, 1, span).await });
            let placing = run(&alone.work, *callers, span).await;
            let mut reading = reading.await??;
            // So that the row counts reads per second.
            reading.record.orders = reading.record.latency.len();
            for (samples, sample) in samples.iter_mut().zip([quiet, placing?, reading]) {
                samples.push(sample);
            }
        }
        let named = |side, how: &str| Contender {
            side,
            how: how.to_owned(),
            ..alone.clone()
        };
        let contenders = [
            named("library", "placements, nobody reads"),
            named("library", "placements, one reads"),
            named("reader", "reads, of pages and orders"),
        ];
        figures
            .rows
            .extend(rows("reads", *callers, &contenders, &samples));
    }
    Ok(figures)
}

/// The same orders in shops that differ by how hubs are chosen, in turns.
async fn routing(args: &Args, stage: &Stage) -> Result<Figures, Failure> {
    let mut shops = Vec::new();
    for routing in [Routing::Priority, Routing::Scored, Routing::Capacity] {
        let (shop, tenant) = routed(stage, routing).await?;
        shops.push((routing, shop, tenant));
    }
    let mut figures = Figures::default();
    for callers in &args.callers {
        say(&format!("routing: {callers} callers"));
        let contender = |(routing, shop, tenant): &(Routing, Shop, Tenant)| Contender {
            side: routing.name(),
            how: String::new(),
            callers: *callers,
            work: Arc::new(Place {
                shop: *shop,
                tenants: vec![tenant.clone()],
            }),
        };
        let contenders: Vec<Contender> = shops.iter().map(contender).collect();
        let samples = in_turns(&contenders, args.repeats, span(args)).await?;
        let rows = rows("routing", *callers, &contenders, &samples);
        let (first, others) = rows.split_first().ok_or("nothing was measured")?;
        for row in others {
            // The slower, the more it costs.
            let cost = ratio(&first.rates, &row.rates);
            let side = row.side;
            figures.notes.push(format!(
                "{callers} callers: a placement {side} costs {cost:.2} times one by priority"
            ));
        }
        figures.rows.extend(rows);
    }
    Ok(figures)
}

/// Leaves the server as it is when nobody stored much lately: otherwise the first turns pay for
/// what was stored, not for the size.
async fn settle(pool: &PgPool, stages: &mut Stages) -> Result<(), Failure> {
    let began = Instant::now();
    pool.execute("VACUUM (ANALYZE)").await?;
    stages.checkpoint().await?;
    say(&format!("settled in {} s", began.elapsed().as_secs()));
    Ok(())
}

/// How many orders the small store of `growth` holds.
const SMALL: u64 = 10_000;

/// The same on a small store and on a large one. The ceilings stay small: they tell what the
/// machine did in between.
async fn growth(
    args: &Args,
    stage: &Stage,
    stages: &mut Stages,
    raw: Option<&Raw>,
) -> Result<Figures, Failure> {
    let mut all = Figures::default();
    let small = SMALL.min(args.preload);
    let mut stored = 0;
    let mut sizes = vec![small, args.preload];
    sizes.dedup();
    for orders in sizes {
        preload(stage, orders - stored).await?;
        stored = orders;
        if let Some(pool) = &stage.pool {
            settle(pool, stages).await?;
        }
        let title = format!("growth, {orders} stored");
        let figures = beside(args, Scenario::Growth, &title, stage, raw).await?;
        all.rows.extend(figures.rows);
        all.written.extend(figures.written);
        if let Some(pool) = &stage.pool {
            all.notes
                .push(format!("{title}, and after the measurement:"));
            all.notes.extend(bloat::tables(pool).await?);
        }
    }
    Ok(all)
}
