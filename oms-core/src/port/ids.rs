//! Where new ids come from.

use uuid::Uuid;

/// A source of ids that never repeat. Tests use a counting one.
pub trait IdSource: Send + Sync + std::fmt::Debug {
    /// The next id.
    fn next_id(&self) -> Uuid;
}
