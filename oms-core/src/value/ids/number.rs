//! Ids that are small numbers, and versions.

use super::{IdError, IdRule};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Largest number of an id with 32 bits: what a signed 32-bit column holds.
const MAX_32: u64 = 2_147_483_647;
/// Largest number of an id with 64 bits: what a signed 64-bit column holds.
const MAX_64: u64 = i64::MAX.cast_unsigned();

macro_rules! number_id {
    (
        $(#[$doc:meta])* $name:ident($int:ident), $kind:literal,
        $min:literal..=$max:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($int);

        impl $name {
            const BOUNDS: IdRule = IdRule::OutOfRange { min: $min, max: $max };

            /// Accepts a number within bounds.
            ///
            /// # Errors
            #[doc = concat!(
                "An [`IdError`] of kind `", $kind, "` if the number is below ", stringify!($min),
                " or too large for a signed column of its width."
            )]
            pub fn new(number: $int) -> Result<Self, IdError> {
                if ($min..=$max).contains(&u64::from(number)) {
                    return Ok(Self(number));
                }
                Err(IdError::new($kind, Self::BOUNDS, &number.to_string()))
            }

            /// The number.
            #[must_use]
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
                text.parse::<$int>()
                    .map_err(|_| IdError::new($kind, Self::BOUNDS, text))
                    .and_then(Self::new)
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

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        // By hand because ids are map keys: JSON turns a key into text, and serde does not turn
        // it back when the map stands inside a tagged enum.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct NumberVisitor;

                impl Visitor<'_> for NumberVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($kind)
                    }

                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$name, E> {
                        $int::try_from(number)
                            .map_err(|_| out_of_range::<E>($kind, number))
                            .and_then(|number| $name::new(number).map_err(E::custom))
                    }

                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$name, E> {
                        match u64::try_from(number) {
                            Ok(number) => self.visit_u64(number),
                            Err(_) => Err(out_of_range($kind, number)),
                        }
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::parse(text).map_err(E::custom)
                    }
                }

                if deserializer.is_human_readable() {
                    return deserializer.deserialize_any(NumberVisitor);
                }
                $int::deserialize(deserializer)
                    .and_then(|number| Self::new(number).map_err(de::Error::custom))
            }
        }
    };
}

fn out_of_range<E: de::Error>(kind: &str, number: impl fmt::Display) -> E {
    E::custom(format_args!("{kind} {number} is out of range"))
}

macro_rules! counted_from_one {
    ($name:ident) => {
        impl $name {
            /// The first number.
            pub const FIRST: Self = Self(1);

            /// The number after this one; `None` after the last.
            #[must_use]
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
    LineId(u32), "line_id", 1..=MAX_32
}
number_id! {
    /// The work at one hub, counted from 1 within the order.
    FulfillmentId(u32), "fulfillment_id", 1..=MAX_32
}
number_id! {
    /// A parcel, counted from 1 within the order.
    ShipmentId(u32), "shipment_id", 1..=MAX_32
}
number_id! {
    /// The number people call an order by: unique within the tenant, with gaps.
    OrderNumber(u64), "order_number", 1..=MAX_64
}
number_id! {
    /// How often a document was written.
    ///
    /// ```
    /// use oms_core::value::Version;
    ///
    /// assert_eq!(Version::ZERO.next().get(), 1);
    /// ```
    Version(u64), "version", 0..=MAX_64
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
