//! Ids that count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

use crate::port::IdSource;
use crate::testing::Random;

/// Ids that follow from a seed and a counter: the same in every run, rising, never repeating.
/// Clones count together; other seeds give other ids.
///
/// ```
/// use oms_core::port::IdSource;
/// use oms_core::testing::FakeIds;
///
/// let (ids, again) = (FakeIds::new(7), FakeIds::new(7));
/// let first = ids.next_id();
/// assert_eq!(again.next_id(), first);
/// assert!(ids.next_id() > first);
/// ```
#[derive(Clone, Debug)]
pub struct FakeIds {
    head: u64,
    count: Arc<AtomicU64>,
}

impl FakeIds {
    /// Ids that follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            head: Random::new(seed).next_u64(),
            count: Arc::new(AtomicU64::new(0)),
        }
    }
}

impl Default for FakeIds {
    fn default() -> Self {
        Self::new(0)
    }
}

impl IdSource for FakeIds {
    fn next_id(&self) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let bytes = Uuid::from_u64_pair(self.head, count).into_bytes();
        // Version 8 of RFC 9562 leaves every bit but version and variant to the maker.
        Builder::from_custom_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_other_seeds_give_other_ids() {
        let (one, two) = (FakeIds::new(1), FakeIds::new(2));
        let ids: Vec<Uuid> = (0..1_000).map(|_| one.next_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!ids.contains(&two.next_id()));
        assert_eq!(ids[0].get_version_num(), 8);
    }

    #[test]
    fn clones_count_together() {
        let ids = FakeIds::default();
        let first = ids.clone().next_id();
        assert_ne!(ids.next_id(), first);
    }
}
