//! Which room of the core may import which. A row may import from the rows above it and from
//! nothing else.

use super::Violation;
use super::items::{asks_for_feature, is_test, without};
use super::lex::{Kind, Token, tokens};
use super::source::is_test_path;

/// The rooms of `oms-core/src`, a row per level. A new room needs a place here.
const ROWS: &[&[&str]] = &[
    &["value"],
    &[
        "order",
        "stock",
        "reservation",
        "hub",
        "invoice",
        "cart",
        "catalog",
        "customer",
        "job",
        "event",
    ],
    &["channel", "routing", "rules", "kpi", "tenant"],
    &["plan"],
    &["port"],
    &["service", "system", "docs"],
];

/// Arrows inside a row, "from imports to". Aggregates know each other by id, so these are few and
/// make no circle.
const WITHIN_ROW: &[(&str, &str)] = &[
    // An order says which erasable rows and which claims on stock it needs.
    ("order", "customer"),
    ("order", "event"),
    ("order", "reservation"),
    ("reservation", "event"),
    // A claim is on a stock row.
    ("reservation", "stock"),
    ("stock", "event"),
    // A tenant's settings hold how its orders are routed.
    ("tenant", "routing"),
    // The service may offer the clock and ids of the system as its defaults.
    ("service", "system"),
];

/// Sees all and is seen by nobody without its feature.
const TESTING: &str = "testing";

/// What a store crate may not take from the core; it implements ports and holds no use case.
const FORBIDDEN_TO_ADAPTERS: &[&str] = &["service", "Oms"];

/// Arrows of `oms-core/src` that run back, and adapters that reach past the ports.
pub(crate) fn check(path: &str, text: &str) -> Vec<Violation> {
    if is_test_path(path) {
        return Vec::new();
    }
    if let Some(inside) = path.strip_prefix("oms-core/src/") {
        return check_core(path, &module_of(inside), text);
    }
    if path.starts_with("oms-store-") && path.contains("/src/") {
        return check_adapter(path, text);
    }
    Vec::new()
}

fn check_core(path: &str, module: &[&str], text: &str) -> Vec<Violation> {
    // The crate root declares the rooms and re-exports from all of them.
    let Some(from) = module.first() else {
        return Vec::new();
    };
    if *from != TESTING && row(from).is_none() {
        return vec![Violation::new(
            path,
            1,
            format!("room `{from}` has no row in tidy/arrows.rs"),
        )];
    }
    let all = tokens(text);
    let code = without(&all, is_test);
    let plain = without(&code, |attribute| asks_for_feature(attribute, TESTING));
    let always = imports(module, &plain);
    let mut found = Vec::new();
    for import in imports(module, &code) {
        let gated = !always.contains(&import);
        if let Some(message) = objection(from, &import, gated) {
            found.push(Violation::new(path, import.line, message));
        }
    }
    found
}

fn check_adapter(path: &str, text: &str) -> Vec<Violation> {
    let all = tokens(text);
    let code = without(&all, is_test);
    absolute_imports(&code, &["oms_core"])
        .iter()
        .filter(|import| FORBIDDEN_TO_ADAPTERS.contains(&import.room))
        .map(|import| {
            let message = format!("a store may not import `{}` of the core", import.room);
            Violation::new(path, import.line, message)
        })
        .collect()
}

fn objection(from: &str, import: &Import<'_>, gated: bool) -> Option<String> {
    let to = import.room;
    if from == to || from == TESTING || import.is_macro {
        return None;
    }
    if to == TESTING {
        return (!gated)
            .then(|| format!("`{from}` imports `testing` outside `cfg(feature = \"testing\")`"));
    }
    let Some(to_row) = row(to) else {
        return Some(format!(
            "`{from}` imports `{to}` from the crate root: name its room"
        ));
    };
    let from_row = row(from)?;
    if to_row < from_row || WITHIN_ROW.contains(&(from, to)) {
        return None;
    }
    Some(if to_row == from_row {
        format!("`{from}` imports `{to}` beside it, an arrow that is not in the table")
    } else {
        format!("`{from}` imports `{to}`, which is built on it: the arrow runs back")
    })
}

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|rooms| rooms.contains(&room))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Import<'a> {
    room: &'a str,
    line: usize,
    is_macro: bool,
}

/// `order/line.rs` is the module `order::line`, `order/mod.rs` is `order`, `lib.rs` is the root.
fn module_of(inside_src: &str) -> Vec<&str> {
    let mut module: Vec<&str> = inside_src
        .strip_suffix(".rs")
        .unwrap_or(inside_src)
        .split('/')
        .collect();
    if module.last() == Some(&"mod") || module == ["lib"] {
        module.pop();
    }
    module
}

/// Every path, in `use` lines and elsewhere, as the room that it leads to.
fn imports<'a>(module: &[&'a str], tokens: &[Token<'a>]) -> Vec<Import<'a>> {
    let mut found = absolute_imports(tokens, &["crate", "oms_core"]);
    found.extend(relative_imports(module, tokens));
    found.sort_by_key(|import| import.line);
    found
}

fn absolute_imports<'a>(tokens: &[Token<'a>], roots: &[&str]) -> Vec<Import<'a>> {
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if begins_path(tokens, at, roots) {
            found.extend(heads(tokens, at + 2));
        }
    }
    found
}

/// Paths that begin with `self` or `super`, which can leave a room as well.
fn relative_imports<'a>(module: &[&'a str], tokens: &[Token<'a>]) -> Vec<Import<'a>> {
    let mut found = Vec::new();
    // One entry per open brace: the name if it is the body of an inline module.
    let mut braces: Vec<Option<&'a str>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is("{") {
            braces.push(inline_module(tokens, at));
        } else if token.is("}") {
            braces.pop();
        } else if begins_path(tokens, at, &["self", "super"]) {
            let mut base: Vec<&'a str> = module.to_vec();
            base.extend(braces.iter().flatten());
            let mut next = at;
            while tokens
                .get(next)
                .is_some_and(|token| token.is("super") || token.is("self"))
                && tokens.get(next + 1).is_some_and(|token| token.is("::"))
            {
                if tokens.get(next).is_some_and(|token| token.is("super")) {
                    base.pop();
                }
                next += 2;
            }
            match base.first() {
                Some(room) => found.push(Import {
                    room,
                    line: token.line,
                    is_macro: false,
                }),
                None => found.extend(heads(tokens, next)),
            }
        }
    }
    found
}

fn begins_path(tokens: &[Token<'_>], at: usize, roots: &[&str]) -> bool {
    tokens
        .get(at)
        .is_some_and(|token| roots.iter().any(|root| token.is(root)))
        && tokens.get(at + 1).is_some_and(|token| token.is("::"))
        && !at
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|token| token.is("::"))
}

fn inline_module<'a>(tokens: &[Token<'a>], brace: usize) -> Option<&'a str> {
    let name = tokens.get(brace.checked_sub(1)?)?;
    let keyword = tokens.get(brace.checked_sub(2)?)?;
    (keyword.is("mod") && name.kind == Kind::Word).then_some(name.text)
}

/// The first names after a path's root: one, or one per branch of `{...}`.
fn heads<'a>(tokens: &[Token<'a>], at: usize) -> Vec<Import<'a>> {
    let Some(first) = tokens.get(at) else {
        return Vec::new();
    };
    if !first.is("{") {
        return vec![head(tokens, at, first)];
    }
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (next, token) in tokens.iter().enumerate().skip(at) {
        if token.is("{") {
            depth += 1;
        } else if token.is("}") {
            depth -= 1;
            if depth == 0 {
                break;
            }
        }
        let branches = depth == 1 && (token.is("{") || token.is(","));
        if let Some(name) = tokens
            .get(next + 1)
            .filter(|name| branches && !name.is("}"))
        {
            found.push(head(tokens, next + 1, name));
        }
    }
    found
}

fn head<'a>(tokens: &[Token<'a>], at: usize, token: &Token<'a>) -> Import<'a> {
    let is_macro = tokens.get(at + 1).is_some_and(|next| next.is("!"));
    Import {
        room: token.text,
        line: token.line,
        is_macro,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(path, text)
            .iter()
            .map(|violation| violation.line)
            .collect()
    }

    #[test]
    fn an_arrow_that_runs_back_is_found_wherever_it_stands() {
        let back = "use crate::value::Money;\nuse crate::plan::Snapshot;\n";
        assert_eq!(lines("oms-core/src/order/line.rs", back), [2]);
        assert_eq!(
            lines("oms-core/src/order/mod.rs", "fn f() {\n crate::port::g() }"),
            [2]
        );
        assert_eq!(
            lines("oms-core/src/value.rs", "use crate::order::Line;"),
            [1]
        );
        assert_eq!(
            lines("oms-core/src/port/mod.rs", "use oms_core::service::Oms;"),
            [1]
        );
        assert_eq!(
            lines("oms-core/src/plan/place.rs", "use crate::port::Store;"),
            [1]
        );
    }

    #[test]
    fn every_branch_of_a_tree_is_read() {
        let tree = "use crate::{\n value::{Money, port},\n service::{self},\n plan::X,\n};";
        assert_eq!(lines("oms-core/src/routing/score.rs", tree), [3, 4]);
    }

    #[test]
    fn arrows_from_the_ground_up_are_fine() {
        assert!(
            lines(
                "oms-core/src/service/oms.rs",
                "use crate::{port::A, plan::B};"
            )
            .is_empty()
        );
        assert!(lines("oms-core/src/port/store.rs", "use crate::plan::ChangeSet;").is_empty());
        assert!(lines("oms-core/src/order/a.rs", "use crate::order::b::C;").is_empty());
        assert!(lines("oms-core/src/testing/sim.rs", "use crate::service::Oms;").is_empty());
        assert!(lines("oms-core/src/lib.rs", "pub use crate::service::Oms;").is_empty());
    }

    #[test]
    fn rooms_of_one_row_need_an_entry() {
        assert!(lines("oms-core/src/order/a.rs", "use crate::event::Envelope;").is_empty());
        assert_eq!(
            lines("oms-core/src/event/a.rs", "use crate::order::Line;"),
            [1]
        );
        assert_eq!(
            lines("oms-core/src/customer/a.rs", "use crate::order::Line;"),
            [1]
        );
        assert_eq!(
            lines("oms-core/src/rules/a.rs", "use crate::routing::Plan;"),
            [1]
        );
    }

    #[test]
    fn super_does_not_leave_a_room_unseen() {
        assert_eq!(
            lines("oms-core/src/order/a.rs", "use super::super::port::Store;"),
            [1]
        );
        assert_eq!(
            lines(
                "oms-core/src/order/mod.rs",
                "use super::{port::Store, value::A};"
            ),
            [1]
        );
        assert!(
            lines(
                "oms-core/src/order/a.rs",
                "use super::b::C; use self::d::E;"
            )
            .is_empty()
        );
        assert!(lines("oms-core/src/order/a.rs", "mod x { use super::super::b; }").is_empty());
        assert_eq!(
            lines(
                "oms-core/src/order/mod.rs",
                "mod x {\n use super::super::kpi; }"
            ),
            [2]
        );
    }

    #[test]
    fn the_root_is_no_way_round() {
        assert_eq!(lines("oms-core/src/order/a.rs", "use crate::Oms;"), [1]);
        assert_eq!(lines("oms-core/src/order/a.rs", "use crate::*;"), [1]);
        assert!(lines("oms-core/src/order/a.rs", "crate::id_type!(OrderId);").is_empty());
    }

    #[test]
    fn an_unknown_room_needs_a_row() {
        assert_eq!(lines("oms-core/src/helpers/mod.rs", ""), [1]);
        assert_eq!(
            lines("oms-core/src/order/a.rs", "use crate::helpers::x;"),
            [1]
        );
    }

    #[test]
    fn tests_comments_and_literals_may_name_anything() {
        let test = "#[cfg(test)]\nmod tests { use crate::service::Oms; }";
        assert!(lines("oms-core/src/order/a.rs", test).is_empty());
        assert!(lines("oms-core/src/order/a/tests.rs", "use crate::service::Oms;").is_empty());
        assert!(
            lines(
                "oms-core/src/order/a.rs",
                "/// [`crate::service::Oms`]\nfn f() {}"
            )
            .is_empty()
        );
        assert!(
            lines(
                "oms-core/src/order/a.rs",
                "const X: &str = \"crate::port::Y\";"
            )
            .is_empty()
        );
        assert!(lines("oms-core/src/order/a.rs", "pub(in crate::order) fn f() {}").is_empty());
    }

    #[test]
    fn testing_is_seen_behind_its_feature_only() {
        assert_eq!(
            lines("oms-core/src/service/a.rs", "use crate::testing::Clock;"),
            [1]
        );
        let gated = "#[cfg(feature = \"testing\")]\nuse crate::testing::Clock;";
        assert!(lines("oms-core/src/service/a.rs", gated).is_empty());
        let gated_back = "#[cfg(feature = \"testing\")]\nuse crate::service::Oms;";
        assert_eq!(lines("oms-core/src/order/a.rs", gated_back), [2]);
    }

    #[test]
    fn stores_implement_ports_and_hold_no_use_case() {
        let text = "use oms_core::{port::Store, service::Oms};";
        assert_eq!(lines("oms-store-memory/src/lib.rs", text), [1]);
        assert_eq!(
            lines("oms-store-postgres/src/a.rs", "use oms_core::Oms;"),
            [1]
        );
        assert!(lines("oms-store-memory/src/lib.rs", "use oms_core::port::Store;").is_empty());
        assert!(lines("oms-store-memory/src/a.rs", "use super::service::X;").is_empty());
        assert!(lines("oms-store-memory/tests/a.rs", "use oms_core::Oms;").is_empty());
    }

    #[test]
    fn the_table_makes_sense() {
        let rooms: Vec<&str> = ROWS
            .iter()
            .flat_map(|rooms| rooms.iter().copied())
            .collect();
        for (at, room) in rooms.iter().enumerate() {
            assert!(!rooms[..at].contains(room), "{room} stands in two rows");
        }
        let mut left: Vec<(&str, &str)> = WITHIN_ROW.to_vec();
        for (from, to) in &left {
            assert_eq!(row(from), row(to), "{from} and {to} are not in one row");
            assert!(row(from).is_some(), "{from} is no room");
        }
        // Take away arrows to rooms that have none themselves until nothing is left or only circles
        // are.
        while !left.is_empty() {
            let sources: Vec<&str> = left.iter().map(|(from, _)| *from).collect();
            let before = left.len();
            left.retain(|(_, to)| sources.contains(to));
            assert!(
                left.len() < before,
                "arrows inside a row run in a circle: {left:?}"
            );
        }
    }
}
