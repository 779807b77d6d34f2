//! The small programs run, and the one to copy stays short.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::Folder;

#[test]
fn the_program_to_copy_runs_and_has_at_most_70_lines() {
    let source = include_str!("../src/bin/embed.rs");
    assert!(source.lines().count() <= 70, "{}", source.lines().count());
    assert!(source.lines().all(|line| line.len() <= 100));
    let run = Folder::new("programs-embed").run(env!("CARGO_BIN_EXE_embed"), &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for line in [
        "it would do [\"order.placed\", \"order.allocated\", \"order.approved\"]",
        "order 1 is approved",
        "a second one is refused: not enough stock",
        "order.shipped",
    ] {
        assert!(run.out.contains(line), "{line}\n{}", run.out);
    }
}

#[test]
fn jobs_of_ones_own_are_done_as_the_page_on_jobs_shows() {
    let source = include_str!("../src/bin/jobs.rs");
    assert!(source.lines().count() < 150, "{}", source.lines().count());
    // A change set keeps what nobody works on: whoever copies this copies the question, too.
    let (before, _) = source.split_once("set.jobs.push(").unwrap();
    assert!(before.contains("catalog().check("));
    let run = Folder::new("programs-jobs").run(env!("CARGO_BIN_EXE_jobs"), &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    let page = include_str!("../../oms-core/docs/jobs.md");
    let (_, section) = page.split_once("### A job of your own").unwrap();
    let shown = section.split("```").nth(1).unwrap();
    assert_eq!(shown, format!("text\n{}", run.out));
}

#[test]
fn the_diagrams_are_drawn_in_both_languages() {
    let folder = Folder::new("programs-diagrams");
    let mermaid = folder.run(env!("CARGO_BIN_EXE_diagrams"), &[]).out;
    assert_eq!(mermaid.matches("stateDiagram-v2").count(), 2);
    assert!(mermaid.contains("pending --> open: approve"));
    let dot = folder.run(env!("CARGO_BIN_EXE_diagrams"), &["--dot"]).out;
    assert_eq!(dot.matches("digraph").count(), 2);
    assert!(dot.contains("approved -> picked"), "{dot}");
}

#[cfg(feature = "map")]
#[test]
fn routes_are_drawn_and_one_is_explained() {
    let folder = Folder::new("programs-map");
    let run = folder.run(env!("CARGO_BIN_EXE_map"), &["routes.svg"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    for line in [
        "Dresden: ",
        "Why the order to Dresden",
        "strategy  ",
        "CHOSEN",
    ] {
        assert!(run.out.contains(line), "{line}: {}", run.out);
    }
    let map = folder.read("routes.svg");
    assert!(
        map.contains("Hamburg") && map.contains("2 parcels"),
        "{map}"
    );
    let unknown = folder.run(env!("CARGO_BIN_EXE_map"), &["--explain", "Rome"]);
    assert_ne!(unknown.code, 0);
}

#[cfg(feature = "faults")]
#[test]
fn own_code_is_tested_with_faults() {
    let run = Folder::new("programs-faults").run(env!("CARGO_BIN_EXE_faults"), &[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert_eq!(run.out.lines().count(), 7, "{}", run.out);
}
