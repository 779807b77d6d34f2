//! What is stored of an explanation: a small one whole, of a large one what explains.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::routing::fallback::Rules;
use crate::routing::filter::lacks;
use crate::routing::{
    Explanation, HubFacts, InputsHash, Lack, Missing, RouteStrategy, StockVerdict,
};
use crate::value::HubId;
use crate::value::limits::{ROUTE_EXPLAINED_HUBS_MAX, ROUTE_EXPLAINED_SKUS_MAX};

/// What was left out of a [shortened](Explanation::shortened) explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// How many hubs that are not listed were kept back by what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hubs: BTreeMap<KeptBack, u32>,
    /// How many more SKUs a hub that is listed has too little of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skus: BTreeMap<HubId, u32>,
    /// What the chosen hubs have too little of, as what is listed does not tell it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// The hash of what is listed, of the above, and of the hash of everything.
    pub listed: InputsHash,
}

/// What kept a hub from being chosen, in one word: the first of what it lacked, else its stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeptBack {
    /// It is switched off.
    Inactive,
    /// The order goes to another country.
    OtherCountry,
    /// It does not deliver to the place.
    Outside,
    /// A third party runs it.
    External,
    /// It is closed, or it is too late for today.
    Closed,
    /// It takes on no more work today.
    Full,
    /// It has nothing of what was asked for.
    Nothing,
    /// It has some of it.
    Part,
    /// Nothing: it was further down.
    Behind,
}

impl KeptBack {
    fn of(hub: &HubFacts, rules: Rules) -> Self {
        match (lacks(hub, rules).next(), hub.stock) {
            (Some(Lack::Inactive), _) => Self::Inactive,
            (Some(Lack::OtherCountry), _) => Self::OtherCountry,
            (Some(Lack::Outside), _) => Self::Outside,
            (Some(Lack::External), _) => Self::External,
            (Some(Lack::Closed(_)), _) => Self::Closed,
            (Some(Lack::Full), _) => Self::Full,
            (None, StockVerdict::Nothing | StockVerdict::NotAsked) => Self::Nothing,
            (None, StockVerdict::Part) => Self::Part,
            (None, StockVerdict::All) => Self::Behind,
        }
    }

    /// As it is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::OtherCountry => "other_country",
            Self::Outside => "outside",
            Self::External => "external",
            Self::Closed => "closed",
            Self::Full => "full",
            Self::Nothing => "nothing",
            Self::Part => "part",
            Self::Behind => "behind",
        }
    }
}

impl Display for KeptBack {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Explanation {
    /// What is stored of it, so that no order stores more because its tenant has many hubs. Beside
    /// the chosen hubs and the runner-up it lists the [`ROUTE_EXPLAINED_HUBS_MAX`] that came next
    /// to them, whatever kept them back, those that deliver there before others, and of each hub
    /// the first [`ROUTE_EXPLAINED_SKUS_MAX`] SKUs of which it has too little. The rest is counted
    /// ([`left_out`](Self::left_out)). One that is within these bounds stays as it is.
    #[must_use]
    pub fn shortened(&self) -> Cow<'_, Self> {
        let long = |hub: &HubFacts| hub.short.len() > ROUTE_EXPLAINED_SKUS_MAX;
        let brief = !self.hubs.iter().any(long);
        let few = self.hubs.len() <= ROUTE_EXPLAINED_HUBS_MAX;
        if self.left_out.is_some() || (few && brief) {
            return Cow::Borrowed(self);
        }
        let listed = self.listed();
        if brief && listed.len() == self.hubs.len() {
            return Cow::Borrowed(self);
        }
        let rules = Rules::after(&self.policy, &self.given_up);
        let mut left = LeftOut {
            hubs: BTreeMap::new(),
            skus: BTreeMap::new(),
            missing: self.missing(),
            listed: self.inputs,
        };
        let mut hubs = Vec::with_capacity(listed.len());
        for hub in &self.hubs {
            if !listed.contains(&hub.hub) {
                let count = left.hubs.entry(KeptBack::of(hub, rules)).or_default();
                *count = count.saturating_add(1);
                continue;
            }
            let mut hub = hub.clone();
            let more = hub.short.len().saturating_sub(ROUTE_EXPLAINED_SKUS_MAX);
            if more > 0 {
                hub.short.truncate(ROUTE_EXPLAINED_SKUS_MAX);
                let more = u32::try_from(more).unwrap_or(u32::MAX);
                left.skus.insert(hub.hub.clone(), more);
            }
            hubs.push(hub);
        }
        let mut short = self.clone();
        short.hubs = hubs;
        left.listed = InputsHash::of_listed(&short, &left);
        short.left_out = Some(left);
        Cow::Owned(short)
    }

    /// The hubs that tell why: the chosen ones, the runner-up, and the best of the others.
    fn listed(&self) -> BTreeSet<&HubId> {
        let mut listed: BTreeSet<&HubId> = self.chosen.iter().map(|chosen| &chosen.hub).collect();
        listed.extend(&self.runner_up);
        let others = self.hubs.iter().filter(|hub| !listed.contains(&hub.hub));
        let mut others: Vec<&HubFacts> = others.collect();
        // By rank, and by id where that says nothing, as the facts are.
        others.sort_by_key(|hub| {
            let asked = hub.stock != StockVerdict::NotAsked;
            let measure = hub.measure(self.policy.goal);
            (!asked, measure, Reverse(hub.score.total), hub.priority)
        });
        others.truncate(ROUTE_EXPLAINED_HUBS_MAX);
        listed.extend(others.into_iter().map(|hub| &hub.hub));
        listed
    }

    /// Whether what is listed is enough to choose again: all of it is there, or one hub had
    /// everything at the first attempt, where those behind it and those that had less had no say.
    pub(super) fn is_enough(&self) -> bool {
        let one = self.strategy == RouteStrategy::OneHub && self.given_up.is_empty();
        one || self.left_out.is_none()
    }
}
