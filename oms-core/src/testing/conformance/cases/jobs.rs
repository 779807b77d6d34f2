//! Jobs, written with the change that asks for them.

use crate::job::JobDraft;
use crate::testing::build::{Change, job};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{same, same_json, some};
use crate::testing::conformance::scene::{PLENTY, Scene, later};
use crate::testing::conformance::walk::walk;

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
