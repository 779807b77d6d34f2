//! The SQL of the commit decides as the rules of the core do: random batches go to this store and
//! to the reference store, outcome by outcome, and in the end both hold the same.

use std::collections::BTreeSet;

use oms_core::event::{Actor, ActorKind};
use oms_core::plan::StockSetting;
use oms_core::plan::{
    Body, ChangeSet, CounterKey, DocumentKey, DocumentKind, Expected, Keys, Outcome, Refusal,
    Requirement, UniqueKey,
};
use oms_core::port::{
    Clock, DocumentFilter, MovementFilter, ReservationFilter, StockFilter, Store, TenantBatch,
};
use oms_core::reservation::{Owner, ReservationDelta, ReservationKey};
use oms_core::stock::{MovementKind, StockKey};
use oms_core::testing::build::{
    Change, external, host, host_document, hub, idempotency_key, job, job_key, movement,
    owner_cart, owner_order, quantity, reservation, sku, stock, stream, units, version,
};
use oms_core::testing::{FakeClock, Random};
use oms_core::value::{LocalDate, TenantId, Timestamp, Version};
use oms_store_memory::MemoryStore;

use crate::common::{Database, block_on};
use crate::world::furnish;

const SEEDS: u64 = 30;
const BATCHES: usize = 25;

/// How many seeds a comparison of the two stores runs, unless `OMS_PG_SEEDS` says otherwise.
pub(crate) fn seeds(count: u64) -> u64 {
    let told = std::env::var("OMS_PG_SEEDS").ok();
    told.and_then(|told| told.parse().ok()).unwrap_or(count)
}

fn rows() -> [StockKey; 3] {
    [
        stock("north", "MUG"),
        stock("north", "TEA"),
        stock("south", "TEA"),
    ]
}

fn owners() -> [Owner; 4] {
    let host = Owner::Host(external("stand"));
    [owner_cart(1), owner_order(1), owner_order(2), host]
}

fn claim(random: &mut Random) -> ReservationKey {
    let owner = random.pick(&owners()).unwrap().clone();
    let row = random.pick(&rows()).unwrap().clone();
    reservation(&owner, if random.chance(700) { 1 } else { 2 }, &row)
}

fn small(random: &mut Random, end: u64) -> u32 {
    u32::try_from(random.below(end)).unwrap()
}

fn with_claims(mut change: Change, random: &mut Random, now: Timestamp) -> Change {
    for _ in 0..random.below(4) {
        let key = claim(random);
        let quantity = quantity(1 + small(random, 4));
        let end = now
            .checked_add_secs(1 + i64::from(small(random, 600)))
            .unwrap();
        let delta = match random.below(13) {
            0 | 1 | 10.. => ReservationDelta::Reserve {
                quantity,
                expires_at: Some(end),
            },
            2 | 3 => ReservationDelta::Reserve {
                quantity,
                expires_at: None,
            },
            4 => ReservationDelta::Confirm { quantity },
            5 => ReservationDelta::Release {
                quantity,
                tentative: random.chance(500),
            },
            6 => ReservationDelta::Expire { quantity },
            7 => ReservationDelta::Consume { quantity },
            8 => ReservationDelta::Acknowledge { quantity },
            _ => ReservationDelta::Settle { quantity },
        };
        change = change.reservation(&key, delta);
    }
    change
}

fn with_stock(mut change: Change, random: &mut Random, next: &mut u64) -> Change {
    for row in rows() {
        if random.chance(250) {
            let kind = *random.pick(&MovementKind::ALL).unwrap();
            let delta = i64::from(small(random, 12)) - if random.chance(400) { 9 } else { 0 };
            *next += 1;
            // Now and then an id that was used before.
            let id = if random.chance(40) { 1 } else { *next };
            change = change.movement(movement(id, &row, kind, delta));
        }
        if random.chance(120) {
            let some = |random: &mut Random| {
                let units = units(small(random, 9));
                random.chance(500).then_some(units)
            };
            change = change.stock(StockSetting {
                key: row,
                safety: some(random),
                incoming: some(random),
                expected_on_hand: some(random).filter(|_| random.chance(300)),
            });
        }
    }
    change
}

fn counters() -> [CounterKey; 3] {
    let slot = |id| CounterKey::Host(external("slot"), external(id));
    let day = LocalDate::parse("2026-11-21").unwrap();
    [slot("a"), slot("b"), CounterKey::HubDay(hub("north"), day)]
}

fn with_counters(mut change: Change, random: &mut Random) -> Change {
    for key in counters() {
        if random.chance(250) {
            let delta = i32::try_from(small(random, 6)).unwrap() - 2;
            let limit = random.chance(700).then(|| 2 + small(random, 6));
            change = change.counter(&key, delta, limit);
        }
    }
    change
}

fn with_documents(mut change: Change, random: &mut Random) -> Change {
    for id in ["a", "b", "c"] {
        if !random.chance(200) {
            continue;
        }
        let mut write = host_document(id);
        let seen = random.below(5);
        if seen > 0 {
            write.expected = Expected::Version(version(seen));
            if random.chance(300) {
                write.body = Body::Keep;
            }
        }
        write.version = version(seen + 1 + u64::from(random.chance(100)));
        change = change.document(write);
    }
    if random.chance(150) {
        let document = random
            .pick(&[host("a"), host("b"), host("z")])
            .unwrap()
            .clone();
        let seen = version(random.below(4));
        change = change.requires(Requirement::Unchanged(document, seen));
    }
    if random.chance(150) {
        let hubs = [hub("north"), hub("nowhere")];
        let place = if random.chance(900) { 0 } else { 1 };
        change = change.requires(Requirement::Active(DocumentKey::Hub(hubs[place].clone())));
    }
    if random.chance(200) {
        let name = random.pick(&["one", "two"]).unwrap();
        let holder = random.pick(&["a", "b"]).unwrap();
        let key = UniqueKey::Host(external("badge"), external(name));
        change = change.name(key, host(holder));
    }
    change
}

fn change_set(random: &mut Random, now: Timestamp, next: &mut u64) -> ChangeSet {
    *next += 1;
    let key = if random.chance(80) {
        1 + random.below(*next)
    } else {
        *next
    };
    let mut change = Change::new(&format!("key-{key}"));
    if random.chance(20) {
        change = change.asking("something else");
    }
    change = with_claims(change, random, now);
    change = with_stock(change, random, next);
    change = with_documents(change, random);
    change = with_counters(change, random);
    for name in ["x", "reserved"] {
        if random.chance(200) {
            change = change.event(&stream(name), "happened");
        }
        if random.chance(100) {
            let place = version(1 + random.below(6));
            change = change.event_at(&stream(name), place, "happened");
        }
    }
    if random.chance(80) {
        change = change.job(job(1 + random.below(30), now));
    }
    if random.chance(600) {
        change = change.reclaim();
    }
    let skew = if random.chance(20) { 6 } else { 0 };
    let mut set = change.at(now.checked_add_secs(skew).unwrap());
    for event in &mut set.events {
        if random.chance(200) {
            event.actor = Some(Actor::new(ActorKind::Automatic));
        }
    }
    set
}

/// A change set against which nothing speaks, so that those of a batch are committed as a whole:
/// claims, goods, events without places, jobs of which some have the same keys.
fn calm(random: &mut Random, now: Timestamp, next: &mut u64) -> ChangeSet {
    *next += 1;
    let mut change = Change::new(&format!("calm-{next}"));
    let row = random.pick(&rows()).unwrap().clone();
    if random.chance(300) {
        let owner = Owner::Host(external(&format!("calm-{next}")));
        let units = 1 + small(random, 2);
        change = change.receive(&row, units);
        change = change.reserve(&reservation(&owner, 1, &row), units);
    }
    for name in ["x", "reserved"] {
        for _ in 0..random.below(3) {
            change = change.event(&stream(name), "happened");
        }
    }
    for _ in 0..random.below(3) {
        *next += 1;
        let mut draft = job(*next + 1_000, now);
        if random.chance(500) {
            draft = draft.after_secs(small(random, 100));
        }
        if random.chance(500) {
            let key = random.pick(&["one", "two", "three"]).unwrap();
            draft = draft.with_unique(job_key(key));
        }
        change = change.job(draft);
    }
    change.at(now)
}

/// Two answers that say the same; defects may be told in other words.
fn agree(one: &Outcome, two: &Outcome) -> bool {
    match (one, two) {
        (Outcome::Refused(Refusal::Defect { .. }), Outcome::Refused(Refusal::Defect { .. })) => {
            true
        }
        (one, two) => one == two,
    }
}

async fn holdings(store: &dyn Store, tenant: &TenantId) -> Vec<String> {
    let mut told = Vec::new();
    let stock = store
        .stock(tenant, &StockFilter::default(), None, 500)
        .await
        .unwrap();
    told.push(format!("{stock:#?}"));
    let filter = ReservationFilter::default();
    let claims = store
        .reservations(tenant, &filter, None, 500)
        .await
        .unwrap();
    told.push(format!("{claims:#?}"));
    let due = ReservationFilter {
        due: true,
        ..filter
    };
    let due = store.reservations(tenant, &due, None, 500).await.unwrap();
    told.push(format!("due {due:#?}"));
    let moved = store
        .movements(tenant, &MovementFilter::default(), None, 500)
        .await
        .unwrap();
    told.push(format!("{moved:#?}"));
    let filter = DocumentFilter::of(DocumentKind::Host);
    let documents = store.documents(tenant, &filter, None, 500).await.unwrap();
    told.push(format!("{documents:#?}"));
    told.push(format!(
        "{:#?}",
        store.jobs(tenant, None, 500).await.unwrap()
    ));
    let streams = [stream("x"), stream("reserved")];
    for stream in streams
        .into_iter()
        .chain(owners().map(|owner| owner.stream()))
    {
        let mut events = store
            .history(tenant, &stream, Version::ZERO, 500)
            .await
            .unwrap();
        for event in &mut events {
            // The same value, whatever the order of its parts.
            let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
            event.body = sorted(body).to_string().into();
        }
        told.push(format!("{events:#?}"));
    }
    let keys = Keys {
        sku_stock: [sku("TEA"), sku("MUG")].into(),
        unique: ["one", "two"]
            .map(|name| UniqueKey::Host(external("badge"), external(name)))
            .into(),
        counters: counters().into(),
        owners: owners().into(),
        commands: (1..200)
            .map(|n| idempotency_key(&format!("key-{n}")))
            .collect::<BTreeSet<_>>(),
        ..Keys::default()
    };
    told.push(format!(
        "{:#?}",
        store.prefetch(tenant, &keys).await.unwrap()
    ));
    told
}

/// Which invariants an audit finds broken; names here may be held by what does not exist.
async fn audited(store: &dyn Store, tenant: &TenantId) -> Vec<String> {
    let found = store.audit(tenant).await.unwrap().into_iter();
    let mut found: Vec<String> = found.map(|violation| violation.invariant).collect();
    found.sort();
    found
}

/// Units of an expired event in one order: the order in which claims end is the store's own.
fn sorted(mut body: serde_json::Value) -> serde_json::Value {
    if let Some(units) = body.get_mut("units").and_then(|units| units.as_array_mut()) {
        units.sort_by_key(ToString::to_string);
    }
    body
}

#[test]
fn random_batches_are_decided_as_the_reference_store_decides_them() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(4).await;
        let mut reclaimed = 0;
        let mut done = 0;
        for seed in 0..seeds(SEEDS) {
            let mut random = Random::new(seed);
            let clock = FakeClock::default();
            let memory = MemoryStore::with_clock(std::sync::Arc::new(clock.clone()));
            store.fix_time(Some(clock.now()));
            let mut tenants = Vec::new();
            for name in ["a", "b"] {
                let tenant = furnish(&store, &format!("tenant-{seed}-{name}")).await;
                furnish(&memory, tenant.as_str()).await;
                tenants.push((tenant, 0));
            }
            for batch in 0..BATCHES {
                let now = clock.now();
                let mut batches = Vec::new();
                for (tenant, next) in &mut tenants {
                    let items = (0..1 + random.below(6)).map(|_| {
                        if batch % 5 == 4 {
                            calm(&mut random, now, next)
                        } else {
                            change_set(&mut random, now, next)
                        }
                    });
                    batches.push(TenantBatch {
                        items: items.collect(),
                        tenant: tenant.clone(),
                    });
                }
                let wanted = memory.commit_each(&batches).await;
                let found = if random.chance(500) {
                    store.commit_each(&batches).await
                } else {
                    let mut alone = Vec::new();
                    for batch in &batches {
                        alone.push(store.commit(&batch.tenant, &batch.items).await);
                    }
                    alone
                };
                for ((of, wanted), found) in batches.iter().zip(wanted).zip(found) {
                    let (wanted, found) = (wanted.unwrap(), found.unwrap());
                    for ((set, wanted), found) in of.items.iter().zip(&wanted).zip(&found) {
                        assert!(
                            agree(wanted, found),
                            "seed {seed}, batch {batch}: {set:#?}\nwanted {wanted:?}\n\
                            found {found:?}"
                        );
                        done += usize::from(found.is_done());
                    }
                }
                clock.advance_secs(i64::from(small(&mut random, 300)));
                store.fix_time(Some(clock.now()));
            }
            for (tenant, _) in &tenants {
                let wanted = holdings(&memory, tenant).await;
                let found = holdings(&store, tenant).await;
                for (wanted, found) in wanted.iter().zip(&found) {
                    assert_eq!(wanted, found, "seed {seed}");
                    reclaimed += found.matches("reservation.expired").count();
                }
                assert_eq!(
                    audited(&memory, tenant).await,
                    audited(&store, tenant).await
                );
            }
        }
        assert!(done > 100, "only {done} change sets were committed");
        assert!(reclaimed > 0, "no claim was ever reclaimed");
        database.drop().await;
    });
}
