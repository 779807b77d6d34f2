//! Reading of what a status report needs, and no more: what is missing or odd says nothing.

use crate::channel::error::ChannelError;
use crate::channel::json::{Object, Value};
use crate::value::{ExternalId, Timestamp, Units};

/// The text under a key, exactly as sent.
pub(in crate::channel) fn text(object: &Object<'_>, key: &str) -> Option<String> {
    object.owned(key).ok().flatten()
}

/// A truth value in any of the spellings; anything else is no.
pub(in crate::channel) fn flag(object: &Object<'_>, key: &str) -> bool {
    object.flag(key).unwrap_or(false)
}

/// Whole units; a sign is dropped, as some channels write what came back below zero.
pub(in crate::channel) fn units(object: &Object<'_>, key: &str) -> Option<Units> {
    let text = text(object, key)?;
    Units::parse(text.strip_prefix('-').unwrap_or(&text)).ok()
}

/// A time with or without an offset; without one it is UTC.
pub(in crate::channel) fn time(object: &Object<'_>, key: &str) -> Option<Timestamp> {
    let text = text(object, key)?;
    let parsed = Timestamp::parse_rfc3339(&text);
    parsed
        .or_else(|_| Timestamp::parse_rfc3339(&format!("{text}Z")))
        .ok()
}

/// An id inside the order.
pub(in crate::channel) fn id(object: &Object<'_>, key: &str) -> Option<ExternalId> {
    ExternalId::parse(&text(object, key)?).ok()
}

/// The order's own id, without which a report is worth nothing.
pub(in crate::channel) fn order_id(
    object: &Object<'_>,
    key: &str,
) -> Result<ExternalId, ChannelError> {
    let (path, expected) = (object.path_of(key), "the channel's id of the order");
    let Some(text) = object.literal(key)? else {
        return Err(ChannelError::missing(path, expected));
    };
    ExternalId::parse(&text)
        .map_err(|problem| ChannelError::invalid(problem.code(), path, &text, expected))
}

/// The objects of a list, of `{"nodes":[…]}` or of `{"edges":[{"node":…}]}`.
pub(in crate::channel) fn items<'a>(object: &Object<'a>, key: &str) -> Vec<Object<'a>> {
    let Some(value) = object.value(key) else {
        return Vec::new();
    };
    if value.is_list() {
        return objects(&value);
    }
    let Ok(inner) = value.object() else {
        return Vec::new();
    };
    if let Some(nodes) = inner.value("nodes") {
        return objects(&nodes);
    }
    let edges = inner.value("edges").map(|edges| objects(&edges));
    let nodes = edges.unwrap_or_default();
    nodes
        .iter()
        .filter_map(|edge| edge.object("node").ok().flatten())
        .collect()
}

fn objects<'a>(list: &Value<'a>) -> Vec<Object<'a>> {
    let all = list.list().unwrap_or_default();
    all.iter().filter_map(|one| one.object().ok()).collect()
}
