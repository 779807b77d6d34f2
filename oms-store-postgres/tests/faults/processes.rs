//! Two processes with 32 tasks each on one database: nothing is sold twice, nothing blocks.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use oms_core::plan::{ChangeSet, Keys, Outcome, Refusal};
use oms_core::port::Store;
use oms_core::stock::StockKey;
use oms_core::testing::Random;
use oms_core::testing::build::{
    Change, base_documents, order_document, order_index, owner_order, reservation, stock,
};
use oms_core::value::Timestamp;
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::query_scalar;

use crate::child::{Orders, Running};
use crate::common::{Database, block_on, private};
use crate::load::tenant;

/// Tasks of each process.
const TASKS: u64 = 32;

/// Orders each task tries, where one is for one unit of the one SKU: 192 for 100 units.
const TRIES: u64 = 3;

/// Baskets each task tries.
const BASKETS: u64 = 8;

fn twenty() -> Vec<StockKey> {
    let hub = |n: u32| {
        if n.is_multiple_of(2) {
            "north"
        } else {
            "south"
        }
    };
    (0..20)
        .map(|n| stock(hub(n), &format!("SKU-{n}")))
        .collect()
}

async fn now(store: &PgStore) -> Timestamp {
    let snapshot = store.prefetch(&tenant(), &Keys::default()).await;
    snapshot.unwrap().now
}

/// An order head that claims one unit of each row.
fn basket(n: u64, rows: &[StockKey], at: Timestamp) -> ChangeSet {
    let order = order_document(n, order_index(n, at));
    let change = Change::new(&format!("order-{n}")).document(order).reclaim();
    let claims = rows.iter().zip(1..).fold(change, |change, (row, line)| {
        change.reserve(&reservation(&owner_order(n), line, row), 1)
    });
    claims.at(at)
}

/// Whether it was sold; short stock is the only reason why not.
fn sold(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Committed { .. } => 1,
        Outcome::Refused(Refusal::Stock { .. }) => 0,
        Outcome::Repeated { .. } | Outcome::Refused(_) => panic!("{outcome:?}"),
    }
}

/// Waits until every process is ready, so that they work at the same time.
fn meet(orders: &Orders) {
    std::fs::write(orders.file.with_extension(&orders.name), "").unwrap();
    let begun = Instant::now();
    while !orders.file.with_extension("go").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody said go");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Runs the tasks of a child; `task` gets numbers that no other task has.
async fn compete<F: Future<Output = usize> + Send + 'static>(
    orders: &Orders,
    task: impl Fn(PgStore, u64) -> F,
) {
    let store = orders.store(16, Duration::from_secs(30)).await;
    let process: u64 = orders.name.parse().unwrap();
    meet(orders);
    let tasks = (0..TASKS).map(|n| tokio::spawn(task(store.clone(), process * TASKS + n)));
    let tasks: Vec<_> = tasks.collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    let file = orders.file.with_extension(format!("{process}.sold"));
    std::fs::write(file, total.to_string()).unwrap();
}

/// Runs a child test in two processes at once; answers what both sold together.
fn both(path: &str, database: &Database) -> usize {
    let folder = private::make("oms-work").unwrap();
    let file = folder.join("work");
    let beside = |what: &str| -> PathBuf { file.with_extension(what) };
    let children = ["0", "1"].map(|name| Running::start(path, database, name, Path::new(&file)));
    let begun = Instant::now();
    while !(beside("0").exists() && beside("1").exists()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody is ready");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::fs::write(beside("go"), "").unwrap();
    children.into_iter().for_each(Running::wait);
    let sold = ["0.sold", "1.sold"].map(|name| {
        let count = std::fs::read_to_string(beside(name)).unwrap();
        count.parse::<usize>().unwrap()
    });
    std::fs::remove_dir_all(folder).unwrap();
    sold.iter().sum()
}

async fn shelve(store: &PgStore, rows: &[StockKey], units: u32) {
    let base = Change::new("furnish").documents(base_documents());
    let shelve = rows
        .iter()
        .fold(base, |change, row| change.receive(row, units));
    let set = shelve.at(now(store).await);
    assert!(store.commit(&tenant(), &[set]).await.unwrap()[0].is_done());
}

/// Units reserved in all, no deadlock, a clean audit but for orders, which have no events here.
async fn reserved(store: &PgStore, database: &Database) -> i64 {
    let mut found = store.audit(&tenant()).await.unwrap();
    found.retain(|found| !found.detail.ends_with("it has no events"));
    assert!(found.is_empty(), "{found:#?}");
    // The server tells its counts with a delay; a session tells its own at its end.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = $1";
    let deadlocks = query_scalar::<_, i64>(deadlocks).bind(&database.name);
    assert_eq!(deadlocks.fetch_one(store.pool()).await.unwrap(), 0);
    let reserved = query_scalar("SELECT sum(reserved)::bigint FROM oms.stock_level");
    reserved.fetch_one(store.pool()).await.unwrap()
}

#[test]
#[ignore = "a child process of the test below"]
fn sells_tea() {
    let Some(orders) = Orders::given() else {
        return;
    };
    block_on(compete(&orders, |store, task| async move {
        let tea = [stock("north", "TEA")];
        let mut count = 0;
        for sale in 0..TRIES {
            let set = basket(1 + task * TRIES + sale, &tea, now(&store).await);
            count += sold(&store.commit(&tenant(), &[set]).await.unwrap()[0]);
        }
        count
    }));
}

#[test]
fn two_processes_sell_a_hundred_units_exactly() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        shelve(&store, &[stock("north", "TEA")], 100).await;
        assert_eq!(both("processes::sells_tea", &database), 100);
        assert_eq!(reserved(&store, &database).await, 100);
        database.drop().await;
    });
}

#[test]
#[ignore = "a child process of the test below"]
fn sells_baskets() {
    let Some(orders) = Orders::given() else {
        return;
    };
    block_on(compete(&orders, |store, task| async move {
        let (mut random, mut rows) = (Random::new(task), twenty());
        let mut units = 0;
        for n in 0..BASKETS {
            random.shuffle(&mut rows);
            let lines = 1 + random.index(5);
            let set = basket(1 + task * BASKETS + n, &rows[..lines], now(&store).await);
            units += lines * sold(&store.commit(&tenant(), &[set]).await.unwrap()[0]);
        }
        units
    }));
}

#[test]
fn baskets_of_two_processes_do_not_deadlock() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        // 512 baskets of 3 lines on average want about 77 units of each.
        shelve(&store, &twenty(), 60).await;
        let units = both("processes::sells_baskets", &database);
        assert_eq!(
            i64::try_from(units).unwrap(),
            reserved(&store, &database).await
        );
        assert!(units > 1_000, "{units}");
        database.drop().await;
    });
}
