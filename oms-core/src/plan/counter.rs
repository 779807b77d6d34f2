//! Guarded counters: how much of something bounded is taken.

use serde::{Deserialize, Serialize};

use crate::value::{ExternalId, HubId, LocalDate, SlotKey, Units};

/// What a counter counts. The order of keys is the order in which stores lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterKey {
    /// The orders a hub took on in one of its days.
    HubDay(HubId, LocalDate),
    /// Something of the host's own: a kind and an id.
    Host(ExternalId, ExternalId),
    /// The orders that have booked a delivery slot.
    Slot(SlotKey),
}

impl CounterKey {
    /// The day it is about, by the clock of its hub; `None` for the host's own.
    #[must_use]
    pub const fn day(&self) -> Option<LocalDate> {
        match self {
            Self::HubDay(_, day) => Some(*day),
            Self::Slot(slot) => Some(slot.date),
            Self::Host(..) => None,
        }
    }
}

impl std::fmt::Display for CounterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::HubDay(hub, day) => write!(f, "work of {hub} on {day}"),
            Self::Host(kind, id) => write!(f, "{kind} {id}"),
            Self::Slot(slot) => write!(f, "bookings of {slot}"),
        }
    }
}

/// A change of a counter: more or less of it is taken.
///
/// More is taken only up to the limit, which the plan knows and the store does not. Whoever gives
/// back more than was taken leaves nothing taken. A counter that nobody wrote is at nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterChange {
    /// Which.
    pub key: CounterKey,
    /// What is taken more, or less.
    pub delta: i32,
    /// The most that may be taken afterwards, where the change takes more; none is no bound.
    pub limit: Option<Units>,
}

/// Why a counter refuses a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "refusal")]
#[non_exhaustive]
pub enum CounterRefusal {
    /// More would be taken than the limit.
    #[error("{taken} are taken, at most {limit} may be")]
    Full {
        /// What is taken now.
        taken: Units,
        /// The limit.
        limit: Units,
    },
    /// A counter is out of range.
    #[error("too many")]
    OutOfRange,
}

impl CounterChange {
    /// What is taken after the change.
    ///
    /// # Errors
    /// [`CounterRefusal`].
    pub fn apply(&self, taken: Units) -> Result<Units, CounterRefusal> {
        let after = i64::from(taken.get()).saturating_add(i64::from(self.delta));
        let after = u32::try_from(after.max(0)).map_err(|_| CounterRefusal::OutOfRange)?;
        let after = Units::new(after).map_err(|_| CounterRefusal::OutOfRange)?;
        match self.limit {
            Some(limit) if self.delta > 0 && after > limit => {
                Err(CounterRefusal::Full { taken, limit })
            }
            Some(_) | None => Ok(after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(units: u32) -> Units {
        Units::new(units).unwrap()
    }

    fn change(delta: i32, limit: Option<u32>) -> CounterChange {
        CounterChange {
            key: CounterKey::Host("slot".parse().unwrap(), "1".parse().unwrap()),
            delta,
            limit: limit.map(units),
        }
    }

    #[test]
    fn more_is_taken_up_to_the_limit_and_given_back_down_to_nothing() {
        assert_eq!(change(2, Some(5)).apply(units(3)), Ok(units(5)));
        let (taken, limit) = (units(4), units(5));
        let full = Err(CounterRefusal::Full { taken, limit });
        assert_eq!(change(2, Some(5)).apply(taken), full);
        assert_eq!(change(2, None).apply(taken), Ok(units(6)));
        // Giving back is no question of the limit, which may have been lowered.
        assert_eq!(change(-1, Some(2)).apply(taken), Ok(units(3)));
        assert_eq!(change(-9, None).apply(taken), Ok(Units::ZERO));
        let most = change(i32::MAX, None).apply(Units::MAX);
        assert_eq!(most, Err(CounterRefusal::OutOfRange));
    }
}
