//! Updates to WooCommerce; paths count from `/wp-json/wc/v3/`.

use crate::channel::json::document;
use crate::channel::outbound::{
    Answer, CancelUpdate, CannotCause, ItemStock, JsonObject, Method, OrderFacts, Outgoing,
    ParcelUpdate, Reads, RefundUpdate, Repeat, Request, Response, ShipUpdate, Update, UpdateKind,
    numeric, refusal, segment,
};
use crate::channel::status::{Loss, text};
use crate::order::Tracking;
use crate::value::Reason;

type Cannot = CannotCause;

/// Most items of one batch.
const BATCH_ITEMS_MAX: usize = 100;

pub(super) fn outgoing(facts: &OrderFacts, update: &Update) -> Result<Outgoing, Cannot> {
    match update {
        Update::Ship(ship) => self::ship(facts, ship),
        Update::ChangeTracking {
            parcel,
            notify_buyer,
        } => tracking(facts, parcel, *notify_buyer),
        Update::Deliver { .. } => Err(Cannot::NoSuchThing {
            instead: "a shop's last word is completed, which says shipped",
        }),
        Update::Cancel(cancel) => self::cancel(facts, cancel),
        Update::Refund(refund) => self::refund(facts, refund),
        Update::Hold { note, .. } => {
            let note = note.as_ref().map(|_| Loss::Note);
            let losses = note.into_iter().chain([Loss::HoldMeansPayment]);
            Ok(Outgoing::new(vec![status(facts, "on-hold")?], losses))
        }
        Update::Release => release(facts),
        Update::Stock { levels, key: _ } => stock(levels),
    }
}

/// What an answer means. The shop gives its own refusals the status of a failure: a gateway that
/// cannot pay back says so with 500, whoever asks and how often. What fails without a word of the
/// shop's is a failure. Of what must not be sent twice, only words that are known to come before
/// anything is done refuse: a gateway that timed out may have paid.
///
/// A tracking entry that is to be taken away and is not there was taken away before: the request is
/// sent again when what follows it failed.
pub(super) fn answer(request: &Request, response: &Response) -> Answer {
    let said = complaint(response);
    let takes_away = request.method == Method::Delete
        && request.update == Some(UpdateKind::ChangeTracking)
        && matches!(response.status, 404 | 410);
    // Without the extension there is no such path, and nothing is told by this way at all.
    let by_the_shop = |(code, _): &(String, String)| code != "rest_no_route";
    if takes_away && said.as_ref().is_some_and(by_the_shop) {
        return Answer::AlreadyDone;
    }
    match (response.status, said) {
        (500, Some((code, words)))
            if code.starts_with("woocommerce_rest_")
                && (request.repeat == Repeat::Safe || is_undone(&words)) =>
        {
            refusal(&code, &words, request.update)
        }
        (_, _) => Answer::read(request, response),
    }
}

/// What a shop says of a refund that it has not begun.
fn is_undone(words: &str) -> bool {
    const UNDONE: [&str; 2] = [
        "does not support automatic refunds",
        "invalid refund amount",
    ];
    let words = words.to_ascii_lowercase();
    UNDONE.iter().any(|undone| words.contains(undone))
}

/// The shop's code of an error, and its words.
fn complaint(response: &Response) -> Option<(String, String)> {
    let root = document(&response.body).ok()?.object().ok()?;
    Some((text(&root, "code")?, text(&root, "message")?))
}

fn order(facts: &OrderFacts) -> Result<String, Cannot> {
    Ok(format!("orders/{}", numeric(&facts.order, "order", "")?))
}

fn post(path: String, body: JsonObject) -> Request {
    Request::json(Method::Post, path, body.end())
}

/// Sets the order's word; setting it twice changes nothing.
fn status(facts: &OrderFacts, word: &str) -> Result<Request, Cannot> {
    let body = JsonObject::new().text("status", word).end();
    Ok(Request::json(Method::Put, order(facts)?, body))
}

/// The shop takes what is processing for paid: one that waits for its payment goes back to that. Of
/// orders that are `pending`, unlike those on hold, it cancels the old ones by itself.
fn release(facts: &OrderFacts) -> Result<Outgoing, Cannot> {
    if facts.unpaid && facts.tentative {
        let pending = status(facts, "pending")?;
        return Ok(Outgoing::new(vec![pending], [Loss::UnpaidMayBeCancelled]));
    }
    let processing = status(facts, "processing")?;
    Ok(Outgoing::new(vec![processing], taken_for_paid(facts)))
}

/// What is lost by a word that makes the shop write down when the order was paid.
fn taken_for_paid(facts: &OrderFacts) -> Option<Loss> {
    facts.unpaid.then_some(Loss::TakenForPaid)
}

fn ship(facts: &OrderFacts, ship: &ShipUpdate) -> Result<Outgoing, Cannot> {
    let mut requests = Vec::new();
    let mut losses = Vec::new();
    for parcel in &ship.parcels {
        if !is_told(&parcel.tracking) {
            continue;
        }
        losses.push(Loss::Contents);
        requests.push(follow(facts, parcel, ship.notify_buyer, &mut losses)?);
    }
    if ship.complete {
        requests.push(status(facts, "completed")?);
        losses.extend(taken_for_paid(facts));
    } else {
        losses.push(Loss::PartOfOrder);
    }
    if requests.is_empty() {
        return Err(Cannot::Nothing);
    }
    Ok(Outgoing::new(requests, losses))
}

const fn is_told(tracking: &Tracking) -> bool {
    tracking.carrier.is_some() || tracking.number.is_some() || tracking.url.is_some()
}

/// How to follow a parcel: by the Shipment Tracking extension, else by a note.
fn follow(
    facts: &OrderFacts,
    parcel: &ParcelUpdate,
    notify_buyer: bool,
    losses: &mut Vec<Loss>,
) -> Result<Request, Cannot> {
    let tracking = &parcel.tracking;
    losses.extend(tracking.service.as_ref().map(|_| Loss::Service));
    let carrier = tracking.carrier.as_ref().map(|name| name.as_str());
    let code = carrier.and_then(|name| facts.carrier_code(name));
    let number = tracking.number.as_ref().map(|number| number.as_str());
    let url = tracking.url.as_ref().map(|url| url.as_str());
    let mut request = if facts.tracking_extension {
        let Some((number, carrier)) = number.zip(carrier) else {
            return Err(Cannot::TrackingIncomplete);
        };
        let shipped_at = parcel.shipped_at.to_string();
        let day = shipped_at.split('T').next().unwrap_or_default();
        // A provider the extension knows by name makes its own link.
        let body = match code {
            Some(code) => JsonObject::new().text("tracking_provider", code),
            None => JsonObject::new()
                .text("custom_tracking_provider", carrier)
                .text_if("custom_tracking_link", url),
        };
        let body = body
            .text("tracking_number", number)
            .text("date_shipped", day);
        post(format!("{}/shipment-trackings", order(facts)?), body).reads_id("tracking_id")
    } else {
        let parts = [carrier, number, url];
        let words: Vec<&str> = parts.into_iter().flatten().collect();
        let body = JsonObject::new()
            .text("note", &words.join(" "))
            .flag("customer_note", notify_buyer);
        post(format!("{}/notes", order(facts)?), body).reads_id("id")
    };
    request.repeat = Repeat::LookFirst;
    Ok(request)
}

/// The extension changes nothing; what it knew is taken away and told anew.
fn tracking(
    facts: &OrderFacts,
    parcel: &ParcelUpdate,
    notify_buyer: bool,
) -> Result<Outgoing, Cannot> {
    if !is_told(&parcel.tracking) {
        return Err(Cannot::Nothing);
    }
    let mut losses = vec![Loss::Contents];
    let mut requests = Vec::new();
    if facts.tracking_extension {
        let Some(known) = &parcel.channel_id else {
            return Err(Cannot::missing("parcel.channel_id", None));
        };
        let path = format!(
            "{}/shipment-trackings/{}",
            order(facts)?,
            segment(known.as_str())
        );
        let mut gone = Request::get(path, Reads::Nothing);
        gone.method = Method::Delete;
        requests.push(gone);
    }
    requests.push(follow(facts, parcel, notify_buyer, &mut losses)?);
    Ok(Outgoing::new(requests, losses))
}

fn cancel(facts: &OrderFacts, cancel: &CancelUpdate) -> Result<Outgoing, Cannot> {
    if cancel.lines.is_empty() {
        if facts.any_shipped {
            return Err(Cannot::AfterShipping);
        }
        let note = cancel.note.as_ref().map(|_| Loss::Note);
        let losses = note
            .into_iter()
            .chain([Loss::NoRefund, Loss::Notice, Loss::Restock]);
        return Ok(Outgoing::new(vec![status(facts, "cancelled")?], losses));
    }
    // Units that will not be sent are a refund of no money.
    let lines = cancel.lines.iter().map(|line| {
        let id = numeric(&line.item, "item", "")?;
        Ok(JsonObject::new()
            .digits("id", id)
            .number("quantity", line.quantity.get())
            .text("refund_total", "0"))
    });
    let lines: Vec<JsonObject> = lines.collect::<Result<_, Cannot>>()?;
    let body = JsonObject::new()
        .text("amount", "0")
        .text_if("reason", cancel.note.as_ref().map(Reason::as_str))
        .list("line_items", lines)
        .flag("api_refund", false)
        .flag("api_restock", cancel.restock);
    refund_request(facts, body, [Loss::NoRefund, Loss::Notice])
}

fn refund_request(
    facts: &OrderFacts,
    body: JsonObject,
    losses: impl IntoIterator<Item = Loss>,
) -> Result<Outgoing, Cannot> {
    let path = format!("{}/refunds", order(facts)?);
    let mut request = post(path, body).reads_id("id");
    // The shop makes a second refund of a second request, and pays it.
    request.repeat = Repeat::LookFirst;
    Ok(Outgoing::new(vec![request], losses))
}

/// Pays back through the gateway; the amount counts, not the lines.
fn refund(facts: &OrderFacts, refund: &RefundUpdate) -> Result<Outgoing, Cannot> {
    let Some(total) = refund.total()? else {
        return Err(Cannot::Nothing);
    };
    let mut restock = false;
    let mut tax_part = None;
    let mut lines = Vec::new();
    for line in &refund.lines {
        restock |= line.restock && line.quantity.is_some();
        let mut object = JsonObject::new().digits("id", numeric(&line.item, "item", "")?);
        if let Some(quantity) = line.quantity {
            object = object.number("quantity", quantity.get());
        }
        // The shop's field is without tax, and tax goes by rates that only the shop knows: the
        // amount of the whole counts, whatever the lines say.
        let split = Cannot::net_and_tax(line)?;
        object = match split {
            Some((net, _)) => object.money("refund_total", net),
            None => object.text("refund_total", "0"),
        };
        if split.is_none_or(|(_, tax)| !tax.is_zero()) {
            tax_part = Some(Loss::TaxPart);
        }
        lines.push(object);
    }
    let mut body = JsonObject::new()
        .money("amount", total)
        .text_if("reason", refund.note.as_ref().map(Reason::as_str));
    if !lines.is_empty() {
        body = body.list("line_items", lines);
    }
    let body = body.flag("api_refund", true).flag("api_restock", restock);
    // The shop puts back all lines or none.
    let mixed = restock && refund.lines.iter().any(|line| !line.restock);
    let losses = mixed
        .then_some(Loss::Restock)
        .into_iter()
        .chain(tax_part)
        .chain([Loss::Notice]);
    refund_request(facts, body, losses)
}

fn stock(levels: &[ItemStock]) -> Result<Outgoing, Cannot> {
    if levels.is_empty() {
        return Err(Cannot::Nothing);
    }
    // Variations are set per product, products all together.
    let mut groups: Vec<(String, Vec<&ItemStock>)> = Vec::new();
    for level in levels {
        let path = match &level.parent {
            Some(parent) => {
                let parent = numeric(parent, "parent", "")?;
                format!("products/{parent}/variations/batch")
            }
            None => "products/batch".to_owned(),
        };
        match groups.iter_mut().find(|(known, _)| *known == path) {
            Some((_, group)) => group.push(level),
            None => groups.push((path, vec![level])),
        }
    }
    let mut requests = Vec::new();
    for (path, group) in &groups {
        for part in group.chunks(BATCH_ITEMS_MAX) {
            let items = part.iter().map(|level| {
                Ok(JsonObject::new()
                    .digits("id", numeric(&level.item, "item", "")?)
                    .flag("manage_stock", true)
                    .number("stock_quantity", level.available.get()))
            });
            let items: Vec<JsonObject> = items.collect::<Result<_, Cannot>>()?;
            let body = JsonObject::new().list("update", items);
            requests.push(post(path.clone(), body).reads(Reads::Batch));
        }
    }
    Ok(Outgoing::new(requests, []))
}
