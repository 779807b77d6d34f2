//! Storing orders, and what became of each.

use std::collections::BTreeMap;

use oms_core::channel::csv::{CsvOptions, RejectedRow, RowProblem};
use oms_core::event::ActorKind;
use oms_core::order::OrderStatus;
use oms_core::plan::{OnProblem, OrderReceipt};
use oms_core::service::{Error, Tenant};
use oms_core::value::limits::BATCH_ITEMS_MAX;
use oms_core::value::{ChannelId, OrderNumber};
use oms_examples::intake::{self, Arriving, Fate, Importer, Stored, Told};
use oms_examples::{who, words};

use crate::args::{Args, Kind};
use crate::input::File;
use crate::read::{ReadOrder, read};
use crate::refused::{Refusal, Table};

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

    /// Reads a group of files and stores their orders.
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
        let mut orders = read.orders.into_iter();
        loop {
            let batch: Vec<ReadOrder> = orders.by_ref().take(BATCH_ITEMS_MAX).collect();
            if batch.is_empty() {
                return;
            }
            self.place(batch).await;
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
        for ((arriving, (file, lines)), fate) in arriving.iter().zip(places).zip(fates) {
            self.tell(arriving, &file, &lines, fate);
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
        self.ended.refused.push(Refusal {
            file: file.to_owned(),
            order: Some(words::reference_of(&arriving.order.draft)),
            place: lines
                .first()
                .map(|line| format!("line {line}"))
                .unwrap_or_default(),
            value: String::new(),
            code: error.code().to_owned(),
            reason: reason.clone(),
        });
        let Some(table) = self
            .ended
            .tables
            .iter_mut()
            .find(|table| table.file == file)
        else {
            return;
        };
        let payload = arriving.order.draft.payload.as_ref();
        let text = payload
            .map(|payload| payload.text.as_str())
            .unwrap_or_default();
        let mut records = records(text, table.headers.delimiter()).into_iter();
        for line in lines {
            let problem = RowProblem {
                column: None,
                value: String::new(),
                code: "order_refused",
                reason: reason.clone(),
            };
            table.rows.push(RejectedRow {
                line: *line,
                problems: vec![problem],
                record: records.next().unwrap_or_default(),
            });
        }
    }

    /// Everything was taken.
    pub(crate) async fn finish(mut self) -> Ended {
        // Once: where the store fails, every order of a file may be among them.
        for table in &mut self.ended.tables {
            table.rows.sort_by_key(|row| row.line);
        }
        if !self.dry_run {
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
