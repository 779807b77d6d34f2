//! Sales channels: from the bytes a channel sent to a draft and the state it says the order is in.
//!
//! Everything here is pure: bytes in, values out; the host fetches, verifies signatures and
//! stores. [`read_orders`] reads orders of Shopify (Admin REST and GraphQL), WooCommerce (REST v3),
//! Amazon (Orders v0 and 2026-01-01), eBay (Fulfillment v1) and plain JSON;
//! [`read_amazon_orders`] joins Amazon's separate answers, [`read_notice`] reads pings and the
//! like, [`csv`] reads plain files. Amounts are never rounded without a [`ChannelWarning`], ids
//! stay as sent, and the channel's stated total is kept as the truth: where the parts do not add up
//! to it, a [`ChannelWarning`] says by how much.

pub mod amazon;
mod attributes;
mod bag;
mod check;
mod contract;
pub mod csv;
pub mod ebay;
mod error;
mod fields;
mod format;
mod history;
mod incoming;
mod json;
mod line_price;
mod money_since;
mod newest;
mod notice;
mod on_hold;
mod order_parts;
pub mod outbound;
mod own;
mod people;
mod plain;
mod registry;
pub mod shopify;
#[cfg(feature = "signatures")]
pub mod signature;
mod since;
mod sold;
pub mod status;
pub mod sync;
mod warning;
pub mod woocommerce;

pub use amazon::{Amazon, AmazonOrders, read_amazon_orders};
pub use check::computed_total;
pub use contract::Channel;
pub use ebay::Ebay;
pub use error::{ChannelError, ChannelErrorKind, OrderAt};
pub use format::{Format, detect, read_orders};
pub use history::{ChannelCustomer, History, LineHistory, PastRefund};
pub use incoming::{
    ChannelState, FinancialState, FulfillmentState, Incoming, ORDER_NUMBER, Suggestion, Why,
};
pub use money_since::{paid_reference, refund_reference};
pub use newest::CHANGED_AT;
pub use notice::{Notice, read_notice};
pub use outbound::{
    Answer, CancelCause, CancelUpdate, CannotCause, CannotExpress, ChannelRefusal,
    ChannelRefusalKind, FeedStep, ItemQuantity, ItemStock, Method, OrderFacts, Outgoing,
    ParcelUpdate, PaymentFacts, Reads, RefundCause, RefundLine, RefundUpdate, Repeat, Request,
    Response, RetryWhy, ShipUpdate, Throttle, Update, UpdateKind, WorkFacts, WorkLine, WorkRest,
};
pub use registry::{Channels, RegistryError};
pub use shopify::{Shopify, ShopifyGraphql};
pub use sold::SOLD_UNITS;
pub use status::{
    Ambiguity, Choice, Inbound, LineMove, LineMoveKind, LineReport, LineView, Loss, NoChange,
    ParcelReport, PersonCause, RefundReport, Remark, Says, Settle, StatusPolicy, StatusPolicyError,
    StatusReport, StatusWord, Target, View, Vocabulary,
};
pub use sync::{
    Arrival, Fetch, PageItem, PageProblem, SyncKind, SyncPage, SyncSettings, SyncSettingsError,
    SyncState, SyncStep, SyncWalk, Taken, arrival,
};
pub use warning::ChannelWarning;
pub use woocommerce::WooCommerce;
