//! Tenants: nothing of one is seen or changed through another.

use crate::plan::{
    DocumentKey, DocumentWrite, Index, Keys, OrderIndex, Outcome, Snapshot, UniqueKey,
};
use crate::port::{MovementFilter, OrderFilter, ReservationFilter, StockFilter};
use crate::testing::build::{
    Change, contact_document, create, customer_id, external, fulfillment, host, host_document,
    hub_document, idempotency_key, job, order_document, order_id, order_index, owner_cart,
    reservation, sku, stock, stream, tenant, update, version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene, later_micros};
use crate::testing::conformance::walk::walk;

/// The version of the document `x` that `acme` has.
const SEEN: u64 = 5;

fn badge() -> UniqueKey {
    UniqueKey::Host(external("badge"), external("7"))
}

/// Stores one of everything for `acme` and answers the same store as `globex`.
async fn neighbour(scene: &Scene) -> Result<Scene, Failure> {
    let now = scene.now().await?;
    let tea = stock("north", "TEA");
    let index = OrderIndex {
        customer: Some(customer_id(1)),
        ..order_index(1, now)
    };
    let work = DocumentKey::Fulfillment(order_id(1), fulfillment(1));
    let change = Change::new("everything")
        .documents([
            DocumentWrite {
                version: version(SEEN),
                ..host_document("x")
            },
            hub_document("west", true),
            order_document(1, index),
            create(work, Index::None, r#"{"work":true}"#),
            contact_document(1, Some(1), None),
        ])
        .name(badge(), host("x"))
        .receive(&tea, 9)
        .reserve(&reservation(&owner_cart(1), 1, &tea), 1)
        .event(&stream("x"), "happened")
        .job(job(1, now));
    scene.accept(change).await?;
    scene.as_tenant("globex").await
}

async fn prefetched(scene: &Scene, keys: Keys) -> Result<Snapshot, Failure> {
    neighbour(scene).await?.prefetch(keys).await
}

pub(crate) async fn a_tenant_prefetches_its_own_documents(scene: Scene) -> Result<(), Failure> {
    let keys = Keys {
        documents: [host("x")].into(),
        ..Keys::default()
    };
    let found = prefetched(&scene, keys).await?;
    check(
        !found.documents.contains_key(&host("x")),
        "another tenant's document",
    )
}

pub(crate) async fn a_tenant_prefetches_its_own_orders(scene: Scene) -> Result<(), Failure> {
    let keys = Keys {
        orders: [order_id(1)].into(),
        ..Keys::default()
    };
    let found = prefetched(&scene, keys).await?;
    same("documents", &found.documents.len(), &1)
}

pub(crate) async fn a_tenant_prefetches_its_own_hubs(scene: Scene) -> Result<(), Failure> {
    let found = prefetched(
        &scene,
        Keys {
            hubs: true,
            ..Keys::default()
        },
    )
    .await?;
    same("documents", &found.documents.len(), &3)
}

pub(crate) async fn a_tenant_prefetches_its_own_stock(scene: Scene) -> Result<(), Failure> {
    let keys = Keys {
        stock: [stock("north", "TEA")].into(),
        ..Keys::default()
    };
    same("rows", &prefetched(&scene, keys).await?.stock.len(), &0)
}

pub(crate) async fn a_tenant_prefetches_its_own_stock_of_a_sku(
    scene: Scene,
) -> Result<(), Failure> {
    let keys = Keys {
        sku_stock: [sku("TEA")].into(),
        ..Keys::default()
    };
    same("rows", &prefetched(&scene, keys).await?.stock.len(), &0)
}

pub(crate) async fn a_tenant_prefetches_its_own_names(scene: Scene) -> Result<(), Failure> {
    let keys = Keys {
        unique: [badge()].into(),
        ..Keys::default()
    };
    same("holders", &prefetched(&scene, keys).await?.unique.len(), &0)
}

pub(crate) async fn a_tenant_prefetches_its_own_reservations(scene: Scene) -> Result<(), Failure> {
    let keys = Keys {
        owners: [owner_cart(1)].into(),
        ..Keys::default()
    };
    same(
        "reservations",
        &prefetched(&scene, keys).await?.reservations.len(),
        &0,
    )
}

pub(crate) async fn a_tenant_prefetches_its_own_commands(scene: Scene) -> Result<(), Failure> {
    let keys = Keys {
        commands: [idempotency_key("everything")].into(),
        ..Keys::default()
    };
    same(
        "commands",
        &prefetched(&scene, keys).await?.commands.len(),
        &0,
    )
}

pub(crate) async fn a_tenant_lists_its_own_orders(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let filter = OrderFilter::default();
    let page = other
        .store()
        .orders(other.tenant(), &filter, None, PLENTY)
        .await?;
    same("orders", &page.items, &Vec::new())
}

pub(crate) async fn a_tenant_lists_its_own_documents(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let filter = crate::port::DocumentFilter {
        kind: host("x").kind(),
        active: None,
    };
    let page = other
        .store()
        .documents(other.tenant(), &filter, None, PLENTY)
        .await?;
    same("documents", &page.items, &Vec::new())
}

pub(crate) async fn a_tenant_sees_its_own_personal_documents(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let found = other
        .store()
        .personal(other.tenant(), customer_id(1), PLENTY)
        .await?;
    same("documents", &found, &Vec::new())
}

pub(crate) async fn a_tenant_reads_its_own_history(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    same("events", &other.history(&stream("x")).await?, &Vec::new())
}

pub(crate) async fn a_tenant_lists_its_own_stock(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    same(
        "rows",
        &other.stock(&StockFilter::default()).await?,
        &Vec::new(),
    )
}

pub(crate) async fn a_tenant_lists_its_own_movements(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    same(
        "movements",
        &other.movements(&MovementFilter::default()).await?,
        &Vec::new(),
    )
}

pub(crate) async fn a_tenant_lists_its_own_reservations(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    same(
        "reservations",
        &other.reservations(&ReservationFilter::default()).await?,
        &Vec::new(),
    )
}

pub(crate) async fn a_tenant_lists_its_own_jobs(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let page = other.store().jobs(other.tenant(), None, PLENTY).await?;
    same("jobs", &page.items, &Vec::new())
}

pub(crate) async fn a_tenant_changes_its_own_documents(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let outcome = other
        .commit(Change::new("1").document(update(host_document("x"), SEEN)))
        .await?;
    check(
        matches!(outcome, Outcome::Refused(_)),
        &format!("found: {outcome:?}"),
    )
}

pub(crate) async fn a_tenant_claims_its_own_stock(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let claim = reservation(&owner_cart(2), 1, &stock("north", "TEA"));
    let outcome = other.commit(Change::new("1").reserve(&claim, 1)).await?;
    check(
        matches!(outcome, Outcome::Refused(_)),
        &format!("found: {outcome:?}"),
    )
}

pub(crate) async fn tenants_may_use_the_same_keys(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let change = Change::new("everything").asking("something else");
    other
        .accept(change.event(&stream("other"), "happened"))
        .await?;
    Ok(())
}

pub(crate) async fn tenants_may_use_the_same_names(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let change = Change::new("1")
        .document(host_document("y"))
        .name(badge(), host("y"));
    other.accept(change).await?;
    Ok(())
}

pub(crate) async fn a_tenant_forgets_its_own_keys(scene: Scene) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let before = later_micros(scene.now().await?, 1);
    other
        .store()
        .forget_commands(other.tenant(), before, PLENTY)
        .await?;
    let again = Change::new("everything").event(&stream("x"), "happened");
    let outcome = scene.commit(again).await?;
    check(
        matches!(outcome, Outcome::Repeated { .. }),
        &format!("found: {outcome:?}"),
    )
}

pub(crate) async fn tenants_with_settings_are_listed_page_by_page(
    scene: Scene,
) -> Result<(), Failure> {
    for name in ["delta", "beta", "gamma"] {
        scene.as_tenant(name).await?;
    }
    let found = walk!(2, |after, limit| scene
        .store()
        .tenants(after.as_ref(), limit));
    let wanted = ["acme", "beta", "delta", "gamma"].map(tenant);
    same("the tenants", &found, &wanted.to_vec())
}
