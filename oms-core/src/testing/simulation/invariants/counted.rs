//! What is taken of guarded counters is what the orders take up, and no more than there is.

use std::collections::BTreeMap;

use crate::order::Order;
use crate::plan::{CounterKey, counters_kept_from};
use crate::testing::simulation::book::{Book, number};
use crate::testing::simulation::picture::Picture;
use crate::testing::simulation::report::{Checked, check};
use crate::testing::simulation::workload::slot_places;

const INVARIANT: &str = "capacity";

/// Every counter is the sum over the orders, in the book and in the store. Of days so long over
/// that counters may have been forgotten, book and store agree.
pub(crate) fn check_all(book: &Book, picture: &Picture) -> Checked {
    let first = counters_kept_from(picture.snapshot.now);
    let kept = |key: &CounterKey| key.day() >= first;
    let mut taken: BTreeMap<CounterKey, i64> = BTreeMap::new();
    for key in book.orders.values().flat_map(taken_by).filter(kept) {
        let taken = taken.entry(key).or_default();
        *taken = taken.saturating_add(1);
    }
    for (key, count) in &book.counters {
        let orders = if kept(key) {
            taken.remove(key).unwrap_or_default()
        } else {
            *count
        };
        let stored = picture.snapshot.counters.get(key);
        let stored = stored.map_or(0, |units| number(*units));
        check(*count == orders && stored == orders, INVARIANT, || {
            format!("{key}: {orders} by the orders, {count} were written, {stored} are stored")
        })?;
        let within = !matches!(key, CounterKey::Slot(_)) || *count <= slot_places();
        check(within, INVARIANT, || format!("{key}: {count} are too many"))?;
    }
    check(taken.is_empty(), INVARIANT, || {
        format!("nobody counted {taken:?}")
    })
}

/// The counters of which an order takes up one.
fn taken_by(order: &Order) -> Vec<CounterKey> {
    let works = order.fulfillments.values().filter(|work| work.is_live());
    let days = works.filter_map(|work| Some(CounterKey::HubDay(work.hub.clone(), work.day?)));
    let slot = order.takes_slot();
    let slot = slot.map(|slot| CounterKey::Slot(slot.key.clone()));
    days.chain(slot).collect()
}
