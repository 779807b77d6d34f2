//! Reads the files of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file with text in it.
pub(crate) struct TextFile {
    /// From the root of the repository, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Whether git knows it; true of every file where there is no git.
    pub(crate) tracked: bool,
}

impl TextFile {
    pub(crate) fn is_source(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every text file, those included that are new and not ignored.
pub(crate) fn files() -> Vec<TextFile> {
    let root = root();
    let mut paths: Vec<(String, bool)> = Vec::new();
    match git_paths(&root, &["--cached"]) {
        Some(tracked) => {
            let others = git_paths(&root, &["--others", "--exclude-standard"]).unwrap_or_default();
            paths.extend(tracked.into_iter().map(|path| (path, true)));
            paths.extend(others.into_iter().map(|path| (path, false)));
        }
        // A source archive, or a git that does not trust the folder.
        None => walk(&root, &root, &ignored(&root), &mut paths),
    }
    paths.sort();
    paths
        .into_iter()
        .filter_map(|(path, tracked)| read(&root, path, tracked))
        .collect()
}

fn root() -> PathBuf {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    core.parent()
        .expect("the core lies in the workspace")
        .to_path_buf()
}

fn git_paths(root: &Path, kinds: &[&str]) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["ls-files", "-z"]).args(kinds);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let listed = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect();
    let is_ours = kinds != ["--cached"] || paths.iter().any(|path| path == "Cargo.toml");
    is_ours.then_some(paths)
}

fn walk(root: &Path, folder: &Path, ignored: &[String], paths: &mut Vec<(String, bool)>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be listed") {
        let path = entry
            .expect("an entry of the repository can be read")
            .path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if ignored.iter().any(|pattern| pattern == name) {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, ignored, paths);
        } else if let Some(relative) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            paths.push((relative.replace('\\', "/"), true));
        }
    }
}

/// The plain names in `.gitignore`; enough for a walk without git.
fn ignored(root: &Path) -> Vec<String> {
    let listed = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let mut names: Vec<String> = listed
        .lines()
        .map(|line| line.trim_matches('/').to_owned())
        .collect();
    names.extend([".git".to_owned(), "target".to_owned()]);
    names
}

/// Nothing for a file that is gone from the work tree or holds no text.
fn read(root: &Path, path: String, tracked: bool) -> Option<TextFile> {
    let bytes = fs::read(root.join(&path)).ok()?;
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))?;
    Some(TextFile {
        path,
        text,
        tracked,
    })
}
