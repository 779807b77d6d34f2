//! The files of rejected rows: to be corrected and fed again.

use std::fs;
use std::path::{Path, PathBuf};

use oms_core::channel::csv::{Headers, RejectedRow, RowProblem, write_rejected};
use oms_core::order::RawPayload;
use oms_core::plan::Rejection;
use oms_core::value::{LineId, Sku};

use crate::failure::Failure;
use crate::{fresh, words};

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableKind {
    Orders,
    Hubs,
    Skus,
    Stock,
}

impl TableKind {
    const fn file_stem(self) -> &'static str {
        match self {
            Self::Orders => "rejected",
            Self::Hubs => "rejected-hubs",
            Self::Skus => "rejected-skus",
            Self::Stock => "rejected-stock",
        }
    }
}

/// The rejected rows of one file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) kind: TableKind,
    pub(crate) file: String,
    pub(crate) headers: Headers,
    pub(crate) rows: Vec<RejectedRow>,
}

/// A file of rejected rows that was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) kind: TableKind,
    /// The file the rows came from.
    pub(crate) from: String,
    pub(crate) path: PathBuf,
    pub(crate) rows: usize,
}

/// Writes one file per table that has rows, beside what is there: somebody may have corrected it.
/// `written` is told of each, also where another one cannot be written.
pub(crate) fn write(
    tables: &[Table],
    out: &Path,
    inputs: &[PathBuf],
    written: &mut Vec<Written>,
) -> Result<(), Failure> {
    let tables: Vec<&Table> = tables
        .iter()
        .filter(|table| !table.rows.is_empty())
        .collect();
    for table in tables {
        fs::create_dir_all(out).map_err(|source| unwritable(out, source))?;
        let taken = |path: &Path| {
            written.iter().any(|file| file.path == path)
                || inputs.iter().any(|input| same_file(input, path))
        };
        let path = out.join(format!("{}.csv", table.kind.file_stem()));
        let text = write_rejected(&table.headers, &table.rows);
        let path = fresh::write(&path, &text, taken);
        let path = path.map_err(|(path, source)| unwritable(&path, source))?;
        written.push(Written {
            kind: table.kind,
            from: table.file.clone(),
            path,
            rows: table.rows.len(),
        });
    }
    Ok(())
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => a == b,
    }
}

fn unwritable(path: &Path, source: std::io::Error) -> Failure {
    Failure::Unwritable {
        path: path.display().to_string(),
        source,
    }
}

/// The rows of an order that was read but refused, with the reason on the rows to blame.
///
/// `lines` are the lines of the file the rows begin on, `payload` is those rows as the reader kept
/// them: a header, then one row per order line.
pub(crate) fn refused_rows(
    rejection: &Rejection,
    skus: &[Option<String>],
    lines: &[u64],
    payload: Option<&RawPayload>,
    headers: &Headers,
) -> Vec<RejectedRow> {
    let records = payload.map(|payload| records(payload, headers.delimiter()));
    let mut records = records.unwrap_or_default().into_iter();
    let blame = Blame::of(rejection);
    let reason = words::rejection(rejection);
    let rows = lines.iter().enumerate().map(|(at, line)| {
        let line_id = u32::try_from(at.saturating_add(1)).ok();
        let line_id = line_id.and_then(|id| LineId::new(id).ok());
        let sku = skus.get(at).and_then(Option::as_deref);
        let problem = match blame.column(line_id, sku) {
            Some((column, value)) => RowProblem {
                column: Some(own_name(headers, column)),
                value: value.unwrap_or_default(),
                code: rejection.code(),
                reason: reason.clone(),
            },
            None => RowProblem {
                column: None,
                value: String::new(),
                code: "order_refused",
                reason: format!("the order was refused: {reason}"),
            },
        };
        RejectedRow {
            line: *line,
            problems: vec![problem],
            record: records.next().unwrap_or_default(),
        }
    });
    rows.collect()
}

/// Which rows of an order a refusal is about.
enum Blame {
    Lines(Vec<LineId>),
    Skus(Vec<Sku>),
    Order,
}

impl Blame {
    fn of(rejection: &Rejection) -> Self {
        if let Rejection::UnknownSkus { lines } = rejection {
            return Self::Lines(lines.iter().map(|line| line.line).collect());
        }
        if let Rejection::Short { shortages, .. } = rejection {
            return Self::Skus(shortages.iter().map(|short| short.sku.clone()).collect());
        }
        Self::Order
    }

    /// The column and value to blame on a row; `None` when it is about the whole order.
    fn column(
        &self,
        line: Option<LineId>,
        sku: Option<&str>,
    ) -> Option<(&'static str, Option<String>)> {
        match self {
            Self::Lines(lines) => {
                let here = line.is_some_and(|line| lines.contains(&line));
                here.then(|| ("sku", sku.map(str::to_owned)))
            }
            Self::Skus(short) => {
                let here = short.iter().any(|short| Some(short.as_str()) == sku);
                here.then_some(("quantity", None))
            }
            Self::Order => None,
        }
    }
}

/// The file's own name of a column, where it is close enough to be found.
fn own_name(headers: &Headers, column: &str) -> String {
    let short = if column == "quantity" { "qty" } else { column };
    let found = headers.names().iter().find(|name| {
        let name = name.trim().to_lowercase();
        name == column || name == short
    });
    found.map_or_else(|| column.to_owned(), Clone::clone)
}

/// The rows of a payload without its header.
fn records(payload: &RawPayload, delimiter: char) -> Vec<Vec<String>> {
    table(payload.text.as_bytes(), delimiter)
        .into_iter()
        .skip(1)
        .collect()
}

/// A CSV text as cells.
pub(crate) fn table(bytes: &[u8], delimiter: char) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .from_reader(bytes);
    let cells = |record: csv::ByteRecord| {
        let cells = record
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).into_owned());
        cells.collect()
    };
    reader
        .byte_records()
        .filter_map(Result::ok)
        .map(cells)
        .collect()
}
