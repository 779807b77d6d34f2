//! Commits of several tenants as one transaction: none pays for another with more than time.

use std::time::Duration;

use oms_core::plan::{Keys, Outcome, Refusal};
use oms_core::port::{Clock, Store, StoreError, TenantBatch};
use oms_core::testing::FakeClock;
use oms_core::testing::build::{Change, host_document, owner_order, reservation, stock, stream};
use oms_core::value::TenantId;
use oms_store_postgres::sqlx::{Executor, query_scalar};
use oms_store_postgres::{PgOptions, PgStore};
use tokio::time::{sleep, timeout};

use crate::common::counted::counted;
use crate::common::{Database, block_on, skip};
use crate::world::{furnish, level, now, shelve, sound};

/// Less than a statement may take, and much more than a commit does.
const LONG: Duration = Duration::from_secs(15);

async fn tenants<const N: usize>(store: &PgStore) -> Vec<TenantId> {
    let mut tenants = Vec::new();
    for n in 0..N {
        tenants.push(furnish(store, &format!("shop-{n}")).await);
    }
    tenants
}

/// What each of them commits.
async fn batches(
    store: &PgStore,
    tenants: &[TenantId],
    change: impl Fn(usize) -> Change,
) -> Vec<TenantBatch> {
    let mut batches = Vec::new();
    for (n, tenant) in tenants.iter().enumerate() {
        batches.push(TenantBatch {
            tenant: tenant.clone(),
            items: vec![change(n).at(now(store, tenant).await)],
        });
    }
    batches
}

/// Returns once an order of each of them has its claim.
async fn claimed<const N: usize>(store: &PgStore, tenants: [&TenantId; N]) {
    let keys = Keys {
        owners: [owner_order(1)].into(),
        ..Keys::default()
    };
    for tenant in tenants {
        while store
            .prefetch(tenant, &keys)
            .await
            .unwrap()
            .reservations
            .is_empty()
        {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

fn is_committed(answer: &Result<Vec<Outcome>, StoreError>) -> bool {
    matches!(answer.as_deref(), Ok([Outcome::Committed { .. }]))
}

#[test]
fn tenants_that_commit_together_share_one_statement() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenants = tenants::<8>(&store).await;
        for tenant in &tenants {
            shelve(&store, tenant, &[stock("north", "TEA")], 9).await;
        }
        let batches = batches(&store, &tenants, |n| {
            Change::new(&format!("own-{n}")).receive(&stock("north", "TEA"), 3)
        })
        .await;
        let sent = counted(&store, async {
            let answers = store.commit_each(&batches).await;
            assert!(answers.iter().all(is_committed), "{answers:?}");
        })
        .await;
        let Some(sent) = sent else {
            return skip("the server has no pg_stat_statements");
        };
        assert_eq!(sent.sent, 1);
        for tenant in &tenants {
            sound(&store, tenant).await;
        }
        database.drop().await;
    });
}

#[test]
fn who_is_refused_is_refused_alone_at_every_place() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenants = tenants::<5>(&store).await;
        let tea = stock("north", "TEA");
        for tenant in &tenants {
            shelve(&store, tenant, std::slice::from_ref(&tea), 9).await;
        }
        for place in 0..tenants.len() {
            let batches = batches(&store, &tenants, |n| {
                let key = reservation(&owner_order(u64::try_from(place).unwrap()), 1, &tea);
                let units = if n == place { 10 } else { 1 };
                Change::new(&format!("claim-{place}")).reserve(&key, units)
            })
            .await;
            let answers = store.commit_each(&batches).await;
            for (n, answer) in answers.iter().enumerate() {
                assert_eq!(is_committed(answer), n != place, "{answer:?}");
                let [outcome] = answer.as_deref().unwrap() else {
                    panic!("{answer:?}");
                };
                let refused = matches!(outcome, Outcome::Refused(Refusal::Stock { .. }));
                assert_eq!(refused, n == place, "{outcome:?}");
            }
        }
        for tenant in &tenants {
            let reserved = level(&store, tenant, &tea).await.reserved.get();
            assert_eq!(reserved, 4, "one of five was refused");
            sound(&store, tenant).await;
        }
        database.drop().await;
    });
}

#[test]
fn who_can_only_be_decided_item_by_item_splits_nobody_else() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenants = tenants::<5>(&store).await;
        for place in 0..tenants.len() {
            let key = format!("own-{place}");
            let batches = batches(&store, &tenants, |n| {
                let change = Change::new(&key).event(&stream("log"), "said");
                if n == place {
                    change.document(host_document("x"))
                } else {
                    change
                }
            })
            .await;
            let answers = store.commit_each(&batches).await;
            assert!(answers.iter().all(is_committed), "{answers:?}");
            let sql = "SELECT count(DISTINCT xid) FROM oms.event WHERE command_key = $1";
            let query = query_scalar::<_, i64>(sql).bind(key.as_str());
            let transactions = query.fetch_one(store.pool()).await.unwrap();
            assert_eq!(transactions, 2, "its own, and that of all others");
        }
        database.drop().await;
    });
}

#[test]
fn what_is_locked_for_one_tenant_is_waited_for_when_the_others_are_done() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        // However slow the machine, no plan is too old.
        store.fix_time(Some(FakeClock::default().now()));
        let tenants = tenants::<4>(&store).await;
        for tenant in &tenants {
            shelve(&store, tenant, &[stock("north", "TEA")], 9).await;
        }
        let aside = database.pool(2).await;
        let mut held = aside.begin().await.unwrap();
        held.execute(
            "SELECT FROM oms.stock_level WHERE sku = 'TEA' AND tenant = 'shop-1' FOR UPDATE",
        )
        .await
        .unwrap();
        let batches = batches(&store, &tenants, |n| {
            let key = reservation(&owner_order(1), 1, &stock("north", "TEA"));
            Change::new(&format!("claim-{n}")).reserve(&key, 1)
        })
        .await;
        let all = {
            let store = store.clone();
            tokio::spawn(async move { store.commit_each(&batches).await })
        };
        let others = claimed(&store, [&tenants[0], &tenants[2], &tenants[3]]);
        let done = timeout(LONG, others).await;
        done.expect("tenants wait for the lock of another");
        // Before the last of them was done it was known whose rows are locked.
        assert!(!all.is_finished());
        held.rollback().await.unwrap();
        let answers = all.await.unwrap();
        assert!(answers.iter().all(is_committed), "{answers:?}");
        for tenant in &tenants {
            sound(&store, tenant).await;
        }
        database.drop().await;
    });
}

#[test]
fn who_stays_locked_is_busy_before_long_and_keeps_nobody_else() {
    who_stays_locked_is_busy(false);
}

#[test]
fn who_stays_locked_is_busy_before_long_where_it_is_decided_item_by_item_too() {
    who_stays_locked_is_busy(true);
}

fn who_stays_locked_is_busy(item_by_item: bool) {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        // However slow the machine, no plan is too old.
        store.fix_time(Some(FakeClock::default().now()));
        let tenants = tenants::<4>(&store).await;
        let tea = stock("north", "TEA");
        for tenant in &tenants {
            shelve(&store, tenant, std::slice::from_ref(&tea), 9).await;
        }
        let aside = database.pool(2).await;
        let mut for_good = aside.begin().await.unwrap();
        for_good
            .execute("SELECT FROM oms.stock_level WHERE tenant = 'shop-1' FOR UPDATE")
            .await
            .unwrap();
        let mut for_now = aside.begin().await.unwrap();
        for_now
            .execute("SELECT FROM oms.stock_level WHERE tenant = 'shop-2' FOR UPDATE")
            .await
            .unwrap();
        let batches = batches(&store, &tenants, |n| {
            let key = reservation(&owner_order(1), 1, &tea);
            let change = Change::new(&format!("claim-{n}")).reserve(&key, 1);
            if item_by_item && (1..=2).contains(&n) {
                change.document(host_document("x"))
            } else {
                change
            }
        })
        .await;
        let all = {
            let store = store.clone();
            tokio::spawn(async move { store.commit_each(&batches).await })
        };
        let others = claimed(&store, [&tenants[0], &tenants[3]]);
        let done = timeout(LONG, others).await;
        done.expect("tenants wait for the lock of another");
        // Whoever comes behind one that stays locked finds its own rows free again.
        for_now.rollback().await.unwrap();
        let answers = timeout(LONG, all).await;
        let answers = answers.expect("tenants are answered late").unwrap();
        let committed: Vec<bool> = answers.iter().map(is_committed).collect();
        assert_eq!(committed, [true, false, true, true], "{answers:?}");
        let Err(StoreError::Busy { .. }) = &answers[1] else {
            panic!("{answers:?}");
        };
        for_good.rollback().await.unwrap();
        for (tenant, committed) in tenants.iter().zip(committed) {
            let reserved = level(&store, tenant, &tea).await.reserved.get();
            assert_eq!(reserved, u32::from(committed));
            sound(&store, tenant).await;
        }
        database.drop().await;
    });
}

#[test]
fn nothing_more_is_sent_once_the_server_is_gone() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenants = tenants::<5>(&store).await;
        let batches = batches(&store, &tenants, |n| {
            Change::new(&format!("own-{n}")).receive(&stock("north", "TEA"), 1)
        })
        .await;
        let pool = database.pool(1).await;
        let options = PgOptions::default().tenants_per_commit(2);
        let away = PgStore::from_pool(pool, &options);
        away.pool().close().await;
        let answers = away.commit_each(&batches).await;
        let told: Vec<bool> = answers
            .iter()
            .map(|answer| match answer {
                Err(StoreError::Unavailable { detail, .. }) => detail.starts_with("not sent"),
                answer => panic!("{answer:?}"),
            })
            .collect();
        assert_eq!(told, [false, false, true, true, true], "{answers:#?}");
        database.drop().await;
    });
}
