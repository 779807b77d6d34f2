//! Lines of an Orders 2026-01-01 order, and its currency.

use std::borrow::Cow;

use crate::channel::amazon::{Extras, LineSums, marketplace};
use crate::channel::bag::AMAZON_2026;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, below_zero, out_of_range, units_of_line};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::DraftLine;
use crate::value::{Currency, LineId, Money, Quantity};

/// The total's currency, else that of the first price, else the marketplace's.
pub(super) fn currency(order: &Object<'_>, items: &[Object<'_>]) -> Result<Currency, ChannelError> {
    let of = |from: Option<Object<'_>>, key: &str| match from {
        Some(from) => AMAZON_2026.currency(&from, key),
        None => Ok(None),
    };
    if let Some(currency) = of(order.object("proceeds")?, "grandTotal")? {
        return Ok(currency);
    }
    for item in items {
        if let Some(currency) = of(item.object("proceeds")?, "proceedsTotal")? {
            return Ok(currency);
        }
        if let Some(currency) = of(price(item)?, "unitPrice")? {
            return Ok(currency);
        }
    }
    let sales = order.object("salesChannel")?;
    let id = match sales {
        Some(sales) => sales.literal("marketplaceId")?.unwrap_or_default(),
        None => Cow::Borrowed(""),
    };
    marketplace::currency(&id).ok_or_else(|| {
        let expected = "a total, a price or a known marketplace, to tell the currency by";
        let path = order.path_of("salesChannel.marketplaceId");
        ChannelError::invalid("currency_unknown", path, &id, expected)
    })
}

fn price<'a>(item: &Object<'a>) -> Result<Option<Object<'a>>, ChannelError> {
    match item.object("product")? {
        Some(product) => product.object("price"),
        None => Ok(None),
    }
}

/// What one line brings, by kind.
#[derive(Debug, Default)]
struct Proceeds {
    item: Option<Money>,
    discount: Vec<Money>,
    tax: Vec<Money>,
}

/// One line; what it costs beside its goods goes into `extras`.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
    extras: &mut Extras,
) -> Result<Option<DraftLine>, ChannelError> {
    let found = proceeds(fields, item, extras)?;
    let tax = fields.sum(found.tax, &item.path())?;
    let discount = fields.sum(found.discount, &item.path())?;
    let free = found.item.is_none_or(Money::is_zero) && tax.is_zero();
    let Some(quantity) = units_of_line(item, "quantityOrdered", free, "a price")? else {
        return Ok(None);
    };
    let before = match found.item {
        Some(before) => before,
        None => by_unit_price(fields, item, quantity)?,
    };
    let sums = LineSums {
        before,
        discount,
        tax,
    };
    let priced = sums.price(fields, item, quantity, extras)?;
    let product = item.object("product")?;
    let product = product.as_ref();
    Ok(Some(DraftLine {
        id,
        sku: product.and_then(|product| fields.id(product, "sellerSku")),
        title: product.and_then(|product| fields.text(product, "title")),
        channel_item: fields.id(item, "orderItemId"),
        quantity,
        unit_price: priced.unit_price,
        discount: priced.discount,
        tax: priced.tax,
        tax_rate: None,
    }))
}

/// Without proceeds, which have to be asked for, the price of one unit is all there is.
fn by_unit_price(
    fields: &mut Fields,
    item: &Object<'_>,
    quantity: Quantity,
) -> Result<Money, ChannelError> {
    let each = match price(item)? {
        Some(price) => AMAZON_2026.unit_price(fields, &price, "unitPrice")?,
        None => None,
    };
    let Some(each) = each else {
        fields.warn(ChannelWarning::PriceNotStated {
            path: item.path_of("proceeds"),
        });
        return Ok(fields.zero());
    };
    each.times(quantity)
        .map_err(|problem| out_of_range(&problem, &item.path()))
}

fn proceeds(
    fields: &Fields,
    item: &Object<'_>,
    extras: &mut Extras,
) -> Result<Proceeds, ChannelError> {
    let mut found = Proceeds::default();
    let Some(proceeds) = item.object("proceeds")? else {
        return Ok(found);
    };
    let parts = proceeds.objects("breakdowns")?;
    for part in &parts {
        let Some(amount) = AMAZON_2026.money(fields, part, "subtotal")? else {
            continue;
        };
        match part.literal("type")?.as_deref() {
            Some("ITEM") => {
                let sum = fields.sum(found.item.into_iter().chain([amount]), &item.path())?;
                found.item = Some(sum);
            }
            // A discount is meant to lower the total, whatever its sign.
            Some("DISCOUNT") => found.discount.push(amount.abs()),
            Some("TAX") => found.tax.push(amount),
            Some("SHIPPING") => extras.shipping.push(amount),
            Some("GIFT_WRAP") => extras.wrap.push(amount),
            Some("COD_FEE") => extras.cash_on_delivery.push(amount),
            Some("DELIVERY_TIP") => extras.tip.push(amount),
            Some(_) | None => extras.other.push(amount),
        }
    }
    if parts.is_empty() {
        found.item = AMAZON_2026.money(fields, &proceeds, "proceedsTotal")?;
    }
    match found.item.filter(|amount| amount.is_negative()) {
        Some(negative) => Err(below_zero(negative, proceeds.path_of("breakdowns"))),
        None => Ok(found),
    }
}

/// The tip is the order's, not a line's.
pub(super) fn tip(
    fields: &Fields,
    proceeds: &Object<'_>,
    extras: &mut Extras,
) -> Result<(), ChannelError> {
    for part in &proceeds.objects("breakdowns")? {
        if part.literal("type")?.as_deref() == Some("DELIVERY_TIP") {
            extras
                .tip
                .extend(AMAZON_2026.money(fields, part, "subtotal")?);
        }
    }
    Ok(())
}
