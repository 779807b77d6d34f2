//! Prices of one unit.

use crate::value::ascii::Ascii;
use crate::value::currency::Currency;
use crate::value::limits::{MONEY_MINOR_MAX, UNIT_PRICE_DECIMALS_MAX};
use crate::value::literal::{LiteralError, parse_literal};
use crate::value::money::{Money, MoneyError, split_currency};
use crate::value::quantity::Quantity;
use crate::value::wire::{serde_as_text, shortened};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The price of one unit, zero or more, with up to [`UNIT_PRICE_DECIMALS_MAX`] decimals.
///
/// Screws and screen minutes cost fractions of a cent; only the price of a line is rounded.
///
/// ```
/// use oms_core::value::{Currency, Quantity, UnitPrice};
///
/// let price = UnitPrice::parse("0.0125", Currency::parse("EUR")?)?;
/// assert_eq!(price.times(Quantity::new(1_000)?)?.to_string(), "12.50 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UnitPrice {
    /// With the currency's decimals at least and no trailing zeros beyond them.
    amount: Decimal,
    currency: Currency,
}

impl UnitPrice {
    /// A price of nothing.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::from_canonical(Decimal::ZERO, currency)
    }

    /// Accepts an amount as it is.
    ///
    /// # Errors
    /// [`MoneyError::Negative`], [`MoneyError::TooManyDecimals`] (trailing zeros do not count) and
    /// [`MoneyError::TooLarge`].
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let exact = amount.normalize();
        if exact.is_sign_negative() && !exact.is_zero() {
            return Err(MoneyError::Negative {
                value: exact.to_string(),
            });
        }
        if exact.scale() > UNIT_PRICE_DECIMALS_MAX {
            let found = exact.scale();
            return Err(MoneyError::TooManyDecimals {
                max: UNIT_PRICE_DECIMALS_MAX,
                found,
            });
        }
        if exact > Decimal::new(MONEY_MINOR_MAX, currency.minor_digits()) {
            return Err(MoneyError::too_large(exact));
        }
        Ok(Self::from_canonical(exact, currency))
    }

    /// Reads an exact literal such as `"1.2345"`.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], and as [`new`](Self::new).
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        match parse_literal(text) {
            Ok(amount) => Self::new(amount, currency),
            Err(LiteralError::NotANumber) => Err(MoneyError::NotANumber {
                value: shortened(text),
            }),
            Err(LiteralError::TooLarge) => Err(MoneyError::too_large(shortened(text))),
            Err(LiteralError::TooManyDecimals { found }) => Err(MoneyError::TooManyDecimals {
                max: UNIT_PRICE_DECIMALS_MAX,
                found,
            }),
        }
    }

    /// The price that is this amount.
    ///
    /// # Errors
    /// [`MoneyError::Negative`].
    pub fn from_money(money: Money) -> Result<Self, MoneyError> {
        if money.is_negative() {
            return Err(MoneyError::Negative {
                value: money.amount().to_string(),
            });
        }
        Ok(Self {
            amount: money.amount(),
            currency: money.currency(),
        })
    }

    /// The price of a quantity, rounded once by [`ROUNDING`](crate::value::ROUNDING).
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn times(self, quantity: Quantity) -> Result<Money, MoneyError> {
        self.amount
            .checked_mul(Decimal::from(quantity.get()))
            .ok_or_else(|| MoneyError::too_large(format_args!("{self} x {quantity}")))
            .and_then(|amount| Money::round(amount, self.currency))
    }

    /// The price, with at least the currency's decimals.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the price is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Widens a normalised amount to the currency's decimals, so that equal prices look equal.
    fn from_canonical(exact: Decimal, currency: Currency) -> Self {
        let mut amount = exact;
        amount.set_sign_positive(true);
        if amount.scale() < currency.minor_digits() {
            amount.rescale(currency.minor_digits());
        }
        Self { amount, currency }
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let mut text = Ascii::<48>::new();
        text.push_str(self.currency.code());
        text.push(b' ');
        text.push_decimal(self.amount.mantissa(), self.amount.scale());
        read(text.as_str())
    }
}

impl PartialOrd for UnitPrice {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.amount.cmp(&other.amount))
    }
}

impl Hash for UnitPrice {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal prices have equal mantissas, see the field.
        self.amount.mantissa().hash(state);
        self.currency.hash(state);
    }
}

impl fmt::Debug for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitPrice({self})")
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl FromStr for UnitPrice {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (amount, currency) = split_currency(text)?;
        Self::parse(amount, currency)
    }
}

serde_as_text!(
    UnitPrice,
    "a unit price and a currency, such as \"1.2345 EUR\""
);

#[cfg(test)]
mod tests;
