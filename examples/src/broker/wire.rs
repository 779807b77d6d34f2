//! What events look like to others.

use std::fmt::Write;

use oms_core::port::{Message, MessageContent};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Brokers take ids of 255 bytes; three names of 64 characters each may be longer.
const ID_BYTES_MAX: usize = 200;

/// The body of a message, as JSON. The body of an event is the event as it is stored, with its
/// schema.
pub(super) fn body(message: &Message) -> Vec<u8> {
    let (topic, tenant, id) = (message.topic.as_str(), message.tenant.as_str(), &message.id);
    let value = match &message.content {
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
    };
    value.to_string().into_bytes()
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
    use super::{hex, id};

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
