//! Ending due claims.

use oms_core::plan::{ChangeSet, Outcome};
use oms_core::reservation::{Reservation, ReservationDelta, ReservationKey};
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

/// Ends due claims, those of the change set's owners or those of others.
fn end_due(sound: &Sound, tenant: &TenantId, item: &ChangeSet, own: bool) {
    for (key, row) in due(sound, tenant, item) {
        if is_own(item, &key) == own
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

pub(crate) fn does_not_tell_owners() -> Defect {
    Defect::told(|_, events| events.retain(|event| &*event.name != "reservation.expired"))
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
            end_due(sound, tenant, item, true);
        }
    })
}

pub(crate) fn ends_claims_in_vain() -> Defect {
    Defect::outcome(|sound, tenant, item, outcome| {
        if item.reclaim && matches!(outcome, Outcome::Refused(refusal) if is_stock(refusal)) {
            end_due(sound, tenant, item, false);
        }
    })
}

pub(crate) fn ends_claims_without_need() -> Defect {
    Defect::item(|sound, tenant, item| {
        let fits = |(row, delta): (&StockKey, &oms_core::stock::StockDelta)| {
            sound.level(tenant, row).available() >= delta.reserved
        };
        if item.reclaim && item.stock_deltas().iter().all(fits) {
            end_due(sound, tenant, item, false);
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
    Defect::snapshot(|_, _, _, found| found.reclaimable.clear())
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
