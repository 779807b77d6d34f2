//! eBay's status words: cancellation first, then payment, then fulfilment. Returns live in another
//! API; nothing is ever delivered.

use std::collections::BTreeMap;

use crate::channel::error::ChannelError;
use crate::channel::json::{Object, document};
use crate::channel::status::{
    Ambiguity, Inbound, LineMoveKind, LineReports, NoChange, PersonCause, Remark, Settle,
    StatusReport, Target, Vocabulary, id, items, order_id, text, time, units, words,
};
use crate::value::{ExternalId, Quantity, Units};

pub(super) use crate::channel::status::says_of_marketplaces as says;

words! { Cancel {
    None = "none_requested", InProgress = "in_progress", Canceled = "canceled",
} }

words! { Payment {
    Pending = "pending", Failed = "failed", Paid = "paid",
    PartiallyRefunded = "partially_refunded", FullyRefunded = "fully_refunded",
} }

words! { Fulfillment {
    NotStarted = "not_started", InProgress = "in_progress", Fulfilled = "fulfilled",
} }

words! { Instruction {
    ShipTo = "ship_to", PrepareForPickup = "prepare_for_pickup", Digital = "digital",
    SellerDefined = "seller_defined", FulfilledByEbay = "fulfilled_by_ebay",
} }

pub(super) const VOCABULARY: &[Vocabulary] = &[
    Vocabulary {
        field: "cancel_state",
        words: Cancel::WORDS,
    },
    Vocabulary {
        field: "payment_status",
        words: Payment::WORDS,
    },
    Vocabulary {
        field: "fulfillment_status",
        words: Fulfillment::WORDS,
    },
    Vocabulary {
        field: "instruction",
        words: Instruction::WORDS,
    },
];

/// What eBay's words come to, by the table of the channel guide.
pub(super) fn inbound(settle: &Settle<'_>) -> Result<Inbound, PersonCause> {
    let report = settle.report;
    let cancel = report.read("cancel_state", Cancel::read)?;
    let payment = report.read("payment_status", Payment::read)?;
    let fulfillment = report.read("fulfillment_status", Fulfillment::read)?;
    let instruction = report.read("instruction", Instruction::read)?;
    if instruction == Some(Instruction::FulfilledByEbay) {
        let why = NoChange::Mirror;
        return Ok(Inbound::NoChange { why });
    }
    match cancel {
        Some(Cancel::Canceled) => return Ok(settle.to(Target::Cancelled)),
        Some(Cancel::InProgress) => {
            let remark = Some(Remark::CancelRequested);
            return Ok(settle.ambiguous(Ambiguity::EbayCancelRequested, remark));
        }
        Some(Cancel::None) | None => {}
    }
    let Some(payment) = payment else {
        return Err(PersonCause::NothingSaid {
            field: "payment_status",
        });
    };
    let fulfillment = fulfillment.unwrap_or(Fulfillment::NotStarted);
    Ok(match (payment, fulfillment) {
        (Payment::Pending | Payment::Failed, _) => settle.to(Target::Pending),
        (Payment::FullyRefunded, Fulfillment::NotStarted) => {
            settle.ambiguous(Ambiguity::EbayRefunded, None)
        }
        (Payment::FullyRefunded, Fulfillment::Fulfilled) => {
            settle.ambiguous(Ambiguity::EbayRefundedShipped, None)
        }
        (Payment::Paid | Payment::PartiallyRefunded, Fulfillment::NotStarted) => {
            settle.lines(&[], settle.to(Target::Approved))
        }
        (
            Payment::Paid | Payment::PartiallyRefunded | Payment::FullyRefunded,
            Fulfillment::InProgress,
        ) => settle.part(LineMoveKind::Shipped, "shipped"),
        (Payment::Paid | Payment::PartiallyRefunded, Fulfillment::Fulfilled) => fulfilled(settle),
    })
}

/// A line counts as fulfilled as soon as any unit of it left; its shipments tell how many.
fn fulfilled(settle: &Settle<'_>) -> Inbound {
    if settle.says_part_only(LineMoveKind::Shipped) {
        return settle.part(LineMoveKind::Shipped, "shipped");
    }
    let lines = &settle.report.lines;
    let one = |units: Option<Units>| units.is_some_and(|units| units <= Quantity::ONE.units());
    let sure = lines
        .iter()
        .all(|line| line.shipped.is_some() || one(line.ordered));
    if sure && !lines.is_empty() {
        return settle.to(Target::Shipped);
    }
    settle.ambiguous(Ambiguity::EbayFulfilled, None)
}

/// Reads the words of one order.
pub(super) fn report(order: &Object<'_>) -> Option<Result<StatusReport, ChannelError>> {
    let keys = ["orderFulfillmentStatus", "orderPaymentStatus"];
    keys.iter().any(|key| order.has(key)).then(|| read(order))
}

fn read(order: &Object<'_>) -> Result<StatusReport, ChannelError> {
    let mut report = StatusReport::new(order_id(order, "orderId")?);
    report.changed_at = time(order, "lastModifiedDate");
    let cancel = order.object("cancelStatus").ok().flatten();
    let cancel = cancel.and_then(|cancel| text(&cancel, "cancelState"));
    report = report
        .with("cancel_state", cancel.unwrap_or_default())
        .with(
            "payment_status",
            text(order, "orderPaymentStatus").unwrap_or_default(),
        )
        .with(
            "fulfillment_status",
            text(order, "orderFulfillmentStatus").unwrap_or_default(),
        );
    for instruction in items(order, "fulfillmentStartInstructions") {
        let word = text(&instruction, "fulfillmentInstructionsType");
        report = report.with("instruction", word.unwrap_or_default());
    }
    let mut all = LineReports::of(&mut report);
    for line in items(order, "lineItems") {
        let Some(item) = id(&line, "lineItemId") else {
            continue;
        };
        let ordered = units(&line, "quantity");
        let word = text(&line, "lineItemFulfillmentStatus").unwrap_or_default();
        let one = ordered == Some(Quantity::ONE.units());
        let said = all.line(&item);
        said.ordered = ordered;
        said.shipped = match Fulfillment::read(&word) {
            Some(Fulfillment::Fulfilled) if one => ordered,
            Some(Fulfillment::NotStarted) => Some(Units::ZERO),
            Some(Fulfillment::Fulfilled | Fulfillment::InProgress) | None => None,
        };
    }
    report.lines = all.into_lines();
    Ok(report)
}

/// Adds what the answer of `order/{id}/shipping_fulfillment` says to the report of the order.
pub(super) fn add_shipments(report: &mut StatusReport, bytes: &[u8]) -> Result<(), ChannelError> {
    let root = document(bytes)?.object()?;
    let mut all = LineReports::of(report);
    let mut sums: BTreeMap<ExternalId, Units> = BTreeMap::new();
    for shipment in items(&root, "fulfillments") {
        for line in items(&shipment, "lineItems") {
            let Some(item) = id(&line, "lineItemId") else {
                continue;
            };
            // A line without a quantity is the whole line.
            let whole = all.line(&item).ordered;
            let count = units(&line, "quantity").or(whole).unwrap_or_default();
            let sum = sums.entry(item).or_default();
            *sum = sum.checked_add(count).unwrap_or(Units::MAX);
        }
    }
    for (item, sum) in sums {
        all.line(&item).shipped = Some(sum);
    }
    report.lines = all.into_lines();
    Ok(())
}
