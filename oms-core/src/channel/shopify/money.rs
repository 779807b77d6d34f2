//! Lines, charges and discounts of a Shopify order.

use std::borrow::Cow;

use rust_decimal::Decimal;

use crate::channel::check::computed_total;
use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range, quantity, units_of_line};
use crate::channel::json::Object;
use crate::channel::order_parts::{self, lines_missing, rest_of_discount};
use crate::order::{Charge, ChargeKind, DraftLine, OrderDraft};
use crate::value::{LineId, Money, MoneyError, Rate, Title, UnitPrice};

/// The lines of goods, and those that are a tip: Shopify's tills write a tip as a line, which alone
/// has the key `tip_payment_gateway`, whatever its value.
pub(super) fn goods_and_tips<'a>(
    order: &Object<'a>,
) -> Result<(Vec<Object<'a>>, Vec<Object<'a>>), ChannelError> {
    if !order.has("line_items") {
        return Err(lines_missing(order));
    }
    let all = order.objects("line_items")?.into_iter();
    Ok(all.partition(|line| !is_tip(line)))
}

pub(super) fn is_tip(line: &Object<'_>) -> bool {
    line.has("tip_payment_gateway")
}

/// One line.
pub(super) fn line(
    fields: &mut Fields,
    item: &Object<'_>,
    id: LineId,
) -> Result<Option<DraftLine>, ChannelError> {
    let discount = allocated(fields, item)?;
    let tax = taxes(fields, item)?;
    let price = price_of_unit(fields, item)?;
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

fn price_of_unit(fields: &Fields, item: &Object<'_>) -> Result<UnitPrice, ChannelError> {
    if let Some(price) = fields.unit_price(item, "price")? {
        return Ok(price);
    }
    let price = match shop_money(item, "price_set")? {
        Some(money) => fields.unit_price(&money, "amount")?,
        None => None,
    };
    price.ok_or_else(|| ChannelError::missing(item.path_of("price"), "the price of one unit"))
}

/// A line that is a tip, which may have been taken back since: then it has no units.
fn tip(fields: &mut Fields, item: &Object<'_>) -> Result<Option<Charge>, ChannelError> {
    let Some(quantity) = quantity(item, "quantity")? else {
        return Ok(None);
    };
    let out = |problem: MoneyError| out_of_range(&problem, &item.path());
    let gross = price_of_unit(fields, item)?.times(quantity).map_err(out)?;
    let amount = gross.checked_sub(allocated(fields, item)?).map_err(out)?;
    let tax = taxes(fields, item)?;
    let title = title(fields, item, "variant_title");
    Ok(order_parts::charge(ChargeKind::Tip, title, amount, tax))
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

/// Charges and the order's discount. Lines of shipping that were removed may count in the stated
/// total or not: they count where only that gives it.
pub(super) fn sums(
    fields: &mut Fields,
    order: &Object<'_>,
    tips: &[Object<'_>],
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    let mut parcels = Vec::new();
    for line in &order.objects("shipping_lines")? {
        parcels.push(shipping(fields, line)?);
    }
    let others = others(fields, order, tips)?;
    let stated = fields.not_negative(order, "total_discounts")?;
    let sum = Sum {
        parcels: &parcels,
        others: &others,
        discount: stated,
        path: order.path_of("total_discounts"),
    };
    if parcels.iter().any(|line| line.removed) {
        let fits = |draft: &OrderDraft| computed_total(draft).ok() == draft.stated_total;
        let known = fields.warnings.len();
        let (mut without, mut all) = (draft.clone(), draft.clone());
        sum.fill(fields, &mut without, false)?;
        fields.warnings.truncate(known);
        sum.fill(fields, &mut all, true)?;
        fields.warnings.truncate(known);
        let removed = !fits(&without) && fits(&all);
        return sum.fill(fields, draft, removed);
    }
    sum.fill(fields, draft, false)
}

/// What the sums of an order are made of.
struct Sum<'o> {
    parcels: &'o [Shipping],
    others: &'o [Charge],
    discount: Option<Money>,
    path: String,
}

impl Sum<'_> {
    /// Fills in charges and discount, with or without the lines of shipping that were removed. An
    /// order without allocations has all of its discount for itself.
    fn fill(
        &self,
        fields: &mut Fields,
        draft: &mut OrderDraft,
        removed: bool,
    ) -> Result<(), ChannelError> {
        let counted = || {
            let parcels = self.parcels.iter();
            parcels.filter(move |line| removed || !line.removed)
        };
        let on_shipping = fields.sum(counted().map(|line| line.discount), &self.path)?;
        let charges = counted().map(|line| &line.charge).chain(self.others);
        draft.charges = charges.cloned().collect();
        let (stated, lines) = (self.discount, &mut draft.lines);
        draft.discount = rest_of_discount(fields, stated, on_shipping, lines, &self.path)?;
        Ok(())
    }
}

/// Charges beside the lines of shipping.
fn others(
    fields: &mut Fields,
    order: &Object<'_>,
    tips: &[Object<'_>],
) -> Result<Vec<Charge>, ChannelError> {
    let mut charges = Vec::new();
    if !order.has("shipping_lines") {
        let amount = shop_amount(fields, order, "total_shipping_price_set")?;
        charges.extend(charge(fields, ChargeKind::Shipping, amount));
    }
    for (kind, ordered, current) in [
        (
            ChargeKind::Duty,
            "original_total_duties_set",
            "current_total_duties_set",
        ),
        (
            ChargeKind::Fee,
            "original_total_additional_fees_set",
            "current_total_additional_fees_set",
        ),
    ] {
        let amount = match shop_amount(fields, order, ordered)? {
            Some(amount) => Some(amount),
            None => shop_amount(fields, order, current)?,
        };
        charges.extend(charge(fields, kind, amount));
    }
    let mut told = Vec::new();
    for line in tips {
        told.extend(tip(fields, line)?);
    }
    // The sum of the tips counts those of the lines as well.
    if let Some(all) = fields.not_negative(order, "total_tip_received")? {
        let path = order.path_of("total_tip_received");
        let known = fields.sum(told.iter().map(|tip| tip.amount), &path)?;
        let out = |problem: MoneyError| out_of_range(&problem, &path);
        let rest = all.checked_sub(known).map_err(out)?;
        let rest = Some(rest).filter(|rest| rest.is_positive());
        charges.extend(charge(fields, ChargeKind::Tip, rest));
    }
    charges.extend(told);
    Ok(charges)
}

/// The amount of a set in the shop's currency, not below zero.
fn shop_amount(
    fields: &Fields,
    object: &Object<'_>,
    key: &str,
) -> Result<Option<Money>, ChannelError> {
    match shop_money(object, key)? {
        Some(set) => fields.not_negative(&set, "amount"),
        None => Ok(None),
    }
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

/// A line of shipping, after its discount.
struct Shipping {
    charge: Charge,
    discount: Money,
    removed: bool,
}

fn shipping(fields: &mut Fields, line: &Object<'_>) -> Result<Shipping, ChannelError> {
    let price = match fields.not_negative(line, "price")? {
        Some(price) => price,
        None => shop_amount(fields, line, "price_set")?.unwrap_or_else(|| fields.zero()),
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
    let charge = Charge {
        kind,
        title: fields.text(line, "title"),
        amount,
        tax: taxes(fields, line)?,
    };
    Ok(Shipping {
        charge,
        discount,
        removed: line.flag("is_removed")?,
    })
}
