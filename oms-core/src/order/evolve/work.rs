//! Work at the hubs: units move, and the status of the work follows them.

use std::collections::BTreeSet;

use super::line_mut;
use crate::order::bucket::Bucket::{self, Packed, Picked, Reserved};
use crate::order::bucket::{give, sum, take};
use crate::order::{
    Claim, Cut, Fulfillment, FulfillmentLine, FulfillmentStatus, Line, LineQuantity, Order,
};
use crate::value::{FulfillmentId, HubId, LineId, LocalDate, Timestamp, Units};

pub(super) fn allocate(
    order: &mut Order,
    id: FulfillmentId,
    hub: &HubId,
    day: Option<LocalDate>,
    claim: Claim,
    lines: &[LineQuantity],
    at: Option<Timestamp>,
) {
    order.head.fulfillments_made = order.head.fulfillments_made.max(id.get());
    let fulfillment = order.fulfillments.entry(id).or_insert_with(|| Fulfillment {
        id,
        hub: hub.clone(),
        status: FulfillmentStatus::Cancelled,
        status_since: None,
        claim,
        day,
        lines: Vec::new(),
        shipments: Vec::new(),
    });
    for LineQuantity {
        line: line_id,
        quantity,
    } in lines
    {
        let Some(line) = line_mut(&mut order.head.lines, *line_id) else {
            continue;
        };
        let Some(sku) = line.sku.known() else {
            continue;
        };
        let share = match fulfillment
            .lines
            .binary_search_by_key(line_id, |share| share.line)
        {
            Ok(place) => fulfillment.lines.get_mut(place),
            Err(place) => {
                fulfillment
                    .lines
                    .insert(place, FulfillmentLine::new(*line_id, sku.clone()));
                fulfillment.lines.get_mut(place)
            }
        };
        let Some(share) = share else { continue };
        let asked = Units::from(*quantity);
        let backordered = take(&mut line.backordered, asked);
        let open = take(&mut line.open, asked.saturating_sub(backordered));
        let units = sum([backordered, open]);
        give(&mut line.allocated, units);
        give(&mut share.reserved, units);
    }
    settle(fulfillment, at);
}

/// Tells how far the work is, after its units moved.
pub(super) fn settle(work: &mut Fulfillment, at: Option<Timestamp>) {
    let status = work.derived_status();
    if work.status != status {
        work.status = status;
        work.status_since = at;
    }
}

pub(super) fn cancel_units(order: &mut Order, cuts: &[Cut], at: Option<Timestamp>) {
    let mut touched: BTreeSet<FulfillmentId> = BTreeSet::new();
    for cut in cuts {
        let Some(line) = line_mut(&mut order.head.lines, cut.line) else {
            continue;
        };
        let waiting = [
            take(&mut line.open, cut.open),
            take(&mut line.backordered, cut.backordered),
        ];
        give(&mut line.cancelled, sum(waiting));
        let Some(part) = cut.fulfillment else {
            continue;
        };
        let Some(fulfillment) = order.fulfillments.get_mut(&part.id) else {
            continue;
        };
        let Some(share) = fulfillment.line_mut(cut.line) else {
            continue;
        };
        let here = sum([
            take(&mut share.reserved, part.reserved),
            take(&mut share.picked, part.picked),
            take(&mut share.packed, part.packed),
        ]);
        take(&mut line.allocated, here);
        give(&mut line.cancelled, here);
        touched.insert(part.id);
    }
    for id in touched {
        if let Some(fulfillment) = order.fulfillments.get_mut(&id) {
            settle(fulfillment, at);
        }
    }
}

pub(super) fn confirm(order: &mut Order, id: FulfillmentId) {
    if let Some(fulfillment) = order.fulfillments.get_mut(&id)
        && fulfillment.claim != Claim::Expired
    {
        fulfillment.claim = Claim::Confirmed;
    }
}

pub(super) fn expire(order: &mut Order, id: FulfillmentId, at: Option<Timestamp>) {
    withdraw(order, id, &Bucket::HERE, at);
    if let Some(fulfillment) = order.fulfillments.get_mut(&id) {
        fulfillment.claim = Claim::Expired;
    }
}

/// Gives units that are still at the hub back to their lines, where they are open again.
pub(super) fn withdraw(
    order: &mut Order,
    id: FulfillmentId,
    from: &[Bucket],
    at: Option<Timestamp>,
) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for share in &mut fulfillment.lines {
        let Some(line) = line_mut(&mut order.head.lines, share.line) else {
            continue;
        };
        reopen(line, share, from, Units::MAX);
    }
    settle(fulfillment, at);
}

/// Gives units that are not picked back to their lines: those named, or all when none is named.
pub(super) fn withdraw_some(
    order: &mut Order,
    id: FulfillmentId,
    lines: &[LineQuantity],
    at: Option<Timestamp>,
) {
    if lines.is_empty() {
        withdraw(order, id, &[Reserved], at);
    } else {
        open(order, id, lines, &[Reserved], at);
    }
}

/// Gives some units that are still at the hub back to their lines, where they are open again.
fn open(
    order: &mut Order,
    id: FulfillmentId,
    lines: &[LineQuantity],
    from: &[Bucket],
    at: Option<Timestamp>,
) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for part in lines {
        if let Some(line) = line_mut(&mut order.head.lines, part.line)
            && let Some(share) = fulfillment.line_mut(part.line)
        {
            reopen(line, share, from, Units::from(part.quantity));
        }
    }
    settle(fulfillment, at);
}

/// Opens `asked` units of a share again, or as many as there are, bucket by bucket.
fn reopen(line: &mut Line, share: &mut FulfillmentLine, from: &[Bucket], asked: Units) {
    let mut left = asked;
    for bucket in from {
        let units = take(share.bucket_mut(*bucket), left);
        left = left.saturating_sub(units);
        take(&mut line.allocated, units);
        give(&mut line.open, units);
    }
}

/// Picked and packed units are open again, or kept: on the shelf as if nobody had picked them.
pub(super) fn unpick(
    order: &mut Order,
    id: FulfillmentId,
    lines: &[LineQuantity],
    kept: bool,
    at: Option<Timestamp>,
) {
    if !kept {
        open(order, id, lines, &[Picked, Packed], at);
        return;
    }
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for part in lines {
        if let Some(share) = fulfillment.line_mut(part.line) {
            let asked = Units::from(part.quantity);
            let picked = take(&mut share.picked, asked);
            let packed = take(&mut share.packed, asked.saturating_sub(picked));
            give(&mut share.reserved, sum([picked, packed]));
        }
    }
    settle(fulfillment, at);
}

pub(super) fn pick(
    order: &mut Order,
    id: FulfillmentId,
    lines: &[LineQuantity],
    at: Option<Timestamp>,
) {
    shift(order, id, lines, Reserved, Picked, at);
}

pub(super) fn pack(
    order: &mut Order,
    id: FulfillmentId,
    lines: &[LineQuantity],
    at: Option<Timestamp>,
) {
    shift(order, id, lines, Picked, Packed, at);
}

/// Moves units of a fulfillment from one bucket to another.
pub(super) fn shift(
    order: &mut Order,
    id: FulfillmentId,
    lines: &[LineQuantity],
    from: Bucket,
    to: Bucket,
    at: Option<Timestamp>,
) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for LineQuantity { line, quantity } in lines {
        move_units(fulfillment, *line, Units::from(*quantity), from, to);
    }
    settle(fulfillment, at);
}

pub(super) fn move_units(
    work: &mut Fulfillment,
    line: LineId,
    units: Units,
    from: Bucket,
    to: Bucket,
) {
    if let Some(share) = work.line_mut(line) {
        let units = take(share.bucket_mut(from), units);
        give(share.bucket_mut(to), units);
    }
}
