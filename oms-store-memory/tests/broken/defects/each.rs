//! Commits of several tenants by one call.

use oms_core::plan::{Outcome, Refusal};
use oms_core::port::{StoreError, TenantBatch};
use oms_core::value::limits::BATCH_ITEMS_MAX;

use crate::defect::Defect;

pub(crate) fn shelves_the_goods_of_all_tenants_at_the_first() -> Defect {
    Defect::commit_each(|sound, batches| {
        let Some(first) = batches.first() else {
            return Ok(Vec::new());
        };
        let moved = |batch: &TenantBatch| {
            let mut items = batch.items.clone();
            let goods: Vec<_> = items
                .iter_mut()
                .flat_map(|item| item.movements.drain(..))
                .collect();
            (items, goods)
        };
        let mut answers = Vec::new();
        for batch in batches {
            let (items, goods) = moved(batch);
            answers.push(sound.commit(&batch.tenant, &items));
            if let Some(item) = items.first() {
                let mut stray = sound.bare(item);
                stray.movements = goods;
                sound.commit_one(&first.tenant, stray)?;
            }
        }
        Ok(answers)
    })
}

pub(crate) fn refuses_all_tenants_for_one() -> Defect {
    Defect::commit_each(|sound, batches| {
        let mut answers = sound.commit_each(batches)?;
        let refused = answers
            .iter()
            .flatten()
            .flatten()
            .find_map(|outcome| match outcome {
                Outcome::Refused(refusal @ Refusal::Conflict { .. }) => Some(refusal.clone()),
                _ => None,
            });
        // Who asked for one thing twice is in each other's way by right.
        let tenants: std::collections::BTreeSet<_> =
            batches.iter().map(|batch| &batch.tenant).collect();
        if let Some(refusal) = refused
            && tenants.len() == batches.len()
        {
            for outcome in answers.iter_mut().flatten().flatten() {
                *outcome = Outcome::Refused(refusal.clone());
            }
        }
        Ok(answers)
    })
}

pub(crate) fn commits_the_last_batch_first() -> Defect {
    Defect::commit_each(|sound, batches| {
        let last_first: Vec<TenantBatch> = batches.iter().rev().cloned().collect();
        let mut answers = sound.commit_each(&last_first)?;
        answers.reverse();
        Ok(answers)
    })
}

pub(crate) fn refuses_all_for_too_much_of_one() -> Defect {
    Defect::commit_each(|sound, batches| {
        if batches
            .iter()
            .all(|batch| batch.items.len() <= BATCH_ITEMS_MAX)
        {
            return sound.commit_each(batches);
        }
        let invalid = |_: &TenantBatch| {
            let detail = "too many".to_owned();
            Err(StoreError::InvalidCall { detail })
        };
        Ok(batches.iter().map(invalid).collect())
    })
}
