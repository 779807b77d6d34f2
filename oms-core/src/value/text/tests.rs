#![allow(clippy::unwrap_used)]

use super::Text;

#[test]
fn text_is_stored_trimmed() {
    assert_eq!(Text::<3>::parse(" abc\n").unwrap().as_str(), "abc");
    assert!(Text::<3>::parse("abcd").is_err());
}
