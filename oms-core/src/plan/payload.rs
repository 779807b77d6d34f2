//! What a source sent, as an erasable document.

use serde::{Deserialize, Serialize};

use crate::value::Timestamp;

/// What a source sent for an order, or what is left after it was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
