//! What the job has to tell: data, rendered as text or as JSON elsewhere.

use oms_core::channel::csv::RejectedRow;
use oms_core::order::{HoldReason, OrderEvent, OrderStatus};
use oms_core::port::Violation;
use oms_core::stock::{LowStock, StockKey, StockLevel};
use oms_core::value::{ChannelId, HubId, Money, OrderNumber, Sku, Timestamp, Units, Version};
use serde::Serialize;

/// Everything the job has to tell.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) summary: Summary,
    pub(crate) files: Vec<FileRow>,
    pub(crate) orders: Vec<OrderRow>,
    pub(crate) steps: Vec<Step>,
    pub(crate) held: Vec<Held>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) known: Vec<Known>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) stock: Stock,
    pub(crate) history: Option<History>,
    pub(crate) audit: Audit,
    pub(crate) rejected_files: Vec<RejectedFile>,
}

/// The numbers.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// Where orders, hubs, SKUs and stock came from.
    pub(crate) sources: Vec<String>,
    /// The store, if it is not the one in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<&'static str>,
    /// Orders that this run stored.
    pub(crate) orders_stored: usize,
    /// Orders of the files that an earlier run, or another one, had stored.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) orders_known: usize,
    pub(crate) orders_on_hold: usize,
    pub(crate) orders_refused: usize,
    pub(crate) orders_left_out: usize,
    pub(crate) rows_rejected: usize,
    /// What the user may want to do differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    pub(crate) exit_code: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A file of orders, and what became of its orders.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileRow {
    pub(crate) file: String,
    pub(crate) kind: &'static str,
    /// Orders that could be read.
    pub(crate) orders: usize,
    pub(crate) stored: usize,
    pub(crate) known: usize,
    pub(crate) left_out: usize,
    pub(crate) refused: usize,
    /// Rows (CSV) or orders (JSON) that could not be read.
    pub(crate) rejected: usize,
}

impl FileRow {
    /// A file that was read, before its orders are placed.
    pub(crate) fn new(file: &str, kind: &'static str, orders: usize, rejected: usize) -> Self {
        Self {
            file: file.to_owned(),
            kind,
            orders,
            stored: 0,
            known: 0,
            left_out: 0,
            refused: 0,
            rejected,
        }
    }
}

/// A stored order, as it is at the end.
#[derive(Debug, Serialize)]
pub(crate) struct OrderRow {
    pub(crate) number: OrderNumber,
    pub(crate) reference: String,
    pub(crate) channel: ChannelId,
    pub(crate) status: OrderStatus,
    pub(crate) lines: usize,
    pub(crate) units: u64,
    /// What the buyer owes.
    pub(crate) total: Money,
    pub(crate) hubs: Vec<HubId>,
    pub(crate) parcels: usize,
    pub(crate) placed_at: Timestamp,
}

/// Something the job did, beyond taking orders in.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub(crate) step: StepKind,
    pub(crate) orders: Vec<OrderNumber>,
    pub(crate) text: String,
}

/// What kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepKind {
    Approved,
    CancelledByChannel,
    PaidLater,
    DryRunRefused,
    TwoParcels,
    PartlyShipped,
    Cancelled,
    Shipped,
    ClockAhead,
    Waited,
    StockKept,
    Expired,
    Delivered,
    UnderWay,
    NotShown,
}

/// An order on hold.
#[derive(Debug, Serialize)]
pub(crate) struct Held {
    pub(crate) number: OrderNumber,
    pub(crate) reference: String,
    pub(crate) reasons: Vec<HoldReason>,
    pub(crate) text: String,
}

/// An order that was read and refused; it is not stored.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    pub(crate) file: String,
    pub(crate) reference: String,
    /// The stable code of the refusal.
    pub(crate) code: &'static str,
    pub(crate) text: String,
    /// Lines of the file, if it is a CSV file.
    pub(crate) lines: Vec<u64>,
}

/// A row, an order or a file that could not be read.
#[derive(Debug, Serialize)]
pub(crate) struct Rejected {
    pub(crate) file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    pub(crate) reason: String,
}

impl Rejected {
    /// A row of a CSV file.
    pub(crate) fn row(file: &str, row: &RejectedRow) -> Self {
        let value = match row.problems.as_slice() {
            [one] => Some(one.value.clone()).filter(|value| !value.is_empty()),
            [] | [_, ..] => None,
        };
        Self {
            file: file.to_owned(),
            line: Some(row.line),
            order: None,
            column: Some(row.columns()).filter(|columns| !columns.is_empty()),
            value,
            reason: row.reasons(),
        }
    }

    /// A whole file.
    pub(crate) fn file(file: &str, problem: &str) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            order: None,
            column: None,
            value: None,
            reason: format!("the file {problem}"),
        }
    }
}

/// An order that is nothing to work on, by its channel's word.
#[derive(Debug, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) file: String,
    pub(crate) reference: String,
    /// The reader's suggestion, such as `ignore`.
    pub(crate) suggestion: &'static str,
    pub(crate) text: String,
}

/// An order that came a second time.
#[derive(Debug, Serialize)]
pub(crate) struct Known {
    pub(crate) file: String,
    pub(crate) reference: String,
    /// The order it is.
    pub(crate) number: OrderNumber,
}

/// Something odd in an order that was taken all the same.
#[derive(Debug, Serialize)]
pub(crate) struct Remark {
    pub(crate) file: String,
    pub(crate) reference: String,
    pub(crate) code: &'static str,
    pub(crate) text: String,
}

/// The stock, before the first order and at the end.
#[derive(Debug, Serialize)]
pub(crate) struct Stock {
    /// Available units at or below which stock is low.
    pub(crate) low_at: Units,
    pub(crate) before: Vec<StockRow>,
    pub(crate) after: Vec<StockRow>,
}

/// One SKU at one hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StockRow {
    pub(crate) hub: HubId,
    pub(crate) sku: Sku,
    pub(crate) on_hand: Units,
    pub(crate) reserved: Units,
    pub(crate) safety: Units,
    pub(crate) available: i64,
    pub(crate) low_stock: LowStock,
}

impl StockRow {
    /// A stock row of the store.
    pub(crate) fn new(key: StockKey, level: &StockLevel, low_at: Units) -> Self {
        Self {
            hub: key.hub,
            sku: key.sku,
            on_hand: level.on_hand,
            reserved: level.reserved,
            safety: level.safety,
            available: level.available(),
            low_stock: level.low_stock(low_at),
        }
    }
}

/// Everything that happened to one order.
#[derive(Debug, Serialize)]
pub(crate) struct History {
    pub(crate) number: OrderNumber,
    pub(crate) reference: String,
    pub(crate) entries: Vec<HistoryRow>,
}

/// One step of an order's life.
#[derive(Debug, Serialize)]
pub(crate) struct HistoryRow {
    pub(crate) seq: Version,
    pub(crate) at: Timestamp,
    pub(crate) who: String,
    pub(crate) what: String,
    /// `None` for the first.
    pub(crate) old_status: Option<OrderStatus>,
    pub(crate) new_status: OrderStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    pub(crate) event: OrderEvent,
}

/// What the store's own check found.
#[derive(Debug, Serialize)]
pub(crate) struct Audit {
    pub(crate) clean: bool,
    pub(crate) violations: Vec<Violation>,
}

/// A file of rejected rows that was written.
#[derive(Debug, Serialize)]
pub(crate) struct RejectedFile {
    pub(crate) path: String,
    /// The file the rows came from.
    pub(crate) from: String,
    pub(crate) rows: usize,
    /// The command that feeds it again; other tables are corrected where they came from.
    pub(crate) again: Option<String>,
}
