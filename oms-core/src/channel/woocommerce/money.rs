//! Lines and charges of a WooCommerce order.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, below_zero, out_of_range, units_of_line};
use crate::channel::json::Object;
use crate::channel::line_price::price_of_line;
use crate::channel::order_parts::varied;
use crate::order::{Charge, ChargeKind, DraftLine};
use crate::value::{LineId, MoneyError, Title};

/// One line. The parts of a bundle stay, though their price may be in the bundle's line.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
) -> Result<Option<DraftLine>, ChannelError> {
    let Some(total) = fields.not_negative(item, "total")? else {
        return Err(ChannelError::missing(
            item.path_of("total"),
            "the line's total without tax",
        ));
    };
    let subtotal = fields.not_negative(item, "subtotal")?.unwrap_or(total);
    let tax = fields
        .not_negative(item, "total_tax")?
        .unwrap_or_else(|| fields.zero());
    let free = subtotal.is_zero() && total.is_zero() && tax.is_zero();
    let Some(quantity) = units_of_line(item, "quantity", free, "a price")? else {
        return Ok(None);
    };
    // A total above the subtotal is a price raised by hand: no discount, and the total counts.
    let before = if total.minor() > subtotal.minor() {
        total
    } else {
        subtotal
    };
    let sum = |problem: MoneyError| out_of_range(&problem, &item.path());
    let (unit_price, gross) = price_of_line(fields, item, before, quantity)?;
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "sku"),
        title: title(fields, item),
        channel_item: fields.id(item, "id"),
        quantity,
        unit_price,
        discount: gross.checked_sub(total).map_err(sum)?,
        tax,
        tax_rate: None,
    }))
}

/// The name, and the attributes of the variation that it does not say: the shop leaves them out
/// where there are many. Other meta data may be anybody's words and stays in the payload.
fn title(fields: &mut Fields, item: &Object<'_>) -> Option<Title> {
    let name = fields.words(item, "name")?;
    let variation = item.literal("variation_id").ok().flatten();
    let meta = match variation.is_some_and(|id| id != "0") {
        true => item.objects("meta_data").unwrap_or_default(),
        false => Vec::new(),
    };
    let mut values = Vec::new();
    for entry in &meta {
        let key = entry.literal("key").ok().flatten().unwrap_or_default();
        if key.starts_with("pa_") {
            let shown = fields.words(entry, "display_value");
            values.extend(shown.or_else(|| fields.words(entry, "value")));
        }
    }
    let words = varied(name, values);
    fields.fit(&words, || item.path_of("name"))
}

/// Shipping, fees and gift cards.
pub(super) fn charges(
    fields: &mut Fields,
    order: &Object<'_>,
) -> Result<Vec<Charge>, ChannelError> {
    let mut charges = Vec::new();
    let shipping = order.objects("shipping_lines")?;
    for line in &shipping {
        charges.push(charge(fields, line, ChargeKind::Shipping, "method_title")?);
    }
    if shipping.is_empty() {
        charges.extend(shipping_total(fields, order)?);
    }
    for line in &order.objects("fee_lines")? {
        charges.push(charge(fields, line, ChargeKind::Fee, "name")?);
    }
    for card in &order.objects("gift_cards")? {
        let amount = fields
            .not_negative(card, "amount")?
            .unwrap_or_else(|| fields.zero());
        // A card's code is money to whoever reads it, so it is no title.
        let (amount, tax) = (amount.negated(), fields.zero());
        charges.push(Charge {
            kind: ChargeKind::GiftCard,
            title: None,
            amount,
            tax,
        });
    }
    Ok(charges)
}

fn charge(
    fields: &mut Fields,
    line: &Object<'_>,
    kind: ChargeKind,
    title: &str,
) -> Result<Charge, ChannelError> {
    let amount = fields.money_or_zero(line, "total")?;
    let tax = fields.money_or_zero(line, "total_tax")?;
    // Shipping is never negative; below zero it is a rebate.
    let rebate = amount.is_negative() || tax.is_negative();
    let kind = if rebate { ChargeKind::Fee } else { kind };
    Ok(Charge {
        kind,
        title: fields.text(line, title),
        amount,
        tax,
    })
}

/// Some plugins and older versions send the sum without the lines.
fn shipping_total(fields: &Fields, order: &Object<'_>) -> Result<Option<Charge>, ChannelError> {
    let amount = fields.money_or_zero(order, "shipping_total")?;
    let tax = fields.money_or_zero(order, "shipping_tax")?;
    if amount.is_negative() || tax.is_negative() {
        let found = if amount.is_negative() { amount } else { tax };
        return Err(below_zero(found, order.path_of("shipping_total")));
    }
    let nothing = amount.is_zero() && tax.is_zero();
    Ok((!nothing).then_some(Charge {
        kind: ChargeKind::Shipping,
        title: None,
        amount,
        tax,
    }))
}
