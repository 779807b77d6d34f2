//! Transfers on PostgreSQL: every step once, whoever asks; what is reserved stays.

use std::collections::BTreeMap;

use oms_core::hub::Hub;
use oms_core::plan::Command;
use oms_core::port::MovementFilter;
use oms_core::service::{Call, Error, Tenant, TransferDraft, TransferFilter};
use oms_core::stock::{MovementKind, TransferState};
use oms_core::testing::build;
use oms_core::value::{Name, Sku, TransferId, Units};
use tokio::task::JoinSet;

use crate::common::{Database, block_on, shared};
use crate::shop;

const TASKS: u32 = 16;

fn id(text: &str) -> TransferId {
    TransferId::parse(text).unwrap()
}

fn units(sku: &str, count: u32) -> BTreeMap<Sku, Units> {
    BTreeMap::from([(build::sku(sku), build::units(count))])
}

async fn on_hand(tenant: &Tenant, hub: &str) -> u32 {
    let level = tenant.stock_level(&build::stock(hub, "TEA")).await;
    level.unwrap().on_hand.get()
}

async fn request(tenant: &Tenant, name: &str, count: u32) {
    let draft = TransferDraft {
        from: build::hub("north"),
        to: build::hub("south"),
        lines: units("TEA", count),
    };
    let asked = tenant.request_transfer(id(name), draft, Call::default());
    asked.await.unwrap();
}

async fn furnish(tenant: &Tenant, units: u32) {
    shop::furnish(tenant, &["TEA"], units).await;
    let south = Hub::new(build::hub("south"), Name::parse("South").unwrap());
    shop::all(tenant, vec![Command::PutHub(south)]).await;
}

#[test]
fn many_that_ship_and_receive_the_same_transfer_move_its_goods_once() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenants = [shop::open(shared(&store)), shop::open(shared(&store))];
        let tenant = &tenants[0];
        furnish(tenant, 100).await;
        request(tenant, "T-1", 30).await;
        let mut all = JoinSet::new();
        for (_, tenant) in (0..TASKS).zip(tenants.iter().cycle()) {
            let tenant = tenant.clone();
            all.spawn(async move {
                let sent = BTreeMap::new();
                tenant.ship_transfer(id("T-1"), sent, Call::default()).await
            });
        }
        for done in all.join_all().await {
            done.unwrap();
        }
        assert_eq!(
            (
                on_hand(tenant, "north").await,
                on_hand(tenant, "south").await
            ),
            (70, 0)
        );
        let mut all = JoinSet::new();
        for (_, tenant) in (0..TASKS).zip(tenants.iter().cycle()) {
            let tenant = tenant.clone();
            let counted = units("TEA", 28);
            let call = Call::default();
            all.spawn(async move { tenant.receive_transfer(id("T-1"), counted, call).await });
        }
        for done in all.join_all().await {
            done.unwrap();
        }
        assert_eq!(
            (
                on_hand(tenant, "north").await,
                on_hand(tenant, "south").await
            ),
            (70, 28)
        );
        let received = tenant.transfer(&id("T-1")).await.unwrap().unwrap();
        assert_eq!(received.state, TransferState::Received);
        let filter = MovementFilter {
            kind: Some(MovementKind::TransferDifference),
            ..MovementFilter::default()
        };
        let lost = tenant.movements(&filter, None, 10).await.unwrap().items;
        assert_eq!(lost.len(), 1);
        assert_eq!(lost[0].draft.delta, -2);
        shop::sound(tenant).await;
        database.drop().await;
    });
}

#[test]
fn deliveries_that_are_told_at_once_count_once_each() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenants = [shop::open(shared(&store)), shop::open(shared(&store))];
        let tenant = &tenants[0];
        furnish(tenant, 100).await;
        request(tenant, "T-1", 30).await;
        let shipped = tenant.ship_transfer(id("T-1"), BTreeMap::new(), Call::default());
        shipped.await.unwrap();
        let mut all = JoinSet::new();
        // Each of four deliveries is told four times, by hosts that do not know of each other.
        for n in 0..TASKS {
            let tenant = tenants[usize::from(n % 2 == 0)].clone();
            let key = build::idempotency_key(&format!("delivery-{}", n / 4));
            all.spawn(async move {
                let (arrived, damaged) = (units("TEA", 3), units("TEA", 1));
                let call = Call::default().with_key(key);
                let told = tenant.receive_transfer_part(id("T-1"), arrived, damaged, call);
                told.await
            });
        }
        for done in all.join_all().await {
            done.unwrap();
        }
        assert_eq!(on_hand(tenant, "south").await, 8);
        let open = tenant.transfer(&id("T-1")).await.unwrap().unwrap();
        assert_eq!(open.under_way(), units("TEA", 18));
        let closed = tenant.close_transfer(id("T-1"), build::reason("gone"), Call::default());
        closed.await.unwrap();
        assert_eq!(on_hand(tenant, "south").await, 8);
        let closed = tenant.transfer(&id("T-1")).await.unwrap().unwrap();
        assert_eq!(closed.state, TransferState::Received);
        assert_eq!(closed.lost(&build::sku("TEA")).get(), 18);
        // Some of it turns up.
        let (arrived, damaged) = (units("TEA", 2), BTreeMap::new());
        let late = tenant.receive_transfer_part(id("T-1"), arrived, damaged, Call::default());
        late.await.unwrap();
        assert_eq!(on_hand(tenant, "south").await, 10);
        let found = tenant.transfer(&id("T-1")).await.unwrap().unwrap();
        assert_eq!(found.state, TransferState::Received);
        assert_eq!(found.lost(&build::sku("TEA")).get(), 16);
        shop::sound(tenant).await;
        database.drop().await;
    });
}

#[test]
fn transfers_and_orders_that_want_the_same_goods_never_share_a_unit() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenant = shop::open(shared(&store));
        furnish(&tenant, 20).await;
        for n in 0..8 {
            request(&tenant, &format!("T-{n}"), 2).await;
        }
        let mut all = JoinSet::new();
        for n in 0..8 {
            let (shipping, placing) = (tenant.clone(), tenant.clone());
            all.spawn(async move {
                let (name, sent) = (id(&format!("T-{n}")), BTreeMap::new());
                match shipping.ship_transfer(name, sent, Call::default()).await {
                    Ok(_) => 2,
                    Err(Error::Rejected(rejection)) => {
                        assert_eq!(rejection.code(), "stock_refused");
                        0
                    }
                    Err(error) => panic!("{error}"),
                }
            });
            all.spawn(async move {
                let mut placed = 0;
                for k in 0..2 {
                    let order = shop::order(&format!("{n}-{k}"), &["TEA"]);
                    match placing.place(order, Call::default()).await {
                        Ok(_) => placed += 1,
                        Err(error) => assert!(matches!(error, Error::Rejected(_)), "{error}"),
                    }
                }
                placed
            });
        }
        let taken: u32 = all.join_all().await.into_iter().sum();
        assert!(taken <= 20, "{taken} of 20 were given away");
        let row = build::stock("north", "TEA");
        let level = tenant.stock_level(&row).await.unwrap();
        assert!(level.reserved <= level.on_hand);
        let open = TransferFilter {
            open: Some(true),
            ..TransferFilter::default()
        };
        let open = tenant.transfers(&open, None, 100).await.unwrap().items;
        let shipped = open
            .iter()
            .filter(|one| one.state == TransferState::InTransit);
        let shipped = u32::try_from(shipped.count()).unwrap() * 2;
        assert_eq!(level.on_hand.get() + shipped, 20);
        assert_eq!(level.reserved.get() + shipped, taken);
        shop::sound(&tenant).await;
        database.drop().await;
    });
}
