#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]
//! A part of what was read for many is what would have been read for one.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, proptest};
use proptest::prop_assert_eq;
use proptest::sample::subsequence;

use super::*;
use crate::plan::{CommandRecord, CounterKey, Fingerprint, Index, UniqueKey};
use crate::testing::build;
use crate::value::{IdempotencyKey, Timestamp, Units, Version};

const OWNERS: u64 = 3;

fn documents() -> Vec<DocumentKey> {
    let mut keys = vec![
        DocumentKey::Settings,
        DocumentKey::Hub(build::hub("north")),
        DocumentKey::Hub(build::hub("south")),
        DocumentKey::Product(build::sku("TEA")),
        DocumentKey::Customer(build::customer_id(1)),
        DocumentKey::Host(build::external("note"), build::external("1")),
    ];
    for n in 1..=OWNERS {
        let order = build::order_id(n);
        keys.push(DocumentKey::Order(order));
        for work in 1..=2 {
            keys.push(DocumentKey::Fulfillment(order, build::fulfillment(work)));
        }
    }
    keys
}

fn names() -> Vec<(UniqueKey, DocumentKey)> {
    let name = |n: u64| UniqueKey::OrderNumber(build::number(n));
    let note = DocumentKey::Host(build::external("note"), build::external("1"));
    vec![
        (name(1), DocumentKey::Order(build::order_id(1))),
        (name(2), DocumentKey::Order(build::order_id(2))),
        (name(3), note),
    ]
}

fn rows() -> Vec<StockKey> {
    let both = ["TEA", "MUG"].into_iter();
    let at = |sku| ["north", "south"].map(|hub| build::stock(hub, sku));
    both.flat_map(at).collect()
}

fn counters() -> Vec<CounterKey> {
    let slot = |id| CounterKey::Host(build::external("slot"), build::external(id));
    vec![slot("1"), slot("2")]
}

fn owners() -> Vec<Owner> {
    let orders = (1..=OWNERS).map(build::owner_order);
    orders.chain([build::owner_cart(1)]).collect()
}

fn commands() -> Vec<IdempotencyKey> {
    ["a", "b"].map(build::idempotency_key).into()
}

fn some<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let most = all.len();
    subsequence(all, 0..=most)
}

/// All that a store has.
fn world() -> impl Strategy<Value = Snapshot> {
    let parts = (
        some(documents()),
        some(rows()),
        some(names()),
        some(owners()),
        some(commands()),
        some(counters()),
        1..9_u64,
    );
    parts.prop_map(
        |(documents, rows, names, owners, commands, counters, version)| {
            let version = Version::new(version).unwrap();
            let mut world = Snapshot::empty(Timestamp::EPOCH);
            world.catalogue = version;
            for key in documents {
                let document = StoredDocument {
                    key: key.clone(),
                    version,
                    schema: 1,
                    json: "{}".into(),
                    index: Index::None,
                };
                world.documents.insert(key, document);
            }
            for (n, key) in (1..).zip(rows) {
                world.stock.insert(key.clone(), Default::default());
                if n % 2 == 0 {
                    world.reclaimable.insert(key.clone(), build::units(n));
                }
                for owner in &owners {
                    let claim = build::reservation(owner, n, &key);
                    world.reservations.insert(claim, Default::default());
                }
            }
            let counters = counters.into_iter().zip(1..);
            let counters = counters.map(|(key, taken)| (key, build::units(taken)));
            world.counters.extend(counters);
            world.unique.extend(names);
            for key in commands {
                let record = CommandRecord {
                    fingerprint: Fingerprint([1; 33]),
                    receipt: "{}".into(),
                    at: Timestamp::EPOCH,
                };
                world.commands.insert(key, record);
            }
            world
        },
    )
}

fn keys() -> impl Strategy<Value = Keys> {
    let orders: Vec<OrderId> = (1..=OWNERS).map(build::order_id).collect();
    let names = names().into_iter().map(|(name, _)| name).collect();
    let parts = (
        some(documents()),
        some(orders),
        any::<bool>(),
        some(rows()),
        some(vec![build::sku("TEA"), build::sku("MUG")]),
        some(names),
        some(owners()),
        some(commands()),
        some(counters()),
    );
    parts.prop_map(
        |(documents, orders, hubs, stock, skus, unique, owners, commands, counters)| Keys {
            counters: counters.into_iter().collect(),
            documents: documents.into_iter().collect(),
            orders: orders.into_iter().collect(),
            hubs,
            stock: stock.into_iter().collect(),
            sku_stock: skus.into_iter().collect(),
            unique: unique.into_iter().collect(),
            owners: owners.into_iter().collect(),
            commands: commands.into_iter().collect(),
        },
    )
}

/// What a store that has all this says to the keys, thing by thing.
fn answer(world: &Snapshot, keys: &Keys) -> Snapshot {
    let mut found = world.clone();
    found.unique.retain(|name, _| keys.unique.contains(name));
    let held: BTreeSet<&DocumentKey> = found.unique.values().collect();
    let whole =
        |order: OrderId| keys.orders.contains(&order) || held.contains(&DocumentKey::Order(order));
    let mut documents = world.documents.clone();
    documents.retain(|key, _| {
        let by_kind = match key {
            DocumentKey::Settings => true,
            DocumentKey::Hub(_) => keys.hubs,
            DocumentKey::Order(id) | DocumentKey::Fulfillment(id, _) => whole(*id),
            _ => false,
        };
        by_kind || keys.documents.contains(key) || held.contains(key)
    });
    let mut claims = world.reservations.clone();
    claims.retain(|key, _| match &key.owner {
        Owner::Order(id) if whole(*id) => true,
        owner => keys.owners.contains(owner),
    });
    let asked = |row: &StockKey| keys.stock.contains(row) || keys.sku_stock.contains(&row.sku);
    found.stock.retain(|row, _| asked(row));
    found.reclaimable.retain(|row, _: &mut Units| asked(row));
    found.counters.retain(|key, _| keys.counters.contains(key));
    found.commands.retain(|key, _| keys.commands.contains(key));
    Snapshot {
        documents,
        reservations: claims,
        ..found
    }
}

proptest! {
    #[test]
    fn a_part_is_what_would_have_been_read_alone(world in world(), asked in vec(keys(), 1..5)) {
        let mut all = Keys::default();
        for keys in &asked {
            all.merge(keys.clone());
        }
        let read = answer(&world, &all);
        let parts = Parts::of(&read);
        for keys in &asked {
            prop_assert_eq!(parts.part(keys), answer(&world, keys));
        }
    }
}
