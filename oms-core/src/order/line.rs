//! One line of an order: what was bought, for how much, and where its units are.

use serde::{Deserialize, Serialize};

use crate::value::{ExternalId, LineId, Money, Rate, Sku, Title, UnitPrice, Units};

/// What a line asks for: a SKU of the tenant's catalogue, or something nobody could identify.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineSku {
    /// A SKU of the catalogue.
    Known(Sku),
    /// Not in the catalogue; the text is what the source sent, if it sent any.
    ///
    /// Such a line reserves nothing until an edit names its SKU.
    Unknown(Option<ExternalId>),
}

impl LineSku {
    /// The SKU, if the catalogue knows it.
    #[must_use]
    pub const fn known(&self) -> Option<&Sku> {
        match self {
            Self::Known(sku) => Some(sku),
            Self::Unknown(_) => None,
        }
    }
}

impl std::fmt::Display for LineSku {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(sku) => write!(f, "{sku}"),
            Self::Unknown(Some(text)) => write!(f, "{text} (unknown)"),
            Self::Unknown(None) => f.write_str("(no SKU)"),
        }
    }
}

/// A line of a stored order.
///
/// `ordered = open + backordered + allocated + cancelled` always; the allocated units are spread
/// over the fulfillments, see [`LineQuantities`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Line {
    /// The number of the line in its order.
    pub id: LineId,
    /// What was bought.
    pub sku: LineSku,
    /// The source's words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The channel's id of the line, as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_item: Option<ExternalId>,
    /// Units ordered.
    pub ordered: Units,
    /// Price of one unit before discount.
    pub unit_price: UnitPrice,
    /// Discount on the whole line, not negative.
    pub discount: Money,
    /// Tax on the whole line; contained in the price when the order's tax mode is inclusive.
    pub tax: Money,
    /// The rate behind the tax, if the source named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Rate>,
    /// Not yet assigned to stock.
    pub open: Units,
    /// Waiting for stock, with the buyer's knowledge.
    pub backordered: Units,
    /// In a fulfillment.
    pub allocated: Units,
    /// Cancelled before they were shipped.
    pub cancelled: Units,
}

/// Where the units of a line are. Their sum is what was ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LineQuantities {
    /// Units ordered.
    pub ordered: Units,
    /// Not yet assigned to stock.
    pub open: Units,
    /// Waiting for stock.
    pub backordered: Units,
    /// Claimed at a hub.
    pub reserved: Units,
    /// Taken from the shelf.
    pub picked: Units,
    /// In a parcel.
    pub packed: Units,
    /// With the carrier.
    pub shipped: Units,
    /// Arrived and kept.
    pub delivered: Units,
    /// Cancelled.
    pub cancelled: Units,
    /// Arrived and came back.
    pub returned: Units,
}

impl LineQuantities {
    /// True when every unit is in exactly one bucket (invariant I3).
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        let buckets = [
            self.open,
            self.backordered,
            self.reserved,
            self.picked,
            self.packed,
            self.shipped,
            self.delivered,
            self.cancelled,
            self.returned,
        ];
        Units::try_sum(buckets) == Some(self.ordered)
    }
}
