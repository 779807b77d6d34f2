//! Jobs through the library.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use oms_core::job::{AttemptFailure, Job, JobCatalog, JobDraft, Lease, QueueRules};
use oms_core::port::{IdSource, JobQueue, LeaseAnswer, Pushed, QueueDemand};
use oms_core::service::{Handler, Jobs, Worker};
use oms_core::system::SystemIds;
use oms_core::value::{JobId, JobKind, QueueName};
use tokio::sync::Mutex;

use super::{BATCH, KIND, PAYLOAD, Place, QUEUE};
use crate::Failure;
use crate::measure::{Record, Side};

/// How long a lease lasts, in seconds.
const LEASE_SECS: u32 = 60;

/// Claims a batch and completes it, by the port.
#[derive(Debug)]
pub(super) struct Take {
    place: Place,
}

impl Take {
    pub(super) fn new(place: &Place) -> Self {
        let place = place.clone();
        Self { place }
    }

    /// How many jobs were claimed and done.
    pub(super) async fn batch(&self) -> Result<u64, Failure> {
        let Place { store, tenant, .. } = &self.place;
        let wanted = [QueueDemand {
            queue: QueueName::parse(QUEUE)?,
            jobs: BATCH,
        }];
        let claimed = store.claim(tenant, &wanted, LEASE_SECS).await?;
        let leases: Vec<Lease> = claimed.jobs.iter().filter_map(Job::lease).collect();
        if leases.is_empty() {
            return Ok(0);
        }
        let answers = store.complete(tenant, &leases).await?;
        if answers.iter().any(|answer| *answer != LeaseAnswer::Held) {
            return Err("a lease was lost".into());
        }
        Ok(u64::try_from(leases.len())?)
    }
}

#[async_trait]
impl Side for Take {
    async fn work(&self, _caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.batch().await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}

/// Does nothing.
struct Nothing;

#[async_trait]
impl Handler for Nothing {
    async fn run(&self, _: &Job) -> Result<(), AttemptFailure> {
        Ok(())
    }
}

/// Workers as hosts have them, one per caller.
#[derive(Debug)]
pub(super) struct Works(Vec<Mutex<Worker>>);

impl Works {
    pub(super) fn new(place: &Place, workers: usize) -> Result<Self, Failure> {
        let (queue, kind) = (QueueName::parse(QUEUE)?, JobKind::parse(KIND)?);
        let worker = |_| {
            let store = Arc::new(place.store.clone());
            let builder = Worker::builder(store, place.tenant.clone());
            let builder = builder.handler(queue.clone(), kind.clone(), Arc::new(Nothing));
            Mutex::new(builder.concurrency(queue.clone(), BATCH).build())
        };
        Ok(Self((0..workers).map(worker).collect()))
    }

    /// Ticks until jobs are done; answers how many, 0 when there are none.
    async fn tick(&self, caller: usize) -> Result<u64, Failure> {
        let worker = self.0.get(caller).ok_or("no worker")?;
        let mut worker = worker.lock().await;
        loop {
            let ticked = worker.tick().await?;
            if ticked.lost > 0 {
                return Err("a lease was lost".into());
            }
            if worker.running() > 0 {
                worker.work().await;
            }
            if ticked.done > 0 || ticked.claimed == 0 {
                return Ok(u64::try_from(ticked.done)?);
            }
        }
    }
}

#[async_trait]
impl Side for Works {
    async fn work(&self, caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.tick(caller).await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}

/// Pushes so many jobs per call.
#[derive(Debug)]
pub(super) struct Push {
    place: Place,
    jobs: Jobs,
    size: usize,
    queue: QueueName,
    kind: JobKind,
    payload: Arc<str>,
}

impl Push {
    pub(super) fn new(place: &Place, size: usize, together: bool) -> Result<Self, Failure> {
        let (queue, kind) = (QueueName::parse(QUEUE)?, JobKind::parse(KIND)?);
        let rules = QueueRules::of([kind.clone()]);
        let catalog = JobCatalog::default().with_queue(queue.clone(), rules);
        let mut jobs = Jobs::new(Arc::new(place.store.clone()), catalog);
        if !together {
            jobs = jobs.coalescing(None);
        }
        Ok(Self {
            place: place.clone(),
            jobs,
            size,
            queue,
            kind,
            payload: PAYLOAD.into(),
        })
    }

    pub(super) async fn push(&self) -> Result<u64, Failure> {
        let draft = |_| {
            let id = JobId::from_uuid(SystemIds.next_id());
            let (queue, kind) = (self.queue.clone(), self.kind.clone());
            JobDraft::new(id, queue, kind, self.payload.clone())
        };
        let drafts: Vec<JobDraft> = (0..self.size).map(draft).collect();
        let pushed = self.jobs.push(&self.place.tenant, &drafts).await?;
        if pushed.iter().any(|pushed| *pushed != Pushed::Kept) {
            return Err("a job was not kept".into());
        }
        Ok(u64::try_from(self.size)?)
    }
}

#[async_trait]
impl Side for Push {
    async fn work(&self, _caller: usize, record: &mut Record) {
        let began = Instant::now();
        let done = self.push().await;
        record.orders += record.call(began, done).unwrap_or(0);
    }
}
