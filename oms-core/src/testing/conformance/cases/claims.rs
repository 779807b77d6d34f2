//! Reservations: the rule, the order of changes, the store's clock.

use crate::plan::Refusal;
use crate::port::ReservationFilter;
use crate::reservation::{Reservation, ReservationDelta, ReservationKey, ReservationRefusal};
use crate::testing::build::{Change, owner_cart, quantity, reservation, stock, units};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::{Scene, later, later_micros};
use crate::value::Timestamp;
use crate::value::limits::QUANTITY_MAX;

/// Ten units on the shelf, and cart number 1's claim on them.
async fn shelf(scene: &Scene) -> Result<ReservationKey, Failure> {
    let tea = stock("north", "TEA");
    scene.accept(Change::new("shelf").receive(&tea, 10)).await?;
    Ok(reservation(&owner_cart(1), 1, &tea))
}

/// A claim of two units that ends a minute from now, and when.
async fn minute(scene: &Scene) -> Result<(ReservationKey, Timestamp), Failure> {
    let claim = shelf(scene).await?;
    let end = later(scene.now().await?, 60);
    scene
        .accept(Change::new("minute").reserve_until(&claim, 2, end))
        .await?;
    Ok((claim, end))
}

fn confirm(claim: &ReservationKey) -> Change {
    let quantity = quantity(2);
    Change::new("confirm").reservation(claim, ReservationDelta::Confirm { quantity })
}

fn expire(claim: &ReservationKey) -> Change {
    let quantity = quantity(2);
    Change::new("expire").reservation(claim, ReservationDelta::Expire { quantity })
}

pub(crate) async fn a_claim_follows_the_rule(scene: Scene) -> Result<(), Failure> {
    let claim = shelf(&scene).await?;
    let now = scene.now().await?;
    let until = |secs| Some(later(now, secs));
    let deltas = [
        ReservationDelta::Reserve {
            quantity: quantity(3),
            expires_at: until(900),
        },
        ReservationDelta::Reserve {
            quantity: quantity(1),
            expires_at: until(600),
        },
        ReservationDelta::Reserve {
            quantity: quantity(4),
            expires_at: None,
        },
        ReservationDelta::Confirm {
            quantity: quantity(1),
        },
        ReservationDelta::Release {
            quantity: quantity(1),
            tentative: true,
        },
        ReservationDelta::Release {
            quantity: quantity(1),
            tentative: false,
        },
        ReservationDelta::Consume {
            quantity: quantity(3),
        },
        ReservationDelta::Release {
            quantity: quantity(2),
            tentative: true,
        },
    ];
    let mut wanted = Reservation::default();
    for (n, delta) in deltas.into_iter().enumerate() {
        scene
            .accept(Change::new(&format!("change-{n}")).reservation(&claim, delta))
            .await?;
        wanted = wanted
            .apply(delta, now)
            .map_err(|refusal| Failure::new(format!("the rule refuses {delta:?}: {refusal:?}")))?;
        same(
            &format!("after {delta:?}"),
            &scene.claim(&claim).await?,
            &wanted,
        )?;
    }
    Ok(())
}

pub(crate) async fn changes_of_one_claim_apply_in_their_order(scene: Scene) -> Result<(), Failure> {
    let claim = shelf(&scene).await?;
    let end = later(scene.now().await?, 900);
    let quantity = quantity(2);
    let change = Change::new("1")
        .reserve_until(&claim, 2, end)
        .reservation(&claim, ReservationDelta::Confirm { quantity });
    scene.accept(change).await?;
    Ok(())
}

pub(crate) async fn a_claim_has_at_most_a_quantity(scene: Scene) -> Result<(), Failure> {
    let tea = stock("north", "TEA");
    let shelve = Change::new("shelf").receive(&tea, QUANTITY_MAX + 1);
    scene.accept(shelve).await?;
    let key = reservation(&owner_cart(1), 1, &tea);
    let end = later(scene.now().await?, 900);
    let most = Change::new("1").reserve_until(&key, QUANTITY_MAX, end);
    scene.accept(most).await?;
    let one_more = [
        Change::new("2").reserve(&key, 1),
        Change::new("3").reserve_until(&key, 1, end),
    ];
    for change in one_more {
        let refusal = scene.refuse(change).await?;
        let problem = ReservationRefusal::OutOfRange;
        let wanted = Refusal::Reservation {
            key: key.clone(),
            problem,
        };
        same("the refusal", &refusal, &wanted)?;
    }
    let quantity = quantity(QUANTITY_MAX);
    let all = Change::new("4").reservation(&key, ReservationDelta::Confirm { quantity });
    scene.accept(all).await?;
    Ok(())
}

pub(crate) async fn more_units_than_are_claimed_are_refused(scene: Scene) -> Result<(), Failure> {
    let key = shelf(&scene).await?;
    scene.accept(Change::new("1").reserve(&key, 2)).await?;
    let release = ReservationDelta::Release {
        quantity: quantity(3),
        tentative: false,
    };
    let refusal = scene
        .refuse(Change::new("2").reservation(&key, release))
        .await?;
    let problem = ReservationRefusal::TooFew {
        asked: units(3),
        found: units(2),
    };
    same(
        "the refusal",
        &refusal,
        &Refusal::Reservation { key, problem },
    )
}

pub(crate) async fn a_refused_claim_undoes_the_ones_before_it(scene: Scene) -> Result<(), Failure> {
    let first = shelf(&scene).await?;
    let second = reservation(&owner_cart(1), 2, &stock("north", "TEA"));
    let consume = ReservationDelta::Consume {
        quantity: quantity(1),
    };
    scene
        .refuse(
            Change::new("1")
                .reserve(&first, 1)
                .reservation(&second, consume),
        )
        .await?;
    same(
        "the first claim",
        &scene.claim(&first).await?,
        &Reservation::default(),
    )
}

pub(crate) async fn a_claim_may_be_confirmed_until_it_ends(scene: Scene) -> Result<(), Failure> {
    let (claim, end) = minute(&scene).await?;
    scene.set_clock(later_micros(end, -1)).await?;
    scene.accept(confirm(&claim)).await?;
    Ok(())
}

pub(crate) async fn a_claim_is_too_late_to_confirm_when_it_ends(
    scene: Scene,
) -> Result<(), Failure> {
    let (key, end) = minute(&scene).await?;
    scene.set_clock(end).await?;
    let refusal = scene.refuse(confirm(&key)).await?;
    let problem = ReservationRefusal::Expired {
        expires_at: Some(end),
    };
    same(
        "the refusal",
        &refusal,
        &Refusal::Reservation { key, problem },
    )
}

pub(crate) async fn a_claim_is_not_ended_before_its_time(scene: Scene) -> Result<(), Failure> {
    let (key, expires_at) = minute(&scene).await?;
    scene.set_clock(later_micros(expires_at, -1)).await?;
    let refusal = scene.refuse(expire(&key)).await?;
    let problem = ReservationRefusal::NotDue { expires_at };
    same(
        "the refusal",
        &refusal,
        &Refusal::Reservation { key, problem },
    )
}

pub(crate) async fn a_claim_may_be_ended_when_it_ends(scene: Scene) -> Result<(), Failure> {
    let (claim, end) = minute(&scene).await?;
    scene.set_clock(end).await?;
    scene.accept(expire(&claim)).await?;
    Ok(())
}

pub(crate) async fn no_more_is_settled_than_ended(scene: Scene) -> Result<(), Failure> {
    let (key, end) = minute(&scene).await?;
    scene.set_clock(later(end, 60)).await?;
    let expire = ReservationDelta::Expire {
        quantity: quantity(2),
    };
    let settle = |count| ReservationDelta::Settle {
        quantity: quantity(count),
    };
    scene
        .accept(Change::new("expire").reservation(&key, expire))
        .await?;
    scene
        .accept(Change::new("settle").reservation(&key, settle(1)))
        .await?;
    let due = ReservationFilter {
        due: true,
        ..ReservationFilter::default()
    };
    same("due", &scene.reservations(&due).await?, &Vec::new())?;
    let refusal = scene
        .refuse(Change::new("more").reservation(&key, settle(2)))
        .await?;
    let problem = ReservationRefusal::TooFew {
        asked: units(2),
        found: units(1),
    };
    same(
        "the refusal",
        &refusal,
        &Refusal::Reservation { key, problem },
    )
}

pub(crate) async fn claims_end_by_the_stores_clock(scene: Scene) -> Result<(), Failure> {
    let (key, end) = minute(&scene).await?;
    scene.set_clock(later(end, 1)).await?;
    let refusal = scene
        .refuse(confirm(&key).planned_at(later(end, -1)))
        .await?;
    let problem = ReservationRefusal::Expired {
        expires_at: Some(end),
    };
    same(
        "the refusal",
        &refusal,
        &Refusal::Reservation { key, problem },
    )
}
