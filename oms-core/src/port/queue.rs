//! The queue: jobs that wait, run and are done, behind one object-safe trait.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::job::{AttemptFailure, Job, JobDraft, JobRejection, JobState, Lease};
use crate::port::{Page, StoreError};
use crate::value::{JobId, QueueName, ScheduleName, TenantId, Timestamp};

/// Jobs that are kept until they are done or dead. Adapters implement it; the conformance suite
/// (`oms_core::testing::conformance`) decides whether they do.
///
/// Rules that hold for every method:
/// - A job changes as [`decide`](crate::job::decide) and [`evolve`](crate::job::evolve) say, by
///   the store's clock.
/// - Nothing of one tenant is visible or changeable through another (I11).
/// - A call is done as a whole or not at all, and answers item by item in the order of the items:
///   an item that comes twice in a call is answered as if it came in two.
/// - More than [`JOBS_PER_CALL_MAX`](crate::value::limits::JOBS_PER_CALL_MAX) items, leases of zero
///   or more than [`JOB_LEASE_MAX_SECS`](crate::value::limits::JOB_LEASE_MAX_SECS) seconds, and
///   page limits outside 1 to [`PAGE_ITEMS_MAX`](crate::value::limits::PAGE_ITEMS_MAX) are
///   [`StoreError::InvalidCall`].
/// - [`StoreError::OutcomeUnknown`] of a method that writes says that it may have happened. What to
///   do then stands at each method.
///
/// Jobs also come with a change set ([`ChangeSet::jobs`](crate::plan::ChangeSet::jobs)): such a
/// job exists exactly if its change set was committed. One whose unique key is taken is dropped
/// and refuses nothing. Its delay counts from the change set's `planned_at`.
#[async_trait]
pub trait JobQueue: Send + Sync + std::fmt::Debug {
    /// Keeps jobs, one or many.
    ///
    /// *Order*: later drafts see earlier ones of the same call: a unique key is taken by the first.
    /// *Idempotency*: a draft whose id is kept already is [`Pushed::Repeated`] and changes nothing,
    /// so an unknown outcome may be pushed again; only a job that was done meanwhile is done twice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`]. A draft that no store may keep is [`Pushed::Refused`] alone.
    async fn push(&self, tenant: &TenantId, drafts: &[JobDraft])
    -> Result<Vec<Pushed>, StoreError>;

    /// Gives due jobs to a worker, for `lease_secs` seconds.
    ///
    /// *Atomicity*: no job is given to two workers at once. *Order*: of each queue by priority,
    /// then by due time, then by id; two workers that claim at once may each get every other one.
    /// A running job whose lease is over is due, so the jobs of a worker that died are taken over;
    /// one that used up its attempts is made dead instead and not given. *Idempotency*: none; if
    /// the outcome is unknown, the jobs come back when their lease is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`].
    async fn claim(
        &self,
        tenant: &TenantId,
        wanted: &[QueueDemand],
        lease_secs: u32,
    ) -> Result<Claimed, StoreError>;

    /// Makes leases last for `lease_secs` seconds from now.
    ///
    /// *Idempotency*: may be repeated.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`]. A lease that is lost is [`LeaseAnswer::Lost`] alone.
    async fn extend(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
        lease_secs: u32,
    ) -> Result<Vec<LeaseAnswer>, StoreError>;

    /// Says that jobs are done: they are deleted and counted.
    ///
    /// *Idempotency*: a repeat answers [`LeaseAnswer::Lost`], since the job is gone; after an
    /// unknown outcome that is as good as done, or taken over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`].
    async fn complete(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError>;

    /// Says that attempts failed: each job is tried again after its pause, or is dead.
    ///
    /// *Idempotency*: a repeat answers [`FailAnswer::Lost`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`].
    async fn fail(
        &self,
        tenant: &TenantId,
        reports: &[FailureReport],
    ) -> Result<Vec<FailAnswer>, StoreError>;

    /// Gives jobs back that were claimed and not finished: they are due at once, and the attempt
    /// does not count.
    ///
    /// *Idempotency*: a repeat answers [`LeaseAnswer::Lost`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`].
    async fn hand_back(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
    ) -> Result<Vec<LeaseAnswer>, StoreError>;

    /// Lets dead jobs be tried again from the start, at once; their errors stay.
    ///
    /// *Idempotency*: a repeat answers [`RedriveAnswer::NotDead`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`].
    async fn redrive(
        &self,
        tenant: &TenantId,
        ids: &[JobId],
    ) -> Result<Vec<RedriveAnswer>, StoreError>;

    /// Deletes jobs, in whatever state; says of each whether there was one. The worker of a running
    /// one learns it when its answer is lost.
    ///
    /// *Idempotency*: may be repeated.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`].
    async fn delete(&self, tenant: &TenantId, ids: &[JobId]) -> Result<Vec<bool>, StoreError>;

    /// Pushes the job of a recurring schedule for one of its times, once however many workers ask.
    ///
    /// The store remembers the last time of each schedule. A schedule it does not know is noted
    /// with the time and pushes nothing: a new one does not begin in the past. *Idempotency*: a
    /// time that is not later than the one remembered changes nothing. Where only the one that is
    /// remembered lies more than
    /// [`SCHEDULE_AHEAD_MAX_SECS`](crate::value::limits::SCHEDULE_AHEAD_MAX_SECS) ahead of the
    /// store's clock, it was noted while the clock was wrong, and the other counts as later: else
    /// nothing might recur for years.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::OutcomeUnknown`],
    /// [`StoreError::InvalidCall`] also for a draft that no store may keep.
    async fn fire(
        &self,
        tenant: &TenantId,
        schedule: &ScheduleName,
        at: Timestamp,
        draft: &JobDraft,
    ) -> Result<Fired, StoreError>;

    /// Jobs with all their errors, by id. One that cannot be read is in [`Page::unreadable`], so
    /// that it can be deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::InvalidCall`].
    async fn list(
        &self,
        tenant: &TenantId,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Page<Job, JobId>, StoreError>;

    /// One job; `None` when it is done, deleted or was never there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`], [`StoreError::Corrupt`].
    async fn job(&self, tenant: &TenantId, id: JobId) -> Result<Option<Job>, StoreError>;

    /// How the queues of a tenant stand, by name: all that hold or ever finished a job. Counts
    /// every job, so its cost grows with them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Busy`].
    async fn queue_stats(&self, tenant: &TenantId) -> Result<QueueReport, StoreError>;
}

/// What became of a draft that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Pushed {
    /// It is kept.
    Kept,
    /// A job with its id is kept already; nothing changed.
    Repeated,
    /// An unfinished job of the queue has its unique key; it was dropped.
    Taken {
        /// That job.
        by: JobId,
    },
    /// No store may keep it.
    Refused(JobRejection),
}

/// How many jobs of a queue a worker can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDemand {
    /// The queue.
    pub queue: QueueName,
    /// Most jobs; zero only asks when the next one is due.
    pub jobs: usize,
}

/// What a claim gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The jobs, queue by queue as asked, each in its order.
    pub jobs: Vec<Job>,
    /// The store's time.
    pub now: Timestamp,
    /// When the first of the jobs left in these queues is due, running ones at the end of their
    /// lease; `None` when none is left. A queue that gave all that was asked may count as due now.
    pub next_at: Option<Timestamp>,
}

/// What became of a lease that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// It counted.
    Held,
    /// It is lost: the job was taken over, finished or deleted. Nothing happened.
    Lost,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReport {
    /// The lease.
    pub lease: Lease,
    /// Why.
    pub failure: AttemptFailure,
    /// The pause before the next attempt, if there is one, in microseconds; see
    /// [`RetryPolicy`](crate::job::RetryPolicy). A longer one than
    /// [`JOB_DELAY_MAX_SECS`](crate::value::limits::JOB_DELAY_MAX_SECS) is as long as that
    /// ([`kept_pause`](crate::job::kept_pause)).
    pub pause_micros: u64,
}

/// What became of a job whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailAnswer {
    /// It is tried again.
    Retrying {
        /// When, at the earliest.
        due_at: Timestamp,
    },
    /// It is dead.
    Dead,
    /// The lease is lost; nothing happened.
    Lost,
}

/// What became of a job that is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum RedriveAnswer {
    /// It is ready.
    Ready,
    /// It is not dead, or not there.
    NotDead,
    /// Another job has its unique key now; it stays dead.
    Taken {
        /// That job.
        by: JobId,
    },
}

/// What became of a time of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fired {
    /// The schedule was new; nothing was pushed.
    Noted,
    /// It is this caller's, and this became of the job.
    Pushed(Pushed),
    /// The store remembers this time or a later one.
    Already {
        /// What it remembers.
        last: Timestamp,
    },
}

/// Which jobs; every field that is set must match.
///
/// Fill it up with `..Default::default()`: a later release may have a condition more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFilter {
    /// In this queue.
    pub queue: Option<QueueName>,
    /// In this state.
    pub state: Option<JobState>,
}

/// How the queues of a tenant stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueReport {
    /// The store's time.
    pub now: Timestamp,
    /// The queues, by name.
    pub queues: Vec<QueueStats>,
}

/// How a queue stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueStats {
    /// The queue.
    pub queue: QueueName,
    /// Jobs that wait for their first attempt and whose time has come.
    pub ready: u64,
    /// Jobs whose time is still to come.
    pub scheduled: u64,
    /// Jobs that a worker has, also those whose lease is over.
    pub running: u64,
    /// Jobs that wait for another attempt, due or not.
    pub retrying: u64,
    /// Jobs that failed for good.
    pub dead: u64,
    /// Since when the oldest job that is ready or retrying and due has waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_due_at: Option<Timestamp>,
    /// Jobs that were ever done.
    pub done: u64,
    /// Jobs that ever became dead.
    pub died: u64,
}

impl QueueStats {
    /// A queue without jobs.
    #[must_use]
    pub const fn empty(queue: QueueName) -> Self {
        Self {
            queue,
            ready: 0,
            scheduled: 0,
            running: 0,
            retrying: 0,
            dead: 0,
            oldest_due_at: None,
            done: 0,
            died: 0,
        }
    }

    /// Jobs that are still to be worked on.
    #[must_use]
    pub const fn depth(&self) -> u64 {
        self.ready
            .saturating_add(self.scheduled)
            .saturating_add(self.running)
            .saturating_add(self.retrying)
    }
}
