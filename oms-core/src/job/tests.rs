//! The life of a job, pauses, what is refused, schedules.

use uuid::Uuid;

use super::*;
use crate::value::limits::{
    JOB_ATTEMPTS_MAX, JOB_DELAY_MAX_SECS, JOB_ERROR_CHARS_MAX, JOB_ERRORS_MAX,
    JOB_PAYLOAD_BYTES_MAX,
};
use crate::value::{JobId, JobKey, JobKind, QueueName, Timestamp};

fn id(n: u128) -> JobId {
    JobId::from_uuid(Uuid::from_u128(n))
}

fn draft() -> JobDraft {
    let queue = QueueName::parse("mail").unwrap();
    JobDraft::new(id(1), queue, JobKind::parse("confirm").unwrap(), "{}")
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_secs(1_000_000 + secs).unwrap()
}

fn ready() -> Job {
    Job::new(draft(), at(0))
}

fn step(job: &mut Job, command: &JobCommand, secs: i64) -> Result<JobEvent, JobRefusal> {
    let event = decide(job, command, at(secs))?;
    evolve(job, &event);
    Ok(event)
}

const CLAIM: JobCommand = JobCommand::Claim { lease_secs: 30 };

fn fail(job: &Job, failure: AttemptFailure) -> JobCommand {
    JobCommand::Fail {
        lease: job.lease().unwrap(),
        failure,
        pause_micros: 5_000_000,
    }
}

/// A job in each state.
fn in_state(state: JobState) -> Job {
    let mut job = ready();
    match state {
        JobState::Ready => {}
        JobState::Running => drop(step(&mut job, &CLAIM, 0).unwrap()),
        JobState::Retrying => {
            step(&mut job, &CLAIM, 0).unwrap();
            let failed = fail(&job, AttemptFailure::transient("busy"));
            step(&mut job, &failed, 0).unwrap();
        }
        JobState::Done => {
            step(&mut job, &CLAIM, 0).unwrap();
            let lease = job.lease().unwrap();
            step(&mut job, &JobCommand::Complete { lease }, 0).unwrap();
        }
        JobState::Dead => {
            step(&mut job, &CLAIM, 0).unwrap();
            let failed = fail(&job, AttemptFailure::permanent("no such address"));
            step(&mut job, &failed, 0).unwrap();
        }
    }
    assert_eq!(job.state, state);
    job
}

#[test]
fn every_command_in_every_state_leads_where_the_table_says() {
    use JobState::{Dead, Done, Ready, Retrying, Running};
    // One hour later, so that waits are over; a running job's lease is over too.
    let wanted = [
        (Ready, [Some(Running), None, None, None, None, None]),
        (
            Running,
            [
                Some(Running),
                Some(Running),
                Some(Done),
                Some(Retrying),
                Some(Ready),
                None,
            ],
        ),
        (Retrying, [Some(Running), None, None, None, None, None]),
        (Done, [None; 6]),
        (Dead, [None, None, None, None, None, Some(Ready)]),
    ];
    for (state, wanted) in wanted {
        let job = in_state(state);
        let (id, token) = (job.draft.id, job.token);
        let lease = Lease { id, token };
        let commands = [
            CLAIM,
            JobCommand::Extend {
                lease,
                lease_secs: 30,
            },
            JobCommand::Complete { lease },
            JobCommand::Fail {
                lease,
                failure: AttemptFailure::transient("busy"),
                pause_micros: 1,
            },
            JobCommand::HandBack { lease },
            JobCommand::Redrive,
        ];
        for (command, wanted) in commands.iter().zip(wanted) {
            let mut job = job.clone();
            let before = job.clone();
            let found = step(&mut job, command, 3_600).ok().map(|_| job.state);
            assert_eq!(found, wanted, "{state:?} {command:?}");
            assert!(wanted.is_some() || job == before);
        }
    }
}

#[test]
fn a_job_is_not_claimed_before_its_time_and_not_while_its_lease_lasts() {
    let mut job = Job::new(draft().after_secs(10), at(0));
    let pushed = job.token;
    assert!(step(&mut job, &CLAIM, 9).is_err());
    step(&mut job, &CLAIM, 10).unwrap();
    assert_eq!((job.attempts, job.due_at), (1, at(40)));
    assert_eq!(job.token, pushed + 1);
    assert!(step(&mut job, &CLAIM, 39).is_err());
    let lease = job.lease().unwrap();
    let extend = JobCommand::Extend {
        lease,
        lease_secs: 30,
    };
    step(&mut job, &extend, 39).unwrap();
    assert!(step(&mut job, &CLAIM, 68).is_err());
    step(&mut job, &CLAIM, 69).unwrap();
    assert_eq!(job.errors.len(), 1);
    assert_eq!(job.errors[0].error, LEASE_EXPIRED);
    assert_eq!(job.errors[0].attempt, 1);
}

#[test]
fn a_pause_is_at_most_as_long_as_a_job_may_wait() {
    let longest = i64::from(JOB_DELAY_MAX_SECS);
    for (pause_micros, due) in [(5_000_000, 5), (u64::MAX, longest)] {
        let mut job = in_state(JobState::Running);
        let failed = JobCommand::Fail {
            lease: job.lease().unwrap(),
            failure: AttemptFailure::transient("busy"),
            pause_micros,
        };
        step(&mut job, &failed, 0).unwrap();
        assert_eq!(job.due_at, at(due), "{pause_micros}");
    }
}

#[test]
fn a_lease_that_was_taken_over_is_lost_for_every_answer() {
    let mut job = in_state(JobState::Running);
    let late = job.lease().unwrap();
    step(&mut job, &CLAIM, 60).unwrap();
    let answers = [
        JobCommand::Complete { lease: late },
        JobCommand::Extend {
            lease: late,
            lease_secs: 1,
        },
        JobCommand::HandBack { lease: late },
        JobCommand::Fail {
            lease: late,
            failure: AttemptFailure::permanent("late"),
            pause_micros: 0,
        },
    ];
    for answer in &answers {
        let lost = step(&mut job, answer, 61).unwrap_err();
        let wanted = JobRefusal::LeaseLost {
            token: late.token,
            current: late.token + 1,
            state: JobState::Running,
        };
        assert_eq!(lost, wanted);
    }
    assert_eq!(job.state, JobState::Running);
}

#[test]
fn a_lease_that_is_over_counts_until_it_is_taken_over() {
    let mut job = in_state(JobState::Running);
    let lease = job.lease().unwrap();
    step(&mut job, &JobCommand::Complete { lease }, 3_600).unwrap();
    assert_eq!(job.state, JobState::Done);
}

#[test]
fn the_last_attempt_that_fails_kills_with_all_errors() {
    let mut job = ready();
    for attempt in 1..=3_u16 {
        step(&mut job, &CLAIM, i64::from(attempt) * 100).unwrap();
        let failed = fail(&job, AttemptFailure::transient(format!("error {attempt}")));
        step(&mut job, &failed, i64::from(attempt) * 100).unwrap();
    }
    assert_eq!(job.state, JobState::Dead);
    let told: Vec<_> = job.errors.iter().map(|e| (e.attempt, &*e.error)).collect();
    assert_eq!(told, [(1, "error 1"), (2, "error 2"), (3, "error 3")]);
}

#[test]
fn what_kills_its_workers_dies_and_is_not_handed_out_for_ever() {
    let mut job = ready();
    let mut claims = 0;
    while job.state != JobState::Dead {
        step(&mut job, &CLAIM, i64::from(claims) * 100).unwrap();
        claims += 1;
        assert!(claims < 10);
    }
    assert_eq!((claims, job.attempts), (4, 3));
    assert_eq!(job.errors.len(), 3);
    assert!(job.lease().is_none());
}

#[test]
fn an_attempt_that_is_handed_back_does_not_count() {
    let mut job = ready();
    let pushed = job.token;
    for round in 0..10 {
        step(&mut job, &CLAIM, round).unwrap();
        let lease = job.lease().unwrap();
        step(&mut job, &JobCommand::HandBack { lease }, round).unwrap();
    }
    assert_eq!((job.state, job.attempts), (JobState::Ready, 0));
    assert_eq!(job.token, pushed + 10, "no lease is given twice");
}

#[test]
fn a_redriven_job_has_all_its_attempts_and_keeps_its_errors() {
    let mut job = in_state(JobState::Dead);
    step(&mut job, &JobCommand::Redrive, 10).unwrap();
    assert_eq!((job.attempts, job.errors.len(), job.due_at), (0, 1, at(10)));
    step(&mut job, &CLAIM, 10).unwrap();
    assert_eq!(job.token, ready().token + 2, "no lease is given twice");
}

#[test]
fn errors_are_kept_up_to_a_number_and_a_length() {
    let attempts = u16::try_from(JOB_ERRORS_MAX).unwrap() + 5;
    let mut job = Job::new(draft().with_max_attempts(attempts), at(0));
    for attempt in 1..=attempts {
        step(&mut job, &CLAIM, i64::from(attempt) * 100).unwrap();
        let long = format!("{attempt}\0{}", "x".repeat(JOB_ERROR_CHARS_MAX));
        let failed = fail(&job, AttemptFailure::transient(long));
        step(&mut job, &failed, i64::from(attempt) * 100).unwrap();
    }
    assert_eq!(job.errors.len(), JOB_ERRORS_MAX);
    assert_eq!(job.errors[0].attempt, 6);
    let longest = job.errors.iter().map(|e| e.error.chars().count()).max();
    assert_eq!(longest, Some(JOB_ERROR_CHARS_MAX));
    assert!(job.errors.iter().all(|e| !e.error.contains('\0')));
    assert_eq!(AttemptFailure::transient("\0").kept_message(), "no message");
}

#[test]
fn a_key_is_held_until_the_job_is_done_or_dead() {
    for state in JobState::ALL {
        let mut job = in_state(state);
        assert!(!job.holds_key());
        job.draft.unique = Some(JobKey::parse("k").unwrap());
        assert_eq!(job.holds_key(), state.is_live());
    }
}

#[test]
fn what_no_store_may_keep_is_refused_with_the_reason() {
    let code = |draft: JobDraft| draft.check().map_err(|why| why.code());
    let quoted = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let with = |payload: String| JobDraft {
        payload: payload.into(),
        ..draft()
    };
    assert_eq!(code(with(quoted(JOB_PAYLOAD_BYTES_MAX))), Ok(()));
    let large = code(with(quoted(JOB_PAYLOAD_BYTES_MAX + 1)));
    assert_eq!(large, Err("payload_too_large"));
    assert_eq!(code(with("{".to_owned())), Err("payload_malformed"));
    assert_eq!(code(draft().with_max_attempts(0)), Err("no_attempts"));
    assert_eq!(code(draft().with_max_attempts(JOB_ATTEMPTS_MAX)), Ok(()));
    let many = code(draft().with_max_attempts(JOB_ATTEMPTS_MAX + 1));
    assert_eq!(many, Err("too_many_attempts"));
    assert_eq!(code(draft().after_secs(JOB_DELAY_MAX_SECS)), Ok(()));
    let late = code(draft().after_secs(JOB_DELAY_MAX_SECS + 1));
    assert_eq!(late, Err("delay_too_long"));
}

#[test]
fn a_catalog_knows_its_queues_and_kinds() {
    let known = draft();
    let rules = QueueRules::of([known.kind.clone()]);
    let catalog = JobCatalog::default().with_queue(known.queue.clone(), rules);
    assert_eq!(catalog.check(&known), Ok(()));
    let other = JobDraft {
        kind: JobKind::parse("shred").unwrap(),
        ..draft()
    };
    let code = |draft: &JobDraft| catalog.check(draft).map_err(|why| why.code());
    assert_eq!(code(&other), Err("unknown_kind"));
    let nowhere = JobDraft {
        queue: QueueName::parse("post").unwrap(),
        ..draft()
    };
    assert_eq!(code(&nowhere), Err("unknown_queue"));
    assert_eq!(code(&known.with_max_attempts(0)), Err("no_attempts"));
}

#[test]
fn pauses_double_stop_at_the_longest_and_differ_from_job_to_job() {
    let policy = RetryPolicy::default();
    let longest = |attempt: u32| 5_000_000_u64 * (1 << (attempt - 1));
    let mut distinct = std::collections::BTreeSet::new();
    for n in 0..1_000 {
        for attempt in 1..=9 {
            let pause = policy.pause_micros(id(n), attempt);
            let whole = longest(attempt.into());
            assert!((whole / 2..=whole).contains(&pause), "{attempt} {pause}");
            assert_eq!(pause, policy.pause_micros(id(n), attempt));
            distinct.insert(pause);
        }
        let last = policy.pause_micros(id(n), u16::MAX);
        assert!((1_800_000_000..=3_600_000_000).contains(&last));
    }
    assert!(distinct.len() > 8_900, "{}", distinct.len());
    // Even: the mean of 1,000 shares of a half is near a quarter.
    let sum: u64 = (0..1_000).map(|n| policy.pause_micros(id(n), 1)).sum();
    assert!((3_650_000..3_850_000).contains(&(sum / 1_000)), "{sum}");
    let all = RetryPolicy {
        jitter_percent: 255,
        ..policy
    };
    assert!((0..100).all(|n| all.pause_micros(id(n), 3) <= 20_000_000));
}

#[test]
fn priorities_are_kept_by_rank() {
    for (rank, priority) in (0..).zip(Priority::ALL) {
        assert_eq!(priority.rank(), rank);
        assert_eq!(Priority::of_rank(rank), Some(priority));
    }
    assert_eq!(Priority::of_rank(4), None);
}

#[cfg(feature = "calendar")]
mod schedules {
    use super::super::Schedule;
    use crate::value::Timestamp;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    fn after(expression: &str, zone: &str, from: &str) -> String {
        let schedule = Schedule::parse(expression, zone).unwrap();
        schedule.next_after(time(from)).unwrap().to_string()
    }

    #[test]
    fn wrong_ones_are_refused_with_the_reason() {
        let code = |expression: &str, zone: &str| {
            let refused = Schedule::parse(expression, zone).unwrap_err();
            assert!(!refused.to_string().is_empty());
            refused.code()
        };
        for never in ["0 0 30 2 *", "0 0 31 4 *", "0 0 0 31 2 *"] {
            assert_eq!(code(never, "UTC"), "never_fires");
        }
        for bad in ["", "* * *", "61 * * * *", "* * * * MON-XYZ", "@sometimes"] {
            assert_eq!(code(bad, "UTC"), "expression_malformed");
        }
        assert_eq!(code("* * * * *", "Mars/Olympus"), "unknown_zone");
        assert_eq!(code(&"* ".repeat(5_000), "UTC"), "expression_malformed");
    }

    #[test]
    fn times_follow_the_zone_through_summer_and_winter() {
        let daily = "0 9 * * *";
        let found = after(daily, "Europe/Berlin", "2026-01-10T12:00:00Z");
        assert_eq!(found, "2026-01-11T08:00:00.000000Z");
        let found = after(daily, "Europe/Berlin", "2026-07-10T12:00:00Z");
        assert_eq!(found, "2026-07-11T07:00:00.000000Z");
        // 02:30 does not exist on 29 March 2026 and exists twice on 25 October 2026.
        let night = "30 2 * * *";
        let found = after(night, "Europe/Berlin", "2026-03-28T12:00:00Z");
        assert_eq!(found, "2026-03-29T01:00:00.000000Z");
        let schedule = Schedule::parse(night, "Europe/Berlin").unwrap();
        let mut at = time("2026-10-24T12:00:00Z");
        let mut fired = Vec::new();
        for _ in 0..3 {
            at = schedule.next_after(at).unwrap();
            fired.push(at.to_string());
        }
        let wanted = [
            "2026-10-25T00:30:00.000000Z",
            "2026-10-26T01:30:00.000000Z",
            "2026-10-27T01:30:00.000000Z",
        ];
        assert_eq!(fired, wanted);
    }

    #[test]
    fn several_times_of_a_day_fire_whenever_the_clock_shows_one() {
        let fired = |expression: &str, from: &str| -> Vec<String> {
            let schedule = Schedule::parse(expression, "Europe/Berlin").unwrap();
            let next = |at: &Timestamp| schedule.next_after(*at);
            let times = std::iter::successors(schedule.next_after(time(from)), next);
            times.take(3).map(|at| at.to_string()).collect()
        };
        // 02:30 comes twice, and on another day never.
        let wanted = [
            "2026-10-25T00:30:00.000000Z",
            "2026-10-25T01:30:00.000000Z",
            "2026-10-25T13:30:00.000000Z",
        ];
        assert_eq!(fired("30 2,14 * * *", "2026-10-24T13:00:00Z"), wanted);
        let wanted = [
            "2026-03-29T12:30:00.000000Z",
            "2026-03-30T00:30:00.000000Z",
            "2026-03-30T12:30:00.000000Z",
        ];
        assert_eq!(fired("30 2,14 * * *", "2026-03-28T14:00:00Z"), wanted);
        let wanted = [
            "2026-10-25T00:30:00.000000Z",
            "2026-10-25T01:00:00.000000Z",
            "2026-10-25T01:30:00.000000Z",
        ];
        assert_eq!(fired("*/30 * * * *", "2026-10-25T00:00:00Z"), wanted);
    }

    #[test]
    fn the_last_time_is_at_or_before() {
        let hourly = Schedule::parse("0 * * * *", "UTC").unwrap();
        let last = |from: &str| hourly.last_until(time(from)).unwrap().to_string();
        assert_eq!(last("2026-05-01T12:00:00Z"), "2026-05-01T12:00:00.000000Z");
        let short = last("2026-05-01T12:00:00.5Z");
        assert_eq!(short, "2026-05-01T12:00:00.000000Z");
        assert_eq!(last("2026-05-01T11:59:59Z"), "2026-05-01T11:00:00.000000Z");
        let next = hourly.next_after(time("2026-05-01T12:00:00.5Z")).unwrap();
        assert_eq!(next.to_string(), "2026-05-01T13:00:00.000000Z");
        let leap = Schedule::parse("0 0 29 2 *", "UTC").unwrap();
        assert!(leap.last_until(Timestamp::EPOCH).is_none());
    }

    #[test]
    fn last_and_next_agree_at_every_hour_of_a_year() {
        for (expression, zone) in [
            ("15 */6 * * *", "UTC"),
            ("15 */6 * * *", "Europe/Berlin"),
            ("15 */6 * * *", "America/New_York"),
            ("30 2 * * *", "Europe/Berlin"),
            // Santiago's clocks change at midnight.
            ("15 0 * * *", "America/Santiago"),
            ("45 23 * * *", "America/Santiago"),
        ] {
            let schedule = Schedule::parse(expression, zone).unwrap();
            let mut at = time("2026-01-01T00:00:00Z");
            while at < time("2027-01-01T00:00:00Z") {
                let last = schedule.last_until(at).unwrap();
                let next = schedule.next_after(at).unwrap();
                assert!(last <= at && at < next, "{zone} {last} {at} {next}");
                assert_eq!(schedule.next_after(last), Some(next), "{zone} {at}");
                at = at.checked_add_secs(3_600).unwrap();
            }
        }
    }

    /// A worker tells the store of the last time, so that has to be the one that was waited for.
    #[test]
    fn one_time_of_a_day_is_the_last_one_also_where_clocks_change() {
        let night = Schedule::parse("30 2 * * *", "Europe/Berlin").unwrap();
        for (at, last) in [
            // It is skipped, and fires as the clock has jumped.
            ("2026-03-29T00:59:59Z", "2026-03-28T01:30:00.000000Z"),
            ("2026-03-29T01:00:00Z", "2026-03-29T01:00:00.000000Z"),
            ("2026-03-29T09:00:00Z", "2026-03-29T01:00:00.000000Z"),
            // It comes twice, and fires the first time.
            ("2026-10-25T00:29:59Z", "2026-10-24T00:30:00.000000Z"),
            ("2026-10-25T00:30:00Z", "2026-10-25T00:30:00.000000Z"),
            ("2026-10-25T01:15:00Z", "2026-10-25T00:30:00.000000Z"),
            ("2026-10-25T01:45:00Z", "2026-10-25T00:30:00.000000Z"),
        ] {
            let found = night.last_until(time(at)).unwrap().to_string();
            assert_eq!(found, last, "{at}");
        }
    }
}
