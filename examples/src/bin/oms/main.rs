//! The main job: real order files in, orders delivered, and a report of what became of each.
//!
//! Runs on the in-memory store: no server, no argument, nothing to install. With a database URL
//! it runs on PostgreSQL.

mod args;
mod clock;
mod database;
mod events;
mod expiry;
mod failure;
mod import;
mod inbox;
mod input;
mod job;
mod look;
mod page;
mod progress;
mod rejects;
mod report;
mod samples;
mod shop;
mod text;
mod work;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use oms_examples::{fresh, intake, seed, who, words};

use args::Args;
use failure::Failure;
use report::Report;

/// The job could not run.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let printed = job::run(&args).and_then(|report| {
        print(&args, &report)?;
        Ok(report.summary.exit_code)
    });
    match printed {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // Nobody is left to tell when this fails too.
            let _ = writeln!(io::stderr(), "oms: {failure}.");
            ExitCode::from(FAILED)
        }
    }
}

/// Help and version are no failure; a wrong command line is, and not one of rejected rows.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FAILED)
    }
}

fn print(args: &Args, report: &Report) -> Result<(), Failure> {
    let text = if args.json {
        let mut text = serde_json::to_string_pretty(report).map_err(io::Error::from)?;
        text.push('\n');
        text
    } else if args.quiet {
        text::ending(report)
    } else {
        text::whole(report)
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
