//! Filters of the lists of stock, movements, reservations and jobs.

use futures_executor::block_on;
use oms_core::port::{MovementFilter, ReservationFilter, StockFilter, Store};
use oms_core::reservation::{ReservationDelta, ReservationKey};
use oms_core::stock::MovementKind;

use crate::world::*;

#[test]
fn every_filter_of_stock_narrows() {
    let world = World::new();
    let rows = [row("a", "X"), row("a", "Y"), row("b", "X"), row("b", "Z")];
    for (n, row) in rows.iter().enumerate() {
        world.receive(row, 10 * (i64::try_from(n).unwrap() + 1));
    }
    world.claim(&on(&rows[3], cart(1), 1), 35, None);
    let stock = |filter: StockFilter, after: Option<&_>, limit| {
        let page = block_on(world.store.stock(&world.tenant, &filter, after, limit)).unwrap();
        (
            page.items
                .into_iter()
                .map(|(key, _)| key)
                .collect::<Vec<_>>(),
            page.next,
        )
    };
    let all = StockFilter::default;
    assert_eq!(stock(all(), None, 9), (rows.to_vec(), None));
    assert_eq!(
        stock(all(), None, 3),
        (rows[..3].to_vec(), Some(rows[2].clone()))
    );
    assert_eq!(stock(all(), Some(&rows[2]), 3), (rows[3..].to_vec(), None));
    assert_eq!(stock(all(), Some(&rows[0]), 3), (rows[1..].to_vec(), None));
    let of_sku = || StockFilter {
        sku: Some(sku("X")),
        ..all()
    };
    assert_eq!(
        stock(of_sku(), None, 9).0,
        [rows[0].clone(), rows[2].clone()]
    );
    assert_eq!(stock(of_sku(), Some(&rows[0]), 9).0, [rows[2].clone()]);
    let at_hub = || StockFilter {
        hub: Some(hub_id("b")),
        ..all()
    };
    assert_eq!(stock(at_hub(), None, 9).0, rows[2..]);
    assert_eq!(stock(at_hub(), Some(&rows[2]), 9).0, rows[3..]);
    assert_eq!(
        stock(
            StockFilter {
                hub: Some(hub_id("b")),
                ..of_sku()
            },
            None,
            9
        )
        .0,
        rows[2..3]
    );
    let few = |most| StockFilter {
        available_at_most: Some(units(most)),
        ..all()
    };
    assert_eq!(
        stock(few(10), None, 9).0,
        [rows[0].clone(), rows[3].clone()]
    );
    assert_eq!(stock(few(5), None, 9).0, rows[3..]);
    assert_eq!(stock(few(4), None, 9).0, []);
}

#[test]
fn every_filter_of_movements_narrows() {
    let world = World::new();
    let (ax, bx, by) = (row("a", "X"), row("b", "X"), row("b", "Y"));
    // The ids do not follow the times.
    for (n, id) in [(0, 9), (1, 8), (2, 7), (3, 6)] {
        let kind = [MovementKind::Received, MovementKind::Adjusted][usize::from(n == 2)];
        let mut set = world.set(&format!("move {n}"));
        set = set.moves(
            id,
            [&ax, &bx, &by, &ax][usize::try_from(n).unwrap()],
            kind,
            1,
        );
        set.movements[0].order = (n == 1).then(|| order_id(5));
        world.done(set);
        world.advance(1);
    }
    let moves = |filter: MovementFilter, after: Option<_>, limit| {
        let page = block_on(world.store.movements(&world.tenant, &filter, after, limit)).unwrap();
        let places = page
            .items
            .iter()
            .map(|found| found.at.unix_secs() - START_SECS);
        (places.collect::<Vec<_>>(), page.next)
    };
    let all = MovementFilter::default;
    assert_eq!(moves(all(), None, 9), (vec![0, 1, 2, 3], None));
    let (first, next) = moves(all(), None, 3);
    assert_eq!(
        (first, moves(all(), next, 3)),
        (vec![0, 1, 2], (vec![3], None))
    );
    let of_sku = || MovementFilter {
        sku: Some(sku("X")),
        ..all()
    };
    assert_eq!(moves(of_sku(), None, 9).0, [0, 1, 3]);
    let (first, next) = moves(of_sku(), None, 2);
    assert_eq!(
        (first, moves(of_sku(), next, 2)),
        (vec![0, 1], (vec![3], None))
    );
    let at_hub = MovementFilter {
        hub: Some(hub_id("b")),
        ..all()
    };
    assert_eq!(moves(at_hub.clone(), None, 9).0, [1, 2]);
    assert_eq!(
        moves(
            MovementFilter {
                sku: Some(sku("X")),
                ..at_hub
            },
            None,
            9
        )
        .0,
        [1]
    );
    let adjusted = MovementFilter {
        kind: Some(MovementKind::Adjusted),
        ..all()
    };
    assert_eq!(moves(adjusted, None, 9).0, [2]);
    let order = MovementFilter {
        order: Some(order_id(5)),
        ..all()
    };
    assert_eq!(moves(order, None, 9).0, [1]);
    for base in [all(), of_sku()] {
        let (from, before) = (Some(at(1)), Some(at(3)));
        let between = MovementFilter {
            from,
            before,
            ..base.clone()
        };
        let expected = if base.sku.is_some() {
            vec![1]
        } else {
            vec![1, 2]
        };
        assert_eq!(moves(between.clone(), None, 9).0, expected);
        let (first, next) = moves(between.clone(), None, 1);
        assert_eq!((first, next.is_some()), (vec![1], expected.len() > 1));
        if next.is_some() {
            assert_eq!(moves(between, next, 9).0, [2]);
        }
        assert_eq!(
            moves(
                MovementFilter {
                    before: from,
                    ..base
                },
                None,
                9
            )
            .0,
            [0]
        );
    }
}

#[test]
fn the_least_id_of_movements_is_not_repeated() {
    let world = World::new();
    let shelf = row("hub", "A");
    for id in [0, 1] {
        let set = world.set(&format!("move {id}"));
        world.done(set.moves(id, &shelf, MovementKind::Received, 1));
    }
    let filter = MovementFilter {
        from: Some(world.now()),
        ..MovementFilter::default()
    };
    let page = |after| block_on(world.store.movements(&world.tenant, &filter, after, 1)).unwrap();
    let first = page(None);
    assert_eq!(first.items[0].draft.id.to_string(), uuid(0));
    assert_eq!(page(first.next).items[0].draft.id.to_string(), uuid(1));
}

#[test]
fn every_filter_of_reservations_narrows() {
    let world = World::new();
    let (ax, bx, by) = (row("a", "X"), row("b", "X"), row("b", "Y"));
    for row in [&ax, &bx, &by] {
        world.receive(row, 100);
    }
    // In the order of their keys: orders before carts.
    let keys = [
        on(&ax, order_owner(1), 1),
        on(&bx, order_owner(1), 1),
        on(&by, order_owner(2), 1),
        on(&bx, order_owner(2), 2),
        on(&bx, cart(1), 1),
    ];
    for (n, key) in keys.iter().enumerate().rev() {
        let until = [world.in_secs(10), world.in_secs(20)][usize::from(n == 4)];
        world.claim(key, 1, (n > 1).then_some(until));
    }
    let list = |filter: ReservationFilter, after: Option<&ReservationKey>, limit| {
        let page = block_on(
            world
                .store
                .reservations(&world.tenant, &filter, after, limit),
        );
        let page = page.unwrap();
        let found = page
            .items
            .iter()
            .map(|(key, _)| keys.iter().position(|known| known == key).unwrap());
        (found.collect::<Vec<_>>(), page.next.is_some())
    };
    let all = ReservationFilter::default;
    assert_eq!(list(all(), None, 9), (vec![0, 1, 2, 3, 4], false));
    assert_eq!(list(all(), None, 2), (vec![0, 1], true));
    assert_eq!(list(all(), Some(&keys[1]), 2), (vec![2, 3], true));
    assert_eq!(list(all(), Some(&keys[2]), 2), (vec![3, 4], false));
    let of_owner = || ReservationFilter {
        owner: Some(order_owner(1)),
        ..all()
    };
    assert_eq!(list(of_owner(), None, 9).0, [0, 1]);
    assert_eq!(list(of_owner(), Some(&keys[0]), 9).0, [1]);
    let of_sku = || ReservationFilter {
        sku: Some(sku("X")),
        ..all()
    };
    assert_eq!(list(of_sku(), None, 9).0, [0, 1, 3, 4]);
    assert_eq!(list(of_sku(), None, 2), (vec![0, 1], true));
    assert_eq!(list(of_sku(), Some(&keys[0]), 2), (vec![1, 3], true));
    assert_eq!(list(of_sku(), Some(&keys[1]), 2), (vec![3, 4], false));
    let on_row = || ReservationFilter {
        hub: Some(hub_id("b")),
        ..of_sku()
    };
    assert_eq!(list(on_row(), None, 9).0, [1, 3, 4]);
    assert_eq!(
        list(
            ReservationFilter {
                hub: Some(hub_id("a")),
                ..all()
            },
            None,
            9
        )
        .0,
        [0]
    );
    let due = || ReservationFilter { due: true, ..all() };
    assert_eq!(list(due(), None, 9).0, [0_usize; 0]);
    world.advance(10);
    assert_eq!(list(due(), None, 9).0, [2, 3]);
    assert_eq!(list(due(), None, 1), (vec![2], true));
    assert_eq!(list(due(), Some(&keys[2]), 1), (vec![3], false));
    let narrow = ReservationFilter {
        due: true,
        ..on_row()
    };
    assert_eq!(list(narrow, None, 9).0, [3]);
    let narrow = ReservationFilter {
        owner: Some(order_owner(1)),
        ..due()
    };
    assert_eq!(list(narrow, None, 9).0, [0_usize; 0]);
    world.advance(10);
    assert_eq!(list(due(), None, 9).0, [2, 3, 4]);
    // What the store ended on its own stays due until the order was told.
    world.done(
        world
            .set("x")
            .reserves(&on(&by, cart(9), 1), 100, None)
            .reclaims(),
    );
    let key = keys[2].clone();
    assert_eq!(
        list_due(&world),
        [keys[2].clone(), keys[3].clone(), keys[4].clone()]
    );
    let told = ReservationDelta::Acknowledge {
        quantity: quantity(1),
    };
    world.done(world.set("told").changes(&key, told));
    assert_eq!(list_due(&world), [keys[3].clone(), keys[4].clone()]);
}

fn list_due(world: &World) -> Vec<ReservationKey> {
    let filter = ReservationFilter {
        due: true,
        ..ReservationFilter::default()
    };
    let page = block_on(world.store.reservations(&world.tenant, &filter, None, 9)).unwrap();
    page.items.into_iter().map(|(key, _)| key).collect()
}

#[test]
fn jobs_are_listed_by_id() {
    let world = World::new();
    let now = world.now();
    world.done(
        world
            .set("x")
            .keeps_job(3, now)
            .keeps_job(1, now)
            .keeps_job(2, now),
    );
    let first = block_on(world.store.jobs(&world.tenant, None, 2)).unwrap();
    let ids: Vec<String> = first.items.iter().map(|job| job.id.to_string()).collect();
    assert_eq!(ids, [uuid(1), uuid(2)]);
    let rest = block_on(world.store.jobs(&world.tenant, first.next, 2)).unwrap();
    assert_eq!(
        (rest.items.len(), rest.items[0].id.to_string(), rest.next),
        (1, uuid(3), None)
    );
    assert_eq!(rest.items[0].run_at, oms_core::job::RunAt::At(now));
}
