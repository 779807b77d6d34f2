//! Updates to Amazon, for orders the seller ships; paths count from the API's host.

use crate::channel::amazon::feed;
use crate::channel::outbound::{
    CancelCause, CancelUpdate, CannotCause, ItemStock, JsonObject, Method, OrderFacts, Outgoing,
    ParcelUpdate, RefundCause, RefundUpdate, Request, ShipUpdate, Update, milliseconds, segment,
};
use crate::channel::status::Loss;
use crate::value::ExternalId;

type Cannot = CannotCause;

pub(super) fn outgoing(facts: &OrderFacts, update: &Update) -> Result<Outgoing, Cannot> {
    match update {
        Update::Ship(ship) => self::ship(facts, ship),
        // The same package reference changes the package.
        Update::ChangeTracking { parcel, .. } => {
            let mut losses = vec![Loss::Notice];
            let request = confirm(facts, parcel, &mut losses)?;
            Ok(Outgoing::new(vec![request], losses))
        }
        Update::Deliver { .. } => Err(Cannot::NoSuchThing {
            instead: "delivery is the carrier's word",
        }),
        Update::Cancel(cancel) => self::cancel(facts, cancel),
        Update::Refund(refund) => self::refund(facts, refund),
        Update::Hold { .. } | Update::Release => Err(Cannot::NoSuchThing {
            instead: "keep the hold here and mind the latest ship date",
        }),
        Update::Stock { levels, key: _ } => stock(facts, levels),
    }
}

fn ship(facts: &OrderFacts, ship: &ShipUpdate) -> Result<Outgoing, Cannot> {
    if ship.parcels.is_empty() {
        return Err(Cannot::Nothing);
    }
    let mut losses = vec![Loss::Notice];
    let requests = ship
        .parcels
        .iter()
        .map(|parcel| confirm(facts, parcel, &mut losses))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Outgoing::new(requests, losses))
}

fn marketplace(facts: &OrderFacts) -> Result<&ExternalId, Cannot> {
    let marketplace = facts.marketplace.as_ref();
    marketplace.ok_or_else(|| Cannot::missing("marketplace", None))
}

fn confirm(
    facts: &OrderFacts,
    parcel: &ParcelUpdate,
    losses: &mut Vec<Loss>,
) -> Result<Request, Cannot> {
    let tracking = &parcel.tracking;
    let (Some(carrier), Some(number)) = (&tracking.carrier, &tracking.number) else {
        return Err(Cannot::TrackingIncomplete);
    };
    if parcel.lines.is_empty() {
        return Err(Cannot::Nothing);
    }
    losses.extend(tracking.url.as_ref().map(|_| Loss::TrackingPage));
    let items = parcel.lines.iter().map(|line| {
        JsonObject::new()
            .text("orderItemId", line.item.as_str())
            .number("quantity", line.quantity.get())
    });
    // A package reference is text that holds a number; a number is refused.
    let detail = JsonObject::new().text("packageReferenceId", &parcel.shipment.to_string());
    let detail = match facts.carrier_code(carrier.as_str()) {
        Some(code) => detail.text("carrierCode", code),
        None => detail
            .text("carrierCode", "Other")
            .text("carrierName", carrier.as_str()),
    };
    let service = tracking.service.as_ref().map(|service| service.as_str());
    let detail = detail
        .text_if("shippingMethod", service)
        .text("trackingNumber", number.as_str())
        .text("shipDate", &milliseconds(parcel.shipped_at))
        .list("orderItems", items);
    let body = JsonObject::new()
        .text("marketplaceId", marketplace(facts)?.as_str())
        .object("packageDetail", detail);
    let order = segment(facts.order.as_str());
    let path = format!("/orders/v0/orders/{order}/shipmentConfirmation");
    Ok(Request::json(Method::Post, path, body.end()))
}

const fn cancel_reason(cause: CancelCause) -> &'static str {
    match cause {
        CancelCause::Buyer => "BuyerCanceled",
        CancelCause::OutOfStock => "NoInventory",
        CancelCause::Address => "ShippingAddressUndeliverable",
        CancelCause::Fraud | CancelCause::Payment => "RiskAssessmentInformationNotValid",
        CancelCause::Price => "PricingError",
        CancelCause::Other => "GeneralAdjustment",
    }
}

/// There is no call for it: a feed says that the order could not be taken.
fn cancel(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    if facts.any_shipped {
        // Amazon would pay back the whole order.
        return Err(Cannot::AfterShipping);
    }
    let mut wanted: Vec<&ExternalId> = cancel.lines.iter().map(|line| &line.item).collect();
    if wanted.is_empty() {
        wanted = facts.items.iter().map(|line| &line.item).collect();
    }
    for line in &cancel.lines {
        let known = facts.items.iter().find(|known| known.item == line.item);
        if known.is_some_and(|known| line.quantity < known.quantity) {
            let item = line.item.to_string();
            return Err(Cannot::WholeLineOnly { item });
        }
    }
    if wanted.is_empty() {
        return Err(Cannot::missing("items", None));
    }
    let reason = cancel_reason(cancel.cause);
    let content = feed::acknowledgement(seller(facts)?, &facts.order, &wanted, reason);
    let marketplace = marketplace(facts)?;
    let request = feed::document("POST_ORDER_ACKNOWLEDGEMENT_DATA", marketplace, content);
    let mut losses = vec![Loss::Notice, Loss::Restock];
    losses.extend(cancel.note.as_ref().map(|_| Loss::Note));
    Ok(Outgoing::new(vec![request], losses))
}

fn seller(facts: &OrderFacts) -> Result<&ExternalId, Cannot> {
    let seller = facts.seller.as_ref();
    seller.ok_or_else(|| Cannot::missing("seller", None))
}

const fn refund_reason(cause: RefundCause) -> &'static str {
    match cause {
        RefundCause::Returned => "CustomerReturn",
        RefundCause::Cancelled => "CustomerCancel",
        RefundCause::NotReceived => "CouldNotShip",
        RefundCause::NotAsDescribed => "CustomerReturn",
        RefundCause::Goodwill => "GeneralAdjustment",
    }
}

/// Every amount belongs to an item; shipping goes with the first.
fn refund(facts: &OrderFacts, refund: &RefundUpdate) -> Result<Outgoing, Cannot> {
    if refund.total()?.is_none() {
        return Err(Cannot::Nothing);
    }
    if refund.lines.is_empty() || refund.other.is_some() {
        return Err(Cannot::NoSuchThing {
            instead: "every amount belongs to an item: name the lines",
        });
    }
    let reason = refund_reason(refund.cause);
    let (seller, marketplace) = (seller(facts)?, marketplace(facts)?);
    let content = feed::adjustment(seller, &facts.order, &refund.lines, refund.shipping, reason)?;
    let request = feed::document("POST_PAYMENT_ADJUSTMENT_DATA", marketplace, content);
    let mut losses = vec![Loss::Notice];
    let unknown = refund.lines.iter().any(|line| line.tax.is_none());
    losses.extend(unknown.then_some(Loss::TaxPart));
    losses.extend(refund.note.as_ref().map(|_| Loss::Note));
    losses.extend(
        refund
            .lines
            .iter()
            .any(|l| l.restock)
            .then_some(Loss::Restock),
    );
    Ok(Outgoing::new(vec![request], losses))
}

/// Listings Items API: the quantity the seller ships from his own place.
fn stock(facts: &OrderFacts, levels: &[ItemStock]) -> Result<Outgoing, Cannot> {
    if levels.is_empty() {
        return Err(Cannot::Nothing);
    }
    let seller = segment(seller(facts)?.as_str());
    let marketplace = segment(marketplace(facts)?.as_str());
    let requests = levels.iter().map(|level| {
        let value = JsonObject::new()
            .text("fulfillment_channel_code", "DEFAULT")
            .number("quantity", level.available.get());
        let patch = JsonObject::new()
            .text("op", "replace")
            .text("path", "/attributes/fulfillment_availability")
            .list("value", [value]);
        let body = JsonObject::new()
            .text("productType", "PRODUCT")
            .list("patches", [patch]);
        let sku = segment(level.item.as_str());
        let path =
            format!("/listings/2021-08-01/items/{seller}/{sku}?marketplaceIds={marketplace}");
        Request::json(Method::Patch, path, body.end())
    });
    Ok(Outgoing::new(requests.collect(), []))
}
