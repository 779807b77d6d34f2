//! Rules about one source file: its size, its width, and what must not be called.

use super::Violation;
use super::items::{asks_for_feature, functions, is_test, test_module_line, without};
use super::lex::{Kind, find_run, tokens};

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];

/// Reads of a clock or of randomness. Clippy knows some of them by type (oms-core/clippy.toml);
/// these are the words.
const CLOCKS_AND_DICE: &[&[&str]] = &[
    &["SystemTime", "::", "now"],
    &["Instant", "::", "now"],
    &["Utc", "::", "now"],
    &["Local", "::", "now"],
    &["Timestamp", "::", "now"],
    &["Uuid", "::", "new_v4"],
    &["Uuid", "::", "new_v7"],
    &["Uuid", "::", "now_v7"],
    &["rand", "::"],
    &["getrandom", "::"],
    &["thread_rng"],
    &["RandomState"],
];

/// What belongs to the host.
const HOST: &[&[&str]] = &[
    &["std", "::", "env", "::"],
    &["std", "::", "fs"],
    &["std", "::", "net"],
    &["std", "::", "process"],
    &["std", "::", "thread"],
];

/// Rooms that exist behind the feature of their name only.
const GATED_MODULES: &[&str] = &["system", "testing"];

/// A file that holds nothing but tests.
pub(crate) fn is_test_path(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| part == "tests")
}

/// No line is wider than 100 columns, unless it holds an address or is part of a raw text.
pub(crate) fn width(path: &str, text: &str) -> Vec<Violation> {
    let raw: Vec<(usize, usize)> = tokens(text)
        .iter()
        .filter(|token| token.kind == Kind::RawText)
        .map(|token| (token.line, token.last_line()))
        .collect();
    let mut found = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let columns = content.chars().count();
        let excused = content.contains("https://")
            || content.contains("http://")
            || raw
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&line));
        if columns > COLUMNS_MAX && !excused {
            found.push(Violation::new(
                path,
                line,
                format!("{columns} columns, {COLUMNS_MAX} at most"),
            ));
        }
    }
    found
}

/// A file has at most 500 lines before its tests.
pub(crate) fn file_length(path: &str, text: &str) -> Vec<Violation> {
    if is_test_path(path) {
        return Vec::new();
    }
    let tests = test_module_line(&tokens(text));
    let lines = tests.map_or_else(|| text.lines().count(), |line| line - 1);
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let message = format!("{lines} lines before the tests, {FILE_LINES_MAX} at most");
    vec![Violation::new(path, FILE_LINES_MAX + 1, message)]
}

/// A function outside tests has at most 70 lines, signature and braces counted.
pub(crate) fn function_length(path: &str, text: &str) -> Vec<Violation> {
    if is_test_path(path) {
        return Vec::new();
    }
    let all = tokens(text);
    functions(&without(&all, is_test))
        .iter()
        .map(|function| (function, function.last_line - function.first_line + 1))
        .filter(|(_, lines)| *lines > FUNCTION_LINES_MAX)
        .map(|(function, lines)| {
            let message = format!(
                "function `{}` has {lines} lines, {FUNCTION_LINES_MAX} at most",
                function.name
            );
            Violation::new(path, function.first_line, message)
        })
        .collect()
}

/// Nothing unfinished lands, in tests neither.
pub(crate) fn unfinished(path: &str, text: &str) -> Vec<Violation> {
    let all = tokens(text);
    let mut found = Vec::new();
    for name in UNFINISHED {
        for at in find_run(&all, &[name, "!"]) {
            found.push(Violation::new(
                path,
                all[at].line,
                format!("`{name}!` is left over"),
            ));
        }
    }
    found
}

/// The core takes time and ids as arguments; only files behind feature `system` read them.
pub(crate) fn clocks_and_dice(path: &str, text: &str) -> Vec<Violation> {
    if !is_core(path) || is_system_path(path) {
        return Vec::new();
    }
    calls(
        path,
        text,
        CLOCKS_AND_DICE,
        "time and ids are arguments in the core",
    )
}

/// The core opens no file or socket, starts no thread and reads no environment; `testing` may.
pub(crate) fn host(path: &str, text: &str) -> Vec<Violation> {
    let exempt = is_system_path(path) || is_testing_path(path) || is_test_path(path);
    if !is_core(path) || exempt {
        return Vec::new();
    }
    calls(
        path,
        text,
        HOST,
        "this belongs to the host, the core touches no OS",
    )
}

/// `mod system` and `mod testing` stand behind their features.
pub(crate) fn gated_modules(path: &str, text: &str) -> Vec<Violation> {
    if !is_core(path) {
        return Vec::new();
    }
    let all = tokens(text);
    let code = without(&all, is_test);
    let mut found = Vec::new();
    for name in GATED_MODULES {
        let open = without(&code, |attribute| asks_for_feature(attribute, name));
        for at in find_run(&open, &["mod", name]) {
            let message = format!("`mod {name}` needs `#[cfg(feature = \"{name}\")]`");
            found.push(Violation::new(path, open[at].line, message));
        }
    }
    found
}

fn calls(path: &str, text: &str, patterns: &[&[&str]], why: &str) -> Vec<Violation> {
    let all = tokens(text);
    let code = without(&all, is_test);
    let mut found = Vec::new();
    for pattern in patterns {
        for at in find_run(&code, pattern) {
            let message = format!("`{}`: {why}", pattern.concat());
            found.push(Violation::new(path, code[at].line, message));
        }
    }
    found
}

fn is_core(path: &str) -> bool {
    path.starts_with("oms-core/src/")
}

fn is_system_path(path: &str) -> bool {
    path.ends_with("/system.rs") || path.split('/').any(|part| part == "system")
}

fn is_testing_path(path: &str) -> bool {
    path == "oms-core/src/testing.rs" || path.starts_with("oms-core/src/testing/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORE: &str = "oms-core/src/order/line.rs";

    fn lines(found: &[Violation]) -> Vec<usize> {
        found.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_wide_line_is_found_but_an_address_or_a_fixture_is_not() {
        let wide = "a".repeat(101);
        assert_eq!(lines(&width(CORE, &format!("b\n{wide}\n"))), [2]);
        assert_eq!(lines(&width(CORE, &format!("// {wide}"))), [1]);
        assert!(width(CORE, &"\u{e9}".repeat(100)).is_empty());
        assert!(width(CORE, &format!("// https://{wide}")).is_empty());
        assert!(width(CORE, &format!("const A: &str = r#\"\n{wide}\n\"#;")).is_empty());
        assert_eq!(
            lines(&width(CORE, &format!("const A: &str = \"{wide}\";"))),
            [1]
        );
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_do_not_count() {
        let long = "// a\n".repeat(501);
        assert_eq!(lines(&file_length(CORE, &long)), [501]);
        assert!(file_length(CORE, &"// a\n".repeat(500)).is_empty());
        let tested = format!(
            "{}#[cfg(test)]\nmod tests {{\n{long}}}\n",
            "// a\n".repeat(500)
        );
        assert!(file_length(CORE, &tested).is_empty());
        assert!(file_length("oms-core/src/order/tests.rs", &long).is_empty());
        assert!(file_length("oms-store-memory/tests/a.rs", &long).is_empty());
    }

    #[test]
    fn a_long_function_is_found() {
        let body = |lines: usize| format!("fn f() {{\n{}}}\n", "a();\n".repeat(lines));
        assert_eq!(
            lines(&function_length(CORE, &format!("\n{}", body(69)))),
            [2]
        );
        assert!(function_length(CORE, &body(68)).is_empty());
        assert!(
            function_length(CORE, &format!("#[cfg(test)] mod t {{ {} }}", body(80))).is_empty()
        );
        assert!(function_length("examples/tests/a.rs", &body(80)).is_empty());
    }

    #[test]
    fn unfinished_code_is_found_in_tests_too() {
        assert_eq!(lines(&unfinished(CORE, "fn f() {\n todo!() }")), [2]);
        assert_eq!(
            lines(&unfinished("benches/src/lib.rs", "unimplemented!(\"a\")")),
            [1]
        );
        assert_eq!(
            lines(&unfinished(
                CORE,
                "#[cfg(test)] mod t { fn f() { dbg!(1); } }"
            )),
            [1]
        );
        assert!(unfinished(CORE, "// todo!()\nlet dbg = \"dbg!\"; todo;").is_empty());
    }

    #[test]
    fn every_clock_and_die_is_found_in_the_core() {
        let calls = [
            "std::time::SystemTime::now()",
            "Instant::now()",
            "chrono::Utc::now()",
            "Local::now()",
            "Timestamp::now(x)",
            "Uuid::new_v4()",
            "Uuid::new_v7(t)",
            "Uuid::now_v7()",
            "rand::random()",
            "getrandom::fill(&mut b)",
            "thread_rng()",
            "RandomState::new()",
        ];
        assert_eq!(calls.len(), CLOCKS_AND_DICE.len());
        for call in calls {
            assert_eq!(
                lines(&clocks_and_dice(CORE, &format!("fn f() {{\n{call} }}"))),
                [2],
                "{call}"
            );
        }
        assert!(clocks_and_dice("oms-core/src/port/system.rs", "Utc::now()").is_empty());
        assert!(clocks_and_dice("oms-core/src/system/ids.rs", "Uuid::now_v7()").is_empty());
        assert!(clocks_and_dice("oms-store-memory/src/lib.rs", "Instant::now()").is_empty());
        assert!(clocks_and_dice(CORE, "fn brand() { operand::x() } // rand::").is_empty());
    }

    #[test]
    fn the_simulation_has_no_dice_of_its_own() {
        assert_eq!(
            lines(&clocks_and_dice(
                "oms-core/src/testing/sim.rs",
                "rand::random()"
            )),
            [1]
        );
    }

    #[test]
    fn the_host_keeps_files_sockets_threads_and_the_environment() {
        for call in [
            "env::var(x)",
            "fs::read(x)",
            "net::TcpStream",
            "process::exit(1)",
            "thread::sleep(x)",
        ] {
            let text = format!("fn f() {{\nstd::{call} }}");
            assert_eq!(lines(&host(CORE, &text)), [2], "{call}");
            assert!(host("oms-core/src/testing/a.rs", &text).is_empty());
            assert!(host("oms-store-memory/src/lib.rs", &text).is_empty());
        }
        assert!(host(CORE, "#[cfg(test)] mod t { use std::fs; }").is_empty());
        assert!(host(CORE, "std::env!(\"A\")").is_empty());
    }

    #[test]
    fn gated_modules_need_their_feature() {
        assert_eq!(
            lines(&gated_modules("oms-core/src/lib.rs", "\npub mod testing;")),
            [2]
        );
        let other = "#[cfg(feature = \"testing\")]\npub mod system;";
        assert_eq!(lines(&gated_modules("oms-core/src/lib.rs", other)), [2]);
        let right = "#[cfg(feature = \"testing\")]\npub mod testing;";
        assert!(gated_modules("oms-core/src/lib.rs", right).is_empty());
        let test = "#[cfg(any(test, feature = \"system\"))]\nmod system;";
        assert!(gated_modules("oms-core/src/port/mod.rs", test).is_empty());
    }
}
