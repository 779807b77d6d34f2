//! Many tasks place orders while hubs fill up and go down: none is placed at a hub that is full, or
//! that was switched off before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use oms_core::hub::Hub;
use oms_core::order::{FulfillmentStatus, OrderCommand};
use oms_core::plan::{Command, CounterKey, Keys, Switchable};
use oms_core::port::Store;
use oms_core::service::{Call, Error, Tenant};
use oms_core::testing::build;
use oms_core::value::{LocalDate, Name, OrderId};
use oms_store_postgres::PgStore;
use tokio::task::JoinSet;

use crate::common::{Database, block_on, shared, tell};
use crate::shop;

const TASKS: u32 = 64;
const EACH: u32 = 6;
/// How many orders most tasks keep until the hub is down.
const AFTERWARDS: u32 = 4;
/// Together fewer than are asked for, and south alone far fewer.
const CAPACITY: [(&str, u32); 3] = [("west", 100), ("north", 120), ("south", 90)];

async fn furnish(tenant: &Tenant) {
    shop::furnish(tenant, &["TEA"], 10_000).await;
    for (priority, (id, capacity)) in (1..).zip(CAPACITY) {
        let mut hub = Hub::new(build::hub(id), Name::parse(id).unwrap());
        hub.priority = priority;
        hub.daily_capacity = Some(build::units(capacity));
        let commands = vec![Command::PutHub(hub), shop::receive(id, "TEA", 10_000)];
        shop::all(tenant, commands).await;
    }
}

/// Places orders; answers those that were placed after the hub was seen to be down, and refusals.
async fn place(tenant: Tenant, task: u32, down: Arc<AtomicBool>) -> (Vec<OrderId>, u32) {
    let (mut after, mut refused) = (Vec::new(), 0);
    for n in 0..EACH {
        // The others go on meanwhile, so that orders and the switch meet.
        let waits = n == EACH - AFTERWARDS && !task.is_multiple_of(4);
        while waits && !down.load(Ordering::SeqCst) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let was_down = down.load(Ordering::SeqCst);
        let order = shop::order(&format!("{task}-{n}"), &["TEA"]);
        match tenant.place(order, Call::default()).await {
            Ok(done) => {
                let id = done.receipt.order.unwrap().id;
                if was_down {
                    after.push(id);
                }
                // Now and then somebody changes their mind, and gives the capacity back.
                if n == 2 && task.is_multiple_of(8) {
                    let reason = build::reason("changed my mind");
                    shop::command(&tenant, id, OrderCommand::Cancel { reason }).await;
                }
            }
            Err(Error::Rejected(rejection)) => {
                assert_eq!(rejection.code(), "unserviceable", "{rejection}");
                refused += 1;
            }
            Err(Error::Contended { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    (after, refused)
}

async fn today(store: &PgStore) -> LocalDate {
    let tenant = build::tenant(shop::TENANT);
    let snapshot = store.prefetch(&tenant, &Keys::default()).await.unwrap();
    LocalDate::utc(snapshot.now)
}

/// Live work by hub, as the orders say.
async fn work(tenant: &Tenant) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let page = tenant
            .orders(&Default::default(), after, 500)
            .await
            .unwrap();
        for summary in page.items {
            let order = tenant.order(summary.id).await.unwrap();
            let live = order.fulfillments.values();
            for work in live.filter(|work| work.status != FulfillmentStatus::Cancelled) {
                *found.entry(work.hub.to_string()).or_default() += 1;
            }
        }
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[test]
fn no_hub_takes_on_more_than_it_can_or_anything_once_it_is_down() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenant = shop::open(shared(&store));
        furnish(&tenant).await;
        let began = today(&store).await;
        let down = Arc::new(AtomicBool::new(false));
        let mut placing = JoinSet::new();
        for task in 0..TASKS {
            placing.spawn(place(tenant.clone(), task, Arc::clone(&down)));
        }
        let west = Switchable::Hub(build::hub("west"));
        let switch = Command::SetActive {
            document: west,
            active: false,
        };
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        tenant.execute(switch, Call::default()).await.unwrap();
        down.store(true, Ordering::SeqCst);
        let (mut later, mut refused) = (Vec::new(), 0);
        for (after, failed) in placing.join_all().await {
            later.extend(after);
            refused += failed;
        }
        assert!(!later.is_empty(), "nobody ordered after the switch");
        for id in &later {
            let order = tenant.order(*id).await.unwrap();
            let hubs: Vec<&str> = order
                .fulfillments
                .values()
                .map(|work| work.hub.as_str())
                .collect();
            assert!(!hubs.contains(&"west"), "{hubs:?}");
        }
        let work = work(&tenant).await;
        tell(&format!(
            "{work:?}, {refused} refused, {} placed after the switch",
            later.len()
        ));
        // At midnight the day changes.
        let days = BTreeSet::from([began, today(&store).await]);
        for (id, capacity) in CAPACITY {
            let mut counted = 0;
            for day in &days {
                let key = CounterKey::HubDay(build::hub(id), *day);
                let taken = tenant.counter(&key).await.unwrap().get();
                assert!(taken <= capacity, "{id}: {taken} on {day}");
                counted += taken;
            }
            assert_eq!(counted, work.get(id).copied().unwrap_or(0), "{id}");
        }
        assert!(refused > 0, "capacity ran out");
        shop::sound(&tenant).await;
        database.drop().await;
    });
}
