//! Rules about the repository as a whole.

use std::collections::BTreeMap;

use super::Violation;
use super::lex::{Kind, tokens};

/// All that may stand in the root.
const ROOT: &[&str] = &[
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "benches",
    "clippy.toml",
    "deny.toml",
    "examples",
    "oms-core",
    "oms-store-memory",
    "oms-store-postgres",
    "rustfmt.toml",
];

/// First folders of paths that exist on somebody's machine only.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "work", "Users"];

const DOCS: &str = "oms-core/docs/";

/// The README names the minimum Rust version that the workspace declares.
pub(crate) fn minimum_rust(readme: &str, manifest: &str) -> Vec<Violation> {
    let Some(declared) = declared_rust(manifest) else {
        return vec![Violation::new("Cargo.toml", 1, "no `rust-version`")];
    };
    let mut stated = 0;
    let mut found = Vec::new();
    for (line, content) in (1..).zip(readme.lines()) {
        for version in stated_versions(content) {
            stated += 1;
            if version != declared {
                let message = format!("says Rust {version}, Cargo.toml says {declared}");
                found.push(Violation::new("README.md", line, message));
            }
        }
    }
    if stated == 0 {
        let message = format!("does not say that it needs Rust {declared}");
        found.push(Violation::new("README.md", 1, message));
    }
    found
}

/// Everything in the root is meant to be there.
pub(crate) fn root_names(names: &[&str]) -> Vec<Violation> {
    names
        .iter()
        .filter(|name| !ROOT.contains(name))
        .map(|name| Violation::new(name, 1, "not in the list of what may stand in the root"))
        .collect()
}

/// No file names a folder of somebody's machine.
pub(crate) fn machine_paths(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        for folder in MACHINE_FOLDERS {
            let needle = format!("/{folder}/");
            let absolute = content.match_indices(&needle).any(|(at, _)| {
                // After any of these it is the middle of a longer path or of an address.
                !content[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~*$})>".contains(c))
            });
            if absolute {
                found.push(Violation::new(path, line, format!("a path under {needle}")));
            }
        }
    }
    found
}

/// Every file in `docs` is a chapter of the reference: some source of the core has it as `doc =
/// include_str!(...)`.
pub(crate) fn docs_included(docs: &[&str], sources: &[(&str, &str)]) -> Vec<Violation> {
    let included: Vec<String> = sources
        .iter()
        .flat_map(|(path, text)| included_docs(path, text))
        .collect();
    docs.iter()
        .filter(|path| path.starts_with(DOCS) && !included.iter().any(|found| found == *path))
        .map(|path| Violation::new(path, 1, "no source includes it in the reference"))
        .collect()
}

/// Clippy reads one clippy.toml per crate, so the one of the core repeats the settings of the root.
pub(crate) fn settings_repeated(root: &str, core: &str) -> Vec<Violation> {
    (1..)
        .zip(root.lines())
        .filter(|(_, setting)| !setting.is_empty() && !setting.starts_with('#'))
        .filter(|(_, setting)| !core.lines().any(|line| line == *setting))
        .map(|(line, setting)| {
            Violation::new(
                "clippy.toml",
                line,
                format!("`{setting}` is not in oms-core/clippy.toml"),
            )
        })
        .collect()
}

/// Members take no default features of the core along: a host that depends on a store could not
/// switch them off.
pub(crate) fn features_left_to_hosts(manifest: &str) -> Vec<Violation> {
    let mut lines = (1..).zip(manifest.lines());
    match lines.find(|(_, line)| line.starts_with("oms-core = ")) {
        Some((_, line)) if line.contains("default-features = false") => Vec::new(),
        Some((line, _)) => {
            let message = "members take the default features of the core along";
            vec![Violation::new("Cargo.toml", line, message)]
        }
        None => vec![Violation::new("Cargo.toml", 1, "no `oms-core`")],
    }
}

fn declared_rust(manifest: &str) -> Option<&str> {
    let value = manifest
        .lines()
        .find_map(|line| line.trim().strip_prefix("rust-version"))?;
    value.split('"').nth(1).map(plain)
}

/// Versions that follow the word Rust, rustc or MSRV closely.
fn stated_versions(line: &str) -> Vec<&str> {
    const WORDS_BETWEEN_MAX: usize = 4;
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric() && !"._-".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if ["rust", "rustc", "msrv"].contains(&word.to_lowercase().as_str()) {
            let near = words.iter().skip(at + 1).take(WORDS_BETWEEN_MAX + 1);
            found.extend(near.filter_map(|near| version(near)).take(1));
        }
    }
    found
}

fn version(word: &str) -> Option<&str> {
    let word = word.trim_matches(['.', '-']);
    let tail = word.strip_prefix("1.")?;
    (tail.starts_with(|c: char| c.is_ascii_digit())
        && tail.chars().all(|c| c.is_ascii_digit() || c == '.'))
    .then(|| plain(word))
}

/// 1.95.0 is 1.95.
fn plain(version: &str) -> &str {
    version.strip_suffix(".0").unwrap_or(version)
}

fn included_docs(path: &str, text: &str) -> Vec<String> {
    let all = tokens(text);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    all.windows(6)
        .filter(|window| {
            let run = ["doc", "=", "include_str", "!", "("];
            window.iter().zip(run).all(|(token, text)| token.is(text))
        })
        .filter_map(|window| window.last())
        .filter(|token| token.kind == Kind::Text)
        .map(|token| joined(folder, token.text.trim_matches('"')))
        .collect()
}

fn joined(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// No two public types have one name: whoever imports two rooms would have to rename one of them.
/// Nor is one called as a marker trait that everybody has in scope.
pub(crate) fn twin_types(sources: &[(&str, &str)]) -> Vec<Violation> {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for marker in ["Copy", "Send", "Sized", "Sync", "Unpin"] {
        known.insert(marker, "the prelude");
    }
    let mut found = Vec::new();
    for (path, text) in sources {
        for (line, content) in (1..).zip(text.lines()) {
            let Some(name) = public_type(content) else {
                continue;
            };
            if let Some(other) = known.insert(name, path) {
                let message = format!("`{name}` is also a type of {other}");
                found.push(Violation::new(path, line, message));
            }
        }
    }
    found
}

/// The type or trait that a line at the margin declares for all.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let keywords = ["struct ", "enum ", "trait ", "type "];
    let rest = keywords
        .iter()
        .find_map(|keyword| rest.strip_prefix(keyword))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    end.map_or(Some(rest), |end| rest.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace.package]\nrust-version = \"1.95\"\n";

    fn lines(found: &[Violation]) -> Vec<usize> {
        found.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn the_readme_says_the_version_of_the_manifest() {
        for readme in [
            "Needs Rust 1.95.",
            "MSRV: **1.95.0**",
            "minimum `rustc` version is 1.95+",
        ] {
            assert_eq!(minimum_rust(readme, MANIFEST), [], "{readme}");
        }
        assert_eq!(
            lines(&minimum_rust("# A\nRust 1.94 or newer", MANIFEST)),
            [2]
        );
        assert_eq!(
            lines(&minimum_rust("Rust 1.95\n\nMSRV 1.90", MANIFEST)),
            [3]
        );
    }

    #[test]
    fn a_readme_or_manifest_without_a_version_is_found() {
        assert_eq!(
            lines(&minimum_rust("Written in Rust, edition 2024", MANIFEST)),
            [1]
        );
        assert_eq!(lines(&minimum_rust("rust_decimal 1.43", MANIFEST)), [1]);
        assert_eq!(lines(&minimum_rust("Rust 1.95", "[package]")), [1]);
    }

    #[test]
    fn default_features_that_members_take_along_are_found() {
        let left = "[workspace.dependencies]\noms-core = { default-features = false }";
        assert_eq!(features_left_to_hosts(left), []);
        let taken = "[workspace.dependencies]\noms-core = { path = \"oms-core\" }";
        assert_eq!(lines(&features_left_to_hosts(taken)), [2]);
        assert_eq!(lines(&features_left_to_hosts(MANIFEST)), [1]);
    }

    #[test]
    fn a_stray_name_in_the_root_is_found() {
        let found = root_names(&["Cargo.toml", "notes.txt", "oms-core"]);
        assert_eq!(
            found,
            [Violation::new("notes.txt", 1, found[0].message.clone())]
        );
        assert!(root_names(ROOT).is_empty());
    }

    #[test]
    fn a_path_of_a_machine_is_found() {
        for folder in MACHINE_FOLDERS {
            for bad in [
                format!("/{folder}/x"),
                format!("a \"/{folder}/x\""),
                format!("=/{folder}/"),
            ] {
                assert_eq!(
                    lines(&machine_paths("a.md", &format!("\n{bad}"))),
                    [2],
                    "{bad}"
                );
            }
            for good in [
                format!("https://example.org/{folder}/x"),
                format!("../{folder}/x"),
                format!("$HOME/{folder}/x"),
                format!("${{DIR}}/{folder}/x"),
                format!("/{folder}"),
            ] {
                assert!(machine_paths("a.md", &good).is_empty(), "{good}");
            }
        }
    }

    #[test]
    fn a_chapter_that_nobody_includes_is_found() {
        let docs = [
            "oms-core/docs/design.md",
            "oms-core/docs/limits.md",
            "README.md",
        ];
        let lib = "#[doc = include_str!(\"../docs/design.md\")]\npub mod design {}";
        let nested = "#![doc = include_str!(\"../../docs/limits.md\")]";
        let both = [
            ("oms-core/src/lib.rs", lib),
            ("oms-core/src/docs/mod.rs", nested),
        ];
        assert_eq!(docs_included(&docs, &both), []);
        let missing = docs_included(&docs, &both[..1]);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].path, "oms-core/docs/limits.md");
        let not_a_doc = [(
            "oms-core/src/lib.rs",
            "const A: &str = include_str!(\"../docs/design.md\");",
        )];
        assert_eq!(docs_included(&docs[..1], &not_a_doc).len(), 1);
    }

    #[test]
    fn two_types_of_one_name_are_found() {
        let page = (
            "port.rs",
            "/// A.\npub struct Page<T> {\n}\npub enum Pages {}",
        );
        let other = ("sync.rs", "pub trait Page: Send {\n    pub struct Pages;");
        assert_eq!(twin_types(&[page]), []);
        assert_eq!(lines(&twin_types(&[page, other])), [1]);
        let inner = (
            "sync.rs",
            "pub(crate) struct Page;\nstruct Pages;\npub fn page() {}",
        );
        assert_eq!(twin_types(&[page, inner]), []);
        assert_eq!(
            lines(&twin_types(&[("sync.rs", "\npub struct Sync;")])),
            [2]
        );
    }

    #[test]
    fn a_setting_that_the_core_does_not_repeat_is_found() {
        let root = "# why\n\na = true\nb = false\n";
        assert_eq!(lines(&settings_repeated(root, "a = true\nb = true\n")), [4]);
        assert!(settings_repeated(root, "b = false\nc = 1\na = true\n").is_empty());
    }
}
