//! Units of stock rows and reservations, in plain numbers: a second way to count them.

use crate::reservation::{Reservation, ReservationDelta};
use crate::stock::{MovementDraft, MovementKind, StockLevel};
use crate::value::{Timestamp, Units};

/// A stock row in plain numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::testing::simulation) struct Row {
    pub(in crate::testing::simulation) on_hand: i64,
    pub(in crate::testing::simulation) reserved: i64,
    pub(in crate::testing::simulation) safety: i64,
    pub(in crate::testing::simulation) incoming: i64,
    /// Units that came in by `Received` movements.
    pub(in crate::testing::simulation) received: i64,
    /// Units that left for buyers.
    pub(in crate::testing::simulation) shipped: i64,
    /// Something other than receiving and shipping changed it.
    pub(in crate::testing::simulation) adjusted: bool,
}

impl Row {
    /// Takes note of why units moved; `on_hand` follows from the whole change set.
    pub(super) fn moved(&mut self, draft: &MovementDraft) {
        match draft.kind {
            MovementKind::Received => self.received += draft.delta,
            MovementKind::Shipped => self.shipped -= draft.delta,
            MovementKind::Issued
            | MovementKind::Adjusted
            | MovementKind::Counted
            | MovementKind::Damaged
            | MovementKind::TransferredOut
            | MovementKind::TransferredIn
            | MovementKind::TransferDifference => self.adjusted = true,
        }
    }

    /// Whether a stored row says the same.
    pub(in crate::testing::simulation) fn agrees(&self, level: &StockLevel) -> bool {
        let shortfall = (self.reserved - self.on_hand).max(0);
        [
            (self.on_hand, level.on_hand),
            (self.reserved, level.reserved),
            (self.safety, level.safety),
            (self.incoming, level.incoming),
            (shortfall, level.shortfall),
        ]
        .into_iter()
        .all(|(plain, stored)| plain == number(stored))
    }
}

/// A reservation in plain numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::testing::simulation) struct Claim {
    pub(in crate::testing::simulation) tentative: i64,
    pub(in crate::testing::simulation) confirmed: i64,
    pub(in crate::testing::simulation) consumed: i64,
    pub(in crate::testing::simulation) released: i64,
    pub(in crate::testing::simulation) expired: i64,
    pub(in crate::testing::simulation) lapsed: i64,
    pub(in crate::testing::simulation) expires_at: Option<Timestamp>,
}

impl Claim {
    pub(in crate::testing::simulation) const fn live(&self) -> i64 {
        self.tentative + self.confirmed
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.tentative > 0 && self.expires_at.is_some_and(|at| at <= now)
    }

    /// The claim after a change, or why that cannot be.
    pub(super) fn after(mut self, delta: ReservationDelta, now: Timestamp) -> Result<Self, String> {
        let units = i64::from(delta.quantity().get());
        match delta {
            ReservationDelta::Reserve { expires_at, .. } => {
                if let Some(at) = expires_at {
                    self.tentative += units;
                    self.expires_at = self.expires_at.max(Some(at));
                } else {
                    self.confirmed += units;
                }
            }
            ReservationDelta::Confirm { .. } => {
                if self.is_due(now) || self.tentative == 0 {
                    return Err("it ended before it was confirmed".to_owned());
                }
                self.tentative -= units;
                self.confirmed += units;
            }
            ReservationDelta::Release {
                tentative: true, ..
            } => {
                self.tentative -= units;
                self.released += units;
            }
            ReservationDelta::Release {
                tentative: false, ..
            } => {
                self.confirmed -= units;
                self.released += units;
            }
            ReservationDelta::Expire { .. } => {
                if !self.is_due(now) {
                    return Err("it has not ended yet".to_owned());
                }
                self.tentative -= units;
                self.expired += units;
            }
            ReservationDelta::Consume { .. } => {
                self.confirmed -= units;
                self.consumed += units;
            }
            ReservationDelta::Acknowledge { .. } => self.lapsed -= units,
            ReservationDelta::Settle { .. } => self.lapsed += units,
        }
        if self.lapsed > self.expired {
            return Err(format!("fewer units than {units} ended"));
        }
        if self.tentative < 0 || self.confirmed < 0 || self.lapsed < 0 {
            return Err(format!("fewer units than {units} are there"));
        }
        if self.tentative == 0 {
            self.expires_at = None;
        }
        Ok(self)
    }

    /// The claim after the store ended its tentative units to make room.
    pub(super) const fn lapsed(mut self, of_order: bool) -> Self {
        self.expired += self.tentative;
        if of_order {
            self.lapsed += self.tentative;
        }
        self.tentative = 0;
        self.expires_at = None;
        self
    }

    /// Whether a stored reservation says the same.
    pub(in crate::testing::simulation) fn agrees(&self, row: &Reservation) -> bool {
        let same = [
            (self.tentative, row.tentative),
            (self.confirmed, row.confirmed),
            (self.consumed, row.consumed),
            (self.released, row.released),
            (self.expired, row.expired),
            (self.lapsed, row.lapsed),
        ]
        .into_iter()
        .all(|(plain, stored)| plain == number(stored));
        same && self.expires_at == row.expires_at
    }
}

/// Units as a plain number.
pub(in crate::testing::simulation) fn number(units: Units) -> i64 {
    i64::from(units.get())
}
