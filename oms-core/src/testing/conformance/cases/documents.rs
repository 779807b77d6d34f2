//! Documents: expectations, bodies, index columns.

use std::sync::Arc;

use crate::plan::{
    Body, DocumentKey, DocumentKind, DocumentWrite, Expected, Index, Refusal, StoredDocument,
};
use crate::port::DocumentFilter;
use crate::testing::build::{
    Change, channel, channel_document, contact_document, create, external, host, host_document,
    hub_document, order_document, order_index, update, version,
};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, defect, same, same_json, some};
use crate::testing::conformance::scene::{PLENTY, Scene, later};

fn json_of(write: &DocumentWrite) -> Arc<str> {
    match &write.body {
        Body::Write { json, .. } => json.clone(),
        Body::Keep => Arc::from(""),
    }
}

pub(crate) async fn a_document_reads_back_as_written(scene: Scene) -> Result<(), Failure> {
    let now = scene.now().await?;
    let mut index = order_index(7, later(now, -30));
    index.state_since = later(now, -20);
    index.customer = Some(crate::testing::build::customer_id(1));
    index.promised_by = Some(later(now, 3_600));
    let mut order = order_document(7, index);
    order.version = version(3);
    order.body = Body::Write {
        schema: 2,
        json: Arc::from(r#"{"text":"Grüße, 茶 \"x\"","nested":{"list":[1,2.5,null,true]}}"#),
    };
    let writes = [
        order,
        contact_document(1, Some(1), Some(7)),
        hub_document("west", false),
    ];
    scene
        .accept(Change::new("1").documents(writes.clone()))
        .await?;
    for write in writes {
        let found = scene.document(&write.key).await?;
        let found = some(&write.key.to_string(), found)?;
        same("key", &found.key, &write.key)?;
        same("version", &found.version, &write.version)?;
        same("index", &found.index, &write.index)?;
        same_json("body", &found.json, &json_of(&write))?;
        let Body::Write { schema, .. } = write.body else {
            continue;
        };
        same("schema", &found.schema, &schema)?;
    }
    Ok(())
}

pub(crate) async fn a_document_that_exists_is_not_created(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(host_document("x")))
        .await?;
    let refusal = scene
        .refuse(Change::new("2").document(host_document("x")))
        .await?;
    check(
        matches!(refusal, Refusal::Conflict { .. }),
        &format!("found: {refusal:?}"),
    )
}

pub(crate) async fn a_document_that_changed_is_not_overwritten(
    scene: Scene,
) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(host_document("x")))
        .await?;
    scene
        .accept(Change::new("2").document(update(host_document("x"), 1)))
        .await?;
    let stale = Change::new("3").document(update(host_document("x"), 1));
    let refusal = scene.refuse(stale).await?;
    check(
        matches!(refusal, Refusal::Conflict { .. }),
        &format!("found: {refusal:?}"),
    )
}

pub(crate) async fn a_document_that_is_absent_is_not_changed(scene: Scene) -> Result<(), Failure> {
    let refusal = scene
        .refuse(Change::new("1").document(update(host_document("x"), 1)))
        .await?;
    check(
        matches!(refusal, Refusal::Conflict { .. }),
        &format!("found: {refusal:?}"),
    )
}

pub(crate) async fn a_conflict_tells_the_version_that_is_stored(
    scene: Scene,
) -> Result<(), Failure> {
    let mut first = host_document("x");
    first.version = version(4);
    scene.accept(Change::new("1").document(first)).await?;
    let refusal = scene
        .refuse(Change::new("2").document(update(host_document("x"), 8)))
        .await?;
    let wanted = |id: &str, current| Refusal::Conflict {
        document: host(id),
        current,
    };
    same(
        "of a stored document",
        &refusal,
        &wanted("x", Some(version(4))),
    )?;
    let refusal = scene
        .refuse(Change::new("3").document(update(host_document("y"), 8)))
        .await?;
    same("of an absent document", &refusal, &wanted("y", None))
}

pub(crate) async fn a_kept_body_stays(scene: Scene) -> Result<(), Failure> {
    let first = host_document("x");
    scene
        .accept(Change::new("1").document(first.clone()))
        .await?;
    let kept = DocumentWrite {
        body: Body::Keep,
        ..update(first.clone(), 1)
    };
    scene.accept(Change::new("2").document(kept)).await?;
    let found = some("the document", scene.document(&host("x")).await?)?;
    same("version", &found.version.get(), &2)?;
    same("schema", &found.schema, &1)?;
    same_json("body", &found.json, &json_of(&first))
}

/// The ids of the hubs that a filter finds.
async fn hubs(scene: &Scene, active: bool) -> Result<Vec<String>, Failure> {
    let filter = DocumentFilter {
        active: Some(active),
        ..DocumentFilter::of(DocumentKind::Hub)
    };
    let page = scene
        .store()
        .documents(scene.tenant(), &filter, None, PLENTY)
        .await?;
    Ok(page
        .items
        .iter()
        .map(|document: &StoredDocument| document.key.to_string())
        .collect())
}

pub(crate) async fn index_columns_follow_every_write(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(hub_document("west", true)))
        .await?;
    let closed = DocumentWrite {
        body: Body::Keep,
        index: Index::Active(false),
        expected: Expected::Version(version(1)),
        version: version(2),
        ..hub_document("west", true)
    };
    scene.accept(Change::new("2").document(closed)).await?;
    let west = "hub west".to_owned();
    check(
        !hubs(&scene, true).await?.contains(&west),
        "listed under its old index",
    )?;
    check(
        hubs(&scene, false).await?.contains(&west),
        "not listed under its new index",
    )
}

pub(crate) async fn a_commit_is_seen_once_it_is_answered(scene: Scene) -> Result<(), Failure> {
    same("before", &scene.document(&host("x")).await?, &None)?;
    scene
        .accept(Change::new("1").document(host_document("x")))
        .await?;
    some("the document", scene.document(&host("x")).await?)?;
    Ok(())
}

pub(crate) async fn a_document_written_twice_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let twice = Change::new("1").documents([host_document("x"), host_document("x")]);
    let refusal = scene.refuse(twice).await?;
    defect(&refusal)
}

pub(crate) async fn a_version_that_does_not_rise_is_a_defect(scene: Scene) -> Result<(), Failure> {
    scene
        .accept(Change::new("1").document(host_document("x")))
        .await?;
    let mut still = update(host_document("x"), 1);
    still.version = version(1);
    let refusal = scene.refuse(Change::new("2").document(still)).await?;
    defect(&refusal)
}

pub(crate) async fn a_body_that_is_not_json_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let bad = create(host("bad"), Index::None, "{not JSON");
    let refusal = scene.refuse(Change::new("1").document(bad)).await?;
    defect(&refusal)?;
    same("the document", &scene.document(&host("bad")).await?, &None)
}

pub(crate) async fn a_mapping_of_no_channel_is_a_defect(scene: Scene) -> Result<(), Failure> {
    let key = DocumentKey::SkuMapping(channel("nowhere"), external("tea"));
    let mapping = || create(key.clone(), Index::None, "{}");
    let refusal = scene.refuse(Change::new("1").document(mapping())).await?;
    defect(&refusal)?;
    same("the mapping", &scene.document(&key).await?, &None)?;
    // Also when its channel is made beside it.
    let both = [mapping(), channel_document("nowhere", true)];
    scene.accept(Change::new("2").documents(both)).await?;
    Ok(())
}
