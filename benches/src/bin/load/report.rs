//! What people and programs read in the end.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "figures are what the program is for"
)]

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::compare::Row;
use crate::scenario::Figures;

/// Tells how far it is, apart from the figures.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Prints a line among the figures.
pub(crate) fn print(text: &str) {
    println!("{text}");
}

/// Prints the figures of a scenario.
pub(crate) fn show(figures: &Figures) {
    println!("\n{}", table(&figures.rows));
    for row in &figures.rows {
        for (why, count) in &row.errors {
            println!(
                "{count} errors of {} with {} callers: {why}",
                row.side, row.callers
            );
        }
    }
    if !figures.written.is_empty() {
        println!("\n{}", written(figures));
    }
    if !figures.notes.is_empty() {
        println!();
    }
    for note in &figures.notes {
        println!("{note}");
    }
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
mod tests {
    use super::*;

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
            to_batch50: None,
            errors: [("a".to_owned(), 2), ("b".to_owned(), 3)].into(),
        };
        let text = table(&[row]).to_string();
        for shown in [
            "hot", "64", "1234", "1.23", "5.00", "10.0", "2.50", "-", " 5 ",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }
}
