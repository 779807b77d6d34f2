//! What only Shopify knows, asked by Admin GraphQL: the fulfilment orders with their lines and
//! holds, and the payments.
//!
//! Fields: `https://shopify.dev/docs/api/admin-graphql/latest/objects/FulfillmentOrder` and
//! `…/OrderTransaction`, schema 2026-07. The sizes of the pages keep the cost of each question
//! under the limit of a single one (1,000 points), one point an object:
//! <https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits>.

use std::collections::BTreeSet;

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::json::{Object, document};
use crate::channel::outbound::{
    CannotCause, JsonObject, OrderFacts, Reads, Request, WorkFacts, WorkLine, WorkRest, global,
};
use crate::channel::shopify::graphql::outbound::post;
use crate::channel::shopify::payback::{Places, payments};
use crate::channel::status::{flag, id, items, text, units};
use crate::value::ExternalId;

const WORK: &str = "query Work($order: ID!, $after: String) { order(id: $order) { \
    fulfillmentOrders(first: 10, after: $after) { nodes { id status \
    fulfillmentHolds { id heldByRequestingApp } \
    lineItems(first: 40) { nodes { id remainingQuantity lineItem { id } } \
    pageInfo { hasNextPage endCursor } } } \
    pageInfo { hasNextPage endCursor } } } }";

const LINES: &str = "query Lines($work: ID!, $after: String) { fulfillmentOrder(id: $work) { \
    id lineItems(first: 250, after: $after) { nodes { id remainingQuantity lineItem { id } } \
    pageInfo { hasNextPage endCursor } } } }";

const PAYMENTS: &str = "query Payments($order: ID!) { order(id: $order) { \
    transactions(first: 100) { id kind status gateway parentTransaction { id } \
    amountSet { presentmentMoney { amount currencyCode } } } } }";

/// Asks for the next that is not known of the work; `None` when all is.
pub(super) fn ask_work(facts: &OrderFacts) -> Result<Option<Request>, CannotCause> {
    let order = global(&facts.order, "order", "Order")?;
    let works = |after: Option<&str>| {
        let variables = JsonObject::new()
            .text("order", &order)
            .text_if("after", after);
        post(WORK, variables, Reads::Facts)
    };
    if facts.work.is_empty() && !facts.work_known {
        return Ok(Some(works(None)));
    }
    Ok(match facts.work_rest.first() {
        None => None,
        Some(WorkRest::Works { after }) => Some(works(Some(after))),
        Some(WorkRest::Lines { work, after }) => {
            let variables = JsonObject::new()
                .text("work", &global(work, "work", "FulfillmentOrder")?)
                .text("after", after);
            Some(post(LINES, variables, Reads::Facts))
        }
    })
}

/// Asks for the payments.
pub(super) fn ask_payments(facts: &OrderFacts) -> Result<Request, CannotCause> {
    let order = global(&facts.order, "order", "Order")?;
    let variables = JsonObject::new().text("order", &order);
    Ok(post(PAYMENTS, variables, Reads::Facts))
}

/// Takes over what the answers to the questions above say.
pub(super) fn learn(facts: &mut OrderFacts, bytes: &[u8]) -> Result<(), ChannelError> {
    let root = document(bytes)?.object()?;
    let Some(data) = root.object("data")? else {
        return Err(no_data(&root));
    };
    if let Some(work) = data.object("fulfillmentOrder")? {
        return more_lines(facts, &work);
    }
    let Some(order) = data.object("order")? else {
        return Err(ChannelError::missing(
            "data.order",
            "the order that was asked for",
        ));
    };
    if let Some(works) = order.object("fulfillmentOrders")? {
        return learn_work(facts, &works);
    }
    if order.has("transactions") {
        facts.payments = payments(&order.objects("transactions")?, &PLACES)?;
        facts.payments_known = true;
        return Ok(());
    }
    let expected = "fulfillmentOrders or transactions";
    Err(ChannelError::missing(
        "data.order.fulfillmentOrders",
        expected,
    ))
}

/// An answer without data tells what was wrong.
fn no_data(root: &Object<'_>) -> ChannelError {
    let errors = root.objects("errors").unwrap_or_default();
    match errors.first().and_then(|error| text(error, "message")) {
        Some(message) => {
            let expected = "data; the channel answered with an error instead";
            ChannelError::new(
                ChannelErrorKind::UnknownFormat,
                "errors",
                &message,
                expected,
            )
        }
        None => ChannelError::missing("data", "what was asked for"),
    }
}

/// Where a transaction of Admin GraphQL says these. A refund is told in the currency the buyer
/// paid in, so amounts in another one are refused.
const PLACES: Places = Places {
    amount: |transaction| {
        let bag = transaction.object("amountSet").ok()??;
        let money = bag.object("presentmentMoney").ok()??;
        text(&money, "amount").zip(text(&money, "currencyCode"))
    },
    parent: |transaction| id(&transaction.object("parentTransaction").ok()??, "id"),
};

fn learn_work(facts: &mut OrderFacts, page: &Object<'_>) -> Result<(), ChannelError> {
    let (mut works, mut rest) = (Vec::new(), Vec::new());
    for node in page.objects("nodes")? {
        let (Some(id), Some(state)) = (id(&node, "id"), text(&node, "status")) else {
            return Err(ChannelError::missing(node.path(), "id and status"));
        };
        let lines = node.object("lineItems")?;
        if let Some(after) = lines.as_ref().map(next).transpose()?.flatten() {
            let work = id.clone();
            rest.push(WorkRest::Lines { work, after });
        }
        works.push(WorkFacts {
            state,
            lines: work_lines(lines.as_ref())?,
            holds: Some(holds(&node)),
            id,
        });
    }
    if let Some(after) = next(page)? {
        rest.push(WorkRest::Works { after });
    }
    facts.work_known = true;
    let goes_on = matches!(facts.work_rest.first(), Some(WorkRest::Works { .. }));
    if facts.work.is_empty() || !goes_on {
        (facts.work, facts.work_rest) = (works, rest);
        return Ok(());
    }
    // What changed between two pages may come again.
    let again: BTreeSet<&ExternalId> = works.iter().map(|work| &work.id).collect();
    facts.work.retain(|known| !again.contains(&known.id));
    facts.work.extend(works);
    facts.work_rest.remove(0);
    facts.work_rest.extend(rest);
    Ok(())
}

fn more_lines(facts: &mut OrderFacts, node: &Object<'_>) -> Result<(), ChannelError> {
    let name = id(node, "id");
    let expected = "the lines of a fulfilment order that was asked for";
    let unasked = || ChannelError::missing(node.path_of("id"), expected);
    let lines = node.object("lineItems")?;
    let found = work_lines(lines.as_ref())?;
    let after = lines.as_ref().map(next).transpose()?.flatten();
    let asked = facts.work_rest.iter().position(
        |rest| matches!(rest, WorkRest::Lines { work, .. } if Some(work) == name.as_ref()),
    );
    let mut works = facts.work.iter_mut();
    let known = works.find(|known| Some(&known.id) == name.as_ref());
    let (Some(at), Some(known)) = (asked, known) else {
        return Err(unasked());
    };
    let work = known.id.clone();
    known.lines.extend(found);
    facts.work_rest.remove(at);
    if let Some(after) = after {
        facts.work_rest.insert(0, WorkRest::Lines { work, after });
    }
    Ok(())
}

fn work_lines(page: Option<&Object<'_>>) -> Result<Vec<WorkLine>, ChannelError> {
    let mut lines = Vec::new();
    for node in page
        .map(|page| page.objects("nodes"))
        .transpose()?
        .unwrap_or_default()
    {
        let item = node.object("lineItem")?.and_then(|item| id(&item, "id"));
        let left = units(&node, "remainingQuantity");
        let (Some(id), Some(item), Some(left)) = (id(&node, "id"), item, left) else {
            let expected = "id, remainingQuantity and lineItem { id }";
            return Err(ChannelError::missing(node.path(), expected));
        };
        lines.push(WorkLine { id, item, left });
    }
    Ok(lines)
}

/// The holds that the asking app placed.
fn holds(work: &Object<'_>) -> Vec<ExternalId> {
    let holds = items(work, "fulfillmentHolds");
    let own = holds
        .iter()
        .filter(|hold| flag(hold, "heldByRequestingApp"));
    own.filter_map(|hold| id(hold, "id")).collect()
}

/// The name of what a page ends with, when another one follows.
pub(super) fn next(page: &Object<'_>) -> Result<Option<String>, ChannelError> {
    let Some(info) = page.object("pageInfo")? else {
        return Ok(None);
    };
    if !info.flag("hasNextPage")? {
        return Ok(None);
    }
    let cursor = info.owned("endCursor")?;
    let lost = || ChannelError::missing(info.path_of("endCursor"), "where the page ends");
    cursor.map(Some).ok_or_else(lost)
}
