//! Tests of the order aggregate as a whole; `fixtures` builds orders and commands in few words.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm
)]

mod allowed;
mod cancel;
mod claims;
mod diagram;
mod edit;
mod evolve;
mod facts;
mod fixtures;
mod flow;
mod large;
mod model;
mod owed;
mod payment;
mod place;
mod policy;
mod random;
mod rejection;
mod status;
mod stored;
mod work;
mod worth;
