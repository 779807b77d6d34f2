//! Order numbers for people.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::port::StoreError;
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::Scene;

pub(crate) async fn blocks_of_numbers_do_not_overlap(scene: Scene) -> Result<(), Failure> {
    let mut taken = BTreeSet::new();
    for count in [3, 1, 10] {
        let first = scene
            .store()
            .take_numbers(scene.tenant(), count)
            .await?
            .get();
        for number in first..first.saturating_add(u64::from(count)) {
            check(
                taken.insert(number),
                &format!("number {number} was taken twice"),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn numbers_do_not_repeat_in_a_race(scene: Scene) -> Result<(), Failure> {
    const TAKERS: usize = 8;
    const EACH: usize = 10;
    let taken = Arc::new(Mutex::new(BTreeSet::new()));
    let take = |scene: Scene, _| {
        let taken = taken.clone();
        async move {
            for _ in 0..EACH {
                let number = scene.store().take_numbers(scene.tenant(), 1).await?;
                taken
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(number);
            }
            Ok(())
        }
    };
    scene.race(TAKERS, take).await?;
    let found = taken.lock().unwrap_or_else(PoisonError::into_inner).len();
    same("different numbers", &found, &(TAKERS * EACH))
}

pub(crate) async fn a_block_of_no_numbers_is_an_invalid_call(scene: Scene) -> Result<(), Failure> {
    let answer = scene.store().take_numbers(scene.tenant(), 0).await;
    let refused = matches!(answer, Err(StoreError::InvalidCall { .. }));
    check(refused, &format!("found: {answer:?}"))
}
