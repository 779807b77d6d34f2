//! The house rules that no lint can check. Each rule is a function of a path and a text and is
//! tested on its own; the tests of this file apply them to the whole repository.
#![allow(clippy::expect_used)]

mod arrows;
mod items;
mod lex;
mod repository;
mod source;
mod workspace;

use std::fmt;

use workspace::{TextFile, files};

/// Something that breaks a rule of the house.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Violation {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

#[test]
fn arrows_point_one_way() {
    each_source(arrows::check);
}

#[test]
fn lines_are_at_most_100_columns_wide() {
    each_source(source::width);
}

#[test]
fn files_are_at_most_500_lines_long() {
    each_source(source::file_length);
}

#[test]
fn functions_are_at_most_70_lines_long() {
    each_source(source::function_length);
}

#[test]
fn nothing_is_unfinished() {
    each_source(source::unfinished);
}

#[test]
fn the_core_reads_no_clock_and_rolls_no_dice() {
    each_source(source::clocks_and_dice);
}

#[test]
fn the_core_leaves_the_system_to_the_host() {
    each_source(source::host);
}

#[test]
fn system_and_testing_are_behind_their_features() {
    each_source(source::gated_modules);
}

#[test]
fn no_file_names_a_folder_of_a_machine() {
    let files = files();
    let tracked = files.iter().filter(|file| file.tracked);
    report(
        tracked
            .flat_map(|file| repository::machine_paths(&file.path, &file.text))
            .collect(),
    );
}

#[test]
fn the_root_holds_what_is_listed() {
    let files = files();
    let mut names: Vec<&str> = files
        .iter()
        .filter(|file| file.tracked)
        .filter_map(|file| file.path.split('/').next())
        .collect();
    names.dedup();
    assert!(
        names.contains(&"Cargo.toml"),
        "no file of the root was read"
    );
    report(repository::root_names(&names));
}

#[test]
fn the_readme_states_the_minimum_rust_version() {
    let files = files();
    if let Some(readme) = text_of(&files, "README.md") {
        let manifest = text_of(&files, "Cargo.toml").expect("the workspace has a manifest");
        report(repository::minimum_rust(readme, manifest));
    }
}

#[test]
fn every_chapter_is_in_the_reference() {
    let files = files();
    let docs: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let sources: Vec<(&str, &str)> = files
        .iter()
        .filter(|file| file.path.starts_with("oms-core/src/") && file.is_source())
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    report(repository::docs_included(&docs, &sources));
}

#[test]
fn no_two_types_of_the_core_have_one_name() {
    let files = files();
    let fakes = |path: &str| path.contains("/testing/") || source::is_test_path(path);
    let sources: Vec<(&str, &str)> = files
        .iter()
        .filter(|file| file.path.starts_with("oms-core/src/") && file.is_source())
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .filter(|(path, _)| !fakes(path))
        .collect();
    assert!(!sources.is_empty(), "no source was read");
    report(repository::twin_types(&sources));
}

#[test]
fn the_lint_settings_of_the_core_repeat_those_of_the_root() {
    let files = files();
    let root = text_of(&files, "clippy.toml").expect("the root has a clippy.toml");
    let core = text_of(&files, "oms-core/clippy.toml").expect("the core has a clippy.toml");
    report(repository::settings_repeated(root, core));
}

#[test]
fn hosts_choose_the_features_of_the_core() {
    let files = files();
    let manifest = text_of(&files, "Cargo.toml").expect("the workspace has a manifest");
    report(repository::features_left_to_hosts(manifest));
}

fn each_source(rule: fn(&str, &str) -> Vec<Violation>) {
    let files = files();
    assert!(
        text_of(&files, "oms-core/src/lib.rs").is_some(),
        "no source was read"
    );
    let sources = files.iter().filter(|file| file.is_source());
    report(
        sources
            .flat_map(|file| rule(&file.path, &file.text))
            .collect(),
    );
}

fn text_of<'a>(files: &'a [TextFile], path: &str) -> Option<&'a str> {
    files
        .iter()
        .find(|file| file.path == path)
        .map(|file| file.text.as_str())
}

fn report(found: Vec<Violation>) {
    let lines: Vec<String> = found.iter().map(Violation::to_string).collect();
    assert!(
        lines.is_empty(),
        "{} of the house rules broken:\n{}",
        lines.len(),
        lines.join("\n")
    );
}
