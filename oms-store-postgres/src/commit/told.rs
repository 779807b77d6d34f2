//! What a change set says in a stream, as the one body of a row of `oms.event`.

use std::fmt::Write;

use oms_core::event::EventDraft;
use oms_core::plan::ChangeSet;
use serde_json::value::RawValue;

/// Why the events of a change set cannot stand in one body: each has to be JSON by itself.
pub(crate) fn unreadable_event(set: &ChangeSet) -> Option<String> {
    if set.has_own_bodies() {
        return None;
    }
    set.events.iter().find_map(|event| {
        let why = serde_json::from_str::<&RawValue>(&event.body).err()?;
        Some(format!(
            "the body of event {} is not JSON: {why}",
            event.name
        ))
    })
}

/// The events of a stream, in order, as one body.
pub(crate) fn tell_all<'a>(events: impl Iterator<Item = &'a EventDraft>) -> String {
    let mut told = String::from("[");
    for event in events {
        if told.len() > 1 {
            told.push(',');
        }
        tell(event, &mut told);
    }
    told.push(']');
    told
}

/// Appends an event as an array: name, schema, body, and the kind and the id of who did it where
/// that is not who asked for the change.
pub(crate) fn tell(event: &EventDraft, told: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(
        told,
        "[{},{},{}",
        quoted(&event.name),
        event.schema,
        event.body
    );
    if let Some(actor) = &event.actor {
        let _ = write!(told, ",{}", quoted(actor.kind.as_str()));
        if let Some(id) = &actor.id {
            let _ = write!(told, ",{}", quoted(id.as_str()));
        }
    }
    told.push(']');
}

/// A text in JSON.
fn quoted(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}
