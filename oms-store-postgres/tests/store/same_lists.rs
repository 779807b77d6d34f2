//! Lists of this store are those of the reference store, whatever is asked for and from wherever:
//! texts that languages sort in another way than bytes, moments a microsecond apart, claims that
//! are over at this very moment, and places that nothing has.

use std::fmt::Debug;
use std::sync::Arc;

use oms_core::order::OrderStatus;
use oms_core::plan::{DocumentKey, DocumentKind, DocumentWrite, Index, OrderIndex, Outcome};
use oms_core::port::{
    Clock, DocumentFilter, MovementCursor, MovementFilter, OrderCursor, OrderFilter,
    ReservationFilter, StockFilter, Store,
};
use oms_core::reservation::{Owner, ReservationDelta, ReservationKey};
use oms_core::stock::{MovementKind, StockKey};
use oms_core::testing::build::{
    Change, channel, contact_document, create, customer_id, external, fulfillment, hub, job,
    job_id, movement, movement_id, order_document, order_id, order_index, owner_cart, owner_order,
    payload_id, quantity, reservation, sku, stock, transfer, units, version,
};
use oms_core::testing::{FakeClock, Random};
use oms_core::value::{LocalDate, TenantId, Timestamp};
use oms_store_memory::MemoryStore;
use oms_store_postgres::PgStore;

use crate::common::{Database, block_on};
use crate::same::seeds;
use crate::world::furnish;

const SEEDS: u64 = 4;
/// Change sets of each sort; a day of a month has the number of one.
const CHANGES: u64 = 28;
const QUESTIONS: usize = 60;

/// Most microseconds between the first moment and the last.
const MICROS: u64 = 40;

const HUBS: [&str; 3] = ["B", "a", "Ä"];
const SKUS: [&str; 4] = ["Z", "z b", "\u{ff21}", "\u{1f375}"];
const NAMES: [&str; 6] = ["10", "9", "E", "e", "e\u{301}", "é"];

const KINDS: [DocumentKind; 15] = [
    DocumentKind::Settings,
    DocumentKind::Channel,
    DocumentKind::Hub,
    DocumentKind::Product,
    DocumentKind::SkuMapping,
    DocumentKind::Customer,
    DocumentKind::Contact,
    DocumentKind::Order,
    DocumentKind::Fulfillment,
    DocumentKind::Payload,
    DocumentKind::Explanation,
    DocumentKind::Host,
    DocumentKind::Zones,
    DocumentKind::Slots,
    DocumentKind::Transfer,
];

fn one<T: Clone>(random: &mut Random, items: &[T]) -> T {
    random.pick(items).unwrap().clone()
}

fn maybe<T>(random: &mut Random, make: impl FnOnce(&mut Random) -> T) -> Option<T> {
    random.chance(300).then(|| make(random))
}

fn moment(random: &mut Random, first: Timestamp) -> Timestamp {
    let micros = i64::try_from(random.below(MICROS)).unwrap();
    first.checked_add_micros(micros).unwrap()
}

fn row(random: &mut Random) -> StockKey {
    stock(one(random, &HUBS), one(random, &SKUS))
}

fn owner(random: &mut Random) -> Owner {
    match random.below(3) {
        0 => owner_order(random.below(4)),
        1 => owner_cart(random.below(4)),
        _ => Owner::Host(external(one(random, &NAMES))),
    }
}

fn claim(random: &mut Random) -> ReservationKey {
    let (owner, row) = (owner(random), row(random));
    reservation(&owner, if random.chance(500) { 1 } else { 2 }, &row)
}

fn personal(random: &mut Random) -> Index {
    Index::Personal {
        customer: maybe(random, |random| customer_id(random.below(3))),
        order: maybe(random, |random| order_id(random.below(CHANGES))),
    }
}

fn placed(random: &mut Random, n: u64, first: Timestamp) -> OrderIndex {
    OrderIndex {
        status: one(random, &OrderStatus::ALL),
        state_since: moment(random, first),
        channel: channel(one(random, &["desk", "web"])),
        customer: maybe(random, |random| customer_id(random.below(3))),
        promised_by: maybe(random, |random| moment(random, first)),
        ..order_index(n, moment(random, first))
    }
}

/// The body of a transfer names both hubs, one of them, or none.
fn between(random: &mut Random) -> String {
    let (from, to) = (one(random, &HUBS), one(random, &HUBS));
    match random.below(6) {
        0 => "[null]".to_owned(),
        1 => format!(r#"{{"to":"{to}","from":null}}"#),
        _ => format!(r#"{{"to":"{to}","lines":{{}},"from":"{from}"}}"#),
    }
}

/// Documents number `n`, of every kind that there may be many of.
fn documents(random: &mut Random, n: u64, first: Timestamp) -> Vec<DocumentWrite> {
    let name = |random: &mut Random| format!("{}{n}", one(random, &NAMES));
    let active = |random: &mut Random| Index::Active(random.chance(500));
    let at = |id: u64| order_id(id % 5);
    let nth = u32::try_from(n).unwrap();
    let date = LocalDate::parse(&format!("2026-11-{n:02}")).unwrap();
    let kind = external(one(random, &NAMES));
    let index = match random.below(3) {
        0 => Index::None,
        1 => active(random),
        _ => personal(random),
    };
    let mapped = channel(one(random, &["desk", "web"]));
    let customer = maybe(random, |random| random.below(3));
    let given_for = maybe(random, |random| random.below(CHANGES));
    let moved = transfer(&name(random));
    vec![
        order_document(n, placed(random, n, first)),
        contact_document(n, customer, given_for),
        create(DocumentKey::Payload(payload_id(n)), personal(random), "{}"),
        create(
            DocumentKey::Fulfillment(at(n), fulfillment(nth)),
            Index::None,
            "{}",
        ),
        create(
            DocumentKey::Explanation(at(n), version(n)),
            Index::None,
            "{}",
        ),
        create(
            DocumentKey::Host(kind, external(&name(random))),
            index,
            "{}",
        ),
        create(
            DocumentKey::SkuMapping(mapped, external(&name(random))),
            active(random),
            "{}",
        ),
        create(
            DocumentKey::Product(sku(&name(random))),
            active(random),
            "{}",
        ),
        create(
            DocumentKey::Slots(hub(one(random, &HUBS)), date),
            Index::None,
            "{}",
        ),
        create(
            DocumentKey::Transfer(moved),
            if random.chance(900) {
                active(random)
            } else {
                Index::None
            },
            between(random),
        ),
    ]
}

/// Goods, none of them or all that a row may have, claims on them, and a job.
fn goods(random: &mut Random, n: u64, first: Timestamp, now: Timestamp) -> Change {
    let mut change = Change::new(&format!("goods-{n}"));
    let kind = one(random, &MovementKind::ALL);
    let delta = one(random, &[0, 1, 5, 5, 9, 9, 2_000_000_000]);
    let mut draft = movement(n, &row(random), kind, delta);
    draft.order = maybe(random, |random| order_id(random.below(3)));
    draft.transfer = maybe(random, |random| transfer(one(random, &NAMES)));
    change = change.movement(draft);
    for _ in 0..random.below(4) {
        let key = claim(random);
        let count = 1 + u32::try_from(random.below(3)).unwrap();
        let quantity = quantity(count);
        change = match random.below(6) {
            0 => change.reservation(&key, ReservationDelta::Consume { quantity }),
            1 | 2 => change.reserve_until(&key, count, moment(random, first)),
            3 => {
                let end = now.checked_add_secs(600).unwrap();
                change.reserve_until(&key, count, end)
            }
            _ => change.reserve(&key, count),
        };
    }
    if random.chance(500) {
        change = change.reclaim();
    }
    change.job(job(n, moment(random, first)))
}

struct Pair {
    memory: MemoryStore,
    store: PgStore,
    tenant: TenantId,
    clock: FakeClock,
}

impl Pair {
    /// Whether both stores took it.
    async fn both(&self, change: Change, planned_at: Timestamp) -> bool {
        let set = [change.at(planned_at)];
        let wanted = self.memory.commit(&self.tenant, &set).await.unwrap();
        let found = self.store.commit(&self.tenant, &set).await.unwrap();
        assert_eq!(wanted, found, "{set:#?}");
        found.iter().all(Outcome::is_done)
    }

    /// Fills both stores, and answers the keys of the documents.
    async fn fill(&self, random: &mut Random) -> Vec<DocumentKey> {
        let first = self.clock.now();
        let mut keys = vec![DocumentKey::Settings, DocumentKey::Zones];
        let mut taken = 0;
        for n in 1..=CHANGES {
            let writes = documents(random, n, first);
            keys.extend(writes.iter().map(|write| write.key.clone()));
            let change = Change::new(&format!("documents-{n}")).documents(writes);
            assert!(self.both(change, self.clock.now()).await, "documents {n}");
            let change = goods(random, n, first, self.clock.now());
            taken += usize::from(self.both(change, moment(random, first)).await);
            self.clock.advance_micros(1);
            self.store.fix_time(Some(self.clock.now()));
        }
        assert!(taken > 0, "no goods and no claims are there to be listed");
        keys
    }

    async fn ask_for_documents(&self, random: &mut Random, keys: &[DocumentKey], limit: usize) {
        let (memory, store, tenant) = (&self.memory, &self.store, &self.tenant);
        let filter = DocumentFilter {
            active: maybe(random, |random| random.chance(500)),
            ..DocumentFilter::of(one(random, &KINDS))
        };
        let between = DocumentFilter {
            from: maybe(random, |random| hub(one(random, &HUBS))),
            to: maybe(random, |random| hub(one(random, &HUBS))),
            kind: DocumentKind::Transfer,
            ..filter.clone()
        };
        let after = maybe(random, |random| one(random, keys));
        let after = after.as_ref();
        for filter in [filter, between] {
            let wanted = memory.documents(tenant, &filter, after, limit).await;
            let found = store.documents(tenant, &filter, after, limit).await;
            alike(&wanted.unwrap(), &found.unwrap(), &(&filter, after, limit));
        }
        let customer = customer_id(random.below(3));
        let wanted = memory.personal(tenant, customer, after, limit).await;
        let found = store.personal(tenant, customer, after, limit).await;
        alike(&wanted.unwrap(), &found.unwrap(), &(customer, after, limit));
    }

    async fn ask_for_orders(&self, random: &mut Random, first: Timestamp, limit: usize) {
        let (memory, store, tenant) = (&self.memory, &self.store, &self.tenant);
        let count = random.below(3);
        let statuses = (0..count).map(|_| one(random, &OrderStatus::ALL));
        let filter = OrderFilter {
            statuses: statuses.collect(),
            unfinished: random.chance(200),
            channel: maybe(random, |random| channel(one(random, &["desk", "web"]))),
            customer: maybe(random, |random| customer_id(random.below(3))),
            placed_from: maybe(random, |random| moment(random, first)),
            placed_before: maybe(random, |random| moment(random, first)),
            stuck_since: maybe(random, |random| moment(random, first)),
            promised_before: maybe(random, |random| moment(random, first)),
        };
        let after = maybe(random, |random| OrderCursor {
            placed_at: moment(random, first),
            id: order_id(random.below(CHANGES)),
        });
        let wanted = memory.orders(tenant, &filter, after, limit).await;
        let found = store.orders(tenant, &filter, after, limit).await;
        alike(&wanted.unwrap(), &found.unwrap(), &(&filter, after, limit));
    }

    async fn ask_for_goods(&self, random: &mut Random, first: Timestamp, limit: usize) {
        let (memory, store, tenant) = (&self.memory, &self.store, &self.tenant);
        let filter = StockFilter {
            sku: maybe(random, |random| sku(one(random, &SKUS))),
            hub: maybe(random, |random| hub(one(random, &HUBS))),
            available_at_most: maybe(random, |random| {
                units(one(random, &[0, 1, 5, 2_000_000_000]))
            }),
        };
        let after = maybe(random, row);
        let after = after.as_ref();
        let wanted = memory.stock(tenant, &filter, after, limit).await;
        let found = store.stock(tenant, &filter, after, limit).await;
        alike(&wanted.unwrap(), &found.unwrap(), &(&filter, after, limit));

        let filter = MovementFilter {
            sku: maybe(random, |random| sku(one(random, &SKUS))),
            hub: maybe(random, |random| hub(one(random, &HUBS))),
            kind: maybe(random, |random| one(random, &MovementKind::ALL)),
            order: maybe(random, |random| order_id(random.below(3))),
            transfer: maybe(random, |random| transfer(one(random, &NAMES))),
            from: maybe(random, |random| moment(random, first)),
            before: maybe(random, |random| moment(random, first)),
        };
        let after = maybe(random, |random| MovementCursor {
            at: moment(random, first),
            id: movement_id(random.below(CHANGES)),
        });
        let wanted = memory.movements(tenant, &filter, after, limit).await;
        let found = store.movements(tenant, &filter, after, limit).await;
        alike(&wanted.unwrap(), &found.unwrap(), &(&filter, after, limit));
    }

    async fn ask_for_claims(&self, random: &mut Random, limit: usize) {
        let (memory, store, tenant) = (&self.memory, &self.store, &self.tenant);
        let filter = ReservationFilter {
            owner: maybe(random, owner),
            sku: maybe(random, |random| sku(one(random, &SKUS))),
            hub: maybe(random, |random| hub(one(random, &HUBS))),
            due: random.chance(300),
            live: random.chance(300),
        };
        let after = maybe(random, claim);
        let after = after.as_ref();
        let wanted = memory.reservations(tenant, &filter, after, limit).await;
        let found = store.reservations(tenant, &filter, after, limit).await;
        alike(&wanted.unwrap(), &found.unwrap(), &(&filter, after, limit));

        let after = maybe(random, |random| job_id(random.below(CHANGES)));
        let wanted = memory.jobs(tenant, after, limit).await;
        let found = store.jobs(tenant, after, limit).await;
        alike(&wanted.unwrap(), &found.unwrap(), &(after, limit));
    }
}

fn alike<T: PartialEq + Debug>(wanted: &T, found: &T, asked: &impl Debug) {
    assert_eq!(wanted, found, "{asked:?}");
}

#[test]
fn random_questions_are_answered_as_the_reference_store_answers_them() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        for seed in 0..seeds(SEEDS) {
            let mut random = Random::new(seed);
            let clock = FakeClock::default();
            let first = clock.now();
            let memory = MemoryStore::with_clock(Arc::new(clock.clone()));
            store.fix_time(Some(first));
            let tenant = furnish(&store, &format!("lists-{seed}")).await;
            furnish(&memory, tenant.as_str()).await;
            let store = store.clone();
            let pair = Pair {
                memory,
                store,
                tenant,
                clock,
            };
            let keys = pair.fill(&mut random).await;
            for _ in 0..QUESTIONS {
                let limit = one(&mut random, &[1, 2, 3, 500]);
                pair.ask_for_documents(&mut random, &keys, limit).await;
                pair.ask_for_orders(&mut random, first, limit).await;
                pair.ask_for_goods(&mut random, first, limit).await;
                pair.ask_for_claims(&mut random, limit).await;
            }
        }
        database.drop().await;
    });
}
