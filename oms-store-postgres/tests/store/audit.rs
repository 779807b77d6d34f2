//! The audit of counters in SQL finds what the reference store finds, whatever else is in a body,
//! and what is forgotten is found by an index.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_core::event::StreamId;
use oms_core::order::{FulfillmentStatus, OrderState};
use oms_core::plan::{CounterKey, DocumentKey, DocumentWrite, Index};
use oms_core::port::{Clock, Store};
use oms_core::testing::build::{
    Change, create, fulfillment, hub, order_document, order_id, order_index,
};
use oms_core::testing::{FakeClock, Random};
use oms_core::value::limits::COUNTER_RETENTION_DAYS;
use oms_core::value::{LocalDate, SlotId, SlotKey, TenantId, Timestamp};
use oms_store_memory::MemoryStore;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, query_scalar};
use oms_store_postgres::{PgOptions, PgStore};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::common::{Database, block_on};
use crate::world::{furnish, one};

const SEEDS: u64 = 20;

/// Texts beside what counts.
const NOTES: [&str; 3] = ["plain", "\"status\":\"cancelled\"", "caf\u{e9} \u{1F375}"];

/// Days around the first that is kept, and of the present.
fn days(clock: &FakeClock) -> [LocalDate; 4] {
    let today = LocalDate::utc(clock.now());
    let oldest = -COUNTER_RETENTION_DAYS;
    [oldest - 1, oldest, 0, 1].map(|days| today.checked_add_days(days).unwrap())
}

fn slot(at: &str, date: LocalDate) -> SlotKey {
    SlotKey {
        hub: hub(at),
        date,
        slot: SlotId::parse("noon").unwrap(),
    }
}

fn note(random: &mut Random) -> &'static str {
    random.pick(&NOTES).unwrap()
}

fn head(random: &mut Random, n: u64, day: LocalDate, clock: &FakeClock) -> DocumentWrite {
    let state = random.pick(&OrderState::ALL).unwrap();
    let slot = match random.below(4) {
        0 => Value::Null,
        1 => serde_json::to_value(slot("south", day)).unwrap(),
        _ => serde_json::to_value(slot("north", day)).unwrap(),
    };
    let mut body = json!({ "state": state, "slot": slot, "note": note(random) });
    if random.chance(200) {
        body.as_object_mut().unwrap().remove("slot");
    }
    let document = order_document(n, order_index(n, clock.now()));
    create(document.key, document.index, body.to_string())
}

fn work(random: &mut Random, n: u64, number: u32, day: LocalDate) -> DocumentWrite {
    let day = random.chance(800).then_some(day);
    let body = json!({
        "id": number,
        "hub": random.pick(&["north", "south"]).unwrap(),
        "status": random.pick(&FulfillmentStatus::ALL).unwrap(),
        "day": day,
        "lines": [{ "note": note(random), "status": "cancelled" }],
    });
    let key = DocumentKey::Fulfillment(order_id(n), fulfillment(number));
    create(key, Index::None, body.to_string())
}

/// Orders and counters that agree by chance alone.
fn change(random: &mut Random, clock: &FakeClock) -> Change {
    let days = days(clock);
    let mut change = Change::new("orders");
    for n in 1..=12 {
        let day = *random.pick(&days).unwrap();
        change = change.document(head(random, n, day, clock));
        for number in 1..=2 {
            let day = *random.pick(&days).unwrap();
            change = change.document(work(random, n, number, day));
        }
    }
    for day in days {
        for at in ["north", "south"] {
            for key in [
                CounterKey::HubDay(hub(at), day),
                CounterKey::Slot(slot(at, day)),
            ] {
                if random.chance(800) {
                    let count = i32::try_from(random.below(4)).unwrap();
                    change = change.counter(&key, count, None);
                }
            }
        }
    }
    change
}

/// Of each row that is named, what is wrong with it. The orders have no events, and both stores
/// say so.
async fn found(store: &dyn Store, tenant: &TenantId) -> BTreeMap<String, String> {
    let found = store.audit(tenant).await.unwrap().into_iter();
    let (found, bare): (Vec<_>, Vec<_>) = found.partition(|one| one.invariant == "capacity");
    assert_eq!(bare.len(), 12, "{bare:#?}");
    for one in bare {
        assert_eq!(one.detail, "version 1, it has no events");
    }
    let found = found.into_iter();
    found.map(|one| (one.subject, one.detail)).collect()
}

#[test]
fn counters_are_audited_as_the_reference_store_audits_them() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let (mut named, mut passed) = (0, 0);
        for seed in 0..SEEDS {
            let mut random = Random::new(seed);
            let clock = FakeClock::default();
            let memory = MemoryStore::with_clock(std::sync::Arc::new(clock.clone()));
            store.fix_time(Some(clock.now()));
            let tenant = furnish(&store, &format!("tenant-{seed}")).await;
            furnish(&memory, tenant.as_str()).await;
            let change = change(&mut random, &clock);
            assert!(one(&memory, &tenant, change.clone()).await.is_done());
            assert!(one(&store, &tenant, change).await.is_done());
            for _ in 0..2 {
                let wanted = found(&memory, &tenant).await;
                assert_eq!(found(&store, &tenant).await, wanted, "seed {seed}");
                named += wanted.len();
                passed += 12 - wanted.len();
                // Another day falls out of what is kept.
                clock.advance_secs(86_400);
                store.fix_time(Some(clock.now()));
            }
            // What is brought back is what is named.
            let wanted = found(&memory, &tenant).await.len();
            let rebuilt = store.rebuild_stock(&tenant).await.unwrap();
            assert_eq!(rebuilt.len(), wanted, "seed {seed}: {rebuilt:#?}");
            assert_eq!(found(&store, &tenant).await, BTreeMap::new(), "seed {seed}");
        }
        assert!(named > 50 && passed > 50, "{named} named, {passed} not");
        database.drop().await;
    });
}

#[test]
fn what_is_forgotten_is_found_by_its_index() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        let fill = "INSERT INTO oms.counter \
            SELECT 'acme', 1 + n % 2 * 2, 'hub-' || n, '2199-12-24' || repeat('/x', n % 2), 1 \
            FROM generate_series(1, 20000) n";
        store.pool().execute(fill).await.unwrap();
        let old = "INSERT INTO oms.counter VALUES ('acme', 1, 'hub', '2026-01-01', 1), \
            ('acme', 2, 'hub', '2026-01-01', 1), ('globex', 1, 'hub', '2026-01-01', 1)";
        store.pool().execute(old).await.unwrap();
        let plan = "EXPLAIN SELECT kind, a, b FROM oms.counter WHERE tenant = 'acme' \
            AND tenant COLLATE \"POSIX\" = 'acme' AND kind IN (1, 3) AND b < '2026-02-01' \
            ORDER BY b LIMIT 500 FOR UPDATE SKIP LOCKED";
        let plan: Vec<String> = query_scalar(plan).fetch_all(store.pool()).await.unwrap();
        assert!(
            plan.iter().any(|row| row.contains("counter_day")),
            "{plan:#?}"
        );
        let before = LocalDate::parse("2026-02-01").unwrap();
        assert_eq!(
            store.forget_counters(&tenant, before, 500).await.unwrap(),
            1
        );
        let left = "SELECT count(*) FROM oms.counter WHERE b = '2026-01-01'";
        let left: i64 = query_scalar(left).fetch_one(store.pool()).await.unwrap();
        assert_eq!(left, 2, "the host's own, and those of another tenant");
        database.drop().await;
    });
}

/// A stream that is gone altogether leaves no gap in what is left.
#[test]
fn an_order_whose_events_are_all_gone_is_named() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        for n in 1..=2 {
            let order = order_document(n, order_index(n, Timestamp::EPOCH));
            let change = Change::new(&format!("order-{n}")).document(order);
            let change = change.event(&StreamId::order(order_id(n)), "order.placed");
            assert!(one(&store, &tenant, change).await.is_done());
        }
        assert_eq!(store.audit(&tenant).await.unwrap(), []);
        let gone = format!("DELETE FROM oms.event WHERE stream_id = '{}'", order_id(1));
        store.pool().execute(AssertSqlSafe(gone)).await.unwrap();
        let found = store.audit(&tenant).await.unwrap();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let [only] = found.as_slice() else {
            panic!("{found:#?}")
        };
        let order = DocumentKey::Order(order_id(1)).to_string();
        for part in ["I6", &order, "version 1, it has no events"] {
            assert!(only.contains(part), "{only}");
        }
        database.drop().await;
    });
}

/// It reads everything a tenant has; how long a statement may take is for everyday calls.
#[test]
fn an_audit_takes_as_long_as_it_takes() {
    block_on(async {
        let database = Database::new().await;
        let tenant = furnish(&database.store(1).await, "acme").await;
        for pooler in [false, true] {
            let sql = format!(
                "ALTER DATABASE {} SET statement_timeout = '100ms'",
                database.name
            );
            let other = database.pool(1).await;
            other.execute(AssertSqlSafe(sql)).await.unwrap();
            let options = PgOptions::default().pooler(pooler).max_connections(1);
            let options = options.statement_timeout(Duration::from_millis(100));
            let hasty = PgStore::connect(&database.url(), options).await.unwrap();
            let mut lock = other.begin().await.unwrap();
            let sql = "LOCK TABLE oms.event, oms.stock_level IN ACCESS EXCLUSIVE MODE";
            lock.execute(sql).await.unwrap();
            let held = async {
                sleep(Duration::from_millis(600)).await;
                lock.commit().await.unwrap();
            };
            let (found, ()) = tokio::join!(hasty.audit(&tenant), held);
            assert_eq!(found.unwrap(), [], "pooler: {pooler}");
            // The session was not left patient.
            let slow = hasty.pool().execute("SELECT pg_sleep(1)").await;
            assert!(slow.unwrap_err().to_string().contains("timeout"));
            hasty.pool().close().await;
        }
        database.drop().await;
    });
}
