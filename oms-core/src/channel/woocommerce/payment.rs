//! What a WooCommerce order says about its payment: there is no field for it, only a date.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, Payment, PaymentMethod};
use crate::value::Money;

/// Paid exactly when the date of payment is set; what went back is minus the refunds' totals.
pub(super) fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    payment.method = match fields.text(order, "payment_method_title") {
        Some(title) => Some(PaymentMethod(title)),
        None => fields.text(order, "payment_method").map(PaymentMethod),
    };
    let total = draft.stated_total.unwrap_or_else(|| fields.zero());
    if is_paid(order) {
        payment.captured = total;
    }
    let refunded = refunds(fields, order)?;
    if !refunded.is_positive() {
        return Ok(payment);
    }
    if !is_paid(order) {
        let note = "refunded, but no date of payment; taken as neither paid nor refunded";
        unknown(fields, order, note);
        return Ok(payment);
    }
    payment.refunded = refunded;
    if refunded.minor() > total.minor() {
        unknown(
            fields,
            order,
            "more went back than the order cost; taken as all of it",
        );
        payment.refunded = total;
    }
    for refund in &order.objects("refunds")? {
        payment.references.extend(fields.id(refund, "id"));
    }
    Ok(payment)
}

fn unknown(fields: &mut Fields, order: &Object<'_>, note: &'static str) {
    fields.warn(ChannelWarning::PaymentUnknown {
        path: order.path_of("refunds"),
        note,
    });
}

pub(super) fn is_paid(order: &Object<'_>) -> bool {
    ["date_paid_gmt", "date_paid"]
        .iter()
        .any(|key| order.value(key).is_some())
}

/// What went back. A refund of zero is a trace of a deleted one.
pub(super) fn refunds(fields: &Fields, order: &Object<'_>) -> Result<Money, ChannelError> {
    let mut parts = Vec::new();
    for refund in &order.objects("refunds")? {
        parts.push(fields.money_or_zero(refund, "total")?);
    }
    let sum = fields.sum(parts, &order.path_of("refunds"))?;
    let zero = fields.zero();
    zero.checked_sub(sum)
        .map_err(|problem| out_of_range(&problem, &order.path_of("refunds")))
}
