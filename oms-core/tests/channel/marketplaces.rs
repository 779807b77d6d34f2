//! Orders of eBay and Amazon, by fixtures of our own.

use crate::shared::{after, channel, codes, fixture, number, reconciled, recorded, stored, with};
use oms_core::channel::{
    AmazonOrders, ChannelError, FinancialState, Format, FulfillmentState, Incoming, detect,
    read_amazon_orders, read_orders,
};
use oms_core::order::{ChargeKind, CommandKind, OrderCommand, PaymentEntry, TaxMode};
use oms_core::value::Money;

fn page(text: &str) -> Vec<Result<Incoming, ChannelError>> {
    read_orders(text.as_bytes(), &channel()).unwrap()
}

fn nth(text: &str, at: usize) -> Incoming {
    page(text)
        .swap_remove(at)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

fn refused(text: &str, at: usize) -> (String, Option<&'static str>) {
    let problem = page(text).swap_remove(at).unwrap_err();
    (problem.path.clone(), problem.cause())
}

fn ids(incoming: &Incoming) -> Vec<(&str, &str)> {
    let references = incoming.draft.external.iter();
    references
        .map(|known| (known.kind.as_str(), known.id.as_str()))
        .collect()
}

fn charges(incoming: &Incoming) -> Vec<(ChargeKind, String, String)> {
    let charges = incoming.draft.charges.iter();
    charges
        .map(|charge| {
            (
                charge.kind,
                charge.amount.to_string(),
                charge.tax.to_string(),
            )
        })
        .collect()
}

fn past(incoming: &Incoming) -> Vec<(u32, u32, u32)> {
    let lines = incoming.history.lines.iter();
    lines
        .map(|(line, past)| (line.get(), past.shipped, past.removed))
        .collect()
}

fn item(incoming: &Incoming, line: usize) -> (&str, &str) {
    let line = &incoming.draft.lines[line];
    (
        line.channel_item.as_ref().unwrap().as_str(),
        line.sku.as_ref().map_or("", |sku| sku.as_str()),
    )
}

#[test]
fn an_ebay_order_reconciles_with_every_kind_of_charge() {
    let text = fixture("ebay.json");
    assert_eq!(detect(text.as_bytes()), Some(Format::Ebay));
    let order = nth(&text, 0);
    assert_eq!(reconciled(&order), "52.74 EUR");
    assert_eq!(codes(&order), [""; 0]);
    let legacy = ("legacy_order", "110000000001-220000000002");
    assert_eq!(ids(&order), [("order", "03-00042-00007"), legacy]);
    assert_eq!(item(&order, 0), ("00100000000000000011", "TEA-01"));
    assert_eq!(item(&order, 1), ("00100000000000000012", "007-MUG"));
    let lines = &order.draft.lines;
    assert_eq!(lines[0].unit_price.amount().to_string(), "8.333333");
    assert_eq!(
        (lines[0].discount.minor(), lines[0].tax.minor()),
        (175, 100)
    );
    let expected = [
        (ChargeKind::Shipping, "4.95 EUR", "0.00 EUR"),
        (ChargeKind::Fee, "0.55 EUR", "0.00 EUR"),
        (ChargeKind::Fee, "-0.25 EUR", "0.00 EUR"),
    ];
    let expected = expected.map(|(kind, amount, tax)| (kind, amount.to_owned(), tax.to_owned()));
    assert_eq!(charges(&order), expected);
    assert!(order.draft.discount.is_zero());
    // The payment tells the seller's share, converted; the buyer paid the total.
    assert_eq!(order.draft.payment.captured.to_string(), "52.74 EUR");
    assert_eq!(order.state.financial, Some(FinancialState::Paid));
    assert_eq!(order.state.suggestion.code(), "approved");
    assert_eq!(past(&order), [(2, 1, 0)]);
}

#[test]
fn an_ebay_orders_people_and_terms_are_kept() {
    let order = nth(&fixture("ebay.json"), 0);
    let receiver = order.draft.contacts.ship_to.unwrap();
    assert_eq!(receiver.address.name.unwrap().as_str(), "Test Buyer");
    assert_eq!(receiver.address.company.unwrap().as_str(), "Example GmbH");
    assert_eq!(receiver.address.line2.unwrap().as_str(), "ebay:abc123");
    assert_eq!(receiver.phone.unwrap().as_str(), "0221 555");
    let payer = order.draft.contacts.bill_to.unwrap();
    assert_eq!(payer.address.postal_code.unwrap().as_str(), "01234");
    let place = order.draft.contacts.place.unwrap();
    assert_eq!(place.region.unwrap().as_str(), "NRW");
    let customer = order.history.customer.unwrap();
    assert_eq!(customer.id.unwrap().as_str(), "buyer_1");
    assert_eq!(order.history.ordered_offset_mins, Some(0));
    assert_eq!(order.draft.notes[0].as_str(), "Please ring");
    let promised = order.draft.promised_by.unwrap().to_string();
    assert_eq!(promised, "2026-11-06T22:00:00.000000Z");
    let kept = order
        .draft
        .attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let expected = [
        ("sales_record_reference", "42"),
        ("ship_service_level", "DE_Example"),
    ];
    assert_eq!(kept.collect::<Vec<_>>(), expected);
    assert!(
        order
            .draft
            .payload
            .unwrap()
            .text
            .contains("ebayCollectAndRemitTaxes")
    );
}

#[test]
fn an_ebay_refund_is_what_the_lines_say_went_back() {
    let order = nth(&fixture("ebay.json"), 1);
    assert_eq!(reconciled(&order), "30.00 USD");
    assert_eq!(order.draft.payment.refunded.to_string(), "5.00 USD");
    let refund = &order.history.refunds[0];
    assert_eq!(refund.id.as_ref().unwrap().as_str(), "re-9");
    assert_eq!(refund.amount.unwrap().minor(), 500);
    assert_eq!(order.state.suggestion.code(), "shipped");
    assert_eq!(order.state.financial, Some(FinancialState::PartlyRefunded));
    assert_eq!(past(&order), [(1, 2, 0)]);
    // Only the summary tells it: less the fees the seller got back, but better than nothing.
    let text = with(
        &fixture("ebay.json"),
        "\"refunds\":[{\"refundDate\"",
        "\"x\":[{\"refundDate\"",
    );
    assert_eq!(nth(&text, 1).draft.payment.refunded.to_string(), "4.10 USD");
}

/// What the summary of the second order tells of its refund.
const TOLD: &str = r#"{"amount":{"value":"4.1","currency":"USD"},"refundStatus":"REFUNDED"}"#;

#[test]
fn an_ebay_refund_of_a_line_is_no_money_before_it_was_issued() {
    let text = fixture("ebay.json");
    let told = |status: &str| {
        format!(
            r#"{{"amount":{{"value":"4.1","currency":"USD"}},"refundId":"re-9",
            "refundStatus":"{status}"}}"#
        )
    };
    let back = |text: &str, summary: &str| {
        let payment = nth(&with(text, TOLD, summary), 1).draft.payment;
        payment.refunded.to_string()
    };
    let dated = r#""refundDate":"2026-11-05T09:00:00.000Z","refundId":"re-9""#;
    let asked = with(&text, dated, r#""refundId":"re-9""#);
    assert_eq!(back(&asked, ""), "0.00 USD");
    for status in ["PENDING", "FAILED"] {
        assert_eq!(back(&asked, &told(status)), "0.00 USD", "{status}");
        assert_eq!(back(&text, &told(status)), "0.00 USD", "{status}");
    }
    assert_eq!(back(&asked, &told("REFUNDED")), "5.00 USD");
    assert_eq!(back(&text, ""), "5.00 USD");
    // One that is issued counts beside one that is not: it is another.
    assert_eq!(back(&asked, TOLD), "4.10 USD");
    // What waits may go back yet.
    let all = |status: &str| {
        let told = with(&text, TOLD, &told(status));
        nth(&told, 1).history.refunds_are_all
    };
    assert_eq!(
        ["PENDING", "FAILED", "REFUNDED"].map(all),
        [false, true, true]
    );
}

#[test]
fn an_ebay_refund_of_the_order_as_a_whole_counts_beside_those_of_lines() {
    let text = fixture("ebay.json");
    let order = |more: &str| {
        let whole = r#"{"amount":{"value":"2.0","currency":"USD"}"#;
        nth(&with(&text, TOLD, &format!("{TOLD},{whole},{more}}}")), 1)
    };
    let back = |more: &str| order(more).draft.payment.refunded.to_string();
    let whole = r#""refundId":"re-10","refundDate":"2026-11-06T09:00:00.000Z""#;
    let issued = format!(r#"{whole},"refundStatus":"REFUNDED""#);
    assert_eq!(back(&issued), "7.00 USD");
    let refunds = order(&issued).history.refunds;
    let names = refunds.iter().flat_map(|refund| &refund.id);
    let names: Vec<_> = names.map(ToString::to_string).collect();
    assert_eq!(names, ["re-9", "re-10"]);
    for again in [
        // Not issued yet.
        format!(r#"{whole},"refundStatus":"PENDING""#),
        // What the line tells: by its name, by its time, and without a name of its own.
        with(&issued, "re-10", "re-9"),
        with(&issued, "2026-11-06", "2026-11-05"),
        with(&issued, "refundId", "refundReferenceId"),
    ] {
        assert_eq!(back(&again), "5.00 USD", "{again}");
    }
}

#[test]
fn a_cancelled_ebay_order_is_cancelled_before_anything_else() {
    let order = nth(&fixture("ebay.json"), 2);
    assert_eq!(order.state.suggestion.code(), "cancelled");
    let at = order.state.cancelled_at.unwrap().to_string();
    assert_eq!(at, "2026-11-03T09:00:00.000000Z");
    assert_eq!(order.draft.payment.refunded, order.draft.payment.captured);
    // What the buyer asked for before, and was refused, is not when it was cancelled.
    let refused = r#""cancelRequests":[{"cancelRequestState":"REJECTED",
        "cancelRequestedDate":"2026-11-02T12:00:00.000Z"},{"cancelRequestedDate""#;
    let text = with(
        &fixture("ebay.json"),
        r#""cancelRequests":[{"cancelRequestedDate""#,
        refused,
    );
    assert_eq!(nth(&text, 2).state.cancelled_at, order.state.cancelled_at);
}

#[test]
fn the_names_of_ebay_payments_stand_for_what_was_captured() {
    let text = fixture("ebay.json");
    let paid = "\"orderPaymentStatus\":\"PAID\"";
    let named = |word: &str| {
        let order = nth(
            &with(&text, paid, &format!("\"orderPaymentStatus\":\"{word}\"")),
            0,
        );
        let payment = order.draft.payment;
        let names: Vec<_> = payment.references.iter().map(ToString::to_string).collect();
        (payment.captured.is_positive(), names)
    };
    assert_eq!(named("PAID"), (true, vec!["pay-1".to_owned()]));
    for word in ["PENDING", "FAILED"] {
        assert_eq!(named(word), (false, vec![]), "{word}");
    }
}

#[test]
fn an_ebay_refund_that_came_with_the_order_is_not_recorded_again() {
    let refund = |text: &str, name: &str| {
        let draft = nth(text, 1).draft;
        let amount = draft.payment.refunded;
        recorded(&draft, PaymentEntry::Refunded { amount }, name)
    };
    let text = with(
        &fixture("ebay.json"),
        r#""refundId":"re-9""#,
        r#""refundId":"re-9","refundReferenceId":"ref-9""#,
    );
    assert_eq!(refund(&text, "re-9"), 0);
    assert_eq!(refund(&text, "ref-9"), 0);
    assert_eq!(refund(&text, "re-10"), 1);
    // One that is pending is in no sum yet.
    let summary = with(
        &text,
        "\"refunds\":[{\"refundDate\"",
        "\"x\":[{\"refundDate\"",
    );
    let open = r#"{"amount":{"value":"1.0","currency":"USD"},"refundId":"re-8",
        "refundStatus":"PENDING"},{"refundId":"re-7","amount":"#;
    let summary = with(
        &summary,
        r#"{"amount":{"value":"4.1""#,
        &format!("{open}{{\"value\":\"4.1\""),
    );
    assert_eq!(refund(&summary, "re-7"), 0);
    assert_eq!(refund(&summary, "re-8"), 1);
}

#[test]
fn an_ebay_order_that_is_cancelled_once_a_parcel_left_is_stopped() {
    let text = fixture("ebay.json");
    let known = stored(&nth(&text, 0).draft);
    let sent = "\"orderFulfillmentStatus\":\"NOT_STARTED\"";
    let text = with(&text, sent, "\"orderFulfillmentStatus\":\"IN_PROGRESS\"");
    let cancel = "\"cancelState\":\"NONE_REQUESTED\"";
    let gone = nth(&with(&text, cancel, "\"cancelState\":\"CANCELED\""), 0);
    assert_eq!(gone.state.suggestion.code(), "needs_person");
    let told = gone.cancelled_since(&known);
    let kinds: Vec<_> = told.iter().map(OrderCommand::kind).collect();
    assert_eq!(kinds, [CommandKind::Hold, CommandKind::AddNote]);
    let known = told.iter().fold(known, after);
    assert!(gone.is_cancelled_too_late(&known));
    assert_eq!(gone.cancelled_since(&known), []);
}

#[test]
fn every_state_of_an_ebay_order_has_its_suggestion() {
    let text = fixture("ebay.json");
    let first = |changes: &[(&str, &str)]| {
        let text = changes
            .iter()
            .fold(text.clone(), |text, (old, new)| with(&text, old, new));
        let order = nth(&text, 0);
        (order.state.suggestion.code(), codes(&order))
    };
    let status = "\"orderFulfillmentStatus\":\"NOT_STARTED\"";
    let paid = "\"orderPaymentStatus\":\"PAID\"";
    let cancel = "\"cancelState\":\"NONE_REQUESTED\"";
    let ship = "\"fulfillmentInstructionsType\":\"SHIP_TO\"";
    let sent = |word: &str| format!("\"orderFulfillmentStatus\":\"{word}\"");
    let money = |word: &str| format!("\"orderPaymentStatus\":\"{word}\"");
    for (old, new, expected, warned) in [
        (paid, money("PENDING"), "pending", ""),
        (paid, money("FAILED"), "pending", ""),
        (paid, money("NEW_WORD"), "needs_person", "unknown_state"),
        (
            paid,
            money("PARTIALLY_REFUNDED"),
            "approved",
            "payment_unknown",
        ),
        (
            paid,
            money("FULLY_REFUNDED"),
            "cancelled",
            "payment_unknown",
        ),
        (status, sent("IN_PROGRESS"), "needs_person", ""),
        (status, sent("FULFILLED"), "shipped", ""),
        (status, sent("NEW_WORD"), "needs_person", "unknown_state"),
        (
            cancel,
            "\"cancelState\":\"IN_PROGRESS\"".to_owned(),
            "on_hold",
            "",
        ),
        (
            cancel,
            "\"cancelState\":\"NEW_WORD\"".to_owned(),
            "needs_person",
            "unknown_state",
        ),
        (
            cancel,
            "\"cancelState\":\"CANCELED\"".to_owned(),
            "cancelled",
            "",
        ),
        (
            ship,
            ship.replace("SHIP_TO", "FULFILLED_BY_EBAY"),
            "ignore",
            "",
        ),
    ] {
        let (found, codes) = first(&[(old, &new)]);
        assert_eq!(found, expected, "{new}");
        assert_eq!(codes.first().copied().unwrap_or_default(), warned, "{new}");
    }
    // No stock here is for what eBay ships, whatever else is said of it.
    let by_ebay = ship.replace("SHIP_TO", "FULFILLED_BY_EBAY");
    for (old, new) in [
        (cancel, "\"cancelState\":\"IN_PROGRESS\"".to_owned()),
        (cancel, "\"cancelState\":\"CANCELED\"".to_owned()),
        (status, sent("IN_PROGRESS")),
        (paid, money("PENDING")),
    ] {
        let (found, _) = first(&[(ship, &by_ebay), (old, &new)]);
        assert_eq!(found, "ignore", "{new}");
    }
    let sent_and_cancelled = [
        (status, &*sent("FULFILLED")),
        (cancel, "\"cancelState\":\"CANCELED\""),
    ];
    assert_eq!(first(&sent_and_cancelled).0, "needs_person");
    let refunded = [
        (status, &*sent("FULFILLED")),
        (paid, &*money("FULLY_REFUNDED")),
    ];
    assert_eq!(
        first(&refunded),
        ("shipped", vec!["payment_unknown", "ambiguous_state"])
    );
}

#[test]
fn what_an_ebay_order_cannot_be_read_without_is_named() {
    let text = fixture("ebay.json");
    for (old, new, path, cause) in [
        ("\"pricingSummary\"", "\"x\"", "pricingSummary", None),
        ("\"lineItems\"", "\"x\"", "lineItems", None),
        (
            "\"lineItemCost\"",
            "\"x\"",
            "lineItems[0].lineItemCost",
            None,
        ),
        (
            "\"quantity\":3",
            "\"quantity\":0",
            "lineItems[0].quantity",
            Some("quantity_zero"),
        ),
        (
            "\"quantity\":3",
            "\"quantity\":1.5",
            "lineItems[0].quantity",
            Some("quantity_not_whole"),
        ),
        (
            "\"value\":\"25.0\",\"currency\":\"EUR\"",
            "\"value\":\"25.0\",\"currency\":\"USD\"",
            "lineItems[0].lineItemCost.currency",
            Some("money_currency_mismatch"),
        ),
        (
            "\"25.0\"",
            "\"25.001\"",
            "lineItems[0].lineItemCost.value",
            Some("money_wrong_minor_units"),
        ),
    ] {
        let (found, why) = refused(&with(&text, old, new), 0);
        assert_eq!((found.as_str(), why), (path, cause), "{new}");
        // The others of the page are read all the same.
        assert!(page(&with(&text, old, new))[1].is_ok());
    }
    // A line changed by hand: the total counts, and the difference is told.
    let order = nth(&with(&text, "\"25.0\"", "\"26.0\""), 0);
    assert!(
        codes(&order).contains(&"discount_differs") || codes(&order).contains(&"total_differs")
    );
}

fn amazon(changed: impl Fn(&str, String) -> String) -> AmazonOrders {
    let names = ["items_1a", "items_1b", "items_2", "items_3", "address_1"];
    let bodies = names.map(|name| changed(name, fixture(&format!("amazon_v0_{name}.json"))));
    let others: Vec<&[u8]> = bodies.iter().map(|body| body.as_bytes()).collect();
    let orders = changed("orders", fixture("amazon_v0.json"));
    read_amazon_orders(orders.as_bytes(), &others, &channel()).unwrap()
}

fn amazon_order(at: usize) -> Incoming {
    let mut read = amazon(|_, text| text);
    assert_eq!(read.unused, []);
    read.orders
        .swap_remove(at)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn an_amazon_order_is_joined_of_its_answers() {
    let order = amazon_order(0);
    assert_eq!(reconciled(&order), "47.40 USD");
    // A cancelled line, of which Amazon sets the quantity to nothing, is left out.
    assert_eq!(codes(&order), ["line_left_out"]);
    assert_eq!(ids(&order), [("order", "902-0000001-0000001")]);
    assert_eq!(number(&order), Some("SHOP-7"));
    assert_eq!(item(&order, 0), ("05015851154158", "TEA-01"));
    assert_eq!(order.draft.lines.len(), 2);
    assert_eq!(order.draft.tax_mode, TaxMode::Exclusive);
    let expected = [
        (
            ChargeKind::Shipping,
            "4.00 USD".to_owned(),
            "0.30 USD".to_owned(),
        ),
        (
            ChargeKind::Fee,
            "3.00 USD".to_owned(),
            "0.30 USD".to_owned(),
        ),
    ];
    assert_eq!(charges(&order), expected);
    let receiver = order.draft.contacts.ship_to.as_ref().unwrap();
    assert_eq!(
        receiver.address.name.as_ref().unwrap().as_str(),
        "Test Buyer"
    );
    assert_eq!(receiver.address.line2.as_ref().unwrap().as_str(), "Rear");
    assert_eq!(order.draft.notes[0].as_str(), "For you");
    assert_eq!(order.state.suggestion.code(), "needs_person");
    assert_eq!(order.state.fulfillment, Some(FulfillmentState::Partial));
    assert_eq!(past(&order), [(1, 1, 0)]);
    assert_eq!(order.draft.payment.captured.to_string(), "47.40 USD");
    let kept = |key: &str| {
        let found = order
            .draft
            .attributes
            .iter()
            .find(|(name, _)| name.as_str() == key);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(kept("marketplace_id"), Some("ATVPDKIKX0DER"));
    assert_eq!(kept("latest_ship_date"), Some("2026-11-04T07:00:00Z"));
}

#[test]
fn the_payload_of_a_joined_order_reads_as_the_same_order() {
    let order = amazon_order(0);
    let text = order.draft.payload.clone().unwrap().text;
    for name in ["items_1a", "items_1b", "address_1"] {
        let answer = fixture(&format!("amazon_v0_{name}.json"));
        assert!(text.contains(answer.trim()), "{name} is kept byte for byte");
    }
    assert_eq!(detect(text.as_bytes()), Some(Format::AmazonV0));
    assert_eq!(nth(&text, 0), order);
}

#[test]
fn prices_of_most_marketplaces_contain_the_tax() {
    let order = amazon_order(1);
    assert_eq!(order.draft.tax_mode, TaxMode::Inclusive);
    assert_eq!(reconciled(&order), "11.90 EUR");
    // A buyer's wish to cancel holds the order.
    assert_eq!(order.state.suggestion.code(), "on_hold");
    // Where only adding the tax gives the total, it was not contained.
    let read = amazon(|name, text| match name {
        "orders" => with(&text, "\"11.90\"", "\"13.80\""),
        _ => text,
    });
    let order = read.orders[1].as_ref().unwrap();
    assert_eq!(order.draft.tax_mode, TaxMode::Exclusive);
    assert_eq!(reconciled(order), "13.80 EUR");
}

#[test]
fn an_amazon_order_not_yet_authorised_has_no_prices() {
    let order = amazon_order(2);
    assert_eq!(order.draft.currency.code(), "JPY");
    assert_eq!(codes(&order), ["price_not_stated", "total_not_stated"]);
    assert_eq!(order.draft.lines[0].quantity.get(), 2);
    assert_eq!(order.draft.stated_total, None);
    // Placed now it would stay without prices: it is left until it comes with them.
    assert_eq!(order.state.suggestion.code(), "ignore");
}

#[test]
fn an_amazon_order_lacking_answers_says_which() {
    let read = amazon(|_, text| text);
    let problem = read.orders[3].as_ref().unwrap_err();
    assert_eq!(
        (problem.code(), problem.path.as_str()),
        ("channel_field_missing", "OrderItems")
    );
    assert!(problem.expected.contains("getOrderItems"), "{problem}");
    assert_eq!(
        problem.order.as_ref().unwrap().id.as_deref(),
        Some("902-0000004-0000004")
    );
    // Only the first of two pages of items.
    let read = amazon(|name, text| match name {
        "items_1b" => with(&text, "902-0000001-0000001", "902-0000009-0000009"),
        _ => text,
    });
    assert_eq!(
        read.orders[0].as_ref().unwrap_err().cause(),
        Some("items_incomplete")
    );
    let (at, unused) = &read.unused[0];
    assert_eq!((*at, unused.cause()), (1, Some("order_not_on_page")));
}

#[test]
fn an_answer_that_is_none_is_told_and_harms_nobody() {
    let read = amazon(|name, text| match name {
        "items_3" => "{broken".to_owned(),
        "address_1" => "{\"payload\":{\"AmazonOrderId\":\"902-0000001-0000001\"}}".to_owned(),
        _ => text,
    });
    assert!(read.orders[0].is_ok() && read.orders[1].is_ok());
    let told: Vec<_> = read
        .unused
        .iter()
        .map(|(at, why)| (*at, why.code()))
        .collect();
    assert_eq!(
        told,
        [(3, "channel_not_json"), (4, "channel_unknown_format")]
    );
    // Without an id an answer belongs to the only order there is.
    let order = br#"{"payload":{"AmazonOrderId":"1","OrderStatus":"Pending","MarketplaceId":
        "ATVPDKIKX0DER"}}"#;
    let items = br#"{"payload":{"OrderItems":[{"OrderItemId":"1","QuantityOrdered":1}]}}"#;
    let read = read_amazon_orders(order, &[items], &channel()).unwrap();
    assert!(read.orders[0].is_ok() && read.unused.is_empty());
    // Also where it stands there twice.
    let order = r#"{"AmazonOrderId":"1","OrderStatus":"Pending","MarketplaceId":"ATVPDKIKX0DER"}"#;
    let page = format!(r#"{{"payload":{{"Orders":[{order},{order}]}}}}"#);
    let read = read_amazon_orders(page.as_bytes(), &[items], &channel()).unwrap();
    assert!(read.orders[0].is_ok() && read.unused.is_empty());
    assert_eq!(read.orders.len(), 1);
    let problem = read_amazon_orders(
        b"{\"errors\":[{\"message\":\"Throttled\"}]}",
        &[],
        &channel(),
    );
    assert_eq!(problem.unwrap_err().value, "Throttled");
}

#[test]
fn an_order_that_an_amazon_page_repeats_is_read_once_as_it_changed_last() {
    let order = |id: &str, status: &str, changed: &str| {
        format!(
            r#"{{"AmazonOrderId":"{id}","OrderStatus":"{status}","LastUpdateDate":"{changed}",
            "MarketplaceId":"ATVPDKIKX0DER"}}"#
        )
    };
    let items = |id: &str| {
        format!(
            r#"{{"AmazonOrderId":"{id}","OrderItems":[{{"OrderItemId":"1","QuantityOrdered":1}}]}}"#
        )
    };
    let page = [
        order("1", "Unshipped", "2026-11-01T10:00:00Z"),
        order("2", "Unshipped", "2026-11-01T10:00:00Z"),
        order("1", "Canceled", "2026-11-02T10:00:00Z"),
        order("1", "Unshipped", "2026-11-01T12:00:00Z"),
        order("2", "Shipped", "2026-11-01T10:00:00Z"),
    ];
    let page = format!(r#"{{"payload":{{"Orders":[{}]}}}}"#, page.join(","));
    let (one, two) = (items("1"), items("2"));
    let others = [one.as_bytes(), two.as_bytes()];
    let read = read_amazon_orders(page.as_bytes(), &others, &channel()).unwrap();
    assert_eq!(read.unused, []);
    let orders = read.orders.iter().map(|order| order.as_ref().unwrap());
    let told: Vec<_> = orders
        .map(|order| (ids(order), order.state.suggestion.code()))
        .collect();
    let expected = [
        (vec![("order", "1")], "cancelled"),
        (vec![("order", "2")], "shipped"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn every_state_of_an_amazon_v0_order_has_its_suggestion() {
    let of = |status: &str, more: &str| {
        let text = format!(
            r#"{{"AmazonOrderId":"1","OrderStatus":"{status}","MarketplaceId":"ATVPDKIKX0DER",
            "OrderItems":[{{"OrderItemId":"1","QuantityOrdered":1}}]{more}}}"#
        );
        nth(&text, 0).state.suggestion.code()
    };
    let total = r#","OrderTotal":{"CurrencyCode":"USD","Amount":"5.00"}"#;
    let both = format!(
        r#"{total},"ShippingAddress":{{"City":"Canton","StateOrRegion":"MI",
        "PostalCode":"48817","CountryCode":"US"}}"#
    );
    for (status, more, expected) in [
        ("PendingAvailability", "", "ignore"),
        ("Pending", "", "ignore"),
        ("Pending", total, "ignore"),
        ("Pending", both.as_str(), "pending"),
        ("PendingAvailability", both.as_str(), "pending"),
        ("Unshipped", "", "approved"),
        // Its goods are Amazon's to keep, too: no stock here is for it.
        ("Unshipped", r#","FulfillmentChannel":"AFN""#, "ignore"),
        ("Unfulfillable", r#","FulfillmentChannel":"AFN""#, "ignore"),
        ("PartiallyShipped", "", "needs_person"),
        ("Shipped", "", "shipped"),
        ("Shipped", r#","FulfillmentChannel":"AFN""#, "ignore"),
        (
            "Shipped",
            r#","FulfillmentChannel":"AFN","EasyShipShipmentStatus":"Lost""#,
            "ignore",
        ),
        ("Canceled", r#","FulfillmentChannel":"AFN""#, "ignore"),
        (
            "Shipped",
            r#","EasyShipShipmentStatus":"Delivered""#,
            "delivered",
        ),
        (
            "Shipped",
            r#","EasyShipShipmentStatus":"ReturnedToSeller""#,
            "needs_person",
        ),
        (
            "Shipped",
            r#","EasyShipShipmentStatus":"Lost""#,
            "needs_person",
        ),
        ("InvoiceUnconfirmed", "", "shipped"),
        ("Canceled", "", "cancelled"),
        ("Unfulfillable", "", "on_hold"),
        ("NewWord", "", "needs_person"),
    ] {
        assert_eq!(of(status, more), expected, "{status}{more}");
    }
    let verified = |word: &str| {
        let text = format!(
            r#"{{"order":{{"AmazonOrderId":"1","OrderStatus":"Unshipped","MarketplaceId":
            "ATVPDKIKX0DER"}},"items":[{{"OrderItems":[{{"OrderItemId":"1","QuantityOrdered":1}}]}}],
            "regulated":{{"payload":{{"RegulatedOrderVerificationStatus":{{"Status":"{word}"}}}}}}}}"#
        );
        nth(&text, 0).state.suggestion.code()
    };
    let words = ["Approved", "Pending", "Rejected", "Expired", "NewWord"].map(verified);
    assert_eq!(
        words,
        [
            "approved",
            "on_hold",
            "cancelled",
            "cancelled",
            "needs_person"
        ]
    );
}

#[test]
fn an_amazon_order_of_2026_reconciles_with_every_kind_of_proceeds() {
    let text = fixture("amazon_2026.json");
    assert_eq!(detect(text.as_bytes()), Some(Format::Amazon2026));
    let order = nth(&text, 0);
    assert_eq!(reconciled(&order), "63.57 USD");
    assert_eq!(codes(&order), [""; 0]);
    assert_eq!(ids(&order), [("order", "202-0000001-0000001")]);
    assert_eq!(number(&order), Some("SHOP-9"));
    assert_eq!(item(&order, 0), ("00000000000001", "TEA-01"));
    let amounts: Vec<_> = charges(&order)
        .into_iter()
        .map(|(kind, amount, _)| (kind, amount))
        .collect();
    let expected = [
        (ChargeKind::Shipping, "4.00 USD"),
        (ChargeKind::Fee, "3.00 USD"),
        (ChargeKind::Fee, "1.00 USD"),
        (ChargeKind::Fee, "0.07 USD"),
        (ChargeKind::Tip, "5.00 USD"),
    ];
    assert_eq!(
        amounts,
        expected.map(|(kind, amount)| (kind, amount.to_owned()))
    );
    assert_eq!(order.draft.lines[0].discount.minor(), 200);
    // Of the cancelled line one unit had left.
    assert_eq!(past(&order), [(1, 3, 0), (2, 1, 1)]);
    assert_eq!(order.state.suggestion.code(), "delivered");
    let receiver = order.draft.contacts.ship_to.as_ref().unwrap();
    assert_eq!(
        receiver.address.postal_code.as_ref().unwrap().as_str(),
        "08370"
    );
    let notes: Vec<_> = order.draft.notes.iter().map(|note| note.as_str()).collect();
    assert_eq!(notes, ["Ring twice", "For you"]);
}

#[test]
fn an_amazon_order_of_2026_without_proceeds_goes_by_its_unit_prices() {
    let order = nth(&fixture("amazon_2026.json"), 1);
    assert_eq!(order.draft.currency.code(), "JPY");
    assert_eq!(
        order.draft.lines[0].unit_price.amount().to_string(),
        "19940"
    );
    assert_eq!(codes(&order), ["total_not_stated"]);
    // The buyer asked to cancel, and nobody has decided.
    assert_eq!(order.state.suggestion.code(), "on_hold");
}

#[test]
fn amazon_takes_no_more_than_the_total_and_nothing_of_what_is_cancelled() {
    let total = r#","proceeds":{"grandTotal":{"amount":"5.00","currencyCode":"EUR"}}"#;
    let v2026 = |status: &str, total: &str| {
        let text = format!(
            r#"{{"orderId":"1","salesChannel":{{"marketplaceId":"A1PA6795UKMFR9"}},
            "fulfillment":{{"fulfillmentStatus":"{status}","fulfilledBy":"MERCHANT"}},
            "orderItems":[{{"orderItemId":"1","quantityOrdered":1}}]{total}}}"#
        );
        nth(&text, 0).history.takes_at_most
    };
    let v0_total = r#","OrderTotal":{"CurrencyCode":"EUR","Amount":"5.00"}"#;
    let v0 = |status: &str, total: &str| {
        let text = format!(
            r#"{{"AmazonOrderId":"1","OrderStatus":"{status}","MarketplaceId":"A1PA6795UKMFR9",
            "OrderItems":[{{"OrderItemId":"1","QuantityOrdered":1}}]{total}}}"#
        );
        nth(&text, 0).history.takes_at_most
    };
    let told = |most: Option<Money>| most.map(|most| most.to_string());
    for (word, expected) in [
        ("Unshipped", Some("5.00 EUR")),
        ("Shipped", Some("5.00 EUR")),
        ("Pending", None),
        ("Unfulfillable", None),
    ] {
        for most in [v0(word, v0_total), v2026(&word.to_uppercase(), total)] {
            assert_eq!(told(most).as_deref(), expected, "{word}");
        }
        assert_eq!(
            [v0(word, ""), v2026(&word.to_uppercase(), "")],
            [None, None]
        );
    }
    for total in [total, ""] {
        assert_eq!(told(v2026("CANCELLED", total)).as_deref(), Some("0.00 EUR"));
    }
    assert_eq!(told(v0("Canceled", "")).as_deref(), Some("0.00 EUR"));
}

#[test]
fn every_state_of_an_amazon_2026_order_has_its_suggestion() {
    let of = |status: &str, more: &str| {
        let text = format!(
            r#"{{"orderId":"1","salesChannel":{{"marketplaceId":"A1PA6795UKMFR9"}},
            "fulfillment":{{"fulfillmentStatus":"{status}","fulfilledBy":"MERCHANT"}},
            "orderItems":[{{"orderItemId":"1","quantityOrdered":1}}]{more}}}"#
        );
        nth(&text, 0).state.suggestion.code()
    };
    let stated = r#","proceeds":{"grandTotal":{"amount":"5.00","currencyCode":"EUR"}},
        "recipient":{"deliveryAddress":{"city":"Bonn","postalCode":"53111","countryCode":"DE"}}"#;
    let parcel = |status: &str, detail: &str| {
        format!(
            r#","packages":[{{"packageStatus":{{"status":"{status}","detailedStatus":"{detail}"}}}}]"#
        )
    };
    let by_amazon = r#","fulfillment":{"fulfillmentStatus":"NONE","fulfilledBy":"AMAZON"}"#;
    for status in ["UNSHIPPED", "SHIPPED", "CANCELLED", "NEW_WORD"] {
        let by_amazon = by_amazon.replace("NONE", status);
        let lost = parcel("UNDELIVERABLE", "LOST");
        let text = format!(
            r#"{{"orderId":"1","salesChannel":{{"marketplaceId":"A1PA6795UKMFR9"}},
            "orderItems":[{{"orderItemId":"1","quantityOrdered":1}}]{by_amazon}{lost}}}"#
        );
        assert_eq!(nth(&text, 0).state.suggestion.code(), "ignore", "{status}");
    }
    for (status, more, expected) in [
        ("PENDING_AVAILABILITY", String::new(), "ignore"),
        ("PENDING", String::new(), "ignore"),
        ("PENDING", stated.to_owned(), "pending"),
        ("UNSHIPPED", String::new(), "approved"),
        ("PARTIALLY_SHIPPED", String::new(), "needs_person"),
        (
            "SHIPPED",
            parcel("IN_TRANSIT", "OUT_FOR_DELIVERY"),
            "shipped",
        ),
        ("SHIPPED", parcel("DELIVERED", ""), "delivered"),
        ("SHIPPED", parcel("CANCELLED", ""), "shipped"),
        (
            "SHIPPED",
            parcel("UNDELIVERABLE", "RETURNED_TO_SELLER"),
            "needs_person",
        ),
        ("SHIPPED", parcel("UNDELIVERABLE", "LOST"), "needs_person"),
        ("CANCELLED", String::new(), "cancelled"),
        ("UNFULFILLABLE", String::new(), "on_hold"),
        ("NEW_WORD", String::new(), "needs_person"),
    ] {
        assert_eq!(of(status, &more), expected, "{status}{more}");
    }
}

/// The first order of Amazon, read of its own answers with one page of items changed and another
/// answer beside.
fn amazon_with(change: impl Fn(String) -> String, beside: &str) -> Incoming {
    let first = change(fixture("amazon_v0_items_1a.json"));
    let second = fixture("amazon_v0_items_1b.json");
    let bodies = [first.as_bytes(), second.as_bytes(), beside.as_bytes()];
    let orders = fixture("amazon_v0.json");
    let mut read = read_amazon_orders(orders.as_bytes(), &bodies, &channel()).unwrap();
    assert_eq!(read.unused, []);
    read.orders
        .swap_remove(0)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

#[test]
fn what_buyers_chose_for_items_may_come_in_an_answer_of_its_own() {
    let beside = r#"{"payload":{"AmazonOrderId":"902-0000001-0000001","OrderItems":[
        {"OrderItemId":"05015851154158","GiftMessageText":"For you all",
         "GiftWrapPrice":{"CurrencyCode":"USD","Amount":"3.00"},
         "GiftWrapTax":{"CurrencyCode":"USD","Amount":"0.30"}}]}}"#;
    let inside = |text: String| with(&text, "\"BuyerInfo\"", "\"x\"");
    let apart = amazon_with(inside, beside);
    assert_eq!(reconciled(&apart), "47.40 USD");
    assert_eq!(apart.draft.lines.len(), 2);
    let notes: Vec<_> = apart.draft.notes.iter().map(|note| note.as_str()).collect();
    assert_eq!(notes, ["For you all"]);
    // Told in both places, it is charged once.
    let both = amazon_with(|text| text, beside);
    assert_eq!(reconciled(&both), "47.40 USD");
    assert_eq!(both.draft.notes.len(), 2);
    // The payload that is kept reads to the same order.
    let kept = &apart.draft.payload.as_ref().unwrap().text;
    assert_eq!(nth(kept, 0).draft, apart.draft);
}

#[test]
fn a_page_of_items_that_comes_twice_counts_once() {
    let page = fixture("amazon_v0_items_1a.json");
    let twice = amazon_with(|text| text, &page);
    assert_eq!(reconciled(&twice), "47.40 USD");
    assert_eq!(codes(&twice), ["line_left_out"]);
    // One that differs is told: nobody can say which one is right.
    let other = with(&page, "\"QuantityShipped\":1", "\"QuantityShipped\":2");
    let other = amazon_with(|text| text, &other);
    assert!(codes(&other).contains(&"line_id_repeated"));
}

#[test]
fn an_ebay_line_names_its_variation_and_the_order_its_terms() {
    let text = fixture("ebay.json");
    let aspects = "\"title\":\"Tea\",\"variationAspects\":[{\"name\":\"Sort\",\"value\":\"Green\"},
        {\"name\":\"Weight\",\"value\":\"250 g\"},{\"name\":\"Drink\",\"value\":\"tea\"}],
        \"lineItemFulfillmentInstructions\":{\"shipByDate\":\"2026-11-05T06:59:59.000Z\"}";
    let text = with(&text, "\"title\":\"Tea\"", aspects);
    let text = with(
        &text,
        "\"title\":\"Mug\"",
        "\"title\":\"Mug\",
        \"lineItemFulfillmentInstructions\":{\"shipByDate\":\"2026-11-04T06:59:59.000Z\"}",
    );
    let text = with(
        &text,
        "\"shippingServiceCode\":\"DE_Example\"",
        "\"shippingServiceCode\":\"DE_Example\",\"shipToReferenceId\":\"REF-1\"",
    );
    let order = nth(&text, 0);
    let titles = order.draft.lines.iter().map(|line| line.title.as_ref());
    let titles: Vec<_> = titles.map(|title| title.unwrap().as_str()).collect();
    // What the title says already is not said again.
    assert_eq!(titles, ["Tea - Green / 250 g", "Mug"]);
    let kept = order.draft.attributes.iter();
    let kept: Vec<_> = kept
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let expected = [
        ("latest_ship_date", "2026-11-04T06:59:59.000Z"),
        ("sales_record_reference", "42"),
        ("ship_service_level", "DE_Example"),
        ("ship_to_reference", "REF-1"),
    ];
    assert_eq!(kept, expected);
}
