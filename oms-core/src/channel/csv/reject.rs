//! Rows that cannot be taken, and the file made of them.

use crate::channel::csv::table::{Headers, REJECTED};

/// A row that cannot be taken.
///
/// Its `Debug` tells how many cells it has, not what they say: it may reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The line of the file it begins on, from 1.
    pub line: u64,
    /// What is wrong with it, at least one thing, in the order of checking.
    pub problems: Vec<RowProblem>,
    /// Its cells, as in the file.
    pub record: Vec<String>,
}

impl std::fmt::Debug for RejectedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RejectedRow")
            .field("line", &self.line)
            .field("problems", &self.problems)
            .field("record", &format_args!("{} cells", self.record.len()))
            .finish()
    }
}

/// One thing that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The column, as the file names it; `None` when it is about the row as a whole.
    pub column: Option<String>,
    /// What the cell holds, shortened. Empty in a column with somebody's name, address, e-mail or
    /// phone.
    pub value: String,
    /// The stable code, such as `quantity_negative`.
    pub code: &'static str,
    /// The reason in words.
    pub reason: String,
}

impl RejectedRow {
    /// The columns to blame, told apart by `"; "`.
    #[must_use]
    pub fn columns(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for name in self
            .problems
            .iter()
            .filter_map(|problem| problem.column.as_deref())
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join("; ")
    }

    /// The reasons, told apart by `"; "`.
    #[must_use]
    pub fn reasons(&self) -> String {
        let reasons: Vec<&str> = self
            .problems
            .iter()
            .map(|problem| problem.reason.as_str())
            .collect();
        reasons.join("; ")
    }
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        for problem in &self.problems {
            match &problem.column {
                Some(column) => write!(f, "; {column} {:?}: {}", problem.value, problem.reason)?,
                None => write!(f, "; {}", problem.reason)?,
            }
        }
        Ok(())
    }
}

/// A file of rejected rows: the original columns and cells, then `rejected_line`,
/// `rejected_column` and `rejected_reason`, which reading it back ignores.
///
/// Rows that must not be taken for the order above them have an empty row before them. The file
/// keeps the delimiter of the file the rows came from, so that every number in it means what it
/// meant there.
#[must_use]
pub fn write_rejected(headers: &Headers, rows: &[RejectedRow]) -> String {
    let mut file = String::new();
    let names = headers.names.iter().map(String::as_str);
    write_row(&mut file, names.chain(REJECTED), headers.delimiter);
    let width = headers.names.len();
    for row in rows {
        if row
            .problems
            .iter()
            .any(|problem| problem.code == ORDER_ID_REPEATED)
        {
            let empty = std::iter::repeat_n("", width.saturating_add(REJECTED.len()));
            write_row(&mut file, empty, headers.delimiter);
        }
        // Cells beyond the last column have nowhere to stand but beyond the added ones.
        let own = (0..width).map(|at| row.record.get(at).map_or("", String::as_str));
        let beyond = row
            .record
            .get(width..)
            .unwrap_or_default()
            .iter()
            .map(String::as_str);
        let (line, columns, reasons) = (row.line.to_string(), row.columns(), row.reasons());
        let added = [line.as_str(), columns.as_str(), reasons.as_str()];
        write_row(&mut file, own.chain(added).chain(beyond), headers.delimiter);
    }
    file
}

/// The code of a row whose order id stood on rows apart from it.
pub(super) const ORDER_ID_REPEATED: &str = "order_id_repeated";

/// One row as CSV text.
pub(super) fn write_row<'c>(
    file: &mut String,
    cells: impl Iterator<Item = &'c str>,
    delimiter: u8,
) {
    let delimiter = char::from(delimiter);
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            file.push(delimiter);
        }
        let quoted = cell.contains(['"', '\r', '\n', delimiter])
            || cell.starts_with(' ')
            || cell.ends_with(' ');
        if quoted {
            file.push('"');
            file.push_str(&cell.replace('"', "\"\""));
            file.push('"');
        } else {
            file.push_str(cell);
        }
    }
    file.push('\n');
}
