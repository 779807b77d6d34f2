//! Orders of eBay's Sell Fulfillment API v1.
//!
//! `total = priceSubtotal + priceDiscount + deliveryCost + deliveryDiscount + tax + fee +
//! adjustment`, discounts being negative. `lineItemCost` is the amount of the whole line. What the
//! buyer pays on top to eBay as a collector of taxes is no part of the total, and the amount of a
//! payment is the seller's share, not what the buyer paid.

mod channel;
mod contact;
mod money;
mod outbound;
mod payment;
mod state;
mod status;
mod sync;

pub use channel::Ebay;

use crate::channel::bag::EBAY;
use crate::channel::error::ChannelError;
use crate::channel::fields::Fields;
use crate::channel::history::{ChannelCustomer, History};
use crate::channel::incoming::Incoming;
use crate::channel::json::Object;
use crate::channel::order_parts::{draft_of, finish, keep, numbered, order_reference, reference};
use crate::order::{OrderDraft, SourceKind, TaxMode};
use crate::value::{ChannelId, Currency, EmailAddress};

/// Reads one order.
pub(super) fn read(order: &Object<'_>, channel: &ChannelId) -> Result<Incoming, ChannelError> {
    let (pricing, currency) = pricing(order)?;
    let mut fields = Fields::in_currency(currency);
    let mut draft = draft_of(SourceKind::Channel, channel, currency);
    draft.external = vec![order_reference(order, "orderId")?];
    // The order id changes when an unpaid order is paid; this one stays.
    draft.external.extend(reference(
        &mut fields,
        order,
        "legacyOrderId",
        "legacy_order",
    )?);
    draft.tax_mode = TaxMode::Exclusive;
    if !order.has("lineItems") {
        let (path, expected) = (order.path_of("lineItems"), "the lines of the order");
        return Err(ChannelError::missing(path, expected));
    }
    let items = order.objects("lineItems")?;
    let mut history = History::default();
    draft.lines = numbered(&mut fields, &items, |fields, item, id| {
        let line = money::line(fields, item, id)?;
        if let Some(line) = &line {
            state::units(&mut history, item, line)?;
        }
        Ok(line)
    })?;
    draft.charges = money::charges(&mut fields, &pricing)?;
    draft.discount = money::discount(&mut fields, &pricing, &mut draft.lines)?;
    draft.order_tax = EBAY.not_negative(&fields, &pricing, "tax")?;
    draft.stated_total = EBAY.not_negative(&fields, &pricing, "total")?;
    contact::contacts(&mut fields, order, &mut draft)?;
    draft.ordered_at = fields.time(order, "creationDate");
    draft.notes = fields
        .text(order, "buyerCheckoutNotes")
        .into_iter()
        .collect();
    // The seller's running number begins again, so it is no reference.
    keep(
        &mut fields,
        &mut draft,
        order,
        "salesRecordReference",
        "sales_record_reference",
    );
    terms(&mut fields, order, &items, &mut draft)?;
    history.offset_of(order, &["creationDate"]);
    history.customer(customer(&mut fields, order)?);
    draft.payment = payment::payment(&mut fields, order, &items, &draft, &mut history)?;
    let state = state::state(&mut fields, order)?;
    finish(fields, order, draft, state, history)
}

/// How the order is to be shipped and by when, under the names that Amazon's has.
fn terms(
    fields: &mut Fields,
    order: &Object<'_>,
    items: &[Object<'_>],
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for instruction in &order.objects("fulfillmentStartInstructions")? {
        let Some(step) = instruction.object("shippingStep")? else {
            continue;
        };
        for (key, name) in [
            ("shippingServiceCode", "ship_service_level"),
            ("shipToReferenceId", "ship_to_reference"),
        ] {
            keep(fields, draft, &step, key, name);
        }
    }
    // All lines leave in time when the first one does.
    let mut first: Option<(String, Object<'_>)> = None;
    for item in items {
        let Some(terms) = item.object("lineItemFulfillmentInstructions")? else {
            continue;
        };
        let Some(by) = terms.owned("shipByDate")? else {
            continue;
        };
        if first.as_ref().is_none_or(|(known, _)| by < *known) {
            first = Some((by, terms));
        }
    }
    if let Some((_, terms)) = first {
        keep(fields, draft, &terms, "shipByDate", "latest_ship_date");
    }
    Ok(())
}

/// The order's sums and their currency.
fn pricing<'a>(order: &Object<'a>) -> Result<(Object<'a>, Currency), ChannelError> {
    let Some(pricing) = order.object("pricingSummary")? else {
        let expected = "the sums of the order, as getOrder and getOrders send them";
        return Err(ChannelError::missing(
            order.path_of("pricingSummary"),
            expected,
        ));
    };
    let Some(currency) = EBAY.currency(&pricing, "total")? else {
        let expected = "the order's total with its currency";
        return Err(ChannelError::missing(pricing.path_of("total"), expected));
    };
    Ok((pricing, currency))
}

fn customer(fields: &mut Fields, order: &Object<'_>) -> Result<ChannelCustomer, ChannelError> {
    let Some(buyer) = order.object("buyer")? else {
        return Ok(ChannelCustomer::default());
    };
    let registered = buyer.object("buyerRegistrationAddress")?;
    let registered = registered.as_ref();
    Ok(ChannelCustomer {
        id: fields.id(&buyer, "username"),
        name: registered.and_then(|from| fields.text(from, "fullName")),
        email: registered.and_then(|from| fields.lenient(from, "email", EmailAddress::parse)),
    })
}
