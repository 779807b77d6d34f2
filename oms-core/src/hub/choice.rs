//! Which hub fulfils an order: the active hub of highest priority that can fill it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hub::Hub;
use crate::value::{Address, HubId, Quantity, Sku, Units};

/// A hub and what it could sell of each SKU asked for.
#[derive(Clone, Debug)]
pub struct HubCandidate<'a> {
    /// The hub.
    pub hub: &'a Hub,
    /// Units that can be claimed, by SKU; a missing SKU has none.
    pub sellable: BTreeMap<Sku, Units>,
}

/// What an order needs: the demand per SKU, over all its lines.
#[derive(Clone, Debug)]
pub struct HubDemand<'a> {
    /// Where it goes.
    pub address: Option<&'a Address>,
    /// Units per SKU; two lines of one SKU are one demand.
    pub skus: BTreeMap<Sku, Units>,
}

/// Why a hub was taken or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It fulfils the order.
    Chosen,
    /// It could, but a hub before it was chosen.
    AfterChosen,
    /// It is switched off.
    Inactive,
    /// It does not deliver to the address.
    NotServiceable,
    /// It has too little of a SKU.
    Short {
        /// The first SKU it has too little of.
        sku: Sku,
        /// Units asked.
        asked: Units,
        /// Units it could sell.
        sellable: Units,
    },
}

/// The choice and its explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubChoice {
    /// How the choice was made.
    pub strategy: String,
    /// The hub that fulfils the whole order, if one can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<HubId>,
    /// Every hub in the order it was tried, with its verdict.
    pub verdicts: Vec<(HubId, Verdict)>,
}

impl HubChoice {
    /// True when no active hub delivers to the address, whatever the stock.
    #[must_use]
    pub fn is_unserviceable(&self) -> bool {
        self.verdicts
            .iter()
            .all(|(_, verdict)| matches!(verdict, Verdict::Inactive | Verdict::NotServiceable))
    }
}

/// The name of the strategy of [`choose`].
const STRATEGY: &str = "priority_full_cover";

/// Chooses the first hub by (priority, id) that is active, serves the address and covers the whole
/// demand. Independent of the order of the candidates (invariant I12).
#[must_use]
pub fn choose(demand: &HubDemand<'_>, candidates: &[HubCandidate<'_>]) -> HubChoice {
    let mut ordered: Vec<&HubCandidate<'_>> = candidates.iter().collect();
    ordered.sort_by(|a, b| (a.hub.priority, &a.hub.id).cmp(&(b.hub.priority, &b.hub.id)));
    let mut hub = None;
    let mut verdicts = Vec::with_capacity(ordered.len());
    for candidate in ordered {
        let mut verdict = verdict(demand, candidate);
        if verdict == Verdict::Chosen {
            if hub.is_none() {
                hub = Some(candidate.hub.id.clone());
            } else {
                verdict = Verdict::AfterChosen;
            }
        }
        verdicts.push((candidate.hub.id.clone(), verdict));
    }
    HubChoice {
        strategy: STRATEGY.to_owned(),
        hub,
        verdicts,
    }
}

fn verdict(demand: &HubDemand<'_>, candidate: &HubCandidate<'_>) -> Verdict {
    if !candidate.hub.active {
        return Verdict::Inactive;
    }
    if !candidate.hub.area.serves(demand.address) {
        return Verdict::NotServiceable;
    }
    for (sku, asked) in &demand.skus {
        let sellable = candidate.sellable.get(sku).copied().unwrap_or(Units::ZERO);
        if sellable < *asked {
            return Verdict::Short {
                sku: sku.clone(),
                asked: *asked,
                sellable,
            };
        }
    }
    Verdict::Chosen
}

/// Adds up a demand: units of one SKU on several lines are one number; `None` out of range.
#[must_use]
pub fn add_up<'s>(
    lines: impl IntoIterator<Item = (&'s Sku, Quantity)>,
) -> Option<BTreeMap<Sku, Units>> {
    let mut skus: BTreeMap<Sku, Units> = BTreeMap::new();
    for (sku, quantity) in lines {
        let entry = skus.entry(sku.clone()).or_insert(Units::ZERO);
        *entry = entry.checked_add(quantity.into())?;
    }
    Some(skus)
}
