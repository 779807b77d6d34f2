//! The main job on PostgreSQL: what one run left, the next one finds, and runs at once share.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../oms-store-postgres/tests/common/mod.rs"]
mod cluster;
mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use cluster::{Database, block_on};
use common::{Folder, Run, find, texts};
use oms_core::catalog::{Product, SalesChannel};
use oms_core::hub::{DayHours, Hub, OpeningCalendar};
use oms_core::plan::Switchable;
use oms_core::port::Store;
use oms_core::service::{Call, Oms, Tenant};
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{TimeZoneName, UnitPrice, Units};
use oms_store_postgres::sqlx::{Row, query};
use serde_json::Value;

/// Orders of the samples that are stored.
const STORED: usize = 14;

/// What the audit finds, the orders' references, and the units of all movements by kind.
fn look(database: &Database, tenant: &str) -> (usize, Vec<String>, Vec<(String, i64)>) {
    block_on(async {
        let store = database.store(1).await;
        let shop = tenant.parse().unwrap();
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
    let (violations, orders, moved) = look(&database, "demo");
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
    assert_eq!(look(&database, "demo"), (0, orders, moved));
    let kept_in = second["summary"]["sources"][2].as_str().unwrap();
    let begins = format!("Kept in: database {} at ", database.name);
    assert!(kept_in.starts_with(&begins), "{kept_in}");
    assert!(kept_in.ends_with(", tenant demo"), "{kept_in}");

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
    let (violations, orders, moved) = look(&database, "demo");
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
            "is missing, this release needs migration 5",
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
    let kept = look(&database, "my-shop");
    assert_eq!((kept.0, kept.1.len()), (0, 1));
    for more in [["--dry-run"].as_slice(), &[]] {
        let again = import(more);
        assert_eq!(again.code, 0, "{}{}", again.out, again.err);
        assert!(again.out.contains("1 already known"), "{}", again.out);
    }
    assert_eq!(look(&database, "my-shop"), kept);
}

/// What somebody set up after the first import: a hub with all it may have, a hub, a channel and a
/// SKU that are switched off, a title and a price.
async fn set_up(shop: &Tenant) {
    let me = Call::default;
    let id = |id: &str| id.parse().unwrap();
    let mut calendar = OpeningCalendar::new(TimeZoneName::parse("+01:00").unwrap());
    calendar.week.mon = DayHours::parse("09:00-18:00").unwrap();
    let mut hub = shop.hub(&id("berlin")).await.unwrap().unwrap();
    hub.name = "Berlin, by the river".parse().unwrap();
    hub.priority = 3;
    hub.area.countries = BTreeSet::from(["DE".parse().unwrap()]);
    hub.daily_capacity = Some(Units::new(40).unwrap());
    hub.calendar = Some(calendar);
    shop.put_hub(hub, me()).await.unwrap();
    let mut tea = shop.product(&"TEA-01".parse().unwrap()).await.unwrap();
    let tea = tea.as_mut().unwrap();
    tea.title = "Assam tea".parse().unwrap();
    tea.list_price = Some(UnitPrice::parse("8.50", "EUR".parse().unwrap()).unwrap());
    shop.put_product(tea.clone(), me()).await.unwrap();
    for off in [
        Switchable::Hub(id("rotterdam")),
        Switchable::Product("TEA-02".parse().unwrap()),
        Switchable::Channel("plain".parse().unwrap()),
    ] {
        shop.deactivate(off, me()).await.unwrap();
    }
}

/// Every hub, SKU and channel of the shop.
async fn documents(shop: &Tenant) -> (Vec<Hub>, Vec<Product>, Vec<SalesChannel>) {
    let all = PAGE_ITEMS_MAX;
    (
        shop.hubs(None, None, all).await.unwrap().items,
        shop.products(None, None, all).await.unwrap().items,
        shop.channels(None, None, all).await.unwrap().items,
    )
}

#[test]
fn what_only_the_stock_names_and_channels_are_made_and_never_changed() {
    let database = block_on(Database::new());
    let url = database.url();
    let folder = Folder::new("postgres-seed");
    let data = |name: &str| format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let (path, stock, hubs) = (data("channels/plain"), data("stock.csv"), data("hubs.csv"));
    let import = |more: &[&str]| {
        let mut args = vec![
            "--channel",
            "plain",
            &path,
            "--quiet",
            "--database-url",
            &url,
        ];
        args.extend(["--stock", &stock]);
        args.extend(more);
        let run = folder.run(env!("CARGO_BIN_EXE_import"), &args);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    };
    import(&[]);
    let store = block_on(database.store(1));
    let oms = Oms::builder(Arc::new(store.clone())).caching(None).build();
    let shop = oms.tenant("my-shop".parse().unwrap());
    block_on(set_up(&shop));
    let before = block_on(documents(&shop));
    import(&[]);
    assert_eq!(block_on(documents(&shop)), before);
    // The main job with stock of one's own, and with nothing but its samples.
    let oms = |args: &[&str]| {
        let more = ["--database-url", &url, "--tenant", "my-shop", "--json"];
        let run = folder.oms(&[args, &more[..]].concat());
        assert_eq!((run.code, run.err.as_str()), (2, ""), "{}", run.out);
    };
    let known = |documents: &(Vec<Hub>, Vec<Product>, Vec<SalesChannel>)| {
        let (hubs, products, channels) = documents.clone();
        let old = |id: &str| before.2.iter().any(|channel| channel.id.as_str() == id);
        let channels = channels.into_iter().filter(|one| old(one.id.as_str()));
        (hubs, products, channels.collect::<Vec<_>>())
    };
    oms(&["--stock", &stock]);
    assert_eq!(known(&block_on(documents(&shop))), before);
    oms(&[]);
    let after = block_on(documents(&shop));
    let berlin = |hubs: &[Hub]| hubs.iter().find(|hub| hub.id.as_str() == "berlin").cloned();
    assert_eq!(berlin(&after.0), berlin(&before.0));
    assert!(before.1.iter().all(|product| after.1.contains(product)));
    // What somebody writes down replaces, as the help says.
    import(&["--hubs", &hubs]);
    let written = berlin(&block_on(documents(&shop)).0).unwrap();
    assert_eq!(
        (written.name.as_str(), written.calendar),
        ("Berlin warehouse", None)
    );
    assert_eq!(block_on(documents(&shop)).1, after.1);
    block_on(async {
        store.pool().close().await;
        database.drop().await;
    });
}

#[test]
fn a_store_that_is_not_sound_is_no_success() {
    let database = block_on(Database::bare());
    let url = database.url();
    let folder = Folder::new("postgres-unsound");
    checked(&folder.oms(&["--database-url", &url, "--migrate", "--json"]));
    block_on(async {
        let store = database.store(1).await;
        // A unit that no movement tells of.
        let found = "UPDATE oms.stock_level SET on_hand = on_hand + 1 WHERE (hub, sku) IN \
            (SELECT hub, sku FROM oms.stock_level ORDER BY hub, sku LIMIT 1)";
        query(found).execute(store.pool()).await.unwrap();
        store.pool().close().await;
    });
    let run = folder.oms(&["--database-url", &url, "--json"]);
    let report = run.json();
    assert_eq!((run.code, count(&report, "exit_code")), (1, 1));
    assert_eq!(report["audit"]["clean"], false, "{}", run.out);
    let told = "oms: the store's own check found ";
    assert!(run.err.starts_with(told), "{}", run.err);
    block_on(database.drop());
}
