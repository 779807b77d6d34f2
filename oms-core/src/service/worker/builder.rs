//! Building a worker.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::FuturesUnordered;

use super::{Handler, Ticked, Worker};
use crate::job::{JobCatalog, QueueRules, RetryPolicy};
use crate::port::JobQueue;
use crate::value::limits::{JOB_LEASE_MAX_SECS, JOBS_PER_CALL_MAX};
use crate::value::{JobKind, QueueName, TenantId};

/// How many jobs of a queue run at once unless told otherwise.
const CONCURRENCY: usize = 10;

/// How long a lease lasts unless told otherwise, in seconds.
const LEASE_SECS: u32 = 60;

/// The shortest lease: ticks come every third of it, in whole seconds.
const LEASE_MIN_SECS: u32 = 3;

/// How often an idle worker looks for jobs unless told otherwise, in seconds.
const POLL_SECS: u32 = 30;

/// What a worker is built from.
#[must_use]
pub struct WorkerBuilder {
    worker: Worker,
}

impl std::fmt::Debug for WorkerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerBuilder")
            .field("catalog", &self.worker.catalog)
            .finish_non_exhaustive()
    }
}

impl WorkerBuilder {
    pub(super) fn new(queue: Arc<dyn JobQueue>, tenant: TenantId) -> Self {
        let worker = Worker {
            queue,
            tenant,
            catalog: JobCatalog::default(),
            handlers: BTreeMap::new(),
            concurrency: BTreeMap::new(),
            first: None,
            lease_secs: LEASE_SECS,
            poll_secs: POLL_SECS,
            #[cfg(feature = "calendar")]
            schedules: Vec::new(),
            runs: FuturesUnordered::new(),
            held: BTreeMap::new(),
            ended: Vec::new(),
            returning: Vec::new(),
            untold: Ticked::default(),
            unsure: false,
            stopping: false,
        };
        Self { worker }
    }

    /// Works on jobs of a kind in a queue. A second handler of the same takes the first one's
    /// place.
    pub fn handler(mut self, queue: QueueName, kind: JobKind, handler: Arc<dyn Handler>) -> Self {
        let mut rules = self.rules(&queue);
        rules.kinds.insert(kind.clone());
        self = self.with_rules(queue.clone(), rules);
        self.worker
            .concurrency
            .entry(queue.clone())
            .or_insert(CONCURRENCY);
        self.worker.handlers.insert((queue, kind), handler);
        self
    }

    /// How many jobs of a queue run at once, from 1 to half of [`JOBS_PER_CALL_MAX`]; 10 unless
    /// told otherwise. A tick claims at most about [`JOBS_PER_CALL_MAX`] jobs of all queues
    /// together.
    pub fn concurrency(mut self, queue: QueueName, jobs: usize) -> Self {
        let jobs = jobs.clamp(1, JOBS_PER_CALL_MAX / 2);
        self.worker.concurrency.insert(queue, jobs);
        self
    }

    /// When attempts in a queue are repeated.
    pub fn retry(self, queue: QueueName, retry: RetryPolicy) -> Self {
        let rules = self.rules(&queue);
        self.with_rules(queue, QueueRules { retry, ..rules })
    }

    /// How long a lease lasts, in seconds, from 3; 60 unless told otherwise. Jobs of a worker that
    /// died wait for so long, and those of one that is not ticked for so long are taken over.
    pub fn lease_secs(mut self, secs: u32) -> Self {
        self.worker.lease_secs = secs.clamp(LEASE_MIN_SECS, JOB_LEASE_MAX_SECS);
        self
    }

    /// How often an idle worker looks for jobs, in seconds; 30 unless told otherwise.
    pub fn poll_secs(mut self, secs: u32) -> Self {
        self.worker.poll_secs = secs.max(1);
        self
    }

    /// Pushes a job at every time of a schedule, once however many workers say so. The id of the
    /// draft does not matter: each time has its own, the same for all workers.
    ///
    /// # Errors
    /// [`JobRejection`](crate::job::JobRejection) for a draft that no store may keep.
    #[cfg(feature = "calendar")]
    pub fn schedule(
        mut self,
        name: crate::value::ScheduleName,
        schedule: crate::job::Schedule,
        draft: crate::job::JobDraft,
    ) -> Result<Self, crate::job::JobRejection> {
        draft.check()?;
        let recurring = super::schedules::Recurring::new(name, schedule, draft);
        self.worker.schedules.push(recurring);
        Ok(self)
    }

    /// The worker.
    #[must_use]
    pub fn build(self) -> Worker {
        self.worker
    }

    fn rules(&self, queue: &QueueName) -> QueueRules {
        self.worker
            .catalog
            .rules(queue)
            .cloned()
            .unwrap_or_default()
    }

    fn with_rules(mut self, queue: QueueName, rules: QueueRules) -> Self {
        self.worker.catalog = self.worker.catalog.with_queue(queue, rules);
        self
    }
}
