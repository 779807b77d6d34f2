//! Base64 of HMAC-SHA256 over the raw body.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

use crate::channel::signature::{Delivery, SignatureError, WebhookKeys};

/// Bytes of a MAC.
const MAC_BYTES: usize = 32;

const SHOPIFY: &str = "X-Shopify-Hmac-Sha256";
/// The same without `X-`, which the channel's own kit takes as well.
const SHOPIFY_PLAIN: &str = "Shopify-Hmac-Sha256";
const WOOCOMMERCE: &str = "X-WC-Webhook-Signature";

pub(in crate::channel) fn shopify(
    delivery: &Delivery<'_>,
    keys: &WebhookKeys,
) -> Result<(), SignatureError> {
    let sent = match delivery.find(SHOPIFY)? {
        Some(sent) => sent,
        None => match delivery.find(SHOPIFY_PLAIN)? {
            Some(sent) => sent,
            None => return Err(SignatureError::Missing { header: SHOPIFY }),
        },
    };
    let secrets = keys.secrets().iter();
    check(
        SHOPIFY,
        sent,
        delivery.body,
        secrets.map(|secret| Cow::Borrowed(secret.bytes())),
    )
}

/// The shop takes the HTML entities out of the secret before it signs; a secret without any is
/// the same either way, so both readings are tried.
pub(in crate::channel) fn woocommerce(
    delivery: &Delivery<'_>,
    keys: &WebhookKeys,
) -> Result<(), SignatureError> {
    let sent = delivery.only(WOOCOMMERCE)?;
    let readings = keys.secrets().iter().flat_map(|secret| {
        let plain = Cow::Borrowed(secret.bytes());
        let decoded = unescaped(secret.bytes()).map(Cow::Owned);
        std::iter::once(plain).chain(decoded)
    });
    check(WOOCOMMERCE, sent, delivery.body, readings)
}

/// Every secret is tried, whichever fits, so the time tells nothing about which one did.
fn check<'s>(
    header: &'static str,
    sent: &str,
    body: &[u8],
    secrets: impl Iterator<Item = Cow<'s, [u8]>>,
) -> Result<(), SignatureError> {
    let malformed = |why| SignatureError::Malformed { header, why };
    let sent = sent.trim();
    let sent = STANDARD.decode(sent).map_err(|_| malformed("not base64"))?;
    let sent: [u8; MAC_BYTES] = sent.try_into().map_err(|_| malformed("not 32 bytes"))?;
    let (mut fits, mut tried) = (Choice::from(0), false);
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        tried = true;
        // HMAC takes a key of any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&secret) else {
            continue;
        };
        let computed = mac.chain_update(body).finalize().into_bytes();
        fits |= computed.as_slice().ct_eq(&sent);
    }
    match (tried, bool::from(fits)) {
        (false, _) => Err(SignatureError::NoSecret),
        (true, true) => Ok(()),
        (true, false) => Err(SignatureError::Mismatch),
    }
}

/// The secret without the entities that WordPress takes out of it; `None` when there are none.
///
/// `wp_specialchars_decode` with `ENT_QUOTES`:
/// <https://developer.wordpress.org/reference/functions/wp_specialchars_decode/>.
fn unescaped(secret: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(secret).ok()?;
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        decoded.push_str(before);
        let entity = from.split_once(';');
        let entity = entity.and_then(|(name, after)| Some((special(name)?, after)));
        let (plain, after) = entity.unwrap_or(('&', from));
        decoded.push(plain);
        rest = after;
    }
    decoded.push_str(rest);
    (decoded != text).then(|| decoded.into_bytes())
}

/// What one of these entities stands for, by its name or its number, which may begin with zeros. It
/// knows angle brackets by their decimal numbers alone.
fn special(entity: &str) -> Option<char> {
    const NAMES: [(&str, char); 4] = [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"')];
    const DECIMAL: [(&str, char); 5] = [
        ("34", '"'),
        ("38", '&'),
        ("39", '\''),
        ("60", '<'),
        ("62", '>'),
    ];
    const HEX: [(&str, char); 3] = [("22", '"'), ("26", '&'), ("27", '\'')];
    let find = |known: &[(&str, char)], word: &str| {
        let found = known.iter().find(|(known, _)| *known == word);
        found.map(|(_, plain)| *plain)
    };
    match entity.strip_prefix('#') {
        None => find(&NAMES, entity),
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => find(&HEX, hex.trim_start_matches('0')),
            None => find(&DECIMAL, number.trim_start_matches('0')),
        },
    }
}

/// Tells the first call of a new WooCommerce webhook: a form that names the webhook, signed with
/// nothing. Answer 200 and do nothing else: it carries nothing to believe.
///
/// ```
/// use oms_core::channel::signature::is_woocommerce_ping;
/// assert!(is_woocommerce_ping(b"webhook_id=123"));
/// assert!(!is_woocommerce_ping(br#"{"id":1}"#));
/// ```
#[must_use]
pub fn is_woocommerce_ping(body: &[u8]) -> bool {
    let number = body.strip_prefix(b"webhook_id=");
    number.is_some_and(|number| {
        !number.is_empty() && number.len() <= 20 && number.iter().all(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests;
