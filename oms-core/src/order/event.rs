//! What happened to an order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::order::bucket::sum;
use crate::order::compact::no_units;
use crate::order::{
    BookedSlot, Charge, Claim, Head, HoldReason, Line, LineQuantity, PaymentEntry, PaymentMethod,
    Shipment, Totals, Tracking,
};
use crate::value::{
    AttributeKey, AttributeValue, ContactId, CustomerId, ExternalId, FulfillmentId, HubId, LineId,
    LocalDate, Note, Quantity, Reason, ShipmentId, StageId, Tag, Timestamp, Units,
};

/// Units of a line to claim at a hub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Assignment {
    /// The hub.
    pub hub: HubId,
    /// The line.
    pub line: LineId,
    /// How many units of it.
    pub quantity: Quantity,
}

/// The first event of an order: the whole head as it was stored first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Placed(pub Box<Head>);

/// Units of one line that were cancelled, and where they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cut {
    /// The line.
    pub line: LineId,
    /// Units that were open.
    #[serde(default, skip_serializing_if = "no_units")]
    pub open: Units,
    /// Units that were backordered.
    #[serde(default, skip_serializing_if = "no_units")]
    pub backordered: Units,
    /// Units that were reserved, picked or packed in a fulfillment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfillment: Option<FulfillmentCut>,
}

/// The part of a [`Cut`] that was in a fulfillment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FulfillmentCut {
    /// Which fulfillment.
    pub id: FulfillmentId,
    /// Units that were reserved.
    #[serde(default, skip_serializing_if = "no_units")]
    pub reserved: Units,
    /// Units that were picked; they go back on the shelf.
    #[serde(default, skip_serializing_if = "no_units")]
    pub picked: Units,
    /// Units that were packed; they go back on the shelf.
    #[serde(default, skip_serializing_if = "no_units")]
    pub packed: Units,
}

impl FulfillmentCut {
    /// Units that were in the fulfillment.
    #[must_use]
    pub fn units(&self) -> Units {
        sum([self.reserved, self.picked, self.packed])
    }
}

impl Cut {
    /// Units that were cancelled, wherever they were.
    #[must_use]
    pub fn units(&self) -> Units {
        let here = self.fulfillment.map_or(Units::ZERO, |part| part.units());
        sum([self.open, self.backordered, here])
    }
}

/// Units that a fulfillment lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfillmentLines {
    /// Which fulfillment.
    pub fulfillment: FulfillmentId,
    /// Which units.
    pub lines: Vec<LineQuantity>,
}

/// A line before and after an edit; `None` before is a new line, `None` after a removed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    /// The line as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Line>,
    /// The line as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Line>,
}

/// The charges of an order before and after an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargesChange {
    /// The charges as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old: Vec<Charge>,
    /// The charges as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<Charge>,
}

/// What happened to an order. The order's state is the fold of these and of nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a decision has few; boxes would cost every reader"
)]
pub enum OrderEvent {
    /// The order was stored.
    Placed {
        /// The head as stored first: `Pending`, every unit open.
        head: Placed,
    },
    /// Units were claimed at a hub: a new fulfillment.
    Allocated {
        /// Its number.
        fulfillment: FulfillmentId,
        /// The hub.
        hub: HubId,
        /// How firmly.
        claim: Claim,
        /// Which units; taken from backordered first, then from open.
        lines: Vec<LineQuantity>,
        /// The hub's day whose capacity it takes up, where the hub has a bound.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        day: Option<LocalDate>,
    },
    /// A hub lost units that it had not picked; they are open again.
    Withdrawn {
        /// The fulfillment; it is cancelled where nothing else is in it.
        fulfillment: FulfillmentId,
        /// Which; empty, as older releases stored it, means all that it had not picked.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineQuantity>,
    },
    /// Open units now wait for stock.
    Backordered {
        /// Which units.
        lines: Vec<LineQuantity>,
    },
    /// Work may begin.
    Approved {
        /// When.
        at: Timestamp,
    },
    /// The order was stopped, or stopped for one more reason.
    Held {
        /// Why.
        reason: HoldReason,
        /// Details for a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Reason>,
        /// When.
        at: Timestamp,
    },
    /// Reasons of a hold were lifted; where none is left the order goes on.
    Released {
        /// The reasons that were lifted; empty means every reason there was.
        reasons: BTreeSet<HoldReason>,
        /// When.
        at: Timestamp,
    },
    /// Units were cancelled, in one fulfillment or in none.
    LinesCancelled {
        /// Why.
        reason: Reason,
        /// Which, and where they were.
        cuts: Vec<Cut>,
        /// When.
        at: Timestamp,
    },
    /// Nothing of the order will be delivered.
    Cancelled {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// The tentative claim of a fulfillment became firm.
    Confirmed {
        /// Which.
        fulfillment: FulfillmentId,
        /// Which units; empty in what an earlier release wrote.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineQuantity>,
    },
    /// The order is no longer tentative: what it claims from now on does not end by itself.
    MadeFirm,
    /// The tentative claim of a fulfillment ended; its units are open again.
    Expired {
        /// Which.
        fulfillment: FulfillmentId,
        /// Which units; empty in what an earlier release wrote.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineQuantity>,
        /// When it was noticed.
        at: Timestamp,
    },
    /// Units were taken from the shelf.
    Picked {
        /// Where.
        fulfillment: FulfillmentId,
        /// Which.
        lines: Vec<LineQuantity>,
    },
    /// Picked units were put in a parcel.
    Packed {
        /// Where.
        fulfillment: FulfillmentId,
        /// Which.
        lines: Vec<LineQuantity>,
    },
    /// Picked or packed units were given up; they are open again, or kept.
    Unpicked {
        /// The fulfillment; it is cancelled where nothing else is in it.
        fulfillment: FulfillmentId,
        /// Which; taken from picked first, then from packed.
        lines: Vec<LineQuantity>,
        /// They are on the shelf, and still claimed: to be picked again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        kept: bool,
    },
    /// A parcel left.
    Shipped {
        /// From where.
        fulfillment: FulfillmentId,
        /// The parcel.
        shipment: Shipment,
    },
    /// A parcel can be followed in another way.
    TrackingChanged {
        /// Its fulfillment.
        fulfillment: FulfillmentId,
        /// The parcel.
        shipment: ShipmentId,
        /// The old values.
        old: Tracking,
        /// The new values.
        new: Tracking,
    },
    /// A parcel arrived.
    Delivered {
        /// Its fulfillment.
        fulfillment: FulfillmentId,
        /// The parcel.
        shipment: ShipmentId,
        /// When.
        at: Timestamp,
    },
    /// A parcel will not arrive any more, or did not although it was taken for delivered.
    DeliveryFailed {
        /// Its fulfillment.
        fulfillment: FulfillmentId,
        /// The parcel.
        shipment: ShipmentId,
        /// When it was known.
        at: Timestamp,
    },
    /// Delivered units came back.
    Returned {
        /// Where they had been sent from.
        fulfillment: FulfillmentId,
        /// Which.
        lines: Vec<LineQuantity>,
        /// When.
        at: Timestamp,
    },
    /// Every unit is delivered or cancelled, or its delivery failed.
    Closed {
        /// When.
        at: Timestamp,
    },
    /// Another customer.
    CustomerChanged {
        /// The old one.
        old: Option<CustomerId>,
        /// The new one.
        new: Option<CustomerId>,
    },
    /// Another address to ship to; both are erasable rows.
    ShipToChanged {
        /// The old row.
        old: Option<ContactId>,
        /// The new row.
        new: ContactId,
    },
    /// Another address to bill; both are erasable rows.
    BillToChanged {
        /// The old row.
        old: Option<ContactId>,
        /// The new row.
        new: ContactId,
    },
    /// Another delivery slot was booked, or the one before given back.
    SlotChanged {
        /// The old one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<BookedSlot>,
        /// The new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<BookedSlot>,
    },
    /// The buyer was promised the order by another time, or by none any more.
    PromiseChanged {
        /// The old one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Timestamp>,
        /// The new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Timestamp>,
    },
    /// Other lines, charges or another discount of the order, which is what the sums have beyond
    /// the discounts of the lines. Units of changed lines are open again where they were allocated
    /// before.
    LinesEdited {
        /// The lines before and after.
        changes: Vec<LineChange>,
        /// The charges before and after, where they differ.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        charges: Option<ChargesChange>,
        /// Fulfillments that lost their units; they are cancelled.
        withdrawn: Vec<FulfillmentId>,
        /// Which units those lost; empty in what an earlier release wrote.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lost: Vec<FulfillmentLines>,
        /// The sums before.
        old_totals: Totals,
        /// The sums after.
        new_totals: Totals,
    },
    /// Something happened to the buyer's money.
    PaymentRecorded {
        /// What.
        entry: PaymentEntry,
        /// How the buyer pays, where it became known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        method: Option<PaymentMethod>,
        /// The payment system's reference.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<ExternalId>,
        /// When it was recorded.
        at: Timestamp,
    },
    /// Tags changed.
    Tagged {
        /// Tags that were added.
        added: BTreeSet<Tag>,
        /// Tags that were removed.
        removed: BTreeSet<Tag>,
    },
    /// A note was written.
    NoteAdded {
        /// The words.
        text: Note,
        /// When.
        at: Timestamp,
    },
    /// One of the host's attributes changed.
    AttributeSet {
        /// Which.
        key: AttributeKey,
        /// The old value.
        old: Option<AttributeValue>,
        /// The new value.
        new: Option<AttributeValue>,
    },
    /// The tenant's stage changed.
    StageSet {
        /// The old stage.
        old: Option<StageId>,
        /// The new stage.
        new: Option<StageId>,
    },
}

/// A part of an order that is stored as a document of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The head.
    Head,
    /// A fulfillment.
    Fulfillment(FulfillmentId),
}

impl OrderEvent {
    /// The version of the body's schema that this release writes.
    pub const SCHEMA: u16 = 1;

    /// The name in the envelope, such as `order.approved`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "order.placed",
            Self::Allocated { .. } => "order.allocated",
            Self::Withdrawn { .. } => "order.withdrawn",
            Self::Backordered { .. } => "order.backordered",
            Self::Approved { .. } => "order.approved",
            Self::Held { .. } => "order.held",
            Self::Released { .. } => "order.released",
            Self::LinesCancelled { .. } => "order.lines_cancelled",
            Self::Cancelled { .. } => "order.cancelled",
            Self::Confirmed { .. } => "order.confirmed",
            Self::MadeFirm => "order.made_firm",
            Self::Expired { .. } => "order.expired",
            Self::Picked { .. } => "order.picked",
            Self::Packed { .. } => "order.packed",
            Self::Unpicked { .. } => "order.unpicked",
            Self::Shipped { .. } => "order.shipped",
            Self::TrackingChanged { .. } => "order.tracking_changed",
            Self::Delivered { .. } => "order.delivered",
            Self::DeliveryFailed { .. } => "order.delivery_failed",
            Self::Returned { .. } => "order.returned",
            Self::Closed { .. } => "order.closed",
            Self::CustomerChanged { .. } => "order.customer_changed",
            Self::ShipToChanged { .. } => "order.ship_to_changed",
            Self::BillToChanged { .. } => "order.bill_to_changed",
            Self::SlotChanged { .. } => "order.slot_changed",
            Self::PromiseChanged { .. } => "order.promise_changed",
            Self::LinesEdited { .. } => "order.lines_edited",
            Self::PaymentRecorded { .. } => "order.payment_recorded",
            Self::Tagged { .. } => "order.tagged",
            Self::NoteAdded { .. } => "order.note_added",
            Self::AttributeSet { .. } => "order.attribute_set",
            Self::StageSet { .. } => "order.stage_set",
        }
    }

    /// The documents the event changes, beside the head's version.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        match self {
            Self::Allocated { fulfillment, .. }
            | Self::Withdrawn { fulfillment, .. }
            | Self::Unpicked { fulfillment, .. }
            | Self::Expired { fulfillment, .. } => {
                vec![Part::Head, Part::Fulfillment(*fulfillment)]
            }
            Self::Confirmed { fulfillment, .. }
            | Self::Picked { fulfillment, .. }
            | Self::Packed { fulfillment, .. }
            | Self::Shipped { fulfillment, .. }
            | Self::TrackingChanged { fulfillment, .. }
            | Self::Delivered { fulfillment, .. }
            | Self::DeliveryFailed { fulfillment, .. }
            | Self::Returned { fulfillment, .. } => vec![Part::Fulfillment(*fulfillment)],
            Self::LinesCancelled { cuts, .. } => {
                let touched: BTreeSet<Part> = cuts
                    .iter()
                    .filter_map(|cut| cut.fulfillment)
                    .map(|cut| Part::Fulfillment(cut.id))
                    .chain([Part::Head])
                    .collect();
                touched.into_iter().collect()
            }
            Self::LinesEdited { withdrawn, .. } => withdrawn
                .iter()
                .copied()
                .map(Part::Fulfillment)
                .chain([Part::Head])
                .collect(),
            Self::Placed { .. }
            | Self::Backordered { .. }
            | Self::Approved { .. }
            | Self::Held { .. }
            | Self::Released { .. }
            | Self::Cancelled { .. }
            | Self::MadeFirm
            | Self::Closed { .. }
            | Self::CustomerChanged { .. }
            | Self::ShipToChanged { .. }
            | Self::BillToChanged { .. }
            | Self::SlotChanged { .. }
            | Self::PromiseChanged { .. }
            | Self::PaymentRecorded { .. }
            | Self::Tagged { .. }
            | Self::NoteAdded { .. }
            | Self::AttributeSet { .. }
            | Self::StageSet { .. } => vec![Part::Head],
        }
    }
}
