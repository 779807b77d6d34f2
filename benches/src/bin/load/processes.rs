//! Several hosts on one server: copies of this program, each with a handle and connections of its
//! own, that begin at the same time.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use oms_store_postgres::sqlx::ConnectOptions;
use oms_store_postgres::sqlx::postgres::PgPool;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::Failure;
use crate::args::Args;
use crate::compare::{Contender, rows, warm};
use crate::library::{Place, number_from};
use crate::measure::{Record, Sample, Side, run};
use crate::raw::Raw;
use crate::scenario::{Figures, best_one, library, probe, span};
use crate::stage::{Stage, connected};

/// How many processes are measured.
const PROCESSES: [usize; 3] = [1, 2, 4];

/// What a process is told on its command line, as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Orders {
    callers: usize,
    seconds: f64,
    connections: u32,
    skus: u64,
    hubs: u64,
    /// Its orders have numbers from here on.
    from: u64,
}

/// What a process tells.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    orders: u64,
    seconds: f64,
    /// Microseconds, and how many calls took that long.
    latency: Vec<(u64, u64)>,
    errors: Vec<(String, u64)>,
}

/// Places orders with a hot SKU from one, two and four processes, beside the ceiling from one.
pub(crate) async fn play(
    args: &Args,
    stage: &Stage,
    raw: Option<&Raw>,
) -> Result<Figures, Failure> {
    let pool = stage
        .pool
        .as_ref()
        .ok_or("processes need --store postgres")?;
    let mut figures = Figures::default();
    for callers in &args.callers {
        // None without a caller: the row would say less of them than there are.
        let able = |processes: &usize| processes <= callers;
        let able: Vec<usize> = PROCESSES.into_iter().filter(able).collect();
        let mut contenders = Vec::new();
        for processes in &able {
            contenders.push(Contender {
                how: format!("{processes} processes"),
                ..library(stage, *callers)?
            });
        }
        let one = match raw {
            Some(raw) => Some(best_one(raw, *callers, probe(args)).await?),
            None => None,
        };
        contenders.extend(one.clone());
        let mut samples = vec![Vec::new(); contenders.len()];
        for _ in 0..args.repeats {
            let mut turn = samples.iter_mut();
            for (processes, samples) in able.iter().zip(&mut turn) {
                samples.push(together(args, stage, pool, *processes, *callers).await?);
            }
            if let (Some(one), Some(samples)) = (&one, turn.next()) {
                samples.push(warm(&one.work, *callers, span(args)).await?);
            }
        }
        let found = rows("processes", *callers, &contenders, &samples);
        figures.rows.extend(found);
    }
    let tenant = stage.tenants.first().ok_or("no tenant")?;
    let violations = tenant.audit().await?;
    if let Some(first) = violations.first() {
        let count = violations.len();
        return Err(format!("processes: {count} violations, such as {first}").into());
    }
    let note = "processes: the audit finds nothing, so nothing was sold twice";
    figures.notes.push(note.to_owned());
    Ok(figures)
}

/// How many of the callers a process has: all of them have one at least, and they have all.
fn share(callers: usize, processes: usize, process: usize) -> usize {
    let more = callers.checked_rem(processes).unwrap_or(0);
    callers.checked_div(processes).unwrap_or(0) + usize::from(process < more)
}

/// Lets so many processes share the callers; they begin together.
async fn together(
    args: &Args,
    stage: &Stage,
    pool: &PgPool,
    processes: usize,
    callers: usize,
) -> Result<Sample, Failure> {
    let url = pool.connect_options().to_url_lossy().to_string();
    let mut running = Vec::new();
    for process in 0..processes {
        let orders = Orders {
            callers: share(callers, processes, process),
            seconds: args.seconds,
            connections: args.connections,
            skus: stage.shop.skus,
            hubs: stage.shop.hubs,
            from: crate::library::next().saturating_mul(1_000_000),
        };
        running.push(Running::start(&url, &orders, process)?);
    }
    tokio::task::spawn_blocking(move || {
        for process in &mut running {
            process.line("ready")?;
        }
        for process in &mut running {
            process.begin()?;
        }
        let mut record = Record::new()?;
        let mut elapsed = Duration::ZERO;
        for mut process in running {
            let told: Told = serde_json::from_str(&process.line("figures")?)?;
            process.child.wait()?;
            elapsed = elapsed.max(Duration::from_secs_f64(told.seconds));
            record.orders += told.orders;
            for (micros, count) in told.latency {
                record.latency.record_n(micros, count)?;
            }
            for (why, count) in told.errors {
                record.failed(why, count);
            }
        }
        let record = record.measured()?;
        Ok(Sample { record, elapsed })
    })
    .await?
}

/// A process at work; it ends when its input does, so that none outlives this one.
struct Running {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    process: usize,
}

impl Running {
    fn start(url: &str, orders: &Orders, process: usize) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--worker")
            .arg(serde_json::to_string(orders)?)
            // Not on the command line, where everybody could read the password.
            .env("DATABASE_URL", url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("a process has no output")?;
        Ok(Self {
            child,
            output: BufReader::new(output),
            process,
        })
    }

    fn line(&mut self, what: &str) -> Result<String, Failure> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(format!("process {} ended without {what}", self.process).into());
        }
        Ok(line)
    }

    fn begin(&mut self) -> Result<(), Failure> {
        let input = self.child.stdin.as_mut().ok_or("a process has no input")?;
        Ok(input.write_all(b"go\n")?)
    }
}

/// What such a process does: connect, warm up, wait for the word, place orders, tell.
pub(crate) async fn work(orders: &str, url: &str) -> Result<(), Failure> {
    let orders: Orders = serde_json::from_str(orders)?;
    let word = word();
    number_from(orders.from);
    let shop = crate::shop::Shop {
        skus: orders.skus,
        hubs: orders.hubs,
        hot: true,
        tentative: false,
        routing: crate::shop::Routing::Bare,
    };
    let tenants = vec![connected(url, orders.connections).await?];
    let side: Arc<dyn Side> = Arc::new(Place { shop, tenants });
    let span = Duration::from_secs_f64(orders.seconds);
    run(&side, orders.callers, span).await?;
    crate::report::print("ready")?;
    word.await?;
    let sample = run(&side, orders.callers, span).await?;
    let latency = sample.record.latency.iter_recorded();
    let told = Told {
        orders: sample.record.orders,
        seconds: sample.elapsed.as_secs_f64(),
        latency: latency
            .map(|step| (step.value_iterated_to(), step.count_at_value()))
            .collect(),
        errors: sample.record.errors.into_iter().collect(),
    };
    crate::report::print(&serde_json::to_string(&told)?)
}

/// Listens for the word to begin, and goes on listening: when whoever says it is gone, there is
/// nobody to measure for, and the process ends in the middle of what it does.
fn word() -> oneshot::Receiver<()> {
    let (said, heard) = oneshot::channel();
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lines();
        if let Some(Ok(_)) = lines.next() {
            let _heard = said.send(());
            while let Some(Ok(_)) = lines.next() {}
        }
        std::process::exit(1);
    });
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_share_the_callers() {
        for callers in 1..=70 {
            for processes in PROCESSES.into_iter().filter(|count| *count <= callers) {
                let shares: Vec<usize> = (0..processes)
                    .map(|process| share(callers, processes, process))
                    .collect();
                assert_eq!(shares.iter().sum::<usize>(), callers, "{shares:?}");
                assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
            }
        }
    }
}
