//! Where new ids come from.

use uuid::Uuid;

/// A source of ids that never repeat. Tests use a counting one.
pub trait IdSource: Send + Sync + std::fmt::Debug {
    /// The next id.
    fn next_id(&self) -> Uuid;
}

/// Time-ordered random ids (UUID version 7).
#[cfg(feature = "system")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

#[cfg(feature = "system")]
impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
    fn next_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
