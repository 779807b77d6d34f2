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
use crate::value::{HubId, MovementId, Reason, Sku, TransferId, Units, Version, limits};

/// What a command on a transfer has to know: of no more SKUs than it may name, as one that names
/// more is refused.
pub(crate) fn keys(id: &TransferId, command: &TransferCommand) -> Keys {
    let mut keys = Keys::of(DocumentKey::Transfer(id.clone()));
    if let TransferCommand::Request { from, to, lines } = command {
        let hubs = [from, to].into_iter().cloned();
        keys.documents.extend(hubs.map(DocumentKey::Hub));
        let skus = lines.keys().take(limits::LINES_PER_ORDER_MAX).cloned();
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
    let Some(after) = Transfer::after(before.clone(), &event) else {
        return Err(Rejection::NotFound { document });
    };
    let mut change_set = context.change_set();
    if let Some(before) = &before {
        change_set.movements = movements(context, before, &after, &event);
    }
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

/// What leaves the one hub arrives at the other, unit by unit; what did not arrive, or came on top
/// or when nothing was awaited any more, is a movement of its own. So the movements of a transfer
/// that is over add up to what was lost or found on the way, and to what came damaged.
fn movements(
    context: &Context<'_>,
    before: &Transfer,
    after: &Transfer,
    event: &TransferEvent,
) -> Vec<MovementDraft> {
    let given = if let TransferEvent::Closed { reason, .. } = event {
        Some(reason)
    } else {
        context.origin.reason.as_ref()
    };
    let mut movements = Vec::new();
    for sku in after.lines.keys() {
        for (hub, kind, delta) in moves(before, after, sku, event) {
            if delta == 0 {
                continue;
            }
            let why = || {
                let mut why = format!("transfer {}", after.id);
                if kind == MovementKind::TransferDifference {
                    let (came, sent) = (after.received(sku), after.sent(sku));
                    why.push_str(&format!(": {came} of {sent} arrived"));
                }
                Reason::truncated(&why)
            };
            movements.push(MovementDraft {
                id: MovementId::from_uuid((context.ids)()),
                stock: StockKey::new(hub.clone(), sku.clone()),
                kind,
                delta,
                order: None,
                transfer: Some(after.id.clone()),
                reason: given.cloned().or_else(why),
            });
        }
    }
    movements
}

/// What an event moves of a SKU: where, why, and how many units, which may be none.
fn moves<'a>(
    before: &Transfer,
    after: &'a Transfer,
    sku: &Sku,
    event: &TransferEvent,
) -> Vec<(&'a HubId, MovementKind, i64)> {
    let count = |units: Units| i64::from(units.get());
    let to = &after.to;
    let open = count(before.in_transit(sku));
    let came = count(after.received(sku)) - count(before.received(sku));
    match event {
        TransferEvent::Shipped { .. } => {
            let sent = count(after.in_transit(sku));
            vec![(&after.from, MovementKind::TransferredOut, -sent)]
        }
        TransferEvent::PartReceived { damaged, .. } => {
            let awaited = came.min(open);
            let damaged = damaged.get(sku).copied().unwrap_or(Units::ZERO);
            vec![
                (to, MovementKind::TransferredIn, awaited),
                (to, MovementKind::TransferDifference, came - awaited),
                (to, MovementKind::Damaged, -count(damaged)),
            ]
        }
        TransferEvent::Received { .. } | TransferEvent::Closed { .. } => vec![
            (to, MovementKind::TransferredIn, open),
            (to, MovementKind::TransferDifference, came - open),
        ],
        TransferEvent::Requested { .. } | TransferEvent::Cancelled { .. } => Vec::new(),
    }
}
