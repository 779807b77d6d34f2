//! Which of a tenant's hubs may deliver to a place, without looking at all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::hub::{Destination, Hub, PostalRange, SoughtCode, beginnings, distance_m, gap, key};
use crate::value::{CountryCode, GeoPoint, HubId, ZoneId};

/// Hubs by what their service areas name: postal codes, beginnings, ranges, zones, and places on
/// the map.
///
/// Built once per change of the hubs; a look-up costs a few searches in sorted lists and the hubs
/// it finds, however many others there are. It finds every hub that is switched on and whose
/// [`ServiceArea`](crate::hub::ServiceArea) serves the destination, and no other.
///
/// ```
/// use oms_core::hub::{Destination, HubDraft, ZoneBook};
/// use oms_core::routing::AreaIndex;
/// use oms_core::value::PostalCode;
///
/// let hub = |id: &str, code: &str| {
///     let postal_codes = vec![code.into()];
///     let draft = HubDraft { id: id.into(), postal_codes, ..HubDraft::default() };
///     draft.parse(&ZoneBook::default())
/// };
/// let hubs = [hub("north", "2*")?, hub("south", "8*")?];
/// let index = AreaIndex::new(&hubs);
/// let mut place = Destination::default();
/// place.postal_code = Some(PostalCode::parse("20095")?);
/// let found: Vec<&str> = index.serving(Some(&place)).map(|hub| hub.as_str()).collect();
/// assert_eq!(found, ["north"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AreaIndex {
    hubs: Vec<Entry>,
    /// Hubs without a rule inside their countries; under no country those without countries.
    everywhere: BTreeMap<Option<CountryCode>, Vec<usize>>,
    /// By the code as it is compared, as all that is postal here.
    postal_codes: BTreeMap<String, Vec<usize>>,
    /// With the characters before the first gap of what the hub says.
    postal_prefixes: BTreeMap<String, Vec<(Option<usize>, usize)>>,
    /// By the length of their codes.
    postal_ranges: BTreeMap<usize, Ranges>,
    zones: BTreeMap<ZoneId, Vec<usize>>,
    circles: BTreeMap<Cell, Vec<Circle>>,
}

#[derive(Clone, Debug)]
struct Entry {
    id: HubId,
    countries: BTreeSet<CountryCode>,
}

/// A band of latitudes as high as the circles whose middles lie in it are wide at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    /// The height of the band is `2^size` millionths of a degree.
    size: u32,
    band: i64,
}

/// What a hub's radius covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Circle {
    lon_micro: i32,
    hub: usize,
    middle: GeoPoint,
    radius_m: u32,
}

/// Ranges of codes of one length, by their first code, each with the greatest last code of the
/// half-open stretch of the list that it is the middle of: an interval tree laid flat.
#[derive(Clone, Debug, Default)]
struct Ranges {
    list: Vec<(String, String, usize)>,
    greatest: Vec<String>,
}

impl AreaIndex {
    /// The index of these hubs; those that are switched off are left out.
    #[must_use]
    pub fn new<'h>(hubs: impl IntoIterator<Item = &'h Hub>) -> Self {
        let mut index = Self::default();
        let mut ranges: BTreeMap<usize, Vec<(String, String, usize)>> = BTreeMap::new();
        for (at, hub) in hubs.into_iter().filter(|hub| hub.active).enumerate() {
            let area = &hub.area;
            index.hubs.push(Entry {
                id: hub.id.clone(),
                countries: area.countries.clone(),
            });
            if !area.has_rules() {
                index.put_everywhere(at);
            }
            for code in &area.postal_codes {
                let hubs = index.postal_codes.entry(key(code.as_str()));
                hubs.or_default().push(at);
            }
            for prefix in &area.postal_prefixes {
                let hubs = index.postal_prefixes.entry(key(prefix.as_str()));
                hubs.or_default().push((gap(prefix.as_str()), at));
            }
            for (first, last) in area.postal_ranges.iter().filter_map(PostalRange::keys) {
                let of_length = ranges.entry(first.len()).or_default();
                of_length.push((first, last, at));
            }
            for zone in &area.zones {
                index.zones.entry(zone.clone()).or_default().push(at);
            }
            if let (Some(radius), Some(middle)) = (area.radius, hub.location) {
                index.put_circle(at, middle, radius.metres());
            }
        }
        index
            .circles
            .values_mut()
            .for_each(|circles| circles.sort_unstable());
        let sorted = ranges
            .into_iter()
            .map(|(length, list)| (length, Ranges::new(list)));
        index.postal_ranges = sorted.collect();
        index
    }

    fn put_everywhere(&mut self, at: usize) {
        let countries = self.hubs.get(at).map(|hub| hub.countries.clone());
        let countries = countries.unwrap_or_default();
        if countries.is_empty() {
            self.everywhere.entry(None).or_default().push(at);
        }
        for country in countries {
            self.everywhere.entry(Some(country)).or_default().push(at);
        }
    }

    fn put_circle(&mut self, hub: usize, middle: GeoPoint, radius_m: u32) {
        let reach = reach_micro(radius_m);
        // The next power of two, so that a circle reaches into neighbouring bands only.
        let size = u64::BITS - reach.unsigned_abs().leading_zeros();
        let band = i64::from(middle.lat_micro()) >> size;
        let lon_micro = middle.lon_micro();
        self.circles
            .entry(Cell { size, band })
            .or_default()
            .push(Circle {
                lon_micro,
                hub,
                middle,
                radius_m,
            });
    }

    /// Every hub that serves the destination, by id; all of them if there is none.
    pub fn serving(&self, place: Option<&Destination>) -> impl Iterator<Item = &HubId> {
        let mut found = self.places(place);
        found.sort_unstable_by_key(|at| self.hubs.get(*at).map(|hub| &hub.id));
        found.dedup();
        found
            .into_iter()
            .filter_map(|at| self.hubs.get(at))
            .map(|hub| &hub.id)
    }

    fn places(&self, place: Option<&Destination>) -> Vec<usize> {
        let Some(place) = place else {
            return (0..self.hubs.len()).collect();
        };
        let mut found = Vec::new();
        let mut take = |hubs: Option<&Vec<usize>>| found.extend(hubs.into_iter().flatten());
        take(self.everywhere.get(&None));
        if place.country.is_some() {
            take(self.everywhere.get(&place.country));
        }
        for zone in &place.zones {
            take(self.zones.get(zone));
        }
        let code = place.postal_code.as_ref();
        if let Some(code) = code.and_then(|code| SoughtCode::new(code, place.country)) {
            self.by_code(&code, &mut found);
        }
        if let Some(at) = place.location {
            self.around(at, &mut found);
        }
        found.retain(|at| self.delivers_to(*at, place.country));
        found
    }

    fn by_code(&self, code: &SoughtCode, found: &mut Vec<usize>) {
        for key in code.wholes() {
            found.extend(self.postal_codes.get(key).into_iter().flatten());
            if let Some(ranges) = self.postal_ranges.get(&key.len()) {
                ranges.around(key, 0, ranges.list.len(), found);
            }
        }
        for beginning in beginnings(code.key()) {
            let hubs = self.postal_prefixes.get(beginning).into_iter().flatten();
            let hubs = hubs.filter(|(gap, _)| code.is_parted(*gap));
            found.extend(hubs.map(|(_, at)| *at));
        }
    }

    fn delivers_to(&self, at: usize, country: Option<CountryCode>) -> bool {
        self.hubs.get(at).is_some_and(|hub| {
            let named = |country| hub.countries.contains(&country);
            hub.countries.is_empty() || country.is_some_and(named)
        })
    }

    /// Hubs whose circle a point lies in: of each size of circles the three bands around the point,
    /// and of those the part that is near enough from east to west.
    fn around(&self, point: GeoPoint, found: &mut Vec<usize>) {
        let sizes: BTreeSet<u32> = self.circles.keys().map(|cell| cell.size).collect();
        for size in sizes {
            let band = i64::from(point.lat_micro()) >> size;
            let from = Cell {
                size,
                band: band - 1,
            };
            let to = Cell {
                size,
                band: band + 1,
            };
            for circles in self.circles.range(from..=to).map(|(_, circles)| circles) {
                for (west, east) in windows(point, size) {
                    let begin = circles.partition_point(|c| i64::from(c.lon_micro) < west);
                    let near = circles.iter().skip(begin);
                    let near = near.take_while(|circle| i64::from(circle.lon_micro) <= east);
                    let inside = near.filter(|c| distance_m(c.middle, point) <= c.radius_m);
                    found.extend(inside.map(|circle| circle.hub));
                }
            }
        }
    }
}

const TURN_MICRO: i64 = 360_000_000;
const QUARTER_MICRO: i64 = 90_000_000;

/// More millionths of a degree than a distance in metres reaches north or south. A degree of
/// latitude is 111,195 m on the sphere of [`distance_m`], so a metre is less than nine millionths;
/// ten leave a tenth for rounding.
fn reach_micro(radius_m: u32) -> i64 {
    i64::from(radius_m) * 10
}

/// The longitudes between which the middles of circles that reach no further than `2^size`
/// millionths of a degree and contain the point must lie: one stretch, or two at the date line.
fn windows(point: GeoPoint, size: u32) -> Vec<(i64, i64)> {
    let (lat, lon) = (
        i64::from(point.lat_micro()).abs(),
        i64::from(point.lon_micro()),
    );
    let everything = vec![(-TURN_MICRO / 2, TURN_MICRO / 2)];
    let reach = 1_i64 << size.min(40);
    // A circle around this point that reaches so far spans at most asin(sin r / cos lat) degrees of
    // longitude to either side. With asin x <= x * pi / 2 and cos lat >= (90 - lat) / 90, both for
    // what is at most a quarter turn, that is at most r * pi / 2 * 90 / (90 - lat).
    let to_pole = QUARTER_MICRO - lat;
    if reach >= to_pole {
        return everything;
    }
    let span = reach * 142 / to_pole * 1_000_000 + 1_000_000;
    if span >= TURN_MICRO / 2 {
        return everything;
    }
    let (west, east) = (lon - span, lon + span);
    if west < -TURN_MICRO / 2 {
        return vec![(west + TURN_MICRO, TURN_MICRO / 2), (-TURN_MICRO / 2, east)];
    }
    if east > TURN_MICRO / 2 {
        return vec![(west, TURN_MICRO / 2), (-TURN_MICRO / 2, east - TURN_MICRO)];
    }
    vec![(west, east)]
}

impl Ranges {
    fn new(mut list: Vec<(String, String, usize)>) -> Self {
        list.sort_unstable();
        let mut greatest: Vec<String> = list.iter().map(|(_, last, _)| last.clone()).collect();
        lift(&mut greatest, 0, list.len());
        Self { list, greatest }
    }

    /// Adds the hubs of the ranges in a stretch of the list that contain a code.
    fn around(&self, code: &str, from: usize, until: usize, found: &mut Vec<usize>) {
        let middle = from.midpoint(until);
        let (Some((first, last, hub)), Some(greatest)) =
            (self.list.get(middle), self.greatest.get(middle))
        else {
            return;
        };
        if from >= until || greatest.as_str() < code {
            return;
        }
        self.around(code, from, middle, found);
        if first.as_str() <= code {
            if code <= last.as_str() {
                found.push(*hub);
            }
            self.around(code, middle + 1, until, found);
        }
    }
}

/// Makes every entry the greatest of the stretch it is the middle of; answers the whole greatest.
fn lift(greatest: &mut [String], from: usize, until: usize) -> Option<String> {
    if from >= until {
        return None;
    }
    let middle = from.midpoint(until);
    let below = lift(greatest, from, middle);
    let above = lift(greatest, middle + 1, until);
    let own = greatest.get_mut(middle)?;
    for other in [below, above].into_iter().flatten() {
        if other > *own {
            *own = other;
        }
    }
    Some(own.clone())
}

#[cfg(test)]
mod tests;
