//! Where a list goes on, as a text for addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::value::{MovementId, OrderId, Timestamp, shortened};

/// Where a list of orders goes on: after this order, by (placed at, id).
///
/// As a text it is one word that an address carries as it is, for links to the next page:
///
/// ```
/// use oms_core::port::OrderCursor;
/// use oms_core::value::{OrderId, Timestamp};
///
/// let last = OrderCursor {
///     placed_at: Timestamp::parse_rfc3339("2026-03-02T09:00:00Z")?,
///     id: OrderId::parse("0197f3a0-0000-7000-8000-000000000001")?,
/// };
/// let link = format!("/orders?after={last}");
/// let (_, after) = link.split_once('=').ok_or("no cursor")?;
/// assert_eq!(after.parse(), Ok(last));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderCursor {
    /// When the last order of the page was placed.
    pub placed_at: Timestamp,
    /// Its id.
    pub id: OrderId,
}

/// Where a list of movements goes on: after this movement, by (at, id). As a text it is one word,
/// as an [`OrderCursor`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MovementCursor {
    /// When the last movement of the page was recorded.
    pub at: Timestamp,
    /// Its id.
    pub id: MovementId,
}

/// A text that is no place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{value:?} is no place in a list")]
pub struct CursorError {
    /// What was given, shortened, control characters replaced.
    pub value: String,
}

impl CursorError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "cursor_malformed"
    }
}

/// Reads a time in microseconds and an id, as cursors are written.
fn read<T: FromStr>(text: &str) -> Result<(Timestamp, T), CursorError> {
    let parts = text.split_once('.').and_then(|(at, id)| {
        let digits = at.bytes().all(|byte| byte.is_ascii_digit());
        let at = at.parse().ok().filter(|_| digits)?;
        Some((Timestamp::from_micros(at).ok()?, id.parse().ok()?))
    });
    parts.ok_or_else(|| CursorError {
        value: shortened(text),
    })
}

macro_rules! as_text {
    ($type:ident, $at:ident) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{}", self.$at.micros(), self.id)
            }
        }

        impl FromStr for $type {
            type Err = CursorError;

            fn from_str(text: &str) -> Result<Self, CursorError> {
                let ($at, id) = read(text)?;
                Ok(Self { $at, id })
            }
        }
    };
}

as_text!(OrderCursor, placed_at);
as_text!(MovementCursor, at);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{CursorError, MovementCursor, OrderCursor};
    use crate::testing::build;
    use crate::value::{MovementId, Timestamp};

    #[test]
    fn a_cursor_reads_back() {
        let secs = |secs| Timestamp::from_unix_secs(secs).unwrap();
        for at in [Timestamp::EPOCH, secs(1_772_000_000), Timestamp::MAX] {
            let order = OrderCursor {
                placed_at: at,
                id: build::order_id(7),
            };
            assert_eq!(order.to_string().parse(), Ok(order));
            let movement = MovementCursor {
                at,
                id: MovementId::from_uuid(build::uuid(7)),
            };
            assert_eq!(movement.to_string().parse(), Ok(movement));
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
            assert!(order.to_string().chars().all(plain), "{order}");
        }
    }

    #[test]
    fn what_is_no_cursor_is_told() {
        let id = build::order_id(7);
        for text in [
            String::new(),
            "7".to_owned(),
            format!(".{id}"),
            format!("+7.{id}"),
            format!("-7.{id}"),
            format!("9999999999999999999.{id}"),
            format!("999999999999999999.{id}"),
            format!("7.{id}."),
            "7.7".to_owned(),
        ] {
            let error = text.parse::<OrderCursor>().unwrap_err();
            assert_eq!(error.code(), "cursor_malformed", "{text}");
        }
        let value = "nowhere".to_owned();
        let refused = value.parse::<MovementCursor>();
        assert_eq!(refused, Err(CursorError { value }));
    }
}
