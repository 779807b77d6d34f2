//! A JSON text in a value that is serialised: it stands there as it is, not as a string.

use std::sync::Arc;

use serde::de::Deserializer;
use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Writes the text, or refuses one that is not JSON.
pub(crate) fn serialize<S: Serializer>(json: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    let raw: &RawValue = serde_json::from_str(json).map_err(S::Error::custom)?;
    raw.serialize(serializer)
}

/// Keeps the text as it stands there, numbers and order of fields too.
pub(crate) fn deserialize<'de, D>(deserializer: D) -> Result<Arc<str>, D::Error>
where
    D: Deserializer<'de>,
{
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(Arc::from(raw.get()))
}
