//! The main job on the sample data tells the whole story.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Folder, Run, find, texts};
use serde_json::Value;

fn report(test: &str) -> Value {
    let run = Folder::new(test).oms(&["--json"]);
    assert_eq!((run.code, run.err.as_str()), (2, ""));
    run.json()
}

/// The order with that number.
fn order(report: &Value, number: &Value) -> Value {
    let orders = report["orders"].as_array().unwrap();
    orders
        .iter()
        .find(|order| order["number"] == *number)
        .unwrap()
        .clone()
}

/// The orders of the only step of a kind.
fn step(report: &Value, kind: &str) -> Vec<Value> {
    let step = find(&report["steps"], "step", kind);
    let numbers = step["orders"].as_array().unwrap();
    assert!(!numbers.is_empty(), "{step}");
    numbers.iter().map(|number| order(report, number)).collect()
}

#[test]
fn every_part_of_the_story_is_told() {
    let report = report("samples-story");
    let two = step(&report, "two_parcels");
    assert_eq!(
        (&two[0]["status"], &two[0]["parcels"]),
        (&"delivered".into(), &2.into())
    );
    let partly = step(&report, "partly_shipped");
    assert_eq!(
        (&partly[0]["status"], &partly[0]["parcels"]),
        (&"picking".into(), &1.into())
    );
    assert_eq!(step(&report, "cancelled")[0]["status"], "cancelled");
    assert_eq!(
        step(&report, "cancelled_by_channel")[0]["reference"],
        "#1005"
    );
    assert_eq!(
        step(&report, "cancelled_by_channel")[0]["status"],
        "cancelled"
    );
    for expired in step(&report, "expired") {
        assert_eq!(expired["status"], "on_hold");
    }
    for delivered in step(&report, "delivered") {
        assert_eq!(delivered["status"], "delivered");
    }
    assert_eq!(step(&report, "under_way")[0]["status"], "shipped");
    assert!(step(&report, "approved").len() > 5);
    let kinds = texts(&report["steps"], "step");
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "clock_ahead").count(),
        2
    );
    assert!(!kinds.contains(&"not_shown"), "{kinds:?}");
}

#[test]
fn problems_are_told_with_their_reasons() {
    let report = report("samples-problems");
    let held = find(&report["held"], "reference", "#1004");
    assert_eq!(held["reasons"], serde_json::json!(["unknown_sku"]));
    assert!(held["text"].as_str().unwrap().contains("TEAPOT-XL"));
    let unpaid = find(&report["held"], "reference", "0007");
    assert_eq!(
        unpaid["reasons"],
        serde_json::json!(["reservation_expired"])
    );
    let oversold = find(&report["refused"], "reference", "0003");
    assert_eq!(oversold["code"], "short");
    let words = oversold["text"].as_str().unwrap();
    assert!(words.contains("50 x KETTLE-1L ordered, all hubs have 11, one at most 7"));
    let known = &report["known"][0];
    let first = find(&report["orders"], "reference", "822");
    assert_eq!(known["number"], first["number"]);
    assert_eq!(report["left_out"][0]["suggestion"], "ignore");
    let row = &report["rejected"][0];
    assert_eq!((&row["line"], &row["column"]), (&6.into(), &"Qty".into()));
    assert_eq!(row["reason"], "quantity -1 is negative");
    assert_eq!(report["summary"]["exit_code"], 2);
}

#[test]
fn stock_adds_up() {
    let report = report("samples-stock");
    let number = |row: &Value, key: &str| row[key].as_i64().unwrap();
    let (before, after) = (&report["stock"]["before"], &report["stock"]["after"]);
    let (before, after) = (before.as_array().unwrap(), after.as_array().unwrap());
    assert_eq!(before.len(), 22);
    assert_eq!(before.len(), after.len());
    for row in before.iter().chain(after) {
        let free = number(row, "on_hand") - number(row, "reserved") - number(row, "safety");
        assert_eq!(number(row, "available"), free);
        assert!(["out", "low", "fine"].contains(&row["low_stock"].as_str().unwrap()));
    }
    let units = |row: &[Value], key: &str| row.iter().map(|row| number(row, key)).sum::<i64>();
    assert_eq!(units(before, "reserved"), 0);
    // Still claimed: two by the partly shipped order, one by the order that waits for its money,
    // one by the known line of the order with an unknown SKU.
    assert_eq!(units(after, "reserved"), 4);
    let gone = units(before, "on_hand") - units(after, "on_hand");
    let left = |order: &Value| {
        let all = ["delivered", "shipped"].contains(&order["status"].as_str().unwrap());
        if all {
            order["units"].as_i64().unwrap()
        } else {
            0
        }
    };
    let whole: i64 = report["orders"].as_array().unwrap().iter().map(left).sum();
    // One unit of the partly shipped order left.
    assert_eq!(gone, whole + 1);
    assert_eq!(
        report["audit"],
        serde_json::json!({"clean": true, "violations": []})
    );
}

#[test]
fn the_history_tells_time_actor_old_and_new() {
    let report = report("samples-history");
    let entries = report["history"]["entries"].as_array().unwrap();
    let seqs: Vec<i64> = entries
        .iter()
        .map(|entry| entry["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(seqs, (1..=11).collect::<Vec<_>>());
    let times = texts(&report["history"]["entries"], "at");
    assert!(times.is_sorted());
    assert_ne!(times[0][..10], times[10][..10], "parcels travel for days");
    for entry in entries {
        assert!(!entry["who"].as_str().unwrap().is_empty());
        assert!(!entry["what"].as_str().unwrap().is_empty());
    }
    assert_eq!(entries[0]["old_status"], Value::Null);
    assert_eq!(entries[3]["old_status"], "approved");
    assert_eq!(entries[3]["new_status"], "picked");
    let relabelled = find(
        &report["history"]["entries"],
        "reason",
        "the first label could not be read",
    );
    let (old, new) = (&relabelled["event"]["old"], &relabelled["event"]["new"]);
    assert_ne!(old["number"], new["number"]);
    assert!(relabelled["what"].as_str().unwrap().contains(" -> "));
}

fn assert_plain(run: &Run, width: usize) {
    for line in run.out.lines() {
        assert!(!line.contains('\u{1b}'), "{line:?}");
        let copied = line.trim_start().starts_with("cargo run");
        assert!(copied || line.chars().count() <= width, "{line}");
    }
}

#[test]
fn the_text_has_every_section_and_fits_the_terminal() {
    let folder = Folder::new("samples-text");
    let run = folder.oms(&[]);
    assert_eq!((run.code, run.err.as_str()), (2, ""));
    assert_plain(&run, 100);
    for section in [
        "Orders taken in",
        "Rejected rows",
        "Refused orders (not stored, nothing reserved)",
        "Noticed in orders that were read all the same",
        "What was done",
        "Orders",
        "Orders on hold (stored, waiting for a person)",
        "Stock, before the first order -> at the end",
        "The history of order 1 (0001), times in UTC",
        "In the end",
    ] {
        let heading = format!("\n{section}\n{}\n", "-".repeat(section.len()));
        assert!(run.out.contains(&heading), "{section}");
    }
    assert!(run.out.contains("own clock was set 15 minutes ahead"));
    assert!(
        run.out
            .contains("The store checked every order, stock row and reservation")
    );
    assert_eq!(folder.names(), ["oms-out"]);
    let narrow = std::process::Command::new(env!("CARGO_BIN_EXE_oms"))
        .current_dir(folder.path())
        .env_remove("DATABASE_URL")
        .env("COLUMNS", "80")
        .output();
    assert_plain(&narrow.unwrap().into(), 80);
}

#[test]
fn quiet_prints_the_end_only() {
    let run = Folder::new("samples-quiet").oms(&["--quiet"]);
    assert_eq!((run.code, run.err.as_str()), (2, ""));
    assert!(run.out.starts_with("In the end\n"), "{}", run.out);
    assert!(run.out.contains("rejected.csv"));
}

#[test]
fn rejected_rows_are_taken_once_they_are_right() {
    let folder = Folder::new("samples-again");
    let run = folder.oms(&["--out", "fix me"]);
    assert!(
        run.out
            .contains("cargo run --release -- --orders 'fix me/rejected.csv'")
    );
    let file = folder.read("fix me/rejected.csv");
    let lines: Vec<&str> = file.lines().collect();
    assert!(lines[0].ends_with("rejected_line;rejected_column;rejected_reason"));
    let rows: Vec<&&str> = lines.iter().filter(|line| line.starts_with("00")).collect();
    assert_eq!(rows.len(), 8, "{file}");
    assert!(rows[0].starts_with("0003;") && rows[0].contains(";5;Qty;not enough stock"));
    assert!(rows[1].ends_with(";6;Qty;quantity -1 is negative"));
    let again = folder.oms(&[
        "--orders",
        "fix me/rejected.csv",
        "--out",
        "fix me",
        "--quiet",
    ]);
    assert_eq!(again.code, 2);
    assert_eq!(
        folder.read("fix me/rejected.csv"),
        file,
        "an input is left alone"
    );
    assert!(again.out.contains("rejected-2.csv"), "{}", again.out);

    // Nor is one that somebody began to correct, and that is no input of this run.
    folder.with("fix me/rejected.csv", "half corrected");
    let third = folder.oms(&["--out", "fix me", "--quiet"]);
    assert_eq!(folder.read("fix me/rejected.csv"), "half corrected");
    assert!(third.out.contains("rejected-3.csv"), "{}", third.out);
    assert_eq!(folder.read("fix me/rejected-3.csv"), file);
    let fourth = folder.oms(&["--out", "fix me", "--quiet"]);
    assert!(fourth.out.contains("rejected-3.csv"), "{}", fourth.out);
    assert!(!folder.path().join("fix me/rejected-4.csv").exists());

    let second = file.rfind("\n0008;").unwrap();
    let fixed = format!("{}\n0018;{}", &file[..second], &file[second + 6..])
        .replace(";Kettle;50;", ";Kettle;5;")
        .replace(";1.950,00;", ";195,00;")
        .replace(";Assam tea;-1;", ";Assam tea;1;")
        .replace(";EUX;", ";EUR;")
        .replace(";Honey;1;;", ";Honey;1;9,20;")
        .replace(
            "Mug, blue;12;11,00;EUR;4,00;0,00;128,00",
            "Mug, blue;4;11,00;EUR;4,00;0,00;40,00",
        );
    folder.with("fixed.csv", fixed);
    let run = folder.oms(&["--orders", "fixed.csv", "--json", "--out", "none"]);
    assert_eq!(run.code, 0, "{}", run.out);
    let report = run.json();
    let references = texts(&report["orders"], "reference");
    assert_eq!(
        references,
        ["0003", "0004", "0005", "0006", "0008", "0010", "0018"]
    );
    assert!(
        !folder.names().contains(&"none".to_owned()),
        "no folder without rejected rows"
    );
}

#[test]
fn help_explains_with_examples() {
    let folder = Folder::new("samples-help");
    let run = folder.oms(&["--help"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for word in [
        "Examples",
        "--orders",
        "--stock",
        "rejected.csv",
        "Exit code",
    ] {
        assert!(run.out.contains(word), "{word}");
    }
    assert_plain(&run, 100);
    assert_plain(&folder.oms(&["-h"]), 100);
    assert_eq!(folder.oms(&["--version"]).code, 0);
}
