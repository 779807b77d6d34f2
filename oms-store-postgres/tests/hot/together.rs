//! Calls of many tasks go to the server in few statements, and each task gets its own answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_core::service::{Call, Coalescing, Oms, Tenant};
use oms_core::testing::{FaultStore, Method, build};
use oms_core::value::OrderId;
use tokio::task::JoinSet;

use crate::common::{Database, block_on, shared, tell};
use crate::shop;

const TASKS: u32 = 64;
const SKUS: [&str; 3] = ["A", "B", "C"];

/// Runs a future on a runtime of one thread: whoever can go on does so before an answer is read.
fn on_one_thread<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

async fn place_all(tenant: &Tenant, name: &str) -> BTreeSet<OrderId> {
    let mut placing = JoinSet::new();
    for n in 0..TASKS {
        let (tenant, reference) = (tenant.clone(), format!("{name}-{n}"));
        placing.spawn(async move { shop::place(&tenant, &reference, &SKUS).await });
    }
    placing.join_all().await.into_iter().collect()
}

/// Reads of plans and commits since the last time. Blocks of order numbers are another matter: how
/// many tasks need one depends on what earlier ones left.
fn round_trips(logged: &FaultStore) -> usize {
    let calls = logged.take_calls();
    let counted =
        |call: &&oms_core::testing::Call| matches!(call.method, Method::Prefetch | Method::Commit);
    calls.iter().filter(counted).count()
}

#[test]
fn many_tasks_share_few_round_trips() {
    on_one_thread(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let logged = FaultStore::new(Arc::new(store.clone()));
        let tenant = shop::open(Arc::new(logged.clone()));
        shop::furnish(&tenant, &SKUS, 10_000).await;
        let _before = round_trips(&logged);
        let orders = place_all(&tenant, "first").await;
        let calls = round_trips(&logged);
        assert_eq!(orders.len(), 64, "every task has an order of its own");
        tell(&format!(
            "64 tasks place 64 orders with {calls} round trips"
        ));
        assert!(calls <= 24, "{calls}");

        place_all(&tenant, "known").await;
        let again = logged.take_calls();
        let count = |method| again.iter().filter(|call| call.method == method).count();
        let (asked, committed) = (count(Method::Prefetch), count(Method::Commit));
        tell(&format!(
            "and 64 more with {asked} reads and {committed} commits"
        ));
        assert!(asked <= 2 && committed <= 12, "{again:?}");
        assert_eq!(count(Method::TakeNumbers), 1, "a block for all of them");

        let mut picking = JoinSet::new();
        for order in &orders {
            let (tenant, order) = (tenant.clone(), *order);
            let (_, pick) = shop::steps()[1].clone();
            picking.spawn(async move { shop::command(&tenant, order, pick).await });
        }
        picking.join_all().await;
        let calls = round_trips(&logged);
        tell(&format!("64 tasks pick 64 orders with {calls} round trips"));
        assert!(calls <= 24, "{calls}");

        let alone = Oms::builder(Arc::new(logged.clone()));
        let alone = alone.coalescing(None).caching(None);
        let alone = alone.build().tenant(build::tenant(shop::TENANT));
        place_all(&alone, "second").await;
        let calls = round_trips(&logged);
        assert!(calls >= 128, "each goes alone when switched off: {calls}");
        shop::sound(&tenant).await;
        database.drop().await;
    });
}

#[test]
fn callers_that_give_up_take_nothing_from_the_others() {
    block_on(async {
        let database = Database::new().await;
        let tenant = shop::open(shared(&database.store(4).await));
        shop::furnish(&tenant, &SKUS, 100_000).await;
        let mut placing = JoinSet::new();
        for n in 0..400_u64 {
            let tenant = tenant.clone();
            placing.spawn(async move {
                let place = shop::order(&format!("order-{n}"), &SKUS);
                let call = tenant.place(place, Call::default());
                if n % 3 > 0 {
                    return Some(call.await.unwrap().receipt.order.unwrap().id);
                }
                // Some give up before, some while, and some after their batch is on its way.
                let patience = std::time::Duration::from_micros(n * 37 % 9_000);
                let done = tokio::time::timeout(patience, call).await;
                done.ok()
                    .map(|done| done.unwrap().receipt.order.unwrap().id)
            });
        }
        let answered: Vec<OrderId> = placing.join_all().await.into_iter().flatten().collect();
        let different: BTreeSet<&OrderId> = answered.iter().collect();
        assert_eq!(different.len(), answered.len());
        assert!(answered.len() >= 266, "{}", answered.len());
        tell(&format!("{} of 400 calls were answered", answered.len()));
        // What was answered is there, and can be worked on.
        for order in answered {
            assert!(tenant.order(order).await.is_ok());
        }
        shop::sound(&tenant).await;
        database.drop().await;
    });
}

#[test]
fn back_pressure_is_a_retryable_error() {
    on_one_thread(async {
        let database = Database::new().await;
        let options = Coalescing::default().waiting_max(8);
        let store = shared(&database.store(2).await);
        let oms = Oms::builder(store).coalescing(Some(options)).build();
        let tenant = oms.tenant(build::tenant(shop::TENANT));
        shop::furnish(&tenant, &SKUS, 10_000).await;
        let mut placing = JoinSet::new();
        for n in 0..TASKS {
            let (tenant, place) = (tenant.clone(), shop::order(&format!("order-{n}"), &SKUS));
            placing.spawn(async move { tenant.place(place, Call::default()).await });
        }
        let (mut done, mut busy) = (0, 0);
        for result in placing.join_all().await {
            match result {
                Ok(_) => done += 1,
                Err(error) => {
                    assert_eq!(
                        (error.code(), error.is_retryable()),
                        ("busy", true),
                        "{error:?}"
                    );
                    busy += 1;
                }
            }
        }
        assert!(done >= 9 && busy > 0, "{done} done, {busy} busy");
        shop::sound(&tenant).await;
        database.drop().await;
    });
}
