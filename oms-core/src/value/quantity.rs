//! Whole units of goods: ordered quantities and stock counters.

use crate::value::limits::{QUANTITY_MAX, UNITS_MAX};
use crate::value::literal::{LiteralError, parse_literal};
use crate::value::wire::shortened;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// At least one unit, at most [`QUANTITY_MAX`].
///
/// ```
/// use oms_core::value::{Quantity, QuantityError};
///
/// assert_eq!(Quantity::new(3)?.get(), 3);
/// assert_eq!(Quantity::new(0), Err(QuantityError::Zero));
/// # Ok::<(), QuantityError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Quantity(u32);

/// A count of units that may be zero, at most [`UNITS_MAX`]: a stock counter or a sum.
///
/// ```
/// use oms_core::value::Units;
///
/// let on_hand = Units::new(10)?;
/// assert_eq!(on_hand.checked_sub(Units::new(11)?), None);
/// # Ok::<(), oms_core::value::QuantityError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Units(u32);

/// Why a number of units was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum QuantityError {
    /// Zero, where at least one unit is needed.
    #[error("quantity is zero")]
    #[serde(rename = "quantity_zero")]
    Zero,
    /// Less than zero.
    #[error("quantity {value} is negative")]
    #[serde(rename = "quantity_negative")]
    Negative {
        /// What was given.
        value: String,
    },
    /// Not a whole number.
    #[error("quantity {value} is not a whole number")]
    #[serde(rename = "quantity_not_whole")]
    NotWhole {
        /// What was given.
        value: String,
    },
    /// More than the bound.
    #[error("quantity {value} is above {max}")]
    #[serde(rename = "quantity_too_large")]
    TooLarge {
        /// Most units allowed.
        max: u32,
        /// What was given.
        value: String,
    },
    /// Not a number at all.
    #[error("quantity {value:?} is not a number")]
    #[serde(rename = "quantity_not_a_number")]
    NotANumber {
        /// What was given, shortened.
        value: String,
    },
}

impl QuantityError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Zero => "quantity_zero",
            Self::Negative { .. } => "quantity_negative",
            Self::NotWhole { .. } => "quantity_not_whole",
            Self::TooLarge { .. } => "quantity_too_large",
            Self::NotANumber { .. } => "quantity_not_a_number",
        }
    }
}

impl Quantity {
    /// One unit.
    pub const ONE: Self = Self(1);
    /// The largest quantity of one line.
    pub const MAX: Self = Self(QUANTITY_MAX);

    /// Accepts 1 to [`QUANTITY_MAX`].
    ///
    /// # Errors
    /// [`QuantityError::Zero`] and [`QuantityError::TooLarge`].
    pub fn new(units: u32) -> Result<Self, QuantityError> {
        match units {
            0 => Err(QuantityError::Zero),
            1..=QUANTITY_MAX => Ok(Self(units)),
            _ => Err(too_large(QUANTITY_MAX, units)),
        }
    }

    /// Reads a whole number; `"3"`, `"3.0"` and `"3e0"` are the same.
    ///
    /// # Errors
    /// [`QuantityError::NotANumber`], [`QuantityError::Negative`], [`QuantityError::NotWhole`],
    /// [`QuantityError::Zero`] and [`QuantityError::TooLarge`].
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        whole(text, QUANTITY_MAX).and_then(Self::new)
    }

    /// Accepts a decimal that is a whole number.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_decimal(number: Decimal) -> Result<Self, QuantityError> {
        whole_decimal(number, QUANTITY_MAX).and_then(Self::new)
    }

    /// The number of units.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The sum; `None` above [`QUANTITY_MAX`].
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0
            .checked_add(other.0)
            .and_then(|units| Self::new(units).ok())
    }

    /// The difference; `None` if no unit is left.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0
            .checked_sub(other.0)
            .and_then(|units| Self::new(units).ok())
    }

    /// The same number as a count.
    #[must_use]
    pub const fn units(self) -> Units {
        Units(self.0)
    }
}

impl Units {
    /// None.
    pub const ZERO: Self = Self(0);
    /// The largest count.
    pub const MAX: Self = Self(UNITS_MAX);

    /// Accepts 0 to [`UNITS_MAX`].
    ///
    /// # Errors
    /// [`QuantityError::TooLarge`].
    pub fn new(units: u32) -> Result<Self, QuantityError> {
        if units > UNITS_MAX {
            Err(too_large(UNITS_MAX, units))
        } else {
            Ok(Self(units))
        }
    }

    /// Reads a whole number, as [`Quantity::parse`] does, but zero is fine.
    ///
    /// # Errors
    /// [`QuantityError::NotANumber`], [`QuantityError::Negative`], [`QuantityError::NotWhole`] and
    /// [`QuantityError::TooLarge`].
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        whole(text, UNITS_MAX).and_then(Self::new)
    }

    /// The number of units.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; `None` above [`UNITS_MAX`].
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0
            .checked_add(other.0)
            .and_then(|units| Self::new(units).ok())
    }

    /// The difference; `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The difference, zero at least.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The smaller of two counts.
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }

    /// The larger of two counts.
    #[must_use]
    pub const fn max(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }

    /// The sum of counts; `None` above [`UNITS_MAX`].
    #[must_use]
    pub fn try_sum(counts: impl IntoIterator<Item = Self>) -> Option<Self> {
        counts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The same number as a quantity; `None` if zero or above [`QUANTITY_MAX`].
    #[must_use]
    pub fn quantity(self) -> Option<Quantity> {
        Quantity::new(self.0).ok()
    }
}

fn too_large(max: u32, value: impl fmt::Display) -> QuantityError {
    QuantityError::TooLarge {
        max,
        value: value.to_string(),
    }
}

fn whole(text: &str, max: u32) -> Result<u32, QuantityError> {
    match parse_literal(text) {
        Ok(number) => whole_decimal(number, max),
        Err(LiteralError::NotANumber) => Err(QuantityError::NotANumber {
            value: shortened(text),
        }),
        Err(_) if text.starts_with('-') => Err(QuantityError::Negative {
            value: shortened(text),
        }),
        Err(LiteralError::TooLarge) => Err(too_large(max, shortened(text))),
        Err(LiteralError::TooManyDecimals { .. }) => Err(QuantityError::NotWhole {
            value: shortened(text),
        }),
    }
}

fn whole_decimal(number: Decimal, max: u32) -> Result<u32, QuantityError> {
    if number.is_sign_negative() && !number.is_zero() {
        return Err(QuantityError::Negative {
            value: number.to_string(),
        });
    }
    if !number.is_integer() {
        return Err(QuantityError::NotWhole {
            value: number.to_string(),
        });
    }
    number.to_u32().ok_or_else(|| too_large(max, number))
}

fn whole_i64(number: i64, max: u32) -> Result<u32, QuantityError> {
    if number < 0 {
        return Err(QuantityError::Negative {
            value: number.to_string(),
        });
    }
    u32::try_from(number).map_err(|_| too_large(max, number))
}

impl TryFrom<i64> for Quantity {
    type Error = QuantityError;

    fn try_from(number: i64) -> Result<Self, QuantityError> {
        whole_i64(number, QUANTITY_MAX).and_then(Self::new)
    }
}

impl TryFrom<i64> for Units {
    type Error = QuantityError;

    fn try_from(number: i64) -> Result<Self, QuantityError> {
        whole_i64(number, UNITS_MAX).and_then(Self::new)
    }
}

impl TryFrom<Units> for Quantity {
    type Error = QuantityError;

    fn try_from(units: Units) -> Result<Self, QuantityError> {
        Self::new(units.0)
    }
}

impl From<Quantity> for Units {
    fn from(quantity: Quantity) -> Self {
        quantity.units()
    }
}

macro_rules! number_traits {
    ($name:ident) => {
        impl From<$name> for u32 {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl From<$name> for i64 {
            fn from(value: $name) -> Self {
                Self::from(value.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = QuantityError;

            fn from_str(text: &str) -> Result<Self, QuantityError> {
                Self::parse(text)
            }
        }
    };
}

number_traits!(Quantity);
number_traits!(Units);

#[cfg(test)]
mod tests;
