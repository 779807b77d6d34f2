//! Streams, and what events and movements carry.

use futures_executor::block_on;
use oms_core::event::{StreamId, StreamKind};
use oms_core::port::{MovementFilter, Store};
use oms_core::stock::MovementKind;
use oms_core::value::{Reason, RequestId};

use crate::world::*;

#[test]
fn events_without_a_place_get_the_next_one() {
    let world = World::new();
    let (a, b) = (
        StreamId::new(StreamKind::Host, "a"),
        StreamId::new(StreamKind::Host, "b"),
    );
    world.done(
        world
            .set("1")
            .tells(&a, None)
            .tells(&b, Some(1))
            .tells(&a, Some(2)),
    );
    world.done(world.set("2").tells(&b, None).tells(&a, None));
    let places = |stream: &StreamId| -> Vec<(u64, String)> {
        let events = world.history(stream);
        events
            .iter()
            .map(|e| (e.id.seq.get(), e.origin.key.to_string()))
            .collect()
    };
    let expected = |places: &[(u64, &str)]| -> Vec<(u64, String)> {
        places
            .iter()
            .map(|(place, key)| (*place, (*key).to_owned()))
            .collect()
    };
    assert_eq!(places(&a), expected(&[(1, "1"), (2, "1"), (3, "2")]));
    assert_eq!(places(&b), expected(&[(1, "1"), (2, "2")]));
}

#[test]
fn events_and_movements_carry_the_origin_and_the_time_of_the_plan() {
    let world = World::new();
    let stream = StreamId::hub(&hub_id("a"));
    let mut set = world.set("x").tells(&stream, None);
    set = set.moves(1, &row("hub", "A"), MovementKind::Received, 1);
    set.planned_at = world.in_secs(-2);
    set.origin.reason = Some(Reason::parse("because").unwrap());
    set.origin.request_id = Some(RequestId::parse("request").unwrap());
    world.done(set.clone());
    let event = world.history(&stream).pop().unwrap();
    assert_eq!(
        (event.tenant, event.id.stream),
        (world.tenant.clone(), stream)
    );
    assert_eq!((event.at, &event.origin), (set.planned_at, &set.origin));
    assert_eq!(
        (&*event.name, event.schema, &*event.body),
        ("test.happened", 1, "{}")
    );
    let all = MovementFilter::default();
    let moves = world.store.movements(&world.tenant, &all, None, 9);
    let movement = block_on(moves).unwrap().items.pop().unwrap();
    assert_eq!((movement.at, movement.origin), (set.planned_at, set.origin));
    assert_eq!(movement.draft, set.movements[0]);
}

#[test]
fn history_is_read_from_a_place_on() {
    let world = World::new();
    let stream = StreamId::new(StreamKind::Host, "a");
    for n in 0..5 {
        world.done(world.set(&n.to_string()).tells(&stream, None));
    }
    let places = |after, limit| -> Vec<u64> {
        let found = world
            .store
            .history(&world.tenant, &stream, version(after), limit);
        block_on(found)
            .unwrap()
            .iter()
            .map(|event| event.id.seq.get())
            .collect()
    };
    assert_eq!(places(0, 2), [1, 2]);
    assert_eq!(places(2, 2), [3, 4]);
    assert_eq!(places(4, 2), [5]);
    assert_eq!(places(5, 2), [0_u64; 0]);
    assert_eq!(places(99, 2), [0_u64; 0]);
}
