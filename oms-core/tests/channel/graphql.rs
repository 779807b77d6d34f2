//! Orders of Shopify's GraphQL API, plain JSON orders and notices, by fixtures of our own.

use crate::shared::{channel, codes, fixture, number, reconciled, with};
use oms_core::channel::{
    ChannelErrorKind, FinancialState, Format, Incoming, Notice, detect, read_notice, read_orders,
};
use oms_core::order::{ChargeKind, SourceKind, TaxMode};

fn graphql() -> String {
    fixture("shopify_graphql.json")
}

fn nth(text: &str, at: usize) -> Incoming {
    let mut read = read_orders(text.as_bytes(), &channel()).unwrap();
    read.swap_remove(at)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

fn refused(text: &str) -> (String, Option<&'static str>) {
    let mut read = read_orders(text.as_bytes(), &channel()).unwrap();
    let problem = read.swap_remove(0).unwrap_err();
    (problem.path.clone(), problem.cause())
}

#[test]
fn a_graphql_order_reconciles_and_keeps_everything() {
    assert_eq!(detect(graphql().as_bytes()), Some(Format::ShopifyGraphql));
    let order = nth(&graphql(), 0);
    assert_eq!(reconciled(&order), "58.45 CAD");
    assert_eq!(codes(&order), [""; 0]);
    let draft = &order.draft;
    let references = draft.external.iter();
    let references: Vec<_> = references
        .map(|id| (id.kind.as_str(), id.id.as_str()))
        .collect();
    let expected = [
        // The number is what REST calls the order, so both make one order.
        ("order", "9007199254740993001"),
        ("gid", "gid://shopify/Order/9007199254740993001"),
    ];
    assert_eq!(references, expected);
    assert_eq!(number(&order), Some("#1001"));
    let tea = &draft.lines[0];
    let item = tea.channel_item.as_ref().unwrap().as_str();
    assert_eq!(item, "gid://shopify/LineItem/9007199254740993101");
    assert_eq!((tea.discount.minor(), tea.tax.minor()), (400, 200));
    assert_eq!(tea.tax_rate.unwrap().to_string(), "0.05");
    assert_eq!(
        draft.lines[1].title.as_ref().unwrap().as_str(),
        "Mug - blue"
    );
    assert_eq!(draft.lines[1].sku, None);
    assert_eq!(draft.discount.minor(), 100);
    let charges = draft
        .charges
        .iter()
        .map(|charge| (charge.kind, charge.amount.minor()));
    let expected = [
        (ChargeKind::Shipping, 900),
        (ChargeKind::Duty, 200),
        (ChargeKind::Tip, 100),
    ];
    assert_eq!(charges.collect::<Vec<_>>(), expected);
    assert_eq!(draft.payment.captured.minor(), 5_845);
    assert_eq!(draft.payment.refunded.minor(), 1_000);
    assert_eq!(draft.payment.references.len(), 2);
    let tags: Vec<_> = draft.tags.iter().map(|tag| tag.as_str()).collect();
    assert_eq!(tags, ["first order", "vip"]);
    assert_eq!(draft.attributes.len(), 2);
    let place = draft.contacts.place.as_ref().unwrap();
    assert_eq!(place.region.as_ref().unwrap().as_str(), "Ontario");
    let receiver = draft.contacts.ship_to.as_ref().unwrap();
    assert_eq!(receiver.address.region.as_ref().unwrap().as_str(), "ON");
    assert_eq!(
        receiver.address.name.as_ref().unwrap().as_str(),
        "Test Buyer"
    );
    let payer = draft.contacts.bill_to.as_ref().unwrap();
    assert_eq!(
        payer.address.company.as_ref().unwrap().as_str(),
        "Example Inc"
    );
}

#[test]
fn what_a_graphql_order_went_through_is_told() {
    let order = nth(&graphql(), 0);
    let lines: Vec<_> = order.history.lines.iter().collect();
    assert_eq!(lines.len(), 1);
    let (line, past) = lines[0];
    assert_eq!((line.get(), past.shipped, past.removed), (1, 1, 1));
    assert_eq!(order.history.refunds[0].amount.unwrap().minor(), 1_000);
    let customer = order.history.customer.clone().unwrap();
    assert_eq!(customer.id.unwrap().as_str(), "gid://shopify/Customer/9001");
    assert_eq!(order.state.financial, Some(FinancialState::PartlyRefunded));
    assert_eq!(order.state.suggestion.code(), "needs_person");
}

#[test]
fn a_graphql_order_comes_in_any_envelope() {
    let order = nth(&graphql(), 0);
    let text = order.draft.payload.clone().unwrap().text;
    for envelope in [
        text.clone(),
        format!(r#"{{"data":{{"order":{text}}}}}"#),
        format!(r#"{{"data":{{"node":{text}}}}}"#),
        format!(r#"{{"data":{{"nodes":[{text}]}}}}"#),
        format!(r#"{{"data":{{"page":{{"nodes":[{text}]}}}}}}"#),
        format!(r#"{{"data":{{"orderCreate":{{"order":{text},"userErrors":[]}}}}}}"#),
    ] {
        assert_eq!(detect(envelope.as_bytes()), Some(Format::ShopifyGraphql));
        let read = nth(&envelope, 0);
        assert_eq!(read, order);
    }
    let read = |text: &str| read_orders(text.as_bytes(), &channel());
    assert!(
        read(r#"{"data":{"orders":{"nodes":[]}}}"#)
            .unwrap()
            .is_empty()
    );
    let problem = read(r#"{"data":null,"errors":[{"message":"Throttled"}]}"#).unwrap_err();
    assert_eq!(
        (problem.kind, problem.value.as_str()),
        (ChannelErrorKind::UnknownFormat, "Throttled")
    );
    let problem = read(r#"{"data":{"shop":{"name":"x"}}}"#).unwrap_err();
    assert_eq!(problem.kind, ChannelErrorKind::UnknownFormat);
}

#[test]
fn what_a_query_must_select_is_named() {
    for (old, new, path, cause) in [
        ("\"lineItems\"", "\"x\"", "lineItems", None),
        (
            "\"pageInfo\":{\"hasNextPage\":false}",
            "\"pageInfo\":{\"hasNextPage\":true}",
            "lineItems.pageInfo.hasNextPage",
            Some("lines_incomplete"),
        ),
        (
            "\"quantity\":3",
            "\"x\":3",
            "lineItems.nodes[0].quantity",
            None,
        ),
        (
            "\"originalUnitPriceSet\"",
            "\"x\"",
            "lineItems.nodes[0].originalUnitPriceSet",
            None,
        ),
        (
            "\"amount\":\"13.0\",\"currencyCode\":\"CAD\"",
            "\"amount\":\"13.0\",\"currencyCode\":\"USD\"",
            "lineItems.nodes[0].originalUnitPriceSet.shopMoney.currencyCode",
            Some("money_currency_mismatch"),
        ),
    ] {
        // A connection may come as nodes or edges; paths say which.
        let (found, why) = refused(&with(&graphql(), old, new));
        assert_eq!((found.as_str(), why), (path, cause), "{new}");
    }
}

#[test]
fn current_sums_stand_for_the_ordered_ones_only_where_nothing_was_changed() {
    let order = |more: &str| {
        let text = format!(
            r#"{{"id":"gid://shopify/Order/1","currentTotalPriceSet":{{"shopMoney":{{"amount":"9.0",
            "currencyCode":"CAD"}}}},"lineItems":[{{"id":"gid://shopify/LineItem/1","quantity":2,
            "originalUnitPriceSet":{{"shopMoney":{{"amount":"4.5","currencyCode":"CAD"}}}}}}]{more}}}"#
        );
        nth(&text, 0)
    };
    assert_eq!(reconciled(&order("")), "9.00 CAD");
    for more in [
        r#","edited":true"#,
        r#","refunds":[{"id":"x"}]"#,
        r#","cancelledAt":"2026-11-01T00:00:00Z""#,
    ] {
        let order = order(more);
        assert_eq!(order.draft.stated_total, None, "{more}");
        assert!(codes(&order).contains(&"total_not_stated"), "{more}");
    }
}

#[test]
fn every_state_of_a_graphql_order_has_its_suggestion() {
    let of = |money: &str, sent: &str, more: &str| {
        let text = format!(
            r#"{{"id":"gid://shopify/Order/1","displayFinancialStatus":{money},
            "displayFulfillmentStatus":"{sent}","totalPriceSet":{{"shopMoney":{{"amount":"4.5",
            "currencyCode":"CAD"}}}},"lineItems":[{{"id":"a","quantity":1,"originalUnitPriceSet":
            {{"shopMoney":{{"amount":"4.5","currencyCode":"CAD"}}}}}}]{more}}}"#
        );
        nth(&text, 0).state.suggestion.code()
    };
    let cancelled = r#","cancelledAt":"2026-11-01T00:00:00Z""#;
    let arrived = r#","fulfillments":[{"status":"SUCCESS","displayStatus":"DELIVERED"}]"#;
    for (money, sent, more, expected) in [
        ("\"PAID\"", "UNFULFILLED", r#","test":true"#, "ignore"),
        ("\"PAID\"", "UNFULFILLED", cancelled, "cancelled"),
        ("null", "UNFULFILLED", "", "pending"),
        ("\"PENDING\"", "UNFULFILLED", "", "pending"),
        ("\"AUTHORIZED\"", "UNFULFILLED", "", "pending"),
        ("\"EXPIRED\"", "UNFULFILLED", "", "on_hold"),
        ("\"VOIDED\"", "UNFULFILLED", "", "on_hold"),
        ("\"PAID\"", "UNFULFILLED", "", "approved"),
        ("\"PAID\"", "IN_PROGRESS", "", "approved"),
        ("\"PAID\"", "ON_HOLD", "", "on_hold"),
        ("\"PAID\"", "SCHEDULED", "", "on_hold"),
        ("\"PAID\"", "REQUEST_DECLINED", "", "on_hold"),
        ("\"PAID\"", "PARTIALLY_FULFILLED", "", "needs_person"),
        ("\"PAID\"", "FULFILLED", "", "shipped"),
        ("\"PAID\"", "FULFILLED", arrived, "delivered"),
        ("\"PAID\"", "RESTOCKED", "", "cancelled"),
        ("\"PAID\"", "NEW_WORD", "", "needs_person"),
        ("\"NEW_WORD\"", "UNFULFILLED", "", "needs_person"),
    ] {
        assert_eq!(of(money, sent, more), expected, "{money} {sent} {more}");
    }
}

#[test]
fn an_order_of_a_till_is_read_with_all_its_charges() {
    let order = nth(&fixture("plain.json"), 0);
    assert_eq!(reconciled(&order), "16.75 EUR");
    assert_eq!(codes(&order), [""; 0]);
    let draft = &order.draft;
    assert_eq!(
        (draft.source.kind, draft.tax_mode),
        (SourceKind::PointOfSale, TaxMode::Inclusive)
    );
    assert_eq!(
        draft.lines[0].channel_item.as_ref().unwrap().as_str(),
        "0001"
    );
    let charges = draft
        .charges
        .iter()
        .map(|charge| (charge.kind, charge.amount.minor()));
    let expected = [
        (ChargeKind::Shipping, 350),
        (ChargeKind::Fee, 50),
        (ChargeKind::Tip, 100),
        (ChargeKind::GiftCard, -200),
    ];
    assert_eq!(charges.collect::<Vec<_>>(), expected);
    assert_eq!(order.state.suggestion.code(), "delivered");
    assert_eq!(order.history.ordered_offset_mins, Some(60));
    let customer = order.history.customer.unwrap();
    assert_eq!(customer.id.unwrap().as_str(), "C-007");
    let attributes = draft
        .attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    assert_eq!(
        attributes.collect::<Vec<_>>(),
        [("clerk", "A"), ("order_number", "42"), ("till", "3")]
    );
}

#[test]
fn an_order_typed_in_by_hand_may_be_short() {
    let order = nth(&fixture("plain.json"), 1);
    assert_eq!(order.draft.source.kind, SourceKind::Manual);
    assert_eq!(codes(&order), ["line_without_id"]);
    assert_eq!(order.draft.payment.captured.to_string(), "1350 JPY");
    assert_eq!(order.state.suggestion.code(), "approved");
    let (_, past) = order.history.lines.iter().next().unwrap();
    assert_eq!((past.shipped, past.removed), (1, 1));
}

#[test]
fn what_a_plain_order_cannot_be_read_without_is_named() {
    let text = fixture("plain.json");
    for (old, new, path, cause) in [
        (
            "\"order_id\":\"T-0042\"",
            "\"order_id\":null",
            "order_id",
            None,
        ),
        (
            "\"unit_price\":4.50",
            "\"x\":1",
            "lines[0].unit_price",
            None,
        ),
        (
            "\"quantity\":2",
            "\"quantity\":0",
            "lines[0].quantity",
            Some("quantity_zero"),
        ),
        (
            "\"source\":\"pos\"",
            "\"source\":\"fax\"",
            "source",
            Some("source_unknown"),
        ),
        (
            "\"kind\":\"tip\"",
            "\"kind\":\"top\"",
            "charges[2].kind",
            Some("charge_unknown"),
        ),
        (
            "\"amount\":\"1.00\"",
            "\"amount\":\"-1.00\"",
            "charges[2].amount",
            Some("money_negative"),
        ),
        (
            "\"currency\":\"EUR\"",
            "\"currency\":\"ZZZ\"",
            "currency",
            Some("currency_unknown"),
        ),
    ] {
        let (found, why) = refused(&with(&text, old, new));
        assert_eq!((found.as_str(), why), (path, cause), "{new}");
    }
}

#[test]
fn notices_are_told_from_orders() {
    let id = |text: &str| oms_core::value::ExternalId::parse(text).unwrap();
    let read = |topic: &str, body: &str| read_notice(topic, body.as_bytes());
    let ping = Notice::Ping {
        webhook: Some(id("123")),
    };
    assert_eq!(read("", "webhook_id=123").unwrap(), Some(ping.clone()));
    assert_eq!(read("", " webhook_id=123&x=y\n").unwrap(), Some(ping));
    assert_eq!(
        read("", "webhook_id=").unwrap(),
        Some(Notice::Ping { webhook: None })
    );
    for topic in ["orders/delete", "order.deleted"] {
        let order = id("820982911946154508");
        let found = read(topic, r#"{"id":820982911946154508}"#).unwrap();
        assert_eq!(found, Some(Notice::Deleted { order }), "{topic}");
        assert_eq!(
            read(topic, "{}").unwrap_err().code(),
            "channel_field_missing"
        );
    }
    assert_eq!(read("orders/create", r#"{"id":1}"#).unwrap(), None);
    assert_eq!(read("", "[]").unwrap(), None);
    assert_eq!(
        read("", "hello").unwrap_err().kind,
        ChannelErrorKind::NotJson
    );
    let change = r#"{"NotificationType":"ORDER_CHANGE","EventTime":"2026-11-02T09:00:00Z","Payload":
        {"OrderChangeNotification":{"AmazonOrderId":"902-1","OrderChangeTrigger":
        {"TimeOfOrderChange":"2026-11-02T08:00:00Z"}}},"NotificationMetadata":{"NotificationId":"n-1"}}"#;
    let Some(Notice::Changed { order, message, at }) = read("", change).unwrap() else {
        panic!("no change");
    };
    assert_eq!((order, message), (id("902-1"), Some(id("n-1"))));
    assert_eq!(at.unwrap().to_string(), "2026-11-02T08:00:00.000000Z");
    let other = change.replace("ORDER_CHANGE", "FEED_PROCESSING_FINISHED");
    assert_eq!(read("", &other).unwrap(), None);
    let nameless = change.replace("AmazonOrderId", "x");
    assert_eq!(
        read("", &nameless).unwrap_err().code(),
        "channel_field_missing"
    );
}
