//! Files as the user gave them, or the samples.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use oms_examples::bounded;

use crate::failure::Failure;
use crate::samples::Sample;

/// A file, read.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// The name to show.
    pub(crate) name: String,
    /// Where it is; samples are nowhere.
    pub(crate) path: Option<PathBuf>,
    /// What it holds.
    pub(crate) bytes: Cow<'static, [u8]>,
}

impl File {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = bounded::file(path).map_err(|source| unreadable(path, source))?;
        Ok(Self {
            name: path.display().to_string(),
            path: Some(path.to_owned()),
            bytes: Cow::Owned(bytes),
        })
    }

    /// A sample.
    pub(crate) fn sample((name, bytes): Sample) -> Self {
        Self {
            name: name.to_owned(),
            path: None,
            bytes: Cow::Borrowed(bytes),
        }
    }

    /// Why it cannot be text of any kind, if so.
    pub(crate) fn not_text(&self) -> Option<&'static str> {
        if self.bytes.trim_ascii().is_empty() {
            return Some("is empty");
        }
        // UTF-16 has zeros too; the CSV reader knows it by its mark and says what to do.
        let utf16 = self.bytes.starts_with(b"\xFF\xFE") || self.bytes.starts_with(b"\xFE\xFF");
        (self.bytes.contains(&0) && !utf16).then_some("is not a text file")
    }
}

/// Reads order files; of a folder those whose names end in `.json` or `.csv`, by name.
pub(crate) fn order_files(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let found = fs::metadata(path).map_err(|source| unreadable(path, source))?;
        if found.is_dir() {
            for inner in in_folder(path)? {
                files.push(File::read(&inner)?);
            }
        } else {
            files.push(File::read(path)?);
        }
    }
    Ok(files)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        let usable = path.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("json") || extension.eq_ignore_ascii_case("csv")
        });
        if usable && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err(Failure::BadFile {
            file: folder.display().to_string(),
            problem: "is a folder without any .json or .csv file".to_owned(),
        });
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, source: std::io::Error) -> Failure {
    Failure::Unreadable {
        path: path.display().to_string(),
        source,
    }
}
