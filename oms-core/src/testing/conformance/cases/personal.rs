//! The erasable documents of a customer.

use crate::plan::{DocumentKey, DocumentWrite, Index, OrderIndex};
use crate::testing::build::{
    Change, contact_document, contact_id, create, customer_id, host, host_document, order_document,
    order_id, order_index, payload_id, update,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::{PLENTY, Scene};

/// The keys of customer 1's erasable documents, sorted.
async fn personal(scene: &Scene) -> Result<Vec<DocumentKey>, Failure> {
    some(scene, PLENTY).await
}

/// At most `limit` of them.
async fn some(scene: &Scene, limit: usize) -> Result<Vec<DocumentKey>, Failure> {
    let mut keys = some_after(scene, None, limit).await?;
    keys.sort_unstable();
    Ok(keys)
}

/// At most `limit` of those after a key, as they come.
async fn some_after(
    scene: &Scene,
    after: Option<&DocumentKey>,
    limit: usize,
) -> Result<Vec<DocumentKey>, Failure> {
    let (store, tenant) = (scene.store(), scene.tenant());
    let found = store.personal(tenant, customer_id(1), after, limit).await;
    Ok(found?)
}

fn contact(n: u64) -> DocumentKey {
    DocumentKey::Contact(contact_id(n))
}

/// The head of order `n` of a customer.
async fn order_of(scene: &Scene, n: u64, customer: u64) -> Result<DocumentWrite, Failure> {
    let index = OrderIndex {
        customer: Some(customer_id(customer)),
        ..order_index(n, scene.now().await?)
    };
    Ok(order_document(n, index))
}

pub(crate) async fn personal_documents_are_found_by_customer(scene: Scene) -> Result<(), Failure> {
    let contacts = [
        contact_document(1, Some(1), None),
        contact_document(2, Some(2), None),
    ];
    scene.accept(Change::new("1").documents(contacts)).await?;
    same("the documents", &personal(&scene).await?, &vec![contact(1)])
}

pub(crate) async fn personal_documents_are_found_by_order(scene: Scene) -> Result<(), Failure> {
    let orders = [order_of(&scene, 1, 1).await?, order_of(&scene, 2, 2).await?];
    scene.accept(Change::new("1").documents(orders)).await?;
    let contacts = [
        contact_document(1, None, Some(1)),
        contact_document(2, None, Some(2)),
    ];
    scene.accept(Change::new("2").documents(contacts)).await?;
    same("the documents", &personal(&scene).await?, &vec![contact(1)])
}

pub(crate) async fn personal_documents_of_an_order_follow_its_customer(
    scene: Scene,
) -> Result<(), Failure> {
    let orders = [order_of(&scene, 1, 1).await?, order_of(&scene, 2, 2).await?];
    scene.accept(Change::new("1").documents(orders)).await?;
    let contacts = [
        contact_document(1, None, Some(1)),
        contact_document(2, None, Some(2)),
    ];
    scene.accept(Change::new("2").documents(contacts)).await?;
    let lost = update(order_of(&scene, 1, 2).await?, 1);
    let gained = update(order_of(&scene, 2, 1).await?, 1);
    let moved = Change::new("3").documents([lost, gained]);
    scene.accept(moved).await?;
    same("the documents", &personal(&scene).await?, &vec![contact(2)])
}

pub(crate) async fn personal_documents_of_another_customer_are_theirs(
    scene: Scene,
) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(order_of(&scene, 1, 1).await?))
        .await?;
    let theirs = contact_document(1, Some(2), Some(1));
    scene.accept(Change::new("2").document(theirs)).await?;
    same("the documents", &personal(&scene).await?, &Vec::new())
}

pub(crate) async fn payloads_are_personal_too(scene: Scene) -> Result<(), Failure> {
    let key = DocumentKey::Payload(payload_id(1));
    let index = Index::Personal {
        customer: None,
        order: Some(order_id(1)),
    };
    let payload = create(key.clone(), index, r#"{"raw":"..."}"#);
    scene
        .accept(Change::new("1").document(order_of(&scene, 1, 1).await?))
        .await?;
    scene.accept(Change::new("2").document(payload)).await?;
    same("the documents", &personal(&scene).await?, &vec![key])
}

/// Stores documents of the host's own for an order of customer 1.
async fn letters(scene: &Scene, ids: [&str; 3]) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(order_of(scene, 1, 1).await?))
        .await?;
    let letters = ids.map(|id| DocumentWrite {
        index: Index::Personal {
            customer: None,
            order: Some(order_id(1)),
        },
        ..host_document(id)
    });
    scene.accept(Change::new("2").documents(letters)).await?;
    Ok(())
}

pub(crate) async fn personal_documents_come_after_a_key(scene: Scene) -> Result<(), Failure> {
    let scene = scene.as_tenant("other").await?;
    letters(&scene, ["c", "a", "b"]).await?;
    let mut after = None;
    for id in ["a", "b", "c"] {
        let found = some_after(&scene, after.as_ref(), 1).await?;
        same("the next document", &found, &vec![host(id)])?;
        after = Some(host(id));
    }
    let found = some_after(&scene, after.as_ref(), 1).await?;
    same("the end", &found, &Vec::new())?;
    // Of the other kinds of personal documents one comes before all these, whatever its id.
    let found = some_after(&scene, Some(&contact(9)), 1).await?;
    same("after a contact", &found, &vec![host("a")])
}

pub(crate) async fn personal_documents_come_up_to_the_limit(scene: Scene) -> Result<(), Failure> {
    letters(&scene, ["a", "b", "c"]).await?;
    let all = ["a", "b", "c"].map(host);
    let mut found = some(&scene, 2).await?;
    found.dedup();
    let some_of_all = found.len() == 2 && found.iter().all(|key| all.contains(key));
    check(some_of_all, &format!("found: {found:?}"))?;
    same("the documents", &some(&scene, 3).await?, &all.to_vec())
}
