//! One line of an order: what was bought, for how much, and where its units are.

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::order::compact::{no_money, no_units, or_nothing};
use crate::value::{ExternalId, LineId, Money, Rate, Sku, Title, UnitPrice, Units};

/// What a line asks for: a SKU of the tenant's catalogue, or something nobody could identify.
///
/// As JSON a SKU of the catalogue is its text, anything else `{"unknown": "what was sent"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LineSku {
    /// A SKU of the catalogue.
    Known(Sku),
    /// Not in the catalogue; the text is what the source sent, if it sent any.
    ///
    /// Such a line reserves nothing until an edit names its SKU.
    Unknown(Option<ExternalId>),
}

/// A SKU as written at more length: it says whether it is one of the catalogue.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldSku {
    Known(Sku),
    Unknown(Option<ExternalId>),
}

impl From<ToldSku> for LineSku {
    fn from(told: ToldSku) -> Self {
        match told {
            ToldSku::Known(sku) => Self::Known(sku),
            ToldSku::Unknown(text) => Self::Unknown(text),
        }
    }
}

/// By hand, so that what is wrong with a text is told, not that no form fits.
impl<'de> Deserialize<'de> for LineSku {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AnyForm;

        impl<'de> Visitor<'de> for AnyForm {
            type Value = LineSku;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(r#"a SKU or {"unknown": "what was sent"}"#)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<LineSku, E> {
                Sku::parse(text).map(LineSku::Known).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LineSku, A::Error> {
                ToldSku::deserialize(MapAccessDeserializer::new(map)).map(LineSku::from)
            }
        }

        from.deserialize_any(AnyForm)
    }
}

impl Serialize for LineSku {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(sku) if to.is_human_readable() => sku.serialize(to),
            // Where texts are no different from names of variants, it says which it is.
            Self::Known(sku) => to.serialize_newtype_variant("LineSku", 0, "known", sku),
            Self::Unknown(text) => to.serialize_newtype_variant("LineSku", 1, "unknown", text),
        }
    }
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
#[serde(from = "Wire")]
#[non_exhaustive]
pub struct Line {
    /// The number of the line in its order.
    pub id: LineId,
    /// What was bought.
    pub sku: LineSku,
    /// The source's words for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The channel's id of the line, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_item: Option<ExternalId>,
    /// Units ordered.
    pub ordered: Units,
    /// Price of one unit before discount.
    pub unit_price: UnitPrice,
    /// Discount on the whole line, not negative.
    #[serde(skip_serializing_if = "no_money")]
    pub discount: Money,
    /// Tax on the whole line; contained in the price when the order's tax mode is inclusive.
    #[serde(skip_serializing_if = "no_money")]
    pub tax: Money,
    /// An edit stated the tax, where the source states one for the whole order: it is all that the
    /// line has, nothing included, and no share of what nobody states is added to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tax_stated: bool,
    /// The rate behind the tax, if the source or an edit named one. An edit that names none and
    /// states a tax which that rate cannot be behind, as of a buyer who is exempt, leaves none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Rate>,
    /// Not yet assigned to stock.
    #[serde(skip_serializing_if = "no_units")]
    pub open: Units,
    /// Waiting for stock, with the buyer's knowledge.
    #[serde(skip_serializing_if = "no_units")]
    pub backordered: Units,
    /// In a fulfillment.
    #[serde(skip_serializing_if = "no_units")]
    pub allocated: Units,
    /// Cancelled before they were shipped.
    #[serde(skip_serializing_if = "no_units")]
    pub cancelled: Units,
}

/// A line as written: amounts and buckets that are missing are nothing.
#[derive(Deserialize)]
struct Wire {
    id: LineId,
    sku: LineSku,
    title: Option<Title>,
    channel_item: Option<ExternalId>,
    ordered: Units,
    unit_price: UnitPrice,
    discount: Option<Money>,
    tax: Option<Money>,
    #[serde(default)]
    tax_stated: bool,
    tax_rate: Option<Rate>,
    #[serde(default)]
    open: Units,
    #[serde(default)]
    backordered: Units,
    #[serde(default)]
    allocated: Units,
    #[serde(default)]
    cancelled: Units,
}

impl From<Wire> for Line {
    fn from(wire: Wire) -> Self {
        let currency = wire.unit_price.currency();
        Self {
            id: wire.id,
            sku: wire.sku,
            title: wire.title,
            channel_item: wire.channel_item,
            ordered: wire.ordered,
            unit_price: wire.unit_price,
            discount: or_nothing(wire.discount, currency),
            tax: or_nothing(wire.tax, currency),
            tax_stated: wire.tax_stated,
            tax_rate: wire.tax_rate,
            open: wire.open,
            backordered: wire.backordered,
            allocated: wire.allocated,
            cancelled: wire.cancelled,
        }
    }
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
    /// Arrived and came back, or never arrived.
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
