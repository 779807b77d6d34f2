//! A CSV file as a table: delimiter, header row, and the rows with their lines in the file.

use crate::channel::error::{ChannelError, ChannelErrorKind};

/// The columns of a file, as it names them, and what stands between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    pub(super) names: Vec<String>,
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
    pub(super) rows: Vec<Row>,
    /// Known columns and where they stand in a row's record.
    places: Vec<(&'static str, usize)>,
}

/// A row that holds anything at all.
#[derive(Debug)]
pub(super) struct Row {
    /// The line of the file it begins on, from 1.
    pub(super) line: u64,
    /// Its cells, as in the file.
    pub(super) record: Vec<String>,
    /// What is wrong with the row as a whole.
    pub(super) fault: Option<RowFault>,
}

/// What can be wrong with a row as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    NotUtf8,
    TooManyCells,
    OpenQuote,
}

/// Columns a file of rejected rows has beside its own; read back, they are ignored.
pub(super) const REJECTED: [&str; 3] = ["rejected_line", "rejected_column", "rejected_reason"];

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

impl Table {
    pub(super) fn read(bytes: &[u8], columns: &'static [Column]) -> Result<Self, ChannelError> {
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            let expected = "UTF-8 text; this is UTF-16, save it as CSV UTF-8";
            return Err(ChannelError::new(
                ChannelErrorKind::NotUtf8,
                "",
                "",
                expected,
            ));
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let (declared, body, skipped) = declared_delimiter(bytes);
        let delimiter = declared.unwrap_or_else(|| likely_delimiter(body));
        let mut raw = raw_rows(body, delimiter, skipped).into_iter();
        let Some(header) = raw.next() else {
            let expected = "a header row";
            return Err(ChannelError::new(
                ChannelErrorKind::MissingColumn,
                "",
                "",
                expected,
            ));
        };
        if header.fault.is_some() {
            let expected = "a header row of UTF-8 text";
            return Err(ChannelError::new(
                ChannelErrorKind::NotUtf8,
                "",
                "",
                expected,
            ));
        }
        let kept = |at: usize| {
            header
                .record
                .get(at)
                .is_none_or(|name| !REJECTED.contains(&spelling(name).as_str()))
        };
        let own = |record: &[String]| -> Vec<String> {
            let cells = record.iter().enumerate();
            cells
                .filter(|(at, _)| kept(*at))
                .map(|(_, cell)| cell.clone())
                .collect()
        };
        let names = own(&header.record);
        let places = places(&names, columns)?;
        let width = header.record.len();
        let rows = raw.map(|row| {
            let fault = match row.fault {
                Some(fault) => Some(fault),
                None => too_many_cells(&row.record, width),
            };
            Row {
                line: row.line,
                record: own(&row.record),
                fault,
            }
        });
        let rows = rows.collect();
        Ok(Self {
            headers: Headers { names, delimiter },
            rows,
            places,
        })
    }

    /// The cell of a row in a known column, without surrounding spaces; empty if there is none.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: &str) -> &'r str {
        let place = self.places.iter().find(|(name, _)| *name == column);
        place
            .and_then(|(_, at)| row.record.get(*at))
            .map_or("", |cell| cell.trim())
    }

    /// The file's own name of a known column.
    pub(super) fn name_of(&self, column: &'static str) -> &str {
        let place = self.places.iter().find(|(name, _)| *name == column);
        place
            .and_then(|(_, at)| self.headers.names.get(*at))
            .map_or(column, |name| name.trim())
    }
}

fn too_many_cells(record: &[String], width: usize) -> Option<RowFault> {
    let beyond = record.get(width..).unwrap_or_default();
    beyond
        .iter()
        .any(|cell| !cell.trim().is_empty())
        .then_some(RowFault::TooManyCells)
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
) -> Result<Vec<(&'static str, usize)>, ChannelError> {
    let mut places: Vec<(&'static str, usize)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let spelled = spelling(name);
        let known =
            |column: &&Column| column.name == spelled || column.aliases.contains(&spelled.as_str());
        let Some(column) = columns.iter().find(known) else {
            continue;
        };
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

/// A first line `sep=;`, as spreadsheets write it: its delimiter, what follows, lines skipped.
fn declared_delimiter(bytes: &[u8]) -> (Option<u8>, &[u8], u64) {
    let Some(after) = bytes
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case(b"sep="))
    else {
        return (None, bytes, 0);
    };
    let declared = bytes
        .get(after.len())
        .copied()
        .filter(|byte| DELIMITERS.contains(byte));
    let body = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => bytes.get(end.saturating_add(1)..).unwrap_or_default(),
        None => &[],
    };
    (declared, body, 1)
}

/// The delimiter most often found in the header row outside quotes.
fn likely_delimiter(body: &[u8]) -> u8 {
    let start = body
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n'))
        .unwrap_or_default();
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in body.get(start..).unwrap_or_default() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            other if !quoted => {
                for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
                    *count = count.saturating_add(usize::from(*other == delimiter));
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let found = DELIMITERS
        .into_iter()
        .zip(counts)
        .find(|(_, count)| *count == most);
    found.map_or(b',', |(delimiter, _)| delimiter)
}

/// The rows of a file, the header's among them; rows of nothing but empty cells are skipped.
fn raw_rows(body: &[u8], delimiter: u8, lines_before: u64) -> Vec<Row> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(body);
    let mut record = ::csv::ByteRecord::new();
    let mut rows = Vec::new();
    let mut lines = Lines {
        body,
        at: 0,
        line: lines_before.saturating_add(1),
    };
    // Reading from memory into cells of any number cannot fail; a failure would end the file.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let begin = record.position().map_or(0, ::csv::Position::byte);
        let end = reader.position().byte();
        let line = lines.line_of(begin);
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        let not_utf8 = record.iter().any(|cell| std::str::from_utf8(cell).is_err());
        let fault = if not_utf8 {
            Some(RowFault::NotUtf8)
        } else {
            ends_in_quotes(lines.text(begin, end), delimiter).then_some(RowFault::OpenQuote)
        };
        let cells = record
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).into_owned());
        rows.push(Row {
            line,
            record: cells.collect(),
            fault,
        });
    }
    rows
}

/// Counts the lines of a file as its rows go by.
struct Lines<'a> {
    body: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line a row begins on; the reader counts the empty lines before a row to it.
    fn line_of(&mut self, begin: u64) -> u64 {
        let begin = usize::try_from(begin).unwrap_or(self.body.len());
        let rest = self.body.get(begin..).unwrap_or_default();
        let empty = rest
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let begin = begin.saturating_add(empty);
        let passed = self.body.get(self.at..begin).unwrap_or_default();
        let ends = line_ends(passed);
        self.line = self
            .line
            .saturating_add(u64::try_from(ends).unwrap_or(u64::MAX));
        self.at = begin.max(self.at);
        self.line
    }

    fn text(&self, begin: u64, end: u64) -> &[u8] {
        let place = |at: u64| usize::try_from(at).unwrap_or(self.body.len());
        self.body.get(place(begin)..place(end)).unwrap_or_default()
    }
}

/// Line ends of any kind: `\n`, `\r\n`, and the `\r` of old spreadsheets.
fn line_ends(text: &[u8]) -> usize {
    let feeds = text.iter().filter(|byte| **byte == b'\n').count();
    let lone = text
        .windows(2)
        .filter(|pair| pair[0] == b'\r' && pair[1] != b'\n')
        .count();
    let last = usize::from(text.last() == Some(&b'\r'));
    feeds.saturating_add(lone).saturating_add(last)
}

/// True when a row runs into the end of the file inside quotes: it has swallowed what follows.
fn ends_in_quotes(row: &[u8], delimiter: u8) -> bool {
    let (mut quoted, mut fresh) = (false, true);
    for byte in row {
        match byte {
            b'"' if quoted => quoted = false,
            // A quote opens a cell, or stands twice inside quotes for one.
            b'"' if fresh => quoted = true,
            _ => {}
        }
        let opens_next = *byte == delimiter || matches!(byte, b'"' | b'\r' | b'\n');
        fresh = !quoted && opens_next;
    }
    quoted
}
