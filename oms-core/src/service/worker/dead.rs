//! What a worker says of jobs that died in its hands.

use crate::value::{JobId, JobKind, QueueName, TenantId};

/// A job that is dead now: its handler said that it will never work, or its last attempt failed.
/// It stays in the queue until somebody redrives or deletes it
/// ([`JobQueue`](crate::port::JobQueue)).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("job {job} of tenant {tenant} ({queue}: {kind}) is dead: {reason}")]
#[non_exhaustive]
pub struct DeadJob {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its queue.
    pub queue: QueueName,
    /// Its kind.
    pub kind: JobKind,
    /// Its id.
    pub job: JobId,
    /// Why the last attempt failed, as it is kept with the job.
    pub reason: String,
}
