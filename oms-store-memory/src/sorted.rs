//! Sorted sets of which most are small.

use std::collections::BTreeSet;
use std::ops::Bound;

/// How many items lie in one vector before a tree takes over.
const FEW: usize = 16;

/// A sorted set. A tree has room for eleven items from the first one on; most stock rows are
/// pointed at by fewer, and there are many stock rows.
#[derive(Clone, Debug)]
pub(crate) enum Sorted<T> {
    Few(Vec<T>),
    Many(BTreeSet<T>),
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<T: Ord> Sorted<T> {
    /// Adds an item, unless it is there.
    pub(crate) fn insert(&mut self, item: T) {
        match self {
            Self::Few(few) => {
                let Err(at) = few.binary_search(&item) else {
                    return;
                };
                few.insert(at, item);
                if few.len() > FEW {
                    *self = Self::Many(few.drain(..).collect());
                }
            }
            Self::Many(many) => {
                many.insert(item);
            }
        }
    }

    /// The items from a bound on, in order.
    pub(crate) fn from<'a>(&'a self, from: Bound<&T>) -> impl Iterator<Item = &'a T> {
        let (few, many) = match self {
            Self::Few(few) => {
                let skipped = few.partition_point(|item| match from {
                    Bound::Included(from) => item < from,
                    Bound::Excluded(from) => item <= from,
                    Bound::Unbounded => false,
                });
                (few.get(skipped..), None)
            }
            Self::Many(many) => (None, Some(many.range((from, Bound::Unbounded)))),
        };
        few.unwrap_or_default()
            .iter()
            .chain(many.into_iter().flatten())
    }

    /// Spoils the set.
    #[cfg(test)]
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl<T: Ord> PartialEq for Sorted<T> {
    fn eq(&self, other: &Self) -> bool {
        self.from(Bound::Unbounded).eq(other.from(Bound::Unbounded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_sets_are_sets_in_order() {
        for size in [0, 1, FEW, FEW + 1, 3 * FEW] {
            let mut set = Sorted::default();
            // Seven and the sizes have no common divisor, so every number comes twice.
            for number in (0..2 * size).map(|i| i * 7 % size.max(1)) {
                set.insert(number);
            }
            assert_eq!(matches!(set, Sorted::Few(_)), size <= FEW);
            for from in [
                Bound::Unbounded,
                Bound::Included(&5),
                Bound::Excluded(&5),
                Bound::Excluded(&size),
            ] {
                let expected = (0..size).filter(|i| match from {
                    Bound::Unbounded => true,
                    Bound::Included(from) => i >= from,
                    Bound::Excluded(from) => i > from,
                });
                assert!(set.from(from).copied().eq(expected), "{size} {from:?}");
            }
        }
    }

    #[test]
    fn sets_are_equal_by_their_items_whatever_holds_them() {
        let of = |numbers: [i32; 2]| {
            let mut set = Sorted::default();
            numbers.into_iter().for_each(|number| set.insert(number));
            set
        };
        assert!(of([1, 2]) == of([2, 1]));
        assert!(of([1, 2]) != of([1, 3]));
        assert!(of([1, 2]) != of([1, 1]));
        assert!(of([1, 2]) == Sorted::Many(BTreeSet::from([1, 2])));
    }
}
