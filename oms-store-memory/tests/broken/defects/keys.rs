//! Idempotency keys and clocks.

use std::sync::Arc;

use oms_core::plan::{ChangeSet, Expected, Index, Outcome, Refusal};
use oms_core::testing::build::{Change, idempotency_key};
use oms_core::value::Timestamp;
use oms_core::value::limits::CLOCK_SKEW_MAX_SECS;

use crate::defect::{Defect, is_conflict};

const SEC_MICROS: i64 = 1_000_000;
const LIMIT_MICROS: i64 = CLOCK_SKEW_MAX_SECS * SEC_MICROS;
const DAY_MICROS: i64 = 24 * 60 * 60 * SEC_MICROS;

pub(crate) fn answers_the_second_receipt() -> Defect {
    Defect::outcome(|_, _, item, outcome| {
        if let Outcome::Repeated { receipt, .. } = outcome {
            *receipt = Arc::clone(&item.receipt);
        }
    })
}

pub(crate) fn tells_the_time_of_the_repeat() -> Defect {
    Defect::outcome(|sound, _, _, outcome| {
        if let Outcome::Repeated { at, .. } = outcome {
            *at = sound.now();
        }
    })
}

pub(crate) fn moves_goods_again() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        if matches!(outcome, Outcome::Repeated { .. }) && !item.movements.is_empty() {
            sound.commit_one(tenant, sound.fresh(item)).unwrap();
        }
    })
}

pub(crate) fn checks_documents_before_the_key() -> Defect {
    Defect::answer(|sound, tenant, item| {
        item.documents.iter().find_map(|write| {
            let current = Some(sound.version(tenant, &write.key)?);
            let document = write.key.clone();
            let refused = Outcome::Refused(Refusal::Conflict { document, current });
            (write.expected == Expected::Absent).then_some(refused)
        })
    })
}

pub(crate) fn compares_a_part_of_the_fingerprint() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        let record = sound.record(tenant, &item.origin.key);
        if let (Outcome::Refused(Refusal::KeyReused { .. }), Some(record)) = (&*outcome, record)
            && record.fingerprint.0[..32] == item.fingerprint.0[..32]
        {
            let (receipt, at) = (record.receipt, record.at);
            *outcome = Outcome::Repeated { receipt, at };
        }
    })
}

pub(crate) fn remembers_refused_keys() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        if matches!(outcome, Outcome::Refused(refusal) if is_conflict(refusal)) {
            let mut used = Change::new(item.origin.key.as_str()).at(item.planned_at);
            used.fingerprint = item.fingerprint;
            sound.commit_one(tenant, used).unwrap();
        }
    })
}

pub(crate) fn forgets_keys_within_a_batch() -> Defect {
    Defect::one_by_one(|sound, _, earlier, item| {
        let is_twin = |one: &ChangeSet| {
            one.origin.key == item.origin.key && one.fingerprint == item.fingerprint
        };
        if earlier.iter().any(|(one, _)| is_twin(one)) {
            *item = sound.fresh(item);
        }
        None
    })
}

pub(crate) fn takes_any_command_of_a_batch_for_a_repeat() -> Defect {
    Defect::one_by_one(|sound, _, earlier, item| {
        let mut done = earlier.iter().filter(|(_, outcome)| outcome.is_done());
        let (first, _) = done.find(|(one, _)| one.origin.key == item.origin.key)?;
        let (receipt, at) = (Arc::clone(&first.receipt), sound.now());
        Some(Outcome::Repeated { receipt, at })
    })
}

pub(crate) fn remembers_refused_keys_of_a_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let mut refused = earlier.iter().filter(|(_, outcome)| !outcome.is_done());
        let (_, outcome) = refused.find(|(one, _)| one.origin.key == item.origin.key)?;
        Some(outcome.clone())
    })
}

pub(crate) fn forgets_keys_a_day_early() -> Defect {
    Defect::item(|sound, tenant, item| {
        let record = sound.record(tenant, &item.origin.key);
        if record.is_some_and(|record| sound.now().micros_since(record.at) > 29 * DAY_MICROS) {
            *item = sound.fresh(item);
        }
    })
}

pub(crate) fn believes_plans_from_the_future() -> Defect {
    Defect::item(|sound, _, item| {
        let ahead = item.planned_at.micros_since(sound.now());
        if (LIMIT_MICROS + 1..60 * SEC_MICROS).contains(&ahead) {
            item.planned_at = sound.now();
        }
    })
}

pub(crate) fn believes_plans_from_the_past() -> Defect {
    Defect::item(|sound, _, item| {
        let behind = sound.now().micros_since(item.planned_at);
        if (LIMIT_MICROS + 1..60 * SEC_MICROS).contains(&behind) {
            item.planned_at = sound.now();
        }
    })
}

pub(crate) fn refuses_clocks_that_differ_by_the_limit() -> Defect {
    Defect::answer(|sound, _, item| {
        let (planned_at, now) = (item.planned_at, sound.now());
        let skewed = planned_at.micros_since(now).abs() == LIMIT_MICROS;
        skewed.then_some(Outcome::Refused(Refusal::ClockSkew { planned_at, now }))
    })
}

pub(crate) fn tells_the_time_of_the_plan() -> Defect {
    Defect::outcome(|_, _, item, outcome| {
        if let Outcome::Committed { at } = outcome {
            *at = item.planned_at;
        }
    })
}

fn to_the_millisecond(at: Timestamp) -> Timestamp {
    at.checked_add_micros(-(at.micros() % 1_000)).unwrap()
}

pub(crate) fn ends_claims_at_a_millisecond() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        for row in found.reservations.values_mut() {
            row.expires_at = row.expires_at.map(to_the_millisecond);
        }
    })
}

pub(crate) fn dates_orders_to_a_millisecond() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        for document in found.documents.values_mut() {
            if let Index::Order(index) = &mut document.index {
                index.state_since = to_the_millisecond(index.state_since);
            }
        }
    })
}

pub(crate) fn takes_keys_in_another_case_for_one() -> Defect {
    Defect::item(|_, _, item| {
        let key = item.origin.key.as_str().to_lowercase();
        item.origin.key = idempotency_key(&key);
    })
}
