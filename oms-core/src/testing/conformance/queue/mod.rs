//! The cases of [`JobQueue`] and [`EventFeed`], by what they are about.

pub(super) mod claim;
pub(super) mod failure;
pub(super) mod feed;
pub(super) mod keys;
pub(super) mod lease;
pub(super) mod look;
pub(super) mod push;
pub(super) mod schedule;
pub(super) mod stock_feed;

use crate::job::{AttemptFailure, Job, JobDraft, JobState, Lease};
use crate::port::{
    EventFeed, FailAnswer, FailureReport, JobQueue, LeaseAnswer, Pushed, QueueDemand, QueueStats,
    StoreError,
};
use crate::testing::build;
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same, some};
use crate::testing::conformance::scene::Scene;
use crate::value::{JobId, QueueName};

/// How long a lease lasts unless a case is about something else.
const LEASE_SECS: u32 = 30;

/// A pause after an attempt that failed, in microseconds and seconds.
const PAUSE_MICROS: u64 = 10_000_000;
const PAUSE_SECS: i64 = 10;

fn mail() -> QueueName {
    build::queue("mail")
}

/// Job number `n` of the queue `mail`, to run at once.
fn draft(n: u64) -> JobDraft {
    let payload = format!(r#"{{"n":{n}}}"#);
    JobDraft::new(build::job_id(n), mail(), build::kind("confirm"), payload)
}

fn numbers(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.draft.id).collect()
}

fn ids(numbers: &[u64]) -> Vec<JobId> {
    numbers.iter().map(|n| build::job_id(*n)).collect()
}

impl Scene {
    fn queue(&self) -> Result<&dyn JobQueue, Failure> {
        some("the queue of the harness", self.jobs.as_deref())
    }

    fn feed(&self) -> Result<&dyn EventFeed, Failure> {
        some("the feed of the harness", self.events.as_deref())
    }

    async fn push(&self, drafts: &[JobDraft]) -> Result<Vec<Pushed>, Failure> {
        let answers = self.queue()?.push(self.tenant(), drafts).await?;
        same("answers of a push", &answers.len(), &drafts.len())?;
        Ok(answers)
    }

    /// Pushes drafts that must all be kept.
    async fn keep(&self, drafts: &[JobDraft]) -> Result<(), Failure> {
        let answers = self.push(drafts).await?;
        same("the push", &answers, &vec![Pushed::Kept; drafts.len()])
    }

    async fn claim_from(&self, queue: QueueName, jobs: usize) -> Result<Vec<Job>, Failure> {
        let wanted = [QueueDemand { queue, jobs }];
        let claimed = self.queue()?.claim(self.tenant(), &wanted, LEASE_SECS);
        Ok(claimed.await?.jobs)
    }

    async fn claim_jobs(&self, jobs: usize) -> Result<Vec<Job>, Failure> {
        self.claim_from(mail(), jobs).await
    }

    /// Claims the one job that must be there.
    async fn claim_one(&self) -> Result<Job, Failure> {
        let mut claimed = self.claim_jobs(1).await?;
        same("claimed jobs", &claimed.len(), &1)?;
        some("the job", claimed.pop())
    }

    async fn complete(&self, leases: &[Lease]) -> Result<Vec<LeaseAnswer>, Failure> {
        Ok(self.queue()?.complete(self.tenant(), leases).await?)
    }

    async fn fail(&self, lease: Lease, failure: AttemptFailure) -> Result<FailAnswer, Failure> {
        let report = FailureReport {
            lease,
            failure,
            pause_micros: PAUSE_MICROS,
        };
        let answers = self.queue()?.fail(self.tenant(), &[report]).await?;
        some("the answer", answers.into_iter().next())
    }

    async fn find(&self, n: u64) -> Result<Option<Job>, Failure> {
        Ok(self.queue()?.job(self.tenant(), build::job_id(n)).await?)
    }

    /// A job that must be kept, in a state.
    async fn found_in(&self, n: u64, state: JobState) -> Result<Job, Failure> {
        let job = some("the job", self.find(n).await?)?;
        same("the state", &job.state, &state)?;
        Ok(job)
    }

    async fn gone(&self, n: u64) -> Result<(), Failure> {
        check(self.find(n).await?.is_none(), "the job is still there")
    }

    /// Claims job number `n`, the only one, and makes it dead.
    async fn kill_only(&self, n: u64) -> Result<(), Failure> {
        let job = self.claim_one().await?;
        same("the job", &job.draft.id, &build::job_id(n))?;
        let answer = self.fail(lease(&job)?, AttemptFailure::permanent("no such address"));
        same("the answer", &answer.await?, &FailAnswer::Dead)
    }

    async fn stats(&self) -> Result<QueueStats, Failure> {
        let report = self.queue()?.queue_stats(self.tenant()).await?;
        let mut queues = report.queues.into_iter();
        some("the queue", queues.find(|stats| stats.queue == mail()))
    }
}

fn lease(job: &Job) -> Result<Lease, Failure> {
    some("the lease", job.lease())
}

fn nth<T>(items: &[T], n: usize) -> Result<&T, Failure> {
    some("an item", items.get(n))
}

/// Whether a call was refused as such.
const fn is_invalid<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::InvalidCall { .. }))
}
