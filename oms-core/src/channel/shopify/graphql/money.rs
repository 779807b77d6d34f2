//! Lines, charges, discounts and totals of a Shopify GraphQL order.

use crate::channel::bag::{AMAZON_2026 as PLAIN_MONEY, SHOPIFY};
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range, units_of_line};
use crate::channel::json::Object;
use crate::channel::line_price::price_of_line;
use crate::channel::order_parts::{charge, rest_of_discount};
use crate::channel::shopify::graphql::connected;
use crate::channel::shopify::money::{rate, title};
use crate::channel::warning::ChannelWarning;
use crate::order::{Charge, ChargeKind, DraftLine, OrderDraft};
use crate::value::{LineId, Money, MoneyError};

/// One line.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
) -> Result<Option<DraftLine>, ChannelError> {
    let tax = taxes(fields, item)?;
    let discount = line_discount(fields, item)?;
    let price = SHOPIFY.unit_price(fields, item, "originalUnitPriceSet")?;
    let whole = SHOPIFY.not_negative(fields, item, "originalTotalSet")?;
    let free = discount.is_zero() && tax.is_zero();
    let Some(quantity) = units_of_line(item, "quantity", free, "a discount or a tax")? else {
        return Ok(None);
    };
    let (unit_price, surplus) = match (price, whole) {
        (Some(price), _) => (price, fields.zero()),
        (None, Some(whole)) => {
            let (price, gross) = price_of_line(fields, item, whole, quantity)?;
            let out = |problem: MoneyError| out_of_range(&problem, &item.path());
            (price, gross.checked_sub(whole).map_err(out)?)
        }
        (None, None) => {
            let expected = "the price of one unit; select originalUnitPriceSet";
            let path = item.path_of("originalUnitPriceSet");
            return Err(ChannelError::missing(path, expected));
        }
    };
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "sku"),
        title: title(fields, item, "variantTitle"),
        channel_item: fields.id(item, "id"),
        quantity,
        unit_price,
        discount: fields.sum([discount, surplus], &item.path())?,
        tax,
        tax_rate: connected(item, "taxLines")
            .ok()
            .and_then(|taxes| rate(&taxes)),
    }))
}

fn line_discount(fields: &Fields, item: &Object<'_>) -> Result<Money, ChannelError> {
    if item.has("discountAllocations") {
        return allocated(fields, item);
    }
    // Without discounts of the order as a whole, which then are none of the line's here either.
    Ok(SHOPIFY
        .not_negative(fields, item, "totalDiscountSet")?
        .unwrap_or_else(|| fields.zero()))
}

fn allocated(fields: &Fields, item: &Object<'_>) -> Result<Money, ChannelError> {
    let mut parts = Vec::new();
    for allocation in &connected(item, "discountAllocations")? {
        parts.extend(SHOPIFY.not_negative(fields, allocation, "allocatedAmountSet")?);
    }
    fields.sum(parts, &item.path_of("discountAllocations"))
}

fn taxes(fields: &Fields, item: &Object<'_>) -> Result<Money, ChannelError> {
    let mut parts = Vec::new();
    for tax in &connected(item, "taxLines")? {
        parts.extend(SHOPIFY.not_negative(fields, tax, "priceSet")?);
    }
    fields.sum(parts, &item.path_of("taxLines"))
}

/// Charges, discount, tax and total.
pub(super) fn sums(
    fields: &mut Fields,
    order: &Object<'_>,
    items: &[Object<'_>],
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    // After edits and refunds the current sums are no longer those of what was ordered.
    let untouched = is_untouched(fields, order, items)?;
    let either = |fields: &Fields, ordered: &str, current: &str| {
        let found = SHOPIFY.not_negative(fields, order, ordered)?;
        match found.is_none() && untouched {
            true => SHOPIFY.not_negative(fields, order, current),
            false => Ok(found),
        }
    };
    draft.stated_total = either(fields, "totalPriceSet", "currentTotalPriceSet")?;
    draft.order_tax = either(fields, "totalTaxSet", "currentTotalTaxSet")?;
    let discount = either(fields, "totalDiscountsSet", "currentTotalDiscountsSet")?;
    let (charges, on_shipping) = charges(fields, order)?;
    draft.charges = charges;
    let path = order.path_of("totalDiscountsSet");
    draft.discount = rest_of_discount(fields, discount, on_shipping, &mut draft.lines, &path)?;
    if draft.stated_total.is_none() {
        fields.warn(ChannelWarning::TotalNotStated {
            path: order.path_of("totalPriceSet"),
        });
    }
    Ok(())
}

fn is_untouched(
    fields: &Fields,
    order: &Object<'_>,
    items: &[Object<'_>],
) -> Result<bool, ChannelError> {
    if order.flag("edited")? || order.value("cancelledAt").is_some() {
        return Ok(false);
    }
    let refunded = SHOPIFY.or_zero(fields, order, "totalRefundedSet")?;
    if !refunded.is_zero() || !connected(order, "refunds")?.is_empty() {
        return Ok(false);
    }
    for item in items {
        let current = item.literal("currentQuantity")?;
        if current.is_some() && current != item.literal("quantity")? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Shipping, duties, fees and tip, and what of the discounts fell on shipping.
fn charges(fields: &mut Fields, order: &Object<'_>) -> Result<(Vec<Charge>, Money), ChannelError> {
    let zero = fields.zero();
    let (mut charges, mut discounts) = (Vec::new(), Vec::new());
    for line in &connected(order, "shippingLines")? {
        if line.flag("isRemoved")? {
            continue;
        }
        let price = SHOPIFY.not_negative(fields, line, "originalPriceSet")?;
        let after = SHOPIFY.not_negative(fields, line, "discountedPriceSet")?;
        let price = price.or(after).unwrap_or(zero);
        let discount = allocated(fields, line)?;
        discounts.push(discount);
        let out = |problem: MoneyError| out_of_range(&problem, &line.path());
        let amount = price.checked_sub(discount).map_err(out)?;
        let tax = taxes(fields, line)?;
        let title = fields.text(line, "title");
        charges.extend(charge(ChargeKind::Shipping, title, amount, tax));
    }
    if !order.has("shippingLines") {
        let amount = SHOPIFY.or_zero(fields, order, "totalShippingPriceSet")?;
        charges.extend(charge(ChargeKind::Shipping, None, amount, zero));
    }
    let duties = match SHOPIFY.money(fields, order, "originalTotalDutiesSet")? {
        Some(duties) => duties,
        None => SHOPIFY.or_zero(fields, order, "currentTotalDutiesSet")?,
    };
    charges.extend(charge(ChargeKind::Duty, None, duties, zero));
    let fees = SHOPIFY.or_zero(fields, order, "originalTotalAdditionalFeesSet")?;
    charges.extend(charge(ChargeKind::Fee, None, fees, zero));
    let tip = match SHOPIFY.money(fields, order, "totalTipReceivedSet")? {
        Some(tip) => tip,
        // The older field is an amount without a bag around it.
        None => PLAIN_MONEY.or_zero(fields, order, "totalTipReceived")?,
    };
    charges.extend(charge(ChargeKind::Tip, None, tip, zero));
    let on_shipping = fields.sum(discounts, &order.path_of("shippingLines"))?;
    Ok((charges, on_shipping))
}
