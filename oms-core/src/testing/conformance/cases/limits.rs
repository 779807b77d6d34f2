//! Limits of one call.

use crate::event::StreamId;
use crate::plan::{ChangeSet, DocumentKind, Outcome};
use crate::port::{
    DocumentFilter, MovementFilter, OrderFilter, ReservationFilter, StockFilter, StoreError,
};
use crate::testing::build::{Change, customer_id, host_document};
use crate::testing::conformance::Failure;
use crate::testing::conformance::failure::{check, same};
use crate::testing::conformance::scene::Scene;
use crate::value::limits::{BATCH_ITEMS_MAX, PAGE_ITEMS_MAX};
use crate::value::{LocalDate, Timestamp, Version};

async fn items(scene: &Scene, count: usize) -> Result<Vec<ChangeSet>, Failure> {
    let now = scene.now().await?;
    let item = |n| Change::new(&format!("{n:03}")).document(host_document(&format!("{n:03}")));
    Ok((0..count).map(|n| item(n).at(now)).collect())
}

pub(crate) async fn a_full_batch_is_committed(scene: Scene) -> Result<(), Failure> {
    let items = items(&scene, BATCH_ITEMS_MAX).await?;
    let outcomes = scene.store().commit(scene.tenant(), &items).await?;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Committed { .. }));
    same("committed items", &done.count(), &BATCH_ITEMS_MAX)
}

pub(crate) async fn a_batch_above_the_limit_is_an_invalid_call(
    scene: Scene,
) -> Result<(), Failure> {
    let items = items(&scene, BATCH_ITEMS_MAX.saturating_add(1)).await?;
    let answer = scene.store().commit(scene.tenant(), &items).await;
    let refused = matches!(answer, Err(StoreError::InvalidCall { .. }));
    check(refused, &format!("found: {answer:?}"))
}

/// Asks every list for a page of `limit` items; answers its name and whether it was refused as an
/// invalid call.
async fn ask_all(scene: &Scene, limit: usize) -> Vec<(&'static str, bool)> {
    fn refused<T>(answer: &Result<T, StoreError>) -> bool {
        matches!(answer, Err(StoreError::InvalidCall { .. }))
    }
    let (store, tenant) = (scene.store(), scene.tenant());
    let stream = StreamId::tenant();
    let (orders, stock) = (OrderFilter::default(), StockFilter::default());
    let documents = DocumentFilter::of(DocumentKind::Hub);
    let (movements, reservations) = (MovementFilter::default(), ReservationFilter::default());
    let (start, epoch) = (Version::ZERO, Timestamp::EPOCH);
    vec![
        (
            "orders",
            refused(&store.orders(tenant, &orders, None, limit).await),
        ),
        (
            "documents",
            refused(&store.documents(tenant, &documents, None, limit).await),
        ),
        (
            "personal",
            refused(&store.personal(tenant, customer_id(1), None, limit).await),
        ),
        (
            "history",
            refused(&store.history(tenant, &stream, start, limit).await),
        ),
        (
            "stock",
            refused(&store.stock(tenant, &stock, None, limit).await),
        ),
        (
            "movements",
            refused(&store.movements(tenant, &movements, None, limit).await),
        ),
        (
            "reservations",
            refused(&store.reservations(tenant, &reservations, None, limit).await),
        ),
        ("jobs", refused(&store.jobs(tenant, None, limit).await)),
        ("tenants", refused(&store.tenants(None, limit).await)),
        (
            "forget_commands",
            refused(&store.forget_commands(tenant, epoch, limit).await),
        ),
        (
            "forget_counters",
            refused(
                &store
                    .forget_counters(tenant, LocalDate::utc(epoch), limit)
                    .await,
            ),
        ),
    ]
}

fn which(answers: &[(&'static str, bool)], refused: bool) -> String {
    let wrong = answers
        .iter()
        .filter(|(_, was_refused)| *was_refused == refused);
    wrong.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

pub(crate) async fn pages_of_the_largest_size_are_answered(scene: Scene) -> Result<(), Failure> {
    let answers = ask_all(&scene, PAGE_ITEMS_MAX).await;
    same("methods that refuse", which(&answers, true).as_str(), "")
}

pub(crate) async fn pages_above_the_limit_are_invalid_calls(scene: Scene) -> Result<(), Failure> {
    let answers = ask_all(&scene, PAGE_ITEMS_MAX.saturating_add(1)).await;
    same("methods that answer", which(&answers, false).as_str(), "")
}

pub(crate) async fn pages_of_nothing_are_invalid_calls(scene: Scene) -> Result<(), Failure> {
    let answers = ask_all(&scene, 0).await;
    same("methods that answer", which(&answers, false).as_str(), "")
}
