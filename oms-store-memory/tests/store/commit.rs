//! What an accepted change set does, alone and in a batch.

use futures_executor::block_on;
use oms_core::plan::{Body, ChangeSet, DocumentWrite, Expected, Fingerprint, Index, Keys, Outcome};
use oms_core::plan::{Refusal, Requirement};
use oms_core::port::{Store, StoreError};
use oms_core::reservation::ReservationDelta;
use oms_core::stock::{MovementKind, StockRefusal};
use oms_core::value::limits::BATCH_ITEMS_MAX;

use crate::world::*;

#[test]
fn everything_of_a_change_set_is_stored() {
    let world = World::new();
    let (shelf, stream) = (
        row("hub", "A"),
        oms_core::event::StreamId::hub(&hub_id("hub")),
    );
    let claim = on(&shelf, order_owner(1), 1);
    let set = world
        .set("all")
        .writes_as(hub("hub"), 0, 1, Index::Active(true))
        .takes(&host_name("a"), &hub("hub"))
        .moves(1, &shelf, MovementKind::Received, 10)
        .reserves(&claim, 4, None)
        .sets(&shelf, 3)
        .tells(&stream, Some(1))
        .keeps_job(1, world.now());
    assert_eq!(world.commit(set), Outcome::Committed { at: world.now() });
    let level = world.level(&shelf);
    assert_eq!(
        (level.on_hand, level.reserved, level.safety),
        (units(10), units(4), units(3))
    );
    assert_eq!(level.version, version(1));
    assert_eq!(world.reservation(&claim).confirmed, units(4));
    assert_eq!(world.version(&hub("hub")), Some(1));
    let keys = Keys {
        unique: [host_name("a")].into(),
        ..Keys::default()
    };
    assert_eq!(
        world.prefetch(&keys).unique.get(&host_name("a")),
        Some(&hub("hub"))
    );
    assert_eq!(world.history(&stream).len(), 1);
    assert_eq!(
        block_on(world.store.jobs(&world.tenant, None, 9))
            .unwrap()
            .items
            .len(),
        1
    );
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn a_repeated_key_gets_the_first_receipt_and_changes_nothing() {
    let world = World::new();
    let first = world.set("one").writes(hub("hub"), 0, 1);
    let at = world.now();
    world.done(first.clone());
    world.advance(3);
    let before = world.dump();
    let mut again = first.clone();
    again.receipt = "\"another\"".into();
    assert_eq!(
        world.commit(again),
        Outcome::Repeated {
            receipt: first.receipt,
            at
        }
    );
    assert_eq!(world.dump(), before);
}

#[test]
fn a_key_is_repeated_within_a_batch_too() {
    let world = World::new();
    let set = world.set("one").writes(hub("hub"), 0, 1);
    let outcomes = world.commit_all(&[set.clone(), set.clone()]);
    let repeated = Outcome::Repeated {
        receipt: set.receipt,
        at: world.now(),
    };
    assert_eq!(outcomes, [Outcome::Committed { at: world.now() }, repeated]);
}

#[test]
fn a_key_of_another_command_is_refused() {
    let world = World::new();
    world.done(world.set("one"));
    let mut other = world.set("one").writes(hub("hub"), 0, 1);
    other.fingerprint = Fingerprint([8; 33]);
    assert_eq!(
        world.refused(other),
        Refusal::KeyReused {
            key: command("one")
        }
    );
}

#[test]
fn a_refused_key_may_be_used_again() {
    let world = World::new();
    let refused = world.refused(world.set("one").writes(hub("hub"), 4, 5));
    assert!(matches!(refused, Refusal::Conflict { .. }), "{refused:?}");
    let mut other = world.set("one").writes(hub("hub"), 0, 1);
    other.fingerprint = Fingerprint([8; 33]);
    world.done(other);
}

#[test]
fn an_item_sees_what_accepted_items_before_it_wrote_and_nothing_of_refused_ones() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 10);
    let take = |n: u32, units| {
        world
            .set(&format!("take {n}"))
            .reserves(&on(&shelf, order_owner(n), 1), units, None)
    };
    let outcomes = world.commit_all(&[take(1, 6), take(2, 5), take(3, 4), take(4, 1)]);
    let done: Vec<bool> = outcomes.iter().map(Outcome::is_done).collect();
    assert_eq!(done, [true, false, true, false]);
    assert_eq!(world.level(&shelf).reserved, units(10));
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn a_second_change_at_the_same_version_conflicts_within_a_batch() {
    let world = World::new();
    world.done(world.set("make").writes(hub("hub"), 0, 1));
    let change = |key: &str| world.set(key).writes(hub("hub"), 1, 2);
    let outcomes = world.commit_all(&[change("a"), change("b")]);
    let conflict = Refusal::Conflict {
        document: hub("hub"),
        current: Some(version(2)),
    };
    assert_eq!(outcomes[1], Outcome::Refused(conflict));
    assert!(outcomes[0].is_done());
}

#[test]
fn a_kept_body_stays_while_version_and_index_change() {
    let world = World::new();
    world.done(
        world
            .set("make")
            .writes_as(hub("hub"), 0, 1, Index::Active(true)),
    );
    let mut set = world.set("keep");
    set.documents.push(DocumentWrite {
        key: hub("hub"),
        expected: Expected::Version(version(1)),
        version: version(2),
        body: Body::Keep,
        index: Index::Active(false),
    });
    world.done(set);
    let keys = Keys {
        documents: [hub("hub")].into(),
        ..Keys::default()
    };
    let found = world.prefetch(&keys).documents.remove(&hub("hub")).unwrap();
    assert_eq!(
        (found.version, found.index),
        (version(2), Index::Active(false))
    );
    assert_eq!(&*found.json, "{\"version\":1}");
}

#[test]
fn a_new_body_brings_its_schema() {
    let world = World::new();
    world.done(world.set("make").writes(hub("hub"), 0, 1));
    let mut set = world.set("change").writes(hub("hub"), 1, 2);
    let json = "[]".into();
    set.documents[0].body = Body::Write { schema: 2, json };
    world.done(set);
    let keys = Keys {
        documents: [hub("hub")].into(),
        ..Keys::default()
    };
    let found = &world.prefetch(&keys).documents[&hub("hub")];
    assert_eq!((found.schema, &*found.json), (2, "[]"));
}

#[test]
fn a_version_may_rise_by_more_than_one() {
    let world = World::new();
    let stream = oms_core::event::StreamId::order(order_id(1));
    let place = world
        .set("place")
        .writes(order(1), 0, 2)
        .tells(&stream, Some(1));
    world.done(place.tells(&stream, Some(2)));
    assert_eq!(world.version(&order(1)), Some(2));
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn units_that_left_make_no_room_for_others() {
    let world = World::new();
    let shelf = row("hub", "A");
    let (leaves, stays) = (on(&shelf, order_owner(1), 1), on(&shelf, order_owner(2), 1));
    world.receive(&shelf, 5);
    world.claim(&leaves, 3, None);
    let consume = ReservationDelta::Consume {
        quantity: quantity(3),
    };
    let set = |claimed| {
        let set = world.set("x").changes(&leaves, consume);
        let set = set.reserves(&stays, claimed, None);
        set.moves(1, &shelf, MovementKind::Shipped, -3)
    };
    let short = StockRefusal::Short {
        asked: units(3),
        available: 2,
    };
    let rows = vec![(shelf.clone(), short)];
    assert_eq!(world.refused(set(3)), Refusal::Stock { rows });
    world.done(set(2));
    let level = world.level(&shelf);
    assert_eq!((level.on_hand, level.reserved), (units(2), units(2)));
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn changes_of_one_reservation_are_applied_in_order() {
    let world = World::new();
    let shelf = row("hub", "A");
    let claim = on(&shelf, order_owner(1), 1);
    world.receive(&shelf, 5);
    let until = world.in_secs(60);
    let set = world
        .set("chain")
        .reserves(&claim, 5, Some(until))
        .changes(
            &claim,
            ReservationDelta::Confirm {
                quantity: quantity(3),
            },
        )
        .changes(
            &claim,
            ReservationDelta::Consume {
                quantity: quantity(1),
            },
        )
        .changes(
            &claim,
            ReservationDelta::Release {
                quantity: quantity(2),
                tentative: true,
            },
        );
    world.done(set.moves(1, &shelf, MovementKind::Shipped, -1));
    let found = world.reservation(&claim);
    assert_eq!(
        (found.confirmed, found.consumed, found.released),
        (units(2), units(1), units(2))
    );
    assert_eq!(
        (found.tentative, found.expires_at, found.version),
        (units(0), None, version(4))
    );
    let level = world.level(&shelf);
    assert_eq!(
        (level.on_hand, level.reserved, level.version),
        (units(4), units(2), version(2))
    );
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn a_count_below_what_is_reserved_is_accepted_as_a_shortfall() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.receive(&shelf, 5);
    world.claim(&on(&shelf, order_owner(1), 1), 4, None);
    world.done(
        world
            .set("count")
            .moves(1, &shelf, MovementKind::Counted, -3),
    );
    let level = world.level(&shelf);
    assert_eq!(
        (level.on_hand, level.reserved, level.shortfall),
        (units(2), units(4), units(2))
    );
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn a_batch_has_a_limit_and_may_be_empty() {
    let world = World::new();
    let sets: Vec<ChangeSet> = (0..=BATCH_ITEMS_MAX)
        .map(|n| world.set(&format!("set {n}")))
        .collect();
    let answer = block_on(world.store.commit(&world.tenant, &sets));
    assert!(
        matches!(answer, Err(StoreError::InvalidCall { .. })),
        "{answer:?}"
    );
    assert!(world.commit_all(&sets[1..]).iter().all(Outcome::is_done));
    assert_eq!(world.commit_all(&[]), []);
}

#[test]
fn checks_come_in_the_documented_order() {
    let world = World::new();
    let shelf = row("hub", "A");
    world.done(
        world
            .set("used")
            .writes(hub("hub"), 0, 1)
            .takes(&host_name("a"), &hub("hub")),
    );
    let mut set = world
        .set("used")
        .writes(hub("hub"), 8, 9)
        .takes(&host_name("a"), &hub("other"));
    let bad = on(&shelf, order_owner(1), 1);
    set = set.changes(
        &bad,
        ReservationDelta::Confirm {
            quantity: quantity(1),
        },
    );
    set = set.reserves(&on(&shelf, order_owner(2), 1), 1, None);
    set.requires.push(Requirement::Active(hub("missing")));
    set.fingerprint = Fingerprint([8; 33]);
    set.planned_at = world.in_secs(-6);
    set = set.sets(&shelf, 1).sets(&shelf, 1);
    let mut codes = Vec::new();
    let mut note = |set: &ChangeSet| {
        let json = serde_json::to_value(world.refused(set.clone())).unwrap();
        codes.push(json["code"].as_str().unwrap().to_owned());
    };
    note(&set);
    set.stock.pop();
    note(&set);
    set.planned_at = world.now();
    note(&set);
    set.origin.key = command("fresh");
    note(&set);
    set.unique.clear();
    note(&set);
    set.documents.clear();
    note(&set);
    set.requires.clear();
    note(&set);
    set.reservations.remove(0);
    note(&set);
    let order = [
        "defect",
        "clock_skew",
        "key_reused",
        "taken",
        "conflict",
        "unmet",
    ];
    assert_eq!(codes[..6], order);
    assert_eq!(codes[6..], ["reservation", "stock"]);
    set.reservations.clear();
    world.done(set);
}
