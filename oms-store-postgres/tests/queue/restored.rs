//! A dump of a server that was further than this one: nothing is skipped, nothing comes for ever.

use std::collections::BTreeSet;

use oms_core::event::EventRecord;
use oms_core::port::{EventFeed, FeedStart, StoreError};
use oms_core::testing::build::{Change, stock, subscriber};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{self, Connection, Executor, PgConnection};

use crate::common::{Database, block_on};
use crate::world::{begin, commit, drain, furnish, happen, places, subscribe, write_event};

/// As if all had been written by a server that is five thousand million transactions further.
const DUMPED: &str = "UPDATE oms.event SET xid = (xid::text::bigint + 5000000000)::text::xid8; \
    UPDATE oms.subscription SET place = (SELECT format('%s:%s:%s', \
        split_part(place, ':', 1)::bigint + 5000000000, \
        split_part(place, ':', 2)::bigint + 5000000000, \
        (SELECT string_agg((x::bigint + 5000000000)::text, ',') \
        FROM unnest(string_to_array(split_part(place, ':', 3), ',')) x)))";

async fn refused(store: &PgStore) {
    let error = store.check().await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("--after-restore"), "{error}");
}

fn sorted(events: &[EventRecord]) -> Vec<String> {
    let mut places = places(events);
    places.sort();
    places
}

#[test]
fn subscribers_of_a_restored_dump_are_where_they_were() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let tenant = furnish(&store).await;
        subscribe(&store, &tenant).await;
        let follower = subscriber("follower");
        let start = FeedStart::Beginning;
        store.subscribe(&tenant, &follower, start).await.unwrap();
        let tea = stock("north", "TEA");
        commit(&store, &tenant, vec![Change::new("tea").receive(&tea, 5)]).await;
        let rows = store.poll_stock(&tenant, &follower, 10).await.unwrap();
        assert_eq!(rows.rows.len(), 1);
        let done = store.acknowledge(&tenant, &follower, &rows.place).await;
        assert!(done.unwrap());
        // Some are seen, one was open meanwhile, some are to come.
        let mut late = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        begin(&mut late).await;
        write_event(&mut late, "late", 1).await;
        happen(&store, &tenant, "seen", 5).await;
        assert!(drain(&store, &tenant, 2).await.len() >= 5);
        late.execute("COMMIT").await.unwrap();
        happen(&store, &tenant, "unseen", 4).await;
        store.check().await.unwrap();
        assert!(!store.after_restore().await.unwrap());

        store.pool().execute(sqlx::raw_sql(DUMPED)).await.unwrap();
        refused(&store).await;
        // A transaction that stays open meanwhile is still to come, and no event may have its
        // number.
        let mut open = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        begin(&mut open).await;
        // Somebody was too quick: what is new here was seen by nobody.
        happen(&store, &tenant, "hasty", 2).await;
        assert!(store.after_restore().await.unwrap());
        store.check().await.unwrap();
        assert!(!store.after_restore().await.unwrap());

        let wanted = [
            "host/hasty-0#1",
            "host/hasty-1#1",
            "host/late#1",
            "host/unseen-0#1",
            "host/unseen-1#1",
            "host/unseen-2#1",
            "host/unseen-3#1",
        ];
        assert_eq!(sorted(&drain(&store, &tenant, 3).await), wanted);
        happen(&store, &tenant, "new", 2).await;
        open.execute("ROLLBACK").await.unwrap();
        let wanted = ["host/new-0#1", "host/new-1#1"];
        assert_eq!(sorted(&drain(&store, &tenant, 3).await), wanted);
        assert!(drain(&store, &tenant, 3).await.is_empty());
        let rows = store.poll_stock(&tenant, &follower, 10).await.unwrap();
        assert_eq!(
            rows.rows.len(),
            1,
            "who follows stock rows gets all of them"
        );
        database.drop().await;
    });
}

#[test]
fn a_place_alone_that_is_ahead_is_refused_and_mended() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store).await;
        subscribe(&store, &tenant).await;
        let ahead = "UPDATE oms.subscription SET place = '9000000000:9000000000:'";
        store.pool().execute(ahead).await.unwrap();
        refused(&store).await;
        assert!(store.after_restore().await.unwrap());
        store.check().await.unwrap();
        happen(&store, &tenant, "new", 2).await;
        let events = places(&drain(&store, &tenant, 500).await);
        assert!(events.contains(&"host/new-1#1".to_owned()), "{events:?}");
        database.drop().await;
    });
}

#[test]
fn more_transactions_than_this_server_has_numbers_for_keep_their_order() {
    const EVENTS: usize = 40_000;
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store).await;
        subscribe(&store, &tenant).await;
        let dumped = format!(
            "INSERT INTO oms.event (tenant, stream_kind, stream_id, seq, length, actor_kind, \
             command_key, at, body, xid) SELECT 'acme', 'host', 's' || n / 4, n % 4 + 1, 1, \
             'system', 'k', now(), '[[\"x\",1,{{}}]]', (6000000000 + n)::text::xid8 \
             FROM generate_series(0, {EVENTS} - 1) n; \
             UPDATE oms.subscription SET place = '6000020000:6000020000:'"
        );
        let dumped = sqlx::raw_sql(sqlx::AssertSqlSafe(dumped));
        store.pool().execute(dumped).await.unwrap();
        assert!(store.after_restore().await.unwrap());
        store.check().await.unwrap();
        let sql = "SELECT count(*) FROM (SELECT xid < lag(xid) OVER (ORDER BY n) AS back FROM \
            (SELECT xid, substr(stream_id, 2)::int * 4 + seq AS n FROM oms.event \
            WHERE command_key = 'k') q) q WHERE back";
        let back: i64 = sqlx::query_scalar(sql)
            .fetch_one(store.pool())
            .await
            .unwrap();
        assert_eq!(back, 0, "no event has a lower number than one before it");
        let events = drain(&store, &tenant, 500).await;
        let seen: BTreeSet<String> = places(&events).into_iter().collect();
        assert_eq!(seen.len(), events.len(), "none comes twice");
        for n in 20_000..EVENTS {
            let place = format!("host/s{}#{}", n / 4, n % 4 + 1);
            assert!(seen.contains(&place), "{place} is missing");
        }
        assert!(drain(&store, &tenant, 500).await.is_empty());
        database.drop().await;
    });
}
