//! Events: what happened, in which stream, by whom and why.
//!
//! One append is history, audit trail and outbox.

mod actor;
mod envelope;
mod stream;
mod topic;

pub use actor::{Actor, ActorKind, Origin};
pub use envelope::{EventDraft, EventId, EventRecord};
pub use stream::{StreamId, StreamKind};
pub use topic::Topic;
