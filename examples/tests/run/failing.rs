//! What fails is told, and the loop goes on.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oms_core::plan::{PlaceOrder, ReserveMode};
use oms_core::port::StoreError;
use oms_core::service::{Call, Oms};
use oms_core::testing::build::tenant;
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
    let (why, that) = (
        "(an ExpireReservation of one says why)",
        "(Tenant::sweep says why)",
    );
    let told = |owners: u32, tenants: u32| {
        format!(
            "sweeper: {owners} owners keep claims that are over {why}, \
             {tenants} tenants were not swept {that}"
        )
    };
    assert_eq!(heard.all(), [told(1, 0), told(0, 1)]);
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
