//! Rows beside an order that are written once.

use crate::customer::{Contact, ContactDocument};
use crate::order::Order;
use crate::plan::{
    Body, ChangeSet, DocumentKey, DocumentWrite, Expected, Index, PlaceOrder, encode,
};
use crate::routing::Explanation;
use crate::value::{ContactId, OrderId, Version};

/// The erasable row of a name and address of an order.
pub(crate) fn write_contact(
    change_set: &mut ChangeSet,
    row: ContactId,
    place: &PlaceOrder,
    order: OrderId,
    contact: &Contact,
) {
    let customer = place.draft.customer;
    let body = ContactDocument::Present {
        contact: contact.clone(),
        place: place.draft.contacts.place.clone(),
        customer,
        order: Some(order),
    };
    let index = Index::Personal {
        customer,
        order: Some(order),
    };
    write_once(change_set, DocumentKey::Contact(row), encode(&body), index);
}

/// A row that is written once and then only erased.
pub(crate) fn write_once(change_set: &mut ChangeSet, key: DocumentKey, body: Body, index: Index) {
    let version = Version::ZERO.next();
    let expected = Expected::Absent;
    change_set.documents.push(DocumentWrite {
        key,
        expected,
        version,
        body,
        index,
    });
}

/// Why the hubs of an order were chosen, beside the order.
pub(crate) fn explain(change_set: &mut ChangeSet, order: &Order, explanation: &Explanation) {
    let key = DocumentKey::Explanation(order.head.id, order.version);
    write_once(change_set, key, encode(explanation), Index::None);
}
