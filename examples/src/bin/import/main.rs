//! Takes orders in: a folder of payloads of a sales channel, or CSV files. What was accepted, what
//! was known already, what waits for a person and what was refused, and why, stands in a report.
//!
//! One bad file loses no other file, and one bad order loses no other order.

mod args;
mod csv_options;
mod input;
mod place;
mod progress;
mod read;
mod refused;
mod report;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use oms_core::plan::Rejection;
use oms_core::service::{Error, Oms, Tenant};
use oms_examples::{seed, store};

use args::Args;
use place::Tally;
use progress::Progress;

/// The import could not run at all.
const FAILED: u8 = 1;

/// Something was refused; the report says what and why.
const REFUSED: u8 = 2;

/// Why the import could not run: one sentence for a person.
type Failure = String;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            let asked = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            return if asked {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FAILED)
            };
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(&args)),
        Err(problem) => Err(format!("the program cannot start: {problem}")),
    };
    match done {
        Ok(refused) if refused => ExitCode::from(REFUSED),
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when this fails too.
            let _ = writeln!(io::stderr(), "import: {failure}.");
            ExitCode::from(FAILED)
        }
    }
}

/// Takes everything in and prints the report; true when something was refused.
async fn run(args: &Args) -> Result<bool, Failure> {
    let csv = args.csv_options()?;
    let found = input::find(&args.paths, args.channel)?;
    let seed = args.seed().read().map_err(|problem| problem.to_string())?;
    let url = store::url(args.database_url.as_deref());
    if url.is_none() && args.migrate {
        return Err("--migrate needs --database-url or DATABASE_URL".to_owned());
    }
    let opened = store::open(url.as_deref(), args.migrate).await;
    let opened = opened.map_err(|problem| format!("the database cannot be used: {problem}"))?;
    let tenant = Oms::builder(opened.store)
        .build()
        .tenant(args.tenant.clone());
    let connection = args.connection()?;
    if args.dry_run && !opened.in_memory {
        exists(&tenant).await?;
    } else {
        let channels = [(connection.clone(), connection.to_string())];
        let stored = seed::open(&tenant, &seed, &channels).await;
        stored.map_err(|problem| format!("hubs, SKUs and stock cannot be stored: {problem}"))?;
    }
    let mut tally = Tally::new(tenant, connection, args, csv);
    tally.refuse(found.unreadable);
    let mut progress = Progress::new(found.files.len(), args.quiet);
    for group in read::groups(args.channel, found.files) {
        let files = group.len();
        tally.take_in(group).await;
        progress.advance(files, tally.orders_seen());
    }
    progress.finish();
    let ended = tally.finish().await;
    let written = match &args.rejected {
        Some(path) => refused::write(path, &ended)?,
        None => Vec::new(),
    };
    print(&report::text(args, &ended, &written))?;
    Ok(!ended.refused.is_empty())
}

/// A dry run writes nothing, so it cannot make what is missing.
async fn exists(tenant: &Tenant) -> Result<(), Failure> {
    match tenant.settings().await {
        Ok(_) => Ok(()),
        Err(Error::Rejected(Rejection::UnknownTenant { tenant })) => Err(format!(
            "the database has no tenant {tenant} yet, and a dry run does not make it"
        )),
        Err(problem) => Err(format!("the settings cannot be read: {problem}")),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|problem| format!("the report cannot be printed: {problem}")),
    }
}
