//! A job as a store keeps it.

use serde::{Deserialize, Serialize};

use crate::job::{AttemptError, JobDraft, RunAt};
use crate::value::{JobId, Timestamp, words};

/// A job that a store keeps.
///
/// What a job is changes by [`evolve`](crate::job::evolve) alone; stores that keep it in columns
/// do the same by other means. It is written as JSON, with its payload inside, and never read back:
/// nobody but a store may say what a job is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// What was asked for; [`RunAt::At`] the time it resolved to.
    #[serde(flatten)]
    pub draft: JobDraft,
    /// Where it is.
    pub state: JobState,
    /// How often it was claimed since it was pushed or redriven.
    pub attempts: u16,
    /// The number of the last lease. Each claim adds one to it; it begins at the time of the push,
    /// in microseconds, so a lease of an earlier job with the same id is none of this one.
    pub token: u64,
    /// When it may be claimed: when it is to run, when it is to be tried again, or when the lease
    /// of a running one is over. Means nothing for a dead one.
    pub due_at: Timestamp,
    /// The attempts that failed, the oldest first; at most
    /// [`JOB_ERRORS_MAX`](crate::value::limits::JOB_ERRORS_MAX), the newest.
    pub errors: Vec<AttemptError>,
    /// When it was stored.
    pub pushed_at: Timestamp,
}

impl Job {
    /// The job that a draft makes when it is stored at `now`.
    #[must_use]
    pub fn new(mut draft: JobDraft, now: Timestamp) -> Self {
        let due_at = draft.run_at.resolve(now);
        draft.run_at = RunAt::At(due_at);
        Self {
            draft,
            state: JobState::Ready,
            attempts: 0,
            token: u64::try_from(now.micros()).unwrap_or_default(),
            due_at,
            errors: Vec::new(),
            pushed_at: now,
        }
    }

    /// The lease of a running job.
    #[must_use]
    pub fn lease(&self) -> Option<Lease> {
        (self.state == JobState::Running).then_some(Lease {
            id: self.draft.id,
            token: self.token,
        })
    }

    /// Whether its unique key keeps others of the same key away.
    #[must_use]
    pub const fn holds_key(&self) -> bool {
        self.draft.unique.is_some() && self.state.is_live()
    }
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its time or for a worker.
    Ready,
    /// A worker has it, until its lease is over.
    Running,
    /// An attempt failed; it waits for the next.
    Retrying,
    /// It is done. Stores delete and count it.
    Done,
    /// It failed for good, and stays until somebody redrives or deletes it.
    Dead,
}

impl JobState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 5] = [
        Self::Ready,
        Self::Running,
        Self::Retrying,
        Self::Done,
        Self::Dead,
    ];

    /// Whether something is still to happen to it by itself.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Ready | Self::Running | Self::Retrying => true,
            Self::Done | Self::Dead => false,
        }
    }

    /// The state as shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

words! { JobState, "job state"; }

impl std::fmt::Display for JobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The right to answer for a job: its id and a fencing token. A later claim of the job has a higher
/// token, and with it the earlier lease is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lease {
    /// The job.
    pub id: JobId,
    /// The fencing token: the number of the claim, which counts from the time of the push.
    pub token: u64,
}
