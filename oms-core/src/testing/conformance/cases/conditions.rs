//! Filters with several conditions: each of them counts beside the others.

use crate::order::OrderStatus;
use crate::plan::{DocumentKey, OrderIndex};
use crate::port::{MovementFilter, OrderFilter, ReservationFilter, StockFilter};
use crate::reservation::{ReservationDelta, ReservationKey};
use crate::stock::{MovementDraft, MovementKind, StockKey};
use crate::testing::build::{
    Change, channel, customer_id, hub, movement, order_document, order_id, order_index, owner_cart,
    quantity, reservation, sku, stock, units,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::{PLENTY, Scene, later};
use crate::value::Timestamp;

/// Every choice among `N` conditions.
fn every<const N: usize>() -> impl Iterator<Item = [bool; N]> {
    (0..1_u32 << N).map(|bits| std::array::from_fn(|n| bits & (1 << n) != 0))
}

/// Every choice of two conditions or more: one alone is for other cases.
fn several<const N: usize>() -> impl Iterator<Item = [bool; N]> {
    every::<N>().filter(|choice: &[bool; N]| choice.iter().filter(|set| **set).count() > 1)
}

const ROWS: [(&str, &str, u32); 4] = [
    ("north", "MUG", 1),
    ("north", "TEA", 5),
    ("south", "MUG", 9),
    ("south", "TEA", 5),
];

pub(crate) async fn every_condition_on_stock_counts(scene: Scene) -> Result<(), Failure> {
    let goods = ROWS
        .into_iter()
        .fold(Change::new("goods"), |change, (at, of, count)| {
            change.receive(&stock(at, of), count)
        });
    scene.accept(goods).await?;
    for [by_sku, by_hub, by_units] in several::<3>() {
        let filter = StockFilter {
            sku: by_sku.then(|| sku("MUG")),
            hub: by_hub.then(|| hub("south")),
            available_at_most: by_units.then(|| units(5)),
        };
        let fits = |at: &str, of: &str, count: u32| {
            (!by_sku || of == "MUG") && (!by_hub || at == "south") && (!by_units || count <= 5)
        };
        let wanted: Vec<StockKey> = ROWS
            .into_iter()
            .filter(|(at, of, count)| fits(at, of, *count))
            .map(|(at, of, _)| stock(at, of))
            .collect();
        let found = scene.stock(&filter).await?;
        let found: Vec<_> = found.into_iter().map(|(key, _)| key).collect();
        same(&format!("{filter:?}"), &found, &wanted)?;
    }
    Ok(())
}

/// Claims of carts on every row, in the order of their keys.
fn claims(carts: &[u64]) -> Vec<ReservationKey> {
    let of_cart = |cart: &u64| {
        let owner = owner_cart(*cart);
        ROWS.map(|(at, of, _)| reservation(&owner, 1, &stock(at, of)))
    };
    carts.iter().flat_map(of_cart).collect()
}

/// Goods for the claims on every row.
fn goods() -> Change {
    ROWS.into_iter()
        .fold(Change::new("goods"), |change, (at, of, _)| {
            change.receive(&stock(at, of), 9)
        })
}

/// Whether a claim is one of cart number 2, of TEA, in the south: what is asked of the three.
fn is_asked(key: &ReservationKey, [by_owner, by_sku, by_hub]: [bool; 3]) -> bool {
    (!by_owner || key.owner == owner_cart(2))
        && (!by_sku || key.sku == sku("TEA"))
        && (!by_hub || key.hub == hub("south"))
}

/// The filter that asks for the same.
fn asking([by_owner, by_sku, by_hub]: [bool; 3]) -> ReservationFilter {
    ReservationFilter {
        owner: by_owner.then(|| owner_cart(2)),
        sku: by_sku.then(|| sku("TEA")),
        hub: by_hub.then(|| hub("south")),
        ..ReservationFilter::default()
    }
}

pub(crate) async fn every_condition_on_reservations_counts(scene: Scene) -> Result<(), Failure> {
    let all = claims(&[1, 2]);
    let change = all
        .iter()
        .fold(goods(), |change, key| change.reserve(key, 1));
    scene.accept(change).await?;
    // The one that owner, SKU and hub find together holds nothing any more.
    let over = reservation(&owner_cart(2), 1, &stock("south", "TEA"));
    let release = ReservationDelta::Release {
        quantity: quantity(1),
        tentative: false,
    };
    scene
        .accept(Change::new("over").reservation(&over, release))
        .await?;
    for [by_owner, by_sku, by_hub, live] in several::<4>() {
        let asked = [by_owner, by_sku, by_hub];
        let filter = ReservationFilter {
            live,
            ..asking(asked)
        };
        let mut wanted = all.clone();
        wanted.retain(|key| is_asked(key, asked) && (!live || *key != over));
        let found = scene.reservations(&filter).await?;
        same(&format!("{filter:?}"), &found, &wanted)?;
    }
    Ok(())
}

pub(crate) async fn every_condition_on_due_claims_counts(scene: Scene) -> Result<(), Failure> {
    let end = later(scene.now().await?, 60);
    let (brief, firm) = (claims(&[1, 2]), claims(&[3]));
    let change = brief
        .iter()
        .fold(goods(), |change, key| change.reserve_until(key, 1, end));
    let change = firm
        .iter()
        .fold(change, |change, key| change.reserve(key, 1));
    scene.accept(change).await?;
    scene.set_clock(later(end, 60)).await?;
    for asked in every::<3>().filter(|asked| *asked != [false; 3]) {
        let filter = ReservationFilter {
            due: true,
            ..asking(asked)
        };
        let mut wanted = brief.clone();
        wanted.retain(|key| is_asked(key, asked));
        let found = scene.reservations(&filter).await?;
        same(&format!("{filter:?}"), &found, &wanted)?;
    }
    Ok(())
}

/// Movements of every SKU, hub, kind and order at one time, numbered from `first` on.
fn moved(first: u64) -> Vec<MovementDraft> {
    let draft = |(n, [tea, north, received, of_one]): (u64, [bool; 4])| {
        let row = stock(
            if north { "north" } else { "south" },
            if tea { "TEA" } else { "MUG" },
        );
        let kind = if received {
            MovementKind::Received
        } else {
            MovementKind::Adjusted
        };
        MovementDraft {
            order: Some(order_id(if of_one { 1 } else { 2 })),
            ..movement(n, &row, kind, 1)
        }
    };
    (first..).zip(every::<4>()).map(draft).collect()
}

pub(crate) async fn every_condition_on_movements_counts(scene: Scene) -> Result<(), Failure> {
    let begin = scene.now().await?;
    let mut all: Vec<(Timestamp, MovementDraft)> = Vec::new();
    for (first, secs) in [(1, 0), (101, 60), (201, 120)] {
        let (at, drafts) = (later(begin, secs), moved(first));
        scene.set_clock(at).await?;
        let change = Change::new(&format!("from-{first}"));
        let change = drafts.iter().cloned().fold(change, Change::movement);
        scene.accept(change).await?;
        all.extend(drafts.into_iter().map(|draft| (at, draft)));
    }
    let (from, before) = (later(begin, 30), later(begin, 90));
    for [by_sku, by_hub, by_kind, by_order, since, until] in several::<6>() {
        let filter = MovementFilter {
            sku: by_sku.then(|| sku("TEA")),
            hub: by_hub.then(|| hub("north")),
            kind: by_kind.then_some(MovementKind::Adjusted),
            order: by_order.then(|| order_id(2)),
            from: since.then_some(from),
            before: until.then_some(before),
            ..MovementFilter::default()
        };
        let fits = |at: Timestamp, draft: &MovementDraft| {
            (!by_sku || draft.stock.sku == sku("TEA"))
                && (!by_hub || draft.stock.hub == hub("north"))
                && (!by_kind || draft.kind == MovementKind::Adjusted)
                && (!by_order || draft.order == Some(order_id(2)))
                && (!since || at >= from)
                && (!until || at < before)
        };
        let wanted = all.iter().filter(|(at, draft)| fits(*at, draft));
        let wanted: Vec<_> = wanted.map(|(_, draft)| draft.id).collect();
        let found = scene.movements(&filter).await?;
        let found: Vec<_> = found.iter().map(|movement| movement.draft.id).collect();
        same(&format!("{filter:?}"), &found, &wanted)?;
    }
    Ok(())
}

/// Orders of every status, moment, channel, customer, state and promise that is asked for or not,
/// by their numbers.
fn placed(begin: Timestamp) -> Vec<(u64, OrderIndex)> {
    let statuses = [
        OrderStatus::OnHold,
        OrderStatus::Pending,
        OrderStatus::Delivered,
    ];
    let moments = [0, 60, 120].map(|secs| later(begin, secs));
    let kinds = statuses.map(|status| moments.map(|at| (status, at)));
    let kinds = kinds.into_iter().flatten();
    let all = kinds.flat_map(|kind| every::<4>().map(move |like| (kind, like)));
    let all = (1..).zip(all);
    all.map(|(n, ((status, at), [desk, first, long, early]))| {
        let index = OrderIndex {
            status,
            channel: channel(if desk { "desk" } else { "web" }),
            customer: Some(customer_id(if first { 1 } else { 2 })),
            state_since: later(begin, if long { 200 } else { 400 }),
            promised_by: Some(later(begin, if early { 1_000 } else { 2_000 })),
            ..order_index(n, at)
        };
        (n, index)
    })
    .collect()
}

fn asking_for_orders(begin: Timestamp, asked: [bool; 8]) -> OrderFilter {
    let [held, open, desk, first, since, until, stuck, late] = asked;
    OrderFilter {
        statuses: held.then_some(OrderStatus::OnHold).into_iter().collect(),
        unfinished: open,
        channel: desk.then(|| channel("desk")),
        customer: first.then(|| customer_id(1)),
        placed_from: since.then(|| later(begin, 30)),
        placed_before: until.then(|| later(begin, 90)),
        stuck_since: stuck.then(|| later(begin, 300)),
        promised_before: late.then(|| later(begin, 1_500)),
    }
}

/// Whether a filter asks for an order.
fn is_meant(filter: &OrderFilter, order: &OrderIndex) -> bool {
    let open = !order.status.is_terminal();
    let (at, since, by) = (order.placed_at, order.state_since, order.promised_by);
    let channel = filter.channel.as_ref();
    (filter.statuses.is_empty() || filter.statuses.contains(&order.status))
        && (!filter.unfinished || open)
        && channel.is_none_or(|channel| *channel == order.channel)
        && (filter.customer.is_none() || filter.customer == order.customer)
        && filter.placed_from.is_none_or(|from| at >= from)
        && filter.placed_before.is_none_or(|before| at < before)
        && filter
            .stuck_since
            .is_none_or(|before| open && since < before)
        && filter
            .promised_before
            .is_none_or(|before| open && by.is_some_and(|by| by < before))
}

pub(crate) async fn every_condition_on_orders_counts(scene: Scene) -> Result<(), Failure> {
    let begin = scene.now().await?;
    let all = placed(begin);
    for (part, orders) in all.chunks(PLENTY).enumerate() {
        let orders = orders.iter();
        let writes = orders.map(|(n, index)| order_document(*n, index.clone()));
        let change = Change::new(&format!("orders-{part}")).documents(writes);
        scene.accept(change).await?;
    }
    for asked in several::<8>() {
        let filter = asking_for_orders(begin, asked);
        let wanted = all.iter().filter(|(_, order)| is_meant(&filter, order));
        let wanted: Vec<_> = wanted
            .map(|(n, _)| DocumentKey::Order(order_id(*n)))
            .collect();
        let (store, tenant) = (scene.store(), scene.tenant());
        let found = store.orders(tenant, &filter, None, 2 * PLENTY).await?;
        let mut found: Vec<_> = found.items.into_iter().map(|order| order.key).collect();
        // In which order they come is for another case.
        found.sort();
        same(&format!("{filter:?}"), &found, &wanted)?;
    }
    Ok(())
}
