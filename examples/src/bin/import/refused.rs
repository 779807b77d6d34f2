//! What was refused: for the report, and as a CSV file.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use oms_core::channel::csv::{Headers, RejectedRow, write_rejected};
use oms_core::channel::{ChannelError, ChannelErrorKind};
use oms_examples::fresh;
use oms_examples::program::Failure;

use crate::place::Ended;

/// A file, a row or an order that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The file.
    pub(crate) file: String,
    /// The order, as the channel calls it; `None` when it is about the file.
    pub(crate) order: Option<String>,
    /// Where: a JSON path, or a line and a column.
    pub(crate) place: String,
    /// What stands there, shortened.
    pub(crate) value: String,
    /// The stable code.
    pub(crate) code: String,
    /// What is wrong, or what was expected.
    pub(crate) reason: String,
}

impl Refusal {
    /// A file as a whole; the reason is the rest of a sentence.
    pub(crate) fn file(name: &str, code: &str, reason: &str) -> Self {
        Self {
            file: name.to_owned(),
            order: None,
            place: String::new(),
            value: String::new(),
            code: code.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// What a reader says.
    pub(crate) fn payload(name: &str, problem: &ChannelError) -> Self {
        let order = problem.order.as_deref().map(|at| match &at.id {
            Some(id) => id.clone(),
            None => format!("no. {}", at.index.saturating_add(1)),
        });
        let reason = match problem.kind {
            ChannelErrorKind::Missing | ChannelErrorKind::MissingColumn => {
                format!("is missing; expected {}", problem.expected)
            }
            ChannelErrorKind::NotUtf8
            | ChannelErrorKind::NotJson
            | ChannelErrorKind::UnknownFormat
            | ChannelErrorKind::WrongType
            | ChannelErrorKind::Invalid { .. }
            | ChannelErrorKind::RepeatedColumn
            | _ => format!("expected {}", problem.expected),
        };
        // What is no JSON has a line and a column in place of a path.
        let (place, value) = match problem.kind == ChannelErrorKind::NotJson {
            true => (problem.value.clone(), String::new()),
            false => (problem.path.clone(), problem.value.clone()),
        };
        Self {
            file: name.to_owned(),
            order,
            place,
            value,
            code: problem.cause().unwrap_or_else(|| problem.code()).to_owned(),
            reason,
        }
    }

    /// A row of a CSV file, once for each thing that is wrong with it.
    pub(crate) fn row<'r>(
        name: &'r str,
        row: &'r RejectedRow,
    ) -> impl Iterator<Item = Self> + use<'r> {
        row.problems.iter().map(|problem| Self {
            file: name.to_owned(),
            order: None,
            place: match &problem.column {
                Some(column) => format!("line {}, column {column}", row.line),
                None => format!("line {}", row.line),
            },
            value: problem.value.clone(),
            code: problem.code.to_owned(),
            reason: problem.reason.clone(),
        })
    }

    /// One line of the report.
    pub(crate) fn line(&self) -> String {
        let mut line = self.file.clone();
        if let Some(order) = &self.order {
            line.push_str(&format!(", order {order}"));
        }
        if !self.place.is_empty() {
            line.push_str(&format!(", {}", self.place));
        }
        if !self.value.is_empty() {
            line.push_str(&format!(" = {:?}", self.value));
        }
        format!("{line}: {} ({})", self.reason, self.code)
    }
}

/// The rejected rows of one CSV file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) file: String,
    pub(crate) headers: Headers,
    pub(crate) rows: Vec<RejectedRow>,
}

/// Finds out whether what is refused can be written, before anything is taken in.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    fresh::check(path).map_err(unwritable)
}

/// Writes what was refused, and what was not tried. Rows of CSV files keep their columns, to be
/// corrected and read again: one file for each that had bad rows, the second one named `…-2.csv`.
/// Anything else is a table of places and reasons. Nothing refused, nothing written; and nothing is
/// overwritten. `written` is told of each file, also where another one cannot be written.
pub(crate) fn write(path: &Path, ended: &Ended, written: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut texts: Vec<String> = Vec::new();
    for table in ended.tables.iter().filter(|table| !table.rows.is_empty()) {
        texts.push(write_rejected(&table.headers, &table.rows));
    }
    let tables: BTreeSet<&str> = ended
        .tables
        .iter()
        .map(|table| table.file.as_str())
        .collect();
    let others = ended.refused.iter().chain(&ended.untried);
    let others: Vec<&Refusal> = others
        .filter(|refusal| !tables.contains(refusal.file.as_str()))
        .collect();
    if !others.is_empty() {
        texts.push(list(&others)?);
    }
    for text in texts {
        let taken = |path: &Path| written.iter().any(|known: &PathBuf| known == path);
        let path = fresh::write(path, &text, taken).map_err(unwritable)?;
        written.push(path);
    }
    Ok(())
}

fn unwritable((path, problem): (PathBuf, io::Error)) -> Failure {
    format!("{} cannot be written: {problem}", path.display())
}

fn list(refusals: &[&Refusal]) -> Result<String, Failure> {
    let broken = |problem: csv::Error| format!("the refused orders cannot be written: {problem}");
    let mut table = csv::Writer::from_writer(Vec::new());
    let header = ["file", "order", "place", "value", "code", "reason"];
    table.write_record(header).map_err(broken)?;
    for refusal in refusals {
        let order = refusal.order.as_deref().unwrap_or_default();
        let cells = [
            refusal.file.as_str(),
            order,
            &refusal.place,
            &refusal.value,
            &refusal.code,
            &refusal.reason,
        ];
        table.write_record(cells).map_err(broken)?;
    }
    let bytes = table.into_inner();
    let bytes = bytes.map_err(|problem| broken(problem.into_error().into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
