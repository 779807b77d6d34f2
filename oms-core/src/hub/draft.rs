//! A hub as a form or a configuration file has it: text and numbers nobody has looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::hub::postal::characters;
use crate::hub::{
    DayHours, Hub, HubError, HubKind, HubPerformance, HubProblem, OpeningCalendar, PostalRange,
    Radius, ServiceArea, Week, ZoneBook,
};
use crate::value::{
    CountryCode, Currency, GeoPoint, HubId, LocalDate, MinuteOfDay, Money, Name, PostalCode, Rate,
    TimeZoneName, Units, ZoneId,
};

/// A hub before it was looked at; [`parse`](Self::parse) makes a [`Hub`] of it or names the field
/// that is wrong.
///
/// ```
/// use oms_core::hub::{HubDraft, ZoneBook};
///
/// let mut draft = HubDraft { id: "berlin".into(), ..HubDraft::default() };
/// draft.postal_codes = vec!["10*".into(), "12043-12059".into(), "14195".into()];
/// draft.daily_capacity = Some(400);
/// assert_eq!(draft.clone().parse(&ZoneBook::default())?.area.postal_prefixes.len(), 1);
///
/// draft.daily_capacity = Some(-1);
/// let error = draft.parse(&ZoneBook::default()).unwrap_err();
/// assert_eq!((error.field.as_str(), error.code()), ("daily_capacity", "quantity_negative"));
/// # Ok::<(), oms_core::hub::HubError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HubDraft {
    /// Its id.
    pub id: String,
    /// Its name; its id if there is none.
    pub name: Option<String>,
    /// Its priority; 100 if there is none.
    pub priority: Option<u32>,
    /// Whether it is switched off.
    pub inactive: bool,
    /// Whether a third party runs it.
    pub external: bool,
    /// Degrees north of the equator.
    pub latitude: Option<String>,
    /// Degrees east of Greenwich.
    pub longitude: Option<String>,
    /// Two-letter codes of countries.
    pub countries: Vec<String>,
    /// Postal codes: `10115`, beginnings `10*`, ranges `10115-10999`. A range has whole codes at
    /// its ends.
    pub postal_codes: Vec<String>,
    /// Delivery zones.
    pub zones: Vec<String>,
    /// How far around it delivers, in metres.
    pub radius_m: Option<i64>,
    /// Most orders of a day.
    pub daily_capacity: Option<i64>,
    /// When it works.
    pub calendar: Option<CalendarDraft>,
    /// What one parcel costs here, such as `1.20 EUR`.
    pub handling_cost: Option<String>,
    /// Share of its orders handed over in time, such as `0.97`.
    pub on_time: Option<String>,
    /// Share of its orders with the right goods.
    pub accurate: Option<String>,
    /// Share of its orders that it shipped.
    pub fulfilled: Option<String>,
}

/// An opening calendar before it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalendarDraft {
    /// Its zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// Hours of the days `mon` to `sun`, such as `08:00-12:00 13:00-17:00`.
    pub week: BTreeMap<String, String>,
    /// Days with other hours, such as `2026-12-24` and `08:00-12:00`; no hours for closed.
    pub exceptions: Vec<(String, String)>,
    /// From when on an order counts for another day, such as `16:00`.
    pub cut_off: Option<String>,
}

impl HubDraft {
    /// Looks at every field.
    ///
    /// # Errors
    /// [`HubError`] for the first field that is wrong, in the order of the fields.
    pub fn parse(self, zones: &ZoneBook) -> Result<Hub, HubError> {
        let id = read("id", HubId::parse(&self.id))?;
        let name = self.name.as_deref().unwrap_or(&self.id);
        let mut hub = Hub::new(id, read("name", Name::parse(name))?);
        hub.priority = self.priority.unwrap_or(hub.priority);
        hub.active = !self.inactive;
        if self.external {
            hub.kind = HubKind::External;
        }
        hub.location = self.location()?;
        hub.area = self.area()?;
        if let Some(capacity) = self.daily_capacity {
            hub.daily_capacity = Some(read("daily_capacity", Units::parse(&capacity.to_string()))?);
        }
        hub.calendar = self.calendar.map(CalendarDraft::parse).transpose()?;
        if let Some(cost) = &self.handling_cost {
            hub.handling_cost = Some(money("handling_cost", cost)?);
        }
        let share = |field: &str, text: &Option<String>| {
            let rate = text.as_deref().map(Rate::parse).transpose();
            read(&format!("performance.{field}"), rate)
        };
        hub.performance = HubPerformance {
            on_time: share("on_time", &self.on_time)?,
            accurate: share("accurate", &self.accurate)?,
            fulfilled: share("fulfilled", &self.fulfilled)?,
        };
        hub.check(zones)?;
        Ok(hub)
    }

    fn location(&self) -> Result<Option<GeoPoint>, HubError> {
        let alone = |field: &str, with: &str| {
            let with = with.to_owned();
            Err(HubError::new(field, HubProblem::Alone { with }))
        };
        match (&self.latitude, &self.longitude) {
            (None, None) => Ok(None),
            (Some(_), None) => alone("latitude", "longitude"),
            (None, Some(_)) => alone("longitude", "latitude"),
            (Some(lat), Some(lon)) => {
                // One at a time, so that the error names the field.
                read("latitude", GeoPoint::parse(lat, "0"))?;
                read("longitude", GeoPoint::parse(lat, lon)).map(Some)
            }
        }
    }

    fn area(&self) -> Result<ServiceArea, HubError> {
        let mut area = ServiceArea::default();
        for country in &self.countries {
            area.countries
                .insert(read("area.countries", CountryCode::parse(country))?);
        }
        let code = |text: &str| read("area.postal_codes", PostalCode::parse(text));
        for rule in &self.postal_codes {
            if let Some(prefix) = rule.strip_suffix('*') {
                area.postal_prefixes.insert(code(prefix)?);
            } else if let Some(range) = postal_range(rule) {
                area.postal_ranges.insert(read("area.postal_codes", range)?);
            } else {
                area.postal_codes.insert(code(rule)?);
            }
        }
        for zone in &self.zones {
            area.zones.insert(read("area.zones", ZoneId::parse(zone))?);
        }
        if let Some(metres) = self.radius_m {
            area.radius = Some(read("area.radius", Radius::from_metres(metres))?);
        }
        Ok(area)
    }
}

/// The fewest characters of a postal code, as in Iceland.
const CODE_CHARS_MIN: usize = 3;

/// The range that a rule means, or why it is none that a code can lie in; `None` where the rule is
/// a single code.
pub(crate) fn postal_range(rule: &str) -> Option<Result<PostalRange, HubProblem>> {
    let (first, last) = ends_of_range(rule)?;
    Some(range_between(first, last))
}

fn range_between(first: &str, last: &str) -> Result<PostalRange, HubProblem> {
    let range = PostalRange::new(PostalCode::parse(first)?, PostalCode::parse(last)?)?;
    let [first, last] = [range.first(), range.last()].map(PostalCode::as_str);
    if characters(first).count() < CODE_CHARS_MIN {
        // Meant are beginnings, or one that is written with a hyphen.
        return Err(HubProblem::PostalRangeOfBeginnings {
            first: first.to_owned(),
            last: last.to_owned(),
        });
    }
    Ok(range)
}

/// The two ends of `10115-10999` or `1000-100-1000-199`: halves of the same length around a hyphen.
/// A single code with a hyphen, such as `1000-100`, has no such halves.
fn ends_of_range(rule: &str) -> Option<(&str, &str)> {
    let halves = |(at, _)| Some((rule.get(..at)?, rule.get(at.checked_add(1)?..)?));
    let mut pairs = rule.match_indices('-').filter_map(halves);
    pairs.find(|(first, last)| {
        let (first, last) = (first.trim(), last.trim());
        first.chars().count() == last.chars().count() && !first.is_empty()
    })
}

impl CalendarDraft {
    fn parse(self) -> Result<OpeningCalendar, HubError> {
        let zone = read("calendar.time_zone", TimeZoneName::parse(&self.time_zone))?;
        let mut calendar = OpeningCalendar::new(zone);
        for (day, hours) in &self.week {
            let field = format!("calendar.week.{day}");
            let hours = read(&field, DayHours::parse(hours))?;
            *named_day(&mut calendar.week, day).ok_or_else(|| {
                let value = day.clone();
                HubError::new(field, crate::value::LocalTimeError::Date { value })
            })? = hours;
        }
        let mut seen = BTreeSet::new();
        for (date, hours) in &self.exceptions {
            let day = read("calendar.exceptions", LocalDate::parse(date))?;
            if !seen.insert(day) {
                let date = date.clone();
                return Err(HubError::new(
                    "calendar.exceptions",
                    HubProblem::DateTwice { date },
                ));
            }
            let hours = read(
                &format!("calendar.exceptions.{date}"),
                DayHours::parse(hours),
            )?;
            calendar.exceptions.insert(day, hours);
        }
        let cut_off = self.cut_off.as_deref().map(MinuteOfDay::parse).transpose();
        calendar.cut_off = read("calendar.cut_off", cut_off)?;
        Ok(calendar)
    }
}

fn named_day<'w>(week: &'w mut Week, day: &str) -> Option<&'w mut DayHours> {
    match day {
        "mon" => Some(&mut week.mon),
        "tue" => Some(&mut week.tue),
        "wed" => Some(&mut week.wed),
        "thu" => Some(&mut week.thu),
        "fri" => Some(&mut week.fri),
        "sat" => Some(&mut week.sat),
        "sun" => Some(&mut week.sun),
        _ => None,
    }
}

fn money(field: &str, text: &str) -> Result<Money, HubError> {
    let (amount, currency) = text.trim().rsplit_once(' ').unwrap_or((text, ""));
    let currency = read(field, Currency::parse(currency))?;
    read(field, Money::parse(amount.trim(), currency))
}

/// The value, or the error with the field it is in.
pub(super) fn read<T, E: Into<HubProblem>>(
    field: &str,
    value: Result<T, E>,
) -> Result<T, HubError> {
    value.map_err(|error| HubError::new(field, error))
}

#[cfg(test)]
mod tests;
