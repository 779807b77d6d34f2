#![allow(clippy::unwrap_used)]

use super::UnitPrice;
use crate::value::limits::{MONEY_MINOR_MAX, QUANTITY_MAX};
use crate::value::{Currency, Money, MoneyError, Quantity};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::collections::HashSet;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn price(text: &str, code: &str) -> UnitPrice {
    UnitPrice::parse(text, currency(code)).unwrap()
}

fn times(text: &str, code: &str, quantity: u32) -> i64 {
    price(text, code)
        .times(Quantity::new(quantity).unwrap())
        .unwrap()
        .minor()
}

#[test]
fn prices_print_with_the_decimals_they_need() {
    for (text, code, printed) in [
        ("1.23450", "EUR", "1.2345 EUR"),
        ("12.5", "EUR", "12.50 EUR"),
        ("12", "EUR", "12.00 EUR"),
        ("0.000001", "EUR", "0.000001 EUR"),
        ("-0.00", "EUR", "0.00 EUR"),
        ("0.5", "JPY", "0.5 JPY"),
        ("100", "JPY", "100 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
    ] {
        let price = price(text, code);
        assert_eq!(price.to_string(), printed);
        assert_eq!(printed.parse::<UnitPrice>().unwrap(), price);
    }
    assert_eq!(UnitPrice::zero(currency("EUR")), price("0", "EUR"));
    assert!(UnitPrice::zero(currency("EUR")).is_zero() && !price("0.01", "EUR").is_zero());
    assert_eq!(format!("{:?}", price("1", "JPY")), "UnitPrice(1 JPY)");
}

#[test]
fn equal_prices_are_equal_however_written() {
    let all = ["1.5", "1.50", "1.500000", "15e-1"].map(|text| price(text, "EUR"));
    assert_eq!(HashSet::from(all).len(), 1);
    assert_eq!(all.map(|price| price.amount().scale()), [2; 4]);
    assert!(price("1", "EUR") < price("1.01", "EUR"));
    assert_eq!(price("1", "EUR").partial_cmp(&price("2", "USD")), None);
}

#[test]
fn what_is_no_price_is_refused() {
    let code = |text: &str| UnitPrice::parse(text, currency("EUR")).unwrap_err().code();
    assert_eq!(code("-0.01"), "money_negative");
    assert_eq!(code("0.0000001"), "money_too_many_decimals");
    assert_eq!(
        code(&format!("0.{}1", "0".repeat(30))),
        "money_too_many_decimals"
    );
    assert_eq!(code("free"), "money_not_a_number");
    assert_eq!(code("10000000000000.01"), "money_too_large");
    assert_eq!(code("1e99"), "money_too_large");
    assert_eq!(
        UnitPrice::new(Decimal::new(1_234_567, 7), currency("EUR")),
        Err(MoneyError::TooManyDecimals { max: 6, found: 7 })
    );
    assert_eq!(
        price("10000000000000", "EUR").amount(),
        Decimal::new(MONEY_MINOR_MAX, 2)
    );
}

#[test]
fn the_price_of_a_quantity_is_rounded_once() {
    assert_eq!(times("0.0125", "EUR", 1_000), 1250);
    assert_eq!(times("0.005", "EUR", 1), 1);
    assert_eq!(times("0.005", "EUR", 2), 1);
    assert_eq!(times("0.333333", "EUR", 3), 100);
    assert_eq!(times("0.5", "JPY", 3), 2);
    assert_eq!(times("19.99", "EUR", 3), 5_997);
    assert_eq!(times("0", "EUR", 3), 0);
    let most = price("10000000000000", "EUR");
    assert_eq!(most.times(Quantity::ONE).unwrap().minor(), MONEY_MINOR_MAX);
    assert_eq!(
        most.times(Quantity::MAX).unwrap_err().code(),
        "money_too_large"
    );
    let most_yen = price("999999999999999.999999", "JPY");
    assert_eq!(
        most_yen.times(Quantity::MAX).unwrap_err().code(),
        "money_too_large"
    );
}

#[test]
fn money_becomes_a_price_unless_negative() {
    let money = Money::from_minor(1250, currency("EUR")).unwrap();
    let from_money = UnitPrice::from_money(money).unwrap();
    assert_eq!(from_money, price("12.5", "EUR"));
    assert_eq!(from_money.currency(), currency("EUR"));
    assert_eq!(
        UnitPrice::from_money(money.negated()).unwrap_err().code(),
        "money_negative"
    );
    let zero = UnitPrice::from_money(Money::zero(currency("JPY"))).unwrap();
    assert_eq!(zero, UnitPrice::zero(currency("JPY")));
}

#[test]
fn json_is_text_and_checked() {
    let price = price("1.2345", "EUR");
    assert_eq!(serde_json::to_string(&price).unwrap(), "\"1.2345 EUR\"");
    assert_eq!(
        serde_json::from_str::<UnitPrice>("\"1.2345 EUR\"").unwrap(),
        price
    );
    for json in [
        "1.5",
        "\"1.5\"",
        "\"-1 EUR\"",
        "\"0.0000001 EUR\"",
        "\"1 eur\"",
    ] {
        assert!(serde_json::from_str::<UnitPrice>(json).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn prices_read_back(
        mantissa in 0..=MONEY_MINOR_MAX,
        scale in 0_u32..=6,
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
    ) {
        if let Ok(price) = UnitPrice::new(Decimal::new(mantissa, scale), currency(code)) {
            prop_assert_eq!(price.amount(), Decimal::new(mantissa, scale));
            prop_assert_eq!(price.to_string().parse::<UnitPrice>().unwrap(), price);
            let json = serde_json::to_string(&price).unwrap();
            prop_assert_eq!(serde_json::from_str::<UnitPrice>(&json).unwrap(), price);
        } else {
            let most = Decimal::new(MONEY_MINOR_MAX, currency(code).minor_digits());
            prop_assert!(Decimal::new(mantissa, scale) > most);
        }
    }

    #[test]
    fn a_whole_price_times_a_quantity_is_exact(minor in 0_i64..=1_000_000, n in 1..=QUANTITY_MAX) {
        let money = Money::from_minor(minor, currency("EUR")).unwrap();
        let quantity = Quantity::new(n).unwrap();
        let price = UnitPrice::from_money(money).unwrap();
        prop_assert_eq!(price.times(quantity), money.times(quantity));
    }

    #[test]
    fn any_text_is_refused_or_read(text in any::<String>()) {
        let _ = UnitPrice::parse(&text, currency("EUR"));
        let _ = text.parse::<UnitPrice>();
    }
}
