//! What a Shopify order says about its payment.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range};
use crate::channel::incoming::FinancialState;
use crate::channel::json::Object;
use crate::channel::shopify::past::paid_back;
use crate::channel::shopify::state::{financial, units_taken_back};
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, Payment, PaymentMethod};
use crate::value::{ExternalId, Money};

/// Transactions that take money.
const TAKEN: &[&str] = &["sale", "capture"];

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
        Some(FinancialState::Paid) => {
            (payment.captured, payment.references) = taken(fields, order, total, true)?;
        }
        Some(FinancialState::Authorised) => {
            payment.authorised = total.unwrap_or(payment.authorised);
            payment.references = references(fields, order, &["authorization"])?;
        }
        Some(FinancialState::PartlyPaid) => {
            (payment.captured, payment.references) = partly_paid(fields, order, total)?;
        }
        Some(FinancialState::PartlyRefunded | FinancialState::Refunded) => {
            (payment.captured, payment.references) = taken(fields, order, total, false)?;
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

/// What was taken of an order that was paid, or of which money went back, and the transactions in
/// it. Its total says so, but not of one that was edited: units may be gone before anybody paid.
fn taken(
    fields: &mut Fields,
    order: &Object<'_>,
    total: Option<Money>,
    paid: bool,
) -> Result<(Money, Vec<ExternalId>), ChannelError> {
    let total = total.unwrap_or_else(|| fields.zero());
    let rest = of_the_rest(fields, order, total)?;
    if rest.is_some() || !paid {
        let (sum, names) = transactions(fields, order, TAKEN)?;
        if sum.is_positive() {
            return Ok((sum, names));
        }
    }
    let names = references(fields, order, TAKEN)?;
    let Some(rest) = rest.filter(|rest| paid || rest.is_positive()) else {
        return Ok((total, names));
    };
    // Of what is paid nothing is outstanding; below nothing, more was taken than is left.
    let outstanding = fields.money(order, "total_outstanding")?;
    let outstanding = outstanding.filter(|sum| !paid || sum.is_negative());
    let sum = rest
        .checked_sub(outstanding.unwrap_or_else(|| fields.zero()))
        .map_err(|problem| out_of_range(&problem, &order.path_of("total_outstanding")))?;
    let sum = match sum.is_negative() {
        true => fields.zero(),
        false => at_most(sum, total),
    };
    Ok((sum, names))
}

/// What an order came to of which units, or shipping, were taken off: `total_price` still has them.
/// That is what is left of it, what went back, and what was kept of what could have gone back.
fn of_the_rest(
    fields: &Fields,
    order: &Object<'_>,
    total: Money,
) -> Result<Option<Money>, ChannelError> {
    let left = fields.money(order, "current_total_price")?;
    let Some(left) = left.filter(|left| left.minor() < total.minor()) else {
        return Ok(None);
    };
    let mut edited = units_taken_back(order)?;
    for line in &order.objects("shipping_lines")? {
        edited |= line.flag("is_removed")?;
    }
    if !edited {
        return Ok(None);
    }
    let mut parts = vec![left];
    for refund in &order.objects("refunds")? {
        parts.extend(paid_back(fields, refund)?);
        for adjustment in &refund.objects("order_adjustments")? {
            if adjustment.literal("kind")?.as_deref() == Some("refund_discrepancy") {
                parts.extend(fields.money(adjustment, "amount")?);
            }
        }
    }
    let sum = fields.sum(parts, &order.path_of("refunds"))?;
    Ok(Some(at_most(sum, total)))
}

fn at_most(sum: Money, most: Money) -> Money {
    match sum.minor() > most.minor() {
        true => most,
        false => sum,
    }
}

/// What is paid and the transactions in it: by these if the order carries them, else what is not
/// outstanding.
fn partly_paid(
    fields: &mut Fields,
    order: &Object<'_>,
    total: Option<Money>,
) -> Result<(Money, Vec<ExternalId>), ChannelError> {
    let (taken, taken_by) = transactions(fields, order, TAKEN)?;
    if taken.is_positive() {
        return Ok((taken, taken_by));
    }
    let outstanding = fields.money(order, "total_outstanding")?;
    let edited = match total {
        Some(total) => of_the_rest(fields, order, total)?,
        None => None,
    };
    let paid = edited
        .or(total)
        .zip(outstanding)
        .and_then(|(total, outstanding)| total.checked_sub(outstanding).ok())
        .filter(|paid| paid.is_positive() && total.is_some_and(|total| *paid < total));
    let Some(paid) = paid else {
        let note = "partially paid, but the payload does not say how much";
        unknown(fields, order, "financial_status", note);
        return Ok((fields.zero(), Vec::new()));
    };
    Ok((paid, references(fields, order, TAKEN)?))
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

/// The successful transactions of these kinds.
fn successful<'a>(from: &Object<'a>, kinds: &[&str]) -> Result<Vec<Object<'a>>, ChannelError> {
    let mut found = Vec::new();
    for transaction in from.objects("transactions")? {
        let kind = transaction.literal("kind")?.unwrap_or_default();
        let status = transaction.literal("status")?.unwrap_or_default();
        if kinds.contains(&&*kind) && status == "success" {
            found.push(transaction);
        }
    }
    Ok(found)
}

/// The ids of the transactions that a sum stated elsewhere is made of, in whatever currency.
fn references(
    fields: &mut Fields,
    from: &Object<'_>,
    kinds: &[&str],
) -> Result<Vec<ExternalId>, ChannelError> {
    let found = successful(from, kinds)?;
    let ids = found.iter();
    Ok(ids.filter_map(|one| fields.id(one, "id")).collect())
}

/// The sum and the ids of successful transactions of these kinds.
fn transactions(
    fields: &mut Fields,
    from: &Object<'_>,
    kinds: &[&str],
) -> Result<(Money, Vec<ExternalId>), ChannelError> {
    let (mut parts, mut references) = (Vec::new(), Vec::new());
    for transaction in &successful(from, kinds)? {
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
