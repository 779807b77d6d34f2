//! The life of a job: what may happen to it, and what becomes of it then.

use crate::job::{AttemptError, AttemptFailure, FailureKind, Job, JobState, LEASE_EXPIRED, Lease};
use crate::value::Timestamp;
use crate::value::limits::{JOB_DELAY_MAX_SECS, JOB_ERRORS_MAX};

/// What somebody wants of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobCommand {
    /// A worker wants it.
    Claim {
        /// How long, in seconds.
        lease_secs: u32,
    },
    /// Its worker needs more time, from now.
    Extend {
        /// The lease.
        lease: Lease,
        /// How long, in seconds.
        lease_secs: u32,
    },
    /// Its worker did it.
    Complete {
        /// The lease.
        lease: Lease,
    },
    /// Its worker failed.
    Fail {
        /// The lease.
        lease: Lease,
        /// Why.
        failure: AttemptFailure,
        /// The pause before the next attempt, in microseconds; [`kept_pause`] bounds it.
        pause_micros: u64,
    },
    /// Its worker stops before it could finish; the attempt does not count.
    HandBack {
        /// The lease.
        lease: Lease,
    },
    /// Somebody wants a dead one tried again.
    Redrive,
}

/// What happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobEvent {
    /// A worker got it. `expired` tells of an attempt before, whose lease ran out.
    Claimed {
        /// When the lease is over.
        until: Timestamp,
        /// The attempt whose worker did not answer.
        expired: Option<AttemptError>,
    },
    /// Its lease was made longer.
    Extended {
        /// When the lease is over.
        until: Timestamp,
    },
    /// It is done.
    Completed,
    /// An attempt failed, another will be made.
    Retried {
        /// What happened.
        error: AttemptError,
        /// When it may be claimed again.
        due_at: Timestamp,
    },
    /// The last attempt failed, or one for good.
    Died {
        /// What happened.
        error: AttemptError,
    },
    /// Its worker gave it back unfinished.
    HandedBack {
        /// When it may be claimed again.
        due_at: Timestamp,
    },
    /// It is to be tried again from the start.
    Redriven {
        /// When it may be claimed.
        due_at: Timestamp,
    },
}

/// Why nothing happened to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobRefusal {
    /// It is not to be had now: it waits, somebody has it, or it is finished.
    #[error("the job cannot be claimed: it is {}, due at {due_at}", state.as_str())]
    Unclaimable {
        /// Where it is.
        state: JobState,
        /// When it may be claimed.
        due_at: Timestamp,
    },
    /// The lease is not the job's: it was taken over, answered already, or never given.
    #[error("lease {token} is lost: the job is {} with lease {current}", state.as_str())]
    LeaseLost {
        /// The token that was shown.
        token: u64,
        /// The job's token.
        current: u64,
        /// Where it is.
        state: JobState,
    },
    /// It is not dead, so there is nothing to redrive.
    #[error("the job is {}, not dead", state.as_str())]
    NotDead {
        /// Where it is.
        state: JobState,
    },
}

/// What a command leads to at `now`, by the store's clock.
///
/// A job whose lease ran out in its last attempt is not given to another worker: whatever kills its
/// workers would go on for ever. A claim of it leads to [`JobEvent::Died`].
///
/// A lease that is over but was not taken over still counts: the work is done, and nobody else
/// has begun it.
///
/// # Errors
/// [`JobRefusal`]: nothing happens.
pub fn decide(job: &Job, command: &JobCommand, now: Timestamp) -> Result<JobEvent, JobRefusal> {
    match command {
        JobCommand::Claim { lease_secs } => claim(job, *lease_secs, now),
        JobCommand::Extend { lease, lease_secs } => {
            held(job, *lease)?;
            let until = later(now, *lease_secs);
            Ok(JobEvent::Extended { until })
        }
        JobCommand::Complete { lease } => {
            held(job, *lease)?;
            Ok(JobEvent::Completed)
        }
        JobCommand::Fail {
            lease,
            failure,
            pause_micros,
        } => {
            held(job, *lease)?;
            let error = error(job, now, failure.kept_message());
            let last = job.attempts >= job.draft.max_attempts;
            if last || failure.kind == FailureKind::Permanent {
                return Ok(JobEvent::Died { error });
            }
            let pause = kept_pause(*pause_micros);
            let due_at = now.checked_add_micros(pause).unwrap_or(Timestamp::MAX);
            Ok(JobEvent::Retried { error, due_at })
        }
        JobCommand::HandBack { lease } => {
            held(job, *lease)?;
            Ok(JobEvent::HandedBack { due_at: now })
        }
        JobCommand::Redrive => match job.state {
            JobState::Dead => Ok(JobEvent::Redriven { due_at: now }),
            JobState::Ready | JobState::Running | JobState::Retrying | JobState::Done => {
                Err(JobRefusal::NotDead { state: job.state })
            }
        },
    }
}

/// The pause after an attempt that failed, of the one that was asked for, in microseconds: no job
/// waits longer than [`JOB_DELAY_MAX_SECS`]. Stores that repeat the rule ask this.
#[must_use]
pub fn kept_pause(micros: u64) -> i64 {
    let longest = i64::from(JOB_DELAY_MAX_SECS).saturating_mul(1_000_000);
    i64::try_from(micros).map_or(longest, |micros| micros.min(longest))
}

fn claim(job: &Job, lease_secs: u32, now: Timestamp) -> Result<JobEvent, JobRefusal> {
    if !job.state.is_live() || job.due_at > now {
        return Err(JobRefusal::Unclaimable {
            state: job.state,
            due_at: job.due_at,
        });
    }
    let expired = (job.state == JobState::Running).then(|| error(job, now, LEASE_EXPIRED.into()));
    match expired {
        Some(error) if job.attempts >= job.draft.max_attempts => Ok(JobEvent::Died { error }),
        expired => {
            let until = later(now, lease_secs);
            Ok(JobEvent::Claimed { until, expired })
        }
    }
}

fn held(job: &Job, lease: Lease) -> Result<(), JobRefusal> {
    if job.lease() == Some(lease) {
        return Ok(());
    }
    Err(JobRefusal::LeaseLost {
        token: lease.token,
        current: job.token,
        state: job.state,
    })
}

fn error(job: &Job, at: Timestamp, error: String) -> AttemptError {
    AttemptError {
        attempt: job.attempts,
        at,
        error,
    }
}

fn later(now: Timestamp, secs: u32) -> Timestamp {
    now.checked_add_secs(i64::from(secs))
        .unwrap_or(Timestamp::MAX)
}

/// Makes a job what an event says.
pub fn evolve(job: &mut Job, event: &JobEvent) {
    match event {
        JobEvent::Claimed { until, expired } => {
            job.errors.extend(expired.clone());
            job.state = JobState::Running;
            job.attempts = job.attempts.saturating_add(1);
            job.token = job.token.saturating_add(1);
            job.due_at = *until;
        }
        JobEvent::Extended { until } => job.due_at = *until,
        JobEvent::Completed => job.state = JobState::Done,
        JobEvent::Retried { error, due_at } => {
            job.errors.push(error.clone());
            job.state = JobState::Retrying;
            job.due_at = *due_at;
        }
        JobEvent::Died { error } => {
            job.errors.push(error.clone());
            job.state = JobState::Dead;
        }
        JobEvent::HandedBack { due_at } => {
            job.attempts = job.attempts.saturating_sub(1);
            job.state = JobState::Ready;
            job.due_at = *due_at;
        }
        JobEvent::Redriven { due_at } => {
            job.attempts = 0;
            job.state = JobState::Ready;
            job.due_at = *due_at;
        }
    }
    let surplus = job.errors.len().saturating_sub(JOB_ERRORS_MAX);
    job.errors.drain(..surplus);
}
