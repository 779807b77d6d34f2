//! The webhook server: signed and unsigned deliveries over HTTP, and the orders made of them.

#![cfg(feature = "webhooks")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../oms-store-postgres/tests/common/mod.rs"]
mod cluster;
mod common;
#[path = "webhooks/connections.rs"]
mod connections;
#[path = "webhooks/decide.rs"]
mod decide;
#[path = "webhooks/health.rs"]
mod health;
#[path = "webhooks/people.rs"]
mod people;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::Folder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

const SHOPIFY: &str = "/webhooks/shopify/web";
const WOO: &str = "/webhooks/woocommerce/shop";
const EBAY: &str = "/webhooks/ebay/ebay-de";
const AMAZON: &str = "/webhooks/amazon/amazon-de";

/// How long a job may take to be done.
const PATIENCE: Duration = Duration::from_secs(20);

/// A public key of our own making, on P-256.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOs50ZLf052JLCeZ5nGFpFp+SGAusWz986vKYwH3yPpBZlc6F0vUmY71r\
    IE0KwFFHepIIleSFdMk230PfUcXCTg==-----END PUBLIC KEY-----";

/// The sample order of eBay, signed with the key to that one (SHA-1, as eBay signs).
const EBAY_SIGNED: &str = "MEUCICx15V3xvgFuCySGYDcxl4QocTofRk2GuTNBVHb8mStqAiEA67JBROMefdIxF60FdwFJ\
    NtdwzDLNPAxXM5Mjb27kS4I=";

/// A server of one test.
struct Server {
    child: Child,
    log: BufReader<ChildStdout>,
    /// Where channels deliver.
    address: String,
    /// Where people on this machine ask.
    people: String,
}

/// What it answered.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Server {
    fn start(test: &str) -> Self {
        Self::start_on(test, &[])
    }

    /// A server with these options besides.
    fn start_on(test: &str, more: &[&str]) -> Self {
        let folder = Folder::new(test);
        let config = json!({"connections": [
            {"channel": "shopify", "connection": "web", "secrets": ["env:OLD", "hush-new"]},
            {"channel": "woocommerce", "connection": "shop", "secrets": ["hush-woo"]},
            {"channel": "ebay", "connection": "ebay-de", "verification_token": "token-of-ours",
             "endpoint": "https://hooks.example/webhooks/ebay/ebay-de",
             "public_keys": [{"id": "key-1", "pem": KEY, "digest": "SHA1"}]},
            {"channel": "amazon", "connection": "amazon-de", "bearer_tokens": ["hush-queue"]},
        ]});
        folder.with("webhooks.json", config.to_string());
        let data = |name: &str| format!("{}/data/{name}", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_webhooks"))
            .args(["--port", "0", "--admin-port", "0"])
            .args(["--config", "webhooks.json"])
            .args(["--skus", &data("skus.csv"), "--hubs", &data("hubs.csv")])
            .args(["--stock", &data("stock.csv")])
            .args(more)
            .current_dir(folder.path())
            .env_remove("DATABASE_URL")
            .env("OLD", "hush-old")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let mut port = |words: &str| {
            let mut line = String::new();
            log.read_line(&mut line).unwrap();
            let address = line.trim().strip_prefix(words);
            let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
            assert!(address.starts_with("127.0.0.1:"), "{address}");
            address
        };
        let address = port("listening on http://");
        let people = port("for people on this machine: http://");
        Self {
            child,
            log,
            address,
            people,
        }
    }

    /// Asks at the port that the path is served on.
    fn send(&self, head: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let path = head.split(' ').nth(1).unwrap();
        if path.starts_with("/webhooks/") {
            return ask(&self.address, "hooks.example", head, headers, body);
        }
        ask(&self.people, &self.people, head, headers, body)
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        self.send(&format!("POST {path}"), headers, body).status
    }

    /// A body as Shopify signs it.
    fn shopify(&self, body: &str) -> u16 {
        let mac = mac("hush-new", body.as_bytes());
        self.post(SHOPIFY, &[("X-Shopify-Hmac-Sha256", &mac)], body.as_bytes())
    }

    /// Delivers what is signed; answers the receipt, and whether it is a repeat's.
    fn deliver(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, bool) {
        let answer = self.send(&format!("POST {path}"), headers, body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        let id = said["receipt"].as_str().unwrap().to_owned();
        (id, said["repeated"].as_bool().unwrap())
    }

    /// Delivers a body as Shopify signs it, and waits for what becomes of it.
    fn follow(&self, body: &str) -> Value {
        let mac = mac("hush-new", body.as_bytes());
        let headers = [("X-Shopify-Hmac-Sha256", mac.as_str())];
        let (receipt, _) = self.deliver(SHOPIFY, &headers, body.as_bytes());
        self.outcome(&receipt)
    }

    /// Waits for what becomes of a receipt.
    fn outcome(&self, receipt: &str) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.send(&format!("GET /receipts/{receipt}"), &[], b"");
            assert_eq!(answer.status, 200, "{}", answer.body);
            let status: Value = serde_json::from_str(&answer.body).unwrap();
            if status["status"] != "waiting" {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "{status:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.send(&format!("GET {path}"), &[], b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Waits until a list has so many entries.
    fn wait_for(&self, path: &str, count: usize) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let list = self.list(path);
            if list.len() >= count {
                assert_eq!(list.len(), count, "{path}: {list:#?}");
                return list;
            }
            assert!(started.elapsed() < PATIENCE, "{path}: {list:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Tells it to end, as Ctrl-C does.
    #[cfg(unix)]
    fn interrupt(&self) {
        let process = self.child.id().to_string();
        let told = Command::new("kill").args(["-INT", &process]).status();
        assert!(told.unwrap().success());
    }

    /// Reads the log up to a line with these words.
    fn logged(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).unwrap();
            assert!(read > 0, "the log ends without {words:?}");
            if line.contains(words) {
                return line;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request to an address, for a host, and reads the answer.
fn ask(address: &str, host: &str, head: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(request.as_bytes()).unwrap();
    // A server that refuses early may close before it has read all.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or_else(|| panic!("no answer: {answer:?}")),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

fn mac(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    STANDARD.encode(mac.chain_update(body).finalize().into_bytes())
}

fn order(id: u32, sku: &str) -> String {
    json!({"id": id, "name": format!("#{id}"), "currency": "EUR", "total_price": "8.50",
        "financial_status": "paid", "taxes_included": true,
        "line_items": [{"id": 1, "sku": sku, "quantity": 1, "price": "8.50"}],
        "shipping_address": {"name": "Test Buyer", "address1": "Musterweg 1", "city": "Berlin",
            "zip": "10115", "country_code": "DE"}})
    .to_string()
}

fn of<'v>(rows: &'v [Value], reference: &str) -> &'v Value {
    let row = rows.iter().find(|row| row["reference"] == reference);
    row.unwrap_or_else(|| panic!("no {reference}: {rows:#?}"))
}

#[test]
fn a_signed_delivery_becomes_an_order_once_however_often_it_comes() {
    let server = Server::start("webhooks-signed");
    let body = order(1, "TEA-01");
    assert_eq!(server.shopify(&body), 200);
    let rows = server.wait_for("/orders", 1);
    assert_eq!(
        (
            &rows[0]["reference"],
            &rows[0]["status"],
            &rows[0]["channel"]
        ),
        (&json!("#1"), &json!("approved"), &json!("web"))
    );
    // Once more, and with the secret that is being taken out of use: it is the first one's receipt.
    let new = mac("hush-new", body.as_bytes());
    let old = mac("hush-old", body.as_bytes());
    let again = |mac: &str| {
        let headers = [("x-shopify-hmac-sha256", mac)];
        server.deliver(SHOPIFY, &headers, body.as_bytes())
    };
    let (receipt, repeated) = again(&new);
    assert!(repeated);
    assert_eq!(again(&old), (receipt.clone(), true));
    // Nor is it another one under another topic, which nobody signed.
    for topic in ["orders/create", "orders/delete", "made up"] {
        let headers = [
            ("x-shopify-hmac-sha256", new.as_str()),
            ("x-shopify-topic", topic),
        ];
        let repeat = server.deliver(SHOPIFY, &headers, body.as_bytes());
        assert_eq!(repeat, (receipt.clone(), true), "{topic}");
    }
    let outcome = server.outcome(&receipt);
    assert_eq!(
        (&outcome["status"], &outcome["number"]),
        (&json!("placed"), &json!(1)),
        "{outcome:#}"
    );
    // The same order in other words is known, and is no second one.
    let known = server.follow(&body.replace("Musterweg 1", "Musterweg 2"));
    assert_eq!(
        (&known["status"], &known["order"]),
        (&json!("known"), &outcome["order"])
    );
    for id in ["0198c0de-0000-7000-8000-000000000000", "none"] {
        let answer = server.send(&format!("GET /receipts/{id}"), &[], b"");
        assert_eq!(answer.status, 404, "{id}");
    }
    // What nobody knows is held, with the reason.
    assert_eq!(server.shopify(&order(2, "TEAPOT-XL")), 200);
    let rows = server.wait_for("/orders", 2);
    let held = of(&rows, "#2");
    assert_eq!(held["status"], "on_hold");
    assert!(
        held["hold"].as_str().unwrap().contains("TEAPOT-XL"),
        "{held}"
    );
    assert!(server.list("/dead").is_empty());
    // One a page: the header leads from the newest to the one before, and there to no other.
    let first = server.send("GET /orders?limit=1", &[], b"");
    let newest: Vec<Value> = serde_json::from_str(&first.body).unwrap();
    assert_eq!((newest.len(), &newest[0]["reference"]), (1, &json!("#2")));
    let next = first.head.split_once("</orders").unwrap().1;
    let next = format!("GET /orders{}", next.split_once('>').unwrap().0);
    let rest = server.send(&next, &[], b"");
    let before: Vec<Value> = serde_json::from_str(&rest.body).unwrap();
    assert_eq!((before.len(), &before[0]["reference"]), (1, &json!("#1")));
    assert!(!rest.head.contains("</orders"), "{}", rest.head);
    assert_eq!(server.send("GET /orders?id=none", &[], b"").status, 400);
}

#[test]
fn an_order_follows_what_its_channel_says_later() {
    let server = Server::start("webhooks-later");
    let state = |reference: &str| {
        let orders = server.list("/orders");
        of(&orders, reference)["status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = order(1, "TEA-01");
    let unpaid = first.replace("\"paid\"", "\"pending\"");
    assert_eq!(server.follow(&unpaid)["status"], "placed");
    assert_eq!(state("#1"), "pending");
    assert_eq!(server.follow(&first)["status"], "known");
    assert_eq!(state("#1"), "approved");
    let word = "\"cancelled_at\":\"2026-11-20T12:00:00Z\",\"currency\"";
    let cancelled = first.replace("\"currency\"", word);
    assert_eq!(server.follow(&cancelled)["status"], "known");
    assert_eq!(state("#1"), "cancelled");
    // The first word comes once more, late and a little different: nothing goes back.
    let late = unpaid.replace("Test Buyer", "Late Buyer");
    assert_eq!(server.follow(&late)["status"], "known");
    assert_eq!(state("#1"), "cancelled");
    // Somebody else holds the work of another order, or sends its parcel.
    let second = order(2, "TEA-02");
    assert_eq!(server.follow(&second)["status"], "placed");
    let word = |word: &str| {
        let field = format!("\"fulfillment_status\":\"{word}\",\"currency\"");
        second.replace("\"currency\"", &field)
    };
    assert_eq!(server.follow(&word("on_hold"))["status"], "known");
    assert_eq!(state("#2"), "on_hold");
    // What was sent elsewhere is left out; the receipt says so, for whoever compares.
    let sent = server.follow(&word("fulfilled"));
    assert_eq!(
        (&sent["status"], &sent["code"]),
        (&json!("refused"), &json!("left_out"))
    );
    assert_eq!(state("#2"), "on_hold");
    assert!(server.list("/dead").is_empty());
}

#[test]
fn what_a_buyer_paid_is_counted_once_whatever_is_delivered() {
    let server = Server::start("webhooks-paid");
    let stands = |reference: &str| {
        let orders = server.list("/orders");
        let order = of(&orders, reference);
        let text = |key: &str| order[key].as_str().unwrap().to_owned();
        (text("status"), text("paid"))
    };
    let approved = ("approved".to_owned(), "8.50 EUR".to_owned());
    let again = |body: &str| body.replace("Test Buyer", "Testing Buyer");
    // Paid when it comes, and in every delivery after that.
    let first = order(1, "TEA-01");
    for (body, became) in [(first.clone(), "placed"), (again(&first), "known")] {
        assert_eq!(server.follow(&body)["status"], became);
        assert_eq!(stands("#1"), approved);
    }
    // A part is paid, then all of it: the sum is told each time.
    let second = order(2, "TEA-01");
    let part = "\"partially_paid\",\"total_outstanding\":\"5.50\"";
    let part = second.replace("\"paid\"", part);
    assert_eq!(server.follow(&part)["status"], "placed");
    assert_eq!(stands("#2"), ("pending".to_owned(), "3.00 EUR".to_owned()));
    for body in [second.clone(), again(&second)] {
        assert_eq!(server.follow(&body)["status"], "known");
        assert_eq!(stands("#2"), approved);
    }
    // Unpaid, then paid in two deliveries that nobody waits for.
    let third = order(3, "TEA-01");
    let unpaid = third.replace("\"paid\"", "\"pending\"");
    assert_eq!(server.follow(&unpaid)["status"], "placed");
    assert_eq!(stands("#3"), ("pending".to_owned(), "0.00 EUR".to_owned()));
    let receipts = [third.clone(), again(&third)].map(|body| {
        let mac = mac("hush-new", body.as_bytes());
        let headers = [("X-Shopify-Hmac-Sha256", mac.as_str())];
        server.deliver(SHOPIFY, &headers, body.as_bytes()).0
    });
    for receipt in receipts {
        assert_eq!(server.outcome(&receipt)["status"], "known");
    }
    assert_eq!(stands("#3"), approved);
    assert!(server.list("/dead").is_empty());
}

#[test]
fn what_is_not_signed_is_not_believed() {
    let server = Server::start("webhooks-unsigned");
    let body = order(1, "TEA-01");
    let bytes = body.as_bytes();
    let (wrong, right) = (mac("guess", bytes), mac("hush-new", bytes));
    let cases: [(&str, &[(&str, &str)]); 7] = [
        (SHOPIFY, &[]),
        (SHOPIFY, &[("X-Shopify-Hmac-Sha256", &wrong)]),
        (
            SHOPIFY,
            &[
                ("X-Shopify-Hmac-Sha256", &right),
                ("X-Shopify-Hmac-Sha256", &right),
            ],
        ),
        (WOO, &[("X-WC-Webhook-Signature", &right)]),
        (EBAY, &[("X-EBAY-SIGNATURE", &right)]),
        (AMAZON, &[]),
        (AMAZON, &[("Authorization", "Bearer guess")]),
    ];
    for (path, headers) in cases {
        assert_eq!(server.post(path, headers, bytes), 401, "{path} {headers:?}");
    }
    // The signature of one body does for no other.
    let other = order(2, "TEA-01");
    let headers = [("X-Shopify-Hmac-Sha256", right.as_str())];
    assert_eq!(server.post(SHOPIFY, &headers, other.as_bytes()), 401);
    for path in [
        "/webhooks/etsy/web",
        "/webhooks/shopify/other",
        "/webhooks/ebay/web",
    ] {
        assert_eq!(server.post(path, &headers, bytes), 404, "{path}");
    }
    assert_eq!(server.send(&format!("GET {SHOPIFY}"), &[], b"").status, 404);
    assert!(server.list("/orders").is_empty() && server.list("/dead").is_empty());
}

#[test]
fn a_body_that_is_too_large_is_refused_however_it_comes() {
    let mut server = Server::start("webhooks-large");
    // As large an order as the library takes is taken.
    let padded = format!("{}{}", order(1, "TEA-01"), " ".repeat(2_000_000));
    assert_eq!(server.shopify(&padded), 200);
    server.wait_for("/orders", 1);
    let large = "x".repeat(3_145_729);
    assert_eq!(server.shopify(&large), 413);
    let told = server.logged(": refused, ");
    let why = "shopify/web: refused, a body of 3145729 bytes is larger than 3145728";
    assert!(told.contains(why), "{told}");
    // Within the bound as it is, beyond what is taken in once it is written down.
    let bells = "\u{7}".repeat(700_000);
    assert_eq!(server.shopify(&bells), 413);
    let told = server.logged(": refused, ");
    assert!(told.contains("700000 bytes is too large once"), "{told}");
    // Without a length, in chunks.
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head =
        format!("POST {SHOPIFY} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let _ = stream.write_all(format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len()).as_bytes());
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert!(server.list("/dead").is_empty());
}

#[test]
fn a_delivery_that_cannot_be_read_is_kept_with_its_reason() {
    let server = Server::start("webhooks-malformed");
    for (body, part) in [
        (b"{\"id\": 1, \"total".as_slice(), "not JSON"),
        (
            b"{\"id\": 2, \"total_price\": \"1.00\"}",
            "currency: missing",
        ),
        (b"\xFF\xFE", "not UTF-8"),
        (b"{\"hello\": \"world\"}", "not an order this library reads"),
    ] {
        let mac = mac("hush-new", body);
        let headers = [("X-Shopify-Hmac-Sha256", mac.as_str())];
        let (receipt, _) = server.deliver(SHOPIFY, &headers, body);
        let outcome = server.outcome(&receipt);
        assert_eq!(outcome["status"], "dead", "{part}: {outcome:#}");
        let dead = server.list("/dead");
        let found = dead.iter().find(|row| row["receipt"] == receipt.as_str());
        let error = found.and_then(|row| row["error"].as_str()).unwrap();
        assert!(error.contains(part), "{part}: {error}");
        assert!(error.starts_with("shopify/web: "), "{error}");
    }
    // Deleted there, and not known to be wanted here: a person decides.
    let body = b"{\"id\": 820982911946154508}";
    let mac = mac("hush-new", body);
    let topic = ("X-Shopify-Topic", "orders/delete");
    let headers = [("X-Shopify-Hmac-Sha256", mac.as_str()), topic];
    assert_eq!(server.post(SHOPIFY, &headers, body), 200);
    let dead = server.wait_for("/dead", 5);
    assert!(
        dead.iter()
            .any(|row| row["error"].as_str().unwrap().contains("was deleted"))
    );
    assert!(server.list("/orders").is_empty());
    // Two at a time, each list leads to the next one.
    let (mut path, mut paged) = ("/dead?limit=2".to_owned(), Vec::new());
    loop {
        let part = server.send(&format!("GET {path}"), &[], b"");
        let rows: Vec<Value> = serde_json::from_str(&part.body).unwrap();
        assert!(rows.len() <= 2, "{rows:?}");
        paged.extend(rows);
        let next = part.head.split_once("</dead");
        let Some((next, _)) = next.and_then(|(_, next)| next.split_once('>')) else {
            break;
        };
        path = format!("/dead{next}");
    }
    assert_eq!(paged, dead);
    // None of it stops the next one.
    assert_eq!(server.shopify(&order(1, "TEA-01")), 200);
    server.wait_for("/orders", 1);
}

#[test]
fn every_channel_is_served() {
    let mut server = Server::start("webhooks-channels");
    let data = |name: &str| {
        let path = format!("{}/data/channels/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    };
    // WooCommerce tries the address out with a form that nobody signed.
    assert_eq!(server.post(WOO, &[], b"webhook_id=17"), 200);
    assert_eq!(server.post(SHOPIFY, &[], b"webhook_id=17"), 401);
    // A delivery brings one order; the sample is a page of two.
    let list: Value = serde_json::from_slice(&data("woocommerce/list.json")).unwrap();
    for order in list.as_array().unwrap() {
        let body = order.to_string();
        let signature = mac("hush-woo", body.as_bytes());
        let headers = [("X-WC-Webhook-Signature", signature.as_str())];
        let (receipt, _) = server.deliver(WOO, &headers, body.as_bytes());
        assert_eq!(server.outcome(&receipt)["status"], "placed");
    }
    let page = list.to_string();
    let signature = mac("hush-woo", page.as_bytes());
    let headers = [("X-WC-Webhook-Signature", signature.as_str())];
    let (receipt, _) = server.deliver(WOO, &headers, page.as_bytes());
    assert_eq!(server.outcome(&receipt)["status"], "dead");
    server.wait_for("/orders", 2);
    // Amazon's messages come through a queue of ours.
    let bearer = [("Authorization", "Bearer hush-queue")];
    let change = json!({"NotificationType": "ORDER_CHANGE", "Payload": {"OrderChangeNotification":
        {"AmazonOrderId": "302-0000001-0000001"}}});
    let (receipt, _) = server.deliver(AMAZON, &bearer, change.to_string().as_bytes());
    let outcome = server.outcome(&receipt);
    assert_eq!(
        (&outcome["status"], &outcome["code"], &outcome["message"]),
        (
            &json!("refused"),
            &json!("changed"),
            &json!("order 302-0000001-0000001 changed, fetch it")
        )
    );
    let (page, items) = (data("amazon/orders.json"), data("amazon/items-1.json"));
    let page: Value = serde_json::from_slice(&page).unwrap();
    let items: Value = serde_json::from_slice(&items).unwrap();
    let joined = json!({"order": page["payload"]["Orders"][0], "items": [items]});
    assert_eq!(
        server.post(AMAZON, &bearer, joined.to_string().as_bytes()),
        200
    );
    server.wait_for("/orders", 3);
    // eBay asks whether the address is ours. The digest is of code, token and address.
    let answer = server.send(&format!("GET {EBAY}?challenge_code=a1b2"), &[], b"");
    assert_eq!(answer.status, 200);
    let said: Value = serde_json::from_str(&answer.body).unwrap();
    let digest = <Sha256 as sha2::Digest>::digest(
        "a1b2token-of-ourshttps://hooks.example/webhooks/ebay/ebay-de",
    );
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(said, json!({"challengeResponse": hex}));
    assert_eq!(server.send(&format!("GET {EBAY}"), &[], b"").status, 404);
    let header = |kid: &str| {
        let header =
            json!({"alg": "ecdsa", "kid": kid, "signature": EBAY_SIGNED, "digest": "SHA1"});
        STANDARD.encode(header.to_string())
    };
    let body = data("ebay/orders.json");
    assert_eq!(
        server.post(EBAY, &[("X-EBAY-SIGNATURE", &header("key-1"))], b"{}"),
        401
    );
    assert_eq!(
        server.post(EBAY, &[("X-EBAY-SIGNATURE", &header("key-1"))], &body),
        200
    );
    let rows = server.wait_for("/orders", 4);
    assert_eq!(of(&rows, "12-00001-00001")["status"], "approved");
    // A key that is not configured is named, so that it can be fetched.
    assert_eq!(
        server.post(EBAY, &[("X-EBAY-SIGNATURE", &header("key-2"))], &body),
        401
    );
    server.logged("/commerce/notification/v1/public_key/key-2");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_in_peace() {
    let mut server = Server::start("webhooks-interrupt");
    assert_eq!(server.shopify(&order(1, "TEA-01")), 200);
    server.interrupt();
    server.logged("stopping");
    server.logged("stopped");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn what_cannot_be_served_is_said_in_a_sentence() {
    let folder = Folder::new("webhooks-failures");
    let run = folder.run(env!("CARGO_BIN_EXE_webhooks"), &[]);
    assert_eq!(run.code, 1);
    assert!(
        run.err.contains("give --config FILE or OMS_WEBHOOKS"),
        "{}",
        run.err
    );
    folder.with("webhooks.json", "{\"connections\": []}");
    let run = folder.run(
        env!("CARGO_BIN_EXE_webhooks"),
        &["--config", "webhooks.json"],
    );
    assert!(
        run.err.contains("webhooks.json: there is no connection"),
        "{}",
        run.err
    );
}
