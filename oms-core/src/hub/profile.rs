//! What is known about a hub.

use serde::{Deserialize, Serialize};

use crate::hub::{HubError, HubPerformance, HubProblem, OpeningCalendar, ServiceArea, ZoneBook};
use crate::value::{GeoPoint, HubId, LocalDate, LocalTime, Money, Name, Timestamp, Units};

/// A place that keeps stock and fulfils orders.
///
/// Made by [`new`](Self::new), or from raw values by [`HubDraft`](crate::hub::HubDraft); what a
/// caller leaves out means that it does not bound the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hub {
    /// Its id, chosen by the tenant.
    pub id: HubId,
    /// Its name for people.
    pub name: Name,
    /// Hubs are tried in rising order; equal ones by id.
    pub priority: u32,
    /// Where it delivers to.
    #[serde(default)]
    pub area: ServiceArea,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<GeoPoint>,
    /// Only active hubs get new work.
    pub active: bool,
    /// Run by the tenant or by somebody else.
    #[serde(default, skip_serializing_if = "HubKind::is_internal")]
    pub kind: HubKind,
    /// Most orders it takes on in one of its days; none means no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_capacity: Option<Units>,
    /// When it works; none means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<OpeningCalendar>,
    /// What one parcel costs here, before carriage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_cost: Option<Money>,
    /// How well it works.
    #[serde(default, skip_serializing_if = "unknown")]
    pub performance: HubPerformance,
}

/// Who runs a hub. The hand-off differs, the order does not.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum HubKind {
    /// The tenant.
    #[default]
    Internal,
    /// A third party.
    External,
}

impl HubKind {
    /// Whether the tenant runs it.
    #[must_use]
    pub const fn is_internal(&self) -> bool {
        matches!(self, Self::Internal)
    }
}

fn unknown(performance: &HubPerformance) -> bool {
    *performance == HubPerformance::default()
}

impl Hub {
    /// An active hub of the tenant's own that delivers everywhere, always, without a bound, and is
    /// tried last.
    #[must_use]
    pub fn new(id: HubId, name: Name) -> Self {
        Self {
            id,
            name,
            priority: 100,
            area: ServiceArea::default(),
            location: None,
            active: true,
            kind: HubKind::Internal,
            daily_capacity: None,
            calendar: None,
            handling_cost: None,
            performance: HubPerformance::default(),
        }
    }

    /// The hub's day at a point in time: by the zone of its calendar, else by UTC. No day comes
    /// back where clocks are set back over midnight.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> LocalDate {
        let zone = self.calendar.as_ref().map(|calendar| &calendar.time_zone);
        let local = zone.and_then(|zone| zone.reached(at));
        local.map_or_else(|| LocalDate::utc(at), |local| local.date)
    }

    /// The hub's date and minute at a point in time: by the zone of its calendar, else by UTC;
    /// `None` if this build does not know the zone.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Option<LocalTime> {
        match &self.calendar {
            Some(calendar) => calendar.time_zone.local(at),
            None => Some(LocalTime::utc(at)),
        }
    }

    /// The latest date and minute that the hub's clock has shown by then
    /// ([`reached`](crate::value::TimeZoneName::reached)): in an hour that comes twice it stands
    /// still the second time. Cut-offs go by it. `None` if this build does not know the zone.
    #[must_use]
    pub fn reached(&self, at: Timestamp) -> Option<LocalTime> {
        match &self.calendar {
            Some(calendar) => calendar.time_zone.reached(at),
            None => Some(LocalTime::utc(at)),
        }
    }

    /// When the hub's clock shows a date and minute: by the zone of its calendar
    /// ([`instant`](crate::value::TimeZoneName::instant)), else by UTC; `None` if this build does
    /// not know the zone.
    #[must_use]
    pub fn instant(&self, local: LocalTime) -> Option<Timestamp> {
        match &self.calendar {
            Some(calendar) => calendar.time_zone.instant(local),
            None => local.by_utc(),
        }
    }

    /// Checks what the types of the fields cannot: that the zones exist, that a radius has a
    /// middle, that this build knows the time zone, that lists are not endless.
    ///
    /// # Errors
    /// [`HubError`], naming the field.
    pub fn check(&self, zones: &ZoneBook) -> Result<(), HubError> {
        self.area.check(self.location, zones)?;
        if let Some(cost) = self.handling_cost.filter(|cost| cost.is_negative()) {
            let value = cost.to_string();
            return Err(HubError::new(
                "handling_cost",
                HubProblem::Negative { value },
            ));
        }
        self.calendar
            .as_ref()
            .map_or(Ok(()), OpeningCalendar::check)
    }
}
