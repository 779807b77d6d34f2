//! Just enough of a Rust lexer: words and signs with their lines; comments are dropped, literals
//! are told apart.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Sign,
    Number,
    Lifetime,
    Character,
    Text,
    RawText,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Where it begins, counted from 1.
    pub(crate) line: usize,
}

impl Token<'_> {
    /// Whether this is the word or sign `text`; never true of a literal.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Sign) && self.text == text
    }

    pub(crate) fn last_line(&self) -> usize {
        self.line + newlines(self.text)
    }
}

/// The tokens of `source`, in order.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while !rest.is_empty() {
        let (kind, len) = next(rest);
        let (text, tail) = rest.split_at(len);
        if let Some(kind) = kind {
            found.push(Token { kind, text, line });
        }
        line += newlines(text);
        rest = tail;
    }
    found
}

/// Where the run of words and signs `pattern` begins in `tokens`.
pub(crate) fn find_run(tokens: &[Token<'_>], pattern: &[&str]) -> Vec<usize> {
    tokens
        .windows(pattern.len())
        .enumerate()
        .filter(|(_, window)| {
            window
                .iter()
                .zip(pattern)
                .all(|(token, text)| token.is(text))
        })
        .map(|(at, _)| at)
        .collect()
}

/// Kind and length of what `rest` begins with; no kind for blanks and comments.
fn next(rest: &str) -> (Option<Kind>, usize) {
    if let Some(len) = blank(rest) {
        return (None, len);
    }
    if let Some((kind, len)) = literal(rest) {
        return (Some(kind), len);
    }
    let first = rest.chars().next().unwrap_or_default();
    if first.is_alphabetic() || first == '_' {
        let raw = rest
            .strip_prefix("r#")
            .is_some_and(|tail| word_len(tail) > 0);
        let skip = if raw { 2 } else { 0 };
        return (Some(Kind::Word), skip + word_len(&rest[skip..]));
    }
    if first.is_ascii_digit() {
        return (Some(Kind::Number), number_len(rest));
    }
    let len = if rest.starts_with("::") {
        2
    } else {
        first.len_utf8()
    };
    (Some(Kind::Sign), len)
}

fn blank(rest: &str) -> Option<usize> {
    let spaces = rest.len() - rest.trim_start().len();
    if spaces > 0 {
        return Some(spaces);
    }
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| block_comment_len(rest))
}

/// Block comments nest.
fn block_comment_len(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn literal(rest: &str) -> Option<(Kind, usize)> {
    for prefix in ["br", "cr", "r"] {
        let Some(tail) = rest.strip_prefix(prefix) else {
            continue;
        };
        let hashes = tail.len() - tail.trim_start_matches('#').len();
        if let Some(body) = tail[hashes..].strip_prefix('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let body_len = body.find(&close).map_or(body.len(), |at| at + close.len());
            return Some((Kind::RawText, prefix.len() + hashes + 1 + body_len));
        }
    }
    for prefix in ["b", "c", ""] {
        let Some(tail) = rest.strip_prefix(prefix) else {
            continue;
        };
        if let Some(body) = tail.strip_prefix('"') {
            return Some((Kind::Text, prefix.len() + 1 + closed_len(body, '"')));
        }
        if let Some(body) = tail.strip_prefix('\'') {
            if let Some(len) = character_len(body) {
                return Some((Kind::Character, prefix.len() + 1 + len));
            }
            return Some((Kind::Lifetime, prefix.len() + 1 + word_len(body)));
        }
    }
    None
}

/// Length of the rest of a character literal after its opening quote, or nothing for a lifetime.
fn character_len(body: &str) -> Option<usize> {
    let first = body.chars().next()?;
    if first == '\\' {
        return Some(closed_len(body, '\''));
    }
    body[first.len_utf8()..]
        .starts_with('\'')
        .then(|| first.len_utf8() + 1)
}

/// Length up to and with the first `close` that no backslash escapes.
fn closed_len(body: &str, close: char) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == close {
            return at + c.len_utf8();
        }
    }
    body.len()
}

fn word_len(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len())
}

fn number_len(rest: &str) -> usize {
    let whole = word_len(rest);
    let fraction = rest[whole..]
        .strip_prefix('.')
        .filter(|tail| tail.starts_with(is_digit));
    whole + fraction.map_or(0, |tail| 1 + word_len(tail))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<&str> {
        tokens(source)
            .iter()
            .filter(|t| t.kind == Kind::Word)
            .map(|t| t.text)
            .collect()
    }

    #[test]
    fn comments_are_no_tokens() {
        assert_eq!(
            words("a // b\n/* c /* d */ e */ f /// g\n//! h"),
            ["a", "f"]
        );
        assert_eq!(words("a /* never closed b"), ["a"]);
    }

    #[test]
    fn literals_hide_their_content() {
        assert_eq!(
            words(r#"a "b \" c" d b"e" 'f' '\'' g b'h' i"#),
            ["a", "d", "g", "i"]
        );
        assert_eq!(
            words("a r\"b\\\" c r#\"d \" e\"# f br##\"g\"# h\"## i"),
            ["a", "c", "f", "i"]
        );
        assert_eq!(
            words("r#type return bar crate"),
            ["r#type", "return", "bar", "crate"]
        );
    }

    #[test]
    fn a_lifetime_is_not_an_open_quote() {
        let kinds: Vec<Kind> = tokens("&'a str, 'b', '\u{e9}'")
            .iter()
            .map(|t| t.kind)
            .collect();
        let expected = [
            Kind::Sign,
            Kind::Lifetime,
            Kind::Word,
            Kind::Sign,
            Kind::Character,
            Kind::Sign,
            Kind::Character,
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn numbers_and_ranges() {
        let texts: Vec<&str> = tokens("1_000.5e3 0..2 a::b")
            .iter()
            .map(|t| t.text)
            .collect();
        assert_eq!(texts, ["1_000.5e3", "0", ".", ".", "2", "a", "::", "b"]);
    }

    #[test]
    fn lines_are_counted_through_literals_and_comments() {
        let all = tokens("a\n/* \n */ r\"\n\n\" b");
        let lines: Vec<(usize, usize)> = all.iter().map(|t| (t.line, t.last_line())).collect();
        assert_eq!(lines, [(1, 1), (3, 5), (5, 5)]);
    }

    #[test]
    fn a_run_is_found_across_lines_but_not_in_text() {
        let all = tokens("x(\"a::b\"); a::\n  b();");
        let lines: Vec<usize> = find_run(&all, &["a", "::", "b"])
            .iter()
            .map(|at| all[*at].line)
            .collect();
        assert_eq!(lines, [1]);
        assert!(find_run(&all, &["b", "::", "a"]).is_empty());
    }
}
