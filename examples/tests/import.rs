//! The import program: what becomes of payloads and CSV files, said to a person.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::{Folder, Run};
use oms_core::value::limits::LINES_PER_ORDER_MAX;

const IMPORT: &str = env!("CARGO_BIN_EXE_import");

fn data(name: &str) -> String {
    format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs an import of a sample folder, with the sample shop.
fn import(folder: &Folder, kind: &str, more: &[&str]) -> Run {
    let (skus, hubs, stock) = (data("skus.csv"), data("hubs.csv"), data("stock.csv"));
    let path = data(&format!("channels/{kind}"));
    let mut args = vec!["--channel", kind, &path];
    args.extend(["--skus", &skus, "--hubs", &hubs, "--stock", &stock]);
    args.extend(more);
    folder.run(IMPORT, &args)
}

/// The counts at the head of a report.
fn counts(run: &Run) -> [usize; 5] {
    ["accepted", "already known", "held", "left out", "refused"].map(|what| {
        let mut lines = run.out.lines();
        let line = lines.find(|line| {
            line.trim_start()
                .split_once(' ')
                .is_some_and(|(count, rest)| {
                    count.parse::<usize>().is_ok() && rest.starts_with(what)
                })
        });
        let count = line.and_then(|line| line.split_whitespace().next());
        count
            .unwrap_or_else(|| panic!("{what}: {}", run.out))
            .parse()
            .unwrap()
    })
}

fn says(run: &Run, parts: &[&str]) {
    for part in parts {
        assert!(run.out.contains(part), "{part}\n{}{}", run.out, run.err);
    }
}

#[test]
fn one_bad_file_and_one_bad_order_lose_no_other() {
    let folder = Folder::new("import-shopify");
    let run = import(&folder, "shopify", &["--rejected", "refused.csv"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert_eq!(counts(&run), [1, 1, 1, 1, 2], "{}", run.out);
    says(
        &run,
        &[
            "1 approved",
            "#2004 (our 2, ",
            "a SKU is not in the catalogue (unknown SKU: TEAPOT-XL on line 1)",
            "#2003 (",
            "page-1.json, order 2002, line_items[0].quantity = \"1.5\": expected a whole number of \
             units (quantity_not_whole)",
            "page-3-cut-off.json, line 1 column 46: expected a complete JSON document \
             (channel_not_json)",
            "What was refused is in refused.csv.",
        ],
    );
    let refused = folder.read("refused.csv");
    let mut lines = refused.lines();
    assert_eq!(lines.next(), Some("file,order,place,value,code,reason"));
    let row = lines
        .find(|line| line.contains("quantity_not_whole"))
        .unwrap();
    assert!(row.contains(",2002,line_items[0].quantity,1.5,"), "{row}");
    // Progress is in plain lines where nobody looks at a terminal.
    assert!(run.err.ends_with("3 of 3 files, 4 orders\n"), "{}", run.err);
}

#[test]
fn every_kind_of_channel_is_taken_in() {
    let folder = Folder::new("import-kinds");
    for (kind, expected) in [("woocommerce", [1, 0, 1, 0, 0]), ("ebay", [1, 0, 0, 0, 0])] {
        let run = import(&folder, kind, &["--quiet"]);
        assert_eq!(
            (run.code, counts(&run)),
            (0, expected),
            "{kind}: {}",
            run.out
        );
        assert_eq!(run.err, "", "{kind}");
    }
    let run = import(&folder, "plain", &[]);
    assert_eq!(
        (run.code, counts(&run)),
        (0, [1, 0, 0, 0, 0]),
        "{}",
        run.out
    );
    // The total is not the sum of the parts: stored, and told.
    let run = import(&folder, "woocommerce", &[]);
    says(
        &run,
        &[
            "3002 (our 2, ",
            "the total is not the sum of the parts",
            "stated total 9.00 EUR, the parts sum to 6.40 EUR, difference 2.60 EUR",
        ],
    );
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn an_older_page_that_is_read_later_cancels_no_order() {
    let folder = Folder::new("import-older");
    let file = data("orders/shopify-1-ordinary.json");
    let paid = std::fs::read_to_string(file).unwrap();
    let mut page: serde_json::Value = serde_json::from_str(&paid).unwrap();
    page["order"]["updated_at"] = "2025-11-02T10:00:00+01:00".into();
    let newer = page.to_string();
    page["order"]["cancelled_at"] = "2025-11-02T09:00:00+01:00".into();
    page["order"]["cancel_reason"] = "customer".into();
    for (cancelled_there, expected) in [("09", false), ("11", true)] {
        page["order"]["updated_at"] = format!("2025-11-02T{cancelled_there}:00:00+01:00").into();
        folder.with("a.json", newer.clone());
        folder.with("b.json", page.to_string());
        let (skus, hubs, stock) = (data("skus.csv"), data("hubs.csv"), data("stock.csv"));
        let files = ["--channel", "shopify", "a.json", "b.json"];
        let shop = ["--skus", &skus, "--hubs", &hubs, "--stock", &stock];
        let run = folder.run(IMPORT, &[&files[..], &shop[..]].concat());
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        assert_eq!(counts(&run)[..2], [1, 1], "{}", run.out);
        let cancelled = run.out.contains("#1001 (our 1, b.json): is cancelled");
        assert_eq!(cancelled, expected, "{cancelled_there}: {}", run.out);
    }
}

#[test]
fn a_page_that_is_older_than_the_last_one_of_three_cancels_no_order() {
    let folder = Folder::new("import-three");
    let file = data("orders/shopify-1-ordinary.json");
    let paid = std::fs::read_to_string(file).unwrap();
    let page: serde_json::Value = serde_json::from_str(&paid).unwrap();
    let at = |hour: &str, fields: &[(&str, &str)]| {
        let mut page = page.clone();
        page["order"]["updated_at"] = format!("2025-11-02T{hour}:00:00+01:00").into();
        for (field, value) in fields {
            page["order"][*field] = (*value).into();
        }
        page.to_string()
    };
    let pending = [
        ("financial_status", "pending"),
        ("total_outstanding", "36.89"),
    ];
    let cancelled = [
        ("cancelled_at", "2025-11-02T09:00:00+01:00"),
        ("cancel_reason", "customer"),
    ];
    for (cancelled_there, expected) in [("10", false), ("12", true)] {
        folder.with("a.json", at("09", &pending));
        folder.with("b.json", at("11", &[]));
        folder.with("c.json", at(cancelled_there, &cancelled));
        let (skus, hubs, stock) = (data("skus.csv"), data("hubs.csv"), data("stock.csv"));
        let files = ["--channel", "shopify", "a.json", "b.json", "c.json"];
        let shop = ["--skus", &skus, "--hubs", &hubs, "--stock", &stock];
        let run = folder.run(IMPORT, &[&files[..], &shop[..]].concat());
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        assert_eq!(counts(&run)[..2], [1, 2], "{}", run.out);
        says(&run, &["#1001 (our 1, b.json): is approved"]);
        let is_cancelled = run.out.contains("#1001 (our 1, c.json): is cancelled");
        assert_eq!(is_cancelled, expected, "{cancelled_there}: {}", run.out);
        // Also where it was paid from the start, and where all three come in one file.
        for first in [&pending[..], &[]] {
            let last = at(cancelled_there, &cancelled);
            let pages = [at("09", first), at("11", &[]), last];
            let pages = pages.map(|page| {
                let page: serde_json::Value = serde_json::from_str(&page).unwrap();
                page["order"].clone()
            });
            let all = serde_json::json!({"orders": pages});
            folder.with("all.json", all.to_string());
            let files = ["--channel", "shopify", "all.json"];
            let run = folder.run(IMPORT, &[&files[..], &shop[..]].concat());
            assert_eq!(run.code, 0, "{}{}", run.out, run.err);
            assert_eq!(counts(&run)[..2], [1, 2], "{}", run.out);
            let is_cancelled = run.out.contains("#1001 (our 1, all.json): is cancelled");
            assert_eq!(is_cancelled, expected, "{cancelled_there}: {}", run.out);
            // Each is told as it stands after its page.
            says(&run, &["#1001 (our 1, all.json): is approved"]);
            let stale = run.out.contains("#1001 (our 1, all.json): is pending");
            assert!(!stale, "{cancelled_there}: {}", run.out);
        }
    }
}

#[test]
fn a_page_that_is_older_than_one_that_was_left_out_approves_no_order() {
    let folder = Folder::new("import-left-out");
    let file = data("orders/shopify-1-ordinary.json");
    let paid = std::fs::read_to_string(file).unwrap();
    let page: serde_json::Value = serde_json::from_str(&paid).unwrap();
    let at = |hour: &str, fields: &[(&str, &str)]| {
        let mut page = page.clone();
        page["order"]["updated_at"] = format!("2025-11-02T{hour}:00:00+01:00").into();
        for (field, value) in fields {
            page["order"][*field] = (*value).into();
        }
        page.to_string()
    };
    let pending = [
        ("financial_status", "pending"),
        ("total_outstanding", "36.89"),
    ];
    folder.with("a.json", at("09", &pending));
    folder.with("b.json", at("12", &[("fulfillment_status", "fulfilled")]));
    folder.with("c.json", at("11", &[]));
    let (skus, hubs, stock) = (data("skus.csv"), data("hubs.csv"), data("stock.csv"));
    let files = ["--channel", "shopify", "a.json", "b.json", "c.json"];
    let shop = ["--skus", &skus, "--hubs", &hubs, "--stock", &stock];
    let run = folder.run(IMPORT, &[&files[..], &shop[..]].concat());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    assert_eq!(counts(&run), [1, 1, 0, 1, 0], "{}", run.out);
    says(&run, &["#1001 (our 1, c.json): is pending"]);
}

#[test]
fn answers_of_amazon_are_joined_by_the_order() {
    let run = import(&Folder::new("import-amazon"), "amazon", &[]);
    assert_eq!(run.code, 2, "{}", run.out);
    assert_eq!(counts(&run), [1, 0, 0, 0, 2], "{}", run.out);
    says(
        &run,
        &[
            "1 approved",
            "orders.json, order 302-0000002-0000002, OrderItems: is missing; expected the items of \
             the order",
            "items-9.json: is an answer about an order that is in none of the files",
        ],
    );
}

#[test]
fn what_was_refused_before_is_not_written_over() {
    let folder = Folder::new("import-again");
    folder.with("refused.csv", "half corrected");
    let run = import(&folder, "shopify", &["--rejected", "refused.csv"]);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    says(&run, &["What was refused is in refused-2.csv."]);
    assert_eq!(folder.read("refused.csv"), "half corrected");
    assert!(folder.read("refused-2.csv").contains("quantity_not_whole"));
    // Where nothing can be written, nothing is taken in.
    let run = import(&folder, "shopify", &["--rejected", "none/refused.csv"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{}", run.err);
    let told = "import: none/refused.csv cannot be written: ";
    assert!(run.err.starts_with(told), "{}", run.err);
}

/// The folder goes away after it was found to be there: the orders are stored, and what was refused
/// is told all the same.
#[test]
fn a_report_is_told_where_what_was_refused_cannot_be_written() {
    let folder = Folder::new("import-gone");
    folder.with("out/keep", "");
    let fifo = folder.path().join("orders.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let child = Command::new(IMPORT)
        .args([
            "--channel",
            "csv",
            "orders.csv",
            "--rejected",
            "out/refused.csv",
        ])
        .current_dir(folder.path())
        .env_remove("DATABASE_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Opened as soon as the other end is, which is after the look at the folder.
    let mut orders = std::fs::OpenOptions::new().write(true).open(fifo).unwrap();
    std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    let text = "order_id,sku,quantity,unit_price,currency\nA-1,TEA,none,8.50,EUR\n";
    orders.write_all(text.as_bytes()).unwrap();
    drop(orders);
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(
        (run.code, counts(&run)[4]),
        (1, 1),
        "{}{}",
        run.out,
        run.err
    );
    says(&run, &["Refused", "quantity"]);
    let told = "import: out/refused.csv cannot be written: ";
    assert!(run.err.contains(told), "{}", run.err);
}

#[test]
fn a_spreadsheet_is_read_by_its_own_headers_and_bad_rows_come_back() {
    let folder = Folder::new("import-csv");
    let mut options = vec!["--rejected", "again.csv"];
    let columns = [
        "order_id=Bestellnummer",
        "sku=Artikel",
        "quantity=Menge",
        "unit_price=Preis",
        "ordered_at=Datum",
        "address1=Straße",
        "city=Ort",
        "postcode=PLZ",
        "country=Land",
    ];
    columns
        .iter()
        .for_each(|column| options.extend(["--column", column]));
    options.extend(["--encoding", "windows-1252", "--dates", "day-month-year"]);
    options.extend(["--currency", "EUR", "--decimal", "comma"]);
    let run = import(&folder, "csv", &options);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    assert_eq!(counts(&run), [1, 0, 1, 0, 2], "{}", run.out);
    says(
        &run,
        &[
            "export.csv, line 4, column Menge = \"-1\": quantity -1 is negative (quantity_neg",
            "export.csv, line 3: another row of the order is bad",
            "0003 (our 2, ",
            "unknown SKU: 123-UNKNOWN",
        ],
    );
    let again = folder.read("again.csv");
    assert!(
        again.starts_with("Bestellnummer;Artikel;Menge;Preis;"),
        "{again}"
    );
    assert!(again.contains("\n0002;TEA-02;-1;6,40;"), "{again}");
    // Corrected, it goes in: the file is UTF-8 now, and the added columns do no harm.
    folder.with("again.csv", again.replace(";-1;", ";1;"));
    let (skus, hubs, stock) = (data("skus.csv"), data("hubs.csv"), data("stock.csv"));
    let mut args = vec![
        "--channel",
        "csv",
        "again.csv",
        "--skus",
        &skus,
        "--hubs",
        &hubs,
    ];
    args.extend(["--stock", &stock]);
    columns
        .iter()
        .for_each(|column| args.extend(["--column", column]));
    args.extend(["--dates", "day-month-year", "--currency", "EUR"]);
    let run = folder.run(IMPORT, &args);
    assert_eq!(
        (run.code, counts(&run)),
        (0, [1, 0, 0, 0, 0]),
        "{}{}",
        run.out,
        run.err
    );
}

#[test]
fn rows_of_an_order_that_is_not_stored_come_back_among_the_others_as_in_their_file() {
    let folder = Folder::new("import-csv-too-long");
    let row = |order: u32, units: u32| format!("{order},TEA-01,{units},4.50,EUR\n");
    // One line more than an order may have, between two bad rows.
    let lines = LINES_PER_ORDER_MAX + 1;
    let head = "order_id,sku,quantity,unit_price,currency\n";
    let text = [head, &row(1, 0), &row(2, 1).repeat(lines), &row(3, 0)].concat();
    folder.with("long.csv", text);
    let args = ["--channel", "csv", "long.csv", "--rejected", "again.csv"];
    let run = folder.run(IMPORT, &args);
    assert_eq!(run.code, 2, "{}{}", run.out, run.err);
    let again = folder.read("again.csv");
    let orders = again.lines().skip(1).map(|row| row.split(',').next());
    let orders: Vec<&str> = orders.flatten().collect();
    assert_eq!(orders.len(), lines + 2);
    assert!(orders.is_sorted(), "{again}");
}

#[test]
fn without_a_catalogue_orders_are_held_and_the_way_out_is_said() {
    let folder = Folder::new("import-no-catalogue");
    let path = data("channels/plain/till.json");
    let run = folder.run(IMPORT, &["--channel", "plain", &path]);
    assert_eq!(
        (run.code, counts(&run)),
        (0, [0, 0, 1, 0, 0]),
        "{}{}",
        run.out,
        run.err
    );
    says(
        &run,
        &[
            "a SKU is not in the catalogue",
            "--skus FILE",
            "--stock FILE",
        ],
    );
}

#[test]
fn a_dry_run_tells_the_same_and_numbers_nothing() {
    let folder = Folder::new("import-dry");
    let run = import(&folder, "shopify", &["--dry-run"]);
    assert_eq!(run.code, 2, "{}", run.out);
    // Nothing is written, so the order that comes twice is new both times.
    assert_eq!(counts(&run), [2, 0, 1, 1, 2], "{}", run.out);
    says(
        &run,
        &[
            "what an import would do",
            "#2004 (",
            "a SKU is not in the catalogue",
        ],
    );
    assert!(!run.out.contains("(our "), "{}", run.out);
}

#[test]
fn a_payload_comes_through_a_pipe() {
    let folder = Folder::new("import-pipe");
    let mut child = Command::new(IMPORT)
        .args(["--channel", "ebay", "-", "--quiet"])
        .current_dir(folder.path())
        .env_remove("DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let payload = std::fs::read(data("channels/ebay/orders.json")).unwrap();
    child.stdin.take().unwrap().write_all(&payload).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(
        (run.code, counts(&run)),
        (0, [0, 0, 1, 0, 0]),
        "{}{}",
        run.out,
        run.err
    );
    says(&run, &["12-00001-00001 (our 1, (standard input))"]);
}

#[test]
fn orders_of_another_channel_are_refused() {
    let folder = Folder::new("import-other");
    let path = data("channels/ebay/orders.json");
    for kind in ["shopify", "plain", "amazon"] {
        let run = folder.run(IMPORT, &["--channel", kind, &path]);
        assert_eq!(
            (run.code, counts(&run)[4]),
            (2, 1),
            "{kind}: {}{}",
            run.out,
            run.err
        );
        says(&run, &["= \"ebay\": expected", "(channel_unknown_format)"]);
    }
}

#[test]
fn what_cannot_run_is_said_in_a_sentence() {
    let folder = Folder::new("import-failures");
    folder
        .with("empty/readme.md", "nothing")
        .with("stock.csv", "sku,hub,on_hand\nA,b,-1\n");
    folder.with("ok.json", "{}");
    for (args, part) in [
        (
            ["--channel", "shopify", "no-such-file"].as_slice(),
            "no-such-file cannot be read",
        ),
        (&["--channel", "shopify", "empty"], "ending in .json"),
        (
            &["--channel", "shopify", "ok.json", "--column", "a=b"],
            "mean nothing for --channel",
        ),
        (
            &["--channel", "csv", "ok.json", "--column", "a"],
            "COLUMN=HEADER",
        ),
        (
            &["--channel", "csv", "ok.csv", "--utc-offset-mins", "841"],
            "841 is not in -840..=840",
        ),
        (
            &["--channel", "shopify", "ok.json", "--stock", "stock.csv"],
            "has 1 bad rows: line 2",
        ),
        (
            &["--channel", "shopify", "ok.json", "--migrate"],
            "needs --database-url",
        ),
        (&["--channel", "etsy", "ok.json"], "possible values"),
        (&["--channel", "shopify"], "required"),
    ] {
        let run = folder.run(IMPORT, args);
        assert_eq!(
            (run.code, run.out.as_str()),
            (1, ""),
            "{args:?}: {}",
            run.err
        );
        assert!(run.err.contains(part), "{args:?}: {}", run.err);
    }
    // A path that leads nowhere loses no other.
    let path = data("channels/ebay");
    let run = folder.run(IMPORT, &["--channel", "ebay", "no-such-file", &path]);
    assert_eq!(
        (run.code, counts(&run)),
        (2, [0, 0, 1, 0, 1]),
        "{}{}",
        run.out,
        run.err
    );
}
