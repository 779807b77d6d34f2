//! The load generator: `cargo run --release -p benches --bin load -- --help`.
//!
//! A scenario is set up on a stage (a store with a furnished shop), the library and the ceilings
//! are measured there in turns, and rows come out.

mod args;
#[path = "../../../../oms-store-postgres/tests/common/binaries.rs"]
mod binaries;
mod bloat;
mod compare;
mod library;
mod limited;
mod measure;
mod plot;
mod processes;
mod queue;
mod raw;
mod report;
mod scenario;
mod server;
mod shop;
mod stage;
mod written;

use clap::Parser;
use serde_json::json;

use crate::args::{Args, StoreKind};
use crate::report::{print, show};
use crate::scenario::{Figures, play};
use crate::stage::Stages;

/// Ends the program; tasks may carry it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if let (Some(orders), Some(url)) = (&args.worker, &args.database_url) {
            return processes::work(orders, url).await;
        }
        let mut stages = Stages::new(&args).await?;
        let done = all(&args, &mut stages).await;
        // Whatever happened, the server goes first.
        stages.drop().await?;
        done
    })
}

async fn all(args: &Args, stages: &mut Stages) -> Result<(), Failure> {
    print(&heading(args, stages).await?);
    let mut played = Vec::new();
    for scenario in &args.scenario {
        let figures = play(args, *scenario, stages).await?;
        show(&figures);
        if let Some(base) = &args.plot {
            let file = plot::file(base, scenario.name(), args.scenario.len() > 1);
            plot::draw(&figures.rows, scenario.name(), &file)?;
            print(&format!("\nDrawn into {}", file.display()));
        }
        played.push(figures);
        // A long run that is cut short leaves what it had.
        if let Some(file) = &args.json {
            std::fs::write(file, json(&played)?)?;
        }
    }
    Ok(())
}

async fn heading(args: &Args, stages: &mut Stages) -> Result<String, Failure> {
    let cores = std::thread::available_parallelism()?;
    let what = match (&mut stages.server, args.store) {
        (Some(server), _) => server.describe().await?,
        (None, StoreKind::Memory | StoreKind::Postgres) => {
            "memory store (its ceiling is the plain program of `cargo bench -p benches --bench \
             memory`)"
                .to_owned()
        }
    };
    Ok(format!(
        "{what}; {cores} cores for callers and server\n{} SKUs at {} hubs, 3 lines of 2 units an \
         order, medians of {} runs of {} s in turns\n\
         one: the best single statement per order. batch: the best statement for many orders; its \
         latency is that of a whole batch.\n\
         lean, batch50: one order and 50 orders per statement in narrow tables with integer keys, \
         without documents, history and names.",
        args.skus, args.hubs, args.repeats, args.seconds
    ))
}

fn json(played: &[Figures]) -> Result<String, Failure> {
    let scenario = |figures: &Figures| {
        json!({
            "rows": figures.rows,
            "written_per_order": figures.written,
            "notes": figures.notes,
        })
    };
    let played: Vec<_> = played.iter().map(scenario).collect();
    Ok(serde_json::to_string_pretty(&played)?)
}
