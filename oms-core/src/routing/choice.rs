//! From facts to hubs: one that has everything, else the best split, else what there is.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::routing::fallback::Rules;
use crate::routing::filter::lacks;
use crate::routing::hash::Facts;
use crate::routing::score::ONE;
use crate::routing::split::{Found, Gap, Pool, cover, most};
use crate::routing::{HubFacts, StockVerdict};

/// How the hubs were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteStrategy {
    /// One hub has everything.
    OneHub,
    /// No hub has everything; of all splits this is the best.
    SplitExact,
    /// No hub has everything, and there are too many hubs to try all splits; the gap says how much
    /// better than this one the best split can be at most.
    SplitGreedy,
    /// The hubs do not have everything; these have much of it.
    Partial,
    /// No hub may be chosen, or none has anything.
    Nothing,
}

/// Hubs by their places in the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) strategy: RouteStrategy,
    /// Steps of the fallback that were given up.
    pub(super) given_up: usize,
    /// The order in which they take units.
    pub(super) hubs: Vec<usize>,
    /// What each takes of each SKU.
    pub(super) taken: Vec<Vec<u32>>,
    pub(super) runner_up: Option<usize>,
    pub(super) gap: Option<Gap>,
}

/// Chooses by the facts alone.
pub(super) fn choose(facts: &Facts) -> Choice {
    let mut tried: Option<(Vec<usize>, usize)> = None;
    for given_up in 0..=facts.policy.fallback.len() {
        let rules = Rules::after(&facts.policy, given_up);
        let attempt = (ranked(facts, rules), rules.parcels_max);
        if tried.as_ref() == Some(&attempt) {
            continue;
        }
        let (usable, parcels_max) = &attempt;
        if let Some(choice) = covering(facts, usable, *parcels_max, given_up) {
            return choice;
        }
        tried = Some(attempt);
    }
    let (usable, parcels_max) = tried.unwrap_or_default();
    partial(facts, &usable, parcels_max)
}

/// The hubs that may be chosen, the best first: what the goal wants, then the score, then priority
/// and id. What a hub has in stock has no say, so that more stock never costs a hub its rank.
fn ranked(facts: &Facts, rules: Rules) -> Vec<usize> {
    let goal = facts.policy.goal;
    let usable = facts.hubs.iter().enumerate();
    let usable = usable.filter(|(_, hub)| lacks(hub, rules).next().is_none());
    let mut keyed: Vec<_> = usable
        .map(|(at, hub)| {
            (
                (hub.measure(goal), Reverse(hub.score.total), hub.priority),
                at,
            )
        })
        .collect();
    // The facts are sorted by id, so their places order hubs that are otherwise equal.
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, at)| at).collect()
}

fn covering(
    facts: &Facts,
    usable: &[usize],
    parcels_max: usize,
    given_up: usize,
) -> Option<Choice> {
    let has_all = |at: &&usize| hub(facts, **at).is_some_and(|hub| hub.stock == StockVerdict::All);
    let mut full = usable.iter().filter(has_all).copied();
    if let Some(first) = full.next() {
        let asked = facts.demand.iter().map(|demand| demand.units.get());
        return Some(Choice {
            strategy: RouteStrategy::OneHub,
            given_up,
            hubs: vec![first],
            taken: vec![asked.collect()],
            runner_up: full.next(),
            gap: None,
        });
    }
    if parcels_max < 2 {
        return None;
    }
    let (places, pool) = pool(facts, usable);
    let found = cover(&pool, parcels_max)?;
    let strategy = if found.exact {
        RouteStrategy::SplitExact
    } else {
        RouteStrategy::SplitGreedy
    };
    Some(split(&places, &pool, found, strategy, given_up))
}

/// What there is: of one hub that has most of it, or of several, each having most of what is left.
fn partial(facts: &Facts, usable: &[usize], parcels_max: usize) -> Choice {
    let (places, pool) = pool(facts, usable);
    let found = Found {
        hubs: most(&pool, parcels_max),
        exact: false,
        gap: None,
    };
    let strategy = if found.hubs.is_empty() {
        RouteStrategy::Nothing
    } else {
        RouteStrategy::Partial
    };
    split(&places, &pool, found, strategy, facts.policy.fallback.len())
}

/// The usable hubs that have something, still by rank, with what a split asks of them.
fn pool(facts: &Facts, usable: &[usize]) -> (Vec<usize>, Pool) {
    let (mut places, mut pool) = (Vec::new(), Pool::default());
    pool.asked = facts
        .demand
        .iter()
        .map(|demand| demand.units.get())
        .collect();
    for at in usable {
        let Some(hub) = hub(facts, *at) else { continue };
        if matches!(hub.stock, StockVerdict::Part | StockVerdict::All) {
            places.push(*at);
            pool.rows.push(hub.row(&facts.demand));
            pool.measures.push(hub.measure(facts.policy.goal));
            pool.penalties.push(ONE.saturating_sub(hub.score.total));
        }
    }
    (places, pool)
}

fn split(
    places: &[usize],
    pool: &Pool,
    found: Found,
    strategy: RouteStrategy,
    given_up: usize,
) -> Choice {
    let mut left = pool.asked.clone();
    let (mut hubs, mut taken) = (Vec::new(), Vec::new());
    for at in &found.hubs {
        let (Some(place), Some(row)) = (places.get(*at), pool.rows.get(*at)) else {
            continue;
        };
        let take = |(left, units): (&mut u32, &u32)| {
            let take = (*left).min(*units);
            *left -= take;
            take
        };
        hubs.push(*place);
        taken.push(left.iter_mut().zip(row).map(take).collect());
    }
    let runner_up = places.iter().find(|place| !hubs.contains(place)).copied();
    Choice {
        strategy,
        given_up,
        hubs,
        taken,
        runner_up,
        gap: found.gap,
    }
}

fn hub(facts: &Facts, at: usize) -> Option<&HubFacts> {
    facts.hubs.get(at)
}
