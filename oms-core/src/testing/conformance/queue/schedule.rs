//! Recurring schedules: once however many workers there are.

use super::draft;
use crate::port::{Clock, Fired, Pushed};
use crate::testing::FakeClock;
use crate::testing::build::schedule;
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{Scene, later};
use crate::value::Timestamp;
use crate::value::limits::SCHEDULE_AHEAD_MAX_SECS;

/// A time to count from.
fn start() -> Timestamp {
    FakeClock::default().now()
}

async fn fire(scene: &Scene, name: &str, secs: i64, n: u64) -> Result<Fired, Failure> {
    fire_at(scene, name, later(start(), secs), n).await
}

async fn fire_at(scene: &Scene, name: &str, at: Timestamp, n: u64) -> Result<Fired, Failure> {
    let (queue, name) = (scene.queue()?, schedule(name));
    Ok(queue.fire(scene.tenant(), &name, at, &draft(n)).await?)
}

pub(crate) async fn a_new_schedule_does_not_begin_in_the_past(scene: Scene) -> Result<(), Failure> {
    same(
        "the answer",
        &fire(&scene, "hourly", 0, 1).await?,
        &Fired::Noted,
    )?;
    scene.gone(1).await
}

pub(crate) async fn a_time_of_a_schedule_fires_once(scene: Scene) -> Result<(), Failure> {
    fire(&scene, "hourly", 0, 1).await?;
    let first = fire(&scene, "hourly", 60, 2).await?;
    same("the first", &first, &Fired::Pushed(Pushed::Kept))?;
    let last = later(start(), 60);
    let second = fire(&scene, "hourly", 60, 3).await?;
    same("the second", &second, &Fired::Already { last })?;
    scene.gone(3).await
}

pub(crate) async fn a_time_that_is_over_does_not_fire(scene: Scene) -> Result<(), Failure> {
    fire(&scene, "hourly", 60, 1).await?;
    fire(&scene, "hourly", 0, 2).await?;
    scene.gone(2).await
}

pub(crate) async fn a_time_noted_far_ahead_stops_no_schedule(scene: Scene) -> Result<(), Failure> {
    let scene = scene.as_tenant("south").await?;
    let now = scene.now().await?;
    let day = |days: i64| later(now, days * SCHEDULE_AHEAD_MAX_SECS);
    let pushed = Fired::Pushed(Pushed::Kept);
    fire_at(&scene, "daily", day(-2), 1).await?;
    // The clock was wrong for a moment.
    let ahead = fire_at(&scene, "daily", day(3), 2).await?;
    same("the one ahead", &ahead, &pushed)?;
    let again = fire_at(&scene, "daily", day(2), 3).await?;
    same(
        "another one ahead",
        &again,
        &Fired::Already { last: day(3) },
    )?;
    let next = fire_at(&scene, "daily", day(-1), 4).await?;
    same("the next", &next, &pushed)?;
    let again = fire_at(&scene, "daily", day(-1), 5).await?;
    same(
        "the next once more",
        &again,
        &Fired::Already { last: day(-1) },
    )?;
    // By so much a clock may be set back.
    let last = later(now, SCHEDULE_AHEAD_MAX_SECS / 2);
    let ahead = fire_at(&scene, "daily", last, 6).await?;
    same("one that is not far ahead", &ahead, &pushed)?;
    let earlier = fire_at(&scene, "daily", now, 7).await?;
    same("an earlier one", &earlier, &Fired::Already { last })
}

pub(crate) async fn schedules_fire_each_by_itself(scene: Scene) -> Result<(), Failure> {
    fire(&scene, "hourly", 60, 1).await?;
    fire(&scene, "daily", 0, 2).await?;
    let daily = fire(&scene, "daily", 60, 3).await?;
    same("the answer", &daily, &Fired::Pushed(Pushed::Kept))
}

pub(crate) async fn workers_that_race_fire_once(scene: Scene) -> Result<(), Failure> {
    fire(&scene, "hourly", 0, 1).await?;
    let task = |scene: Scene, n: usize| async move {
        let n = u64::try_from(n).unwrap_or_default();
        fire(&scene, "hourly", 60, 10 + n).await?;
        Ok(())
    };
    scene.race(8, task).await?;
    let jobs = scene.claim_jobs(100).await?;
    check(jobs.len() == 1, &format!("{} jobs were pushed", jobs.len()))
}

pub(crate) async fn tenants_may_use_the_same_schedules(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    fire(&scene, "hourly", 60, 1).await?;
    let first = fire(&other, "hourly", 0, 2).await?;
    same("the first", &first, &Fired::Noted)?;
    let second = fire(&other, "hourly", 60, 3).await?;
    same("the second", &second, &Fired::Pushed(Pushed::Kept))?;
    scene.gone(3).await
}

pub(crate) async fn a_schedule_fires_for_its_tenant_alone(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("other").await?;
    fire(&scene, "hourly", 0, 1).await?;
    fire(&other, "hourly", 0, 2).await?;
    fire(&other, "hourly", 60, 3).await?;
    let ours = fire(&scene, "hourly", 60, 4).await?;
    same("ours", &ours, &Fired::Pushed(Pushed::Kept))
}
