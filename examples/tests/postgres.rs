//! The main job on PostgreSQL: what one run left, the next one finds, and runs at once share.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../oms-store-postgres/tests/common/mod.rs"]
mod cluster;
mod common;

use std::collections::BTreeSet;
use std::thread;

use cluster::{Database, block_on};
use common::{Folder, Run, find, texts};
use oms_core::port::Store;
use oms_store_postgres::sqlx::{Row, query};
use serde_json::Value;

/// Orders of the samples that are stored.
const STORED: usize = 14;

/// What the audit finds, the orders' references, and the units of all movements by kind.
fn look(database: &Database) -> (usize, Vec<String>, Vec<(String, i64)>) {
    block_on(async {
        let store = database.store(1).await;
        let shop = "my-shop".parse().unwrap();
        let violations = store.audit(&shop).await.unwrap().len();
        let orders = query("SELECT body->>'external' FROM oms.orders ORDER BY number");
        let orders = orders.fetch_all(store.pool()).await.unwrap();
        let moved =
            query("SELECT kind::text, count(*) AS times FROM oms.movements GROUP BY 1 ORDER BY 1");
        let moved = moved.fetch_all(store.pool()).await.unwrap();
        store.pool().close().await;
        (
            violations,
            orders
                .iter()
                .map(|row| row.get::<Option<String>, _>(0).unwrap_or_default())
                .collect(),
            moved.iter().map(|row| (row.get(0), row.get(1))).collect(),
        )
    })
}

fn count(run: &Value, key: &str) -> usize {
    let found = run["summary"][key].as_u64().unwrap_or_default();
    usize::try_from(found).unwrap()
}

fn checked(run: &Run) -> Value {
    assert_eq!((run.code, run.err.as_str()), (2, ""), "{}", run.out);
    let report = run.json();
    assert_eq!(report["audit"]["clean"], true, "{}", run.out);
    report
}

#[test]
fn a_second_run_finds_every_order_known_and_no_stock_twice() {
    let database = block_on(Database::bare());
    let url = database.url();
    let folder = Folder::new("postgres-twice");
    let args = ["--database-url", &url, "--migrate", "--json"];
    let first = checked(&folder.oms(&args));
    assert_eq!(
        (
            count(&first, "orders_stored"),
            count(&first, "orders_known")
        ),
        (STORED, 0)
    );
    // The same story as in memory, but for the clock.
    let steps = texts(&first["steps"], "step");
    for step in [
        "two_parcels",
        "partly_shipped",
        "cancelled",
        "waited",
        "expired",
        "delivered",
    ] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    assert!(!steps.contains(&"clock_ahead"), "{steps:?}");
    let late = texts(&first["steps"], "text");
    assert!(
        late.iter().all(|text| !text.contains("not over")),
        "{late:?}"
    );
    let memory = folder.oms(&["--json"]).json();
    for key in ["reference", "status"] {
        assert_eq!(texts(&first["orders"], key), texts(&memory["orders"], key));
    }
    assert_eq!(first["stock"], memory["stock"]);
    let (violations, orders, moved) = look(&database);
    assert_eq!((violations, orders.len()), (0, STORED));

    let second = checked(&folder.oms(&["--database-url", &url, "--json"]));
    assert_eq!(
        (
            count(&second, "orders_stored"),
            count(&second, "orders_known")
        ),
        (0, STORED)
    );
    let known: BTreeSet<&str> = texts(&second["known"], "reference").into_iter().collect();
    let stored: BTreeSet<&str> = texts(&first["orders"], "reference").into_iter().collect();
    assert_eq!(known, stored);
    assert_eq!(texts(&second["steps"], "step"), ["stock_kept", "not_shown"]);
    assert_eq!(second["stock"]["before"], first["stock"]["after"]);
    assert_eq!(second["stock"]["after"], first["stock"]["after"]);
    assert_eq!(look(&database), (0, orders, moved));

    let told = folder.oms(&["--database-url", &url]).out;
    assert!(told.contains("one run on PostgreSQL"), "{told}");
    assert!(
        told.contains("is already known: it is order 1, nothing changed."),
        "{told}"
    );
    assert!(
        told.contains("0 orders stored, 14 already known (3 on hold)"),
        "{told}"
    );
    block_on(database.drop());
}

#[test]
fn three_runs_at_once_give_each_order_once() {
    let database = block_on(Database::bare());
    let url = database.url();
    let folders = ["a", "b", "c"].map(|name| Folder::new(&format!("postgres-at-once-{name}")));
    let runs: Vec<Value> = thread::scope(|scope| {
        let run = |folder| {
            let args = ["--database-url", &url, "--migrate", "--json"];
            scope.spawn(move || checked(&Folder::oms(folder, &args)))
        };
        let runs: Vec<_> = folders.iter().map(run).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let stored: usize = runs.iter().map(|run| count(run, "orders_stored")).sum();
    assert_eq!(stored, STORED);
    for run in &runs {
        assert_eq!(
            count(run, "orders_stored") + count(run, "orders_known"),
            STORED
        );
    }
    let (violations, orders, moved) = look(&database);
    assert_eq!((violations, orders.len()), (0, STORED));
    let once: BTreeSet<&String> = orders.iter().collect();
    assert_eq!(once.len(), STORED, "{orders:?}");
    let counted = moved.iter().find(|(kind, _)| kind == "counted").unwrap().1;
    let rows = runs[0]["stock"]["after"].as_array().unwrap().len();
    assert_eq!(usize::try_from(counted).unwrap(), rows, "{moved:?}");
    block_on(database.drop());
}

#[test]
fn stock_of_ones_own_is_counted_once_whatever_the_file_says_later() {
    let database = block_on(Database::new());
    let url = database.url();
    let folder = Folder::new("postgres-stock");
    let head = "order_id,sku,quantity,unit_price,currency";
    folder
        .with("orders.csv", format!("{head}\nA-1,NAIL,2,0.10,EUR\n"))
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,10\n");
    let args = ["--orders", "orders.csv", "--stock", "stock.csv", "--json"];
    let args = [&args[..], &["--database-url", &url]].concat();
    let first = folder.oms(&args);
    assert_eq!(first.code, 0, "{}{}", first.out, first.err);
    assert_eq!(first.json()["stock"]["after"][0]["on_hand"], 8);
    folder.with("stock.csv", "sku,hub,on_hand\nNAIL,shed,99\n");
    let second = folder.oms(&args).json();
    assert_eq!(second["stock"]["after"][0]["on_hand"], 8);
    let kept = find(&second["steps"], "step", "stock_kept");
    assert!(
        kept["text"].as_str().unwrap().ends_with("again: 1."),
        "{kept}"
    );
    block_on(database.drop());
}

#[test]
fn a_database_that_cannot_be_used_is_one_sentence() {
    let database = block_on(Database::bare());
    let folder = Folder::new("postgres-unusable");
    let missing = database.url();
    for (args, told) in [
        (
            &["--database-url", &missing][..],
            "is missing, this release needs migration 3",
        ),
        (&["--database-url", &missing], "--migrate does that"),
        (
            &["--database-url", "postgres://shop:s3cret@127.0.0.1:1/shop"],
            "127.0.0.1:1: ",
        ),
        (
            &["--database-url", "postgres://:s3cret@127.0.0.1/shop"],
            "names no user",
        ),
        (&["--database-url", "shop:s3cret"], "the database URL"),
        (
            &["--migrate"],
            "--migrate needs --database-url or DATABASE_URL",
        ),
    ] {
        let run = folder.oms(args);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{}", run.err);
        assert!(
            run.err.starts_with("oms: the database cannot be used: "),
            "{}",
            run.err
        );
        assert!(run.err.contains(told), "{}", run.err);
        assert!(!run.err.contains("s3cret"), "{}", run.err);
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    }
    assert_eq!(folder.names(), [""; 0]);
    block_on(database.drop());
}

#[test]
fn an_import_is_kept_and_a_dry_run_writes_nothing() {
    let database = block_on(Database::bare());
    let url = database.url();
    let folder = Folder::new("postgres-import");
    let data = |name: &str| format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let (path, stock) = (data("channels/plain"), data("stock.csv"));
    let import = |more: &[&str]| {
        let mut args = vec!["--channel", "plain", &path, "--stock", &stock, "--quiet"];
        args.extend(["--database-url", &url]);
        args.extend(more);
        folder.run(env!("CARGO_BIN_EXE_import"), &args)
    };
    let dry = import(&["--dry-run", "--migrate"]);
    assert_eq!((dry.code, dry.out.as_str()), (1, ""));
    let why = "no tenant my-shop yet, and a dry run does not make it";
    assert!(dry.err.contains(why), "{}", dry.err);
    let first = import(&[]);
    assert_eq!((first.code, first.err.as_str()), (0, ""), "{}", first.out);
    assert!(
        first.out.contains("1 accepted (1 approved)"),
        "{}",
        first.out
    );
    let kept = look(&database);
    assert_eq!((kept.0, kept.1.len()), (0, 1));
    for more in [["--dry-run"].as_slice(), &[]] {
        let again = import(more);
        assert_eq!(again.code, 0, "{}{}", again.out, again.err);
        assert!(again.out.contains("1 already known"), "{}", again.out);
    }
    assert_eq!(look(&database), kept);
}
