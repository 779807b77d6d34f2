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

use std::process::ExitCode;

use oms_core::plan::Rejection;
use oms_core::service::{Error, Oms, Tenant};
use oms_examples::program::{self, Failure};
use oms_examples::seed;

use args::Args;
use place::Tally;
use progress::Progress;

/// Orders are placed one batch after the other.
const CONNECTIONS: u32 = 4;

/// Something was refused; the report says what and why.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    program::run("import", |args: Args| async move { run(&args).await })
}

/// Takes everything in and prints the report.
async fn run(args: &Args) -> Result<ExitCode, Failure> {
    let csv = args.csv_options()?;
    if let Some(path) = &args.rejected {
        refused::check(path)?;
    }
    let found = input::find(&args.paths, args.channel)?;
    let seed = args
        .shop
        .files()
        .read()
        .map_err(|problem| problem.to_string())?;
    let opened = args.shop.open(CONNECTIONS).await?;
    let tenant = Oms::builder(opened.store)
        .build()
        .tenant(args.shop.tenant.clone());
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
        if tally.gave_up() {
            tally.leave(&group);
            continue;
        }
        tally.take_in(group).await;
        progress.advance(files, tally.orders_seen());
    }
    progress.finish();
    let ended = tally.finish().await;
    let mut written = Vec::new();
    let done = match &args.rejected {
        Some(path) => refused::write(path, &ended, &mut written),
        None => Ok(()),
    };
    // Also where that failed: orders are stored by now, and nothing else names those that are not.
    program::print(&report::text(args, &ended, &written))?;
    done?;
    if let Some(why) = &ended.away
        && !ended.untried.is_empty()
    {
        return Err(format!(
            "nothing more was tried, since {why}; the report names what is to be imported once more"
        ));
    }
    Ok(match ended.refused.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(REFUSED),
    })
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
