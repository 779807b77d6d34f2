//! The vectors were made with `openssl`: two keys on P-256, one signature with each digest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{ebay_challenge, ebay_key_id, ebay_key_request, read_ebay_key};
use crate::channel::outbound::Response;
use crate::channel::signature::{Delivery, Digest, PublicKey, WebhookKeys};
use crate::channel::{Channel as _, Ebay};

const BODY: &[u8] =
    br#"{"notification":{"notificationId":"n-1","data":{"orderId":"12-00001-00002"}}}"#;
/// All on one line, as eBay sends it.
const KEY_ONE: &str = "-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBuaumU+ff\
                       Y6fIJfg0u8vZLalLKwaeVSEbjUcXj6a1wQ+TxN7QjEFSpldZFyrMsdDcCq6s4WhpeE98\
                       Mo1vjSWSg==-----END PUBLIC KEY-----";
const KEY_TWO: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+/6IVFCzed8SV/2fZB/Mu5XZP3/+
lFezOso0xTydERn4rFIyrsJh5m/UyiRbnxB0IaoewDoMz0QRJg/VDpnwvw==
-----END PUBLIC KEY-----
";
const KEY_P384: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEez2KiPxrxOq/omB/ZNDGxWz0pw+4oFqg
lTvUKnoAVH+PVvf4JebM/QYdCLHoXt+8bSM9vt650rdS2u2EBmLTaoSmHh3Knei3
DHoNNjIFc2mhJFM4639wyehDoqpqfwEE
-----END PUBLIC KEY-----";
const SHA1_BY_ONE: &str = "MEQCIFlhPz/pgWeeVmq6e5y4Lh93r2G6K2QgRHAN23zRPZZlAiACE8KBYIZdlybUvfgkM\
                           MCQk4rIWhsj5fJ8fnZcBUK9Qw==";
const SHA256_BY_TWO: &str = "MEUCIQDSTTgtZS+xxJbHiPC6i51YgiUBGMWY6QkaRUu7rHROCQIgNWWuhSEOCiPeNRw\
                             aZ5MATplUtNdgKNfZKDdnQVd1w40=";

fn header(kid: &str, signature: &str, digest: &str) -> String {
    let json =
        format!(r#"{{"alg":"ecdsa","kid":"{kid}","signature":"{signature}","digest":"{digest}"}}"#);
    STANDARD.encode(json)
}

fn keys(of_one: Option<Digest>) -> WebhookKeys {
    WebhookKeys::new()
        .key("one", PublicKey::from_pem(KEY_ONE, of_one).unwrap())
        .key(
            "two",
            PublicKey::from_pem(KEY_TWO, Some(Digest::Sha256)).unwrap(),
        )
}

fn verify(header: &str, body: &[u8], keys: &WebhookKeys) -> Result<(), &'static str> {
    let headers = [("x-ebay-signature", header)];
    let delivery = Delivery {
        headers: &headers,
        body,
    };
    Ebay.verify(&delivery, keys)
        .map_err(|problem| problem.code())
}

#[test]
fn the_digest_is_the_one_the_header_names() {
    let keys = keys(Some(Digest::Sha1));
    for name in ["SHA1", "sha-1"] {
        assert_eq!(
            verify(&header("one", SHA1_BY_ONE, name), BODY, &keys),
            Ok(())
        );
    }
    assert_eq!(
        verify(&header("two", SHA256_BY_TWO, "SHA256"), BODY, &keys),
        Ok(())
    );
    // The same signatures under the other digest, which the key does not sign with.
    let wrong = Err("signature_wrong_digest");
    assert_eq!(
        verify(&header("one", SHA1_BY_ONE, "SHA256"), BODY, &keys),
        wrong
    );
    assert_eq!(
        verify(&header("two", SHA256_BY_TWO, "SHA1"), BODY, &keys),
        wrong
    );
    assert_eq!(
        verify(&header("two", SHA256_BY_TWO, "MD5"), BODY, &keys),
        wrong
    );
    // A key that does not say takes the header's word, and the signature still decides.
    let open = self::keys(None);
    assert_eq!(
        verify(&header("one", SHA1_BY_ONE, "SHA1"), BODY, &open),
        Ok(())
    );
    let mismatch = Err("signature_mismatch");
    assert_eq!(
        verify(&header("one", SHA1_BY_ONE, "SHA256"), BODY, &open),
        mismatch
    );
}

#[test]
fn another_body_or_key_does_not_fit() {
    let keys = keys(Some(Digest::Sha1));
    let good = header("one", SHA1_BY_ONE, "SHA1");
    for at in 0..BODY.len() {
        let mut changed = BODY.to_vec();
        changed[at] ^= 1;
        assert_eq!(
            verify(&good, &changed, &keys),
            Err("signature_mismatch"),
            "byte {at}"
        );
    }
    let swapped = header("two", SHA1_BY_ONE, "SHA256");
    assert_eq!(verify(&swapped, BODY, &keys), Err("signature_mismatch"));
    let unknown = header("three", SHA1_BY_ONE, "SHA1");
    assert_eq!(verify(&unknown, BODY, &keys), Err("signature_unknown_key"));
    assert_eq!(
        verify(&good, BODY, &WebhookKeys::new()),
        Err("signature_unknown_key")
    );
}

#[test]
fn a_header_that_is_no_signature_is_refused() {
    let keys = keys(None);
    let encoded = |json: &str| STANDARD.encode(json);
    for bad in [
        String::new(),
        "%".to_owned(),
        encoded("no json"),
        encoded("[]"),
        encoded(r#"{"alg":"ecdsa","kid":"one","digest":"SHA1"}"#),
        encoded(r#"{"alg":"rsa","kid":"one","signature":"AA==","digest":"SHA1"}"#),
        header("one", "%%", "SHA1"),
        header("one", "AAAA", "SHA1"),
        "A".repeat(10_000),
        encoded(&"[".repeat(3_000)),
    ] {
        assert_eq!(
            verify(&bad, BODY, &keys),
            Err("signature_malformed"),
            "{bad:.60}"
        );
    }
    let none = Delivery {
        headers: &[],
        body: BODY,
    };
    assert_eq!(
        Ebay.verify(&none, &keys).map_err(|e| e.code()),
        Err("signature_missing")
    );
}

#[test]
fn a_key_is_fetched_by_its_id() {
    let good = header("../one?x", SHA1_BY_ONE, "SHA1");
    let headers = [("X-EBAY-SIGNATURE", good.as_str())];
    let delivery = Delivery {
        headers: &headers,
        body: BODY,
    };
    let kid = ebay_key_id(&delivery).unwrap();
    let request = ebay_key_request(&kid);
    assert_eq!(
        request.path,
        "/commerce/notification/v1/public_key/..%2Fone%3Fx"
    );
    let body = format!(r#"{{"key":"{KEY_ONE}","algorithm":"ECDSA","digest":"SHA1"}}"#);
    let key = read_ebay_key(&Response::new(200, body)).unwrap();
    let keys = WebhookKeys::new().key(kid, key);
    assert_eq!(Ebay.verify(&delivery, &keys), Ok(()));
    for (status, body) in [
        (404, "{}"),
        (200, "{}"),
        (200, "x"),
        (200, r#"{"key":"x"}"#),
    ] {
        let problem = read_ebay_key(&Response::new(status, body)).unwrap_err();
        assert_eq!(problem.code(), "signature_malformed_key", "{status} {body}");
    }
}

#[test]
fn a_key_on_another_curve_is_refused() {
    for bad in [
        KEY_P384,
        "",
        "-----BEGIN PUBLIC KEY-----!-----END PUBLIC KEY-----",
    ] {
        let problem = PublicKey::from_pem(bad, None).unwrap_err();
        assert_eq!(problem.code(), "signature_malformed_key");
    }
}

#[test]
fn the_challenge_is_answered() {
    // `printf a1tokenhttps://shop.example/ebay | sha256sum`
    let hex = "c914936580b0a61abe8eddff79f5e18952bda1745bf2fd96a346ef265436bac8";
    let body = ebay_challenge("a1", "token", "https://shop.example/ebay");
    assert_eq!(body, format!("{{\"challengeResponse\":\"{hex}\"}}"));
}
