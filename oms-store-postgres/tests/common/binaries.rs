//! Where the programs of a PostgreSQL server are.

use std::path::{Path, PathBuf};

/// The folder with `initdb` and `postgres`: from `PATH`, or where distributions put them, the
/// newest first.
pub(crate) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for parent in [
        "/usr/lib/postgresql",
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/usr/pgsql",
    ] {
        let Ok(found) = std::fs::read_dir(parent) else {
            continue;
        };
        let mut found: Vec<PathBuf> = found.flatten().map(|entry| entry.path()).collect();
        found.sort();
        folders.extend(found.into_iter().rev().map(|folder| folder.join("bin")));
    }
    let has_all = |folder: &Path| {
        ["initdb", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    folders.into_iter().find(|folder| has_all(folder))
}
