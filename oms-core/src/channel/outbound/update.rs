//! What a channel can be told.

use serde::{Deserialize, Serialize};

use crate::order::{HoldReason, Tracking};
use crate::value::{
    ExternalId, IdempotencyKey, Money, MoneyError, Quantity, Reason, ShipmentId, Timestamp, Units,
};

/// Something that happened here and that a channel should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "update")]
pub enum Update {
    /// Parcels left.
    Ship(ShipUpdate),
    /// A parcel is followed by other means than was told.
    ChangeTracking {
        /// The parcel as it is now.
        parcel: ParcelUpdate,
        /// Let the channel tell the buyer.
        notify_buyer: bool,
    },
    /// A parcel arrived.
    Deliver {
        /// The parcel.
        parcel: ParcelUpdate,
        /// When.
        at: Timestamp,
    },
    /// Some or all units will not be sent.
    Cancel(CancelUpdate),
    /// Money goes back.
    Refund(RefundUpdate),
    /// The order is stopped.
    Hold {
        /// Why.
        reason: HoldReason,
        /// Details for a person.
        note: Option<Reason>,
    },
    /// The order goes on.
    Release,
    /// How many units can be sold.
    Stock {
        /// The items.
        levels: Vec<ItemStock>,
        /// As [`RefundUpdate::key`].
        #[serde(default)]
        key: Option<IdempotencyKey>,
    },
}

/// The name of an update, without its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each names the variant of `Update` documented above"
)]
pub enum UpdateKind {
    Ship,
    ChangeTracking,
    Deliver,
    Cancel,
    Refund,
    Hold,
    Release,
    Stock,
}

impl UpdateKind {
    /// Every kind of update.
    pub const ALL: [Self; 8] = [
        Self::Ship,
        Self::ChangeTracking,
        Self::Deliver,
        Self::Cancel,
        Self::Refund,
        Self::Hold,
        Self::Release,
        Self::Stock,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ship => "ship",
            Self::ChangeTracking => "change_tracking",
            Self::Deliver => "deliver",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Stock => "stock",
        }
    }
}

impl std::fmt::Display for UpdateKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Update {
    /// The update's name.
    #[must_use]
    pub const fn kind(&self) -> UpdateKind {
        match self {
            Self::Ship(_) => UpdateKind::Ship,
            Self::ChangeTracking { .. } => UpdateKind::ChangeTracking,
            Self::Deliver { .. } => UpdateKind::Deliver,
            Self::Cancel(_) => UpdateKind::Cancel,
            Self::Refund(_) => UpdateKind::Refund,
            Self::Hold { .. } => UpdateKind::Hold,
            Self::Release => UpdateKind::Release,
            Self::Stock { .. } => UpdateKind::Stock,
        }
    }
}

/// Units of a line, by the channel's id of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemQuantity {
    /// The channel's id of the line, as it sent it.
    pub item: ExternalId,
    /// How many units.
    pub quantity: Quantity,
}

/// A parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelUpdate {
    /// Its number in the order; some channels tell parcels apart by it.
    pub shipment: ShipmentId,
    /// What the channel calls it, once the channel has answered.
    pub channel_id: Option<ExternalId>,
    /// What is in it.
    pub lines: Vec<ItemQuantity>,
    /// Who carries it and how to follow it.
    pub tracking: Tracking,
    /// When it left.
    pub shipped_at: Timestamp,
}

/// Parcels that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipUpdate {
    /// The parcels the channel does not know yet.
    pub parcels: Vec<ParcelUpdate>,
    /// Nothing of the order is left to ship.
    pub complete: bool,
    /// Let the channel tell the buyer.
    pub notify_buyer: bool,
}

/// Why units will not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelCause {
    /// The buyer asked for it.
    Buyer,
    /// There is nothing to send.
    OutOfStock,
    /// Nobody can deliver there.
    Address,
    /// It may be a fraud.
    Fraud,
    /// The payment was declined or never came.
    Payment,
    /// The price was wrong.
    Price,
    /// Something else.
    Other,
}

impl CancelCause {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Buyer,
        Self::OutOfStock,
        Self::Address,
        Self::Fraud,
        Self::Payment,
        Self::Price,
        Self::Other,
    ];
}

/// Units that will not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelUpdate {
    /// Why.
    pub cause: CancelCause,
    /// Which; empty means the whole order.
    pub lines: Vec<ItemQuantity>,
    /// Put the units back on sale.
    pub restock: bool,
    /// Details for a person.
    pub note: Option<Reason>,
    /// Let the channel tell the buyer.
    pub notify_buyer: bool,
    /// As [`RefundUpdate::key`]; for lines only.
    #[serde(default)]
    pub key: Option<IdempotencyKey>,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// Units came back.
    Returned,
    /// Units will not be sent.
    Cancelled,
    /// It never arrived.
    NotReceived,
    /// It was not what was ordered, or broken.
    NotAsDescribed,
    /// To please the buyer, who keeps the goods: so a
    /// [`Waived`](crate::order::PaymentEntry::Waived) of the same amount is recorded after it.
    Goodwill,
}

impl RefundCause {
    /// Every cause.
    pub const ALL: [Self; 5] = [
        Self::Returned,
        Self::Cancelled,
        Self::NotReceived,
        Self::NotAsDescribed,
        Self::Goodwill,
    ];
}

/// Money that goes back for units of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The channel's id of the line.
    pub item: ExternalId,
    /// How many units it is for; `None` for a part of the price alone.
    pub quantity: Option<Quantity>,
    /// What goes back for them, tax included.
    pub amount: Money,
    /// How much of it is tax, for channels that want the two apart; `None` where nobody knows.
    #[serde(default)]
    pub tax: Option<Money>,
    /// Put the units back on sale.
    pub restock: bool,
}

impl RefundLine {
    /// What goes back without its tax; `None` where the tax is not known.
    ///
    /// # Errors
    /// [`MoneyError`] when currencies are mixed or the sum is out of range.
    pub fn net(&self) -> Result<Option<Money>, MoneyError> {
        self.tax.map(|tax| self.amount.checked_sub(tax)).transpose()
    }
}

/// Money that goes back. The sum of its parts is what the buyer gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundUpdate {
    /// Why.
    pub cause: RefundCause,
    /// For units.
    pub lines: Vec<RefundLine>,
    /// For shipping.
    pub shipping: Option<Money>,
    /// For nothing in particular.
    pub other: Option<Money>,
    /// Details for a person.
    pub note: Option<Reason>,
    /// Let the channel tell the buyer.
    pub notify_buyer: bool,
    /// What tells this update from every other one, such as the id of the event it follows: the
    /// same update has the same key however often it is told, another one has another, even if it
    /// says the same. Shopify's GraphQL does not go without; the other channels do not ask.
    #[serde(default)]
    pub key: Option<IdempotencyKey>,
}

impl RefundUpdate {
    /// What the buyer gets; `None` when nothing is refunded.
    ///
    /// # Errors
    /// [`MoneyError`] when currencies are mixed or the sum is out of range.
    pub fn total(&self) -> Result<Option<Money>, MoneyError> {
        let lines = self.lines.iter().map(|line| line.amount);
        let parts = lines.chain(self.shipping).chain(self.other);
        parts
            .map(Ok)
            .reduce(|sum, next| sum?.checked_add(next?))
            .transpose()
    }
}

/// How many units of an item can be sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemStock {
    /// What the channel calls the item: an inventory item, a product or variation, a SKU.
    pub item: ExternalId,
    /// The item it is a variation of, where the channel asks for it.
    pub parent: Option<ExternalId>,
    /// What the channel calls the place, where it knows several.
    pub location: Option<ExternalId>,
    /// Units that can be sold.
    pub available: Units,
}
