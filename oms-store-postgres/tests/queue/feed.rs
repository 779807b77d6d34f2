//! Nothing is skipped and nothing delayed, whatever other transactions do.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_core::port::{EventFeed, FeedPlace, FeedStart, StoreError};
use oms_core::testing::build::{Change, stock, stream, subscriber};
use oms_store_postgres::sqlx::{self, Connection, Executor, PgConnection};

use crate::common::{Database, block_on};
use crate::world::{begin, commit, drain, furnish, happen, places, poll, subscribe, write_event};

#[test]
fn a_transaction_left_open_delays_nothing_and_comes_when_it_commits() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let tenant = furnish(&store).await;
        subscribe(&store, &tenant).await;
        // One writes an event and stays open, one only has a number, one is in another database.
        let options = database.options();
        let mut late = PgConnection::connect_with(&options).await.unwrap();
        begin(&mut late).await;
        write_event(&mut late, "late", 1).await;
        let mut idle = PgConnection::connect_with(&options).await.unwrap();
        begin(&mut idle).await;
        let elsewhere = Database::bare().await;
        let mut foreign = PgConnection::connect_with(&elsewhere.options())
            .await
            .unwrap();
        begin(&mut foreign).await;
        for round in 0..5 {
            happen(&store, &tenant, &format!("round-{round}"), 20).await;
            let events = drain(&store, &tenant, 7).await;
            assert_eq!(events.len(), 20, "round {round}: {:?}", places(&events));
            let lag = store.subscriptions(&tenant).await.unwrap();
            assert_eq!((lag[0].behind, lag[0].oldest_at), (0, None));
        }
        late.execute("COMMIT").await.unwrap();
        let events = drain(&store, &tenant, 7).await;
        assert_eq!(places(&events), ["host/late#1"]);
        for connection in [&mut idle, &mut foreign] {
            connection.execute("ROLLBACK").await.unwrap();
        }
        assert!(drain(&store, &tenant, 7).await.is_empty());
        foreign.close().await.unwrap();
        elsewhere.drop().await;
        database.drop().await;
    });
}

#[test]
fn an_event_with_a_lower_number_than_the_one_before_it_comes_after_it() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let tenant = furnish(&store).await;
        for limit in [1, 2, 3, 5, 500] {
            let on = format!("x-{limit}");
            subscribe(&store, &tenant).await;
            // The first two take their numbers before anything happens, and write last.
            let mut first = PgConnection::connect_with(&database.options())
                .await
                .unwrap();
            let mut second = PgConnection::connect_with(&database.options())
                .await
                .unwrap();
            begin(&mut first).await;
            begin(&mut second).await;
            happen(&store, &tenant, &format!("before-{limit}"), 4).await;
            let change = Change::new(&on).event(&stream(&on), "happened");
            commit(&store, &tenant, vec![change]).await;
            write_event(&mut second, &on, 2).await;
            second.execute("COMMIT").await.unwrap();
            write_event(&mut first, &on, 3).await;
            // Whoever hangs on a transaction that hangs on another is held back with it.
            write_event(&mut first, &format!("y-{limit}"), 1).await;
            first.execute("COMMIT").await.unwrap();
            let change = Change::new(&format!("{on}-y")).event(&stream(&format!("y-{limit}")), "n");
            commit(&store, &tenant, vec![change]).await;
            happen(&store, &tenant, &format!("after-{limit}"), 4).await;
            let events = drain(&store, &tenant, limit).await;
            assert_eq!(events.len(), 13, "{limit}: {:?}", places(&events));
            let mut last: BTreeMap<String, u64> = BTreeMap::new();
            for event in &events {
                let last = last.entry(event.id.stream.to_string()).or_default();
                assert_eq!(
                    event.id.seq.get(),
                    *last + 1,
                    "{limit}: {:?}",
                    places(&events)
                );
                *last += 1;
            }
            store
                .unsubscribe(&tenant, &subscriber("mailer"))
                .await
                .unwrap();
        }
        database.drop().await;
    });
}

#[test]
fn rewinding_passes_no_transaction_that_is_open() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store).await;
        subscribe(&store, &tenant).await;
        let since = crate::world::now(&store, &tenant).await;
        let mut late = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        begin(&mut late).await;
        happen(&store, &tenant, "a", 3).await;
        drain(&store, &tenant, 100).await;
        let name = subscriber("mailer");
        let back = store.rewind(&tenant, &name, FeedStart::At(since));
        assert!(back.await.unwrap());
        assert_eq!(drain(&store, &tenant, 2).await.len(), 3);
        write_event(&mut late, "late", 1).await;
        late.execute("COMMIT").await.unwrap();
        assert_eq!(places(&drain(&store, &tenant, 2).await), ["host/late#1"]);
        database.drop().await;
    });
}

#[test]
fn a_stock_row_of_a_late_commit_comes_when_it_commits() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store).await;
        let rows = ["A", "B", "C"].map(|sku| stock("north", sku));
        for row in &rows {
            let change = Change::new(row.sku.as_str()).receive(row, 5);
            commit(&store, &tenant, vec![change]).await;
        }
        let name = subscriber("shop");
        store
            .subscribe(&tenant, &name, FeedStart::Now)
            .await
            .unwrap();
        let skus = async || {
            let batch = store.poll_stock(&tenant, &name, 10).await.unwrap();
            assert!(
                store
                    .acknowledge(&tenant, &name, &batch.place)
                    .await
                    .unwrap()
            );
            let skus = batch.rows.iter().map(|(key, _)| key.sku.to_string());
            skus.collect::<Vec<_>>()
        };
        let mut late = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        begin(&mut late).await;
        let update = "UPDATE oms.stock_level SET on_hand = 7, version = version + 1 \
            WHERE tenant = 'acme' AND sku = 'B'";
        late.execute(update).await.unwrap();
        commit(&store, &tenant, vec![Change::new("a").receive(&rows[0], 1)]).await;
        assert_eq!(skus().await, ["A"]);
        assert_eq!(skus().await, Vec::<String>::new());
        late.execute("COMMIT").await.unwrap();
        assert_eq!(skus().await, ["B"]);
        late.execute("VACUUM FREEZE oms.stock_level").await.unwrap();
        assert_eq!(skus().await, Vec::<String>::new(), "freezing is no news");
        store
            .rewind(&tenant, &name, FeedStart::Beginning)
            .await
            .unwrap();
        assert_eq!(skus().await, ["A", "B", "C"]);
        database.drop().await;
    });
}

#[test]
fn stock_is_written_inside_no_savepoint() {
    for (name, sql) in oms_store_postgres::FUNCTIONS {
        let writes = sql.contains("UPDATE oms.stock_level") || sql.contains("oms.stock_level (");
        assert!(!writes || !sql.contains("EXCEPTION WHEN"), "{name}");
    }
}

#[test]
fn a_place_that_is_none_is_refused_and_an_unknown_subscriber_too() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store).await;
        subscribe(&store, &tenant).await;
        let from = poll(&store, &tenant, 1).await.place.from;
        for to in ["nonsense", "[\"1:1:\"]", "5:3:", ""] {
            let place = FeedPlace {
                from: from.clone(),
                to: to.into(),
            };
            let error = store
                .acknowledge(&tenant, &subscriber("mailer"), &place)
                .await;
            let error = error.unwrap_err();
            assert!(
                matches!(error, StoreError::InvalidCall { .. }),
                "{to}: {error}"
            );
        }
        let error = store
            .poll(&tenant, &subscriber("nobody"), 1)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("no subscriber nobody"),
            "{error}"
        );
        database.drop().await;
    });
}

/// The tables that a full scan was made of, with how often, since the database was made.
pub(crate) async fn scans(connection: &mut PgConnection, table: &str) -> i64 {
    // Counts of a session are shared when it ends, and it takes a moment to.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sql = "SELECT coalesce(seq_scan, 0) FROM pg_stat_user_tables \
        WHERE schemaname = 'oms' AND relname = $1";
    sqlx::query_scalar(sql)
        .bind(table)
        .fetch_one(connection)
        .await
        .unwrap()
}

#[test]
fn polling_reads_no_table_from_end_to_end() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(1).await;
        let tenant = furnish(&store).await;
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        // In transactions of ten, on a table that was never analysed.
        let fill = "DO $$ BEGIN FOR n IN 1..500 LOOP INSERT INTO oms.event (tenant, stream_kind, \
            stream_id, seq, length, actor_kind, command_key, at, body) \
            SELECT 'acme', 'host', 's' || n || '-' || i, 1, 1, 'system', 'k', now(), \
            '[[\"x\",1,{}]]' \
            FROM generate_series(1, 10) i; COMMIT; END LOOP; END $$";
        other.execute(fill).await.unwrap();
        subscribe(&store, &tenant).await;
        store.pool().close().await;
        let before = scans(&mut other, "event").await;
        let store = database.store(1).await;
        happen(&store, &tenant, "new", 10).await;
        assert_eq!(drain(&store, &tenant, 3).await.len(), 10);
        store.subscriptions(&tenant).await.unwrap();
        let name = subscriber("mailer");
        store
            .rewind(&tenant, &name, FeedStart::Beginning)
            .await
            .unwrap();
        let all = drain(&store, &tenant, 100).await.len();
        assert!(all >= 5_010, "{all}");
        store.pool().close().await;
        let after = scans(&mut other, "event").await;
        assert_eq!(after, before, "the table of events was read as a whole");
        database.drop().await;
    });
}
