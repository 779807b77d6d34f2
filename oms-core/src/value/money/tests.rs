#![allow(clippy::unwrap_used)]

use super::{Money, MoneyError, ROUNDING};
use crate::value::limits::MONEY_MINOR_MAX;
use crate::value::{Currency, Quantity};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::HashSet;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, currency("EUR")).unwrap()
}

fn minor(text: &str, code: &str) -> Result<i64, MoneyError> {
    Money::parse(text, currency(code)).map(Money::minor)
}

#[test]
fn literals_give_exact_minor_units() {
    assert_eq!(minor("12.50", "EUR"), Ok(1250));
    assert_eq!(minor("249.0", "EUR"), Ok(24_900));
    assert_eq!(minor("19940", "EUR"), Ok(1_994_000));
    assert_eq!(minor("-0.00", "EUR"), Ok(0));
    assert_eq!(minor("-0.01", "EUR"), Ok(-1));
    assert_eq!(minor("1.2300", "EUR"), Ok(123));
    assert_eq!(minor("1e2", "EUR"), Ok(10_000));
    assert_eq!(minor("1.25e1", "EUR"), Ok(1250));
    assert_eq!(minor("1200", "JPY"), Ok(1200));
    assert_eq!(minor("1200.00", "JPY"), Ok(1200));
    assert_eq!(minor("1.234", "KWD"), Ok(1234));
    assert_eq!(minor("1.2345", "CLF"), Ok(12_345));
}

#[test]
fn more_decimals_than_the_currency_has_are_refused() {
    let wrong = |code, digits, found| {
        Err(MoneyError::WrongMinorUnits {
            currency: currency(code),
            digits,
            found,
        })
    };
    assert_eq!(minor("12.505", "EUR"), wrong("EUR", 2, 3));
    assert_eq!(minor("12.5", "JPY"), wrong("JPY", 0, 1));
    assert_eq!(minor("1.23450", "KWD"), wrong("KWD", 3, 4));
    assert_eq!(minor("1e-3", "EUR"), wrong("EUR", 2, 3));
    assert_eq!(
        minor(&format!("0.{}1", "0".repeat(40)), "EUR"),
        wrong("EUR", 2, 41)
    );
    let precise = Money::new(Decimal::new(12_505, 3), currency("EUR"));
    assert_eq!(precise.map(Money::minor), wrong("EUR", 2, 3));
}

#[test]
fn what_is_no_number_is_refused() {
    for text in ["", "abc", "12,50", "12.50 ", "1_000", "$5", "NaN", "\0"] {
        assert_eq!(
            minor(text, "EUR").unwrap_err().code(),
            "money_not_a_number",
            "{text:?}"
        );
    }
}

#[test]
fn amounts_beyond_the_bound_are_refused() {
    assert_eq!(minor("10000000000000.00", "EUR"), Ok(MONEY_MINOR_MAX));
    assert_eq!(minor("-10000000000000.00", "EUR"), Ok(-MONEY_MINOR_MAX));
    for text in [
        "10000000000000.01",
        "-10000000000000.01",
        "1e20",
        "1e400",
        "79228162514264337593",
    ] {
        assert_eq!(
            minor(text, "EUR").unwrap_err().code(),
            "money_too_large",
            "{text}"
        );
    }
    for number in [MONEY_MINOR_MAX + 1, i64::MAX, i64::MIN] {
        let error = Money::from_minor(number, currency("EUR")).unwrap_err();
        assert_eq!(error.code(), "money_too_large");
    }
    for number in [Decimal::MAX, Decimal::MIN] {
        assert_eq!(
            Money::new(number, currency("EUR")).unwrap_err().code(),
            "money_too_large"
        );
        assert_eq!(
            Money::round(number, currency("EUR")).unwrap_err().code(),
            "money_too_large"
        );
    }
    assert_eq!(
        euro(MONEY_MINOR_MAX).checked_add(euro(1)),
        Err(MoneyError::TooLarge {
            max_minor: MONEY_MINOR_MAX,
            value: "10000000000000.01".to_owned()
        })
    );
    assert!(euro(-MONEY_MINOR_MAX).checked_sub(euro(1)).is_err());
}

#[test]
fn equal_amounts_are_equal_however_written() {
    let all = ["12.5", "12.50", "12.500", "1250e-2"]
        .map(|text| Money::parse(text, currency("EUR")).unwrap());
    assert_eq!(HashSet::from(all).len(), 1);
    assert_eq!(all.map(|money| money.amount().scale()), [2; 4]);
    assert_ne!(Money::zero(currency("EUR")), Money::zero(currency("USD")));
    assert_eq!(
        Money::parse("-0.00", currency("EUR")).unwrap(),
        Money::zero(currency("EUR"))
    );
    assert!(
        !Money::parse("-0.00", currency("EUR"))
            .unwrap()
            .is_negative()
    );
    let mut negative_zero = Decimal::new(0, 2);
    negative_zero.set_sign_negative(true);
    let zero = Money::new(negative_zero, currency("EUR")).unwrap();
    assert_eq!(
        (zero.to_string().as_str(), zero.is_negative()),
        ("0.00 EUR", false)
    );
}

#[test]
fn amounts_compare_within_one_currency_only() {
    assert!(euro(1) < euro(2));
    assert!(euro(-2) < euro(-1));
    let yen = Money::from_minor(1, currency("JPY")).unwrap();
    assert_eq!(euro(1).partial_cmp(&yen), None);
}

#[test]
fn currencies_do_not_mix() {
    let dollars = Money::from_minor(1, currency("USD")).unwrap();
    let mismatch = MoneyError::CurrencyMismatch {
        expected: currency("EUR"),
        found: currency("USD"),
    };
    assert_eq!(euro(1).checked_add(dollars), Err(mismatch.clone()));
    assert_eq!(euro(1).checked_sub(dollars), Err(mismatch.clone()));
    assert_eq!(
        Money::try_sum([euro(1), dollars], currency("EUR")),
        Err(mismatch.clone())
    );
    assert_eq!(euro(1).expect_currency(currency("USD")), Err(mismatch));
    assert_eq!(euro(1).expect_currency(currency("EUR")), Ok(()));
}

#[test]
fn arithmetic_is_exact() {
    assert_eq!(euro(10).checked_add(euro(20)), Ok(euro(30)));
    assert_eq!(euro(10).checked_sub(euro(20)), Ok(euro(-10)));
    assert_eq!(euro(10).negated(), euro(-10));
    assert_eq!(euro(0).negated(), euro(0));
    assert_eq!(euro(-10).abs(), euro(10));
    assert_eq!(euro(-10).times(Quantity::new(3).unwrap()), Ok(euro(-30)));
    let error = euro(MONEY_MINOR_MAX).times(Quantity::MAX).unwrap_err();
    assert_eq!(error.code(), "money_too_large");
    assert!(
        euro(MONEY_MINOR_MAX)
            .times(Quantity::new(2).unwrap())
            .is_err()
    );
    assert_eq!(Money::try_sum([], currency("EUR")), Ok(euro(0)));
    assert_eq!(
        Money::try_sum([euro(1), euro(2)], currency("EUR")),
        Ok(euro(3))
    );
    assert!(euro(0).is_zero() && !euro(0).is_positive() && !euro(0).is_negative());
    assert!(euro(1).is_positive() && euro(-1).is_negative() && !euro(-1).is_positive());
}

#[test]
fn halves_round_away_from_zero() {
    assert_eq!(ROUNDING, RoundingStrategy::MidpointAwayFromZero);
    let round = |text: &str, code| {
        Money::round(text.parse().unwrap(), currency(code))
            .map(Money::minor)
            .unwrap()
    };
    assert_eq!(round("0.005", "EUR"), 1);
    assert_eq!(round("0.0049999", "EUR"), 0);
    assert_eq!(round("0.015", "EUR"), 2);
    assert_eq!(round("0.025", "EUR"), 3);
    assert_eq!(round("-0.005", "EUR"), -1);
    assert_eq!(round("-0.004", "EUR"), 0);
    assert_eq!(round("0.5", "JPY"), 1);
    assert_eq!(round("1.0005", "KWD"), 1001);
    assert_eq!(round("12", "EUR"), 1200);
}

#[test]
fn splits_keep_the_sign_and_the_order() {
    let parts = |minor: i64, weights: &[u64]| -> Vec<i64> {
        euro(minor)
            .split(weights)
            .unwrap()
            .into_iter()
            .map(Money::minor)
            .collect()
    };
    assert_eq!(parts(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(parts(-100, &[1, 1, 1]), [-34, -33, -33]);
    assert_eq!(parts(1, &[0, 1, 1]), [0, 1, 0]);
    assert_eq!(parts(0, &[1, 2]), [0, 0]);
    assert_eq!(parts(MONEY_MINOR_MAX, &[u64::MAX]), [MONEY_MINOR_MAX]);
    assert_eq!(euro(10).split(&[]), Err(MoneyError::NoWeights));
    assert_eq!(euro(10).split(&[0, 0]), Err(MoneyError::NoWeights));
    assert_eq!(euro(10).split_evenly(0), Err(MoneyError::NoWeights));
    assert_eq!(euro(5).split_evenly(2), Ok(vec![euro(3), euro(2)]));
}

#[test]
fn text_and_json_are_amount_and_currency() {
    for (code, minor, text) in [
        ("EUR", 1250, "12.50 EUR"),
        ("EUR", -5, "-0.05 EUR"),
        ("JPY", 1200, "1200 JPY"),
        ("JPY", 0, "0 JPY"),
        ("KWD", 1, "0.001 KWD"),
        ("CLF", MONEY_MINOR_MAX, "100000000000.0000 CLF"),
    ] {
        let money = Money::from_minor(minor, currency(code)).unwrap();
        assert_eq!(money.to_string(), text);
        assert_eq!(text.parse::<Money>(), Ok(money));
        assert_eq!(
            serde_json::to_string(&money).unwrap(),
            format!("\"{text}\"")
        );
        assert_eq!(
            serde_json::from_str::<Money>(&format!("\"{text}\"")).unwrap(),
            money
        );
    }
    assert_eq!(
        format!("{:?} {:>10}", euro(5), euro(5)),
        "Money(0.05 EUR)   0.05 EUR"
    );
}

#[test]
fn text_without_amount_or_currency_is_refused() {
    let code = |text: &str| text.parse::<Money>().unwrap_err().code();
    assert_eq!(code("12.50"), "money_not_a_number");
    assert_eq!(code(""), "money_not_a_number");
    assert_eq!(code(" EUR"), "money_not_a_number");
    assert_eq!(code("12.50 eur"), "money_bad_currency");
    assert_eq!(code("12.50  EUR"), "money_bad_currency");
    assert_eq!(code("12.50 XAU"), "money_bad_currency");
    assert_eq!(code("12.505 EUR"), "money_wrong_minor_units");
    for json in ["12.5", "\"12.5\"", "\"12.555 EUR\"", "{}", "null"] {
        assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
    }
}

#[test]
fn errors_carry_their_code_in_json() {
    let errors = [
        minor("1.234", "EUR").unwrap_err(),
        euro(1)
            .checked_add(Money::zero(currency("USD")))
            .unwrap_err(),
        minor("1e20", "EUR").unwrap_err(),
        minor("x", "EUR").unwrap_err(),
        MoneyError::TooManyDecimals { max: 6, found: 7 },
        MoneyError::Negative {
            value: "-1".to_owned(),
        },
        MoneyError::NoWeights,
        "1 eur".parse::<Money>().unwrap_err(),
    ];
    let mut codes = HashSet::new();
    for error in errors {
        let json = serde_json::to_value(&error).unwrap();
        assert_eq!(json["code"], error.code());
        assert!(codes.insert(error.code()));
        assert_eq!(serde_json::from_value::<MoneyError>(json).unwrap(), error);
    }
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["EUR", "JPY", "KWD", "CLF"]).prop_map(currency)
}

fn any_money() -> impl Strategy<Value = Money> {
    (any_currency(), -MONEY_MINOR_MAX..=MONEY_MINOR_MAX)
        .prop_map(|(currency, minor)| Money::from_minor(minor, currency).unwrap())
}

proptest! {
    #[test]
    fn amounts_read_back(money in any_money()) {
        prop_assert_eq!(money.to_string().parse::<Money>(), Ok(money));
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        prop_assert_eq!(Money::new(money.amount(), money.currency()), Ok(money));
        prop_assert_eq!(Money::new(money.amount().normalize(), money.currency()), Ok(money));
        prop_assert_eq!(Money::round(money.amount(), money.currency()), Ok(money));
        prop_assert_eq!(format!("{} {}", money.amount(), money.currency()), money.to_string());
    }

    #[test]
    fn adding_is_associative_and_undone_by_taking_away(
        a in -1_000_000_000..=1_000_000_000_i64,
        b in -1_000_000_000..=1_000_000_000_i64,
        c in -1_000_000_000..=1_000_000_000_i64,
    ) {
        let [a, b, c] = [a, b, c].map(euro);
        let left = a.checked_add(b).unwrap().checked_add(c).unwrap();
        let right = a.checked_add(b.checked_add(c).unwrap()).unwrap();
        prop_assert_eq!(left, right);
        prop_assert_eq!(left, Money::try_sum([c, a, b], currency("EUR")).unwrap());
        prop_assert_eq!(left.checked_sub(c).unwrap().checked_sub(b).unwrap(), a);
    }

    #[test]
    fn parts_sum_to_the_whole(
        money in any_money(),
        weights in prop::collection::vec(0_u64..1_000_000, 1..50),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = money.split(&weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Money::try_sum(parts.iter().copied(), money.currency()), Ok(money));
        let same_sign =
            |part: &Money| part.is_zero() || part.is_negative() == money.is_negative();
        prop_assert!(parts.iter().all(same_sign));
        let even = money.split_evenly(weights.len()).unwrap();
        let sizes = even.iter().map(|part| part.abs().minor());
        prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        prop_assert_eq!(Money::try_sum(even, money.currency()), Ok(money));
    }

    #[test]
    fn rounding_moves_by_half_a_minor_unit_at_most(
        mantissa in -100_000_000_000_i64..=100_000_000_000,
        scale in 0_u32..=12,
        currency in any_currency(),
    ) {
        let exact = Decimal::new(mantissa, scale);
        let rounded = Money::round(exact, currency).unwrap();
        let half = Decimal::new(5, currency.minor_digits() + 1);
        prop_assert!((rounded.amount() - exact).abs() <= half);
        let other_sign = Money::round(-exact, currency).unwrap();
        prop_assert_eq!(other_sign, rounded.negated());
    }

    #[test]
    fn any_text_is_refused_or_read(text in any::<String>(), currency in any_currency()) {
        let _ = Money::parse(&text, currency);
        let _ = text.parse::<Money>();
        let _ = format!("{text} EUR").parse::<Money>();
    }
}
