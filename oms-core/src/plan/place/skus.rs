//! What the lines of a new order ask for, and whether it is for sale.

use std::collections::BTreeSet;

use super::{Stop, hold_for, stop};
use crate::catalog::SkuMapping;
use crate::order::{DraftLine, HoldReason, LineSku};
use crate::plan::context::Context;
use crate::plan::{DocumentKey, Keys, OnProblem, PlaceOrder, Rejection, UnknownLineSku};
use crate::value::Sku;

/// The SKUs of an order's lines.
#[derive(Debug, Default)]
pub(super) struct Skus {
    /// By line, in the order of the draft.
    pub(super) lines: Vec<LineSku>,
    /// Those among them that are switched off: known, but not for sale.
    pub(super) off: BTreeSet<Sku>,
}

pub(super) enum Resolved {
    Skus(Skus),
    More(Keys),
}

/// Looks every line up: first what the channel calls it, then as a SKU of the catalogue.
pub(super) fn resolve(context: &Context<'_>, place: &PlaceOrder) -> Result<Resolved, Rejection> {
    let mut more = Keys::default();
    let mut skus = Skus::default();
    for DraftLine { sku: external, .. } in &place.draft.lines {
        let Some(external) = external else {
            skus.lines.push(LineSku::Unknown(None));
            continue;
        };
        let mapping = DocumentKey::SkuMapping(place.draft.source.channel.clone(), external.clone());
        let mapped: Option<SkuMapping> = context.read(&mapping)?;
        let Some(sku) = mapped
            .filter(|mapping| mapping.active)
            .map(|mapping| mapping.sku)
            .or_else(|| Sku::of(external))
        else {
            skus.lines.push(LineSku::Unknown(Some(external.clone())));
            continue;
        };
        let product = DocumentKey::Product(sku.clone());
        if external.as_str() != sku.as_str() && !context.keys.documents.contains(&product) {
            more.documents.insert(product);
            more.sku_stock.insert(sku);
            continue;
        }
        skus.lines.push(match context.snapshot.is_active(&product) {
            Some(active) => {
                if !active {
                    skus.off.insert(sku.clone());
                }
                LineSku::Known(sku)
            }
            None => LineSku::Unknown(Some(external.clone())),
        });
    }
    if more == Keys::default() {
        Ok(Resolved::Skus(skus))
    } else {
        Ok(Resolved::More(more))
    }
}

/// Every line has to name a SKU that is for sale.
pub(super) fn check(
    place: &PlaceOrder,
    skus: &Skus,
    holds: &mut Vec<Stop>,
) -> Result<(), Rejection> {
    let lines = place.draft.lines.iter().zip(&skus.lines);
    let unknown = lines.filter_map(|(line, sku)| match sku {
        LineSku::Unknown(sku) => Some(UnknownLineSku {
            line: line.id,
            sku: sku.clone(),
        }),
        LineSku::Known(_) => None,
    });
    let lines: Vec<UnknownLineSku> = unknown.collect();
    if !lines.is_empty() {
        let rejection = Rejection::UnknownSkus { lines };
        stop(place, holds, HoldReason::UnknownSku, rejection)?;
    }
    check_for_sale(place, &skus.off, holds)
}

/// What is switched off is not sold. An order that must not be lost waits for it, as it does for
/// goods that are not there.
fn check_for_sale(
    place: &PlaceOrder,
    off: &BTreeSet<Sku>,
    holds: &mut Vec<Stop>,
) -> Result<(), Rejection> {
    let Some(first) = off.first() else {
        return Ok(());
    };
    match place.on_problem {
        OnProblem::Hold => {
            let off: Vec<&str> = off.iter().map(Sku::as_str).collect();
            let detail = format!("switched off: {}", off.join(", "));
            hold_for(holds, HoldReason::Shortage, detail);
            Ok(())
        }
        OnProblem::Refuse | OnProblem::Backorder => Err(Rejection::Inactive {
            document: DocumentKey::Product(first.clone()),
        }),
    }
}
