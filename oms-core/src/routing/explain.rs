//! Why the hubs were chosen, complete enough to choose again.

use serde::{Deserialize, Serialize};

use crate::routing::choice::{Choice, choose};
use crate::routing::facts::facts;
use crate::routing::fallback::Rules;
use crate::routing::filter::lacks;
use crate::routing::hash::Facts;
use crate::routing::{
    Considered, Demand, Fallback, Gap, HubCandidate, HubFacts, InputsHash, LeftOut, RoutePolicy,
    RouteRequest, RouteStrategy,
};
use crate::value::{HubId, Sku, Timestamp, Units, zone_database};

/// The version of the rules. An explanation of another version may have been made differently, so
/// it can be read but not checked.
///
/// It is raised by the first release that chooses otherwise than the release before it, and by
/// nothing else. So it is 1 for as long as nothing was released: what a build between releases
/// explained, a later one may no longer verify, though it carries the same number.
pub const ALGORITHM: u16 = 1;

/// Why the hubs were chosen.
///
/// It holds all facts the choice was made from, or of very many those that explain it
/// ([`left_out`](Self::left_out)), and names neither the address nor anything that leads to it more
/// closely than the policy's distance step. [`verify`](Self::verify) chooses again from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The version of the rules.
    pub algorithm: u16,
    /// The hash of what follows, but for the choice; also of what was left out.
    pub inputs: InputsHash,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The version of the time zone database.
    pub zone_database: String,
    /// The policy. Stored are the fields that differ from the default of these rules.
    #[serde(serialize_with = "super::policy::differing")]
    pub policy: RoutePolicy,
    /// What was asked for, by SKU. Stored as units by SKU.
    #[serde(with = "super::request::by_sku")]
    pub demand: Vec<Demand>,
    /// Which hubs were looked at.
    #[serde(default, skip_serializing_if = "Considered::is_every")]
    pub considered: Considered,
    /// How the hubs were found.
    pub strategy: RouteStrategy,
    /// The steps of the policy's fallback that had to be given up. A step that let no further hub
    /// with any of the goods be chosen and no further parcel be sent is not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given_up: Vec<Fallback>,
    /// The hubs, in the order in which they take units.
    pub chosen: Vec<ChosenHub>,
    /// The hub that would have been next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<HubId>,
    /// How far a split can be from the best one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// What was known of every hub, by id.
    pub hubs: Vec<HubFacts>,
    /// What of it is not listed, as it was too much to be stored with every order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
}

/// A chosen hub and how much it sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenHub {
    /// The hub.
    pub hub: HubId,
    /// Units of all SKUs it was chosen for. If the order was refused because the goods do not
    /// suffice, nothing of it is sent.
    pub units: u64,
}

/// A SKU the chosen hubs have too little of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The SKU.
    pub sku: Sku,
    /// Units asked for.
    pub asked: Units,
    /// Units the chosen hubs have together.
    pub given: Units,
    /// The most of what was asked for that one hub has which delivers there.
    pub most: Units,
    /// Units all hubs that may be chosen have together, of those asked for. If they are more than
    /// was given, the goods are there, but at more hubs than may share the order or were found to.
    #[serde(default)]
    pub everywhere: Units,
}

/// Where an explanation contradicts itself or the inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "mismatch")]
#[non_exhaustive]
pub enum Mismatch {
    /// It was made by other rules.
    #[error("made by version {found} of the rules, this is version {known}")]
    Algorithm {
        /// Its version.
        found: u16,
        /// The version of this build.
        known: u16,
    },
    /// The hash is not that of the facts.
    #[error("the facts have the hash {computed}, not {recorded}")]
    Hash {
        /// What it says.
        recorded: InputsHash,
        /// What it should say.
        computed: InputsHash,
    },
    /// The parts of a score do not give its total.
    #[error("the parts of the score of {hub} give {computed}, not {recorded}")]
    Score {
        /// The hub.
        hub: HubId,
        /// What it says, in millionths.
        recorded: u32,
        /// What it should say.
        computed: u32,
    },
    /// The facts lead to another choice.
    #[error("the facts lead to {computed:?}, not to {recorded:?}")]
    Choice {
        /// The hubs it says.
        recorded: Vec<HubId>,
        /// The hubs it should say.
        computed: Vec<HubId>,
    },
    /// The inputs are not those it was made from.
    #[error("the inputs have the hash {computed}, the explanation has {recorded}")]
    Inputs {
        /// What it says.
        recorded: InputsHash,
        /// What the inputs give.
        computed: InputsHash,
    },
}

impl Explanation {
    pub(super) fn new(facts: Facts, choice: &Choice) -> Self {
        let inputs = InputsHash::now(&facts);
        let hub = |at: &usize| facts.hubs.get(*at).map(|hub| hub.hub.clone());
        let units = |taken: &Vec<u32>| taken.iter().map(|units| u64::from(*units)).sum();
        let chosen = choice.hubs.iter().zip(&choice.taken);
        let chosen = chosen.filter_map(|(at, taken)| {
            Some(ChosenHub {
                hub: hub(at)?,
                units: units(taken),
            })
        });
        Self {
            algorithm: ALGORITHM,
            inputs,
            decided_at: facts.at,
            zone_database: zone_database().to_owned(),
            strategy: choice.strategy,
            given_up: choice.given_up.clone(),
            chosen: chosen.collect(),
            runner_up: choice.runner_up.as_ref().and_then(hub),
            gap: choice.gap,
            policy: facts.policy,
            demand: facts.demand,
            considered: facts.considered,
            hubs: facts.hubs,
            left_out: None,
        }
    }

    /// What is listed of what the choice was made from.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            at: self.decided_at,
            demand: self.demand.clone(),
            policy: self.policy.clone(),
            considered: self.considered.clone(),
            hubs: self.hubs.clone(),
        }
    }

    /// What was known of a hub, if it is listed.
    #[must_use]
    pub fn hub(&self, id: &HubId) -> Option<&HubFacts> {
        self.hubs.iter().find(|hub| hub.hub == *id)
    }

    /// What the chosen hubs have too little of; nothing if they have everything.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        if let Some(left) = &self.left_out {
            return left.missing.clone();
        }
        // What a hub has that may not be chosen, nobody could have given.
        let rules = Rules::after(&self.policy, &self.policy.fallback);
        let eligible = self
            .hubs
            .iter()
            .filter(|hub| lacks(hub, rules).next().is_none());
        let rows: Vec<(bool, Vec<u32>)> = eligible
            .map(|hub| {
                let chosen = self.chosen.iter().any(|chosen| chosen.hub == hub.hub);
                (chosen, hub.row(&self.demand))
            })
            .collect();
        let demand = self.demand.iter().enumerate();
        let missing = demand.filter_map(|(at, demand)| {
            let of =
                |(chosen, row): &(bool, Vec<u32>)| (*chosen, row.get(at).copied().unwrap_or(0));
            let units = |units: u32| Units::new(units).unwrap_or(Units::MAX);
            let given = rows.iter().map(of).filter(|(chosen, _)| *chosen);
            let given = given.fold(0, |sum: u32, (_, units)| sum.saturating_add(units));
            let all = || rows.iter().map(of).map(|(_, units)| units);
            let most = all().max();
            let everywhere = all().fold(0, u32::saturating_add).min(demand.units.get());
            (given < demand.units.get()).then(|| Missing {
                sku: demand.sku.clone(),
                asked: demand.units,
                given: units(given),
                most: units(most.unwrap_or(0)),
                everywhere: units(everywhere),
            })
        });
        missing.collect()
    }

    /// Chooses again from the recorded facts and compares everything. Where something was
    /// [left out](Self::left_out) it does so if one hub had everything and no rule was given up for
    /// it; of any other choice [`verify_inputs`](Self::verify_inputs) alone can tell.
    ///
    /// # Errors
    /// The first [`Mismatch`]: version, hash, scores, choice, in this order.
    pub fn verify(&self) -> Result<(), Mismatch> {
        if self.algorithm != ALGORITHM {
            let (found, known) = (self.algorithm, ALGORITHM);
            return Err(Mismatch::Algorithm { found, known });
        }
        let facts = self.facts();
        let (recorded, computed) = match &self.left_out {
            None => (self.inputs, InputsHash::of(&facts, &self.zone_database)),
            Some(left) => (left.listed, InputsHash::of_listed(self, left)),
        };
        if recorded != computed {
            return Err(Mismatch::Hash { recorded, computed });
        }
        for hub in &self.hubs {
            let (recorded, computed) = (hub.score.total, hub.score.weighed(&self.policy));
            if recorded != computed {
                let hub = hub.hub.clone();
                return Err(Mismatch::Score {
                    hub,
                    recorded,
                    computed,
                });
            }
        }
        if !self.is_enough() {
            return Ok(());
        }
        let mut again = self.again(facts);
        again.left_out.clone_from(&self.left_out);
        self.is_as(&again)
    }

    /// The explanation of a choice from these facts, which have the recorded hash.
    fn again(&self, facts: Facts) -> Self {
        let choice = choose(&facts);
        let mut again = Self::new(facts, &choice);
        // The hash of this build names this build's database, not the recorded one.
        again.inputs = self.inputs;
        again.zone_database.clone_from(&self.zone_database);
        again
    }

    fn is_as(&self, again: &Self) -> Result<(), Mismatch> {
        if again == self {
            return Ok(());
        }
        let chosen = |of: &Self| of.chosen.iter().map(|chosen| chosen.hub.clone()).collect();
        Err(Mismatch::Choice {
            recorded: chosen(self),
            computed: chosen(again),
        })
    }

    /// [`verify`](Self::verify), and whether these are the inputs: looks at the candidates again,
    /// at the recorded time and under the recorded policy. Where something was left out it chooses
    /// from them, too.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), and [`Mismatch::Inputs`].
    pub fn verify_inputs(
        &self,
        request: &RouteRequest,
        candidates: &[HubCandidate<'_>],
    ) -> Result<(), Mismatch> {
        self.verify()?;
        let facts = facts(request, candidates, &self.policy, self.decided_at);
        let (recorded, computed) = (self.inputs, InputsHash::of(&facts, &self.zone_database));
        if recorded != computed {
            return Err(Mismatch::Inputs { recorded, computed });
        }
        if self.left_out.is_none() {
            return Ok(());
        }
        self.is_as(&self.again(facts).shortened())
    }
}
