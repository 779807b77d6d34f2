//! Times as columns.

use chrono::{DateTime, Utc};
use oms_core::port::StoreError;
use oms_core::value::Timestamp;

use crate::error::corrupt;

/// A time as a column.
pub(crate) fn column(at: Timestamp) -> DateTime<Utc> {
    at.into()
}

/// Reads a time.
pub(crate) fn timestamp(at: DateTime<Utc>) -> Result<Timestamp, StoreError> {
    Timestamp::try_from(at).map_err(|why| corrupt("a time", &why))
}
