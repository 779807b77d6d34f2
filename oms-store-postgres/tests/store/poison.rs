//! Items that make SQL fail: each fails alone, wherever it stands. Rows that cannot be read: each
//! is alone in that.

use oms_core::plan::{ChangeSet, DocumentKey, Index, Outcome, Refusal};
use oms_core::port::{MovementFilter, OrderFilter, Store};
use oms_core::stock::MovementKind;
use oms_core::testing::build::{
    Change, create, host, job, job_id, movement, movement_id, order_document, order_id,
    order_index, stock, stream, transfer,
};
use oms_core::value::Timestamp;
use oms_store_postgres::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::common::{Database, block_on};
use crate::world::{all, furnish, level, now, sound};

const ITEMS: usize = 7;

/// The ways in which SQL fails.
fn poisons(key: &str, at: Timestamp) -> Vec<ChangeSet> {
    let tea = stock("north", "TEA");
    let mut kept = job(9_001, at);
    kept.payload = "nul\u{0}".into();
    let sent = DocumentKey::Transfer(transfer("T-1"));
    let start = || Change::new(key).receive(&tea, 1_000);
    vec![
        start()
            .document(create(host("bad"), Index::None, "not JSON"))
            .at(at),
        start()
            .document(create(host("bad"), Index::None, "\"\u{0}\""))
            .at(at),
        // Its hubs cannot be read for their indexes.
        start()
            .document(create(sent, Index::Active(true), r#"{"from":"\u0000"}"#))
            .at(at),
        start()
            .document(order_document(9_001, order_index(9_001, at)))
            .event(&stream("nul\u{0}"), "happened")
            .at(at),
        start().job(kept).at(at),
    ]
}

#[test]
fn a_bad_item_fails_alone_at_every_place() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let mut wanted = 0;
        let kinds = poisons("count", now(&store, &tenant).await).len();
        for kind in 0..kinds {
            for place in 0..ITEMS {
                let at = now(&store, &tenant).await;
                let name = |item: usize| format!("{kind}-{place}-{item}");
                let mut sets: Vec<ChangeSet> = (0..ITEMS)
                    .map(|item| Change::new(&name(item)).receive(&tea, 1).at(at))
                    .collect();
                sets[place] = poisons(&name(place), at).swap_remove(kind);
                let outcomes = all(&store, &tenant, &sets).await;
                for (item, outcome) in outcomes.iter().enumerate() {
                    let defect = matches!(outcome, Outcome::Refused(Refusal::Defect { .. }));
                    assert_eq!(
                        defect,
                        item == place,
                        "kind {kind}, item {item}: {outcome:?}"
                    );
                    assert_eq!(outcome.is_done(), item != place, "{outcome:?}");
                }
                wanted += u32::try_from(ITEMS - 1).unwrap();
            }
        }
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), wanted);
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

/// Makes the server find something broken where a movement of this command is written.
fn breaking(code: &str) -> String {
    format!(
        "CREATE OR REPLACE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN RAISE 'something is broken' USING ERRCODE = '{code}'; END $$; \
         CREATE OR REPLACE TRIGGER broken BEFORE INSERT ON oms.movement FOR EACH ROW \
         WHEN (NEW.command_key LIKE 'bad-%') EXECUTE FUNCTION public.broken()"
    )
}

#[test]
fn what_the_server_finds_broken_takes_no_neighbour_along() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let mut wanted = 0;
        for code in ["XX000", "XX001", "XX002", "42703"] {
            let sql = AssertSqlSafe(breaking(code));
            store.pool().execute(sql).await.unwrap();
            let at = now(&store, &tenant).await;
            let set = |key: String| Change::new(&key).receive(&tea, 1).at(at);
            for place in 0..ITEMS {
                let key = |item: usize| {
                    let kind = if item == place { "bad" } else { "good" };
                    format!("{kind}-{code}-{place}-{item}")
                };
                let sets: Vec<ChangeSet> = (0..ITEMS).map(|item| set(key(item))).collect();
                let outcomes = all(&store, &tenant, &sets).await;
                for (item, outcome) in outcomes.iter().enumerate() {
                    let unfit = matches!(outcome, Outcome::Refused(Refusal::Unfit { .. }));
                    assert_eq!(unfit, item == place, "{code}, item {item}: {outcome:?}");
                    assert_eq!(outcome.is_done(), item != place, "{code}: {outcome:?}");
                }
                wanted += u32::try_from(ITEMS - 1).unwrap();
            }
            // So it is beside one that is answered before anything is written.
            for items in [1, 3] {
                let mut sets: Vec<ChangeSet> = (0..items)
                    .map(|item| set(format!("bad-{code}-all-{item}")))
                    .collect();
                sets.push(set(format!("good-{code}-0-1")));
                let outcomes = all(&store, &tenant, &sets).await;
                let (repeated, unfit) = outcomes.split_last().unwrap();
                assert!(repeated.is_done(), "{code}: {repeated:?}");
                for outcome in unfit {
                    assert!(
                        matches!(outcome, Outcome::Refused(Refusal::Unfit { .. })),
                        "{code}: {outcome:?}"
                    );
                }
            }
        }
        assert_eq!(level(&store, &tenant, &tea).await.on_hand.get(), wanted);
        sound(&store, &tenant).await;
        database.drop().await;
    });
}

/// Reads all pages of a list: what could be read, and the places of what could not.
macro_rules! walk {
    ($limit:expr, $after:ident => $page:expr, $place:expr) => {{
        let (mut read, mut unreadable, mut $after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = $page.await.unwrap();
            assert!(page.items.len() + page.unreadable.len() <= $limit);
            read.extend(page.items.iter().map($place));
            for row in page.unreadable {
                assert_eq!(row.error.code(), "corrupt");
                unreadable.push(row.at);
            }
            $after = page.next;
            if $after.is_none() {
                break (read, unreadable);
            }
        }
    }};
}

#[test]
fn a_row_that_cannot_be_read_hides_no_others_from_a_list() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = furnish(&store, "acme").await;
        let tea = stock("north", "TEA");
        let at = now(&store, &tenant).await;
        let sets: Vec<ChangeSet> = (1..=5)
            .map(|n| {
                let goods = movement(n, &tea, MovementKind::Received, 1);
                let change = Change::new(&n.to_string()).movement(goods).job(job(n, at));
                change
                    .document(order_document(n, order_index(n, at)))
                    .at(at)
            })
            .collect();
        let outcomes = all(&store, &tenant, &sets).await;
        assert!(outcomes.iter().all(Outcome::is_done), "{outcomes:?}");
        // Words of a newer release, at the end of a page and in its midst.
        let mut other = PgConnection::connect_with(&database.options())
            .await
            .unwrap();
        for n in [2, 5] {
            for (set, id) in [
                ("order_head SET status = 'paused'", order_id(n).as_uuid()),
                ("movement SET kind = 'borrowed'", movement_id(n).as_uuid()),
                ("job SET kind = ''", job_id(n).as_uuid()),
            ] {
                let sql = format!("UPDATE oms.{set} WHERE id = '{id}'");
                other.execute(AssertSqlSafe(sql)).await.unwrap();
            }
        }
        let (orders, movements) = (OrderFilter::default(), MovementFilter::default());
        for limit in 1..=6 {
            let (read, unreadable) = walk!(
                limit,
                after => store.orders(&tenant, &orders, after, limit),
                |order| order.key.to_string()
            );
            let wanted = [4, 3, 1].map(|n| DocumentKey::Order(order_id(n)).to_string());
            assert_eq!(read, wanted, "{limit} a page");
            let places: Vec<_> = unreadable.iter().map(|place| place.id).collect();
            assert_eq!(places, [order_id(5), order_id(2)], "{limit} a page");
            let (read, unreadable) = walk!(
                limit,
                after => store.movements(&tenant, &movements, after, limit),
                |movement| movement.draft.id
            );
            assert_eq!(read, [1, 3, 4].map(movement_id), "{limit} a page");
            let places: Vec<_> = unreadable.iter().map(|place| place.id).collect();
            assert_eq!(places, [2, 5].map(movement_id), "{limit} a page");
            let (read, unreadable) = walk!(
                limit,
                after => store.jobs(&tenant, after, limit),
                |job| job.id
            );
            assert_eq!(read, [1, 3, 4].map(job_id), "{limit} a page");
            assert_eq!(unreadable, [2, 5].map(job_id), "{limit} a page");
        }
        database.drop().await;
    });
}
