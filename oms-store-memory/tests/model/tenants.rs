//! Two tenants with the same ids of everything never see each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_executor::block_on;
use oms_core::port::OrderFilter;
use oms_core::testing::{FakeClock, build};
use oms_core::value::OrderId;
use oms_store_memory::MemoryStore;
use proptest::prelude::*;

use crate::machine::take;
use crate::naive::Naive;
use crate::step::{CARTS, Step, step};
use crate::world::World;

/// Compares what a tenant sees with what is its own.
fn sees_its_own(world: &World, model: &Naive, all: &BTreeSet<OrderId>) {
    world.check(model);
    let own: BTreeSet<OrderId> = world.orders.iter().copied().collect();
    let page = block_on(world.tenant.orders(&OrderFilter::default(), None, 100)).unwrap();
    let listed: BTreeSet<OrderId> = page.items.iter().map(|order| order.id).collect();
    assert_eq!(listed, own);
    for id in all {
        let (order, history) = block_on(async {
            (
                world.tenant.order(*id).await,
                world.tenant.history(*id).await,
            )
        });
        if own.contains(id) {
            let last = history.unwrap().last().map(|entry| entry.seq);
            assert_eq!(last, Some(order.unwrap().version));
        } else {
            assert_eq!(order.unwrap_err().code(), "not_found");
            assert_eq!(history.unwrap_err().code(), "not_found");
        }
    }
    for cart in 0..CARTS {
        let rows = block_on(world.tenant.reservations_of(&build::owner_cart(cart))).unwrap();
        let units = |rows: &mut dyn Iterator<Item = [u32; 4]>| -> Vec<[u32; 4]> { rows.collect() };
        let found = units(&mut rows.iter().map(|(_, row)| {
            [row.tentative, row.confirmed, row.consumed, row.expired].map(|units| units.get())
        }));
        let expected = units(
            &mut model
                .carts
                .iter()
                .filter(|((owner, _), _)| *owner == cart)
                .map(|(_, row)| [row.tentative, row.confirmed, row.consumed, row.expired]),
        );
        assert_eq!(found, expected, "cart {cart}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { ..ProptestConfig::default() })]

    #[test]
    fn tenants_never_see_each_other(steps in prop::collection::vec((0..2_usize, step()), 1..=30)) {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let mut both = ["acme", "bolt"]
            .map(|name| (World::on(&store, clock.clone(), name), Naive::default()));
        for (world, model) in &mut both {
            for sku in 0..2 {
                take(world, model, &Step::Receive(sku, 3));
            }
        }
        for (who, step) in &steps {
            if let Step::Wait(_) = step {
                // They share the clock of the store.
                both[1 - who].1.take(step);
            }
            let (world, model) = &mut both[*who];
            take(world, model, step);
            let all = both.iter().flat_map(|(world, _)| world.orders.iter().copied()).collect();
            for (world, model) in &both {
                sees_its_own(world, model, &all);
            }
        }
    }
}
