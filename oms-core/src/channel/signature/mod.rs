//! Signatures of webhooks (feature `signatures`).
//!
//! A signature is checked on the raw body, before anything parses it, and compared in a time that
//! does not depend on the secret. Several secrets and keys may be valid at once, so that one can
//! be changed without losing a delivery. What fails is answered with 401 and forgotten.
//!
//! - Shopify and WooCommerce: base64 of HMAC-SHA256 over the body.
//! - eBay: ECDSA on P-256 by a key that the header names and the channel publishes, with the
//!   digest that the header names (SHA-1 in eBay's own vector).
//! - Amazon signs nothing: its notifications come through a queue of the seller's.

mod delivery;
mod ebay;
mod error;
mod keys;
mod mac;

pub use delivery::Delivery;
pub use ebay::{ebay_challenge, ebay_key_id, ebay_key_request, read_ebay_key};
pub use error::SignatureError;
pub use keys::{Digest, PublicKey, Secret, WebhookKeys};
pub use mac::is_woocommerce_ping;

pub(in crate::channel) use ebay::verify as ebay;
pub(in crate::channel) use mac::{shopify, woocommerce};
