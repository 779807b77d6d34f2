//! eBay's own vectors, which are no part of this repository: `OMS_CHANNEL_SAMPLES` names the folder
//! that holds them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use oms_core::channel::signature::{Delivery, WebhookKeys, ebay_key_id, read_ebay_key};
use oms_core::channel::{Channel, Ebay, Response};
use serde_json::value::RawValue;

/// The body as eBay signed it: the message without the spaces between its tokens.
fn compact(json: &str) -> String {
    let (mut out, mut text, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        if text {
            (escaped, text) = (c == '\\' && !escaped, c != '"' || escaped);
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            text = c == '"';
        }
        out.push(c);
    }
    out
}

#[test]
fn ebays_own_vectors() {
    let name = "ebay/notification_signature_test_vectors.json";
    let Some(root) = std::env::var_os("OMS_CHANNEL_SAMPLES") else {
        assert!(
            std::env::var_os("OMS_REQUIRE_SAMPLES").is_none_or(|value| value != "1"),
            "OMS_REQUIRE_SAMPLES is set, OMS_CHANNEL_SAMPLES is not"
        );
        // Past the test harness, which would swallow it.
        let line = format!("NOT RUN: {name}, OMS_CHANNEL_SAMPLES is not set\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    // Cargo runs tests in the package's folder; the gate names the folder from the workspace's.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&root);
    let own = Path::new(&root).join(name);
    let file = if own.is_file() {
        own
    } else {
        workspace.join(name)
    };
    let Ok(text) = std::fs::read_to_string(&file) else {
        let line = format!("NOT RUN: {name} is not among the samples\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    let vectors: BTreeMap<String, BTreeMap<String, Box<RawValue>>> =
        serde_json::from_str(&text).unwrap();
    let verify = |vector: &str| {
        let vector = &vectors[vector];
        let header: String = serde_json::from_str(vector["signature"].get()).unwrap();
        let body = compact(vector["message"].get());
        let headers = [("X-EBAY-SIGNATURE", header.as_str())];
        let delivery = Delivery {
            headers: &headers,
            body: body.as_bytes(),
        };
        let key = read_ebay_key(&Response::new(200, vector["response"].get())).unwrap();
        let keys = WebhookKeys::new().key(ebay_key_id(&delivery).unwrap(), key);
        let spaced = format!("{body} ");
        let changed = Delivery {
            headers: &headers,
            body: spaced.as_bytes(),
        };
        let code = |delivery| {
            Ebay.verify(delivery, &keys)
                .map_err(|problem| problem.code())
        };
        (code(&delivery), code(&changed))
    };
    assert_eq!(verify("VALID"), (Ok(()), Err("signature_mismatch")));
    // One of its two numbers has 33 bytes, so it is refused before it is compared.
    let (refused, _) = verify("SIGNATURE_MISMATCH");
    assert_eq!(refused, Err("signature_malformed"));
}
