//! Orders, stock reservations and hub routing as a pure state machine behind storage traits.
//!
//! A service embeds this crate with one store crate and has orders that are never lost, stock that
//! is never oversold, and a history that says who did what and why. Decisions are pure functions;
//! a write is one value, committed as a whole with its events.
//!
//! # What it does not do
//! It opens no port, spawns no task, reads no clock and never sleeps: the host does. It moves no
//! money and sends no mail; it records and says what to do.
//!
//! # Where to begin
//! - [`service::Oms`] is the handle a host calls.
//! - [`port::Store`] is what a storage adapter implements.
//! - [`order::decide()`] and [`order::evolve()`] are the heart of it.

pub mod catalog;
#[cfg(feature = "channels")]
pub mod channel;
pub mod customer;
pub mod docs;
pub mod event;
pub mod hub;
pub mod job;
pub mod order;
pub mod plan;
pub mod port;
pub mod reservation;
pub mod service;
pub mod stock;
#[cfg(feature = "system")]
pub mod system;
pub mod tenant;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;
