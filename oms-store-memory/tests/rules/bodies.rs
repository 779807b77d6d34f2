//! Whose bodies a change set has: those of a plan are JSON, those of an extension are looked at.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::event::EventDraft;
use oms_core::plan::{Body, ChangeSet, Command, PlaceOrder};
use oms_core::service::Error;
use oms_core::testing::build;

use crate::world::{World, call};

/// The change set of an order that is placed with an extension, before it is committed.
fn planned(world: &World, extend: fn(&mut ChangeSet)) -> ChangeSet {
    let command = Command::Place(Box::new(PlaceOrder::new(World::draft(1))));
    let call = call().with_extension(Arc::new(extend));
    let plan = block_on(world.tenant.dry_run(command, call)).unwrap();
    plan.change_set.unwrap()
}

/// Why an order that is placed with an extension is not stored.
fn defect(world: &World, extend: fn(&mut ChangeSet)) -> String {
    let place = PlaceOrder::new(World::draft(1));
    let call = call().with_extension(Arc::new(extend));
    match block_on(world.tenant.place(place, call)) {
        Err(Error::Defect { problem }) => problem,
        other => panic!("{other:?}"),
    }
}

fn bad_document(set: &mut ChangeSet) {
    let mut document = build::host_document("slip");
    document.body = Body::Write {
        schema: 1,
        json: "{".into(),
    };
    set.documents.push(document);
}

fn bad_event(set: &mut ChangeSet) {
    set.events.push(EventDraft {
        stream: build::stream("slips"),
        seq: None,
        name: "slip.printed".into(),
        schema: 1,
        body: "".into(),
        actor: None,
    });
}

/// Another text in the place of one of the plan's own.
fn bad_body(set: &mut ChangeSet) {
    set.events[0].body = "{".into();
}

#[test]
fn a_plan_has_its_own_bodies_and_an_extension_adds_others() {
    let world = World::new();
    world.receive(10);
    let own = planned(&world, |_| {});
    assert!(!own.documents.is_empty() && !own.events.is_empty());
    assert!(own.has_own_bodies() && own.clone().has_own_bodies());
    for extend in [bad_document, bad_event, bad_body] {
        assert!(!planned(&world, extend).has_own_bodies());
    }
    // The same text written by somebody else.
    let mut copied = own.clone();
    copied.events[0].body = copied.events[0].body.to_string().into();
    assert!(!copied.has_own_bodies());
    let mut fewer = own;
    fewer.events.pop();
    assert!(fewer.has_own_bodies());
}

#[test]
fn a_bad_body_of_an_extension_is_a_defect() {
    let world = World::new();
    world.receive(10);
    for extend in [bad_document, bad_event, bad_body] {
        let problem = defect(&world, extend);
        assert!(problem.contains("not JSON"), "{problem}");
    }
    world.check();
}
