#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use geo::{Distance, Haversine, Point};
use proptest::prelude::*;

use super::*;

fn point(lat: i32, lon: i32) -> GeoPoint {
    GeoPoint::from_micro(lat, lon).unwrap()
}

fn oracle(a: GeoPoint, b: GeoPoint) -> f64 {
    let degrees = |micro: i32| f64::from(micro) / 1e6;
    let point = |p: GeoPoint| Point::new(degrees(p.lon_micro()), degrees(p.lat_micro()));
    Haversine.distance(point(a), point(b))
}

fn agrees(a: GeoPoint, b: GeoPoint) -> Result<(), TestCaseError> {
    let (ours, theirs) = (f64::from(distance_m(a, b)), oracle(a, b));
    // Half a metre is our rounding. Towards the antipode the sine is flat, and floating point, not
    // we, is unsure by some decimetres.
    let allowed = if theirs > 19_990_000.0 { 3.0 } else { 0.6 };
    prop_assert!((ours - theirs).abs() <= allowed, "{a} {b}: {ours} {theirs}");
    Ok(())
}

prop_compose! {
    fn anywhere()(lat in -90_000_000..=90_000_000, lon in -180_000_000..=180_000_000) -> GeoPoint {
        point(lat, lon)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn distances_agree_with_the_geo_library(a in anywhere(), b in anywhere()) {
        agrees(a, b)?;
    }

    #[test]
    fn near_distances_agree_too(
        a in anywhere(),
        lat in -20_000..=20_000_i32,
        lon in -20_000..=20_000_i32,
    ) {
        let lat = (a.lat_micro() + lat).clamp(-90_000_000, 90_000_000);
        let lon = (a.lon_micro() + lon).clamp(-180_000_000, 180_000_000);
        agrees(a, point(lat, lon))?;
    }

    #[test]
    fn nearly_opposite_points_agree_too(
        a in anywhere(),
        lat in -9_000..=9_000_i32,
        lon in -9_000..=9_000_i32,
    ) {
        let lat = (lat - a.lat_micro()).clamp(-90_000_000, 90_000_000);
        let opposite = if a.lon_micro() > 0 { -180_000_000 } else { 180_000_000 };
        let lon = (a.lon_micro() + opposite + lon).clamp(-180_000_000, 180_000_000);
        agrees(a, point(lat, lon))?;
    }

    #[test]
    fn a_distance_is_the_same_both_ways(a in anywhere(), b in anywhere()) {
        prop_assert_eq!(distance_m(a, b), distance_m(b, a));
        prop_assert_eq!(distance_m(a, a), 0);
    }
}

#[test]
fn the_ends_of_the_globe_are_where_they_should_be() {
    let half_around = 20_015_114; // pi * 6,371,008.8 m
    let origin = point(0, 0);
    for (a, b, metres) in [
        (point(90_000_000, 0), point(-90_000_000, 12), half_around),
        (origin, point(0, 180_000_000), half_around),
        (origin, point(0, -180_000_000), half_around),
        (point(0, 180_000_000), point(0, -180_000_000), 0),
        (point(90_000_000, 0), point(90_000_000, 77_000_000), 0),
        (point(0, 179_500_000), point(0, -179_500_000), 111_195),
        (origin, point(0, 9), 1),
        (origin, point(90_000_000, 0), 10_007_557),
    ] {
        assert_eq!(distance_m(a, b), metres, "{a} {b}");
    }
}

#[test]
fn a_radius_is_neither_nothing_nor_more_than_the_globe() {
    for metres in [1, 50_000, i64::from(Radius::MAX_M)] {
        assert_eq!(
            i64::from(Radius::from_metres(metres).unwrap().metres()),
            metres
        );
    }
    for metres in [0, -1, i64::MAX, i64::from(Radius::MAX_M) + 1] {
        assert_eq!(
            Radius::from_metres(metres).unwrap_err().code(),
            "hub_radius"
        );
    }
    assert!(serde_json::from_str::<Radius>("-5").is_err());
}

#[test]
fn a_postal_range_rises_and_keeps_one_length() {
    let code = |text| PostalCode::parse(text).unwrap();
    let range = PostalRange::new(code("1000-100"), code("1000-399")).unwrap();
    for (text, inside) in [
        ("1000-100", true),
        ("1000-399", true),
        ("1000-250", true),
        ("1000-400", false),
        ("1000-099", false),
        ("1000", false),
        ("1000-2500", false),
    ] {
        assert_eq!(range.contains(&code(text)), inside, "{text}");
    }
    let range = PostalRange::new(code("sw1a1aa"), code("SW1A 9ZZ")).unwrap();
    assert_eq!(range.to_string(), "sw1a1aa-SW1A 9ZZ");
    assert!(range.contains(&code("Sw1A-4xy")));
    // An earlier release took these, which have no code in common with anybody.
    let known: PostalRange = serde_json::from_str(r#"{"first":"1-0","last":"100"}"#).unwrap();
    assert!(!known.contains(&code("10")));
    for (first, last) in [("2", "1"), ("1", "10"), ("1-0", "100")] {
        let error = PostalRange::new(code(first), code(last)).unwrap_err();
        assert_eq!(error.code(), "hub_postal_range");
    }
    assert!(serde_json::from_str::<PostalRange>(r#"{"first":"9","last":"1"}"#).is_err());
}
