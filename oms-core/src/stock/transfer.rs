//! Transfers: goods that leave one hub and arrive at another, later, and perhaps not all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{HubId, Reason, Sku, Timestamp, TransferId, Units, limits};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Asked for; the goods are where they were.
    Requested,
    /// The goods left the one hub and are not at the other: nobody's available stock.
    InTransit,
    /// What arrived is at the other hub. Terminal.
    Received,
    /// It was called off before anything left. Terminal.
    Cancelled,
}

impl TransferState {
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

    /// True when nothing happens to the transfer any more.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Received | Self::Cancelled)
    }
}

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
    /// Units that arrived, where they are not those that were sent; set when it is received.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counted: BTreeMap<Sku, Units>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the goods left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<Timestamp>,
    /// When they arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
}

/// What can be asked of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum TransferCommand {
    /// Ask for one.
    Request {
        /// Where the goods are taken.
        from: HubId,
        /// Where they go.
        to: HubId,
        /// Units by SKU, at least one of each.
        lines: BTreeMap<Sku, Units>,
    },
    /// The goods leave; refused where that would take reserved ones.
    Ship,
    /// The goods arrive.
    Receive {
        /// Units that arrived, of SKUs of which more or fewer came than were sent.
        counted: BTreeMap<Sku, Units>,
    },
    /// Call it off; too late once the goods have left.
    Cancel {
        /// The mandatory reason.
        reason: Reason,
    },
}

/// What happened to a transfer. Its state is the fold of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum TransferEvent {
    /// It was asked for.
    Requested {
        /// Its id.
        transfer: TransferId,
        /// Where the goods are taken.
        from: HubId,
        /// Where they go.
        to: HubId,
        /// Units by SKU.
        lines: BTreeMap<Sku, Units>,
        /// When.
        at: Timestamp,
    },
    /// The goods left.
    Shipped {
        /// When.
        at: Timestamp,
    },
    /// The goods arrived.
    Received {
        /// Units that arrived, where they are not those that were sent.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        counted: BTreeMap<Sku, Units>,
        /// When.
        at: Timestamp,
    },
    /// It was called off.
    Cancelled {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
}

/// Why a transfer refuses a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum TransferRejection {
    /// There is one with that id, and it is another one.
    #[error("another transfer has that id")]
    Exists,
    /// The goods would stay where they are.
    #[error("to: the goods are at {hub} already")]
    SameHub {
        /// The hub that is named twice.
        hub: HubId,
    },
    /// No lines, or too many.
    #[error("lines: {found} items, 1 to {max} are allowed")]
    LineCount {
        /// Lines given.
        found: usize,
        /// Most lines.
        max: usize,
    },
    /// A line of nothing.
    #[error("lines.{sku}: no units")]
    NoUnits {
        /// Of this SKU.
        sku: Sku,
    },
    /// Goods are said to have arrived that were not sent.
    #[error("counted.{sku}: it was not sent")]
    NotSent {
        /// The SKU.
        sku: Sku,
    },
    /// The transfer is in a state in which this cannot be asked.
    #[error("cannot {command} a transfer that is {state}")]
    Illegal {
        /// What was asked.
        command: String,
        /// How far it is.
        state: TransferState,
    },
}

impl TransferRejection {
    /// The stable code, as told on the page about operations.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists => "transfer_exists",
            Self::SameHub { .. } => "transfer_same_hub",
            Self::LineCount { .. } => "transfer_line_count",
            Self::NoUnits { .. } => "transfer_no_units",
            Self::NotSent { .. } => "transfer_not_sent",
            Self::Illegal { .. } => "transfer_illegal",
        }
    }
}

impl TransferCommand {
    /// The command's name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request_transfer",
            Self::Ship => "ship_transfer",
            Self::Receive { .. } => "receive_transfer",
            Self::Cancel { .. } => "cancel_transfer",
        }
    }
}

impl TransferEvent {
    /// The version of the body's schema that this release writes.
    pub const SCHEMA: u16 = 1;

    /// The name in the envelope.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "transfer.requested",
            Self::Shipped { .. } => "transfer.shipped",
            Self::Received { .. } => "transfer.received",
            Self::Cancelled { .. } => "transfer.cancelled",
        }
    }
}

impl Transfer {
    /// Units of a SKU that arrived; nothing before it is received.
    #[must_use]
    pub fn received(&self, sku: &Sku) -> Units {
        let sent = self.lines.get(sku).copied().unwrap_or(Units::ZERO);
        match self.state {
            TransferState::Received => self.counted.get(sku).copied().unwrap_or(sent),
            TransferState::Requested | TransferState::InTransit | TransferState::Cancelled => {
                Units::ZERO
            }
        }
    }

    /// Units of a SKU that are under way.
    #[must_use]
    pub fn in_transit(&self, sku: &Sku) -> Units {
        match self.state {
            TransferState::InTransit => self.lines.get(sku).copied().unwrap_or(Units::ZERO),
            TransferState::Requested | TransferState::Received | TransferState::Cancelled => {
                Units::ZERO
            }
        }
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
            (TransferState::InTransit, TransferEvent::Received { counted, at }) => {
                transfer.state = TransferState::Received;
                transfer.counted.clone_from(counted);
                transfer.received_at = Some(*at);
            }
            (
                TransferState::Requested
                | TransferState::InTransit
                | TransferState::Received
                | TransferState::Cancelled,
                TransferEvent::Requested { .. }
                | TransferEvent::Shipped { .. }
                | TransferEvent::Received { .. }
                | TransferEvent::Cancelled { .. },
            ) => {}
        }
        Some(transfer)
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
                counted: BTreeMap::new(),
                requested_at: *at,
                shipped_at: None,
                received_at: None,
            }),
            TransferEvent::Shipped { .. }
            | TransferEvent::Received { .. }
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
    /// let (id, now) = (TransferId::parse("T-1")?, Timestamp::EPOCH);
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
        let is = state.map_or(TransferState::Cancelled, |transfer| transfer.state);
        match (command, is) {
            (TransferCommand::Request { from, to, lines }, _) => match state {
                Some(known) if known.is_for(from, to, lines) => Ok(None),
                Some(_) => Err(TransferRejection::Exists),
                None => request(id, (from, to), lines, at).map(Some),
            },
            (TransferCommand::Ship, TransferState::Requested) => {
                Ok(Some(TransferEvent::Shipped { at }))
            }
            (TransferCommand::Cancel { reason }, TransferState::Requested) => {
                let reason = reason.clone();
                Ok(Some(TransferEvent::Cancelled { reason, at }))
            }
            (TransferCommand::Receive { counted }, TransferState::InTransit) => {
                let lines = state.map(|transfer| &transfer.lines);
                receive(lines, counted, at).map(Some)
            }
            (TransferCommand::Ship, TransferState::InTransit)
            | (TransferCommand::Cancel { .. }, TransferState::Cancelled)
                if state.is_some() =>
            {
                Ok(None)
            }
            (TransferCommand::Receive { counted }, TransferState::Received)
                if state.is_some_and(|known| known.arrived_as(counted)) =>
            {
                Ok(None)
            }
            (
                TransferCommand::Ship
                | TransferCommand::Receive { .. }
                | TransferCommand::Cancel { .. },
                TransferState::Requested
                | TransferState::InTransit
                | TransferState::Received
                | TransferState::Cancelled,
            ) => Err(TransferRejection::Illegal {
                command: command.as_str().to_owned(),
                state: is,
            }),
        }
    }

    fn is_for(&self, from: &HubId, to: &HubId, lines: &BTreeMap<Sku, Units>) -> bool {
        (&self.from, &self.to, &self.lines) == (from, to, lines)
    }

    fn arrived_as(&self, counted: &BTreeMap<Sku, Units>) -> bool {
        differing(&self.lines, counted) == self.counted
    }
}

fn request(
    id: &TransferId,
    (from, to): (&HubId, &HubId),
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

fn receive(
    lines: Option<&BTreeMap<Sku, Units>>,
    counted: &BTreeMap<Sku, Units>,
    at: Timestamp,
) -> Result<TransferEvent, TransferRejection> {
    let none = BTreeMap::new();
    let lines = lines.unwrap_or(&none);
    if let Some(sku) = counted.keys().find(|sku| !lines.contains_key(*sku)) {
        let sku = sku.clone();
        return Err(TransferRejection::NotSent { sku });
    }
    let counted = differing(lines, counted);
    Ok(TransferEvent::Received { counted, at })
}

/// What was counted otherwise than it was sent.
fn differing(lines: &BTreeMap<Sku, Units>, counted: &BTreeMap<Sku, Units>) -> BTreeMap<Sku, Units> {
    let differs = |(sku, units): &(&Sku, &Units)| lines.get(*sku) != Some(*units);
    let counted = counted.iter().filter(differs);
    counted.map(|(sku, units)| (sku.clone(), *units)).collect()
}

#[cfg(test)]
mod tests;
