//! What the hot use cases write to the log of the server, and updates that touch no index.
//!
//! A server of its own, without automatic vacuum and with `full_page_writes=off`: images of pages
//! that are touched first after a checkpoint depend on how often the server makes one, not on us.
//! Figures are averages, so that a page that splits counts with its share.

use std::sync::OnceLock;

use oms_core::order::{LineQuantity, OrderCommand};
use oms_core::plan::{Command, OnProblem};
use oms_core::service::Call;
use oms_core::testing::build;
use oms_core::value::Name;
use oms_store_postgres::sqlx::{self, PgPool};

use crate::common::{Database, Server, block_on, given, server, shared, skip, start, tell};
use crate::shop;

/// What a placement writes at most. It is about 6,800 bytes: three events, two documents, an
/// explanation of one hub and the receipt are 4,100 bytes of content, entries of twelve indexes
/// 1,800, stock rows and pages that split the rest. The target is 4,096; this guards what is
/// reached.
const PLACEMENT_BYTES_MAX: i64 = 7_100;

fn quiet() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    if given().is_some() {
        return server();
    }
    SERVER.get_or_init(|| start(&["autovacuum=off", "checkpoint_timeout=1h"]))
}

/// Bytes of log that the work wrote; `None` where the server counts images of pages as well.
async fn written(pool: &PgPool, work: impl Future<Output = ()>) -> Option<i64> {
    let images: String = sqlx::query_scalar("SHOW full_page_writes")
        .fetch_one(pool)
        .await
        .unwrap();
    let here = "SELECT pg_current_wal_insert_lsn()::text";
    let before: String = sqlx::query_scalar(here).fetch_one(pool).await.unwrap();
    work.await;
    let bytes = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::bigint";
    let bytes = sqlx::query_scalar(bytes).bind(before).fetch_one(pool);
    let bytes = bytes.await.unwrap();
    (images == "off").then_some(bytes)
}

// One test: on a server of one database, nothing else writes meanwhile.
#[test]
fn the_log_is_small_and_counters_touch_no_index() {
    block_on(async {
        let database = Database::on(quiet()).await;
        a_placement_and_its_counters(&database).await;
        database.drop().await;
        let database = Database::on(quiet()).await;
        a_pick_of_one_line_in_a_thousand(&database).await;
        database.drop().await;
    });
}

async fn a_placement_and_its_counters(database: &Database) {
    const ORDERS: u32 = 300;
    let store = database.store(1).await;
    let tenant = shop::open(shared(&store));
    let skus: Vec<String> = (0..40).map(|n| format!("SKU-{n}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    shop::furnish(&tenant, &skus, 100_000).await;
    let basket = |n: u32| {
        let first = usize::try_from(n).unwrap() * 3 % 37;
        [skus[first], skus[first + 1], skus[first + 2]]
    };
    for n in 0..50 {
        shop::place(&tenant, &format!("warm-{n}"), &basket(n)).await;
    }
    let bytes = written(store.pool(), async {
        for n in 0..ORDERS {
            shop::place(&tenant, &format!("order-{n}"), &basket(n)).await;
        }
    });
    match bytes.await {
        None => skip("the server writes images of pages"),
        Some(bytes) => {
            let each = bytes / i64::from(ORDERS);
            tell(&format!("log per placement of 3 lines: {each} bytes"));
            assert!(each > 500, "the measurement sees the writes: {each}");
            assert!(each <= PLACEMENT_BYTES_MAX, "{each}");
        }
    }
    shop::sound(&tenant).await;
    // A session tells its counts when it ends.
    store.pool().close().await;
    let pool = database.pool(1).await;
    let mut counted = (0, 0);
    for _ in 0..100 {
        let sql = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables \
            WHERE relname = 'stock_level'";
        counted = sqlx::query_as::<_, (i64, i64)>(sql)
            .fetch_one(&pool)
            .await
            .unwrap();
        if counted.0 >= i64::from(ORDERS) * 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (updates, hot) = counted;
    tell(&format!("updates of stock rows: {updates}, HOT {hot}"));
    assert!(updates >= i64::from(ORDERS) * 3, "{counted:?}");
    assert!(hot * 100 >= updates * 95, "{counted:?}");
}

async fn a_pick_of_one_line_in_a_thousand(database: &Database) {
    const HUBS: u32 = 10;
    let store = database.store(1).await;
    let tenant = shop::open(shared(&store));
    shop::furnish(&tenant, &[], 0).await;
    let hub = |n: u32| format!("hub-{n}");
    let mut commands = Vec::new();
    for n in 0..HUBS {
        let name = Name::parse("A hub").unwrap();
        commands.push(Command::PutHub(oms_core::hub::Hub::new(
            build::hub(&hub(n)),
            name,
        )));
    }
    let skus: Vec<String> = (0..1_000).map(|n| format!("SKU-{n}")).collect();
    for (sku, n) in skus.iter().zip(0_u32..) {
        commands.push(shop::product(sku));
        commands.push(shop::receive(&hub(n % HUBS), sku, 5));
    }
    shop::all(&tenant, commands).await;
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let mut place = shop::order("large", &skus);
    place.on_problem = OnProblem::Backorder;
    let done = tenant.place(place, Call::default()).await.unwrap();
    let order = done.receipt.order.unwrap().id;
    let known = tenant.order(order).await.unwrap();
    let taken: Vec<String> = (known.fulfillments.values())
        .map(|work| work.hub.to_string())
        .collect();
    for n in (0..HUBS).filter(|n| !taken.contains(&hub(*n))) {
        let hub = build::hub(&hub(n));
        tenant
            .assign(order, Some(hub), Call::default())
            .await
            .unwrap();
    }
    let known = tenant.order(order).await.unwrap();
    assert_eq!(known.fulfillments.len(), 10);
    if known.status() == oms_core::order::OrderStatus::Pending {
        shop::command(&tenant, order, OrderCommand::Approve).await;
    }
    let fulfillment = build::fulfillment(3);
    let lines: Vec<_> = known.fulfillments[&fulfillment]
        .lines
        .iter()
        .map(|line| line.line)
        .collect();
    assert_eq!(lines.len(), 100);
    let pick = |line| OrderCommand::Pick {
        fulfillment,
        lines: vec![LineQuantity {
            line,
            quantity: build::quantity(1),
        }],
    };
    // The first pick of the order counts, too: it changes the status, so it writes the head.
    let mut most = 0;
    for line in &lines[..20] {
        let bytes = written(store.pool(), shop::command(&tenant, order, pick(*line)));
        let Some(bytes) = bytes.await else {
            skip("the server writes images of pages");
            return;
        };
        most = most.max(bytes);
    }
    tell(&format!(
        "log of a pick of one line of 1,000: at most {most} bytes"
    ));
    assert!(most > 500, "the measurement sees the writes: {most}");
    assert!(most <= 40_960, "{most}");
    shop::sound(&tenant).await;
}
