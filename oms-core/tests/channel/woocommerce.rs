//! WooCommerce orders, by fixtures of our own.

use crate::shared::{codes, fixture, good, number, place, read, reconciled, with};
use oms_core::channel::{ChannelWarning, FinancialState, FulfillmentState, Incoming};
use oms_core::order::{ChargeKind, TaxMode};

fn base() -> String {
    fixture("woocommerce.json")
}

fn status(word: &str) -> String {
    with(
        &base(),
        "\"status\": \"processing\"",
        &format!("\"status\": \"{word}\""),
    )
}

#[test]
fn an_ordinary_order_reconciles_and_keeps_everything() {
    let incoming = good(&base());
    assert_eq!(reconciled(&incoming), "57.35 USD");
    // The order's tax is a cent below its parts', as the vendor's own documentation shows.
    assert_eq!(codes(&incoming), ["tax_differs"]);
    let draft = &incoming.draft;
    assert_eq!(draft.currency.code(), "USD");
    // Amounts come without tax even where prices include it.
    assert_eq!(draft.tax_mode, TaxMode::Exclusive);
    let references: Vec<_> = draft
        .external
        .iter()
        .map(|reference| (reference.kind.as_str(), reference.id.as_str()))
        .collect();
    assert_eq!(references, [("order", "727")]);
    assert_eq!(number(&incoming), Some("56AQ"));
    assert_eq!(
        draft.ordered_at.unwrap().to_string(),
        "2026-11-01T10:00:00.000000Z"
    );
    assert_eq!(draft.notes[0].as_str(), "Back door & bell");
    assert_eq!(
        draft.payment.method.as_ref().unwrap().0.as_str(),
        "Bank – transfer"
    );
    assert_eq!(draft.payload.as_ref().unwrap().text.trim(), base().trim());
}

#[test]
fn lines_are_exact_and_parts_of_bundles_stay() {
    let lines = good(&base()).draft.lines;
    assert_eq!(lines.len(), 3);
    let tea = &lines[0];
    // 20.00 for three: no price with two decimals, but one with six.
    assert_eq!(tea.unit_price.amount().to_string(), "6.666667");
    assert_eq!(
        tea.unit_price.times(tea.quantity).unwrap().to_string(),
        "20.00 USD"
    );
    assert_eq!(tea.discount.to_string(), "3.00 USD");
    assert_eq!(tea.tax.to_string(), "1.13 USD");
    assert_eq!(tea.sku.as_ref().unwrap().as_str(), "123");
    assert_eq!(tea.title.as_ref().unwrap().as_str(), "Tea – 250 g");
    assert_eq!(lines[1].unit_price.amount().to_string(), "15.00");
    assert!(lines[2].unit_price.is_zero() && lines[2].sku.is_none());
}

#[test]
fn charges_are_shipping_fees_and_gift_cards() {
    let charges = good(&base()).draft.charges;
    let shown: Vec<_> = charges
        .iter()
        .map(|charge| (charge.kind, charge.amount.minor()))
        .collect();
    let expected = [
        (ChargeKind::Shipping, 1_000),
        (ChargeKind::Fee, 410),
        (ChargeKind::Fee, -100),
        (ChargeKind::GiftCard, -300),
        (ChargeKind::GiftCard, -200),
    ];
    assert_eq!(shown, expected);
    // The code of a gift card is money to whoever reads it.
    assert!(charges[3].title.is_none());
}

#[test]
fn an_empty_shipping_address_means_the_billing_one() {
    let contacts = good(&base()).draft.contacts;
    let receiver = contacts.ship_to.unwrap();
    assert_eq!(receiver.address.name.unwrap().as_str(), "Test Buyer");
    assert_eq!(receiver.email.unwrap().as_str(), "buyer@example.com");
    assert!(contacts.bill_to.is_none());
    assert_eq!(contacts.place.unwrap().country.unwrap().as_str(), "US");
    let text = with(
        &base(),
        "\"shipping\": {\"first_name\": \"\"",
        "\"shipping\": {\"first_name\": \"Aunt\"",
    );
    let contacts = good(&text).draft.contacts;
    let receiver = contacts.ship_to.unwrap();
    assert_eq!(receiver.address.name.unwrap().as_str(), "Aunt");
    assert_eq!(receiver.phone.unwrap().as_str(), "555-0100");
    assert_eq!(
        contacts.bill_to.unwrap().address.name.unwrap().as_str(),
        "Test Buyer"
    );
    let text = base()
        .replace("\"billing\"", "\"b\"")
        .replace("\"shipping\"", "\"s\"");
    let contacts = good(&text).draft.contacts;
    assert!(contacts.ship_to.is_none() && contacts.bill_to.is_none() && contacts.place.is_none());
}

#[test]
fn shipping_without_lines_is_taken_from_its_total() {
    let text = with(
        &base(),
        "\"shipping_lines\"",
        "\"shipping_tax\": \"0.23\", \"sl\"",
    );
    let incoming = good(&text);
    assert_eq!(incoming.draft.charges[0].amount.to_string(), "10.00 USD");
    assert_eq!(incoming.draft.charges[0].tax.to_string(), "0.23 USD");
    assert_eq!(reconciled(&incoming), "57.35 USD");
    let text = with(
        &text,
        "\"shipping_total\": \"10.00\"",
        "\"shipping_total\": \"-10.00\"",
    );
    assert_eq!(read(&text).unwrap_err().cause(), Some("money_negative"));
}

#[test]
fn a_price_raised_by_hand_is_no_discount() {
    let text = with(&base(), "\"total\": \"17.00\"", "\"total\": \"22.00\"");
    let incoming = good(&with(&text, "\"total\": \"57.35\"", "\"total\": \"62.35\""));
    assert!(incoming.draft.lines[0].discount.is_zero());
    assert_eq!(reconciled(&incoming), "62.35 USD");
}

#[test]
fn a_price_six_decimals_cannot_express_still_gives_the_exact_line() {
    let text = with(&base(), "\"quantity\": 3", "\"quantity\": 700000");
    let incoming = good(&text);
    assert_eq!(codes(&incoming), ["unit_price_rounded", "tax_differs"]);
    let ChannelWarning::UnitPriceRounded { path, surplus } = &incoming.warnings[0] else {
        panic!("{:?}", incoming.warnings);
    };
    assert_eq!(
        (path.as_str(), surplus.to_string().as_str()),
        ("line_items[0]", "0.30 USD")
    );
    assert_eq!(reconciled(&incoming), "57.35 USD");
}

#[test]
fn bad_fields_are_refused_with_their_path() {
    for (old, new, path, cause) in [
        (
            "\"quantity\": 3",
            "\"quantity\": 1.5",
            "line_items[0].quantity",
            "quantity_not_whole",
        ),
        (
            "\"quantity\": 3",
            "\"quantity\": -1",
            "line_items[0].quantity",
            "quantity_negative",
        ),
        (
            "\"quantity\": 3",
            "\"quantity\": 0",
            "line_items[0].quantity",
            "quantity_zero",
        ),
        (
            "\"total\": \"17.00\"",
            "\"total\": \"-17\"",
            "line_items[0].total",
            "money_negative",
        ),
        (
            "\"total_tax\": \"2.25\"",
            "\"total_tax\": \"-2.25\"",
            "total_tax",
            "money_negative",
        ),
        (
            "\"amount\": 3",
            "\"amount\": -3",
            "gift_cards[0].amount",
            "money_negative",
        ),
        (
            "\"currency\": \"USD\"",
            "\"currency\": \"XAU\"",
            "currency",
            "currency_without_minor_unit",
        ),
    ] {
        let problem = read(&with(&base(), old, new)).unwrap_err();
        assert_eq!(
            (problem.path.as_str(), problem.cause()),
            (path, Some(cause)),
            "{new}"
        );
        assert_eq!(problem.order.unwrap().id.as_deref(), Some("727"));
    }
    for (old, new, path) in [
        (
            "\"total\": \"17.00\"",
            "\"total\": null",
            "line_items[0].total",
        ),
        ("\"line_items\"", "\"items\"", "line_items"),
        ("\"id\": 727", "\"id\": null", "id"),
    ] {
        let problem = read(&with(&base(), old, new)).unwrap_err();
        assert_eq!(
            (problem.code(), problem.path.as_str()),
            ("channel_field_missing", path)
        );
    }
}

#[test]
fn a_line_of_no_units_and_no_money_is_left_out() {
    let extra = "\"line_items\": [{\"id\": 1, \"quantity\": 0, \"total\": \"0.00\"},";
    let incoming = good(&with(&base(), "\"line_items\": [", extra));
    assert_eq!(codes(&incoming), ["line_left_out", "tax_differs"]);
    assert_eq!(incoming.draft.lines.len(), 3);
}

#[test]
fn repeated_line_ids_and_keys_are_harmless() {
    let text = with(&base(), "\"id\": 316", "\"id\": 315");
    let text = with(&text, "\"id\": 317", "\"id\": 9, \"id\": 317");
    let incoming = good(&text);
    assert_eq!(codes(&incoming), ["line_id_repeated", "tax_differs"]);
    assert_eq!(
        incoming.draft.lines[2]
            .channel_item
            .as_ref()
            .unwrap()
            .as_str(),
        "317"
    );
    assert!(place(&incoming.draft).is_ok());
}

#[test]
fn every_row_of_the_status_table() {
    for (word, suggestion, warning) in [
        ("auto-draft", "ignore", None),
        ("checkout-draft", "ignore", None),
        ("draft", "ignore", None),
        ("new", "ignore", None),
        ("trash", "cancelled", Some("ambiguous_state")),
        ("cancelled", "cancelled", None),
        ("refunded", "cancelled", Some("ambiguous_state")),
        ("pending", "pending", None),
        ("failed", "on_hold", None),
        ("on-hold", "on_hold", None),
        ("processing", "approved", None),
        ("completed", "shipped", Some("ambiguous_state")),
        ("pre-ordered", "needs_person", Some("unknown_state")),
        ("", "needs_person", Some("unknown_state")),
    ] {
        let incoming = good(&status(word));
        assert_eq!(incoming.state.suggestion.code(), suggestion, "{word}");
        let told = codes(&incoming)
            .into_iter()
            .find(|code| code.ends_with("_state"));
        assert_eq!(told, warning, "{word}");
    }
    // What was never paid may still be.
    let unpaid = with(&status("failed"), "\"2026-11-01T10:01:00\"", "null");
    assert_eq!(good(&unpaid).state.suggestion.code(), "pending");
    let state = good(&status("cancelled")).state;
    assert_eq!(
        state.cancelled_at.unwrap().to_string(),
        "2026-11-01T10:05:00.000000Z"
    );
    assert_eq!(
        good(&status("completed")).state.fulfillment,
        Some(FulfillmentState::Fulfilled)
    );
}

#[test]
fn paid_means_a_date_of_payment() {
    assert_eq!(
        good(&base()).draft.payment.captured.to_string(),
        "57.35 USD"
    );
    assert_eq!(good(&base()).state.financial, Some(FinancialState::Paid));
    let text = with(&status("pending"), "\"2026-11-01T10:01:00\"", "null");
    let incoming = good(&text);
    assert!(incoming.draft.payment.captured.is_zero());
    assert_eq!(incoming.state.financial, Some(FinancialState::Pending));
}

#[test]
fn refunds_come_with_a_minus_and_need_a_person() {
    let refunds = |list: &str| {
        with(
            &base(),
            "\"refunds\": []",
            &format!("\"refunds\": [{list}]"),
        )
    };
    let incoming = good(&refunds(
        "{\"id\": 9, \"total\": \"-10.00\"}, {\"id\": 10, \"total\": \"-0.35\"}",
    ));
    assert_eq!(incoming.draft.payment.refunded.to_string(), "10.35 USD");
    assert_eq!(incoming.draft.payment.references.len(), 2);
    assert_eq!(incoming.state.suggestion.code(), "needs_person");
    let why = incoming.state.suggestion.why();
    assert!(why.is_some_and(|why| why.contains("waive")), "{why:?}");
    assert_eq!(
        incoming.state.financial,
        Some(FinancialState::PartlyRefunded)
    );
    // The trace of a deleted refund is nothing.
    let incoming = good(&refunds("{\"id\": 0, \"total\": \"-0.00\"}"));
    assert_eq!(incoming.state.suggestion.code(), "approved");
    assert!(incoming.draft.payment.references.is_empty());
    let incoming = good(&refunds("{\"id\": 9, \"total\": \"-99.00\"}"));
    assert_eq!(
        incoming.draft.payment.refunded,
        incoming.draft.payment.captured
    );
    assert_eq!(incoming.state.financial, Some(FinancialState::Refunded));
    assert!(place(&incoming.draft).is_ok());
    let unpaid = with(
        &refunds("{\"id\": 9, \"total\": \"-9.00\"}"),
        "\"2026-11-01T10:01:00\"",
        "null",
    );
    let incoming = good(&unpaid);
    assert!(incoming.draft.payment.refunded.is_zero());
    assert_eq!(codes(&incoming)[0], "payment_unknown");
    assert_eq!(incoming.state.suggestion.code(), "needs_person");
}

#[test]
fn a_draft_without_dates_is_read() {
    let text = with(
        &status("draft"),
        "\"date_created_gmt\": \"2026-11-01T10:00:00\"",
        "\"date_created_gmt\": null",
    );
    assert!(good(&text).draft.ordered_at.is_none());
}

/// The decimals are the shop's setting, not the currency's: the order is read, and told.
#[test]
fn amounts_finer_than_the_currency_are_rounded_and_told() {
    let rounded = |incoming: &Incoming| {
        let all = incoming
            .warnings
            .iter()
            .filter_map(|warning| match warning {
                ChannelWarning::AmountRounded {
                    path,
                    literal,
                    rounded,
                } => Some((path.clone(), literal.clone(), rounded.to_string())),
                _ => None,
            });
        all.collect::<Vec<_>>()
    };
    let order = |currency: &str, line: &str, total: &str| {
        good(&format!(
            r#"{{"id":7,"number":"7","status":"processing","currency":"{currency}",
                "total":"{total}","total_tax":"0","shipping_total":"0","discount_total":"0",
                "date_created_gmt":"2026-11-01T10:00:00","date_paid_gmt":"2026-11-01T10:00:00",
                "line_items":[{{"id":1,"sku":"A","quantity":2,"subtotal":"{line}",
                               "total":"{line}","total_tax":"0"}}]}}"#
        ))
    };
    let yen = order("JPY", "180.45", "180.45");
    let told = |path: &str, literal: &str, money: &str| {
        (path.to_owned(), literal.to_owned(), money.to_owned())
    };
    let expected = [
        told("line_items[0].subtotal", "180.45", "180 JPY"),
        told("line_items[0].total", "180.45", "180 JPY"),
        told("total", "180.45", "180 JPY"),
    ];
    assert_eq!(rounded(&yen), expected);
    assert_eq!(codes(&yen), ["amount_rounded"; 3]);
    assert_eq!(reconciled(&yen), "180 JPY");
    // Halves go to the even neighbour, so that they cancel out over many.
    assert_eq!(reconciled(&order("EUR", "0.435", "0.435")), "0.44 EUR");
    assert_eq!(reconciled(&order("EUR", "0.445", "0.445")), "0.44 EUR");
    assert_eq!(reconciled(&order("EUR", "4.4375e-1", "0.44")), "0.44 EUR");
    // What does not add up then is told, and placing holds it.
    let off = order("EUR", "0.4375", "0.43");
    assert!(codes(&off).contains(&"total_differs"));
    // A number of the currency's own decimals is as exact as ever, zeros after them or not.
    assert_eq!(rounded(&order("JPY", "180.00", "180.000000")), []);
    let problem = read(&with(
        &base(),
        "\"total\": \"17.00\"",
        "\"total\": \"17.0x\"",
    ))
    .unwrap_err();
    assert_eq!(problem.cause(), Some("money_not_a_number"));
}

#[test]
fn a_variation_is_named_where_the_shop_leaves_it_out() {
    let title = |variation: &str| {
        let order = good(&format!(
            r#"{{"id":7,"status":"processing","currency":"EUR","total":"1.00","total_tax":"0",
                "shipping_total":"0","discount_total":"0","date_created_gmt":null,
                "line_items":[{{"id":1,"name":"Shirt &ndash; Red","variation_id":{variation},
                    "quantity":1,"total":"1.00","meta_data":[
                    {{"key":"pa_colour","value":"red","display_value":"Red"}},
                    {{"key":"pa_size","value":"l","display_value":"Large &amp; wide"}},
                    {{"key":"pa_cut","value":"slim"}},
                    {{"key":"Engraving","value":"For Aunt","display_value":"For Aunt"}},
                    {{"key":"_reduced_stock","value":"1","display_value":"1"}}]}}]}}"#
        ));
        order.draft.lines[0].title.as_ref().unwrap().to_string()
    };
    assert_eq!(title("12"), "Shirt – Red - Large & wide / slim");
    assert_eq!(title("0"), "Shirt – Red");
}
