//! What people read: orders in lists, histories, stock per SKU, the work of a hub.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::event::Origin;
use crate::order::{Fulfillment, FulfillmentStatus, Head, OrderEvent, OrderStatus};
use crate::plan::OrderIndex;
use crate::stock::{LowStock, StockLevel};
use crate::value::{HubId, OrderId, Sku, Timestamp, Units, Version};

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

/// Which work of a hub; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkFilter {
    /// Work that is just so far.
    pub status: Option<FulfillmentStatus>,
    /// Only work that may go on: of orders that are open, claimed firmly. What is left out is not
    /// approved yet, on hold, or may end by itself.
    #[serde(default)]
    pub ready: bool,
    /// Only work that is just so far since before: what stands still. An order that is put on hold
    /// and released changes nothing here. Work of which nobody knows it, as an earlier release
    /// stored it, is left out until it goes on.
    #[serde(default)]
    pub since_before: Option<Timestamp>,
}

/// A transfer to ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferDraft {
    /// Where the goods are taken.
    pub from: HubId,
    /// Where they go.
    pub to: HubId,
    /// Units by SKU, at least one of each.
    pub lines: BTreeMap<Sku, Units>,
}

/// Which transfers; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferFilter {
    /// Only those that are requested or in transit, or only those that are over.
    pub open: Option<bool>,
    /// Only transfers from this hub.
    #[serde(default)]
    pub from: Option<HubId>,
    /// Only transfers to this hub.
    #[serde(default)]
    pub to: Option<HubId>,
}

/// An order with its open work at a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HubWork {
    /// The version of the order.
    pub version: Version,
    /// The status of the order that people see.
    pub status: OrderStatus,
    /// The order's id and number, lines, address, promise and so on.
    pub head: Head,
    /// Its open work at the hub, by number: at least one. There are several where units were
    /// assigned to the hub at several times.
    pub works: Vec<Fulfillment>,
}

/// What to take from one shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PickLine {
    /// What to pick.
    pub sku: Sku,
    /// How many units.
    pub units: u64,
    /// For which orders, in the order in which they were given.
    pub orders: Vec<OrderId>,
}

/// One walk for many orders: how many units of each SKU are still to be picked, by SKU, and for
/// which orders.
#[must_use]
pub fn pick_list(works: &[HubWork]) -> Vec<PickLine> {
    let mut lines: BTreeMap<&Sku, PickLine> = BTreeMap::new();
    for order in works {
        let shares = order.works.iter().flat_map(|work| &work.lines);
        for share in shares.filter(|share| !share.reserved.is_zero()) {
            let line = lines.entry(&share.sku).or_insert_with(|| PickLine {
                sku: share.sku.clone(),
                units: 0,
                orders: Vec::new(),
            });
            let units = u64::from(share.reserved.get());
            line.units = line.units.saturating_add(units);
            if line.orders.last() != Some(&order.head.id) {
                line.orders.push(order.head.id);
            }
        }
    }
    lines.into_values().collect()
}
