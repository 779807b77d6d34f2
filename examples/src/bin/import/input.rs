//! Files as the user gave them.

use oms_examples::bounded;
use oms_examples::program::Failure;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::args::Kind;
use crate::refused::Refusal;

/// A file of orders, or the standard input.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The name to show.
    pub(crate) name: String,
    /// Where it is; `None` is the standard input.
    path: Option<PathBuf>,
}

/// What the paths lead to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Files to be read, in the order given, those of a folder by name.
    pub(crate) files: Vec<File>,
    /// Paths that lead nowhere.
    pub(crate) unreadable: Vec<Refusal>,
}

/// Finds the files; of a folder those with the endings of such orders.
///
/// # Errors
/// When there is no file at all.
pub(crate) fn find(paths: &[PathBuf], kind: Kind) -> Result<Found, Failure> {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            found.files.push(File {
                name: "(standard input)".to_owned(),
                path: None,
            });
            continue;
        }
        let inner = match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => in_folder(path, kind),
            Ok(_) => Ok(vec![path.clone()]),
            Err(problem) => Err(problem),
        };
        match inner {
            Ok(paths) => found.files.extend(paths.into_iter().map(|path| File {
                name: path.display().to_string(),
                path: Some(path),
            })),
            Err(problem) => {
                let name = path.display().to_string();
                found.unreadable.push(unreadable(&name, &problem));
            }
        }
    }
    if !found.files.is_empty() {
        return Ok(found);
    }
    Err(match found.unreadable.first() {
        Some(refusal) => format!("{} {}", refusal.file, refusal.reason),
        None => format!(
            "there is no file to read: a folder is searched for files ending in .{}",
            kind.endings().join(" and .")
        ),
    })
}

fn in_folder(folder: &Path, kind: Kind) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let ours = |ending: &str| {
            let mut endings = kind.endings().iter();
            endings.any(|known| known.eq_ignore_ascii_case(ending))
        };
        if ending.is_some_and(ours) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

impl File {
    /// Reads it, if it is not too large.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Box<Refusal>> {
        let read = match &self.path {
            Some(path) => bounded::file(path),
            None => bounded::whole(io::stdin().lock()),
        };
        let bytes = read.map_err(|problem| Box::new(unreadable(&self.name, &problem)))?;
        if bytes.trim_ascii().is_empty() {
            let refusal = Refusal::file(&self.name, "file_empty", "is empty");
            return Err(Box::new(refusal));
        }
        Ok(bytes)
    }
}

fn unreadable(name: &str, problem: &io::Error) -> Refusal {
    let words = problem.to_string();
    let plain = words.split(" (os error").next().unwrap_or_default();
    let reason = format!("cannot be read: {}", plain.to_lowercase());
    Refusal::file(name, "file_unreadable", &reason)
}
