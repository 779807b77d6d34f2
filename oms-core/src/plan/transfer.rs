//! Transfers of stock between hubs: each step is a document, an event, and movements that balance.

use crate::catalog::Product;
use crate::event::StreamId;
use crate::hub::Hub;
use crate::plan::context::{Context, Planned, draft, finish};
use crate::plan::{
    ChangeSet, DocumentKey, DocumentWrite, Expected, Index, Keys, Receipt, Rejection, encode,
};
use crate::stock::{
    MovementDraft, MovementKind, StockKey, Transfer, TransferCommand, TransferEvent,
};
use crate::value::{HubId, MovementId, Reason, Sku, TransferId, Version};

/// What a command on a transfer has to know.
pub(crate) fn keys(id: &TransferId, command: &TransferCommand) -> Keys {
    let mut keys = Keys::of(DocumentKey::Transfer(id.clone()));
    if let TransferCommand::Request { from, to, lines } = command {
        let hubs = [from, to].into_iter().cloned();
        keys.documents.extend(hubs.map(DocumentKey::Hub));
        let skus = lines.keys().cloned();
        keys.documents.extend(skus.map(DocumentKey::Product));
    }
    keys
}

/// Plans a command on a transfer. Hubs and SKUs must exist; they need not be active, because goods
/// do not vanish when either is switched off.
pub(crate) fn plan(
    context: &Context<'_>,
    id: &TransferId,
    command: &TransferCommand,
) -> Result<Planned, Rejection> {
    context.settings()?;
    let document = DocumentKey::Transfer(id.clone());
    let stored = context.snapshot.version(&document);
    let version = stored.unwrap_or(Version::ZERO);
    context.check_expected(&document, version)?;
    let before: Option<Transfer> = context.read(&document)?;
    let requests = matches!(command, TransferCommand::Request { .. });
    if before.is_none() && !requests {
        return Err(Rejection::NotFound { document });
    }
    let stream = StreamId::transfer(id);
    let refused = |reason| Rejection::Transfer {
        transfer: id.clone(),
        reason: Box::new(reason),
    };
    let event = Transfer::decide(before.as_ref(), id, command, context.now()).map_err(refused)?;
    let Some(event) = event else {
        return Ok(Planned::Already(Receipt::new(stream, version)));
    };
    check_named(context, command)?;
    let Some(after) = Transfer::after(before, &event) else {
        return Err(Rejection::NotFound { document });
    };
    let mut change_set = context.change_set();
    change_set.movements = movements(context, &after, &event);
    let version = version.next();
    change_set.events.push(draft(
        &stream,
        Some(version),
        event.name(),
        TransferEvent::SCHEMA,
        &event,
    ));
    write(&mut change_set, document, stored, &after);
    Ok(finish(change_set, Receipt::new(stream, version)))
}

fn check_named(context: &Context<'_>, command: &TransferCommand) -> Result<(), Rejection> {
    if let TransferCommand::Request { from, to, lines } = command {
        for hub in [from, to] {
            let _: Hub = context.require(&DocumentKey::Hub(hub.clone()))?;
        }
        for sku in lines.keys() {
            let _: Product = context.require(&DocumentKey::Product(sku.clone()))?;
        }
    }
    Ok(())
}

fn write(
    change_set: &mut ChangeSet,
    key: DocumentKey,
    stored: Option<Version>,
    transfer: &Transfer,
) {
    change_set.documents.push(DocumentWrite {
        key,
        expected: stored.map_or(Expected::Absent, Expected::Version),
        version: stored.unwrap_or(Version::ZERO).next(),
        body: encode(transfer),
        // What is still under way can be listed by itself.
        index: Index::Active(!transfer.state.is_terminal()),
    });
}

/// What leaves the one hub arrives at the other, unit by unit; what did not arrive, or came on top,
/// is a movement of its own. So the movements of a transfer without differences add up to nothing.
fn movements(
    context: &Context<'_>,
    transfer: &Transfer,
    event: &TransferEvent,
) -> Vec<MovementDraft> {
    let mut movements = Vec::new();
    let mut moved = |hub: &HubId, sku: &Sku, kind, delta: i64, why: &dyn Fn() -> String| {
        let reason = context.origin.reason.clone();
        movements.push(MovementDraft {
            id: MovementId::from_uuid((context.ids)()),
            stock: StockKey::new(hub.clone(), sku.clone()),
            kind,
            delta,
            order: None,
            reason: reason.or_else(|| Reason::truncated(&why())),
        });
    };
    let name = || format!("transfer {}", transfer.id);
    for (sku, units) in &transfer.lines {
        let sent = i64::from(units.get());
        match event {
            TransferEvent::Shipped { .. } => {
                let (from, kind) = (&transfer.from, MovementKind::TransferredOut);
                moved(from, sku, kind, -sent, &name);
            }
            TransferEvent::Received { .. } => {
                moved(&transfer.to, sku, MovementKind::TransferredIn, sent, &name);
                let arrived = transfer.received(sku);
                let difference = i64::from(arrived.get()) - sent;
                if difference != 0 {
                    let why = || format!("transfer {}: {arrived} of {units} arrived", transfer.id);
                    let kind = MovementKind::TransferDifference;
                    moved(&transfer.to, sku, kind, difference, &why);
                }
            }
            TransferEvent::Requested { .. } | TransferEvent::Cancelled { .. } => {}
        }
    }
    movements
}
