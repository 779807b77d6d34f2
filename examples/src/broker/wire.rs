//! What events look like to others.

use std::collections::BTreeMap;
use std::fmt::Write;

use oms_core::port::{Message, MessageContent};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Brokers take ids of 255 bytes; three names of 64 characters each may be longer.
const ID_BYTES_MAX: usize = 200;

/// The body of a message, as JSON. The body of an event is the event as it is stored, with its
/// schema.
pub(super) fn body(message: &Message) -> Vec<u8> {
    content(message).to_string().into_bytes()
}

/// The same without what makes it large: `body_omitted` says so. Who needs the body reads it from
/// the store.
pub(super) fn short_body(message: &Message) -> Vec<u8> {
    shortened(content(message)).to_string().into_bytes()
}

fn shortened(mut content: Value) -> Value {
    let fields = content.as_object_mut();
    let with_body = fields.filter(|fields| fields.contains_key("body"));
    if let Some(fields) = with_body {
        fields.remove("body");
        fields.insert("body_omitted".to_owned(), Value::Bool(true));
    }
    content
}

fn content(message: &Message) -> Value {
    let topic = message.topic.as_str();
    let tenant = message.tenant.as_str();
    let id = &message.id;
    match &message.content {
        MessageContent::Event(event) => json!({
            "id": id,
            "topic": topic,
            "tenant": tenant,
            "stream": event.id.stream.to_string(),
            "seq": event.id.seq.get(),
            "event": &*event.name,
            "schema": event.schema,
            "at": event.at.to_string(),
            // What is stored is JSON; should it not be, its text is sent.
            "body": serde_json::from_str(&event.body)
                .unwrap_or_else(|_| Value::from(&*event.body)),
        }),
        MessageContent::Stock(key, level) => json!({
            "id": id,
            "topic": topic,
            "tenant": tenant,
            "hub": key.hub.as_str(),
            "sku": key.sku.as_str(),
            "version": level.version.get(),
            "on_hand": level.on_hand.get(),
            "reserved": level.reserved.get(),
            "available": level.available(),
        }),
    }
}

/// What a message is the next one of: a stream of events, or a row of stock. Its messages must not
/// overtake each other.
pub(super) fn source(message: &Message) -> String {
    let tenant = message.tenant.as_str();
    match &message.content {
        MessageContent::Event(event) => format!("{tenant}/{}", event.id.stream),
        MessageContent::Stock(key, _) => {
            format!("{tenant}/stock {}/{}", key.hub.as_str(), key.sku.as_str())
        }
    }
}

/// What is sent together: one message of each source at most. The next of a source goes when the
/// broker has the one before, so that one that is refused is not followed by those after it.
pub(super) fn waves<'m, T, K: Ord>(messages: &'m [T], source: impl Fn(&T) -> K) -> Vec<Vec<&'m T>> {
    let mut waves: Vec<Vec<&'m T>> = Vec::new();
    let mut next: BTreeMap<K, usize> = BTreeMap::new();
    for message in messages {
        let place = next.entry(source(message)).or_default();
        match waves.get_mut(*place) {
            Some(wave) => wave.push(message),
            None => waves.push(vec![message]),
        }
        *place += 1;
    }
    waves
}

/// The id by which the broker recognises a repeat: the message's own, or its hash where that is too
/// long.
pub(super) fn id(id: &str) -> String {
    if id.len() <= ID_BYTES_MAX {
        id.to_owned()
    } else {
        hex(id.as_bytes())
    }
}

/// SHA-256 in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{hex, id, shortened, waves};

    #[test]
    fn what_is_too_large_goes_without_its_body() {
        let event = json!({"id": "acme/order/1#2", "seq": 2, "body": {"note": "long"}});
        let short = json!({"id": "acme/order/1#2", "seq": 2, "body_omitted": true});
        assert_eq!(shortened(event), short);
        let stock = json!({"id": "acme/stock/north/TEA@2", "on_hand": 2});
        assert_eq!(shortened(stock.clone()), stock);
    }

    #[test]
    fn messages_of_one_source_go_one_after_the_other() {
        let page = ["a1", "a2", "b1", "a3", "c1", "b2"];
        let sent = waves(&page, |message| message.chars().next());
        let sent: Vec<String> = sent
            .into_iter()
            .map(|wave| {
                let wave: Vec<&str> = wave.into_iter().copied().collect();
                wave.join(" ")
            })
            .collect();
        assert_eq!(sent, ["a1 b1 c1", "a2 b2", "a3"]);
        let none: [u8; 0] = [];
        assert!(waves(&none, |message| *message).is_empty());
    }

    #[test]
    fn long_ids_are_hashed_and_short_ones_kept() {
        assert_eq!(id("acme/order/1#2"), "acme/order/1#2");
        let long = "ä".repeat(101);
        assert_eq!(id(&long).len(), 64);
        assert_ne!(id(&long), id(&"ö".repeat(101)));
        // The test vector of FIPS 180-4 for "abc".
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(b"abc"), known);
    }
}
