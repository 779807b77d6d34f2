//! What a committed command answers, and answers again when its key is repeated.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::StreamId;
use crate::order::{HoldReason, Order, OrderStatus};
use crate::value::{IntakeId, MovementId, OrderId, OrderNumber, ShipmentId, Version};

/// What a command did. Stored with its idempotency key, so it holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// What it was about.
    pub subject: StreamId,
    /// The subject's version afterwards, where it has one.
    pub version: Version,
    /// The names of the events it made, in order.
    pub events: Vec<String>,
    /// The order it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderReceipt>,
    /// The movement it recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub movement: Option<MovementId>,
    /// What an order was taken in as, to be placed later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intake: Option<IntakeId>,
    /// True when the order was there already under the same external reference; nothing changed.
    #[serde(default)]
    pub known: bool,
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
