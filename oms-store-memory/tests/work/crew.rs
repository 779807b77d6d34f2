//! Workers of many tenants in one process: fair rounds, one limit, failures that stay alone.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_executor::block_on;
use oms_core::job::{AttemptFailure, Job, JobDraft};
use oms_core::port::{JobQueue, QueueDemand};
use oms_core::service::{Crew, Handler, Wake, Worker};
use oms_core::testing::FakeClock;
use oms_core::testing::build::{job_id, kind, queue, tenant};
use oms_core::value::TenantId;
use oms_store_memory::MemoryStore;

/// Ends at once, or never; remembers the order of beginnings.
struct Acts {
    tenant: TenantId,
    begun: Arc<Mutex<Vec<TenantId>>>,
    hang: bool,
}

#[async_trait]
impl Handler for Acts {
    async fn run(&self, _: &Job) -> Result<(), AttemptFailure> {
        self.begun.lock().unwrap().push(self.tenant.clone());
        if self.hang {
            pending::<()>().await;
        }
        Ok(())
    }
}

struct World {
    clock: FakeClock,
    store: MemoryStore,
    begun: Arc<Mutex<Vec<TenantId>>>,
}

impl World {
    fn new() -> Self {
        let clock = FakeClock::default();
        Self {
            store: MemoryStore::with_clock(Arc::new(clock.clone())),
            clock,
            begun: Arc::default(),
        }
    }

    fn crew(&self, jobs_max: usize, tenants: &[&str], hang: bool) -> Crew {
        let mut crew = Crew::new(Arc::new(self.clock.clone()), jobs_max);
        for name in tenants {
            let handler = Arc::new(Acts {
                tenant: tenant(name),
                begun: self.begun.clone(),
                hang,
            });
            let worker = Worker::builder(Arc::new(self.store.clone()), tenant(name));
            crew.add(
                worker
                    .handler(queue("mail"), kind("confirm"), handler)
                    .build(),
            );
        }
        crew
    }

    /// A crew of one worker with two queues.
    fn crew_of_two_queues(&self, jobs_max: usize) -> Crew {
        let worker = Worker::builder(Arc::new(self.store.clone()), tenant("one"));
        let worker = ["intake", "oms"].into_iter().fold(worker, |worker, name| {
            let acts = Arc::new(Acts {
                tenant: tenant(name),
                begun: self.begun.clone(),
                hang: false,
            });
            worker.handler(queue(name), kind("confirm"), acts)
        });
        let mut crew = Crew::new(Arc::new(self.clock.clone()), jobs_max);
        crew.add(worker.build());
        crew
    }

    fn push(&self, name: &str, jobs: std::ops::Range<u64>) {
        self.push_to("mail", name, jobs);
    }

    fn push_to(&self, to: &str, name: &str, jobs: std::ops::Range<u64>) {
        let draft = |n| JobDraft::new(job_id(n), queue(to), kind("confirm"), "null");
        let drafts: Vec<JobDraft> = jobs.map(draft).collect();
        block_on(self.store.push(&tenant(name), &drafts)).unwrap();
    }

    fn counts(&self) -> BTreeMap<TenantId, usize> {
        let mut counts = BTreeMap::new();
        for tenant in self.begun.lock().unwrap().iter() {
            *counts.entry(tenant.clone()).or_default() += 1;
        }
        counts
    }
}

/// Lets the handlers go as far as they come.
fn poll_once(crew: &mut Crew) {
    use std::task::{Context, Waker};
    let mut work = Box::pin(crew.work());
    let _ready = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

#[test]
fn a_busy_tenant_does_not_keep_the_others_waiting() {
    let world = World::new();
    world.push("big", 0..500);
    for (n, name) in ["one", "two", "three"].into_iter().enumerate() {
        let n = u64::try_from(n).unwrap();
        world.push(name, 1_000 + 10 * n..1_004 + 10 * n);
    }
    let mut crew = world.crew(8, &["big", "one", "two", "three"], false);
    for round in 0..4 {
        let ticked = block_on(crew.tick());
        assert!(crew.running() <= 8, "round {round}");
        assert!(ticked.failed.is_empty());
        poll_once(&mut crew);
    }
    let counts = world.counts();
    for name in ["one", "two", "three"] {
        assert_eq!(counts[&tenant(name)], 4, "{counts:?}");
    }
    assert!(counts[&tenant("big")] >= 8, "{counts:?}");
    // All of it gets done, and then the crew sleeps.
    let mut rounds = 0;
    let next = loop {
        let next = block_on(crew.tick()).ticked.next;
        if crew.is_idle() && next != Wake::Now {
            break next;
        }
        poll_once(&mut crew);
        rounds += 1;
        assert!(rounds < 500, "it never ends");
    };
    assert_eq!(next, Wake::AfterSecs(30));
    assert_eq!(world.begun.lock().unwrap().len(), 512);
}

#[test]
fn who_found_no_room_comes_next_when_there_is_some() {
    let world = World::new();
    world.push("big", 0..2);
    let mut crew = world.crew(2, &["big"], false);
    let hanging = world.crew(2, &["late"], false);
    drop(hanging);
    block_on(crew.tick());
    assert_eq!(crew.running(), 2, "all room is taken");
    world.push("late", 100..101);
    let handler = Arc::new(Acts {
        tenant: tenant("late"),
        begun: world.begun.clone(),
        hang: false,
    });
    let worker = Worker::builder(Arc::new(world.store.clone()), tenant("late"));
    crew.add(
        worker
            .handler(queue("mail"), kind("confirm"), handler)
            .build(),
    );
    let ticked = block_on(crew.tick());
    assert_eq!(ticked.ticked.claimed, 0);
    assert_ne!(ticked.ticked.next, Wake::Now, "waiting is not spinning");
    poll_once(&mut crew);
    // The time has not moved: it is the room that wakes it.
    block_on(crew.tick());
    block_on(crew.tick());
    poll_once(&mut crew);
    assert_eq!(world.counts().get(&tenant("late")), Some(&1));
}

#[test]
fn what_an_empty_queue_does_not_use_is_for_the_others() {
    let world = World::new();
    for jobs_max in [1, 3, 10] {
        let mut crew = world.crew_of_two_queues(jobs_max);
        world.push_to("oms", "one", 0..30);
        block_on(crew.tick());
        assert_eq!(crew.running(), jobs_max, "no other queue has jobs");
        let given = block_on(crew.hand_back()).unwrap();
        assert_eq!(given, jobs_max);
    }
}

#[test]
fn queues_share_the_room_of_a_crew() {
    for jobs_max in [1, 3] {
        let world = World::new();
        world.push_to("intake", "one", 0..50);
        world.push_to("oms", "one", 100..150);
        let mut crew = world.crew_of_two_queues(jobs_max);
        // Every second tick tells what ended.
        for _ in 0..20 {
            block_on(crew.tick());
            poll_once(&mut crew);
        }
        let counts = world.counts();
        let least = counts.values().min();
        assert!(counts.len() == 2 && least >= Some(&5), "{counts:?}");
    }
}

#[test]
fn a_crew_hands_back_what_runs() {
    let world = World::new();
    world.push("one", 0..2);
    world.push("two", 10..12);
    let mut crew = world.crew(10, &["one", "two"], true);
    block_on(crew.tick());
    poll_once(&mut crew);
    assert_eq!(crew.running(), 4);
    assert_eq!(block_on(crew.hand_back()).unwrap(), 4);
    assert!(crew.is_idle());
    assert_eq!(crew.remove(&tenant("one")).len(), 1);
    assert_eq!(crew.len(), 1);
}

#[test]
fn a_tenant_that_is_woken_is_looked_at_before_its_time() {
    let world = World::new();
    let mut crew = world.crew(10, &["one", "two"], false);
    assert_eq!(block_on(crew.tick()).workers, 2);
    assert_eq!(block_on(crew.tick()).workers, 0);
    crew.wake(&[tenant("two")].into());
    assert_eq!(block_on(crew.tick()).workers, 1);
    world.clock.advance_secs(30);
    assert_eq!(block_on(crew.tick()).workers, 2);
}

/// A machine's clock is set back: nobody waits until it shows the old time again.
#[test]
fn a_clock_that_is_set_back_keeps_nobody_from_his_turn() {
    let world = World::new();
    let own = FakeClock::default();
    let mut crew = Crew::new(Arc::new(own.clone()), 10);
    for worker in world.crew(10, &["one"], true).remove(&tenant("one")) {
        crew.add(worker);
    }
    world.push("one", 0..1);
    assert_eq!(block_on(crew.tick()).ticked.claimed, 1);
    assert_eq!(block_on(crew.tick()).workers, 0);
    own.advance_secs(-3_600);
    // Two thirds of the lease of a minute have passed.
    world.clock.advance_secs(40);
    let ticked = block_on(crew.tick());
    assert_eq!(ticked.workers, 1);
    assert_eq!(ticked.ticked.next, Wake::AfterSecs(20));
    assert_eq!(block_on(crew.tick()).workers, 0);
    world.clock.advance_secs(40);
    let wanted = [QueueDemand {
        queue: queue("mail"),
        jobs: 1,
    }];
    let taken = block_on(world.store.claim(&tenant("one"), &wanted, 60)).unwrap();
    assert_eq!(taken.jobs, [], "its lease was extended");
}

/// Two hundred start at once: the handler of the first does not wait for the last one's claim.
#[test]
fn handlers_go_on_while_many_have_their_turn() {
    let world = World::new();
    let names: Vec<String> = (0..200).map(|n| format!("shop-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.push(names[0], 0..1);
    world.push(names[199], 1..2);
    let mut crew = world.crew(10, &names, false);
    let mut served = Vec::new();
    loop {
        let ticked = block_on(crew.tick());
        served.push(ticked.workers);
        poll_once(&mut crew);
        assert_eq!(world.begun.lock().unwrap()[0], tenant(names[0]));
        if served.iter().sum::<usize>() >= 200 {
            assert_eq!(world.counts().len(), 2);
            break;
        }
        assert_eq!(ticked.ticked.next, Wake::Now, "{served:?}");
    }
    // The first one's job was told besides.
    assert_eq!(served.len(), 4, "{served:?}");
    assert!(served.iter().all(|served| *served <= 64), "{served:?}");
}

/// Says when it is dropped.
struct Guard(Arc<Mutex<bool>>);

impl Drop for Guard {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = true;
    }
}

/// Waits for ever, and keeps something meanwhile.
struct Keeps(Arc<Mutex<bool>>);

#[async_trait]
impl Handler for Keeps {
    async fn run(&self, _: &Job) -> Result<(), AttemptFailure> {
        let _kept = Guard(self.0.clone());
        pending().await
    }
}

#[test]
fn a_handler_whose_lease_was_lost_is_dropped() {
    let world = World::new();
    world.push("one", 0..1);
    let dropped = Arc::new(Mutex::new(false));
    let mut crew = Crew::new(Arc::new(world.clock.clone()), 4);
    let worker = Worker::builder(Arc::new(world.store.clone()), tenant("one"));
    let worker = worker.handler(
        queue("mail"),
        kind("confirm"),
        Arc::new(Keeps(dropped.clone())),
    );
    crew.add(worker.build());
    block_on(crew.tick());
    poll_once(&mut crew);
    assert!(!*dropped.lock().unwrap());
    // Nobody heard of it for long, so somebody else took the job.
    world.clock.advance_secs(3_600);
    let wanted = [QueueDemand {
        queue: queue("mail"),
        jobs: 1,
    }];
    let taken = block_on(world.store.claim(&tenant("one"), &wanted, 60)).unwrap();
    assert_eq!(taken.jobs.len(), 1);
    assert_eq!(block_on(crew.tick()).ticked.lost, 1);
    poll_once(&mut crew);
    assert!(*dropped.lock().unwrap(), "what it waited for is not free");
}

/// Ends in vain.
struct Fails;

#[async_trait]
impl Handler for Fails {
    async fn run(&self, _: &Job) -> Result<(), AttemptFailure> {
        Err(AttemptFailure::permanent("no such address"))
    }
}

#[test]
fn what_died_at_last_is_told_after_everything_was_handed_back() {
    let world = World::new();
    world.push("one", 0..1);
    let mut crew = world.crew(4, &["two"], false);
    let worker = Worker::builder(Arc::new(world.store.clone()), tenant("one"));
    let worker = worker.handler(queue("mail"), kind("confirm"), Arc::new(Fails));
    crew.add(worker.build());
    while crew.running() == 0 {
        block_on(crew.tick());
    }
    poll_once(&mut crew);
    assert_eq!(block_on(crew.hand_back()).unwrap(), 0);
    assert!(crew.is_idle());
    let ticked = block_on(crew.tick()).ticked;
    let died: Vec<TenantId> = ticked.deaths.into_iter().map(|job| job.tenant).collect();
    assert_eq!((died, ticked.claimed), (vec![tenant("one")], 0));
    assert_eq!(block_on(crew.tick()).ticked.deaths, []);
}
