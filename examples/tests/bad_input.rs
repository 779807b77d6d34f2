//! Bad input gets one clear sentence, and an exit code that says so.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Folder, Run};
use serde_json::json;

/// Exit code 1, nothing on the standard output, one sentence on the other.
fn refused(run: &Run, sentence: &str) {
    assert_eq!((run.code, run.out.as_str()), (1, ""), "{}", run.err);
    assert_eq!(run.err, format!("oms: {sentence}.\n"));
}

#[test]
fn paths_that_lead_nowhere() {
    let folder = Folder::new("bad-paths");
    let missing = "nowhere.csv cannot be read: no such file or directory";
    for option in ["--orders", "--hubs", "--skus", "--stock"] {
        refused(&folder.oms(&[option, "nowhere.csv"]), missing);
    }
    assert!(folder.names().is_empty());
}

#[test]
fn files_that_hold_no_orders() {
    let folder = Folder::new("bad-orders");
    let cases: [(&str, &[u8], &str); 8] = [
        ("empty.csv", b"", "is empty"),
        ("blank.json", b" \r\n\t ", "is empty"),
        ("zeros.bin", b"\x7fELF\0\0\0\x01", "is not a text file"),
        (
            "image.bin",
            b"\x89PNG\r\n\x1a\n\xff\xfe\xfa",
            "cannot be read: expected a header row of UTF-8 text, its quotes closed",
        ),
        (
            "wrong.csv",
            b"name,colour\nx,y\n",
            "has no column order_id in its header row (name,colour)",
        ),
        (
            "twice.csv",
            b"order_id,sku,SKU,quantity,unit_price,currency\n",
            "has two columns for sku in its header row",
        ),
        (
            "ping.json",
            b"{\"zen\": \"hello\"}",
            "is JSON, but no order of Shopify or WooCommerce",
        ),
        ("page.json", b"[]", "holds no order"),
    ];
    for (name, content, problem) in cases {
        folder.with(name, content);
        refused(
            &folder.oms(&["--orders", name]),
            &format!("{name} {problem}"),
        );
    }
    folder.with("cut.json", "{\"orders\": [{\"id\": 1");
    let run = folder.oms(&["--orders", "cut.json"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.starts_with("oms: cut.json is not JSON"),
        "{}",
        run.err
    );
    assert_eq!(run.err.lines().count(), 1);
}

#[test]
fn a_header_without_a_row_holds_no_order() {
    let folder = Folder::new("bad-header-only");
    folder.with("head.csv", "order_id,sku,quantity,unit_price,currency\n");
    refused(
        &folder.oms(&["--orders", "head.csv"]),
        "head.csv holds no order",
    );
}

#[test]
fn a_folder_with_nothing_usable() {
    let folder = Folder::new("bad-folder");
    folder.with("in/notes.txt", "hello").with("bad/x.json", "7");
    let run = folder.oms(&["--orders", "in"]);
    refused(&run, "in is a folder without any .json or .csv file");
    let run = folder.oms(&["--orders", "bad"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("x.json"), "{}", run.err);
}

#[test]
fn only_bad_rows_are_told_and_written() {
    let folder = Folder::new("bad-rows");
    folder.with(
        "rows.csv",
        "order_id,sku,quantity,unit_price,currency\n1,TEA-01,0,8.50,EUR\n",
    );
    let run = folder.oms(&["--orders", "rows.csv"]);
    assert_eq!((run.code, run.err.as_str()), (2, ""));
    assert!(run.out.contains("0 orders stored"), "{}", run.out);
    assert!(
        folder
            .read("oms-out/rejected.csv")
            .contains("1,TEA-01,0,8.50,EUR,2,quantity,")
    );
}

#[test]
fn hubs_skus_and_stock_that_cannot_be_read() {
    let folder = Folder::new("bad-shop");
    folder
        .with("empty.csv", "")
        .with("wrong.csv", "colour\nred\n")
        .with("bad.csv", "sku,hub,on_hand\nA,h,x\n");
    refused(&folder.oms(&["--stock", "empty.csv"]), "empty.csv is empty");
    let wrong = "wrong.csv has no column hub in its header row (colour)";
    refused(&folder.oms(&["--hubs", "wrong.csv"]), wrong);
    let run = folder.oms(&["--stock", "bad.csv"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err
            .starts_with("oms: bad.csv has no usable row; line 2"),
        "{}",
        run.err
    );
}

#[test]
fn a_wrong_command_line_is_no_rejected_row() {
    let folder = Folder::new("bad-options");
    for args in [
        &["--colour", "red"][..],
        &["--channel", ""],
        &["--json", "--quiet"],
    ] {
        let run = folder.oms(args);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{args:?}");
        assert!(run.err.starts_with("error: "), "{}", run.err);
    }
}

/// The orders are stored by then: what became of them is told all the same.
#[test]
fn an_output_folder_that_cannot_be_made_loses_no_report() {
    let folder = Folder::new("bad-out");
    folder.with("file", "in the way");
    let usual = folder.oms(&["--json", "--out", "out"]).json();
    let run = folder.oms(&["--json", "--out", "file"]);
    let told = "oms: file cannot be written: ";
    assert!(run.err.starts_with(told), "{}", run.err);
    let report = run.json();
    assert_eq!((run.code, &report["summary"]["exit_code"]), (1, &json!(1)));
    assert_eq!(report["rejected"], usual["rejected"]);
    assert_eq!(report["rejected_files"], json!([]));
    let run = folder.oms(&["--quiet", "--out", "file"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("Exit code 1: "), "{}", run.out);
    assert!(run.err.starts_with(told), "{}", run.err);
}
