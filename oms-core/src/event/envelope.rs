//! The envelope every event travels in.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::event::{Actor, Origin, StreamId};
use crate::value::{TenantId, Timestamp, Version};

/// The identity of an event: its stream and its place in it. A repeat has the same id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId {
    /// The stream.
    pub stream: StreamId,
    /// The place in the stream, from 1, without gaps.
    pub seq: Version,
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.stream, self.seq)
    }
}

/// An event that a change set asks the store to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDraft {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream; `None` lets the store take the next one.
    ///
    /// Streams of versioned documents name it (it equals the document's version), so a lost race
    /// shows; streams without a document leave it to the store.
    pub seq: Option<Version>,
    /// What happened, such as `order.approved`.
    pub name: Arc<str>,
    /// The version of the body's schema.
    pub schema: u16,
    /// The body, as JSON.
    pub body: Arc<str>,
    /// Who did it, where that is not who asked for the change, such as an automatic approval.
    pub actor: Option<Actor>,
}

/// A stored event.
///
/// As JSON it has its body inside as it was stored, so hosts can answer with it or hand it on; only
/// a reader of JSON ([`serde_json`]) reads it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Whose event it is.
    pub tenant: TenantId,
    /// Stream and place.
    pub id: EventId,
    /// What happened, such as `order.approved`.
    pub name: Arc<str>,
    /// The version of the body's schema.
    pub schema: u16,
    /// Who, why, by which request and command.
    pub origin: Origin,
    /// When it was decided, by the store's clock.
    pub at: Timestamp,
    /// The body, as JSON.
    #[serde(with = "crate::value::raw_json")]
    pub body: Arc<str>,
}
