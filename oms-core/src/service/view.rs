//! What people read: orders in lists, histories, stock per SKU.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::event::Origin;
use crate::order::{Head, OrderEvent};
use crate::plan::OrderIndex;
use crate::stock::{LowStock, StockLevel};
use crate::value::{HubId, OrderId, Sku, Timestamp, Version};

/// An order in a list: what is indexed, and the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderSummary {
    /// Its id.
    pub id: OrderId,
    /// Its version.
    pub version: Version,
    /// Number, status, times, channel, customer.
    pub index: OrderIndex,
    /// Lines, totals, payment and so on.
    pub head: Head,
}

/// One step of an order's life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// The place in the order's stream, from 1; the order's version after it.
    pub seq: Version,
    /// When it was decided.
    pub at: Timestamp,
    /// Who, why, by which request and command.
    pub origin: Origin,
    /// What happened, with old and new values.
    pub event: OrderEvent,
}

/// The stock of a SKU over all hubs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkuOverview {
    /// The SKU.
    pub sku: Sku,
    /// Units on hand at all hubs.
    pub on_hand: u64,
    /// Units reserved at all hubs.
    pub reserved: u64,
    /// Units that can be claimed at all hubs; hubs that are over-claimed or switched off count as
    /// none.
    pub available: u64,
    /// Whether that is little, by the tenant's threshold.
    pub low_stock: LowStock,
    /// The rows, by hub.
    pub hubs: BTreeMap<HubId, StockLevel>,
}
