#![allow(clippy::unwrap_used)]

use super::Address;

#[test]
fn nothing_is_empty() {
    assert!(Address::default().is_empty());
}
