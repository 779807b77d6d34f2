//! Points on the map.

use crate::value::ascii::Ascii;
use crate::value::literal::{LiteralError, parse_literal};
use crate::value::money::ROUNDING;
use crate::value::wire::shortened;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

const MICRO_DIGITS: u32 = 6;
const LAT_MICRO_MAX: i32 = 90_000_000;
const LON_MICRO_MAX: i32 = 180_000_000;

/// A point in whole millionths of a degree, about 11 cm apart.
///
/// Integers, so that two machines that compare distances decide alike.
///
/// ```
/// use oms_core::value::GeoPoint;
///
/// let berlin = GeoPoint::parse("52.520008", "13.404954")?;
/// assert_eq!(berlin.lat_micro(), 52_520_008);
/// # Ok::<(), oms_core::value::GeoError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct GeoPoint {
    lat_micro: i32,
    lon_micro: i32,
}

/// Why a point was refused. The value is not repeated: it may be where somebody lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum GeoError {
    /// A latitude that is not a number from -90 to 90.
    #[error("latitude must be a number from -90 to 90")]
    #[serde(rename = "geo_latitude")]
    Latitude,
    /// A longitude that is not a number from -180 to 180.
    #[error("longitude must be a number from -180 to 180")]
    #[serde(rename = "geo_longitude")]
    Longitude,
    /// Text that is not two numbers with a comma between.
    #[error("{value:?} is not a latitude and a longitude with a comma between")]
    #[serde(rename = "geo_malformed")]
    Malformed {
        /// What was given, shortened.
        value: String,
    },
}

impl GeoError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Latitude => "geo_latitude",
            Self::Longitude => "geo_longitude",
            Self::Malformed { .. } => "geo_malformed",
        }
    }
}

impl GeoPoint {
    /// Reads degrees; digits below a millionth are rounded.
    ///
    /// # Errors
    /// [`GeoError::Latitude`] and [`GeoError::Longitude`].
    pub fn parse(lat: &str, lon: &str) -> Result<Self, GeoError> {
        Ok(Self {
            lat_micro: degrees(lat, LAT_MICRO_MAX).ok_or(GeoError::Latitude)?,
            lon_micro: degrees(lon, LON_MICRO_MAX).ok_or(GeoError::Longitude)?,
        })
    }

    /// Accepts degrees; digits below a millionth are rounded.
    ///
    /// # Errors
    /// [`GeoError::Latitude`] and [`GeoError::Longitude`].
    pub fn from_degrees(lat: Decimal, lon: Decimal) -> Result<Self, GeoError> {
        Ok(Self {
            lat_micro: micro(lat, LAT_MICRO_MAX).ok_or(GeoError::Latitude)?,
            lon_micro: micro(lon, LON_MICRO_MAX).ok_or(GeoError::Longitude)?,
        })
    }

    /// Accepts millionths of a degree.
    ///
    /// # Errors
    /// [`GeoError::Latitude`] and [`GeoError::Longitude`].
    pub fn from_micro(lat_micro: i32, lon_micro: i32) -> Result<Self, GeoError> {
        if !(-LAT_MICRO_MAX..=LAT_MICRO_MAX).contains(&lat_micro) {
            return Err(GeoError::Latitude);
        }
        if !(-LON_MICRO_MAX..=LON_MICRO_MAX).contains(&lon_micro) {
            return Err(GeoError::Longitude);
        }
        Ok(Self {
            lat_micro,
            lon_micro,
        })
    }

    /// Millionths of a degree north of the equator.
    #[must_use]
    pub const fn lat_micro(self) -> i32 {
        self.lat_micro
    }

    /// Millionths of a degree east of Greenwich.
    #[must_use]
    pub const fn lon_micro(self) -> i32 {
        self.lon_micro
    }

    /// Degrees north of the equator.
    #[must_use]
    pub fn lat(self) -> Decimal {
        Decimal::new(i64::from(self.lat_micro), MICRO_DIGITS)
    }

    /// Degrees east of Greenwich.
    #[must_use]
    pub fn lon(self) -> Decimal {
        Decimal::new(i64::from(self.lon_micro), MICRO_DIGITS)
    }
}

fn degrees(text: &str, micro_max: i32) -> Option<i32> {
    match parse_literal(text) {
        Ok(degrees) => micro(degrees, micro_max),
        // Some systems print far more digits than a satellite can see.
        Err(LiteralError::TooManyDecimals { .. }) => {
            micro(Decimal::from_str(text).ok()?, micro_max)
        }
        Err(LiteralError::NotANumber | LiteralError::TooLarge) => None,
    }
}

fn micro(degrees: Decimal, micro_max: i32) -> Option<i32> {
    let rounded = degrees.round_dp_with_strategy(MICRO_DIGITS, ROUNDING);
    let missing = MICRO_DIGITS.checked_sub(rounded.scale())?;
    let micro = rounded
        .mantissa()
        .checked_mul(10_i128.checked_pow(missing)?)?;
    i32::try_from(micro)
        .ok()
        .filter(|micro| (-micro_max..=micro_max).contains(micro))
}

/// How a point is serialised.
#[derive(Serialize, Deserialize)]
struct Wire {
    lat: String,
    lon: String,
}

fn printed(micro: i32) -> String {
    let mut text = Ascii::<16>::new();
    text.push_decimal(i128::from(micro), MICRO_DIGITS);
    text.as_str().to_owned()
}

impl From<GeoPoint> for Wire {
    fn from(point: GeoPoint) -> Self {
        Self {
            lat: printed(point.lat_micro),
            lon: printed(point.lon_micro),
        }
    }
}

impl TryFrom<Wire> for GeoPoint {
    type Error = GeoError;

    fn try_from(wire: Wire) -> Result<Self, GeoError> {
        Self::parse(&wire.lat, &wire.lon)
    }
}

impl fmt::Debug for GeoPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GeoPoint({self})")
    }
}

impl fmt::Display for GeoPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!(
            "{},{}",
            printed(self.lat_micro),
            printed(self.lon_micro)
        ))
    }
}

impl FromStr for GeoPoint {
    type Err = GeoError;

    fn from_str(text: &str) -> Result<Self, GeoError> {
        let (lat, lon) = text.split_once(',').ok_or_else(|| GeoError::Malformed {
            value: shortened(text),
        })?;
        Self::parse(lat, lon)
    }
}

#[cfg(test)]
mod tests;
