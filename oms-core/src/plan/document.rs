//! Documents: versioned values with index columns, the first of the few shapes a store knows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::order::OrderStatus;
use crate::value::{
    ChannelId, ContactId, CustomerId, ExternalId, FulfillmentId, HubId, LocalDate, OrderId,
    OrderNumber, PayloadId, Sku, Timestamp, TransferId, Version,
};

/// The kind of a document; stores may keep each kind in a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// The tenant's settings.
    Settings,
    /// A sales channel.
    Channel,
    /// A hub.
    Hub,
    /// A SKU of the catalogue.
    Product,
    /// A channel's own name for a SKU.
    SkuMapping,
    /// A customer.
    Customer,
    /// An erasable contact.
    Contact,
    /// The head of an order.
    Order,
    /// One fulfillment of an order.
    Fulfillment,
    /// What a source sent, erasable.
    Payload,
    /// Why the hub of an order was chosen.
    Explanation,
    /// A document of the host's own.
    Host,
    /// The tenant's delivery zones.
    Zones,
    /// The delivery slots of a hub on a day.
    Slots,
    /// A transfer of stock between hubs.
    Transfer,
}

impl DocumentKind {
    /// True for what belongs to the tenant's catalogue: settings, channels, hubs, zones, SKUs
    /// and their names on channels. All of it together has a version:
    /// [`Snapshot::catalogue`](crate::plan::Snapshot::catalogue).
    #[must_use]
    pub const fn is_catalogue(self) -> bool {
        match self {
            Self::Settings
            | Self::Channel
            | Self::Hub
            | Self::Product
            | Self::SkuMapping
            | Self::Zones => true,
            Self::Customer
            | Self::Contact
            | Self::Order
            | Self::Fulfillment
            | Self::Payload
            | Self::Explanation
            | Self::Host
            | Self::Slots
            | Self::Transfer => false,
        }
    }
}

/// What identifies a document within a tenant. The order of keys is the order in which stores lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKey {
    /// The tenant's settings.
    Settings,
    /// A sales channel.
    Channel(ChannelId),
    /// A hub.
    Hub(HubId),
    /// A SKU of the catalogue.
    Product(Sku),
    /// A channel's own name for a SKU.
    SkuMapping(ChannelId, ExternalId),
    /// A customer.
    Customer(CustomerId),
    /// An erasable contact.
    Contact(ContactId),
    /// The head of an order.
    Order(OrderId),
    /// One fulfillment of an order.
    Fulfillment(OrderId, FulfillmentId),
    /// What a source sent, erasable.
    Payload(PayloadId),
    /// Why the hub of an order was chosen, by order and the version of the order that it made.
    Explanation(OrderId, Version),
    /// A document of the host's own: a kind and an id.
    Host(ExternalId, ExternalId),
    /// The tenant's delivery zones.
    Zones,
    /// The delivery slots of a hub on one of its days.
    Slots(HubId, LocalDate),
    /// A transfer of stock between hubs.
    Transfer(TransferId),
}

impl DocumentKey {
    /// The kind of document the key names.
    #[must_use]
    pub const fn kind(&self) -> DocumentKind {
        match self {
            Self::Settings => DocumentKind::Settings,
            Self::Channel(_) => DocumentKind::Channel,
            Self::Hub(_) => DocumentKind::Hub,
            Self::Product(_) => DocumentKind::Product,
            Self::SkuMapping(..) => DocumentKind::SkuMapping,
            Self::Customer(_) => DocumentKind::Customer,
            Self::Contact(_) => DocumentKind::Contact,
            Self::Order(_) => DocumentKind::Order,
            Self::Fulfillment(..) => DocumentKind::Fulfillment,
            Self::Payload(_) => DocumentKind::Payload,
            Self::Explanation(..) => DocumentKind::Explanation,
            Self::Host(..) => DocumentKind::Host,
            Self::Zones => DocumentKind::Zones,
            Self::Slots(..) => DocumentKind::Slots,
            Self::Transfer(_) => DocumentKind::Transfer,
        }
    }
}

impl std::fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings => f.write_str("tenant settings"),
            Self::Channel(id) => write!(f, "channel {id}"),
            Self::Hub(id) => write!(f, "hub {id}"),
            Self::Product(sku) => write!(f, "SKU {sku}"),
            Self::SkuMapping(channel, external) => write!(f, "SKU {external} of {channel}"),
            Self::Customer(id) => write!(f, "customer {id}"),
            Self::Contact(id) => write!(f, "contact {id}"),
            Self::Order(id) => write!(f, "order {id}"),
            Self::Fulfillment(order, id) => write!(f, "fulfillment {id} of order {order}"),
            Self::Payload(id) => write!(f, "payload {id}"),
            Self::Explanation(order, version) => {
                write!(f, "hub choice of order {order} at version {version}")
            }
            Self::Host(kind, id) => write!(f, "{kind} {id}"),
            Self::Zones => f.write_str("delivery zones"),
            Self::Slots(hub, date) => write!(f, "delivery slots of {hub} on {date}"),
            Self::Transfer(id) => write!(f, "transfer {id}"),
        }
    }
}

/// What can be switched on and off: what is off is not used for anything new.
///
/// It is written as the [`DocumentKey`] of the same document is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switchable {
    /// A sales channel.
    Channel(ChannelId),
    /// A hub.
    Hub(HubId),
    /// A SKU of the catalogue.
    Product(Sku),
    /// A channel's own name for a SKU.
    SkuMapping(ChannelId, ExternalId),
    /// A customer.
    Customer(CustomerId),
}

impl From<Switchable> for DocumentKey {
    fn from(what: Switchable) -> Self {
        match what {
            Switchable::Channel(id) => Self::Channel(id),
            Switchable::Hub(id) => Self::Hub(id),
            Switchable::Product(sku) => Self::Product(sku),
            Switchable::SkuMapping(channel, external) => Self::SkuMapping(channel, external),
            Switchable::Customer(id) => Self::Customer(id),
        }
    }
}

/// The columns a store can filter and sort a document by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Index {
    /// None.
    #[default]
    None,
    /// Whether it may be used: hubs, SKUs, SKU mappings, channels, customers.
    Active(bool),
    /// Whose personal data it is: contacts, payloads and documents of the host's own. Erasing the
    /// customer writes a tombstone over them.
    Personal {
        /// The customer, if known.
        customer: Option<CustomerId>,
        /// The order it was given for, if any.
        order: Option<OrderId>,
    },
    /// What people look for in orders.
    Order(OrderIndex),
}

/// What people look for in orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderIndex {
    /// The number people use.
    pub number: OrderNumber,
    /// The status people see.
    pub status: OrderStatus,
    /// When it was stored; lists are sorted by this, then by id.
    pub placed_at: Timestamp,
    /// When the order's own state was entered, for finding stuck orders.
    pub state_since: Timestamp,
    /// The channel.
    pub channel: ChannelId,
    /// The customer, if known.
    pub customer: Option<CustomerId>,
    /// When the buyer was promised it, or when its delivery slot is over.
    pub promised_by: Option<Timestamp>,
}

/// What must be true of a document before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// It does not exist.
    Absent,
    /// It is at this version.
    Version(Version),
}

/// The new body of a document.
///
/// Its `Debug` tells how long the JSON is, not what it says: people's data may be in it, and
/// `Debug` may reach a log.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// This JSON, in this version of its schema.
    Write {
        /// The version of the schema.
        schema: u16,
        /// The JSON.
        json: Arc<str>,
    },
    /// As it is; only version and index columns change, so a large body is not written again.
    Keep,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Write { schema, json } => f
                .debug_struct("Write")
                .field("schema", schema)
                .field("json", &format_args!("{} bytes", json.len()))
                .finish(),
            Self::Keep => f.write_str("Keep"),
        }
    }
}

/// A document to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentWrite {
    /// Which document.
    pub key: DocumentKey,
    /// What must be true before.
    pub expected: Expected,
    /// Its version afterwards, above the expected one.
    pub version: Version,
    /// Its new body.
    pub body: Body,
    /// Its index columns afterwards.
    pub index: Index,
}

/// A document as stored.
///
/// Its `Debug` tells how long the JSON is, not what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Which document.
    pub key: DocumentKey,
    /// Its version.
    pub version: Version,
    /// The version of the body's schema.
    pub schema: u16,
    /// The body.
    pub json: Arc<str>,
    /// Its index columns.
    pub index: Index,
}

impl std::fmt::Debug for StoredDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredDocument")
            .field("key", &self.key)
            .field("version", &self.version)
            .field("schema", &self.schema)
            .field("json", &format_args!("{} bytes", self.json.len()))
            .field("index", &self.index)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{DocumentKey, Switchable};
    use crate::testing::build;

    #[test]
    fn what_can_be_switched_is_written_as_its_document_is() {
        for what in [
            Switchable::Channel(build::channel("desk")),
            Switchable::Hub(build::hub("north")),
            Switchable::Product(build::sku("TEA")),
            Switchable::SkuMapping(build::channel("desk"), build::external("T-1")),
            Switchable::Customer(build::customer_id(1)),
        ] {
            let json = serde_json::to_string(&what).unwrap();
            let key = DocumentKey::from(what.clone());
            assert_eq!(json, serde_json::to_string(&key).unwrap());
            assert_eq!(serde_json::from_str::<Switchable>(&json).unwrap(), what);
        }
    }
}
