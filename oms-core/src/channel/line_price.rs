//! A unit price from the amount of a whole line, for channels that state only that.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, out_of_range};
use crate::channel::json::Object;
use crate::channel::warning::ChannelWarning;
use crate::value::limits::UNIT_PRICE_DECIMALS_MAX;
use crate::value::{Money, MoneyError, Quantity, ROUNDING, UnitPrice};

/// The price of one unit of a line that costs `before`, and what that price times the quantity is.
/// Where the two differ a warning says by how much, and the caller adds that to the discount.
pub(super) fn price_of_line(
    fields: &mut Fields,
    item: &Object<'_>,
    before: Money,
    quantity: Quantity,
) -> Result<(UnitPrice, Money), ChannelError> {
    let sum = |problem: MoneyError| out_of_range(&problem, &item.path());
    let (price, gross) = unit_price(before, quantity).map_err(sum)?;
    let surplus = gross.checked_sub(before).map_err(sum)?;
    if !surplus.is_zero() {
        fields.warn(ChannelWarning::UnitPriceRounded {
            path: item.path(),
            surplus,
        });
    }
    Ok((price, gross))
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
