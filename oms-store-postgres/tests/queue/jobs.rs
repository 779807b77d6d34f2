//! Jobs on a real server: statements, indexes, many workers with poison and slow ones among them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oms_core::job::{AttemptFailure, Job, JobCatalog, JobDraft, JobState, Lease, QueueRules};
use oms_core::port::{
    FailureReport, JobFilter, JobQueue, LeaseAnswer, Pushed, QueueDemand, RedriveAnswer, StoreError,
};
use oms_core::service::Jobs;
use oms_core::testing::build::{job_id, job_key, kind, queue, tenant, uuid};
use oms_core::value::{JobId, TenantId};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{self, AssertSqlSafe, Connection, Executor, PgConnection};

use crate::common::counted::counted;
use crate::common::{Database, block_on, skip, tell};
use crate::feed::scans;

fn draft(n: u64) -> JobDraft {
    JobDraft::new(job_id(n), queue("mail"), kind("confirm"), r#"{"n":1}"#)
}

async fn push(store: &PgStore, tenant: &TenantId, range: std::ops::Range<u64>) {
    let drafts: Vec<JobDraft> = range.map(draft).collect();
    for drafts in drafts.chunks(1_000) {
        let pushed = store.push(tenant, drafts).await.unwrap();
        assert!(pushed.iter().all(|answer| *answer == Pushed::Kept));
    }
}

async fn claim(store: &PgStore, tenant: &TenantId, jobs: usize, lease_secs: u32) -> Vec<Job> {
    let wanted = [QueueDemand {
        queue: queue("mail"),
        jobs,
    }];
    store.claim(tenant, &wanted, lease_secs).await.unwrap().jobs
}

fn leases(jobs: &[Job]) -> Vec<Lease> {
    jobs.iter().filter_map(Job::lease).collect()
}

#[test]
fn every_call_is_one_statement_whatever_its_size() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = tenant("acme");
        push(&store, &tenant, 1..3).await;
        let Some(one) = counted(&store, push(&store, &tenant, 3..4)).await else {
            skip("the server has no pg_stat_statements");
            return;
        };
        let many = counted(&store, push(&store, &tenant, 4..1_004))
            .await
            .unwrap();
        assert_eq!((one.sent, many.sent), (1, 1));
        assert_eq!(one.inner, many.inner);
        for size in [1, 100] {
            let work = counted(&store, async {
                let jobs = claim(&store, &tenant, size, 60).await;
                assert_eq!(jobs.len(), size);
                let answers = store.complete(&tenant, &leases(&jobs)).await.unwrap();
                assert!(answers.iter().all(|answer| *answer == LeaseAnswer::Held));
            });
            let work = work.await.unwrap();
            tell(&format!("claim and complete {size}: {work:?}"));
            assert_eq!(work.sent, 2, "{work:?}");
            assert!(work.inner <= 8, "{work:?}");
        }
        database.drop().await;
    });
}

#[test]
fn a_job_that_cannot_be_read_is_dead_and_takes_no_others_along() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = tenant("acme");
        push(&store, &tenant, 1..4).await;
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        let spoil = "UPDATE oms.job SET kind = '' WHERE tenant = 'acme' AND id = $1";
        sqlx::query(spoil)
            .bind(job_id(2).as_uuid())
            .execute(&mut other)
            .await
            .unwrap();
        let jobs = claim(&store, &tenant, 10, 60).await;
        let ids: Vec<JobId> = jobs.iter().map(|job| job.draft.id).collect();
        assert_eq!(ids, [job_id(1), job_id(3)]);
        let found = "SELECT state, errors->-1->>'error' FROM oms.job WHERE id = $1";
        let (state, error) = sqlx::query_as::<_, (i16, String)>(found)
            .bind(job_id(2).as_uuid())
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!(state, 4, "it is dead");
        assert!(error.contains("cannot be read"), "{error}");
        let answers = store.complete(&tenant, &leases(&jobs)).await.unwrap();
        assert_eq!(answers, [LeaseAnswer::Held; 2]);
        database.drop().await;
    });
}

#[test]
fn a_job_that_cannot_be_read_hides_no_others_from_a_list() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = tenant("acme");
        push(&store, &tenant, 1..6).await;
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        // A state of a newer release, and errors that a hand damaged.
        for (n, spoil) in [(2, "state = 9"), (5, "errors = '{}'")] {
            let sql = format!(
                "UPDATE oms.job SET {spoil} WHERE id = '{}'",
                job_id(n).as_uuid()
            );
            other.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        let filter = JobFilter::default();
        for limit in 1..=6 {
            let (mut read, mut unreadable, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = store.list(&tenant, &filter, after, limit).await.unwrap();
                assert!(page.items.len() + page.unreadable.len() <= limit);
                read.extend(page.items.iter().map(|job| job.draft.id));
                for job in page.unreadable {
                    assert_eq!(job.error.code(), "corrupt");
                    unreadable.push(job.at);
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(read, [job_id(1), job_id(3), job_id(4)], "{limit} a page");
            assert_eq!(unreadable, [job_id(2), job_id(5)], "{limit} a page");
        }
        // Asked for alone it is an error, and it can be deleted by its place.
        let asked = store.job(&tenant, job_id(2)).await;
        assert!(
            matches!(asked, Err(StoreError::Corrupt { .. })),
            "{asked:?}"
        );
        assert_eq!(store.delete(&tenant, &[job_id(2)]).await.unwrap(), [true]);
        database.drop().await;
    });
}

/// Answers for ten leases in every way there is.
async fn answer(store: &PgStore, tenant: &TenantId, leases: &[Lease]) {
    store.extend(tenant, leases, 60).await.unwrap();
    let (fail, rest) = leases.split_at(2);
    let (back, done) = rest.split_at(1);
    let report = |lease: &Lease| FailureReport {
        lease: *lease,
        failure: AttemptFailure::transient("busy"),
        pause_micros: 1_000_000_000,
    };
    let reports: Vec<FailureReport> = fail.iter().map(report).collect();
    store.fail(tenant, &reports).await.unwrap();
    store.hand_back(tenant, back).await.unwrap();
    store.complete(tenant, done).await.unwrap();
}

#[test]
fn the_hot_statements_use_their_indexes_on_a_table_never_analysed() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = tenant("acme");
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        push(&store, &tenant, 1..10_001).await;
        let later: Vec<JobDraft> = (20_000..21_000).map(|n| draft(n).after_secs(60)).collect();
        store.push(&tenant, &later).await.unwrap();
        store.pool().close().await;
        let scanned = scans(&mut other, "job").await;
        let read = "SELECT idx_tup_read FROM pg_stat_user_indexes \
            WHERE schemaname = 'oms' AND indexrelname = 'job_due'";
        let before: i64 = sqlx::query_scalar(read)
            .fetch_one(&mut other)
            .await
            .unwrap();
        let store = database.store(1).await;
        for _ in 0..20 {
            let jobs = claim(&store, &tenant, 10, 60).await;
            let leases = leases(&jobs);
            assert_eq!(leases.len(), 10);
            answer(&store, &tenant, &leases).await;
            let keyed = [draft(30_000).with_unique(job_key("k"))];
            store.push(&tenant, &keyed).await.unwrap();
            store.delete(&tenant, &[job_id(30_000)]).await.unwrap();
        }
        let filter = JobFilter {
            state: Some(JobState::Dead),
            queue: Some(queue("mail")),
        };
        store.list(&tenant, &filter, None, 10).await.unwrap();
        store.pool().close().await;
        let after = scans(&mut other, "job").await;
        assert_eq!(after, scanned, "the table of jobs was read as a whole");
        let reads: i64 = sqlx::query_scalar(read)
            .fetch_one(&mut other)
            .await
            .unwrap();
        tell(&format!(
            "200 jobs claimed: {} entries of job_due read",
            reads - before
        ));
        // A claim reads what it takes, and a few entries of rows that are gone or moved.
        assert!(reads - before >= 200, "nothing was counted");
        assert!(reads - before < 5_000, "{}", reads - before);
        database.drop().await;
    });
}

/// 20,000 jobs that are due.
const BACKLOG: &str = "INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at) \
    SELECT 'acme', lpad(to_hex(n), 32, '0')::uuid, 'mail', 'confirm', '{}', now() \
    FROM generate_series(1, 20000) n";

/// Two jobs of each of 10,000 other tenants.
const FEW_EACH: &str = "INSERT INTO oms.job (tenant, id, queue, kind, payload, run_at) \
    SELECT 'other-' || n % 10000, lpad(to_hex(n), 32, '0')::uuid, 'mail', 'confirm', '{}', now() \
    FROM generate_series(1, 20000) n";

/// How many entries of the key of jobs were read since the database was made.
async fn keys_read(connection: &mut PgConnection) -> i64 {
    // Counts of a session are shared when it ends, and it takes a moment to.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sql = "SELECT idx_tup_read FROM pg_stat_user_indexes \
        WHERE schemaname = 'oms' AND indexrelname = 'job_pkey'";
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

#[test]
fn a_backlog_is_worked_by_key_whatever_the_planner_took_it_for() {
    block_on(async {
        let database = Database::new().await;
        let tenant = tenant("acme");
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        for few_each in [false, true] {
            other.execute("TRUNCATE oms.job").await.unwrap();
            if few_each {
                other.execute(BACKLOG).await.unwrap();
                other.execute(FEW_EACH).await.unwrap();
            }
            // Of an empty table, too: what the session makes of that it keeps.
            other.execute("VACUUM ANALYZE oms.job").await.unwrap();
            let before = keys_read(&mut other).await;
            let store = database.store(1).await;
            if !few_each {
                assert!(claim(&store, &tenant, 10, 60).await.is_empty());
                let nobodys = [Lease {
                    id: job_id(1),
                    token: 1,
                }; 10];
                answer(&store, &tenant, &nobodys).await;
                let deleted = store.delete(&tenant, &[job_id(1)]).await.unwrap();
                assert_eq!(deleted, [false]);
                other.execute(BACKLOG).await.unwrap();
            }
            for _ in 0..5 {
                let leases = leases(&claim(&store, &tenant, 10, 60).await);
                assert_eq!(leases.len(), 10);
                answer(&store, &tenant, &leases).await;
                let failed = leases.first().unwrap().id;
                assert_eq!(store.delete(&tenant, &[failed]).await.unwrap(), [true]);
            }
            store.pool().close().await;
            let read = keys_read(&mut other).await - before;
            tell(&format!("50 jobs worked: {read} entries of job_pkey read"));
            assert!(read >= 100, "nothing was counted");
            assert!(read < 5_000, "{read}");
        }
        database.drop().await;
    });
}

#[test]
fn many_workers_finish_every_job_once_with_poison_and_lost_leases_among_them() {
    const JOBS: u64 = 600;
    block_on(async {
        let database = Database::new().await;
        let store = database.store(16).await;
        let tenant = tenant("acme");
        push(&store, &tenant, 0..JOBS).await;
        let done: Arc<Mutex<Vec<JobId>>> = Arc::default();
        let mut workers = Vec::new();
        for worker in 0..16_u64 {
            let (store, tenant, done) = (store.clone(), tenant.clone(), done.clone());
            workers.push(tokio::spawn(async move {
                let mut idle = 0;
                while idle < 30 {
                    let jobs = claim(&store, &tenant, 5, 1).await;
                    if jobs.is_empty() {
                        idle += 1;
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                    idle = 0;
                    for job in &jobs {
                        let n = job.draft.id.as_uuid().as_u64_pair().1;
                        let lease = job.lease().unwrap();
                        // Every seventh is poison; a worker in a while dies over its batch.
                        if n % 7 == 0 {
                            let report = FailureReport {
                                lease,
                                failure: AttemptFailure::transient("poison"),
                                pause_micros: 1_000,
                            };
                            store.fail(&tenant, &[report]).await.unwrap();
                        } else if (n + worker + u64::from(job.attempts)) % 23 == 0
                            && job.attempts < 3
                        {
                            break;
                        } else {
                            let answers = store.complete(&tenant, &[lease]).await.unwrap();
                            if answers == [LeaseAnswer::Held] {
                                done.lock().unwrap().push(job.draft.id);
                            }
                        }
                    }
                }
            }));
        }
        for worker in workers {
            worker.await.unwrap();
        }
        let done = done.lock().unwrap().clone();
        let distinct: BTreeSet<JobId> = done.iter().copied().collect();
        assert_eq!(distinct.len(), done.len(), "a job was done twice");
        let filter = JobFilter::default();
        let left = store.list(&tenant, &filter, None, 500).await.unwrap().items;
        assert!(left.iter().all(|job| job.state == JobState::Dead));
        assert_eq!(done.len() + left.len(), 600, "a job vanished");
        assert!(left.iter().all(|job| job.errors.len() == 3));
        assert!(left.len() >= 85, "{}", left.len());
        let report = store.queue_stats(&tenant).await.unwrap();
        let stats = &report.queues[0];
        let ended = (
            usize::try_from(stats.done).unwrap(),
            usize::try_from(stats.died).unwrap(),
        );
        assert_eq!(ended, (done.len(), left.len()));
        database.drop().await;
    });
}

/// The second of two statements fails: what the first one kept must not be told as undone.
#[test]
fn a_push_of_which_a_part_is_kept_does_not_say_that_nothing_was_done() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = tenant("acme");
        let poison = "CREATE FUNCTION public.poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            IF NEW.kind = 'poison' THEN RAISE lock_not_available; END IF; RETURN NEW; END $$; \
            CREATE TRIGGER poison BEFORE INSERT ON oms.job FOR EACH ROW \
            EXECUTE FUNCTION public.poison()";
        store.pool().execute(poison).await.unwrap();
        let poisoned = |n| JobDraft::new(job_id(n), queue("mail"), kind("poison"), "{}");
        let error = store.push(&tenant, &[poisoned(1)]).await.unwrap_err();
        assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");

        // Whether the second draft is a repeat is known when the first one is answered.
        let keyed = draft(2).with_unique(job_key("k"));
        let drafts = [keyed.clone(), keyed, poisoned(3)];
        let error = store.push(&tenant, &drafts).await.unwrap_err();
        assert!(
            matches!(error, StoreError::OutcomeUnknown { .. }),
            "{error:?}"
        );
        let kept = JobQueue::job(&store, &tenant, job_id(2)).await.unwrap();
        assert!(kept.is_some());
        database.drop().await;
    });
}

/// The job that had the key is gone when it is looked for.
#[test]
fn a_job_whose_key_becomes_free_while_it_is_redriven_is_ready() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = tenant("acme");
        let keyed = draft(1).with_unique(job_key("k"));
        store.push(&tenant, &[keyed]).await.unwrap();
        let jobs = claim(&store, &tenant, 1, 60).await;
        let failed = leases(&jobs).into_iter().map(|lease| FailureReport {
            lease,
            failure: AttemptFailure::permanent("poison"),
            pause_micros: 0,
        });
        let failed: Vec<FailureReport> = failed.collect();
        store.fail(&tenant, &failed).await.unwrap();
        // A sequence goes on also where what used it is undone.
        let rival = "CREATE SEQUENCE public.rivals; \
            CREATE FUNCTION public.rival() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            IF nextval('public.rivals') = 1 THEN RAISE unique_violation; END IF; RETURN NEW; \
            END $$; \
            CREATE TRIGGER rival BEFORE UPDATE ON oms.job FOR EACH ROW \
            EXECUTE FUNCTION public.rival()";
        store.pool().execute(rival).await.unwrap();
        let answers = store.redrive(&tenant, &[job_id(1)]).await.unwrap();
        assert_eq!(answers, [RedriveAnswer::Ready]);
        let job = JobQueue::job(&store, &tenant, job_id(1)).await.unwrap();
        assert_eq!(job.map(|job| job.state), Some(JobState::Ready));
        database.drop().await;
    });
}

#[test]
fn pushes_that_meet_at_their_keys_do_not_deadlock() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenant = tenant("acme");
        let mut pushers = Vec::new();
        for pusher in 0..8_u64 {
            let (store, tenant) = (store.clone(), tenant.clone());
            pushers.push(tokio::spawn(async move {
                let mut kept = 0;
                for round in 0..10 {
                    let key = |n: u64| format!("{round}-{n}");
                    let id = |n: u64| {
                        JobId::from_uuid(uuid(1_000_000 * (pusher + 1) + 1_000 * round + n))
                    };
                    let mut drafts: Vec<JobDraft> = (0..30)
                        .map(|n| {
                            JobDraft {
                                id: id(n),
                                ..draft(1)
                            }
                            .with_unique(job_key(&key(n)))
                        })
                        .collect();
                    if pusher % 2 == 0 {
                        drafts.reverse();
                    }
                    let answers = store.push(&tenant, &drafts).await.unwrap();
                    kept += answers
                        .iter()
                        .filter(|answer| **answer == Pushed::Kept)
                        .count();
                }
                kept
            }));
        }
        let mut kept = 0;
        for pusher in pushers {
            kept += pusher.await.unwrap();
        }
        assert_eq!(kept, 300, "each key was taken once");
        database.drop().await;
    });
}

/// Small pushes of many tasks are few statements, and each task gets its own answers.
#[test]
fn pushes_of_many_tasks_go_together() {
    const TASKS: u64 = 200;
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let rules = QueueRules::of([kind("confirm")]);
        let catalog = JobCatalog::default().with_queue(queue("mail"), rules);
        let jobs = Jobs::new(Arc::new(store.clone()), catalog);
        let push_all = |jobs: Jobs, from: u64| async move {
            let tasks = (from..from + TASKS).map(|n| {
                let jobs = jobs.clone();
                tokio::spawn(async move {
                    // Two of each key; one that nobody would work on.
                    let keyed = draft(n).with_unique(job_key(&format!("k{}", n / 2)));
                    let unknown = JobDraft::new(job_id(n), queue("post"), kind("confirm"), "1");
                    let pushed = jobs.push(&tenant("acme"), &[unknown, keyed]).await.unwrap();
                    assert!(matches!(pushed[0], Pushed::Refused(_)), "{pushed:?}");
                    assert_eq!(pushed.len(), 2);
                    (n, pushed[1].clone())
                })
            });
            let mut kept = BTreeSet::new();
            let mut taken = Vec::new();
            for task in tasks.collect::<Vec<_>>() {
                match task.await.unwrap() {
                    (n, Pushed::Kept) => assert!(kept.insert(n / 2), "{n} has a twin"),
                    (n, Pushed::Taken { by }) => taken.push((n, by)),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(kept.len(), 100);
            for (n, by) in taken {
                assert_eq!(by, job_id(n ^ 1), "the other one of the pair has the key");
            }
        };
        // Connections and statements are made before it counts.
        push_all(jobs.clone(), 0).await;
        let alone = jobs.clone().coalescing(None);
        let Some(apart) = counted(&store, push_all(alone, 1_000)).await else {
            skip("the server has no pg_stat_statements");
            return;
        };
        let together = counted(&store, push_all(jobs, 2_000)).await.unwrap();
        tell(&format!("{TASKS} pushes: {together:?}, alone {apart:?}"));
        assert!(apart.sent >= 200, "{apart:?}");
        assert!(together.sent <= 100, "{together:?}");
        database.drop().await;
    });
}
