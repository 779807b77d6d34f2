//! Real threads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

use oms_core::plan::{Outcome, Refusal};

use crate::world::*;

const THREADS: u32 = 64;

#[test]
fn a_hot_row_is_never_oversold() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 100);
    let (sold, refused, start) = (AtomicU32::new(0), AtomicU32::new(0), Barrier::new(64));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (world, shelf, sold, refused, start) = (&world, &shelf, &sold, &refused, &start);
            scope.spawn(move || {
                start.wait();
                for n in 0..4 {
                    let buyer = 10 * thread + n;
                    let claim = on(shelf, order_owner(buyer), 1);
                    let set = world.set(&format!("buy {buyer}")).reserves(&claim, 1, None);
                    match world.commit(set) {
                        Outcome::Committed { .. } => sold.fetch_add(1, Ordering::SeqCst),
                        Outcome::Refused(Refusal::Stock { .. }) => {
                            refused.fetch_add(1, Ordering::SeqCst)
                        }
                        other @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                            panic!("{other:?}")
                        }
                    };
                }
            });
        }
    });
    assert_eq!(
        (sold.into_inner(), refused.into_inner()),
        (100, 4 * THREADS - 100)
    );
    assert_eq!(world.level(&shelf).reserved, units(100));
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn one_key_is_committed_once_by_many_threads() {
    let world = World::empty();
    let (done, start) = (AtomicU32::new(0), Barrier::new(64));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let (world, done, start) = (&world, &done, &start);
            scope.spawn(move || {
                start.wait();
                // The tenant is new as well: it must be made once.
                let set = world
                    .set("same")
                    .writes(oms_core::plan::DocumentKey::Settings, 0, 1);
                match world.commit(set) {
                    Outcome::Committed { .. } => drop(done.fetch_add(1, Ordering::SeqCst)),
                    Outcome::Repeated { .. } => {}
                    other @ Outcome::Refused(_) => panic!("{other:?}"),
                }
            });
        }
    });
    assert_eq!(done.into_inner(), 1);
}

#[test]
fn readers_see_a_commit_as_a_whole() {
    let world = World::new();
    let (a, b) = (row("hub", "A"), row("hub", "B"));
    world.receive(&a, 1_000);
    world.receive(&b, 1_000);
    std::thread::scope(|scope| {
        let (world, a, b) = (&world, &a, &b);
        scope.spawn(move || {
            for n in 0..500 {
                let set = world.set(&format!("pair {n}"));
                let set = set.reserves(&on(a, order_owner(n), 1), 1, None);
                world.done(set.reserves(&on(b, order_owner(n), 2), 1, None));
            }
        });
        for _ in 0..3 {
            scope.spawn(move || {
                let keys = oms_core::plan::Keys {
                    stock: [a.clone(), b.clone()].into(),
                    ..Default::default()
                };
                for _ in 0..500 {
                    let stock = world.prefetch(&keys).stock;
                    assert_eq!(stock[a].reserved, stock[b].reserved);
                }
            });
        }
    });
}
