//! What an eBay order says about its payment.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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
    let mut parts = history.refunds.iter();
    history.refunds_are_all = summary.is_some()
        && parts.all(|refund| refund.amount.is_some())
        && !any_waits(items, summary.as_ref())?;
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

/// The refunds that were issued: the names of those that say how much.
fn refunds(
    fields: &mut Fields,
    items: &[Object<'_>],
    summary: Option<&Object<'_>>,
    history: &mut History,
) -> Result<Vec<ExternalId>, ChannelError> {
    let mut references = Vec::new();
    for refund in &issued(items, summary)? {
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

/// The lines' refunds, and those of the summary that no line tells.
///
/// The fields: <https://developer.ebay.com/api-docs/sell/fulfillment/types/sel:LineItemRefund>,
/// <https://developer.ebay.com/api-docs/sell/fulfillment/types/sel:OrderRefund>.
fn issued<'a>(
    items: &[Object<'a>],
    summary: Option<&Object<'a>>,
) -> Result<Vec<Object<'a>>, ChannelError> {
    let of_order = match summary {
        Some(summary) => summary.objects("refunds")?,
        None => Vec::new(),
    };
    let mut open = BTreeMap::new();
    for refund in &of_order {
        let is_open = is_open(refund)?;
        let names = marks(refund, &NAMES)?.into_iter();
        open.extend(names.map(|name| (name, is_open)));
    }
    let (mut found, mut told) = (Vec::new(), BTreeSet::new());
    for item in items {
        for refund in item.objects("refunds")? {
            told.extend(marks(&refund, &MARKS)?);
            if is_issued(&refund, &open)? {
                found.push(refund);
            }
        }
    }
    let by_lines = !found.is_empty();
    for refund in of_order {
        let counts = !by_lines || is_apart(&refund, &told)?;
        if counts && !is_open(&refund)? {
            found.push(refund);
        }
    }
    Ok(found)
}

/// Whether a refund is pending: it may go back yet.
fn any_waits(items: &[Object<'_>], summary: Option<&Object<'_>>) -> Result<bool, ChannelError> {
    for told in items.iter().chain(summary) {
        for refund in &told.objects("refunds")? {
            if refund.literal("refundStatus")?.as_deref() == Some("PENDING") {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Pending, or failed.
fn is_open(refund: &Object<'_>) -> Result<bool, ChannelError> {
    let status = refund.literal("refundStatus")?;
    Ok(matches!(status.as_deref(), Some("FAILED" | "PENDING")))
}

/// Whether a refund of a line was issued. It has no status: one that was asked for by the API has a
/// name from then on, and a date once it was issued, unless the summary tells its status.
fn is_issued(refund: &Object<'_>, open: &BTreeMap<Mark<'_>, bool>) -> Result<bool, ChannelError> {
    let names = marks(refund, &NAMES)?;
    if let Some(open) = names.iter().find_map(|name| open.get(name)) {
        return Ok(!open);
    }
    let (named, dated) = (refund.value("refundId"), refund.value("refundDate"));
    Ok((named.is_none() || dated.is_some()) && !is_open(refund)?)
}

/// Whether a refund of the summary is one of the order as a whole beside those of its lines: only
/// such a one has its name there. The others are told once more, less the fees.
fn is_apart(refund: &Object<'_>, told: &BTreeSet<Mark<'_>>) -> Result<bool, ChannelError> {
    let again = marks(refund, &MARKS)?
        .iter()
        .any(|mark| told.contains(mark));
    Ok(!again && refund.value("refundId").is_some())
}

/// A key of a refund, and what it says there.
type Mark<'a> = (&'static str, Cow<'a, str>);

/// What names a refund.
const NAMES: [&str; 2] = ["refundId", "refundReferenceId"];

/// What is the same where a refund stands at a line and in the summary.
const MARKS: [&str; 3] = ["refundId", "refundReferenceId", "refundDate"];

/// What a refund says under these keys.
fn marks<'a>(refund: &Object<'a>, keys: &[&'static str]) -> Result<Vec<Mark<'a>>, ChannelError> {
    let mut marks = Vec::new();
    for key in keys {
        marks.extend(refund.literal(key)?.map(|said| (*key, said)));
    }
    Ok(marks)
}
