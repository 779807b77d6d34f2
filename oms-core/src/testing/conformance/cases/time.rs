//! The store's clock and the planner's.

use crate::plan::{Index, OrderIndex, Refusal};
use crate::testing::build::{
    Change, host_document, order_document, order_index, owner_cart, reservation, stock, stream,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{same, some};
use crate::testing::conformance::scene::{Scene, later, later_micros};
use crate::value::limits::CLOCK_SKEW_MAX_SECS;

pub(crate) async fn a_plan_from_the_future_is_refused(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let planned_at = later_micros(later(now, CLOCK_SKEW_MAX_SECS), 1);
    let change = Change::new("1")
        .document(host_document("x"))
        .planned_at(planned_at);
    let refusal = scene.refuse(change).await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::ClockSkew { planned_at, now },
    )
}

pub(crate) async fn a_plan_from_the_past_is_refused(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let planned_at = later_micros(later(now, -CLOCK_SKEW_MAX_SECS), -1);
    let change = Change::new("1")
        .document(host_document("x"))
        .planned_at(planned_at);
    let refusal = scene.refuse(change).await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::ClockSkew { planned_at, now },
    )
}

pub(crate) async fn clocks_may_differ_by_exactly_the_limit(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    for (key, secs) in [("1", CLOCK_SKEW_MAX_SECS), ("2", -CLOCK_SKEW_MAX_SECS)] {
        let change = Change::new(key).document(host_document(key));
        scene.accept(change.planned_at(later(now, secs))).await?;
    }
    Ok(())
}

pub(crate) async fn a_commit_tells_the_stores_time(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let change = Change::new("1").document(host_document("x"));
    let at = scene.accept(change.planned_at(later(now, -1))).await?;
    same("committed at", &at, &now)
}

pub(crate) async fn times_are_kept_to_the_microsecond(scene: Scene) -> Result<(), Failure> {
    let now = later_micros(scene.now().await?, 1_001);
    scene.set_clock(now).await?;
    let (tea, told) = (stock("north", "TEA"), stream("x"));
    let claim = reservation(&owner_cart(1), 1, &tea);
    let end = later(now, 60);
    let index = OrderIndex {
        state_since: later_micros(now, 1),
        promised_by: Some(later(now, 3_600)),
        ..order_index(1, now)
    };
    let order = order_document(1, index.clone());
    let change = Change::new("1")
        .document(order.clone())
        .receive(&tea, 1)
        .reserve_until(&claim, 1, end)
        .event(&told, "told");
    let at = scene.accept(change).await?;
    same("committed at", &at, &now)?;
    let found = some("the order", scene.document(&order.key).await?)?;
    same("the order's index", &found.index, &Index::Order(index))?;
    let expires_at = scene.claim(&claim).await?.expires_at;
    same("the end of the claim", &expires_at, &Some(end))?;
    let events = scene.history(&told).await?;
    let event = some("the event", events.first())?;
    same("the time of the event", &event.at, &now)
}
