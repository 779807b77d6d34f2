//! A process with sixteen workers and a relay, which write down what they begin and what they are
//! told; and the jobs they work on.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use oms_core::event::{Actor, ActorKind, StreamKind};
use oms_core::job::{AttemptFailure, Job, JobDraft, RetryPolicy};
use oms_core::order::OrderCommand;
use oms_core::port::{Clock, FeedStart, Message, MessageContent, PublishError, Publisher};
use oms_core::service::{Call, Crew, Handler, Relay, RelayError, Tenant, Wake, Worker};
use oms_core::system::SystemClock;
use oms_core::testing::build::{idempotency_key, job_id, kind, queue, subscriber};
use oms_core::value::{JobId, Note, OrderId, SubscriberName, Timestamp};
use oms_store_postgres::PgStore;
use tokio::task::JoinSet;

use crate::child::Orders;
use crate::common::block_on;
use crate::load::{shop, tenant};

/// Crews of a process, each on a task of its own with a clock of its own.
const CREWS: i64 = 4;

/// Workers of a crew.
const WORKERS: usize = 4;

/// How long a lease lasts, in seconds.
const LEASE_SECS: u32 = 3;

/// Attempts of what is poison.
pub(crate) const POISON_ATTEMPTS: u16 = 3;

/// Attempts of what is sound: kills use up some.
const ATTEMPTS: u16 = 100;

/// What a job is like, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// It notes something on an order.
    Plain,
    /// It takes longer than a lease.
    Slow,
    /// Its first worker hangs beyond its lease, so that somebody else takes it over.
    Stuck,
    /// It fails each time.
    Poison,
    /// Its handler panics each time.
    Panics,
    /// Nobody knows its kind.
    Orphan,
}

impl Nature {
    const ALL: [Self; 6] = [
        Self::Plain,
        Self::Slow,
        Self::Stuck,
        Self::Poison,
        Self::Panics,
        Self::Orphan,
    ];

    pub(crate) const fn of(n: u64) -> Self {
        match n % 100 {
            3 | 23 | 43 | 63 | 83 => Self::Poison,
            7 | 57 => Self::Panics,
            17 => Self::Orphan,
            13 => Self::Stuck,
            11 | 31 | 51 => Self::Slow,
            _ => Self::Plain,
        }
    }

    /// Whether it can only end as a dead letter.
    pub(crate) const fn is_hopeless(self) -> bool {
        match self {
            Self::Poison | Self::Panics | Self::Orphan => true,
            Self::Plain | Self::Slow | Self::Stuck => false,
        }
    }

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Job number `n`, about one of the orders.
pub(crate) fn draft(n: u64, order: OrderId) -> JobDraft {
    let nature = Nature::of(n);
    let attempts = if nature.is_hopeless() {
        POISON_ATTEMPTS
    } else {
        ATTEMPTS
    };
    let payload = format!("\"{order}\"");
    JobDraft::new(job_id(n), queue("work"), kind(&nature.name()), payload)
        .with_max_attempts(attempts)
}

/// The number of a job.
pub(crate) fn number(id: JobId) -> u64 {
    // Without the bits that say what kind of UUID it is.
    id.as_uuid().as_u64_pair().1 & 0xffff_ffff
}

/// What the note of a job says.
pub(crate) fn note(n: u64) -> String {
    format!("job {n}")
}

/// Where processes write, beside each other: what was begun, and what subscribers got.
pub(crate) fn begun(file: &Path, name: &str) -> PathBuf {
    file.with_extension(format!("{name}.begun"))
}

pub(crate) fn got(file: &Path, slot: &str) -> PathBuf {
    file.with_extension(format!("{slot}.got"))
}

/// A file that only whole lines are read of: each ends with a word that no other line ends with.
#[derive(Clone, Debug)]
struct Lines(Arc<Mutex<File>>);

const END: &str = "\t.";

impl Lines {
    fn open(file: &Path) -> Self {
        let opened = File::options().append(true).create(true).open(file);
        let lines = Self(Arc::new(Mutex::new(opened.unwrap())));
        // What a kill cut off ends here.
        lines.write("");
        lines
    }

    fn write(&self, text: &str) {
        let mut file = self.0.lock().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.write_all(b"\n").unwrap();
    }
}

/// The whole lines of a file, without their ends; none if it is not there yet.
pub(crate) fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.lines().filter_map(|line| line.strip_suffix(END));
    whole.map(str::to_owned).collect()
}

/// A clock that is off by days and goes at a pace of its own.
#[derive(Debug)]
struct Skewed {
    begun: Instant,
    start: Timestamp,
    /// Of real time, in percent.
    pace: i64,
}

impl Skewed {
    fn new(crew: i64) -> Self {
        let off = (crew - CREWS / 2) * 86_400;
        Self {
            begun: Instant::now(),
            start: SystemClock.now().checked_add_secs(off).unwrap(),
            pace: 75 + 25 * crew,
        }
    }
}

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_micros()).unwrap();
        let passed = passed * self.pace / 100;
        self.start.checked_add_micros(passed).unwrap()
    }
}

/// Does the jobs, and writes down which it began under which lease.
struct Work {
    shop: Tenant,
    begun: Lines,
}

#[async_trait]
impl Handler for Work {
    async fn run(&self, job: &Job) -> Result<(), AttemptFailure> {
        let n = number(job.draft.id);
        self.begun.write(&format!("{n}\t{}{END}", job.token));
        let lease = Duration::from_secs(LEASE_SECS.into());
        match Nature::of(n) {
            Nature::Poison => return Err(AttemptFailure::transient("poison")),
            // Without a word on the standard error.
            Nature::Panics => std::panic::resume_unwind(Box::new("as it always does")),
            Nature::Slow => tokio::time::sleep(lease * 3 / 2).await,
            // Nobody of its crew is heard of meanwhile.
            Nature::Stuck if job.attempts == 1 => std::thread::sleep(lease + lease / 2),
            Nature::Stuck | Nature::Plain | Nature::Orphan => {}
        }
        let order: OrderId = serde_json::from_str(&job.draft.payload).unwrap();
        let text = Note::parse(note(n)).unwrap();
        let call = Call::by(Actor::new(ActorKind::Job));
        let call = call.with_key(idempotency_key(&format!("note-{n}")));
        let done = self
            .shop
            .order_command(order, OrderCommand::AddNote { text }, call);
        match done.await {
            Ok(_) => Ok(()),
            Err(error) if error.is_retryable() => Err(AttemptFailure::transient(error.to_string())),
            Err(error) => Err(AttemptFailure::permanent(error.to_string())),
        }
    }
}

fn worker(store: &PgStore, work: &Arc<Work>) -> Worker {
    let soon = RetryPolicy {
        first_secs: 1,
        longest_secs: 2,
        jitter_percent: 50,
    };
    let work: Arc<dyn Handler> = work.clone();
    let builder = Worker::builder(Arc::new(store.clone()), tenant())
        .lease_secs(LEASE_SECS)
        .poll_secs(1)
        .concurrency(queue("work"), 4)
        .retry(queue("work"), soon);
    let known = Nature::ALL.into_iter();
    let known = known.filter(|nature| *nature != Nature::Orphan);
    let builder = known.fold(builder, |builder, nature| {
        builder.handler(queue("work"), kind(&nature.name()), work.clone())
    });
    builder.build()
}

/// Works for ever; what is lost is written down.
async fn run_crew(mut crew: Crew, begun: Lines) {
    loop {
        let done = crew.tick().await;
        for (_, error) in &done.failed {
            assert!(error.is_retryable(), "{error:?}");
        }
        if done.ticked.lost > 0 {
            begun.write(&format!("lost\t{}{END}", done.ticked.lost));
        }
        let pause = match done.ticked.next {
            Wake::Now => Duration::ZERO,
            Wake::AfterSecs(_) => Duration::from_millis(300),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = crew.work() => {}
        }
    }
}

/// Writes down what a subscriber gets.
#[derive(Debug)]
struct Notebook(Lines);

#[async_trait]
impl Publisher for Notebook {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        for message in messages {
            let MessageContent::Event(event) = &message.content else {
                continue;
            };
            let (stream, seq) = (&event.id.stream, event.id.seq);
            if stream.kind != StreamKind::Order {
                continue;
            }
            self.0.write(&format!("{stream}\t{seq}{END}"));
        }
        Ok(())
    }
}

/// The subscriber of those who work in a slot, one after the other.
pub(crate) fn subscriber_of(slot: &str) -> SubscriberName {
    subscriber(&format!("slot-{slot}"))
}

async fn run_relay(store: PgStore, file: PathBuf, slot: String) {
    let notebook = Arc::new(Notebook(Lines::open(&got(&file, &slot))));
    let name = subscriber_of(&slot);
    let relay = Relay::new(Arc::new(store), notebook, tenant(), name);
    loop {
        if relay.subscribe(FeedStart::Beginning).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    loop {
        match relay.tick().await {
            Ok(relayed) if relayed.next == Wake::Now => continue,
            Ok(_) => {}
            Err(RelayError::Store(error)) => assert!(error.is_retryable(), "{error:?}"),
            Err(error) => panic!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Works until it is killed.
#[test]
#[ignore = "a child process of the kills of queues"]
fn works() {
    let Some(orders) = Orders::given() else {
        return;
    };
    block_on(async {
        let store = orders.store_when_up(10, Duration::from_millis(500)).await;
        let (slot, _) = orders.name.split_once('-').unwrap();
        let begun = Lines::open(&begun(&orders.file, &orders.name));
        let work = Arc::new(Work {
            shop: shop(&store),
            begun: begun.clone(),
        });
        let mut running = JoinSet::new();
        for n in 0..CREWS {
            let mut crew = Crew::new(Arc::new(Skewed::new(n)), 16);
            for _ in 0..WORKERS {
                crew.add(worker(&store, &work));
            }
            running.spawn(run_crew(crew, begun.clone()));
        }
        running.spawn(run_relay(
            store.clone(),
            orders.file.clone(),
            slot.to_owned(),
        ));
        // None of them ends in peace.
        running.join_next().await.unwrap().unwrap();
    });
}
