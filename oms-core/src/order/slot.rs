//! The delivery slot an order has booked.

use serde::{Deserialize, Serialize};

use crate::order::tally::Tally;
use crate::order::{Head, HoldReason, Order, OrderCommand, OrderState};
use crate::value::{MinuteOfDay, Reason, SlotKey, SlotKind, Timestamp, ZoneId};

/// The delivery slot an order has booked, as it was promised: a later change of the slot changes
/// nothing here, until the slot is booked for the order once more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookedSlot {
    /// Which.
    #[serde(flatten)]
    pub key: SlotKey,
    /// The first minute, by the hub's clock.
    pub start: MinuteOfDay,
    /// The minute before which it is over.
    pub end: MinuteOfDay,
    /// How it was sold.
    #[serde(default, skip_serializing_if = "SlotKind::is_normal")]
    pub kind: SlotKind,
    /// The delivery zone it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// When that is, by the hub's time zone as it was when the slot was booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

impl Head {
    /// What stops an order whose delivery slot is over, so that a person agrees on another time
    /// with the buyer; nothing where it is stopped for its slot already.
    pub(crate) fn missed_slot(&self, now: Timestamp) -> Option<OrderCommand> {
        let reason = HoldReason::Slot;
        let told = self.is_held_for(reason);
        let over = |slot: &&BookedSlot| slot.ends.is_some_and(|ends| ends <= now);
        let slot = self.slot.as_ref().filter(over).filter(|_| !told)?;
        let note = Reason::truncated(&format!("its time is over: {}", slot.key));
        Some(OrderCommand::Hold { reason, note })
    }
}

impl Order {
    /// The slot of which the order takes up a place: the one it has booked, unless it is cancelled.
    #[must_use]
    pub fn takes_slot(&self) -> Option<&BookedSlot> {
        let slot = self.head.slot.as_ref();
        slot.filter(|_| self.head.state != OrderState::Cancelled)
    }

    /// The slot whose hub has to do the order's work: the one it takes up a place of, until a
    /// parcel has left. What is left over then may come from anywhere; the place stays taken.
    #[must_use]
    pub fn binding_slot(&self) -> Option<&BookedSlot> {
        self.takes_slot().filter(|_| Tally::of(self).left() == 0)
    }
}
