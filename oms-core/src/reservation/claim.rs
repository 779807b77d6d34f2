//! One row per owner, line, hub and SKU; its state is derived from its quantities.

use serde::{Deserialize, Serialize};

use crate::reservation::Owner;
use crate::stock::StockKey;
use crate::value::{HubId, LineId, Quantity, Sku, Timestamp, Units, Version};

/// What identifies a reservation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReservationKey {
    /// Whom it is for.
    pub owner: Owner,
    /// The owner's line.
    pub line: LineId,
    /// Where the stock is.
    pub hub: HubId,
    /// What is claimed.
    pub sku: Sku,
}

impl ReservationKey {
    /// The stock row that it claims.
    #[must_use]
    pub fn stock(&self) -> StockKey {
        StockKey::new(self.hub.clone(), self.sku.clone())
    }
}

impl std::fmt::Display for ReservationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} line {}: {} at {}",
            self.owner, self.line, self.sku, self.hub
        )
    }
}

/// The units of a reservation. Live ones (tentative and confirmed) count as reserved stock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reservation {
    /// Claimed until [`expires_at`](Self::expires_at).
    pub tentative: Units,
    /// Claimed until consumed or released.
    pub confirmed: Units,
    /// Left the hub.
    pub consumed: Units,
    /// Given back.
    pub released: Units,
    /// Ended by themselves.
    pub expired: Units,
    /// Of the expired ones of an order, those the store ended on its own and the order was not told
    /// of. Of those of any other owner, those that are settled: see
    /// [`ReservationDelta::Settle`].
    pub lapsed: Units,
    /// When the tentative units end; set while there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Counts the changes of this row, from 1.
    pub version: Version,
}

/// The state of a reservation, derived from its quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// Some units are tentative.
    Tentative,
    /// Live units are all confirmed.
    Confirmed,
    /// Nothing is live, something was consumed.
    Consumed,
    /// Nothing is live or consumed; some units expired.
    Expired,
    /// Nothing is live, consumed or expired.
    Released,
}

/// A change of one reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum ReservationDelta {
    /// Claim units; tentatively when `expires_at` is set.
    Reserve {
        /// How many.
        quantity: Quantity,
        /// When the claim ends by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Make tentative units confirmed; refused once they are due.
    Confirm {
        /// How many.
        quantity: Quantity,
    },
    /// Give units back.
    Release {
        /// How many.
        quantity: Quantity,
        /// From the tentative ones, else from the confirmed ones.
        tentative: bool,
    },
    /// End tentative units; refused before they are due.
    Expire {
        /// How many.
        quantity: Quantity,
    },
    /// The units left the hub.
    Consume {
        /// How many of the confirmed ones.
        quantity: Quantity,
    },
    /// The owner's order now knows of units the store ended on its own.
    Acknowledge {
        /// How many.
        quantity: Quantity,
    },
    /// An owner that is no order is done with units that ended by themselves: it gave up what it
    /// claimed together with them, or took what was left. Never for orders.
    Settle {
        /// How many.
        quantity: Quantity,
    },
}

/// Why a reservation refuses a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[non_exhaustive]
pub enum ReservationRefusal {
    /// The tentative units ended.
    #[error("expired{}", .expires_at.map_or_else(String::new, |at| format!(" at {at}")))]
    Expired {
        /// When they were due; `None` when they are gone already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// The tentative units are not due yet.
    #[error("not due before {expires_at}")]
    NotDue {
        /// When they will be.
        expires_at: Timestamp,
    },
    /// Fewer units than asked are where they have to be.
    #[error("{asked} units asked, {found} found")]
    TooFew {
        /// Units asked.
        asked: Units,
        /// Units found.
        found: Units,
    },
    /// A counter would leave its range, or the live units would be more than a
    /// [`Quantity`] holds.
    #[error("too many units")]
    OutOfRange,
}

impl ReservationDelta {
    /// How many units it is about.
    #[must_use]
    pub const fn quantity(&self) -> Quantity {
        match self {
            Self::Reserve { quantity, .. }
            | Self::Confirm { quantity }
            | Self::Release { quantity, .. }
            | Self::Expire { quantity }
            | Self::Consume { quantity }
            | Self::Acknowledge { quantity }
            | Self::Settle { quantity } => *quantity,
        }
    }

    /// What it does to the `reserved` counter of the stock row (invariant I2).
    #[must_use]
    pub fn reserved_delta(&self) -> i64 {
        let units = i64::from(self.quantity().get());
        match self {
            Self::Reserve { .. } => units,
            Self::Confirm { .. } | Self::Acknowledge { .. } | Self::Settle { .. } => 0,
            Self::Release { .. } | Self::Expire { .. } | Self::Consume { .. } => -units,
        }
    }
}

impl Reservation {
    /// The state, derived.
    #[must_use]
    pub fn state(&self) -> ReservationState {
        if !self.tentative.is_zero() {
            ReservationState::Tentative
        } else if !self.confirmed.is_zero() {
            ReservationState::Confirmed
        } else if !self.consumed.is_zero() {
            ReservationState::Consumed
        } else if !self.expired.is_zero() {
            ReservationState::Expired
        } else {
            ReservationState::Released
        }
    }

    /// Units that count as reserved stock.
    #[must_use]
    pub fn live(&self) -> Units {
        // Both were added to one stock counter of the same range.
        self.tentative
            .checked_add(self.confirmed)
            .unwrap_or(Units::MAX)
    }

    /// Units that ended by themselves and are not settled, of an owner that is no order: those of
    /// the claims that it makes at the moment.
    #[must_use]
    pub const fn unsettled(&self) -> Units {
        self.expired.saturating_sub(self.lapsed)
    }

    /// True when tentative units ended at or before `now`.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.tentative.is_zero() && self.expires_at.is_some_and(|at| at <= now)
    }

    /// Tentative units that ended at or before `now`; the store may end them to make room.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Units {
        if self.is_due(now) {
            self.tentative
        } else {
            Units::ZERO
        }
    }

    /// The row after a change at `now`.
    ///
    /// This is the one place where it is decided whether a claim may change; every store applies
    /// exactly this rule to the row as it is at commit, with its own clock.
    ///
    /// # Errors
    /// [`ReservationRefusal`]: the change is not made.
    pub fn apply(
        &self,
        delta: ReservationDelta,
        now: Timestamp,
    ) -> Result<Self, ReservationRefusal> {
        let mut after = *self;
        self.check_time(delta, now)?;
        let units = Units::from(delta.quantity());
        match delta {
            ReservationDelta::Reserve {
                expires_at: Some(at),
                ..
            } => {
                add(&mut after.tentative, units)?;
                after.check_live()?;
                // Units added to a live claim end with the later of both times.
                after.expires_at = Some(self.expires_at.map_or(at, |old| old.max(at)));
            }
            ReservationDelta::Reserve {
                expires_at: None, ..
            } => {
                add(&mut after.confirmed, units)?;
                after.check_live()?;
            }
            ReservationDelta::Confirm { .. } => {
                take(&mut after.tentative, units)?;
                add(&mut after.confirmed, units)?;
            }
            ReservationDelta::Release { tentative, .. } => {
                take(
                    if tentative {
                        &mut after.tentative
                    } else {
                        &mut after.confirmed
                    },
                    units,
                )?;
                add(&mut after.released, units)?;
            }
            ReservationDelta::Expire { .. } => {
                take(&mut after.tentative, units)?;
                add(&mut after.expired, units)?;
            }
            ReservationDelta::Consume { .. } => {
                take(&mut after.confirmed, units)?;
                add(&mut after.consumed, units)?;
            }
            ReservationDelta::Acknowledge { .. } => take(&mut after.lapsed, units)?,
            ReservationDelta::Settle { .. } => {
                let mut unsettled = self.unsettled();
                take(&mut unsettled, units)?;
                add(&mut after.lapsed, units)?;
            }
        }
        if after.tentative.is_zero() {
            after.expires_at = None;
        }
        after.version = Version::next(self.version);
        Ok(after)
    }

    /// What is claimed is confirmed, given back or taken as one quantity, so it has to be one.
    fn check_live(&self) -> Result<(), ReservationRefusal> {
        match self.live().quantity() {
            Some(_) => Ok(()),
            None => Err(ReservationRefusal::OutOfRange),
        }
    }

    /// Whether a change comes at its time: not after the claim ended, not before it ends.
    fn check_time(
        &self,
        delta: ReservationDelta,
        now: Timestamp,
    ) -> Result<(), ReservationRefusal> {
        let over = match delta {
            // What is over is ended first, or the new claim would bring it back to life.
            ReservationDelta::Reserve { expires_at, .. } => {
                expires_at.is_some() && self.is_due(now)
            }
            ReservationDelta::Confirm { .. } => {
                let gone = self.live().is_zero() && !self.expired.is_zero();
                self.is_due(now) || gone
            }
            ReservationDelta::Expire { .. } => {
                return match self.expires_at {
                    Some(expires_at) if expires_at > now => {
                        Err(ReservationRefusal::NotDue { expires_at })
                    }
                    Some(_) | None => Ok(()),
                };
            }
            ReservationDelta::Release { .. }
            | ReservationDelta::Consume { .. }
            | ReservationDelta::Acknowledge { .. }
            | ReservationDelta::Settle { .. } => false,
        };
        if over {
            let expires_at = self.expires_at;
            return Err(ReservationRefusal::Expired { expires_at });
        }
        Ok(())
    }

    /// The row after the store ended all due tentative units to make room (`reclaim`), with how
    /// many they were; `None` when nothing is due.
    #[must_use]
    pub fn lapse(&self, owner: &Owner, now: Timestamp) -> Option<(Self, Quantity)> {
        if !self.is_due(now) {
            return None;
        }
        let quantity = Quantity::new(self.tentative.get()).ok()?;
        let mut after = self
            .apply(ReservationDelta::Expire { quantity }, now)
            .ok()?;
        if owner.order().is_some() {
            after.lapsed = after.lapsed.checked_add(quantity.into())?;
        }
        Some((after, quantity))
    }
}

fn add(bucket: &mut Units, units: Units) -> Result<(), ReservationRefusal> {
    *bucket = bucket
        .checked_add(units)
        .ok_or(ReservationRefusal::OutOfRange)?;
    Ok(())
}

fn take(bucket: &mut Units, units: Units) -> Result<(), ReservationRefusal> {
    let found = *bucket;
    *bucket = found.checked_sub(units).ok_or(ReservationRefusal::TooFew {
        asked: units,
        found,
    })?;
    Ok(())
}
