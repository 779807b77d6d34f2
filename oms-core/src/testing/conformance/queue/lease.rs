//! Leases: taken over, made longer, lost, handed back.

use super::{LEASE_SECS, PAUSE_MICROS, draft, lease, nth};
use crate::job::{AttemptFailure, JobState, LEASE_EXPIRED, Lease};
use crate::port::{FailAnswer, FailureReport, LeaseAnswer};
use crate::testing::build::job_id;
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same, some};
use crate::testing::conformance::scene::Scene;

/// How far the clock is moved on to be at the end of a lease.
const OVER: i64 = 30;

pub(crate) async fn a_job_whose_lease_is_over_is_taken_over(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let first = scene.claim_one().await?;
    scene.advance_secs(OVER - 1).await?;
    same("before", &scene.claim_jobs(1).await?.len(), &0)?;
    let at = scene.advance_secs(1).await?;
    let second = scene.claim_one().await?;
    let facts = (second.attempts, second.token);
    same("attempt and token", &facts, &(2, first.token + 1))?;
    let error = some("the error", second.errors.first())?;
    let told = (error.attempt, error.at, &*error.error);
    same("what is kept", &told, &(1, at, LEASE_EXPIRED))
}

pub(crate) async fn an_extended_lease_lasts_from_then(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let job = scene.claim_one().await?;
    scene.advance_secs(OVER - 1).await?;
    let (queue, leases) = (scene.queue()?, [lease(&job)?]);
    let answers = queue.extend(scene.tenant(), &leases, LEASE_SECS);
    same("the answer", &answers.await?, &vec![LeaseAnswer::Held])?;
    scene.advance_secs(OVER - 1).await?;
    same("before its end", &scene.claim_jobs(1).await?.len(), &0)?;
    scene.advance_secs(1).await?;
    scene.claim_one().await?;
    Ok(())
}

/// Job 1, taken over from the first worker.
async fn taken_over(scene: &Scene) -> Result<Lease, Failure> {
    scene.keep(&[draft(1)]).await?;
    let late = lease(&scene.claim_one().await?)?;
    scene.advance_secs(OVER).await?;
    scene.claim_one().await?;
    Ok(late)
}

pub(crate) async fn a_lost_lease_completes_nothing(scene: Scene) -> Result<(), Failure> {
    let late = taken_over(&scene).await?;
    let answers = scene.complete(&[late]).await?;
    same("the answer", &answers, &vec![LeaseAnswer::Lost])?;
    scene.found_in(1, JobState::Running).await?;
    Ok(())
}

pub(crate) async fn a_lost_lease_fails_nothing(scene: Scene) -> Result<(), Failure> {
    let late = taken_over(&scene).await?;
    let answer = scene.fail(late, AttemptFailure::permanent("late")).await?;
    same("the answer", &answer, &FailAnswer::Lost)?;
    scene.found_in(1, JobState::Running).await?;
    Ok(())
}

pub(crate) async fn a_lost_lease_is_not_made_longer(scene: Scene) -> Result<(), Failure> {
    let late = taken_over(&scene).await?;
    let before = scene.found_in(1, JobState::Running).await?.due_at;
    let queue = scene.queue()?;
    let answers = queue
        .extend(scene.tenant(), &[late], LEASE_SECS * 2)
        .await?;
    same("the answer", &answers, &vec![LeaseAnswer::Lost])?;
    let after = scene.found_in(1, JobState::Running).await?.due_at;
    same("the end of the lease", &after, &before)
}

pub(crate) async fn a_lost_lease_hands_nothing_back(scene: Scene) -> Result<(), Failure> {
    let late = taken_over(&scene).await?;
    let answers = scene.queue()?.hand_back(scene.tenant(), &[late]).await?;
    same("the answer", &answers, &vec![LeaseAnswer::Lost])?;
    scene.found_in(1, JobState::Running).await?;
    Ok(())
}

pub(crate) async fn a_lease_of_an_earlier_job_is_lost(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let late = lease(&scene.claim_one().await?)?;
    let queue = scene.queue()?;
    queue.delete(scene.tenant(), &[job_id(1)]).await?;
    scene.advance_secs(1).await?;
    scene.keep(&[draft(1)]).await?;
    let own = lease(&scene.claim_one().await?)?;
    let extended = queue.extend(scene.tenant(), &[late], LEASE_SECS).await?;
    same("made longer", &extended, &vec![LeaseAnswer::Lost])?;
    let failed = scene.fail(late, AttemptFailure::permanent("late")).await?;
    same("failed", &failed, &FailAnswer::Lost)?;
    let given = queue.hand_back(scene.tenant(), &[late]).await?;
    same("handed back", &given, &vec![LeaseAnswer::Lost])?;
    let done = scene.complete(&[late]).await?;
    same("completed", &done, &vec![LeaseAnswer::Lost])?;
    scene.found_in(1, JobState::Running).await?;
    let done = scene.complete(&[own]).await?;
    same("by its own lease", &done, &vec![LeaseAnswer::Held])?;
    scene.gone(1).await
}

pub(crate) async fn a_lease_counts_until_it_is_taken_over(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let job = scene.claim_one().await?;
    scene.advance_secs(OVER * 2).await?;
    let answers = scene.complete(&[lease(&job)?]).await?;
    same("the answer", &answers, &vec![LeaseAnswer::Held])?;
    scene.gone(1).await
}

pub(crate) async fn a_job_that_ends_its_workers_dies(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1).with_max_attempts(2)]).await?;
    for _ in 0..2 {
        scene.claim_one().await?;
        scene.advance_secs(OVER).await?;
    }
    same("a third time", &scene.claim_jobs(1).await?.len(), &0)?;
    let job = scene.found_in(1, JobState::Dead).await?;
    let told: Vec<_> = job.errors.iter().map(|e| (e.attempt, &*e.error)).collect();
    let wanted = vec![(1, LEASE_EXPIRED), (2, LEASE_EXPIRED)];
    same("its errors", &told, &wanted)
}

pub(crate) async fn answers_count_lease_by_lease(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1), draft(2)]).await?;
    let jobs = scene.claim_jobs(2).await?;
    let mut leases = Vec::new();
    for job in &jobs {
        leases.push(lease(job)?);
    }
    let unknown = Lease {
        id: job_id(9),
        token: 1,
    };
    leases.insert(1, unknown);
    leases.reverse();
    let answers = scene.complete(&leases).await?;
    let wanted = vec![LeaseAnswer::Held, LeaseAnswer::Lost, LeaseAnswer::Held];
    same("the answers", &answers, &wanted)
}

pub(crate) async fn a_lease_shown_twice_in_a_call_counts_once(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1), draft(2), draft(3)]).await?;
    let jobs = scene.claim_jobs(3).await?;
    let once = vec![LeaseAnswer::Held, LeaseAnswer::Lost];
    let queue = scene.queue()?;
    let first = lease(nth(&jobs, 0)?)?;
    same("done", &scene.complete(&[first, first]).await?, &once)?;
    same("counted", &scene.stats().await?.done, &1)?;
    let second = lease(nth(&jobs, 1)?)?;
    let twice = [second, second];
    let back = queue.hand_back(scene.tenant(), &twice).await?;
    same("handed back", &back, &once)?;
    let report = FailureReport {
        lease: lease(nth(&jobs, 2)?)?,
        failure: AttemptFailure::transient("busy"),
        pause_micros: PAUSE_MICROS,
    };
    let twice = [report.clone(), report];
    let failed = queue.fail(scene.tenant(), &twice).await?;
    let once = matches!(failed[..], [FailAnswer::Retrying { .. }, FailAnswer::Lost]);
    check(once, &format!("found: {failed:?}"))?;
    let id = second.id;
    let gone = queue.delete(scene.tenant(), &[id, id]).await?;
    same("deleted", &gone, &vec![true, false])
}

pub(crate) async fn a_done_job_is_gone_and_counted(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1), draft(2)]).await?;
    let jobs = scene.claim_jobs(2).await?;
    for job in &jobs {
        scene.complete(&[lease(job)?]).await?;
    }
    scene.gone(1).await?;
    scene.gone(2).await?;
    let stats = scene.stats().await?;
    same("done", &stats.done, &2)?;
    let again = scene.complete(&[lease(nth(&jobs, 0)?)?]).await?;
    same("once more", &again, &vec![LeaseAnswer::Lost])?;
    same("done", &scene.stats().await?.done, &2)
}

pub(crate) async fn a_job_handed_back_is_due_and_its_attempt_does_not_count(
    scene: Scene,
) -> Result<(), Failure> {
    scene.keep(&[draft(1).with_max_attempts(1)]).await?;
    let first = scene.claim_one().await?;
    let queue = scene.queue()?;
    let answers = queue.hand_back(scene.tenant(), &[lease(&first)?]).await?;
    same("the answer", &answers, &vec![LeaseAnswer::Held])?;
    let job = scene.found_in(1, JobState::Ready).await?;
    same("attempts", &job.attempts, &0)?;
    let second = scene.claim_one().await?;
    let facts = (second.attempts, second.token, second.errors.len());
    same("the next attempt", &facts, &(1, first.token + 1, 0))
}

pub(crate) async fn failures_are_told_job_by_job(scene: Scene) -> Result<(), Failure> {
    scene
        .keep(&[draft(1), draft(2).with_max_attempts(1)])
        .await?;
    let jobs = scene.claim_jobs(2).await?;
    let mut reports = Vec::new();
    for job in jobs.iter().rev() {
        reports.push(FailureReport {
            lease: lease(job)?,
            failure: AttemptFailure::transient(format!("error of {}", job.draft.id)),
            pause_micros: PAUSE_MICROS,
        });
    }
    let answers = scene.queue()?.fail(scene.tenant(), &reports).await?;
    let retrying = matches!(answers[..], [FailAnswer::Dead, FailAnswer::Retrying { .. }]);
    let told = format!("found: {answers:?}");
    check(retrying, &told)?;
    for n in [1, 2] {
        let job = some("the job", scene.find(n).await?)?;
        let error = some("the error", job.errors.first())?;
        let wanted = format!("error of {}", job.draft.id);
        same("the error", &error.error, &wanted)?;
    }
    Ok(())
}

pub(crate) async fn a_lease_with_the_highest_token_is_lost(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let own = lease(&scene.claim_one().await?)?;
    let never = Lease {
        token: u64::MAX,
        ..own
    };
    let (queue, both) = (scene.queue()?, [never, own]);
    let wanted = vec![LeaseAnswer::Lost, LeaseAnswer::Held];
    let longer = queue.extend(scene.tenant(), &both, LEASE_SECS).await?;
    same("made longer", &longer, &wanted)?;
    let failed = scene.fail(never, AttemptFailure::permanent("never"));
    same("failed", &failed.await?, &FailAnswer::Lost)?;
    let handed = queue.hand_back(scene.tenant(), &[never]).await?;
    same("handed back", &handed, &vec![LeaseAnswer::Lost])?;
    same("done", &scene.complete(&both).await?, &wanted)
}
