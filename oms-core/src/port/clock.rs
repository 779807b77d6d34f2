//! The clock a store reads.

use crate::value::Timestamp;

/// A source of the present time. Only stores read it; tests set it.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present time.
    fn now(&self) -> Timestamp;
}
