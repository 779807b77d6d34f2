//! Where people are and how to reach them.

use crate::value::GeoPoint;
use crate::value::limits::{EMAIL_CHARS_MAX, PHONE_CHARS_MAX, POSTAL_CODE_CHARS_MAX};
use crate::value::text::{Name, TextError, checked};
use crate::value::wire::{serde_as_text, shortened};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A country by its two upper-case letters (ISO 3166-1 alpha-2).
///
/// Only the shape is checked: new and unofficial codes such as `XK` reach shops before tables.
///
/// ```
/// use oms_core::value::CountryCode;
///
/// assert_eq!(CountryCode::parse("DE")?.as_str(), "DE");
/// assert!(CountryCode::parse("Germany").is_err());
/// # Ok::<(), oms_core::value::CountryCodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

/// A country code that is not two upper-case letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("country code {value:?} is not two upper-case letters")]
pub struct CountryCodeError {
    /// What was given, shortened.
    pub value: String,
}

impl CountryCodeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "country_code_malformed"
    }
}

impl CountryCode {
    /// Reads two upper-case letters.
    ///
    /// # Errors
    /// [`CountryCodeError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, CountryCodeError> {
        match text.as_bytes() {
            &[first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(Self([first, second]))
            }
            _ => Err(CountryCodeError {
                value: shortened(text),
            }),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Letters are ASCII, so this never falls back.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A postal code as people write it: leading zeros and inner spaces kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PostalCode(Arc<str>);

impl PostalCode {
    /// Trims surrounding whitespace and accepts what is left, on one line.
    ///
    /// # Errors
    /// As [`Text::parse`](crate::value::Text::parse), and [`TextError::Control`] for line feeds and
    /// tabs too.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        checked(text, POSTAL_CODE_CHARS_MAX, false).map(|text| Self(Arc::from(text)))
    }

    /// The postal code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for PostalCode {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A phone number as a channel sent it, which may well have letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(Arc<str>);

impl Phone {
    /// Trims surrounding whitespace and accepts what is left, on one line.
    ///
    /// # Errors
    /// As [`Text::parse`](crate::value::Text::parse), and [`TextError::Control`] for line feeds and
    /// tabs too.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        checked(text, PHONE_CHARS_MAX, false).map(|text| Self(Arc::from(text)))
    }

    /// The phone number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address: one `@` with something on both sides, no whitespace.
///
/// Whether it exists only a mail can tell, so nothing finer is checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(Arc<str>);

/// Why an e-mail address was refused. The address is not repeated: it is somebody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum EmailError {
    /// More characters than allowed.
    #[error("e-mail address has {found} characters, at most {max} are allowed")]
    #[serde(rename = "email_too_long")]
    TooLong {
        /// Most characters allowed.
        max: usize,
        /// Characters found.
        found: usize,
    },
    /// Whitespace or a control character.
    #[error("e-mail address has whitespace or a control character at position {position}")]
    #[serde(rename = "email_whitespace")]
    Whitespace {
        /// Characters before it.
        position: usize,
    },
    /// Not exactly one `@`.
    #[error("e-mail address must have one @, has {found}")]
    #[serde(rename = "email_at_signs")]
    AtSigns {
        /// How many there are.
        found: usize,
    },
    /// Nothing before or nothing after the `@`.
    #[error("e-mail address has nothing before or after the @")]
    #[serde(rename = "email_one_sided")]
    OneSided,
}

impl EmailError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "email_too_long",
            Self::Whitespace { .. } => "email_whitespace",
            Self::AtSigns { .. } => "email_at_signs",
            Self::OneSided => "email_one_sided",
        }
    }
}

impl EmailAddress {
    /// Accepts the address as it is.
    ///
    /// # Errors
    /// [`EmailError::TooLong`], [`EmailError::Whitespace`], [`EmailError::AtSigns`] and
    /// [`EmailError::OneSided`].
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let found = text.chars().count();
        if found > EMAIL_CHARS_MAX {
            return Err(EmailError::TooLong {
                max: EMAIL_CHARS_MAX,
                found,
            });
        }
        if let Some(position) = text
            .chars()
            .position(|c| c.is_whitespace() || c.is_control())
        {
            return Err(EmailError::Whitespace { position });
        }
        match text.bytes().filter(|byte| *byte == b'@').count() {
            1 if text.starts_with('@') || text.ends_with('@') => Err(EmailError::OneSided),
            1 => Ok(Self(Arc::from(text))),
            found => Err(EmailError::AtSigns { found }),
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A postal address; every part may be missing, because channels leave out any of them.
///
/// Its `Debug` tells which parts are known, not what they are: it may reach a log.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Name>,
    /// Street and number, as a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line1: Option<Name>,
    /// Apartment, floor or the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line2: Option<Name>,
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<Name>,
    /// State, province or the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Name>,
    /// The postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<PostalCode>,
    /// The country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The point on the map, if the source or the host looked it up. Hubs that deliver within a
    /// radius, and the choice of a near hub, need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<GeoPoint>,
}

impl Address {
    /// Whether it says where somebody is, be it by the country alone: a name says only who.
    #[must_use]
    pub fn names_a_place(&self) -> bool {
        let Self {
            name: _,
            company: _,
            line1,
            line2,
            city,
            region,
            postal_code,
            country,
            location,
        } = self;
        line1.is_some()
            || line2.is_some()
            || city.is_some()
            || region.is_some()
            || postal_code.is_some()
            || country.is_some()
            || location.is_some()
    }

    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("name", self.name.is_some()),
            ("company", self.company.is_some()),
            ("line1", self.line1.is_some()),
            ("line2", self.line2.is_some()),
            ("city", self.city.is_some()),
            ("region", self.region.is_some()),
            ("postal_code", self.postal_code.is_some()),
            ("country", self.country.is_some()),
            ("location", self.location.is_some()),
        ];
        debug_known(f, "Address", &parts)
    }
}

/// Writes which parts of something are known, without what they are.
fn debug_known(f: &mut fmt::Formatter<'_>, name: &str, parts: &[(&str, bool)]) -> fmt::Result {
    let mut known = f.debug_struct(name);
    for (part, _) in parts.iter().filter(|(_, known)| *known) {
        known.field(part, &format_args!("known"));
    }
    known.finish()
}

/// A place in a channel's own words, before they are matched to codes.
///
/// Its `Debug` tells which parts are known, not what they are.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelPlace {
    /// The city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<Name>,
    /// State, province or the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Name>,
    /// The country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Name>,
}

impl ChannelPlace {
    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for ChannelPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("city", self.city.is_some()),
            ("region", self.region.is_some()),
            ("country", self.country.is_some()),
        ];
        debug_known(f, "ChannelPlace", &parts)
    }
}

macro_rules! text_traits {
    ($name:ident, $error:ident, $expecting:literal) => {
        impl $name {
            fn with_text<R>(&self, read: impl FnOnce(&str) -> R) -> R {
                read(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        serde_as_text!($name, $expecting);
    };
}

text_traits!(
    CountryCode,
    CountryCodeError,
    "a country code of two upper-case letters"
);
text_traits!(PostalCode, TextError, "a postal code");
text_traits!(Phone, TextError, "a phone number");
text_traits!(EmailAddress, EmailError, "an e-mail address");

#[cfg(test)]
mod tests;
