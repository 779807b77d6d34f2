//! Pulling orders from Shopify, by Admin GraphQL: by change time, page after page, every page
//! whole orders.
//!
//! The query and its arguments: <https://shopify.dev/docs/api/admin-graphql/latest/queries/orders>,
//! `…/objects/Order`, `LineItem`, `ShippingLine`, `Fulfillment`, `Refund`, `OrderTransaction`,
//! `MailingAddress` and `Customer` beside it, version 2026-10; compared with the schema of 2026-07.
//! Times in a search are quoted, or their hours do not count:
//! <https://shopify.dev/docs/api/usage/search-syntax>. Pages:
//! <https://shopify.dev/docs/api/usage/pagination-graphql>.
//!
//! # Orders with many lines
//! A page holds [`LINES`] lines of each order and as many of each parcel. It ends before the first
//! order that has more, and that order is asked next, alone, with [`LINES_ALONE`]; after it the
//! pages go on. So an order comes whole or not at all. One with more lines still is handed on as it
//! is: reading it is refused as `lines_incomplete`, and its neighbours come all the same.

use crate::channel::error::ChannelError;
use crate::channel::json::{Object, Value, document};
use crate::channel::outbound::{
    Answer, JsonObject, Reads, Repeat, Request, Response, complaints, judge, seconds,
};
use crate::channel::shopify::graphql::facts::next;
use crate::channel::shopify::graphql::outbound::post;
use crate::channel::shopify::graphql::{connected, rest};
use crate::channel::shopify::{status, sync};
use crate::channel::status::text;
use crate::channel::sync::{
    Fetch, PageItem, PageProblem, SyncKind, SyncPage, SyncSettings, item_of, problem_of,
};

/// What the readers of orders and of status words read, and nothing that another field here says
/// already. Lists that are no connection come whole: cut by `first` they would not say so. Holds
/// show in the status of fulfilment; the fulfilment orders would take further scopes.
const ORDERS: &str = "\
    query Orders($first: Int!, $after: String, $changed: String!, $lines: Int!) { \
    orders(first: $first, after: $after, sortKey: UPDATED_AT, query: $changed) { \
    edges { cursor node { \
    id name sourceName test currencyCode taxesIncluded processedAt updatedAt \
    cancelledAt cancelReason displayFinancialStatus displayFulfillmentStatus returnStatus \
    email phone note tags customAttributes { key value } paymentGatewayNames \
    totalPriceSet { ...Bag } totalTaxSet { ...Bag } totalDiscountsSet { ...Bag } \
    originalTotalDutiesSet { ...Bag } originalTotalAdditionalFeesSet { ...Bag } \
    totalTipReceivedSet { ...Bag } totalReceivedSet { ...Bag } totalRefundedSet { ...Bag } \
    totalCapturableSet { ...Bag } \
    customer { id displayName defaultEmailAddress { emailAddress } } \
    shippingAddress { ...Place } billingAddress { ...Place } \
    lineItems(first: $lines) { nodes { id sku name quantity currentQuantity \
    unfulfilledQuantity originalUnitPriceSet { ...Bag } \
    discountAllocations { allocatedAmountSet { ...Bag } } \
    taxLines { rate priceSet { ...Bag } } } pageInfo { hasNextPage } } \
    shippingLines(first: 10) { nodes { title originalPriceSet { ...Bag } \
    discountAllocations { allocatedAmountSet { ...Bag } } taxLines { priceSet { ...Bag } } } \
    pageInfo { hasNextPage } } \
    fulfillments { status displayStatus fulfillmentLineItems(first: $lines) { \
    nodes { quantity lineItem { id } } pageInfo { hasNextPage } } } \
    refunds { id createdAt totalRefundedSet { ...Bag } } transactions { id kind status } \
    } } pageInfo { hasNextPage endCursor } } } \
    fragment Bag on MoneyBag { shopMoney { amount currencyCode } } \
    fragment Place on MailingAddress { name company address1 address2 city province provinceCode \
    zip country countryCodeV2 phone latitude longitude }";

/// Orders a page, unless the host says otherwise.
///
/// A query may cost 1,000 points, an object is one:
/// <https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits>. What the page leaves open
/// was fitted to recorded answers of 2025 and 2026 and holds for every query among them: a
/// connection is two points and its nodes' own, `2 ln(first)` times, cut; a list is one object,
/// amounts are free. So an order with 50 lines is 62 points, a page of 25 is 374, one of the 200
/// that the settings allow 622, and an order alone with 250 lines 84. What is left is for the
/// app's other questions, which drink from the same bucket.
const ORDERS_A_PAGE: u32 = 25;

/// Lines of an order, and of a parcel, in a page of orders.
const LINES: u32 = 50;

/// Lines of an order that is asked alone: as many as a page of a connection may have.
const LINES_ALONE: u32 = 250;

/// What begins the name of a page of orders, and of an order asked alone. The rest of the name is
/// the cursor of what comes before it.
const MANY: &str = "after:";
const ALONE: &str = "alone:";

pub(super) fn settings(kind: SyncKind) -> Option<SyncSettings> {
    let settings = sync::settings(kind)?;
    Some(SyncSettings {
        page_items: ORDERS_A_PAGE,
        ..settings
    })
}

/// Where a page begins, and how much of it is asked.
struct Place<'f> {
    after: Option<&'f str>,
    alone: bool,
}

impl<'f> Place<'f> {
    fn of(fetch: &'f Fetch) -> Self {
        let name = fetch.page.as_deref().unwrap_or_default();
        let (cursor, alone) = match name.strip_prefix(ALONE) {
            Some(cursor) => (cursor, true),
            // A name of another release is a cursor, or is refused as one.
            None => (name.strip_prefix(MANY).unwrap_or(name), false),
        };
        let after = (!cursor.is_empty()).then_some(cursor);
        Self { after, alone }
    }
}

/// The orders of a window by change time, from the place on that the page is named by.
pub(super) fn fetch(fetch: &Fetch) -> Option<Request> {
    settings(fetch.kind)?;
    let place = Place::of(fetch);
    let (first, lines) = match place.alone {
        true => (1, LINES_ALONE),
        false => (fetch.items_up_to(sync::ITEMS_MAX), LINES),
    };
    // Both ends count: an order that comes twice is known, one between two windows would be lost.
    let (from, to) = (seconds(fetch.from), seconds(fetch.to));
    let changed = format!("updated_at:>='{from}' AND updated_at:<='{to}'");
    let variables = JsonObject::new()
        .number("first", first)
        .text_if("after", place.after)
        .text("changed", &changed)
        .number("lines", lines);
    Some(post(ORDERS, variables, Reads::Page))
}

/// A page counts only when nothing at all was wrong with it: an answer that complains of a field
/// holds orders without it, and one without orders is no empty page.
pub(super) fn page(fetch: &Fetch, response: &Response) -> Result<SyncPage, PageProblem> {
    if let Err(answer) = judge(response, None, Repeat::Safe) {
        return Err(problem_of(fetch, answer));
    }
    match complaints(response) {
        // To walk the window again would cost as much.
        Some(Answer::Refused(refusal)) if refusal.code == "MAX_COST_EXCEEDED" => {
            Err(PageProblem::Refused(refusal))
        }
        Some(answer) => Err(problem_of(fetch, answer)),
        None => read(&Place::of(fetch), &response.body).map_err(PageProblem::Unreadable),
    }
}

fn read(place: &Place<'_>, body: &[u8]) -> Result<SyncPage, ChannelError> {
    let root = document(body)?.object()?;
    let data = root.object("data")?;
    let orders = data
        .map(|data| data.object("orders"))
        .transpose()?
        .flatten();
    let missing = |key: &str, expected: &'static str| {
        let path = format!("data.orders{key}");
        ChannelError::missing(path, expected)
    };
    let orders = orders.ok_or_else(|| missing("", "the orders that were asked for"))?;
    let edges = orders.get("edges").filter(Value::is_list);
    let edges = edges.ok_or_else(|| missing(".edges", "a list of orders"))?;
    let info = orders.object("pageInfo")?;
    if info.is_none_or(|info| info.value("hasNextPage").is_none()) {
        return Err(missing(".pageInfo.hasNextPage", "whether orders follow"));
    }
    let mut next = next(&orders)?.map(|cursor| format!("{MANY}{cursor}"));
    let mut items = Vec::new();
    let mut before = Some(place.after.unwrap_or_default().to_owned());
    for edge in edges.list()? {
        let edge = edge.object()?;
        let Some(order) = edge.get("node") else {
            continue;
        };
        if !place.alone && is_cut(&order) {
            let before = before.ok_or_else(|| missing(".edges.cursor", "where an order stands"));
            next = Some(format!("{ALONE}{}", before?));
            break;
        }
        before = text(&edge, "cursor");
        items.push(item(&order));
    }
    Ok(SyncPage {
        next,
        ..SyncPage::last(items)
    })
}

/// True for an order of which the page holds some lines only. What cannot be read is not cut: the
/// reader of orders tells what is wrong with it.
fn is_cut(order: &Value<'_>) -> bool {
    let goes_on = |object: &Object<'_>, key: &str| {
        let connection = object.object(key).ok().flatten();
        connection.is_some_and(|connection| rest(&connection).is_ok_and(|rest| rest.is_some()))
    };
    let Ok(order) = order.object() else {
        return false;
    };
    let parcels = connected(&order, "fulfillments").unwrap_or_default();
    goes_on(&order, "lineItems")
        || parcels
            .iter()
            .any(|parcel| goes_on(parcel, "fulfillmentLineItems"))
}

fn item(order: &Value<'_>) -> PageItem {
    let report = order.object().ok().and_then(|order| status::report(&order));
    let unreadable = || Err(ChannelError::missing(order.path(), "an order"));
    item_of(report.unwrap_or_else(unreadable))
}
