//! Where an order came from.

use serde::{Deserialize, Serialize};

use crate::order::Head;
use crate::value::{ChannelId, ExternalId};

/// The way an order reached the seller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A sales channel such as a marketplace or web shop.
    Channel,
    /// A point of sale.
    PointOfSale,
    /// Typed in by a person.
    Manual,
}

/// The source of an order: its kind, and the channel it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    /// The way it came in.
    pub kind: SourceKind,
    /// The channel, one of the tenant's.
    pub channel: ChannelId,
}

impl Source {
    /// An order of `channel` that came in the way `kind` says.
    #[must_use]
    pub const fn new(kind: SourceKind, channel: ChannelId) -> Self {
        Self { kind, channel }
    }
}

/// A name another system knows the order by, kept exactly as that system sent it.
///
/// Unique per tenant, channel and kind: a second order with the same reference is the same order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExternalReference {
    /// What the id names: `order` is the channel's own order id; others are host-defined.
    pub kind: ExternalId,
    /// The id, as sent.
    pub id: ExternalId,
}

impl Head {
    /// The id that the channel keeps the order under; `None` for an order that began here.
    pub(crate) fn channel_id(&self) -> Option<&ExternalId> {
        let mut named = self.external.iter();
        let named = named.find(|reference| reference.kind.as_str() == "order")?;
        Some(&named.id)
    }
}
