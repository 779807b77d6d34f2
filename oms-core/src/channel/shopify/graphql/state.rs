//! Where a Shopify GraphQL order stands, and what happened to it before it came here.

use crate::channel::bag::SHOPIFY;
use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::{ChannelCustomer, History, PastRefund, units};
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState};
use crate::channel::json::Object;
use crate::channel::shopify::graphql::connected;
use crate::channel::shopify::graphql::contact::name;
use crate::channel::shopify::past::lines_by_id;
use crate::channel::shopify::state::{Parcels, Said, Word, held};
use crate::order::{OrderDraft, Payment};
use crate::value::{EmailAddress, LineId};

/// The payment's state by `displayFinancialStatus`.
pub(super) fn financial(order: &Object<'_>) -> Result<Option<FinancialState>, ChannelError> {
    let Some(word) = order.literal("displayFinancialStatus")? else {
        return Ok(None);
    };
    Ok(Some(match &*word {
        "PENDING" => FinancialState::Pending,
        "AUTHORIZED" => FinancialState::Authorised,
        "PARTIALLY_PAID" => FinancialState::PartlyPaid,
        "PAID" => FinancialState::Paid,
        "PARTIALLY_REFUNDED" => FinancialState::PartlyRefunded,
        "REFUNDED" => FinancialState::Refunded,
        "VOIDED" => FinancialState::Voided,
        "EXPIRED" => FinancialState::Expired,
        _ => FinancialState::Unknown,
    }))
}

/// Everything the payload says about where the order stands.
pub(super) fn state(
    fields: &mut Fields,
    order: &Object<'_>,
    items: &[Object<'_>],
    payment: &Payment,
) -> Result<ChannelState, ChannelError> {
    let list = connected(order, "fulfillments")?;
    let words = ["DELIVERED", "PICKED_UP"];
    let parcels = Parcels::of(&list, "SUCCESS", "displayStatus", &words)?;
    let word = Word::of(order, "displayFulfillmentStatus")?;
    let held = word.text().and_then(held);
    let fulfillment = match word.text() {
        _ if held.is_some() => FulfillmentState::Unfulfilled,
        None | Some("UNFULFILLED" | "OPEN" | "PENDING_FULFILLMENT" | "IN_PROGRESS") => {
            FulfillmentState::Unfulfilled
        }
        Some("PARTIALLY_FULFILLED") => FulfillmentState::Partial,
        Some("FULFILLED") if parcels.all_arrived() => FulfillmentState::Delivered,
        Some("FULFILLED") => FulfillmentState::Fulfilled,
        Some("RESTOCKED") => FulfillmentState::Restocked,
        Some(_) => FulfillmentState::Unknown,
    };
    let said = Said {
        test: order.flag("test")?,
        cancelled: order.value("cancelledAt").is_some(),
        cancelled_at: fields.time(order, "cancelledAt"),
        cancel_reason: order.owned("cancelReason")?,
        changed_at: fields.time(order, "updatedAt"),
        financial: financial(order)?,
        financial_word: Word::of(order, "displayFinancialStatus")?,
        fulfillment,
        fulfillment_word: word,
        parcels_sent: parcels.any_sent(),
        held,
        units_taken_back: units_taken_back(order, items)?,
    };
    Ok(said.state(fields, payment))
}

/// True when fewer units are left to ship than were ordered.
fn units_taken_back(order: &Object<'_>, items: &[Object<'_>]) -> Result<bool, ChannelError> {
    for item in items {
        let current = item.literal("currentQuantity")?;
        if current.is_some() && current != item.literal("quantity")? {
            return Ok(true);
        }
    }
    for refund in &connected(order, "refunds")? {
        if !connected(refund, "refundLineItems")?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The account's address, by the field that took the other's place in 2025-04, or by the other.
fn email(fields: &mut Fields, customer: &Object<'_>) -> Result<Option<EmailAddress>, ChannelError> {
    Ok(match customer.object("defaultEmailAddress")? {
        Some(address) => fields.lenient(&address, "emailAddress", EmailAddress::parse),
        None => fields.lenient(customer, "email", EmailAddress::parse),
    })
}

pub(super) fn history(
    fields: &mut Fields,
    order: &Object<'_>,
    items: &[Object<'_>],
    draft: &OrderDraft,
) -> Result<History, ChannelError> {
    let mut history = History::default();
    history.offset_of(order, &["processedAt", "createdAt"]);
    history.refunds_are_all = order.value("totalRefundedSet").is_some();
    for transaction in &connected(order, "transactions")? {
        let refund = transaction.literal("kind")?.as_deref() == Some("REFUND");
        let waits = transaction.literal("status")?.as_deref() == Some("PENDING");
        history.refunds_are_all &= !(refund && waits);
    }
    if let Some(customer) = order.object("customer")? {
        history.customer(ChannelCustomer {
            id: fields.id(&customer, "id"),
            name: name(fields, &customer),
            email: email(fields, &customer)?,
        });
    }
    let lines = lines_by_id(draft);
    let line_of =
        |item: &Object<'_>| -> Option<LineId> { lines.get(&*item.literal("id").ok()??).copied() };
    for parcel in &connected(order, "fulfillments")? {
        if parcel.literal("status")?.as_deref() != Some("SUCCESS") {
            continue;
        }
        for entry in &connected(parcel, "fulfillmentLineItems")? {
            if let Some(line) = entry.object("lineItem")?.as_ref().and_then(line_of) {
                let sent = units(fields, entry, "quantity");
                history.line(line, sent, 0);
            }
        }
    }
    let told_by_lines = items
        .iter()
        .any(|item| item.value("currentQuantity").is_some());
    for item in items {
        if let Some(line) = line_of(item).filter(|_| item.value("currentQuantity").is_some()) {
            let ordered = units(fields, item, "quantity");
            let left = units(fields, item, "currentQuantity");
            history.line(line, 0, ordered.saturating_sub(left));
        }
    }
    for refund in &connected(order, "refunds")? {
        if !told_by_lines {
            for entry in &connected(refund, "refundLineItems")? {
                if let Some(line) = entry.object("lineItem")?.as_ref().and_then(line_of) {
                    let back = units(fields, entry, "quantity");
                    history.line(line, 0, back);
                }
            }
        }
        history.refunds.push(PastRefund {
            id: fields.id(refund, "id"),
            amount: SHOPIFY.money(fields, refund, "totalRefundedSet")?,
            at: fields.time(refund, "createdAt"),
        });
    }
    Ok(history)
}
