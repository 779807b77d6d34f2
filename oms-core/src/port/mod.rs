//! Ports: the traits an adapter or a host implements.

mod clock;
mod error;
mod ids;
mod query;
mod store;

pub use clock::Clock;
#[cfg(feature = "system")]
pub use clock::SystemClock;
pub use error::StoreError;
pub use ids::IdSource;
#[cfg(feature = "system")]
pub use ids::SystemIds;
pub use query::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Violation,
};
pub use store::Store;
