//! Who receives an order and what the buyer wrote, by the later word of its channel.

use futures_executor::block_on;
use oms_core::customer::Contact;
use oms_core::hub::Hub;
use oms_core::order::{Fulfillment, HoldReason, Order, OrderCommand, OrderStatus, Tracking};
use oms_core::plan::{CHANNEL_SHIP_TO, Intake};
use oms_core::service::{Call, Error, IntakeStatus, WorkFilter};
use oms_core::testing::build;
use oms_core::value::{ContactId, FulfillmentId, Name, Phone, PostalCode};
use oms_store_memory::MemoryStore;

use super::world::{Shop, drain, order};

/// What a shop says of its paid order at that minute past ten: where it goes, and more.
struct Said<'a> {
    minute: u32,
    street: &'a str,
    postal_code: &'a str,
    phone: &'a str,
    note: &'a str,
}

/// A copy of that minute, to that street.
fn copy(minute: u32, street: &str) -> Said<'_> {
    Said {
        minute,
        street,
        postal_code: "10115",
        phone: "",
        note: "",
    }
}

impl Shop {
    /// Takes a copy in; answers the order after that.
    async fn say(&self, copy: &Said<'_>) -> Order {
        let Said {
            minute,
            street,
            postal_code,
            phone,
            note,
        } = copy;
        let text = format!(
            r##"{{"id":4,"name":"#4","currency":"EUR","total_price":"4.50","note":"{note}",
            "updated_at":"2025-11-20T10:{minute:02}:00Z",
            "financial_status":"paid","total_outstanding":"0.00","email":"ada@example.org",
            "shipping_address":{{"name":"Ada L.","address1":"{street}","city":"Berlin",
                "zip":"{postal_code}","country_code":"DE","phone":"{phone}"}},
            "line_items":[{{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}}]}}"##
        );
        let intake = Intake::payload(build::channel("desk"), text.as_bytes()).unwrap();
        let intakes = self.intakes();
        let receipt = intakes.enqueue(intake, Call::default()).await.unwrap();
        drain(&mut intakes.handle(self.builder()).build()).await;
        let status = intakes.status(receipt.id).await.unwrap();
        let Some(IntakeStatus::Placed(order) | IntakeStatus::Known(order)) = status else {
            panic!("{status:?}");
        };
        self.tenant.order(order.order).await.unwrap()
    }

    async fn receiver(&self, order: &Order) -> Option<Contact> {
        let row = order.head.ship_to.unwrap();
        self.tenant.contact(row).await.unwrap()
    }

    async fn street(&self, order: &Order) -> String {
        street(&self.receiver(order).await.unwrap())
    }

    async fn told(&self, order: &Order, commands: Vec<OrderCommand>) -> Order {
        let id = order.head.id;
        for command in commands {
            let told = self.tenant.order_command(id, command, Call::default());
            told.await.unwrap();
        }
        self.tenant.order(id).await.unwrap()
    }
}

fn street(contact: &Contact) -> String {
    contact.address.line1.clone().unwrap().to_string()
}

fn reasons(order: &Order) -> Vec<HoldReason> {
    let hold = order.head.hold.as_ref();
    hold.map_or_else(Vec::new, |hold| hold.reasons.iter().copied().collect())
}

/// The contact that holds what the channel said last, where the order has another.
fn heard(order: &Order) -> Option<ContactId> {
    let row = order.head.attributes.get(CHANNEL_SHIP_TO)?;
    ContactId::parse(row.as_str()).ok()
}

#[test]
fn another_address_is_followed_once_and_not_back() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let placed = shop.say(&copy(0, "Weg 1")).await;
        assert_eq!(placed.status(), OrderStatus::Approved);
        let moved = shop.say(&copy(5, "Allee 5")).await;
        assert_eq!(shop.street(&moved).await, "Allee 5");
        assert_eq!(moved.status(), OrderStatus::Approved);
        assert_eq!(heard(&moved), None);
        // The same again, and what was said before it.
        for (minute, street) in [(5, "Allee 5"), (1, "Weg 1"), (5, "Allee 5")] {
            let known = shop.say(&copy(minute, street)).await;
            assert_eq!(known.version, moved.version, "{minute}");
        }
        // Another word of the shop's, such as a tag, says the same of the address.
        let known = shop.say(&copy(6, "Allee 5")).await;
        assert_eq!(known.head.ship_to, moved.head.ship_to);
        let back = shop.say(&copy(7, "Weg 1")).await;
        assert_eq!(shop.street(&back).await, "Weg 1");
        shop.check().await;
    });
}

#[test]
fn what_people_here_corrected_stays_until_the_channel_says_something_new() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let placed = shop.say(&copy(0, "Weg 1")).await;
        let mut corrected = shop.receiver(&placed).await.unwrap();
        corrected.address.line1 = Name::parse("Weg 1a").ok();
        let id = placed.head.id;
        let change = shop
            .tenant
            .change_contacts(id, Some(corrected), None, Call::default());
        change.await.unwrap();
        // The shop still has what the order was placed with.
        let known = shop.say(&copy(1, "Weg 1")).await;
        assert_eq!(shop.street(&known).await, "Weg 1a");
        assert_eq!(heard(&known), placed.head.ship_to);
        // Another number to call is no word against the corrected street.
        let called = Said {
            phone: "0301234567",
            ..copy(2, "Weg 1")
        };
        for minute in [2, 3] {
            let known = shop.say(&Said { minute, ..called }).await;
            let there = shop.receiver(&known).await.unwrap();
            assert_eq!(street(&there), "Weg 1a");
            assert_eq!(there.phone, Phone::parse("0301234567").ok());
        }
        // The shop corrects it, too, and then the buyer moves.
        for (minute, street) in [(4, "Weg 1a"), (5, "Allee 5")] {
            let known = shop
                .say(&Said {
                    minute,
                    street,
                    ..called
                })
                .await;
            assert_eq!(shop.street(&known).await, street);
            assert_eq!(heard(&known), None);
            assert!(reasons(&known).is_empty());
        }
        shop.check().await;
    });
}

#[test]
fn an_address_that_the_order_is_pointed_to_stays_as_well() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let placed = shop.say(&copy(0, "Weg 1")).await;
        let moved = shop.say(&copy(1, "Allee 5")).await;
        let to_first = OrderCommand::ChangeContacts {
            ship_to: placed.head.ship_to,
            bill_to: None,
        };
        let known = shop.told(&moved, vec![to_first]).await;
        assert_eq!(heard(&known), moved.head.ship_to);
        let known = shop.say(&copy(2, "Allee 5")).await;
        assert_eq!(shop.street(&known).await, "Weg 1");
        shop.check().await;
    });
}

#[test]
fn what_comes_too_late_is_told_once_and_can_be_followed_by_hand() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let placed = shop.say(&copy(0, "Weg 1")).await;
        let pick = OrderCommand::pick_all(FulfillmentId::FIRST);
        let picked = shop.told(&placed, vec![pick]).await;
        let held = shop.say(&copy(1, "Allee 5")).await;
        assert_eq!(reasons(&held), [HoldReason::Address]);
        assert_eq!(shop.street(&held).await, "Weg 1");
        assert_eq!(held.head.notes.len(), picked.head.notes.len() + 1);
        let row = heard(&held).unwrap();
        let note = held.head.notes.last().unwrap().text.as_str();
        assert!(note.contains(&row.to_string()), "{note}");
        let said = shop.tenant.contact(row).await.unwrap().unwrap();
        assert_eq!(street(&said), "Allee 5");
        // A person decides; later copies say nothing new.
        let released = shop.told(&held, vec![OrderCommand::release_all()]).await;
        let known = shop.say(&copy(2, "Allee 5")).await;
        assert!(reasons(&known).is_empty());
        assert_eq!(known.head.notes, released.head.notes);
        // The goods go back on the shelf, still claimed, and the order goes where the channel says.
        let unpick = OrderCommand::Unpick {
            fulfillment: FulfillmentId::FIRST,
            lines: Vec::new(),
            keep: true,
        };
        let follow = OrderCommand::ChangeContacts {
            ship_to: Some(row),
            bill_to: None,
        };
        let known = shop.told(&known, vec![unpick, follow]).await;
        assert_eq!(shop.street(&known).await, "Allee 5");
        assert_eq!(known.status(), OrderStatus::Approved);
        assert!(known.fulfillments.values().all(Fulfillment::is_live));
        // The hub sees it as work that may go on, and nobody else gets its goods.
        let ready = WorkFilter {
            ready: true,
            ..WorkFilter::default()
        };
        let north = build::hub("north");
        let page = shop.tenant.work(&north, &ready, None, 10).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|work| work.head.id).collect();
        assert_eq!(found, [known.head.id]);
        let rival = order("desk", "9", 10);
        let refused = shop.tenant.place(rival, Call::default()).await.unwrap_err();
        let Error::Rejected(refused) = refused else {
            panic!("{refused}");
        };
        assert_eq!(refused.code(), "short");
        let known = shop.say(&copy(3, "Allee 5")).await;
        assert_eq!(known.head.ship_to, Some(row));
        shop.check().await;
    });
}

#[test]
fn of_what_has_left_a_person_is_told_alone() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let placed = shop.say(&copy(0, "Weg 1")).await;
        let (work, tracking) = (FulfillmentId::FIRST, Tracking::default());
        let sent = vec![
            OrderCommand::pick_all(work),
            OrderCommand::pack_all(work),
            OrderCommand::ship_all(work, tracking),
        ];
        let sent = shop.told(&placed, sent).await;
        for minute in [1, 2] {
            let known = shop.say(&copy(minute, "Allee 5")).await;
            assert_eq!(known.status(), OrderStatus::Shipped);
            assert_eq!(known.head.notes.len(), sent.head.notes.len() + 1);
        }
        shop.check().await;
    });
}

#[test]
fn an_address_that_nobody_delivers_to_holds_the_order() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let mut hub = Hub::new(build::hub("north"), Name::parse("North").unwrap());
        let prefix = PostalCode::parse("10").unwrap();
        hub.area.postal_prefixes.insert(prefix);
        shop.tenant.put_hub(hub, Call::default()).await.unwrap();
        shop.say(&copy(0, "Weg 1")).await;
        let far = Said {
            postal_code: "80331",
            ..copy(1, "Allee 5")
        };
        let known = shop.say(&far).await;
        assert_eq!(shop.street(&known).await, "Allee 5");
        assert_eq!(reasons(&known), [HoldReason::Unserviceable]);
        shop.check().await;
    });
}

#[test]
fn what_was_erased_does_not_come_back() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let placed = shop.say(&copy(0, "Weg 1")).await;
        let pick = OrderCommand::pick_all(FulfillmentId::FIRST);
        shop.told(&placed, vec![pick]).await;
        let held = shop.say(&copy(1, "Allee 5")).await;
        let row = heard(&held).unwrap();
        let erased = shop.tenant.erase_order(held.head.id, Call::default());
        erased.await.unwrap();
        // What the order never pointed to is erased, too.
        assert_eq!(shop.tenant.contact(row).await.unwrap(), None);
        let known = shop.say(&copy(2, "Platz 3")).await;
        assert_eq!(shop.receiver(&known).await, None);
        assert_eq!(known.head.ship_to, held.head.ship_to);
        assert_eq!(heard(&known), Some(row));
        shop.check().await;
    });
}

#[test]
fn what_the_buyer_writes_later_is_added_once() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let first = shop.say(&copy(0, "Weg 1")).await;
        for (minute, note, notes) in [(1, "Ring twice.", 1), (2, "Ring twice.", 1), (3, "Hi", 2)] {
            let said = Said {
                note,
                ..copy(minute, "Weg 1")
            };
            let known = shop.say(&said).await;
            assert_eq!(known.head.notes.len(), first.head.notes.len() + notes);
        }
        shop.check().await;
    });
}
