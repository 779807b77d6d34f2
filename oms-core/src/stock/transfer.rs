//! Transfers: goods that leave one hub and arrive at another, later, and perhaps not all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{HubId, Reason, Sku, Timestamp, TransferId, Units, limits, words};

mod command;

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
    /// Units by SKU: asked for, and sent once it is shipped.
    pub lines: BTreeMap<Sku, Units>,
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

    fn sent(&self, sku: &Sku) -> Units {
        self.lines.get(sku).copied().unwrap_or(Units::ZERO)
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
            (TransferState::Requested, TransferEvent::Shipped { at }) => {
                transfer.state = TransferState::InTransit;
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
            self.counted = differing(&self.lines, &came);
        } else if self.under_way().is_empty() {
            self.end(at);
        }
    }

    /// Nothing more is awaited than what came.
    fn end(&mut self, at: Timestamp) {
        self.counted = differing(&self.lines, &self.came());
        self.state = TransferState::Received;
        self.received_at = Some(at);
    }

    /// What arrived so far, of every SKU that was sent.
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

    /// Decides a command on a transfer as it is. No event means that it is so already.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use oms_core::stock::{Transfer, TransferCommand, TransferState};
    /// use oms_core::value::{HubId, Sku, Timestamp, TransferId, Units};
    ///
    /// let id = TransferId::parse("T-1")?;
    /// let now = Timestamp::EPOCH;
    /// let request = TransferCommand::Request {
    ///     from: HubId::parse("north")?,
    ///     to: HubId::parse("south")?,
    ///     lines: BTreeMap::from([(Sku::parse("TEA")?, Units::new(5)?)]),
    /// };
    /// let mut transfer = None;
    /// for command in [request, TransferCommand::Ship] {
    ///     let event = Transfer::decide(transfer.as_ref(), &id, &command, now)?;
    ///     transfer = event.and_then(|event| Transfer::after(transfer, &event));
    /// }
    /// assert_eq!(transfer.map(|transfer| transfer.state), Some(TransferState::InTransit));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TransferRejection`]; `None` for `state` and another command than a request is the caller's
    /// to refuse, and counts as a cancelled one here.
    pub fn decide(
        state: Option<&Self>,
        id: &TransferId,
        command: &TransferCommand,
        at: Timestamp,
    ) -> Result<Option<TransferEvent>, TransferRejection> {
        let Some(known) = state else {
            return match command {
                TransferCommand::Request { from, to, lines } => {
                    request(id, from, to, lines, at).map(Some)
                }
                TransferCommand::Ship
                | TransferCommand::ReceivePart { .. }
                | TransferCommand::Receive { .. }
                | TransferCommand::Close { .. }
                | TransferCommand::Cancel { .. } => Err(illegal(command, TransferState::Cancelled)),
            };
        };
        match (command, known.state) {
            (TransferCommand::Request { from, to, lines }, state) => {
                // Who asks for one that is over wants another one, and nothing would be sent.
                if !state.is_terminal() && known.is_for(from, to, lines) {
                    return Ok(None);
                }
                Err(TransferRejection::Exists)
            }
            (TransferCommand::Ship, TransferState::Requested) => {
                Ok(Some(TransferEvent::Shipped { at }))
            }
            (TransferCommand::Cancel { reason }, TransferState::Requested) => {
                let reason = reason.clone();
                Ok(Some(TransferEvent::Cancelled { reason, at }))
            }
            (
                TransferCommand::ReceivePart { arrived, damaged },
                TransferState::InTransit | TransferState::Received,
            ) => known.take_part(arrived, damaged, at).map(Some),
            (TransferCommand::Receive { counted }, TransferState::InTransit) => {
                known.take_rest(counted, at).map(Some)
            }
            (TransferCommand::Close { reason }, TransferState::InTransit) => {
                let reason = reason.clone();
                Ok(Some(TransferEvent::Closed { reason, at }))
            }
            (TransferCommand::Ship, TransferState::InTransit)
            | (TransferCommand::Close { .. }, TransferState::Received)
            | (TransferCommand::Cancel { .. }, TransferState::Cancelled) => Ok(None),
            (TransferCommand::Receive { counted }, TransferState::Received)
                if known.in_all(counted) == known.counted =>
            {
                Ok(None)
            }
            (
                TransferCommand::Ship
                | TransferCommand::ReceivePart { .. }
                | TransferCommand::Receive { .. }
                | TransferCommand::Close { .. }
                | TransferCommand::Cancel { .. },
                TransferState::Requested
                | TransferState::InTransit
                | TransferState::Received
                | TransferState::Cancelled,
            ) => Err(illegal(command, known.state)),
        }
    }

    fn is_for(&self, from: &HubId, to: &HubId, lines: &BTreeMap<Sku, Units>) -> bool {
        (&self.from, &self.to, &self.lines) == (from, to, lines)
    }

    /// One delivery of several, or of what turned up when nothing was awaited any more.
    fn take_part(
        &self,
        arrived: &BTreeMap<Sku, Units>,
        damaged: &BTreeMap<Sku, Units>,
        at: Timestamp,
    ) -> Result<TransferEvent, TransferRejection> {
        self.check_sent(arrived)?;
        let (arrived, damaged) = (of_something(arrived), of_something(damaged));
        if arrived.is_empty() && damaged.is_empty() {
            return Err(TransferRejection::NothingArrived);
        }
        for (sku, damaged) in &damaged {
            let arrived = arrived.get(sku).copied().unwrap_or(Units::ZERO);
            if *damaged > arrived {
                let (sku, damaged) = (sku.clone(), *damaged);
                return Err(TransferRejection::NotArrived {
                    sku,
                    damaged,
                    arrived,
                });
            }
        }
        for (sku, units) in &arrived {
            if self.received(sku).checked_add(*units).is_none() {
                let sku = sku.clone();
                return Err(TransferRejection::TooMany { sku });
            }
        }
        Ok(TransferEvent::PartReceived {
            arrived,
            damaged,
            at,
        })
    }

    /// The last delivery, or the only one.
    fn take_rest(
        &self,
        counted: &BTreeMap<Sku, Units>,
        at: Timestamp,
    ) -> Result<TransferEvent, TransferRejection> {
        self.check_sent(counted)?;
        for (sku, counted) in counted {
            let arrived = self.received(sku);
            if *counted < arrived {
                let (sku, counted) = (sku.clone(), *counted);
                return Err(TransferRejection::ArrivedAlready {
                    sku,
                    counted,
                    arrived,
                });
            }
        }
        let counted = self.in_all(counted);
        Ok(TransferEvent::Received { counted, at })
    }

    fn check_sent(&self, named: &BTreeMap<Sku, Units>) -> Result<(), TransferRejection> {
        match named.keys().find(|sku| !self.lines.contains_key(*sku)) {
            Some(sku) => Err(TransferRejection::NotSent { sku: sku.clone() }),
            None => Ok(()),
        }
    }

    /// What arrived in all otherwise than it was sent, where this was counted. SKUs that nobody
    /// counted came as they were sent, or as earlier deliveries brought them if that is more.
    fn in_all(&self, counted: &BTreeMap<Sku, Units>) -> BTreeMap<Sku, Units> {
        let over = self.arrived.iter();
        let over = over.filter(|(sku, units)| **units > self.sent(sku));
        let mut all: BTreeMap<Sku, Units> =
            over.map(|(sku, units)| (sku.clone(), *units)).collect();
        all.extend(counted.iter().map(|(sku, units)| (sku.clone(), *units)));
        differing(&self.lines, &all)
    }
}

fn request(
    id: &TransferId,
    from: &HubId,
    to: &HubId,
    lines: &BTreeMap<Sku, Units>,
    at: Timestamp,
) -> Result<TransferEvent, TransferRejection> {
    if from == to {
        let hub = to.clone();
        return Err(TransferRejection::SameHub { hub });
    }
    let (found, max) = (lines.len(), limits::LINES_PER_ORDER_MAX);
    if found == 0 || found > max {
        return Err(TransferRejection::LineCount { found, max });
    }
    if let Some((sku, _)) = lines.iter().find(|(_, units)| units.is_zero()) {
        let sku = sku.clone();
        return Err(TransferRejection::NoUnits { sku });
    }
    Ok(TransferEvent::Requested {
        transfer: id.clone(),
        from: from.clone(),
        to: to.clone(),
        lines: lines.clone(),
        at,
    })
}

fn illegal(command: &TransferCommand, state: TransferState) -> TransferRejection {
    let command = command.as_str().to_owned();
    TransferRejection::Illegal { command, state }
}

/// The entries with units.
fn of_something(units: &BTreeMap<Sku, Units>) -> BTreeMap<Sku, Units> {
    let some = units.iter().filter(|(_, units)| !units.is_zero());
    some.map(|(sku, units)| (sku.clone(), *units)).collect()
}

/// Total, as the fold is: what cannot be counted is as much as can be.
fn add(to: &mut BTreeMap<Sku, Units>, more: &BTreeMap<Sku, Units>) {
    for (sku, units) in more {
        let sum = to.entry(sku.clone()).or_default();
        *sum = sum.checked_add(*units).unwrap_or(Units::MAX);
    }
}

/// What was counted otherwise than it was sent.
fn differing(lines: &BTreeMap<Sku, Units>, counted: &BTreeMap<Sku, Units>) -> BTreeMap<Sku, Units> {
    let differs = |(sku, units): &(&Sku, &Units)| lines.get(*sku) != Some(*units);
    let counted = counted.iter().filter(differs);
    counted.map(|(sku, units)| (sku.clone(), *units)).collect()
}

#[cfg(test)]
mod tests;
