//! A CSV file as a table: the known columns of its header row, and the rows.

use crate::channel::csv::options::CsvOptions;
use crate::channel::csv::scan::{Row, RowFault, scan};
use crate::channel::error::{ChannelError, ChannelErrorKind};

/// The columns of a file, as it names them, and what stands between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    pub(super) names: Vec<String>,
    pub(super) ignored: Vec<String>,
    pub(super) delimiter: u8,
}

impl Headers {
    /// The names, as the file has them, without those that [`write_rejected`] added.
    ///
    /// [`write_rejected`]: crate::channel::csv::write_rejected
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Those of them that nobody reads, as the file has them: a column that is spelled another way
    /// here, or one that means nothing. A host tells people of them, as an order lacks what was
    /// meant to be in it.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// What stands between two columns: a comma, a semicolon or a tab.
    #[must_use]
    pub fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }
}

/// A column this library reads.
#[derive(Debug)]
pub(super) struct Column {
    /// Its own name, in lower case with underscores.
    pub(super) name: &'static str,
    /// Other names for it, in the same spelling.
    pub(super) aliases: &'static [&'static str],
    /// The file must have it.
    pub(super) required: bool,
}

impl Column {
    pub(super) const fn required(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self {
            name,
            aliases,
            required: true,
        }
    }

    pub(super) const fn optional(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self {
            name,
            aliases,
            required: false,
        }
    }
}

/// A file, read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) headers: Headers,
    pub(super) options: CsvOptions,
    pub(super) rows: Vec<Row>,
    /// Known columns and where they stand in a row's record.
    places: Vec<(&'static str, usize)>,
}

/// Columns a file of rejected rows has beside its own; read back, they are ignored.
pub(super) const REJECTED: [&str; 3] = ["rejected_line", "rejected_column", "rejected_reason"];

/// Most bytes of a header row, without the columns that a file of rejected rows has beside. Every
/// order is kept with the header above its rows, and every row that is rejected is written as wide,
/// so a large one would be there as often as there are rows.
const HEADER_BYTES_MAX: usize = 32_768;

impl Table {
    pub(super) fn read(
        bytes: &[u8],
        columns: &'static [Column],
        options: &CsvOptions,
    ) -> Result<Self, ChannelError> {
        options.check()?;
        let (delimiter, raw) = scan(&options.encoding.utf8(bytes))?;
        let mut raw = raw.into_iter();
        let Some(header) = raw.next() else {
            let kind = ChannelErrorKind::MissingColumn;
            return Err(ChannelError::new(kind, "", "", "a header row"));
        };
        if header.fault.is_some() {
            let expected = "a header row of UTF-8 text, its quotes closed";
            return Err(ChannelError::new(
                ChannelErrorKind::NotUtf8,
                "",
                "",
                expected,
            ));
        }
        let width = header.record.len();
        let kept: Vec<bool> = header
            .record
            .iter()
            .map(|name| !REJECTED.contains(&spelling(name).as_str()))
            .collect();
        let own = |record: Vec<String>| -> Vec<String> {
            let cells = record.into_iter().enumerate();
            let own = cells.filter(|(at, _)| kept.get(*at).copied().unwrap_or(true));
            own.map(|(_, cell)| cell).collect()
        };
        let names = own(header.record);
        check_size(&names)?;
        let places = places(&names, columns, options)?;
        let rows = raw.map(|row| {
            let fault = row.fault.or_else(|| misfit(&row, width));
            let record = own(row.record);
            Row {
                record,
                fault,
                ..row
            }
        });
        let rows = rows.collect();
        let read = |at: usize| places.iter().any(|(_, taken)| *taken == at);
        let ignored = names.iter().enumerate();
        let ignored = ignored.filter(|(at, name)| !read(*at) && !name.trim().is_empty());
        let ignored = ignored.map(|(_, name)| name.trim().to_owned()).collect();
        let headers = Headers {
            names,
            ignored,
            delimiter,
        };
        Ok(Self {
            headers,
            options: options.clone(),
            rows,
            places,
        })
    }

    /// The cell of a row in a known column, without surrounding spaces; empty if there is none.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: &str) -> &'r str {
        let place = self.places.iter().find(|(name, _)| *name == column);
        place
            .and_then(|(_, at)| row.record.get(*at))
            .map_or("", |cell| unwrapped(cell.trim()))
    }

    /// Whether the file has a known column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.places.iter().any(|(name, _)| *name == column)
    }

    /// The file's own name of a known column.
    pub(super) fn name_of(&self, column: &'static str) -> &str {
        let place = self.places.iter().find(|(name, _)| *name == column);
        place
            .and_then(|(_, at)| self.headers.names.get(*at))
            .map_or(column, |name| name.trim())
    }
}

/// Refuses a header row that is too large, told with what stands between its columns.
fn check_size(names: &[String]) -> Result<(), ChannelError> {
    let bytes: usize = names.iter().map(|name| name.len().saturating_add(1)).sum();
    if bytes > HEADER_BYTES_MAX {
        let found = format!("{bytes} bytes");
        let expected = format!("a header row of at most {HEADER_BYTES_MAX} bytes");
        let cause = "header_too_long";
        return Err(ChannelError::invalid(cause, "", &found, expected));
    }
    Ok(())
}

/// The text of `="0123"`, as people write it for Excel to leave a number's zeros alone; any other
/// formula stays as it is.
fn unwrapped(cell: &str) -> &str {
    let inner = cell
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|text| !text.contains('"')).unwrap_or(cell)
}

/// What is wrong with the number of a row's cells; fewer are fine, spreadsheets leave out the last
/// ones, but not where the file ends within the row.
fn misfit(row: &Row, width: usize) -> Option<RowFault> {
    let beyond = row.record.get(width..).unwrap_or_default();
    if beyond.iter().any(|cell| !cell.trim().is_empty()) {
        return Some(RowFault::TooManyCells);
    }
    (row.unterminated && row.record.len() < width).then_some(RowFault::Cut)
}

/// Lower case, with underscores for what people put between words.
fn spelling(name: &str) -> String {
    let clean = name.trim().to_lowercase();
    let words = clean
        .split([' ', '_', '-', '.', '/'])
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Where the known columns stand.
fn places(
    names: &[String],
    columns: &'static [Column],
    options: &CsvOptions,
) -> Result<Vec<(&'static str, usize)>, ChannelError> {
    let mut places = mapped(names, columns, options)?;
    for (at, name) in names.iter().enumerate() {
        if places.iter().any(|(_, taken)| *taken == at) {
            continue;
        }
        let spelled = spelling(name);
        let known =
            |column: &&Column| column.name == spelled || column.aliases.contains(&spelled.as_str());
        let Some(column) = columns.iter().find(known) else {
            continue;
        };
        // The usual names of a column the options name are just other columns of the file.
        if options.columns.contains_key(column.name) {
            continue;
        }
        if places.iter().any(|(taken, _)| *taken == column.name) {
            let kind = ChannelErrorKind::RepeatedColumn;
            return Err(ChannelError::new(
                kind,
                column.name,
                name,
                "each column once",
            ));
        }
        places.push((column.name, at));
    }
    let missing = columns
        .iter()
        .filter(|column| column.name != "currency" || options.currency.is_none())
        .find(|column| column.required && !places.iter().any(|(name, _)| *name == column.name));
    match missing {
        None => Ok(places),
        Some(column) => {
            let expected = format!("a column named {}", column.name);
            let found = names.join(",");
            Err(ChannelError::new(
                ChannelErrorKind::MissingColumn,
                column.name,
                &found,
                expected,
            ))
        }
    }
}

/// Where the columns stand that the options name.
fn mapped(
    names: &[String],
    columns: &'static [Column],
    options: &CsvOptions,
) -> Result<Vec<(&'static str, usize)>, ChannelError> {
    let mut places = Vec::new();
    for (wanted, header) in &options.columns {
        let kind = ChannelErrorKind::MissingColumn;
        let Some(column) = columns.iter().find(|column| column.name == wanted) else {
            let known: Vec<_> = columns.iter().map(|column| column.name).collect();
            let expected = format!("one of the columns {}", known.join(", "));
            return Err(ChannelError::new(kind, wanted.as_str(), wanted, expected));
        };
        let spelled = spelling(header);
        let found: Vec<usize> = (0..names.len())
            .filter(|at| names.get(*at).is_some_and(|name| spelling(name) == spelled))
            .collect();
        match found.as_slice() {
            [at] => places.push((column.name, *at)),
            [] => {
                let expected = format!("a column headed {header:?}, as the options say");
                return Err(ChannelError::new(
                    kind,
                    column.name,
                    &names.join(","),
                    expected,
                ));
            }
            _ => {
                let kind = ChannelErrorKind::RepeatedColumn;
                return Err(ChannelError::new(
                    kind,
                    column.name,
                    header,
                    "each column once",
                ));
            }
        }
    }
    Ok(places)
}
