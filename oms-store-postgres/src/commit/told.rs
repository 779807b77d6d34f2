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
pub(crate) fn tell_all<'a>(events: impl Iterator<Item = &'a EventDraft> + Clone) -> String {
    // Who did it, and what stands between the parts.
    const BESIDE_BYTES: usize = 48;
    let bytes = events.clone();
    let bytes = bytes.map(|event| event.name.len() + event.body.len() + BESIDE_BYTES);
    let mut told = String::with_capacity(bytes.sum::<usize>() + 2);
    told.push('[');
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
    told.push('[');
    push_quoted(&event.name, told);
    // Writing to a string does not fail.
    let _ = write!(told, ",{},", event.schema);
    told.push_str(&event.body);
    if let Some(actor) = &event.actor {
        told.push(',');
        push_quoted(actor.kind.as_str(), told);
        if let Some(id) = &actor.id {
            told.push(',');
            push_quoted(id.as_str(), told);
        }
    }
    told.push(']');
}

/// Appends a text in JSON.
fn push_quoted(text: &str, told: &mut String) {
    let stays = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(stays) {
        told.push('"');
        told.push_str(text);
        told.push('"');
    } else {
        // Writing to a string does not fail.
        let _ = write!(told, "{}", serde_json::Value::from(text));
    }
}

#[cfg(test)]
mod tests {
    use oms_core::event::{Actor, ActorKind, StreamId, StreamKind};
    use oms_core::value::ActorId;

    use super::*;

    #[test]
    fn a_text_is_quoted_as_json_has_it() {
        let mut texts: Vec<String> = ('\0'..='\u{2ff}').map(|c| format!("a{c}b")).collect();
        texts.extend(["", "order.placed", "Grüße, 茶 🍵"].map(str::to_owned));
        for text in texts {
            let mut told = String::new();
            push_quoted(&text, &mut told);
            assert_eq!(told, serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn events_are_told_as_arrays() {
        let event = |name: &str, actor| EventDraft {
            stream: StreamId::new(StreamKind::Host, "slips"),
            seq: None,
            name: name.into(),
            schema: 12,
            body: r#"{"a":[1]}"#.into(),
            actor,
        };
        let mut person = Actor::new(ActorKind::Person);
        person.id = Some(ActorId::parse("Ada \"A\"").unwrap());
        let events = [
            event("slip.printed", None),
            event("slip.kept", Some(Actor::new(ActorKind::System))),
            event("a \\ slip", Some(person)),
        ];
        let told = tell_all(events.iter());
        let expected = [
            r#"["slip.printed",12,{"a":[1]}]"#,
            r#"["slip.kept",12,{"a":[1]},"system"]"#,
            r#"["a \\ slip",12,{"a":[1]},"person","Ada \"A\""]"#,
        ];
        assert_eq!(told, format!("[{}]", expected.join(",")));
        assert_eq!(tell_all([].iter()), "[]");
    }
}
