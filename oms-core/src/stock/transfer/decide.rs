//! What a transfer answers to a command.

use std::collections::BTreeMap;

use super::{
    Transfer, TransferCommand, TransferEvent, TransferRejection, TransferState, differing,
};
use crate::value::{HubId, Sku, Timestamp, TransferId, Units, limits};

impl Transfer {
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
    /// let ship = TransferCommand::Ship { sent: BTreeMap::new() };
    /// for command in [request, ship] {
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
                TransferCommand::Ship { .. }
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
            (TransferCommand::Ship { sent }, TransferState::Requested) => {
                known.leave(sent, at).map(Some)
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
            (TransferCommand::Ship { sent }, TransferState::InTransit)
                if differing(&known.lines, sent) == known.shipped =>
            {
                Ok(None)
            }
            (TransferCommand::Close { .. }, TransferState::Received)
            | (TransferCommand::Cancel { .. }, TransferState::Cancelled) => Ok(None),
            (TransferCommand::Receive { counted }, TransferState::Received)
                if known.in_all(counted) == known.counted =>
            {
                Ok(None)
            }
            (
                TransferCommand::Ship { .. }
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

    /// The goods leave, perhaps others than were asked for.
    fn leave(
        &self,
        sent: &BTreeMap<Sku, Units>,
        at: Timestamp,
    ) -> Result<TransferEvent, TransferRejection> {
        if let Some(sku) = sent.keys().find(|sku| !self.lines.contains_key(*sku)) {
            return Err(TransferRejection::NotAsked { sku: sku.clone() });
        }
        let mut leaving = self
            .lines
            .iter()
            .map(|(sku, asked)| sent.get(sku).unwrap_or(asked));
        if leaving.all(|units| units.is_zero()) {
            return Err(TransferRejection::NothingSent);
        }
        let sent = differing(&self.lines, sent);
        Ok(TransferEvent::Shipped { sent, at })
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
        differing(&self.all_sent(), &all)
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
