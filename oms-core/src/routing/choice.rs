//! From facts to hubs: one that has everything, else the best split, else what there is.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::routing::fallback::Rules;
use crate::routing::filter::lacks;
use crate::routing::hash::Facts;
use crate::routing::score::ONE;
use crate::routing::split::{Found, Gap, Pool, cover, fill, most};
use crate::routing::{Fallback, HubFacts, StockVerdict};

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
    pub(super) given_up: Vec<Fallback>,
    /// The order in which they take units.
    pub(super) hubs: Vec<usize>,
    /// What each takes of each SKU.
    pub(super) taken: Vec<Vec<u32>>,
    pub(super) runner_up: Option<usize>,
    pub(super) gap: Option<Gap>,
}

impl Choice {
    const fn nothing() -> Self {
        Self {
            strategy: RouteStrategy::Nothing,
            given_up: Vec::new(),
            hubs: Vec::new(),
            taken: Vec::new(),
            runner_up: None,
            gap: None,
        }
    }

    fn units(&self) -> u64 {
        let taken = self.taken.iter().flatten();
        taken.map(|units| u64::from(*units)).sum()
    }
}

/// The hubs that may be chosen under the rules that are left, and over how many of them the order
/// may be split.
#[derive(Debug)]
struct Attempt {
    /// By rank.
    usable: Vec<usize>,
    parcels_max: usize,
    /// How many steps of the fallback it goes without.
    steps: usize,
}

impl Attempt {
    fn new(facts: &Facts, steps: usize) -> Self {
        let rules = Rules::after(&facts.policy, facts.policy.fallback.iter().take(steps));
        let usable = ranked(facts, rules);
        // More parcels than hubs change nothing.
        let parcels_max = rules.parcels_max.min(usable.len());
        Self {
            usable,
            parcels_max,
            steps,
        }
    }

    fn is_as(&self, other: &Self) -> bool {
        self.parcels_max == other.parcels_max && self.usable == other.usable
    }

    /// The steps without which it would be another attempt. A hub that may be chosen needs its
    /// steps whatever becomes of the others, so each can be asked for alone.
    fn given_up(&self, facts: &Facts) -> Vec<Fallback> {
        let steps = facts.policy.fallback.iter().take(self.steps);
        let needed = steps.clone().filter(|step| {
            let others = steps.clone().filter(|other| other != step);
            let rules = Rules::after(&facts.policy, others);
            let hubs = usable(facts, rules).count();
            hubs < self.usable.len() || rules.parcels_max.min(hubs) < self.parcels_max
        });
        needed.copied().collect()
    }
}

/// Chooses by the facts alone.
pub(super) fn choose(facts: &Facts) -> Choice {
    let mut tried: Vec<Attempt> = Vec::new();
    for steps in 0..=facts.policy.fallback.len() {
        let attempt = Attempt::new(facts, steps);
        if tried.last().is_some_and(|last| last.is_as(&attempt)) {
            continue;
        }
        if let Some(choice) = covering(facts, &attempt) {
            return choice;
        }
        tried.push(attempt);
    }
    partial(facts, &tried)
}

/// The hubs that may be chosen and have any of the goods.
fn usable(facts: &Facts, rules: Rules) -> impl Iterator<Item = (usize, &HubFacts)> {
    let some = |hub: &HubFacts| matches!(hub.stock, StockVerdict::Part | StockVerdict::All);
    let hubs = facts.hubs.iter().enumerate();
    hubs.filter(move |(_, hub)| some(hub) && lacks(hub, rules).next().is_none())
}

/// The hubs that may be chosen, the best first: what the goal wants, then the score, then priority
/// and id. How much a hub has has no say, so that more stock never costs a hub its rank.
fn ranked(facts: &Facts, rules: Rules) -> Vec<usize> {
    let goal = facts.policy.goal;
    let mut keyed: Vec<_> = usable(facts, rules)
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

fn covering(facts: &Facts, attempt: &Attempt) -> Option<Choice> {
    let has_all = |at: &&usize| hub(facts, **at).is_some_and(|hub| hub.stock == StockVerdict::All);
    let mut full = attempt.usable.iter().filter(has_all).copied();
    if let Some(first) = full.next() {
        let asked = facts.demand.iter().map(|demand| demand.units.get());
        return Some(Choice {
            strategy: RouteStrategy::OneHub,
            given_up: attempt.given_up(facts),
            hubs: vec![first],
            taken: vec![asked.collect()],
            runner_up: full.next(),
            gap: None,
        });
    }
    if attempt.parcels_max < 2 {
        return None;
    }
    let (places, pool) = pool(facts, &attempt.usable);
    let found = cover(&pool, attempt.parcels_max)?;
    let strategy = if found.exact {
        RouteStrategy::SplitExact
    } else {
        RouteStrategy::SplitGreedy
    };
    Some(split(
        &places,
        &pool,
        found,
        strategy,
        attempt.given_up(facts),
    ))
}

/// What there is. Where every hub may give, all that can be had is given whoever comes first, so
/// the goal says who; else each hub that gives has most of what is left. Of the attempts the
/// strictest that gives most units: what nobody has costs the rest no rule.
fn partial(facts: &Facts, tried: &[Attempt]) -> Choice {
    let mut best = Choice::nothing();
    for attempt in tried {
        let (places, pool) = pool(facts, &attempt.usable);
        let hubs = if attempt.parcels_max == attempt.usable.len() {
            fill(&pool, attempt.parcels_max)
        } else {
            most(&pool, attempt.parcels_max)
        };
        let found = Found {
            hubs,
            exact: false,
            gap: None,
        };
        let choice = split(
            &places,
            &pool,
            found,
            RouteStrategy::Partial,
            attempt.given_up(facts),
        );
        if choice.units() > best.units() {
            best = choice;
        }
    }
    best
}

/// The usable hubs, still by rank, with what a split asks of them.
fn pool(facts: &Facts, usable: &[usize]) -> (Vec<usize>, Pool) {
    let (mut places, mut pool) = (Vec::new(), Pool::default());
    pool.asked = facts
        .demand
        .iter()
        .map(|demand| demand.units.get())
        .collect();
    for at in usable {
        let Some(hub) = hub(facts, *at) else { continue };
        places.push(*at);
        pool.rows.push(hub.row(&facts.demand));
        pool.measures.push(hub.measure(facts.policy.goal));
        pool.penalties.push(ONE.saturating_sub(hub.score.total));
    }
    (places, pool)
}

fn split(
    places: &[usize],
    pool: &Pool,
    found: Found,
    strategy: RouteStrategy,
    given_up: Vec<Fallback>,
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
