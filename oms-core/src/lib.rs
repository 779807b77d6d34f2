//! Orders, stock reservations and hub routing as a pure state machine behind storage traits.
//!
//! A service embeds this crate with one store crate and has orders that are never lost, stock that
//! is never oversold, and a history that says who did what and why. Decisions are pure functions;
//! a write is one value, committed as a whole with its events.
//!
//! ```
//! use std::error::Error;
//! use std::sync::Arc;
//!
//! use oms_core::order::{OrderDraft, Source, SourceKind};
//! use oms_core::plan::PlaceOrder;
//! use oms_core::port::Store;
//! use oms_core::service::{Call, Oms};
//!
//! async fn order(store: Arc<dyn Store>) -> Result<(), Box<dyn Error>> {
//!     let oms = Oms::builder(store).build(); // feature `system`
//!     let shop = oms.tenant("tea-shop".parse()?);
//!     let source = Source::new(SourceKind::Manual, "desk".parse()?);
//!     let mut draft = OrderDraft::new(source, "EUR".parse()?);
//!     draft.push_line("TEA-01", 3, "8.50")?;
//!     let placed = shop.place(PlaceOrder::new(draft), Call::default()).await?;
//!     let order = placed.order()?;
//!     println!("order {} is {}", order.number, order.status);
//!     Ok(())
//! }
//! ```
//!
//! # What it does not do
//! It opens no port, spawns no task, never sleeps, and reads no clock but the one it is given: the
//! host does. It moves no money and sends no mail; it records and says what to do.
//!
//! # Where to begin
//! - [`service::Oms`] is the handle a host calls.
//! - [`port::Store`] is what a storage adapter implements.
//! - [`order::decide()`] and [`order::evolve()`] are the heart of it.
//! - [`docs`] has the pages: [from checkout to parcel](docs::daily_work), [keys and
//!   errors](docs::errors), [how to run it](docs::operations), [how to write a
//!   store](docs::store_guide), [why it is built so](docs::design), and others.
//!
//! # What a service answers with
//! What a host reads ([`order::Order`], [`job::Job`], [`event::EventRecord`], pages of rows) and
//! what a call answers ([`service::Done`], [`plan::Rejection`]) can be written as JSON; an
//! [`Error`](service::Error) has a code, and a [class](service::ErrorClass) with a status of HTTP.
//! The crates in the signatures are re-exported: `async_trait`, `chrono`, `rust_decimal`, `serde`,
//! `serde_json`, `uuid`, and `proptest` in `testing`.
//!
//! # Features
//! | feature | default | what it adds |
//! |---|---|---|
//! | `channels` | yes | sales channels in both directions, plain JSON, CSV files |
//! | `calendar` | no | local times of hubs in named time zones, recurring schedules |
//! | `signatures` | no | signatures of webhooks |
//! | `system` | no | clock and ids of the operating system |
//! | `testing` | no | fakes, a store that fails on demand, suites for stores and channels |
//! | `tracing` | no | a span per command and per bulk call |
//!
//! A feature adds something and changes nothing else, but for what `calendar` makes known: without
//! it only `UTC` and offsets such as `+01:00` are time zones.
//!
//! # What does not compile
//! Ids of different things are different types:
//! ```compile_fail,E0308
//! use oms_core::value::{CustomerId, OrderId};
//! fn greet(customer: CustomerId) {}
//! fn mistake(order: OrderId) { greet(order) }
//! ```
//! Amounts are added by a checked method that knows about currencies, not by an operator:
//! ```compile_fail,E0369
//! use oms_core::value::Money;
//! fn mistake(a: Money, b: Money) -> Money { a + b }
//! ```
//! An order is folded from its events or read from a store, and has no constructor beside. Whoever
//! changes the one in hand changes nothing that is stored:
//! ```compile_fail,E0639
//! use oms_core::order::{Order, Head};
//! use oms_core::value::Version;
//! fn mistake(head: Head) -> Order {
//!     Order { version: Version::ZERO, head, fulfillments: Default::default() }
//! }
//! ```
//! A decision needs no runtime: there is nothing to await in it:
//! ```compile_fail,E0277
//! use oms_core::order::{Order, OrderCommand, Workflow, decide};
//! use oms_core::value::Timestamp;
//! async fn mistake(order: &Order, workflow: &Workflow, now: Timestamp) {
//!     let _ = decide(order, &OrderCommand::Approve, workflow, now).await;
//! }
//! ```
//! A change set holds data only: no lock, transaction or closure crosses the port to a store:
//! ```compile_fail,E0308
//! use oms_core::plan::ChangeSet;
//! fn mistake(mut change_set: ChangeSet) {
//!     change_set.requires.push(|| true);
//! }
//! ```

// In the signatures of this crate: a host that names the same release names the same types.
pub use async_trait;
pub use chrono;
pub use rust_decimal;
pub use serde;
pub use serde_json;
pub use uuid;

pub mod catalog;
#[cfg(feature = "channels")]
pub mod channel;
pub mod customer;
pub mod docs;
pub mod event;
pub mod hub;
pub mod job;
pub mod order;
pub mod plan;
pub mod port;
pub mod reservation;
pub mod routing;
pub mod service;
pub mod stock;
#[cfg(feature = "system")]
pub mod system;
pub mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;
