//! How large a run is and what goes wrong in it.

use std::sync::Arc;

use crate::port::Store;
use crate::testing::ManualClock;

/// An empty store and a hold on its clock. The clock is the run's alone: nobody else moves it.
#[derive(Clone, Debug)]
pub struct World {
    /// The store, with nothing in it.
    pub store: Arc<dyn Store>,
    /// Sets the time that the store reads.
    pub clock: Arc<dyn ManualClock>,
}

/// What the callers want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Plot {
    /// Everything a business does in a day, in every order.
    #[default]
    Everyday,
    /// Everybody wants the last units of one SKU. With no trouble exactly those are sold.
    SellOut,
}

/// How large a run is and what goes wrong in it.
///
/// ```
/// use oms_core::testing::simulation::{Options, Plot};
///
/// let rush = Options { plot: Plot::SellOut, callers: 6, ..Options::calm() };
/// assert_eq!(rush.trouble.lost_reply, 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the callers want.
    pub plot: Plot,
    /// Tenants that share the store; they use the same ids.
    pub tenants: usize,
    /// Programs that use the store at the same time, each with a handle of its own.
    pub hosts: usize,
    /// Callers, dealt to the hosts in turn; each waits for one answer at a time.
    pub callers: usize,
    /// Hubs of each tenant.
    pub hubs: usize,
    /// SKUs of each tenant.
    pub skus: usize,
    /// Units on a stock row at the beginning, at most. Few units make callers meet.
    pub units: u32,
    /// Operations that callers begin before everything is healed and settled.
    pub operations: usize,
    /// Operations between two comparisons of everything stored.
    pub checkpoint_every: usize,
    /// What goes wrong.
    pub trouble: Trouble,
}

/// How often something goes wrong: faults in 1,000 calls of the store, crashes and jumps in 1,000
/// steps. These are the most; a seed leaves some kinds out, so that others show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Nothing is done, the store says so.
    pub unavailable: u32,
    /// Nothing is done, the store says that it has too much to do.
    pub busy: u32,
    /// Nothing is done, nobody says anything.
    pub lost_request: u32,
    /// It is done, the answer is lost.
    pub lost_reply: u32,
    /// The answer is lost, and the commit arrives later.
    pub straggler: u32,
    /// It is done, and the commit arrives a second time later.
    pub twin: u32,
    /// Change sets are refused as if others had been faster.
    pub conflict: u32,
    /// A caller vanishes while it waits for the store: before the work is done, or after.
    pub crash: u32,
    /// A program vanishes with all its callers.
    pub outage: u32,
    /// The clock jumps ahead, up to some minutes.
    pub jump: u32,
}

impl Trouble {
    /// Nothing goes wrong and the clock stands still.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            unavailable: 0,
            busy: 0,
            lost_request: 0,
            lost_reply: 0,
            straggler: 0,
            twin: 0,
            conflict: 0,
            crash: 0,
            outage: 0,
            jump: 0,
        }
    }

    /// Something of everything.
    #[must_use]
    pub const fn some() -> Self {
        Self {
            unavailable: 15,
            busy: 15,
            lost_request: 15,
            lost_reply: 25,
            straggler: 20,
            twin: 15,
            conflict: 10,
            crash: 8,
            outage: 2,
            jump: 12,
        }
    }
}

impl Default for Options {
    /// A small business with much trouble; a run takes some milliseconds in memory.
    fn default() -> Self {
        Self {
            plot: Plot::Everyday,
            tenants: 2,
            hosts: 2,
            callers: 4,
            hubs: 2,
            skus: 3,
            units: 8,
            operations: 80,
            checkpoint_every: 40,
            trouble: Trouble::some(),
        }
    }
}

impl Options {
    /// The same business without any trouble.
    #[must_use]
    pub fn calm() -> Self {
        Self {
            trouble: Trouble::none(),
            ..Self::default()
        }
    }
}
