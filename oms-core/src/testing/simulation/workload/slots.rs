//! Delivery slots: few places, so that many orders want the same ones.

use super::Chooser;
use crate::hub::{DeliverySlot, SlotDay};
use crate::plan::Command;
use crate::testing::build;
use crate::value::{HubId, LocalDate, MinuteOfDay, SlotId, SlotKey, Timestamp, Units};

/// Places of each slot.
const PLACES: u32 = 2;

/// Days ahead of the year 1970: later than any run.
const DAYS_AHEAD: i64 = 60_000;

/// Places of each slot.
pub(in crate::testing::simulation) fn slot_places() -> i64 {
    i64::from(PLACES)
}

fn date() -> LocalDate {
    let first = LocalDate::utc(Timestamp::EPOCH);
    first.checked_add_days(DAYS_AHEAD).unwrap_or(first)
}

fn id(name: &str) -> Option<SlotId> {
    SlotId::parse(name).ok()
}

/// The slots of a hub on its only day with any.
pub(in crate::testing::simulation) fn slots(hub: &HubId) -> Command {
    let mut day = SlotDay::new(hub.clone(), date());
    let (start, end) = (MinuteOfDay::MIDNIGHT, MinuteOfDay::END);
    let capacity = Units::new(PLACES).unwrap_or(Units::ZERO);
    let slot = DeliverySlot::new(start, end, capacity);
    day.slots.extend(id("any").map(|id| (id, slot)));
    Command::PutSlots(day)
}

impl Chooser<'_> {
    /// Mostly a slot that is there.
    pub(super) fn slot(&mut self) -> Option<SlotKey> {
        let there = !self.random.chance(100);
        Some(SlotKey {
            hub: if there {
                self.hub()
            } else {
                build::hub("nowhere")
            },
            date: date(),
            slot: id("any")?,
        })
    }
}
