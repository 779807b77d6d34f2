//! The report as text for a terminal.

use std::collections::BTreeMap;

use oms_core::stock::LowStock;

use crate::events::moment;
use crate::job::FAILED;
use crate::page::{Page, ROWS_MAX};
use crate::report::{
    FileRow, History, HistoryRow, OrderRow, Rejected, RejectedFile, Report, StepKind, StockRow,
};
use crate::words;

/// Remarks beyond these are in JSON only.
const REMARKS_MAX: usize = 10;

/// The whole report.
pub(crate) fn whole(report: &Report) -> String {
    let mut page = Page::new();
    let store = report.summary.store.unwrap_or("the in-memory store");
    page.section(&format!("Order management: one run on {store}"));
    for source in &report.summary.sources {
        page.bullet(source);
    }
    files(&mut page, report);
    rejected(&mut page, report);
    refused(&mut page, report);
    remarks(&mut page, report);
    steps(&mut page, report);
    orders(&mut page, report);
    held(&mut page, report);
    stock(&mut page, report);
    history(&mut page, report.history.as_ref());
    end(&mut page, report);
    page.finish()
}

/// The last lines only.
pub(crate) fn ending(report: &Report) -> String {
    let mut page = Page::new();
    end(&mut page, report);
    page.finish()
}

/// A file without its folders.
fn short(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

fn files(page: &mut Page, report: &Report) {
    type Count = (&'static str, fn(&FileRow) -> usize);
    let counts: [Count; 4] = [
        ("stored", |file| file.stored),
        ("skipped", |file| file.known + file.left_out),
        ("refused", |file| file.refused),
        ("rejected", |file| file.rejected),
    ];
    // Columns of nothing but zeros say nothing.
    let any = |count: &Count| report.files.iter().any(|file| count.1(file) > 0);
    let counts: Vec<Count> = counts.into_iter().filter(any).collect();
    page.section("Orders taken in");
    let header: Vec<&str> = ["file", "kind"]
        .into_iter()
        .chain(counts.iter().map(|(name, _)| *name))
        .collect();
    let row = |file: &FileRow| {
        let cells = counts.iter().map(|(_, count)| match count(file) {
            0 => "-".to_owned(),
            some => some.to_string(),
        });
        let names = [short(&file.file).to_owned(), file.kind.to_owned()];
        names.into_iter().chain(cells).collect()
    };
    let numbers: Vec<usize> = (2..header.len()).collect();
    page.table(&header, &numbers, report.files.iter().map(row).collect());
    for known in report.known.iter().take(ROWS_MAX) {
        page.bullet(&format!(
            "{} ({}) is already known: it is order {}, nothing changed.",
            known.reference,
            short(&known.file),
            known.number
        ));
    }
    for left in report.left_out.iter().take(ROWS_MAX) {
        let file = short(&left.file);
        page.bullet(&format!(
            "{} ({file}) was left out: {}.",
            left.reference, left.text
        ));
    }
}

/// What is odd in orders that were taken all the same.
fn remarks(page: &mut Page, report: &Report) {
    if report.remarks.is_empty() {
        return;
    }
    page.section("Noticed in orders that were read all the same");
    for remark in report.remarks.iter().take(REMARKS_MAX) {
        page.bullet(&format!("{}: {}.", remark.reference, remark.text));
    }
    let more = report.remarks.len().saturating_sub(REMARKS_MAX);
    if more > 0 {
        page.line(&format!("... and {more} more; --json lists all."));
    }
}

fn rejected(page: &mut Page, report: &Report) {
    if report.rejected.is_empty() {
        return;
    }
    page.section("Rejected rows");
    let row = |rejected: &Rejected| {
        let line = rejected.line.map(|line| line.to_string());
        vec![
            short(&rejected.file).to_owned(),
            line.or_else(|| rejected.order.clone()).unwrap_or_default(),
            rejected.column.clone().unwrap_or_default(),
            rejected.value.clone().unwrap_or_default(),
            rejected.reason.clone(),
        ]
    };
    let rows = report.rejected.iter().map(row).collect();
    page.table(&["file", "line", "column", "value", "reason"], &[1], rows);
}

fn refused(page: &mut Page, report: &Report) {
    if report.refused.is_empty() {
        return;
    }
    page.section("Refused orders (not stored, nothing reserved)");
    for refused in report.refused.iter().take(ROWS_MAX) {
        let file = short(&refused.file);
        page.bullet(&format!(
            "{} ({file}): {}.",
            refused.reference, refused.text
        ));
    }
}

fn steps(page: &mut Page, report: &Report) {
    page.section("What was done");
    for step in &report.steps {
        match step.step {
            StepKind::NotShown => page.fold("- ", "  ", &step.text),
            StepKind::Approved
            | StepKind::CancelledByChannel
            | StepKind::PaidLater
            | StepKind::DryRunRefused
            | StepKind::TwoParcels
            | StepKind::PartlyShipped
            | StepKind::Cancelled
            | StepKind::Shipped
            | StepKind::ClockAhead
            | StepKind::Waited
            | StepKind::StockKept
            | StepKind::Expired
            | StepKind::Delivered
            | StepKind::UnderWay => page.bullet(&step.text),
        }
    }
}

fn orders(page: &mut Page, report: &Report) {
    page.section("Orders");
    let row = |order: &OrderRow| {
        let hubs: Vec<&str> = order.hubs.iter().map(|hub| hub.as_str()).collect();
        vec![
            order.number.to_string(),
            order.reference.clone(),
            order.channel.to_string(),
            words::status(order.status).to_owned(),
            order.lines.to_string(),
            order.total.to_string(),
            hubs.join(", "),
        ]
    };
    let header = [
        "no.",
        "reference",
        "channel",
        "status",
        "lines",
        "total",
        "hub",
    ];
    let rows = report.orders.iter().map(row).collect();
    page.table(&header, &[0, 4, 5], rows);
}

fn held(page: &mut Page, report: &Report) {
    if report.held.is_empty() {
        return;
    }
    page.section("Orders on hold (stored, waiting for a person)");
    for held in report.held.iter().take(ROWS_MAX) {
        page.bullet(&format!(
            "Order {} ({}): {}.",
            held.number, held.reference, held.text
        ));
    }
}

fn stock(page: &mut Page, report: &Report) {
    page.section("Stock, before the first order -> at the end");
    let stock = &report.stock;
    let place = |row: &StockRow| (row.hub.clone(), row.sku.clone());
    let before: BTreeMap<_, &StockRow> = stock.before.iter().map(|row| (place(row), row)).collect();
    // A row that came meanwhile is another run's.
    let pair = |after| (*before.get(&place(after)).unwrap_or(&after), after);
    let pairs: Vec<(&StockRow, &StockRow)> = stock.after.iter().map(pair).collect();
    let changed = |pair: &&(&StockRow, &StockRow)| pair.0 != pair.1;
    let unchanged = pairs.len() - pairs.iter().filter(changed).count();
    let cut = pairs.len() > ROWS_MAX && unchanged > 0;
    let shown = pairs.iter().filter(|pair| !cut || changed(pair));
    let rows = shown.map(|(before, after)| stock_row(before, after));
    let header = [
        "hub",
        "SKU",
        "on hand",
        "reserved",
        "kept back",
        "available",
        "mark",
    ];
    page.table(&header, &[2, 3, 4, 5], rows.collect());
    if cut {
        page.line(&format!(
            "{unchanged} rows did not change and are not shown."
        ));
    }
    page.bullet(&format!(
        "available = on hand - reserved - kept back; low: {} or less available; out: none.",
        stock.low_at
    ));
}

fn stock_row(before: &StockRow, after: &StockRow) -> Vec<String> {
    let change = |before: String, after: String| {
        if before == after {
            after
        } else {
            format!("{before} -> {after}")
        }
    };
    let mark = match after.low_stock {
        LowStock::Out => "out",
        LowStock::Low => "low",
        LowStock::Fine => "",
    };
    vec![
        after.hub.to_string(),
        after.sku.to_string(),
        change(before.on_hand.to_string(), after.on_hand.to_string()),
        change(before.reserved.to_string(), after.reserved.to_string()),
        after.safety.to_string(),
        change(before.available.to_string(), after.available.to_string()),
        mark.to_owned(),
    ]
}

fn history(page: &mut Page, history: Option<&History>) {
    let Some(history) = history else {
        return;
    };
    let number = history.number;
    let reference = &history.reference;
    page.section(&format!(
        "The history of order {number} ({reference}), times in UTC"
    ));
    for row in &history.entries {
        let time = format!("{}  ", moment(&row.at));
        let indent = " ".repeat(time.chars().count());
        page.fold(&time, &indent, &row.what);
        page.fold(&indent, &indent, &circumstances(row));
    }
}

/// Who, the status where it changed, and why.
fn circumstances(row: &HistoryRow) -> String {
    let mut text = match row.who.as_str() {
        "automatic" => "automatically".to_owned(),
        who => format!("by {who}"),
    };
    let new = words::status(row.new_status);
    match row.old_status {
        Some(old) if old == row.new_status => {}
        Some(old) => text.push_str(&format!("; status {} -> {new}", words::status(old))),
        None => text.push_str(&format!("; status {new}")),
    }
    if let Some(reason) = &row.reason {
        text.push_str(&format!("; reason: {reason}"));
    }
    text
}

fn end(page: &mut Page, report: &Report) {
    page.section("In the end");
    let summary = &report.summary;
    let known = match summary.orders_known {
        0 => String::new(),
        known => format!(", {known} already known"),
    };
    page.bullet(&format!(
        "{} orders stored{known} ({} on hold), {} refused, {} left out, {} rows or files rejected.",
        summary.orders_stored,
        summary.orders_on_hold,
        summary.orders_refused,
        summary.orders_left_out,
        summary.rows_rejected
    ));
    if let Some(hint) = &summary.hint {
        page.bullet(hint);
    }
    if report.audit.clean {
        page.bullet("The store checked every order, stock row and reservation: all is right.");
    }
    for violation in &report.audit.violations {
        page.bullet(&format!("AUDIT: {violation}"));
    }
    for file in &report.rejected_files {
        to_correct(page, file);
    }
    match summary.exit_code {
        0 => {}
        code @ FAILED => page.bullet(&format!(
            "Exit code {code}: something failed in the end; the standard error says what."
        )),
        code => page.bullet(&format!("Exit code {code}: not everything was taken.")),
    }
}

fn to_correct(page: &mut Page, file: &RejectedFile) {
    let RejectedFile {
        path,
        from,
        rows,
        again,
    } = file;
    match again {
        Some(command) => {
            page.bullet(&format!(
                "{path} holds {rows} rows of {from} to correct, each with its line, column and \
                 reason. Then feed it again:"
            ));
            // Not folded, to be copied as it is.
            page.line(&format!("    {command}"));
        }
        None => page.bullet(&format!(
            "{path} holds {rows} rows with line, column and reason; correct them in {from}."
        )),
    }
}
