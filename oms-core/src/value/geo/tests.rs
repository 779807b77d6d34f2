#![allow(clippy::unwrap_used)]

use super::{GeoError, GeoPoint};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn micro(lat: &str, lon: &str) -> Result<(i32, i32), GeoError> {
    GeoPoint::parse(lat, lon).map(|point| (point.lat_micro(), point.lon_micro()))
}

#[test]
fn degrees_become_millionths() {
    assert_eq!(
        micro("52.520008", "13.404954"),
        Ok((52_520_008, 13_404_954))
    );
    assert_eq!(micro("-33.9", "-0"), Ok((-33_900_000, 0)));
    assert_eq!(micro("90", "180"), Ok((90_000_000, 180_000_000)));
    assert_eq!(micro("-90.0", "-180.0"), Ok((-90_000_000, -180_000_000)));
    assert_eq!(micro("1.0E-5", "0"), Ok((10, 0)));
}

#[test]
fn finer_digits_are_rounded() {
    assert_eq!(micro("0.0000005", "-0.0000005"), Ok((1, -1)));
    assert_eq!(micro("0.0000004", "45.41631100000001"), Ok((0, 45_416_311)));
    let long = format!("12.345678{}1", "0".repeat(40));
    assert_eq!(micro(&long, "0"), Ok((12_345_678, 0)));
}

#[test]
fn what_lies_off_the_map_is_refused() {
    for lat in [
        "90.000001",
        "-90.000001",
        "91",
        "1e9",
        "1e99",
        "",
        "north",
        "52,5",
        "\0",
    ] {
        assert_eq!(micro(lat, "0"), Err(GeoError::Latitude), "{lat:?}");
    }
    for lon in ["180.000001", "-180.000001", "99999999999999", "", "x"] {
        assert_eq!(micro("0", lon), Err(GeoError::Longitude), "{lon:?}");
    }
    assert_eq!(GeoPoint::from_micro(90_000_001, 0), Err(GeoError::Latitude));
    assert_eq!(GeoPoint::from_micro(0, i32::MIN), Err(GeoError::Longitude));
    assert!(GeoPoint::from_micro(-90_000_000, 180_000_000).is_ok());
    let far = Decimal::MAX;
    assert_eq!(
        GeoPoint::from_degrees(far, Decimal::ZERO),
        Err(GeoError::Latitude)
    );
    assert_eq!(
        GeoPoint::from_degrees(Decimal::ZERO, far),
        Err(GeoError::Longitude)
    );
}

#[test]
fn errors_have_stable_codes() {
    let errors = [
        (micro("x", "0").unwrap_err(), "geo_latitude"),
        (micro("0", "x").unwrap_err(), "geo_longitude"),
        ("x".parse::<GeoPoint>().unwrap_err(), "geo_malformed"),
    ];
    for (error, code) in errors {
        assert_eq!(error.code(), code);
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], code);
        assert_eq!(serde_json::from_value::<GeoError>(json).unwrap(), error);
    }
}

#[test]
fn json_is_two_texts_and_checked() {
    let point = GeoPoint::parse("52.52", "-0.000001").unwrap();
    let json = serde_json::to_string(&point).unwrap();
    assert_eq!(json, r#"{"lat":"52.520000","lon":"-0.000001"}"#);
    assert_eq!(serde_json::from_str::<GeoPoint>(&json).unwrap(), point);
    assert_eq!(
        format!("{point} {point:?}"),
        "52.520000,-0.000001 GeoPoint(52.520000,-0.000001)"
    );
    for json in [
        r#"{"lat":"91","lon":"0"}"#,
        r#"{"lat":"1"}"#,
        "[1,2]",
        "\"1,2\"",
    ] {
        assert!(serde_json::from_str::<GeoPoint>(json).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn points_read_back(lat in -90_000_000..=90_000_000, lon in -180_000_000..=180_000_000) {
        let point = GeoPoint::from_micro(lat, lon).unwrap();
        prop_assert_eq!(point.to_string().parse::<GeoPoint>().unwrap(), point);
        let json = serde_json::to_string(&point).unwrap();
        prop_assert_eq!(serde_json::from_str::<GeoPoint>(&json).unwrap(), point);
        prop_assert_eq!(GeoPoint::from_degrees(point.lat(), point.lon()).unwrap(), point);
    }

    #[test]
    fn any_text_is_refused_or_read(lat in any::<String>(), lon in any::<String>()) {
        let _ = GeoPoint::parse(&lat, &lon);
        let _ = lat.parse::<GeoPoint>();
    }
}
