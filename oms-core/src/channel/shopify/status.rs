//! Shopify's status words. There is no order status: cancellation is read first, then returns,
//! fulfilment, holds and payment. Admin REST writes the words small, GraphQL writes them large.

use crate::channel::error::ChannelError;
use crate::channel::json::Object;
use crate::channel::outbound::UpdateKind;
use crate::channel::shopify::gone::{RefundKeys, Refunds};
use crate::channel::shopify::money::is_tip;
use crate::channel::shopify::state::is_draft;
use crate::channel::status::{
    Ambiguity, Inbound, LineMoveKind, LineReport, LineReports, Loss, NoChange, ParcelReport,
    PersonCause, Remark, Says, Settle, StatusReport, Target, Vocabulary, flag, id, items, order_id,
    text, time, units, words,
};
use crate::order::OrderStatus;
use crate::value::Units;

words! { Financial {
    Pending = "pending", Unpaid = "unpaid", Authorized = "authorized",
    PartiallyPaid = "partially_paid", Paid = "paid", PartiallyRefunded = "partially_refunded",
    Refunded = "refunded", Voided = "voided", Expired = "expired",
} }

words! { Fulfillment {
    Unfulfilled = "unfulfilled", Partial = "partial" | "partially_fulfilled",
    Fulfilled = "fulfilled", InProgress = "in_progress", OnHold = "on_hold",
    Scheduled = "scheduled", RequestDeclined = "request_declined", Restocked = "restocked",
    Pending = "pending" | "pending_fulfillment", Open = "open",
} }

words! { Return {
    Nothing = "no_return", Requested = "return_requested", InProgress = "in_progress",
    Inspected = "inspection_complete", Returned = "returned", Failed = "return_failed",
} }

words! { Work {
    Open = "open", InProgress = "in_progress", Cancelled = "cancelled",
    Incomplete = "incomplete", Closed = "closed", Scheduled = "scheduled", OnHold = "on_hold",
} }

words! { Parcel {
    LabelPurchased = "label_purchased", LabelPrinted = "label_printed",
    LabelVoided = "label_voided", Confirmed = "confirmed", Submitted = "submitted",
    Fulfilled = "fulfilled", MarkedAsFulfilled = "marked_as_fulfilled",
    CarrierPickedUp = "carrier_picked_up", InTransit = "in_transit",
    OutForDelivery = "out_for_delivery", Attempted = "attempted_delivery", Delayed = "delayed",
    ReadyForPickup = "ready_for_pickup", PickedUp = "picked_up", Delivered = "delivered",
    NotDelivered = "not_delivered", Failure = "failure", Canceled = "canceled",
    Success = "success",
} }

pub(super) const VOCABULARY: &[Vocabulary] = &[
    Vocabulary {
        field: "test",
        words: &["true", "false"],
    },
    Vocabulary {
        field: "draft",
        words: &["true", "false"],
    },
    Vocabulary {
        field: "cancelled",
        words: &["true", "false"],
    },
    Vocabulary {
        field: "fully_refunded",
        words: &["true", "false"],
    },
    Vocabulary {
        field: "financial_status",
        words: Financial::WORDS,
    },
    Vocabulary {
        field: "fulfillment_status",
        words: Fulfillment::WORDS,
    },
    Vocabulary {
        field: "return_status",
        words: Return::WORDS,
    },
    Vocabulary {
        field: "fulfillment_order",
        words: Work::WORDS,
    },
    Vocabulary {
        field: "parcel",
        words: Parcel::WORDS,
    },
];

/// What Shopify's words come to, by the table of the channel guide; the first row that fits counts.
pub(super) fn inbound(settle: &Settle<'_>) -> Result<Inbound, PersonCause> {
    let report = settle.report;
    let financial = report.read("financial_status", Financial::read)?;
    let fulfillment = report.read("fulfillment_status", Fulfillment::read)?;
    let returns = report.read("return_status", Return::read)?;
    let parcels = report.read_parcels(Parcel::read)?;
    let work = work(report)?;
    if report.flag("test") {
        let why = NoChange::Test;
        return Ok(Inbound::NoChange { why });
    }
    if report.flag("draft") {
        let why = NoChange::Draft;
        return Ok(Inbound::NoChange { why });
    }
    if report.flag("cancelled") {
        return cancelled(settle);
    }
    if returns == Some(Return::Returned) {
        return Ok(returned(settle));
    }
    let answer = match fulfillment {
        Some(Fulfillment::Fulfilled) => shipped(settle, &parcels),
        Some(Fulfillment::Partial) => settle.part(LineMoveKind::Shipped, "shipped"),
        Some(Fulfillment::OnHold | Fulfillment::Scheduled) => settle.to(Target::OnHold),
        Some(Fulfillment::RequestDeclined) => settle.ambiguous(Ambiguity::ShopifyDeclined, None),
        Some(Fulfillment::Restocked) if is_paid(financial) => {
            settle.ambiguous(Ambiguity::ShopifyRestocked, None)
        }
        Some(
            Fulfillment::Unfulfilled
            | Fulfillment::InProgress
            | Fulfillment::Restocked
            | Fulfillment::Pending
            | Fulfillment::Open,
        )
        | None => match by_work(&work) {
            Some(WorkSays::Hold) => settle.to(Target::OnHold),
            Some(WorkSays::Declined) => settle.ambiguous(Ambiguity::ShopifyDeclined, None),
            None => by_payment(settle, financial),
        },
    };
    Ok(answer)
}

fn work(report: &StatusReport) -> Result<Vec<Work>, PersonCause> {
    let field = "fulfillment_order";
    let read = |word| Work::read(word).ok_or_else(|| PersonCause::unknown_word(field, word));
    report.all(field).map(read).collect()
}

enum WorkSays {
    Hold,
    Declined,
}

/// Admin REST shows a held order as unfulfilled; its fulfilment orders tell.
fn by_work(work: &[Work]) -> Option<WorkSays> {
    let says = |one: &Work| match one {
        Work::OnHold | Work::Scheduled => Some(WorkSays::Hold),
        Work::Incomplete => Some(WorkSays::Declined),
        Work::Open | Work::InProgress | Work::Cancelled | Work::Closed => None,
    };
    let hold = work.iter().filter_map(says);
    hold.reduce(|first, next| match first {
        WorkSays::Hold => WorkSays::Hold,
        WorkSays::Declined => next,
    })
}

const fn is_paid(financial: Option<Financial>) -> bool {
    matches!(
        financial,
        Some(Financial::Paid | Financial::PartiallyRefunded)
    )
}

/// Parcels that left stay shipped; only what did not leave is cancelled.
fn cancelled(settle: &Settle<'_>) -> Result<Inbound, PersonCause> {
    let left = |line: &LineReport| line.shipped.is_some_and(|shipped| !shipped.is_zero());
    if !settle.view.any_shipped() && settle.report.lines.iter().any(left) {
        return Err(PersonCause::CancelledAfterShipping);
    }
    Ok(settle.to(Target::Cancelled))
}

/// The word says that some units came back, not that all did.
fn returned(settle: &Settle<'_>) -> Inbound {
    use LineMoveKind::{Cancelled, Delivered, Returned, Shipped};
    let known = settle.view.status == OrderStatus::Returned || !settle.view.any_shipped();
    if known || settle.says_all(Returned) {
        return settle.to(Target::Returned);
    }
    let lines = &settle.report.lines;
    let told = lines.iter().all(|line| line.returned.is_some());
    let some = |line: &LineReport| line.returned.is_some_and(|units| !units.is_zero());
    if !told || !lines.iter().any(some) {
        return PersonCause::UnitsUnknown("returned").into();
    }
    let why = NoChange::Same;
    let rest = Inbound::NoChange { why };
    settle.lines(&[Shipped, Delivered, Returned, Cancelled], rest)
}

fn shipped(settle: &Settle<'_>, parcels: &[Parcel]) -> Inbound {
    use LineMoveKind::{Cancelled, Delivered};
    let report = &nothing_to_send(settle.report);
    let settle = &Settle { report, ..*settle };
    // Where no parcel says which units left, nobody knows whether those that are gone did.
    let told = report.lines.iter().any(|line| line.shipped.is_some());
    let arrived = |parcel: &Parcel| matches!(parcel, Parcel::Delivered | Parcel::PickedUp);
    let known = report.parcels.len();
    if known > 0 && parcels.len() == known && parcels.iter().all(arrived) {
        let kinds: &[LineMoveKind] = if told { &[Cancelled] } else { &[] };
        return settle.lines(kinds, settle.to(Target::Delivered));
    }
    let trouble = report.parcels.iter().find(|parcel| {
        matches!(
            Parcel::read(&parcel.word),
            Some(Parcel::NotDelivered | Parcel::Failure)
        )
    });
    let remark = trouble.map(|parcel| Remark::ParcelTrouble {
        word: parcel.word.clone(),
    });
    let whole = settle.with_remark(Target::Shipped, remark);
    let both = [Cancelled, Delivered];
    let kinds: &[LineMoveKind] = if told { &both } else { &[Delivered] };
    settle.lines(kinds, whole)
}

/// The report of an order of which nothing is left to be sent: of the units that are gone, those
/// that did not leave were cancelled.
fn nothing_to_send(report: &StatusReport) -> StatusReport {
    let mut report = report.clone();
    for line in &mut report.lines {
        let Some((gone, ordered)) = line.removed.zip(line.ordered) else {
            continue;
        };
        let unsent = ordered.saturating_sub(line.shipped.unwrap_or_default());
        let cancelled = Units::min(gone, unsent);
        line.cancelled = Some(cancelled);
        line.returned = Some(gone.saturating_sub(cancelled));
        line.removed = None;
    }
    report
}

fn by_payment(settle: &Settle<'_>, financial: Option<Financial>) -> Inbound {
    let whole = match financial {
        Some(Financial::Pending | Financial::Unpaid | Financial::PartiallyPaid) | None => {
            settle.ambiguous(Ambiguity::ShopifyUnpaid, None)
        }
        Some(Financial::Authorized) => settle.ambiguous(Ambiguity::ShopifyAuthorised, None),
        Some(Financial::Expired | Financial::Voided) => {
            settle.ambiguous(Ambiguity::ShopifyPaymentGone, Some(Remark::PaymentGone))
        }
        Some(Financial::Refunded) => return refunded(settle),
        Some(Financial::Paid | Financial::PartiallyRefunded) => settle.to(Target::Approved),
    };
    settle.lines(&[LineMoveKind::Cancelled], whole)
}

/// After shipping a refund is no return; before it, the word alone may be wrong: shops set it
/// though a part of the money went back.
fn refunded(settle: &Settle<'_>) -> Inbound {
    if settle.view.any_shipped() {
        let why = NoChange::Behind;
        return Inbound::NoChange { why };
    }
    if settle.report.word("fully_refunded") == Some("false") {
        return settle.to(Target::OnHold);
    }
    settle.ambiguous(Ambiguity::ShopifyRefunded, None)
}

/// What Shopify can be told of a status of ours.
pub(super) const fn says(status: OrderStatus) -> Says {
    match status {
        OrderStatus::Pending => Says::Already,
        OrderStatus::OnHold => Says::By(UpdateKind::Hold),
        OrderStatus::Approved => Says::By(UpdateKind::Release),
        OrderStatus::Picking | OrderStatus::Picked | OrderStatus::Packing | OrderStatus::Packed => {
            Says::Never(Loss::WarehouseStep)
        }
        OrderStatus::Shipped => Says::By(UpdateKind::Ship),
        OrderStatus::Delivered => Says::By(UpdateKind::Deliver),
        OrderStatus::Cancelled => Says::By(UpdateKind::Cancel),
        OrderStatus::Returned => Says::By(UpdateKind::Refund),
    }
}

/// Reads the words of one order, Admin REST or GraphQL.
pub(super) fn report(order: &Object<'_>) -> Option<Result<StatusReport, ChannelError>> {
    let rest = [
        "financial_status",
        "fulfillment_status",
        "total_price",
        "line_items",
    ];
    let graph = ["displayFinancialStatus", "displayFulfillmentStatus"];
    if graph.iter().any(|key| order.has(key)) {
        return Some(read(order, &GRAPH));
    }
    let is_order = rest.iter().any(|key| order.has(key)) && order.has("id");
    is_order.then(|| read(order, &REST))
}

/// The names of the same fields in the two APIs.
struct Keys {
    cancelled: &'static str,
    changed: &'static str,
    financial: &'static str,
    fulfillment: &'static str,
    returns: &'static str,
    work: &'static str,
    lines: &'static str,
    current: &'static str,
    /// Units still to be sent; Admin REST has them, too, but counts them in another way.
    to_send: Option<&'static str>,
    refunds: RefundKeys,
    parcel: &'static str,
    parcel_lines: &'static str,
}

const REST: Keys = Keys {
    cancelled: "cancelled_at",
    changed: "updated_at",
    financial: "financial_status",
    fulfillment: "fulfillment_status",
    returns: "return_status",
    work: "fulfillment_orders",
    lines: "line_items",
    current: "current_quantity",
    to_send: None,
    refunds: RefundKeys {
        lines: "refund_line_items",
        restock: "restock_type",
    },
    parcel: "shipment_status",
    parcel_lines: "line_items",
};

const GRAPH: Keys = Keys {
    cancelled: "cancelledAt",
    changed: "updatedAt",
    financial: "displayFinancialStatus",
    fulfillment: "displayFulfillmentStatus",
    returns: "returnStatus",
    work: "fulfillmentOrders",
    lines: "lineItems",
    current: "currentQuantity",
    to_send: Some("unfulfilledQuantity"),
    refunds: RefundKeys {
        lines: "refundLineItems",
        restock: "restockType",
    },
    parcel: "displayStatus",
    parcel_lines: "fulfillmentLineItems",
};

fn read(order: &Object<'_>, keys: &Keys) -> Result<StatusReport, ChannelError> {
    let mut report = StatusReport::new(order_id(order, "id")?);
    report.changed_at = time(order, keys.changed);
    let truth = |yes: bool| if yes { "true" } else { "" };
    report = report
        .with("test", truth(flag(order, "test")))
        .with("draft", truth(is_draft(order)))
        .with("cancelled", truth(order.value(keys.cancelled).is_some()))
        .with(
            "financial_status",
            text(order, keys.financial).unwrap_or_default(),
        )
        .with(
            "fulfillment_status",
            text(order, keys.fulfillment).unwrap_or_default(),
        )
        .with(
            "return_status",
            text(order, keys.returns).unwrap_or_default(),
        );
    for work in items(order, keys.work) {
        report = report.with(
            "fulfillment_order",
            text(&work, "status").unwrap_or_default(),
        );
    }
    let mut all = LineReports::of(&mut report);
    parcels(&mut report, &mut all, order, keys);
    let refunds = Refunds::of(order, &keys.refunds);
    for line in items(order, keys.lines) {
        // A tip is no line of the order here.
        let Some(item) = id(&line, "id").filter(|_| !is_tip(&line)) else {
            continue;
        };
        let said = all.line(&item);
        said.ordered = units(&line, "quantity");
        let to_send = keys.to_send.and_then(|key| units(&line, key));
        if let Some(current) = units(&line, keys.current) {
            refunds.tell(said, current, to_send);
        }
    }
    report.lines = all.into_lines();
    Ok(report)
}

/// What a service has yet to answer (`pending`) or to send (`open`): old words.
const WAITING: [&str; 2] = ["pending", "open"];

/// What was called off or failed.
const OVER: [&str; 3] = ["cancelled", "error", "failure"];

fn parcels(report: &mut StatusReport, all: &mut LineReports, order: &Object<'_>, keys: &Keys) {
    for parcel in items(order, "fulfillments") {
        let status = text(&parcel, "status").unwrap_or_default();
        let status = status.to_ascii_lowercase();
        if OVER.contains(&status.as_str()) {
            continue;
        }
        if WAITING.contains(&status.as_str()) {
            // None of its units have left, so the others are not all that is to arrive.
            let (word, lines) = (String::new(), Vec::new());
            report.parcels.push(ParcelReport { word, lines });
            continue;
        }
        let word = text(&parcel, keys.parcel).unwrap_or_default();
        let arrived = matches!(
            Parcel::read(&word),
            Some(Parcel::Delivered | Parcel::PickedUp)
        );
        let mut lines = Vec::new();
        for content in items(&parcel, keys.parcel_lines) {
            let inner = content.object("lineItem").ok().flatten();
            let item = inner.map_or_else(|| id(&content, "id"), |line| id(&line, "id"));
            let item = item.filter(|_| !is_tip(&content));
            let Some((item, count)) = item.zip(units(&content, "quantity")) else {
                continue;
            };
            let line = all.line(&item);
            let add = |so_far: Option<Units>| so_far.unwrap_or_default().checked_add(count);
            line.shipped = add(line.shipped);
            if arrived {
                line.delivered = add(line.delivered);
            }
            lines.push((item, count));
        }
        report.parcels.push(ParcelReport { word, lines });
    }
}
