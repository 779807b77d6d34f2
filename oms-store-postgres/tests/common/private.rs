//! Folders for servers of our own, closed to everybody else: whoever reaches the socket of such a
//! server is its superuser, without a password.

use std::fs::DirBuilder;
use std::io;
use std::path::PathBuf;

/// How many names are tried.
const NAMES: u32 = 100;

/// Makes an empty folder that nobody else may enter. Its name is short, because paths of sockets
/// are, and is never one that is there already: that may be somebody's, or was left by a process of
/// the same id that was killed together with its keeper.
pub(crate) fn make(prefix: &str) -> io::Result<PathBuf> {
    let parent = std::env::temp_dir();
    for number in 0..NAMES {
        let folder = parent.join(format!("{prefix}-{}-{number}", std::process::id()));
        match closed().create(&folder) {
            Ok(()) => return Ok(folder),
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            Err(why) => return Err(why),
        }
    }
    let why = format!(
        "too many folders {prefix}-* are left in {}",
        parent.display()
    );
    Err(io::Error::new(io::ErrorKind::AlreadyExists, why))
}

#[cfg(unix)]
fn closed() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn closed() -> DirBuilder {
    DirBuilder::new()
}
