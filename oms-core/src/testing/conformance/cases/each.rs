//! Commits of several tenants by one call: each is answered as if it had come alone.

use crate::plan::{DocumentWrite, Outcome, Refusal};
use crate::port::{StoreError, TenantBatch};
use crate::testing::build::{Change, host, host_document, stock, update, version};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::Scene;
use crate::value::limits::BATCH_ITEMS_MAX;

use super::batch::doomed;

type Answer = Result<Vec<Outcome>, StoreError>;

/// Tenants that all have what orders point to.
async fn tenants(scene: &Scene) -> Result<[Scene; 3], Failure> {
    Ok([
        scene.as_tenant("globex").await?,
        scene.as_tenant("initech").await?,
        scene.as_tenant("umbrella").await?,
    ])
}

/// Sends what each of them commits in one call.
async fn commit_each(parts: &[(&Scene, Vec<Change>)]) -> Result<Vec<Answer>, Failure> {
    let Some((first, _)) = parts.first() else {
        return Ok(Vec::new());
    };
    let now = first.now().await?;
    let batch = |(scene, changes): &(&Scene, Vec<Change>)| TenantBatch {
        tenant: scene.tenant().clone(),
        items: changes
            .iter()
            .map(|change| change.clone().at(now))
            .collect(),
    };
    let batches: Vec<TenantBatch> = parts.iter().map(batch).collect();
    let answers = first.store().commit_each(&batches).await;
    same("how many answers there are", &answers.len(), &parts.len())?;
    Ok(answers)
}

/// Whether each item of each batch was committed; nothing where a batch failed.
fn committed(answers: &[Answer]) -> Vec<Vec<bool>> {
    let of_batch = |answer: &Answer| match answer {
        Ok(outcomes) => {
            let committed = |outcome: &Outcome| matches!(outcome, Outcome::Committed { .. });
            outcomes.iter().map(committed).collect()
        }
        Err(_) => Vec::new(),
    };
    answers.iter().map(of_batch).collect()
}

pub(crate) async fn tenants_that_commit_together_write_what_is_their_own(
    scene: Scene,
) -> Result<(), Failure> {
    let [globex, initech, umbrella] = tenants(&scene).await?;
    let tea = stock("north", "TEA");
    let own = |n: u32| {
        let document = DocumentWrite {
            version: version(u64::from(n)),
            ..host_document("x")
        };
        Change::new("same-key").document(document).receive(&tea, n)
    };
    let parts = [
        (&umbrella, vec![own(3)]),
        (&globex, vec![own(1)]),
        (&initech, vec![own(2)]),
    ];
    let answers = commit_each(&parts).await?;
    let all = vec![vec![true]; 3];
    same("what was committed", &committed(&answers), &all)?;
    for (n, tenant) in [(1, &globex), (2, &initech), (3, &umbrella)] {
        let found = tenant.document(&host("x")).await?;
        let found = found.map(|document| document.version);
        same("its document", &found, &Some(version(u64::from(n))))?;
        let level = tenant.level(&tea).await?;
        same("on hand", &level.on_hand.get(), &n)?;
    }
    Ok(())
}

pub(crate) async fn tenants_that_commit_together_are_refused_alone(
    scene: Scene,
) -> Result<(), Failure> {
    let [globex, initech, umbrella] = tenants(&scene).await?;
    let parts = [
        (
            &umbrella,
            vec![Change::new("1").document(host_document("x"))],
        ),
        (
            &globex,
            vec![
                Change::new("1").document(host_document("x")),
                doomed(Change::new("2").document(host_document("y"))),
            ],
        ),
        (
            &initech,
            vec![Change::new("1").document(host_document("x"))],
        ),
    ];
    let answers = commit_each(&parts).await?;
    let wanted = vec![vec![true], vec![true, false], vec![true]];
    same("what was committed", &committed(&answers), &wanted)?;
    let refused = answers
        .get(1)
        .and_then(|answer| answer.as_ref().ok()?.get(1));
    check(
        matches!(refused, Some(Outcome::Refused(Refusal::Conflict { .. }))),
        &format!("not refused for its own reason: {refused:?}"),
    )?;
    let left = globex.document(&host("y")).await?;
    check(left.is_none(), "the refused item left a document")
}

pub(crate) async fn who_commits_twice_by_one_call_is_served_in_order(
    scene: Scene,
) -> Result<(), Failure> {
    let [globex, initech, _] = tenants(&scene).await?;
    let parts = [
        (
            &initech,
            vec![Change::new("1").document(host_document("x"))],
        ),
        (&globex, vec![Change::new("1").document(host_document("x"))]),
        (
            &initech,
            vec![Change::new("2").document(update(host_document("x"), 1))],
        ),
    ];
    let answers = commit_each(&parts).await?;
    same(
        "what was committed",
        &committed(&answers),
        &vec![vec![true]; 3],
    )
}

pub(crate) async fn too_much_of_one_tenant_is_an_invalid_call_of_its_own(
    scene: Scene,
) -> Result<(), Failure> {
    let [globex, initech, _] = tenants(&scene).await?;
    let many = (0..=BATCH_ITEMS_MAX).map(|n| Change::new(&n.to_string()));
    let parts = [
        (&globex, many.collect()),
        (
            &initech,
            vec![Change::new("1").document(host_document("x"))],
        ),
    ];
    let answers = commit_each(&parts).await?;
    check(
        matches!(answers.first(), Some(Err(StoreError::InvalidCall { .. }))),
        "more items than allowed are no invalid call",
    )?;
    same(
        "what was committed",
        &committed(&answers),
        &vec![vec![], vec![true]],
    )
}
