#![allow(clippy::unwrap_used)]

use super::{Quantity, QuantityError};

#[test]
fn zero_is_no_quantity() {
    assert_eq!(Quantity::parse("0"), Err(QuantityError::Zero));
}
