//! The service: the handle a host calls. It reads, plans and commits; it opens nothing, spawns
//! nothing and never sleeps.

// The handle and its calls.

mod builder; // Building the handle.
mod call; // What accompanies a command.
mod claims; // Calls about claims of carts and of the host's own things.
mod hand_out; // Goods that came in, for the orders that wait.
mod heard; // Calls about what channels say of people.
mod jobs; // Pushing jobs.
mod move_stock; // A stock command, and what it leaves behind.
mod paid; // An order was paid, maybe too late for its claims.
mod read; // Reads for people.
mod reroute; // Moving the work of a hub that goes down.
mod slots; // Calls about delivery slots.
mod sweep; // Ending due claims, forgetting old keys and counters.
mod tenant; // The calls of one tenant: alone, in bulk and dry.
mod transfers; // Calls about transfers.

// What calls answer.

mod body; // An error as a client may read it.
mod class; // What a caller does about an error.
mod done; // What became of a command.
mod error; // What can go wrong.
mod exposition; // Metrics as Prometheus reads them.
mod stats; // What a handle did so far.
mod versioned; // What is stored, with its version.
mod view; // What people read, and ask for.

// How a command gets done.

mod batch; // Which commands are looked at together.
mod cached; // What plans remember.
mod coalesce; // Calls of many tasks made into few of the store.
mod engine; // Prefetch, plan, commit, and again.
mod foresee; // What the store will say to a change set.
mod item; // One command on its way.
mod round; // Which items can be committed together now.
mod trace; // Spans and warnings.

// Work that goes on by itself.

mod crew; // Many workers in one process.
mod derived; // Ids that follow from names.
mod intake; // Orders taken in now and placed later.
mod low_stock; // Alerts when stock runs low.
mod notifications; // Events that become jobs.
mod relay; // Events for a publisher.
mod upkeep; // Jobs that every shop has.
mod worker; // Claims jobs and runs their handlers.

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
pub use read::{PersonalData, PersonalRow};
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
