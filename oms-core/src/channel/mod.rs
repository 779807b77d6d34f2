//! Sales channels: from the bytes a channel sent to a draft and the state it says the order is in.
//!
//! Everything here is pure: bytes in, values out; the host fetches, verifies signatures and
//! stores. [`read_orders`] reads orders of Shopify (Admin REST and GraphQL), WooCommerce (REST v3),
//! Amazon (Orders v0 and 2026-01-01), eBay (Fulfillment v1) and plain JSON;
//! [`read_amazon_orders`] joins Amazon's separate answers, [`read_notice`] reads pings and the
//! like, [`csv`] reads plain files. Amounts are never rounded on the way in, ids stay as sent, and
//! the channel's stated total is kept as the truth: where the parts do not add up to it, a
//! [`ChannelWarning`] says by how much.

mod amazon;
mod attributes;
mod bag;
mod check;
pub mod csv;
mod ebay;
mod error;
mod fields;
mod format;
mod history;
mod incoming;
mod json;
mod line_price;
mod notice;
mod order_parts;
mod people;
mod plain;
mod shopify;
mod warning;
mod woocommerce;

pub use amazon::{AmazonOrders, read_amazon_orders};
pub use check::computed_total;
pub use error::{ChannelError, ChannelErrorKind, OrderAt};
pub use format::{Format, detect, read_orders};
pub use history::{ChannelCustomer, History, LineHistory, PastRefund};
pub use incoming::{ChannelState, FinancialState, FulfillmentState, Incoming, Suggestion, Why};
pub use notice::{Notice, read_notice};
pub use warning::ChannelWarning;
