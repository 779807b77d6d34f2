//! What an order needs and where it goes.

use serde::{Deserialize, Serialize};

use crate::hub::Destination;
use crate::value::{HubId, LineId, Sku, Units};

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

/// Demand as `{"TEA": 6}`, as it is stored with every order; a list of its fields is read as well.
pub(super) mod by_sku {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::routing::Demand;
    use crate::value::{Sku, Units};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        BySku(BTreeMap<Sku, Units>),
        List(Vec<Demand>),
    }

    pub(in crate::routing) fn serialize<S: Serializer>(
        demand: &[Demand],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_map(demand.iter().map(|demand| (&demand.sku, demand.units)))
    }

    pub(in crate::routing) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Demand>, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::List(demand) => demand,
            Written::BySku(demand) => {
                let demand = demand.into_iter();
                demand.map(|(sku, units)| Demand { sku, units }).collect()
            }
        })
    }
}

/// Which hubs were looked at, before any filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Considered {
    /// Every hub that may deliver there.
    #[default]
    Every,
    /// The one that somebody named.
    Named,
    /// The one of the delivery slot that the order has booked.
    Slot,
    /// Every one but that which is to lose the work.
    AllBut(HubId),
}

impl Considered {
    pub(super) fn is_every(&self) -> bool {
        *self == Self::Every
    }
}

/// What an order needs, where it goes, and which hubs are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRequest {
    destination: Option<Destination>,
    lines: Vec<RouteLine>,
    demand: Vec<Demand>,
    considered: Considered,
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
            considered: Considered::Every,
        }
    }

    /// Says that the candidates are not all hubs that may deliver there, for the explanation to
    /// tell: whoever calls [`route`](crate::routing::route) leaves the others out.
    #[must_use]
    pub fn considering(mut self, considered: Considered) -> Self {
        self.considered = considered;
        self
    }

    /// Which hubs are looked at.
    #[must_use]
    pub const fn considered(&self) -> &Considered {
        &self.considered
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
