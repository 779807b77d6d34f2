//! Erasing what was given for an order that names no customer.

use oms_core::customer::Contact;
use oms_core::order::{OrderCommand, RawPayload};
use oms_core::service::Call;
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
