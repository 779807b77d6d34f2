//! Topics: what other systems subscribe to.

use serde::{Deserialize, Serialize};

use crate::event::{EventRecord, StreamKind};
use crate::value::words;

/// What a published message is about, in words that other systems know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// A transfer of stock between hubs was requested, shipped, received or cancelled.
    #[serde(rename = "transfer.updated")]
    TransferUpdated,
    /// The data of a customer was erased: whoever copied it erases the copies.
    #[serde(rename = "customer.erased")]
    CustomerErased,
    /// Something else happened to a customer.
    #[serde(rename = "customer.updated")]
    CustomerUpdated,
    /// A SKU, a sales channel, or what a channel calls a SKU was made, changed, or switched on or
    /// off.
    #[serde(rename = "catalogue.updated")]
    CatalogueUpdated,
    /// A hub was made, changed, or switched on or off, or its delivery slots changed.
    #[serde(rename = "hub.updated")]
    HubUpdated,
    /// The tenant's settings or delivery zones changed.
    #[serde(rename = "tenant.updated")]
    TenantUpdated,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 11] = [
        Self::OrderCreated,
        Self::OrderUpdated,
        Self::OrderCancelled,
        Self::ShipmentCreated,
        Self::InventoryUpdated,
        Self::TransferUpdated,
        Self::CustomerErased,
        Self::CustomerUpdated,
        Self::CatalogueUpdated,
        Self::HubUpdated,
        Self::TenantUpdated,
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
            Self::TransferUpdated => "transfer.updated",
            Self::CustomerErased => "customer.erased",
            Self::CustomerUpdated => "customer.updated",
            Self::CatalogueUpdated => "catalogue.updated",
            Self::HubUpdated => "hub.updated",
            Self::TenantUpdated => "tenant.updated",
        }
    }

    /// The topic of an event; `None` for claims, for how stock rows are kept, and for what the host
    /// itself wrote.
    ///
    /// [`InventoryUpdated`](Self::InventoryUpdated) is of no event: it carries the stock rows
    /// themselves, whatever changed them.
    #[must_use]
    pub fn of(event: &EventRecord) -> Option<Self> {
        Some(match event.id.stream.kind {
            StreamKind::Order => match &*event.name {
                "order.placed" => Self::OrderCreated,
                "order.cancelled" => Self::OrderCancelled,
                "order.shipped" => Self::ShipmentCreated,
                _ => Self::OrderUpdated,
            },
            StreamKind::Transfer => Self::TransferUpdated,
            StreamKind::Customer if &*event.name == "customer.erased" => Self::CustomerErased,
            StreamKind::Customer => Self::CustomerUpdated,
            StreamKind::Sku | StreamKind::SkuMapping | StreamKind::Channel => {
                Self::CatalogueUpdated
            }
            StreamKind::Hub | StreamKind::Slots => Self::HubUpdated,
            StreamKind::Tenant => Self::TenantUpdated,
            StreamKind::Reservation | StreamKind::Stock | StreamKind::Host => return None,
        })
    }
}

words! { Topic, "topic"; }

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
