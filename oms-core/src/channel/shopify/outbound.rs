//! Updates to Shopify, by Admin REST; paths count from `/admin/api/{version}/`.

use std::borrow::Cow;

use crate::channel::error::ChannelError;
use crate::channel::json::document;
use crate::channel::outbound::{
    CancelCause, CancelUpdate, CannotCause, ItemQuantity, JsonObject, Method, OrderFacts, Outgoing,
    ParcelUpdate, PaymentFacts, Reads, RefundUpdate, Repeat, Request, ShipUpdate, StockLevel,
    Update, WorkFacts, WorkLine, numeric,
};
use crate::channel::status::{Loss, id, items, text, units};
use crate::order::{HoldReason, Tracking};
use crate::value::{Currency, ExternalId, Money, Reason, Timestamp, Units};

type Cannot = CannotCause;

/// States of a fulfilment order in which units can leave.
const OPEN: [&str; 2] = ["open", "in_progress"];

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
        Update::Stock { levels } => stock(levels),
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
    if facts.work.is_empty() {
        return Err(work_missing(facts)?);
    }
    if ship.parcels.is_empty() {
        return Err(Cannot::Nothing);
    }
    let mut left = facts.work.clone();
    left.retain(|work| OPEN.contains(&work.state.to_ascii_lowercase().as_str()));
    let mut losses = Vec::new();
    let mut requests = Vec::new();
    for parcel in &ship.parcels {
        let shares = share(&mut left, parcel)?;
        let works = shares
            .iter()
            .map(|(work, lines)| {
                let lines = lines.iter().map(|(line, count)| {
                    let id = numeric(line, "work line", "FulfillmentOrderLineItem")?;
                    Ok(JsonObject::new()
                        .digits("id", id)
                        .number("quantity", count.get()))
                });
                let lines: Vec<JsonObject> = lines.collect::<Result<_, Cannot>>()?;
                let id = numeric(work, "work", "FulfillmentOrder")?;
                Ok(JsonObject::new()
                    .digits("fulfillment_order_id", id)
                    .list("fulfillment_order_line_items", lines))
            })
            .collect::<Result<Vec<_>, Cannot>>()?;
        let mut body = JsonObject::new().list("line_items_by_fulfillment_order", works);
        if let Some(info) = tracking_info(facts, &parcel.tracking) {
            body = body.object("tracking_info", info);
        }
        body = body.flag("notify_customer", ship.notify_buyer);
        losses.extend(parcel.tracking.service.as_ref().map(|_| Loss::Service));
        let body = JsonObject::new().object("fulfillment", body);
        requests.push(post("fulfillments.json".to_owned(), body).reads_id("fulfillment.id"));
    }
    Ok(Outgoing::new(requests, losses))
}

/// Per fulfilment order, the lines of work and the units of them that are in a parcel.
type Shares = Vec<(ExternalId, Vec<(ExternalId, Units)>)>;

/// Takes the parcel's units out of what is left, in the order of the work.
fn share(left: &mut [WorkFacts], parcel: &ParcelUpdate) -> Result<Shares, Cannot> {
    let mut shares: Shares = Vec::new();
    for ItemQuantity { item, quantity } in &parcel.lines {
        let mut wanted = quantity.units();
        for work in left.iter_mut() {
            for line in work.lines.iter_mut().filter(|line| line.item == *item) {
                let here = Units::min(wanted, line.left);
                if here.is_zero() {
                    continue;
                }
                wanted = wanted.saturating_sub(here);
                line.left = line.left.saturating_sub(here);
                let entry = (line.id.clone(), here);
                match shares.iter_mut().find(|(id, _)| *id == work.id) {
                    Some((_, lines)) => lines.push(entry),
                    None => shares.push((work.id.clone(), vec![entry])),
                }
            }
        }
        if !wanted.is_zero() {
            return Err(Cannot::MoreThanLeft {
                item: item.to_string(),
                wanted: quantity.get(),
                left: quantity.get().saturating_sub(wanted.get()),
            });
        }
    }
    if shares.is_empty() {
        return Err(Cannot::Nothing);
    }
    Ok(shares)
}

fn tracking_info(facts: &OrderFacts, tracking: &Tracking) -> Option<JsonObject> {
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

fn fulfillment(parcel: &ParcelUpdate) -> Result<&str, Cannot> {
    let Some(id) = &parcel.channel_id else {
        return Err(Cannot::missing("parcel.channel_id", None));
    };
    numeric(id, "parcel", "Fulfillment")
}

fn tracking(
    facts: &OrderFacts,
    parcel: &ParcelUpdate,
    notify_buyer: bool,
) -> Result<Outgoing, Cannot> {
    let Some(info) = tracking_info(facts, &parcel.tracking) else {
        return Err(Cannot::Nothing);
    };
    let path = format!("fulfillments/{}/update_tracking.json", fulfillment(parcel)?);
    let body = JsonObject::new()
        .flag("notify_customer", notify_buyer)
        .object("tracking_info", info);
    let body = JsonObject::new().object("fulfillment", body);
    let losses = parcel.tracking.service.as_ref().map(|_| Loss::Service);
    Ok(Outgoing::new(vec![post(path, body)], losses))
}

fn deliver(facts: &OrderFacts, parcel: &ParcelUpdate, at: Timestamp) -> Result<Outgoing, Cannot> {
    let (order, parcel) = (order(facts)?, fulfillment(parcel)?);
    let path = format!("orders/{order}/fulfillments/{parcel}/events.json");
    let event = JsonObject::new()
        .text("status", "delivered")
        .text("happened_at", &at.to_string());
    let body = JsonObject::new().object("event", event);
    let request = post(path, body).reads_id("fulfillment_event.id");
    Ok(Outgoing::new(vec![request], []))
}

const fn cancel_reason(cause: CancelCause) -> &'static str {
    match cause {
        CancelCause::Buyer => "customer",
        CancelCause::OutOfStock => "inventory",
        CancelCause::Fraud => "fraud",
        CancelCause::Payment => "declined",
        CancelCause::Address | CancelCause::Price | CancelCause::Other => "other",
    }
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
    let kind = if cancel.restock {
        "cancel"
    } else {
        "no_restock"
    };
    let lines = cancel
        .lines
        .iter()
        .map(|line| refund_line(facts, &line.item, line.quantity.get(), kind));
    let lines: Vec<JsonObject> = lines.collect::<Result<_, _>>()?;
    let note = cancel.note.as_ref().map(|note| note.as_str());
    let body = JsonObject::new()
        .text_if("note", note)
        .flag("notify", cancel.notify_buyer)
        .list("refund_line_items", lines)
        .list("transactions", []);
    refund_request(facts, body, [Loss::NoRefund])
}

fn refund_line(
    facts: &OrderFacts,
    item: &ExternalId,
    quantity: u32,
    kind: &str,
) -> Result<JsonObject, Cannot> {
    let line = JsonObject::new()
        .digits("line_item_id", numeric(item, "item", "LineItem")?)
        .number("quantity", quantity)
        .text("restock_type", kind);
    let Some(location) = &facts.location else {
        // Shopify finds the place of what never left by itself, but not of what comes back.
        return match kind {
            "return" => Err(Cannot::missing("location", None)),
            _ => Ok(line),
        };
    };
    Ok(match kind {
        "no_restock" => line,
        _ => line.digits("location_id", numeric(location, "location", "Location")?),
    })
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
    let mut lines = Vec::new();
    for line in &refund.lines {
        let Some(quantity) = line.quantity else {
            continue;
        };
        let kind = match (line.restock, refund.cause) {
            (false, _) => "no_restock",
            (true, crate::channel::outbound::RefundCause::Cancelled) => "cancel",
            (true, _) => "return",
        };
        lines.push(refund_line(facts, &line.item, quantity.get(), kind)?);
    }
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
    refund_request(facts, body, [])
}

/// Pays back to the payments in their order, each up to what it holds.
fn transactions(facts: &OrderFacts, total: Money) -> Result<Vec<JsonObject>, Cannot> {
    if facts.payments.is_empty() {
        let path = format!("orders/{}/transactions.json", order(facts)?);
        let ask = Request::get(path, Reads::Facts);
        return Err(Cannot::missing("payments", Some(ask)));
    }
    let mut left = total;
    let mut transactions = Vec::new();
    for payment in &facts.payments {
        left.expect_currency(payment.refundable.currency())?;
        let here = if payment.refundable.minor() < left.minor() {
            payment.refundable
        } else {
            left
        };
        if !here.is_positive() {
            continue;
        }
        left = left.checked_sub(here)?;
        transactions.push(
            JsonObject::new()
                .digits(
                    "parent_id",
                    numeric(&payment.id, "payment", "OrderTransaction")?,
                )
                .money("amount", here)
                .text("kind", "refund")
                .text("gateway", &payment.gateway),
        );
    }
    if left.is_positive() {
        return Err(Cannot::MoreThanPaid {
            wanted: total.to_string(),
            left: total.checked_sub(left)?.to_string(),
        });
    }
    Ok(transactions)
}

const fn hold_reason(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::Payment => "awaiting_payment",
        HoldReason::Address | HoldReason::Unserviceable => "incorrect_address",
        HoldReason::Shortage | HoldReason::ReservationExpired => "inventory_out_of_stock",
        HoldReason::UnknownSku
        | HoldReason::TotalsDiffer
        | HoldReason::Slot
        | HoldReason::Review
        | HoldReason::Other => "other",
    }
}

/// One request per fulfilment order in one of these states.
fn each_work(
    facts: &OrderFacts,
    states: &[&str],
    action: &str,
    body: impl Fn() -> JsonObject,
) -> Result<Outgoing, Cannot> {
    if facts.work.is_empty() {
        return Err(work_missing(facts)?);
    }
    let mut requests = Vec::new();
    for work in &facts.work {
        if states.contains(&work.state.to_ascii_lowercase().as_str()) {
            let id = numeric(&work.id, "work", "FulfillmentOrder")?;
            let path = format!("fulfillment_orders/{id}/{action}.json");
            requests.push(post(path, body()));
        }
    }
    if requests.is_empty() {
        return Err(Cannot::Nothing);
    }
    Ok(Outgoing::new(requests, []))
}

fn hold(facts: &OrderFacts, reason: HoldReason, note: Option<&Reason>) -> Result<Outgoing, Cannot> {
    each_work(facts, &["open", "in_progress", "scheduled"], "hold", || {
        let hold = JsonObject::new()
            .text("reason", hold_reason(reason))
            .text_if("reason_notes", note.map(Reason::as_str));
        JsonObject::new().object("fulfillment_hold", hold)
    })
}

fn release(facts: &OrderFacts) -> Result<Outgoing, Cannot> {
    each_work(facts, &["on_hold"], "release_hold", JsonObject::new)
}

fn stock(levels: &[StockLevel]) -> Result<Outgoing, Cannot> {
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
    let requests: Vec<Request> = requests.collect::<Result<_, _>>()?;
    if requests.is_empty() {
        return Err(Cannot::Nothing);
    }
    Ok(Outgoing::new(requests, []))
}

/// Takes over what the answers to the questions above say.
pub(super) fn learn(facts: &mut OrderFacts, bytes: &[u8]) -> Result<(), ChannelError> {
    let root = document(bytes)?.object()?;
    if root.has("fulfillment_orders") {
        facts.work.clear();
        for work in root.objects("fulfillment_orders")? {
            let lines = items(&work, "line_items");
            let line = |line: &crate::channel::json::Object<'_>| {
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
                facts.work.push(WorkFacts { id, state, lines });
            }
        }
        return Ok(());
    }
    if root.has("transactions") {
        return payments(facts, &root);
    }
    let expected = "fulfillment_orders or transactions";
    Err(ChannelError::missing("fulfillment_orders", expected))
}

/// What every sale and capture still holds once the refunds are taken off, in whatever order they
/// are listed.
fn payments(
    facts: &mut OrderFacts,
    root: &crate::channel::json::Object<'_>,
) -> Result<(), ChannelError> {
    let mut payments: Vec<PaymentFacts> = Vec::new();
    let mut refunds: Vec<(Option<ExternalId>, Money)> = Vec::new();
    for transaction in root.objects("transactions")? {
        let word = |key: &str| {
            let word = text(&transaction, key).unwrap_or_default();
            word.to_ascii_lowercase()
        };
        if word("status") != "success" {
            continue;
        }
        let currency = text(&transaction, "currency").and_then(|code| Currency::parse(&code).ok());
        let amount = text(&transaction, "amount").zip(currency);
        let amount = amount.and_then(|(text, currency)| Money::parse(&text, currency).ok());
        let Some(amount) = amount else {
            let path = transaction.path_of("amount");
            return Err(ChannelError::missing(path, "an amount and its currency"));
        };
        match (word("kind").as_str(), id(&transaction, "id")) {
            ("sale" | "capture", Some(id)) => payments.push(PaymentFacts {
                id,
                gateway: text(&transaction, "gateway").unwrap_or_default(),
                refundable: amount,
            }),
            ("refund", _) => refunds.push((id(&transaction, "parent_id"), amount)),
            (_, _) => {}
        }
    }
    for (parent, amount) in refunds {
        let mut known = payments.iter_mut();
        if let Some(known) = known.find(|known| Some(&known.id) == parent.as_ref()) {
            let left = known.refundable.checked_sub(amount);
            known.refundable = left.unwrap_or(known.refundable);
        }
    }
    facts.payments = payments;
    Ok(())
}
