//! Storing orders, and what became of each.

use std::collections::BTreeMap;

use oms_core::channel::csv::{CsvOptions, RejectedRow, RowProblem};
use oms_core::event::ActorKind;
use oms_core::order::{OrderDraft, OrderStatus};
use oms_core::plan::{OnProblem, OrderReceipt};
use oms_core::service::{Error, ErrorClass, Tenant};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{ChannelId, OrderNumber};
use oms_examples::intake::{self, Arriving, Fate, Importer, Stored, Told};
use oms_examples::{who, words};

use crate::args::{Args, Kind};
use crate::input::File;
use crate::read::{ReadOrder, read};
use crate::refused::{Refusal, Table};

/// Batches in a row that the store could not be reached for, after which nothing more is tried:
/// each of them waits for seconds.
const AWAY_MAX: usize = 3;

/// What is said of whatever was left then; the code beside it.
const NOT_TRIED: (&str, &str) = ("was not tried; import it once more", "not_tried");

/// An order that the report names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) file: String,
    pub(crate) reference: String,
    /// Our own number; a dry run has none.
    pub(crate) number: Option<OrderNumber>,
    pub(crate) text: String,
}

/// What became of everything.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Orders stored, by the status they have now.
    pub(crate) stored: BTreeMap<OrderStatus, usize>,
    pub(crate) known: Vec<Named>,
    pub(crate) held: Vec<Named>,
    pub(crate) left_out: Vec<Named>,
    pub(crate) refused: Vec<Refusal>,
    /// Files, and orders of the file that was begun, that nothing was done with.
    pub(crate) untried: Vec<Refusal>,
    /// Why nothing more was tried.
    pub(crate) away: Option<String>,
    pub(crate) remarks: Vec<Named>,
    /// A SKU that nobody knows held an order.
    pub(crate) unknown_skus: bool,
    /// Rows of CSV files that were refused, to be corrected.
    pub(crate) tables: Vec<Table>,
}

/// The import on its way.
#[derive(Debug)]
pub(crate) struct Tally {
    tenant: Tenant,
    importer: Importer,
    connection: ChannelId,
    kind: Kind,
    dry_run: bool,
    csv: CsvOptions,
    seen: usize,
    /// Batches in a row, up to now, that the store could not be reached for.
    away: usize,
    ended: Ended,
}

impl Tally {
    /// Nothing is taken yet.
    pub(crate) fn new(tenant: Tenant, connection: ChannelId, args: &Args, csv: CsvOptions) -> Self {
        Self {
            importer: Importer::new(tenant.clone(), args.dry_run),
            tenant,
            connection,
            kind: args.channel,
            dry_run: args.dry_run,
            csv,
            seen: 0,
            away: 0,
            ended: Ended::default(),
        }
    }

    /// Orders that were read so far.
    pub(crate) const fn orders_seen(&self) -> usize {
        self.seen
    }

    /// More that was refused.
    pub(crate) fn refuse(&mut self, refused: Vec<Refusal>) {
        self.ended.refused.extend(refused);
    }

    /// Whether the store was away for so long that nothing more is tried.
    pub(crate) const fn gave_up(&self) -> bool {
        self.ended.away.is_some()
    }

    /// Names files that are not read any more.
    pub(crate) fn leave(&mut self, files: &[File]) {
        let (reason, code) = NOT_TRIED;
        let files = files.iter();
        let untried = files.map(|file| Refusal::file(&file.name, code, reason));
        self.ended.untried.extend(untried);
    }

    /// Reads a group of files and stores their orders, until the store is [away](Self::gave_up).
    pub(crate) async fn take_in(&mut self, files: Vec<File>) {
        let read = read(self.kind, &files, &self.connection, &self.csv);
        self.refuse(read.refused);
        for table in &read.tables {
            let remark = words::unread_columns(&table.headers).map(|text| Named {
                file: table.file.clone(),
                reference: "Header".to_owned(),
                number: None,
                text: format!("{text}; --column says which column one is"),
            });
            self.ended.remarks.extend(remark);
        }
        self.ended.tables.extend(read.tables);
        self.seen = self.seen.saturating_add(read.orders.len());
        // A dry run asks for each order by itself, and waits for each.
        let most = if self.dry_run { 1 } else { BATCH_ITEMS_MAX };
        let mut orders = read.orders.into_iter();
        while !self.gave_up() {
            let batch: Vec<ReadOrder> = orders.by_ref().take(most).collect();
            if batch.is_empty() {
                return;
            }
            self.place(batch).await;
        }
        for left in orders {
            let (reason, code) = NOT_TRIED;
            let draft = &left.order.draft;
            let untried = self.not_taken(draft, &left.file, &left.lines, code, reason);
            self.ended.untried.push(untried);
        }
    }

    async fn place(&mut self, batch: Vec<ReadOrder>) {
        let mut places = Vec::with_capacity(batch.len());
        let mut arriving = Vec::with_capacity(batch.len());
        for read in batch {
            let reason = format!("read from {}", read.file);
            let id = self.connection.as_str();
            arriving.push(Arriving {
                call: who::by_because(ActorKind::Channel, id, &reason),
                order: read.order,
                // Rows without a word on payment are orders on account.
                on_account: self.kind == Kind::Csv,
                on_problem: OnProblem::Hold,
                unpaid_ttl_secs: None,
            });
            places.push((read.file, read.lines));
        }
        let fates = self.importer.take(&mut arriving).await;
        self.heed(&fates);
        for ((arriving, (file, lines)), fate) in arriving.iter().zip(places).zip(fates) {
            self.tell(arriving, &file, &lines, fate);
        }
    }

    /// Notes whether the store could be reached for any order of a batch.
    fn heed(&mut self, fates: &[Fate]) {
        let mut why = None;
        for fate in fates {
            match fate {
                Fate::Refused(error) if error.class() == ErrorClass::Unavailable => {
                    why = Some(error);
                }
                // Nobody may have been asked.
                Fate::LeftOut { .. } => {}
                Fate::Refused(_) | Fate::Stored(_) | Fate::Known(_) | Fate::Unfinished(_) => {
                    self.away = 0;
                    return;
                }
            }
        }
        let Some(why) = why else { return };
        self.away = self.away.saturating_add(1);
        if self.away >= AWAY_MAX {
            self.ended.away = Some(words::refusal(why));
        }
    }

    fn tell(&mut self, arriving: &Arriving, file: &str, lines: &[u64], fate: Fate) {
        let named = |number: Option<OrderNumber>, text: String| Named {
            file: file.to_owned(),
            reference: words::reference_of(&arriving.order.draft),
            number,
            text,
        };
        for warning in &arriving.order.warnings {
            self.ended.remarks.push(named(None, warning.to_string()));
        }
        let stored = match &fate {
            Fate::LeftOut { why, told } => {
                let late = too_late(told).map(|text| named(None, text));
                self.ended.remarks.extend(late);
                self.ended.left_out.push(named(None, why.clone()));
                return;
            }
            Fate::Refused(error) => {
                let reason = words::refusal(error);
                return self.refuse_order(arriving, file, lines, error, reason);
            }
            Fate::Unfinished(error) => {
                let why = words::refusal(error);
                let reason = format!("is stored, but not as its channel says: {why}");
                return self.refuse_order(arriving, file, lines, error, reason);
            }
            Fate::Stored(stored) | Fate::Known(stored) => stored,
        };
        let number = (!self.dry_run).then_some(stored.receipt.number);
        let late = too_late(&stored.told).map(|text| named(number, text));
        self.ended.remarks.extend(late);
        if matches!(fate, Fate::Known(_)) {
            let text = format!("is {}", words::status(stored.receipt.status));
            self.ended.known.push(named(number, text));
            return;
        }
        let status = stored.receipt.status;
        *self.ended.stored.entry(status).or_default() += 1;
        if status == OrderStatus::OnHold {
            let text = held(arriving, stored);
            self.ended.held.push(named(number, text));
            let unknown = oms_core::order::HoldReason::UnknownSku;
            self.ended.unknown_skus |= stored.receipt.holds.contains(&unknown);
        }
    }

    fn refuse_order(
        &mut self,
        arriving: &Arriving,
        file: &str,
        lines: &[u64],
        error: &Error,
        mut reason: String,
    ) {
        if error.is_retryable() {
            reason.push_str("; import it once more");
        }
        let draft = &arriving.order.draft;
        let refusal = self.not_taken(draft, file, lines, error.code(), &reason);
        self.ended.refused.push(refusal);
    }

    /// An order that is not stored, for the report; its rows, if it has any, are to be read again.
    fn not_taken(
        &mut self,
        draft: &OrderDraft,
        file: &str,
        lines: &[u64],
        code: &str,
        reason: &str,
    ) -> Refusal {
        let refusal = Refusal {
            file: file.to_owned(),
            order: Some(words::reference_of(draft)),
            place: lines
                .first()
                .map(|line| format!("line {line}"))
                .unwrap_or_default(),
            value: String::new(),
            code: code.to_owned(),
            reason: reason.to_owned(),
        };
        let mut tables = self.ended.tables.iter_mut();
        let Some(table) = tables.find(|table| table.file == file) else {
            return refusal;
        };
        let payload = draft.payload.as_ref();
        let text = payload
            .map(|payload| payload.text.as_str())
            .unwrap_or_default();
        let mut records = records(text, table.headers.delimiter()).into_iter();
        for line in lines {
            let problem = RowProblem {
                column: None,
                value: String::new(),
                code: "order_refused",
                reason: reason.to_owned(),
            };
            table.rows.push(RejectedRow {
                line: *line,
                problems: vec![problem],
                record: records.next().unwrap_or_default(),
            });
        }
        refusal
    }

    /// Everything was taken, or nothing more is tried.
    pub(crate) async fn finish(mut self) -> Ended {
        // Once: where the store fails, every order of a file may be among them.
        for table in &mut self.ended.tables {
            table.rows.sort_by_key(|row| row.line);
        }
        if !self.dry_run && !self.gave_up() {
            self.name_holds().await;
        }
        self.ended
    }

    /// The store's note on each hold, as far as the report names them.
    async fn name_holds(&mut self) {
        for named in self.ended.held.iter_mut().take(crate::report::ROWS_MAX) {
            let Some(number) = named.number else { continue };
            // The reasons stand there already; the note is worth no failure.
            let Ok(Some(order)) = self.tenant.order_by_number(number).await else {
                continue;
            };
            if let Some(hold) = &order.head.hold {
                named.text = words::hold(hold);
            }
        }
    }
}

/// What the channel's word asked for and the order does not allow any more.
fn too_late(told: &[Told]) -> impl Iterator<Item = String> {
    intake::too_late(told).map(|(command, why)| {
        let why = words::rejection(why);
        format!("{command} is not possible any more: {why}")
    })
}

/// Why an order is on hold, by its receipt.
fn held(arriving: &Arriving, stored: &Stored) -> String {
    let OrderReceipt { holds, .. } = &stored.receipt;
    let mut reasons: Vec<&str> = holds.iter().map(|why| words::hold_reason(*why)).collect();
    reasons.extend(arriving.order.state.suggestion.why());
    reasons.join("; ")
}

/// The rows of a CSV order as its payload keeps them: a header, then one row per line.
fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(true)
        .flexible(true)
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader.records().filter_map(Result::ok).map(cells).collect()
}

#[cfg(test)]
mod tests;
