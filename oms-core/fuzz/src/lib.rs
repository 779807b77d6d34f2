//! What is fuzzed: whatever bytes come in, every reader answers and none panics.
//!
//! Each function is the body of the fuzz target of its name, and the ordinary tests of `oms-core`
//! run all of them over random bytes (`tests/channel/hostile.rs`).

use oms_core::channel::csv::{
    CsvEncoding, CsvOptions, DateFormat, DecimalSign, read_csv_orders, read_csv_orders_with,
    read_hubs, read_skus, read_stock, write_rejected,
};
use oms_core::channel::signature::{
    Delivery, PublicKey, Secret, WebhookKeys, ebay_challenge, ebay_key_id, is_woocommerce_ping,
    read_ebay_key,
};
use oms_core::channel::{
    Channel, ChannelError, Channels, Fetch, Incoming, Notice, Response, StatusPolicy, SyncKind,
    View, computed_total, detect, read_amazon_orders, read_notice, read_orders,
};
use oms_core::order::OrderStatus;
use oms_core::value::{ChannelId, Currency, Timestamp};

/// Shopify Admin REST.
pub fn shopify(bytes: &[u8]) {
    channel("shopify", bytes);
    fields(r#"{"id":1,"currency":"EUR","total_price":"1.00""#, bytes);
}

/// Shopify Admin GraphQL.
pub fn shopify_graphql(bytes: &[u8]) {
    channel("shopify", bytes);
    fields(
        r#"{"id":"gid://shopify/Order/1","currencyCode":"EUR""#,
        bytes,
    );
}

/// WooCommerce REST v3.
pub fn woocommerce(bytes: &[u8]) {
    channel("woocommerce", bytes);
    let start = r#"{"id":1,"currency":"EUR","total":"1.00","shipping_total":"0.00","billing":{}"#;
    fields(start, bytes);
}

/// Amazon Orders v0, alone and joined with itself.
pub fn amazon_v0(bytes: &[u8]) {
    channel("amazon", bytes);
    let start =
        r#"{"AmazonOrderId":"1","OrderStatus":"Unshipped","MarketplaceId":"A1PA6795UKMFR9""#;
    fields(start, bytes);
    let (page, answer) = bytes.split_at(bytes.len() / 2);
    for (page, answers) in [(bytes, [bytes, answer]), (page, [answer, bytes])] {
        if let Ok(read) = read_amazon_orders(page, &answers, &id()) {
            check(read.orders);
        }
    }
}

/// Amazon Orders 2026-01-01.
pub fn amazon_2026(bytes: &[u8]) {
    channel("amazon", bytes);
    let start = r#"{"orderId":"1","salesChannel":{"marketplaceId":"A1PA6795UKMFR9"}"#;
    fields(start, bytes);
}

/// eBay Sell Fulfillment.
pub fn ebay(bytes: &[u8]) {
    channel("ebay", bytes);
    let start = r#"{"orderId":"1","pricingSummary":{"total":{"value":"1.00","currency":"EUR"}}"#;
    fields(start, bytes);
}

/// Plain JSON of a till or of people.
pub fn plain(bytes: &[u8]) {
    let _ = detect(bytes);
    check(read_orders(bytes, &id()).unwrap_or_default());
    fields(r#"{"order_id":"1","currency":"EUR","lines":[]"#, bytes);
}

/// CSV files of every kind, and what is written of their bad rows.
pub fn csv(bytes: &[u8]) {
    let _ = (read_hubs(bytes), read_skus(bytes), read_stock(bytes));
    if let Ok(read) = read_csv_orders(bytes, &id()) {
        let orders = read.orders.into_iter();
        check(orders.map(|order| Ok(order.incoming)));
        let file = write_rejected(&read.headers, &read.rejected);
        assert!(read_csv_orders(file.as_bytes(), &id()).is_ok(), "{file}");
    }
    let mut options = CsvOptions {
        encoding: CsvEncoding::Detect,
        dates: DateFormat::MonthDayYear,
        utc_offset_mins: -300,
        decimal: DecimalSign::Comma,
        currency: Currency::parse("EUR").ok(),
        ..CsvOptions::default()
    };
    for column in ["order_id", "sku", "quantity", "unit_price"] {
        options = options.column(column, &column[..1]);
    }
    let mut headed = b"o;s;q;u;date;total\n".to_vec();
    headed.extend_from_slice(bytes);
    for (bytes, options) in [(bytes, &options), (headed.as_slice(), &options)] {
        let _ = read_csv_orders_with(bytes, &id(), options);
    }
}

/// Messages that are no order.
pub fn notices(bytes: &[u8]) {
    for topic in ["", "orders/delete", "order.deleted"] {
        if let Ok(Some(Notice::Deleted { order })) = read_notice(topic, bytes) {
            assert!(!order.as_str().is_empty());
        }
    }
}

/// Signatures: nobody is believed without a key, whatever the headers and the body are.
pub fn signatures(bytes: &[u8]) {
    let _ = is_woocommerce_ping(bytes);
    let (head, body) = bytes.split_at(bytes.len() / 2);
    let text = String::from_utf8_lossy(head);
    let _ = ebay_challenge(&text, &text, &text);
    let _ = PublicKey::from_pem(&text, None);
    let response = Response::new(200, bytes.to_vec());
    let found = read_ebay_key(&response).ok();
    let mut keys = WebhookKeys::new().secret(Secret::new("hush"));
    if let Some(key) = found {
        keys = keys.key("1", key);
    }
    for name in [
        "X-Shopify-Hmac-Sha256",
        "X-WC-Webhook-Signature",
        "X-EBAY-SIGNATURE",
    ] {
        let headers = [(name, text.as_ref())];
        let delivery = Delivery {
            headers: &headers,
            body,
        };
        let _ = ebay_key_id(&delivery);
        for channel in ["shopify", "woocommerce", "ebay", "amazon"] {
            let none = built_in(channel).verify(&delivery, &WebhookKeys::new());
            assert!(none.is_err(), "{channel} believes without a key");
            let _ = built_in(channel).verify(&delivery, &keys);
        }
    }
}

fn id() -> ChannelId {
    ChannelId::parse("web").expect("a valid id")
}

fn built_in(kind: &str) -> std::sync::Arc<dyn Channel> {
    Channels::built_in(kind).expect("a channel that is built in")
}

/// Everything a channel reads.
fn channel(kind: &str, bytes: &[u8]) {
    let channel = built_in(kind);
    check(channel.read_orders(bytes, &id()).unwrap_or_default());
    let policy = StatusPolicy::new();
    for report in channel
        .read_statuses(bytes)
        .unwrap_or_default()
        .into_iter()
        .flatten()
    {
        for status in OrderStatus::ALL {
            let _ = channel.inbound(&report, &View::new(status), &policy);
        }
    }
    let now = Timestamp::EPOCH;
    let fetch = Fetch {
        kind: SyncKind::Orders,
        from: now,
        to: now,
        page: None,
        items: 50,
        scope: None,
        ticket: 0,
    };
    let _ = channel.page(&fetch, &Response::new(200, bytes.to_vec()));
}

/// The same bytes as further fields of an order that is well so far.
fn fields(start: &str, bytes: &[u8]) {
    let mut order = start.as_bytes().to_vec();
    order.push(b',');
    order.extend_from_slice(bytes);
    order.push(b'}');
    let read = read_orders(&order, &id());
    if let Ok(read) = read {
        check(read);
    }
}

/// What must hold of every answer.
fn check(answers: impl IntoIterator<Item = Result<Incoming, ChannelError>>) {
    for answer in answers {
        match answer {
            Ok(incoming) => {
                let draft = &incoming.draft;
                assert!(computed_total(draft).is_ok());
                assert!(draft.payment.refunded.minor() <= draft.payment.captured.minor());
                assert!(draft.payload.is_some() && !draft.external.is_empty());
            }
            Err(problem) => assert!(!problem.to_string().is_empty()),
        }
    }
}
