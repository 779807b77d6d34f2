//! The order's own state, and the status people see.

use serde::{Deserialize, Serialize};

use crate::order::{FulfillmentStatus, Order};
use crate::value::words;

/// The order's own state; its edges are [`ORDER_EDGES`](crate::order::ORDER_EDGES).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Taken in, not yet approved.
    Pending,
    /// Approved: work may begin or goes on.
    Open,
    /// Stopped until somebody releases it.
    OnHold,
    /// Nothing of it will be delivered. Terminal.
    Cancelled,
    /// Every unit is delivered or cancelled, or its delivery failed. Terminal.
    Closed,
}

impl OrderState {
    /// Every state, in the order of an order's life.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Open,
        Self::OnHold,
        Self::Cancelled,
        Self::Closed,
    ];

    /// The state as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Open => "open",
            Self::OnHold => "on_hold",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }

    /// True when no edge leaves the state.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Cancelled | Self::Closed)
    }
}

/// The status people see: a total function of the order's state and its fulfillments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Waits for approval.
    Pending,
    /// Stopped until released.
    OnHold,
    /// Approved, no work done.
    Approved,
    /// Some units are picked.
    Picking,
    /// All units are picked.
    Picked,
    /// Some units are packed.
    Packing,
    /// All units are packed.
    Packed,
    /// All units that were assigned to a hub have left.
    Shipped,
    /// Nothing is under way or to be done any more, and something arrived: the order is closed.
    Delivered,
    /// Nothing will be delivered.
    Cancelled,
    /// Everything that was sent came back, or never arrived.
    Returned,
}

impl OrderStatus {
    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::OnHold,
        Self::Approved,
        Self::Picking,
        Self::Picked,
        Self::Packing,
        Self::Packed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Returned,
    ];

    /// The status as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::OnHold => "on_hold",
            Self::Approved => "approved",
            Self::Picking => "picking",
            Self::Picked => "picked",
            Self::Packing => "packing",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
        }
    }

    /// The status with that name, or `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// True when the order's story is over.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Delivered | Self::Cancelled | Self::Returned)
    }
}

words! {
    OrderState, "order state";
    OrderStatus, "order status";
}

impl std::fmt::Display for OrderState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The status people see: the order's state while it stops the work, else the least advanced
/// fulfillment that is not cancelled.
///
/// It may skip or step back when a fulfillment is added or cancelled, and step back when units are
/// given up. An open order is told as `Shipped` at most: the last unit to arrive closes it, so
/// while it is open others still wait for stock, and a terminal status would take it off every
/// list of unfinished orders. `all_returned` says that every unit that was sent came back, or never
/// arrived.
#[must_use]
pub fn status(
    state: OrderState,
    fulfillments: impl IntoIterator<Item = FulfillmentStatus>,
    all_returned: bool,
) -> OrderStatus {
    match state {
        OrderState::Pending => OrderStatus::Pending,
        OrderState::OnHold => OrderStatus::OnHold,
        OrderState::Cancelled => OrderStatus::Cancelled,
        OrderState::Closed if all_returned => OrderStatus::Returned,
        OrderState::Closed => OrderStatus::Delivered,
        OrderState::Open => fulfillments
            .into_iter()
            .filter_map(FulfillmentStatus::as_order_status)
            .reduce(Ord::min)
            .map_or(OrderStatus::Approved, |least| {
                least.min(OrderStatus::Shipped)
            }),
    }
}

impl Order {
    /// The status people see.
    #[must_use]
    pub fn status(&self) -> OrderStatus {
        status(
            self.head.state,
            self.fulfillments
                .values()
                .map(|fulfillment| fulfillment.status),
            self.all_returned(),
        )
    }

    /// Whether units are still to leave, picked and packed ones included.
    pub(crate) fn is_to_leave(&self) -> bool {
        let mut works = self.fulfillments.values().flat_map(|work| &work.lines);
        self.is_to_pick() || works.any(|share| !share.picked.is_zero() || !share.packed.is_zero())
    }

    /// Whether units are still to be picked: what is picked is in somebody's hands.
    pub(crate) fn is_to_pick(&self) -> bool {
        let mut lines = self.head.lines.iter();
        let mut works = self.fulfillments.values().flat_map(|work| &work.lines);
        !self.head.state.is_terminal()
            && (lines.any(|line| !line.open.is_zero() || !line.backordered.is_zero())
                || works.any(|share| !share.reserved.is_zero()))
    }
}
