//! What a committed command answers, and answers again when its key is repeated.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::StreamId;
use crate::order::{HoldReason, Order, OrderStatus};
use crate::plan::codec::to_json;
use crate::value::{IntakeId, MovementId, OrderId, OrderNumber, ShipmentId, Version};

/// What a command did. Stored with its idempotency key, so it holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
#[non_exhaustive]
pub struct Receipt {
    /// What it was about.
    pub subject: StreamId,
    /// The subject's version afterwards, where it has one.
    pub version: Version,
    /// The names of the events it made, in order.
    pub events: Vec<String>,
    /// The order it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderReceipt>,
    /// The movement it recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub movement: Option<MovementId>,
    /// What an order was taken in as, to be placed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intake: Option<IntakeId>,
    /// True when the order was there already under the same external reference; nothing changed.
    pub known: bool,
}

/// A receipt as it is read: whole, or as it is [stored](Receipt::stored).
#[derive(Deserialize)]
struct Wire {
    subject: Option<StreamId>,
    version: Version,
    #[serde(default)]
    events: Vec<String>,
    order: Option<OrderReceipt>,
    movement: Option<MovementId>,
    intake: Option<IntakeId>,
    #[serde(default)]
    known: bool,
}

/// What is stored of a receipt.
#[derive(Serialize)]
struct Short<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a StreamId>,
    version: Version,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    events: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'a OrderReceipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    movement: Option<MovementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intake: Option<IntakeId>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    known: bool,
}

impl TryFrom<Wire> for Receipt {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let order = wire.order.as_ref().map(|order| StreamId::order(order.id));
        let subject = wire.subject.or(order);
        Ok(Self {
            subject: subject.ok_or("a receipt has a subject or an order")?,
            version: wire.version,
            events: wire.events,
            order: wire.order,
            movement: wire.movement,
            intake: wire.intake,
            known: wire.known,
        })
    }
}

/// What a command did to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrderReceipt {
    /// Its id.
    pub id: OrderId,
    /// The number people use.
    pub number: OrderNumber,
    /// The status people see, afterwards.
    pub status: OrderStatus,
    /// Why it is on hold, if it is.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holds: BTreeSet<HoldReason>,
    /// The parcel the command shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentId>,
}

impl Receipt {
    /// The JSON that is stored with the key of the command: without the subject where that is the
    /// order it tells of, and without what is empty or false.
    pub(crate) fn stored(&self) -> String {
        let order = self.order.as_ref();
        let told = order.is_some_and(|order| self.subject.is_of(order.id));
        to_json(&Short {
            subject: (!told).then_some(&self.subject),
            version: self.version,
            events: &self.events,
            order,
            movement: self.movement,
            intake: self.intake,
            known: self.known,
        })
    }

    /// A receipt about `subject`.
    #[must_use]
    pub const fn new(subject: StreamId, version: Version) -> Self {
        Self {
            subject,
            version,
            events: Vec::new(),
            order: None,
            movement: None,
            intake: None,
            known: false,
        }
    }

    /// A receipt about an order as it is.
    #[must_use]
    pub fn of_order(order: &Order) -> Self {
        let mut receipt = Self::new(StreamId::order(order.head.id), order.version);
        receipt.order = Some(OrderReceipt {
            id: order.head.id,
            number: order.head.number,
            status: order.status(),
            holds: order
                .head
                .hold
                .as_ref()
                .map(|hold| hold.reasons.clone())
                .unwrap_or_default(),
            shipment: None,
        });
        receipt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_stored_without_what_it_says_already_and_read_with_it() {
        let order = r#""order":{"id":"0a5d0000-0000-8000-8000-000000000001","number":7"#;
        let order = format!(r#"{order},"status":"approved"}}"#);
        let subject = r#""subject":{"kind":"order","id":"0a5d0000-0000-8000-8000-000000000001"}"#;
        let long = format!(r#"{{{subject},"version":3,"events":[],{order},"known":false}}"#);
        let short = format!(r#"{{"version":3,{order}}}"#);
        let read = |json: &str| serde_json::from_str::<Receipt>(json).unwrap();
        assert_eq!(read(&long), read(&short));
        assert_eq!(read(&long).stored(), short);
        assert_eq!(serde_json::to_string(&read(&short)).unwrap(), long);
        let about = read(&short).order.map(|order| StreamId::order(order.id));
        assert_eq!(about, Some(read(&short).subject));
        // One about something else says what.
        let mut other = read(&short);
        other.subject = StreamId::tenant();
        (other.known, other.events) = (true, vec!["order.placed".to_owned()]);
        let json = other.stored();
        assert!(json.starts_with(r#"{"subject":{"kind":"tenant""#), "{json}");
        assert_eq!(read(&json), other);
        let nothing = serde_json::from_str::<Receipt>(r#"{"version":3}"#).unwrap_err();
        assert!(nothing.to_string().contains("a subject"), "{nothing}");
    }
}
