//! How values become stored JSON and come back: every body carries the version of its schema.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::catalog::{Product, SalesChannel, SkuMapping};
use crate::customer::{ContactDocument, Customer};
use crate::event::EventRecord;
use crate::hub::{Hub, SlotDay, ZoneBook};
use crate::order::{Fulfillment, Head, OrderEvent};
use crate::plan::{Body, PayloadDocument, StoredDocument};
use crate::reservation::ReservationEvent;
use crate::routing::Explanation;
use crate::stock::{Transfer, TransferEvent};
use crate::tenant::Settings;

/// Why something stored cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum DecodeError {
    /// It was written by a newer release.
    #[error("{what} has schema {found}; this release knows up to {known}")]
    NewerSchema {
        /// What it is.
        what: String,
        /// Its schema.
        found: u16,
        /// The newest schema this release knows.
        known: u16,
    },
    /// It is not what it should be.
    #[error("{what} cannot be read: {detail}")]
    Corrupt {
        /// What it is.
        what: String,
        /// Why.
        detail: String,
    },
}

impl DecodeError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NewerSchema { .. } => "newer_schema",
            Self::Corrupt { .. } => "corrupt",
        }
    }
}

/// A value that is stored as JSON with a schema version.
///
/// Raising [`SCHEMA`](Self::SCHEMA) needs an upcaster from every version before, so that whatever
/// an earlier release stored, this one reads (invariant I13).
pub trait Stored: Serialize + DeserializeOwned {
    /// The version this release writes.
    const SCHEMA: u16 = 1;

    /// Rewrites the JSON of version `from` as version `from + 1`. The default knows no earlier
    /// version; it is never called while [`SCHEMA`](Self::SCHEMA) is 1.
    #[must_use]
    fn upcast(_from: u16, json: serde_json::Value) -> serde_json::Value {
        json
    }
}

impl Stored for Settings {}
impl Stored for SalesChannel {}
impl Stored for Hub {}
impl Stored for Product {}
impl Stored for SkuMapping {}
impl Stored for Customer {}
impl Stored for ContactDocument {}
impl Stored for PayloadDocument {}
impl Stored for Head {}
impl Stored for Fulfillment {}
impl Stored for Explanation {}
impl Stored for ZoneBook {}
impl Stored for SlotDay {}
impl Stored for Transfer {}
impl Stored for OrderEvent {
    const SCHEMA: u16 = Self::SCHEMA;
}
impl Stored for TransferEvent {
    const SCHEMA: u16 = Self::SCHEMA;
}
impl Stored for ReservationEvent {
    const SCHEMA: u16 = Self::SCHEMA;
}

/// Room for most bodies without growing.
const BODY_BYTES: usize = 1_024;

/// The JSON of a value.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    let mut json = Vec::with_capacity(BODY_BYTES);
    // Every stored type has text keys only and no fallible serialiser, so this cannot fail; an
    // empty body would be refused by the store as a defect rather than stored.
    match serde_json::to_writer(&mut json, value) {
        Ok(()) => String::from_utf8(json).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// The body of a document.
#[must_use]
pub fn encode<T: Stored>(value: &T) -> Body {
    Body::Write {
        schema: T::SCHEMA,
        json: to_json(value).into(),
    }
}

/// Reads JSON of any schema version up to this release's own.
///
/// # Errors
/// [`DecodeError::NewerSchema`] and [`DecodeError::Corrupt`], both naming `what`.
pub fn decode_json<T: Stored>(what: &str, schema: u16, json: &str) -> Result<T, DecodeError> {
    decode_named(&what, schema, json)
}

/// Reads a stored document.
///
/// # Errors
/// As [`decode_json`].
pub fn decode<T: Stored>(document: &StoredDocument) -> Result<T, DecodeError> {
    decode_named(&document.key, document.schema, &document.json)
}

/// Reads the body of a stored event.
///
/// # Errors
/// As [`decode_json`].
pub fn decode_event<T: Stored>(record: &EventRecord) -> Result<T, DecodeError> {
    decode_named(&record.id, record.schema, &record.body)
}

/// Reads JSON; what it is, is only written out for an error.
fn decode_named<T: Stored>(
    what: &dyn std::fmt::Display,
    schema: u16,
    json: &str,
) -> Result<T, DecodeError> {
    let corrupt = |error: serde_json::Error| DecodeError::Corrupt {
        what: what.to_string(),
        detail: error.to_string(),
    };
    match schema.cmp(&T::SCHEMA) {
        std::cmp::Ordering::Equal => serde_json::from_str(json).map_err(corrupt),
        std::cmp::Ordering::Greater => Err(DecodeError::NewerSchema {
            what: what.to_string(),
            found: schema,
            known: T::SCHEMA,
        }),
        std::cmp::Ordering::Less => {
            let mut value: serde_json::Value = serde_json::from_str(json).map_err(corrupt)?;
            for from in schema..T::SCHEMA {
                value = T::upcast(from, value);
            }
            serde_json::from_value(value).map_err(corrupt)
        }
    }
}
