//! Real brokers: events go out confirmed and in order, orders come in once, what is malformed goes
//! to the dead letters, and nothing is acknowledged before it is committed.
//!
//! `make test-brokers` starts the brokers and runs this. Without `OMS_TEST_RABBITMQ_URL` and
//! `OMS_TEST_NATS_URL` the tests say that they were skipped.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../oms-store-postgres/tests/common/mod.rs"]
mod cluster;
mod common;
#[path = "brokers/host.rs"]
mod host;
#[path = "brokers/inbound.rs"]
mod inbound;
#[path = "brokers/nats.rs"]
mod nats;
#[path = "brokers/rabbit.rs"]
mod rabbit;
#[path = "../../oms-store-memory/tests/work/world.rs"]
mod world;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use oms_core::port::{EventFeed, FeedStart, Publisher};
use oms_core::service::{Call, Intakes, Relay};
use oms_core::testing::build;
use oms_core::testing::{Fault, FaultStore};
use oms_examples::broker::Inbound;
use oms_store_memory::MemoryStore;
use tokio::time::sleep;

use world::{Shop, order};

/// Orders that each broker brings.
const ORDERS: u64 = 20;

/// The broker's address; `None`, and a word of it, where there is none.
fn url(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: {variable} is not set");
    }
    url
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

async fn shop() -> (Shop, MemoryStore) {
    let store = MemoryStore::new();
    let shop = Shop::open(&store).await;
    shop.receive(1_000).await;
    (shop, store)
}

/// Places and cancels orders, and relays what happened; twice, as after a crash before the
/// acknowledgement. Answers how many messages there were.
async fn relay_twice(shop: &Shop, store: &MemoryStore, to: Arc<dyn Publisher>) -> usize {
    for n in 0..10 {
        let place = order("desk", &format!("relayed-{n}"), 1);
        shop.tenant.place(place, Call::default()).await.unwrap();
    }
    let name = build::subscriber("broker");
    let tenant = shop.tenant.id().clone();
    let relay = Relay::new(Arc::new(store.clone()), to, tenant, name.clone());
    relay.subscribe(FeedStart::Beginning).await.unwrap();
    let mut published = 0;
    for _ in 0..2 {
        published = 0;
        loop {
            let relayed = relay.tick().await.unwrap();
            published += relayed.published;
            if relayed.published + relayed.passed == 0 {
                break;
            }
        }
        let tenant = shop.tenant.id();
        store
            .rewind(tenant, &name, FeedStart::Beginning)
            .await
            .unwrap();
    }
    published
}

/// An order of the channel, as a broker brings it.
fn payload(n: u64) -> Vec<u8> {
    format!(
        r##"{{"id":{n},"name":"#{n}","currency":"EUR","total_price":"4.50",
        "financial_status":"paid",
        "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
    )
    .into_bytes()
}

/// Waits until so many orders were taken in, and then a while for more.
async fn taken_in(shop: &Shop, orders: usize) {
    for _ in 0..600 {
        let jobs = shop.store.jobs(shop.tenant.id(), None, 100).await.unwrap();
        if jobs.items.len() >= orders {
            sleep(Duration::from_millis(500)).await;
            let jobs = shop.store.jobs(shop.tenant.id(), None, 100).await.unwrap();
            assert_eq!(jobs.items.len(), orders, "each is taken in once");
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("the orders do not come");
}

/// Places what was taken in.
async fn all_placed(shop: &Shop, orders: usize) {
    let before = shop.orders().await;
    let mut worker = shop.intakes().handle(shop.builder()).build();
    world::drain(&mut worker).await;
    assert_eq!(shop.orders().await, before + orders);
    shop.check().await;
}

/// The same shop while its store cannot be reached.
fn cut_off(shop: &Shop) -> Inbound {
    let store = FaultStore::new(shop.store.clone());
    store.fail_when(|_| Some(Fault::Unavailable));
    through(&store, shop)
}

/// The same shop, which writes through this store.
fn through(store: &FaultStore, shop: &Shop) -> Inbound {
    let store = Arc::new(store.clone());
    let oms = oms_core::service::Oms::builder(store).caching(None);
    let oms = oms.build_with_ids(Arc::new(oms_core::testing::FakeIds::new(5)));
    let tenant = oms.tenant(shop.tenant.id().clone());
    Inbound::new(
        Intakes::new(tenant, shop.queue.clone()),
        build::channel("desk"),
    )
}
