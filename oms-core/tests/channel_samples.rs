//! The channel readers over payloads that real shops and vendors sent. They are no part of this
//! repository: `OMS_CHANNEL_SAMPLES` names the folder that holds `shopify/` and `woocommerce/`.

#![cfg(feature = "channels")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod channel_shared;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use channel_shared::{channel, place};
use oms_core::channel::csv::{read_csv_orders, read_hubs, read_skus, read_stock};
use oms_core::channel::{ChannelWarning, Format, Incoming, computed_total, detect, read_orders};
use serde_json::value::RawValue;

fn samples(folder: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let Some(root) = std::env::var_os("OMS_CHANNEL_SAMPLES") else {
        // Past the test harness, which would swallow it.
        let line = format!("skipped: {folder} samples, OMS_CHANNEL_SAMPLES is not set\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(&root).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no samples in {folder}");
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    };
    Some(files.into_iter().map(read).collect())
}

/// Every order of a file, whatever envelope it is in, as (name, text).
fn orders(name: &str, bytes: &[u8]) -> Vec<(String, String)> {
    fn walk(raw: &RawValue, name: &str, found: &mut Vec<(String, String)>) {
        if let Ok(map) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()) {
            let has = |key: &str| map.contains_key(key);
            if has("currency") && has("line_items") && (has("total_price") || has("total")) {
                let id = map.get("id").map_or("?", |id| id.get());
                found.push((format!("{name} {id}"), raw.get().to_owned()));
            }
            map.values().for_each(|inner| walk(inner, name, found));
        } else if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
            list.iter().for_each(|inner| walk(inner, name, found));
        }
    }
    let mut found = Vec::new();
    if let Ok(root) = serde_json::from_slice::<&RawValue>(bytes) {
        walk(root, name, &mut found);
    }
    found
}

fn read(name: &str, text: &str) -> Result<Incoming, String> {
    let mut read = read_orders(text.as_bytes(), &channel()).map_err(|e| format!("{name}: {e}"))?;
    assert_eq!(read.len(), 1, "{name}");
    read.remove(0).map_err(|e| format!("{name}: {e}"))
}

fn reconciles(incoming: &Incoming) -> bool {
    let computed = computed_total(&incoming.draft).unwrap();
    let reconciles = incoming.draft.stated_total == Some(computed);
    let told = |warning: &ChannelWarning| matches!(warning, ChannelWarning::TotalDiffers { .. });
    assert_eq!(!reconciles, incoming.warnings.iter().any(told));
    reconciles
}

#[test]
fn every_shopify_order_reconciles() {
    let Some(files) = samples("shopify") else {
        return;
    };
    let mut count = 0;
    for (name, bytes) in &files {
        for (name, text) in orders(name, bytes) {
            if !text.contains("\"total_price\"") {
                continue;
            }
            assert_eq!(detect(text.as_bytes()), Some(Format::Shopify), "{name}");
            let incoming = read(&name, &text).unwrap_or_else(|problem| panic!("{problem}"));
            assert!(reconciles(&incoming), "{name}: {:?}", incoming.warnings);
            // A discount above the goods' price is refused by placing; test orders have one.
            assert!(
                place(&incoming.draft).is_ok() || incoming.state.test,
                "{name}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 11);
}

/// Orders their authors changed by hand to test decoders; their money cannot reconcile.
const EDITED: [&str; 7] = ["263", "259", "161", "160", "159", "357", "3207"];

#[test]
fn every_genuine_woocommerce_order_reconciles() {
    let Some(files) = samples("woocommerce") else {
        return;
    };
    let (mut reconciled, mut edited, mut refused) = (0, 0, 0);
    for (name, bytes) in &files {
        for (name, text) in orders(name, bytes) {
            if detect(text.as_bytes()) != Some(Format::WooCommerce) {
                assert!(name.starts_with("docs_legacy3"), "{name}: not read");
                continue;
            }
            let incoming = match read(&name, &text) {
                Ok(incoming) => incoming,
                Err(problem) => {
                    assert!(problem.contains("quantity_not_whole"), "{problem}");
                    refused += 1;
                    continue;
                }
            };
            if reconciles(&incoming) {
                assert!(
                    place(&incoming.draft).is_ok() || incoming.draft.lines.is_empty(),
                    "{name}"
                );
                reconciled += 1;
            } else {
                let id = name.rsplit(' ').next().unwrap();
                assert!(EDITED.contains(&id), "{name}: {:?}", incoming.warnings);
                edited += 1;
            }
        }
    }
    assert_eq!((reconciled, edited, refused), (22, 7, 3));
}

#[test]
fn no_file_of_any_kind_makes_a_reader_panic() {
    for folder in ["shopify", "woocommerce", "amazon", "ebay"] {
        let Some(files) = samples(folder) else { return };
        for (_, bytes) in &files {
            let _ = detect(bytes);
            let _ = read_orders(bytes, &channel());
            for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
                let part = &bytes[..cut];
                assert!(read_orders(part, &channel()).is_err());
                let _ = read_csv_orders(part, &channel());
            }
            let _ = (read_hubs(bytes), read_skus(bytes), read_stock(bytes));
        }
    }
}
