//! Where personal data is kept, and erasing what was given for an order that names no customer.

use std::sync::Arc;

use oms_core::customer::Contact;
use oms_core::order::{OrderCommand, RawPayload};
use oms_core::plan::{ChangeSet, DocumentKey, DocumentWrite, Index};
use oms_core::service::{Call, PersonalData, PersonalRow};
use oms_core::testing::build;
use oms_core::value::{CustomerId, Name, Note, OrderId};

use crate::world::{Shop, order};

fn buyer() -> Contact {
    let mut contact = Contact::default();
    contact.address.name = Some(Name::parse("A. Buyer").unwrap());
    contact
}

/// An order with an address and a payload.
async fn place(shop: &Shop, reference: &str, customer: Option<CustomerId>) -> OrderId {
    let mut place = order("desk", reference, 1);
    place.draft.customer = customer;
    place.draft.contacts.ship_to = Some(buyer());
    place.draft.payload = Some(RawPayload {
        media_type: "application/json",
        text: r#"{"buyer":"A. Buyer"}"#.to_owned(),
    });
    let done = shop.tenant.place(place, Call::default()).await.unwrap();
    done.receipt.order.unwrap().id
}

async fn ship_to(shop: &Shop, order: OrderId) -> Option<Contact> {
    let head = shop.tenant.order(order).await.unwrap().head;
    shop.tenant.contact(head.ship_to.unwrap()).await.unwrap()
}

/// What was given for it goes, and it stays as it is; with a customer it is that one's.
pub(crate) async fn an_order_without_a_customer_is_erased_by_itself(shop: &Shop) {
    let erased = place(shop, "1", None).await;
    let kept = place(shop, "2", Some(build::customer_id(1))).await;
    let text = Note::parse("Ring twice.").unwrap();
    let note = OrderCommand::AddNote { text };
    let noted = shop.tenant.order_command(erased, note, Call::default());
    noted.await.unwrap();
    let before = shop.tenant.order(erased).await.unwrap();

    let rows = shop.tenant.erase_order(erased, Call::default()).await;
    assert_eq!(rows.unwrap(), 2, "an address and a payload");
    assert_eq!(ship_to(shop, erased).await, None);
    assert_eq!(shop.tenant.order(erased).await.unwrap(), before);
    let rows = shop.tenant.erase_order(erased, Call::default()).await;
    assert_eq!(rows.unwrap(), 0);

    let refused = shop.tenant.erase_order(kept, Call::default()).await;
    assert_eq!(refused.unwrap_err().code(), "names_customer");
    assert_eq!(ship_to(shop, kept).await, Some(buyer()));
    shop.check().await;
}

fn documents(rows: &[PersonalRow]) -> Vec<DocumentKey> {
    rows.iter().map(|row| row.document.clone()).collect()
}

/// A host is told where people's data is kept, of a customer and of an order, and what it says.
pub(crate) async fn where_personal_data_is_kept_is_told(shop: &Shop) {
    let customer = build::customer_id(1);
    let order = place(shop, "1", Some(customer)).await;
    let nobodys = place(shop, "2", None).await;
    let letter = DocumentWrite {
        index: Index::Personal {
            customer: Some(customer),
            order: None,
        },
        ..build::host_document("letter")
    };
    let beside = move |set: &mut ChangeSet| set.documents.push(letter.clone());
    let text = Note::parse("Wrote a letter.").unwrap();
    let call = Call::default().with_extension(Arc::new(beside));
    let noted = shop
        .tenant
        .order_command(order, OrderCommand::AddNote { text }, call);
    noted.await.unwrap();

    let head = shop.tenant.order(order).await.unwrap().head;
    let contact = DocumentKey::Contact(head.ship_to.unwrap());
    let payload = DocumentKey::Payload(head.payload.unwrap());
    let letter = build::host("letter");
    let told = shop.tenant.personal_rows(customer, None, 2).await.unwrap();
    assert_eq!(told.next, Some(payload.clone()));
    let rest = shop
        .tenant
        .personal_rows(customer, told.next.as_ref(), 2)
        .await
        .unwrap();
    assert_eq!(rest.next, None);
    let all = [contact.clone(), payload.clone(), letter.clone()];
    assert_eq!(documents(&told.items), all[..2]);
    assert_eq!(documents(&rest.items), all[2..]);
    for row in told.items.iter().chain(&rest.items) {
        assert_eq!(row.customer, Some(customer));
        assert_eq!(row.order, (row.document != letter).then_some(order));
    }
    let given = shop.tenant.personal_rows_of_order(order).await.unwrap();
    assert_eq!(given, told.items);

    let said = |row: &DocumentKey| {
        let (tenant, row) = (shop.tenant.clone(), row.clone());
        async move { tenant.personal_data(&row).await.unwrap() }
    };
    let expected = PersonalData::Contact {
        contact: Box::new(buyer()),
        place: None,
    };
    assert_eq!(said(&contact).await, Some(expected));
    let expected = PersonalData::Payload {
        media_type: "application/json".to_owned(),
        text: r#"{"buyer":"A. Buyer"}"#.to_owned(),
    };
    assert_eq!(said(&payload).await, Some(expected));
    let expected = PersonalData::Host {
        schema: 1,
        json: Arc::from(r#"{"note":"letter"}"#),
    };
    assert_eq!(said(&letter).await, Some(expected));

    let erased = shop.tenant.erase_customer(customer, Call::default()).await;
    assert_eq!(erased.unwrap(), 3);
    let told = shop.tenant.personal_rows(customer, None, 2).await.unwrap();
    assert!(told.next.is_none() && told.items.is_empty(), "{told:?}");
    let given = shop.tenant.personal_rows_of_order(order).await.unwrap();
    assert_eq!(given, []);
    for row in &all {
        assert_eq!(said(row).await, None);
    }
    let given = shop.tenant.personal_rows_of_order(nobodys).await.unwrap();
    assert_eq!(given.len(), 2);
    assert!(given.iter().all(|row| row.customer.is_none()));
    shop.check().await;
}
