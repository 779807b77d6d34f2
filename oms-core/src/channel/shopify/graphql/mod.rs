//! Orders of Shopify's Admin GraphQL API: as in REST, under other names, with amounts in bags of
//! two currencies and lists as nodes or edges.
//!
//! A query selects what it wants, so anything may be absent: what an order cannot be read without
//! is refused with the field to select, the rest is taken as far as it goes.

mod channel;
mod contact;
mod facts;
mod money;
mod outbound;
mod payment;
mod state;
mod sync;

pub use channel::ShopifyGraphql;

use crate::channel::bag::SHOPIFY;
use crate::channel::error::ChannelError;
use crate::channel::fields::{self, Fields, natural};
use crate::channel::format::unknown;
use crate::channel::incoming::Incoming;
use crate::channel::json::{Object, Value};
use crate::channel::order_parts::{draft_of, finish, keep_number, kind, numbered, order_reference};
use crate::channel::shopify::source;
use crate::channel::warning::ChannelWarning;
use crate::order::{ExternalReference, OrderDraft, TaxMode};
use crate::value::limits::{ATTRIBUTES_MAX, TAGS_MAX};
use crate::value::{AttributeKey, ChannelId, Currency, ExternalId, Tag};

const ORDER: &str = "gid://shopify/Order/";

/// True for an object with the global id of an order.
pub(in crate::channel) fn is_order(object: &Object<'_>) -> bool {
    let id = object.literal("id").ok().flatten();
    id.is_some_and(|id| id.starts_with(ORDER))
}

/// The orders under `data`: fields of the query that are an order, a list of them, or the answer
/// of a mutation that holds one.
pub(in crate::channel) fn orders<'a>(data: &Value<'a>) -> Result<Vec<Value<'a>>, ChannelError> {
    let (mut found, mut lists) = (Vec::new(), 0_usize);
    for value in data.object()?.values() {
        if value.is_list() {
            lists += 1;
            found.extend(value.list()?);
            continue;
        }
        if !value.is_object() {
            continue;
        }
        let object = value.object()?;
        if is_order(&object) {
            found.push(value);
        } else if let Some(nodes) = nodes(&object)? {
            lists += 1;
            found.extend(nodes);
        } else if let Some(order) = object.get("order").filter(Value::is_object) {
            found.push(order);
        }
    }
    match found.is_empty() && lists == 0 {
        true => Err(unknown(data)),
        false => Ok(found),
    }
}

/// The entries of a connection, in either form.
fn nodes<'a>(connection: &Object<'a>) -> Result<Option<Vec<Value<'a>>>, ChannelError> {
    if let Some(nodes) = connection.get("nodes").filter(Value::is_list) {
        return nodes.list().map(Some);
    }
    let Some(edges) = connection.get("edges").filter(Value::is_list) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for edge in &edges.list()? {
        found.extend(edge.object()?.get("node"));
    }
    Ok(Some(found))
}

/// The objects under a key, all of them: a plain list, nodes or edges. A page that says that others
/// follow would lose them in silence, and is refused.
fn connected<'a>(object: &Object<'a>, key: &str) -> Result<Vec<Object<'a>>, ChannelError> {
    let Some(value) = object.value(key) else {
        return Ok(Vec::new());
    };
    if value.is_list() {
        return object.objects(key);
    }
    let connection = value.object()?;
    if let Some(page) = rest(&connection)? {
        let expected = "all of them; ask for more at once, or page through them";
        let path = page.path_of("hasNextPage");
        return Err(ChannelError::invalid(
            "lines_incomplete",
            path,
            "true",
            expected,
        ));
    }
    let found = nodes(&connection)?.unwrap_or_default();
    found.iter().map(Value::object).collect()
}

/// What tells that a connection goes on after its page.
fn rest<'a>(connection: &Object<'a>) -> Result<Option<Object<'a>>, ChannelError> {
    let Some(page) = connection.object("pageInfo")? else {
        return Ok(None);
    };
    Ok(page.flag("hasNextPage")?.then_some(page))
}

/// Reads one order.
pub(in crate::channel) fn read(
    order: &Object<'_>,
    channel: &ChannelId,
) -> Result<Incoming, ChannelError> {
    let mut fields = Fields::in_currency(currency(order)?);
    let mut draft = draft_of(source(order, "sourceName"), channel, fields.currency);
    draft.external = references(order)?;
    draft.tax_mode = match order.flag("taxesIncluded")? {
        true => TaxMode::Inclusive,
        false => TaxMode::Exclusive,
    };
    let items = line_items(order)?;
    draft.lines = numbered(&mut fields, &items, money::line)?;
    money::sums(&mut fields, order, &items, &mut draft)?;
    draft.contacts = contact::contacts(&mut fields, order)?;
    draft.ordered_at = match fields.time(order, "processedAt") {
        Some(at) => Some(at),
        None => fields.time(order, "createdAt"),
    };
    tags(&mut fields, order, &mut draft)?;
    draft.notes = fields.text(order, "note").into_iter().collect();
    attributes(&mut fields, order, &mut draft)?;
    keep_number(&mut fields, &mut draft, order, "name");
    draft.payment = payment::payment(&mut fields, order, &draft)?;
    let history = state::history(&mut fields, order, &items, &draft)?;
    let state = state::state(&mut fields, order, &items, &draft.payment)?;
    finish(fields, order, draft, state, history)
}

/// The shop's currency, by the order's own word or by its first amount.
fn currency(order: &Object<'_>) -> Result<Currency, ChannelError> {
    if let Some(code) = order.literal("currencyCode")? {
        return fields::currency(&code, order.path_of("currencyCode"));
    }
    for key in [
        "totalPriceSet",
        "currentTotalPriceSet",
        "subtotalPriceSet",
        "totalReceivedSet",
        "totalOutstandingSet",
        "totalRefundedSet",
        "totalTaxSet",
    ] {
        if let Some(currency) = SHOPIFY.currency(order, key)? {
            return Ok(currency);
        }
    }
    let expected = "the order's total; select totalPriceSet { shopMoney { amount currencyCode } }";
    Err(ChannelError::missing(
        order.path_of("totalPriceSet"),
        expected,
    ))
}

/// The number both of Shopify's APIs know the order by, and the global id as sent.
fn references(order: &Object<'_>) -> Result<Vec<ExternalReference>, ChannelError> {
    let whole = order_reference(order, "id")?;
    let tail = whole.id.as_str().strip_prefix(ORDER).unwrap_or_default();
    // A query string may follow the number.
    let number = tail.split('?').next().unwrap_or_default();
    let mut references = Vec::new();
    match ExternalId::parse(number) {
        Ok(id) => {
            references.push(ExternalReference {
                kind: kind("order")?,
                id,
            });
            references.push(ExternalReference {
                kind: kind("gid")?,
                id: whole.id.clone(),
            });
        }
        Err(_) => references.push(whole),
    }
    Ok(references)
}

/// The lines, which must be selected, all of them.
fn line_items<'a>(order: &Object<'a>) -> Result<Vec<Object<'a>>, ChannelError> {
    if !order.has("lineItems") {
        let expected = "the lines of the order; select lineItems";
        return Err(ChannelError::missing(order.path_of("lineItems"), expected));
    }
    connected(order, "lineItems")
}

fn tags(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    let Some(list) = order.value("tags").filter(Value::is_list) else {
        draft.tags = crate::channel::attributes::tags(fields, order, "tags");
        return Ok(());
    };
    for value in &list.list()? {
        let Some(words) = fields.words_of(value) else {
            continue;
        };
        let clean = natural(&words, Tag::CHARS_MAX);
        let Ok(tag) = Tag::parse(&clean) else {
            continue;
        };
        if clean != words.trim() {
            fields.warn(ChannelWarning::Shortened { path: value.path() });
        }
        if draft.tags.len() >= TAGS_MAX && !draft.tags.contains(&tag) {
            fields.left_out(value.path(), "too_many");
            break;
        }
        draft.tags.insert(tag);
    }
    Ok(())
}

fn attributes(
    fields: &mut Fields,
    order: &Object<'_>,
    draft: &mut OrderDraft,
) -> Result<(), ChannelError> {
    for entry in &order.objects("customAttributes")? {
        let words = fields.words(entry, "key").unwrap_or_default();
        let Ok(name) = AttributeKey::parse(&natural(&words, AttributeKey::CHARS_MAX)) else {
            fields.left_out(entry.path_of("key"), "id_empty");
            continue;
        };
        let Some(value) = fields.text(entry, "value") else {
            continue;
        };
        if draft.attributes.len() >= ATTRIBUTES_MAX && !draft.attributes.contains_key(&name) {
            fields.left_out(entry.path(), "too_many");
            break;
        }
        draft.attributes.insert(name, value);
    }
    Ok(())
}
