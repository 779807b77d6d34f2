//! Where an eBay order stands: who ships it is read first, then its cancellation, then payment,
//! then fulfilment.

use crate::channel::error::ChannelError;
use crate::channel::fields::{Fields, unknown_state};
use crate::channel::history::History;
use crate::channel::incoming::{ChannelState, FinancialState, FulfillmentState, Suggestion};
use crate::channel::json::Object;
use crate::order::DraftLine;

/// The word of the payment's state, absent in no order of a shop that takes part in payments.
pub(super) fn payment_word(order: &Object<'_>) -> Result<Option<String>, ChannelError> {
    order.owned("orderPaymentStatus")
}

/// What a word of a payment's state means.
pub(super) fn financial(word: &str) -> Option<FinancialState> {
    Some(match word {
        "PENDING" | "FAILED" => FinancialState::Pending,
        "PAID" => FinancialState::Paid,
        "PARTIALLY_REFUNDED" => FinancialState::PartlyRefunded,
        "FULLY_REFUNDED" => FinancialState::Refunded,
        _ => return None,
    })
}

/// Everything the payload says about where the order stands.
pub(super) fn state(fields: &mut Fields, order: &Object<'_>) -> Result<ChannelState, ChannelError> {
    let word = payment_word(order)?;
    let paid = match word.as_deref() {
        None => None,
        Some(word) => financial(word).or_else(|| {
            let path = order.path_of("orderPaymentStatus");
            fields.warn(unknown_state(&path, word));
            Some(FinancialState::Unknown)
        }),
    };
    let sent = fulfillment(fields, order)?;
    let cancel = order.object("cancelStatus")?;
    let cancel_word = match &cancel {
        Some(cancel) => cancel.owned("cancelState")?.unwrap_or_default(),
        None => String::new(),
    };
    let mut cancelled_at = None;
    if let Some(cancel) = cancel.as_ref().filter(|_| cancel_word == "CANCELED") {
        cancelled_at = fields.time(cancel, "cancelledDate");
        for request in &cancel.objects("cancelRequests")? {
            // An earlier one that was refused ended nothing.
            if request.literal("cancelRequestState")?.as_deref() == Some("REJECTED") {
                continue;
            }
            let completed = fields.time(request, "cancelCompletedDate");
            cancelled_at = cancelled_at
                .or(completed)
                .or_else(|| fields.time(request, "cancelRequestedDate"));
        }
    }
    let reading = Reading {
        fields,
        order,
        cancel: &cancel_word,
    };
    let suggestion = reading.suggestion(sent, paid)?;
    Ok(ChannelState {
        test: false,
        cancelled: cancel_word == "CANCELED",
        cancelled_at,
        changed_at: fields.time(order, "lastModifiedDate"),
        financial: paid,
        fulfillment: Some(sent),
        suggestion,
    })
}

fn fulfillment(fields: &mut Fields, order: &Object<'_>) -> Result<FulfillmentState, ChannelError> {
    let word = order.literal("orderFulfillmentStatus")?;
    Ok(match word.as_deref() {
        None | Some("NOT_STARTED") => FulfillmentState::Unfulfilled,
        Some("IN_PROGRESS") => FulfillmentState::Partial,
        Some("FULFILLED") => FulfillmentState::Fulfilled,
        Some(word) => {
            fields.warn(unknown_state(
                &order.path_of("orderFulfillmentStatus"),
                word,
            ));
            FulfillmentState::Unknown
        }
    })
}

struct Reading<'r, 'a> {
    fields: &'r mut Fields,
    order: &'r Object<'a>,
    cancel: &'r str,
}

impl Reading<'_, '_> {
    /// The first row that matches counts.
    fn suggestion(
        mut self,
        sent: FulfillmentState,
        paid: Option<FinancialState>,
    ) -> Result<Suggestion, ChannelError> {
        if self.sent_by_the_channel()? {
            return Ok(Suggestion::mirror("eBay ships this order itself"));
        }
        match self.cancel {
            "CANCELED" if sent == FulfillmentState::Unfulfilled => {
                let why = "cancelled on the channel".into();
                return Ok(Suggestion::Cancelled { why });
            }
            "CANCELED" => {
                let why = "cancelled on the channel after a parcel left: which units came back?";
                return Ok(Suggestion::person(why));
            }
            "IN_PROGRESS" => {
                let why = "a cancellation was asked for on the channel and is not decided yet";
                return Ok(Suggestion::held(why));
            }
            "" | "NONE_REQUESTED" => {}
            other => {
                let path = self.order.path_of("cancelStatus.cancelState");
                self.fields.warn(unknown_state(&path, other));
                let why = "the channel sends a cancellation state this library does not know";
                return Ok(Suggestion::person(why));
            }
        }
        Ok(self.by_payment(sent, paid))
    }

    fn sent_by_the_channel(&self) -> Result<bool, ChannelError> {
        for step in &self.order.objects("fulfillmentStartInstructions")? {
            let kind = step.literal("fulfillmentInstructionsType")?;
            if kind.as_deref() == Some("FULFILLED_BY_EBAY") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn by_payment(&mut self, sent: FulfillmentState, paid: Option<FinancialState>) -> Suggestion {
        match paid {
            Some(FinancialState::Unknown) => {
                let why = "the channel sends a payment state this library does not know";
                Suggestion::person(why)
            }
            None | Some(FinancialState::Pending) => Suggestion::Pending,
            Some(FinancialState::Refunded) if sent == FulfillmentState::Unfulfilled => {
                self.ambiguous("cancelled, or goodwill; all of it went back, taken as cancelled");
                let why = "refunded in full, nothing shipped";
                Suggestion::Cancelled { why: why.into() }
            }
            Some(FinancialState::Refunded) if sent == FulfillmentState::Fulfilled => {
                self.ambiguous("returned, or goodwill; taken as shipped");
                Suggestion::Shipped
            }
            // The amount of a refund may be goodwill: it says nothing about units.
            Some(
                FinancialState::Paid
                | FinancialState::PartlyRefunded
                | FinancialState::Refunded
                | FinancialState::Authorised
                | FinancialState::PartlyPaid
                | FinancialState::Voided
                | FinancialState::Expired,
            ) => by_fulfillment(sent),
        }
    }

    fn ambiguous(&mut self, note: &'static str) {
        let path = self.order.path_of("orderPaymentStatus");
        self.fields.ambiguous(path, "FULLY_REFUNDED", note);
    }
}

fn by_fulfillment(sent: FulfillmentState) -> Suggestion {
    match sent {
        FulfillmentState::Unfulfilled => Suggestion::Approved,
        FulfillmentState::Partial => {
            let why = "a part is shipped already by the channel's word: which units?";
            Suggestion::person(why)
        }
        FulfillmentState::Fulfilled => Suggestion::Shipped,
        FulfillmentState::Delivered => Suggestion::Delivered,
        FulfillmentState::Restocked | FulfillmentState::Unknown => {
            let why = "the channel sends a fulfilment state this library does not know";
            Suggestion::person(why)
        }
    }
}

/// Tells the units of a line already sent. A line counts as sent as soon as any unit of it is in a
/// parcel, so this is the most that can have left.
pub(super) fn units(
    history: &mut History,
    item: &Object<'_>,
    line: &DraftLine,
) -> Result<(), ChannelError> {
    if item.literal("lineItemFulfillmentStatus")?.as_deref() == Some("FULFILLED") {
        history.line(line.id, line.quantity.get(), 0);
    }
    Ok(())
}
