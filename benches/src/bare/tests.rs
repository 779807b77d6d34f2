use futures_executor::block_on;
use oms_core::order::OrderStatus;
use oms_core::port::{ReservationFilter, StockFilter, Store};
use oms_core::value::HubId;

use super::*;
use crate::request::{CURRENCY, Request, request};
use crate::world::World;

const SIZE: Size = Size { skus: 40, hubs: 3 };

fn place(shop: &mut Shop, request: &Request) -> Result<Receipt, Refused> {
    shop.place(&Draft::read(request)?, &request.key)
}

#[test]
fn the_plain_program_and_the_library_come_to_the_same_orders() {
    let world = World::new(SIZE).unwrap();
    let mut shop = Shop::new(SIZE);
    for number in 0..100 {
        let request = request(number, 3, SIZE.skus);
        let plain = place(&mut shop, &request).unwrap();
        let done = world.place_text(&request).unwrap();
        let order = done.receipt.order.unwrap();
        assert_eq!(order.status, OrderStatus::Approved);
        assert_eq!(plain.status, order.status.as_str());
        assert_eq!(plain.version, done.receipt.version.get());
        assert_eq!(plain.events, done.receipt.events);

        let view = block_on(world.tenant.order(order.id)).unwrap();
        let stored = shop.orders.get(&plain.order).unwrap();
        let head: serde_json::Value = serde_json::from_str(&stored.head).unwrap();
        let total = head["totals"]["total"].as_str().unwrap();
        let totals = view.head.totals;
        assert_eq!(format!("{total} {CURRENCY}"), totals.total.to_string());
        let work = view.fulfillments.values().next().unwrap();
        let hub = shop.hubs.get(stored.reservations[0].hub).unwrap();
        assert_eq!(hub.id, work.hub.as_str());
    }
    assert!(shop.is_sound());
    assert_eq!(shop.orders(), 100);
    stock_agrees(&world, &shop);
}

/// Every stock row of the one is as the row of the other.
fn stock_agrees(world: &World, shop: &Shop) {
    let tenant = world.tenant.id();
    assert_eq!(block_on(world.store.audit(tenant)).unwrap(), []);
    let mut reserved = 0;
    for (hub, place) in (1..=SIZE.hubs).zip(0..) {
        let filter = StockFilter {
            hub: HubId::parse(&hub_id(hub)).ok(),
            ..StockFilter::default()
        };
        let page = block_on(world.store.stock(tenant, &filter, None, 500)).unwrap();
        for (key, level) in page.items {
            let product = shop.product_places[key.sku.as_str()];
            let row = &shop.products[product].stock[place];
            assert_eq!(row.on_hand, level.on_hand.get());
            assert_eq!(row.reserved, level.reserved.get());
            reserved += level.reserved.get();
        }
    }
    let filter = ReservationFilter::default();
    let page = block_on(world.store.reservations(tenant, &filter, None, 500)).unwrap();
    assert_eq!(page.items.len(), 300);
    let live: u32 = page.items.iter().map(|(_, row)| row.live().get()).sum();
    assert_eq!(live, reserved);
}

#[test]
fn a_repeated_key_and_a_known_reference_change_nothing() {
    let mut shop = Shop::new(SIZE);
    let first = request(1, 3, SIZE.skus);
    let receipt = place(&mut shop, &first).unwrap();
    assert_eq!(place(&mut shop, &first), Ok(receipt.clone()));

    let mut other = request(2, 3, SIZE.skus);
    other.key.clone_from(&first.key);
    assert_eq!(
        place(&mut shop, &other),
        Err(Refused("key of another order"))
    );

    let mut known = request(3, 3, SIZE.skus);
    known.reference.clone_from(&first.reference);
    let answer = place(&mut shop, &known).unwrap();
    assert!(answer.known);
    assert_eq!(answer.order, receipt.order);
    assert_eq!(shop.orders(), 1);
    assert!(shop.is_sound());
}

#[test]
fn what_cannot_be_is_refused_and_leaves_no_trace() {
    let mut shop = Shop::new(SIZE);
    let mut with = |change: fn(&mut Request)| {
        let mut request = request(1, 3, SIZE.skus);
        change(&mut request);
        place(&mut shop, &request)
    };
    assert_eq!(with(|r| r.total = "1.00".into()), Err(Refused("total")));
    assert_eq!(
        with(|r| r.lines[0].discount = "999.00".into()),
        Err(Refused("discount"))
    );
    assert_eq!(with(|r| r.lines[0].sku = "x".into()), Err(Refused("SKU")));
    assert_eq!(with(|r| r.customer = Uuid::nil()), Err(Refused("customer")));
    shop.hubs[1].active = false;
    shop.hubs[2].active = false;
    let refused = place(&mut shop, &request(1, 3, SIZE.skus));
    assert_eq!(refused, Err(Refused("stock")));
    assert_eq!(shop.orders(), 0);
    assert!(shop.is_sound());
    assert_eq!(shop.body_bytes(), 0);
}

#[test]
fn a_spoilt_shop_is_not_sound() {
    let mut shop = Shop::new(SIZE);
    place(&mut shop, &request(1, 3, SIZE.skus)).unwrap();
    assert!(shop.is_sound());
    shop.products[0].stock[0].reserved += 1;
    assert!(!shop.is_sound());
    shop.products[0].stock[0].reserved -= 1;
    shop.placed.clear();
    assert!(!shop.is_sound());
}
