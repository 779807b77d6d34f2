//! Why a job or a schedule was refused.

use serde::{Deserialize, Serialize};

use crate::value::{JobKind, QueueName};

/// Why a job or a schedule was refused before anything was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobRejection {
    /// The delay is longer than allowed.
    #[error("a delay of {secs} s is longer than the {max} s allowed")]
    DelayTooLong {
        /// What was asked for, in seconds.
        secs: u32,
        /// The longest delay, in seconds.
        max: u32,
    },
    /// The expression is not one.
    #[error("cron expression {expression:?}: {detail}")]
    ExpressionMalformed {
        /// What was given.
        expression: String,
        /// What is wrong with it.
        detail: String,
    },
    /// No time matches the expression.
    #[error("cron expression {expression:?} never fires")]
    NeverFires {
        /// What was given.
        expression: String,
    },
    /// A job that may be tried zero times would never run.
    #[error("a job needs at least one attempt")]
    NoAttempts,
    /// The payload is not JSON.
    #[error("the payload is not JSON: {detail}")]
    PayloadMalformed {
        /// What is wrong with it.
        detail: String,
    },
    /// The payload is longer than allowed.
    #[error("a payload of {bytes} bytes is longer than the {max} allowed")]
    PayloadTooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The greatest length in bytes.
        max: usize,
    },
    /// More attempts than allowed.
    #[error("{attempts} attempts are more than the {max} allowed")]
    TooManyAttempts {
        /// What was asked for.
        attempts: u16,
        /// Most attempts.
        max: u16,
    },
    /// Nobody works on jobs of this kind in this queue.
    #[error("queue {queue} has no handler for {kind}")]
    UnknownKind {
        /// The queue.
        queue: QueueName,
        /// The kind.
        kind: JobKind,
    },
    /// There is no such queue.
    #[error("there is no queue {queue}")]
    UnknownQueue {
        /// What was asked for.
        queue: QueueName,
    },
    /// There is no such time zone.
    #[error("there is no time zone {zone:?}")]
    UnknownZone {
        /// What was asked for.
        zone: String,
    },
}

impl JobRejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DelayTooLong { .. } => "delay_too_long",
            Self::ExpressionMalformed { .. } => "expression_malformed",
            Self::NeverFires { .. } => "never_fires",
            Self::NoAttempts => "no_attempts",
            Self::PayloadMalformed { .. } => "payload_malformed",
            Self::PayloadTooLarge { .. } => "payload_too_large",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::UnknownKind { .. } => "unknown_kind",
            Self::UnknownQueue { .. } => "unknown_queue",
            Self::UnknownZone { .. } => "unknown_zone",
        }
    }
}
