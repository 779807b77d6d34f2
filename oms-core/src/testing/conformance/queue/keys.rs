//! Unique keys: one unfinished job per queue and key.

use super::{draft, lease};
use crate::job::{JobDraft, JobState};
use crate::port::{Pushed, RedriveAnswer};
use crate::testing::build::{self, Change, job_id, job_key};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::Scene;

fn keyed(n: u64) -> JobDraft {
    draft(n).with_unique(job_key("k"))
}

async fn taken(scene: &Scene, n: u64, by: u64) -> Result<(), Failure> {
    let answers = scene.push(&[keyed(n)]).await?;
    let wanted = vec![Pushed::Taken { by: job_id(by) }];
    same("the answer", &answers, &wanted)
}

pub(crate) async fn a_draft_whose_key_is_taken_is_dropped(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    taken(&scene, 2, 1).await?;
    scene.gone(2).await
}

pub(crate) async fn a_key_is_taken_once_in_a_push(scene: Scene) -> Result<(), Failure> {
    let answers = scene.push(&[keyed(2), keyed(1), draft(3)]).await?;
    let dropped = Pushed::Taken { by: job_id(2) };
    let wanted = vec![Pushed::Kept, dropped, Pushed::Kept];
    same("the answers", &answers, &wanted)
}

pub(crate) async fn a_draft_whose_twin_is_dropped_is_no_repeat(
    scene: Scene,
) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    let drafts = [draft(3), keyed(2), draft(3), draft(2), draft(2), keyed(3)];
    let answers = scene.push(&drafts).await?;
    let dropped = Pushed::Taken { by: job_id(1) };
    let repeated = Pushed::Repeated;
    let wanted = vec![
        Pushed::Kept,
        dropped,
        repeated.clone(),
        Pushed::Kept,
        repeated.clone(),
        repeated,
    ];
    same("the answers", &answers, &wanted)?;
    scene.found_in(2, JobState::Ready).await?;
    Ok(())
}

pub(crate) async fn a_running_job_holds_its_key(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    scene.claim_one().await?;
    taken(&scene, 2, 1).await
}

pub(crate) async fn a_key_is_free_when_its_job_is_done(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    let job = scene.claim_one().await?;
    scene.complete(&[lease(&job)?]).await?;
    scene.keep(&[keyed(2)]).await
}

pub(crate) async fn a_dead_job_holds_no_key(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    scene.kill_only(1).await?;
    scene.keep(&[keyed(2)]).await
}

pub(crate) async fn one_key_in_two_queues_is_two_keys(scene: Scene) -> Result<(), Failure> {
    let other = JobDraft {
        queue: build::queue("print"),
        ..keyed(2)
    };
    scene.keep(&[keyed(1), other]).await
}

pub(crate) async fn a_redriven_job_takes_no_key_that_is_taken(scene: Scene) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    scene.kill_only(1).await?;
    scene.keep(&[keyed(2)]).await?;
    let answers = scene.queue()?.redrive(scene.tenant(), &[job_id(1)]).await?;
    let wanted = vec![RedriveAnswer::Taken { by: job_id(2) }];
    same("the answer", &answers, &wanted)?;
    scene.found_in(1, JobState::Dead).await?;
    Ok(())
}

pub(crate) async fn a_job_of_a_change_set_is_dropped_if_its_key_is_taken(
    scene: Scene,
) -> Result<(), Failure> {
    scene.keep(&[keyed(1)]).await?;
    scene.accept(Change::new("1").job(keyed(2))).await?;
    scene.gone(2).await?;
    let two = Change::new("2").job(keyed(3)).job(draft(4));
    scene.accept(two).await?;
    let kept = scene.find(4).await?;
    check(kept.is_some(), "a job beside the dropped one is missing")
}

pub(crate) async fn tenants_may_use_the_same_unique_keys(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    scene.keep(&[keyed(1)]).await?;
    other.keep(&[keyed(2)]).await?;
    taken(&scene, 3, 1).await?;
    taken(&other, 3, 2).await
}
