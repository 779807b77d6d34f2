//! Tools for tests (feature `testing`): for this library, for store adapters, and for hosts.
//!
//! - [`FakeClock`], [`FakeIds`] and [`Random`]: time, ids and chance that a test decides.
//! - [`FaultStore`]: a store that fails on demand. **Test your own code against it**: an answer
//!   that is lost, a neighbour that won, a database that is gone for a while.
//! - [`build`]: short ways to write change sets and the values in them.
//! - [`conformance`]: the suite that decides whether a store is one.
//! - `channels` (with feature `channels`): the suite that decides whether a sales channel is one.
//! - [`strategies`]: drafts, stock and values for property tests, valid and hostile.

mod clock;
mod faults;
mod ids;
mod random;

pub mod build;
#[cfg(feature = "channels")]
pub mod channels;
pub mod conformance;
pub mod simulation;
pub mod strategies;

pub use clock::{FakeClock, ManualClock};
pub use faults::{Call, Chances, Fault, FaultStore, Method};
pub use ids::FakeIds;
pub use random::Random;
// In the signatures of `strategies`.
pub use proptest;
