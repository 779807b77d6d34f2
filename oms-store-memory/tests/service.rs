//! The service on the memory store: whole stories, after which the audit finds nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_executor::block_on;
use oms_core::catalog::{Product, SalesChannel};
use oms_core::channel::{ORDER_NUMBER, read_orders};
use oms_core::customer::{Contact, Customer};
use oms_core::hub::Hub;
use oms_core::order::{
    HoldReason, LineQuantity, OrderCommand, OrderDraft, OrderStatus, ShipParcel, Source,
    SourceKind, Tracking,
};
use oms_core::plan::{
    ChangeSet, DocumentKind, OnProblem, PlaceOrder, ReserveLine, ReserveMode, ReserveStock,
};
use oms_core::port::{DocumentFilter, MovementFilter, Store};
use oms_core::reservation::Owner;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::stock::StockCommand;
use oms_core::tenant::Settings;
use oms_core::testing::{FakeClock, FakeIds, FaultStore, Method, build};
use oms_core::value::{AttributeKey, Currency, Name, OrderId, ShipmentId, Title, Version};
use oms_store_memory::MemoryStore;

/// A shop with one hub, one customer, and ten units of one SKU.
struct Shop {
    clock: FakeClock,
    store: MemoryStore,
    tenant: Tenant,
}

impl Shop {
    fn open() -> Self {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let oms = Oms::builder(Arc::new(store.clone()));
        let tenant = oms
            .build_with_ids(Arc::new(FakeIds::new(1)))
            .tenant(build::tenant("acme"));
        let call = Call::default;
        let name = |text: &str| Name::parse(text).unwrap();
        let customer = Customer {
            id: build::customer_id(1),
            external: None,
            contact: None,
            active: true,
            erased: false,
        };
        block_on(async {
            tenant
                .put_settings(Settings::default(), call())
                .await
                .unwrap();
            let channel = SalesChannel::new(build::channel("desk"), name("Desk"));
            tenant.put_channel(channel, call()).await.unwrap();
            tenant
                .put_hub(Hub::new(build::hub("north"), name("North")), call())
                .await
                .unwrap();
            let product = Product::new(build::sku("TEA"), Title::parse("Tea").unwrap());
            tenant.put_product(product, call()).await.unwrap();
            tenant
                .put_customer(customer, Some(contact()), call())
                .await
                .unwrap();
            let receive = StockCommand::Receive {
                quantity: build::quantity(10),
            };
            let (row, reason) = (build::stock("north", "TEA"), build::reason("delivery"));
            tenant
                .stock_command(row, receive, reason, call())
                .await
                .unwrap();
        });
        Self {
            clock,
            store,
            tenant,
        }
    }

    fn place(&self, units: u32, reserve: ReserveMode) -> OrderId {
        let place = PlaceOrder {
            reserve,
            ..PlaceOrder::new(draft(units))
        };
        let done = block_on(self.tenant.place(place, Call::default())).unwrap();
        done.receipt.order.unwrap().id
    }

    fn command(&self, order: OrderId, command: OrderCommand) -> OrderStatus {
        let done = block_on(self.tenant.order_command(order, command, Call::default())).unwrap();
        done.receipt.order.unwrap().status
    }

    fn counters(&self) -> (u32, u32) {
        let row = build::stock("north", "TEA");
        let level = block_on(self.tenant.stock_level(&row)).unwrap();
        (level.on_hand.get(), level.reserved.get())
    }

    fn check(&self) {
        assert_eq!(block_on(self.tenant.audit()).unwrap(), []);
    }
}

fn draft(units: u32) -> OrderDraft {
    let channel = build::channel("desk");
    let source = Source {
        kind: SourceKind::Manual,
        channel,
    };
    let mut draft = OrderDraft::new(source, Currency::parse("EUR").unwrap());
    draft.push_line("TEA", units, "4.50").unwrap();
    draft.customer = Some(build::customer_id(1));
    draft.contacts.ship_to = Some(contact());
    draft
}

fn contact() -> Contact {
    let mut contact = Contact::default();
    contact.address.name = Some(Name::parse("A. Buyer").unwrap());
    contact
}

#[test]
fn an_order_goes_from_the_desk_to_the_door() {
    let shop = Shop::open();
    let order = shop.place(4, ReserveMode::Confirmed);
    assert_eq!(shop.counters(), (10, 4));
    let (fulfillment, lines) = (build::fulfillment(1), Vec::new);
    if block_on(shop.tenant.order(order)).unwrap().status() == OrderStatus::Pending {
        shop.command(order, OrderCommand::Approve);
    }
    let pick = OrderCommand::Pick {
        fulfillment,
        lines: lines(),
    };
    assert_eq!(shop.command(order, pick), OrderStatus::Picked);
    let pack = OrderCommand::Pack {
        fulfillment,
        lines: lines(),
    };
    assert_eq!(shop.command(order, pack), OrderStatus::Packed);
    shop.check();
    let parcel = ShipParcel {
        lines: lines(),
        tracking: Tracking::default(),
    };
    let ship = OrderCommand::Ship {
        fulfillment,
        parcel,
    };
    assert_eq!(shop.command(order, ship), OrderStatus::Shipped);
    assert_eq!(shop.counters(), (6, 0));
    let shipment = ShipmentId::FIRST;
    let deliver = OrderCommand::Deliver { shipment };
    assert_eq!(shop.command(order, deliver), OrderStatus::Delivered);
    shop.check();
}

/// Stock leaves with a parcel, as many units as are in it, and at no other step of an order's life,
/// however often that is told.
#[test]
fn goods_leave_the_books_once_with_their_parcel() {
    let shop = Shop::open();
    let order = shop.place(4, ReserveMode::Confirmed);
    let work = build::fulfillment(1);
    let [first, second] = [1, 2].map(|number| ShipmentId::new(number).unwrap());
    let units = |units| LineQuantity {
        line: build::line(1),
        quantity: build::quantity(units),
    };
    let ship = |count| OrderCommand::Ship {
        fulfillment: work,
        parcel: ShipParcel {
            lines: vec![units(count)],
            tracking: Tracking::default(),
        },
    };
    let track = |shipment, number| OrderCommand::ChangeTracking {
        shipment,
        tracking: Tracking {
            number: Some(build::external(number)),
            ..Tracking::default()
        },
    };
    let steps = [
        (OrderCommand::pick_all(work), (10, 4)),
        (
            OrderCommand::Hold {
                reason: HoldReason::Review,
                note: None,
            },
            (10, 4),
        ),
        (OrderCommand::release_all(), (10, 4)),
        (
            OrderCommand::Unpick {
                fulfillment: work,
                lines: vec![units(1)],
                keep: true,
            },
            (10, 4),
        ),
        (OrderCommand::pick_all(work), (10, 4)),
        (OrderCommand::pack_all(work), (10, 4)),
        (ship(3), (7, 1)),
        (track(first, "1Z-1"), (7, 1)),
        (OrderCommand::Deliver { shipment: first }, (7, 1)),
        (OrderCommand::Deliver { shipment: first }, (7, 1)),
        (ship(1), (6, 0)),
        (OrderCommand::FailDelivery { shipment: second }, (6, 0)),
        (OrderCommand::FailDelivery { shipment: second }, (6, 0)),
        (
            OrderCommand::Return {
                fulfillment: work,
                lines: Vec::new(),
            },
            (6, 0),
        ),
    ];
    for (command, counters) in steps {
        let step = command.kind();
        shop.command(order, command);
        assert_eq!(shop.counters(), counters, "{step}");
    }
    let filter = MovementFilter {
        order: Some(order),
        ..MovementFilter::default()
    };
    let moved = block_on(shop.tenant.movements(&filter, None, 10)).unwrap();
    let moved: Vec<i64> = moved.items.iter().map(|moved| moved.draft.delta).collect();
    assert_eq!(moved, [-3, -1]);
    shop.check();
}

#[test]
fn a_cancelled_order_gives_its_stock_back() {
    let shop = Shop::open();
    let order = shop.place(4, ReserveMode::Confirmed);
    let reason = build::reason("changed their mind");
    assert_eq!(
        shop.command(order, OrderCommand::Cancel { reason }),
        OrderStatus::Cancelled
    );
    assert_eq!(shop.counters(), (10, 0));
    shop.check();
}

#[test]
fn expired_claims_of_a_cart_and_an_order_make_room_and_are_swept() {
    let shop = Shop::open();
    let owner = Owner::Cart(build::cart_id(1));
    let quantity = build::quantity(5);
    let line = ReserveLine {
        line: build::line(1),
        sku: build::sku("TEA"),
        quantity,
    };
    let mode = ReserveMode::Tentative { ttl_secs: Some(60) };
    let claim = ReserveStock {
        mode,
        ..ReserveStock::new(owner.clone(), vec![line])
    };
    block_on(shop.tenant.reserve(claim, Call::default())).unwrap();
    let waiting = shop.place(5, mode);
    assert_eq!(shop.counters(), (10, 10));
    shop.clock.advance_secs(60);
    shop.place(8, ReserveMode::Confirmed);
    assert_eq!(shop.counters(), (10, 8));
    shop.check();
    let swept = block_on(shop.tenant.sweep()).unwrap();
    assert_eq!((swept.expired, swept.failed), (1, 0));
    let claims = block_on(shop.tenant.reservations_of(&Owner::Order(waiting))).unwrap();
    assert!(
        claims.iter().all(|(_, claim)| claim.lapsed.is_zero()),
        "{claims:?}"
    );
    let swept = block_on(shop.tenant.sweep()).unwrap();
    assert_eq!((swept.expired, swept.failed), (0, 0));
    shop.check();
}

#[test]
fn personal_data_of_a_customer_is_erased() {
    let shop = Shop::open();
    shop.place(1, ReserveMode::Confirmed);
    let customer = build::customer_id(1);
    let erased = block_on(shop.tenant.erase_customer(customer, Call::default())).unwrap();
    assert_eq!(erased, 2);
    shop.check();
    let filter = DocumentFilter::of(DocumentKind::Contact);
    let tenant = build::tenant("acme");
    let found = block_on(shop.store.documents(&tenant, &filter, None, 9)).unwrap();
    assert_eq!(found.items.len(), 2);
    assert!(
        found.items.iter().all(|row| !row.json.contains("A. Buyer")),
        "{found:?}"
    );
}

/// A call with a key, a version and something of the host's, whose runs are counted.
fn laden(runs: &Arc<AtomicUsize>) -> Call {
    let runs = runs.clone();
    let count = move |_: &mut ChangeSet| {
        runs.fetch_add(1, Ordering::SeqCst);
    };
    Call::default()
        .with_key(build::idempotency_key("laden"))
        .expecting(Version::ZERO)
        .with_extension(Arc::new(count))
}

/// What is said of one command is not said of the several that a call stands for.
#[test]
fn erasing_again_with_a_key_commits_nothing() {
    let shop = Shop::open();
    let store = FaultStore::new(Arc::new(shop.store.clone()));
    let oms = Oms::builder(Arc::new(store.clone())).build_with_ids(Arc::new(FakeIds::new(2)));
    let (tenant, runs) = (oms.tenant(build::tenant("acme")), Arc::default());
    let commits = || {
        let customer = build::customer_id(1);
        block_on(tenant.erase_customer(customer, laden(&runs))).unwrap();
        let calls = store.take_calls().into_iter();
        calls.filter(|call| call.method == Method::Commit).count()
    };
    assert_eq!([commits(), commits()], [1, 0]);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    shop.check();
}

#[test]
fn goods_are_handed_out_whatever_version_the_call_expects() {
    let shop = Shop::open();
    shop.place(10, ReserveMode::Confirmed);
    let wants = |units| PlaceOrder {
        on_problem: OnProblem::Backorder,
        ..PlaceOrder::new(draft(units))
    };
    let place = |units| {
        shop.clock.advance_secs(1);
        let done = block_on(shop.tenant.place(wants(units), Call::default()));
        done.unwrap().receipt.order.unwrap().id
    };
    let orders = [place(1), place(2)];
    let receive = StockCommand::Receive {
        quantity: build::quantity(3),
    };
    let (row, reason) = (build::stock("north", "TEA"), build::reason("delivery"));
    let received = shop
        .tenant
        .stock_command(row, receive, reason, Call::default());
    block_on(received).unwrap();
    let runs = Arc::default();
    let handed = block_on(shop.tenant.hand_out(&build::sku("TEA"), laden(&runs))).unwrap();
    let given: Vec<OrderId> = handed.given.iter().map(|(order, _)| *order).collect();
    assert_eq!((given.as_slice(), handed.left.len()), (&orders[..], 0));
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    shop.check();
}

/// A shop begins its numbers again, or two shops feed one channel: the second order is another one.
#[test]
fn two_orders_with_one_number_are_both_stored() {
    let shop = Shop::open();
    let order = |id: u32| {
        let body = format!(
            r##"{{"id":{id},"name":"#1001","currency":"EUR","total_price":"4.50",
                "financial_status":"paid",
                "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
        );
        let mut read = read_orders(body.as_bytes(), &build::channel("desk")).unwrap();
        let place = PlaceOrder::new(read.remove(0).unwrap().draft);
        let done = block_on(shop.tenant.place(place, Call::default())).unwrap();
        (done.receipt.order.unwrap().id, done.receipt.known)
    };
    let (first, known) = order(1);
    assert!(!known);
    let (second, known) = order(2);
    assert!(!known && second != first);
    assert_eq!(order(1), (first, true));
    let number = AttributeKey::parse(ORDER_NUMBER).unwrap();
    for id in [first, second] {
        let kept = block_on(shop.tenant.order(id)).unwrap().head;
        assert_eq!(kept.attributes[&number].as_str(), "#1001");
        assert_eq!(kept.external.len(), 1);
    }
    shop.check();
}
