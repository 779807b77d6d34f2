//! A hub that may be chosen, and what it has.

use crate::hub::Hub;
use crate::routing::RouteRequest;
use crate::value::{Sku, Units};

/// A hub, what it could sell of each SKU of one request, and how much work it took on today.
#[derive(Clone, Debug)]
pub struct HubCandidate<'h> {
    pub(super) hub: &'h Hub,
    pub(super) taken_today: Units,
    /// In the order of the request's demand.
    pub(super) sellable: Vec<Units>,
}

impl<'h> HubCandidate<'h> {
    /// A candidate for one request. `sellable` tells the units that can be claimed of a SKU: what
    /// lies there, less what is reserved, less the safety stock of the hub.
    #[must_use]
    pub fn new(hub: &'h Hub, request: &RouteRequest, sellable: impl FnMut(&Sku) -> Units) -> Self {
        let skus = request.demand().iter().map(|demand| &demand.sku);
        Self {
            hub,
            taken_today: Units::ZERO,
            sellable: skus.map(sellable).collect(),
        }
    }

    /// The same, with the orders it took on in its present day, for the check of its capacity.
    #[must_use]
    pub const fn having_taken(mut self, orders: Units) -> Self {
        self.taken_today = orders;
        self
    }

    /// The hub.
    #[must_use]
    pub const fn hub(&self) -> &'h Hub {
        self.hub
    }
}
