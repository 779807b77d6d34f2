//! Requirements of documents that are not written, and the order of all checks.

use crate::plan::{
    CounterKey, DocumentKey, DocumentWrite, Index, Outcome, Refusal, Requirement, UniqueKey,
};
use crate::reservation::{ReservationDelta, ReservationRefusal};
use crate::testing::build::{
    Change, external, host, host_document, hub, hub_document, number, order_document, order_index,
    owner_cart, quantity, reservation, stock, stream, units, update, version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{Scene, later};

fn told(key: &str) -> Change {
    Change::new(key).event(&stream("told"), "told")
}

fn hub_key(id: &str) -> DocumentKey {
    DocumentKey::Hub(hub(id))
}

async fn is_unmet(scene: &Scene, requirement: Requirement) -> Result<(), Failure> {
    let refusal = scene
        .refuse(told("unmet").requires(requirement.clone()))
        .await?;
    same("the refusal", &refusal, &Refusal::Unmet { requirement })
}

pub(crate) async fn requirements_that_hold_let_a_change_pass(scene: Scene) -> Result<(), Failure> {
    let change = told("1")
        .requires(Requirement::Active(hub_key("north")))
        .requires(Requirement::Unchanged(hub_key("south"), version(1)));
    scene.accept(change).await?;
    Ok(())
}

pub(crate) async fn an_inactive_document_is_not_active(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(hub_document("west", false)))
        .await?;
    is_unmet(&scene, Requirement::Active(hub_key("west"))).await
}

pub(crate) async fn an_absent_document_is_not_active(scene: Scene) -> Result<(), Failure> {
    is_unmet(&scene, Requirement::Active(hub_key("nowhere"))).await
}

pub(crate) async fn a_document_at_another_version_is_changed(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(host_document("x")))
        .await?;
    scene
        .accept(Change::new("2").document(update(host_document("x"), 1)))
        .await?;
    is_unmet(&scene, Requirement::Unchanged(host("x"), version(1))).await
}

pub(crate) async fn an_order_at_another_version_is_changed(scene: Scene) -> Result<(), Failure> {
    let head = order_document(1, order_index(1, scene.now().await?));
    scene
        .accept(Change::new("1").document(head.clone()))
        .await?;
    scene
        .accept(Change::new("2").document(update(head.clone(), 1)))
        .await?;
    is_unmet(&scene, Requirement::Unchanged(head.key, version(1))).await
}

pub(crate) async fn a_requirement_sees_earlier_items(scene: Scene) -> Result<(), Failure> {
    let closed = DocumentWrite {
        index: Index::Active(false),
        ..update(hub_document("north", false), 1)
    };
    let items = [
        Change::new("1").document(closed),
        told("2").requires(Requirement::Active(hub_key("north"))),
    ];
    let outcomes = scene.batch(items).await?;
    let unmet = matches!(
        outcomes.get(1),
        Some(Outcome::Refused(Refusal::Unmet { .. }))
    );
    check(unmet, &format!("found: {outcomes:?}"))
}

/// A change set that breaks every rule from `first` on, in the order in which they are checked.
fn broken_from(first: usize, now: crate::value::Timestamp) -> Change {
    let tea = stock("north", "TEA");
    let key = if first <= 2 {
        "used".to_owned()
    } else {
        format!("fresh-{first}")
    };
    let mut change = told(&key).asking("something else");
    if first == 0 {
        let other = DocumentWrite {
            index: Index::Active(true),
            ..host_document("x")
        };
        change = change.documents([host_document("x"), other]);
    }
    if first <= 1 {
        change = change.planned_at(later(now, 600));
    }
    if first <= 3 {
        change = change.name(UniqueKey::OrderNumber(number(1)), host("b"));
    }
    if first <= 4 {
        change = change.document(update(host_document("a"), 9));
    }
    if first <= 5 {
        change = change.requires(Requirement::Unchanged(host("none"), version(1)));
    }
    if first <= 6 {
        let release = ReservationDelta::Release {
            quantity: quantity(2),
            tentative: false,
        };
        change = change.reservation(&reservation(&owner_cart(1), 1, &tea), release);
    }
    if first <= 7 {
        change = change.counter(
            &CounterKey::Host(external("slot"), external("1")),
            5,
            Some(1),
        );
    }
    change.reserve(&reservation(&owner_cart(2), 1, &tea), 1)
}

pub(crate) async fn the_first_check_that_fails_is_the_answer(scene: Scene) -> Result<(), Failure> {
    let first = Change::new("used").document(host_document("a"));
    scene
        .accept(first.name(UniqueKey::OrderNumber(number(1)), host("a")))
        .await?;
    let mut found = Vec::new();
    for first in 0..9 {
        let change = broken_from(first, scene.now().await?);
        found.push(match scene.refuse(change).await? {
            Refusal::Defect { .. } => "defect",
            Refusal::ClockSkew { .. } => "clock skew",
            Refusal::KeyReused { .. } => "key reused",
            Refusal::Taken { .. } => "taken",
            Refusal::Conflict { .. } => "conflict",
            Refusal::Unmet { .. } => "unmet",
            Refusal::Reservation {
                problem: ReservationRefusal::TooFew { found, .. },
                ..
            } if found == units(0) => "reservation",
            Refusal::Reservation { .. } => "another refusal of the reservation",
            Refusal::Counter { .. } => "counter",
            Refusal::Stock { .. } => "stock",
            Refusal::Unfit { .. } => "unfit",
        });
    }
    let order = [
        "defect",
        "clock skew",
        "key reused",
        "taken",
        "conflict",
        "unmet",
        "reservation",
        "counter",
        "stock",
    ];
    same("the answers", found.as_slice(), order.as_slice())
}
