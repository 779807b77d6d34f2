//! Defects of queues.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use oms_core::job::{
    AttemptFailure, FailureKind, JobCommand, JobDraft, JobState, Lease, Priority, RunAt,
};
use oms_core::port::{Fired, JobFilter, JobQueue, LeaseAnswer, Pushed, RedriveAnswer, StoreError};
use oms_core::testing::build::{job_id, job_key, queue, tenant};
use oms_core::value::{JobId, ScheduleName, TenantId, Timestamp};

use crate::defect::{Defect, Sound, ready};

pub(crate) fn forgets_the_trace() -> Defect {
    Defect::drafts(|_, draft| draft.trace = None)
}

pub(crate) fn overwrites_what_has_the_same_id() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        let ids: Vec<_> = drafts.iter().map(|draft| draft.id).collect();
        ready(sound.store.delete(tenant, &ids))?;
        ready(sound.store.push(tenant, drafts))
    })
}

pub(crate) fn refuses_all_drafts_for_one() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        if let Some(why) = drafts.iter().find_map(|draft| draft.check().err()) {
            return Ok(vec![Pushed::Refused(why); drafts.len()]);
        }
        ready(sound.store.push(tenant, drafts))
    })
}

pub(crate) fn ignores_delays() -> Defect {
    Defect::drafts(|_, draft| {
        if let RunAt::AfterSecs(_) = draft.run_at {
            draft.run_at = RunAt::Now;
        }
    })
}

pub(crate) fn counts_delays_from_the_commit() -> Defect {
    Defect::job(|sound, tenant, id| {
        let mut job = sound.found(tenant, id);
        if let Some(job) = &mut job
            && job.due_at > job.pushed_at
        {
            job.due_at = job.pushed_at.checked_add_secs(60).unwrap();
        }
        Ok(job)
    })
}

pub(crate) fn loses_the_trace_of_urgent_jobs() -> Defect {
    Defect::job(|sound, tenant, id| {
        let mut job = sound.found(tenant, id);
        if let Some(job) = &mut job
            && job.draft.priority == Priority::Urgent
        {
            job.draft.trace = None;
        }
        Ok(job)
    })
}

pub(crate) fn ignores_unique_keys() -> Defect {
    Defect::drafts(|_, draft| draft.unique = None)
}

pub(crate) fn sees_no_key_of_the_same_push() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        if drafts.len() < 2 {
            return ready(sound.store.push(tenant, drafts));
        }
        let drafts: Vec<JobDraft> = drafts.to_vec();
        let free = drafts.into_iter().map(|draft| JobDraft {
            unique: None,
            ..draft
        });
        ready(sound.store.push(tenant, &free.collect::<Vec<_>>()))
    })
}

pub(crate) fn takes_twins_of_what_was_dropped_for_repeats() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        let mut seen = BTreeSet::new();
        let mut answers = Vec::new();
        for draft in drafts {
            if seen.insert(draft.id) {
                let draft = std::slice::from_ref(draft);
                answers.extend(ready(sound.store.push(tenant, draft))?);
            } else {
                answers.push(Pushed::Repeated);
            }
        }
        Ok(answers)
    })
}

/// Drops the key of a job when a worker gets it.
pub(crate) fn frees_the_key_of_a_running_job() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        let filter = JobFilter {
            state: Some(JobState::Running),
            ..JobFilter::default()
        };
        let running = ready(sound.store.list(tenant, &filter, None, 100))?;
        let held = running.items.iter().any(|job| job.holds_key());
        let drafts = drafts.iter().map(|draft| JobDraft {
            unique: draft.unique.clone().filter(|_| !held),
            ..draft.clone()
        });
        ready(sound.store.push(tenant, &drafts.collect::<Vec<_>>()))
    })
}

pub(crate) fn remembers_keys_of_done_jobs() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        let done = ready(sound.store.queue_stats(tenant))?;
        let done = done.queues.iter().any(|stats| stats.done > 0);
        if done && drafts.iter().any(|draft| draft.unique.is_some()) {
            return Ok(vec![Pushed::Taken { by: job_id(1) }; drafts.len()]);
        }
        ready(sound.store.push(tenant, drafts))
    })
}

pub(crate) fn lets_dead_jobs_hold_their_keys() -> Defect {
    Defect::push(|sound, tenant, drafts| {
        let dead = ready(sound.store.queue_stats(tenant))?;
        let dead = dead.queues.iter().any(|stats| stats.dead > 0);
        if dead && drafts.iter().any(|draft| draft.unique.is_some()) {
            return Ok(vec![Pushed::Taken { by: job_id(1) }; drafts.len()]);
        }
        ready(sound.store.push(tenant, drafts))
    })
}

pub(crate) fn keeps_keys_for_all_queues() -> Defect {
    Defect::drafts(|_, draft| {
        if draft.unique.is_some() {
            draft.queue = queue("mail");
        }
    })
}

pub(crate) fn redrives_past_a_taken_key() -> Defect {
    Defect::redrive(|sound, tenant, ids| {
        let answers = ready(sound.store.redrive(tenant, ids))?;
        let answer = |answer| match answer {
            RedriveAnswer::Taken { .. } => RedriveAnswer::Ready,
            RedriveAnswer::Ready | RedriveAnswer::NotDead => answer,
        };
        Ok(answers.into_iter().map(answer).collect())
    })
}

/// A change set's job beside the holder of its key is found, as if it had been kept.
pub(crate) fn keeps_jobs_of_change_sets_beside_the_holder() -> Defect {
    Defect::job(|sound, tenant, id| {
        let found = sound.found(tenant, id);
        let pushed = sound.pushed.lock().unwrap().contains(&id);
        let holder = sound.found(tenant, job_id(1));
        let taken = holder.filter(|job| job.draft.unique == Some(job_key("k")));
        Ok(found.or_else(|| taken.filter(|_| !pushed && id == job_id(2))))
    })
}

pub(crate) fn gives_jobs_before_their_time() -> Defect {
    Defect::drafts(|_, draft| {
        if let RunAt::At(at) = draft.run_at {
            let early = at.checked_add_micros(-1).unwrap_or(at);
            draft.run_at = RunAt::At(early);
        }
    })
}

pub(crate) fn ignores_priorities() -> Defect {
    Defect::drafts(|_, draft| draft.priority = Priority::Normal)
}

pub(crate) fn gives_the_newest_first() -> Defect {
    Defect::claimed(|_, _, _, claimed| {
        let priority = |job: &oms_core::job::Job| job.draft.priority;
        claimed.jobs.reverse();
        claimed.jobs.sort_by_key(priority);
    })
}

pub(crate) fn gives_one_more_than_was_asked() -> Defect {
    Defect::claim(|sound, tenant, wanted, lease_secs| {
        let mut wanted = wanted.to_vec();
        wanted
            .iter_mut()
            .for_each(|demand| demand.jobs += usize::from(demand.jobs < 1_000));
        ready(sound.store.claim(tenant, &wanted, lease_secs))
    })
}

pub(crate) fn serves_queues_in_another_order() -> Defect {
    Defect::claimed(|_, _, wanted, claimed| {
        if wanted.len() > 1 {
            claimed.jobs.reverse();
        }
    })
}

pub(crate) fn gives_running_jobs_again() -> Defect {
    Defect::claim(|sound, tenant, wanted, _| {
        ready(sound.store.claim(tenant, wanted, 1)).map(|mut claimed| {
            if claimed.jobs.is_empty() {
                let running = JobFilter {
                    state: Some(JobState::Running),
                    ..JobFilter::default()
                };
                let again = ready(sound.store.list(tenant, &running, None, 1));
                claimed.jobs.extend(again.unwrap().items);
            }
            claimed
        })
    })
}

pub(crate) fn never_says_when_a_job_is_due() -> Defect {
    Defect::claimed(|_, _, _, claimed| claimed.next_at = None)
}

/// Reads which jobs are due, waits, and takes them for its own.
pub(crate) fn reads_before_it_claims() -> Defect {
    Defect::claim(|sound, tenant, wanted, lease_secs| {
        let ready_jobs = JobFilter {
            queue: wanted.first().map(|demand| demand.queue.clone()),
            state: Some(JobState::Ready),
        };
        let seen = ready(sound.store.list(tenant, &ready_jobs, None, 4))?.items;
        std::thread::sleep(std::time::Duration::from_millis(2));
        let mut claimed = ready(sound.store.claim(tenant, wanted, lease_secs))?;
        if wanted.len() == 1 && seen.len() == 4 {
            claimed.jobs = seen;
        }
        Ok(claimed)
    })
}

pub(crate) fn leaves_the_jobs_of_dead_workers() -> Defect {
    Defect::claim(|sound, tenant, wanted, lease_secs| {
        let long = if lease_secs == 0 { 0 } else { 80_000 };
        ready(
            sound
                .store
                .claim(tenant, wanted, long.min(lease_secs.saturating_mul(2_000))),
        )
    })
}

pub(crate) fn says_it_extended_and_did_not() -> Defect {
    Defect::extend(|sound, tenant, leases, lease_secs| {
        let answers = ready(sound.store.extend(tenant, leases, lease_secs.min(86_401)))?;
        ready(sound.store.extend(tenant, leases, 1))?;
        Ok(answers)
    })
}

pub(crate) fn completes_for_anybody() -> Defect {
    Defect::complete(|sound, tenant, leases| {
        let current = leases.iter().map(|lease| sound.current(tenant, *lease));
        ready(sound.store.complete(tenant, &current.collect::<Vec<_>>()))
    })
}

pub(crate) fn fails_for_anybody() -> Defect {
    Defect::fail(|sound, tenant, reports| {
        let mut reports = reports.to_vec();
        for report in &mut reports {
            report.lease = sound.current(tenant, report.lease);
        }
        ready(sound.store.fail(tenant, &reports))
    })
}

pub(crate) fn extends_for_anybody() -> Defect {
    Defect::extend(|sound, tenant, leases, lease_secs| {
        let current = leases.iter().map(|lease| sound.current(tenant, *lease));
        ready(
            sound
                .store
                .extend(tenant, &current.collect::<Vec<_>>(), lease_secs),
        )
    })
}

pub(crate) fn hands_back_for_anybody() -> Defect {
    Defect::hand_back(|sound, tenant, leases| {
        let current = leases.iter().map(|lease| sound.current(tenant, *lease));
        ready(sound.store.hand_back(tenant, &current.collect::<Vec<_>>()))
    })
}

/// Takes the lease of a job that was there before for that of the one there is.
pub(crate) fn counts_leases_from_one_again() -> Defect {
    Defect::complete(|sound, tenant, leases| {
        let told = leases.iter().map(|lease| {
            let job = sound.found(tenant, lease.id);
            let before = job.is_some_and(|job| job.pushed_at.micros().unsigned_abs() > lease.token);
            if before {
                sound.current(tenant, *lease)
            } else {
                *lease
            }
        });
        ready(sound.store.complete(tenant, &told.collect::<Vec<_>>()))
    })
}

pub(crate) fn loses_leases_that_are_over() -> Defect {
    Defect::complete(|sound, tenant, leases| {
        let over = |lease: &&Lease| {
            let claim = JobCommand::Claim { lease_secs: 1 };
            sound.decides(tenant, lease.id, &claim)
        };
        if leases.iter().any(|lease| over(&lease)) {
            return Ok(vec![LeaseAnswer::Lost; leases.len()]);
        }
        ready(sound.store.complete(tenant, leases))
    })
}

/// A job that used up its attempts is given once more.
pub(crate) fn gives_poison_for_ever() -> Defect {
    Defect::drafts(|_, draft| {
        if draft.max_attempts == 2 {
            draft.max_attempts = 99;
        }
    })
}

pub(crate) fn answers_for_all_leases_as_for_the_last() -> Defect {
    Defect::complete(|sound, tenant, leases| {
        let answers = ready(sound.store.complete(tenant, leases))?;
        let last = answers.last().copied();
        Ok(answers.iter().filter_map(|_| last).collect())
    })
}

/// Looks at all leases before it does what the first one asks for.
pub(crate) fn takes_a_lease_as_often_as_it_is_shown() -> Defect {
    Defect::complete(|sound, tenant, leases| {
        let answer = |lease: &Lease| {
            let command = JobCommand::Complete { lease: *lease };
            if sound.decides(tenant, lease.id, &command) {
                LeaseAnswer::Held
            } else {
                LeaseAnswer::Lost
            }
        };
        let answers = leases.iter().map(answer).collect();
        ready(sound.store.complete(tenant, leases))?;
        Ok(answers)
    })
}

pub(crate) fn counts_nothing() -> Defect {
    Defect::counted(|stats| stats.done = 0)
}

pub(crate) fn counts_an_attempt_that_is_handed_back() -> Defect {
    Defect::hand_back(|sound, tenant, leases| {
        let failure = AttemptFailure::transient("handed back");
        let reports = leases.iter().map(|lease| oms_core::port::FailureReport {
            lease: *lease,
            failure: failure.clone(),
            pause_micros: 0,
        });
        let reports: Vec<_> = reports.collect();
        let answers = ready(sound.store.fail(tenant, &reports))?;
        let answer = |answer: &oms_core::port::FailAnswer| match answer {
            oms_core::port::FailAnswer::Lost => LeaseAnswer::Lost,
            oms_core::port::FailAnswer::Retrying { .. } | oms_core::port::FailAnswer::Dead => {
                LeaseAnswer::Held
            }
        };
        Ok(answers.iter().map(answer).collect())
    })
}

pub(crate) fn mixes_up_failures() -> Defect {
    Defect::fail(|sound, tenant, reports| {
        let mut mixed = reports.to_vec();
        for (report, other) in mixed.iter_mut().zip(reports.iter().rev()) {
            report.failure = other.failure.clone();
        }
        ready(sound.store.fail(tenant, &mixed))
    })
}

pub(crate) fn retries_at_once() -> Defect {
    Defect::fail(|sound, tenant, reports| {
        let mut reports = reports.to_vec();
        reports
            .iter_mut()
            .for_each(|report| report.pause_micros = 0);
        ready(sound.store.fail(tenant, &reports))
    })
}

pub(crate) fn retries_for_ever() -> Defect {
    Defect::drafts(|_, draft| draft.max_attempts = draft.max_attempts.saturating_mul(9))
}

pub(crate) fn takes_every_failure_for_transient() -> Defect {
    Defect::fail(|sound, tenant, reports| {
        let mut reports = reports.to_vec();
        for report in &mut reports {
            report.failure.kind = FailureKind::Transient;
        }
        ready(sound.store.fail(tenant, &reports))
    })
}

pub(crate) fn keeps_the_last_error_only() -> Defect {
    Defect::job(|sound, tenant, id| {
        let mut job = sound.found(tenant, id);
        if let Some(job) = &mut job {
            job.errors = job.errors.split_off(job.errors.len().saturating_sub(1));
        }
        Ok(job)
    })
}

/// A redriven job is made anew, so its token begins again.
pub(crate) fn redrives_as_a_new_job() -> Defect {
    Defect::redrive(|sound, tenant, ids| {
        let mut answers = Vec::new();
        for id in ids {
            let dead = sound.found(tenant, *id);
            let dead = dead.filter(|job| job.state == JobState::Dead);
            let Some(job) = dead.filter(|job| job.draft.unique.is_none()) else {
                answers.extend(ready(sound.store.redrive(tenant, &[*id]))?);
                continue;
            };
            ready(sound.store.delete(tenant, &[*id]))?;
            ready(sound.store.push(tenant, &[job.draft]))?;
            answers.push(RedriveAnswer::Ready);
        }
        Ok(answers)
    })
}

pub(crate) fn redrives_running_jobs() -> Defect {
    Defect::redrive(|sound, tenant, ids| {
        for id in ids {
            let running = sound.found(tenant, *id).and_then(|job| job.lease());
            if let Some(lease) = running {
                ready(sound.store.hand_back(tenant, &[lease]))?;
            }
        }
        ready(sound.store.redrive(tenant, ids))
    })
}

pub(crate) fn keeps_deleted_jobs() -> Defect {
    Defect::delete(|sound, tenant, ids| {
        Ok(ids
            .iter()
            .map(|id| sound.found(tenant, *id).is_some())
            .collect())
    })
}

pub(crate) fn fires_new_schedules_at_once() -> Defect {
    Defect::fire(|sound, tenant, schedule, at, draft| {
        let fired = ready(sound.store.fire(tenant, schedule, at, draft))?;
        if fired == Fired::Noted {
            let pushed = ready(sound.store.push(tenant, std::slice::from_ref(draft)))?;
            return Ok(Fired::Pushed(pushed.into_iter().next().unwrap()));
        }
        Ok(fired)
    })
}

pub(crate) fn fires_every_time_it_is_asked() -> Defect {
    Defect::fire(|sound, tenant, schedule, at, draft| {
        let fired = ready(sound.store.fire(tenant, schedule, at, draft))?;
        match fired {
            Fired::Already { last } if last == at => {
                let pushed = ready(sound.store.push(tenant, std::slice::from_ref(draft)))?;
                Ok(Fired::Pushed(pushed.into_iter().next().unwrap()))
            }
            Fired::Noted | Fired::Pushed(_) | Fired::Already { .. } => Ok(fired),
        }
    })
}

pub(crate) fn fires_every_time_it_is_asked_in_a_race() -> Defect {
    fires_every_time_it_is_asked()
}

pub(crate) fn fires_earlier_times() -> Defect {
    Defect::fire(|sound, tenant, schedule, at, draft| {
        let fired = ready(sound.store.fire(tenant, schedule, at, draft))?;
        match fired {
            Fired::Already { last } if last > at => {
                let pushed = ready(sound.store.push(tenant, std::slice::from_ref(draft)))?;
                Ok(Fired::Pushed(pushed.into_iter().next().unwrap()))
            }
            Fired::Noted | Fired::Pushed(_) | Fired::Already { .. } => Ok(fired),
        }
    })
}

pub(crate) fn believes_every_clock() -> Defect {
    let latest: Mutex<BTreeMap<(TenantId, ScheduleName), Timestamp>> = Mutex::default();
    Defect::fire(move |sound, tenant, schedule, at, draft| {
        let mut latest = latest.lock().unwrap();
        let last = latest.entry((tenant.clone(), schedule.clone()));
        let last = last.or_insert(Timestamp::EPOCH);
        if *last >= at {
            return Ok(Fired::Already { last: *last });
        }
        *last = at;
        ready(sound.store.fire(tenant, schedule, at, draft))
    })
}

pub(crate) fn knows_one_schedule_only() -> Defect {
    Defect::fire(|sound, tenant, _, at, draft| {
        let one = oms_core::testing::build::schedule("one");
        ready(sound.store.fire(tenant, &one, at, draft))
    })
}

pub(crate) fn skips_a_job_per_page() -> Defect {
    Defect::list(|sound, tenant, filter, after, limit| {
        let mut page = ready(sound.store.list(tenant, filter, after, limit))?;
        if after.is_some() && !page.items.is_empty() {
            page.items.remove(0);
        }
        Ok(page)
    })
}

pub(crate) fn lists_every_state() -> Defect {
    Defect::list(|sound, tenant, filter, after, limit| {
        let filter = JobFilter {
            state: None,
            ..filter.clone()
        };
        ready(sound.store.list(tenant, &filter, after, limit))
    })
}

pub(crate) fn counts_scheduled_jobs_as_ready() -> Defect {
    Defect::counted(|stats| {
        stats.ready += stats.scheduled;
        stats.scheduled = 0;
    })
}

pub(crate) fn takes_leases_of_any_length() -> Defect {
    Defect::claim(|sound, tenant, wanted, lease_secs| {
        ready(
            sound
                .store
                .claim(tenant, wanted, lease_secs.clamp(1, 86_400)),
        )
    })
}

pub(crate) fn gives_jobs_of_any_tenant() -> Defect {
    Defect::claim(|sound, asked, wanted, lease_secs| {
        let mut claimed = ready(sound.store.claim(asked, wanted, lease_secs))?;
        if claimed.jobs.is_empty() && *asked != tenant("acme") {
            claimed = ready(sound.store.claim(&tenant("acme"), wanted, lease_secs))?;
        }
        Ok(claimed)
    })
}

/// The tenant that the suite fills first, if the one that asks has no such job.
fn whose(sound: &Sound, asked: &TenantId, id: Option<JobId>) -> TenantId {
    match id.and_then(|id| sound.found(asked, id)) {
        Some(_) => asked.clone(),
        None => tenant("acme"),
    }
}

pub(crate) fn counts_jobs_of_any_tenant() -> Defect {
    Defect::queue_stats(|sound, _| ready(sound.store.queue_stats(&tenant("acme"))))
}

pub(crate) fn extends_for_any_tenant() -> Defect {
    Defect::extend(|sound, asked, leases, lease_secs| {
        let owner = whose(sound, asked, leases.first().map(|lease| lease.id));
        ready(sound.store.extend(&owner, leases, lease_secs))
    })
}

pub(crate) fn fails_for_any_tenant() -> Defect {
    Defect::fail(|sound, asked, reports| {
        let owner = whose(sound, asked, reports.first().map(|report| report.lease.id));
        ready(sound.store.fail(&owner, reports))
    })
}

pub(crate) fn hands_back_for_any_tenant() -> Defect {
    Defect::hand_back(|sound, asked, leases| {
        let owner = whose(sound, asked, leases.first().map(|lease| lease.id));
        ready(sound.store.hand_back(&owner, leases))
    })
}

pub(crate) fn redrives_for_any_tenant() -> Defect {
    Defect::redrive(|sound, asked, ids| {
        let owner = whose(sound, asked, ids.first().copied());
        ready(sound.store.redrive(&owner, ids))
    })
}

pub(crate) fn lists_jobs_of_any_tenant() -> Defect {
    Defect::list(|sound, _, filter, after, limit| {
        ready(sound.store.list(&tenant("acme"), filter, after, limit))
    })
}

pub(crate) fn keeps_keys_for_all_tenants() -> Defect {
    Defect::push(|sound, asked, drafts| {
        let held = sound.found(&tenant("acme"), job_id(1));
        let held = held.is_some_and(|job| job.holds_key()) && *asked != tenant("acme");
        if held && drafts.iter().any(|draft| draft.unique.is_some()) {
            return Ok(vec![Pushed::Taken { by: job_id(1) }; drafts.len()]);
        }
        ready(sound.store.push(asked, drafts))
    })
}

pub(crate) fn keeps_schedules_for_all_tenants() -> Defect {
    Defect::fire(|sound, _, schedule, at, draft| {
        ready(sound.store.fire(&tenant("acme"), schedule, at, draft))
    })
}

pub(crate) fn forgets_when_jobs_were_pushed() -> Defect {
    Defect::job(|sound, tenant, id| {
        let mut job = sound.found(tenant, id);
        if let Some(job) = &mut job {
            job.pushed_at = Timestamp::EPOCH;
        }
        Ok(job)
    })
}

pub(crate) fn takes_no_call_with_a_high_token() -> Defect {
    Defect::complete(|sound, tenant, leases| {
        if let Some(why) = leases
            .iter()
            .find_map(|lease| i64::try_from(lease.token).err())
        {
            let detail = why.to_string();
            return Err(StoreError::InvalidCall { detail });
        }
        ready(sound.store.complete(tenant, leases))
    })
}
