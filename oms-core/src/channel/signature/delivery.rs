//! A webhook as it came in.

use crate::channel::signature::SignatureError;

/// A webhook as it came in: nothing decoded, nothing trimmed.
#[derive(Clone, Copy)]
pub struct Delivery<'d> {
    /// The headers, as sent.
    pub headers: &'d [(&'d str, &'d str)],
    /// The body, as sent.
    pub body: &'d [u8],
}

impl std::fmt::Debug for Delivery<'_> {
    /// The contents may be somebody's data, or forged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

impl<'d> Delivery<'d> {
    /// A header that must stand there exactly once; a second one would let a sender choose which
    /// of them is looked at.
    pub(super) fn only(&self, header: &'static str) -> Result<&'d str, SignatureError> {
        self.find(header)?.ok_or(SignatureError::Missing { header })
    }

    pub(super) fn find(&self, header: &'static str) -> Result<Option<&'d str>, SignatureError> {
        let named = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(header);
        let mut found = self.headers.iter().filter(named);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(Some(value)),
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(SignatureError::Ambiguous { header }),
        }
    }
}
