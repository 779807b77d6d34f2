//! The audit of guarded counters: as many are taken as the stored orders take up. And their end.

use std::collections::BTreeSet;

use crate::order::{BookedSlot, Claim, Fulfillment, FulfillmentStatus, OrderState};
use crate::plan::{CounterKey, DocumentKey, DocumentWrite, Index, Keys, encode};
use crate::testing::build::{
    Change, create, external, fulfillment, hub, order_document, order_id, order_index,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::{PLENTY, Scene};
use crate::value::limits::COUNTER_RETENTION_DAYS;
use crate::value::{LocalDate, MinuteOfDay, SlotId, SlotKey, SlotKind, Timestamp};

const DAY_SECS: i64 = 86_400;

/// The day `days` days after the store's, by UTC.
async fn day(scene: &Scene, days: i64) -> Result<LocalDate, Failure> {
    let day = LocalDate::utc(scene.now().await?).checked_add_days(days);
    day.ok_or_else(|| Failure::new("the calendar ends"))
}

fn slot(id: &str, date: LocalDate) -> Result<SlotKey, Failure> {
    let slot = SlotId::parse(id).map_err(|why| Failure::new(why.to_string()))?;
    let hub = hub("north");
    Ok(SlotKey { hub, date, slot })
}

/// The work of an order at a hub, counted for a day or not at all.
fn work(
    n: u64,
    number: u32,
    (at, day): (&str, Option<LocalDate>),
    status: FulfillmentStatus,
) -> DocumentWrite {
    let id = fulfillment(number);
    let body = Fulfillment {
        id,
        hub: hub(at),
        status,
        status_since: None,
        claim: Claim::Confirmed,
        day,
        lines: Vec::new(),
        shipments: Vec::new(),
    };
    DocumentWrite {
        body: encode(&body),
        ..create(DocumentKey::Fulfillment(order_id(n), id), Index::None, "")
    }
}

/// The first work of the first order, at `north`.
fn approved(day: LocalDate) -> DocumentWrite {
    work(1, 1, ("north", Some(day)), FulfillmentStatus::Approved)
}

/// The head of an order, as far as the audit looks into it.
fn head(n: u64, state: OrderState, slot: Option<SlotKey>) -> DocumentWrite {
    let slot = slot.map(|key| BookedSlot {
        key,
        start: MinuteOfDay::MIDNIGHT,
        end: MinuteOfDay::END,
        kind: SlotKind::Normal,
        zone: None,
        ends: None,
    });
    let body = serde_json::json!({ "state": state, "slot": slot, "note": "caf\u{e9} \u{1F375}" });
    let document = order_document(n, order_index(n, Timestamp::EPOCH));
    create(document.key, document.index, body.to_string())
}

/// What the audit finds wrong with counters; the orders here have no events.
async fn found(scene: &Scene) -> Result<BTreeSet<String>, Failure> {
    let found = scene.store().audit(scene.tenant()).await?;
    Ok(found
        .into_iter()
        .filter(|violation| violation.invariant == "capacity")
        .map(|violation| violation.subject)
        .collect())
}

fn named(keys: &[&CounterKey]) -> BTreeSet<String> {
    keys.iter().map(|key| key.to_string()).collect()
}

pub(crate) async fn counters_that_orders_do_not_account_for_are_named(
    scene: Scene,
) -> Result<(), Failure> {
    let today = day(&scene, 0).await?;
    let (noon, night) = (slot("noon", today)?, slot("night", today)?);
    let north = CounterKey::HubDay(hub("north"), today);
    let south = CounterKey::HubDay(hub("south"), today);
    let change = Change::new("1")
        .document(head(1, OrderState::Open, Some(noon.clone())))
        .document(approved(today));
    // One more than its work, one without any, one of two that was never taken.
    let night = CounterKey::Slot(night);
    let change = change.counter(&north, 2, None).counter(&south, 1, None);
    scene.accept(change.counter(&night, 1, None)).await?;
    let noon = CounterKey::Slot(noon);
    let expected = named(&[&north, &south, &noon, &night]);
    same("what is named", &found(&scene).await?, &expected)
}

pub(crate) async fn counters_that_orders_account_for_are_sound(
    scene: Scene,
) -> Result<(), Failure> {
    let (today, tomorrow) = (day(&scene, 0).await?, day(&scene, 1).await?);
    let noon = slot("noon", tomorrow)?;
    let at = |place: Option<LocalDate>| ("north", place);
    let change = Change::new("1").documents([
        head(1, OrderState::Closed, Some(noon.clone())),
        work(1, 1, at(Some(today)), FulfillmentStatus::Delivered),
        work(1, 2, at(Some(today)), FulfillmentStatus::Cancelled),
        work(1, 3, at(Some(tomorrow)), FulfillmentStatus::Picking),
        head(2, OrderState::OnHold, Some(noon.clone())),
        work(2, 1, at(Some(today)), FulfillmentStatus::Approved),
        work(2, 2, at(None), FulfillmentStatus::Approved),
        head(3, OrderState::Cancelled, Some(noon.clone())),
        head(4, OrderState::Pending, None),
    ]);
    let own = CounterKey::Host(external("slot"), external("1"));
    let change = change
        .counter(&CounterKey::HubDay(hub("north"), today), 2, None)
        .counter(&CounterKey::HubDay(hub("north"), tomorrow), 1, None)
        .counter(&CounterKey::Slot(noon), 2, None)
        .counter(&own, 5, None);
    scene.accept(change).await?;
    same("what is named", &found(&scene).await?, &BTreeSet::new())
}

pub(crate) async fn a_tenant_is_audited_by_its_own_orders(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("globex").await?;
    let today = day(&scene, 0).await?;
    let north = CounterKey::HubDay(hub("north"), today);
    // What is taken by the one is accounted for by the other alone.
    let change = Change::new("1").counter(&north, 1, None);
    scene.accept(change).await?;
    let change = Change::new("2")
        .document(head(1, OrderState::Open, None))
        .document(approved(today));
    other.accept(change).await?;
    for seen in [scene, other] {
        same("what is named", &found(&seen).await?, &named(&[&north]))?;
    }
    Ok(())
}

pub(crate) async fn days_long_over_are_not_audited(scene: Scene) -> Result<(), Failure> {
    let oldest = day(&scene, -COUNTER_RETENTION_DAYS).await?;
    let over = day(&scene, -COUNTER_RETENTION_DAYS - 1).await?;
    let at = |date| CounterKey::HubDay(hub("north"), date);
    let (kept, gone) = (at(oldest), at(over));
    let change = Change::new("1")
        .document(head(1, OrderState::Open, Some(slot("noon", over)?)))
        .document(approved(over));
    // Of a day that is over more may be taken than there is work, and less than is booked.
    let change = change.counter(&kept, 1, None).counter(&gone, 3, None);
    scene.accept(change).await?;
    same("what is named", &found(&scene).await?, &named(&[&kept]))?;
    scene.advance_secs(DAY_SECS).await?;
    same(
        "what is named a day later",
        &found(&scene).await?,
        &BTreeSet::new(),
    )
}

/// A counter of the host's own.
fn own() -> CounterKey {
    CounterKey::Host(external("a day"), external("1999-12-31"))
}

/// Takes one of a hub's day, of a slot, and of something of the host's own, all of one day.
async fn take(scene: &Scene, key: &str, date: LocalDate) -> Result<[CounterKey; 2], Failure> {
    let keys = [
        CounterKey::HubDay(hub("north"), date),
        CounterKey::Slot(slot("noon", date)?),
    ];
    let change = keys
        .iter()
        .fold(Change::new(key), |change, key| change.counter(key, 1, None));
    scene.accept(change.counter(&own(), 1, None)).await?;
    Ok(keys)
}

async fn forget(scene: &Scene, before: LocalDate, limit: usize) -> Result<usize, Failure> {
    let forgotten = scene.store().forget_counters(scene.tenant(), before, limit);
    Ok(forgotten.await?)
}

/// Of which of these something is taken.
async fn there(scene: &Scene, asked: &[&CounterKey]) -> Result<BTreeSet<String>, Failure> {
    let mut keys = Keys::default();
    keys.counters.extend(asked.iter().map(|key| (*key).clone()));
    let found = scene.prefetch(keys).await?.counters;
    let taken = found.iter().filter(|(_, taken)| !taken.is_zero());
    Ok(taken.map(|(key, _)| key.to_string()).collect())
}

pub(crate) async fn counters_of_days_before_are_forgotten(scene: Scene) -> Result<(), Failure> {
    let (past, today) = (day(&scene, -1).await?, day(&scene, 0).await?);
    let [old_work, old_slot] = take(&scene, "1", past).await?;
    let [work, slot] = take(&scene, "2", today).await?;
    let own = own();
    same(
        "counters forgotten",
        &forget(&scene, today, PLENTY).await?,
        &2,
    )?;
    let all = [&old_work, &old_slot, &work, &slot, &own];
    let left = there(&scene, &all).await?;
    same("what is left", &left, &named(&[&work, &slot, &own]))?;
    // What is given back of a counter that is gone is given back of nothing.
    let late = Change::new("3").counter(&old_work, -1, None);
    scene.accept(late).await?;
    let left = there(&scene, &all).await?;
    same("what is left later", &left, &named(&[&work, &slot, &own]))
}

pub(crate) async fn forgetting_counters_stops_at_its_limit(scene: Scene) -> Result<(), Failure> {
    let today = day(&scene, 0).await?;
    for (key, days) in [("1", -1), ("2", -2)] {
        take(&scene, key, day(&scene, days).await?).await?;
    }
    let mut counts = Vec::new();
    for _ in 0..3 {
        counts.push(forget(&scene, today, 3).await?);
    }
    same("counters forgotten", &counts, &vec![3, 1, 0])
}

pub(crate) async fn a_tenant_forgets_its_own_counters(scene: Scene) -> Result<(), Failure> {
    let other = scene.as_tenant("globex").await?;
    let (past, today) = (day(&scene, -1).await?, day(&scene, 0).await?);
    let [work, slot] = take(&scene, "1", past).await?;
    forget(&other, today, PLENTY).await?;
    let left = there(&scene, &[&work, &slot]).await?;
    same("what is left", &left, &named(&[&work, &slot]))
}
