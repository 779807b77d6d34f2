//! What a reader refuses, and where.

use std::borrow::Cow;
use std::fmt;

use crate::value::ExternalId;

/// Why a payload, or one order of it, cannot be read.
///
/// One order's error never touches its neighbours: [`read_orders`](crate::channel::read_orders)
/// answers per order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct ChannelError {
    /// What is wrong.
    pub kind: ChannelErrorKind,
    /// The order it belongs to; `None` when the payload as a whole cannot be read.
    pub order: Option<Box<OrderAt>>,
    /// The field, such as `line_items[2].price`; empty when no single field is to blame.
    pub path: String,
    /// What was found there, shortened. Empty where it may be somebody's data.
    pub value: String,
    /// What would have been accepted.
    pub expected: Cow<'static, str>,
}

/// What is wrong with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChannelErrorKind {
    /// The bytes are not UTF-8 text.
    NotUtf8,
    /// The text is not JSON, or ends too early.
    NotJson,
    /// Valid, but no order of a channel this library reads.
    UnknownFormat,
    /// A field that must be there is not.
    Missing,
    /// A field holds another type of JSON value.
    WrongType,
    /// A field's value breaks a rule; `cause` is the stable code of that rule.
    Invalid {
        /// The stable code of the broken rule, such as `quantity_not_whole`.
        cause: &'static str,
    },
    /// The header row lacks a column.
    MissingColumn,
    /// The header row names a column twice.
    RepeatedColumn,
}

/// Which order of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderAt {
    /// Its position in the payload, from 0.
    pub index: usize,
    /// The channel's id of it, where that could be read; of one that can be no id the start.
    pub id: Option<String>,
}

impl ChannelErrorKind {
    /// The stable code of this kind.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotUtf8 => "channel_not_utf8",
            Self::NotJson => "channel_not_json",
            Self::UnknownFormat => "channel_unknown_format",
            Self::Missing => "channel_field_missing",
            Self::WrongType => "channel_field_wrong_type",
            Self::Invalid { .. } => "channel_field_invalid",
            Self::MissingColumn => "channel_column_missing",
            Self::RepeatedColumn => "channel_column_repeated",
        }
    }
}

impl ChannelError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The stable code of the rule a value breaks, if this is about a value.
    #[must_use]
    pub const fn cause(&self) -> Option<&'static str> {
        match self.kind {
            ChannelErrorKind::Invalid { cause } => Some(cause),
            ChannelErrorKind::NotUtf8
            | ChannelErrorKind::NotJson
            | ChannelErrorKind::UnknownFormat
            | ChannelErrorKind::Missing
            | ChannelErrorKind::WrongType
            | ChannelErrorKind::MissingColumn
            | ChannelErrorKind::RepeatedColumn => None,
        }
    }

    /// An error without its order; the value is shortened.
    #[must_use]
    pub fn new(
        kind: ChannelErrorKind,
        path: impl Into<String>,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            order: None,
            path: path.into(),
            value: shortened(value),
            expected: expected.into(),
        }
    }

    /// A value that breaks the rule `cause` names.
    #[must_use]
    pub fn invalid(
        cause: &'static str,
        path: impl Into<String>,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ChannelErrorKind::Invalid { cause }, path, value, expected)
    }

    /// A field that must be there and is not.
    #[must_use]
    pub fn missing(path: impl Into<String>, expected: &'static str) -> Self {
        Self::new(ChannelErrorKind::Missing, path, "", expected)
    }

    /// The same error, told apart by the order it is about. An id that can be none, as it is too
    /// long or has control characters, is shortened as a value is.
    #[must_use]
    pub fn in_order(mut self, index: usize, id: Option<String>) -> Self {
        let id = id.map(|id| match ExternalId::parse(&id) {
            Ok(_) => id,
            Err(_) => shortened(&id),
        });
        self.order = Some(Box::new(OrderAt { index, id }));
        self
    }
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(order) = &self.order {
            write!(f, "{order}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        match self.kind {
            ChannelErrorKind::NotUtf8 => f.write_str("not UTF-8")?,
            ChannelErrorKind::NotJson => f.write_str("not JSON")?,
            ChannelErrorKind::UnknownFormat => f.write_str("not an order this library reads")?,
            ChannelErrorKind::Missing => f.write_str("missing")?,
            ChannelErrorKind::WrongType => f.write_str("another type of value")?,
            ChannelErrorKind::Invalid { cause } => f.write_str(cause)?,
            ChannelErrorKind::MissingColumn => f.write_str("column missing")?,
            ChannelErrorKind::RepeatedColumn => f.write_str("column named twice")?,
        }
        if !self.value.is_empty() {
            write!(f, ", found {:?}", self.value)?;
        }
        write!(f, ", expected {}", self.expected)
    }
}

impl fmt::Display for OrderAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(
                f,
                "order {id} (no. {} of the payload)",
                self.index.saturating_add(1)
            ),
            None => write!(
                f,
                "order no. {} of the payload",
                self.index.saturating_add(1)
            ),
        }
    }
}

/// The start of a refused text, short enough for a message, control characters replaced.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_SHOWN: usize = 40;
    let mut chars = text.chars();
    let mut short: String = chars
        .by_ref()
        .take(CHARS_SHOWN)
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::{ChannelError, ChannelErrorKind, shortened};

    #[test]
    fn what_can_be_no_id_of_an_order_is_shortened() {
        let id = |id: &str| {
            let error = ChannelError::missing("currency", "a currency code");
            let order = error.in_order(0, Some(id.to_owned())).order;
            order.and_then(|order| order.id)
        };
        let whole = "7".repeat(128);
        assert_eq!(id(&whole).as_deref(), Some(whole.as_str()));
        let start = format!("{}…", "7".repeat(40));
        assert_eq!(id(&"7".repeat(129)), Some(start));
        assert_eq!(id("7\n\u{1b}[2J").as_deref(), Some("7\u{FFFD}\u{FFFD}[2J"));
    }

    #[test]
    fn an_error_says_where_what_and_what_else() {
        let error = ChannelError::invalid(
            "quantity_not_whole",
            "line_items[1].quantity",
            "1.5",
            "a whole number of units",
        )
        .in_order(2, Some("0042".to_owned()));
        assert_eq!(error.code(), "channel_field_invalid");
        assert_eq!(error.cause(), Some("quantity_not_whole"));
        assert_eq!(
            error.to_string(),
            "order 0042 (no. 3 of the payload): line_items[1].quantity: quantity_not_whole, \
             found \"1.5\", expected a whole number of units"
        );
    }

    #[test]
    fn an_error_without_order_field_or_value_is_short() {
        let error = ChannelError::new(ChannelErrorKind::NotUtf8, "", "", "UTF-8 text");
        assert_eq!(error.to_string(), "not UTF-8, expected UTF-8 text");
        assert_eq!(error.cause(), None);
        let error = ChannelError::missing("currency", "a currency code").in_order(0, None);
        assert_eq!(
            error.to_string(),
            "order no. 1 of the payload: currency: missing, expected a currency code"
        );
    }

    #[test]
    fn a_long_value_is_cut_and_control_characters_are_replaced() {
        assert_eq!(shortened("a\0b"), "a\u{FFFD}b");
        assert_eq!(shortened(&"x".repeat(41)), format!("{}…", "x".repeat(40)));
    }
}
