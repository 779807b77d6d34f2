//! Delivery zones: named parts of the map that hubs and rates share.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::hub::{HubError, HubProblem, PostalRange, ServiceArea};
use crate::value::{Address, CountryCode, PostalCode, ZoneId, limits};

/// A part of the map by its countries and postal codes; an empty zone is everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Zone {
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
}

/// The zones of a tenant, by id.
///
/// ```
/// use oms_core::hub::{Zone, ZoneBook};
/// use oms_core::value::{Address, PostalCode, ZoneId};
///
/// let mut book = ZoneBook::default();
/// let berlin = Zone { postal_prefixes: [PostalCode::parse("10")?].into(), ..Zone::default() };
/// book.put(ZoneId::parse("berlin")?, berlin)?;
/// let mut address = Address::default();
/// address.postal_code = Some(PostalCode::parse("10437")?);
/// assert_eq!(book.zones_of(&address).len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoneBook {
    zones: BTreeMap<ZoneId, ServiceArea>,
}

impl ZoneBook {
    /// Sets a zone.
    ///
    /// # Errors
    /// [`HubProblem::TooMany`], naming the zone, or `zones` where it is one too many.
    pub fn put(&mut self, id: ZoneId, zone: Zone) -> Result<(), HubError> {
        let area = ServiceArea {
            countries: zone.countries,
            postal_prefixes: zone.postal_prefixes,
            postal_codes: zone.postal_codes,
            postal_ranges: zone.postal_ranges,
            ..ServiceArea::default()
        };
        check_zone(&id, &area)?;
        let others = self.zones.len() - usize::from(self.zones.contains_key(&id));
        check_count(others + 1)?;
        self.zones.insert(id, area);
        Ok(())
    }

    /// Checks what [`put`](Self::put) does: a book that was read from JSON went past it. It may
    /// also say what no [`Zone`] can.
    ///
    /// # Errors
    /// [`HubProblem::TooMany`], as there; [`HubProblem::NotOfZone`], naming the field of the zone.
    pub(crate) fn check(&self) -> Result<(), HubError> {
        check_count(self.zones.len())?;
        self.zones.iter().try_for_each(|(id, area)| {
            check_fields(id, area)?;
            check_zone(id, area)
        })
    }

    /// Takes a zone out; false when it was not there. No hub may name it when the book is stored.
    pub fn remove(&mut self, id: &ZoneId) -> bool {
        self.zones.remove(id).is_some()
    }

    /// The zones there are, in order.
    pub fn ids(&self) -> impl Iterator<Item = &ZoneId> {
        self.zones.keys()
    }

    /// How much room it takes, counted as [`ServiceArea::weight`] does.
    pub(crate) fn weight(&self) -> usize {
        self.zones.values().map(ServiceArea::weight).sum()
    }

    /// Whether a zone is there.
    #[must_use]
    pub fn has(&self, id: &ZoneId) -> bool {
        self.zones.contains_key(id)
    }

    /// The zones an address lies in.
    #[must_use]
    pub fn zones_of(&self, address: &Address) -> BTreeSet<ZoneId> {
        let inside = self
            .zones
            .iter()
            .filter(|(_, zone)| zone.serves(Some(address)));
        inside.map(|(id, _)| id.clone()).collect()
    }
}

fn check_count(found: usize) -> Result<(), HubError> {
    let max = limits::ZONES_MAX;
    if found > max {
        return Err(HubError::new("zones", HubProblem::TooMany { max, found }));
    }
    Ok(())
}

fn check_fields(id: &ZoneId, area: &ServiceArea) -> Result<(), HubError> {
    let field = if area.radius.is_some() {
        "radius"
    } else if area.zones.is_empty() {
        return Ok(());
    } else {
        "zones"
    };
    let field = format!("zones.{id}.{field}");
    Err(HubError::new(field, HubProblem::NotOfZone))
}

fn check_zone(id: &ZoneId, area: &ServiceArea) -> Result<(), HubError> {
    let (max, found) = (limits::AREA_RULES_MAX, area.rules());
    if found > max {
        return Err(HubError::new(
            format!("zones.{id}"),
            HubProblem::TooMany { max, found },
        ));
    }
    Ok(())
}
