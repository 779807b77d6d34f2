//! The catalogue: SKUs, sales channels, and how a channel names a SKU.

use serde::{Deserialize, Serialize};

use crate::value::{ChannelId, ExternalId, Name, Sku, Title, UnitPrice};

/// Something that can be stocked and sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its SKU.
    pub sku: Sku,
    /// Its name for people.
    pub title: Title,
    /// Its list price, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_price: Option<UnitPrice>,
    /// Only active SKUs can be ordered.
    pub active: bool,
}

impl Product {
    /// An active SKU without a list price.
    #[must_use]
    pub const fn new(sku: Sku, title: Title) -> Self {
        Self {
            sku,
            title,
            list_price: None,
            active: true,
        }
    }
}

/// Where orders come from: a web shop, a marketplace, a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SalesChannel {
    /// Its id, chosen by the tenant.
    pub id: ChannelId,
    /// Its name for people.
    pub name: Name,
    /// Only active channels can place orders.
    pub active: bool,
}

impl SalesChannel {
    /// An active channel.
    #[must_use]
    pub const fn new(id: ChannelId, name: Name) -> Self {
        Self {
            id,
            name,
            active: true,
        }
    }
}

/// A channel's own name for a SKU.
///
/// A name that is not [`active`](Self::active) was taken back: orders that use it are placed as if
/// nobody had said what it is. Its history stays, so it is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkuMapping {
    /// The channel.
    pub channel: ChannelId,
    /// What the channel calls it, as sent.
    pub external: ExternalId,
    /// What it is.
    pub sku: Sku,
    /// Only active names count.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub active: bool,
}

impl SkuMapping {
    /// An active name.
    #[must_use]
    pub const fn new(channel: ChannelId, external: ExternalId, sku: Sku) -> Self {
        Self {
            channel,
            external,
            sku,
            active: true,
        }
    }
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_yes(flag: &bool) -> bool {
    *flag
}
