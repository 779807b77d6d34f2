//! Unique names.

use crate::plan::{Outcome, Refusal, UniqueKey};
use crate::testing::build::{Change, channel, external, host, host_document, update};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::Scene;

fn badge() -> UniqueKey {
    UniqueKey::Host(external("badge"), external("7"))
}

pub(crate) async fn a_name_belongs_to_one_document(scene: Scene) -> Result<(), Failure> {
    let one = Change::new("1")
        .document(host_document("a"))
        .name(badge(), host("a"));
    scene.accept(one).await?;
    let two = Change::new("2")
        .document(host_document("b"))
        .name(badge(), host("b"));
    let refusal = scene.refuse(two).await?;
    let taken = Refusal::Taken {
        key: badge(),
        holder: host("a"),
    };
    same("the refusal", &refusal, &taken)
}

pub(crate) async fn a_holder_may_take_its_name_again(scene: Scene) -> Result<(), Failure> {
    let one = Change::new("1")
        .document(host_document("a"))
        .name(badge(), host("a"));
    scene.accept(one).await?;
    let again = Change::new("2")
        .document(update(host_document("a"), 1))
        .name(badge(), host("a"));
    scene.accept(again).await?;
    Ok(())
}

pub(crate) async fn a_name_is_taken_once_in_a_batch(scene: Scene) -> Result<(), Failure> {
    let contest = [("1", "a"), ("2", "b")].map(|(key, id)| {
        Change::new(key)
            .document(host_document(id))
            .name(badge(), host(id))
    });
    let outcomes = scene.batch(contest).await?;
    let committed = outcomes.iter().filter(|outcome| outcome.is_done()).count();
    let taken = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(Refusal::Taken { .. }));
    let refused = outcomes.iter().filter(taken).count();
    same(
        "one is committed, one refused",
        &(committed, refused),
        &(1, 1),
    )
}

pub(crate) async fn one_reference_in_two_channels_is_two_names(
    scene: Scene,
) -> Result<(), Failure> {
    for (key, shop) in [("1", "web"), ("2", "desk")] {
        let name = UniqueKey::ExternalReference(channel(shop), external("order"), external("#1"));
        let change = Change::new(key)
            .document(host_document(shop))
            .name(name, host(shop));
        scene.accept(change).await?;
    }
    Ok(())
}
