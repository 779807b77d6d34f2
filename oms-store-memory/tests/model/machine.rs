//! One step after another, each compared with the naive model.

use proptest::prelude::*;

use crate::naive::Naive;
use crate::step::{Step, steps};
use crate::world::World;

/// Takes the step in both and compares whether it was accepted, and everything afterwards.
pub(crate) fn take(world: &mut World, model: &mut Naive, step: &Step) {
    let expected = model.take(step);
    if let Some(done) = world.take(step) {
        assert_eq!(done.is_ok(), expected, "{step:?}: {done:?}");
    }
    world.check(model);
}

proptest! {
    #![proptest_config(ProptestConfig { ..ProptestConfig::default() })]

    #[test]
    fn the_service_does_what_the_naive_model_says(steps in steps(30)) {
        let (mut world, mut model) = (World::new(), Naive::default());
        for sku in 0..2 {
            take(&mut world, &mut model, &Step::Receive(sku, 3));
        }
        for step in &steps {
            take(&mut world, &mut model, step);
        }
    }
}

fn kept(steps: &[Step]) {
    let (mut world, mut model) = (World::new(), Naive::default());
    for step in steps {
        take(&mut world, &mut model, step);
    }
}

#[test]
fn a_cart_claims_again_what_only_its_own_due_claim_holds() {
    let claim = Step::Reserve(0, [1, 0]);
    kept(&[Step::Receive(0, 1), claim.clone(), Step::Wait(60), claim]);
}

#[test]
fn a_cart_that_claims_its_due_units_again_needs_room_like_anybody() {
    let claim = |cart| Step::Reserve(cart, [1, 0]);
    kept(&[
        Step::Receive(0, 2),
        claim(0),
        claim(1),
        Step::Count(0, 1),
        Step::Wait(60),
        claim(0),
        claim(1),
    ]);
}
