//! The items of a batch: how many of them are looked at together, and what they ask for, which is
//! read by one call before the first one is planned.

use std::sync::Arc;

use crate::plan::Keys;
use crate::port::StoreError;
use crate::service::Error;
use crate::service::coalesce::lines;
use crate::service::item::Item;
use crate::value::OrderNumber;
use crate::value::limits::BATCH_LINES_MAX;

/// How often a plan may ask for more before that is a defect.
const LOOKS_MAX: usize = 4;

/// By how much more commands are looked at after those that were went through.
const GROWTH: usize = 4;

/// How many items are looked at together.
pub(super) struct Window {
    most: usize,
    limit: usize,
}

impl Window {
    pub(super) const fn new(limit: usize) -> Self {
        let most = limit;
        Self { most, limit }
    }

    /// The items up to the last one that is looked at next, or `None` when all have their answers.
    ///
    /// The pending ones among them name no more than [`BATCH_LINES_MAX`]: what they ask for has to
    /// be read, planned and committed before the store refuses the plans for their age. One may
    /// always go, however much it names.
    pub(super) fn of<'i, 'a>(&self, items: &'i mut [Item<'a>]) -> Option<&'i mut [Item<'a>]> {
        let (mut taken, mut named, mut end) = (0, 0, 0);
        for (place, item) in items.iter().enumerate() {
            if !item.is_pending() {
                continue;
            }
            named += lines(&item.keys);
            if taken > 0 && (taken >= self.most || named > BATCH_LINES_MAX) {
                break;
            }
            taken += 1;
            end = place + 1;
        }
        if taken == 0 {
            return None;
        }
        items.get_mut(..end)
    }

    /// Notes a round of so many items that waited, of which those `behind` had to wait for others:
    /// where commands take a round each, those far behind are not read again for each of them.
    pub(super) fn note(&mut self, waiting: usize, behind: usize) {
        let done = if behind == 0 {
            self.most
        } else {
            waiting.saturating_sub(behind)
        };
        self.most = done.saturating_mul(GROWTH).min(self.limit);
    }
}

/// How many items wait for their answers.
pub(super) fn pending(items: &[Item<'_>]) -> usize {
    items.iter().filter(|item| item.is_pending()).count()
}

/// Hands numbers to the orders that wait for one.
pub(super) fn give(items: &mut [Item<'_>], numbers: Vec<OrderNumber>) {
    let waiting = items.iter_mut().filter(|item| item.wants_number());
    for (item, number) in waiting.zip(numbers) {
        item.number = Some(number);
    }
}

/// Lets the items at these places know more next time. The first of them is the one whose turn it
/// is: if it never has enough it is defective. What those behind it ask for may be something else
/// by the time it is theirs.
pub(super) fn ask(items: &mut [Item<'_>], asks: Vec<(usize, Keys)>) {
    for (n, (place, more)) in asks.into_iter().enumerate() {
        let Some(item) = items.get_mut(place) else {
            continue;
        };
        item.looks += usize::from(n == 0);
        if item.looks > LOOKS_MAX {
            let problem = "the plan keeps asking for more".to_owned();
            item.result = Some(Err(Error::Defect { problem }));
        } else {
            Arc::make_mut(&mut item.keys).merge(more);
        }
    }
}

/// What the pending items ask together; one that is alone is not copied.
pub(super) fn asked(items: &[Item<'_>]) -> Arc<Keys> {
    let mut pending = items.iter().filter(|item| item.is_pending());
    let Some(first) = pending.next() else {
        return Arc::default();
    };
    let mut keys = first.keys.clone();
    for item in pending {
        Arc::make_mut(&mut keys).merge((*item.keys).clone());
    }
    keys
}

/// Gives all who wait for their answers the same one.
pub(super) fn fail(items: &mut [Item<'_>], error: &Arc<StoreError>) {
    for item in items.iter_mut().filter(|item| item.is_pending()) {
        item.fail(error);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::Window;
    use crate::event::{Actor, ActorKind, Origin};
    use crate::plan::{Command, Keys, Receipt, Snapshot};
    use crate::reservation::Owner;
    use crate::service::item::Item;
    use crate::testing::build;
    use crate::value::limits::BATCH_LINES_MAX;
    use crate::value::{Timestamp, Version};

    fn release() -> Command {
        let owner = Owner::Cart(build::cart_id(1));
        Command::ReleaseReservation { owner }
    }

    /// An item that asks for so many rows.
    fn item(command: &Command, rows: usize) -> Item<'_> {
        let origin = Origin {
            actor: Actor::new(ActorKind::System),
            reason: None,
            request_id: None,
            key: build::idempotency_key("k"),
        };
        let mut item = Item::new(command, origin, true);
        let skus = (0..rows).map(|n| build::sku(&format!("SKU-{n}")));
        item.keys = Arc::new(Keys {
            sku_stock: skus.collect(),
            ..Keys::default()
        });
        item
    }

    /// How many of items that ask for so many rows are looked at.
    fn looked_at(rows: &[usize], most: usize) -> usize {
        let command = release();
        let items = rows.iter().map(|rows| item(&command, *rows));
        let mut items: Vec<Item<'_>> = items.collect();
        let looked_at = Window::new(most).of(&mut items);
        looked_at.map_or(0, |items| items.len())
    }

    #[test]
    fn as_many_are_looked_at_as_name_what_one_commit_takes() {
        assert_eq!(looked_at(&[1; 100], 100), 100);
        let half = BATCH_LINES_MAX / 2;
        assert_eq!(looked_at(&[half, half, 1], 100), 2);
        assert_eq!(looked_at(&[1, BATCH_LINES_MAX, 1], 100), 1);
        assert_eq!(looked_at(&[BATCH_LINES_MAX + 1, 1], 100), 1, "one may go");
        assert_eq!(looked_at(&[1, 1, 1], 2), 2);
        assert_eq!(looked_at(&[1, 1], 0), 1);
    }

    #[test]
    fn commands_that_take_a_round_each_are_looked_at_a_few_at_a_time() {
        let mut window = Window::new(100);
        let mut after = |waiting, behind| {
            window.note(waiting, behind);
            window.most
        };
        assert_eq!(after(12, 0), 100, "they named much");
        assert_eq!(after(100, 99), 4);
        assert_eq!(after(4, 3), 4);
        assert_eq!(after(4, 0), 16);
        assert_eq!(after(16, 0), 64);
        assert_eq!(after(64, 0), 100);
    }

    #[test]
    fn what_has_its_answer_does_not_count() {
        let command = release();
        let mut items = [BATCH_LINES_MAX, BATCH_LINES_MAX, 1].map(|rows| item(&command, rows));
        let receipt = Receipt::new(Owner::Cart(build::cart_id(1)).stream(), Version::ZERO);
        let snapshot = Snapshot::empty(Timestamp::EPOCH);
        items[0].answer(Ok(receipt.clone()), &snapshot);
        let window = Window::new(100);
        assert_eq!(window.of(&mut items).unwrap().len(), 2);
        for item in &mut items {
            item.answer(Ok(receipt.clone()), &snapshot);
        }
        assert!(window.of(&mut items).is_none());
    }
}
