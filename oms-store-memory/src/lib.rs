//! The reference store of `oms-core`, in memory.
//!
//! [`MemoryStore`] keeps every promise of [`Store`](oms_core::port::Store),
//! [`JobQueue`](oms_core::port::JobQueue) and [`EventFeed`](oms_core::port::EventFeed) except
//! durability: what it holds ends with the process. It is the measure for other adapters, the store
//! of tests and simulations, and good for trying things out. One mutex per tenant makes commits of
//! a tenant happen one after another; tenants do not wait for each other. No call waits for
//! anything else, so every future it returns is ready at the first poll and runs under any
//! executor.
//!
//! ```
//! use std::sync::Arc;
//!
//! use oms_core::event::{Actor, ActorKind, Origin};
//! use oms_core::plan::{
//!     Body, ChangeSet, DocumentKey, DocumentWrite, Expected, Fingerprint, Index, Keys, Outcome,
//! };
//! use oms_core::port::Store;
//! use oms_core::value::{IdempotencyKey, TenantId, Version};
//! use oms_store_memory::MemoryStore;
//!
//! # futures_executor::block_on(async {
//! let store = MemoryStore::new();
//! let tenant = TenantId::parse("acme")?;
//! let empty = store.prefetch(&tenant, &Keys::default()).await?;
//!
//! let origin = Origin {
//!     actor: Actor::new(ActorKind::System),
//!     reason: None,
//!     request_id: None,
//!     key: IdempotencyKey::parse("create-acme")?,
//! };
//! let mut set = ChangeSet::new(origin, Fingerprint([1; 33]), "null", empty.now);
//! set.documents.push(DocumentWrite {
//!     key: DocumentKey::Settings,
//!     expected: Expected::Absent,
//!     version: Version::ZERO.next(),
//!     body: Body::Write { schema: 1, json: Arc::from("{}") },
//!     index: Index::None,
//! });
//! let outcomes = store.commit(&tenant, &[set]).await?;
//! assert!(matches!(outcomes[..], [Outcome::Committed { .. }]));
//! let found = store.prefetch(&tenant, &Keys::default()).await?;
//! assert!(found.documents.contains_key(&DocumentKey::Settings));
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
