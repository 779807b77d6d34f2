//! The status words of orders that real shops and vendors sent. They are no part of this
//! repository: `OMS_CHANNEL_SAMPLES` names the folder that holds a folder per channel.

#![cfg(feature = "channels")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use oms_core::channel::{Channel, Channels, Inbound, PersonCause, StatusPolicy, View};
use oms_core::order::OrderStatus;

/// What the reports of a folder come to, counted.
fn counted(channel: &dyn Channel, folder: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(reports) = channel.read_statuses(&std::fs::read(&path).unwrap()) else {
            continue;
        };
        for report in reports.into_iter().flatten() {
            assert!(!report.order.as_str().is_empty());
            let view = View::new(OrderStatus::Pending);
            let answer = channel.inbound(&report, &view, &StatusPolicy::new());
            let word = match &answer {
                Inbound::NoChange { why } => format!("={why:?}"),
                Inbound::MoveTo { status, .. } => format!("->{status}"),
                Inbound::LineChange { .. } => "lines".to_owned(),
                Inbound::NeedsPerson { cause } => {
                    let known = !matches!(cause, PersonCause::UnknownWord { .. });
                    // A plugin's word is one nobody can know.
                    let plugin = channel.kind() == "woocommerce";
                    assert!(known || plugin, "{}: {cause}", path.display());
                    format!("?{}", cause.code())
                }
            };
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

#[test]
fn every_word_of_every_sample_is_known() {
    let Some(root) = std::env::var_os("OMS_CHANNEL_SAMPLES") else {
        assert!(
            std::env::var_os("OMS_REQUIRE_SAMPLES").is_none_or(|value| value != "1"),
            "OMS_REQUIRE_SAMPLES is set, OMS_CHANNEL_SAMPLES is not"
        );
        // Past the test harness, which would swallow it.
        let line = "NOT RUN: status words of samples, OMS_CHANNEL_SAMPLES is not set\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    for kind in ["amazon", "ebay", "shopify", "woocommerce"] {
        let channel = Channels::built_in(kind).unwrap();
        let counts = counted(channel.as_ref(), &Path::new(&root).join(kind));
        let line = format!("{kind}: {counts:?}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        assert!(counts.values().sum::<usize>() > 5, "{kind}");
    }
}
