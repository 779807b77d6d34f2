//! Who acts, for the history.

use oms_core::event::{Actor, ActorKind};
use oms_core::service::Call;
use oms_core::value::{ActorId, Reason};

/// A call by somebody.
pub(crate) fn by(kind: ActorKind, id: &str) -> Call {
    let actor = Actor::new(kind);
    Call::by(match ActorId::parse(id) {
        Ok(id) => actor.with_id(id),
        Err(_) => actor,
    })
}

/// A call by somebody, with the reason why.
pub(crate) fn by_because(kind: ActorKind, id: &str, reason: &str) -> Call {
    match Reason::truncated(reason) {
        Some(reason) => by(kind, id).with_reason(reason),
        None => by(kind, id),
    }
}
