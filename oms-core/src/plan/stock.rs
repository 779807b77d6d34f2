//! Physical stock.

use crate::catalog::Product;
use crate::event::StreamId;
use crate::hub::Hub;
use crate::plan::context::{Context, Planned, draft, finish};
use crate::plan::{DocumentKey, Keys, Receipt, Rejection, StockSetting};
use crate::stock::{
    MovementDraft, STOCK_EVENT_SCHEMA, StockCommand, StockEffect, StockEvent, StockKey, decide,
};
use crate::value::{MovementId, Reason, Units, Version};

/// What a stock command has to know.
pub(crate) fn keys(key: &StockKey) -> Keys {
    let mut keys = Keys::of(DocumentKey::Hub(key.hub.clone()));
    keys.documents.insert(DocumentKey::Product(key.sku.clone()));
    keys.stock.insert(key.clone());
    keys
}

/// Plans a stock command: a movement, or a setting. The hub and the SKU must exist; they need not
/// be active, because goods do not vanish when either is switched off.
///
/// The row changes with every claim on it, so a stock command has no version to expect or answer.
pub(crate) fn plan(
    context: &Context<'_>,
    key: &StockKey,
    command: StockCommand,
    reason: &Reason,
) -> Result<Planned, Rejection> {
    context.settings()?;
    let _: Hub = context.require(&DocumentKey::Hub(key.hub.clone()))?;
    let _: Product = context.require(&DocumentKey::Product(key.sku.clone()))?;
    let level = context.snapshot.level(key);
    let effect = decide(&level, command).map_err(|reason| Rejection::Stock {
        key: key.clone(),
        reason,
    })?;
    let mut change_set = context.change_set();
    let mut setting = StockSetting {
        key: key.clone(),
        safety: None,
        incoming: None,
        expected_on_hand: None,
    };
    let stream = StreamId::stock(&key.hub, &key.sku);
    let mut push_event = |name: &str, old: Units, new: Units| {
        change_set
            .origin
            .reason
            .get_or_insert_with(|| reason.clone());
        let reason = reason.clone();
        let event = StockEvent { old, new, reason };
        let event = draft(&stream, None, name, STOCK_EVENT_SCHEMA, &event);
        change_set.events.push(event);
    };
    match effect {
        StockEffect::Safety(new) => push_event(StockEvent::SAFETY_SET, level.safety, new),
        StockEffect::Incoming(new) => push_event(StockEvent::INCOMING_SET, level.incoming, new),
        StockEffect::Move { .. } => {}
    }
    let mut receipt = Receipt::new(stream, Version::ZERO);
    match effect {
        StockEffect::Move {
            kind,
            delta,
            expected_on_hand,
        } => {
            let id = MovementId::from_uuid((context.ids)());
            receipt.movement = Some(id);
            setting.expected_on_hand = expected_on_hand;
            change_set.movements.push(MovementDraft {
                id,
                stock: key.clone(),
                kind,
                delta,
                order: None,
                transfer: None,
                reason: Some(reason.clone()),
            });
        }
        StockEffect::Safety(safety) => setting.safety = Some(safety),
        StockEffect::Incoming(incoming) => setting.incoming = Some(incoming),
    }
    if setting
        .safety
        .or(setting.incoming)
        .or(setting.expected_on_hand)
        .is_some()
    {
        change_set.stock.push(setting);
    }
    Ok(finish(change_set, receipt))
}
