//! Rows beside an order that are written once; only whose they are may change before they are
//! erased.

use crate::customer::{Contact, ContactDocument};
use crate::order::Order;
use crate::plan::context::Context;
use crate::plan::destination::{keys_of, rows};
use crate::plan::heard::contacts_of;
use crate::plan::{
    Body, ChangeSet, DocumentKey, DocumentWrite, Expected, Index, Keys, PlaceOrder, Rejection,
    encode,
};
use crate::routing::Explanation;
use crate::value::{ContactId, CustomerId, OrderId, Version};

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

/// Whether an order may point to a contact: it is nobody else's. Erasing another customer would
/// take it away, and so would giving away the order that it was given for.
pub(crate) fn may_have(order: &Order, row: &ContactDocument) -> bool {
    match row {
        ContactDocument::Erased { .. } => false,
        ContactDocument::Present {
            customer,
            order: given_for,
            ..
        } => {
            (customer.is_none() || *customer == order.head.customer)
                && given_for.is_none_or(|given_for| given_for == order.head.id)
        }
    }
}

/// Hands the addresses that were given for an order over to the customer whom it is given to: they
/// are erased with the data of that one and of nobody else. One that was not given for this order
/// stays with whose it is, so the order cannot be somebody else's and point to it. What the channel
/// said of people goes with the order, too. Answers what has to be known first.
pub(crate) fn hand_over(
    context: &Context<'_>,
    order: &Order,
    to: Option<CustomerId>,
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let rows = contacts_of(order);
    if let Some(more) = keys_of(context, &rows) {
        return Ok(Some(more));
    }
    let id = Some(order.head.id);
    for row in rows {
        let Some(mut body) = context.read::<ContactDocument>(&row)? else {
            continue;
        };
        let ContactDocument::Present {
            customer,
            order: given_for,
            ..
        } = &mut body
        else {
            continue;
        };
        // One without a customer is of whoever has the order.
        if customer.is_none() || *customer == to {
            continue;
        }
        if *given_for != id {
            if !points_to(order, &row) {
                continue;
            }
            return Err(Rejection::OtherCustomer { document: row });
        }
        *customer = to;
        // It was read, so it has a version in the snapshot.
        let stored = context.snapshot.version(&row).unwrap_or_default();
        change_set.documents.push(DocumentWrite {
            expected: Expected::Version(stored),
            version: stored.next(),
            body: encode(&body),
            index: Index::Personal {
                customer: to,
                order: id,
            },
            key: row,
        });
    }
    Ok(None)
}

/// Whether a contact is who receives the order or who pays; not by the channel's word alone.
fn points_to(order: &Order, row: &DocumentKey) -> bool {
    rows(order).iter().flatten().any(|has| has == row)
}

/// Why the hubs of an order were chosen, beside the order.
pub(crate) fn explain(change_set: &mut ChangeSet, order: &Order, explanation: &Explanation) {
    let key = DocumentKey::Explanation(order.head.id, order.version);
    let stored = explanation.shortened();
    write_once(change_set, key, encode(&*stored), Index::None);
}
