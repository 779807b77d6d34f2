//! Tags, notes and attributes: made to fit the library's bounds, with a warning.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::channel::fields::{Fields, natural};
use crate::channel::json::{Object, Value};
use crate::channel::warning::ChannelWarning;
use crate::value::limits::{ATTRIBUTES_MAX, TAGS_MAX};
use crate::value::{AttributeKey, AttributeValue, Tag};

/// Tags of one text, told apart by commas.
pub(super) fn tags(fields: &mut Fields, object: &Object<'_>, key: &str) -> BTreeSet<Tag> {
    let mut tags = BTreeSet::new();
    let Some(words) = fields.words(object, key) else {
        return tags;
    };
    let path = object.path_of(key);
    for word in words.split(',') {
        let clean = natural(word, Tag::CHARS_MAX);
        let Ok(tag) = Tag::parse(&clean) else {
            continue;
        };
        if clean != word.trim() {
            fields.warn(ChannelWarning::Shortened { path: path.clone() });
        }
        if tags.len() >= TAGS_MAX && !tags.contains(&tag) {
            fields.warn(ChannelWarning::LeftOut {
                path,
                cause: "too_many",
            });
            break;
        }
        tags.insert(tag);
    }
    tags
}

/// Attributes of a list of `{"name":…,"value":…}`; of a repeated name the last value counts.
pub(super) fn attributes(
    fields: &mut Fields,
    object: &Object<'_>,
    key: &str,
) -> BTreeMap<AttributeKey, AttributeValue> {
    let mut kept = BTreeMap::new();
    let entries = match object.objects(key) {
        Ok(entries) => entries,
        Err(problem) => {
            fields.warn(ChannelWarning::LeftOut {
                cause: problem.code(),
                path: problem.path,
            });
            return kept;
        }
    };
    for entry in &entries {
        let Some((name, value)) = attribute(fields, entry) else {
            continue;
        };
        if kept.len() >= ATTRIBUTES_MAX && !kept.contains_key(&name) {
            fields.warn(ChannelWarning::LeftOut {
                path: entry.path(),
                cause: "too_many",
            });
            break;
        }
        kept.insert(name, value);
    }
    kept
}

/// Attributes of an object of names and values.
pub(super) fn attributes_of(
    fields: &mut Fields,
    object: Option<&Object<'_>>,
) -> BTreeMap<AttributeKey, AttributeValue> {
    let mut kept = BTreeMap::new();
    for (name, value) in object.into_iter().flat_map(Object::entries) {
        let Ok(name) = AttributeKey::parse(&natural(&name, AttributeKey::CHARS_MAX)) else {
            fields.left_out(value.path(), "id_empty");
            continue;
        };
        if kept.len() >= ATTRIBUTES_MAX {
            fields.left_out(value.path(), "too_many");
            break;
        }
        let words = value_words(&value).or_else(|| fields.words_of(&value));
        if let Some(value) = words.and_then(|words| fields.fit(&words, || value.path())) {
            kept.insert(name, value);
        }
    }
    kept
}

fn attribute(fields: &mut Fields, entry: &Object<'_>) -> Option<(AttributeKey, AttributeValue)> {
    let words = fields.words(entry, "name").unwrap_or_default();
    let clean = natural(&words, AttributeKey::CHARS_MAX);
    let Ok(name) = AttributeKey::parse(&clean) else {
        fields.warn(ChannelWarning::LeftOut {
            path: entry.path_of("name"),
            cause: "id_empty",
        });
        return None;
    };
    if clean != words.trim() {
        fields.warn(ChannelWarning::Shortened {
            path: entry.path_of("name"),
        });
    }
    let value = entry.value("value")?;
    let words = match value_words(&value) {
        Some(words) => words,
        None => fields.words_of(&value)?,
    };
    let value = fields.fit(&words, || value.path())?;
    Some((name, value))
}

/// The JSON text of a value that is no plain text; some shops nest data in attributes.
fn value_words<'a>(value: &Value<'a>) -> Option<Cow<'a, str>> {
    (value.is_object() || value.is_list()).then(|| Cow::Borrowed(value.raw()))
}
