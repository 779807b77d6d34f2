//! Round trips of each use case through the whole library: calls of the port, counted by a store
//! that counts, and statements that the server was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use oms_core::event::{EventRecord, StreamId};
use oms_core::job::JobDraft;
use oms_core::plan::{ChangeSet, Command, DocumentKey, Keys, Outcome, Snapshot, StoredDocument};
use oms_core::port::{
    DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter, Page,
    ReservationFilter, StockFilter, Store, StoreError, Violation,
};
use oms_core::reservation::{Reservation, ReservationKey};
use oms_core::service::{Call, Tenant};
use oms_core::stock::{Movement, StockKey, StockLevel};
use oms_core::value::{CustomerId, JobId, OrderNumber, TenantId, Timestamp, Version};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{self, Executor, Row};

use crate::common::{Database, block_on, tell};
use crate::shop;

/// Counts every call.
#[derive(Debug)]
struct Counting {
    store: PgStore,
    calls: AtomicU64,
}

impl Counting {
    fn count(&self) -> &PgStore {
        self.calls.fetch_add(1, Ordering::SeqCst);
        &self.store
    }
}

type Answer<T> = Result<T, StoreError>;

#[async_trait]
impl Store for Counting {
    async fn prefetch(&self, tenant: &TenantId, keys: &Keys) -> Answer<Snapshot> {
        self.count().prefetch(tenant, keys).await
    }
    async fn commit(&self, tenant: &TenantId, items: &[ChangeSet]) -> Answer<Vec<Outcome>> {
        self.count().commit(tenant, items).await
    }
    async fn take_numbers(&self, tenant: &TenantId, count: u32) -> Answer<OrderNumber> {
        self.count().take_numbers(tenant, count).await
    }
    async fn orders(
        &self,
        tenant: &TenantId,
        filter: &OrderFilter,
        after: Option<OrderCursor>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, OrderCursor>> {
        self.count().orders(tenant, filter, after, limit).await
    }
    async fn documents(
        &self,
        tenant: &TenantId,
        filter: &DocumentFilter,
        after: Option<&DocumentKey>,
        limit: usize,
    ) -> Answer<Page<StoredDocument, DocumentKey>> {
        self.count().documents(tenant, filter, after, limit).await
    }
    async fn personal(
        &self,
        tenant: &TenantId,
        customer: CustomerId,
    ) -> Answer<Vec<StoredDocument>> {
        self.count().personal(tenant, customer).await
    }
    async fn history(
        &self,
        tenant: &TenantId,
        stream: &StreamId,
        after: Version,
        limit: usize,
    ) -> Answer<Vec<EventRecord>> {
        self.count().history(tenant, stream, after, limit).await
    }
    async fn stock(
        &self,
        tenant: &TenantId,
        filter: &StockFilter,
        after: Option<&StockKey>,
        limit: usize,
    ) -> Answer<Page<(StockKey, StockLevel), StockKey>> {
        self.count().stock(tenant, filter, after, limit).await
    }
    async fn movements(
        &self,
        tenant: &TenantId,
        filter: &MovementFilter,
        after: Option<MovementCursor>,
        limit: usize,
    ) -> Answer<Page<Movement, MovementCursor>> {
        self.count().movements(tenant, filter, after, limit).await
    }
    async fn reservations(
        &self,
        tenant: &TenantId,
        filter: &ReservationFilter,
        after: Option<&ReservationKey>,
        limit: usize,
    ) -> Answer<Page<(ReservationKey, Reservation), ReservationKey>> {
        let store = self.count();
        store.reservations(tenant, filter, after, limit).await
    }
    async fn jobs(
        &self,
        tenant: &TenantId,
        after: Option<JobId>,
        limit: usize,
    ) -> Answer<Page<JobDraft, JobId>> {
        self.count().jobs(tenant, after, limit).await
    }
    async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Answer<Page<TenantId, TenantId>> {
        self.count().tenants(after, limit).await
    }
    async fn forget_commands(
        &self,
        tenant: &TenantId,
        before: Timestamp,
        limit: usize,
    ) -> Answer<usize> {
        self.count().forget_commands(tenant, before, limit).await
    }
    async fn audit(&self, tenant: &TenantId) -> Answer<Vec<Violation>> {
        self.count().audit(tenant).await
    }
}

/// What a use case took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    /// Calls of the port.
    calls: u64,
    /// Statements that the server was sent.
    sent: i64,
    /// Statements inside functions, checks of foreign keys included.
    inner: i64,
}

impl Counting {
    async fn during(&self, work: impl Future<Output = ()>) -> Option<Taken> {
        let pool = self.store.pool();
        let reset = "SELECT pg_stat_statements_reset()";
        pool.execute(reset).await.ok()?;
        let before = self.calls.load(Ordering::SeqCst);
        work.await;
        let calls = self.calls.load(Ordering::SeqCst) - before;
        let row = sqlx::query(
            "SELECT coalesce(sum(calls) FILTER (WHERE toplevel), 0)::bigint AS sent, \
             coalesce(sum(calls) FILTER (WHERE NOT toplevel), 0)::bigint AS inner \
             FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid \
             WHERE d.datname = current_database() AND s.query NOT LIKE '%pg_stat_statements%'",
        );
        let row = row.fetch_one(pool).await.ok()?;
        Some(Taken {
            calls,
            sent: row.get("sent"),
            inner: row.get("inner"),
        })
    }
}

const SKUS: [&str; 3] = ["A", "B", "C"];

async fn place_many(tenant: &Tenant, name: &str, count: u32) {
    let command = |n: u32| {
        let place = shop::order(&format!("{name}-{n}"), &SKUS);
        (Command::Place(Box::new(place)), Call::default())
    };
    let commands: Vec<_> = (0..count).map(command).collect();
    for result in tenant.bulk(&commands).await {
        result.unwrap();
    }
}

#[test]
fn a_use_case_takes_two_round_trips_whatever_the_size_of_the_batch() {
    block_on(async {
        let database = Database::new().await;
        let counting = Arc::new(Counting {
            store: database.store(1).await,
            calls: AtomicU64::new(0),
        });
        let make = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
        if counting.store.pool().execute(make).await.is_err() {
            tell("skipped: the server has no pg_stat_statements");
            return;
        }
        let tenant = shop::open(counting.clone());
        shop::furnish(&tenant, &SKUS, 10_000).await;
        // A block of 100 order numbers is one call more; this takes the first block.
        shop::place(&tenant, "first", &SKUS).await;

        let mut placed = Vec::new();
        for batch in [1, 10, 50] {
            let name = format!("batch-{batch}");
            let taken = counting.during(place_many(&tenant, &name, batch)).await;
            let taken = taken.unwrap();
            tell(&format!("placing {batch}: {taken:?}"));
            assert!(taken.calls <= 2 && taken.sent <= 2, "{batch}: {taken:?}");
            placed.push((i64::from(batch), taken));
        }
        // Per order the server looks up the channel that the foreign key names; nothing else grows.
        let (fewest, base) = placed[0];
        for (batch, taken) in &placed {
            assert_eq!(taken.inner - base.inner, batch - fewest, "{taken:?}");
        }

        let order = shop::place_pending(&tenant, "alone", &SKUS).await;
        for (name, command) in shop::steps() {
            let taken = counting.during(shop::command(&tenant, order, command));
            let taken = taken.await.unwrap();
            tell(&format!("{name}: {taken:?}"));
            assert!(taken.calls <= 2 && taken.sent <= 2, "{name}: {taken:?}");
        }

        let mut changed = Vec::new();
        for batch in [1_u32, 20] {
            let mut orders = Vec::new();
            for n in 0..batch {
                let reference = format!("held-{batch}-{n}");
                orders.push(shop::place(&tenant, &reference, &SKUS).await);
            }
            let command = |order| Command::Order {
                order,
                command: shop::steps()[1].1.clone(),
            };
            let commands = orders.into_iter().map(command).collect();
            let taken = counting.during(shop::all(&tenant, commands)).await.unwrap();
            tell(&format!("picking {batch} orders: {taken:?}"));
            assert!(taken.calls <= 2 && taken.sent <= 2, "{batch}: {taken:?}");
            changed.push(taken);
        }
        assert_eq!(changed[0].inner, changed[1].inner, "{changed:?}");

        let owner = shop::cart(1);
        let reserve = counting.during(shop::reserve(&tenant, &owner, "A", 60));
        let reserve = reserve.await.unwrap();
        assert!(reserve.calls <= 2 && reserve.sent <= 2, "{reserve:?}");
        let confirm = counting.during(async {
            let call = Call::default();
            tenant.confirm_reservation(owner, call).await.unwrap();
        });
        let confirm = confirm.await.unwrap();
        assert!(confirm.calls <= 2 && confirm.sent <= 2, "{confirm:?}");
        let receive = vec![shop::receive("north", "A", 5)];
        let receive = counting.during(shop::all(&tenant, receive)).await.unwrap();
        assert!(receive.calls <= 2 && receive.sent <= 2, "{receive:?}");
        tell(&format!(
            "reserve {reserve:?}, confirm {confirm:?}, receive {receive:?}"
        ));
        shop::sound(&tenant).await;
        database.drop().await;
    });
}
