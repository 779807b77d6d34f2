//! Guarded counters: how much of something bounded is taken.

use crate::plan::{CounterKey, CounterRefusal, Keys, Outcome, Refusal};
use crate::testing::build::{
    Change, external, host_document, hub, owner_cart, reservation, stock, units,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::Scene;
use crate::value::{LocalDate, SlotId, SlotKey, Units};

fn slot(id: &str) -> CounterKey {
    CounterKey::Host(external("slot"), external(id))
}

fn day(at: &str, date: &str) -> Result<CounterKey, Failure> {
    let date = LocalDate::parse(date).map_err(|why| Failure::new(why.to_string()))?;
    Ok(CounterKey::HubDay(hub(at), date))
}

/// A delivery slot of a day.
fn delivery(at: &str, date: &str, id: &str) -> Result<CounterKey, Failure> {
    let date = LocalDate::parse(date).map_err(|why| Failure::new(why.to_string()))?;
    let slot = SlotId::parse(id).map_err(|why| Failure::new(why.to_string()))?;
    let hub = hub(at);
    Ok(CounterKey::Slot(SlotKey { hub, date, slot }))
}

async fn taken(scene: &Scene, key: &CounterKey) -> Result<Option<Units>, Failure> {
    let mut keys = Keys::default();
    keys.counters.insert(key.clone());
    Ok(scene.prefetch(keys).await?.counters.get(key).copied())
}

async fn holds(scene: &Scene, key: &CounterKey, count: u32) -> Result<(), Failure> {
    let found = taken(scene, key).await?.unwrap_or(Units::ZERO);
    same(&key.to_string(), &found, &units(count))
}

fn full(key: &CounterKey, taken: u32, limit: u32) -> Refusal {
    let (taken, limit) = (units(taken), units(limit));
    Refusal::Counter {
        key: key.clone(),
        problem: CounterRefusal::Full { taken, limit },
    }
}

pub(crate) async fn a_counter_is_taken_up_to_its_limit(scene: Scene) -> Result<(), Failure> {
    let key = slot("1");
    scene
        .accept(Change::new("1").counter(&key, 1, Some(3)))
        .await?;
    scene
        .accept(Change::new("2").counter(&key, 2, Some(3)))
        .await?;
    let more = Change::new("3").document(host_document("x"));
    let refusal = scene.refuse(more.counter(&key, 1, Some(3))).await?;
    same("the refusal", &refusal, &full(&key, 3, 3))?;
    holds(&scene, &key, 3).await?;
    // The limit is that of the change, not of the counter.
    scene
        .accept(Change::new("4").counter(&key, 1, Some(4)))
        .await?;
    holds(&scene, &key, 4).await
}

pub(crate) async fn what_is_given_back_can_be_taken_again(scene: Scene) -> Result<(), Failure> {
    let key = slot("1");
    scene
        .accept(Change::new("1").counter(&key, 3, Some(3)))
        .await?;
    scene
        .accept(Change::new("2").counter(&key, -1, Some(1)))
        .await?;
    holds(&scene, &key, 2).await?;
    scene
        .accept(Change::new("3").counter(&key, 1, Some(3)))
        .await?;
    scene
        .accept(Change::new("4").counter(&key, -9, None))
        .await?;
    holds(&scene, &key, 0).await?;
    scene
        .accept(Change::new("5").counter(&slot("never"), -1, None))
        .await?;
    holds(&scene, &slot("never"), 0).await
}

pub(crate) async fn a_counter_without_a_limit_has_no_bound_but_its_range(
    scene: Scene,
) -> Result<(), Failure> {
    let key = slot("1");
    let most = i32::try_from(Units::MAX.get()).unwrap_or(i32::MAX);
    scene
        .accept(Change::new("1").counter(&key, most, None))
        .await?;
    let refusal = scene
        .refuse(Change::new("2").counter(&key, 1, None))
        .await?;
    let problem = CounterRefusal::OutOfRange;
    same("the refusal", &refusal, &Refusal::Counter { key, problem })
}

pub(crate) async fn counters_are_those_of_earlier_items(scene: Scene) -> Result<(), Failure> {
    let key = slot("1");
    scene
        .accept(Change::new("0").counter(&key, 1, Some(4)))
        .await?;
    let items = [
        Change::new("1").counter(&key, 2, Some(4)),
        Change::new("2").counter(&key, 2, Some(4)),
        Change::new("3").counter(&key, 1, Some(4)),
        Change::new("4").counter(&key, -2, None),
        Change::new("5").counter(&key, 2, Some(4)),
        Change::new("6").counter(&key, 1, Some(4)),
    ];
    let outcomes = scene.batch(items).await?;
    let done: Vec<bool> = outcomes.iter().map(Outcome::is_done).collect();
    same(
        "what is done",
        &done,
        &vec![true, false, true, true, true, false],
    )?;
    let refused = [(1, full(&key, 3, 4)), (5, full(&key, 4, 4))];
    for (at, refusal) in refused {
        let refused = outcomes.get(at) == Some(&Outcome::Refused(refusal));
        check(refused, &format!("item {at}: {outcomes:?}"))?;
    }
    holds(&scene, &key, 4).await
}

pub(crate) async fn counters_change_with_everything_else(scene: Scene) -> Result<(), Failure> {
    let key = slot("1");
    let none = reservation(&owner_cart(1), 1, &stock("north", "NONE"));
    let short = Change::new("1").counter(&key, 1, Some(9)).reserve(&none, 1);
    let refusal = scene.refuse(short).await?;
    check(
        matches!(refusal, Refusal::Stock { .. }),
        &format!("{refusal:?}"),
    )?;
    holds(&scene, &key, 0).await?;
    // In one change set, by key: the first that refuses is told, and none is taken.
    let both = Change::new("2").counter(&slot("b"), 5, Some(1));
    let both = both
        .counter(&slot("a"), 5, Some(1))
        .counter(&key, 1, Some(12));
    let refusal = scene.refuse(both).await?;
    holds(&scene, &key, 0).await?;
    same("the refusal", &refusal, &full(&slot("a"), 0, 1))
}

pub(crate) async fn counters_are_told_to_who_asks(scene: Scene) -> Result<(), Failure> {
    let (one, two) = (slot("1"), day("north", "2026-11-21")?);
    let change = Change::new("1").counter(&one, 1, None);
    scene.accept(change.counter(&two, 2, Some(2))).await?;
    let mut keys = Keys::default();
    keys.counters
        .extend([one.clone(), two.clone(), slot("none")]);
    let found = scene.prefetch(keys).await?.counters;
    let expected = [(one, units(1)), (two, units(2))].into();
    same("the counters", &found, &expected)?;
    let unasked = scene.prefetch(Keys::default()).await?.counters;
    check(unasked.is_empty(), &format!("found: {unasked:?}"))
}

pub(crate) async fn counters_of_one_kind_are_apart(scene: Scene) -> Result<(), Failure> {
    let keys = [
        day("north", "2026-11-21")?,
        day("north", "2026-11-22")?,
        day("south", "2026-11-21")?,
        CounterKey::Host(external("north"), external("2026-11-21")),
        CounterKey::Host(external("north"), external("other")),
        delivery("north", "2026-11-21", "noon")?,
        delivery("north", "2026-11-21", "night")?,
        delivery("north", "2026-11-22", "noon")?,
        delivery("south", "2026-11-21", "noon")?,
    ];
    let mut change = Change::new("1");
    for (key, count) in keys.iter().zip(1..) {
        change = change.counter(key, count, Some(9));
    }
    scene.accept(change).await?;
    for (key, count) in keys.iter().zip(1..) {
        holds(&scene, key, count).await?;
    }
    Ok(())
}

pub(crate) async fn a_tenant_has_counters_of_its_own(scene: Scene) -> Result<(), Failure> {
    let key = slot("1");
    let other = scene.as_tenant("globex").await?;
    scene
        .accept(Change::new("1").counter(&key, 2, Some(2)))
        .await?;
    holds(&other, &key, 0).await?;
    other
        .accept(Change::new("2").counter(&key, 1, Some(2)))
        .await?;
    holds(&scene, &key, 2).await?;
    holds(&other, &key, 1).await
}
