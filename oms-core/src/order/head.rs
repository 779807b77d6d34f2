//! The order as stored: a head with its lines, and one fulfillment per hub and allocation.

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};

use crate::order::{
    BookedSlot, Charge, ExternalReference, Fulfillment, Line, LineQuantities, OrderState, Payment,
    Source, TaxMode, Totals,
};
use crate::value::{
    AttributeKey, AttributeValue, ContactId, CustomerId, FulfillmentId, LineId, Money, Note,
    OrderId, OrderNumber, PayloadId, Reason, StageId, Tag, Timestamp, Units, Version, words,
};

/// Why an order is on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// A line names a SKU the catalogue does not have.
    UnknownSku,
    /// Stock does not cover every line.
    Shortage,
    /// No active hub can serve the order.
    Unserviceable,
    /// Hubs deliver there, but none has room or works today: it is tried again.
    Capacity,
    /// The source's total differs from the sum of the parts.
    TotalsDiffer,
    /// A tentative reservation ended before it was confirmed, or an order that had none was only
    /// paid for in part, or not confirmed, in time.
    ReservationExpired,
    /// Payment is missing or doubtful.
    Payment,
    /// The address needs a person's eye.
    Address,
    /// The delivery slot that was asked for cannot be had, its hub has no room on its day, it was
    /// given back when nobody paid in time, or its time is over.
    Slot,
    /// A person wants to look at it.
    Review,
    /// Something else, told in the note.
    Other,
}

impl HoldReason {
    /// Every reason.
    pub const ALL: [Self; 11] = [
        Self::UnknownSku,
        Self::Shortage,
        Self::Unserviceable,
        Self::Capacity,
        Self::TotalsDiffer,
        Self::ReservationExpired,
        Self::Payment,
        Self::Address,
        Self::Slot,
        Self::Review,
        Self::Other,
    ];

    /// The reason as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSku => "unknown_sku",
            Self::Shortage => "shortage",
            Self::Unserviceable => "unserviceable",
            Self::Capacity => "capacity",
            Self::TotalsDiffer => "totals_differ",
            Self::ReservationExpired => "reservation_expired",
            Self::Payment => "payment",
            Self::Address => "address",
            Self::Slot => "slot",
            Self::Review => "review",
            Self::Other => "other",
        }
    }
}

words! { HoldReason, "hold reason"; }

impl std::fmt::Display for HoldReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why, since when, and where to go on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why; at least one, each once, in order.
    pub reasons: BTreeSet<HoldReason>,
    /// Details for a person, as given last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Reason>,
    /// The details of each reason, as given last for it; a reason without any is not here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub notes: BTreeMap<HoldReason, Reason>,
    /// When it was put on hold.
    pub since: Timestamp,
    /// The state it goes back to when released: `Pending` or `Open`.
    pub resume: OrderState,
}

impl Hold {
    /// Whether that was said already: the reason, and the details if there are any.
    pub(super) fn says(&self, reason: HoldReason, note: Option<&Reason>) -> bool {
        // An earlier release kept the last note alone.
        let alone = self.note.as_ref().filter(|_| self.notes.is_empty());
        let said = self.notes.get(&reason).or(alone);
        self.reasons.contains(&reason) && (note.is_none() || note == said)
    }

    /// Takes reasons away, with what was told about them.
    pub(super) fn lift(&mut self, lifted: &BTreeSet<HoldReason>) {
        self.reasons.retain(|reason| !lifted.contains(reason));
        let told = |notes: &BTreeMap<HoldReason, Reason>, note: &Reason| {
            notes.values().any(|known| known == note)
        };
        let last = self.note.take();
        let was_told = last.as_ref().is_some_and(|note| told(&self.notes, note));
        self.notes.retain(|reason, _| !lifted.contains(reason));
        let is_told = last.as_ref().is_some_and(|note| told(&self.notes, note));
        // Whose note it was an earlier release did not keep.
        self.note = if was_told && !is_told {
            self.notes.values().next_back().cloned()
        } else {
            last
        };
    }
}

/// Why and when an order was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// The mandatory reason.
    pub reason: Reason,
    /// When.
    pub at: Timestamp,
}

/// A note on an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteEntry {
    /// When it was written.
    pub at: Timestamp,
    /// The words. Nothing that must be erasable belongs here.
    pub text: Note,
}

/// The part of an order that is written when the order itself changes, not the work on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// The order's id.
    pub id: OrderId,
    /// The number people use; unique per tenant, with gaps.
    pub number: OrderNumber,
    /// The order's own state.
    pub state: OrderState,
    /// Placed with [`ReserveMode::Tentative`](crate::plan::ReserveMode) and not confirmed since:
    /// whatever it claims ends by itself, and nobody but a person approves it. A payment or a
    /// promise that covers what is owed confirms it, unless a channel keeps the order, too, and so
    /// does an edit or a cancellation of a part that leaves it claims and nothing to pay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tentative: bool,
    /// Set exactly while the order is on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Set exactly when the order is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
    /// Where it came from.
    pub source: Source,
    /// What other systems call it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub external: Vec<ExternalReference>,
    /// Who bought it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// The erasable row with name and address to ship to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<ContactId>,
    /// The erasable row with name and address to bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<ContactId>,
    /// The erasable row with what the source sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadId>,
    /// The lines, by id.
    pub lines: Vec<Line>,
    /// Numbers of lines that an edit removed; they are not used again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub removed_lines: BTreeSet<LineId>,
    /// Everything charged beside the lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
    /// Discount on the order as a whole, not negative.
    pub discount: Money,
    /// The order's tax where its source stated one for the whole order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_tax: Option<Money>,
    /// The least that charges which state no tax came to so far, where the source stated one for
    /// the whole order and an edit made them more than that: no share of it falls on the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_untaxed: Option<Money>,
    /// Whether prices contain the tax.
    pub tax_mode: TaxMode,
    /// The sums.
    pub totals: Totals,
    /// What is known about the payment.
    pub payment: Payment,
    /// When it was stored.
    pub placed_at: Timestamp,
    /// When the buyer ordered, by the source's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_at: Option<Timestamp>,
    /// When the buyer was promised it, where that was said beside a delivery slot; see
    /// [`due_by`](Self::due_by).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_by: Option<Timestamp>,
    /// The delivery slot it has booked; given back when the order is cancelled, or when the claims
    /// of one that nobody paid or confirmed end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<BookedSlot>,
    /// When the order entered its [`state`](Self::state); work at the hubs does not change it. For
    /// finding stuck orders.
    pub state_since: Timestamp,
    /// The tenant's own stage within the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageId>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    /// The host's own data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeKey, AttributeValue>,
    /// Notes, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteEntry>,
    /// Fulfillments made so far; the next one has the next number.
    #[serde(default, skip_serializing_if = "is_none_made")]
    pub fulfillments_made: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_none_made(fulfillments: &u32) -> bool {
    *fulfillments == 0
}

impl Head {
    /// When the order is late: what the buyer was promised, else the end of the delivery slot that
    /// is booked. Lists of late orders go by it.
    #[must_use]
    pub fn due_by(&self) -> Option<Timestamp> {
        self.promised_by.or_else(|| self.slot.as_ref()?.ends)
    }

    /// True while this is among the reasons of its hold.
    pub(crate) fn is_held_for(&self, reason: HoldReason) -> bool {
        let hold = self.hold.as_ref();
        hold.is_some_and(|hold| hold.reasons.contains(&reason))
    }
}

/// An order: its head and its fulfillments, as of a version.
///
/// Hosts can answer with it as JSON: `version`, `status` (what people see), `head`, and the
/// `fulfillments` as a list. It is never read back: an order changes by its events alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// Events folded so far; the head document's version.
    pub version: Version,
    /// The head.
    pub head: Head,
    /// The work, by fulfillment.
    pub fulfillments: BTreeMap<FulfillmentId, Fulfillment>,
}

impl Serialize for Order {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let work: Vec<&Fulfillment> = self.fulfillments.values().collect();
        let mut fields = serializer.serialize_struct("Order", 4)?;
        fields.serialize_field("version", &self.version)?;
        fields.serialize_field("status", &self.status())?;
        fields.serialize_field("head", &self.head)?;
        fields.serialize_field("fulfillments", &work)?;
        fields.end()
    }
}

impl Order {
    /// Puts an order together from its stored documents, in whatever order their parts are.
    #[must_use]
    pub(crate) fn from_parts(
        version: Version,
        mut head: Head,
        fulfillments: impl IntoIterator<Item = Fulfillment>,
    ) -> Self {
        // Everything below looks up by binary search.
        head.lines.sort_by_key(|line| line.id);
        let sorted = |mut fulfillment: Fulfillment| {
            fulfillment.lines.sort_by_key(|share| share.line);
            fulfillment.shipments.sort_by_key(|shipment| shipment.id);
            (fulfillment.id, fulfillment)
        };
        let fulfillments = fulfillments.into_iter().map(sorted).collect();
        Self {
            version,
            head,
            fulfillments,
        }
    }

    /// The line with that id.
    #[must_use]
    pub fn line(&self, id: LineId) -> Option<&Line> {
        let at = self
            .head
            .lines
            .binary_search_by_key(&id, |line| line.id)
            .ok()?;
        self.head.lines.get(at)
    }

    /// Where the units of each line are, by line.
    #[must_use]
    pub fn quantities(&self) -> BTreeMap<LineId, LineQuantities> {
        let mut all: BTreeMap<LineId, LineQuantities> = BTreeMap::new();
        for line in &self.head.lines {
            let entry = all.entry(line.id).or_default();
            entry.ordered = line.ordered;
            entry.open = line.open;
            entry.backordered = line.backordered;
            entry.cancelled = line.cancelled;
        }
        let shares = self
            .fulfillments
            .values()
            .flat_map(|fulfillment| &fulfillment.lines);
        // A withdrawn fulfillment remembers its lines without units, also lines removed since.
        for share in shares.filter(|share| !share.total().is_zero()) {
            let entry = all.entry(share.line).or_default();
            let buckets = [
                (&mut entry.reserved, share.reserved),
                (&mut entry.picked, share.picked),
                (&mut entry.packed, share.packed),
                (&mut entry.shipped, share.shipped),
                (&mut entry.delivered, share.delivered),
                (&mut entry.returned, share.returned),
            ];
            for (bucket, units) in buckets {
                // A sum above the range would break I3 and is reported there, not hidden here.
                *bucket = bucket.checked_add(units).unwrap_or(Units::MAX);
            }
        }
        all
    }

    /// True when every unit that was sent came back or never arrived, and there is at least one.
    #[must_use]
    pub fn all_returned(&self) -> bool {
        let mut any = false;
        for line in self
            .fulfillments
            .values()
            .flat_map(|fulfillment| &fulfillment.lines)
        {
            any |= !line.returned.is_zero();
            if !line.delivered.is_zero() || !line.shipped.is_zero() {
                return false;
            }
        }
        any
    }

    /// True when any unit has left a hub.
    #[must_use]
    pub fn any_shipped(&self) -> bool {
        self.fulfillments
            .values()
            .any(|fulfillment| !fulfillment.shipments.is_empty())
    }
}
