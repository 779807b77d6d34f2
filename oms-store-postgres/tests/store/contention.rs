//! Many tasks on one server: nothing is sold twice, nothing blocks, nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use oms_core::plan::{Body, Index};
use oms_core::plan::{ChangeSet, DocumentKey, Outcome, Refusal, Requirement};
use oms_core::port::Store;
use oms_core::stock::StockKey;
use oms_core::testing::Random;
use oms_core::testing::build::{
    Change, create, host, host_document, hub, hub_document, order_document, order_index,
    owner_order, reservation, stock, stream, update,
};
use oms_core::value::TenantId;
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::{self, Executor, Row};
use oms_store_postgres::{PgOptions, PgStore};

use crate::common::{Database, block_on};
use crate::world::{furnish, level, now, one, shelve, sound, waiting};

const TASKS: u64 = 64;

/// Runs tasks on the workers of the runtime and waits for all.
async fn race<F: Future<Output = ()> + Send + 'static>(task: impl Fn(u64) -> F) {
    let running: Vec<_> = (0..TASKS).map(|n| tokio::spawn(task(n))).collect();
    for task in running {
        task.await.unwrap();
    }
}

async fn deadlocks(database: &Database) -> i64 {
    // The server tells its counts with a delay.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let pool = database.pool(1).await;
    let row = sqlx::query("SELECT deadlocks FROM pg_stat_database WHERE datname = $1")
        .bind(&database.name)
        .fetch_one(&pool)
        .await
        .unwrap();
    row.get("deadlocks")
}

/// An order head that claims one unit of each row.
fn basket(n: u64, rows: &[StockKey], at: oms_core::value::Timestamp) -> ChangeSet {
    let order = order_document(n, order_index(n, at));
    let change = Change::new(&format!("order-{n}")).document(order).reclaim();
    let claims = rows.iter().zip(1..).fold(change, |change, (row, line)| {
        change.reserve(&reservation(&owner_order(n), line, row), 1)
    });
    claims.at(at)
}

#[test]
fn a_hundred_units_are_sold_exactly() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        shelve(&store, &tenant, std::slice::from_ref(&tea), 100).await;
        let sold = Arc::new(AtomicUsize::new(0));
        let short = Arc::new(AtomicUsize::new(0));
        race(|n| {
            let (store, tenant, tea) = (store.clone(), tenant.clone(), tea.clone());
            let (sold, short) = (sold.clone(), short.clone());
            async move {
                for sale in 0..3 {
                    let at = now(&store, &tenant).await;
                    let set = basket(1 + n * 3 + sale, std::slice::from_ref(&tea), at);
                    match store.commit(&tenant, &[set]).await.unwrap().remove(0) {
                        Outcome::Committed { .. } => sold.fetch_add(1, Ordering::SeqCst),
                        Outcome::Refused(Refusal::Stock { .. }) => {
                            short.fetch_add(1, Ordering::SeqCst)
                        }
                        other @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                            unreachable!("{other:?}")
                        }
                    };
                }
            }
        })
        .await;
        assert_eq!(sold.load(Ordering::SeqCst), 100);
        assert_eq!(short.load(Ordering::SeqCst), 92);
        assert_eq!(level(&store, &tenant, &tea).await.reserved.get(), 100);
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

#[test]
fn baskets_in_any_order_do_not_deadlock() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = furnish(&store, "acme").await;
        let skus: Vec<StockKey> = (0..20)
            .map(|n| {
                stock(
                    if n % 2 == 0 { "north" } else { "south" },
                    &format!("SKU-{n}"),
                )
            })
            .collect();
        shelve(&store, &tenant, &skus, 150).await;
        let sold = Arc::new(AtomicUsize::new(0));
        race(|n| {
            let (store, tenant) = (store.clone(), tenant.clone());
            let (mut skus, sold) = (skus.clone(), sold.clone());
            async move {
                let mut random = Random::new(n);
                for round in 0..4 {
                    let at = now(&store, &tenant).await;
                    let mut batch = Vec::new();
                    for item in 0..3 {
                        random.shuffle(&mut skus);
                        let lines = 1 + random.index(5);
                        batch.push(basket(1 + n * 12 + round * 3 + item, &skus[..lines], at));
                    }
                    for outcome in store.commit(&tenant, &batch).await.unwrap() {
                        let refused = matches!(&outcome, Outcome::Refused(Refusal::Stock { .. }));
                        assert!(outcome.is_done() || refused, "{outcome:?}");
                        sold.fetch_add(usize::from(outcome.is_done()), Ordering::SeqCst);
                    }
                }
            }
        })
        .await;
        assert!(sold.load(Ordering::SeqCst) > 100);
        sound(&store, &tenant).await;
        assert_eq!(deadlocks(&database).await, 0);
        database.drop().await;
    });
}

const HUBS: [&str; 2] = ["north", "south"];

/// Switches both hubs off and on and off; each switch is an event on the stream on which the
/// placements at that hub are told too.
async fn switch(store: &PgStore, tenant: &TenantId) {
    for seen in 1..=5 {
        for at in HUBS {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let active = seen % 2 == 0;
            let write = update(hub_document(at, active), seen);
            let name = if active { "on" } else { "off" };
            let change = Change::new(&format!("switch-{at}-{seen}"));
            let change = change.document(write).event(&stream(at), name);
            assert!(one(store, tenant, change).await.is_done());
        }
    }
}

/// Places at one hub after the other, unless it is switched off.
async fn place_at_both(store: &PgStore, tenant: &TenantId, n: u64) {
    for (round, at) in (0..6).zip(HUBS.into_iter().cycle()) {
        let claim = reservation(&owner_order(n * 10 + round), 1, &stock(at, "TEA"));
        let change = Change::new(&format!("place-{n}-{round}"))
            .requires(Requirement::Active(DocumentKey::Hub(hub(at))))
            .reserve(&claim, 1)
            .event(&stream(at), "placed");
        match one(store, tenant, change).await {
            Outcome::Committed { .. } | Outcome::Refused(Refusal::Unmet { .. }) => {}
            other @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                unreachable!("{other:?}")
            }
        }
    }
}

#[test]
fn no_order_is_placed_at_a_hub_after_its_switch() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = furnish(&store, "acme").await;
        let tea = HUBS.map(|hub| stock(hub, "TEA"));
        shelve(&store, &tenant, &tea, 100_000).await;
        let switching = {
            let (store, tenant) = (store.clone(), tenant.clone());
            tokio::spawn(async move { switch(&store, &tenant).await })
        };
        race(|n| {
            let (store, tenant) = (store.clone(), tenant.clone());
            async move { place_at_both(&store, &tenant, n).await }
        })
        .await;
        switching.await.unwrap();
        for at in HUBS {
            let after = oms_core::value::Version::ZERO;
            let events = store.history(&tenant, &stream(at), after, 500).await;
            let (mut active, mut placed) = (true, 0);
            for event in &events.unwrap() {
                match &*event.name {
                    "on" => active = true,
                    "off" => active = false,
                    _ => {
                        placed += 1;
                        assert!(active, "placed after the switch at place {}", event.id.seq);
                    }
                }
            }
            let row = level(&store, &tenant, &stock(at, "TEA")).await;
            assert_eq!(row.reserved.get(), placed);
            assert!(!active, "the last switch is off");
        }
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

#[test]
fn a_key_used_by_all_at_once_is_committed_once() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = furnish(&store, "acme").await;
        let at = now(&store, &tenant).await;
        let committed = Arc::new(AtomicUsize::new(0));
        race(|_| {
            let (store, tenant, committed) = (store.clone(), tenant.clone(), committed.clone());
            async move {
                let write = create(host("x"), Index::None, "{}");
                let change = Change::new("the key")
                    .document(write)
                    .event(&stream("x"), "made");
                match store
                    .commit(&tenant, &[change.at(at)])
                    .await
                    .unwrap()
                    .remove(0)
                {
                    Outcome::Committed { .. } => {
                        committed.fetch_add(1, Ordering::SeqCst);
                    }
                    Outcome::Repeated { receipt, .. } => {
                        assert_eq!(&*receipt, r#"{"key":"the key"}"#);
                    }
                    Outcome::Refused(refusal) => unreachable!("{refusal:?}"),
                }
            }
        })
        .await;
        assert_eq!(committed.load(Ordering::SeqCst), 1);
        database.drop().await;
    });
}

#[test]
fn a_document_made_by_all_at_once_is_made_once() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = furnish(&store, "acme").await;
        let at = now(&store, &tenant).await;
        let made = Arc::new(AtomicUsize::new(0));
        race(|n| {
            let (store, tenant, made) = (store.clone(), tenant.clone(), made.clone());
            async move {
                let mut write = host_document("x");
                if let Body::Write { json, .. } = &mut write.body {
                    *json = format!("{{\"by\":{n}}}").into();
                }
                let set = Change::new(&format!("make-{n}")).document(write).at(at);
                match store.commit(&tenant, &[set]).await.unwrap().remove(0) {
                    Outcome::Committed { .. } => {
                        made.fetch_add(1, Ordering::SeqCst);
                    }
                    Outcome::Refused(Refusal::Conflict { current, .. }) => {
                        assert_eq!(current.map(|version| version.get()), Some(1));
                    }
                    other @ (Outcome::Repeated { .. } | Outcome::Refused(_)) => {
                        unreachable!("{other:?}")
                    }
                }
            }
        })
        .await;
        assert_eq!(made.load(Ordering::SeqCst), 1);
        database.drop().await;
    });
}

#[test]
fn a_key_that_two_wait_with_gives_the_second_the_outcome_of_the_first() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        shelve(&store, &tenant, std::slice::from_ref(&tea), 5).await;
        let other = database.pool(2).await;
        let mut holder = other.begin().await.unwrap();
        let hold = "SELECT 1 FROM oms.stock_level FOR UPDATE";
        sqlx::query(hold).execute(&mut *holder).await.unwrap();
        // All there is; with a setting, so that the function decides which goes item by item.
        let at = now(&store, &tenant).await;
        let claim = reservation(&owner_order(1), 1, &tea);
        let set = Change::new("the key").reserve(&claim, 5).safety(&tea, 0);
        let set = set.at(at);
        let both: Vec<_> = (0..2)
            .map(|_| {
                let (store, tenant, set) = (store.clone(), tenant.clone(), set.clone());
                tokio::spawn(async move { store.commit(&tenant, &[set]).await })
            })
            .collect();
        waiting(&other, 2).await;
        holder.rollback().await.unwrap();
        let mut committed = 0;
        for one in both {
            match one.await.unwrap().unwrap().remove(0) {
                Outcome::Committed { .. } => committed += 1,
                Outcome::Repeated { receipt, .. } => {
                    assert_eq!(&*receipt, r#"{"key":"the key"}"#);
                }
                Outcome::Refused(refusal) => panic!("{refusal:?}"),
            }
        }
        assert_eq!(committed, 1);
        // What is refused for a reason of its own stays refused.
        let claim = reservation(&owner_order(2), 1, &tea);
        let change = Change::new("too late").reserve(&claim, 1).safety(&tea, 0);
        let refused = one(&store, &tenant, change).await;
        assert!(
            matches!(refused, Outcome::Refused(Refusal::Stock { .. })),
            "{refused:?}"
        );
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

/// What is decided as a whole takes its key before the stock that it changes, what is decided item
/// by item takes it afterwards: the latter gives way, long before the server finds a deadlock.
#[test]
fn one_key_taken_in_both_ways_is_no_deadlock() {
    const UNFOUND: Duration = Duration::from_secs(20);
    block_on(async {
        let database = Database::new().await;
        let never = ("deadlock_timeout", format!("{}s", UNFOUND.as_secs()));
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .connect_with(database.options().options([never]))
            .await
            .unwrap();
        let store = PgStore::from_pool(pool, &PgOptions::default());
        let tenant = furnish(&store, "acme").await;
        let (mug, tea) = (stock("north", "MUG"), stock("north", "TEA"));
        shelve(&store, &tenant, &[mug.clone(), tea.clone()], 10).await;
        let at = now(&store, &tenant).await;
        let whole = Change::new("twin").receive(&mug, 1).receive(&tea, 1);
        let by_item = Change::new("twin").document(create(host("doc"), Index::None, "{}"));
        let by_item = by_item.receive(&tea, 1);

        let aside = database.pool(2).await;
        let mut held = aside.begin().await.unwrap();
        let lock = "SELECT FROM oms.stock_level WHERE sku = 'MUG' FOR UPDATE";
        held.execute(lock).await.unwrap();
        let commit = |change: Change| {
            let (store, tenant, set) = (store.clone(), tenant.clone(), change.at(at));
            tokio::spawn(async move { store.commit(&tenant, &[set]).await.unwrap().remove(0) })
        };
        // One has the key and waits for a row, the other has another row and waits for the key.
        let first = commit(whole);
        waiting(&aside, 1).await;
        let second = commit(by_item);
        waiting(&aside, 2).await;
        let freed = Instant::now();
        held.rollback().await.unwrap();
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert!(freed.elapsed() < UNFOUND / 2, "{:?}", freed.elapsed());
        assert!(matches!(first, Outcome::Committed { .. }), "{first:?}");
        assert!(!matches!(second, Outcome::Committed { .. }), "{second:?}");
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), 11);
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

/// Batches with the same keys in another order, as two hosts send them that were both asked twice.
#[test]
fn the_same_keys_in_any_order_do_not_deadlock() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = furnish(&store, "acme").await;
        for round in 0..20_u64 {
            race(|n| {
                let (store, tenant) = (store.clone(), tenant.clone());
                async move {
                    let at = now(&store, &tenant).await;
                    let set = |item: u64| Change::new(&format!("{round}-{item}")).at(at);
                    let mut sets: Vec<ChangeSet> = (0..30).map(set).collect();
                    if n % 2 == 0 {
                        sets.reverse();
                    }
                    let outcomes = store.commit(&tenant, &sets).await.unwrap();
                    assert!(outcomes.iter().all(Outcome::is_done), "{outcomes:?}");
                }
            })
            .await;
        }
        assert_eq!(deadlocks(&database).await, 0);
        database.drop().await;
    });
}
