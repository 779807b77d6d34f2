//! Commands on a stored order.

use std::collections::BTreeSet;

use crate::customer::ContactDocument;
use crate::order::{
    CommandKind, EditLine, LineSku, Order, OrderCommand, OrderEvent, OrderState, Workflow, decide,
};
use crate::plan::again::{claim_again, to_claim};
use crate::plan::assign::{stock_to_know, take_decided};
use crate::plan::contacts::hold_unserved;
use crate::plan::context::{Context, Planned, finish};
use crate::plan::destination::{address, address_keys};
use crate::plan::expire::give_slot_back;
use crate::plan::heard::keep_heard;
use crate::plan::once_rows::{hand_over, may_have};
use crate::plan::paid::{approve_confirmed, confirm_paid, confirm_settled, keep_promised};
use crate::plan::ttl::refuse_distant;
use crate::plan::window::refuse_second_window;
use crate::plan::write::OrderWork;
use crate::plan::{
    ChangeSet, DocumentKey, Keys, Receipt, Rejection, Requirement, UnknownLineSku, slot,
};
use crate::routing::OnShortage;
use crate::tenant::Settings;
use crate::value::{HubId, OrderId, Sku, limits};

/// What a command on an order has to know: of no more lines and hubs than an order may have, as one
/// that names more is refused.
pub(crate) fn keys(order: OrderId, command: &OrderCommand) -> Keys {
    let mut keys = Keys::default();
    keys.orders.insert(order);
    match command {
        OrderCommand::EditLines { changes } => {
            keys.ask_hubs();
            // Every one of them is a line of the order afterwards.
            let skus = changes.iter().filter_map(edited_sku);
            for sku in skus.take(limits::LINES_PER_ORDER_MAX) {
                keys.documents.insert(DocumentKey::Product(sku.clone()));
                keys.sku_stock.insert(sku.clone());
            }
        }
        OrderCommand::ChangeCustomer {
            customer: Some(customer),
        } => {
            keys.documents.insert(DocumentKey::Customer(*customer));
        }
        OrderCommand::Allocate { assignments, .. } => {
            // Many lines may go to one hub, and each hub has a fulfillment of its own.
            let hubs: BTreeSet<&HubId> = assignments.iter().map(|share| &share.hub).collect();
            let hubs = hubs.into_iter().take(limits::FULFILLMENTS_PER_ORDER_MAX);
            keys.documents.extend(hubs.cloned().map(DocumentKey::Hub));
        }
        OrderCommand::BookSlot { slot } => {
            return slot::keys(order, slot.as_ref().map(|slot| &slot.key));
        }
        OrderCommand::ChangeContacts { ship_to, bill_to } => {
            keys.ask_hubs();
            keys.documents.extend(
                ship_to
                    .iter()
                    .chain(bill_to)
                    .copied()
                    .map(DocumentKey::Contact),
            );
        }
        OrderCommand::ChangeCustomer { customer: None }
        | OrderCommand::Approve
        | OrderCommand::Hold { .. }
        | OrderCommand::Release { .. }
        | OrderCommand::Cancel { .. }
        | OrderCommand::CancelLines { .. }
        | OrderCommand::CancelRest { .. }
        | OrderCommand::Withdraw { .. }
        | OrderCommand::Backorder { .. }
        | OrderCommand::Confirm
        | OrderCommand::Expire { .. }
        | OrderCommand::Pick { .. }
        | OrderCommand::Pack { .. }
        | OrderCommand::Unpick { .. }
        | OrderCommand::Ship { .. }
        | OrderCommand::ChangeTracking { .. }
        | OrderCommand::Deliver { .. }
        | OrderCommand::FailDelivery { .. }
        | OrderCommand::Return { .. }
        | OrderCommand::Promise { .. }
        | OrderCommand::RecordPayment { .. }
        | OrderCommand::Tag { .. }
        | OrderCommand::AddNote { .. }
        | OrderCommand::SetAttribute { .. }
        | OrderCommand::SetStage { .. } => {}
    }
    keys
}

const fn edited_sku(change: &EditLine) -> Option<&Sku> {
    match change {
        EditLine::Add { sku, .. } => sku.known(),
        EditLine::Change { sku: Some(sku), .. } => sku.known(),
        EditLine::Change { sku: None, .. }
        | EditLine::Remove { .. }
        | EditLine::Charges { .. }
        | EditLine::Discount { .. } => None,
    }
}

/// Plans a command on an order.
pub(crate) fn plan(
    context: &Context<'_>,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Planned, Rejection> {
    if let OrderCommand::BookSlot { slot } = command {
        // What the slot is like is for the store to say, not for the caller.
        return slot::book(context, id, slot.as_ref().map(|slot| &slot.key));
    }
    let settings = context.settings()?;
    let workflow = &settings.workflow;
    let mut work = load(context, id)?;
    let before = work.order.clone();
    let mut change_set = context.change_set();
    let events = decide(&before, command, workflow, context.now())?;
    if events.is_empty() {
        return Ok(nothing_decided(context, workflow, command, work));
    }
    check_named(context, &work, command, &mut change_set)?;
    take_decided(context, &settings, &mut work, command, events)?;
    let more = follow_up(
        context,
        &settings,
        &before,
        command,
        &mut work,
        &mut change_set,
    )?;
    if let Some(more) = more {
        return Ok(Planned::More(more));
    }
    Ok(written(context, change_set, work))
}

/// What the library does of its own behind a command. Answers what has to be known first.
fn follow_up(
    context: &Context<'_>,
    settings: &Settings,
    before: &Order,
    command: &OrderCommand,
    work: &mut OrderWork,
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let workflow = &settings.workflow;
    match command {
        OrderCommand::EditLines { changes } => {
            let more = claim_edited(context, before, changes, work, change_set)?;
            if more.is_none() {
                confirm_settled(context, workflow, work);
            }
            return Ok(more);
        }
        OrderCommand::CancelLines { .. } | OrderCommand::CancelRest { .. } => {
            confirm_settled(context, workflow, work);
        }
        // Another address to bill alone moves no goods.
        OrderCommand::ChangeContacts { .. } => return send_elsewhere(context, before, work),
        OrderCommand::ChangeCustomer { customer } => {
            return hand_over(context, before, *customer, change_set);
        }
        OrderCommand::Confirm => approve_confirmed(context, workflow, work),
        OrderCommand::RecordPayment { entry, .. } => {
            confirm_paid(context, workflow, work);
            keep_promised(context, settings, before, entry, work);
        }
        OrderCommand::Allocate { .. } => change_set.reclaim = true,
        OrderCommand::Expire { .. } => give_slot_back(context, work)?,
        OrderCommand::Approve
        | OrderCommand::Hold { .. }
        | OrderCommand::Release { .. }
        | OrderCommand::Cancel { .. }
        | OrderCommand::Withdraw { .. }
        | OrderCommand::Backorder { .. }
        | OrderCommand::Pick { .. }
        | OrderCommand::Pack { .. }
        | OrderCommand::Unpick { .. }
        | OrderCommand::Ship { .. }
        | OrderCommand::ChangeTracking { .. }
        | OrderCommand::Deliver { .. }
        | OrderCommand::FailDelivery { .. }
        | OrderCommand::Return { .. }
        | OrderCommand::BookSlot { .. }
        | OrderCommand::Promise { .. }
        | OrderCommand::Tag { .. }
        | OrderCommand::AddNote { .. }
        | OrderCommand::SetAttribute { .. }
        | OrderCommand::SetStage { .. } => {}
    }
    Ok(None)
}

/// What another address comes to. Answers what has to be known first.
fn send_elsewhere(
    context: &Context<'_>,
    before: &Order,
    work: &mut OrderWork,
) -> Result<Option<Keys>, Rejection> {
    if let Some(more) = address_keys(context, &[before, &work.order]) {
        return Ok(Some(more));
    }
    let (from, to) = (address(context, before)?, address(context, &work.order)?);
    hold_unserved(context, [from, to], work)?;
    keep_heard(context, before, work);
    Ok(None)
}

/// What a command comes to that changes nothing by itself. An order that is firm already may still
/// have to be approved: it was on hold when it was confirmed.
fn nothing_decided(
    context: &Context<'_>,
    workflow: &Workflow,
    command: &OrderCommand,
    mut work: OrderWork,
) -> Planned {
    if command.kind() == CommandKind::Confirm {
        approve_confirmed(context, workflow, &mut work);
    }
    if work.events.is_empty() {
        return Planned::Already(Receipt::of_order(&work.order));
    }
    written(context, context.change_set(), work)
}

/// Claims what an edit changed; what a line has more of than before must be for sale. Answers what
/// has to be known first.
///
/// What is short may stay open while the order is on hold, as somebody looks after it, and of lines
/// that are only named: these units were ordered and open before.
fn claim_edited(
    context: &Context<'_>,
    before: &Order,
    changes: &[EditLine],
    work: &mut OrderWork,
    change_set: &mut ChangeSet,
) -> Result<Option<Keys>, Rejection> {
    let wanted = to_claim(before, &work.order);
    let grown = work.order.head.lines.iter().filter_map(|line| {
        let was = before.line(line.id).filter(|was| was.sku == line.sku)?;
        let sku = line.sku.known().filter(|_| line.ordered > was.ordered)?;
        Some(DocumentKey::Product(sku.clone()))
    });
    let grown: BTreeSet<DocumentKey> = grown.collect();
    let mut more = stock_to_know(context, &work.order, &wanted).unwrap_or_default();
    let unknown = grown.difference(&context.keys.documents);
    more.documents.extend(unknown.cloned());
    if more != Keys::default() {
        return Ok(Some(more));
    }
    require_active(change_set, usable(context, grown)?);
    let held = work.order.head.state == OrderState::OnHold;
    let on_shortage = if held || before.only_names(changes) {
        OnShortage::Review
    } else {
        OnShortage::Refuse
    };
    claim_again(context, before, work, &wanted, on_shortage, change_set)
}

/// The order, if the caller saw its present version.
pub(crate) fn load(context: &Context<'_>, id: OrderId) -> Result<OrderWork, Rejection> {
    let document = DocumentKey::Order(id);
    let order = context.snapshot.order(id)?;
    let order = order.ok_or_else(|| Rejection::NotFound {
        document: document.clone(),
    })?;
    context.check_expected(&document, order.version)?;
    Ok(OrderWork::stored(order))
}

/// Finishes the change set of a command on an order.
pub(crate) fn written(
    context: &Context<'_>,
    mut change_set: ChangeSet,
    work: OrderWork,
) -> Planned {
    let shipment = work.events.iter().rev().find_map(|event| {
        if let OrderEvent::Shipped { shipment, .. } = event {
            Some(shipment.id)
        } else {
            None
        }
    });
    let order = work.write(context, &mut change_set);
    let mut receipt = Receipt::of_order(&order);
    if let Some(of_order) = &mut receipt.order {
        of_order.shipment = shipment;
    }
    finish(change_set, receipt)
}

/// What the command names must exist and be usable, now and when it is committed. It is looked at
/// once the order takes the command: before that no other SKU, hub or address would help. What the
/// order has already is no change, whatever became of that.
fn check_named(
    context: &Context<'_>,
    work: &OrderWork,
    command: &OrderCommand,
    change_set: &mut ChangeSet,
) -> Result<(), Rejection> {
    let order = &work.order;
    match command {
        OrderCommand::EditLines { changes } => check_skus(context, order, changes, change_set)?,
        OrderCommand::ChangeCustomer {
            customer: Some(customer),
        } => {
            let document = DocumentKey::Customer(*customer);
            require_active(change_set, [context.usable(document)?]);
        }
        OrderCommand::Allocate {
            assignments,
            expires_at,
        } => {
            refuse_distant(context, *expires_at)?;
            let mut hubs = Vec::with_capacity(assignments.len());
            for share in assignments {
                slot::check_hub(order, Some(&share.hub))?;
                refuse_second_window(context, work, share, *expires_at)?;
                let document = DocumentKey::Hub(share.hub.clone());
                hubs.push(context.usable(document)?);
            }
            require_active(change_set, hubs);
        }
        OrderCommand::ChangeContacts { ship_to, bill_to } => {
            let head = &order.head;
            for (row, known) in [(ship_to, head.ship_to), (bill_to, head.bill_to)] {
                if let Some(row) = row.filter(|row| known != Some(*row)) {
                    check_contact(context, order, DocumentKey::Contact(row))?;
                }
            }
        }
        OrderCommand::ChangeCustomer { customer: None }
        | OrderCommand::BookSlot { .. }
        | OrderCommand::Approve
        | OrderCommand::Hold { .. }
        | OrderCommand::Release { .. }
        | OrderCommand::Cancel { .. }
        | OrderCommand::CancelLines { .. }
        | OrderCommand::CancelRest { .. }
        | OrderCommand::Withdraw { .. }
        | OrderCommand::Backorder { .. }
        | OrderCommand::Confirm
        | OrderCommand::Expire { .. }
        | OrderCommand::Pick { .. }
        | OrderCommand::Pack { .. }
        | OrderCommand::Unpick { .. }
        | OrderCommand::Ship { .. }
        | OrderCommand::ChangeTracking { .. }
        | OrderCommand::Deliver { .. }
        | OrderCommand::FailDelivery { .. }
        | OrderCommand::Return { .. }
        | OrderCommand::Promise { .. }
        | OrderCommand::RecordPayment { .. }
        | OrderCommand::Tag { .. }
        | OrderCommand::AddNote { .. }
        | OrderCommand::SetAttribute { .. }
        | OrderCommand::SetStage { .. } => {}
    }
    Ok(())
}

/// An address that an order is to point to is there, and nobody else's.
fn check_contact(
    context: &Context<'_>,
    order: &Order,
    document: DocumentKey,
) -> Result<(), Rejection> {
    match context.require(&document)? {
        ContactDocument::Erased { .. } => Err(Rejection::Inactive { document }),
        row @ ContactDocument::Present { .. } if !may_have(order, &row) => {
            Err(Rejection::OtherCustomer { document })
        }
        ContactDocument::Present { .. } => Ok(()),
    }
}

/// The first of these documents that cannot be used is the refusal.
fn usable(
    context: &Context<'_>,
    documents: impl IntoIterator<Item = DocumentKey>,
) -> Result<Vec<DocumentKey>, Rejection> {
    let documents = documents.into_iter();
    documents.map(|document| context.usable(document)).collect()
}

/// Requires each of these documents once, whatever is required already.
pub(crate) fn require_active(
    change_set: &mut ChangeSet,
    documents: impl IntoIterator<Item = DocumentKey>,
) {
    let mut known: BTreeSet<Requirement> = change_set.requires.iter().cloned().collect();
    for document in documents {
        let requirement = Requirement::Active(document);
        if known.insert(requirement.clone()) {
            change_set.requires.push(requirement);
        }
    }
}

/// What an edit sells instead of what it was must be for sale.
fn check_skus(
    context: &Context<'_>,
    order: &Order,
    changes: &[EditLine],
    change_set: &mut ChangeSet,
) -> Result<(), Rejection> {
    let others = changes.iter().filter(|change| !keeps_sku(order, change));
    if order.head.state != OrderState::OnHold {
        refuse_unknown(others.clone())?;
    }
    let skus = others.filter_map(edited_sku).cloned();
    let products = usable(context, skus.map(DocumentKey::Product))?;
    require_active(change_set, products);
    Ok(())
}

/// Whether a change names the SKU that its line has, as a form does that sends lines whole.
/// What a line has more of after it is looked at where it is claimed.
fn keeps_sku(order: &Order, change: &EditLine) -> bool {
    match change {
        EditLine::Change {
            line,
            sku: Some(sku),
            ..
        } => order.line(*line).is_some_and(|known| known.sku == *sku),
        EditLine::Change { sku: None, .. }
        | EditLine::Add { .. }
        | EditLine::Remove { .. }
        | EditLine::Charges { .. }
        | EditLine::Discount { .. } => false,
    }
}

/// A line nobody can allocate may be edited in only while somebody looks after the order.
fn refuse_unknown<'a>(changes: impl Iterator<Item = &'a EditLine>) -> Result<(), Rejection> {
    let unknown = |change: &EditLine| match change {
        EditLine::Add {
            line,
            sku: LineSku::Unknown(sku),
            ..
        }
        | EditLine::Change {
            line,
            sku: Some(LineSku::Unknown(sku)),
            ..
        } => Some(UnknownLineSku {
            line: *line,
            sku: sku.clone(),
        }),
        EditLine::Add { .. }
        | EditLine::Change { .. }
        | EditLine::Remove { .. }
        | EditLine::Charges { .. }
        | EditLine::Discount { .. } => None,
    };
    let lines: Vec<UnknownLineSku> = changes.filter_map(unknown).collect();
    if lines.is_empty() {
        Ok(())
    } else {
        Err(Rejection::UnknownSkus { lines })
    }
}
