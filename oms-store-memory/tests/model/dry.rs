//! A dry run tells what the command then answers, and writes nothing.

use futures_executor::block_on;
use oms_core::service::Error;
use proptest::prelude::*;

use crate::naive::Naive;
use crate::step::{Step, steps};
use crate::world::{World, call};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_dry_run_answers_what_the_command_answers(steps in steps(25)) {
        let (mut world, mut model) = (World::new(), Naive::default());
        for step in [Step::Receive(0, 3), Step::Receive(1, 3)].iter().chain(&steps) {
            let dry = world.command(step).map(|command| {
                let dry = block_on(world.tenant.dry_run(command, call()));
                world.check(&model);
                dry
            });
            model.take(step);
            let (Some(dry), Some(done)) = (dry, world.take(step)) else {
                continue;
            };
            let dry = dry.map(|dry| dry.receipt);
            let done = done.map(|done| done.receipt);
            match (&dry, &done) {
                (Ok(dry), Ok(done)) => {
                    prop_assert_eq!(&dry.events, &done.events, "{:?}", step);
                    let status = |order: &oms_core::plan::OrderReceipt| order.status;
                    prop_assert_eq!(
                        dry.order.as_ref().map(status),
                        done.order.as_ref().map(status)
                    );
                    prop_assert_eq!(dry.version, done.version);
                }
                (Err(dry), Err(done)) => prop_assert_eq!(Error::code(dry), Error::code(done)),
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => {
                    prop_assert!(false, "{step:?}: dry {dry:?}, then {done:?}");
                }
            }
        }
    }
}
