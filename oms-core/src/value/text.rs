//! Bounded text for people to read.

use crate::value::limits::{
    ATTRIBUTE_CHARS_MAX, LINK_CHARS_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX, REASON_CHARS_MAX,
    TITLE_CHARS_MAX,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a person, company or place.
pub type Name = Text<NAME_CHARS_MAX>;
/// The title of a line or product.
pub type Title = Text<TITLE_CHARS_MAX>;
/// The address of a web page, as it was given: what is in it is not checked.
pub type Link = Text<LINK_CHARS_MAX>;
/// Why a command was given.
pub type Reason = Text<REASON_CHARS_MAX>;
/// A note on an order.
pub type Note = Text<NOTE_CHARS_MAX>;
/// The value of an attribute.
pub type AttributeValue = Text<ATTRIBUTE_CHARS_MAX>;

/// Text of 1 to `MAX` characters without surrounding whitespace.
///
/// Line feeds and tabs may stand inside, other control characters may not: NUL cannot be stored
/// by every database, and the rest garbles terminals and labels. Cloning is cheap.
///
/// ```
/// use oms_core::value::{Name, TextError};
///
/// let name = Name::parse("  Ada Lovelace ")?;
/// assert_eq!(name.as_str(), "Ada Lovelace");
/// assert_eq!(Name::parse(" "), Err(TextError::Empty));
/// # Ok::<(), TextError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(Arc<str>);

/// Why a text was refused. The text itself is not repeated: it may be somebody's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum TextError {
    /// Nothing, or nothing but whitespace.
    #[error("text is empty")]
    #[serde(rename = "text_empty")]
    Empty,
    /// More characters than allowed.
    #[error("text has {found} characters, at most {max} are allowed")]
    #[serde(rename = "text_too_long")]
    TooLong {
        /// Most characters allowed.
        max: usize,
        /// Characters found.
        found: usize,
    },
    /// A NUL character.
    #[error("text has a NUL character at position {position}")]
    #[serde(rename = "text_nul")]
    Nul {
        /// Characters before it.
        position: usize,
    },
    /// A control character that is not allowed here.
    #[error("text has control character U+{codepoint:04X} at position {position}")]
    #[serde(rename = "text_control")]
    Control {
        /// Characters before it.
        position: usize,
        /// Its Unicode code point.
        codepoint: u32,
    },
}

impl TextError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "text_empty",
            Self::TooLong { .. } => "text_too_long",
            Self::Nul { .. } => "text_nul",
            Self::Control { .. } => "text_control",
        }
    }
}

impl<const MAX: usize> Text<MAX> {
    /// Most characters this text may have.
    pub const CHARS_MAX: usize = MAX;

    /// Trims surrounding whitespace and accepts what is left.
    ///
    /// # Errors
    /// [`TextError::Empty`] if nothing is left, [`TextError::Nul`] and [`TextError::Control`] for
    /// the first control character other than line feed and tab, [`TextError::TooLong`] for more
    /// than `MAX` characters.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, TextError> {
        checked(text.as_ref(), MAX, true).map(|text| Self(Arc::from(text)))
    }

    /// Makes the best of foreign text: drops what [`parse`](Self::parse) refuses, cuts at `MAX`.
    ///
    /// `None` if nothing readable is left.
    ///
    /// ```
    /// use oms_core::value::Text;
    ///
    /// let short = Text::<5>::truncated("ab\0c\r\ndefg").ok_or("empty")?;
    /// assert_eq!(short.as_str(), "abc\nd");
    /// assert_eq!(Text::<5>::truncated("\0 \r"), None);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn truncated(text: &str) -> Option<Self> {
        if let Ok(whole) = Self::parse(text) {
            return Some(whole);
        }
        let clean: String = text
            .chars()
            .filter(|c| !c.is_control() || is_layout(*c))
            .collect();
        let cut: String = clean.trim_start().chars().take(MAX).collect();
        Self::parse(cut).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_layout(c: char) -> bool {
    matches!(c, '\n' | '\t')
}

/// The trimmed text if it keeps the rules; `layout` allows line feeds and tabs.
pub(in crate::value) fn checked(text: &str, max: usize, layout: bool) -> Result<&str, TextError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        // A NUL is not whitespace, so what trims to nothing had nothing in it.
        return Err(TextError::Empty);
    }
    let found = if is_plain(trimmed, b' ') {
        trimmed.len()
    } else {
        checked_chars(trimmed, layout)?
    };
    if found > max {
        return Err(TextError::TooLong { max, found });
    }
    Ok(trimmed)
}

/// Whether a text is nothing but visible ASCII from a character on, so that its bytes are its
/// characters, and no rule refuses any of them.
pub(in crate::value) fn is_plain(text: &str, first: u8) -> bool {
    text.bytes().all(|byte| (first..=b'~').contains(&byte))
}

/// How many characters a text has, looked at one by one.
fn checked_chars(text: &str, layout: bool) -> Result<usize, TextError> {
    let mut found = 0_usize;
    for (position, c) in text.chars().enumerate() {
        if c == '\0' {
            return Err(TextError::Nul { position });
        }
        if c.is_control() && !(layout && is_layout(c)) {
            return Err(TextError::Control {
                position,
                codepoint: u32::from(c),
            });
        }
        found = position.saturating_add(1);
    }
    Ok(found)
}

impl<const MAX: usize> AsRef<str> for Text<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Borrow<str> for Text<MAX> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
    }
}

impl<const MAX: usize> Serialize for Text<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<const MAX: usize>;

        impl<const MAX: usize> serde::de::Visitor<'_> for TextVisitor<MAX> {
            type Value = Text<MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "text of 1 to {MAX} characters")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<MAX>, E> {
                Text::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests;
