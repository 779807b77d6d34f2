//! The store's clock and the planner's.

use crate::plan::Refusal;
use crate::testing::build::{Change, host_document};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
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
