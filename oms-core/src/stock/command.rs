//! Physical stock commands: decide turns them into a movement or a setting.

use serde::{Deserialize, Serialize};

use crate::stock::{MovementKind, StockLevel};
use crate::value::{Quantity, Units};

/// What can be asked of one stock row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum StockCommand {
    /// Goods came in.
    Receive {
        /// How many.
        quantity: Quantity,
    },
    /// Goods are taken out; refused where it would take reserved goods.
    Issue {
        /// How many.
        quantity: Quantity,
    },
    /// A correction, up or down, not zero.
    Adjust {
        /// The change.
        delta: i64,
    },
    /// Somebody counted.
    Count {
        /// How many were found, with those that are picked or packed and have not left.
        found: Units,
        /// What was on hand, by the counters, when they counted: what moved meanwhile is in one of
        /// the two numbers and not in the other, so a row that has another number now is refused.
        /// Without it on hand becomes what was found, whatever moved since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Units>,
    },
    /// Goods became unsaleable.
    Damage {
        /// How many.
        quantity: Quantity,
    },
    /// Keep units back from sale.
    SetSafety {
        /// How many.
        safety: Units,
    },
    /// Units expected to arrive, from suppliers for example. Leave out what transfers bring if you
    /// add the two.
    SetIncoming {
        /// How many.
        incoming: Units,
    },
}

/// What a stock command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockEffect {
    /// Goods move.
    Move {
        /// Why.
        kind: MovementKind,
        /// Change of on hand.
        delta: i64,
        /// On hand the effect was computed from, where it depends on it.
        expected_on_hand: Option<Units>,
    },
    /// Safety stock is set.
    Safety(Units),
    /// Incoming stock is set.
    Incoming(Units),
}

/// Why a stock command was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum StockRejection {
    /// An adjustment by nothing.
    #[error("adjustment is zero")]
    ZeroAdjustment,
    /// More goods are taken away than are there.
    #[error("{asked} units asked, {found} are on hand")]
    NotOnHand {
        /// Units asked.
        asked: Units,
        /// Units on hand.
        found: Units,
    },
    /// Goods moved while somebody counted; count again.
    #[error("{seen} units were on hand when they were counted, {on_hand} are now")]
    MovedSince {
        /// Units on hand when they were counted.
        seen: Units,
        /// Units on hand.
        on_hand: Units,
    },
    /// Goods that are reserved would be issued.
    #[error("{asked} units asked, {free} of {on_hand} on hand are not reserved")]
    Reserved {
        /// Units asked.
        asked: Units,
        /// Units on hand and not reserved.
        free: Units,
        /// Units on hand.
        on_hand: Units,
    },
    /// A counter would leave its range.
    #[error("the stock counter would leave its range")]
    OutOfRange,
}

impl StockRejection {
    /// The stable code, as in the serialised form.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ZeroAdjustment => "zero_adjustment",
            Self::NotOnHand { .. } => "not_on_hand",
            Self::MovedSince { .. } => "moved_since",
            Self::Reserved { .. } => "reserved",
            Self::OutOfRange => "out_of_range",
        }
    }
}

/// Decides a stock command on the row as seen.
///
/// # Errors
/// [`StockRejection::ZeroAdjustment`], [`NotOnHand`](StockRejection::NotOnHand),
/// [`MovedSince`](StockRejection::MovedSince), [`Reserved`](StockRejection::Reserved) and
/// [`OutOfRange`](StockRejection::OutOfRange).
pub fn decide(level: &StockLevel, command: StockCommand) -> Result<StockEffect, StockRejection> {
    let moved = |kind, delta| StockEffect::Move {
        kind,
        delta,
        expected_on_hand: None,
    };
    match command {
        StockCommand::Receive { quantity } => {
            let grown = level.on_hand.checked_add(quantity.into());
            grown.ok_or(StockRejection::OutOfRange)?;
            Ok(moved(MovementKind::Received, i64::from(quantity.get())))
        }
        StockCommand::Issue { quantity } => {
            take(level, quantity.into())?;
            let free = level.on_hand.saturating_sub(level.reserved);
            let asked = Units::from(quantity);
            if asked > free {
                return Err(StockRejection::Reserved {
                    asked,
                    free,
                    on_hand: level.on_hand,
                });
            }
            Ok(moved(MovementKind::Issued, -i64::from(quantity.get())))
        }
        StockCommand::Adjust { delta: 0 } => Err(StockRejection::ZeroAdjustment),
        StockCommand::Adjust { delta } => {
            let size = u32::try_from(delta.unsigned_abs()).ok();
            let size = size.and_then(|size| Units::new(size).ok());
            let size = size.ok_or(StockRejection::OutOfRange)?;
            if delta < 0 {
                take(level, size)?;
            } else {
                level
                    .on_hand
                    .checked_add(size)
                    .ok_or(StockRejection::OutOfRange)?;
            }
            Ok(moved(MovementKind::Adjusted, delta))
        }
        StockCommand::Count { found, seen } => {
            let on_hand = level.on_hand;
            if let Some(seen) = seen.filter(|seen| *seen != on_hand) {
                return Err(StockRejection::MovedSince { seen, on_hand });
            }
            Ok(StockEffect::Move {
                kind: MovementKind::Counted,
                delta: i64::from(found.get()) - i64::from(on_hand.get()),
                expected_on_hand: Some(on_hand),
            })
        }
        StockCommand::Damage { quantity } => {
            take(level, quantity.into())?;
            Ok(moved(MovementKind::Damaged, -i64::from(quantity.get())))
        }
        StockCommand::SetSafety { safety } => Ok(StockEffect::Safety(safety)),
        StockCommand::SetIncoming { incoming } => Ok(StockEffect::Incoming(incoming)),
    }
}

fn take(level: &StockLevel, asked: Units) -> Result<(), StockRejection> {
    if asked > level.on_hand {
        return Err(StockRejection::NotOnHand {
            asked,
            found: level.on_hand,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(count: u32) -> Units {
        Units::new(count).unwrap()
    }

    fn quantity(count: u32) -> Quantity {
        Quantity::new(count).unwrap()
    }

    #[test]
    fn no_more_is_taken_than_is_there_and_nothing_that_is_reserved_is_issued() {
        let level = StockLevel {
            on_hand: units(5),
            reserved: units(4),
            ..StockLevel::default()
        };
        let not_there = Err(StockRejection::NotOnHand {
            asked: units(6),
            found: units(5),
        });
        let issue = |count| {
            let quantity = quantity(count);
            decide(&level, StockCommand::Issue { quantity })
        };
        assert_eq!(issue(6), not_there);
        let reserved = StockRejection::Reserved {
            asked: units(2),
            free: units(1),
            on_hand: units(5),
        };
        assert_eq!(issue(2), Err(reserved));
        let moved = |kind, delta| {
            Ok(StockEffect::Move {
                kind,
                delta,
                expected_on_hand: None,
            })
        };
        assert_eq!(issue(1), moved(MovementKind::Issued, -1));
        // What is broken is broken, whoever waits for it.
        let damage = |count| {
            let quantity = quantity(count);
            decide(&level, StockCommand::Damage { quantity })
        };
        assert_eq!(damage(6), not_there);
        assert_eq!(damage(5), moved(MovementKind::Damaged, -5));
    }

    #[test]
    fn an_adjustment_is_a_number_of_units() {
        let level = StockLevel {
            on_hand: units(5),
            ..StockLevel::default()
        };
        let adjust = |delta| decide(&level, StockCommand::Adjust { delta }).map(drop);
        assert_eq!(adjust(0), Err(StockRejection::ZeroAdjustment));
        for delta in [i64::MIN, i64::MAX] {
            assert_eq!(adjust(delta), Err(StockRejection::OutOfRange), "{delta}");
        }
        let (asked, found) = (units(6), units(5));
        let not_there = StockRejection::NotOnHand { asked, found };
        assert_eq!(adjust(-6), Err(not_there));
        assert_eq!(adjust(-5), Ok(()));
    }
}
