//! Who is asked what: the world reaches the deliveries, and this machine alone the rest.

use super::{SHOPIFY, Server, ask, mac, order};

#[test]
fn what_is_for_people_is_not_served_where_channels_deliver() {
    let server = Server::start("webhooks-ports");
    let body = order(1, "TEA-01");
    let signature = mac("hush-new", body.as_bytes());
    let headers = [("X-Shopify-Hmac-Sha256", signature.as_str())];
    let (receipt, _) = server.deliver(SHOPIFY, &headers, body.as_bytes());
    let receipt = format!("GET /receipts/{receipt}");
    let all = [
        receipt.as_str(),
        "GET /orders",
        "GET /dead",
        "GET /refused",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
    ];
    for head in all {
        let public = ask(&server.address, &server.people, head, &[], b"");
        assert_eq!((public.status, public.body.as_str()), (404, ""), "{head}");
        assert_eq!(server.send(head, &[], b"").status, 200, "{head}");
    }
    for what in ["retry", "discard"] {
        let head = format!("{}/{what}", receipt.replace("GET", "POST"));
        let public = ask(&server.address, &server.people, &head, &[], b"");
        assert_eq!(public.status, 404, "{head}");
    }
    let head = "POST /jobs/0198c0de-0000-7000-8000-000000000000/retry";
    let public = ask(&server.address, &server.people, head, &[], b"");
    assert_eq!((public.status, public.body.as_str()), (404, ""), "{head}");
    // Nor are deliveries taken where people ask.
    let head = format!("POST {SHOPIFY}");
    let taken = ask(
        &server.people,
        &server.people,
        &head,
        &headers,
        body.as_bytes(),
    );
    assert_eq!(taken.status, 404);
}

#[test]
fn what_this_machine_did_not_ask_for_is_refused() {
    let server = Server::start("webhooks-strangers");
    let port = server.people.rsplit(':').next().unwrap();
    let status = |host: &str, headers: &[(&str, &str)]| {
        ask(&server.people, host, "GET /orders", headers, b"").status
    };
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        let with_port = format!("{host}:{port}");
        assert_eq!(
            (status(host, &[]), status(&with_port, &[])),
            (200, 200),
            "{host}"
        );
    }
    // A name that somebody made lead here, and what only begins or ends as ours does.
    for host in [
        "hooks.example",
        "127.0.0.1.hooks.example",
        "x@hooks.example",
        "localhost.",
        "",
    ] {
        assert_eq!(status(host, &[]), 403, "{host:?}");
    }
    // A tunnel that leads here by mistake, and a page in a browser.
    for header in [
        ("X-Forwarded-For", "203.0.113.7"),
        ("Forwarded", "for=203.0.113.7"),
        ("Via", "1.1 tunnel"),
        ("Origin", "https://page.example"),
        ("Origin", "null"),
    ] {
        assert_eq!(status("localhost", &[header]), 403, "{header:?}");
    }
}
