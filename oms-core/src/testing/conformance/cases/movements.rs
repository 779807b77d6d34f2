//! Movements: what they carry, filters, pages.

use crate::event::{Actor, ActorKind, Origin};
use crate::port::MovementFilter;
use crate::stock::{MovementDraft, MovementKind, StockKey};
use crate::testing::build::{
    Change, hub, idempotency_key, movement, movement_id, order_id, reason, sku, stock, transfer,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{defect, same, second_is_defect, some};
use crate::testing::conformance::scene::{Scene, later};
use crate::testing::conformance::walk::walk;
use crate::value::MovementId;

fn tea() -> StockKey {
    stock("north", "TEA")
}

pub(crate) async fn a_movement_reads_back_as_written(scene: Scene) -> Result<(), Failure> {
    let draft = MovementDraft {
        order: Some(order_id(1)),
        transfer: Some(transfer("T 1/ä")),
        reason: Some(reason("für die Inventur")),
        ..movement(1, &tea(), MovementKind::Adjusted, 7)
    };
    scene
        .accept(Change::new("1").movement(draft.clone()))
        .await?;
    let found = scene.movements(&MovementFilter::default()).await?;
    same(
        "the movement",
        &some("the movement", found.first())?.draft,
        &draft,
    )
}

pub(crate) async fn movements_carry_their_origin(scene: Scene) -> Result<(), Failure> {
    let origin = Origin {
        actor: Actor::new(ActorKind::Person),
        reason: Some(reason("goods in")),
        request_id: None,
        key: idempotency_key("1"),
    };
    scene
        .accept(Change::new("1").origin(origin.clone()).receive(&tea(), 1))
        .await?;
    let found = scene.movements(&MovementFilter::default()).await?;
    same(
        "the origin",
        &some("the movement", found.first())?.origin,
        &origin,
    )
}

pub(crate) async fn movements_carry_the_time_of_the_plan(scene: Scene) -> Result<(), Failure> {
    let planned_at = later(scene.now().await?, -2);
    let change = Change::new("1").planned_at(planned_at).receive(&tea(), 1);
    scene.accept(change).await?;
    let found = scene.movements(&MovementFilter::default()).await?;
    same(
        "the time",
        &some("the movement", found.first())?.at,
        &planned_at,
    )
}

/// The movements that a filter finds, in the order of their ids.
async fn ids(scene: &Scene, filter: MovementFilter) -> Result<Vec<MovementId>, Failure> {
    let found = scene.movements(&filter).await?;
    let mut ids: Vec<_> = found.iter().map(|movement| movement.draft.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Records movements and fails unless the filter finds number 1 alone.
async fn finds_the_first(
    scene: &Scene,
    drafts: [MovementDraft; 2],
    filter: MovementFilter,
) -> Result<(), Failure> {
    let change = drafts.into_iter().fold(Change::new("1"), Change::movement);
    scene.accept(change).await?;
    same(
        "what is found",
        &ids(scene, filter).await?,
        &vec![movement_id(1)],
    )
}

fn received(n: u64, row: &StockKey) -> MovementDraft {
    movement(n, row, MovementKind::Received, 1)
}

pub(crate) async fn movements_are_found_by_sku(scene: Scene) -> Result<(), Failure> {
    let drafts = [received(1, &tea()), received(2, &stock("north", "MUG"))];
    let filter = MovementFilter {
        sku: Some(sku("TEA")),
        ..MovementFilter::default()
    };
    finds_the_first(&scene, drafts, filter).await
}

pub(crate) async fn movements_are_found_by_hub(scene: Scene) -> Result<(), Failure> {
    let drafts = [received(1, &tea()), received(2, &stock("south", "TEA"))];
    let filter = MovementFilter {
        hub: Some(hub("north")),
        ..MovementFilter::default()
    };
    finds_the_first(&scene, drafts, filter).await
}

pub(crate) async fn movements_are_found_by_kind(scene: Scene) -> Result<(), Failure> {
    let drafts = [
        received(1, &tea()),
        movement(2, &tea(), MovementKind::Adjusted, 1),
    ];
    let filter = MovementFilter {
        kind: Some(MovementKind::Received),
        ..MovementFilter::default()
    };
    finds_the_first(&scene, drafts, filter).await
}

pub(crate) async fn movements_are_found_by_order(scene: Scene) -> Result<(), Failure> {
    let of = |n| MovementDraft {
        order: Some(order_id(n)),
        ..received(n, &tea())
    };
    let filter = MovementFilter {
        order: Some(order_id(1)),
        ..MovementFilter::default()
    };
    finds_the_first(&scene, [of(1), of(2)], filter).await
}

pub(crate) async fn movements_are_found_by_transfer(scene: Scene) -> Result<(), Failure> {
    let of = |n, name| MovementDraft {
        transfer: Some(transfer(name)),
        ..movement(n, &tea(), MovementKind::TransferredIn, 1)
    };
    let filter = MovementFilter {
        transfer: Some(transfer("T-1")),
        ..MovementFilter::default()
    };
    let other = Change::new("0").movement(received(3, &tea()));
    scene.accept(other).await?;
    finds_the_first(&scene, [of(1, "T-1"), of(2, "T-2")], filter).await
}

/// Records movement number `n` at a time of its own.
async fn record(scene: &Scene, n: u64) -> Result<(), Failure> {
    scene
        .accept(Change::new(&format!("record-{n}")).movement(received(n, &tea())))
        .await?;
    Ok(())
}

pub(crate) async fn movements_are_found_from_a_time_on(scene: Scene) -> Result<(), Failure> {
    record(&scene, 1).await?;
    let from = Some(scene.advance_secs(60).await?);
    record(&scene, 2).await?;
    let filter = MovementFilter {
        from,
        ..MovementFilter::default()
    };
    same(
        "what is found",
        &ids(&scene, filter).await?,
        &vec![movement_id(2)],
    )
}

pub(crate) async fn movements_are_found_before_a_time(scene: Scene) -> Result<(), Failure> {
    record(&scene, 1).await?;
    let before = Some(scene.advance_secs(60).await?);
    record(&scene, 2).await?;
    let filter = MovementFilter {
        before,
        ..MovementFilter::default()
    };
    same(
        "what is found",
        &ids(&scene, filter).await?,
        &vec![movement_id(1)],
    )
}

pub(crate) async fn movements_are_listed_page_by_page(scene: Scene) -> Result<(), Failure> {
    // Two at one time, with ids that do not follow the order of recording, and one later.
    for n in [3, 2] {
        record(&scene, n).await?;
    }
    scene.set_clock(later(scene.now().await?, 60)).await?;
    record(&scene, 1).await?;
    let filter = MovementFilter::default();
    let found = walk!(1, |after, limit| scene.store().movements(
        scene.tenant(),
        &filter,
        after,
        limit
    ));
    let ids: Vec<_> = found.iter().map(|movement| movement.draft.id).collect();
    same("the movements", &ids, &[2, 3, 1].map(movement_id).to_vec())
}

/// Movement number 1 of a change set, with goods of its own.
fn first(key: &str, count: i64) -> Change {
    Change::new(key).movement(movement(1, &tea(), MovementKind::Received, count))
}

/// Fails unless the movement of 3 units is all that was recorded.
async fn recorded_once(scene: &Scene) -> Result<(), Failure> {
    let found = scene.movements(&MovementFilter::default()).await?;
    let found: Vec<_> = found
        .iter()
        .map(|movement| (movement.draft.id, movement.draft.delta))
        .collect();
    same("the movements", &found, &vec![(movement_id(1), 3)])?;
    same("on hand", &scene.level(&tea()).await?.on_hand.get(), &3)
}

pub(crate) async fn a_movement_id_that_was_used_is_a_defect(scene: Scene) -> Result<(), Failure> {
    scene.accept(first("1", 3)).await?;
    let refusal = scene.refuse(first("2", 5)).await?;
    defect(&refusal)?;
    recorded_once(&scene).await
}

pub(crate) async fn a_movement_id_is_used_once_in_a_batch(scene: Scene) -> Result<(), Failure> {
    let outcomes = scene.batch([first("1", 3), first("2", 5)]).await?;
    second_is_defect(&outcomes)?;
    recorded_once(&scene).await
}
