//! Who acts, for the history.

use oms_core::event::{Actor, ActorKind};
use oms_core::service::Call;
use oms_core::value::{ActorId, IdempotencyKey, Reason};
use sha2::{Digest, Sha256};

/// A call by somebody.
pub fn by(kind: ActorKind, id: &str) -> Call {
    let actor = Actor::new(kind);
    Call::by(match ActorId::parse(id) {
        Ok(id) => actor.with_id(id),
        Err(_) => actor,
    })
}

/// A call by somebody, with the reason why.
pub fn by_because(kind: ActorKind, id: &str, reason: &str) -> Call {
    match Reason::truncated(reason) {
        Some(reason) => by(kind, id).with_reason(reason),
        None => by(kind, id),
    }
}

/// The call under a key made of these words, so that several runs together do it once.
pub fn keyed(call: Call, words: &[&str]) -> Call {
    let mut hash = Sha256::new();
    for word in words {
        hash.update(word.as_bytes());
        hash.update([0]);
    }
    let hex: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    match IdempotencyKey::parse(&format!("oms-{hex}")) {
        Ok(key) => call.with_key(key),
        Err(_) => call,
    }
}
