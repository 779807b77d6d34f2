//! Orders, stock reservations and hub routing as a pure state machine.

pub mod value;
