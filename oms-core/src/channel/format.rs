//! Tells the channels' payloads apart and reads each order by itself.

use crate::channel::error::{ChannelError, ChannelErrorKind};
use crate::channel::incoming::Incoming;
use crate::channel::json::{Object, Value, document};
use crate::channel::{
    Amazon, Channel, Ebay, Shopify, ShopifyGraphql, WooCommerce, amazon, ebay, plain, shopify,
    woocommerce,
};
use crate::value::ChannelId;

/// A payload this library reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Shopify Admin REST: an order, `{"order":…}` or `{"orders":[…]}`.
    Shopify,
    /// Shopify Admin GraphQL: an answer whose `data` holds an order, or nodes or edges of orders.
    ShopifyGraphql,
    /// WooCommerce REST v3: an order, or a list of them.
    WooCommerce,
    /// Amazon Selling Partner API, Orders v0: `getOrder` or `getOrders` with the items of each
    /// order, as [`read_amazon_orders`](crate::channel::read_amazon_orders) joins them.
    AmazonV0,
    /// Amazon Selling Partner API, Orders 2026-01-01: `getOrder` or `searchOrders`.
    Amazon2026,
    /// eBay Sell Fulfillment v1: `getOrder` or `getOrders`.
    Ebay,
    /// Orders of a point of sale or typed in by people, in this library's own plain JSON.
    Plain,
}

impl Format {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::ShopifyGraphql => "shopify_graphql",
            Self::WooCommerce => "woocommerce",
            Self::AmazonV0 => "amazon_v0",
            Self::Amazon2026 => "amazon_2026",
            Self::Ebay => "ebay",
            Self::Plain => "plain",
        }
    }

    /// The channel that sends it, which reads its status words; orders in plain JSON have none.
    #[must_use]
    pub fn channel(self) -> Option<&'static dyn Channel> {
        let channel: &'static dyn Channel = match self {
            Self::Shopify => &Shopify,
            Self::ShopifyGraphql => &ShopifyGraphql,
            Self::WooCommerce => &WooCommerce,
            Self::AmazonV0 | Self::Amazon2026 => &Amazon,
            Self::Ebay => &Ebay,
            Self::Plain => return None,
        };
        Some(channel)
    }

    /// By the keys only this channel's orders have.
    fn of(order: &Object<'_>) -> Option<Self> {
        let any = |keys: &[&str]| keys.iter().any(|key| order.has(key));
        if any(&["total_price", "financial_status"]) {
            return Some(Self::Shopify);
        }
        if order.has("AmazonOrderId") || amazon::v0_order(order).is_some() {
            // Answers about an order carry its id as well, and are none.
            return any(&["OrderStatus", "PurchaseDate", "order"]).then_some(Self::AmazonV0);
        }
        if order.has("orderId") {
            if any(&[
                "orderPaymentStatus",
                "orderFulfillmentStatus",
                "pricingSummary",
            ]) {
                return Some(Self::Ebay);
            }
            if any(&["orderItems", "salesChannel"]) {
                return Some(Self::Amazon2026);
            }
        }
        if shopify::graphql::is_order(order) {
            return Some(Self::ShopifyGraphql);
        }
        if plain::is_order(order) {
            return Some(Self::Plain);
        }
        // The legacy API (v1 to v3 before REST) lacks these and is not read.
        let woo = any(&["shipping_total", "discount_total"])
            && order.has("total")
            && any(&["date_created_gmt", "date_created", "billing"]);
        woo.then_some(Self::WooCommerce)
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells what a payload is: an order, or a list of orders, of one of the channels.
///
/// `None` for anything else, such as a ping, an empty page or a deletion notice. A list counts as
/// what its first recognisable order is.
///
/// ```
/// use oms_core::channel::{Format, detect};
/// assert_eq!(detect(br#"{"order":{"id":1,"total_price":"5.00"}}"#), Some(Format::Shopify));
/// assert_eq!(detect(b"webhook_id=4"), None);
/// ```
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<Format> {
    let found = document(bytes).and_then(|root| orders(&root)).ok()?;
    found
        .iter()
        .find_map(|order| Format::of(&order.object().ok()?))
}

/// Reads every order of a payload: one entry per order, in the payload's order, so that one bad
/// order never fails its neighbours. An empty page is no entries.
///
/// ```
/// use oms_core::channel::read_orders;
/// use oms_core::value::ChannelId;
/// let payload = br##"{"orders":[
///     {"id":1,"name":"#1001","currency":"EUR","total_price":"9.00","financial_status":"paid",
///      "line_items":[{"id":7,"sku":"TEA-01","quantity":2,"price":"4.50"}]},
///     {"id":2,"currency":"EUR","total_price":"9.00",
///      "line_items":[{"id":8,"sku":"TEA-01","quantity":1.5,"price":"4.50"}]}]}"##;
/// let read = read_orders(payload, &ChannelId::parse("web")?)?;
/// assert!(read[0].is_ok());
/// let problem = read[1].as_ref().err().map(|problem| problem.path.as_str());
/// assert_eq!(problem, Some("line_items[0].quantity"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ChannelErrorKind::NotUtf8`], [`ChannelErrorKind::NotJson`],
/// [`ChannelErrorKind::UnknownFormat`] when the payload is no order and no list of orders, and
/// `Invalid` (`too_many`) for a list of more than 10,000 entries that are too short for orders.
pub fn read_orders(
    bytes: &[u8],
    channel: &ChannelId,
) -> Result<Vec<Result<Incoming, ChannelError>>, ChannelError> {
    let root = document(bytes)?;
    let found = orders(&root)?;
    let single = !root.is_list() && found.len() == 1;
    let read: Vec<_> = found
        .iter()
        .enumerate()
        .map(|(index, order)| read_one(index, order, channel))
        .collect();
    // A lone object that is no order at all is a wrong payload, not a bad order.
    match <[_; 1]>::try_from(read) {
        Ok([Err(problem)]) if single && problem.kind == ChannelErrorKind::UnknownFormat => {
            Err(ChannelError {
                order: None,
                ..problem
            })
        }
        Ok([one]) => Ok(vec![one]),
        Err(many) => Ok(many),
    }
}

pub(super) fn read_one(
    index: usize,
    order: &Value<'_>,
    channel: &ChannelId,
) -> Result<Incoming, ChannelError> {
    // Paths are told from the order on; where the order stands is told by its index.
    let order = order.at_root();
    let object = order
        .object()
        .map_err(|problem| problem.in_order(index, None))?;
    let id = id(&object);
    let read = match Format::of(&object) {
        Some(Format::Shopify) => shopify::read(&object, channel),
        Some(Format::ShopifyGraphql) => shopify::graphql::read(&object, channel),
        Some(Format::WooCommerce) => woocommerce::read(&object, channel),
        Some(Format::AmazonV0) => amazon::read_v0(&object, channel),
        Some(Format::Amazon2026) => amazon::read_2026(&object, channel),
        Some(Format::Ebay) => ebay::read(&object, channel),
        Some(Format::Plain) => plain::read(&object, channel),
        None => Err(unknown(&order)),
    };
    read.map_err(|problem| problem.in_order(index, id))
}

pub(super) fn unknown(found: &Value<'_>) -> ChannelError {
    let expected = "an order of Shopify, WooCommerce, Amazon or eBay, or a plain one";
    // What an object holds may be somebody's data.
    let shown = if found.is_object() { "" } else { found.raw() };
    ChannelError::new(
        ChannelErrorKind::UnknownFormat,
        found.path(),
        shown,
        expected,
    )
}

/// The channel's id of an order, under whatever key.
fn id(order: &Object<'_>) -> Option<String> {
    let amazon = amazon::v0_order(order);
    let joined = amazon
        .as_ref()
        .and_then(|order| order.owned("AmazonOrderId").ok()?);
    let keys = ["id", "orderId", "AmazonOrderId", "order_id"];
    joined.or_else(|| keys.iter().find_map(|key| order.owned(key).ok()?))
}

/// The orders of a payload in any of the envelopes they come in.
pub(super) fn orders<'a>(root: &Value<'a>) -> Result<Vec<Value<'a>>, ChannelError> {
    if root.is_list() {
        return root.list();
    }
    if !root.is_object() {
        return Err(unknown(root));
    }
    let object = root.object()?;
    if Format::of(&object).is_some() {
        return Ok(vec![root.clone()]);
    }
    for (key, list) in [("orders", true), ("Orders", true), ("order", false)] {
        match object.get(key) {
            Some(value) if list && value.is_list() => return value.list(),
            Some(value) if !list && value.is_object() => return Ok(vec![value]),
            Some(_) | None => {}
        }
    }
    if let Some(data) = object.get("data").filter(Value::is_object) {
        return shopify::graphql::orders(&data);
    }
    refused_by_the_channel(&object)?;
    match object.get("payload").filter(Value::is_object) {
        // Only one envelope is taken off, so nesting cannot go on for ever.
        Some(payload) => amazon_orders(&payload),
        None => Ok(vec![root.clone()]),
    }
}

/// What the Selling Partner API wraps.
fn amazon_orders<'a>(payload: &Value<'a>) -> Result<Vec<Value<'a>>, ChannelError> {
    let object = payload.object()?;
    match object.get("Orders").filter(Value::is_list) {
        Some(list) => list.list(),
        None => Ok(vec![payload.clone()]),
    }
}

/// Tells what the channel itself complains of, where it answers `{"errors":[…]}`.
fn refused_by_the_channel(object: &Object<'_>) -> Result<(), ChannelError> {
    let Some(errors) = object.value("errors") else {
        return Ok(());
    };
    let first = match errors.is_list() {
        true => errors.list()?.into_iter().next(),
        false => Some(errors),
    };
    let found = match first {
        Some(first) if first.is_object() => {
            let first = first.object()?;
            let code = first.literal("message").ok().flatten();
            code.or_else(|| first.literal("code").ok().flatten())
        }
        Some(first) => first.literal().ok().flatten(),
        None => None,
    };
    let expected = "orders; the channel answered with an error instead";
    let found = found.unwrap_or_default();
    Err(ChannelError::new(
        ChannelErrorKind::UnknownFormat,
        "errors",
        &found,
        expected,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Format, detect, read_orders};
    use crate::channel::ChannelErrorKind;
    use crate::value::ChannelId;

    fn channel() -> ChannelId {
        ChannelId::parse("web").unwrap()
    }

    #[test]
    fn formats_are_told_apart() {
        let woo = r#"{"id":1,"total":"1.00","shipping_total":"0.00","date_created_gmt":null}"#;
        assert_eq!(detect(woo.as_bytes()), Some(Format::WooCommerce));
        assert_eq!(
            detect(format!("[{woo}]").as_bytes()),
            Some(Format::WooCommerce)
        );
        let shop = r#"{"id":1,"total_price":"1.00"}"#;
        assert_eq!(detect(shop.as_bytes()), Some(Format::Shopify));
        assert_eq!(
            detect(format!(r#"{{"order":{shop}}}"#).as_bytes()),
            Some(Format::Shopify)
        );
        assert_eq!(
            detect(format!(r#"{{"orders":[null,{shop}]}}"#).as_bytes()),
            Some(Format::Shopify)
        );
        let others: [&[u8]; 7] = [
            b"",
            b"webhook_id=1",
            b"{\"id\":1}",
            b"[]",
            b"{\"orders\":[]}",
            b"[1]",
            // Legacy WooCommerce: other names, other arithmetic.
            br#"{"order":{"id":1,"total":"1.00","total_shipping":"0.00","billing_address":{}}}"#,
        ];
        for other in others {
            assert_eq!(detect(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn an_empty_page_is_no_orders() {
        for page in [b"[]".as_slice(), b"{\"orders\":[]}"] {
            assert!(read_orders(page, &channel()).unwrap().is_empty());
        }
    }

    #[test]
    fn a_page_of_hardly_more_than_commas_is_refused_as_a_whole() {
        let list = format!("[{}]", vec!["1"; 10_001].join(","));
        for page in [list.clone(), format!("{{\"orders\":{list}}}")] {
            let error = read_orders(page.as_bytes(), &channel()).unwrap_err();
            assert_eq!((error.cause(), error.order), (Some("too_many"), None));
            assert_eq!(detect(page.as_bytes()), None);
        }
    }

    #[test]
    fn what_is_no_order_is_refused_as_a_whole() {
        for (text, kind) in [
            ("webhook_id=4", ChannelErrorKind::NotJson),
            (r#"{"id":7}"#, ChannelErrorKind::UnknownFormat),
            ("7", ChannelErrorKind::UnknownFormat),
        ] {
            let error = read_orders(text.as_bytes(), &channel()).unwrap_err();
            assert_eq!((error.kind, error.order), (kind, None), "{text}");
        }
    }

    #[test]
    fn a_bad_entry_of_a_list_fails_alone() {
        let good = r#"{"id":"7","currency":"EUR","total_price":"2.00",
            "line_items":[{"id":1,"quantity":1,"price":"2.00"}]}"#;
        let text = format!(r#"{{"orders":[null,{good},{{"id":9}},{{"id":10,"total_price":1}}]}}"#);
        let read = read_orders(text.as_bytes(), &channel()).unwrap();
        let codes: Vec<_> = read
            .iter()
            .map(|one| one.as_ref().map_err(|e| e.code()).err())
            .collect();
        let expected = [
            Some("channel_field_wrong_type"),
            None,
            Some("channel_unknown_format"),
            Some("channel_field_missing"),
        ];
        assert_eq!(codes, expected);
        let last = read[3].as_ref().unwrap_err().order.clone().unwrap();
        assert_eq!((last.index, last.id.as_deref()), (3, Some("10")));
    }
}
