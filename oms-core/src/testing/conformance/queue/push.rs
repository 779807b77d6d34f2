//! Pushing: what is kept, repeated, refused; jobs that come with a change set.

use super::{draft, lease, numbers};
use crate::job::{JobDraft, JobRejection, JobState, Priority, RunAt};
use crate::port::Pushed;
use crate::testing::build::{Change, job_id};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{same, same_json};
use crate::testing::conformance::scene::{Scene, later};
use crate::value::RequestId;

pub(crate) async fn a_claimed_job_reads_as_pushed(scene: Scene) -> Result<(), Failure> {
    let trace = RequestId::parse("req-42").map_err(|why| Failure::new(why.to_string()))?;
    let pushed = JobDraft {
        payload: r#"{"text":"Grüße, 茶","list":[1,2.5,null]}"#.into(),
        ..draft(1)
    };
    let pushed = pushed
        .with_priority(Priority::High)
        .with_max_attempts(7)
        .with_trace(trace)
        .at(later(scene.now().await?, -5));
    scene.keep(std::slice::from_ref(&pushed)).await?;
    let job = scene.claim_one().await?;
    same_json("the payload", &job.draft.payload, &pushed.payload)?;
    let found = JobDraft {
        payload: pushed.payload.clone(),
        ..job.draft.clone()
    };
    same("the job", &found, &pushed)?;
    let facts = (job.state, job.attempts, job.errors.len());
    same("a first attempt", &facts, &(JobState::Running, 1, 0))
}

pub(crate) async fn a_second_push_of_an_id_is_a_repeat(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1)]).await?;
    let other = draft(1).with_max_attempts(9);
    let answers = scene.push(&[other]).await?;
    same("the answer", &answers, &vec![Pushed::Repeated])?;
    let job = scene.found_in(1, JobState::Ready).await?;
    same("attempts", &job.draft.max_attempts, &3)
}

pub(crate) async fn a_draft_that_no_store_may_keep_is_refused_alone(
    scene: Scene,
) -> Result<(), Failure> {
    let drafts = [draft(1), draft(2).with_max_attempts(0), draft(3)];
    let answers = scene.push(&drafts).await?;
    let refused = Pushed::Refused(JobRejection::NoAttempts);
    let wanted = vec![Pushed::Kept, refused, Pushed::Kept];
    same("the answers", &answers, &wanted)?;
    scene.gone(2).await
}

pub(crate) async fn a_delay_counts_from_the_push(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[draft(1).after_secs(60)]).await?;
    let job = scene.found_in(1, JobState::Ready).await?;
    let due = later(scene.now().await?, 60);
    same("due", &job.due_at, &due)?;
    same("to run at", &job.draft.run_at, &RunAt::At(due))?;
    same("pushed at", &job.pushed_at, &scene.now().await?)
}

pub(crate) async fn a_delay_of_a_change_set_counts_from_its_plan(
    scene: Scene,
) -> Result<(), Failure> {
    let planned_at = later(scene.now().await?, -2);
    let change = Change::new("1").planned_at(planned_at);
    scene.accept(change.job(draft(1).after_secs(60))).await?;
    let job = scene.found_in(1, JobState::Ready).await?;
    same("due", &job.due_at, &later(planned_at, 60))
}

pub(crate) async fn a_job_of_a_change_set_is_claimed_like_any(scene: Scene) -> Result<(), Failure> {
    let trace = RequestId::parse("req-42").map_err(|why| Failure::new(why.to_string()))?;
    let first = draft(1)
        .with_priority(Priority::Urgent)
        .with_max_attempts(1);
    let first = first.with_trace(trace.clone());
    scene
        .keep(&[draft(2).with_priority(Priority::High)])
        .await?;
    scene.accept(Change::new("1").job(first)).await?;
    let claimed = scene.claim_jobs(2).await?;
    let wanted = vec![job_id(1), job_id(2)];
    same("in order", &numbers(&claimed), &wanted)?;
    let job = scene.found_in(1, JobState::Running).await?;
    let facts = (job.draft.max_attempts, job.draft.trace.clone());
    same("what was asked", &facts, &(1, Some(trace)))?;
    scene.complete(&[lease(&job)?]).await?;
    scene.gone(1).await
}
