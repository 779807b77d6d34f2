//! What several of the programs share: a loop that drives workers, relay and sweeper on Tokio.
//!
//! The libraries spawn nothing and never sleep; a host does. [`run`] is such a host's loop, to be
//! used as it is or copied and changed.

#[cfg(feature = "brokers")]
pub mod broker;
pub mod run;
