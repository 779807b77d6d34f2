//! Fulfillments: the work on an order at one hub, and the parcels that leave it.

use serde::{Deserialize, Serialize};

use crate::order::OrderStatus;
use crate::order::compact::no_units;
use crate::value::{
    ExternalId, FulfillmentId, HubId, LineId, Link, LocalDate, Name, Quantity, ShipmentId, Sku,
};
use crate::value::{Timestamp, Units, words};

/// How far the work at one hub is; edges are
/// [`FULFILLMENT_EDGES`](crate::order::FULFILLMENT_EDGES).
///
/// It is a function of the quantities, see [`Fulfillment::derived_status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    /// Assigned to the hub, nothing picked.
    Approved,
    /// Some units are picked, some are still on the shelf.
    Picking,
    /// Every unit is picked, none packed.
    Picked,
    /// Every unit is picked, some are packed.
    Packing,
    /// Every unit is packed, some have not left.
    Packed,
    /// Every unit left, some are under way.
    Shipped,
    /// Every unit arrived, or will not any more. Terminal.
    Delivered,
    /// Nothing is left to do here. Terminal.
    Cancelled,
}

impl FulfillmentStatus {
    /// Every status, in the order of the work.
    pub const ALL: [Self; 8] = [
        Self::Approved,
        Self::Picking,
        Self::Picked,
        Self::Packing,
        Self::Packed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    /// The status as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Picking => "picking",
            Self::Picked => "picked",
            Self::Packing => "packing",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// True when no edge leaves the status.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Delivered | Self::Cancelled)
    }

    /// What this fulfillment says about the order; a cancelled one says nothing.
    #[must_use]
    pub const fn as_order_status(self) -> Option<OrderStatus> {
        match self {
            Self::Approved => Some(OrderStatus::Approved),
            Self::Picking => Some(OrderStatus::Picking),
            Self::Picked => Some(OrderStatus::Picked),
            Self::Packing => Some(OrderStatus::Packing),
            Self::Packed => Some(OrderStatus::Packed),
            Self::Shipped => Some(OrderStatus::Shipped),
            Self::Delivered => Some(OrderStatus::Delivered),
            Self::Cancelled => None,
        }
    }
}

words! { FulfillmentStatus, "fulfillment status"; }

impl std::fmt::Display for FulfillmentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How firmly the stock of a fulfillment is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Claim {
    /// Until a time, unless confirmed before.
    Tentative {
        /// When the claim ends by itself.
        expires_at: Timestamp,
    },
    /// Until consumed or released.
    Confirmed,
    /// It ended by itself; the units went back to open.
    Expired,
}

/// The work on an order at one hub: its share of the lines, and the parcels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fulfillment {
    /// The number of the fulfillment in its order, from 1.
    pub id: FulfillmentId,
    /// Where the work happens and the stock is reserved.
    pub hub: HubId,
    /// How far the work is.
    pub status: FulfillmentStatus,
    /// Since when it is so far; not known of work that an earlier release stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_since: Option<Timestamp>,
    /// How firmly the stock is claimed.
    pub claim: Claim,
    /// The hub's day whose capacity it takes up, where the hub has a bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<LocalDate>,
    /// Its share of the order's lines, by line id.
    pub lines: Vec<FulfillmentLine>,
    /// Parcels that left, by shipment id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipments: Vec<Shipment>,
}

/// The share of one order line in one fulfillment. Every unit is in exactly one bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FulfillmentLine {
    /// The line of the order.
    pub line: LineId,
    /// What to pick.
    pub sku: Sku,
    /// Claimed and still on the shelf.
    #[serde(default, skip_serializing_if = "no_units")]
    pub reserved: Units,
    /// Taken from the shelf.
    #[serde(default, skip_serializing_if = "no_units")]
    pub picked: Units,
    /// In a parcel.
    #[serde(default, skip_serializing_if = "no_units")]
    pub packed: Units,
    /// Handed to the carrier, not yet arrived.
    #[serde(default, skip_serializing_if = "no_units")]
    pub shipped: Units,
    /// Arrived, and kept.
    #[serde(default, skip_serializing_if = "no_units")]
    pub delivered: Units,
    /// Arrived and came back, or never arrived.
    #[serde(default, skip_serializing_if = "no_units")]
    pub returned: Units,
}

/// A parcel that left a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Shipment {
    /// The number of the shipment in its order, from 1.
    pub id: ShipmentId,
    /// Who carries it and how to follow it.
    pub tracking: Tracking,
    /// What is in it.
    pub lines: Vec<(LineId, Quantity)>,
    /// When it left.
    pub shipped_at: Timestamp,
    /// When it arrived, or was taken for arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
    /// When it was known that it will not arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
}

impl Shipment {
    /// True while the carrier has it: nothing says that it arrived or will not.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.delivered_at.is_none() && self.failed_at.is_none()
    }
}

impl Fulfillment {
    /// True while a parcel may turn out to be lost: it is under way, or was taken for arrived and
    /// none of its units need have come back.
    pub(super) fn may_be_lost(&self, parcel: &Shipment) -> bool {
        let kept = |(line, quantity): &(LineId, Quantity)| {
            let share = self.line(*line);
            share.is_some_and(|share| share.delivered >= Units::from(*quantity))
        };
        parcel.is_under_way() || (parcel.failed_at.is_none() && parcel.lines.iter().all(kept))
    }
}

/// Carrier, service and tracking number of a parcel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tracking {
    /// The carrier's name or code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Name>,
    /// The carrier's service, such as express.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Name>,
    /// The tracking number, as the carrier gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<ExternalId>,
    /// Where a person can follow the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Link>,
}
