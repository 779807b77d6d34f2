//! Lines of an Orders v0 order.

use crate::channel::amazon::v0::{Gifts, buyer_infos};
use crate::channel::amazon::{Extras, LineSums};
use crate::channel::bag::AMAZON_V0;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range, units_of_line};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::DraftLine;
use crate::value::{LineId, Money, MoneyError};

/// One line; what it costs beside its goods goes into `extras`.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
    gifts: &Gifts<'_>,
    extras: &mut Extras,
) -> Result<Option<DraftLine>, ChannelError> {
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
    // Told twice, it counts once.
    let infos = buyer_infos(item, gifts)?;
    let wrap = |fields: &Fields, key: &str| {
        let told = infos.iter().find(|info| info.value(key).is_some());
        told.map_or_else(
            || Ok(fields.zero()),
            |info| AMAZON_V0.or_zero(fields, info, key),
        )
    };
    extras.wrap.push(wrap(fields, "GiftWrapPrice")?);
    extras.wrap_tax.push(wrap(fields, "GiftWrapTax")?);
    // Amazon sets the quantity of a cancelled line to nothing.
    let free = price.is_none_or(Money::is_zero) && tax.is_zero();
    let Some(quantity) = units_of_line(item, "QuantityOrdered", free, "a price")? else {
        return Ok(None);
    };
    if price.is_none() {
        fields.warn(ChannelWarning::PriceNotStated {
            path: item.path_of("ItemPrice"),
        });
    }
    let sums = LineSums {
        before: price.unwrap_or_else(|| fields.zero()),
        discount,
        tax,
    };
    let priced = sums.price(fields, item, quantity, extras)?;
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "SellerSKU"),
        title: fields.text(item, "Title"),
        channel_item: fields.id(item, "OrderItemId"),
        quantity,
        unit_price: priced.unit_price,
        discount: priced.discount,
        tax: priced.tax,
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
