//! Whom a reservation is for.

use serde::{Deserialize, Serialize};

use crate::event::{StreamId, StreamKind};
use crate::value::{CartId, ExternalId, OrderId};

/// Whom a reservation is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// An order.
    Order(OrderId),
    /// A cart. As with [`Host`](Self::Host), a buyer's next cart is another one.
    Cart(CartId),
    /// Something of the host's own: one sale at a till, not the till. Nothing of an owner is ever
    /// deleted, and each command on its claims reads all that it ever claimed, so one that is used
    /// again and again grows slower with every sale.
    Host(ExternalId),
}

impl Owner {
    /// The order, if the owner is one.
    #[must_use]
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Order(id) => Some(*id),
            Self::Cart(_) | Self::Host(_) => None,
        }
    }

    /// The stream that tells what happened to the owner's claims outside an order's own stream.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        StreamId::new(StreamKind::Reservation, self.to_string())
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Order(id) => write!(f, "order:{id}"),
            Self::Cart(id) => write!(f, "cart:{id}"),
            Self::Host(id) => write!(f, "host:{id}"),
        }
    }
}
