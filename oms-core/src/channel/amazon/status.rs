//! Amazon's status words, of both generations of the Orders API. Spelling and letter case differ
//! between the two (`Canceled`, `CANCELLED`); both are read.

use std::iter;

use crate::channel::amazon::{inner, v0_order};
use crate::channel::error::ChannelError;
use crate::channel::json::Object;
use crate::channel::status::{
    Ambiguity, Inbound, LineMoveKind, LineReports, NoChange, ParcelReport, PersonCause, Remark,
    Settle, StatusReport, Target, Vocabulary, flag, id, items, order_id, text, time, units, words,
};
use crate::value::{ExternalId, Units};

/// For orders the seller ships.
pub(super) use crate::channel::status::says_of_marketplaces as says;

words! { Status {
    PendingAvailability = "pendingavailability" | "pending_availability",
    Pending = "pending",
    Unshipped = "unshipped",
    PartiallyShipped = "partiallyshipped" | "partially_shipped",
    Shipped = "shipped",
    InvoiceUnconfirmed = "invoiceunconfirmed",
    Cancelled = "canceled" | "cancelled",
    Unfulfillable = "unfulfillable",
} }

words! { FulfilledBy { Afn = "afn", Mfn = "mfn", Amazon = "amazon", Merchant = "merchant" } }

words! { Verification {
    Pending = "pending", Approved = "approved", Rejected = "rejected", Expired = "expired",
    Cancelled = "cancelled",
} }

// Packages of 2026-01-01, status and detailed status, and Easy Ship of v0.
words! { Parcel {
    Pending = "pending",
    PendingSchedule = "pendingschedule" | "pending_schedule",
    PendingPickUp = "pendingpickup" | "pending_pick_up",
    PendingDropOff = "pendingdropoff" | "pending_drop_off",
    LabelCancelled = "labelcanceled" | "label_canceled",
    Cancelled = "cancelled",
    PickedUp = "pickedup" | "picked_up",
    DroppedOff = "droppedoff" | "dropped_off",
    AtOrigin = "atoriginfc" | "at_origin_fc",
    AtDestination = "atdestinationfc" | "at_destination_fc",
    InTransit = "in_transit",
    Shipped = "shipped",
    OutForDelivery = "outfordelivery" | "out_for_delivery",
    Delivered = "delivered",
    Undeliverable = "undeliverable",
    Rejected = "rejectedbybuyer" | "rejected_by_buyer",
    Returning = "returningtoseller" | "returning_to_seller",
    Returned = "returnedtoseller" | "returned_to_seller",
    Lost = "lost",
    Damaged = "damaged",
} }

words! { Pickup {
    Ready = "readyforpickup", Taken = "pickedup", Refused = "refusedpickup",
} }

pub(super) const VOCABULARY: &[Vocabulary] = &[
    Vocabulary {
        field: "order_status",
        words: Status::WORDS,
    },
    Vocabulary {
        field: "fulfilled_by",
        words: FulfilledBy::WORDS,
    },
    Vocabulary {
        field: "cancel_requested",
        words: &["true", "false"],
    },
    Vocabulary {
        field: "verification",
        words: Verification::WORDS,
    },
    Vocabulary {
        field: "parcel",
        words: Parcel::WORDS,
    },
    Vocabulary {
        field: "pickup",
        words: Pickup::WORDS,
    },
];

/// How far a parcel is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Journey {
    /// On its way, or not yet.
    Under,
    Arrived,
    Back,
    Trouble,
}

const fn journey(parcel: Parcel) -> Option<Journey> {
    Some(match parcel {
        Parcel::Cancelled | Parcel::LabelCancelled => return None,
        Parcel::Delivered => Journey::Arrived,
        Parcel::Rejected | Parcel::Returned => Journey::Back,
        Parcel::Undeliverable | Parcel::Lost | Parcel::Damaged => Journey::Trouble,
        // Picked up means that the carrier has it.
        Parcel::Pending
        | Parcel::PendingSchedule
        | Parcel::PendingPickUp
        | Parcel::PendingDropOff
        | Parcel::PickedUp
        | Parcel::DroppedOff
        | Parcel::AtOrigin
        | Parcel::AtDestination
        | Parcel::InTransit
        | Parcel::Shipped
        | Parcel::OutForDelivery
        | Parcel::Returning => Journey::Under,
    })
}

/// What Amazon's words come to, by the table of the channel guide.
pub(super) fn inbound(settle: &Settle<'_>) -> Result<Inbound, PersonCause> {
    let report = &cancelled_units(settle);
    let settle = &Settle { report, ..*settle };
    let status = report.read("order_status", Status::read)?;
    let by = report.read("fulfilled_by", FulfilledBy::read)?;
    let verification = report.read("verification", Verification::read)?;
    let pickup = report.read("pickup", Pickup::read)?;
    let parcels = report.read_parcels(Parcel::read)?;
    if matches!(by, Some(FulfilledBy::Afn | FulfilledBy::Amazon)) {
        let why = NoChange::Mirror;
        return Ok(Inbound::NoChange { why });
    }
    let Some(status) = status else {
        return Err(PersonCause::NothingSaid {
            field: "order_status",
        });
    };
    Ok(match status {
        Status::Cancelled => settle.to(Target::Cancelled),
        Status::Unfulfillable => settle.ambiguous(Ambiguity::AmazonUnfulfillable, None),
        Status::PendingAvailability | Status::Pending => settle.to(Target::Pending),
        Status::Unshipped => unshipped(settle, verification),
        Status::PartiallyShipped => settle.part(LineMoveKind::Shipped, "shipped"),
        Status::Shipped => shipped(settle, &parcels, pickup, None),
        Status::InvoiceUnconfirmed => {
            shipped(settle, &parcels, pickup, Some(Remark::InvoiceToConfirm))
        }
    })
}

/// The report with the units that are cancelled: Orders v0 has no word for it and lowers what was
/// ordered, down to nothing.
fn cancelled_units(settle: &Settle<'_>) -> StatusReport {
    let mut report = settle.report.clone();
    for line in &mut report.lines {
        let lowered = settle.lowered_of_sold(line);
        if line.cancelled.is_none() && !lowered.is_zero() {
            line.cancelled = Some(lowered);
        }
    }
    report
}

fn unshipped(settle: &Settle<'_>, verification: Option<Verification>) -> Inbound {
    if settle.report.flag("cancel_requested") {
        let remark = Some(Remark::CancelRequested);
        return settle.with_remark(Target::OnHold, remark);
    }
    let whole = match verification {
        Some(Verification::Pending) => settle.to(Target::OnHold),
        Some(Verification::Rejected | Verification::Expired | Verification::Cancelled) => {
            return settle.to(Target::Cancelled);
        }
        Some(Verification::Approved) | None => settle.to(Target::Approved),
    };
    settle.lines(&[LineMoveKind::Cancelled], whole)
}

/// Wherever the parcels are: what Amazon cancelled before they left is not sent from here.
fn shipped(
    settle: &Settle<'_>,
    parcels: &[Parcel],
    pickup: Option<Pickup>,
    remark: Option<Remark>,
) -> Inbound {
    // Of all that arrived, or came back, the words say more than the units of each parcel.
    match ended(settle, parcels, pickup, remark.as_ref()) {
        Some(whole) => settle.lines(&[LineMoveKind::Cancelled], whole),
        None => {
            let whole = under_way(settle, remark);
            let kinds = [LineMoveKind::Cancelled, LineMoveKind::Delivered];
            settle.lines(&kinds, whole)
        }
    }
}

/// What it comes to that every parcel is where it stays.
fn ended(
    settle: &Settle<'_>,
    parcels: &[Parcel],
    pickup: Option<Pickup>,
    remark: Option<&Remark>,
) -> Option<Inbound> {
    let returned = || settle.ambiguous(Ambiguity::AmazonReturned, remark.cloned());
    match pickup {
        Some(Pickup::Taken) => return Some(settle.to(Target::Delivered)),
        Some(Pickup::Refused) => return Some(returned()),
        Some(Pickup::Ready) | None => {}
    }
    let journeys: Vec<Journey> = parcels.iter().filter_map(|one| journey(*one)).collect();
    let all = |end: Journey| !journeys.is_empty() && journeys.iter().all(|one| *one == end);
    if all(Journey::Arrived) {
        return Some(settle.to(Target::Delivered));
    }
    all(Journey::Back).then(returned)
}

fn under_way(settle: &Settle<'_>, remark: Option<Remark>) -> Inbound {
    let trouble = settle.report.parcels.iter().find(|parcel| {
        let read = Parcel::read(&parcel.word).and_then(journey);
        matches!(read, Some(Journey::Trouble | Journey::Back))
    });
    let Some(parcel) = trouble else {
        return settle.with_remark(Target::Shipped, remark);
    };
    let word = parcel.word.clone();
    let remark = Some(Remark::ParcelTrouble { word });
    settle.ambiguous(Ambiguity::AmazonUndeliverable, remark)
}

/// Reads the words of one order: Orders v0, 2026-01-01, or the notification ORDER_CHANGE.
pub(super) fn report(order: &Object<'_>) -> Option<Result<StatusReport, ChannelError>> {
    if let Some(own) = v0_order(order) {
        return Some(old(&own, order));
    }
    if order.has("AmazonOrderId") {
        return Some(old(order, order));
    }
    let is_order = order.has("orderId") && order.has("fulfillment");
    is_order.then(|| new(order))
}

/// Orders v0, `joined` being the order with the answers about its items and its verification beside
/// it, or the order alone; a notification has the same names under `Summary`.
fn old(order: &Object<'_>, joined: &Object<'_>) -> Result<StatusReport, ChannelError> {
    let mut report = StatusReport::new(order_id(order, "AmazonOrderId")?);
    let summary = order.object("Summary").ok().flatten();
    let trigger = order.object("OrderChangeTrigger").ok().flatten();
    report.changed_at = match &trigger {
        Some(trigger) => time(trigger, "TimeOfOrderChange"),
        None => time(order, "LastUpdateDate"),
    };
    let from = summary.as_ref().unwrap_or(order);
    let by = text(from, "FulfillmentChannel").or_else(|| text(from, "FulfillmentType"));
    let apart = joined.object("regulated").ok().flatten().map(opened);
    let regulated = apart.iter().chain([order]).find_map(|answer| {
        let status = answer.object("RegulatedOrderVerificationStatus");
        status.ok().flatten()
    });
    let verified = regulated.and_then(|status| text(&status, "Status"));
    report = report
        .with(
            "order_status",
            text(from, "OrderStatus").unwrap_or_default(),
        )
        .with("fulfilled_by", by.unwrap_or_default())
        .with("verification", verified.unwrap_or_default())
        .with(
            "pickup",
            text(from, "StorePickupStatus").unwrap_or_default(),
        );
    if let Some(word) = text(from, "EasyShipShipmentStatus") {
        let lines = Vec::new();
        report.parcels.push(ParcelReport { word, lines });
    }
    let mut asked = flag(from, "IsBuyerRequestedCancel");
    let mut all = LineReports::of(&mut report);
    let pages = items(joined, "items").into_iter().map(opened);
    let pages = iter::once(from.clone()).chain(pages);
    for line in pages.flat_map(|page| items(&page, "OrderItems")) {
        asked |= flag(&line, "IsBuyerRequestedCancel") || cancel_asked(&line);
        let ordered = units(&line, "QuantityOrdered").or_else(|| units(&line, "Quantity"));
        if let Some(item) = id(&line, "OrderItemId") {
            let said = all.line(&item);
            // An answer about the buyers' gifts names lines and no units.
            said.ordered = ordered.or(said.ordered);
            said.shipped = units(&line, "QuantityShipped").or(said.shipped);
        }
    }
    report.lines = all.into_lines();
    Ok(asked_to_cancel(report, asked))
}

/// What an answer holds, with its envelope or without.
fn opened(answer: Object<'_>) -> Object<'_> {
    inner(&answer).unwrap_or(answer)
}

fn cancel_asked(line: &Object<'_>) -> bool {
    let asked = line.object("BuyerRequestedCancel").ok().flatten();
    asked.is_some_and(|asked| flag(&asked, "IsBuyerRequestedCancel"))
}

fn asked_to_cancel(report: StatusReport, asked: bool) -> StatusReport {
    report.with("cancel_requested", if asked { "true" } else { "" })
}

fn new(order: &Object<'_>) -> Result<StatusReport, ChannelError> {
    let mut report = StatusReport::new(order_id(order, "orderId")?);
    report.changed_at = time(order, "lastUpdatedTime");
    let fulfillment = order.object("fulfillment")?;
    let word = |key: &str| fulfillment.as_ref().and_then(|inner| text(inner, key));
    report = report
        .with(
            "order_status",
            word("fulfillmentStatus").unwrap_or_default(),
        )
        .with("fulfilled_by", word("fulfilledBy").unwrap_or_default());
    let mut asked = false;
    let mut all = LineReports::of(&mut report);
    for line in items(order, "orderItems") {
        let cancellation = line.object("cancellation").ok().flatten();
        let has = |key: &str| {
            cancellation
                .as_ref()
                .is_some_and(|c| c.value(key).is_some())
        };
        // A request that was answered asks no more.
        asked |= has("cancellationRequest") && !has("cancellationExecution");
        let Some(item) = id(&line, "orderItemId") else {
            continue;
        };
        let done = line.object("fulfillment").ok().flatten();
        let shipped = done.and_then(|done| units(&done, "quantityFulfilled"));
        let ordered = units(&line, "quantityOrdered");
        let said = all.line(&item);
        said.ordered = ordered;
        said.shipped = shipped;
        if has("cancellationExecution") {
            // A line may be called cancelled though units of it left.
            said.cancelled = ordered.map(|o| o.saturating_sub(shipped.unwrap_or_default()));
        }
    }
    packages(&mut report, &mut all, order);
    report.lines = all.into_lines();
    Ok(asked_to_cancel(report, asked))
}

fn packages(report: &mut StatusReport, all: &mut LineReports, order: &Object<'_>) {
    for package in items(order, "packages") {
        let Some(status) = package.object("packageStatus").ok().flatten() else {
            continue;
        };
        let detailed = text(&status, "detailedStatus");
        let Some(word) = detailed.or_else(|| text(&status, "status")) else {
            continue;
        };
        let arrived = Parcel::read(&word) == Some(Parcel::Delivered);
        let mut lines: Vec<(ExternalId, Units)> = Vec::new();
        for content in items(&package, "packageItems") {
            let found = id(&content, "orderItemId").zip(units(&content, "quantity"));
            lines.extend(found);
        }
        if arrived {
            for (item, count) in &lines {
                let line = all.line(item);
                line.delivered = line.delivered.unwrap_or_default().checked_add(*count);
            }
        }
        report.parcels.push(ParcelReport { word, lines });
    }
}
