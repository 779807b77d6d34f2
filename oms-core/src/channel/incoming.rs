//! What a reader hands over: the draft, and the state the channel says the order is in.

use std::borrow::Cow;

use crate::channel::{ChannelWarning, History};
use crate::order::{HoldReason, OrderCommand, OrderDraft, SourceKind, Tracking};
use crate::value::{FulfillmentId, HubId, Reason, ShipmentId, Timestamp};

/// The attribute of a draft that holds what people at the channel call the order by, such as
/// `#1001`. It is no reference: shops begin their numbers again, so two orders may share one.
pub const ORDER_NUMBER: &str = "order_number";

/// An order as a channel sent it, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// What is asked for.
    pub draft: OrderDraft,
    /// Where the order stands by the channel's word.
    pub state: ChannelState,
    /// What had happened to it before it came here.
    pub history: History,
    /// What is odd about it.
    pub warnings: Vec<ChannelWarning>,
    /// The hub whose goods it is about, where the sender says so, as a till does; for
    /// [`PlaceOrder::hub`](crate::plan::PlaceOrder::hub). Plain JSON and CSV files name it.
    pub hub: Option<HubId>,
}

/// What is told of a sale over the counter whose goods are not all taken out of the books.
const NOT_ALL_BOOKED: &str =
    "handed over at the counter, but not all of it could be taken from the stock of its hub";

impl Incoming {
    /// Whether it was sold and handed over at the counter of a hub: by a point of sale, delivered,
    /// and with the hub named. Elsewhere, delivered means that somebody else did the work; here it
    /// was the hub, and its goods are gone. Without the hub nobody knows whose goods they were.
    #[must_use]
    pub fn is_counter_sale(&self) -> bool {
        self.state.suggestion == Suggestion::Delivered
            && self.draft.source.kind == SourceKind::PointOfSale
            && self.hub.is_some()
    }

    /// What is done with a sale over the counter once it is placed at its hub: it is approved,
    /// picked, packed, shipped and delivered, so that its goods leave the stock of the hub. Nothing
    /// for any other order. Where the books are short, or something else stands against it, the
    /// order refuses these, and takes the last: a hold with a note, which one that is delivered
    /// refuses.
    #[must_use]
    pub fn handed_over(&self) -> Vec<OrderCommand> {
        if !self.is_counter_sale() {
            return Vec::new();
        }
        let work = FulfillmentId::FIRST;
        vec![
            OrderCommand::Approve,
            OrderCommand::pick_all(work),
            OrderCommand::pack_all(work),
            OrderCommand::ship_all(work, Tracking::default()),
            OrderCommand::Deliver {
                shipment: ShipmentId::FIRST,
            },
            OrderCommand::Hold {
                reason: HoldReason::Review,
                note: Reason::truncated(NOT_ALL_BOOKED),
            },
        ]
    }
}

impl Incoming {
    /// Takes a time of the last change that is more than a day ahead of `taken_in` for that moment.
    /// A channel whose clock was years ahead for one message would have every true one since taken
    /// for late. For a host that keeps the times itself, before
    /// [`keep_changed_at`](Self::keep_changed_at) and [`seen`](Self::seen);
    /// [`Intakes`](crate::service::Intakes) does the same.
    pub fn bound_changed_at(&mut self, taken_in: Timestamp) {
        let said = self.state.changed_at;
        self.state.changed_at = said.map(|said| said.unless_ahead(taken_in));
    }
}

/// Where an order stands by the channel's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Not a real order: sent by a person trying the shop out.
    pub test: bool,
    /// It was cancelled there, also where the suggestion is a person's to decide, as parcels have
    /// left by the channel's word.
    pub cancelled: bool,
    /// When it was cancelled there, if it was and the channel says when.
    pub cancelled_at: Option<Timestamp>,
    /// When the channel last changed it; orders repeated deliveries.
    pub changed_at: Option<Timestamp>,
    /// How far the payment is; `None` when the channel does not say.
    pub financial: Option<FinancialState>,
    /// How far the parcels are; `None` when the channel does not say.
    pub fulfillment: Option<FulfillmentState>,
    /// What to do about it. Never moves an order back; a host compares it with its own state.
    pub suggestion: Suggestion,
}

/// How far the payment is by the channel's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FinancialState {
    /// Not paid yet.
    Pending,
    /// Promised by the buyer's bank, not taken.
    Authorised,
    /// A part is taken.
    PartlyPaid,
    /// All of it is taken.
    Paid,
    /// A part went back.
    PartlyRefunded,
    /// All of it went back.
    Refunded,
    /// The promise was given up. For an order that is known already this is
    /// [`PaymentEntry::Voided`](crate::order::PaymentEntry::Voided), which
    /// [`Incoming::paid_since`] asks for.
    Voided,
    /// The promise ran out; recorded like [`Voided`](Self::Voided).
    Expired,
    /// A state this library does not know, or a payment that failed after it was made: nobody says
    /// whether the money is still here.
    Unknown,
}

/// How far the parcels are by the channel's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FulfillmentState {
    /// Nothing has left.
    Unfulfilled,
    /// A part has left.
    Partial,
    /// All of it has left.
    Fulfilled,
    /// All of it arrived.
    Delivered,
    /// It went back to the shelf.
    Restocked,
    /// A state this library does not know.
    Unknown,
}

/// What the channel's state means for the order here. Where a state is ambiguous the safer meaning
/// is taken and a [`ChannelWarning::AmbiguousState`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// Do not take it in.
    Ignore {
        /// Why.
        why: Why,
    },
    /// Take it in and wait.
    Pending,
    /// Take it in and work on it.
    Approved,
    /// Take it in and hold it.
    OnHold {
        /// Why.
        why: Why,
    },
    /// It is cancelled there.
    Cancelled {
        /// Why.
        why: Why,
    },
    /// It has been shipped, by somebody.
    Shipped,
    /// It has arrived.
    Delivered,
    /// More than one thing may be meant, and each would be wrong half of the time.
    NeedsPerson {
        /// What to decide.
        why: Why,
    },
}

/// A reason in plain words, short enough for a reason of a command.
pub type Why = Cow<'static, str>;

impl Suggestion {
    pub(super) fn held(why: impl Into<Why>) -> Self {
        Self::OnHold { why: why.into() }
    }

    /// The channel keeps the goods and ships them: no stock here is for it, and there is no work.
    pub(super) fn mirror(why: impl Into<Why>) -> Self {
        Self::Ignore { why: why.into() }
    }

    pub(super) fn person(why: impl Into<Why>) -> Self {
        Self::NeedsPerson { why: why.into() }
    }

    /// The suggestion's stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Ignore { .. } => "ignore",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::OnHold { .. } => "on_hold",
            Self::Cancelled { .. } => "cancelled",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::NeedsPerson { .. } => "needs_person",
        }
    }

    /// Why, where there is something to say.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Ignore { why }
            | Self::OnHold { why }
            | Self::Cancelled { why }
            | Self::NeedsPerson { why } => Some(why),
            Self::Pending | Self::Approved | Self::Shipped | Self::Delivered => None,
        }
    }
}
