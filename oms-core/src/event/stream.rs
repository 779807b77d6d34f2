//! Streams: events of one aggregate, in one gapless order.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::value::{ChannelId, CustomerId, ExternalId, HubId, LocalDate, OrderId, Sku, TransferId};

/// What an event stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// One order, with its fulfillments and shipments.
    Order,
    /// The stock claims of one owner that are not told in an order's own stream.
    Reservation,
    /// How a stock row is kept: safety and incoming stock. What is on hand is told by its
    /// movements, what is reserved by the reservations.
    Stock,
    /// One hub.
    Hub,
    /// One stock keeping unit.
    Sku,
    /// What a channel calls a SKU.
    SkuMapping,
    /// One sales channel.
    Channel,
    /// One customer.
    Customer,
    /// The delivery slots of a hub on one of its days.
    Slots,
    /// One transfer of stock between hubs.
    Transfer,
    /// What a tenant has one of: its settings, its delivery zones.
    Tenant,
    /// An aggregate of the host's own.
    Host,
}

impl StreamKind {
    /// The kind as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Reservation => "reservation",
            Self::Stock => "stock",
            Self::Hub => "hub",
            Self::Sku => "sku",
            Self::SkuMapping => "sku_mapping",
            Self::Channel => "channel",
            Self::Customer => "customer",
            Self::Slots => "slots",
            Self::Transfer => "transfer",
            Self::Tenant => "tenant",
            Self::Host => "host",
        }
    }
}

impl std::fmt::Display for StreamKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a stream: a kind and the aggregate's id as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// What the stream is about.
    pub kind: StreamKind,
    /// The id of the aggregate within the tenant.
    pub id: Arc<str>,
}

impl StreamId {
    /// A stream of `kind` for the aggregate `id`.
    #[must_use]
    pub fn new(kind: StreamKind, id: impl Into<Arc<str>>) -> Self {
        Self {
            kind,
            id: id.into(),
        }
    }

    /// The stream of an order.
    #[must_use]
    pub fn order(id: OrderId) -> Self {
        let mut buffer = Uuid::encode_buffer();
        let text: &str = id.as_uuid().hyphenated().encode_lower(&mut buffer);
        Self::new(StreamKind::Order, text)
    }

    /// Whether it is the stream of this order.
    pub(crate) fn is_of(&self, id: OrderId) -> bool {
        let mut buffer = Uuid::encode_buffer();
        let text: &str = id.as_uuid().hyphenated().encode_lower(&mut buffer);
        self.kind == StreamKind::Order && *self.id == *text
    }

    /// The stream of a hub.
    #[must_use]
    pub fn hub(id: &HubId) -> Self {
        Self::new(StreamKind::Hub, id.as_str())
    }

    /// The stream of a SKU.
    #[must_use]
    pub fn sku(id: &Sku) -> Self {
        Self::new(StreamKind::Sku, id.as_str())
    }

    /// The stream of what a channel calls a SKU: `channel/external`. A slash or percent sign in the
    /// id of the channel is percent-encoded, so that no two pairs have the same stream.
    #[must_use]
    pub fn sku_mapping(channel: &ChannelId, external: &ExternalId) -> Self {
        let channel = first_of(channel.as_str());
        Self::new(StreamKind::SkuMapping, format!("{channel}/{external}"))
    }

    /// The stream of a stock row: `hub/SKU`. A slash or percent sign in the id of the hub is
    /// percent-encoded, so that no two rows have the same stream.
    #[must_use]
    pub fn stock(hub: &HubId, sku: &Sku) -> Self {
        let hub = first_of(hub.as_str());
        Self::new(StreamKind::Stock, format!("{hub}/{sku}"))
    }

    /// The stream of a channel.
    #[must_use]
    pub fn channel(id: &ChannelId) -> Self {
        Self::new(StreamKind::Channel, id.as_str())
    }

    /// The stream of a customer.
    #[must_use]
    pub fn customer(id: CustomerId) -> Self {
        Self::new(StreamKind::Customer, id.to_string())
    }

    /// The stream of the delivery slots of a hub on a day: `hub/2026-12-24`.
    #[must_use]
    pub fn slots(hub: &HubId, date: LocalDate) -> Self {
        Self::new(StreamKind::Slots, format!("{hub}/{date}"))
    }

    /// The stream of a transfer.
    #[must_use]
    pub fn transfer(id: &TransferId) -> Self {
        Self::new(StreamKind::Transfer, id.as_str())
    }

    /// The stream of the tenant's own settings.
    #[must_use]
    pub fn tenant() -> Self {
        Self::new(StreamKind::Tenant, "settings")
    }

    /// The stream of the tenant's delivery zones.
    #[must_use]
    pub fn zones() -> Self {
        Self::new(StreamKind::Tenant, "zones")
    }
}

/// An id in front of a slash and another one.
fn first_of(id: &str) -> String {
    id.replace('%', "%25").replace('/', "%2F")
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_an_order_has_the_text_of_its_id() {
        let ids = [0, 1, u128::MAX, 0x0190_abcd_ef01_7000_8000_0000_0000_000f];
        let ids = ids.map(|id| OrderId::from_uuid(Uuid::from_u128(id)));
        for id in ids {
            let stream = StreamId::order(id);
            assert_eq!(stream, StreamId::new(StreamKind::Order, id.to_string()));
            assert_eq!(stream.to_string(), format!("order/{id}"));
            for other in ids {
                assert_eq!(stream.is_of(other), other == id, "{stream} {other}");
                assert_eq!(stream.is_of(other), stream == StreamId::order(other));
            }
            let of_another_kind = StreamId::new(StreamKind::Customer, id.to_string());
            assert!(!of_another_kind.is_of(id));
        }
    }
}
