//! Transfers: goods that leave one hub and arrive at another, later, and perhaps not all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{HubId, Reason, Sku, Timestamp, TransferId, Units, words};

mod command;
mod decide;

pub use command::{TransferCommand, TransferEvent, TransferRejection};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Asked for; the goods are where they were.
    Requested,
    /// The goods left the one hub and are not all at the other: what is under way is nobody's
    /// available stock.
    InTransit,
    /// What arrived is at the other hub, and nothing more is awaited. Terminal: what turns up later
    /// is booked, and changes no state.
    Received,
    /// It was called off before anything left. Terminal.
    Cancelled,
}

impl TransferState {
    /// Every state, in the order of a transfer's life.
    pub const ALL: [Self; 4] = [
        Self::Requested,
        Self::InTransit,
        Self::Received,
        Self::Cancelled,
    ];

    /// The state as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::InTransit => "in_transit",
            Self::Received => "received",
            Self::Cancelled => "cancelled",
        }
    }

    /// True when the transfer is over: no other state follows.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Received | Self::Cancelled)
    }
}

words! { TransferState, "transfer state"; }

impl std::fmt::Display for TransferState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A transfer of stock from one hub to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transfer {
    /// Its id, chosen by the tenant.
    pub id: TransferId,
    /// Where the goods are taken.
    pub from: HubId,
    /// Where they go.
    pub to: HubId,
    /// How far it is.
    pub state: TransferState,
    /// Units by SKU that were asked for.
    pub lines: BTreeMap<Sku, Units>,
    /// Units that left, where they are not those that were asked for; set when it is shipped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shipped: BTreeMap<Sku, Units>,
    /// Units that deliveries brought which were told one by one, damaged ones among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arrived: BTreeMap<Sku, Units>,
    /// Of those, the ones that cannot be sold.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub damaged: BTreeMap<Sku, Units>,
    /// Units that arrived in all, where they are not those that were sent; set when it is received,
    /// and with what turns up later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counted: BTreeMap<Sku, Units>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the goods left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// When the last that was awaited arrived, or it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Why it was closed, if goods were still under way and taken for lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Reason>,
}

impl Transfer {
    /// Units of a SKU that arrived so far, damaged ones among them.
    #[must_use]
    pub fn received(&self, sku: &Sku) -> Units {
        match self.state {
            TransferState::InTransit => self.arrived.get(sku).copied().unwrap_or(Units::ZERO),
            TransferState::Received => {
                let counted = self.counted.get(sku).copied();
                counted.unwrap_or_else(|| self.sent(sku))
            }
            TransferState::Requested | TransferState::Cancelled => Units::ZERO,
        }
    }

    /// Units of a SKU that are under way.
    #[must_use]
    pub fn in_transit(&self, sku: &Sku) -> Units {
        match self.state {
            TransferState::InTransit => self.sent(sku).saturating_sub(self.received(sku)),
            TransferState::Requested | TransferState::Received | TransferState::Cancelled => {
                Units::ZERO
            }
        }
    }

    /// What is under way, by SKU; SKUs of which nothing is, are left out.
    #[must_use]
    pub fn under_way(&self) -> BTreeMap<Sku, Units> {
        let all = self.lines.keys().map(|sku| (sku, self.in_transit(sku)));
        let open = all.filter(|(_, units)| !units.is_zero());
        open.map(|(sku, units)| (sku.clone(), units)).collect()
    }

    /// Units of a SKU that were sent and did not arrive; nothing while they are awaited.
    #[must_use]
    pub fn lost(&self, sku: &Sku) -> Units {
        match self.state {
            TransferState::Received => self.sent(sku).saturating_sub(self.received(sku)),
            TransferState::Requested | TransferState::InTransit | TransferState::Cancelled => {
                Units::ZERO
            }
        }
    }

    /// Units of a SKU that left; nothing before they did.
    #[must_use]
    pub fn sent(&self, sku: &Sku) -> Units {
        match self.state {
            TransferState::InTransit | TransferState::Received => {
                let units = self.shipped.get(sku).or_else(|| self.lines.get(sku));
                units.copied().unwrap_or(Units::ZERO)
            }
            TransferState::Requested | TransferState::Cancelled => Units::ZERO,
        }
    }

    /// What left, of every SKU that was asked for.
    fn all_sent(&self) -> BTreeMap<Sku, Units> {
        let skus = self.lines.keys();
        skus.map(|sku| (sku.clone(), self.sent(sku))).collect()
    }

    /// The transfer after one more event; `None` stands for one that was not asked for yet.
    ///
    /// Total, as [`evolve`](crate::order::evolve) of orders is: an event that does not fit changes
    /// nothing.
    #[must_use]
    pub fn after(before: Option<Self>, event: &TransferEvent) -> Option<Self> {
        let Some(mut transfer) = before else {
            return Self::requested(event);
        };
        match (transfer.state, event) {
            (TransferState::Requested, TransferEvent::Shipped { sent, at }) => {
                transfer.state = TransferState::InTransit;
                transfer.shipped.clone_from(sent);
                transfer.shipped_at = Some(*at);
            }
            (TransferState::Requested, TransferEvent::Cancelled { .. }) => {
                transfer.state = TransferState::Cancelled;
            }
            (
                TransferState::InTransit | TransferState::Received,
                TransferEvent::PartReceived {
                    arrived,
                    damaged,
                    at,
                },
            ) => transfer.add_part(arrived, damaged, *at),
            (TransferState::InTransit, TransferEvent::Received { counted, at }) => {
                transfer.state = TransferState::Received;
                transfer.counted.clone_from(counted);
                transfer.received_at = Some(*at);
            }
            (TransferState::InTransit, TransferEvent::Closed { reason, at }) => {
                transfer.closed = Some(reason.clone());
                transfer.end(*at);
            }
            (
                TransferState::Requested
                | TransferState::InTransit
                | TransferState::Received
                | TransferState::Cancelled,
                TransferEvent::Requested { .. }
                | TransferEvent::Shipped { .. }
                | TransferEvent::PartReceived { .. }
                | TransferEvent::Received { .. }
                | TransferEvent::Closed { .. }
                | TransferEvent::Cancelled { .. },
            ) => {}
        }
        Some(transfer)
    }

    /// One more delivery: it may be the last one, or come after the end.
    fn add_part(
        &mut self,
        arrived: &BTreeMap<Sku, Units>,
        damaged: &BTreeMap<Sku, Units>,
        at: Timestamp,
    ) {
        let mut came = self.came();
        add(&mut came, arrived);
        add(&mut self.arrived, arrived);
        add(&mut self.damaged, damaged);
        if self.state == TransferState::Received {
            self.counted = differing(&self.all_sent(), &came);
        } else if self.under_way().is_empty() {
            self.end(at);
        }
    }

    /// Nothing more is awaited than what came.
    fn end(&mut self, at: Timestamp) {
        self.counted = differing(&self.all_sent(), &self.came());
        self.state = TransferState::Received;
        self.received_at = Some(at);
    }

    /// What arrived so far, of every SKU that was asked for.
    fn came(&self) -> BTreeMap<Sku, Units> {
        let skus = self.lines.keys();
        skus.map(|sku| (sku.clone(), self.received(sku))).collect()
    }

    fn requested(event: &TransferEvent) -> Option<Self> {
        match event {
            TransferEvent::Requested {
                transfer,
                from,
                to,
                lines,
                at,
            } => Some(Self {
                id: transfer.clone(),
                from: from.clone(),
                to: to.clone(),
                state: TransferState::Requested,
                lines: lines.clone(),
                shipped: BTreeMap::new(),
                arrived: BTreeMap::new(),
                damaged: BTreeMap::new(),
                counted: BTreeMap::new(),
                requested_at: *at,
                shipped_at: None,
                received_at: None,
                closed: None,
            }),
            TransferEvent::Shipped { .. }
            | TransferEvent::PartReceived { .. }
            | TransferEvent::Received { .. }
            | TransferEvent::Closed { .. }
            | TransferEvent::Cancelled { .. } => None,
        }
    }
}

/// Total, as the fold is: what cannot be counted is as much as can be.
fn add(to: &mut BTreeMap<Sku, Units>, more: &BTreeMap<Sku, Units>) {
    for (sku, units) in more {
        let sum = to.entry(sku.clone()).or_default();
        *sum = sum.checked_add(*units).unwrap_or(Units::MAX);
    }
}

/// What was counted otherwise than it should be.
fn differing(
    wanted: &BTreeMap<Sku, Units>,
    counted: &BTreeMap<Sku, Units>,
) -> BTreeMap<Sku, Units> {
    let differs = |(sku, units): &(&Sku, &Units)| wanted.get(*sku) != Some(*units);
    let counted = counted.iter().filter(differs);
    counted.map(|(sku, units)| (sku.clone(), *units)).collect()
}

#[cfg(test)]
mod tests;
