//! Explanations of choices of every kind: one hub, a split, a greedy split with its gap, a
//! shortage, a full hub, a place nobody serves.

use oms_core::hub::{Destination, Hub};
use oms_core::routing::{
    Considered, Explanation, Fallback, HubCandidate, OnShortage, RouteLine, RouteOutcome,
    RoutePlan, RoutePolicy, RouteRequest, Split, route,
};
use oms_core::testing::build::{hub, line, sku, units};
use oms_core::value::limits::{
    ROUTE_EXACT_HUBS_MAX, ROUTE_EXPLAINED_HUBS_MAX, ROUTE_EXPLAINED_SKUS_MAX,
};
use oms_core::value::{CountryCode, Name};

use crate::at;

/// A hub in Germany, and what it has of each SKU.
type Shelf<'a> = (&'a str, &'a [u32]);

fn german(id: &str) -> Hub {
    let mut profile = Hub::new(hub(id), Name::parse(id).unwrap());
    profile.area.countries = [CountryCode::parse("DE").unwrap()].into();
    profile.daily_capacity = Some(units(10));
    profile
}

/// Routes so many of each SKU to a place in a country, over hubs that have taken on so many orders.
fn plan(asked: &[u32], shelves: &[Shelf<'_>], policy: &RoutePolicy, to: (&str, u32)) -> RoutePlan {
    plan_among(asked, (shelves, Considered::Every), policy, to)
}

/// The same, where not every hub may be looked at.
fn plan_among(
    asked: &[u32],
    (shelves, considered): (&[Shelf<'_>], Considered),
    policy: &RoutePolicy,
    to: (&str, u32),
) -> RoutePlan {
    let (country, taken) = to;
    let names = |at: usize| sku(&format!("SKU-{at:02}"));
    let lines = (1..)
        .zip(asked)
        .enumerate()
        .map(|(at, (n, asked))| RouteLine {
            line: line(n),
            sku: names(at),
            units: units(*asked),
        });
    let place = Destination {
        country: CountryCode::parse(country).ok(),
        ..Destination::default()
    };
    let request = RouteRequest::new(Some(place), lines.collect()).considering(considered);
    let hubs: Vec<Hub> = shelves.iter().map(|(id, _)| german(id)).collect();
    let candidates = hubs.iter().zip(shelves).map(|(hub, (_, has))| {
        let candidate = HubCandidate::new(hub, &request, |asked| {
            let at = (0..has.len()).find(|at| names(*at) == *asked);
            units(at.map_or(0, |at| has[at]))
        });
        candidate.having_taken(units(taken))
    });
    let candidates: Vec<HubCandidate<'_>> = candidates.collect();
    let plan = route(&request, &candidates, policy, at(0));
    plan.explanation.verify().unwrap();
    plan
}

/// More hubs than all splits are tried of: one that has most, and many that have one SKU each.
fn greedy() -> RoutePlan {
    let hubs = ROUTE_EXACT_HUBS_MAX + 1;
    let ids: Vec<String> = (0..hubs).map(|n| format!("hub-{n:02}")).collect();
    let has = |n: usize| -> Vec<u32> {
        let own = |at: usize| u32::from(at == n || (n == 0 && at < hubs / 2));
        (0..hubs).map(own).collect()
    };
    let has: Vec<Vec<u32>> = (0..hubs).map(has).collect();
    let shelves = ids.iter().zip(&has);
    let shelves: Vec<Shelf<'_>> = shelves.map(|(id, has)| (&**id, &**has)).collect();
    plan(&vec![1; hubs], &shelves, &RoutePolicy::default(), ("DE", 0))
}

/// More hubs than are listed, one of which has too little of more SKUs than are.
fn shortened() -> RoutePlan {
    let hubs = ROUTE_EXPLAINED_HUBS_MAX + 4;
    let skus = ROUTE_EXPLAINED_SKUS_MAX + 2;
    let ids: Vec<String> = (0..hubs).map(|n| format!("hub-{n:02}")).collect();
    let has = |n: usize| -> Vec<u32> {
        let some = |at: usize| u32::from(n == 0 || (n == 1 && at == 0));
        (0..skus).map(some).collect()
    };
    let has: Vec<Vec<u32>> = (0..hubs).map(has).collect();
    let shelves = ids.iter().zip(&has);
    let shelves: Vec<Shelf<'_>> = shelves.map(|(id, has)| (&**id, &**has)).collect();
    let mut plan = plan(&vec![1; skus], &shelves, &RoutePolicy::default(), ("DE", 0));
    plan.explanation = plan.explanation.shortened().into_owned();
    plan.explanation.verify().unwrap();
    plan
}

/// Every explanation, by the name of its file.
pub(crate) fn explanations() -> Vec<(&'static str, Explanation)> {
    let policy = RoutePolicy::default;
    let two: &[Shelf<'_>] = &[("north", &[4, 1]), ("south", &[1, 2])];
    let covered = plan(&[3, 1], two, &policy(), ("DE", 0));
    assert_eq!(covered.outcome, RouteOutcome::Covered);
    assert_eq!(covered.parcels.len(), 1);
    let split = plan(&[5, 2], two, &policy(), ("DE", 0));
    assert_eq!(split.outcome, RouteOutcome::Covered);
    assert_eq!(split.parcels.len(), 2);
    let short = plan(&[9, 1], two, &policy(), ("DE", 0));
    assert_eq!(short.outcome, RouteOutcome::Short);
    let review = RoutePolicy {
        on_shortage: OnShortage::Review,
        split: Split::Never,
        ..policy()
    };
    let review = plan(&[9, 1], two, &review, ("DE", 0));
    assert_eq!(review.outcome, RouteOutcome::Review);
    let nowhere = plan(&[1, 1], two, &policy(), ("FR", 0));
    assert!(matches!(nowhere.outcome, RouteOutcome::NotServiceable(_)));
    let full = plan(&[1, 1], two, &policy(), ("DE", 10));
    assert!(matches!(full.outcome, RouteOutcome::NotServiceable(_)));
    let patient = RoutePolicy {
        fallback: vec![Fallback::IgnoreCapacity],
        ..policy()
    };
    let overbooked = plan(&[1, 1], two, &patient, ("DE", 10));
    assert_eq!(overbooked.outcome, RouteOutcome::Covered);
    let given_up = &overbooked.explanation.given_up;
    assert_eq!(given_up[..], [Fallback::IgnoreCapacity]);
    let south: &[Shelf<'_>] = &[("south", &[1, 2])];
    let limited = |considered| plan_among(&[1, 2], (south, considered), &policy(), ("DE", 0));
    let slot = limited(Considered::Slot);
    let named = limited(Considered::Named);
    let moved = limited(Considered::AllBut(hub("north")));
    for plan in [&slot, &named, &moved] {
        assert_eq!(plan.outcome, RouteOutcome::Covered);
    }
    let greedy = greedy();
    assert_eq!(greedy.outcome, RouteOutcome::Covered);
    let gap = greedy.explanation.gap.unwrap();
    assert!(gap.at_least <= gap.found, "{gap:?}");
    [
        ("explanation_covered", covered),
        ("explanation_split", split),
        ("explanation_short", short),
        ("explanation_review", review),
        ("explanation_not_serviceable", nowhere),
        ("explanation_full", full),
        ("explanation_overbooked", overbooked),
        ("explanation_slot", slot),
        ("explanation_named", named),
        ("explanation_moved", moved),
        ("explanation_greedy", greedy),
        ("explanation_shortened", shortened()),
    ]
    .map(|(name, plan)| (name, plan.explanation))
    .into()
}
