//! Words: values that are one of a few, read by the name they are shown as.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::value::wire::shortened;

/// A name that no value of a kind has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{kind} {value:?} is not known")]
pub struct WordError {
    /// The kind of value, such as `order status`.
    pub kind: Cow<'static, str>,
    /// What was given, shortened, control characters replaced.
    pub value: String,
}

impl WordError {
    pub(crate) fn new(kind: &'static str, value: &str) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            value: shortened(value),
        }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "word_unknown"
    }
}

/// Implements `FromStr` for enums with `ALL` and `as_str`, so that hosts read from an address what
/// they wrote there.
macro_rules! words {
    ($($type:ty, $kind:literal;)+) => {$(
        impl std::str::FromStr for $type {
            type Err = $crate::value::WordError;

            fn from_str(text: &str) -> Result<Self, $crate::value::WordError> {
                let mut all = Self::ALL.into_iter();
                all.find(|word| word.as_str() == text)
                    .ok_or_else(|| $crate::value::WordError::new($kind, text))
            }
        }
    )+};
}

pub(crate) use words;
