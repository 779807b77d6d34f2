#![allow(clippy::unwrap_used)]

use super::{Quantity, QuantityError, Units};
use crate::value::limits::{QUANTITY_MAX, UNITS_MAX};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn units(number: u32) -> Units {
    Units::new(number).unwrap()
}

fn too_large(max: u32, value: &str) -> QuantityError {
    QuantityError::TooLarge {
        max,
        value: value.to_owned(),
    }
}

#[test]
fn quantities_lie_between_one_and_the_bound() {
    assert_eq!(Quantity::new(0), Err(QuantityError::Zero));
    assert_eq!(Quantity::new(1).unwrap(), Quantity::ONE);
    assert_eq!(Quantity::new(QUANTITY_MAX).unwrap(), Quantity::MAX);
    assert_eq!(
        Quantity::new(1_000_001),
        Err(too_large(QUANTITY_MAX, "1000001"))
    );
}

#[test]
fn text_gives_a_whole_quantity_or_says_why_not() {
    for text in ["3", "3.0", "03", "+3", "3e0", "30e-1"] {
        assert_eq!(Quantity::parse(text).unwrap().get(), 3, "{text}");
    }
    let value = |text: &str| text.to_owned();
    let cases = [
        ("0", QuantityError::Zero),
        ("-0.0", QuantityError::Zero),
        ("-1", QuantityError::Negative { value: value("-1") }),
        (
            "-1.5",
            QuantityError::Negative {
                value: value("-1.5"),
            },
        ),
        (
            "-1e99",
            QuantityError::Negative {
                value: value("-1e99"),
            },
        ),
        (
            "1.5",
            QuantityError::NotWhole {
                value: value("1.5"),
            },
        ),
        (
            "1e-40",
            QuantityError::NotWhole {
                value: value("1e-40"),
            },
        ),
        ("1000001", too_large(QUANTITY_MAX, "1000001")),
        ("99999999999", too_large(QUANTITY_MAX, "99999999999")),
        ("1e99", too_large(QUANTITY_MAX, "1e99")),
        ("", QuantityError::NotANumber { value: value("") }),
        (
            "two",
            QuantityError::NotANumber {
                value: value("two"),
            },
        ),
        (
            "1 000",
            QuantityError::NotANumber {
                value: value("1 000"),
            },
        ),
    ];
    for (text, error) in cases {
        assert_eq!(Quantity::parse(text), Err(error), "{text}");
    }
}

#[test]
fn numbers_of_other_kinds_are_checked_too() {
    assert_eq!(Quantity::try_from(3_i64).unwrap().get(), 3);
    assert_eq!(Quantity::try_from(0_i64), Err(QuantityError::Zero));
    let negative = QuantityError::Negative {
        value: "-3".to_owned(),
    };
    assert_eq!(Quantity::try_from(-3_i64), Err(negative.clone()));
    assert_eq!(Units::try_from(-3_i64), Err(negative));
    let max = i64::MAX;
    assert_eq!(
        Quantity::try_from(max),
        Err(too_large(QUANTITY_MAX, &max.to_string()))
    );
    assert_eq!(
        Units::try_from(max),
        Err(too_large(UNITS_MAX, &max.to_string()))
    );
    assert_eq!(
        Quantity::from_decimal(Decimal::new(30, 1)).unwrap().get(),
        3
    );
    assert_eq!(
        Quantity::from_decimal(Decimal::new(15, 1))
            .unwrap_err()
            .code(),
        "quantity_not_whole"
    );
    assert_eq!(Quantity::try_from(units(0)), Err(QuantityError::Zero));
}

#[test]
fn quantities_add_and_subtract_within_bounds() {
    let [one, two] = [1, 2].map(|number| Quantity::new(number).unwrap());
    assert_eq!(one.checked_add(one), Some(two));
    assert_eq!(Quantity::MAX.checked_add(one), None);
    assert_eq!(two.checked_sub(one), Some(one));
    assert_eq!(one.checked_sub(one), None);
    assert_eq!(one.checked_sub(two), None);
    assert_eq!((two.units(), Units::from(two)), (units(2), units(2)));
}

#[test]
fn counts_add_and_subtract_within_bounds() {
    assert_eq!(Units::new(UNITS_MAX).unwrap(), Units::MAX);
    assert_eq!(
        Units::new(UNITS_MAX + 1),
        Err(too_large(UNITS_MAX, "2000000001"))
    );
    assert_eq!(units(2).checked_add(units(3)), Some(units(5)));
    assert_eq!(Units::MAX.checked_add(units(1)), None);
    assert_eq!(Units::MAX.checked_add(Units::MAX), None);
    assert_eq!(units(3).checked_sub(units(3)), Some(Units::ZERO));
    assert_eq!(units(2).checked_sub(units(3)), None);
    assert_eq!(units(2).saturating_sub(units(3)), Units::ZERO);
    assert_eq!(units(5).saturating_sub(units(3)), units(2));
    assert_eq!(
        (units(2).min(units(3)), units(2).max(units(3))),
        (units(2), units(3))
    );
    assert!(Units::ZERO.is_zero() && !units(1).is_zero() && Units::default().is_zero());
    assert_eq!(Units::try_sum([units(1), units(2)]), Some(units(3)));
    assert_eq!(Units::try_sum([]), Some(Units::ZERO));
    assert_eq!(Units::try_sum([Units::MAX, units(1)]), None);
    assert_eq!(units(0).quantity(), None);
    assert_eq!(units(5).quantity(), Quantity::new(5).ok());
    assert_eq!(units(QUANTITY_MAX + 1).quantity(), None);
    assert_eq!((u32::from(units(5)), i64::from(Quantity::ONE)), (5, 1));
    assert_eq!(Units::parse("0").unwrap(), Units::ZERO);
    assert_eq!(
        Units::parse("2000000001"),
        Err(too_large(UNITS_MAX, "2000000001"))
    );
}

#[test]
fn errors_have_stable_codes() {
    let codes = [
        ("0", "quantity_zero"),
        ("-1", "quantity_negative"),
        ("1.5", "quantity_not_whole"),
        ("99999999999", "quantity_too_large"),
        ("x", "quantity_not_a_number"),
    ];
    for (text, code) in codes {
        let error = Quantity::parse(text).unwrap_err();
        assert_eq!(error.code(), code);
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], code);
        assert_eq!(
            serde_json::from_value::<QuantityError>(json).unwrap(),
            error
        );
    }
}

#[test]
fn json_is_a_number_and_checked() {
    assert_eq!(serde_json::to_string(&units(5)).unwrap(), "5");
    assert_eq!(serde_json::from_str::<Units>("0").unwrap(), Units::ZERO);
    for json in [
        "0",
        "-1",
        "1.5",
        "1000001",
        "99999999999999999999",
        "\"1\"",
        "null",
    ] {
        assert!(serde_json::from_str::<Quantity>(json).is_err(), "{json}");
    }
    assert!(serde_json::from_str::<Units>("2000000001").is_err());
    assert!(serde_json::from_str::<Units>("-1").is_err());
    assert_eq!(
        format!("{:?} {:>3}", Quantity::ONE, units(7)),
        "Quantity(1)   7"
    );
}

proptest! {
    #[test]
    fn quantities_read_back(number in 1..=QUANTITY_MAX) {
        let quantity = Quantity::new(number).unwrap();
        prop_assert_eq!(quantity.to_string().parse::<Quantity>().unwrap(), quantity);
        let json = serde_json::to_string(&quantity).unwrap();
        prop_assert_eq!(serde_json::from_str::<Quantity>(&json).unwrap(), quantity);
        prop_assert_eq!(Units::parse(&quantity.to_string()).unwrap().quantity(), Some(quantity));
    }

    #[test]
    fn adding_and_taking_away_again_changes_nothing(a in 0..=UNITS_MAX, b in 0..=UNITS_MAX) {
        let (a, b) = (units(a), units(b));
        match a.checked_add(b) {
            Some(sum) => prop_assert_eq!(sum.checked_sub(b), Some(a)),
            None => prop_assert!(u64::from(a.get()) + u64::from(b.get()) > u64::from(UNITS_MAX)),
        }
    }

    #[test]
    fn any_text_is_refused_or_is_that_number(text in any::<String>()) {
        let _ = (Quantity::parse(&text), Units::parse(&text));
    }
}
