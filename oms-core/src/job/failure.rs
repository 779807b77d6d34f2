//! Why an attempt failed, and what is kept of it.

use serde::{Deserialize, Serialize};

use crate::value::limits::JOB_ERROR_CHARS_MAX;
use crate::value::{Text, Timestamp};

/// What is kept of an attempt whose worker was not heard of until its lease was over.
pub const LEASE_EXPIRED: &str = "the lease ran out: its worker did not answer";

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It may work later.
    Transient,
    /// It will never work: the job is dead at once.
    Permanent,
}

/// How an attempt failed, as a handler says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AttemptFailure {
    /// Whether trying again may help.
    pub kind: FailureKind,
    /// What happened, for people; not more than [`JOB_ERROR_CHARS_MAX`] characters are kept.
    pub message: String,
}

impl AttemptFailure {
    /// It may work later.
    #[must_use]
    pub fn transient(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Transient,
            message: message.into(),
        }
    }

    /// It will never work.
    #[must_use]
    pub fn permanent(message: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Permanent,
            message: message.into(),
        }
    }

    /// The message as it is kept: cut to the limit, without what no database can store.
    #[must_use]
    pub fn kept_message(&self) -> String {
        let kept = Text::<JOB_ERROR_CHARS_MAX>::truncated(&self.message);
        kept.map_or_else(|| "no message".to_owned(), |kept| kept.as_str().to_owned())
    }
}

/// What is kept of an attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptError {
    /// Which attempt, from 1.
    pub attempt: u16,
    /// When it was told, by the store's clock.
    pub at: Timestamp,
    /// What happened.
    pub error: String,
}
