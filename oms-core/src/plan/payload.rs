//! What a source sent, as an erasable document.

use serde::{Deserialize, Serialize};

use crate::value::Timestamp;

/// What a source sent for an order, or what is left after it was erased.
///
/// Its `Debug` tells how long the text is, not what it says: it may reach a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum PayloadDocument {
    /// As sent.
    Present {
        /// Its media type.
        media_type: String,
        /// The text.
        text: String,
    },
    /// Erased; only the fact remains.
    Erased {
        /// When.
        at: Timestamp,
    },
}

impl std::fmt::Debug for PayloadDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Present { media_type, text } => f
                .debug_struct("Present")
                .field("media_type", media_type)
                .field("text", &format_args!("{} bytes", text.len()))
                .finish(),
            Self::Erased { at } => f.debug_struct("Erased").field("at", at).finish(),
        }
    }
}
