//! Where an Orders 2026-01-01 order stands.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, unknown_state};
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState, Suggestion};
use crate::channel::json::Object;
use crate::order::OrderDraft;
use crate::value::Money;

/// The words that say where an order stands.
#[derive(Debug)]
pub(super) struct Words {
    status: String,
    by_amazon: bool,
    /// A buyer asked to cancel a line, and nobody has decided.
    cancel_asked: bool,
    /// A line that is cancelled though others are not.
    line_cancelled: bool,
    parcels: Parcels,
}

#[derive(Debug, Default)]
struct Parcels {
    all: usize,
    arrived: usize,
    came_back: usize,
    in_trouble: usize,
}

impl Parcels {
    fn of(order: &Object<'_>) -> Result<Self, ChannelError> {
        let mut parcels = Self::default();
        for parcel in &order.objects("packages")? {
            let Some(status) = parcel.object("packageStatus")? else {
                continue;
            };
            let word = status.literal("status")?.unwrap_or_default();
            if word == "CANCELLED" {
                continue;
            }
            let detail = status.literal("detailedStatus")?.unwrap_or_default();
            parcels.all += 1;
            parcels.arrived += usize::from(word == "DELIVERED");
            let back = matches!(&*detail, "RETURNED_TO_SELLER" | "REJECTED_BY_BUYER");
            parcels.came_back += usize::from(back);
            let lost = matches!(&*detail, "LOST" | "DAMAGED");
            parcels.in_trouble += usize::from(!back && (lost || word == "UNDELIVERABLE"));
        }
        Ok(parcels)
    }

    const fn all_arrived(&self) -> bool {
        self.all > 0 && self.all == self.arrived
    }
}

impl Words {
    pub(super) fn of(order: &Object<'_>, items: &[Object<'_>]) -> Result<Self, ChannelError> {
        let fulfillment = order.object("fulfillment")?;
        let word = |key: &str| match &fulfillment {
            Some(from) => from.owned(key).map(Option::unwrap_or_default),
            None => Ok(String::new()),
        };
        let (mut cancel_asked, mut line_cancelled) = (false, false);
        for item in items {
            let Some(cancellation) = item.object("cancellation")? else {
                continue;
            };
            let executed = cancellation.object("cancellationExecution")?.is_some();
            line_cancelled |= executed;
            cancel_asked |= !executed && cancellation.object("cancellationRequest")?.is_some();
        }
        Ok(Self {
            status: word("fulfillmentStatus")?,
            by_amazon: word("fulfilledBy")? == "AMAZON",
            cancel_asked,
            line_cancelled,
            parcels: Parcels::of(order)?,
        })
    }

    fn fulfillment(&self) -> Option<FulfillmentState> {
        Some(match self.status.as_str() {
            "SHIPPED" if self.parcels.all_arrived() => FulfillmentState::Delivered,
            "SHIPPED" => FulfillmentState::Fulfilled,
            "PARTIALLY_SHIPPED" => FulfillmentState::Partial,
            "PENDING" | "PENDING_AVAILABILITY" | "UNSHIPPED" | "CANCELLED" | "UNFULFILLABLE" => {
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
            "CANCELLED" => Some(Money::zero(draft.currency)),
            _ => draft.stated_total.filter(|_| self.is_paid()),
        }
    }

    fn financial(&self) -> Option<FinancialState> {
        match self.status.as_str() {
            "PENDING" | "PENDING_AVAILABILITY" => Some(FinancialState::Pending),
            "CANCELLED" | "UNFULFILLABLE" | "" => None,
            "SHIPPED" | "PARTIALLY_SHIPPED" | "UNSHIPPED" => Some(FinancialState::Paid),
            _ => Some(FinancialState::Unknown),
        }
    }
}

/// Everything the answer says about where the order stands.
pub(super) fn state(fields: &mut Fields, order: &Object<'_>, words: &Words) -> ChannelState {
    let changed_at = fields.time(order, "lastUpdatedTime");
    ChannelState {
        test: false,
        cancelled: words.status == "CANCELLED",
        cancelled_at: changed_at.filter(|_| words.status == "CANCELLED"),
        changed_at,
        financial: words.financial(),
        fulfillment: words.fulfillment(),
        suggestion: suggestion(fields, order, words),
    }
}

/// The first row that matches counts.
fn suggestion(fields: &mut Fields, order: &Object<'_>, words: &Words) -> Suggestion {
    let path = order.path_of("fulfillment.fulfillmentStatus");
    match words.status.as_str() {
        _ if words.by_amazon => Suggestion::mirror("Amazon ships this order itself"),
        "CANCELLED" => Suggestion::Cancelled {
            why: "cancelled on the channel".into(),
        },
        "SHIPPED" if words.parcels.all_arrived() => Suggestion::Delivered,
        "SHIPPED" if words.parcels.came_back > 0 => Suggestion::person(
            "a parcel came back by the channel's word: which units are fit for sale?",
        ),
        "SHIPPED" if words.parcels.in_trouble > 0 => {
            Suggestion::person("shipped, but a parcel is lost, damaged or cannot be delivered")
        }
        "SHIPPED" => Suggestion::Shipped,
        "UNFULFILLABLE" => {
            let note = "cannot be fulfilled, or soon cancelled; on hold";
            fields.ambiguous(path, &words.status, note);
            Suggestion::held("cannot be fulfilled by the channel's word")
        }
        "PENDING" | "PENDING_AVAILABILITY" => Suggestion::Pending,
        "PARTIALLY_SHIPPED" => {
            Suggestion::person("a part is shipped already by the channel's word: which units?")
        }
        "UNSHIPPED" if words.cancel_asked => {
            Suggestion::held("the buyer asked to cancel; cancel it or ship it")
        }
        "UNSHIPPED" if words.line_cancelled => {
            Suggestion::person("a line is cancelled on the channel: are the others to be shipped?")
        }
        "UNSHIPPED" => Suggestion::Approved,
        word => {
            fields.warn(unknown_state(&path, word));
            Suggestion::person("the channel sends a status this library does not know, or none")
        }
    }
}
