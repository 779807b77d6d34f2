//! eBay: ECDSA on P-256, with the key and the digest that the header names.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::channel::error::{ChannelError, shortened};
use crate::channel::json::document;
use crate::channel::outbound::{JsonObject, Reads, Request, Response, segment};
use crate::channel::signature::{Delivery, Digest, PublicKey, SignatureError, WebhookKeys};
use crate::channel::status::text;

const HEADER: &str = "X-EBAY-SIGNATURE";
/// Longest header looked at; a real one has about 300 characters.
const HEADER_BYTES_MAX: usize = 4_096;

/// What the header holds: base64 of a JSON object.
struct Header {
    kid: String,
    signature: Vec<u8>,
    digest: String,
}

impl Header {
    fn read(delivery: &Delivery<'_>) -> Result<Self, SignatureError> {
        let malformed = |why| SignatureError::Malformed {
            header: HEADER,
            why,
        };
        let sent = delivery.only(HEADER)?.trim();
        if sent.len() > HEADER_BYTES_MAX {
            return Err(malformed("too long"));
        }
        let json = STANDARD.decode(sent).map_err(|_| malformed("not base64"))?;
        let object = document(&json).and_then(|root| root.object());
        let object = object.map_err(|_| malformed("not a JSON object"))?;
        let field = |key: &str| text(&object, key).ok_or_else(|| malformed("a field is missing"));
        if !field("alg")?.eq_ignore_ascii_case("ecdsa") {
            return Err(malformed("not ECDSA"));
        }
        let signature = STANDARD
            .decode(field("signature")?)
            .map_err(|_| malformed("the signature is not base64"))?;
        Ok(Self {
            kid: field("kid")?,
            signature,
            digest: field("digest")?,
        })
    }
}

pub(in crate::channel) fn verify(
    delivery: &Delivery<'_>,
    keys: &WebhookKeys,
) -> Result<(), SignatureError> {
    let header = Header::read(delivery)?;
    let Some(key) = keys.find(&header.kid) else {
        let kid = shortened(&header.kid);
        return Err(SignatureError::UnknownKey { kid });
    };
    let digest = Digest::parse(&header.digest);
    // A sender who could name a weaker digest than the key's would choose what is checked.
    let Some(digest) = digest.filter(|named| key.digest.is_none_or(|of_key| of_key == *named))
    else {
        let digest = shortened(&header.digest);
        return Err(SignatureError::WrongDigest { digest });
    };
    let signature = Signature::from_der(&header.signature);
    let signature = signature.map_err(|_| SignatureError::Malformed {
        header: HEADER,
        why: "the signature is not DER",
    })?;
    let verdict = match digest {
        Digest::Sha1 => key
            .key
            .verify_prehash(&Sha1::digest(delivery.body), &signature),
        Digest::Sha256 => key
            .key
            .verify_prehash(&Sha256::digest(delivery.body), &signature),
    };
    verdict.map_err(|_| SignatureError::Mismatch)
}

/// The id of the key a delivery names, to be fetched when it is not known. Nothing is believed by
/// it yet.
///
/// # Errors
/// [`SignatureError::Missing`], [`SignatureError::Ambiguous`], [`SignatureError::Malformed`].
pub fn ebay_key_id(delivery: &Delivery<'_>) -> Result<String, SignatureError> {
    Header::read(delivery).map(|header| header.kid)
}

/// The request for a public key. Ask at most once for each id: ids come from whoever calls.
#[must_use]
pub fn ebay_key_request(kid: &str) -> Request {
    let path = format!("/commerce/notification/v1/public_key/{}", segment(kid));
    Request::get(path, Reads::Facts)
}

/// Reads the answer to [`ebay_key_request`].
///
/// # Errors
/// [`SignatureError::MalformedKey`].
pub fn read_ebay_key(response: &Response) -> Result<PublicKey, SignatureError> {
    let malformed = |why| SignatureError::MalformedKey { why };
    let read = |body: &[u8]| -> Result<(Option<String>, Option<String>), ChannelError> {
        let root = document(body)?.object()?;
        Ok((text(&root, "key"), text(&root, "digest")))
    };
    if response.status != 200 {
        return Err(malformed("the channel did not give it"));
    }
    let (key, digest) = read(&response.body).map_err(|_| malformed("not a JSON object"))?;
    let key = key.ok_or_else(|| malformed("no key in the answer"))?;
    let digest = match digest {
        Some(name) => Some(Digest::parse(&name).ok_or_else(|| malformed("unknown digest"))?),
        None => None,
    };
    PublicKey::from_pem(&key, digest)
}

/// The body that answers eBay's question whether an endpoint is yours: the digest of its code, the
/// verification token given to eBay, and the endpoint's whole address.
///
/// ```
/// use oms_core::channel::signature::ebay_challenge;
/// let body = ebay_challenge("a1", "token", "https://shop.example/ebay");
/// assert!(body.starts_with("{\"challengeResponse\":\""));
/// ```
#[must_use]
pub fn ebay_challenge(code: &str, verification_token: &str, endpoint: &str) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::new()
        .chain_update(code)
        .chain_update(verification_token)
        .chain_update(endpoint)
        .finalize();
    let mut hex = String::with_capacity(64);
    for byte in digest {
        // Writing to a string cannot fail.
        let _written = write!(hex, "{byte:02x}");
    }
    JsonObject::new().text("challengeResponse", &hex).end()
}

#[cfg(test)]
mod tests;
