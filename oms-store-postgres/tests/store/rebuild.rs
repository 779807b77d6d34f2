//! Counters that a hand broke are named by the audit, brought back to what stands behind them, and
//! sound afterwards, also while others work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use oms_core::plan::{CounterKey, Outcome, Refusal};
use oms_core::port::{Store, StoreError};
use oms_core::stock::MovementKind;
use oms_core::testing::build::{
    Change, hub, owner_cart, owner_order, reservation, stock, tenant as named,
};
use oms_core::value::{LocalDate, TenantId};
use oms_store_postgres::sqlx::postgres::PgPoolOptions;
use oms_store_postgres::sqlx::{AssertSqlSafe, Executor};
use oms_store_postgres::{Counted, Difference, PgOptions, PgStore, grants_sql};

use crate::common::{Database, block_on};
use crate::world::{furnish, level, now, one, sound};

/// Goods at two rows, claims on one, and a day of a hub that work could be counted for.
async fn shop(store: &PgStore) -> TenantId {
    let tenant = furnish(store, "acme").await;
    let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
    let change = Change::new("goods")
        .receive(&tea, 20)
        .receive(&mug, 5)
        .reserve(&reservation(&owner_order(1), 1, &tea), 4)
        .reserve(&reservation(&owner_cart(1), 1, &tea), 3);
    assert!(one(store, &tenant, change).await.is_done());
    tenant
}

/// Changes counters behind the library's back, as the constraint on the table allows it.
async fn add(store: &PgStore, sku: &str, on_hand: i32, reserved: i32) {
    let sql = format!(
        "UPDATE oms.stock_level SET on_hand = on_hand + {on_hand}, \
         reserved = reserved + {reserved}, \
         shortfall = greatest(0, reserved + {reserved} - on_hand - {on_hand}) \
         WHERE tenant = 'acme' AND sku = '{sku}'"
    );
    let changed = store.pool().execute(AssertSqlSafe(sql)).await.unwrap();
    assert_eq!(changed.rows_affected(), 1);
}

/// What was found, in words, and whether it was written.
fn told(found: &[Difference]) -> Vec<(String, bool)> {
    let told = found.iter().map(|one| (one.to_string(), one.written));
    told.collect()
}

/// Subjects that the audit names.
async fn audited(store: &PgStore, tenant: &TenantId) -> Vec<String> {
    let found = store.audit(tenant).await.unwrap().into_iter();
    let mut found: Vec<String> = found.map(|one| one.subject).collect();
    found.sort();
    found
}

#[test]
fn what_a_hand_broke_is_named_and_brought_back() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = shop(&store).await;
        assert!(store.rebuild_stock(&tenant).await.unwrap().is_empty());
        let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
        let sound_tea = level(&store, &tenant, &tea).await;
        add(&store, "TEA", 2, 15).await;
        let gone = "DELETE FROM oms.stock_level WHERE sku = 'MUG'";
        store.pool().execute(gone).await.unwrap();
        // A day that no work is counted for.
        let day = LocalDate::parse("2199-12-24").unwrap();
        let taken = Change::new("day").counter(&CounterKey::HubDay(hub("north"), day), 2, None);
        assert!(one(&store, &tenant, taken).await.is_done());
        let broken = [
            "MUG at south",
            "TEA at north",
            "TEA at north",
            "work of north on 2199-12-24",
        ];
        assert_eq!(audited(&store, &tenant).await, broken);

        let wanted = [
            "work of north on 2199-12-24: 2 are taken, its orders take up 0",
            "TEA at north: 22 on hand, its movements add up to 20",
            "TEA at north: 22 reserved, its claims add up to 7",
            "MUG at south: 0 on hand, its movements add up to 5",
        ];
        let with = |written: bool| wanted.map(|text| (text.to_owned(), written));
        let found = store.stock_differences(&tenant).await.unwrap();
        assert_eq!(told(&found), with(false));
        assert_eq!(found[0].counted, Counted::Taken);
        assert_eq!(
            audited(&store, &tenant).await,
            broken,
            "nothing was written"
        );

        let found = store.rebuild_stock(&tenant).await.unwrap();
        assert_eq!(told(&found), with(true));
        sound(&store, &tenant).await;
        let after = level(&store, &tenant, &tea).await;
        assert!(after.version > sound_tea.version, "followers get the row");
        assert_eq!(
            (after.on_hand, after.reserved, after.shortfall),
            (sound_tea.on_hand, sound_tea.reserved, sound_tea.shortfall)
        );
        assert_eq!(level(&store, &tenant, &mug).await.on_hand.get(), 5);
        assert!(store.rebuild_stock(&tenant).await.unwrap().is_empty());
        database.drop().await;
    });
}

#[test]
fn what_no_row_can_have_is_left_and_told() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = shop(&store).await;
        let change = Change::new("less").moved(&stock("south", "MUG"), MovementKind::Damaged, -2);
        assert!(one(&store, &tenant, change).await.is_done());
        // What was received is gone, and what was damaged is left.
        let lost = "DELETE FROM oms.movement WHERE sku = 'MUG' AND delta > 0";
        store.pool().execute(lost).await.unwrap();
        add(&store, "TEA", 1, 0).await;
        let found = store.rebuild_stock(&tenant).await.unwrap();
        let wanted = [
            ("TEA at north: 21 on hand, its movements add up to 20", true),
            ("MUG at south: 3 on hand, its movements add up to -2", false),
        ];
        let wanted = wanted.map(|(text, written)| (text.to_owned(), written));
        assert_eq!(told(&found), wanted);
        assert_eq!(audited(&store, &tenant).await, ["MUG at south"]);
        let unknown = store.stock_differences(&named("nobody")).await;
        assert!(matches!(unknown, Err(StoreError::InvalidCall { .. })));
        database.drop().await;
    });
}

/// Commits over two rows, in the order of their keys, while these are broken and brought back.
#[test]
fn rows_are_brought_back_while_others_work() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        let tenant = shop(&store).await;
        let over = Arc::new(AtomicBool::new(false));
        let sellers = (2..6).map(|seller: u64| {
            let (store, tenant, over) = (store.clone(), tenant.clone(), over.clone());
            tokio::spawn(async move {
                let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
                let mut sold = 0_u32;
                while !over.load(Ordering::SeqCst) {
                    let cart = owner_cart(seller * 1_000 + u64::from(sold));
                    let change = Change::new(&format!("sale-{seller}-{sold}"))
                        .receive(&tea, 1)
                        .receive(&mug, 1)
                        .reserve(&reservation(&cart, 1, &tea), 1)
                        .reserve(&reservation(&cart, 2, &mug), 1);
                    let set = change.at(now(&store, &tenant).await);
                    match store.commit(&tenant, &[set]).await {
                        // A row that is broken may have too little for the moment.
                        Ok(outcomes) => {
                            let done = &outcomes[0];
                            let short = matches!(done, Outcome::Refused(Refusal::Stock { .. }));
                            assert!(done.is_done() || short, "{done:?}");
                            sold += u32::from(done.is_done());
                        }
                        Err(error) => assert!(error.is_retryable(), "{error:?}"),
                    }
                }
                sold
            })
        });
        let sellers: Vec<_> = sellers.collect();
        for round in 0..20 {
            add(&store, "TEA", 7 + round, 2).await;
            add(&store, "MUG", 3, 1 + round).await;
            let found = store.rebuild_stock(&tenant).await.unwrap();
            assert_eq!(found.len(), 4, "{found:#?}");
            assert!(found.iter().all(|one| one.written));
        }
        over.store(true, Ordering::SeqCst);
        let mut sold = 0;
        for seller in sellers {
            sold += seller.await.unwrap();
        }
        assert!(sold > 20, "only {sold} were sold meanwhile");
        sound(&store, &tenant).await;
        let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), 20 + sold);
        assert_eq!(level(&store, &tenant, &mug).await.reserved.get(), sold);
        database.drop().await;
    });
}

/// Whoever runs the library may look and not write.
#[test]
fn only_the_owner_of_the_schema_writes() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = shop(&store).await;
        add(&store, "TEA", 1, 0).await;
        let role = format!("{}_shop", database.name);
        let make = format!("CREATE ROLE {role} LOGIN; {}", grants_sql(&role));
        store.pool().execute(AssertSqlSafe(make)).await.unwrap();
        let options = database.options().username(&role);
        let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
        let shop = PgStore::from_pool(pool, &PgOptions::default());
        assert_eq!(shop.stock_differences(&tenant).await.unwrap().len(), 1);
        let refused = shop.rebuild_stock(&tenant).await.unwrap_err();
        let StoreError::InvalidCall { detail } = &refused else {
            panic!("{refused:?}");
        };
        // No grant is missing: nobody but the owner is to have one.
        assert!(detail.contains("permission denied"), "{detail}");
        assert!(!detail.contains("--grants"), "{detail}");
        shop.pool().close().await;
        assert_eq!(store.rebuild_stock(&tenant).await.unwrap().len(), 1);
        sound(&store, &tenant).await;
        let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        store.pool().execute(AssertSqlSafe(gone)).await.unwrap();
        database.drop().await;
    });
}
