//! Somebody holds a lock for long: who needs none of what it keeps does not wait behind who does.

use std::time::Duration;

use oms_core::plan::{DocumentKey, Outcome, Requirement};
use oms_core::port::Store;
use oms_core::testing::build::{
    Change, hub, hub_document, job, owner_order, reservation, stock, update,
};
use oms_core::value::TenantId;
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::Executor;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::common::{Database, block_on};
use crate::world::{furnish, now, one, shelve, sound, waiting};

/// Less than a statement may take, and much more than a commit does.
const LONG: Duration = Duration::from_secs(15);

const HOLD_TEA: &str = "SELECT FROM oms.stock_level WHERE sku = 'TEA' FOR UPDATE";

/// Claims a unit at a hub that has to be in use.
fn claim(n: u64, sku: &str) -> Change {
    Change::new(&format!("claim-{n}"))
        .requires(Requirement::Active(DocumentKey::Hub(hub("north"))))
        .reserve(&reservation(&owner_order(n), 1, &stock("north", sku)), 1)
}

async fn spawned(store: &PgStore, tenant: &TenantId, change: Change) -> JoinHandle<Outcome> {
    let set = change.at(now(store, tenant).await);
    let (store, tenant) = (store.clone(), tenant.clone());
    tokio::spawn(async move { store.commit(&tenant, &[set]).await.unwrap().remove(0) })
}

#[test]
fn a_change_of_the_catalogue_holds_up_nobody_behind_a_placement_that_waits() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let tenant = furnish(&store, "acme").await;
        shelve(
            &store,
            &tenant,
            &[stock("north", "MUG"), stock("north", "TEA")],
            9,
        )
        .await;
        let aside = database.pool(2).await;
        let mut held = aside.begin().await.unwrap();
        held.execute(HOLD_TEA).await.unwrap();
        let placed = spawned(&store, &tenant, claim(1, "TEA")).await;
        waiting(&aside, 1).await;
        let edit = Change::new("edit").document(update(hub_document("north", true), 1));
        let edited = spawned(&store, &tenant, edit).await;
        waiting(&aside, 2).await;
        for n in 2..6 {
            let other = timeout(LONG, one(&store, &tenant, claim(n, "MUG"))).await;
            let other = other.expect("waits for who waits for another row");
            assert!(matches!(other, Outcome::Committed { .. }), "{other:?}");
        }
        assert!(!placed.is_finished() && !edited.is_finished());
        held.rollback().await.unwrap();
        for done in [placed.await.unwrap(), edited.await.unwrap()] {
            assert!(matches!(done, Outcome::Committed { .. }), "{done:?}");
        }
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

/// As a host sends them together: the change has the catalogue to itself at once, and the placement
/// beside it waits for a row.
#[test]
fn a_change_of_the_catalogue_waits_for_no_row_of_its_batch() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let tenant = furnish(&store, "acme").await;
        shelve(
            &store,
            &tenant,
            &[stock("north", "MUG"), stock("north", "TEA")],
            9,
        )
        .await;
        let aside = database.pool(2).await;
        let mut held = aside.begin().await.unwrap();
        held.execute(HOLD_TEA).await.unwrap();
        let at = now(&store, &tenant).await;
        let edit = Change::new("edit").document(update(hub_document("north", true), 1));
        let sets = [edit.at(at), claim(1, "TEA").at(at)];
        let both = {
            let (store, tenant) = (store.clone(), tenant.clone());
            tokio::spawn(async move { store.commit(&tenant, &sets).await.unwrap() })
        };
        waiting(&aside, 1).await;
        for n in 2..6 {
            let other = timeout(LONG, one(&store, &tenant, claim(n, "MUG"))).await;
            let other = other.expect("waits for who waits for another row");
            assert!(matches!(other, Outcome::Committed { .. }), "{other:?}");
        }
        assert!(!both.is_finished());
        held.rollback().await.unwrap();
        for done in both.await.unwrap() {
            assert!(matches!(done, Outcome::Committed { .. }), "{done:?}");
        }
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

#[test]
fn a_locked_table_of_jobs_keeps_no_stock_from_others() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let tenant = furnish(&store, "acme").await;
        shelve(&store, &tenant, &[stock("north", "TEA")], 9).await;
        let aside = database.pool(2).await;
        let mut held = aside.begin().await.unwrap();
        // As while an index of it is built without CONCURRENTLY.
        held.execute("LOCK TABLE oms.job IN SHARE MODE")
            .await
            .unwrap();
        let at = now(&store, &tenant).await;
        let with_job = spawned(&store, &tenant, claim(1, "TEA").job(job(1, at))).await;
        waiting(&aside, 1).await;
        let other = timeout(LONG, one(&store, &tenant, claim(2, "TEA"))).await;
        let other = other.expect("waits for who waits for a table");
        assert!(matches!(other, Outcome::Committed { .. }), "{other:?}");
        held.rollback().await.unwrap();
        let with_job = with_job.await.unwrap();
        assert!(
            matches!(with_job, Outcome::Committed { .. }),
            "{with_job:?}"
        );
        sound(&store, &tenant).await;
        database.drop().await;
    });
}
