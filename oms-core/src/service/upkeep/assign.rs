//! Orders that no hub had room for are tried again.

use std::collections::BTreeMap;

use super::Upkeep;
use super::orders::run;
use crate::event::{Actor, ActorKind};
use crate::order::{Head, Hold, HoldReason, OrderCommand, OrderStatus};
use crate::plan::{Command, Keys, Rejection};
use crate::port::OrderFilter;
use crate::service::{Call, Error, trace};
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{IdempotencyKey, OrderId, Reason, Timestamp, Version};

/// What came of assigning an order, where it was not refused for want of room.
enum Tried {
    /// It got something.
    Given,
    /// It waits for more than room: what it is held for from now on, and what a person is told.
    Lacks(HoldReason, Option<Reason>),
}

/// An order as it was seen, and what stops it first, if anything does.
type Held = ((OrderId, Version), Option<OrderCommand>);

impl Upkeep {
    /// Assigns and releases the orders that are held for want of room, the oldest first, as far as
    /// there is room now. One whose delivery slot is over is stopped for that first, so that its
    /// goods alone do not set it going, also where it has them already, and tried the next time.
    pub(super) async fn assign(&self) -> Result<(), Error> {
        let now = self.tenant.look(&Keys::default()).await?.now;
        let (mut held, mut missed, mut commands) = (Vec::new(), Vec::new(), Vec::new());
        for (at, stop) in self.held_for_room(now).await? {
            match stop {
                Some(stop) => {
                    missed.push(at.0);
                    commands.push(run(at, stop));
                }
                None => held.push(at),
            }
        }
        self.run_each(&missed, &commands).await?;
        for orders in held.chunks(BATCH_ITEMS_MAX) {
            let tried = self.assign_again(orders).await?;
            self.let_go(orders, tried).await?;
        }
        Ok(())
    }

    /// The orders that are held for want of room, and what stops those whose slot is over.
    async fn held_for_room(&self, now: Timestamp) -> Result<Vec<Held>, Error> {
        let filter = OrderFilter {
            statuses: [OrderStatus::OnHold].into(),
            ..OrderFilter::default()
        };
        let (mut held, mut after) = (Vec::new(), None);
        loop {
            let page = self.tenant.orders(&filter, after, PAGE_ITEMS_MAX).await?;
            for unreadable in &page.unreadable {
                trace::passed_over(self.tenant.id(), unreadable.at.id, unreadable.error.code());
            }
            let orders = page.items.into_iter();
            let orders = orders.filter(|order| is_held_for_room(&order.head));
            held.extend(orders.map(|order| {
                let at = (order.id, order.version);
                (at, order.head.missed_slot(now))
            }));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        // They are listed newest first.
        held.reverse();
        Ok(held)
    }

    /// Assigns what waits; answers the orders that got something, and those for which another day
    /// is not enough any more.
    async fn assign_again(
        &self,
        orders: &[(OrderId, Version)],
    ) -> Result<BTreeMap<OrderId, Tried>, Error> {
        let assign = |(order, version): &(OrderId, Version)| {
            let (order, hub) = (*order, None);
            let step = format!("auto-assign-{version}");
            let key = IdempotencyKey::of_step(&step, order.as_uuid());
            let call = Call::by(Actor::new(ActorKind::Job)).with_key(key);
            (Command::Assign { order, hub }, call)
        };
        let commands: Vec<(Command, Call)> = orders.iter().map(assign).collect();
        let mut tried = BTreeMap::new();
        for ((order, _), result) in orders.iter().zip(self.tenant.bulk(&commands).await) {
            match result {
                Ok(_) => {
                    tried.insert(*order, Tried::Given);
                }
                Err(Error::Rejected(rejection)) => {
                    let note = Reason::truncated(&rejection.to_string());
                    let reason = other_reason(&rejection);
                    tried.extend(reason.map(|reason| (*order, Tried::Lacks(reason, note))));
                }
                Err(error) if error.is_of_one_item() => {
                    trace::passed_over(self.tenant.id(), *order, error.code());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(tried)
    }

    /// Releases the orders of which nothing waits any more but what is on backorder, for room
    /// alone. What waits for something else is held for that, too, and is tried no more until a
    /// person lifts that.
    async fn let_go(
        &self,
        orders: &[(OrderId, Version)],
        mut tried: BTreeMap<OrderId, Tried>,
    ) -> Result<(), Error> {
        let ids: Vec<OrderId> = orders.iter().map(|(order, _)| *order).collect();
        let (snapshot, unreadable) = self.tenant.look_at(&ids).await?;
        for (order, error) in unreadable {
            trace::passed_over(self.tenant.id(), order, error.code());
        }
        let (mut named, mut commands) = (Vec::new(), Vec::new());
        for (id, _) in orders {
            let order = match snapshot.order(*id) {
                Ok(Some(order)) if is_held_for_room(&order.head) => order,
                Ok(Some(_) | None) => continue,
                Err(error) => {
                    trace::passed_over(self.tenant.id(), *id, Error::from(error).code());
                    continue;
                }
            };
            let release = OrderCommand::Release {
                reasons: [HoldReason::Capacity].into(),
            };
            let command = match tried.remove(id) {
                // What is on backorder waits for goods, and its buyer knows of it.
                Some(Tried::Given | Tried::Lacks(HoldReason::Shortage, _)) if !order.is_short() => {
                    release
                }
                // What is left of it is tried the next time.
                Some(Tried::Given) => continue,
                // One command of each order: a second one is done also where the first one fails.
                Some(Tried::Lacks(reason, note)) => OrderCommand::Hold { reason, note },
                None if waits(&order.head) => continue,
                None => release,
            };
            named.push(*id);
            commands.push(run((*id, order.version), command));
        }
        self.run_each(&named, &commands).await
    }
}

/// One that is held for its delivery slot as well gets its goods, and stays on hold for that. A
/// tentative order is left: its buyer was there to wait for an answer, not for another day.
fn is_held_for_room(head: &Head) -> bool {
    let room = |hold: &Hold| {
        let mut reasons = hold.reasons.iter();
        let own = |reason: &HoldReason| matches!(reason, HoldReason::Capacity | HoldReason::Slot);
        hold.reasons.contains(&HoldReason::Capacity) && reasons.all(own)
    };
    !head.tentative && head.hold.as_ref().is_some_and(room)
}

/// Whether units wait that a hub could be assigned.
fn waits(head: &Head) -> bool {
    head.lines.iter().any(|line| {
        let nothing = line.open.is_zero() && line.backordered.is_zero();
        line.sku.known().is_some() && !nothing
    })
}

/// What an order has to be held for that waits for more than room.
fn other_reason(rejection: &Rejection) -> Option<HoldReason> {
    let gone = matches!(rejection, Rejection::Unserviceable { tried } if !tried.is_for_now());
    let short = matches!(rejection, Rejection::Short { .. });
    gone.then_some(HoldReason::Unserviceable)
        .or_else(|| short.then_some(HoldReason::Shortage))
}
