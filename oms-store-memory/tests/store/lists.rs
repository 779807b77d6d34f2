//! Filters of every list.

use futures_executor::block_on;
use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, DocumentKind, Index, OrderIndex};
use oms_core::port::{DocumentFilter, OrderFilter, Store};
use oms_core::value::ChannelId;

use crate::world::*;

fn orders(world: &World, filter: OrderFilter) -> Vec<DocumentKey> {
    let page = block_on(world.store.orders(&world.tenant, &filter, None, 500)).unwrap();
    assert_eq!(page.next, None);
    page.items
        .into_iter()
        .map(|document| document.key)
        .collect()
}

/// Orders 1 to 4, placed at 1 s to 4 s.
fn four_orders() -> World {
    let world = World::new();
    for n in 1..=4_u32 {
        let mut index = order_index(u64::from(n), OrderStatus::Pending, at(n.into()));
        index.status = [OrderStatus::Pending, OrderStatus::Delivered][usize::from(n == 3)];
        index.customer = (n != 2).then(|| customer_id(n % 2));
        index.channel = ChannelId::parse(if n < 3 { "shop" } else { "market" }).unwrap();
        index.promised_by = (n != 4).then(|| at(100 + i64::from(n)));
        index.state_since = at(10 * i64::from(n));
        let set = world.set(&format!("order {n}"));
        world.done(set.writes_as(order(n), 0, 1, Index::Order(index)));
    }
    world
}

#[test]
fn every_filter_of_orders_narrows() {
    let world = four_orders();
    let all = OrderFilter::default;
    assert_eq!(
        orders(&world, all()),
        [order(4), order(3), order(2), order(1)]
    );
    let pending = OrderFilter {
        statuses: [OrderStatus::Pending].into(),
        ..all()
    };
    assert_eq!(
        orders(&world, pending.clone()),
        [order(4), order(2), order(1)]
    );
    let delivered = OrderFilter {
        statuses: [OrderStatus::Delivered].into(),
        ..all()
    };
    assert_eq!(orders(&world, delivered), [order(3)]);
    let picking = OrderFilter {
        statuses: [OrderStatus::Picking].into(),
        ..all()
    };
    assert_eq!(orders(&world, picking), []);
    let either = OrderFilter {
        statuses: [OrderStatus::Picking, OrderStatus::Delivered].into(),
        ..all()
    };
    assert_eq!(orders(&world, either.clone()), [order(3)]);
    let unfinished = OrderFilter {
        unfinished: true,
        ..all()
    };
    assert_eq!(orders(&world, unfinished), [order(4), order(2), order(1)]);
    let neither = OrderFilter {
        unfinished: true,
        ..either
    };
    assert_eq!(orders(&world, neither), []);
    let channel = ChannelId::parse("market").unwrap();
    assert_eq!(
        orders(
            &world,
            OrderFilter {
                channel: Some(channel),
                ..all()
            }
        ),
        [order(4), order(3)]
    );
    let of = |n| OrderFilter {
        customer: Some(customer_id(n)),
        ..all()
    };
    assert_eq!(orders(&world, of(1)), [order(3), order(1)]);
    assert_eq!(orders(&world, of(0)), [order(4)]);
    assert_eq!(orders(&world, of(7)), []);
    let from = OrderFilter {
        placed_from: Some(at(3)),
        ..all()
    };
    assert_eq!(orders(&world, from), [order(4), order(3)]);
    let before = OrderFilter {
        placed_before: Some(at(3)),
        ..all()
    };
    assert_eq!(orders(&world, before), [order(2), order(1)]);
    let between = OrderFilter {
        placed_from: Some(at(2)),
        placed_before: Some(at(4)),
        ..all()
    };
    assert_eq!(orders(&world, between.clone()), [order(3), order(2)]);
    let both = OrderFilter {
        statuses: [OrderStatus::Pending].into(),
        ..between.clone()
    };
    assert_eq!(orders(&world, both), [order(2)]);
    let both = OrderFilter {
        customer: Some(customer_id(1)),
        ..between
    };
    assert_eq!(orders(&world, both), [order(3)]);
    let never = OrderFilter {
        placed_from: Some(at(4)),
        placed_before: Some(at(2)),
        ..pending
    };
    assert_eq!(orders(&world, never), []);
    let stuck = OrderFilter {
        stuck_since: Some(at(30)),
        ..all()
    };
    assert_eq!(orders(&world, stuck), [order(2), order(1)]);
    let late = OrderFilter {
        promised_before: Some(at(103)),
        ..all()
    };
    assert_eq!(orders(&world, late), [order(2), order(1)]);
}

#[test]
fn orders_are_found_by_what_they_are_now() {
    let world = four_orders();
    let mut index = order_index(1, OrderStatus::Cancelled, at(1));
    index.customer = Some(customer_id(5));
    world.done(
        world
            .set("change")
            .writes_as(order(1), 1, 2, Index::Order(index)),
    );
    let with = |status| OrderFilter {
        statuses: [status].into(),
        ..OrderFilter::default()
    };
    assert_eq!(
        orders(&world, with(OrderStatus::Pending)),
        [order(4), order(2)]
    );
    assert_eq!(orders(&world, with(OrderStatus::Cancelled)), [order(1)]);
    let of = |n| OrderFilter {
        customer: Some(customer_id(n)),
        ..OrderFilter::default()
    };
    assert_eq!(orders(&world, of(1)), [order(3)]);
    assert_eq!(orders(&world, of(5)), [order(1)]);
    assert_eq!(world.audit(), Vec::<String>::new());
}

#[test]
fn documents_of_a_kind_are_listed_by_key() {
    let world = World::new();
    let mut set = world
        .set("x")
        .writes(order(7), 0, 1)
        .writes(contact(1), 0, 1);
    for (n, name) in ["c", "a", "b"].into_iter().enumerate() {
        set = set.writes_as(hub(name), 0, 1, Index::Active(n != 1));
        set = set.writes_as(product(name), 0, 1, Index::Active(true));
    }
    let host = |id: &str| DocumentKey::Host(external("kind"), external(id));
    world.done(set.writes(host("h"), 0, 1));
    let page = |kind, active, after: Option<&DocumentKey>, limit| {
        let filter = DocumentFilter {
            active,
            ..DocumentFilter::of(kind)
        };
        let page = block_on(world.store.documents(&world.tenant, &filter, after, limit)).unwrap();
        (
            page.items
                .into_iter()
                .map(|found| found.key)
                .collect::<Vec<_>>(),
            page.next,
        )
    };
    let hubs = DocumentKind::Hub;
    assert_eq!(
        page(hubs, None, None, 2),
        (vec![hub("a"), hub("b")], Some(hub("b")))
    );
    assert_eq!(page(hubs, None, Some(&hub("b")), 2), (vec![hub("c")], None));
    assert_eq!(page(hubs, Some(true), None, 9).0, [hub("b"), hub("c")]);
    assert_eq!(page(hubs, Some(false), None, 9).0, [hub("a")]);
    assert_eq!(page(DocumentKind::Host, None, None, 9).0, [host("h")]);
    assert_eq!(page(DocumentKind::Host, Some(true), None, 9).0, []);
    assert_eq!(page(DocumentKind::Order, None, None, 9).0, [order(7)]);
    assert_eq!(
        page(DocumentKind::Contact, None, Some(&contact(1)), 9).0,
        []
    );
    // The least id there can be is after nothing and before everything.
    world.done(world.set("least").writes(order(0), 0, 1));
    let orders = DocumentKind::Order;
    assert_eq!(page(orders, None, None, 9).0, [order(0), order(7)]);
    assert_eq!(page(orders, None, Some(&order(0)), 9).0, [order(7)]);
    // A key of another kind stands before or after all of this one.
    assert_eq!(
        page(orders, None, Some(&hub("z")), 9).0,
        [order(0), order(7)]
    );
    assert_eq!(page(DocumentKind::Contact, None, Some(&order(1)), 9).0, []);
    assert_eq!(page(hubs, None, Some(&order(1)), 9).0, []);
    assert_eq!(page(orders, None, Some(&host("a")), 9).0, []);
    assert_eq!(
        page(orders, None, Some(&product("z")), 9).0,
        [order(0), order(7)]
    );
}

#[test]
fn personal_documents_are_those_of_the_customer_they_name_or_their_order_has() {
    let world = World::new();
    let personal = |customer: Option<u32>, order: Option<u32>| Index::Personal {
        customer: customer.map(customer_id),
        order: order.map(order_id),
    };
    let index = |customer| OrderIndex {
        customer: Some(customer_id(customer)),
        ..order_index(1, OrderStatus::Pending, world.now())
    };
    let set = world
        .set("a")
        .writes_as(order(9), 0, 1, Index::Order(index(1)));
    let set = set.writes_as(contact(1), 0, 1, personal(Some(1), None));
    let set = set.writes_as(payload(2), 0, 1, personal(None, Some(9)));
    let set = set.writes_as(contact(3), 0, 1, personal(Some(1), Some(9)));
    world.done(set.writes_as(contact(4), 0, 1, personal(Some(2), None)));
    let of = |customer: u32| -> Vec<DocumentKey> {
        let customer = customer_id(customer);
        block_on(world.store.personal(&world.tenant, customer, None, 10)).unwrap()
    };
    assert_eq!(of(1), [contact(1), contact(3), payload(2)]);
    let first = world.store.personal(&world.tenant, customer_id(1), None, 2);
    assert_eq!(block_on(first).unwrap(), [contact(1), contact(3)]);
    let after = Some(contact(3));
    let rest = world
        .store
        .personal(&world.tenant, customer_id(1), after.as_ref(), 2);
    assert_eq!(block_on(rest).unwrap(), [payload(2)]);
    assert_eq!(of(2), [contact(4)]);
    world.done(
        world
            .set("b")
            .writes_as(order(9), 1, 2, Index::Order(index(2))),
    );
    assert_eq!(of(1), [contact(1), contact(3)]);
    assert_eq!(of(2), [contact(4), payload(2)]);
    world.done(world.set("c").writes_as(payload(2), 1, 2, Index::None));
    assert_eq!(of(2), [contact(4)]);
    assert_eq!(of(3), []);
    assert_eq!(world.audit(), Vec::<String>::new());
}
