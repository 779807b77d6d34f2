//! Ending due claims.

use oms_core::event::{Actor, ActorKind, EventRecord};
use oms_core::plan::{ChangeSet, Outcome, Refusal, decode_event};
use oms_core::reservation::{Reservation, ReservationDelta, ReservationEvent, ReservationKey};
use oms_core::stock::StockKey;
use oms_core::value::{TenantId, Units};

use crate::defect::{Defect, is_stock};
use crate::sound::Sound;

const SEC_MICROS: i64 = 1_000_000;

fn row_of(key: &ReservationKey) -> StockKey {
    StockKey {
        hub: key.hub.clone(),
        sku: key.sku.clone(),
    }
}

/// Due claims on the rows that a change set claims from.
fn due(sound: &Sound, tenant: &TenantId, item: &ChangeSet) -> Vec<(ReservationKey, Reservation)> {
    let rows = item.stock_deltas();
    let mut claims = sound.claims(tenant);
    claims.retain(|(key, row)| row.is_due(sound.now()) && rows.contains_key(&row_of(key)));
    claims
}

fn is_own(item: &ChangeSet, key: &ReservationKey) -> bool {
    item.reservations
        .iter()
        .any(|change| change.key.owner == key.owner)
}

/// Whether the change set was refused for too little stock.
fn is_short(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(refusal) if is_stock(refusal))
}

/// Whether a refusal names the row of a claim.
fn is_named(outcome: &Outcome, key: &ReservationKey) -> bool {
    match outcome {
        Outcome::Refused(Refusal::Stock { rows }) => {
            rows.iter().any(|(short, _)| *short == row_of(key))
        }
        _ => false,
    }
}

/// Ends due claims on the rows of a change set, those that are `wanted`.
fn end_due(
    sound: &Sound,
    tenant: &TenantId,
    item: &ChangeSet,
    wanted: impl Fn(&ReservationKey) -> bool,
) {
    for (key, row) in due(sound, tenant, item) {
        if wanted(&key)
            && let Some(quantity) = row.tentative.quantity()
        {
            let mut part = sound.bare(item);
            let delta = ReservationDelta::Expire { quantity };
            part.reservations
                .push(oms_core::plan::ReservationChange { key, delta });
            sound.commit_one(tenant, part).unwrap();
        }
    }
}

pub(crate) fn ends_at_most_one_claim() -> Defect {
    Defect::item(|sound, tenant, item| item.reclaim &= due(sound, tenant, item).len() < 2)
}

pub(crate) fn reclaims_unasked() -> Defect {
    Defect::item(|_, _, item| item.reclaim = true)
}

/// Whether an event tells an owner that its claims ended.
pub(crate) fn is_expired(event: &EventRecord) -> bool {
    &*event.name == "reservation.expired"
}

pub(crate) fn does_not_tell_owners() -> Defect {
    Defect::told(|_, events| events.retain(|event| !is_expired(event)))
}

pub(crate) fn tells_ended_claims_as_the_callers() -> Defect {
    Defect::told(|_, events| {
        for event in events.iter_mut().filter(|event| is_expired(event)) {
            event.origin.actor = Actor::new(ActorKind::Person);
        }
    })
}

pub(crate) fn tells_owners_of_one_claim() -> Defect {
    Defect::told(|_, events| {
        for event in events.iter_mut().filter(|event| is_expired(event)) {
            let Ok(ReservationEvent::Expired { mut units }) = decode_event(event) else {
                continue;
            };
            units.truncate(1);
            let told = ReservationEvent::Expired { units };
            event.body = serde_json::to_string(&told).unwrap().into();
        }
    })
}

pub(crate) fn ends_claims_that_are_not_due() -> Defect {
    Defect::commit(|sound, tenant, items| {
        let hasty = items.iter().any(|item| item.reclaim);
        let shift = if hasty { SEC_MICROS } else { 0 };
        sound.shifted(shift, || sound.commit(tenant, items))
    })
}

pub(crate) fn ends_claims_of_the_owner() -> Defect {
    Defect::item(|sound, tenant, item| {
        if item.reclaim {
            let own = |key: &ReservationKey| is_own(item, key);
            end_due(sound, tenant, item, own);
        }
    })
}

pub(crate) fn ends_claims_in_vain() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        if item.reclaim && is_short(outcome) {
            let named = |key: &ReservationKey| !is_own(item, key) && is_named(outcome, key);
            end_due(sound, tenant, item, named);
        }
    })
}

/// Ends what made room, for a change set that is refused for the other rows.
fn end_in_vain(sound: &Sound, tenant: &TenantId, item: &ChangeSet, outcome: &Outcome) {
    if item.reclaim && is_short(outcome) {
        let room = |key: &ReservationKey| !is_own(item, key) && !is_named(outcome, key);
        end_due(sound, tenant, item, room);
    }
}

pub(crate) fn ends_claims_though_another_row_is_short() -> Defect {
    Defect::commit(|sound, tenant, items| {
        let outcomes = sound.commit(tenant, items)?;
        if let ([item], [outcome]) = (items, outcomes.as_slice()) {
            end_in_vain(sound, tenant, item, outcome);
        }
        Ok(outcomes)
    })
}

pub(crate) fn ends_claims_before_it_looks_at_events() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        if item.reclaim && matches!(outcome, Outcome::Refused(Refusal::Defect { .. })) {
            let of_others = |key: &ReservationKey| !is_own(item, key);
            end_due(sound, tenant, item, of_others);
        }
    })
}

pub(crate) fn ends_claims_for_refused_items() -> Defect {
    Defect::one_by_one(|sound, tenant, earlier, _| {
        for (item, outcome) in earlier {
            end_in_vain(sound, tenant, item, outcome);
        }
        None
    })
}

pub(crate) fn ends_claims_without_need() -> Defect {
    Defect::item(|sound, tenant, item| {
        let fits = |(row, delta): (&StockKey, &oms_core::stock::StockDelta)| {
            sound.level(tenant, row).available() >= delta.reserved
        };
        if item.reclaim && item.stock_deltas().iter().all(fits) {
            let of_others = |key: &ReservationKey| !is_own(item, key);
            end_due(sound, tenant, item, of_others);
        }
    })
}

pub(crate) fn does_not_mark_lapsed_units() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        found
            .reservations
            .values_mut()
            .for_each(|row| row.lapsed = Units::ZERO);
    })
}

pub(crate) fn hides_what_could_be_reclaimed() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if keys.sku_stock.is_empty() {
            found.reclaimable.clear();
        }
    })
}

pub(crate) fn hides_what_could_be_reclaimed_of_a_sku() -> Defect {
    Defect::snapshot(|_, _, keys, found| {
        if !keys.sku_stock.is_empty() {
            found.reclaimable.clear();
        }
    })
}

/// Lists what is due at another time.
fn lists_due(micros: i64) -> Defect {
    Defect::reservations(move |sound, tenant, filter, after, limit| {
        let shift = if filter.due { micros } else { 0 };
        sound.shifted(shift, || sound.reservations(tenant, filter, after, limit))
    })
}

pub(crate) fn lists_due_claims_early() -> Defect {
    lists_due(1)
}

pub(crate) fn lists_due_claims_late() -> Defect {
    lists_due(-1)
}

pub(crate) fn does_not_list_what_lapsed() -> Defect {
    Defect::reservations(|sound, tenant, filter, after, limit| {
        let mut page = sound.reservations(tenant, filter, after, limit)?;
        page.items
            .retain(|(_, row)| !filter.due || !row.tentative.is_zero());
        Ok(page)
    })
}
