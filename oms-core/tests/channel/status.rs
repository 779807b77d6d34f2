//! What the status words of the four channels mean: every row of the tables, and the corners.

use oms_core::channel::{
    Amazon, Ambiguity, Channel, Choice, Ebay, Inbound, LineMoveKind, LineView, NoChange,
    PersonCause, Remark, Says, Shopify, StatusPolicy, StatusReport, View, WooCommerce,
};
use oms_core::order::OrderStatus::{self, *};
use oms_core::value::{ExternalId, LineId, Quantity, Units};

fn units(count: u32) -> Units {
    Units::new(count).unwrap()
}

/// Lines `a` with 3 units and `b` with 1, as many of them shipped.
fn view(status: OrderStatus, shipped: [u32; 2]) -> View {
    let mut view = View::new(status);
    let mut next = LineId::FIRST;
    for ((item, ordered), shipped) in [("1", 3), ("2", 1)].into_iter().zip(shipped) {
        view.lines.push(LineView {
            line: next,
            item: Some(ExternalId::parse(item).unwrap()),
            ordered: units(ordered),
            shipped: units(shipped),
            delivered: Units::ZERO,
            cancelled: Units::ZERO,
            returned: Units::ZERO,
        });
        next = next.next().unwrap();
    }
    view
}

fn read(channel: &dyn Channel, json: &str) -> StatusReport {
    let mut reports = channel.read_statuses(json.as_bytes()).unwrap();
    assert_eq!(reports.len(), 1);
    reports.remove(0).unwrap()
}

/// The answer in short: `=why`, `->status`, `lines…`, `?cause`.
fn short(answer: &Inbound) -> String {
    match answer {
        Inbound::NoChange { why } => format!("={why:?}"),
        Inbound::MoveTo { status, remark } => format!("->{status}{}", told(remark.as_ref())),
        Inbound::LineChange {
            changes,
            then,
            remark,
        } => {
            let moved = changes
                .iter()
                .map(|change| format!("{}:{:?}*{}", change.line, change.kind, change.quantity));
            let then = then.map_or(String::new(), |then| format!(" ->{then}"));
            let moved = moved.collect::<Vec<_>>().join(" ");
            format!("{moved}{then}{}", told(remark.as_ref()))
        }
        Inbound::NeedsPerson { cause } => format!("?{}", cause.code()),
    }
}

fn told(remark: Option<&Remark>) -> String {
    remark.map_or(String::new(), |remark| format!(" !{remark:?}"))
}

fn means(channel: &dyn Channel, json: &str, view: &View) -> String {
    let report = read(channel, json);
    short(&channel.inbound(&report, view, &StatusPolicy::new()))
}

const SHOPIFY: &[(&str, &str)] = &[
    (r#""test":true,"financial_status":"paid""#, "=Test"),
    (
        r#""cancelled_at":"2026-11-20T10:00:00Z","financial_status":"paid""#,
        "->cancelled",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"fulfilled""#,
        "->shipped",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"fulfilled","fulfillments":[
        {"status":"success","shipment_status":"delivered"},
        {"status":"cancelled","shipment_status":"failure"}]"#,
        "->delivered",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"fulfilled","fulfillments":[
        {"status":"success","shipment_status":"delivered"},{"status":"success"}]"#,
        "->shipped",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"fulfilled","fulfillments":[
        {"status":"success","shipment_status":"failure"}]"#,
        "->shipped !ParcelTrouble { word: \"failure\" }",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"partial","line_items":[
        {"id":1,"quantity":3},{"id":2,"quantity":1}],"fulfillments":[{"status":"success",
        "line_items":[{"id":1,"quantity":2}]}]"#,
        "1:Shipped*2",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"partial""#,
        "?units_unknown",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"on_hold""#,
        "->on_hold",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"scheduled""#,
        "->on_hold",
    ),
    (
        r#""financial_status":"paid","fulfillment_orders":[{"status":"open"},{"status":"on_hold"}]"#,
        "->on_hold",
    ),
    (
        r#""financial_status":"paid","fulfillment_orders":[{"status":"incomplete"}]"#,
        "->on_hold",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"request_declined""#,
        "->on_hold",
    ),
    (r#""financial_status":"pending""#, "=Same"),
    (r#""financial_status":"partially_paid""#, "=Same"),
    (r#""financial_status":null,"total_price":"1""#, "=Same"),
    (r#""financial_status":"authorized""#, "=Same"),
    (r#""financial_status":"expired""#, "->on_hold !PaymentGone"),
    (r#""financial_status":"voided""#, "->on_hold !PaymentGone"),
    (r#""financial_status":"refunded""#, "->cancelled"),
    (r#""financial_status":"paid""#, "->approved"),
    (
        r#""financial_status":"paid","fulfillment_status":"in_progress""#,
        "->approved",
    ),
    (
        r#""financial_status":"paid","closed_at":"2026-11-20T10:00:00Z""#,
        "->approved",
    ),
    (
        r#""financial_status":"partially_refunded","line_items":[
        {"id":1,"quantity":3,"current_quantity":2},{"id":2,"quantity":1,"current_quantity":1}]"#,
        "1:Cancelled*1 ->approved",
    ),
    (
        r#""financial_status":"paid","line_items":[{"id":1,"quantity":3,"current_quantity":0},
        {"id":2,"quantity":1,"current_quantity":0}]"#,
        "->cancelled",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"restocked""#,
        "->cancelled",
    ),
    (
        r#""financial_status":"paid","fulfillment_status":"beamed""#,
        "?unknown_word",
    ),
    (r#""financial_status":"owed""#, "?unknown_word"),
    (
        r#""financial_status":"paid","return_status":"lost""#,
        "?unknown_word",
    ),
    (
        r#""financial_status":"paid","return_status":"return_requested""#,
        "->approved",
    ),
    (
        r#""financial_status":"paid","return_status":"returned""#,
        "?returned_unshipped",
    ),
    (
        r#""financial_status":"paid","line_items":[{"id":9,"quantity":3,"current_quantity":2}]"#,
        "?unknown_item",
    ),
    (
        r#""financial_status":"paid","line_items":[{"id":2,"quantity":9,"current_quantity":2}]"#,
        "?more_than_ordered",
    ),
    (
        r#""financial_status":"paid","line_items":[{"id":2,"quantity":9,"current_quantity":1}]"#,
        "->approved",
    ),
];

#[test]
fn every_row_of_shopify() {
    for (fields, answer) in SHOPIFY {
        let json = format!(r#"{{"id":820982911946154508,{fields}}}"#);
        assert_eq!(
            means(&Shopify, &json, &view(Pending, [0, 0])),
            *answer,
            "{fields}"
        );
    }
}

#[test]
fn shopify_graphql_says_the_same_in_capitals() {
    let json = r#"{"data":{"orders":{"edges":[{"node":{"id":"gid://shopify/Order/1",
        "displayFinancialStatus":"PAID","displayFulfillmentStatus":"PARTIALLY_FULFILLED",
        "updatedAt":"2026-11-20T10:00:00Z","lineItems":{"nodes":[
        {"id":"1","quantity":3,"currentQuantity":3},{"id":"2","quantity":1}]},"fulfillments":[
        {"status":"SUCCESS","displayStatus":"IN_TRANSIT","fulfillmentLineItems":{"edges":[
        {"node":{"lineItem":{"id":"1"},"quantity":1}}]}}]}}]}}}"#;
    assert_eq!(means(&Shopify, json, &view(Packing, [0, 0])), "1:Shipped*1");
    assert_eq!(read(&Shopify, json).order.as_str(), "gid://shopify/Order/1");
    let cancelled = r#"{"data":{"order":{"id":"gid://shopify/Order/1","closed":true,
        "cancelledAt":"2026-05-06T22:09:00Z","displayFinancialStatus":null}}}"#;
    assert_eq!(
        means(&Shopify, cancelled, &view(Picked, [0, 0])),
        "->cancelled"
    );
}

#[test]
fn after_a_parcel_left_only_the_rest_is_cancelled() {
    let json = r#"{"id":1,"financial_status":"refunded","cancelled_at":"2026-11-20T10:00:00Z"}"#;
    assert_eq!(
        means(&Shopify, json, &view(Packing, [2, 0])),
        "1:Cancelled*1 2:Cancelled*1"
    );
    assert_eq!(
        means(&Shopify, json, &view(Shipped, [3, 1])),
        "?cancelled_after_shipping"
    );
    assert_eq!(
        means(&Shopify, json, &view(Delivered, [3, 1])),
        "?cancelled_after_shipping"
    );
    // A refund after shipping is no return.
    let json = r#"{"id":1,"financial_status":"refunded"}"#;
    assert_eq!(means(&Shopify, json, &view(Shipped, [3, 1])), "=Behind");
    let some = r#"{"id":1,"financial_status":"paid","cancelled_at":"x","fulfillments":[{"status":
        "success","line_items":[{"id":1,"quantity":1}]}]}"#;
    assert_eq!(
        means(&Shopify, some, &view(Approved, [0, 0])),
        "?cancelled_after_shipping"
    );
}

#[test]
fn a_part_that_came_back_is_a_matter_of_lines() {
    let report = |returned: [u32; 2]| {
        let mut report = StatusReport::new(ExternalId::parse("1").unwrap())
            .with("financial_status", "paid")
            .with("fulfillment_status", "fulfilled")
            .with("return_status", "RETURNED");
        for ((item, ordered), returned) in [("1", 3), ("2", 1)].into_iter().zip(returned) {
            let item = ExternalId::parse(item).unwrap();
            let mut line = oms_core::channel::LineReport::new(item);
            (line.ordered, line.returned) = (Some(units(ordered)), Some(units(returned)));
            report.lines.push(line);
        }
        report
    };
    let answer = |returned| {
        let view = view(Delivered, [3, 1]);
        short(&Shopify.inbound(&report(returned), &view, &StatusPolicy::new()))
    };
    assert_eq!(answer([1, 0]), "1:Returned*1");
    assert_eq!(answer([3, 1]), "->returned");
}

/// A line of 3 units, as many of them left and as many still part of it, and what refunds say.
fn shopify_line(words: &str, [shipped, current]: [u32; 2], refunds: &str) -> String {
    format!(
        r#"{{"id":820982911946154508,{words},
        "line_items":[{{"id":1,"quantity":3,"current_quantity":{current},"price":"10.00"}},
        {{"id":2,"quantity":1,"current_quantity":1,"price":"4.00"}}],
        "fulfillments":[{{"id":255858046,"status":"success",
        "line_items":[{{"id":1,"quantity":{shipped}}},{{"id":2,"quantity":1}}]}}],
        "refunds":[{{"id":509562969,"refund_line_items":[{refunds}]}}]}}"#
    )
}

fn refunded(quantity: u32, restock_type: &str) -> String {
    format!(r#"{{"id":9,"line_item_id":1,"quantity":{quantity},"restock_type":"{restock_type}"}}"#)
}

#[test]
fn what_shopify_calls_returned_may_be_a_part() {
    let words = r#""financial_status":"partially_refunded","fulfillment_status":"fulfilled",
        "return_status":"RETURNED""#;
    let left = view(Shipped, [3, 1]);
    let said = |current, refunds: &str, view| {
        means(&Shopify, &shopify_line(words, [3, current], refunds), view)
    };
    // 1 of 4 came back, by the sum of what is left, or the buyer kept it: nobody says.
    assert_eq!(said(2, "", &left), "?units_unknown");
    assert_eq!(said(2, &refunded(1, "no_restock"), &left), "?units_unknown");
    assert_eq!(said(3, "", &left), "?units_unknown");
    assert_eq!(said(2, &refunded(1, "return"), &left), "1:Returned*1");
    // Not even a line that came back whole is the order.
    assert_eq!(said(0, &refunded(3, "return"), &left), "1:Returned*3");
    let mut known = view(Shipped, [3, 1]);
    (known.lines[0].delivered, known.lines[0].returned) = (units(1), units(1));
    assert_eq!(said(2, &refunded(1, "return"), &known), "=Same");
    let back = view(Returned, [3, 1]);
    assert_eq!(said(2, "", &back), "=Same");
    // GraphQL says no more than that it is fewer.
    let json = r#"{"id":"gid://shopify/Order/1","displayFinancialStatus":"PARTIALLY_REFUNDED",
        "displayFulfillmentStatus":"FULFILLED","returnStatus":"RETURNED","lineItems":{"nodes":[
        {"id":"1","quantity":3,"currentQuantity":2,"unfulfilledQuantity":0}]},"fulfillments":[
        {"status":"SUCCESS","displayStatus":"FULFILLED","fulfillmentLineItems":{"nodes":[
        {"lineItem":{"id":"1"},"quantity":3}]}}]}"#;
    assert_eq!(means(&Shopify, json, &left), "?units_unknown");
    let refund = r#""refunds":[{"refundLineItems":{"nodes":[{"quantity":1,"restockType":"RETURN",
        "lineItem":{"id":"1"}}]}}],"lineItems""#;
    let json = json.replace(r#""lineItems""#, refund);
    assert_eq!(means(&Shopify, &json, &left), "1:Returned*1");
}

#[test]
fn what_came_back_to_shopify_cancels_nothing_that_is_still_to_be_sent() {
    let words = r#""financial_status":"partially_refunded","fulfillment_status":"partial""#;
    let (one_left, behind) = (view(Shipped, [1, 1]), view(Packing, [0, 1]));
    let said = |refunds: &str, view| means(&Shopify, &shopify_line(words, [1, 2], refunds), view);
    // Of 3 units 1 left and 2 are part of the order: it came back, or one of the others is gone.
    assert_eq!(said("", &one_left), "?units_unknown");
    assert_eq!(
        said(&refunded(1, "no_restock"), &one_left),
        "?units_unknown"
    );
    assert_eq!(said(&refunded(1, "return"), &one_left), "=Same");
    assert_eq!(said(&refunded(1, "cancel"), &one_left), "1:Cancelled*1");
    assert_eq!(said(&refunded(1, "return"), &behind), "1:Shipped*1");
    // Once a person has said so, the same report asks no more.
    let mut settled = view(Shipped, [1, 1]);
    settled.lines[0].cancelled = units(1);
    assert_eq!(said("", &settled), "=Same");
    let mut settled = view(Shipped, [1, 1]);
    settled.lines[0].returned = units(1);
    assert_eq!(said("", &settled), "=Same");
    // GraphQL says how many are still to be sent.
    let graph = |to_send: u32| {
        let json = format!(
            r#"{{"id":"gid://shopify/Order/1","displayFinancialStatus":"PARTIALLY_REFUNDED",
            "displayFulfillmentStatus":"PARTIALLY_FULFILLED","lineItems":{{"nodes":[
            {{"id":"1","quantity":3,"currentQuantity":2,"unfulfilledQuantity":{to_send}}}]}},
            "fulfillments":[{{"status":"SUCCESS","displayStatus":"FULFILLED",
            "fulfillmentLineItems":{{"nodes":[{{"lineItem":{{"id":"1"}},"quantity":1}}]}}}}]}}"#
        );
        means(&Shopify, &json, &one_left)
    };
    assert_eq!(graph(2), "=Same");
    assert_eq!(graph(1), "1:Cancelled*1");
}

#[test]
fn what_shopify_refunded_before_the_rest_left_is_not_sent() {
    let words = r#""financial_status":"partially_refunded","fulfillment_status":"fulfilled""#;
    let json = |refunds: &str| shopify_line(words, [2, 2], refunds);
    let said = |refunds: &str, view: &View| means(&Shopify, &json(refunds), view);
    let packs = view(Packing, [0, 0]);
    // 2 of 3 left and nothing is left to be sent: whatever the refund says, the third is gone.
    for refunds in [
        refunded(1, "cancel"),
        refunded(1, "no_restock"),
        String::new(),
    ] {
        assert_eq!(
            said(&refunds, &packs),
            "1:Cancelled*1 ->shipped",
            "{refunds}"
        );
        let mut known = view(Shipped, [2, 1]);
        known.lines[0].cancelled = units(1);
        assert_eq!(said(&refunds, &known), "=Same", "{refunds}");
        // It left from here: a person has to look.
        assert_eq!(said(&refunds, &view(Shipped, [3, 1])), "?more_than_ordered");
    }
    // The same where the parcel has arrived when the order is seen.
    let arrived = r#""status":"success","shipment_status":"delivered""#;
    let arrived = json(&refunded(1, "cancel")).replace(r#""status":"success""#, arrived);
    assert_eq!(
        means(&Shopify, &arrived, &packs),
        "1:Cancelled*1 ->delivered"
    );
    // What came back had left.
    let back = shopify_line(words, [3, 2], &refunded(1, "return"));
    assert_eq!(means(&Shopify, &back, &packs), "->shipped");
    // Without the parcels nobody says whether it had.
    let unknown = json("").replace("fulfillments", "elsewhere");
    assert_eq!(means(&Shopify, &unknown, &packs), "->shipped");
}

#[test]
fn what_a_service_has_yet_to_send_has_not_left() {
    let said = |order: &str, status: &str| {
        let json = format!(
            r#"{{"id":820982911946154508,"financial_status":"paid",{order}"fulfillments":[
            {{"id":7,"status":"{status}","line_items":[{{"id":1,"quantity":2}}]}}]}}"#
        );
        means(&Shopify, &json, &view(Packing, [0, 0]))
    };
    let part = r#""fulfillment_status":"partial","#;
    let gone = r#""cancelled_at":"2026-11-20T10:00:00Z","#;
    for status in ["pending", "open", "PENDING", "OPEN"] {
        assert_eq!(said(part, status), "?units_unknown", "{status}");
        assert_eq!(said(gone, status), "->cancelled", "{status}");
    }
    assert_eq!(said(part, "success"), "1:Shipped*2");
    assert_eq!(said(gone, "success"), "?cancelled_after_shipping");
    // Nor has all arrived while it has something to send.
    for (status, answer) in [
        ("pending", "1:Delivered*3"),
        ("open", "1:Delivered*3"),
        ("cancelled", "->delivered"),
    ] {
        let json = format!(
            r#"{{"id":820982911946154508,"financial_status":"paid","fulfillment_status":"fulfilled",
            "fulfillments":[{{"status":"success","shipment_status":"delivered",
            "line_items":[{{"id":1,"quantity":3}}]}},
            {{"status":"{status}","line_items":[{{"id":2,"quantity":1}}]}}]}}"#
        );
        let sent = view(Shipped, [3, 1]);
        assert_eq!(means(&Shopify, &json, &sent), answer, "{status}");
    }
}

#[test]
fn what_an_edit_on_the_channel_adds_is_asked_about() {
    let said = |lines: &str, view: &View| {
        let json = format!(
            r#"{{"id":820982911946154508,"financial_status":"paid","fulfillments":[],
            "line_items":[{lines}]}}"#
        );
        means(&Shopify, &json, view)
    };
    let known = r#"{"id":1,"quantity":3,"current_quantity":3},
        {"id":2,"quantity":1,"current_quantity":1}"#;
    let at_work = view(Approved, [0, 0]);
    assert_eq!(said(known, &at_work), "=Same");
    let mug = |current: u32| {
        format!(r#"{known},{{"id":9,"sku":"MUG","quantity":1,"current_quantity":{current}}}"#)
    };
    assert_eq!(said(&mug(1), &at_work), "?unknown_item");
    // It came and went again.
    assert_eq!(said(&mug(0), &at_work), "=Same");
    assert_eq!(said(&mug(1), &view(Pending, [0, 0])), "?unknown_item");
    let five = r#"{"id":1,"quantity":5,"current_quantity":5}"#;
    assert_eq!(said(five, &at_work), "?more_than_ordered");
    // Nothing of it is sent any more.
    assert_eq!(said(&mug(1), &view(Cancelled, [0, 0])), "=Behind");
    // A line without the channel's id may be any one that the channel names, but no two of them.
    let mut nameless = view(Approved, [0, 0]);
    nameless.lines[1].item = None;
    assert_eq!(said(known, &nameless), "=Same");
    assert_eq!(said(&mug(1), &nameless), "?unknown_item");
    nameless.lines[0].item = None;
    assert_eq!(said(known, &nameless), "=Same");
    assert_eq!(said(&mug(1), &nameless), "?unknown_item");
    // The order came by Admin REST, the report by GraphQL.
    let gid = |number: u32, quantity: u32| {
        let json = format!(
            r#"{{"id":"gid://shopify/Order/820982911946154508","displayFinancialStatus":"PAID",
            "lineItems":{{"nodes":[{{"id":"gid://shopify/LineItem/{number}",
            "quantity":{quantity},"currentQuantity":{quantity},
            "unfulfilledQuantity":{quantity}}}]}}}}"#
        );
        means(&Shopify, &json, &at_work)
    };
    assert_eq!(gid(1, 3), "=Same");
    assert_eq!(gid(1, 4), "?more_than_ordered");
    assert_eq!(gid(9, 1), "?unknown_item");
    // A part has left: a shop's lines are looked at all the same.
    let woo = r#"{"id":723,"status":"processing","line_items":[{"id":1,"quantity":4}]}"#;
    assert_eq!(
        means(&WooCommerce, woo, &view(Packing, [1, 0])),
        "?more_than_ordered"
    );
    let lines = r#"{"lineItemId":"9","quantity":1}"#;
    let ebay = ebay("NONE_REQUESTED", "PAID", "NOT_STARTED", lines);
    assert_eq!(means(&Ebay, &ebay, &at_work), "?unknown_item");
}

#[test]
fn what_an_edit_took_off_here_and_on_the_channel_is_not_asked_about() {
    let said = |[quantity, current]: [u32; 2], more: &str, view: &View| {
        let json = format!(
            r#"{{"id":820982911946154508,"financial_status":"paid","line_items":[
            {{"id":1,"quantity":{quantity},"current_quantity":{current}}}]{more}}}"#
        );
        means(&Shopify, &json, view)
    };
    let mut edited = view(Approved, [0, 0]);
    edited.lines[0].ordered = units(2);
    // The shop goes on counting 3 as ordered: what is gone there is not gone here once more.
    assert_eq!(said([3, 2], "", &edited), "=Same");
    assert_eq!(said([3, 3], "", &edited), "?more_than_ordered");
    assert_eq!(said([3, 1], "", &edited), "1:Cancelled*1");
    edited.lines[0].cancelled = units(1);
    assert_eq!(said([3, 1], "", &edited), "=Same");
    // One left, so the shop does not say whether the other came back.
    let sent = r#","fulfillment_status":"partial","fulfillments":[{"id":7,"status":"success",
        "line_items":[{"id":1,"quantity":1}]}]"#;
    let mut edited = view(Shipped, [1, 1]);
    edited.lines[0].ordered = units(2);
    assert_eq!(said([3, 2], sent, &edited), "=Same");
    assert_eq!(said([3, 1], sent, &edited), "?units_unknown");
}

#[test]
fn every_word_of_woocommerce() {
    for (word, answer) in [
        ("auto-draft", "=Draft"),
        ("checkout-draft", "=Draft"),
        ("draft", "=Draft"),
        ("new", "=Draft"),
        ("trash", "->cancelled"),
        ("cancelled", "->cancelled"),
        ("refunded", "->cancelled"),
        ("pending", "=Same"),
        ("failed", "=Same"),
        ("on-hold", "->on_hold"),
        ("processing", "->approved"),
        ("wc-processing", "->approved"),
        ("completed", "->shipped"),
        ("pre-ordered", "?unknown_word"),
        ("canceled", "?unknown_word"),
    ] {
        let json = format!(r#"{{"id":723,"status":"{word}"}}"#);
        assert_eq!(
            means(&WooCommerce, &json, &view(Pending, [0, 0])),
            answer,
            "{word}"
        );
    }
    let none = r#"[{"id":723,"status":""}]"#;
    assert_eq!(
        means(&WooCommerce, none, &view(Pending, [0, 0])),
        "?nothing_said"
    );
    let json = r#"{"id":723,"status":"refunded"}"#;
    assert_eq!(
        means(&WooCommerce, json, &view(Shipped, [3, 1])),
        "->returned"
    );
}

#[test]
fn refunded_lines_of_a_shop_are_not_sent() {
    let json = r#"{"id":723,"status":"processing","refunds":[{"id":1,"total":"-10.00"}]}"#;
    assert_eq!(
        means(&WooCommerce, json, &view(Pending, [0, 0])),
        "?units_unknown"
    );
    let mut report = read(&WooCommerce, json);
    let refunds = br#"[{"id":1,"line_items":[{"id":77,"quantity":-2,"meta_data":[
        {"key":"_refunded_item_id","value":"1"}]}]},{"id":2,"line_items":[]}]"#;
    WooCommerce.add_refunds(&mut report, refunds).unwrap();
    let answer = |view: &View| short(&WooCommerce.inbound(&report, view, &StatusPolicy::new()));
    assert_eq!(answer(&view(Pending, [0, 0])), "1:Cancelled*2 ->approved");
    assert_eq!(answer(&view(Picking, [0, 0])), "1:Cancelled*2");
    let zero = r#"{"id":723,"status":"processing","refunds":[{"id":0,"total":"-0.00"}]}"#;
    assert_eq!(
        means(&WooCommerce, zero, &view(Pending, [0, 0])),
        "->approved"
    );
}

/// What a person is asked.
fn question(answer: &Inbound) -> String {
    let Inbound::NeedsPerson { cause } = answer else {
        panic!("{answer:?}");
    };
    cause.to_string()
}

#[test]
fn each_refund_of_units_that_nobody_names_is_asked_about() {
    let json = |refunds: &str| {
        let json = format!(r#"{{"id":723,"status":"processing","refunds":[{refunds}]}}"#);
        read(&WooCommerce, &json)
    };
    let answer = |report: &StatusReport, view: &View| {
        WooCommerce.inbound(report, view, &StatusPolicy::new())
    };
    let one = json(r#"{"id":9,"total":"-10.00"}"#);
    let mut two = json(r#"{"id":11,"total":"-5.00"},{"id":9,"total":"-10.00"}"#);
    let other_way = json(r#"{"id":9,"total":"-10.00"},{"id":11,"total":"-5.00"}"#);
    let at_work = view(Picking, [0, 0]);
    let asked = question(&answer(&one, &at_work));
    assert!(asked.contains("(9)"), "{asked}");
    let asked = question(&answer(&two, &at_work));
    assert!(asked.contains("(11, 9)"), "{asked}");
    assert_eq!(question(&answer(&other_way, &at_work)), asked);
    assert_eq!(short(&answer(&two, &view(Cancelled, [0, 0]))), "=Behind");
    // The shop's other answer tells the units of the first one: those are gone in any case.
    let named = br#"[{"id":9,"line_items":[{"id":77,"quantity":-2,"meta_data":[
        {"key":"_refunded_item_id","value":"1"}]}]}]"#;
    WooCommerce.add_refunds(&mut two, named).unwrap();
    assert_eq!(
        short(&answer(&two, &at_work)),
        "1:Cancelled*2 !UnitsRefunded { refunds: \"11\" }"
    );
    let mut known = view(Picking, [0, 0]);
    known.lines[0].cancelled = units(2);
    let asked = question(&answer(&two, &known));
    assert!(asked.contains("(11)"), "{asked}");
}

#[test]
fn what_comes_to_a_question_is_another_question() {
    let lines = |channel: &dyn Channel, paid: &str, lines: &str| {
        let json = format!(r#"{{"id":723,{paid},"line_items":[{lines}]}}"#);
        let report = read(channel, &json);
        let at_work = view(Picking, [0, 0]);
        question(&channel.inbound(&report, &at_work, &StatusPolicy::new()))
    };
    let woo = |said: &str| lines(&WooCommerce, r#""status":"processing""#, said);
    let one_less = woo(r#"{"id":1,"quantity":2},{"id":2,"quantity":1}"#);
    let two_less = woo(r#"{"id":1,"quantity":1},{"id":2,"quantity":1}"#);
    let both_less = woo(r#"{"id":1,"quantity":2}"#);
    assert!(both_less.starts_with(&one_less), "{both_less}");
    assert!(both_less.contains("1 of line 2 gone"), "{both_less}");
    assert_ne!(one_less, two_less);
    let shop = |said: &str| lines(&Shopify, r#""financial_status":"paid""#, said);
    let mug = r#"{"id":9,"quantity":1,"current_quantity":1}"#;
    let first = shop(mug);
    let then = shop(&format!(
        r#"{mug},{{"id":10,"quantity":1,"current_quantity":1}},
        {{"id":1,"quantity":4,"current_quantity":4}}"#
    ));
    assert!(then.starts_with(&first), "{then}");
    assert!(
        then.contains("line 10") && then.contains("says 4"),
        "{then}"
    );
    // A page of any size asks about so many lines.
    let many = |count: u32| {
        let line = |id| format!(r#"{{"id":{id},"quantity":1,"current_quantity":1}}"#);
        let lines: Vec<String> = (0..count).map(|at| line(at + 10)).collect();
        shop(&lines.join(","))
    };
    assert_eq!(many(150), many(300));
}

const AMAZON: &[(&str, &str)] = &[
    (
        r#""OrderStatus":"Unshipped","FulfillmentChannel":"AFN""#,
        "=Mirror",
    ),
    (
        r#""OrderStatus":"Canceled","FulfillmentChannel":"MFN""#,
        "->cancelled",
    ),
    (r#""OrderStatus":"Unfulfillable""#, "->on_hold"),
    (r#""OrderStatus":"PendingAvailability""#, "=Same"),
    (r#""OrderStatus":"Pending""#, "=Same"),
    (
        r#""OrderStatus":"Unshipped","IsBuyerRequestedCancel":"true""#,
        "->on_hold !CancelRequested",
    ),
    (
        r#""OrderStatus":"Unshipped","OrderItems":[{"OrderItemId":"1","QuantityOrdered":3,
        "BuyerRequestedCancel":{"IsBuyerRequestedCancel":"false"}}]"#,
        "->approved",
    ),
    (
        r#""OrderStatus":"Unshipped","OrderItems":[{"OrderItemId":"1","QuantityOrdered":3,
        "BuyerRequestedCancel":{"IsBuyerRequestedCancel":"true"}}]"#,
        "->on_hold !CancelRequested",
    ),
    (
        r#""OrderStatus":"Unshipped","RegulatedOrderVerificationStatus":{"Status":"Pending"}"#,
        "->on_hold",
    ),
    (
        r#""OrderStatus":"Unshipped","RegulatedOrderVerificationStatus":{"Status":"Rejected"}"#,
        "->cancelled",
    ),
    (
        r#""OrderStatus":"Unshipped","RegulatedOrderVerificationStatus":{"Status":"Approved"}"#,
        "->approved",
    ),
    (r#""OrderStatus":"Unshipped""#, "->approved"),
    (
        r#""OrderStatus":"PartiallyShipped","OrderItems":[{"OrderItemId":"1","QuantityOrdered":3,
        "QuantityShipped":1}]"#,
        "1:Shipped*1",
    ),
    (r#""OrderStatus":"PartiallyShipped""#, "?units_unknown"),
    (r#""OrderStatus":"Shipped""#, "->shipped"),
    (
        r#""OrderStatus":"Shipped","EasyShipShipmentStatus":"PickedUp""#,
        "->shipped",
    ),
    (
        r#""OrderStatus":"Shipped","EasyShipShipmentStatus":"Delivered""#,
        "->delivered",
    ),
    (
        r#""OrderStatus":"Shipped","EasyShipShipmentStatus":"ReturnedToSeller""#,
        "->cancelled",
    ),
    (
        r#""OrderStatus":"Shipped","EasyShipShipmentStatus":"Lost""#,
        "->shipped !ParcelTrouble { word: \"Lost\" }",
    ),
    (
        r#""OrderStatus":"InvoiceUnconfirmed""#,
        "->shipped !InvoiceToConfirm",
    ),
    (r#""OrderStatus":"Vanished""#, "?unknown_word"),
    (r#""FulfillmentChannel":"MFN""#, "?nothing_said"),
];

#[test]
fn every_row_of_amazon() {
    for (fields, answer) in AMAZON {
        let json = format!(r#"{{"payload":{{"AmazonOrderId":"902-1845936-5435065",{fields}}}}}"#);
        assert_eq!(
            means(&Amazon, &json, &view(Pending, [0, 0])),
            *answer,
            "{fields}"
        );
    }
    let back = r#"{"AmazonOrderId":"1","OrderStatus":"Shipped",
        "EasyShipShipmentStatus":"ReturnedToSeller"}"#;
    assert_eq!(means(&Amazon, back, &view(Shipped, [3, 1])), "->returned");
}

#[test]
fn units_that_amazon_orders_no_more_are_cancelled() {
    let json = |status: &str, [one, two]: [u32; 2], shipped: u32| {
        format!(
            r#"{{"AmazonOrderId":"1","OrderStatus":"{status}","OrderItems":[{{"OrderItemId":"1",
            "QuantityOrdered":{one},"QuantityShipped":{shipped}}},{{"OrderItemId":"2",
            "QuantityOrdered":{two}}}]}}"#
        )
    };
    let said = |ordered, view: &View| means(&Amazon, &json("Unshipped", ordered, 0), view);
    let waits = view(Pending, [0, 0]);
    assert_eq!(said([3, 0], &waits), "2:Cancelled*1 ->approved");
    assert_eq!(said([3, 0], &view(Picking, [0, 0])), "2:Cancelled*1");
    assert_eq!(said([1, 1], &waits), "1:Cancelled*2 ->approved");
    assert_eq!(said([0, 0], &waits), "->cancelled");
    let mut known = view(Picking, [0, 0]);
    known.lines[1].cancelled = units(1);
    assert_eq!(said([3, 0], &known), "=Behind");
    let part = json("PartiallyShipped", [3, 0], 2);
    assert_eq!(means(&Amazon, &part, &waits), "1:Shipped*2 2:Cancelled*1");
    // Lowered and shipped between two looks: what was lowered is not sent from here.
    let all = json("Shipped", [3, 0], 3);
    assert_eq!(means(&Amazon, &all, &waits), "2:Cancelled*1 ->shipped");
    // Wherever the parcel is when it is seen first.
    for (word, then) in [
        (
            r#""EasyShipShipmentStatus":"Delivered""#,
            "2:Cancelled*1 ->delivered",
        ),
        (
            r#""EasyShipShipmentStatus":"Lost""#,
            "2:Cancelled*1 ->shipped !ParcelTrouble { word: \"Lost\" }",
        ),
        // With the whole order the line is cancelled, too.
        (
            r#""EasyShipShipmentStatus":"ReturnedToSeller""#,
            "->cancelled",
        ),
        (
            r#""StorePickupStatus":"PickedUp""#,
            "2:Cancelled*1 ->delivered",
        ),
        (r#""StorePickupStatus":"RefusedPickup""#, "->cancelled"),
    ] {
        let seen = all.replace(r#""OrderItems""#, &format!(r#"{word},"OrderItems""#));
        assert_eq!(means(&Amazon, &seen, &waits), then, "{word}");
    }
}

#[test]
fn units_that_an_edit_added_here_are_none_that_amazon_took_away() {
    let item = |id: &str| ExternalId::parse(id).unwrap();
    let said = |ordered: u32, here: u32| {
        let json = format!(
            r#"{{"AmazonOrderId":"1","OrderStatus":"Unshipped","OrderItems":[{{"OrderItemId":"1",
            "QuantityOrdered":{ordered}}},{{"OrderItemId":"2","QuantityOrdered":1}}]}}"#
        );
        let mut edited = view(Picking, [0, 0]);
        edited.lines[0].ordered = units(here);
        edited.sold = [(item("1"), units(3)), (item("2"), units(1))].into();
        means(&Amazon, &json, &edited)
    };
    assert_eq!(said(3, 5), "=Behind");
    assert_eq!(said(1, 5), "1:Cancelled*2");
    assert_eq!(said(0, 5), "1:Cancelled*3");
    // An edit took one off here, too.
    assert_eq!(said(2, 2), "=Behind");
    assert_eq!(said(1, 2), "1:Cancelled*1");
    assert_eq!(said(3, 2), "?more_than_ordered");
}

#[test]
fn what_arrived_is_not_forgotten_when_the_rest_is_cancelled() {
    let lost = StatusPolicy::new()
        .choose(Ambiguity::AmazonUndeliverable, Choice::ReturnedOrCancelled)
        .unwrap();
    let parcel = |status: &str, item: u32, quantity: u32| {
        format!(
            r#"{{"packageStatus":{{"status":"{status}"}},"packageItems":[
            {{"orderItemId":"{item}","quantity":{quantity}}}]}}"#
        )
    };
    let said = |first: &str| {
        let (first, second) = (parcel(first, 1, 1), parcel("LOST", 2, 1));
        let json = format!(
            r#"{{"orders":[{{"orderId":"1","fulfillment":{{"fulfillmentStatus":"SHIPPED"}},
            "packages":[{first},{second}]}}]}}"#
        );
        let report = read(&Amazon, &json);
        short(&Amazon.inbound(&report, &view(Packing, [0, 0]), &lost))
    };
    assert_eq!(said("DELIVERED"), "?cancelled_after_shipping");
    let remark = r#" !ParcelTrouble { word: "LOST" }"#;
    assert_eq!(said("LOST"), format!("->cancelled{remark}"));
}

#[test]
fn units_of_which_all_that_is_left_is_cancelled_are_named_once() {
    let gone = StatusPolicy::new()
        .choose(Ambiguity::ShopifyPaymentGone, Choice::Cancelled)
        .unwrap();
    let json = r#"{"id":1,"financial_status":"voided","line_items":[
        {"id":1,"quantity":3,"current_quantity":2},{"id":2,"quantity":1,"current_quantity":1}]}"#;
    let report = read(&Shopify, json);
    let answer = |view: &View| short(&Shopify.inbound(&report, view, &gone));
    assert_eq!(
        answer(&view(Packing, [1, 0])),
        "1:Cancelled*2 2:Cancelled*1 !PaymentGone"
    );
    assert_eq!(answer(&view(Packing, [0, 0])), "->cancelled !PaymentGone");
}

#[test]
fn units_that_a_shop_took_off_an_order_are_asked_about() {
    let said = |lines: &str, view: &View| {
        let json = format!(r#"{{"id":723,"status":"processing","line_items":[{lines}]}}"#);
        means(&WooCommerce, &json, view)
    };
    let both = r#"{"id":1,"quantity":3},{"id":2,"quantity":1}"#;
    let fewer = r#"{"id":1,"quantity":2},{"id":2,"quantity":1}"#;
    let one = r#"{"id":1,"quantity":3}"#;
    let at_work = view(Picking, [0, 0]);
    assert_eq!(said(both, &at_work), "=Behind");
    assert_eq!(said(fewer, &at_work), "?units_unknown");
    assert_eq!(said(one, &at_work), "?units_unknown");
    // Once a person has cancelled them here, the same report asks no more.
    for (line, report) in [(0, fewer), (1, one)] {
        let mut known = view(Picking, [0, 0]);
        known.lines[line].cancelled = units(1);
        assert_eq!(said(report, &known), "=Behind", "{report}");
    }
}

#[test]
fn amazon_of_2026_and_its_notifications() {
    let json = r#"{"orders":[{"orderId":"123-4567890-1234567","lastUpdatedTime":
        "2026-11-20T10:00:00Z","fulfillment":{"fulfillmentStatus":"SHIPPED","fulfilledBy":
        "MERCHANT"},"orderItems":[{"orderItemId":"1","quantityOrdered":3,"fulfillment":
        {"quantityFulfilled":2},"cancellation":{"cancellationRequest":{},
        "cancellationExecution":{"cancelledBy":"MERCHANT"}}}],"packages":[{"packageStatus":
        {"status":"DELIVERED","detailedStatus":"DELIVERED"}}]}]}"#;
    // Two of three left, and Amazon cancelled the third.
    assert_eq!(
        means(&Amazon, json, &view(Shipped, [2, 1])),
        "1:Cancelled*1 ->delivered"
    );
    let one_of_two = json.replace(
        r#""packages":["#,
        r#""packages":[{"packageStatus":{"status":"IN_TRANSIT"}},"#,
    );
    let mut known = view(Shipped, [2, 1]);
    known.lines[0].cancelled = units(1);
    assert_eq!(means(&Amazon, &one_of_two, &known), "=Same");
    assert_eq!(means(&Amazon, json, &known), "->delivered");
    // All three left here, and Amazon cancelled one of them.
    assert_eq!(
        means(&Amazon, &one_of_two, &view(Shipped, [3, 1])),
        "?more_than_ordered"
    );
    let change = r#"{"Payload":{"OrderChangeNotification":{"AmazonOrderId":"1","OrderChangeTrigger":
        {"TimeOfOrderChange":"2026-11-20T10:00:00Z"},"Summary":{"OrderStatus":"Unshipped",
        "FulfillmentType":"MFN","OrderItems":[{"OrderItemId":"1","Quantity":3,
        "IsBuyerRequestedCancel":true}]}}}}"#;
    assert_eq!(
        means(&Amazon, change, &view(Picked, [0, 0])),
        "->on_hold !CancelRequested"
    );
    assert!(read(&Amazon, change).changed_at.is_some());
}

const EBAY: &[(&str, &str, &str, &str)] = &[
    ("CANCELED", "FULLY_REFUNDED", "NOT_STARTED", "->cancelled"),
    (
        "IN_PROGRESS",
        "PAID",
        "NOT_STARTED",
        "->on_hold !CancelRequested",
    ),
    ("NONE_REQUESTED", "PENDING", "NOT_STARTED", "=Same"),
    ("NONE_REQUESTED", "FAILED", "NOT_STARTED", "=Same"),
    ("NONE_REQUESTED", "PAID", "NOT_STARTED", "->approved"),
    ("NONE_REQUESTED", "PAID", "IN_PROGRESS", "?units_unknown"),
    ("NONE_REQUESTED", "FULLY_REFUNDED", "FULFILLED", "->shipped"),
    ("NONE_REQUESTED", "PAID", "FULFILLED", "->shipped"),
    (
        "NONE_REQUESTED",
        "FULLY_REFUNDED",
        "NOT_STARTED",
        "->cancelled",
    ),
    (
        "NONE_REQUESTED",
        "PARTIALLY_REFUNDED",
        "NOT_STARTED",
        "->approved",
    ),
    (
        "NONE_REQUESTED",
        "PARTIALLY_REFUNDED",
        "FULFILLED",
        "->shipped",
    ),
    ("PERHAPS", "PAID", "NOT_STARTED", "?unknown_word"),
    ("NONE_REQUESTED", "OWED", "NOT_STARTED", "?unknown_word"),
    ("NONE_REQUESTED", "PAID", "BEAMED", "?unknown_word"),
];

fn ebay(cancel: &str, payment: &str, fulfillment: &str, lines: &str) -> String {
    format!(
        r#"{{"orders":[{{"orderId":"12-1","cancelStatus":{{"cancelState":"{cancel}"}},
        "orderPaymentStatus":"{payment}","orderFulfillmentStatus":"{fulfillment}",
        "lineItems":[{lines}]}}]}}"#
    )
}

#[test]
fn every_row_of_ebay() {
    for (cancel, payment, fulfillment, answer) in EBAY {
        let json = ebay(cancel, payment, fulfillment, "");
        let found = means(&Ebay, &json, &view(Pending, [0, 0]));
        assert_eq!(found, *answer, "{cancel} {payment} {fulfillment}");
    }
    let mirror = r#"{"orderId":"1","orderPaymentStatus":"PAID","fulfillmentStartInstructions":[
        {"fulfillmentInstructionsType":"FULFILLED_BY_EBAY"}]}"#;
    assert_eq!(means(&Ebay, mirror, &view(Pending, [0, 0])), "=Mirror");
}

#[test]
fn a_line_of_ebay_is_fulfilled_by_its_first_unit() {
    let lines = r#"{"lineItemId":"1","quantity":3,"lineItemFulfillmentStatus":"FULFILLED"},
        {"lineItemId":"2","quantity":1,"lineItemFulfillmentStatus":"FULFILLED"}"#;
    let json = ebay("NONE_REQUESTED", "PAID", "FULFILLED", lines);
    let mut report = read(&Ebay, &json);
    let ask = StatusPolicy::new()
        .choose(Ambiguity::EbayFulfilled, Choice::Ask)
        .unwrap();
    let answer = |report: &StatusReport| short(&Ebay.inbound(report, &view(Packed, [0, 0]), &ask));
    assert_eq!(answer(&report), "?policy");
    let one = br#"{"fulfillments":[{"lineItems":[{"lineItemId":"1","quantity":1},
        {"lineItemId":"2"}]}]}"#;
    Ebay.add_shipments(&mut report, one).unwrap();
    assert_eq!(answer(&report), "1:Shipped*1 2:Shipped*1");
    let all = br#"{"fulfillments":[{"lineItems":[{"lineItemId":"1","quantity":1},
        {"lineItemId":"2","quantity":1}]},{"lineItems":[{"lineItemId":"1","quantity":2}]}]}"#;
    Ebay.add_shipments(&mut report, all).unwrap();
    assert_eq!(answer(&report), "->shipped");
}

#[test]
fn a_hold_ends_by_whom_it_began() {
    let paid = r#"{"id":723,"status":"processing"}"#;
    assert_eq!(
        means(&WooCommerce, paid, &view(OnHold, [0, 0])),
        "=HeldHere"
    );
    let theirs = view(OnHold, [0, 0]).held_by_channel();
    assert_eq!(means(&WooCommerce, paid, &theirs), "->approved");
    let sent = r#"{"id":723,"status":"completed"}"#;
    assert_eq!(
        means(&WooCommerce, sent, &view(OnHold, [0, 0])),
        "?shipped_though_held"
    );
    assert_eq!(means(&WooCommerce, sent, &theirs), "->shipped");
    let hold = r#"{"id":723,"status":"on-hold"}"#;
    assert_eq!(
        means(&WooCommerce, hold, &view(Packing, [0, 0])),
        "->on_hold"
    );
    assert_eq!(
        means(&WooCommerce, hold, &view(Packing, [1, 0])),
        "?hold_after_shipping"
    );
}

#[test]
fn a_cancelled_order_stays_cancelled() {
    let paid = r#"{"id":723,"status":"processing"}"#;
    // Our own cancellation has not arrived there yet.
    assert_eq!(
        means(&WooCommerce, paid, &view(Cancelled, [0, 0])),
        "=Behind"
    );
    // The shop had cancelled it itself; now a late payment came.
    let seen = view(Cancelled, [0, 0]).seen(Cancelled);
    assert_eq!(means(&WooCommerce, paid, &seen), "?alive_again");
    let sent = r#"{"id":723,"status":"completed"}"#;
    assert_eq!(
        means(&WooCommerce, sent, &seen),
        "?shipped_though_cancelled"
    );
}

#[test]
fn the_tenant_settles_what_is_ambiguous() {
    let view = view(Pending, [0, 0]);
    for row in Ambiguity::ALL {
        let (channel, json): (&dyn Channel, String) = match row {
            Ambiguity::ShopifyUnpaid => (&Shopify, fields("pending", "")),
            Ambiguity::ShopifyAuthorised => (&Shopify, fields("authorized", "")),
            Ambiguity::ShopifyPaymentGone => (&Shopify, fields("voided", "")),
            Ambiguity::ShopifyRefunded => (&Shopify, fields("refunded", "")),
            Ambiguity::ShopifyDeclined => (&Shopify, fields("paid", "request_declined")),
            Ambiguity::ShopifyRestocked => (&Shopify, fields("paid", "restocked")),
            Ambiguity::WooTrash => (&WooCommerce, word("trash")),
            Ambiguity::WooRefunded => (&WooCommerce, word("refunded")),
            Ambiguity::WooCompleted => (&WooCommerce, word("completed")),
            Ambiguity::WooOtherWord => (&WooCommerce, word("pre-ordered")),
            Ambiguity::AmazonUnfulfillable => (&Amazon, amazon("Unfulfillable", "")),
            Ambiguity::AmazonReturned => (&Amazon, amazon("Shipped", "RejectedByBuyer")),
            Ambiguity::AmazonUndeliverable => (&Amazon, amazon("Shipped", "Damaged")),
            Ambiguity::EbayCancelRequested => {
                (&Ebay, ebay("IN_PROGRESS", "PAID", "NOT_STARTED", ""))
            }
            Ambiguity::EbayRefundedShipped => (
                &Ebay,
                ebay("NONE_REQUESTED", "FULLY_REFUNDED", "FULFILLED", ""),
            ),
            Ambiguity::EbayRefunded => (
                &Ebay,
                ebay("NONE_REQUESTED", "FULLY_REFUNDED", "NOT_STARTED", ""),
            ),
            Ambiguity::EbayFulfilled => (&Ebay, ebay("NONE_REQUESTED", "PAID", "FULFILLED", "")),
            other => panic!("no row tests {other:?}"),
        };
        let report = read(channel, &json);
        for choice in row.choices() {
            let policy = StatusPolicy::new().choose(row, *choice).unwrap();
            let answer = short(&channel.inbound(&report, &view, &policy));
            let begin = match choice {
                Choice::NoChange => "=Policy",
                Choice::Pending => "=Same",
                Choice::OnHold => "->on_hold",
                Choice::Approved => "->approved",
                Choice::Shipped => "->shipped",
                Choice::Delivered => "->delivered",
                Choice::Cancelled | Choice::ReturnedOrCancelled => "->cancelled",
                Choice::Ask => "?policy",
            };
            assert!(answer.starts_with(begin), "{row:?} {choice:?}: {answer}");
        }
    }
    let policy = StatusPolicy::new()
        .word("pre-ordered", Choice::Approved)
        .unwrap();
    let report = read(&WooCommerce, &word("pre-ordered"));
    assert_eq!(
        short(&WooCommerce.inbound(&report, &view, &policy)),
        "->approved"
    );
}

fn fields(financial: &str, fulfillment: &str) -> String {
    format!(r#"{{"id":1,"financial_status":"{financial}","fulfillment_status":"{fulfillment}"}}"#)
}

fn word(status: &str) -> String {
    format!(r#"{{"id":1,"status":"{status}"}}"#)
}

fn amazon(status: &str, parcel: &str) -> String {
    format!(
        r#"{{"AmazonOrderId":"1","OrderStatus":"{status}","EasyShipShipmentStatus":"{parcel}"}}"#
    )
}

#[test]
fn what_each_channel_can_be_told() {
    let told = |channel: &dyn Channel| {
        OrderStatus::ALL.map(|status| match channel.says(status) {
            Says::Already => ".",
            Says::By(_) => "+",
            Says::Roughly(..) => "~",
            Says::Never(_) => "-",
            _ => "?",
        })
    };
    // Pending, OnHold, Approved, Picking, Picked, Packing, Packed, Shipped, Delivered, Cancelled,
    // Returned.
    assert_eq!(told(&Shopify).concat(), ".++----++++");
    assert_eq!(told(&WooCommerce).concat(), ".~+----+-~~");
    assert_eq!(told(&Amazon).concat(), ".-.----+-+~");
    assert_eq!(told(&Ebay).concat(), ".-.----+-+~");
}

#[test]
fn repeated_line_ids_share_their_units() {
    let mut view = view(Pending, [0, 0]);
    view.lines[1].item = view.lines[0].item.clone();
    let mut report = read(&WooCommerce, &word("processing"));
    let refunds = br#"{"id":1,"line_items":[{"quantity":-4,"meta_data":[
        {"key":"_refunded_item_id","value":1}]}]}"#;
    WooCommerce.add_refunds(&mut report, refunds).unwrap();
    view.lines[0].cancelled = units(1);
    let answer = WooCommerce.inbound(&report, &view, &StatusPolicy::new());
    assert_eq!(short(&answer), "->cancelled");
    view.lines[1].ordered = units(5);
    let Inbound::LineChange { changes, .. } =
        WooCommerce.inbound(&report, &view, &StatusPolicy::new())
    else {
        panic!("no lines");
    };
    let moved: Vec<_> = changes.iter().map(|change| change.quantity).collect();
    assert_eq!(
        moved,
        [Quantity::new(2).unwrap(), Quantity::new(1).unwrap()]
    );
    assert!(
        changes
            .iter()
            .all(|change| change.kind == LineMoveKind::Cancelled)
    );
}

#[test]
fn trouble_with_a_parcel_is_told_even_when_the_status_is_known() {
    let json = fields("paid", "fulfilled").replace(
        "}",
        r#","fulfillments":[{"status":"success","shipment_status":"not_delivered"}]}"#,
    );
    assert_eq!(
        means(&Shopify, &json, &view(Shipped, [3, 1])),
        "?parcel_trouble"
    );
    // Upkeep takes a parcel for delivered after a while, and lost ones are called lost late.
    let mut arrived = view(Delivered, [3, 1]);
    for line in &mut arrived.lines {
        line.delivered = line.shipped;
    }
    assert_eq!(means(&Shopify, &json, &arrived), "?parcel_trouble");
    for word in ["Lost", "Undeliverable"] {
        let json = amazon("Shipped", word);
        assert_eq!(means(&Amazon, &json, &arrived), "?parcel_trouble", "{word}");
    }
    // What came back or was never sent is dealt with.
    let lost = amazon("Shipped", "Lost");
    assert_eq!(means(&Amazon, &lost, &view(Returned, [3, 1])), "=Behind");
    let report = read(&Shopify, &json);
    let answer = Shopify.inbound(&report, &view(Packed, [0, 0]), &StatusPolicy::new());
    let word = "not_delivered".to_owned();
    let remark = Some(Remark::ParcelTrouble { word });
    assert_eq!(
        answer,
        Inbound::MoveTo {
            status: Shipped,
            remark
        }
    );
    let same = Inbound::NoChange {
        why: NoChange::Same,
    };
    let known = Shopify.inbound(
        &read(&Shopify, &fields("paid", "fulfilled")),
        &view(Shipped, [3, 1]),
        &StatusPolicy::new(),
    );
    assert_eq!(known, same);
}

#[test]
fn a_remark_is_told_in_words() {
    let json = ebay("IN_PROGRESS", "PAID", "NOT_STARTED", "");
    let answer = Ebay.inbound(
        &read(&Ebay, &json),
        &view(Pending, [0, 0]),
        &StatusPolicy::new(),
    );
    let Inbound::MoveTo { remark, .. } = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(remark.unwrap().to_string(), "the buyer asks to cancel");
    // As the question that is asked where the status is known.
    let word = "failure".to_owned();
    let cause = PersonCause::ParcelTrouble { word: word.clone() };
    let remark = Remark::ParcelTrouble { word };
    assert_eq!(remark.to_string(), cause.to_string());
}

#[test]
fn a_report_of_very_many_lines_is_read_in_linear_time() {
    let lines = |shape: &dyn Fn(u32) -> String| {
        let all: Vec<String> = (0..100_000).map(shape).collect();
        all.join(",")
    };
    // Entries that say next to nothing are refused from 10,000 on.
    let words = "w".repeat(64);
    let shop = lines(&|n| format!(r#"{{"id":{n},"quantity":1,"name":"{words}"}}"#));
    let place = lines(&|n| format!(r#"{{"lineItemId":"{n}","quantity":1,"title":"{words}"}}"#));
    let cases: [(&dyn Channel, String); 3] = [
        (
            &Shopify,
            format!(r#"{{"id":1,"financial_status":"paid","line_items":[{shop}]}}"#),
        ),
        (
            &WooCommerce,
            format!(r#"{{"id":1,"status":"processing","line_items":[{shop}]}}"#),
        ),
        (&Ebay, ebay("NONE_REQUESTED", "PAID", "NOT_STARTED", &place)),
    ];
    // Comparing every line with every other one would take minutes, which nobody overlooks.
    for (channel, json) in &cases {
        assert_eq!(
            read(*channel, json).lines.len(),
            100_000,
            "{}",
            channel.kind()
        );
    }
}
