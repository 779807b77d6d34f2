//! What happened to a Shopify order before it came here.

use std::collections::BTreeMap;

use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::{ChannelCustomer, History, PastRefund, units};
use crate::channel::json::Object;
use crate::order::OrderDraft;
use crate::value::{EmailAddress, LineId, Money};

/// The draft's lines by the channel's ids; of a repeated id the first.
pub(super) fn lines_by_id(draft: &OrderDraft) -> BTreeMap<&str, LineId> {
    let mut lines = BTreeMap::new();
    for line in &draft.lines {
        if let Some(id) = &line.channel_item {
            lines.entry(id.as_str()).or_insert(line.id);
        }
    }
    lines
}

pub(super) fn history(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<History, ChannelError> {
    let mut history = History::default();
    history.offset_of(order, &["processed_at", "created_at"]);
    history.refunds_are_all = order.has("refunds");
    if let Some(customer) = order.object("customer")? {
        history.customer(ChannelCustomer {
            id: fields.id(&customer, "id"),
            name: fields.full_name(&customer, "first_name", "last_name"),
            email: fields.lenient(&customer, "email", EmailAddress::parse),
        });
    }
    let lines = lines_by_id(draft);
    let line_of = |item: &Object<'_>, key: &str| -> Option<LineId> {
        lines.get(&*item.literal(key).ok()??).copied()
    };
    for parcel in &order.objects("fulfillments")? {
        if parcel.literal("status")?.as_deref() != Some("success") {
            continue;
        }
        for item in &parcel.objects("line_items")? {
            if let Some(line) = line_of(item, "id") {
                let sent = units(fields, item, "quantity");
                history.line(line, sent, 0);
            }
        }
    }
    let mut told_by_lines = false;
    for item in &order.objects("line_items")? {
        if item.value("current_quantity").is_none() {
            continue;
        }
        told_by_lines = true;
        if let Some(line) = line_of(item, "id") {
            let ordered = units(fields, item, "quantity");
            let left = units(fields, item, "current_quantity");
            history.line(line, 0, ordered.saturating_sub(left));
        }
    }
    for refund in &order.objects("refunds")? {
        if !told_by_lines {
            for item in &refund.objects("refund_line_items")? {
                if let Some(line) = line_of(item, "line_item_id") {
                    let back = units(fields, item, "quantity");
                    history.line(line, 0, back);
                }
            }
        }
        let amount = paid_back(fields, refund)?;
        history.refunds_are_all &= is_settled(fields, refund)?;
        history.refunds.push(PastRefund {
            id: fields.id(refund, "id"),
            amount,
            at: fields.time(refund, "created_at"),
        });
    }
    Ok(history)
}

/// Whether a refund says all that goes back for it: nothing waits to, or goes in another currency.
fn is_settled(fields: &Fields, refund: &Object<'_>) -> Result<bool, ChannelError> {
    for transaction in &refund.objects("transactions")? {
        let currency = transaction.literal("currency")?;
        let ours = currency.is_none_or(|code| code == fields.currency.code());
        match transaction.literal("status")?.as_deref() {
            Some("pending") => return Ok(false),
            Some("success") if !ours => return Ok(false),
            Some(_) | None => {}
        }
    }
    Ok(refund.has("transactions"))
}

/// The sum of a refund's transactions in the order's currency, if there are any. One that gives up
/// a promise, as where an order was cancelled before it was paid, took no money back.
pub(super) fn paid_back(
    fields: &Fields,
    refund: &Object<'_>,
) -> Result<Option<Money>, ChannelError> {
    let mut paid = Vec::new();
    for transaction in &refund.objects("transactions")? {
        let status = transaction.literal("status")?;
        let currency = transaction.literal("currency")?;
        let ours = currency.is_none_or(|code| code == fields.currency.code());
        if !ours || status.as_deref() != Some("success") {
            continue;
        }
        let amount = fields.money(transaction, "amount")?;
        paid.extend(match transaction.literal("kind")?.as_deref() {
            Some("void") => amount.map(|_| fields.zero()),
            Some(_) | None => amount,
        });
    }
    match paid.is_empty() {
        true => Ok(None),
        false => fields.sum(paid, &refund.path()).map(Some),
    }
}
