//! Sales channels: from the bytes a channel sent to a draft and the state it says the order is in.
//!
//! Everything here is pure: bytes in, values out; the host fetches, verifies signatures and
//! stores. [`read_orders`] reads Shopify (Admin REST) and WooCommerce (REST v3) orders,
//! [`csv`] reads plain files. Amounts are never rounded on the way in, ids stay as sent, and the
//! channel's stated total is kept as the truth: where the parts do not add up to it, a
//! [`ChannelWarning`] says by how much.

pub mod amazon;
mod attributes;
mod check;
mod contract;
pub mod csv;
pub mod ebay;
mod error;
mod fields;
mod format;
mod incoming;
mod json;
mod order_parts;
pub mod outbound;
mod own;
mod registry;
pub mod shopify;
#[cfg(feature = "signatures")]
pub mod signature;
pub mod status;
pub mod sync;
mod warning;
pub mod woocommerce;

pub use amazon::Amazon;
pub use check::computed_total;
pub use contract::Channel;
pub use ebay::Ebay;
pub use error::{ChannelError, ChannelErrorKind, OrderAt};
pub use format::{Format, detect, read_orders};
pub use incoming::{ChannelState, FinancialState, FulfillmentState, Incoming, Suggestion, Why};
pub use outbound::{
    Answer, CancelCause, CancelUpdate, CannotCause, CannotExpress, FeedStep, ItemQuantity, Method,
    OrderFacts, Outgoing, ParcelUpdate, PaymentFacts, Reads, RefundCause, RefundLine, RefundUpdate,
    Refusal, RefusalKind, Repeat, Request, Response, RetryWhy, ShipUpdate, StockLevel, Throttle,
    Update, UpdateKind, WorkFacts, WorkLine,
};
pub use registry::{Channels, RegistryError};
pub use shopify::Shopify;
pub use status::{
    Ambiguity, Choice, Inbound, LineChange, LineChangeKind, LineReport, LineView, Loss, NoChange,
    Notice, ParcelReport, PersonCause, PolicyError, Says, Settle, StatusPolicy, StatusReport,
    StatusWord, Target, View, Vocabulary,
};
pub use sync::{
    Arrival, Fetch, Page, PageItem, PageProblem, Sync, SyncKind, SyncSettings, SyncSettingsError,
    SyncState, SyncStep, Taken, arrival,
};
pub use warning::ChannelWarning;
pub use woocommerce::WooCommerce;
