//! Documents to write, with bodies that read back.

use std::sync::Arc;

use crate::catalog::{Product, SalesChannel};
use crate::customer::{Contact, ContactDocument, Customer};
use crate::hub::Hub;
use crate::order::OrderStatus;
use crate::plan::{Body, DocumentKey, DocumentWrite, Expected, Index, OrderIndex, Stored, encode};
use crate::tenant::Settings;
use crate::testing::build::values::{
    channel, contact_id, customer_id, external, hub, number, order_id, sku, version,
};
use crate::value::{Text, Timestamp, Version};

/// A document that must not exist yet; it gets version 1.
#[must_use]
pub fn create(key: DocumentKey, index: Index, json: impl Into<Arc<str>>) -> DocumentWrite {
    DocumentWrite {
        key,
        expected: Expected::Absent,
        version: version(1),
        body: Body::Write {
            schema: 1,
            json: json.into(),
        },
        index,
    }
}

fn encoded<T: Stored>(key: DocumentKey, index: Index, value: &T) -> DocumentWrite {
    DocumentWrite {
        body: encode(value),
        ..create(key, index, "")
    }
}

/// The same document, written over version `seen`; it gets the next one.
///
/// # Panics
/// If `seen` is no version.
#[must_use]
pub fn update(write: DocumentWrite, seen: u64) -> DocumentWrite {
    let seen = version(seen);
    DocumentWrite {
        expected: Expected::Version(seen),
        version: Version::next(seen),
        ..write
    }
}

/// The key of the host's own document `id`, of kind `note`.
///
/// # Panics
/// If `id` is no external id.
#[must_use]
pub fn host(id: &str) -> DocumentKey {
    DocumentKey::Host(external("note"), external(id))
}

/// The host's own document `id`, of kind `note`.
///
/// # Panics
/// If `id` is no external id.
#[must_use]
pub fn host_document(id: &str) -> DocumentWrite {
    create(host(id), Index::None, format!(r#"{{"note":"{id}"}}"#))
}

/// A tenant's default settings.
#[must_use]
pub fn settings_document() -> DocumentWrite {
    encoded(DocumentKey::Settings, Index::None, &Settings::default())
}

/// A hub.
///
/// # Panics
/// If `id` is no hub id.
#[must_use]
pub fn hub_document(id: &str, active: bool) -> DocumentWrite {
    let mut profile = Hub::new(hub(id), name(id));
    profile.active = active;
    encoded(DocumentKey::Hub(hub(id)), Index::Active(active), &profile)
}

/// A SKU of the catalogue.
///
/// # Panics
/// If `id` is no SKU.
#[must_use]
pub fn product_document(id: &str, active: bool) -> DocumentWrite {
    let mut product = Product::new(sku(id), name(id));
    product.active = active;
    encoded(
        DocumentKey::Product(sku(id)),
        Index::Active(active),
        &product,
    )
}

/// A sales channel.
///
/// # Panics
/// If `id` is no channel id.
#[must_use]
pub fn channel_document(id: &str, active: bool) -> DocumentWrite {
    let mut profile = SalesChannel::new(channel(id), name(id));
    profile.active = active;
    encoded(
        DocumentKey::Channel(channel(id)),
        Index::Active(active),
        &profile,
    )
}

/// Customer number `n`.
#[must_use]
pub fn customer_document(n: u64) -> DocumentWrite {
    let customer = Customer {
        id: customer_id(n),
        external: None,
        contact: None,
        active: true,
        erased: false,
    };
    encoded(
        DocumentKey::Customer(customer.id),
        Index::Active(true),
        &customer,
    )
}

/// Contact number `n`, erasable, of a customer or given for an order.
#[must_use]
pub fn contact_document(n: u64, customer: Option<u64>, order: Option<u64>) -> DocumentWrite {
    let (customer, order) = (customer.map(customer_id), order.map(order_id));
    let body = ContactDocument::Present {
        contact: Contact::default(),
        place: None,
        customer,
        order,
    };
    encoded(
        DocumentKey::Contact(contact_id(n)),
        Index::Personal { customer, order },
        &body,
    )
}

/// Index columns of order number `n`: pending, channel `web`, nobody's, placed at `placed_at`.
///
/// # Panics
/// If `n` is no order number.
#[must_use]
pub fn order_index(n: u64, placed_at: Timestamp) -> OrderIndex {
    OrderIndex {
        number: number(n),
        status: OrderStatus::Pending,
        placed_at,
        state_since: placed_at,
        channel: channel("web"),
        customer: None,
        promised_by: None,
    }
}

/// The head of order number `n`. Its body is a stand-in: stores do not look into it.
#[must_use]
pub fn order_document(n: u64, index: OrderIndex) -> DocumentWrite {
    create(
        DocumentKey::Order(order_id(n)),
        Index::Order(index),
        format!(r#"{{"order":{n}}}"#),
    )
}

/// What other documents may refer to: settings, channels `web` and `desk`, customers 1 and 2, hubs
/// `north` and `south`, SKUs `TEA` and `MUG`.
#[must_use]
pub fn base_documents() -> Vec<DocumentWrite> {
    vec![
        settings_document(),
        channel_document("desk", true),
        channel_document("web", true),
        hub_document("north", true),
        hub_document("south", true),
        product_document("MUG", true),
        product_document("TEA", true),
        customer_document(1),
        customer_document(2),
    ]
}

#[expect(
    clippy::expect_used,
    reason = "called with the ids of this file's callers, which are literals of a test"
)]
fn name<const MAX: usize>(id: &str) -> Text<MAX> {
    Text::parse(id).expect("an id is a name")
}
