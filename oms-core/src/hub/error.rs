//! Why a hub or a zone was refused when it was set.

use serde::{Deserialize, Serialize};

use crate::value::{
    CountryCodeError, CurrencyError, GeoError, IdError, LocalTimeError, MinuteOfDay, MoneyError,
    QuantityError, RateError, SlotId, TextError, ZoneId,
};

/// What is wrong with a hub, and in which field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct HubError {
    /// The field, with the names of the fields around it: `calendar.week.mon`.
    pub field: String,
    /// What is wrong with it.
    pub problem: HubProblem,
}

impl HubError {
    /// A problem of a field.
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<HubProblem>) -> Self {
        let (field, problem) = (field.into(), problem.into());
        Self { field, problem }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.problem.code()
    }
}

/// What is wrong with a field of a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "problem")]
#[non_exhaustive]
pub enum HubProblem {
    /// A postal range whose ends have different lengths, or whose first is after its last.
    #[error("{first:?} to {last:?} is not a range: same length, rising")]
    PostalRange {
        /// Its first code.
        first: String,
        /// Its last code.
        last: String,
    },
    /// A postal range with beginnings at its ends: codes are longer, so none lies in it.
    #[error(
        "{first:?} to {last:?}: a range has whole codes at its ends; write each beginning by itself"
    )]
    PostalRangeOfBeginnings {
        /// Its first beginning.
        first: String,
        /// Its last beginning.
        last: String,
    },
    /// A radius of nothing, or of more than half the way around the earth.
    #[error("a radius is 1 to {max_m} metres, not {found}")]
    Radius {
        /// What was given.
        found: String,
        /// Most metres allowed.
        max_m: u32,
    },
    /// A radius around nowhere.
    #[error("a radius needs a location")]
    RadiusWithoutLocation,
    /// Opening hours that end before they begin.
    #[error("{hours} are no opening hours: they must end after they begin")]
    Hours {
        /// What was given.
        hours: String,
    },
    /// Opening hours that overlap others of the same day.
    #[error("{first} and {second} overlap")]
    HoursOverlap {
        /// Hours of the day.
        first: String,
        /// Other hours of the same day.
        second: String,
    },
    /// Two exceptions for one day.
    #[error("{date} has two exceptions")]
    DateTwice {
        /// The day.
        date: String,
    },
    /// A zone that is not in the zone book.
    #[error("zone {zone} does not exist")]
    UnknownZone {
        /// The zone.
        zone: ZoneId,
    },
    /// A delivery zone with what only a hub's area has: other zones, or a radius. It would be
    /// nobody's.
    #[error("a delivery zone has countries and postal codes only")]
    NotOfZone,
    /// More entries than a hub may have.
    #[error("at most {max} entries, not {found}")]
    TooMany {
        /// Most entries allowed.
        max: usize,
        /// Entries given.
        found: usize,
    },
    /// A delivery slot for nobody; one that is not wanted is left out.
    #[error("a slot is for at least one order")]
    NoCapacity,
    /// A delivery slot that could be booked when it is over.
    #[error("the cut-off {cut_off} is after the end {end}")]
    LateCutOff {
        /// The cut-off.
        cut_off: MinuteOfDay,
        /// The end.
        end: MinuteOfDay,
    },
    /// A kind of delivery slot that does not exist.
    #[error("{value:?} is not normal, express or same_day")]
    SlotKind {
        /// What was given.
        value: String,
    },
    /// A delivery slot that is there already under another id.
    #[error("the same kind, zone and hours as slot {other}")]
    SlotTwice {
        /// The other one.
        other: SlotId,
    },
    /// A cost below zero.
    #[error("{value} is below zero")]
    Negative {
        /// What was given.
        value: String,
    },
    /// Only one of the two fields that belong together.
    #[error("must be given with {with}")]
    Alone {
        /// The other field.
        with: String,
    },
    /// Not an id.
    #[error(transparent)]
    Id {
        /// Why.
        #[from]
        source: IdError,
    },
    /// Not a text.
    #[error(transparent)]
    Text {
        /// Why.
        #[from]
        source: TextError,
    },
    /// Not a country.
    #[error(transparent)]
    Country {
        /// Why.
        #[from]
        source: CountryCodeError,
    },
    /// Not a point on the globe.
    #[error(transparent)]
    Geo {
        /// Why.
        #[from]
        source: GeoError,
    },
    /// Not a count.
    #[error(transparent)]
    Quantity {
        /// Why.
        #[from]
        source: QuantityError,
    },
    /// Not a share between 0 and 1.
    #[error(transparent)]
    Rate {
        /// Why.
        #[from]
        source: RateError,
    },
    /// Not an amount of money.
    #[error(transparent)]
    Money {
        /// Why.
        #[from]
        source: MoneyError,
    },
    /// Not a currency.
    #[error(transparent)]
    Currency {
        /// Why.
        #[from]
        source: CurrencyError,
    },
    /// Not a date, time of day or time zone.
    #[error(transparent)]
    LocalTime {
        /// Why.
        #[from]
        source: LocalTimeError,
    },
}

impl HubProblem {
    /// The stable code of this problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PostalRange { .. } => "hub_postal_range",
            Self::PostalRangeOfBeginnings { .. } => "hub_postal_range_of_beginnings",
            Self::Radius { .. } => "hub_radius",
            Self::RadiusWithoutLocation => "hub_radius_without_location",
            Self::Hours { .. } => "hub_hours",
            Self::HoursOverlap { .. } => "hub_hours_overlap",
            Self::DateTwice { .. } => "hub_date_twice",
            Self::UnknownZone { .. } => "hub_unknown_zone",
            Self::NotOfZone => "hub_not_of_zone",
            Self::TooMany { .. } => "hub_too_many",
            Self::NoCapacity => "hub_no_capacity",
            Self::LateCutOff { .. } => "hub_late_cut_off",
            Self::SlotKind { .. } => "hub_slot_kind",
            Self::SlotTwice { .. } => "hub_slot_twice",
            Self::Negative { .. } => "hub_negative",
            Self::Alone { .. } => "hub_field_alone",
            Self::Id { source } => source.code(),
            Self::Text { source } => source.code(),
            Self::Country { source } => source.code(),
            Self::Geo { source } => source.code(),
            Self::Quantity { source } => source.code(),
            Self::Rate { source } => source.code(),
            Self::Money { source } => source.code(),
            Self::Currency { source } => source.code(),
            Self::LocalTime { source } => source.code(),
        }
    }
}
