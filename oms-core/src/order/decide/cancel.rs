//! Cancelling: everything, some units, or what is left after a part was shipped.

use std::collections::BTreeMap;

use super::{Ask, Decision};
use crate::order::bucket::{Bucket, sum, take};
use crate::order::tally::{Ending, Tally};
use crate::order::{
    CancelLine, Cut, FulfillmentCut, FulfillmentLine, Order, OrderEvent, OrderRejection, OrderState,
};
use crate::value::{FulfillmentId, LineId, Reason, Units};

/// Cancels everything; repeating it changes nothing; too late once a unit has left.
pub(super) fn cancel(ask: &Ask<'_>, reason: &Reason) -> Decision {
    if ask.order.head.state == OrderState::Cancelled {
        return Ok(Vec::new());
    }
    let left = Tally::of(ask.order).left();
    if left > 0 {
        let shipped = u32::try_from(left)
            .ok()
            .and_then(|left| Units::new(left).ok());
        return Err(OrderRejection::AlreadyShipped {
            shipped: shipped.unwrap_or(Units::MAX),
        });
    }
    let mut events = cut(ask, reason, all_cuts(ask.order));
    events.push(OrderEvent::Cancelled {
        reason: reason.clone(),
        at: ask.now,
    });
    Ok(events)
}

/// Cancels everything that has not left, after something has. Before that, `cancel` is the
/// command, and the refusal says so. With nothing left to cancel nothing changes.
pub(super) fn cancel_rest(ask: &Ask<'_>, reason: &Reason) -> Decision {
    let tally = Tally::of(ask.order);
    if tally.left() == 0 {
        return Err(ask.illegal());
    }
    let mut events = cut(ask, reason, all_cuts(ask.order));
    if !events.is_empty() {
        events.extend(ending(ask, reason, tally.ending(tally.cancellable(), 0)));
    }
    Ok(events)
}

/// Cancels some units of some lines. Units that cost nothing to cancel go first: open, then
/// backordered, then reserved, picked, packed; within each of these by fulfillment. Where a
/// fulfillment is named, only its units go.
pub(super) fn cancel_lines(ask: &Ask<'_>, reason: &Reason, lines: &[CancelLine]) -> Decision {
    if lines.is_empty() {
        return Err(ask.nothing_to_do());
    }
    let mut wanted: BTreeMap<LineId, Wanted<'_>> = BTreeMap::new();
    let mut total: u64 = 0;
    for CancelLine {
        line,
        quantity,
        fulfillment,
    } in lines
    {
        ask.order
            .line(*line)
            .ok_or(OrderRejection::UnknownLine { line: *line })?;
        refuse_unknown(ask.order, *fulfillment)?;
        let units = Units::from(*quantity);
        if wanted
            .insert(
                *line,
                Wanted {
                    units,
                    only: *fulfillment,
                    shares: Vec::new(),
                },
            )
            .is_some()
        {
            return Err(OrderRejection::DuplicateLine { line: *line });
        }
        total = total.saturating_add(u64::from(units.get()));
    }
    for fulfillment in ask.order.fulfillments.values() {
        for share in &fulfillment.lines {
            if let Some(wanted) = wanted.get_mut(&share.line)
                && wanted.only.is_none_or(|only| only == fulfillment.id)
            {
                wanted.shares.push((fulfillment.id, share));
            }
        }
    }
    let mut cuts = Vec::with_capacity(wanted.len());
    for (line, wanted) in &wanted {
        cut_line(ask.order, *line, wanted, &mut cuts)?;
    }
    let mut events = cut(ask, reason, cuts);
    events.extend(ending(ask, reason, Tally::of(ask.order).ending(total, 0)));
    Ok(events)
}

fn refuse_unknown(order: &Order, named: Option<FulfillmentId>) -> Result<(), OrderRejection> {
    match named {
        Some(fulfillment) if !order.fulfillments.contains_key(&fulfillment) => {
            Err(OrderRejection::UnknownFulfillment { fulfillment })
        }
        Some(_) | None => Ok(()),
    }
}

/// What to cancel of a line, and its shares in fulfillments, in order.
struct Wanted<'a> {
    units: Units,
    /// The only fulfillment to take them from, where one is named.
    only: Option<FulfillmentId>,
    shares: Vec<(FulfillmentId, &'a FulfillmentLine)>,
}

fn cut_line(
    order: &Order,
    id: LineId,
    wanted: &Wanted<'_>,
    cuts: &mut Vec<Cut>,
) -> Result<(), OrderRejection> {
    let line = order
        .line(id)
        .ok_or(OrderRejection::UnknownLine { line: id })?;
    let here = wanted.shares.iter().map(|(_, share)| share.here());
    let waiting = match wanted.only {
        None => [line.open, line.backordered],
        Some(_) => [Units::ZERO; 2],
    };
    let found = sum(here.chain(waiting));
    if wanted.units > found {
        let (asked, bucket) = (wanted.units, "not shipped".to_owned());
        return Err(OrderRejection::TooFewUnits {
            line: id,
            asked,
            found,
            bucket,
        });
    }
    let mut left = wanted.units;
    let [open, backordered] = waiting.map(|units| take(&mut left, units));
    if !open.is_zero() || !backordered.is_zero() {
        cuts.push(Cut {
            line: id,
            open,
            backordered,
            fulfillment: None,
        });
    }
    let mut parts: Vec<FulfillmentCut> = wanted
        .shares
        .iter()
        .map(|(id, _)| FulfillmentCut {
            id: *id,
            reserved: Units::ZERO,
            picked: Units::ZERO,
            packed: Units::ZERO,
        })
        .collect();
    for bucket in Bucket::HERE {
        for (part, (_, share)) in parts.iter_mut().zip(&wanted.shares) {
            let taken = take(&mut left, share.units(bucket));
            match bucket {
                Bucket::Reserved => part.reserved = taken,
                Bucket::Picked => part.picked = taken,
                Bucket::Packed => part.packed = taken,
                Bucket::Shipped | Bucket::Delivered | Bucket::Returned => {}
            }
        }
    }
    cuts.extend(
        parts
            .into_iter()
            .filter(|part| !part.units().is_zero())
            .map(|part| Cut {
                line: id,
                open: Units::ZERO,
                backordered: Units::ZERO,
                fulfillment: Some(part),
            }),
    );
    Ok(())
}

/// Cuts for every unit that has not left, by line, then by fulfillment.
fn all_cuts(order: &Order) -> Vec<Cut> {
    let waiting = order.head.lines.iter().map(|line| Cut {
        line: line.id,
        open: line.open,
        backordered: line.backordered,
        fulfillment: None,
    });
    let here = order.fulfillments.values().flat_map(|fulfillment| {
        fulfillment.lines.iter().map(|share| Cut {
            line: share.line,
            open: Units::ZERO,
            backordered: Units::ZERO,
            fulfillment: Some(FulfillmentCut {
                id: fulfillment.id,
                reserved: share.reserved,
                picked: share.picked,
                packed: share.packed,
            }),
        })
    });
    let mut cuts: Vec<Cut> = waiting
        .chain(here)
        .filter(|cut| !cut.units().is_zero())
        .collect();
    cuts.sort_by_key(|cut| (cut.line, cut.fulfillment.map(|part| part.id)));
    cuts
}

fn cut(ask: &Ask<'_>, reason: &Reason, cuts: Vec<Cut>) -> Vec<OrderEvent> {
    if cuts.is_empty() {
        return Vec::new();
    }
    vec![OrderEvent::LinesCancelled {
        reason: reason.clone(),
        cuts,
        at: ask.now,
    }]
}

fn ending(ask: &Ask<'_>, reason: &Reason, ending: Ending) -> Option<OrderEvent> {
    match ending {
        Ending::NotYet => None,
        Ending::Cancelled => Some(OrderEvent::Cancelled {
            reason: reason.clone(),
            at: ask.now,
        }),
        Ending::Closed => Some(OrderEvent::Closed { at: ask.now }),
    }
}
