#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::event::{Actor, ActorKind, EventDraft, Origin, StreamId};
use oms_core::order::OrderStatus;
use oms_core::plan::{
    Body, ChangeSet, CounterKey, DocumentKey, DocumentWrite, Expected, Fingerprint, Index, Keys,
    OrderIndex, Outcome, ReservationChange, UniqueClaim, UniqueKey,
};
use oms_core::port::{MovementCursor, OrderCursor, Store};
use oms_core::reservation::{Owner, Reservation, ReservationDelta, ReservationKey};
use oms_core::stock::{MovementDraft, MovementKind, StockKey, StockLevel};
use oms_core::value::{
    ChannelId, ContactId, CustomerId, ExternalId, FulfillmentId, HubId, IdempotencyKey, LineId,
    LocalDate, MovementId, OrderId, OrderNumber, Quantity, Sku, SlotId, SlotKey, TenantId,
    Timestamp, Units, Version,
};
use uuid::Uuid;

use crate::MemoryStore;
use crate::documents::{Columns, Document};
use crate::rows::Row;
use crate::tenant::Tenant;

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn order() -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(1))
}

fn customer() -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(2))
}

fn contact() -> DocumentKey {
    DocumentKey::Contact(ContactId::from_uuid(Uuid::from_u128(3)))
}

fn movement() -> MovementId {
    MovementId::from_uuid(Uuid::from_u128(4))
}

fn shelf(sku: &str) -> StockKey {
    StockKey {
        hub: HubId::parse("hub").unwrap(),
        sku: Sku::parse(sku).unwrap(),
    }
}

fn units(units: u32) -> Units {
    Units::new(units).unwrap()
}

fn claim(sku: &str, line: u32) -> ReservationKey {
    let StockKey { hub, sku } = shelf(sku);
    ReservationKey {
        owner: Owner::Order(order()),
        line: LineId::new(line).unwrap(),
        hub,
        sku,
    }
}

fn name() -> UniqueKey {
    let text = ExternalId::parse("name").unwrap();
    UniqueKey::Host(text.clone(), text)
}

fn write(key: DocumentKey, index: Index) -> DocumentWrite {
    let body = Body::Write {
        schema: 1,
        json: Arc::from("{}"),
    };
    let version = Version::ZERO.next();
    DocumentWrite {
        key,
        expected: Expected::Absent,
        version,
        body,
        index,
    }
}

fn reserve(line: u32, expires_at: Option<Timestamp>) -> ReservationChange {
    let quantity = Quantity::new(2).unwrap();
    let delta = ReservationDelta::Reserve {
        quantity,
        expires_at,
    };
    ReservationChange {
        key: claim("A", line),
        delta,
    }
}

/// An order with a fulfillment, a contact, two reservations of a row with ten units.
fn filled() -> MemoryStore {
    let parties = [
        DocumentKey::Channel(ChannelId::parse("shop").unwrap()),
        DocumentKey::Customer(customer()),
    ];
    filled_beside(&parties)
}

/// The same, beside documents that may be used.
fn filled_beside(parties: &[DocumentKey]) -> MemoryStore {
    let store = MemoryStore::new();
    let now = block_on(store.prefetch(&tenant(), &Keys::default()))
        .unwrap()
        .now;
    let origin = Origin {
        actor: Actor::new(ActorKind::System),
        reason: None,
        request_id: None,
        key: IdempotencyKey::parse("key").unwrap(),
    };
    let mut set = ChangeSet::new(origin, Fingerprint([0; 33]), "null", now);
    let index = OrderIndex {
        number: OrderNumber::FIRST,
        status: OrderStatus::Pending,
        placed_at: Timestamp::EPOCH,
        state_since: Timestamp::EPOCH,
        channel: ChannelId::parse("shop").unwrap(),
        customer: Some(customer()),
        promised_by: None,
    };
    let personal = Index::Personal {
        customer: Some(customer()),
        order: Some(order()),
    };
    set.documents = vec![
        write(DocumentKey::Order(order()), Index::Order(index)),
        write(
            DocumentKey::Fulfillment(order(), FulfillmentId::FIRST),
            Index::None,
        ),
        write(DocumentKey::Hub(shelf("A").hub), Index::Active(true)),
        write(contact(), personal),
    ];
    let parties = parties.iter().cloned();
    set.documents
        .extend(parties.map(|key| write(key, Index::Active(true))));
    set.unique = vec![UniqueClaim {
        key: name(),
        holder: DocumentKey::Order(order()),
    }];
    set.reservations = vec![reserve(1, None), reserve(2, now.checked_add_secs(60))];
    set.movements = vec![draft("A", movement())];
    set.events = vec![EventDraft {
        stream: StreamId::order(order()),
        seq: None,
        name: Arc::from("order.placed"),
        schema: 1,
        body: Arc::from("{}"),
        actor: None,
    }];
    let outcomes = block_on(store.commit(&tenant(), &[set])).unwrap();
    assert!(outcomes.iter().all(Outcome::is_done), "{outcomes:?}");
    store
}

fn draft(sku: &str, id: MovementId) -> MovementDraft {
    let (kind, delta) = (MovementKind::Received, 10);
    MovementDraft {
        id,
        stock: shelf(sku),
        kind,
        delta,
        order: None,
        transfer: None,
        reason: None,
    }
}

/// What the audit says after the state was spoilt: invariant and subject of each finding.
fn found_after(spoil: impl FnOnce(&mut Tenant)) -> Vec<(String, String)> {
    let store = filled();
    assert_eq!(block_on(store.audit(&tenant())).unwrap(), []);
    store.spoil(&tenant(), spoil);
    let found = block_on(store.audit(&tenant())).unwrap();
    found
        .into_iter()
        .map(|violation| (violation.invariant, violation.subject))
        .collect()
}

#[track_caller]
fn finds<const N: usize>(expected: [(&str, &str); N], spoil: impl FnOnce(&mut Tenant)) {
    let found = found_after(spoil);
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(found, expected);
}

fn row(tenant: &mut Tenant) -> &mut Row {
    let StockKey { hub, sku } = shelf("A");
    tenant.rows.row_mut(&hub, &sku)
}

fn level(tenant: &mut Tenant) -> &mut StockLevel {
    &mut row(tenant).level
}

#[test]
fn counters_that_differ_from_their_ledgers_are_found() {
    finds([("I2", "A at hub")], |tenant| {
        level(tenant).on_hand = units(11)
    });
    finds([("I2", "A at hub")], |tenant| {
        level(tenant).reserved = units(5)
    });
    finds([("I1", "A at hub")], |tenant| {
        level(tenant).shortfall = units(1)
    });
    finds([("I1", "A at hub"), ("I2", "A at hub")], |tenant| {
        level(tenant).on_hand = units(3)
    });
    finds([("I2", "A at hub")], |tenant| {
        let key = claim("A", 1);
        let row = Reservation {
            confirmed: units(3),
            ..*tenant.claims.get(&key).unwrap()
        };
        tenant.claims.set(&key, row);
    });
}

#[test]
fn ledgers_without_a_counter_are_found() {
    finds([("I2", "B at hub")], |tenant| {
        tenant.claims.set(
            &claim("B", 1),
            Reservation {
                confirmed: units(1),
                ..<_>::default()
            },
        );
    });
    finds(
        [("I2", "B at hub"), ("index", "movements by id")],
        |tenant| {
            let id = MovementId::from_uuid(Uuid::from_u128(9));
            let origin = tenant.movements.values().next().unwrap().1.clone();
            let place = MovementCursor {
                at: Timestamp::EPOCH,
                id,
            };
            tenant.movements.insert(place, (draft("B", id), origin));
        },
    );
}

#[test]
fn broken_streams_are_found() {
    let stream = StreamId::order(order());
    let name = stream.to_string();
    finds(
        [("I6", &name), ("I6", &format!("order {}", order()))],
        |tenant| {
            tenant.streams.events_mut(&stream)[0].seq = Version::new(2).unwrap();
        },
    );
    finds([("I6", &name)], |tenant| {
        let events = tenant.streams.events_mut(&stream);
        events.push(events[0].clone());
    });
    finds([("I6", &format!("order {}", order()))], |tenant| {
        tenant.streams.events_mut(&stream).clear();
    });
    finds([("I13", &format!("{name}#1"))], |tenant| {
        tenant.streams.events_mut(&stream)[0].body = Arc::from("{");
    });
    finds([("I6", &format!("order {}", order()))], |tenant| {
        let head = tenant
            .documents
            .get_mut(&DocumentKey::Order(order()))
            .unwrap();
        head.version = Version::new(2).unwrap();
    });
}

#[test]
fn every_stream_of_a_document_is_compared_with_its_version() {
    let sku = Sku::parse("A").unwrap();
    let channel = ChannelId::parse("shop").unwrap();
    for (key, stream) in [
        (DocumentKey::Settings, StreamId::tenant()),
        (
            DocumentKey::Channel(channel.clone()),
            StreamId::channel(&channel),
        ),
        (
            DocumentKey::Hub(shelf("A").hub),
            StreamId::hub(&shelf("A").hub),
        ),
        (DocumentKey::Product(sku.clone()), StreamId::sku(&sku)),
        (
            DocumentKey::Customer(customer()),
            StreamId::customer(customer()),
        ),
    ] {
        let subject = key.to_string();
        finds([("I6", &subject)], |tenant| {
            let event = tenant.streams.events_mut(&StreamId::order(order()))[0].clone();
            tenant.streams.append(&stream, [event.clone()]);
            tenant.streams.append(&stream, [event]);
            let hub = tenant
                .documents
                .get(&DocumentKey::Hub(shelf("A").hub))
                .unwrap()
                .clone();
            tenant.documents.insert(key, hub);
        });
    }
}

#[test]
fn documents_that_cannot_be_are_found() {
    let contact_name = contact().to_string();
    finds([("I13", &contact_name)], |tenant| {
        tenant.documents.get_mut(&contact()).unwrap().json = Arc::from("nonsense");
    });
    finds([("I6", &contact_name)], |tenant| {
        tenant.documents.get_mut(&contact()).unwrap().version = Version::ZERO;
    });
    let orphan = DocumentKey::Fulfillment(OrderId::from_uuid(Uuid::max()), FulfillmentId::FIRST);
    finds([("reference", &orphan.to_string())], |tenant| {
        let work = DocumentKey::Fulfillment(order(), FulfillmentId::FIRST);
        let work = tenant.documents.get(&work).unwrap().clone();
        tenant.documents.insert(orphan.clone(), work);
    });
    finds([("reference", &format!("{:?}", name()))], |tenant| {
        tenant
            .unique
            .insert(name(), DocumentKey::Hub(HubId::parse("gone").unwrap()));
    });
}

#[test]
fn orders_that_point_to_nothing_are_found() {
    let found = block_on(filled_beside(&[]).audit(&tenant())).unwrap();
    let details: Vec<&str> = found.iter().map(|found| found.detail.as_str()).collect();
    assert_eq!(
        details,
        ["its channel does not exist", "its customer does not exist"]
    );
    let name = DocumentKey::Order(order()).to_string();
    assert!(
        found
            .iter()
            .all(|found| found.invariant == "reference" && found.subject == name),
        "{found:?}"
    );
}

#[test]
fn indexes_of_documents_that_disagree_are_found() {
    finds([("index", "documents by kind")], |tenant| {
        let product = DocumentKey::Product(shelf("A").sku);
        let another = tenant.documents.iter().next().unwrap().1.clone();
        let columns = Columns::Active(true);
        let document = Document { columns, ..another };
        tenant.documents.insert(product, document);
        assert!(tenant.documents.names_agree());
        tenant.documents.forget_names()
    });
    finds([("index", "orders by time")], |tenant| {
        tenant.indexes.placed.clear()
    });
    finds([("index", "orders by time")], |tenant| {
        let place = OrderCursor {
            placed_at: Timestamp::MAX,
            id: order(),
        };
        tenant.indexes.placed.insert(place);
    });
    finds([("index", "orders by status")], |tenant| {
        tenant.indexes.unfinished.clear()
    });
    finds([("index", "orders by customer")], |tenant| {
        tenant.indexes.customers.clear()
    });
    let by_customer = ("index", "personal documents by customer");
    finds([by_customer], |tenant| tenant.indexes.personal.clear());
    let by_order = ("index", "personal documents by order");
    finds([by_order], |tenant| tenant.indexes.given_for.clear());
}

#[test]
fn indexes_of_ledgers_that_disagree_are_found() {
    finds([("index", "reservations by end")], |tenant| {
        tenant.claims.due.clear()
    });
    finds([("index", "lapsed reservations")], |tenant| {
        tenant.claims.lapsed.insert(claim("A", 1));
    });
    finds([("index", "live reservations")], |tenant| {
        tenant.claims.live.clear()
    });
    let found = ("index", "A at hub");
    finds([found], |tenant| row(tenant).claims.clear());
    finds([found], |tenant| row(tenant).tentative.clear());
    finds([found], |tenant| row(tenant).movements.clear());
    finds([("index", "stock by hub and SKU")], |tenant| {
        tenant.rows.forget_list()
    });
    finds([("index", "stock by hub and SKU")], |tenant| {
        let StockKey { sku, .. } = shelf("A");
        let before = HubId::parse("a hub before").unwrap();
        tenant.rows.row_mut(&before, &sku);
        assert!(tenant.rows.lists_agree());
        tenant.rows.reverse_hubs(&sku);
    });
    finds([("index", "movements by id")], |tenant| {
        tenant.movement_ids.clear()
    });
    finds([("index", "commands by time")], |tenant| {
        tenant.commands_by_time.clear()
    });
}

/// Gives the order and its work a body that takes up a slot and a day.
fn counted(tenant: &mut Tenant, state: &str, status: &str) {
    let head = tenant.documents.get_mut(&DocumentKey::Order(order()));
    let slot = r#"{"hub":"hub","date":"2199-12-24","slot":"noon"}"#;
    head.unwrap().json = Arc::from(format!(r#"{{"state":"{state}","slot":{slot}}}"#));
    let work = DocumentKey::Fulfillment(order(), FulfillmentId::FIRST);
    let body = format!(r#"{{"hub":"hub","day":"2199-12-24","status":"{status}"}}"#);
    tenant.documents.get_mut(&work).unwrap().json = Arc::from(body);
}

#[test]
fn counters_that_differ_from_the_orders_are_found() {
    let date = LocalDate::parse("2199-12-24").unwrap();
    let hub = shelf("A").hub;
    let slot = SlotId::parse("noon").unwrap();
    let day = CounterKey::HubDay(hub.clone(), date);
    let noon = CounterKey::Slot(SlotKey { hub, date, slot });
    let both = [
        ("capacity", "work of hub on 2199-12-24"),
        ("capacity", "bookings of slot noon of hub on 2199-12-24"),
    ];
    // Nothing is taken, and both are used.
    finds(both, |tenant| counted(tenant, "open", "picked"));
    finds([], |tenant| counted(tenant, "cancelled", "cancelled"));
    finds([], |tenant| {
        counted(tenant, "closed", "delivered");
        tenant.counters.insert(day.clone(), units(1));
        tenant.counters.insert(noon.clone(), units(1));
    });
    finds([both[0]], |tenant| {
        counted(tenant, "open", "picked");
        tenant.counters.insert(day.clone(), units(2));
        tenant.counters.insert(noon.clone(), units(1));
    });
    // Both are taken, and nothing is used.
    finds(both, |tenant| {
        tenant.counters.insert(day.clone(), units(1));
        tenant.counters.insert(noon.clone(), units(1));
    });
    finds([("I13", &*format!("order {}", order()))], |tenant| {
        let head = tenant.documents.get_mut(&DocumentKey::Order(order()));
        head.unwrap().json = Arc::from(r#"{"slot":"noon"}"#);
    });
}
