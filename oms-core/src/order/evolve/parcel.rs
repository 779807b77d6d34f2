//! Parcels: they leave, are followed, and arrive or do not.

use super::work::{move_units, settle};
use crate::order::bucket::Bucket::{self, Delivered, Packed, Shipped};
use crate::order::{Order, Shipment, Tracking};
use crate::value::{FulfillmentId, ShipmentId, Timestamp, Units};

pub(super) fn ship(
    order: &mut Order,
    id: FulfillmentId,
    shipment: &Shipment,
    now: Option<Timestamp>,
) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    let place = fulfillment
        .shipments
        .binary_search_by_key(&shipment.id, |known| known.id);
    let Err(at) = place else { return };
    for (line, quantity) in &shipment.lines {
        let units = Units::from(*quantity);
        move_units(fulfillment, *line, units, Packed, Shipped);
    }
    fulfillment.shipments.insert(at, shipment.clone());
    settle(fulfillment, now);
}

pub(super) fn track(
    order: &mut Order,
    id: FulfillmentId,
    shipment: ShipmentId,
    tracking: &Tracking,
) {
    if let Some(shipment) = shipment_mut(order, id, shipment) {
        shipment.tracking.clone_from(tracking);
    }
}

/// Ends the journey of a parcel: its units are delivered, or count as returned when they never will
/// be. That it was delivered can turn out to be wrong.
pub(super) fn end(
    order: &mut Order,
    id: FulfillmentId,
    shipment: ShipmentId,
    to: Bucket,
    at: Timestamp,
    now: Option<Timestamp>,
) {
    let Some(parcel) = shipment_mut(order, id, shipment) else {
        return;
    };
    if parcel.failed_at.is_some() || (to == Delivered && parcel.delivered_at.is_some()) {
        return;
    }
    let mut from = Shipped;
    if to == Delivered {
        parcel.delivered_at = Some(at);
    } else {
        if parcel.delivered_at.take().is_some() {
            from = Delivered;
        }
        parcel.failed_at = Some(at);
    }
    let lines = parcel.lines.clone();
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for (line, quantity) in lines {
        move_units(fulfillment, line, Units::from(quantity), from, to);
    }
    settle(fulfillment, now);
}

fn shipment_mut(order: &mut Order, id: FulfillmentId, parcel: ShipmentId) -> Option<&mut Shipment> {
    let fulfillment = order.fulfillments.get_mut(&id)?;
    fulfillment
        .shipments
        .iter_mut()
        .find(|shipment| shipment.id == parcel)
}
