//! From events to the order: the only place where an order changes.

mod parcel;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use crate::order::OrderEvent as E;
use crate::order::bucket::Bucket::{self, Delivered, Returned};
use crate::order::bucket::{give, take};
use crate::order::{
    Cancellation, Head, Hold, HoldReason, Line, LineQuantity, NoteEntry, Order, OrderEvent,
    OrderState, Payment, PaymentEntry, PaymentMethod, PaymentReference, Placed,
};
use crate::value::{
    AttributeKey, AttributeValue, ExternalId, LineId, Note, Reason, Tag, Timestamp, Units, Version,
};

/// Applies one event: the order is afterwards what the event says, one version further.
///
/// Total: stored events outlive the code that wrote them, so an event that does not fit (a
/// fulfillment nobody made, more units than there are, a step out of a terminal state, a second
/// `Placed`) changes what it can without breaking an invariant, else nothing, and never panics.
/// Units only ever move, so every line stays conserved. The version counts every event, also such
/// a one: it follows the stream.
///
/// Since when work is at its status only some events say, so of work that changes it is not known
/// afterwards; [`evolve_at`] knows it.
pub fn evolve(order: &mut Order, event: &OrderEvent) {
    apply(order, event, None);
}

/// The same as [`evolve`] for an event that was decided at that time: what a stored event carries
/// in its envelope ([`EventRecord::at`](crate::event::EventRecord::at)). Work that is at another
/// status afterwards is so since then
/// ([`Fulfillment::status_since`](crate::order::Fulfillment::status_since)).
pub fn evolve_at(order: &mut Order, event: &OrderEvent, at: Timestamp) {
    apply(order, event, Some(at));
}

fn apply(order: &mut Order, event: &OrderEvent, at: Option<Timestamp>) {
    order.version = order.version.next();
    match event {
        E::Placed { .. } => {}
        E::Allocated {
            fulfillment,
            hub,
            claim,
            lines,
            day,
        } => work::allocate(order, *fulfillment, hub, *day, *claim, lines, at),
        E::Withdrawn { fulfillment, lines } => work::withdraw_some(order, *fulfillment, lines, at),
        E::Backordered { lines } => backorder(order, lines),
        E::LinesCancelled { cuts, .. } => work::cancel_units(order, cuts, at),
        E::Confirmed { fulfillment, .. } => work::confirm(order, *fulfillment),
        E::MadeFirm => order.head.tentative = false,
        E::Expired { fulfillment, .. } => work::expire(order, *fulfillment, at),
        E::Picked { fulfillment, lines } => work::pick(order, *fulfillment, lines, at),
        E::Packed { fulfillment, lines } => work::pack(order, *fulfillment, lines, at),
        E::Unpicked {
            fulfillment,
            lines,
            kept,
        } => work::unpick(order, *fulfillment, lines, *kept, at),
        E::Shipped {
            fulfillment,
            shipment,
        } => parcel::ship(order, *fulfillment, shipment, at),
        E::TrackingChanged {
            fulfillment,
            shipment,
            new,
            ..
        } => parcel::track(order, *fulfillment, *shipment, new),
        E::Delivered {
            fulfillment,
            shipment,
            at: end,
        } => parcel::end(order, *fulfillment, *shipment, Delivered, *end, at),
        E::DeliveryFailed {
            fulfillment,
            shipment,
            at: end,
        } => parcel::end(order, *fulfillment, *shipment, Returned, *end, at),
        E::Returned {
            fulfillment, lines, ..
        } => work::shift(order, *fulfillment, lines, Delivered, Returned, at),
        E::LinesEdited { .. } => edit(order, event, at),
        E::Approved { at } => enter(&mut order.head, OrderState::Open, *at),
        E::Held { reason, note, at } => hold(&mut order.head, *reason, note.as_ref(), *at),
        E::Released { reasons, at } => release(&mut order.head, reasons, *at),
        E::Cancelled { reason, at } => cancel(&mut order.head, reason, *at),
        E::Closed { at } => enter(&mut order.head, OrderState::Closed, *at),
        E::CustomerChanged { new, .. } => order.head.customer = *new,
        E::ShipToChanged { new, .. } => order.head.ship_to = Some(*new),
        E::BillToChanged { new, .. } => order.head.bill_to = Some(*new),
        E::SlotChanged { new, .. } => order.head.slot.clone_from(new),
        E::PromiseChanged { new, .. } => order.head.promised_by = *new,
        E::PaymentRecorded {
            entry,
            method,
            reference,
            ..
        } => record(&mut order.head.payment, entry, method, reference),
        E::Tagged { added, removed } => tag(&mut order.head.tags, added, removed),
        E::NoteAdded { text, at } => note(&mut order.head.notes, text, *at),
        E::AttributeSet { key, new, .. } => set(&mut order.head, key, new.as_ref()),
        E::StageSet { new, .. } => order.head.stage.clone_from(new),
    }
}

/// Folds the events of one order's stream, from its first; `None` when that is not `Placed`.
/// Without the times of the events it does not know since when work is at its status: [`fold_at`]
/// gives the order as it is stored.
///
/// ```
/// use oms_core::order::fold;
/// assert_eq!(fold([]), None);
/// ```
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a OrderEvent>) -> Option<Order> {
    let mut events = events.into_iter();
    let Some(OrderEvent::Placed { head }) = events.next() else {
        return None;
    };
    let mut order = Order::from_placed(head);
    events.for_each(|event| evolve(&mut order, event));
    Some(order)
}

/// Folds the events of one order's stream with the times they were decided at, from its first;
/// `None` when that is not `Placed`. What [`Tenant::history`](crate::service::Tenant::history) has
/// becomes what [`Tenant::order`](crate::service::Tenant::order) answers, since when work is at its
/// status, too.
#[must_use]
pub fn fold_at<'a>(events: impl IntoIterator<Item = (&'a OrderEvent, Timestamp)>) -> Option<Order> {
    let mut events = events.into_iter();
    let Some((OrderEvent::Placed { head }, _)) = events.next() else {
        return None;
    };
    let mut order = Order::from_placed(head);
    events.for_each(|(event, at)| evolve_at(&mut order, event, at));
    Some(order)
}

impl Order {
    /// The order as its first event stored it, at version 1.
    #[must_use]
    pub fn from_placed(placed: &Placed) -> Self {
        Self::from_parts(Version::ZERO.next(), Head::clone(&placed.0), [])
    }
}

/// Enters a state; nothing leaves a terminal one.
fn enter(head: &mut Head, state: OrderState, at: Timestamp) {
    if !head.state.is_terminal() {
        head.hold = None;
        head.state = state;
        head.state_since = at;
    }
}

fn hold(head: &mut Head, reason: HoldReason, note: Option<&Reason>, at: Timestamp) {
    if head.state.is_terminal() {
        return;
    }
    let resume = head.state;
    if head.hold.is_none() {
        enter(head, OrderState::OnHold, at);
    }
    let hold = head.hold.get_or_insert_with(|| Hold {
        reasons: BTreeSet::new(),
        note: None,
        notes: BTreeMap::new(),
        since: at,
        resume,
    });
    hold.reasons.insert(reason);
    if let Some(note) = note {
        hold.note = Some(note.clone());
        hold.notes.insert(reason, note.clone());
    }
}

/// Lifts reasons of the hold, all of them when none is named; the order goes on when none is left.
fn release(head: &mut Head, lifted: &BTreeSet<HoldReason>, at: Timestamp) {
    if head.state != OrderState::OnHold {
        return;
    }
    let stays = |hold: &&mut Hold| !lifted.is_empty() && !hold.reasons.is_subset(lifted);
    if let Some(hold) = head.hold.as_mut().filter(stays) {
        hold.lift(lifted);
        return;
    }
    // A hold that lost its memory, or remembers nonsense, goes back to the start, where somebody
    // has to approve the order again.
    let resume = match head.hold.as_ref().map(|hold| hold.resume) {
        Some(OrderState::Open) => OrderState::Open,
        Some(
            OrderState::Pending | OrderState::OnHold | OrderState::Cancelled | OrderState::Closed,
        )
        | None => OrderState::Pending,
    };
    enter(head, resume, at);
}

fn cancel(head: &mut Head, reason: &Reason, at: Timestamp) {
    if !head.state.is_terminal() {
        enter(head, OrderState::Cancelled, at);
        head.cancellation = Some(Cancellation {
            reason: reason.clone(),
            at,
        });
    }
}

fn record(
    payment: &mut Payment,
    entry: &PaymentEntry,
    method: &Option<PaymentMethod>,
    reference: &Option<ExternalId>,
) {
    payment.cover();
    if method.is_some() {
        payment.method.clone_from(method);
    }
    if let Some(id) = reference {
        let known = PaymentReference {
            id: id.clone(),
            entry: entry.clone(),
        };
        payment.recorded.push(known);
    }
    let (sum, change) = match entry {
        PaymentEntry::Authorised { amount } => (&mut payment.authorised, *amount),
        PaymentEntry::Captured { amount } => (&mut payment.captured, *amount),
        PaymentEntry::Refunded { amount } => (&mut payment.refunded, *amount),
        PaymentEntry::Voided { amount } => (&mut payment.authorised, amount.negated()),
        PaymentEntry::Waived { amount } => (&mut payment.waived, *amount),
        PaymentEntry::Credited { amount } => (&mut payment.credited, *amount),
        PaymentEntry::Retained { amount } => (&mut payment.retained, *amount),
    };
    // Checked when it was decided; a damaged event leaves the sum alone.
    let changed = sum.checked_add(change).unwrap_or(*sum);
    *sum = if changed.is_negative() { *sum } else { changed };
}

fn tag(tags: &mut BTreeSet<Tag>, added: &BTreeSet<Tag>, removed: &BTreeSet<Tag>) {
    tags.retain(|tag| !removed.contains(tag));
    tags.extend(added.iter().cloned());
}

fn note(notes: &mut Vec<NoteEntry>, text: &Note, at: Timestamp) {
    let text = text.clone();
    notes.push(NoteEntry { at, text });
}

fn set(head: &mut Head, key: &AttributeKey, value: Option<&AttributeValue>) {
    match value {
        Some(value) => head.attributes.insert(key.clone(), value.clone()),
        None => head.attributes.remove(key),
    };
}

fn backorder(order: &mut Order, lines: &[LineQuantity]) {
    for LineQuantity { line, quantity } in lines {
        if let Some(line) = line_mut(&mut order.head.lines, *line) {
            let units = take(&mut line.open, Units::from(*quantity));
            give(&mut line.backordered, units);
        }
    }
}

fn edit(order: &mut Order, event: &OrderEvent, at: Option<Timestamp>) {
    let E::LinesEdited {
        changes,
        charges,
        withdrawn,
        new_totals,
        ..
    } = event
    else {
        return;
    };
    for id in withdrawn {
        work::withdraw(order, *id, &Bucket::HERE, at);
    }
    let head = &mut order.head;
    let ids = |line: &Option<Line>| line.as_ref().map(|line| line.id);
    let old: BTreeSet<LineId> = changes
        .iter()
        .filter_map(|change| ids(&change.old))
        .collect();
    let new: BTreeSet<LineId> = changes
        .iter()
        .filter_map(|change| ids(&change.new))
        .collect();
    head.lines
        .retain(|line| !old.contains(&line.id) && !new.contains(&line.id));
    head.lines
        .extend(changes.iter().filter_map(|change| change.new.clone()));
    head.lines.sort_by_key(|line| line.id);
    head.removed_lines.extend(old.difference(&new));
    if let Some(change) = charges {
        head.change_charges(&change.new);
    }
    // Lines that are gone took their shares of the order's discount along, see `preview_edit`.
    let discount = new_totals.order_discount(&head.lines);
    if let Some(discount) = discount.filter(|discount| *discount != head.discount) {
        head.discount = discount;
    }
    // The stated tax of the whole order was shifted by the edit, see `preview_edit`.
    head.order_tax = head.order_tax.map(|_| new_totals.tax);
    head.totals = *new_totals;
}

fn line_mut(lines: &mut [Line], id: LineId) -> Option<&mut Line> {
    let at = lines.binary_search_by_key(&id, |line| line.id).ok()?;
    lines.get_mut(at)
}
