//! Currencies of ISO 4217.

use crate::value::wire::{serde_as_text, shortened};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::LazyLock;

/// A currency with a minor unit (which may be worth the whole, as with the yen).
///
/// Metals, funds without minor units and test codes are no currencies to sell in and are refused.
/// Superseded currencies are accepted: old orders name them.
///
/// ```
/// use oms_core::value::Currency;
///
/// let euro = Currency::parse("EUR")?;
/// assert_eq!((euro.code(), euro.minor_digits()), ("EUR", 2));
/// # Ok::<(), oms_core::value::CurrencyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Currency {
    iso: iso_currency::Currency,
    minor_digits: u8,
}

/// Why a currency was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum CurrencyError {
    /// Not three upper-case letters.
    #[error("currency {value:?} is not three upper-case letters")]
    #[serde(rename = "currency_malformed")]
    Malformed {
        /// What was given, shortened.
        value: String,
    },
    /// Not a code of ISO 4217.
    #[error("currency {value} is unknown")]
    #[serde(rename = "currency_unknown")]
    Unknown {
        /// What was given.
        value: String,
    },
    /// A code of ISO 4217 that has no minor unit, such as gold.
    #[error("currency {value} has no minor unit")]
    #[serde(rename = "currency_without_minor_unit")]
    WithoutMinorUnit {
        /// What was given.
        value: String,
    },
}

impl CurrencyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "currency_malformed",
            Self::Unknown { .. } => "currency_unknown",
            Self::WithoutMinorUnit { .. } => "currency_without_minor_unit",
        }
    }
}

/// All currencies by code. Every stored amount names one, and searching this is an order of
/// magnitude faster than comparing with every code in turn.
static BY_CODE: LazyLock<Vec<(&'static str, iso_currency::Currency)>> = LazyLock::new(|| {
    let mut all: Vec<_> = (0..1_000)
        .filter_map(iso_currency::Currency::from_numeric)
        .map(|iso| (iso.code(), iso))
        .collect();
    all.sort_unstable_by_key(|(code, _)| *code);
    all
});

impl Currency {
    /// Reads a code of three upper-case letters.
    ///
    /// # Errors
    /// [`CurrencyError::Malformed`], [`CurrencyError::Unknown`] and
    /// [`CurrencyError::WithoutMinorUnit`].
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(CurrencyError::Malformed {
                value: shortened(code),
            });
        }
        let iso = BY_CODE
            .binary_search_by_key(&code, |(code, _)| *code)
            .ok()
            .and_then(|position| BY_CODE.get(position))
            .map(|(_, iso)| *iso)
            .ok_or_else(|| CurrencyError::Unknown {
                value: code.to_owned(),
            })?;
        let minor_digits = iso
            .exponent()
            .and_then(|digits| u8::try_from(digits).ok())
            .ok_or_else(|| CurrencyError::WithoutMinorUnit {
                value: code.to_owned(),
            })?;
        Ok(Self { iso, minor_digits })
    }

    /// The code, three upper-case letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.iso.code()
    }

    /// How many decimals the minor unit has: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn minor_digits(self) -> u32 {
        u32::from(self.minor_digits)
    }

    fn with_text<R>(self, read: impl FnOnce(&str) -> R) -> R {
        read(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl Hash for Currency {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Currency({})", self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(code: &str) -> Result<Self, CurrencyError> {
        Self::parse(code)
    }
}

serde_as_text!(Currency, "a currency code of three upper-case letters");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Currency, CurrencyError};

    #[test]
    fn known_currencies_have_their_minor_digits() {
        for (code, digits) in [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)] {
            let currency = Currency::parse(code).unwrap();
            assert_eq!((currency.code(), currency.minor_digits()), (code, digits));
            assert_eq!(currency.to_string(), code);
            assert_eq!(code.parse::<Currency>().unwrap(), currency);
        }
    }

    #[test]
    fn every_code_of_the_table_and_no_other_is_found() {
        let mut found = 0;
        for first in b'A'..=b'Z' {
            for second in b'A'..=b'Z' {
                for third in b'A'..=b'Z' {
                    let code = String::from_utf8(vec![first, second, third]).unwrap();
                    let expected = iso_currency::Currency::from_code(&code)
                        .filter(|iso| iso.exponent().is_some())
                        .map(|iso| iso.code());
                    let parsed = Currency::parse(&code).map(Currency::code);
                    assert_eq!(parsed.as_ref().ok(), expected.as_ref(), "{code}");
                    found += i32::from(parsed.is_ok());
                }
            }
        }
        assert!(found > 150, "{found}");
    }

    #[test]
    fn what_is_no_currency_is_refused() {
        for text in ["", "eur", "EU", "EURO", "EÜ", "E R", "1EU", "EUR "] {
            let error = Currency::parse(text).unwrap_err();
            assert_eq!(
                error,
                CurrencyError::Malformed {
                    value: text.to_owned()
                }
            );
            assert_eq!(error.code(), "currency_malformed");
        }
        let unknown = Currency::parse("ABC").unwrap_err();
        assert_eq!(
            unknown,
            CurrencyError::Unknown {
                value: "ABC".to_owned()
            }
        );
        assert_eq!(unknown.code(), "currency_unknown");
        for code in ["XAU", "XTS", "XXX", "XDR"] {
            let error = Currency::parse(code).unwrap_err();
            assert_eq!(
                error,
                CurrencyError::WithoutMinorUnit {
                    value: code.to_owned()
                }
            );
            assert_eq!(error.code(), "currency_without_minor_unit");
        }
    }

    #[test]
    fn order_is_by_code_and_json_is_the_code() {
        let [chf, eur, xcg] = ["CHF", "EUR", "XCG"].map(|code| Currency::parse(code).unwrap());
        assert!(chf < eur && eur < xcg);
        assert_eq!(serde_json::to_string(&eur).unwrap(), "\"EUR\"");
        assert_eq!(serde_json::from_str::<Currency>("\"EUR\"").unwrap(), eur);
        assert!(serde_json::from_str::<Currency>("\"eur\"").is_err());
        assert!(serde_json::from_str::<Currency>("978").is_err());
    }
}
