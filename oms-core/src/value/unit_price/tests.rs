#![allow(clippy::unwrap_used)]

use super::UnitPrice;

#[test]
fn prices_keep_their_decimals() {
    let price: UnitPrice = "1.23450 EUR".parse().unwrap();
    assert_eq!(price.to_string(), "1.2345 EUR");
}
