//! Where a WooCommerce order stands: one open set of status words.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, unknown_state};
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState, Suggestion};
use crate::channel::json::Object;
use crate::channel::woocommerce::payment::{is_paid, refunds};
use crate::order::OrderDraft;

/// Everything the payload says about where the order stands.
pub(super) fn state(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &OrderDraft,
) -> Result<ChannelState, ChannelError> {
    let status = order.literal("status")?.unwrap_or_default();
    let changed_at = fields.time(order, "date_modified_gmt");
    let cancelled = matches!(&*status, "cancelled" | "trash");
    Ok(ChannelState {
        test: false,
        cancelled,
        // The channel does not say when; the last change is the nearest it tells.
        cancelled_at: changed_at.filter(|_| cancelled),
        changed_at,
        financial: financial(order, draft, &status),
        fulfillment: (status == "completed").then_some(FulfillmentState::Fulfilled),
        suggestion: suggestion(fields, order, &status)?,
    })
}

fn financial(order: &Object<'_>, draft: &OrderDraft, status: &str) -> Option<FinancialState> {
    let payment = &draft.payment;
    match status {
        "refunded" => Some(FinancialState::Refunded),
        "failed" if is_paid(order) => Some(FinancialState::Unknown),
        _ if payment.refunded.is_positive() && payment.refunded == payment.captured => {
            Some(FinancialState::Refunded)
        }
        _ if payment.refunded.is_positive() => Some(FinancialState::PartlyRefunded),
        _ if is_paid(order) => Some(FinancialState::Paid),
        "pending" | "failed" | "on-hold" => Some(FinancialState::Pending),
        _ => None,
    }
}

fn suggestion(
    fields: &mut Fields,
    order: &Object<'_>,
    status: &str,
) -> Result<Suggestion, ChannelError> {
    let refunded = refunds(fields, order)?.is_positive();
    let mut ambiguous = |note: &'static str| {
        fields.ambiguous(order.path_of("status"), status, note);
    };
    Ok(match status {
        "auto-draft" | "checkout-draft" | "draft" | "new" => Suggestion::Ignore {
            why: "a draft, not an order yet".into(),
        },
        "trash" => {
            ambiguous("deleted by a person, may be restored; taken as cancelled");
            Suggestion::Cancelled {
                why: "moved to the bin on the channel".into(),
            }
        }
        "cancelled" => Suggestion::Cancelled {
            why: "cancelled on the channel".into(),
        },
        "refunded" => {
            ambiguous("returned if it was shipped, else cancelled; taken as cancelled");
            Suggestion::Cancelled {
                why: "refunded in full on the channel".into(),
            }
        }
        // A debit that came back, or a dispute that was lost: one that never came has no date.
        "failed" if is_paid(order) => {
            Suggestion::held("the payment failed after it was made: was the money taken back?")
        }
        "pending" | "failed" => Suggestion::Pending,
        "on-hold" => Suggestion::held("waits for its payment to be confirmed"),
        "processing" if refunded => {
            let why = "a part was refunded: which units are still to be shipped? if all are, waive \
                       what went back";
            Suggestion::person(why)
        }
        "processing" => Suggestion::Approved,
        "completed" => {
            ambiguous("shipped, or nothing to ship; taken as shipped");
            Suggestion::Shipped
        }
        _ => {
            fields.warn(unknown_state(&order.path_of("status"), status));
            let why = "the channel sends a status this library does not know";
            Suggestion::person(why)
        }
    })
}
