//! The worker: claims jobs, runs their handlers, tells what became of them.

mod builder;
mod claim;
mod dead;
mod running;
#[cfg(feature = "calendar")]
mod schedules;

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::job::{AttemptFailure, Job, JobCatalog, JobState, Lease};
use crate::port::{FailAnswer, FailureReport, JobQueue, LeaseAnswer, StoreError};
use crate::service::Wake;
use crate::value::limits::JOBS_PER_CALL_MAX;
use crate::value::{JobKind, QueueName, TenantId, Timestamp};

pub use builder::WorkerBuilder;
pub use dead::DeadJob;
use running::{Ended, Held, Run, run};

const MICROS_PER_SEC: i64 = 1_000_000;

/// Works on jobs of one kind. Hosts implement it.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Does the job. It may be done twice: a worker that dies after the work and before it could
    /// say so is replaced by another. Use the id of the job to make that harmless.
    ///
    /// # Errors
    /// [`AttemptFailure`] says whether trying again may help. A panic is a transient failure.
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure>;
}

/// What a tick did, and what was done before it and told by none: by ticks that failed and by
/// [`Worker::hand_back`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticked {
    /// Jobs that are done.
    pub done: usize,
    /// Attempts that failed and will be repeated.
    pub retrying: usize,
    /// Jobs that are dead now.
    pub dead: usize,
    /// Which those are, for whoever has to decide about them; also those that the store was told
    /// of before while its answer did not come. A job whose last worker died with it is in none:
    /// the store finds that by itself.
    pub deaths: Vec<DeadJob>,
    /// Answers that came too late: somebody else has the job, or it is gone.
    pub lost: usize,
    /// Jobs that were claimed and begun.
    pub claimed: usize,
    /// Jobs that recurring schedules pushed.
    pub fired: usize,
    /// When to tick again, unless [`Worker::work`] ends before.
    pub next: Wake,
}

/// Claims jobs of a tenant, runs their handlers, extends their leases, tells what became of them.
///
/// It spawns nothing and waits for no timer. The host ticks; between two ticks it lets
/// [`work`](Self::work) drive the handlers, until one of them ends or the time has come:
///
/// ```ignore
/// loop {
///     let pause = match worker.tick().await {
///         Ok(ticked) => ticked.next.pause(),
///         // Whatever it is: a worker that ends leaves jobs undone while they still come in.
///         Err(error) => {
///             tell(&error);
///             Duration::from_secs(1)
///         }
///     };
///     tokio::select! {
///         () = tokio::time::sleep(pause) => {}
///         () = worker.work() => {}
///         () = shutdown() => break,
///     }
/// }
/// worker.hand_back().await?;
/// ```
///
/// A tick that is dropped half-way loses nothing, but jobs it has claimed wait for the end of their
/// leases.
///
/// All handlers of a worker run on the task that drives it; one that computes for long should do so
/// elsewhere and wait for it. Dropping a worker drops what runs: its jobs are taken over when their
/// leases are over.
pub struct Worker {
    queue: Arc<dyn JobQueue>,
    tenant: TenantId,
    catalog: JobCatalog,
    handlers: BTreeMap<(QueueName, JobKind), Arc<dyn Handler>>,
    concurrency: BTreeMap<QueueName, usize>,
    /// The queue that the last claim began with; the next one begins behind it.
    first: Option<QueueName>,
    lease_secs: u32,
    poll_secs: u32,
    #[cfg(feature = "calendar")]
    schedules: Vec<schedules::Recurring>,
    runs: FuturesUnordered<Run>,
    held: BTreeMap<Lease, Held>,
    ended: Vec<Ended>,
    /// Leases of jobs that run no more and are to be given back: nobody extends them.
    returning: Vec<Lease>,
    /// What was done and no tick has told the host of yet.
    untold: Ticked,
    /// The last tick failed or was dropped: nobody knows how old the leases are.
    unsure: bool,
    stopping: bool,
}

impl Ticked {
    /// Adds what another tick did; when to tick again is not touched.
    pub(super) fn add(&mut self, other: &Self) {
        self.done += other.done;
        self.retrying += other.retrying;
        self.dead += other.dead;
        self.deaths.extend_from_slice(&other.deaths);
        self.lost += other.lost;
        self.claimed += other.claimed;
        self.fired += other.fired;
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("tenant", &self.tenant)
            .field("running", &self.held.len())
            .field("stopping", &self.stopping)
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// Begins to build a worker of a tenant.
    pub fn builder(queue: Arc<dyn JobQueue>, tenant: TenantId) -> WorkerBuilder {
        WorkerBuilder::new(queue, tenant)
    }

    /// The queues and kinds it works on, for those who push.
    #[must_use]
    pub const fn catalog(&self) -> &JobCatalog {
        &self.catalog
    }

    /// Whose jobs it works on.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// How many jobs run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.held.len()
    }

    /// How long a host may wait with the next tick at most, in seconds, also after one that failed:
    /// a third of the lease while jobs run, or others take them over; `None` while none does.
    #[must_use]
    pub fn pause_max_secs(&self) -> Option<u32> {
        (!self.held.is_empty()).then(|| self.third_of_lease())
    }

    /// How many handlers have not ended.
    pub(super) fn working(&self) -> usize {
        self.runs.len()
    }

    /// Whether there are handlers to drive, or to drop because their leases were lost.
    pub(super) fn has_handlers(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Whether there is something that the store or the host was not told yet.
    pub(super) fn has_news(&self) -> bool {
        !self.ended.is_empty() || !self.returning.is_empty() || self.untold != Ticked::default()
    }

    /// Claims nothing from now on. What runs may end, as long as the host goes on with ticks.
    pub const fn stop(&mut self) {
        self.stopping = true;
    }

    /// Whether nothing runs and the store was told everything.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.held.is_empty() && self.ended.is_empty() && self.returning.is_empty()
    }

    /// Tells what ended, claims what is due, extends leases, pushes what recurs. After a tick that
    /// failed, all leases are extended before anything is claimed; while a job is in its last
    /// attempt here, leases come before the claim, too, for which the store is asked for its time.
    ///
    /// # Errors
    /// [`StoreError`]: what was not told is told at the next tick; jobs that were claimed meanwhile
    /// run on. Tell it and tick again after a pause, not longer than
    /// [`pause_max_secs`](Self::pause_max_secs), whether or not it
    /// [is retryable](StoreError::is_retryable).
    pub async fn tick(&mut self) -> Result<Ticked, StoreError> {
        self.tick_within(usize::MAX).await
    }

    /// A tick that claims at most `most` jobs.
    pub(super) async fn tick_within(&mut self, most: usize) -> Result<Ticked, StoreError> {
        let unsure = mem::replace(&mut self.unsure, true);
        self.report().await?;
        self.give_back().await?;
        // A lease that is over still counts while nobody took the job. A claim would: the worker
        // would take its own jobs over, and kill those in their last attempt. How late a tick is
        // that comes after one that went well only the store knows.
        let extends_first = unsure || self.may_kill(most);
        if extends_first {
            let now = if unsure { None } else { self.time().await };
            self.extend(now).await?;
        }
        let claimed = self.claim(most).await;
        let now = claimed.as_ref().ok().and_then(|(now, _)| *now);
        if !extends_first {
            self.extend(now).await?;
        }
        let (now, mut wait) = claimed?;
        #[cfg(feature = "calendar")]
        if let Some(now) = now {
            wait = wait.min(self.fire(now).await?);
        }
        #[cfg(not(feature = "calendar"))]
        let _now = now;
        wait = wait.min(self.pause_max_secs().unwrap_or(wait));
        self.unsure = false;
        let mut ticked = mem::take(&mut self.untold);
        ticked.next = if wait == 0 {
            Wake::Now
        } else {
            Wake::AfterSecs(wait)
        };
        Ok(ticked)
    }

    /// Drives the handlers until at least one of them has ended; then it is time to tick. With
    /// nothing to drive it never ends, so wait for the next tick beside it. May be dropped and
    /// called again.
    pub async fn work(&mut self) {
        let Self { runs, ended, .. } = self;
        poll_fn(|context| {
            let before = ended.len();
            while let Poll::Ready(Some(answer)) = runs.poll_next_unpin(context) {
                ended.extend(answer);
            }
            if ended.len() > before {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Stops, drops what runs, and gives its jobs back: others may claim them at once, and the
    /// attempts do not count. Tells what ended before. Answers how many jobs were given back. What
    /// became of the others is told by one tick more, which claims nothing.
    ///
    /// # Errors
    /// [`StoreError`]: call again, or tick, which gives back what was not, or let the leases run
    /// out.
    pub async fn hand_back(&mut self) -> Result<usize, StoreError> {
        self.stopping = true;
        // First: nobody works on them any more, whatever the store answers.
        self.runs.clear();
        let ended: BTreeSet<Lease> = self.ended.iter().map(|ended| ended.lease).collect();
        let returning = &mut self.returning;
        self.held.retain(|lease, _| {
            let has_ended = ended.contains(lease);
            if !has_ended {
                returning.push(*lease);
            }
            has_ended
        });
        self.report().await?;
        self.give_back().await
    }

    /// Gives back what is to be given back; what could not be stays.
    async fn give_back(&mut self) -> Result<usize, StoreError> {
        let mut given = 0;
        loop {
            let leases = self.returning.iter().copied().take(JOBS_PER_CALL_MAX);
            let leases: Vec<Lease> = leases.collect();
            if leases.is_empty() {
                return Ok(given);
            }
            let answers = self.queue.hand_back(&self.tenant, &leases).await?;
            given += answers
                .iter()
                .filter(|answer| **answer == LeaseAnswer::Held)
                .count();
            self.returning.retain(|lease| !leases.contains(lease));
        }
    }

    /// Tells the store what ended; what could not be told stays.
    async fn report(&mut self) -> Result<(), StoreError> {
        // A job whose lease was lost is not ours to tell about.
        let held = &self.held;
        self.ended.retain(|ended| held.contains_key(&ended.lease));
        let mut done: Vec<Lease> = Vec::new();
        let mut failed: Vec<FailureReport> = Vec::new();
        for ended in &self.ended {
            match &ended.answer {
                Ok(()) => done.push(ended.lease),
                Err(failure) => failed.push(FailureReport {
                    lease: ended.lease,
                    failure: failure.clone(),
                    pause_micros: ended.pause_micros,
                }),
            }
        }
        for leases in done.chunks(JOBS_PER_CALL_MAX) {
            for answer in self.queue.complete(&self.tenant, leases).await? {
                match answer {
                    LeaseAnswer::Held => self.untold.done += 1,
                    LeaseAnswer::Lost => self.untold.lost += 1,
                }
            }
            self.let_go(leases.iter().copied());
        }
        for reports in failed.chunks(JOBS_PER_CALL_MAX) {
            let answers = self.queue.fail(&self.tenant, reports).await?;
            for (report, answer) in reports.iter().zip(answers) {
                match answer {
                    FailAnswer::Retrying { .. } => self.untold.retrying += 1,
                    FailAnswer::Dead => {
                        self.died(report.lease, report.failure.kept_message());
                    }
                    FailAnswer::Lost => match self.reason_of_death(report.lease).await {
                        Some(reason) => self.died(report.lease, reason),
                        None => self.untold.lost += 1,
                    },
                }
            }
            self.let_go(reports.iter().map(|report| report.lease));
        }
        Ok(())
    }

    /// Notes a job that is dead, for the host.
    fn died(&mut self, lease: Lease, reason: String) {
        self.untold.dead += 1;
        if let Some(held) = self.held.get(&lease) {
            self.untold.deaths.push(DeadJob {
                tenant: self.tenant.clone(),
                queue: held.queue.clone(),
                kind: held.kind.clone(),
                job: lease.id,
                reason,
            });
        }
    }

    /// Why a job is dead that nobody had after this lease: it was told before, and the answer to
    /// that was lost, or it was ended since its worker was late. Nobody else tells the host.
    async fn reason_of_death(&mut self, lease: Lease) -> Option<String> {
        let job = self.queue.job(&self.tenant, lease.id).await.ok()??;
        let own = job.state == JobState::Dead && job.token == lease.token;
        let last = job.errors.into_iter().next_back().filter(|_| own);
        last.map(|last| last.error)
    }

    /// Holds the jobs no more: the store knows what became of them.
    fn let_go(&mut self, leases: impl Iterator<Item = Lease>) {
        for lease in leases {
            self.held.remove(&lease);
        }
        let held = &self.held;
        self.ended.retain(|ended| held.contains_key(&ended.lease));
    }

    fn begin(&mut self, job: Job) {
        let Some(lease) = job.lease() else { return };
        let place = (job.draft.queue.clone(), job.draft.kind.clone());
        let handler = self.handlers.get(&place).cloned();
        let rules = self.catalog.rules(&job.draft.queue);
        let retry = rules.map(|rules| rules.retry).unwrap_or_default();
        let pause_micros = retry.pause_micros(job.draft.id, job.attempts);
        let ((queue, kind), until) = (place, job.due_at);
        let last = job.attempts >= job.draft.max_attempts;
        let (future, stop) = run(handler, job, lease, pause_micros);
        let held = Held {
            queue,
            kind,
            until,
            last,
            stop,
        };
        self.held.insert(lease, held);
        self.runs.push(future);
    }

    /// Extends the leases that have lost a third of their time, or all when the time is not known.
    async fn extend(&mut self, now: Option<Timestamp>) -> Result<(), StoreError> {
        let third = i64::from(self.third_of_lease()) * MICROS_PER_SEC;
        let whole = i64::from(self.lease_secs) * MICROS_PER_SEC;
        let old = |held: &Held| {
            now.is_none_or(|now| held.until.micros_since(now) <= whole.saturating_sub(third))
        };
        let leases = self.held.iter().filter(|(_, held)| old(held));
        let leases: Vec<Lease> = leases.map(|(lease, _)| *lease).collect();
        for leases in leases.chunks(JOBS_PER_CALL_MAX) {
            let extend = self.queue.extend(&self.tenant, leases, self.lease_secs);
            let answers = extend.await?;
            for (lease, answer) in leases.iter().zip(answers) {
                match answer {
                    LeaseAnswer::Held => {
                        let secs = i64::from(self.lease_secs);
                        let until = now.and_then(|now| now.checked_add_secs(secs));
                        if let Some(held) = self.held.get_mut(lease) {
                            held.until = until.unwrap_or(held.until);
                        }
                    }
                    LeaseAnswer::Lost => {
                        self.untold.lost += 1;
                        if let Some(held) = self.held.remove(lease) {
                            held.stop.abort();
                        }
                    }
                }
            }
        }
        Ok(())
    }

    const fn third_of_lease(&self) -> u32 {
        self.lease_secs / 3
    }
}

/// Whole seconds from one time to another, rounded up; zero if it is over.
pub(super) fn secs_until(now: Timestamp, at: Timestamp) -> u32 {
    let micros = at.micros_since(now).max(0);
    let secs = micros.saturating_add(MICROS_PER_SEC - 1) / MICROS_PER_SEC;
    u32::try_from(secs).unwrap_or(u32::MAX)
}
