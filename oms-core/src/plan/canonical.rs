//! One form of a value as bytes, for hashing: short, and never the same for two different values.
//!
//! JSON would do, but most of it is field names, and a hash costs by the byte. Here a field is a
//! mark whether it is there and its value; texts and lists say where they end; a variant is its
//! name, so variants may change places.

use std::fmt::Error;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Stands before what is there.
const PRESENT: u8 = 1;
/// Stands for what is not, and for the end of a list.
const ABSENT: u8 = 0;

/// Room for most commands without growing.
const COMMAND_BYTES: usize = 1_024;

/// The bytes of a value.
///
/// # Errors
/// When a type in it refuses to be serialised: nothing below does.
pub(super) fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Bytes(Vec::with_capacity(COMMAND_BYTES));
    value.serialize(&mut bytes)?;
    Ok(bytes.0)
}

struct Bytes(Vec<u8>);

type Written = Result<(), Error>;

impl Bytes {
    /// A number in groups of seven bits, the lowest first, each but the last with the top bit set.
    fn number(&mut self, mut number: u128) -> Written {
        while number > 0x7f {
            self.0.push(low_bits(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low_bits(number));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Written {
        self.serialize_bytes(text.as_bytes())
    }

    fn present<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.0.push(PRESENT);
        value.serialize(self)
    }

    fn absent(&mut self) -> Written {
        self.0.push(ABSENT);
        Ok(())
    }
}

fn low_bits(number: u128) -> u8 {
    // Seven bits always fit.
    u8::try_from(number & 0x7f).unwrap_or_default()
}

/// The implementations that write a number.
macro_rules! numbers {
    ($($name:ident: $type:ty => $number:expr),* $(,)?) => {
        $(fn $name(self, value: $type) -> Written {
            self.number($number(value))
        })*
    };
}

/// A signed number with its sign in the lowest bit, so that small ones stay short.
const fn folded(number: i128) -> u128 {
    (number << 1 ^ number >> 127).cast_unsigned()
}

impl Serializer for &mut Bytes {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_bool: bool => u128::from,
        serialize_u8: u8 => u128::from,
        serialize_u16: u16 => u128::from,
        serialize_u32: u32 => u128::from,
        serialize_u64: u64 => u128::from,
        serialize_u128: u128 => u128::from,
        serialize_i8: i8 => |value| folded(i128::from(value)),
        serialize_i16: i16 => |value| folded(i128::from(value)),
        serialize_i32: i32 => |value| folded(i128::from(value)),
        serialize_i64: i64 => |value| folded(i128::from(value)),
        serialize_i128: i128 => folded,
        serialize_f32: f32 => |value| u128::from(f32::to_bits(value)),
        serialize_f64: f64 => |value| u128::from(f64::to_bits(value)),
        serialize_char: char => u128::from,
    }

    fn serialize_str(self, text: &str) -> Written {
        self.text(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        // A length is at most 64 bits wide wherever this runs.
        self.number(u128::try_from(bytes.len()).unwrap_or(u128::MAX))?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        self.absent()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.present(value)
    }

    fn serialize_unit(self) -> Written {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.text(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.text(variant)?;
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.text(variant)?;
        Ok(self)
    }

    /// Ids are shorter as bytes than as text.
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// How many parts there are is only known at the end: each is marked, and the end too.
macro_rules! open_ended {
    ($trait:ident, $part:ident) => {
        impl $trait for &mut Bytes {
            type Ok = ();
            type Error = Error;

            fn $part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.present(value)
            }

            fn end(self) -> Written {
                self.absent()
            }
        }
    };
}

open_ended!(SerializeSeq, serialize_element);

impl SerializeMap for &mut Bytes {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.present(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(&mut **self)
    }

    fn end(self) -> Written {
        self.absent()
    }
}

/// The type says how many parts there are.
macro_rules! closed {
    ($($trait:ident, $part:ident);*) => {
        $(impl $trait for &mut Bytes {
            type Ok = ();
            type Error = Error;

            fn $part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                value.serialize(&mut **self)
            }

            fn end(self) -> Written {
                Ok(())
            }
        })*
    };
}

closed! {
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field
}

/// Every field of the type is told, also one that is left out.
macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl $trait for &mut Bytes {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Written {
                self.present(value)
            }

            fn skip_field(&mut self, _: &'static str) -> Written {
                self.absent()
            }

            fn end(self) -> Written {
                Ok(())
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);

#[cfg(test)]
mod tests;
