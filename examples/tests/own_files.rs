//! The user's own files take the samples' place, and the job does with them what can be done.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Folder, find, texts};
use oms_core::value::limits::LINES_PER_ORDER_MAX;

const HEAD: &str = "order_id,sku,quantity,unit_price,currency";

#[test]
fn a_small_shop_of_ones_own() {
    let folder = Folder::new("own-small");
    folder
        .with(
            "orders.csv",
            format!("{HEAD}\nA-1,NAIL,2,0.10,EUR\nA-2,NAIL,1,0.10,EUR\n"),
        )
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,10\n");
    let run = folder.oms(&["--orders", "orders.csv", "--stock", "stock.csv", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = run.json();
    let first = find(&report["orders"], "reference", "A-1");
    assert_eq!(
        (&first["channel"], &first["status"], &first["parcels"]),
        (&"desk".into(), &"delivered".into(), &2.into())
    );
    assert_eq!(
        find(&report["orders"], "reference", "A-2")["status"],
        "cancelled"
    );
    let kinds = texts(&report["steps"], "step");
    // Nothing is left to ship in part, and nobody asked for too much: it is said, not made up.
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "not_shown").count(),
        2,
        "{kinds:?}"
    );
    let dry = find(&report["steps"], "step", "dry_run_refused");
    assert!(dry["text"].as_str().unwrap().contains("8 x NAIL"), "{dry}");
    assert_eq!(report["stock"]["after"][0]["on_hand"], 8);
    assert_eq!(folder.names(), ["orders.csv", "stock.csv"]);
}

#[test]
fn one_order_of_one_unit_is_enough() {
    let folder = Folder::new("own-one");
    folder
        .with("orders.csv", format!("{HEAD}\n1,NAIL,1,0.10,EUR\n"))
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,1\n");
    let run = folder.oms(&["--orders", "orders.csv", "--stock", "stock.csv"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert!(
        run.out.contains("The history of order 1 (1)"),
        "{}",
        run.out
    );
}

#[test]
fn hubs_and_skus_of_ones_own_are_checked_against_the_stock() {
    let folder = Folder::new("own-hubs");
    folder
        .with("hubs.csv", "hub,name,countries\nnorth,North,DE\n")
        .with("skus.csv", "sku,title\nNAIL,Nail\n")
        .with(
            "stock.csv",
            "sku,hub,on_hand\nNAIL,north,5\nNAIL,south,5\nSCREW,north,5\nNAIL,west,-1\n",
        )
        .with(
            "orders.csv",
            format!("{HEAD},country\n1,NAIL,1,0.10,EUR,DE\n2,NAIL,1,0.10,EUR,FR\n"),
        );
    let run = folder.oms(&[
        "--orders",
        "orders.csv",
        "--stock",
        "stock.csv",
        "--hubs",
        "hubs.csv",
        "--skus",
        "skus.csv",
        "--json",
    ]);
    assert_eq!(run.code, 2, "{}", run.err);
    let report = run.json();
    assert_eq!(report["stock"]["before"].as_array().unwrap().len(), 1);
    assert_eq!(
        find(&report["refused"], "reference", "2")["code"],
        "unserviceable"
    );
    let reasons = texts(&report["rejected"], "reason");
    assert!(
        reasons.contains(&"no such hub") && reasons.contains(&"no such SKU"),
        "{reasons:?}"
    );
    assert_eq!(
        folder.read("oms-out/rejected-stock.csv"),
        "sku,hub,on_hand,rejected_line,rejected_column,rejected_reason\n\
         NAIL,south,5,3,hub,no such hub\n\
         SCREW,north,5,4,sku,no such SKU\n\
         NAIL,west,-1,5,on_hand,quantity -1 is negative\n"
    );
    let orders = folder.read("oms-out/rejected.csv");
    assert!(
        orders.contains("2,NAIL,1,0.10,EUR,FR,3,,the order was refused"),
        "{orders}"
    );
}

#[test]
fn a_folder_of_mixed_files_is_read_by_content_and_bad_ones_do_not_stop_it() {
    let folder = Folder::new("own-folder");
    let shopify = r##"{"id":77,"name":"#77","currency":"EUR","total_price":"0.10",
        "financial_status":"paid","line_items":[{"id":1,"sku":"NAIL","quantity":1,"price":"0.10"}]}"##;
    folder
        .with("in/b.json", shopify)
        .with("in/a.CSV", format!("{HEAD}\n1,NAIL,1,0.10,EUR\n"))
        .with("in/c.json", b"{\"ping\": true}")
        .with(
            "in/d.json",
            "{\"orders\": [{\"id\": 9, \"total_price\": \"1.00\"}]}",
        )
        .with("in/e.json", "{\"orders\": [")
        .with("in/readme.txt", "not for us")
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,9\n");
    let run = folder.oms(&[
        "--orders",
        "in",
        "--stock",
        "stock.csv",
        "--json",
        "--channel",
        "web",
    ]);
    assert_eq!(run.code, 2, "{}", run.err);
    let report = run.json();
    assert_eq!(texts(&report["orders"], "reference"), ["1", "#77"]);
    assert_eq!(texts(&report["orders"], "channel"), ["web", "web"]);
    let rejected = &report["rejected"];
    let files = texts(rejected, "file");
    assert_eq!(files.len(), 3, "{rejected}");
    assert!(
        files
            .iter()
            .zip(["c.json", "d.json", "e.json"])
            .all(|(file, name)| file.ends_with(name))
    );
    assert_eq!(rejected[1]["order"], "9");
    assert_eq!(rejected[1]["column"], "currency");
}

#[test]
fn an_order_that_was_paid_later_is_approved_and_one_cancelled_later_is_cancelled() {
    let folder = Folder::new("own-later");
    let order = |id: u32, state: &str| {
        format!(
            r##"{{"id":{id},"name":"#{id}","currency":"EUR","total_price":"0.10",{state},
            "line_items":[{{"id":1,"sku":"NAIL","quantity":1,"price":"0.10"}}]}}"##
        )
    };
    let paid = r#""financial_status":"paid","transactions":[{"id":5,"kind":"sale","status":"success","amount":"0.10","currency":"EUR"}]"#;
    let list = [
        order(1, r#""financial_status":"pending""#),
        order(2, paid),
        order(1, paid),
        order(
            2,
            r#""financial_status":"paid","cancelled_at":"2026-11-02T10:00:00Z""#,
        ),
    ];
    folder
        .with("orders.json", format!("[{}]", list.join(",")))
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,9\n");
    let run = folder.oms(&["--orders", "orders.json", "--stock", "stock.csv", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = run.json();
    assert_eq!(find(&report["steps"], "step", "paid_later")["orders"][0], 1);
    assert_eq!(
        find(&report["steps"], "step", "cancelled_by_channel")["orders"][0],
        2
    );
    assert_eq!(report["known"].as_array().unwrap().len(), 2);
    assert_eq!(
        find(&report["orders"], "reference", "#2")["status"],
        "cancelled"
    );
}

#[test]
fn an_older_file_that_is_read_later_cancels_no_order() {
    for (cancelled_there, expected) in [("10", false), ("12", true)] {
        let folder = Folder::new("own-older");
        let order = |id: u32, hour: &str, state: &str| {
            format!(
                r##"{{"id":{id},"name":"#{id}","currency":"EUR","total_price":"0.10",{state},
                "updated_at":"2025-11-02T{hour}:00:00Z",
                "line_items":[{{"id":1,"sku":"NAIL","quantity":1,"price":"0.10"}}]}}"##
            )
        };
        let pending = r#""financial_status":"pending""#;
        let paid = r#""financial_status":"paid","transactions":[{"id":5,"kind":"sale",
            "status":"success","amount":"0.10","currency":"EUR"}]"#;
        let gone = r#""financial_status":"paid","cancelled_at":"2025-11-02T10:00:00Z""#;
        let both = [order(1, "09", pending), order(2, "09", paid)];
        folder
            .with("in/a.json", format!("[{}]", both.join(",")))
            .with("in/b.json", order(1, "11", paid))
            .with("in/c.json", order(1, cancelled_there, gone))
            .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,9\n");
        let run = folder.oms(&["--orders", "in", "--stock", "stock.csv", "--json"]);
        let report = run.json();
        assert_eq!(find(&report["steps"], "step", "paid_later")["orders"][0], 1);
        assert_eq!(report["known"].as_array().unwrap().len(), 2);
        let steps = texts(&report["steps"], "step");
        let cancelled = steps.contains(&"cancelled_by_channel");
        assert_eq!(cancelled, expected, "{cancelled_there}: {steps:?}");
    }
}

#[test]
fn an_older_file_than_one_that_was_left_out_approves_no_order() {
    let folder = Folder::new("own-left-out");
    let order = |hour: &str, state: &str| {
        format!(
            r##"{{"id":1,"name":"#1","currency":"EUR","total_price":"0.10",{state},
            "updated_at":"2025-11-02T{hour}:00:00Z",
            "line_items":[{{"id":1,"sku":"NAIL","quantity":1,"price":"0.10"}}]}}"##
        )
    };
    let paid = r#""financial_status":"paid""#;
    let sent = r#""financial_status":"paid","fulfillment_status":"fulfilled""#;
    folder
        .with("in/a.json", order("09", r#""financial_status":"pending""#))
        .with("in/b.json", order("12", sent))
        .with("in/c.json", order("11", paid))
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,9\n");
    let run = folder.oms(&["--orders", "in", "--stock", "stock.csv", "--json"]);
    let report = run.json();
    assert_eq!(texts(&report["left_out"], "suggestion"), ["shipped"]);
    assert_eq!(report["known"].as_array().unwrap().len(), 1);
    let steps = texts(&report["steps"], "step");
    assert!(!steps.contains(&"paid_later"), "{steps:?}");
}

#[test]
fn many_orders_are_all_taken_and_the_text_stays_short() {
    let folder = Folder::new("own-many");
    let rows: Vec<String> = (1..=500)
        .map(|id| format!("{id},NAIL,2,0.10,EUR"))
        .collect();
    folder
        .with("orders.csv", format!("{HEAD}\n{}\n", rows.join("\n")))
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,900\n");
    let run = folder.oms(&["--orders", "orders.csv", "--stock", "stock.csv"]);
    assert_eq!(run.code, 2, "{}", run.err);
    // 900 units are 450 orders; not one unit more was promised.
    assert!(
        run.out
            .contains("450 orders stored (0 on hold), 50 refused"),
        "{}",
        run.out
    );
    assert!(run.out.contains("... and 390 more"), "{}", run.out);
    assert!(run.out.lines().count() < 300);
}

#[test]
fn rows_of_an_order_that_is_refused_come_back_among_the_others_as_in_their_file() {
    let folder = Folder::new("own-too-long");
    let row = |order: u32, units: u32| format!("{order},NAIL,{units},0.10,EUR\n");
    // One line more than an order may have, between two bad rows.
    let lines = LINES_PER_ORDER_MAX + 1;
    let long = row(2, 1).repeat(lines);
    let text = format!("{HEAD}\n{}{long}{}{}", row(1, 0), row(3, 0), row(4, 1));
    folder
        .with("orders.csv", text)
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,10\n");
    let run = folder.oms(&["--orders", "orders.csv", "--stock", "stock.csv"]);
    let rejected = folder.read("oms-out/rejected.csv");
    let orders = rejected.lines().skip(1).map(|row| row.split(',').next());
    let orders: Vec<&str> = orders.flatten().collect();
    assert_eq!(orders.len(), lines + 2, "{}{}", run.out, run.err);
    assert!(orders.is_sorted(), "{rejected}");
}

#[test]
fn own_orders_on_the_sample_stock_get_a_hint() {
    let folder = Folder::new("own-hint");
    folder.with("orders.csv", format!("{HEAD}\n1,NAIL,1,0.10,EUR\n"));
    let run = folder.oms(&["--orders", "orders.csv"]);
    assert_eq!(run.code, 2);
    assert!(
        run.out.contains("give your own with --stock"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("not in the catalogue: NAIL"),
        "{}",
        run.out
    );
}

#[test]
fn what_the_channel_says_of_an_order_is_respected() {
    let folder = Folder::new("own-states");
    let order = |id: u32, state: &str| {
        format!(
            r##"{{"id":{id},"name":"#{id}","currency":"EUR","total_price":"0.10",{state},
            "line_items":[{{"id":1,"sku":"NAIL","quantity":1,"price":"0.10"}}]}}"##
        )
    };
    let list = [
        order(
            1,
            r#""financial_status":"paid","fulfillment_status":"partial""#,
        ),
        order(2, r#""financial_status":"voided""#),
        order(
            3,
            r#""financial_status":"paid","fulfillment_status":"fulfilled""#,
        ),
        order(4, r#""financial_status":"paid","test":true"#),
    ];
    folder
        .with("orders.json", format!("[{}]", list.join(",")))
        .with("stock.csv", "sku,hub,on_hand\nNAIL,shed,9\n");
    let run = folder.oms(&["--orders", "orders.json", "--stock", "stock.csv", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let report = run.json();
    let reasons = |reference| &find(&report["held"], "reference", reference)["reasons"];
    assert_eq!(*reasons("#1"), serde_json::json!(["review"]));
    assert_eq!(*reasons("#2"), serde_json::json!(["payment"]));
    assert_eq!(texts(&report["left_out"], "reference"), ["#3", "#4"]);
    assert_eq!(
        texts(&report["left_out"], "suggestion"),
        ["shipped", "ignore"]
    );
    assert_eq!(
        report["stock"]["after"][0]["reserved"], 2,
        "kept while a person decides"
    );
}
