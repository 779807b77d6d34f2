//! Physical stock.

use crate::catalog::Product;
use crate::event::{StreamId, StreamKind};
use crate::hub::Hub;
use crate::plan::context::{Context, Planned, finish};
use crate::plan::{DocumentKey, Keys, Receipt, Rejection, Requirement, StockSetting};
use crate::stock::{MovementDraft, StockCommand, StockEffect, StockKey, decide};
use crate::value::{MovementId, Reason};

/// What a stock command has to know.
pub(crate) fn keys(key: &StockKey) -> Keys {
    let mut keys = Keys::default();
    keys.documents.insert(DocumentKey::Hub(key.hub.clone()));
    keys.documents.insert(DocumentKey::Product(key.sku.clone()));
    keys.stock.insert(key.clone());
    keys
}

/// Plans a stock command: a movement, or a setting. The hub and the SKU must exist; they need not
/// be active, because goods do not vanish when either is switched off.
pub(crate) fn plan(
    context: &Context<'_>,
    key: &StockKey,
    command: StockCommand,
    reason: &Reason,
) -> Result<Planned, Rejection> {
    context.settings()?;
    let (hub, product) = (
        DocumentKey::Hub(key.hub.clone()),
        DocumentKey::Product(key.sku.clone()),
    );
    let _: Hub = context.require(&hub)?;
    let _: Product = context.require(&product)?;
    let level = context.snapshot.level(key);
    context.check_expected(&product, level.version)?;
    let effect = decide(&level, command).map_err(|reason| Rejection::Stock {
        key: key.clone(),
        reason,
    })?;
    let mut change_set = context.change_set();
    for document in [hub, product] {
        if let Some(version) = context.snapshot.version(&document) {
            change_set
                .requires
                .push(Requirement::Unchanged(document, version));
        }
    }
    let mut setting = StockSetting {
        key: key.clone(),
        safety: None,
        incoming: None,
        expected_on_hand: None,
    };
    let stream = StreamId::new(StreamKind::Stock, key.to_string());
    let mut receipt = Receipt::new(stream, level.version.next());
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
