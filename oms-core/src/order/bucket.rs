//! Where the units of a fulfillment are, and how they move.

use crate::order::{Fulfillment, FulfillmentLine, FulfillmentStatus, LineQuantity, Order};
use crate::value::{HubId, LineId, Sku, Timestamp, Units};

use super::Claim;

/// A place for units in a fulfillment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bucket {
    Reserved,
    Picked,
    Packed,
    Shipped,
    Delivered,
    Returned,
}

impl Bucket {
    /// The buckets whose units have not left the hub, in the order in which they are cancelled.
    pub(super) const HERE: [Self; 3] = [Self::Reserved, Self::Picked, Self::Packed];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Picked => "picked",
            Self::Packed => "packed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
        }
    }
}

impl FulfillmentLine {
    pub(super) const fn new(line: LineId, sku: Sku) -> Self {
        let zero = Units::ZERO;
        Self {
            line,
            sku,
            reserved: zero,
            picked: zero,
            packed: zero,
            shipped: zero,
            delivered: zero,
            returned: zero,
        }
    }

    pub(super) const fn units(&self, bucket: Bucket) -> Units {
        match bucket {
            Bucket::Reserved => self.reserved,
            Bucket::Picked => self.picked,
            Bucket::Packed => self.packed,
            Bucket::Shipped => self.shipped,
            Bucket::Delivered => self.delivered,
            Bucket::Returned => self.returned,
        }
    }

    pub(super) fn units_in(&self, buckets: &[Bucket]) -> Units {
        sum(buckets.iter().map(|bucket| self.units(*bucket)))
    }

    pub(super) const fn bucket_mut(&mut self, bucket: Bucket) -> &mut Units {
        match bucket {
            Bucket::Reserved => &mut self.reserved,
            Bucket::Picked => &mut self.picked,
            Bucket::Packed => &mut self.packed,
            Bucket::Shipped => &mut self.shipped,
            Bucket::Delivered => &mut self.delivered,
            Bucket::Returned => &mut self.returned,
        }
    }

    /// Units that have not left the hub: reserved, picked and packed.
    #[must_use]
    pub fn here(&self) -> Units {
        sum(Bucket::HERE.map(|bucket| self.units(bucket)))
    }

    /// Every unit of the share, wherever it is.
    #[must_use]
    pub fn total(&self) -> Units {
        sum([self.here(), self.shipped, self.delivered, self.returned])
    }
}

/// A sum that stays at the largest count; a line orders far less, so valid data never gets there.
pub(super) fn sum(counts: impl IntoIterator<Item = Units>) -> Units {
    Units::try_sum(counts).unwrap_or(Units::MAX)
}

/// Takes up to `asked` units out and says how many there were to take.
///
/// `decide` never asks for more than there are. An event that does is damaged; taking only what is
/// there keeps every unit in exactly one bucket all the same.
pub(super) fn take(from: &mut Units, asked: Units) -> Units {
    let taken = (*from).min(asked);
    *from = from.saturating_sub(taken);
    taken
}

/// Puts units in; stays at the largest count, see [`sum`].
pub(super) fn give(to: &mut Units, units: Units) {
    *to = sum([*to, units]);
}

/// Whether a tentative claim is over: at the very moment it names, as in the rows of the store.
pub(super) fn is_due(expires_at: Timestamp, now: Timestamp) -> bool {
    expires_at <= now
}

impl Fulfillment {
    /// The share of a line in this fulfillment.
    #[must_use]
    pub fn line(&self, id: LineId) -> Option<&FulfillmentLine> {
        let at = self
            .lines
            .binary_search_by_key(&id, |share| share.line)
            .ok()?;
        self.lines.get(at)
    }

    /// True while units of it are still at this hub.
    pub(crate) fn is_open_at(&self, hub: &HubId) -> bool {
        self.hub == *hub && self.lines.iter().any(|share| !share.here().is_zero())
    }

    /// Some units of each line, as an event tells them; a line without any is left out.
    pub(super) fn quantities_of(
        &self,
        units: impl Fn(&FulfillmentLine) -> Units,
    ) -> Vec<LineQuantity> {
        let lines = self.lines.iter().filter_map(|share| {
            let quantity = units(share).quantity()?;
            let line = share.line;
            Some(LineQuantity { line, quantity })
        });
        lines.collect()
    }

    pub(super) fn line_mut(&mut self, id: LineId) -> Option<&mut FulfillmentLine> {
        let at = self
            .lines
            .binary_search_by_key(&id, |share| share.line)
            .ok()?;
        self.lines.get_mut(at)
    }

    /// True while units are in it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.status != FulfillmentStatus::Cancelled
    }

    /// When its claim on stock ends by itself; `None` when it does not, or holds no units.
    #[must_use]
    pub fn tentative_until(&self) -> Option<Timestamp> {
        match self.claim {
            Claim::Tentative { expires_at } if self.is_live() => Some(expires_at),
            Claim::Tentative { .. } | Claim::Confirmed | Claim::Expired => None,
        }
    }

    /// How far the work is, by where the units are; what [`Fulfillment::status`] always is.
    ///
    /// No units: `Cancelled`. Some still reserved: `Approved` when all are, else `Picking`. Else
    /// some picked: `Picked` when all are, else `Packing`. Else the first of `Packed`, `Shipped`
    /// that has any, else `Delivered`: returned units are under way no more.
    #[must_use]
    pub fn derived_status(&self) -> FulfillmentStatus {
        let any = |bucket: Bucket| {
            self.lines
                .iter()
                .any(|share| !share.units(bucket).is_zero())
        };
        let beyond_packed = || {
            [
                Bucket::Packed,
                Bucket::Shipped,
                Bucket::Delivered,
                Bucket::Returned,
            ]
            .into_iter()
            .any(any)
        };
        if any(Bucket::Reserved) {
            if any(Bucket::Picked) || beyond_packed() {
                FulfillmentStatus::Picking
            } else {
                FulfillmentStatus::Approved
            }
        } else if any(Bucket::Picked) {
            if beyond_packed() {
                FulfillmentStatus::Packing
            } else {
                FulfillmentStatus::Picked
            }
        } else if any(Bucket::Packed) {
            FulfillmentStatus::Packed
        } else if any(Bucket::Shipped) {
            FulfillmentStatus::Shipped
        } else if any(Bucket::Delivered) || any(Bucket::Returned) {
            FulfillmentStatus::Delivered
        } else {
            FulfillmentStatus::Cancelled
        }
    }
}

impl Order {
    /// How many fulfillments have units in them.
    pub(super) fn live_fulfillments(&self) -> usize {
        let works = self.fulfillments.values();
        works.filter(|work| work.is_live()).count()
    }
}
