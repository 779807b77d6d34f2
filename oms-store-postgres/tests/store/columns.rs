//! Tenants that share a statement write what they would have written alone, column by column.

use oms_core::event::{Actor, ActorKind, Origin};
use oms_core::plan::{
    Body, CounterKey, DocumentKey, DocumentWrite, Index, Keys, OrderIndex, Outcome, Requirement,
    UniqueKey,
};
use oms_core::port::{Clock, Store, TenantBatch};
use oms_core::reservation::ReservationDelta;
use oms_core::testing::FakeClock;
use oms_core::testing::build::{
    Change, channel, contact_document, create, customer_id, external, fulfillment, hub,
    idempotency_key, job, job_key, order_document, order_id, order_index, owner_cart, owner_order,
    payload_id, quantity, reason, reservation, sku, stock, stream, update, version,
};
use oms_core::value::{ActorId, RequestId, TenantId, Timestamp, Version};
use oms_store_postgres::PgStore;
use oms_store_postgres::sqlx::{AssertSqlSafe, query_scalar};

use crate::common::{Database, block_on};
use crate::world::{furnish, one, shelve};

/// Each has more orders than the one before it, so rows begin where no other tenant's do.
const TENANTS: u64 = 4;

fn slot() -> CounterKey {
    CounterKey::Host(external("slot"), external("a"))
}

/// A change by somebody whom only this tenant has.
fn change(tenant: u64, key: &str) -> Change {
    let who = ActorId::parse(&format!("picker-{tenant}")).unwrap();
    let change = Change::new(key).origin(Origin {
        actor: Actor::new(ActorKind::Warehouse).with_id(who),
        reason: Some(reason(&format!("as tenant {tenant} asked"))),
        request_id: Some(RequestId::parse(&format!("request-{tenant}-{key}")).unwrap()),
        key: idempotency_key(key),
    });
    change.receipt(format!(r#"{{"receipt":"{tenant} {key}"}}"#))
}

fn head(tenant: u64, order: u64, now: Timestamp) -> DocumentWrite {
    let index = OrderIndex {
        customer: tenant.is_multiple_of(2).then(|| customer_id(1)),
        promised_by: order.is_multiple_of(2).then_some(now),
        ..order_index(100 * (1 + tenant) + order, now)
    };
    order_document(order, index)
}

fn work(tenant: u64, order: u64, said: &str) -> DocumentWrite {
    let key = DocumentKey::Fulfillment(order_id(order), fulfillment(1));
    let json = format!(r#"{{"{said}":"{tenant}-{order}"}}"#);
    create(key, Index::None, json)
}

/// A new order with everything that may come with one.
fn placed(tenant: u64, order: u64, now: Timestamp, catalogue: Version) -> Change {
    let said = |what: &str| format!(r#"{{"{what}":"{tenant}-{order}"}}"#);
    let id = order_id(order);
    let personal = Index::Personal {
        customer: None,
        order: Some(id),
    };
    let name = external(&format!("{tenant}-{order}"));
    let name = UniqueKey::ExternalReference(channel("web"), external("order"), name);
    let explanation = DocumentKey::Explanation(id, version(1));
    let payload = DocumentKey::Payload(payload_id(order));
    let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
    let units = u32::try_from(1 + tenant).unwrap();
    let end = now.checked_add_secs(600).unwrap();
    let trace = RequestId::parse(&format!("trace-{tenant}-{order}")).unwrap();
    let mail = job(10 * tenant + order, now).after_secs(units);
    let mail = mail.with_unique(job_key(&format!("mail-{order}")));
    change(tenant, &format!("place-{order}"))
        .requires(Requirement::Active(DocumentKey::Channel(channel("web"))))
        .requires(Requirement::Active(DocumentKey::Hub(hub("north"))))
        .requires(Requirement::Active(DocumentKey::Product(sku("TEA"))))
        .requires(Requirement::Active(DocumentKey::Customer(customer_id(1))))
        .requires(Requirement::Catalogue(catalogue))
        .document(head(tenant, order, now))
        .document(work(tenant, order, "placed"))
        .document(contact_document(order, Some(1), Some(order)))
        .document(create(payload, personal, said("payload")))
        .document(create(explanation, Index::None, said("explanation")))
        .name(name, DocumentKey::Order(id))
        .reserve(&reservation(&owner_order(order), 1, &tea), units)
        .reserve_until(&reservation(&owner_cart(order), 1, &mug), units, end)
        .receive(&mug, units)
        .counter(&slot(), 1, Some(50))
        .event_at(&stream(&format!("own-{order}")), version(1), "placed")
        .event(&stream("log"), "said")
        .job(mail.with_trace(trace))
}

/// What comes later of an order.
fn moved(tenant: u64, order: u64, now: Timestamp) -> Change {
    let mut head = update(head(tenant, order, now), 1);
    if order.is_multiple_of(2) {
        head.body = Body::Keep;
    }
    let (tea, mug) = (stock("north", "TEA"), stock("south", "MUG"));
    let quantity = quantity(1);
    let delta = if tenant.is_multiple_of(2) {
        ReservationDelta::Confirm { quantity }
    } else {
        ReservationDelta::Release {
            quantity,
            tentative: true,
        }
    };
    change(tenant, &format!("move-{order}"))
        .document(head)
        .document(update(work(tenant, order, "moved"), 1))
        .reservation(
            &reservation(&owner_order(order), 1, &tea),
            ReservationDelta::Consume { quantity },
        )
        .reservation(&reservation(&owner_cart(order), 1, &mug), delta)
        .counter(&slot(), -1, None)
        .event_at(&stream(&format!("own-{order}")), version(2), "moved")
        .event(&stream("log"), "said more")
}

/// Sends what each tenant has, and expects all of it to be committed.
async fn commit(store: &PgStore, batches: &[TenantBatch], together: bool) {
    let answers = if together {
        store.commit_each(batches).await
    } else {
        let mut answers = Vec::new();
        for batch in batches {
            answers.push(store.commit(&batch.tenant, &batch.items).await);
        }
        answers
    };
    for outcome in answers.into_iter().flat_map(Result::unwrap) {
        assert!(matches!(outcome, Outcome::Committed { .. }), "{outcome:?}");
    }
}

/// Tenants that placed orders and went on with them, in two rounds.
async fn tenants(store: &PgStore, name: &str, now: Timestamp) -> Vec<TenantId> {
    let mut tenants = Vec::new();
    for n in 0..TENANTS {
        let tenant = furnish(store, &format!("{name}-{n}")).await;
        let rows = [stock("north", "TEA"), stock("south", "MUG")];
        shelve(store, &tenant, &rows, 100).await;
        // A counter or a stock row that nobody wrote yet is made by the other statement.
        let count = Change::new("count").counter(&slot(), 1, None);
        assert!(one(store, &tenant, count).await.is_done());
        tenants.push(tenant);
    }
    let first = tenants.first().unwrap();
    let seen = store.prefetch(first, &Keys::default()).await.unwrap();
    let batches = |items: &dyn Fn(u64) -> Vec<Change>| {
        let mut batches = Vec::new();
        for (n, tenant) in (0..TENANTS).zip(&tenants) {
            let items = items(n).into_iter().map(|change| change.at(now));
            batches.push(TenantBatch {
                tenant: tenant.clone(),
                items: items.collect(),
            });
        }
        // Whoever comes last in the alphabet is sent first.
        batches.reverse();
        batches
    };
    let place = |n: u64, order: u64| placed(n, order, now, seen.catalogue);
    let together = name == "shared";
    let first = batches(&|n| (1..=1 + n).map(|order| place(n, order)).collect());
    commit(store, &first, together).await;
    let second = batches(&|n| {
        let mut items: Vec<Change> = (1..=1 + n).map(|order| moved(n, order, now)).collect();
        items.push(place(n, 2 + n));
        items
    });
    commit(store, &second, together).await;
    tenants
}

/// Every row of a tenant, with all columns but the two that tell who wrote it, and when.
async fn rows(store: &PgStore, tenant: &TenantId) -> Vec<String> {
    let sql = "SELECT c.relname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
        WHERE c.relnamespace = 'oms'::regnamespace AND c.relkind = 'r' AND a.attname = 'tenant' \
        ORDER BY 1";
    let tables: Vec<String> = query_scalar(sql).fetch_all(store.pool()).await.unwrap();
    let mut told = Vec::new();
    for table in tables {
        let sql = format!(
            "SELECT (to_jsonb(x) - 'tenant' - 'xid')::text FROM oms.{table} x \
             WHERE x.tenant = $1 ORDER BY 1"
        );
        let query = query_scalar::<_, String>(AssertSqlSafe(sql)).bind(tenant.as_str());
        let found = query.fetch_all(store.pool()).await.unwrap();
        told.extend(found.into_iter().map(|row| format!("{table} {row}")));
    }
    told
}

/// Every table that the shared statement writes.
const WRITTEN: [&str; 13] = [
    "command",
    "contact",
    "counter",
    "event",
    "explanation",
    "fulfillment",
    "job",
    "movement",
    "order_head",
    "payload",
    "reservation",
    "stock_level",
    "unique_name",
];

#[test]
fn who_shares_a_statement_writes_the_rows_that_it_would_write_alone() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let now = FakeClock::default().now();
        store.fix_time(Some(now));
        let alone = tenants(&store, "alone", now).await;
        let shared = tenants(&store, "shared", now).await;
        for (alone, shared) in alone.iter().zip(&shared) {
            let (wanted, found) = (rows(&store, alone).await, rows(&store, shared).await);
            assert_eq!(wanted, found, "{shared:?}");
            for table in WRITTEN {
                let of_table = |row: &String| row.split(' ').next() == Some(table);
                assert!(found.iter().any(of_table), "nothing in {table}");
            }
        }
        // Each round was one transaction.
        let sql = "SELECT count(DISTINCT xid) FROM oms.event \
            WHERE tenant LIKE 'shared-%' AND stream_kind = 'host'";
        let transactions: i64 = query_scalar(sql).fetch_one(store.pool()).await.unwrap();
        assert_eq!(transactions, 2);
        database.drop().await;
    });
}
