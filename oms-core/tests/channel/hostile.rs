//! The channel readers over damaged payloads: whatever comes in, they answer and never panic.

#[cfg(feature = "signatures")]
#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub)]
mod fuzzed;

use std::sync::LazyLock;

use crate::shared::{channel, everything, place};
use oms_core::channel::csv::{read_csv_orders, read_hubs, read_skus, read_stock, write_rejected};
use oms_core::channel::{
    Incoming, computed_total, detect, read_amazon_orders, read_notice, read_orders,
};
use oms_core::order::OrderRejection;
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
                // Placing may refuse, as for an order without lines, but it answers, and never for
                // what a channel may rightly say.
                let beyond = matches!(place(draft), Err(OrderRejection::DiscountTooLarge { .. }));
                assert!(!beyond, "{:?}", draft.external);
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
    let _ = (read_notice("", bytes), read_notice("order.deleted", bytes));
    let _ = read_amazon_orders(bytes, &[bytes], &channel());
}

/// The JSON files of every channel.
fn documents() -> Vec<(String, Value)> {
    let files = everything().into_iter();
    let json = files.filter(|(name, _)| name.ends_with(".json"));
    let parsed = json.map(|(name, bytes)| (name, serde_json::from_slice(&bytes).unwrap()));
    parsed.collect()
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

/// The drafts of a payload without the payload itself, and the refusals.
fn answers(text: &str) -> Vec<Result<Incoming, String>> {
    let plain = |read: Result<Incoming, _>| match read {
        Ok(mut incoming) => {
            incoming.draft.payload = None;
            Ok(incoming)
        }
        Err(problem) => Err(oms_core::channel::ChannelError::to_string(&problem)),
    };
    let read = read_orders(text.as_bytes(), &channel()).unwrap_or_default();
    read.into_iter().map(plain).collect()
}

/// Every text that is a JSON number, without its quotes.
fn texts_as_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, quoted) = rest.split_at(at);
        out.push_str(before);
        let mut end = 1;
        while quoted.as_bytes()[end] != b'"' {
            end += if quoted.as_bytes()[end] == b'\\' {
                2
            } else {
                1
            };
        }
        let (token, after) = quoted.split_at(end + 1);
        let inner = &token[1..end];
        let number = serde_json::from_str::<serde_json::Number>(inner).is_ok();
        let is_key = after.trim_start().starts_with(':');
        out.push_str(if number && !is_key { inner } else { token });
        rest = after;
    }
    out + rest
}

/// Every number outside texts, in quotes.
fn numbers_as_texts(text: &str) -> String {
    let (mut out, mut quoted, mut number, mut escaped) = (String::new(), false, false, false);
    for c in text.chars() {
        let part =
            !quoted && (c.is_ascii_digit() || (number && matches!(c, '.' | 'e' | 'E' | '+')));
        let begins = part || (!quoted && c == '-');
        if begins != number {
            out.push('"');
            number = begins;
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[test]
fn numbers_as_texts_and_texts_as_numbers_are_the_same_order() {
    let mut orders = 0;
    for (name, bytes) in everything() {
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        if !name.ends_with(".json") {
            continue;
        }
        let plain = answers(&text);
        orders += plain.iter().flatten().count();
        assert_eq!(
            answers(&texts_as_numbers(&text)),
            plain,
            "{name}: texts as numbers"
        );
        assert_eq!(
            answers(&numbers_as_texts(&text)),
            plain,
            "{name}: numbers as texts"
        );
    }
    assert!(orders > 15, "{orders}");
}

/// Puts `new` in the place of every value in turn; one order's trouble is never another's.
#[test]
fn nothing_in_any_place_is_answered_and_harms_no_neighbour() {
    for (name, document) in documents() {
        let plain = answers(&document.to_string());
        for new in [Value::Null, json!([[]]), json!({"a": {}})] {
            for place in 0.. {
                let (mut changed, mut at) = (document.clone(), place);
                replace(&mut changed, &mut at, &new);
                if at != usize::MAX {
                    break;
                }
                let text = changed.to_string();
                let found = answers(&text);
                if found.len() == plain.len() {
                    let other = found.iter().zip(&plain).filter(|(new, old)| new != old);
                    assert!(other.count() <= 1, "{name}: {new} in place {place}");
                }
            }
        }
        read_as_everything(document.to_string().as_bytes());
    }
}

/// A payload of a size.
type Shape<'s> = &'s dyn Fn(usize) -> String;

/// Large payloads of every shape are answered. Reading them takes time in proportion to their size;
/// were it the square, this test would not end.
#[test]
fn large_payloads_are_answered() {
    let item = r#"{"id":1,"quantity":1,"price":"1.00","tax_lines":[{"price":"0.00"}]}"#;
    let lines = |count: usize| {
        let items = vec![item; count].join(",");
        format!(r#"{{"id":1,"currency":"EUR","total_price":"1","line_items":[{items}]}}"#)
    };
    let order = lines(1);
    let page = |count: usize| {
        format!(
            r#"{{"orders":[{}]}}"#,
            vec![order.as_str(); count].join(",")
        )
    };
    let keys = |count: usize| {
        let keys: String = (0..count).map(|at| format!(r#""k{at}":{at},"#)).collect();
        format!(r#"{{{keys}"id":1,"currency":"EUR","total_price":"1","line_items":[{item}]}}"#)
    };
    let deep = |count: usize| {
        let deep = format!("{}{}", "[".repeat(count), "]".repeat(count));
        let id = r#""id":1,"currency":"EUR","total_price":"1""#;
        format!(r#"{{{id},"line_items":[{item}],"note":{deep},"x":{deep}}}"#)
    };
    let shapes: [(&str, Shape<'_>, usize); 4] = [
        ("lines", &lines, 250),
        ("page", &page, 500),
        ("keys", &keys, 4_000),
        ("deep", &deep, 40_000),
    ];
    for (name, shape, size) in shapes {
        let text = shape(size * 40);
        let read = read_orders(text.as_bytes(), &channel()).unwrap();
        let orders = if name == "page" { size * 40 } else { 1 };
        assert_eq!(read.len(), orders, "{name}");
    }
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
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((0_usize..400, odd_values()), 1..4),
    ) {
        static DOCUMENTS: LazyLock<Vec<(String, Value)>> = LazyLock::new(documents);
        let mut value = file.get(&DOCUMENTS).1.clone();
        for (mut at, new) in changes {
            replace(&mut value, &mut at, &new);
        }
        read_as_everything(value.to_string().as_bytes());
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&bytes);
        read_as_everything(&[b"{\"orderId\":\"1\",\"orderItems\":", bytes.as_slice()].concat());
    }

    #[test]
    fn a_repeated_key_is_answered_with_its_last_value(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
    ) {
        static DOCUMENTS: LazyLock<Vec<(String, Value)>> = LazyLock::new(documents);
        let text = file.get(&DOCUMENTS).1.to_string();
        let keys: Vec<usize> = text.match_indices("{\"").map(|(at, _)| at).collect();
        let key = *at.get(&keys) + 1;
        let end = key + text[key..].find(':').unwrap();
        let name = &text[key..end];
        // The first value of two is one that cannot be read, and does not count.
        let doubled = format!("{}{name}:[[7]],{}", &text[..key], &text[key..]);
        let (plain, twice) = (answers(&text), answers(&doubled));
        prop_assert_eq!(plain, twice);
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

#[cfg(feature = "signatures")]
type Body = fn(&[u8]);

/// The fuzz targets by name.
#[cfg(feature = "signatures")]
const FUZZED: [(&str, Body); 10] = [
    ("amazon_2026", fuzzed::amazon_2026),
    ("amazon_v0", fuzzed::amazon_v0),
    ("csv", fuzzed::csv),
    ("ebay", fuzzed::ebay),
    ("notices", fuzzed::notices),
    ("plain", fuzzed::plain),
    ("shopify", fuzzed::shopify),
    ("shopify_graphql", fuzzed::shopify_graphql),
    ("signatures", fuzzed::signatures),
    ("woocommerce", fuzzed::woocommerce),
];

/// Every key of every fixture.
#[cfg(feature = "signatures")]
fn keys() -> Vec<String> {
    fn of(value: &Value, keys: &mut std::collections::BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| of(item, keys)),
            Value::Object(fields) => fields.iter().for_each(|(key, field)| {
                keys.insert(key.clone());
                of(field, keys);
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut keys = std::collections::BTreeSet::new();
    documents()
        .iter()
        .for_each(|(_, document)| of(document, &mut keys));
    keys.into_iter().collect()
}

#[cfg(feature = "signatures")]
#[test]
fn every_fuzz_target_is_run_here_over_every_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let files = std::fs::read_dir(folder).unwrap();
    let mut targets: Vec<String> = files
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    targets.sort();
    assert_eq!(targets, FUZZED.map(|(name, _)| name));
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for (name, body) in FUZZED {
        assert!(
            manifest.contains(&format!("fuzz_targets/{name}.rs")),
            "{name}"
        );
        for (_, bytes) in everything() {
            body(&bytes);
        }
    }
}

#[cfg(feature = "signatures")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_break_what_is_fuzzed(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        FUZZED.iter().for_each(|(_, body)| body(&bytes));
    }

    /// The bodies put these fields into an order of their own.
    #[test]
    fn no_fields_break_what_is_fuzzed(
        fields in prop::collection::vec((any::<prop::sample::Index>(), odd_values()), 1..12),
        lists in any::<bool>(),
    ) {
        static KEYS: LazyLock<Vec<String>> = LazyLock::new(keys);
        let field = |(key, value): &(prop::sample::Index, Value)| {
            let value = if lists { json!([{"id": "1", "x": value}]) } else { value.clone() };
            format!("{:?}:{value}", key.get(&KEYS))
        };
        let fields: Vec<String> = fields.iter().map(field).collect();
        let fields = fields.join(",");
        FUZZED.iter().for_each(|(_, body)| body(fields.as_bytes()));
    }
}
