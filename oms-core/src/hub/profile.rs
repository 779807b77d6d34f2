//! What is known about a hub.

use serde::{Deserialize, Serialize};

use crate::hub::ServiceArea;
use crate::value::{GeoPoint, HubId, Name};

/// A place that keeps stock and fulfils orders.
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
}

impl Hub {
    /// An active hub that delivers everywhere, tried last.
    #[must_use]
    pub fn new(id: HubId, name: Name) -> Self {
        Self {
            id,
            name,
            priority: 100,
            area: ServiceArea::default(),
            location: None,
            active: true,
        }
    }
}
