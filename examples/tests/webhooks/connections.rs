//! What strangers may take of the process: connections, time, lines of its log.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::{PATIENCE, SHOPIFY, Server, order};

/// Connections that a port answers at once.
const CONNECTIONS: usize = 64;

/// Connects, and says half of what there is to say.
fn half_a_head(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let half = format!("POST {SHOPIFY} HTTP/1.1\r\nHost: ");
    stream.write_all(half.as_bytes()).unwrap();
    stream
}

/// Connects, and keeps back the body that the head announces, for which there is more time.
fn without_a_body(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head =
        format!("POST {SHOPIFY} HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: 9\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[test]
fn a_connection_that_does_not_come_to_the_point_is_closed() {
    let server = Server::start("webhooks-half");
    for address in [&server.address, &server.people] {
        let begun = Instant::now();
        let silent = TcpStream::connect(address).unwrap();
        silent.set_read_timeout(Some(PATIENCE)).unwrap();
        for mut stream in [half_a_head(address), silent] {
            // The end, and not the patience of this test.
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
        }
    }
    assert_eq!(server.shopify(&order(1, "TEA-01")), 200);
}

#[test]
fn connections_beyond_the_bound_wait_for_others_to_end() {
    let server = Server::start("webhooks-crowd");
    let crowd = (0..CONNECTIONS).map(|_| without_a_body(&server.address));
    let mut crowd: Vec<TcpStream> = crowd.collect();
    thread::scope(|scope| {
        let delivery = scope.spawn(|| server.shopify(&order(1, "TEA-01")));
        // People have places of their own.
        assert_eq!(server.send("GET /healthz", &[], b"").status, 200);
        thread::sleep(Duration::from_millis(500));
        assert!(!delivery.is_finished(), "there was a place left");
        drop(crowd.pop());
        assert_eq!(delivery.join().unwrap(), 200);
    });
    server.wait_for("/orders", 1);
}

#[cfg(unix)]
#[test]
fn refusals_do_not_fill_the_log() {
    let mut server = Server::start("webhooks-refusals");
    let body = order(1, "TEA-01");
    for _ in 0..60 {
        assert_eq!(server.post(SHOPIFY, &[], body.as_bytes()), 401);
    }
    let metrics = server.send("GET /metrics", &[], b"").body;
    let counted = "webhooks_deliveries_total{answer=\"unsigned\"} 60";
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
    server.interrupt();
    let mut log = String::new();
    server.log.read_to_string(&mut log).unwrap();
    let refused = log.lines().filter(|line| line.contains(": refused, "));
    assert_eq!(refused.count(), 20, "{log}");
}
