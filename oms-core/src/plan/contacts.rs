//! Other addresses for an order.

use std::collections::BTreeSet;

use crate::customer::{Contact, ContactDocument};
use crate::hub::{AreaVerdict, Hub};
use crate::order::{HoldReason, Order, OrderCommand, decide};
use crate::plan::context::{Context, Planned};
use crate::plan::destination::{address, address_with, channel_place, keys_of, new_contacts};
use crate::plan::heard::{contacts_of, keep_heard};
use crate::plan::once_rows::write_once;
use crate::plan::order::{load, written};
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, DocumentKey, Index, Receipt, Rejection, encode};
use crate::value::{Address, ChannelPlace, ContactId, HubId, OrderId, Reason};

/// Plans other addresses: new erasable rows, and the order pointing to them. The channel's own
/// words for the place stay beside them. What the order has already is no change.
pub(crate) fn change_contacts(
    context: &Context<'_>,
    id: OrderId,
    ship_to: Option<&Contact>,
    bill_to: Option<&Contact>,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    if let Some(more) = keys_of(context, &contacts_of(&work.order)) {
        return Ok(Planned::More(more));
    }
    let given = [ship_to, bill_to];
    let [ship_to, bill_to] = new_contacts(context, &work.order, given)?;
    if given != [None, None] && ship_to.is_none() && bill_to.is_none() {
        return Ok(Planned::Already(Receipt::of_order(&work.order)));
    }
    let (place, unchanged) = channel_place(context, &work.order)?.unzip();
    let mut change_set = context.change_set();
    let before = work.order.clone();
    let mut store = |contact: Option<&Contact>| {
        let row = ContactId::from_uuid((context.ids)());
        write_given(&mut change_set, row, &before, contact?, place.as_ref());
        Some(row)
    };
    let command = OrderCommand::ChangeContacts {
        ship_to: store(ship_to),
        bill_to: store(bill_to),
    };
    let events = decide(&work.order, &command, &settings.workflow, context.now())?;
    if events.is_empty() {
        return Ok(Planned::Already(Receipt::of_order(&work.order)));
    }
    change_set.requires.extend(unchanged);
    let from = address(context, &work.order)?;
    let to = address_with(context, &work.order, [ship_to, bill_to])?;
    work.take(context, events);
    hold_unserved(context, [from, to], &mut work)?;
    keep_heard(context, &before, &mut work);
    Ok(written(context, change_set, work))
}

/// Writes the new erasable row of an address that an order is given.
pub(super) fn write_given(
    change_set: &mut ChangeSet,
    row: ContactId,
    order: &Order,
    contact: &Contact,
    place: Option<&ChannelPlace>,
) {
    let (customer, order) = (order.head.customer, Some(order.head.id));
    let body = ContactDocument::Present {
        contact: contact.clone(),
        place: place.cloned(),
        customer,
        order,
    };
    let index = Index::Personal { customer, order };
    write_once(change_set, DocumentKey::Contact(row), encode(&body), index);
}

/// Stops an order that goes to another place now, if its hubs or delivery slot are not for that: a
/// person decides.
pub(super) fn hold_unserved(
    context: &Context<'_>,
    [from, to]: [Option<Address>; 2],
    work: &mut OrderWork,
) -> Result<(), Rejection> {
    let book = context.hubs()?;
    let [from, to] = [from, to].map(|address| address.map(|to| book.destination(&to)));
    let Some(place) = to.filter(|to| from.as_ref() != Some(to)) else {
        return Ok(());
    };
    let works = work.order.fulfillments.values();
    let works = works.filter(|work| work.is_live());
    let slot = work.order.takes_slot();
    let hubs = works.map(|work| &work.hub);
    let hubs: BTreeSet<&HubId> = hubs.chain(slot.map(|slot| &slot.key.hub)).collect();
    let serves = |hub: &Hub| {
        let verdict = hub.area.verdict(Some(&place), hub.location);
        matches!(verdict, AreaVerdict::Served(_))
    };
    let unserved = hubs
        .into_iter()
        .filter(|id| !book.hub(id).is_some_and(serves));
    let unserved: Vec<&str> = unserved.map(HubId::as_str).collect();
    let zone = slot.and_then(|slot| slot.zone.as_ref());
    let outside = zone.filter(|zone| !place.zones.contains(*zone));
    let note = if !unserved.is_empty() {
        let hubs = unserved.join(", ");
        format!("{hubs} does not deliver to the new address")
    } else if let Some(zone) = outside {
        format!("the delivery slot is for zone {zone}, the new address is not there")
    } else {
        return Ok(());
    };
    let note = Reason::truncated(&note);
    let command = OrderCommand::Hold {
        reason: HoldReason::Unserviceable,
        note,
    };
    let workflow = context.settings()?.workflow.unguarded();
    let events = decide(&work.order, &command, &workflow, context.now())?;
    work.take_automatic(context, events);
    Ok(())
}
