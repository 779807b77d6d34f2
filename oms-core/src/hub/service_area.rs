//! Where a hub delivers to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::hub::{HubError, HubProblem, PostalRange, Radius, SoughtCode, ZoneBook, distance_m};
use crate::value::{Address, CountryCode, GeoPoint, PostalCode, ZoneId, limits};

/// Where a hub delivers to. An empty area is everywhere.
///
/// Countries are a fence around everything else. Inside it the other fields are alternatives: a
/// place is served if any of them names it, or if all of them are empty.
///
/// Postal codes are compared without spaces and hyphens, and small letters count as capitals:
/// `SW1A 1AA` is `sw1a1aa`. The ZIP+4 of an address in the United States is found by its first five
/// digits, too. Of a British code a beginning with a gap in it (`E1 6`) names those alone that are
/// parted there, so not `E16 1AA`. Where the country is not known, it does so of every code that is
/// written with a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceArea {
    /// Countries; empty means every country.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub countries: BTreeSet<CountryCode>,
    /// Beginnings of postal codes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub postal_prefixes: BTreeSet<PostalCode>,
    /// Whole postal codes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub postal_codes: BTreeSet<PostalCode>,
    /// Ranges of postal codes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub postal_ranges: BTreeSet<PostalRange>,
    /// Delivery zones of the tenant; see [`ZoneBook`].
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub zones: BTreeSet<ZoneId>,
    /// As far around the hub's location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<Radius>,
}

/// Where an order goes, as far as a hub's area asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Destination {
    /// The country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The postal code, as it was given: an area compares it as [`ServiceArea`] says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<PostalCode>,
    /// The delivery zones it lies in; see [`ZoneBook::zones_of`].
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub zones: BTreeSet<ZoneId>,
    /// The point on the map, if the host knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<GeoPoint>,
}

impl From<&Address> for Destination {
    fn from(address: &Address) -> Self {
        Self {
            country: address.country,
            postal_code: address.postal_code.clone(),
            location: address.location,
            ..Self::default()
        }
    }
}

/// What made a hub serve a place. It says the kind of rule, not which: explanations outlive the
/// erasure of an address and must not give it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServedBy {
    /// The order goes nowhere: a sale at a counter.
    NoDestination,
    /// The area has no rule inside its countries.
    Everywhere,
    /// A whole postal code.
    PostalCode,
    /// A beginning of postal codes.
    PostalPrefix,
    /// A range of postal codes.
    PostalRange,
    /// A delivery zone.
    Zone,
    /// The distance to the hub.
    Radius,
}

/// Whether a hub delivers to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "area", content = "by")]
pub enum AreaVerdict {
    /// It does.
    Served(ServedBy),
    /// The place is in another country, or its country is not known.
    OtherCountry,
    /// No rule names the place.
    Outside,
}

/// A place, borrowed.
#[derive(Clone, Copy, Debug)]
struct Spot<'a> {
    country: Option<CountryCode>,
    postal_code: Option<&'a PostalCode>,
    zones: Option<&'a BTreeSet<ZoneId>>,
}

impl ServiceArea {
    /// Whether the hub delivers to the address, by what an address can tell: neither zones nor a
    /// radius. An order without an address (a sale at a counter) is served by every hub; an address
    /// that does not name what the area asks for by none.
    #[must_use]
    pub fn serves(&self, address: Option<&Address>) -> bool {
        let Some(address) = address else { return true };
        let spot = Spot {
            country: address.country,
            postal_code: address.postal_code.as_ref(),
            zones: None,
        };
        matches!(self.judge(spot, || false), AreaVerdict::Served(_))
    }

    /// Whether the hub delivers to a place; `hub` is where the hub is.
    #[must_use]
    pub fn verdict(&self, place: Option<&Destination>, hub: Option<GeoPoint>) -> AreaVerdict {
        let apart = match (place.and_then(|place| place.location), hub) {
            (Some(place), Some(hub)) if self.radius.is_some() => Some(distance_m(place, hub)),
            (Some(_) | None, Some(_) | None) => None,
        };
        self.verdict_at(place, apart)
    }

    /// As [`verdict`](Self::verdict), with the distance to the hub in metres, if it is known.
    #[must_use]
    pub fn verdict_at(&self, place: Option<&Destination>, apart_m: Option<u32>) -> AreaVerdict {
        let Some(place) = place else {
            return AreaVerdict::Served(ServedBy::NoDestination);
        };
        let spot = Spot {
            country: place.country,
            postal_code: place.postal_code.as_ref(),
            zones: Some(&place.zones),
        };
        self.judge(spot, || match (self.radius, apart_m) {
            (Some(radius), Some(apart)) => apart <= radius.metres(),
            (Some(_) | None, Some(_) | None) => false,
        })
    }

    fn judge(&self, spot: Spot<'_>, within_radius: impl FnOnce() -> bool) -> AreaVerdict {
        let in_country = |country: CountryCode| self.countries.contains(&country);
        if !self.countries.is_empty() && !spot.country.is_some_and(in_country) {
            return AreaVerdict::OtherCountry;
        }
        if !self.has_rules() {
            return AreaVerdict::Served(ServedBy::Everywhere);
        }
        let by_code = |code| self.postal_rule(code, spot.country);
        if let Some(by) = spot.postal_code.and_then(by_code) {
            return AreaVerdict::Served(by);
        }
        if spot
            .zones
            .is_some_and(|zones| !self.zones.is_disjoint(zones))
        {
            return AreaVerdict::Served(ServedBy::Zone);
        }
        if within_radius() {
            return AreaVerdict::Served(ServedBy::Radius);
        }
        AreaVerdict::Outside
    }

    /// The first kind of postal rule that names a code.
    fn postal_rule(&self, code: &PostalCode, country: Option<CountryCode>) -> Option<ServedBy> {
        if self.postal_rules() == 0 {
            return None;
        }
        let sought = SoughtCode::new(code, country)?;
        if sought.is_among(&self.postal_codes) {
            return Some(ServedBy::PostalCode);
        }
        if sought.begins_with(&self.postal_prefixes) {
            return Some(ServedBy::PostalPrefix);
        }
        let has = |range: &PostalRange| sought.wholes().any(|key| range.has(key));
        let in_range = self.postal_ranges.iter().any(has);
        in_range.then_some(ServedBy::PostalRange)
    }

    /// Whether anything but countries bounds the area.
    pub(crate) fn has_rules(&self) -> bool {
        let rules = self.rules();
        rules > 0 || self.radius.is_some()
    }

    /// How much room it takes, counted as rows of some hundred bytes: itself, and every four of
    /// its rules.
    pub(crate) fn weight(&self) -> usize {
        1 + self.rules() / 4
    }

    pub(crate) fn rules(&self) -> usize {
        self.postal_rules() + self.zones.len()
    }

    fn postal_rules(&self) -> usize {
        let codes = self.postal_codes.len() + self.postal_prefixes.len();
        codes + self.postal_ranges.len()
    }

    /// What is wrong with it, with the field.
    pub(crate) fn check(&self, at: Option<GeoPoint>, zones: &ZoneBook) -> Result<(), HubError> {
        if self.radius.is_some() && at.is_none() {
            return Err(HubError::new(
                "area.radius",
                HubProblem::RadiusWithoutLocation,
            ));
        }
        let (max, found) = (limits::AREA_RULES_MAX, self.rules());
        if found > max {
            return Err(HubError::new("area", HubProblem::TooMany { max, found }));
        }
        match self.zones.iter().find(|zone| !zones.has(zone)) {
            Some(zone) => {
                let zone = zone.clone();
                Err(HubError::new(
                    "area.zones",
                    HubProblem::UnknownZone { zone },
                ))
            }
            None => Ok(()),
        }
    }
}
