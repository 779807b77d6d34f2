//! What fails is told, and the loop goes on.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use oms_core::job::{AttemptFailure, Job};
use oms_core::plan::{PlaceOrder, ReserveMode};
use oms_core::port::{FeedStart, Message, PublishError, Publisher, StoreError};
use oms_core::service::{Call, Handler, Oms, Relay, Worker};
use oms_core::testing::build::{self, job_id, tenant};
use oms_core::testing::{FakeClock, Fault, FaultStore, Method};
use oms_examples::run::{OnError, Run};
use oms_store_memory::MemoryStore;
use tokio::time::{Instant, sleep};

use super::counting::{Counting, Ill};
use super::world::{Shop, order};
use super::{Takes, draft, hurried, loop_of, worker};

/// What was told, in its order.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn ear(&self) -> OnError {
        let told = self.0.clone();
        Arc::new(move |whose, error| told.lock().unwrap().push(format!("{whose}: {error}")))
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// What a claim that meets a row that cannot be read answers: trying again does not help, they say.
const UNREADABLE: &str = "a job cannot be read: it is older than this test";

#[test]
fn a_worker_goes_on_after_a_failure_of_which_nobody_says_that_it_passes() {
    for crew in [false, true] {
        let heard = Heard::default();
        let ear = heard.ear();
        let done = hurried(async move {
            let queue = Arc::new(Counting::default());
            let ill = || StoreError::Corrupt {
                what: "a job".to_owned(),
                detail: "it is older than this test".to_owned(),
            };
            assert!(!ill().is_retryable());
            queue.fall_ill([Ill::Fails(ill()), Ill::Fails(ill())]);
            queue.keep(&tenant("acme"), draft(1)).await;
            let handler = Takes::new(Duration::ZERO);
            let worker = worker(queue.clone(), &handler);
            let run = loop_of(worker, crew);
            run.on_error(ear)
                .until(sleep(Duration::from_secs(60)))
                .await;
            handler.done.load(std::sync::atomic::Ordering::SeqCst)
        });
        assert_eq!(done, 1, "crew: {crew}");
        let whose = if crew {
            "worker: tenant acme: "
        } else {
            "worker: "
        };
        assert_eq!(heard.all(), vec![format!("{whose}{UNREADABLE}"); 2]);
    }
}

#[test]
fn no_pause_outlasts_the_leases_of_what_runs() {
    let times = hurried(async {
        let queue = Arc::new(Counting::default());
        queue.keep(&tenant("acme"), draft(1)).await;
        let handler = Takes::new(Duration::from_secs(3_600));
        let mut worker = worker(queue.clone(), &handler);
        worker.tick().await.unwrap();
        let ill = |_| {
            let detail = "here".to_owned();
            Ill::Fails(StoreError::Busy { detail })
        };
        queue.fall_ill((0..10).map(ill));
        let times = Arc::new(Mutex::new(Vec::new()));
        let told = times.clone();
        let ear: OnError = Arc::new(move |_, _| told.lock().unwrap().push(Instant::now()));
        let run = Run::default().worker(worker).on_error(ear);
        let run = run.grace(Duration::ZERO);
        run.until(sleep(Duration::from_secs(300))).await;
        let times = times.lock().unwrap();
        times.clone()
    });
    assert_eq!(times.len(), 10);
    let pauses = times.windows(2).map(|two| two[1] - two[0]);
    let longest = pauses.max().unwrap().as_secs();
    assert_eq!(longest, 20, "a third of the lease");
}

#[test]
fn who_panics_is_told() {
    let heard = Heard::default();
    let ear = heard.ear();
    hurried(async move {
        let queue = Arc::new(Counting::default());
        queue.fall_ill([Ill::Panics]);
        let worker = worker(queue, &Takes::new(Duration::ZERO));
        let run = Run::default().worker(worker).on_error(ear);
        run.until(sleep(Duration::from_secs(60))).await;
    });
    let told = heard.all();
    assert!(
        told.len() == 1 && told[0].starts_with("loop: task"),
        "{told:?}"
    );
    assert!(told[0].contains("panicked"), "{told:?}");
}

/// A broker that takes messages and never says that they are safe.
#[derive(Debug)]
struct Mute;

#[async_trait]
impl Publisher for Mute {
    async fn publish(&self, _: &[Message]) -> Result<(), PublishError> {
        std::future::pending().await
    }
}

#[test]
fn a_broker_that_never_answers_holds_the_end_up_for_the_grace_time_at_most() {
    let heard = Heard::default();
    let ear = heard.ear();
    let took = hurried(async move {
        let store = MemoryStore::new();
        let shop = Shop::open(&store).await;
        let place = order("desk", "1", 1);
        shop.tenant.place(place, Call::default()).await.unwrap();
        let (id, name) = (shop.tenant.id().clone(), build::subscriber("broker"));
        let relay = Relay::new(Arc::new(store), Arc::new(Mute), id, name);
        relay.subscribe(FeedStart::Beginning).await.unwrap();
        let begun = Instant::now();
        let run = Run::default().relay(relay).on_error(ear);
        let run = run.grace(Duration::from_secs(7));
        run.until(sleep(Duration::from_secs(60))).await;
        begun.elapsed().as_secs()
    });
    assert_eq!(took, 60 + 7);
    assert_eq!(heard.all(), [""; 0]);
}

#[test]
fn a_store_that_never_answers_does_not_hold_up_the_end() {
    let heard = Heard::default();
    let ear = heard.ear();
    let took = hurried(async move {
        let queue = Arc::new(Counting::default());
        queue.fall_ill([Ill::Hangs]);
        let begun = Instant::now();
        let run = Run::default().worker(worker(queue, &Takes::new(Duration::ZERO)));
        let run = run.grace(Duration::from_secs(7)).on_error(ear);
        run.until(sleep(Duration::from_secs(60))).await;
        begun.elapsed().as_secs()
    });
    assert_eq!(took, 60 + 7 + 5);
    let told = "loop: 1 tasks did not end in time and were aborted";
    assert_eq!(heard.all(), [told]);
}

#[test]
fn what_a_sweep_passes_is_told() {
    let heard = Heard::default();
    let ear = heard.ear();
    hurried(async move {
        let clock = FakeClock::default();
        let store = MemoryStore::with_clock(Arc::new(clock.clone()));
        let shop = Shop::open(&store).await;
        let place = PlaceOrder {
            reserve: ReserveMode::Tentative { ttl_secs: Some(60) },
            ..order("desk", "unpaid", 1)
        };
        shop.tenant.place(place, Call::default()).await.unwrap();
        clock.advance_secs(120);
        let faults = FaultStore::new(Arc::new(store));
        let oms = Oms::builder(Arc::new(faults.clone())).caching(None).build();
        // First what is due cannot be ended, then nothing can be read, then all is well.
        let begun = Instant::now();
        faults.fail_when(move |call| match (begun.elapsed().as_secs(), call.method) {
            (0..4, Method::Commit) | (4..8, Method::Reservations) => Some(Fault::Unavailable),
            _ => None,
        });
        let run = Run::default().sweeper(oms).on_error(ear);
        run.until(sleep(Duration::from_secs(60))).await;
        assert_eq!(
            shop.tenant.sweep().await.unwrap().expired,
            0,
            "it was ended"
        );
    });
    let heard = heard.all();
    let [claims, tenant] = heard.as_slice() else {
        panic!("two failures: {heard:?}")
    };
    let told = |owners: u32, tenants: u32| {
        format!(
            "sweeper: {owners} owners keep claims that are over, {tenants} tenants were not swept: "
        )
    };
    assert!(claims.starts_with(&told(1, 0)), "{claims}");
    assert!(claims.contains("order:"), "{claims}");
    assert!(tenant.starts_with(&told(0, 1)), "{tenant}");
    for told in [claims, tenant] {
        assert!(told.contains("tenant acme: "), "{told}");
        assert!(
            told.ends_with("a test made the store unavailable"),
            "{told}"
        );
    }
}

/// Never does the first job, and the others later.
struct Fails;

#[async_trait]
impl Handler for Fails {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        Err(match job.draft.id == job_id(1) {
            true => AttemptFailure::permanent("no such address"),
            false => AttemptFailure::transient("the line is busy"),
        })
    }
}

#[test]
fn jobs_that_fail_are_told_and_dead_ones_by_their_names() {
    for crew in [false, true] {
        let heard = Heard::default();
        let ear = heard.ear();
        hurried(async move {
            let queue = Arc::new(Counting::default());
            for n in 1..=3 {
                queue.keep(&tenant("acme"), draft(n)).await;
            }
            let builder = Worker::builder(queue, tenant("acme"));
            let kind = build::kind("confirm");
            let builder = builder.handler(build::queue("mail"), kind, Arc::new(Fails));
            let run = loop_of(builder.build(), crew).on_error(ear);
            run.until(sleep(Duration::from_secs(60))).await;
        });
        let dead = format!(
            "worker: job {} of tenant acme (mail: confirm) is dead: no such address",
            job_id(1)
        );
        let others = "worker: 2 attempts failed and are repeated (the jobs say why), \
                      0 answers came too late (others have the jobs)";
        assert_eq!(heard.all(), [dead.as_str(), others], "crew: {crew}");
    }
}

#[test]
fn a_death_is_told_by_the_next_tick_when_its_own_fails() {
    let heard = Heard::default();
    let ear = heard.ear();
    hurried(async move {
        let queue = Arc::new(Counting::default());
        queue.keep(&tenant("acme"), draft(1)).await;
        let builder = Worker::builder(queue.clone(), tenant("acme"));
        let kind = build::kind("confirm");
        let builder = builder.handler(build::queue("mail"), kind, Arc::new(Fails));
        let mut worker = builder.build();
        worker.tick().await.unwrap();
        worker.work().await;
        let detail = "here".to_owned();
        queue.fall_ill([Ill::Fails(StoreError::Busy { detail })]);
        let run = Run::default().worker(worker).on_error(ear);
        run.until(sleep(Duration::from_secs(60))).await;
    });
    let told = heard.all();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "worker: the store is busy: here");
    assert!(told[1].ends_with("is dead: no such address"), "{told:?}");
}

/// Says that the test below runs itself.
const ALONE: &str = "OMS_TEST_RUN_TELLS";

#[test]
fn failures_are_told_on_the_standard_error_unless_told_otherwise() {
    if std::env::var(ALONE).is_ok() {
        hurried(async {
            let queue = Arc::new(Counting::default());
            let detail = "here".to_owned();
            queue.fall_ill([Ill::Fails(StoreError::Busy { detail })]);
            let worker = worker(queue, &Takes::new(Duration::ZERO));
            let run = Run::default().worker(worker);
            run.until(sleep(Duration::from_secs(5))).await;
        });
        return;
    }
    let name = "failing::failures_are_told_on_the_standard_error_unless_told_otherwise";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("worker: the store is busy: here\n"), "{told}");
}
