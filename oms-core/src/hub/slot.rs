//! Delivery slots: when a hub delivers, how many orders, and until when each can be booked.

mod draft;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hub::{AreaVerdict, Destination, Hub, HubError, HubProblem, ZoneBook};
use crate::value::{
    HubId, LocalDate, LocalTime, MinuteOfDay, SlotId, SlotKey, SlotKind, Timestamp, Units, ZoneId,
    limits,
};

pub use draft::{SlotDayDraft, SlotDraft};

/// The delivery slots of a hub on one of its days, all of them. A slot that is left out is
/// withdrawn: nobody can book it any more, and who has booked it keeps it.
///
/// ```
/// use oms_core::hub::{CutOff, DeliverySlot, SlotDay, ZoneBook};
/// use oms_core::value::{HubId, LocalDate, MinuteOfDay, SlotId, Units};
///
/// let (start, end) = (MinuteOfDay::parse("08:00")?, MinuteOfDay::parse("10:00")?);
/// let mut morning = DeliverySlot::new(start, end, Units::new(20)?);
/// morning.cut_off = CutOff { days_before: 1, at: MinuteOfDay::parse("18:00")? };
/// let mut day = SlotDay::new(HubId::parse("berlin")?, LocalDate::parse("2026-12-24")?);
/// day.slots.insert(SlotId::parse("morning")?, morning.clone());
/// day.check(&ZoneBook::default())?;
///
/// morning.end = start;
/// day.slots.insert(SlotId::parse("morning")?, morning);
/// let error = day.check(&ZoneBook::default()).unwrap_err();
/// assert_eq!((error.field.as_str(), error.code()), ("slots.morning.end", "hub_hours"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotDay {
    /// The hub.
    pub hub: HubId,
    /// The day, by the hub's clock.
    pub date: LocalDate,
    /// The slots.
    #[serde(default)]
    pub slots: BTreeMap<SlotId, DeliverySlot>,
}

/// From when until when a hub delivers to how many orders. Times are by the hub's clock: the time
/// zone of its calendar, else UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverySlot {
    /// The first minute.
    pub start: MinuteOfDay,
    /// The minute before which it is over.
    pub end: MinuteOfDay,
    /// Most orders.
    pub capacity: Units,
    /// How it is sold.
    #[serde(default, skip_serializing_if = "SlotKind::is_normal")]
    pub kind: SlotKind,
    /// The delivery zone it is for; none is wherever the hub delivers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// From when on it cannot be booked any more.
    pub cut_off: CutOff,
}

/// From when on a slot cannot be booked any more: a minute of its own day, or of one before.
///
/// By the hub's clock. When clocks go back, an hour comes twice: a cut-off within it is over the
/// first time, for good. When they go forward, one within the hour that is skipped is over with the
/// jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CutOff {
    /// How many days before the day of the slot.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub days_before: u16,
    /// The minute.
    pub at: MinuteOfDay,
}

const fn is_zero(days: &u16) -> bool {
    *days == 0
}

/// Why a delivery slot cannot be booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[non_exhaustive]
pub enum SlotProblem {
    /// There is no such slot, or it was withdrawn.
    #[error("it does not exist")]
    Unknown,
    /// It is too late.
    #[error("it could be booked until {until} by the hub's clock")]
    PastCutOff {
        /// From when on it is too late.
        until: LocalTime,
    },
    /// This build does not know the hub's time zone, so nobody can tell whether it is too late.
    #[error("the time zone of its hub is unknown")]
    TimeZoneUnknown,
    /// The order goes to a place outside the slot's zone, or to one nobody knows.
    #[error("the order does not go to zone {zone}")]
    OutsideZone {
        /// The zone.
        zone: ZoneId,
    },
    /// The hub of the slot does not deliver to where the order goes.
    #[error("{hub} does not deliver to where the order goes")]
    Unserved {
        /// The hub.
        hub: HubId,
    },
    /// The order's work is at another hub, or is to go there.
    #[error("the order's work is at {hub}")]
    OtherHub {
        /// The other hub.
        hub: HubId,
    },
    /// No parcel has left, so the work cannot leave the hub of the slot that is booked: give the
    /// slot back first, and book one of the other hub when the work is there.
    #[error("the order's work stays at its hub while it is booked")]
    BindsWork,
    /// Every place is taken.
    #[error("{booked} of {capacity} places are booked")]
    Full {
        /// Orders that have it.
        booked: Units,
        /// Most orders.
        capacity: Units,
    },
}

impl SlotProblem {
    /// The stable code of this problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "slot_unknown",
            Self::PastCutOff { .. } => "slot_past_cut_off",
            Self::TimeZoneUnknown => "slot_time_zone_unknown",
            Self::OutsideZone { .. } => "slot_outside_zone",
            Self::Unserved { .. } => "slot_unserved",
            Self::OtherHub { .. } => "slot_other_hub",
            Self::BindsWork => "slot_binds_work",
            Self::Full { .. } => "slot_full",
        }
    }
}

impl DeliverySlot {
    /// An ordinary slot for everywhere that can be booked until it starts.
    #[must_use]
    pub const fn new(start: MinuteOfDay, end: MinuteOfDay, capacity: Units) -> Self {
        Self {
            start,
            end,
            capacity,
            kind: SlotKind::Normal,
            zone: None,
            cut_off: CutOff {
                days_before: 0,
                at: start,
            },
        }
    }

    /// From when on the slot of a day cannot be booked any more.
    #[must_use]
    pub fn bookable_until(&self, date: LocalDate) -> LocalTime {
        let date = date.checked_add_days(-i64::from(self.cut_off.days_before));
        // Before the first day of the calendar everything is too late.
        let minute = self.cut_off.at;
        date.map_or_else(
            || LocalTime::utc(Timestamp::EPOCH),
            |date| LocalTime { date, minute },
        )
    }

    /// Whether a place of the slot can be booked, but for the places that are taken. `hub` is the
    /// one that delivers, `place` where the order goes.
    ///
    /// # Errors
    /// [`SlotProblem::TimeZoneUnknown`], [`PastCutOff`](SlotProblem::PastCutOff),
    /// [`OutsideZone`](SlotProblem::OutsideZone) and [`Unserved`](SlotProblem::Unserved), in this
    /// order.
    pub fn check_bookable(
        &self,
        date: LocalDate,
        hub: &Hub,
        place: Option<&Destination>,
        now: Timestamp,
    ) -> Result<(), SlotProblem> {
        let local = hub.reached(now).ok_or(SlotProblem::TimeZoneUnknown)?;
        let until = self.bookable_until(date);
        if local >= until {
            return Err(SlotProblem::PastCutOff { until });
        }
        match &self.zone {
            Some(zone) if !place.is_some_and(|place| place.zones.contains(zone)) => {
                let zone = zone.clone();
                return Err(SlotProblem::OutsideZone { zone });
            }
            Some(_) | None => {}
        }
        match hub.area.verdict(place, hub.location) {
            AreaVerdict::Served(_) => Ok(()),
            AreaVerdict::OtherCountry | AreaVerdict::Outside => {
                let hub = hub.id.clone();
                Err(SlotProblem::Unserved { hub })
            }
        }
    }

    /// What is wrong with it, with the field.
    fn check(&self, id: &SlotId, zones: &ZoneBook) -> Result<(), HubError> {
        let wrong = |field: &str, problem: HubProblem| {
            let field = format!("slots.{id}.{field}");
            Err(HubError { field, problem })
        };
        if self.end <= self.start {
            let hours = format!("{}-{}", self.start, self.end);
            return wrong("end", HubProblem::Hours { hours });
        }
        if self.capacity.is_zero() {
            return wrong("capacity", HubProblem::NoCapacity);
        }
        match &self.zone {
            Some(zone) if !zones.has(zone) => {
                let zone = zone.clone();
                return wrong("zone", HubProblem::UnknownZone { zone });
            }
            Some(_) | None => {}
        }
        let CutOff { days_before, at } = self.cut_off;
        let max = limits::SLOT_DAYS_MAX;
        if days_before > max {
            let (max, found) = (usize::from(max), usize::from(days_before));
            return wrong("cut_off.days_before", HubProblem::TooMany { max, found });
        }
        if days_before == 0 && at > self.end {
            let (cut_off, end) = (at, self.end);
            return wrong("cut_off.at", HubProblem::LateCutOff { cut_off, end });
        }
        Ok(())
    }
}

impl SlotDay {
    /// A day without slots.
    #[must_use]
    pub const fn new(hub: HubId, date: LocalDate) -> Self {
        let slots = BTreeMap::new();
        Self { hub, date, slots }
    }

    /// The key of one of its slots.
    #[must_use]
    pub fn key(&self, slot: &SlotId) -> SlotKey {
        SlotKey {
            hub: self.hub.clone(),
            date: self.date,
            slot: slot.clone(),
        }
    }

    /// Checks every slot. Slots may overlap, as those of several vans do; but two that agree in
    /// kind, zone and hours are one slot given twice.
    ///
    /// # Errors
    /// [`HubError`] for the first field that is wrong: `slots.morning.end`.
    pub fn check(&self, zones: &ZoneBook) -> Result<(), HubError> {
        let (max, found) = (limits::SLOTS_PER_DAY_MAX, self.slots.len());
        if found > max {
            return Err(HubError::new("slots", HubProblem::TooMany { max, found }));
        }
        let mut seen = BTreeMap::new();
        for (id, slot) in &self.slots {
            slot.check(id, zones)?;
            let same = (slot.start, slot.end, slot.kind, &slot.zone);
            if let Some(other) = seen.insert(same, id) {
                let other = other.clone();
                let problem = HubProblem::SlotTwice { other };
                return Err(HubError::new(format!("slots.{id}"), problem));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
