//! Who did it, and why.

use serde::{Deserialize, Serialize};

use crate::value::{ActorId, IdempotencyKey, Reason, RequestId};

/// The kind of somebody or something that acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person at a screen.
    Person,
    /// Another program of the host.
    System,
    /// A rule of this library, such as automatic approval.
    Automatic,
    /// A background job.
    Job,
    /// A sales channel.
    Channel,
    /// A warehouse or its software.
    Warehouse,
}

/// Who acts: a kind and, where known, an id that means something to the host.
///
/// The id names an account, not a person: people's names live in erasable documents only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// The host's id of the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ActorId>,
}

impl Actor {
    /// An actor of `kind` without an id.
    #[must_use]
    pub const fn new(kind: ActorKind) -> Self {
        Self { kind, id: None }
    }

    /// The same kind of actor, with an id.
    ///
    /// ```
    /// use oms_core::event::{Actor, ActorKind};
    /// use oms_core::value::ActorId;
    /// let picker = Actor::new(ActorKind::Warehouse).with_id(ActorId::parse("scanner-7")?);
    /// assert_eq!(picker.to_string(), "warehouse scanner-7");
    /// # Ok::<(), oms_core::value::IdError>(())
    /// ```
    #[must_use]
    pub fn with_id(mut self, id: ActorId) -> Self {
        self.id = Some(id);
        self
    }
}

impl ActorKind {
    /// The kind as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::System => "system",
            Self::Automatic => "automatic",
            Self::Job => "job",
            Self::Channel => "channel",
            Self::Warehouse => "warehouse",
        }
    }
}

impl std::fmt::Display for ActorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.as_str())?;
        self.id.as_ref().map_or(Ok(()), |id| write!(f, " {id}"))
    }
}

/// Where a change came from; written into every event it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Who acted.
    pub actor: Actor,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The request that carried the command, for finding it in logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// The idempotency key of the command.
    pub key: IdempotencyKey,
}
