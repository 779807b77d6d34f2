//! Moving stock and looking at the row afterwards.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_executor::block_on;
use oms_core::order::{OrderCommand, ShipParcel, Tracking};
use oms_core::plan::PlaceOrder;
use oms_core::port::ReservationFilter;
use oms_core::stock::StockCommand;
use oms_core::testing::{Fault, Method, build};
use oms_core::value::limits::PAGE_ITEMS_MAX;

use crate::world::{World, call, cart, meanwhile, shelf};

#[test]
fn a_committed_move_is_never_answered_with_an_error() {
    let world = World::new();
    world.receive(10);
    let committed = AtomicBool::new(false);
    world.store.fail_when(move |asked| {
        if asked.method == Method::Commit {
            committed.store(true, Ordering::SeqCst);
            return None;
        }
        let failing = committed.load(Ordering::SeqCst);
        failing.then_some(Fault::Unavailable)
    });
    let receive = StockCommand::Receive {
        quantity: build::quantity(5),
    };
    let reason = build::reason("delivery");
    let moved = block_on(world.tenant.move_stock(shelf(), receive, reason, call())).unwrap();
    assert!(moved.done.receipt.movement.is_some());
    assert_eq!((moved.level, moved.affected.len()), (None, 0));
    let unreadable = moved.unreadable.as_ref().unwrap();
    assert_eq!(unreadable.code(), "unavailable");
    let told = serde_json::to_string(&moved).unwrap();
    assert!(!told.contains(&unreadable.to_string()), "{told}");
    world.store.heal();
    assert_eq!(world.level().on_hand.get(), 15);
}

#[test]
fn a_row_read_stays_in_the_answer_when_its_reservations_cannot_be_read() {
    let world = World::new();
    world.receive(10);
    world.reserve(&cart(1), 5);
    world
        .store
        .fail_when(|asked| (asked.method == Method::Reservations).then_some(Fault::Unavailable));
    let count = StockCommand::Count {
        found: build::units(1),
        seen: None,
    };
    let reason = build::reason("count");
    let moved = block_on(world.tenant.move_stock(shelf(), count, reason, call())).unwrap();
    assert_eq!(moved.level.unwrap().shortfall.get(), 4);
    assert_eq!(moved.affected, []);
    assert!(moved.unreadable.is_some());
}

#[test]
fn reservations_affected_are_found_behind_pages_of_dead_ones() {
    let world = World::new();
    world.receive(10);
    for n in 0..500 {
        world.reserve(&cart(n), 1);
        block_on(world.tenant.release_reservation(cart(n), call())).unwrap();
    }
    world.reserve(&cart(9_999), 5);
    let count = StockCommand::Count {
        found: build::units(1),
        seen: None,
    };
    let reason = build::reason("count");
    let moved = block_on(world.tenant.move_stock(shelf(), count, reason, call())).unwrap();
    assert!(moved.unreadable.is_none());
    assert_eq!(moved.level.unwrap().shortfall.get(), 4);
    let owners: Vec<_> = moved.affected.into_iter().map(|key| key.owner).collect();
    assert_eq!(owners, [cart(9_999)]);
    world.check();
}

#[test]
fn of_many_reservations_affected_a_page_is_named_and_where_it_goes_on() {
    let world = World::new();
    let claims = u32::try_from(PAGE_ITEMS_MAX).unwrap() + 2;
    world.receive(claims);
    for n in 0..claims {
        world.reserve(&cart(n.into()), 1);
    }
    let count = StockCommand::Count {
        found: build::units(1),
        seen: None,
    };
    let reason = build::reason("count");
    let moved = block_on(world.tenant.move_stock(shelf(), count, reason, call())).unwrap();
    assert_eq!(moved.affected.len(), PAGE_ITEMS_MAX);
    let filter = ReservationFilter {
        sku: Some(build::sku("TEA")),
        hub: Some(build::hub("north")),
        live: true,
        ..ReservationFilter::default()
    };
    let after = moved.affected_next.as_ref();
    assert!(after.is_some());
    let rest = block_on(world.tenant.reservations(&filter, after, PAGE_ITEMS_MAX)).unwrap();
    let rest = rest.items.into_iter().map(|(key, _)| key);
    let named: BTreeSet<_> = moved.affected.iter().cloned().chain(rest).collect();
    assert_eq!(named.len(), PAGE_ITEMS_MAX + 2);
}

#[test]
fn a_count_that_leaves_out_a_packed_box_stops_its_parcel_until_it_is_counted_in() {
    let world = World::new();
    world.receive(2);
    let id = world.place(PlaceOrder::new(World::draft(2)));
    let run = |command| block_on(world.tenant.order_command(id, command, call()));
    let fulfillment = build::fulfillment(1);
    let lines = Vec::new;
    run(OrderCommand::Pick {
        fulfillment,
        lines: lines(),
    })
    .unwrap();
    run(OrderCommand::Pack {
        fulfillment,
        lines: lines(),
    })
    .unwrap();
    let count = |found| {
        let found = build::units(found);
        let count = StockCommand::Count { found, seen: None };
        let reason = build::reason("count");
        block_on(world.tenant.stock_command(shelf(), count, reason, call())).unwrap();
    };
    let ship = || {
        let parcel = ShipParcel {
            lines: lines(),
            tracking: Tracking::default(),
        };
        run(OrderCommand::Ship {
            fulfillment,
            parcel,
        })
    };
    count(0);
    assert_eq!(ship().unwrap_err().code(), "stock_refused");
    count(2);
    ship().unwrap();
    assert_eq!(world.level().on_hand.get(), 0);
    world.check();
}

/// Ten are counted, two leave, and then the count is told: the ten are not there any more.
#[test]
fn a_count_that_says_what_it_saw_is_refused_when_goods_moved_meanwhile() {
    let world = World::new();
    world.receive(10);
    let count = |found: u32, seen: Option<u32>| {
        let (found, seen) = (build::units(found), seen.map(build::units));
        let count = StockCommand::Count { found, seen };
        let reason = build::reason("count");
        block_on(world.tenant.stock_command(shelf(), count, reason, call()))
    };
    let issue = StockCommand::Issue {
        quantity: build::quantity(2),
    };
    let reason = build::reason("shipped");
    block_on(world.tenant.stock_command(shelf(), issue, reason, call())).unwrap();
    let refused = count(10, Some(10)).unwrap_err();
    assert_eq!(refused.code(), "moved_since");
    assert!(
        refused
            .to_string()
            .contains("10 units were on hand when they were counted, 8 are now"),
        "{refused}"
    );
    assert_eq!(world.level().on_hand.get(), 8);
    count(7, Some(8)).unwrap();
    assert_eq!(world.level().on_hand.get(), 7);
    count(10, None).unwrap();
    assert_eq!(world.level().on_hand.get(), 10);
    world.check();
}

/// Goods that move between the plan and the commit are seen by the next plan.
#[test]
fn a_count_is_not_planned_again_on_what_it_did_not_see() {
    let world = World::new();
    world.receive(10);
    meanwhile(&world, |other| {
        let quantity = build::quantity(2);
        let issue = StockCommand::Issue { quantity };
        let issue = other.stock_command(shelf(), issue, build::reason("shipped"), call());
        block_on(issue).unwrap();
    });
    let count = StockCommand::Count {
        found: build::units(10),
        seen: Some(build::units(10)),
    };
    let reason = build::reason("count");
    let counted = world.tenant.stock_command(shelf(), count, reason, call());
    assert_eq!(block_on(counted).unwrap_err().code(), "moved_since");
    assert_eq!(world.level().on_hand.get(), 8);
}
