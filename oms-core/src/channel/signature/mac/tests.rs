//! The vectors were made with `openssl dgst -sha256 -hmac`.

use super::{check, is_woocommerce_ping, unescaped};
use crate::channel::signature::{Delivery, Secret, SignatureError, WebhookKeys};
use crate::channel::{Channel as _, Shopify, WooCommerce};

const BODY: &[u8] = br#"{"id":820982911946154508,"total_price":"9.00"}"#;
const BY_ONE: &str = "9baA14jeeN4TQSzI6V6Hrq7pjSFunEEAVLszO7quNrQ=";
const BY_TWO: &str = "8nVVvFuSW0+8Z4HugJVcMdrgcBX0XEHG0X1vHgEFwng=";
/// By `a&b<"c'`, which the shop keeps as `a&amp;b&lt;&quot;c&#039;`.
const BY_ODD: &str = "Z6laMDCKCQQcbsP4/SJMo8FvOqjVRSVrwFzHjN7RcQo=";
/// Of no body, by the first secret.
const OF_NOTHING: &str = "TKOR705lFB3gPkxYE4KG7O7S3z07cOj7zTbkQ5uGl6I=";

fn keys(secrets: &[&str]) -> WebhookKeys {
    secrets.iter().fold(WebhookKeys::new(), |keys, secret| {
        keys.secret(Secret::new(*secret))
    })
}

fn shopify(header: (&str, &str), body: &[u8], secrets: &[&str]) -> Result<(), SignatureError> {
    let headers = [("Content-Type", "application/json"), header];
    let delivery = Delivery {
        headers: &headers,
        body,
    };
    Shopify.verify(&delivery, &keys(secrets))
}

#[test]
fn shopify_signs_the_raw_body() {
    let name = "x-shopify-hmac-sha256";
    assert_eq!(shopify((name, BY_ONE), BODY, &["hush-one"]), Ok(()));
    assert_eq!(
        shopify(("SHOPIFY-HMAC-SHA256", BY_ONE), BODY, &["hush-one"]),
        Ok(())
    );
    assert_eq!(shopify((name, OF_NOTHING), b"", &["hush-one"]), Ok(()));
    let mismatch = Err(SignatureError::Mismatch);
    assert_eq!(shopify((name, BY_ONE), BODY, &["hush-two"]), mismatch);
    assert_eq!(shopify((name, BY_ONE), &BODY[1..], &["hush-one"]), mismatch);
    let spaced = br#"{"id": 820982911946154508,"total_price":"9.00"}"#;
    assert_eq!(shopify((name, BY_ONE), spaced, &["hush-one"]), mismatch);
    for at in 0..BODY.len() {
        let mut changed = BODY.to_vec();
        changed[at] ^= 1;
        assert_eq!(
            shopify((name, BY_ONE), &changed, &["hush-one"]),
            mismatch,
            "byte {at}"
        );
    }
}

#[test]
fn while_a_secret_is_changed_both_are_good() {
    let name = "X-Shopify-Hmac-Sha256";
    for signed in [BY_ONE, BY_TWO] {
        assert_eq!(
            shopify((name, signed), BODY, &["hush-one", "hush-two"]),
            Ok(())
        );
        assert_eq!(
            shopify((name, signed), BODY, &["hush-two", "hush-one"]),
            Ok(())
        );
        let other = shopify((name, signed), BODY, &["hush-three"]);
        assert_eq!(other, Err(SignatureError::Mismatch));
    }
}

#[test]
fn a_header_that_is_no_signature_is_refused_before_the_secret_is_used() {
    let code = |header: (&str, &str), secrets: &[&str]| {
        shopify(header, BODY, secrets).map_err(|problem| problem.code())
    };
    let name = "X-Shopify-Hmac-Sha256";
    assert_eq!(
        code(("Other", BY_ONE), &["hush-one"]),
        Err("signature_missing")
    );
    for bad in [
        "",
        "x",
        "====",
        "AAAA",
        &BY_ONE[..43],
        &format!("{BY_ONE}AAAA"),
    ] {
        assert_eq!(
            code((name, bad), &["hush-one"]),
            Err("signature_malformed"),
            "{bad:?}"
        );
    }
    assert_eq!(code((name, BY_ONE), &[]), Err("signature_no_secret"));
    // An empty secret is one that nobody set: everybody could sign with it.
    assert_eq!(code((name, BY_ONE), &[""]), Err("signature_no_secret"));
}

#[test]
fn a_header_twice_is_refused() {
    let headers = [
        ("X-WC-Webhook-Signature", BY_ONE),
        ("x-wc-webhook-signature", BY_TWO),
    ];
    let delivery = Delivery {
        headers: &headers,
        body: BODY,
    };
    let answer = WooCommerce.verify(&delivery, &keys(&["hush-one"]));
    assert_eq!(
        answer.map_err(|problem| problem.code()),
        Err("signature_ambiguous")
    );
}

#[test]
fn woocommerce_takes_the_entities_out_of_its_secret() {
    let woo = |signed: &str, secret: &str| {
        let headers = [("X-WC-Webhook-Signature", signed)];
        let delivery = Delivery {
            headers: &headers,
            body: BODY,
        };
        WooCommerce.verify(&delivery, &keys(&[secret]))
    };
    assert_eq!(woo(BY_ONE, "hush-one"), Ok(()));
    assert_eq!(woo(BY_ODD, "a&amp;b&lt;&quot;c&#039;"), Ok(()));
    // However the five are written: with zeros before, or none, and in either letter case.
    for secret in [
        "a&#38;b&#60;&#34;c&#39;",
        "a&#038;b&#0060;&#x22;c&#x27;",
        "a&#X26;b&lt;&#X0022;c&#X27;",
    ] {
        assert_eq!(woo(BY_ODD, secret), Ok(()), "{secret}");
    }
    assert_eq!(woo(BY_ODD, "a&b<\"c'"), Ok(()));
    assert_eq!(woo(BY_ODD, "a&amp;b<c"), Err(SignatureError::Mismatch));
    assert_eq!(
        unescaped(b"a&amp;lt;").as_deref(),
        Some(b"a&lt;".as_slice())
    );
    assert_eq!(
        unescaped(b"&amp;#39;&#62;").as_deref(),
        Some(b"&#39;>".as_slice())
    );
    assert_eq!(unescaped(b"a & b && c&"), None);
    // WordPress leaves these as they are.
    for other in [
        "&apos;", "&copy;", "&#x3c;", "&#x3E;", "&#0;", "&#;", "&#x;",
    ] {
        assert_eq!(unescaped(other.as_bytes()), None, "{other}");
    }
    assert_eq!(unescaped(b"&#+39;"), None);
    assert_eq!(unescaped(&[0xFF, b'&']), None);
}

#[test]
fn a_ping_is_told_from_an_order() {
    for ping in [
        b"webhook_id=1".as_slice(),
        b"webhook_id=99999999999999999999",
    ] {
        assert!(is_woocommerce_ping(ping));
    }
    for other in [
        "",
        "webhook_id=",
        "webhook_id=1&x=2",
        "webhook_id=a",
        "{}",
        "id=1",
    ] {
        assert!(!is_woocommerce_ping(other.as_bytes()), "{other}");
    }
}

#[test]
fn secrets_are_never_shown() {
    let shown = format!("{:?}", keys(&["hush-one"]));
    assert!(!shown.contains("hush"), "{shown}");
}

#[test]
fn every_secret_is_tried_whichever_fits() {
    use std::cell::Cell;
    let tried = Cell::new(0);
    let secrets = ["hush-one", "hush-two", "hush-three"]
        .into_iter()
        .map(|secret| {
            tried.set(tried.get() + 1);
            std::borrow::Cow::Borrowed(secret.as_bytes())
        });
    assert_eq!(check("X", BY_ONE, BODY, secrets), Ok(()));
    assert_eq!(tried.get(), 3);
}
