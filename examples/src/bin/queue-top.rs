//! How the queues of a database stand: a table that is drawn again every few seconds, the table
//! once, or the text that Prometheus reads.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use comfy_table::{CellAlignment, Table};
use oms_core::port::{EventFeed, JobQueue, Store, StoreError};
use oms_core::service::{Standing, prometheus_text};
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{IdError, QueueName, TenantId, Timestamp};
use oms_examples::{program, store};
use oms_store_postgres::{PgOptions, PgStore};

/// Shows how the queues of a database stand.
#[derive(Debug, Parser)]
#[command(name = "queue-top", version)]
struct Args {
    /// The PostgreSQL database [default: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Only this tenant; may be given several times
    #[arg(long, value_name = "ID")]
    tenant: Vec<String>,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2,
        value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Look once, print the table, end
    #[arg(long)]
    once: bool,
    /// Look once, print what Prometheus reads, end
    #[arg(long, conflicts_with = "once")]
    prometheus: bool,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no database is named: give --database-url or {}", store::VARIABLE)]
    NoDatabase,
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Jobs ever done of each queue at the look before, and when that was.
type Before = BTreeMap<(TenantId, QueueName), (Timestamp, u64)>;

fn main() -> ExitCode {
    program::run("queue-top", top)
}

async fn top(args: Args) -> Result<ExitCode, program::Failure> {
    match show(&args).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Whoever reads has seen enough.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => Err(failure.to_string()),
    }
}

async fn show(args: &Args) -> Result<(), Failure> {
    let url = store::url(args.database_url.as_deref());
    let url = url.ok_or(Failure::NoDatabase)?;
    let store = PgStore::connect(&url, PgOptions::default().max_connections(1)).await?;
    store.check().await?;
    let mut before = Before::new();
    loop {
        let standings = look(&store, args).await?;
        if args.prometheus {
            return print(&prometheus_text(&standings));
        }
        let table = table(&standings, &before);
        if args.once {
            return print(&format!("{table}\n"));
        }
        // Home, then clear: the screen does not flicker.
        print(&format!("\x1b[H\x1b[2J{table}\n"))?;
        before = remember(&standings);
        tokio::time::sleep(Duration::from_secs(args.every)).await;
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

async fn look(store: &PgStore, args: &Args) -> Result<Vec<Standing>, Failure> {
    let mut tenants = Vec::new();
    for tenant in &args.tenant {
        tenants.push(TenantId::parse(tenant)?);
    }
    let mut after = None;
    while args.tenant.is_empty() {
        let page = store.tenants(after.as_ref(), PAGE_ITEMS_MAX).await?;
        // Numbers of all but one tenant would be taken for those of all.
        let page = page.whole().map_err(StoreError::from)?;
        tenants.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut standings = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        let queues = store.queue_stats(&tenant).await?;
        let subscriptions = store.subscriptions(&tenant).await?;
        standings.push(Standing {
            tenant,
            queues,
            subscriptions,
        });
    }
    Ok(standings)
}

fn remember(standings: &[Standing]) -> Before {
    let mut before = Before::new();
    for standing in standings {
        for stats in &standing.queues.queues {
            let key = (standing.tenant.clone(), stats.queue.clone());
            before.insert(key, (standing.queues.now, stats.done));
        }
    }
    before
}

fn table(standings: &[Standing], before: &Before) -> String {
    let mut queues = Table::new();
    queues.load_preset(comfy_table::presets::NOTHING);
    queues.set_header([
        "tenant", "queue", "ready", "later", "running", "retrying", "dead", "oldest", "done",
        "done/s",
    ]);
    for standing in standings {
        for stats in &standing.queues.queues {
            let now = standing.queues.now;
            let key = (standing.tenant.clone(), stats.queue.clone());
            let last = before.get(&key);
            let rate = last.and_then(|(at, done)| rate(*at, now, stats.done.checked_sub(*done)?));
            queues.add_row([
                standing.tenant.to_string(),
                stats.queue.to_string(),
                stats.ready.to_string(),
                stats.scheduled.to_string(),
                stats.running.to_string(),
                stats.retrying.to_string(),
                stats.dead.to_string(),
                stats
                    .oldest_due_at
                    .map_or_else(dash, |since| age(since, now)),
                stats.done.to_string(),
                rate.map_or_else(dash, |rate| rate.to_string()),
            ]);
        }
    }
    for column in queues.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut feeds = Table::new();
    feeds.load_preset(comfy_table::presets::NOTHING);
    feeds.set_header(["tenant", "subscriber", "behind", "oldest"]);
    for standing in standings {
        for place in &standing.subscriptions {
            let now = standing.queues.now;
            feeds.add_row([
                standing.tenant.to_string(),
                place.name.to_string(),
                place.behind.to_string(),
                place.oldest_at.map_or_else(dash, |since| age(since, now)),
            ]);
        }
    }
    format!("{queues}\n\n{feeds}")
}

fn dash() -> String {
    "-".to_owned()
}

/// Jobs done per second; none for no time.
fn rate(from: Timestamp, to: Timestamp, done: u64) -> Option<u64> {
    let micros = u64::try_from(to.micros_since(from)).ok()?;
    done.saturating_mul(1_000_000).checked_div(micros)
}

/// How long ago, in the largest unit that is not zero.
fn age(since: Timestamp, now: Timestamp) -> String {
    let secs = now.micros_since(since).max(0) / 1_000_000;
    match secs {
        0..60 => format!("{secs} s"),
        60..3_600 => format!("{} min", secs / 60),
        3_600..86_400 => format!("{} h", secs / 3_600),
        _ => format!("{} d", secs / 86_400),
    }
}
