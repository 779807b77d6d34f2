//! Every refusal except defects, each with what it names.

use oms_core::plan::{Index, Refusal, Requirement};
use oms_core::reservation::{ReservationDelta, ReservationRefusal};
use oms_core::stock::{MovementKind, StockRefusal};

use crate::world::*;

#[test]
fn clocks_may_differ_by_five_seconds_and_no_more() {
    let world = World::new();
    for (n, micros) in [5_000_000, -5_000_000, 0].into_iter().enumerate() {
        let mut set = world.set(&format!("near {n}"));
        set.planned_at = world.now().checked_add_micros(micros).unwrap();
        world.done(set);
    }
    for micros in [5_000_001, -5_000_001] {
        let mut set = world.set("far");
        set.planned_at = world.now().checked_add_micros(micros).unwrap();
        let planned_at = set.planned_at;
        assert_eq!(
            world.refused(set),
            Refusal::ClockSkew {
                planned_at,
                now: world.now()
            }
        );
    }
}

#[test]
fn a_name_belongs_to_one_document() {
    let world = World::new();
    let name = host_name("a");
    world.done(
        world
            .set("a")
            .writes(hub("a"), 0, 1)
            .takes(&name, &hub("a")),
    );
    let taken = world.refused(
        world
            .set("b")
            .writes(hub("b"), 0, 1)
            .takes(&name, &hub("b")),
    );
    assert_eq!(
        taken,
        Refusal::Taken {
            key: name.clone(),
            holder: hub("a")
        }
    );
    // Its holder may take it again.
    world.done(
        world
            .set("c")
            .writes(hub("a"), 1, 2)
            .takes(&name, &hub("a")),
    );
}

#[test]
fn a_document_must_be_at_the_expected_version() {
    let world = World::new();
    world.done(world.set("a").writes(hub("a"), 0, 1));
    let conflict = |current: Option<u64>, name: &str| Refusal::Conflict {
        document: hub(name),
        current: current.map(version),
    };
    let refused = |before, after, name: &str| {
        world.refused(
            world
                .set("x")
                .writes(hub("fine"), 0, 1)
                .writes(hub(name), before, after),
        )
    };
    assert_eq!(refused(0, 1, "a"), conflict(Some(1), "a"));
    assert_eq!(refused(2, 3, "a"), conflict(Some(1), "a"));
    assert_eq!(refused(1, 2, "b"), conflict(None, "b"));
}

#[test]
fn requirements_must_hold() {
    let world = World::new();
    let on_off = |set, key, active| Adds::writes_as(set, key, 0, 1, Index::Active(active));
    world.done(on_off(
        on_off(world.set("a"), hub("on"), true),
        hub("off"),
        false,
    ));
    world.done(world.set("plain").writes(hub("plain"), 0, 1));
    for requirement in [
        Requirement::Active(hub("off")),
        Requirement::Active(hub("plain")),
        Requirement::Active(hub("missing")),
        Requirement::Unchanged(hub("on"), version(2)),
        Requirement::Unchanged(hub("missing"), version(1)),
    ] {
        let mut set = world.set("x").writes(hub("new"), 0, 1);
        set.requires.push(Requirement::Active(hub("on")));
        set.requires.push(requirement.clone());
        assert_eq!(world.refused(set), Refusal::Unmet { requirement });
    }
    let mut set = world.set("x");
    set.requires.push(Requirement::Active(hub("on")));
    set.requires
        .push(Requirement::Unchanged(hub("on"), version(1)));
    world.done(set);
}

#[test]
fn reservations_refuse_by_the_clock_of_the_store() {
    let world = World::new();
    let shelf = row("hub", "A");
    let key = on(&shelf, cart(1), 1);
    world.receive(&shelf, 5);
    let until = world.in_secs(10);
    world.claim(&key, 2, Some(until));
    let refused = |delta, problem| {
        let refused = world.refused(world.set("x").changes(&key, delta));
        assert_eq!(
            refused,
            Refusal::Reservation {
                key: key.clone(),
                problem
            }
        );
    };
    let quantity = quantity(2);
    let expire = ReservationDelta::Expire { quantity };
    refused(expire, ReservationRefusal::NotDue { expires_at: until });
    let (asked, found) = (units(2), units(0));
    let consume = ReservationDelta::Consume { quantity };
    refused(consume, ReservationRefusal::TooFew { asked, found });
    world.advance(10);
    // The change set says it was planned before the end; the store knows better.
    let mut set = world
        .set("x")
        .changes(&key, ReservationDelta::Confirm { quantity });
    set.planned_at = world.in_secs(-3);
    let problem = ReservationRefusal::Expired {
        expires_at: Some(until),
    };
    assert_eq!(
        world.refused(set),
        Refusal::Reservation {
            key: key.clone(),
            problem
        }
    );
    world.done(world.set("expire").changes(&key, expire));
    assert_eq!(world.level(&shelf).reserved, units(0));
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn every_short_row_is_named_in_key_order() {
    let world = World::new();
    let (a, b, c) = (row("hub", "A"), row("hub", "B"), row("hub", "C"));
    world.receive(&a, 5);
    world.receive(&b, 5);
    world.done(world.set("safety").sets(&a, 2));
    let set = world.set("x").reserves(&on(&c, order_owner(1), 1), 1, None);
    let set = set.reserves(&on(&b, order_owner(1), 2), 5, None);
    let set = set.reserves(&on(&a, order_owner(1), 3), 2, None);
    // Two lines of one SKU are one demand.
    let set = set.reserves(&on(&a, order_owner(1), 4), 2, None);
    let short = |asked, available| StockRefusal::Short {
        asked: units(asked),
        available,
    };
    let rows = vec![(a.clone(), short(4, 3)), (c, short(1, 0))];
    assert_eq!(world.refused(set), Refusal::Stock { rows });
    world.done(world.set("x").reserves(&on(&a, order_owner(1), 1), 3, None));
}

#[test]
fn issued_goods_spare_what_is_reserved_and_nothing_goes_below_zero() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 5);
    world.claim(&on(&shelf, order_owner(1), 1), 3, None);
    let refused = |kind, delta, asked| {
        let rows = vec![(
            shelf.clone(),
            StockRefusal::Short {
                asked: units(asked),
                available: 2,
            },
        )];
        let refused = world.refused(world.set("x").moves(7, &shelf, kind, delta));
        assert_eq!(refused, Refusal::Stock { rows });
    };
    refused(MovementKind::Issued, -3, 3);
    refused(MovementKind::Damaged, -6, 6);
    world.done(world.set("x").moves(7, &shelf, MovementKind::Issued, -2));
}

#[test]
fn a_count_of_what_has_moved_is_refused() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 5);
    let mut set = world
        .set("x")
        .sets(&shelf, 0)
        .moves(7, &shelf, MovementKind::Counted, 1);
    set.stock[0].expected_on_hand = Some(units(4));
    let moved = StockRefusal::Moved {
        expected: units(4),
        found: units(5),
    };
    assert_eq!(
        world.refused(set.clone()),
        Refusal::Stock {
            rows: vec![(shelf.clone(), moved)]
        }
    );
    set.stock[0].expected_on_hand = Some(units(5));
    world.done(set);
    assert_eq!(world.level(&shelf).on_hand, units(6));
}

#[test]
fn counters_stay_in_their_range() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 2_000_000_000);
    let set = world.set("x").moves(7, &shelf, MovementKind::Received, 1);
    let rows = vec![(shelf.clone(), StockRefusal::OutOfRange)];
    assert_eq!(world.refused(set), Refusal::Stock { rows });
}
