//! A hub goes down: its open work moves to other hubs, at once or by a job.

mod job;

use std::collections::BTreeSet;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::event::StreamId;
use crate::order::Order;
use crate::plan::{Command, HUB_EVENTS};
use crate::port::{Page, ReservationFilter, Unreadable};
use crate::reservation::ReservationKey;
use crate::service::{Call, Done, Error, OrderError, Tenant};
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{FulfillmentId, HubId, OrderId, Version};

pub use job::{RerouteLeft, RerouteReport, RerouteState, Rerouting};

/// Work of an order at one hub.
type Work = (OrderId, FulfillmentId);

/// What became of a hub's open work.
///
/// Hosts can answer with it as JSON: what moved is objects of `order` and `fulfillment`, and what
/// stayed or could not be read is an [`OrderError`], in the words that a client may read. Write the
/// errors themselves to the log.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Rerouted {
    /// Work that is at other hubs now: the order, and the fulfillment that was cancelled for it.
    pub moved: Vec<(OrderId, FulfillmentId)>,
    /// Work that stayed, and why: no other hub has everything, or work has begun.
    pub left: Vec<(OrderId, FulfillmentId, Error)>,
    /// Orders that could not be read, and why. Their work stayed.
    pub unreadable: Vec<(OrderId, Error)>,
}

impl Serialize for Rerouted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moved = self.moved.iter();
        let moved = moved.map(|(order, fulfillment)| Moved {
            order: *order,
            fulfillment: *fulfillment,
        });
        let left = self.left.iter();
        let left = left.map(|(order, work, why)| OrderError {
            fulfillment: Some(*work),
            ..OrderError::of(*order, why)
        });
        let unreadable = self.unreadable.iter();
        let unreadable = unreadable.map(|(order, why)| OrderError::of(*order, why));
        let mut fields = serializer.serialize_struct("Rerouted", 3)?;
        fields.serialize_field("moved", &moved.collect::<Vec<_>>())?;
        fields.serialize_field("left", &left.collect::<Vec<_>>())?;
        fields.serialize_field("unreadable", &unreadable.collect::<Vec<_>>())?;
        fields.end()
    }
}

/// Work that is at another hub now, as it is told.
#[derive(Serialize)]
struct Moved {
    order: OrderId,
    fulfillment: FulfillmentId,
}

impl Tenant {
    /// Moves all open work of a hub to other hubs, order by order, in batches; tells what stayed.
    /// Switch the hub off first, so that nothing new comes. [`Rerouting`] does both by a job.
    ///
    /// Each order is tried once. What was moved before a failure stays moved; called again, this
    /// finds what is left. Every move is a [`Reassign`](Command::Reassign): all of the
    /// fulfillment's claims move, or none. The call's key, expected version and extension are not
    /// used: each move is a command of its own.
    ///
    /// # Errors
    /// [`Error`] when the store cannot be asked.
    pub async fn reroute(&self, hub: &HubId, call: Call) -> Result<Rerouted, Error> {
        let mut rerouted = Rerouted::default();
        let mut seen: BTreeSet<OrderId> = BTreeSet::new();
        let mut after: Option<ReservationKey> = None;
        loop {
            let page = self.claiming(hub, after.as_ref(), PAGE_ITEMS_MAX).await?;
            for (order, error) in hidden(page.unreadable) {
                if seen.insert(order) {
                    rerouted.unreadable.push((order, error));
                }
            }
            let orders = page.items.into_iter();
            let orders: Vec<OrderId> = orders.filter(|id| seen.insert(*id)).collect();
            for orders in orders.chunks(BATCH_ITEMS_MAX) {
                let Open { works, unreadable } = self.open_at(orders, hub).await?;
                rerouted.unreadable.extend(unreadable);
                for ((order, work), result) in self.move_all(works, |_| call.for_a_step()).await {
                    match result {
                        Ok(_) => rerouted.moved.push((order, work)),
                        Err(error) => rerouted.left.push((order, work, error)),
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(rerouted);
            }
        }
    }

    /// Orders that claim stock of a hub, from a page of `claims` claims; an order with several
    /// claims may come several times, one after the other.
    pub(in crate::service) async fn claiming(
        &self,
        hub: &HubId,
        after: Option<&ReservationKey>,
        claims: usize,
    ) -> Result<Page<OrderId, ReservationKey>, Error> {
        let filter = ReservationFilter {
            hub: Some(hub.clone()),
            live: true,
            ..ReservationFilter::default()
        };
        let store = &self.engine.store;
        let page = store.reservations(&self.id, &filter, after, claims).await?;
        Ok(page.read(|(key, _)| key.owner.order().map(Ok)))
    }

    /// Whether a hub that was off at a version was on before another one. Most changes of a hub
    /// that is off leave it so; without the version, which earlier releases did not keep, it may
    /// have been.
    async fn was_on(
        &self,
        hub: &HubId,
        off: Option<Version>,
        now: Option<Version>,
    ) -> Result<bool, Error> {
        if off == now {
            return Ok(false);
        }
        let Some(mut after) = off else {
            return Ok(true);
        };
        let (store, stream) = (&self.engine.store, StreamId::hub(hub));
        loop {
            // Each change of a hub is an event, whose place is the version.
            let page = store.history(&self.id, &stream, after, PAGE_ITEMS_MAX);
            let page = page.await?;
            let mut names = page.iter().map(|event| &*event.name);
            if names.any(|name| name == HUB_EVENTS.activated) {
                return Ok(true);
            }
            match page.last() {
                Some(last) if page.len() == PAGE_ITEMS_MAX => after = last.id.seq,
                Some(_) | None => return Ok(false),
            }
        }
    }

    /// What the orders have at the hub.
    async fn open_at(&self, orders: &[OrderId], hub: &HubId) -> Result<Open, Error> {
        let (snapshot, unreadable) = self.look_at(orders).await?;
        let unreadable = unreadable.into_iter();
        let mut open = Open {
            works: Vec::new(),
            unreadable: unreadable.map(|(id, error)| (id, error.into())).collect(),
        };
        for id in orders {
            let order: Option<Order> = match snapshot.order(*id) {
                Ok(order) => order,
                Err(error) => {
                    open.unreadable.push((*id, error.into()));
                    continue;
                }
            };
            let here = order.iter().flat_map(|order| order.fulfillments.values());
            let here = here.filter(|work| work.is_open_at(hub));
            open.works.extend(here.map(|work| (*id, work.id)));
        }
        Ok(open)
    }

    /// Moves work to whatever other hub is best; answers in the order of the works.
    async fn move_all(
        &self,
        works: Vec<Work>,
        call: impl Fn(Work) -> Call + Send,
    ) -> Vec<(Work, Result<Done, Error>)> {
        let command = |work: &Work| {
            let (order, fulfillment) = *work;
            let command = Command::Reassign {
                order,
                fulfillment,
                hub: None,
            };
            (command, call(*work))
        };
        let commands: Vec<(Command, Call)> = works.iter().map(command).collect();
        let results = self.bulk(&commands).await;
        works.into_iter().zip(results).collect()
    }
}

/// Orders of claims that cannot be read, and why; an order with several may come several times.
fn hidden(unreadable: Vec<Unreadable<ReservationKey>>) -> impl Iterator<Item = (OrderId, Error)> {
    let orders = unreadable.into_iter();
    orders.filter_map(|unreadable| Some((unreadable.at.owner.order()?, unreadable.error.into())))
}

/// What orders have at a hub.
struct Open {
    /// Work that could be moved.
    works: Vec<Work>,
    /// Orders that cannot be read; they keep no others from moving.
    unreadable: Vec<(OrderId, Error)>,
}
