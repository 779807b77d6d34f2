//! Workers that crash, come late, fail and panic on the reference store, by seed: every job ends
//! exactly once, done or dead with its errors; none vanishes (I10).
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use async_trait::async_trait;
use futures_executor::block_on;
use oms_core::job::{AttemptFailure, Job, JobDraft, JobState};
use oms_core::port::{JobFilter, JobQueue};
use oms_core::service::{Handler, Worker};
use oms_core::testing::build::{job_id, kind, queue, tenant};
use oms_core::testing::{FakeClock, Random};
use oms_core::value::JobId;
use oms_store_memory::MemoryStore;

/// Handlers that do as chance wants; some never end.
struct Chance(Mutex<Random>);

#[async_trait]
impl Handler for Chance {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        let number = job.draft.id.as_uuid().as_u64_pair().1 % 10;
        let throw = self.0.lock().unwrap().below(10);
        match (number, throw) {
            (0, _) => Err(AttemptFailure::permanent("poison")),
            // A panic that prints nothing.
            (1, _) => std::panic::resume_unwind(Box::new("poison of another kind")),
            (_, 0 | 1) => Err(AttemptFailure::transient("busy")),
            (_, 2) => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

fn build(store: &MemoryStore, seed: u64) -> Worker {
    let chance = Arc::new(Chance(Mutex::new(Random::new(seed))));
    Worker::builder(Arc::new(store.clone()), tenant("acme"))
        .handler(queue("mail"), kind("confirm"), chance)
        .concurrency(queue("mail"), 3)
        .lease_secs(30)
        .build()
}

fn run(seed: u64) -> (usize, usize) {
    const JOBS: u64 = 60;
    let clock = FakeClock::default();
    let store = MemoryStore::with_clock(Arc::new(clock.clone()));
    let drafts = (0..JOBS).map(|n| {
        let draft = JobDraft::new(job_id(n), queue("mail"), kind("confirm"), "null");
        draft.after_secs(u32::try_from(n % 7).unwrap() * 20)
    });
    let drafts: Vec<JobDraft> = drafts.collect();
    block_on(store.push(&tenant("acme"), &drafts)).unwrap();
    let mut random = Random::new(seed);
    let mut workers: Vec<Worker> = (0..4).map(|n| build(&store, seed * 10 + n)).collect();
    for step in 0..4_000 {
        let at = random.index(workers.len());
        match random.below(20) {
            // It crashes: nothing is told, another begins in its place.
            0 => workers[at] = build(&store, seed * 10 + 100 + step),
            1 => drop(block_on(workers[at].hand_back()).unwrap()),
            2 => workers[at] = build(&store, seed * 10 + 5_000 + step),
            3..=8 => drop(block_on(workers[at].tick()).unwrap()),
            9..=14 => {
                let mut work = Box::pin(workers[at].work());
                let _ready = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
            _ => clock.advance_secs(i64::try_from(random.below(20)).unwrap()),
        }
    }
    let all = block_on(store.list(&tenant("acme"), &JobFilter::default(), None, 500)).unwrap();
    let mut left: BTreeMap<JobState, Vec<JobId>> = BTreeMap::new();
    for job in &all.items {
        left.entry(job.state).or_default().push(job.draft.id);
        let failed = usize::from(job.attempts) - usize::from(job.state == JobState::Running);
        assert!(job.errors.len() >= failed.min(1), "seed {seed}: {job:?}");
    }
    let dead = left.remove(&JobState::Dead).unwrap_or_default().len();
    let report = block_on(store.queue_stats(&tenant("acme"))).unwrap();
    let stats = &report.queues[0];
    let done = usize::try_from(stats.done).unwrap();
    assert_eq!(stats.died, u64::try_from(dead).unwrap(), "seed {seed}");
    let kept = all.items.len();
    assert_eq!(kept + done, drafts.len(), "seed {seed}: a job vanished");
    (done + dead, drafts.len())
}

#[test]
fn every_job_ends_once_whatever_becomes_of_its_workers() {
    let (mut ended, mut all) = (0, 0);
    for seed in 0..100 {
        let (some, of) = run(seed);
        ended += some;
        all += of;
    }
    // Handlers that hang are extended for ever by a healthy worker, as they should be.
    assert!(ended * 10 > all * 9, "{ended} of {all} jobs ended");
}
