//! Movements: every physical change of on-hand stock, and nothing else.

use serde::{Deserialize, Serialize};

use crate::event::Origin;
use crate::stock::StockKey;
use crate::value::{MovementId, OrderId, Reason, Timestamp, TransferId, words};

/// Why stock moved physically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Goods came in.
    Received,
    /// Goods were taken out, not for an order.
    Issued,
    /// A correction, up or down.
    Adjusted,
    /// The difference a count found.
    Counted,
    /// Goods became unsaleable.
    Damaged,
    /// Goods left for a buyer.
    Shipped,
    /// Goods left for another hub.
    TransferredOut,
    /// Goods that left another hub were to arrive.
    TransferredIn,
    /// Of goods from another hub fewer or more arrived.
    TransferDifference,
}

impl MovementKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Issued,
        Self::Adjusted,
        Self::Counted,
        Self::Damaged,
        Self::Shipped,
        Self::TransferredOut,
        Self::TransferredIn,
        Self::TransferDifference,
    ];

    /// The kind as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Issued => "issued",
            Self::Adjusted => "adjusted",
            Self::Counted => "counted",
            Self::Damaged => "damaged",
            Self::Shipped => "shipped",
            Self::TransferredOut => "transferred_out",
            Self::TransferredIn => "transferred_in",
            Self::TransferDifference => "transfer_difference",
        }
    }

    /// True when the movement may not take goods that are reserved.
    ///
    /// What is a fact already (a count, damage, a correction, a parcel that left with the goods
    /// reserved for it) is accepted whatever is reserved. But nothing takes more than is on hand:
    /// where a count or damage took goods off the row that were picked or packed and had not left,
    /// their parcel is refused until they are counted in again.
    #[must_use]
    pub const fn spares_reserved(self) -> bool {
        matches!(self, Self::Issued | Self::TransferredOut)
    }
}

words! { MovementKind, "movement kind"; }

impl std::fmt::Display for MovementKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A movement that a change set asks the store to record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementDraft {
    /// Its id.
    pub id: MovementId,
    /// What moved, where.
    pub stock: StockKey,
    /// Why.
    pub kind: MovementKind,
    /// Change of on hand, in units; zero only for a count that found what was expected.
    pub delta: i64,
    /// The order it was for, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The transfer it was of, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferId>,
    /// Why, in the actor's words; always given for movements that are not for an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// A recorded movement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// What moved.
    #[serde(flatten)]
    pub draft: MovementDraft,
    /// By whom and by which request.
    pub origin: Origin,
    /// When the change was planned, by the store's clock.
    pub at: Timestamp,
}
