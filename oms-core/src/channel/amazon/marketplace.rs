//! What is known of a marketplace by its id.
//!
//! Source: the page "Marketplace IDs" of the Selling Partner API documentation.

use crate::order::TaxMode;
use crate::value::Currency;

/// Marketplace id, currency.
const MARKETPLACES: [(&str, &str); 23] = [
    ("ATVPDKIKX0DER", "USD"),
    ("A2EUQ1WTGCTBG2", "CAD"),
    ("A1AM78C64UM0Y8", "MXN"),
    ("A2Q3Y263D00KWC", "BRL"),
    ("A28R8C7NBKEWEA", "EUR"),
    ("A1RKKUPIHCS9HS", "EUR"),
    ("A1F83G8C2ARO7P", "GBP"),
    ("A13V1IB3VIYZZH", "EUR"),
    ("AMEN7PMS3EDWL", "EUR"),
    ("A1805IZSGTT6HS", "EUR"),
    ("A1PA6795UKMFR9", "EUR"),
    ("APJ6JRA9NG5V4", "EUR"),
    ("A2NODRKZP88ZB9", "SEK"),
    ("AE08WJ6YKNBMC", "ZAR"),
    ("A1C3SOZRARQ6R3", "PLN"),
    ("ARBP9OOSHTCHU", "EGP"),
    ("A33AVAJ2PDY3EV", "TRY"),
    ("A17E79C6D8DWNP", "SAR"),
    ("A2VIGQ35RCS4UG", "AED"),
    ("A21TJRUUN4KGV", "INR"),
    ("A19VAU5U5O7RUS", "SGD"),
    ("A39IBJ37TRP1C6", "AUD"),
    ("A1VC38T7YXB528", "JPY"),
];

/// The currency buyers pay in there.
pub(super) fn currency(marketplace: &str) -> Option<Currency> {
    let (_, code) = MARKETPLACES.iter().find(|(id, _)| *id == marketplace)?;
    Currency::parse(code).ok()
}

/// Whether prices there contain the tax: in the United States and Canada it is added.
pub(super) fn tax_mode(marketplace: Option<&str>) -> TaxMode {
    match marketplace {
        None | Some("ATVPDKIKX0DER" | "A2EUQ1WTGCTBG2") => TaxMode::Exclusive,
        Some(_) => TaxMode::Inclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::{MARKETPLACES, currency};

    #[test]
    fn every_marketplace_has_a_currency_and_none_stands_twice() {
        for (at, (id, code)) in MARKETPLACES.iter().enumerate() {
            assert_eq!(currency(id).map(|found| found.code()), Some(*code), "{id}");
            assert!(
                MARKETPLACES
                    .iter()
                    .skip(at + 1)
                    .all(|(other, _)| other != id),
                "{id}"
            );
        }
        assert_eq!(currency("unknown"), None);
    }
}
