//! Sales channels: one binary, since every one of them takes its time to link.

#![cfg(feature = "channels")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm
)]

mod cancelling;
mod conformance;
mod csv;
mod examples;
mod graphql;
mod hostile;
mod intake;
mod marketplaces;
mod outbound;
mod samples;
mod shared;
mod shopify;
mod shopify_graphql;
mod shopify_graphql_damage;
mod shopify_graphql_query;
mod shopify_graphql_sync;
#[cfg(feature = "signatures")]
mod signatures;
mod status;
mod sync;
mod woocommerce;
mod words;
