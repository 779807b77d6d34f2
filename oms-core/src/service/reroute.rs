//! A hub goes down: its open work moves to other hubs.

use std::collections::BTreeSet;

use crate::order::Order;
use crate::plan::{Command, Keys};
use crate::port::ReservationFilter;
use crate::reservation::{Owner, ReservationKey};
use crate::service::{Call, Error, Tenant};
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{FulfillmentId, HubId, OrderId};

/// What became of a hub's open work.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Rerouted {
    /// Work that is at other hubs now: the order, and the fulfillment that was cancelled for it.
    pub moved: Vec<(OrderId, FulfillmentId)>,
    /// Work that stayed, and why: no other hub has everything, or work has begun.
    pub left: Vec<(OrderId, FulfillmentId, Error)>,
}

impl Tenant {
    /// Moves all open work of a hub to other hubs, order by order, in batches; tells what stayed.
    /// Switch the hub off first, so that nothing new comes.
    ///
    /// Each order is tried once. What was moved before a failure stays moved; called again, this
    /// finds what is left. Every move is a [`Reassign`](Command::Reassign): all of the
    /// fulfillment's claims move, or none.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn reroute(&self, hub: &HubId, call: Call) -> Result<Rerouted, Error> {
        let mut rerouted = Rerouted::default();
        let filter = ReservationFilter {
            hub: Some(hub.clone()),
            ..ReservationFilter::default()
        };
        let mut seen: BTreeSet<OrderId> = BTreeSet::new();
        let mut after: Option<ReservationKey> = None;
        loop {
            let store = &self.engine.store;
            let page = store
                .reservations(&self.id, &filter, after.as_ref(), PAGE_ITEMS_MAX)
                .await?;
            let live = page.items.iter().filter(|(_, row)| !row.live().is_zero());
            let orders = live.filter_map(|(key, _)| match key.owner {
                Owner::Order(id) => Some(id),
                Owner::Cart(_) | Owner::Host(_) => None,
            });
            let orders: Vec<OrderId> = orders.filter(|id| seen.insert(*id)).collect();
            for orders in orders.chunks(BATCH_ITEMS_MAX) {
                self.move_work(orders, hub, &call, &mut rerouted).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(rerouted);
            }
        }
    }

    async fn move_work(
        &self,
        orders: &[OrderId],
        hub: &HubId,
        call: &Call,
        rerouted: &mut Rerouted,
    ) -> Result<(), Error> {
        let mut keys = Keys::default();
        keys.orders.extend(orders);
        let snapshot = self.look(&keys).await?;
        let mut works = Vec::new();
        for id in orders {
            let order: Option<Order> = snapshot.order(*id)?;
            let here = order.iter().flat_map(|order| order.fulfillments.values());
            let here = here.filter(|work| {
                let mut lines = work.lines.iter();
                work.hub == *hub && lines.any(|share| !share.here().is_zero())
            });
            works.extend(here.map(|work| (*id, work.id)));
        }
        let commands: Vec<(Command, Call)> = works
            .iter()
            .map(|(order, fulfillment)| {
                // One key cannot stand for several moves.
                let mut call = call.clone();
                call.key = None;
                let command = Command::Reassign {
                    order: *order,
                    fulfillment: *fulfillment,
                    hub: None,
                };
                (command, call)
            })
            .collect();
        let results = self.bulk(&commands).await;
        for ((order, fulfillment), result) in works.into_iter().zip(results) {
            match result {
                Ok(_) => rerouted.moved.push((order, fulfillment)),
                Err(error) => rerouted.left.push((order, fulfillment, error)),
            }
        }
        Ok(())
    }
}
