//! WooCommerce's status words: one field, an open set, since plugins add their own.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::channel::error::ChannelError;
use crate::channel::json::{Object, Value, document};
use crate::channel::outbound::UpdateKind;
use crate::channel::status::{
    Ambiguity, Choice, Inbound, LineMoveKind, LineReport, LineReports, Loss, NoChange, PersonCause,
    RefundReport, Remark, Says, Settle, StatusReport, Target, Vocabulary, id, items, order_id,
    text, time, units, words,
};
use crate::channel::woocommerce::payment::is_paid;
use crate::order::OrderStatus;
use crate::value::{ExternalId, Units};

words! { Status {
    AutoDraft = "auto-draft", CheckoutDraft = "checkout-draft", Draft = "draft", New = "new",
    Trash = "trash", Cancelled = "cancelled", Refunded = "refunded", Pending = "pending",
    Failed = "failed", OnHold = "on-hold", Processing = "processing", Completed = "completed",
} }

pub(super) const VOCABULARY: &[Vocabulary] = &[
    Vocabulary {
        field: "status",
        words: Status::WORDS,
    },
    Vocabulary {
        field: "paid",
        words: &["true", "false"],
    },
];

/// What the shop's word comes to.
pub(super) fn inbound(settle: &Settle<'_>) -> Result<Inbound, PersonCause> {
    let Some(word) = settle.report.word("status") else {
        return Err(PersonCause::NothingSaid { field: "status" });
    };
    let lower = word.to_ascii_lowercase();
    let slug = lower.strip_prefix("wc-").unwrap_or(&lower);
    let Some(status) = Status::read(slug) else {
        return other(settle, slug);
    };
    Ok(match status {
        Status::AutoDraft | Status::CheckoutDraft | Status::Draft | Status::New => {
            let why = NoChange::Draft;
            Inbound::NoChange { why }
        }
        Status::Trash => settle.ambiguous(Ambiguity::WooTrash, None),
        Status::Cancelled => settle.to(Target::Cancelled),
        Status::Refunded => settle.ambiguous(Ambiguity::WooRefunded, None),
        // The buyer may try again to pay; what was paid before failed for good.
        Status::Failed if settle.report.flag("paid") => settle.to(Target::OnHold),
        Status::Pending | Status::Failed => settle.to(Target::Pending),
        Status::OnHold => settle.to(Target::OnHold),
        Status::Processing => processing(settle),
        Status::Completed => settle.ambiguous(Ambiguity::WooCompleted, None),
    })
}

/// A word of a plugin: as the tenant says; by a rule for all of them only if the tenant set one.
fn other(settle: &Settle<'_>, slug: &str) -> Result<Inbound, PersonCause> {
    let row = Ambiguity::WooOtherWord;
    let named = settle.policy.meaning(slug);
    let of_all = || (settle.policy.is_chosen(row)).then(|| settle.policy.choice(row));
    match named.or_else(of_all) {
        // What was taken back of it is not sent, whatever the word.
        Some(Choice::Approved) => Ok(processing(settle)),
        Some(choice) => Ok(settle.chosen(choice, row, None)),
        None => Err(PersonCause::unknown_word("status", slug)),
    }
}

/// Lines refunded while the order is in work are not to be sent any more.
fn processing(settle: &Settle<'_>) -> Inbound {
    let unnamed = unnamed(&settle.report.refunds);
    let report = &removed_units(settle);
    let settle = &Settle { report, ..*settle };
    let whole = settle.to(Target::Approved);
    if settle.view.any_shipped() {
        return settle.lines(&[], whole);
    }
    let answer = settle.lines(&[LineMoveKind::Cancelled], whole);
    match unnamed {
        // Nothing more is to be sent of an order that is cancelled.
        Some(refunds) if settle.view.status != OrderStatus::Cancelled => asked(answer, refunds),
        Some(_) | None => answer,
    }
}

/// The refunds of units that nobody names, the latest first: each one more is another question.
fn unnamed(refunds: &[RefundReport]) -> Option<String> {
    let unnamed = refunds.iter().filter(|refund| !refund.names_units);
    let name = |refund: &RefundReport| {
        let id = refund.id.as_ref();
        id.map_or_else(|| "?".to_owned(), ToString::to_string)
    };
    let mut names: Vec<String> = unnamed.map(name).collect();
    // The shop counts them.
    names.sort_by_cached_key(|name| Reverse((name.len(), name.clone())));
    (!names.is_empty()).then(|| names.join(", "))
}

/// The answer, and which units these refunds are for: a person says.
fn asked(answer: Inbound, refunds: String) -> Inbound {
    match answer {
        Inbound::MoveTo {
            status: OrderStatus::Cancelled,
            ..
        } => answer,
        Inbound::NoChange { .. } | Inbound::MoveTo { .. } => {
            PersonCause::UnitsRefunded { refunds }.into()
        }
        Inbound::LineChange { changes, .. } => Inbound::LineChange {
            changes,
            then: None,
            remark: Some(Remark::UnitsRefunded { refunds }),
        },
        Inbound::NeedsPerson { cause } => cause.and(PersonCause::UnitsRefunded { refunds }).into(),
    }
}

/// The report with the units that a person took off the order in the shop, which has no word for
/// it: it shows fewer, or the line no longer. What was refunded is gone beside that.
fn removed_units(settle: &Settle<'_>) -> StatusReport {
    let mut report = settle.report.clone();
    if !report.lines.iter().any(|line| line.ordered.is_some()) {
        return report;
    }
    let known = settle.view.lines.iter();
    for item in known.filter_map(|line| line.item.as_ref()) {
        match report.lines.iter_mut().find(|line| line.item == *item) {
            Some(line) => line.ordered = line.ordered.or(Some(Units::ZERO)),
            None => {
                let mut line = LineReport::new(item.clone());
                line.ordered = Some(Units::ZERO);
                report.lines.push(line);
            }
        }
    }
    for line in &mut report.lines {
        let lowered = settle.lowered(line);
        if !lowered.is_zero() {
            line.removed = lowered.checked_add(line.cancelled.unwrap_or_default());
        }
    }
    report
}

/// What a shop can be told of a status of ours.
pub(super) const fn says(status: OrderStatus) -> Says {
    match status {
        OrderStatus::Pending => Says::Already,
        OrderStatus::OnHold => Says::Roughly(UpdateKind::Hold, Loss::HoldMeansPayment),
        OrderStatus::Approved => Says::By(UpdateKind::Release),
        OrderStatus::Picking | OrderStatus::Picked | OrderStatus::Packing | OrderStatus::Packed => {
            Says::Never(Loss::WarehouseStep)
        }
        OrderStatus::Shipped => Says::By(UpdateKind::Ship),
        OrderStatus::Delivered => Says::Never(Loss::NoDelivered),
        OrderStatus::Cancelled => Says::Roughly(UpdateKind::Cancel, Loss::NoRefund),
        OrderStatus::Returned => Says::Roughly(UpdateKind::Refund, Loss::ReturnLooksCancelled),
    }
}

/// Reads the word of one order.
pub(super) fn report(order: &Object<'_>) -> Option<Result<StatusReport, ChannelError>> {
    let is_order = order.has("status") && order.has("id");
    is_order.then(|| read(order))
}

fn read(order: &Object<'_>) -> Result<StatusReport, ChannelError> {
    let mut report = StatusReport::new(order_id(order, "id")?);
    report.changed_at = time(order, "date_modified_gmt");
    report = report
        .with("status", text(order, "status").unwrap_or_default())
        .with("paid", if is_paid(order) { "true" } else { "" });
    let mut all = LineReports::of(&mut report);
    for line in items(order, "line_items") {
        if let Some(item) = id(&line, "id") {
            let ordered = units(&line, "quantity");
            let said = all.line(&item);
            // Two lines under one id are one line with the units of both.
            let sum = |more: Units| said.ordered.unwrap_or_default().checked_add(more);
            said.ordered = ordered.and_then(sum);
        }
    }
    for refund in items(order, "refunds") {
        let names_units = add_refund(&mut all, &refund);
        let total = text(&refund, "total").unwrap_or_default();
        // One of no money is the trace of a deleted one, or says what is not to be sent.
        if total.contains(|digit| matches!(digit, '1'..='9')) {
            let id = id(&refund, "id");
            report.refunds.push(RefundReport { id, names_units });
        }
    }
    report.lines = all.into_lines();
    Ok(report)
}

/// Adds what the answer of `orders/{id}/refunds` says to the report of the order.
pub(super) fn add_refunds(report: &mut StatusReport, bytes: &[u8]) -> Result<(), ChannelError> {
    let root = document(bytes)?;
    let refunds = if root.is_list() {
        root.list()?
    } else {
        vec![root]
    };
    // All of them or none: a refund that cannot be read leaves the report as it was.
    let refunds: Vec<Object<'_>> = refunds
        .iter()
        .map(Value::object)
        .collect::<Result<_, _>>()?;
    let mut all = LineReports::of(report);
    let mut named = BTreeSet::new();
    for refund in &refunds {
        if add_refund(&mut all, refund) {
            named.extend(id(refund, "id"));
        }
    }
    for refund in &mut report.refunds {
        refund.names_units |= refund.id.as_ref().is_some_and(|id| named.contains(id));
    }
    report.lines = all.into_lines();
    Ok(())
}

/// Adds the units of a refund; says whether it names any.
fn add_refund(all: &mut LineReports, refund: &Object<'_>) -> bool {
    let mut names_units = false;
    for line in items(refund, "line_items") {
        let Some(item) = refunded_item(&line) else {
            continue;
        };
        let Some(count) = units(&line, "quantity").filter(|count| !count.is_zero()) else {
            continue;
        };
        let said = all.line(&item);
        said.cancelled = said.cancelled.unwrap_or_default().checked_add(count);
        names_units = true;
    }
    names_units
}

/// A refund's line has an id of its own and names the order's line in its meta data.
fn refunded_item(line: &Object<'_>) -> Option<ExternalId> {
    let metas = items(line, "meta_data");
    let meta = metas
        .iter()
        .find(|meta| text(meta, "key").as_deref() == Some("_refunded_item_id"))?;
    id(meta, "value")
}
