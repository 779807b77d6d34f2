//! Workers and server are killed at any moment while jobs are pushed, worked on and told of: every
//! job is done or dead with its errors, none is counted twice, every event comes in its order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use oms_core::job::{Job, JobState};
use oms_core::order::{OrderDraft, Source, SourceKind};
use oms_core::plan::{ChangeSet, Keys, PlaceOrder};
use oms_core::port::{JobFilter, JobQueue, QueueStats, Store, StoreError};
use oms_core::service::{Call, Tenant};
use oms_core::testing::Random;
use oms_core::testing::build::{Change, channel, queue};
use oms_core::value::limits::NOTES_MAX;
use oms_core::value::{OrderId, TenantId};
use oms_store_postgres::PgStore;

use crate::child::Running;
use crate::common::{Database, Server, block_on, start as start_server, tell};
use crate::jobs::{Nature, POISON_ATTEMPTS, begun, draft, got, lines, note, number};
use crate::load::{furnish, shop, tenant};

/// Kills of the ordinary test; `OMS_QUEUE_KILLS` says how many else.
const KILLS: usize = 6;

/// Processes of sixteen workers.
const PROCESSES: usize = 4;

/// Orders that jobs are about.
const ORDERS: usize = 100;

/// Jobs of one commit.
const AT_ONCE: u64 = 20;

/// Jobs that must end between two kills, at least.
const ENDS: u64 = 20;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);

fn number_of(variable: &str, otherwise: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap(),
        Err(_) => otherwise,
    }
}

/// Asks until the server is there to answer.
async fn again<T, F: Future<Output = Result<T, StoreError>>>(ask: impl Fn() -> F) -> T {
    let begun = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) if error.is_retryable() && begun.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// A process, and how many there were in its slot.
struct Slot {
    process: Option<Running>,
    names: Vec<String>,
}

struct Scene {
    database: Database,
    store: PgStore,
    tenant: TenantId,
    shop: Tenant,
    orders: Vec<OrderId>,
    file: PathBuf,
}

impl Scene {
    async fn open(server: &'static Server) -> Self {
        let database = Database::on(server).await;
        let store = database.store(4).await;
        let shop = shop(&store);
        furnish(&shop).await;
        let mut orders = Vec::new();
        for _ in 0..ORDERS {
            let source = Source::new(SourceKind::Manual, channel("desk"));
            let mut draft = OrderDraft::new(source, "EUR".parse().unwrap());
            draft.push_line("TEA", 1, "8.50").unwrap();
            let placed = shop.place(PlaceOrder::new(draft), Call::default()).await;
            orders.push(placed.unwrap().receipt.order.unwrap().id);
        }
        let file = server.folder().join("queue");
        Self {
            database,
            store,
            tenant: tenant(),
            shop,
            orders,
            file,
        }
    }

    fn start(&self, slot: usize, generation: usize) -> (Running, String) {
        let name = format!("{slot}-{generation}");
        let process = Running::start("jobs::works", &self.database, &name, &self.file);
        (process, name)
    }

    fn about(&self, n: u64) -> OrderId {
        self.orders[usize::try_from(n).unwrap() % ORDERS]
    }

    /// Pushes jobs with change sets until told to stop: asked again after an answer was lost, a
    /// change set is not done twice. Answers how many jobs there are.
    async fn push(&self, stop: &AtomicBool) -> u64 {
        // Each sound job leaves a note, and an order has room for so many.
        let most = u64::try_from(ORDERS * (NOTES_MAX - 10)).unwrap();
        let mut pushed = 0;
        while !stop.load(Ordering::SeqCst) && pushed < most {
            let change = Change::new(&format!("push-{pushed}"));
            let drafts = (pushed..pushed + AT_ONCE).map(|n| draft(n, self.about(n)));
            let change = drafts.fold(change, Change::job);
            let keys = Keys::default();
            let now = again(|| self.store.prefetch(&self.tenant, &keys)).await.now;
            let set: [ChangeSet; 1] = [change.at(now)];
            // Only the time of the plan may be too old, after a long outage.
            let done = again(|| self.store.commit(&self.tenant, &set)).await;
            if done[0].is_done() {
                pushed += AT_ONCE;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        pushed
    }

    async fn stats(&self) -> QueueStats {
        let report = again(|| self.store.queue_stats(&self.tenant)).await;
        let mut queues = report.queues.into_iter();
        let found = queues.find(|stats| stats.queue == queue("work"));
        found.unwrap_or_else(|| QueueStats::empty(queue("work")))
    }

    /// Waits until so many more jobs have ended, then a moment more, so that the kill finds
    /// anything.
    async fn progress(&self, random: &mut Random) {
        let ended = |stats: &QueueStats| stats.done + stats.died;
        let wanted = ended(&self.stats().await) + ENDS;
        let begun = Instant::now();
        while ended(&self.stats().await) < wanted {
            assert!(begun.elapsed() < PATIENCE, "no progress");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.below(500))).await;
    }

    /// Waits until nothing is left to work on.
    async fn drained(&self) -> QueueStats {
        let begun = Instant::now();
        loop {
            let stats = self.stats().await;
            if stats.depth() == 0 {
                return stats;
            }
            assert!(begun.elapsed() < PATIENCE, "{stats:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn dead(&self) -> Vec<Job> {
        let filter = JobFilter {
            queue: Some(queue("work")),
            state: Some(JobState::Dead),
        };
        let (mut dead, mut after) = (Vec::new(), None);
        loop {
            let page = again(|| self.store.list(&self.tenant, &filter, after, 500)).await;
            dead.extend(page.items);
            after = page.next;
            if after.is_none() {
                return dead;
            }
        }
    }

    /// I10: each job is done or dead with its errors, counted once, and did its work once.
    async fn every_job_ended_once(&self, pushed: u64, stats: &QueueStats) {
        let dead = self.dead().await;
        let hopeless = (0..pushed).filter(|n| Nature::of(*n).is_hopeless());
        let found: BTreeSet<u64> = dead.iter().map(|job| number(job.draft.id)).collect();
        assert_eq!(found, hopeless.collect::<BTreeSet<u64>>());
        for job in &dead {
            let attempts: Vec<u16> = job.errors.iter().map(|error| error.attempt).collect();
            assert_eq!(attempts, [1, 2, POISON_ATTEMPTS], "{job:?}");
        }
        let died = u64::try_from(dead.len()).unwrap();
        assert_eq!((stats.done, stats.died), (pushed - died, died));
        let mut noted: BTreeMap<String, usize> = BTreeMap::new();
        for id in &self.orders {
            let order = self.shop.order(*id).await.unwrap();
            for entry in &order.head.notes {
                *noted.entry(entry.text.to_string()).or_default() += 1;
            }
        }
        let sound = (0..pushed).filter(|n| !Nature::of(*n).is_hopeless());
        let once: BTreeMap<String, usize> = sound.map(|n| (note(n), 1)).collect();
        assert_eq!(noted, once, "a job was not done, or done twice");
    }

    /// A lease was given to one worker only; and there were late answers, which did not count.
    fn every_lease_was_one_workers(&self, names: &[String], pushed: u64) {
        let (mut leases, mut jobs, mut lost) = (BTreeSet::new(), BTreeSet::new(), 0);
        for name in names {
            for line in lines(&begun(&self.file, name)) {
                let (what, count) = line.split_once('\t').unwrap();
                if what == "lost" {
                    lost += count.parse::<u64>().unwrap();
                    continue;
                }
                jobs.insert(what.parse::<u64>().unwrap());
                assert!(leases.insert(line.clone()), "{line} was begun twice");
            }
        }
        // Nobody has a handler for orphans.
        let known = (0..pushed).filter(|n| Nature::of(*n) != Nature::Orphan);
        assert_eq!(jobs, known.collect());
        assert!(lost > 0, "no answer came too late");
        tell(&format!(
            "{pushed} jobs, {} attempts, {lost} answers too late",
            leases.len()
        ));
    }

    /// I9: what a subscriber got, in the order it came: nothing is missing, nothing is before what
    /// comes before it, and repeats are repeats.
    async fn every_event_came_in_order(&self, slot: &str) {
        let mut streams: BTreeMap<String, u64> = BTreeMap::new();
        for id in &self.orders {
            let history = self.shop.history(*id).await.unwrap();
            let last = history.last().unwrap().seq.get();
            streams.insert(format!("order/{id}"), last);
        }
        let file = got(&self.file, slot);
        let begun = Instant::now();
        loop {
            let mut seen: BTreeMap<String, u64> = BTreeMap::new();
            for line in lines(&file) {
                let (stream, seq) = line.rsplit_once('\t').unwrap();
                let seq: u64 = seq.parse().unwrap();
                let last = seen.entry(stream.to_owned()).or_default();
                assert!(seq <= *last + 1, "{stream}: {seq} came after {last}");
                *last = seq.max(*last);
            }
            if seen == streams {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{slot} misses events");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Kills so many times, whom chance says; answers how often that was the server.
async fn kill(
    scene: &Scene,
    server: &Server,
    slots: &mut [Slot],
    kills: usize,
    random: &mut Random,
) -> usize {
    let mut of_server = 0;
    for n in 0..kills {
        scene.progress(random).await;
        // The first two are one of each.
        if n == 0 || (n > 1 && random.chance(500)) {
            server.kill(false);
            server.admin().await;
            of_server += 1;
            continue;
        }
        let number = random.index(slots.len());
        let slot = &mut slots[number];
        slot.process.take().unwrap().kill();
        let (process, name) = scene.start(number, slot.names.len());
        slot.process = Some(process);
        slot.names.push(name);
    }
    of_server
}

#[test]
fn kills_lose_no_job_and_no_event_and_do_nothing_twice() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let settings = [
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        "shared_buffers=32MB",
    ];
    let kills = number_of("OMS_QUEUE_KILLS", KILLS);
    let seed = number_of("OMS_QUEUE_SEED", 6);
    block_on(async {
        let server = SERVER.get_or_init(|| start_server(&settings));
        let scene = Scene::open(server).await;
        let mut random = Random::new(u64::try_from(seed).unwrap());
        tell(&format!("{kills} kills, seed {seed}"));
        let mut slots: Vec<Slot> = (0..PROCESSES)
            .map(|slot| {
                let (process, name) = scene.start(slot, 0);
                let names = vec![name];
                let process = Some(process);
                Slot { process, names }
            })
            .collect();
        let stop = AtomicBool::new(false);
        let killing = async {
            let of_server = kill(&scene, server, &mut slots, kills, &mut random).await;
            stop.store(true, Ordering::SeqCst);
            of_server
        };
        let (pushed, of_server) = tokio::join!(scene.push(&stop), killing);
        let stats = scene.drained().await;
        for slot in 0..PROCESSES {
            scene.every_event_came_in_order(&slot.to_string()).await;
        }
        scene.every_job_ended_once(pushed, &stats).await;
        let names: Vec<String> = slots.iter().flat_map(|slot| slot.names.clone()).collect();
        scene.every_lease_was_one_workers(&names, pushed);
        let found = again(|| scene.store.audit(&scene.tenant)).await;
        assert!(found.is_empty(), "{found:#?}");
        for slot in &mut slots {
            let runs = slot.process.as_mut().unwrap().runs();
            assert!(runs, "a process ended by itself");
        }
        tell(&format!("the server was killed {of_server} times"));
    });
}
