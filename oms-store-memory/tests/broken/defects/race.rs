//! What goes wrong only when callers race.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use oms_core::plan::{Expected, Keys, Outcome, Refusal, Snapshot};
use oms_core::port::StoreError;
use oms_core::stock::StockKey;
use oms_core::value::TenantId;

use crate::defect::{Defect, is_stock};
use crate::sound::{Answer, Sound};

/// Every second call is unlucky.
fn every_second() -> impl Fn() -> bool {
    let calls = AtomicU64::new(0);
    move || calls.fetch_add(1, Ordering::SeqCst) % 2 == 1
}

pub(crate) fn oversells_in_a_race() -> Defect {
    // One at a time, so that the extra goods of one are not sold to another.
    let turn = Mutex::new(());
    Defect::outcome(move |sound, tenant, item, outcome| {
        let refused = matches!(outcome, Outcome::Refused(refusal) if is_stock(refusal));
        if refused && sound.is_race() {
            let _turn = turn.lock().unwrap();
            *outcome = sound.grant(tenant, item).unwrap();
        }
    })
}

pub(crate) fn loses_updates_in_a_race() -> Defect {
    let is_lost = every_second();
    Defect::answer(move |sound, _, item| {
        let update = match item.documents.as_slice() {
            // Those that require something are for another case.
            [write] => write.expected != Expected::Absent && item.requires.is_empty(),
            _ => false,
        };
        let lost = sound.is_race() && update && is_lost();
        lost.then(|| Outcome::Committed { at: sound.now() })
    })
}

pub(crate) fn forgets_keys_in_a_race() -> Defect {
    Defect::item(|sound, _, item| {
        if sound.is_race() {
            *item = sound.fresh(item);
        }
    })
}

pub(crate) fn takes_more_than_the_limit_in_a_race() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        let full = matches!(outcome, Outcome::Refused(Refusal::Counter { .. }));
        if full && sound.is_race() {
            let mut unbounded = item.clone();
            unbounded
                .counters
                .iter_mut()
                .for_each(|change| change.limit = None);
            *outcome = sound.commit_one(tenant, unbounded).unwrap();
        }
    })
}

pub(crate) fn gives_a_name_twice_in_a_race() -> Defect {
    Defect::item(|sound, _, item| {
        if sound.is_race() {
            item.unique.clear();
        }
    })
}

pub(crate) fn forgets_what_is_required_in_a_race() -> Defect {
    Defect::item(|sound, _, item| {
        if sound.is_race() {
            item.requires.clear();
        }
    })
}

pub(crate) fn loses_events_in_a_race() -> Defect {
    let is_lost = every_second();
    Defect::item(move |sound, _, item| {
        if sound.is_race() && !item.events.is_empty() && is_lost() {
            item.events.clear();
        }
    })
}

pub(crate) fn deadlocks_in_a_race() -> Defect {
    Defect::commit(|sound, tenant, items| {
        let backwards = items.iter().any(|item| {
            let rows = item.reservations.iter().map(|change| StockKey {
                hub: change.key.hub.clone(),
                sku: change.key.sku.clone(),
            });
            !rows.is_sorted()
        });
        if backwards && sound.is_race() {
            let detail = "deadlock detected".to_owned();
            return Err(StoreError::Unavailable {
                detail,
                source: None,
            });
        }
        sound.commit(tenant, items)
    })
}

/// Reads documents one after another; in a race it waits a moment for others in between.
fn read_torn(
    sound: &Sound,
    tenant: &TenantId,
    keys: &Keys,
    commits: &AtomicU64,
) -> Answer<Snapshot> {
    const PATIENCE: Duration = Duration::from_millis(5);
    let mut found = sound.prefetch(tenant, keys)?;
    if !sound.is_race() || keys.documents.len() < 2 {
        return Ok(found);
    }
    let (before, began) = (commits.load(Ordering::SeqCst), Instant::now());
    while commits.load(Ordering::SeqCst) == before && began.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    let last = Keys {
        documents: keys.documents.last().cloned().into_iter().collect(),
        ..Keys::default()
    };
    found
        .documents
        .extend(sound.prefetch(tenant, &last)?.documents);
    Ok(found)
}

pub(crate) fn prefetches_at_two_moments() -> Defect {
    let commits = Arc::new(AtomicU64::new(0));
    let counted = commits.clone();
    let write = Defect::commit(move |sound, tenant, items| {
        let outcomes = sound.commit(tenant, items);
        counted.fetch_add(1, Ordering::SeqCst);
        outcomes
    });
    let read =
        Defect::prefetch(move |sound, tenant, keys| read_torn(sound, tenant, keys, &commits));
    Defect {
        prefetch: read.prefetch,
        ..write
    }
}
