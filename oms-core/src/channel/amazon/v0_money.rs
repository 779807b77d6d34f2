//! Lines of an Orders v0 order.

use crate::channel::amazon::Extras;
use crate::channel::bag::AMAZON_V0;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range, quantity};
use crate::channel::json::Object;
use crate::channel::line_price::price_of_line;
use crate::channel::warning::ChannelWarning;
use crate::order::DraftLine;
use crate::value::{LineId, Money, MoneyError};

/// One line; what it costs beside its goods goes into `extras`.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
    extras: &mut Extras,
) -> Result<Option<DraftLine>, ChannelError> {
    let sum = |problem: MoneyError| out_of_range(&problem, &item.path);
    let price = AMAZON_V0.not_negative(fields, item, "ItemPrice")?;
    let discount = AMAZON_V0.or_zero(fields, item, "PromotionDiscount")?.abs();
    let tax = less(fields, item, "ItemTax", "PromotionDiscountTax")?;
    extras
        .shipping
        .push(less(fields, item, "ShippingPrice", "ShippingDiscount")?);
    extras
        .shipping_tax
        .push(less(fields, item, "ShippingTax", "ShippingDiscountTax")?);
    extras
        .cash_on_delivery
        .push(less(fields, item, "CODFee", "CODFeeDiscount")?);
    if let Some(buyer) = item.object("BuyerInfo")? {
        extras
            .wrap
            .push(AMAZON_V0.or_zero(fields, &buyer, "GiftWrapPrice")?);
        extras
            .wrap_tax
            .push(AMAZON_V0.or_zero(fields, &buyer, "GiftWrapTax")?);
    }
    let Some(quantity) = quantity(item, "QuantityOrdered")? else {
        // Amazon sets the quantity of a cancelled line to nothing.
        if price.is_none_or(Money::is_zero) && tax.is_zero() {
            return Ok(None);
        }
        let expected = "at least one unit, as the line has a price";
        let path = item.path_of("QuantityOrdered");
        return Err(ChannelError::invalid("quantity_zero", path, "0", expected));
    };
    if price.is_none() {
        fields.warn(ChannelWarning::PriceNotStated {
            path: item.path_of("ItemPrice"),
        });
    }
    let before = price.unwrap_or_else(|| fields.zero());
    let (unit_price, gross) = price_of_line(fields, item, before, quantity)?;
    let surplus = gross.checked_sub(before).map_err(sum)?;
    // A tax below zero would be a discount's; the sum counts.
    let (tax, rebate) = if tax.is_negative() {
        (fields.zero(), tax)
    } else {
        (tax, fields.zero())
    };
    extras.other.push(rebate);
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "SellerSKU"),
        title: fields.text(item, "Title"),
        channel_item: fields.id(item, "OrderItemId"),
        quantity,
        unit_price,
        discount: discount.checked_add(surplus).map_err(sum)?,
        tax,
        tax_rate: None,
    }))
}

/// An amount less its discount.
fn less(
    fields: &Fields,
    item: &Object<'_>,
    key: &str,
    discount: &str,
) -> Result<Money, ChannelError> {
    let amount = AMAZON_V0.or_zero(fields, item, key)?;
    let discount = AMAZON_V0.or_zero(fields, item, discount)?.abs();
    let out = |problem: MoneyError| out_of_range(&problem, &item.path_of(key));
    amount.checked_sub(discount).map_err(out)
}
