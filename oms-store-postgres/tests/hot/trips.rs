//! Round trips of each use case through the whole library: calls of the port, counted by a store
//! that counts, and statements that the server was sent.

use std::sync::Arc;

use oms_core::plan::Command;
use oms_core::port::Store;
use oms_core::service::{Caching, Call, Oms, Tenant, WorkFilter};
use oms_core::testing::{FaultStore, build};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::Executor;

use crate::common::counted::counted;
use crate::common::{Database, block_on, skip, tell};
use crate::shop;

/// A store, and the same behind one that logs every call.
struct Counting {
    store: PgStore,
    logged: FaultStore,
}

/// What a use case took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    /// Calls of the port.
    calls: usize,
    /// Statements that the server was sent.
    sent: i64,
    /// Statements inside functions.
    inner: i64,
}

impl Counting {
    async fn during(&self, work: impl Future<Output = ()>) -> Option<Taken> {
        let before = self.logged.calls().len();
        let server = counted(&self.store, work).await?;
        Some(Taken {
            calls: self.logged.calls().len() - before,
            sent: server.sent,
            inner: server.inner,
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
fn placing_takes_one_round_trip_and_nothing_takes_more_than_two() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let logged = FaultStore::new(Arc::new(store.clone()));
        let counting = Counting { store, logged };
        let make = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements";
        if counting.store.pool().execute(make).await.is_err() {
            skip("the server has no pg_stat_statements");
            return;
        }
        // Nothing is forgotten for its age while the test counts.
        let caching = Caching::default().age_max_secs(3_600);
        let logged: Arc<dyn Store> = Arc::new(counting.logged.clone());
        let oms = Oms::builder(logged.clone()).caching(Some(caching)).build();
        let tenant = oms.tenant(build::tenant(shop::TENANT));
        let asking = Oms::builder(logged).caching(None).build();
        let asking = asking.tenant(build::tenant(shop::TENANT));
        shop::furnish(&tenant, &SKUS, 10_000).await;
        // A block of 100 order numbers is one call more; this takes the first block.
        shop::place(&tenant, "first", &SKUS).await;
        shop::place(&asking, "first, asking", &SKUS).await;

        for (who, tenant, trips) in [("known", &tenant, 1), ("asking", &asking, 2)] {
            let mut placed = Vec::new();
            for batch in [1, 10, 50] {
                let name = format!("{who}-{batch}");
                let taken = counting.during(place_many(tenant, &name, batch)).await;
                let taken = taken.unwrap();
                tell(&format!("placing {batch}, {who}: {taken:?}"));
                let expected = (trips, i64::try_from(trips).unwrap());
                assert_eq!((taken.calls, taken.sent), expected, "{batch}: {taken:?}");
                placed.push(taken);
            }
            assert!(
                placed.iter().all(|taken| taken.inner == placed[0].inner),
                "{placed:?}"
            );
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
        let north = build::hub("north");
        let every = WorkFilter::default();
        let work = counting.during(async {
            let page = tenant.work(&north, &every, None, 50).await.unwrap();
            assert_eq!(page.items.len(), 50);
        });
        let work = work.await.unwrap();
        assert_eq!((work.calls, work.sent), (2, 2), "{work:?}");
        tell(&format!(
            "reserve {reserve:?}, confirm {confirm:?}, receive {receive:?}"
        ));
        shop::sound(&tenant).await;
        database.drop().await;
    });
}
