//! Amazon Selling Partner API: Orders v0 and 2026-01-01.

mod channel;
mod feed;
mod outbound;
mod status;
mod sync;

pub use channel::Amazon;
