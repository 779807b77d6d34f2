//! Parcels: they leave, are followed, and arrive or do not.

use super::move_units;
use crate::order::bucket::Bucket::{self, Delivered, Packed, Returned, Shipped};
use crate::order::{Order, OrderEvent, Shipment, Tracking};
use crate::value::{FulfillmentId, ShipmentId, Timestamp, Units};

pub(super) fn ship(order: &mut Order, id: FulfillmentId, shipment: &Shipment) {
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
    fulfillment.status = fulfillment.derived_status();
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
/// be.
pub(super) fn arrive(order: &mut Order, event: &OrderEvent) {
    if let OrderEvent::Delivered {
        fulfillment,
        shipment,
        at,
    } = event
    {
        end(order, *fulfillment, *shipment, Delivered, *at);
    }
    if let OrderEvent::DeliveryFailed {
        fulfillment,
        shipment,
        at,
    } = event
    {
        end(order, *fulfillment, *shipment, Returned, *at);
    }
}

/// Moves the units of a parcel that is under way to where its journey ends.
fn end(order: &mut Order, id: FulfillmentId, shipment: ShipmentId, to: Bucket, at: Timestamp) {
    let Some(parcel) = shipment_mut(order, id, shipment) else {
        return;
    };
    if !parcel.is_under_way() {
        return;
    }
    if to == Delivered {
        parcel.delivered_at = Some(at);
    } else {
        parcel.failed_at = Some(at);
    }
    let lines = parcel.lines.clone();
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for (line, quantity) in lines {
        move_units(fulfillment, line, Units::from(quantity), Shipped, to);
    }
    fulfillment.status = fulfillment.derived_status();
}

fn shipment_mut(order: &mut Order, id: FulfillmentId, parcel: ShipmentId) -> Option<&mut Shipment> {
    let fulfillment = order.fulfillments.get_mut(&id)?;
    fulfillment
        .shipments
        .iter_mut()
        .find(|shipment| shipment.id == parcel)
}
