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
#[path = "../../../../oms-store-postgres/tests/common/private.rs"]
mod private;
mod processes;
mod queue;
mod raw;
mod report;
mod scenario;
mod server;
mod shop;
mod stage;
mod stop;
mod written;

use std::fs::OpenOptions;
use std::process::ExitCode;

use serde_json::json;

use crate::args::{Args, Scenario, StoreKind};
use crate::report::{print, say, show};
use crate::scenario::{Figures, play};
use crate::stage::Stages;
use crate::stop::Signals;

/// Ends the program; tasks may carry it.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let args = Args::read();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(run(&args));
            // Callers that still wait, such as for a server that is gone, wait for nothing.
            runtime.shutdown_background();
            ended
        }
        Err(why) => Err(why.into()),
    };
    ended.unwrap_or_else(|why| {
        say(&format!("load: {why}"));
        ExitCode::FAILURE
    })
}

/// Measures until all is measured or a signal comes.
async fn run(args: &Args) -> Result<ExitCode, Failure> {
    if let (Some(orders), Some(url)) = (&args.worker, &args.database_url) {
        processes::work(orders, url).await?;
        return Ok(ExitCode::SUCCESS);
    }
    writable(args)?;
    let mut stages = Stages::new(args).await?;
    let mut signals = Signals::new()?;
    let done = tokio::select! {
        done = all(args, &mut stages) => done.map(|()| ExitCode::SUCCESS),
        code = signals.next() => Ok(code.into()),
    };
    // Whatever happened, the server goes first; nobody who is in a hurry has to wait for it.
    let dropped = tokio::select! {
        dropped = stages.drop() => dropped,
        code = signals.next() => return Ok(code.into()),
    };
    match (done, dropped) {
        (done, Ok(())) => done,
        (Ok(_), Err(why)) => Err(why),
        (Err(first), Err(then)) => Err(format!("{first}; then {then}").into()),
    }
}

/// Finds out whether the files can be written, before minutes are spent on what goes into them.
fn writable(args: &Args) -> Result<(), Failure> {
    let several = args.scenario.len() > 1;
    let plots = args.plot.iter().flat_map(|base| {
        let file = move |scenario: &Scenario| plot::file(base, scenario.name(), several);
        args.scenario.iter().map(file)
    });
    for file in args.json.iter().cloned().chain(plots) {
        let known = file.exists();
        let opened = OpenOptions::new().append(true).create(true).open(&file);
        opened.map_err(|why| format!("{} cannot be written: {why}", file.display()))?;
        if !known {
            std::fs::remove_file(&file)?;
        }
    }
    Ok(())
}

async fn all(args: &Args, stages: &mut Stages) -> Result<(), Failure> {
    print(&heading(args, stages).await?)?;
    let mut played = Vec::new();
    for scenario in &args.scenario {
        let figures = play(args, *scenario, stages).await?;
        show(&figures)?;
        if let Some(base) = &args.plot {
            let file = plot::file(base, scenario.name(), args.scenario.len() > 1);
            plot::draw(&figures.rows, scenario.name(), &file)?;
            print(&format!("\nDrawn into {}", file.display()))?;
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
         bounded: the same statement with no more orders under way than there are callers.\n\
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn files_that_cannot_be_written_are_found_out_first() {
        let folder = private::make("oms-load-files").unwrap();
        let at = |name: &str| folder.join(name).display().to_string();
        let check = |option: &str, name: &str| {
            let path = at(name);
            let args = ["load", "--scenario", "uniform,hot", option, &path];
            writable(&Args::try_parse_from(args).unwrap())
        };
        check("--json", "new.json").unwrap();
        check("--plot", "new.svg").unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        std::fs::write(folder.join("old.json"), "kept").unwrap();
        check("--json", "old.json").unwrap();
        let old = std::fs::read_to_string(folder.join("old.json")).unwrap();
        assert_eq!(old, "kept");
        for option in ["--json", "--plot"] {
            let error = check(option, "nowhere/file.svg").unwrap_err().to_string();
            assert!(error.contains("cannot be written"), "{error}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
