//! Attempts that fail: pauses, deaths, errors, redriving, deleting.

use super::{PAUSE_SECS, draft, lease};
use crate::job::{AttemptFailure, JobState};
use crate::port::{FailAnswer, RedriveAnswer};
use crate::testing::build::job_id;
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::{Scene, later};

pub(crate) async fn a_failed_attempt_is_repeated_after_its_pause(
    scene: Scene,
) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let job = scene.claim_one().await?;
    let busy = AttemptFailure::transient("busy");
    let answer = scene.fail(lease(&job)?, busy).await?;
    let now = scene.now().await?;
    let due_at = later(now, PAUSE_SECS);
    same("the answer", &answer, &FailAnswer::Retrying { due_at })?;
    scene.found_in(1, JobState::Retrying).await?;
    scene.advance_secs(PAUSE_SECS - 1).await?;
    same("before", &scene.claim_jobs(1).await?.len(), &0)?;
    scene.advance_secs(1).await?;
    let again = scene.claim_one().await?;
    same("the attempt", &again.attempts, &2)
}

pub(crate) async fn the_last_attempt_that_fails_kills(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1).with_max_attempts(1)]).await?;
    let job = scene.claim_one().await?;
    let answer = scene.fail(lease(&job)?, AttemptFailure::transient("busy"));
    same("the answer", &answer.await?, &FailAnswer::Dead)?;
    scene.found_in(1, JobState::Dead).await?;
    same("died", &scene.stats().await?.died, &1)
}

pub(crate) async fn a_failure_for_good_kills_at_once(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    scene.kill_only(1).await?;
    scene.found_in(1, JobState::Dead).await?;
    Ok(())
}

pub(crate) async fn a_dead_job_is_not_claimed_and_keeps_its_errors(
    scene: Scene,
) -> Result<(), Failure> {
    scene.keep(&[draft(1).with_max_attempts(2)]).await?;
    for attempt in 1..=2 {
        let job = scene.claim_one().await?;
        let failure = AttemptFailure::transient(format!("error {attempt}"));
        scene.fail(lease(&job)?, failure).await?;
        scene.advance_secs(3_600).await?;
    }
    same("claimed", &scene.claim_jobs(1).await?.len(), &0)?;
    let job = scene.found_in(1, JobState::Dead).await?;
    let told: Vec<_> = job.errors.iter().map(|e| (e.attempt, &*e.error)).collect();
    same("its errors", &told, &vec![(1, "error 1"), (2, "error 2")])
}

pub(crate) async fn a_redriven_job_has_all_its_attempts(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1).with_max_attempts(1)]).await?;
    scene.kill_only(1).await?;
    let before = scene.found_in(1, JobState::Dead).await?.token;
    let queue = scene.queue()?;
    let answers = queue.redrive(scene.tenant(), &[job_id(1)]).await?;
    same("the answer", &answers, &vec![RedriveAnswer::Ready])?;
    let job = scene.claim_one().await?;
    let facts = (job.attempts, job.token, job.errors.len());
    same("attempt, token, errors", &facts, &(1, before + 1, 1))
}

pub(crate) async fn only_dead_jobs_are_redriven(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1), draft(2)]).await?;
    let running = scene.claim_one().await?;
    let ids = [job_id(1), job_id(2), job_id(3)];
    let answers = scene.queue()?.redrive(scene.tenant(), &ids).await?;
    same("the answers", &answers, &vec![RedriveAnswer::NotDead; 3])?;
    let found = scene.found_in(1, JobState::Running).await?;
    same("the lease", &found.lease(), &running.lease())
}

pub(crate) async fn a_deleted_job_is_gone(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1), draft(2)]).await?;
    scene.kill_only(1).await?;
    let ids = [job_id(9), job_id(1)];
    let answers = scene.queue()?.delete(scene.tenant(), &ids).await?;
    same("the answers", &answers, &vec![false, true])?;
    scene.gone(1).await?;
    scene.found_in(2, JobState::Ready).await?;
    Ok(())
}
