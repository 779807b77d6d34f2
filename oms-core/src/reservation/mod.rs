//! Reservations: claims on stock, tentative or confirmed, until consumed, released or expired.

mod claim;
mod event;
mod owner;

pub use claim::{
    Reservation, ReservationDelta, ReservationKey, ReservationRefusal, ReservationState,
};
pub use event::{ReservationEvent, ReservedUnits};
pub use owner::Owner;
