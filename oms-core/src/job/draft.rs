//! A job as it is asked for.

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::job::JobRejection;
use crate::value::limits::{
    JOB_ATTEMPTS, JOB_ATTEMPTS_MAX, JOB_DELAY_MAX_SECS, JOB_PAYLOAD_BYTES_MAX,
};
use crate::value::{JobId, JobKey, JobKind, QueueName, RequestId, Timestamp, words};

/// A job that a push or a change set asks the store to keep.
///
/// ```
/// use oms_core::job::{JobDraft, Priority};
/// use oms_core::value::{JobId, JobKey, JobKind, QueueName};
/// use uuid::Uuid;
///
/// let id = JobId::from_uuid(Uuid::from_u128(1));
/// let mail = QueueName::parse("mail")?;
/// let draft = JobDraft::new(id, mail, JobKind::parse("confirm")?, r#"{"order":7}"#)
///     .with_priority(Priority::High)
///     .after_secs(60)
///     .with_unique(JobKey::parse("confirm-7")?);
/// assert_eq!(draft.check(), Ok(()));
/// assert_eq!(draft.max_attempts, 3);
/// # Ok::<(), oms_core::value::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobDraft {
    /// Its id; a second job with the same id is refused or ignored, never run beside the first.
    pub id: JobId,
    /// The queue it waits in.
    pub queue: QueueName,
    /// What to do: the name of its handler.
    pub kind: JobKind,
    /// The arguments, as JSON.
    #[serde(serialize_with = "crate::value::raw_json::serialize")]
    pub payload: Arc<str>,
    /// Not before then.
    pub run_at: RunAt,
    /// Before which others of the queue.
    pub priority: Priority,
    /// While a job of the same queue with this key is neither done nor dead, the draft is dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique: Option<JobKey>,
    /// How often it is tried before it is dead; from 1.
    pub max_attempts: u16,
    /// The request it came from, for finding it in logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<RequestId>,
}

impl JobDraft {
    /// A job to run at once, of normal priority, with [`JOB_ATTEMPTS`] attempts.
    #[must_use]
    pub fn new(id: JobId, queue: QueueName, kind: JobKind, payload: impl Into<Arc<str>>) -> Self {
        Self {
            id,
            queue,
            kind,
            payload: payload.into(),
            run_at: RunAt::Now,
            priority: Priority::Normal,
            unique: None,
            max_attempts: JOB_ATTEMPTS,
            trace: None,
        }
    }

    /// With another priority.
    #[must_use]
    pub const fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// To run `secs` seconds after it is stored.
    #[must_use]
    pub const fn after_secs(mut self, secs: u32) -> Self {
        self.run_at = RunAt::AfterSecs(secs);
        self
    }

    /// To run at a time.
    #[must_use]
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.run_at = RunAt::At(at);
        self
    }

    /// With a name that at most one unfinished job of the queue has.
    #[must_use]
    pub fn with_unique(mut self, key: JobKey) -> Self {
        self.unique = Some(key);
        self
    }

    /// With another number of attempts.
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u16) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// With the request it came from.
    #[must_use]
    pub fn with_trace(mut self, trace: RequestId) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Whether any store may keep it, whatever queues there are; the first rule that is broken.
    ///
    /// # Errors
    /// [`JobRejection::PayloadTooLarge`], [`JobRejection::PayloadMalformed`],
    /// [`JobRejection::NoAttempts`], [`JobRejection::TooManyAttempts`],
    /// [`JobRejection::DelayTooLong`], in this order.
    pub fn check(&self) -> Result<(), JobRejection> {
        let bytes = self.payload.len();
        if bytes > JOB_PAYLOAD_BYTES_MAX {
            let max = JOB_PAYLOAD_BYTES_MAX;
            return Err(JobRejection::PayloadTooLarge { bytes, max });
        }
        if let Err(why) = serde_json::from_str::<IgnoredAny>(&self.payload) {
            let detail = why.to_string();
            return Err(JobRejection::PayloadMalformed { detail });
        }
        match self.max_attempts {
            0 => return Err(JobRejection::NoAttempts),
            1..=JOB_ATTEMPTS_MAX => {}
            attempts => {
                let max = JOB_ATTEMPTS_MAX;
                return Err(JobRejection::TooManyAttempts { attempts, max });
            }
        }
        match self.run_at {
            RunAt::AfterSecs(secs) if secs > JOB_DELAY_MAX_SECS => {
                let max = JOB_DELAY_MAX_SECS;
                Err(JobRejection::DelayTooLong { secs, max })
            }
            RunAt::Now | RunAt::AfterSecs(_) | RunAt::At(_) => Ok(()),
        }
    }
}

/// When a job is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunAt {
    /// As soon as it is stored.
    Now,
    /// This many seconds after it is stored; with a change set, after that was planned.
    AfterSecs(u32),
    /// At a time by the store's clock; at once if it is over.
    At(Timestamp),
}

impl RunAt {
    /// The time, for a job that is stored at `now`.
    #[must_use]
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Now => now,
            Self::AfterSecs(secs) => now
                .checked_add_secs(i64::from(secs))
                .unwrap_or(Timestamp::MAX),
            Self::At(at) => at,
        }
    }
}

/// Before which others of its queue a job is claimed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before all others.
    Urgent,
    /// Before most others.
    High,
    /// What nobody said anything about.
    #[default]
    Normal,
    /// When there is nothing else to do.
    Low,
}

impl Priority {
    /// Every priority, the first to be claimed first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    /// Its place in [`ALL`](Self::ALL), which is how stores keep it.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Urgent => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }

    /// The priority with this rank, if there is one.
    #[must_use]
    pub fn of_rank(rank: u8) -> Option<Self> {
        Self::ALL.get(usize::from(rank)).copied()
    }

    /// The priority as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

words! { Priority, "priority"; }

impl std::fmt::Display for Priority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
