//! Stock rows.

use oms_core::plan::{ChangeSet, Outcome, Refusal};
use oms_core::reservation::ReservationDelta;
use oms_core::stock::{MovementKind, StockKey, StockRefusal};
use oms_core::value::{TenantId, Units, Version};

use crate::defect::{Defect, Earlier, is_stock};
use crate::sound::Sound;

fn short(row: &StockKey) -> Outcome {
    let asked = Units::ZERO;
    let refusal = StockRefusal::Short {
        asked,
        available: 0,
    };
    Outcome::Refused(Refusal::Stock {
        rows: vec![(row.clone(), refusal)],
    })
}

/// The row and the units of a change set that claims from one row with one change.
fn one_claim(item: &ChangeSet) -> Option<(StockKey, i64)> {
    let [change] = item.reservations.as_slice() else {
        return None;
    };
    let row = StockKey {
        hub: change.key.hub.clone(),
        sku: change.key.sku.clone(),
    };
    let units = change.delta.reserved_delta();
    (units > 0).then_some((row, units))
}

/// Grants what is refused for too little stock, where `wrongly` says so.
fn grants(
    wrongly: impl Fn(&Sound, &TenantId, &ChangeSet) -> bool + Send + Sync + 'static,
) -> Defect {
    Defect::outcome(move |sound, tenant, item, outcome| {
        if matches!(outcome, Outcome::Refused(refusal) if is_stock(refusal))
            && wrongly(sound, tenant, item)
        {
            *outcome = sound.grant(tenant, item).unwrap();
        }
    })
}

pub(crate) fn sells_when_anything_is_there() -> Defect {
    grants(|sound, tenant, item| {
        one_claim(item).is_some_and(|(row, _)| sound.level(tenant, &row).available() > 0)
    })
}

pub(crate) fn sells_safety_stock() -> Defect {
    grants(|sound, tenant, item| {
        one_claim(item).is_some_and(|(row, units)| {
            let level = sound.level(tenant, &row);
            level.available() + i64::from(level.safety.get()) >= units && level.available() <= 0
        })
    })
}

pub(crate) fn looks_at_each_line_alone() -> Defect {
    grants(|sound, tenant, item| {
        let deltas = item.stock_deltas();
        let rows: Vec<&StockKey> = deltas.keys().collect();
        let [row] = rows.as_slice() else { return false };
        let available = sound.level(tenant, row).available();
        let mut claims = item.reservations.iter();
        claims.len() > 1 && claims.all(|change| change.delta.reserved_delta() <= available)
    })
}

pub(crate) fn claims_again_what_left() -> Defect {
    grants(|_, _, item| {
        let mut changes = item.reservations.iter();
        let left = changes.any(|change| matches!(change.delta, ReservationDelta::Consume { .. }));
        left && item
            .stock_deltas()
            .values()
            .all(|delta| delta.reserved <= 0)
    })
}

pub(crate) fn keeps_the_last_unit() -> Defect {
    Defect::answer(|sound, tenant, item| {
        let (row, units) = one_claim(item)?;
        let exact = units > 1 && units == sound.level(tenant, &row).available();
        exact.then(|| short(&row))
    })
}

pub(crate) fn names_one_short_row() -> Defect {
    Defect::outcome(|_, _, _, outcome| {
        if let Outcome::Refused(Refusal::Stock { rows }) = outcome {
            rows.truncate(1);
        }
    })
}

pub(crate) fn names_short_rows_backwards() -> Defect {
    Defect::outcome(|_, _, _, outcome| {
        if let Outcome::Refused(Refusal::Stock { rows }) = outcome {
            rows.reverse();
        }
    })
}

pub(crate) fn keeps_claims_on_rows_that_fit() -> Defect {
    Defect::commit(|sound, tenant, items| {
        let outcomes = sound.commit(tenant, items)?;
        for (item, outcome) in items.iter().zip(&outcomes) {
            if matches!(outcome, Outcome::Refused(refusal) if is_stock(refusal)) {
                for change in item
                    .reservations
                    .iter()
                    .filter(|_| item.reservations.len() > 1 && !item.reclaim)
                {
                    let mut part = sound.bare(item);
                    part.reservations.push(change.clone());
                    sound.commit_one(tenant, part)?;
                }
            }
        }
        Ok(outcomes)
    })
}

pub(crate) fn adds_up_the_demand_of_a_batch() -> Defect {
    Defect::one_by_one(|sound, tenant, earlier, item| {
        let rows = item.stock_deltas();
        let asked = |row: &StockKey, done: bool| -> i64 {
            let items = earlier
                .iter()
                .filter(|(_, outcome)| outcome.is_done() == done);
            let deltas = items.filter_map(|(item, _)| Some(item.stock_deltas().get(row)?.reserved));
            deltas.sum()
        };
        // What was committed is no longer available; what was refused should not count.
        rows.iter().find_map(|(row, delta)| {
            let available = sound.level(tenant, row).available();
            (asked(row, false) > 0 && asked(row, false) + delta.reserved > available)
                .then(|| short(row))
        })
    })
}

pub(crate) fn reads_stock_before_the_batch() -> Defect {
    Defect::one_by_one(|_, _, earlier, item| {
        let (row, _) = one_claim(item)?;
        let moved = |(before, outcome): &Earlier| {
            let mut movements = before.movements.iter();
            outcome.is_done() && movements.any(|draft| draft.stock == row)
        };
        earlier.iter().any(moved).then(|| short(&row))
    })
}

pub(crate) fn refuses_counts_below_what_is_reserved() -> Defect {
    Defect::answer(|sound, tenant, item| {
        item.movements.iter().find_map(|draft| {
            let level = sound.level(tenant, &draft.stock);
            let left = i64::from(level.on_hand.get()) + draft.delta;
            let below = left < i64::from(level.reserved.get());
            (draft.kind == MovementKind::Counted && below).then(|| short(&draft.stock))
        })
    })
}

pub(crate) fn does_not_record_a_shortfall() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        found
            .stock
            .values_mut()
            .for_each(|level| level.shortfall = Units::ZERO);
    })
}

pub(crate) fn issues_reserved_goods() -> Defect {
    Defect::item(|_, _, item| {
        for draft in &mut item.movements {
            if draft.kind == MovementKind::Issued {
                draft.kind = MovementKind::Adjusted;
            }
        }
    })
}

pub(crate) fn takes_as_much_as_there_is() -> Defect {
    Defect::item(|sound, tenant, item| {
        for draft in &mut item.movements {
            let on_hand = sound.level(tenant, &draft.stock).on_hand.get();
            draft.delta = draft.delta.max(-i64::from(on_hand));
        }
    })
}

pub(crate) fn counts_rows_that_moved() -> Defect {
    Defect::item(|sound, tenant, item| {
        for setting in &mut item.stock {
            let on_hand = sound.level(tenant, &setting.key).on_hand;
            setting.expected_on_hand = setting.expected_on_hand.map(|_| on_hand);
        }
    })
}

pub(crate) fn leaves_shipped_goods_on_hand() -> Defect {
    Defect::item(|_, _, item| {
        let consumes = |delta: &ReservationDelta| matches!(delta, ReservationDelta::Consume { .. });
        if item
            .reservations
            .iter()
            .any(|change| consumes(&change.delta))
        {
            item.movements
                .retain(|draft| draft.kind != MovementKind::Shipped);
        }
    })
}

pub(crate) fn resets_safety_that_is_not_named() -> Defect {
    Defect::item(|_, _, item| {
        for setting in &mut item.stock {
            setting.safety = setting.safety.or(Some(Units::ZERO));
        }
    })
}

pub(crate) fn does_not_count_changes() -> Defect {
    Defect::snapshot(|_, _, _, found| {
        let first = Version::ZERO.next();
        found
            .stock
            .values_mut()
            .for_each(|level| level.version = level.version.min(first));
    })
}

pub(crate) fn stops_counting_at_the_end() -> Defect {
    Defect::item(|sound, tenant, item| {
        item.movements.retain(|draft| {
            let on_hand = sound.level(tenant, &draft.stock).on_hand;
            on_hand < Units::MAX
        });
    })
}

pub(crate) fn sets_a_row_named_twice_once() -> Defect {
    Defect::item(|_, _, item| item.stock.dedup())
}
