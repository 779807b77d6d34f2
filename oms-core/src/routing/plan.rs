//! The answer: which hub sends which units of which line.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::hub::HubKind;
use crate::routing::choice::{Choice, choose};
use crate::routing::facts::facts;
use crate::routing::fallback::Rules;
use crate::routing::filter::lacks;
use crate::routing::hash::Facts;
use crate::routing::{
    Considered, Explanation, HubCandidate, Lack, OnShortage, RouteLine, RoutePolicy,
};
use crate::routing::{RouteRequest, StockVerdict};
use crate::value::{HubId, Timestamp, Units};

/// Which hubs fulfil an order, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoutePlan {
    /// What became of it.
    pub outcome: RouteOutcome,
    /// What each hub sends, the one that was chosen first before the others.
    pub parcels: Vec<Parcel>,
    /// What no hub sends.
    pub short: Vec<RouteLine>,
    /// Why.
    pub explanation: Explanation,
}

/// What one hub sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The hub.
    pub hub: HubId,
    /// Who runs it; the hand-off differs.
    pub kind: HubKind,
    /// Units of lines, by SKU and line.
    pub lines: Vec<RouteLine>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum RouteOutcome {
    /// The parcels have everything.
    Covered,
    /// The parcels have what there is; the rest waits for goods.
    Backorder,
    /// The parcels have what there is; a person has to look at the order.
    Review,
    /// The goods do not suffice, and the policy takes nothing then.
    Short,
    /// No hub may be chosen.
    NotServiceable(NotServiceable),
}

/// No hub may be chosen, and what each of them lacked under the most patient rules of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotServiceable {
    /// By hub, of those that were looked at.
    pub hubs: Vec<(HubId, Vec<Lack>)>,
    /// How many more are switched on and were not looked at, as they do not deliver there.
    /// [`route`] knows the hubs alone that it is given, so it says none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub elsewhere: u32,
    /// The hub that was left out, as it is to lose the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub but: Option<HubId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl NotServiceable {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "not_serviceable"
    }

    /// Whether a hub that is switched on delivers to the address, though it cannot take the order
    /// now.
    #[must_use]
    pub fn is_delivered_to(&self) -> bool {
        let never =
            |lack: &Lack| matches!(lack, Lack::Inactive | Lack::OtherCountry | Lack::Outside);
        self.hubs.iter().any(|(_, lacks)| !lacks.iter().any(never))
    }

    /// Whether another day is enough: a hub that delivers there lacks nothing but room or working
    /// hours.
    #[must_use]
    pub fn is_for_now(&self) -> bool {
        let passes = |lack: &Lack| matches!(lack, Lack::Closed(_) | Lack::Full);
        self.hubs.iter().any(|(_, lacks)| lacks.iter().all(passes))
    }
}

impl Display for NotServiceable {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let hubs = self.hubs.iter().map(|(hub, lacks)| {
            let lacks: Vec<&str> = lacks.iter().map(|lack| lack.label()).collect();
            format!("{hub} ({})", lacks.join(", "))
        });
        let mut parts: Vec<String> = hubs.collect();
        match (self.elsewhere, &self.but) {
            (0, None) if parts.is_empty() => parts.push("there is none in use".to_owned()),
            (0, Some(but)) if parts.is_empty() => {
                parts.push(format!("beside {but} there is none in use"));
            }
            (0, _) => {}
            (more, None) if parts.is_empty() => {
                parts.push(format!("none of the {more} in use delivers there"));
            }
            (more, _) => parts.push(format!("none of the other {more} in use delivers there")),
        }
        write!(f, "no hub can take the order: {}", parts.join("; "))
    }
}

impl std::error::Error for NotServiceable {}

impl Lack {
    /// For people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Inactive => "switched off",
            Self::OtherCountry => "not in that country",
            Self::Outside => "not to that place",
            Self::External => "run by a third party",
            Self::Closed(_) => "closed",
            Self::Full => "full",
        }
    }
}

/// Chooses the hubs for a request.
///
/// Depends on the arguments alone: not on the order of candidates or lines, on a clock, or on the
/// platform. Under a policy that [`check`](RoutePolicy::check) refuses it still answers, with the
/// nearest sense.
///
/// ```
/// use oms_core::hub::Hub;
/// use oms_core::routing::{HubCandidate, RouteLine, RouteOutcome, RoutePolicy, RouteRequest};
/// use oms_core::routing::route;
/// use oms_core::value::{HubId, LineId, Name, Sku, Timestamp, Units};
///
/// let hubs = ["a", "b"].map(|id| Hub::new(HubId::parse(id).unwrap(), Name::parse(id).unwrap()));
/// let line = RouteLine { line: LineId::new(1)?, sku: Sku::parse("MUG")?, units: Units::new(3)? };
/// let request = RouteRequest::new(None, vec![line]);
/// let candidates = [
///     HubCandidate::new(&hubs[0], &request, |_| Units::ZERO),
///     HubCandidate::new(&hubs[1], &request, |_| Units::MAX),
/// ];
/// let plan = route(&request, &candidates, &RoutePolicy::default(), Timestamp::EPOCH);
/// assert_eq!(plan.outcome, RouteOutcome::Covered);
/// assert_eq!(plan.parcels[0].hub.as_str(), "b");
/// plan.explanation.verify()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn route(
    request: &RouteRequest,
    candidates: &[HubCandidate<'_>],
    policy: &RoutePolicy,
    now: Timestamp,
) -> RoutePlan {
    let facts = facts(request, candidates, policy, now);
    let choice = choose(&facts);
    let (parcels, short) = parcels(request, &facts, &choice);
    let mut plan = RoutePlan {
        outcome: RouteOutcome::Covered,
        parcels,
        short,
        explanation: Explanation::new(facts, &choice),
    };
    if plan.short.is_empty() {
        return plan;
    }
    plan.outcome = match (not_serviceable(&plan.explanation), policy.on_shortage) {
        (Some(lacks), _) => RouteOutcome::NotServiceable(lacks),
        (None, OnShortage::Backorder) => RouteOutcome::Backorder,
        (None, OnShortage::Review) => RouteOutcome::Review,
        (None, OnShortage::Refuse) => {
            plan.parcels.clear();
            plan.short = request.lines().to_vec();
            RouteOutcome::Short
        }
    };
    plan
}

fn not_serviceable(explanation: &Explanation) -> Option<NotServiceable> {
    let policy = &explanation.policy;
    let rules = Rules::after(policy, &policy.fallback);
    let hubs = explanation.hubs.iter();
    let hubs = hubs.map(|hub| (hub.hub.clone(), lacks(hub, rules).collect()));
    let hubs: Vec<(HubId, Vec<Lack>)> = hubs.collect();
    let none = hubs.iter().all(|(_, lacks)| !lacks.is_empty());
    let but = match &explanation.considered {
        Considered::AllBut(hub) => Some(hub.clone()),
        Considered::Every | Considered::Named | Considered::Slot => None,
    };
    none.then_some(NotServiceable {
        hubs,
        elsewhere: 0,
        but,
    })
}

/// Deals what each hub takes of a SKU out to the lines, and tells what is left of them.
fn parcels(
    request: &RouteRequest,
    facts: &Facts,
    choice: &Choice,
) -> (Vec<Parcel>, Vec<RouteLine>) {
    let chosen = choice.hubs.iter().filter_map(|at| facts.hubs.get(*at));
    let mut parcels: Vec<Parcel> = chosen
        .map(|hub| Parcel {
            hub: hub.hub.clone(),
            kind: hub.kind,
            lines: Vec::new(),
        })
        .collect();
    let mut taken = choice.taken.clone();
    let mut short = Vec::new();
    let mut sku = 0;
    for line in request.lines() {
        // Lines and demand are sorted by SKU.
        while request
            .demand()
            .get(sku)
            .is_some_and(|demand| demand.sku != line.sku)
        {
            sku += 1;
        }
        let mut left = line.units.get();
        for (parcel, taken) in parcels.iter_mut().zip(&mut taken) {
            let Some(taken) = taken.get_mut(sku) else {
                continue;
            };
            let units = left.min(*taken);
            (left, *taken) = (left - units, *taken - units);
            parcel.lines.extend(some(line, units));
        }
        short.extend(some(line, left));
    }
    parcels.retain(|parcel| !parcel.lines.is_empty());
    (parcels, short)
}

fn some(line: &RouteLine, units: u32) -> Option<RouteLine> {
    let units = Units::new(units).ok().filter(|units| !units.is_zero())?;
    Some(RouteLine {
        line: line.line,
        sku: line.sku.clone(),
        units,
    })
}

impl StockVerdict {
    /// For people.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Part => "part",
            Self::Nothing => "nothing",
            Self::NotAsked => "-",
        }
    }
}
