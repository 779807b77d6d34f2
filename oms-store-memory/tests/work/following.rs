//! What is compared, kept and told where a channel says who receives an order and who pays.

use futures_executor::block_on;
use oms_core::channel::read_orders;
use oms_core::customer::{Contact, Customer};
use oms_core::order::{
    Contacts, ExternalReference, HoldReason, LineQuantity, Order, OrderCommand, OrderDraft,
    OrderStatus, RawPayload, Tracking,
};
use oms_core::plan::{CHANNEL_BILL_TO, CHANNEL_SHIP_TO};
use oms_core::service::Call;
use oms_core::testing::build;
use oms_core::value::{
    AttributeKey, AttributeValue, ChannelPlace, ContactId, CountryCode, FulfillmentId, Name, Phone,
};
use oms_store_memory::MemoryStore;

use super::world::{self, Shop};

/// Somebody in that street.
fn at(street: &str) -> Contact {
    let mut contact = Contact::default();
    contact.address.name = Name::parse("Ada L.").ok();
    contact.address.line1 = Name::parse(street).ok();
    contact.address.country = CountryCode::parse("DE").ok();
    contact
}

/// Sent to that street, and paid by whoever lives there.
fn to(street: &str) -> Contacts {
    Contacts {
        ship_to: Some(at(street)),
        ..Contacts::default()
    }
}

/// Two units that a channel keeps as order 4, of no customer, but for what is changed of the draft.
async fn ordered(shop: &Shop, change: impl FnOnce(&mut OrderDraft)) -> Order {
    let mut place = world::order("desk", "4", 2);
    let draft = &mut place.draft;
    draft.customer = None;
    draft.external = vec![ExternalReference {
        kind: build::external("order"),
        id: build::external("4"),
    }];
    change(draft);
    let done = shop.tenant.place(place, Call::default()).await.unwrap();
    let id = done.receipt.order.unwrap().id;
    shop.tenant.order(id).await.unwrap()
}

async fn told(shop: &Shop, order: &Order, commands: Vec<OrderCommand>) -> Order {
    let id = order.head.id;
    for command in commands {
        let told = shop.tenant.order_command(id, command, Call::default());
        told.await.unwrap();
    }
    shop.tenant.order(id).await.unwrap()
}

/// The order after its channel said that of its people.
async fn heard(shop: &Shop, order: &Order, said: Contacts) -> Order {
    let id = order.head.id;
    let heard = shop.tenant.follow_contacts(id, said, Call::default());
    heard.await.unwrap();
    shop.tenant.order(id).await.unwrap()
}

async fn street(shop: &Shop, row: Option<ContactId>) -> String {
    let contact = shop.tenant.contact(row.unwrap()).await.unwrap();
    contact.unwrap().address.line1.unwrap().to_string()
}

fn reasons(order: &Order) -> Vec<HoldReason> {
    let hold = order.head.hold.as_ref();
    hold.map_or_else(Vec::new, |hold| hold.reasons.iter().copied().collect())
}

/// An order that is sent to that street.
async fn sent_to(shop: &Shop, street: &str) -> Order {
    ordered(shop, |draft| draft.contacts = to(street)).await
}

#[test]
fn a_copy_without_a_time_says_nothing_of_people() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let known = sent_to(&shop, "Weg 1").await;
        let text = r##"{"id":4,"name":"#4","currency":"EUR","total_price":"4.50",
            "updated_at":"2025-11-20T10:00:00Z","financial_status":"paid",
            "shipping_address":{"name":"Ada L.","address1":"Allee 5","country_code":"DE"},
            "line_items":[{"id":7,"sku":"TEA","quantity":1,"price":"4.50"}]}"##;
        let read = read_orders(text.as_bytes(), &build::channel("desk")).unwrap();
        let mut copy = read.into_iter().next().unwrap().unwrap();
        let street = |said: Contacts| said.ship_to.unwrap().address.line1;
        let said = copy.contacts_since(&known);
        assert_eq!(said.and_then(street), Name::parse("Allee 5").ok());
        // It may be as old as the first one, as a file is that is read each night.
        copy.state.changed_at = None;
        assert_eq!(copy.contacts_since(&known), None);
    });
}

#[test]
fn the_rest_of_a_partly_shipped_order_is_held() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let known = sent_to(&shop, "Weg 1").await;
        let work = FulfillmentId::FIRST;
        let one = LineQuantity {
            line: build::line(1),
            quantity: build::quantity(1),
        };
        let commands = vec![
            OrderCommand::Withdraw {
                fulfillment: work,
                lines: vec![one],
            },
            OrderCommand::pick_all(work),
            OrderCommand::pack_all(work),
            OrderCommand::ship_all(work, Tracking::default()),
        ];
        let sent = told(&shop, &known, commands).await;
        // The other unit waits for its hub.
        assert_eq!(sent.status(), OrderStatus::Shipped);
        let held = heard(&shop, &sent, to("Allee 5")).await;
        assert_eq!(reasons(&held), [HoldReason::Address]);
        shop.check().await;
    });
}

#[test]
fn another_name_or_payer_stops_no_work() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let pick = || vec![OrderCommand::pick_all(FulfillmentId::FIRST)];
        let known = sent_to(&shop, "Weg 1").await;
        let picked = told(&shop, &known, pick()).await;
        let mut renamed = to("Weg 1");
        renamed.ship_to.as_mut().unwrap().address.name = Name::parse("Ada Lang").ok();
        let said = heard(&shop, &picked, renamed).await;
        assert_eq!(reasons(&said), []);
        assert_eq!(said.head.notes.len(), picked.head.notes.len() + 1);
        shop.check().await;

        // Somebody comes for it, and pays by card.
        let shop = Shop::open(&MemoryStore::new()).await;
        let known = ordered(&shop, |_| {}).await;
        let picked = told(&shop, &known, pick()).await;
        let payer = Contacts {
            bill_to: Some(at("Weg 1")),
            ..Contacts::default()
        };
        let said = heard(&shop, &picked, payer).await;
        assert_eq!(reasons(&said), []);
        // It is to be sent after all.
        let said = heard(&shop, &said, to("Allee 5")).await;
        assert_eq!(reasons(&said), [HoldReason::Address]);
        shop.check().await;
    });
}

#[test]
fn goods_that_go_to_who_pays_are_stopped_when_that_moves() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let known = ordered(&shop, |draft| draft.contacts.bill_to = Some(at("Weg 1"))).await;
        let pick = vec![OrderCommand::pick_all(FulfillmentId::FIRST)];
        let picked = told(&shop, &known, pick).await;
        let payer = Contacts {
            bill_to: Some(at("Allee 5")),
            ..Contacts::default()
        };
        let said = heard(&shop, &picked, payer).await;
        assert_eq!(reasons(&said), [HoldReason::Address]);
        shop.check().await;
    });
}

#[test]
fn a_payer_whom_people_here_named_stays_when_the_buyer_moves() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let known = sent_to(&shop, "Weg 1").await;
        let id = known.head.id;
        let pays = shop
            .tenant
            .change_contacts(id, None, Some(at("Firma 9")), Call::default());
        pays.await.unwrap();
        let both = |ship_to, bill_to| Contacts {
            ship_to: Some(at(ship_to)),
            bill_to: Some(at(bill_to)),
            ..Contacts::default()
        };
        // It bills to where it sent before.
        let said = heard(&shop, &known, both("Allee 5", "Weg 1")).await;
        assert_eq!(street(&shop, said.head.ship_to).await, "Allee 5");
        assert_eq!(street(&shop, said.head.bill_to).await, "Firma 9");
        let said = heard(&shop, &said, both("Allee 5", "Platz 3")).await;
        assert_eq!(street(&shop, said.head.bill_to).await, "Platz 3");
        shop.check().await;
    });
}

#[test]
fn what_people_set_under_our_names_is_no_word_of_the_channels() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let mut other = at("Weg 1");
        other.phone = Phone::parse("+49 30 1234567").ok();
        let other = ordered(&shop, |draft| {
            draft.external.clear();
            draft.contacts.ship_to = Some(other);
        });
        let row = other.await.head.ship_to.unwrap().to_string();
        let value = AttributeValue::parse(row).unwrap();
        let keys = [CHANNEL_SHIP_TO, CHANNEL_BILL_TO].map(|key| AttributeKey::parse(key).unwrap());
        let mut known = ordered(&shop, |draft| {
            draft.contacts = to("Platz 3");
            let again = keys.clone().map(|key| (key, value.clone()));
            draft.attributes.extend(again);
        })
        .await;
        assert!(known.head.attributes.is_empty(), "as of the other order");
        let unknown = build::contact_id(99).to_string();
        let unknown = AttributeValue::parse(unknown).unwrap();
        let [key, _] = keys;
        for (value, street_now) in [(value, "Allee 5"), (unknown, "Weg 2")] {
            let (key, value) = (key.clone(), Some(value));
            let set = OrderCommand::SetAttribute { key, value };
            let set = told(&shop, &known, vec![set]).await;
            known = heard(&shop, &set, to(street_now)).await;
            assert_eq!(street(&shop, known.head.ship_to).await, street_now);
            // All of it is what the order has: nothing of the other contact is kept.
            assert!(known.head.attributes.is_empty());
        }
        shop.check().await;
    });
}

#[test]
fn what_a_channel_said_goes_with_the_order_to_another_customer() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let second = Customer {
            id: build::customer_id(2),
            external: None,
            contact: None,
            active: true,
            erased: false,
        };
        let put = shop.tenant.put_customer(second, None, Call::default());
        put.await.unwrap();
        let known = ordered(&shop, |draft| {
            draft.contacts = to("Weg 1");
            draft.customer = Some(build::customer_id(1));
        })
        .await;
        let id = known.head.id;
        let corrected = Some(at("Weg 1a"));
        let correct = shop
            .tenant
            .change_contacts(id, corrected, None, Call::default());
        correct.await.unwrap();
        let customer = Some(build::customer_id(2));
        let give = OrderCommand::ChangeCustomer { customer };
        let given = told(&shop, &known, vec![give]).await;
        let said = known.head.ship_to.unwrap();
        let kept = given.head.attributes.get(CHANNEL_SHIP_TO).unwrap();
        assert_eq!(kept.as_str(), said.to_string());
        let erase = |n| {
            shop.tenant
                .erase_customer(build::customer_id(n), Call::default())
        };
        erase(1).await.unwrap();
        assert_eq!(street(&shop, Some(said)).await, "Weg 1");
        // So the order is not taken for one that was forgotten.
        let same = heard(&shop, &given, to("Weg 1")).await;
        assert_eq!(street(&shop, same.head.ship_to).await, "Weg 1a");
        let moved = heard(&shop, &given, to("Allee 5")).await;
        assert_eq!(street(&shop, moved.head.ship_to).await, "Allee 5");
        erase(2).await.unwrap();
        assert_eq!(shop.tenant.contact(said).await.unwrap(), None);
        shop.check().await;
    });
}

#[test]
fn an_order_without_a_contact_is_forgotten_with_its_payload_or_customer() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let payload = |draft: &mut OrderDraft| {
            draft.payload = Some(RawPayload {
                media_type: "application/json",
                text: "{}".to_owned(),
            });
        };
        let known = ordered(&shop, payload).await;
        let said = heard(&shop, &known, to("Weg 1")).await;
        assert_eq!(street(&shop, said.head.ship_to).await, "Weg 1");

        let shop = Shop::open(&MemoryStore::new()).await;
        let known = ordered(&shop, payload).await;
        let erase = shop.tenant.erase_order(known.head.id, Call::default());
        assert_eq!(erase.await.unwrap(), 1);
        let said = heard(&shop, &known, to("Weg 1")).await;
        assert_eq!(said.head.ship_to, None);
        let asked = [(&said, &to("Weg 1"))];
        let news = shop.tenant.says_new_contacts(&asked).await;
        assert_eq!(news.unwrap(), [false]);

        let shop = Shop::open(&MemoryStore::new()).await;
        let customer = build::customer_id(1);
        let known = ordered(&shop, |draft| draft.customer = Some(customer)).await;
        let erase = shop.tenant.erase_customer(customer, Call::default());
        erase.await.unwrap();
        let said = heard(&shop, &known, to("Weg 1")).await;
        assert_eq!(said.head.ship_to, None);
        shop.check().await;
    });
}

#[test]
fn the_channels_words_for_a_place_stay_beside_another_number_to_call() {
    block_on(async {
        let shop = Shop::open(&MemoryStore::new()).await;
        let place = ChannelPlace {
            country: Name::parse("Deutschland").ok(),
            ..ChannelPlace::default()
        };
        let known = ordered(&shop, |draft| {
            draft.contacts = to("Weg 1");
            draft.contacts.place = Some(place.clone());
        })
        .await;
        let called = Contact {
            phone: Phone::parse("+49 30 1234567").ok(),
            ..Contact::default()
        };
        let called = Contacts {
            ship_to: Some(called),
            ..Contacts::default()
        };
        let said = heard(&shop, &known, called).await;
        assert_ne!(said.head.ship_to, known.head.ship_to);
        let kept = shop.tenant.channel_place(said.head.ship_to.unwrap());
        assert_eq!(kept.await.unwrap(), Some(place));
        shop.check().await;
    });
}
