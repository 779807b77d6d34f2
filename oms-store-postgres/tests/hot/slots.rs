//! Many tasks book a delivery slot of few places: as many get one as there are, and what is
//! cancelled is free again.

use oms_core::hub::{DeliverySlot, SlotDay};
use oms_core::order::OrderCommand;
use oms_core::plan::{Command, CounterKey};
use oms_core::service::{Call, Error, Tenant};
use oms_core::testing::build;
use oms_core::value::{LocalDate, MinuteOfDay, OrderId, SlotId, SlotKey};
use oms_store_postgres::sqlx::Executor;
use tokio::task::JoinSet;

use crate::common::{Database, block_on, shared};
use crate::shop;

const TASKS: u32 = 64;
const PLACES: u32 = 10;

fn slot(id: &str) -> SlotKey {
    SlotKey {
        hub: build::hub("north"),
        // Far from now, so that it can be booked.
        date: LocalDate::parse("2199-12-24").unwrap(),
        slot: SlotId::parse(id).unwrap(),
    }
}

/// Slots of so many places.
async fn put(tenant: &Tenant, slots: &[(&str, u32)]) {
    let mut day = SlotDay::new(slot("any").hub, slot("any").date);
    for (at, (id, places)) in (8_u16..).zip(slots) {
        let start = MinuteOfDay::parse(&format!("{at:02}:00")).unwrap();
        let slot = DeliverySlot::new(start, MinuteOfDay::END, build::units(*places));
        day.slots.insert(SlotId::parse(id).unwrap(), slot);
    }
    tenant.put_slots(day, Call::default()).await.unwrap();
}

/// Total, booked and available.
async fn places(tenant: &Tenant, id: &str) -> [u32; 3] {
    let view = tenant.slot(&slot(id)).await.unwrap().unwrap();
    let counter = CounterKey::Slot(slot(id));
    assert_eq!(tenant.counter(&counter).await.unwrap(), view.booked);
    [view.slot.capacity, view.booked, view.available].map(|units| units.get())
}

/// Places an order with the slot; refused is `None`.
async fn book(tenant: Tenant, reference: String) -> Option<OrderId> {
    let mut order = shop::order(&reference, &["TEA"]);
    order.draft.slot = Some(slot("morning"));
    match tenant.place(order, Call::default()).await {
        Ok(done) => Some(done.receipt.order.unwrap().id),
        Err(Error::Rejected(rejection)) => {
            assert_eq!(rejection.code(), "slot_full", "{rejection}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

async fn round(tenants: &[Tenant], name: &str) -> Vec<OrderId> {
    let mut booking = JoinSet::new();
    for (task, tenant) in (0..TASKS).zip(tenants.iter().cycle()) {
        booking.spawn(book(tenant.clone(), format!("{name}-{task}")));
    }
    booking.join_all().await.into_iter().flatten().collect()
}

#[test]
fn of_many_that_book_at_once_as_many_get_a_place_as_there_are() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(8).await;
        // Two hosts on one database: what one of them knows, the other does not.
        let tenants = [shop::open(shared(&store)), shop::open(shared(&store))];
        let tenant = &tenants[0];
        shop::furnish(tenant, &["TEA"], 1_000).await;
        put(tenant, &[("morning", PLACES), ("noon", 1)]).await;
        let placed = round(&tenants, "first").await;
        assert_eq!(placed.len(), usize::try_from(PLACES).unwrap());
        assert_eq!(places(tenant, "morning").await, [PLACES, PLACES, 0]);
        for id in &placed {
            let order = tenant.order(*id).await.unwrap();
            assert_eq!(order.takes_slot().unwrap().key, slot("morning"));
        }
        // Two change their mind, one moves to another slot: three places are free again.
        for id in &placed[..2] {
            let reason = build::reason("changed my mind");
            shop::command(tenant, *id, OrderCommand::Cancel { reason }).await;
        }
        let moved = tenant.book_slot(placed[2], Some(slot("noon")), Call::default());
        moved.await.unwrap();
        assert_eq!(places(tenant, "noon").await, [1, 1, 0]);
        assert_eq!(places(tenant, "morning").await, [PLACES, PLACES - 3, 3]);
        let again = round(&tenants, "second").await;
        assert_eq!(again.len(), 3);
        assert_eq!(places(tenant, "morning").await, [PLACES, PLACES, 0]);
        // All at once from one place to another that is full: they keep what they have.
        let command = |order: &OrderId| Command::BookSlot {
            order: *order,
            slot: Some(slot("noon")),
        };
        let commands = again.iter().map(|order| (command(order), Call::default()));
        for result in tenant.bulk(&commands.collect::<Vec<_>>()).await {
            assert_eq!(result.unwrap_err().code(), "slot_full");
        }
        assert_eq!(places(tenant, "morning").await, [PLACES, PLACES, 0]);
        shop::sound(tenant).await;
        database.drop().await;
    });
}

#[test]
fn slots_are_stored_listed_changed_and_kept_for_those_who_booked() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = shop::open(shared(&store));
        shop::furnish(&tenant, &["TEA"], 100).await;
        put(&tenant, &[("noon", 2), ("morning", 1)]).await;
        let key = slot("morning");
        let all = tenant.slots(&key.hub, key.date, key.date).await.unwrap();
        let ids: Vec<&str> = all.iter().map(|view| view.key.slot.as_str()).collect();
        assert_eq!(ids, ["morning", "noon"]);
        let booked = book(tenant.clone(), "one".to_owned()).await.unwrap();
        assert_eq!(book(tenant.clone(), "two".to_owned()).await, None);
        put(&tenant, &[("noon", 2)]).await;
        assert_eq!(tenant.slot(&key).await.unwrap(), None);
        let order = tenant.order(booked).await.unwrap();
        assert_eq!(order.takes_slot().unwrap().key, key);
        tenant
            .book_slot(booked, None, Call::default())
            .await
            .unwrap();
        let counter = CounterKey::Slot(key);
        assert_eq!(tenant.counter(&counter).await.unwrap(), build::units(0));
        shop::sound(&tenant).await;
        database.drop().await;
    });
}

#[test]
fn a_counter_that_the_orders_do_not_account_for_is_named() {
    block_on(async {
        let database = Database::new().await;
        let store = database.store(2).await;
        let tenant = shop::open(shared(&store));
        shop::furnish(&tenant, &["TEA"], 100).await;
        put(&tenant, &[("morning", 3)]).await;
        book(tenant.clone(), "one".to_owned()).await.unwrap();
        let own = "INSERT INTO oms.counter VALUES ('acme', 2, 'the host', 'its own', 7)";
        store.pool().execute(own).await.unwrap();
        shop::sound(&tenant).await;
        let name = "bookings of slot morning of north on 2199-12-24";
        for (spoil, detail) in [
            (
                "UPDATE oms.counter SET taken = 2 WHERE kind = 3",
                "2 are taken, its orders take up 1",
            ),
            (
                "DELETE FROM oms.counter WHERE kind = 3",
                "0 are taken, its orders take up 1",
            ),
        ] {
            store.pool().execute(spoil).await.unwrap();
            let found = tenant.audit().await.unwrap();
            let told: Vec<_> = found
                .iter()
                .map(|one| (&*one.subject, &*one.detail))
                .collect();
            assert_eq!(told, [(name, detail)]);
        }
        database.drop().await;
    });
}
