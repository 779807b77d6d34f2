//! Hub routing on a map: hubs, orders, the parcels that each order is sent in, and why.
//!
//! `map routes.svg` draws the map and prints the explanation of one decision.
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use oms_core::hub::{Destination, Hub, HubDraft, ZoneBook};
use oms_core::routing::{HubCandidate, RouteLine, RoutePlan, RoutePolicy, RouteRequest, route};
use oms_core::value::{GeoPoint, LineId, Sku, Timestamp, Units};
use plotters::prelude::*;

/// Draws which hubs fulfil some orders.
#[derive(Debug, Parser)]
struct Args {
    /// The file to draw into
    #[arg(default_value = "map.svg")]
    file: PathBuf,
    /// The order whose explanation is printed, by its city
    #[arg(long, value_name = "CITY", default_value = "Dresden")]
    explain: String,
}

/// Degrees east and north, as on a map.
type Point = (f64, f64);

/// Hubs: where they are, how many of their orders left in time, and what they could sell.
const HUBS: [(&str, &str, &str, &str, [u32; 3]); 5] = [
    ("Hamburg", "53.55", "10.00", "0.97", [40, 0, 12]),
    ("Berlin", "52.52", "13.40", "0.92", [25, 30, 0]),
    ("Cologne", "50.94", "6.96", "0.99", [60, 40, 20]),
    ("Leipzig", "51.34", "12.37", "0.88", [5, 0, 9]),
    ("Munich", "48.14", "11.58", "0.95", [30, 25, 0]),
];

/// What is sold, in the order in which the tables above and below count it.
const SKUS: [&str; 3] = ["TEA", "MUG", "POT"];

/// Orders: where they go, and how many of each SKU.
const ORDERS: [(&str, &str, &str, [u32; 3]); 8] = [
    ("Kiel", "54.32", "10.14", [2, 0, 1]),
    ("Rostock", "54.09", "12.10", [1, 2, 0]),
    ("Hanover", "52.37", "9.73", [3, 0, 0]),
    ("Dresden", "51.05", "13.74", [1, 1, 8]),
    ("Frankfurt", "50.11", "8.68", [4, 2, 1]),
    ("Nuremberg", "49.45", "11.08", [2, 3, 0]),
    ("Freiburg", "47.99", "7.85", [0, 2, 0]),
    ("Aachen", "50.78", "6.08", [1, 0, 30]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let hubs = hubs()?;
    // Whatever no single hub has is split; what is short is sent as far as it goes.
    let policy: RoutePolicy = serde_json::from_str(r#"{"on_shortage":"backorder"}"#)?;
    policy.check()?;
    let now = Timestamp::parse_rfc3339("2026-11-18T12:00:00Z")?;
    let mut plans = Vec::new();
    for (city, lat, lon, wanted) in ORDERS {
        let request = request(lat, lon, wanted)?;
        let candidates: Vec<HubCandidate<'_>> = hubs
            .iter()
            .map(|(hub, stock)| {
                let sellable = |sku: &Sku| stock.get(sku).copied().unwrap_or(Units::ZERO);
                HubCandidate::new(hub, &request, sellable)
            })
            .collect();
        let plan = route(&request, &candidates, &policy, now);
        // What is recorded is enough to come to the same choice again.
        plan.explanation.verify()?;
        plans.push((city, degrees(GeoPoint::parse(lat, lon)?)?, plan));
    }
    draw(&args.file, &hubs, &plans)?;
    for (city, _, plan) in &plans {
        println!("{city}: {}", told(plan));
    }
    let (city, _, plan) = plans
        .iter()
        .find(|(city, ..)| *city == args.explain)
        .ok_or_else(|| format!("no order goes to {}", args.explain))?;
    println!(
        "\nWhy the order to {city} is sent so:\n\n{}",
        plan.explanation
    );
    println!("Drawn into {}", args.file.display());
    Ok(())
}

type Stock = BTreeMap<Sku, Units>;

fn hubs() -> Result<Vec<(Hub, Stock)>, Box<dyn Error>> {
    let mut hubs = Vec::new();
    for (city, lat, lon, on_time, units) in HUBS {
        let draft = HubDraft {
            id: city.to_lowercase(),
            name: Some(city.to_owned()),
            latitude: Some(lat.to_owned()),
            longitude: Some(lon.to_owned()),
            on_time: Some(on_time.to_owned()),
            ..HubDraft::default()
        };
        let mut stock = Stock::new();
        for (sku, units) in SKUS.into_iter().zip(units) {
            stock.insert(Sku::parse(sku)?, Units::new(units)?);
        }
        hubs.push((draft.parse(&ZoneBook::default())?, stock));
    }
    Ok(hubs)
}

fn request(lat: &str, lon: &str, wanted: [u32; 3]) -> Result<RouteRequest, Box<dyn Error>> {
    let mut lines = Vec::new();
    for ((number, sku), units) in (1..).zip(SKUS).zip(wanted) {
        let line = LineId::new(number)?;
        let sku = Sku::parse(sku)?;
        let units = Units::new(units)?;
        lines.push(RouteLine { line, sku, units });
    }
    let destination = Destination {
        location: Some(GeoPoint::parse(lat, lon)?),
        ..Destination::default()
    };
    Ok(RouteRequest::new(Some(destination), lines))
}

fn degrees(point: GeoPoint) -> Result<Point, Box<dyn Error>> {
    Ok((
        point.lon().to_string().parse()?,
        point.lat().to_string().parse()?,
    ))
}

fn told(plan: &RoutePlan) -> String {
    let list = |lines: &[RouteLine]| {
        let lines = lines.iter();
        let lines: Vec<String> = lines.map(|l| format!("{} {}", l.units, l.sku)).collect();
        lines.join(", ")
    };
    let parcels = plan.parcels.iter();
    let mut parts: Vec<String> = parcels
        .map(|parcel| format!("{} sends {}", parcel.hub, list(&parcel.lines)))
        .collect();
    if !plan.short.is_empty() {
        parts.push(format!("{} on backorder", list(&plan.short)));
    }
    parts.join("; ")
}

const SIZE: (u32, u32) = (760, 900);

/// A route is one line per parcel: thin where it is one of several.
fn draw(
    file: &PathBuf,
    hubs: &[(Hub, Stock)],
    plans: &[(&str, Point, RoutePlan)],
) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(
            "Hubs, orders, and the parcels they are sent in",
            ("sans-serif", 22),
        )
        .margin(14)
        .x_label_area_size(34)
        .y_label_area_size(44)
        .build_cartesian_2d(5.0..15.0, 47.2..55.2)?;
    chart
        .configure_mesh()
        .x_desc("degrees east")
        .y_desc("degrees north")
        .light_line_style(WHITE)
        .draw()?;
    let label = |text: String, at: Point, down: i32, size: u32| {
        EmptyElement::at(at) + Text::new(text, (8, down), ("sans-serif", size))
    };
    let mut places = BTreeMap::new();
    for (number, (hub, _)) in hubs.iter().enumerate() {
        let at = degrees(hub.location.ok_or("a hub without a place")?)?;
        places.insert(&hub.id, (at, Palette99::pick(number).to_rgba()));
    }
    for (_, to, plan) in plans {
        let width = if plan.parcels.len() > 1 { 1 } else { 3 };
        for parcel in &plan.parcels {
            let (from, color) = places.get(&parcel.hub).ok_or("a parcel from nowhere")?;
            let line = PathElement::new([*from, *to], color.stroke_width(width));
            chart.draw_series([line])?;
        }
    }
    for (city, at, plan) in plans {
        chart.draw_series([Circle::new(*at, 4, BLACK.filled())])?;
        let split = plan.parcels.len();
        let text = if split > 1 {
            format!("{city}, {split} parcels")
        } else {
            (*city).to_owned()
        };
        chart.draw_series([label(text, *at, 2, 14)])?;
    }
    for (hub, _) in hubs {
        let Some((at, color)) = places.get(&hub.id) else {
            continue;
        };
        let square = EmptyElement::at(*at) + Rectangle::new([(-7, -7), (7, 7)], color.filled());
        chart.draw_series([square])?;
        chart.draw_series([label(hub.name.to_string(), *at, -18, 18)])?;
    }
    Ok(root.present()?)
}
