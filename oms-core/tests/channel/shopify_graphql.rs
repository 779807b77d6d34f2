//! What is sent to Shopify by Admin GraphQL, byte for byte, and what the answers mean.

use oms_core::channel::{
    Answer, CancelCause, CancelUpdate, CannotCause, Channel, ChannelRefusalKind, ItemQuantity,
    ItemStock, Loss, OrderFacts, ParcelUpdate, PaymentFacts, Reads, RefundCause, RefundLine,
    RefundUpdate, Repeat, Request, Response, RetryWhy, ShipUpdate, Shopify, ShopifyGraphql, Update,
    WorkFacts, WorkLine, WorkRest,
};
use oms_core::order::{HoldReason, Tracking};
use oms_core::value::{
    Currency, ExternalId, IdempotencyKey, Money, Name, Quantity, Reason, ShipmentId, Timestamp,
    Units,
};
use serde_json::{Value, json};

fn id(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

fn key(text: &str) -> Option<IdempotencyKey> {
    Some(IdempotencyKey::parse(text).unwrap())
}

fn euro(text: &str) -> Money {
    Money::parse(text, Currency::parse("EUR").unwrap()).unwrap()
}

fn item(name: &str, quantity: u32) -> ItemQuantity {
    ItemQuantity {
        item: id(name),
        quantity: Quantity::new(quantity).unwrap(),
    }
}

fn line(number: &str, item: &str, left: u32) -> WorkLine {
    WorkLine {
        id: id(number),
        item: id(item),
        left: Units::new(left).unwrap(),
    }
}

/// Work as GraphQL tells it: closed, two times open, held by us, held by somebody else.
fn facts() -> OrderFacts {
    let mut facts = OrderFacts::new(id("820982911946154508"));
    let work = |number: &str, state: &str, lines, holds: &[&str]| WorkFacts {
        id: id(&format!("gid://shopify/FulfillmentOrder/{number}")),
        state: state.to_owned(),
        lines,
        holds: Some(holds.iter().map(|hold| id(hold)).collect()),
    };
    let eleven = "gid://shopify/LineItem/11";
    let first = vec![line("901", eleven, 2), line("902", "12", 1)];
    facts.work = vec![
        work("100", "CLOSED", vec![line("900", eleven, 5)], &[]),
        work("101", "OPEN", first, &[]),
        work("102", "IN_PROGRESS", vec![line("903", eleven, 1)], &[]),
        work(
            "103",
            "ON_HOLD",
            vec![],
            &["gid://shopify/FulfillmentHold/7", "8"],
        ),
        work("104", "ON_HOLD", vec![], &[]),
    ];
    facts.payments = vec![
        PaymentFacts {
            id: id("1"),
            gateway: "bogus".to_owned(),
            refundable: euro("7.50"),
        },
        PaymentFacts {
            id: id("gid://shopify/OrderTransaction/4"),
            gateway: "gift_card".to_owned(),
            refundable: euro("100"),
        },
    ];
    facts.location = Some(id("24826418"));
    facts
}

fn parcel(lines: Vec<ItemQuantity>) -> ParcelUpdate {
    ParcelUpdate {
        shipment: ShipmentId::new(1).unwrap(),
        channel_id: None,
        lines,
        tracking: Tracking {
            carrier: Some(Name::parse("UPS").unwrap()),
            service: Some(Name::parse("Express").unwrap()),
            number: Some(id("1Z \"999\"")),
            url: None,
        },
        shipped_at: Timestamp::parse_rfc3339("2026-11-20T10:00:00.5+01:00").unwrap(),
    }
}

fn ship(parcels: Vec<ParcelUpdate>) -> Update {
    Update::Ship(ShipUpdate {
        parcels,
        complete: true,
        notify_buyer: true,
    })
}

fn cancel(lines: Vec<ItemQuantity>) -> CancelUpdate {
    CancelUpdate {
        cause: CancelCause::OutOfStock,
        lines,
        restock: true,
        note: Some(Reason::parse("none left").unwrap()),
        notify_buyer: false,
        key: key("event-5"),
    }
}

fn refund(amount: Money) -> RefundUpdate {
    RefundUpdate {
        cause: RefundCause::Returned,
        lines: vec![RefundLine {
            item: id("11"),
            quantity: Some(Quantity::ONE),
            amount,
            tax: None,
            restock: true,
        }],
        shipping: Some(euro("5")),
        other: None,
        note: Some(Reason::parse("came back").unwrap()),
        notify_buyer: true,
        key: key("event-6"),
    }
}

fn stock(item: &str, available: u32) -> ItemStock {
    ItemStock {
        item: id(item),
        parent: None,
        location: Some(id("655441491")),
        available: Units::new(available).unwrap(),
    }
}

fn requests(facts: &OrderFacts, update: &Update) -> Vec<Request> {
    let outgoing = ShopifyGraphql.outgoing(facts, update);
    outgoing
        .unwrap_or_else(|cannot| panic!("{cannot}"))
        .requests
}

/// Every request is a POST of JSON to the one path; this is what its body holds, byte for byte.
fn sent(facts: &OrderFacts, update: &Update) -> Vec<String> {
    let bodies = requests(facts, update).into_iter().map(|request| {
        assert_eq!(request.method.as_str(), "POST");
        assert_eq!(request.path, "graphql.json");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert!(!request.elsewhere && !request.to_be_signed);
        request.body.unwrap()
    });
    bodies.collect()
}

fn body(query: &str, variables: &str) -> String {
    format!(r#"{{"query":"{query}","variables":{variables}}}"#)
}

fn cannot(facts: &OrderFacts, update: &Update) -> CannotCause {
    let cannot = ShopifyGraphql.outgoing(facts, update).unwrap_err();
    assert_eq!(cannot.channel, "shopify_graphql");
    cannot.cause
}

fn missing(facts: &OrderFacts, update: &Update) -> (&'static str, Option<String>) {
    let CannotCause::Missing { fact, ask } = cannot(facts, update) else {
        panic!("nothing is missing");
    };
    let ask = ask.map(|ask| {
        assert_eq!(
            (ask.path.as_str(), &ask.reads),
            ("graphql.json", &Reads::Facts)
        );
        assert_eq!(ask.repeat, Repeat::Safe);
        ask.body.unwrap()
    });
    (fact, ask)
}

const FULFILL: &str = "mutation Fulfill($fulfillment: FulfillmentInput!) { \
    fulfillmentCreate(fulfillment: $fulfillment) { \
    fulfillment { id } userErrors { field message } } }";

#[test]
fn parcels_are_fulfilments_of_lines_of_the_work() {
    let two = ship(vec![
        parcel(vec![item("11", 1)]),
        parcel(vec![item("gid://shopify/LineItem/11", 2), item("12", 1)]),
    ]);
    let info = r#""trackingInfo":{"number":"1Z \"999\"","company":"UPS"},"notifyCustomer":true}}"#;
    let gid = "gid://shopify/FulfillmentOrder";
    let first = format!(
        r#"{{"fulfillment":{{"lineItemsByFulfillmentOrder":[{{"fulfillmentOrderId":"{gid}/101","fulfillmentOrderLineItems":[{{"id":"{gid}LineItem/901","quantity":1}}]}}],{info}"#
    );
    let second = format!(
        r#"{{"fulfillment":{{"lineItemsByFulfillmentOrder":[{{"fulfillmentOrderId":"{gid}/101","fulfillmentOrderLineItems":[{{"id":"{gid}LineItem/901","quantity":1}},{{"id":"{gid}LineItem/902","quantity":1}}]}},{{"fulfillmentOrderId":"{gid}/102","fulfillmentOrderLineItems":[{{"id":"{gid}LineItem/903","quantity":1}}]}}],{info}"#
    );
    assert_eq!(
        sent(&facts(), &two),
        [body(FULFILL, &first), body(FULFILL, &second)]
    );
    let outgoing = ShopifyGraphql.outgoing(&facts(), &two).unwrap();
    assert_eq!(outgoing.losses, [Loss::Service]);
    let repeats: Vec<_> = outgoing.requests.iter().map(|r| r.repeat).collect();
    assert_eq!(repeats, [Repeat::LookFirst, Repeat::Safe]);
    let much = cannot(&facts(), &ship(vec![parcel(vec![item("11", 4)])]));
    assert_eq!(much.code(), "more_than_left");
    let closed = cannot(&facts(), &ship(vec![parcel(vec![item("13", 1)])]));
    assert_eq!(closed.code(), "more_than_left");
    assert_eq!(cannot(&facts(), &ship(vec![])).code(), "nothing");
    assert_eq!(
        cannot(&facts(), &ship(vec![parcel(vec![])])).code(),
        "nothing"
    );
}

#[test]
fn a_parcel_without_tracking_says_none() {
    let mut plain = parcel(vec![item("12", 1)]);
    plain.tracking = Tracking {
        carrier: None,
        service: None,
        number: None,
        url: None,
    };
    let told = sent(&facts(), &ship(vec![plain.clone()]));
    assert!(!told[0].contains("trackingInfo"), "{}", told[0]);
    plain.channel_id = Some(id("1"));
    let change = Update::ChangeTracking {
        parcel: plain,
        notify_buyer: true,
    };
    assert_eq!(cannot(&facts(), &change).code(), "nothing");
}

#[test]
fn long_lists_are_cut_to_what_is_taken() {
    let mut facts = OrderFacts::new(id("1"));
    let lines = (1..=251).map(|n| line(&format!("{n}"), &format!("{}", n + 1_000), 1));
    facts.work = vec![WorkFacts {
        id: id("5"),
        state: "OPEN".to_owned(),
        lines: lines.collect(),
        holds: None,
    }];
    let all = (1..=251)
        .map(|n| item(&format!("{}", n + 1_000), 1))
        .collect();
    let told: Value = serde_json::from_str(&sent(&facts, &ship(vec![parcel(all)]))[0]).unwrap();
    let works = &told["variables"]["fulfillment"]["lineItemsByFulfillmentOrder"];
    let counts = works.as_array().unwrap().iter().map(|work| {
        assert_eq!(
            work["fulfillmentOrderId"],
            "gid://shopify/FulfillmentOrder/5"
        );
        work["fulfillmentOrderLineItems"].as_array().unwrap().len()
    });
    let counts: Vec<_> = counts.collect();
    assert_eq!(counts, [250, 1]);
    let levels: Vec<_> = (1..=501).map(|n| stock(&n.to_string(), n)).collect();
    let key = key("count-1");
    let told = sent(&facts, &Update::Stock { levels, key });
    let keys: Vec<Value> = told
        .iter()
        .map(|body| {
            let body: Value = serde_json::from_str(body).unwrap();
            assert!(
                body["variables"]["input"]["quantities"]
                    .as_array()
                    .unwrap()
                    .len()
                    <= 250
            );
            body["variables"]["key"].clone()
        })
        .collect();
    assert_eq!(keys, ["count-1", "count-1/1", "count-1/2"]);
}

#[test]
fn tracking_and_delivery_name_the_parcel() {
    let mut known = parcel(vec![]);
    known.channel_id = Some(id("gid://shopify/Fulfillment/1069019869"));
    let change = Update::ChangeTracking {
        parcel: known.clone(),
        notify_buyer: false,
    };
    let query = "mutation Track($id: ID!, $info: FulfillmentTrackingInput!, $notify: Boolean) { \
        fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $info, \
        notifyCustomer: $notify) { fulfillment { id } userErrors { field message } } }";
    let variables = r#"{"id":"gid://shopify/Fulfillment/1069019869","info":{"number":"1Z \"999\"","company":"UPS"},"notify":false}"#;
    assert_eq!(sent(&facts(), &change), [body(query, variables)]);
    let deliver = Update::Deliver {
        at: known.shipped_at,
        parcel: known.clone(),
    };
    let query = "mutation Event($event: FulfillmentEventInput!) { \
        fulfillmentEventCreate(fulfillmentEvent: $event) { \
        fulfillmentEvent { id } userErrors { field message } } }";
    let variables = r#"{"event":{"fulfillmentId":"gid://shopify/Fulfillment/1069019869","status":"DELIVERED","happenedAt":"2026-11-20T09:00:00.500000Z"}}"#;
    assert_eq!(sent(&facts(), &deliver), [body(query, variables)]);
    known.channel_id = None;
    let unknown = Update::ChangeTracking {
        parcel: known,
        notify_buyer: false,
    };
    assert_eq!(missing(&facts(), &unknown), ("parcel.channel_id", None));
}

#[test]
fn an_order_is_cancelled_whole_before_anything_left() {
    let query = "mutation Cancel($id: ID!, $reason: OrderCancelReason!, \
        $refund: OrderCancelRefundMethodInput, $restock: Boolean!, $notify: Boolean, \
        $note: String) { orderCancel(orderId: $id, reason: $reason, refundMethod: $refund, \
        restock: $restock, notifyCustomer: $notify, staffNote: $note) { \
        job { id } orderCancelUserErrors { code field message } } }";
    let variables = r#"{"id":"gid://shopify/Order/820982911946154508","reason":"INVENTORY","refund":{"originalPaymentMethodsRefund":false},"restock":true,"notify":false,"note":"none left"}"#;
    let whole = Update::Cancel(cancel(vec![]));
    assert_eq!(sent(&facts(), &whole), [body(query, variables)]);
    let outgoing = ShopifyGraphql.outgoing(&facts(), &whole).unwrap();
    assert_eq!(outgoing.losses, [Loss::NoRefund]);
    let shipped = OrderFacts {
        any_shipped: true,
        ..facts()
    };
    assert_eq!(cannot(&shipped, &whole).code(), "after_shipping");
    let long = Update::Cancel(CancelUpdate {
        note: Some(Reason::parse("ü".repeat(256)).unwrap()),
        ..cancel(vec![])
    });
    let outgoing = ShopifyGraphql.outgoing(&facts(), &long).unwrap();
    assert!(outgoing.losses.contains(&Loss::Note));
    let told: Value = serde_json::from_str(&sent(&facts(), &long)[0]).unwrap();
    assert_eq!(told["variables"]["note"], "ü".repeat(255));
    for cause in CancelCause::ALL {
        let update = Update::Cancel(CancelUpdate {
            cause,
            ..cancel(vec![])
        });
        let told: Value = serde_json::from_str(&sent(&facts(), &update)[0]).unwrap();
        let reason = told["variables"]["reason"].as_str().unwrap();
        let known = [
            "CUSTOMER",
            "DECLINED",
            "FRAUD",
            "INVENTORY",
            "STAFF",
            "OTHER",
        ];
        assert!(known.contains(&reason), "{reason}");
    }
}

const REFUND: &str = "mutation Refund($input: RefundInput!, $key: String!) { \
    refundCreate(input: $input) @idempotent(key: $key) { \
    refund { id } userErrors { field message } } }";

#[test]
fn lines_are_cancelled_by_a_refund_of_nothing() {
    let lines = Update::Cancel(cancel(vec![item("gid://shopify/LineItem/12", 1)]));
    let variables = r#"{"input":{"orderId":"gid://shopify/Order/820982911946154508","note":"none left","notify":false,"refundLineItems":[{"lineItemId":"gid://shopify/LineItem/12","quantity":1,"restockType":"CANCEL","locationId":"gid://shopify/Location/24826418"}],"transactions":[]},"key":"event-5"}"#;
    assert_eq!(sent(&facts(), &lines), [body(REFUND, variables)]);
    let unnamed = Update::Cancel(CancelUpdate {
        key: None,
        ..cancel(vec![item("12", 1)])
    });
    assert_eq!(missing(&facts(), &unnamed), ("key", None));
    let gone = Update::Cancel(CancelUpdate {
        restock: false,
        ..cancel(vec![item("12", 1)])
    });
    let told = sent(&facts(), &gone).remove(0);
    assert!(told.contains(r#""restockType":"CANCEL""#), "{told}");
    let losses = ShopifyGraphql.outgoing(&facts(), &gone).unwrap().losses;
    assert_eq!(losses, [Loss::NoRefund, Loss::Restock]);
}

#[test]
fn money_goes_back_to_the_payments() {
    let update = Update::Refund(refund(euro("10")));
    let order = r#""orderId":"gid://shopify/Order/820982911946154508""#;
    let gid = "gid://shopify/OrderTransaction";
    let variables = format!(
        r#"{{"input":{{{order},"currency":"EUR","note":"came back","notify":true,"shipping":{{"amount":"5.00"}},"refundLineItems":[{{"lineItemId":"gid://shopify/LineItem/11","quantity":1,"restockType":"RETURN","locationId":"gid://shopify/Location/24826418"}}],"transactions":[{{{order},"parentId":"{gid}/1","amount":"7.50","kind":"REFUND","gateway":"bogus"}},{{{order},"parentId":"{gid}/4","amount":"7.50","kind":"REFUND","gateway":"gift_card"}}]}},"key":"event-6"}}"#
    );
    assert_eq!(sent(&facts(), &update), [body(REFUND, &variables)]);
    // Shopify knows the key, so a second telling pays nothing back.
    assert_eq!(requests(&facts(), &update)[0].repeat, Repeat::Safe);
    let unnamed = Update::Refund(RefundUpdate {
        key: None,
        ..refund(euro("10"))
    });
    assert_eq!(missing(&facts(), &unnamed), ("key", None));
    let much = cannot(&facts(), &Update::Refund(refund(euro("200"))));
    assert_eq!(much.code(), "more_than_paid");
    let dollar = Money::parse("1", Currency::parse("USD").unwrap()).unwrap();
    let mut other = refund(dollar);
    other.shipping = None;
    assert_eq!(cannot(&facts(), &Update::Refund(other)).code(), "money");
    let nowhere = OrderFacts {
        location: None,
        ..facts()
    };
    assert_eq!(missing(&nowhere, &update), ("location", None));
    let mut unknown = facts();
    unknown.payments[0].gateway.clear();
    assert_eq!(missing(&unknown, &update), ("payments.gateway", None));
    unknown.payments.clear();
    let query = "query Payments($order: ID!) { order(id: $order) { \
        transactions(first: 100) { id kind status gateway parentTransaction { id } \
        amountSet { presentmentMoney { amount currencyCode } } } } }";
    let ask = body(
        query,
        r#"{"order":"gid://shopify/Order/820982911946154508"}"#,
    );
    assert_eq!(missing(&unknown, &update), ("payments", Some(ask)));
    let nothing = Update::Refund(RefundUpdate {
        lines: vec![],
        shipping: None,
        ..refund(euro("1"))
    });
    assert_eq!(cannot(&facts(), &nothing).code(), "nothing");
}

#[test]
fn work_is_held_under_our_name_and_only_our_holds_are_released() {
    let hold = Update::Hold {
        reason: HoldReason::Shortage,
        note: Some(Reason::parse("count it").unwrap()),
    };
    let query = "mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) { \
        fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) { \
        fulfillmentHold { id } userErrors { code field message } } }";
    let held = |number: u32| {
        let variables = format!(
            r#"{{"id":"gid://shopify/FulfillmentOrder/{number}","hold":{{"reason":"INVENTORY_OUT_OF_STOCK","reasonNotes":"count it","handle":"oms"}}}}"#
        );
        body(query, &variables)
    };
    assert_eq!(sent(&facts(), &hold), [held(101), held(102)]);
    let query = "mutation Release($id: ID!, $holds: [ID!]) { \
        fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) { \
        fulfillmentOrder { id } userErrors { code field message } } }";
    let variables = r#"{"id":"gid://shopify/FulfillmentOrder/103","holds":["gid://shopify/FulfillmentHold/7","gid://shopify/FulfillmentHold/8"]}"#;
    assert_eq!(sent(&facts(), &Update::Release), [body(query, variables)]);
    let mut others = facts();
    others.work.retain(|work| work.id.as_str().ends_with("104"));
    assert_eq!(cannot(&others, &Update::Release).code(), "nothing");
    assert_eq!(cannot(&others, &hold).code(), "nothing");
    // Admin REST does not tell whose a hold is.
    others.work[0].holds = None;
    let (fact, ask) = missing(&others, &Update::Release);
    assert_eq!(fact, "work.holds");
    assert!(ask.unwrap().contains("heldByRequestingApp"));
}

#[test]
fn stock_is_set_whatever_it_was() {
    let update = |levels| Update::Stock {
        levels,
        key: key("event-8"),
    };
    let query = "mutation Stock($input: InventorySetQuantitiesInput!, $key: String!) { \
        inventorySetQuantities(input: $input) @idempotent(key: $key) { \
        inventoryAdjustmentGroup { id } userErrors { code field message } } }";
    let entry = |item: u32, units: u32| {
        format!(
            r#"{{"inventoryItemId":"gid://shopify/InventoryItem/{item}","locationId":"gid://shopify/Location/655441491","quantity":{units},"changeFromQuantity":null}}"#
        )
    };
    let variables = format!(
        r#"{{"input":{{"name":"available","reason":"correction","quantities":[{},{}]}},"key":"event-8"}}"#,
        entry(2, 1),
        entry(808_950_810, 0)
    );
    let again = "gid://shopify/InventoryItem/808950810";
    let levels = vec![stock("808950810", 42), stock("2", 1), stock(again, 0)];
    assert_eq!(
        sent(&facts(), &update(levels.clone())),
        [body(query, &variables)]
    );
    assert_eq!(cannot(&facts(), &update(vec![])).code(), "nothing");
    let unnamed = Update::Stock { levels, key: None };
    assert_eq!(missing(&facts(), &unnamed), ("key", None));
    let mut nowhere = stock("1", 1);
    nowhere.location = None;
    let nowhere = update(vec![nowhere]);
    assert_eq!(missing(&facts(), &nowhere), ("stock.location", None));
}

#[test]
fn ids_that_shopify_does_not_give_are_refused() {
    let odd = OrderFacts {
        order: id("007"),
        ..facts()
    };
    let hold = Update::Hold {
        reason: HoldReason::Review,
        note: None,
    };
    let updates = [
        ship(vec![parcel(vec![item("12", 1)])]),
        hold,
        Update::Cancel(cancel(vec![])),
        Update::Cancel(cancel(vec![item("12", 1)])),
        Update::Refund(refund(euro("1"))),
    ];
    for update in &updates {
        assert_eq!(cannot(&odd, update).code(), "bad_id", "{}", update.kind());
    }
    let stocks = Update::Stock {
        levels: vec![stock("gid://shopify/Product/1", 1)],
        key: key("k"),
    };
    assert_eq!(cannot(&facts(), &stocks).code(), "bad_id");
    let line = Update::Cancel(cancel(vec![item("x\",\"y", 1)]));
    assert_eq!(cannot(&facts(), &line).code(), "bad_id");
}

fn response(value: &Value) -> Response {
    Response::new(200, value.to_string())
}

fn work_node(number: u32, lines: &[(u32, u32, u32)], next: Option<&str>) -> Value {
    let lines: Vec<_> = lines
        .iter()
        .map(|(line, item, left)| {
            json!({
                "id": format!("gid://shopify/FulfillmentOrderLineItem/{line}"),
                "remainingQuantity": left,
                "lineItem": {"id": format!("gid://shopify/LineItem/{item}")},
            })
        })
        .collect();
    json!({
        "id": format!("gid://shopify/FulfillmentOrder/{number}"),
        "status": "OPEN",
        "fulfillmentHolds": [
            {"id": "gid://shopify/FulfillmentHold/1", "heldByRequestingApp": true},
            {"id": "gid://shopify/FulfillmentHold/2", "heldByRequestingApp": false},
        ],
        "lineItems": {"nodes": lines, "pageInfo": page_info(next)},
    })
}

fn page_info(next: Option<&str>) -> Value {
    json!({"hasNextPage": next.is_some(), "endCursor": next.unwrap_or("end")})
}

fn works(nodes: &[Value], next: Option<&str>) -> Response {
    let page = json!({"nodes": nodes, "pageInfo": page_info(next)});
    response(&json!({"data": {"order": {"fulfillmentOrders": page}}}))
}

const WORK: &str = "query Work($order: ID!, $after: String) { order(id: $order) { \
    fulfillmentOrders(first: 10, after: $after) { nodes { id status \
    fulfillmentHolds { id heldByRequestingApp } \
    lineItems(first: 40) { nodes { id remainingQuantity lineItem { id } } \
    pageInfo { hasNextPage endCursor } } } \
    pageInfo { hasNextPage endCursor } } } }";

#[test]
fn the_work_is_asked_page_by_page_until_all_is_known() {
    let mut facts = OrderFacts::new(id("gid://shopify/Order/1"));
    let update = ship(vec![parcel(vec![item("11", 6)])]);
    let ask = |facts: &OrderFacts| missing(facts, &update);
    let work = |after: &str| {
        let variables = format!(r#"{{"order":"gid://shopify/Order/1"{after}}}"#);
        ("work", Some(body(WORK, &variables)))
    };
    assert_eq!(ask(&facts), work(""));
    let first = works(&[work_node(1, &[(1, 11, 1)], Some("L1"))], Some("W1"));
    ShopifyGraphql.learn(&mut facts, &first).unwrap();
    assert_eq!(facts.work_rest.len(), 2);
    let lines = "query Lines($work: ID!, $after: String) { fulfillmentOrder(id: $work) { \
        id lineItems(first: 250, after: $after) { nodes { id remainingQuantity lineItem { id } } \
        pageInfo { hasNextPage endCursor } } } }";
    let more = |after: &str| {
        let variables =
            format!(r#"{{"work":"gid://shopify/FulfillmentOrder/1","after":"{after}"}}"#);
        ("work", Some(body(lines, &variables)))
    };
    assert_eq!(ask(&facts), more("L1"));
    let page = |node: Value| response(&json!({"data": {"fulfillmentOrder": node}}));
    let second = page(work_node(1, &[(2, 11, 1)], Some("L2")));
    ShopifyGraphql.learn(&mut facts, &second).unwrap();
    assert_eq!(ask(&facts), more("L2"));
    let third = page(work_node(1, &[(3, 11, 1)], None));
    ShopifyGraphql.learn(&mut facts, &third).unwrap();
    assert_eq!(ask(&facts), work(r#","after":"W1""#));
    // Kept as JSON on the way, as a job would.
    let kept = serde_json::to_string(&facts).unwrap();
    facts = serde_json::from_str(&kept).unwrap();
    let fourth = works(&[work_node(2, &[(4, 11, 3)], None)], None);
    ShopifyGraphql.learn(&mut facts, &fourth).unwrap();
    assert_eq!(facts.work_rest, []);
    let own = [id("gid://shopify/FulfillmentHold/1")];
    assert_eq!(facts.work[0].holds.as_deref(), Some(&own[..]));
    let told = sent(&facts, &update).remove(0);
    for line in 1..=4 {
        assert!(
            told.contains(&format!("LineItem/{line}\"")),
            "{line}: {told}"
        );
    }
    // Learned anew it is replaced, not added to; what either API taught serves the other.
    ShopifyGraphql.learn(&mut facts, &first).unwrap();
    assert_eq!((facts.work.len(), facts.work[0].lines.len()), (1, 1));
    let one = ship(vec![parcel(vec![item("11", 1)])]);
    assert_eq!(Shopify.outgoing(&facts, &one).unwrap().requests.len(), 1);
    let rest = r#"{"fulfillment_orders":[{"id":5,"status":"open","line_items":[{"id":6,
        "line_item_id":11,"fulfillable_quantity":1}]}]}"#;
    Shopify
        .learn(&mut facts, &Response::new(200, rest))
        .unwrap();
    assert_eq!(facts.work_rest, []);
    assert!(sent(&facts, &one)[0].contains("FulfillmentOrderLineItem/6"));
}

#[test]
fn the_payments_hold_what_was_not_paid_back() {
    let mut facts = OrderFacts::new(id("1"));
    let transaction = |number: u32, kind: &str, status: &str, amount: &str, parent: Value| {
        json!({
            "id": format!("gid://shopify/OrderTransaction/{number}"),
            "kind": kind, "status": status, "gateway": "bogus", "parentTransaction": parent,
            "amountSet": {"presentmentMoney": {"amount": amount, "currencyCode": "EUR"}},
        })
    };
    let parent = json!({"id": "gid://shopify/OrderTransaction/1"});
    let list = [
        transaction(1, "SALE", "SUCCESS", "10.0", Value::Null),
        transaction(2, "SALE", "FAILURE", "9.0", Value::Null),
        transaction(3, "REFUND", "SUCCESS", "2.5", parent),
        transaction(4, "CAPTURE", "SUCCESS", "100.0", Value::Null),
        transaction(5, "VOID", "SUCCESS", "1.0", Value::Null),
    ];
    let answer = response(&json!({"data": {"order": {"transactions": list}}}));
    ShopifyGraphql.learn(&mut facts, &answer).unwrap();
    let left: Vec<_> = facts
        .payments
        .iter()
        .map(|p| p.refundable.to_string())
        .collect();
    assert_eq!(left, ["7.50 EUR", "100.00 EUR"]);
}

#[test]
fn what_cannot_be_learned_changes_nothing() {
    let node = |without: &str| {
        let mut node = work_node(1, &[(1, 11, 1)], None);
        node.as_object_mut().unwrap().remove(without);
        works(&[node], None)
    };
    let bare = json!([{"id": "gid://shopify/FulfillmentOrderLineItem/1"}]);
    let mut lines = work_node(1, &[], None);
    lines["lineItems"]["nodes"] = bare;
    let mut lost = work_node(1, &[(1, 11, 1)], None);
    lost["lineItems"]["pageInfo"] = json!({"hasNextPage": true});
    let stranger = json!({"data": {"fulfillmentOrder": work_node(77, &[(1, 11, 1)], None)}});
    let throttled = json!({"errors": [{"message": "Throttled"}]});
    let price = json!([{"id": "gid://shopify/OrderTransaction/1", "kind": "SALE",
        "status": "SUCCESS", "amountSet": {"shopMoney": {"amount": "1", "currencyCode": "EUR"}}}]);
    let answers = [
        node("id"),
        node("status"),
        works(&[lines], None),
        works(&[lost], None),
        response(&stranger),
        response(&throttled),
        response(&json!({"data": {"order": null}})),
        response(&json!({"data": {"order": {"id": "gid://shopify/Order/1"}}})),
        response(&json!({"data": {"order": {"transactions": price}}})),
        response(&json!({"data": {"order": {"fulfillmentOrders": 7}}})),
        response(&json!({"data": [1], "errors": 7})),
        response(&json!({})),
        Response::new(200, ""),
        Response::new(200, "[".repeat(100_000)),
        Response::new(200, vec![0xFF, b'{']),
    ];
    for answer in &answers {
        let mut known = facts();
        let after = "x".to_owned();
        known.work_rest = vec![WorkRest::Works { after }];
        let before = known.clone();
        let problem = ShopifyGraphql.learn(&mut known, answer);
        assert!(
            problem.is_err(),
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(known, before);
    }
    let problem = ShopifyGraphql.learn(&mut facts(), &response(&throttled));
    assert_eq!(problem.unwrap_err().value, "Throttled");
}

fn answer(update: &Update, value: &Value) -> Answer {
    let request = requests(&facts(), update).remove(0);
    // The request is read back from a job before its answer is.
    let kept = serde_json::to_string(&request).unwrap();
    let request: Request = serde_json::from_str(&kept).unwrap();
    ShopifyGraphql.answer(&request, &response(value))
}

#[test]
fn answers_name_what_came_of_it() {
    let done = |update: &Update, value: Value| answer(update, &value);
    let is = |name: &str| Answer::Done {
        reference: Some(id(name)),
    };
    let parcels = ship(vec![parcel(vec![item("12", 1)])]);
    let fulfilment = json!({"data": {"fulfillmentCreate": {
        "fulfillment": {"id": "gid://shopify/Fulfillment/255858046"}, "userErrors": []}}});
    assert_eq!(
        done(&parcels, fulfilment),
        is("gid://shopify/Fulfillment/255858046")
    );
    let refunded = json!({"data": {"refundCreate": {
        "refund": {"id": "gid://shopify/Refund/3"}, "userErrors": []}}});
    assert_eq!(
        done(&Update::Refund(refund(euro("1"))), refunded),
        is("gid://shopify/Refund/3")
    );
    let cancelling = json!({"data": {"orderCancel": {
        "job": {"id": "gid://shopify/Job/4"}, "orderCancelUserErrors": []}}});
    let reference = Some(id("gid://shopify/Job/4"));
    let whole = Update::Cancel(cancel(vec![]));
    assert_eq!(done(&whole, cancelling), Answer::Accepted { reference });
    // Nothing changed, so there is no group of changes.
    let same = json!({"data": {"inventorySetQuantities": {
        "inventoryAdjustmentGroup": null, "userErrors": []}}});
    let levels = vec![stock("1", 1)];
    let set = Update::Stock {
        levels,
        key: key("k"),
    };
    assert_eq!(done(&set, same), Answer::Done { reference: None });
    // What was done is done, though a field beside it may not be read.
    let partly = json!({"data": {"fulfillmentOrderHold": {
        "fulfillmentHold": {"id": "gid://shopify/FulfillmentHold/9"}, "userErrors": []}},
        "errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]});
    let hold = Update::Hold {
        reason: HoldReason::Payment,
        note: None,
    };
    assert_eq!(done(&hold, partly), is("gid://shopify/FulfillmentHold/9"));
}

fn refused(update: &Update, value: &Value) -> (ChannelRefusalKind, String, String) {
    let Answer::Refused(refusal) = answer(update, value) else {
        panic!("not refused: {value}");
    };
    (refusal.kind, refusal.code, refusal.reason)
}

#[test]
fn user_errors_are_read_with_their_place() {
    let set = Update::Stock {
        levels: vec![stock("1", 1)],
        key: key("k"),
    };
    let said = |errors: Value| {
        json!({"data": {"inventorySetQuantities": {
            "inventoryAdjustmentGroup": null, "userErrors": errors}}})
    };
    let one = |code: &str| said(json!([{"code": code, "field": ["input"], "message": "m"}]));
    let place = json!(["input", "quantities", "0", "locationId"]);
    let errors = json!([{"code": "INVALID_LOCATION", "field": place, "message": "No such place."}]);
    assert_eq!(
        refused(&set, &said(errors)),
        (
            ChannelRefusalKind::Invalid,
            "INVALID_LOCATION".to_owned(),
            "input.quantities.0.locationId: No such place.".to_owned()
        )
    );
    for (code, kind) in [
        ("CHANGE_FROM_QUANTITY_STALE", ChannelRefusalKind::Conflict),
        (
            "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
            ChannelRefusalKind::Conflict,
        ),
        (
            "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
            ChannelRefusalKind::Conflict,
        ),
        ("FULFILLMENT_ORDER_NOT_FOUND", ChannelRefusalKind::NotFound),
        ("NOT_FOUND", ChannelRefusalKind::NotFound),
        ("NO_REFUND_PERMISSION", ChannelRefusalKind::NotAllowed),
        ("ITEM_NOT_STOCKED_AT_LOCATION", ChannelRefusalKind::Invalid),
    ] {
        assert_eq!(refused(&set, &one(code)).0, kind, "{code}");
    }
    let later = |why| move |answer: Answer| matches!(answer, Answer::RetryAfter(t) if t.why == why);
    assert!(later(RetryWhy::Working)(answer(
        &set,
        &one("IDEMPOTENCY_CONCURRENT_REQUEST")
    )));
    assert!(later(RetryWhy::Unavailable)(answer(
        &set,
        &one("SERVICE_UNAVAILABLE")
    )));
    assert_eq!(
        answer(&set, &one("DUPLICATE_FULFILLMENT_HOLD_HANDLE")),
        Answer::AlreadyDone
    );
    // One that was done before never hides one that is refused.
    let both = json!([
        {"code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE", "field": null, "message": "held"},
        {"code": "INVALID_REASON", "field": null, "message": "bad"},
    ]);
    assert_eq!(refused(&set, &said(both)).1, "INVALID_REASON");
    // Errors of fulfilments and refunds have no codes, those of a cancellation a list of their own.
    let missing = json!({"data": {"refundCreate": {"refund": null, "userErrors": [
        {"field": ["orderId"], "message": "Order does not exist"}]}}});
    assert_eq!(
        refused(&Update::Refund(refund(euro("1"))), &missing),
        (
            ChannelRefusalKind::NotFound,
            "http_200".to_owned(),
            "orderId: Order does not exist".to_owned()
        )
    );
    let gone = json!({"code": "INVALID", "message": "Order has already been cancelled"});
    let cancelled = json!({"data": {"orderCancel": {"job": null,
        "orderCancelUserErrors": [gone]}}});
    assert_eq!(
        answer(&Update::Cancel(cancel(vec![])), &cancelled),
        Answer::AlreadyDone
    );
}

#[test]
fn a_throttled_request_waits_for_its_points() {
    let wait = |requested: Value, available: Value, rate: Value| {
        let value = json!({
            "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
            "extensions": {"cost": {"requestedQueryCost": requested, "actualQueryCost": null,
                "throttleStatus": {"maximumAvailable": 1000.0, "currentlyAvailable": available,
                "restoreRate": rate}}},
        });
        let Answer::RetryAfter(throttle) = answer(&Update::Cancel(cancel(vec![])), &value) else {
            panic!("not throttled");
        };
        assert_eq!(throttle.why, RetryWhy::Throttled);
        throttle.wait_secs
    };
    assert_eq!(wait(json!(752), json!(666), json!(50.0)), Some(2));
    assert_eq!(wait(json!(10), json!(9.5), json!(100)), Some(1));
    assert_eq!(wait(json!(10), json!(500), json!(100)), Some(1));
    assert_eq!(wait(json!(10), json!(0), json!(0)), None);
    assert_eq!(wait(json!(10), json!(0), json!(-1)), None);
    assert_eq!(wait(json!("x"), json!(0), json!(1)), None);
    assert_eq!(wait(json!(u64::MAX), json!(0), json!(1)), Some(86_400));
    // Questions are throttled as well, and so is a status that says so.
    let unknown = OrderFacts::new(id("1"));
    let CannotCause::Missing { ask: Some(ask), .. } = cannot(&unknown, &Update::Release) else {
        panic!("the work is not asked for");
    };
    let old = json!({"errors": [{"message": "Throttled"}], "extensions": {"cost": {
        "requestedQueryCost": 202, "throttleStatus": {"currentlyAvailable": 2,
        "restoreRate": 50}}}});
    for status in [200, 429] {
        let answer = ShopifyGraphql.answer(&ask, &Response::new(status, old.to_string()));
        let waits = matches!(&answer, Answer::RetryAfter(t)
            if t.why == RetryWhy::Throttled && t.wait_secs == Some(4));
        assert!(waits, "{status}: {answer:?}");
    }
    let data = json!({"data": {"order": {"id": "gid://shopify/Order/1"}}});
    let fine = ShopifyGraphql.answer(&ask, &response(&data));
    assert_eq!(fine, Answer::Done { reference: None });
}

#[test]
fn errors_of_the_request_as_a_whole_are_told_apart() {
    let whole = Update::Cancel(cancel(vec![]));
    let said = |code: &str, message: &str| {
        json!({"data": {"orderCancel": null}, "errors": [
            {"message": message, "extensions": {"code": code}}]})
    };
    for (code, kind) in [
        ("ACCESS_DENIED", ChannelRefusalKind::NotAllowed),
        ("SHOP_INACTIVE", ChannelRefusalKind::NotAllowed),
        ("RESOURCE_NOT_FOUND", ChannelRefusalKind::NotFound),
        ("MAX_COST_EXCEEDED", ChannelRefusalKind::Invalid),
        ("INVALID_VARIABLE", ChannelRefusalKind::Invalid),
        ("undefinedField", ChannelRefusalKind::NotSupported),
        ("UNAUTHENTICATED", ChannelRefusalKind::Unauthorised),
    ] {
        let (found, name, reason) = refused(&whole, &said(code, "why"));
        assert_eq!((found, name.as_str(), reason.as_str()), (kind, code, "why"));
    }
    let broken = answer(&whole, &said("INTERNAL_SERVER_ERROR", "Internal error"));
    assert!(matches!(broken, Answer::RetryAfter(t) if t.why == RetryWhy::Unavailable));
    // A parcel that leaves units behind may have been told before Shopify failed.
    let mut parcel = requests(&facts(), &whole).remove(0);
    parcel.repeat = Repeat::LookFirst;
    let failed = response(&said("INTERNAL_SERVER_ERROR", "Internal error"));
    let unclear = ShopifyGraphql.answer(&parcel, &failed);
    assert!(matches!(unclear, Answer::RetryAfter(t) if t.why == RetryWhy::Unclear));
    let status = Response::new(403, said("ACCESS_DENIED", "no").to_string());
    let request = requests(&facts(), &whole).remove(0);
    let Answer::Refused(refusal) = ShopifyGraphql.answer(&request, &status) else {
        panic!("403 is not refused");
    };
    assert_eq!(
        (refusal.kind, refusal.code.as_str()),
        (ChannelRefusalKind::NotAllowed, "ACCESS_DENIED")
    );
}

#[test]
fn an_answer_that_says_nothing_proves_nothing() {
    let request = requests(&facts(), &Update::Refund(refund(euro("1")))).remove(0);
    let texts = [
        "",
        "null",
        "<html>",
        "{}",
        "[]",
        "{\"data\":null}",
        "{\"data\":{}}",
        "{\"data\":7}",
        "{\"data\":{\"refundCreate\":null}}",
        "{\"data\":{\"refundCreate\":[]}}",
        "{\"data\":{\"refundCreate\":\"x\"}}",
        "{\"data\":{\"refundCreate\":{\"userErrors\":7}}}",
        "{\"data\":{\"refundCreate\":{\"userErrors\":[\"x\"]}}}",
        "{\"data\":{\"somethingElse\":{\"refund\":{\"id\":\"1\"}}}}",
        "{\"errors\":[],\"data\":null}",
    ];
    let deep = format!("{{\"data\":{}", "[".repeat(200_000));
    for text in texts.into_iter().chain([deep.as_str()]) {
        let answer = ShopifyGraphql.answer(&request, &Response::new(200, text));
        let unclear = matches!(&answer, Answer::RetryAfter(t) if t.why == RetryWhy::Unclear);
        assert!(unclear, "{text:.60}: {answer:?}");
    }
    for text in [
        "{\"errors\":7}",
        "{\"errors\":[null]}",
        "{\"errors\":{\"x\":1}}",
    ] {
        let answer = ShopifyGraphql.answer(&request, &Response::new(200, text));
        assert!(matches!(answer, Answer::Refused(_)), "{text}: {answer:?}");
    }
}

#[test]
fn both_ways_read_the_same() {
    let body = crate::shared::fixture("shopify.json");
    let channel = crate::shared::channel();
    let rest = Shopify.read_orders(body.as_bytes(), &channel).unwrap();
    let graphql = ShopifyGraphql
        .read_orders(body.as_bytes(), &channel)
        .unwrap();
    assert_eq!(rest, graphql);
    let other = crate::shared::fixture("ebay.json");
    let problem = ShopifyGraphql.read_orders(other.as_bytes(), &channel);
    assert_eq!(problem.unwrap_err().expected, "an order of shopify");
}
