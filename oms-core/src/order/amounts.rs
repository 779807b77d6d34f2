//! Checks of amounts that placing, editing and payments share.

use crate::order::{Line, LineAmounts, OrderRejection};
use crate::value::{Currency, Money, MoneyError, Quantity, UnitPrice, Units};

/// Refuses an amount in another currency than the order's.
pub(super) fn same_currency(
    found: Currency,
    expected: Currency,
    field: impl FnOnce() -> String,
) -> Result<(), OrderRejection> {
    if found == expected {
        return Ok(());
    }
    Err(OrderRejection::MixedCurrencies {
        field: field(),
        expected,
        found,
    })
}

/// Refuses an amount below zero.
pub(super) fn not_negative(
    found: Money,
    field: impl FnOnce() -> String,
) -> Result<(), OrderRejection> {
    if found.is_negative() {
        return Err(OrderRejection::NegativeAmount {
            field: field(),
            found,
        });
    }
    Ok(())
}

/// Refuses a discount larger than what it lowers; both in one currency.
pub(super) fn discount_at_most(
    discount: Money,
    of: Money,
    field: impl FnOnce() -> String,
) -> Result<(), OrderRejection> {
    if discount.amount() > of.amount() {
        return Err(OrderRejection::DiscountTooLarge {
            field: field(),
            discount,
            of,
        });
    }
    Ok(())
}

/// The refusal of a sum out of range.
pub(super) fn amount(field: impl Into<String>, problem: MoneyError) -> OrderRejection {
    OrderRejection::Amount {
        field: field.into(),
        problem,
    }
}

/// Refuses more of something than its limit.
pub(super) fn at_most(field: &str, found: usize, max: usize) -> Result<(), OrderRejection> {
    if found > max {
        return Err(OrderRejection::TooMany {
            field: field.to_owned(),
            found,
            max,
        });
    }
    Ok(())
}

/// Unit price x units, rounded once.
pub(super) fn gross(unit_price: &UnitPrice, units: Units) -> Result<Money, MoneyError> {
    match Quantity::new(units.get()) {
        Ok(quantity) => unit_price.times(quantity),
        // A line orders at least one unit and at most the largest quantity, so this is for zero.
        Err(_) => Ok(Money::zero(unit_price.currency())),
    }
}

impl Line {
    /// What the line adds to the totals.
    pub(super) fn amounts(&self) -> Result<LineAmounts, MoneyError> {
        let gross = gross(&self.unit_price, self.ordered)?;
        Ok(LineAmounts {
            gross,
            discount: self.discount,
            tax: self.tax,
        })
    }
}
