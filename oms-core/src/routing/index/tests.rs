#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::hub::{AreaVerdict, PostalRange, Radius};
use crate::routing::tests::hub;
use crate::value::PostalCode;

fn code(number: u32) -> PostalCode {
    PostalCode::parse(&format!("{number:03}")).unwrap()
}

/// All over the globe, with the poles and the date line often.
fn a_point() -> impl Strategy<Value = GeoPoint> {
    let lat = prop_oneof![
        -90_000_000..=90_000_000_i32,
        85_000_000..=90_000_000_i32,
        -90_000_000..=-85_000_000_i32,
        50_000_000..=51_000_000_i32,
    ];
    let lon = prop_oneof![
        -180_000_000..=180_000_000_i32,
        179_000_000..=180_000_000_i32,
        -180_000_000..=-179_000_000_i32,
        10_000_000..=11_000_000_i32,
    ];
    (lat, lon).prop_map(|(lat, lon)| GeoPoint::from_micro(lat, lon).unwrap())
}

prop_compose! {
    fn a_hub(number: usize)(
        active in prop::bool::weighted(0.9),
        countries in prop::collection::btree_set(
            prop::sample::select(vec!["DE", "AT", "FR"]), 0..3),
        codes in prop::collection::btree_set(0..1_000_u32, 0..4),
        prefixes in prop::collection::btree_set(0..10_u32, 0..2),
        ranges in prop::collection::btree_set((0..1_000_u32, 0..300_u32), 0..4),
        zones in prop::collection::btree_set(0..4_u8, 0..2),
        middle in a_point(),
        radius in prop::option::weighted(0.5, prop_oneof![
            1..1_000_i64, 1_000..200_000_i64, 200_000..20_000_000_i64]),
    ) -> Hub {
        let mut hub = hub(&format!("hub-{number:03}"));
        hub.active = active;
        hub.area.countries = countries.iter().map(|c| CountryCode::parse(c).unwrap()).collect();
        hub.area.postal_codes = codes.into_iter().map(code).collect();
        let prefix = |first: u32| PostalCode::parse(&first.to_string()).unwrap();
        hub.area.postal_prefixes = prefixes.into_iter().map(prefix).collect();
        let range = |(first, length): (u32, u32)| {
            PostalRange::new(code(first), code((first + length).min(999))).unwrap()
        };
        hub.area.postal_ranges = ranges.into_iter().map(range).collect();
        let zone = |number: u8| ZoneId::parse(&number.to_string()).unwrap();
        hub.area.zones = zones.into_iter().map(zone).collect();
        hub.area.radius = radius.map(|metres| Radius::from_metres(metres).unwrap());
        hub.location = Some(middle);
        hub
    }
}

prop_compose! {
    fn a_place()(
        country in prop::sample::select(vec!["DE", "AT", "FR", "IT", ""]),
        number in prop::option::weighted(0.9, 0..1_000_u32),
        zones in prop::collection::btree_set(0..4_u8, 0..2),
        location in prop::option::weighted(0.9, a_point()),
    ) -> Destination {
        Destination {
            country: CountryCode::parse(country).ok(),
            postal_code: number.map(code),
            zones: zones.iter().map(|zone| ZoneId::parse(&zone.to_string()).unwrap()).collect(),
            location,
        }
    }
}

/// What people may write: few characters, so that codes meet often.
fn written() -> impl Strategy<Value = PostalCode> {
    "[1Aa][1Aa -]{0,5}[1Aa]".prop_map(|text| PostalCode::parse(&text).unwrap())
}

prop_compose! {
    fn a_written_hub(number: usize)(
        codes in prop::collection::btree_set(written(), 0..4),
        prefixes in prop::collection::btree_set(written(), 0..3),
        ranges in prop::collection::vec((written(), written()), 0..4),
    ) -> Hub {
        let mut hub = hub(&format!("hub-{number:03}"));
        hub.area.postal_codes = codes;
        hub.area.postal_prefixes = prefixes;
        let ranges = ranges.into_iter().filter_map(|(a, b)| PostalRange::new(a, b).ok());
        hub.area.postal_ranges = ranges.collect();
        hub
    }
}

fn scanned(hubs: &[Hub], place: Option<&Destination>) -> Vec<HubId> {
    let serves = |hub: &&Hub| {
        let verdict = hub.area.verdict(place, hub.location);
        hub.active && matches!(verdict, AreaVerdict::Served(_))
    };
    let mut found: Vec<HubId> = hubs
        .iter()
        .filter(serves)
        .map(|hub| hub.id.clone())
        .collect();
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_index_finds_what_a_scan_finds(
        hubs in (1..30_usize).prop_flat_map(|n| (0..n).map(a_hub).collect::<Vec<_>>()),
        places in prop::collection::vec(a_place(), 8),
    ) {
        let index = AreaIndex::new(&hubs);
        for place in places.iter().map(Some).chain([None]) {
            let found: Vec<HubId> = index.serving(place).cloned().collect();
            prop_assert_eq!(found, scanned(&hubs, place), "{:?}", place);
        }
    }

    #[test]
    fn codes_are_found_however_they_are_written(
        hubs in (1..6_usize).prop_flat_map(|n| (0..n).map(a_written_hub).collect::<Vec<_>>()),
        codes in prop::collection::vec(written(), 8),
        country in prop::sample::select(vec!["GB", "US", "DE", ""]),
    ) {
        let index = AreaIndex::new(&hubs);
        let country = CountryCode::parse(country).ok();
        for code in codes {
            let place = |text: &str| Destination {
                country,
                postal_code: PostalCode::parse(text).ok(),
                ..Destination::default()
            };
            let there = place(code.as_str());
            let found: Vec<HubId> = index.serving(Some(&there)).cloned().collect();
            prop_assert_eq!(&found, &scanned(&hubs, Some(&there)), "{:?}", code);
            // Of a country nobody told, the gap says where the code is parted.
            if country.is_none() {
                continue;
            }
            let bare = place(&code.as_str().to_lowercase().replace([' ', '-'], ""));
            let again: Vec<HubId> = index.serving(Some(&bare)).cloned().collect();
            prop_assert_eq!(found, again, "{:?}", code);
        }
    }

    #[test]
    fn circles_are_found_at_their_edge(
        middle in a_point(),
        lat in -30_000_000..=30_000_000_i32,
        lon in -30_000_000..=30_000_000_i32,
        shift in 0..24_u32, off in -2..=2_i64,
    ) {
        let lat = (middle.lat_micro() + (lat >> shift)).clamp(-90_000_000, 90_000_000);
        let lon = i64::from(middle.lon_micro() + (lon >> shift));
        let lon = (lon + 180_000_000).rem_euclid(360_000_000) - 180_000_000;
        let at = GeoPoint::from_micro(lat, i32::try_from(lon).unwrap()).unwrap();
        let mut hub = hub("round");
        hub.location = Some(middle);
        let metres = (i64::from(distance_m(middle, at)) + off).max(1);
        hub.area.radius = Some(Radius::from_metres(metres).unwrap());
        let place = Destination { location: Some(at), ..Destination::default() };
        let hubs = [hub];
        let found = AreaIndex::new(&hubs).serving(Some(&place)).count();
        prop_assert_eq!(found, scanned(&hubs, Some(&place)).len());
    }
}

/// Ten thousand hubs over Europe: a look-up takes up few of them.
#[test]
fn many_hubs_are_narrowed_without_looking_at_each() {
    let mut hubs = Vec::new();
    for row in 0..100 {
        for column in 0..100 {
            let mut hub = hub(&format!("hub-{row:02}-{column:02}"));
            let point = GeoPoint::from_micro(40_000_000 + row * 150_000, column * 200_000);
            hub.location = point.ok();
            hub.area.radius = Radius::from_metres(20_000).ok();
            hubs.push(hub);
        }
    }
    let index = AreaIndex::new(&hubs);
    let place = Destination {
        location: GeoPoint::parse("47.5", "10.0").ok(),
        ..Destination::default()
    };
    let found = index.serving(Some(&place)).count();
    assert_eq!(found, scanned(&hubs, Some(&place)).len());
    assert!((1..10).contains(&found), "{found}");
    let cell = index.circles.keys().next().unwrap();
    let bands: usize = index.circles.values().map(Vec::len).max().unwrap();
    assert!(bands <= 300, "a band of {cell:?} holds {bands} hubs");
}
