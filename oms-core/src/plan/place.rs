//! Placing an order: receive, validate, choose a hub, claim stock, approve; one change set.

mod skus;
mod taken_over;

use std::borrow::Cow;

use crate::customer::Contact;
use crate::order::{
    ApprovalMode, BookedSlot, HoldReason, LineSku, Order, OrderCommand, Place, Workflow, decide,
    decide_place,
};
use crate::plan::allocate::{
    Allocation, Manner, Wanted, allocate, days_to_know, usable_hub, waiting,
};
use crate::plan::context::{Context, Planned, finish};
use crate::plan::destination::place_of;
use crate::plan::heard::without_heard;
use crate::plan::once_rows::{explain, write_contact, write_once};
use crate::plan::reserve::give_way;
use crate::plan::slot::{self, Booking};
use crate::plan::ttl::expires_at;
use crate::plan::write::OrderWork;
use crate::plan::{
    ChangeSet, DecodeError, DocumentKey, Index, Keys, OnProblem, PayloadDocument, PlaceOrder,
    Receipt, Rejection, Requirement, ReserveMode, UniqueClaim, UniqueKey, encode,
};
use crate::routing::{Explanation, HubBook, OnShortage, RoutePolicy};
use crate::tenant::Settings;
use crate::value::{Address, ContactId, OrderId, OrderNumber, PayloadId, Reason, Sku, limits};

use skus::{Resolved, Skus};

/// What the plan has to know: of no more lines and references than an order may have, as one with
/// more is refused.
pub(crate) fn keys(place: &PlaceOrder) -> Keys {
    let draft = &place.draft;
    let channel = &draft.source.channel;
    let mut keys = Keys::default();
    keys.ask_hubs();
    keys.documents.insert(DocumentKey::Channel(channel.clone()));
    keys.documents
        .extend(draft.customer.map(DocumentKey::Customer));
    let lines = draft.lines.iter().take(limits::LINES_PER_ORDER_MAX);
    for external in lines.filter_map(|line| line.sku.as_ref()) {
        keys.documents
            .insert(DocumentKey::SkuMapping(channel.clone(), external.clone()));
        if let Some(sku) = Sku::of(external) {
            keys.documents.insert(DocumentKey::Product(sku.clone()));
            keys.sku_stock.insert(sku);
        }
    }
    let references = references(place).take(limits::EXTERNAL_REFERENCES_MAX);
    keys.unique.extend(references);
    keys.owners.extend(place.takes_over.clone());
    if let Some(slot) = &draft.slot {
        slot::ask(slot, &mut keys);
    }
    keys
}

fn references(place: &PlaceOrder) -> impl Iterator<Item = UniqueKey> {
    let channel = &place.draft.source.channel;
    place.draft.external.iter().map(|reference| {
        UniqueKey::ExternalReference(
            channel.clone(),
            reference.kind.clone(),
            reference.id.clone(),
        )
    })
}

/// Plans the order, or answers with the one that is known by the same external reference.
pub(crate) fn plan(context: &Context<'_>, place: &PlaceOrder) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    if let Some(known) = known(context, place)? {
        let mut receipt = Receipt::of_order(&known);
        receipt.known = true;
        return Ok(Planned::Already(receipt));
    }
    check_parties(context, place)?;
    let skus = match skus::resolve(context, place)? {
        Resolved::Skus(skus) => skus,
        Resolved::More(keys) => return Ok(Planned::More(keys)),
    };
    let book = context.hubs()?;
    let mut holds = Vec::new();
    check_hub(&book, place, &mut holds)?;
    let booking = book_slot(context, place, &mut holds)?;
    if let Some(policy) = &policy_for(&settings, place) {
        let slot = booking.as_ref().map(|booking| &booking.slot);
        let manner = manner(place, policy, slot);
        if let Some(more) = days_to_know(context, &book, address(place), manner) {
            return Ok(Planned::More(more));
        }
    }
    let Some(number) = context.number else {
        return Ok(Planned::Number);
    };
    let slot = booking.as_ref().map(|booking| booking.slot.clone());
    let (mut change_set, mut work) = begin(context, place, number, &skus.lines, slot)?;
    if let Some(booking) = booking {
        booking.require(&mut work, &mut change_set);
    }
    if let Some(owner) = &place.takes_over {
        let released = give_way(context, owner, &mut change_set)?;
        work.reservations.extend(released);
    }
    skus::check(place, &skus, &mut holds)?;
    check_totals(place, &work.order, &mut holds)?;
    let scene = Scene {
        context,
        settings: &settings,
        book: &book,
        place,
    };
    let explanation = claim(scene, &skus, &mut work, &mut holds)?;
    conclude(context, &settings, &mut work, holds)?;
    require(context, &mut change_set, place, &work, &skus);
    if let Some(explanation) = explanation {
        explain(&mut change_set, &work.order, &explanation);
    }
    let order = work.write(context, &mut change_set);
    change_set.reclaim = true;
    Ok(finish(change_set, Receipt::of_order(&order)))
}

/// With routing switched off a hub that is named does the work all the same.
fn policy_for<'s>(settings: &'s Settings, place: &PlaceOrder) -> Option<Cow<'s, RoutePolicy>> {
    match (&settings.routing, &place.hub) {
        (Some(policy), _) => Some(Cow::Borrowed(policy)),
        (None, Some(_)) => Some(Cow::Owned(RoutePolicy::by_priority())),
        (None, None) => None,
    }
}

/// A hub that was named has to be there.
fn check_hub(book: &HubBook, place: &PlaceOrder, holds: &mut Vec<Stop>) -> Result<(), Rejection> {
    match place.hub.as_ref().map(|hub| usable_hub(book, hub)) {
        Some(Err(rejection)) => stop(place, holds, HoldReason::Unserviceable, rejection),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// The delivery slot that was asked for, if it can be had.
fn book_slot(
    context: &Context<'_>,
    place: &PlaceOrder,
    holds: &mut Vec<Stop>,
) -> Result<Option<Booking>, Rejection> {
    let Some(slot) = &place.draft.slot else {
        return Ok(None);
    };
    let same = slot::check_same(slot, place.hub.as_ref());
    match same.and_then(|()| slot::find(context, slot, address(place))) {
        Ok(booking) => Ok(Some(booking)),
        Err(rejection @ Rejection::Unreadable { .. }) => Err(rejection),
        Err(rejection) => stop(place, holds, HoldReason::Slot, rejection).map(|()| None),
    }
}

/// The order that has one of the references already.
fn known(context: &Context<'_>, place: &PlaceOrder) -> Result<Option<Order>, Rejection> {
    for key in references(place) {
        if let Some(DocumentKey::Order(id)) = context.snapshot.unique.get(&key) {
            return Ok(context.snapshot.order(*id)?);
        }
    }
    Ok(None)
}

fn check_parties(context: &Context<'_>, place: &PlaceOrder) -> Result<(), Rejection> {
    context.usable(DocumentKey::Channel(place.draft.source.channel.clone()))?;
    if let Some(customer) = place.draft.customer {
        context.usable(DocumentKey::Customer(customer))?;
    }
    Ok(())
}

/// The first event, and the erasable rows it points to.
fn begin(
    context: &Context<'_>,
    place: &PlaceOrder,
    number: OrderNumber,
    skus: &[LineSku],
    slot: Option<BookedSlot>,
) -> Result<(ChangeSet, OrderWork), Rejection> {
    let draft = &place.draft;
    let id = OrderId::from_uuid((context.ids)());
    let mut change_set = context.change_set();
    let contacts = &draft.contacts;
    let mut store_contact = |contact: Option<&Contact>| {
        let contact = contact.filter(|contact| !contact.is_empty())?;
        let row = ContactId::from_uuid((context.ids)());
        write_contact(&mut change_set, row, place, id, contact);
        Some(row)
    };
    let ship_to = store_contact(contacts.ship_to.as_ref());
    let bill_to = store_contact(contacts.bill_to.as_ref());
    let payload = draft.payload.as_ref().map(|payload| {
        let row = PayloadId::from_uuid((context.ids)());
        let body = PayloadDocument::Present {
            media_type: payload.media_type.to_owned(),
            text: payload.text.clone(),
        };
        let index = Index::Personal {
            customer: draft.customer,
            order: Some(id),
        };
        write_once(
            &mut change_set,
            DocumentKey::Payload(row),
            encode(&body),
            index,
        );
        row
    });
    let event = decide_place(
        &Place {
            id,
            number,
            draft: &without_heard(draft),
            skus,
            ship_to,
            bill_to,
            payload,
            slot,
            tentative: matches!(place.reserve, ReserveMode::Tentative { .. }),
        },
        context.now(),
    )?;
    let holder = DocumentKey::Order(id);
    let number = UniqueKey::OrderNumber(number);
    for key in references(place).chain([number]) {
        change_set.unique.push(UniqueClaim {
            key,
            holder: holder.clone(),
        });
    }
    let Some(order) = crate::order::fold([&event]) else {
        let (what, detail) = ("the first event".to_owned(), "it makes no order".to_owned());
        return Err(DecodeError::Corrupt { what, detail }.into());
    };
    Ok((change_set, OrderWork::placed(event, order)))
}

/// A reason to stop the order, with details for a person.
type Stop = (HoldReason, String);

fn check_totals(place: &PlaceOrder, order: &Order, holds: &mut Vec<Stop>) -> Result<(), Rejection> {
    let totals = order.head.totals;
    match totals.stated {
        Some(stated) if stated != totals.total => {
            let rejection = Rejection::TotalsDiffer {
                stated,
                total: totals.total,
            };
            stop(place, holds, HoldReason::TotalsDiffer, rejection)
        }
        Some(_) | None => Ok(()),
    }
}

/// Remembers to hold the order; what is told for the same reason is told together.
fn hold_for(holds: &mut Vec<Stop>, reason: HoldReason, detail: String) {
    match holds.iter_mut().find(|(known, _)| *known == reason) {
        Some((_, told)) => *told = format!("{told}; {detail}"),
        None => holds.push((reason, detail)),
    }
}

/// Refuses, or remembers to hold the order.
fn stop(
    place: &PlaceOrder,
    holds: &mut Vec<Stop>,
    reason: HoldReason,
    rejection: Rejection,
) -> Result<(), Rejection> {
    match place.on_problem {
        OnProblem::Hold => {
            hold_for(holds, reason, rejection.to_string());
            Ok(())
        }
        OnProblem::Refuse | OnProblem::Backorder => Err(rejection),
    }
}

/// What an order is claimed by.
#[derive(Clone, Copy)]
struct Scene<'a> {
    context: &'a Context<'a>,
    settings: &'a Settings,
    book: &'a HubBook,
    place: &'a PlaceOrder,
}

/// Claims stock for every line that can have it; with routing switched off and no hub named only
/// what the claims hold that the order takes over.
fn claim(
    scene: Scene<'_>,
    skus: &Skus,
    work: &mut OrderWork,
    holds: &mut Vec<Stop>,
) -> Result<Option<Explanation>, Rejection> {
    let Scene { place, book, .. } = scene;
    let gone = |hub| usable_hub(book, hub).is_err();
    if place.hub.as_ref().is_some_and(gone) {
        // It is held for that.
        return Ok(None);
    }
    let mut wanted = waiting(&work.order);
    wanted.retain(|(_, sku, _)| !skus.off.contains(sku));
    let Some(policy) = policy_for(scene.settings, place) else {
        // Nobody chose a hub, so there is nothing to explain.
        return taken_over::claim(scene, wanted, work, holds).map(|()| None);
    };
    let slot = work.order.takes_slot().cloned();
    let manner = manner(place, &policy, slot.as_ref());
    claim_as(scene, &wanted, manner, work, holds).map(Some)
}

/// Claims these units as far as they are to be had.
fn claim_as(
    scene: Scene<'_>,
    wanted: &[Wanted],
    manner: Manner<'_>,
    work: &mut OrderWork,
    holds: &mut Vec<Stop>,
) -> Result<Explanation, Rejection> {
    let Scene { context, place, .. } = scene;
    let allocation = allocate(context, scene.book, work, wanted, address(place), manner);
    let backorders = manner.on_shortage == OnShortage::Backorder;
    if allocation.short.is_empty() {
        // Everything that can be had is had.
    } else if let Some(tried) = &allocation.unserviceable {
        let tried = tried.clone();
        let for_now = tried.is_for_now();
        let reason = match for_now {
            true => HoldReason::Capacity,
            false => HoldReason::Unserviceable,
        };
        stop(place, holds, reason, Rejection::Unserviceable { tried })?;
        if for_now && manner.within.is_some() {
            let note = "another day is none of its slot's: it needs another slot, or none";
            hold_for(holds, HoldReason::Slot, note.to_owned());
        }
    } else if !backorders {
        let rejection = short(&allocation);
        match manner.on_shortage {
            OnShortage::Review => hold_for(holds, HoldReason::Shortage, rejection.to_string()),
            OnShortage::Refuse | OnShortage::Backorder => return Err(rejection),
        }
    }
    take(
        context,
        scene.settings,
        place,
        work,
        &allocation,
        backorders,
    )?;
    Ok(allocation.explanation)
}

/// Where the order goes.
fn address(place: &PlaceOrder) -> Option<&Address> {
    let contacts = &place.draft.contacts;
    place_of(contacts.ship_to.as_ref(), contacts.bill_to.as_ref())
}

fn manner<'a>(
    place: &'a PlaceOrder,
    policy: &'a RoutePolicy,
    slot: Option<&'a BookedSlot>,
) -> Manner<'a> {
    Manner {
        policy,
        on_shortage: on_shortage(place.on_problem, policy.on_shortage),
        only: place.hub.as_ref(),
        within: slot.map(|slot| &slot.key),
        except: None,
    }
}

/// The more patient of what the caller and the tenant want done when goods do not suffice.
fn on_shortage(caller: OnProblem, tenant: OnShortage) -> OnShortage {
    match (caller, tenant) {
        (OnProblem::Backorder, _) | (_, OnShortage::Backorder) => OnShortage::Backorder,
        (OnProblem::Hold, _) | (_, OnShortage::Review) => OnShortage::Review,
        (OnProblem::Refuse, OnShortage::Refuse) => OnShortage::Refuse,
    }
}

/// What is short, and what was tried.
pub(crate) fn short(allocation: &Allocation) -> Rejection {
    Rejection::Short {
        shortages: allocation.shortages.clone(),
        tried: Box::new(allocation.explanation.clone()),
    }
}

/// Claims what was found; what was not waits for goods if it may.
fn take(
    context: &Context<'_>,
    settings: &Settings,
    place: &PlaceOrder,
    work: &mut OrderWork,
    allocation: &Allocation,
    backorders: bool,
) -> Result<(), Rejection> {
    // What nothing has to be paid for any more does not end for want of a payment.
    let tentative = work.order.head.tentative;
    let expires_at = expires_at(context, settings, place.reserve)?.filter(|_| tentative);
    // A guard on these commands is for people; it must not lose an order somebody paid for.
    let workflow = &Workflow::default();
    if !allocation.assignments.is_empty() {
        let assignments = allocation.assignments.clone();
        let command = OrderCommand::Allocate {
            assignments,
            expires_at,
        };
        let events = decide(&work.order, &command, workflow, context.now())?;
        work.limits.extend(allocation.limits.clone());
        work.take_automatic(context, allocation.dated(events));
    }
    if !allocation.short.is_empty() && backorders {
        let command = OrderCommand::Backorder {
            lines: allocation.short.clone(),
        };
        work.take_automatic(
            context,
            decide(&work.order, &command, workflow, context.now())?,
        );
    }
    Ok(())
}

/// Holds the order for what was found, or approves it where the tenant wants that.
fn conclude(
    context: &Context<'_>,
    settings: &Settings,
    work: &mut OrderWork,
    holds: Vec<Stop>,
) -> Result<(), Rejection> {
    let workflow = &settings.workflow;
    let firm = !work.order.head.tentative;
    if holds.is_empty() && firm && workflow.approval == ApprovalMode::Automatic {
        // A guard that stands against it leaves the order pending.
        if let Ok(events) = decide(&work.order, &OrderCommand::Approve, workflow, context.now()) {
            work.take_automatic(context, events);
        }
    }
    for (reason, detail) in holds {
        let command = OrderCommand::Hold {
            reason,
            note: Reason::truncated(&detail),
        };
        work.take_automatic(
            context,
            decide(&work.order, &command, &Default::default(), context.now())?,
        );
    }
    Ok(())
}

/// What must still be so when the order is stored.
fn require(
    context: &Context<'_>,
    change_set: &mut ChangeSet,
    place: &PlaceOrder,
    work: &OrderWork,
    skus: &Skus,
) {
    let draft = &place.draft;
    let works = work.order.fulfillments.values();
    let slot = work.order.takes_slot().map(|slot| &slot.key.hub);
    let hubs = works.map(|work| &work.hub).chain(slot);
    let hubs = hubs.cloned().map(DocumentKey::Hub);
    let known = skus.lines.iter().filter_map(LineSku::known);
    let for_sale = known.filter(|sku| !skus.off.contains(*sku));
    let products = for_sale.cloned().map(DocumentKey::Product);
    let customer = draft.customer.map(DocumentKey::Customer);
    let mut needed: Vec<DocumentKey> = hubs.chain(products).chain(customer).collect();
    needed.push(DocumentKey::Channel(draft.source.channel.clone()));
    needed.sort();
    needed.dedup();
    change_set
        .requires
        .extend(needed.into_iter().map(Requirement::Active));
    // An order is held for what is off only as long as it is.
    let off = skus.off.iter().cloned().map(DocumentKey::Product);
    let off = off.filter_map(|product| {
        let version = context.snapshot.version(&product)?;
        Some(Requirement::Unchanged(product, version))
    });
    change_set.requires.extend(off);
}
