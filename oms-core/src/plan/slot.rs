//! Delivery slots: storing those of a day, and booking one for an order.

use crate::event::StreamId;
use crate::hub::{DeliverySlot, Hub, SlotDay, SlotProblem, ZoneBook};
use crate::order::{BookedSlot, Order, OrderCommand, decide};
use crate::plan::allocate::usable_hub;
use crate::plan::context::{Context, Planned};
use crate::plan::destination::{address, address_keys};
use crate::plan::order::{load, require_active, written};
use crate::plan::registry::put_single;
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, CounterKey, DocumentKey, Keys, Receipt, Rejection, Requirement};
use crate::value::{Address, HubId, LocalTime, OrderId, SlotKey, Timestamp, Units, Version};

/// A place of a slot that can be had.
#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) slot: BookedSlot,
    capacity: Units,
    /// Where the slot is told about, as it was seen.
    document: (DocumentKey, Version),
}

impl Booking {
    /// Lets the change set take the place only if there is one and the slot is as it was seen. That
    /// its hub is in use is required beside the other hubs of the order.
    pub(crate) fn require(self, work: &mut OrderWork, change_set: &mut ChangeSet) {
        let (document, version) = self.document;
        let unchanged = Requirement::Unchanged(document, version);
        change_set.requires.push(unchanged);
        let counter = CounterKey::Slot(self.slot.key);
        work.limits.insert(counter, self.capacity);
    }
}

/// Plans the delivery slots of a hub on a day. The hub need not be active: slots are made ahead.
pub(crate) fn put(context: &Context<'_>, new: &SlotDay) -> Result<Planned, Rejection> {
    context.settings()?;
    let _: Hub = context.require(&DocumentKey::Hub(new.hub.clone()))?;
    let zones: Option<ZoneBook> = context.read(&DocumentKey::Zones)?;
    new.check(&zones.unwrap_or_default())?;
    let document = DocumentKey::Slots(new.hub.clone(), new.date);
    let stream = StreamId::slots(&new.hub, new.date);
    let names = ("slots.created", "slots.changed");
    let mut planned = put_single(context, document, stream, names, new)?;
    let zoned = new.slots.values().any(|slot| slot.zone.is_some());
    if let Planned::Write(change_set, _) = &mut planned
        && let Some(version) = context
            .snapshot
            .version(&DocumentKey::Zones)
            .filter(|_| zoned)
    {
        let unchanged = Requirement::Unchanged(DocumentKey::Zones, version);
        change_set.requires.push(unchanged);
    }
    Ok(planned)
}

/// Asks for what booking a slot needs.
pub(crate) fn ask(slot: &SlotKey, keys: &mut Keys) {
    keys.ask_hubs();
    let document = DocumentKey::Slots(slot.hub.clone(), slot.date);
    keys.documents.insert(document);
    keys.counters.insert(CounterKey::Slot(slot.clone()));
}

/// What booking a slot for a stored order has to know.
pub(crate) fn keys(order: OrderId, slot: Option<&SlotKey>) -> Keys {
    let mut keys = Keys::default();
    keys.orders.insert(order);
    if let Some(slot) = slot {
        ask(slot, &mut keys);
    }
    keys
}

/// A slot as an order that books it now is promised it.
fn promised(key: &SlotKey, slot: &DeliverySlot, ends: Option<Timestamp>) -> BookedSlot {
    BookedSlot {
        key: key.clone(),
        start: slot.start,
        end: slot.end,
        kind: slot.kind,
        zone: slot.zone.clone(),
        ends,
    }
}

/// Whether the slot is still what an order was promised. One that was withdrawn is: it promises
/// nothing else.
fn is_kept(context: &Context<'_>, known: &BookedSlot) -> Result<bool, Rejection> {
    let key = &known.key;
    let document = DocumentKey::Slots(key.hub.clone(), key.date);
    let day: Option<SlotDay> = context.read(&document)?;
    let slot = day.as_ref().and_then(|day| day.slots.get(&key.slot));
    Ok(slot.is_none_or(|slot| promised(key, slot, known.ends) == *known))
}

/// A place of the slot, if it can be had by an order that goes to the address.
pub(crate) fn find(
    context: &Context<'_>,
    key: &SlotKey,
    address: Option<&Address>,
) -> Result<Booking, Rejection> {
    let booking = offered(context, key, address)?;
    let counter = CounterKey::Slot(key.clone());
    let booked = context.snapshot.counters.get(&counter).copied();
    let (booked, capacity) = (booked.unwrap_or(Units::ZERO), booking.capacity);
    if booked >= capacity {
        return Err(refused(key, SlotProblem::Full { booked, capacity }));
    }
    Ok(booking)
}

/// The slot, if it is for an order that goes to the address; whether a place is left is not asked.
fn offered(
    context: &Context<'_>,
    key: &SlotKey,
    address: Option<&Address>,
) -> Result<Booking, Rejection> {
    let document = DocumentKey::Slots(key.hub.clone(), key.date);
    let mut day: Option<SlotDay> = context.read(&document)?;
    let slot = day.as_mut().and_then(|day| day.slots.remove(&key.slot));
    let (Some(slot), Some(version)) = (slot, context.snapshot.version(&document)) else {
        return Err(refused(key, SlotProblem::Unknown));
    };
    let book = context.hubs()?;
    let hub = usable_hub(&book, &key.hub)?;
    let place = address.map(|address| book.destination(address));
    slot.check_bookable(key.date, hub, place.as_ref(), context.now())
        .map_err(|problem| refused(key, problem))?;
    let ends = hub.instant(LocalTime {
        date: key.date,
        minute: slot.end,
    });
    Ok(Booking {
        slot: promised(key, &slot, ends),
        capacity: slot.capacity,
        document: (document, version),
    })
}

/// Plans booking a slot for an order, or giving the one it has back.
pub(crate) fn book(
    context: &Context<'_>,
    id: OrderId,
    key: Option<&SlotKey>,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    // An order that may have no other slot is told that, not that this one is full or over: no
    // choice of a slot would help.
    let gives_back = OrderCommand::BookSlot { slot: None };
    decide(&work.order, &gives_back, &settings.workflow, context.now())?;
    let mut change_set = context.change_set();
    let known = work
        .order
        .takes_slot()
        .filter(|slot| Some(&slot.key) == key);
    let (slot, booking) = match (key, known) {
        (None, _) => (None, None),
        // It has that one already, as it is.
        (Some(_), Some(known)) if is_kept(context, known)? => (Some(known.clone()), None),
        (Some(key), known) => {
            let has_place = known.is_some();
            if let Some(more) = address_keys(context, &[&work.order]) {
                return Ok(Planned::More(more));
            }
            let address = address(context, &work.order)?;
            // The place it has stays its own when the slot has other hours now.
            let booking = if has_place {
                offered(context, key, address.as_ref())?
            } else {
                find(context, key, address.as_ref())?
            };
            let mut works = work.order.fulfillments.values();
            if let Some(other) = works.find(|work| work.is_live() && work.hub != key.hub) {
                let hub = other.hub.clone();
                return Err(refused(key, SlotProblem::OtherHub { hub }));
            }
            (Some(booking.slot.clone()), Some(booking))
        }
    };
    let command = OrderCommand::BookSlot { slot };
    let events = decide(&work.order, &command, &settings.workflow, context.now())?;
    if events.is_empty() {
        return Ok(Planned::Already(Receipt::of_order(&work.order)));
    }
    if let Some(booking) = booking {
        let hub = booking.slot.key.hub.clone();
        require_active(&mut change_set, [DocumentKey::Hub(hub)]);
        booking.require(&mut work, &mut change_set);
    }
    work.take(context, events);
    Ok(written(context, change_set, work))
}

/// A hub somebody names for an order's work must be the one of its slot, until a parcel has left.
pub(crate) fn check_hub(order: &Order, hub: Option<&HubId>) -> Result<(), Rejection> {
    match order.binding_slot() {
        Some(slot) => check_same(&slot.key, hub),
        None => Ok(()),
    }
}

/// A slot is booked beside no other hub than its own.
pub(crate) fn check_same(slot: &SlotKey, hub: Option<&HubId>) -> Result<(), Rejection> {
    match hub {
        Some(hub) if slot.hub != *hub => {
            let hub = hub.clone();
            Err(refused(slot, SlotProblem::OtherHub { hub }))
        }
        Some(_) | None => Ok(()),
    }
}

/// Work may not leave the hub of its slot, until a parcel has left.
pub(crate) fn check_may_leave(order: &Order, from: &HubId) -> Result<(), Rejection> {
    match order.binding_slot() {
        Some(slot) if slot.key.hub == *from => Err(refused(&slot.key, SlotProblem::BindsWork)),
        Some(_) | None => Ok(()),
    }
}

fn refused(slot: &SlotKey, reason: SlotProblem) -> Rejection {
    Rejection::Slot {
        slot: Box::new(slot.clone()),
        reason: Box::new(reason),
    }
}
