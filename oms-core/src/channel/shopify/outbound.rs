//! Updates to Shopify, by Admin REST; paths count from `/admin/api/{version}/`.

use std::borrow::Cow;

use crate::channel::error::ChannelError;
use crate::channel::json::{Object, document};
use crate::channel::outbound::{
    CancelUpdate, CannotCause, ItemStock, JsonObject, Method, OrderFacts, Outgoing, ParcelUpdate,
    Reads, RefundUpdate, Repeat, Request, ShipUpdate, Update, WorkFacts, WorkLine, numeric,
};
use crate::channel::shopify::payback::{
    Places, Restock, Taken, cancelled, payback, payments, returned,
};
use crate::channel::shopify::telling::{
    cancel_reason, fulfillment, hold_reason, some, tracking_info,
};
use crate::channel::shopify::work::{HELD, STOPPABLE, Share, in_states, pack};
use crate::channel::status::{Loss, id, items, text, units};
use crate::order::HoldReason;
use crate::value::{Money, Reason, Timestamp};

type Cannot = CannotCause;

pub(super) fn outgoing(facts: &OrderFacts, update: &Update) -> Result<Outgoing, Cannot> {
    match update {
        Update::Ship(ship) => self::ship(facts, ship),
        Update::ChangeTracking {
            parcel,
            notify_buyer,
        } => tracking(facts, parcel, *notify_buyer),
        Update::Deliver { parcel, at } => deliver(facts, parcel, *at),
        Update::Cancel(cancel) => self::cancel(facts, cancel),
        Update::Refund(refund) => self::refund(facts, refund),
        Update::Hold { reason, note } => hold(facts, *reason, note.as_ref()),
        Update::Release => release(facts),
        Update::Stock { levels, key: _ } => stock(levels),
    }
}

fn post(path: String, body: JsonObject) -> Request {
    Request::json(Method::Post, path, body.end())
}

fn order(facts: &OrderFacts) -> Result<&str, Cannot> {
    numeric(&facts.order, "order", "Order")
}

/// Asks for what only the channel knows about the work.
fn work_missing(facts: &OrderFacts) -> Result<Cannot, Cannot> {
    let path = format!("orders/{}/fulfillment_orders.json", order(facts)?);
    let ask = Request::get(path, Reads::Facts);
    Ok(Cannot::missing("work", Some(ask)))
}

fn ship(facts: &OrderFacts, ship: &ShipUpdate) -> Result<Outgoing, Cannot> {
    if facts.work.is_empty() && !facts.work_known {
        return Err(work_missing(facts)?);
    }
    let mut losses = Vec::new();
    let mut requests = Vec::new();
    for (parcel, packed) in ship.parcels.iter().zip(pack(facts, &ship.parcels)?) {
        let shares = packed.shares.iter().map(work_lines);
        let works: Vec<JsonObject> = shares.collect::<Result<_, Cannot>>()?;
        let mut body = JsonObject::new().list("line_items_by_fulfillment_order", works);
        if let Some(info) = tracking_info(facts, &parcel.tracking) {
            body = body.object("tracking_info", info);
        }
        body = body.flag("notify_customer", ship.notify_buyer);
        losses.extend(parcel.tracking.service.as_ref().map(|_| Loss::Service));
        let body = JsonObject::new().object("fulfillment", body);
        let mut request = post("fulfillments.json".to_owned(), body).reads_id("fulfillment.id");
        request.repeat = packed.repeat;
        requests.push(request);
    }
    Ok(Outgoing::new(requests, losses))
}

fn work_lines(share: &Share) -> Result<JsonObject, Cannot> {
    let lines = share.lines.iter().map(|(line, count)| {
        let id = numeric(line, "work line", "FulfillmentOrderLineItem")?;
        Ok(JsonObject::new()
            .digits("id", id)
            .number("quantity", count.get()))
    });
    let lines: Vec<JsonObject> = lines.collect::<Result<_, Cannot>>()?;
    let id = numeric(&share.work, "work", "FulfillmentOrder")?;
    Ok(JsonObject::new()
        .digits("fulfillment_order_id", id)
        .list("fulfillment_order_line_items", lines))
}

fn tracking(
    facts: &OrderFacts,
    parcel: &ParcelUpdate,
    notify_buyer: bool,
) -> Result<Outgoing, Cannot> {
    let Some(info) = tracking_info(facts, &parcel.tracking) else {
        return Err(Cannot::Nothing);
    };
    let parcel_id = numeric(fulfillment(parcel)?, "parcel", "Fulfillment")?;
    let path = format!("fulfillments/{parcel_id}/update_tracking.json");
    let body = JsonObject::new()
        .flag("notify_customer", notify_buyer)
        .object("tracking_info", info);
    let body = JsonObject::new().object("fulfillment", body);
    let losses = parcel.tracking.service.as_ref().map(|_| Loss::Service);
    Ok(Outgoing::new(vec![post(path, body)], losses))
}

fn deliver(facts: &OrderFacts, parcel: &ParcelUpdate, at: Timestamp) -> Result<Outgoing, Cannot> {
    let order = order(facts)?;
    let parcel = numeric(fulfillment(parcel)?, "parcel", "Fulfillment")?;
    let path = format!("orders/{order}/fulfillments/{parcel}/events.json");
    let event = JsonObject::new()
        .text("status", "delivered")
        .text("happened_at", &at.to_string());
    let body = JsonObject::new().object("event", event);
    let request = post(path, body).reads_id("fulfillment_event.id");
    Ok(Outgoing::new(vec![request], []))
}

fn cancel(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    if !cancel.lines.is_empty() {
        return cancel_lines(facts, cancel);
    }
    if facts.any_shipped {
        return Err(Cannot::AfterShipping);
    }
    let path = format!("orders/{}/cancel.json", order(facts)?);
    let body = JsonObject::new()
        .text("reason", cancel_reason(cancel.cause))
        .flag("email", cancel.notify_buyer)
        .flag("restock", cancel.restock);
    let note = cancel.note.as_ref().map(|_| Loss::Note);
    let losses = note.into_iter().chain([Loss::NoRefund]);
    let request = post(path, body).reads(Reads::Accepted {
        path: Cow::Borrowed("order.id"),
    });
    Ok(Outgoing::new(vec![request], losses))
}

/// Units that will not be sent are a refund of no money.
fn cancel_lines(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    let (units, unasked) = cancelled(facts, cancel)?;
    let lines = refund_lines(&units)?;
    let note = cancel.note.as_ref().map(|note| note.as_str());
    let body = JsonObject::new()
        .text_if("note", note)
        .flag("notify", cancel.notify_buyer)
        .list("refund_line_items", lines)
        .list("transactions", []);
    refund_request(facts, body, unasked.into_iter().chain([Loss::NoRefund]))
}

fn refund_lines(taken: &[Taken<'_>]) -> Result<Vec<JsonObject>, Cannot> {
    let line = |taken: &Taken<'_>| {
        let line = JsonObject::new()
            .digits("line_item_id", numeric(taken.item, "item", "LineItem")?)
            .number("quantity", taken.quantity)
            .text("restock_type", taken.restock.word());
        Ok(match (taken.location, taken.restock) {
            (Some(location), _) => {
                line.digits("location_id", numeric(location, "location", "Location")?)
            }
            // By this API the place of what never left is to be named, too.
            (None, Restock::Return | Restock::Cancel) => {
                return Err(Cannot::missing("location", None));
            }
            (None, Restock::Nothing) => line,
        })
    };
    taken.iter().map(line).collect()
}

fn refund_request(
    facts: &OrderFacts,
    body: JsonObject,
    losses: impl IntoIterator<Item = Loss>,
) -> Result<Outgoing, Cannot> {
    let path = format!("orders/{}/refunds.json", order(facts)?);
    let body = JsonObject::new().object("refund", body);
    let mut request = post(path, body).reads_id("refund.id");
    request.repeat = Repeat::LookFirst;
    Ok(Outgoing::new(vec![request], losses))
}

fn refund(facts: &OrderFacts, refund: &RefundUpdate) -> Result<Outgoing, Cannot> {
    let Some(total) = refund.total()? else {
        return Err(Cannot::Nothing);
    };
    let transactions = transactions(facts, total)?;
    let (units, unasked) = returned(facts, refund)?;
    let lines = refund_lines(&units)?;
    let note = refund.note.as_ref().map(|note| note.as_str());
    let mut body = JsonObject::new()
        .text("currency", total.currency().code())
        .text_if("note", note)
        .flag("notify", refund.notify_buyer);
    if let Some(shipping) = refund.shipping {
        body = body.object("shipping", JsonObject::new().money("amount", shipping));
    }
    let body = body
        .list("refund_line_items", lines)
        .list("transactions", transactions);
    refund_request(facts, body, unasked)
}

fn transactions(facts: &OrderFacts, total: Money) -> Result<Vec<JsonObject>, Cannot> {
    if facts.payments.is_empty() && !facts.payments_known {
        let path = format!("orders/{}/transactions.json", order(facts)?);
        let ask = Request::get(path, Reads::Facts);
        return Err(Cannot::missing("payments", Some(ask)));
    }
    let paid = payback(&facts.payments, total)?;
    let transaction = paid.iter().map(|paid| {
        let parent = numeric(&paid.payment.id, "payment", "OrderTransaction")?;
        Ok(JsonObject::new()
            .digits("parent_id", parent)
            .money("amount", paid.amount)
            .text("kind", "refund")
            .text("gateway", &paid.payment.gateway))
    });
    transaction.collect()
}

/// One request per fulfilment order in one of these states.
fn each_work(
    facts: &OrderFacts,
    states: &[&str],
    action: &str,
    body: impl Fn() -> JsonObject,
) -> Result<Outgoing, Cannot> {
    if facts.work.is_empty() && !facts.work_known {
        return Err(work_missing(facts)?);
    }
    let mut requests = Vec::new();
    for work in in_states(facts, states) {
        let id = numeric(&work.id, "work", "FulfillmentOrder")?;
        let path = format!("fulfillment_orders/{id}/{action}.json");
        requests.push(post(path, body()));
    }
    some(requests)
}

fn hold(facts: &OrderFacts, reason: HoldReason, note: Option<&Reason>) -> Result<Outgoing, Cannot> {
    each_work(facts, STOPPABLE, "hold", || {
        let hold = JsonObject::new()
            .text("reason", hold_reason(reason))
            .text_if("reason_notes", note.map(Reason::as_str));
        JsonObject::new().object("fulfillment_hold", hold)
    })
}

fn release(facts: &OrderFacts) -> Result<Outgoing, Cannot> {
    each_work(facts, HELD, "release_hold", JsonObject::new)
}

fn stock(levels: &[ItemStock]) -> Result<Outgoing, Cannot> {
    let requests = levels.iter().map(|level| {
        let Some(location) = &level.location else {
            return Err(Cannot::missing("stock.location", None));
        };
        let body = JsonObject::new()
            .digits("location_id", numeric(location, "location", "Location")?)
            .digits(
                "inventory_item_id",
                numeric(&level.item, "item", "InventoryItem")?,
            )
            .number("available", level.available.get());
        Ok(post("inventory_levels/set.json".to_owned(), body))
    });
    some(requests.collect::<Result<_, _>>()?)
}

/// Takes over what the answers to the questions above say.
pub(super) fn learn(facts: &mut OrderFacts, bytes: &[u8]) -> Result<(), ChannelError> {
    let root = document(bytes)?.object()?;
    if root.has("fulfillment_orders") {
        facts.work.clear();
        facts.work_rest.clear();
        for work in root.objects("fulfillment_orders")? {
            let lines = items(&work, "line_items");
            let line = |line: &Object<'_>| {
                let left = units(line, "fulfillable_quantity").or_else(|| units(line, "quantity"));
                Some(WorkLine {
                    id: id(line, "id")?,
                    item: id(line, "line_item_id")?,
                    left: left?,
                })
            };
            let lines = lines.iter().filter_map(line).collect();
            if let Some(id) = id(&work, "id") {
                let state = text(&work, "status").unwrap_or_default();
                facts.work.push(WorkFacts {
                    id,
                    state,
                    lines,
                    holds: None,
                });
            }
        }
        facts.work_known = true;
        return Ok(());
    }
    if root.has("transactions") {
        facts.payments = payments(&root.objects("transactions")?, &PLACES)?;
        facts.payments_known = true;
        return Ok(());
    }
    let expected = "fulfillment_orders or transactions";
    Err(ChannelError::missing("fulfillment_orders", expected))
}

/// Where a transaction of Admin REST says these.
const PLACES: Places = Places {
    amount: |transaction| text(transaction, "amount").zip(text(transaction, "currency")),
    parent: |transaction| id(transaction, "parent_id"),
};
