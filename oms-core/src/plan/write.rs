//! From an order before and after to the documents, reservations, movements and events to write.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Actor, ActorKind, StreamId};
use crate::order::{Order, OrderEvent, Part, claim_changes, evolve_at};
use crate::plan::context::{Context, draft};
use crate::plan::{
    Body, ChangeSet, CounterChange, CounterKey, DocumentKey, DocumentWrite, Expected, Index,
    OrderIndex, ReservationChange, encode,
};
use crate::reservation::{Reservation, ReservationDelta, ReservationKey};
use crate::stock::{MovementDraft, MovementKind};
use crate::value::{MovementId, Units, Version};

/// An order in the making: the state so far, and everything that led from the stored state to it.
#[derive(Clone, Debug)]
pub(crate) struct OrderWork {
    pub(crate) order: Order,
    /// The version that is stored; `None` for a new order.
    stored: Option<Version>,
    pub(crate) events: Vec<OrderEvent>,
    /// Which of the events the library made by itself.
    automatic: BTreeSet<usize>,
    pub(crate) reservations: Vec<ReservationChange>,
    /// Units that the store ended on its own and the order still does not know of, by the claims of
    /// which it learned of some. Of all others the stored rows tell.
    lapsed: BTreeMap<ReservationKey, Units>,
    touched: BTreeSet<Part>,
    /// What it takes up of the capacity of hubs and delivery slots, or gives back.
    pub(crate) counted: BTreeMap<CounterKey, i32>,
    /// The capacity of the hubs and slots it may take up, where that is bounded.
    pub(crate) limits: BTreeMap<CounterKey, Units>,
}

impl OrderWork {
    /// Begins with a stored order.
    pub(crate) fn stored(order: Order) -> Self {
        let stored = Some(order.version);
        Self {
            order,
            stored,
            events: Vec::new(),
            automatic: BTreeSet::new(),
            reservations: Vec::new(),
            lapsed: BTreeMap::new(),
            touched: BTreeSet::new(),
            counted: BTreeMap::new(),
            limits: BTreeMap::new(),
        }
    }

    /// Begins with the first event of a new order.
    pub(crate) fn placed(event: OrderEvent, order: Order) -> Self {
        let mut work = Self {
            order,
            stored: None,
            events: vec![event],
            automatic: BTreeSet::new(),
            reservations: Vec::new(),
            lapsed: BTreeMap::new(),
            touched: BTreeSet::from([Part::Head]),
            counted: BTreeMap::new(),
            limits: BTreeMap::new(),
        };
        work.count_slot(1);
        work
    }

    /// Takes what a decision made: evolves the order and follows its claims on stock.
    pub(crate) fn take(&mut self, context: &Context<'_>, events: Vec<OrderEvent>) {
        for event in events {
            for change in claim_changes(&self.order, &event) {
                let key = ReservationKey::of_order(
                    self.order.head.id,
                    change.line,
                    change.hub,
                    change.sku,
                );
                let delta = self.settled(context, &key, change.delta);
                self.reservations.push(ReservationChange { key, delta });
            }
            let parts = event.parts();
            self.count(&parts, -1);
            evolve_at(&mut self.order, &event, context.now());
            self.count(&parts, 1);
            self.touched.extend(parts);
            self.events.push(event);
        }
    }

    /// Counts the work of these parts: what is there before an event is taken off, what is there
    /// after it is added.
    fn count(&mut self, parts: &[Part], delta: i32) {
        for part in parts {
            let Part::Fulfillment(id) = part else {
                self.count_slot(delta);
                continue;
            };
            let work = self.order.fulfillments.get(id);
            let work = work.filter(|work| work.is_live());
            let Some((hub, day)) = work.and_then(|work| Some((work.hub.clone(), work.day?))) else {
                continue;
            };
            let counted = self
                .counted
                .entry(CounterKey::HubDay(hub, day))
                .or_default();
            *counted = counted.saturating_add(delta);
        }
    }

    fn count_slot(&mut self, delta: i32) {
        if let Some(slot) = self.order.takes_slot() {
            let key = CounterKey::Slot(slot.key.clone());
            let counted = self.counted.entry(key).or_default();
            *counted = counted.saturating_add(delta);
        }
    }

    /// Takes what a decision of the library's own made, such as an automatic approval.
    pub(crate) fn take_automatic(&mut self, context: &Context<'_>, events: Vec<OrderEvent>) {
        let first = self.events.len();
        self.take(context, events);
        self.automatic.extend(first..self.events.len());
    }

    /// A claim that the store ended on its own cannot be released or expired again: the order only
    /// takes note of it.
    fn settled(
        &mut self,
        context: &Context<'_>,
        key: &ReservationKey,
        delta: ReservationDelta,
    ) -> ReservationDelta {
        let quantity = match delta {
            ReservationDelta::Expire { quantity }
            | ReservationDelta::Release {
                quantity,
                tentative: true,
            } => quantity,
            ReservationDelta::Reserve { .. }
            | ReservationDelta::Confirm { .. }
            | ReservationDelta::Release {
                tentative: false, ..
            }
            | ReservationDelta::Consume { .. }
            | ReservationDelta::Acknowledge { .. }
            | ReservationDelta::Settle { .. } => return delta,
        };
        let left = self.lapsed.get(key).copied();
        let lapsed = left.unwrap_or_else(|| context.snapshot.reservation(key).lapsed);
        let Some(left) = lapsed.checked_sub(quantity.into()) else {
            return delta;
        };
        self.lapsed.insert(key.clone(), left);
        ReservationDelta::Acknowledge { quantity }
    }

    /// A claim of the order as what was planned so far leaves it; `None` where the store would
    /// refuse that.
    pub(crate) fn claimed(
        &self,
        context: &Context<'_>,
        key: &ReservationKey,
    ) -> Option<Reservation> {
        let row = context.snapshot.reservation(key);
        let mut changes = self.reservations.iter().filter(|change| change.key == *key);
        let after = changes.try_fold(row, |row, change| row.apply(change.delta, context.now()));
        after.ok()
    }

    /// Writes everything into a change set.
    pub(crate) fn write(self, context: &Context<'_>, change_set: &mut ChangeSet) -> Order {
        let Self {
            order,
            stored,
            events,
            automatic,
            reservations,
            lapsed: _,
            touched,
            counted,
            limits,
        } = self;
        change_set.counters.extend(changes(counted, &limits));
        let id = order.head.id;
        let stream = StreamId::order(id);
        let first = stored.map_or(0, Version::get) + 1;
        for (seq, (place, event)) in (first..).zip(events.iter().enumerate()) {
            let seq = Version::new(seq).ok();
            let mut draft = draft(&stream, seq, event.name(), OrderEvent::SCHEMA, event);
            draft.actor = automatic
                .contains(&place)
                .then(|| Actor::new(ActorKind::Automatic));
            change_set.events.push(draft);
        }
        change_set.documents.push(DocumentWrite {
            key: DocumentKey::Order(id),
            expected: stored.map_or(Expected::Absent, Expected::Version),
            version: order.version,
            body: if touched.contains(&Part::Head) {
                encode(&order.head)
            } else {
                Body::Keep
            },
            index: Index::Order(index(&order)),
        });
        for part in &touched {
            let Part::Fulfillment(number) = part else {
                continue;
            };
            let Some(fulfillment) = order.fulfillments.get(number) else {
                continue;
            };
            let key = DocumentKey::Fulfillment(id, *number);
            let expected = context.snapshot.version(&key);
            change_set.documents.push(DocumentWrite {
                expected: expected.map_or(Expected::Absent, Expected::Version),
                version: order.version,
                body: encode(fulfillment),
                index: Index::None,
                key,
            });
        }
        for change in &reservations {
            if let ReservationDelta::Consume { quantity } = change.delta {
                change_set.movements.push(MovementDraft {
                    id: MovementId::from_uuid((context.ids)()),
                    stock: change.key.stock(),
                    kind: MovementKind::Shipped,
                    delta: -i64::from(quantity.get()),
                    order: Some(id),
                    transfer: None,
                    reason: context.origin.reason.clone(),
                });
            }
        }
        change_set.reservations.extend(reservations);
        order
    }
}

/// What of the capacity of hubs and slots is taken up in the end, or given back.
fn changes(
    counted: BTreeMap<CounterKey, i32>,
    limits: &BTreeMap<CounterKey, Units>,
) -> impl Iterator<Item = CounterChange> {
    let counted = counted.into_iter().filter(|(_, delta)| *delta != 0);
    counted.map(|(key, delta)| {
        let limit = limits.get(&key).copied().filter(|_| delta > 0);
        CounterChange { key, delta, limit }
    })
}

fn index(order: &Order) -> OrderIndex {
    let head = &order.head;
    OrderIndex {
        number: head.number,
        status: order.status(),
        placed_at: head.placed_at,
        state_since: head.state_since,
        channel: head.source.channel.clone(),
        customer: head.customer,
        promised_by: head.due_by(),
    }
}
