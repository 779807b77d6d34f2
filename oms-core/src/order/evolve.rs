//! From events to the order: the only place where an order changes.

mod parcel;

use std::collections::{BTreeMap, BTreeSet};

use crate::order::OrderEvent as E;
use crate::order::bucket::Bucket::{self, Delivered, Packed, Picked, Reserved, Returned};
use crate::order::bucket::{give, sum, take};
use crate::order::{
    Cancellation, ChargesChange, Claim, Cut, Fulfillment, FulfillmentLine, FulfillmentStatus, Head,
    Hold, HoldReason, Line, LineChange, LineQuantity, NoteEntry, Order, OrderEvent, OrderState,
    Payment, PaymentEntry, PaymentMethod, PaymentReference, Placed, Totals,
};
use crate::value::{
    AttributeKey, AttributeValue, ExternalId, FulfillmentId, HubId, LineId, LocalDate, Note,
    Reason, Tag, Timestamp, Units, Version,
};

/// Applies one event: the order is afterwards what the event says, one version further.
///
/// Total: stored events outlive the code that wrote them, so an event that does not fit (a
/// fulfillment nobody made, more units than there are, a step out of a terminal state, a second
/// `Placed`) changes what it can without breaking an invariant, else nothing, and never panics.
/// Units only ever move, so every line stays conserved. The version counts every event, also such
/// a one: it follows the stream.
pub fn evolve(order: &mut Order, event: &OrderEvent) {
    order.version = order.version.next();
    match event {
        E::Placed { .. } => {}
        E::Allocated {
            fulfillment,
            hub,
            claim,
            lines,
            day,
        } => allocate(order, *fulfillment, (hub, *day), *claim, lines),
        E::Withdrawn { fulfillment, lines } => withdraw_some(order, *fulfillment, lines),
        E::Backordered { lines } => backorder(order, lines),
        E::LinesCancelled { cuts, .. } => cancel_units(order, cuts),
        E::Confirmed { fulfillment, .. } => confirm(order, *fulfillment),
        E::MadeFirm => order.head.tentative = false,
        E::Expired { fulfillment, .. } => expire(order, *fulfillment),
        E::Picked { fulfillment, lines } => shift(order, *fulfillment, lines, Reserved, Picked),
        E::Packed { fulfillment, lines } => shift(order, *fulfillment, lines, Picked, Packed),
        E::Unpicked { fulfillment, lines } => open(order, *fulfillment, lines, &[Picked, Packed]),
        E::Shipped {
            fulfillment,
            shipment,
        } => parcel::ship(order, *fulfillment, shipment),
        E::TrackingChanged {
            fulfillment,
            shipment,
            new,
            ..
        } => parcel::track(order, *fulfillment, *shipment, new),
        E::Delivered { .. } | E::DeliveryFailed { .. } => parcel::arrive(order, event),
        E::Returned {
            fulfillment, lines, ..
        } => shift(order, *fulfillment, lines, Delivered, Returned),
        E::LinesEdited {
            changes,
            charges,
            withdrawn,
            new_totals,
            ..
        } => edit(order, changes, charges.as_ref(), withdrawn, new_totals),
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

fn allocate(
    order: &mut Order,
    id: FulfillmentId,
    (hub, day): (&HubId, Option<LocalDate>),
    claim: Claim,
    lines: &[LineQuantity],
) {
    order.head.fulfillments_made = order.head.fulfillments_made.max(id.get());
    let fulfillment = order.fulfillments.entry(id).or_insert_with(|| Fulfillment {
        id,
        hub: hub.clone(),
        status: FulfillmentStatus::Cancelled,
        claim,
        day,
        lines: Vec::new(),
        shipments: Vec::new(),
    });
    for LineQuantity {
        line: line_id,
        quantity,
    } in lines
    {
        let Some(line) = line_mut(&mut order.head.lines, *line_id) else {
            continue;
        };
        let Some(sku) = line.sku.known() else {
            continue;
        };
        let share = match fulfillment
            .lines
            .binary_search_by_key(line_id, |share| share.line)
        {
            Ok(at) => fulfillment.lines.get_mut(at),
            Err(at) => {
                fulfillment
                    .lines
                    .insert(at, FulfillmentLine::new(*line_id, sku.clone()));
                fulfillment.lines.get_mut(at)
            }
        };
        let Some(share) = share else { continue };
        let asked = Units::from(*quantity);
        let backordered = take(&mut line.backordered, asked);
        let open = take(&mut line.open, asked.saturating_sub(backordered));
        let units = sum([backordered, open]);
        give(&mut line.allocated, units);
        give(&mut share.reserved, units);
    }
    fulfillment.status = fulfillment.derived_status();
}

fn backorder(order: &mut Order, lines: &[LineQuantity]) {
    for LineQuantity { line, quantity } in lines {
        if let Some(line) = line_mut(&mut order.head.lines, *line) {
            let units = take(&mut line.open, Units::from(*quantity));
            give(&mut line.backordered, units);
        }
    }
}

fn cancel_units(order: &mut Order, cuts: &[Cut]) {
    let mut touched: BTreeSet<FulfillmentId> = BTreeSet::new();
    for cut in cuts {
        let Some(line) = line_mut(&mut order.head.lines, cut.line) else {
            continue;
        };
        let waiting = [
            take(&mut line.open, cut.open),
            take(&mut line.backordered, cut.backordered),
        ];
        give(&mut line.cancelled, sum(waiting));
        let Some(part) = cut.fulfillment else {
            continue;
        };
        let Some(fulfillment) = order.fulfillments.get_mut(&part.id) else {
            continue;
        };
        let Some(share) = fulfillment.line_mut(cut.line) else {
            continue;
        };
        let here = sum([
            take(&mut share.reserved, part.reserved),
            take(&mut share.picked, part.picked),
            take(&mut share.packed, part.packed),
        ]);
        take(&mut line.allocated, here);
        give(&mut line.cancelled, here);
        touched.insert(part.id);
    }
    for id in touched {
        if let Some(fulfillment) = order.fulfillments.get_mut(&id) {
            fulfillment.status = fulfillment.derived_status();
        }
    }
}

fn confirm(order: &mut Order, id: FulfillmentId) {
    if let Some(fulfillment) = order.fulfillments.get_mut(&id)
        && fulfillment.claim != Claim::Expired
    {
        fulfillment.claim = Claim::Confirmed;
    }
}

fn expire(order: &mut Order, id: FulfillmentId) {
    withdraw(order, id, &Bucket::HERE);
    if let Some(fulfillment) = order.fulfillments.get_mut(&id) {
        fulfillment.claim = Claim::Expired;
    }
}

/// Gives units that are still at the hub back to their lines, where they are open again.
fn withdraw(order: &mut Order, id: FulfillmentId, from: &[Bucket]) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for share in &mut fulfillment.lines {
        let Some(line) = line_mut(&mut order.head.lines, share.line) else {
            continue;
        };
        reopen(line, share, from, Units::MAX);
    }
    fulfillment.status = fulfillment.derived_status();
}

/// Gives units that are not picked back to their lines: those named, or all when none is named.
fn withdraw_some(order: &mut Order, id: FulfillmentId, lines: &[LineQuantity]) {
    if lines.is_empty() {
        withdraw(order, id, &[Reserved]);
    } else {
        open(order, id, lines, &[Reserved]);
    }
}

/// Gives some units that are still at the hub back to their lines, where they are open again.
fn open(order: &mut Order, id: FulfillmentId, lines: &[LineQuantity], from: &[Bucket]) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for part in lines {
        if let Some(line) = line_mut(&mut order.head.lines, part.line)
            && let Some(share) = fulfillment.line_mut(part.line)
        {
            reopen(line, share, from, Units::from(part.quantity));
        }
    }
    fulfillment.status = fulfillment.derived_status();
}

/// Opens so many units of a share again, or as many as there are, bucket by bucket.
fn reopen(line: &mut Line, share: &mut FulfillmentLine, from: &[Bucket], asked: Units) {
    let mut left = asked;
    for bucket in from {
        let units = take(share.bucket_mut(*bucket), left);
        left = left.saturating_sub(units);
        take(&mut line.allocated, units);
        give(&mut line.open, units);
    }
}

fn shift(order: &mut Order, id: FulfillmentId, lines: &[LineQuantity], from: Bucket, to: Bucket) {
    let Some(fulfillment) = order.fulfillments.get_mut(&id) else {
        return;
    };
    for LineQuantity { line, quantity } in lines {
        move_units(fulfillment, *line, Units::from(*quantity), from, to);
    }
    fulfillment.status = fulfillment.derived_status();
}

fn move_units(work: &mut Fulfillment, line: LineId, units: Units, from: Bucket, to: Bucket) {
    if let Some(share) = work.line_mut(line) {
        let units = take(share.bucket_mut(from), units);
        give(share.bucket_mut(to), units);
    }
}

fn edit(
    order: &mut Order,
    changes: &[LineChange],
    charges: Option<&ChargesChange>,
    withdrawn: &[FulfillmentId],
    totals: &Totals,
) {
    let here = &Bucket::HERE;
    withdrawn.iter().for_each(|id| withdraw(order, *id, here));
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
        head.charges.clone_from(&change.new);
    }
    // The stated tax of the whole order was shifted by the edit, see `preview_edit`.
    head.order_tax = head.order_tax.map(|_| totals.tax);
    head.totals = *totals;
}

fn line_mut(lines: &mut [Line], id: LineId) -> Option<&mut Line> {
    let at = lines.binary_search_by_key(&id, |line| line.id).ok()?;
    lines.get_mut(at)
}
