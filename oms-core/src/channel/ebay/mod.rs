//! eBay Sell Fulfillment v1.

mod channel;
mod outbound;
mod status;
mod sync;

pub use channel::Ebay;
