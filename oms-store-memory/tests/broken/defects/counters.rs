//! Guarded counters.

use oms_core::plan::{CounterKey, CounterRefusal, Outcome, Refusal};
use oms_core::testing::build::{tenant, units};
use oms_core::value::{LocalDate, Units};

use crate::defect::{Defect, is_stock};

pub(crate) fn takes_one_more_than_the_limit() -> Defect {
    Defect::lone(|_, _, item| {
        if let [change] = item.counters.as_mut_slice() {
            change.limit = change.limit.map(|limit| units(limit.get() + 1));
        }
    })
}

pub(crate) fn gives_back_within_the_limit_only() -> Defect {
    Defect::answer(|_, _, item| {
        let back = item.counters.iter().find(|change| change.delta < 0)?;
        let (taken, limit) = (Units::MAX, back.limit?);
        let problem = CounterRefusal::Full { taken, limit };
        let key = back.key.clone();
        Some(Outcome::Refused(Refusal::Counter { key, problem }))
    })
}

pub(crate) fn has_a_bound_of_its_own() -> Defect {
    Defect::item(|_, _, item| {
        for change in &mut item.counters {
            change.limit = change.limit.or_else(|| Some(units(1_000)));
        }
    })
}

pub(crate) fn guards_the_first_of_a_batch_only() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        if !earlier.is_empty() {
            item.counters
                .iter_mut()
                .for_each(|change| change.limit = None);
        }
        None
    })
}

pub(crate) fn takes_what_it_refuses() -> Defect {
    Defect::leak(is_stock, |part, item| {
        part.counters.clone_from(&item.counters)
    })
}

pub(crate) fn tells_counters_that_nobody_wrote() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        for key in &keys.counters {
            found.counters.entry(key.clone()).or_default();
        }
    })
}

pub(crate) fn takes_every_day_for_the_same() -> Defect {
    Defect::item(|_, _, item| {
        for change in &mut item.counters {
            if let CounterKey::HubDay(_, day) = &mut change.key {
                *day = LocalDate::parse("2026-11-21").unwrap();
            }
        }
    })
}

pub(crate) fn has_counters_for_all() -> Defect {
    Defect::snapshot(|sound, own, keys, found| {
        let acme = tenant("acme");
        if *own != acme {
            let others = sound.prefetch(&acme, keys).unwrap().counters;
            found.counters.extend(others);
        }
    })
}
