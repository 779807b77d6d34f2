//! Topics: what other systems subscribe to.

use serde::{Deserialize, Serialize};

use crate::event::{EventRecord, StreamKind};

/// What a published message is about, in words that other systems know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// An order was placed.
    #[serde(rename = "order.created")]
    OrderCreated,
    /// Something else happened to an order.
    #[serde(rename = "order.updated")]
    OrderUpdated,
    /// An order was cancelled as a whole.
    #[serde(rename = "order.cancelled")]
    OrderCancelled,
    /// A parcel was made.
    #[serde(rename = "shipment.created")]
    ShipmentCreated,
    /// The stock of a SKU at a hub changed.
    #[serde(rename = "inventory.updated")]
    InventoryUpdated,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 5] = [
        Self::OrderCreated,
        Self::OrderUpdated,
        Self::OrderCancelled,
        Self::ShipmentCreated,
        Self::InventoryUpdated,
    ];

    /// The topic as brokers see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderCreated => "order.created",
            Self::OrderUpdated => "order.updated",
            Self::OrderCancelled => "order.cancelled",
            Self::ShipmentCreated => "shipment.created",
            Self::InventoryUpdated => "inventory.updated",
        }
    }

    /// The topic of an event; `None` for what is not about an order.
    ///
    /// Stock has no events of its own: [`InventoryUpdated`](Self::InventoryUpdated) carries the
    /// rows themselves.
    #[must_use]
    pub fn of(event: &EventRecord) -> Option<Self> {
        if event.id.stream.kind != StreamKind::Order {
            return None;
        }
        Some(match &*event.name {
            "order.placed" => Self::OrderCreated,
            "order.cancelled" => Self::OrderCancelled,
            "order.shipped" => Self::ShipmentCreated,
            _ => Self::OrderUpdated,
        })
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
