//! What a channel cannot be told, and why.

use crate::channel::outbound::{RefundLine, Request, UpdateKind};
use crate::value::{Money, MoneyError};

/// An update this channel cannot express as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{channel} cannot express {update}: {cause}")]
pub struct CannotExpress {
    /// The channel's kind.
    pub channel: &'static str,
    /// The update.
    pub update: UpdateKind,
    /// Why not.
    pub cause: CannotCause,
}

/// Why a channel cannot express an update.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotCause {
    /// The channel has no such thing.
    #[error("the channel has no such thing: {instead}")]
    NoSuchThing {
        /// What can be done instead.
        instead: &'static str,
    },
    /// The order as a whole or nothing.
    #[error("the channel cancels whole orders only; refund the line instead")]
    WholeOrderOnly,
    /// A line as a whole or nothing.
    #[error("line {item}: the channel takes whole lines only")]
    WholeLineOnly {
        /// The channel's id of the line.
        item: String,
    },
    /// Too late.
    #[error("a parcel has left: the channel cancels before that only")]
    AfterShipping,
    /// Something only the channel knows is missing.
    #[error("{fact} is not known")]
    Missing {
        /// The field of [`OrderFacts`](crate::channel::OrderFacts), or of the update.
        fact: &'static str,
        /// The request that asks the channel for it, where there is one; hand its answer to
        /// [`Channel::learn`](crate::channel::Channel::learn).
        ask: Option<Box<Request>>,
    },
    /// An id that is not of the form this channel gives.
    #[error("{field} {value:?} is no id of this channel")]
    BadId {
        /// What the id is of.
        field: &'static str,
        /// The id.
        value: String,
    },
    /// Carrier and number come together on this channel.
    #[error("the channel wants carrier and tracking number together")]
    TrackingIncomplete,
    /// The number has characters the channel refuses.
    #[error("tracking number {value:?}: letters and digits only")]
    BadTrackingNumber {
        /// The number.
        value: String,
    },
    /// More units than the channel has left to ship.
    #[error("line {item}: {wanted} units, the channel has {left} left to ship")]
    MoreThanLeft {
        /// The channel's id of the line.
        item: String,
        /// Units asked for.
        wanted: u32,
        /// Units left.
        left: u32,
    },
    /// More money than the channel can pay back.
    #[error("{wanted} to go back, the channel's payments hold {left}")]
    MoreThanPaid {
        /// What should go back.
        wanted: String,
        /// What can.
        left: String,
    },
    /// More tax than money, or less than none.
    #[error("line {item}: {tax} is no part of {amount}")]
    BadTax {
        /// The channel's id of the line.
        item: String,
        /// The tax.
        tax: String,
        /// What goes back.
        amount: String,
    },
    /// The amounts do not add up.
    #[error("amounts: {0}")]
    Money(#[from] MoneyError),
    /// There is nothing in the update.
    #[error("there is nothing to tell")]
    Nothing,
}

impl CannotCause {
    /// The stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchThing { .. } => "no_such_thing",
            Self::WholeOrderOnly => "whole_order_only",
            Self::WholeLineOnly { .. } => "whole_line_only",
            Self::AfterShipping => "after_shipping",
            Self::Missing { .. } => "missing_fact",
            Self::BadId { .. } => "bad_id",
            Self::TrackingIncomplete => "tracking_incomplete",
            Self::BadTrackingNumber { .. } => "bad_tracking_number",
            Self::MoreThanLeft { .. } => "more_than_left",
            Self::MoreThanPaid { .. } => "more_than_paid",
            Self::BadTax { .. } => "bad_tax",
            Self::Money(_) => "money",
            Self::Nothing => "nothing",
        }
    }

    /// What goes back for a line without its tax, where that is known, and the tax.
    pub(in crate::channel) fn net_and_tax(
        line: &RefundLine,
    ) -> Result<Option<(Money, Money)>, Self> {
        let (Some(net), Some(tax)) = (line.net()?, line.tax) else {
            return Ok(None);
        };
        if net.is_negative() || tax.is_negative() {
            return Err(Self::BadTax {
                item: line.item.to_string(),
                tax: tax.to_string(),
                amount: line.amount.to_string(),
            });
        }
        Ok(Some((net, tax)))
    }

    /// Something is missing, and this asks for it.
    pub(in crate::channel) fn missing(fact: &'static str, ask: Option<Request>) -> Self {
        let ask = ask.map(Box::new);
        Self::Missing { fact, ask }
    }
}
