//! Jobs, written with the change that asks for them.

use crate::job::JobDraft;
use crate::plan::Outcome;
use crate::testing::build::{Change, host, host_document, job, job_id, job_key};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{
    check, defect, same, same_json, second_is_defect, some,
};
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

/// A job of a change set, beside a document of its own.
fn beside(key: &str, draft: JobDraft) -> Change {
    Change::new(key).document(host_document(key)).job(draft)
}

/// Job number 1 of a change set.
fn first(key: &str, attempts: u16, now: Timestamp) -> Change {
    beside(key, job(1, now).with_max_attempts(attempts))
}

/// Fails unless the job with `attempts` attempts is all that is kept.
async fn kept_once(scene: &Scene, attempts: u16) -> Result<(), Failure> {
    let page = scene.store().jobs(scene.tenant(), None, PLENTY).await?;
    let drafts = page.items.iter();
    let found: Vec<_> = drafts.map(|job| (job.id, job.max_attempts)).collect();
    same("the jobs", &found, &vec![(job_id(1), attempts)])?;
    let document = scene.document(&host("second")).await?;
    same("what came with the second job", &document, &None)
}

pub(crate) async fn a_job_id_that_was_used_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    scene.accept(first("first", 2, now)).await?;
    let refusal = scene.refuse(first("second", 5, now)).await?;
    defect(&refusal)?;
    kept_once(&scene, 2).await
}

pub(crate) async fn a_job_id_is_used_once_in_a_batch(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let twins = [first("first", 2, now), first("second", 5, now)];
    let outcomes = scene.batch(twins).await?;
    second_is_defect(&outcomes)?;
    kept_once(&scene, 2).await
}

pub(crate) async fn the_id_of_a_dropped_job_is_free_in_a_batch(
    scene: Scene,
) -> Result<(), Failure> {
    let now = scene.now().await?;
    let keyed = |n: u64, key: &str| job(n, now).with_unique(job_key(key));
    scene.accept(beside("holder", keyed(1, "taken"))).await?;
    // The key of one is taken before, that of the other in the batch.
    let batch = [
        beside("1-dropped", keyed(2, "taken")),
        beside("2-again", job(2, now)),
        beside("3-kept", keyed(3, "new")),
        beside("4-dropped", keyed(4, "new")),
        beside("5-again", job(4, now)),
    ];
    let outcomes = scene.batch(batch).await?;
    let committed = outcomes.iter().all(Outcome::is_done);
    check(committed, "an id of a dropped job counts as used")?;
    let page = scene.store().jobs(scene.tenant(), None, PLENTY).await?;
    let found = page.items.into_iter().map(|job| (job.id, job.unique));
    let wanted = [(1, Some("taken")), (2, None), (3, Some("new")), (4, None)];
    let wanted = wanted.map(|(n, key)| (job_id(n), key.map(job_key)));
    same("the jobs", &found.collect::<Vec<_>>(), &wanted.to_vec())
}
