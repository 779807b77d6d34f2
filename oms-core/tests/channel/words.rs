//! The status words of orders that real shops and vendors sent. They are no part of this
//! repository: `OMS_CHANNEL_SAMPLES` names the folder that holds a folder per channel.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

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
                // Plugins and later versions have words that nobody can know: a person is asked.
                Inbound::NeedsPerson { cause } => match cause {
                    PersonCause::UnknownWord { .. } => format!("?{cause}"),
                    _ => format!("?{}", cause.code()),
                },
            };
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

/// Cargo runs tests in the package's folder; the gate names the folder from the workspace's.
fn folder(root: &OsStr) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(root);
    let root = PathBuf::from(root);
    if root.is_dir() { root } else { workspace }
}

#[test]
fn every_status_of_every_sample_is_answered() {
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
    let root = folder(&root);
    for kind in ["amazon", "ebay", "shopify", "woocommerce"] {
        let channel = Channels::built_in(kind).unwrap();
        let line = match root.join(kind) {
            of_it if of_it.is_dir() => format!("{kind}: {:?}\n", counted(channel.as_ref(), &of_it)),
            _ => format!("NOT RUN: no samples of {kind}\n"),
        };
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
