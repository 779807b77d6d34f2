#![allow(clippy::unwrap_used)]

use super::GeoPoint;

#[test]
fn a_point_reads_back() {
    let point = GeoPoint::parse("52.5", "-13").unwrap();
    assert_eq!(point.to_string().parse::<GeoPoint>().unwrap(), point);
}
