//! What a channel says of a cancellation in several messages, with money that goes back and units
//! that go on sale again: in any order, each twice, and the oldest last.

use oms_core::channel::StatusPolicy;
use oms_core::order::{Order, OrderStatus};
use oms_core::service::{ChannelReader, IntakeReader, Reading};

use crate::intake::{approved, woo_paid};
use crate::shared::{channel, fixture, stored, tried, with};

/// The order as it stands once its first message was taken in.
fn first(reader: &ChannelReader, payload: &str) -> Order {
    let reading = reader.read(&channel(), payload).unwrap();
    let Reading::Place { place, then } = reading else {
        panic!("{reading:?}");
    };
    then.iter().fold(stored(&place.draft), tried)
}

fn heard(reader: &ChannelReader, known: Order, payload: &str) -> Order {
    let commands = reader.follow(&channel(), payload, &known);
    commands.iter().fold(known, tried)
}

/// Every order in which these may come.
fn permutations(of: &[String]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (at, one) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(at);
        for mut order in permutations(&rest) {
            order.insert(0, one.clone());
            all.push(order);
        }
    }
    if of.is_empty() {
        all.push(Vec::new());
    }
    all
}

/// Whatever is heard when, the order is cancelled, and these sums were taken and went back.
fn ends_cancelled(ordered: &str, news: &[String], sums: [&str; 2]) {
    for statuses in [None, Some(StatusPolicy::new())] {
        let reader = ChannelReader {
            statuses,
            ..ChannelReader::default()
        };
        for order in permutations(news) {
            let begun = [
                approved(first(&reader, ordered)),
                first(&reader, ordered),
                first(&reader, &order[0]),
            ];
            for mut known in begun {
                for payload in order.iter().flat_map(|one| [one, one]) {
                    known = heard(&reader, known, payload);
                }
                let payment = &known.head.payment;
                let found = [payment.captured, payment.refunded].map(|sum| sum.to_string());
                assert_eq!(found, sums, "{order:#?}");
                assert!(payment.authorised.is_zero(), "{order:#?}");
                assert_eq!(known.status(), OrderStatus::Cancelled, "{order:#?}");
                assert!(known.to_give_back().money.is_zero(), "{order:#?}");
                // All of it once more, the oldest last, is no news.
                let version = known.version;
                for payload in news.iter().rev() {
                    known = heard(&reader, known, payload);
                }
                known = heard(&reader, known, ordered);
                assert_eq!(known.version, version, "{order:#?}");
            }
        }
    }
}

/// A shop's order of two units at this minute past ten, so many of which it still counts.
fn shopify(minute: u32, left: u32, words: &str) -> String {
    format!(
        r##"{{"id":1,"name":"#1","currency":"EUR","total_price":"8.50","taxes_included":true,
        "updated_at":"2026-11-20T10:{minute:02}:00Z",{words},"line_items":[{{"id":1,"sku":"TEA",
        "quantity":2,"current_quantity":{left},"price":"4.25"}}]}}"##
    )
}

#[test]
fn a_cancellation_of_shopify_ends_the_same_in_any_order() {
    let restocked = |status: &str| {
        format!(
            r#""refunds":[{{"id":9,"refund_line_items":[{{"line_item_id":1,"quantity":2,
            "restock_type":"cancel"}}],"transactions":[{{"id":3,"kind":"refund",
            "status":"{status}","amount":"8.50"}}]}}]"#
        )
    };
    let gone = r#""cancelled_at":"2026-11-20T10:02:00Z""#;
    let (paid, pending) = (r#""financial_status":"paid""#, restocked("pending"));
    let back = format!(r#""financial_status":"refunded",{}"#, restocked("success"));
    let news = [
        shopify(2, 0, &format!("{paid},{pending}")),
        shopify(3, 0, &format!("{paid},{gone},{pending}")),
        shopify(4, 0, &format!("{back},{gone}")),
    ];
    ends_cancelled(&shopify(1, 2, paid), &news, ["8.50 EUR", "8.50 EUR"]);
}

#[test]
fn a_promise_is_given_up_though_the_order_was_cancelled_before() {
    let word = |word: &str| format!(r#""financial_status":"{word}""#);
    let gone = |payment: &str| {
        let payment = word(payment);
        format!(r#"{payment},"cancelled_at":"2026-11-20T10:02:00Z""#)
    };
    let ordered = shopify(1, 2, &word("authorized"));
    for end in ["voided", "expired"] {
        let news = [
            shopify(2, 2, &gone("authorized")),
            shopify(3, 2, &gone(end)),
        ];
        ends_cancelled(&ordered, &news, ["0.00 EUR", "0.00 EUR"]);
    }
}

#[test]
fn a_cancellation_of_woocommerce_ends_the_same_in_any_order() {
    let back = |text: String| {
        let refund = r#""refunds": [{"id": 7, "total": "-57.35"}]"#;
        with(&text, r#""refunds": []"#, refund)
    };
    let news = [
        back(woo_paid("processing", 6)),
        back(woo_paid("cancelled", 7)),
        back(woo_paid("refunded", 8)),
    ];
    let sums = ["57.35 USD", "57.35 USD"];
    ends_cancelled(&woo_paid("processing", 5), &news, sums);
    // The money goes back last.
    let news = [
        woo_paid("on-hold", 6),
        woo_paid("cancelled", 7),
        back(woo_paid("cancelled", 8)),
    ];
    ends_cancelled(&woo_paid("processing", 5), &news, sums);
}

#[test]
fn a_cancellation_of_ebay_ends_the_same_in_any_order() {
    let mut page: serde_json::Value = serde_json::from_str(&fixture("ebay.json")).unwrap();
    let ordered = page["orders"][0].take();
    let said = |minute: u32, cancel: &str, payment: &str, refund: &str| {
        let mut order = ordered.clone();
        order["lastModifiedDate"] = format!("2026-11-02T11:{minute:02}:00.000Z").into();
        order["cancelStatus"]["cancelState"] = cancel.into();
        order["orderPaymentStatus"] = payment.into();
        order["lineItems"][0]["refunds"] = serde_json::from_str(refund).unwrap();
        order.to_string()
    };
    let asked = r#"[{"refundId":"re-1","amount":{"value":"52.74","currency":"EUR"}}]"#;
    let back = r#"[{"refundId":"re-1","refundDate":"2026-11-02T11:04:00.000Z",
        "amount":{"value":"52.74","currency":"EUR"}}]"#;
    let news = [
        said(2, "IN_PROGRESS", "PAID", "[]"),
        said(3, "CANCELED", "PAID", asked),
        said(4, "CANCELED", "FULLY_REFUNDED", back),
    ];
    let sums = ["52.74 EUR", "52.74 EUR"];
    ends_cancelled(&ordered.to_string(), &news, sums);
}
