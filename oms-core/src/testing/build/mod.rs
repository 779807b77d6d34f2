//! Short ways to write change sets and the values in them.
//!
//! Texts given here are literals of a test, so functions that parse them panic instead of answering
//! an error.
//!
//! ```
//! use oms_core::testing::build::{Change, stock};
//! use oms_core::value::Timestamp;
//!
//! let tea = stock("north", "TEA");
//! let item = Change::new("goods-in-1").receive(&tea, 10).at(Timestamp::EPOCH);
//! assert_eq!(item.stock_deltas()[&tea].on_hand, 10);
//! ```

mod change;
mod documents;
mod values;

pub use change::Change;
pub use documents::{
    base_documents, channel_document, contact_document, create, customer_document, host,
    host_document, hub_document, order_document, order_index, product_document, settings_document,
    update,
};
pub use values::{
    cart_id, change_quantity, channel, contact_id, customer_id, external, fulfillment, hub,
    idempotency_key, job, job_id, job_key, kind, line, movement, movement_id, number, order_id,
    owner_cart, owner_order, payload_id, quantity, queue, reason, reservation, schedule, sku,
    stock, stored_receipt, stream, subscriber, tenant, transfer, units, uuid, version,
};
