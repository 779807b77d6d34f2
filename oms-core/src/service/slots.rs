//! The calls about delivery slots.

use serde::Serialize;

use crate::hub::{DeliverySlot, Hub, SlotDay, ZoneBook};
use crate::plan::{Command, CounterKey, DocumentKey, Keys, Rejection};
use crate::service::{Call, Done, Error, Tenant};
use crate::value::limits::SLOT_DAYS_MAX;
use crate::value::{HubId, LocalDate, OrderId, SlotKey, Units};

/// A delivery slot, and how much of it is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SlotView {
    /// Which.
    pub key: SlotKey,
    /// From when until when, for whom, and its capacity: the total.
    pub slot: DeliverySlot,
    /// Orders that have booked it.
    pub booked: Units,
    /// Places that are left; none when more are booked than a lowered capacity.
    pub available: Units,
    /// Whether it may still be booked, as far as its hub, its cut-off and its zone are concerned: a
    /// zone that is gone is nowhere.
    pub open: bool,
}

impl Tenant {
    /// Stores the delivery slots of a hub on one of its days, all of them: what is left out is
    /// withdrawn. Orders that have booked a slot keep it as it was promised.
    ///
    /// # Errors
    /// [`Error`]; refused when the hub does not exist, and with the field that is wrong:
    /// `slots.morning.end`.
    pub async fn put_slots(&self, day: SlotDay, call: Call) -> Result<Done, Error> {
        self.execute(Command::PutSlots(day), call).await
    }

    /// Books another delivery slot for an order, until a parcel has left; the place of the one
    /// before is free again. `None` only gives that back. To book one with the order, name it in
    /// its [`draft`](crate::order::OrderDraft::slot).
    ///
    /// Booking the slot that the order has does nothing, unless the slot was changed: then the
    /// order is promised the new hours, in the place that it has.
    ///
    /// While a slot is booked the order's work is done at the slot's hub and nowhere else, until a
    /// parcel has left.
    ///
    /// # Errors
    /// [`Error`]; refusals are those of [`BookSlot`](crate::order::OrderCommand::BookSlot), of an
    /// order that may have no other slot, and then those of
    /// [`SlotProblem`](crate::hub::SlotProblem).
    pub async fn book_slot(
        &self,
        order: OrderId,
        slot: Option<SlotKey>,
        call: Call,
    ) -> Result<Done, Error> {
        self.execute(Command::BookSlot { order, slot }, call).await
    }

    /// The delivery slots of a hub on the days from `first` to `last`, by day and id, with what is
    /// left of each now. What was booked of a day is told until it has been over for
    /// [`COUNTER_RETENTION_DAYS`](crate::value::limits::COUNTER_RETENTION_DAYS).
    ///
    /// # Errors
    /// [`Error`]; refused when the hub does not exist, or for more than [`SLOT_DAYS_MAX`] days.
    pub async fn slots(
        &self,
        hub: &HubId,
        first: LocalDate,
        last: LocalDate,
    ) -> Result<Vec<SlotView>, Error> {
        let mut keys = Keys::default();
        let at = DocumentKey::Hub(hub.clone());
        keys.documents.extend([at.clone(), DocumentKey::Zones]);
        let days = std::iter::successors(Some(first), |day| day.checked_add_days(1));
        for (n, day) in days.take_while(|day| *day <= last).enumerate() {
            let max = SLOT_DAYS_MAX;
            if n >= usize::from(max) {
                let field = "days".to_owned();
                let (found, max) = (n.saturating_add(1), usize::from(max));
                return Err(Rejection::WrongCount { field, found, max }.into());
            }
            keys.documents.insert(DocumentKey::Slots(hub.clone(), day));
        }
        let snapshot = self.look(&keys).await?;
        let known: Option<Hub> = snapshot.read(&at)?;
        let known = known.ok_or(Rejection::NotFound { document: at })?;
        let zones: Option<ZoneBook> = snapshot.read(&DocumentKey::Zones)?;
        let zones = zones.unwrap_or_default();
        let mut found = Vec::new();
        for document in &keys.documents {
            if let DocumentKey::Slots(..) = document {
                let day: Option<SlotDay> = snapshot.read(document)?;
                let Some(day) = day else { continue };
                let slots = day.slots.iter();
                found.extend(slots.map(|(id, slot)| (day.key(id), slot.clone())));
            }
        }
        let mut keys = Keys::default();
        let counters = found.iter().map(|(key, _)| CounterKey::Slot(key.clone()));
        keys.counters.extend(counters);
        let taken = if found.is_empty() {
            snapshot
        } else {
            self.look(&keys).await?
        };
        let view = |(key, slot): (SlotKey, DeliverySlot)| {
            let booked = taken.counters.get(&CounterKey::Slot(key.clone()));
            let booked = booked.copied().unwrap_or(Units::ZERO);
            let now = known.reached(taken.now);
            let open = now.is_some_and(|now| now < slot.bookable_until(key.date));
            let somewhere = slot.zone.as_ref().is_none_or(|zone| zones.has(zone));
            SlotView {
                booked,
                available: slot.capacity.saturating_sub(booked),
                open: open && somewhere && known.active,
                key,
                slot,
            }
        };
        Ok(found.into_iter().map(view).collect())
    }

    /// What is left of a delivery slot now; `None` if there is no such slot.
    ///
    /// # Errors
    /// [`Error`]; refused when the hub does not exist.
    pub async fn slot(&self, key: &SlotKey) -> Result<Option<SlotView>, Error> {
        let day = self.slots(&key.hub, key.date, key.date).await?;
        Ok(day.into_iter().find(|view| view.key == *key))
    }
}
