//! Joins the answers of the calls an Orders v0 order is made of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::format::{orders, read_one, unknown};
use crate::channel::incoming::Incoming;
use crate::channel::json::{Object, Value, document};
use crate::value::{ChannelId, Timestamp};

/// The orders of one page, and what of the other answers could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmazonOrders {
    /// One entry per order of the page, in its order; of one that stands there more than once, what
    /// changed last.
    pub orders: Vec<Result<Incoming, ChannelError>>,
    /// Answers that cannot be read, or that belong to no order of the page: their place among the
    /// answers given, and why.
    pub unused: Vec<(usize, ChannelError)>,
}

/// Reads orders of the Selling Partner API with the answers of further calls.
///
/// `orders` is the answer of `getOrders`, `getOrder` (v0), `searchOrders` or `getOrder`
/// (2026-01-01). `others` are answers of `getOrderItems` (every page of it),
/// `getOrderItemsBuyerInfo`, `getOrderAddress`, `getOrderBuyerInfo` and `getOrderRegulatedInfo` for
/// orders of that page, in any order; each is
/// joined by the order id it carries, and one that carries none belongs to the only order of the
/// page. Of an order that stands on the page more than once, as where pages that overlap were put
/// together, only what changed last is read. Orders 2026-01-01 need no further answers.
///
/// The payload kept with a joined order holds every answer byte for byte, as
/// `{"order":…,"items":[…],"address":…,"buyer":…,"regulated":…}`;
/// [`read_orders`](crate::channel::read_orders) reads that form too.
///
/// ```
/// use oms_core::channel::read_amazon_orders;
/// use oms_core::value::ChannelId;
/// let order = br#"{"payload":{"AmazonOrderId":"902-0000001-0000001","OrderStatus":"Unshipped",
///     "MarketplaceId":"ATVPDKIKX0DER","OrderTotal":{"CurrencyCode":"USD","Amount":"11.01"}}}"#;
/// let items = br#"{"payload":{"AmazonOrderId":"902-0000001-0000001","OrderItems":[
///     {"OrderItemId":"05015851154158","SellerSKU":"TEA-01","QuantityOrdered":1,
///      "ItemPrice":{"CurrencyCode":"USD","Amount":"10.00"},
///      "ItemTax":{"CurrencyCode":"USD","Amount":"1.01"}}]}}"#;
/// let read = read_amazon_orders(order, &[items], &ChannelId::parse("amazon-us")?)?;
/// let order = read.orders[0].as_ref().map_err(|problem| problem.clone())?;
/// assert!(order.warnings.is_empty());
/// assert_eq!(order.draft.lines[0].channel_item.as_ref().map(|id| id.as_str()),
///     Some("05015851154158"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What [`read_orders`](crate::channel::read_orders) says of `orders` as a whole.
pub fn read_amazon_orders(
    page: &[u8],
    others: &[&[u8]],
    channel: &ChannelId,
) -> Result<AmazonOrders, ChannelError> {
    let root = document(page)?;
    let found = orders(&root)?;
    let mut parts: BTreeMap<String, Parts<'_>> = BTreeMap::new();
    let mut ids = Vec::with_capacity(found.len());
    for (index, order) in found.iter().enumerate() {
        let (id, changed_at) = v0_id(order).unzip();
        if let Some(id) = &id {
            let stands = (changed_at.flatten(), index);
            let part = parts.entry(id.clone()).or_default();
            part.stands = part.stands.max(Some(stands));
        }
        ids.push(id);
    }
    let alone = parts.len() == 1 && ids.iter().all(Option::is_some);
    let only = parts.keys().next().filter(|_| alone).cloned();
    let mut unused = Vec::new();
    for (at, body) in others.iter().enumerate() {
        if let Err(problem) = add(&mut parts, body, only.as_deref()) {
            unused.push((at, problem));
        }
    }
    let mut read = Vec::with_capacity(found.len());
    for (index, (order, id)) in found.iter().zip(ids).enumerate() {
        let joined = id.as_ref().and_then(|id| parts.get(id));
        // Read as often as it stands there, all its items would be kept as often.
        if joined.is_some_and(|parts| parts.at() != Some(index)) {
            continue;
        }
        read.push(match joined.filter(|parts| !parts.is_empty()) {
            Some(parts) => joined_order(index, order, parts, channel),
            None => read_one(index, order, channel),
        });
    }
    Ok(AmazonOrders {
        orders: read,
        unused,
    })
}

/// The further answers of one order, as text.
#[derive(Debug, Default)]
struct Parts<'a> {
    /// When what is read of the order changed, and its place on the page.
    stands: Option<(Option<Timestamp>, usize)>,
    items: Vec<&'a str>,
    address: Option<&'a str>,
    buyer: Option<&'a str>,
    regulated: Option<&'a str>,
}

impl Parts<'_> {
    fn at(&self) -> Option<usize> {
        self.stands.map(|(_, at)| at)
    }

    const fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.address.is_none()
            && self.buyer.is_none()
            && self.regulated.is_none()
    }
}

/// The id of an order, and when it changed, if it says so.
fn v0_id(order: &Value<'_>) -> Option<(String, Option<Timestamp>)> {
    let object = order.object().ok()?;
    let id = object.owned("AmazonOrderId").ok()??;
    let changed = object.literal("LastUpdateDate").ok().flatten();
    let changed_at = changed.and_then(|text| Timestamp::parse_rfc3339(&text).ok());
    Some((id, changed_at))
}

fn joined_order(
    index: usize,
    order: &Value<'_>,
    parts: &Parts<'_>,
    channel: &ChannelId,
) -> Result<Incoming, ChannelError> {
    let mut text = format!(
        "{{\"order\":{},\"items\":[{}]",
        order.raw(),
        parts.items.join(",")
    );
    for (key, part) in [
        ("address", parts.address),
        ("buyer", parts.buyer),
        ("regulated", parts.regulated),
    ] {
        if let Some(part) = part {
            text.push_str(&format!(",\"{key}\":{part}"));
        }
    }
    text.push('}');
    read_one(index, &document(text.as_bytes())?, channel)
}

/// Adds one answer to the order it belongs to.
fn add<'a>(
    parts: &mut BTreeMap<String, Parts<'a>>,
    body: &'a [u8],
    only: Option<&str>,
) -> Result<(), ChannelError> {
    let root = document(body)?;
    if !root.is_object() {
        return Err(unknown(&root));
    }
    let answer = inner(&root.object()?)?;
    let id = match answer.literal("AmazonOrderId")? {
        Some(id) => id,
        None => only.map(Cow::Borrowed).ok_or_else(|| {
            let expected = "the id of the order the answer belongs to";
            ChannelError::missing(answer.path_of("AmazonOrderId"), expected)
        })?,
    };
    let Some(order) = parts.get_mut(&*id) else {
        let expected = "the id of an order of the page";
        let path = answer.path_of("AmazonOrderId");
        return Err(ChannelError::invalid(
            "order_not_on_page",
            path,
            &id,
            expected,
        ));
    };
    let has = |keys: &[&str]| keys.iter().any(|key| answer.has(key));
    if has(&["OrderItems"]) {
        order.items.push(root.raw());
    } else if has(&["RegulatedInformation", "RegulatedOrderVerificationStatus"]) {
        order.regulated = Some(root.raw());
    } else if has(&["ShippingAddress"]) {
        order.address = Some(root.raw());
    } else if has(&[
        "BuyerEmail",
        "BuyerName",
        "BuyerTaxInfo",
        "PurchaseOrderNumber",
        "BuyerCounty",
    ]) {
        order.buyer = Some(root.raw());
    } else {
        return Err(ChannelError::new(
            ChannelErrorKind::UnknownFormat,
            "",
            "",
            "an answer about an order's items, address, buyer or regulated goods",
        ));
    }
    Ok(())
}

/// What an answer holds, without its envelope.
pub(in crate::channel) fn inner<'a>(answer: &Object<'a>) -> Result<Object<'a>, ChannelError> {
    Ok(answer.object("payload")?.unwrap_or_else(|| answer.clone()))
}

/// The order of the form that [`read_amazon_orders`] keeps.
pub(in crate::channel) fn v0_order<'a>(joined: &Object<'a>) -> Option<Object<'a>> {
    let order = joined.object("order").ok()??;
    order.has("AmazonOrderId").then_some(order)
}
