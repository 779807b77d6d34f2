//! Where an Orders v0 order stands.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, unknown_state};
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState, Suggestion};
use crate::channel::json::Object;
use crate::order::OrderDraft;
use crate::value::Money;

/// The words that say where an order stands.
#[derive(Debug)]
pub(super) struct V0Words {
    status: String,
    parcel: String,
    verification: String,
    /// Amazon ships it from its own stock.
    by_amazon: bool,
    /// Cash is taken when it is delivered.
    cash_on_delivery: bool,
    cancel_asked: bool,
}

impl V0Words {
    pub(super) fn of(
        order: &Object<'_>,
        items: &[Object<'_>],
        regulated: Option<&Object<'_>>,
    ) -> Result<Self, ChannelError> {
        let word = |key: &str| order.owned(key).map(Option::unwrap_or_default);
        let mut cancel_asked = false;
        for item in items {
            if let Some(asked) = item.object("BuyerRequestedCancel")? {
                cancel_asked |= asked.flag("IsBuyerRequestedCancel")?;
            }
        }
        let verification = match regulated {
            Some(answer) => answer.object("RegulatedOrderVerificationStatus")?,
            None => None,
        };
        Ok(Self {
            status: word("OrderStatus")?,
            parcel: word("EasyShipShipmentStatus")?,
            verification: match verification {
                Some(status) => status.owned("Status")?.unwrap_or_default(),
                None => String::new(),
            },
            by_amazon: word("FulfillmentChannel")? == "AFN",
            cash_on_delivery: word("PaymentMethod")? == "COD",
            cancel_asked,
        })
    }

    fn fulfillment(&self) -> Option<FulfillmentState> {
        Some(match self.status.as_str() {
            "Shipped" | "InvoiceUnconfirmed" if self.parcel == "Delivered" => {
                FulfillmentState::Delivered
            }
            "Shipped" | "InvoiceUnconfirmed" => FulfillmentState::Fulfilled,
            "PartiallyShipped" => FulfillmentState::Partial,
            "Pending" | "PendingAvailability" | "Unshipped" | "Canceled" | "Unfulfillable" => {
                FulfillmentState::Unfulfilled
            }
            _ => return None,
        })
    }

    pub(super) fn is_paid(&self) -> bool {
        self.financial() == Some(FinancialState::Paid)
    }

    /// The most that Amazon takes of the buyer, where it says so.
    pub(super) fn takes_at_most(&self, draft: &OrderDraft) -> Option<Money> {
        match self.status.as_str() {
            "Canceled" => Some(Money::zero(draft.currency)),
            _ => draft.stated_total.filter(|_| self.is_paid()),
        }
    }

    /// There is no word for it: an order that left `Pending` is authorised.
    fn financial(&self) -> Option<FinancialState> {
        match self.status.as_str() {
            "Pending" | "PendingAvailability" => Some(FinancialState::Pending),
            "Canceled" | "Unfulfillable" => None,
            "Shipped" | "InvoiceUnconfirmed" | "PartiallyShipped" | "Unshipped"
                if self.cash_on_delivery && self.parcel != "Delivered" =>
            {
                Some(FinancialState::Pending)
            }
            "Shipped" | "InvoiceUnconfirmed" | "PartiallyShipped" | "Unshipped" => {
                Some(FinancialState::Paid)
            }
            _ => Some(FinancialState::Unknown),
        }
    }
}

/// Everything the answers say about where the order stands.
pub(super) fn v0_state(fields: &mut Fields, order: &Object<'_>, words: &V0Words) -> ChannelState {
    let changed_at = fields.time(order, "LastUpdateDate");
    ChannelState {
        test: false,
        cancelled: words.status == "Canceled",
        // The API does not say when; the last change is the nearest it tells.
        cancelled_at: changed_at.filter(|_| words.status == "Canceled"),
        changed_at,
        financial: words.financial(),
        fulfillment: words.fulfillment(),
        suggestion: suggestion(fields, order, words),
    }
}

/// The first row that matches counts.
fn suggestion(fields: &mut Fields, order: &Object<'_>, words: &V0Words) -> Suggestion {
    let status = words.status.as_str();
    match (status, words.parcel.as_str()) {
        _ if words.by_amazon => Suggestion::mirror("Amazon ships this order itself"),
        ("Canceled", _) => Suggestion::Cancelled {
            why: "cancelled on the channel".into(),
        },
        ("Shipped" | "InvoiceUnconfirmed", "Delivered") => Suggestion::Delivered,
        ("Shipped" | "InvoiceUnconfirmed", "ReturnedToSeller" | "RejectedByBuyer") => {
            let why = "the parcel came back by the channel's word: which units are fit for sale?";
            Suggestion::person(why)
        }
        ("Shipped" | "InvoiceUnconfirmed", "Lost" | "Damaged" | "Undeliverable") => {
            let why = "shipped, but the parcel is lost, damaged or cannot be delivered";
            Suggestion::person(why)
        }
        ("Shipped" | "InvoiceUnconfirmed", _) => Suggestion::Shipped,
        ("Unfulfillable", _) => {
            let note = "cannot be fulfilled, or soon cancelled; on hold";
            fields.ambiguous(order.path_of("OrderStatus"), status, note);
            Suggestion::held("cannot be fulfilled by the channel's word")
        }
        ("Pending" | "PendingAvailability", _) => Suggestion::Pending,
        ("PartiallyShipped", _) => {
            Suggestion::person("a part is shipped already by the channel's word: which units?")
        }
        ("Unshipped", _) => unshipped(words),
        _ => {
            fields.warn(unknown_state(&order.path_of("OrderStatus"), status));
            Suggestion::person("the channel sends a status this library does not know")
        }
    }
}

fn unshipped(words: &V0Words) -> Suggestion {
    match words.verification.as_str() {
        _ if words.cancel_asked => {
            Suggestion::held("the buyer asked to cancel; cancel it or ship it")
        }
        "" | "Approved" => Suggestion::Approved,
        "Pending" => Suggestion::held("waits for the verification of regulated goods"),
        "Rejected" | "Expired" => Suggestion::Cancelled {
            why: "the verification of regulated goods failed".into(),
        },
        _ => Suggestion::person("the verification of regulated goods is in an unknown state"),
    }
}
