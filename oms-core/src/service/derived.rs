//! Ids that follow from names: the same for everybody who asks.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The id that these parts and this number have. Names have no control characters, so parts cannot
/// run into each other.
pub(super) fn id_of(parts: &[&str], number: u64) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(number.to_be_bytes());
    let mut bytes = [0_u8; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    Builder::from_custom_bytes(bytes).into_uuid()
}
