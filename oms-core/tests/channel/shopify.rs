//! Shopify orders, by fixtures of our own.

use crate::shared::{codes, fixture, good, number, place, read, reconciled, recorded, with};
use oms_core::channel::{
    Channel, ChannelWarning, FinancialState, FulfillmentState, Inbound, Incoming, NoChange,
    ORDER_NUMBER, Shopify, StatusPolicy, Suggestion, View,
};
use oms_core::order::{ChargeKind, OrderRejection, OrderStatus, PaymentEntry, SourceKind, TaxMode};

fn base() -> String {
    fixture("shopify.json")
}

fn suggestion(text: &str) -> (&'static str, Vec<&'static str>) {
    let incoming = good(text);
    (incoming.state.suggestion.code(), codes(&incoming))
}

#[test]
fn an_ordinary_order_reconciles_and_keeps_everything() {
    let incoming = good(&base());
    assert_eq!(reconciled(&incoming), "51.17 USD");
    assert_eq!(codes(&incoming), [""; 0]);
    let draft = &incoming.draft;
    assert_eq!(draft.source.kind, SourceKind::Channel);
    assert_eq!(draft.tax_mode, TaxMode::Exclusive);
    let references: Vec<_> = draft
        .external
        .iter()
        .map(|reference| (reference.kind.as_str(), reference.id.as_str()))
        .collect();
    assert_eq!(references, [("order", "9007199254740993001")]);
    assert_eq!(number(&incoming), Some("#1001"));
    assert_eq!(
        draft.ordered_at.unwrap().to_string(),
        "2026-11-01T14:59:00.000000Z"
    );
    assert_eq!(draft.notes[0].as_str(), "Ring twice");
    let tags: Vec<_> = draft.tags.iter().map(|tag| tag.as_str()).collect();
    assert_eq!(tags, ["first order", "vip"]);
    let attributes: Vec<_> = draft
        .attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let expected = [
        ("count", "3"),
        ("gift wrap", "yes"),
        (ORDER_NUMBER, "#1001"),
    ];
    assert_eq!(attributes, expected);
    let payload = draft.payload.as_ref().unwrap();
    assert_eq!(payload.media_type, "application/json");
    assert!(payload.text.starts_with("{\n  \"id\": 9007199254740993001"));
    assert!(payload.text.ends_with("\"refunds\": []\n}"));
}

#[test]
fn lines_carry_their_own_discount_and_tax() {
    let lines = good(&base()).draft.lines;
    let tea = &lines[0];
    assert_eq!(tea.id.get(), 1);
    assert_eq!(
        tea.channel_item.as_ref().unwrap().as_str(),
        "9007199254740993101"
    );
    assert_eq!(tea.sku.as_ref().unwrap().as_str(), "TEA-01");
    assert_eq!(tea.title.as_ref().unwrap().as_str(), "Tea - 250 g");
    assert_eq!(tea.discount.to_string(), "6.00 USD");
    assert_eq!(tea.tax.to_string(), "1.68 USD");
    assert_eq!(tea.tax_rate.unwrap().to_string(), "0.07");
    let wrapping = &lines[1];
    assert_eq!((wrapping.id.get(), wrapping.sku.as_ref()), (2, None));
    assert_eq!(wrapping.title.as_ref().unwrap().as_str(), "Wrapping");
    assert!(wrapping.discount.is_zero());
}

#[test]
fn charges_are_shipping_after_its_discount_duty_and_tip() {
    let charges = good(&base()).draft.charges;
    let shown: Vec<_> = charges
        .iter()
        .map(|charge| (charge.kind, charge.amount.to_string()))
        .collect();
    let expected = [
        (ChargeKind::Shipping, "8.20 USD".to_owned()),
        (ChargeKind::Duty, "2.50 USD".to_owned()),
        (ChargeKind::Tip, "1.00 USD".to_owned()),
    ];
    assert_eq!(shown, expected);
    assert_eq!(charges[0].tax.to_string(), "0.95 USD");
}

#[test]
fn addresses_keep_codes_and_the_channels_words() {
    let contacts = good(&base()).draft.contacts;
    let receiver = contacts.ship_to.unwrap();
    assert_eq!(receiver.address.name.unwrap().as_str(), "Test Buyer");
    assert_eq!(receiver.address.region.unwrap().as_str(), "KY");
    assert_eq!(receiver.address.postal_code.unwrap().as_str(), "01234");
    assert_eq!(receiver.address.country.unwrap().as_str(), "US");
    assert_eq!(receiver.phone.unwrap().as_str(), "555-555-BUY");
    let location = receiver.address.location.unwrap();
    assert_eq!(
        (location.lat_micro(), location.lon_micro()),
        (37_800_000, -85_750_010)
    );
    let payer = contacts.bill_to.unwrap();
    assert_eq!(payer.address.company.unwrap().as_str(), "Example Inc");
    assert_eq!(payer.phone.unwrap().as_str(), "555-0100");
    assert_eq!(payer.email.unwrap().as_str(), "buyer@example.com");
    let place = contacts.place.unwrap();
    assert_eq!(place.region.unwrap().as_str(), "Kentucky");
    assert_eq!(place.country.unwrap().as_str(), "United States");
}

#[test]
fn a_point_off_the_globe_or_half_a_point_is_left_out_and_named() {
    for (from, to, key, cause) in [
        ("37.8", "97.8", "latitude", "geo_latitude"),
        ("-85.75001", "\"west\"", "longitude", "geo_longitude"),
        ("37.8", "null", "longitude", "geo_latitude"),
    ] {
        let read = good(&base().replace(from, to));
        assert_eq!(read.draft.contacts.ship_to.unwrap().address.location, None);
        let left_out = |warning: &ChannelWarning| match warning {
            ChannelWarning::LeftOut { path, cause: why } => {
                path.ends_with(&format!("shipping_address.{key}")) && *why == cause
            }
            _ => false,
        };
        assert!(read.warnings.iter().any(left_out), "{:?}", read.warnings);
    }
}

#[test]
fn an_order_without_addresses_keeps_the_customers_name() {
    let text = base()
        .replace("\"shipping_address\"", "\"x\"")
        .replace("\"billing_address\"", "\"y\"");
    let contacts = good(&text).draft.contacts;
    assert!(contacts.ship_to.is_none() && contacts.place.is_none());
    assert_eq!(
        contacts.bill_to.unwrap().address.name.unwrap().as_str(),
        "Test Buyer"
    );
    // With an address to ship to, the customer is no other payer.
    let text = base().replace("\"billing_address\"", "\"y\"");
    assert!(good(&text).draft.contacts.bill_to.is_none());
}

#[test]
fn taxes_included_are_not_added_again() {
    let text = with(
        &base(),
        "\"taxes_included\": false",
        "\"taxes_included\": true",
    );
    let text = with(
        &text,
        "\"total_price\": \"51.17\"",
        "\"total_price\": \"47.70\"",
    );
    let incoming = good(&text);
    assert_eq!(incoming.draft.tax_mode, TaxMode::Inclusive);
    assert_eq!(reconciled(&incoming), "47.70 USD");
}

#[test]
fn a_stated_total_counts_and_a_difference_is_told() {
    let incoming = good(&with(&base(), "\"51.17\"", "\"51.18\""));
    assert_eq!(codes(&incoming), ["total_differs"]);
    let ChannelWarning::TotalDiffers {
        stated,
        computed,
        difference,
    } = &incoming.warnings[0]
    else {
        panic!("{:?}", incoming.warnings);
    };
    assert_eq!(stated.to_string(), "51.18 USD");
    assert_eq!(computed.to_string(), "51.17 USD");
    assert_eq!(difference.to_string(), "0.01 USD");
    assert_eq!(
        place(&incoming.draft).unwrap().totals.due().to_string(),
        "51.18 USD"
    );
}

#[test]
fn an_order_tax_that_differs_from_its_lines_counts_and_is_told() {
    let text = with(
        &base(),
        "\"total_tax\": \"3.47\"",
        "\"total_tax\": \"3.46\"",
    );
    let incoming = good(&with(&text, "\"51.17\"", "\"51.16\""));
    assert_eq!(reconciled(&incoming), "51.16 USD");
    assert_eq!(codes(&incoming), ["tax_differs"]);
}

#[test]
fn discounts_not_allocated_are_the_orders_own() {
    let text = with(
        &base(),
        "\"total_discounts\": \"8.00\"",
        "\"total_discounts\": \"9.50\"",
    );
    let incoming = good(&with(&text, "\"51.17\"", "\"49.67\""));
    assert_eq!(incoming.draft.discount.to_string(), "1.50 USD");
    assert_eq!(reconciled(&incoming), "49.67 USD");
    // Less than what was allocated cannot be: the allocations count, and it is told.
    let text = with(
        &base(),
        "\"total_discounts\": \"8.00\"",
        "\"total_discounts\": \"7.00\"",
    );
    let incoming = good(&text);
    assert!(incoming.draft.discount.is_zero());
    assert_eq!(codes(&incoming), ["discount_differs"]);
    assert_eq!(reconciled(&incoming), "51.17 USD");
}

#[test]
fn a_discount_beyond_a_lines_price_moves_to_the_order() {
    let text = with(&base(), "\"price\": \"12.00\"", "\"price\": \"0.00\"");
    let text = with(
        &text,
        "\"discount_allocations\": [], \"tax_lines\": [{\"price\": \"0.84\"",
        "\"discount_allocations\": [{\"amount\": \"5.00\"}], \"tax_lines\": [{\"price\": \"0.84\"",
    );
    let text = with(
        &text,
        "\"total_discounts\": \"8.00\"",
        "\"total_discounts\": \"13.00\"",
    );
    let incoming = good(&with(&text, "\"51.17\"", "\"34.17\""));
    assert!(incoming.draft.lines[1].discount.is_zero());
    assert_eq!(incoming.draft.discount.to_string(), "5.00 USD");
    assert_eq!(reconciled(&incoming), "34.17 USD");
}

#[test]
fn a_shipping_discount_beyond_its_price_is_a_rebate() {
    let text = with(
        &base(),
        "[{\"amount\": \"2.00\"}], \"tax_lines\"",
        "[{\"amount\": \"11.00\"}], \"tax_lines\"",
    );
    let text = with(
        &text,
        "\"total_discounts\": \"8.00\"",
        "\"total_discounts\": \"17.00\"",
    );
    let incoming = good(&with(&text, "\"51.17\"", "\"42.17\""));
    assert_eq!(incoming.draft.charges[0].kind, ChargeKind::Fee);
    assert_eq!(reconciled(&incoming), "42.17 USD");
}

#[test]
fn a_large_id_keeps_every_digit_and_ids_may_be_text() {
    let text = with(&base(), "\"id\": 9007199254740993001", "\"id\": \"0042\"");
    assert_eq!(good(&text).draft.external[0].id.as_str(), "0042");
    for missing in ["\"id\": null", "\"no_id\": 1", "\"id\": \"\""] {
        let problem = read(&with(&base(), "\"id\": 9007199254740993001", missing)).unwrap_err();
        assert_eq!(
            (problem.code(), problem.path.as_str()),
            ("channel_field_missing", "id")
        );
    }
}

#[test]
fn lines_without_or_with_the_same_id_are_kept_and_told() {
    let text = with(
        &base(),
        "\"id\": 9007199254740993102",
        "\"id\": 9007199254740993101",
    );
    let incoming = good(&text);
    assert_eq!(codes(&incoming), ["line_id_repeated"]);
    let numbers: Vec<_> = incoming
        .draft
        .lines
        .iter()
        .map(|line| line.id.get())
        .collect();
    assert_eq!(numbers, [1, 2]);
    let incoming = good(&with(
        &base(),
        "\"id\": 9007199254740993102",
        "\"id\": null",
    ));
    assert_eq!(codes(&incoming), ["line_without_id"]);
    assert!(incoming.draft.lines[1].channel_item.is_none());
}

#[test]
fn a_line_of_no_units_is_left_out_unless_money_hangs_on_it() {
    let extra = "\"line_items\": [{\"id\": 1, \"quantity\": 0, \"price\": \"4.00\"},";
    let incoming = good(&with(&base(), "\"line_items\": [", extra));
    assert_eq!(codes(&incoming), ["line_left_out"]);
    assert_eq!(incoming.draft.lines[0].id.get(), 1);
    assert_eq!(reconciled(&incoming), "51.17 USD");
    let taxed = "\"line_items\": [{\"id\": 1, \"quantity\": 0, \"price\": \"4.00\",
        \"tax_lines\": [{\"price\": \"0.10\"}]},";
    let problem = read(&with(&base(), "\"line_items\": [", taxed)).unwrap_err();
    assert_eq!(
        (problem.cause(), problem.path.as_str()),
        (Some("quantity_zero"), "line_items[0].quantity")
    );
}

#[test]
fn bad_fields_are_refused_with_their_path() {
    for (old, new, path, cause) in [
        (
            "\"price\": \"12.00\"",
            "\"price\": \"12.00.1\"",
            "line_items[1].price",
            "money_not_a_number",
        ),
        (
            "\"price\": \"12.00\"",
            "\"price\": \"-12.00\"",
            "line_items[1].price",
            "money_negative",
        ),
        (
            "\"quantity\": 3",
            "\"quantity\": 1.5",
            "line_items[0].quantity",
            "quantity_not_whole",
        ),
        (
            "\"quantity\": 3",
            "\"quantity\": -3",
            "line_items[0].quantity",
            "quantity_negative",
        ),
        (
            "\"51.17\"",
            "\"51.175\"",
            "total_price",
            "money_wrong_minor_units",
        ),
        ("\"51.17\"", "\"-51.17\"", "total_price", "money_negative"),
        ("\"51.17\"", "1e99", "total_price", "money_too_large"),
        (
            "\"currency\": \"USD\"",
            "\"currency\": \"U$D\"",
            "currency",
            "currency_malformed",
        ),
        (
            "{\"amount\": \"4.00\"}",
            "{\"amount\": \"-4.00\"}",
            "line_items[0].discount_allocations[1].amount",
            "money_negative",
        ),
        (
            "\"test\": false",
            "\"test\": \"perhaps\"",
            "test",
            "not_a_truth_value",
        ),
    ] {
        let problem = read(&with(&base(), old, new)).unwrap_err();
        assert_eq!(
            (problem.path.as_str(), problem.cause()),
            (path, Some(cause)),
            "{new}"
        );
        let order = problem.order.clone().unwrap();
        assert_eq!(order.id.as_deref(), Some("9007199254740993001"));
    }
    for (old, new, path) in [
        (
            "\"price\": \"12.00\"",
            "\"prize\": \"12.00\"",
            "line_items[1].price",
        ),
        (
            "\"quantity\": 3",
            "\"quantity\": null",
            "line_items[0].quantity",
        ),
        ("\"line_items\"", "\"items\"", "line_items"),
        ("\"currency\": \"USD\"", "\"currency\": \"\"", "currency"),
    ] {
        let problem = read(&with(&base(), old, new)).unwrap_err();
        assert_eq!(
            (problem.code(), problem.path.as_str()),
            ("channel_field_missing", path)
        );
    }
    let problem = read(&with(
        &base(),
        "\"line_items\": [",
        "\"line_items\": 7, \"x\": [",
    ))
    .unwrap_err();
    assert_eq!(problem.code(), "channel_field_wrong_type");
}

#[test]
fn money_may_be_a_number_and_a_price_may_stand_in_its_set_only() {
    let text = with(&base(), "\"price\": \"12.00\"", "\"price\": 12.00");
    assert_eq!(reconciled(&good(&text)), "51.17 USD");
    let text = with(
        &base(),
        "\"price\": \"12.00\"",
        "\"price_set\": {\"shop_money\": {\"amount\": \"12.0\"}}",
    );
    assert_eq!(reconciled(&good(&text)), "51.17 USD");
}

#[test]
fn shipping_without_lines_is_taken_from_its_total() {
    let text = with(
        &base(),
        "\"shipping_lines\"",
        "\"total_shipping_price_set\": {\"shop_money\": {\"amount\": \"10.20\"}}, \"sl\"",
    );
    let incoming = good(&text);
    assert_eq!(incoming.draft.charges[0].amount.to_string(), "10.20 USD");
    // The discount on it, unknown by line, is the order's own.
    assert_eq!(incoming.draft.discount.to_string(), "2.00 USD");
    assert_eq!(reconciled(&incoming), "51.17 USD");
}

#[test]
fn payment_follows_the_financial_status() {
    let paid = |text: &str| {
        let payment = good(text).draft.payment;
        let amounts = [payment.authorised, payment.captured, payment.refunded];
        amounts.map(|amount| amount.minor())
    };
    let status = |word: &str| {
        with(
            &base(),
            "\"financial_status\": \"paid\"",
            &format!("\"financial_status\": {word}"),
        )
    };
    assert_eq!(paid(&base()), [0, 5_117, 0]);
    assert_eq!(paid(&status("\"authorized\"")), [5_117, 0, 0]);
    for nothing in [
        "\"pending\"",
        "\"voided\"",
        "\"expired\"",
        "null",
        "\"surprise\"",
    ] {
        assert_eq!(paid(&status(nothing)), [0, 0, 0], "{nothing}");
    }
    let method = good(&base()).draft.payment.method.unwrap();
    assert_eq!(method.0.as_str(), "bogus, gift_card");
    let text = with(
        &base(),
        "[\"bogus\", \"gift_card\"]",
        "[], \"gateway\": \"manual\"",
    );
    assert_eq!(
        good(&text).draft.payment.method.unwrap().0.as_str(),
        "manual"
    );
}

#[test]
fn a_partial_payment_is_what_the_transactions_or_the_rest_say() {
    let text = with(
        &base(),
        "\"financial_status\": \"paid\"",
        "\"financial_status\": \"partially_paid\"",
    );
    let by_rest = with(
        &text,
        "\"total_outstanding\": \"0.00\"",
        "\"total_outstanding\": \"41.17\"",
    );
    assert_eq!(
        good(&by_rest).draft.payment.captured.to_string(),
        "10.00 USD"
    );
    let transactions = "\"transactions\": [
        {\"id\": 1, \"kind\": \"sale\", \"status\": \"success\",
         \"amount\": \"12.00\", \"currency\": \"USD\"},
        {\"id\": 2, \"kind\": \"sale\", \"status\": \"failure\", \"amount\": \"9.00\"},
        {\"id\": 3, \"kind\": \"authorization\", \"status\": \"success\",
         \"amount\": \"9.00\"}], \"refunds\"";
    let by_entries = with(&text, "\"refunds\"", transactions);
    assert_eq!(
        good(&by_entries).draft.payment.captured.to_string(),
        "12.00 USD"
    );
    let unknown = good(&text);
    assert!(unknown.draft.payment.captured.is_zero());
    assert_eq!(codes(&unknown), ["payment_unknown", "ambiguous_state"]);
}

#[test]
fn what_was_taken_off_before_it_was_paid_is_no_money() {
    // Of 51.17 the wrapping, 12.84 with its tax, was taken off; total_price still has it.
    let captured = |status: &str, outstanding: &str, more: &[(&str, &str)]| {
        let status = format!("\"financial_status\": \"{status}\"");
        let sums =
            format!("\"current_total_price\": \"38.33\", \"total_outstanding\": \"{outstanding}\"");
        let mut text = with(&base(), "\"financial_status\": \"paid\"", &status);
        text = with(&text, "\"total_outstanding\": \"0.00\"", &sums);
        text = with(
            &text,
            "\"quantity\": 1, \"current_quantity\": 1",
            "\"quantity\": 1, \"current_quantity\": 0",
        );
        for (old, new) in more {
            text = with(&text, old, new);
        }
        good(&text).draft.payment.captured.to_string()
    };
    assert_eq!(captured("paid", "0.00", &[]), "38.33 USD");
    assert_eq!(captured("partially_paid", "28.33", &[]), "10.00 USD");
    // A webhook may be written before the payment is booked.
    assert_eq!(captured("paid", "38.33", &[]), "38.33 USD");
    // It was paid before; none of it, a part of it, or more than it was worth went back.
    assert_eq!(captured("paid", "-12.84", &[]), "51.17 USD");
    let refund = |back: &str, kept: &str| {
        format!(
            "\"refunds\": [{{\"transactions\": [{{\"kind\": \"refund\", \"status\": \"success\",
            \"amount\": \"{back}\"}}], \"order_adjustments\": [
            {{\"kind\": \"refund_discrepancy\", \"amount\": \"{kept}\"}}]}}]"
        )
    };
    for (status, back, kept, taken) in [
        ("paid", "0.00", "12.84", "51.17 USD"),
        ("partially_refunded", "10.00", "2.84", "51.17 USD"),
        ("partially_refunded", "15.84", "-3.00", "51.17 USD"),
        // Edited before it was paid, then goodwill.
        ("partially_refunded", "5.00", "-5.00", "38.33 USD"),
    ] {
        let refund = refund(back, kept);
        let more = [("\"refunds\": []", refund.as_str())];
        assert_eq!(captured(status, "0.00", &more), taken, "{back} {kept}");
    }
    let sale = "\"transactions\": [{\"id\": 1, \"kind\": \"sale\", \"status\": \"success\",
        \"amount\": \"20.00\"}], \"refunds\": []";
    let more = [("\"refunds\": []", sale)];
    for status in ["paid", "partially_paid", "partially_refunded"] {
        assert_eq!(captured(status, "0.00", &more), "20.00 USD", "{status}");
    }
}

#[test]
fn what_transactions_took_is_not_recorded_again() {
    let text = |status: &str, kind: &str| {
        let paid = format!("\"financial_status\": \"{status}\"");
        let text = with(&base(), "\"financial_status\": \"paid\"", &paid);
        let transactions = format!(
            "\"transactions\": [{{\"id\": 1, \"kind\": \"{kind}\", \"status\": \"success\",
            \"amount\": \"12.00\"}}, {{\"id\": 2, \"kind\": \"{kind}\",
            \"status\": \"failure\", \"amount\": \"9.00\"}}], \"refunds\""
        );
        with(&text, "\"refunds\"", &transactions)
    };
    for (status, kind) in [
        ("partially_paid", "sale"),
        ("partially_paid", "capture"),
        ("paid", "sale"),
    ] {
        let draft = good(&text(status, kind)).draft;
        let amount = draft.payment.captured;
        let taken = |name| recorded(&draft, PaymentEntry::Captured { amount }, name);
        assert_eq!((taken("1"), taken("2"), taken("3")), (0, 1, 1), "{status}");
    }
    // By what is not outstanding, the transactions are of another currency.
    let other = text("partially_paid", "sale");
    let other = with(
        &other,
        "\"amount\": \"12.00\"",
        "\"amount\": \"12.00\", \"currency\": \"CAD\"",
    );
    let other = with(
        &other,
        "\"total_outstanding\": \"0.00\"",
        "\"total_outstanding\": \"41.17\"",
    );
    let draft = good(&other).draft;
    let amount = draft.payment.captured;
    assert_eq!(amount.to_string(), "10.00 USD");
    assert_eq!(recorded(&draft, PaymentEntry::Captured { amount }, "1"), 0);
    // A promise that is known stands for no capture.
    let draft = good(&text("authorized", "authorization")).draft;
    let amount = draft.payment.authorised;
    assert_eq!(
        recorded(&draft, PaymentEntry::Authorised { amount }, "1"),
        0
    );
    assert_eq!(recorded(&draft, PaymentEntry::Captured { amount }, "1"), 1);
}

fn refunded(status: &str, entries: &str) -> String {
    let text = with(
        &base(),
        "\"financial_status\": \"paid\"",
        &format!("\"financial_status\": \"{status}\""),
    );
    with(
        &text,
        "\"refunds\": []",
        &format!("\"refunds\": [{{\"transactions\": [{entries}]}}]"),
    )
}

fn refund(id: u32, amount: &str, more: &str) -> String {
    format!(
        "{{\"id\": {id}, \"kind\": \"refund\", \"status\": \"success\",
            \"amount\": {amount}{more}}}"
    )
}

#[test]
fn refunds_are_what_successful_transactions_say() {
    let entries = [
        refund(7, "\"5.00\"", ", \"currency\": \"USD\""),
        refund(8, "2.5", ""),
        refund(9, "\"1.00\"", ", \"currency\": \"CAD\""),
        "{\"id\": 10, \"kind\": \"refund\", \"status\": \"failure\", \"amount\": \"9.00\"}"
            .to_owned(),
    ];
    let incoming = good(&refunded("partially_refunded", &entries.join(",")));
    let payment = &incoming.draft.payment;
    assert_eq!(payment.captured.to_string(), "51.17 USD");
    assert_eq!(payment.refunded.to_string(), "7.50 USD");
    let references: Vec<_> = payment.references.iter().map(|id| id.as_str()).collect();
    assert_eq!(references, ["7", "8"]);
    let amount = payment.refunded;
    let back = |name| recorded(&incoming.draft, PaymentEntry::Refunded { amount }, name);
    assert_eq!((back("7"), back("11")), (0, 1));
    assert_eq!(codes(&incoming), ["payment_unknown"]);
    // Goodwill without lines leaves the units to ship.
    assert_eq!(incoming.state.suggestion, Suggestion::Approved);
    let more = good(&refunded("refunded", &refund(1, "\"60.00\"", "")));
    assert_eq!(more.draft.payment.refunded, more.draft.payment.captured);
    assert_eq!(codes(&more)[0], "payment_unknown");
    assert!(place(&more.draft).is_ok());
}

#[test]
fn a_promise_that_was_given_up_is_no_money_that_went_back() {
    let void = "{\"id\": 7, \"kind\": \"void\", \"status\": \"success\", \"amount\": \"51.17\"}";
    let back = |status: &str, entries: &str| {
        let past = good(&refunded(status, entries)).history.refunds;
        past[0].amount.map(|amount| amount.to_string())
    };
    assert_eq!(back("voided", void).as_deref(), Some("0.00 USD"));
    let both = format!("{void}, {}", refund(8, "\"5.00\"", ""));
    let expected = Some("5.00 USD");
    assert_eq!(back("partially_refunded", &both).as_deref(), expected);
    // Units that were taken off tell nothing of money.
    assert_eq!(back("paid", ""), None);
}

#[test]
fn the_first_matching_row_of_the_table_decides() {
    let change = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .fold(base(), |text, (old, new)| with(&text, old, new))
    };
    let pay = |word: &str| {
        with(
            &base(),
            "\"financial_status\": \"paid\"",
            &format!("\"financial_status\": {word}"),
        )
    };
    let ship = |word: &str| {
        with(
            &base(),
            "\"fulfillment_status\": null",
            &format!("\"fulfillment_status\": {word}"),
        )
    };
    assert_eq!(suggestion(&base()), ("approved", vec![]));
    let test = ("\"test\": false", "\"test\": true");
    let cancelled = (
        "\"cancelled_at\": null",
        "\"cancelled_at\": \"2026-11-02T00:00:00Z\"",
    );
    assert_eq!(suggestion(&change(&[test, cancelled])).0, "ignore");
    assert_eq!(suggestion(&change(&[cancelled])).0, "cancelled");
    assert_eq!(suggestion(&ship("\"fulfilled\"")), ("shipped", vec![]));
    assert_eq!(suggestion(&ship("\"partial\"")).0, "needs_person");
    assert_eq!(suggestion(&ship("\"pending\"")).0, "approved");
    assert_eq!(
        suggestion(&ship("\"restocked\"")),
        ("cancelled", vec!["ambiguous_state"])
    );
    assert_eq!(
        suggestion(&ship("\"teleported\"")),
        ("needs_person", vec!["unknown_state"])
    );
    for word in ["\"on_hold\"", "\"scheduled\"", "\"request_declined\""] {
        assert_eq!(suggestion(&ship(word)), ("on_hold", vec![]), "{word}");
    }
    for word in ["\"pending\"", "\"authorized\"", "null"] {
        assert_eq!(
            suggestion(&pay(word)),
            ("pending", vec!["ambiguous_state"]),
            "{word}"
        );
    }
    for word in ["\"voided\"", "\"expired\""] {
        assert_eq!(
            suggestion(&pay(word)),
            ("on_hold", vec!["ambiguous_state"]),
            "{word}"
        );
    }
    assert_eq!(
        suggestion(&pay("\"surprise\"")),
        ("needs_person", vec!["unknown_state"])
    );
}

#[test]
fn parcels_decide_between_shipped_and_delivered() {
    let parcels = |list: &str| {
        let text = with(
            &base(),
            "\"fulfillment_status\": null",
            "\"fulfillment_status\": \"fulfilled\"",
        );
        with(
            &text,
            "\"fulfillments\": []",
            &format!("\"fulfillments\": [{list}]"),
        )
    };
    let there = "{\"status\": \"success\", \"shipment_status\": \"delivered\"}";
    let on_the_way = "{\"status\": \"success\", \"shipment_status\": \"in_transit\"}";
    let gone = "{\"status\": \"cancelled\", \"shipment_status\": null}";
    assert_eq!(suggestion(&parcels(there)).0, "delivered");
    assert_eq!(
        suggestion(&parcels(&format!("{there},{gone}"))).0,
        "delivered"
    );
    assert_eq!(
        suggestion(&parcels(&format!("{there},{on_the_way}"))).0,
        "shipped"
    );
    assert_eq!(suggestion(&parcels(gone)).0, "shipped");
    let state = good(&parcels(there)).state;
    assert_eq!(state.fulfillment, Some(FulfillmentState::Delivered));
    assert_eq!(state.financial, Some(FinancialState::Paid));
    // Cancelled after a parcel left: nobody can tell which units are meant.
    let text = parcels(on_the_way);
    let text = with(
        &text,
        "\"cancelled_at\": null",
        "\"cancelled_at\": \"2026-11-02T00:00:00Z\"",
    );
    assert_eq!(suggestion(&text).0, "needs_person");
}

#[test]
fn a_cancellation_tells_its_time_and_reason() {
    let text = with(
        &base(),
        "\"cancelled_at\": null",
        "\"cancelled_at\": \"2026-11-02T01:00:00+01:00\", \"cancel_reason\": \"customer\"",
    );
    let state = good(&text).state;
    assert_eq!(
        state.cancelled_at.unwrap().to_string(),
        "2026-11-02T00:00:00.000000Z"
    );
    assert_eq!(
        state.changed_at.unwrap().to_string(),
        "2026-11-01T15:05:00.000000Z"
    );
    assert_eq!(
        state.suggestion.why(),
        Some("cancelled on the channel, reason: customer")
    );
}

#[test]
fn refunded_is_believed_only_as_far_as_money_went_back() {
    let all = good(&refunded("refunded", &refund(1, "\"51.17\"", "")));
    assert_eq!(all.state.suggestion.code(), "cancelled");
    let part = good(&refunded("refunded", &refund(1, "\"10.00\"", "")));
    assert_eq!(
        part.state.suggestion.why(),
        Some("marked as refunded, but the transactions say 10.00 USD of 51.17 USD")
    );
    assert_eq!(part.state.suggestion.code(), "on_hold");
    let none = good(&with(
        &base(),
        "\"financial_status\": \"paid\"",
        "\"financial_status\": \"refunded\"",
    ));
    assert_eq!(none.state.suggestion.code(), "on_hold");
    assert_eq!(codes(&none), ["payment_unknown", "ambiguous_state"]);
}

#[test]
fn units_taken_back_need_a_person_before_shipping() {
    let text = with(
        &base(),
        "\"current_quantity\": 3",
        "\"current_quantity\": 1",
    );
    assert_eq!(suggestion(&text).0, "needs_person");
    // The quantity ordered stays what was ordered.
    assert_eq!(good(&text).draft.lines[0].quantity.get(), 3);
    let text = with(
        &base(),
        "\"refunds\": []",
        "\"refunds\": [{\"refund_line_items\": [{\"line_item_id\": 1, \"quantity\": 1}]}]",
    );
    assert_eq!(suggestion(&text).0, "needs_person");
}

#[test]
fn a_sale_at_the_counter_is_no_channel_sale() {
    let text = with(
        &base(),
        "\"source_name\": \"web\"",
        "\"source_name\": \"pos\"",
    );
    assert_eq!(good(&text).draft.source.kind, SourceKind::PointOfSale);
}

#[test]
fn too_many_tags_and_attributes_are_cut_and_told() {
    let tags: Vec<String> = (0..60).map(|number| format!("t{number}")).collect();
    let text = with(&base(), "vip,  first order ,vip", &tags.join(","));
    let entries: Vec<String> = (0..120)
        .map(|number| format!("{{\"name\": \"a{number}\", \"value\": \"v\"}}"))
        .collect();
    let text = with(
        &text,
        "{\"name\": \"count\", \"value\": 3}",
        &entries.join(","),
    );
    let incoming = good(&text);
    assert_eq!(incoming.draft.tags.len(), 50);
    assert_eq!(incoming.draft.attributes.len(), 100);
    // The order's number takes the place of one of them.
    assert_eq!(number(&incoming), Some("#1001"));
    assert_eq!(codes(&incoming), ["left_out"; 3]);
    assert!(place(&incoming.draft).is_ok());
}

#[test]
fn odd_attributes_are_cleaned_or_left_out_and_told() {
    let long = "x".repeat(2_500);
    let entries = format!(
        "{{\"name\": \" a  b \", \"value\": \"1\"}}, {{\"name\": \"\", \"value\": \"2\"}},
         {{\"name\": \"long\", \"value\": \"{long}\"}}, {{\"name\": \"none\", \"value\": null}},
         {{\"name\": \"nested\", \"value\": {{\"a\": 1}}}},
         {{\"name\": \"twice\", \"value\": \"1\"}},
         {{\"name\": \"twice\", \"value\": \"2\"}}"
    );
    let incoming = good(&with(
        &base(),
        "{\"name\": \"count\", \"value\": 3}",
        &entries,
    ));
    let attributes = &incoming.draft.attributes;
    let value = |key: &str| attributes.get(key).map(|value| value.as_str());
    assert_eq!(value("a b"), Some("1"));
    assert_eq!(value("long").map(str::len), Some(2_000));
    assert_eq!(value("none"), None);
    assert_eq!(value("nested"), Some("{\"a\": 1}"));
    assert_eq!(value("twice"), Some("2"));
    assert_eq!(codes(&incoming), ["shortened", "left_out", "shortened"]);
    // No list at all is left out, not fatal.
    let text = with(
        &base(),
        "\"note_attributes\": [",
        "\"note_attributes\": 7, \"x\": [",
    );
    assert_eq!(codes(&good(&text)), ["left_out"]);
}

#[test]
fn a_duplicated_key_counts_once() {
    let text = with(
        &base(),
        "\"total_tax\": \"3.47\"",
        "\"total_tax\": \"9.99\", \"total_tax\": \"3.47\"",
    );
    assert_eq!(reconciled(&good(&text)), "51.17 USD");
}

#[test]
fn an_order_without_lines_is_read_but_not_placed() {
    let text = with(&base(), "\"line_items\": [", "\"line_items\": [], \"x\": [");
    let incoming = good(&text);
    assert!(incoming.draft.lines.is_empty());
    assert!(matches!(
        place(&incoming.draft),
        Err(OrderRejection::EmptyOrder)
    ));
}

#[test]
fn sums_beyond_the_range_of_money_are_refused() {
    let text = with(
        &base(),
        "\"price\": \"12.00\"",
        "\"price\": \"9999999999999.99\"",
    );
    let problem = read(&with(&text, "\"quantity\": 1,", "\"quantity\": 1000000,")).unwrap_err();
    assert_eq!(problem.cause(), Some("money_too_large"));
}

#[test]
fn a_draft_and_an_abandoned_checkout_are_no_orders_yet() {
    let plain = with(&base(), "\"financial_status\": \"paid\", ", "");
    for key in [
        "\"invoice_url\": \"https://shop.example/i\"",
        "\"invoice_sent_at\": null",
        "\"applied_discount\": null",
        "\"abandoned_checkout_url\": \"https://shop.example/c\"",
    ] {
        let draft = with(
            &plain,
            "\"test\": false",
            &format!("\"test\": false, {key}"),
        );
        let suggestion = good(&draft).state.suggestion;
        assert_eq!(suggestion.code(), "ignore", "{key}");
        assert_eq!(suggestion.why(), Some("a draft, not an order yet"));
        let view = View::new(OrderStatus::Pending);
        let says = |text: &str| {
            let mut reports = Shopify.read_statuses(text.as_bytes()).unwrap();
            let report = reports.remove(0).unwrap();
            Shopify.inbound(&report, &view, &StatusPolicy::new())
        };
        let why = NoChange::Draft;
        assert_eq!(says(&draft), Inbound::NoChange { why }, "{key}");
        // An order of the shop's own may carry such a key beside its word on payment.
        let order = with(
            &base(),
            "\"test\": false",
            &format!("\"test\": false, {key}"),
        );
        assert_eq!(good(&order).state.suggestion.code(), "approved", "{key}");
        assert_ne!(says(&order), Inbound::NoChange { why }, "{key}");
    }
}

#[test]
fn a_discount_beyond_the_goods_is_a_fee_below_zero() {
    // 42.00 of goods, 6.00 of them off already; 10.20 of shipping; 50.00 off in all.
    let text = with(
        &base(),
        "\"total_discounts\": \"8.00\"",
        "\"total_discounts\": \"50.00\"",
    );
    let text = with(
        &text,
        "\"total_price\": \"51.17\"",
        "\"total_price\": \"9.17\"",
    );
    let incoming = good(&text);
    assert_eq!(reconciled(&incoming), "9.17 USD");
    assert_eq!(incoming.draft.discount.minor(), 3_600);
    let last = incoming.draft.charges.last().unwrap();
    assert_eq!((last.kind, last.amount.minor()), (ChargeKind::Fee, -600));
    assert_eq!(
        last.title.as_ref().unwrap().as_str(),
        "discount on shipping"
    );
}

fn charges(incoming: &Incoming) -> Vec<(ChargeKind, i64)> {
    let charges = incoming.draft.charges.iter();
    let shown = charges.map(|charge| (charge.kind, charge.amount.minor()));
    shown.collect()
}

#[test]
fn a_line_that_is_a_tip_is_a_charge_and_counts_once() {
    let tip = |gateway: &str, total: &str| {
        let line = format!(
            "\"line_items\": [{{\"id\": 99, \"title\": \"Tip\", \"quantity\": 1,
             \"price\": \"3.00\",
             \"tip_payment_gateway\": {gateway}, \"tip_payment_method\": \"Visa\"}},"
        );
        let text = with(&base(), "\"line_items\": [", &line);
        let text = with(
            &text,
            "\"total_tip_received\": \"1.00\"",
            &format!("\"total_tip_received\": \"{total}\""),
        );
        let stated = if total == "4.00" { "54.17" } else { "53.17" };
        let text = with(&text, "\"51.17\"", &format!("\"{stated}\""));
        let reports = Shopify.read_statuses(text.as_bytes()).unwrap();
        assert_eq!(reports[0].as_ref().unwrap().lines.len(), 2);
        good(&text)
    };
    let tips = |incoming: &Incoming| {
        let all = charges(incoming).into_iter();
        let tips = all.filter(|(kind, _)| *kind == ChargeKind::Tip);
        tips.map(|(_, amount)| amount).collect::<Vec<_>>()
    };
    for gateway in ["\"shopify_payments\"", "null"] {
        let incoming = tip(gateway, "4.00");
        assert_eq!(incoming.draft.lines.len(), 2);
        assert_eq!(tips(&incoming), [100, 300]);
        assert_eq!(reconciled(&incoming), "54.17 USD");
        // The sum of the tips is that line's, or is not told.
        for total in ["3.00", "0.00"] {
            let incoming = tip(gateway, total);
            assert_eq!(tips(&incoming), [300], "{total}");
            assert_eq!(reconciled(&incoming), "53.17 USD");
        }
    }
}

#[test]
fn additional_fees_are_charged() {
    let fee = "\"original_total_additional_fees_set\": {\"shop_money\": {\"amount\": \"1.25\",
        \"currency_code\": \"USD\"}}, \"original_total_duties_set\"";
    let text = with(&base(), "\"original_total_duties_set\"", fee);
    let incoming = good(&with(&text, "\"51.17\"", "\"52.42\""));
    assert_eq!(reconciled(&incoming), "52.42 USD");
    assert!(charges(&incoming).contains(&(ChargeKind::Fee, 125)));
}

#[test]
fn removed_shipping_counts_where_the_stated_total_counts_it() {
    let removed = "\"shipping_lines\": [{\"id\": 4, \"title\": \"Slow\", \"price\": \"3.00\",
        \"is_removed\": true, \"discount_allocations\": [{\"amount\": \"1.00\"}]},";
    let text = with(&base(), "\"shipping_lines\": [", removed);
    let shipping = |incoming: &Incoming| {
        let all = charges(incoming).into_iter();
        all.filter(|(kind, _)| *kind == ChargeKind::Shipping)
            .count()
    };
    let without = good(&text);
    assert_eq!(reconciled(&without), "51.17 USD");
    assert_eq!((shipping(&without), codes(&without)), (1, vec![]));
    // Its discount is one of the order's then.
    let text = with(
        &text,
        "\"total_discounts\": \"8.00\"",
        "\"total_discounts\": \"9.00\"",
    );
    let all = good(&with(&text, "\"51.17\"", "\"53.17\""));
    assert_eq!(reconciled(&all), "53.17 USD");
    assert_eq!((shipping(&all), codes(&all)), (2, vec![]));
    // Where neither reading gives it, what was removed does not count.
    let neither = good(&with(&text, "\"51.17\"", "\"99.99\""));
    assert_eq!(
        (shipping(&neither), codes(&neither)),
        (1, vec!["total_differs"])
    );
}
