//! Which hubs to split an order over.
//!
//! Finding the fewest hubs is the set multi-cover problem, which is NP-hard: up to
//! [`ROUTE_EXACT_HUBS_MAX`] hubs every split is looked at, beyond that hubs are taken greedily
//! (V. Chvátal, "A Greedy Heuristic for the Set-Covering Problem", 1979) and a lower bound says how
//! far the answer can be from the best one. Where these are more hubs than there may be parcels,
//! every split over a few hubs that have most is looked at as well.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use crate::value::limits::ROUTE_EXACT_HUBS_MAX;

/// How far a split can be from the best one, in what the goal wants little of: parcels, metres,
/// minor units, priorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What this split has.
    pub found: u64,
    /// What every split has at least.
    pub at_least: u64,
}

/// Hubs that have something, by rank, and what is asked of them.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// Units per SKU.
    pub(super) asked: Vec<u32>,
    /// Units per hub and SKU, none above what is asked.
    pub(super) rows: Vec<Vec<u32>>,
    /// What the goal wants little of, per hub.
    pub(super) measures: Vec<u64>,
    /// What the score lacks to the best one, per hub.
    pub(super) penalties: Vec<u32>,
}

/// A split, as places in the pool.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The order in which they take units.
    pub(super) hubs: Vec<usize>,
    pub(super) exact: bool,
    pub(super) gap: Option<Gap>,
}

/// The best split over at most `parcels_max` hubs that covers everything, if one is found. Up to
/// [`ROUTE_EXACT_HUBS_MAX`] hubs, if there is one.
pub(super) fn cover(pool: &Pool, parcels_max: usize) -> Option<Found> {
    if !together(pool) {
        return None;
    }
    if pool.rows.len() <= ROUTE_EXACT_HUBS_MAX {
        exact(pool, parcels_max)
    } else {
        greedy(pool, parcels_max).or_else(|| limited(pool, parcels_max))
    }
}

/// Whether all hubs together have everything.
fn together(pool: &Pool) -> bool {
    (pool.asked.iter().enumerate()).all(|(sku, asked)| {
        let mut left = *asked;
        pool.rows.iter().any(|row| {
            left = left.saturating_sub(units(row, sku));
            left == 0
        })
    })
}

fn units(row: &[u32], sku: usize) -> u32 {
    row.get(sku).copied().unwrap_or(0)
}

/// A SKU in the exact search: the hubs that have enough of it alone, and what the others have.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    enough: u16,
    asked: u32,
    some: [u32; ROUTE_EXACT_HUBS_MAX],
}

impl Need {
    fn of(pool: &Pool, sku: usize, asked: u32) -> Self {
        let mut need = Self {
            enough: 0,
            asked,
            some: [0; ROUTE_EXACT_HUBS_MAX],
        };
        for (at, (row, some)) in pool.rows.iter().zip(&mut need.some).enumerate() {
            *some = units(row, sku);
            if *some >= asked {
                need.enough |= 1 << at;
            }
        }
        if need.some.iter().all(|some| *some == 0 || *some >= asked) {
            // All or nothing: only who has it matters, so equal needs become one.
            (need.asked, need.some) = (1, [0; ROUTE_EXACT_HUBS_MAX]);
        }
        need
    }

    fn met_by(&self, hubs: u16) -> bool {
        if hubs & self.enough != 0 {
            return true;
        }
        let some = self.some.iter().enumerate();
        let some = some.filter(|(at, _)| hubs & (1 << at) != 0);
        some.map(|(_, units)| u64::from(*units)).sum::<u64>() >= u64::from(self.asked)
    }
}

/// What the best split has least of: the goal's measure, then hubs, then lacking score, then the
/// hubs of highest rank.
type Worth = (u64, u32, u64, u16);

/// Looks at every set of hubs.
fn exact(pool: &Pool, parcels_max: usize) -> Option<Found> {
    let needs = pool.asked.iter().enumerate();
    let mut needs: Vec<Need> = needs
        .map(|(sku, asked)| Need::of(pool, sku, *asked))
        .collect();
    // The hardest first, so that most sets fail at once; equal ones are one.
    needs.sort_unstable_by_key(|need| (need.enough.count_ones(), need.clone()));
    needs.dedup();
    let mut best: Option<(Worth, u16)> = None;
    for hubs in 1..1_u16 << pool.rows.len() {
        if usize::try_from(hubs.count_ones()).unwrap_or(usize::MAX) > parcels_max {
            continue;
        }
        let worth = worth(pool, hubs);
        let better = best.is_none_or(|(best, _)| worth < best);
        if better && needs.iter().all(|need| need.met_by(hubs)) {
            best = Some((worth, hubs));
        }
    }
    let ((found, ..), hubs) = best?;
    let at_least = found;
    Some(Found {
        hubs: members(hubs).collect(),
        exact: true,
        gap: Some(Gap { found, at_least }),
    })
}

fn worth(pool: &Pool, hubs: u16) -> Worth {
    let (mut measure, mut penalty) = (0_u64, 0_u64);
    for at in members(hubs) {
        measure = measure.saturating_add(pool.measures.get(at).copied().unwrap_or(0));
        penalty += pool.penalties.get(at).copied().map_or(0, u64::from);
    }
    // Of two sets the one with the better hub where they first differ: its reversed bits are more.
    (measure, hubs.count_ones(), penalty, !hubs.reverse_bits())
}

fn members(hubs: u16) -> impl Iterator<Item = usize> {
    (0..ROUTE_EXACT_HUBS_MAX).filter(move |at| hubs & (1 << at) != 0)
}

/// Takes hubs greedily until everything is covered; no hub is taken back, so that more stock at a
/// taken hub can only have it taken sooner.
fn greedy(pool: &Pool, parcels_max: usize) -> Option<Found> {
    covered(pool, fill(pool, parcels_max))
}

/// Hubs that the goal likes may have too little to cover everything within the limit. So of the
/// hubs that have most, and then of every split over some of them, the best one that does.
fn limited(pool: &Pool, parcels_max: usize) -> Option<Found> {
    let mut few = most(pool, parcels_max.max(ROUTE_EXACT_HUBS_MAX));
    if parcels_max > ROUTE_EXACT_HUBS_MAX {
        return covered(pool, few);
    }
    let rest = pool.rows.iter().enumerate();
    let mut rest: Vec<_> = rest
        .filter(|(at, _)| !few.contains(at))
        .map(|(at, row)| (Reverse(gain(&pool.asked, row)), at))
        .collect();
    rest.sort_unstable();
    few.extend(rest.into_iter().map(|(_, at)| at));
    few.truncate(ROUTE_EXACT_HUBS_MAX);
    // By rank again.
    few.sort_unstable();
    let found = exact(&among(pool, &few), parcels_max)?;
    let hubs = found.hubs.iter().filter_map(|at| few.get(*at).copied());
    covered(pool, hubs.collect())
}

/// The pool with these hubs alone.
fn among(pool: &Pool, hubs: &[usize]) -> Pool {
    let row = |at: &usize| pool.rows.get(*at).cloned();
    let measure = |at: &usize| pool.measures.get(*at).copied();
    let penalty = |at: &usize| pool.penalties.get(*at).copied();
    Pool {
        asked: pool.asked.clone(),
        rows: hubs.iter().filter_map(row).collect(),
        measures: hubs.iter().filter_map(measure).collect(),
        penalties: hubs.iter().filter_map(penalty).collect(),
    }
}

/// A split over these hubs with how far it can be from the best one, if they have everything.
fn covered(pool: &Pool, hubs: Vec<usize>) -> Option<Found> {
    let mut left = pool.asked.clone();
    for row in hubs.iter().filter_map(|at| pool.rows.get(*at)) {
        take(&mut left, row);
    }
    if left.iter().any(|units| *units > 0) {
        return None;
    }
    let measures = hubs.iter().filter_map(|at| pool.measures.get(*at));
    let gap = Gap {
        found: measures.fold(0, |sum, measure| sum.saturating_add(*measure)),
        at_least: at_least(pool),
    };
    Some(Found {
        hubs,
        exact: false,
        gap: Some(gap),
    })
}

/// A hub and the units of what is left that it had when last looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Offer {
    gain: u64,
    measure: u64,
    at: usize,
}

impl Ord for Offer {
    /// More units for what the goal wants little of, then the better rank.
    fn cmp(&self, other: &Self) -> Ordering {
        let price = |offer: &Self| u128::from(offer.measure) + 1;
        let ours = u128::from(self.gain) * price(other);
        let theirs = u128::from(other.gain) * price(self);
        ours.cmp(&theirs).then_with(|| other.at.cmp(&self.at))
    }
}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Takes at most `parcels_max` hubs, each the best offer for what is left, as long as they add
/// something.
pub(super) fn fill(pool: &Pool, parcels_max: usize) -> Vec<usize> {
    best_offers(pool, parcels_max, |measure| measure)
}

/// Takes at most `parcels_max` hubs, each with the most of what is left, whatever the goal says:
/// where goods are short and not every hub may give, every unit counts. Of hubs with as much the
/// better rank comes first.
pub(super) fn most(pool: &Pool, parcels_max: usize) -> Vec<usize> {
    best_offers(pool, parcels_max, |_| 0)
}

fn best_offers(pool: &Pool, parcels_max: usize, measure: impl Fn(u64) -> u64) -> Vec<usize> {
    let mut left = pool.asked.clone();
    let offers = pool.rows.iter().zip(&pool.measures).enumerate();
    let mut heap: BinaryHeap<Offer> = offers
        .map(|(at, (row, cost))| Offer {
            gain: gain(&left, row),
            measure: measure(*cost),
            at,
        })
        .collect();
    let mut taken = Vec::new();
    while taken.len() < parcels_max {
        let Some(mut offer) = heap.pop() else { break };
        let Some(row) = pool.rows.get(offer.at) else {
            continue;
        };
        // Offers only fall as hubs are taken, so one that still beats the old offers of all others
        // is the best.
        offer.gain = gain(&left, row);
        if offer.gain == 0 {
            continue;
        }
        if heap.peek().is_some_and(|next| *next > offer) {
            heap.push(offer);
            continue;
        }
        take(&mut left, row);
        taken.push(offer.at);
    }
    taken
}

fn gain(left: &[u32], row: &[u32]) -> u64 {
    let gains = left
        .iter()
        .zip(row)
        .map(|(left, units)| u64::from(*left.min(units)));
    gains.sum()
}

fn take(left: &mut [u32], row: &[u32]) {
    for (left, units) in left.iter_mut().zip(row) {
        *left = left.saturating_sub(*units);
    }
}

/// What every split has at least: as many hubs as any split needs, of those the goal likes best.
fn at_least(pool: &Pool) -> u64 {
    let mut measures = pool.measures.clone();
    measures.sort_unstable();
    let best = measures.iter().take(hubs_at_least(pool));
    best.fold(0, |sum, measure| sum.saturating_add(*measure))
}

/// The larger of two bounds: hubs needed for all units at once, and for SKUs of which no two have a
/// hub in common.
fn hubs_at_least(pool: &Pool) -> usize {
    let total = |row: &Vec<u32>| row.iter().map(|units| u64::from(*units)).sum();
    let asked = pool.asked.iter().map(|units| u64::from(*units)).sum();
    let by_units = fewest(pool.rows.iter().map(total).collect(), asked);
    let mut scarce: Vec<(usize, usize)> = Vec::with_capacity(pool.asked.len());
    for sku in 0..pool.asked.len() {
        let suppliers = pool.rows.iter().filter(|row| units(row, sku) > 0);
        scarce.push((suppliers.count(), sku));
    }
    scarce.sort_unstable();
    let mut seen = vec![false; pool.rows.len()];
    let (mut apart, mut most) = (0_usize, 0_usize);
    for (_, sku) in scarce {
        let column = || pool.rows.iter().map(|row| units(row, sku));
        let asked = pool.asked.get(sku).copied().unwrap_or(0);
        let needed = if column().any(|units| units >= asked) {
            1
        } else {
            fewest(column().map(u64::from).collect(), asked.into())
        };
        most = most.max(needed);
        if !column().zip(&seen).any(|(units, seen)| units > 0 && *seen) {
            apart += needed;
            for (seen, units) in seen.iter_mut().zip(column()) {
                *seen |= units > 0;
            }
        }
    }
    by_units.max(apart).max(most)
}

/// How many of the largest numbers it takes to reach a sum; all of them if they do not.
fn fewest(mut numbers: Vec<u64>, sum: u64) -> usize {
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    let mut reached = 0_u64;
    let short = numbers.iter().take_while(|number| {
        let short = reached < sum;
        reached = reached.saturating_add(**number);
        short
    });
    short.count()
}

#[cfg(test)]
mod tests;
