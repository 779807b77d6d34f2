//! Approval, holds, and claims on stock.

use std::collections::{BTreeMap, BTreeSet};

use super::work::{chosen, workable};
use super::{Ask, Decision};
use crate::order::amounts::at_most;
use crate::order::bucket::{Bucket, is_due};
use crate::order::{
    Assignment, Claim, FulfillmentLine, HoldReason, LineQuantity, OrderEvent, OrderRejection,
};
use crate::value::{FulfillmentId, HubId, LineId, Quantity, Reason, Timestamp, Units, limits};

/// Confirms every tentative claim, then lets work begin.
pub(super) fn approve(ask: &Ask<'_>) -> Decision {
    let mut events = confirm(ask)?;
    events.push(OrderEvent::Approved { at: ask.now });
    Ok(events)
}

/// Makes the order and every tentative claim of it firm; refused when one of them is over.
pub(super) fn confirm(ask: &Ask<'_>) -> Decision {
    let mut events = Vec::new();
    for fulfillment in ask.order.fulfillments.values() {
        let Some(expires_at) = fulfillment.tentative_until() else {
            continue;
        };
        refuse_expired(ask, fulfillment.id, expires_at)?;
        events.push(OrderEvent::Confirmed {
            fulfillment: fulfillment.id,
            lines: fulfillment.quantities_of(FulfillmentLine::here),
        });
    }
    if ask.order.head.tentative {
        events.push(OrderEvent::MadeFirm);
    }
    Ok(events)
}

/// A claim is over at the moment it names, as in the rows of the store.
pub(super) fn refuse_expired(
    ask: &Ask<'_>,
    fulfillment: FulfillmentId,
    expires_at: Timestamp,
) -> Result<(), OrderRejection> {
    if is_due(expires_at, ask.now) {
        return Err(OrderRejection::ReservationExpired {
            fulfillment,
            expired_at: expires_at,
        });
    }
    Ok(())
}

/// Stops the order; the same reason with nothing new to say changes nothing.
pub(super) fn hold(ask: &Ask<'_>, reason: HoldReason, note: Option<&Reason>) -> Decision {
    let held = ask.order.head.hold.as_ref();
    if held.is_some_and(|hold| hold.says(reason, note)) {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::Held {
        reason,
        note: note.cloned(),
        at: ask.now,
    }])
}

/// Lifts reasons of the hold, or all of them; such as are not among them change nothing.
pub(super) fn release(ask: &Ask<'_>, lifted: &BTreeSet<HoldReason>) -> Decision {
    let held = ask
        .order
        .head
        .hold
        .as_ref()
        .map_or_else(BTreeSet::new, |hold| hold.reasons.clone());
    let reasons = if lifted.is_empty() {
        held
    } else {
        held.intersection(lifted).copied().collect()
    };
    // Only a hold that lost its memory is lifted whole without a reason.
    if reasons.is_empty() && !lifted.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::Released {
        reasons,
        at: ask.now,
    }])
}

/// Claims units at hubs: one new fulfillment per hub, in hub order.
pub(super) fn allocate(
    ask: &Ask<'_>,
    assignments: &[Assignment],
    expires_at: Option<Timestamp>,
) -> Decision {
    if assignments.is_empty() {
        return Err(ask.nothing_to_do());
    }
    let by_hub = by_hub(ask, assignments)?;
    let live = ask.order.live_fulfillments().saturating_add(by_hub.len());
    at_most("fulfillments", live, limits::FULFILLMENTS_PER_ORDER_MAX)?;
    let made = ask.order.head.fulfillments_made;
    let count = usize::try_from(made)
        .unwrap_or(usize::MAX)
        .saturating_add(by_hub.len());
    at_most("fulfillments_made", count, limits::FULFILLMENTS_MADE_MAX)?;
    let claim = match expires_at {
        Some(expires_at) => Claim::Tentative { expires_at },
        None => Claim::Confirmed,
    };
    let numbers = (1_u32..).map_while(|step| FulfillmentId::new(made.checked_add(step)?).ok());
    let events: Vec<OrderEvent> = numbers
        .zip(by_hub)
        .map(|(fulfillment, (hub, lines))| {
            let lines = lines
                .into_iter()
                .map(|(line, quantity)| LineQuantity { line, quantity })
                .collect();
            OrderEvent::Allocated {
                fulfillment,
                hub: hub.clone(),
                claim,
                lines,
                day: None,
            }
        })
        .collect();
    if let Some(expires_at) = expires_at
        && let Some(OrderEvent::Allocated { fulfillment, .. }) = events.first()
    {
        refuse_expired(ask, *fulfillment, expires_at)?;
    }
    enough_to_allocate(ask, assignments)?;
    Ok(events)
}

fn by_hub<'a>(
    ask: &Ask<'_>,
    assignments: &'a [Assignment],
) -> Result<BTreeMap<&'a HubId, BTreeMap<LineId, Quantity>>, OrderRejection> {
    let mut by_hub: BTreeMap<&HubId, BTreeMap<LineId, Quantity>> = BTreeMap::new();
    for Assignment {
        hub,
        line: id,
        quantity,
    } in assignments
    {
        let unknown = OrderRejection::UnknownLine { line: *id };
        let line = ask.order.line(*id).ok_or(unknown)?;
        if line.sku.known().is_none() {
            return Err(OrderRejection::UnknownSku { line: *id });
        }
        if by_hub
            .entry(hub)
            .or_default()
            .insert(*id, *quantity)
            .is_some()
        {
            return Err(OrderRejection::DuplicateLine { line: *id });
        }
    }
    Ok(by_hub)
}

/// The hubs' shares of a line together are at most what waits.
fn enough_to_allocate(ask: &Ask<'_>, assignments: &[Assignment]) -> Result<(), OrderRejection> {
    let mut asked: BTreeMap<LineId, Units> = BTreeMap::new();
    for Assignment { line, quantity, .. } in assignments {
        let sum = asked.entry(*line).or_default();
        let more = sum.checked_add(Units::from(*quantity));
        *sum = more.ok_or(OrderRejection::UnitsOverflow { line: *line })?;
    }
    for (id, asked) in asked {
        let line = ask
            .order
            .line(id)
            .ok_or(OrderRejection::UnknownLine { line: id })?;
        let overflow = OrderRejection::UnitsOverflow { line: id };
        let found = line.open.checked_add(line.backordered).ok_or(overflow)?;
        if asked > found {
            let bucket = "open or backordered".to_owned();
            return Err(OrderRejection::TooFewUnits {
                line: id,
                asked,
                found,
                bucket,
            });
        }
    }
    Ok(())
}

/// Takes back what a hub has not picked: some of it, or all of it, which is all its work when it
/// has not begun.
pub(super) fn withdraw(ask: &Ask<'_>, id: FulfillmentId, lines: &[LineQuantity]) -> Decision {
    let lines = chosen(ask, workable(ask, id)?, lines, &[Bucket::Reserved])?;
    Ok(vec![OrderEvent::Withdrawn {
        fulfillment: id,
        lines,
    }])
}

/// Marks open units as waiting for stock.
pub(super) fn backorder(ask: &Ask<'_>, lines: &[LineQuantity]) -> Decision {
    if lines.is_empty() {
        return Err(ask.nothing_to_do());
    }
    let mut wanted: BTreeMap<LineId, Quantity> = BTreeMap::new();
    for LineQuantity { line, quantity } in lines {
        ask.order
            .line(*line)
            .ok_or(OrderRejection::UnknownLine { line: *line })?;
        if wanted.insert(*line, *quantity).is_some() {
            return Err(OrderRejection::DuplicateLine { line: *line });
        }
    }
    for (id, quantity) in &wanted {
        let found = ask.order.line(*id).map_or(Units::ZERO, |line| line.open);
        let asked = Units::from(*quantity);
        if asked > found {
            let bucket = "open".to_owned();
            return Err(OrderRejection::TooFewUnits {
                line: *id,
                asked,
                found,
                bucket,
            });
        }
    }
    let lines = wanted
        .into_iter()
        .map(|(line, quantity)| LineQuantity { line, quantity });
    Ok(vec![OrderEvent::Backordered {
        lines: lines.collect(),
    }])
}

/// Notes that tentative claims are over and stops the order for it. Claims that are not tentative
/// any more are skipped: somebody was faster.
///
/// The caller states a fact of the store, which alone knows the time, so `now` is not asked.
pub(super) fn expire(ask: &Ask<'_>, fulfillments: &[FulfillmentId]) -> Decision {
    if fulfillments.is_empty() {
        return Err(ask.nothing_to_do());
    }
    let mut events = Vec::new();
    for id in fulfillments.iter().copied().collect::<BTreeSet<_>>() {
        let unknown = OrderRejection::UnknownFulfillment { fulfillment: id };
        let fulfillment = ask.order.fulfillments.get(&id).ok_or(unknown)?;
        if fulfillment.tentative_until().is_some() {
            events.push(OrderEvent::Expired {
                fulfillment: id,
                lines: fulfillment.quantities_of(FulfillmentLine::here),
                at: ask.now,
            });
        }
    }
    if !events.is_empty() {
        events.extend(hold(ask, HoldReason::ReservationExpired, None)?);
    }
    Ok(events)
}
