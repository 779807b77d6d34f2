//! A clock.

use crate::value::Timestamp;

/// A source of the present time. Stores tell time by it, and the service how long ago it read
/// something; tests set it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present time.
    fn now(&self) -> Timestamp;
}
