//! Why the job could not run.

use std::io;

/// Why the job could not run: one sentence for a person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A path that leads nowhere, or may not be read.
    #[error("{path} cannot be read: {}", plain(.source))]
    Unreadable {
        /// What the user gave.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A file that holds something else than it should.
    #[error("{file} {problem}")]
    BadFile {
        /// Its name.
        file: String,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
    },
    /// The folder for rejected rows cannot be written.
    #[error("{path} cannot be written: {}", plain(.source))]
    Unwritable {
        /// The path.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A command failed that has no reason to.
    #[error("{what} failed: {source}")]
    Command {
        /// What was tried.
        what: String,
        /// What the library says.
        source: oms_core::service::Error,
    },
    /// The database cannot be used; `problem` says why.
    #[error("the database cannot be used: {problem}")]
    Database {
        /// What was found and what is wanted.
        problem: String,
    },
    /// The store is not as it should be.
    #[error("the store's own check found {violations} violations; the report names each")]
    Unsound {
        /// How many.
        violations: usize,
    },
    /// The runtime that the database needs does not start.
    #[error("the program cannot start: {}", plain(.0))]
    Runtime(io::Error),
    /// The report cannot be printed.
    #[error("the report cannot be printed: {0}")]
    Print(#[from] io::Error),
}

/// The system's words without its error number.
fn plain(error: &io::Error) -> String {
    let words = error.to_string();
    match words.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => words,
    }
}

/// Says what was tried when it fails.
pub(crate) trait Trying<T> {
    /// The value, or a failure that says what was tried.
    fn trying(self, what: &str) -> Result<T, Failure>;
}

impl<T> Trying<T> for Result<T, oms_core::service::Error> {
    fn trying(self, what: &str) -> Result<T, Failure> {
        self.map_err(|source| Failure::Command {
            what: what.to_owned(),
            source,
        })
    }
}
