//! Order numbers, limits, forgetting, audit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread::ThreadId;

use oms_core::plan::{Outcome, Refusal};
use oms_core::port::{StockFilter, StoreError, Violation};
use oms_core::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use oms_core::value::{IdempotencyKey, OrderNumber, TenantId};

use crate::defect::Defect;

pub(crate) fn overlaps_blocks_of_numbers() -> Defect {
    Defect::take_numbers(|sound, tenant, count| {
        sound.take_numbers(tenant, if count > 1 { count - 1 } else { count })
    })
}

pub(crate) fn counts_numbers_per_connection() -> Defect {
    let counters: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let name = |thread: ThreadId| format!("{thread:?}");
    Defect::take_numbers(move |sound, tenant, count| {
        if !sound.is_race() {
            return sound.take_numbers(tenant, count);
        }
        let mut counters = counters.lock().unwrap();
        let next = counters
            .entry(name(std::thread::current().id()))
            .or_insert(1);
        let first = *next;
        *next += u64::from(count);
        Ok(OrderNumber::new(first).unwrap())
    })
}

pub(crate) fn gives_a_number_to_who_wants_none() -> Defect {
    Defect::take_numbers(|sound, tenant, count| sound.take_numbers(tenant, count.max(1)))
}

fn invalid<T>() -> Result<T, StoreError> {
    let detail = "too many".to_owned();
    Err(StoreError::InvalidCall { detail })
}

pub(crate) fn refuses_a_full_batch() -> Defect {
    Defect::commit(|sound, tenant, items| {
        if items.len() == BATCH_ITEMS_MAX {
            invalid()
        } else {
            sound.commit(tenant, items)
        }
    })
}

pub(crate) fn takes_batches_of_any_size() -> Defect {
    Defect::commit(|sound, tenant, items| {
        let parts = items
            .chunks(BATCH_ITEMS_MAX)
            .map(|part| sound.commit(tenant, part));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
    })
}

pub(crate) fn refuses_the_largest_page() -> Defect {
    Defect::orders(|sound, tenant, filter, after, limit| {
        if limit == PAGE_ITEMS_MAX {
            invalid()
        } else {
            sound.orders(tenant, filter, after, limit)
        }
    })
}

pub(crate) fn cuts_pages_above_the_limit() -> Defect {
    Defect::jobs(|sound, tenant, after, limit| sound.jobs(tenant, after, limit.min(PAGE_ITEMS_MAX)))
}

pub(crate) fn answers_pages_of_nothing() -> Defect {
    Defect::stock(|sound, tenant, filter, after, limit| {
        sound.stock(tenant, filter, after, limit.max(1))
    })
}

pub(crate) fn remembers_forgotten_keys() -> Defect {
    let used: Mutex<BTreeSet<(TenantId, IdempotencyKey)>> = Mutex::default();
    Defect::commit(move |sound, tenant, items| {
        let [item] = items else {
            return sound.commit(tenant, items);
        };
        let key = item.origin.key.clone();
        let place = (tenant.clone(), key.clone());
        if used.lock().unwrap().contains(&place) && sound.record(tenant, &key).is_none() {
            return Ok(vec![Outcome::Refused(Refusal::KeyReused { key })]);
        }
        let outcomes = sound.commit(tenant, items)?;
        if outcomes.iter().all(Outcome::is_done) {
            used.lock().unwrap().insert(place);
        }
        Ok(outcomes)
    })
}

pub(crate) fn forgets_keys_of_the_moment() -> Defect {
    Defect::forget_commands(|sound, tenant, before, limit| {
        let before = before.checked_add_micros(1).unwrap();
        sound.forget_commands(tenant, before, limit)
    })
}

pub(crate) fn forgets_without_limit() -> Defect {
    Defect::forget_commands(|sound, tenant, before, limit| {
        // Limits that are invalid stay so.
        let all = if limit == 2 { PAGE_ITEMS_MAX } else { limit };
        sound.forget_commands(tenant, before, all)
    })
}

pub(crate) fn audits_a_shortfall_as_a_violation() -> Defect {
    Defect::audit(|sound, tenant| {
        let rows = sound.stock(tenant, &StockFilter::default(), None, PAGE_ITEMS_MAX)?;
        let mut found = sound.audit(tenant)?;
        for (key, _) in rows
            .items
            .iter()
            .filter(|(_, level)| !level.shortfall.is_zero())
        {
            found.push(Violation {
                invariant: "I1".to_owned(),
                subject: key.to_string(),
                detail: "more is reserved than on hand".to_owned(),
            });
        }
        Ok(found)
    })
}

pub(crate) fn audits_no_missing_events() -> Defect {
    Defect::audit(|sound, tenant| {
        let mut found = sound.audit(tenant)?;
        found.retain(|violation| !violation.detail.ends_with("it has no events"));
        Ok(found)
    })
}

pub(crate) fn audits_no_versions() -> Defect {
    Defect::audit(|sound, tenant| {
        let mut found = sound.audit(tenant)?;
        found.retain(|violation| !violation.detail.contains("its stream ends at"));
        Ok(found)
    })
}
