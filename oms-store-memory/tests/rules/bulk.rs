//! What the commands of one bulk call have to do with one another.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::order::{HoldReason, Line, LineSku, OrderCommand};
use oms_core::plan::{
    ChangeSet, Command, DocumentKey, OnProblem, PlaceOrder, UniqueClaim, UniqueKey,
};
use oms_core::reservation::Owner;
use oms_core::service::{Call, Error, WorkFilter};
use oms_core::testing::{Fault, Method, build};
use oms_core::value::limits::{BATCH_ITEMS_MAX, BATCH_LINES_MAX};
use oms_core::value::{Note, OrderId, Units};

use crate::naming::add;
use crate::watching::corrupt;
use crate::world::{World, at, call, cart};

fn note(order: &OrderId) -> (Command, Call) {
    let (order, text) = (*order, Note::parse("seen").unwrap());
    let command = OrderCommand::AddNote { text };
    (Command::Order { order, command }, call())
}

impl World {
    /// Runs commands in bulk; answers the codes of the errors.
    fn bulk(&self, commands: &[(Command, Call)]) -> Vec<Option<String>> {
        let done = block_on(self.tenant.bulk(commands)).into_iter();
        let code = |error: Error| error.code().to_owned();
        done.map(|done| done.err().map(code)).collect()
    }

    /// So many orders of one unit each, which are there.
    fn placed(&self, orders: u32) -> Vec<OrderId> {
        self.receive(orders);
        let place = || self.place(PlaceOrder::new(Self::draft(1)));
        (0..orders).map(|_| place()).collect()
    }
}

/// Takes a name for an order that is placed.
fn naming() -> Call {
    call().with_extension(Arc::new(|set: &mut ChangeSet| {
        let key = UniqueKey::Host(build::external("desk"), build::external("A-1"));
        let mut written = set.documents.iter().map(|write| &write.key);
        let order = written.find(|key| matches!(key, DocumentKey::Order(_)));
        let holder = order.unwrap().clone();
        set.unique.push(UniqueClaim { key, holder });
    }))
}

/// So many orders of one unit each for somebody at a place, which wait for it where it is missing.
fn addressed(world: &World, orders: u32) -> Vec<OrderId> {
    let place = || {
        let mut place = PlaceOrder::new(World::draft(1));
        place.draft.contacts.ship_to = Some(at("10115"));
        place.on_problem = OnProblem::Backorder;
        world.place(place)
    };
    (0..orders).map(|_| place()).collect()
}

fn failed(code: &str) -> Option<String> {
    Some(code.to_owned())
}

#[test]
fn one_whose_rows_cannot_be_read_takes_no_others_along() {
    let world = World::new();
    let orders = world.placed(3);
    let bad = orders[1];
    world.watching.when_asked(move |keys| {
        let asked = keys.orders.contains(&bad);
        if asked { Err(corrupt()) } else { Ok(()) }
    });
    let notes: Vec<(Command, Call)> = orders.iter().map(note).collect();
    assert_eq!(world.bulk(&notes), [None, failed("corrupt"), None]);

    // A store that goes away meanwhile is not asked again for those who are left.
    let _before = world.store.take_calls();
    let mut left = 2;
    world.store.fail_when(move |call| {
        left -= i32::from(call.method == Method::Prefetch);
        (left < 0).then_some(Fault::Unavailable)
    });
    let gone = || failed("unavailable");
    assert_eq!(world.bulk(&notes), [gone(), gone(), gone()]);
    assert_eq!(world.store.take_calls().len(), 3);
}

/// So many batches of notes, each of them to every order.
fn batches_of_notes(world: &World, batches: usize) -> Vec<(Command, Call)> {
    let orders = world.placed(u32::try_from(BATCH_ITEMS_MAX).unwrap());
    let notes = (0..batches).flat_map(|_| orders.iter().map(note));
    notes.collect()
}

/// Each batch would wait for it as long as it takes to give up.
#[test]
fn a_store_that_is_away_is_not_asked_for_batch_after_batch() {
    let world = World::new();
    let notes = batches_of_notes(&world, 5);
    let _before = world.store.take_calls();
    world.store.fail_when(|_| Some(Fault::Unavailable));
    assert_eq!(world.bulk(&notes), vec![failed("unavailable"); notes.len()]);
    assert_eq!(world.store.take_calls().len(), 2);

    // One that is only busy is asked for all, and so is one that comes back in between.
    world.store.fail_when(|_| Some(Fault::Busy));
    assert_eq!(world.bulk(&notes), vec![failed("busy"); notes.len()]);
    assert_eq!(world.store.take_calls().len(), 5);
    world.store.heal();
    world.store.fail_next(Method::Prefetch, Fault::Unavailable);
    let done = world.bulk(&notes);
    let (first, others) = done.split_at(BATCH_ITEMS_MAX);
    assert_eq!(first, vec![failed("unavailable"); BATCH_ITEMS_MAX]);
    assert!(others.iter().all(Option::is_none), "{others:?}");
    world.check();
}

/// What may be done is told apart from what was not sent.
#[test]
fn nor_is_one_whose_answers_are_lost() {
    let world = World::new();
    let notes = batches_of_notes(&world, 3);
    let lost = Fault::LostRequest;
    world
        .store
        .fail_when(move |call| (call.method == Method::Commit).then_some(lost));
    let done = world.bulk(&notes);
    let (sent, others) = done.split_at(2 * BATCH_ITEMS_MAX);
    assert_eq!(sent, vec![failed("outcome_unknown"); 2 * BATCH_ITEMS_MAX]);
    assert_eq!(others, vec![failed("unavailable"); BATCH_ITEMS_MAX]);
}

#[test]
fn the_sweeper_ends_the_claims_of_all_others() {
    let world = World::new();
    world.receive(10);
    for n in 1..=4 {
        world.reserve(&cart(n), 1);
    }
    world.clock.advance_secs(61);
    world.watching.when_asked(|keys| {
        let asked = keys.owners.contains(&cart(2));
        if asked { Err(corrupt()) } else { Ok(()) }
    });
    let swept = block_on(world.tenant.sweep()).unwrap();
    assert_eq!((swept.expired, swept.failed), (3, 1));
    assert_eq!(swept.failures[0].owner, Some(cart(2)));
    assert_eq!(swept.failures[0].error.code(), "corrupt");
}

/// A job that looks at orders before it does something about them goes on without it.
#[test]
fn nor_does_it_end_what_looks_at_many_orders() {
    let world = World::new();
    let orders = world.placed(3);
    world.open_south();
    world.receive_tea_at("south", 3);
    let bad = orders[1];
    world.watching.when_asked(move |keys| {
        let orders = keys.orders.contains(&bad);
        let asked = orders || keys.owners.contains(&Owner::Order(bad));
        if asked { Err(corrupt()) } else { Ok(()) }
    });
    // Nor what only looks at them.
    let read = block_on(world.tenant.orders_by_id(&orders)).unwrap();
    let codes = read
        .iter()
        .map(|order| order.as_ref().err().map(Error::code));
    assert_eq!(codes.collect::<Vec<_>>(), [None, Some("corrupt"), None]);
    let north = build::hub("north");
    let all = WorkFilter::default();
    let work = block_on(world.tenant.work(&north, &all, None, 10)).unwrap();
    let named: Vec<OrderId> = work.unreadable.iter().map(|order| order.at).collect();
    assert_eq!((work.items.len(), named), (2, vec![bad]));
    let rerouted = block_on(world.tenant.reroute(&north, call())).unwrap();
    let moved: Vec<OrderId> = rerouted.moved.iter().map(|(order, _)| *order).collect();
    assert_eq!(moved, [orders[0], orders[2]]);
    let [(order, error)] = rerouted.unreadable.as_slice() else {
        panic!("{:?}", rerouted.unreadable)
    };
    assert_eq!((*order, error.code()), (bad, "corrupt"));
}

/// So much that reading and planning all of it would take too long.
#[test]
fn large_orders_are_read_a_few_at_a_time() {
    let world = World::new();
    let place = |order: usize| {
        let mut place = PlaceOrder::new(World::draft(0));
        for line in 0..200 {
            let sku = format!("SKU-{order}-{line}");
            place.draft.push_line(&sku, 1, "4.50").unwrap();
        }
        place.on_problem = OnProblem::Hold;
        (Command::Place(Box::new(place)), call())
    };
    let commands: Vec<(Command, Call)> = (0..30).map(place).collect();
    let _before = world.watching.take_asked();
    assert_eq!(world.bulk(&commands), vec![None; 30]);
    let asked = world.watching.take_asked();
    let skus: usize = asked.iter().map(|keys| keys.sku_stock.len()).sum();
    assert!(skus >= 30 * 200, "{skus}");
    for keys in &asked {
        let named = keys.sku_stock.len() + keys.documents.len();
        assert!(named <= BATCH_LINES_MAX, "{named}");
    }
    world.check();
}

/// A store that is late whatever is asked of it is not asked without end.
#[test]
fn where_plans_are_always_too_old_there_is_an_end() {
    let world = World::new();
    let orders = world.placed(10);
    let clock = world.clock.clone();
    world.watching.when_asked(move |_| {
        clock.advance_secs(6);
        Ok(())
    });
    let notes: Vec<(Command, Call)> = orders.iter().map(note).collect();
    let _before = world.store.take_calls();
    assert_eq!(world.bulk(&notes), vec![failed("contended"); 10]);
    let calls = world.store.take_calls();
    let commits = calls.iter().filter(|call| call.method == Method::Commit);
    assert_eq!(commits.count(), 8);
}

#[test]
fn orders_that_get_goods_one_after_another_are_not_all_read_for_each() {
    let world = World::new();
    let orders = addressed(&world, 40);
    world.receive(40);
    let _before = world.watching.take_asked();
    let handed = block_on(world.tenant.hand_out(&build::sku("TEA"), call())).unwrap();
    assert_eq!(handed.given.len(), orders.len());
    let asked = world.watching.take_asked();
    assert!(asked.len() <= 45, "{}", asked.len());
    let read: usize = asked.iter().map(|keys| keys.orders.len()).sum();
    assert!(read <= 6 * orders.len(), "{read}");
    world.check();
}

#[test]
fn what_several_have_to_know_more_is_read_together() {
    let world = World::new();
    world.receive(40);
    let change = |order: OrderId| {
        let ship_to = Some(at("10117"));
        let bill_to = None;
        let command = Command::ChangeContacts {
            order,
            ship_to,
            bill_to,
        };
        (command, call())
    };
    let changes: Vec<(Command, Call)> = addressed(&world, 40).into_iter().map(change).collect();
    let _before = world.store.take_calls();
    assert_eq!(world.bulk(&changes), vec![None; 40]);
    let calls = world.store.take_calls();
    let commits = calls.iter().filter(|call| call.method == Method::Commit);
    assert_eq!(commits.count(), 1);
    assert!(calls.len() <= 4, "{calls:?}");
    world.check();
}

#[test]
fn an_edit_gets_what_one_before_it_leaves() {
    let world = World::new();
    let place = || PlaceOrder::new(World::draft(1));
    world.receive(3);
    block_on(world.tenant.place(place(), naming())).unwrap();
    let order = world.place(place());
    let hold = OrderCommand::Hold {
        reason: HoldReason::Other,
        note: None,
    };
    block_on(world.tenant.order_command(order, hold, call())).unwrap();
    let command = add(LineSku::Known(build::sku("TEA")));
    let commands = [
        (Command::Place(Box::new(place())), naming()),
        (Command::Order { order, command }, call()),
    ];
    // The first one would have had the last unit.
    assert_eq!(world.bulk(&commands), [failed("taken"), None]);
    let order = block_on(world.tenant.order(order)).unwrap();
    let line: &Line = &order.head.lines[1];
    assert_eq!([line.open, line.allocated].map(Units::get), [0, 1]);
    world.check();
}
