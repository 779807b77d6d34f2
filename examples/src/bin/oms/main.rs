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

use oms_examples::{fresh, intake, program, seed, who, words};

use args::Args;
use failure::Failure;
use report::Report;

fn main() -> ExitCode {
    let args: Args = match program::args() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let ended = job::run(&args).and_then(|ended| {
        print(&args, &ended.report)?;
        match ended.failure {
            Some(failure) => Err(failure),
            None => Ok(ExitCode::from(ended.report.summary.exit_code)),
        }
    });
    program::end("oms", ended)
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
