//! Ports: the traits an adapter or a host implements.

mod clock;
mod error;
mod ids;
mod query;
mod store;

pub use clock::Clock;
pub use error::StoreError;
pub use ids::IdSource;
pub use query::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Violation,
};
pub use store::Store;
