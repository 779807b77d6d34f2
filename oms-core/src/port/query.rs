//! What people ask a store: filters, pages, and what an audit finds.

use serde::{Deserialize, Serialize};

use crate::order::OrderStatus;
use crate::plan::DocumentKind;
use crate::reservation::Owner;
use crate::stock::MovementKind;
use crate::value::{ChannelId, CustomerId, HubId, MovementId, OrderId, Sku, Timestamp, Units};

/// One page of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T, C> {
    /// The items, in order; fewer than asked, also none, does not mean that there are no more.
    pub items: Vec<T>,
    /// Ask with this for the next page; `None` at the end.
    pub next: Option<C>,
}

/// Where a list of orders goes on: after this order, by (placed at, id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderCursor {
    /// When the last order of the page was placed.
    pub placed_at: Timestamp,
    /// Its id.
    pub id: OrderId,
}

/// Which orders; every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFilter {
    /// With this status.
    pub status: Option<OrderStatus>,
    /// From this channel.
    pub channel: Option<ChannelId>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Placed at or after.
    pub placed_from: Option<Timestamp>,
    /// Placed before.
    pub placed_before: Option<Timestamp>,
    /// In their present state since before, and not finished: stuck orders. Work at a hub goes on
    /// without a new state of the order.
    pub stuck_since: Option<Timestamp>,
    /// Promised before, and not finished: late orders.
    pub promised_before: Option<Timestamp>,
}

/// Which documents of a kind that has an `Active` index, or of the host's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentFilter {
    /// The kind.
    pub kind: DocumentKind,
    /// Only those that may be used, or only those that may not.
    pub active: Option<bool>,
}

/// Where a list of movements goes on: after this movement, by (at, id).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MovementCursor {
    /// When the last movement of the page was recorded.
    pub at: Timestamp,
    /// Its id.
    pub id: MovementId,
}

/// Which movements; every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementFilter {
    /// Of this SKU.
    pub sku: Option<Sku>,
    /// At this hub.
    pub hub: Option<HubId>,
    /// For this reason.
    pub kind: Option<MovementKind>,
    /// For this order.
    pub order: Option<OrderId>,
    /// Recorded at or after.
    pub from: Option<Timestamp>,
    /// Recorded before.
    pub before: Option<Timestamp>,
}

/// Which stock rows; every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockFilter {
    /// Of this SKU.
    pub sku: Option<Sku>,
    /// At this hub.
    pub hub: Option<HubId>,
    /// With at most this many units available.
    pub available_at_most: Option<Units>,
}

/// Which reservations; every field that is set must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationFilter {
    /// Of this owner.
    pub owner: Option<Owner>,
    /// Of this SKU.
    pub sku: Option<Sku>,
    /// At this hub.
    pub hub: Option<HubId>,
    /// Only those the sweeper must look at: tentative units due by the store's clock, or units the
    /// store ended on its own that the owner's order does not know of.
    pub due: bool,
    /// Only those that hold units: tentative or confirmed ones. What an order took long ago is left
    /// out.
    #[serde(default)]
    pub live: bool,
}

/// A row that breaks an invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The invariant, such as `I2`.
    pub invariant: String,
    /// The row.
    pub subject: String,
    /// What is wrong.
    pub detail: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} broken by {}: {}",
            self.invariant, self.subject, self.detail
        )
    }
}
