//! Updates to Shopify by Admin GraphQL: every one is a POST to `graphql.json`, counted from
//! `/admin/api/{version}/` as the paths of Admin REST are.
//!
//! Mutations, arguments and enums: `https://shopify.dev/docs/api/admin-graphql/latest/mutations/`
//! and the name of each, version 2026-10; compared with the schema of 2026-07.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::channel::outbound::{
    CancelUpdate, CannotCause, ItemStock, JsonObject, Method, OrderFacts, Outgoing, ParcelUpdate,
    Reads, RefundUpdate, Request, ShipUpdate, Update, global,
};
use crate::channel::shopify::graphql::facts::{ask_payments, ask_work};
use crate::channel::shopify::payback::{Taken, cancelled, payback, returned};
use crate::channel::shopify::telling::{
    cancel_reason, fulfillment, hold_reason, some, tracking_info,
};
use crate::channel::shopify::work::{HELD, STOPPABLE, Share, in_states, pack};
use crate::channel::status::Loss;
use crate::order::HoldReason;
use crate::value::{IdempotencyKey, Money, Reason, Timestamp};

type Cannot = CannotCause;

/// A mutation: its text, and where its answer names what came of it.
struct Mutation {
    name: &'static str,
    path: &'static str,
    text: &'static str,
}

const FULFILL: Mutation = Mutation {
    name: "fulfillmentCreate",
    path: "fulfillment.id",
    text: "mutation Fulfill($fulfillment: FulfillmentInput!) { \
        fulfillmentCreate(fulfillment: $fulfillment) { \
        fulfillment { id } userErrors { field message } } }",
};

const TRACK: Mutation = Mutation {
    name: "fulfillmentTrackingInfoUpdate",
    path: "fulfillment.id",
    text: "mutation Track($id: ID!, $info: FulfillmentTrackingInput!, $notify: Boolean) { \
        fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $info, \
        notifyCustomer: $notify) { fulfillment { id } userErrors { field message } } }",
};

const EVENT: Mutation = Mutation {
    name: "fulfillmentEventCreate",
    path: "fulfillmentEvent.id",
    text: "mutation Event($event: FulfillmentEventInput!) { \
        fulfillmentEventCreate(fulfillmentEvent: $event) { \
        fulfillmentEvent { id } userErrors { field message } } }",
};

const CANCEL: Mutation = Mutation {
    name: "orderCancel",
    path: "job.id",
    text: "mutation Cancel($id: ID!, $reason: OrderCancelReason!, \
        $refund: OrderCancelRefundMethodInput, $restock: Boolean!, $notify: Boolean, \
        $note: String) { orderCancel(orderId: $id, reason: $reason, refundMethod: $refund, \
        restock: $restock, notifyCustomer: $notify, staffNote: $note) { \
        job { id } orderCancelUserErrors { code field message } } }",
};

/// Without the directive Shopify refuses this since 2026-04:
/// <https://shopify.dev/changelog/making-idempotency-mandatory-for-inventory-adjustments-and-refund-mutations>.
const REFUND: Mutation = Mutation {
    name: "refundCreate",
    path: "refund.id",
    text: "mutation Refund($input: RefundInput!, $key: String!) { \
        refundCreate(input: $input) @idempotent(key: $key) { \
        refund { id } userErrors { field message } } }",
};

const HOLD: Mutation = Mutation {
    name: "fulfillmentOrderHold",
    path: "fulfillmentHold.id",
    text: "mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) { \
        fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { \
        fulfillmentHold { id } userErrors { code field message } } }",
};

const RELEASE: Mutation = Mutation {
    name: "fulfillmentOrderReleaseHold",
    path: "fulfillmentOrder.id",
    text: "mutation Release($id: ID!, $holds: [ID!]) { \
        fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { \
        fulfillmentOrder { id } userErrors { code field message } } }",
};

/// As [`REFUND`] with the directive.
const STOCK: Mutation = Mutation {
    name: "inventorySetQuantities",
    path: "inventoryAdjustmentGroup.id",
    text: "mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) { \
        inventorySetQuantities(input: $input) @idempotent(key: $key) { \
        inventoryAdjustmentGroup { id } userErrors { code field message } } }",
};

/// How many items an input list holds at most: <https://shopify.dev/docs/api/usage/limits>.
const ITEMS_MAX: usize = 250;

/// `staffNote` of `orderCancel`.
const NOTE_CHARS_MAX: usize = 255;

/// The name of the hold of this library on a fulfilment order: Shopify refuses a second one of the
/// same name, so that holding twice holds once.
const HANDLE: &str = "oms";

pub(super) fn outgoing(facts: &OrderFacts, update: &Update) -> Result<Outgoing, Cannot> {
    match update {
        Update::Ship(ship) => self::ship(facts, ship),
        Update::ChangeTracking {
            parcel,
            notify_buyer,
        } => tracking(facts, parcel, *notify_buyer),
        Update::Deliver { parcel, at } => deliver(parcel, *at),
        Update::Cancel(cancel) => self::cancel(facts, cancel),
        Update::Refund(refund) => self::refund(facts, refund),
        Update::Hold { reason, note } => hold(facts, *reason, note.as_ref()),
        Update::Release => release(facts),
        Update::Stock { levels, key } => stock(levels, key.as_ref()),
    }
}

/// A POST of a query or a mutation with its variables.
pub(super) fn post(text: &str, variables: JsonObject, reads: Reads) -> Request {
    let body = JsonObject::new()
        .text("query", text)
        .object("variables", variables);
    Request::json(Method::Post, "graphql.json", body.end()).reads(reads)
}

fn mutate(mutation: &Mutation, variables: JsonObject) -> Request {
    let reads = Reads::Mutation {
        name: Cow::Borrowed(mutation.name),
        path: Cow::Borrowed(mutation.path),
        accepted: false,
    };
    post(mutation.text, variables, reads)
}

fn large(word: &str) -> String {
    word.to_ascii_uppercase()
}

/// The key without which Shopify does not take it; see [`RefundUpdate::key`].
fn key(key: Option<&IdempotencyKey>) -> Result<&str, Cannot> {
    let key = key.ok_or_else(|| Cannot::missing("key", None))?;
    Ok(key.as_str())
}

/// All of the work is known, or this asks for what is not.
fn work_known(facts: &OrderFacts) -> Result<(), Cannot> {
    match ask_work(facts)? {
        Some(ask) => Err(Cannot::missing("work", Some(ask))),
        None => Ok(()),
    }
}

fn ship(facts: &OrderFacts, ship: &ShipUpdate) -> Result<Outgoing, Cannot> {
    work_known(facts)?;
    let mut losses = Vec::new();
    let mut requests = Vec::new();
    for (parcel, packed) in ship.parcels.iter().zip(pack(facts, &ship.parcels)?) {
        let mut works = Vec::new();
        for share in &packed.shares {
            works.extend(work_lines(share)?);
        }
        let mut input = JsonObject::new().list("lineItemsByFulfillmentOrder", works);
        if let Some(info) = tracking_info(facts, &parcel.tracking) {
            input = input.object("trackingInfo", info);
        }
        input = input.flag("notifyCustomer", ship.notify_buyer);
        losses.extend(parcel.tracking.service.as_ref().map(|_| Loss::Service));
        let mut request = mutate(&FULFILL, JsonObject::new().object("fulfillment", input));
        request.repeat = packed.repeat;
        requests.push(request);
    }
    Ok(Outgoing::new(requests, losses))
}

/// What a parcel takes of a fulfilment order, in lists of a length that Shopify takes.
fn work_lines(share: &Share) -> Result<Vec<JsonObject>, Cannot> {
    let work = global(&share.work, "work", "FulfillmentOrder")?;
    let mut works = Vec::new();
    for lines in share.lines.chunks(ITEMS_MAX) {
        let line = lines.iter().map(|(line, count)| {
            let id = global(line, "work line", "FulfillmentOrderLineItem")?;
            Ok(JsonObject::new()
                .text("id", &id)
                .number("quantity", count.get()))
        });
        let lines: Vec<JsonObject> = line.collect::<Result<_, Cannot>>()?;
        let entry = JsonObject::new().text("fulfillmentOrderId", &work);
        works.push(entry.list("fulfillmentOrderLineItems", lines));
    }
    Ok(works)
}

fn parcel_id(parcel: &ParcelUpdate) -> Result<String, Cannot> {
    global(fulfillment(parcel)?, "parcel", "Fulfillment")
}

fn tracking(
    facts: &OrderFacts,
    parcel: &ParcelUpdate,
    notify_buyer: bool,
) -> Result<Outgoing, Cannot> {
    let Some(info) = tracking_info(facts, &parcel.tracking) else {
        return Err(Cannot::Nothing);
    };
    let variables = JsonObject::new()
        .text("id", &parcel_id(parcel)?)
        .object("info", info)
        .flag("notify", notify_buyer);
    let losses = parcel.tracking.service.as_ref().map(|_| Loss::Service);
    Ok(Outgoing::new(vec![mutate(&TRACK, variables)], losses))
}

fn deliver(parcel: &ParcelUpdate, at: Timestamp) -> Result<Outgoing, Cannot> {
    let event = JsonObject::new()
        .text("fulfillmentId", &parcel_id(parcel)?)
        .text("status", "DELIVERED")
        .text("happenedAt", &at.to_string());
    let request = mutate(&EVENT, JsonObject::new().object("event", event));
    Ok(Outgoing::new(vec![request], []))
}

fn cancel(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    if !cancel.lines.is_empty() {
        return cancel_lines(facts, cancel);
    }
    if facts.any_shipped {
        return Err(Cannot::AfterShipping);
    }
    let note = cancel.note.as_ref().map(Reason::as_str);
    let (note, cut) = match note {
        Some(note) => {
            let short: String = note.chars().take(NOTE_CHARS_MAX).collect();
            let cut = short.len() < note.len();
            (Some(short), cut)
        }
        None => (None, false),
    };
    // Without a method of refund Shopify decides by itself, so none is told in so many words.
    let refund = JsonObject::new().flag("originalPaymentMethodsRefund", false);
    let variables = JsonObject::new()
        .text("id", &global(&facts.order, "order", "Order")?)
        .text("reason", &large(cancel_reason(cancel.cause)))
        .object("refund", refund)
        .flag("restock", cancel.restock)
        .flag("notify", cancel.notify_buyer)
        .text_if("note", note.as_deref());
    let request = mutate(&CANCEL, variables).reads(Reads::Mutation {
        name: Cow::Borrowed(CANCEL.name),
        path: Cow::Borrowed(CANCEL.path),
        accepted: true,
    });
    let losses = cut.then_some(Loss::Note).into_iter();
    Ok(Outgoing::new(vec![request], losses.chain([Loss::NoRefund])))
}

/// Units that will not be sent are a refund of no money.
fn cancel_lines(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    let (units, unasked) = cancelled(facts, cancel)?;
    let input = JsonObject::new()
        .text("orderId", &global(&facts.order, "order", "Order")?)
        .text_if("note", cancel.note.as_ref().map(Reason::as_str))
        .flag("notify", cancel.notify_buyer)
        .list("refundLineItems", refund_lines(&units)?)
        .list("transactions", []);
    let request = refund_request(input, cancel.key.as_ref())?;
    let losses = unasked.into_iter().chain([Loss::NoRefund]);
    Ok(Outgoing::new(vec![request], losses))
}

fn refund_lines(taken: &[Taken<'_>]) -> Result<Vec<JsonObject>, Cannot> {
    let line = |taken: &Taken<'_>| {
        let line = JsonObject::new()
            .text("lineItemId", &global(taken.item, "item", "LineItem")?)
            .number("quantity", taken.quantity)
            .text("restockType", &large(taken.restock.word()));
        Ok(match taken.location {
            Some(location) => line.text("locationId", &global(location, "location", "Location")?),
            None => line,
        })
    };
    taken.iter().map(line).collect()
}

fn refund_request(input: JsonObject, named: Option<&IdempotencyKey>) -> Result<Request, Cannot> {
    let variables = JsonObject::new()
        .object("input", input)
        .text("key", key(named)?);
    Ok(mutate(&REFUND, variables))
}

fn refund(facts: &OrderFacts, refund: &RefundUpdate) -> Result<Outgoing, Cannot> {
    let Some(total) = refund.total()? else {
        return Err(Cannot::Nothing);
    };
    let transactions = transactions(facts, total)?;
    let (units, unasked) = returned(facts, refund)?;
    let lines = refund_lines(&units)?;
    let mut input = JsonObject::new()
        .text("orderId", &global(&facts.order, "order", "Order")?)
        .text("currency", total.currency().code())
        .text_if("note", refund.note.as_ref().map(Reason::as_str))
        .flag("notify", refund.notify_buyer);
    if let Some(shipping) = refund.shipping {
        input = input.object("shipping", JsonObject::new().money("amount", shipping));
    }
    let input = input
        .list("refundLineItems", lines)
        .list("transactions", transactions);
    let request = refund_request(input, refund.key.as_ref())?;
    Ok(Outgoing::new(vec![request], unasked))
}

fn transactions(facts: &OrderFacts, total: Money) -> Result<Vec<JsonObject>, Cannot> {
    if facts.payments.is_empty() && !facts.payments_known {
        return Err(Cannot::missing("payments", Some(ask_payments(facts)?)));
    }
    let order = global(&facts.order, "order", "Order")?;
    let paid = payback(&facts.payments, total)?;
    let transaction = paid.iter().map(|paid| {
        if paid.payment.gateway.is_empty() {
            return Err(Cannot::missing("payments.gateway", None));
        }
        let parent = global(&paid.payment.id, "payment", "OrderTransaction")?;
        Ok(JsonObject::new()
            .text("orderId", &order)
            .text("parentId", &parent)
            .money("amount", paid.amount)
            .text("kind", "REFUND")
            .text("gateway", &paid.payment.gateway))
    });
    transaction.collect()
}

fn hold(facts: &OrderFacts, reason: HoldReason, note: Option<&Reason>) -> Result<Outgoing, Cannot> {
    work_known(facts)?;
    let mut requests = Vec::new();
    for work in in_states(facts, STOPPABLE) {
        let hold = JsonObject::new()
            .text("reason", &large(hold_reason(reason)))
            .text_if("reasonNotes", note.map(Reason::as_str))
            .text("handle", HANDLE);
        let variables = JsonObject::new()
            .text("id", &global(&work.id, "work", "FulfillmentOrder")?)
            .object("hold", hold);
        requests.push(mutate(&HOLD, variables));
    }
    some(requests)
}

/// Releases the app's own holds. Without their ids Shopify would release those of everybody, the
/// merchant's and those of other apps.
fn release(facts: &OrderFacts) -> Result<Outgoing, Cannot> {
    work_known(facts)?;
    let mut requests = Vec::new();
    for work in in_states(facts, HELD) {
        let Some(holds) = &work.holds else {
            let anew = OrderFacts::new(facts.order.clone());
            return Err(Cannot::missing("work.holds", ask_work(&anew)?));
        };
        if holds.is_empty() {
            continue;
        }
        let ids = holds
            .iter()
            .map(|hold| global(hold, "hold", "FulfillmentHold"))
            .collect::<Result<Vec<String>, Cannot>>()?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let variables = JsonObject::new()
            .text("id", &global(&work.id, "work", "FulfillmentOrder")?)
            .texts("holds", &ids);
        requests.push(mutate(&RELEASE, variables));
    }
    some(requests)
}

/// Sets what can be sold, whatever Shopify thought it was: the stock is kept here.
///
/// `changeFromQuantity` must be said since 2026-04, be it `null`:
/// <https://shopify.dev/changelog/finalizing-compare-and-swap-redesign-for-inventory-set-quantities>.
fn stock(levels: &[ItemStock], named: Option<&IdempotencyKey>) -> Result<Outgoing, Cannot> {
    let known = known(levels)?;
    let mut requests = Vec::new();
    for (part, levels) in known.chunks(ITEMS_MAX).enumerate() {
        let quantity = |level: &Known| {
            JsonObject::new()
                .text("inventoryItemId", &level.item)
                .text("locationId", &level.location)
                .number("quantity", level.units)
                .null("changeFromQuantity")
        };
        let input = JsonObject::new()
            .text("name", "available")
            .text("reason", "correction")
            .list("quantities", levels.iter().map(quantity));
        let mut key = key(named)?.to_owned();
        if part > 0 {
            // Another request wants another key.
            key.push_str(&format!("/{part}"));
        }
        let variables = JsonObject::new().object("input", input).text("key", &key);
        requests.push(mutate(&STOCK, variables));
    }
    some(requests)
}

/// Units of an item at a place, by global ids.
struct Known {
    item: String,
    location: String,
    units: u32,
}

/// Each item and place once, as Shopify refuses one that is named twice: the last word counts.
fn known(levels: &[ItemStock]) -> Result<Vec<Known>, Cannot> {
    let mut last = BTreeMap::new();
    for (at, level) in levels.iter().enumerate() {
        let Some(location) = &level.location else {
            return Err(Cannot::missing("stock.location", None));
        };
        let item = global(&level.item, "item", "InventoryItem")?;
        let location = global(location, "location", "Location")?;
        last.insert((item, location), (at, level.available.get()));
    }
    let mut known: Vec<(usize, Known)> = last
        .into_iter()
        .map(|((item, location), (at, units))| {
            let known = Known {
                item,
                location,
                units,
            };
            (at, known)
        })
        .collect();
    known.sort_unstable_by_key(|(at, _)| *at);
    Ok(known.into_iter().map(|(_, known)| known).collect())
}
