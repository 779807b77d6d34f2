//! The channel readers over damaged payloads: whatever comes in, they answer and never panic.

#![cfg(feature = "channels")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod channel_shared;

use std::sync::LazyLock;

use channel_shared::{channel, everything, fixture, place};
use oms_core::channel::csv::{read_csv_orders, read_hubs, read_skus, read_stock, write_rejected};
use oms_core::channel::{computed_total, detect, read_orders};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Reads the bytes as everything there is, and checks what must hold of any answer.
fn read_as_everything(bytes: &[u8]) {
    let _ = detect(bytes);
    for answer in read_orders(bytes, &channel()).unwrap_or_default() {
        match answer {
            Ok(incoming) => {
                let draft = &incoming.draft;
                computed_total(draft).unwrap();
                assert!(draft.payment.refunded <= draft.payment.captured);
                assert!(draft.payload.is_some() && !draft.external.is_empty());
                // Placing may refuse, as for an order without lines, but it answers.
                let _ = place(draft);
                incoming
                    .warnings
                    .iter()
                    .for_each(|warning| assert!(!warning.to_string().is_empty()));
            }
            Err(problem) => {
                assert!(problem.order.is_some(), "{problem}");
                assert!(!problem.expected.is_empty());
            }
        }
    }
    if let Ok(read) = read_csv_orders(bytes, &channel()) {
        let file = write_rejected(&read.headers, &read.rejected);
        let again = read_csv_orders(file.as_bytes(), &channel()).unwrap();
        // Untouched, a file of rejected rows gives no order, unless it was the end of the file
        // that was wrong.
        let ends = ["row_quote_open", "row_cut"];
        let problems = || read.rejected.iter().flat_map(|row| &row.problems);
        assert!(
            again.orders.is_empty() || problems().any(|problem| ends.contains(&problem.code)),
            "{file}"
        );
    }
    let _ = (read_hubs(bytes), read_skus(bytes), read_stock(bytes));
}

#[test]
fn every_file_cut_anywhere_is_answered() {
    for (name, bytes) in everything() {
        read_as_everything(&bytes);
        for cut in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            read_as_everything(&bytes[..cut]);
            if name.ends_with(".json") {
                assert!(
                    read_orders(&bytes[..cut], &channel()).is_err(),
                    "{name} cut at {cut}"
                );
            }
        }
    }
}

#[test]
fn nesting_without_end_is_answered() {
    for open in ["[", "{\"orders\":", "{\"order\":{\"total_price\":"] {
        read_as_everything(open.repeat(20_000).as_bytes());
    }
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let order = format!(
        r#"{{"id":1,"currency":"EUR","total_price":"1","line_items":[],"x":{deep},"note":{deep}}}"#
    );
    read_as_everything(order.as_bytes());
}

/// Replaces the `at`th value of a document, counted over all levels.
fn replace(value: &mut Value, at: &mut usize, new: &Value) {
    if *at == 0 {
        *value = new.clone();
        *at = usize::MAX;
        return;
    }
    *at = at.saturating_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, new)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| replace(field, at, new)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn odd_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!({})),
        Just(json!([])),
        Just(json!([null])),
        Just(json!([[], {}])),
        Just(json!({"amount": "x"})),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!("1e30")),
        Just(json!("9999999999999.99")),
        Just(json!("-0.00")),
        Just(json!("a\u{0}b\u{202e}")),
        Just(json!("x".repeat(6_000))),
        any::<i64>().prop_map(|number| json!(number)),
        "\\PC{0,20}".prop_map(|text| json!(text)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_bytes_are_answered(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6),
    ) {
        static FILES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(everything);
        let mut bytes = file.get(&FILES).1.clone();
        for (place, byte, kind) in changes {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        read_as_everything(&bytes);
    }

    #[test]
    fn any_value_in_any_place_is_answered(
        shopify in any::<bool>(),
        changes in prop::collection::vec((0_usize..160, odd_values()), 1..4),
    ) {
        let name = if shopify { "shopify.json" } else { "woocommerce.json" };
        let mut value: Value = serde_json::from_str(&fixture(name)).unwrap();
        for (mut at, new) in changes {
            replace(&mut value, &mut at, &new);
        }
        read_as_everything(value.to_string().as_bytes());
    }

    #[test]
    fn any_table_is_answered(
        cells in prop::collection::vec(
            prop::collection::vec("[-0-9.,;\"\\ra-zäE+ \n]{0,6}", 5..8), 1..8),
        delimiter in prop::sample::select(vec![",", ";", "\t"]),
    ) {
        let head = ["order_id", "sku", "quantity", "unit_price", "currency", "note"];
        let mut text = head.join(delimiter) + "\n";
        for row in &cells {
            text += &(row.join(delimiter) + "\n");
        }
        read_as_everything(text.as_bytes());
    }
}
