//! A delivery on its way through the intake.

use std::collections::BTreeMap;

use oms_core::value::ChannelId;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A delivery as it waits: where it came from, and its body, to the byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// The kind of channel.
    pub(crate) channel: String,
    /// The tenant's id of the channel.
    pub(crate) connection: ChannelId,
    /// The channel's word for the message where it says what the body does not, else nothing: no
    /// signature covers it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) topic: String,
    #[serde(flatten)]
    body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    /// Text, as nearly every body is.
    Body(String),
    /// What is no UTF-8, for the reader to say so.
    BodyBytes(Vec<u8>),
}

impl Message {
    /// The message with this body.
    pub(crate) fn new(channel: &str, connection: ChannelId, topic: &str, body: &[u8]) -> Self {
        Self {
            channel: channel.to_owned(),
            connection,
            topic: heeded(channel, topic, body).to_owned(),
            body: match std::str::from_utf8(body) {
                Ok(text) => Body::Body(text.to_owned()),
                Err(_) => Body::BodyBytes(body.to_owned()),
            },
        }
    }

    /// The message that was kept as this.
    pub(crate) fn of(kept: &str) -> Result<Self, String> {
        let read = serde_json::from_str(kept);
        read.map_err(|problem| format!("what was kept is none of this program: {problem}"))
    }

    /// Where it came from, for people.
    pub(crate) fn origin(&self) -> String {
        format!("{}/{}", self.channel, self.connection)
    }

    /// The body.
    pub(crate) const fn body(&self) -> &[u8] {
        match &self.body {
            Body::Body(text) => text.as_bytes(),
            Body::BodyBytes(bytes) => bytes.as_slice(),
        }
    }

    /// What a repeat has in common with the first one: where it came from, and every byte of what
    /// was signed. The channel's own id of a delivery would do, but it stands in a header that no
    /// signature covers: who replays an old body could use up the id of a new one. The topic stands
    /// in one, too, and counts where it is kept: an order has one key whatever stands there.
    pub(crate) fn key(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.channel.as_bytes(),
            self.connection.as_str().as_bytes(),
            self.topic.as_bytes(),
            self.body(),
        ] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hash.update(length.to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("webhook-{hex}")
    }
}

/// The topic, if this body means something else without it: that an order is gone whose id is all
/// that it says. Whoever replays an order under another topic gets no other message by that.
fn heeded<'t>(channel: &str, topic: &'t str, body: &[u8]) -> &'t str {
    let deletion = matches!(
        (channel, topic),
        ("shopify", "orders/delete") | ("woocommerce", "order.deleted")
    );
    if !deletion {
        return "";
    }
    let fields = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body);
    let order = fields.is_ok_and(|fields| fields.contains_key("line_items"));
    if order { "" } else { topic }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Message;

    #[test]
    fn every_body_comes_out_as_it_went_in() {
        let id = || "web".parse().unwrap();
        for body in [
            b"{\"id\":1}".as_slice(),
            b"",
            b"\xFF\x00\xFE",
            "ü\n".as_bytes(),
        ] {
            let message = Message::new("shopify", id(), "orders/create", body);
            let text = serde_json::to_string(&message).unwrap();
            let back: Message = serde_json::from_str(&text).unwrap();
            assert_eq!((back.body(), back.key()), (body, message.key()));
        }
    }

    #[test]
    fn keys_differ_where_messages_do() {
        let id = |name: &str| name.parse().unwrap();
        let keys = [
            Message::new("shopify", id("ab"), "c", b"d").key(),
            Message::new("shopify", id("a"), "bc", b"d").key(),
            Message::new("shopify", id("ab"), "", b"cd").key(),
            Message::new("ebay", id("ab"), "c", b"d").key(),
        ];
        let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn an_order_is_one_message_whatever_topic_is_put_before_it() {
        let read = |topic: &str, body: &[u8]| {
            let message = Message::new("shopify", "web".parse().unwrap(), topic, body);
            (message.key(), message.topic)
        };
        let order = b"{\"id\":1,\"line_items\":[]}".as_slice();
        let deleted = b"{\"id\":1}".as_slice();
        for topic in ["orders/create", "orders/delete", "order.deleted", "made up"] {
            assert_eq!(read(topic, order), read("", order), "{topic}");
        }
        // What says nothing but an id means something by its topic, and one topic alone.
        for topic in ["orders/create", "order.deleted", "made up"] {
            assert_eq!(read(topic, deleted), read("", deleted), "{topic}");
        }
        let (key, topic) = read("orders/delete", deleted);
        assert_eq!(topic, "orders/delete");
        assert_ne!(key, read("", deleted).0);
    }
}
