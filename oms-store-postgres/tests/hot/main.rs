//! The hot use cases through the whole library: their plans, their log, their round trips, an old
//! and a new host side by side, a real pooler, and the views.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;

mod bouncer;
mod hosts;
mod load;
mod log;
mod plans;
mod routing;
mod shop;
mod slots;
mod together;
mod transfers;
mod trips;
mod views;
mod wal;
