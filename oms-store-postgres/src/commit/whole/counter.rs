//! What a batch asks of each counter, as one guarded change.

use std::collections::BTreeMap;

use oms_core::plan::{ChangeSet, CounterKey};

use super::stock::{NONE, within};

/// The changes of one counter, item after item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) change: i64,
    /// The least that the changes come to on the way.
    pub(super) least: i64,
    /// The most.
    pub(super) most: i64,
    /// The most by which they exceed a limit on the way when nothing is taken before.
    pub(super) beyond: i64,
}

/// The counters of a batch, or `None` where one has to be decided item by item.
pub(super) fn counters<'a>(sets: &[&'a ChangeSet]) -> Option<BTreeMap<&'a CounterKey, Count>> {
    let mut counters: BTreeMap<&CounterKey, Count> = BTreeMap::new();
    for change in sets.iter().flat_map(|set| &set.counters) {
        let count = counters.entry(&change.key).or_insert(Count {
            change: 0,
            least: 0,
            most: 0,
            beyond: NONE,
        });
        count.change = within(count.change.checked_add(i64::from(change.delta))?)?;
        count.least = count.least.min(count.change);
        count.most = count.most.max(count.change);
        if let Some(limit) = change.limit.filter(|_| change.delta > 0) {
            let beyond = count.change.checked_sub(i64::from(limit.get()))?;
            count.beyond = count.beyond.max(beyond);
        }
    }
    Some(counters)
}
