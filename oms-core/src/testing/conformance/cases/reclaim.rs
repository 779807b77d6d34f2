//! Ending due claims of others where stock is short.

use crate::event::{Actor, ActorKind, EventRecord, Origin};
use crate::plan::{Keys, Outcome, Refusal, decode_event};
use crate::port::ReservationFilter;
use crate::reservation::{
    Owner, Reservation, ReservationDelta, ReservationEvent, ReservationKey, ReservedUnits,
};
use crate::stock::StockKey;
use crate::testing::build::{
    Change, idempotency_key, owner_cart, owner_order, quantity, reason, reservation, sku, stock,
    stream, units, version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, defect, same, some};
use crate::testing::conformance::scene::{Scene, later, later_micros};
use crate::value::RequestId;

fn tea() -> StockKey {
    stock("north", "TEA")
}

/// `count` units on the shelf, and a claim of `owner` on one of them that is just due.
async fn due(scene: &Scene, count: u32, owner: &Owner) -> Result<ReservationKey, Failure> {
    let claim = reservation(owner, 1, &tea());
    let end = later(scene.now().await?, 60);
    let change = Change::new("due")
        .receive(&tea(), count)
        .reserve_until(&claim, 1, end);
    scene.accept(change).await?;
    scene.set_clock(end).await?;
    Ok(claim)
}

/// Cart number 9 wants units, and lets the store end what is due.
fn want(count: u32) -> Change {
    Change::new("want")
        .reserve(&reservation(&owner_cart(9), 1, &tea()), count)
        .reclaim()
}

async fn tentative(scene: &Scene, claim: &ReservationKey) -> Result<u32, Failure> {
    Ok(scene.claim(claim).await?.tentative.get())
}

pub(crate) async fn due_claims_make_room(scene: Scene) -> Result<(), Failure> {
    let claims = [1, 2].map(|cart| reservation(&owner_cart(cart), 1, &tea()));
    let end = later(scene.now().await?, 60);
    let change = claims
        .iter()
        .fold(Change::new("due").receive(&tea(), 2), |change, claim| {
            change.reserve_until(claim, 1, end)
        });
    scene.accept(change).await?;
    scene.set_clock(end).await?;
    scene.accept(want(2)).await?;
    for claim in claims {
        let found = scene.claim(&claim).await?;
        let units = (found.tentative.get(), found.expired.get());
        same("(tentative, expired)", &units, &(0, 1))?;
    }
    Ok(())
}

pub(crate) async fn due_claims_stay_unless_the_change_allows_it(
    scene: Scene,
) -> Result<(), Failure> {
    due(&scene, 1, &owner_cart(1)).await?;
    let change = Change::new("want").reserve(&reservation(&owner_cart(9), 1, &tea()), 1);
    let refusal = scene.refuse(change).await?;
    check(
        matches!(refusal, Refusal::Stock { .. }),
        &format!("found: {refusal:?}"),
    )
}

pub(crate) async fn an_ended_claim_is_told_on_its_owners_stream(
    scene: Scene,
) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_cart(1)).await?;
    scene.commit(want(1)).await?;
    let events = scene.history(&claim.owner.stream()).await?;
    same("how many events", &events.len(), &1)?;
    let event = some("the event", events.first())?;
    same("its name", &*event.name, "reservation.expired")?;
    let told: ReservationEvent = decode_event(event)
        .map_err(|error| Failure::new(format!("its body cannot be read: {error}")))?;
    let units = vec![ReservedUnits::of(&claim, quantity(1))];
    same("what it tells", &told, &ReservationEvent::Expired { units })
}

/// The events of an owner whose claims end. Whether they end, and are told at all, is for others.
async fn told(scene: &Scene, owner: &Owner) -> Result<Vec<EventRecord>, Failure> {
    let mut events = scene.history(&owner.stream()).await?;
    events.retain(|event| &*event.name == "reservation.expired");
    Ok(events)
}

pub(crate) async fn an_ended_claim_is_told_with_its_occasion(scene: Scene) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_cart(1)).await?;
    let request = RequestId::parse("req-42").map_err(|why| Failure::new(why.to_string()))?;
    let origin = Origin {
        actor: Actor::new(ActorKind::Person),
        reason: Some(reason("a guest waits")),
        request_id: Some(request),
        key: idempotency_key("want"),
    };
    let planned_at = later(scene.now().await?, -2);
    let change = want(1).origin(origin.clone()).planned_at(planned_at);
    scene.commit(change).await?;
    let wanted = Origin {
        actor: Actor::new(ActorKind::Automatic),
        reason: None,
        ..origin
    };
    for event in told(&scene, &claim.owner).await? {
        same("its origin", &event.origin, &wanted)?;
        same("its time", &event.at, &planned_at)?;
    }
    Ok(())
}

pub(crate) async fn claims_of_one_owner_are_told_together(scene: Scene) -> Result<(), Failure> {
    let owner = owner_cart(1);
    let claims = [1, 2].map(|line| reservation(&owner, line, &tea()));
    let end = later(scene.now().await?, 60);
    let change = Change::new("due").receive(&tea(), 2);
    let change = claims
        .iter()
        .fold(change, |change, claim| change.reserve_until(claim, 1, end));
    scene.accept(change).await?;
    scene.set_clock(end).await?;
    scene.commit(want(2)).await?;
    let mut found = Vec::new();
    for event in told(&scene, &owner).await? {
        let body: ReservationEvent = decode_event(&event)
            .map_err(|error| Failure::new(format!("its body cannot be read: {error}")))?;
        let ReservationEvent::Expired { mut units } = body else {
            return Err(Failure::new("it tells something else"));
        };
        units.sort();
        found.push(units);
    }
    let both = claims.map(|claim| ReservedUnits::of(&claim, quantity(1)));
    let wanted: Vec<_> = found.iter().take(1).map(|_| both.to_vec()).collect();
    same("what is told, event by event", &found, &wanted)
}

pub(crate) async fn claims_that_are_not_due_stay(scene: Scene) -> Result<(), Failure> {
    let claim = reservation(&owner_cart(1), 1, &tea());
    let end = later(scene.now().await?, 60);
    scene
        .accept(
            Change::new("1")
                .receive(&tea(), 1)
                .reserve_until(&claim, 1, end),
        )
        .await?;
    scene.set_clock(later_micros(end, -1)).await?;
    scene.commit(want(1)).await?;
    same("tentative units", &tentative(&scene, &claim).await?, &1)
}

pub(crate) async fn the_owners_own_claims_stay(scene: Scene) -> Result<(), Failure> {
    let own = due(&scene, 1, &owner_cart(9)).await?;
    let more = reservation(&owner_cart(9), 2, &tea());
    scene
        .commit(Change::new("more").reserve(&more, 1).reclaim())
        .await?;
    same("tentative units", &tentative(&scene, &own).await?, &1)
}

pub(crate) async fn nothing_ends_where_the_row_stays_short(scene: Scene) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_cart(1)).await?;
    let outcome = scene.commit(want(2)).await?;
    check(
        matches!(outcome, Outcome::Refused(_)),
        &format!("found: {outcome:?}"),
    )?;
    same("tentative units", &tentative(&scene, &claim).await?, &1)
}

/// Cart number 9 wants a unit of the row that is claimed, and one that nobody has.
fn want_both() -> Change {
    let other = reservation(&owner_cart(9), 2, &stock("north", "MUG"));
    want(1).reserve(&other, 1)
}

/// Fails unless the owner of a claim that did not end was told nothing.
async fn untold(scene: &Scene, claim: &ReservationKey) -> Result<(), Failure> {
    let told = scene.history(&claim.owner.stream()).await?;
    same("what the owner was told", &told, &Vec::new())
}

/// Fails unless the claim of one unit is as it was.
async fn untouched(scene: &Scene, claim: &ReservationKey) -> Result<(), Failure> {
    let found = scene.claim(claim).await?;
    let units = (found.tentative.get(), found.expired.get());
    same("(tentative, expired)", &units, &(1, 0))?;
    same("reserved", &scene.level(&tea()).await?.reserved.get(), &1)?;
    untold(scene, claim).await
}

pub(crate) async fn nothing_ends_where_another_row_is_short(scene: Scene) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_cart(1)).await?;
    let refusal = scene.refuse(want_both()).await?;
    check(
        matches!(refusal, Refusal::Stock { .. }),
        &format!("found: {refusal:?}"),
    )?;
    untouched(&scene, &claim).await
}

pub(crate) async fn nothing_ends_for_an_event_out_of_place(scene: Scene) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_cart(1)).await?;
    let misplaced = want(1).event_at(&stream("x"), version(7), "happened");
    let refusal = scene.refuse(misplaced).await?;
    defect(&refusal)?;
    untouched(&scene, &claim).await
}

pub(crate) async fn nothing_ends_for_a_refused_item_of_a_batch(
    scene: Scene,
) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_cart(1)).await?;
    // What is given back must still be there, whatever the item before would have ended.
    let release = ReservationDelta::Release {
        quantity: quantity(1),
        tentative: true,
    };
    let release = Change::new("release").reservation(&claim, release);
    let outcomes = scene.batch([want_both(), release]).await?;
    check(
        matches!(
            outcomes.as_slice(),
            [
                Outcome::Refused(Refusal::Stock { .. }),
                Outcome::Committed { .. }
            ]
        ),
        &format!("found: {outcomes:?}"),
    )?;
    let found = scene.claim(&claim).await?;
    let units = (found.tentative.get(), found.expired.get());
    same("(tentative, expired)", &units, &(0, 0))?;
    same("reserved", &scene.level(&tea()).await?.reserved.get(), &0)?;
    untold(&scene, &claim).await
}

pub(crate) async fn nothing_ends_where_there_is_room(scene: Scene) -> Result<(), Failure> {
    let claim = due(&scene, 2, &owner_cart(1)).await?;
    scene.commit(want(1)).await?;
    same("tentative units", &tentative(&scene, &claim).await?, &1)
}

pub(crate) async fn ended_claims_of_orders_wait_to_be_acknowledged(
    scene: Scene,
) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_order(1)).await?;
    scene.commit(want(1)).await?;
    same("lapsed units", &scene.claim(&claim).await?.lapsed.get(), &1)?;
    let acknowledge = ReservationDelta::Acknowledge {
        quantity: quantity(1),
    };
    scene
        .accept(Change::new("acknowledge").reservation(&claim, acknowledge))
        .await?;
    same("lapsed units", &scene.claim(&claim).await?.lapsed.get(), &0)
}

pub(crate) async fn what_could_be_reclaimed_is_prefetched(scene: Scene) -> Result<(), Failure> {
    let mug = stock("south", "MUG");
    due(&scene, 2, &owner_cart(1)).await?;
    let now = scene.now().await?;
    let later_one = reservation(&owner_cart(2), 1, &tea());
    let other = reservation(&owner_cart(2), 2, &mug);
    let change = Change::new("1")
        .receive(&mug, 1)
        .reserve_until(&later_one, 1, later(now, 60))
        .reserve(&other, 1);
    scene.accept(change).await?;
    let keys = Keys {
        stock: [tea(), mug].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?.reclaimable;
    same("reclaimable units", &found, &[(tea(), units(1))].into())
}

pub(crate) async fn what_could_be_reclaimed_of_a_sku_is_prefetched(
    scene: Scene,
) -> Result<(), Failure> {
    due(&scene, 2, &owner_cart(1)).await?;
    let keys = Keys {
        sku_stock: [sku("TEA")].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?.reclaimable;
    same("reclaimable units", &found, &[(tea(), units(1))].into())
}

async fn due_rows(scene: &Scene) -> Result<Vec<ReservationKey>, Failure> {
    scene
        .reservations(&ReservationFilter {
            due: true,
            ..ReservationFilter::default()
        })
        .await
}

pub(crate) async fn a_claim_is_listed_as_due_from_its_end_on(scene: Scene) -> Result<(), Failure> {
    let claim = reservation(&owner_cart(1), 1, &tea());
    let firm = reservation(&owner_cart(2), 1, &tea());
    let end = later(scene.now().await?, 60);
    let change = Change::new("1")
        .receive(&tea(), 5)
        .reserve_until(&claim, 1, end);
    scene.accept(change.reserve(&firm, 1)).await?;
    scene.set_clock(later_micros(end, -1)).await?;
    same("due before", &due_rows(&scene).await?, &Vec::new())?;
    scene.set_clock(end).await?;
    same("due then", &due_rows(&scene).await?, &vec![claim])
}

pub(crate) async fn an_ended_claim_is_listed_until_it_is_acknowledged(
    scene: Scene,
) -> Result<(), Failure> {
    let claim = due(&scene, 1, &owner_order(1)).await?;
    scene.commit(want(1)).await?;
    same("due", &due_rows(&scene).await?, &vec![claim.clone()])?;
    let acknowledge = ReservationDelta::Acknowledge {
        quantity: quantity(1),
    };
    scene
        .commit(Change::new("acknowledge").reservation(&claim, acknowledge))
        .await?;
    same("due", &due_rows(&scene).await?, &Vec::new())?;
    check(
        scene.claim(&claim).await? != Reservation::default(),
        "the row is gone",
    )
}
