//! A tenant with its base documents, and short ways to write events.

use oms_core::event::EventRecord;
use oms_core::plan::{ChangeSet, Keys};
use oms_core::port::{EventBatch, EventFeed, FeedStart, Store};
use oms_core::testing::build::{Change, base_documents, stream, subscriber, tenant};
use oms_core::value::{TenantId, Timestamp};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor, PgConnection};

pub(crate) async fn now(store: &PgStore, tenant: &TenantId) -> Timestamp {
    store.prefetch(tenant, &Keys::default()).await.unwrap().now
}

pub(crate) async fn commit(store: &PgStore, tenant: &TenantId, changes: Vec<Change>) {
    let at = now(store, tenant).await;
    let sets: Vec<ChangeSet> = changes.into_iter().map(|change| change.at(at)).collect();
    for sets in sets.chunks(100) {
        let outcomes = store.commit(tenant, sets).await.unwrap();
        let done = outcomes.iter().all(oms_core::plan::Outcome::is_done);
        assert!(done, "{outcomes:?}");
    }
}

pub(crate) async fn furnish(store: &PgStore) -> TenantId {
    let tenant = tenant("acme");
    let base = Change::new("base").documents(base_documents());
    commit(store, &tenant, vec![base]).await;
    tenant
}

/// `count` events on as many streams, each in a transaction of its own.
pub(crate) async fn happen(store: &PgStore, tenant: &TenantId, key: &str, count: usize) {
    for n in 0..count {
        let key = format!("{key}-{n}");
        let change = Change::new(&key).event(&stream(&key), "happened");
        commit(store, tenant, vec![change]).await;
    }
}

/// Writes an event on a connection of its own, as a commit does.
pub(crate) async fn write_event(connection: &mut PgConnection, on: &str, seq: u32) {
    let sql = format!(
        "INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, \
         command_key, at, body) VALUES \
         ('acme', 'host', '{on}', {seq}, 1, 'system', 'k', now(), '[[\"late\",1,{{}}]]')"
    );
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
}

pub(crate) async fn begin(connection: &mut PgConnection) {
    let begin = "BEGIN; SELECT pg_current_xact_id()";
    connection.execute(begin).await.unwrap();
}

pub(crate) async fn subscribe(store: &PgStore, tenant: &TenantId) {
    let name = subscriber("mailer");
    store
        .subscribe(tenant, &name, FeedStart::Now)
        .await
        .unwrap();
}

pub(crate) async fn poll(store: &PgStore, tenant: &TenantId, limit: usize) -> EventBatch {
    store
        .poll(tenant, &subscriber("mailer"), limit)
        .await
        .unwrap()
}

/// Polls and acknowledges until nothing is left.
pub(crate) async fn drain(store: &PgStore, tenant: &TenantId, limit: usize) -> Vec<EventRecord> {
    let mut events = Vec::new();
    loop {
        let batch = poll(store, tenant, limit).await;
        let name = subscriber("mailer");
        let done = store.acknowledge(tenant, &name, &batch.place).await;
        assert!(done.unwrap());
        let end = batch.events.is_empty() && !batch.more;
        events.extend(batch.events);
        if end {
            return events;
        }
    }
}

pub(crate) fn places(events: &[EventRecord]) -> Vec<String> {
    events.iter().map(|event| event.id.to_string()).collect()
}
