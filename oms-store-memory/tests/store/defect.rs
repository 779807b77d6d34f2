//! Change sets that contradict themselves.

use oms_core::event::{StreamId, StreamKind};
use oms_core::plan::{Body, ChangeSet, Expected, Refusal};
use oms_core::stock::MovementKind;

use crate::world::*;

fn defect(world: &World, set: ChangeSet) -> String {
    let refusal = world.refused(set);
    let Refusal::Defect { problem } = refusal else {
        panic!("{refusal:?}")
    };
    problem
}

#[test]
fn a_document_is_written_once() {
    let world = World::new();
    let set = world.set("x").writes(hub("a"), 0, 1).writes(hub("b"), 0, 1);
    assert_eq!(
        defect(&world, set.writes(hub("a"), 0, 1)),
        "hub a is written twice"
    );
    let mut many = world.set("x");
    for n in 0..40 {
        many = many.writes(order(n), 0, 1);
    }
    let problem = defect(&world, many.clone().writes(order(39), 0, 1));
    assert!(problem.ends_with("is written twice"), "{problem}");
    world.done(many);
}

#[test]
fn versions_rise() {
    let world = World::new();
    world.done(world.set("make").writes(hub("a"), 0, 1));
    for (name, before, after) in [("b", 0, 0), ("a", 1, 1), ("a", 2, 1)] {
        let problem = defect(&world, world.set("x").writes(hub(name), before, after));
        assert_eq!(
            problem,
            format!("hub {name} goes from version {before} to {after}")
        );
    }
}

#[test]
fn a_new_document_has_a_body() {
    let world = World::new();
    let mut set = world.set("x").writes(hub("a"), 0, 1);
    set.documents[0].body = Body::Keep;
    assert_eq!(
        defect(&world, set.clone()),
        "hub a is new and has no body to keep"
    );
    // With an expected version the missing document is a conflict.
    set.documents[0].expected = Expected::Version(version(1));
    set.documents[0].version = version(2);
    let conflict = Refusal::Conflict {
        document: hub("a"),
        current: None,
    };
    assert_eq!(world.refused(set), conflict);
}

#[test]
fn stock_movements_and_jobs_are_named_once() {
    let world = World::new();
    let shelf = row("hub", "A");
    let set = world.set("x").sets(&shelf, 1).sets(&shelf, 2);
    assert_eq!(defect(&world, set), "stock of A at hub is set twice");
    let moved = |set: ChangeSet| set.moves(1, &shelf, MovementKind::Received, 1);
    let problem = defect(&world, moved(moved(world.set("x"))));
    assert_eq!(problem, format!("movement {} is recorded twice", uuid(1)));
    let set = world
        .set("x")
        .keeps_job(1, world.now())
        .keeps_job(1, world.now());
    assert_eq!(
        defect(&world, set),
        format!("job {} is kept twice", uuid(1))
    );
}

#[test]
fn ids_that_are_stored_already_are_refused() {
    let world = World::new();
    let shelf = row("hub", "A");
    let moved = |key: &str| world.set(key).moves(1, &shelf, MovementKind::Received, 1);
    world.done(moved("one").keeps_job(1, world.now()));
    let problem = defect(&world, moved("two"));
    assert_eq!(problem, format!("movement {} is recorded already", uuid(1)));
    let problem = defect(&world, world.set("two").keeps_job(1, world.now()));
    assert_eq!(problem, format!("job {} is kept already", uuid(1)));
}

#[test]
fn a_name_has_one_holder() {
    let world = World::new();
    let (name, a, b) = (host_name("n"), hub("a"), hub("b"));
    let both = world
        .set("x")
        .writes(a.clone(), 0, 1)
        .writes(b.clone(), 0, 1);
    let problem = defect(&world, both.clone().takes(&name, &a).takes(&name, &b));
    assert_eq!(problem, "one name is taken by hub a and by hub b");
    world.done(both.takes(&name, &a).takes(&name, &a));
}

#[test]
fn named_places_continue_the_stream() {
    let world = World::new();
    let (stream, other) = (StreamId::hub(&hub_id("a")), StreamId::hub(&hub_id("b")));
    let due = |named, due| format!("an event of hub/a has place {named}, the next one is {due}");
    let zero = world.set("x").tells(&stream, Some(0));
    assert_eq!(defect(&world, zero), "an event of hub/a has place 0");
    assert_eq!(
        defect(&world, world.set("x").tells(&stream, Some(2))),
        due(2, 1)
    );
    world.done(world.set("one").tells(&stream, Some(1)).tells(&other, None));
    assert_eq!(
        defect(&world, world.set("x").tells(&stream, Some(1))),
        due(1, 2)
    );
    assert_eq!(
        defect(&world, world.set("x").tells(&stream, Some(3))),
        due(3, 2)
    );
    let gap = world
        .set("x")
        .tells(&stream, Some(2))
        .tells(&other, None)
        .tells(&stream, Some(4));
    assert_eq!(defect(&world, gap), due(4, 3));
}

#[test]
fn the_gap_within_a_set_is_found_before_anything_else() {
    let world = World::new();
    let stream = StreamId::hub(&hub_id("a"));
    let mut set = world.set("x").tells(&stream, Some(7)).tells(&stream, None);
    set = set.tells(&stream, Some(8));
    set.planned_at = world.in_secs(-60);
    assert!(defect(&world, set).contains("hub/a"));
}

#[test]
fn the_id_of_a_stream_is_a_text() {
    let world = World::new();
    let stream = StreamId::new(StreamKind::Host, "a\0b");
    let problem = defect(&world, world.set("x").tells(&stream, None));
    assert!(problem.contains(r#""a\0b""#), "{problem}");
}

#[test]
fn bodies_are_json() {
    let world = World::new();
    let mut set = world.set("x").writes(hub("a"), 0, 1);
    set.documents[0].body = Body::Write {
        schema: 1,
        json: "{".into(),
    };
    assert!(defect(&world, set).starts_with("hub a: not JSON"));
    let mut set = world.set("x").tells(&StreamId::hub(&hub_id("a")), None);
    set.events[0].body = "".into();
    assert!(defect(&world, set).starts_with("test.happened of hub/a: not JSON"));
}
