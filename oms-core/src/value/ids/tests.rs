#![allow(clippy::unwrap_used)]

use super::Sku;

#[test]
fn a_sku_reads_back_from_json() {
    let sku = Sku::parse("A-1").unwrap();
    let json = serde_json::to_string(&sku).unwrap();
    assert_eq!(serde_json::from_str::<Sku>(&json).unwrap(), sku);
}
