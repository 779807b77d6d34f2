//! Commands on a stored order.

use crate::customer::{Contact, ContactDocument};
use crate::order::{EditLine, LineSku, Order, OrderCommand, OrderEvent, OrderState, decide};
use crate::plan::allocate::allocate;
use crate::plan::context::{Context, Planned, finish};
use crate::plan::place::write_once;
use crate::plan::write::OrderWork;
use crate::plan::{ChangeSet, DocumentKey, Index, Keys, Receipt, Rejection, Requirement, encode};
use crate::value::{Address, ContactId, HubId, OrderId, Sku};

/// What a command on an order has to know.
pub(crate) fn keys(order: OrderId, command: &OrderCommand) -> Keys {
    let mut keys = Keys::default();
    keys.orders.insert(order);
    match command {
        OrderCommand::EditLines { changes } => {
            keys.hubs = true;
            for sku in changes.iter().filter_map(edited_sku) {
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
            let hubs = assignments
                .iter()
                .map(|share| DocumentKey::Hub(share.hub.clone()));
            keys.documents.extend(hubs);
        }
        OrderCommand::ChangeContacts { ship_to, bill_to } => {
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
        | OrderCommand::Release
        | OrderCommand::Cancel { .. }
        | OrderCommand::CancelLines { .. }
        | OrderCommand::CancelRest { .. }
        | OrderCommand::Backorder { .. }
        | OrderCommand::Confirm
        | OrderCommand::Expire { .. }
        | OrderCommand::Pick { .. }
        | OrderCommand::Pack { .. }
        | OrderCommand::Ship { .. }
        | OrderCommand::ChangeTracking { .. }
        | OrderCommand::Deliver { .. }
        | OrderCommand::Return { .. }
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
        EditLine::Change { sku: None, .. } | EditLine::Remove { .. } => None,
    }
}

/// Plans a command on an order.
pub(crate) fn plan(
    context: &Context<'_>,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    let mut change_set = context.change_set();
    check_named(context, command, &mut change_set)?;
    let events = decide(&work.order, command, &settings.workflow, context.now())?;
    if events.is_empty() {
        return Ok(Planned::Already(Receipt::of_order(&work.order)));
    }
    work.take(context, events);
    if let OrderCommand::EditLines { .. } = command {
        if let Some(more) = stock_to_know(context, &work.order) {
            return Ok(Planned::More(more));
        }
        claim_again(context, &mut work, &mut change_set)?;
    }
    let firm = matches!(command, OrderCommand::Allocate { .. });
    if firm {
        change_set.reclaim = true;
    }
    Ok(written(context, change_set, work))
}

/// Plans claiming stock for what an order still waits for.
pub(crate) fn assign(
    context: &Context<'_>,
    id: OrderId,
    hub: Option<&HubId>,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    if let Some(more) = stock_to_know(context, &work.order) {
        return Ok(Planned::More(more));
    }
    let address = address(context, &work.order)?;
    let allocation = allocate(context, &work, address.as_ref(), hub)?;
    if allocation.assignments.is_empty() {
        let tried = allocation.choice;
        return Err(
            if allocation.shortages.is_empty() || tried.is_unserviceable() {
                Rejection::Unserviceable { tried }
            } else {
                Rejection::Short {
                    shortages: allocation.shortages,
                    tried,
                }
            },
        );
    }
    let mut change_set = context.change_set();
    for share in &allocation.assignments {
        require_active(&mut change_set, DocumentKey::Hub(share.hub.clone()));
    }
    let assignments = allocation.assignments;
    let command = OrderCommand::Allocate {
        assignments,
        expires_at: None,
    };
    let events = decide(&work.order, &command, &settings.workflow, context.now())?;
    work.take(context, events);
    let explanation = DocumentKey::Explanation(id, work.order.version);
    write_once(
        &mut change_set,
        explanation,
        encode(&allocation.choice),
        Index::None,
    );
    change_set.reclaim = true;
    Ok(written(context, change_set, work))
}

/// Plans other addresses: new erasable rows, and the order pointing to them.
pub(crate) fn change_contacts(
    context: &Context<'_>,
    id: OrderId,
    ship_to: Option<&Contact>,
    bill_to: Option<&Contact>,
) -> Result<Planned, Rejection> {
    let settings = context.settings()?;
    let mut work = load(context, id)?;
    let mut change_set = context.change_set();
    let customer = work.order.head.customer;
    let mut store = |contact: Option<&Contact>| {
        let row = ContactId::from_uuid((context.ids)());
        let contact = contact?.clone();
        let body = ContactDocument::Present {
            contact,
            place: None,
            customer,
            order: Some(id),
        };
        let index = Index::Personal {
            customer,
            order: Some(id),
        };
        write_once(
            &mut change_set,
            DocumentKey::Contact(row),
            encode(&body),
            index,
        );
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
    work.take(context, events);
    Ok(written(context, change_set, work))
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

/// What the command names must exist and be usable, now and when it is committed.
fn check_named(
    context: &Context<'_>,
    command: &OrderCommand,
    change_set: &mut ChangeSet,
) -> Result<(), Rejection> {
    match command {
        OrderCommand::EditLines { changes } => {
            for sku in changes.iter().filter_map(edited_sku) {
                let document = DocumentKey::Product(sku.clone());
                require_active(change_set, context.usable(document)?);
            }
        }
        OrderCommand::ChangeCustomer {
            customer: Some(customer),
        } => {
            let document = DocumentKey::Customer(*customer);
            require_active(change_set, context.usable(document)?);
        }
        OrderCommand::Allocate { assignments, .. } => {
            for share in assignments {
                let document = DocumentKey::Hub(share.hub.clone());
                require_active(change_set, context.usable(document)?);
            }
        }
        OrderCommand::ChangeContacts { ship_to, bill_to } => {
            for row in ship_to.iter().chain(bill_to) {
                let _: ContactDocument = context.require(&DocumentKey::Contact(*row))?;
            }
        }
        OrderCommand::ChangeCustomer { customer: None }
        | OrderCommand::Approve
        | OrderCommand::Hold { .. }
        | OrderCommand::Release
        | OrderCommand::Cancel { .. }
        | OrderCommand::CancelLines { .. }
        | OrderCommand::CancelRest { .. }
        | OrderCommand::Backorder { .. }
        | OrderCommand::Confirm
        | OrderCommand::Expire { .. }
        | OrderCommand::Pick { .. }
        | OrderCommand::Pack { .. }
        | OrderCommand::Ship { .. }
        | OrderCommand::ChangeTracking { .. }
        | OrderCommand::Deliver { .. }
        | OrderCommand::Return { .. }
        | OrderCommand::RecordPayment { .. }
        | OrderCommand::Tag { .. }
        | OrderCommand::AddNote { .. }
        | OrderCommand::SetAttribute { .. }
        | OrderCommand::SetStage { .. } => {}
    }
    Ok(())
}

fn require_active(change_set: &mut ChangeSet, document: DocumentKey) {
    let requirement = Requirement::Active(document);
    if !change_set.requires.contains(&requirement) {
        change_set.requires.push(requirement);
    }
}

/// Stock rows, hubs and the address the hub choice needs and nobody asked for yet.
fn stock_to_know(context: &Context<'_>, order: &Order) -> Option<Keys> {
    let mut more = Keys {
        hubs: !context.keys.hubs,
        ..Keys::default()
    };
    let waiting = order
        .head
        .lines
        .iter()
        .filter(|line| !line.open.is_zero() || !line.backordered.is_zero());
    let skus = waiting.filter_map(|line| line.sku.known());
    more.sku_stock.extend(
        skus.filter(|sku| !context.keys.sku_stock.contains(*sku))
            .cloned(),
    );
    let address = order
        .head
        .ship_to
        .or(order.head.bill_to)
        .map(DocumentKey::Contact);
    more.documents
        .extend(address.filter(|key| !context.keys.documents.contains(key)));
    (more != Keys::default()).then_some(more)
}

fn address(context: &Context<'_>, order: &Order) -> Result<Option<Address>, Rejection> {
    let Some(row) = order.head.ship_to.or(order.head.bill_to) else {
        return Ok(None);
    };
    let document: Option<ContactDocument> = context.read(&DocumentKey::Contact(row))?;
    Ok(match document {
        Some(ContactDocument::Present { contact, .. }) => {
            Some(contact.address).filter(|address| !address.is_empty())
        }
        Some(ContactDocument::Erased { .. }) | None => None,
    })
}

/// After an edit: every open unit must find stock, or the edit is refused as a whole.
fn claim_again(
    context: &Context<'_>,
    work: &mut OrderWork,
    change_set: &mut ChangeSet,
) -> Result<(), Rejection> {
    let unknown = work
        .order
        .head
        .lines
        .iter()
        .any(|line| matches!(line.sku, LineSku::Unknown(_)));
    if work.order.head.state == OrderState::OnHold && unknown {
        return Ok(());
    }
    let address = address(context, &work.order)?;
    let allocation = allocate(context, work, address.as_ref(), None)?;
    if !allocation.short.is_empty() {
        let tried = allocation.choice;
        return Err(if tried.is_unserviceable() {
            Rejection::Unserviceable { tried }
        } else {
            Rejection::Short {
                shortages: allocation.shortages,
                tried,
            }
        });
    }
    if allocation.assignments.is_empty() {
        return Ok(());
    }
    for share in &allocation.assignments {
        require_active(change_set, DocumentKey::Hub(share.hub.clone()));
    }
    let assignments = allocation.assignments;
    let command = OrderCommand::Allocate {
        assignments,
        expires_at: None,
    };
    let events = decide(&work.order, &command, &Default::default(), context.now())?;
    work.take(context, events);
    change_set.reclaim = true;
    Ok(())
}
