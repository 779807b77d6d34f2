//! What a Shopify order says about its payment.

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::incoming::FinancialState;
use crate::channel::json::Object;
use crate::channel::shopify::state::financial;
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, Payment, PaymentMethod};
use crate::value::{ExternalId, Money};

/// Amounts as far as they can be known; the rest is left at zero with a warning.
pub(super) fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    payment.method = method(fields, order)?;
    let total = draft.stated_total;
    match financial(order)? {
        Some(FinancialState::Paid) => payment.captured = total.unwrap_or(payment.captured),
        Some(FinancialState::Authorised) => {
            payment.authorised = total.unwrap_or(payment.authorised);
        }
        Some(FinancialState::PartlyPaid) => {
            payment.captured = partly_paid(fields, order, total)?;
        }
        Some(FinancialState::PartlyRefunded | FinancialState::Refunded) => {
            payment.captured = total.unwrap_or(payment.captured);
            refunded(fields, order, &mut payment)?;
        }
        Some(
            FinancialState::Pending
            | FinancialState::Voided
            | FinancialState::Expired
            | FinancialState::Unknown,
        )
        | None => {}
    }
    Ok(payment)
}

fn method(fields: &mut Fields, order: &Object<'_>) -> Result<Option<PaymentMethod>, ChannelError> {
    let path = order.path_of("payment_gateway_names");
    let mut names = Vec::new();
    if let Some(list) = order
        .value("payment_gateway_names")
        .filter(|value| value.is_list())
    {
        for name in &list.list()? {
            names.extend(fields.words_of(name));
        }
    }
    if names.is_empty() {
        return Ok(fields.text(order, "gateway").map(PaymentMethod));
    }
    Ok(fields.fit(&names.join(", "), || path).map(PaymentMethod))
}

/// What is paid: by the transactions if the order carries them, else what is not outstanding.
fn partly_paid(
    fields: &mut Fields,
    order: &Object<'_>,
    total: Option<Money>,
) -> Result<Money, ChannelError> {
    let (taken, _) = transactions(fields, order, &["sale", "capture"])?;
    if taken.is_positive() {
        return Ok(taken);
    }
    let outstanding = fields.money(order, "total_outstanding")?;
    let paid = total
        .zip(outstanding)
        .and_then(|(total, outstanding)| total.checked_sub(outstanding).ok())
        .filter(|paid| paid.is_positive() && total.is_some_and(|total| *paid < total));
    if paid.is_none() {
        let note = "partially paid, but the payload does not say how much";
        unknown(fields, order, "financial_status", note);
    }
    Ok(paid.unwrap_or_else(|| fields.zero()))
}

/// What went back is the sum of the refunds' transactions; refund lines often disagree with it.
fn refunded(
    fields: &mut Fields,
    order: &Object<'_>,
    payment: &mut Payment,
) -> Result<(), ChannelError> {
    let mut parts = Vec::new();
    for refund in &order.objects("refunds")? {
        let (amount, references) = transactions(fields, refund, &["refund"])?;
        parts.push(amount);
        payment.references.extend(references);
    }
    let sum = fields.sum(parts, &order.path_of("refunds"))?;
    if sum.is_zero() {
        let note = "refunded, but no refund transaction says how much";
        unknown(fields, order, "refunds", note);
    }
    if sum.minor() > payment.captured.minor() {
        let note = "more went back than the order cost; taken as all of it";
        unknown(fields, order, "refunds", note);
        payment.refunded = payment.captured;
    } else {
        payment.refunded = sum;
    }
    Ok(())
}

fn unknown(fields: &mut Fields, order: &Object<'_>, key: &str, note: &'static str) {
    fields.warn(ChannelWarning::PaymentUnknown {
        path: order.path_of(key),
        note,
    });
}

/// The sum and the ids of successful transactions of these kinds.
fn transactions(
    fields: &mut Fields,
    from: &Object<'_>,
    kinds: &[&str],
) -> Result<(Money, Vec<ExternalId>), ChannelError> {
    let (mut parts, mut references) = (Vec::new(), Vec::new());
    for transaction in &from.objects("transactions")? {
        let kind = transaction.literal("kind")?.unwrap_or_default();
        let status = transaction.literal("status")?.unwrap_or_default();
        if !kinds.contains(&&*kind) || status != "success" {
            continue;
        }
        let currency = transaction.literal("currency")?;
        if currency.is_some_and(|code| code != fields.currency.code()) {
            // Booked at the rate of that day, not the order's: no amount of ours.
            let note = "a transaction in another currency than the order's";
            unknown(fields, transaction, "currency", note);
            continue;
        }
        parts.extend(fields.not_negative(transaction, "amount")?);
        references.extend(fields.id(transaction, "id"));
    }
    Ok((
        fields.sum(parts, &from.path_of("transactions"))?,
        references,
    ))
}
