//! The service: the handle a host calls. It reads, plans and commits; it opens nothing, spawns
//! nothing and never sleeps.

mod builder;
mod cached;
mod call;
mod coalesce;
mod done;
mod engine;
mod error;
mod foresee;
mod item;
mod jobs;
mod move_stock;
mod numbers;
mod read;
mod relay;
mod reroute;
mod round;
mod sweep;
mod tenant;
mod trace;
mod view;
mod worker;

pub use builder::{Oms, OmsBuilder};
pub use cached::Caching;
pub use call::{Call, Extension};
pub use coalesce::Coalescing;
pub use done::{Done, DryRun, StockDone};
pub use error::Error;
pub use jobs::Jobs;
pub use relay::{Relay, RelayError, Relayed};
pub use reroute::Rerouted;
pub use sweep::{SWEEP_PAGES_MAX, Sweep, Wake};
pub use tenant::Tenant;
pub use view::{HistoryEntry, OrderSummary, SkuOverview};
pub use worker::{Handler, Ticked, Worker, WorkerBuilder};
