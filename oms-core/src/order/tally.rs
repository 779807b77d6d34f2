//! Sums over a whole order: is work left, has it begun, is it over?

use crate::order::{FulfillmentStatus, Order};
use crate::value::Units;

/// Where all units of an order are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Open or backordered.
    pub(super) waiting: u64,
    /// Reserved, picked or packed.
    pub(super) here: u64,
    /// With a carrier.
    pub(super) shipped: u64,
    /// Arrived, kept or come back, or never to arrive.
    pub(super) arrived: u64,
}

/// What the units say about an order's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Units are still to be handled or under way.
    NotYet,
    /// Every unit is cancelled.
    Cancelled,
    /// Every unit arrived, will not any more or is cancelled, and at least one was sent.
    Closed,
}

impl Tally {
    pub(super) fn of(order: &Order) -> Self {
        let count = |units: Units| u64::from(units.get());
        let mut tally = Self::default();
        for line in &order.head.lines {
            tally.waiting += count(line.open) + count(line.backordered);
        }
        for share in order
            .fulfillments
            .values()
            .flat_map(|fulfillment| &fulfillment.lines)
        {
            tally.here += count(share.here());
            tally.shipped += count(share.shipped);
            tally.arrived += count(share.delivered) + count(share.returned);
        }
        tally
    }

    /// Units that can still be cancelled.
    pub(super) const fn cancellable(self) -> u64 {
        self.waiting + self.here
    }

    /// Units that left a hub.
    pub(super) const fn left(self) -> u64 {
        self.shipped + self.arrived
    }

    /// The end after `cancelled` more units are cancelled and `arriving` more have arrived.
    pub(super) const fn ending(self, cancelled: u64, arriving: u64) -> Ending {
        if self.cancellable() > cancelled || self.shipped > arriving {
            return Ending::NotYet;
        }
        if self.arrived + arriving == 0 {
            Ending::Cancelled
        } else {
            Ending::Closed
        }
    }
}

impl Order {
    /// True when nothing is left to deliver and no parcel arrived.
    pub(super) fn nothing_arrived(&self) -> bool {
        let tally = Tally::of(self);
        let over = tally.cancellable() == 0 && tally.shipped == 0;
        let mut works = self.fulfillments.values();
        // Units count beside their parcels: what no parcel tells of was kept all the same.
        over && works.all(|work| {
            let mut parcels = work.shipments.iter();
            parcels.all(|parcel| parcel.delivered_at.is_none())
                && work.lines.iter().all(|share| share.delivered.is_zero())
        })
    }

    /// True while a unit is picked, and once one has left: then the order cannot be edited, but for
    /// the name of a line that nobody could identify. Giving up all that was picked makes it false
    /// again, if nothing has left.
    #[must_use]
    pub fn work_begun(&self) -> bool {
        self.any_shipped()
            || self
                .fulfillments
                .values()
                .any(|fulfillment| match fulfillment.status {
                    FulfillmentStatus::Approved | FulfillmentStatus::Cancelled => false,
                    FulfillmentStatus::Picking
                    | FulfillmentStatus::Picked
                    | FulfillmentStatus::Packing
                    | FulfillmentStatus::Packed
                    | FulfillmentStatus::Shipped
                    | FulfillmentStatus::Delivered => true,
                })
    }
}
