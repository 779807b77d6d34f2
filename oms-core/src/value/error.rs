//! One error for everything that does not parse.

use crate::value::{
    CountryCodeError, CurrencyError, EmailError, GeoError, IdError, MoneyError, QuantityError,
    RateError, TextError, TimestampError, WordError,
};

/// A value that does not parse, whatever its kind; `?` converts each room's own error into it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// A country code.
    #[error(transparent)]
    CountryCode(#[from] CountryCodeError),
    /// A currency.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// An e-mail address.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// A point on the globe.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// An id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An amount or price.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A quantity.
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
    /// The name of a value that is one of a few.
    #[error(transparent)]
    Word(#[from] WordError),
}

impl ValueError {
    /// The stable code of the underlying error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CountryCode(error) => error.code(),
            Self::Currency(error) => error.code(),
            Self::Email(error) => error.code(),
            Self::Geo(error) => error.code(),
            Self::Id(error) => error.code(),
            Self::Money(error) => error.code(),
            Self::Quantity(error) => error.code(),
            Self::Rate(error) => error.code(),
            Self::Text(error) => error.code(),
            Self::Timestamp(error) => error.code(),
            Self::Word(error) => error.code(),
        }
    }
}
