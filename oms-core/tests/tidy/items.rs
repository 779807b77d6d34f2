//! Items and attributes in a list of tokens: what is a test, what a feature gates, how long a
//! function is.

use super::lex::{Kind, Token};

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
}

/// The tokens without the items that have an attribute for which `gate` holds. It is shown what
/// stands between the brackets. An inner attribute at the top takes the whole file along.
pub(crate) fn without<'a>(
    tokens: &[Token<'a>],
    gate: impl Fn(&[Token<'_>]) -> bool,
) -> Vec<Token<'a>> {
    let mut kept: Vec<Token<'a>> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let Some(attribute) = attribute(tokens, at).filter(|found| gate(found.body)) else {
            kept.push(*token);
            at += 1;
            continue;
        };
        if attribute.inner && !kept.iter().any(|before| before.is("{")) {
            return Vec::new();
        }
        at = item_end(tokens, attribute.end);
    }
    kept
}

/// `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, ...))]`.
pub(crate) fn is_test(attribute: &[Token<'_>]) -> bool {
    let texts: Vec<&str> = attribute.iter().map(|token| token.text).collect();
    texts == ["test"]
        || texts == ["cfg", "(", "test", ")"]
        || texts.starts_with(&["cfg", "(", "all", "(", "test"])
}

/// A `cfg` that asks for `feature = "name"`.
pub(crate) fn asks_for_feature(attribute: &[Token<'_>], name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    attribute.first().is_some_and(|token| token.is("cfg"))
        && !attribute.iter().any(|token| token.is("not"))
        && attribute.windows(3).any(|window| match window {
            [key, equals, value] => {
                key.is("feature")
                    && equals.is("=")
                    && value.kind == Kind::Text
                    && value.text == quoted
            }
            _ => false,
        })
}

/// Every function with a body, inner ones too.
pub(crate) fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        let [keyword, name] = pair else { continue };
        if !keyword.is("fn") || name.kind != Kind::Word {
            continue;
        }
        if let Some(last_line) = body_last_line(tokens, at) {
            found.push(Function {
                name: name.text,
                first_line: keyword.line,
                last_line,
            });
        }
    }
    found
}

/// The line of the first test module at the top level of the file.
pub(crate) fn test_module_line(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            depth = depth.saturating_sub(1);
        } else if depth == 0
            && attribute(tokens, at).is_some_and(|found| is_test(found.body))
            && declares_module(tokens, at)
        {
            return Some(token.line);
        }
    }
    None
}

struct Attribute<'t, 'a> {
    inner: bool,
    body: &'t [Token<'a>],
    /// Just after its closing bracket.
    end: usize,
}

fn attribute<'t, 'a>(tokens: &'t [Token<'a>], at: usize) -> Option<Attribute<'t, 'a>> {
    if !tokens.get(at)?.is("#") {
        return None;
    }
    let inner = tokens.get(at + 1)?.is("!");
    let open = at + 1 + usize::from(inner);
    if !tokens.get(open)?.is("[") {
        return None;
    }
    let end = group_end(tokens, open);
    let body = tokens.get(open + 1..end.checked_sub(1)?)?;
    Some(Attribute { inner, body, end })
}

/// Just after the bracket that closes the one at `open`.
fn group_end(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

fn skip_attributes(tokens: &[Token<'_>], mut at: usize) -> usize {
    while let Some(found) = attribute(tokens, at) {
        at = found.end;
    }
    at
}

/// Just after the item, statement, field or arm that begins at `start`, or at the bracket that
/// closes around it.
fn item_end(tokens: &[Token<'_>], start: usize) -> usize {
    const ITEMS: [&str; 15] = [
        "pub", "mod", "fn", "use", "struct", "enum", "union", "impl", "trait", "type", "const",
        "static", "async", "extern", "unsafe",
    ];
    let start = skip_attributes(tokens, start);
    let is_item = tokens
        .get(start)
        .is_some_and(|token| ITEMS.iter().any(|word| token.is(word)));
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        if closes(token) {
            return at;
        }
        if opens(token) {
            at = group_end(tokens, at);
            if token.is("{") {
                return at;
            }
            continue;
        }
        at += 1;
        // A comma inside the generics of an item does not end it; one after a field or an arm does.
        if token.is(";") || (token.is(",") && !is_item) {
            return at;
        }
    }
    tokens.len()
}

fn declares_module(tokens: &[Token<'_>], attribute_at: usize) -> bool {
    let mut at = skip_attributes(tokens, attribute_at);
    if tokens.get(at).is_some_and(|token| token.is("pub")) {
        at += 1;
        if tokens.get(at).is_some_and(|token| token.is("(")) {
            at = group_end(tokens, at);
        }
    }
    tokens.get(at).is_some_and(|token| token.is("mod"))
}

fn body_last_line(tokens: &[Token<'_>], function: usize) -> Option<usize> {
    let mut at = function;
    while let Some(token) = tokens.get(at) {
        if token.is(";") || closes(token) {
            return None;
        }
        if opens(token) {
            let end = group_end(tokens, at);
            if token.is("{") {
                return tokens.get(end - 1).map(Token::last_line);
            }
            at = end;
        } else {
            at += 1;
        }
    }
    None
}

fn opens(token: &Token<'_>) -> bool {
    token.is("(") || token.is("[") || token.is("{")
}

fn closes(token: &Token<'_>) -> bool {
    token.is(")") || token.is("]") || token.is("}")
}

#[cfg(test)]
mod tests {
    use super::super::lex::tokens;
    use super::*;

    fn left(source: &str) -> Vec<&str> {
        let all = tokens(source);
        without(&all, is_test)
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn test_items_are_left_out() {
        assert_eq!(
            left("a; #[cfg(test)] mod tests { b(); { c } } d;"),
            ["a", "d"]
        );
        assert_eq!(left("#[cfg(test)] #[allow(x)] mod tests; d;"), ["d"]);
        assert_eq!(
            left("#[cfg(all(test, feature = \"f\"))] use b::{c, d}; e"),
            ["e"]
        );
        assert_eq!(left("#[test] fn f<A, B>(x: [u8; 2]) -> C { d } e"), ["e"]);
    }

    #[test]
    fn a_test_field_or_arm_ends_at_its_comma_or_its_bracket() {
        assert_eq!(left("{ #[cfg(test)] a: b, c }"), ["c"]);
        assert_eq!(left("{ a, #[cfg(test)] b } c"), ["a", "c"]);
    }

    #[test]
    fn other_gates_stay() {
        assert_eq!(left("#[cfg(not(test))] a"), ["cfg", "not", "test", "a"]);
        assert_eq!(
            left("#[cfg(any(test, x))] a"),
            ["cfg", "any", "test", "x", "a"]
        );
    }

    #[test]
    fn an_inner_attribute_at_the_top_makes_the_file_a_test() {
        assert_eq!(left("#![cfg(test)] use a; mod b {}"), [""; 0]);
        assert_eq!(left("#![allow(x)] use a;"), ["allow", "x", "use", "a"]);
    }

    #[test]
    fn features_are_read_from_cfg_only() {
        let asks = |source: &str| {
            let all = tokens(source);
            attribute(&all, 0).is_some_and(|found| asks_for_feature(found.body, "testing"))
        };
        assert!(asks("#[cfg(feature = \"testing\")]"));
        assert!(asks("#[cfg(any(test, feature = \"testing\"))]"));
        assert!(!asks("#[cfg(not(feature = \"testing\"))]"));
        assert!(!asks("#[cfg(feature = \"tracing\")]"));
        assert!(!asks("#[doc(feature = \"testing\")]"));
    }

    #[test]
    fn functions_have_their_lines() {
        let all = tokens("fn a<const N: usize>(x: [u8; N])\nwhere B: C {\n if x { y }\n}\n");
        assert_eq!(
            functions(&all),
            [Function {
                name: "a",
                first_line: 1,
                last_line: 4
            }]
        );
        assert!(functions(&tokens("trait T { fn a(&self); } type F = fn(u8) -> u8;")).is_empty());
        let nested = tokens("fn a() { fn b() {} }");
        let names: Vec<&str> = functions(&nested).iter().map(|found| found.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn only_a_test_module_at_the_top_level_ends_the_code() {
        let line = |source: &str| test_module_line(&tokens(source));
        assert_eq!(line("a;\n#[cfg(test)]\nmod tests;"), Some(2));
        assert_eq!(
            line("a;\n#[cfg(test)]\n#[allow(b)]\npub(crate) mod tests {}"),
            Some(2)
        );
        assert_eq!(line("mod a {\n#[cfg(test)]\nmod tests {} }"), None);
        assert_eq!(line("#[cfg(test)]\nuse a;\nmod b {}"), None);
    }
}
