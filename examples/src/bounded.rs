//! Files that are read as a whole, none of them larger than memory bears.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// A larger file is refused: it is held in memory as a whole.
const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Reads a file.
///
/// # Errors
/// What the system says, and for one that is larger than 256 MiB that it is.
pub fn file(path: &Path) -> io::Result<Vec<u8>> {
    fs::File::open(path).and_then(whole)
}

/// Reads to the end.
///
/// # Errors
/// As [`file()`].
pub fn whole(from: impl Read) -> io::Result<Vec<u8>> {
    within(from, FILE_BYTES_MAX)
}

fn within(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= most => Ok(bytes),
        Ok(_) | Err(_) => Err(io::Error::other("it is larger than 256 MiB")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::repeat;

    use super::within;

    #[test]
    fn what_has_no_end_is_refused() {
        let refused = within(repeat(b'x'), 1_000).unwrap_err().to_string();
        assert_eq!(refused, "it is larger than 256 MiB");
        assert_eq!(
            within([b'x'; 1_000].as_slice(), 1_000).unwrap().len(),
            1_000
        );
    }
}
