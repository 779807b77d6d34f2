//! Why a delivery is not believed.

/// Why a delivery is not believed. Never says what would have been right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The channel signs nothing.
    #[error("this channel signs nothing: believe the way a message came, or fetch the order")]
    NotSigned,
    /// There is no signature.
    #[error("header {header} is missing")]
    Missing {
        /// The header.
        header: &'static str,
    },
    /// The header stands there twice, with different contents.
    #[error("header {header} stands there more than once")]
    Ambiguous {
        /// The header.
        header: &'static str,
    },
    /// The header cannot be read.
    #[error("header {header} is no signature: {why}")]
    Malformed {
        /// The header.
        header: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The host has no secret for this channel.
    #[error("there is no secret to check with")]
    NoSecret,
    /// The signature names a key that is not known: [fetch it](super::ebay_key_request) and check
    /// again, once.
    #[error("key {kid} is not known")]
    UnknownKey {
        /// The key's id.
        kid: String,
    },
    /// The signature names another digest than its key does, or one that is not taken.
    #[error("digest {digest:?} does not go with the key")]
    WrongDigest {
        /// The digest named.
        digest: String,
    },
    /// The key is no ECDSA key on P-256.
    #[error("the public key is malformed: {why}")]
    MalformedKey {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The body was not signed with any secret or key that is valid.
    #[error("the signature does not fit the body")]
    Mismatch,
}

impl SignatureError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSigned => "signature_not_signed",
            Self::Missing { .. } => "signature_missing",
            Self::Ambiguous { .. } => "signature_ambiguous",
            Self::Malformed { .. } => "signature_malformed",
            Self::NoSecret => "signature_no_secret",
            Self::UnknownKey { .. } => "signature_unknown_key",
            Self::WrongDigest { .. } => "signature_wrong_digest",
            Self::MalformedKey { .. } => "signature_malformed_key",
            Self::Mismatch => "signature_mismatch",
        }
    }
}
