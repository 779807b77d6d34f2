//! What can be asked of a stored order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::order::{
    Assignment, BookedSlot, Charge, CommandKind, HoldReason, LineSku, PaymentKind, PaymentMethod,
    Tracking,
};
use crate::value::{
    AttributeKey, AttributeValue, ContactId, CustomerId, ExternalId, FulfillmentId, LineId, Money,
    Note, Quantity, Rate, Reason, ShipmentId, StageId, Tag, Timestamp, Title, UnitPrice,
};

/// Some units of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LineQuantity {
    /// The line.
    pub line: LineId,
    /// How many units of it.
    pub quantity: Quantity,
}

/// Units of one line to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CancelLine {
    /// The line.
    pub line: LineId,
    /// How many units; units not yet picked go first.
    pub quantity: Quantity,
    /// The fulfillment whose units they are; wherever they are when it is not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfillment: Option<FulfillmentId>,
}

/// A change of one line, or of the charges or the discount beside the lines, while no work has
/// begun; or the name of a line that nobody could identify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditLine {
    /// A new line. It has a share of the order's own discount, which is that of the other lines
    /// until then, and takes it along when it is removed again: an edit that is to leave the others
    /// the whole discount names it, too ([`Discount`](Self::Discount)).
    Add {
        /// Its number, not used before in this order.
        line: LineId,
        /// What is bought; resolved against the catalogue.
        sku: LineSku,
        /// Units ordered.
        quantity: Quantity,
        /// Price of one unit.
        unit_price: UnitPrice,
        /// Discount on the whole line.
        discount: Money,
        /// Tax on the whole line: all that it has, also where the source stated one for the whole
        /// order.
        tax: Money,
        /// The rate behind the tax, if one is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_rate: Option<Rate>,
        /// The seller's or the channel's words for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Title>,
        /// What the channel calls the line, where it has it, too: a parcel with it can be told
        /// there, and the line is known when the channel speaks of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel_item: Option<ExternalId>,
    },
    /// Other values for a line; `None` leaves a value.
    Change {
        /// The line.
        line: LineId,
        /// Another SKU.
        sku: Option<LineSku>,
        /// Another quantity.
        quantity: Option<Quantity>,
        /// Another price.
        unit_price: Option<UnitPrice>,
        /// Another discount.
        discount: Option<Money>,
        /// Another tax. Where the source stated one for the whole order, this takes the place of
        /// the line's share of it, whatever of that the line stated: zero says that the line has
        /// none. What the edit does not know it leaves out.
        tax: Option<Money>,
        /// Another rate behind the tax. Where none is given, the line's stays as far as it may be
        /// behind the tax.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tax_rate: Option<Rate>,
        /// Other words for it. Another SKU in place of a known one leaves none unless they are
        /// given: the old ones are about another article.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Title>,
        /// What the channel calls the line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel_item: Option<ExternalId>,
    },
    /// The line goes, with its share of the order's own discount: a line that takes its place gets
    /// none of that. Another SKU of the same line keeps it.
    Remove {
        /// The line.
        line: LineId,
    },
    /// Other charges, such as shipping by another service; at most once in an edit.
    Charges {
        /// All of them, in place of all there were: what is to stay is named, too.
        charges: Vec<Charge>,
    },
    /// Another discount of the order's own, beside those of its lines; at most once in an edit.
    /// Taxes stay: where the discount lowers them, the edit gives the lines theirs, also where the
    /// source stated one for the whole order alone. Units that are cancelled have their share of
    /// it, so after that it is worth less than it says; the
    /// [preview](crate::order::EditPreview::difference) tells how much.
    Discount {
        /// All of it, also where the edit removes lines.
        discount: Money,
    },
}

/// One parcel to hand over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipParcel {
    /// What is in it; empty means everything packed.
    pub lines: Vec<LineQuantity>,
    /// Carrier, service, number.
    pub tracking: Tracking,
}

/// Something that happened to the buyer's money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PaymentEntry {
    /// The buyer's bank promised an amount.
    Authorised {
        /// The amount.
        amount: Money,
    },
    /// An amount was taken.
    Captured {
        /// The amount.
        amount: Money,
    },
    /// An amount went back.
    Refunded {
        /// The amount.
        amount: Money,
    },
    /// A promise was given up or ran out; not more than is promised.
    Voided {
        /// The amount.
        amount: Money,
    },
    /// A person let the buyer off an amount, such as a charge; not more than is still to be paid.
    /// An amount below nothing takes a waiver back, as far as something was waived.
    /// What goes back to a buyer who keeps the goods is still to be paid from then on: it is
    /// recorded as refunded first, and then as waived.
    Waived {
        /// The amount.
        amount: Money,
    },
    /// An amount went back to the gift cards that cover the order, or became store credit instead;
    /// not more than they cover.
    Credited {
        /// The amount.
        amount: Money,
    },
    /// The seller keeps an amount that was to be given back, such as a fee for a return; not more
    /// than that. It is of the money first, and of what gift cards are to get where that is not
    /// enough. It is owed from then on, whatever is refunded: a refund may be recorded before
    /// the return it is for. Whoever gives it back after all says so with an amount below nothing,
    /// as far as something was retained, and records the refund beside it.
    ///
    /// While no work has begun a fee may be a charge instead
    /// ([`EditLine::Charges`](crate::order::EditLine::Charges)).
    Retained {
        /// The amount.
        amount: Money,
    },
}

/// What can be asked of a stored order. Ids and resolved facts are arguments; see
/// [`decide`](crate::order::decide()). As JSON it is an object with the name of the command in
/// `command`, for hosts that take commands from elsewhere or keep them in a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub enum OrderCommand {
    /// Let work begin; confirms tentative reservations.
    Approve,
    /// Stop the order.
    Hold {
        /// Why.
        reason: HoldReason,
        /// Details for a person.
        note: Option<Reason>,
    },
    /// Lift reasons of the hold; where none is left the order goes on where the hold began.
    Release {
        /// Which; empty means all of them. A reason the order is not held for changes nothing.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        reasons: BTreeSet<HoldReason>,
    },
    /// Cancel everything; refused once a unit was shipped. Repeating it changes nothing.
    Cancel {
        /// The mandatory reason.
        reason: Reason,
    },
    /// Cancel some units of some lines.
    CancelLines {
        /// The mandatory reason.
        reason: Reason,
        /// What to cancel.
        lines: Vec<CancelLine>,
    },
    /// Cancel everything that was not shipped, after a part was.
    CancelRest {
        /// The mandatory reason.
        reason: Reason,
    },
    /// Assign open or backordered units to stock.
    Allocate {
        /// Which units at which hub.
        assignments: Vec<Assignment>,
        /// `Some` makes the claims tentative until then, at most
        /// [`TENTATIVE_TTL_MAX_SECS`](crate::value::limits::TENTATIVE_TTL_MAX_SECS) from now.
        /// `None` makes them firm; those of an order that nobody confirmed end with its others, or
        /// after the tenant's time.
        expires_at: Option<Timestamp>,
    },
    /// Take back from a hub what it has not picked: the units are open again. Of work that has
    /// begun the rest stays, so what a picker does not find can be had from another hub. The hub
    /// may sell them again from then on, so it is counted before.
    Withdraw {
        /// Whose work.
        fulfillment: FulfillmentId,
        /// Which; empty means everything that is not picked.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineQuantity>,
    },
    /// Mark open units as waiting for stock.
    Backorder {
        /// Which units.
        lines: Vec<LineQuantity>,
    },
    /// Make the order and its tentative claims firm, when it is paid for example. Where the tenant
    /// approves automatically it is approved then, also one that was firm already.
    Confirm,
    /// Tentative claims of these fulfillments ended by themselves.
    Expire {
        /// The fulfillments whose claim is over.
        fulfillments: Vec<FulfillmentId>,
    },
    /// Take units from the shelf.
    Pick {
        /// Where.
        fulfillment: FulfillmentId,
        /// Which; empty means everything reserved.
        lines: Vec<LineQuantity>,
    },
    /// Put picked units in a parcel.
    Pack {
        /// Where.
        fulfillment: FulfillmentId,
        /// Which; empty means everything picked.
        lines: Vec<LineQuantity>,
    },
    /// Give up units that are picked or packed, such as one that broke at the packing table: they
    /// are open again, to be had from another hub or cancelled. Picked ones go first. The hub may
    /// sell them again from then on, so what broke is recorded as damage before. Or only put them
    /// back (`keep`).
    Unpick {
        /// Where.
        fulfillment: FulfillmentId,
        /// Which; empty means everything picked and packed.
        lines: Vec<LineQuantity>,
        /// Back on the shelf, and still the order's: they are to be picked again, and nobody else
        /// can have them, such as where a label or an order was the wrong one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep: bool,
    },
    /// Hand a parcel to the carrier.
    Ship {
        /// Where.
        fulfillment: FulfillmentId,
        /// Contents and tracking; the parcel gets the order's next shipment number.
        parcel: ShipParcel,
    },
    /// Change how a parcel can be followed.
    ChangeTracking {
        /// The parcel.
        shipment: ShipmentId,
        /// The new values.
        tracking: Tracking,
    },
    /// The parcel arrived.
    Deliver {
        /// The parcel.
        shipment: ShipmentId,
    },
    /// The parcel will not arrive: it is lost, was refused at the door, or comes back undelivered.
    /// Its units count as returned, and the buyer gets back what was paid for them. Goods that are
    /// handed back are received into stock as any others, and what is sent anew is a new order.
    ///
    /// Also a parcel that was taken for delivered, by a person or after many days, may turn out to
    /// be lost, as long as as many units as it held are still with the buyer by the books.
    ///
    /// It is final. Where the parcel arrives after all, nothing here asks for its money again: the
    /// seller does, or places a new order for what the buyer keeps.
    FailDelivery {
        /// The parcel.
        shipment: ShipmentId,
    },
    /// Delivered units came back.
    Return {
        /// Where they had been sent from.
        fulfillment: FulfillmentId,
        /// Which; empty means everything delivered.
        lines: Vec<LineQuantity>,
    },
    /// Another customer.
    ChangeCustomer {
        /// The customer, or nobody.
        customer: Option<CustomerId>,
    },
    /// Other addresses, the customer's own or such as were given for this order; `None` leaves an
    /// address.
    ChangeContacts {
        /// The new erasable row to ship to.
        ship_to: Option<ContactId>,
        /// The new erasable row to bill.
        bill_to: Option<ContactId>,
    },
    /// Another delivery slot, until a parcel has left.
    BookSlot {
        /// The slot; `None` gives the one that is booked back.
        slot: Option<BookedSlot>,
    },
    /// Another time by which the buyer was promised the order, such as one agreed with the buyer,
    /// until the order is over. It counts before the end of a delivery slot, see
    /// [`Head::due_by`](crate::order::Head::due_by).
    Promise {
        /// The time; `None` promises nothing but the slot that is booked, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Timestamp>,
    },
    /// Other lines, charges or another discount, while no work has begun. Later the SKU can be
    /// named, alone, of a line that nobody could identify.
    EditLines {
        /// The changes, each line at most once, and the charges and the discount at most once.
        changes: Vec<EditLine>,
    },
    /// Record what happened to the buyer's money. A payment or a promise that covers what is owed
    /// of a tentative order confirms it in the same commit, where its claims are not over; not
    /// where a channel keeps the order, too: then a promise has its claims last for a week, and so
    /// has a payment where a guard stands against `Confirm`. An edit, or a cancellation of a part,
    /// that leaves nothing to pay confirms it as well.
    RecordPayment {
        /// What happened.
        entry: PaymentEntry,
        /// How the buyer pays, if it is known now.
        method: Option<PaymentMethod>,
        /// The payment system's reference; the same one with the same entry changes nothing, see
        /// [`PaymentReference`](crate::order::PaymentReference).
        reference: Option<ExternalId>,
    },
    /// Add and remove tags.
    Tag {
        /// Tags to add.
        add: Vec<Tag>,
        /// Tags to remove.
        remove: Vec<Tag>,
    },
    /// Write a note.
    AddNote {
        /// The words.
        text: Note,
    },
    /// Set or clear one of the host's attributes.
    SetAttribute {
        /// Which.
        key: AttributeKey,
        /// The value; `None` clears it.
        value: Option<AttributeValue>,
    },
    /// Move to one of the tenant's stages of the present status.
    SetStage {
        /// The stage; `None` leaves all stages.
        stage: Option<StageId>,
    },
}

impl PaymentEntry {
    /// What happened, whatever the amount.
    #[must_use]
    pub const fn kind(&self) -> PaymentKind {
        match self {
            Self::Authorised { .. } => PaymentKind::Authorised,
            Self::Captured { .. } => PaymentKind::Captured,
            Self::Refunded { .. } => PaymentKind::Refunded,
            Self::Voided { .. } => PaymentKind::Voided,
            Self::Waived { .. } => PaymentKind::Waived,
            Self::Credited { .. } => PaymentKind::Credited,
            Self::Retained { .. } => PaymentKind::Retained,
        }
    }

    /// The amount, whatever happened to it.
    #[must_use]
    pub const fn amount(&self) -> Money {
        match self {
            Self::Authorised { amount }
            | Self::Captured { amount }
            | Self::Refunded { amount }
            | Self::Voided { amount }
            | Self::Waived { amount }
            | Self::Credited { amount }
            | Self::Retained { amount } => *amount,
        }
    }
}

impl OrderCommand {
    /// Lift every reason of the hold, so that the order goes on.
    #[must_use]
    pub const fn release_all() -> Self {
        let reasons = BTreeSet::new();
        Self::Release { reasons }
    }

    /// Take back everything that the hub has not picked.
    #[must_use]
    pub const fn withdraw_all(fulfillment: FulfillmentId) -> Self {
        let lines = Vec::new();
        Self::Withdraw { fulfillment, lines }
    }

    /// Take everything reserved at the hub from the shelf.
    #[must_use]
    pub const fn pick_all(fulfillment: FulfillmentId) -> Self {
        let lines = Vec::new();
        Self::Pick { fulfillment, lines }
    }

    /// Put everything picked at the hub in a parcel.
    #[must_use]
    pub const fn pack_all(fulfillment: FulfillmentId) -> Self {
        let lines = Vec::new();
        Self::Pack { fulfillment, lines }
    }

    /// Hand everything packed at the hub over as one parcel.
    #[must_use]
    pub const fn ship_all(fulfillment: FulfillmentId, tracking: Tracking) -> Self {
        let lines = Vec::new();
        Self::Ship {
            fulfillment,
            parcel: ShipParcel { lines, tracking },
        }
    }

    /// The command's name.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Approve => CommandKind::Approve,
            Self::Hold { .. } => CommandKind::Hold,
            Self::Release { .. } => CommandKind::Release,
            Self::Cancel { .. } => CommandKind::Cancel,
            Self::CancelLines { .. } => CommandKind::CancelLines,
            Self::CancelRest { .. } => CommandKind::CancelRest,
            Self::Allocate { .. } => CommandKind::Allocate,
            Self::Withdraw { .. } => CommandKind::Withdraw,
            Self::Backorder { .. } => CommandKind::Backorder,
            Self::Confirm => CommandKind::Confirm,
            Self::Expire { .. } => CommandKind::Expire,
            Self::Pick { .. } => CommandKind::Pick,
            Self::Pack { .. } => CommandKind::Pack,
            Self::Unpick { .. } => CommandKind::Unpick,
            Self::Ship { .. } => CommandKind::Ship,
            Self::ChangeTracking { .. } => CommandKind::ChangeTracking,
            Self::Deliver { .. } => CommandKind::Deliver,
            Self::FailDelivery { .. } => CommandKind::FailDelivery,
            Self::Return { .. } => CommandKind::Return,
            Self::ChangeCustomer { .. } => CommandKind::ChangeCustomer,
            Self::ChangeContacts { .. } => CommandKind::ChangeContacts,
            Self::BookSlot { .. } => CommandKind::BookSlot,
            Self::Promise { .. } => CommandKind::Promise,
            Self::EditLines { .. } => CommandKind::EditLines,
            Self::RecordPayment { .. } => CommandKind::RecordPayment,
            Self::Tag { .. } => CommandKind::Tag,
            Self::AddNote { .. } => CommandKind::AddNote,
            Self::SetAttribute { .. } => CommandKind::SetAttribute,
            Self::SetStage { .. } => CommandKind::SetStage,
        }
    }
}
