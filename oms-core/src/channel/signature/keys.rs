//! Secrets and keys that are valid now.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey as _;

use crate::channel::signature::SignatureError;

/// A secret shared with a channel. Never shown, never serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret, as the channel shows it.
    #[must_use]
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(secret.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The digest that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// SHA-1, what eBay signs with; weak against forgers who may choose both of two messages.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Digest {
    /// The digest of that name, in any of its spellings.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "SHA1" | "SHA-1" => Some(Self::Sha1),
            "SHA256" | "SHA-256" => Some(Self::Sha256),
            _ => None,
        }
    }
}

/// A public key of a channel.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub(super) key: VerifyingKey,
    pub(super) digest: Option<Digest>,
}

impl PublicKey {
    /// Reads an ECDSA key on P-256 in PEM (`BEGIN PUBLIC KEY`), also all on one line as eBay sends
    /// it. `digest` is what the channel says the key signs with; `None` if it does not say.
    ///
    /// # Errors
    /// [`SignatureError::MalformedKey`].
    pub fn from_pem(pem: &str, digest: Option<Digest>) -> Result<Self, SignatureError> {
        let malformed = |why| SignatureError::MalformedKey { why };
        let inner = pem
            .trim()
            .strip_prefix("-----BEGIN PUBLIC KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
            .ok_or_else(|| malformed("not in PEM"))?;
        let text: String = inner.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(text).map_err(|_| malformed("not base64"))?;
        let key = VerifyingKey::from_public_key_der(&der)
            .map_err(|_| malformed("not an ECDSA key on P-256"))?;
        Ok(Self { key, digest })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// The secrets and keys of one channel that are valid now.
///
/// While a secret is changed both are in here; the old one is taken out once the channel signs
/// with the new one only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookKeys {
    secrets: Vec<Secret>,
    keys: BTreeMap<String, PublicKey>,
}

impl WebhookKeys {
    /// Nothing is believed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more secret that is valid.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// One more public key that is valid, by the id the channel gives it. Keep it for an hour at
    /// least before fetching it anew.
    #[must_use]
    pub fn key(mut self, kid: impl Into<String>, key: PublicKey) -> Self {
        self.keys.insert(kid.into(), key);
        self
    }

    pub(super) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    pub(super) fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.keys.get(kid)
    }
}
