#![allow(clippy::unwrap_used)]

use super::Money;

#[test]
fn money_reads_back() {
    let money: Money = "12.5 EUR".parse().unwrap();
    assert_eq!(money.to_string(), "12.50 EUR");
}
