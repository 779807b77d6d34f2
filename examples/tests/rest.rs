//! The program `rest`, asked as a client asks: keys, versions, errors, and the next page.

#![cfg(feature = "webhooks")]
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

const KEY: &str = "Idempotency-Key";

/// A server that ends with its test.
struct Server {
    child: Child,
    address: String,
    keys: AtomicU32,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start() -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_rest"));
        let child = program.arg("0").stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let mut line = String::new();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        log.read_line(&mut line).unwrap();
        // Read on, or what it prints later stops it.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        let address = address.to_owned();
        Self {
            child,
            address,
            keys: AtomicU32::new(0),
        }
    }

    /// Status, head and body of an answer. A request that names no key gets one of its own.
    fn ask(&self, head: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String, Value) {
        let key = format!("ask-{}", self.keys.fetch_add(1, Ordering::Relaxed));
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == KEY) {
            headers.push((KEY, &key));
        }
        self.send(head, &headers, body)
    }

    /// The same for a request as it is.
    fn send(&self, head: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.to_string();
        let mut request = format!(
            "{head} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        (status, head.to_lowercase(), body)
    }
}

#[test]
fn what_is_no_port_is_answered_with_what_is_asked_for() {
    let run = |arg: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_rest"));
        let run = program.arg(arg).output().unwrap();
        let [out, err] = [run.stdout, run.stderr].map(|text| String::from_utf8(text).unwrap());
        (run.status.code(), out, err)
    };
    let (code, out, err) = run("--help");
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("[PORT]"), "{out}");
    for wrong in ["eighty", "70000", "127.0.0.1:80", "--port"] {
        let (code, out, err) = run(wrong);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{wrong}: {err}");
        assert!(err.contains(wrong), "{err}");
        assert!(err.contains("--help"), "{err}");
    }
    // A port that somebody has is named.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, _, err) = run(&port);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.starts_with(&format!("rest: port {port}: ")), "{err}");
}

fn basket(units: u32) -> Value {
    json!({"sku": "TEA-01", "units": units, "price": "8.50"})
}

/// What a query takes for one value.
fn encoded(value: &Value) -> String {
    let text = value.to_string();
    let bytes = text.bytes();
    bytes.fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

#[test]
fn a_client_is_told_what_to_do() {
    let server = Server::start();
    let key = [(KEY, "checkout-1")];
    let (status, _, first) = server.ask("POST /orders", &key, &basket(2));
    assert_eq!(
        (status, &first["repeated"]),
        (200, &json!(false)),
        "{first}"
    );
    let (status, _, again) = server.ask("POST /orders", &key, &basket(2));
    assert_eq!((status, &again["repeated"]), (200, &json!(true)), "{again}");
    assert_eq!(again["receipt"], first["receipt"]);
    let (status, _, other) = server.ask("POST /orders", &key, &basket(3));
    assert_eq!(
        (status, &other["code"]),
        (422, &json!("key_reused")),
        "{other}"
    );

    let (status, _, short) = server.ask("POST /orders", &[], &basket(500));
    assert_eq!(
        (status, &short["class"]),
        (409, &json!("conflict")),
        "{short}"
    );
    assert_eq!(short["rejection"]["rejected"], "short");
    assert!(short["message"].as_str().unwrap().contains("TEA-01"));
    for body in [json!({"sku": "TEA-01"}), basket(0)] {
        assert_eq!(server.ask("POST /orders", &[], &body).0, 400, "{body}");
    }
    let soon = [("If-Match", "soon")];
    assert_eq!(server.ask("POST /orders", &soon, &basket(1)).0, 400);

    let order = first["receipt"]["order"]["id"].as_str().unwrap();
    let path = format!("POST /orders/{order}");
    let note = json!({"command": "add_note", "text": "Ring twice."});
    let (status, _, old) = server.ask(&path, &[("If-Match", "\"1\"")], &note);
    assert_eq!((status, &old["code"]), (409, &json!("changed")), "{old}");
    let version = format!("\"{}\"", first["receipt"]["version"]);
    let (status, _, noted) = server.ask(&path, &[("If-Match", &version)], &note);
    assert_eq!(status, 200, "{noted}");
    let nobody = "POST /orders/0a5d0000-0000-8000-8000-000000000001";
    assert_eq!(server.ask(nobody, &[], &note).0, 404);
}

/// Without one a client that hears nothing cannot ask again, and what the client calls its key is
/// no key of the library's own jobs or of another client.
#[test]
fn a_command_has_a_key_in_the_space_of_its_client() {
    let server = Server::start();
    let (status, _, why) = server.send("POST /orders", &[], &basket(1));
    assert_eq!(status, 400);
    assert!(why.as_str().unwrap().contains(KEY), "{why}");
    let key = [(KEY, "1")];
    assert_eq!(server.send("POST /orders", &key, &basket(1)).0, 200);
    let (_, _, reused) = server.send("POST /orders", &key, &basket(2));
    assert_eq!(reused["rejection"]["key"], "http/desk-1/1", "{reused}");
}

#[test]
fn a_list_goes_on_where_its_page_ended() {
    let server = Server::start();
    for _ in 0..25 {
        assert_eq!(server.ask("POST /orders", &[], &basket(1)).0, 200);
    }
    let (status, head, page) = server.ask("GET /orders", &[], &Value::Null);
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(page["items"].as_array().unwrap().len(), 20);
    let path = format!("GET /orders?after={}", encoded(&page["next"]));
    let (_, _, rest) = server.ask(&path, &[], &Value::Null);
    assert_eq!(rest["items"].as_array().unwrap().len(), 5, "{rest}");
    assert_eq!(server.ask("GET /orders?after=7", &[], &Value::Null).0, 400);
}
