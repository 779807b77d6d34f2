//! Jobs, written with the change that asks for them.

use crate::job::JobDraft;
use crate::plan::{Outcome, Refusal};
use crate::testing::build::{Change, host, host_document, job};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same, same_json, some};
use crate::testing::conformance::scene::{PLENTY, Scene, later};
use crate::testing::conformance::walk::walk;
use crate::value::Timestamp;

pub(crate) async fn a_job_reads_back_as_written(scene: Scene) -> Result<(), Failure> {
    let draft = job(1, later(scene.now().await?, 60));
    scene.accept(Change::new("1").job(draft.clone())).await?;
    let mut page = scene.store().jobs(scene.tenant(), None, PLENTY).await?;
    let found = some("the job", page.items.pop())?;
    same_json("the payload", &found.payload, &draft.payload)?;
    let found = JobDraft {
        payload: draft.payload.clone(),
        ..found
    };
    same("the job", &found, &draft)
}

pub(crate) async fn jobs_are_listed_page_by_page(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let five = (1..=5).fold(Change::new("1"), |change, n| change.job(job(6 - n, now)));
    scene.accept(five).await?;
    let found = walk!(2, |after, limit| scene.store().jobs(
        scene.tenant(),
        after,
        limit
    ));
    let ids: Vec<_> = found.iter().map(|job| job.id).collect();
    let wanted: Vec<_> = (1..=5).map(|n| job(n, now).id).collect();
    same("the jobs", &ids, &wanted)
}

/// Job number 1 of a change set, beside a document of its own.
fn first(key: &str, run_at: Timestamp) -> Change {
    let document = host_document(key);
    Change::new(key).document(document).job(job(1, run_at))
}

/// Fails unless the job that runs at `run_at` is all that is kept.
async fn kept_once(scene: &Scene, run_at: Timestamp) -> Result<(), Failure> {
    let page = scene.store().jobs(scene.tenant(), None, PLENTY).await?;
    let found: Vec<_> = page.items.iter().map(|job| (job.id, job.run_at)).collect();
    let wanted = job(1, run_at);
    same("the jobs", &found, &vec![(wanted.id, wanted.run_at)])?;
    let document = scene.document(&host("second")).await?;
    same("what came with the second job", &document, &None)
}

pub(crate) async fn a_job_id_that_was_used_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    scene.accept(first("first", later(now, 60))).await?;
    let refusal = scene.refuse(first("second", later(now, 90))).await?;
    check(
        matches!(refusal, Refusal::Defect { .. }),
        &format!("found: {refusal:?}"),
    )?;
    kept_once(&scene, later(now, 60)).await
}

pub(crate) async fn a_job_id_is_used_once_in_a_batch(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let twins = [
        first("first", later(now, 60)),
        first("second", later(now, 90)),
    ];
    let outcomes = scene.batch(twins).await?;
    check(
        matches!(
            outcomes.as_slice(),
            [
                Outcome::Committed { .. },
                Outcome::Refused(Refusal::Defect { .. })
            ]
        ),
        &format!("found: {outcomes:?}"),
    )?;
    kept_once(&scene, later(now, 60)).await
}
