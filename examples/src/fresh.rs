//! Files of the programs beside those that are there: what people corrected by hand is never
//! written over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a text into a file of its own, and says which: the path, or `name-2.csv` and so on where
/// that is there already. A file that holds the same text is as good, unless it is `taken` by
/// something else; nothing is written then.
///
/// # Errors
/// The path that cannot be written, and what the system says.
pub fn write(
    path: &Path,
    text: &str,
    taken: impl Fn(&Path) -> bool,
) -> Result<PathBuf, (PathBuf, io::Error)> {
    let same = |path: &Path| {
        let held = fs::read(path);
        !taken(path) && held.is_ok_and(|held| held == text.as_bytes())
    };
    match create(path, same)? {
        (path, None) => Ok(path),
        (path, Some(mut file)) => {
            let written = file.write_all(text.as_bytes());
            // A disk that is full, or far away, may say so only then.
            let written = written.and_then(|()| file.sync_all());
            drop(file);
            kept(path, written)
        }
    }
}

/// The file, if all is in it. One that is cut off would be taken for the whole.
fn kept(path: PathBuf, written: io::Result<()>) -> Result<PathBuf, (PathBuf, io::Error)> {
    match written {
        Ok(()) => Ok(path),
        Err(problem) => {
            // Nothing more can be done where this fails too.
            let _ = fs::remove_file(&path);
            Err((path, problem))
        }
    }
}

/// Finds out whether [`write()`] could, and leaves nothing behind.
///
/// # Errors
/// As [`write()`]; also where the path is a folder.
pub fn check(path: &Path) -> Result<(), (PathBuf, io::Error)> {
    if path.is_dir() {
        return Err((path.to_owned(), ErrorKind::IsADirectory.into()));
    }
    let (path, _) = create(path, |_| false)?;
    fs::remove_file(&path).map_err(|problem| (path, problem))
}

/// The first of the names that is free, with its new file, or that is good as it is.
fn create(
    path: &Path,
    good: impl Fn(&Path) -> bool,
) -> Result<(PathBuf, Option<File>), (PathBuf, io::Error)> {
    let mut number = 1_u32;
    loop {
        let name = numbered(path, number);
        let made = OpenOptions::new().write(true).create_new(true).open(&name);
        match made {
            Ok(file) => return Ok((name, Some(file))),
            Err(problem) if problem.kind() != ErrorKind::AlreadyExists => {
                return Err((name, problem));
            }
            Err(_) if good(&name) => return Ok((name, None)),
            Err(_) => number = number.saturating_add(1),
        }
    }
}

/// `rejected.csv`, `rejected-2.csv` and so on.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let dot = if ending.is_empty() { "" } else { "." };
    path.with_file_name(format!("{stem}-{number}{dot}{ending}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, io};

    use super::{check, kept, write};

    #[test]
    fn a_file_that_is_cut_off_does_not_stay() {
        let path = std::env::temp_dir().join(format!("oms-full-{}.csv", std::process::id()));
        fs::write(&path, "half of i").unwrap();
        let full = io::Error::other("no space left");
        let (named, problem) = kept(path.clone(), Err(full)).unwrap_err();
        assert_eq!(
            (named, problem.to_string().as_str()),
            (path.clone(), "no space left")
        );
        assert!(!path.exists());
    }

    #[test]
    fn what_is_there_is_never_written_over() {
        let folder = std::env::temp_dir().join(format!("oms-fresh-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("rejected.csv");
        let named = |text: &str, taken: &str| {
            let path = write(&path, text, |path| path.ends_with(taken)).unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        check(&path).unwrap();
        assert!(!path.exists(), "nothing is left behind");
        assert_eq!(named("one", "none"), "rejected.csv");
        assert_eq!(named("two", "none"), "rejected-2.csv");
        assert_eq!(named("one", "none"), "rejected.csv", "it is as good");
        assert_eq!(
            named("one", "rejected.csv"),
            "rejected-3.csv",
            "not an input"
        );
        check(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        let (named, _) = check(&folder).unwrap_err();
        assert_eq!(named, folder);
        check(&folder.join("none/rejected.csv")).unwrap_err();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
        fs::remove_dir_all(&folder).unwrap();
    }
}
