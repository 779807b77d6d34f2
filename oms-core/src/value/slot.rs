//! Which delivery slot, and what kind of delivery.

use serde::{Deserialize, Serialize};

use crate::value::{HubId, LocalDate, SlotId};

/// A delivery slot: of a hub, on one of its days. The order of keys is the order in which stores
/// lock its counter.
///
/// ```
/// use oms_core::value::{HubId, LocalDate, SlotId, SlotKey};
///
/// let slot = SlotKey {
///     hub: HubId::parse("berlin")?,
///     date: LocalDate::parse("2026-12-24")?,
///     slot: SlotId::parse("morning")?,
/// };
/// assert_eq!(slot.to_string(), "slot morning of berlin on 2026-12-24");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotKey {
    /// The hub that delivers.
    pub hub: HubId,
    /// The day, by the hub's clock.
    pub date: LocalDate,
    /// Which one of that day.
    pub slot: SlotId,
}

impl std::fmt::Display for SlotKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "slot {} of {} on {}", self.slot, self.hub, self.date)
    }
}

/// How a delivery slot is sold.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// The ordinary delivery.
    #[default]
    Normal,
    /// A faster one.
    Express,
    /// On the day of the order.
    SameDay,
}

impl SlotKind {
    /// The kind as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Express => "express",
            Self::SameDay => "same_day",
        }
    }

    /// The kind that is stored and shown as this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Normal, Self::Express, Self::SameDay];
        all.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is the ordinary delivery.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

impl std::fmt::Display for SlotKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
