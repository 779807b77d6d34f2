//! Idempotency keys.

use crate::plan::{Fingerprint, Outcome, Refusal};
use crate::port::MovementFilter;
use crate::stock::MovementKind;
use crate::testing::build::{Change, host_document, idempotency_key, movement, stock, stream};
use crate::testing::conformance::Failure;
use crate::testing::conformance::cases::batch::doomed;
use crate::testing::conformance::failure::{check, same, same_json};
use crate::testing::conformance::scene::Scene;

fn told(key: &str) -> Change {
    Change::new(key).event(&stream("told"), "told")
}

pub(crate) async fn a_repeat_answers_the_first_receipt(scene: Scene) -> Result<(), Failure> {
    scene.accept(told("1").receipt(r#"{"answer":1}"#)).await?;
    match scene.commit(told("1").receipt(r#"{"answer":2}"#)).await? {
        Outcome::Repeated { receipt, .. } => same_json("the receipt", &receipt, r#"{"answer":1}"#),
        outcome @ (Outcome::Committed { .. } | Outcome::Refused(_)) => Err(Failure::new(format!(
            "wanted: repeated, found: {outcome:?}"
        ))),
    }
}

pub(crate) async fn a_repeat_tells_when_it_was_committed_first(
    scene: Scene,
) -> Result<(), Failure> {
    let first = scene.now().await?;
    scene.accept(told("1")).await?;
    scene.advance_secs(60).await?;
    let outcome = scene.commit(told("1")).await?;
    let Outcome::Repeated { at, .. } = outcome else {
        return Err(Failure::new(format!(
            "wanted: repeated, found: {outcome:?}"
        )));
    };
    same("committed at", &at, &first)
}

pub(crate) async fn a_repeat_changes_nothing(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    let receive = |n| Change::new("1").movement(movement(n, &tea, MovementKind::Received, 5));
    scene.accept(receive(1)).await?;
    scene.commit(receive(2)).await?;
    let found = scene.movements(&MovementFilter::default()).await?;
    same("movements", &found.len(), &1)
}

pub(crate) async fn a_repeat_is_known_before_its_documents_are_checked(
    scene: Scene,
) -> Result<(), Failure> {
    let create = || Change::new("1").document(host_document("x"));
    scene.accept(create()).await?;
    let outcome = scene.commit(create()).await?;
    check(
        matches!(outcome, Outcome::Repeated { .. }),
        &format!("found: {outcome:?}"),
    )
}

pub(crate) async fn a_key_with_another_fingerprint_is_refused(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let first = told("1").at(now);
    let mut other = first.clone();
    // The last byte counts as much as the first.
    let Fingerprint(bytes) = &mut other.fingerprint;
    if let Some(last) = bytes.last_mut() {
        *last = last.wrapping_add(1);
    }
    let mut outcomes = scene.store().commit(scene.tenant(), &[first]).await?;
    outcomes.extend(scene.store().commit(scene.tenant(), &[other]).await?);
    let reused = Refusal::KeyReused {
        key: idempotency_key("1"),
    };
    same(
        "the second outcome",
        &outcomes.get(1),
        &Some(&Outcome::Refused(reused)),
    )
}

pub(crate) async fn a_refused_key_may_be_used_again(scene: Scene) -> Result<(), Failure> {
    scene
        .refuse(doomed(Change::new("1").asking("one thing")))
        .await?;
    scene.accept(told("1").asking("another thing")).await?;
    Ok(())
}

pub(crate) async fn a_key_is_committed_once_in_a_batch(scene: Scene) -> Result<(), Failure> {
    let outcomes = scene.batch([told("1"), told("1")]).await?;
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|one| wanted(one)).count();
    let committed = count(|outcome| matches!(outcome, Outcome::Committed { .. }));
    let repeated = count(|outcome| matches!(outcome, Outcome::Repeated { .. }));
    same(
        "one is committed, one repeated",
        &(committed, repeated),
        &(1, 1),
    )
}

pub(crate) async fn another_command_of_a_batch_may_not_use_its_key(
    scene: Scene,
) -> Result<(), Failure> {
    let two = ["one thing", "another thing"].map(|command| told("1").asking(command));
    let outcomes = scene.batch(two).await?;
    let reused = Refusal::KeyReused {
        key: idempotency_key("1"),
    };
    same(
        "the second outcome",
        &outcomes.get(1),
        &Some(&Outcome::Refused(reused)),
    )
}

pub(crate) async fn a_refused_key_may_be_used_again_in_its_batch(
    scene: Scene,
) -> Result<(), Failure> {
    let outcomes = scene.batch([doomed(told("1")), told("1")]).await?;
    let done: Vec<bool> = outcomes.iter().map(Outcome::is_done).collect();
    same("what is done", &done, &vec![false, true])
}

pub(crate) async fn a_key_is_remembered_for_a_month(scene: Scene) -> Result<(), Failure> {
    const DAY_SECS: i64 = 24 * 60 * 60;
    scene.accept(told("1")).await?;
    let days = crate::value::limits::KEY_RETENTION_DAYS;
    scene
        .advance_secs(days.saturating_mul(DAY_SECS).saturating_sub(1))
        .await?;
    let outcome = scene.commit(told("1")).await?;
    check(
        matches!(outcome, Outcome::Repeated { .. }),
        &format!("found: {outcome:?}"),
    )
}
