//! Due tentative reservations make room, and nothing else does.

use oms_core::event::ActorKind;
use oms_core::plan::Refusal;
use oms_core::reservation::{
    Owner, ReservationDelta, ReservationEvent, ReservationKey, ReservedUnits,
};
use oms_core::stock::{MovementKind, StockKey, StockRefusal};
use oms_core::value::RequestId;

use crate::world::*;

/// Ten units, claimed by a cart until 10 s, another until 20 s, and an order until 10 s.
fn crowded() -> (World, StockKey) {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 10);
    world.claim(&on(&shelf, cart(1), 1), 3, Some(world.in_secs(10)));
    world.claim(&on(&shelf, cart(2), 1), 3, Some(world.in_secs(20)));
    world.claim(&on(&shelf, order_owner(3), 1), 4, Some(world.in_secs(10)));
    (world, shelf)
}

fn expired(world: &World, owner: &Owner) -> Vec<ReservationEvent> {
    let events = world.history(&owner.stream());
    let events = events
        .iter()
        .filter(|event| &*event.name == "reservation.expired");
    events
        .map(|event| serde_json::from_str(&event.body).unwrap())
        .collect()
}

fn ended(key: &ReservationKey, units: u32) -> ReservationEvent {
    ReservationEvent::Expired {
        units: vec![ReservedUnits::of(key, quantity(units))],
    }
}

#[test]
fn exactly_the_due_ones_end() {
    let (world, shelf) = crowded();
    world.advance(10);
    let key = on(&shelf, order_owner(9), 1);
    let before = world.level(&shelf).version;
    world.done(world.set("x").reserves(&key, 7, None).reclaims());
    let (first, second) = (on(&shelf, cart(1), 1), on(&shelf, cart(2), 1));
    let third = on(&shelf, order_owner(3), 1);
    let gone = world.reservation(&first);
    assert_eq!(
        (gone.tentative, gone.expired, gone.lapsed),
        (units(0), units(3), units(0))
    );
    assert_eq!(gone.expires_at, None);
    assert_eq!(world.reservation(&second).tentative, units(3));
    // An order has to be told.
    let gone = world.reservation(&third);
    assert_eq!(
        (gone.tentative, gone.expired, gone.lapsed),
        (units(0), units(4), units(4))
    );
    assert_eq!(expired(&world, &cart(1)), [ended(&first, 3)]);
    assert_eq!(expired(&world, &order_owner(3)), [ended(&third, 4)]);
    assert_eq!(expired(&world, &cart(2)), []);
    let level = world.level(&shelf);
    assert_eq!(
        (level.reserved, level.version),
        (units(10), before.plus(2).unwrap())
    );
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn the_event_tells_who_and_which_command() {
    let (world, shelf) = crowded();
    world.advance(10);
    let mut set = world
        .set("x")
        .reserves(&on(&shelf, order_owner(9), 1), 1, None)
        .reclaims();
    set.origin.request_id = Some(RequestId::parse("request").unwrap());
    set.planned_at = world.in_secs(-1);
    world.done(set.clone());
    let event = world.history(&cart(1).stream()).pop().unwrap();
    assert_eq!(event.origin.actor.kind, ActorKind::Automatic);
    assert_eq!(
        (event.origin.key, event.origin.request_id),
        (set.origin.key, set.origin.request_id)
    );
    assert_eq!(
        (event.at, event.schema),
        (set.planned_at, ReservationEvent::SCHEMA)
    );
}

#[test]
fn one_owner_gets_one_event_for_all_its_units() {
    let world = World::new();
    let (a, b) = (row("hub", "A"), row("hub", "B"));
    world.receive(&a, 2);
    world.receive(&b, 2);
    let (one, two) = (on(&a, cart(1), 1), on(&b, cart(1), 2));
    let until = Some(world.in_secs(10));
    world.done(
        world
            .set("cart")
            .reserves(&one, 2, until)
            .reserves(&two, 1, until),
    );
    world.advance(10);
    let owner = order_owner(9);
    let set = world.set("x").reserves(&on(&a, owner.clone(), 1), 1, None);
    world.done(set.reserves(&on(&b, owner, 2), 2, None).reclaims());
    let units = vec![
        ReservedUnits::of(&one, quantity(2)),
        ReservedUnits::of(&two, quantity(1)),
    ];
    assert_eq!(
        expired(&world, &cart(1)),
        [ReservationEvent::Expired { units }]
    );
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn nothing_ends_while_there_is_room_or_without_being_asked() {
    let (world, shelf) = crowded();
    world.receive(&shelf, 1);
    world.advance(15);
    world.done(
        world
            .set("fits")
            .reserves(&on(&shelf, order_owner(8), 1), 1, None)
            .reclaims(),
    );
    assert_eq!(expired(&world, &cart(1)), []);
    let refused = world.refused(
        world
            .set("x")
            .reserves(&on(&shelf, order_owner(9), 1), 1, None),
    );
    let short = StockRefusal::Short {
        asked: units(1),
        available: 0,
    };
    assert_eq!(
        refused,
        Refusal::Stock {
            rows: vec![(shelf, short)]
        }
    );
}

#[test]
fn nothing_ends_when_the_row_stays_short() {
    let (world, shelf) = crowded();
    world.advance(10);
    let set = world
        .set("x")
        .reserves(&on(&shelf, order_owner(9), 1), 8, None)
        .reclaims();
    let short = StockRefusal::Short {
        asked: units(8),
        available: 0,
    };
    assert_eq!(
        world.refused(set),
        Refusal::Stock {
            rows: vec![(shelf.clone(), short)]
        }
    );
    assert_eq!(
        world.reservation(&on(&shelf, cart(1), 1)).tentative,
        units(3)
    );
}

#[test]
fn nothing_ends_when_another_row_is_short() {
    let (world, shelf) = crowded();
    world.advance(10);
    let other = row("hub", "B");
    let owner = order_owner(9);
    let set = world
        .set("x")
        .reserves(&on(&shelf, owner.clone(), 1), 2, None);
    let set = set.reserves(&on(&other, owner, 2), 1, None).reclaims();
    let short = StockRefusal::Short {
        asked: units(1),
        available: 0,
    };
    assert_eq!(
        world.refused(set),
        Refusal::Stock {
            rows: vec![(other, short)]
        }
    );
}

#[test]
fn nothing_ends_when_an_event_is_misplaced() {
    let (world, shelf) = crowded();
    world.advance(10);
    let set = world
        .set("x")
        .reserves(&on(&shelf, order_owner(9), 1), 2, None)
        .reclaims();
    let stream = oms_core::event::StreamId::order(order_id(9));
    let refused = world.refused(set.tells(&stream, Some(5)));
    assert!(matches!(refused, Refusal::Defect { .. }), "{refused:?}");
}

#[test]
fn the_owners_of_the_change_set_are_spared() {
    let (world, shelf) = crowded();
    world.advance(10);
    // Order 3 has 4 due units itself; only cart 1 can make room.
    let claim = on(&shelf, order_owner(3), 2);
    let refused = world.refused(world.set("x").reserves(&claim, 4, None).reclaims());
    assert!(matches!(refused, Refusal::Stock { .. }), "{refused:?}");
    world.done(world.set("x").reserves(&claim, 3, None).reclaims());
    assert_eq!(
        world.reservation(&on(&shelf, order_owner(3), 1)).tentative,
        units(4)
    );
    assert_eq!(expired(&world, &cart(1)).len(), 1);
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn goods_that_leave_reclaim_nothing() {
    let (world, shelf) = crowded();
    world.advance(10);
    let set = world
        .set("x")
        .moves(7, &shelf, MovementKind::Issued, -1)
        .reclaims();
    let refused = world.refused(set);
    assert!(matches!(refused, Refusal::Stock { .. }), "{refused:?}");
}

#[test]
fn confirmed_units_of_the_same_reservation_stay() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 5);
    let mixed = on(&shelf, cart(1), 1);
    world.claim(&mixed, 3, None);
    world.claim(&mixed, 2, Some(world.in_secs(1)));
    world.advance(1);
    world.done(
        world
            .set("x")
            .reserves(&on(&shelf, order_owner(9), 1), 2, None)
            .reclaims(),
    );
    let row = world.reservation(&mixed);
    assert_eq!(
        (row.confirmed, row.tentative, row.expired),
        (units(3), units(0), units(2))
    );
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn an_item_of_a_batch_sees_what_one_before_it_reclaimed() {
    let (world, shelf) = crowded();
    world.advance(10);
    let take = |n: u32, units| {
        let set = world.set(&format!("take {n}"));
        set.reserves(&on(&shelf, order_owner(n), 1), units, None)
            .reclaims()
    };
    let outcomes = world.commit_all(&[take(11, 8), take(12, 5), take(13, 2), take(14, 1)]);
    let done: Vec<bool> = outcomes.iter().map(|outcome| outcome.is_done()).collect();
    assert_eq!(done, [false, true, true, false]);
    assert_eq!(expired(&world, &cart(1)).len(), 1);
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn an_order_acknowledges_what_lapsed() {
    let (world, shelf) = crowded();
    world.advance(10);
    world.done(
        world
            .set("x")
            .reserves(&on(&shelf, order_owner(9), 1), 1, None)
            .reclaims(),
    );
    let key = on(&shelf, order_owner(3), 1);
    let told = ReservationDelta::Acknowledge {
        quantity: quantity(4),
    };
    world.done(world.set("told").changes(&key, told));
    assert_eq!(world.reservation(&key).lapsed, units(0));
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn units_that_ended_are_claimed_anew_only_where_there_is_room() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 2);
    let until = Some(world.in_secs(10));
    for n in [1, 2] {
        world.claim(&on(&shelf, cart(n), 1), 1, until);
    }
    world.receive(&shelf, -1);
    world.advance(10);
    // Both carts were promised the unit that is left, before either came back for it.
    let again = |n| {
        let key = on(&shelf, cart(n), 1);
        let ended = ReservationDelta::Expire {
            quantity: quantity(1),
        };
        let set = world.set(&format!("again {n}")).changes(&key, ended);
        set.reserves(&key, 1, Some(world.in_secs(10))).reclaims()
    };
    let outcomes = world.commit_all(&[again(1), again(2)]);
    let done: Vec<bool> = outcomes.iter().map(|outcome| outcome.is_done()).collect();
    assert_eq!(done, [true, false]);
    let level = world.level(&shelf);
    assert_eq!((level.reserved, level.shortfall), (units(1), units(0)));
    assert_eq!(world.audit(), Vec::<String>::new());
}
