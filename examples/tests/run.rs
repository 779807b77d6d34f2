//! The loop on Tokio: how little it asks when idle, how early it wakes, how it ends; and the view
//! of queues.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../oms-store-postgres/tests/common/mod.rs"]
mod cluster;
#[path = "run/counting.rs"]
mod counting;
#[path = "run/failing.rs"]
mod failing;
#[cfg(unix)]
#[path = "run/stopping.rs"]
mod stopping;
#[path = "../../oms-store-memory/tests/work/world.rs"]
mod world;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cluster::{Database, block_on};
use counting::Counting;
use oms_core::job::{AttemptFailure, Job, JobDraft, JobState};
use oms_core::port::{Clock, JobQueue};
use oms_core::service::{Crew, Handler, Worker};
use oms_core::testing::build::{job_id, kind, queue, tenant};
use oms_core::value::Timestamp;
use oms_examples::run::Run;
use oms_store_memory::MemoryStore;
use oms_store_postgres::{PgOptions, PgStore};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// Takes so long, and counts.
struct Takes {
    time: Duration,
    begun: AtomicUsize,
    done: AtomicUsize,
}

impl Takes {
    fn new(time: Duration) -> Arc<Self> {
        Arc::new(Self {
            time,
            begun: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl Handler for Takes {
    async fn run(&self, _: &Job) -> Result<(), AttemptFailure> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        sleep(self.time).await;
        self.done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn worker(port: Arc<dyn JobQueue>, handler: &Arc<Takes>) -> Worker {
    let builder = Worker::builder(port, tenant("acme"));
    builder
        .handler(queue("mail"), kind("confirm"), handler.clone())
        .build()
}

fn draft(n: u64) -> JobDraft {
    JobDraft::new(job_id(n), queue("mail"), kind("confirm"), "null")
}

/// A runtime whose clock runs as fast as it can.
fn hurried<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(future)
}

/// The clock of a hurried runtime.
#[derive(Debug)]
struct Hurried(Instant);

impl Clock for Hurried {
    fn now(&self) -> Timestamp {
        let micros = self.0.elapsed().as_micros();
        Timestamp::from_micros(i64::try_from(micros).unwrap()).unwrap()
    }
}

/// The worker alone, or in a crew.
fn loop_of(worker: Worker, crew: bool) -> Run {
    if !crew {
        return Run::default().worker(worker);
    }
    let mut crew = Crew::new(Arc::new(Hurried(Instant::now())), 10);
    crew.add(worker);
    Run::default().crew(crew)
}

#[test]
fn an_idle_worker_asks_twice_a_minute_at_most() {
    const MINUTES: usize = 10;
    for crew in [false, true] {
        let calls = hurried(async move {
            let counting = Arc::new(Counting::default());
            let worker = worker(counting.clone(), &Takes::new(Duration::ZERO));
            let run = loop_of(worker, crew);
            let minutes = u64::try_from(MINUTES).unwrap();
            run.until(sleep(Duration::from_secs(60 * minutes))).await;
            counting.calls()
        });
        assert!(
            calls <= 2 * MINUTES + 1,
            "{calls} calls in {MINUTES} minutes"
        );
        assert!(calls >= 2 * MINUTES - 1, "{calls} calls: it does look");
    }
}

#[test]
fn word_of_a_job_wakes_a_worker_before_its_time() {
    block_on(async {
        let database = Database::new().await;
        let (here, there) = (database.store(4).await, database.store(2).await);
        let handler = Takes::new(Duration::ZERO);
        let worker = worker(Arc::new(here.clone()), &handler);
        let (stop, stopped) = oneshot::channel::<()>();
        let run = Run::default().worker(worker).postgres(&here);
        let host = tokio::spawn(run.until(async {
            let _ = stopped.await;
        }));
        // Another process pushes; it sends word, too.
        let other = tokio::spawn(
            Run::default()
                .postgres(&there)
                .until(std::future::pending()),
        );
        sleep(Duration::from_millis(500)).await;
        let began = Instant::now();
        for n in 0..5 {
            there.push(&tenant("acme"), &[draft(n)]).await.unwrap();
            let goal = usize::try_from(n).unwrap() + 1;
            while handler.done.load(Ordering::SeqCst) < goal {
                assert!(began.elapsed() < Duration::from_secs(15), "it sleeps on");
                sleep(Duration::from_millis(5)).await;
            }
        }
        stop.send(()).unwrap();
        host.await.unwrap();
        other.abort();
        database.drop().await;
    });
}

#[test]
fn a_loop_that_ends_lets_handlers_end_or_hands_back() {
    for (grace, done) in [(5_000, true), (50, false)] {
        block_on(async {
            let store = MemoryStore::new();
            let acme = tenant("acme");
            store.push(&acme, &[draft(1)]).await.unwrap();
            let handler = Takes::new(Duration::from_millis(600));
            let worker = worker(Arc::new(store.clone()), &handler);
            let run = Run::default()
                .worker(worker)
                .grace(Duration::from_millis(grace));
            run.until(async {
                while handler.begun.load(Ordering::SeqCst) == 0 {
                    sleep(Duration::from_millis(5)).await;
                }
            })
            .await;
            let job = store.job(&acme, job_id(1)).await.unwrap();
            match job {
                None => assert!(done, "it was given no time"),
                Some(job) => {
                    assert!(!done, "it had all the time");
                    assert_eq!((job.state, job.attempts), (JobState::Ready, 0));
                }
            }
        });
    }
}

#[test]
fn a_loop_without_a_listener_polls() {
    block_on(async {
        let database = Database::new().await;
        let store = PgStore::connect(&database.url(), PgOptions::default().pooler(true)).await;
        let store = store.unwrap();
        let handler = Takes::new(Duration::ZERO);
        let builder = Worker::builder(Arc::new(store.clone()), tenant("acme"));
        let worker = builder
            .handler(queue("mail"), kind("confirm"), handler.clone())
            .poll_secs(1)
            .build();
        let run = Run::default().worker(worker).postgres(&store);
        let pushed = async {
            sleep(Duration::from_millis(300)).await;
            store.push(&tenant("acme"), &[draft(1)]).await.unwrap();
            while handler.done.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        run.until(pushed).await;
        store.pool().close().await;
        database.drop().await;
    });
}

#[test]
fn queue_top_shows_what_is_there() {
    let database = block_on(Database::new());
    block_on(async {
        let store = database.store(1).await;
        let drafts: Vec<JobDraft> = (0..7).map(draft).collect();
        store.push(&tenant("acme"), &drafts).await.unwrap();
        store.pool().close().await;
    });
    let top = |more: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_queue-top"));
        command.args(["--database-url", &database.url(), "--tenant", "acme", more]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let table = top("--once");
    let row = table.lines().find(|line| line.contains("mail")).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        cells.get(..4),
        Some(&["acme", "mail", "7", "0"][..]),
        "{table}"
    );
    let text = top("--prometheus");
    let sample = r#"oms_queue_jobs{tenant="acme",queue="mail",state="ready"} 7"#;
    assert!(text.contains(sample), "{text}");
    block_on(database.drop());
}

#[test]
fn queue_top_says_in_one_line_why_it_shows_nothing() {
    let database = block_on(Database::bare());
    let top = |arg: &str, variable: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_queue-top"));
        let output = command.arg(arg).env("DATABASE_URL", variable).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let told = top("--nonsense", &database.url());
    assert!(told.contains("--nonsense"), "{told}");
    let told = top("--once", "");
    let unnamed = "queue-top: no database is named: give --database-url or DATABASE_URL.\n";
    assert_eq!(told, unnamed);
    let told = top("--once", &database.url());
    assert!(told.contains("is missing"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    block_on(database.drop());
}
