//! What a Shopify GraphQL order says about its payment.

use crate::channel::bag::SHOPIFY;
use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::incoming::FinancialState;
use crate::channel::json::{Object, Value};
use crate::channel::shopify::graphql::connected;
use crate::channel::shopify::graphql::state::financial;
use crate::channel::warning::ChannelWarning;
use crate::order::{OrderDraft, Payment, PaymentMethod};

/// The order's own sums where they are selected, else those of its transactions, else what the
/// state says of the total.
pub(super) fn payment(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<Payment, ChannelError> {
    let mut payment = Payment::none(fields.currency);
    payment.method = method(fields, order)?;
    let state = financial(order)?;
    let mut taken = Vec::new();
    let mut back = Vec::new();
    for transaction in &connected(order, "transactions")? {
        if transaction.literal("status")?.as_deref() != Some("SUCCESS") {
            continue;
        }
        let amount = SHOPIFY.money(fields, transaction, "amountSet")?;
        let sums = match transaction.literal("kind")?.as_deref() {
            Some("SALE" | "CAPTURE") => &mut taken,
            Some("REFUND") => &mut back,
            // The whole of what is promised is stated elsewhere, under these names.
            Some("AUTHORIZATION") if state == Some(FinancialState::Authorised) => {
                payment.references.extend(fields.id(transaction, "id"));
                continue;
            }
            Some(_) | None => continue,
        };
        sums.extend(amount);
        payment.references.extend(fields.id(transaction, "id"));
    }
    let path = order.path_of("transactions");
    let (taken, back) = (fields.sum(taken, &path)?, fields.sum(back, &path)?);
    let total = draft.stated_total.unwrap_or_else(|| fields.zero());
    let received = SHOPIFY.not_negative(fields, order, "totalReceivedSet")?;
    let refunded = SHOPIFY.not_negative(fields, order, "totalRefundedSet")?;
    let whole = match state {
        Some(FinancialState::Paid | FinancialState::PartlyRefunded | FinancialState::Refunded) => {
            total
        }
        Some(
            FinancialState::Pending
            | FinancialState::Authorised
            | FinancialState::PartlyPaid
            | FinancialState::Voided
            | FinancialState::Expired
            | FinancialState::Unknown,
        )
        | None => fields.zero(),
    };
    let known = received.unwrap_or(taken);
    payment.captured = if known.is_zero() { whole } else { known };
    payment.refunded = refunded.unwrap_or(back);
    if state == Some(FinancialState::Authorised) {
        let promised = SHOPIFY.not_negative(fields, order, "totalCapturableSet")?;
        payment.authorised = promised.unwrap_or(total);
    }
    check(fields, order, state, &mut payment)?;
    Ok(payment)
}

/// Tells what cannot be known, and keeps what went back within what was taken.
fn check(
    fields: &mut Fields,
    order: &Object<'_>,
    state: Option<FinancialState>,
    payment: &mut Payment,
) -> Result<(), ChannelError> {
    let nothing_back = payment.refunded.is_zero();
    let refunded = matches!(
        state,
        Some(FinancialState::PartlyRefunded | FinancialState::Refunded)
    );
    let note = if payment.refunded.minor() > payment.captured.minor() {
        payment.refunded = payment.captured;
        "more went back than was taken; taken as all of it"
    } else if state == Some(FinancialState::PartlyPaid) && payment.captured.is_zero() {
        "partially paid, but the payload does not say how much"
    } else if refunded && nothing_back {
        "refunded, but the payload does not say how much"
    } else {
        return Ok(());
    };
    fields.warn(ChannelWarning::PaymentUnknown {
        path: order.path_of("transactions"),
        note,
    });
    Ok(())
}

fn method(fields: &mut Fields, order: &Object<'_>) -> Result<Option<PaymentMethod>, ChannelError> {
    let key = "paymentGatewayNames";
    let Some(list) = order.value(key).filter(Value::is_list) else {
        return Ok(None);
    };
    let mut names = Vec::new();
    for name in &list.list()? {
        names.extend(fields.words_of(name));
    }
    Ok(fields
        .fit(&names.join(", "), || order.path_of(key))
        .map(PaymentMethod))
}
