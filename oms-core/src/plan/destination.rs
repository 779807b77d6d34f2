//! Where an order goes, by the erasable rows it points to.

use std::collections::BTreeSet;

use crate::customer::{Contact, ContactDocument};
use crate::order::Order;
use crate::plan::context::Context;
use crate::plan::heard::heard;
use crate::plan::once_rows::may_have;
use crate::plan::{DocumentKey, Keys, Rejection, Requirement};
use crate::value::{Address, ChannelPlace};

/// The address that goods go to: the one to ship to, or else the one that is billed. One that names
/// no place is none: who buys at a counter may leave a name or a telephone number.
pub(crate) fn place_of<'a>(
    ship_to: Option<&'a Contact>,
    bill_to: Option<&'a Contact>,
) -> Option<&'a Address> {
    let contacts = ship_to.into_iter().chain(bill_to);
    let mut addresses = contacts.map(|contact| &contact.address);
    addresses.find(|address| address.names_a_place())
}

/// The rows of the addresses an order may go to that nobody asked for yet.
pub(crate) fn addresses_to_know(context: &Context<'_>, order: &Order) -> Vec<DocumentKey> {
    let known = &context.keys.documents;
    let rows = rows(order).into_iter().flatten();
    rows.filter(|row| !known.contains(row)).collect()
}

/// The same as what has to be known first.
pub(crate) fn address_keys(context: &Context<'_>, orders: &[&Order]) -> Option<Keys> {
    let mut keys = Keys::default();
    for order in orders {
        keys.documents.extend(addresses_to_know(context, order));
    }
    (!keys.documents.is_empty()).then_some(keys)
}

/// What has to be known first of these rows.
pub(crate) fn keys_of(context: &Context<'_>, rows: &BTreeSet<DocumentKey>) -> Option<Keys> {
    let unknown = rows.difference(&context.keys.documents);
    let mut keys = Keys::default();
    keys.documents.extend(unknown.cloned());
    (!keys.documents.is_empty()).then_some(keys)
}

/// Where the order goes, once its rows are known.
pub(crate) fn address(context: &Context<'_>, order: &Order) -> Result<Option<Address>, Rejection> {
    address_with(context, order, [None, None])
}

/// The same with contacts to ship to and to bill that are to take the place of those it has.
///
/// An erased row named a place that nobody knows any more: only who delivers everywhere goes there.
pub(crate) fn address_with(
    context: &Context<'_>,
    order: &Order,
    new: [Option<&Contact>; 2],
) -> Result<Option<Address>, Rejection> {
    for (new, row) in new.into_iter().zip(rows(order)) {
        let stored = row.filter(|_| new.is_none());
        let stored = stored.map(|row| context.read(&row)).transpose()?.flatten();
        let place = match stored {
            Some(ContactDocument::Present { contact, .. }) => Some(contact.address),
            Some(ContactDocument::Erased { .. }) => return Ok(Some(Address::default())),
            None => new.map(|contact| contact.address.clone()),
        };
        if let Some(place) = place.filter(Address::names_a_place) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Which of the contacts given to ship to and to bill say something new, once the rows of the order
/// are known. A row of somebody else's, or a customer's own, is never the same.
pub(crate) fn new_contacts<'c>(
    context: &Context<'_>,
    order: &Order,
    given: [Option<&'c Contact>; 2],
) -> Result<[Option<&'c Contact>; 2], Rejection> {
    let mut new = given;
    for (new, row) in new.iter_mut().zip(rows(order)) {
        let stored = row.map(|row| context.read(&row)).transpose()?.flatten();
        let Some(ContactDocument::Present {
            contact,
            customer,
            order: of,
            ..
        }) = stored
        else {
            continue;
        };
        let own = customer == order.head.customer && of == Some(order.head.id);
        *new = new.filter(|new| !own || **new != contact);
    }
    Ok(new)
}

/// The channel's own words for where the order goes, once its rows and those with what the channel
/// said last are known, and what must still hold when they are written again: an erased row must
/// not come back. An address of the customer's own has none, and takes none away. Words that were
/// kept for another customer stay with that one.
pub(crate) fn channel_place(
    context: &Context<'_>,
    order: &Order,
) -> Result<Option<(ChannelPlace, Requirement)>, Rejection> {
    let said = heard(order).map(|row| row.map(DocumentKey::Contact));
    for row in rows(order).into_iter().chain(said).flatten() {
        // Anybody may set the attributes that name rows: what is somebody else's is passed over.
        let stored = context.read::<ContactDocument>(&row)?;
        let Some(ContactDocument::Present {
            place: Some(place), ..
        }) = stored.filter(|stored| may_have(order, stored))
        else {
            continue;
        };
        let version = context.snapshot.version(&row).unwrap_or_default();
        return Ok(Some((place, Requirement::Unchanged(row, version))));
    }
    Ok(None)
}

/// The rows of the addresses that an order is shipped to and billed to.
pub(crate) fn rows(order: &Order) -> [Option<DocumentKey>; 2] {
    let head = &order.head;
    [head.ship_to, head.bill_to].map(|row| row.map(DocumentKey::Contact))
}
