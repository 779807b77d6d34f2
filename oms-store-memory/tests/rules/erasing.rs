//! Erasing takes what is a customer's, all of it, and nothing of anybody else.

use std::sync::Arc;

use futures_executor::block_on;
use oms_core::customer::Contact;
use oms_core::order::{
    ApprovalMode, OrderCommand, OrderDraft, RawPayload, ShipParcel, Tracking, fold_at,
};
use oms_core::plan::{
    CHANNEL_SHIP_TO, ChangeSet, Command, DocumentKey, DocumentWrite, Index, Keys, PlaceOrder,
    Rejection, StoredDocument,
};
use oms_core::port::Store;
use oms_core::service::Error;
use oms_core::tenant::Settings;
use oms_core::testing::build;
use oms_core::testing::build::Change;
use oms_core::value::limits::PAGE_ITEMS_MAX;
use oms_core::value::{AttributeKey, AttributeValue, CustomerId, OrderId, ShipmentId};

use crate::world::{World, call, contact, meanwhile};

/// Two customers, stock, and orders that wait for approval.
fn shop() -> World {
    let world = World::new();
    let mut settings = Settings::default();
    settings.workflow.approval = ApprovalMode::Manual;
    world.settle(settings);
    world.put_customer(1);
    world.put_customer(2);
    world.receive(10);
    world
}

fn draft(customer: Option<u64>) -> OrderDraft {
    let mut draft = World::draft(1);
    draft.customer = customer.map(build::customer_id);
    draft.contacts.ship_to = Some(contact("A. Buyer"));
    draft.payload = Some(RawPayload {
        media_type: "application/json",
        text: r#"{"buyer":"A. Buyer"}"#.to_owned(),
    });
    draft
}

fn hand_over(world: &World, order: OrderId, customer: u64) {
    let customer = Some(build::customer_id(customer));
    let command = OrderCommand::ChangeCustomer { customer };
    block_on(world.tenant.order_command(order, command, call())).unwrap();
}

#[test]
fn an_address_that_was_taken_away_is_erased_with_its_customer() {
    let world = shop();
    let customer = || block_on(world.tenant.customer(build::customer_id(1))).unwrap();
    world.put_customer_at(1, Some(contact("A. Buyer")));
    let row = customer().unwrap().contact.unwrap();
    world.put_customer_at(1, Some(Contact::default()));
    assert_eq!(customer().unwrap().contact, None);
    world.put_customer_at(1, Some(Contact::default()));
    assert_eq!(erase(&world, 1), 1);
    assert_eq!(block_on(world.tenant.contact(row)).unwrap(), None);
    world.put_customer_at(1, Some(Contact::default()));
    assert!(customer().unwrap().erased, "nothing was given");
    world.check();
}

fn ship_to(world: &World, order: OrderId) -> Option<Contact> {
    let order = block_on(world.tenant.order(order)).unwrap();
    block_on(world.tenant.contact(order.head.ship_to.unwrap())).unwrap()
}

fn erase(world: &World, customer: u64) -> usize {
    let customer = build::customer_id(customer);
    block_on(world.tenant.erase_customer(customer, call())).unwrap()
}

fn rows(world: &World, order: OrderId) -> [DocumentKey; 2] {
    let head = block_on(world.tenant.order(order)).unwrap().head;
    let payload = DocumentKey::Payload(head.payload.unwrap());
    [DocumentKey::Contact(head.ship_to.unwrap()), payload]
}

fn erase_rows(world: &World, customer: CustomerId, rows: &[DocumentKey]) -> Result<(), Error> {
    let rows = rows.to_vec();
    let command = Command::EraseCustomer { customer, rows };
    block_on(world.tenant.execute(command, call())).map(|_| ())
}

#[test]
fn an_address_of_the_next_customer_of_an_order_stays() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    hand_over(&world, order, 2);
    let theirs = contact("B. Buyer");
    block_on(
        world
            .tenant
            .change_contacts(order, Some(theirs.clone()), None, call()),
    )
    .unwrap();
    // The payload that came for the first customer; the address went over with the order.
    assert_eq!(erase(&world, 1), 1);
    assert_eq!(ship_to(&world, order), Some(theirs));
    assert_eq!(erase(&world, 2), 2);
    assert_eq!(ship_to(&world, order), None);
    world.check();
}

#[test]
fn the_address_of_an_order_is_of_the_customer_who_has_the_order() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    hand_over(&world, order, 2);
    assert_eq!(erase(&world, 1), 1, "the payload");
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    assert_eq!(erase(&world, 2), 1);
    assert_eq!(ship_to(&world, order), None);
    world.check();
}

#[test]
fn an_order_that_points_to_a_customers_own_address_is_not_given_to_another() {
    let world = shop();
    world.put_customer_at(1, Some(contact("A. Buyer")));
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    let own = block_on(world.tenant.customer(build::customer_id(1)));
    let ship_to = own.unwrap().unwrap().contact;
    let bill_to = None;
    let command = OrderCommand::ChangeContacts { ship_to, bill_to };
    block_on(world.tenant.order_command(order, command, call())).unwrap();
    let to_two = || OrderCommand::ChangeCustomer {
        customer: Some(build::customer_id(2)),
    };
    let refused = block_on(world.tenant.order_command(order, to_two(), call()));
    assert_eq!(refused.unwrap_err().code(), "other_customer");
    let given = Some(contact("A. Buyer"));
    block_on(world.tenant.change_contacts(order, given, None, call())).unwrap();
    block_on(world.tenant.order_command(order, to_two(), call())).unwrap();
    world.check();
}

#[test]
fn rows_without_a_customer_are_of_whoever_has_the_order() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    hand_over(&world, order, 1);
    hand_over(&world, order, 2);
    assert_eq!(erase(&world, 1), 0);
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    assert_eq!(erase(&world, 2), 2);
    assert_eq!(ship_to(&world, order), None);
    world.check();
}

/// Approves, picks, packs and ships the order.
fn ship(world: &World, order: OrderId) {
    let fulfillment = build::fulfillment(1);
    let parcel = ShipParcel {
        lines: Vec::new(),
        tracking: Tracking::default(),
    };
    for command in [
        OrderCommand::Approve,
        OrderCommand::pick_all(fulfillment),
        OrderCommand::pack_all(fulfillment),
        OrderCommand::Ship {
            fulfillment,
            parcel,
        },
    ] {
        block_on(world.tenant.order_command(order, command, call())).unwrap();
    }
}

#[test]
fn a_shipped_order_without_a_customer_is_erased_by_itself() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    let other = world.place(PlaceOrder::new(draft(None)));
    let [first, payload] = rows(&world, order);
    let moved = Some(contact("A. Buyer, moved"));
    block_on(world.tenant.change_contacts(order, moved, None, call())).unwrap();
    let [second, _] = rows(&world, order);
    ship(&world, order);
    let before = block_on(world.tenant.order(order)).unwrap();

    assert_eq!(
        block_on(world.tenant.erase_order(order, call())).unwrap(),
        3
    );
    assert_eq!(ship_to(&world, order), None);
    for row in [first, second, payload] {
        let found = stored(&world, &row);
        assert!(!found.json.contains("Buyer"), "{}", found.json);
        assert_eq!(found.index, Index::None);
    }
    let after = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(after, before);
    let history = block_on(world.tenant.history(order)).unwrap();
    let replayed = fold_at(history.iter().map(|entry| (&entry.event, entry.at)));
    assert_eq!(replayed, Some(after));
    assert_eq!(
        block_on(world.tenant.erase_order(order, call())).unwrap(),
        0
    );
    assert_eq!(ship_to(&world, other), Some(contact("A. Buyer")));
    world.check();
}

#[test]
fn an_order_that_names_a_customer_is_erased_with_that_one() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    hand_over(&world, order, 1);
    let refused = block_on(world.tenant.erase_order(order, call()));
    let customer = build::customer_id(1);
    let expected = Rejection::NamesCustomer { order, customer };
    assert!(
        matches!(&refused, Err(Error::Rejected(found)) if *found == expected),
        "{refused:?}"
    );
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    let unknown = block_on(world.tenant.erase_order(build::order_id(77), call()));
    assert_eq!(unknown.unwrap_err().code(), "not_found");
}

#[test]
fn what_was_given_for_a_finished_order_goes_and_its_customer_stays() {
    let world = shop();
    let home = contact("A. Buyer, at home");
    world.put_customer_at(1, Some(home.clone()));
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    let running = world.place(PlaceOrder::new(draft(Some(1))));
    ship(&world, order);
    let refused = block_on(world.tenant.erase_order(order, call()));
    assert_eq!(refused.unwrap_err().code(), "names_customer");
    let shipment = ShipmentId::FIRST;
    let deliver = OrderCommand::Deliver { shipment };
    block_on(world.tenant.order_command(order, deliver, call())).unwrap();
    let before = block_on(world.tenant.order(order)).unwrap();

    let erased = block_on(world.tenant.erase_order(order, call()));
    assert_eq!(erased.unwrap(), 2, "an address and a payload");
    assert_eq!(ship_to(&world, order), None);
    let after = block_on(world.tenant.order(order)).unwrap();
    assert_eq!(after, before);
    let history = block_on(world.tenant.history(order)).unwrap();
    let replayed = fold_at(history.iter().map(|entry| (&entry.event, entry.at)));
    assert_eq!(replayed, Some(after));
    let again = block_on(world.tenant.erase_order(order, call()));
    assert_eq!(again.unwrap(), 0);

    let customer = block_on(world.tenant.customer(build::customer_id(1)));
    let customer = customer.unwrap().unwrap();
    assert!(customer.active && !customer.erased);
    let own = block_on(world.tenant.contact(customer.contact.unwrap()));
    assert_eq!(own.unwrap(), Some(home));
    assert_eq!(ship_to(&world, running), Some(contact("A. Buyer")));
    world.place(PlaceOrder::new(draft(Some(1))));
    world.check();
}

#[test]
fn a_customers_own_address_stays_when_a_finished_order_points_to_it() {
    let world = shop();
    let home = contact("A. Buyer, at home");
    world.put_customer_at(1, Some(home.clone()));
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    let own = block_on(world.tenant.customer(build::customer_id(1)));
    let own = own.unwrap().unwrap().contact;
    let to_own = OrderCommand::ChangeContacts {
        ship_to: own,
        bill_to: None,
    };
    let reason = build::reason("changed their mind");
    for command in [to_own, OrderCommand::Cancel { reason }] {
        block_on(world.tenant.order_command(order, command, call())).unwrap();
    }
    let rows = vec![DocumentKey::Contact(own.unwrap())];
    let refused = block_on(
        world
            .tenant
            .execute(Command::EraseOrder { order, rows }, call()),
    );
    assert_eq!(refused.unwrap_err().code(), "not_erasable");
    let erased = block_on(world.tenant.erase_order(order, call()));
    assert_eq!(erased.unwrap(), 2, "the first address and the payload");
    assert_eq!(ship_to(&world, order), Some(home));
    world.check();
}

#[test]
fn an_order_that_is_given_to_a_customer_meanwhile_is_not_erased() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    meanwhile(&world, move |other| {
        let customer = Some(build::customer_id(1));
        let command = OrderCommand::ChangeCustomer { customer };
        block_on(other.order_command(order, command, call())).unwrap();
    });
    let refused = block_on(world.tenant.erase_order(order, call()));
    assert_eq!(refused.unwrap_err().code(), "names_customer");
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    world.check();
}

#[test]
fn only_what_was_given_for_the_order_and_names_nobody_is_erased_with_it() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    let mut strange = rows(&world, world.place(PlaceOrder::new(draft(None)))).to_vec();
    strange.extend(rows(&world, world.place(PlaceOrder::new(draft(Some(2))))));
    for row in strange {
        let rows = vec![row.clone()];
        let command = Command::EraseOrder { order, rows };
        let refused = block_on(world.tenant.execute(command, call()));
        let expected = Rejection::NotErasable { document: row };
        assert!(
            matches!(&refused, Err(Error::Rejected(found)) if *found == expected),
            "{refused:?}"
        );
    }
    // What came for the customer who had the order before is erased with that one's data.
    let given = world.place(PlaceOrder::new(draft(Some(1))));
    let customer = None;
    let command = OrderCommand::ChangeCustomer { customer };
    block_on(world.tenant.order_command(given, command, call())).unwrap();
    assert_eq!(
        block_on(world.tenant.erase_order(given, call())).unwrap(),
        1
    );
    assert_eq!(ship_to(&world, given), None);
    assert_eq!(erase(&world, 1), 1, "the payload");
    world.check();
}

#[test]
fn rows_of_another_customer_are_refused() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(Some(2))));
    for row in rows(&world, order) {
        let refused = erase_rows(&world, build::customer_id(1), std::slice::from_ref(&row));
        let expected = Rejection::NotErasable { document: row };
        assert!(
            matches!(&refused, Err(Error::Rejected(found)) if *found == expected),
            "{refused:?}"
        );
    }
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    let customer = block_on(world.tenant.customer(build::customer_id(1))).unwrap();
    assert!(!customer.unwrap().erased);
    assert!(erase_rows(&world, build::customer_id(2), &rows(&world, order)).is_ok());
    assert_eq!(ship_to(&world, order), None);
}

#[test]
fn an_erased_customer_is_inactive_and_orders_nothing() {
    let world = shop();
    assert_eq!(erase(&world, 1), 0);
    let customer = block_on(world.tenant.customer(build::customer_id(1)));
    let customer = customer.unwrap().unwrap();
    assert!(customer.erased && !customer.active);
    let refused = block_on(world.tenant.place(PlaceOrder::new(draft(Some(1))), call()));
    assert_eq!(refused.unwrap_err().code(), "inactive");
    assert_eq!(erase(&world, 1), 0);
    world.check();
}

#[test]
fn rows_stored_meanwhile_are_erased_too() {
    let world = shop();
    let first = world.place(PlaceOrder::new(draft(Some(1))));
    meanwhile(&world, |other| {
        let place = PlaceOrder::new(draft(Some(1)));
        block_on(other.place(place, call())).unwrap();
    });
    assert_eq!(erase(&world, 1), 4);
    assert_eq!(ship_to(&world, first), None);
    world.check();
}

#[test]
fn rows_handed_over_meanwhile_stay_and_the_rest_is_erased() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    meanwhile(&world, move |other| {
        let customer = Some(build::customer_id(2));
        let command = OrderCommand::ChangeCustomer { customer };
        block_on(other.order_command(order, command, call())).unwrap();
    });
    assert_eq!(erase(&world, 1), 1, "the payload");
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    let customer = block_on(world.tenant.customer(build::customer_id(1)));
    assert!(customer.unwrap().unwrap().erased);
    world.check();
}

#[test]
fn rows_without_a_customer_stay_where_their_order_goes_to_another_meanwhile() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    hand_over(&world, order, 1);
    meanwhile(&world, move |other| {
        let customer = Some(build::customer_id(2));
        let command = OrderCommand::ChangeCustomer { customer };
        block_on(other.order_command(order, command, call())).unwrap();
    });
    assert_eq!(erase(&world, 1), 0);
    assert_eq!(ship_to(&world, order), Some(contact("A. Buyer")));
    let customer = block_on(world.tenant.customer(build::customer_id(1)));
    assert!(customer.unwrap().unwrap().erased);
    for row in rows(&world, order) {
        let named = erase_rows(&world, build::customer_id(1), &[row]);
        assert_eq!(named.unwrap_err().code(), "not_erasable");
    }
    assert_eq!(erase(&world, 2), 2);
    assert_eq!(ship_to(&world, order), None);
    world.check();
}

#[test]
fn more_rows_than_a_batch_are_erased() {
    let world = shop();
    for _ in 0..11 {
        let customer = oms_core::customer::Customer {
            id: build::customer_id(1),
            external: None,
            contact: None,
            active: true,
            erased: false,
        };
        for n in 0..10 {
            let put = world.tenant.put_customer(
                customer.clone(),
                Some(contact(&format!("A{n}"))),
                call(),
            );
            block_on(put).unwrap();
        }
    }
    assert_eq!(erase(&world, 1), 110);
    assert_eq!(erase(&world, 1), 0);
    world.check();
}

#[test]
fn any_number_of_rows_is_erased() {
    let world = shop();
    let tenant = build::tenant("acme");
    for part in 0..55 {
        let now = block_on(world.store.prefetch(&tenant, &Keys::default()));
        let contacts = (0..100).map(|n| {
            let id = 1_000_000 + part * 100 + n;
            build::contact_document(id, Some(1), None)
        });
        let set = Change::new(&format!("part-{part}")).documents(contacts);
        let set = set.at(now.unwrap().now);
        let done = block_on(world.store.commit(&tenant, &[set])).unwrap();
        assert!(done[0].is_done(), "{done:?}");
    }
    let (mut told, mut after) = (Vec::new(), None);
    loop {
        let customer = build::customer_id(1);
        let page = world
            .tenant
            .personal_rows(customer, after.as_ref(), PAGE_ITEMS_MAX);
        let page = block_on(page).unwrap();
        told.extend(page.items.into_iter().map(|row| row.document));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(told.len(), 5_500);
    assert!(told.is_sorted_by(|one, next| one < next), "each once");
    // Eleven pages; for rows that keep coming it would look eight times.
    assert_eq!(erase(&world, 1), 5_500);
    assert_eq!(erase(&world, 1), 0);
    world.check();
}

#[test]
fn what_an_order_had_before_is_told_with_whose_it_is() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(Some(1))));
    let [first, payload] = rows(&world, order);
    hand_over(&world, order, 2);
    let theirs = Some(contact("B. Buyer"));
    block_on(world.tenant.change_contacts(order, theirs, None, call())).unwrap();
    let [second, _] = rows(&world, order);
    let told = block_on(world.tenant.personal_rows_of_order(order)).unwrap();
    let whose = |row: &DocumentKey| {
        let found = told.iter().find(|told| told.document == *row).unwrap();
        assert_eq!(found.order, Some(order));
        found.customer
    };
    assert_eq!(told.len(), 3);
    assert_eq!(whose(&first), Some(build::customer_id(2)));
    assert_eq!(whose(&second), Some(build::customer_id(2)));
    assert_eq!(whose(&payload), Some(build::customer_id(1)));
    let unknown = block_on(world.tenant.personal_rows_of_order(build::order_id(77)));
    assert_eq!(unknown.unwrap_err().code(), "not_found");
    let settings = block_on(world.tenant.personal_data(&DocumentKey::Settings));
    assert_eq!(settings.unwrap_err().code(), "not_erasable");
    let nobody = world.tenant.personal_rows(build::customer_id(77), None, 1);
    let nobody = block_on(nobody).unwrap();
    assert!(nobody.next.is_none() && nobody.items.is_empty());
}

#[test]
fn rows_of_an_order_that_goes_to_another_meanwhile_are_not_told() {
    let world = shop();
    let order = world.place(PlaceOrder::new(draft(None)));
    hand_over(&world, order, 1);
    let told = |customer: u64| {
        let customer = build::customer_id(customer);
        let page = block_on(world.tenant.personal_rows(customer, None, 10)).unwrap();
        page.items.len()
    };
    assert_eq!(told(1), 2);
    let (other, mut done) = (world.other.clone(), false);
    world.watching.when_asked(move |keys| {
        let is_row = |key: &DocumentKey| matches!(key, DocumentKey::Contact(_));
        if !done && keys.documents.iter().any(is_row) {
            done = true;
            let customer = Some(build::customer_id(2));
            let command = OrderCommand::ChangeCustomer { customer };
            // One executor does not run within another of the same thread.
            let hand_over = || {
                block_on(other.order_command(order, command, call())).unwrap();
            };
            std::thread::scope(|scope| scope.spawn(hand_over).join().unwrap());
        }
        Ok(())
    });
    assert_eq!(told(1), 0);
    assert_eq!(told(2), 2);
    world.check();
}

#[test]
fn a_row_of_somebody_else_that_an_attribute_names_is_not_told() {
    let world = shop();
    world.put_customer_at(1, Some(contact("A. Buyer, at home")));
    let home = block_on(world.tenant.customer(build::customer_id(1)));
    let home = home.unwrap().unwrap().contact.unwrap();
    let order = world.place(PlaceOrder::new(draft(Some(2))));
    let set = OrderCommand::SetAttribute {
        key: AttributeKey::parse(CHANNEL_SHIP_TO).unwrap(),
        value: AttributeValue::parse(home.to_string()).ok(),
    };
    block_on(world.tenant.order_command(order, set, call())).unwrap();
    let told = block_on(world.tenant.personal_rows_of_order(order)).unwrap();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|row| row.order == Some(order)), "{told:?}");
}

#[test]
fn a_document_of_the_host_that_is_not_personal_says_nothing() {
    let world = shop();
    place_beside(&world, build::host_document("letter"));
    let said = block_on(world.tenant.personal_data(&build::host("letter")));
    assert_eq!(said.unwrap(), None);
}

/// Places an order of customer 1 beside a document of the host's own.
fn place_beside(world: &World, write: DocumentWrite) -> OrderId {
    let add = move |set: &mut ChangeSet| set.documents.push(write.clone());
    let call = call().with_extension(Arc::new(add));
    let place = PlaceOrder::new(draft(Some(1)));
    let done = block_on(world.tenant.place(place, call)).unwrap();
    done.receipt.order.unwrap().id
}

fn stored(world: &World, row: &DocumentKey) -> StoredDocument {
    let (tenant, keys) = (build::tenant("acme"), Keys::of(row.clone()));
    let mut found = block_on(world.store.prefetch(&tenant, &keys)).unwrap();
    found.documents.remove(row).unwrap()
}

#[test]
fn personal_documents_of_the_host_are_erased_too() {
    let world = shop();
    let customer = build::customer_id(1);
    let row = build::host("letter");
    let letter = DocumentWrite {
        index: Index::Personal {
            customer: Some(customer),
            order: None,
        },
        ..build::host_document("letter")
    };
    let order = place_beside(&world, letter);
    // The address, the payload and the letter.
    assert_eq!(erase(&world, 1), 3);
    assert_eq!(ship_to(&world, order), None);
    let found = stored(&world, &row);
    assert_eq!(found.index, Index::None);
    assert!(found.json.contains("erased"), "{}", found.json);
    assert!(!found.json.contains("letter"), "{}", found.json);
    // Whoever asks for the row once more finds it erased.
    assert!(erase_rows(&world, customer, std::slice::from_ref(&row)).is_ok());
    assert_eq!(stored(&world, &row), found);
    assert_eq!(erase(&world, 1), 0);
    world.check();
}

#[test]
fn other_documents_of_the_host_are_no_personal_data() {
    let world = shop();
    let row = build::host("letter");
    place_beside(&world, build::host_document("letter"));
    let refused = erase_rows(&world, build::customer_id(1), std::slice::from_ref(&row));
    let expected = Rejection::NotErasable { document: row };
    assert!(
        matches!(&refused, Err(Error::Rejected(found)) if *found == expected),
        "{refused:?}"
    );
    assert_eq!(erase(&world, 1), 2);
    world.check();
}
