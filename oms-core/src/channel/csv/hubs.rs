//! Hubs from a CSV file.

use std::collections::BTreeSet;

use crate::channel::csv::row::RowReader;
use crate::channel::csv::table::Column;
use crate::channel::csv::{CsvRows, read_rows};
use crate::channel::error::ChannelError;
use crate::hub::{Hub, PostalRange, ServiceArea, postal_range};
use crate::value::{CountryCode, GeoPoint, HubId, Name, PostalCode, Units};

/// A hub, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The hub: its name is its id where the file gives none; it is tried last, active and
    /// delivers everywhere unless the file says otherwise.
    pub hub: Hub,
}

const COLUMNS: &[Column] = &[
    Column::required("hub", &["hub_id", "id", "code", "warehouse"]),
    Column::optional("name", &["title"]),
    Column::optional("priority", &["rank"]),
    Column::optional(
        "postal_codes",
        &["postal_code", "postcodes", "postcode", "zip", "zips"],
    ),
    Column::optional("countries", &["country_codes"]),
    Column::optional("active", &["enabled"]),
    Column::optional("latitude", &["lat"]),
    Column::optional("longitude", &["lon", "lng", "long"]),
];

/// Reads hubs: columns `hub`, `name`, `priority` (lower is tried earlier), `postal_codes` (whole
/// ones or beginnings, `10|12*`, and ranges, `10115-10999`) and `countries` (`DE|AT`), `active`,
/// `latitude`, `longitude`; only `hub` must be there.
///
/// A range has halves of the same length around a hyphen; what has such halves and is none is
/// written without the hyphen, or with a `*` behind it.
///
/// ```
/// use oms_core::channel::csv::read_hubs;
/// let file = "hub,name,countries\nberlin,Berlin,DE|AT\n";
/// let hubs = read_hubs(file.as_bytes())?;
/// assert_eq!(hubs.rows[0].hub.area.countries.len(), 2);
/// # Ok::<(), oms_core::channel::ChannelError>(())
/// ```
///
/// # Errors
/// A file without a usable header row: `NotUtf8`, `MissingColumn`, `RepeatedColumn`.
pub fn read_hubs(bytes: &[u8]) -> Result<CsvRows<HubRow>, ChannelError> {
    read_rows(bytes, COLUMNS, read, |row| row.hub.id.clone())
}

fn read(row: &mut RowReader<'_>) -> Option<HubRow> {
    let id = row.id("hub", HubId::parse);
    let name = row.parse("name", |text| Name::parse(text));
    let priority = row.number("priority", Units::parse).map(Units::get);
    let countries = countries(row);
    let (postal_prefixes, postal_ranges) = postal_rules(row);
    let area = ServiceArea {
        countries,
        postal_prefixes,
        postal_ranges,
        ..ServiceArea::default()
    };
    let active = row.flag("active").unwrap_or(true);
    let location = location(row);
    let id = id?;
    let name = match name {
        Some(name) => name,
        // An id is a shorter and stricter text than a name.
        None => Name::parse(id.as_str()).ok()?,
    };
    let mut hub = Hub::new(id, name);
    hub.priority = priority.unwrap_or(hub.priority);
    hub.area = area;
    hub.active = active;
    hub.location = location;
    Some(HubRow {
        line: row.row.line,
        hub,
    })
}

fn countries(row: &mut RowReader<'_>) -> BTreeSet<CountryCode> {
    let mut countries = BTreeSet::new();
    for word in list(row, "countries") {
        let code = CountryCode::parse(&word.to_uppercase());
        countries.extend(row.parsed("countries", word, code));
    }
    countries
}

/// The beginnings and the ranges.
fn postal_rules(row: &mut RowReader<'_>) -> (BTreeSet<PostalCode>, BTreeSet<PostalRange>) {
    let (mut prefixes, mut ranges) = (BTreeSet::new(), BTreeSet::new());
    for word in list(row, "postal_codes") {
        let beginning = word.strip_suffix('*');
        match postal_range(word).filter(|_| beginning.is_none()) {
            Some(Ok(range)) => {
                ranges.insert(range);
            }
            Some(Err(problem)) => {
                let (code, reason) = (problem.code(), problem.to_string());
                row.problem(Some("postal_codes"), word, code, reason);
            }
            None => {
                let code = PostalCode::parse(beginning.unwrap_or(word));
                prefixes.extend(row.parsed("postal_codes", word, code));
            }
        }
    }
    (prefixes, ranges)
}

/// The entries of a list in one cell.
fn list<'t>(row: &RowReader<'t>, column: &str) -> impl Iterator<Item = &'t str> + use<'t> {
    let cell = row.text(column).unwrap_or_default();
    cell.split(['|', ';', ','])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}

fn location(row: &mut RowReader<'_>) -> Option<GeoPoint> {
    match (row.text("latitude"), row.text("longitude")) {
        (None, None) => None,
        (Some(_), Some(_)) => {
            // Degrees carry as many decimals as a device likes, so three of them are no thousand.
            let plain = |cell: &str| cell.replace(',', ".");
            let longitude = plain(row.text("longitude")?);
            row.parse("latitude", |cell| GeoPoint::parse(&plain(cell), &longitude))
        }
        (Some(_), None) => {
            row.problem(
                Some("longitude"),
                "",
                "cell_empty",
                "must be given with the latitude",
            );
            None
        }
        (None, Some(_)) => {
            row.problem(
                Some("latitude"),
                "",
                "cell_empty",
                "must be given with the longitude",
            );
            None
        }
    }
}
