//! The worker and the relay on the reference store: whole lives of jobs, workers that die, panics.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_executor::block_on;
use oms_core::event::Topic;
use oms_core::job::{
    AttemptFailure, Job, JobCatalog, JobDraft, JobState, Lease, QueueRules, RetryPolicy, Schedule,
};
use oms_core::port::{
    Claimed, Clock, EventFeed, FailAnswer, FailureReport, FeedStart, Fired, JobFilter, JobQueue,
    LeaseAnswer, Message, MessageContent, Page, PublishError, Publisher, Pushed, QueueDemand,
    QueueReport, RedriveAnswer, Store, StoreError,
};
use oms_core::service::{
    Crew, Handler, Jobs, Relay, RelayError, Ticked, Wake, Worker, WorkerBuilder,
};
use oms_core::testing::FakeClock;
use oms_core::testing::build::{
    Change, job_id, kind, queue, schedule, stock, stream, subscriber, tenant,
};
use oms_core::value::{JobId, ScheduleName, TenantId, Timestamp};
use oms_store_memory::MemoryStore;

type Answer<T> = Result<T, StoreError>;

/// Does what the payload says, and remembers how often.
#[derive(Default)]
struct Acts {
    begun: Mutex<BTreeMap<JobId, usize>>,
}

impl Acts {
    fn begun(&self, n: u64) -> usize {
        let begun = self.begun.lock().unwrap();
        begun.get(&job_id(n)).copied().unwrap_or_default()
    }
}

#[async_trait]
impl Handler for Acts {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        *self.begun.lock().unwrap().entry(job.draft.id).or_default() += 1;
        match &*job.draft.payload {
            r#""work""# => Ok(()),
            r#""busy""# => Err(AttemptFailure::transient("busy")),
            r#""never""# => Err(AttemptFailure::permanent("no such address")),
            r#""panic""# => panic!("a defect of attempt {}", job.attempts),
            r#""twice""# if job.attempts < 2 => Err(AttemptFailure::transient("once more")),
            r#""twice""# => Ok(()),
            r#""hang""# => pending().await,
            other => panic!("{other}"),
        }
    }
}

struct World {
    store: MemoryStore,
    clock: FakeClock,
    acts: Arc<Acts>,
}

impl World {
    fn new() -> Self {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let acts = Arc::default();
        Self { store, clock, acts }
    }

    fn builder(&self) -> WorkerBuilder {
        let queue_port = Arc::new(self.store.clone());
        let retry = RetryPolicy {
            first_secs: 10,
            longest_secs: 100,
            jitter_percent: 0,
        };
        Worker::builder(queue_port, tenant("acme"))
            .handler(queue("mail"), kind("confirm"), self.acts.clone())
            .retry(queue("mail"), retry)
            .lease_secs(30)
    }

    fn push(&self, n: u64, act: &str) {
        let draft = JobDraft::new(
            job_id(n),
            queue("mail"),
            kind("confirm"),
            format!("{act:?}"),
        );
        let pushed = block_on(self.store.push(&tenant("acme"), &[draft])).unwrap();
        assert_eq!(pushed, [Pushed::Kept]);
    }

    fn job(&self, n: u64) -> Option<Job> {
        block_on(self.store.job(&tenant("acme"), job_id(n))).unwrap()
    }

    /// Tick, drive, tick: jobs that are ready to end have ended and been told.
    fn round(&self, worker: &mut Worker) -> Ticked {
        block_on(async {
            worker.tick().await.unwrap();
            poll_once(worker);
            worker.tick().await.unwrap()
        })
    }
}

/// Drives the handlers as far as they come without waiting.
fn poll_once(worker: &mut Worker) {
    use std::task::{Context, Waker};
    let mut work = Box::pin(worker.work());
    let _ready = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

#[test]
fn jobs_are_done_retried_or_dead_as_their_handlers_say() {
    let world = World::new();
    for (n, act) in [
        (1, "work"),
        (2, "twice"),
        (3, "never"),
        (4, "busy"),
        (5, "panic"),
    ] {
        world.push(n, act);
    }
    let mut worker = world.builder().build();
    let ticked = world.round(&mut worker);
    assert_eq!((ticked.done, ticked.retrying, ticked.dead), (1, 3, 1));
    let deaths: Vec<String> = ticked.deaths.iter().map(ToString::to_string).collect();
    let id = job_id(3);
    let told = format!("job {id} of tenant acme (mail: confirm) is dead: no such address");
    assert_eq!(deaths, [told]);
    assert_eq!(ticked.next, Wake::AfterSecs(10));
    assert!(world.job(1).is_none());
    let mut done = 0;
    for _ in 0..2 {
        world.clock.advance_secs(20);
        done += world.round(&mut worker).done;
    }
    assert_eq!(done, 1, "the one that works the second time");
    assert!(worker.is_idle());
    for (n, error, attempts) in [
        (3, "no such address", 1),
        (4, "busy", 3),
        (5, "the handler panicked: a defect of attempt 3", 3),
    ] {
        let job = world.job(n).unwrap();
        assert_eq!((job.state, job.errors.len()), (JobState::Dead, attempts));
        assert_eq!(job.errors.last().unwrap().error, error);
        assert_eq!(world.acts.begun(n), attempts);
    }
}

#[test]
fn no_more_jobs_run_at_once_than_is_said() {
    let world = World::new();
    (1..=5).for_each(|n| world.push(n, "hang"));
    let mut worker = world.builder().concurrency(queue("mail"), 2).build();
    for _ in 0..3 {
        world.round(&mut worker);
    }
    assert_eq!(worker.running(), 2);
    let filter = JobFilter {
        state: Some(JobState::Running),
        ..JobFilter::default()
    };
    let acme = tenant("acme");
    let running = world.store.list(&acme, &filter, None, 10);
    assert_eq!(block_on(running).unwrap().items.len(), 2);
}

#[test]
fn many_jobs_of_many_queues_are_claimed_within_one_call() {
    let world = World::new();
    let acme = tenant("acme");
    let builder = world.builder().concurrency(queue("mail"), 500);
    let builder = builder
        .handler(queue("post"), kind("confirm"), world.acts.clone())
        .concurrency(queue("post"), 500);
    let mut worker = builder.build();
    assert_eq!(block_on(worker.tick()).unwrap().claimed, 0);
    for (first, name) in [(0, "mail"), (500, "post")] {
        let draft = |n| JobDraft::new(job_id(n), queue(name), kind("confirm"), r#""hang""#);
        let drafts: Vec<JobDraft> = (first..first + 500).map(draft).collect();
        block_on(world.store.push(&acme, &drafts)).unwrap();
    }
    let first = block_on(worker.tick()).unwrap();
    let second = block_on(worker.tick()).unwrap();
    assert_eq!((first.claimed, second.claimed), (998, 2));
    assert_eq!(first.next, Wake::Now, "there is room for more");
    assert_eq!(second.next, Wake::AfterSecs(10), "a third of the lease");
}

#[test]
fn a_full_queue_does_not_keep_the_worker_looking() {
    let world = World::new();
    (1..=2).for_each(|n| world.push(n, "hang"));
    let builder = world.builder().concurrency(queue("mail"), 1);
    let builder = builder.handler(queue("post"), kind("confirm"), world.acts.clone());
    let mut worker = builder.build();
    let ticked = world.round(&mut worker);
    assert_eq!(worker.running(), 1);
    assert_eq!(ticked.next, Wake::AfterSecs(10), "a third of the lease");
}

#[test]
fn leases_are_extended_while_handlers_work() {
    let world = World::new();
    world.push(1, "hang");
    let (mut one, mut other) = (world.builder().build(), world.builder().build());
    let ticked = world.round(&mut one);
    assert_eq!(ticked.next, Wake::AfterSecs(10), "a third of the lease");
    for _ in 0..20 {
        world.clock.advance_secs(10);
        world.round(&mut one);
        assert_eq!(world.round(&mut other).claimed, 0);
    }
    assert_eq!(world.acts.begun(1), 1);
    assert_eq!(world.job(1).unwrap().attempts, 1);
}

#[test]
fn the_jobs_of_a_dead_worker_are_taken_over_and_a_late_one_stops() {
    let world = World::new();
    world.push(1, "hang");
    let (mut late, mut other) = (world.builder().build(), world.builder().build());
    world.round(&mut late);
    world.clock.advance_secs(30);
    block_on(other.tick()).unwrap();
    assert_eq!(other.running(), 1);
    let ticked = block_on(late.tick()).unwrap();
    assert_eq!((ticked.lost, late.running()), (1, 0));
    poll_once(&mut late);
    assert!(late.is_idle(), "what it did is nobody's");
    let job = world.job(1).unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Running, 2));
}

/// The store was away for longer than the lease. Nobody else took the job, in its last attempt.
#[test]
fn a_worker_does_not_take_over_its_own_jobs() {
    let world = World::new();
    let draft = JobDraft::new(job_id(1), queue("mail"), kind("confirm"), r#""hang""#);
    let draft = draft.with_max_attempts(1);
    block_on(world.store.push(&tenant("acme"), &[draft])).unwrap();
    let fussy = Arc::new(Fussy::new(&world.store));
    let builder = Worker::builder(fussy.clone(), tenant("acme"));
    let mut worker = builder
        .handler(queue("mail"), kind("confirm"), world.acts.clone())
        .build();
    assert_eq!(worker.pause_max_secs(), None, "nothing runs");
    block_on(worker.tick()).unwrap();
    assert_eq!(worker.pause_max_secs(), Some(20));
    fussy.away.store(true, Ordering::SeqCst);
    world.clock.advance_secs(20);
    block_on(worker.tick()).unwrap_err();
    world.clock.advance_secs(41);
    block_on(worker.tick()).unwrap_err();
    fussy.away.store(false, Ordering::SeqCst);
    let ticked = block_on(worker.tick()).unwrap();
    assert_eq!((ticked.lost, worker.running()), (0, 1));
    let job = world.job(1).unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Running, 1));
    assert!(job.errors.is_empty(), "{:?}", job.errors);
}

/// Its machine was asleep, or a handler held up its task. Another queue has room, or none has.
#[test]
fn nor_does_one_that_was_held_up_itself() {
    for (jobs, other) in [(2, "mail"), (1, "mail"), (1, "post")] {
        let world = World::new();
        let builder = world.builder().concurrency(queue("mail"), jobs);
        let builder = builder.handler(queue(other), kind("confirm"), world.acts.clone());
        let mut worker = builder.build();
        let draft = JobDraft::new(job_id(1), queue("mail"), kind("confirm"), r#""hang""#);
        let draft = draft.with_max_attempts(1);
        block_on(world.store.push(&tenant("acme"), &[draft])).unwrap();
        assert_eq!(world.round(&mut worker).claimed, 0, "in the tick before");
        world.clock.advance_secs(31);
        let ticked = world.round(&mut worker);
        assert_eq!((ticked.lost, worker.running()), (0, 1), "{jobs} {other}");
        let job = world.job(1).unwrap();
        assert_eq!((job.state, job.attempts), (JobState::Running, 1));
        assert!(job.errors.is_empty(), "{:?}", job.errors);
        // Its lease is as long as any other now.
        world.clock.advance_secs(29);
        let mut other = world.builder().build();
        assert_eq!(world.round(&mut other).claimed, 0);
        assert_eq!(world.job(1).unwrap().attempts, 1);
    }
}

/// Nobody ticks a crew for long that has handed everything back.
#[test]
fn what_died_in_a_tick_that_failed_is_told_after_everything_was_handed_back() {
    let world = World::new();
    world.push(1, "never");
    world.push(2, "hang");
    let fussy = Arc::new(Fussy::new(&world.store));
    let builder = Worker::builder(fussy.clone(), tenant("acme"));
    let builder = builder.handler(queue("mail"), kind("confirm"), world.acts.clone());
    let mut crew = Crew::new(Arc::new(world.clock.clone()), 4);
    crew.add(builder.build());
    block_on(crew.tick());
    assert_eq!(crew.running(), 2);
    block_on(crew.work());
    crew.stop();
    fussy.away.store(true, Ordering::SeqCst);
    let ticked = block_on(crew.tick());
    assert_eq!((ticked.failed.len(), ticked.ticked.deaths.len()), (1, 0));
    assert_eq!(block_on(crew.hand_back()).unwrap(), 1);
    let ticked = block_on(crew.tick()).ticked;
    let died: Vec<JobId> = ticked.deaths.iter().map(|job| job.job).collect();
    assert_eq!((died, ticked.dead), (vec![job_id(1)], 1));
}

/// A host that ticks on does not keep them from others, though nobody works on them.
#[test]
fn what_could_not_be_handed_back_is_handed_back_by_the_next_tick() {
    let world = World::new();
    let acme = tenant("acme");
    let fussy = Arc::new(Fussy::new(&world.store));
    let mut builder = Worker::builder(fussy, acme.clone());
    for (first, name) in [(0, "mail"), (500, "post"), (1_000, "text")] {
        builder = builder
            .handler(queue(name), kind("confirm"), world.acts.clone())
            .concurrency(queue(name), 500);
        let draft = |n| {
            let act = if n == 0 { "busy" } else { "hang" };
            JobDraft::new(job_id(n), queue(name), kind("confirm"), format!("{act:?}"))
        };
        let drafts: Vec<JobDraft> = (first..first + 500).map(draft).collect();
        block_on(world.store.push(&acme, &drafts)).unwrap();
    }
    let mut worker = builder.build();
    for _ in 0..2 {
        block_on(worker.tick()).unwrap();
    }
    assert_eq!(worker.running(), 1_500);
    poll_once(&mut worker);
    let failed = block_on(worker.hand_back()).unwrap_err();
    assert_eq!(failed.code(), "busy", "half-way");
    assert_eq!((worker.running(), worker.is_idle()), (0, false));
    let ticked = block_on(worker.tick()).unwrap();
    assert_eq!((ticked.retrying, ticked.claimed), (1, 0));
    assert!(worker.is_idle());
    let filter = JobFilter {
        state: Some(JobState::Running),
        ..JobFilter::default()
    };
    let running = JobQueue::list(&world.store, &acme, &filter, None, 10);
    assert_eq!(block_on(running).unwrap().items, []);
}

/// A worker that claimed what there is and ran it once, in front of a store that does what it is
/// told next and whose answer to that is lost.
fn soon_unheard(world: &World) -> Worker {
    let fussy = Arc::new(Fussy::new(&world.store));
    let builder = Worker::builder(fussy.clone(), tenant("acme"));
    let builder = builder.handler(queue("mail"), kind("confirm"), world.acts.clone());
    let mut worker = builder.build();
    block_on(worker.tick()).unwrap();
    poll_once(&mut worker);
    fussy.mute.store(true, Ordering::SeqCst);
    worker
}

#[test]
fn what_runs_is_handed_back_though_what_ended_could_not_be_told() {
    let world = World::new();
    world.push(1, "busy");
    world.push(2, "hang");
    let mut worker = soon_unheard(&world);
    let failed = block_on(worker.hand_back()).unwrap_err();
    assert_eq!(failed.code(), "outcome_unknown");
    assert!(!worker.is_idle());
    let ticked = block_on(worker.tick()).unwrap();
    assert_eq!((ticked.lost, ticked.claimed), (1, 0));
    assert!(worker.is_idle());
    let job = world.job(2).unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Ready, 0));
}

#[test]
fn what_died_is_told_though_the_answer_was_lost() {
    let world = World::new();
    world.push(1, "never");
    world.push(2, "busy");
    let mut worker = soon_unheard(&world);
    let failed = block_on(worker.tick()).unwrap_err();
    assert_eq!(failed.code(), "outcome_unknown");
    let ticked = block_on(worker.tick()).unwrap();
    let told: Vec<_> = ticked
        .deaths
        .iter()
        .map(|job| (job.job, &*job.reason))
        .collect();
    assert_eq!(told, [(job_id(1), "no such address")]);
    assert_eq!((ticked.dead, ticked.lost), (1, 1));
    assert!(worker.is_idle());
}

#[test]
fn a_worker_that_stops_ends_what_runs_or_gives_it_back() {
    let world = World::new();
    world.push(1, "work");
    world.push(2, "hang");
    let mut worker = world.builder().build();
    block_on(worker.tick()).unwrap();
    worker.stop();
    world.push(3, "work");
    poll_once(&mut worker);
    let ticked = block_on(worker.tick()).unwrap();
    assert_eq!((ticked.done, ticked.claimed, worker.running()), (1, 0, 1));
    assert_eq!(block_on(worker.hand_back()).unwrap(), 1);
    assert!(worker.is_idle());
    let job = world.job(2).unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Ready, 0));
    assert_eq!(world.job(3).unwrap().attempts, 0);
}

#[test]
fn a_job_without_a_handler_is_retried_elsewhere_and_then_dead() {
    let world = World::new();
    let draft = JobDraft::new(job_id(1), queue("mail"), kind("shred"), "{}");
    block_on(world.store.push(&tenant("acme"), &[draft])).unwrap();
    let mut worker = world.builder().build();
    for _ in 0..3 {
        world.round(&mut worker);
        world.clock.advance_secs(60);
    }
    let job = world.job(1).unwrap();
    assert_eq!((job.state, job.errors.len()), (JobState::Dead, 3));
    assert_eq!(job.errors[0].error, "no handler for shred");
}

#[test]
fn an_idle_worker_looks_twice_a_minute_or_when_a_job_is_due() {
    let world = World::new();
    let mut worker = world.builder().build();
    let idle = block_on(worker.tick()).unwrap();
    assert_eq!(idle.next, Wake::AfterSecs(30));
    let draft = JobDraft::new(job_id(1), queue("mail"), kind("confirm"), r#""work""#);
    let draft = draft.after_secs(7);
    block_on(world.store.push(&tenant("acme"), &[draft])).unwrap();
    let ticked = block_on(worker.tick()).unwrap();
    assert_eq!(ticked.next, Wake::AfterSecs(7));
}

#[test]
fn a_schedule_fires_once_at_each_time_whoever_is_there() {
    let world = World::new();
    let recurring = |world: &World| {
        let draft = JobDraft::new(job_id(9), queue("mail"), kind("confirm"), r#""work""#);
        let hourly = Schedule::parse("0 * * * *", "Europe/Berlin").unwrap();
        world
            .builder()
            .schedule(schedule("hourly"), hourly, draft)
            .unwrap()
            .build()
    };
    let (mut one, mut two) = (recurring(&world), recurring(&world));
    let mut fired = [world.round(&mut one).fired, world.round(&mut two).fired];
    assert_eq!(fired, [0, 0], "a new schedule does not begin in the past");
    let mut done = 0;
    for _ in 0..(6 * 60) {
        world.clock.advance_secs(60);
        for (worker, fired) in [&mut one, &mut two].into_iter().zip(&mut fired) {
            let first = block_on(worker.tick()).unwrap();
            poll_once(worker);
            let second = block_on(worker.tick()).unwrap();
            *fired += first.fired + second.fired;
            done += first.done + second.done;
        }
    }
    assert_eq!(fired.iter().sum::<usize>(), 6);
    assert!((5..=6).contains(&done), "{done}");
    // Nobody was there for a day: it is made up for once.
    world.clock.advance_secs(86_400);
    let mut late = recurring(&world);
    let ticked = block_on(late.tick()).unwrap();
    assert_eq!((ticked.fired, ticked.next), (1, Wake::Now));
}

/// A draft that no store may keep is found where it is written, not when it is due.
#[test]
fn a_schedule_of_an_unsound_draft_is_refused() {
    let world = World::new();
    let draft = JobDraft::new(job_id(9), queue("mail"), kind("confirm"), "{}");
    let hourly = Schedule::parse("0 * * * *", "UTC").unwrap();
    let builder = world.builder();
    let refused = builder.schedule(schedule("never"), hourly, draft.with_max_attempts(0));
    assert_eq!(refused.unwrap_err().code(), "no_attempts");
}

/// Fails for one schedule, every claim and extension while it is away, and the second time that
/// jobs are handed back. Of a failure that it wrote down it says nothing where it is mute.
#[derive(Debug)]
struct Fussy {
    store: MemoryStore,
    away: AtomicBool,
    mute: AtomicBool,
    returns: AtomicUsize,
}

impl Fussy {
    fn new(store: &MemoryStore) -> Self {
        Self {
            store: store.clone(),
            away: AtomicBool::new(false),
            mute: AtomicBool::new(false),
            returns: AtomicUsize::new(0),
        }
    }

    fn reached(&self) -> Answer<&MemoryStore> {
        if self.away.load(Ordering::SeqCst) {
            let detail = "away".to_owned();
            return Err(StoreError::Busy { detail });
        }
        Ok(&self.store)
    }
}

#[async_trait]
impl JobQueue for Fussy {
    async fn push(&self, tenant: &TenantId, drafts: &[JobDraft]) -> Answer<Vec<Pushed>> {
        self.store.push(tenant, drafts).await
    }

    async fn claim(&self, tenant: &TenantId, wanted: &[QueueDemand], secs: u32) -> Answer<Claimed> {
        self.reached()?.claim(tenant, wanted, secs).await
    }

    async fn extend(
        &self,
        tenant: &TenantId,
        leases: &[Lease],
        secs: u32,
    ) -> Answer<Vec<LeaseAnswer>> {
        self.reached()?.extend(tenant, leases, secs).await
    }

    async fn complete(&self, tenant: &TenantId, leases: &[Lease]) -> Answer<Vec<LeaseAnswer>> {
        self.store.complete(tenant, leases).await
    }

    async fn fail(&self, tenant: &TenantId, reports: &[FailureReport]) -> Answer<Vec<FailAnswer>> {
        let answers = self.store.fail(tenant, reports).await?;
        if self.mute.swap(false, Ordering::SeqCst) {
            return Err(StoreError::OutcomeUnknown {
                detail: "mute".to_owned(),
                source: None,
            });
        }
        Ok(answers)
    }

    async fn hand_back(&self, tenant: &TenantId, leases: &[Lease]) -> Answer<Vec<LeaseAnswer>> {
        if self.returns.fetch_add(1, Ordering::SeqCst) == 1 {
            let detail = "not these".to_owned();
            return Err(StoreError::Busy { detail });
        }
        self.store.hand_back(tenant, leases).await
    }

    async fn redrive(&self, tenant: &TenantId, ids: &[JobId]) -> Answer<Vec<RedriveAnswer>> {
        self.store.redrive(tenant, ids).await
    }

    async fn delete(&self, tenant: &TenantId, ids: &[JobId]) -> Answer<Vec<bool>> {
        self.store.delete(tenant, ids).await
    }

    async fn fire(
        &self,
        tenant: &TenantId,
        name: &ScheduleName,
        at: Timestamp,
        draft: &JobDraft,
    ) -> Answer<Fired> {
        if *name == schedule("first") {
            let detail = "not this one".to_owned();
            return Err(StoreError::Busy { detail });
        }
        self.store.fire(tenant, name, at, draft).await
    }

    async fn list(
        &self,
        tenant: &TenantId,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: usize,
    ) -> Answer<Page<Job, JobId>> {
        JobQueue::list(&self.store, tenant, filter, after, limit).await
    }

    async fn job(&self, tenant: &TenantId, id: JobId) -> Answer<Option<Job>> {
        self.store.job(tenant, id).await
    }

    async fn queue_stats(&self, tenant: &TenantId) -> Answer<QueueReport> {
        self.store.queue_stats(tenant).await
    }
}

#[test]
fn a_schedule_that_fails_keeps_no_other_from_its_time() {
    let world = World::new();
    let queue_port = Arc::new(Fussy::new(&world.store));
    let mut builder = Worker::builder(queue_port, tenant("acme"));
    builder = builder.handler(queue("mail"), kind("confirm"), world.acts.clone());
    for name in ["first", "second"] {
        let draft = JobDraft::new(job_id(9), queue("mail"), kind("confirm"), r#""work""#);
        let hourly = Schedule::parse("0 * * * *", "UTC").unwrap();
        builder = builder.schedule(schedule(name), hourly, draft).unwrap();
    }
    let mut worker = builder.build();
    for _ in 0..2 {
        let failed = block_on(worker.tick()).unwrap_err();
        assert_eq!(failed.code(), "busy", "it is told");
        world.clock.advance_secs(3_600);
    }
    let acme = tenant("acme");
    let filter = JobFilter::default();
    let kept = JobQueue::list(&world.store, &acme, &filter, None, 10);
    assert_eq!(block_on(kept).unwrap().items.len(), 1, "of the second");
}

#[test]
fn jobs_nobody_would_work_on_are_refused_at_push() {
    let world = World::new();
    let rules = QueueRules::of([kind("confirm")]);
    let catalog = JobCatalog::default().with_queue(queue("mail"), rules);
    let jobs = Jobs::new(Arc::new(world.store.clone()), catalog);
    let draft = |n, of: &str, to: &str| JobDraft::new(job_id(n), queue(of), kind(to), "{}");
    let drafts = [
        draft(1, "mail", "confirm"),
        draft(2, "post", "confirm"),
        draft(3, "mail", "shred"),
        draft(4, "mail", "confirm").with_max_attempts(0),
        draft(5, "mail", "confirm"),
    ];
    let answers = block_on(jobs.push(&tenant("acme"), &drafts)).unwrap();
    let told = answers.iter().map(|answer| match answer {
        Pushed::Kept => "kept",
        Pushed::Refused(why) => why.code(),
        Pushed::Repeated | Pushed::Taken { .. } => "other",
    });
    let told: Vec<&str> = told.collect();
    let wanted = [
        "kept",
        "unknown_queue",
        "unknown_kind",
        "no_attempts",
        "kept",
    ];
    assert_eq!(told, wanted);
}

/// Remembers messages, and refuses some calls.
#[derive(Debug, Default)]
struct Broker {
    taken: Mutex<Vec<Message>>,
    down: Mutex<bool>,
}

#[async_trait]
impl Publisher for Broker {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        if *self.down.lock().unwrap() {
            return Err(PublishError::new("down"));
        }
        self.taken.lock().unwrap().extend_from_slice(messages);
        Ok(())
    }
}

#[test]
fn the_relay_hands_over_what_has_a_topic_and_loses_nothing_while_the_broker_is_down() {
    let world = World::new();
    let broker = Arc::new(Broker::default());
    let feed = Arc::new(world.store.clone());
    let relay = Relay::new(feed, broker.clone(), tenant("acme"), subscriber("broker"));
    let relay = relay.with_stock(subscriber("broker stock"));
    block_on(relay.subscribe(FeedStart::Beginning)).unwrap();
    let told = |key: &str, name: &str| {
        let order = oms_core::event::StreamId::order(oms_core::testing::build::order_id(1));
        let change = Change::new(key)
            .event(&order, name)
            .event(&stream("host"), "host.thing")
            .receive(&stock("north", "TEA"), 1);
        let set = change.at(world.clock.now());
        let outcomes = block_on(world.store.commit(&tenant("acme"), &[set])).unwrap();
        assert!(outcomes[0].is_done(), "{outcomes:?}");
    };
    let base = Change::new("base").documents(oms_core::testing::build::base_documents());
    let set = base.at(world.clock.now());
    block_on(world.store.commit(&tenant("acme"), &[set])).unwrap();
    told("1", "order.placed");
    told("2", "order.approved");
    *broker.down.lock().unwrap() = true;
    let error = block_on(relay.tick()).unwrap_err();
    assert!(matches!(error, RelayError::Publish(_)), "{error}");
    told("3", "order.shipped");
    told("4", "order.cancelled");
    *broker.down.lock().unwrap() = false;
    let relayed = block_on(relay.tick()).unwrap();
    assert_eq!((relayed.published, relayed.passed), (5, 4));
    let taken = broker.taken.lock().unwrap().clone();
    let topics: Vec<Topic> = taken.iter().map(|message| message.topic).collect();
    let wanted = [
        Topic::OrderCreated,
        Topic::OrderUpdated,
        Topic::ShipmentCreated,
        Topic::OrderCancelled,
        Topic::InventoryUpdated,
    ];
    assert_eq!(topics, wanted);
    let MessageContent::Stock(_, level) = &taken[4].content else {
        panic!("{:?}", taken[4])
    };
    assert_eq!(level.on_hand.get(), 4, "the latest value, once");
    assert!(taken[4].id.starts_with("acme/stock/"), "{}", taken[4].id);
    let ids: std::collections::BTreeSet<&str> = taken.iter().map(|m| &*m.id).collect();
    assert_eq!(ids.len(), taken.len());
    assert_eq!(block_on(relay.tick()).unwrap().published, 0);
}

/// An alarm that goes by how far subscribers are behind would never be quiet.
#[test]
fn events_leave_the_subscriber_of_stock_behind_no_longer_than_a_tick() {
    let world = World::new();
    let shop = tenant("shop");
    let relay = || {
        let feed = Arc::new(world.store.clone());
        let broker = Arc::new(Broker::default());
        let relay = Relay::new(feed, broker, shop.clone(), subscriber("broker"));
        relay.with_stock(subscriber("broker stock"))
    };
    let told = |change: Change| {
        let set = change.at(world.clock.now());
        let outcomes = block_on(world.store.commit(&shop, &[set])).unwrap();
        assert!(outcomes[0].is_done(), "{outcomes:?}");
    };
    let behind = || {
        let found = block_on(world.store.subscriptions(&shop)).unwrap();
        found.iter().map(|one| one.behind).collect::<Vec<u64>>()
    };
    told(Change::new("base").documents(oms_core::testing::build::base_documents()));
    let first = relay();
    block_on(first.subscribe(FeedStart::Now)).unwrap();
    for key in ["1", "2"] {
        told(Change::new(key).event(&stream("host"), "host.thing"));
        assert_eq!(behind(), [1, 1]);
        block_on(first.tick()).unwrap();
        assert_eq!(behind(), [0, 0]);
    }
    // Nor after a relay that died between the two.
    told(Change::new("3").event(&stream("host"), "host.thing"));
    let events = subscriber("broker");
    let page = block_on(world.store.poll(&shop, &events, 10)).unwrap();
    block_on(world.store.acknowledge(&shop, &events, &page.place)).unwrap();
    assert_eq!(behind(), [0, 1]);
    block_on(relay().tick()).unwrap();
    assert_eq!(behind(), [0, 0]);
    // Nor after a tick that failed between them and had nothing to move the time before.
    let rows = subscriber("broker stock");
    block_on(first.tick()).unwrap();
    told(Change::new("4").event(&stream("host"), "host.thing"));
    block_on(world.store.unsubscribe(&shop, &rows)).unwrap();
    block_on(first.tick()).unwrap_err();
    block_on(world.store.subscribe(&shop, &rows, FeedStart::Beginning)).unwrap();
    block_on(first.tick()).unwrap();
    assert_eq!(behind(), [0, 0]);
}

/// What is acknowledged of the one would be lost of the other.
#[test]
fn events_and_stock_do_not_share_a_subscriber() {
    let world = World::new();
    let broker = Arc::new(Broker::default());
    let feed = Arc::new(world.store.clone());
    let relay = Relay::new(feed, broker, tenant("acme"), subscriber("broker"));
    block_on(relay.subscribe(FeedStart::Beginning)).unwrap();
    block_on(relay.tick()).unwrap();
    let relay = relay.with_stock(subscriber("broker"));
    let problem = block_on(relay.subscribe(FeedStart::Beginning)).unwrap_err();
    assert_eq!(problem.code(), "invalid_call", "{problem}");
    let problem = block_on(relay.tick()).unwrap_err();
    assert!(!problem.is_retryable(), "{problem}");
    assert!(
        problem.to_string().contains("each needs its own"),
        "{problem}"
    );
}

#[test]
fn a_relay_that_finds_nothing_looks_less_often_where_it_may() {
    let world = World::new();
    let broker = Arc::new(Broker::default());
    let feed = Arc::new(world.store.clone());
    let relay = Relay::new(feed, broker, tenant("acme"), subscriber("broker")).rest_max_secs(5);
    block_on(relay.subscribe(FeedStart::Beginning)).unwrap();
    let base = Change::new("base").documents(oms_core::testing::build::base_documents());
    let set = base.at(world.clock.now());
    block_on(world.store.commit(&tenant("acme"), &[set])).unwrap();
    let rests = |ticks: usize| {
        let rest = |_| block_on(relay.tick()).unwrap().next.pause().as_secs();
        (0..ticks).map(rest).collect::<Vec<u64>>()
    };
    assert_eq!(rests(5), [1, 2, 4, 5, 5]);
    let set = Change::new("thing").event(&stream("host"), "host.thing");
    let set = set.at(world.clock.now());
    let outcomes = block_on(world.store.commit(&tenant("acme"), &[set])).unwrap();
    assert!(outcomes[0].is_done(), "{outcomes:?}");
    assert_eq!(rests(3), [1, 2, 4], "it found something");
    let relay = relay.rest_max_secs(0);
    let ticked = block_on(relay.tick()).unwrap();
    assert_eq!(ticked.next, Wake::AfterSecs(1));
}
