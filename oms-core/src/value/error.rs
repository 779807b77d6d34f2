//! One error for code that parses several kinds of value.

use serde::{Deserialize, Serialize};

use super::{
    CountryCodeError, CurrencyError, EmailError, GeoError, IdError, MoneyError, QuantityError,
    RateError, TextError, TimestampError,
};

/// Why a value was refused, whatever kind it is of.
///
/// ```
/// use oms_core::value::{Currency, Quantity, ValueError};
///
/// fn read(quantity: u32, currency: &str) -> Result<(Quantity, Currency), ValueError> {
///     Ok((Quantity::new(quantity)?, Currency::parse(currency)?))
/// }
/// assert!(read(2, "EUR").is_ok());
/// assert_eq!(read(2, "XYZ?").map_err(|e| e.code()), Err("currency_unknown"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueError {
    /// An id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An amount or unit price.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A currency.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// A quantity or count.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// A rate.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// A text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A time.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// A country code.
    #[error(transparent)]
    Country(#[from] CountryCodeError),
    /// An e-mail address.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// A point on the map.
    #[error(transparent)]
    Geo(#[from] GeoError),
}

impl ValueError {
    /// The stable code of the error inside.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Id(error) => error.code(),
            Self::Money(error) => error.code(),
            Self::Currency(error) => error.code(),
            Self::Quantity(error) => error.code(),
            Self::Rate(error) => error.code(),
            Self::Text(error) => error.code(),
            Self::Timestamp(error) => error.code(),
            Self::Country(error) => error.code(),
            Self::Email(error) => error.code(),
            Self::Geo(error) => error.code(),
        }
    }
}
