//! Updates to eBay; paths count from the API's host.

use std::borrow::Cow;

use crate::channel::outbound::{
    CancelCause, CancelUpdate, CannotCause, ItemStock, JsonObject, Method, OrderFacts, Outgoing,
    ParcelUpdate, Reads, RefundCause, RefundUpdate, Repeat, Request, ShipUpdate, Update,
    milliseconds, segment,
};
use crate::channel::status::Loss;
use crate::order::Tracking;
use crate::value::{Money, Reason};

type Cannot = CannotCause;

/// Longest comment of a refund.
const COMMENT_CHARS_MAX: usize = 100;
/// Most SKUs of one stock update.
const STOCK_ITEMS_MAX: usize = 25;

pub(super) fn outgoing(facts: &OrderFacts, update: &Update) -> Result<Outgoing, Cannot> {
    match update {
        Update::Ship(ship) => self::ship(facts, ship),
        Update::ChangeTracking { .. } => Err(Cannot::NoSuchThing {
            instead: "a shipment cannot be changed or taken back; tell the buyer",
        }),
        Update::Deliver { .. } => Err(Cannot::NoSuchThing {
            instead: "delivery is the carrier's word",
        }),
        Update::Cancel(cancel) => self::cancel(facts, cancel),
        Update::Refund(refund) => self::refund(facts, refund),
        Update::Hold { .. } | Update::Release => Err(Cannot::NoSuchThing {
            instead: "keep the hold here; the buyer sees the ship-by date only",
        }),
        Update::Stock { levels, key: _ } => stock(levels),
    }
}

fn post(path: String, body: JsonObject) -> Request {
    Request::json(Method::Post, path, body.end())
}

/// One call per parcel. Sent twice, a parcel stands there twice.
fn ship(facts: &OrderFacts, ship: &ShipUpdate) -> Result<Outgoing, Cannot> {
    if ship.parcels.is_empty() {
        return Err(Cannot::Nothing);
    }
    let order = segment(facts.order.as_str());
    let mut losses = vec![Loss::Notice];
    let mut requests = Vec::new();
    for parcel in &ship.parcels {
        if parcel.lines.is_empty() {
            // Without lines eBay takes all that is left of the order for shipped.
            return Err(Cannot::Nothing);
        }
        let tracking = tracking(facts, &parcel.tracking)?;
        losses.extend(parcel.tracking.service.as_ref().map(|_| Loss::Service));
        losses.extend(parcel.tracking.url.as_ref().map(|_| Loss::TrackingPage));
        losses.extend(part_of_line(facts, parcel));
        let lines = parcel.lines.iter().map(|line| {
            JsonObject::new()
                .text("lineItemId", line.item.as_str())
                .number("quantity", line.quantity.get())
        });
        let mut body = JsonObject::new()
            .list("lineItems", lines)
            .text("shippedDate", &milliseconds(parcel.shipped_at));
        if let Some((carrier, number)) = tracking {
            body = body
                .text("shippingCarrierCode", &carrier)
                .text("trackingNumber", &number);
        }
        let path = format!("/sell/fulfillment/v1/order/{order}/shipping_fulfillment");
        let mut request = post(path, body).reads(Reads::Location);
        request.repeat = Repeat::LookFirst;
        requests.push(request);
    }
    Ok(Outgoing::new(requests, losses))
}

/// A line counts as shipped as soon as one unit of it left.
fn part_of_line(facts: &OrderFacts, parcel: &ParcelUpdate) -> Option<Loss> {
    let part = parcel.lines.iter().any(|line| {
        let ordered = facts.items.iter().find(|known| known.item == line.item);
        ordered.is_some_and(|ordered| line.quantity < ordered.quantity)
    });
    part.then_some(Loss::PartOfLine)
}

/// Carrier and number come together or not at all; the number is letters and digits.
fn tracking(facts: &OrderFacts, tracking: &Tracking) -> Result<Option<(String, String)>, Cannot> {
    let (Some(carrier), Some(number)) = (&tracking.carrier, &tracking.number) else {
        return match (&tracking.carrier, &tracking.number) {
            (None, None) => Ok(None),
            (Some(_), _) | (_, Some(_)) => Err(Cannot::TrackingIncomplete),
        };
    };
    let name = carrier.as_str();
    let code = facts.carrier_code(name).unwrap_or(name).to_owned();
    let spaced = |c: &char| !matches!(c, ' ' | '-');
    let plain: String = number.as_str().chars().filter(spaced).collect();
    if plain.is_empty() || !plain.chars().all(|c| c.is_ascii_alphanumeric()) {
        let value = number.to_string();
        return Err(Cannot::BadTrackingNumber { value });
    }
    Ok(Some((code, plain)))
}

const fn cancel_reason(cause: CancelCause) -> &'static str {
    match cause {
        CancelCause::Buyer => "BUYER_ASKED_CANCEL",
        CancelCause::Address => "ADDRESS_ISSUES",
        CancelCause::Payment => "ORDER_UNPAID",
        CancelCause::OutOfStock | CancelCause::Fraud | CancelCause::Price | CancelCause::Other => {
            "OUT_OF_STOCK_OR_CANNOT_FULFILL"
        }
    }
}

fn cancel(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    if !cancel.lines.is_empty() {
        return Err(Cannot::WholeOrderOnly);
    }
    if facts.any_shipped {
        return Err(Cannot::AfterShipping);
    }
    let Some(legacy) = &facts.legacy_order else {
        return Err(Cannot::missing("legacy_order", None));
    };
    let who = || JsonObject::new().text("legacyOrderId", legacy.as_str());
    let eligible = post(
        "/post-order/v2/cancellation/check_eligibility".to_owned(),
        who(),
    );
    let body = who().text("cancelReason", cancel_reason(cancel.cause));
    let request = post("/post-order/v2/cancellation".to_owned(), body);
    let accepted = Reads::Accepted {
        path: Cow::Borrowed("cancelId"),
    };
    let mut losses = vec![Loss::Notice, Loss::Restock];
    losses.extend(cancel.note.as_ref().map(|_| Loss::Note));
    Ok(Outgoing::new(
        vec![eligible, request.reads(accepted)],
        losses,
    ))
}

/// The words of `ReasonForRefundEnum` of the Fulfillment API 1.
const fn refund_reason(cause: RefundCause) -> &'static str {
    match cause {
        RefundCause::Returned => "BUYER_RETURN",
        RefundCause::Cancelled => "BUYER_CANCEL",
        RefundCause::NotReceived => "ITEM_NOT_RECEIVED",
        RefundCause::NotAsDescribed => "ITEM_NOT_AS_DESCRIBED",
        RefundCause::Goodwill => "OTHER_ADJUSTMENT",
    }
}

fn amount(money: Money) -> JsonObject {
    JsonObject::new()
        .text("currency", money.currency().code())
        .money("value", money)
}

/// Money for lines and money for the order as a whole are two calls.
fn refund(facts: &OrderFacts, refund: &RefundUpdate) -> Result<Outgoing, Cannot> {
    if refund.total()?.is_none() {
        return Err(Cannot::Nothing);
    }
    let mut losses = vec![Loss::Notice];
    let comment = refund.note.as_ref().map(Reason::as_str);
    let cut: Option<String> = comment.map(|all| all.chars().take(COMMENT_CHARS_MAX).collect());
    if comment.is_some_and(|all| all.chars().count() > COMMENT_CHARS_MAX) {
        losses.push(Loss::Note);
    }
    if refund.lines.iter().any(|line| line.restock) {
        losses.push(Loss::Restock);
    }
    let head = || {
        JsonObject::new()
            .text("reasonForRefund", refund_reason(refund.cause))
            .text_if("comment", cut.as_deref())
    };
    let mut bodies = Vec::new();
    if !refund.lines.is_empty() {
        let lines = refund.lines.iter().map(|line| {
            JsonObject::new()
                .object("refundAmount", amount(line.amount))
                .text("lineItemId", line.item.as_str())
        });
        bodies.push(head().list("refundItems", lines));
    }
    let rest = [refund.shipping, refund.other].into_iter().flatten();
    let rest = rest.map(Ok).reduce(|sum, next| sum?.checked_add(next?));
    if let Some(rest) = rest.transpose()? {
        bodies.push(head().object("orderLevelRefundAmount", amount(rest)));
    }
    let order = segment(facts.order.as_str());
    let request = |body| {
        let path = format!("/sell/fulfillment/v1/order/{order}/issue_refund");
        let mut request = post(path, body).reads(Reads::Accepted {
            path: Cow::Borrowed("refundId"),
        });
        request.repeat = Repeat::LookFirst;
        request.to_be_signed = true;
        request
    };
    Ok(Outgoing::new(
        bodies.into_iter().map(request).collect(),
        losses,
    ))
}

fn stock(levels: &[ItemStock]) -> Result<Outgoing, Cannot> {
    if levels.is_empty() {
        return Err(Cannot::Nothing);
    }
    let requests = levels.chunks(STOCK_ITEMS_MAX).map(|part| {
        let items = part.iter().map(|level| {
            let quantity = JsonObject::new().number("quantity", level.available.get());
            JsonObject::new()
                .text("sku", level.item.as_str())
                .object("shipToLocationAvailability", quantity)
        });
        let body = JsonObject::new().list("requests", items);
        let path = "/sell/inventory/v1/bulk_update_price_quantity".to_owned();
        post(path, body).reads(Reads::Batch)
    });
    Ok(Outgoing::new(requests.collect(), []))
}

#[cfg(test)]
mod tests {
    use super::{RefundCause, refund_reason};

    #[test]
    fn every_cause_of_a_refund_is_a_word_ebay_knows() {
        const KNOWN: [&str; 7] = [
            "BUYER_CANCEL",
            "SELLER_CANCEL",
            "ITEM_NOT_RECEIVED",
            "BUYER_RETURN",
            "ITEM_NOT_AS_DESCRIBED",
            "OTHER_ADJUSTMENT",
            "SHIPPING_DISCOUNT",
        ];
        for cause in RefundCause::ALL {
            assert!(KNOWN.contains(&refund_reason(cause)), "{cause:?}");
        }
        let said = refund_reason(RefundCause::NotAsDescribed);
        assert_eq!(said, "ITEM_NOT_AS_DESCRIBED");
        assert_eq!(refund_reason(RefundCause::Goodwill), "OTHER_ADJUSTMENT");
    }
}
