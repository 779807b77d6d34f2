#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::hub::{
    DayHours, Destination, Hub, HubDraft, HubKind, OpeningCalendar, Radius, ZoneBook,
};
use crate::value::{
    Address, CountryCode, Currency, GeoPoint, HubId, LineId, Money, Name, PostalCode, Rate, Sku,
    TimeZoneName, Timestamp, Units,
};

pub(super) fn units(units: u32) -> Units {
    Units::new(units).unwrap()
}

pub(super) fn hub(id: &str) -> Hub {
    Hub::new(HubId::parse(id).unwrap(), Name::parse(id).unwrap())
}

fn sku(number: usize) -> Sku {
    Sku::parse(&format!("SKU-{number}")).unwrap()
}

fn line(number: usize, of: usize, asked: u32) -> RouteLine {
    RouteLine {
        line: LineId::new(u32::try_from(number).unwrap() + 1).unwrap(),
        sku: sku(of),
        units: units(asked),
    }
}

fn noon() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-18T12:00:00Z").unwrap()
}

/// Hubs, what they have, and what is asked of them.
#[derive(Clone, Debug)]
struct World {
    hubs: Vec<Hub>,
    /// Per hub, per SKU.
    stock: Vec<Vec<u32>>,
    taken: Vec<u32>,
    lines: Vec<RouteLine>,
    place: Option<Destination>,
    policy: RoutePolicy,
}

impl World {
    /// Hubs called a, b, c ... that have so much of each SKU; so much of each SKU is asked for.
    fn new(asked: &[u32], stock: &[&[u32]]) -> Self {
        let names = (b'a'..=b'z').map(|name| hub(&char::from(name).to_string()));
        let lines = asked.iter().enumerate();
        Self {
            hubs: names.take(stock.len()).collect(),
            stock: stock.iter().map(|row| row.to_vec()).collect(),
            taken: vec![0; stock.len()],
            lines: lines.map(|(at, asked)| line(at, at, *asked)).collect(),
            place: None,
            policy: RoutePolicy::default(),
        }
    }

    fn request(&self) -> RouteRequest {
        RouteRequest::new(self.place.clone(), self.lines.clone())
    }

    fn candidates(&self, request: &RouteRequest) -> Vec<HubCandidate<'_>> {
        let hubs = self.hubs.iter().zip(&self.stock).zip(&self.taken);
        hubs.map(|((hub, stock), taken)| {
            let has = |of: &Sku| (0..stock.len()).find(|at| sku(*at) == *of);
            let sellable = |of: &Sku| has(of).map_or(Units::ZERO, |at| units(stock[at]));
            HubCandidate::new(hub, request, sellable).having_taken(units(*taken))
        })
        .collect()
    }

    fn route(&self) -> RoutePlan {
        let request = self.request();
        route(&request, &self.candidates(&request), &self.policy, noon())
    }

    fn chosen(&self) -> Vec<String> {
        let chosen = self.route().explanation.chosen;
        chosen.iter().map(|chosen| chosen.hub.to_string()).collect()
    }

    /// Whether no search stops at a number of parcels, which more stock may have it reach with
    /// other hubs.
    fn is_free_of_limits(&self) -> bool {
        let exact = self.hubs.len() <= crate::value::limits::ROUTE_EXACT_HUBS_MAX
            && self.route().outcome == RouteOutcome::Covered;
        let one_search = self.policy.fallback.is_empty()
            && self.hubs.len() <= crate::value::limits::ROUTE_EXACT_HUBS_MAX;
        exact || one_search || matches!(self.policy.split, Split::Free | Split::Never)
    }
}

prop_compose! {
    fn a_hub(number: usize)(
        active in prop::bool::weighted(0.9),
        external in prop::bool::weighted(0.2),
        priority in 1..4_u32,
        lat in 48_000_000..54_000_000_i32,
        lon in 7_000_000..14_000_000_i32,
        located in prop::bool::weighted(0.8),
        radius in prop::option::weighted(0.3, 50_000..600_000_i64),
        prefix in prop::option::weighted(0.3, 0..3_u8),
        capacity in prop::option::weighted(0.4, 0..5_u32),
        on_time in prop::option::weighted(0.7, 0..=4_i64),
        cost in prop::option::weighted(0.8, 0..4_i64),
        hours in prop::option::weighted(0.4, 0..3_usize),
    ) -> Hub {
        let mut hub = hub(&format!("hub-{number:02}"));
        hub.active = active;
        hub.priority = priority;
        if external {
            hub.kind = HubKind::External;
        }
        if located {
            hub.location = Some(GeoPoint::from_micro(lat, lon).unwrap());
            hub.area.radius = radius.map(|metres| Radius::from_metres(metres).unwrap());
        }
        let prefix = prefix.map(|first| PostalCode::parse(&first.to_string()).unwrap());
        hub.area.postal_prefixes.extend(prefix);
        hub.daily_capacity = capacity.map(units);
        hub.performance.on_time =
            on_time.map(|fifths| Rate::new(rust_decimal::Decimal::new(fifths * 2, 1)).unwrap());
        let euro = Currency::parse("EUR").unwrap();
        hub.handling_cost = cost.map(|minor| Money::from_minor(minor, euro).unwrap());
        hub.calendar = hours.map(|hours| {
            let mut calendar = OpeningCalendar::new(TimeZoneName::parse("+01:00").unwrap());
            let hours = ["08:00-18:00", "15:00-18:00", "08:00-09:00"][hours];
            calendar.week.wed = DayHours::parse(hours).unwrap();
            calendar
        });
        hub
    }
}

prop_compose! {
    fn a_policy()(
        goal in prop::sample::select(
            vec![Goal::FewestParcels, Goal::Nearest, Goal::Cheapest, Goal::Priority]),
        split in prop::sample::select(
            vec![Split::Never, Split::AtMost(2), Split::AtMost(3), Split::Free]),
        weights in (0..=3_i64, 0..=3_i64, 1..=3_i64),
        check_capacity in any::<bool>(),
        check_opening in prop::sample::select(
            vec![OpeningCheck::Off, OpeningCheck::Today, OpeningCheck::Now]),
        use_external in any::<bool>(),
        on_shortage in prop::sample::select(
            vec![OnShortage::Refuse, OnShortage::Backorder, OnShortage::Review]),
        fallback in prop::sample::subsequence(
            vec![Fallback::IgnoreOpening, Fallback::IgnoreCapacity, Fallback::UseExternal,
                Fallback::SplitFreely], 0..=4).prop_shuffle(),
    ) -> RoutePolicy {
        let weight = |tenths| Rate::new(rust_decimal::Decimal::new(tenths, 1)).unwrap();
        let (proximity, performance, workload) = weights;
        RoutePolicy {
            goal,
            split,
            weights: Weights::new(weight(proximity), weight(performance), weight(workload))
                .unwrap(),
            check_capacity,
            check_opening,
            use_external,
            on_shortage,
            fallback,
            currency: Currency::parse("EUR").ok(),
            ..RoutePolicy::default()
        }
    }
}

/// Few of everything, so that ties, shortages and splits are common.
fn a_world(hubs_max: usize) -> impl Strategy<Value = World> {
    let place = prop::option::weighted(0.8, (0..3_u8, prop::bool::weighted(0.8)));
    let lines = prop::collection::vec((0..4_usize, 1..6_u32), 1..6);
    (1..=hubs_max).prop_flat_map(move |count| {
        let hubs: Vec<_> = (0..count).map(a_hub).collect();
        let stock = prop::collection::vec(prop::collection::vec(0..6_u32, 4), count);
        let taken = prop::collection::vec(0..5_u32, count);
        (hubs, stock, taken, lines.clone(), place.clone(), a_policy()).prop_map(
            |(hubs, stock, taken, lines, place, policy)| World {
                hubs,
                stock,
                taken,
                lines: (lines.iter().enumerate())
                    .map(|(at, (of, asked))| line(at, *of, *asked))
                    .collect(),
                place: place.map(|(first, located)| Destination {
                    postal_code: PostalCode::parse(&format!("{first}0115")).ok(),
                    location: located.then(|| "51.34,12.37".parse().unwrap()),
                    ..Destination::default()
                }),
                policy,
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_order_of_hubs_and_lines_has_no_say(
        world in a_world(14),
        by in any::<prop::sample::Index>(),
    ) {
        let mut other = world.clone();
        let turn = by.index(world.hubs.len());
        other.hubs.rotate_left(turn);
        other.stock.rotate_left(turn);
        other.taken.rotate_left(turn);
        other.lines.reverse();
        prop_assert_eq!(world.route(), other.route());
        prop_assert_eq!(world.route(), world.route());
    }

    #[test]
    fn units_are_conserved_and_come_from_hubs_that_may_and_can(world in a_world(14)) {
        let plan = world.route();
        let request = world.request();
        let mut back: Vec<RouteLine> = plan.parcels.iter().flat_map(|p| p.lines.clone()).collect();
        back.extend(plan.short.clone());
        for asked in request.lines() {
            let same = back.iter().filter(|line| line.line == asked.line && line.sku == asked.sku);
            prop_assert_eq!(same.map(|line| line.units.get()).sum::<u32>(), asked.units.get());
        }
        let policy = &world.policy;
        for parcel in &plan.parcels {
            let at = world.hubs.iter().position(|hub| hub.id == parcel.hub).unwrap();
            for number in 0..4 {
                let of = parcel.lines.iter().filter(|line| line.sku == sku(number));
                let sent: u32 = of.map(|line| line.units.get()).sum();
                prop_assert!(sent <= world.stock[at][number]);
            }
            let hub = &world.hubs[at];
            prop_assert!(hub.active);
            let gave_up = |step| plan.explanation.given_up.contains(&step);
            let full = hub.daily_capacity.is_some_and(|of| world.taken[at] >= of.get());
            prop_assert!(
                !full || !policy.check_capacity || gave_up(Fallback::IgnoreCapacity)
            );
            prop_assert!(
                hub.kind.is_internal() || policy.use_external || gave_up(Fallback::UseExternal)
            );
        }
        let covered = plan.short.is_empty();
        prop_assert_eq!(covered, plan.outcome == RouteOutcome::Covered);
        prop_assert!(!covered || plan.explanation.missing().is_empty());
        if !covered && policy.on_shortage == OnShortage::Refuse {
            prop_assert!(plan.parcels.is_empty());
        }
        if let RouteOutcome::NotServiceable(lacks) = &plan.outcome {
            prop_assert!(plan.parcels.is_empty());
            prop_assert_eq!(lacks.hubs.len(), world.hubs.len());
            prop_assert!(lacks.hubs.iter().all(|(_, lacks)| !lacks.is_empty()));
        }
        let parcels_max = if plan.explanation.given_up.contains(&Fallback::SplitFreely) {
            Split::Free.parcels_max()
        } else {
            policy.split.parcels_max()
        };
        prop_assert!(plan.parcels.len() <= parcels_max);
    }

    #[test]
    fn more_stock_at_a_chosen_hub_never_loses_it_the_order(
        world in a_world(14),
        more in prop::collection::vec(0..4_u32, 4),
        which in any::<prop::sample::Index>(),
    ) {
        prop_assume!(world.is_free_of_limits());
        let chosen = world.route().explanation.chosen;
        prop_assume!(!chosen.is_empty());
        let id = &chosen[which.index(chosen.len())].hub;
        let at = world.hubs.iter().position(|hub| hub.id == *id).unwrap();
        let mut richer = world.clone();
        richer.stock[at].iter_mut().zip(more).for_each(|(stock, more)| *stock += more);
        let again = richer.route().explanation.chosen;
        prop_assert!(again.iter().any(|chosen| chosen.hub == *id), "{chosen:?} {again:?}");
    }

    #[test]
    fn a_hub_that_may_not_be_chosen_changes_nothing(world in a_world(13)) {
        let mut other = world.clone();
        let mut off = hub("aaa");
        off.active = false;
        other.hubs.insert(0, off);
        other.stock.insert(0, vec![100; 4]);
        other.taken.insert(0, 0);
        let (before, after) = (world.route(), other.route());
        prop_assert_eq!(before.parcels, after.parcels);
        prop_assert_eq!(before.explanation.runner_up, after.explanation.runner_up);
        prop_assert_ne!(before.explanation.inputs, after.explanation.inputs);
    }

    #[test]
    fn stock_nobody_asked_for_changes_nothing(world in a_world(8), more in 1..9_u32) {
        let mut other = world.clone();
        for row in &mut other.stock {
            for (number, stock) in row.iter_mut().enumerate() {
                let lines = world.lines.iter().filter(|line| line.sku == sku(number));
                let asked: u32 = lines.map(|line| line.units.get()).sum();
                if *stock >= asked {
                    *stock += more;
                }
            }
        }
        prop_assert_eq!(world.route(), other.route());
    }

    #[test]
    fn an_explanation_recomputes_the_choice(world in a_world(14)) {
        let explanation = world.route().explanation;
        explanation.verify().unwrap();
        let request = world.request();
        explanation.verify_inputs(&request, &world.candidates(&request)).unwrap();
        let json = serde_json::to_string(&explanation).unwrap();
        let read: Explanation = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &explanation);
        read.verify().unwrap();
    }

    #[test]
    fn a_shortened_explanation_lists_or_counts_every_hub(world in a_world(24)) {
        let whole = world.route().explanation;
        let short = whole.shortened();
        short.verify().unwrap();
        let request = world.request();
        short.verify_inputs(&request, &world.candidates(&request)).unwrap();
        prop_assert_eq!(short.missing(), whole.missing());
        let counted = short.left_out.iter().flat_map(|left| left.hubs.values().copied());
        let counted = usize::try_from(counted.sum::<u32>()).unwrap();
        prop_assert_eq!(short.hubs.len() + counted, whole.hubs.len());
        for hub in whole.chosen.iter().map(|chosen| &chosen.hub).chain(&whole.runner_up) {
            prop_assert_eq!(short.hub(hub).is_some(), true);
        }
    }

    #[test]
    fn by_priority_takes_the_first_hub_that_has_everything(mut world in a_world(14)) {
        world.policy = RoutePolicy::by_priority();
        for hub in &mut world.hubs {
            // What has no say here, or an address does not tell.
            (hub.area.radius, hub.performance, hub.location) = (None, Default::default(), None);
        }
        let request = world.request();
        let address = world.place.as_ref().map(|place| Address {
            postal_code: place.postal_code.clone(),
            ..Address::default()
        });
        let candidates = world.candidates(&request);
        let may = candidates.iter().filter(|candidate| {
            let hub = candidate.hub();
            hub.active && hub.area.serves(address.as_ref())
        });
        let serves = may.clone().next().is_some();
        let full = may.filter(|candidate| {
            let mut asked = request.demand().iter().zip(&candidate.sellable);
            asked.all(|(demand, units)| *units >= demand.units)
        });
        let plain = full.map(HubCandidate::hub).min_by_key(|hub| (hub.priority, &hub.id));
        let plan = world.route();
        let covered = plan.outcome == RouteOutcome::Covered;
        let first = plan.parcels.first().map(|parcel| &parcel.hub);
        prop_assert_eq!(plain.map(|hub| &hub.id), first.filter(|_| covered));
        let unserviceable = matches!(plan.outcome, RouteOutcome::NotServiceable(_));
        prop_assert_eq!(!serves, unserviceable);
    }
}

#[test]
fn one_hub_comes_before_any_split_and_the_goal_says_which() {
    let mut world = World::new(&[2, 2], &[&[2, 0], &[2, 2], &[2, 2], &[0, 2]]);
    let place = |lat: &str| GeoPoint::parse(lat, "10").unwrap();
    for (hub, lat) in world.hubs.iter_mut().zip(["50.0", "53.0", "52.0", "50.1"]) {
        hub.location = Some(place(lat));
    }
    world.place = Some(Destination {
        location: Some(place("50.0")),
        ..Destination::default()
    });
    world.hubs[1].performance.on_time = Rate::parse("0.99").ok();
    assert_eq!(world.chosen(), ["b"], "b works better");
    assert_eq!(world.route().explanation.runner_up.unwrap().as_str(), "c");
    world.policy.goal = Goal::Nearest;
    assert_eq!(world.chosen(), ["c"], "c is nearer");
    world.policy.goal = Goal::Cheapest;
    world.policy.currency = Currency::parse("EUR").ok();
    world.hubs[1].handling_cost = Some("1.00 EUR".parse().unwrap());
    world.hubs[2].handling_cost = Some("0.50 USD".parse().unwrap());
    assert_eq!(world.chosen(), ["b"], "dollars are not compared with euros");
    world.policy.goal = Goal::Priority;
    world.hubs[2].priority = 99;
    assert_eq!(world.chosen(), ["c"]);
    let plan = world.route();
    assert_eq!(plan.explanation.strategy, RouteStrategy::OneHub);
    assert_eq!((plan.parcels.len(), plan.parcels[0].lines.len()), (1, 2));
}

/// A hub at the door that fails always, and one nobody knows where that never does but has one
/// place left today.
#[test]
fn distance_performance_and_workload_weigh_as_the_policy_says() {
    let mut world = World::new(&[1], &[&[1], &[1]]);
    let door = GeoPoint::parse("50.0", "10").unwrap();
    world.place = Some(Destination {
        location: Some(door),
        ..Destination::default()
    });
    world.hubs[0].location = Some(door);
    for (hub, on_time) in world.hubs.iter_mut().zip(["0", "1"]) {
        hub.performance.on_time = Rate::parse(on_time).ok();
        hub.daily_capacity = Some(units(10));
    }
    world.taken = vec![0, 9];
    let default = RoutePolicy::default().weights;
    let weights = |a, b, c| Weights::from_numbers(a, b, c).unwrap();
    for (weights, chosen, totals) in [
        (default, "b", [300_000, 700_000]),
        (weights(0.0, 0.0, 1.0), "a", [1_000_000, 100_000]),
        (weights(0.0, 0.5, 0.5), "b", [500_000, 550_000]),
        (weights(0.1, 0.5, 0.5), "a", [545_454, 500_000]),
    ] {
        world.policy.weights = weights;
        assert_eq!(world.chosen(), [chosen], "{weights:?}");
        let hubs = world.route().explanation.hubs.into_iter();
        let found: Vec<u32> = hubs.map(|hub| hub.score.total).collect();
        assert_eq!(found, totals, "{weights:?}");
    }
}

#[test]
fn splits_keep_to_the_policy_and_shortages_too() {
    let mut world = World::new(&[4], &[&[1], &[2], &[2], &[1]]);
    assert_eq!(world.chosen(), ["b", "c"]);
    assert_eq!(
        world.route().explanation.strategy,
        RouteStrategy::SplitExact
    );
    assert_eq!(
        world.route().explanation.gap,
        Some(Gap {
            found: 2,
            at_least: 2
        })
    );
    world.policy.split = Split::Never;
    let plan = world.route();
    assert_eq!((plan.outcome, plan.parcels.len()), (RouteOutcome::Short, 0));
    assert_eq!(plan.short, world.lines);
    world.policy.on_shortage = OnShortage::Backorder;
    let plan = world.route();
    assert_eq!(plan.outcome, RouteOutcome::Backorder);
    assert_eq!(plan.parcels[0].hub.as_str(), "b");
    assert_eq!(
        (plan.parcels[0].lines[0].units, plan.short[0].units),
        (units(2), units(2))
    );
    world.policy.on_shortage = OnShortage::Review;
    assert_eq!(world.route().outcome, RouteOutcome::Review);
    world.policy.fallback = vec![Fallback::SplitFreely];
    let plan = world.route();
    assert_eq!(plan.explanation.given_up, [Fallback::SplitFreely]);
    assert_eq!(
        (plan.outcome, plan.parcels.len()),
        (RouteOutcome::Covered, 2)
    );
    world.stock = vec![vec![1]; 4];
    world.lines = vec![line(0, 0, 2), line(1, 0, 9)];
    world.policy.split = Split::AtMost(3);
    world.policy.fallback.clear();
    let plan = world.route();
    let sent = plan.parcels.iter().flat_map(|parcel| &parcel.lines);
    let sent: Vec<u32> = sent.map(|line| line.line.get()).collect();
    assert_eq!(sent, [1, 1, 2], "earlier lines first");
    assert_eq!((plan.short.len(), plan.short[0].units), (1, units(8)));
}

#[test]
fn near_hubs_with_little_do_not_use_a_limit_of_parcels_up() {
    let (one, ten): (&[u32], &[u32]) = (&[1], &[10]);
    let mut stock = vec![one; 11];
    stock.extend([ten; 2]);
    let mut world = World::new(&[20], &stock);
    let place = |lat: &str| GeoPoint::parse(lat, "10").unwrap();
    for hub in &mut world.hubs {
        hub.location = Some(place("50.0"));
    }
    world.hubs[11].location = Some(place("50.45"));
    world.hubs[12].location = Some(place("50.54"));
    world.place = Some(Destination {
        location: Some(place("50.0")),
        ..Destination::default()
    });
    world.policy.goal = Goal::Nearest;
    world.policy.split = Split::AtMost(3);
    let plan = world.route();
    assert_eq!(plan.outcome, RouteOutcome::Covered);
    assert_eq!(plan.explanation.strategy, RouteStrategy::SplitGreedy);
    assert_eq!(world.chosen(), ["l", "m"]);
    plan.explanation.verify().unwrap();
}

#[test]
fn on_a_shortage_as_much_as_can_be_had_is_claimed_whatever_the_goal() {
    let mut world = World::new(&[100], &[&[1], &[1], &[40]]);
    world.policy.goal = Goal::Priority;
    world.policy.split = Split::AtMost(2);
    (world.hubs[0].priority, world.hubs[1].priority) = (1, 1);
    world.policy.on_shortage = OnShortage::Backorder;
    let plan = world.route();
    assert_eq!(plan.outcome, RouteOutcome::Backorder);
    assert_eq!(world.chosen(), ["c", "a"]);
    assert_eq!(plan.short[0].units, units(59));
    world.policy.on_shortage = OnShortage::Refuse;
    let missing = world.route().explanation.missing();
    assert_eq!((missing[0].given, missing[0].most), (units(41), units(40)));
    assert_eq!(missing[0].everywhere, units(42));
}

#[test]
fn what_nobody_has_sends_the_rest_to_no_far_hub() {
    let mut world = World::new(&[10, 1], &[&[6, 0], &[4, 0], &[7, 0]]);
    let place = |lat: &str| GeoPoint::parse(lat, "10").unwrap();
    for (hub, lat) in world.hubs.iter_mut().zip(["50.0", "50.009", "59.0"]) {
        hub.location = Some(place(lat));
    }
    world.place = Some(Destination {
        location: Some(place("50.0")),
        ..Destination::default()
    });
    world.policy.goal = Goal::Nearest;
    world.policy.on_shortage = OnShortage::Backorder;
    let plan = world.route();
    assert_eq!(plan.outcome, RouteOutcome::Backorder);
    assert_eq!(world.chosen(), ["a", "b"]);
    let sent = plan.parcels.iter().flat_map(|parcel| &parcel.lines);
    let sent: Vec<Units> = sent.map(|line| line.units).collect();
    assert_eq!(sent, [units(6), units(4)]);
    assert_eq!(plan.short, [line(1, 1, 1)]);
    plan.explanation.verify().unwrap();
    // Where not every hub may give, most units come first.
    world.policy.split = Split::AtMost(2);
    assert_eq!(world.chosen(), ["c", "a"]);
}

#[test]
fn the_fallback_gives_up_one_rule_after_another() {
    let mut world = World::new(&[1], &[&[1], &[1], &[1]]);
    let closed = OpeningCalendar::new(TimeZoneName::parse("UTC").unwrap());
    world.hubs[0].calendar = Some(closed.clone());
    world.hubs[1].calendar = Some(closed);
    world.hubs[1].daily_capacity = Some(units(5));
    world.taken[1] = 5;
    world.hubs[2].kind = HubKind::External;
    world.policy.use_external = false;
    world.policy.fallback = vec![Fallback::IgnoreOpening, Fallback::UseExternal];
    assert_eq!(world.chosen(), ["a"]);
    assert_eq!(
        world.route().explanation.given_up,
        [Fallback::IgnoreOpening]
    );
    world.policy.fallback.reverse();
    assert_eq!(world.chosen(), ["c"]);
    assert_eq!(world.route().parcels[0].kind, HubKind::External);
    world.policy.fallback = vec![];
    let RouteOutcome::NotServiceable(lacks) = world.route().outcome else {
        panic!("a hub was found")
    };
    assert_eq!(
        lacks.to_string(),
        "no hub can take the order: a (closed); b (closed, full); c (run by a third party)"
    );
    assert!(lacks.is_delivered_to() && lacks.is_for_now());
    world.policy.fallback = vec![Fallback::IgnoreCapacity, Fallback::IgnoreOpening];
    world.stock[0] = vec![0];
    assert_eq!(world.chosen(), ["b"]);
}

#[test]
fn what_nobody_has_costs_the_rest_no_rule() {
    let mut world = World::new(&[1, 1], &[&[1, 0], &[1, 0]]);
    let closed = OpeningCalendar::new(TimeZoneName::parse("UTC").unwrap());
    world.hubs[0].calendar = Some(closed);
    world.policy.on_shortage = OnShortage::Backorder;
    let plan = world.route();
    assert_eq!(plan.outcome, RouteOutcome::Backorder);
    assert_eq!((plan.parcels.len(), plan.parcels[0].hub.as_str()), (1, "b"));
    assert_eq!(plan.explanation.given_up, []);
    plan.explanation.verify().unwrap();
    // A rule is given up for units that cannot be had otherwise.
    world.lines[0].units = units(2);
    let plan = world.route();
    assert_eq!(plan.parcels.len(), 2);
    assert_eq!(plan.explanation.given_up, [Fallback::IgnoreOpening]);
    world.stock[1] = vec![0, 0];
    world.policy.fallback = vec![Fallback::IgnoreCapacity];
    assert_eq!(world.chosen(), [""; 0]);
    assert_eq!(world.route().explanation.given_up, []);
}

#[test]
fn a_step_of_the_fallback_that_gives_nothing_is_not_given_up() {
    let mut world = World::new(&[1, 1], &[&[1, 0], &[0, 1], &[0, 0]]);
    world.policy.split = Split::Never;
    world.policy.fallback = vec![Fallback::IgnoreCapacity, Fallback::SplitFreely];
    // It is full, and has nothing of what is asked for.
    world.hubs[2].daily_capacity = Some(units(0));
    let given_up = |world: &World| {
        let plan = world.route();
        plan.explanation.verify().unwrap();
        (
            plan.outcome == RouteOutcome::Covered,
            plan.explanation.given_up,
        )
    };
    assert_eq!(given_up(&world), (true, vec![Fallback::SplitFreely]));
    world.hubs[1].daily_capacity = Some(units(0));
    let both = world.policy.fallback.clone();
    assert_eq!(given_up(&world), (true, both.clone()));
    // Neither of two steps gives anything without the other one.
    let closed = OpeningCalendar::new(TimeZoneName::parse("UTC").unwrap());
    world.hubs[1].calendar = Some(closed);
    world.policy.split = Split::Free;
    world.policy.fallback = vec![Fallback::IgnoreCapacity, Fallback::IgnoreOpening];
    assert_eq!(given_up(&world), (true, world.policy.fallback.clone()));
    world.policy.fallback = both;
    assert_eq!(given_up(&world), (false, vec![]));
}

#[test]
fn where_nobody_delivers_each_hub_says_what_it_lacks() {
    let mut world = World::new(&[1], &[&[9], &[9], &[9]]);
    world.hubs[0].active = false;
    world.hubs[1]
        .area
        .countries
        .insert(CountryCode::parse("AT").unwrap());
    world.hubs[2]
        .area
        .postal_codes
        .insert(PostalCode::parse("20095").unwrap());
    world.place = Some(Destination {
        country: CountryCode::parse("DE").ok(),
        postal_code: PostalCode::parse("10115").ok(),
        ..Destination::default()
    });
    world.policy.on_shortage = OnShortage::Backorder;
    let plan = world.route();
    let RouteOutcome::NotServiceable(lacks) = plan.outcome else {
        panic!("a hub was found")
    };
    let lacks_of = |at: usize| lacks.hubs[at].1.as_slice();
    assert_eq!(lacks_of(0), [Lack::Inactive]);
    assert_eq!(lacks_of(1), [Lack::OtherCountry]);
    assert_eq!(lacks_of(2), [Lack::Outside]);
    assert!(!lacks.is_delivered_to() && !lacks.is_for_now());
    assert_eq!(
        (plan.parcels.len(), plan.short.len(), lacks.code()),
        (0, 1, "not_serviceable")
    );
    plan.explanation.verify().unwrap();
    let text = |elsewhere, but: Option<&str>, hubs| {
        let but = but.map(|but| HubId::parse(but).unwrap());
        let nobody = NotServiceable {
            hubs,
            elsewhere,
            but,
        };
        let text = nobody.to_string();
        text.strip_prefix("no hub can take the order: ")
            .unwrap()
            .to_owned()
    };
    assert_eq!(text(0, None, vec![]), "there is none in use");
    assert_eq!(text(0, Some("a"), vec![]), "beside a there is none in use");
    assert_eq!(
        text(900, None, vec![]),
        "none of the 900 in use delivers there"
    );
    let full = || vec![(HubId::parse("b").unwrap(), vec![Lack::Full])];
    assert_eq!(text(0, Some("a"), full()), "b (full)");
    assert_eq!(
        text(899, Some("a"), full()),
        "b (full); none of the other 899 in use delivers there"
    );
    let request = world.request();
    let request = request.considering(Considered::AllBut(HubId::parse("a").unwrap()));
    let plan = route(&request, &[], &world.policy, noon());
    let RouteOutcome::NotServiceable(lacks) = plan.outcome else {
        panic!("a hub was found")
    };
    assert_eq!(lacks.but, HubId::parse("a").ok());
}

#[test]
fn safety_stock_is_kept_by_the_figure_the_caller_gives() {
    let hubs = [hub("a"), hub("b")];
    let request = RouteRequest::new(None, vec![line(0, 0, 3)]);
    let level = |on_hand: u32, safety: u32| units(on_hand.saturating_sub(safety));
    let candidates = [
        HubCandidate::new(&hubs[0], &request, |_| level(5, 3)),
        HubCandidate::new(&hubs[1], &request, |_| level(5, 2)),
    ];
    let plan = route(&request, &candidates, &RoutePolicy::default(), noon());
    assert_eq!(plan.parcels[0].hub.as_str(), "b");
    assert_eq!(candidates[1].hub().id.as_str(), "b");
}

#[test]
fn an_explanation_that_was_changed_is_found_out() {
    let mut world = World::new(&[2], &[&[2], &[2], &[1]]);
    world.hubs[0].performance.on_time = Rate::parse("0.5").ok();
    world.hubs[1].performance.on_time = Rate::parse("0.6").ok();
    let good = world.route().explanation;
    good.verify().unwrap();
    let spoilt = |spoil: &dyn Fn(&mut Explanation)| {
        let mut bad = good.clone();
        spoil(&mut bad);
        bad.verify().unwrap_err()
    };
    let rehash = |bad: &mut Explanation| {
        let Err(Mismatch::Hash { computed, .. }) = bad.verify() else {
            panic!("the hash does not cover this")
        };
        bad.inputs = computed;
    };
    assert!(matches!(
        spoilt(&|e| e.algorithm = 9),
        Mismatch::Algorithm { found: 9, .. }
    ));
    assert!(matches!(
        spoilt(&|e| e.hubs[0].score.performance += 1),
        Mismatch::Hash { .. }
    ));
    assert!(matches!(
        spoilt(&|e| e.zone_database = "1999a".into()),
        Mismatch::Hash { .. }
    ));
    assert!(matches!(
        spoilt(&|e| e.policy.goal = Goal::Nearest),
        Mismatch::Hash { .. }
    ));
    assert!(matches!(
        spoilt(&|e| e.decided_at = Timestamp::EPOCH),
        Mismatch::Hash { .. }
    ));
    assert!(matches!(
        spoilt(&|e| e.demand[0].units = units(1)),
        Mismatch::Hash { .. }
    ));
    let raised = spoilt(&|e| {
        e.hubs[0].score.total = 900_000;
        rehash(e);
    });
    assert!(
        matches!(
            raised,
            Mismatch::Score {
                recorded: 900_000,
                ..
            }
        ),
        "{raised}"
    );
    let other = spoilt(&|e| {
        e.hubs[1].active = false;
        rehash(e);
    });
    assert!(matches!(other, Mismatch::Choice { .. }), "{other}");
    assert!(matches!(
        spoilt(&|e| e.runner_up = None),
        Mismatch::Choice { .. }
    ));
    assert!(matches!(
        spoilt(&|e| e.chosen.clear()),
        Mismatch::Choice { .. }
    ));
    let request = world.request();
    world.stock[1] = vec![1];
    let inputs = good
        .verify_inputs(&request, &world.candidates(&request))
        .unwrap_err();
    assert!(matches!(inputs, Mismatch::Inputs { .. }), "{inputs}");
}

#[test]
fn a_policy_is_checked_when_it_is_set() {
    RoutePolicy::default().check().unwrap();
    RoutePolicy::by_priority().check().unwrap();
    let refused = |policy: RoutePolicy| {
        let error = policy.check().unwrap_err();
        (error.field.clone(), error.code())
    };
    let good = RoutePolicy::default;
    let repeated = vec![
        Fallback::SplitFreely,
        Fallback::IgnoreOpening,
        Fallback::SplitFreely,
    ];
    for (policy, field, code) in [
        (
            RoutePolicy {
                split: Split::AtMost(0),
                ..good()
            },
            "split",
            "policy_out_of_range",
        ),
        (
            RoutePolicy {
                split: Split::AtMost(201),
                ..good()
            },
            "split",
            "policy_out_of_range",
        ),
        (
            RoutePolicy {
                half_distance_km: 0,
                ..good()
            },
            "half_distance_km",
            "policy_out_of_range",
        ),
        (
            RoutePolicy {
                distance_step_m: 0,
                ..good()
            },
            "distance_step_m",
            "policy_out_of_range",
        ),
        (
            RoutePolicy {
                fallback: repeated,
                ..good()
            },
            "fallback",
            "policy_repeated",
        ),
        (
            RoutePolicy {
                goal: Goal::Cheapest,
                ..good()
            },
            "currency",
            "policy_no_currency",
        ),
    ] {
        assert_eq!(refused(policy), (field.to_owned(), code));
    }
    let weights = |a, b, c| Weights::from_numbers(a, b, c).map_err(|e| (e.field.clone(), e.code()));
    assert_eq!(weights(0.3, 0.7, 0.0), Ok(Weights::default()));
    for (a, b, c, field, code) in [
        (-0.1, 0.7, 0.0, "weights.proximity", "rate_out_of_range"),
        (
            0.3,
            f64::NAN,
            0.0,
            "weights.performance",
            "rate_not_a_number",
        ),
        (
            0.3,
            0.7,
            f64::INFINITY,
            "weights.workload",
            "rate_not_a_number",
        ),
        (0.3, 0.7, 1.5, "weights.workload", "rate_out_of_range"),
        (0.0, 0.0, 0.0, "weights", "policy_all_zero"),
        (1e-9, 0.0, -0.0, "weights", "policy_all_zero"),
    ] {
        assert_eq!(weights(a, b, c), Err((field.to_owned(), code)));
    }
    let json = r#"{"weights": {"proximity": "0", "performance": "0"}}"#;
    assert!(serde_json::from_str::<RoutePolicy>(json).is_err());
    let json = serde_json::to_string(&good()).unwrap();
    assert_eq!(serde_json::from_str::<RoutePolicy>(&json).unwrap(), good());
    assert_eq!(serde_json::from_str::<RoutePolicy>("{}").unwrap(), good());
}

#[test]
fn odd_requests_are_answered_too() {
    let world = World::new(&[], &[&[]]);
    let plan = world.route();
    assert_eq!(
        (plan.outcome, plan.parcels.len()),
        (RouteOutcome::Covered, 0)
    );
    let world = World::new(&[0, 1], &[]);
    let plan = world.route();
    assert!(matches!(plan.outcome, RouteOutcome::NotServiceable(_)));
    assert_eq!(plan.short.len(), 1, "a line without units is none");
    let mut twice = World::new(&[1], &[&[1], &[1]]);
    twice.hubs[1] = twice.hubs[0].clone();
    assert_eq!(twice.route().explanation.hubs.len(), 1);
    let mut huge = World::new(&[1], &[&[1]]);
    huge.lines = vec![line(0, 0, 2_000_000_000), line(1, 0, 2_000_000_000)];
    assert_eq!(huge.route().outcome, RouteOutcome::Short);
    let sane = HubDraft {
        id: "x".into(),
        ..HubDraft::default()
    };
    assert!(sane.parse(&ZoneBook::default()).is_ok());
}

/// Twenty-six hubs, of which the first two have everything, the next ones some, others nothing, and
/// the last is off.
fn many() -> World {
    let rows: [&[u32]; 3] = [&[2], &[1], &[0]];
    let row = |n: usize| rows[usize::from(n > 1) + usize::from(n > 20)];
    let rows: Vec<&[u32]> = (0..26).map(row).collect();
    let mut world = World::new(&[2], &rows);
    world.hubs[25].active = false;
    world
}

#[test]
fn of_many_hubs_those_that_came_near_are_stored_and_the_others_counted() {
    let mut world = many();
    let whole = world.route().explanation;
    let short = whole.shortened().into_owned();
    assert_eq!(whole.hubs.len(), 26);
    let listed: String = short.hubs.iter().map(|hub| hub.hub.to_string()).collect();
    assert_eq!(listed, "abcdefghijklmnopqr");
    let left = short.left_out.clone().unwrap();
    let counts = [
        (KeptBack::Inactive, 1),
        (KeptBack::Nothing, 4),
        (KeptBack::Part, 3),
    ];
    assert_eq!(left.hubs, std::collections::BTreeMap::from(counts));
    assert!(left.skus.is_empty() && left.missing.is_empty());
    assert_eq!(short.inputs, whole.inputs);
    let told = short.to_string();
    let last = told.lines().next_back();
    assert_eq!(last, Some("and more: 1 inactive, 4 nothing, 3 part"));
    assert!(!whole.to_string().contains("and more"));
    let again = short.shortened();
    assert!(matches!(again, std::borrow::Cow::Borrowed(_)));
    let json = serde_json::to_string(&short).unwrap();
    let read: Explanation = serde_json::from_str(&json).unwrap();
    assert_eq!(read, short);
    read.verify().unwrap();
    let request = world.request();
    let verified = read.verify_inputs(&request, &world.candidates(&request));
    verified.unwrap();
    let spoilt = |spoil: &dyn Fn(&mut Explanation)| {
        let mut bad = short.clone();
        spoil(&mut bad);
        bad.verify().unwrap_err()
    };
    let hash = |bad: &Mismatch| matches!(bad, Mismatch::Hash { .. });
    assert!(hash(&spoilt(&|e| e.hubs[3].priority = 7)));
    assert!(hash(&spoilt(&|e| e.chosen[0].units = 7)));
    assert!(hash(&spoilt(&|e| e.runner_up = None)));
    assert!(hash(&spoilt(&|e| e.inputs = left.listed)));
    assert!(hash(&spoilt(&|e| e.left_out = None)));
    assert!(hash(&spoilt(&|e| {
        let left = e.left_out.as_mut().unwrap();
        left.hubs.insert(KeptBack::Part, 2);
    })));
    // Who is not listed has a say in the hash of everything.
    world.stock[24] = vec![1];
    let other = read.verify_inputs(&request, &world.candidates(&request));
    let other = other.unwrap_err();
    assert!(matches!(other, Mismatch::Inputs { .. }), "{other}");
}

#[test]
fn what_is_stored_does_not_grow_with_hubs_and_lines() {
    let row = vec![1; 300];
    let rows = [row.as_slice(); 26];
    let mut world = World::new(&[30; 300], &rows);
    world.policy.on_shortage = OnShortage::Backorder;
    world.policy.split = Split::AtMost(2);
    let whole = world.route().explanation;
    whole.verify().unwrap();
    let short = whole.shortened().into_owned();
    short.verify().unwrap();
    let request = world.request();
    let verified = short.verify_inputs(&request, &world.candidates(&request));
    verified.unwrap();
    assert_eq!(short.missing(), whole.missing());
    assert_eq!(short.missing().len(), 300);
    let hub = &short.hubs[0];
    let left = short.left_out.as_ref().unwrap();
    assert_eq!((hub.short.len(), left.skus[&hub.hub]), (16, 284));
    assert!(short.to_string().contains("and 297 more"), "{short}");
    assert!(whole.to_string().contains("and 297 more"), "{whole}");
    // Two chosen, one after them, sixteen more.
    assert_eq!((short.hubs.len(), left.hubs[&KeptBack::Part]), (19, 7));
    assert!(bytes(&whole) > 50_000, "{}", bytes(&whole));
    assert!(bytes(&short) < 5_000, "{}", bytes(&short));
}

/// What an explanation takes beside the SKUs of the order.
fn bytes(of: &Explanation) -> usize {
    let mut of = of.clone();
    of.demand.clear();
    if let Some(left) = &mut of.left_out {
        left.missing.clear();
    }
    serde_json::to_string(&of).unwrap().len()
}

fn plain(number: usize) -> Hub {
    hub(&format!("warehouse-{number:02}"))
}

/// A hub that tells all of itself that a choice looks at.
fn telling(number: usize) -> Hub {
    let mut hub = plain(number);
    let east = i32::try_from(number).unwrap() * 20_000;
    hub.location = Some(GeoPoint::from_micro(50_000_000, 9_000_000 + east).unwrap());
    hub.area.postal_prefixes = [PostalCode::parse("1").unwrap()].into();
    hub.priority = 10;
    hub.daily_capacity = Some(units(500));
    let euro = Currency::parse("EUR").unwrap();
    hub.handling_cost = Some(Money::from_minor(450, euro).unwrap());
    hub.performance.on_time = Some(Rate::new(rust_decimal::Decimal::new(937, 3)).unwrap());
    let mut calendar = OpeningCalendar::new(TimeZoneName::parse("+01:00").unwrap());
    calendar.week.wed = DayHours::parse("08:00-18:00").unwrap();
    hub.calendar = Some(calendar);
    hub
}

/// The figures that the page on routing names.
#[test]
fn what_is_stored_of_many_hubs_takes_what_the_page_says() {
    let stored = |make: fn(usize) -> Hub, asked: &[u32], has: &[u32]| {
        let hubs: Vec<Hub> = (0..64).map(make).collect();
        let mut world = World::new(asked, &vec![has; hubs.len()]);
        world.taken = vec![37; hubs.len()];
        world.hubs = hubs;
        world.place = Some(Destination {
            postal_code: PostalCode::parse("10115").ok(),
            location: Some("51.34,12.37".parse().unwrap()),
            ..Destination::default()
        });
        world.policy.on_shortage = OnShortage::Backorder;
        world.policy.split = Split::AtMost(2);
        world.policy.currency = Currency::parse("EUR").ok();
        let stored = world.route().explanation.shortened().into_owned();
        stored.verify().unwrap();
        assert_eq!(stored.hubs.len(), 19);
        bytes(&stored)
    };
    let two_short: (&[u32], &[u32]) = (&[9_000; 3], &[463, 463, 9_000]);
    let few = stored(plain, two_short.0, two_short.1);
    assert!((1_500..3_000).contains(&few), "2 kB, {few}");
    let all = stored(telling, two_short.0, two_short.1);
    assert!((4_000..6_000).contains(&all), "5 kB, {all}");
    let most = stored(telling, &[9_000; 40], &[463; 40]);
    assert!((6_000..8_000).contains(&most), "at most 8 kB, {most}");
}

#[test]
fn an_explanation_of_the_longer_form_is_read() {
    let stored = concat!(
        r#"{"algorithm":1,"#,
        r#""inputs":"e3fc0aae2837becc0f920a7bd0eb0e892f10a7c3f6bd61725afd9abc8e5dbf96","#,
        r#""decided_at":"2026-02-25T06:13:20.000000Z","zone_database":"2026e","#,
        r#""policy":{},"demand":[{"sku":"SKU-00","units":3},{"sku":"SKU-01","units":1}],"#,
        r#""strategy":"one_hub","chosen":[{"hub":"north","units":4}],"#,
        r#""hubs":[{"hub":"north","area":"everywhere","capacity":{"bounded":{"left":10,"#,
        r#""of":10}},"score":[0,500000,1000000,350000]},"#,
        r#"{"hub":"south","area":"everywhere","capacity":{"bounded":{"left":10,"of":10}},"#,
        r#""stock":"part","short":[[0,1]],"score":[0,500000,1000000,350000]}]}"#,
    );
    let read: Explanation = serde_json::from_str(stored).unwrap();
    read.verify().unwrap();
    let now = serde_json::to_string(&read).unwrap();
    assert!(now.contains(r#""demand":{"SKU-00":3,"SKU-01":1}"#), "{now}");
    assert!(
        now.contains(r#""capacity":{"left":10,"of":10},"score":350000"#),
        "{now}"
    );
    assert_eq!(serde_json::from_str::<Explanation>(&now).unwrap(), read);
    assert!(now.len() + 90 < stored.len(), "{now}");
    let unbounded = serde_json::to_string(&Capacity::Unbounded).unwrap();
    assert_eq!(unbounded, r#""unbounded""#);
    let read = serde_json::from_str::<Capacity>(&unbounded).unwrap();
    assert_eq!(read, Capacity::Unbounded);
}

#[test]
fn hashes_print_as_they_are_read() {
    let hash = World::new(&[1], &[&[1]]).route().explanation.inputs;
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for bad in ["", "ab", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
        assert!(bad.parse::<InputsHash>().is_err(), "{bad}");
    }
}
