#![allow(clippy::unwrap_used)]

use super::Timestamp;

#[test]
fn the_epoch_prints() {
    assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00.000000Z");
}
