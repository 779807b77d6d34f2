//! How the programs begin and end: the options that they have in common, one sentence for what
//! cannot be done, and a line for the log.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use oms_core::value::TenantId;

use crate::run::ToStop;
use crate::seed::SeedFiles;
use crate::store::{self, Opened};

/// Why a program could not run: one sentence for a person, without the full stop.
pub type Failure = String;

/// Whose shop it is, what it has, and where it is kept.
#[derive(Debug, clap::Args)]
pub struct Shop {
    /// Whose data it is
    #[arg(long, value_name = "ID", default_value = "my-shop")]
    pub tenant: TenantId,
    /// Your SKUs, as CSV; each replaces the one in the database as a whole
    #[arg(long, value_name = "FILE")]
    pub skus: Option<PathBuf>,
    /// Your hubs, as CSV; each replaces the one in the database as a whole
    #[arg(long, value_name = "FILE")]
    pub hubs: Option<PathBuf>,
    /// Your stock, as CSV; hubs and SKUs that only it names are made where they are missing
    #[arg(long, value_name = "FILE")]
    pub stock: Option<PathBuf>,
    /// Keep all in this PostgreSQL database [default: DATABASE_URL, or memory]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// Make the schema of the database first, or bring it up to date
    #[arg(long)]
    pub migrate: bool,
}

impl Shop {
    /// The files of the shop.
    #[must_use]
    pub fn files(&self) -> SeedFiles {
        SeedFiles {
            hubs: self.hubs.clone(),
            skus: self.skus.clone(),
            stock: self.stock.clone(),
        }
    }

    /// The store it is kept in, with a pool of at most `connections` where it is a database.
    ///
    /// # Errors
    /// When the database cannot be used, or none is named that could be migrated.
    pub async fn open(&self, connections: u32) -> Result<Opened, Failure> {
        let url = store::url(self.database_url.as_deref());
        if url.is_none() && self.migrate {
            return Err("--migrate needs --database-url or DATABASE_URL".to_owned());
        }
        let opened = store::open(url.as_deref(), self.migrate, connections).await;
        opened.map_err(|problem| format!("the database cannot be used: {problem}"))
    }
}

/// Reads the command line, runs the program on one thread, and says in one sentence why it could
/// not run: that, and a wrong command line, are the exit code 1.
pub fn run<A, F>(name: &str, program: impl FnOnce(A) -> F) -> ExitCode
where
    A: Parser,
    F: Future<Output = Result<ExitCode, Failure>>,
{
    let args = match args() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(program(args)),
        Err(problem) => Err(format!("the program cannot start: {problem}")),
    };
    end(name, done)
}

/// The same for a program that runs until it is told to end: from its first step on it hears when
/// that is, and until it [waits for that](ToStop::told) it ends at once.
pub fn serve<A, F>(name: &str, program: impl FnOnce(A, ToStop) -> F) -> ExitCode
where
    A: Parser,
    F: Future<Output = Result<ExitCode, Failure>>,
{
    run(name, |args: A| async move {
        program(args, ToStop::listen()).await
    })
}

/// Reads the command line.
///
/// # Errors
/// The exit code of a program that has nothing more to do: it showed its help or its version, which
/// is no failure, or the command line is wrong.
pub fn args<A: Parser>() -> Result<A, ExitCode> {
    A::try_parse().map_err(|error| {
        let _ = error.print();
        let kind = error.kind();
        if matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    })
}

/// How a program ends: with its code, or with one sentence on why it could not run.
pub fn end(name: &str, done: Result<ExitCode, impl Display>) -> ExitCode {
    done.unwrap_or_else(|failure| {
        // Nobody is left to tell when this fails too.
        let _ = writeln!(io::stderr(), "{name}: {failure}.");
        ExitCode::FAILURE
    })
}

/// Prints, and takes it well when whoever reads has seen enough.
///
/// # Errors
/// When the standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|problem| format!("nothing can be printed: {problem}")),
    }
}
