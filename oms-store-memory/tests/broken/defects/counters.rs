//! Guarded counters.

use oms_core::plan::{CounterKey, CounterRefusal, Keys, Outcome, Refusal};
use oms_core::port::Violation;
use oms_core::testing::build::{external, tenant, units};
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{LocalDate, Units};

use crate::defect::{Defect, is_stock};

pub(crate) fn takes_one_more_than_the_limit() -> Defect {
    Defect::lone(|sound, _, item| {
        if let [change] = item.counters.as_mut_slice()
            && !sound.is_race()
        {
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

pub(crate) fn takes_a_day_for_the_one_before() -> Defect {
    Defect::item(|_, _, item| {
        for change in &mut item.counters {
            if let CounterKey::HubDay(_, day) = &mut change.key
                && day.to_string() == "2026-11-22"
            {
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

pub(crate) fn audits_no_slots() -> Defect {
    Defect::audit(|sound, tenant| {
        let mut found = sound.audit(tenant)?;
        found.retain(|violation| !violation.subject.starts_with("bookings"));
        Ok(found)
    })
}

pub(crate) fn audits_counters_of_the_host() -> Defect {
    Defect::audit(|sound, tenant| {
        let own = CounterKey::Host(external("slot"), external("1"));
        let mut keys = Keys::default();
        keys.counters.insert(own.clone());
        let taken = sound.prefetch(tenant, &keys)?.counters;
        let mut found = sound.audit(tenant)?;
        found.extend(taken.values().map(|taken| Violation {
            invariant: "capacity".to_owned(),
            subject: own.to_string(),
            detail: format!("{taken} are taken, its orders take up 0"),
        }));
        Ok(found)
    })
}

pub(crate) fn audits_all_tenants_together() -> Defect {
    Defect::audit(|sound, own| {
        let mut found = sound.audit(own)?;
        for other in ["acme", "globex"].map(tenant) {
            if other != *own {
                // What the one has too many and the other too few comes out even.
                let others = sound.audit(&other)?;
                found.retain(|one| others.iter().all(|two| one.subject != two.subject));
            }
        }
        Ok(found)
    })
}

pub(crate) fn audits_days_too_long() -> Defect {
    const DAY_MICROS: i64 = 86_400_000_000;
    Defect::audit(|sound, tenant| sound.shifted(-DAY_MICROS, || sound.audit(tenant)))
}

pub(crate) fn forgets_the_day_itself() -> Defect {
    Defect::forget_counters(|sound, tenant, before, limit| {
        let before = before.checked_add_days(1).unwrap();
        sound.forget_counters(tenant, before, limit)
    })
}

pub(crate) fn forgets_counters_without_limit() -> Defect {
    Defect::forget_counters(|sound, tenant, before, limit| {
        // Limits that are invalid stay so.
        let all = if limit == 3 { PAGE_ITEMS_MAX } else { limit };
        sound.forget_counters(tenant, before, all)
    })
}

pub(crate) fn forgets_counters_of_another() -> Defect {
    Defect::forget_counters(|sound, own, before, limit| {
        if *own != tenant("acme") {
            sound.forget_counters(&tenant("acme"), before, limit)?;
        }
        sound.forget_counters(own, before, limit)
    })
}
