//! Lines, charges and discounts of a Shopify order.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range, units_of_line};
use crate::channel::json::Object;
use crate::channel::order_parts::rest_of_discount;
use crate::order::{Charge, ChargeKind, DraftLine};
use crate::value::{LineId, Money, Rate, Title};

/// One line.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
) -> Result<Option<DraftLine>, ChannelError> {
    let discount = allocated(fields, item)?;
    let tax = taxes(fields, item)?;
    let price = match fields.unit_price(item, "price")? {
        Some(price) => price,
        None => {
            let money = shop_money(item, "price_set")?;
            let price = money
                .map(|money| fields.unit_price(&money, "amount"))
                .transpose()?;
            price.flatten().ok_or_else(|| {
                ChannelError::missing(item.path_of("price"), "the price of one unit")
            })?
        }
    };
    let free = discount.is_zero() && tax.is_zero();
    let Some(quantity) = units_of_line(item, "quantity", free, "a discount or a tax")? else {
        return Ok(None);
    };
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "sku"),
        title: title(fields, item, "variant_title"),
        channel_item: fields.id(item, "id"),
        quantity,
        unit_price: price,
        discount,
        tax,
        tax_rate: item
            .objects("tax_lines")
            .ok()
            .and_then(|taxes| rate(&taxes)),
    }))
}

/// `name` is the title and the variant's in one; some payloads have the two apart only, the
/// variant's under `variant`.
pub(super) fn title(fields: &mut Fields, item: &Object<'_>, variant: &str) -> Option<Title> {
    if let Some(name) = fields.text(item, "name") {
        return Some(name);
    }
    let title = fields.words(item, "title")?;
    let words = match fields.words(item, variant) {
        Some(variant) => Cow::Owned(format!("{title} - {variant}")),
        None => title,
    };
    fields.fit(&words, || item.path_of("title"))
}

/// What of the order's discounts fell on this line or shipping line.
fn allocated(fields: &Fields, item: &Object<'_>) -> Result<Money, ChannelError> {
    let mut parts = Vec::new();
    for allocation in &item.objects("discount_allocations")? {
        parts.extend(fields.not_negative(allocation, "amount")?);
    }
    fields.sum(parts, &item.path_of("discount_allocations"))
}

fn taxes(fields: &Fields, item: &Object<'_>) -> Result<Money, ChannelError> {
    let mut parts = Vec::new();
    for tax in &item.objects("tax_lines")? {
        parts.extend(fields.not_negative(tax, "price")?);
    }
    fields.sum(parts, &item.path_of("tax_lines"))
}

/// The sum of the rates of a line's taxes. It is for show, so anything odd is no rate.
pub(super) fn rate(taxes: &[Object<'_>]) -> Option<Rate> {
    let mut sum = Decimal::ZERO;
    for tax in taxes {
        let rate = Rate::parse(&tax.literal("rate").ok()??).ok()?;
        sum = sum.checked_add(rate.get())?;
    }
    if taxes.is_empty() {
        None
    } else {
        Rate::new(sum).ok()
    }
}

/// The amount in the shop's currency, which is the order's.
fn shop_money<'a>(object: &Object<'a>, key: &str) -> Result<Option<Object<'a>>, ChannelError> {
    let set = object.object(key)?;
    set.map_or(Ok(None), |set| set.object("shop_money"))
}

/// Shipping, duties and tip.
pub(super) fn charges(
    fields: &mut Fields,
    order: &Object<'_>,
) -> Result<Vec<Charge>, ChannelError> {
    let mut charges = Vec::new();
    for line in &order.objects("shipping_lines")? {
        charges.push(shipping(fields, line)?);
    }
    if !order.has("shipping_lines") {
        let set = shop_money(order, "total_shipping_price_set")?;
        let amount = set
            .map(|set| fields.not_negative(&set, "amount"))
            .transpose()?
            .flatten();
        charges.extend(charge(fields, ChargeKind::Shipping, amount));
    }
    let duties = match shop_money(order, "original_total_duties_set")? {
        Some(duties) => Some(duties),
        None => shop_money(order, "current_total_duties_set")?,
    };
    let duties = duties
        .map(|set| fields.not_negative(&set, "amount"))
        .transpose()?
        .flatten();
    charges.extend(charge(fields, ChargeKind::Duty, duties));
    let tip = fields.not_negative(order, "total_tip_received")?;
    charges.extend(charge(fields, ChargeKind::Tip, tip));
    Ok(charges)
}

fn charge(fields: &Fields, kind: ChargeKind, amount: Option<Money>) -> Option<Charge> {
    let amount = amount.filter(|amount| !amount.is_zero())?;
    Some(Charge {
        kind,
        title: None,
        amount,
        tax: fields.zero(),
    })
}

fn shipping(fields: &mut Fields, line: &Object<'_>) -> Result<Charge, ChannelError> {
    let price = match fields.not_negative(line, "price")? {
        Some(price) => price,
        None => {
            let set = shop_money(line, "price_set")?;
            let price = set
                .map(|set| fields.not_negative(&set, "amount"))
                .transpose()?;
            price.flatten().unwrap_or_else(|| fields.zero())
        }
    };
    let discount = allocated(fields, line)?;
    let amount = price
        .checked_sub(discount)
        .map_err(|problem| out_of_range(&problem, &line.path_of("price")))?;
    // A shipping charge is never negative; what a discount takes beyond it is a rebate.
    let kind = if amount.is_negative() {
        ChargeKind::Fee
    } else {
        ChargeKind::Shipping
    };
    Ok(Charge {
        kind,
        title: fields.text(line, "title"),
        amount,
        tax: taxes(fields, line)?,
    })
}

/// What of `total_discounts` did not fall on a line or shipping line, and what fell on a line
/// beyond its price. An order without allocations has all of its discount here.
pub(super) fn order_discount(
    fields: &mut Fields,
    order: &Object<'_>,
    lines: &mut [DraftLine],
) -> Result<Money, ChannelError> {
    let path = order.path_of("total_discounts");
    let mut parts = Vec::new();
    for line in &order.objects("shipping_lines")? {
        parts.push(allocated(fields, line)?);
    }
    let on_shipping = fields.sum(parts, &path)?;
    let stated = fields.not_negative(order, "total_discounts")?;
    rest_of_discount(fields, stated, on_shipping, lines, &path)
}
