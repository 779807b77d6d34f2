//! Forgetting old keys, and the audit.

use crate::event::StreamId;
use crate::plan::{DocumentKey, Outcome, StockSetting};
use crate::reservation::ReservationDelta;
use crate::stock::MovementKind;
use crate::testing::build::{
    Change, host_document, order_document, order_id, order_index, owner_cart, owner_order,
    quantity, reservation, stock, stream, units, update,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::cases::batch::doomed;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene, later, later_micros};
use crate::value::Timestamp;

fn told(key: &str) -> Change {
    Change::new(key).event(&stream("told"), "told")
}

async fn forget(scene: &Scene, before: Timestamp, limit: usize) -> Result<usize, Failure> {
    Ok(scene
        .store()
        .forget_commands(scene.tenant(), before, limit)
        .await?)
}

/// Forgets the key of the base documents, and a minute passes.
async fn clean(scene: &Scene) -> Result<Timestamp, Failure> {
    let now = scene.advance_secs(60).await?;
    forget(scene, now, PLENTY).await?;
    Ok(now)
}

pub(crate) async fn forgotten_keys_may_be_used_again(scene: Scene) -> Result<(), Failure> {
    let now = clean(&scene).await?;
    scene.accept(told("1")).await?;
    same(
        "keys forgotten",
        &forget(&scene, later_micros(now, 1), PLENTY).await?,
        &1,
    )?;
    let outcome = scene.commit(told("1").asking("something else")).await?;
    check(
        matches!(outcome, Outcome::Committed { .. }),
        &format!("found: {outcome:?}"),
    )
}

pub(crate) async fn younger_keys_are_not_forgotten(scene: Scene) -> Result<(), Failure> {
    let now = clean(&scene).await?;
    scene.accept(told("1")).await?;
    forget(&scene, now, PLENTY).await?;
    let outcome = scene.commit(told("1")).await?;
    check(
        matches!(outcome, Outcome::Repeated { .. }),
        &format!("found: {outcome:?}"),
    )
}

pub(crate) async fn forgetting_stops_at_its_limit(scene: Scene) -> Result<(), Failure> {
    clean(&scene).await?;
    for key in ["1", "2", "3"] {
        scene.accept(told(key)).await?;
    }
    let before = scene.advance_secs(1).await?;
    let mut counts = Vec::new();
    for _ in 0..3 {
        counts.push(forget(&scene, before, 2).await?);
    }
    same("keys forgotten", &counts, &vec![2, 1, 0])
}

/// A history with something of everything that the rules know.
async fn busy_history(scene: &Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
    let cart = |n, row| reservation(&owner_cart(n), 1, row);
    let order = reservation(&owner_order(1), 1, &tea);
    let counted = StockSetting {
        key: tea.clone(),
        safety: None,
        incoming: Some(units(5)),
        expected_on_hand: Some(units(20)),
    };
    let all = |quantity| ReservationDelta::Release {
        quantity,
        tentative: true,
    };
    let changes = [
        Change::new("01")
            .receive(&tea, 20)
            .receive(&mug, 5)
            .safety(&mug, 1),
        Change::new("02").reserve_until(&cart(1, &tea), 4, later(now, 900)),
        Change::new("03")
            .reserve(&order, 6)
            .event(&stream("x"), "reserved"),
        Change::new("04").reserve_until(&cart(2, &mug), 4, later(now, 900)),
        Change::new("05").reserve(&cart(3, &mug), 1),
        Change::new("06")
            .moved(&tea, MovementKind::Counted, -2)
            .stock(counted),
        Change::new("07").reservation(&cart(1, &tea), all(quantity(2))),
        Change::new("08")
            .document(host_document("x"))
            .event(&stream("x"), "written"),
        Change::new("09")
            .document(update(host_document("x"), 1))
            .event(&stream("x"), "changed"),
        doomed(
            Change::new("10")
                .receive(&tea, 3)
                .event(&stream("x"), "refused"),
        ),
        Change::new("11")
            .reservation(
                &order,
                ReservationDelta::Consume {
                    quantity: quantity(5),
                },
            )
            .moved(&tea, MovementKind::Shipped, -5),
        Change::new("12").moved(&mug, MovementKind::Damaged, -3),
    ];
    for change in changes {
        scene.commit(change.clone()).await?;
        scene.commit(change).await?;
    }
    Ok(())
}

pub(crate) async fn an_audit_of_a_busy_history_finds_nothing(scene: Scene) -> Result<(), Failure> {
    busy_history(&scene).await?;
    let found = scene.store().audit(scene.tenant()).await?;
    same("violations", &found, &Vec::new())
}

/// Stores an order of version 1 with `events` events, and compares what an audit names with it.
async fn an_order_with_events_is_named(scene: &Scene, events: usize) -> Result<(), Failure> {
    let order = DocumentKey::Order(order_id(1));
    let stream = StreamId::order(order_id(1));
    let change = Change::new("1").document(order_document(1, order_index(1, Timestamp::EPOCH)));
    let change = (0..events).fold(change, |change, _| change.event(&stream, "happened"));
    scene.accept(change).await?;
    let found = scene.store().audit(scene.tenant()).await?.into_iter();
    let found: Vec<(String, String)> = found.map(|one| (one.invariant, one.subject)).collect();
    let expected = vec![("I6".to_owned(), order.to_string())];
    same("what is named", &found, &expected)
}

pub(crate) async fn an_order_without_events_is_named(scene: Scene) -> Result<(), Failure> {
    an_order_with_events_is_named(&scene, 0).await
}

pub(crate) async fn an_order_behind_its_events_is_named(scene: Scene) -> Result<(), Failure> {
    an_order_with_events_is_named(&scene, 2).await
}
