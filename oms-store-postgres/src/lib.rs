//! The PostgreSQL store of `oms-core`.
//!
//! [`PgStore`] keeps every promise of [`Store`](oms_core::port::Store) on PostgreSQL 14 or newer;
//! it is tested on 15. The page on [PostgreSQL](oms_core::docs::postgres) is for whoever runs it:
//! roles, connections, growth, backups.
//!
//! A commit is one call of one SQL function, and so is a prefetch: one round trip each, no open
//! transaction between them, nothing kept in the session. A batch in which something is refused
//! takes a second call, which decides item by item.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use oms_core::service::Oms;
//! use oms_store_postgres::{PgOptions, PgStore};
//!
//! # async fn open() -> Result<(), Box<dyn std::error::Error>> {
//! let store = PgStore::connect("postgres://shop@localhost/shop", PgOptions::default()).await?;
//! store.check().await?; // the schema fits, and the role may do what it has to
//! let oms = Oms::builder(Arc::new(store)).build(); // feature `system` of the core
//! let shop = oms.tenant("tea-shop".parse()?);
//! # let _ = shop;
//! # Ok(())
//! # }
//! ```
//!
//! - *Schema*: everything lives in the schema `oms`. [`PgStore::migrate`] makes it and is never
//!   called implicitly; [`PgStore::check`] says at start whether it fits. [`schema_sql`] prints all
//!   of it for a DBA with an empty database, [`grants_sql`] prints the grants of the role that runs
//!   the library: it reads tables and writes through the functions alone.
//! - *Locks*: a commit locks the catalogue, documents, reservations, counters and stock rows, each
//!   set in key order, so that commits do not wait for each other in a circle over them.
//!   Idempotency keys, names and what is created are not locked beforehand: where two commits meet
//!   there, one is sent again inside the store. Where one is decided item by item and they share a
//!   stock row, too, that one waits for 100 ms at most, gives its rows up and is sent again.
//! - *Time* is the server's `clock_timestamp()`.
//! - *An answer that is lost*, or that does not come within [`PgOptions::answer_timeout`], is
//!   [`StoreError::OutcomeUnknown`](oms_core::port::StoreError) where something was written; the
//!   connection is closed, and the idempotency key tells what happened. The same holds for a
//!   `commit` future that is dropped before it ends.
//! - *Views* for people: `oms.orders`, `oms.order_lines`, `oms.fulfillments`, `oms.stock`,
//!   `oms.reservations`, `oms.events`, `oms.movements`.
//! - *New jobs*: a [`Notifier`] sends word of them and a [`Listener`] hears it, so that workers
//!   look before their poll time is over.
//! - *A pooler* such as PgBouncer in transaction mode needs [`PgOptions::pooler`].
//!
//! # Features
//! | feature | default | what it adds |
//! |---|---|---|
//! | `cli` | no | the program `oms-migrate` |
//! | `testing` | no | a time that tests set instead of the server's |
//! | `tls` | no | connections by TLS, with the system's certificates or those of `sslrootcert` |
//!
//! # What the server refuses
//! What PostgreSQL refuses as such, such as a body that is not JSON, a text with a NUL or a
//! SKU mapping of a channel that does not exist, is a
//! [`Refusal::Defect`](oms_core::plan::Refusal) of that change set alone. What fails for a damaged
//! row or index, or for a schema of another release, is
//! [`Refusal::Unfit`](oms_core::plan::Refusal), and may succeed once that is mended.

mod commit;
mod document;
mod error;
mod feed;
mod key;
mod list;
mod options;
mod prefetch;
mod queue;
mod rows;
mod schema;
mod session;
mod store;
mod time;
mod wake;

pub use options::PgOptions;
pub use schema::{
    Counted, Difference, FUNCTIONS, MIGRATIONS, Migration, OnlineIndex, VIEWS, grants_sql,
    schema_sql,
};
pub use sqlx;
pub use store::PgStore;
pub use wake::{Listener, Notifier, TenantQueue};
