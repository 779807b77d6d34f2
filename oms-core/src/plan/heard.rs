//! What an order's channel says of who receives it and who pays.
//!
//! People here correct addresses, too. So what the channel said last is kept apart from what the
//! order has, in an erasable row of its own where both differ, and a later copy of the order is
//! compared with that.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::customer::{Contact, ContactDocument, Customer};
use crate::order::{
    Contacts, HoldReason, Order, OrderCommand, OrderDraft, OrderEvent, OrderRejection, Workflow,
    decide,
};
use crate::plan::contacts::{hold_unserved, write_given};
use crate::plan::context::{Context, Planned};
use crate::plan::destination::{address, address_with, channel_place, keys_of};
use crate::plan::once_rows::may_have;
use crate::plan::order::{load, written};
use crate::plan::write::OrderWork;
use crate::plan::{
    ChangeSet, DecodeError, DocumentKey, PayloadDocument, Receipt, Rejection, Requirement, Snapshot,
};
use crate::value::{
    Address, AttributeKey, AttributeValue, ChannelPlace, ContactId, Note, OrderId, Reason,
};

/// The attribute of an order that holds the id of the erasable row with what its channel said last
/// of who receives it; not set where that is what the order is shipped to.
pub const CHANNEL_SHIP_TO: &str = "channel_ship_to";

/// The attribute of an order that holds the id of the erasable row with what its channel said last
/// of who pays; not set where that is who is billed.
pub const CHANNEL_BILL_TO: &str = "channel_bill_to";

/// The attributes, and whom each is about.
const SIDES: [(&str, &str); 2] = [
    (CHANNEL_SHIP_TO, "who receives it"),
    (CHANNEL_BILL_TO, "who pays"),
];

/// What a channel says anew of who receives an order, or of who pays.
struct News {
    /// All that it says of that now.
    said: Contact,
    /// What the order has.
    here: Option<Contact>,
    /// What the order is to have: what it has, but for what the channel changed.
    next: Contact,
}

impl News {
    fn change(&self) -> Option<&Contact> {
        let changes = self.here.as_ref() != Some(&self.next);
        changes.then_some(&self.next)
    }
}

/// Plans what follows from what the channel says of who receives the order and who pays. What it
/// changed is changed here, while no work has begun; else a note tells a person, and an order that
/// is to go elsewhere is held. Nothing for an order that is finished, or whose rows were erased.
pub(crate) fn follow(
    context: &Context<'_>,
    id: OrderId,
    said: &Contacts,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    let before = work.order.clone();
    let already = || Ok(Planned::Already(Receipt::of_order(&before)));
    if before.status().is_terminal() {
        return already();
    }
    let rows = to_know(&before);
    if let Some(more) = keys_of(context, &rows) {
        return Ok(Planned::More(more));
    }
    let sides = news(context.snapshot, &before, said)?;
    if sides.iter().all(Option::is_none) {
        return already();
    }
    let mut change_set = context.change_set();
    // Parts of them are written again: an erased row must not come back.
    change_set
        .requires
        .extend(rows.into_iter().filter_map(|row| {
            let version = context.snapshot.version(&row)?;
            Some(Requirement::Unchanged(row, version))
        }));
    let given = sides.each_ref().map(|side| side.as_ref()?.change());
    let way = [
        address(context, &before)?,
        address_with(context, &before, given)?,
    ];
    // Goods go to who receives them, or to who pays where nobody does: such an order had an address
    // before. A name is no place.
    let places = way.each_ref().map(|to| to.clone().unwrap_or_default());
    let [from, to] = &places;
    let moves = (given[0].is_some() || way[0].is_some()) && !same_place(from, to);
    let kept = channel_place(context, &before)?.map(|(place, _)| place);
    // What a copy leaves out is as it was, but the words for another place are not.
    let kept = kept.as_ref().filter(|_| !moves);
    let place = said.place.as_ref().or(kept);
    let workflow = &settings.workflow;
    let refused = give(context, workflow, &mut work, &mut change_set, given, place)?;
    if refused.is_none() {
        hold_unserved(context, way, &mut work)?;
    }
    let mut told = Vec::new();
    for (side, news) in SIDES.into_iter().zip(&sides) {
        if let Some(news) = news {
            let refused = refused.as_ref();
            told.extend(hear(
                context,
                &mut work,
                &mut change_set,
                side,
                news,
                place,
                refused,
            ));
        }
    }
    if !told.is_empty() {
        ask_person(context, workflow, &mut work, &told.join("; "), moves);
    }
    if work.events.is_empty() {
        return already();
    }
    Ok(written(context, change_set, work))
}

/// Gives the order what the channel changed, if anything; answers why the order does not take it.
fn give(
    context: &Context<'_>,
    workflow: &Workflow,
    work: &mut OrderWork,
    change_set: &mut ChangeSet,
    given: [Option<&Contact>; 2],
    place: Option<&ChannelPlace>,
) -> Result<Option<OrderRejection>, Rejection> {
    if given == [None, None] {
        return Ok(None);
    }
    let rows = given.map(|contact| contact.map(|_| ContactId::from_uuid((context.ids)())));
    let [ship_to, bill_to] = rows;
    let command = OrderCommand::ChangeContacts { ship_to, bill_to };
    let events = match decide(&work.order, &command, workflow, context.now()) {
        Ok(events) => events,
        Err(problem) => return Ok(Some(problem)),
    };
    for (row, contact) in rows.into_iter().zip(given) {
        if let Some((row, contact)) = row.zip(contact) {
            write_given(change_set, row, &work.order, contact, place);
        }
    }
    work.take(context, events);
    Ok(None)
}

/// Keeps what the channel says, where the order has something else; answers what a person is told.
fn hear(
    context: &Context<'_>,
    work: &mut OrderWork,
    change_set: &mut ChangeSet,
    (name, who): (&str, &str),
    news: &News,
    place: Option<&ChannelPlace>,
    refused: Option<&OrderRejection>,
) -> Option<String> {
    let has = match refused {
        None => Some(&news.next),
        Some(_) => news.here.as_ref(),
    };
    if has == Some(&news.said) {
        keep(context, work, name, None);
        return None;
    }
    let row = ContactId::from_uuid((context.ids)());
    write_given(change_set, row, &work.order, &news.said, place);
    keep(context, work, name, Some(row));
    news.change()?;
    let code = refused?.code();
    Some(format!(
        "{who} changed on the channel, not here ({code}): see contact {row}"
    ))
}

/// Tells a person, and stops an order that would go to where it is not to go any more.
fn ask_person(
    context: &Context<'_>,
    workflow: &Workflow,
    work: &mut OrderWork,
    text: &str,
    moves: bool,
) {
    let hold = OrderCommand::Hold {
        reason: HoldReason::Address,
        note: Reason::truncated(text),
    };
    let workflow = workflow.unguarded();
    let stops = moves && work.order.is_to_leave();
    let note = Note::truncated(text).map(|text| OrderCommand::AddNote { text });
    for command in stops.then_some(hold).into_iter().chain(note) {
        // What an order takes no more of, such as notes, is not told.
        if let Ok(events) = decide(&work.order, &command, &workflow, context.now()) {
            work.take_automatic(context, events);
        }
    }
}

/// Keeps what the channel said last, where the order of a channel points to another row from now
/// on: what people here correct is no word of the channel's.
pub(crate) fn keep_heard(context: &Context<'_>, before: &Order, work: &mut OrderWork) {
    if before.head.channel_id().is_none() {
        return;
    }
    let ([ship_to, bill_to], [receiver, _]) = (given(before), heard(before));
    // Where the channel names nobody beside the receiver, that is who pays.
    let sides = [(ship_to, ship_to), (bill_to, bill_to.or(receiver))];
    let now = given(&work.order);
    for (((name, _), (was, said)), now) in SIDES.into_iter().zip(sides).zip(now) {
        let differs = was != now && said != now;
        if differs && said.is_some() && kept(before, name).is_none() {
            keep(context, work, name, said);
        }
    }
}

/// Keeps which row holds what the channel said last; `None` where it is the one the order has. It
/// is no attribute of the host's, so their number does not stand against it.
fn keep(context: &Context<'_>, work: &mut OrderWork, name: &str, row: Option<ContactId>) {
    let Ok(key) = AttributeKey::parse(name) else {
        return;
    };
    let old = work.order.head.attributes.get(&key).cloned();
    let new = row.and_then(|row| AttributeValue::parse(row.to_string()).ok());
    if old != new {
        work.take_automatic(context, vec![OrderEvent::AttributeSet { key, old, new }]);
    }
}

/// The draft without the attributes that name these rows: they may have been copied from another
/// order, as by a shop that lets its buyers order again.
pub(crate) fn without_heard(draft: &OrderDraft) -> Cow<'_, OrderDraft> {
    let mut names = SIDES.into_iter();
    if !names.any(|(name, _)| draft.attributes.contains_key(name)) {
        return Cow::Borrowed(draft);
    }
    let mut draft = draft.clone();
    for (name, _) in SIDES {
        draft.attributes.remove(name);
    }
    Cow::Owned(draft)
}

/// The row that an event keeps as what the channel said last: it is erased with the order.
pub(crate) fn heard_by(event: &OrderEvent) -> Option<ContactId> {
    let OrderEvent::AttributeSet {
        key,
        new: Some(new),
        ..
    } = event
    else {
        return None;
    };
    let mut names = SIDES.into_iter();
    let named = names.any(|(name, _)| name == key.as_str());
    named.then(|| ContactId::parse(new.as_str()).ok()).flatten()
}

/// Whether a channel says anything new of who receives the order and who pays, once the rows
/// [`to_know`] are.
pub(crate) fn says_anew(
    snapshot: &Snapshot,
    order: &Order,
    said: &Contacts,
) -> Result<bool, DecodeError> {
    if order.status().is_terminal() {
        return Ok(false);
    }
    Ok(news(snapshot, order, said)?.iter().any(Option::is_some))
}

/// The rows with what the order has, and with what its channel said last.
pub(crate) fn contacts_of(order: &Order) -> BTreeSet<DocumentKey> {
    let rows = given(order).into_iter().chain(heard(order));
    rows.flatten().map(DocumentKey::Contact).collect()
}

/// The rows that tell whether a channel says anything new.
pub(crate) fn to_know(order: &Order) -> BTreeSet<DocumentKey> {
    let mut rows = contacts_of(order);
    if given(order) == [None, None] {
        // No contact tells whether the order was erased.
        rows.extend(order.head.payload.map(DocumentKey::Payload));
        rows.extend(order.head.customer.map(DocumentKey::Customer));
    }
    rows
}

const fn given(order: &Order) -> [Option<ContactId>; 2] {
    [order.head.ship_to, order.head.bill_to]
}

/// The rows with what the channel said last of who receives the order and of who pays.
pub(crate) fn heard(order: &Order) -> [Option<ContactId>; 2] {
    let [ship_to, bill_to] = SIDES.map(|(name, _)| kept(order, name));
    let head = &order.head;
    [ship_to.or(head.ship_to), bill_to.or(head.bill_to)]
}

fn kept(order: &Order, name: &str) -> Option<ContactId> {
    let row = order.head.attributes.get(name)?;
    ContactId::parse(row.as_str()).ok()
}

fn news(
    snapshot: &Snapshot,
    order: &Order,
    said: &Contacts,
) -> Result<[Option<News>; 2], DecodeError> {
    if is_forgotten(snapshot, order)? {
        return Ok([None, None]);
    }
    let contact = |row: Option<ContactDocument>| {
        let kept = row.and_then(ContactDocument::kept);
        kept.map(|(contact, _)| contact)
    };
    let side = |said: Option<&Contact>, given, name| -> Result<Option<News>, DecodeError> {
        let here = contact(stored(snapshot, given)?);
        // Anybody may set an attribute: what is somebody else's is no word of this channel's.
        let heard = stored(snapshot, kept(order, name))?.filter(|row| may_have(order, row));
        let heard = contact(heard).or_else(|| here.clone());
        Ok(compared(said, heard.as_ref(), here))
    };
    let head = &order.head;
    Ok([
        side(said.ship_to.as_ref(), head.ship_to, CHANNEL_SHIP_TO)?,
        side(said.bill_to.as_ref(), head.bill_to, CHANNEL_BILL_TO)?,
    ])
}

/// Whether somebody asked to forget the people of the order.
fn is_forgotten(snapshot: &Snapshot, order: &Order) -> Result<bool, DecodeError> {
    for row in contacts_of(order) {
        let contact: Option<ContactDocument> = snapshot.read(&row)?;
        if matches!(contact, Some(ContactDocument::Erased { .. })) {
            return Ok(true);
        }
    }
    if given(order) != [None, None] {
        return Ok(false);
    }
    let head = &order.head;
    let payload = head.payload.map(DocumentKey::Payload);
    let payload = payload.map(|row| snapshot.read(&row));
    let payload: Option<PayloadDocument> = payload.transpose()?.flatten();
    let customer = head.customer.map(DocumentKey::Customer);
    let customer = customer.map(|row| snapshot.read(&row));
    let customer: Option<Customer> = customer.transpose()?.flatten();
    let emptied = matches!(payload, Some(PayloadDocument::Erased { .. }));
    // What the source sent may be of a customer who had the order before.
    Ok(customer.map_or(emptied, |customer| customer.erased))
}

fn stored(
    snapshot: &Snapshot,
    row: Option<ContactId>,
) -> Result<Option<ContactDocument>, DecodeError> {
    let row = row.map(|row| snapshot.read(&DocumentKey::Contact(row)));
    Ok(row.transpose()?.flatten())
}

/// What is new in what a channel says, given what it said before and what the order has.
fn compared(
    said: Option<&Contact>,
    heard: Option<&Contact>,
    here: Option<Contact>,
) -> Option<News> {
    let said = whole(said?, heard);
    if heard == Some(&said) {
        return None;
    }
    let next = merged(&said, heard, here.as_ref());
    Some(News { said, here, next })
}

/// All that the channel says. A copy of an order may leave people's data out, as one that is read
/// without leave for it: what is not there is as it was, unless what is there is of another place.
/// An address with a street is all of it: a second line that it had is taken away. Where an
/// address lies on the map is found out later, and is no other address.
fn whole(said: &Contact, heard: Option<&Contact>) -> Contact {
    let mut whole = said.clone();
    let Some(heard) = heard else {
        return whole;
    };
    let (said, before) = (&said.address, &heard.address);
    let filled = filled(said, before);
    let less = said.line1.is_none() && before.line1.is_some();
    let all = if said.line1.is_some() { said } else { &filled };
    if less || same_place(all, before) {
        whole.address = before.clone();
    }
    whole.address.name = filled.name;
    whole.email = whole.email.or_else(|| heard.email.clone());
    whole.phone = whole.phone.or_else(|| heard.phone.clone());
    whole
}

/// An address, and where it leaves a part out, that of the one before.
fn filled(said: &Address, before: &Address) -> Address {
    let Address {
        name,
        company,
        line1,
        line2,
        city,
        region,
        postal_code,
        country,
        location,
    } = said.clone();
    Address {
        name: name.or_else(|| before.name.clone()),
        company: company.or_else(|| before.company.clone()),
        line1: line1.or_else(|| before.line1.clone()),
        line2: line2.or_else(|| before.line2.clone()),
        city: city.or_else(|| before.city.clone()),
        region: region.or_else(|| before.region.clone()),
        postal_code: postal_code.or_else(|| before.postal_code.clone()),
        country: country.or(before.country),
        location: location.or(before.location),
    }
}

/// What the order has, but for what the channel changed.
fn merged(said: &Contact, heard: Option<&Contact>, here: Option<&Contact>) -> Contact {
    let Some(here) = here else {
        return said.clone();
    };
    let nothing = Contact::default();
    let heard = heard.unwrap_or(&nothing);
    let mut merged = here.clone();
    if !same_place(&said.address, &heard.address) {
        let name = merged.address.name.take();
        merged.address = Address {
            name,
            ..said.address.clone()
        };
    }
    if said.address.name != heard.address.name {
        merged.address.name.clone_from(&said.address.name);
    }
    if said.email != heard.email {
        merged.email.clone_from(&said.email);
    }
    if said.phone != heard.phone {
        merged.phone.clone_from(&said.phone);
    }
    merged
}

/// Whether both are one postal address, whoever is there.
fn same_place(one: &Address, other: &Address) -> bool {
    let place = |address: &Address| Address {
        name: None,
        location: None,
        ..address.clone()
    };
    place(one) == place(other)
}

#[cfg(test)]
mod tests;
