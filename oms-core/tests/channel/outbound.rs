//! What is sent to the four channels, byte for byte, and what their answers lead to.

use oms_core::channel::{
    Amazon, Answer, CancelCause, CancelUpdate, CannotCause, Channel, ChannelRefusalKind, Ebay,
    FeedStep, ItemQuantity, ItemStock, Loss, OrderFacts, ParcelUpdate, PaymentFacts, Reads,
    RefundCause, RefundLine, RefundUpdate, Repeat, Request, Response, RetryWhy, ShipUpdate,
    Shopify, ShopifyGraphql, Update, UpdateKind, WooCommerce, WorkFacts, WorkLine,
};
use oms_core::order::{HoldReason, Order, Tracking};
use oms_core::value::{
    Currency, ExternalId, IdempotencyKey, Money, Name, Quantity, Reason, ShipmentId, Timestamp,
    Units,
};

use crate::shared::{fixture, good, stored, with};

fn id(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

fn money(text: &str, code: &str) -> Money {
    Money::parse(text, Currency::parse(code).unwrap()).unwrap()
}

fn item(name: &str, quantity: u32) -> ItemQuantity {
    ItemQuantity {
        item: id(name),
        quantity: Quantity::new(quantity).unwrap(),
    }
}

fn tracking(carrier: Option<&str>, number: Option<&str>) -> Tracking {
    Tracking {
        carrier: carrier.map(|carrier| Name::parse(carrier).unwrap()),
        service: None,
        number: number.map(id),
        url: None,
    }
}

fn parcel(number: u16, lines: Vec<ItemQuantity>) -> ParcelUpdate {
    ParcelUpdate {
        shipment: ShipmentId::new(number.into()).unwrap(),
        channel_id: None,
        lines,
        tracking: tracking(Some("UPS"), Some("1Z 999-AA1")),
        shipped_at: Timestamp::parse_rfc3339("2026-11-20T10:00:00.5+01:00").unwrap(),
    }
}

fn ship(parcels: Vec<ParcelUpdate>, complete: bool) -> Update {
    Update::Ship(ShipUpdate {
        parcels,
        complete,
        notify_buyer: true,
    })
}

fn cancel(cause: CancelCause, lines: Vec<ItemQuantity>) -> Update {
    Update::Cancel(CancelUpdate {
        cause,
        lines,
        restock: true,
        note: Some(Reason::parse("no \"stock\"").unwrap()),
        notify_buyer: false,
        key: None,
    })
}

fn refund(amount: Money, shipping: Option<Money>) -> RefundUpdate {
    RefundUpdate {
        cause: RefundCause::Returned,
        lines: vec![RefundLine {
            item: id("11"),
            quantity: Some(Quantity::ONE),
            amount,
            tax: None,
            restock: true,
        }],
        shipping,
        other: None,
        note: Some(Reason::parse("came back").unwrap()),
        notify_buyer: true,
        key: None,
    }
}

fn stock(item: &str, parent: Option<&str>, location: Option<&str>, available: u32) -> ItemStock {
    ItemStock {
        item: id(item),
        parent: parent.map(id),
        location: location.map(id),
        available: Units::new(available).unwrap(),
    }
}

fn told(levels: Vec<ItemStock>) -> Update {
    Update::Stock { levels, key: None }
}

/// `METHOD path body` of every request.
fn sent(channel: &dyn Channel, facts: &OrderFacts, update: &Update) -> Vec<String> {
    let outgoing = channel
        .outgoing(facts, update)
        .unwrap_or_else(|cannot| panic!("{cannot}"));
    let line = |request: &Request| {
        let body = request.body.as_deref().unwrap_or("-");
        format!("{} {} {body}", request.method.as_str(), request.path)
    };
    outgoing.requests.iter().map(line).collect()
}

fn losses(channel: &dyn Channel, facts: &OrderFacts, update: &Update) -> Vec<Loss> {
    channel.outgoing(facts, update).unwrap().losses
}

fn cannot(channel: &dyn Channel, facts: &OrderFacts, update: &Update) -> &'static str {
    channel.outgoing(facts, update).unwrap_err().cause.code()
}

fn shopify_facts() -> OrderFacts {
    let mut facts = OrderFacts::new(id("820982911946154508"));
    let line = |number: &str, item: &str, left: u32| WorkLine {
        id: id(number),
        item: id(item),
        left: Units::new(left).unwrap(),
    };
    let work = |number: &str, state: &str, lines| WorkFacts {
        id: id(number),
        state: state.to_owned(),
        lines,
        holds: None,
    };
    facts.work = vec![
        work("100", "closed", vec![line("900", "11", 5)]),
        work(
            "101",
            "open",
            vec![line("901", "11", 2), line("902", "12", 1)],
        ),
        work("102", "OPEN", vec![line("903", "11", 1)]),
        work("103", "on_hold", vec![]),
    ];
    facts
}

#[test]
fn shopify_ships_by_the_lines_of_the_work() {
    let facts = shopify_facts();
    let two = ship(
        vec![
            parcel(1, vec![item("11", 1)]),
            parcel(2, vec![item("11", 2), item("12", 1)]),
        ],
        true,
    );
    let info =
        r#""tracking_info":{"number":"1Z 999-AA1","company":"UPS"},"notify_customer":true}}"#;
    let expected = [
        r#"POST fulfillments.json {"fulfillment":{"line_items_by_fulfillment_order":[{"fulfillment_order_id":101,"fulfillment_order_line_items":[{"id":901,"quantity":1}]}],"#
            .to_owned()
            + info,
        r#"POST fulfillments.json {"fulfillment":{"line_items_by_fulfillment_order":[{"fulfillment_order_id":101,"fulfillment_order_line_items":[{"id":901,"quantity":1},{"id":902,"quantity":1}]},{"fulfillment_order_id":102,"fulfillment_order_line_items":[{"id":903,"quantity":1}]}],"#
            .to_owned()
            + info,
    ];
    assert_eq!(sent(&Shopify, &facts, &two), expected);
    // Of 2 units 1 is taken, and a second telling would take the other; then all are taken.
    let outgoing = Shopify.outgoing(&facts, &two).unwrap();
    let repeats = outgoing.requests.iter().map(|request| request.repeat);
    assert_eq!(
        repeats.collect::<Vec<_>>(),
        [Repeat::LookFirst, Repeat::Safe]
    );
    let more = ship(vec![parcel(1, vec![item("11", 4)])], true);
    assert_eq!(cannot(&Shopify, &facts, &more), "more_than_left");
    let missing = Shopify
        .outgoing(&OrderFacts::new(id("1")), &two)
        .unwrap_err();
    let CannotCause::Missing {
        fact,
        ask: Some(ask),
    } = missing.cause
    else {
        panic!("{missing}");
    };
    assert_eq!(
        (fact, ask.path.as_str()),
        ("work", "orders/1/fulfillment_orders.json")
    );
    let odd = OrderFacts {
        order: id("007"),
        ..OrderFacts::new(id("1"))
    };
    assert_eq!(cannot(&Shopify, &odd, &two), "bad_id");
}

#[test]
fn a_parcel_is_taken_from_the_one_fulfilment_order_that_has_all_of_it() {
    let line = |number: &str, item: &str| WorkLine {
        id: id(number),
        item: id(item),
        left: Units::new(1).unwrap(),
    };
    let work = |number: &str, lines| WorkFacts {
        id: id(number),
        state: "open".to_owned(),
        lines,
        holds: None,
    };
    let mut facts = OrderFacts::new(id("1"));
    facts.work = vec![
        work("101", vec![line("901", "11")]),
        work("102", vec![line("902", "11"), line("903", "12")]),
    ];
    let parcels = |parcels: Vec<ParcelUpdate>| ship(parcels, false);
    let whole = parcel(1, vec![item("11", 1), item("12", 1)]);
    let told = sent(&Shopify, &facts, &parcels(vec![whole.clone()]));
    let of_one = r#"[{"fulfillment_order_id":102,"fulfillment_order_line_items":[{"id":902,"quantity":1},{"id":903,"quantity":1}]}]"#;
    assert!(told[0].contains(of_one), "{}", told[0]);
    // What one parcel took is not there for the next.
    let other = parcel(2, vec![item("11", 1)]);
    let told = sent(&Shopify, &facts, &parcels(vec![whole, other]));
    let rest = r#"[{"fulfillment_order_id":101,"fulfillment_order_line_items":[{"id":901,"quantity":1}]}]"#;
    assert!(told[1].contains(rest), "{}", told[1]);
}

#[test]
fn what_shopify_answers_with_nothing_is_not_asked_again() {
    let rest = [r#"{"fulfillment_orders":[]}"#, r#"{"transactions":[]}"#];
    let graph = [
        r#"{"data":{"order":{"fulfillmentOrders":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}}"#,
        r#"{"data":{"order":{"transactions":[]}}}"#,
    ];
    let parcels = ship(vec![parcel(1, vec![item("11", 1)])], true);
    let money_back = Update::Refund(RefundUpdate {
        key: Some(key()),
        ..refund(money("10", "USD"), None)
    });
    for (channel, [work, payments]) in [
        (&Shopify as &dyn Channel, rest),
        (&ShopifyGraphql as &dyn Channel, graph),
    ] {
        let mut facts = OrderFacts::new(id("1"));
        facts.location = Some(id("24826418"));
        for (update, answer, then) in [
            (&parcels, work, "more_than_left"),
            (&Update::Release, work, "nothing"),
            (&money_back, payments, "more_than_paid"),
        ] {
            let mut facts = facts.clone();
            let kind = channel.kind();
            assert_eq!(cannot(channel, &facts, update), "missing_fact", "{kind}");
            let answer = Response::new(200, answer);
            channel.learn(&mut facts, &answer).unwrap();
            assert_eq!(cannot(channel, &facts, update), then, "{kind}");
            // A job that keeps the facts does not ask either.
            let kept = serde_json::to_string(&facts).unwrap();
            assert_eq!(serde_json::from_str::<OrderFacts>(&kept).unwrap(), facts);
        }
    }
}

#[test]
fn shopify_learns_what_it_asked() {
    let mut facts = OrderFacts::new(id("1"));
    let answer = Response::new(
        200,
        r#"{"fulfillment_orders":[{"id":1046000816,"status":"open","line_items":[{"id":1072503279,
        "line_item_id":820982911946154508,"quantity":3,"fulfillable_quantity":2}]}]}"#,
    );
    Shopify.learn(&mut facts, &answer).unwrap();
    assert_eq!(facts.work[0].lines[0].item.as_str(), "820982911946154508");
    assert_eq!(facts.work[0].lines[0].left.get(), 2);
    let payments = Response::new(
        200,
        r#"{"transactions":[{"id":1,"kind":"sale","status":"success","amount":"10.00","currency":
        "USD","gateway":"bogus"},{"id":2,"kind":"sale","status":"failure","amount":"9.00",
        "currency":"USD"},{"id":3,"kind":"refund","status":"success","amount":"2.50","currency":
        "USD","parent_id":1},{"id":4,"kind":"capture","status":"success","amount":"100",
        "currency":"USD","gateway":"gift_card"},{"id":5,"kind":"sale","status":"success",
        "amount":"8.00","currency":"USD","gateway":"bank"},{"id":6,"kind":"refund","status":
        "pending","amount":"8.00","currency":"USD","parent_id":5},{"id":7,"kind":"refund","status":
        "failure","amount":"1.00","currency":"USD","parent_id":1},{"id":8,"kind":"sale","status":
        "pending","amount":"1.00","currency":"USD","gateway":"bank"}]}"#,
    );
    Shopify.learn(&mut facts, &payments).unwrap();
    let left: Vec<_> = facts
        .payments
        .iter()
        .map(|p| p.refundable.to_string())
        .collect();
    assert_eq!(
        left,
        ["7.50 USD", "100.00 USD", "0.00 USD"],
        "a refund under way has gone"
    );
    facts.location = Some(id("24826418"));
    let update = Update::Refund(refund(money("10", "USD"), Some(money("5.00", "USD"))));
    assert_eq!(
        sent(&Shopify, &facts, &update),
        [
            r#"POST orders/1/refunds.json {"refund":{"currency":"USD","note":"came back","notify":true,"shipping":{"amount":"5.00"},"refund_line_items":[{"line_item_id":11,"quantity":1,"restock_type":"return","location_id":24826418}],"transactions":[{"parent_id":1,"amount":"7.50","kind":"refund","gateway":"bogus"},{"parent_id":4,"amount":"7.50","kind":"refund","gateway":"gift_card"}]}}"#
        ]
    );
    let much = Update::Refund(refund(money("200", "USD"), None));
    assert_eq!(cannot(&Shopify, &facts, &much), "more_than_paid");
    let euros = Update::Refund(refund(money("1", "EUR"), None));
    assert_eq!(cannot(&Shopify, &facts, &euros), "money");
    let repeat = Shopify.outgoing(&facts, &update).unwrap().requests[0].repeat;
    assert_eq!(repeat, Repeat::LookFirst);
    assert!(
        Shopify
            .learn(&mut facts, &Response::new(200, "{}"))
            .is_err()
    );
}

#[test]
fn shopify_holds_cancels_and_the_rest() {
    let facts = shopify_facts();
    let hold = Update::Hold {
        reason: HoldReason::Shortage,
        note: Some(Reason::parse("count it").unwrap()),
    };
    let body =
        r#"{"fulfillment_hold":{"reason":"inventory_out_of_stock","reason_notes":"count it"}}"#;
    assert_eq!(
        sent(&Shopify, &facts, &hold),
        [
            format!("POST fulfillment_orders/101/hold.json {body}"),
            format!("POST fulfillment_orders/102/hold.json {body}")
        ]
    );
    // Nothing is wrong with an address that only has to wait for room.
    let full = Update::Hold {
        reason: HoldReason::Capacity,
        note: None,
    };
    assert!(sent(&Shopify, &facts, &full)[0].contains(r#""reason":"other""#));
    assert_eq!(
        sent(&Shopify, &facts, &Update::Release),
        ["POST fulfillment_orders/103/release_hold.json {}"]
    );
    assert_eq!(
        sent(&Shopify, &facts, &cancel(CancelCause::OutOfStock, vec![])),
        [
            r#"POST orders/820982911946154508/cancel.json {"reason":"inventory","email":false,"restock":true}"#
        ]
    );
    let mut known = parcel(1, vec![]);
    known.channel_id = Some(id("1069019869"));
    let change = Update::ChangeTracking {
        parcel: known.clone(),
        notify_buyer: false,
    };
    assert_eq!(
        sent(&Shopify, &facts, &change),
        [
            r#"POST fulfillments/1069019869/update_tracking.json {"fulfillment":{"notify_customer":false,"tracking_info":{"number":"1Z 999-AA1","company":"UPS"}}}"#
        ]
    );
    let deliver = Update::Deliver {
        at: known.shipped_at,
        parcel: known,
    };
    assert_eq!(
        sent(&Shopify, &facts, &deliver),
        [
            r#"POST orders/820982911946154508/fulfillments/1069019869/events.json {"event":{"status":"delivered","happened_at":"2026-11-20T09:00:00.500000Z"}}"#
        ]
    );
    let level = told(vec![stock("808950810", None, Some("655441491"), 42)]);
    assert_eq!(
        sent(&Shopify, &facts, &level),
        [
            r#"POST inventory_levels/set.json {"location_id":655441491,"inventory_item_id":808950810,"available":42}"#
        ]
    );
    let shipped = OrderFacts {
        any_shipped: true,
        ..facts
    };
    let whole = cancel(CancelCause::Fraud, vec![]);
    assert_eq!(cannot(&Shopify, &shipped, &whole), "after_shipping");
}

#[test]
fn shopify_is_told_where_cancelled_units_go_on_sale_again() {
    let facts = shopify_facts();
    let line = cancel(CancelCause::Buyer, vec![item("12", 1)]);
    assert_eq!(cannot(&Shopify, &facts, &line), "missing_fact");
    let placed = OrderFacts {
        location: Some(id("24826418")),
        ..shopify_facts()
    };
    assert_eq!(
        sent(&Shopify, &placed, &line),
        [
            r#"POST orders/820982911946154508/refunds.json {"refund":{"note":"no \"stock\"","notify":false,"refund_line_items":[{"line_item_id":12,"quantity":1,"restock_type":"cancel","location_id":24826418}],"transactions":[]}}"#
        ]
    );
    assert_eq!(losses(&Shopify, &placed, &line), [Loss::NoRefund]);
    let missing = Shopify.outgoing(&facts, &line).unwrap_err();
    assert!(matches!(
        missing.cause,
        CannotCause::Missing {
            fact: "location",
            ask: None
        }
    ));
}

#[test]
fn units_that_never_left_do_not_stay_to_be_sent_by_shopify() {
    let placed = OrderFacts {
        location: Some(id("24826418")),
        payments: vec![PaymentFacts {
            id: id("1"),
            gateway: "bogus".to_owned(),
            refundable: money("10.00", "USD"),
        }],
        ..shopify_facts()
    };
    let unstocked = Update::Cancel(CancelUpdate {
        key: None,
        cause: CancelCause::OutOfStock,
        lines: vec![item("12", 1)],
        restock: false,
        note: None,
        notify_buyer: false,
    });
    let told = sent(&Shopify, &placed, &unstocked);
    assert!(
        told[0].contains(r#""restock_type":"cancel""#),
        "{}",
        told[0]
    );
    assert_eq!(
        losses(&Shopify, &placed, &unstocked),
        [Loss::NoRefund, Loss::Restock]
    );
    let mut money_back = refund(money("10.00", "USD"), None);
    money_back.lines[0].restock = false;
    let back = Update::Refund(money_back.clone());
    let told = sent(&Shopify, &placed, &back);
    assert!(
        told[0].contains(r#""restock_type":"no_restock"}"#),
        "{}",
        told[0]
    );
    assert!(losses(&Shopify, &placed, &back).is_empty());
    money_back.cause = RefundCause::Cancelled;
    let gone = Update::Refund(money_back);
    let told = sent(&Shopify, &placed, &gone);
    assert!(
        told[0].contains(r#""restock_type":"cancel""#),
        "{}",
        told[0]
    );
    assert_eq!(losses(&Shopify, &placed, &gone), [Loss::Restock]);
}

#[test]
fn woocommerce_ships_with_and_without_the_extension() {
    let mut facts = OrderFacts::new(id("723"));
    let part = ship(vec![parcel(1, vec![item("315", 1)])], false);
    assert_eq!(
        sent(&WooCommerce, &facts, &part),
        [r#"POST orders/723/notes {"note":"UPS 1Z 999-AA1","customer_note":true}"#]
    );
    assert_eq!(
        losses(&WooCommerce, &facts, &part),
        [Loss::PartOfOrder, Loss::Contents]
    );
    facts.tracking_extension = true;
    let whole = ship(vec![parcel(1, vec![]), parcel(2, vec![])], true);
    let entry = r#"POST orders/723/shipment-trackings {"custom_tracking_provider":"UPS","tracking_number":"1Z 999-AA1","date_shipped":"2026-11-20"}"#;
    let completed = r#"PUT orders/723 {"status":"completed"}"#;
    assert_eq!(
        sent(&WooCommerce, &facts, &whole),
        [entry, entry, completed]
    );
    facts.carriers.insert("UPS".to_owned(), "Ups".to_owned());
    let by_code = r#"POST orders/723/shipment-trackings {"tracking_provider":"Ups","tracking_number":"1Z 999-AA1","date_shipped":"2026-11-20"}"#;
    assert_eq!(sent(&WooCommerce, &facts, &part), [by_code]);
    let mut known = parcel(1, vec![]);
    known.channel_id = Some(id("f2e7783b"));
    let change = Update::ChangeTracking {
        parcel: known,
        notify_buyer: true,
    };
    let gone = "DELETE orders/723/shipment-trackings/f2e7783b -";
    assert_eq!(sent(&WooCommerce, &facts, &change), [gone, by_code]);
}

#[test]
fn woocommerce_cancels_refunds_and_the_rest() {
    let facts = OrderFacts::new(id("723"));
    let whole = cancel(CancelCause::Buyer, vec![]);
    let word = |word: &str| [format!(r#"PUT orders/723 {{"status":"{word}"}}"#)];
    assert_eq!(sent(&WooCommerce, &facts, &whole), word("cancelled"));
    assert!(losses(&WooCommerce, &facts, &whole).contains(&Loss::NoRefund));
    assert_eq!(
        sent(
            &WooCommerce,
            &facts,
            &cancel(CancelCause::Buyer, vec![item("315", 2)])
        ),
        [
            r#"POST orders/723/refunds {"amount":"0","reason":"no \"stock\"","line_items":[{"id":315,"quantity":2,"refund_total":"0"}],"api_refund":false,"api_restock":true}"#
        ]
    );
    let update = Update::Refund(refund(money("1100", "JPY"), Some(money("500", "JPY"))));
    assert_eq!(
        sent(&WooCommerce, &facts, &update),
        [
            r#"POST orders/723/refunds {"amount":"1600","reason":"came back","line_items":[{"id":11,"quantity":1,"refund_total":"0"}],"api_refund":true,"api_restock":true}"#
        ]
    );
    let hold = Update::Hold {
        reason: HoldReason::Review,
        note: None,
    };
    assert_eq!(sent(&WooCommerce, &facts, &hold), word("on-hold"));
    assert_eq!(
        losses(&WooCommerce, &facts, &hold),
        [Loss::HoldMeansPayment]
    );
    assert_eq!(
        sent(&WooCommerce, &facts, &Update::Release),
        word("processing")
    );
    let levels = vec![
        stock("799", None, None, 3),
        stock("732", Some("22"), None, 0),
        stock("800", None, None, 1),
    ];
    assert_eq!(
        sent(&WooCommerce, &facts, &told(levels)),
        [
            r#"POST products/batch {"update":[{"id":799,"manage_stock":true,"stock_quantity":3},{"id":800,"manage_stock":true,"stock_quantity":1}]}"#,
            r#"POST products/22/variations/batch {"update":[{"id":732,"manage_stock":true,"stock_quantity":0}]}"#,
        ]
    );
    let many = (1..=250)
        .map(|n| stock(&n.to_string(), None, None, 1))
        .collect();
    assert_eq!(sent(&WooCommerce, &facts, &told(many)).len(), 3);
    let deliver = Update::Deliver {
        parcel: parcel(1, vec![]),
        at: Timestamp::EPOCH,
    };
    assert_eq!(cannot(&WooCommerce, &facts, &deliver), "no_such_thing");
}

#[test]
fn no_shop_is_told_of_a_payment_that_nobody_made() {
    let unpaid = with(
        &fixture("woocommerce.json"),
        "\"date_paid_gmt\"",
        "\"never\"",
    );
    let order = stored(&good(&unpaid).draft);
    let word = |word: &str| [format!(r#"PUT orders/727 {{"status":"{word}"}}"#)];
    let release = |order: &Order| {
        let facts = OrderFacts::of(order).unwrap();
        let kept = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<OrderFacts>(&kept).unwrap(), facts);
        let update = Update::Release;
        let sent = sent(&WooCommerce, &facts, &update);
        (sent, losses(&WooCommerce, &facts, &update))
    };
    let mut waits = order.clone();
    waits.head.tentative = true;
    let (told, lost) = release(&waits);
    assert_eq!(told, word("pending"));
    assert_eq!(lost, [Loss::UnpaidMayBeCancelled]);
    // On terms, or at the door: the shop writes down a payment all the same.
    let (told, lost) = release(&order);
    assert_eq!(told, word("processing"));
    assert_eq!(lost, [Loss::TakenForPaid]);
    let facts = OrderFacts::of(&order).unwrap();
    let left = losses(&WooCommerce, &facts, &ship(vec![parcel(1, vec![])], true));
    assert!(left.contains(&Loss::TakenForPaid), "{left:?}");
    // One that is paid goes on, also before a worker confirmed it.
    let mut paid = stored(&good(&fixture("woocommerce.json")).draft);
    paid.head.tentative = true;
    let (told, lost) = release(&paid);
    assert_eq!(
        (told.as_slice(), lost),
        (word("processing").as_slice(), vec![])
    );
}

#[test]
fn what_a_shop_refuses_with_the_status_of_a_failure_is_refused() {
    let facts = OrderFacts::new(id("723"));
    let update = Update::Refund(refund(money("10", "EUR"), None));
    let request = WooCommerce.outgoing(&facts, &update).unwrap();
    let answer = |status: u16, body: &str| {
        WooCommerce.answer(&request.requests[0], &Response::new(status, body))
    };
    let gateway = r#"{"code":"woocommerce_rest_cannot_create_order_refund",
        "message":"The payment gateway for this order does not support automatic refunds.",
        "data":500}"#;
    let Answer::Refused(refused) = answer(500, gateway) else {
        panic!("{:?}", answer(500, gateway));
    };
    let code = "woocommerce_rest_cannot_create_order";
    assert!(refused.code.starts_with(code), "{}", refused.code);
    let reason = "The payment gateway for this order does not support automatic refunds.";
    assert_eq!(refused.reason, reason);
    // A failure that the shop's own code says nothing of may have been half a refund.
    for body in [
        r#"{"code":"internal_server_error","message":"There has been a critical error"}"#,
        r#"{"code":"woocommerce_rest_x"}"#,
        // The gateway was asked, and may have paid.
        r#"{"code":"woocommerce_rest_cannot_create_order_refund",
            "message":"cURL error 28: Operation timed out after 70001 milliseconds"}"#,
        "<html>",
    ] {
        let unclear = matches!(answer(500, body),
            Answer::RetryAfter(t) if t.why == RetryWhy::Unclear);
        assert!(unclear, "{body}");
    }
    let proxy = matches!(answer(502, gateway), Answer::RetryAfter(_));
    assert!(proxy);
    // What may be sent twice is refused by whatever the shop says.
    let release = WooCommerce.outgoing(&facts, &Update::Release).unwrap();
    assert_eq!(release.requests[0].repeat, Repeat::Safe);
    let body = r#"{"code":"woocommerce_rest_x","message":"No."}"#;
    let told = WooCommerce.answer(&release.requests[0], &Response::new(500, body));
    assert!(matches!(told, Answer::Refused(_)), "{told:?}");
}

#[test]
fn a_tracking_entry_that_a_shop_no_longer_has_was_taken_away() {
    let mut facts = OrderFacts::new(id("723"));
    facts.tracking_extension = true;
    let mut known = parcel(1, vec![]);
    known.channel_id = Some(id("f2e7783b"));
    let change = Update::ChangeTracking {
        parcel: known,
        notify_buyer: true,
    };
    let [gone, anew] =
        <[Request; 2]>::try_from(WooCommerce.outgoing(&facts, &change).unwrap().requests).unwrap();
    let answer = |request: &Request, status: u16, code: &str| {
        let body = format!(r#"{{"code":"{code}","message":"No.","data":{{"status":{status}}}}}"#);
        WooCommerce.answer(request, &Response::new(status, body))
    };
    let code = "woocommerce_rest_shipment_tracking_invalid_id";
    for status in [404, 410] {
        assert_eq!(answer(&gone, status, code), Answer::AlreadyDone);
        let told = answer(&anew, status, code);
        assert!(matches!(told, Answer::Refused(r) if r.kind == ChannelRefusalKind::NotFound));
    }
    // A shop without the extension, and what is no word of a shop's.
    let lacks = answer(&gone, 404, "rest_no_route");
    assert!(matches!(lacks, Answer::Refused(r) if r.kind == ChannelRefusalKind::NotSupported));
    let proxy = WooCommerce.answer(&gone, &Response::new(404, "<html>"));
    assert!(matches!(proxy, Answer::Refused(r) if r.kind == ChannelRefusalKind::NotFound));
}

fn amazon_facts() -> OrderFacts {
    let mut facts = OrderFacts::new(id("902-1845936-5435065"));
    facts.items = vec![item("05015851154158", 2), item("79039765272157", 1)];
    facts.marketplace = Some(id("ATVPDKIKX0DER"));
    facts.seller = Some(id("A3<&>"));
    facts
}

#[test]
fn amazon_confirms_each_parcel() {
    let mut facts = amazon_facts();
    let update = ship(vec![parcel(2, vec![item("05015851154158", 1)])], false);
    let path = "POST /orders/v0/orders/902-1845936-5435065/shipmentConfirmation";
    let rest = r#""trackingNumber":"1Z 999-AA1","shipDate":"2026-11-20T09:00:00.500Z","orderItems":[{"orderItemId":"05015851154158","quantity":1}]}}"#;
    let other = r#"{"marketplaceId":"ATVPDKIKX0DER","packageDetail":{"packageReferenceId":"2","carrierCode":"Other","carrierName":"UPS","#;
    assert_eq!(
        sent(&Amazon, &facts, &update),
        [format!("{path} {other}{rest}")]
    );
    facts.carriers.insert("UPS".to_owned(), "UPS".to_owned());
    let known = r#"{"marketplaceId":"ATVPDKIKX0DER","packageDetail":{"packageReferenceId":"2","carrierCode":"UPS","#;
    let change = Update::ChangeTracking {
        parcel: parcel(2, vec![item("05015851154158", 1)]),
        notify_buyer: true,
    };
    assert_eq!(
        sent(&Amazon, &facts, &change),
        [format!("{path} {known}{rest}")]
    );
    let mut bare = parcel(1, vec![item("1", 1)]);
    bare.tracking.number = None;
    assert_eq!(
        cannot(&Amazon, &facts, &ship(vec![bare], true)),
        "tracking_incomplete"
    );
    facts.marketplace = None;
    assert_eq!(cannot(&Amazon, &facts, &update), "missing_fact");
    for update in [
        Update::Release,
        Update::Hold {
            reason: HoldReason::Review,
            note: None,
        },
    ] {
        assert_eq!(cannot(&Amazon, &facts, &update), "no_such_thing");
    }
    let again = r#"{"errors":[{"code":"InvalidInput","message":"PackageToUpdateNotFound",
        "details":"The order is already fulfilled"}]}"#;
    let request = Amazon
        .outgoing(&amazon_facts(), &change)
        .unwrap()
        .requests
        .remove(0);
    // Tracking that was not changed is not changed, though the order is shipped.
    let answer = Amazon.answer(&request, &Response::new(400, again));
    assert!(matches!(answer, Answer::Refused(r) if r.kind == ChannelRefusalKind::Conflict));
    let mut shipped = request.clone();
    shipped.update = Some(UpdateKind::Ship);
    assert_eq!(
        Amazon.answer(&shipped, &Response::new(400, again)),
        Answer::AlreadyDone
    );
    let done = Answer::Done { reference: None };
    assert_eq!(Amazon.answer(&request, &Response::new(204, "")), done);
}

fn next(answer: Answer) -> Vec<Request> {
    let Answer::Continue { requests } = answer else {
        panic!("{answer:?}");
    };
    requests
}

#[test]
fn amazon_cancels_by_a_feed_from_its_document_to_its_report() {
    let facts = amazon_facts();
    let update = cancel(CancelCause::OutOfStock, vec![item("79039765272157", 1)]);
    let document = Amazon.outgoing(&facts, &update).unwrap().requests.remove(0);
    // Jobs keep requests: nothing may get lost on the way.
    let kept = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<Request>(&kept).unwrap(), document);
    let body = r#"{"contentType":"text/xml; charset=UTF-8"}"#;
    assert_eq!(document.body.as_deref(), Some(body));
    let place = r#"{"feedDocumentId":"amzn1.doc","url":"https://bucket.example/x?sig=1%2F2"}"#;
    let steps = next(Amazon.answer(&document, &Response::new(201, place)));
    let [fill, submit] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert!(fill.elsewhere && fill.path == "https://bucket.example/x?sig=1%2F2");
    let xml = fill.body.as_deref().unwrap();
    let inner = "<MerchantIdentifier>A3&lt;&amp;&gt;</MerchantIdentifier></Header><MessageType>\
                 OrderAcknowledgement</MessageType><Message><MessageID>1</MessageID>\
                 <OrderAcknowledgement><AmazonOrderID>902-1845936-5435065</AmazonOrderID>\
                 <StatusCode>Failure</StatusCode><Item><AmazonOrderItemCode>79039765272157\
                 </AmazonOrderItemCode><CancelReason>NoInventory</CancelReason></Item>\
                 </OrderAcknowledgement></Message></AmazonEnvelope>";
    assert!(xml.ends_with(inner), "{xml}");
    assert_eq!(
        submit.body.as_deref(),
        Some(
            r#"{"feedType":"POST_ORDER_ACKNOWLEDGEMENT_DATA","marketplaceIds":["ATVPDKIKX0DER"],"inputFeedDocumentId":"amzn1.doc"}"#
        )
    );
    let progress = next(Amazon.answer(submit, &Response::new(202, r#"{"feedId":"50"}"#)));
    assert_eq!(progress[0].path, "/feeds/2021-06-30/feeds/50");
    // It was taken under a name that nobody knows: sent again, it would pay back twice.
    assert_eq!(submit.repeat, Repeat::LookFirst);
    for body in ["", "<html>", "{}", r#"{"feedId":{}}"#, r#"{"feedId":""}"#] {
        let answer = Amazon.answer(submit, &Response::new(202, body));
        assert!(
            matches!(answer, Answer::RetryAfter(t) if t.why == RetryWhy::Unclear),
            "{body}: {answer:?}"
        );
    }
    let refused = Amazon.answer(&document, &Response::new(201, "{}"));
    assert!(matches!(refused, Answer::Refused(_)), "{refused:?}");
    let said = |word: &str| Response::new(200, format!(r#"{{"processingStatus":"{word}"}}"#));
    let working = Amazon.answer(&progress[0], &said("IN_PROGRESS"));
    assert!(matches!(working, Answer::RetryAfter(t) if t.why == RetryWhy::Working));
    assert!(matches!(
        Amazon.answer(&progress[0], &said("FATAL")),
        Answer::Refused(_)
    ));
    let done = r#"{"processingStatus":"DONE","resultFeedDocumentId":"amzn1.report"}"#;
    let report = next(Amazon.answer(&progress[0], &Response::new(200, done)));
    assert_eq!(report[0].path, "/feeds/2021-06-30/documents/amzn1.report");
    let place = r#"{"url":"https://bucket.example/r"}"#;
    let verdict = next(Amazon.answer(&report[0], &Response::new(200, place)));
    assert!(verdict[0].elsewhere);
    let judge = |xml: &str| Amazon.answer(&verdict[0], &Response::new(200, xml));
    let reference = Some(id("50"));
    assert_eq!(
        judge("<X><MessagesWithError>0</MessagesWithError></X>"),
        Answer::Done { reference }
    );
    let failed = judge(
        "<MessagesWithError>1</MessagesWithError><ResultMessageCode>18012</ResultMessageCode>\
         <ResultDescription>The order was shipped</ResultDescription>",
    );
    assert!(matches!(failed, Answer::Refused(refusal) if refusal.code == "18012"));
    // What was asked for is known to the last step.
    let before = |words: &str| {
        judge(&format!(
            "<MessagesWithError>1</MessagesWithError><ResultMessageCode>1</ResultMessageCode>\
             <ResultDescription>The order was already {words}</ResultDescription>"
        ))
    };
    assert_eq!(before("cancelled"), Answer::AlreadyDone);
    assert!(matches!(before("shipped"), Answer::Refused(_)));
}

#[test]
fn the_report_of_a_feed_that_nobody_can_read_refuses_nothing() {
    let update = cancel(CancelCause::OutOfStock, vec![item("79039765272157", 1)]);
    let facts = amazon_facts();
    let document = Amazon.outgoing(&facts, &update).unwrap().requests.remove(0);
    let answer = |request: &Request, body: &str| Amazon.answer(request, &Response::new(200, body));
    let place = r#"{"feedDocumentId":"amzn1.doc","url":"https://bucket.example/x"}"#;
    let submit = next(answer(&document, place)).remove(1);
    let progress = next(answer(&submit, r#"{"feedId":"50"}"#));
    let done = r#"{"processingStatus":"DONE","resultFeedDocumentId":"amzn1.report"}"#;
    let report = next(answer(&progress[0], done));
    let verdict = next(answer(&report[0], r#"{"url":"https://bucket.example/r"}"#));
    let judge = |xml: &str| answer(&verdict[0], xml);
    // It may be done: what cannot be read is not refused.
    let unclear =
        |answer: &Answer| matches!(answer, Answer::RetryAfter(t) if t.why == RetryWhy::Unclear);
    for packed in ["garbage", "\u{1f}\u{8b}\u{8}", ""] {
        assert!(unclear(&judge(packed)), "{packed:?}");
    }
    for nothing in ["{}", "<html>"] {
        let nothing = Response::new(200, nothing);
        assert!(unclear(&Amazon.answer(&report[0], &nothing)));
        assert!(unclear(&Amazon.answer(&progress[0], &nothing)));
    }
    // The address of the report is over when it is asked for again: the feed is done all the same.
    for status in [400, 403, 404, 410] {
        for question in [&progress[0], &report[0], &verdict[0]] {
            let answer = Amazon.answer(question, &Response::new(status, "<Error/>"));
            assert!(unclear(&answer), "{status} {}: {answer:?}", question.path);
        }
        let refused = Amazon.answer(&submit, &Response::new(status, "{}"));
        assert!(matches!(refused, Answer::Refused(_)), "{refused:?}");
    }
    let spent = Amazon.answer(&progress[0], &Response::new(401, "{}"));
    assert!(matches!(spent, Answer::Refused(r) if r.kind == ChannelRefusalKind::Unauthorised));
    // Whoever fetches the report is told that it is packed; requests kept before say nothing of it.
    let packed = r#"{"url":"https://bucket.example/r","compressionAlgorithm":"GZIP"}"#;
    let packed = next(Amazon.answer(&report[0], &Response::new(200, packed)));
    let kept = serde_json::to_string(&packed[0].reads).unwrap();
    assert!(kept.contains(r#""compression":"GZIP""#), "{kept}");
    assert_eq!(
        serde_json::from_str::<Reads>(&kept).unwrap(),
        packed[0].reads
    );
    let plain = serde_json::to_string(&verdict[0].reads).unwrap();
    assert!(!plain.contains("compression"), "{plain}");
    assert_eq!(
        serde_json::from_str::<Reads>(&plain).unwrap(),
        verdict[0].reads
    );
}

#[test]
fn amazon_takes_whole_lines_before_shipping_only() {
    let mut facts = amazon_facts();
    let part = cancel(CancelCause::Buyer, vec![item("05015851154158", 1)]);
    assert_eq!(cannot(&Amazon, &facts, &part), "whole_line_only");
    facts.any_shipped = true;
    assert_eq!(
        cannot(&Amazon, &facts, &cancel(CancelCause::Buyer, vec![])),
        "after_shipping"
    );
    let mut update = refund(money("10.10", "EUR"), Some(money("4.90", "EUR")));
    let sent = Amazon
        .outgoing(&facts, &Update::Refund(update.clone()))
        .unwrap();
    let kept = format!("{:?}", sent.requests[0].reads);
    let amounts = [
        "<Type>Principal</Type><Amount currency=\\\"EUR\\\">10.10</Amount>",
        ">4.90<",
    ];
    assert!(amounts.iter().all(|amount| kept.contains(amount)), "{kept}");
    update.lines.clear();
    assert_eq!(
        cannot(&Amazon, &facts, &Update::Refund(update)),
        "no_such_thing"
    );
    let level = told(vec![stock("MY SKU/1", None, None, 4)]);
    facts.seller = Some(id("A3"));
    assert_eq!(
        self::sent(&Amazon, &facts, &level),
        [
            r#"PATCH /listings/2021-08-01/items/A3/MY%20SKU%2F1?marketplaceIds=ATVPDKIKX0DER {"productType":"PRODUCT","patches":[{"op":"replace","path":"/attributes/fulfillment_availability","value":[{"fulfillment_channel_code":"DEFAULT","quantity":4}]}]}"#
        ]
    );
}

#[test]
fn ebay_ships_a_parcel_a_call() {
    let mut facts = OrderFacts::new(id("12-15199-57289"));
    facts.items = vec![item("10063589999909", 19)];
    let update = ship(
        vec![
            parcel(1, vec![item("10063589999909", 1)]),
            parcel(2, vec![item("10063589999909", 18)]),
        ],
        true,
    );
    let call = |quantity: u32| {
        format!(
            "POST /sell/fulfillment/v1/order/12-15199-57289/shipping_fulfillment \
             {{\"lineItems\":[{{\"lineItemId\":\"10063589999909\",\"quantity\":{quantity}}}],\
             \"shippedDate\":\"2026-11-20T09:00:00.500Z\",\"shippingCarrierCode\":\"UPS\",\
             \"trackingNumber\":\"1Z999AA1\"}}"
        )
    };
    assert_eq!(sent(&Ebay, &facts, &update), [call(1), call(18)]);
    assert_eq!(
        losses(&Ebay, &facts, &update),
        [Loss::PartOfLine, Loss::Notice]
    );
    let with = |carrier, number| {
        let mut one = parcel(1, vec![item("10063589999909", 19)]);
        one.tracking = tracking(carrier, number);
        ship(vec![one], true)
    };
    assert_eq!(
        cannot(&Ebay, &facts, &with(Some("UPS"), None)),
        "tracking_incomplete"
    );
    assert_eq!(
        cannot(&Ebay, &facts, &with(None, Some("1"))),
        "tracking_incomplete"
    );
    assert_eq!(
        cannot(&Ebay, &facts, &with(Some("UPS"), Some("1Z_9"))),
        "bad_tracking_number"
    );
    assert_eq!(
        sent(&Ebay, &facts, &with(None, None)),
        [
            r#"POST /sell/fulfillment/v1/order/12-15199-57289/shipping_fulfillment {"lineItems":[{"lineItemId":"10063589999909","quantity":19}],"shippedDate":"2026-11-20T09:00:00.500Z"}"#
        ]
    );
    // Of which lines it is made is not known: told so, the whole order would be shipped.
    let unknown = ship(
        vec![
            parcel(1, vec![item("10063589999909", 1)]),
            parcel(2, vec![]),
        ],
        false,
    );
    assert_eq!(cannot(&Ebay, &facts, &unknown), "nothing");
    let request = Ebay.outgoing(&facts, &update).unwrap().requests.remove(0);
    let created =
        Response::new(201, "").with("Location", "https://e/shipping_fulfillment/1Z999AA1");
    let reference = Some(id("1Z999AA1"));
    assert_eq!(Ebay.answer(&request, &created), Answer::Done { reference });
}

#[test]
fn ebay_cancels_whole_orders_and_refunds_by_line() {
    let mut facts = OrderFacts::new(id("12-15199-57289"));
    assert_eq!(
        cannot(&Ebay, &facts, &cancel(CancelCause::Buyer, vec![])),
        "missing_fact"
    );
    facts.legacy_order = Some(id("110-220"));
    let part = cancel(CancelCause::Buyer, vec![item("1", 1)]);
    assert_eq!(cannot(&Ebay, &facts, &part), "whole_order_only");
    assert_eq!(
        sent(&Ebay, &facts, &cancel(CancelCause::Address, vec![])),
        [
            r#"POST /post-order/v2/cancellation/check_eligibility {"legacyOrderId":"110-220"}"#,
            r#"POST /post-order/v2/cancellation {"legacyOrderId":"110-220","cancelReason":"ADDRESS_ISSUES"}"#,
        ]
    );
    let mut update = refund(money("10", "USD"), Some(money("2.5", "USD")));
    update.note = Some(Reason::parse("x".repeat(120)).unwrap());
    let head = format!(
        r#"{{"reasonForRefund":"BUYER_RETURN","comment":"{}""#,
        "x".repeat(100)
    );
    let path = "POST /sell/fulfillment/v1/order/12-15199-57289/issue_refund";
    assert_eq!(
        sent(&Ebay, &facts, &Update::Refund(update.clone())),
        [
            format!(
                r#"{path} {head},"refundItems":[{{"refundAmount":{{"currency":"USD","value":"10.00"}},"lineItemId":"11"}}]}}"#
            ),
            format!(
                r#"{path} {head},"orderLevelRefundAmount":{{"currency":"USD","value":"2.50"}}}}"#
            ),
        ]
    );
    let outgoing = Ebay.outgoing(&facts, &Update::Refund(update)).unwrap();
    assert!(outgoing.requests.iter().all(|request| request.to_be_signed));
    assert!(outgoing.losses.contains(&Loss::Note));
    let levels = (0..30)
        .map(|n| stock(&format!("SKU-{n}"), None, None, n))
        .collect();
    let calls = sent(&Ebay, &facts, &told(levels));
    assert_eq!(calls.len(), 2);
    let first = r#"POST /sell/inventory/v1/bulk_update_price_quantity {"requests":[{"sku":"SKU-0","shipToLocationAvailability":{"quantity":0}},"#;
    assert!(calls[0].starts_with(first), "{}", calls[0]);
}

#[test]
fn nothing_is_sent_about_nothing() {
    let mut facts = shopify_facts();
    facts.marketplace = Some(id("M"));
    facts.seller = Some(id("S"));
    for channel in [&Shopify as &dyn Channel, &WooCommerce, &Amazon, &Ebay] {
        for update in [
            ship(vec![], false),
            told(vec![]),
            Update::Refund(RefundUpdate {
                lines: vec![],
                ..refund(money("1", "EUR"), None)
            }),
        ] {
            let cause = cannot(channel, &facts, &update);
            assert_eq!(cause, "nothing", "{} {}", channel.kind(), update.kind());
        }
    }
}

#[test]
fn updates_are_kept_as_json() {
    for update in [
        ship(vec![parcel(1, vec![item("05015851154158", 1)])], true),
        cancel(CancelCause::Other, vec![]),
        Update::Refund(refund(money("1.10", "EUR"), None)),
        Update::Release,
    ] {
        let kept = serde_json::to_string(&update).unwrap();
        assert_eq!(
            serde_json::from_str::<Update>(&kept).unwrap(),
            update,
            "{kept}"
        );
    }
    assert_eq!(UpdateKind::ALL.map(UpdateKind::as_str).len(), 8);
}

#[test]
fn tax_of_a_refund_goes_where_the_channel_wants_it() {
    let with_tax = |tax: Option<&str>, code: &str| {
        let mut update = refund(money("11.90", code), None);
        update.lines[0].tax = tax.map(|tax| money(tax, code));
        Update::Refund(update)
    };
    let facts = OrderFacts::new(id("723"));
    let body = |tax: Option<&str>| sent(&WooCommerce, &facts, &with_tax(tax, "EUR")).remove(0);
    let whole = r#""amount":"11.90""#;
    for (tax, net) in [(Some("1.90"), "10.00"), (Some("0"), "11.90"), (None, "0")] {
        let body = body(tax);
        assert!(body.contains(whole), "{body}");
        let told = format!(r#""refund_total":"{net}"}}"#);
        assert!(body.contains(&told), "{body}");
        let lost = losses(&WooCommerce, &facts, &with_tax(tax, "EUR")).contains(&Loss::TaxPart);
        assert_eq!(lost, tax != Some("0"), "{tax:?}");
    }
    let facts = amazon_facts();
    let content = |tax: Option<&str>| {
        let outgoing = Amazon.outgoing(&facts, &with_tax(tax, "USD")).unwrap();
        let Reads::Feed(FeedStep::Document { content, .. }) = &outgoing.requests[0].reads else {
            panic!("{:?}", outgoing.requests);
        };
        (content.clone(), outgoing.losses.contains(&Loss::TaxPart))
    };
    let part = |kind: &str, amount: &str| {
        format!(
            "<Component><Type>{kind}</Type><Amount currency=\"USD\">{amount}</Amount></Component>"
        )
    };
    let (split, lost) = content(Some("1.90"));
    let parts = part("Principal", "10.00") + &part("Tax", "1.90");
    assert!(split.contains(&parts) && !lost, "{split}");
    let (whole, lost) = content(None);
    assert!(
        whole.contains(&part("Principal", "11.90")) && lost,
        "{whole}"
    );
    assert!(!whole.contains("<Type>Tax</Type>"), "{whole}");
    for tax in ["11.91", "-0.01"] {
        assert_eq!(
            cannot(&Amazon, &facts, &with_tax(Some(tax), "USD")),
            "bad_tax"
        );
    }
    assert_eq!(
        cannot(&Amazon, &facts, &{
            let mut update = refund(money("11.90", "USD"), None);
            update.lines[0].tax = Some(money("1.90", "EUR"));
            Update::Refund(update)
        }),
        "money"
    );
}

/// Every request of a channel, those of an Amazon feed that follow the first one included.
fn everything(channel: &dyn Channel, facts: &OrderFacts) -> Vec<Request> {
    let one = || vec![item("11", 1)];
    let cancelled = CancelUpdate {
        key: Some(key()),
        cause: CancelCause::Buyer,
        lines: one(),
        restock: true,
        note: None,
        notify_buyer: false,
    };
    let paid_back = RefundUpdate {
        key: Some(key()),
        ..refund(money("20.00", "EUR"), None)
    };
    let updates = [
        ship(vec![parcel(1, one())], true),
        Update::ChangeTracking {
            parcel: parcel(1, one()),
            notify_buyer: false,
        },
        Update::Cancel(cancelled.clone()),
        Update::Cancel(CancelUpdate {
            lines: Vec::new(),
            ..cancelled
        }),
        Update::Refund(paid_back),
        Update::Release,
    ];
    let sent = updates
        .iter()
        .filter_map(|update| channel.outgoing(facts, update).ok());
    let mut all: Vec<Request> = sent.flat_map(|outgoing| outgoing.requests).collect();
    let place = r#"{"feedDocumentId":"amzn1.doc","url":"https://bucket.example/x"}"#;
    let taken = Response::new(201, place);
    let documents: Vec<Request> = all
        .iter()
        .filter(|request| matches!(request.reads, Reads::Feed(_)))
        .cloned()
        .collect();
    for document in documents {
        all.extend(next(channel.answer(&document, &taken)));
    }
    all
}

fn key() -> IdempotencyKey {
    IdempotencyKey::parse("event-1").unwrap()
}

#[test]
fn nobody_is_told_to_send_again_what_would_pay_twice() {
    let payment = PaymentFacts {
        id: id("1"),
        gateway: "bogus".to_owned(),
        refundable: money("100.00", "EUR"),
    };
    let shopify = OrderFacts {
        payments: vec![payment],
        location: Some(id("24826418")),
        ..shopify_facts()
    };
    let plain = OrderFacts {
        items: vec![item("11", 2)],
        marketplace: Some(id("M")),
        seller: Some(id("S")),
        legacy_order: Some(id("110-220")),
        ..OrderFacts::new(id("723"))
    };
    // How many requests of each must not be sent twice.
    let channels: [(&dyn Channel, &OrderFacts, usize); 5] = [
        (&Shopify, &shopify, 3),
        (&ShopifyGraphql, &shopify, 1),
        (&WooCommerce, &plain, 4),
        (&Amazon, &plain, 2),
        (&Ebay, &plain, 2),
    ];
    for (channel, facts, unrepeatable) in channels {
        let requests = everything(channel, facts);
        let once = |request: &&Request| request.repeat == Repeat::LookFirst;
        let found = requests.iter().filter(once).count();
        assert_eq!(found, unrepeatable, "{}", channel.kind());
        for request in &requests {
            let failed = match request.repeat {
                Repeat::Safe => RetryWhy::Unavailable,
                Repeat::LookFirst => RetryWhy::Unclear,
            };
            for (status, expected) in [
                (408, failed),
                (500, failed),
                (502, failed),
                (504, failed),
                (429, RetryWhy::Throttled),
            ] {
                let answer = channel.answer(request, &Response::new(status, "<html>"));
                let fits = matches!(&answer, Answer::RetryAfter(t) if t.why == expected);
                assert!(
                    fits,
                    "{} {} {status}: {answer:?}",
                    channel.kind(),
                    request.path
                );
            }
        }
    }
}
