//! A dry run tells what the command then answers, and writes nothing.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::order::{Assignment, OrderCommand};
use oms_core::plan::{ChangeSet, OnProblem, ReservationChange, ReserveMode};
use oms_core::reservation::ReservationDelta;
use oms_core::testing::build;
use proptest::prelude::*;

use crate::ask::{command, picture, take, told, with};
use crate::deed::{Asked, Deed, deeds, of_steps, plainly};
use crate::step::Step;
use crate::world::{HUBS, SKUS, World, call};

/// Asks for each deed dry and in earnest; answers the last answer's error.
fn is_what_is_done(mut world: World, deeds: &[Asked]) -> Option<String> {
    let mut last = None;
    for asked in deeds {
        let dry = command(&world, &asked.0).map(|command| {
            let before = picture(&world);
            let dry = block_on(world.tenant.dry_run(command, with(asked)));
            assert_eq!(picture(&world), before, "a dry run wrote: {asked:?}");
            told(dry.as_ref().map(|dry| &dry.receipt))
        });
        let done = take(&mut world, asked);
        let shown = done.as_ref().map(Result::as_ref);
        let shown = shown.map(|done| told(done.map(|done| &done.receipt)));
        assert_eq!(dry, shown, "{asked:?}");
        last = done.and_then(|done| Some(done.err()?.code().to_owned()));
    }
    last
}

proptest! {
    #[test]
    fn a_dry_run_answers_what_the_command_answers(steps in of_steps(25)) {
        is_what_is_done(World::stocked(3), &steps);
    }

    #[test]
    fn a_dry_run_of_anything_does(automatic in any::<bool>(), deeds in deeds(25)) {
        is_what_is_done(World::wide(automatic), &deeds);
    }
}

#[test]
fn shipping_what_is_not_there_is_refused_dry_too() {
    let steps = plainly(vec![
        Step::Place(vec![(0, 2)]),
        Step::Pick(0),
        Step::Pack(0),
        Step::Count(0, 1),
        Step::Ship(0),
    ]);
    let refused = is_what_is_done(World::stocked(2), &steps);
    assert_eq!(refused.as_deref(), Some("stock_refused"));
}

#[test]
fn consuming_what_is_not_there_is_refused_dry_too() {
    let steps = plainly(vec![
        Step::Reserve(0, [2, 0]),
        Step::Confirm(0),
        Step::Count(0, 1),
        Step::Consume(0),
    ]);
    let refused = is_what_is_done(World::stocked(2), &steps);
    assert_eq!(refused.as_deref(), Some("stock_refused"));
}

/// A claim at a hub that somebody chose, who may know better than the books.
fn allocate(units: u32) -> Deed {
    let assignment = Assignment {
        hub: build::hub(HUBS[0]),
        line: build::line(1),
        quantity: build::quantity(units),
    };
    let assignments = vec![assignment];
    let expires_at = None;
    Deed::Order(
        0,
        OrderCommand::Allocate {
            assignments,
            expires_at,
        },
    )
}

#[test]
fn allocating_what_is_not_there_is_refused_dry_too() {
    let waiting = Deed::Place {
        lines: vec![(0, 3)],
        on_problem: OnProblem::Backorder,
        mode: ReserveMode::Confirmed,
        reference: None,
    };
    let deeds = [waiting, allocate(1)].map(|deed| (deed, None, None));
    let refused = is_what_is_done(World::stocked(2), &deeds);
    assert_eq!(refused.as_deref(), Some("stock_refused"));
}

#[test]
fn allocating_beside_a_claim_that_is_over_is_refused_dry_too() {
    let tentative = Deed::Place {
        lines: vec![(0, 3)],
        on_problem: OnProblem::Backorder,
        mode: ReserveMode::Tentative { ttl_secs: Some(60) },
        reference: None,
    };
    let deeds = [tentative, Deed::Step(Step::Wait(60)), allocate(1)];
    let deeds = deeds.map(|deed| (deed, None, None));
    let refused = is_what_is_done(World::stocked(2), &deeds);
    assert_eq!(refused.as_deref(), Some("reservation_expired"));
}

#[test]
fn claims_that_a_host_adds_are_checked_dry_too() {
    let world = World::stocked(2);
    let key = build::reservation(&build::owner_cart(0), 1, &build::stock(HUBS[0], SKUS[0]));
    let quantity = build::quantity(1);
    let delta = ReservationDelta::Consume { quantity };
    let change = ReservationChange { key, delta };
    let extension = move |set: &mut ChangeSet| set.reservations.push(change.clone());
    let asked = || call().with_extension(Arc::new(extension.clone()));
    let command = world.command(&Step::Receive(0, 1)).unwrap();
    let dry = block_on(world.tenant.dry_run(command.clone(), asked())).unwrap_err();
    let done = block_on(world.tenant.execute(command, asked())).unwrap_err();
    assert_eq!(format!("{dry:?}"), format!("{done:?}"));
    assert_eq!(dry.code(), "reservation");
}

#[test]
fn due_claims_of_the_same_owner_are_no_room_dry_either() {
    let mut world = World::stocked(2);
    for deed in plainly(vec![Step::Reserve(0, [2, 0]), Step::Wait(60)]) {
        assert!(take(&mut world, &deed).is_none_or(|done| done.is_ok()));
    }
    let command = world.command(&Step::Receive(1, 1)).unwrap();
    let claim_for = |cart| {
        let key = build::reservation(&build::owner_cart(cart), 2, &build::stock(HUBS[0], SKUS[0]));
        let (quantity, expires_at) = (build::quantity(1), None);
        let delta = ReservationDelta::Reserve {
            quantity,
            expires_at,
        };
        let change = ReservationChange { key, delta };
        let extension = move |set: &mut ChangeSet| {
            set.reservations.push(change.clone());
            set.reclaim = true;
        };
        let asked = || call().with_extension(Arc::new(extension.clone()));
        let dry = block_on(world.tenant.dry_run(command.clone(), asked()));
        let dry = told(dry.as_ref().map(|dry| &dry.receipt));
        let done = block_on(world.tenant.execute(command.clone(), asked()));
        assert_eq!(dry, told(done.as_ref().map(|done| &done.receipt)));
        done.err().map(|error| error.code().to_owned())
    };
    assert_eq!(claim_for(0).as_deref(), Some("stock_refused"));
    assert_eq!(
        claim_for(1),
        None,
        "whose claim is over makes room for another"
    );
}

#[test]
fn a_dry_run_counts_on_due_claims_of_others_as_the_store_does() {
    let deeds = plainly(vec![
        Step::Reserve(0, [2, 0]),
        Step::Wait(60),
        Step::Place(vec![(0, 1)]),
        Step::Place(vec![(0, 1)]),
    ]);
    assert_eq!(is_what_is_done(World::stocked(2), &deeds), None);
}
