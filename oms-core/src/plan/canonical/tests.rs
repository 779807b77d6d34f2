#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde::ser::{Error, Serializer};
use uuid::Uuid;

fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    super::to_bytes(value).unwrap()
}

/// Every shape that serde knows, few values of each: so that different ones are near each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Sample {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<u8>,
    texts: Vec<String>,
    nested: Vec<Vec<u16>>,
    map: BTreeMap<String, Option<String>>,
    pair: (String, String),
    kind: Kind,
    tagged: Tagged,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
enum Kind {
    A,
    Aa,
    One(String),
    Two(String, i64),
    Named { text: String, flag: bool },
    Wrapped(Wrapped),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Wrapped(Option<Option<u32>>);

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind")]
enum Tagged {
    None,
    Some {
        #[serde(skip_serializing_if = "String::is_empty")]
        a: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        b: String,
    },
}

fn text() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["", "a", "A", "\u{0}", "\u{1}", "a\u{1}a", "Aa"])
        .prop_map(str::to_owned)
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::A),
        Just(Kind::Aa),
        text().prop_map(Kind::One),
        (text(), -2_i64..=2).prop_map(|(text, number)| Kind::Two(text, number)),
        (text(), any::<bool>()).prop_map(|(text, flag)| Kind::Named { text, flag }),
        proptest::option::of(proptest::option::of(0_u32..2))
            .prop_map(|value| Kind::Wrapped(Wrapped(value))),
    ]
}

fn tagged() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        Just(Tagged::None),
        (text(), text()).prop_map(|(a, b)| Tagged::Some { a, b }),
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    let small = || proptest::option::of(0_u8..2);
    let texts = proptest::collection::vec(text(), 0..3);
    let nested = proptest::collection::vec(proptest::collection::vec(0_u16..2, 0..2), 0..3);
    let map = proptest::collection::btree_map(text(), proptest::option::of(text()), 0..2);
    let pair = (text(), text());
    (small(), small(), texts, nested, map, pair, kind(), tagged()).prop_map(
        |(first, second, texts, nested, map, pair, kind, tagged)| Sample {
            first,
            second,
            texts,
            nested,
            map,
            pair,
            kind,
            tagged,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equal_values_have_equal_bytes_and_others_have_not(one in sample(), two in sample()) {
        prop_assert_eq!(to_bytes(&one), to_bytes(&one.clone()));
        prop_assert_eq!(to_bytes(&one) == to_bytes(&two), one == two);
        // One part alone differs: the pairs above rarely get that close.
        for part in 0..6 {
            let mut near = one.clone();
            match part {
                0 => near.first = two.first,
                1 => (near.first, near.second) = (one.second, one.first),
                2 => near.texts.clone_from(&two.texts),
                3 => near.nested.clone_from(&two.nested),
                4 => near.pair.clone_from(&two.pair),
                _ => near.tagged.clone_from(&two.tagged),
            }
            prop_assert_eq!(to_bytes(&one) == to_bytes(&near), one == near);
        }
    }

    #[test]
    fn numbers_of_one_type_differ(one in any::<i64>(), two in any::<i64>()) {
        prop_assert_eq!(to_bytes(&one) == to_bytes(&two), one == two);
        let (one, two) = (one.cast_unsigned(), two.cast_unsigned());
        prop_assert_eq!(to_bytes(&one) == to_bytes(&two), one == two);
    }
}

#[test]
fn the_form_is_what_it_was() {
    assert_eq!(to_bytes(&"ab"), [2, b'a', b'b']);
    assert_eq!(to_bytes(&true), [1]);
    assert_eq!(to_bytes(&'a'), [97]);
    assert_eq!(to_bytes(&300_u16), [0xac, 0x02]);
    assert_eq!(to_bytes(&-1_i8), [1]);
    assert_eq!(to_bytes(&1_i32), [2]);
    assert_eq!(to_bytes(&i128::MIN).len(), 19);
    assert_eq!(to_bytes(&u128::MAX).len(), 19);
    assert_eq!(to_bytes(&0.0_f32), [0]);
    assert_eq!(to_bytes(&1.0_f64).len(), 9);
    assert_eq!(to_bytes(&()), [] as [u8; 0]);
    assert_eq!(to_bytes(&None::<u8>), [0]);
    assert_eq!(to_bytes(&Some(7_u8)), [1, 7]);
    assert_eq!(to_bytes(&vec![7_u8; 2]), [1, 7, 1, 7, 0]);
    assert_eq!(to_bytes(&(7_u8, "a")), [7, 1, b'a']);
    assert_eq!(to_bytes(&BTreeMap::from([("k", 1_u8)])), [1, 1, b'k', 1, 0]);
    assert_eq!(to_bytes(&Kind::A), [1, b'A']);
    assert_eq!(
        to_bytes(&Kind::Two("x".into(), 1)),
        [3, b'T', b'w', b'o', 1, b'x', 2]
    );
    let tagged = Tagged::Some {
        a: String::new(),
        b: "x".to_owned(),
    };
    assert_eq!(
        to_bytes(&tagged),
        [1, 4, b'S', b'o', b'm', b'e', 0, 1, 1, b'x']
    );
}

#[test]
fn ids_are_sixteen_bytes_and_a_length() {
    assert_eq!(to_bytes(&Uuid::nil()), [&[16_u8][..], &[0; 16]].concat());
}

#[test]
fn a_sku_of_a_line_is_no_name_of_a_variant() {
    use crate::order::LineSku;
    use crate::value::{ExternalId, Sku};

    let bytes = |text: &str| to_bytes(&text);
    let known = to_bytes(&LineSku::Known(Sku::parse("TEA").unwrap()));
    assert_eq!(known, [bytes("known"), bytes("TEA")].concat());
    let unknown = to_bytes(&LineSku::Unknown(ExternalId::parse("TEA").ok()));
    assert_eq!(unknown, [bytes("unknown"), vec![1], bytes("TEA")].concat());
}

/// Half of its bytes would be those of other values, too.
#[test]
fn what_refuses_to_be_serialised_has_no_bytes() {
    struct Refusing;

    impl Serialize for Refusing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("not today"))
        }
    }

    assert!(super::to_bytes(&(7_u8, Refusing)).is_err());
    assert!(super::to_bytes(&vec![Some(Refusing)]).is_err());
}
