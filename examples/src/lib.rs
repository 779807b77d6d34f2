//! What the programs of this package share: how they begin and end, a loop that drives workers,
//! relay and sweeper on Tokio, what is done with an order that a channel sent, what a shop has
//! before its first order, who acts, files that overwrite none and are not too large, and plain
//! words for what the library says in types.
//!
//! It is example code to copy from, and no library: nothing here is stable. The libraries spawn
//! nothing and never sleep; a host does. [`run`] is such a host's loop, to be used as it is or
//! copied and changed.

pub mod bounded;
#[cfg(feature = "brokers")]
pub mod broker;
pub mod fresh;
pub mod intake;
pub mod program;
pub mod run;
pub mod seed;
pub mod store;
pub mod who;
pub mod words;
