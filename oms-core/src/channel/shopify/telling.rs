//! The words in which Shopify is told: the same for both of its Admin APIs, small in REST and
//! large in GraphQL.

use crate::channel::outbound::{
    CancelCause, CannotCause, JsonObject, OrderFacts, Outgoing, ParcelUpdate, Request,
};
use crate::order::{HoldReason, Tracking};
use crate::value::ExternalId;

pub(super) const fn cancel_reason(cause: CancelCause) -> &'static str {
    match cause {
        CancelCause::Buyer => "customer",
        CancelCause::OutOfStock => "inventory",
        CancelCause::Fraud => "fraud",
        CancelCause::Payment => "declined",
        CancelCause::Address | CancelCause::Price | CancelCause::Other => "other",
    }
}

pub(super) const fn hold_reason(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::Payment => "awaiting_payment",
        HoldReason::Address | HoldReason::Unserviceable => "incorrect_address",
        HoldReason::Shortage | HoldReason::ReservationExpired => "inventory_out_of_stock",
        HoldReason::UnknownSku
        | HoldReason::Capacity
        | HoldReason::TotalsDiffer
        | HoldReason::Slot
        | HoldReason::Review
        | HoldReason::Other => "other",
    }
}

/// How a parcel is followed; `None` when nothing of it is known.
pub(super) fn tracking_info(facts: &OrderFacts, tracking: &Tracking) -> Option<JsonObject> {
    let carrier = tracking.carrier.as_ref().map(|name| name.as_str());
    let carrier = carrier.map(|name| facts.carrier_code(name).unwrap_or(name));
    let number = tracking.number.as_ref().map(|number| number.as_str());
    let url = tracking.url.as_ref().map(|url| url.as_str());
    let any = carrier.is_some() || number.is_some() || url.is_some();
    any.then(|| {
        JsonObject::new()
            .text_if("number", number)
            .text_if("url", url)
            .text_if("company", carrier)
    })
}

/// These requests, if there are any.
pub(super) fn some(requests: Vec<Request>) -> Result<Outgoing, CannotCause> {
    match requests.is_empty() {
        true => Err(CannotCause::Nothing),
        false => Ok(Outgoing::new(requests, [])),
    }
}

/// What Shopify calls a parcel it knows.
pub(super) fn fulfillment(parcel: &ParcelUpdate) -> Result<&ExternalId, CannotCause> {
    let known = parcel.channel_id.as_ref();
    known.ok_or_else(|| CannotCause::missing("parcel.channel_id", None))
}
