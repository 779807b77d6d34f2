//! Typed reading of one row's cells; every problem is collected, not only the first.

use crate::channel::csv::number::{NumberProblem, plain_number};
use crate::channel::csv::reject::{RejectedRow, RowProblem};
use crate::channel::csv::scan::{Row, RowFault};
use crate::channel::csv::table::Table;
use crate::channel::error::shortened;
use crate::value::ValueError;

/// Reads the cells of one row.
#[derive(Debug)]
pub(super) struct RowReader<'t> {
    pub(super) table: &'t Table,
    pub(super) row: &'t Row,
    pub(super) problems: Vec<RowProblem>,
}

impl<'t> RowReader<'t> {
    pub(super) fn new(table: &'t Table, row: &'t Row) -> Self {
        let mut reader = Self {
            table,
            row,
            problems: Vec::new(),
        };
        match row.fault {
            Some(RowFault::NotUtf8) => {
                let reason =
                    "the row has characters that are not UTF-8; save the file as CSV UTF-8";
                reader.problem(None, "", "row_not_utf8", reason);
            }
            Some(RowFault::TooManyCells) => {
                let reason = "more cells than columns; is a delimiter not quoted?";
                reader.problem(None, "", "row_too_long", reason);
            }
            Some(RowFault::OpenQuote) => {
                let reason = "a quote is not closed, so the row holds the rest of the file";
                reader.problem(None, "", "row_quote_open", reason);
            }
            Some(RowFault::Cut) => {
                let reason = "the file ends within the row; was it cut off?";
                reader.problem(None, "", "row_cut", reason);
            }
            None => {}
        }
        reader
    }

    pub(super) fn problem(
        &mut self,
        column: Option<&'static str>,
        value: &str,
        code: &'static str,
        reason: impl Into<String>,
    ) {
        let column = column.map(|column| self.table.name_of(column).to_owned());
        self.problems.push(RowProblem {
            column,
            value: shortened(value),
            code,
            reason: reason.into(),
        });
    }

    /// The row as a rejected one.
    pub(super) fn reject(self) -> RejectedRow {
        RejectedRow {
            line: self.row.line,
            problems: self.problems,
            record: self.row.record.clone(),
        }
    }

    /// The cell without surrounding spaces; `None` if empty.
    pub(super) fn text(&self, column: &str) -> Option<&'t str> {
        Some(self.table.cell(self.row, column)).filter(|cell| !cell.is_empty())
    }

    /// The cell, which may not be empty.
    pub(super) fn required(&mut self, column: &'static str) -> Option<&'t str> {
        let cell = self.text(column);
        if cell.is_none() {
            self.problem(Some(column), "", "cell_empty", "must not be empty");
        }
        cell
    }

    /// The cell as a value; `None` if empty or refused.
    pub(super) fn parse<T, E: Into<ValueError>>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let cell = self.text(column)?;
        self.parsed(column, cell, parse(cell))
    }

    /// The cell as a value, which may not be empty.
    pub(super) fn parse_required<T, E: Into<ValueError>>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let cell = self.required(column)?;
        self.parsed(column, cell, parse(cell))
    }

    pub(super) fn parsed<T, E: Into<ValueError>>(
        &mut self,
        column: &'static str,
        cell: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                let problem: ValueError = problem.into();
                self.problem(Some(column), cell, problem.code(), problem.to_string());
                None
            }
        }
    }

    /// The cell as a number of some type; decimal commas are taken where they mean one thing.
    pub(super) fn number<T, E: Into<ValueError>>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let cell = self.text(column)?;
        let decimal = self.table.options.decimal;
        match plain_number(cell, self.table.headers.delimiter, decimal) {
            Ok(plain) => self.parsed(column, cell, parse(&plain)),
            Err(NumberProblem::Ambiguous) => {
                let reason = "may be a thousand or a fraction; write it without the sign, or \
                    with two decimals";
                self.problem(Some(column), cell, "number_ambiguous", reason);
                None
            }
            Err(NumberProblem::Malformed) => {
                self.problem(Some(column), cell, "number_malformed", "is not a number");
                None
            }
        }
    }

    /// As [`number`](Self::number), and the cell may not be empty.
    pub(super) fn number_required<T, E: Into<ValueError>>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.required(column)?;
        self.number(column, parse)
    }

    /// The cell as yes or no.
    pub(super) fn flag(&mut self, column: &'static str) -> Option<bool> {
        let cell = self.text(column)?;
        match cell.to_lowercase().as_str() {
            "yes" | "y" | "true" | "1" | "x" => Some(true),
            "no" | "n" | "false" | "0" => Some(false),
            _ => {
                let reason = "is neither yes nor no";
                self.problem(Some(column), cell, "flag_malformed", reason);
                None
            }
        }
    }

    /// An id that no spreadsheet has turned into a number: `1.23E+12` stands for many ids.
    pub(super) fn id<T, E: Into<ValueError>>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let cell = self.required(column)?;
        if is_mangled(cell) {
            let reason = "was turned into a rounded number by a spreadsheet";
            self.problem(Some(column), cell, "id_mangled", reason);
            return None;
        }
        self.parsed(column, cell, parse(cell))
    }
}

/// True for digits with a point or comma and an exponent of a spreadsheet, such as `1.23E+12`.
fn is_mangled(cell: &str) -> bool {
    let Some((mantissa, exponent)) = cell.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = mantissa.split_once(['.', ',']);
    let number = fraction.is_some_and(|(whole, rest)| digits(whole) && digits(rest));
    number && exponent.strip_prefix('+').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::is_mangled;

    #[test]
    fn rounded_ids_are_seen() {
        for cell in ["1.23E+12", "8,20982911946154E+17", "4.5e+15"] {
            assert!(is_mangled(cell), "{cell}");
        }
        for cell in [
            "1E3",
            "SKU-1.5E+3",
            "1.5E3",
            "E+1",
            "1.E+1",
            "820982911946154508",
            "007",
        ] {
            assert!(!is_mangled(cell), "{cell}");
        }
    }
}
