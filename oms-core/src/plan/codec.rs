//! How values become stored JSON and come back: every body carries the version of its schema.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

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

    /// Whether it is somebody's data, kept in a row that can be erased. What is told of one that
    /// cannot be read goes to logs and to the errors of jobs, so it repeats nothing of it.
    const ERASABLE: bool = false;

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
impl Stored for ContactDocument {
    const ERASABLE: bool = true;
}
impl Stored for PayloadDocument {
    const ERASABLE: bool = true;
}
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

/// Where JSON is not as it should be, and not what stands there, which the words of the error may
/// repeat.
pub(crate) fn where_unfit(error: &serde_json::Error) -> String {
    let unfit = match error.classify() {
        Category::Io => "it is not there",
        Category::Syntax => "it is no JSON",
        Category::Data => "another value belongs there",
        Category::Eof => "it ends too early",
    };
    let (line, column) = (error.line(), error.column());
    format!("{unfit}, at line {line}, column {column}")
}

/// Reads JSON; what it is, is only written out for an error.
fn decode_named<T: Stored>(
    what: &dyn std::fmt::Display,
    schema: u16,
    json: &str,
) -> Result<T, DecodeError> {
    let corrupt = |error: serde_json::Error| DecodeError::Corrupt {
        what: what.to_string(),
        detail: match T::ERASABLE {
            true => where_unfit(&error),
            false => error.to_string(),
        },
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

#[cfg(test)]
mod tests {
    use super::{Stored, decode_json};
    use crate::customer::{ContactDocument, Customer};
    use crate::plan::PayloadDocument;

    fn told<T: Stored>(json: &str) -> String {
        let read = decode_json::<T>("row 7", 1, json);
        read.map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_told_of_an_erasable_row_repeats_nothing_of_it() {
        for json in [
            r#"{"state":"present","contact":"secret"}"#,
            r#"{"state":"secret"}"#,
            r#""secret""#,
        ] {
            for told in [told::<ContactDocument>(json), told::<PayloadDocument>(json)] {
                assert!(!told.contains("secret"), "{told}");
                assert!(
                    told.starts_with("row 7 cannot be read: another value"),
                    "{told}"
                );
            }
        }
        let cut = told::<ContactDocument>(r#"{"state":"#);
        assert!(
            cut.starts_with("row 7 cannot be read: it ends too early, at line 1"),
            "{cut}"
        );
        // Whoever mends any other document is told more.
        assert!(told::<Customer>(r#""secret""#).contains("secret"));
    }
}
