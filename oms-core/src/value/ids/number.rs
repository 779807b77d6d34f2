//! Ids that are small numbers, and versions.

use super::{IdError, IdRule};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Largest number of an id with 32 bits: what a signed 32-bit column holds.
const MAX_32: u32 = i32::MAX.cast_unsigned();
/// Largest number of an id with 64 bits: what a signed 64-bit column holds.
const MAX_64: u64 = i64::MAX.cast_unsigned();

macro_rules! number_id {
    (
        $(#[$doc:meta])* $name:ident($int:ident, $int_text:literal), $kind:literal,
        $min:literal..=$max:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = $int_text, into = $int_text)]
        pub struct $name($int);

        impl $name {
            /// Accepts a number within bounds.
            ///
            /// # Errors
            #[doc = concat!(
                "An [`IdError`] of kind `", $kind, "` if the number is below ", stringify!($min),
                " or too large for a signed column of its width."
            )]
            pub fn new(number: $int) -> Result<Self, IdError> {
                // Both ends named, although one of them is the type's own for a version.
                if ($min..=$max).contains(&number) {
                    return Ok(Self(number));
                }
                let rule = IdRule::OutOfRange { min: $min, max: u64::from($max) };
                Err(IdError::new($kind, rule, &number.to_string()))
            }

            /// The number.
            pub const fn get(self) -> $int {
                self.0
            }

            /// Reads decimal digits.
            ///
            /// # Errors
            #[doc = concat!(
                "An [`IdError`] of kind `", $kind, "` if the text is not a whole number or the ",
                "number is out of bounds."
            )]
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(IdError::new($kind, IdRule::NotANumber, text));
                }
                let rule = IdRule::OutOfRange { min: $min, max: u64::from($max) };
                let out_of_range = |_| IdError::new($kind, rule, text);
                text.parse::<$int>().map_err(out_of_range).and_then(Self::new)
            }
        }

        impl TryFrom<$int> for $name {
            type Error = IdError;

            fn try_from(number: $int) -> Result<Self, IdError> {
                Self::new(number)
            }
        }

        impl From<$name> for $int {
            fn from(id: $name) -> Self {
                id.0
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
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }
    };
}

macro_rules! counted_from_one {
    ($name:ident) => {
        impl $name {
            /// The first number.
            pub const FIRST: Self = Self(1);

            /// The number after this one; `None` after the last.
            pub fn next(self) -> Option<Self> {
                self.0
                    .checked_add(1)
                    .and_then(|number| Self::new(number).ok())
            }
        }
    };
}

number_id! {
    /// A line of an order, counted from 1 within the order; never used again after removal.
    ///
    /// ```
    /// use oms_core::value::LineId;
    ///
    /// assert_eq!(LineId::new(1)?, LineId::FIRST);
    /// assert_eq!(LineId::new(0).map_err(|e| e.code()), Err("id_out_of_range"));
    /// # Ok::<(), oms_core::value::IdError>(())
    /// ```
    LineId(u32, "u32"), "line id", 1..=MAX_32
}
number_id! {
    /// The work at one hub, counted from 1 within the order.
    FulfillmentId(u32, "u32"), "fulfillment id", 1..=MAX_32
}
number_id! {
    /// A parcel, counted from 1 within the order.
    ShipmentId(u32, "u32"), "shipment id", 1..=MAX_32
}
number_id! {
    /// The number people call an order by: unique within the tenant, with gaps.
    OrderNumber(u64, "u64"), "order number", 1..=MAX_64
}
number_id! {
    /// How often a document was written.
    ///
    /// ```
    /// use oms_core::value::Version;
    ///
    /// assert_eq!(Version::ZERO.next().get(), 1);
    /// ```
    Version(u64, "u64"), "version", 0..=MAX_64
}

counted_from_one!(LineId);
counted_from_one!(FulfillmentId);
counted_from_one!(ShipmentId);
counted_from_one!(OrderNumber);

impl Version {
    /// The version of a document that was never written.
    pub const ZERO: Self = Self(0);

    /// The version after one more write.
    ///
    /// The last one is its own successor; a document written a billion times a second gets
    /// there after 292 years.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1).unwrap_or(self)
    }

    /// The version after `writes` more; `None` past the last.
    #[must_use]
    pub fn plus(self, writes: u64) -> Option<Self> {
        self.0
            .checked_add(writes)
            .and_then(|number| Self::new(number).ok())
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::ZERO
    }
}
