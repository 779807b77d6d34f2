//! What an order needs and where it goes.

use serde::{Deserialize, Serialize};

use crate::hub::Destination;
use crate::value::{LineId, Sku, Units};

/// Units of a line that need a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteLine {
    /// The line.
    pub line: LineId,
    /// What it is.
    pub sku: Sku,
    /// How many.
    pub units: Units,
}

/// Units of one SKU over all lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The SKU.
    pub sku: Sku,
    /// Units asked for.
    pub units: Units,
}

/// What an order needs and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRequest {
    destination: Option<Destination>,
    lines: Vec<RouteLine>,
    demand: Vec<Demand>,
}

impl RouteRequest {
    /// A request for lines in any order. Lines without units are left out; a SKU asked for more
    /// often than a counter can hold is asked for as often as it can.
    #[must_use]
    pub fn new(destination: Option<Destination>, mut lines: Vec<RouteLine>) -> Self {
        lines.retain(|line| !line.units.is_zero());
        lines.sort_unstable_by(|a, b| (&a.sku, a.line, a.units).cmp(&(&b.sku, b.line, b.units)));
        let mut demand: Vec<Demand> = Vec::with_capacity(lines.len());
        for line in &lines {
            match demand.last_mut().filter(|last| last.sku == line.sku) {
                Some(last) => {
                    last.units = last.units.checked_add(line.units).unwrap_or(Units::MAX);
                }
                None => demand.push(Demand {
                    sku: line.sku.clone(),
                    units: line.units,
                }),
            }
        }
        Self {
            destination,
            lines,
            demand,
        }
    }

    /// Where it goes; nowhere is a sale at a counter, which every hub serves.
    #[must_use]
    pub const fn destination(&self) -> Option<&Destination> {
        self.destination.as_ref()
    }

    /// The lines by SKU and line.
    #[must_use]
    pub fn lines(&self) -> &[RouteLine] {
        &self.lines
    }

    /// What is asked for, by SKU.
    #[must_use]
    pub fn demand(&self) -> &[Demand] {
        &self.demand
    }
}
