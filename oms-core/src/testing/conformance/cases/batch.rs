//! What a batch means: order, atomicity, neighbours.

use crate::plan::{Outcome, Refusal, UniqueKey};
use crate::port::{MovementFilter, ReservationFilter};
use crate::reservation::ReservationDelta;
use crate::stock::MovementKind;
use crate::testing::build::{
    Change, external, host, host_document, job, owner_cart, quantity, reservation, stock, stream,
    update, version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene, later};

/// Makes a change set that is refused with a conflict: it changes a document that nobody wrote.
pub(super) fn doomed(change: Change) -> Change {
    change.document(update(host_document("nobody-wrote-this"), 7))
}

fn is_conflict(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Refused(Refusal::Conflict { .. })))
}

fn is_committed(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Committed { .. }))
}

pub(crate) async fn the_earlier_of_two_items_wins(scene: Scene) -> Result<(), Failure> {
    let (first, second) = (Change::new("b"), Change::new("a"));
    let contest = [
        first.document(host_document("x")),
        second.document(host_document("x")),
    ];
    let outcomes = scene.batch(contest).await?;
    check(
        is_committed(outcomes.first()),
        "the first item lost to the second",
    )?;
    check(
        is_conflict(outcomes.get(1)),
        "the second item was not refused",
    )
}

pub(crate) async fn a_later_item_sees_what_an_earlier_one_wrote(
    scene: Scene,
) -> Result<(), Failure> {
    let chain = [
        Change::new("1").document(host_document("x")),
        Change::new("2").document(update(host_document("x"), 1)),
    ];
    let outcomes = scene.batch(chain).await?;
    check(
        outcomes.iter().all(Outcome::is_done),
        &format!("refused: {outcomes:?}"),
    )
}

pub(crate) async fn a_later_item_claims_what_an_earlier_one_brought(
    scene: Scene,
) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    let claim = reservation(&owner_cart(1), 1, &tea);
    let end = later(scene.now().await?, 900);
    let quantity = quantity(3);
    let (confirm, consume) = (
        ReservationDelta::Confirm { quantity },
        ReservationDelta::Consume { quantity },
    );
    let chain = [
        Change::new("1").receive(&tea, 5),
        Change::new("2").reserve_until(&claim, 3, end),
        Change::new("3").reservation(&claim, confirm),
        Change::new("4")
            .reservation(&claim, consume)
            .moved(&tea, MovementKind::Shipped, -3),
    ];
    let outcomes = scene.batch(chain).await?;
    check(
        outcomes.iter().all(Outcome::is_done),
        &format!("refused: {outcomes:?}"),
    )
}

pub(crate) async fn places_of_events_follow_each_other_in_a_batch(
    scene: Scene,
) -> Result<(), Failure> {
    let stream = stream("x");
    let chain = [
        Change::new("1").event(&stream, "first"),
        Change::new("2").event_at(&stream, version(2), "second"),
        Change::new("3").event(&stream, "third"),
        Change::new("4").event_at(&stream, version(4), "fourth"),
    ];
    let outcomes = scene.batch(chain).await?;
    check(
        outcomes.iter().all(Outcome::is_done),
        &format!("refused: {outcomes:?}"),
    )
}

pub(crate) async fn one_version_is_changed_once_in_a_batch(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("0").document(host_document("x")))
        .await?;
    let twins = ["1", "2"].map(|key| Change::new(key).document(update(host_document("x"), 1)));
    let outcomes = scene.batch(twins).await?;
    let committed = outcomes
        .iter()
        .filter(|one| is_committed(Some(one)))
        .count();
    let refused = outcomes.iter().filter(|one| is_conflict(Some(one))).count();
    same(
        "one is committed, one refused",
        &(committed, refused),
        &(1, 1),
    )
}

pub(crate) async fn neighbours_of_a_refused_item_are_committed(
    scene: Scene,
) -> Result<(), Failure> {
    let items = [
        Change::new("1").document(host_document("a")),
        doomed(Change::new("2")),
        Change::new("3").document(host_document("c")),
    ];
    let outcomes = scene.batch(items).await?;
    let done: Vec<bool> = outcomes.iter().map(Outcome::is_done).collect();
    same("what is done", &done, &vec![true, false, true])
}

pub(crate) async fn a_refused_item_is_not_seen_by_later_ones(scene: Scene) -> Result<(), Failure> {
    let items = [
        doomed(Change::new("1").document(host_document("x"))),
        Change::new("2").document(host_document("x")),
    ];
    let outcomes = scene.batch(items).await?;
    let outcome = outcomes.get(1);
    check(
        is_committed(outcome),
        &format!("the second item: {outcome:?}"),
    )
}

pub(crate) async fn a_refused_item_stores_no_document(scene: Scene) -> Result<(), Failure> {
    scene
        .refuse(doomed(Change::new("1").document(host_document("x"))))
        .await?;
    same("its document", &scene.document(&host("x")).await?, &None)
}

pub(crate) async fn a_refused_item_stores_no_event(scene: Scene) -> Result<(), Failure> {
    let stream = stream("x");
    scene
        .refuse(doomed(Change::new("1").event(&stream, "happened")))
        .await?;
    same("its events", &scene.history(&stream).await?, &Vec::new())
}

pub(crate) async fn a_refused_item_stores_no_job(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    scene
        .refuse(doomed(Change::new("1").job(job(1, now))))
        .await?;
    let page = scene.store().jobs(scene.tenant(), None, PLENTY).await?;
    same("its jobs", &page.items, &Vec::new())
}

pub(crate) async fn a_refused_item_stores_no_movement(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    scene
        .refuse(doomed(Change::new("1").receive(&tea, 3)))
        .await?;
    let found = scene.movements(&MovementFilter::default()).await?;
    same("its movements", &found, &Vec::new())
}

pub(crate) async fn a_refused_item_stores_no_reservation(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    scene.accept(Change::new("0").receive(&tea, 3)).await?;
    let claim = reservation(&owner_cart(1), 1, &tea);
    scene
        .refuse(doomed(Change::new("1").reserve(&claim, 1)))
        .await?;
    let found = scene.reservations(&ReservationFilter::default()).await?;
    same("its reservations", &found, &Vec::new())
}

pub(crate) async fn a_refused_item_takes_no_name(scene: Scene) -> Result<(), Failure> {
    let name = UniqueKey::Host(external("badge"), external("7"));
    let one = Change::new("1")
        .document(host_document("a"))
        .name(name.clone(), host("a"));
    scene.refuse(doomed(one)).await?;
    let two = Change::new("2")
        .document(host_document("b"))
        .name(name, host("b"));
    scene.accept(two).await?;
    Ok(())
}

pub(crate) async fn a_refused_item_sets_no_stock(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    scene
        .refuse(doomed(Change::new("1").safety(&tea, 3)))
        .await?;
    same(
        "the safety stock",
        &scene.level(&tea).await?.safety.get(),
        &0,
    )
}

pub(crate) async fn a_refusal_by_stock_undoes_documents(scene: Scene) -> Result<(), Failure> {
    let claim = reservation(&owner_cart(1), 1, &stock("north", "TEA"));
    let change = Change::new("1")
        .document(host_document("x"))
        .reserve(&claim, 1);
    scene.refuse(change).await?;
    same("its document", &scene.document(&host("x")).await?, &None)
}
