//! The reference store of `oms-core`, in memory.
//!
//! [`MemoryStore`] keeps every promise of [`Store`](oms_core::port::Store),
//! [`JobQueue`](oms_core::port::JobQueue) and [`EventFeed`](oms_core::port::EventFeed) except
//! durability: what it holds ends with the process. It is the measure for other adapters, the store
//! of tests and simulations, and good for trying things out. One mutex per tenant makes commits of
//! a tenant happen one after another; tenants do not wait for each other. No call waits for
//! anything else, so every future it returns is ready at the first poll and runs under any
//! executor. The [store guide](oms_core::docs::store_guide) tells how to write another one.
//!
//! ```
//! use std::sync::Arc;
//!
//! use oms_core::service::{Call, Oms};
//! use oms_core::tenant::Settings;
//! use oms_store_memory::MemoryStore;
//!
//! # futures_executor::block_on(async {
//! let oms = Oms::builder(Arc::new(MemoryStore::new())).build();
//! let shop = oms.tenant("tea-shop".parse()?);
//! shop.put_settings(Settings::default(), Call::default()).await?; // creates the tenant
//! assert!(shop.audit().await?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod apply;
mod audit;
mod check;
mod claims;
mod documents;
mod feed;
mod hashed;
mod index;
mod jobs;
mod list;
mod names;
mod prefetch;
mod queue;
mod reclaim;
mod rows;
mod sorted;
mod sound;
mod stats;
mod store;
mod streams;
mod tenant;

pub use stats::Stats;
pub use store::MemoryStore;
