//! Keyset pages: no skips and no repeats, also while others write.

use std::collections::BTreeSet;

use futures_executor::block_on;
use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, Index};
use oms_core::port::{OrderCursor, OrderFilter, Store};
use oms_core::value::limits::BATCH_ITEMS_MAX;

use crate::world::*;

const ORDERS: u32 = 1_200;

/// Orders whose ids say nothing about their times; three share each second.
fn add_orders(world: &World, from: u32, count: u32) {
    let numbers: Vec<u32> = (from..from + count).collect();
    for some in numbers.chunks(BATCH_ITEMS_MAX) {
        let sets: Vec<_> = some
            .iter()
            .map(|n| {
                let placed_at = world.in_secs(-i64::from(n * 7_919 % ORDERS / 3));
                let index = order_index(u64::from(*n), OrderStatus::Approved, placed_at);
                let set = world.set(&format!("order {n}"));
                set.writes_as(order(*n), 0, 1, Index::Order(index))
            })
            .collect();
        assert!(
            world
                .commit_all(&sets)
                .iter()
                .all(|outcome| outcome.is_done())
        );
    }
}

fn places(
    world: &World,
    filter: &OrderFilter,
    limit: usize,
    between: impl Fn(usize),
) -> Vec<OrderCursor> {
    let (mut places, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = block_on(world.store.orders(&world.tenant, filter, after, limit)).unwrap();
        assert!(page.items.len() <= limit);
        for document in &page.items {
            let (DocumentKey::Order(id), Index::Order(index)) = (&document.key, &document.index)
            else {
                panic!("{document:?}")
            };
            places.push(OrderCursor {
                placed_at: index.placed_at,
                id: *id,
            });
        }
        after = page.next;
        if after.is_none() {
            return places;
        }
        assert_eq!(after, places.last().copied());
        pages += 1;
        between(pages);
    }
}

#[test]
fn pages_add_up_to_everything_newest_first() {
    let world = World::new();
    add_orders(&world, 1, ORDERS);
    let by_status = OrderFilter {
        statuses: [OrderStatus::Approved].into(),
        ..OrderFilter::default()
    };
    for filter in [OrderFilter::default(), by_status] {
        for limit in [100, 7, 500] {
            let places = places(&world, &filter, limit, |_| ());
            assert_eq!(places.len(), usize::try_from(ORDERS).unwrap());
            assert!(places.is_sorted_by(|a, b| a > b));
        }
    }
}

#[test]
fn pages_neither_skip_nor_repeat_while_orders_are_added() {
    let world = World::new();
    add_orders(&world, 1, ORDERS);
    let known: BTreeSet<OrderCursor> = places(&world, &OrderFilter::default(), 500, |_| ())
        .into_iter()
        .collect();
    let found = places(&world, &OrderFilter::default(), 50, |page| {
        add_orders(&world, ORDERS + u32::try_from(page).unwrap() * 10, 10);
    });
    assert!(found.is_sorted_by(|a, b| a > b), "an order was repeated");
    let found: BTreeSet<OrderCursor> = found.into_iter().collect();
    assert!(found.is_superset(&known), "an order was skipped");
}

#[test]
fn a_page_that_is_just_full_is_the_last_one() {
    let world = World::new();
    add_orders(&world, 1, 4);
    let page = block_on(
        world
            .store
            .orders(&world.tenant, &OrderFilter::default(), None, 4),
    );
    let page = page.unwrap();
    assert_eq!((page.items.len(), page.next), (4, None));
}
