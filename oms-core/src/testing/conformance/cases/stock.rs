//! Stock rows: the guard, facts, settings.

use crate::plan::{Outcome, Refusal, StockSetting};
use crate::reservation::ReservationDelta;
use crate::stock::{MovementKind, StockKey, StockLevel, StockRefusal};
use crate::testing::build::{Change, owner_cart, quantity, reservation, stock, units};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{defect, same};
use crate::testing::conformance::scene::Scene;
use crate::value::limits::UNITS_MAX;

fn tea() -> StockKey {
    stock("north", "TEA")
}

fn mug() -> StockKey {
    stock("south", "MUG")
}

/// Puts units on the shelf.
async fn shelve(scene: &Scene, row: &StockKey, count: u32) -> Result<(), Failure> {
    scene
        .accept(Change::new(&format!("shelve {row}")).receive(row, count))
        .await?;
    Ok(())
}

/// A claim of cart number `n`'s line 1, for good.
fn claim(n: u64, row: &StockKey, count: u32) -> Change {
    Change::new(&format!("claim-{n}")).reserve(&reservation(&owner_cart(n), 1, row), count)
}

fn setting(row: &StockKey) -> StockSetting {
    StockSetting {
        key: row.clone(),
        safety: None,
        incoming: None,
        expected_on_hand: None,
    }
}

const fn short(asked: u32, available: i64) -> impl Fn() -> StockRefusal {
    move || StockRefusal::Short {
        asked: units(asked),
        available,
    }
}

pub(crate) async fn a_claim_beyond_what_is_available_is_refused(
    scene: Scene,
) -> Result<(), Failure> {
    shelve(&scene, &tea(), 3).await?;
    let refusal = scene.refuse(claim(1, &tea(), 4)).await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::Stock {
            rows: vec![(tea(), short(4, 3)())],
        },
    )
}

pub(crate) async fn safety_stock_is_not_for_sale(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 2).await?;
    scene.accept(Change::new("1").safety(&tea(), 2)).await?;
    let refusal = scene.refuse(claim(1, &tea(), 1)).await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::Stock {
            rows: vec![(tea(), short(1, 0)())],
        },
    )
}

pub(crate) async fn two_lines_of_one_row_are_one_demand(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 3).await?;
    let line = |n| reservation(&owner_cart(1), n, &tea());
    let refusal = scene
        .refuse(Change::new("1").reserve(&line(1), 2).reserve(&line(2), 2))
        .await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::Stock {
            rows: vec![(tea(), short(4, 3)())],
        },
    )
}

pub(crate) async fn a_claim_that_fits_exactly_is_granted(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 5).await?;
    scene.accept(Change::new("1").safety(&tea(), 1)).await?;
    scene.accept(claim(1, &tea(), 4)).await?;
    Ok(())
}

pub(crate) async fn every_short_row_is_named_in_key_order(scene: Scene) -> Result<(), Failure> {
    let cart = owner_cart(1);
    let change = Change::new("1")
        .reserve(&reservation(&cart, 1, &mug()), 2)
        .reserve(&reservation(&cart, 2, &tea()), 1);
    let refusal = scene.refuse(change).await?;
    let rows = vec![(tea(), short(1, 0)()), (mug(), short(2, 0)())];
    same("the refusal", &refusal, &Refusal::Stock { rows })
}

pub(crate) async fn a_short_row_leaves_the_others_alone(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 5).await?;
    let cart = owner_cart(1);
    let change = Change::new("1")
        .reserve(&reservation(&cart, 1, &tea()), 1)
        .reserve(&reservation(&cart, 2, &mug()), 1);
    scene.refuse(change).await?;
    same("reserved", &scene.level(&tea()).await?.reserved.get(), &0)
}

pub(crate) async fn nobody_loses_to_a_neighbour_that_did_not_fit(
    scene: Scene,
) -> Result<(), Failure> {
    shelve(&scene, &tea(), 2).await?;
    let cart = owner_cart(2);
    let greedy = Change::new("claim-2")
        .reserve(&reservation(&cart, 1, &tea()), 1)
        .reserve(&reservation(&cart, 2, &mug()), 1);
    let outcomes = scene
        .batch([claim(1, &tea(), 1), greedy, claim(3, &tea(), 1)])
        .await?;
    let done: Vec<bool> = outcomes.iter().map(Outcome::is_done).collect();
    same("what is done", &done, &vec![true, false, true])
}

pub(crate) async fn facts_are_accepted_whatever_is_reserved(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 6).await?;
    scene.accept(claim(1, &tea(), 5)).await?;
    scene
        .accept(Change::new("1").moved(&tea(), MovementKind::Damaged, -1))
        .await?;
    let counted = StockSetting {
        expected_on_hand: Some(units(5)),
        ..setting(&tea())
    };
    let count = Change::new("2")
        .moved(&tea(), MovementKind::Counted, -1)
        .stock(counted);
    scene.accept(count).await?;
    scene
        .accept(Change::new("3").moved(&tea(), MovementKind::Adjusted, -1))
        .await?;
    scene.accept(Change::new("4").safety(&tea(), 9)).await?;
    Ok(())
}

pub(crate) async fn a_shortfall_is_recorded(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 6).await?;
    scene.accept(claim(1, &tea(), 5)).await?;
    scene
        .accept(Change::new("1").moved(&tea(), MovementKind::Damaged, -3))
        .await?;
    same(
        "the shortfall",
        &scene.level(&tea()).await?.shortfall.get(),
        &2,
    )
}

pub(crate) async fn reserved_goods_are_not_issued(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 5).await?;
    scene.accept(claim(1, &tea(), 4)).await?;
    let refusal = scene
        .refuse(Change::new("1").moved(&tea(), MovementKind::Issued, -2))
        .await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::Stock {
            rows: vec![(tea(), short(2, 1)())],
        },
    )
}

pub(crate) async fn goods_that_are_not_there_are_not_taken(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 2).await?;
    let refusal = scene
        .refuse(Change::new("1").moved(&tea(), MovementKind::Damaged, -3))
        .await?;
    same(
        "the refusal",
        &refusal,
        &Refusal::Stock {
            rows: vec![(tea(), short(3, 2)())],
        },
    )
}

pub(crate) async fn a_count_of_a_row_that_moved_is_refused(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 5).await?;
    let seen = StockSetting {
        expected_on_hand: Some(units(4)),
        ..setting(&tea())
    };
    let count = Change::new("1")
        .moved(&tea(), MovementKind::Counted, 1)
        .stock(seen);
    let refusal = scene.refuse(count).await?;
    let moved = StockRefusal::Moved {
        expected: units(4),
        found: units(5),
    };
    same(
        "the refusal",
        &refusal,
        &Refusal::Stock {
            rows: vec![(tea(), moved)],
        },
    )
}

pub(crate) async fn shipping_lowers_both_counters(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), 4).await?;
    scene.accept(claim(1, &tea(), 3)).await?;
    let key = reservation(&owner_cart(1), 1, &tea());
    let quantity = quantity(2);
    let shipped = Change::new("1")
        .reservation(&key, ReservationDelta::Consume { quantity })
        .moved(&tea(), MovementKind::Shipped, -2);
    scene.accept(shipped).await?;
    let level = scene.level(&tea()).await?;
    let counters = (level.on_hand.get(), level.reserved.get());
    same("(on hand, reserved)", &counters, &(2, 1))
}

pub(crate) async fn units_that_left_make_no_room(scene: Scene) -> Result<(), Failure> {
    let scene = scene.as_tenant("globex").await?;
    let key = reservation(&owner_cart(1), 1, &tea());
    let change = Change::new("shelve").receive(&tea(), 3).reserve(&key, 3);
    scene.accept(change).await?;
    scene.accept(Change::new("2").safety(&tea(), 1)).await?;
    let quantity = quantity(1);
    let change = Change::new("ship and claim")
        .reservation(&key, ReservationDelta::Consume { quantity })
        .moved(&tea(), MovementKind::Shipped, -1)
        .reserve(&reservation(&owner_cart(2), 1, &tea()), 1);
    // How much of it is there is asked by other cases.
    let refusal = scene.refuse(change).await?;
    let Refusal::Stock { rows } = refusal else {
        return Err(Failure::new(format!("refused, but with {refusal:?}")));
    };
    let rows: Vec<StockKey> = rows.into_iter().map(|(key, _)| key).collect();
    same("the rows that are short", &rows, &vec![tea()])
}

pub(crate) async fn settings_change_only_what_they_name(scene: Scene) -> Result<(), Failure> {
    scene.accept(Change::new("1").safety(&tea(), 3)).await?;
    let incoming = StockSetting {
        incoming: Some(units(7)),
        ..setting(&tea())
    };
    scene.accept(Change::new("2").stock(incoming)).await?;
    let level = scene.level(&tea()).await?;
    let settings = (level.safety.get(), level.incoming.get());
    same("(safety, incoming)", &settings, &(3, 7))
}

pub(crate) async fn a_row_is_the_fold_of_its_changes(scene: Scene) -> Result<(), Failure> {
    let key = reservation(&owner_cart(1), 1, &tea());
    let incoming = StockSetting {
        incoming: Some(units(4)),
        ..setting(&tea())
    };
    let release = ReservationDelta::Release {
        quantity: quantity(1),
        tentative: false,
    };
    let changes = [
        Change::new("1").receive(&tea(), 10),
        Change::new("2").stock(incoming),
        Change::new("3").safety(&tea(), 1),
        Change::new("4").reserve(&key, 3),
        Change::new("5").moved(&tea(), MovementKind::Adjusted, -2),
        Change::new("6").reservation(&key, release),
    ];
    let mut wanted = StockLevel::default();
    for change in changes {
        let deltas = change.clone().at(scene.now().await?).stock_deltas();
        scene.accept(change).await?;
        let delta = deltas.get(&tea()).copied().unwrap_or_default();
        wanted = delta
            .apply(&wanted)
            .map_err(|refusal| Failure::new(format!("the rule refuses {delta:?}: {refusal:?}")))?;
        same(
            &format!("after {delta:?}"),
            &scene.level(&tea()).await?,
            &wanted,
        )?;
    }
    Ok(())
}

pub(crate) async fn a_counter_does_not_leave_its_range(scene: Scene) -> Result<(), Failure> {
    shelve(&scene, &tea(), UNITS_MAX).await?;
    let refusal = scene.refuse(Change::new("1").receive(&tea(), 1)).await?;
    let rows = vec![(tea(), StockRefusal::OutOfRange)];
    same("the refusal", &refusal, &Refusal::Stock { rows })
}

pub(crate) async fn a_row_set_twice_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let twice = Change::new("1").safety(&tea(), 1).safety(&tea(), 1);
    let refusal = scene.refuse(twice).await?;
    defect(&refusal)
}
