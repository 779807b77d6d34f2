//! The same calls on PostgreSQL and on the reference store have the same answers, and leave the
//! same jobs behind: random ones, by seed, with clocks that tests set.

use std::sync::Arc;

use oms_core::job::{AttemptFailure, Job, JobDraft, Lease, Priority};
use oms_core::port::{Clock, FailureReport, JobFilter, JobQueue, QueueDemand};
use oms_core::testing::build::{job_id, job_key, kind, queue, schedule, tenant};
use oms_core::testing::{FakeClock, Random};
use oms_core::value::{JobId, TenantId};
use oms_store_memory::MemoryStore;
use oms_store_postgres::PgStore;

use crate::common::{Database, block_on};

struct Pair {
    postgres: PgStore,
    memory: MemoryStore,
    clock: FakeClock,
    random: Random,
    tenant: TenantId,
    /// Leases that were ever given, so that late ones are shown too.
    leases: Vec<Lease>,
    next_id: u64,
}

impl Pair {
    fn draft(&mut self) -> JobDraft {
        self.next_id += 1;
        let random = &mut self.random;
        // Now and then an id that may be known.
        let n = if random.chance(100) {
            random.below(self.next_id) + 1
        } else {
            self.next_id
        };
        let of = queue(if random.chance(700) { "mail" } else { "print" });
        let mut draft = JobDraft::new(job_id(n), of, kind("confirm"), format!("{n}"))
            .with_priority(Priority::ALL[random.index(4)])
            .with_max_attempts(u16::try_from(random.below(4)).unwrap());
        if random.chance(300) {
            draft = draft.after_secs(u32::try_from(random.below(60)).unwrap());
        }
        if random.chance(300) {
            draft = draft.with_unique(job_key(&format!("k{}", random.below(4))));
        }
        draft
    }

    fn shown(&mut self) -> Vec<Lease> {
        let count = self.random.index(6);
        let mut shown: Vec<Lease> = Vec::new();
        for _ in 0..count {
            // The newest are mostly still held; older ones are mostly lost.
            let back = self.random.index(12.min(self.leases.len()).max(1));
            let at = self.leases.len().checked_sub(back + 1);
            shown.extend(at.and_then(|at| self.leases.get(at)));
        }
        shown
    }

    fn ids(&mut self) -> Vec<JobId> {
        let count = self.random.index(5);
        (0..count)
            .map(|_| job_id(self.random.below(self.next_id + 2) + 1))
            .collect()
    }

    async fn step(&mut self) {
        let tenant = self.tenant.clone();
        let (postgres, memory) = (self.postgres.clone(), self.memory.clone());
        macro_rules! same {
            ($method:ident($($arg:expr),*)) => {{
                // Every argument is a name or a literal: nothing is thrown twice.
                let ours = postgres.$method(&tenant, $($arg),*).await.unwrap();
                let theirs = memory.$method(&tenant, $($arg),*).await.unwrap();
                assert_eq!(ours, theirs, "{} {:?}", stringify!($method), ($($arg,)*));
            }};
        }
        match self.random.below(12) {
            0..=2 => {
                let count = self.random.index(5) + 1;
                let drafts: Vec<JobDraft> = (0..count).map(|_| self.draft()).collect();
                same!(push(&drafts));
            }
            3..=5 => self.claim().await,
            6 => {
                let shown = self.shown();
                same!(extend(&shown, 20));
            }
            7 => {
                let shown = self.shown();
                same!(complete(&shown));
            }
            8 => {
                let shown = self.shown();
                let reports: Vec<FailureReport> =
                    shown.into_iter().map(|lease| self.report(lease)).collect();
                same!(fail(&reports));
            }
            9 => {
                let shown = self.shown();
                same!(hand_back(&shown));
            }
            10 if self.random.chance(500) => {
                let ids = self.ids();
                same!(redrive(&ids));
            }
            10 if self.random.chance(300) => {
                let ids = self.ids();
                same!(delete(&ids));
            }
            10 => {
                let at = self.clock.now().checked_add_secs(-5).unwrap();
                let name = schedule(if self.random.chance(500) { "a" } else { "b" });
                let draft = self.draft().with_max_attempts(2);
                same!(fire(&name, at, &draft));
            }
            _ => {
                self.clock
                    .advance_secs(i64::try_from(self.random.below(15)).unwrap());
                self.postgres.fix_time(Some(self.clock.now()));
            }
        }
        same!(queue_stats());
        let filter = JobFilter::default();
        let ours = postgres.list(&tenant, &filter, None, 500).await.unwrap();
        let theirs = memory.list(&tenant, &filter, None, 500).await.unwrap();
        assert_eq!(ours.items.len(), theirs.items.len());
        for (ours, theirs) in ours.items.iter().zip(&theirs.items) {
            assert_eq!(ours, theirs);
        }
    }

    fn report(&mut self, lease: Lease) -> FailureReport {
        let permanent = self.random.chance(200);
        let kind = if permanent {
            AttemptFailure::permanent
        } else {
            AttemptFailure::transient
        };
        FailureReport {
            lease,
            failure: kind(format!("error {}", self.random.below(1_000))),
            pause_micros: self.random.below(20_000_000),
        }
    }

    async fn claim(&mut self) {
        let mut wanted = Vec::new();
        for name in ["mail", "print", "post"] {
            if self.random.chance(600) {
                let (queue, jobs) = (queue(name), self.random.index(4));
                wanted.push(QueueDemand { queue, jobs });
            }
        }
        let ours = self
            .postgres
            .claim(&self.tenant, &wanted, 10)
            .await
            .unwrap();
        let theirs = self.memory.claim(&self.tenant, &wanted, 10).await.unwrap();
        assert_eq!(
            (&ours.jobs, ours.now),
            (&theirs.jobs, theirs.now),
            "{wanted:?}"
        );
        // A queue that gave all that was asked may count as due now.
        let full = ours.next_at.is_some_and(|at| at <= ours.now);
        assert!(
            full || ours.next_at == theirs.next_at,
            "{ours:?} {theirs:?}"
        );
        self.leases.extend(ours.jobs.iter().filter_map(Job::lease));
    }
}

#[test]
fn postgres_and_the_reference_store_do_the_same() {
    block_on(async {
        for seed in 0..12 {
            let database = Database::new().await;
            let clock = FakeClock::default();
            let memory = MemoryStore::with_clock(Arc::new(clock.clone()));
            let postgres = database.store(2).await;
            postgres.fix_time(Some(clock.now()));
            let mut pair = Pair {
                postgres,
                memory,
                clock,
                random: Random::new(seed),
                tenant: tenant("acme"),
                leases: Vec::new(),
                next_id: 0,
            };
            for _ in 0..300 {
                pair.step().await;
            }
            database.drop().await;
        }
    });
}
