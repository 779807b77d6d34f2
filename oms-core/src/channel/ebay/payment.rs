//! What an eBay order says about its payment.

use std::collections::BTreeSet;

use crate::channel::bag::EBAY;
use crate::channel::ebay::state::{financial, payment_word};
use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::{History, PastRefund};
use crate::channel::incoming::FinancialState;
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, Payment, PaymentMethod};
use crate::value::{ExternalId, Money};

/// The buyer paid the total once the order is paid. What went back is told by the lines: the
/// summary tells it less the fees the seller got back.
pub(super) fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    items: &[Object<'_>],
    draft: &OrderDraft,
    history: &mut History,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    let mut references = Vec::new();
    let summary = order.object("paymentSummary")?;
    if let Some(summary) = &summary {
        for paid in &summary.objects("payments")? {
            if payment.method.is_none() {
                payment.method = fields.text(paid, "paymentMethod").map(PaymentMethod);
            }
            references.extend(fields.id(paid, "paymentReferenceId"));
        }
    }
    let given_back = refunds(fields, items, summary.as_ref(), history)?;
    let total = draft.stated_total.unwrap_or_else(|| fields.zero());
    let state = payment_word(order)?.as_deref().and_then(financial);
    let refunded = match state {
        Some(FinancialState::Paid) => false,
        Some(FinancialState::PartlyRefunded | FinancialState::Refunded) => true,
        Some(
            FinancialState::Pending
            | FinancialState::Authorised
            | FinancialState::PartlyPaid
            | FinancialState::Voided
            | FinancialState::Expired
            | FinancialState::Unknown,
        )
        | None => return Ok(payment),
    };
    payment.captured = total;
    // Names of payments that are pending or failed stand for no amount.
    payment.references = references;
    if refunded || !history.refunds.is_empty() {
        payment.refunded = refunded_sum(fields, order, history, total, refunded)?;
        // What is in the sum is not to be recorded again under its name.
        payment.references.extend(given_back);
    }
    distinct(&mut payment.references);
    Ok(payment)
}

/// One payment or refund may stand at several lines.
fn distinct(references: &mut Vec<ExternalId>) {
    let mut seen = BTreeSet::new();
    references.retain(|id| seen.insert(id.clone()));
}

fn refunded_sum(
    fields: &mut Fields,
    order: &Object<'_>,
    history: &History,
    total: Money,
    expected: bool,
) -> Result<Money, ChannelError> {
    let path = order.path_of("paymentSummary.refunds");
    let parts = history.refunds.iter().filter_map(|refund| refund.amount);
    let sum = fields.sum(parts, &path)?;
    let note = if sum.is_zero() && expected {
        "refunded, but no refund says how much"
    } else if sum.minor() > total.minor() {
        "more went back than the order cost; taken as all of it"
    } else {
        return Ok(sum);
    };
    fields.warn(ChannelWarning::PaymentUnknown { path, note });
    Ok(if sum.is_zero() { sum } else { total })
}

/// The lines' refunds, or the summary's where no line tells any: the names of those that say how
/// much.
fn refunds(
    fields: &mut Fields,
    items: &[Object<'_>],
    summary: Option<&Object<'_>>,
    history: &mut History,
) -> Result<Vec<ExternalId>, ChannelError> {
    let mut references = Vec::new();
    let mut found = Vec::new();
    for item in items {
        found.extend(item.objects("refunds")?);
    }
    if found.is_empty()
        && let Some(summary) = summary
    {
        found = summary.objects("refunds")?;
    }
    for refund in &found {
        let failed = refund.literal("refundStatus")?;
        if matches!(failed.as_deref(), Some("FAILED" | "PENDING")) {
            continue;
        }
        let id = fields.id(refund, "refundId");
        let reference = fields.id(refund, "refundReferenceId");
        let amount = EBAY.not_negative(fields, refund, "amount")?;
        if amount.is_some() {
            references.extend(id.iter().chain(&reference).cloned());
        }
        history.refunds.push(PastRefund {
            id: id.or(reference),
            amount,
            at: fields.time(refund, "refundDate"),
        });
    }
    Ok(references)
}
