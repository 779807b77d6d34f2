//! Pull syncs as a pure state machine: what to ask next, and what an answer changes.
//!
//! A [`SyncWalk`] walks a channel's changes window by window. A window closes only when every page
//! of it was taken, and the next one begins a little before the last one's end, so nothing falls
//! between two windows however slow the channel's index is (up to the overlap). The end of a
//! window lies a little in the past, so that it is at rest while it is paged.
//!
//! Channels that page by offset lose an item when another one leaves the window while it is paged.
//! They say how many items there are, so a pass that saw the number change, or fewer items than
//! that, is walked again, with half the window.
//!
//! Nothing is remembered outside [`SyncState`]: save it after the orders of a page are stored, and
//! a crash repeats a page at worst. Deliveries that come twice, late or out of order change
//! nothing.

mod machine;
mod page;
mod settings;
mod state;

pub use machine::{SyncStep, SyncWalk, Taken};
pub use page::{Fetch, PageItem, PageProblem, SyncPage};
pub use settings::{SyncKind, SyncSettings, SyncSettingsError};
pub use state::{Arrival, SyncState, arrival};

pub(in crate::channel) use page::{item_of, page_of, problem_of};
