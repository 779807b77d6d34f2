//! Tenants: nothing of one is seen or changed through another.

use crate::plan::{
    CounterKey, DocumentKey, DocumentWrite, Index, Keys, OrderIndex, Outcome, Snapshot, UniqueKey,
};
use crate::port::{MovementFilter, OrderFilter, ReservationFilter, StockFilter};
use crate::reservation::ReservationDelta;
use crate::testing::build::{
    Change, base_documents, channel, contact_document, create, customer_id, external, fulfillment,
    host, host_document, hub_document, idempotency_key, job, order_document, order_id, order_index,
    owner_cart, payload_id, quantity, reservation, sku, stock, stream, tenant, update, version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene, later_micros};
use crate::testing::conformance::walk::walk;

/// The version of the document `x` that `acme` has, and where a case says so of others.
const SEEN: u64 = 5;

fn badge() -> UniqueKey {
    UniqueKey::Host(external("badge"), external("7"))
}

/// The first work of order number 1.
fn work_document() -> DocumentWrite {
    let work = DocumentKey::Fulfillment(order_id(1), fulfillment(1));
    create(work, Index::None, r#"{"work":true}"#)
}

/// Stores one of everything for `acme` and answers the same store as `globex`.
async fn neighbour(scene: &Scene) -> Result<Scene, Failure> {
    let now = scene.now().await?;
    let tea = stock("north", "TEA");
    let index = OrderIndex {
        customer: Some(customer_id(1)),
        ..order_index(1, now)
    };
    let change = Change::new("everything")
        .documents([
            DocumentWrite {
                version: version(SEEN),
                ..host_document("x")
            },
            hub_document("west", true),
            order_document(1, index),
            work_document(),
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
    let filter = crate::port::DocumentFilter::of(host("x").kind());
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
        .personal(other.tenant(), customer_id(1), None, PLENTY)
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
    let other = scene.as_tenant("globex").await?;
    // One key of both, so that forgetting it for the one could forget it for the other.
    for one in [&other, &scene] {
        let change = Change::new("everything");
        one.accept(change.event(&stream("x"), "happened")).await?;
    }
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

/// Documents of the kinds that neither the base documents nor [`neighbour`] have.
fn other_kinds() -> [DocumentWrite; 4] {
    let personal = Index::Personal {
        customer: Some(customer_id(1)),
        order: None,
    };
    let mapping = DocumentKey::SkuMapping(channel("web"), external("their tea"));
    let explanation = DocumentKey::Explanation(order_id(1), version(1));
    [
        create(mapping, Index::None, r#"{"mapping":true}"#),
        create(
            DocumentKey::Payload(payload_id(1)),
            personal,
            r#"{"raw":true}"#,
        ),
        create(explanation, Index::None, r#"{"why":true}"#),
        create(DocumentKey::Zones, Index::None, r#"{"zones":true}"#),
    ]
}

/// Something that can be taken, of the host's own.
fn seat() -> CounterKey {
    CounterKey::Host(external("seat"), external("1"))
}

/// Everything of a tenant that a change set can write over.
async fn picture(scene: &Scene) -> Result<String, Failure> {
    let own = [host_document("x"), contact_document(1, Some(1), None)];
    let all = base_documents().into_iter().chain(other_kinds()).chain(own);
    let keys = Keys {
        documents: all.map(|write| write.key).collect(),
        orders: [order_id(1)].into(),
        stock: [stock("north", "TEA")].into(),
        owners: [owner_cart(1)].into(),
        counters: [seat()].into(),
        ..Keys::default()
    };
    let found = scene.prefetch(keys).await?;
    let (documents, counters) = (found.documents, found.counters);
    let (stock, claims) = (found.stock, found.reservations);
    Ok(format!(
        "{documents:?}\n{stock:?}\n{claims:?}\n{counters:?}"
    ))
}

pub(crate) async fn what_a_tenant_writes_leaves_its_neighbour_as_it_was(
    scene: Scene,
) -> Result<(), Failure> {
    let other = neighbour(&scene).await?;
    let tea = stock("north", "TEA");
    let claim = |n| reservation(&owner_cart(n), 1, &tea);
    let less = ReservationDelta::Release {
        quantity: quantity(1),
        tentative: false,
    };
    let order = order_document(1, order_index(1, scene.now().await?));
    let ours = Change::new("ours").documents(other_kinds());
    // Ahead of what the other writes below: a body tells its length only.
    let ahead = |write| DocumentWrite {
        version: version(SEEN),
        ..update(write, 1)
    };
    let ours = ours.documents([ahead(order.clone()), ahead(work_document())]);
    scene.accept(ours.counter(&seat(), 3, None)).await?;
    let before = picture(&scene).await?;
    // What only the neighbour has is not there to be changed; what is made beside it is one's own.
    let own = Change::new("own").receive(&tea, 5);
    other.accept(own.reserve(&claim(2), 1)).await?;
    let taken = Change::new("taken").counter(&seat(), 1, None);
    other.accept(taken).await?;
    let head = Change::new("head").document(update(order.clone(), SEEN));
    other.refuse(head).await?;
    let work = Change::new("work").document(update(work_document(), SEEN));
    other.refuse(work).await?;
    let back = Change::new("back").reservation(&claim(1), less);
    other.refuse(back).await?;
    same("what it lacks", &picture(&scene).await?, &before)?;
    // And what both have is changed for one of them.
    let own = [host_document("x"), contact_document(1, Some(1), None)];
    let placed = [order, work_document()];
    let made = || own.iter().chain(&placed).cloned().chain(other_kinds());
    let change = Change::new("made").documents(made()).receive(&tea, 1);
    other.accept(change.reserve(&claim(1), 1)).await?;
    let both = base_documents().into_iter().chain(made());
    let change = Change::new("both").documents(both.map(|write| update(write, 1)));
    let change = change.receive(&tea, 1).safety(&tea, 1);
    let change = change.reservation(&claim(1), less);
    other.accept(change.counter(&seat(), 1, None)).await?;
    same("what both have", &picture(&scene).await?, &before)
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
