//! Round trips and inner statements, counted by the server.

use oms_core::plan::{ChangeSet, Keys};
use oms_core::port::Store;
use oms_core::testing::build::{
    Change, order_document, order_id, order_index, owner_order, reservation, stock, stream, update,
    version,
};
use oms_core::value::{TenantId, Timestamp};
use oms_store_postgres::PgStore;

use crate::common::counted::counted;
use crate::common::{Database, block_on, tell};
use crate::world::{furnish, now};

/// An order of three lines at one hub.
fn order(n: u64, at: Timestamp) -> ChangeSet {
    let rows = ["A", "B", "C"].map(|sku| stock("north", sku));
    let change = Change::new(&format!("place-{n}"))
        .document(order_document(n, order_index(n, at)))
        .event(&stream(&format!("order-{n}")), "order.placed")
        .reclaim();
    let claims = rows.iter().zip(1..).fold(change, |change, (row, line)| {
        change.reserve(&reservation(&owner_order(n), line, row), 1)
    });
    let mut set = claims.at(at);
    set.events[0].seq = Some(version(1));
    set
}

async fn shelve(store: &PgStore, tenant: &TenantId) {
    let at = now(store, tenant).await;
    let shelve = ["A", "B", "C"]
        .iter()
        .fold(Change::new("shelve"), |change, sku| {
            change.receive(&stock("north", sku), 10_000)
        });
    assert!(store.commit(tenant, &[shelve.at(at)]).await.unwrap()[0].is_done());
}

#[test]
fn a_commit_and_a_prefetch_are_one_statement_each_whatever_their_size() {
    block_on(async {
        // Counts are of the whole database, so this server has no other tests on it.
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store, "acme").await;
        shelve(&store, &tenant).await;
        let at = now(&store, &tenant).await;
        let place = |range: std::ops::Range<u64>| {
            let sets: Vec<ChangeSet> = range.map(|n| order(n, at)).collect();
            let (store, tenant) = (&store, &tenant);
            async move {
                let outcomes = store.commit(tenant, &sets).await.unwrap();
                assert!(
                    outcomes.iter().all(oms_core::plan::Outcome::is_done),
                    "{outcomes:?}"
                );
            }
        };
        place(1..2).await;
        let Some(one) = counted(&store, place(2..3)).await else {
            tell("skipped: the server has no pg_stat_statements");
            return;
        };
        let many = counted(&store, place(3..53)).await.unwrap();
        assert_eq!(one.sent, 1, "{one:?}");
        assert_eq!(many.sent, 1, "{many:?}");
        assert_eq!(
            many.inner, one.inner,
            "inner statements do not grow with the batch"
        );
        assert!(one.inner <= 5, "{one:?}");
        tell(&format!("a placement: {} inner statements", one.inner));

        let change = counted(&store, async {
            let write = update(order_document(2, order_index(2, at)), 1);
            let told = stream("order-2");
            let set = Change::new("change")
                .document(write)
                .event(&told, "changed")
                .at(at);
            assert!(store.commit(&tenant, &[set]).await.unwrap()[0].is_done());
        });
        let change = change.await.unwrap();
        assert_eq!(change.sent, 1, "{change:?}");
        tell(&format!(
            "a status change: {} inner statements",
            change.inner
        ));

        let keys = Keys {
            orders: [order_id(2), order_id(3)].into(),
            hubs: true,
            stock: [stock("north", "A")].into(),
            ..Keys::default()
        };
        let prefetch = counted(&store, async {
            let found = store.prefetch(&tenant, &keys).await.unwrap();
            assert_eq!(found.reservations.len(), 6);
        });
        let prefetch = prefetch.await.unwrap();
        assert_eq!(prefetch.sent, 1, "{prefetch:?}");
        database.drop().await;
    });
}
