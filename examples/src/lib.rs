//! What the programs of this package share: how they begin and end, what is done with an order that
//! a channel sent, what a shop has before its first order, who acts, and plain words for what the
//! library says in types.
//!
//! It is example code to copy from, and no library: nothing here is stable.

pub mod intake;
pub mod program;
pub mod seed;
pub mod store;
pub mod who;
pub mod words;
