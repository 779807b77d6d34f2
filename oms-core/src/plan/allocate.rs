//! Which hub gets an order's open units, and what is left over.

use std::collections::{BTreeMap, BTreeSet};

use crate::hub::{Hub, HubCandidate, HubChoice, HubDemand, choose};
use crate::order::{Assignment, LineQuantity, Order};
use crate::plan::context::Context;
use crate::plan::write::OrderWork;
use crate::plan::{DocumentKey, Rejection, Shortage};
use crate::reservation::Owner;
use crate::stock::StockKey;
use crate::value::{Address, HubId, LineId, Sku, Units};

/// What could be claimed, and what could not.
#[derive(Debug)]
pub(crate) struct Allocation {
    /// Units to claim.
    pub(crate) assignments: Vec<Assignment>,
    /// Units that no hub covers together with the others.
    pub(crate) short: Vec<LineQuantity>,
    /// The shortage per SKU.
    pub(crate) shortages: Vec<Shortage>,
    /// How the hub was chosen.
    pub(crate) choice: HubChoice,
}

/// Units of a line to allocate.
pub(crate) type Wanted = (LineId, Sku, Units);

/// Allocates units of an order's lines: at one hub that covers everything, else what the best hub
/// has.
///
/// `only` restricts the choice to one hub. Inactive hubs and hubs that do not serve the address get
/// nothing.
pub(crate) fn allocate(
    context: &Context<'_>,
    work: &OrderWork,
    lines: &[Wanted],
    address: Option<&Address>,
    only: Option<&HubId>,
) -> Result<Allocation, Rejection> {
    let mut skus: BTreeMap<Sku, Units> = BTreeMap::new();
    for (_, sku, units) in lines {
        let entry = skus.entry(sku.clone()).or_insert(Units::ZERO);
        // More than a counter can hold is more than any hub has.
        *entry = entry.checked_add(*units).unwrap_or(Units::MAX);
    }
    let hubs = hubs(context, only)?;
    let freed = freed(context, work);
    let candidates: Vec<HubCandidate<'_>> = hubs
        .iter()
        .map(|hub| HubCandidate {
            hub,
            sellable: sellable(context, &freed, hub, skus.keys()),
        })
        .collect();
    let demand = HubDemand { address, skus };
    let choice = choose(&demand, &candidates);
    let best = match &choice.hub {
        Some(hub) => candidates.iter().find(|candidate| candidate.hub.id == *hub),
        None => fullest(&demand, &candidates),
    };
    let (assignments, short) = share(lines, best);
    let shortages = shortages(&demand, &candidates, &short, &work.order);
    Ok(Allocation {
        assignments,
        short,
        shortages,
        choice,
    })
}

/// Open and backordered units of lines with a SKU of the catalogue.
pub(crate) fn waiting(order: &Order) -> Vec<Wanted> {
    let units = order.head.lines.iter().filter_map(|line| {
        let waiting = line.open.checked_add(line.backordered)?;
        (!waiting.is_zero()).then(|| Some((line.id, line.sku.known()?.clone(), waiting)))?
    });
    units.collect()
}

/// Units that are open now and were not before, of lines with a SKU of the catalogue.
pub(crate) fn opened(before: &Order, after: &Order) -> Vec<Wanted> {
    let was: BTreeMap<LineId, Units> = before
        .head
        .lines
        .iter()
        .map(|line| (line.id, line.open))
        .collect();
    let units = after.head.lines.iter().filter_map(|line| {
        let was = was.get(&line.id).copied().unwrap_or(Units::ZERO);
        let opened = line.open.saturating_sub(was);
        (!opened.is_zero()).then(|| Some((line.id, line.sku.known()?.clone(), opened)))?
    });
    units.collect()
}

fn hubs(context: &Context<'_>, only: Option<&HubId>) -> Result<Vec<Hub>, Rejection> {
    if let Some(id) = only {
        return Ok(vec![context.require(&DocumentKey::Hub(id.clone()))?]);
    }
    let documents = context.snapshot.documents.values();
    let hubs = documents.filter(|document| matches!(document.key, DocumentKey::Hub(_)));
    Ok(hubs.map(crate::plan::decode).collect::<Result<_, _>>()?)
}

/// Units per stock row that are free for this order although they count as reserved.
#[derive(Debug, Default)]
struct Freed {
    /// Due claims of others, which a reclaim could end.
    due: BTreeMap<StockKey, Units>,
    /// What the work so far gives back before it claims again.
    own: BTreeMap<StockKey, i64>,
}

fn freed(context: &Context<'_>, work: &OrderWork) -> Freed {
    let due = context
        .snapshot
        .reclaimable_for(&Owner::Order(work.order.head.id));
    let mut own: BTreeMap<StockKey, i64> = BTreeMap::new();
    for change in &work.reservations {
        let (hub, sku) = (change.key.hub.clone(), change.key.sku.clone());
        *own.entry(StockKey { hub, sku }).or_default() -= change.delta.reserved_delta();
    }
    Freed { due, own }
}

fn sellable<'s>(
    context: &Context<'_>,
    freed: &Freed,
    hub: &Hub,
    skus: impl Iterator<Item = &'s Sku>,
) -> BTreeMap<Sku, Units> {
    let units = |sku: &Sku| {
        let (hub, sku) = (hub.id.clone(), sku.clone());
        let key = StockKey { hub, sku };
        let own = freed.own.get(&key).copied().unwrap_or(0);
        let due = freed
            .due
            .get(&key)
            .map_or(0, |units| i64::from(units.get()));
        // What the order itself gives back it may take again, whatever is kept back from sale.
        let free = (context.snapshot.level(&key).available() + own + due).max(own);
        u32::try_from(free.max(0))
            .ok()
            .and_then(|free| Units::new(free).ok())
    };
    let mut sellable = BTreeMap::new();
    for sku in skus {
        sellable.insert(sku.clone(), units(sku).unwrap_or(Units::ZERO));
    }
    sellable
}

/// The hub that covers most units, among those that may; the first by (priority, id) of equals.
fn fullest<'c, 'h>(
    demand: &HubDemand<'_>,
    candidates: &'c [HubCandidate<'h>],
) -> Option<&'c HubCandidate<'h>> {
    let covered = |candidate: &HubCandidate<'_>| -> u64 {
        let units = demand.skus.iter().map(|(sku, asked)| {
            let sellable = candidate.sellable.get(sku).copied().unwrap_or(Units::ZERO);
            u64::from(sellable.get().min(asked.get()))
        });
        units.sum()
    };
    let may = candidates
        .iter()
        .filter(|candidate| candidate.hub.active && candidate.hub.area.serves(demand.address));
    may.min_by(|a, b| {
        let rank = (a.hub.priority, &a.hub.id).cmp(&(b.hub.priority, &b.hub.id));
        covered(b).cmp(&covered(a)).then(rank)
    })
}

/// Gives each line what the hub has, in line order; answers what is claimed and what is short.
fn share(lines: &[Wanted], hub: Option<&HubCandidate<'_>>) -> (Vec<Assignment>, Vec<LineQuantity>) {
    let mut left = hub.map(|hub| hub.sellable.clone()).unwrap_or_default();
    let (mut assignments, mut short) = (Vec::new(), Vec::new());
    for (line, sku, units) in lines {
        let units = *units;
        let left = left.entry(sku.clone()).or_insert(Units::ZERO);
        let given = units.min(*left);
        *left = left.saturating_sub(given);
        if let (Some(hub), Some(quantity)) = (hub, given.quantity()) {
            let hub = hub.hub.id.clone();
            assignments.push(Assignment {
                hub,
                line: *line,
                quantity,
            });
        }
        if let Some(quantity) = units.saturating_sub(given).quantity() {
            short.push(LineQuantity {
                line: *line,
                quantity,
            });
        }
    }
    (assignments, short)
}

fn shortages(
    demand: &HubDemand<'_>,
    candidates: &[HubCandidate<'_>],
    short: &[LineQuantity],
    order: &Order,
) -> Vec<Shortage> {
    let skus: BTreeSet<&Sku> = short
        .iter()
        .filter_map(|line| order.line(line.line)?.sku.known())
        .collect();
    let most = |sku: &Sku| {
        let may = candidates
            .iter()
            .filter(|candidate| candidate.hub.active && candidate.hub.area.serves(demand.address));
        let units = may.filter_map(|candidate| candidate.sellable.get(sku).copied());
        units.max().unwrap_or(Units::ZERO)
    };
    let shortage = |sku: &Sku| Shortage {
        sku: sku.clone(),
        asked: demand.skus.get(sku).copied().unwrap_or(Units::ZERO),
        available: most(sku),
    };
    skus.into_iter().map(shortage).collect()
}
