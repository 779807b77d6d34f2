//! What an order's events mean for the stock they claim.

use crate::order::{Claim, Fulfillment, FulfillmentLine, LineQuantity, Order, OrderEvent};
use crate::reservation::ReservationDelta;
use crate::value::{FulfillmentId, HubId, LineId, Quantity, Sku, Units};

/// A change of what one line claims of a SKU at a hub.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimChange {
    /// The line.
    pub line: LineId,
    /// The hub.
    pub hub: HubId,
    /// The SKU.
    pub sku: Sku,
    /// What changes.
    pub delta: ReservationDelta,
}

/// What an event does to the claims on stock; `before` is the order just before that event.
///
/// A unit is claimed from its allocation until it ships, is cancelled, is withdrawn or given up, or
/// its claim expires; picking and packing change nothing. So what an order claims at any time is
/// what its fulfillments hold as reserved, picked and packed.
#[must_use]
pub fn claim_changes(before: &Order, event: &OrderEvent) -> Vec<ClaimChange> {
    match event {
        OrderEvent::Allocated {
            hub, claim, lines, ..
        } => reserve(before, hub, *claim, lines),
        OrderEvent::Confirmed { fulfillment, .. } => {
            let confirm = |quantity, _| ReservationDelta::Confirm { quantity };
            whole(before, *fulfillment, confirm)
        }
        OrderEvent::Expired { fulfillment, .. } => {
            let expire = |quantity, _| ReservationDelta::Expire { quantity };
            whole(before, *fulfillment, expire)
        }
        OrderEvent::Withdrawn { fulfillment, lines } => unpicked(before, *fulfillment, lines),
        OrderEvent::Unpicked {
            fulfillment,
            lines,
            kept: false,
        } => named(before, *fulfillment, lines),
        OrderEvent::LinesEdited { withdrawn, .. } => withdrawn
            .iter()
            .flat_map(|id| whole(before, *id, release))
            .collect(),
        OrderEvent::LinesCancelled { cuts, .. } => {
            let parts = cuts
                .iter()
                .filter_map(|cut| Some((cut.line, cut.fulfillment?)));
            parts
                .filter_map(|(line, cut)| some(before, cut.id, line, cut.units(), release))
                .collect()
        }
        OrderEvent::Shipped {
            fulfillment: id,
            shipment,
        } => {
            let consume = |quantity, _| ReservationDelta::Consume { quantity };
            let parts = shipment.lines.iter();
            parts
                .filter_map(|(line, sent)| some(before, *id, *line, Units::from(*sent), consume))
                .collect()
        }
        OrderEvent::Placed { .. }
        | OrderEvent::Backordered { .. }
        | OrderEvent::Approved { .. }
        | OrderEvent::Held { .. }
        | OrderEvent::Released { .. }
        | OrderEvent::Cancelled { .. }
        | OrderEvent::MadeFirm
        | OrderEvent::Picked { .. }
        | OrderEvent::Packed { .. }
        | OrderEvent::Unpicked { kept: true, .. }
        | OrderEvent::TrackingChanged { .. }
        | OrderEvent::Delivered { .. }
        | OrderEvent::DeliveryFailed { .. }
        | OrderEvent::Returned { .. }
        | OrderEvent::Closed { .. }
        | OrderEvent::CustomerChanged { .. }
        | OrderEvent::ShipToChanged { .. }
        | OrderEvent::BillToChanged { .. }
        | OrderEvent::SlotChanged { .. }
        | OrderEvent::PromiseChanged { .. }
        | OrderEvent::PaymentRecorded { .. }
        | OrderEvent::Tagged { .. }
        | OrderEvent::NoteAdded { .. }
        | OrderEvent::AttributeSet { .. }
        | OrderEvent::StageSet { .. } => Vec::new(),
    }
}

const fn release(quantity: Quantity, tentative: bool) -> ReservationDelta {
    ReservationDelta::Release {
        quantity,
        tentative,
    }
}

fn reserve(before: &Order, hub: &HubId, claim: Claim, lines: &[LineQuantity]) -> Vec<ClaimChange> {
    let expires_at = match claim {
        Claim::Tentative { expires_at } => Some(expires_at),
        Claim::Confirmed | Claim::Expired => None,
    };
    let change = |part: &LineQuantity| {
        let sku = before.line(part.line)?.sku.known()?.clone();
        let delta = ReservationDelta::Reserve {
            quantity: part.quantity,
            expires_at,
        };
        Some(ClaimChange {
            line: part.line,
            hub: hub.clone(),
            sku,
            delta,
        })
    };
    lines.iter().filter_map(change).collect()
}

/// The same change for every unit a fulfillment claims.
fn whole(
    before: &Order,
    id: FulfillmentId,
    delta: impl Fn(Quantity, bool) -> ReservationDelta,
) -> Vec<ClaimChange> {
    each(before, id, FulfillmentLine::here, delta)
}

/// The release of what a hub has not picked: of the units named, or of all when none is named.
fn unpicked(before: &Order, id: FulfillmentId, lines: &[LineQuantity]) -> Vec<ClaimChange> {
    if lines.is_empty() {
        each(before, id, |share| share.reserved, release)
    } else {
        named(before, id, lines)
    }
}

/// The release of the units of a fulfillment that are named.
fn named(before: &Order, id: FulfillmentId, lines: &[LineQuantity]) -> Vec<ClaimChange> {
    let parts = lines.iter();
    parts
        .filter_map(|part| some(before, id, part.line, Units::from(part.quantity), release))
        .collect()
}

/// The same change for some units of each line of a fulfillment.
fn each(
    before: &Order,
    id: FulfillmentId,
    units: impl Fn(&FulfillmentLine) -> Units,
    delta: impl Fn(Quantity, bool) -> ReservationDelta,
) -> Vec<ClaimChange> {
    let Some(work) = before.fulfillments.get(&id) else {
        return Vec::new();
    };
    work.lines
        .iter()
        .filter_map(|share| change(work, share, units(share), &delta))
        .collect()
}

/// A change for some units of one line in a fulfillment.
fn some(
    before: &Order,
    id: FulfillmentId,
    line: LineId,
    units: Units,
    delta: impl Fn(Quantity, bool) -> ReservationDelta,
) -> Option<ClaimChange> {
    let work = before.fulfillments.get(&id)?;
    change(work, work.line(line)?, units, &delta)
}

fn change(
    work: &Fulfillment,
    share: &FulfillmentLine,
    units: Units,
    delta: &impl Fn(Quantity, bool) -> ReservationDelta,
) -> Option<ClaimChange> {
    let quantity = units.quantity()?;
    let tentative = matches!(work.claim, Claim::Tentative { .. });
    Some(ClaimChange {
        line: share.line,
        hub: work.hub.clone(),
        sku: share.sku.clone(),
        delta: delta(quantity, tentative),
    })
}
