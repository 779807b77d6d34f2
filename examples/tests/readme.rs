//! The README shows what is there: the program to copy, the diagrams, the main job's own words, and
//! files and headings that exist.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::Folder;
use oms_core::order::{Machine, mermaid};

const README: &str = include_str!("../../README.md");

/// The contents of the fenced blocks of a language, in their order.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in README.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(name)) => open = Some((name == language, String::new())),
            (None, None) => {}
            (Some((wanted, text)), Some("")) => {
                if *wanted {
                    blocks.push(std::mem::take(text));
                }
                open = None;
            }
            (Some((_, text)), _) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(open.is_none(), "a block of the README does not end");
    blocks
}

#[test]
fn the_program_to_copy_is_quoted_word_for_word() {
    let quoted = blocks("rust");
    let [quoted] = quoted.as_slice() else {
        panic!(
            "the README has {} Rust blocks, one is expected",
            quoted.len()
        )
    };
    let program = include_str!("../src/bin/embed.rs");
    assert!(
        quoted == program,
        "put examples/src/bin/embed.rs into the README as it is"
    );
}

#[test]
fn the_diagrams_are_those_that_the_code_draws() {
    let drawn = [Machine::Order, Machine::Fulfillment].map(mermaid);
    assert_eq!(blocks("mermaid"), drawn);
}

#[test]
fn the_main_job_prints_what_the_readme_shows() {
    let shown = blocks("text");
    let excerpt = shown.iter().find(|block| block.contains("Orders taken in"));
    let printed = Folder::new("readme").oms(&[]).out;
    let mut rest = printed.lines();
    for line in excerpt.unwrap().lines().filter(|line| *line != "...") {
        assert!(
            rest.any(|printed| printed == line),
            "not printed, or not there: {line}\n{printed}"
        );
    }
}

#[test]
fn the_commands_come_first() {
    let first = blocks("text").swap_remove(0);
    let commands: Vec<&str> = first
        .lines()
        .filter_map(|line| line.split("  ").next())
        .collect();
    assert_eq!(commands, ["cargo run --release", "make test"]);
}

#[test]
fn every_file_and_heading_that_the_readme_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let prose = README.split("```").step_by(2);
    let spans = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    let paths = spans.filter(|span| {
        let folders = [
            "oms-core/",
            "oms-store-memory/",
            "oms-store-postgres/",
            "examples/",
        ];
        folders.iter().any(|folder| span.starts_with(folder))
    });
    let links = README
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let headings = README.lines().filter_map(|line| line.strip_prefix("## "));
    let anchors: BTreeSet<String> = headings
        .map(|heading| format!("#{}", heading.to_lowercase().replace(' ', "-")))
        .collect();
    let mut named = 0;
    for path in paths.chain(links) {
        if path.starts_with('#') {
            assert!(anchors.contains(path), "{path} is no heading");
            continue;
        }
        assert!(
            root.join(path).exists(),
            "{path} is named and does not exist"
        );
        named += 1;
    }
    assert!(named > 20, "only {named} files were found in the README");
}
