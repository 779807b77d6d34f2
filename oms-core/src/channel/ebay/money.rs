//! Lines, charges and discounts of an eBay order.

use crate::channel::bag::EBAY;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range, units_of_line};
use crate::channel::json::Object;
use crate::channel::line_price::price_of_line;
use crate::channel::order_parts::{charge, rest_of_discount, varied};
use crate::order::{Charge, ChargeKind, DraftLine};
use crate::value::{LineId, Money, MoneyError, Title};

/// One line.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
) -> Result<Option<DraftLine>, ChannelError> {
    let Some(cost) = EBAY.not_negative(fields, item, "lineItemCost")? else {
        let (path, expected) = (item.path_of("lineItemCost"), "what the whole line costs");
        return Err(ChannelError::missing(path, expected));
    };
    let after = EBAY
        .not_negative(fields, item, "discountedLineItemCost")?
        .unwrap_or(cost);
    // A cost raised by hand is no discount, and what is to be paid counts.
    let before = if after.minor() > cost.minor() {
        after
    } else {
        cost
    };
    let tax = taxes(fields, item)?;
    let free = before.is_zero() && tax.is_zero();
    let Some(quantity) = units_of_line(item, "quantity", free, "a price")? else {
        return Ok(None);
    };
    let (unit_price, gross) = price_of_line(fields, item, before, quantity)?;
    let sum = |problem: MoneyError| out_of_range(&problem, &item.path());
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "sku"),
        title: title(fields, item)?,
        channel_item: fields.id(item, "lineItemId"),
        quantity,
        unit_price,
        discount: gross.checked_sub(after).map_err(sum)?,
        tax,
        tax_rate: None,
    }))
}

/// The title, and what tells the variation from the listing's others, such as `Shirt - Red / L`.
fn title(fields: &mut Fields, item: &Object<'_>) -> Result<Option<Title>, ChannelError> {
    let Some(title) = fields.words(item, "title") else {
        return Ok(None);
    };
    let aspects = item.objects("variationAspects")?;
    let values = aspects
        .iter()
        .filter_map(|aspect| fields.words(aspect, "value"));
    let words = varied(title, values.collect());
    Ok(fields.fit(&words, || item.path_of("title")))
}

/// The taxes that are part of the order's total; those eBay collects on top are not.
fn taxes(fields: &Fields, item: &Object<'_>) -> Result<Money, ChannelError> {
    let mut parts = Vec::new();
    for tax in &item.objects("taxes")? {
        parts.extend(EBAY.not_negative(fields, tax, "amount")?);
    }
    fields.sum(parts, &item.path_of("taxes"))
}

/// Delivery after its discount, fees and adjustments.
pub(super) fn charges(
    fields: &mut Fields,
    pricing: &Object<'_>,
) -> Result<Vec<Charge>, ChannelError> {
    let cost = EBAY.or_zero(fields, pricing, "deliveryCost")?;
    let discount = EBAY.or_zero(fields, pricing, "deliveryDiscount")?;
    let delivery = fields.sum([cost, minus(discount)], &pricing.path_of("deliveryCost"))?;
    let zero = fields.zero();
    let mut charges = Vec::new();
    charges.extend(charge(ChargeKind::Shipping, None, delivery, zero));
    for key in ["fee", "adjustment"] {
        let amount = EBAY.or_zero(fields, pricing, key)?;
        let title = fields.fit(key, || key.to_owned());
        charges.extend(charge(ChargeKind::Fee, title, amount, zero));
    }
    Ok(charges)
}

/// Discounts are sent below zero; one sent above is meant the same way.
fn minus(discount: Money) -> Money {
    if discount.is_negative() {
        discount
    } else {
        discount.negated()
    }
}

/// What of the order's discount fell on no line.
pub(super) fn discount(
    fields: &mut Fields,
    pricing: &Object<'_>,
    lines: &mut [DraftLine],
) -> Result<Money, ChannelError> {
    // The specification has the longer name, the API sends the shorter one.
    let key = ["priceDiscount", "priceDiscountSubtotal"]
        .into_iter()
        .find(|key| pricing.value(key).is_some());
    let path = pricing.path_of("priceDiscount");
    let stated = match key {
        Some(key) => EBAY.money(fields, pricing, key)?.map(Money::abs),
        None => None,
    };
    let zero = fields.zero();
    let surplus = lines.iter().any(|line| !line.discount.is_zero());
    // Without a stated sum the lines' own discounts are all there is.
    match stated {
        None if !surplus => Ok(zero),
        stated => rest_of_discount(fields, stated, zero, lines, &path),
    }
}
