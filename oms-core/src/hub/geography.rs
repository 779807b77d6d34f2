//! Distances on the globe in whole metres, radii, and ranges of postal codes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hub::HubProblem;
use crate::hub::postal::{characters, key};
use crate::value::{GeoPoint, PostalCode};

/// Mean radius of the earth, in decimetres: 6,371,008.8 m rounded (R1 of the International Union of
/// Geodesy and Geophysics; H. Moritz, "Geodetic Reference System 1980", Journal of Geodesy 74,
/// 2000).
const EARTH_RADIUS_DM: i128 = 63_710_088;

/// More than half the way around the earth, in metres: no two points are further apart.
const DISTANCE_MAX_M: u32 = 20_100_000;

/// Fixed point: a number `x` is the integer `x * 2^60`.
const BITS: u32 = 60;
const ONE: i64 = 1 << BITS;
/// Half a turn in millionths of a degree.
const HALF_TURN_MICRO: i64 = 180_000_000;
/// Radians of a millionth of a degree, times 2^80.
const MICRO_RADIANS: i64 = 21_099_735_964_646_325;

/// The Taylor series of `sin(x) / x` in `x^2`: 1, -1/3!, 1/5!, ... The first term left out is below
/// 2^-59 up to a quarter turn.
const SINE: [i64; 10] = [
    1_152_921_504_606_846_976,
    -192_153_584_101_141_163,
    9_607_679_205_057_058,
    -228_754_266_787_073,
    3_177_142_594_265,
    -28_883_114_493,
    185_148_170,
    -881_658,
    3_241,
    -9,
];

/// The series of `asin(s) / s` in `s^2`: 1, 1/6, 3/40, ...
const ARCSINE: [i64; 9] = [
    1_152_921_504_606_846_976,
    192_153_584_101_141_163,
    86_469_112_845_513_523,
    51_469_710_027_091_383,
    35_027_997_101_770_524,
    25_793_343_320_394_659,
    20_006_375_267_742_011,
    16_100_368_667_849_523,
    13_318_319_670_096_113,
];

fn mul(a: i64, b: i64) -> i64 {
    // Every product here is below 4, which is below 2^63 in fixed point.
    i64::try_from((i128::from(a) * i128::from(b)) >> BITS).unwrap_or(i64::MAX)
}

fn series(coefficients: &[i64], x: i64) -> i64 {
    let higher_first = coefficients.iter().rev();
    higher_first.fold(0, |sum, coefficient| mul(sum, x) + coefficient)
}

/// Great-circle distance in whole metres, by the haversine formula (R. W. Sinnott, "Virtues of the
/// Haversine", Sky and Telescope 68/2, 1984) on a sphere of the mean radius; a real way over the
/// ellipsoid differs by at most about 0.6 %.
///
/// Integers throughout: sine and arcsine of floating-point numbers differ in the last digit from
/// platform to platform, and one digit can turn a choice between two hubs.
///
/// ```
/// use oms_core::hub::distance_m;
/// use oms_core::value::GeoPoint;
///
/// let berlin = GeoPoint::parse("52.52", "13.405")?;
/// let leipzig = GeoPoint::parse("51.34", "12.37")?;
/// assert_eq!(distance_m(berlin, leipzig) / 1_000, 149);
/// # Ok::<(), oms_core::value::GeoError>(())
/// ```
#[must_use]
pub fn distance_m(a: GeoPoint, b: GeoPoint) -> u32 {
    let (lat_a, lat_b) = (i64::from(a.lat_micro()), i64::from(b.lat_micro()));
    let apart = (i64::from(a.lon_micro()) - i64::from(b.lon_micro())).abs();
    let apart = apart.min(2 * HALF_TURN_MICRO - apart);
    let half_lat = sin(radians((lat_a - lat_b).abs()) / 2);
    let half_lon = sin(radians(apart) / 2);
    let cos = mul(cos(lat_a), cos(lat_b));
    let hav = mul(half_lat, half_lat) + mul(cos, mul(half_lon, half_lon));
    let angle = 2 * i128::from(arcsine_of_root(hav.clamp(0, ONE)));
    let metres = (angle * EARTH_RADIUS_DM / 10 + i128::from(ONE / 2)) >> BITS;
    u32::try_from(metres).unwrap_or(DISTANCE_MAX_M)
}

/// An angle of 0 to 180 degrees, given in millionths of a degree.
fn radians(micro: i64) -> i64 {
    i64::try_from((i128::from(micro) * i128::from(MICRO_RADIANS)) >> 20).unwrap_or(i64::MAX)
}

/// Cosine of a latitude in millionths of a degree.
fn cos(lat_micro: i64) -> i64 {
    sin(radians(HALF_TURN_MICRO / 2 - lat_micro.abs()))
}

/// Sine of 0 to a quarter turn.
fn sin(x: i64) -> i64 {
    mul(x, series(&SINE, mul(x, x)))
}

/// The arcsine of the root of `h`, for `h` from 0 to 1.
///
/// Each step halves the angle: `sin^2(x/2) = sin^2(x) / (2 * (1 + cos x))`, a form that loses no
/// digits of small angles. Three steps leave at most 11.25 degrees, where the series is short.
fn arcsine_of_root(h: i64) -> i64 {
    const STEPS: u32 = 3;
    let mut square = h;
    for _ in 0..STEPS {
        square = quotient(square, 2 * (ONE + root(ONE - square)));
    }
    mul(root(square), series(&ARCSINE, square)) << STEPS
}

/// A number of 0 to 1 by one of 2 to 4, to 31 significant bits: a centimetre in 20,000 km.
fn quotient(x: i64, by: i64) -> i64 {
    let (x, by) = (x.unsigned_abs(), by.unsigned_abs() >> (BITS / 2));
    let shift = x.leading_zeros().min(u64::BITS - 1);
    let quotient = ((x << shift) / by.max(1)) << (BITS / 2) >> shift;
    i64::try_from(quotient).unwrap_or(i64::MAX)
}

/// Square root of a number of 0 to 1, to 31 significant bits.
fn root(x: i64) -> i64 {
    let x = x.unsigned_abs();
    if x == 0 {
        return 0;
    }
    // An even shift fills the word, so that a small number keeps as many digits as a large one.
    let shift = x.leading_zeros() & !1;
    let root = ((x << shift).isqrt() << (BITS / 2)) >> (shift / 2);
    i64::try_from(root).unwrap_or(i64::MAX)
}

/// A distance around a hub, in metres: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct Radius(u32);

impl Radius {
    /// The largest radius, in metres: everywhere.
    pub const MAX_M: u32 = DISTANCE_MAX_M;

    /// Accepts 1 to [`MAX_M`](Self::MAX_M) metres.
    ///
    /// # Errors
    /// [`HubProblem::Radius`].
    pub fn from_metres(metres: i64) -> Result<Self, HubProblem> {
        match u32::try_from(metres) {
            Ok(metres @ 1..=DISTANCE_MAX_M) => Ok(Self(metres)),
            Ok(_) | Err(_) => Err(HubProblem::Radius {
                found: metres.to_string(),
                max_m: DISTANCE_MAX_M,
            }),
        }
    }

    /// The radius in metres.
    #[must_use]
    pub const fn metres(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Radius {
    type Error = HubProblem;

    fn try_from(metres: i64) -> Result<Self, HubProblem> {
        Self::from_metres(metres)
    }
}

impl From<Radius> for u32 {
    fn from(radius: Radius) -> Self {
        radius.0
    }
}

/// Postal codes from a first to a last one, both included, all of the same length. Spaces and
/// hyphens do not count, and small letters count as capitals.
///
/// ```
/// use oms_core::hub::PostalRange;
/// use oms_core::value::PostalCode;
///
/// let code = |text| PostalCode::parse(text);
/// let range = PostalRange::new(code("10115")?, code("10999")?)?;
/// assert!(range.contains(&code("10437")?));
/// assert!(!range.contains(&code("1043")?));
/// let range = PostalRange::new(code("3511 AA")?, code("3511 ZZ")?)?;
/// assert!(range.contains(&code("3511ab")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "RangeWire", into = "RangeWire")]
pub struct PostalRange {
    first: PostalCode,
    last: PostalCode,
}

/// How a range is serialised.
#[derive(Serialize, Deserialize)]
struct RangeWire {
    first: PostalCode,
    last: PostalCode,
}

impl PostalRange {
    /// Accepts two codes of the same length, the last not before the first; codes compare
    /// character by character.
    ///
    /// # Errors
    /// [`HubProblem::PostalRange`].
    pub fn new(first: PostalCode, last: PostalCode) -> Result<Self, HubProblem> {
        let (from, to) = (key(first.as_str()), key(last.as_str()));
        Self::rising(first, last, from.len() == to.len() && from <= to)
    }

    fn rising(first: PostalCode, last: PostalCode, rises: bool) -> Result<Self, HubProblem> {
        if rises {
            return Ok(Self { first, last });
        }
        Err(HubProblem::PostalRange {
            first: first.as_str().to_owned(),
            last: last.as_str().to_owned(),
        })
    }

    /// The first code.
    #[must_use]
    pub const fn first(&self) -> &PostalCode {
        &self.first
    }

    /// The last code.
    #[must_use]
    pub const fn last(&self) -> &PostalCode {
        &self.last
    }

    /// Whether a code has the length of the range and lies in it.
    #[must_use]
    pub fn contains(&self, code: &PostalCode) -> bool {
        self.has(&key(code.as_str()))
    }

    /// The same for a code as it is compared.
    pub(crate) fn has(&self, key: &str) -> bool {
        let [first, last] = [&self.first, &self.last].map(PostalCode::as_str);
        let is_as_long =
            |end: &str| characters(end).map(char::len_utf8).sum::<usize>() == key.len();
        let ends_fit = is_as_long(first) && is_as_long(last);
        ends_fit && characters(first).le(key.chars()) && key.chars().le(characters(last))
    }

    /// Its ends as they are compared. A range of an earlier release may have ends that differ in
    /// length without their spaces and hyphens: it has no code.
    pub(crate) fn keys(&self) -> Option<(String, String)> {
        let (first, last) = (key(self.first.as_str()), key(self.last.as_str()));
        (first.len() == last.len()).then_some((first, last))
    }
}

impl fmt::Debug for PostalRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostalRange({self})")
    }
}

impl fmt::Display for PostalRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl TryFrom<RangeWire> for PostalRange {
    type Error = HubProblem;

    fn try_from(wire: RangeWire) -> Result<Self, HubProblem> {
        let RangeWire { first, last } = wire;
        // Earlier releases compared the texts as they are, and what they stored stays readable.
        let rises = first.as_str().len() == last.as_str().len() && first <= last;
        Self::new(first.clone(), last.clone()).or_else(|_| Self::rising(first, last, rises))
    }
}

impl From<PostalRange> for RangeWire {
    fn from(range: PostalRange) -> Self {
        let PostalRange { first, last } = range;
        Self { first, last }
    }
}

#[cfg(test)]
mod tests;
