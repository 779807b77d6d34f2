//! Orders, stock reservations and hub routing as a pure state machine.

pub mod catalog;
pub mod customer;
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
