//! The report, as text.

use std::path::PathBuf;

use oms_core::order::OrderStatus;
use oms_examples::words;

use crate::args::Args;
use crate::place::{Ended, Named};
use crate::refused::Refusal;

/// Longer lists are cut; the file of what was refused has them whole.
pub(crate) const ROWS_MAX: usize = 60;

/// What became of everything.
pub(crate) fn text(args: &Args, ended: &Ended, written: &[PathBuf]) -> String {
    let mut page = Page(String::new());
    let kind = args.channel.name();
    match args.dry_run {
        true => page.line(&format!("Orders of {kind}: what an import would do")),
        false => page.line(&format!("Orders of {kind}")),
    }
    let held = ended.held.len();
    let accepted = ended.stored.values().sum::<usize>().saturating_sub(held);
    let statuses: Vec<String> = ended
        .stored
        .iter()
        .filter(|(status, _)| **status != OrderStatus::OnHold)
        .map(|(status, count)| format!("{count} {}", words::status(*status)))
        .collect();
    page.count(accepted, "accepted", &statuses.join(", "));
    page.count(ended.known.len(), "already known", "");
    page.count(held, "held", "stored, waiting for a person");
    page.count(ended.left_out.len(), "left out", "nothing to work on");
    page.count(ended.refused.len(), "refused", "not stored");
    if !ended.untried.is_empty() {
        page.count(ended.untried.len(), "not tried", "the store was away");
    }
    page.orders("Held", &ended.held);
    page.orders("Left out", &ended.left_out);
    page.refusals("Refused", &ended.refused);
    page.refusals("Not tried", &ended.untried);
    page.orders("Already known", &ended.known);
    page.orders("Remarks", &ended.remarks);
    for path in written {
        page.line("");
        page.line(&format!("What was refused is in {}.", path.display()));
    }
    if ended.unknown_skus && args.shop.files().is_empty() {
        page.line("");
        page.line("Give your catalogue with --skus FILE, or with your stock: --stock FILE.");
    }
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn count(&mut self, count: usize, what: &str, more: &str) {
        let more = match more {
            "" => String::new(),
            more if count > 0 => format!(" ({more})"),
            _ => String::new(),
        };
        self.line(&format!("{count:>7} {what}{more}"));
    }

    fn orders(&mut self, title: &str, orders: &[Named]) {
        let line = |named: &Named| {
            let Named {
                file,
                reference,
                number,
                text,
            } = named;
            match number {
                Some(number) => format!("{reference} (our {number}, {file}): {text}"),
                None => format!("{reference} ({file}): {text}"),
            }
        };
        let lines: Vec<String> = orders.iter().map(line).collect();
        self.list(title, &lines);
    }

    fn refusals(&mut self, title: &str, refusals: &[Refusal]) {
        let lines: Vec<String> = refusals.iter().map(Refusal::line).collect();
        self.list(title, &lines);
    }

    fn list(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.line("");
        self.line(title);
        for line in lines.iter().take(ROWS_MAX) {
            self.line(&format!("* {line}"));
        }
        let cut = lines.len().saturating_sub(ROWS_MAX);
        if cut > 0 {
            self.line(&format!("* and {cut} more"));
        }
    }
}
