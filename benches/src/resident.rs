//! How much memory the process holds, as the kernel counts it.

use std::fs;

use crate::Failure;

/// Bytes of a page on the machines this runs on (x86-64, and aarch64 as Linux ships it).
const PAGE_BYTES: u64 = 4_096;

/// Resident bytes of the process that are its own: pages of files are not counted.
///
/// # Errors
/// When the kernel offers no `/proc/self/statm`, or one of another form.
pub fn resident_bytes() -> Result<u64, Failure> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let mut fields = text.split_ascii_whitespace().map(str::parse::<u64>);
    let (Some(resident), Some(shared)) = (fields.nth(1), fields.next()) else {
        return Err("statm has fewer than three fields".into());
    };
    Ok(resident?.saturating_sub(shared?) * PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_counted() {
        let before = resident_bytes().unwrap();
        let kept = vec![1_u8; 256 << 20];
        let grown = resident_bytes().unwrap() - before;
        // Other tests run beside and may give something back.
        assert!(grown > 128 << 20, "{grown}");
        drop(kept);
    }
}
