//! Shares of an amount, such as tax rates.

use crate::value::ascii::Ascii;
use crate::value::limits::RATE_DECIMALS_MAX;
use crate::value::literal::{LiteralError, parse_literal};
use crate::value::money::{Money, MoneyError};
use crate::value::wire::{serde_as_text, shortened};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A share between 0 and 1 with up to [`RATE_DECIMALS_MAX`] decimals; 19 % is `0.19`.
///
/// ```
/// use oms_core::value::{Currency, Money, Rate};
///
/// let tax = Rate::parse("0.19")?.of(Money::parse("9.99", Currency::parse("EUR")?)?)?;
/// assert_eq!(tax.to_string(), "1.90 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

/// Why a rate was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum RateError {
    /// Not a decimal number.
    #[error("rate {value:?} is not a number")]
    #[serde(rename = "rate_not_a_number")]
    NotANumber {
        /// What was given, shortened.
        value: String,
    },
    /// Below 0 or above 1.
    #[error("rate {value} is not between 0 and 1")]
    #[serde(rename = "rate_out_of_range")]
    OutOfRange {
        /// What was given.
        value: String,
    },
    /// More decimals than a rate may carry.
    #[error("a rate has at most {max} decimals, this one has {found}")]
    #[serde(rename = "rate_too_many_decimals")]
    TooManyDecimals {
        /// Most decimals allowed.
        max: u32,
        /// Decimals found, trailing zeros not counted.
        found: u32,
    },
}

impl RateError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotANumber { .. } => "rate_not_a_number",
            Self::OutOfRange { .. } => "rate_out_of_range",
            Self::TooManyDecimals { .. } => "rate_too_many_decimals",
        }
    }
}

impl Rate {
    /// Nothing of an amount.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// The whole amount.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Accepts a number between 0 and 1.
    ///
    /// # Errors
    /// [`RateError::OutOfRange`] and [`RateError::TooManyDecimals`] (trailing zeros do not count).
    pub fn new(rate: Decimal) -> Result<Self, RateError> {
        if rate < Decimal::ZERO || rate > Decimal::ONE {
            return Err(RateError::OutOfRange {
                value: rate.to_string(),
            });
        }
        let exact = rate.normalize();
        if exact.scale() > RATE_DECIMALS_MAX {
            let found = exact.scale();
            return Err(RateError::TooManyDecimals {
                max: RATE_DECIMALS_MAX,
                found,
            });
        }
        Ok(Self(exact))
    }

    /// Reads an exact literal such as `"0.19"`.
    ///
    /// # Errors
    /// [`RateError::NotANumber`], and as [`new`](Self::new).
    pub fn parse(text: &str) -> Result<Self, RateError> {
        match parse_literal(text) {
            Ok(rate) => Self::new(rate),
            Err(LiteralError::NotANumber) => Err(RateError::NotANumber {
                value: shortened(text),
            }),
            Err(LiteralError::TooLarge) => Err(RateError::OutOfRange {
                value: shortened(text),
            }),
            Err(LiteralError::TooManyDecimals { found }) => Err(RateError::TooManyDecimals {
                max: RATE_DECIMALS_MAX,
                found,
            }),
        }
    }

    /// This share of an amount, rounded by [`ROUNDING`](crate::value::ROUNDING).
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`]; no share of a valid amount is, so in practice never.
    pub fn of(self, money: Money) -> Result<Money, MoneyError> {
        self.0
            .checked_mul(money.amount())
            .ok_or_else(|| MoneyError::too_large(money))
            .and_then(|amount| Money::round(amount, money.currency()))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> Decimal {
        self.0
    }

    /// The number of millionths, exactly: 0 to 1,000,000.
    #[must_use]
    pub fn millionths(self) -> u32 {
        // Between zero and a million, for a rate has at most six decimals.
        let missing = RATE_DECIMALS_MAX.saturating_sub(self.0.scale());
        let mantissa = u32::try_from(self.0.mantissa()).unwrap_or_default();
        mantissa.saturating_mul(10_u32.saturating_pow(missing))
    }

    /// Whether the rate is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        let mut text = Ascii::<16>::new();
        text.push_decimal(self.0.mantissa(), self.0.scale());
        read(text.as_str())
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rate({self})")
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::parse(text)
    }
}

serde_as_text!(Rate, "a rate between 0 and 1 as text, such as \"0.19\"");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Rate, RateError};
    use crate::value::{Currency, Money};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    #[test]
    fn rates_read_and_print_without_trailing_zeros() {
        for (text, printed) in [
            ("0.19", "0.19"),
            ("0.190", "0.19"),
            ("-0", "0"),
            ("1.000", "1"),
            ("7e-2", "0.07"),
        ] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), printed);
        }
        assert_eq!(Rate::parse("0").unwrap(), Rate::ZERO);
        assert_eq!(Rate::parse("1").unwrap(), Rate::ONE);
        assert!(Rate::ZERO.is_zero() && !Rate::ONE.is_zero());
        assert_eq!(Rate::parse("0.5").unwrap().get(), Decimal::new(5, 1));
        for (text, millionths) in [
            ("0", 0),
            ("0.000001", 1),
            ("0.3", 300_000),
            ("1", 1_000_000),
        ] {
            assert_eq!(Rate::parse(text).unwrap().millionths(), millionths);
        }
        assert_eq!(format!("{:?}", Rate::parse("0.5").unwrap()), "Rate(0.5)");
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        let code = |text| Rate::parse(text).unwrap_err().code();
        assert_eq!(code("19%"), "rate_not_a_number");
        assert_eq!(code("1.000001"), "rate_out_of_range");
        assert_eq!(code("-0.1"), "rate_out_of_range");
        assert_eq!(code("19"), "rate_out_of_range");
        assert_eq!(code("1e99"), "rate_out_of_range");
        assert_eq!(
            Rate::parse("0.1234567"),
            Err(RateError::TooManyDecimals { max: 6, found: 7 })
        );
        assert_eq!(
            code(&format!("0.{}1", "0".repeat(30))),
            "rate_too_many_decimals"
        );
    }

    #[test]
    fn a_share_is_rounded_by_the_rule() {
        let euro = Currency::parse("EUR").unwrap();
        let rate = Rate::parse("0.5").unwrap();
        let of = |minor| {
            rate.of(Money::from_minor(minor, euro).unwrap())
                .unwrap()
                .minor()
        };
        assert_eq!((of(1), of(3), of(-1), of(4)), (1, 2, -1, 2));
    }

    #[test]
    fn json_is_text_and_checked() {
        let rate = Rate::parse("0.19").unwrap();
        assert_eq!(serde_json::to_string(&rate).unwrap(), "\"0.19\"");
        assert_eq!(serde_json::from_str::<Rate>("\"0.19\"").unwrap(), rate);
        assert!(serde_json::from_str::<Rate>("\"1.5\"").is_err());
        assert!(serde_json::from_str::<Rate>("0.19").is_err());
        let error = Rate::parse("2").unwrap_err();
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], error.code());
    }

    proptest! {
        #[test]
        fn a_rate_reads_back_and_its_share_is_no_more_than_the_whole(
            millionths in 0_i64..=1_000_000,
            minor in -1_000_000_000_000_000..=1_000_000_000_000_000_i64,
        ) {
            let rate = Rate::new(Decimal::new(millionths, 6)).unwrap();
            prop_assert_eq!(i64::from(rate.millionths()), millionths);
            prop_assert_eq!(rate.to_string().parse::<Rate>().unwrap(), rate);
            for code in ["EUR", "JPY", "KWD"] {
                let whole = Money::from_minor(minor, Currency::parse(code).unwrap()).unwrap();
                let share = rate.of(whole).unwrap();
                prop_assert!(share.abs() <= whole.abs());
            }
        }
    }
}
