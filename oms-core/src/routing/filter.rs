//! Which hubs may be chosen at all.

use serde::{Deserialize, Serialize};

use crate::hub::{AreaVerdict, HubKind, Opening};
use crate::routing::HubFacts;
use crate::routing::fallback::Rules;
use crate::value::Units;

/// Which hubs count as open.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum OpeningCheck {
    /// All of them.
    Off,
    /// Those that still work on this order today: open now or later, the cut-off not reached.
    #[default]
    Today,
    /// Those that work at this moment, the cut-off not reached.
    Now,
}

/// How much more work a hub takes on today. Serialised as `"unbounded"` or with its fields alone.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(from = "Written", into = "Written")]
pub enum Capacity {
    /// As much as comes.
    #[default]
    Unbounded,
    /// Some, or none.
    Bounded {
        /// Orders it can still take on.
        left: Units,
        /// Orders it takes on in a day.
        of: Units,
    },
}

/// How a capacity is serialised; the name of a bound is read as well.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Bound { left: Units, of: Units },
    Named(Named),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Named {
    Unbounded,
    Bounded { left: Units, of: Units },
}

impl From<Written> for Capacity {
    fn from(written: Written) -> Self {
        match written {
            Written::Named(Named::Unbounded) => Self::Unbounded,
            Written::Bound { left, of } | Written::Named(Named::Bounded { left, of }) => {
                Self::Bounded { left, of }
            }
        }
    }
}

impl From<Capacity> for Written {
    fn from(capacity: Capacity) -> Self {
        match capacity {
            Capacity::Unbounded => Self::Named(Named::Unbounded),
            Capacity::Bounded { left, of } => Self::Bound { left, of },
        }
    }
}

/// How much of the demand a hub has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockVerdict {
    /// Everything.
    All,
    /// Some of it.
    Part,
    /// Nothing.
    Nothing,
    /// Nobody looked: the hub is switched off or does not deliver there.
    NotAsked,
}

/// What kept a hub from being chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "lack", content = "detail")]
pub enum Lack {
    /// It is switched off.
    Inactive,
    /// The order goes to another country, or to one nobody knows.
    OtherCountry,
    /// It does not deliver to the place.
    Outside,
    /// A third party runs it.
    External,
    /// It is closed, or it is too late for today.
    Closed(Opening),
    /// It takes on no more work today.
    Full,
}

impl OpeningCheck {
    const fn passes(self, opening: Opening) -> bool {
        match self {
            Self::Off => true,
            Self::Today => matches!(
                opening,
                Opening::Always | Opening::Open | Opening::OpensLater
            ),
            Self::Now => matches!(opening, Opening::Always | Opening::Open),
        }
    }
}

impl Capacity {
    /// Whether it takes on as much as comes.
    #[must_use]
    pub const fn is_unbounded(&self) -> bool {
        matches!(self, Self::Unbounded)
    }

    /// Whether it takes on another order.
    #[must_use]
    pub const fn has_room(self) -> bool {
        match self {
            Self::Unbounded => true,
            Self::Bounded { left, .. } => !left.is_zero(),
        }
    }
}

/// Everything that keeps a hub from being chosen; nothing if it may be.
pub(super) fn lacks(facts: &HubFacts, rules: Rules) -> impl Iterator<Item = Lack> {
    let external = facts.kind == HubKind::External && !rules.external;
    let closed = !rules.opening.passes(facts.opening);
    let full = rules.capacity && !facts.capacity.has_room();
    let area = match facts.area {
        AreaVerdict::Served(_) => None,
        AreaVerdict::OtherCountry => Some(Lack::OtherCountry),
        AreaVerdict::Outside => Some(Lack::Outside),
    };
    let lacks = [
        (!facts.active).then_some(Lack::Inactive),
        area,
        external.then_some(Lack::External),
        closed.then_some(Lack::Closed(facts.opening)),
        full.then_some(Lack::Full),
    ];
    lacks.into_iter().flatten()
}
