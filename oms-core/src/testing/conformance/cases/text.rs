//! Texts of keys: compared byte by byte, whatever a language makes of them.

use crate::plan::{DocumentKey, DocumentKind, UniqueKey};
use crate::port::{DocumentFilter, StockFilter};
use crate::testing::build::{Change, external, host, host_document, product_document, sku, stock};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::same;
use crate::testing::conformance::scene::{PLENTY, Scene};

/// SKUs in the order of their bytes; MUG and TEA are among the base documents.
const SKUS: [&str; 5] = ["MUG", "TEA", "Tea", "mug", "ÄPFEL"];

pub(crate) async fn keys_are_listed_byte_by_byte(scene: Scene) -> Result<(), Failure> {
    let more = ["ÄPFEL", "mug", "Tea"].map(|id| product_document(id, true));
    let change = Change::new("1").documents(more);
    let change = SKUS
        .into_iter()
        .fold(change, |change, id| change.receive(&stock("north", id), 1));
    scene.accept(change).await?;
    let filter = DocumentFilter::of(DocumentKind::Product);
    let (store, tenant) = (scene.store(), scene.tenant());
    let found = store.documents(tenant, &filter, None, PLENTY).await?.items;
    let found: Vec<_> = found.into_iter().map(|document| document.key).collect();
    let wanted = SKUS.map(|id| DocumentKey::Product(sku(id)));
    same("the SKUs", &found, &wanted.to_vec())?;
    let found = scene.stock(&StockFilter::default()).await?;
    let found: Vec<_> = found.into_iter().map(|(key, _)| key.sku).collect();
    same("the stock rows", &found, &SKUS.map(sku).to_vec())
}

pub(crate) async fn keys_that_differ_in_case_are_two(scene: Scene) -> Result<(), Failure> {
    let [upper, lower] = ["TEA", "tea"].map(|id| stock("north", id));
    scene.accept(Change::new("KEY").receive(&upper, 1)).await?;
    scene.accept(Change::new("key").receive(&lower, 2)).await?;
    for (row, count) in [(upper, 1), (lower, 2)] {
        let level = scene.level(&row).await?;
        same(&row.to_string(), &level.on_hand.get(), &count)?;
    }
    let badge = |id: &str| UniqueKey::Host(external("badge"), external(id));
    let change = ["X", "x"].into_iter().fold(Change::new("1"), |change, id| {
        change.document(host_document(id)).name(badge(id), host(id))
    });
    scene.accept(change).await?;
    Ok(())
}
