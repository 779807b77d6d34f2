//! What people find in the lists of a shop, told of any store.

use oms_core::catalog::SkuMapping;
use oms_core::customer::Contact;
use oms_core::order::{
    FulfillmentStatus, HoldReason, OrderCommand, OrderState, OrderStatus, ShipParcel, Tracking,
    fold_at,
};
use oms_core::plan::{DocumentKey, Index, Keys, OnProblem, PlaceOrder, ReserveMode, UniqueKey};
use oms_core::port::OrderFilter;
use oms_core::service::{Call, HubWork, WorkFilter, pick_list};
use oms_core::testing::build;
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{ContactId, LineId, Name, OrderId, ShipmentId, Timestamp};

use crate::world::{Shop, order};

impl Shop {
    async fn listed(&self, filter: OrderFilter) -> Vec<OrderId> {
        let page = self.tenant.orders(&filter, None, 100).await.unwrap();
        page.items.into_iter().map(|order| order.id).collect()
    }

    /// The work of the hub, by pages of so many orders.
    async fn work(&self, filter: &WorkFilter, limit: usize) -> Vec<HubWork> {
        let north = build::hub("north");
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.tenant.work(&north, filter, after, limit).await;
            let page = page.unwrap();
            assert!(page.items.len() <= limit && page.unreadable.is_empty());
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    /// Since when the first work of the order is so far.
    async fn standing_since(&self, order: OrderId) -> Option<Timestamp> {
        let order = self.tenant.order(order).await.unwrap();
        order.fulfillments[&build::fulfillment(1)].status_since
    }

    async fn working(&self, filter: &WorkFilter) -> Vec<OrderId> {
        let works = self.work(filter, 100).await;
        works.iter().map(|order| order.head.id).collect()
    }
}

/// Ten of twelve units arrive, two wait for stock: the order is stuck and late, not finished.
pub(crate) async fn an_order_that_still_waits_for_units_is_stuck_and_late(shop: &Shop) {
    let mut place = PlaceOrder {
        on_problem: OnProblem::Backorder,
        ..order("desk", "1", 12)
    };
    place.draft.promised_by = Some(Timestamp::EPOCH);
    let done = shop.tenant.place(place, Call::default()).await.unwrap();
    let id = done.receipt.order.unwrap().id;
    let fulfillment = build::fulfillment(1);
    let parcel = ShipParcel {
        lines: Vec::new(),
        tracking: Tracking::default(),
    };
    for command in [
        OrderCommand::pick_all(fulfillment),
        OrderCommand::pack_all(fulfillment),
        OrderCommand::Ship {
            fulfillment,
            parcel,
        },
        OrderCommand::Deliver {
            shipment: ShipmentId::new(1).unwrap(),
        },
    ] {
        shop.run(id, command).await;
    }
    let stored = shop.tenant.order(id).await.unwrap();
    assert_eq!(
        (stored.head.state, stored.status()),
        (OrderState::Open, OrderStatus::Shipped)
    );
    let stuck = OrderFilter {
        stuck_since: Some(Timestamp::MAX),
        ..OrderFilter::default()
    };
    let late = OrderFilter {
        promised_before: Some(Timestamp::MAX),
        ..OrderFilter::default()
    };
    for filter in [stuck.clone(), late.clone()] {
        assert_eq!(shop.listed(filter).await, [id]);
    }
    let reason = build::reason("no more of it");
    shop.run(id, OrderCommand::CancelRest { reason }).await;
    assert_eq!(shop.state(id).await, OrderStatus::Delivered);
    for filter in [stuck, late] {
        assert_eq!(shop.listed(filter).await, [], "it is over");
    }
    shop.check().await;
}

/// Promised for Monday, then for Friday: it is not late on Tuesday.
pub(crate) async fn an_order_that_is_promised_anew_is_not_late(shop: &Shop) {
    // The fifth day of 1970 was a Monday.
    let day = |number: i64| Timestamp::from_unix_secs((number - 1) * 86_400).unwrap();
    let [monday, tuesday, friday, saturday] = [5, 6, 9, 10].map(day);
    let late = |at| OrderFilter {
        promised_before: Some(at),
        ..OrderFilter::default()
    };
    let mut place = order("desk", "1", 1);
    place.draft.promised_by = Some(monday);
    let done = shop.tenant.place(place, Call::default()).await.unwrap();
    let id = done.receipt.order.unwrap().id;
    assert_eq!(shop.listed(late(tuesday)).await, [id]);
    for _ in 0..2 {
        let by = Some(friday);
        shop.run(id, OrderCommand::Promise { by }).await;
    }
    assert_eq!(shop.listed(late(tuesday)).await, []);
    assert_eq!(shop.listed(late(saturday)).await, [id]);
    let history = shop.tenant.history(id).await.unwrap();
    let names = history.iter().map(|entry| entry.event.name());
    let changes = names.filter(|name| *name == "order.promise_changed");
    assert_eq!(changes.count(), 1);
    shop.run(id, OrderCommand::Promise { by: None }).await;
    assert_eq!(shop.listed(late(Timestamp::MAX)).await, []);
    shop.check().await;
}

/// Orders that a newer release wrote hide no others, wherever on a page they are.
pub(crate) async fn an_order_that_cannot_be_read_hides_no_others(shop: &Shop) {
    let mut orders = Vec::new();
    for reference in ["1", "2", "3", "4", "5"] {
        let place = order("desk", reference, 1);
        let done = shop.tenant.place(place, Call::default()).await.unwrap();
        orders.push(done.receipt.order.unwrap().id);
    }
    let mut spoilt: Vec<OrderId> = orders.iter().copied().step_by(2).collect();
    for order in &spoilt {
        shop.spoil(*order).await;
    }
    orders.retain(|order| !spoilt.contains(order));
    orders.sort_unstable();
    spoilt.sort_unstable();
    let filter = OrderFilter::default();
    for limit in 1..=6 {
        let (mut read, mut unreadable, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = shop.tenant.orders(&filter, after, limit).await.unwrap();
            assert!(page.items.len() + page.unreadable.len() <= limit);
            let whole = page.clone().whole();
            assert_eq!(whole.is_ok(), page.unreadable.is_empty(), "{whole:?}");
            read.extend(page.items.iter().map(|order| order.id));
            for order in page.unreadable {
                assert_eq!(order.error.code(), "newer_schema");
                unreadable.push(order.at.id);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        read.sort_unstable();
        unreadable.sort_unstable();
        assert_eq!((&read, &unreadable), (&orders, &spoilt), "{limit} a page");
    }
}

/// A screen of orders with their work and their addresses is two calls; what is missing and what a
/// newer release wrote is told in its place.
pub(crate) async fn orders_and_contacts_are_read_many_at_once(shop: &Shop) {
    let mut orders = Vec::new();
    for reference in ["1", "2", "3"] {
        let mut place = order("desk", reference, 1);
        let mut contact = Contact::default();
        contact.address.name = Name::parse(reference).ok();
        place.draft.contacts.ship_to = Some(contact);
        let done = shop.tenant.place(place, Call::default()).await.unwrap();
        let id = done.receipt.order.unwrap().id;
        orders.push(shop.tenant.order(id).await.unwrap());
    }
    let id = |n: usize| orders[n].head.id;
    let address = |n: usize| orders[n].head.ship_to.unwrap();
    shop.spoil(id(1)).await;
    let row = DocumentKey::Contact(address(1));
    shop.with_schema(row.clone(), Keys::of(row), 9_999).await;

    let unknown = build::order_id(77);
    let asked = [id(2), unknown, id(1), id(0), id(2)];
    let found = shop.tenant.orders_by_id(&asked).await.unwrap();
    let found = found.into_iter().map(|order| order.map_err(|e| e.code()));
    let expected = [
        Ok(orders[2].clone()),
        Err("not_found"),
        Err("newer_schema"),
        Ok(orders[0].clone()),
        Ok(orders[2].clone()),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);

    let called = |reference: &str| {
        let (kind, id) = (build::external("id"), build::external(reference));
        UniqueKey::ExternalReference(build::channel("desk"), kind, id)
    };
    let number = UniqueKey::OrderNumber(orders[0].head.number);
    let asked = [called("3"), called("none"), called("2"), number];
    let found = shop.tenant.find_orders(&asked).await.unwrap();
    let found = found.into_iter().map(|order| order.map_err(|e| e.code()));
    let expected = [
        Ok(Some(orders[2].clone())),
        Ok(None),
        Err("newer_schema"),
        Ok(Some(orders[0].clone())),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);

    let stranger = ContactId::from_uuid(build::uuid(77));
    let asked = [address(2), stranger, address(1), address(0)];
    let found = shop.tenant.contacts(&asked).await.unwrap();
    let name = |contact: Contact| contact.address.name.unwrap().as_str().to_owned();
    let found = found.into_iter().map(|contact| {
        contact
            .map(|contact| contact.map(name))
            .map_err(|e| e.code())
    });
    let named = |name: &str| Ok(Some(name.to_owned()));
    let expected = [named("3"), Ok(None), Err("newer_schema"), named("1")];
    assert_eq!(found.collect::<Vec<_>>(), expected);

    assert!(shop.tenant.orders_by_id(&[]).await.unwrap().is_empty());
    let many = vec![unknown; PAGE_ITEMS_MAX + 1];
    let refused = shop.tenant.orders_by_id(&many).await.unwrap_err();
    assert_eq!(refused.code(), "wrong_count");
    let many = vec![called("none"); PAGE_ITEMS_MAX + 1];
    let refused = shop.tenant.find_orders(&many).await.unwrap_err();
    assert_eq!(refused.code(), "wrong_count");
    let many = vec![stranger; PAGE_ITEMS_MAX + 1];
    let refused = shop.tenant.contacts(&many).await.unwrap_err();
    assert_eq!(refused.code(), "wrong_count");
}

/// Which SKUs have names on channels: by channel, then by name, whatever was put first.
pub(crate) async fn what_channels_call_skus_is_listed(shop: &Shop) {
    shop.put_channel("web").await;
    let mapping = |channel: &str, name: &str| {
        SkuMapping::new(
            build::channel(channel),
            build::external(name),
            build::sku("TEA"),
        )
    };
    let all = [
        mapping("desk", "tea"),
        mapping("web", "Tee"),
        mapping("web", "th\u{e9}"),
    ];
    for mapping in all.iter().rev() {
        let put = shop
            .tenant
            .put_sku_mapping(mapping.clone(), Call::default());
        put.await.unwrap();
    }
    for limit in 1..=4 {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = shop.tenant.sku_mappings(after.as_ref(), limit).await;
            let page = page.unwrap();
            assert_eq!(page.unreadable, []);
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, all, "{limit} a page");
    }
    shop.check().await;
}

/// Hubs and products hide no others either: one that a newer release wrote, and one that a hand
/// damaged.
pub(crate) async fn a_document_that_cannot_be_read_hides_no_others(shop: &Shop) {
    let north = DocumentKey::Hub(build::hub("north"));
    let mug = DocumentKey::Product(build::sku("MUG"));
    let damaged = build::create(mug.clone(), Index::Active(true), "[]");
    let south = build::hub_document("south", true);
    let change = build::Change::new("damaged").documents([damaged, south]);
    let id = shop.tenant.id();
    let now = shop.store.prefetch(id, &Keys::default()).await.unwrap().now;
    let done = shop.store.commit(id, &[change.at(now)]).await.unwrap();
    assert!(done[0].is_done(), "{done:?}");
    shop.with_schema(north.clone(), Keys::of(north.clone()), 9_999)
        .await;
    let hubs = shop.tenant.hubs(Some(true), None, 10).await.unwrap();
    let ids: Vec<_> = hubs.items.iter().map(|hub| hub.id.clone()).collect();
    assert_eq!(ids, [build::hub("south")]);
    let unreadable: Vec<_> = hubs.unreadable.iter().collect();
    assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    assert_eq!(
        (&unreadable[0].at, unreadable[0].error.code()),
        (&north, "newer_schema")
    );
    // The page goes on after it, and the one that is left is not hidden by its end.
    let first = shop.tenant.products(None, None, 1).await.unwrap();
    assert_eq!((first.items.len(), first.unreadable.len()), (0, 1));
    assert_eq!(
        (&first.unreadable[0].at, first.unreadable[0].error.code()),
        (&mug, "corrupt")
    );
    let rest = shop.tenant.products(None, first.next.as_ref(), 1).await;
    let rest = rest.unwrap();
    let skus: Vec<_> = rest
        .items
        .iter()
        .map(|product| product.sku.clone())
        .collect();
    assert_eq!((skus, rest.unreadable.len()), (vec![build::sku("TEA")], 0));
    assert_eq!(rest.next, None);
}

/// Every order with open work at the hub comes once, the oldest first, and leaves with its parcel.
pub(crate) async fn the_open_work_of_a_hub_is_listed_oldest_first(shop: &Shop) {
    shop.receive(20).await;
    let orders = shop.fill_north(5).await;
    // One comes with two pieces of work: units that were there at once, and units that came later.
    let split = PlaceOrder {
        on_problem: OnProblem::Backorder,
        ..order("desk", "split", 30)
    };
    let done = shop.tenant.place(split, Call::default()).await.unwrap();
    let split = done.receipt.order.unwrap().id;
    shop.receive(10).await;
    let assign = shop
        .tenant
        .assign(split, Some(build::hub("north")), Call::default());
    assign.await.unwrap();
    // What a cart claims is nobody's work.
    let cart = build::owner_cart(1);
    let claim = build::reservation(&cart, 1, &build::stock("north", "TEA"));
    let change = build::Change::new("cart").reserve(&claim, 1);
    let id = shop.tenant.id();
    let seen = shop.store.prefetch(id, &Keys::default()).await.unwrap();
    let done = shop.store.commit(id, &[change.at(seen.now)]).await;
    let done = done.unwrap();
    assert!(done[0].is_done(), "{done:?}");

    let all: Vec<OrderId> = orders.iter().copied().chain([split]).collect();
    let every = WorkFilter::default();
    for limit in 1..=7 {
        let works = shop.work(&every, limit).await;
        let found: Vec<OrderId> = works.iter().map(|order| order.head.id).collect();
        assert_eq!(found, all, "{limit} a page");
        let units: Vec<u32> = (works[5].works.iter())
            .map(|work| work.lines[0].reserved.get())
            .collect();
        assert_eq!(units, [25, 5]);
    }
    let south = build::hub("south");
    let page = shop.tenant.work(&south, &every, None, 10).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
    for limit in [0, 501] {
        let refused = shop.tenant.work(&south, &every, None, limit).await;
        assert_eq!(refused.unwrap_err().code(), "invalid_call");
    }

    let fulfillment = build::fulfillment(1);
    shop.run(orders[1], OrderCommand::pick_all(fulfillment))
        .await;
    let picked = WorkFilter {
        status: Some(FulfillmentStatus::Picked),
        ..WorkFilter::default()
    };
    assert_eq!(shop.working(&picked).await, [orders[1]]);
    let lines = pick_list(&shop.work(&every, 100).await);
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].sku.as_str(), lines[0].units), ("TEA", 34));
    let to_pick: Vec<OrderId> = (all.iter().copied())
        .filter(|order| *order != orders[1])
        .collect();
    assert_eq!(lines[0].orders, to_pick);

    shop.run(orders[1], OrderCommand::pack_all(fulfillment))
        .await;
    let parcel = ShipParcel {
        lines: Vec::new(),
        tracking: Tracking::default(),
    };
    let ship = OrderCommand::Ship {
        fulfillment,
        parcel,
    };
    shop.run(orders[1], ship).await;
    assert_eq!(shop.working(&every).await, to_pick, "what left is no work");
    shop.check().await;
}

/// Work that stands still is found by its own time, whatever became of its order meanwhile.
pub(crate) async fn work_that_stands_still_is_found(shop: &Shop) {
    let orders = shop.fill_north(2).await;
    let fulfillment = build::fulfillment(1);
    for order in &orders {
        shop.run(*order, OrderCommand::pick_all(fulfillment)).await;
    }
    let (still, moved) = (orders[0], orders[1]);
    let since = shop.standing_since(still).await.unwrap();
    let hold = OrderCommand::Hold {
        reason: HoldReason::Review,
        note: None,
    };
    shop.run(still, hold).await;
    shop.run(still, OrderCommand::release_all()).await;
    assert_eq!(shop.standing_since(still).await, Some(since));
    shop.run(moved, OrderCommand::pack_all(fulfillment)).await;
    let standing = |status, since_before| WorkFilter {
        status: Some(status),
        since_before: Some(since_before),
        ..WorkFilter::default()
    };
    let later = since.checked_add_micros(1).unwrap();
    let picked = FulfillmentStatus::Picked;
    assert_eq!(shop.working(&standing(picked, since)).await, []);
    assert_eq!(shop.working(&standing(picked, later)).await, [still]);
    let packed = FulfillmentStatus::Packed;
    let found = shop.working(&standing(packed, Timestamp::MAX)).await;
    assert_eq!(found, [moved]);
    // The history has all that the order knows.
    for id in orders {
        let history = shop.tenant.history(id).await.unwrap();
        let events = history.iter().map(|entry| (&entry.event, entry.at));
        assert_eq!(fold_at(events), Some(shop.tenant.order(id).await.unwrap()));
    }
    shop.check().await;
}

/// What is on hold, or may end by itself, is not to be begun; what cannot be read hides no others.
pub(crate) async fn work_that_may_go_on_is_told_apart(shop: &Shop) {
    let orders = shop.fill_north(4).await;
    let hold = OrderCommand::Hold {
        reason: HoldReason::Review,
        note: None,
    };
    shop.run(orders[0], hold).await;
    let unsure = PlaceOrder {
        reserve: ReserveMode::Tentative { ttl_secs: None },
        ..order("desk", "unsure", 1)
    };
    let done = shop.tenant.place(unsure, Call::default()).await.unwrap();
    let unsure = done.receipt.order.unwrap().id;
    let every = WorkFilter::default();
    let ready = WorkFilter {
        ready: true,
        ..WorkFilter::default()
    };
    let all: Vec<OrderId> = orders.iter().copied().chain([unsure]).collect();
    assert_eq!(shop.working(&every).await, all);
    assert_eq!(shop.working(&ready).await, orders[1..]);
    // Pages may be short of what is left out, and go on.
    assert_eq!(shop.work(&ready, 1).await.len(), 3);

    shop.spoil(orders[2]).await;
    let north = build::hub("north");
    let page = shop.tenant.work(&north, &ready, None, 10).await.unwrap();
    let found: Vec<OrderId> = page.items.iter().map(|order| order.head.id).collect();
    assert_eq!(found, [orders[1], orders[3]]);
    let unreadable: Vec<_> = (page.unreadable.iter())
        .map(|unreadable| (unreadable.at, unreadable.error.code()))
        .collect();
    assert_eq!(unreadable, [(orders[2], "newer_schema")]);
}

/// A page goes on behind all that its last order claims, whatever the number of the line.
pub(crate) async fn an_order_whose_line_has_the_last_number_is_listed_once(shop: &Shop) {
    let mut last = order("desk", "last", 1);
    last.draft.lines[0].id = LineId::new(2_147_483_647).unwrap();
    let mut placed = Vec::new();
    for place in [last, order("desk", "next", 1)] {
        let done = shop.tenant.place(place, Call::default()).await.unwrap();
        placed.push(done.receipt.order.unwrap().id);
    }
    let (north, every) = (build::hub("north"), WorkFilter::default());
    let mut after = None;
    for (at, order) in placed.iter().enumerate() {
        let page = shop.tenant.work(&north, &every, after, 1).await.unwrap();
        let found: Vec<OrderId> = page.items.iter().map(|work| work.head.id).collect();
        assert_eq!(found, [*order], "page {at}");
        after = page.next;
    }
    assert_eq!(after, None);
}
