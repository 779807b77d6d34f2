//! What of ours a channel can be told.

use crate::channel::outbound::UpdateKind;
use crate::order::OrderStatus;

/// What telling a channel about a status of ours comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Says {
    /// The channel shows it from the start; there is nothing to send.
    Already,
    /// This update says it in full.
    By(UpdateKind),
    /// This update says it, but something gets lost.
    Roughly(UpdateKind, Loss),
    /// The channel has no word for it; it goes on showing what it showed.
    Never(Loss),
}

impl Says {
    /// The update to send, if there is one.
    #[must_use]
    pub const fn update(self) -> Option<UpdateKind> {
        match self {
            Self::By(update) | Self::Roughly(update, _) => Some(update),
            Self::Already | Self::Never(_) => None,
        }
    }

    /// What gets lost, if something does.
    #[must_use]
    pub const fn loss(self) -> Option<Loss> {
        match self {
            Self::Roughly(_, loss) | Self::Never(loss) => Some(loss),
            Self::Already | Self::By(_) => None,
        }
    }
}

/// What gets lost on the way to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Loss {
    /// The channel knows no steps of the warehouse.
    #[error("the channel knows no steps between paid and shipped")]
    WarehouseStep,
    /// The channel knows no hold of the seller's.
    #[error("the channel has no hold a seller can set")]
    NoHold,
    /// The buyer is told that the shop waits for the payment.
    #[error("the channel takes a hold for a missing payment and tells the buyer so")]
    HoldMeansPayment,
    /// The channel says from now on that the order was paid.
    #[error("the channel takes the order for paid by this word, though nobody paid all of it")]
    TakenForPaid,
    /// The shop cancels by itself what waits too long for its payment, and puts its stock back.
    #[error("the channel may cancel the order by itself, as it counts from now on as unpaid")]
    UnpaidMayBeCancelled,
    /// Delivery is the carrier's word alone.
    #[error("the channel takes delivery from the carrier alone, or knows none")]
    NoDelivered,
    /// A return changes money, not the status.
    #[error("the channel's status stays as it is after a return; only the money shows it")]
    ReturnIsMoneyOnly,
    /// The channel shows a refunded order, whether it was returned or never sent.
    #[error("the channel shows refunded, whether it came back or was never sent")]
    ReturnLooksCancelled,
    /// A part of a line's units shows as the whole line.
    #[error("the channel shows the whole line as shipped, though a part of its units left")]
    PartOfLine,
    /// A part of the order shows nowhere but in tracking and notes.
    #[error("the channel's status does not show that a part was shipped")]
    PartOfOrder,
    /// The parcel's contents are not told.
    #[error("the channel is not told what is in the parcel")]
    Contents,
    /// The carrier or service is not told.
    #[error("the channel has no place for the carrier's service")]
    Service,
    /// The address where a person can follow the parcel is not told.
    #[error("the channel has no place for the parcel's page")]
    TrackingPage,
    /// No refund is made.
    #[error("cancelling does not pay back; a refund is sent apart")]
    NoRefund,
    /// How much of a refund is tax is not told.
    #[error("the channel is not told how much of the money that goes back is tax")]
    TaxPart,
    /// The words to the buyer are not told.
    #[error("the channel has no place for the note")]
    Note,
    /// Whether to tell the buyer is the channel's decision.
    #[error("the channel decides by itself whether to tell the buyer")]
    Notice,
    /// The channel puts the units back on sale by a rule of its own. Tell it the stock of these
    /// SKUs once more when the update is done: what was told before does not count any more.
    #[error("the channel decides by itself whether the units go back on sale")]
    Restock,
}

impl Loss {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WarehouseStep => "warehouse_step",
            Self::NoHold => "no_hold",
            Self::HoldMeansPayment => "hold_means_payment",
            Self::TakenForPaid => "taken_for_paid",
            Self::UnpaidMayBeCancelled => "unpaid_may_be_cancelled",
            Self::NoDelivered => "no_delivered",
            Self::ReturnIsMoneyOnly => "return_is_money_only",
            Self::ReturnLooksCancelled => "return_looks_cancelled",
            Self::PartOfLine => "part_of_line",
            Self::PartOfOrder => "part_of_order",
            Self::Contents => "contents",
            Self::Service => "service",
            Self::TrackingPage => "tracking_page",
            Self::NoRefund => "no_refund",
            Self::TaxPart => "tax_part",
            Self::Note => "note",
            Self::Notice => "notice",
            Self::Restock => "restock",
        }
    }
}

/// What a marketplace can be told of a status of ours: it knows of payment, parcels and money back,
/// and of nothing between.
pub(in crate::channel) const fn says_of_marketplaces(status: OrderStatus) -> Says {
    match status {
        OrderStatus::Pending | OrderStatus::Approved => Says::Already,
        OrderStatus::OnHold => Says::Never(Loss::NoHold),
        OrderStatus::Picking | OrderStatus::Picked | OrderStatus::Packing | OrderStatus::Packed => {
            Says::Never(Loss::WarehouseStep)
        }
        OrderStatus::Shipped => Says::By(UpdateKind::Ship),
        OrderStatus::Delivered => Says::Never(Loss::NoDelivered),
        OrderStatus::Cancelled => Says::By(UpdateKind::Cancel),
        OrderStatus::Returned => Says::Roughly(UpdateKind::Refund, Loss::ReturnIsMoneyOnly),
    }
}
