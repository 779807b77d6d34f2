//! The answer to a channel's report.

use crate::channel::error::shortened;
use crate::channel::status::Ambiguity;
use crate::order::OrderStatus;
use crate::value::{ExternalId, LineId, Quantity};

/// What a channel's report means for an order here. Never a move back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// Nothing is to be done.
    NoChange {
        /// Why not.
        why: NoChange,
    },
    /// The order moves to this status.
    MoveTo {
        /// The status, never behind the present one.
        status: OrderStatus,
        /// Something a person should be told beside.
        remark: Option<Remark>,
    },
    /// Some units of some lines move.
    LineChange {
        /// What moves: always more than nothing.
        changes: Vec<LineMove>,
        /// Where the order moves afterwards, if it does.
        then: Option<OrderStatus>,
        /// Something a person should be told beside.
        remark: Option<Remark>,
    },
    /// The report means more than one thing, or something that no machine should decide.
    NeedsPerson {
        /// What is to be decided.
        cause: PersonCause,
    },
}

/// Why a report changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoChange {
    /// The channel says what is known: mostly our own update coming back.
    Same,
    /// The channel is behind: it does not know yet what happened here.
    Behind,
    /// The order is on hold here for a reason of our own.
    HeldHere,
    /// Somebody else fulfils the order; it is only mirrored here.
    Mirror,
    /// A test order.
    Test,
    /// A draft, not an order yet.
    Draft,
    /// The tenant's policy says to leave it.
    Policy(Ambiguity),
}

/// Something to tell a person beside a move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A parcel is in trouble by the carrier's word.
    ParcelTrouble {
        /// The word.
        word: String,
    },
    /// The channel waits for the seller to confirm the invoice.
    InvoiceToConfirm,
    /// The buyer asks to cancel; the channel leaves the answer to the seller.
    CancelRequested,
    /// The channel's payment is gone, the order is not. What was promised here can be taken back
    /// with [`PaymentEntry::Voided`](crate::order::PaymentEntry::Voided).
    PaymentGone,
    /// Money went back for units that the channel does not name, beside those that move.
    UnitsRefunded {
        /// The refunds, as in [`PersonCause::UnitsRefunded`].
        refunds: String,
    },
}

/// The remark in words, as a person is told.
impl std::fmt::Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ParcelTrouble { word } => write!(f, "a parcel is in trouble: {word}"),
            Self::InvoiceToConfirm => f.write_str("the channel waits for the invoice"),
            Self::CancelRequested => f.write_str("the buyer asks to cancel"),
            Self::PaymentGone => f.write_str("the payment is gone, the order is not"),
            Self::UnitsRefunded { refunds } => {
                let refunds = refunds.clone();
                write!(f, "{}", PersonCause::UnitsRefunded { refunds })
            }
        }
    }
}

/// Units of a line that move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LineMove {
    /// The line.
    pub line: LineId,
    /// Where they move.
    pub kind: LineMoveKind,
    /// How many of them move now.
    pub quantity: Quantity,
}

/// Where units of a line move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineMoveKind {
    /// They left.
    Shipped,
    /// They arrived.
    Delivered,
    /// They will not be sent.
    Cancelled,
    /// They came back.
    Returned,
}

/// What a person has to decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonCause {
    /// The channel uses a word nobody documented.
    #[error("{field}: the channel says {word:?}, a word this library does not know")]
    UnknownWord {
        /// The field.
        field: &'static str,
        /// The word, shortened.
        word: String,
    },
    /// Words that do not go together, or none at all.
    #[error("{field}: the channel does not say where the order stands")]
    NothingSaid {
        /// The field that is missing.
        field: &'static str,
    },
    /// A part moved, but the channel does not say which units.
    #[error("a part of the order is {0} by the channel's word: which units?")]
    UnitsUnknown(&'static str),
    /// Units of a line are no longer part of the order, but the channel does not say whether they
    /// left before.
    #[error("{units} of line {item} gone by the channel's word: did they leave before?")]
    UnitsRemoved {
        /// The channel's id of the line.
        item: ExternalId,
        /// Units that are gone.
        units: u32,
    },
    /// Money went back, but the channel does not say for which units.
    #[error("refunded by the channel's word ({refunds}): which units are not to be sent?")]
    UnitsRefunded {
        /// The channel's ids of the refunds, the latest first.
        refunds: String,
    },
    /// The channel names a line the order does not have.
    #[error("the channel names line {item}, which the order does not have")]
    UnknownItem {
        /// The channel's id of the line.
        item: ExternalId,
    },
    /// The channel says more units than were ordered.
    #[error("line {item}: the channel says {said} units, {ordered} were ordered")]
    MoreThanOrdered {
        /// The channel's id of the line.
        item: ExternalId,
        /// Units by the channel's word.
        said: u32,
        /// Units ordered.
        ordered: u32,
    },
    /// Cancelled there, but parcels have left.
    #[error("cancelled on the channel after everything left: is it coming back?")]
    CancelledAfterShipping,
    /// Shipped there, but cancelled here.
    #[error("shipped by the channel's word, but cancelled here")]
    ShippedThoughCancelled,
    /// Shipped there, but on hold here.
    #[error("shipped by the channel's word, but on hold here")]
    ShippedThoughHeld,
    /// Cancelled there before and alive again, as by a late payment.
    #[error("alive again on the channel after it was cancelled there")]
    AliveAgain,
    /// Returned there, but never shipped here.
    #[error("returned by the channel's word, but not shipped here")]
    ReturnedUnshipped,
    /// To be held, but parcels have left.
    #[error("to be held by the channel's word, but it has left")]
    HoldAfterShipping,
    /// A parcel that left is in trouble.
    #[error("a parcel is in trouble: {word}")]
    ParcelTrouble {
        /// The carrier's word.
        word: String,
    },
    /// The tenant's policy says to ask.
    #[error("{}", .0.question())]
    Policy(Ambiguity),
    /// More than one of these, each of them one: what comes to what was asked is no old question.
    #[error("{}", joined(.0))]
    Several(Vec<Self>),
}

fn joined(causes: &[PersonCause]) -> String {
    let words: Vec<String> = causes.iter().map(ToString::to_string).collect();
    words.join("; ")
}

impl Inbound {
    /// The stable name of the answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoChange { .. } => "no_change",
            Self::MoveTo { .. } => "move_to",
            Self::LineChange { .. } => "line_change",
            Self::NeedsPerson { .. } => "needs_person",
        }
    }
}

impl PersonCause {
    /// The stable name of the cause; of several the first one's.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownWord { .. } => "unknown_word",
            Self::NothingSaid { .. } => "nothing_said",
            Self::UnitsUnknown(_) | Self::UnitsRemoved { .. } | Self::UnitsRefunded { .. } => {
                "units_unknown"
            }
            Self::UnknownItem { .. } => "unknown_item",
            Self::MoreThanOrdered { .. } => "more_than_ordered",
            Self::CancelledAfterShipping => "cancelled_after_shipping",
            Self::ShippedThoughCancelled => "shipped_though_cancelled",
            Self::ShippedThoughHeld => "shipped_though_held",
            Self::AliveAgain => "alive_again",
            Self::ReturnedUnshipped => "returned_unshipped",
            Self::HoldAfterShipping => "hold_after_shipping",
            Self::ParcelTrouble { .. } => "parcel_trouble",
            Self::Policy(_) => "policy",
            Self::Several(causes) => causes.first().map_or("several", Self::code),
        }
    }

    /// This one and one more.
    pub(in crate::channel) fn and(self, more: Self) -> Self {
        let mut causes = if let Self::Several(causes) = self {
            causes
        } else {
            vec![self]
        };
        causes.push(more);
        Self::Several(causes)
    }

    /// This one without the question about refunds, of which nothing is left where it is no other.
    pub(in crate::channel) fn without_refunds(self) -> Option<Self> {
        match self {
            Self::UnitsRefunded { .. } => None,
            Self::Several(causes) => {
                let rest = causes.into_iter().filter_map(Self::without_refunds);
                rest.reduce(Self::and)
            }
            other @ (Self::UnknownWord { .. }
            | Self::NothingSaid { .. }
            | Self::UnitsUnknown(_)
            | Self::UnitsRemoved { .. }
            | Self::UnknownItem { .. }
            | Self::MoreThanOrdered { .. }
            | Self::CancelledAfterShipping
            | Self::ShippedThoughCancelled
            | Self::ShippedThoughHeld
            | Self::AliveAgain
            | Self::ReturnedUnshipped
            | Self::HoldAfterShipping
            | Self::ParcelTrouble { .. }
            | Self::Policy(_)) => Some(other),
        }
    }

    pub(in crate::channel) fn unknown_word(field: &'static str, word: &str) -> Self {
        let word = shortened(word);
        Self::UnknownWord { field, word }
    }
}

impl From<PersonCause> for Inbound {
    fn from(cause: PersonCause) -> Self {
        Self::NeedsPerson { cause }
    }
}
