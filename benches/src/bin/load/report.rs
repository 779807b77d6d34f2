//! What people and programs read in the end.

use std::fmt::Write as _;
use std::io::{self, Write};

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::Failure;
use crate::compare::Row;
use crate::scenario::Figures;

/// Tells how far it is, apart from the figures.
pub(crate) fn say(text: &str) {
    // Nobody is left to tell when this fails.
    let _told = writeln!(io::stderr(), "{text}");
}

/// Prints a line among the figures.
///
/// # Errors
/// Where they cannot be written, but for a reader that has seen enough: the run goes on, for the
/// files it writes and for what it has to drop in the end.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    put(io::stdout().lock(), text)
}

fn put(mut to: impl Write, text: &str) -> Result<(), Failure> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|why| format!("the figures cannot be printed: {why}").into()),
    }
}

/// Prints the figures of a scenario.
///
/// # Errors
/// As [`print()`].
pub(crate) fn show(figures: &Figures) -> Result<(), Failure> {
    print(&whole(figures)?)
}

fn whole(figures: &Figures) -> Result<String, std::fmt::Error> {
    let mut text = format!("\n{}", table(&figures.rows));
    for row in &figures.rows {
        let (side, callers) = (row.side, row.callers);
        for (why, count) in &row.errors {
            write!(
                text,
                "\n{count} errors of {side} with {callers} callers: {why}"
            )?;
        }
    }
    if !figures.written.is_empty() {
        write!(text, "\n\n{}", written(figures))?;
    }
    if !figures.notes.is_empty() {
        text.push('\n');
    }
    for note in &figures.notes {
        write!(text, "\n{note}")?;
    }
    Ok(text)
}

/// The table of rates and latencies.
fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_header([
        "scenario",
        "side",
        "how",
        "callers",
        "per second",
        "p50 ms",
        "p99 ms",
        "max ms",
        "to one",
        "to batch",
        "to bounded",
        "to batch50",
        "errors",
    ]);
    for row in rows {
        let ratio = |ratio: Option<f64>| {
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        table.add_row([
            row.scenario.clone(),
            row.side.to_owned(),
            row.how.clone(),
            row.callers.to_string(),
            format!("{:.0}", row.orders_per_second),
            format!("{:.2}", row.p50_ms),
            format!("{:.2}", row.p99_ms),
            format!("{:.1}", row.max_ms),
            ratio(row.to_one),
            ratio(row.to_batch),
            ratio(row.to_bounded),
            ratio(row.to_batch50),
            row.errors.values().sum::<u64>().to_string(),
        ]);
    }
    right(table, 3)
}

fn written(figures: &Figures) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_header([
        "per order, one caller",
        "side",
        "rows written",
        "WAL bytes",
        "round trips",
    ]);
    for written in &figures.written {
        let trips = written.round_trips;
        table.add_row([
            written.scenario.clone(),
            written.side.to_owned(),
            format!("{:.1}", written.rows),
            format!("{:.0}", written.wal_bytes),
            trips.map_or_else(|| "-".to_owned(), |trips| format!("{trips:.2}")),
        ]);
    }
    right(table, 2)
}

/// Numbers stand at the right, from that column on.
fn right(mut table: Table, from: usize) -> Table {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Takes nothing, for that reason.
    struct Closed(io::ErrorKind);

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_seen_enough_ends_no_run() {
        put(Closed(io::ErrorKind::BrokenPipe), "figures").unwrap();
        let full = put(Closed(io::ErrorKind::StorageFull), "figures").unwrap_err();
        assert!(full.to_string().starts_with("the figures cannot"), "{full}");
    }

    #[test]
    fn notes_stand_below_the_table() {
        let figures = Figures {
            notes: vec!["one".to_owned(), "two".to_owned()],
            ..Figures::default()
        };
        let text = whole(&figures).unwrap();
        assert!(text.starts_with("\n|"), "{text}");
        assert!(text.ends_with("|\n\none\ntwo"), "{text}");
    }

    #[test]
    fn a_row_shows_its_figures() {
        let row = Row {
            scenario: "hot".to_owned(),
            side: "library",
            how: String::new(),
            callers: 64,
            orders_per_second: 1234.4,
            rates: Vec::new(),
            p50_ms: 1.234,
            p99_ms: 5.0,
            max_ms: 9.96,
            to_one: Some(2.504),
            to_batch: None,
            to_bounded: Some(0.914),
            to_batch50: None,
            errors: [("a".to_owned(), 2), ("b".to_owned(), 3)].into(),
        };
        let text = table(&[row]).to_string();
        for shown in [
            "hot", "64", "1234", "1.23", "5.00", "10.0", "2.50", "0.91", "-", " 5 ",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}
