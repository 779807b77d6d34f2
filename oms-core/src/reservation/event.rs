//! What happened to claims that are not told in an order's own stream.

use serde::{Deserialize, Serialize};

use crate::reservation::ReservationKey;
use crate::value::{HubId, LineId, Quantity, Sku, Timestamp};

/// Units of one line at one hub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReservedUnits {
    /// The owner's line.
    pub line: LineId,
    /// Where the stock is.
    pub hub: HubId,
    /// What is claimed.
    pub sku: Sku,
    /// How many units.
    pub quantity: Quantity,
}

impl ReservedUnits {
    /// Units of the reservation `key`.
    #[must_use]
    pub fn of(key: &ReservationKey, quantity: Quantity) -> Self {
        Self {
            line: key.line,
            hub: key.hub.clone(),
            sku: key.sku.clone(),
            quantity,
        }
    }
}

/// What happened to the claims of one owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum ReservationEvent {
    /// Units were claimed.
    Reserved {
        /// Which.
        units: Vec<ReservedUnits>,
        /// When the claim ends by itself; `None` when it is confirmed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Tentative units became confirmed.
    Confirmed {
        /// Which.
        units: Vec<ReservedUnits>,
    },
    /// Units were given back.
    Released {
        /// Which.
        units: Vec<ReservedUnits>,
    },
    /// Units left the hub.
    Consumed {
        /// Which.
        units: Vec<ReservedUnits>,
    },
    /// Tentative units ended by themselves.
    Expired {
        /// Which.
        units: Vec<ReservedUnits>,
    },
}

impl ReservationEvent {
    /// The version of the body's schema that this release writes.
    pub const SCHEMA: u16 = 1;

    /// The name in the envelope.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reserved { .. } => "reservation.reserved",
            Self::Confirmed { .. } => "reservation.confirmed",
            Self::Released { .. } => "reservation.released",
            Self::Consumed { .. } => "reservation.consumed",
            Self::Expired { .. } => "reservation.expired",
        }
    }
}
