//! The service: the handle a host calls. It reads, plans and commits; it opens nothing, spawns
//! nothing and never sleeps.

mod body;
mod builder;
mod cached;
mod call;
mod claims;
mod class;
mod coalesce;
mod crew;
mod derived;
mod done;
mod engine;
mod error;
mod exposition;
mod foresee;
mod hand_out;
mod heard;
mod intake;
mod item;
mod jobs;
mod low_stock;
mod move_stock;
mod notifications;
mod paid;
mod read;
mod relay;
mod reroute;
mod round;
mod slots;
mod stats;
mod sweep;
mod tenant;
mod trace;
mod transfers;
mod upkeep;
mod versioned;
mod view;
mod worker;

pub use body::{ErrorBody, OrderError};
pub use builder::{Oms, OmsBuilder};
pub use cached::Caching;
pub use call::{Call, Extension};
pub use class::ErrorClass;
pub use coalesce::Coalescing;
pub use crew::{Crew, CrewTicked};
pub use done::{Done, DryRun, NoOrder, StockDone};
pub use error::Error;
pub use exposition::{Standing, prometheus_stats, prometheus_text};
pub use hand_out::{HandedOut, Waiting};
#[cfg(feature = "channels")]
pub use intake::ChannelReader;
pub use intake::{
    IntakeOrder, IntakeReader, IntakeReceipt, IntakeRefusal, IntakeStatus, Intakes, Reading,
};
pub use jobs::Jobs;
pub use low_stock::LowStockAlerts;
pub use notifications::Notifications;
pub use relay::{Relay, RelayError, Relayed};
pub use reroute::{RerouteLeft, RerouteReport, RerouteState, Rerouted, Rerouting};
pub use slots::SlotView;
pub use stats::Stats;
pub use sweep::{SWEEP_FAILURES_MAX, SWEEP_PAGES_MAX, Sweep, SweepFailure, Wake};
pub use tenant::Tenant;
pub use upkeep::{Upkeep, UpkeepKind};
pub use versioned::{Registered, Versioned};
pub use view::{
    HistoryEntry, HubWork, OrderSummary, PickLine, SkuOverview, TransferDraft, TransferFilter,
    WorkFilter, pick_list,
};
pub use worker::{DeadJob, Handler, Ticked, Worker, WorkerBuilder};
