//! Lists of orders: filters, order, pages.

use crate::order::OrderStatus;
use crate::plan::{DocumentKey, OrderIndex, StoredDocument};
use crate::port::OrderFilter;
use crate::testing::build::{Change, channel, customer_id, order_document, order_id, order_index};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene, later, later_micros};
use crate::testing::conformance::walk::walk;
use crate::value::Timestamp;

/// When the orders of these cases are placed, give or take.
fn noon() -> Timestamp {
    const NOON_SECS: i64 = 1_767_614_400;
    Timestamp::from_unix_secs(NOON_SECS).unwrap_or(Timestamp::EPOCH)
}

/// Stores an order number `n`.
async fn place(scene: &Scene, n: u64, index: OrderIndex) -> Result<(), Failure> {
    let change = Change::new(&format!("place-{n}")).document(order_document(n, index));
    scene.accept(change).await?;
    Ok(())
}

fn keys(found: &[StoredDocument]) -> Vec<DocumentKey> {
    found.iter().map(|document| document.key.clone()).collect()
}

fn orders(numbers: &[u64]) -> Vec<DocumentKey> {
    numbers
        .iter()
        .map(|n| DocumentKey::Order(order_id(*n)))
        .collect()
}

/// Stores orders 1, 2, ... and fails unless the filter finds number 1 alone.
async fn finds_the_first(
    scene: &Scene,
    filter: OrderFilter,
    indexes: impl IntoIterator<Item = OrderIndex>,
) -> Result<(), Failure> {
    for (n, index) in (1..).zip(indexes) {
        place(scene, n, index).await?;
    }
    let page = scene
        .store()
        .orders(scene.tenant(), &filter, None, PLENTY)
        .await?;
    same("what is found", &keys(&page.items), &orders(&[1]))
}

fn index(n: u64) -> OrderIndex {
    order_index(n, noon())
}

pub(crate) async fn orders_are_found_by_status(scene: Scene) -> Result<(), Failure> {
    let status = OrderStatus::OnHold;
    let filter = OrderFilter {
        statuses: [status].into(),
        ..OrderFilter::default()
    };
    finds_the_first(
        &scene,
        filter,
        [OrderIndex { status, ..index(1) }, index(2)],
    )
    .await
}

pub(crate) async fn orders_are_found_by_several_statuses(scene: Scene) -> Result<(), Failure> {
    let (held, over) = (OrderStatus::OnHold, OrderStatus::Delivered);
    let with = |n, status| OrderIndex { status, ..index(n) };
    for (n, status) in [(1, held), (2, over), (3, OrderStatus::Pending)] {
        place(&scene, n, with(n, status)).await?;
    }
    let filter = OrderFilter {
        statuses: [held, over].into(),
        ..OrderFilter::default()
    };
    let page = scene
        .store()
        .orders(scene.tenant(), &filter, None, PLENTY)
        .await?;
    let mut found = keys(&page.items);
    found.sort();
    same("what is found", &found, &orders(&[1, 2]))
}

pub(crate) async fn orders_are_found_that_are_not_finished(scene: Scene) -> Result<(), Failure> {
    let filter = OrderFilter {
        unfinished: true,
        ..OrderFilter::default()
    };
    let over = |n, status| OrderIndex { status, ..index(n) };
    let indexes = [
        index(1),
        over(2, OrderStatus::Delivered),
        over(3, OrderStatus::Cancelled),
        over(4, OrderStatus::Returned),
    ];
    finds_the_first(&scene, filter, indexes).await
}

pub(crate) async fn orders_are_found_by_channel(scene: Scene) -> Result<(), Failure> {
    let desk = channel("desk");
    let filter = OrderFilter {
        channel: Some(desk.clone()),
        ..OrderFilter::default()
    };
    finds_the_first(
        &scene,
        filter,
        [
            OrderIndex {
                channel: desk,
                ..index(1)
            },
            index(2),
        ],
    )
    .await
}

pub(crate) async fn orders_are_found_by_customer(scene: Scene) -> Result<(), Failure> {
    let of = |n, customer| OrderIndex {
        customer,
        ..index(n)
    };
    let filter = OrderFilter {
        customer: Some(customer_id(1)),
        ..OrderFilter::default()
    };
    let indexes = [
        of(1, Some(customer_id(1))),
        of(2, Some(customer_id(2))),
        of(3, None),
    ];
    finds_the_first(&scene, filter, indexes).await
}

pub(crate) async fn orders_are_found_from_a_time_on(scene: Scene) -> Result<(), Failure> {
    let early = order_index(2, later_micros(noon(), -1));
    let filter = OrderFilter {
        placed_from: Some(noon()),
        ..OrderFilter::default()
    };
    finds_the_first(&scene, filter, [index(1), early]).await
}

pub(crate) async fn orders_are_found_before_a_time(scene: Scene) -> Result<(), Failure> {
    let early = order_index(1, later_micros(noon(), -1));
    let filter = OrderFilter {
        placed_before: Some(noon()),
        ..OrderFilter::default()
    };
    finds_the_first(&scene, filter, [early, index(2)]).await
}

pub(crate) async fn orders_are_found_that_are_stuck(scene: Scene) -> Result<(), Failure> {
    let since = |n, micros| OrderIndex {
        placed_at: later(noon(), -60),
        state_since: later_micros(noon(), micros),
        ..index(n)
    };
    let filter = OrderFilter {
        stuck_since: Some(noon()),
        ..OrderFilter::default()
    };
    let over = |n, status| OrderIndex {
        status,
        ..since(n, -1)
    };
    let indexes = [
        since(1, -1),
        since(2, 0),
        over(3, OrderStatus::Delivered),
        over(4, OrderStatus::Cancelled),
        over(5, OrderStatus::Returned),
    ];
    finds_the_first(&scene, filter, indexes).await
}

pub(crate) async fn orders_are_found_that_are_late(scene: Scene) -> Result<(), Failure> {
    let by = |n, promised_by| OrderIndex {
        promised_by,
        ..index(n)
    };
    let filter = OrderFilter {
        promised_before: Some(noon()),
        ..OrderFilter::default()
    };
    let early = Some(later_micros(noon(), -1));
    let over = |n, status| OrderIndex {
        status,
        ..by(n, early)
    };
    let indexes = [
        by(1, early),
        by(2, Some(noon())),
        by(3, None),
        over(4, OrderStatus::Delivered),
        over(5, OrderStatus::Cancelled),
        over(6, OrderStatus::Returned),
    ];
    finds_the_first(&scene, filter, indexes).await
}

pub(crate) async fn orders_come_newest_first(scene: Scene) -> Result<(), Failure> {
    for (n, secs) in [(1, 10), (2, 30), (3, 20)] {
        place(&scene, n, order_index(n, later(noon(), secs))).await?;
    }
    let filter = OrderFilter::default();
    let page = scene
        .store()
        .orders(scene.tenant(), &filter, None, PLENTY)
        .await?;
    same("the orders", &keys(&page.items), &orders(&[2, 3, 1]))
}

pub(crate) async fn orders_of_one_moment_come_by_id_page_by_page(
    scene: Scene,
) -> Result<(), Failure> {
    for n in [2, 5, 1, 4, 3] {
        place(&scene, n, index(n)).await?;
    }
    let filter = OrderFilter::default();
    let found = walk!(2, |after, limit| scene.store().orders(
        scene.tenant(),
        &filter,
        after,
        limit
    ));
    same("the orders", &keys(&found), &orders(&[5, 4, 3, 2, 1]))
}

pub(crate) async fn pages_of_orders_hold_while_orders_arrive(scene: Scene) -> Result<(), Failure> {
    for n in 1..=4_u64 {
        let secs = i64::try_from(n).unwrap_or_default();
        place(&scene, n, order_index(n, later(noon(), secs))).await?;
    }
    let filter = OrderFilter::default();
    let first = scene
        .store()
        .orders(scene.tenant(), &filter, None, 2)
        .await?;
    check(first.next.is_some(), "there is no second page")?;
    place(&scene, 9, order_index(9, later(noon(), 60))).await?;
    let second = scene
        .store()
        .orders(scene.tenant(), &filter, first.next, 2)
        .await?;
    let mut found = keys(&first.items);
    found.extend(keys(&second.items));
    same("two pages", &found, &orders(&[4, 3, 2, 1]))
}
