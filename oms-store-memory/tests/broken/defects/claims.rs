//! Reservations.

use oms_core::plan::ChangeSet;
use oms_core::reservation::{Reservation, ReservationDelta, ReservationKey};
use oms_core::value::Units;
use oms_core::value::limits::QUANTITY_MAX;

use crate::defect::{Defect, is_reservation};

fn has(item: &ChangeSet, wanted: fn(&ReservationDelta) -> bool) -> bool {
    item.reservations.iter().any(|change| wanted(&change.delta))
}

const fn is_confirm(delta: &ReservationDelta) -> bool {
    matches!(delta, ReservationDelta::Confirm { .. })
}

const fn is_expire(delta: &ReservationDelta) -> bool {
    matches!(delta, ReservationDelta::Expire { .. })
}

/// Commits change sets that have such a change at another time.
fn mistimed(wanted: fn(&ReservationDelta) -> bool, micros: i64) -> Defect {
    Defect::commit(move |sound, tenant, items| {
        if items.iter().any(|item| has(item, wanted)) {
            return sound.shifted(micros, || sound.commit(tenant, items));
        }
        sound.commit(tenant, items)
    })
}

pub(crate) fn does_not_count_released_units() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        found
            .reservations
            .values_mut()
            .for_each(|row| row.released = Units::ZERO);
    })
}

pub(crate) fn changes_claims_backwards() -> Defect {
    Defect::item(|_, _, item| item.reservations.reverse())
}

pub(crate) fn releases_what_there_is() -> Defect {
    Defect::item(|sound, tenant, item| {
        let claims = sound.claims(tenant);
        for change in &mut item.reservations {
            let row = claims.iter().find(|(key, _)| *key == change.key);
            if let (
                ReservationDelta::Release {
                    quantity,
                    tentative: false,
                },
                Some((_, row)),
            ) = (&mut change.delta, row)
                && let Some(most) = row.confirmed.quantity()
            {
                *quantity = most.min(*quantity);
            }
        }
    })
}

pub(crate) fn forgets_units_beyond_a_quantity() -> Defect {
    Defect::item(|sound, tenant, item| {
        let claims = sound.claims(tenant);
        item.reservations.retain(|change| {
            let row = claims.iter().find(|(key, _)| *key == change.key);
            let full = row.is_some_and(|(_, row)| row.live().get() == QUANTITY_MAX);
            !full || !matches!(change.delta, ReservationDelta::Reserve { .. })
        });
    })
}

pub(crate) fn keeps_claims_before_a_refused_one() -> Defect {
    Defect::leak(is_reservation, |part, item| {
        if let [first, _, ..] = item.reservations.as_slice() {
            part.reservations.push(first.clone());
        }
    })
}

pub(crate) fn confirms_too_strictly() -> Defect {
    mistimed(is_confirm, 1)
}

pub(crate) fn confirms_at_the_end() -> Defect {
    mistimed(is_confirm, -1)
}

pub(crate) fn ends_claims_early() -> Defect {
    mistimed(is_expire, 1)
}

pub(crate) fn ends_claims_late() -> Defect {
    mistimed(is_expire, -1)
}

pub(crate) fn believes_the_planners_clock() -> Defect {
    Defect::commit(|sound, tenant, items| match items {
        [item] if has(item, is_confirm) => {
            let ahead = item.planned_at.micros_since(sound.now());
            sound.shifted(ahead, || sound.commit(tenant, items))
        }
        _ => sound.commit(tenant, items),
    })
}

pub(crate) fn lists_settled_claims_as_due() -> Defect {
    Defect::reservations(|sound, tenant, filter, after, limit| {
        let mut page = sound.reservations(tenant, filter, after, limit)?;
        let settled = |(key, row): &(ReservationKey, Reservation)| {
            key.owner.order().is_none() && !row.lapsed.is_zero()
        };
        if filter.due {
            page.items
                .extend(sound.claims(tenant).into_iter().filter(settled));
        }
        Ok(page)
    })
}

pub(crate) fn settles_more_than_ended() -> Defect {
    Defect::item(|sound, tenant, item| {
        let claims = sound.claims(tenant);
        item.reservations.retain(|change| {
            let row = claims.iter().find(|(key, _)| *key == change.key);
            let unsettled = row.map_or(Units::ZERO, |(_, row)| row.unsettled());
            let settles = matches!(change.delta, ReservationDelta::Settle { .. });
            !settles || unsettled >= Units::from(change.delta.quantity())
        });
    })
}
