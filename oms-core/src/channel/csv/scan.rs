//! The rows of a CSV file: encoding, delimiter, lines, quotes.

use crate::channel::error::{ChannelError, ChannelErrorKind};

/// A row that holds anything at all.
#[derive(Debug)]
pub(super) struct Row {
    /// The line of the file it begins on, from 1.
    pub(super) line: u64,
    /// Its cells, as in the file.
    pub(super) record: Vec<String>,
    /// What is wrong with the row as a whole.
    pub(super) fault: Option<RowFault>,
    /// A row of nothing but empty cells stands before it.
    pub(super) after_gap: bool,
    /// The file ends right after it, without a line end.
    pub(super) unterminated: bool,
}

/// What can be wrong with a row as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    NotUtf8,
    TooManyCells,
    OpenQuote,
    Cut,
}

const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// The delimiter of a file and its rows, the header's first.
pub(super) fn scan(bytes: &[u8]) -> Result<(u8, Vec<Row>), ChannelError> {
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
    Ok((delimiter, raw_rows(body, delimiter, skipped)))
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
    let mut after_gap = false;
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
            after_gap = true;
            continue;
        }
        let text = lines.text(begin, end);
        let fault = if record.iter().any(is_damaged) {
            Some(RowFault::NotUtf8)
        } else {
            ends_in_quotes(text, delimiter).then_some(RowFault::OpenQuote)
        };
        let cells = record
            .iter()
            .map(|cell| String::from_utf8_lossy(cell).into_owned());
        rows.push(Row {
            line,
            record: cells.collect(),
            fault,
            after_gap: std::mem::take(&mut after_gap),
            unterminated: !text.ends_with(b"\n") && !text.ends_with(b"\r"),
        });
    }
    rows
}

/// Not UTF-8, or what another program once made of text that was not.
fn is_damaged(cell: &[u8]) -> bool {
    std::str::from_utf8(cell).map_or(true, |text| text.contains(char::REPLACEMENT_CHARACTER))
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
