//! Amounts of money.

use crate::value::ascii::Ascii;
use crate::value::currency::{Currency, CurrencyError};
use crate::value::limits::MONEY_MINOR_MAX;
use crate::value::literal::{LiteralError, parse_literal};
use crate::value::quantity::Quantity;
use crate::value::split::largest_remainder;
use crate::value::wire::{serde_as_text, shortened};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The one rounding rule: to the nearest minor unit, halves away from zero.
///
/// It is what invoices and tax offices expect of a price ("commercial rounding"), and it treats
/// a charge and its refund alike. Splitting an amount does not round; it uses [`Money::split`].
pub const ROUNDING: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;

/// A whole number of a currency's minor units, positive or negative.
///
/// Two amounts compare only within one currency (`partial_cmp` is `None` otherwise), and adding
/// across currencies is an error, never a conversion.
///
/// ```
/// use oms_core::value::{Currency, Money};
///
/// let euro = Currency::parse("EUR")?;
/// let price = Money::parse("12.50", euro)?;
/// let total = price.checked_add(Money::from_minor(50, euro)?)?;
/// assert_eq!(total.to_string(), "13.00 EUR");
/// assert_eq!(Money::parse("12.505", euro).map_err(|e| e.code()), Err("money_wrong_minor_units"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Always with exactly the currency's decimals, never a negative zero, never above
    /// [`MONEY_MINOR_MAX`]: so the mantissa is the minor units and nothing is normalised twice.
    amount: Decimal,
    currency: Currency,
}

/// Why an amount, unit price or sum was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum MoneyError {
    /// More decimals than the currency's minor unit has.
    #[error("{currency} has {digits} decimals, the amount has {found}")]
    #[serde(rename = "money_wrong_minor_units")]
    WrongMinorUnits {
        /// The currency.
        currency: Currency,
        /// Decimals of its minor unit.
        digits: u32,
        /// Decimals found, trailing zeros not counted.
        found: u32,
    },
    /// Two currencies in one sum.
    #[error("expected {expected}, found {found}")]
    #[serde(rename = "money_currency_mismatch")]
    CurrencyMismatch {
        /// The currency of the first amount.
        expected: Currency,
        /// The currency of the other.
        found: Currency,
    },
    /// Beyond [`MONEY_MINOR_MAX`] in either direction.
    #[error("amount {value} is beyond {max_minor} minor units")]
    #[serde(rename = "money_too_large")]
    TooLarge {
        /// Most minor units allowed.
        max_minor: i64,
        /// The amount, or the terms of the sum.
        value: String,
    },
    /// Not a decimal number.
    #[error("amount {value:?} is not a number")]
    #[serde(rename = "money_not_a_number")]
    NotANumber {
        /// What was given, shortened.
        value: String,
    },
    /// More decimals than a unit price may carry.
    #[error("a unit price has at most {max} decimals, this one has {found}")]
    #[serde(rename = "money_too_many_decimals")]
    TooManyDecimals {
        /// Most decimals allowed.
        max: u32,
        /// Decimals found, trailing zeros not counted.
        found: u32,
    },
    /// A unit price below zero.
    #[error("unit price {value} is negative")]
    #[serde(rename = "money_negative")]
    Negative {
        /// What was given.
        value: String,
    },
    /// A split without a part that has weight.
    #[error("nothing to split the amount by: no weight is above zero")]
    #[serde(rename = "money_no_weights")]
    NoWeights,
    /// Text that does not end in a currency.
    #[error("amount has no valid currency: {source}")]
    #[serde(rename = "money_bad_currency")]
    BadCurrency {
        /// What is wrong with it.
        source: CurrencyError,
    },
}

impl MoneyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongMinorUnits { .. } => "money_wrong_minor_units",
            Self::CurrencyMismatch { .. } => "money_currency_mismatch",
            Self::TooLarge { .. } => "money_too_large",
            Self::NotANumber { .. } => "money_not_a_number",
            Self::TooManyDecimals { .. } => "money_too_many_decimals",
            Self::Negative { .. } => "money_negative",
            Self::NoWeights => "money_no_weights",
            Self::BadCurrency { .. } => "money_bad_currency",
        }
    }

    pub(in crate::value) fn too_large(value: impl fmt::Display) -> Self {
        Self::TooLarge {
            max_minor: MONEY_MINOR_MAX,
            value: value.to_string(),
        }
    }
}

impl Money {
    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::of_minor(0, currency)
    }

    /// This many minor units (cents, yen, fils).
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond [`MONEY_MINOR_MAX`].
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor.unsigned_abs() > MONEY_MINOR_MAX.unsigned_abs() {
            return Err(MoneyError::too_large(Decimal::new(
                minor,
                currency.minor_digits(),
            )));
        }
        Ok(Self::of_minor(minor, currency))
    }

    /// An amount that is a whole number of minor units already.
    ///
    /// # Errors
    /// [`MoneyError::WrongMinorUnits`] for more decimals (unless they are zeros),
    /// [`MoneyError::TooLarge`].
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.minor_digits();
        let exact = if amount.scale() > digits {
            amount.normalize()
        } else {
            amount
        };
        if exact.scale() > digits {
            let found = exact.scale();
            return Err(MoneyError::WrongMinorUnits {
                currency,
                digits,
                found,
            });
        }
        minor_units(exact, digits)
            .ok_or_else(|| MoneyError::too_large(amount))
            .and_then(|minor| Self::from_minor(minor, currency))
    }

    /// Reads an exact literal such as `"12.50"`, `"249.0"` or `"-3"`.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::WrongMinorUnits`] and [`MoneyError::TooLarge`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        match parse_literal(text) {
            Ok(amount) => Self::new(amount, currency),
            Err(LiteralError::NotANumber) => Err(MoneyError::NotANumber {
                value: shortened(text),
            }),
            Err(LiteralError::TooLarge) => Err(MoneyError::too_large(shortened(text))),
            Err(LiteralError::TooManyDecimals { found }) => {
                let digits = currency.minor_digits();
                Err(MoneyError::WrongMinorUnits {
                    currency,
                    digits,
                    found,
                })
            }
        }
    }

    /// The nearest whole number of minor units, by [`ROUNDING`].
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn round(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let digits = currency.minor_digits();
        if amount.scale() <= digits {
            return Self::new(amount, currency);
        }
        Self::new(amount.round_dp_with_strategy(digits, ROUNDING), currency)
    }

    /// The amount, with exactly the currency's decimals.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// The amount in minor units.
    #[must_use]
    pub fn minor(self) -> i64 {
        // The mantissa is within MONEY_MINOR_MAX by construction.
        i64::try_from(self.amount.mantissa()).unwrap_or_default()
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.amount.is_sign_negative()
    }

    /// Whether the amount is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        !self.is_zero() && !self.is_negative()
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] and [`MoneyError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.expect_currency(other.currency)?;
        // Two amounts within bounds are far from the ends of an i64.
        Self::from_minor(self.minor().saturating_add(other.minor()), self.currency)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] and [`MoneyError::TooLarge`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.negated())
    }

    /// The amount times a number of units.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        self.minor()
            .checked_mul(i64::from(quantity))
            .ok_or_else(|| MoneyError::too_large(format_args!("{self} x {quantity}")))
            .and_then(|minor| Self::from_minor(minor, self.currency))
    }

    /// The amount with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::of_minor(self.minor().saturating_neg(), self.currency)
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self::of_minor(self.minor().saturating_abs(), self.currency)
    }

    /// The sum of amounts in a currency; zero if there are none.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], and [`MoneyError::TooLarge`] if the sum passes the bound
    /// at any point.
    pub fn try_sum(
        amounts: impl IntoIterator<Item = Self>,
        currency: Currency,
    ) -> Result<Self, MoneyError> {
        amounts
            .into_iter()
            .try_fold(Self::zero(currency), Self::checked_add)
    }

    /// Splits by weights so that the parts sum to the whole exactly.
    ///
    /// Every part gets its share rounded towards zero; the minor units left over go one each to
    /// the largest remainders, ties to the earlier part. A part of weight zero gets nothing.
    ///
    /// ```
    /// use oms_core::value::{Currency, Money};
    ///
    /// let parts = Money::from_minor(100, Currency::parse("EUR")?)?.split(&[1, 1, 1])?;
    /// let minor: Vec<i64> = parts.into_iter().map(Money::minor).collect();
    /// assert_eq!(minor, [34, 33, 33]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] if no weight is above zero.
    pub fn split(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let parts =
            largest_remainder(self.minor().unsigned_abs(), weights).ok_or(MoneyError::NoWeights)?;
        let negative = self.is_negative();
        Ok(parts
            .into_iter()
            .map(|part| {
                // No part is larger than the whole, so each fits.
                let part = i64::try_from(part).unwrap_or_default();
                Self::of_minor(if negative { -part } else { part }, self.currency)
            })
            .collect())
    }

    /// Splits into equal parts, the first ones a minor unit larger if it does not come out even.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] for zero parts.
    pub fn split_evenly(self, parts: usize) -> Result<Vec<Self>, MoneyError> {
        self.split(&vec![1; parts])
    }

    /// Refuses another currency than this amount's.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn expect_currency(self, found: Currency) -> Result<(), MoneyError> {
        if self.currency == found {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch {
            expected: self.currency,
            found,
        })
    }

    /// Only for minor units known to be within bounds.
    fn of_minor(minor: i64, currency: Currency) -> Self {
        Self {
            amount: Decimal::new(minor, currency.minor_digits()),
            currency,
        }
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let mut text = Ascii::<40>::new();
        text.push_str(self.currency.code());
        text.push(b' ');
        text.push_decimal(self.amount.mantissa(), self.amount.scale());
        read(text.as_str())
    }
}

/// The minor units of an amount with at most `digits` decimals; `None` if they fit in no i64.
fn minor_units(amount: Decimal, digits: u32) -> Option<i64> {
    let missing = digits.checked_sub(amount.scale())?;
    let mantissa = i64::try_from(amount.mantissa()).ok()?;
    mantissa.checked_mul(10_i64.checked_pow(missing)?)
}

/// Splits `"12.50 EUR"` in amount and currency.
pub(in crate::value) fn split_currency(text: &str) -> Result<(&str, Currency), MoneyError> {
    let (amount, code) = text.split_once(' ').ok_or_else(|| MoneyError::NotANumber {
        value: shortened(text),
    })?;
    match Currency::parse(code) {
        Ok(currency) => Ok((amount, currency)),
        Err(source) => Err(MoneyError::BadCurrency { source }),
    }
}

impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor().cmp(&other.minor()))
    }
}

impl Hash for Money {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.minor().hash(state);
        self.currency.hash(state);
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({self})")
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (amount, currency) = split_currency(text)?;
        Self::parse(amount, currency)
    }
}

serde_as_text!(Money, "an amount and a currency, such as \"12.50 EUR\"");

#[cfg(test)]
mod tests;
