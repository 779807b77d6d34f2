//! The version of the catalogue: what raises it, and what a requirement of it refuses.

use crate::plan::{DocumentKey, DocumentWrite, Index, Keys, Outcome, Refusal, Requirement};
use crate::testing::build::{
    Change, channel, channel_document, create, customer_document, external, host_document, hub,
    hub_document, product_document, settings_document, stream, update,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::Scene;
use crate::value::{LocalDate, Version};

async fn seen(scene: &Scene) -> Result<Version, Failure> {
    Ok(scene.prefetch(Keys::default()).await?.catalogue)
}

fn planned_on(key: &str, catalogue: Version) -> Change {
    let change = Change::new(key).event(&stream(key), "told");
    change.requires(Requirement::Catalogue(catalogue))
}

fn slots(date: &str) -> Result<DocumentKey, Failure> {
    let date = LocalDate::parse(date).map_err(|why| Failure::new(why.to_string()))?;
    Ok(DocumentKey::Slots(hub("north"), date))
}

fn mapping() -> DocumentWrite {
    let key = DocumentKey::SkuMapping(channel("web"), external("their tea"));
    create(key, Index::None, r#"{"mapping":true}"#)
}

pub(crate) async fn every_write_to_the_catalogue_raises_it(scene: Scene) -> Result<(), Failure> {
    let mut before = seen(&scene).await?;
    let writes = [
        update(settings_document(), 1),
        channel_document("shop", true),
        hub_document("west", true),
        product_document("COFFEE", true),
        mapping(),
        create(DocumentKey::Zones, Index::None, r#"{"zones":true}"#),
        update(hub_document("west", false), 1),
    ];
    for (n, write) in writes.into_iter().enumerate() {
        let what = write.key.to_string();
        scene
            .accept(Change::new(&format!("write {n}")).document(write))
            .await?;
        let after = seen(&scene).await?;
        same(&format!("after {what}"), &after, &before.next())?;
        before = after;
    }
    Ok(())
}

pub(crate) async fn a_change_set_raises_the_catalogue_once(scene: Scene) -> Result<(), Failure> {
    let before = seen(&scene).await?;
    let both = [hub_document("west", true), hub_document("east", true)];
    let items = [
        Change::new("1").documents(both),
        Change::new("2").document(product_document("COFFEE", true)),
    ];
    scene.batch(items).await?;
    same("the version", &seen(&scene).await?, &before.next().next())
}

pub(crate) async fn other_writes_leave_the_catalogue(scene: Scene) -> Result<(), Failure> {
    let before = seen(&scene).await?;
    let change = Change::new("1")
        .document(customer_document(7))
        .document(host_document("x"))
        .document(create(slots("2026-11-21")?, Index::None, "{}"))
        .event(&stream("x"), "told");
    scene.accept(change).await?;
    let refused = Change::new("2").document(update(hub_document("north", false), 9));
    scene.refuse(refused).await?;
    same("the version", &seen(&scene).await?, &before)
}

pub(crate) async fn the_catalogue_as_it_was_seen_lets_a_change_pass(
    scene: Scene,
) -> Result<(), Failure> {
    let catalogue = seen(&scene).await?;
    let active = Requirement::Active(DocumentKey::Hub(hub("north")));
    let change = planned_on("1", catalogue).requires(active);
    scene.accept(change).await?;
    scene.accept(planned_on("2", catalogue)).await?;
    Ok(())
}

pub(crate) async fn another_catalogue_than_was_seen_is_refused(
    scene: Scene,
) -> Result<(), Failure> {
    let catalogue = seen(&scene).await?;
    scene
        .accept(Change::new("1").document(product_document("COFFEE", true)))
        .await?;
    let requirement = Requirement::Catalogue(catalogue);
    let refusal = scene.refuse(planned_on("2", catalogue)).await?;
    same("the refusal", &refusal, &Refusal::Unmet { requirement })
}

pub(crate) async fn the_catalogue_is_that_of_earlier_items(scene: Scene) -> Result<(), Failure> {
    let catalogue = seen(&scene).await?;
    let items = [
        planned_on("1", catalogue),
        planned_on("2", catalogue).document(product_document("COFFEE", true)),
        planned_on("3", catalogue),
        planned_on("4", catalogue.next()),
    ];
    let outcomes = scene.batch(items).await?;
    let requirement = Requirement::Catalogue(catalogue);
    let unmet = Outcome::Refused(Refusal::Unmet { requirement });
    let done: Vec<bool> = outcomes.iter().map(Outcome::is_done).collect();
    same("what is done", &done, &vec![true, true, false, true])?;
    check(
        outcomes.get(2) == Some(&unmet),
        &format!("found: {outcomes:?}"),
    )
}

pub(crate) async fn a_tenant_has_a_catalogue_of_its_own(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("globex").await?;
    let before = seen(&other).await?;
    scene
        .accept(Change::new("1").document(product_document("COFFEE", true)))
        .await?;
    same("the other's version", &seen(&other).await?, &before)?;
    other.accept(planned_on("2", before)).await?;
    Ok(())
}
