//! Orders, stock reservations and hub routing as a pure state machine.

pub mod customer;
pub mod event;
pub mod order;
pub mod value;
