//! Lines and charges of a WooCommerce order.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, NEGATIVE, out_of_range, quantity};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::order::{Charge, ChargeKind, DraftLine};
use crate::value::limits::UNIT_PRICE_DECIMALS_MAX;
use crate::value::{LineId, Money, MoneyError, Quantity, ROUNDING, UnitPrice};

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
    let Some(quantity) = quantity(item, "quantity")? else {
        if subtotal.is_zero() && total.is_zero() && tax.is_zero() {
            return Ok(None);
        }
        let expected = "at least one unit, as the line has a price";
        let path = item.path_of("quantity");
        return Err(ChannelError::invalid("quantity_zero", path, "0", expected));
    };
    // A total above the subtotal is a price raised by hand: no discount, and the total counts.
    let before = if total.minor() > subtotal.minor() {
        total
    } else {
        subtotal
    };
    let sum = |problem: MoneyError| out_of_range(&problem, &item.path);
    let (unit_price, gross) = unit_price(before, quantity).map_err(sum)?;
    let surplus = gross.checked_sub(before).map_err(sum)?;
    if !surplus.is_zero() {
        fields.warn(ChannelWarning::UnitPriceRounded {
            path: item.path.clone(),
            surplus,
        });
    }
    Ok(Some(DraftLine {
        id,
        sku: fields.id(item, "sku"),
        title: fields.text(item, "name"),
        channel_item: fields.id(item, "id"),
        quantity,
        unit_price,
        discount: gross.checked_sub(total).map_err(sum)?,
        tax,
        tax_rate: None,
    }))
}

/// The price of one unit of a line that costs `before`, and what that price times the quantity is:
/// `before` wherever six decimals can express it, else the least amount above it.
fn unit_price(before: Money, quantity: Quantity) -> Result<(UnitPrice, Money), MoneyError> {
    let each = before
        .amount()
        .checked_div(Decimal::from(quantity.get()))
        .unwrap_or_else(|| before.amount());
    let rounded = |rule: RoundingStrategy| {
        let each = each.round_dp_with_strategy(UNIT_PRICE_DECIMALS_MAX, rule);
        let price = UnitPrice::new(each, before.currency())?;
        Ok((price, price.times(quantity)?))
    };
    match rounded(ROUNDING)? {
        (price, gross) if gross == before => Ok((price, gross)),
        _ => rounded(RoundingStrategy::AwayFromZero),
    }
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
        let found = if amount.is_negative() { amount } else { tax }
            .amount()
            .to_string();
        let path = order.path_of("shipping_total");
        return Err(ChannelError::invalid(
            NEGATIVE,
            path,
            &found,
            "an amount of zero or more",
        ));
    }
    let nothing = amount.is_zero() && tax.is_zero();
    Ok((!nothing).then_some(Charge {
        kind: ChargeKind::Shipping,
        title: None,
        amount,
        tax,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::unit_price;
    use crate::value::{Currency, Money, Quantity};
    use proptest::prelude::*;

    fn split(minor: i64, units: u32, code: &str) -> (String, i64) {
        let currency = Currency::parse(code).unwrap();
        let before = Money::from_minor(minor, currency).unwrap();
        let (price, gross) = unit_price(before, Quantity::new(units).unwrap()).unwrap();
        (price.amount().to_string(), gross.minor())
    }

    #[test]
    fn a_price_that_comes_out_even_stays_short() {
        assert_eq!(split(600, 2, "USD"), ("3.00".to_owned(), 600));
        assert_eq!(split(1_765, 1, "USD"), ("17.65".to_owned(), 1_765));
        assert_eq!(split(0, 3, "USD"), ("0.00".to_owned(), 0));
    }

    #[test]
    fn a_price_that_does_not_come_out_even_gives_the_line_exactly() {
        assert_eq!(split(2_372, 3, "USD"), ("7.906667".to_owned(), 2_372));
        assert_eq!(split(1_000, 7, "JPY"), ("142.857143".to_owned(), 1_000));
        assert_eq!(split(100, 9_999, "EUR"), ("0.0001".to_owned(), 100));
    }

    #[test]
    fn a_price_six_decimals_cannot_give_is_rounded_up() {
        // 0.01 / 300,000 is below a millionth.
        assert_eq!(split(1, 300_000, "EUR"), ("0.000001".to_owned(), 30));
        assert_eq!(
            split(33_333_333, 999_999, "EUR"),
            ("0.333334".to_owned(), 33_333_367)
        );
    }

    proptest! {
        #[test]
        fn the_line_is_exact_for_common_quantities(
            minor in 0_i64..1_000_000_000,
            units in 1_u32..9_999,
        ) {
            prop_assert_eq!(split(minor, units, "EUR").1, minor);
        }

        #[test]
        fn the_line_is_never_below_what_it_costs(
            minor in 0_i64..1_000_000_000,
            units in 1_u32..=1_000_000,
        ) {
            let gross = split(minor, units, "KWD").1;
            prop_assert!(gross >= minor);
            // At most a millionth of the currency's unit for each unit, which is a thousandth of a
            // minor unit here, and half a minor unit of rounding.
            prop_assert!(gross - minor <= i64::from(units) / 1_000 + 1);
        }
    }
}
