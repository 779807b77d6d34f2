//! Work at a hub: pick, pack, ship; and what happens to a parcel afterwards.

use std::collections::BTreeMap;

use super::flow::refuse_expired;
use super::{Ask, Decision};
use crate::order::amounts::at_most;
use crate::order::bucket::Bucket;
use crate::order::tally::{Ending, Tally};
use crate::order::{
    Claim, Fulfillment, LineQuantity, OrderEvent, OrderRejection, ShipParcel, Shipment, Tracking,
};
use crate::value::{FulfillmentId, LineId, Quantity, ShipmentId, Units, limits};

/// Takes reserved units from the shelf. A claim that is still tentative is not picked: `confirm`
/// comes first, and the refusal says so (`IllegalCommand`, or `ReservationExpired` when it is
/// too late for that).
pub(super) fn pick(ask: &Ask<'_>, id: FulfillmentId, lines: &[LineQuantity]) -> Decision {
    let fulfillment = workable(ask, id)?;
    match fulfillment.claim {
        Claim::Confirmed => {}
        Claim::Tentative { expires_at } => {
            refuse_expired(ask, id, expires_at)?;
            return Err(ask.illegal());
        }
        Claim::Expired => return Err(ask.illegal()),
    }
    let lines = chosen(ask, fulfillment, lines, &[Bucket::Reserved])?;
    Ok(vec![OrderEvent::Picked {
        fulfillment: id,
        lines,
    }])
}

/// Puts picked units in a parcel.
pub(super) fn pack(ask: &Ask<'_>, id: FulfillmentId, lines: &[LineQuantity]) -> Decision {
    let lines = chosen(ask, workable(ask, id)?, lines, &[Bucket::Picked])?;
    Ok(vec![OrderEvent::Packed {
        fulfillment: id,
        lines,
    }])
}

/// Gives up picked and packed units, or puts them back; picked ones go first, as there is nothing
/// to unpack.
pub(super) fn unpick(
    ask: &Ask<'_>,
    id: FulfillmentId,
    lines: &[LineQuantity],
    kept: bool,
) -> Decision {
    let from = [Bucket::Picked, Bucket::Packed];
    let lines = chosen(ask, workable(ask, id)?, lines, &from)?;
    Ok(vec![OrderEvent::Unpicked {
        fulfillment: id,
        lines,
        kept,
    }])
}

/// Hands packed units over as the order's next shipment.
pub(super) fn ship(ask: &Ask<'_>, id: FulfillmentId, parcel: &ShipParcel) -> Decision {
    let fulfillment = workable(ask, id)?;
    let shipments = || {
        ask.order
            .fulfillments
            .values()
            .flat_map(|work| &work.shipments)
    };
    let count = shipments().count().saturating_add(1);
    at_most("shipments", count, limits::SHIPMENTS_PER_ORDER_MAX)?;
    let last = shipments().map(|shipment| shipment.id).max();
    let Some(next) = last.map_or(Some(ShipmentId::FIRST), ShipmentId::next) else {
        // Numbers end where no order gets: far beyond the limit above.
        return Err(ask.illegal());
    };
    let lines = chosen(ask, fulfillment, &parcel.lines, &[Bucket::Packed])?;
    let shipment = Shipment {
        id: next,
        tracking: parcel.tracking.clone(),
        lines: lines
            .into_iter()
            .map(|part| (part.line, part.quantity))
            .collect(),
        shipped_at: ask.now,
        delivered_at: None,
        failed_at: None,
    };
    Ok(vec![OrderEvent::Shipped {
        fulfillment: id,
        shipment,
    }])
}

/// Changes how a parcel can be followed.
pub(super) fn change_tracking(ask: &Ask<'_>, id: ShipmentId, tracking: &Tracking) -> Decision {
    let (fulfillment, shipment) = parcel(ask, id)?;
    if shipment.tracking == *tracking {
        return Ok(Vec::new());
    }
    Ok(vec![OrderEvent::TrackingChanged {
        fulfillment: fulfillment.id,
        shipment: id,
        old: shipment.tracking.clone(),
        new: tracking.clone(),
    }])
}

/// The parcel arrived; the last one closes the order.
pub(super) fn deliver(ask: &Ask<'_>, id: ShipmentId) -> Decision {
    let (fulfillment, shipment) = parcel(ask, id)?;
    if shipment.delivered_at.is_some() {
        return Ok(Vec::new());
    }
    let delivered = OrderEvent::Delivered {
        fulfillment: fulfillment.id,
        shipment: id,
        at: ask.now,
    };
    arrive(ask, shipment, delivered)
}

/// The parcel will not arrive; it closes the order as the last one that arrives does. Where it was
/// taken for arrived, what ended with it stays ended.
pub(super) fn fail_delivery(ask: &Ask<'_>, id: ShipmentId) -> Decision {
    let (fulfillment, shipment) = parcel(ask, id)?;
    if shipment.failed_at.is_some() {
        return Ok(Vec::new());
    }
    if !fulfillment.may_be_lost(shipment) {
        return Err(ask.illegal());
    }
    let failed = OrderEvent::DeliveryFailed {
        fulfillment: fulfillment.id,
        shipment: id,
        at: ask.now,
    };
    if shipment.delivered_at.is_some() {
        return Ok(vec![failed]);
    }
    arrive(ask, shipment, failed)
}

/// Ends the journey of a parcel, which must be under way.
fn arrive(ask: &Ask<'_>, shipment: &Shipment, event: OrderEvent) -> Decision {
    if !shipment.is_under_way() {
        return Err(ask.illegal());
    }
    let arriving = shipment
        .lines
        .iter()
        .map(|(_, quantity)| u64::from(quantity.get()))
        .sum();
    let mut events = vec![event];
    match Tally::of(ask.order).ending(0, arriving) {
        Ending::Closed => events.push(OrderEvent::Closed { at: ask.now }),
        Ending::NotYet | Ending::Cancelled => {}
    }
    Ok(events)
}

/// Delivered units came back.
pub(super) fn send_back(ask: &Ask<'_>, id: FulfillmentId, lines: &[LineQuantity]) -> Decision {
    let lines = chosen(ask, workable(ask, id)?, lines, &[Bucket::Delivered])?;
    Ok(vec![OrderEvent::Returned {
        fulfillment: id,
        lines,
        at: ask.now,
    }])
}

/// The fulfillment, when its status has an edge for the command.
pub(super) fn workable<'a>(
    ask: &Ask<'a>,
    id: FulfillmentId,
) -> Result<&'a Fulfillment, OrderRejection> {
    let unknown = OrderRejection::UnknownFulfillment { fulfillment: id };
    let fulfillment = ask.order.fulfillments.get(&id).ok_or(unknown)?;
    ask.fulfillment_edge(fulfillment.status)?;
    Ok(fulfillment)
}

fn parcel<'a>(
    ask: &Ask<'a>,
    id: ShipmentId,
) -> Result<(&'a Fulfillment, &'a Shipment), OrderRejection> {
    let found = ask.order.fulfillments.values().find_map(|fulfillment| {
        let shipment = fulfillment
            .shipments
            .iter()
            .find(|shipment| shipment.id == id)?;
        Some((fulfillment, shipment))
    });
    found.ok_or(OrderRejection::UnknownShipment { shipment: id })
}

/// The units to move out of buckets, by line: those named, or all when none is named.
pub(super) fn chosen(
    ask: &Ask<'_>,
    fulfillment: &Fulfillment,
    lines: &[LineQuantity],
    from: &[Bucket],
) -> Result<Vec<LineQuantity>, OrderRejection> {
    if lines.is_empty() {
        return everything(ask, fulfillment, from);
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
    let mut chosen = Vec::with_capacity(wanted.len());
    for (line, quantity) in wanted {
        let found = fulfillment
            .line(line)
            .map_or(Units::ZERO, |share| share.units_in(from));
        let asked = Units::from(quantity);
        if asked > found {
            let bucket = from.iter().map(|bucket| bucket.as_str());
            let bucket = bucket.collect::<Vec<_>>().join(" or ");
            return Err(OrderRejection::TooFewUnits {
                line,
                asked,
                found,
                bucket,
            });
        }
        chosen.push(LineQuantity { line, quantity });
    }
    Ok(chosen)
}

fn everything(
    ask: &Ask<'_>,
    fulfillment: &Fulfillment,
    from: &[Bucket],
) -> Result<Vec<LineQuantity>, OrderRejection> {
    let all = fulfillment.quantities_of(|share| share.units_in(from));
    if all.is_empty() {
        Err(ask.nothing_to_do())
    } else {
        Ok(all)
    }
}
