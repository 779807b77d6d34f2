//! What an order's events mean for the stock they claim.

use crate::order::{Claim, Fulfillment, FulfillmentLine, Order, OrderEvent};
use crate::value::{FulfillmentId, HubId, LineId, Quantity, Sku, Timestamp, Units};

/// A change of what one line claims of a SKU at a hub.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimChange {
    /// The line.
    pub line: LineId,
    /// The hub.
    pub hub: HubId,
    /// The SKU.
    pub sku: Sku,
    /// What changes.
    pub change: ClaimDelta,
}

/// How a claim changes, and by how many units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimDelta {
    /// Units are claimed.
    Reserve {
        /// How many.
        quantity: Quantity,
        /// `Some` when the claim is tentative until then.
        expires_at: Option<Timestamp>,
    },
    /// Tentative units become firm.
    Confirm {
        /// How many.
        quantity: Quantity,
    },
    /// Claimed units are given up.
    Release {
        /// How many.
        quantity: Quantity,
        /// Whether they were claimed tentatively.
        tentative: bool,
    },
    /// Tentative units ended by themselves.
    Expire {
        /// How many.
        quantity: Quantity,
    },
    /// Claimed units left the hub.
    Consume {
        /// How many.
        quantity: Quantity,
    },
}

/// What an event does to the claims on stock; `before` is the order just before that event.
///
/// A unit is claimed from its allocation until it ships, is cancelled, is withdrawn by an edit, or
/// its claim expires; picking and packing change nothing. So what an order claims at any time is
/// what its fulfillments hold as reserved, picked and packed.
#[must_use]
pub fn claim_changes(before: &Order, event: &OrderEvent) -> Vec<ClaimChange> {
    match event {
        OrderEvent::Allocated {
            hub, claim, lines, ..
        } => {
            let expires_at = match claim {
                Claim::Tentative { expires_at } => Some(*expires_at),
                Claim::Confirmed | Claim::Expired => None,
            };
            let reserve = |line: LineId, quantity: Quantity| {
                let sku = before.line(line)?.sku.known()?.clone();
                let change = ClaimDelta::Reserve {
                    quantity,
                    expires_at,
                };
                Some(ClaimChange {
                    line,
                    hub: hub.clone(),
                    sku,
                    change,
                })
            };
            lines
                .iter()
                .filter_map(|part| reserve(part.line, part.quantity))
                .collect()
        }
        OrderEvent::Confirmed { fulfillment } => whole(before, *fulfillment, |quantity, _| {
            ClaimDelta::Confirm { quantity }
        }),
        OrderEvent::Expired { fulfillment, .. } => whole(before, *fulfillment, |quantity, _| {
            ClaimDelta::Expire { quantity }
        }),
        OrderEvent::LinesEdited { withdrawn, .. } => {
            let release = |quantity, tentative| ClaimDelta::Release {
                quantity,
                tentative,
            };
            withdrawn
                .iter()
                .flat_map(|id| whole(before, *id, release))
                .collect()
        }
        OrderEvent::LinesCancelled { cuts, .. } => cuts
            .iter()
            .filter_map(|cut| {
                let part = cut.fulfillment?;
                let release = |quantity, tentative| ClaimDelta::Release {
                    quantity,
                    tentative,
                };
                some(
                    before.fulfillments.get(&part.id)?,
                    cut.line,
                    part.units(),
                    release,
                )
            })
            .collect(),
        OrderEvent::Shipped {
            fulfillment,
            shipment,
        } => {
            let Some(work) = before.fulfillments.get(fulfillment) else {
                return Vec::new();
            };
            let consume = |quantity, _| ClaimDelta::Consume { quantity };
            let parts = shipment.lines.iter();
            parts
                .filter_map(|(line, quantity)| some(work, *line, Units::from(*quantity), consume))
                .collect()
        }
        OrderEvent::Placed { .. }
        | OrderEvent::Backordered { .. }
        | OrderEvent::Approved { .. }
        | OrderEvent::Held { .. }
        | OrderEvent::Released { .. }
        | OrderEvent::Cancelled { .. }
        | OrderEvent::Picked { .. }
        | OrderEvent::Packed { .. }
        | OrderEvent::TrackingChanged { .. }
        | OrderEvent::Delivered { .. }
        | OrderEvent::Returned { .. }
        | OrderEvent::Closed { .. }
        | OrderEvent::CustomerChanged { .. }
        | OrderEvent::ShipToChanged { .. }
        | OrderEvent::BillToChanged { .. }
        | OrderEvent::PaymentRecorded { .. }
        | OrderEvent::Tagged { .. }
        | OrderEvent::NoteAdded { .. }
        | OrderEvent::AttributeSet { .. }
        | OrderEvent::StageSet { .. } => Vec::new(),
    }
}

/// The same change for every unit a fulfillment claims.
fn whole(
    before: &Order,
    id: FulfillmentId,
    delta: impl Fn(Quantity, bool) -> ClaimDelta,
) -> Vec<ClaimChange> {
    let Some(work) = before.fulfillments.get(&id) else {
        return Vec::new();
    };
    work.lines
        .iter()
        .filter_map(|share| change(work, share, share.here(), &delta))
        .collect()
}

fn some(
    work: &Fulfillment,
    line: LineId,
    units: Units,
    delta: impl Fn(Quantity, bool) -> ClaimDelta,
) -> Option<ClaimChange> {
    change(work, work.line(line)?, units, &delta)
}

fn change(
    work: &Fulfillment,
    share: &FulfillmentLine,
    units: Units,
    delta: &impl Fn(Quantity, bool) -> ClaimDelta,
) -> Option<ClaimChange> {
    let quantity = units.quantity()?;
    let tentative = matches!(work.claim, Claim::Tentative { .. });
    Some(ClaimChange {
        line: share.line,
        hub: work.hub.clone(),
        sku: share.sku.clone(),
        change: delta(quantity, tentative),
    })
}
